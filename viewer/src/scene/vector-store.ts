/** Fetches and keeps decoded vector tiles of one scene, so that drape, picking and trees share one copy and a redraw needs no fetch. */

import { VectorTile } from "@mapbox/vector-tile";
import { PbfReader } from "pbf";
import type { Bounds, LonLat, ScenePointer } from "../contracts";
import { overlaps, tileBounds, tileOf, tilesCovering } from "./mercator";
import type { Ring } from "./rings";

/** Tile units along one edge, as our tiling writes them. */
export const EXTENT = 4096;

export interface VectorFeature {
  cid: number;
  type: 1 | 2 | 3;
  rings: Ring[];
  properties: Record<string, string | number | boolean>;
}

export interface DecodedTile {
  z: number;
  x: number;
  y: number;
  layers: Record<string, VectorFeature[]>;
}

export function decodeTile(bytes: Uint8Array, z: number, x: number, y: number): DecodedTile {
  const layers: Record<string, VectorFeature[]> = {};
  for (const [name, layer] of Object.entries(new VectorTile(new PbfReader(bytes)).layers)) {
    const scale = EXTENT / layer.extent;
    layers[name] = Array.from({ length: layer.length }, (_, i) => {
      const feature = layer.feature(i);
      const rings = feature.loadGeometry().map((points) => {
        const ring = new Float32Array(points.length * 2);
        points.forEach((p, k) => {
          ring[2 * k] = p.x * scale;
          ring[2 * k + 1] = p.y * scale;
        });
        return ring;
      });
      return {
        cid: Number(feature.id ?? 0),
        type: feature.type as 1 | 2 | 3,
        rings,
        properties: feature.properties as VectorFeature["properties"],
      };
    });
  }
  return { z, x, y, layers };
}

export class VectorStore {
  /** Fetches that ended in an error; the screen reports them as failed tiles. */
  failed = 0;
  private readonly tiles = new Map<string, Promise<DecodedTile | null>>();
  private readonly decoded = new Map<string, DecodedTile>();

  constructor(
    readonly sceneId: string,
    readonly pointer: ScenePointer,
    private readonly base: string,
  ) {}

  /** The full address of a file that the pointer names. */
  address(path: string): string {
    return new URL(path, this.base).href;
  }

  get bounds(): Bounds {
    return this.pointer.bounds;
  }

  get maxZoom(): number {
    return this.pointer.vector_zooms[1];
  }

  /** The store of another revision of the same scene. */
  successor(pointer: ScenePointer): VectorStore {
    return new VectorStore(this.sceneId, pointer, this.base);
  }

  /** One decoded tile, null when it is empty or outside the scene. Rejects never: a failure is counted. */
  tile(z: number, x: number, y: number): Promise<DecodedTile | null> {
    const key = `${z}/${x}/${y}`;
    let found = this.tiles.get(key);
    if (!found) {
      found = overlaps(tileBounds(z, x, y), this.bounds) ? this.load(z, x, y, key) : Promise.resolve(null);
      this.tiles.set(key, found);
    }
    return found;
  }

  private async load(z: number, x: number, y: number, key: string): Promise<DecodedTile | null> {
    const address = this.pointer.vectors
      .replace("{z}", String(z))
      .replace("{x}", String(x))
      .replace("{y}", String(y));
    try {
      const answer = await fetch(new URL(address, this.base));
      if (answer.status === 204) return null;
      if (!answer.ok) throw new Error(`${answer.status} ${address}`);
      const tile = decodeTile(new Uint8Array(await answer.arrayBuffer()), z, x, y);
      this.decoded.set(key, tile);
      return tile;
    } catch (error) {
      console.error("vector tile", error);
      this.failed += 1;
      this.tiles.delete(key);
      return null;
    }
  }

  /** Tiles of zoom `z` under `bounds`. */
  async covering(bounds: Bounds, z: number): Promise<DecodedTile[]> {
    const clipped: Bounds = [
      Math.max(bounds[0], this.bounds[0]),
      Math.max(bounds[1], this.bounds[1]),
      Math.min(bounds[2], this.bounds[2]),
      Math.min(bounds[3], this.bounds[3]),
    ];
    if (clipped[0] >= clipped[2] || clipped[1] >= clipped[3]) return [];
    const [x0, y0, x1, y1] = tilesCovering(clipped, z);
    const wanted: Promise<DecodedTile | null>[] = [];
    for (let x = x0; x <= x1; x++) for (let y = y0; y <= y1; y++) wanted.push(this.tile(z, x, y));
    return (await Promise.all(wanted)).filter((tile) => tile !== null);
  }

  /** The tile of the deepest zoom at a point and the point in tile units. */
  async at(point: LonLat): Promise<{ tile: DecodedTile; u: number; v: number } | null> {
    const [x, y] = tileOf(point, this.maxZoom);
    const tile = await this.tile(this.maxZoom, Math.floor(x), Math.floor(y));
    return tile && { tile, u: (x - Math.floor(x)) * EXTENT, v: (y - Math.floor(y)) * EXTENT };
  }

  /** Every piece of a feature found in tiles decoded so far, deepest zoom first; rings in degrees. */
  piecesOf(layer: string, cid: number): { tile: DecodedTile; feature: VectorFeature }[] {
    const pieces: { tile: DecodedTile; feature: VectorFeature }[] = [];
    for (const tile of this.decoded.values()) {
      for (const feature of tile.layers[layer] ?? []) if (feature.cid === cid) pieces.push({ tile, feature });
    }
    return pieces.sort((a, b) => b.tile.z - a.tile.z);
  }
}
