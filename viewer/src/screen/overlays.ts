/** What lies over the scene: compass and view buttons, legend, notice, attribution, help. */

import { LEGEND_COLOURS, type LegendKey } from "../scene/palette";
import { element, svg } from "../element";
import type { Strings } from "../strings";

export interface ViewActions {
  onNorth(): void;
  onIn(): void;
  onOut(): void;
  onHome(): void;
  onTilt(): void;
}

export function compassElement(strings: Strings, actions: ViewActions): { root: HTMLElement; turn(degrees: number): void } {
  const needle = svg(
    "svg",
    { viewBox: "0 0 40 40", width: 40, height: 40, "aria-hidden": "true" },
    svg("circle", { cx: 20, cy: 20, r: 18, class: "compass-ring" }),
    svg("path", { d: "M20 5l5 15h-10z", class: "compass-north" }),
    svg("path", { d: "M20 35l5-15h-10z", class: "compass-south" }),
  );
  const button = (label: string, sign: string, action: () => void): HTMLElement =>
    element("button", { type: "button", class: "icon", title: label, "aria-label": label, onclick: action }, sign);
  const north = element("button", { type: "button", class: "compass-button", title: strings.north, "aria-label": strings.north, onclick: actions.onNorth });
  north.append(needle);
  let shown = NaN;
  return {
    root: element(
      "div",
      { class: "compass", role: "group" },
      north,
      button(strings.zoomIn, "+", actions.onIn),
      button(strings.zoomOut, "−", actions.onOut),
      button(strings.tilt, "◱", actions.onTilt),
      button(strings.home, "⌂", actions.onHome),
    ),
    turn(degrees) {
      const rounded = Math.round(degrees);
      if (rounded === shown) return;
      shown = rounded;
      needle.style.transform = `rotate(${-rounded}deg)`;
    },
  };
}

export function legendElement(keys: readonly LegendKey[], strings: Strings, isOpen: boolean): HTMLElement {
  const items = keys.map((key) => {
    const swatch = svg("svg", { viewBox: "0 0 18 12", width: 18, height: 12, "aria-hidden": "true" });
    swatch.append(
      key === "boundary"
        ? svg("path", { d: "M0 6h18", class: "swatch-line", "stroke-width": 2, "stroke-dasharray": "4 2" })
        : svg("rect", { x: 0.5, y: 0.5, width: 17, height: 11, rx: 2, fill: LEGEND_COLOURS[key], class: "swatch" }),
    );
    return element("li", {}, swatch as unknown as HTMLElement, strings.legendKeys[key]);
  });
  return element("details", { class: "legend", open: isOpen }, element("summary", {}, strings.legend), element("ul", {}, ...items));
}

export function helpElement(strings: Strings): HTMLDialogElement {
  const dialog = element("dialog", { class: "help", "aria-labelledby": "help-title" });
  dialog.append(
    element(
      "header",
      {},
      element("h2", { id: "help-title" }, strings.help),
      element("button", { type: "button", class: "icon", "aria-label": strings.close, onclick: () => dialog.close() }, "×"),
    ),
    element("dl", {}, ...strings.keys.flatMap(([key, does]) => [element("dt", {}, element("kbd", {}, key)), element("dd", {}, does)])),
  );
  return dialog;
}
