/** The shapes the server answers with; the one place that knows them, so that a change there is one edit here. */

export type Level = "province" | "city" | "county" | "township" | "village";

export interface DivisionName {
  code: string;
  name: string;
}

export type LonLat = [number, number];
/** West, south, east, north in degrees. */
export type Bounds = [number, number, number, number];

export interface SceneRef {
  id: string;
  name: string;
  pointer: string;
  county_id?: number;
  layer_class?: "public" | "internal";
}

export interface Child extends DivisionName {
  level: Level;
  bounds: Bounds | null;
  label_point: LonLat | null;
  figures: Record<string, number | null>;
}

export interface Figure {
  id: string;
  label: string;
  value: number | string | null;
  unit: string;
  as_of: string;
  note: string;
  trend?: number[];
  href: string | null;
}

export interface Chart {
  kind: "pyramid" | "bar" | "donut" | "line";
  title: string;
  unit: string;
  categories: string[];
  series: { name: string; values: (number | null)[] }[];
}

export interface Panel {
  id: string;
  title: string;
  state: "ok" | "empty" | "no-permission";
  hint: string;
  source: string;
  as_of: string;
  figures: Figure[];
  chart: Chart | null;
}

/** A 3D model that somebody else made; `url` is its tileset. */
export interface ImportedModel {
  key: string;
  name: string;
  url: string;
  bounds: Bounds;
  attribution: string;
  covers_buildings: boolean;
}

export interface ScreenData {
  division: DivisionName & { level: Level; path: DivisionName[] };
  as_of: string;
  is_sample: boolean;
  viewer: { signed_in: boolean; name: string; role: string };
  bounds: Bounds | null;
  scenes: SceneRef[];
  has_terrain: boolean;
  /** Models that somebody else made, shown beside the scene. */
  models?: ImportedModel[];
  children: Child[];
  panels: Panel[];
  ticker: { text: string }[];
  attribution: string[];
}

export type LabelKind = "village" | "courtyard" | "road" | "water" | "hill";

export interface MapLabel {
  county_id: number | string;
  cid: number;
  kind: LabelKind;
  text: string;
  lon: number;
  lat: number;
  rank: number;
}

export type PlaceKind = "courtyard" | "building" | "parcel" | "road" | "water";

export interface PlaceCard {
  kind: PlaceKind;
  cid: number;
  title: string;
  subtitle: string;
  division: DivisionName;
  parent: { kind: PlaceKind; cid: number; title: string } | null;
  children: { kind: PlaceKind; cid: number; title: string }[];
  rows: { label: string; value: string }[];
  links: { label: string; href: string }[];
  bounds: Bounds | null;
  restricted: string;
}

export interface OutlineProperties extends DivisionName {
  level: Level;
  self?: boolean;
}

export type Outlines = GeoJSON.FeatureCollection<GeoJSON.Polygon | GeoJSON.MultiPolygon, OutlineProperties>;

export interface SearchResult {
  kind: string;
  title: string;
  subtitle: string;
  href: string | null;
  code?: string;
  cid?: number;
  scene?: string;
}

/** `current.json` of a published scene. */
export interface ScenePointer {
  revision: string;
  built_at: string;
  bounds: Bounds;
  height_range: [number, number];
  tileset: string | null;
  terrain: string | null;
  vectors: string;
  vector_zooms: [number, number];
  layers: string[];
  counts: Record<string, number>;
  attribution: string[];
}
