/** Where the pen goes: to a corner or an edge that is near on the screen, else to a right angle, else where it is. */

import type { LonLat } from "../contracts";
import { metresPerDegree } from "./shape";

export type SnapKind = "corner" | "edge" | "angle" | "none";

export interface Snapped {
  place: LonLat;
  kind: SnapKind;
}

/** From degrees to pixels on the screen. */
export type Project = (place: LonLat) => [number, number];

export interface SnapTargets {
  /** Rings and lines of other places, closed as GeoJSON closes them; single corners are points. */
  lines: readonly (readonly LonLat[])[];
  /** Corners just drawn, the newest last: edges to be at a right angle to. */
  drawn: readonly LonLat[];
  /** The corner that would close the shape. */
  closing?: LonLat | undefined;
}

/** Returns the corner or edge within `tolerance` pixels, else a right angle to what was drawn, else the place itself. */
export function snap(place: LonLat, targets: SnapTargets, project: Project, tolerance: number): Snapped {
  const pen = project(place);
  const corner = nearestCorner(pen, targets, project, tolerance);
  if (corner) return { place: corner, kind: "corner" };
  const edge = nearestOnEdge(pen, targets.lines, project, tolerance);
  if (edge) return { place: edge, kind: "edge" };
  const angle = rightAngle(place, targets.drawn, project, tolerance);
  return angle ? { place: angle, kind: "angle" } : { place, kind: "none" };
}

function nearestCorner(pen: [number, number], targets: SnapTargets, project: Project, tolerance: number): LonLat | null {
  let best: LonLat | null = null;
  let least = tolerance;
  for (const line of [...targets.lines, targets.closing ? [targets.closing] : []]) {
    for (const corner of line) {
      const [x, y] = project(corner);
      const away = Math.hypot(x - pen[0], y - pen[1]);
      if (away <= least) [best, least] = [corner, away];
    }
  }
  return best;
}

function nearestOnEdge(pen: [number, number], lines: SnapTargets["lines"], project: Project, tolerance: number): LonLat | null {
  let best: LonLat | null = null;
  let least = tolerance;
  for (const line of lines) {
    for (let n = 1; n < line.length; n += 1) {
      const [from, to] = [line[n - 1], line[n]];
      if (!from || !to) continue;
      const [a, b] = [project(from), project(to)];
      const squared = (b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2;
      if (!squared) continue;
      const t = Math.min(1, Math.max(0, ((pen[0] - a[0]) * (b[0] - a[0]) + (pen[1] - a[1]) * (b[1] - a[1])) / squared));
      const away = Math.hypot(a[0] + t * (b[0] - a[0]) - pen[0], a[1] + t * (b[1] - a[1]) - pen[1]);
      // The point lies on the edge in degrees, so that two places that share it leave no gap.
      if (away <= least) [best, least] = [[from[0] + t * (to[0] - from[0]), from[1] + t * (to[1] - from[1])], away];
    }
  }
  return best;
}

interface Ray {
  x: number;
  y: number;
  dx: number;
  dy: number;
}

/** A place on a line straight on or at a right angle to the last edge, or at a right angle to the first; both: their crossing. */
export function rightAngle(place: LonLat, drawn: readonly LonLat[], project: Project, tolerance: number): LonLat | null {
  const origin = drawn[drawn.length - 1];
  const before = drawn[drawn.length - 2];
  const [first, second] = drawn;
  if (!origin || !before || !first || !second) return null;
  const [east, north] = metresPerDegree(origin[1]);
  const local = (at: LonLat): [number, number] => [(at[0] - origin[0]) * east, (at[1] - origin[1]) * north];
  const back = ([x, y]: [number, number]): LonLat => [origin[0] + x / east, origin[1] + y / north];
  const last = direction(local(before), [0, 0]);
  const opening = direction(local(first), local(second));
  if (!last || !opening) return null;
  const [fx, fy] = local(first);
  const rays: Ray[] = [
    { x: 0, y: 0, dx: -last[1], dy: last[0] },
    { x: 0, y: 0, dx: last[0], dy: last[1] },
    ...(drawn.length > 2 ? [{ x: fx, y: fy, dx: -opening[1], dy: opening[0] }] : []),
  ];
  const pen = project(place);
  const near = rays
    .map((ray) => {
      const foot = footOn(ray, local(place));
      const [x, y] = project(back(foot));
      return { ray, foot, away: Math.hypot(x - pen[0], y - pen[1]) };
    })
    .filter(({ away }) => away <= tolerance)
    .sort((one, other) => one.away - other.away);
  const [nearest, other] = near;
  if (!nearest) return null;
  const crossing = other ? crossingOf(nearest.ray, other.ray) : null;
  if (crossing) {
    const [x, y] = project(back(crossing));
    if (Math.hypot(x - pen[0], y - pen[1]) <= tolerance * 1.5) return back(crossing);
  }
  return back(nearest.foot);
}

function direction(from: [number, number], to: [number, number]): [number, number] | null {
  const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
  return length ? [(to[0] - from[0]) / length, (to[1] - from[1]) / length] : null;
}

function footOn(ray: Ray, [x, y]: [number, number]): [number, number] {
  const t = (x - ray.x) * ray.dx + (y - ray.y) * ray.dy;
  return [ray.x + t * ray.dx, ray.y + t * ray.dy];
}

function crossingOf(one: Ray, other: Ray): [number, number] | null {
  const cross = one.dx * other.dy - one.dy * other.dx;
  if (Math.abs(cross) < 1e-6) return null;
  const t = ((other.x - one.x) * other.dy - (other.y - one.y) * other.dx) / cross;
  return [one.x + t * one.dx, one.y + t * one.dy];
}
