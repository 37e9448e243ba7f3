/** Puts trees on forest and orchard parcels near the camera, a tile at a time, within a budget. */

import { Axis, Cartesian2, Cartesian3, Cartographic, Matrix4, Model, ShadowMode, Transforms } from "@cesium/engine";
import type { LonLat } from "../contracts";
import { METRES_PER_DEGREE, sizeOf, tileBounds, tileOf } from "./mercator";
import { HeightGrid } from "./height-grid";
import { fraction } from "./random";
import { skyLight, type Stage } from "./stage";
import { treesGlb, type PlacedTree } from "./tree-model";
import { treesOf } from "./tree-places";
import { EXTENT, type DecodedTile, type VectorStore } from "./vector-store";

const ZOOM = 16;


interface Grove {
  model: Model | undefined;
  count: number;
  density: number;
}

export class Trees {
  private readonly groves = new Map<string, Grove>();
  private generation = 0;
  private isShown = true;
  /** True while trees are being placed. */
  isBusy = false;

  constructor(
    private readonly stage: Stage,
    private readonly stores: VectorStore[],
  ) {}

  /** Shows or hides all trees; hidden ones are not placed. */
  async show(isShown: boolean): Promise<void> {
    if (this.isShown === isShown) return;
    this.isShown = isShown;
    if (isShown) await this.settle();
    else {
      this.generation += 1;
      this.isBusy = false;
      this.clear();
    }
  }

  /** Removes the trees of one scene, or of all: its parcels changed. */
  clear(sceneId = ""): void {
    for (const [key, grove] of this.groves) if (!sceneId || key.startsWith(`${sceneId}/`)) this.remove(key, grove);
    this.stage.scene.requestRender();
  }

  get count(): number {
    let sum = 0;
    for (const grove of this.groves.values()) sum += grove.count;
    return sum;
  }

  /** Places trees around the camera; called when the camera has come to rest and the ground is loaded. */
  async settle(): Promise<void> {
    if (!this.isShown) return;
    const generation = ++this.generation;
    this.isBusy = true;
    try {
      const wanted = await this.wantedTiles();
      if (generation !== this.generation) return;
      for (const [key, grove] of this.groves) {
        if (!wanted.some((tile) => tile.key === key && tile.density === grove.density)) this.remove(key, grove);
      }
      const budget = this.stage.isSoftware ? 4000 : 40_000;
      const growing: Promise<void>[] = [];
      for (const tile of wanted) {
        if (generation !== this.generation || this.count > budget) break;
        if (!this.groves.has(tile.key)) growing.push((await this.plant(tile.key, tile.tile, tile.density)).drawn);
      }
      await Promise.all(growing);
    } finally {
      if (generation === this.generation) this.isBusy = false;
      this.stage.scene.requestRender();
    }
  }

  private remove(key: string, grove: Grove): void {
    if (grove.model) this.stage.scene.primitives.remove(grove.model);
    this.groves.delete(key);
  }

  /** Tiles around the camera, nearest first, with the share of their trees to show: all near, a third farther off. */
  private async wantedTiles(): Promise<{ key: string; tile: DecodedTile; density: number }[]> {
    const { isSoftware, scene } = this.stage;
    const reach = isSoftware ? 650 : 1800;
    const at = scene.camera.positionCartographic;
    const camera: LonLat = [(at.longitude * 180) / Math.PI, (at.latitude * 180) / Math.PI];
    const ground = this.stage.heightAt(...camera) ?? 0;
    const above = at.height - ground;
    if (above > reach) return [];
    const [cx, cy] = tileOf(camera, ZOOM);
    // What is looked at comes first: the budget may end before the last tile.
    const [fx, fy] = tileOf(this.focus() ?? camera, ZOOM);
    const found: { key: string; tile: DecodedTile; density: number; distance: number }[] = [];
    const tileMetres = sizeOf(tileBounds(ZOOM, Math.floor(cx), Math.floor(cy)))[0];
    const span = Math.ceil(reach / tileMetres);
    for (const store of this.stores) {
      if (store.maxZoom !== ZOOM) continue;
      for (let x = Math.floor(cx) - span; x <= cx + span; x++) {
        for (let y = Math.floor(cy) - span; y <= cy + span; y++) {
          const beside = Math.hypot(Math.max(0, x - cx, cx - x - 1), Math.max(0, y - cy, cy - y - 1)) * tileMetres;
          const distance = Math.hypot(beside, above);
          if (distance > reach || !this.isAhead(x, y, above)) continue;
          const tile = await store.tile(ZOOM, x, y);
          const fromFocus = Math.hypot(x + 0.5 - fx, y + 0.5 - fy) * tileMetres;
          const density = distance < reach * 0.25 ? 1 : distance < reach * 0.6 ? 0.5 : 0.3;
          if (tile) found.push({ key: `${store.sceneId}/${x}/${y}`, tile, density, distance: distance + fromFocus });
        }
      }
    }
    return found.sort((a, b) => a.distance - b.distance).slice(0, isSoftware ? 12 : 60);
  }

  /** The ground in the middle of the window. */
  private focus(): LonLat | undefined {
    const { camera, canvas, globe } = this.stage.scene;
    const ray = camera.getPickRay(new Cartesian2(canvas.clientWidth / 2, canvas.clientHeight / 2));
    const hit = ray && globe.pick(ray, this.stage.scene);
    if (!hit) return undefined;
    const place = Cartographic.fromCartesian(hit);
    return [(place.longitude * 180) / Math.PI, (place.latitude * 180) / Math.PI];
  }

  /** False for tiles wholly behind the camera. */
  private isAhead(x: number, y: number, above: number): boolean {
    const { camera } = this.stage.scene;
    const [w, s, e, n] = tileBounds(ZOOM, x, y);
    const height = camera.positionCartographic.height - above;
    return [[w, s], [w, n], [e, s], [e, n], [(w + e) / 2, (s + n) / 2]].some(([lon, lat]) => {
      const corner = Cartesian3.fromDegrees(lon ?? 0, lat ?? 0, height);
      const offset = Cartesian3.subtract(corner, camera.positionWC, corner);
      return Cartesian3.dot(offset, camera.directionWC) > 0;
    });
  }

  /** Places one tile's trees; `drawn` ends when its model is, so that models load side by side. */
  private async plant(key: string, tile: DecodedTile, density: number): Promise<{ drawn: Promise<void> }> {
    const [w, s, e, n] = tileBounds(tile.z, tile.x, tile.y);
    const lon0 = (w + e) / 2;
    const lat0 = (s + n) / 2;
    const kx = METRES_PER_DEGREE * Math.cos((lat0 * Math.PI) / 180);
    const trees: PlacedTree[] = [];
    const base = this.stage.heightAt(lon0, lat0) ?? 0;
    const ground = new HeightGrid([w, s, e, n], (lon, lat) => this.stage.heightAt(lon, lat));
    let sinceBreath = performance.now();
    for (const parcel of tile.layers["parcel"] ?? []) {
      for (const place of treesOf(parcel, tile, ((e - w) * kx) / EXTENT, ((n - s) * METRES_PER_DEGREE) / EXTENT)) {
        const kept = place.kind === "fruit" ? Math.max(0.6, density) : density;
        if (kept < 1 && fraction(place.turn * 1e5, parcel.cid) > kept) continue;
        const lon = w + ((e - w) * place.u) / EXTENT;
        const lat = n - ((n - s) * place.v) / EXTENT;
        const height = ground.at(lon, lat);
        if (height === undefined) continue;
        // Fewer trees stand for the same wood: they grow a little instead.
        const grown = place.kind === "fruit" ? 1 : 1 + (1 - density) * 0.35;
        trees.push({
          east: (lon - lon0) * kx,
          north: (lat - lat0) * METRES_PER_DEGREE,
          up: height - base - 0.2,
          height: place.height * grown,
          turn: place.turn,
          kind: place.kind,
        });
        if (performance.now() - sinceBreath > 24) {
          await new Promise((resolve) => setTimeout(resolve, 0));
          sinceBreath = performance.now();
        }
      }
    }
    const grove: Grove = { model: undefined, count: trees.length, density };
    this.groves.set(key, grove);
    if (trees.length === 0) return { drawn: Promise.resolve() };
    const model = await Model.fromGltfAsync({
      url: undefined as never,
      ...({ gltf: treesGlb(trees) } as object),
      modelMatrix: Matrix4.clone(Transforms.eastNorthUpToFixedFrame(Cartesian3.fromDegrees(lon0, lat0, base))),
      // A glTF's z is east of north in Cesium unless told otherwise; tiles say x, and so do we.
      forwardAxis: Axis.X,
      allowPicking: false,
      asynchronous: true,
      incrementallyLoadTextures: false,
      shadows: this.stage.isSoftware ? ShadowMode.DISABLED : ShadowMode.ENABLED,
    });
    model.environmentMapManager.enabled = false;
    model.imageBasedLighting.sphericalHarmonicCoefficients = skyLight();
    if (this.groves.get(key) !== grove) {
      model.destroy();
      return { drawn: Promise.resolve() };
    }
    grove.model = this.stage.scene.primitives.add(model) as Model;
    return { drawn: ready(model, this.stage) };
  }
}

/** In request-render mode nothing advances by itself: frames are asked for until the model is ready. */
function ready(model: Model, stage: Stage): Promise<void> {
  return new Promise((resolve) => {
    if (model.ready) {
      resolve();
      return;
    }
    const again = setInterval(() => stage.scene.requestRender(), 30);
    const finish = (): void => {
      clearInterval(again);
      resolve();
    };
    model.readyEvent.addEventListener(finish);
    model.errorEvent.addEventListener((error: unknown) => {
      console.error("trees", error);
      finish();
    });
  });
}
