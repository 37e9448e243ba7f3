/** An imagery provider that draws the ground from vector tiles; one opaque layer, aligned with the terrain's own tiles. */

import { Event, GeographicTilingScheme, Rectangle, type Credit, type ImageryProvider } from "@cesium/engine";
import type { Bounds, LonLat } from "../contracts";
import { overlaps } from "./mercator";
import { zoomFor } from "./drape-zoom";
import { paint, type Outline, type ThemePaint } from "./paint";
import type { TextureSet } from "./textures";
import type { DecodedTile, VectorStore } from "./vector-store";

const DEGREES = 180 / Math.PI;

export interface DrapeOptions {
  stores: VectorStore[];
  outlines: Outline[];
  theme: ThemePaint | null;
  /** Layers left out, and scenes as `scene:<id>`. */
  hidden: ReadonlySet<string>;
  textures: TextureSet;
  origin: LonLat;
  shadow: [number, number];
  /** Canvas pixels along one tile edge; Cesium is told 256, so that the picture is sharper than the mesh. */
  size: number;
  isSoftware: boolean;
  hasCastShadows: boolean;
  /** Called after each canvas: Cesium renders on request and does not see these promises. */
  onDrawn(): void;
}

/**
 * Terrain tiles are geographic (EPSG:4326), so a geographic drape needs no reprojection on the GPU and exactly one texture
 * a tile. The level of the vector tile that covers the same ground is one more than the geographic level.
 */
export class DrapeProvider implements ImageryProvider {
  readonly tilingScheme = new GeographicTilingScheme();
  readonly rectangle = Rectangle.MAX_VALUE;
  readonly tileWidth = 256;
  readonly tileHeight = 256;
  readonly minimumLevel = 0;
  readonly maximumLevel = 19;
  readonly errorEvent = new Event();
  readonly hasAlphaChannel = false;
  readonly tileDiscardPolicy = undefined as never;
  readonly credit = undefined as never;
  readonly proxy = undefined as never;
  /** Tiles being fetched or drawn. */
  pending = 0;
  failed = 0;
  drawn = 0;
  drawMilliseconds = 0;
  private turn: Promise<void> = Promise.resolve();
  private readonly plain: HTMLCanvasElement;

  constructor(private readonly options: DrapeOptions) {
    this.plain = document.createElement("canvas");
    this.plain.width = this.plain.height = 4;
    const context = this.plain.getContext("2d");
    if (context) {
      context.fillStyle = options.textures.flat("ground");
      context.fillRect(0, 0, 4, 4);
    }
  }

  getTileCredits(): Credit[] {
    return [];
  }

  pickFeatures(): undefined {
    return undefined;
  }

  requestImage(x: number, y: number, level: number): Promise<HTMLCanvasElement> {
    const area = this.tilingScheme.tileXYToRectangle(x, y, level);
    const bounds: Bounds = [area.west * DEGREES, area.south * DEGREES, area.east * DEGREES, area.north * DEGREES];
    const stores = this.options.stores.filter((store) => !this.options.hidden.has(`scene:${store.sceneId}`) && overlaps(store.bounds, bounds));
    if (level < 3 || (stores.length === 0 && this.options.outlines.length === 0)) return Promise.resolve(this.plain);
    return this.draw(bounds, level, stores);
  }

  private async draw(bounds: Bounds, level: number, stores: VectorStore[]): Promise<HTMLCanvasElement> {
    this.pending += 1;
    try {
      const found = await Promise.all(stores.map((store) => store.covering(bounds, zoomFor(level, store.pointer.vector_zooms))));
      await this.myTurn();
      const started = performance.now();
      const canvas = this.paintTiles(bounds, found.flat());
      this.drawn += 1;
      this.drawMilliseconds += performance.now() - started;
      return canvas;
    } catch (error) {
      // Cesium only logs what a provider throws; the count is what tests and the status line read.
      this.failed += 1;
      throw error;
    } finally {
      this.pending -= 1;
      this.options.onDrawn();
    }
  }

  private paintTiles(bounds: Bounds, tiles: DecodedTile[]): HTMLCanvasElement {
    const { size, isSoftware, origin, outlines, textures, shadow, hasCastShadows, theme, hidden } = this.options;
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = size;
    // Without a GPU a canvas in plain memory saves one copy through the emulated one.
    const context = canvas.getContext("2d", { alpha: false, willReadFrequently: isSoftware });
    if (!context) throw new Error("This browser cannot draw on a canvas.");
    paint({ context, size, bounds, origin, tiles, outlines, textures, shadow, hasCastShadows, theme, hidden });
    return canvas;
  }

  /** Canvases are drawn one after another with a pause between, so that the page answers while the ground appears. */
  private myTurn(): Promise<void> {
    const before = this.turn;
    this.turn = before.then(() => new Promise((resolve) => setTimeout(resolve, 0)));
    return before;
  }
}
