/** What the address says beside division and place: camera, layers, theme, overlays, sun, comparison. Each part may be missing. */

import type { CameraPose } from "../scene/camera";

export type BreakMethod = "quantile" | "equal" | "natural";
export const BREAK_METHODS: BreakMethod[] = ["quantile", "equal", "natural"];

export interface Settings {
  /** Layers that are left out. */
  hidden: string[];
  theme: string;
  breaks: BreakMethod;
  overlays: string[];
  /** Local date and hour, 2026-05-20T15:00; empty is the usual light. */
  sun: string;
  /** Name of the older revision beside the present one. */
  compare: string;
  /** Share of the window left of the divider. */
  split: number;
  camera: CameraPose | null;
}

export const PLAIN: Settings = { hidden: [], theme: "", breaks: "quantile", overlays: [], sun: "", compare: "", split: 0.5, camera: null };

const WORD = /^[\w:.-]{1,60}$/;
const SUN = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/;

function words(text: string | null): string[] {
  return (text ?? "").split(",").filter((word) => WORD.test(word)).slice(0, 40);
}

function cameraOf(text: string | null): CameraPose | null {
  const numbers = (text ?? "").split(",").map(Number);
  const [lon, lat, height, heading, pitch] = numbers;
  if (numbers.length !== 5 || !numbers.every(Number.isFinite)) return null;
  if (lon === undefined || lat === undefined || height === undefined || heading === undefined || pitch === undefined) return null;
  if (Math.abs(lon) > 180 || Math.abs(lat) > 90 || height < -500 || height > 1e7 || Math.abs(pitch) > 90) return null;
  return { lon, lat, height, heading, pitch };
}

/** Reads a fragment such as #at=…&off=trees,plates&theme=courtyard:group; what is not understood is left out. */
export function readSettings(fragment: string): Settings {
  const values = new URLSearchParams(fragment.replace(/^#/, ""));
  const breaks = values.get("breaks") as BreakMethod | null;
  const split = Number(values.get("split") ?? 0.5);
  const [theme = ""] = words(values.get("theme"));
  const [compare = ""] = words(values.get("compare"));
  const sun = values.get("sun") ?? "";
  return {
    hidden: words(values.get("off")),
    theme,
    breaks: breaks && BREAK_METHODS.includes(breaks) ? breaks : "quantile",
    overlays: words(values.get("over")),
    sun: SUN.test(sun) && !Number.isNaN(Date.parse(sun)) ? sun : "",
    compare,
    split: split > 0 && split < 1 ? split : 0.5,
    camera: cameraOf(values.get("at")),
  };
}

/** The parts of a fragment that differ from the plain screen, in a fixed order. */
export function writeSettings(settings: Settings): string[] {
  const parts: string[] = [];
  const { camera } = settings;
  if (camera) {
    const { lon, lat, height, heading, pitch } = camera;
    parts.push(`at=${[lon.toFixed(6), lat.toFixed(6), height.toFixed(1), heading.toFixed(2), pitch.toFixed(2)].join(",")}`);
  }
  if (settings.hidden.length > 0) parts.push(`off=${[...settings.hidden].sort().join(",")}`);
  if (settings.theme) parts.push(`theme=${settings.theme}`);
  if (settings.theme && settings.breaks !== "quantile") parts.push(`breaks=${settings.breaks}`);
  if (settings.overlays.length > 0) parts.push(`over=${settings.overlays.join(",")}`);
  if (settings.sun) parts.push(`sun=${settings.sun}`);
  if (settings.compare) parts.push(`compare=${settings.compare}`, `split=${settings.split.toFixed(3)}`);
  return parts;
}
