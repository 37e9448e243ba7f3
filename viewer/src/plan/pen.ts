/** Takes points on the ground by click, touch or key until the drawing is finished or left. */

import { Cartesian2, Cartesian3, Cartographic, Cesium3DTileFeature, Math as CesiumMath } from "@cesium/engine";
import type { LonLat } from "../contracts";
import type { SceneView } from "../scene/view";

export interface Taken {
  point: LonLat;
  /** Height of what was clicked: the roof of a building, else the ground. */
  height: number | undefined;
  isBuilding: boolean;
}

export interface PenActions {
  onPoint(taken: Taken): void;
  onUndo(): void;
  onFinish(): void;
  onLeave(): void;
}

/** Two clicks within this time and distance end a drawing. */
const DOUBLE_MS = 350;
const DOUBLE_PX = 8;

export class Pen {
  private last: { at: number; x: number; y: number } | undefined;
  private readonly cross: HTMLElement;
  private readonly stop = new AbortController();

  constructor(
    private readonly view: SceneView,
    host: HTMLElement,
    private readonly actions: PenActions,
  ) {
    view.clickTaker = (position) => this.click(position);
    this.cross = document.createElement("div");
    this.cross.className = "plan-cross";
    this.cross.setAttribute("aria-hidden", "true");
    this.cross.hidden = true;
    host.append(this.cross);
    // Ahead of the screen's own keys: Escape ends the drawing before it closes anything.
    document.addEventListener("keydown", (event) => this.key(event), { capture: true, signal: this.stop.signal });
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target instanceof Element ? event.target : null;
    const isTyping = target?.closest("input, textarea, select, dialog[open]");
    if (event.key === "Escape") this.actions.onLeave();
    else if (isTyping) return;
    else if (event.key === " " && !target?.closest("button, a, summary")) this.takeMiddle();
    else if (event.key === "Enter" && !target?.closest("button, a, summary")) this.actions.onFinish();
    else if (event.key === "Backspace") this.actions.onUndo();
    else {
      if (event.key.startsWith("Arrow")) this.cross.hidden = false;
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  private takeMiddle(): void {
    this.cross.hidden = false;
    const { clientWidth, clientHeight } = this.view.toolStage.scene.canvas;
    this.take(new Cartesian2(clientWidth / 2, clientHeight / 2));
  }

  private click(position: Cartesian2): void {
    const now = performance.now();
    const before = this.last;
    this.last = { at: now, x: position.x, y: position.y };
    if (before && now - before.at < DOUBLE_MS && Math.hypot(before.x - position.x, before.y - position.y) < DOUBLE_PX) {
      this.last = undefined;
      this.actions.onFinish();
      return;
    }
    this.cross.hidden = true;
    this.take(position);
  }

  private take(position: Cartesian2): void {
    const { scene } = this.view.toolStage;
    const ray = scene.camera.getPickRay(position);
    const ground = ray && scene.globe.pick(ray, scene);
    if (!ground) return;
    const onGround = Cartographic.fromCartesian(ground);
    let found = onGround;
    let isBuilding = false;
    if (scene.pickPositionSupported && scene.pick(position) instanceof Cesium3DTileFeature) {
      const world: Cartesian3 | undefined = scene.pickPosition(position);
      if (world) {
        found = Cartographic.fromCartesian(world);
        isBuilding = true;
      }
    }
    const point: LonLat = [CesiumMath.toDegrees(found.longitude), CesiumMath.toDegrees(found.latitude)];
    this.actions.onPoint({ point, height: found.height, isBuilding });
  }

  destroy(): void {
    this.stop.abort();
    this.cross.remove();
    this.view.clickTaker = null;
  }
}
