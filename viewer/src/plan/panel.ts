/** The planning tools' panel: choose a tool, draw on the ground, read and copy the result. */

import "./plan.css";
import type { LonLat, ScreenData } from "../contracts";
import { element } from "../element";
import { formatValue } from "../format";
import type { SceneView } from "../scene/view";
import type { Language } from "../strings";
import { planDesk, type PlanDesk } from "./asking";
import { FloodTool } from "./flood";
import { Ink, type Stroke } from "./ink";
import { measured } from "./measuring";
import { Pen, type Taken } from "./pen";
import { copyButton, rowsElement } from "./results";
import { BLUE, RoadSketch } from "./road";
import { ASPECTS, FLAT_COLOUR, shadeGround, SLOPES } from "./shade";
import { snapToRoad } from "./snap";
import { PLAN_WORDS, type PlanWords } from "./words";

export interface PlanHost {
  readonly root: HTMLElement;
  readonly language: Language;
  readonly data: ScreenData | undefined;
  readonly view: SceneView | undefined;
}

type Tool = keyof PlanWords["tools"];
const DRAWN: readonly Tool[] = ["distance", "area", "height", "profile", "road", "flood"];
const SNAP_M = 12;

export class PlanPanel {
  readonly root: HTMLElement;
  private readonly words: PlanWords;
  private readonly ink: Ink;
  private readonly body = element("div", { class: "plan-body" });
  private readonly result = element("div", { class: "plan-result", "aria-live": "polite" });
  private readonly buttons = new Map<Tool, HTMLElement>();
  private pen: Pen | undefined;
  private tool: Tool | undefined;
  private taken: Taken[] = [];
  private isDone = false;
  private desk: Promise<PlanDesk> | undefined;
  private road: RoadSketch | undefined;
  private flood: FloodTool | undefined;
  private turn = 0;

  constructor(
    private readonly host: PlanHost,
    private readonly view: SceneView,
  ) {
    this.words = PLAN_WORDS[host.language];
    this.ink = new Ink(view.toolStage);
    const bar = element("div", { class: "plan-tools", role: "group", "aria-label": this.words.choose });
    for (const [tool, label] of Object.entries(this.words.tools) as [Tool, string][]) {
      const button = element("button", { type: "button", class: "button", "aria-pressed": "false", "data-plan": tool, onclick: () => void this.choose(this.tool === tool ? undefined : tool) }, label);
      this.buttons.set(tool, button);
      bar.append(button);
    }
    this.root = element("div", { class: "plan" }, bar, this.body, ...(host.data?.viewer.signed_in ? [this.printLink()] : []));
    const wanted = new URLSearchParams(location.search).get("plan");
    if (wanted) void this.openSaved(Number(wanted));
  }

  /** A map of what the screen shows now, for whoever may open the console. */
  private printLink(): HTMLElement {
    const code = this.host.data?.division.code ?? "";
    const link = element("a", { href: `/console/maps/?division=${code}`, "data-plan-print": true }, this.words.printMap);
    link.addEventListener("click", () => {
      const bounds = this.view.groundShown();
      if (bounds) link.href = `/console/maps/?division=${code}&box=${bounds.map((side) => side.toFixed(6)).join(",")}`;
    });
    return element("p", { class: "plan-print" }, link);
  }

  /** Ends everything: the panel closed or another scene is shown. */
  destroy(): void {
    if (this.view.toolStage.widget.isDestroyed()) {
      // Another scene took its place, and all that was drawn went with it.
      this.turn += 1;
      this.pen?.destroy();
      return;
    }
    void this.choose(undefined);
    shadeGround(this.view.toolStage, null);
    this.ink.destroy();
  }

  private async openSaved(id: number): Promise<void> {
    await this.choose("road");
    const plan = (await this.desk?.catch(() => undefined))?.plans.find((one) => one.id === id);
    if (plan) this.road?.open(plan);
  }

  async choose(tool: Tool | undefined): Promise<void> {
    const turn = ++this.turn;
    this.pen?.destroy();
    this.pen = undefined;
    this.road = undefined;
    this.flood?.clear();
    this.flood = undefined;
    this.ink.clear();
    if ((this.tool === "slope" || this.tool === "aspect") && tool !== this.tool) shadeGround(this.view.toolStage, null);
    this.tool = tool;
    for (const [name, button] of this.buttons) button.setAttribute("aria-pressed", String(name === tool));
    this.restart();
    this.body.replaceChildren();
    if (!tool) return;
    if (tool === "slope" || tool === "aspect") this.shade(tool);
    if (tool === "road" || tool === "flood") {
      const desk = await this.openDesk();
      if (turn !== this.turn) return;
      if (!desk) {
        this.body.replaceChildren(element("p", { class: "restricted" }, this.words.signIn));
        return;
      }
      this.startAsking(tool, desk);
    }
    if (DRAWN.includes(tool)) this.startDrawing(tool);
  }

  private openDesk(): Promise<PlanDesk | undefined> {
    this.desk = planDesk(this.host.data?.division.code ?? "");
    return this.desk.catch(() => undefined);
  }

  private startAsking(tool: "road" | "flood", desk: PlanDesk): void {
    const code = this.host.data?.division.code ?? "";
    if (tool === "road") this.road = new RoadSketch(code, desk, this.ink, this.words, (line) => this.view.frameLine(line));
    else this.flood = new FloodTool(code, desk, this.ink, this.words);
  }

  private startDrawing(tool: Tool): void {
    const { words } = this;
    const hint = tool === "area" ? words.hint.area : tool === "height" ? words.hint.height : tool === "flood" ? words.hint.flood : words.hint.line;
    const button = (label: string, action: () => void): HTMLElement => element("button", { type: "button", class: "button", onclick: action }, label);
    const line = tool === "distance" || tool === "area" || tool === "profile" || tool === "road";
    this.body.replaceChildren(
      element("p", { class: "plan-hint" }, hint),
      element("div", { class: "buttons" }, ...(line ? [button(words.finish, () => this.finish()), button(words.undo, () => this.undo())] : []), button(words.again, () => this.again())),
      ...(this.road ? [this.road.root] : this.flood ? [this.flood.root] : [this.result]),
      element("p", { class: "note plan-keys" }, words.hint.keys),
    );
    const scene = this.host.root.querySelector<HTMLElement>(".scene") ?? this.host.root;
    this.pen = new Pen(this.view, scene, {
      onPoint: (taken) => void this.take(taken),
      onUndo: () => this.undo(),
      onFinish: () => this.finish(),
      onLeave: () => (this.taken.length > 0 ? this.again() : void this.choose(undefined)),
    });
  }

  private restart(): void {
    this.taken = [];
    this.isDone = false;
    this.result.replaceChildren();
  }

  private again(): void {
    this.restart();
    this.ink.clear();
    this.road?.clear();
    this.flood?.clear();
  }

  private undo(): void {
    if (this.isDone) return;
    this.taken.pop();
    this.redraw();
    void this.measure();
  }

  private async take(taken: Taken): Promise<void> {
    if (this.tool === "flood") {
      this.ink.draw([], [taken.point]);
      this.flood?.from(taken.point);
      return;
    }
    if (this.isDone || (this.tool === "height" && this.taken.length === 2)) this.again();
    const point = this.tool === "road" && this.road?.snap.checked ? await snapToRoad(this.view.toolStores, taken.point, SNAP_M) : taken.point;
    this.taken.push({ ...taken, point });
    this.redraw();
    await this.measure();
  }

  private finish(): void {
    if (this.isDone || this.taken.length < 2) return;
    this.isDone = true;
    if (this.tool === "road") void this.road?.compute(this.line);
    else void this.measure();
  }

  private get line(): LonLat[] {
    return this.taken.map(({ point }) => point);
  }

  private redraw(): void {
    const stroke: Stroke = { line: this.line, colour: BLUE, width: 4, isClosed: this.tool === "area" };
    this.ink.draw([stroke], this.line);
  }

  private async measure(): Promise<void> {
    const { tool } = this;
    if (tool !== "distance" && tool !== "area" && tool !== "height" && tool !== "profile") return;
    const turn = this.turn;
    const count = this.taken.length;
    const found = await measured(tool, this.taken, this.isDone, this.view.toolStage, this.words, (point) => this.ink.mark(point));
    if (turn !== this.turn || count !== this.taken.length) return;
    if (found.rows.length === 0) this.result.replaceChildren();
    else this.result.replaceChildren(rowsElement(found.rows), ...(found.chart ? [found.chart] : []), ...(found.note ? [element("p", { class: "note" }, found.note)] : []), element("div", { class: "buttons" }, copyButton(() => found.rows, this.words)));
  }

  private shade(kind: "slope" | "aspect"): void {
    const { words } = this;
    shadeGround(this.view.toolStage, kind);
    const entry = (colour: string, label: string): HTMLElement => {
      const swatch = element("span", { class: "plan-swatch", "aria-hidden": "true" });
      swatch.style.background = colour;
      return element("li", {}, swatch, label);
    };
    const items =
      kind === "slope"
        ? SLOPES.map(([most, colour], i) => {
            const least = SLOPES[i - 1]?.[0] ?? 0;
            return entry(colour, i === SLOPES.length - 1 ? `> ${least}°` : `${least}–${most}°（${formatValue(Math.tan((most * Math.PI) / 180) * 100, 0)} %）`);
          })
        : [...ASPECTS.map((colour, i) => entry(colour, words.directions[i] ?? "")), entry(FLAT_COLOUR, words.flat)];
    this.body.replaceChildren(
      element("h3", {}, kind === "slope" ? words.slopeLegend : words.aspectLegend),
      element("ul", { class: "plan-legend" }, ...items),
      element("p", { class: "note" }, this.host.data?.has_terrain ? words.slopeSource : words.noTerrain),
    );
  }
}

let current: PlanPanel | undefined;

/** Makes the panel for a scene; the one before ends. */
export function planPanel(host: PlanHost): HTMLElement {
  closePlan();
  if (!host.view) return element("p", {}, PLAN_WORDS[host.language].noTerrain);
  current = new PlanPanel(host, host.view);
  return current.root;
}

export function closePlan(): void {
  current?.destroy();
  current = undefined;
}
