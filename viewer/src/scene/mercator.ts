/** Web-Mercator tile arithmetic, kept apart from Cesium so that the drape, the picking and the tests share it. */

import type { Bounds, LonLat } from "../contracts";

const RADIANS = Math.PI / 180;
/** Metres in a degree of latitude, mean; good to 0.5 % everywhere, enough for line widths and label ranges. */
export const METRES_PER_DEGREE = 111_195;

/** Fraction 0..1 of the world from the antimeridian, eastward. */
export function worldX(lon: number): number {
  return (lon + 180) / 360;
}

/** Fraction 0..1 of the Mercator square from the north edge, southward. */
export function worldY(lat: number): number {
  return (1 - Math.asinh(Math.tan(lat * RADIANS)) / Math.PI) / 2;
}

export function latOfWorldY(y: number): number {
  return Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) / RADIANS;
}

/** Tile column and row (fractions kept) of a point at zoom `z`. */
export function tileOf([lon, lat]: LonLat, z: number): [number, number] {
  const n = 2 ** z;
  return [worldX(lon) * n, worldY(lat) * n];
}

/** Bounds in degrees of a tile. */
export function tileBounds(z: number, x: number, y: number): Bounds {
  const n = 2 ** z;
  return [(x / n) * 360 - 180, latOfWorldY((y + 1) / n), ((x + 1) / n) * 360 - 180, latOfWorldY(y / n)];
}

/** Inclusive tile range covering `bounds`: [x0, y0, x1, y1]. Shared edges do not count as overlap. */
export function tilesCovering(bounds: Bounds, z: number): [number, number, number, number] {
  const tiny = 1e-9;
  const [x0, y0] = tileOf([bounds[0], bounds[3]], z);
  const [x1, y1] = tileOf([bounds[2], bounds[1]], z);
  return [Math.floor(x0 + tiny), Math.floor(y0 + tiny), Math.ceil(x1 - tiny) - 1, Math.ceil(y1 - tiny) - 1];
}

export function overlaps(a: Bounds, b: Bounds): boolean {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}

export function contains(bounds: Bounds, [lon, lat]: LonLat): boolean {
  return lon >= bounds[0] && lon <= bounds[2] && lat >= bounds[1] && lat <= bounds[3];
}

export function centreOf(bounds: Bounds): LonLat {
  return [(bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2];
}

/** Width and height of bounds in metres. */
export function sizeOf(bounds: Bounds): [number, number] {
  const [, lat] = centreOf(bounds);
  return [
    (bounds[2] - bounds[0]) * METRES_PER_DEGREE * Math.cos(lat * RADIANS),
    (bounds[3] - bounds[1]) * METRES_PER_DEGREE,
  ];
}

export function union(all: Bounds[]): Bounds | null {
  if (all.length === 0) return null;
  return [
    Math.min(...all.map((b) => b[0])),
    Math.min(...all.map((b) => b[1])),
    Math.max(...all.map((b) => b[2])),
    Math.max(...all.map((b) => b[3])),
  ];
}

/** Bounds grown by `metres` on every side. */
export function grow(bounds: Bounds, metres: number): Bounds {
  const dLat = metres / METRES_PER_DEGREE;
  const dLon = dLat / Math.cos(centreOf(bounds)[1] * RADIANS);
  return [bounds[0] - dLon, bounds[1] - dLat, bounds[2] + dLon, bounds[3] + dLat];
}
