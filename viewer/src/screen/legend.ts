/** Which lines the legend needs for what a scene holds. */

import { landStyle, type LegendKey } from "../scene/palette";

const ORDER: LegendKey[] = ["paddy", "rape", "dry", "vegetables", "tea", "orchard", "vineyard", "forest", "grass", "water", "built", "courtyard", "road", "boundary"];

/** Only what the scene holds is explained; `uses` are [use, crop] pairs seen in its tiles. */
export function legendKeys(layers: readonly string[], uses: readonly (readonly [string, string])[] | null): LegendKey[] {
  const keys = new Set<LegendKey>();
  if (layers.includes("parcel")) {
    for (const [use, crop] of uses ?? []) keys.add(landStyle(use, crop).legend);
    if (!uses) ["paddy", "rape", "dry", "orchard", "forest"].forEach((key) => keys.add(key as LegendKey));
  }
  if (layers.includes("water")) keys.add("water");
  if (layers.includes("courtyard")) keys.add("courtyard");
  if (layers.includes("road")) keys.add("road");
  keys.add("boundary");
  return ORDER.filter((key) => keys.has(key));
}
