/** Water rising from a point: the level by slider, the area, courtyards and buildings in it from the server. */

import { ApiError } from "../api";
import type { LonLat } from "../contracts";
import { element } from "../element";
import { formatValue } from "../format";
import { polygonsOf, riseWater, type FloodAnswer, type PlanDesk } from "./asking";
import type { Ink } from "./ink";
import { copyButton, metres, rowsElement, type Row } from "./results";
import { householdsText } from "./road";
import type { PlanWords } from "./words";

const PAUSE_MS = 250;

export class FloodTool {
  readonly root: HTMLElement;
  private readonly level: HTMLInputElement;
  private readonly reach: HTMLInputElement;
  private readonly shown = element("output", {});
  private readonly result = element("div", { class: "plan-result", "aria-live": "polite" });
  private seed: LonLat | undefined;
  private asked: AbortController | undefined;
  private wait: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly division: string,
    private readonly desk: PlanDesk,
    private readonly ink: Ink,
    private readonly words: PlanWords,
  ) {
    this.level = element("input", { type: "range", min: 0, max: 20, step: 0.25, value: 2 });
    this.reach = element("input", { type: "number", min: 200, max: 5000, step: 100, value: 1000 });
    this.level.addEventListener("input", () => this.changed());
    this.reach.addEventListener("change", () => this.changed());
    this.shown.textContent = "2 m";
    this.root = element(
      "div",
      {},
      element("label", { class: "plan-field" }, element("span", {}, words.level, " ", this.shown), this.level),
      element("label", { class: "plan-field" }, words.reach, this.reach),
      this.result,
    );
  }

  from(seed: LonLat): void {
    this.seed = seed;
    void this.ask();
  }

  clear(): void {
    this.asked?.abort();
    clearTimeout(this.wait);
    this.seed = undefined;
    this.result.replaceChildren();
  }

  private changed(): void {
    this.shown.textContent = `${formatValue(Number(this.level.value), 2)} m`;
    clearTimeout(this.wait);
    this.wait = setTimeout(() => void this.ask(), PAUSE_MS);
  }

  private async ask(): Promise<void> {
    const { seed, words } = this;
    if (!seed) return;
    this.asked?.abort();
    const asked = (this.asked = new AbortController());
    try {
      const answer = await riseWater(
        { division: this.division, lon: seed[0], lat: seed[1], rise_m: Number(this.level.value), reach_m: Number(this.reach.value) || 1000 },
        this.desk.token,
        asked.signal,
      );
      if (this.asked === asked) this.show(answer, seed);
    } catch (error) {
      if (this.asked !== asked || (error instanceof DOMException && error.name === "AbortError")) return;
      this.ink.unfill();
      this.result.replaceChildren(element("p", { class: "restricted", role: "alert" }, error instanceof ApiError ? error.message : words.failed));
    }
  }

  private show(answer: FloodAnswer, seed: LonLat): void {
    const { words } = this;
    this.ink.draw([], [seed]);
    this.ink.fill(polygonsOf(answer.shape), "rgba(38, 120, 178, 0.55)", answer.level_m);
    const rows: Row[] = [
      [words.water, metres(answer.level_m)],
      [words.from, metres(answer.seed_m)],
      [words.size, `${formatValue(answer.area_mu, 1)} ${words.mu}`],
      [words.volume, `${formatValue(answer.volume_m3, 0)} m³`],
      [words.deepest, metres(answer.deepest_m)],
      [words.courtyards, formatValue(answer.courtyards)],
      [words.buildings, formatValue(answer.building_count)],
      [words.households, householdsText(answer.households, words)],
    ];
    this.result.replaceChildren(
      rowsElement(rows),
      ...(answer.touches_edge ? [element("p", { class: "restricted" }, words.edge)] : []),
      element("p", { class: "note" }, `${words.floodMethod} ${words.source}：${answer.ground_models.join("、")}，${formatValue(answer.cell_m, 1)} m`),
      element("div", { class: "buttons" }, copyButton(() => rows, words)),
    );
  }
}
