/** Draws the instrument panels: figures with value, unit, age, note and trend, one chart, and designed empty states. */

import { sparkline } from "../charts/sparkline";
import { describe } from "../charts/options";
import type { Chart, Child, Figure, Panel } from "../contracts";
import { element, svg } from "../element";
import { formatAge, formatDate, formatValue, shortName } from "../format";
import type { Language, Strings } from "../strings";

export interface PanelContext {
  strings: Strings;
  language: Language;
  now: Date;
}

/** One panel; `onFree` collects what frees its chart when the panel is replaced. */
export function panelElement(panel: Panel, context: PanelContext, onFree: (free: () => void) => void): HTMLElement {
  const { strings } = context;
  const age = formatAge(panel.as_of, context.now, strings.age);
  const heading = element(
    "header",
    { class: "panel-head" },
    element("h2", { id: `panel-${panel.id}` }, panel.title),
    panel.as_of
      ? element("time", { datetime: panel.as_of, title: `${strings.asOf} ${formatDate(panel.as_of)}` }, age || formatDate(panel.as_of))
      : null,
  );
  const section = element("section", { class: "panel", "data-panel": panel.id, "data-state": panel.state, "aria-labelledby": `panel-${panel.id}` }, heading);
  if (panel.state !== "ok") {
    section.append(emptyState(panel, strings));
    return section;
  }
  if (panel.figures.length > 0) {
    section.append(element("dl", { class: panel.figures.length > 4 ? "figures figures-many" : "figures" }, ...panel.figures.map((figure) => figureElement(figure, panel, context))));
  }
  if (panel.chart) section.append(chartElement(panel, context, onFree));
  if (panel.source) section.append(element("p", { class: "panel-source" }, `${strings.source}：${panel.source}`.replace("：", context.language === "en" ? ": " : "：")));
  return section;
}

function emptyState(panel: Panel, strings: Strings): HTMLElement {
  const isClosed = panel.state === "no-permission";
  const drawing = svg(
    "svg",
    { viewBox: "0 0 48 48", width: 36, height: 36, "aria-hidden": "true", class: "empty-drawing" },
    ...(isClosed
      ? [svg("rect", { x: 11, y: 21, width: 26, height: 18, rx: 3 }), svg("path", { d: "M16 21v-6a8 8 0 0 1 16 0v6" })]
      : [svg("path", { d: "M8 36h32M12 36V24l12-9 12 9v12M20 36v-8h8v8" })]),
  );
  return element(
    "div",
    { class: "panel-empty" },
    drawing as unknown as HTMLElement,
    element("p", {}, element("strong", {}, isClosed ? strings.noPermission : strings.empty), panel.hint ? element("span", {}, panel.hint) : null),
  );
}

function figureElement(figure: Figure, panel: Panel, { strings, now }: PanelContext): HTMLElement {
  const text = formatValue(figure.value);
  const isMissing = text === "";
  const value = element("span", { class: "figure-value" }, isMissing ? strings.noValue : text);
  const unit = figure.unit && !isMissing ? element("span", { class: "figure-unit" }, figure.unit) : null;
  const shown = figure.href
    ? element("a", { href: figure.href, title: `${strings.why}：${figure.label}`, class: "figure-link" }, value, unit)
    : element("span", { class: "figure-link" }, value, unit);
  const trend = figure.trend ? sparkline(figure.trend, strings.trend) : null;
  const isOwnAge = figure.as_of && formatDate(figure.as_of) !== formatDate(panel.as_of);
  const small = [isOwnAge ? formatAge(figure.as_of, now, strings.age) || formatDate(figure.as_of) : "", figure.note].filter(Boolean).join(" · ");
  return element(
    "div",
    { class: "figure", "data-figure": figure.id, ...(isMissing ? { "data-missing": true } : {}) },
    element("dt", {}, figure.label),
    element("dd", {}, shown, trend as unknown as HTMLElement | null),
    small ? element("dd", { class: "figure-note", title: small }, small) : null,
  );
}

function chartElement(panel: Panel, context: PanelContext, onFree: (free: () => void) => void): HTMLElement {
  const chart = panel.chart;
  if (!chart) return element("div");
  const host = element("div", { class: `chart chart-${chart.kind}`, role: "img", "aria-label": describe(chart) });
  let isGone = false;
  onFree(() => (isGone = true));
  void import("../charts/draw").then(({ drawChart }) => {
    if (!isGone) onFree(drawChart(host, chart, context.language));
  });
  return element("figure", { class: "chart-figure" }, chart.title ? element("figcaption", {}, captionOf(chart, context.language)) : null, host);
}

/** The unit stands in the caption: beside an axis it is cut off in a narrow column. */
function captionOf(chart: Chart, language: Language): string {
  if (!chart.unit) return chart.title;
  return language === "en" ? `${chart.title} (${chart.unit})` : `${chart.title}（${chart.unit}）`;
}

/** The divisions below, as buttons with their figures: the keyboard's and the phone's way down. */
export function childrenPanel(children: readonly Child[], context: PanelContext, onChild: (code: string) => void): HTMLElement | null {
  if (children.length === 0) return null;
  const { strings } = context;
  const known = ["population", "households", "courtyards"].filter((id) => children.some((child) => typeof child.figures[id] === "number"));
  const most = Math.max(1, ...children.map((child) => child.figures[known[0] ?? ""] ?? 0));
  const rows = children.map((child) => {
    const first = child.figures[known[0] ?? ""] ?? null;
    const bar = svg("svg", { class: "child-bar", viewBox: "0 0 100 3", preserveAspectRatio: "none", "aria-hidden": "true" }, svg("rect", { width: ((first ?? 0) / most) * 100, height: 3 }));
    return element(
      "tr",
      {},
      element(
        "th",
        { scope: "row" },
        element("button", { type: "button", class: "child", "data-child": child.code, title: child.name, onclick: () => onChild(child.code) }, shortName(child.name)),
        first === null ? null : (bar as unknown as HTMLElement),
      ),
      ...known.map((id) => element("td", {}, typeof child.figures[id] === "number" ? formatValue(child.figures[id] ?? null) : element("span", { class: "none", title: strings.noValue }, "–"))),
    );
  });
  return element(
    "section",
    { class: "panel panel-children", "data-panel": "children", "aria-labelledby": "panel-children" },
    element("header", { class: "panel-head" }, element("h2", { id: "panel-children" }, strings.children), element("span", { class: "count" }, String(children.length))),
    element(
      "table",
      {},
      known.length > 0
        ? element("thead", {}, element("tr", {}, element("td"), ...known.map((id) => element("th", { scope: "col" }, strings.childFigures[id] ?? id))))
        : null,
      element("tbody", {}, ...rows),
    ),
  );
}
