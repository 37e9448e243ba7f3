/** Saved views of the division and the tour over them; whoever may edit places saves, changes and removes them. */

import { element } from "../element";
import { Refused, send } from "../map/sending";
import type { Features } from "./features";
import { Tour } from "./tour";

interface ViewLine {
  id: number;
  row_version: number;
  name: string;
  caption: string;
  address: string;
  tour_position: number | null;
  dwell_s: number;
  is_public: boolean;
}

export async function viewsPanel(features: Features): Promise<HTMLElement> {
  const { host } = features;
  const code = host.data?.division.code ?? "";
  const box = element("div", { class: "views" });
  const said = element("p", { class: "note", role: "alert" });
  const reload = async (): Promise<void> => {
    const { views, may_edit } = await host.api
      .get<{ views: ViewLine[]; may_edit: boolean }>(`/screen/${encodeURIComponent(code)}/views`)
      .catch(() => ({ views: [] as ViewLine[], may_edit: false }));
    box.replaceChildren(...contents(features, views, may_edit, code, post), said);
  };
  const post = async (address: string, fields: Record<string, string>): Promise<boolean> => {
    try {
      await send(address, fields, host.root.dataset["csrf"] ?? "");
      said.textContent = features.words.saved;
      await reload();
      return true;
    } catch (error) {
      said.textContent = error instanceof Refused ? error.message : host.strings.loadFailed;
      return false;
    }
  };
  await reload();
  return box;
}

type Post = (address: string, fields: Record<string, string>) => Promise<boolean>;

function contents(features: Features, views: ViewLine[], mayEdit: boolean, code: string, post: Post): HTMLElement[] {
  const { words } = features;
  const stops = views.filter(({ tour_position }) => tour_position !== null);
  const start = element("button", { type: "button", class: "button primary", disabled: stops.length === 0, onclick: () => new Tour(features, stops).start() }, words.tourStart);
  const rows = views.map((view) => rowOf(features, view, mayEdit, post));
  return [
    element("p", {}, start),
    stops.length === 0 && views.length > 0 ? element("p", { class: "note" }, words.tourNone) : null,
    views.length === 0 ? element("p", { class: "note" }, words.viewsNone) : element("ul", { class: "view-list" }, ...rows),
    mayEdit ? element("details", { class: "view-new" }, element("summary", {}, words.viewSave), formOf(features, null, (fields) => post(`/screen/${code}/views/`, fields))) : null,
  ].filter((one): one is NonNullable<typeof one> => one !== null);
}

function present(features: Features): string {
  return features.addressParts(true).join("&");
}

function fieldsOf(view: ViewLine): Record<string, string> {
  return {
    name: view.name, caption: view.caption, address: view.address, dwell_s: String(view.dwell_s), row_version: String(view.row_version),
    tour_position: view.tour_position === null ? "" : String(view.tour_position), is_public: view.is_public ? "1" : "",
  };
}

function rowOf(features: Features, view: ViewLine, mayEdit: boolean, post: Post): HTMLElement {
  const { words } = features;
  const address = `/screen/views/${view.id}/`;
  const open = element(
    "button",
    { type: "button", class: "view-open", onclick: () => void features.apply(view.address) },
    view.tour_position === null ? null : element("span", { class: "view-stop" }, String(view.tour_position)),
    element("span", {}, view.name),
    view.caption ? element("small", {}, view.caption) : null,
  );
  if (!mayEdit) return element("li", {}, open);
  let isSure = false;
  const remove = element("button", {
    type: "button", class: "button",
    onclick: () => {
      if (isSure) void post(address, { row_version: String(view.row_version), remove: "1" });
      isSure = true;
      remove.textContent = words.viewRemoveSure;
    },
  }, words.viewRemove);
  const again = element("button", { type: "button", class: "button", onclick: () => void post(address, { ...fieldsOf(view), address: present(features) }) }, words.viewUpdate);
  return element(
    "li",
    {},
    open,
    element("details", {}, element("summary", { "aria-label": `${words.viewRename} ${view.name}` }, words.viewRename), formOf(features, view, (fields) => post(address, { ...fieldsOf(view), ...fields })), element("p", { class: "buttons" }, again, remove)),
  );
}

function formOf(features: Features, view: ViewLine | null, save: (fields: Record<string, string>) => Promise<boolean>): HTMLElement {
  const { words } = features;
  const key = view ? String(view.id) : "new";
  const name = element("input", { id: `view-name-${key}`, required: true, maxlength: 120, value: view?.name ?? "" });
  const caption = element("textarea", { id: `view-caption-${key}`, rows: 2, maxlength: 400 });
  caption.value = view?.caption ?? "";
  const order = element("input", { id: `view-order-${key}`, type: "number", min: 1, max: 99, value: view?.tour_position ?? "" });
  const dwell = element("input", { id: `view-dwell-${key}`, type: "number", min: 3, max: 120, value: view?.dwell_s ?? 12 });
  const shown = element("input", { id: `view-public-${key}`, type: "checkbox", checked: view?.is_public ?? false });
  const field = (label: string, input: HTMLElement): HTMLElement => element("p", { class: "field" }, element("label", { for: input.id }, label), input);
  return element(
    "form",
    {
      onsubmit: (event) => {
        event.preventDefault();
        const fields = { name: name.value, caption: caption.value, tour_position: order.value, dwell_s: dwell.value, is_public: shown.checked ? "1" : "" };
        void save(view ? fields : { ...fields, address: present(features) });
      },
    },
    field(words.viewName, name),
    field(words.viewCaption, caption),
    element("div", { class: "field-pair" }, field(words.viewOrder, order), field(words.viewDwell, dwell)),
    element("p", {}, element("label", { class: "switch" }, shown, element("span", {}, words.viewPublic))),
    element("p", {}, element("button", { type: "submit", class: "button primary" }, words.save)),
  );
}
