/** One sun for the whole scene: an afternoon light from the south-west, so that slopes, walls and drawn shadows agree. */

import { Cartesian3, Matrix4 } from "@cesium/engine";

const AZIMUTH = (232 * Math.PI) / 180;
const ELEVATION = (41 * Math.PI) / 180;

/** Direction in which light travels, as east, north, up. */
export const TRAVEL: [number, number, number] = [
  -Math.sin(AZIMUTH) * Math.cos(ELEVATION),
  -Math.cos(AZIMUTH) * Math.cos(ELEVATION),
  -Math.sin(ELEVATION),
];

/** Metres east and south that a shadow reaches per metre of height, on level ground. */
export const SHADOW: [number, number] = [TRAVEL[0] / -TRAVEL[2], -TRAVEL[1] / -TRAVEL[2]];

/** The same direction in world coordinates at a local east-north-up frame. */
export function travelInWorld(frame: Matrix4): Cartesian3 {
  const direction = Matrix4.multiplyByPointAsVector(frame, new Cartesian3(...TRAVEL), new Cartesian3());
  return Cartesian3.normalize(direction, direction);
}
