/** Dark for the wall, light for the office; remembered on this machine. */

export type Theme = "dark" | "light";

const KEY = "xiaoyuan.screen.theme";

export function savedTheme(): Theme {
  try {
    return localStorage.getItem(KEY) === "light" ? "light" : "dark";
  } catch {
    return "dark"; // storage is switched off
  }
}

export function otherTheme(root: HTMLElement): Theme {
  return root.dataset["theme"] === "light" ? "dark" : "light";
}

export function applyTheme(root: HTMLElement, theme: Theme): void {
  root.dataset["theme"] = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // storage is switched off: the choice lasts for this visit
  }
  document.dispatchEvent(new Event("xiaoyuan:theme"));
}
