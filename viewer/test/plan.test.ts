import { describe, expect, it } from "vitest";
import type { LonLat } from "../src/contracts";
import { niceStep } from "../src/plan/chart";
import { area, bearing, densify, distance, length } from "../src/plan/geodesy";
import { nearestOn } from "../src/plan/snap";

// Reference values: pyproj.Geod(ellps="GRS80"), inv() and polygon_area_perimeter().
const A: LonLat = [105.3, 27.3];
const B: LonLat = [105.31, 27.305];

describe("geodesy", () => {
  it("measures as pyproj does", () => {
    expect(distance(A, B)).toBeCloseTo(1134.382166, 3);
    expect(distance(A, A)).toBe(0);
  });

  it("measures areas on the ellipsoid", () => {
    const field: LonLat[] = [[105.3, 27.3], [105.303, 27.3], [105.303, 27.302], [105.3, 27.302]];
    expect(area(field) / 65812.9713).toBeCloseTo(1, 6);
    expect(area([...field].reverse())).toBeCloseTo(area(field), 6);
  });

  it("tells the direction", () => {
    expect(bearing(A, [105.3, 27.4])).toBeCloseTo(0, 6);
    expect(bearing(A, [105.4, 27.3])).toBeCloseTo(90, 6);
    expect(bearing(A, [105.3, 27.2])).toBeCloseTo(180, 6);
  });

  it("cuts a line into short sides without losing a corner", () => {
    const line: LonLat[] = [A, B, [105.31, 27.3]];
    const along = densify(line, 10);
    expect(along[0]?.at).toBe(0);
    expect(along[along.length - 1]?.at).toBeCloseTo(length(line), 6);
    expect(along.some(({ point }) => point === B)).toBe(true);
    const sides = along.slice(1).map(({ at }, i) => at - (along[i]?.at ?? 0));
    expect(Math.max(...sides)).toBeLessThanOrEqual(10.0001);
    expect(densify(line, 1, 50).length).toBeLessThanOrEqual(52);
  });
});

describe("snapping", () => {
  it("finds the nearest point of a line, its ends included", () => {
    const line: LonLat[] = [[105.3, 27.3], [105.301, 27.3]];
    expect(nearestOn(line, [105.3005, 27.3001])).toEqual([expect.closeTo(105.3005, 9), expect.closeTo(27.3, 9)]);
    expect(nearestOn(line, [105.2, 27.3])).toEqual([105.3, 27.3]);
    expect(nearestOn([], A)).toBeNull();
  });
});

describe("the steps of a chart", () => {
  it("are round", () => {
    expect(niceStep(37, 4)).toBe(10);
    expect(niceStep(0.9, 4)).toBeCloseTo(0.5, 9);
    expect(niceStep(1600, 5)).toBe(500);
  });
});
