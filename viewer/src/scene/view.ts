/** What the screen knows of the 3D scene: show a division, select a place, move, and when all of it is there. */

import { Cartesian2, Cartographic, Cesium3DTileFeature, Math as CesiumMath, Matrix4, ScreenSpaceEventHandler, ScreenSpaceEventType } from "@cesium/engine";
import type { Bounds, Child, LabelKind, ImportedModel, LonLat, MapLabel, Outlines, PlaceKind, ScenePointer, SceneRef } from "../contracts";
import { CameraMoves, type CameraPose, type Nudge } from "./camera";
import type { Rectangle } from "./declutter";
import { hitAt, ringsInDegrees, type Hit } from "./hit";
import { ImportedModels } from "./imported";
import { Labels } from "./labels";
import { Marks, type Mark } from "./marks";
import { centreOf, contains, grow, union } from "./mercator";
import type { Outline, ThemePaint } from "./paint";
import { isInside, ringsOf } from "./rings";
import { Selection } from "./selection";
import { Stage } from "./stage";
import { sunlightAt, type Sunlight } from "./sunlight";
import { BuildingTints } from "./tints";
import { Trees } from "./trees";
import { EXTENT, VectorStore } from "./vector-store";

export interface ViewEvents {
  onPlace(hit: Hit): void;
  onChild(code: string): void;
  onNothing(): void;
  onHeading(degrees: number): void;
  onReady(): void;
  onBuildings(): void;
  /** A marker of a live overlay was clicked. */
  onMark(mark: Mark): void;
  /** Somebody took the scene in hand: a press, a wheel, a pinch. */
  onTouch(): void;
}

export interface ViewOptions {
  host: HTMLElement;
  labelCanvas: HTMLCanvasElement;
  labelButtons: HTMLElement;
  scenes: { ref: SceneRef; pointer: ScenePointer; base: string }[];
  models?: readonly ImportedModel[];
  /** Used when there is no scene. */
  fallbackBounds: Bounds;
  isPhone: boolean;
  /** Shares of the window free of panels. */
  free(): [number, number];
  covered(): Rectangle[];
  events: ViewEvents;
}

export interface Shown {
  code: string;
  bounds: Bounds | null;
  children: Child[];
  outlines: Outlines | null;
  labels: MapLabel[];
  /** Where to look from; without it the whole division is framed. */
  pose?: CameraPose | null;
}

const PLACES_NEAR: PlaceKind[] = ["courtyard", "road", "water", "parcel"];
const PLACES_FAR: PlaceKind[] = ["courtyard"];

/** Frames without anything left to load after which the picture counts as complete. */
const QUIET_FRAMES = 4;

export class SceneView {
  readonly marks: Record<string, number> = {};
  ready = false;
  buildingsReady = false;
  /** Frames drawn so far. */
  frameCount = 0;
  private readonly stage: Stage;
  private readonly imported: ImportedModels;
  private readonly stores: VectorStore[];
  private readonly camera: CameraMoves;
  private readonly labels: Labels;
  private readonly trees: Trees;
  private readonly selection: Selection;
  private readonly tints: BuildingTints;
  private readonly marks3d: Marks;
  private hidden: ReadonlySet<string> = new Set();
  private shown: Shown | undefined;
  private isTop = false;
  private isAttached = false;
  private readonly lastView = new Matrix4();
  private watching: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly options: ViewOptions) {
    this.stores = options.scenes.map(({ ref, pointer, base }) => new VectorStore(ref.id, pointer, base));
    const heights = options.scenes.find(({ pointer }) => pointer.terrain)?.pointer.height_range ?? [0, 0];
    const usual = heights[0] + (heights[1] - heights[0]) * 0.25;
    const bounds = union(options.scenes.map(({ pointer }) => pointer.bounds)) ?? grow(options.fallbackBounds, 1500);
    this.stage = new Stage({
      container: options.host,
      bounds,
      stores: this.stores,
      bases: options.scenes.map(({ base }) => base),
      outlines: [],
      isPhone: options.isPhone,
      groundHeight: usual,
    });
    const isCalm = this.stage.isSoftware || matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.camera = new CameraMoves(
      this.stage.scene,
      usual,
      isCalm,
      (lon, lat) => this.stage.heightAt(lon, lat),
      (lon, lat) => this.stage.groundHeight(lon, lat),
    );
    this.trees = new Trees(this.stage, this.stores);
    this.tints = new BuildingTints(this.stage);
    this.imported = new ImportedModels(this.stage.scene, options.models ?? []);
    this.stage.onTileset = () => this.dressTilesets();
    this.selection = new Selection(this.stage, this.tints, usual);
    this.marks3d = new Marks(this.stage, options.labelCanvas, usual);
    this.labels = new Labels({
      stage: this.stage,
      canvas: options.labelCanvas,
      buttons: options.labelButtons,
      fallbackHeight: usual,
      covered: options.covered,
      onChild: (child) => options.events.onChild(child.code),
    });
    this.listen();
    this.mark("widget");
  }

  get tileFailed(): number {
    return this.stage.tileFailed;
  }

  get treeCount(): number {
    return this.trees.count;
  }

  get labelCount(): number {
    return this.labels.shown;
  }

  get renderer(): string {
    return this.stage.renderer;
  }

  get drapeStatistics(): { drawn: number; milliseconds: number } {
    return this.stage.drapeStatistics;
  }

  /** Reads what the first `show` needs to know of the ground. */
  prepare(): Promise<void> {
    return this.stage.readTerrain();
  }

  /** Attaches terrain and buildings; call after the first `show`, so that only the tiles in view are fetched. */
  async attach(): Promise<void> {
    await this.stage.attach();
    this.isAttached = true;
    this.mark("attached");
    this.unsettle();
  }

  private mark(name: string): void {
    this.marks[name] ??= Math.round(performance.now());
  }

  private listen(): void {
    const { scene } = this.stage;
    const handler = new ScreenSpaceEventHandler(scene.canvas);
    handler.setInputAction((event: { position: Cartesian2 }) => void this.click(event.position), ScreenSpaceEventType.LEFT_CLICK);
    for (const kind of ["pointerdown", "wheel", "touchstart"] as const) {
      scene.canvas.addEventListener(kind, () => this.options.events.onTouch(), { passive: true });
    }
    scene.postRender.addEventListener(() => {
      this.frameCount += 1;
      // Cesium's own move events come half a second late, which on a slow machine is after the picture was complete.
      if (!Matrix4.equalsEpsilon(scene.camera.viewMatrix, this.lastView, 1e-6)) {
        Matrix4.clone(scene.camera.viewMatrix, this.lastView);
        this.unsettle();
      }
      this.options.events.onHeading(this.camera.headingDegrees);
    });
    scene.renderError.addEventListener((_scene: unknown, error: unknown) => console.error("render", error));
  }

  /** Shows a division: its outlines on the ground, its names above, and moves the camera to it. */
  async show(shown: Shown, instant: boolean): Promise<void> {
    this.shown = shown;
    this.clearSelection();
    this.stage.redrape({ outlines: this.outlinesOf(shown) });
    this.labels.setChildren(shown.children);
    this.labels.setLabels(shown.labels);
    this.unsettle();
    if (shown.pose) this.camera.stand(shown.pose);
    else await this.home(instant);
  }

  private outlinesOf(shown: Shown): Outline[] {
    return (shown.outlines?.features ?? []).map((feature) => ({
      code: feature.properties.code,
      rings: ringsOf(feature.geometry),
      isSelf: feature.properties.self ?? feature.properties.code === shown.code,
    }));
  }

  home(instant = false): Promise<void> {
    this.isTop = false;
    return this.camera.frame(this.homeBounds(), this.options.free(), { instant, least: 500 });
  }

  /** The division's own bounds where they lie in the scene; else the whole scene. */
  private homeBounds(): Bounds {
    const whole = union(this.stores.map((store) => store.bounds));
    const own = this.shown?.bounds;
    if (!whole) return own ?? this.options.fallbackBounds;
    if (!own) return whole;
    const common: Bounds = [Math.max(whole[0], own[0]), Math.max(whole[1], own[1]), Math.min(whole[2], own[2]), Math.min(whole[3], own[3])];
    return common[0] < common[2] && common[1] < common[3] ? common : whole;
  }

  toggleTop(): Promise<void> {
    this.isTop = !this.isTop;
    return this.camera.frame(this.homeBounds(), this.options.free(), { pitch: this.isTop ? -89 : -34, least: 500 });
  }

  nudge(how: Nudge): void {
    this.camera.nudge(how);
  }

  faceNorth(): void {
    this.camera.faceNorth();
  }

  /** A drawing tool that takes the clicks while it is in use. */
  clickTaker: ((position: Cartesian2) => void) | null = null;

  /** What drawing tools draw on and measure. */
  get toolStage(): Stage {
    return this.stage;
  }

  get toolStores(): readonly VectorStore[] {
    return this.stores;
  }

  /** Bounds of the ground in the middle of the picture; null when the sky is there. */
  groundShown(): Bounds | null {
    const { scene } = this.stage;
    const { clientWidth, clientHeight } = scene.canvas;
    const found: LonLat[] = [];
    for (const [x, y] of [[0.3, 0.4], [0.7, 0.4], [0.3, 0.8], [0.7, 0.8]] as const) {
      const ray = scene.camera.getPickRay(new Cartesian2(x * clientWidth, y * clientHeight));
      const ground = ray && scene.globe.pick(ray, scene);
      if (!ground) return null;
      const place = Cartographic.fromCartesian(ground);
      found.push([CesiumMath.toDegrees(place.longitude), CesiumMath.toDegrees(place.latitude)]);
    }
    const lons = found.map(([lon]) => lon);
    const lats = found.map(([, lat]) => lat);
    return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
  }

  /** Moves to where a line lies. */
  frameLine(line: readonly LonLat[]): void {
    const lons = line.map(([lon]) => lon);
    const lats = line.map(([, lat]) => lat);
    const bounds: Bounds = [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
    void this.camera.frame(grow(bounds, 80), this.options.free(), { pitch: -50, least: 300 });
  }

  private async click(position: Cartesian2): Promise<void> {
    if (this.clickTaker) {
      this.clickTaker(position);
      return;
    }
    const { scene } = this.stage;
    const marked = this.marks3d.at(position.x, position.y);
    if (marked) {
      if (marked.count > 1 && !marked.mark.code) this.camera.nudge("in");
      else this.options.events.onMark(marked.mark);
      return;
    }
    const picked: unknown = scene.pick(position);
    if (picked instanceof Cesium3DTileFeature) {
      const scene = this.stage.sceneOf(picked.tileset) ?? "";
      this.options.events.onPlace({ kind: "building", cid: Number(picked.getProperty("cid")), scene });
      return;
    }
    const ray = scene.camera.getPickRay(position);
    const ground = ray && scene.globe.pick(ray, scene);
    if (!ground) return;
    const place = Cartographic.fromCartesian(ground);
    const point: LonLat = [CesiumMath.toDegrees(place.longitude), CesiumMath.toDegrees(place.latitude)];
    const child = this.childAt(point);
    const isFar = Math.hypot(scene.camera.positionCartographic.height - place.height) > 2500;
    const hit = isFar ? null : await hitAt(this.stores, point, child ? PLACES_FAR : PLACES_NEAR);
    if (hit) this.options.events.onPlace(hit);
    else if (child) this.options.events.onChild(child);
    else this.options.events.onNothing();
  }

  private childAt([lon, lat]: LonLat): string | null {
    for (const feature of this.shown?.outlines?.features ?? []) {
      const isSelf = feature.properties.self ?? feature.properties.code === this.shown?.code;
      if (!isSelf && isInside(ringsOf(feature.geometry), lon, lat)) return feature.properties.code;
    }
    return null;
  }

  /** Marks a place and moves near it; `bounds` come from its card. */
  async select(kind: PlaceKind, cid: number, sceneId: string, bounds: Bounds | null, buildings: number[], stays = false): Promise<void> {
    const store = this.stores.find((one) => one.sceneId === sceneId) ?? this.stores[0];
    if (!store || !bounds) return;
    const camera = this.stage.scene.camera.positionCartographic;
    const isNear = contains(grow(bounds, 900), [CesiumMath.toDegrees(camera.longitude), CesiumMath.toDegrees(camera.latitude)]) && camera.height - this.camera.groundAt(...centreOf(bounds)) < 500;
    if (!isNear && !stays) await this.camera.frame(grow(bounds, 25), this.options.free(), { pitch: -30, least: 190 });
    const rings = await this.ringsOfPlace(store, kind, cid, bounds);
    this.selection.show({ kind, cid, rings, bounds }, new Set(kind === "building" ? [cid] : buildings));
    this.unsettle();
  }

  /** Whole rings of a place: from the deepest tile that holds it uncut, else the pieces of the deepest zoom. */
  private async ringsOfPlace(store: VectorStore, layer: string, cid: number, bounds: Bounds): Promise<LonLat[][]> {
    for (let zoom = store.maxZoom; zoom >= Math.max(store.pointer.vector_zooms[0], store.maxZoom - 3); zoom--) {
      await store.covering(grow(bounds, 5), zoom);
    }
    const pieces = store.piecesOf(layer, cid);
    const whole = pieces.find(({ feature }) => feature.rings.every((ring) => ring.every((value) => value > 0 && value < EXTENT)));
    const chosen = whole ? [whole] : pieces.filter(({ tile }) => tile.z === pieces[0]?.tile.z);
    return chosen.flatMap(({ tile, feature }) => ringsInDegrees(tile, feature.rings).map((ring) => (feature.type === 3 ? closed(ring) : ring)));
  }

  clearSelection(): void {
    this.selection.clear();
    this.stage.scene.requestRender();
  }

  /** Position in window pixels of a point on the ground; tests click there. */
  windowPositionOf(lon: number, lat: number): { x: number; y: number } | null {
    const world = Cartographic.toCartesian(Cartographic.fromDegrees(lon, lat, this.camera.groundAt(lon, lat)));
    const at = this.stage.scene.cartesianToCanvasCoordinates(world, new Cartesian2());
    const frame = this.stage.scene.canvas.getBoundingClientRect();
    return at ? { x: at.x + frame.left, y: at.y + frame.top } : null;
  }

  /** Starts waiting for tiles, trees and the final, smoothed picture. */
  private unsettle(): void {
    this.ready = false;
    this.stage.draft(true);
    clearInterval(this.watching);
    let quietFrames = 0;
    let seenFrame = this.frameCount;
    let asked = performance.now();
    this.watching = setInterval(() => {
      if (!this.buildingsReady && this.stage.hasBuildings) {
        this.buildingsReady = true;
        this.mark("buildings");
        this.options.events.onBuildings();
      }
      // Loading asks for frames itself; this asks for the frames that show whether anything is left to load.
      const now = performance.now();
      if (now - asked > (quietFrames > 0 ? 30 : 300)) {
        this.stage.scene.requestRender();
        asked = now;
      }
      if (this.frameCount === seenFrame || !this.isAttached) return;
      seenFrame = this.frameCount;
      quietFrames = this.stage.isBusy ? 0 : quietFrames + 1;
      // Counted in frames, not in time: where a frame takes a second, nothing has been asked for before it.
      if (quietFrames < QUIET_FRAMES) return;
      clearInterval(this.watching);
      void this.finish();
    }, 40);
  }

  private async finish(): Promise<void> {
    const watch = this.watching;
    this.mark("tiles");
    await this.trees.settle();
    if (watch !== this.watching) return;
    this.mark("trees");
    this.stage.draft(false);
    this.labels.refresh();
    this.selection.settle();
    this.marks3d.refresh();
    await this.frames(2);
    if (watch !== this.watching) return;
    if (this.stage.isBusy) {
      this.unsettle();
      return;
    }
    this.ready = true;
    this.mark("ready");
    this.options.events.onReady();
  }

  get pose(): CameraPose {
    return this.camera.pose;
  }

  /** Looks from a kept position; flies there unless the machine is slow or motion is unwanted. */
  goTo(pose: CameraPose, instant = false): Promise<void> {
    return this.camera.goTo(pose, instant);
  }

  get scenes(): { id: string; pointer: ScenePointer }[] {
    return this.stores.map(({ sceneId, pointer }) => ({ id: sceneId, pointer }));
  }

  /** Leaves layers out: ids of drawn layers, `trees`, `labels`, `plates`, and single scenes as `scene:<id>`. */
  setHidden(hidden: ReadonlySet<string>): void {
    const before = this.hidden;
    this.hidden = new Set(hidden);
    const labels = new Set<LabelKind>();
    if (hidden.has("labels")) for (const kind of ["road", "water", "hill", "village"] as const) labels.add(kind);
    if (hidden.has("plates")) labels.add("courtyard");
    this.labels.hide(labels);
    this.dressTilesets();
    void this.trees.show(!hidden.has("trees"));
    const drawn = (set: ReadonlySet<string>): string => [...set].filter((id) => id !== "labels" && id !== "plates").sort().join(" ");
    if (drawn(before) !== drawn(hidden)) this.stage.redrape({ hidden: this.hidden });
    this.unsettle();
  }

  private dressTilesets(): void {
    for (const [scene, tileset] of this.stage.tilesetByScene) {
      tileset.show = !this.hidden.has("building") && !this.hidden.has(`scene:${scene}`);
    }
    this.imported.dress(this.hidden, this.stage.tilesets);
    this.tints.apply();
  }

  /** Colours places by a theme; null takes it off. No tile is fetched for it. */
  setTheme(theme: ThemePaint | null): void {
    const buildings = theme?.subject === "building" ? (theme.colours as ReadonlyMap<number, string>) : (theme?.buildings ?? null);
    this.tints.colour(buildings, theme?.none ?? "#ffffff");
    this.stage.redrape({ theme });
    this.unsettle();
  }

  setMarks(marks: readonly Mark[]): void {
    this.marks3d.set(marks);
  }

  get markCount(): number {
    return this.marks3d.count;
  }

  /** Light of an hour; null is the usual afternoon. Returns where the sun stands. */
  setSun(date: Date | null, isFinal = true): Sunlight | null {
    const sun = date && sunlightAt(date, this.stage.frame);
    this.stage.setSun(sun, isFinal);
    if (isFinal) this.unsettle();
    return sun;
  }

  get hasShadows(): boolean {
    return this.stage.scene.shadowMap.enabled;
  }

  /** Shows a newer revision of a scene; the selection stays, its outline is drawn on the new shape. */
  async follow(sceneId: string, pointer: ScenePointer): Promise<void> {
    const index = this.stores.findIndex((store) => store.sceneId === sceneId);
    const before = this.stores[index];
    if (!before || before.pointer.revision === pointer.revision) return;
    const store = before.successor(pointer);
    this.unsettle();
    this.trees.clear(sceneId);
    await this.stage.replace(store, index);
    this.unsettle();
  }

  /** An older revision of a scene left of the divider; null ends the comparison. */
  async compare(sceneId: string, pointer: ScenePointer | null, split: number): Promise<void> {
    const store = this.stores.find((one) => one.sceneId === sceneId) ?? this.stores[0];
    if (!store) return;
    this.setSplit(split);
    await this.stage.compare(pointer ? store.successor(pointer) : null);
    this.unsettle();
  }

  /** Share of the window left of the divider. */
  setSplit(split: number): void {
    this.stage.scene.splitPosition = split;
    this.stage.scene.requestRender();
  }

  setLabels(labels: MapLabel[]): void {
    this.labels.setLabels(labels);
    this.stage.scene.requestRender();
  }

  private async frames(count: number): Promise<void> {
    const { scene } = this.stage;
    for (let i = 0; i < count; i++) {
      await new Promise<void>((resolve) => {
        const stop = scene.postRender.addEventListener(() => {
          stop();
          resolve();
        });
        scene.requestRender();
      });
    }
  }

  destroy(): void {
    clearInterval(this.watching);
    this.marks3d.remove();
    this.stage.destroy();
  }
}

function closed(ring: LonLat[]): LonLat[] {
  const [first] = ring;
  const last = ring[ring.length - 1];
  return first && last && (first[0] !== last[0] || first[1] !== last[1]) ? [...ring, first] : ring;
}
