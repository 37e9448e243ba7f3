import { describe, expect, it } from "vitest";
import { distanceToLine, isInside, longestEdgeAngle, ringsOf, signedArea } from "../src/scene/rings";

const square = new Float64Array([0, 0, 10, 0, 10, 10, 0, 10]);
const hole = new Float64Array([4, 4, 6, 4, 6, 6, 4, 6]);

describe("rings", () => {
  it("knows inside, outside and the hole", () => {
    expect(isInside([square, hole], 2, 2)).toBe(true);
    expect(isInside([square, hole], 5, 5)).toBe(false);
    expect(isInside([square, hole], 11, 5)).toBe(false);
  });

  it("tells which way a ring turns", () => {
    expect(signedArea(square)).toBe(200);
    expect(signedArea(new Float64Array([0, 0, 0, 10, 10, 10, 10, 0]))).toBe(-200);
  });

  it("measures the distance to a line, beyond its ends as well", () => {
    const line = new Float64Array([0, 0, 10, 0]);
    expect(distanceToLine(line, 5, 3)).toBe(3);
    expect(distanceToLine(line, 13, 4)).toBe(5);
  });

  it("takes rows along the longest edge that is not the tile's own border", () => {
    const cut = new Float64Array([0, 0, 0, 4096, 300, 300, 0, 0]);
    expect(longestEdgeAngle([cut], 0, 4096)).not.toBeCloseTo(Math.PI / 2, 2);
    expect(longestEdgeAngle([new Float64Array([5, 5, 50, 5, 50, 9, 5, 9, 5, 5])], 0, 4096)).toBeCloseTo(0, 9);
  });

  it("flattens multipolygons", () => {
    const rings = ringsOf({ type: "MultiPolygon", coordinates: [[[[0, 0], [1, 0], [0, 0]]], [[[5, 5], [6, 5], [5, 5]]]] });
    expect(rings.map((ring) => ring.length)).toEqual([6, 6]);
  });
});
