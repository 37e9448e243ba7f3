/** Writes a small glb with low-poly trees placed by GPU instancing: thousands of trees cost three draw calls. */

import { fraction } from "./random";
import type { TreePlace } from "./tree-places";

export type TreeKind = TreePlace["kind"];

/** One tree in the glb's frame: metres east, north and up from its origin. */
export interface PlacedTree {
  east: number;
  north: number;
  up: number;
  height: number;
  turn: number;
  kind: TreeKind;
}

interface Mesh {
  positions: number[];
  normals: number[];
  colours: number[];
  indices: number[];
}

type Rgb = [number, number, number];

/** Linear light from sRGB bytes, as glTF wants vertex colours. */
function linear(hex: string): Rgb {
  const byte = (at: number): number => (parseInt(hex.slice(at, at + 2), 16) / 255) ** 2.2;
  return [byte(1), byte(3), byte(5)];
}

function mix(a: Rgb, b: Rgb, t: number): Rgb {
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t];
}

/** Appends a surface of revolution: `profile` lists [radius, height] from the bottom up, in units of the tree's height. */
function revolve(mesh: Mesh, profile: [number, number][], sides: number, low: Rgb, high: Rgb, wobble: number): void {
  const first = mesh.positions.length / 3;
  const bottom = profile[0]?.[1] ?? 0;
  const top = profile[profile.length - 1]?.[1] ?? 1;
  profile.forEach(([radius, height], level) => {
    const [beforeRadius, beforeHeight] = profile[Math.max(0, level - 1)] as [number, number];
    const [afterRadius, afterHeight] = profile[Math.min(profile.length - 1, level + 1)] as [number, number];
    const rise = Math.atan2(beforeRadius - afterRadius, afterHeight - beforeHeight);
    for (let side = 0; side < sides; side++) {
      const angle = (2 * Math.PI * (side + (level % 2) * 0.5)) / sides;
      const r = radius * (1 + wobble * (fraction(level, side, sides) - 0.5));
      mesh.positions.push(Math.cos(angle) * r, height, Math.sin(angle) * r);
      mesh.normals.push(Math.cos(angle) * Math.cos(rise), Math.sin(rise), Math.sin(angle) * Math.cos(rise));
      mesh.colours.push(...mix(low, high, (height - bottom) / (top - bottom)), 1);
    }
  });
  for (let level = 0; level + 1 < profile.length; level++) {
    for (let side = 0; side < sides; side++) {
      const a = first + level * sides + side;
      const b = first + level * sides + ((side + 1) % sides);
      const c = a + sides;
      const d = b + sides;
      mesh.indices.push(a, c, b, b, c, d);
    }
  }
}

const BARK = linear("#6b5844");

/** Tree shapes of height 1, foot at the origin, y up. */
export function treeMesh(kind: TreeKind): Mesh {
  const mesh: Mesh = { positions: [], normals: [], colours: [], indices: [] };
  if (kind === "conifer") {
    revolve(mesh, [[0.03, 0], [0.025, 0.2]], 3, BARK, BARK, 0);
    revolve(mesh, [[0.21, 0.14], [0.08, 0.54]], 6, linear("#23402a"), linear("#3d6a44"), 0.2);
    revolve(mesh, [[0.15, 0.44], [0.006, 1]], 5, linear("#2e5535"), linear("#5f8f58"), 0.2);
  } else {
    const fruit = kind === "fruit";
    const low = linear(fruit ? "#41682f" : "#2f5230");
    const high = linear(fruit ? "#8fbb62" : "#74a05a");
    const wide = fruit ? 0.46 : 0.34;
    revolve(mesh, [[0.045, 0], [0.035, 0.34]], 3, BARK, BARK, 0);
    revolve(mesh, [[0.1, 0.22], [wide, 0.48], [wide * 0.78, 0.78], [0.03, 1]], 6, low, high, 0.26);
  }
  return mesh;
}

const KINDS: TreeKind[] = ["conifer", "broadleaf", "fruit"];

/** Triangles in one tree of a kind; the scene's budget is counted in them. */
export function trianglesOf(kind: TreeKind): number {
  return treeMesh(kind).indices.length / 3;
}

class BinaryWriter {
  private readonly parts: Uint8Array[] = [];
  private length = 0;
  readonly views: { buffer: 0; byteOffset: number; byteLength: number; target?: number }[] = [];
  readonly accessors: Record<string, unknown>[] = [];

  add(data: Float32Array | Uint16Array, type: string, perItem: number, target?: number, bounds = false): number {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
    padded.set(bytes);
    this.views.push({ buffer: 0, byteOffset: this.length, byteLength: bytes.length, ...(target ? { target } : {}) });
    this.parts.push(padded);
    this.length += padded.length;
    const accessor: Record<string, unknown> = {
      bufferView: this.views.length - 1,
      componentType: data instanceof Float32Array ? 5126 : 5123,
      count: data.length / perItem,
      type,
    };
    if (bounds) {
      const low = Array<number>(perItem).fill(Infinity);
      const high = Array<number>(perItem).fill(-Infinity);
      data.forEach((value, i) => {
        low[i % perItem] = Math.min(low[i % perItem] ?? value, value);
        high[i % perItem] = Math.max(high[i % perItem] ?? value, value);
      });
      accessor["min"] = low;
      accessor["max"] = high;
    }
    this.accessors.push(accessor);
    return this.accessors.length - 1;
  }

  bytes(): Uint8Array {
    const all = new Uint8Array(this.length);
    let at = 0;
    for (const part of this.parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
}

/** A binary glTF 2.0 with EXT_mesh_gpu_instancing holding all `trees`. */
export function treesGlb(trees: readonly PlacedTree[]): Uint8Array {
  const writer = new BinaryWriter();
  const meshes: unknown[] = [];
  const nodes: unknown[] = [];
  for (const kind of KINDS) {
    const own = trees.filter((tree) => tree.kind === kind);
    if (own.length === 0) continue;
    const mesh = treeMesh(kind);
    const attributes = {
      POSITION: writer.add(new Float32Array(mesh.positions), "VEC3", 3, 34962, true),
      NORMAL: writer.add(new Float32Array(mesh.normals), "VEC3", 3, 34962),
      COLOR_0: writer.add(new Float32Array(mesh.colours), "VEC4", 4, 34962),
    };
    const indices = writer.add(new Uint16Array(mesh.indices), "SCALAR", 1, 34963);
    meshes.push({ primitives: [{ attributes, indices, material: 0, mode: 4 }] });
    const translation = new Float32Array(own.flatMap((tree) => [tree.east, tree.up, -tree.north]));
    const rotation = new Float32Array(own.flatMap((tree) => [0, Math.sin(tree.turn / 2), 0, Math.cos(tree.turn / 2)]));
    const scale = new Float32Array(
      own.flatMap((tree) => {
        const wide = tree.height * (0.88 + 0.3 * fraction(tree.turn * 1e4));
        return [wide, tree.height, wide];
      }),
    );
    nodes.push({
      mesh: meshes.length - 1,
      extensions: {
        EXT_mesh_gpu_instancing: {
          attributes: {
            TRANSLATION: writer.add(translation, "VEC3", 3, undefined, true),
            ROTATION: writer.add(rotation, "VEC4", 4),
            SCALE: writer.add(scale, "VEC3", 3),
          },
        },
      },
    });
  }
  const binary = writer.bytes();
  const json = new TextEncoder().encode(
    JSON.stringify({
      asset: { version: "2.0" },
      extensionsUsed: ["EXT_mesh_gpu_instancing"],
      extensionsRequired: ["EXT_mesh_gpu_instancing"],
      scene: 0,
      scenes: [{ nodes: nodes.map((_, i) => i) }],
      nodes,
      meshes,
      materials: [{ doubleSided: true, pbrMetallicRoughness: { metallicFactor: 0, roughnessFactor: 1 } }],
      accessors: writer.accessors,
      bufferViews: writer.views,
      buffers: [{ byteLength: binary.length }],
    }),
  );
  return pack(json, binary);
}

function pack(json: Uint8Array, binary: Uint8Array): Uint8Array {
  const jsonLength = Math.ceil(json.length / 4) * 4;
  const total = 12 + 8 + jsonLength + 8 + binary.length;
  const bytes = new Uint8Array(total).fill(0x20, 20, 20 + jsonLength);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x46546c67, true);
  view.setUint32(4, 2, true);
  view.setUint32(8, total, true);
  view.setUint32(12, jsonLength, true);
  view.setUint32(16, 0x4e4f534a, true);
  bytes.set(json, 20);
  view.setUint32(20 + jsonLength, binary.length, true);
  view.setUint32(24 + jsonLength, 0x004e4942, true);
  bytes.set(binary, 28 + jsonLength);
  return bytes;
}
