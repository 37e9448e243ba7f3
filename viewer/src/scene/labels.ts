/** Names over the scene: villages as buttons (they can be reached by Tab), plates, roads, water and hills on a canvas. */

import { Cartesian3, Cartesian4 } from "@cesium/engine";
import { shortName } from "../format";
import type { Child, LabelKind, MapLabel } from "../contracts";
import { declutter, type LabelBox, type Rectangle } from "./declutter";
import { windowPosition, type Stage } from "./stage";

interface Look {
  font: string;
  size: number;
  fill: string;
  halo: string;
  /** Metres from the camera up to which the label shows. */
  reach: number;
  rank: number;
  /** Metres above the ground. */
  lift: number;
}

/** On a wall people stand farther off: type grows with the window. */
const SCALE = typeof innerWidth === "number" && innerWidth >= 3000 ? 1.8 : 1;
const FAMILY = '"PingFang SC","Microsoft YaHei","Noto Sans CJK SC","Noto Sans SC",sans-serif';

const LOOKS: Record<LabelKind, Look> = {
  village: { font: `600 ${16 * SCALE}px ${FAMILY}`, size: 16 * SCALE, fill: "#1f2a30", halo: "rgba(255,255,255,0.95)", reach: 60_000, rank: 0, lift: 30 },
  hill: { font: `500 ${13 * SCALE}px ${FAMILY}`, size: 13 * SCALE, fill: "#3b4a2c", halo: "rgba(255,255,255,0.8)", reach: 4000, rank: 40, lift: 8 },
  water: { font: `italic 500 ${14 * SCALE}px ${FAMILY}`, size: 14 * SCALE, fill: "#1f5c80", halo: "rgba(255,255,255,0.85)", reach: 3000, rank: 30, lift: 3 },
  road: { font: `500 ${12 * SCALE}px ${FAMILY}`, size: 12 * SCALE, fill: "#4c4a3f", halo: "rgba(255,255,255,0.9)", reach: 2600, rank: 35, lift: 4 },
  courtyard: { font: `600 ${12 * SCALE}px ${FAMILY}`, size: 12 * SCALE, fill: "#12343b", halo: "rgba(255,255,255,0.95)", reach: 480, rank: 60, lift: 12 },
};

/** Names of rivers, lakes and through roads are read from farther off than those of ponds and lanes. */
const GREAT = /河$|江$|湖$|水库$|溪$|公路$|国道|省道|大道$/;

interface Placed {
  label: MapLabel;
  look: Look;
  width: number;
  world: Cartesian3 | undefined;
  hasGround: boolean;
}

export interface LabelOptions {
  stage: Stage;
  canvas: HTMLCanvasElement;
  buttons: HTMLElement;
  fallbackHeight: number;
  /** Parts of the window covered by panels. */
  covered(): Rectangle[];
  onChild(child: Child): void;
}

export class Labels {
  private placed: Placed[] = [];
  private villages: { child: Child; button: HTMLButtonElement; world: Cartesian3 | undefined; hasGround: boolean }[] = [];
  private readonly context: CanvasRenderingContext2D;
  private readonly scratch = new Cartesian4();
  private readonly lastView = new Float64Array(16);
  private dirty = true;
  private hidden: ReadonlySet<LabelKind> = new Set();
  /** Number of labels shown at the last drawing. */
  shown = 0;

  constructor(private readonly options: LabelOptions) {
    const context = options.canvas.getContext("2d");
    if (!context) throw new Error("This browser cannot draw on a canvas.");
    this.context = context;
    options.stage.scene.postRender.addEventListener(() => this.update());
  }

  /** Leaves kinds of labels out. */
  hide(kinds: ReadonlySet<LabelKind>): void {
    this.hidden = kinds;
    this.dirty = true;
    this.options.stage.scene.requestRender();
  }

  setLabels(labels: MapLabel[]): void {
    this.placed = labels
      .filter((label) => label.kind !== "village")
      .map((label) => {
        const isGreat = (label.kind === "road" || label.kind === "water") && GREAT.test(label.text);
        const usual = LOOKS[label.kind];
        const look = isGreat ? { ...usual, reach: usual.reach * 2.2, rank: usual.rank - 8 } : usual;
        this.context.font = look.font;
        return { label, look, width: this.context.measureText(label.text).width, world: undefined, hasGround: false };
      });
    this.dirty = true;
  }

  setChildren(children: Child[]): void {
    this.options.buttons.replaceChildren();
    this.villages = children.flatMap((child) => {
      if (!child.label_point) return [];
      const button = document.createElement("button");
      button.type = "button";
      button.className = "place-name";
      button.dataset["code"] = child.code;
      button.textContent = shortName(child.name);
      button.title = child.name;
      button.addEventListener("click", () => this.options.onChild(child));
      this.options.buttons.append(button);
      return [{ child, button, world: undefined, hasGround: false }];
    });
    this.dirty = true;
  }

  /** Stands all names on the ground again, after finer terrain has come. */
  refresh(): void {
    this.dirty = true;
    for (const one of [...this.placed, ...this.villages]) {
      one.hasGround = false;
      one.world = undefined;
    }
    this.options.stage.scene.requestRender();
  }

  private position(lon: number, lat: number, lift: number): { world: Cartesian3; hasGround: boolean } {
    const ground = this.options.stage.heightAt(lon, lat);
    return { world: Cartesian3.fromDegrees(lon, lat, (ground ?? this.options.fallbackHeight) + lift), hasGround: ground !== undefined };
  }

  private update(): void {
    const { scene } = this.options.stage;
    const view = scene.camera.viewMatrix as unknown as ArrayLike<number>;
    let moved = this.dirty || this.resize();
    for (let i = 0; i < 16; i++) {
      if (this.lastView[i] !== view[i]) moved = true;
      this.lastView[i] = view[i] ?? 0;
    }
    if (!moved) return;
    this.dirty = false;
    this.draw();
  }

  private resize(): boolean {
    const { canvas } = this.options;
    const ratio = Math.min(2, devicePixelRatio || 1);
    const width = Math.round(canvas.clientWidth * ratio);
    const height = Math.round(canvas.clientHeight * ratio);
    if (canvas.width === width && canvas.height === height) return false;
    canvas.width = width;
    canvas.height = height;
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    return true;
  }

  private draw(): void {
    const { canvas, stage } = this.options;
    const window: Rectangle = { left: 0, top: 0, right: canvas.clientWidth, bottom: canvas.clientHeight };
    const camera = stage.scene.camera.positionWC;
    const boxes: LabelBox[] = [];
    const draws: (() => void)[] = [];
    for (const village of this.hidden.has("village") ? [] : this.villages) {
      const point = village.child.label_point;
      if (!point) continue;
      if (!village.world || !village.hasGround) Object.assign(village, this.position(point[0], point[1], 36));
      const world = village.world as Cartesian3;
      const at = windowPosition(stage.scene, world, this.scratch);
      if (!at) continue;
      const distance = Cartesian3.distance(camera, world);
      const width = (shortName(village.child.name).length * 16 + 22) * SCALE;
      boxes.push({ x: at.x, y: at.y - 14, width, height: 28 * SCALE, rank: LOOKS.village.rank, distance });
      draws.push(() => {
        village.button.style.transform = `translate(${at.x.toFixed(1)}px,${at.y.toFixed(1)}px) translate(-50%,-100%)`;
        village.button.hidden = false;
      });
    }
    for (const one of this.placed) {
      const { label, look } = one;
      if (this.hidden.has(label.kind)) continue;
      if (!one.world) Object.assign(one, { world: Cartesian3.fromDegrees(label.lon, label.lat, this.options.fallbackHeight) });
      let distance = Cartesian3.distance(camera, one.world as Cartesian3);
      if (distance > look.reach * 1.3) continue;
      if (!one.hasGround) {
        Object.assign(one, this.position(label.lon, label.lat, look.lift));
        distance = Cartesian3.distance(camera, one.world as Cartesian3);
      }
      if (distance > look.reach) continue;
      const at = windowPosition(stage.scene, one.world as Cartesian3, this.scratch);
      if (!at) continue;
      boxes.push({ x: at.x, y: at.y, width: one.width, height: look.size + 2, rank: look.rank + label.rank, distance, ...(label.kind === "courtyard" ? {} : { text: label.text }) });
      draws.push(() => this.text(label, look, at.x, at.y, 1 - Math.max(0, distance / look.reach - 0.75) * 3));
    }
    for (const { button } of this.villages) button.hidden = true;
    this.context.clearRect(0, 0, window.right, window.bottom);
    const chosen = declutter(boxes, window, 3, this.options.covered());
    for (const i of chosen.reverse()) draws[i]?.();
    this.shown = chosen.length;
  }

  private text(label: MapLabel, look: Look, x: number, y: number, opacity: number): void {
    const { context } = this;
    context.globalAlpha = Math.max(0.5, Math.min(1, opacity));
    context.font = look.font;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    if (label.kind === "courtyard") this.plate(label.text, x, y);
    else {
      context.strokeStyle = look.halo;
      context.lineWidth = 4;
      context.strokeText(label.text, x, y);
      context.fillStyle = look.fill;
      context.fillText(label.text, x, y);
    }
    context.globalAlpha = 1;
  }

  /** A house number looks like the blue enamel plate on the wall. */
  private plate(text: string, x: number, y: number): void {
    const { context } = this;
    const width = context.measureText(text).width + 10 * SCALE;
    context.beginPath();
    context.roundRect(x - width / 2, y - 9 * SCALE, width, 17 * SCALE, 3);
    context.fillStyle = "rgba(22,74,124,0.92)";
    context.fill();
    context.strokeStyle = "rgba(255,255,255,0.9)";
    context.lineWidth = 1;
    context.stroke();
    context.fillStyle = "#ffffff";
    context.fillText(text, x, y);
  }
}
