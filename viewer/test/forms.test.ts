import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { evaluate, textOf, type Surroundings, type Tree, type Value } from "../src/field/forms/evaluating";

interface Table {
  today: string;
  own: number;
  answers: Record<string, Value>;
  entries: Record<string, Value[]>;
  rows: { text: string; tree: Tree; type: "bool" | "float" | "str"; value: string }[];
}

const table = JSON.parse(readFileSync(new URL("../../tests/fieldwork/expressions.json", import.meta.url), "utf-8")) as Table;
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
