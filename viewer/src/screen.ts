/** Entry of the big screen; everything heavy is imported after the page has been laid out. */
import type { ScenePointer } from "./contracts";
import "./screen.css";
import { VectorStore } from "./scene/vector-store";

(globalThis as { CESIUM_BASE_URL?: string }).CESIUM_BASE_URL = new URL(/* @vite-ignore */ `../${__CESIUM_FOLDER__}/`, import.meta.url).href;

async function start(): Promise<void> {
  const root = document.getElementById("screen") as HTMLElement;
  root.style.cssText = "position:fixed;inset:0";
  const base = new URL("/twin/demo/current.json", location.href).href;
  const pointer = (await (await fetch(base)).json()) as ScenePointer;
  const { Stage } = await import("./scene/stage");
  const { Cartesian3, HeadingPitchRange, Math: CMath, Matrix4 } = await import("@cesium/engine");
  const store = new VectorStore("demo", pointer, base);
  const stage = new Stage({ container: root, bounds: pointer.bounds, stores: [store], bases: [base], outlines: [], isPhone: false });
  await stage.attach();
  const q = new URLSearchParams(location.search);
  const n = (k: string, d: number): number => Number(q.get(k) ?? d);
  stage.scene.camera.lookAt(Cartesian3.fromDegrees(n("lon", 107.4513), n("lat", 26.4007), 985), new HeadingPitchRange(CMath.toRadians(n("h", 330)), CMath.toRadians(n("p", -24)), n("r", 1250)));
  stage.scene.camera.lookAtTransform(Matrix4.IDENTITY);
  const t0 = performance.now();
  const timer = setInterval(() => {
    stage.scene.requestRender();
    if (!stage.isBusy) {
      clearInterval(timer);
      console.log("ready", performance.now() - t0, performance.now(), JSON.stringify(stage.drapeStatistics), stage.tileFailed, stage.renderer);
      (window as unknown as { ready: boolean }).ready = true;
    }
  }, 100);
}
void start();
