/** Keys of the screen; keys typed into a field or a dialog stay there. */

import type { Nudge } from "../scene/camera";

export interface KeyActions {
  nudge(how: Nudge): void;
  home(): void;
  search(): void;
  help(): void;
  escape(): void;
}

const PLAIN: Record<string, Nudge> = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down", "+": "in", "=": "in", "-": "out", "−": "out" };
const SHIFTED: Record<string, Nudge> = { ArrowLeft: "turn-left", ArrowRight: "turn-right", ArrowUp: "tilt-up", ArrowDown: "tilt-down" };

/** What a key means, or null when the screen leaves it to the browser. */
export function meaningOf(event: Pick<KeyboardEvent, "key" | "shiftKey" | "ctrlKey" | "metaKey" | "altKey">): Nudge | "home" | "search" | "help" | "escape" | null {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  if (event.key === "?" || event.key === "？") return "help";
  if (event.key === "/") return "search";
  if (event.key === "Escape") return "escape";
  if (event.key === "h" || event.key === "H") return "home";
  return (event.shiftKey ? SHIFTED[event.key] : undefined) ?? PLAIN[event.key] ?? null;
}

/** Elements that use the arrow keys themselves. */
const OWN_KEYS = "input, textarea, select, dialog[open], .column";

export function listenToKeys(actions: KeyActions): void {
  document.addEventListener("keydown", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const meaning = meaningOf(event);
    if (!meaning || event.defaultPrevented) return;
    if (target?.closest("input, textarea, select, dialog[open]")) return;
    const isArrow = event.key.startsWith("Arrow");
    if (isArrow && target?.closest(OWN_KEYS)) return;
    event.preventDefault();
    if (meaning === "home" || meaning === "search" || meaning === "help" || meaning === "escape") actions[meaning]();
    else actions.nudge(meaning);
  });
}
