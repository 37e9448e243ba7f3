/** Polygons as flat rings [x0, y0, x1, y1, …]: the form in which decoded tiles are kept, drawn and hit. */

import type { LonLat } from "../contracts";

export type Ring = Float32Array | Float64Array;

/** Even-odd test over all rings of a feature, so that holes count as outside. */
export function isInside(rings: readonly Ring[], x: number, y: number): boolean {
  let inside = false;
  for (const ring of rings) {
    const n = ring.length;
    let x0 = ring[n - 2] as number;
    let y0 = ring[n - 1] as number;
    for (let i = 0; i < n; i += 2) {
      const x1 = ring[i] as number;
      const y1 = ring[i + 1] as number;
      if (y1 > y !== y0 > y && x < ((x0 - x1) * (y - y1)) / (y0 - y1) + x1) inside = !inside;
      x0 = x1;
      y0 = y1;
    }
  }
  return inside;
}

/** Twice the signed area of a closed ring (positive when it turns clockwise with y pointing down). */
export function signedArea(ring: Ring): number {
  let sum = 0;
  const n = ring.length;
  let x0 = ring[n - 2] as number;
  let y0 = ring[n - 1] as number;
  for (let i = 0; i < n; i += 2) {
    const x1 = ring[i] as number;
    const y1 = ring[i + 1] as number;
    sum += x0 * y1 - x1 * y0;
    x0 = x1;
    y0 = y1;
  }
  return sum;
}

/** Smallest distance from a point to the line `ring` (open). */
export function distanceToLine(ring: Ring, x: number, y: number): number {
  let best = Infinity;
  for (let i = 2; i < ring.length; i += 2) {
    const ax = ring[i - 2] as number;
    const ay = ring[i - 1] as number;
    const bx = ring[i] as number;
    const by = ring[i + 1] as number;
    const length = (bx - ax) ** 2 + (by - ay) ** 2;
    const t = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length));
    best = Math.min(best, Math.hypot(ax + t * (bx - ax) - x, ay + t * (by - ay) - y));
  }
  return best;
}

/** Direction in radians (0..pi) of the longest edge, ignoring edges that lie on the tile's own clip border. */
export function longestEdgeAngle(rings: readonly Ring[], low: number, high: number): number {
  let best = -1;
  let angle = 0;
  for (const ring of rings) {
    for (let i = 2; i < ring.length; i += 2) {
      const ax = ring[i - 2] as number;
      const ay = ring[i - 1] as number;
      const bx = ring[i] as number;
      const by = ring[i + 1] as number;
      const onBorder = (ax === bx && (ax <= low || ax >= high)) || (ay === by && (ay <= low || ay >= high));
      const length = Math.hypot(bx - ax, by - ay);
      if (!onBorder && length > best) {
        best = length;
        angle = Math.atan2(by - ay, bx - ax);
      }
    }
  }
  return (angle + Math.PI) % Math.PI;
}

export type PolygonalGeometry = GeoJSON.Polygon | GeoJSON.MultiPolygon;

/** All rings of a GeoJSON polygon or multipolygon, flat, in degrees. */
export function ringsOf(geometry: PolygonalGeometry): Float64Array[] {
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  return polygons.flatMap((rings) => rings.map((ring) => new Float64Array(ring.flatMap(([x, y]) => [x ?? 0, y ?? 0]))));
}

export function boundsOfRings(rings: readonly Ring[]): [number, number, number, number] {
  let [w, s, e, n] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i += 2) {
      w = Math.min(w, ring[i] as number);
      e = Math.max(e, ring[i] as number);
      s = Math.min(s, ring[i + 1] as number);
      n = Math.max(n, ring[i + 1] as number);
    }
  }
  return [w, s, e, n];
}

export function pointsOf(ring: Ring): LonLat[] {
  const points: LonLat[] = [];
  for (let i = 0; i < ring.length; i += 2) points.push([ring[i] as number, ring[i + 1] as number]);
  return points;
}
