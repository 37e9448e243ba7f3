/** What the tools ask the server: saved plans, a computed road, a water level. */

import type { LonLat } from "../contracts";
import { ApiError } from "../api";

export interface SavedPlan {
  id: number;
  name: string;
  line: LonLat[];
  width_m: number;
  most_gradient_percent: number;
  length_m: number;
  over_m: number;
  href: string;
}

export interface PlanDesk {
  token: string;
  may_save: boolean;
  list: string;
  plans: SavedPlan[];
}

export interface Households {
  named: { id: number; household_no: string; head_name: string; division_code: string }[];
  others: number | null;
}

export interface RoadAnswer {
  totals: Record<string, number> & { computed_at: never };
  stations: { chainage_m: number[]; ground_m: number[]; design_m: number[]; cut_m2: number[]; fill_m2: number[] };
  segments: { start_m: number; end_m: number; gradient_percent: number; ground_gradient_percent: number; is_over: boolean; cut_m3: number; fill_m3: number }[];
  works: GeoJSON.Polygon | GeoJSON.MultiPolygon;
  ground_models: string[];
  places: { kind: string; kind_label: string; title: string; use: string; works_mu: number; works_m2: number; at: string }[];
  uses: { use: string; mu: number }[];
  households: Households;
}

export interface FloodAnswer {
  level_m: number;
  seed_m: number;
  area_mu: number;
  volume_m3: number;
  deepest_m: number;
  cell_m: number;
  touches_edge: boolean;
  shape: GeoJSON.Polygon | GeoJSON.MultiPolygon;
  courtyards: number;
  building_count: number;
  households: Households;
  ground_models: string[];
}

export interface RoadWish {
  division: string;
  line: LonLat[];
  width_m: number;
  most_gradient_percent: number;
}

const BASE = "/console/plans";

async function answered<T>(request: Promise<Response>): Promise<T> {
  const answer = await request;
  const body = (await answer.json().catch(() => ({}))) as T & { error?: { title?: string; detail?: string } };
  if (answer.ok) return body;
  throw new ApiError(answer.status, body.error?.title ?? `${answer.status}`, body.error?.detail ?? "");
}

/** What a signed-in member of staff starts with; rejects for everybody else. */
export function planDesk(division: string): Promise<PlanDesk> {
  return answered(fetch(`${BASE}/desk/?division=${encodeURIComponent(division)}`, { headers: { accept: "application/json" } }));
}

function send<T>(step: string, body: object, token: string, signal?: AbortSignal): Promise<T> {
  return answered(
    fetch(`${BASE}/${step}/`, {
      method: "POST",
      headers: { accept: "application/json", "content-type": "application/json", "x-csrftoken": token },
      body: JSON.stringify(body),
      ...(signal ? { signal } : {}),
    }),
  );
}

export const computeRoad = (wish: RoadWish, token: string): Promise<RoadAnswer> => send("compute", wish, token);
export const saveRoad = (wish: RoadWish & { name: string; note: string }, token: string): Promise<{ id: number; name: string; href: string }> =>
  send("save", wish, token);
export const riseWater = (
  wish: { division: string; lon: number; lat: number; rise_m: number; reach_m: number },
  token: string,
  signal: AbortSignal,
): Promise<FloodAnswer> => send("flood", wish, token, signal);

/** Polygons of a GeoJSON shape as rings. */
export function polygonsOf(shape: GeoJSON.Polygon | GeoJSON.MultiPolygon): LonLat[][][] {
  return (shape.type === "Polygon" ? [shape.coordinates] : shape.coordinates) as LonLat[][][];
}
