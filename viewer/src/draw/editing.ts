/** The editing map: what is chosen, drawn and saved, and how the map follows. */

import { AttributionControl, type GeoJSONSource, Map, NavigationControl, ScaleControl, setWorkerUrl, type VectorTileSource } from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import type { Bounds, LonLat } from "../contracts";
import { groundStyle, sceneTiles } from "../map/ground";
import { readBounds } from "../map/style";
import { degrees, Refused, requestKey, send } from "../map/sending";
import { CHOOSABLE, LAYERS } from "./layers";
import { type Field, Panel, type PlaceRecord } from "./panel";
import { Pen, type Target } from "./pen";
import { distance, fromGeometry, type PenKind, toGeometry } from "./shape";
import type { SnapKind } from "./snapping";
import { drawWords } from "./words";

const SHOWN_FROM = 15;
const CLOSE = 18;

interface Setup {
  division: string;
  bounds: number[];
  pointer: string;
  outlines: string;
  places: string;
  draw: string;
  record: string;
  undo: string;
  selected: { kind: string; id: number } | null;
  fields: Record<string, Field[]>;
  kinds: Record<string, string>;
}

interface Written {
  place: { id: number; kind: string; cid: number; version: number } | null;
  revision: number | null;
  remarks: string[];
  scenes: string[];
}

interface ShownPlaces extends GeoJSON.FeatureCollection {
  is_cut: boolean;
}

export async function openDrawing(page: HTMLElement): Promise<void> {
  const setup = JSON.parse(document.getElementById("drawing-setup")?.textContent ?? "null") as Setup | null;
  const canvas = page.querySelector<HTMLElement>("[data-drawing-map]");
  const panel = page.querySelector<HTMLElement>("[data-drawing-panel]");
  if (!setup || !canvas || !panel) return;
  try {
    setWorkerUrl(new URL(workerUrl, import.meta.url).href);
    const bounds = readBounds(setup.bounds.join(","));
    const map = new Map({
      container: canvas,
      style: await groundStyle(setup),
      ...(bounds ? { bounds, fitBoundsOptions: { padding: 24, maxZoom: CLOSE } } : {}),
      maxZoom: 22,
      minZoom: 4,
      hash: "map",
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      keyboard: false,
    });
    new Editing(page, panel, map, setup).start();
  } catch (error) {
    console.error("map", error);
    say(page, drawWords(document.documentElement.lang).failed, true);
  }
}

class Editing {
  private readonly words = drawWords(document.documentElement.lang);
  private readonly token: string;
  private readonly pen: Pen;
  private readonly panel: Panel;
  private shown: GeoJSON.Feature[] = [];
  private kind = "";
  private record: PlaceRecord | null = null;
  private isBusy = false;
  private isTyping = false;
  private loading = 0;

  constructor(
    private readonly page: HTMLElement,
    panel: HTMLElement,
    private readonly map: Map,
    private readonly setup: Setup,
  ) {
    this.token = page.querySelector<HTMLInputElement>("[name=csrfmiddlewaretoken]")?.value ?? "";
    this.pen = new Pen(map, {
      changed: (_shape, hint, over) => this.penMoved(hint, over),
      finished: () => this.tell(this.words.editing(this.titleNow)),
      cancelled: () => this.stop(),
      moved: ([lng, lat]) => this.tell(this.words.at(lng.toFixed(6), lat.toFixed(6))),
    });
    this.panel = new Panel(panel, this.words, {
      save: () => void this.save(),
      cancel: () => this.stop(),
      remove: (reason) => void this.remove(reason),
      takeBack: (step) => void this.takeBack(step),
      finish: () => this.pen.finish(),
      undo: () => this.pen.undo(),
      redo: () => this.pen.redo(),
      deleteCorner: () => this.pen.deleteCorner(),
      typed: (shape) => {
        this.isTyping = true;
        this.pen.replace(shape);
        this.isTyping = false;
      },
    });
  }

  start(): void {
    const { map, page } = this;
    map.addControl(new NavigationControl({ showCompass: false }));
    map.addControl(new ScaleControl({ unit: "metric" }));
    map.addControl(new AttributionControl({ compact: true }));
    map.on("error", ({ error }) => console.error("map", error));
    map.on("load", () => {
      const empty = { type: "FeatureCollection" as const, features: [] };
      for (const source of ["places", "pen"]) map.addSource(source, { type: "geojson", data: empty });
      for (const layer of LAYERS) map.addLayer(layer);
      const { selected } = this.setup;
      void this.load().then(() => (selected ? this.open(selected.kind, selected.id, true) : undefined));
    });
    map.on("moveend", () => void this.load());
    map.on("click", (event) => this.clicked([event.lngLat.lng, event.lngLat.lat]));
    map.once("idle", () => (page.dataset["ready"] = "true"));
    const canvas = map.getCanvas();
    canvas.setAttribute("aria-label", this.words.crosshair);
    canvas.addEventListener("keydown", (event) => this.pressed(event));
    // Escape and Ctrl+Z work wherever the focus is, but for texts that have an undo of their own.
    page.addEventListener("keydown", (event) => this.pressedBeside(event));
    page.addEventListener("click", (event) => {
      const asked = (event.target as Element).closest<HTMLElement>("[data-draw], [data-place]");
      if (!asked || !this.mayLeave()) return;
      if (asked.dataset["draw"]) this.begin(asked.dataset["draw"]);
      else void this.open(asked.dataset["kind"] ?? "", Number(asked.dataset["place"]), true);
    });
    this.tell(this.words.choose);
  }

  private begin(kind: string): void {
    this.stop();
    this.kind = kind;
    this.mark();
    this.panel.open(this.words.newPlace(this.setup.kinds[kind] ?? kind), this.setup.fields[kind] ?? [], null, "");
    this.pen.draw(penOf(kind), kind === "courtyard");
    this.aim();
    this.tell(this.words.begin(this.setup.kinds[kind] ?? kind));
    this.map.getCanvas().focus();
  }

  private async open(kind: string, id: number, fly: boolean): Promise<void> {
    this.stop();
    const answer = await fetch(this.setup.record.replace("/kind/0/", `/${kind}/${id}/`), { headers: { accept: "application/json" } }).catch(() => null);
    if (!answer?.ok) return this.tell(this.words.offline, true);
    const record = (await answer.json()) as PlaceRecord;
    this.record = record;
    this.kind = kind;
    this.mark();
    const screen = record.geometry ? `/screen/${this.setup.division}/#${kind}=${record.cid}` : "";
    this.panel.open(record.title, this.setup.fields[kind] ?? [], record, screen);
    if (record.geometry) {
      this.pen.edit(fromGeometry(record.geometry, penOf(kind)));
      if (fly) this.show(record.geometry);
      this.tell(this.words.editing(record.title));
    } else {
      this.pen.draw(penOf(kind), kind === "courtyard");
      this.tell(this.words.unplaced);
    }
    this.aim();
    this.drawPlaces();
  }

  /** Asks before changes are given up that nobody saved. */
  private mayLeave(): boolean {
    return !(this.pen.isActive && this.pen.isChanged) || window.confirm(this.words.lose);
  }

  private stop(): void {
    this.kind = "";
    this.record = null;
    this.pen.stop();
    this.panel.close();
    this.mark();
    this.drawPlaces();
    this.tell(this.words.choose);
  }

  private clicked(place: LonLat): void {
    if (this.pen.isActive && (this.pen.isDrawing || this.pen.isChanged)) return void this.pen.click(place);
    const { x, y } = this.map.project(place);
    const found = this.map.getZoom() < SHOWN_FROM ? [] : this.map.queryRenderedFeatures([[x - 6, y - 6], [x + 6, y + 6]], { layers: CHOOSABLE });
    const best = found.sort((one, other) => rank(one.properties["kind"]) - rank(other.properties["kind"]))[0];
    const chosen = best?.properties as { kind: string; id: number } | undefined;
    if (this.pen.isActive && (!chosen || chosen.id === this.record?.id)) return void this.pen.click(place);
    if (chosen) void this.open(chosen.kind, chosen.id, false);
  }

  private pressed(event: KeyboardEvent): void {
    if (this.pen.key(event)) return event.preventDefault();
    const centre = this.map.getCenter();
    if (event.key === "Enter") this.clicked([centre.lng, centre.lat]);
    else if (event.key === "+" || event.key === "=") this.map.zoomIn({ duration: 0 });
    else if (event.key === "-") this.map.zoomOut({ duration: 0 });
    else if (event.key.startsWith("Arrow")) {
      const step = event.shiftKey ? 120 : 8;
      this.map.panBy([(event.key === "ArrowRight" ? step : 0) - (event.key === "ArrowLeft" ? step : 0), (event.key === "ArrowDown" ? step : 0) - (event.key === "ArrowUp" ? step : 0)], { duration: 0 });
      this.tell(this.words.at(centre.lng.toFixed(6), centre.lat.toFixed(6)));
    } else return;
    event.preventDefault();
  }

  private pressedBeside(event: KeyboardEvent): void {
    const isText = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement || event.target instanceof HTMLSelectElement;
    if (event.target === this.map.getCanvas() || !this.pen.isActive) return;
    if (event.key === "Escape") this.stop();
    else if (isText || !(event.ctrlKey || event.metaKey) || !["z", "y"].includes(event.key.toLowerCase())) return;
    else if (event.key.toLowerCase() === "y" || event.shiftKey) this.pen.redo();
    else this.pen.undo();
    event.preventDefault();
  }

  private penMoved(hint: SnapKind, over: LonLat | null): void {
    if (!this.pen.isActive) return;
    const { shape } = this.pen;
    this.panel.measure(shape, this.pen.can, this.isTyping);
    const [ring = []] = shape.rings;
    const last = ring[ring.length - 1];
    if (!over && hint === "none") return;
    const away = this.pen.isDrawing && last && over ? distance(last, over) : 0;
    const edge = away > 0.05 ? this.words.edge(away.toFixed(1)) : "";
    this.tell([this.words.snapped[hint], edge].filter(Boolean).join(" · ") || this.words.drawing);
  }

  private async save(): Promise<void> {
    const values = this.panel.changed();
    const geometry = this.pen.isChanged || !this.record?.geometry ? toGeometry(this.pen.shape) : null;
    const isShapeNeeded = !this.record || this.pen.isChanged;
    if (isShapeNeeded && !geometry) return this.panel.say(this.words.tooFew);
    if (this.record && !geometry && !Object.keys(values).length) return this.tell(this.words.unchanged);
    const shape: Record<string, string> = geometry ? { geometry: JSON.stringify(geometry) } : {};
    const fields = this.record
      ? { row_version: `${this.record.version}`, ...values, ...shape }
      : { division: this.setup.division, kind: this.kind, ...values, ...shape };
    const address = this.record ? `${this.address}change/` : this.setup.draw;
    const written = await this.write<Written>(address, fields);
    if (!written) return;
    const { place } = written;
    await this.follow(written.scenes);
    if (place) await this.open(place.kind, place.id, false);
    this.tell([this.words.saved, ...written.remarks].join(" "));
  }

  private async remove(reason: string): Promise<void> {
    if (!this.record) return;
    const written = await this.write<Written>(`${this.address}remove/`, { row_version: `${this.record.version}`, reason });
    if (!written) return;
    this.stop();
    await this.follow(written.scenes);
    this.tell(this.words.removed);
  }

  private async takeBack(step: number): Promise<void> {
    const { record } = this;
    const written = await this.write<{ scenes: string[] }>(this.setup.undo.replace("/0/", `/${step}/`), {});
    if (!written) return;
    this.stop();
    await this.follow(written.scenes);
    if (record && this.shown.some(({ properties }) => properties?.["id"] === record.id && properties["kind"] === record.kind)) await this.open(record.kind, record.id, false);
    this.tell(this.words.undone);
  }

  private get address(): string {
    return this.setup.record.replace("/kind/0/", `/${this.kind}/${this.record?.id ?? 0}/`);
  }

  private get titleNow(): string {
    return this.record?.title ?? this.setup.kinds[this.kind] ?? "";
  }

  /** After a write: exact shapes, the list beside the map and the tiles of the scene, as they are now. */
  private async follow(scenes: string[]): Promise<void> {
    const isOwn = scenes.some((address) => address === this.setup.pointer);
    await Promise.all([this.load(), this.refreshLists(), isOwn ? this.reloadTiles() : undefined]);
  }

  private async reloadTiles(): Promise<void> {
    const scene = await sceneTiles(this.setup.pointer).catch(() => null);
    const source = this.map.getSource<VectorTileSource>("scene");
    if (scene && source) {
      source.setTiles([scene.tiles]);
      this.page.dataset["revision"] = scene.pointer.revision;
    }
  }

  private async refreshLists(): Promise<void> {
    const answer = await fetch(location.href.replace(/#.*/, "")).catch(() => null);
    if (!answer?.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of ["[data-drawing-list]", "[data-drawing-latest]"]) {
      const found = fresh.querySelector(part);
      if (found) this.page.querySelector(part)?.replaceChildren(...found.childNodes);
    }
  }

  private async load(): Promise<void> {
    const source = this.map.getSource<GeoJSONSource>("places");
    if (!source) return;
    if (this.map.getZoom() < SHOWN_FROM) {
      this.shown = [];
      this.drawPlaces();
      if (!this.pen.isActive) this.tell(this.words.closer);
      return;
    }
    const box = this.map.getBounds();
    const asked = new URLSearchParams({
      division: this.setup.division,
      box: [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()].map(degrees).join(","),
    });
    const mine = (this.loading += 1);
    const answer = await fetch(`${this.setup.places}?${asked}`, { headers: { accept: "application/json" } }).catch(() => null);
    if (!answer?.ok || mine !== this.loading) return;
    const found = (await answer.json()) as ShownPlaces;
    this.shown = found.features;
    this.drawPlaces();
    this.aim();
    this.page.dataset["places"] = `${found.features.length}`;
    if (found.is_cut) this.tell(this.words.cut);
    else if (!this.pen.isActive) this.tell(this.words.choose);
  }

  private drawPlaces(): void {
    const isUnderPen = ({ properties }: GeoJSON.Feature): boolean => properties?.["id"] === this.record?.id && properties?.["kind"] === this.kind;
    this.map.getSource<GeoJSONSource>("places")?.setData({ type: "FeatureCollection", features: this.shown.filter((one) => !isUnderPen(one)) });
  }

  /** What the pen snaps to: corners and edges of everything in view but the place itself. */
  private aim(): void {
    const others = this.shown.filter(({ properties }) => properties?.["id"] !== this.record?.id || properties?.["kind"] !== this.kind);
    this.pen.snapTo(others.flatMap(({ geometry }) => targetsOf(geometry)));
  }

  private show(geometry: GeoJSON.Geometry): void {
    const boxes = targetsOf(geometry).map(({ box }) => box);
    const box: Bounds = [Math.min(...boxes.map((one) => one[0])), Math.min(...boxes.map((one) => one[1])), Math.max(...boxes.map((one) => one[2])), Math.max(...boxes.map((one) => one[3]))];
    this.map.fitBounds(box, { padding: 80, maxZoom: CLOSE + 1, animate: false });
  }

  private mark(): void {
    this.page.classList.toggle("is-drawing", this.kind !== "");
    for (const button of this.page.querySelectorAll<HTMLElement>("[data-draw]")) {
      button.setAttribute("aria-pressed", `${!this.record && button.dataset["draw"] === this.kind}`);
    }
  }

  private async write<T>(url: string, fields: Record<string, string>): Promise<T | null> {
    if (this.isBusy) return null;
    this.isBusy = true;
    this.panel.say("");
    this.tell(this.words.sending);
    try {
      return await send<T>(url, { key: requestKey(), ...fields }, this.token);
    } catch (error) {
      const sentence = error instanceof Refused ? error.message : this.words.offline;
      this.panel.say(sentence);
      this.tell(sentence, true);
      return null;
    } finally {
      this.isBusy = false;
    }
  }

  private tell(text: string, isBad = false): void {
    say(this.page, text, isBad);
  }
}

function penOf(kind: string): PenKind {
  return kind === "road" ? "line" : "area";
}

function rank(kind: unknown): number {
  return ["building", "road", "courtyard", "parcel"].indexOf(`${kind}`);
}

function targetsOf(geometry: GeoJSON.Geometry): Target[] {
  const { rings, kind } = fromGeometry(geometry, "area");
  return rings.map((ring) => {
    const line = kind === "area" ? [...ring, ...ring.slice(0, 1)] : ring;
    const xs = line.map(([x]) => x);
    const ys = line.map(([, y]) => y);
    return { line, box: [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)] };
  });
}

function say(page: HTMLElement, text: string, isBad = false): void {
  const place = page.querySelector<HTMLElement>("[data-drawing-status]");
  if (!place) return;
  place.textContent = text;
  place.classList.toggle("bad", isBad);
}
