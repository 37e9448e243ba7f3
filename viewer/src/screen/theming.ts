/** Turns a theme's values into colours for the ground and the buildings, and into a legend. */

import type { Api } from "../api";
import { element, svg } from "../element";
import { formatValue } from "../format";
import type { ThemePaint } from "../scene/paint";
import { classOf, NO_DATA, rampOf, WORDS } from "./colours";
import type { BreakMethod } from "./settings";
import type { ToolStrings } from "./tool-strings";

export interface ThemeLine {
  id: string;
  subject: ThemePaint["subject"];
  title: string;
  unit: string;
}

export interface ThemeAnswer extends ThemeLine {
  scale: "number" | "words";
  keys: (string | number)[];
  values: (number | null)[];
  withheld: number;
  as_of: string;
  breaks?: Record<BreakMethod, number[]>;
  categories?: { label: string; count: number }[];
  /** Buildings and the courtyard each stands in. */
  buildings?: [number[], number[]];
}

export function themeLines(api: Api, code: string): Promise<ThemeLine[]> {
  return api.get<{ themes: ThemeLine[] }>(`/screen/${encodeURIComponent(code)}/themes`).then(({ themes }) => themes);
}

export function themeValues(api: Api, code: string, id: string): Promise<ThemeAnswer> {
  return api.get(`/screen/${encodeURIComponent(code)}/themes/${encodeURIComponent(id)}`);
}

export function paintOf(theme: ThemeAnswer, method: BreakMethod): ThemePaint {
  const limits = theme.breaks?.[method] ?? [];
  const ramp = rampOf(limits.length - 1);
  const colourOf = (value: number): string =>
    (theme.scale === "words" ? WORDS[Math.min(value, WORDS.length - 1)] : ramp[classOf(value, limits)]) ?? NO_DATA;
  const colours = new Map<string | number, string>();
  theme.keys.forEach((key, i) => {
    const value = theme.values[i];
    colours.set(key, value === null || value === undefined ? NO_DATA : colourOf(value));
  });
  let buildings: Map<number, string> | null = null;
  if (theme.buildings) {
    const [cids, yards] = theme.buildings;
    buildings = new Map(cids.map((cid, i) => [cid, colours.get(yards[i] as number) ?? NO_DATA]));
  }
  return { subject: theme.subject, colours, none: NO_DATA, buildings };
}

/** Classes with how many fall in each; what has no value comes last. */
export function classesOf(theme: ThemeAnswer, method: BreakMethod): { colour: string; label: string; count: number }[] {
  if (theme.scale === "words") {
    return (theme.categories ?? []).map(({ label, count }, i) => ({ colour: WORDS[Math.min(i, WORDS.length - 1)] as string, label, count }));
  }
  const limits = theme.breaks?.[method] ?? [];
  const known = theme.values.filter((value) => value !== null);
  // Whole numbers are counted out: "1 – 2" holds just these two.
  const isWhole = known.every((value) => Number.isInteger(value)) && limits.every((limit) => Number.isInteger(limit));
  const digits = theme.id.endsWith("built_year") ? plain : formatValue;
  return rampOf(limits.length - 1).flatMap((colour, i, all) => {
    const [from, to] = [limits[i], limits[i + 1]];
    if (from === undefined || to === undefined) return [];
    const isLast = i === all.length - 1;
    const highest = isWhole && !isLast ? to - 1 : to;
    const open = isWhole || isLast ? "" : "<";
    const label = from === highest ? digits(from) : `${digits(from)} – ${open}${digits(highest)}`;
    return [{ colour, label, count: known.filter((value) => classOf(value, limits) === i).length }];
  });
}

/** Years are not grouped by three. */
function plain(value: number | string | null): string {
  return value === null ? "" : String(Math.round(Number(value)));
}

export function themeLegend(theme: ThemeAnswer, method: BreakMethod, strings: ToolStrings): HTMLElement {
  const classes = classesOf(theme, method);
  const missing = theme.values.filter((value) => value === null).length;
  const rows = [...classes, ...(missing > 0 ? [{ colour: NO_DATA, label: strings.noData, count: missing }] : [])];
  return element(
    "section",
    { class: "legend theme-legend", "aria-labelledby": "theme-title" },
    element("h2", { id: "theme-title" }, theme.title, theme.unit ? element("small", {}, ` ${theme.unit}`) : null),
    element(
      "ul",
      {},
      ...rows.map(({ colour, label, count }) => {
        const swatch = svg("svg", { viewBox: "0 0 18 12", width: 18, height: 12, "aria-hidden": "true" }, svg("rect", { x: 0.5, y: 0.5, width: 17, height: 11, rx: 2, fill: colour, class: "swatch" }));
        return element("li", {}, swatch as unknown as HTMLElement, element("span", {}, label), element("span", { class: "count" }, formatValue(count)));
      }),
    ),
    classes.length === 0 ? element("p", { class: "note" }, strings.noValues) : null,
    theme.withheld > 0 ? element("p", { class: "note" }, strings.withheld(theme.withheld)) : null,
  );
}
