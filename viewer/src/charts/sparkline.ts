/** A word-sized trend line (Tufte's sparkline) beside a figure. */

import { svg } from "../element";

/** Points of a polyline in a box of `width` x `height`, y downward; a flat series lies in the middle. */
export function sparklinePoints(values: readonly number[], width: number, height: number): [number, number][] {
  const low = Math.min(...values);
  const span = Math.max(...values) - low;
  return values.map((value, i) => [
    values.length === 1 ? width / 2 : (i / (values.length - 1)) * width,
    span === 0 ? height / 2 : height - ((value - low) / span) * height,
  ]);
}

export function sparkline(values: readonly number[], title: string): SVGElement | null {
  if (values.length < 2) return null;
  const [width, height, pad] = [64, 18, 2];
  const points = sparklinePoints(values, width - 2 * pad, height - 2 * pad).map(([x, y]) => [x + pad, y + pad] as const);
  const [lastX, lastY] = points[points.length - 1] as readonly [number, number];
  return svg(
    "svg",
    { class: "sparkline", viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": `${title}: ${values.join(", ")}` },
    svg("polyline", { points: points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ") }),
    svg("circle", { cx: lastX.toFixed(1), cy: lastY.toFixed(1), r: 2 }),
  );
}
