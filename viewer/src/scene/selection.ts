/** Marks one place: a bright outline on the ground, a soft curtain that lifts it, and a tint on the building itself. */

import {
  Cartesian3,
  Color,
  ColorGeometryInstanceAttribute,
  GeometryInstance,
  Material,
  PerInstanceColorAppearance,
  PolylineCollection,
  Primitive,
  WallGeometry,
} from "@cesium/engine";
import type { Bounds, LonLat } from "../contracts";
import { METRES_PER_DEGREE } from "./mercator";
import type { Stage } from "./stage";
import type { BuildingTints } from "./tints";

export interface Marked {
  kind: string;
  cid: number;
  /** Outer rings in degrees. */
  rings: LonLat[][];
  bounds: Bounds | null;
}

const LINE = Color.fromCssColorString("#ffe27a");
const CURTAIN = Color.fromCssColorString("#ffd84d").withAlpha(0.3);

export class Selection {
  private lines: PolylineCollection | undefined;
  private curtain: Primitive | undefined;
  current: Marked | undefined;

  constructor(
    private readonly stage: Stage,
    private readonly tints: BuildingTints,
    private readonly fallbackHeight: number,
  ) {}

  clear(): void {
    if (!this.current) return;
    this.current = undefined;
    this.remove();
    this.tints.select(new Set());
  }

  private remove(): void {
    const { primitives } = this.stage.scene;
    if (this.lines) primitives.remove(this.lines);
    if (this.curtain) primitives.remove(this.curtain);
    this.lines = undefined;
    this.curtain = undefined;
  }

  show(marked: Marked, buildingCids: Set<number>): void {
    this.current = marked;
    this.draw(marked);
    this.tints.select(buildingCids);
  }

  /** Lays the outline on the ground again once its finest tiles are there. */
  settle(): void {
    if (this.current) this.draw(this.current);
  }

  private draw(marked: Marked): void {
    this.remove();
    const { primitives } = this.stage.scene;
    const lift = marked.kind === "building" ? 3 : 2.2;
    const lines = new PolylineCollection();
    const walls: GeometryInstance[] = [];
    for (const ring of marked.rings) {
      const ground = this.onGround(ring);
      if (ground.length < 2) continue;
      lines.add({
        positions: ground.map(([lon, lat, height]) => Cartesian3.fromDegrees(lon, lat, height + 1)),
        width: 3.5,
        material: Material.fromType("Color", { color: LINE }),
      });
      walls.push(
        new GeometryInstance({
          geometry: new WallGeometry({
            positions: ground.map(([lon, lat, height]) => Cartesian3.fromDegrees(lon, lat, height + lift)),
            minimumHeights: ground.map(([, , height]) => height - 0.3),
            vertexFormat: PerInstanceColorAppearance.FLAT_VERTEX_FORMAT,
          }),
          attributes: { color: ColorGeometryInstanceAttribute.fromColor(CURTAIN) },
        }),
      );
    }
    this.lines = primitives.add(lines) as PolylineCollection;
    if (walls.length > 0 && marked.kind !== "road") {
      this.curtain = primitives.add(
        new Primitive({
          geometryInstances: walls,
          appearance: new PerInstanceColorAppearance({ flat: true, translucent: true, closed: false }),
          allowPicking: false,
          asynchronous: false,
        }),
      ) as Primitive;
    }
    this.stage.scene.requestRender();
  }

  /** Vertices every few metres with the ground's height, so that the outline follows the slope. */
  private onGround(ring: LonLat[]): [number, number, number][] {
    const points: [number, number, number][] = [];
    ring.forEach(([lon, lat], i) => {
      const before = ring[i - 1];
      const steps = before ? Math.min(60, Math.max(1, Math.ceil((Math.hypot(lon - before[0], lat - before[1]) * METRES_PER_DEGREE) / 6))) : 1;
      for (let step = 1; step <= steps; step++) {
        const t = step / steps;
        const x = before ? before[0] + (lon - before[0]) * t : lon;
        const y = before ? before[1] + (lat - before[1]) * t : lat;
        points.push([x, y, this.stage.heightAt(x, y) ?? this.fallbackHeight]);
      }
    });
    return points;
  }
}
