/** The placing map: what has no coordinates gets them by click, drag, key or GPS, and can be corrected and undone. */

import { AttributionControl, Map, Marker, NavigationControl, ScaleControl, setWorkerUrl, type GeoJSONSource, type LngLat, type MapGeoJSONFeature } from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { groundStyle } from "./ground";
import { readBounds } from "./style";
import { placingWords, type PlacingWords } from "./placing-words";
import { arrowStep, degrees, type Placed, Refused, requestKey, send } from "./sending";

const SHOWN_FROM = 13;
const CLOSE = 17;

interface Item {
  button: HTMLButtonElement;
  kind: "courtyard" | "household";
  url: string;
  version: string;
  name: string;
}

interface Tapped {
  id: number;
  version: number;
  address: string;
}

export async function openPlacing(page: HTMLElement): Promise<void> {
  const words = placingWords(document.documentElement.lang);
  const canvas = page.querySelector<HTMLElement>("[data-placing-map]");
  if (!canvas) return;
  try {
    const map = await openMap(page, canvas);
    new Placing(page, canvas, map, words).start();
  } catch (error) {
    console.error("map", error);
    say(page, words.failed);
  }
}

async function openMap(page: HTMLElement, canvas: HTMLElement): Promise<Map> {
  setWorkerUrl(new URL(workerUrl, import.meta.url).href);
  const bounds = readBounds(page.dataset["bounds"]);
  return new Map({
    container: canvas,
    style: await groundStyle({ division: page.dataset["division"] ?? "", pointer: page.dataset["pointer"] ?? "", outlines: page.dataset["outlines"] ?? "" }),
    ...(bounds ? { bounds, fitBoundsOptions: { padding: 32, maxZoom: CLOSE } } : {}),
    maxZoom: 20,
    minZoom: 4,
    hash: "map",
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    keyboard: false,
  });
}

class Placing {
  private chosen: Item | null = null;
  private marker: Marker | null = null;
  private last: number[] = [];
  private isBusy = false;
  private readonly token: string;
  private readonly items: Item[];
  private readonly undoButton: HTMLButtonElement | null;

  constructor(
    private readonly page: HTMLElement,
    private readonly canvas: HTMLElement,
    private readonly map: Map,
    private readonly words: PlacingWords,
  ) {
    this.token = page.querySelector<HTMLInputElement>("[name=csrfmiddlewaretoken]")?.value ?? "";
    this.undoButton = page.querySelector("[data-placing-undo]");
    this.items = [...page.querySelectorAll<HTMLButtonElement>("[data-item]")].map((button) => ({
      button,
      kind: button.dataset["kind"] === "household" ? "household" : "courtyard",
      url: button.dataset["url"] ?? "",
      version: button.dataset["version"] ?? "",
      name: button.dataset["name"] ?? button.textContent?.trim() ?? "",
    }));
  }

  start(): void {
    const { map } = this;
    map.addControl(new NavigationControl({ showCompass: false }));
    map.addControl(new ScaleControl({ unit: "metric" }));
    map.addControl(new AttributionControl({ compact: true }));
    map.on("error", ({ error }) => console.error("map", error));
    map.on("load", () => {
      this.addCourtyards();
      void this.loadCourtyards();
    });
    map.on("moveend", () => void this.loadCourtyards());
    map.on("click", (event) => this.clicked(event.lngLat, map.queryRenderedFeatures([[event.point.x - 5, event.point.y - 5], [event.point.x + 5, event.point.y + 5]], { layers: this.tappable() })));
    map.once("idle", () => (this.page.dataset["ready"] = "true"));
    const target = map.getCanvas();
    target.setAttribute("aria-label", this.words.crosshair);
    target.addEventListener("keydown", (event) => this.pressed(event));
    for (const item of this.items) {
      item.button.addEventListener("click", () => this.choose(item));
      item.button.addEventListener("dragstart", (event) => {
        this.choose(item);
        event.dataTransfer?.setData("text/plain", item.name);
      });
    }
    this.canvas.addEventListener("dragover", (event) => event.preventDefault());
    this.canvas.addEventListener("drop", (event) => {
      event.preventDefault();
      const box = this.canvas.getBoundingClientRect();
      const point: [number, number] = [event.clientX - box.left, event.clientY - box.top];
      this.clicked(map.unproject(point), map.queryRenderedFeatures(point, { layers: this.tappable() }));
    });
    this.page.querySelector("[data-placing-gps]")?.addEventListener("click", () => this.locate());
    this.undoButton?.addEventListener("click", () => void this.undo());
    const wanted = this.items.find((item) => item.button.dataset["selected"] !== undefined);
    if (wanted) this.choose(wanted);
    else say(this.page, this.words.choose);
  }

  private addCourtyards(): void {
    const colour = "#b5653a";
    this.map.addSource("own", { type: "geojson", data: { type: "FeatureCollection", features: [] } });
    const areas = { id: "own-area", type: "fill" as const, source: "own", filter: ["==", ["geometry-type"], "Polygon"] as never };
    this.map.addLayer({ ...areas, paint: { "fill-color": colour, "fill-opacity": 0.16, "fill-outline-color": colour } });
    this.map.addLayer({
      id: "own-point",
      type: "circle",
      source: "own",
      filter: ["==", ["geometry-type"], "Point"],
      paint: { "circle-color": colour, "circle-radius": ["interpolate", ["linear"], ["zoom"], 13, 2.5, 18, 7], "circle-stroke-color": "#fffdf6", "circle-stroke-width": 1.5 },
    });
  }

  private tappable(): string[] {
    return ["own-area", "own-point"].filter((layer) => this.map.getLayer(layer));
  }

  private async loadCourtyards(): Promise<void> {
    const source = this.map.getSource<GeoJSONSource>("own");
    if (!source || this.map.getZoom() < SHOWN_FROM) return;
    const box = this.map.getBounds();
    const asked = new URLSearchParams({
      division: this.page.dataset["division"] ?? "",
      box: [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()].map(degrees).join(","),
    });
    const answer = await fetch(`${this.page.dataset["places"]}?${asked}`, { headers: { accept: "application/json" } }).catch(() => null);
    if (!answer?.ok) return;
    const found = (await answer.json()) as GeoJSON.FeatureCollection & { is_cut: boolean };
    source.setData(found);
    if (found.is_cut) say(this.page, this.words.cut);
  }

  private choose(item: Item | null): void {
    this.chosen?.button.removeAttribute("aria-pressed");
    this.chosen = item;
    item?.button.setAttribute("aria-pressed", "true");
    this.page.classList.toggle("has-chosen", item !== null);
    if (item) say(this.page, item.kind === "household" ? this.words.chosenHousehold(item.name) : this.words.chosen(item.name));
    else say(this.page, this.words.choose);
  }

  private clicked(at: LngLat, features: MapGeoJSONFeature[]): void {
    const tapped = features[0]?.properties as Tapped | undefined;
    const item = this.chosen;
    if (item?.kind === "household" && tapped) void this.settle(item, tapped);
    else if (item) void this.place(item, at);
    else if (tapped && features[0]?.geometry.type === "Point") this.correct(tapped, features[0].geometry.coordinates as [number, number]);
  }

  private pressed(event: KeyboardEvent): void {
    const step = arrowStep(event.key, event.shiftKey);
    if (step) {
      this.map.panBy(step, { duration: 0 });
      const { lng, lat } = this.map.getCenter();
      say(this.page, this.words.at(lng.toFixed(5), lat.toFixed(5)));
    } else if (event.key === "Enter") {
      const centre = this.map.getCenter();
      this.clicked(centre, this.map.queryRenderedFeatures(this.map.project(centre), { layers: this.tappable() }));
    } else if (event.key === "+" || event.key === "=") this.map.zoomIn({ duration: 0 });
    else if (event.key === "-") this.map.zoomOut({ duration: 0 });
    else if (event.key === "Escape") this.choose(null);
    else return;
    event.preventDefault();
  }

  private locate(): void {
    const item = this.chosen;
    if (!item) return say(this.page, this.words.choose);
    if (!navigator.geolocation) return say(this.page, this.words.noGps);
    say(this.page, this.words.locating);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        this.map.jumpTo({ center: [coords.longitude, coords.latitude], zoom: CLOSE + 1 });
        void this.place(item, { lng: coords.longitude, lat: coords.latitude }, coords.accuracy);
      },
      () => say(this.page, this.words.noGps),
      { enableHighAccuracy: true, timeout: 20_000, maximumAge: 0 },
    );
  }

  private async place(item: Item, at: { lng: number; lat: number }, accuracy?: number): Promise<void> {
    const fields = { row_version: item.version, ...position(at, accuracy) };
    const placed = await this.write<Placed>(item.url, fields);
    if (!placed) return;
    this.done(item, placed);
    this.mark(item.name, placed.courtyard, placed.version, at);
    say(this.page, placed.accuracy_m === null ? this.words.placed(item.name) : this.words.placedWithin(item.name, Math.ceil(placed.accuracy_m)));
  }

  private async settle(item: Item, tapped: Tapped): Promise<void> {
    const placed = await this.write<Placed>(item.url, { row_version: item.version, courtyard: `${tapped.id}` });
    if (!placed) return;
    this.done(item, placed);
    say(this.page, this.words.settled(item.name, tapped.address));
  }

  /** Takes up a point that was placed before, to drag it to a better place. */
  private correct(tapped: Tapped, [lng, lat]: [number, number]): void {
    this.mark(tapped.address, tapped.id, tapped.version, { lng, lat });
    say(this.page, this.words.placed(tapped.address));
  }

  private mark(name: string, courtyard: number, version: number, at: { lng: number; lat: number }): void {
    this.marker?.remove();
    const marker = new Marker({ draggable: true, color: "#0f766e" }).setLngLat(at).addTo(this.map);
    this.marker = marker;
    let known = version;
    let before = marker.getLngLat();
    const url = (this.page.dataset["place"] ?? "").replace("/0/", `/${courtyard}/`);
    marker.on("dragend", async () => {
      const moved = await this.write<Placed>(url, { row_version: `${known}`, ...position(marker.getLngLat()) });
      if (!moved) return void marker.setLngLat(before);
      known = moved.version;
      before = marker.getLngLat();
      this.remember(moved.revisions);
      await this.loadCourtyards();
      say(this.page, this.words.moved(name));
    });
  }

  private done(item: Item, placed: Placed): void {
    this.remember(placed.revisions);
    const row = item.button.closest("li");
    const next = row?.nextElementSibling?.querySelector<HTMLButtonElement>("[data-item]");
    row?.remove();
    this.items.splice(this.items.indexOf(item), 1);
    this.choose(null);
    const total = this.page.querySelector<HTMLElement>(`[data-count="${item.kind}"]`);
    if (total) total.textContent = `${Math.max(0, Number(total.textContent) - 1)}`;
    next?.focus();
    void this.loadCourtyards();
  }

  private remember(revisions: number[]): void {
    this.last = revisions;
    if (this.undoButton) this.undoButton.disabled = revisions.length === 0;
  }

  private async undo(): Promise<void> {
    if (!this.last.length) return;
    const answer = await this.write<{ undone: number[] }>(this.page.dataset["undo"] ?? "", { revisions: this.last.join(",") });
    if (!answer) return;
    say(this.page, this.words.undone);
    // The list, its order and the versions are the server's: show them afresh, the map stays where it is.
    location.reload();
  }

  private async write<T>(url: string, fields: Record<string, string>): Promise<T | null> {
    if (this.isBusy) return null;
    this.isBusy = true;
    say(this.page, this.words.sending);
    try {
      return await send<T>(url, { key: requestKey(), ...fields }, this.token);
    } catch (error) {
      say(this.page, error instanceof Refused ? error.message : this.words.offline, true);
      return null;
    } finally {
      this.isBusy = false;
    }
  }
}

function position(at: { lng: number; lat: number }, accuracy?: number): Record<string, string> {
  return { lon: degrees(at.lng), lat: degrees(at.lat), accuracy_m: accuracy === undefined ? "" : accuracy.toFixed(1) };
}

function say(page: HTMLElement, text: string, isBad = false): void {
  const place = page.querySelector<HTMLElement>("[data-placing-status]");
  if (!place) return;
  place.textContent = text;
  place.classList.toggle("bad", isBad);
}
