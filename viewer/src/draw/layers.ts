/** How exact places and the shape under the pen look on the map. */

import type { ExpressionSpecification, LayerSpecification } from "maplibre-gl";

const BY_KIND: ExpressionSpecification = ["match", ["get", "kind"], "building", "#33414b", "courtyard", "#b5653a", "road", "#7a6f52", "#4c7a34"];
const PEN = "#8a2e0a";
const isArea: ExpressionSpecification = ["==", ["geometry-type"], "Polygon"];
const role = (...roles: string[]): ExpressionSpecification => ["in", ["get", "role"], ["literal", roles]];

export const LAYERS: LayerSpecification[] = [
  { id: "place-area", type: "fill", source: "places", filter: isArea, paint: { "fill-color": BY_KIND, "fill-opacity": 0.12 } },
  { id: "place-line", type: "line", source: "places", filter: ["!=", ["geometry-type"], "Point"], paint: { "line-color": BY_KIND, "line-width": ["match", ["get", "kind"], "road", 3, 1.4] } },
  { id: "place-point", type: "circle", source: "places", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-color": BY_KIND, "circle-radius": 6, "circle-stroke-color": "#fffdf6", "circle-stroke-width": 1.5 } },
  { id: "pen-area", type: "fill", source: "pen", filter: role("area"), paint: { "fill-color": PEN, "fill-opacity": 0.18 } },
  { id: "pen-casing", type: "line", source: "pen", filter: role("line"), layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": "#fffdf6", "line-width": 5, "line-opacity": 0.9 } },
  { id: "pen-line", type: "line", source: "pen", filter: role("line"), layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": PEN, "line-width": 2.5 } },
  { id: "pen-middle", type: "circle", source: "pen", filter: role("middle"), paint: { "circle-color": "#fffdf6", "circle-radius": 4, "circle-stroke-color": PEN, "circle-stroke-width": 1.5, "circle-opacity": 0.85 } },
  { id: "pen-corner", type: "circle", source: "pen", filter: role("corner"), paint: { "circle-color": PEN, "circle-radius": 6, "circle-stroke-color": "#fffdf6", "circle-stroke-width": 2 } },
  { id: "pen-chosen", type: "circle", source: "pen", filter: role("chosen"), paint: { "circle-color": "#f2b233", "circle-radius": 8, "circle-stroke-color": PEN, "circle-stroke-width": 2.5 } },
  { id: "pen-snap", type: "circle", source: "pen", filter: role("snap-corner", "snap-edge", "snap-angle"), paint: { "circle-color": "#0f766e", "circle-opacity": 0.25, "circle-radius": 11, "circle-stroke-color": "#0f766e", "circle-stroke-width": 2 } },
];

export const CHOOSABLE = ["place-area", "place-line", "place-point"];
