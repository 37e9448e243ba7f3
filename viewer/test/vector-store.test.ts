import { afterEach, describe, expect, it, vi } from "vitest";
import { hitInTile, ringsInDegrees } from "../src/scene/hit";
import { tileBounds } from "../src/scene/mercator";
import { EXTENT, VectorStore, type DecodedTile, type VectorFeature } from "../src/scene/vector-store";
import type { ScenePointer } from "../src/contracts";

const bounds = tileBounds(16, 51935, 27595);
const pointer: ScenePointer = {
  revision: "r", built_at: "", bounds, height_range: [0, 1], tileset: null, terrain: null,
  vectors: "r/vectors/{z}/{x}/{y}.pbf", vector_zooms: [8, 16], layers: [], counts: {}, attribution: [],
};

function answering(status: number): ReturnType<typeof vi.fn> {
  const fetched = vi.fn(() => Promise.resolve(new Response(status === 200 ? new Uint8Array() : null, { status })));
  vi.stubGlobal("fetch", fetched);
  return fetched;
}

afterEach(() => vi.unstubAllGlobals());

describe("the store of vector tiles", () => {
  it("fetches a tile once, below the pointer's folder", async () => {
    const fetched = answering(200);
    const store = new VectorStore("x", pointer, "http://localhost/twin/x/current.json");
    await Promise.all([store.tile(16, 51935, 27595), store.tile(16, 51935, 27595)]);
    expect(fetched).toHaveBeenCalledTimes(1);
    expect(String(fetched.mock.calls[0]?.[0])).toBe("http://localhost/twin/x/r/vectors/16/51935/27595.pbf");
  });

  it("takes 204 for an empty tile and asks for nothing outside the scene", async () => {
    const fetched = answering(204);
    const store = new VectorStore("x", pointer, "http://localhost/");
    expect(await store.tile(16, 51935, 27595)).toBeNull();
    expect(await store.tile(16, 1, 1)).toBeNull();
    expect(fetched).toHaveBeenCalledTimes(1);
    expect(store.failed).toBe(0);
  });

  it("counts a failure and tries again next time", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const fetched = answering(500);
    const store = new VectorStore("x", pointer, "http://localhost/");
    expect(await store.tile(16, 51935, 27595)).toBeNull();
    expect(store.failed).toBe(1);
    await store.tile(16, 51935, 27595);
    expect(fetched).toHaveBeenCalledTimes(2);
  });
});

describe("a click on the ground", () => {
  const polygon = (cid: number, ring: number[]): VectorFeature => ({ cid, type: 3, rings: [new Float32Array(ring)], properties: {} });
  const tile: DecodedTile = {
    z: 16, x: 51935, y: 27595,
    layers: {
      parcel: [polygon(1, [0, 0, 4096, 0, 4096, 4096, 0, 4096])],
      courtyard: [polygon(2, [100, 100, 400, 100, 400, 400, 100, 400])],
      building: [polygon(3, [150, 150, 250, 150, 250, 250, 150, 250])],
      road: [{ cid: 4, type: 2, rings: [new Float32Array([0, 1000, 4096, 1000])], properties: { width_m: 6 } }],
    },
  };

  it("takes the topmost place", () => {
    expect(hitInTile(tile, 200, 200)).toEqual({ kind: "building", cid: 3 });
    expect(hitInTile(tile, 350, 350)).toEqual({ kind: "courtyard", cid: 2 });
    expect(hitInTile(tile, 2000, 1010)).toEqual({ kind: "road", cid: 4 });
    expect(hitInTile(tile, 2000, 1200)).toEqual({ kind: "parcel", cid: 1 });
  });

  it("takes only the kinds asked for", () => {
    expect(hitInTile(tile, 200, 200, ["courtyard"])).toEqual({ kind: "courtyard", cid: 2 });
    expect(hitInTile(tile, 2000, 1200, ["courtyard"])).toBeNull();
  });

  it("comes back to degrees at the tile's corners", () => {
    const [[northWest, southEast]] = ringsInDegrees(tile, [new Float32Array([0, 0, EXTENT, EXTENT])]) as unknown as [[number[], number[]]];
    expect(northWest?.[0]).toBeCloseTo(bounds[0], 9);
    expect(northWest?.[1]).toBeCloseTo(bounds[3], 9);
    expect(southEast?.[0]).toBeCloseTo(bounds[2], 9);
    expect(southEast?.[1]).toBeCloseTo(bounds[1], 9);
  });
});
