/** The sun over the place by date and hour: light and shadows as they fall there. */

import { element } from "../element";
import type { Features } from "./features";
import type { Sunlight } from "../scene/sunlight";

/** China has one hour everywhere: UTC+8. */
const ZONE = "+08:00";
let settling: ReturnType<typeof setTimeout> | undefined;

export function applySun(features: Features, isFinal: boolean): Sunlight | null {
  const { sun } = features.settings;
  return features.host.view?.setSun(sun ? new Date(`${sun}:00${ZONE}`) : null, isFinal) ?? null;
}

export function sunPanel(features: Features): HTMLElement {
  const { words, host } = features;
  const [day, hour] = (features.settings.sun || `${today()}T15:00`).split("T") as [string, string];
  const date = element("input", { type: "date", id: "sun-date", value: day, oninput: () => moved() });
  const slider = element("input", { type: "range", id: "sun-hour", min: 0, max: 1435, step: 5, value: minutesOf(hour), oninput: () => moved() });
  const shown = element("output", { for: "sun-hour" }, hour);
  const where = element("p", { class: "note", role: "status" });
  const tell = (sun: Sunlight | null): void => {
    if (!sun) where.textContent = "";
    else if (sun.elevation < 0) where.textContent = words.sunNight;
    else where.textContent = words.sunAt(Math.round(sun.elevation), words.directions[Math.round(sun.azimuth / 45) % 8] ?? "");
  };
  const moved = (): void => {
    if (!date.value) return;
    const time = textOf(Number(slider.value));
    shown.textContent = time;
    features.change({ sun: `${date.value}T${time}` });
    tell(applySun(features, false));
    // The ground's painted shadows follow when the hand rests.
    clearTimeout(settling);
    settling = setTimeout(() => applySun(features, true), 350);
  };
  const usual = (): void => {
    clearTimeout(settling);
    features.change({ sun: "" });
    applySun(features, true);
    where.textContent = "";
  };
  if (features.settings.sun) tell(applySun(features, false));
  return element(
    "div",
    { class: "sun" },
    element("p", { class: "field" }, element("label", { for: "sun-date" }, words.sunDate), date),
    element("p", { class: "field" }, element("label", { for: "sun-hour" }, words.sunHour, " ", shown), slider),
    where,
    host.view && !host.view.hasShadows ? element("p", { class: "note" }, words.sunNoShadows) : null,
    element("p", {}, element("button", { type: "button", class: "button", onclick: usual }, words.sunUsual)),
  );
}

function today(): string {
  const now = new Date(Date.now() + 8 * 3_600_000);
  return now.toISOString().slice(0, 10);
}

export function minutesOf(text: string): number {
  const [hours = 0, minutes = 0] = text.split(":").map(Number);
  return hours * 60 + minutes;
}

export function textOf(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}
