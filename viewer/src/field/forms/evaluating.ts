/**
 * Evaluates conditions of forms as `fieldwork/xlsforms/evaluating.py` does: the server parsed them into trees. Both are
 * held to one table (tests/fieldwork/expressions.json). No answer is the empty text; dates are texts and count as days.
 */

export type Value = string | number | boolean;
export type Tree = [string, ...unknown[]];
type Part = [boolean, [number, number][], number, number];

export interface Surroundings {
  answer(name: string): Value;
  entries(name: string): Value[];
  today: string;
  own: Value;
}

const LARGEST = 1e15;
const NUMBER = /^-?(?:\d+(?:\.\d*)?|\.\d+)$/;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;

export function isTrue(value: Value): boolean {
  if (typeof value === "boolean") return value;
  return typeof value === "string" ? value !== "" : value !== 0 && !Number.isNaN(value);
}

export function numberOf(value: Value): number {
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "number") return bounded(value);
  const text = trimmed(value);
  if (NUMBER.test(text)) return bounded(Number(text));
  const found = DATE.exec(text);
  if (!found) return NaN;
  const [year, month, day] = [Number(found[1]), Number(found[2]), Number(found[3])];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day); // Date.UTC takes the years 0 to 99 for those of the last century
  const isReal = year > 0 && date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return isReal ? Math.round(date.getTime() / 86_400_000) : NaN;
}

export function textOf(value: Value): string {
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? "true" : "false";
  if (Number.isNaN(value)) return "NaN";
  if (Number.isInteger(value)) return String(value + 0 === 0 ? 0 : value);
  const text = value.toFixed(10).replace(/0+$/, "").replace(/\.$/, "");
  return text === "-0" ? "0" : text;
}

export function evaluate(tree: Tree, around: Surroundings): Value {
  const kind = tree[0];
  const at = (place: number): Value => evaluate(tree[place] as Tree, around);
  switch (kind) {
    case "text":
    case "number":
      return tree[1] as Value;
    case "answer":
      return around.answer(tree[1] as string);
    case "self":
      return around.own;
    case "minus":
      return -numberOf(at(1));
    case "regex":
      return matches(tree[2] as Part[][], textOf(at(1)));
    case "sum":
      return bounded(around.entries(tree[1] as string).filter((one) => one !== "").reduce<number>((total, one) => total + numberOf(one), 0));
    case "count":
      return around.entries(tree[1] as string).length;
    case "call":
      return call(tree[1] as string, tree.slice(2) as Tree[], around);
    case "or":
      return isTrue(at(1)) || isTrue(at(2));
    case "and":
      return isTrue(at(1)) && isTrue(at(2));
  }
  const [left, right] = [at(1), at(2)];
  if (kind === "=" || kind === "!=") return same(left, right) === (kind === "=");
  return calculated(kind, numberOf(left), numberOf(right));
}

function same(left: Value, right: Value): boolean {
  if (typeof left === "boolean" || typeof right === "boolean") return isTrue(left) === isTrue(right);
  if (typeof left === "string" && typeof right === "string") return left === right;
  return numberOf(left) === numberOf(right);
}

function bounded(value: number): number {
  return Math.abs(value) <= LARGEST ? value + 0 : NaN;
}

function calculated(operator: string, left: number, right: number): Value {
  switch (operator) {
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
    case ">=":
      return left >= right;
    case "+":
      return bounded(left + right);
    case "-":
      return bounded(left - right);
    case "*":
      return bounded(left * right);
    case "div":
      return right ? bounded(left / right) : NaN;
    default:
      return right ? bounded(left % right) : NaN;
  }
}

function call(name: string, given: Tree[], around: Surroundings): Value {
  if (name === "if") return evaluate(given[isTrue(evaluate(given[0] as Tree, around)) ? 1 : 2] as Tree, around);
  const values = given.map((one) => evaluate(one, around));
  const texts = values.map(textOf);
  const first = values[0] ?? "";
  const [text, other] = [texts[0] ?? "", texts[1] ?? ""];
  switch (name) {
    case "true":
    case "false":
      return name === "true";
    case "today":
      return around.today;
    case "not":
      return !isTrue(first);
    case "boolean":
      return isTrue(first);
    case "number":
      return numberOf(first);
    case "string":
      return text;
    case "date":
      return DATE.test(trimmed(text)) && !Number.isNaN(numberOf(text)) ? trimmed(text) : "";
    case "int":
      return bounded(Math.trunc(numberOf(first)));
    case "round":
      return rounded(numberOf(first), values.length > 1 ? numberOf(values[1] as Value) : 0);
    case "min":
      return Math.min(...values.map(numberOf));
    case "max":
      return Math.max(...values.map(numberOf));
    case "coalesce":
      return text !== "" ? first : (values[1] as Value);
    case "concat":
      return texts.join("");
    case "string-length":
      return [...text].length;
    case "count-selected":
      return words(text).length;
    case "selected":
      return words(text).includes(trimmed(other));
    case "contains":
      return text.includes(other);
    default:
      return text.startsWith(other);
  }
}

function words(text: string): string[] {
  return text.split(/[ \t\n\r]+/).filter(Boolean);
}

function trimmed(text: string): string {
  return text.replace(/^[ \t\n\r]+|[ \t\n\r]+$/g, "");
}

function rounded(value: number, digits: number): number {
  if (Number.isNaN(value) || Number.isNaN(digits)) return NaN;
  const scale = 10 ** Math.min(Math.max(Math.trunc(digits), 0), 6);
  return bounded(Math.floor(value * scale + 0.5) / scale);
}

/** Each part of a pattern takes one look at the text: none can make it slow. */
export function matches(pattern: Part[][], text: string): boolean {
  const points = [...text].map((one) => one.codePointAt(0) ?? 0);
  const length = points.length;
  return pattern.some((parts) => {
    const reached = Array.from({ length: length + 1 }, (_none, place) => place === 0);
    for (const [isNegated, ranges, least, most] of parts) {
      const runs = new Array<number>(length + 1).fill(0); // how many characters from here on fit this part
      for (let place = length - 1; place >= 0; place -= 1) {
        const point = points[place] as number;
        if (ranges.some(([low, high]) => low <= point && point <= high) !== isNegated) runs[place] = (runs[place + 1] as number) + 1;
      }
      const begins = new Array<number>(length + 2).fill(0); // where stretches of reachable places begin and end
      for (let place = 0; place <= length; place += 1) {
        const longest = most < 0 ? (runs[place] as number) : Math.min(runs[place] as number, most);
        if (!reached[place] || longest < least) continue;
        begins[place + least] = (begins[place + least] as number) + 1;
        begins[place + longest + 1] = (begins[place + longest + 1] as number) - 1;
      }
      let depth = 0;
      for (let place = 0; place <= length; place += 1) {
        depth += begins[place] as number;
        reached[place] = depth > 0;
      }
    }
    return reached[length] === true;
  });
}
