import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Form, Raw } from "../src/field/forms/contracts";
import { evaluate, textOf, type Surroundings, type Tree, type Value } from "../src/field/forms/evaluating";
import { filledIn, settle } from "../src/field/forms/filling";

interface Table {
  today: string;
  own: number;
  answers: Record<string, Value>;
  entries: Record<string, Value[]>;
  rows: { text: string; tree: Tree; type: "bool" | "float" | "str"; value: string }[];
}

const table = JSON.parse(readFileSync(new URL("../../tests/fieldwork/expressions.json", import.meta.url), "utf-8")) as Table;
interface Fillings {
  today: string;
  form: Form;
  rows: { raw: Raw; relevant: string[]; problems: string[]; values: Record<string, string> }[];
}

const fillings = JSON.parse(readFileSync(new URL("../../tests/fieldwork/fillings.json", import.meta.url), "utf-8")) as Fillings;
const TYPES = { bool: "boolean", float: "number", str: "string" };

describe("conditions of forms", () => {
  it("have the values that the server gives them", () => {
    const around: Surroundings = {
      answer: (name) => table.answers[name] ?? "",
      entries: (name) => table.entries[name] ?? [],
      today: table.today,
      own: table.own,
    };
    const wrong = table.rows.flatMap((row) => {
      const value = evaluate(row.tree, around);
      return textOf(value) === row.value && typeof value === TYPES[row.type] ? [] : [`${row.text}: ${textOf(value)} instead of ${row.value}`];
    });
    expect(table.rows.length).toBeGreaterThan(400);
    expect(wrong).toEqual([]);
  });
});

describe("filled forms", () => {
  it("ask and refuse what the server does", () => {
    for (const row of fillings.rows) {
      const { relevant, problems, values } = settle(fillings.form, row.raw, fillings.today);
      expect([...relevant].filter(([, isAsked]) => isAsked).map(([path]) => path).sort()).toEqual(row.relevant);
      expect([...problems.keys()].sort()).toEqual(row.problems);
      const shown = Object.fromEntries([...values].map(([path, value]) => [path, textOf(value)]));
      expect(shown).toEqual(row.values);
    }
    expect(fillings.rows.filter((row) => row.problems.length).length).toBeGreaterThan(50);
  });

  it("show answers within labels by their words", () => {
    const settled = settle(fillings.form, { ways: ["coal", "air"], room: [{ beds: "2" }] }, fillings.today);
    expect(filledIn(fillings.form, "${ways}: ${sleepers}", settled, "")).toBe("煤炉、空调: 2");
  });
});
