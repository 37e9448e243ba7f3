/** A county's form on the phone: what is asked changes with the answers, nothing is sent before it fits. */

import { element } from "../../element";
import type { Form, Question, Raw } from "./contracts";
import { filledIn, settle, todayHere, type Settled } from "./filling";

const MOST_ENTRIES = 50;

interface Node {
  question: Question;
  /** Paths change when an entry before is taken out. */
  path(): string;
  prefix(): string;
  box: HTMLElement;
  label: HTMLElement | null;
  problem: HTMLElement | null;
  read(): string | string[];
  focus(): void;
}

export class FormView {
  readonly box = element("div", { class: "form-questions" });
  private readonly nodes: Node[] = [];
  private readonly repeats = new Map<string, { box: HTMLElement; entries: { box: HTMLElement; nodes: Node[] }[] }>();
  private readonly files = new Map<Node, HTMLInputElement>();
  private settled: Settled;

  constructor(private readonly form: Form) {
    this.build(form.questions, this.box, () => "", this.nodes);
    this.settled = this.refresh();
    this.box.addEventListener("input", () => this.refresh());
    this.box.addEventListener("change", () => this.refresh());
  }

  /** Returns answers and photos, or shows what is missing and returns null. Photos are named @0, @1, … in the answers. */
  finished(): { answers: Raw; photos: File[] } | null {
    this.refresh();
    const all = this.every();
    let first: Node | null = null;
    for (const node of all) {
      const words = this.settled.problems.get(node.path()) ?? "";
      if (node.problem) node.problem.textContent = words;
      node.box.classList.toggle("is-wrong", Boolean(words));
      if (words) first ??= node;
    }
    if (first) {
      first.focus();
      return null;
    }
    const photos: File[] = [];
    const answers = this.raw((node) => {
      const file = this.files.get(node)?.files?.[0];
      if (!file || !this.settled.relevant.get(node.path())) return "";
      photos.push(file);
      return `@${photos.length - 1}`;
    });
    return { answers, photos };
  }

  private raw(photo: (node: Node) => string): Raw {
    const read = (nodes: Node[]): Raw => Object.fromEntries(nodes.map((node) => [node.question.name, this.files.has(node) ? photo(node) : node.read()]));
    const raw = read(this.nodes);
    for (const [name, { entries }] of this.repeats) raw[name] = entries.map((entry) => read(entry.nodes));
    return raw;
  }

  private every(): Node[] {
    return [...this.nodes, ...[...this.repeats.values()].flatMap(({ entries }) => entries.flatMap((entry) => entry.nodes))];
  }

  private refresh(): Settled {
    this.settled = settle(this.form, this.raw((node) => (this.files.get(node)?.files?.length ? "@" : "")), todayHere());
    for (const node of this.every()) {
      const path = node.path();
      node.box.hidden = !this.settled.relevant.get(path);
      if (node.label) node.label.textContent = filledIn(this.form, node.question.label, this.settled, node.prefix());
      if (node.problem && !this.settled.problems.has(path)) {
        node.problem.textContent = "";
        node.box.classList.remove("is-wrong");
      }
    }
    for (const box of this.box.querySelectorAll<HTMLElement>("[data-group]")) box.hidden = !this.settled.relevant.get(box.dataset["group"] ?? "");
    return this.settled;
  }

  private build(questions: Question[], into: HTMLElement, prefix: () => string, nodes: Node[]): void {
    for (const one of questions) {
      if (one.kind === "calculate") continue;
      if (one.kind === "group" || one.kind === "repeat") {
        const box = element("fieldset", { class: "form-group" }, element("legend", {}, one.label));
        // Relevance of a group within an entry is kept under the entry's path; its questions carry it too.
        if (!prefix()) box.dataset["group"] = one.name;
        into.append(box);
        if (one.kind === "group") this.build(one.children ?? [], box, prefix, nodes);
        else this.repeat(one, box);
      } else {
        const node = this.question(one, prefix);
        nodes.push(node);
        into.append(node.box);
      }
    }
  }

  private repeat(question: Question, box: HTMLElement): void {
    const held = { box, entries: [] as { box: HTMLElement; nodes: Node[] }[] };
    this.repeats.set(question.name, held);
    const more = element("button", { type: "button", class: "quiet", onclick: () => add() }, `再加一个：${question.label}`);
    box.append(more);
    const add = (): void => {
      if (held.entries.length >= MOST_ENTRIES) return;
      const entry = { box: element("div", { class: "form-entry" }), nodes: [] as Node[] };
      const prefix = (): string => `${question.name}.${held.entries.indexOf(entry)}.`;
      held.entries.push(entry);
      this.build(question.children ?? [], entry.box, prefix, entry.nodes);
      entry.box.append(element("button", { type: "button", class: "quiet", onclick: () => remove(entry) }, "去掉这一个"));
      more.before(entry.box);
      if (this.settled) this.refresh();
    };
    const remove = (entry: { box: HTMLElement; nodes: Node[] }): void => {
      held.entries.splice(held.entries.indexOf(entry), 1);
      entry.nodes.forEach((node) => this.files.delete(node));
      entry.box.remove();
      this.refresh();
    };
    add();
  }

  private question(one: Question, prefix: () => string): Node {
    const path = (): string => `${prefix()}${one.name}`;
    if (one.kind === "note") {
      const box = element("p", { class: "form-note" });
      return { question: one, path, prefix, box, label: box, problem: null, read: () => "", focus: () => undefined };
    }
    const id = `q-${crypto.randomUUID()}`;
    const problem = element("p", { class: "wrong", id: `${id}-problem`, role: "alert" });
    const hint = one.hint ? element("p", { class: "soft" }, one.hint) : null;
    const must = one.required ? element("span", { class: "soft" }, "（必答）") : null;
    const label = element("span", {}, one.label);
    if (one.kind === "select_one" || one.kind === "select_multiple") {
      const type = one.kind === "select_one" ? "radio" : "checkbox";
      const fallback = one.fallback.split(" ");
      const inputs = (one.choices ?? []).map((choice) => element("input", { type, name: id, value: choice.name, checked: fallback.includes(choice.name) }));
      const lines = (one.choices ?? []).map((choice, number) => element("label", { class: "check" }, inputs[number] ?? null, choice.label));
      const box = element("fieldset", { class: "form-question", "aria-describedby": `${id}-problem` }, element("legend", {}, label, must), hint, ...lines, problem);
      const chosen = (): string[] => inputs.filter((input) => input.checked).map((input) => input.value);
      const read = (): string | string[] => (type === "radio" ? (chosen()[0] ?? "") : chosen());
      return { question: one, path, prefix, box, label, problem, read, focus: () => inputs[0]?.focus() };
    }
    const attributes = { id, maxlength: 2000, "aria-describedby": `${id}-problem`, autocomplete: "off" };
    const input = one.is_long
      ? element("textarea", { ...attributes, rows: 4 })
      : one.kind === "image"
        ? element("input", { id, type: "file", accept: "image/*" })
        : element("input", { ...attributes, type: one.kind === "date" ? "date" : "text", inputmode: one.kind === "integer" ? "numeric" : one.kind === "decimal" ? "decimal" : null });
    if (one.kind !== "image") input.value = one.fallback;
    const box = element("div", { class: "form-question" }, element("label", { for: id }, label, must), input, hint, problem);
    const node: Node = { question: one, path, prefix, box, label, problem, read: () => input.value, focus: () => input.focus() };
    if (one.kind === "image") this.files.set(node, input as HTMLInputElement);
    return node;
  }
}
