/** The skeleton of the screen: header, two columns, the scene with its overlays between them, and the ticker. */

import { element } from "../element";
import type { Rectangle } from "../scene/declutter";
import type { Strings } from "../strings";
import { applyTheme, savedTheme } from "./theme";

export interface Layout {
  header: HTMLElement;
  left: HTMLElement;
  right: HTMLElement;
  card: HTMLElement;
  footer: HTMLElement;
  /** Cesium's own element. */
  host: HTMLElement;
  labels: HTMLCanvasElement;
  names: HTMLElement;
  corner: HTMLElement;
  legend: HTMLElement;
  notice: HTMLElement;
  status: HTMLElement;
  attribution: HTMLElement;
  /** Shares of the scene's width and height that no panel covers. */
  freeShare(): [number, number];
  /** Covered parts in the scene's own pixels. */
  covered(): Rectangle[];
}

export function layout(root: HTMLElement, strings: Strings): Layout {
  const header = element("header", { class: "bar" });
  const host = element("div", { class: "scene-host" });
  const labels = element("canvas", { class: "scene-labels", "aria-hidden": "true" });
  const names = element("div", { class: "scene-names" });
  const corner = element("div", { class: "scene-corner" });
  const legend = element("div", { class: "scene-legend" });
  const notice = element("p", { class: "scene-notice", role: "status", hidden: true });
  const status = element("p", { class: "scene-status", role: "status" }, strings.loadingScene);
  const attribution = element("p", { class: "scene-attribution", "aria-label": strings.attribution });
  const scene = element("main", { class: "scene", "aria-label": strings.scene }, host, labels, names, notice, status, corner, legend, attribution);
  const left = element("aside", { class: "column column-left", "aria-label": strings.panelsLeft, tabindex: "0" });
  const right = element("aside", { class: "column column-right", "aria-label": strings.panelsRight, tabindex: "0" });
  const card = element("aside", { class: "card-place", "aria-label": strings.card, hidden: true });
  const footer = element("footer", { class: "ticker" });
  root.classList.add("screen");
  root.replaceChildren(header, scene, left, right, card, footer);
  applyTheme(root, savedTheme());

  const inScene = (part: HTMLElement): Rectangle | null => {
    const at = part.getBoundingClientRect();
    const frame = scene.getBoundingClientRect();
    if (at.width === 0 || at.right <= frame.left || at.left >= frame.right || at.bottom <= frame.top || at.top >= frame.bottom) return null;
    return { left: at.left - frame.left, top: at.top - frame.top, right: at.right - frame.left, bottom: at.bottom - frame.top };
  };
  const panels = (): HTMLElement[] => [...left.children, ...right.children].filter((one): one is HTMLElement => one instanceof HTMLElement);
  return {
    header, left, right, card, footer, host, labels, names, corner, legend, notice, status, attribution,
    freeShare() {
      const width = scene.clientWidth || 1;
      const sides = [left, right].reduce((sum, column) => sum + (inScene(column)?.right ?? 0) - (inScene(column)?.left ?? 0), 0);
      return [Math.max(0.3, 1 - sides / width), 0.94];
    },
    covered() {
      const tools = [...scene.querySelectorAll<HTMLElement>(".dock-panel:not([hidden]), .tour")];
      return [...panels(), corner, legend, card.hidden ? null : card, ...tools]
        .map((part) => part && inScene(part))
        .filter((one): one is Rectangle => one !== null && one !== undefined);
    },
  };
}
