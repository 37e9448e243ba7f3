/** The ground under a working map: the scene's own tiles; without a scene the outlines of the division and those below. */

import type { StyleSpecification } from "maplibre-gl";
import type { Outlines, ScenePointer } from "../contracts";
import { mapStyle } from "./style";

export interface Ground {
  division: string;
  /** Address of the scene's pointer; empty without a scene. */
  pointer: string;
  outlines: string;
}

/** The template of a scene's tiles as its pointer names it now; null without a scene. */
export async function sceneTiles(address: string): Promise<{ pointer: ScenePointer; tiles: string } | null> {
  if (!address) return null;
  const base = new URL(address, location.href);
  const answer = await fetch(base, { cache: "no-cache" });
  if (!answer.ok) return null;
  const pointer = (await answer.json()) as ScenePointer;
  // new URL would encode the braces of {z}/{x}/{y}; only the folder is resolved.
  return { pointer, tiles: `${new URL(".", base).href}${pointer.vectors}` };
}

export async function groundStyle(ground: Ground): Promise<StyleSpecification> {
  const scene = await sceneTiles(ground.pointer);
  if (scene) return mapStyle(scene.pointer, scene.tiles, ground.division);
  const answer = await fetch(ground.outlines);
  const outlines: Outlines = answer.ok ? ((await answer.json()) as Outlines) : { type: "FeatureCollection", features: [] };
  return {
    version: 8,
    sources: { outlines: { type: "geojson", data: outlines } },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": "#e8ebdf" } },
      { id: "outline", type: "line", source: "outlines", paint: { "line-color": "#46525b", "line-dasharray": [4, 3], "line-width": 1.2 } },
      { id: "outline-self", type: "line", source: "outlines", filter: ["==", ["get", "self"], true], paint: { "line-color": "#0f766e", "line-width": 2.5 } },
    ],
  };
}
