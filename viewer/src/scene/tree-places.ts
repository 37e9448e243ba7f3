/** Where trees stand on a parcel: a jittered grid hashed from the parcel's cid, so that no tree moves between two visits. */

import { treeSpacing } from "./palette";
import { fraction } from "./random";
import { boundsOfRings, isInside } from "./rings";
import { EXTENT, type DecodedTile, type VectorFeature } from "./vector-store";

export interface TreePlace {
  /** Tile units. */
  u: number;
  v: number;
  /** Metres. */
  height: number;
  /** Radians. */
  turn: number;
  kind: "conifer" | "broadleaf" | "fruit";
}

/** Trees of one piece of a parcel within its own tile; `sx`, `sy` are metres per tile unit. */
export function treesOf(parcel: VectorFeature, tile: DecodedTile, sx: number, sy: number): TreePlace[] {
  const spacing = treeSpacing(String(parcel.properties["use"] ?? ""), String(parcel.properties["crop"] ?? ""));
  if (!spacing || parcel.type !== 3) return [];
  const stepU = spacing.metres / sx;
  const stepV = spacing.metres / sy;
  const [w, n, e, s] = boundsOfRings(parcel.rings);
  // The grid is counted from the world's corner, so that neighbouring tiles continue it.
  const firstU = Math.floor((tile.x * EXTENT + Math.max(w, 0)) / stepU);
  const lastU = Math.ceil((tile.x * EXTENT + Math.min(e, EXTENT)) / stepU);
  const firstV = Math.floor((tile.y * EXTENT + Math.max(n, 0)) / stepV);
  const lastV = Math.ceil((tile.y * EXTENT + Math.min(s, EXTENT)) / stepV);
  const jitter = spacing.kind === "forest" ? 0.9 : 0.14;
  const places: TreePlace[] = [];
  for (let i = firstU; i <= lastU; i++) {
    for (let j = firstV; j <= lastV; j++) {
      const u = (i + 0.5 + (fraction(parcel.cid, i, j) - 0.5) * jitter) * stepU - tile.x * EXTENT;
      const v = (j + 0.5 + (fraction(parcel.cid, j, i + 7) - 0.5) * jitter) * stepV - tile.y * EXTENT;
      if (u < 0 || v < 0 || u >= EXTENT || v >= EXTENT || !isInside(parcel.rings, u, v)) continue;
      const size = fraction(parcel.cid + i, j, 3);
      const isConifer = spacing.kind === "forest" && fraction(i, j, parcel.cid) < 0.45;
      places.push({
        u,
        v,
        height: spacing.kind === "orchard" ? 2.6 + 1.2 * size : isConifer ? 7 + 6 * size : 5.5 + 4.5 * size,
        turn: 2 * Math.PI * fraction(j, i, 11),
        kind: spacing.kind === "orchard" ? "fruit" : isConifer ? "conifer" : "broadleaf",
      });
    }
  }
  return places;
}
