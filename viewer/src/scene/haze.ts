/** Sky, haze and the soft edge of the model in one full-screen pass: cheaper than Cesium's atmosphere and calmer to look at. */

import { Cartesian2, Cartesian3, Cartesian4, Color, Matrix4, PostProcessStage, type Scene } from "@cesium/engine";

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
uniform vec4 u_localEast;
uniform vec4 u_localNorth;
uniform vec2 u_halfView;
uniform vec3 u_up;
uniform vec3 u_sun;
uniform vec3 u_zenith;
uniform vec3 u_horizon;
uniform vec3 u_below;
uniform vec4 u_area;
uniform float u_density;

// Written for renderers without a GPU as well: no powers, one square root, two dot products a pixel.
vec3 skyColour(vec3 direction) {
  float height = dot(direction, u_up);
  vec3 sky = mix(u_horizon, u_zenith, sqrt(clamp(height * 1.3, 0.0, 1.0)));
  vec3 below = mix(u_horizon, u_below, clamp(-2.4 * height, 0.0, 1.0));
  float toSun = max(dot(direction, u_sun), 0.0);
  float glow = toSun * toSun * toSun;
  return (height > 0.0 ? sky : below) + vec3(0.10, 0.075, 0.03) * glow * glow;
}

void main() {
  float depth = texture(depthTexture, v_textureCoordinates).r;
  vec2 ray = (2.0 * v_textureCoordinates - 1.0) * u_halfView;
  float stretch = inversesqrt(dot(ray, ray) + 1.0);
  vec3 direction = vec3(ray, -1.0) * stretch;
  vec3 sky = skyColour(direction);
  if (depth >= 1.0) {
    out_FragColor = vec4(sky, 1.0);
    return;
  }
#ifdef LOG_DEPTH
  float ahead = exp2(depth * czm_log2FarDepthFromNearPlusOne) - 1.0 + czm_currentFrustum.x;
#else
  float ahead = czm_currentFrustum.x * czm_currentFrustum.y / (czm_currentFrustum.y - depth * (czm_currentFrustum.y - czm_currentFrustum.x));
#endif
  vec4 position = vec4(ray * ahead, -ahead, 1.0);
  float far = ahead / stretch * u_density;
  float haze = far * far / (1.0 + far * far);
  vec2 beyond = abs(vec2(dot(u_localEast, position), dot(u_localNorth, position))) - u_area.xy;
  float edge = clamp((max(beyond.x, beyond.y) + u_area.z) / (0.88 * u_area.z), 0.0, 1.0);
  edge = edge * edge * (3.0 - 2.0 * edge);
  // Far things turn bluish before they turn pale.
  vec3 colour = texture(colorTexture, v_textureCoordinates).rgb;
  colour += (colour * vec3(-0.07, -0.01, 0.06) + vec3(0.0, 0.012, 0.03)) * min(1.6 * haze, 1.0);
  out_FragColor = vec4(mix(mix(colour, u_horizon, haze * 0.86), sky, edge), 1.0);
}
`;

function vector(css: string): Cartesian3 {
  const colour = Color.fromCssColorString(css);
  return new Cartesian3(colour.red, colour.green, colour.blue);
}

export class Haze {
  readonly stage: PostProcessStage;
  private readonly localFromEye = new Matrix4();
  private readonly east = new Cartesian4();
  private readonly north = new Cartesian4();
  private readonly halfView = new Cartesian2();
  private readonly up = new Cartesian3();
  private readonly sun = new Cartesian3();
  private readonly tones: Record<keyof HazeColours, Cartesian3>;

  constructor(scene: Scene, area: HazeArea, sunDirection: Cartesian3, colours: HazeColours) {
    const localFromWorld = Matrix4.inverseTransformation(area.frame, new Matrix4());
    const up = Cartesian3.fromCartesian4(Matrix4.getColumn(area.frame, 2, new Cartesian4()));
    const [zenith, horizon, below] = [vector(colours.zenith), vector(colours.horizon), vector(colours.below)];
    this.tones = { zenith, horizon, below };
    const areaVector = new Cartesian4(area.half[0], area.half[1], area.fade, 0);
    const camera = scene.camera;
    this.stage = new PostProcessStage({
      name: "haze",
      fragmentShader: SHADER,
      uniforms: {
        u_localEast: () => {
          Matrix4.multiply(localFromWorld, camera.inverseViewMatrix, this.localFromEye);
          return Matrix4.getRow(this.localFromEye, 0, this.east);
        },
        u_localNorth: () => Matrix4.getRow(this.localFromEye, 1, this.north),
        u_halfView: () => {
          const projection = camera.frustum.projectionMatrix as unknown as ArrayLike<number>;
          this.halfView.x = 1 / (projection[0] ?? 1);
          this.halfView.y = 1 / (projection[5] ?? 1);
          return this.halfView;
        },
        u_up: () => Matrix4.multiplyByPointAsVector(camera.viewMatrix, up, this.up),
        u_sun: () => Matrix4.multiplyByPointAsVector(camera.viewMatrix, Cartesian3.negate(sunDirection, this.sun), this.sun),
        u_zenith: zenith,
        u_horizon: horizon,
        u_below: below,
        u_area: areaVector,
        // Seen from higher up the air is clearer: what the camera frames must stay readable.
        u_density: () => 0.5 / Math.max(2400, 2.6 * Math.max(0, camera.positionCartographic.height - area.ground)),
      },
    });
    scene.postProcessStages.add(this.stage);
  }

  /** Other colours for another hour; the direction of the sun is the caller's own vector. */
  tone(colours: HazeColours): void {
    for (const name of ["zenith", "horizon", "below"] as const) Cartesian3.clone(vector(colours[name]), this.tones[name]);
  }
}
