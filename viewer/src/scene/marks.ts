/** Markers of live overlays on a canvas above the scene: near ones keep their shape, crowded ones become one with a number. */

import { Cartesian3, Cartesian4 } from "@cesium/engine";
import type { MarkShape } from "./mark-shapes";
import { windowPosition, type Stage } from "./stage";

export interface Mark {
  overlay: string;
  cid: number;
  lon: number;
  lat: number;
  colour: string;
  shape: MarkShape;
  /** More than one: places counted by division, not drawn one by one. */
  count: number;
  /** The division that a counted mark stands for. */
  code?: string;
}

interface Drawn {
  x: number;
  y: number;
  mark: Mark;
  count: number;
}

/** Pixels within which markers are drawn as one. */
const CELL = 46;

/** Gathers markers by window cell and overlay, so that a village is not covered by them. */
export function gather(marks: readonly { x: number; y: number; mark: Mark }[], cell = CELL): Drawn[] {
  const cells = new Map<string, Drawn>();
  for (const { x, y, mark } of marks) {
    const key = `${mark.overlay}/${Math.floor(x / cell)}/${Math.floor(y / cell)}`;
    const found = cells.get(key);
    if (found) found.count += mark.count;
    else cells.set(key, { x, y, mark, count: mark.count });
  }
  return [...cells.values()];
}

export class Marks {
  private marks: { mark: Mark; world: Cartesian3 | undefined; hasGround: boolean }[] = [];
  private drawn: Drawn[] = [];
  private readonly canvas: HTMLCanvasElement;
  private readonly context: CanvasRenderingContext2D;
  private readonly scratch = new Cartesian4();
  private readonly lastView = new Float64Array(16);
  private dirty = true;

  constructor(
    private readonly stage: Stage,
    beside: HTMLCanvasElement,
    private readonly fallbackHeight: number,
  ) {
    this.canvas = document.createElement("canvas");
    this.canvas.className = "scene-labels scene-marks";
    this.canvas.setAttribute("aria-hidden", "true");
    const context = this.canvas.getContext("2d");
    if (!context) throw new Error("This browser cannot draw on a canvas.");
    this.context = context;
    beside.before(this.canvas);
    stage.scene.postRender.addEventListener(() => this.update());
  }

  get count(): number {
    return this.marks.length;
  }

  /** Markers drawn now, after gathering. */
  get shown(): number {
    return this.drawn.length;
  }

  set(marks: readonly Mark[]): void {
    this.marks = marks.map((mark) => ({ mark, world: undefined, hasGround: false }));
    this.refresh();
  }

  refresh(): void {
    for (const one of this.marks) one.hasGround = false;
    this.dirty = true;
    this.stage.scene.requestRender();
  }

  /** The marker under a point of the window. */
  at(x: number, y: number): { mark: Mark; count: number } | null {
    const near = this.drawn.filter((one) => Math.hypot(one.x - x, one.y - 10 - y) < 16);
    near.sort((a, b) => Math.hypot(a.x - x, a.y - y) - Math.hypot(b.x - x, b.y - y));
    return near[0] ?? null;
  }

  remove(): void {
    this.canvas.remove();
  }

  private update(): void {
    const view = this.stage.scene.camera.viewMatrix as unknown as ArrayLike<number>;
    let moved = this.dirty;
    for (let i = 0; i < 16; i++) {
      if (this.lastView[i] !== view[i]) moved = true;
      this.lastView[i] = view[i] ?? 0;
    }
    if (!moved && this.canvas.clientWidth === this.canvas.width / this.ratio) return;
    this.dirty = false;
    this.draw();
  }

  private get ratio(): number {
    return Math.min(2, devicePixelRatio || 1);
  }

  private draw(): void {
    const { canvas, context, ratio, stage } = this;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (canvas.width !== width * ratio || canvas.height !== height * ratio) {
      canvas.width = width * ratio;
      canvas.height = height * ratio;
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const inWindow: { x: number; y: number; mark: Mark }[] = [];
    for (const one of this.marks) {
      if (!one.world || !one.hasGround) {
        const ground = stage.heightAt(one.mark.lon, one.mark.lat);
        one.hasGround = ground !== undefined;
        one.world = Cartesian3.fromDegrees(one.mark.lon, one.mark.lat, (ground ?? this.fallbackHeight) + 6);
      }
      const at = windowPosition(stage.scene, one.world, this.scratch);
      if (at && at.x > -20 && at.y > -20 && at.x < width + 20 && at.y < height + 40) inWindow.push({ x: at.x, y: at.y, mark: one.mark });
    }
    this.drawn = gather(inWindow).sort((a, b) => a.y - b.y);
    for (const one of this.drawn) this.paint(one);
  }

  private paint({ x, y, mark, count }: Drawn): void {
    const { context } = this;
    const text = count > 1 ? String(count) : "";
    const radius = text ? 9 + 3 * text.length : 7;
    context.strokeStyle = "rgba(20,28,33,0.55)";
    context.lineWidth = 1.5;
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(x, y - 6);
    context.stroke();
    const top = y - 6 - radius;
    context.beginPath();
    if (mark.shape === "circle" || text) context.arc(x, top, radius, 0, 2 * Math.PI);
    else if (mark.shape === "square") context.rect(x - 6, top - 6, 12, 12);
    else if (mark.shape === "triangle") {
      context.moveTo(x, top - 8);
      context.lineTo(x + 8, top + 6);
      context.lineTo(x - 8, top + 6);
      context.closePath();
    } else {
      context.moveTo(x, top - 8);
      context.lineTo(x + 8, top);
      context.lineTo(x, top + 8);
      context.lineTo(x - 8, top);
      context.closePath();
    }
    context.fillStyle = mark.colour;
    context.fill();
    context.strokeStyle = "#ffffff";
    context.lineWidth = 2;
    context.stroke();
    if (!text) return;
    context.font = '600 12px system-ui, "Noto Sans CJK SC", sans-serif';
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineWidth = 3;
    context.strokeStyle = "rgba(20,28,33,0.75)";
    context.strokeText(text, x, top + 0.5);
    context.fillStyle = "#ffffff";
    context.fillText(text, x, top + 0.5);
  }
}
