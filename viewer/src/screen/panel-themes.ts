/** Chooses what the map is coloured by and how its classes are cut. */

import { element } from "../element";
import type { Features } from "./features";
import { BREAK_METHODS, type BreakMethod } from "./settings";
import { themeLines, type ThemeLine } from "./theming";

export async function themesPanel(features: Features): Promise<HTMLElement> {
  const { host, words } = features;
  const lines = await themeLines(host.api, host.data?.division.code ?? "").catch((): ThemeLine[] => []);
  const { theme, breaks } = features.settings;
  const method = element("select", { id: "theme-breaks", onchange: () => void change() });
  for (const name of BREAK_METHODS) method.append(element("option", { value: name, selected: name === breaks }, words.breakNames[name]));
  const methodRow = element("p", { class: "field" }, element("label", { for: "theme-breaks" }, words.breaks), method);
  const choose = element("select", { id: "theme-choice", size: innerWidth < 700 ? 6 : 12, onchange: () => void change() });
  choose.append(element("option", { value: "", selected: theme === "" }, words.themeNone));
  for (const subject of ["division", "courtyard", "parcel", "building"] as const) {
    const own = lines.filter((line) => line.subject === subject);
    if (own.length === 0) continue;
    const group = element("optgroup", { label: words.subjects[subject] ?? subject });
    for (const line of own) {
      const unit = line.unit ? `（${line.unit}）` : "";
      group.append(element("option", { value: line.id, selected: line.id === theme }, `${line.title}${host.language === "en" ? unit.replace("（", " (").replace("）", ")") : unit}`));
    }
    choose.append(group);
  }
  const change = async (): Promise<void> => {
    await features.setTheme(choose.value, method.value as BreakMethod);
    methodRow.hidden = features.theme?.scale !== "number";
  };
  methodRow.hidden = features.theme?.scale !== "number";
  return element("div", { class: "themes" }, element("p", { class: "field" }, element("label", { for: "theme-choice" }, words.theme), choose), methodRow);
}
