/** What each kind of land, road and water looks like; the legend and the drape read the same table. */

import type { TextureName } from "./textures";

export interface LandStyle {
  texture: TextureName;
  /** Key of the legend's text. */
  legend: LegendKey;
}

export type LegendKey =
  | "paddy" | "rape" | "dry" | "vegetables" | "tea" | "orchard" | "vineyard" | "forest" | "grass" | "water" | "built" | "courtyard" | "road" | "boundary";

/** By crop first (what grows now): words that occur in the codes and in what surveyors write. */
export const BY_CROP: readonly (readonly [readonly string[], LandStyle])[] = [
  [["rape", "canola", "油菜"], { texture: "rape", legend: "rape" }],
  [["rice", "稻"], { texture: "paddy", legend: "paddy" }],
  [["tea", "茶"], { texture: "tea", legend: "tea" }],
  [["veget", "蔬", "菜", "辣椒"], { texture: "beds", legend: "vegetables" }],
  [["orchard", "fruit", "果", "梨", "桃", "李"], { texture: "orchard", legend: "orchard" }],
  [["vine", "grape", "葡萄"], { texture: "vineyard", legend: "vineyard" }],
  [["maize", "corn", "wheat", "potato", "bean", "玉米", "麦", "薯", "豆", "高粱", "烟"], { texture: "rows", legend: "dry" }],
];

export const BY_USE: Record<string, LandStyle> = {
  paddy: { texture: "paddy", legend: "paddy" },
  dry_field: { texture: "rows", legend: "dry" },
  dry: { texture: "rows", legend: "dry" },
  orchard: { texture: "orchard", legend: "orchard" },
  garden: { texture: "orchard", legend: "orchard" },
  forest: { texture: "forest", legend: "forest" },
  grass: { texture: "grass", legend: "grass" },
  pond: { texture: "water", legend: "water" },
  vineyard: { texture: "vineyard", legend: "vineyard" },
  built: { texture: "yard", legend: "built" },
};

const OTHER: LandStyle = { texture: "grass", legend: "grass" };

/** Style of a parcel from its use and crop codes; unknown land is plain grass. */
export function landStyle(use: string, crop: string): LandStyle {
  if (use !== "forest" && use !== "pond" && crop) {
    for (const [words, style] of BY_CROP) if (words.some((word) => crop.includes(word))) return style;
  }
  return BY_USE[use] ?? OTHER;
}

/** Whether trees stand on a parcel, and how far apart in metres. */
export function treeSpacing(use: string, crop: string): { kind: "forest" | "orchard"; metres: number } | null {
  const { texture } = landStyle(use, crop);
  if (texture === "forest") return { kind: "forest", metres: 7 };
  if (texture === "orchard") return { kind: "orchard", metres: 5 };
  return null;
}

export interface RoadStyle {
  /** Metres when the tile says none. */
  width: number;
  fill: string;
  casing: string;
  dash: number[];
  centreLine: boolean;
  order: number;
}

const ROADS: Record<string, RoadStyle> = {
  highway: { width: 16, fill: "#f3dfae", casing: "#8b7447", dash: [], centreLine: true, order: 6 },
  county: { width: 8, fill: "#efe9da", casing: "#7c7a6d", dash: [], centreLine: true, order: 5 },
  township: { width: 6.5, fill: "#f0ebdf", casing: "#80806f", dash: [], centreLine: false, order: 4 },
  village: { width: 5, fill: "#ece6d8", casing: "#85846f", dash: [], centreLine: false, order: 3 },
  lane: { width: 3.5, fill: "#e8e1d0", casing: "#8a8871", dash: [], centreLine: false, order: 2 },
  track: { width: 2.6, fill: "#cdbd96", casing: "#8f8a63", dash: [], centreLine: false, order: 1 },
  path: { width: 1.4, fill: "#d3c7a6", casing: "", dash: [3, 2], centreLine: false, order: 0 },
};

const ROAD_OTHER = ROADS["village"] as RoadStyle;

export function roadStyle(roadClass: string): RoadStyle {
  return ROADS[roadClass] ?? ROAD_OTHER;
}

/** Swatch of a legend line (mean colours of the textures). */
export const LEGEND_COLOURS: Record<LegendKey, string> = {
  paddy: "#82ab58",
  rape: "#e2c04a",
  dry: "#96a05a",
  vegetables: "#7b9a55",
  tea: "#4f7c45",
  orchard: "#7d9a52",
  vineyard: "#8d9560",
  forest: "#3c653d",
  grass: "#9bab68",
  water: "#4f8fb0",
  built: "#d8d0bf",
  courtyard: "#d8d0bf",
  road: "#ece6d8",
  boundary: "#ffffff",
};
