/** Camera moves of the screen: framing an area, orbiting by keys and buttons, and the heading for the compass. */

import {
  BoundingSphere,
  Cartesian2,
  Cartesian3,
  Cartographic,
  HeadingPitchRange,
  Math as CesiumMath,
  Matrix4,
  type Scene,
} from "@cesium/engine";
import type { Bounds } from "../contracts";
import { centreOf, sizeOf } from "./mercator";

/** A camera as an address keeps it: degrees and metres. */
export interface CameraPose {
  lon: number;
  lat: number;
  height: number;
  heading: number;
  pitch: number;
}

export type Nudge = "left" | "right" | "up" | "down" | "in" | "out" | "turn-left" | "turn-right" | "tilt-up" | "tilt-down";

export class CameraMoves {
  constructor(
    private readonly scene: Scene,
    /** Ground height in metres to aim at where no terrain is loaded yet. */
    private readonly fallbackHeight: number,
    private readonly isInstant: boolean,
    /** Height of the ground as drawn, where it is. */
    private readonly drawnGround: (lon: number, lat: number) => number | undefined,
    /** Height from the terrain itself, loaded on demand. */
    private readonly readGround: (lon: number, lat: number) => Promise<number | undefined>,
  ) {}

  /** Looks at an area from the south-south-east, so close that it fills the free part of the window. */
  async frame(bounds: Bounds, free: [number, number], options: { instant?: boolean; pitch?: number; least?: number } = {}): Promise<void> {
    const [lon, lat] = centreOf(bounds);
    const [width, height] = sizeOf(bounds);
    const pitch = options.pitch ?? -34;
    const ground = (await this.readGround(lon, lat)) ?? this.groundAt(lon, lat);
    const { clientWidth, clientHeight } = this.scene.canvas;
    const aspect = Math.max(0.3, clientWidth / Math.max(1, clientHeight));
    // Cesium's fov spans the longer side of the window.
    const fov = CesiumMath.toRadians(60);
    const halfWide = aspect >= 1 ? Math.tan(fov / 2) : Math.tan(fov / 2) * aspect;
    const halfTall = halfWide / aspect;
    const leaning = Math.abs(Math.sin(CesiumMath.toRadians(pitch)));
    const range = Math.max(options.least ?? 120, width / 2 / (halfWide * free[0]), (height / 2) * Math.max(leaning, 0.45) / (halfTall * free[1]) * 1.12);
    return this.look(Cartesian3.fromDegrees(lon, lat, ground), new HeadingPitchRange(CesiumMath.toRadians(344), CesiumMath.toRadians(pitch), range), options.instant ?? false);
  }

  private look(target: Cartesian3, offset: HeadingPitchRange, instant: boolean): Promise<void> {
    const { camera } = this.scene;
    if (instant || this.isInstant) {
      camera.cancelFlight();
      camera.lookAt(target, offset);
      camera.lookAtTransform(Matrix4.IDENTITY);
      this.scene.requestRender();
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      camera.flyToBoundingSphere(new BoundingSphere(target, 0), { offset, duration: 1.4, complete: resolve, cancel: resolve });
      this.scene.requestRender();
    });
  }

  /** Terrain height at a point in metres, or the scene's usual height before the ground is loaded. */
  groundAt(lon: number, lat: number): number {
    return this.drawnGround(lon, lat) ?? this.fallbackHeight;
  }

  /** The point of the ground in the middle of the window and its distance in metres. */
  private focus(): { target: Cartesian3; range: number } {
    const { camera, canvas, globe } = this.scene;
    const ray = camera.getPickRay(new Cartesian2(canvas.clientWidth / 2, canvas.clientHeight / 2));
    const hit = ray && globe.pick(ray, this.scene);
    if (hit) return { target: hit, range: Cartesian3.distance(hit, camera.positionWC) };
    const range = 800;
    const target = Cartesian3.add(camera.positionWC, Cartesian3.multiplyByScalar(camera.directionWC, range, new Cartesian3()), new Cartesian3());
    return { target, range };
  }

  get pose(): CameraPose {
    const { positionCartographic: at, heading, pitch } = this.scene.camera;
    const degrees = CesiumMath.toDegrees;
    return { lon: degrees(at.longitude), lat: degrees(at.latitude), height: at.height, heading: degrees(heading), pitch: degrees(pitch) };
  }

  stand(pose: CameraPose): void {
    this.scene.camera.cancelFlight();
    this.scene.camera.setView(viewOf(pose));
    this.scene.requestRender();
  }

  goTo(pose: CameraPose, instant = false): Promise<void> {
    if (instant || this.isInstant) {
      this.stand(pose);
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.scene.camera.flyTo({ ...viewOf(pose), duration: 2.2, complete: resolve, cancel: resolve });
      this.scene.requestRender();
    });
  }

  get headingDegrees(): number {
    return CesiumMath.toDegrees(this.scene.camera.heading);
  }

  nudge(how: Nudge): void {
    const { camera } = this.scene;
    const { target, range } = this.focus();
    const offset = new HeadingPitchRange(camera.heading, camera.pitch, range);
    const step = range * 0.14;
    const sideways = how === "left" ? -1 : how === "right" ? 1 : 0;
    const forward = how === "up" ? 1 : how === "down" ? -1 : 0;
    if (sideways || forward) {
      const place = Cartographic.fromCartesian(target);
      const east = step * (sideways * Math.cos(offset.heading) + forward * Math.sin(offset.heading));
      const north = step * (forward * Math.cos(offset.heading) - sideways * Math.sin(offset.heading));
      place.longitude += east / (6_378_137 * Math.cos(place.latitude));
      place.latitude += north / 6_378_137;
      place.height = this.scene.globe.getHeight(place) ?? place.height;
      void this.look(Cartographic.toCartesian(place), offset, true);
      return;
    }
    if (how === "in") offset.range = Math.max(40, range * 0.72);
    if (how === "out") offset.range = Math.min(this.scene.screenSpaceCameraController.maximumZoomDistance, range / 0.72);
    if (how === "turn-left") offset.heading -= CesiumMath.toRadians(12);
    if (how === "turn-right") offset.heading += CesiumMath.toRadians(12);
    if (how === "tilt-up") offset.pitch = Math.min(CesiumMath.toRadians(-8), offset.pitch + CesiumMath.toRadians(8));
    if (how === "tilt-down") offset.pitch = Math.max(CesiumMath.toRadians(-88), offset.pitch - CesiumMath.toRadians(8));
    void this.look(target, offset, true);
  }

  /** Turns north up without moving the point looked at. */
  faceNorth(): void {
    const { target, range } = this.focus();
    void this.look(target, new HeadingPitchRange(0, this.scene.camera.pitch, range), false);
  }
}

function viewOf(pose: CameraPose): { destination: Cartesian3; orientation: { heading: number; pitch: number; roll: number } } {
  return {
    destination: Cartesian3.fromDegrees(pose.lon, pose.lat, pose.height),
    orientation: { heading: CesiumMath.toRadians(pose.heading), pitch: CesiumMath.toRadians(pose.pitch), roll: 0 },
  };
}
