/** Distances and areas on the ellipsoid (CGCS2000 / WGS 84), in metres; no scene needed, so that they can be checked. */

import type { LonLat } from "../contracts";

const A = 6378137;
const F = 1 / 298.257222101;
const B = A * (1 - F);
const E2 = F * (2 - F);
const RADIANS = Math.PI / 180;
/** One mu in square metres. */
export const MU = 2000 / 3;

/** Length in metres of the shortest way between two points (Vincenty 1975). */
export function distance([lon1, lat1]: LonLat, [lon2, lat2]: LonLat): number {
  const u1 = Math.atan((1 - F) * Math.tan(lat1 * RADIANS));
  const u2 = Math.atan((1 - F) * Math.tan(lat2 * RADIANS));
  const [s1, c1, s2, c2] = [Math.sin(u1), Math.cos(u1), Math.sin(u2), Math.cos(u2)];
  const apart = (lon2 - lon1) * RADIANS;
  let lambda = apart;
  for (let turn = 0; turn < 60; turn++) {
    const [sl, cl] = [Math.sin(lambda), Math.cos(lambda)];
    const sinSigma = Math.hypot(c2 * sl, c1 * s2 - s1 * c2 * cl);
    if (sinSigma === 0) return 0;
    const cosSigma = s1 * s2 + c1 * c2 * cl;
    const sigma = Math.atan2(sinSigma, cosSigma);
    const sinAlpha = (c1 * c2 * sl) / sinSigma;
    const cos2Alpha = 1 - sinAlpha * sinAlpha;
    const cos2Middle = cos2Alpha === 0 ? 0 : cosSigma - (2 * s1 * s2) / cos2Alpha;
    const c = (F / 16) * cos2Alpha * (4 + F * (4 - 3 * cos2Alpha));
    const before = lambda;
    lambda = apart + (1 - c) * F * sinAlpha * (sigma + c * sinSigma * (cos2Middle + c * cosSigma * (2 * cos2Middle ** 2 - 1)));
    if (Math.abs(lambda - before) < 1e-12) {
      const k = (cos2Alpha * (A * A - B * B)) / (B * B);
      const p = 1 + (k / 16384) * (4096 + k * (-768 + k * (320 - 175 * k)));
      const q = (k / 1024) * (256 + k * (-128 + k * (74 - 47 * k)));
      const inner = cosSigma * (2 * cos2Middle ** 2 - 1) - (q / 6) * cos2Middle * (4 * sinSigma ** 2 - 3) * (4 * cos2Middle ** 2 - 3);
      return B * p * (sigma - q * sinSigma * (cos2Middle + (q / 4) * inner));
    }
  }
  return NaN;
}

/** Area of the zone from the equator to a latitude, per radian of longitude, in m2 (the ellipsoid, exactly). */
function zone(lat: number): number {
  const e = Math.sqrt(E2);
  const s = Math.sin(lat * RADIANS);
  return ((B * B) / 2) * (s / (1 - E2 * s * s) + Math.atanh(e * s) / e);
}

/** Area in m2 of a ring of degrees; its sides are straight between equal-area coordinates, good for fields and villages. */
export function area(ring: readonly LonLat[]): number {
  let sum = 0;
  ring.forEach(([lon, lat], i) => {
    const [nextLon, nextLat] = ring[(i + 1) % ring.length] as LonLat;
    sum += (nextLon - lon) * RADIANS * ((zone(lat) + zone(nextLat)) / 2);
  });
  return Math.abs(sum);
}

/** Length in metres of a line. */
export function length(line: readonly LonLat[]): number {
  return line.slice(1).reduce((sum, point, i) => sum + distance(line[i] as LonLat, point), 0);
}

export interface Along {
  point: LonLat;
  /** Metres from the start. */
  at: number;
}

/** Points along a line, at most `step` metres apart, every corner included; at most `most` of them. */
export function densify(line: readonly LonLat[], step: number, most = 400): Along[] {
  const total = length(line);
  const gap = Math.max(step, total / Math.max(1, most - line.length));
  const out: Along[] = [];
  let at = 0;
  line.forEach((point, i) => {
    const next = line[i + 1];
    out.push({ point, at });
    if (!next) return;
    const side = distance(point, next);
    const parts = Math.max(1, Math.ceil(side / gap));
    for (let k = 1; k < parts; k++) {
      const t = k / parts;
      out.push({ point: [point[0] + (next[0] - point[0]) * t, point[1] + (next[1] - point[1]) * t], at: at + side * t });
    }
    at += side;
  });
  return out;
}

/** Compass direction in degrees from one point to another, 0 north, 90 east. */
export function bearing([lon1, lat1]: LonLat, [lon2, lat2]: LonLat): number {
  const east = (lon2 - lon1) * Math.cos(((lat1 + lat2) / 2) * RADIANS);
  return (Math.atan2(east, lat2 - lat1) / RADIANS + 360) % 360;
}
