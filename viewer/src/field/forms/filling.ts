/** Settles a form while it is filled, as `fieldwork/xlsforms/answering.py` does; the server has the last word. */

import type { Form, Given, Question, Raw } from "./contracts";
import { evaluate, isTrue, textOf, type Surroundings, type Tree, type Value } from "./evaluating";

type Entry = [repeat: string, number: number] | null;

export interface Settled {
  values: Map<string, Value>;
  relevant: Map<string, boolean>;
  problems: Map<string, string>;
}

const INTEGER = /^[+-]?\d{1,12}$/;
const DECIMAL = /^[+-]?\d{1,12}(?:\.\d{1,8})?$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Returns the value of an answer and what is wrong with it. Photos are there or not. */
export function taken(question: Question, given: Given | undefined): [Value, string] {
  if (question.kind === "select_multiple") {
    const chosen = Array.isArray(given) ? given : [];
    const names = (question.choices ?? []).map((choice) => choice.name).filter((name) => (chosen as string[]).includes(name));
    return [names.join(" "), ""];
  }
  const text = typeof given === "string" ? given.trim() : "";
  if (!text) return ["", ""];
  const digits = text.normalize("NFKC").replaceAll(",", "");
  if (question.kind === "integer") return INTEGER.test(digits) ? [Number(digits), ""] : ["", "请填整数，例如 12。"];
  if (question.kind === "decimal") return DECIMAL.test(digits) ? [Number(digits), ""] : ["", "请填数字，例如 12.5。"];
  if (question.kind === "date") return DAY.test(text) ? [text, ""] : ["", "日期请写成 2026-11-23。"];
  return [text, ""];
}

export function settle(form: Form, raw: Raw, today: string): Settled {
  return new Filling(form, raw, today).settled();
}

class Filling {
  private readonly values = new Map<string, Value>();
  private readonly relevant = new Map<string, boolean>();
  private readonly problems = new Map<string, string>();
  private readonly repeatOf = new Map<string, string>();
  private count = 0;

  constructor(
    private readonly form: Form,
    private readonly raw: Raw,
    private readonly today: string,
  ) {
    this.learn(form.questions, "");
  }

  settled(): Settled {
    // Conditions look at answers that other conditions take away: again until nothing changes.
    for (let round = 0; round < this.count + 2; round += 1) if (!this.pass(this.form.questions, "", null, this.raw, true)) break;
    this.judge(this.form.questions, "", null, this.raw);
    return { values: this.values, relevant: this.relevant, problems: this.problems };
  }

  private learn(questions: Question[], repeat: string): void {
    for (const one of questions) {
      if (repeat) this.repeatOf.set(one.name, repeat);
      this.count += entriesOf(this.raw[repeat]).length + 1;
      this.learn(one.children ?? [], one.kind === "repeat" ? one.name : repeat);
    }
  }

  private around(entry: Entry, own: Value): Surroundings {
    return {
      answer: (name) => this.values.get(this.pathOf(name, entry)) ?? "",
      entries: (name) => {
        const repeat = this.repeatOf.get(name) ?? name;
        if (!this.relevant.get(repeat)) return [];
        return entriesOf(this.raw[repeat]).map((_row, number) => this.values.get(`${repeat}.${number}.${name}`) ?? "");
      },
      today: this.today,
      own,
    };
  }

  private pathOf(name: string, entry: Entry): string {
    const repeat = this.repeatOf.get(name);
    if (!repeat) return name;
    return entry && entry[0] === repeat ? `${repeat}.${entry[1]}.${name}` : "";
  }

  private pass(questions: Question[], prefix: string, entry: Entry, raw: Raw, isOpen: boolean): boolean {
    let hasChanged = false;
    for (const one of questions) {
      const path = `${prefix}${one.name}`;
      const own = this.values.get(path) ?? "";
      const isAsked = isOpen && (!one.relevant || this.holds(one.relevant, entry, own));
      hasChanged = this.relevant.get(path) !== isAsked || hasChanged;
      this.relevant.set(path, isAsked);
      if (one.kind === "group") hasChanged = this.pass(one.children ?? [], prefix, entry, raw, isAsked) || hasChanged;
      else if (one.kind === "repeat") {
        entriesOf(raw[one.name]).forEach((row, number) => {
          hasChanged = this.pass(one.children ?? [], `${path}.${number}.`, [one.name, number], row, isAsked) || hasChanged;
        });
      } else {
        const value = isAsked ? this.current(one, entry, raw) : "";
        hasChanged = value !== own || hasChanged;
        this.values.set(path, value);
      }
    }
    return hasChanged;
  }

  private current(one: Question, entry: Entry, raw: Raw): Value {
    if (one.kind !== "calculate") return taken(one, raw[one.name])[0];
    const value = one.calculation ? evaluate(one.calculation, this.around(entry, "")) : "";
    return Number.isNaN(value) ? "" : value;
  }

  private judge(questions: Question[], prefix: string, entry: Entry, raw: Raw): void {
    for (const one of questions) {
      const path = `${prefix}${one.name}`;
      if (!this.relevant.get(path)) continue;
      if (one.kind === "group") this.judge(one.children ?? [], prefix, entry, raw);
      else if (one.kind === "repeat") entriesOf(raw[one.name]).forEach((row, number) => this.judge(one.children ?? [], `${path}.${number}.`, [one.name, number], row));
      else if (one.kind !== "note" && one.kind !== "calculate") {
        const own = this.values.get(path) ?? "";
        const [, wrong] = taken(one, raw[one.name]);
        if (wrong) this.problems.set(path, wrong);
        else if (own === "" && one.kind !== "image" && one.required && this.holds(one.required, entry, own)) this.problems.set(path, "请回答这个问题。");
        else if (own !== "" && one.constraint && !this.holds(one.constraint, entry, own)) this.problems.set(path, one.message || "这个回答不合要求，请再看一遍。");
      }
    }
  }

  private holds(tree: Tree, entry: Entry, own: Value): boolean {
    return isTrue(evaluate(tree, this.around(entry, own)));
  }
}

export function entriesOf(given: Given | undefined): Raw[] {
  return Array.isArray(given) ? given.filter((one): one is Raw => typeof one === "object") : [];
}

/** Returns a label with the answers that it shows by ${name}. */
export function filledIn(form: Form, label: string, settled: Settled, prefix: string): string {
  return label.replace(/\$\{\s*([^{}]*?)\s*\}/g, (_all, name: string) => {
    const value = settled.values.get(`${prefix}${name}`) ?? settled.values.get(name) ?? "";
    const question = find(form.questions, name);
    const words = question?.kind === "select_multiple" ? textOf(value).split(" ") : [textOf(value)];
    return words.map((word) => question?.choices?.find((choice) => choice.name === word)?.label ?? word).join("、");
  });
}

function find(questions: Question[], name: string): Question | undefined {
  for (const one of questions) {
    const found = one.name === name ? one : find(one.children ?? [], name);
    if (found) return found;
  }
  return undefined;
}

/** Today by the phone's own clock. */
export function todayHere(date = new Date()): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
