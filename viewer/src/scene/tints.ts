/** One style for all buildings: what is selected, else what a theme says; a plain function on the tile's number, nothing baked in. */

import { Cesium3DTileStyle, Color, type Cesium3DTileFeature } from "@cesium/engine";
import type { Stage } from "./stage";

const SELECTED = Color.fromCssColorString("#ffd65c");
const WHITE = Color.WHITE;

export class BuildingTints {
  private selected: ReadonlySet<number> = new Set();
  private theme: ReadonlyMap<number, Color> | null = null;
  private none: Color = WHITE;

  constructor(private readonly stage: Stage) {}

  select(cids: ReadonlySet<number>): void {
    this.selected = cids;
    this.apply();
  }

  /** Colours by number; null takes the theme off. Buildings without a value get `none`. */
  colour(colours: ReadonlyMap<number, string> | null, none: string): void {
    const known = new Map<string, Color>();
    const colourOf = (css: string): Color => {
      let found = known.get(css);
      if (!found) known.set(css, (found = Color.fromCssColorString(css)));
      return found;
    };
    this.theme = colours && new Map([...colours].map(([cid, css]) => [cid, colourOf(css)]));
    this.none = this.theme ? colourOf(none) : WHITE;
    this.apply();
  }

  apply(): void {
    const { selected, theme, none } = this;
    for (const tileset of this.stage.allTilesets) {
      if (selected.size === 0 && !theme) {
        (tileset as { style: Cesium3DTileStyle | undefined }).style = undefined;
        continue;
      }
      const style = new Cesium3DTileStyle();
      const colour = (feature: Cesium3DTileFeature | undefined, result?: Color): Color => {
        // A block seen from afar stands for many buildings and has no features: Cesium asks once for all of it.
        if (!feature) return Color.clone(WHITE, result);
        const cid = Number(feature.getProperty("cid"));
        return Color.clone(selected.has(cid) ? SELECTED : (theme?.get(cid) ?? none), result);
      };
      // A plain function instead of Cesium's expression language: nothing is parsed, and a map answers at once.
      (style as { color: unknown }).color = { evaluateColor: colour, evaluate: colour };
      tileset.style = style;
    }
    this.stage.scene.requestRender();
  }
}
