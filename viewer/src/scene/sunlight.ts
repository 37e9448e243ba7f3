/** Where the sun stands at a place and hour, and what its light looks like there. */

import { Cartesian3, Color, JulianDate, Matrix3, Matrix4, Simon1994PlanetaryPositions, Transforms } from "@cesium/engine";
import type { HazeColours } from "./haze";

export interface Sunlight {
  /** Direction in which light travels, in world coordinates. */
  travel: Cartesian3;
  /** Metres east and south that a shadow reaches per metre of height; long ones are cut. */
  shadow: [number, number];
  /** Degrees above the horizon, below it negative. */
  elevation: number;
  /** Degrees clockwise from north. */
  azimuth: number;
  intensity: number;
  colour: Color;
  sky: HazeColours;
}

/** Shadows of a low sun end somewhere: this many metres per metre of height. */
const LONGEST = 6;

const SKIES: [number, HazeColours, string, number][] = [
  [-8, { zenith: "#0f1a2a", horizon: "#22303f", below: "#18222c" }, "#8fa6c8", 0.55],
  [-1, { zenith: "#2f4763", horizon: "#8a7f86", below: "#4d5a63" }, "#b9b6c8", 0.8],
  [6, { zenith: "#5f86ad", horizon: "#ecd9bd", below: "#a9a89c" }, "#ffd9a6", 1.5],
  [22, { zenith: "#6f9fc4", horizon: "#d9e4e6", below: "#a9bcc0" }, "#fff4e2", 1.9],
];

function mixed(a: string, b: string, t: number): string {
  return Color.lerp(Color.fromCssColorString(a), Color.fromCssColorString(b), t, new Color()).toCssHexString().slice(0, 7);
}

/** The sky at an elevation, mixed between the tabled ones. */
export function skyAt(elevation: number): { sky: HazeColours; colour: string; intensity: number } {
  const above = SKIES.findIndex(([at]) => at > elevation);
  const [first, last] = [SKIES[0], SKIES[SKIES.length - 1]] as [(typeof SKIES)[0], (typeof SKIES)[0]];
  if (above === 0) return { sky: first[1], colour: first[2], intensity: first[3] };
  if (above < 0) return { sky: last[1], colour: last[2], intensity: last[3] };
  const [from, to] = [SKIES[above - 1], SKIES[above]] as [(typeof SKIES)[0], (typeof SKIES)[0]];
  const t = (elevation - from[0]) / (to[0] - from[0]);
  const names = ["zenith", "horizon", "below"] as const;
  const sky = Object.fromEntries(names.map((name) => [name, mixed(from[1][name], to[1][name], t)])) as unknown as HazeColours;
  return { sky, colour: mixed(from[2], to[2], t), intensity: from[3] + (to[3] - from[3]) * t };
}

/** The sun over a local east-north-up frame at a moment. */
export function sunlightAt(date: Date, frame: Matrix4): Sunlight {
  const time = JulianDate.fromDate(date);
  const inertial = Simon1994PlanetaryPositions.computeSunPositionInEarthInertialFrame(time, new Cartesian3());
  // TEME needs no table from the server and is exact to a hundredth of a degree, far below what a shadow shows.
  const fixed = Transforms.computeTemeToPseudoFixedMatrix(time, new Matrix3());
  const sun = Cartesian3.normalize(Matrix3.multiplyByVector(fixed, inertial, new Cartesian3()), new Cartesian3());
  const local = Matrix4.multiplyByPointAsVector(Matrix4.inverseTransformation(frame, new Matrix4()), sun, new Cartesian3());
  const elevation = (Math.asin(local.z) * 180) / Math.PI;
  const azimuth = ((Math.atan2(local.x, local.y) * 180) / Math.PI + 360) % 360;
  const { sky, colour, intensity } = skyAt(elevation);
  // At night the light comes from above, so that forms stay readable.
  const source = elevation > 1.5 ? local : new Cartesian3(local.x * 0.4, local.y * 0.4, 1);
  const travel = Matrix4.multiplyByPointAsVector(frame, Cartesian3.negate(source, new Cartesian3()), new Cartesian3());
  const reach = local.z > 0 ? Math.min(LONGEST, Math.hypot(local.x, local.y) / local.z) : 0;
  const flat = Math.hypot(local.x, local.y) || 1;
  return {
    travel: Cartesian3.normalize(travel, travel),
    shadow: [(-local.x / flat) * reach, (local.y / flat) * reach],
    elevation,
    azimuth,
    intensity,
    colour: Color.fromCssColorString(colour),
    sky,
  };
}
