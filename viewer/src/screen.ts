/** Entry of the big screen; everything heavy is imported after the page has been laid out. */

import "./screen.css";
import "./tools.css";
import type { PlaceKind, ScreenData } from "./contracts";
import { ScreenApp } from "./screen/app";

/** What browser tests and the operator's console may ask the screen. */
interface Hooks {
  readonly ready: boolean;
  readonly buildingsReady: boolean;
  readonly tileFailed: number;
  readonly marks: Record<string, number>;
  readonly renderer: string;
  readonly trees: number;
  readonly labels: number;
  readonly drape: { drawn: number; milliseconds: number };
  readonly division: string;
  readonly frames: number;
  /** Markers of live overlays, the present theme, the settings of the address, revisions shown by scene. */
  readonly marksShown: number;
  readonly theme: string;
  readonly address: string;
  readonly revisions: Record<string, string>;
  readonly camera: { lon: number; lat: number; height: number; heading: number; pitch: number } | null;
  select(kind: PlaceKind, cid: number): Promise<void>;
  flyTo(code: string): Promise<void>;
  windowPositionOf(lon: number, lat: number): { x: number; y: number } | null;
}

declare global {
  interface Window {
    __xiaoyuan?: Hooks;
    CESIUM_BASE_URL?: string;
  }
}

// Cesium asks for its workers and tables below this address, which is beside this file whatever the static prefix.
window.CESIUM_BASE_URL = new URL(/* @vite-ignore */ `../${__CESIUM_FOLDER__}/`, import.meta.url).href;

function inlineData(): ScreenData | null {
  const text = document.getElementById("screen-data")?.textContent?.trim();
  return text ? (JSON.parse(text) as ScreenData) : null;
}

function hooksFor(app: ScreenApp): Hooks {
  return {
    get ready() {
      return app.isReady;
    },
    get buildingsReady() {
      return app.sceneView?.buildingsReady ?? false;
    },
    get tileFailed() {
      return app.sceneView?.tileFailed ?? 0;
    },
    get marks() {
      return { ...app.sceneView?.marks };
    },
    get renderer() {
      return app.sceneView?.renderer ?? "";
    },
    get trees() {
      return app.sceneView?.treeCount ?? 0;
    },
    get labels() {
      return app.sceneView?.labelCount ?? 0;
    },
    get drape() {
      return app.sceneView?.drapeStatistics ?? { drawn: 0, milliseconds: 0 };
    },
    get frames() {
      return app.sceneView?.frameCount ?? 0;
    },
    get division() {
      return app.division;
    },
    get marksShown() {
      return app.features.marksShown;
    },
    get theme() {
      return app.features.theme?.id ?? "";
    },
    get address() {
      return app.shareAddress();
    },
    get revisions() {
      return Object.fromEntries((app.sceneView?.scenes ?? []).map(({ id, pointer }) => [id, pointer.revision]));
    },
    get camera() {
      return app.sceneView?.pose ?? null;
    },
    select: (kind, cid) => app.openPlace({ kind, cid }, true),
    flyTo: (code) => app.openDivision(code, null, true),
    windowPositionOf: (lon, lat) => app.sceneView?.windowPositionOf(lon, lat) ?? null,
  };
}

const root = document.getElementById("screen");
if (root) {
  const app = new ScreenApp(root, inlineData());
  window.__xiaoyuan = hooksFor(app);
  void app.start();
}
