/** Live overlays: asks for each in its own rhythm while the page is seen, and hands the scene its markers. */

import { shortName } from "../format";
import type { LonLat } from "../contracts";
import { SHAPES } from "../scene/mark-shapes";
import type { Mark } from "../scene/marks";
import type { Features } from "./features";

export interface OverlayLine {
  id: string;
  title: string;
  kind: string;
  colour: string;
  poll_s: number;
  count: number;
}

export interface OverlayAnswer {
  id: string;
  kind: string;
  count: number;
  /** County, number in tiles, degrees. */
  places: [number, number, number, number][];
  divisions: Record<string, number>;
}

export class LiveOverlays {
  lines: OverlayLine[] = [];
  /** Newest answers by overlay. */
  readonly answers = new Map<string, OverlayAnswer>();
  /** Called when counts or places changed. */
  onChange: () => void = () => undefined;
  private code = "";
  private shown: string[] = [];
  private timers = new Map<string, ReturnType<typeof setTimeout>>();
  private drawn = "";

  constructor(private readonly features: Features) {
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) for (const id of this.shown) this.plan(id, 0);
    });
  }

  private get path(): string {
    return `/screen/${encodeURIComponent(this.features.host.data?.division.code ?? "")}/overlays`;
  }

  async list(): Promise<OverlayLine[]> {
    const { overlays } = await this.features.host.api.get<{ overlays: OverlayLine[] }>(this.path);
    this.lines = overlays;
    return overlays;
  }

  async show(ids: readonly string[]): Promise<void> {
    const code = this.features.host.data?.division.code ?? "";
    if (code !== this.code) {
      this.answers.clear();
      this.lines = [];
    }
    this.code = code;
    this.shown = [...ids];
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    if (this.lines.length === 0 && ids.length > 0) await this.list().catch(() => []);
    await Promise.all(ids.map((id) => this.ask(id)));
    this.draw();
  }

  private plan(id: string, milliseconds: number): void {
    clearTimeout(this.timers.get(id));
    if (this.shown.includes(id)) this.timers.set(id, setTimeout(() => void this.ask(id).then(() => this.draw()), milliseconds));
  }

  private async ask(id: string): Promise<void> {
    const line = this.lines.find((one) => one.id === id);
    if (!line || document.hidden) return;
    const { code } = this;
    try {
      const answer = await this.features.host.api.get<OverlayAnswer>(`${this.path}/${encodeURIComponent(id)}`);
      if (code !== this.code) return;
      this.answers.set(id, answer);
      line.count = answer.count;
      this.onChange();
    } catch {
      // Offline or no longer offered: the last known markers stay, the next turn asks again.
    }
    this.plan(id, line.poll_s * 1000);
  }

  private draw(): void {
    const { data, view } = this.features.host;
    const marks: Mark[] = [];
    this.lines.forEach((line, i) => {
      const answer = this.shown.includes(line.id) ? this.answers.get(line.id) : undefined;
      if (!answer) return;
      const common = { overlay: line.id, colour: line.colour, shape: SHAPES[i % SHAPES.length] as Mark["shape"] };
      for (const [, cid, lon, lat] of answer.places) marks.push({ ...common, cid, lon, lat, count: 1 });
      for (const [code, count] of Object.entries(answer.divisions)) {
        const point: LonLat | null = data?.children.find((child) => child.code === code)?.label_point ?? null;
        if (point) marks.push({ ...common, cid: 0, lon: point[0], lat: point[1], count, code });
      }
    });
    // An unchanged answer moves nothing on the screen.
    const drawn = JSON.stringify(marks);
    if (drawn === this.drawn && view?.markCount === marks.length) return;
    this.drawn = drawn;
    view?.setMarks(marks);
  }

  nameOf(code: string): string {
    return shortName(this.features.host.data?.children.find((child) => child.code === code)?.name ?? code);
  }
}
