import { describe, expect, it, vi } from "vitest";
import { HeightGrid } from "../src/scene/height-grid";

describe("a grid of heights", () => {
  it("is exact on a slope and samples only around the points asked for", () => {
    const sample = vi.fn((lon: number, lat: number) => 100 + 30 * lon - 7 * lat);
    const grid = new HeightGrid([0, 0, 2, 1], sample);
    expect(grid.at(0.333, 0.777)).toBeCloseTo(100 + 30 * 0.333 - 7 * 0.777, 9);
    expect(grid.at(2, 1)).toBeCloseTo(153, 9);
    expect(sample).toHaveBeenCalledTimes(8);
  });

  it("has no height where the ground has none", () => {
    expect(new HeightGrid([0, 0, 1, 1], () => undefined).at(0.5, 0.5)).toBeUndefined();
  });
});
