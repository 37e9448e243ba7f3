/** Draws one public map with MapLibre; a page with no WebGL keeps its figures and says why there is no map. */

import { AttributionControl, Map, NavigationControl, ScaleControl, setWorkerUrl } from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import type { ScenePointer } from "../contracts";
import { mapStyle, readBounds } from "./style";

interface MapWords {
  failed: string;
  gestures: Record<string, string>;
}

const WORDS: Record<"zh" | "en", MapWords> = {
  zh: {
    failed: "地图没有加载成功，下方的数字不受影响。",
    gestures: {
      "CooperativeGesturesHandler.WindowsHelpText": "按住 Ctrl 并滚动以缩放地图",
      "CooperativeGesturesHandler.MacHelpText": "按住 ⌘ 并滚动以缩放地图",
      "CooperativeGesturesHandler.MobileHelpText": "用两指移动地图",
      "NavigationControl.ZoomIn": "放大",
      "NavigationControl.ZoomOut": "缩小",
      "NavigationControl.ResetBearing": "转向正北",
      "AttributionControl.ToggleAttribution": "数据来源",
      "Map.Title": "地图",
    },
  },
  en: { failed: "The map could not be loaded; the figures below are not affected.", gestures: {} },
};

export async function drawMap(place: HTMLElement): Promise<void> {
  const words = document.documentElement.lang.toLowerCase().startsWith("en") ? WORDS.en : WORDS.zh;
  try {
    const base = new URL(place.dataset["pointer"] ?? "", location.href);
    const answer = await fetch(base);
    if (!answer.ok) throw new Error(`${answer.status} ${base.pathname}`);
    const pointer = (await answer.json()) as ScenePointer;
    // new URL would encode the braces of {z}/{x}/{y}; only the folder is resolved.
    const tiles = `${new URL(".", base).href}${pointer.vectors}`;
    setWorkerUrl(new URL(workerUrl, import.meta.url).href);
    const map = new Map({
      container: place,
      style: mapStyle(pointer, tiles, place.dataset["division"] ?? ""),
      bounds: readBounds(place.dataset["bounds"]) ?? pointer.bounds,
      fitBoundsOptions: { padding: 24 },
      maxZoom: 19,
      minZoom: 7,
      attributionControl: false,
      cooperativeGestures: true,
      dragRotate: false,
      pitchWithRotate: false,
      locale: words.gestures,
    });
    map.addControl(new NavigationControl({ showCompass: false }));
    map.addControl(new ScaleControl({ unit: "metric" }));
    map.addControl(new AttributionControl({ compact: false }));
    map.on("error", ({ error }) => console.error("map", error));
    map.once("idle", () => (place.dataset["ready"] = "true"));
  } catch (error) {
    console.error("map", error);
    const message = document.createElement("p");
    message.className = "map-message";
    message.setAttribute("role", "status");
    message.textContent = words.failed;
    place.append(message);
  }
}
