/** The road sketch: a drawn line with width and gradient limit, computed by the server, shown on the ground and kept as a plan. */

import { ApiError } from "../api";
import type { LonLat } from "../contracts";
import { element } from "../element";
import { formatValue } from "../format";
import { computeRoad, polygonsOf, saveRoad, type Households, type PlanDesk, type RoadAnswer, type RoadWish, type SavedPlan } from "./asking";
import { profileChart } from "./chart";
import { densify } from "./geodesy";
import type { Ink, Stroke } from "./ink";
import { copyButton, metres, rowsElement, type Row } from "./results";
import type { PlanWords } from "./words";

export const BLUE = "#56b4e9";
const RED = "#ff6a3d";

export class RoadSketch {
  readonly root: HTMLElement;
  private readonly width: HTMLInputElement;
  private readonly limit: HTMLInputElement;
  readonly snap: HTMLInputElement;
  private readonly result = element("div", { class: "plan-result" });
  private line: LonLat[] = [];
  private turn = 0;

  constructor(
    private readonly division: string,
    private readonly desk: PlanDesk,
    private readonly ink: Ink,
    private readonly words: PlanWords,
    private readonly frame: (line: LonLat[]) => void,
  ) {
    const number = (value: number, least: number, most: number, step: number): HTMLInputElement =>
      element("input", { type: "number", value, min: least, max: most, step, inputmode: "decimal" });
    this.width = number(4.5, 1, 40, 0.5);
    this.limit = number(8, 0.5, 30, 0.5);
    this.snap = element("input", { type: "checkbox", checked: true });
    for (const field of [this.width, this.limit]) field.addEventListener("change", () => void this.compute(this.line));
    this.root = element(
      "div",
      {},
      element("div", { class: "field-pair" }, element("label", { class: "plan-field" }, words.width, this.width), element("label", { class: "plan-field" }, words.limit, this.limit)),
      element("label", { class: "plan-check" }, this.snap, words.snap),
      this.result,
      this.savedPlans(),
    );
  }

  private savedPlans(): HTMLElement {
    const { words, desk } = this;
    const items = desk.plans.map((plan) =>
      element(
        "li",
        {},
        element("button", { type: "button", class: "chip", onclick: () => this.open(plan) }, plan.name),
        element("span", { class: "note" }, metres(plan.length_m, 0)),
        element("a", { href: plan.href }, words.open),
      ),
    );
    return element(
      "details",
      { class: "plan-saved", open: desk.plans.length > 0 && desk.plans.length < 6 },
      element("summary", {}, `${words.plans} ${desk.plans.length}`),
      items.length > 0 ? element("ul", {}, ...items) : element("p", { class: "note" }, words.noPlans),
      element("p", { class: "buttons" }, element("a", { href: desk.list }, words.allPlans)),
    );
  }

  open(plan: SavedPlan): void {
    this.width.value = String(plan.width_m);
    this.limit.value = String(plan.most_gradient_percent);
    this.frame(plan.line);
    void this.compute(plan.line);
  }

  /** Computes and shows a line; a later line overtakes an earlier one. */
  async compute(line: LonLat[]): Promise<void> {
    if (line.length < 2) return;
    this.line = line;
    const turn = ++this.turn;
    const wish: RoadWish = {
      division: this.division, line, width_m: Number(this.width.value) || 4.5, most_gradient_percent: Number(this.limit.value) || 8,
    };
    this.result.replaceChildren(element("p", { role: "status" }, this.words.computing));
    try {
      const answer = await computeRoad(wish, this.desk.token);
      if (turn === this.turn) this.show(answer, wish);
    } catch (error) {
      if (turn !== this.turn) return;
      this.result.replaceChildren(element("p", { class: "restricted", role: "alert" }, error instanceof ApiError ? error.message : this.words.failed));
    }
  }

  clear(): void {
    this.turn += 1;
    this.line = [];
    this.result.replaceChildren();
  }

  private show(answer: RoadAnswer, wish: RoadWish): void {
    const { words } = this;
    const { totals, segments, stations } = answer;
    const along = densify(wish.line, 4, 3000);
    const total = along[along.length - 1]?.at ?? 1;
    const scale = total / (totals["plan_length_m"] as number);
    const piece = (from: number, to: number): LonLat[] => along.filter(({ at }) => at >= from * scale - 2 && at <= to * scale + 2).map(({ point }) => point);
    const strokes: Stroke[] = [{ line: wish.line, colour: BLUE, width: 5 }];
    for (const one of segments) if (one.is_over) strokes.push({ line: piece(one.start_m, one.end_m), colour: RED, width: 6 });
    for (const rings of polygonsOf(answer.works)) for (const ring of rings) strokes.push({ line: ring, colour: "#e2b83c", width: 1.5 });
    this.ink.draw(strokes, wish.line);
    const rows = this.rowsOf(answer);
    const over = stations.chainage_m.slice(1).map((to, i) => segments.some((one) => one.is_over && to <= one.end_m + 0.1 && (stations.chainage_m[i] as number) >= one.start_m - 0.1));
    const chart = profileChart(
      { at: stations.chainage_m, lines: [{ heights: stations.ground_m, kind: "ground" }, { heights: stations.design_m, kind: "design" }], over },
      words.profileChart,
      (index) => {
        const metre = index === null ? null : (stations.chainage_m[index] as number) * scale;
        const at = metre === null ? null : along.reduce((best, one) => (Math.abs(one.at - metre) < Math.abs(best.at - metre) ? one : best));
        this.ink.mark(at?.point ?? null);
      },
    );
    this.result.replaceChildren(
      rowsElement(rows),
      chart,
      this.segmentTable(answer),
      this.placeList(answer),
      element("p", { class: "note" }, `${words.method} ${words.source}：${answer.ground_models.join("、")}`),
      element("div", { class: "buttons" }, copyButton(() => rows, words)),
      ...(this.desk.may_save ? [this.saveForm(wish)] : []),
    );
  }

  private rowsOf({ totals, uses, households }: RoadAnswer): Row[] {
    const { words } = this;
    const number = (name: string): number => totals[name] as number;
    return [
      [words.planLength, metres(number("plan_length_m"))],
      [words.slopeLength, metres(number("slope_length_m"))],
      [words.steepest, `${formatValue(number("steepest_percent"), 1)} %`],
      [words.over, metres(number("over_m"), 0)],
      [words.cut, `${formatValue(number("cut_m3"), 0)} m³`],
      [words.fill, `${formatValue(number("fill_m3"), 0)} m³`],
      [words.land, `${formatValue(number("works_mu"), 2)} ${words.mu}`],
      ...uses.filter(({ use }) => use).map(({ use, mu }): Row => [`　${use}`, `${formatValue(mu, 2)} ${words.mu}`]),
      [words.households, householdsText(households, words)],
    ];
  }

  private segmentTable({ segments }: RoadAnswer): HTMLElement {
    const { words } = this;
    const head = [words.stretch, words.design, words.groundGradient, ""].map((name) => element("th", { scope: "col" }, name));
    const lines = segments.map((one) =>
      element(
        "tr",
        one.is_over ? { class: "is-over" } : {},
        element("th", { scope: "row" }, `${formatValue(one.start_m, 0)} – ${formatValue(one.end_m, 0)}`),
        element("td", {}, formatValue(one.gradient_percent, 1)),
        element("td", {}, formatValue(one.ground_gradient_percent, 1)),
        element("td", {}, one.is_over ? words.overMark : ""),
      ),
    );
    return element("details", { open: segments.length < 8 }, element("summary", {}, `${words.segments} ${segments.length}`), element("table", { class: "plan-table" }, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...lines)));
  }

  private placeList({ places, households }: RoadAnswer): HTMLElement {
    const { words } = this;
    const items = places.slice(0, 80).map((place) => {
      const size = place.works_m2 > 0 ? `${formatValue(place.works_mu, 2)} ${words.mu}` : "";
      return element("li", {}, element("span", { class: "chip-kind" }, place.kind_label), ` ${place.title} `, element("span", { class: "note" }, [place.use === place.title ? "" : place.use, size, place.at].filter(Boolean).join(" · ")));
    });
    const named = households.named.slice(0, 60).map((one) => `${one.head_name || "—"}（${one.household_no}）`).join("、");
    return element(
      "details",
      {},
      element("summary", {}, `${words.crossed} ${places.length}`),
      element("ul", { class: "plan-places" }, ...items),
      named ? element("p", { class: "note" }, `${words.households}：${named}`) : null,
    );
  }

  private saveForm(wish: RoadWish): HTMLElement {
    const { words } = this;
    const name = element("input", { type: "text", maxlength: 120, required: true });
    const note = element("input", { type: "text", maxlength: 400 });
    const said = element("p", { role: "status" });
    const button = element("button", { class: "button" }, words.save);
    const form = element("form", { class: "plan-save" }, element("label", { class: "plan-field" }, words.name, name), element("label", { class: "plan-field" }, words.note, note), button, said);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      button.disabled = true;
      saveRoad({ ...wish, name: name.value, note: note.value }, this.desk.token)
        .then((saved) => said.replaceChildren(`${words.saved}：`, element("a", { href: saved.href }, saved.name)))
        .catch((error: unknown) => {
          button.disabled = false;
          said.replaceChildren(error instanceof ApiError ? error.message : words.failed);
        });
    });
    return form;
  }
}

/** "12", "12，另有不足 5 户", "另有 7 户". */
export function householdsText({ named, others }: Households, words: PlanWords): string {
  const rest = others === null ? words.few : others > 0 ? words.others(others) : "";
  if (named.length === 0) return rest || "0";
  return [String(named.length), rest].filter(Boolean).join("，");
}
