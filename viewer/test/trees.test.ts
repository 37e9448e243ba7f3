import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { treesGlb, trianglesOf, type PlacedTree } from "../src/scene/tree-model";
import { treesOf } from "../src/scene/tree-places";
import { isInside } from "../src/scene/rings";
import type { DecodedTile, VectorFeature } from "../src/scene/vector-store";

const require = createRequire(import.meta.url);
const validator = require("gltf-validator") as { validateBytes(bytes: Uint8Array): Promise<{ issues: { numErrors: number; messages: unknown[] } }> };

const METRES = 490 / 4096;
const tile: DecodedTile = { z: 16, x: 51935, y: 27595, layers: {} };
const parcel = (use: string, crop = ""): VectorFeature => ({
  cid: 4711,
  type: 3,
  rings: [new Float32Array([-64, 500, 2000, 300, 1800, 2200, 200, 2400, -64, 500])],
  properties: { use, crop },
});

describe("trees", () => {
  it("stand inside their parcel and inside their tile", () => {
    const places = treesOf(parcel("forest"), tile, METRES, METRES);
    expect(places.length).toBeGreaterThan(300);
    for (const { u, v } of places) expect(u >= 0 && v >= 0 && isInside(parcel("forest").rings, u, v)).toBe(true);
  });

  it("stand where they stood before", () => {
    expect(treesOf(parcel("forest"), tile, METRES, METRES)).toEqual(treesOf(parcel("forest"), tile, METRES, METRES));
  });

  it("grow on forest and orchard only", () => {
    expect(treesOf(parcel("paddy", "水稻"), tile, METRES, METRES)).toEqual([]);
    expect(treesOf(parcel("orchard", "茶叶"), tile, METRES, METRES)).toEqual([]);
    expect(treesOf(parcel("orchard", "刺梨"), tile, METRES, METRES).every(({ kind }) => kind === "fruit")).toBe(true);
  });

  it("make a glb that the validator accepts, with one instance a tree", async () => {
    const trees: PlacedTree[] = (["conifer", "broadleaf", "fruit"] as const).flatMap((kind, k) =>
      [1, 2, 3].map((i) => ({ kind, east: i * 7, north: k * 5, up: i, height: 6 + i, turn: i })),
    );
    const bytes = treesGlb(trees);
    const report = await validator.validateBytes(bytes);
    expect(report.issues.numErrors, JSON.stringify(report.issues.messages)).toBe(0);
    const jsonLength = new DataView(bytes.buffer).getUint32(12, true);
    const gltf = JSON.parse(new TextDecoder().decode(bytes.subarray(20, 20 + jsonLength))) as {
      nodes: { extensions: { EXT_mesh_gpu_instancing: { attributes: { TRANSLATION: number } } } }[];
      accessors: { count: number }[];
    };
    const counts = gltf.nodes.map((node) => gltf.accessors[node.extensions.EXT_mesh_gpu_instancing.attributes.TRANSLATION]?.count);
    expect(counts).toEqual([3, 3, 3]);
  });

  it("stay cheap enough for a software renderer", () => {
    expect(Math.max(trianglesOf("conifer"), trianglesOf("broadleaf"), trianglesOf("fruit"))).toBeLessThanOrEqual(60);
  });
});
