/** Short news below the scene: one at a time, turned by hand; nothing scrolls by itself. */

import { element } from "../element";
import type { Strings } from "../strings";

export function tickerElement(items: readonly { text: string }[], strings: Strings): HTMLElement {
  const text = element("p", { class: "ticker-text", "aria-live": "polite" });
  const place = element("span", { class: "ticker-place" });
  let at = 0;
  const show = (next: number): void => {
    at = (next + items.length) % items.length;
    text.textContent = items[at]?.text ?? "";
    text.title = text.textContent;
    place.textContent = `${at + 1} / ${items.length}`;
  };
  if (items.length > 0) show(0);
  const isMany = items.length > 1;
  return element(
    "div",
    { class: "ticker-line" },
    items.length > 0 ? element("strong", {}, strings.ticker) : null,
    text,
    isMany ? element("button", { type: "button", class: "icon", "aria-label": strings.previous, onclick: () => show(at - 1) }, "‹") : null,
    isMany ? place : null,
    isMany ? element("button", { type: "button", class: "icon", "aria-label": strings.next, onclick: () => show(at + 1) }, "›") : null,
  );
}
