/** The pen on the map: sets corners, moves, adds and removes them by mouse, finger or key, snapping to what is near. */

import type { GeoJSONSource, Map, MapMouseEvent, MapTouchEvent } from "maplibre-gl";
import type { Bounds, LonLat } from "../contracts";
import { arrowStep } from "../map/sending";
import { type Corner, edges, EMPTY, insert, move, type PenKind, remove, type Shape } from "./shape";
import { snap, type SnapKind, type Snapped } from "./snapping";
import { Steps } from "./steps";

const NEAR_PX = 12;
const FINGER_PX = 22;
const SAME_PX = 3;
const LEAST: Record<PenKind, number> = { point: 1, line: 2, area: 3 };

/** A ring or line of another place with its box. */
export interface Target {
  line: LonLat[];
  box: Bounds;
}

export interface PenEvents {
  /** The shape is another one, or its state is; `edge` is the length in metres being drawn. */
  changed: (shape: Shape, hint: SnapKind, over: LonLat | null) => void;
  finished: () => void;
  cancelled: () => void;
  moved: (centre: LonLat) => void;
}

export class Pen {
  private steps = new Steps<Shape>(EMPTY("area"));
  private mode: "off" | "draw" | "edit" = "off";
  private chosen: Corner | null = null;
  private drag: { corner: Corner; shape: Shape } | null = null;
  private over: Snapped | null = null;
  private targets: Target[] = [];
  private isFinger = false;
  private allowsPoint = false;

  constructor(
    private readonly map: Map,
    private readonly events: PenEvents,
  ) {
    map.on("mousemove", (event) => this.hover(event));
    map.on("touchmove", (event) => this.hover(event));
    map.on("mousedown", (event) => this.press(event));
    map.on("touchstart", (event) => this.press(event));
    map.on("mouseup", () => this.release());
    map.on("touchend", () => this.release());
    map.on("dblclick", (event) => {
      if (this.mode === "off") return;
      event.preventDefault();
      if (this.mode === "draw") this.finish();
    });
  }

  get isActive(): boolean {
    return this.mode !== "off";
  }

  get isDrawing(): boolean {
    return this.mode === "draw";
  }

  get shape(): Shape {
    return this.drag?.shape ?? this.steps.now;
  }

  get isChanged(): boolean {
    return this.steps.isChanged;
  }

  get can(): { undo: boolean; redo: boolean; finish: boolean; deleteCorner: boolean } {
    const [ring = []] = this.shape.rings;
    return {
      undo: this.steps.canUndo,
      redo: this.steps.canRedo,
      finish: this.mode === "draw" && (ring.length >= LEAST[this.shape.kind] || (this.allowsPoint && ring.length === 1)),
      deleteCorner: this.mode === "edit" && this.chosen !== null,
    };
  }

  /** Begins a new shape; `allowsPoint`: a single corner is a shape as well. */
  draw(kind: PenKind, allowsPoint: boolean): void {
    this.begin(EMPTY(kind), "draw");
    this.allowsPoint = allowsPoint;
  }

  edit(shape: Shape): void {
    this.begin(shape, "edit");
  }

  stop(): void {
    this.begin(EMPTY("area"), "off");
  }

  snapTo(targets: Target[]): void {
    this.targets = targets;
  }

  undo(): void {
    this.settle(() => this.steps.undo());
  }

  redo(): void {
    this.settle(() => this.steps.redo());
  }

  /** Puts another shape under the pen, as typed coordinates do. */
  replace(shape: Shape): void {
    this.settle(() => this.steps.push(shape));
  }

  finish(): void {
    if (!this.can.finish) return;
    const shape = this.shape;
    const [ring = []] = shape.rings;
    if (this.allowsPoint && ring.length < LEAST[shape.kind]) this.steps.push({ kind: "point", rings: [ring.slice(0, 1)], parts: [1] });
    this.mode = "edit";
    this.over = null;
    this.show("none");
    this.events.finished();
  }

  deleteCorner(): void {
    const corner = this.chosen;
    if (!corner || this.mode !== "edit") return;
    this.settle(() => this.steps.push(remove(this.steps.now, corner, LEAST[this.shape.kind])));
  }

  /** A click at a place of the map; false when the pen is off. */
  click(place: LonLat): boolean {
    if (this.mode === "off") return false;
    if (this.mode === "edit") {
      this.chosen = this.cornerNear(place);
      this.show("none");
      return true;
    }
    this.add(place);
    return true;
  }

  /** Handles a key pressed on the map; false when it means nothing to the pen. */
  key(event: KeyboardEvent): boolean {
    if (this.mode === "off") return false;
    const centre = this.centre();
    const letter = event.key.toLowerCase();
    if ((event.ctrlKey || event.metaKey) && (letter === "y" || (letter === "z" && event.shiftKey))) this.redo();
    else if ((event.ctrlKey || event.metaKey) && letter === "z") this.undo();
    else if (event.key === "Escape") this.events.cancelled();
    else if (event.key === "Enter") this.enter(centre);
    else if (event.key === "Backspace" && this.mode === "draw") this.undo();
    else if (event.key === "Delete" || event.key === "Backspace") this.deleteCorner();
    else {
      const step = arrowStep(event.key, event.shiftKey);
      if (!step) return false;
      this.map.panBy(step, { duration: 0 });
      this.over = this.mode === "draw" ? this.snapped(this.centre()) : null;
      this.show(this.over?.kind ?? "none");
      this.events.moved(this.centre());
    }
    return true;
  }

  private begin(shape: Shape, mode: "off" | "draw" | "edit"): void {
    this.steps = new Steps(shape);
    this.mode = mode;
    this.chosen = this.drag = this.over = null;
    this.allowsPoint = false;
    if (mode === "off") this.map.doubleClickZoom.enable();
    else this.map.doubleClickZoom.disable();
    this.show("none");
  }

  private settle(change: () => void): void {
    if (this.drag) return;
    change();
    this.chosen = null;
    this.over = null;
    this.show("none");
  }

  private add(place: LonLat): void {
    const [ring = []] = this.steps.now.rings;
    const last = ring[ring.length - 1];
    const { place: at, kind } = this.snapped(place);
    if (last && this.apart(last, at) <= SAME_PX) return;
    const [first] = ring;
    if (first && kind === "corner" && ring.length >= LEAST[this.shape.kind] && this.shape.kind === "area" && this.apart(first, at) <= SAME_PX) return this.finish();
    this.steps.push(insert(this.steps.now, { ring: 0, at: ring.length }, at));
    if (this.shape.kind === "point") return this.finish();
    this.show(kind);
  }

  private enter(centre: LonLat): void {
    if (this.mode === "draw") return this.add(centre);
    const near = this.cornerNear(centre);
    if (near || !this.chosen) {
      this.chosen = near;
      return this.show("none");
    }
    const corner = this.chosen;
    this.steps.push(move(this.steps.now, corner, this.snappedCorner(corner, centre).place));
    this.show("none");
  }

  private hover(event: MapMouseEvent | MapTouchEvent): void {
    if (this.mode === "off") return;
    this.isFinger = event.type.startsWith("touch");
    const place: LonLat = [event.lngLat.lng, event.lngLat.lat];
    if (this.drag) {
      event.preventDefault();
      const { corner } = this.drag;
      const to = this.snappedCorner(corner, place);
      this.drag = { corner, shape: move(this.drag.shape, corner, to.place) };
      this.over = to;
      return this.show(to.kind);
    }
    if (this.mode !== "draw") return;
    this.over = this.snapped(place);
    this.show(this.over.kind);
  }

  private press(event: MapMouseEvent | MapTouchEvent): void {
    this.isFinger = event.type === "touchstart";
    if (this.mode !== "edit" || ("points" in event && event.points.length > 1)) return;
    const place: LonLat = [event.lngLat.lng, event.lngLat.lat];
    const corner = this.cornerNear(place);
    const middle = corner ? null : this.middleNear(place);
    if (!corner && !middle) return;
    event.preventDefault();
    this.map.dragPan.disable();
    const held = corner ?? (middle as Corner);
    this.drag = { corner: held, shape: corner ? this.steps.now : insert(this.steps.now, held, place) };
    this.chosen = held;
    this.show("none");
  }

  private release(): void {
    const drag = this.drag;
    if (!drag) return;
    this.drag = null;
    this.over = null;
    this.map.dragPan.enable();
    this.steps.push(drag.shape);
    this.show("none");
  }

  private snapped(place: LonLat): Snapped {
    const [ring = []] = this.steps.now.rings;
    const closing = this.shape.kind === "area" && ring.length >= 3 ? ring[0] : undefined;
    return snap(place, { lines: this.linesNear(place), drawn: ring, closing }, (at) => this.pixels(at), this.tolerance);
  }

  /** Where a corner goes that is moved: its neighbours are what it may be at a right angle to. */
  private snappedCorner({ ring, at }: Corner, place: LonLat): Snapped {
    const corners = this.shape.rings[ring] ?? [];
    const others = this.shape.kind === "area" ? [...corners.slice(at + 1), ...corners.slice(0, at)] : corners.slice(0, at);
    return snap(place, { lines: this.linesNear(place), drawn: others }, (one) => this.pixels(one), this.tolerance);
  }

  private linesNear(place: LonLat): LonLat[][] {
    const [x, y] = this.pixels(place);
    const reach = this.tolerance;
    const { lng: west, lat: north } = this.map.unproject([x - reach, y - reach]);
    const { lng: east, lat: south } = this.map.unproject([x + reach, y + reach]);
    return this.targets.filter(({ box }) => box[0] <= east && box[2] >= west && box[1] <= north && box[3] >= south).map(({ line }) => line);
  }

  private cornerNear(place: LonLat): Corner | null {
    return this.nearest(this.shape.rings.flatMap((corners, ring) => corners.map((corner, at) => ({ corner, place: { ring, at } }))), place);
  }

  private middleNear(place: LonLat): Corner | null {
    return this.nearest(edges(this.shape).map(({ from, to, ring, at }) => ({ corner: middle(from, to), place: { ring, at: at + 1 } })), place);
  }

  private nearest(candidates: { corner: LonLat; place: Corner }[], to: LonLat): Corner | null {
    let best: Corner | null = null;
    let least = this.tolerance;
    for (const { corner, place } of candidates) {
      const away = this.apart(corner, to);
      if (away <= least) [best, least] = [place, away];
    }
    return best;
  }

  private get tolerance(): number {
    return this.isFinger ? FINGER_PX : NEAR_PX;
  }

  private pixels(place: LonLat): [number, number] {
    const { x, y } = this.map.project(place);
    return [x, y];
  }

  private apart(one: LonLat, other: LonLat): number {
    const [a, b] = [this.pixels(one), this.pixels(other)];
    return Math.hypot(a[0] - b[0], a[1] - b[1]);
  }

  private centre(): LonLat {
    const { lng, lat } = this.map.getCenter();
    return [lng, lat];
  }

  private show(hint: SnapKind): void {
    this.map.getSource<GeoJSONSource>("pen")?.setData({ type: "FeatureCollection", features: this.mode === "off" ? [] : this.features() });
    this.events.changed(this.shape, hint, this.over?.place ?? null);
  }

  private features(): GeoJSON.Feature[] {
    const { shape, chosen, over } = this;
    const found: GeoJSON.Feature[] = [];
    const add = (geometry: GeoJSON.Geometry, role: string): void => void found.push({ type: "Feature", properties: { role }, geometry });
    shape.rings.forEach((ring) => {
      const leading = this.mode === "draw" && over && shape.kind !== "point" ? [...ring, over.place] : ring;
      if (shape.kind === "area" && leading.length > 2) add({ type: "Polygon", coordinates: [[...leading, leading[0] as LonLat]] }, "area");
      if (leading.length > 1) add({ type: "LineString", coordinates: shape.kind === "area" && leading.length > 2 ? [...leading, leading[0] as LonLat] : leading }, "line");
    });
    if (this.mode === "edit") edges(shape).forEach(({ from, to }) => add({ type: "Point", coordinates: middle(from, to) }, "middle"));
    shape.rings.forEach((ring, n) =>
      ring.forEach((corner, at) => add({ type: "Point", coordinates: corner }, chosen?.ring === n && chosen.at === at ? "chosen" : "corner")),
    );
    if (over) add({ type: "Point", coordinates: over.place }, `snap-${over.kind}`);
    return found;
  }
}

function middle(from: LonLat, to: LonLat): LonLat {
  return [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2];
}
