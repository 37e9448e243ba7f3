/**
 * How buildings are lit and what their walls show. Tiles carry colours and one pair of whole numbers a vertex
 * (tiling/faces.py): bays and storeys on walls, metres up the slope on roofs; windows, doors and tile courses are drawn
 * from these, smoothed to the size of a pixel. A flat face tells its own normal, so that tiles need none.
 */

import { CustomShader, LightingModel } from "@cesium/engine";

const FRAGMENT = /* glsl */ `
const float FLOOR_V = 8192.0;
const float STOREY_V = 256.0;
const float ROOF_V = 57344.0;
const float FLAT_V = 65535.0;
const float DOOR_BAY = 8.0;

const vec3 GLASS = vec3(0.100, 0.150, 0.195);
const vec3 GLASS_SKY = vec3(0.250, 0.335, 0.400);
const vec3 FRAME = vec3(0.760, 0.745, 0.700);
const vec3 DOOR = vec3(0.190, 0.088, 0.045);
const vec3 STONE = vec3(0.305, 0.287, 0.250);
const vec3 SUN = vec3(0.66, 0.60, 0.51);
const vec3 SKY = vec3(0.60, 0.635, 0.70);
const vec3 GROUND = vec3(0.42, 0.40, 0.36);

// Share of a pixel of width w around x that lies between a and b. (Cesium fails on block comments of one line.)
float between(float x, float a, float b, float w) {
  float reach = max(w, 1e-5);
  return clamp((min(x + 0.5 * reach, b) - max(x - 0.5 * reach, a)) / reach, 0.0, 1.0);
}

float pane(vec2 at, vec2 low, vec2 high, vec2 w) {
  return between(at.x, low.x, high.x, w.x) * between(at.y, low.y, high.y, w.y);
}

#ifdef HAS_TEXCOORD_0
vec3 wallColour(vec3 lime, vec2 bays, vec2 w) {
  vec2 cell = floor(bays);
  vec2 at = bays - cell;
  // Far off a bay is smaller than a pixel: show its mean.
  float detail = 1.0 - smoothstep(0.35, 0.9, max(w.x, w.y));
  float isDoor = step(abs(cell.x - DOOR_BAY), 0.5) * step(abs(cell.y), 0.5);
  float frame = pane(at, vec2(0.255, 0.300), vec2(0.745, 0.800), w) * (1.0 - isDoor);
  float glass = pane(at, vec2(0.285, 0.335), vec2(0.715, 0.770), w) * (1.0 - isDoor);
  float mullion = max(between(at.x, 0.487, 0.513, w.x), between(at.y, 0.620, 0.645, w.y));
  float sill = pane(at, vec2(0.235, 0.270), vec2(0.765, 0.305), w) * (1.0 - isDoor);
  vec3 wall = lime;
  wall *= 1.0 - 0.16 * between(bays.y, -0.02, 0.11, w.y);
  wall *= 1.0 - 0.13 * between(at.y, 0.0, 0.035, w.y) * step(0.5, cell.y);
  vec3 shown = mix(wall, FRAME, frame);
  vec3 window = mix(mix(GLASS, GLASS_SKY, between(at.y, 0.645, 0.770, w.y)), FRAME, 0.85 * mullion);
  shown = mix(shown, window, glass);
  shown = mix(shown, FRAME * 0.8, sill);
  float leaf = pane(at, vec2(0.30, 0.0), vec2(0.70, 0.74), w) * isDoor;
  float jamb = pane(at, vec2(0.27, 0.0), vec2(0.73, 0.78), w) * isDoor;
  shown = mix(shown, DOOR * 1.5, jamb);
  vec3 door = mix(DOOR, GLASS_SKY, between(at.y, 0.60, 0.70, w.y));
  shown = mix(shown, mix(door, DOOR * 0.6, between(at.x, 0.49, 0.51, w.x)), leaf);
  float isWindowed = step(1e-4, w.x);
  vec3 mean = mix(wall, GLASS, 0.17 * isWindowed);
  vec3 above = mix(mean, shown, detail);
  return mix(STONE, above, clamp(bays.y / max(w.y, 1e-4) + 0.5, 0.0, 1.0));
}

vec3 roofColour(vec3 tiles, float metres, float w) {
  float detail = 1.0 - smoothstep(0.15, 0.5, w);
  float at = fract(metres / 0.55);
  float course = mix(0.5, at, detail);
  float lip = between(at, 0.0, 0.16, w / 0.55) * detail;
  float rim = between(metres, -0.5, 0.16, w);
  return tiles * (0.94 + 0.12 * course) * (1.0 - 0.28 * lip) * (1.0 - 0.35 * rim);
}
#endif

void fragmentMain(FragmentInput fsInput, inout czm_modelMaterial material) {
  vec3 position = fsInput.attributes.positionEC;
  vec3 normal = normalize(cross(dFdx(position), dFdy(position)));
  vec3 up = normalize(position - czm_view[3].xyz);
  float rise = dot(normal, up);
  vec3 colour = material.diffuse;
#ifdef HAS_TEXCOORD_0
  vec2 told = fsInput.attributes.texCoord_0;
  vec2 width = fwidth(told);
  if (told.y < ROOF_V - 0.5) {
    if (told.y > 0.5) {
      colour = wallColour(colour, vec2(told.x, (told.y - FLOOR_V) / STOREY_V), vec2(width.x, width.y / STOREY_V));
    }
  } else if (told.y < FLAT_V - 0.5) {
    colour = roofColour(colour, (told.y - ROOF_V) / 32.0, width.y / 32.0);
  }
#else
  // Boxes: the mean of a wall with its windows.
  colour *= mix(0.86, 1.0, smoothstep(0.15, 0.35, abs(rise)));
#endif
  vec3 ambient = mix(GROUND, SKY, 0.5 + 0.5 * rise);
  float sun = max(dot(normal, czm_lightDirectionEC), 0.0);
  material.diffuse = colour * (ambient + SUN * sun);
}
`;

/** The look of all buildings; one instance can be shared by all tilesets. */
export function buildingShader(): CustomShader {
  return new CustomShader({ lightingModel: LightingModel.UNLIT, fragmentShaderText: FRAGMENT });
}
