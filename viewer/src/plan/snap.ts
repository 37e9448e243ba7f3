/** Draws a point onto a road that is near it, so that a new road joins an old one. */

import type { LonLat } from "../contracts";
import { ringsInDegrees } from "../scene/hit";
import type { VectorStore } from "../scene/vector-store";
import { distance } from "./geodesy";

/** The nearest point of a line to a point, in degrees; sides are short, so a plane does. */
export function nearestOn(line: readonly LonLat[], point: LonLat): LonLat | null {
  const squeeze = Math.cos((point[1] * Math.PI) / 180);
  let best: LonLat | null = null;
  let least = Infinity;
  line.slice(1).forEach((to, i) => {
    const from = line[i] as LonLat;
    const [dx, dy] = [(to[0] - from[0]) * squeeze, to[1] - from[1]];
    const [px, py] = [(point[0] - from[0]) * squeeze, point[1] - from[1]];
    const share = Math.max(0, Math.min(1, (px * dx + py * dy) / Math.max(dx * dx + dy * dy, 1e-24)));
    const away = Math.hypot(px - share * dx, py - share * dy);
    if (away < least) {
      least = away;
      best = [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share];
    }
  });
  return best;
}

export async function snapToRoad(stores: readonly VectorStore[], point: LonLat, reach_m: number): Promise<LonLat> {
  let best = point;
  let least = reach_m;
  for (const store of stores) {
    const found = await store.at(point);
    for (const feature of found?.tile.layers["road"] ?? []) {
      if (!found) break;
      for (const line of ringsInDegrees(found.tile, feature.rings)) {
        const on = nearestOn(line, point);
        const away = on ? distance(on, point) : Infinity;
        if (on && away < least) {
          least = away;
          best = on;
        }
      }
    }
  }
  return best;
}
