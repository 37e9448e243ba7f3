/** Finds what was clicked on the ground in decoded vector tiles; no request, no draw call. */

import type { LonLat, PlaceKind } from "../contracts";
import { latOfWorldY } from "./mercator";
import { distanceToLine, isInside, type Ring } from "./rings";
import { EXTENT, type DecodedTile, type VectorFeature, type VectorStore } from "./vector-store";

export interface Hit {
  kind: PlaceKind;
  cid: number;
  scene: string;
}

const ORDER: PlaceKind[] = ["building", "courtyard", "road", "water", "parcel"];

/** Metres in one tile unit, about; used for how close to a line counts as a click on it. */
function metresPerUnit(tile: DecodedTile): number {
  const lat = latOfWorldY((tile.y + 0.5) / 2 ** tile.z);
  return (40_075_017 * Math.cos((lat * Math.PI) / 180)) / 2 ** tile.z / EXTENT;
}

function isHit(feature: VectorFeature, tile: DecodedTile, u: number, v: number): boolean {
  if (feature.type === 3) return isInside(feature.rings, u, v);
  if (feature.type !== 2) return false;
  const reach = (Number(feature.properties["width_m"] ?? 0) / 2 + 2.5) / metresPerUnit(tile);
  return feature.rings.some((ring) => distanceToLine(ring, u, v) <= reach);
}

/** The topmost place of one tile at a point in tile units. */
export function hitInTile(tile: DecodedTile, u: number, v: number, kinds: readonly PlaceKind[] = ORDER): { kind: PlaceKind; cid: number } | null {
  for (const kind of ORDER) {
    if (!kinds.includes(kind)) continue;
    const feature = (tile.layers[kind] ?? []).find((one) => isHit(one, tile, u, v));
    if (feature) return { kind, cid: feature.cid };
  }
  return null;
}

export async function hitAt(stores: readonly VectorStore[], point: LonLat, kinds?: readonly PlaceKind[]): Promise<Hit | null> {
  for (const store of stores) {
    const found = await store.at(point);
    const hit = found && hitInTile(found.tile, found.u, found.v, kinds);
    if (hit) return { ...hit, scene: store.sceneId };
  }
  return null;
}

/** Rings of a tile feature in degrees. */
export function ringsInDegrees(tile: { z: number; x: number; y: number }, rings: readonly Ring[]): LonLat[][] {
  const n = 2 ** tile.z;
  return rings.map((ring) => {
    const points: LonLat[] = [];
    for (let i = 0; i < ring.length; i += 2) {
      const x = (tile.x + (ring[i] as number) / EXTENT) / n;
      const y = (tile.y + (ring[i + 1] as number) / EXTENT) / n;
      points.push([x * 360 - 180, latOfWorldY(y)]);
    }
    return points;
  });
}
