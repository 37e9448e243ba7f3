/** 3D models that others made, beside the built scene; where one covers buildings, those are cut out while it is shown. */

import { Cartesian3, Cesium3DTileset, ClippingPolygon, ClippingPolygonCollection, type Scene } from "@cesium/engine";
import type { ImportedModel } from "../contracts";

export class ImportedModels {
  private readonly tilesets = new Map<string, Promise<Cesium3DTileset>>();
  private hidden: ReadonlySet<string> = new Set();
  failed = 0;

  constructor(
    private readonly scene: Scene,
    readonly models: readonly ImportedModel[],
  ) {}

  /** Shows all models but those hidden as `model:<key>`, and cuts covered ground out of the built buildings. */
  dress(hidden: ReadonlySet<string>, built: readonly Cesium3DTileset[]): void {
    this.hidden = hidden;
    const shown = this.models.filter((model) => this.isShown(model));
    for (const model of this.models) {
      if (this.isShown(model) || this.tilesets.has(model.key)) void this.load(model);
    }
    const covering = shown.filter((model) => model.covers_buildings);
    if (!ClippingPolygonCollection.isSupported(this.scene)) return;
    for (const tileset of built) {
      if (covering.length === 0 && !(tileset.clippingPolygons as ClippingPolygonCollection | undefined)) continue;
      tileset.clippingPolygons = new ClippingPolygonCollection({ polygons: covering.map(outline) });
    }
    this.scene.requestRender();
  }

  private isShown(model: ImportedModel): boolean {
    return !this.hidden.has(`model:${model.key}`);
  }

  private async load(model: ImportedModel): Promise<void> {
    let loading = this.tilesets.get(model.key);
    if (!loading) {
      loading = Cesium3DTileset.fromUrl(model.url, { environmentMapOptions: { enabled: false } as never }).then((tileset) => {
        tileset.tileFailed.addEventListener(() => (this.failed += 1));
        return this.scene.primitives.add(tileset) as Cesium3DTileset;
      });
      this.tilesets.set(model.key, loading);
    }
    try {
      (await loading).show = this.isShown(model);
      this.scene.requestRender();
    } catch (error) {
      this.failed += 1;
      console.error("imported model", model.key, error);
    }
  }
}

function outline({ bounds: [west, south, east, north] }: ImportedModel): ClippingPolygon {
  return new ClippingPolygon({ positions: Cartesian3.fromDegreesArray([west, south, east, south, east, north, west, north]) });
}
