/** Terrain of several scenes as one: Cesium knows a single terrain, a county shows several villages. */

import { Event, type CesiumTerrainProvider, type Credit, type Request, type TerrainData, type TerrainProvider } from "@cesium/engine";
import type { Bounds } from "../contracts";
import { overlaps } from "./mercator";

export interface TerrainPart {
  bounds: Bounds;
  provider: CesiumTerrainProvider;
}

/** Bounds in degrees of a tile of the geographic (EPSG:4326) scheme with rows counted from the north, as Cesium counts. */
export function geographicBounds(x: number, y: number, level: number): Bounds {
  const size = 180 / 2 ** level;
  return [x * size - 180, 90 - (y + 1) * size, (x + 1) * size - 180, 90 - y * size];
}

export class JoinedTerrain implements TerrainProvider {
  readonly errorEvent = new Event();
  readonly credit = undefined as unknown as Credit;
  readonly hasWaterMask = false;
  readonly hasVertexNormals = true;
  readonly availability = undefined as never;
  private readonly first: CesiumTerrainProvider;

  constructor(private readonly parts: readonly TerrainPart[]) {
    const [first] = parts;
    if (!first) throw new Error("A joined terrain needs at least one part.");
    this.first = first.provider;
    for (const { provider } of parts) provider.errorEvent.addEventListener((error: unknown) => this.errorEvent.raiseEvent(error));
  }

  get tilingScheme(): TerrainProvider["tilingScheme"] {
    return this.first.tilingScheme;
  }

  getLevelMaximumGeometricError(level: number): number {
    return this.first.getLevelMaximumGeometricError(level);
  }

  /** The part under a tile that has it; where none has, none is asked. */
  private partFor(x: number, y: number, level: number): CesiumTerrainProvider | undefined {
    const bounds = geographicBounds(x, y, level);
    const under = this.parts.filter((part) => overlaps(part.bounds, bounds));
    return [...under, ...this.parts].find(({ provider }) => provider.getTileDataAvailable(x, y, level))?.provider;
  }

  getTileDataAvailable(x: number, y: number, level: number): boolean {
    return this.partFor(x, y, level) !== undefined;
  }

  loadTileDataAvailability(): undefined {
    return undefined;
  }

  requestTileGeometry(x: number, y: number, level: number, request?: Request): Promise<TerrainData> | undefined {
    return (this.partFor(x, y, level) ?? this.first).requestTileGeometry(x, y, level, request);
  }
}
