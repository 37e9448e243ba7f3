/** Colours the ground by how steep it is or which way it faces, from the normals of the terrain mesh. */

import { Material } from "@cesium/engine";
import type { Stage } from "../scene/stage";

/** Upper bounds in degrees with colours (colour-blind safe, light to dark); the last has no bound. */
export const SLOPES: readonly [number, string][] = [
  [2, "#f7fbe8"], [6, "#d3e9a6"], [15, "#f4d35e"], [25, "#ee964b"], [35, "#c8553d"], [90, "#6a1b3a"],
];
/** North first, clockwise by 45 degrees. */
export const ASPECTS: readonly string[] = ["#2b4c7e", "#4a90a4", "#56b4a9", "#9cc069", "#f2d15c", "#e8964a", "#c45b4a", "#7a4a86"];

const PIXELS = 720;
const OPACITY = 0.78;

function ramp(colourAt: (share: number) => string): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = PIXELS;
  canvas.height = 1;
  const context = canvas.getContext("2d");
  if (!context) throw new Error("This browser cannot draw on a canvas.");
  context.globalAlpha = OPACITY;
  for (let i = 0; i < PIXELS; i++) {
    context.fillStyle = colourAt((i + 0.5) / PIXELS);
    context.fillRect(i, 0, 1, 1);
  }
  return canvas;
}

export function slopeColour(degrees: number): string {
  return (SLOPES.find(([most]) => degrees <= most) ?? SLOPES[SLOPES.length - 1] as [number, string])[1];
}

/** Compass direction of Cesium's aspect, which counts radians from the east against the clock; `share` is of a whole turn. */
export function compassOf(share: number): number {
  return (((90 - share * 360) % 360) + 360) % 360;
}

export function aspectColour(compass: number): string {
  return ASPECTS[Math.round(compass / 45) % 8] as string;
}

/** Shows the colouring, or the plain ground again. */
export function shadeGround(stage: Stage, kind: "slope" | "aspect" | null): void {
  const { globe } = stage.scene;
  globe.material =
    kind === "slope"
      ? Material.fromType("SlopeRamp", { image: ramp((share) => slopeColour(share * 90)) })
      : kind === "aspect"
        ? Material.fromType("AspectRamp", { image: ramp((share) => aspectColour(compassOf(share))) })
        : (undefined as never);
  // The ramp becomes a texture one frame after the material was first drawn, and nothing else asks for that frame.
  let frames = 3;
  const stop = stage.scene.postRender.addEventListener(() => {
    frames -= 1;
    if (frames > 0) setTimeout(() => stage.scene.requestRender(), 0);
    else stop();
  });
  stage.scene.requestRender();
}
