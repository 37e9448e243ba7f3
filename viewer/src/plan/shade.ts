/** Colours the ground by how steep it is or which way it faces, from the normals of the terrain mesh. */

import { Color, Material } from "@cesium/engine";
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

/** Ground flatter than this faces nowhere. */
export const FLAT_DEGREES = 2;
export const FLAT_COLOUR = "#c9cdc8";

/**
 * Cesium's own aspect is interpolated between vertices, so that it runs through all directions where it jumps from 360 to
 * 0; here it is found for each pixel from the interpolated normal.
 */
const ASPECT_SOURCE = `
czm_material czm_getMaterial(czm_materialInput materialInput) {
  czm_material material = czm_getDefaultMaterial(materialInput);
  vec3 world = (czm_inverseView * vec4(-materialInput.positionToEyeEC, 1.0)).xyz;
  vec3 up = normalize(vec3(world.xy, world.z * 1.0067394967));
  vec3 east = normalize(vec3(-world.y, world.x, 0.0));
  vec3 north = cross(up, east);
  vec3 normal = normalize((czm_inverseView * vec4(materialInput.normalEC, 0.0)).xyz);
  float compass = atan(dot(normal, east), dot(normal, north));
  vec4 colour = texture(image, vec2(fract(compass / czm_twoPi), 0.5));
  float isSteep = step(dot(normal, up), flatCosine);
  material.diffuse = mix(flatColour.rgb, colour.rgb, isSteep);
  material.alpha = colour.a;
  return material;
}`;

export function aspectColour(compass: number): string {
  return ASPECTS[Math.round(compass / 45) % 8] as string;
}

function aspectMaterial(): Material {
  return new Material({
    fabric: {
      uniforms: {
        image: ramp((share) => aspectColour(share * 360)),
        flatCosine: Math.cos((FLAT_DEGREES * Math.PI) / 180),
        flatColour: Color.fromCssColorString(FLAT_COLOUR),
      },
      source: ASPECT_SOURCE,
    },
  });
}

/** Shows the colouring, or the plain ground again. */
export function shadeGround(stage: Stage, kind: "slope" | "aspect" | null): void {
  const { globe } = stage.scene;
  globe.material =
    kind === "slope"
      ? Material.fromType("SlopeRamp", { image: ramp((share) => slopeColour(share * 90)) })
      : kind === "aspect"
        ? aspectMaterial()
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
