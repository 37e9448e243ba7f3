/** A light style over the scene's own vector tiles: no glyphs, no sprites, nothing from another host. */

import type { ExpressionSpecification, StyleSpecification } from "maplibre-gl";
import type { ScenePointer } from "../contracts";
import { BY_CROP, BY_USE, LEGEND_COLOURS } from "../scene/palette";

const GROUND = "#e8ebdf";

/** Colour of a parcel by crop, then by use; the same table as the 3D drape, as an expression. */
export function landColour(): ExpressionSpecification {
  const crop: ExpressionSpecification = ["coalesce", ["get", "crop"], ""];
  const byCrop = BY_CROP.flatMap(([words, style]) => [
    ["any", ...words.map((word) => ["in", word, crop])],
    LEGEND_COLOURS[style.legend],
  ]);
  const byUse = Object.entries(BY_USE).flatMap(([use, style]) => [use, LEGEND_COLOURS[style.legend]]);
  const use = ["match", ["coalesce", ["get", "use"], ""], ...byUse, LEGEND_COLOURS.grass];
  const isPlainUse = ["in", ["get", "use"], ["literal", ["forest", "pond"]]];
  return ["case", isPlainUse, use, ...byCrop, use] as unknown as ExpressionSpecification;
}

/** Line width in pixels for a width in metres at latitude `lat`, at least `least` pixels. */
export function metresWide(lat: number, least: number, more: number): ExpressionSpecification {
  const metres: ExpressionSpecification = ["+", ["coalesce", ["get", "width_m"], 4], more];
  const pixels = (zoom: number): ExpressionSpecification => {
    const metresPerPixel = (78_271.517 * Math.cos((lat * Math.PI) / 180)) / 2 ** zoom;
    return ["max", least, ["/", metres, metresPerPixel]];
  };
  return ["interpolate", ["exponential", 2], ["zoom"], 10, pixels(10), 20, pixels(20)];
}

export function mapStyle(pointer: ScenePointer, tiles: string, division: string): StyleSpecification {
  const [, south, , north] = pointer.bounds;
  const lat = (south + north) / 2;
  const source = "scene";
  return {
    version: 8,
    sources: {
      [source]: {
        type: "vector",
        tiles: [tiles],
        minzoom: pointer.vector_zooms[0],
        maxzoom: pointer.vector_zooms[1],
        bounds: pointer.bounds,
        attribution: pointer.attribution.join(" · "),
      },
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": GROUND } },
      { id: "parcel", type: "fill", source, "source-layer": "parcel", paint: { "fill-color": landColour(), "fill-opacity": 0.62 } },
      { id: "parcel-edge", type: "line", source, "source-layer": "parcel", minzoom: 14, paint: { "line-color": "#5b6b3c", "line-opacity": 0.35, "line-width": 0.6 } },
      { id: "water", type: "fill", source, "source-layer": "water", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": "#7fb2cc", "fill-outline-color": "#4f8fb0" } },
      { id: "water-line", type: "line", source, "source-layer": "waterway", paint: { "line-color": "#6ba5c4", "line-width": metresWide(lat, 1, 0) } },
      { id: "courtyard", type: "fill", source, "source-layer": "courtyard", paint: { "fill-color": "#efe6d3", "fill-outline-color": "#b5653a" } },
      { id: "road-casing", type: "line", source, "source-layer": "road", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": "#a9a08b", "line-width": metresWide(lat, 1.6, 1.4) } },
      { id: "road", type: "line", source, "source-layer": "road", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": "#fffdf6", "line-width": metresWide(lat, 1, 0) } },
      { id: "building", type: "fill", source, "source-layer": "building", paint: { "fill-color": "#6d7a83", "fill-outline-color": "#46525b" } },
      { id: "courtyard-point", type: "circle", source, "source-layer": "courtyard_point", paint: { "circle-color": "#b5653a", "circle-radius": ["interpolate", ["linear"], ["zoom"], 13, 2, 18, 6], "circle-stroke-color": "#fffdf6", "circle-stroke-width": 1.5 } },
      { id: "division", type: "line", source, "source-layer": "division", paint: { "line-color": "#46525b", "line-dasharray": [4, 3], "line-width": 1, "line-opacity": 0.7 } },
      { id: "division-self", type: "line", source, "source-layer": "division", filter: ["==", ["get", "code"], division], paint: { "line-color": "#0f766e", "line-width": 2.5 } },
    ],
  };
}

/** "west,south,east,north" of a page attribute; null when it is not four numbers in order. */
export function readBounds(text: string | undefined): [number, number, number, number] | null {
  const numbers = (text ?? "").split(/[\s,]+/).filter(Boolean).map(Number);
  const [west, south, east, north] = numbers;
  if (numbers.length !== 4 || west === undefined || south === undefined || east === undefined || north === undefined) return null;
  return numbers.every(Number.isFinite) && west < east && south < north ? [west, south, east, north] : null;
}
