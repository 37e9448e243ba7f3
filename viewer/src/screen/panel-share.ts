/** The link to exactly what is shown. */

import { element } from "../element";
import type { Features } from "./features";

export function sharePanel(features: Features): HTMLElement {
  const { words, host } = features;
  const address = new URL(host.shareAddress(), location.href).href;
  const field = element("textarea", { readonly: true, rows: 4, "aria-label": words.share, id: "share-link" });
  field.value = address;
  const said = element("p", { class: "note", role: "status" });
  const copy = async (): Promise<void> => {
    field.select();
    try {
      await navigator.clipboard.writeText(address);
      said.textContent = words.shareCopied;
    } catch {
      // Plain HTTP or a refused permission: the text is selected, so that a key copies it.
      said.textContent = document.execCommand("copy") ? words.shareCopied : words.shareSelect;
    }
  };
  return element(
    "div",
    { class: "share" },
    field,
    element("p", {}, element("button", { type: "button", class: "button primary", onclick: () => void copy() }, words.shareCopy)),
    said,
    element("p", { class: "note" }, words.shareHint),
  );
}
