/** A guided tour over saved views: flies, waits, tells; pauses when somebody takes the scene in hand, obeys keys. */

import { element } from "../element";
import type { Features } from "./features";

export interface Stop {
  name: string;
  caption: string;
  address: string;
  dwell_s: number;
}

export class Tour {
  readonly root: HTMLElement;
  at = -1;
  isPaused = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private turn = 0;
  private readonly title = element("strong", {});
  private readonly place = element("span", { class: "tour-place" });
  private readonly text = element("p", {});
  private readonly playButton: HTMLButtonElement;
  private readonly onKey = (event: KeyboardEvent): void => this.key(event);

  constructor(
    private readonly features: Features,
    readonly stops: readonly Stop[],
  ) {
    const { words, host } = features;
    const button = (label: string, sign: string, action: () => void): HTMLButtonElement =>
      element("button", { type: "button", class: "icon", title: label, "aria-label": label, onclick: action }, sign);
    this.playButton = button(words.tourPause, "❚❚", () => (this.isPaused ? this.play() : this.pause()));
    this.root = element(
      "section",
      { class: "tour", role: "region", "aria-label": words.tour, tabindex: "-1" },
      element("div", { class: "tour-text", "aria-live": "polite" }, element("p", { class: "tour-head" }, this.title, this.place), this.text),
      element(
        "div",
        { class: "tour-buttons" },
        button(host.strings.previous, "‹", () => void this.go(this.at - 1)),
        this.playButton,
        button(host.strings.next, "›", () => void this.go(this.at + 1)),
        button(words.tourStop, "×", () => this.stop()),
      ),
    );
  }

  start(): void {
    this.features.tour?.stop();
    this.features.tour = this;
    this.features.dock.close(false);
    this.features.host.parts.host.parentElement?.append(this.root);
    document.addEventListener("keydown", this.onKey, true);
    this.root.focus({ preventScroll: true });
    void this.go(0);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.turn += 1;
    document.removeEventListener("keydown", this.onKey, true);
    this.root.remove();
    if (this.features.tour === this) this.features.tour = undefined;
  }

  pause(): void {
    if (this.isPaused) return;
    this.isPaused = true;
    clearTimeout(this.timer);
    this.sign();
  }

  play(): void {
    this.isPaused = false;
    this.sign();
    void this.go(this.at);
  }

  private sign(): void {
    const { words } = this.features;
    this.playButton.textContent = this.isPaused ? "▶" : "❚❚";
    const label = this.isPaused ? words.tourPlay : words.tourPause;
    this.playButton.title = label;
    this.playButton.setAttribute("aria-label", label);
    this.root.toggleAttribute("data-paused", this.isPaused);
  }

  /** Goes to a stop; after the last comes the first again. */
  private async go(to: number): Promise<void> {
    clearTimeout(this.timer);
    const turn = ++this.turn;
    this.at = (to + this.stops.length) % this.stops.length;
    const stop = this.stops[this.at] as Stop;
    const { words } = this.features;
    this.title.textContent = stop.name;
    this.place.textContent = words.stop(this.at + 1, this.stops.length);
    this.text.textContent = stop.caption;
    await this.features.apply(stop.address);
    if (turn !== this.turn || this.isPaused) return;
    this.timer = setTimeout(() => void this.go(this.at + 1), stop.dwell_s * 1000);
  }

  private key(event: KeyboardEvent): void {
    if (event.target instanceof Element && event.target.closest("input, textarea, select, dialog[open]")) return;
    if (event.key === "Escape") this.stop();
    else if (event.key === "ArrowRight" || event.key === "PageDown") void this.go(this.at + 1);
    else if (event.key === "ArrowLeft" || event.key === "PageUp") void this.go(this.at - 1);
    else if (event.key === " " && !(event.target instanceof HTMLButtonElement)) (this.isPaused ? this.play() : this.pause());
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
