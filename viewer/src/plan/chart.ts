/** A profile as a small SVG: ground, design, limits; a pointer or the arrow keys move a mark along it. */

import { element, svg } from "../element";
import { formatValue } from "../format";

export interface ProfileLine {
  heights: readonly number[];
  kind: "ground" | "design";
}

export interface Profile {
  /** Metres from the start, ascending. */
  at: readonly number[];
  lines: readonly ProfileLine[];
  /** Intervals that exceed a limit, by the index of their first point. */
  over?: readonly boolean[];
}

const WIDTH = 320;
const HEIGHT = 132;
const LEFT = 38;
const BOTTOM = 18;
const TOP = 6;

/** A round step that divides a range into at most `parts`. */
export function niceStep(range: number, parts: number): number {
  const raw = Math.max(range, 1e-9) / parts;
  const power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 5, 10].map((one) => one * power).find((one) => one >= raw) ?? raw;
}

export function profileChart(profile: Profile, label: string, onMark: (index: number | null) => void): HTMLElement {
  const { at, lines } = profile;
  const end = at[at.length - 1] ?? 1;
  const all = lines.flatMap(({ heights }) => heights);
  const step = niceStep(Math.max(...all) - Math.min(...all), 4);
  const low = Math.floor(Math.min(...all) / step) * step;
  const high = Math.max(Math.ceil(Math.max(...all) / step) * step, low + step);
  const x = (metres: number): number => LEFT + (metres / end) * (WIDTH - LEFT - 6);
  const y = (height: number): number => HEIGHT - BOTTOM - ((height - low) / (high - low)) * (HEIGHT - BOTTOM - TOP);
  const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label, class: "plan-chart" });
  for (let level = low; level <= high + step / 2; level += step) {
    drawing.append(svg("path", { d: `M${LEFT} ${y(level)}H${WIDTH - 6}`, class: "plan-grid" }));
    const text = svg("text", { x: LEFT - 4, y: y(level) + 3.5, "text-anchor": "end" });
    text.textContent = formatValue(level, 1);
    drawing.append(text);
  }
  const across = niceStep(end, 5);
  for (let metres = 0; metres <= end; metres += across) {
    const text = svg("text", { x: x(metres), y: HEIGHT - 4, "text-anchor": metres === 0 ? "start" : "middle" });
    text.textContent = formatValue(metres, 0);
    drawing.append(text);
  }
  for (const { heights, kind } of lines) {
    const points = heights.map((height, i) => `${x(at[i] as number).toFixed(1)},${y(height).toFixed(1)}`).join(" ");
    drawing.append(svg("polyline", { points, class: `plan-line plan-line-${kind}` }));
  }
  const design = lines.find(({ kind }) => kind === "design")?.heights;
  profile.over?.forEach((isOver, i) => {
    if (!isOver || !design) return;
    drawing.append(svg("path", { d: `M${x(at[i] as number)} ${y(design[i] as number)}L${x(at[i + 1] as number)} ${y(design[i + 1] as number)}`, class: "plan-over" }));
  });
  const hair = svg("path", { d: "", class: "plan-hair" });
  drawing.append(hair);
  const said = element("p", { class: "plan-said", "aria-live": "polite" });
  const host = element("div", { class: "plan-profile", tabindex: "0", role: "group", "aria-label": label });
  host.append(drawing, said);
  let index = -1;
  const show = (next: number | null): void => {
    index = next ?? -1;
    hair.setAttribute("d", next === null ? "" : `M${x(at[next] as number)} ${TOP}V${HEIGHT - BOTTOM}`);
    said.textContent = next === null ? "" : `${formatValue(at[next] as number, 0)} m · ${lines.map(({ heights }) => `${formatValue(heights[next] as number, 1)} m`).join(" / ")}`;
    onMark(next);
  };
  host.addEventListener("pointermove", (event) => {
    const frame = drawing.getBoundingClientRect();
    const metres = (((event.clientX - frame.left) / frame.width) * WIDTH - LEFT) / (WIDTH - LEFT - 6) * end;
    const nearest = at.reduce((best, one, i) => (Math.abs(one - metres) < Math.abs((at[best] as number) - metres) ? i : best), 0);
    if (nearest !== index) show(nearest);
  });
  host.addEventListener("pointerleave", () => show(null));
  host.addEventListener("blur", () => show(null));
  host.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: -1, ArrowRight: 1, Home: -at.length, End: at.length }[event.key];
    if (move === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    show(Math.max(0, Math.min(at.length - 1, Math.max(index, 0) + move)));
  });
  return host;
}
