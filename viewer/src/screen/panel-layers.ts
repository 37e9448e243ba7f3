/** The layers panel: what the scene holds, as switches; which internal scenes there are depends on the viewer's role. */

import { element } from "../element";
import type { Features } from "./features";

/** Layers in the order of the panel, and what of a scene's contents each needs. */
const LAYERS: [string, string | null][] = [
  ["building", "building"], ["courtyard", "courtyard"], ["parcel", "parcel"], ["road", "road"], ["water", "water"],
  ["division", null], ["labels", null], ["plates", "courtyard"], ["trees", "parcel"],
];

export function layersPanel(features: Features): HTMLElement {
  const { host, words } = features;
  const scenes = host.view?.scenes ?? [];
  const held = new Set(scenes.flatMap(({ pointer }) => pointer.layers));
  if (held.has("waterway")) held.add("water");
  const toggle = (id: string, label: string, note = ""): HTMLElement => {
    const input = element("input", {
      type: "checkbox", name: "layer", value: id, checked: !features.settings.hidden.includes(id),
      onchange: (event) => {
        const rest = features.settings.hidden.filter((one) => one !== id);
        features.setHidden((event.target as HTMLInputElement).checked ? rest : [...rest, id]);
      },
    });
    return element("li", {}, element("label", { class: "switch" }, input, element("span", {}, label), note ? element("small", {}, note) : null));
  };
  const counted = (layer: string): string => {
    const sum = scenes.reduce((total, { pointer }) => total + (pointer.counts[layer] ?? 0), 0);
    return sum > 0 ? sum.toLocaleString("en-US") : "";
  };
  const internal = (host.data?.scenes ?? []).filter((scene) => scene.layer_class === "internal");
  const models = host.data?.models ?? [];
  return element(
    "div",
    { class: "layers" },
    element("ul", {}, ...LAYERS.filter(([, needs]) => !needs || held.has(needs)).map(([id, layer]) => toggle(id, words.layerNames[id] ?? id, layer && id === layer ? counted(layer) : ""))),
    internal.length > 0 ? element("h3", {}, words.internal) : null,
    internal.length > 0 ? element("ul", {}, ...internal.map((scene) => toggle(`scene:${scene.id}`, `${words.internal} · ${scene.name}`))) : null,
    models.length > 0 ? element("h3", {}, words.models) : null,
    models.length > 0 ? element("ul", {}, ...models.map((model) => toggle(`model:${model.key}`, model.name))) : null,
  );
}
