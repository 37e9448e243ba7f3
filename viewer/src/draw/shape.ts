/** A shape under the pen: corners without the closing one, changed by pure functions, measured on the ellipsoid. */

import type { LonLat } from "../contracts";

export type PenKind = "area" | "line" | "point";

/** `rings`: of an area its outlines and holes in the order of `parts`; of a line each part; of a point one corner. */
export interface Shape {
  kind: PenKind;
  rings: LonLat[][];
  /** Of an area: how many rings each polygon has, the outline first. */
  parts: number[];
}

export interface Corner {
  ring: number;
  at: number;
}

export const EMPTY = (kind: PenKind): Shape => ({ kind, rings: [[]], parts: [1] });

export function fromGeometry(geometry: GeoJSON.Geometry | null, kind: PenKind): Shape {
  if (!geometry) return EMPTY(kind);
  const open = (ring: GeoJSON.Position[]): LonLat[] => ring.slice(0, -1).map(lonLat);
  if (geometry.type === "Point") return { kind: "point", rings: [[lonLat(geometry.coordinates)]], parts: [1] };
  if (geometry.type === "LineString") return { kind: "line", rings: [geometry.coordinates.map(lonLat)], parts: [1] };
  if (geometry.type === "MultiLineString") {
    return { kind: "line", rings: geometry.coordinates.map((line) => line.map(lonLat)), parts: geometry.coordinates.map(() => 1) };
  }
  if (geometry.type === "Polygon") return { kind: "area", rings: geometry.coordinates.map(open), parts: [geometry.coordinates.length] };
  if (geometry.type === "MultiPolygon") {
    return { kind: "area", rings: geometry.coordinates.flatMap((part) => part.map(open)), parts: geometry.coordinates.map((part) => part.length) };
  }
  return EMPTY(kind);
}

/** The shape as GeoJSON; null while it has too few corners. */
export function toGeometry(shape: Shape): GeoJSON.Geometry | null {
  const least = { point: 1, line: 2, area: 3 }[shape.kind];
  if (shape.rings.some((ring) => ring.length < least)) return null;
  if (shape.kind === "point") return { type: "Point", coordinates: shape.rings[0]?.[0] ?? [] };
  if (shape.kind === "line") {
    const [only] = shape.rings;
    return shape.rings.length === 1 && only ? { type: "LineString", coordinates: only } : { type: "MultiLineString", coordinates: shape.rings };
  }
  const closed = shape.rings.map((ring) => [...ring, ...ring.slice(0, 1)]);
  let taken = 0;
  const parts = shape.parts.map((count) => closed.slice(taken, (taken += count)));
  const [only] = parts;
  return parts.length === 1 && only ? { type: "Polygon", coordinates: only } : { type: "MultiPolygon", coordinates: parts };
}

export function insert(shape: Shape, { ring, at }: Corner, place: LonLat): Shape {
  return withRing(shape, ring, (corners) => [...corners.slice(0, at), place, ...corners.slice(at)]);
}

export function move(shape: Shape, { ring, at }: Corner, place: LonLat): Shape {
  return withRing(shape, ring, (corners) => corners.map((corner, n) => (n === at ? place : corner)));
}

/** Takes a corner out; a finished shape keeps as many as it needs. */
export function remove(shape: Shape, { ring, at }: Corner, least = 0): Shape {
  if ((shape.rings[ring]?.length ?? 0) <= least) return shape;
  return withRing(shape, ring, (corners) => corners.filter((_corner, n) => n !== at));
}

export function withRing(shape: Shape, ring: number, change: (corners: LonLat[]) => LonLat[]): Shape {
  return { ...shape, rings: shape.rings.map((corners, n) => (n === ring ? change(corners) : corners)) };
}

/** Edges as pairs of corners; those of an area close. */
export function edges(shape: Shape): { from: LonLat; to: LonLat; ring: number; at: number }[] {
  return shape.rings.flatMap((corners, ring) =>
    corners.flatMap((from, at) => {
      const to = corners[at + 1] ?? (shape.kind === "area" && corners.length > 2 ? corners[0] : undefined);
      return to ? [{ from, to, ring, at }] : [];
    }),
  );
}

/** Metres east and north of one degree at a latitude on the ellipsoid of CGCS2000. */
export function metresPerDegree(lat: number): [number, number] {
  const a = 6_378_137;
  const e2 = 0.006_694_380_022_9;
  const radians = (lat * Math.PI) / 180;
  const w = 1 - e2 * Math.sin(radians) ** 2;
  return [((Math.PI / 180) * a * Math.cos(radians)) / Math.sqrt(w), ((Math.PI / 180) * a * (1 - e2)) / w ** 1.5];
}

export function distance(from: LonLat, to: LonLat): number {
  const [east, north] = metresPerDegree((from[1] + to[1]) / 2);
  return Math.hypot((to[0] - from[0]) * east, (to[1] - from[1]) * north);
}

/** Length of a line, or around an area, in metres. */
export function lengthOf(shape: Shape): number {
  return edges(shape).reduce((sum, { from, to }) => sum + distance(from, to), 0);
}

/** Area in square metres, holes taken off; within a few parts in ten thousand of the register's at village size. */
export function areaOf(shape: Shape): number {
  if (shape.kind !== "area") return 0;
  let at = 0;
  return shape.parts.reduce((sum, count) => {
    const [outline = 0, ...holes] = shape.rings.slice(at, (at += count)).map(ringArea);
    return sum + outline - holes.reduce((less, hole) => less + hole, 0);
  }, 0);
}

function ringArea(corners: LonLat[]): number {
  const [first] = corners;
  if (!first || corners.length < 3) return 0;
  const lat = corners.reduce((sum, [, y]) => sum + y, 0) / corners.length;
  const [east, north] = metresPerDegree(lat);
  const local = corners.map(([x, y]) => [(x - first[0]) * east, (y - first[1]) * north] as const);
  const twice = local.reduce((sum, [x, y], n) => {
    const [nextX, nextY] = local[(n + 1) % local.length] ?? [0, 0];
    return sum + x * nextY - nextX * y;
  }, 0);
  return Math.abs(twice) / 2;
}

/** One corner a line, "longitude, latitude"; an empty line parts rings. */
export function asText(shape: Shape): string {
  return shape.rings.map((ring) => ring.map(([x, y]) => `${trimmed(x)}, ${trimmed(y)}`).join("\n")).join("\n\n");
}

/** The shape that a text of coordinates names, in the rings of `like`; null when it is not one. */
export function fromText(text: string, like: Shape): Shape | null {
  const rings = text.trim().split(/\n\s*\n/).map((block) => block.split("\n").map((line) => line.split(/[\s,，;]+/).filter(Boolean).map(Number)));
  if (rings.some((ring) => ring.some((pair) => pair.length !== 2 || !pair.every(Number.isFinite)))) return null;
  const parts = like.parts.reduce((sum, count) => sum + count, 0) === rings.length ? like.parts : rings.map(() => 1);
  return { kind: like.kind, rings: rings as LonLat[][], parts };
}

function trimmed(value: number): string {
  return `${Number(value.toFixed(8))}`;
}

function lonLat(position: GeoJSON.Position): LonLat {
  return [position[0] ?? 0, position[1] ?? 0];
}
