/** The pen's geometry: shapes keep their form, sizes agree with the ellipsoid, corners go where they should. */

import { expect, test } from "vitest";
import type { LonLat } from "../src/contracts";
import { areaOf, asText, edges, EMPTY, fromGeometry, fromText, insert, lengthOf, metresPerDegree, move, remove, toGeometry } from "../src/draw/shape";
import { rightAngle, snap } from "../src/draw/snapping";
import { Steps } from "../src/draw/steps";

const LAT = 27.3;
const [EAST, NORTH] = metresPerDegree(LAT);
/** A place by metres from a corner. */
const at = (x: number, y: number): LonLat => [105.29 + x / EAST, LAT + y / NORTH];
/** One pixel is a metre, south is down. */
const project = ([lon, lat]: LonLat): [number, number] => [(lon - 105.29) * EAST, -(lat - LAT) * NORTH];
const metres = (place: LonLat): number[] => project(place).map((value) => Math.round(value * 1000) / 1000 + 0);

const WITH_HOLE: GeoJSON.MultiPolygon = {
  type: "MultiPolygon",
  coordinates: [
    [[at(0, 0), at(40, 0), at(40, 40), at(0, 40), at(0, 0)], [at(10, 10), at(10, 20), at(20, 20), at(20, 10), at(10, 10)]],
    [[at(50, 0), at(60, 0), at(60, 10), at(50, 0)]],
  ],
};

test.each<[string, GeoJSON.Geometry]>([
  ["area with a hole and a part", WITH_HOLE],
  ["line", { type: "LineString", coordinates: [at(0, 0), at(3, 4)] }],
  ["lines", { type: "MultiLineString", coordinates: [[at(0, 0), at(3, 4)], [at(9, 9), at(8, 8)]] }],
  ["point", { type: "Point", coordinates: at(1, 2) }],
])("%s comes back as it was", (_name, geometry) => {
  expect(toGeometry(fromGeometry(geometry, "area"))).toEqual(geometry);
});

test("areas take holes off and lines have a length", () => {
  expect(areaOf(fromGeometry(WITH_HOLE, "area"))).toBeCloseTo(1600 - 100 + 50, 1);
  expect(lengthOf(fromGeometry({ type: "LineString", coordinates: [at(0, 0), at(3, 4)] }, "line"))).toBeCloseTo(5, 3);
  // pyproj.Geod of CGCS2000: 0.001° by 0.001° at 27.3°.
  const square = fromText("105.29, 27.3\n105.291, 27.3\n105.291, 27.301\n105.29, 27.301", EMPTY("area"));
  expect(square && areaOf(square)).toBeCloseTo(10_968.877, 0);
});

test("corners are added, moved and removed, down to what a shape needs", () => {
  const triangle = fromText("1, 1\n2, 1\n2, 2", EMPTY("area"));
  if (!triangle) throw new Error("not read");
  const four = insert(triangle, { ring: 0, at: 1 }, [1.5, 0.5]);
  expect(four.rings[0]?.[1]).toEqual([1.5, 0.5]);
  expect(move(four, { ring: 0, at: 0 }, [0, 0]).rings[0]?.[0]).toEqual([0, 0]);
  expect(remove(four, { ring: 0, at: 1 }, 3)).toEqual(triangle);
  expect(remove(triangle, { ring: 0, at: 1 }, 3)).toBe(triangle);
  expect(edges(triangle)).toHaveLength(3);
  expect(toGeometry(EMPTY("area"))).toBeNull();
});

test("coordinates can be typed and half a line is refused", () => {
  const shape = fromGeometry(WITH_HOLE, "area");
  expect(fromText(asText(shape), shape)?.parts).toEqual([2, 1]);
  expect(fromText("105.29, 27.3\n105.3", EMPTY("line"))).toBeNull();
  expect(fromText("east, north", EMPTY("line"))).toBeNull();
});

test("a corner wins over an edge, an edge over a right angle", () => {
  const lines = [[at(0, 0), at(100, 0)]];
  expect(snap(at(3, 4), { lines, drawn: [] }, project, 12)).toEqual({ place: at(0, 0), kind: "corner" });
  const edge = snap(at(50, 5), { lines, drawn: [] }, project, 12);
  expect(edge.kind).toBe("edge");
  expect(metres(edge.place)).toEqual([50, 0]);
  expect(snap(at(50, 40), { lines, drawn: [] }, project, 12).kind).toBe("none");
  expect(snap(at(52, 3), { lines: [], drawn: [], closing: at(50, 0) }, project, 12).kind).toBe("corner");
});

test("the third corner makes a right angle, the fourth a rectangle", () => {
  const third = rightAngle(at(63, 40), [at(0, 0), at(60, 0)], project, 12);
  expect(third && metres(third)).toEqual([60, -40]);
  const fourth = rightAngle(at(4, 43), [at(0, 0), at(60, 0), at(60, 40)], project, 12);
  expect(fourth && metres(fourth)).toEqual([0, -40]);
  expect(rightAngle(at(90, 90), [at(0, 0), at(60, 0)], project, 12)).toBeNull();
});

test("steps are undone and redone, and a new one forgets what was undone", () => {
  const steps = new Steps("a");
  steps.push("b");
  steps.push("c");
  expect([steps.undo(), steps.undo(), steps.undo(), steps.canUndo, steps.isChanged]).toEqual(["b", "a", "a", false, false]);
  expect(steps.redo()).toBe("b");
  steps.push("d");
  expect([steps.canRedo, steps.now]).toEqual([false, "d"]);
});
