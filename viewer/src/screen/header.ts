/** The bar at the top: where one is, how old the data are, and the few switches. */

import type { ScreenData } from "../contracts";
import { element, svg } from "../element";
import { formatAge, formatDate, formatDateTime, shortName } from "../format";
import type { PanelContext } from "./panels";

export interface HeaderActions {
  onDivision(code: string): void;
  onTheme(): void;
  onHelp(): void;
}

export function titleElement(data: ScreenData, context: PanelContext, actions: HeaderActions): HTMLElement {
  const { strings } = context;
  const above = data.division.path.filter(({ code }) => code !== data.division.code);
  const crumbs = above.map(({ code, name }) =>
    element(
      "li",
      {},
      element("a", {
        href: `/screen/${code}/`,
        "data-crumb": code,
        onclick: (event) => {
          const click = event as MouseEvent;
          if (click.ctrlKey || click.metaKey || click.shiftKey) return;
          click.preventDefault();
          actions.onDivision(code);
        },
      }, shortName(name)),
    ),
  );
  return element(
    "div",
    { class: "title" },
    mark(),
    element("h1", { title: data.division.name }, shortName(data.division.name)),
    data.is_sample ? element("span", { class: "badge-sample", title: strings.sampleHint }, strings.sample) : null,
    element("nav", { class: "breadcrumb", "aria-label": strings.breadcrumb }, element("ol", {}, ...crumbs, element("li", { "aria-current": "page" }, shortName(data.division.name)))),
  );
}

function mark(): HTMLElement {
  const drawing = svg(
    "svg",
    { viewBox: "0 0 32 32", width: 30, height: 30, class: "mark", "aria-hidden": "true" },
    svg("path", { d: "M3 15L16 5l13 10", class: "mark-roof" }),
    svg("path", { d: "M7 14v12h18V14", class: "mark-wall" }),
    svg("path", { d: "M13 26v-7h6v7", class: "mark-door" }),
  );
  return drawing as unknown as HTMLElement;
}

export function toolsElement(data: ScreenData, context: PanelContext, search: HTMLElement, actions: HeaderActions): HTMLElement {
  const { strings } = context;
  const age = formatAge(data.as_of, context.now, strings.age);
  return element(
    "div",
    { class: "tools" },
    search,
    element(
      "p",
      { class: "as-of" },
      element("span", {}, strings.asOf),
      element("time", { datetime: data.as_of, title: formatDateTime(data.as_of) }, formatDate(data.as_of)),
      age ? element("span", { class: "age" }, age) : null,
    ),
    element("a", { class: "button", href: "?view=table" }, strings.table),
    element("button", { type: "button", class: "icon", title: strings.theme, "aria-label": strings.theme, "data-action": "theme", onclick: actions.onTheme }, "◐"),
    element("button", { type: "button", class: "icon", title: `${strings.help}（?）`, "aria-label": strings.help, "data-action": "help", onclick: actions.onHelp }, "?"),
    data.viewer.signed_in
      ? element("span", { class: "who", title: `${strings.signedInAs} ${data.viewer.name}` }, data.viewer.name)
      : element("a", { class: "who", href: `/accounts/login/?next=${encodeURIComponent(location.pathname)}` }, strings.signIn),
  );
}
