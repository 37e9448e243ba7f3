/** Turns drawn points into results: distances and areas at once, heights from the finest terrain there is. */

import type { LonLat } from "../contracts";
import { formatValue } from "../format";
import type { Stage } from "../scene/stage";
import { profileChart } from "./chart";
import { area, bearing, densify, distance, length, MU } from "./geodesy";
import type { Taken } from "./pen";
import { metres, type Row } from "./results";
import type { PlanWords } from "./words";

export interface Measured {
  rows: Row[];
  chart?: HTMLElement;
  note?: string;
}

const STEP_M = 10;
const MOST = 240;

export async function measured(
  tool: "distance" | "area" | "height" | "profile",
  taken: readonly Taken[],
  isDone: boolean,
  stage: Stage,
  words: PlanWords,
  onMark: (point: LonLat | null) => void,
): Promise<Measured> {
  const line = taken.map(({ point }) => point);
  if (tool === "height") return heights(taken, stage, words);
  if (line.length < 2) return { rows: [] };
  if (tool === "area") return areaOf(line, words);
  const along = densify(line, tool === "profile" ? 5 : STEP_M, MOST);
  // Many heights take a moment: while points are still added, the plan length is enough.
  const found = isDone || tool === "profile" ? await stage.groundHeights(along.map(({ point }) => point)) : [];
  const known = found.every((height) => height !== undefined) && found.length > 1 ? (found as number[]) : null;
  const total = length(line);
  const rows: Row[] = [[words.straight, metres(total)]];
  if (known) {
    const sides = known.slice(1).map((height, i) => Math.hypot(height - (known[i] as number), (along[i + 1]?.at ?? 0) - (along[i]?.at ?? 0)));
    rows.unshift([words.onSlope, metres(sides.reduce((sum, side) => sum + side, 0))]);
  }
  if (line.length === 2) rows.push([words.bearing, `${formatValue(bearing(line[0] as LonLat, line[1] as LonLat), 1)}°`]);
  if (known) rows.push(...climb(known, total, words));
  if (tool !== "profile" || !known) return known || !isDone ? { rows } : { rows, note: words.noTerrain };
  const chart = profileChart({ at: along.map(({ at }) => at), lines: [{ heights: known, kind: "ground" }] }, words.profileChart, (index) =>
    onMark(index === null ? null : (along[index]?.point ?? null)),
  );
  return { rows, chart };
}

function climb(known: readonly number[], total: number, words: PlanWords): Row[] {
  const steps = known.slice(1).map((height, i) => height - (known[i] as number));
  const [first, last] = [known[0] as number, known[known.length - 1] as number];
  return [
    [words.rise, metres(last - first)],
    [words.gradient, `${formatValue(((last - first) / total) * 100, 1)} %`],
    [words.lowest, metres(Math.min(...known))],
    [words.highest, metres(Math.max(...known))],
    [words.up, metres(steps.filter((step) => step > 0).reduce((sum, step) => sum + step, 0))],
    [words.down, metres(-steps.filter((step) => step < 0).reduce((sum, step) => sum + step, 0))],
  ];
}

function areaOf(ring: readonly LonLat[], words: PlanWords): Measured {
  if (ring.length < 3) return { rows: [[words.perimeter, metres(length(ring))]] };
  const size = area(ring);
  return {
    rows: [
      [words.size, `${formatValue(size / MU, 2)} ${words.mu}`],
      ["m²", formatValue(size, 1)],
      [words.hectares, formatValue(size / 10_000, 4)],
      [words.perimeter, metres(length([...ring, ring[0] as LonLat]))],
    ],
  };
}

async function heights(taken: readonly Taken[], stage: Stage, words: PlanWords): Promise<Measured> {
  const ground = await stage.groundHeights(taken.map(({ point }) => point));
  const rows: Row[] = [];
  taken.forEach((one, i) => {
    const label = taken.length > 1 ? `${i + 1}. ` : "";
    rows.push([`${label}${words.groundHeight}`, metres(ground[i])]);
    const below = ground[i];
    if (one.isBuilding && one.height !== undefined && below !== undefined) rows.push([`${label}${words.building}`, metres(one.height - below)]);
  });
  const [from, to] = taken;
  if (from && to) {
    const at = taken.map((one, i) => (one.isBuilding ? one.height : ground[i]));
    const flat = distance(from.point, to.point);
    const rise = at[0] !== undefined && at[1] !== undefined ? at[1] - at[0] : NaN;
    rows.push([words.rise, metres(rise)], [words.straight, metres(flat)], [words.gradient, Number.isNaN(rise) || flat === 0 ? "—" : `${formatValue((rise / flat) * 100, 1)} %`]);
  }
  return { rows };
}
