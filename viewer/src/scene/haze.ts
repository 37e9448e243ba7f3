/** Sky, haze and the soft edge of the model in one full-screen pass: cheaper than Cesium's atmosphere and calmer to look at. */

import { Cartesian3, Cartesian4, Color, Matrix4, PostProcessStage, type Scene } from "@cesium/engine";

/** Colours are sRGB; the horizon colour is also what distance fades to. */
export interface HazeColours {
  zenith: string;
  horizon: string;
  below: string;
}

export interface HazeArea {
  /** Local east-north-up frame of the scene's centre. */
  frame: Matrix4;
  /** Half the width and half the height of the shown area in metres. */
  half: [number, number];
  /** Usual height of the ground in metres. */
  ground: number;
  /** Metres over which the edge melts into the haze. */
  fade: number;
}

const SHADER = `
uniform sampler2D colorTexture;
uniform sampler2D depthTexture;
in vec2 v_textureCoordinates;
uniform mat4 u_localFromEye;
uniform vec3 u_up;
uniform vec3 u_sun;
uniform vec3 u_zenith;
uniform vec3 u_horizon;
uniform vec3 u_below;
uniform vec4 u_area;
uniform float u_density;

vec3 skyColour(vec3 direction) {
  float height = dot(direction, u_up);
  float t = pow(clamp(height * 1.5, 0.0, 1.0), 0.62);
  vec3 sky = mix(u_horizon, u_zenith, t);
  vec3 ground = mix(u_horizon, u_below, smoothstep(0.0, 0.5, -height));
  vec3 colour = height > 0.0 ? sky : ground;
  float glow = pow(max(dot(direction, u_sun), 0.0), 6.0);
  return colour + vec3(0.10, 0.075, 0.03) * glow;
}

void main() {
  vec4 colour = texture(colorTexture, v_textureCoordinates);
  float depth = texture(depthTexture, v_textureCoordinates).r;
  vec4 eye = czm_windowToEyeCoordinates(gl_FragCoord.xy, depth);
  vec3 position = eye.xyz / eye.w;
  vec3 direction = normalize(position);
  vec3 sky = skyColour(direction);
  if (depth >= 1.0) {
    out_FragColor = vec4(sky, 1.0);
    return;
  }
  float distance = length(position);
  float haze = 1.0 - exp(-pow(distance * u_density, 1.35));
  vec3 local = (u_localFromEye * vec4(position, 1.0)).xyz;
  vec2 beyond = abs(local.xy) - u_area.xy;
  float edge = smoothstep(-u_area.z, -u_area.z * 0.12, max(beyond.x, beyond.y));
  // Far things turn bluish before they turn pale.
  vec3 tinted = mix(colour.rgb, colour.rgb * vec3(0.93, 0.99, 1.06) + vec3(0.0, 0.012, 0.03), smoothstep(0.0, 0.6, haze));
  vec3 veil = skyColour(normalize(direction - u_up * min(dot(direction, u_up), 0.0) * 0.8));
  out_FragColor = vec4(mix(mix(tinted, veil, haze * 0.86), sky, edge), 1.0);
}
`;

function vector(css: string): Cartesian3 {
  const colour = Color.fromCssColorString(css);
  return new Cartesian3(colour.red, colour.green, colour.blue);
}

export class Haze {
  readonly stage: PostProcessStage;
  private readonly localFromEye = new Matrix4();
  private readonly up = new Cartesian3();
  private readonly sun = new Cartesian3();

  constructor(scene: Scene, area: HazeArea, sunDirection: Cartesian3, colours: HazeColours) {
    const localFromWorld = Matrix4.inverseTransformation(area.frame, new Matrix4());
    const up = Cartesian3.fromCartesian4(Matrix4.getColumn(area.frame, 2, new Cartesian4()));
    const zenith = vector(colours.zenith);
    const horizon = vector(colours.horizon);
    const below = vector(colours.below);
    const areaVector = new Cartesian4(area.half[0], area.half[1], area.fade, 0);
    const camera = scene.camera;
    this.stage = new PostProcessStage({
      name: "haze",
      fragmentShader: SHADER,
      uniforms: {
        u_localFromEye: () => Matrix4.multiply(localFromWorld, camera.inverseViewMatrix, this.localFromEye),
        u_up: () => Matrix4.multiplyByPointAsVector(camera.viewMatrix, up, this.up),
        u_sun: () => Matrix4.multiplyByPointAsVector(camera.viewMatrix, Cartesian3.negate(sunDirection, this.sun), this.sun),
        u_zenith: zenith,
        u_horizon: horizon,
        u_below: below,
        u_area: areaVector,
        // Seen from higher up the air is clearer: what the camera frames must stay readable.
        u_density: () => 0.34 / Math.max(2400, 2.6 * Math.max(0, camera.positionCartographic.height - area.ground)),
      },
    });
    scene.postProcessStages.add(this.stage);
  }
}
