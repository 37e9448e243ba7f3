/** The form beside the map: measures, buttons of the pen, fields of the kind, coordinates, history. */

import { asText, areaOf, distance, edges, fromText, lengthOf, type Shape } from "./shape";
import type { DrawWords } from "./words";

/** More lengths than this tell nobody anything. */
const MOST_EDGES = 12;

export interface Field {
  name: string;
  label: string;
  type: "text" | "number" | "choice" | "courtyard";
  most?: number;
  least?: number;
  greatest?: number;
  step?: string;
  options?: { value: string; label: string }[];
  initial?: string;
  only_new?: boolean;
}

export interface Change {
  at: string;
  by: string;
  label: string;
  step: number | null;
  changes: string[];
}

export interface PlaceRecord {
  id: number;
  kind: string;
  cid: number;
  version: number;
  title: string;
  values: Record<string, string>;
  geometry: GeoJSON.Geometry | null;
  courtyards: { id: number; title: string }[];
  history: Change[];
}

export interface PanelEvents {
  save: () => void;
  cancel: () => void;
  remove: (reason: string) => void;
  takeBack: (step: number) => void;
  finish: () => void;
  undo: () => void;
  redo: () => void;
  deleteCorner: () => void;
  typed: (shape: Shape) => void;
}

type PenState = { undo: boolean; redo: boolean; finish: boolean; deleteCorner: boolean };

export class Panel {
  private readonly measures = make("p", { className: "drawing-measures" });
  private readonly buttons: Record<"finish" | "undo" | "redo" | "deleteCorner", HTMLButtonElement>;
  private readonly coordinates = make("textarea", { id: "drawing-coordinates", rows: 5, spellcheck: false });
  private readonly fault = make("p", { className: "drawing-fault", hidden: true });
  private fields: { field: Field; input: HTMLInputElement | HTMLSelectElement; before: string }[] = [];

  constructor(
    private readonly place: HTMLElement,
    private readonly words: DrawWords,
    private readonly on: PanelEvents,
  ) {
    const press = (label: string, act: () => void): HTMLButtonElement => button(label, "button quiet small", act);
    this.buttons = {
      finish: press(words.finish, on.finish),
      undo: press(words.undoStep, on.undo),
      redo: press(words.redoStep, on.redo),
      deleteCorner: press(words.deleteCorner, on.deleteCorner),
    };
    this.fault.id = "drawing-fault";
    this.fault.setAttribute("role", "alert");
    this.coordinates.setAttribute("aria-describedby", "drawing-coordinates-hint");
  }

  /** Shows the form of a new place (`record` null) or of one that is kept. */
  open(title: string, fields: Field[], record: PlaceRecord | null, screen: string): void {
    const { place, words } = this;
    this.fault.hidden = true;
    const form = make("form", { className: "drawing-form", noValidate: true });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.on.save();
    });
    this.fields = fields.filter((field) => !record || !field.only_new).map((field) => this.field(field, record));
    const ends = make("div", { className: "row" });
    ends.append(make("button", { className: "button", type: "submit", textContent: words.save }), button(words.cancel, "button quiet", this.on.cancel));
    form.append(...this.fields.map(({ field, input }) => labelled(field.label, input)), this.typing(), this.fault, ends);
    const heading = make("h2", { id: "drawing-title", textContent: title });
    const tools = make("div", { className: "drawing-pen" });
    tools.append(...Object.values(this.buttons));
    place.replaceChildren(heading, this.measures, tools, form);
    if (record) {
      if (screen) place.append(make("a", { href: screen, textContent: words.showIn3d, className: "drawing-panel-link" }));
      place.append(this.removal(), this.history(record.history));
    }
    place.hidden = false;
  }

  close(): void {
    this.place.hidden = true;
    this.place.replaceChildren();
    this.fields = [];
  }

  /** Fields that differ from what was read; of a new place all that say something. */
  changed(): Record<string, string> {
    return Object.fromEntries(this.fields.filter(({ input, before }) => input.value !== before).map(({ field, input }) => [field.name, input.value]));
  }

  measure(shape: Shape, pen: PenState, isTyping: boolean): void {
    const { words } = this;
    const area = areaOf(shape);
    const length = lengthOf(shape);
    const count = shape.rings.reduce((sum, ring) => sum + ring.length, 0);
    const said = [words.corners(count)];
    if (area > 0) said.unshift(words.area((area / 666.666_667).toFixed(3), area.toFixed(1)), words.around(length.toFixed(1)));
    else if (length > 0) said.unshift(words.length(length.toFixed(1)));
    const sides = edges(shape).map(({ from, to }) => distance(from, to).toFixed(1));
    if (sides.length > 1 && sides.length <= MOST_EDGES) said.push(words.edges(sides.join("、")));
    this.measures.textContent = said.join(" · ");
    for (const [name, element] of Object.entries(this.buttons)) element.disabled = !pen[name as keyof PenState];
    if (!isTyping && document.activeElement !== this.coordinates) this.coordinates.value = asText(shape);
    this.current = shape;
  }

  say(fault: string): void {
    this.fault.textContent = fault;
    this.fault.hidden = !fault;
  }

  private current: Shape | null = null;

  private typing(): HTMLElement {
    const { words } = this;
    const box = make("details", { className: "drawing-typing" });
    const hint = make("p", { id: "drawing-coordinates-hint", className: "soft small", textContent: words.coordinatesHint });
    box.append(make("summary", { textContent: words.coordinates }), labelled(words.coordinates, this.coordinates, true), hint);
    this.coordinates.oninput = () => {
      const shape = this.current && fromText(this.coordinates.value, this.current);
      this.say(shape ? "" : words.badCoordinates);
      if (shape) this.on.typed(shape);
    };
    return box;
  }

  private field(field: Field, record: PlaceRecord | null): { field: Field; input: HTMLInputElement | HTMLSelectElement; before: string } {
    const before = record?.values[field.name] ?? field.initial ?? "";
    const input = field.type === "choice" || field.type === "courtyard" ? this.choice(field, record) : this.entry(field);
    input.id = `drawing-${field.name}`;
    input.value = before;
    return { field, input, before };
  }

  private choice(field: Field, record: PlaceRecord | null): HTMLSelectElement {
    const select = make("select", {});
    const offered = field.type === "courtyard" ? [{ value: "", label: record ? this.words.none : this.words.auto }, ...(record?.courtyards ?? []).map(({ id, title }) => ({ value: `${id}`, label: title }))] : (field.options ?? []);
    select.append(...offered.map(({ value, label }) => new Option(label, value)));
    return select;
  }

  private entry(field: Field): HTMLInputElement {
    const input = make("input", { type: field.type === "number" ? "number" : "text", autocomplete: "off" });
    if (field.type === "number") {
      input.inputMode = "decimal";
      input.step = field.step ?? "any";
      input.min = `${field.least ?? ""}`;
      input.max = `${field.greatest ?? ""}`;
    } else input.maxLength = field.most ?? 200;
    return input;
  }

  private removal(): HTMLElement {
    const { words } = this;
    const box = make("details", { className: "drawing-removal" });
    const reason = make("input", { type: "text", maxLength: 200, autocomplete: "off", id: "drawing-reason" });
    const sure = button(words.removeSure, "button small danger", () => {
      if (!reason.value.trim()) return this.say(words.needReason);
      this.on.remove(reason.value);
    });
    box.append(make("summary", { textContent: words.remove }), labelled(words.reason, reason), sure);
    return box;
  }

  private history(changes: Change[]): HTMLElement {
    const { words } = this;
    const box = make("details", { className: "drawing-history" });
    const list = make("ol", { className: "history" });
    for (const change of changes) {
      const item = make("li", {});
      const at = new Date(change.at);
      item.append(make("time", { dateTime: change.at, textContent: at.toLocaleString(document.documentElement.lang, { dateStyle: "short", timeStyle: "short" }) }));
      const said = make("div", {});
      said.append(make("strong", { textContent: change.label }), ` · ${change.by} `, make("span", { className: "soft", textContent: change.changes.join("；") }));
      const step = change.step;
      if (step !== null) said.append(" ", button(words.takeBack, "button quiet small", () => this.on.takeBack(step)));
      item.append(said);
      list.append(item);
    }
    box.append(make("summary", { textContent: words.history }), list);
    return box;
  }
}

function labelled(text: string, input: HTMLElement, isHidden = false): HTMLElement {
  const box = make("p", { className: "drawing-field" });
  const label = make("label", { textContent: text, htmlFor: input.id });
  if (isHidden) label.className = "visually-hidden";
  box.append(label, input);
  return box;
}

function button(label: string, className: string, act: () => void): HTMLButtonElement {
  const element = make("button", { type: "button", className, textContent: label });
  element.addEventListener("click", act);
  return element;
}

function make<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, properties: Partial<HTMLElementTagNameMap[Tag]>): HTMLElementTagNameMap[Tag] {
  return Object.assign(document.createElement(tag), properties);
}
