/** The row of tools beside the scene: each opens one panel on demand, one at a time, its code fetched when first opened. */

import { element, svg } from "../element";
import type { Strings } from "../strings";

export interface DockTool {
  id: string;
  label: string;
  /** Outline of a 24 x 24 sign. */
  sign: string;
  /** Makes the panel's content; called each time it is opened. */
  open(): Promise<HTMLElement> | HTMLElement;
  /** Called when the panel closes. */
  closed?(): void;
}

export class Dock {
  readonly root: HTMLElement;
  readonly panel: HTMLElement;
  private readonly tools = new Map<string, { tool: DockTool; button: HTMLElement }>();
  private readonly title: HTMLElement;
  private readonly content: HTMLElement;
  private current = "";

  constructor(strings: Strings, label: string) {
    this.root = element("div", { class: "dock", role: "toolbar", "aria-label": label });
    this.title = element("h2", { id: "dock-title" });
    this.content = element("div", { class: "dock-content" });
    this.panel = element(
      "section",
      { class: "dock-panel", "aria-labelledby": "dock-title", tabindex: "-1", hidden: true },
      element(
        "header",
        {},
        this.title,
        element("button", { type: "button", class: "icon", "aria-label": strings.close, title: strings.close, onclick: () => this.close(true) }, "×"),
      ),
      this.content,
    );
  }

  get openId(): string {
    return this.current;
  }

  add(tool: DockTool): void {
    const sign = svg("svg", { viewBox: "0 0 24 24", width: 20, height: 20, "aria-hidden": "true", class: "dock-sign" }, svg("path", { d: tool.sign }));
    const button = element("button", {
      type: "button", class: "icon", title: tool.label, "aria-label": tool.label, "aria-expanded": "false", "data-tool": tool.id,
      onclick: () => void (this.current === tool.id ? this.close(true) : this.open(tool.id)),
    });
    button.append(sign);
    this.root.append(button);
    this.tools.set(tool.id, { tool, button });
  }

  /** Marks a tool as in use, so that one sees it with its panel closed. */
  mark(id: string, isOn: boolean): void {
    this.tools.get(id)?.button.classList.toggle("is-on", isOn);
  }

  async open(id: string): Promise<void> {
    const found = this.tools.get(id);
    if (!found) return;
    this.close(false);
    this.current = id;
    found.button.setAttribute("aria-expanded", "true");
    this.title.textContent = found.tool.label;
    this.content.replaceChildren();
    this.panel.dataset["tool"] = id;
    this.panel.hidden = false;
    const content = await found.tool.open();
    if (this.current !== id) return;
    this.content.replaceChildren(content);
    this.panel.focus({ preventScroll: true });
  }

  /** Closes the open panel; `returns` puts the focus back on its button. */
  close(returns: boolean): void {
    const found = this.tools.get(this.current);
    if (!found) return;
    this.current = "";
    this.panel.hidden = true;
    found.button.setAttribute("aria-expanded", "false");
    found.tool.closed?.();
    if (returns) found.button.focus({ preventScroll: true });
  }
}
