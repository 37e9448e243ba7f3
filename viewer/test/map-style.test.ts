import { describe, expect, it } from "vitest";
import { mapStyle, readBounds } from "../src/map/style";
import type { ScenePointer } from "../src/contracts";

const pointer: ScenePointer = {
  revision: "r", built_at: "", bounds: [105, 27, 105.1, 27.1], height_range: [0, 1], tileset: null, terrain: null,
  vectors: "r/vectors/{z}/{x}/{y}.pbf", vector_zooms: [8, 16], layers: [], counts: {}, attribution: ["© A", "B"],
};

describe("the public map", () => {
  it("asks nobody for fonts or pictures", () => {
    const style = mapStyle(pointer, "/twin/x/r/vectors/{z}/{x}/{y}.pbf", "520502103003");
    expect(style.glyphs).toBeUndefined();
    expect(style.sprite).toBeUndefined();
    expect(style.layers.some(({ type }) => type === "symbol")).toBe(false);
    expect(JSON.stringify(style)).not.toMatch(/https?:/);
  });

  it("reads bounds and refuses half ones", () => {
    expect(readBounds("105.1,27.2, 105.3,27.4")).toEqual([105.1, 27.2, 105.3, 27.4]);
    expect([undefined, "", "1,2,3", "1,2,x,4", "3,2,1,4"].map(readBounds)).toEqual([null, null, null, null, null]);
  });
});
