/** The Cesium scene of the screen: terrain, drape, buildings, light and haze, set up for GPUs and for software renderers. */

import {
  Cartesian3,
  Cartesian4,
  Cartographic,
  Cesium3DTileset,
  CesiumTerrainProvider,
  CesiumWidget,
  Color,
  Credit,
  CreditDisplay,
  DirectionalLight,
  EllipsoidTerrainProvider,
  ImageryLayer,
  Ion,
  JulianDate,
  Matrix4,
  Rectangle,
  ShadowMode,
  SplitDirection,
  Transforms,
  sampleTerrainMostDetailed,
  type Globe,
  type Scene,
  type TerrainProvider,
} from "@cesium/engine";
import type { Bounds, LonLat } from "../contracts";
import { buildingShader } from "./building-shader";
import { DrapeProvider } from "./drape-provider";
import { Haze, type HazeColours } from "./haze";
import { SHADOW, travelInWorld } from "./light";
import { JoinedTerrain, type TerrainPart } from "./joined-terrain";
import { centreOf, contains, grow, sizeOf } from "./mercator";
import type { Outline, ThemePaint } from "./paint";
import type { Sunlight } from "./sunlight";
import { isSoftwareRenderer, rendererName } from "./software";
import { TextureSet } from "./textures";
import { VectorStore } from "./vector-store";

Ion.defaultAccessToken = "";
// Cesium's default credit is a picture with a link to a hosted service; the page names CesiumJS in its own attribution.
CreditDisplay.cesiumCredit = new Credit("CesiumJS");

export const DAY: HazeColours = { zenith: "#6f9fc4", horizon: "#d9e4e6", below: "#a9bcc0" };

export interface StageOptions {
  container: HTMLElement;
  bounds: Bounds;
  stores: VectorStore[];
  /** Folder address of each scene, in the order of `stores`. */
  bases: string[];
  outlines: Outline[];
  isPhone: boolean;
  /** Usual height of the ground in metres. */
  groundHeight: number;
}

/** What the ground is painted with. */
export interface Ground {
  outlines: Outline[];
  theme: ThemePaint | null;
  hidden: ReadonlySet<string>;
  shadow: [number, number];
}

/** An older state of a scene, shown left of the divider. */
interface Compared {
  tileset: Cesium3DTileset | undefined;
  drape: ImageryLayer;
}

export class Stage {
  readonly widget: CesiumWidget;
  readonly isSoftware: boolean;
  readonly renderer: string;
  readonly frame: Matrix4;
  readonly centre: LonLat;
  /** Built buildings by scene. */
  readonly tilesetByScene = new Map<string, Cesium3DTileset>();
  /** Called when another set of buildings came: it needs the present style. */
  onTileset: () => void = () => undefined;
  /** Failed terrain, building and drape tiles. */
  private failures = 0;
  private readonly place = new Cartographic();
  private terrain: TerrainProvider | undefined;
  private terrains: TerrainPart[] = [];
  private drape: ImageryLayer | undefined;
  private provider: DrapeProvider | undefined;
  private readonly textures = new TextureSet();
  private ground: Ground;
  private readonly fading: ImageryLayer[] = [];
  private compared: Compared | undefined;
  private haze: Haze | undefined;
  private travel = new Cartesian3();

  constructor(private readonly options: StageOptions) {
    this.ground = { outlines: options.outlines, theme: null, hidden: new Set(), shadow: SHADOW };
    this.renderer = rendererName();
    this.isSoftware = isSoftwareRenderer(this.renderer);
    this.centre = centreOf(options.bounds);
    this.frame = Transforms.eastNorthUpToFixedFrame(Cartesian3.fromDegrees(...this.centre));
    this.widget = new CesiumWidget(options.container, {
      baseLayer: false,
      skyBox: false,
      skyAtmosphere: false,
      shadows: !this.isSoftware && !options.isPhone,
      requestRenderMode: true,
      maximumRenderTimeChange: Infinity,
      orderIndependentTranslucency: !this.isSoftware,
      msaaSamples: this.isSoftware ? 1 : 4,
      useBrowserRecommendedResolution: this.isSoftware,
      // Attribution is shown by the page itself, without Cesium's logo request.
      creditContainer: document.createElement("div"),
      terrainProvider: new EllipsoidTerrainProvider(),
    });
    this.dress();
  }

  get scene(): Scene {
    return this.widget.scene;
  }

  get tilesets(): Cesium3DTileset[] {
    return [...this.tilesetByScene.values()];
  }

  /** Those of the older state beside it included. */
  get allTilesets(): Cesium3DTileset[] {
    return this.compared?.tileset ? [...this.tilesets, this.compared.tileset] : this.tilesets;
  }

  sceneOf(tileset: unknown): string | undefined {
    return [...this.tilesetByScene].find(([, one]) => one === tileset)?.[0];
  }

  get tileFailed(): number {
    return this.failures + (this.provider?.failed ?? 0) + this.options.stores.reduce((sum, store) => sum + store.failed, 0);
  }

  /** True while tiles are being fetched, built or drawn. */
  get isBusy(): boolean {
    return !this.scene.globe.tilesLoaded || (this.provider?.pending ?? 0) > 0 || this.tilesets.some((tileset) => !tileset.tilesLoaded);
  }

  /** True once the buildings in view have been drawn (or there are none to draw). */
  get hasBuildings(): boolean {
    const wanted = this.options.stores.filter((store) => store.pointer.tileset).length;
    return this.tilesets.length === wanted && this.tilesets.every((tileset) => tileset.tilesLoaded);
  }

  get drapeStatistics(): { drawn: number; milliseconds: number } {
    return { drawn: this.provider?.drawn ?? 0, milliseconds: this.provider?.drawMilliseconds ?? 0 };
  }

  private dress(): void {
    const { scene } = this;
    const { globe } = scene;
    scene.backgroundColor = Color.fromCssColorString(DAY.horizon);
    scene.fog.enabled = false;
    if (scene.sun) scene.sun.show = false;
    if (scene.moon) scene.moon.show = false;
    scene.highDynamicRange = false;
    if (this.isSoftware) {
      // Logarithmic depth is written by every fragment, which costs a sixth of a frame; one frustum is enough for a county.
      scene.logarithmicDepthBuffer = false;
      scene.farToNearRatio = 10_000;
      scene.camera.frustum.near = 3;
    }
    this.widget.clock.currentTime = JulianDate.fromIso8601("2026-05-20T07:00:00Z");
    this.widget.clock.shouldAnimate = false;
    globe.baseColor = Color.fromCssColorString(this.textures.flat("ground"));
    globe.depthTestAgainstTerrain = true;
    globe.showGroundAtmosphere = false;
    globe.enableLighting = true;
    globe.dynamicAtmosphereLighting = false;
    globe.lambertDiffuseMultiplier = 0.78;
    globe.vertexShadowDarkness = 0.42;
    globe.maximumScreenSpaceError = this.isSoftware ? 3.2 : this.options.isPhone ? 2.6 : 2;
    globe.tileCacheSize = 200;
    if (this.isSoftware) hurry(globe);
    const shown = grow(this.options.bounds, 400);
    globe.cartographicLimitRectangle = Rectangle.fromDegrees(...shown);
    const travel = (this.travel = travelInWorld(this.frame));
    scene.light = new DirectionalLight({ direction: travel, intensity: 1.9, color: Color.fromCssColorString("#fff4e2") });
    const [width, height] = sizeOf(this.options.bounds);
    const fade = Math.min(width, height) * 0.16;
    this.haze = new Haze(scene, { frame: this.frame, half: [width / 2, height / 2], ground: this.options.groundHeight, fade }, travel, DAY);
    scene.postProcessStages.fxaa.enabled = true;
    scene.shadowMap.maximumDistance = 1800;
    scene.shadowMap.size = 2048;
    scene.shadowMap.softShadows = true;
    scene.shadowMap.darkness = 0.55;
    scene.screenSpaceCameraController.minimumZoomDistance = 25;
    scene.screenSpaceCameraController.maximumZoomDistance = Math.max(width, height) * 3;
    this.redrape({});
    scene.postRender.addEventListener(() => this.dropFaded());
  }

  /**
   * A software renderer draws drafts at half the resolution and without smoothing while tiles load or the camera moves,
   * and one full picture when all is there. Tile selection counts in page pixels, so it is the same for both.
   */
  draft(isDraft: boolean): void {
    if (!this.isSoftware) return;
    const scale = isDraft ? 0.5 : 1;
    if (this.widget.resolutionScale !== scale) this.widget.resolutionScale = scale;
    this.scene.postProcessStages.fxaa.enabled = !isDraft;
  }

  /** Draws the ground anew; decoded tiles are kept, the old ground stays until the new one shows. */
  redrape(change: Partial<Ground>): void {
    this.ground = { ...this.ground, ...change };
    const before = this.drape;
    const wasDrawn = (this.provider?.drawn ?? 0) > 0;
    this.provider = this.painter(this.options.stores);
    this.drape = this.layer(this.provider);
    if (this.compared) this.drape.splitDirection = SplitDirection.RIGHT;
    this.scene.imageryLayers.add(this.drape, before ? this.scene.imageryLayers.indexOf(before) + 1 : undefined);
    if (before && wasDrawn) this.fading.push(before);
    else if (before) this.scene.imageryLayers.remove(before, true);
    this.scene.requestRender();
  }

  private painter(stores: VectorStore[]): DrapeProvider {
    return new DrapeProvider({
      stores,
      ...this.ground,
      textures: this.textures,
      origin: this.centre,
      size: this.isSoftware || this.options.isPhone ? 512 : 1024,
      isSoftware: this.isSoftware,
      hasCastShadows: this.scene.shadowMap.enabled,
      onDrawn: () => this.scene.requestRender(),
    });
  }

  private layer(provider: DrapeProvider): ImageryLayer {
    return new ImageryLayer(provider, { maximumAnisotropy: this.isSoftware ? 4 : 16 });
  }

  /** Takes the old ground away once the new one lies on all tiles in view. */
  private dropFaded(): void {
    if (this.fading.length === 0 || !this.provider || this.provider.drawn === 0) return;
    if (this.provider.pending > 0 || !this.scene.globe.tilesLoaded) return;
    for (const layer of this.fading.splice(0)) this.scene.imageryLayers.remove(layer, true);
    this.scene.requestRender();
  }

  /** Light of another hour; `isFinal` also paints the shadows on the ground, which takes longer than a frame. */
  setSun(sun: Sunlight | null, isFinal: boolean): void {
    const { scene } = this;
    const light = scene.light as DirectionalLight;
    Cartesian3.clone(sun?.travel ?? travelInWorld(this.frame), this.travel);
    light.direction = Cartesian3.clone(this.travel);
    light.intensity = sun?.intensity ?? 1.9;
    light.color = sun?.colour ?? Color.fromCssColorString("#fff4e2");
    scene.globe.vertexShadowDarkness = sun && sun.elevation < 4 ? 0.2 : 0.42;
    this.haze?.tone(sun?.sky ?? DAY);
    scene.backgroundColor = Color.fromCssColorString((sun?.sky ?? DAY).horizon);
    if (isFinal) this.redrape({ shadow: sun?.shadow ?? SHADOW });
    scene.requestRender();
  }

  /** Puts a newer state of a scene in the place of the old one: loaded unseen, then shown, so that nothing flashes. */
  async replace(store: VectorStore, index: number): Promise<void> {
    const { stores } = this.options;
    stores[index] = store;
    this.redrape({});
    const before = this.tilesetByScene.get(store.sceneId);
    if (!store.pointer.tileset) {
      if (before) this.scene.primitives.remove(before);
      this.tilesetByScene.delete(store.sceneId);
      return;
    }
    const tileset = await this.loadTileset(store, before !== undefined);
    if (stores[index] !== store) {
      this.scene.primitives.remove(tileset);
      return;
    }
    if (before) {
      await loaded(tileset, this.scene);
      tileset.show = before.show;
      tileset.splitDirection = before.splitDirection;
      this.scene.primitives.remove(before);
    }
    this.tilesetByScene.set(store.sceneId, tileset);
    this.onTileset();
    this.scene.requestRender();
  }

  /** Shows an older state of one scene left of the divider; null ends the comparison. */
  async compare(store: VectorStore | null): Promise<void> {
    const old = this.compared;
    this.compared = undefined;
    if (old?.tileset) this.scene.primitives.remove(old.tileset);
    if (old) this.scene.imageryLayers.remove(old.drape, true);
    const side = store ? SplitDirection.RIGHT : SplitDirection.NONE;
    if (this.drape) this.drape.splitDirection = side;
    for (const tileset of this.tilesets) tileset.splitDirection = side;
    if (store) {
      const drape = this.layer(this.painter([store]));
      drape.splitDirection = SplitDirection.LEFT;
      this.scene.imageryLayers.add(drape);
      this.compared = { tileset: undefined, drape };
      if (store.pointer.tileset) {
        const tileset = await this.loadTileset(store, false);
        tileset.splitDirection = SplitDirection.LEFT;
        if (this.compared) this.compared.tileset = tileset;
        else this.scene.primitives.remove(tileset);
      }
      this.onTileset();
    }
    this.scene.requestRender();
  }

  /** Reads what terrain there is, so that the camera knows the ground before the first tile is drawn. */
  async readTerrain(): Promise<void> {
    const { stores, bases } = this.options;
    this.terrains = await Promise.all(
      stores.flatMap(({ pointer, bounds }, i) =>
        pointer.terrain
          ? [
              CesiumTerrainProvider.fromUrl(new URL(pointer.terrain, bases[i]).href, { requestVertexNormals: true }).then(
                (provider) => ({ bounds, provider }),
              ),
            ]
          : [],
      ),
    );
    const [only] = this.terrains;
    if (!only) return;
    this.terrain = this.terrains.length === 1 ? only.provider : new JoinedTerrain(this.terrains);
    this.terrain.errorEvent.addEventListener(() => (this.failures += 1));
  }

  /** Height in metres of the ground as drawn now; undefined while it is not there yet. */
  heightAt(lon: number, lat: number): number | undefined {
    if (this.terrain && this.scene.terrainProvider !== this.terrain) return undefined;
    return this.scene.globe.getHeight(Cartographic.fromDegrees(lon, lat, 0, this.place));
  }

  /** Height of the ground in metres, from the finest tile there is; undefined outside the terrain. */
  async groundHeight(lon: number, lat: number): Promise<number | undefined> {
    if (!this.terrain) return 0;
    const part = this.terrains.find(({ bounds }) => contains(bounds, [lon, lat]));
    if (!part) return undefined;
    const point = Cartographic.fromDegrees(lon, lat);
    await sampleTerrainMostDetailed(part.provider, [point]).catch(() => undefined);
    return (point.height as number | undefined) || undefined;
  }

  /** Heights in metres under many points, from the finest tiles there are; undefined outside the terrain. */
  async groundHeights(points: readonly LonLat[]): Promise<(number | undefined)[]> {
    const places = points.map(([lon, lat]) => Cartographic.fromDegrees(lon, lat));
    const known = new Set<Cartographic>();
    await Promise.all(
      this.terrains.map(async ({ bounds, provider }) => {
        const inside = places.filter((_place, i) => contains(bounds, points[i] as LonLat));
        await sampleTerrainMostDetailed(provider, inside).catch(() => undefined);
        for (const place of inside) if (Number.isFinite(place.height)) known.add(place);
      }),
    );
    return places.map((place) => (known.has(place) ? place.height : undefined));
  }

  /** Attaches terrain and loads buildings; resolves when both are attached, not when their tiles are there. */
  async attach(): Promise<void> {
    if (this.terrain) this.scene.terrainProvider = this.terrain;
    await Promise.all(
      this.options.stores.map(async (store) => {
        if (store.pointer.tileset) this.tilesetByScene.set(store.sceneId, await this.loadTileset(store, false));
      }),
    );
    this.onTileset();
    this.scene.requestRender();
  }

  private async loadTileset(store: VectorStore, isHidden: boolean): Promise<Cesium3DTileset> {
    const tileset = await Cesium3DTileset.fromUrl(store.address(store.pointer.tileset ?? ""), {
      maximumScreenSpaceError: this.isSoftware ? 20 : 12,
      shadows: this.isSoftware ? ShadowMode.DISABLED : ShadowMode.ENABLED,
      environmentMapOptions: { enabled: false } as never,
      cullRequestsWhileMoving: false,
      show: !isHidden,
      preloadWhenHidden: isHidden,
    });
    tileset.customShader = buildingShader();
    tileset.environmentMapManager.enabled = false;
    tileset.imageBasedLighting.sphericalHarmonicCoefficients = skyLight();
    tileset.tileFailed.addEventListener((error: unknown) => {
      console.error("building tile", error);
      this.failures += 1;
    });
    return this.scene.primitives.add(tileset) as Cesium3DTileset;
  }

  destroy(): void {
    this.widget.destroy();
  }
}

/** Resolves when a tileset has loaded what the view needs; frames are asked for, because it draws nothing itself. */
function loaded(tileset: Cesium3DTileset, scene: Scene): Promise<void> {
  return new Promise((resolve) => {
    let frames = 0;
    const again = setInterval(() => scene.requestRender(), 30);
    const stop = scene.postRender.addEventListener(() => {
      frames += 1;
      // The first frame only asks for the root.
      if (frames < 3 || !tileset.tilesLoaded) return;
      clearInterval(again);
      stop();
      resolve();
    });
  });
}

/**
 * Cesium spends at most 5 ms a frame on preparing terrain tiles. Where a frame takes 200 ms that starves the loading;
 * the limit has no public setter, so this reaches inside and does nothing when the name changes.
 */
function hurry(globe: Globe): void {
  const surface = (globe as unknown as { _surface?: { _loadQueueTimeSlice?: number } })._surface;
  if (surface?._loadQueueTimeSlice !== undefined) surface._loadQueueTimeSlice = 120;
}

/** Soft light from all sides, a little stronger from above; third-order spherical harmonics, only the first two bands. */
export function skyLight(): Cartesian3[] {
  const zero = (): Cartesian3 => new Cartesian3();
  return [new Cartesian3(0.62, 0.66, 0.72), zero(), new Cartesian3(0.1, 0.1, 0.12), zero(), zero(), zero(), zero(), zero(), zero()];
}

/** Position of a point in the window, or undefined behind the camera. */
export function windowPosition(scene: Scene, world: Cartesian3, scratch: Cartesian4): { x: number; y: number; w: number } | undefined {
  const camera = scene.camera;
  const eye = Matrix4.multiplyByVector(camera.viewMatrix, Cartesian4.fromElements(world.x, world.y, world.z, 1, scratch), scratch);
  const clip = Matrix4.multiplyByVector(camera.frustum.projectionMatrix, eye, scratch);
  if (clip.w <= 0) return undefined;
  const { clientWidth, clientHeight } = scene.canvas;
  return { x: ((clip.x / clip.w + 1) / 2) * clientWidth, y: ((1 - clip.y / clip.w) / 2) * clientHeight, w: clip.w };
}
