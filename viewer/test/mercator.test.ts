import { describe, expect, it } from "vitest";
import { grow, overlaps, sizeOf, tileBounds, tileOf, tilesCovering, union, worldY, latOfWorldY } from "../src/scene/mercator";

describe("Mercator tiles", () => {
  it("finds the tile of a known place", () => {
    // The worked example of "Slippy map tilenames" in the OpenStreetMap wiki.
    const [x, y] = tileOf([0.02435, 51.51202], 17);
    expect([Math.floor(x), Math.floor(y)]).toEqual([65544, 43582]);
  });

  it("comes back from the world to degrees", () => {
    for (const lat of [-60, 0, 27.3, 80]) expect(latOfWorldY(worldY(lat))).toBeCloseTo(lat, 9);
  });

  it("covers a tile's own bounds with that tile alone", () => {
    expect(tilesCovering(tileBounds(14, 12983, 6898), 14)).toEqual([12983, 6898, 12983, 6898]);
  });

  it("does not call neighbours that share an edge overlapping", () => {
    expect(overlaps([0, 0, 1, 1], [1, 0, 2, 1])).toBe(false);
    expect(overlaps([0, 0, 1, 1], [0.9, 0.9, 2, 2])).toBe(true);
  });

  it("grows bounds by metres on every side", () => {
    const before = sizeOf([105, 27, 105.1, 27.1]);
    const after = sizeOf(grow([105, 27, 105.1, 27.1], 100));
    expect(after[0] - before[0]).toBeCloseTo(200, 0);
    expect(after[1] - before[1]).toBeCloseTo(200, 0);
  });

  it("has no union of nothing", () => {
    expect(union([])).toBeNull();
    expect(union([[0, 0, 1, 1], [2, -1, 3, 0]])).toEqual([0, -1, 3, 1]);
  });
});
