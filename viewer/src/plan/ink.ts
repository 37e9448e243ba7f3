/** What the tools draw on the ground: lines, points, a filled area and a moving mark, laid on the terrain as it is drawn. */

import {
  Cartesian3, Color, ColorGeometryInstanceAttribute, GeometryInstance, Material, PerInstanceColorAppearance, PointPrimitiveCollection, PolygonGeometry,
  PolygonHierarchy, PolylineCollection, Primitive, type PointPrimitive,
} from "@cesium/engine";
import type { LonLat } from "../contracts";
import type { Stage } from "../scene/stage";
import { densify } from "./geodesy";

export interface Stroke {
  line: readonly LonLat[];
  colour: string;
  width: number;
  isClosed?: boolean;
}

const LIFT_M = 1.6;

export class Ink {
  private readonly lines = new PolylineCollection();
  private readonly points = new PointPrimitiveCollection();
  private area: Primitive | undefined;
  private spot: PointPrimitive | undefined;
  private drawn: { strokes: readonly Stroke[]; dots: readonly LonLat[]; ground: number } | undefined;
  private readonly stopListening: () => void;

  constructor(private readonly stage: Stage) {
    stage.scene.primitives.add(this.lines);
    stage.scene.primitives.add(this.points);
    // The ground rises and falls while finer tiles come in: what was drawn is laid on it again.
    this.stopListening = stage.scene.globe.tileLoadProgressEvent.addEventListener((left: number) => {
      if (left === 0) this.layAgain();
    });
  }

  private layAgain(): void {
    if (!this.drawn || this.spot) return;
    const { strokes, dots, ground } = this.drawn;
    if (Math.abs(this.groundUnder(strokes, dots) - ground) > 0.2) this.draw(strokes, dots);
  }

  /** Mean height of the ground at the corners: tells whether it moved. */
  private groundUnder(strokes: readonly Stroke[], dots: readonly LonLat[]): number {
    const corners = [...strokes.flatMap(({ line }) => line), ...dots];
    return corners.reduce((sum, [lon, lat]) => sum + (this.stage.heightAt(lon, lat) ?? 0), 0) / Math.max(1, corners.length);
  }

  private onGround([lon, lat]: LonLat, lift = LIFT_M): Cartesian3 {
    return Cartesian3.fromDegrees(lon, lat, (this.stage.heightAt(lon, lat) ?? 0) + lift);
  }

  draw(strokes: readonly Stroke[], dots: readonly LonLat[]): void {
    this.lines.removeAll();
    this.points.removeAll();
    this.spot = undefined;
    this.drawn = { strokes, dots, ground: this.groundUnder(strokes, dots) };
    for (const { line, colour, width, isClosed } of strokes) {
      const whole = isClosed && line.length > 2 ? [...line, line[0] as LonLat] : line;
      if (whole.length < 2) continue;
      const positions = densify(whole, 8, 500).map(({ point }) => this.onGround(point));
      // A dark outline keeps the line legible on fields and on snow-white roofs alike.
      const material = Material.fromType("PolylineOutline", {
        color: Color.fromCssColorString(colour), outlineColor: Color.fromCssColorString("#10181c"), outlineWidth: Math.min(2, width / 2),
      });
      this.lines.add({ positions, width: width + 3, material });
    }
    for (const dot of dots) {
      this.points.add({
        position: this.onGround(dot), pixelSize: 9, color: Color.WHITE, outlineColor: Color.fromCssColorString("#0f766e"), outlineWidth: 3,
        disableDepthTestDistance: Infinity,
      });
    }
    this.stage.scene.requestRender();
  }

  /** Fills areas (outer ring first, then holes) at one height, as water stands, or on top of the ground where none is given. */
  fill(polygons: readonly (readonly LonLat[])[][], colour: string, height: number): void {
    this.unfill();
    const instances = polygons.map(
      (rings) =>
        new GeometryInstance({
          geometry: new PolygonGeometry({
            polygonHierarchy: new PolygonHierarchy(flat(rings[0] ?? []), rings.slice(1).map((ring) => new PolygonHierarchy(flat(ring)))),
            height,
            vertexFormat: PerInstanceColorAppearance.FLAT_VERTEX_FORMAT,
          }),
          attributes: { color: ColorGeometryInstanceAttribute.fromColor(Color.fromCssColorString(colour)) },
        }),
    );
    if (instances.length === 0) return;
    this.area = this.stage.scene.primitives.add(
      new Primitive({
        geometryInstances: instances,
        appearance: new PerInstanceColorAppearance({ flat: true, translucent: true, closed: false }),
        allowPicking: false,
        asynchronous: false,
      }),
    ) as Primitive;
    this.stage.scene.requestRender();
  }

  unfill(): void {
    if (this.area) this.stage.scene.primitives.remove(this.area);
    this.area = undefined;
    this.stage.scene.requestRender();
  }

  /** The mark that follows the pointer over a profile; null takes it away. */
  mark(at: LonLat | null): void {
    if (this.spot) this.points.remove(this.spot);
    this.spot = at
      ? this.points.add({
          position: this.onGround(at, 2.5), pixelSize: 13, color: Color.fromCssColorString("#e69f00"), outlineColor: Color.BLACK, outlineWidth: 2,
          disableDepthTestDistance: Infinity,
        })
      : undefined;
    this.stage.scene.requestRender();
  }

  clear(): void {
    this.drawn = undefined;
    this.lines.removeAll();
    this.points.removeAll();
    this.spot = undefined;
    this.unfill();
  }

  destroy(): void {
    this.stopListening();
    this.clear();
    this.stage.scene.primitives.remove(this.lines);
    this.stage.scene.primitives.remove(this.points);
    this.stage.scene.requestRender();
  }
}

function flat(ring: readonly LonLat[]): Cartesian3[] {
  return ring.map(([lon, lat]) => Cartesian3.fromDegrees(lon, lat));
}
