/** The card of a clicked courtyard, building, parcel, road or water: what this viewer may know of it. */

import type { PlaceCard, PlaceKind } from "../contracts";
import { element } from "../element";
import type { Strings } from "../strings";

export interface CardActions {
  onClose(): void;
  onPlace(kind: PlaceKind, cid: number): void;
}

export function cardElement(card: PlaceCard, strings: Strings, actions: CardActions): HTMLElement {
  const placeButton = (place: { kind: PlaceKind; cid: number; title: string }): HTMLElement =>
    element(
      "button",
      { type: "button", class: "chip", "data-place": `${place.kind}-${place.cid}`, onclick: () => actions.onPlace(place.kind, place.cid) },
      element("span", { class: "chip-kind" }, strings.kinds[place.kind]),
      place.title,
    );
  return element(
    "article",
    { class: "card", "data-kind": card.kind, "data-cid": card.cid, "aria-labelledby": "card-title", tabindex: "-1" },
    element(
      "header",
      {},
      element("span", { class: "card-kind" }, strings.kinds[card.kind]),
      element("h2", { id: "card-title" }, card.title),
      element("button", { type: "button", class: "icon", title: `${strings.close}（Esc）`, "aria-label": strings.close, onclick: actions.onClose }, "×"),
    ),
    card.subtitle ? element("p", { class: "card-subtitle" }, card.subtitle) : null,
    card.parent ? element("p", { class: "card-relation" }, element("span", {}, strings.partOf), placeButton(card.parent)) : null,
    card.rows.length > 0
      ? element("dl", { class: "rows" }, ...card.rows.flatMap(({ label, value }) => [element("dt", {}, label), element("dd", {}, value)]))
      : null,
    card.restricted ? element("p", { class: "restricted", role: "note" }, element("strong", {}, strings.restricted), element("span", {}, card.restricted)) : null,
    card.children.length > 0
      ? element("div", { class: "card-relation" }, element("span", {}, `${strings.contains} ${card.children.length}`), ...card.children.slice(0, 30).map(placeButton))
      : null,
    card.links.length > 0
      ? element("p", { class: "card-links" }, ...card.links.map(({ label, href }) => element("a", { href, class: "button" }, label)))
      : null,
  );
}

export function cardMessage(sentence: string, strings: Strings, onClose: () => void): HTMLElement {
  return element(
    "article",
    { class: "card card-message", role: "alert", tabindex: "-1" },
    element("p", {}, sentence),
    element("button", { type: "button", class: "button", onclick: onClose }, strings.close),
  );
}
