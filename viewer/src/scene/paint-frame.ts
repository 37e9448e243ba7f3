/** The metre frame in which the drape is drawn, and paths in it, kept with their tiles. */

import type { LonLat } from "../contracts";
import { METRES_PER_DEGREE, latOfWorldY } from "./mercator";
import { longestEdgeAngle, signedArea, type Ring } from "./rings";
import { EXTENT, type VectorFeature } from "./vector-store";

export interface Frame {
  /** Metres east and south of the origin for a tile unit: x = ox + u * sx, y = oy + v * sy. */
  ox: number;
  oy: number;
  sx: number;
  sy: number;
}

export interface Prepared {
  path: Path2D;
  /** West, north, east, south in metres. */
  box: [number, number, number, number];
}

/** Paths in metres, kept with the decoded tile: one tile is drawn at up to five levels. */
const prepared = new WeakMap<VectorFeature, Prepared>();
const angles = new Map<number, number>();

export function metresPerDegree(origin: LonLat): [number, number] {
  return [METRES_PER_DEGREE * Math.cos((origin[1] * Math.PI) / 180), METRES_PER_DEGREE];
}

export function frameOf(tile: { z: number; x: number; y: number }, origin: LonLat): Frame {
  const n = 2 ** tile.z;
  const [kx, ky] = metresPerDegree(origin);
  const top = latOfWorldY(tile.y / n);
  const bottom = latOfWorldY((tile.y + 1) / n);
  return {
    ox: ((tile.x / n) * 360 - 180 - origin[0]) * kx,
    oy: (origin[1] - top) * ky,
    sx: ((360 / n) * kx) / EXTENT,
    sy: ((top - bottom) * ky) / EXTENT,
  };
}

/** The path of a feature in metres, made once for each decoded tile. */
export function prepare(feature: VectorFeature, frame: Frame): Prepared {
  let found = prepared.get(feature);
  if (!found) {
    const path = new Path2D();
    const box: Prepared["box"] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const ring of feature.rings) {
      for (let i = 0; i < ring.length; i += 2) {
        const x = frame.ox + (ring[i] as number) * frame.sx;
        const y = frame.oy + (ring[i + 1] as number) * frame.sy;
        if (i === 0) path.moveTo(x, y);
        else path.lineTo(x, y);
        box[0] = Math.min(box[0], x);
        box[1] = Math.min(box[1], y);
        box[2] = Math.max(box[2], x);
        box[3] = Math.max(box[3], y);
      }
      if (feature.type === 3) path.closePath();
    }
    found = { path, box };
    prepared.set(feature, found);
  }
  return found;
}

/** Direction of the rows on a parcel, the same in every tile that shows a piece of it. */
export function rowAngle(feature: VectorFeature): number {
  let angle = angles.get(feature.cid);
  if (angle === undefined) {
    angle = longestEdgeAngle(feature.rings, 0, EXTENT);
    angles.set(feature.cid, angle);
  }
  return angle;
}

/** Adds what a prism over `ring` darkens on flat ground; every part turns the same way, so that none cuts a hole. */
export function castShadow(target: Path2D, ring: Ring, frame: Frame, dx: number, dy: number): void {
  const points: [number, number][] = [];
  for (let i = 0; i < ring.length; i += 2) {
    points.push([frame.ox + (ring[i] as number) * frame.sx, frame.oy + (ring[i + 1] as number) * frame.sy]);
  }
  if (signedArea(ring) < 0) points.reverse();
  const add = (part: [number, number][]): void => {
    part.forEach(([x, y], i) => (i === 0 ? target.moveTo(x, y) : target.lineTo(x, y)));
    target.closePath();
  };
  add(points.map(([x, y]) => [x + dx, y + dy]));
  points.forEach(([bx, by], i) => {
    const [ax, ay] = points[(i + points.length - 1) % points.length] as [number, number];
    const turns = (bx - ax) * dy - (by - ay) * dx;
    const quad: [number, number][] = [[ax, ay], [bx, by], [bx + dx, by + dy], [ax + dx, ay + dy]];
    add(turns < 0 ? quad.reverse() : quad);
  });
}
