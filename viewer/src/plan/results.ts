/** Results as rows of a definition list that can be copied as text. */

import { element } from "../element";
import { formatValue } from "../format";
import type { PlanWords } from "./words";

export type Row = [label: string, value: string];

export function metres(value: number | undefined, digits = 1): string {
  return value === undefined || Number.isNaN(value) ? "—" : `${formatValue(value, digits)} m`;
}

export function rowsElement(rows: readonly Row[]): HTMLElement {
  return element("dl", { class: "rows plan-rows" }, ...rows.flatMap(([label, value]) => [element("dt", {}, label), element("dd", {}, value)]));
}

export function rowsAsText(rows: readonly Row[]): string {
  return rows.map(([label, value]) => `${label}\t${value}`).join("\n");
}

/** A button that copies rows; without a clipboard (plain http) it selects nothing and says nothing wrong. */
export function copyButton(rows: () => readonly Row[], words: PlanWords): HTMLButtonElement {
  const button = element("button", { type: "button", class: "button" }, words.copy);
  button.addEventListener("click", () => {
    const text = rowsAsText(rows());
    const done = (): void => {
      button.textContent = words.copied;
      setTimeout(() => (button.textContent = words.copy), 1500);
    };
    // The clipboard API exists on https and localhost only.
    const clipboard = navigator.clipboard as Clipboard | undefined;
    if (clipboard) void clipboard.writeText(text).then(done, () => undefined);
    else if (copyByField(text)) done();
  });
  return button;
}

function copyByField(text: string): boolean {
  const field = element("textarea", { "aria-hidden": "true", tabindex: "-1" });
  field.value = text;
  document.body.append(field);
  field.select();
  const isCopied = document.execCommand("copy");
  field.remove();
  return isCopied;
}
