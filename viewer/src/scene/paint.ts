/** Draws vector tiles on one canvas of the drape, in a metre frame, so that rows, roads and yards have true sizes at every level. */

import type { Bounds, LonLat } from "../contracts";
import { landStyle, roadStyle, treeSpacing } from "./palette";
import { castShadow, frameOf, metresPerDegree, prepare, rowAngle, type Frame, type Prepared } from "./paint-frame";
import { fraction } from "./random";
import type { TextureSet } from "./textures";
import { treesOf } from "./tree-places";
import { EXTENT, type DecodedTile, type VectorFeature } from "./vector-store";

export type LayerId = "building" | "parcel" | "road" | "courtyard" | "water" | "division";

/** Colours by division code or by number in the tiles. */
export interface ThemePaint {
  subject: "division" | "courtyard" | "parcel" | "building";
  colours: ReadonlyMap<string | number, string>;
  /** Colour of what has no value. */
  none: string;
  /** Colours of buildings, where they follow from another subject. */
  buildings: ReadonlyMap<number, string> | null;
}

export interface Outline {
  code: string;
  rings: Float64Array[];
  isSelf: boolean;
}

export interface PaintJob {
  context: CanvasRenderingContext2D;
  size: number;
  bounds: Bounds;
  /** Origin of the metre frame, the same for all canvases, so that textures join. */
  origin: LonLat;
  tiles: DecodedTile[];
  outlines: Outline[];
  textures: TextureSet;
  /** Direction a shadow falls, in metres east and south per metre of height. */
  shadow: [number, number];
  /** Near the camera the GPU casts them itself. */
  hasCastShadows: boolean;
  theme: ThemePaint | null;
  hidden: ReadonlySet<string>;
}

export function paint(job: PaintJob): void {
  const { context, size, bounds, origin } = job;
  const [kx, ky] = metresPerDegree(origin);
  const px = size / ((bounds[2] - bounds[0]) * kx);
  const py = size / ((bounds[3] - bounds[1]) * ky);
  const west = (bounds[0] - origin[0]) * kx;
  const north = (origin[1] - bounds[3]) * ky;
  context.setTransform(px, 0, 0, py, -west * px, -north * py);
  const metresPerPixel = 2 / (px + py);
  const view: Prepared["box"] = [west, north, west + size / px, north + size / py];
  new Painter(job, metresPerPixel, view).all();
}

/** Faint washes for neighbouring divisions. */
const AREA_TINTS = ["rgba(243,239,230,0.34)", "rgba(111,154,74,0.3)", "rgba(226,184,60,0.22)", "rgba(79,143,176,0.2)", "rgba(181,101,58,0.16)"];

class Painter {
  private readonly context: CanvasRenderingContext2D;
  private readonly isCast: boolean;

  constructor(
    private readonly job: PaintJob,
    /** Metres in one canvas pixel. */
    private readonly mpp: number,
    private readonly view: Prepared["box"],
  ) {
    this.context = job.context;
    this.isCast = job.hasCastShadows && mpp < 0.7;
  }

  all(): void {
    const { context, view } = this;
    context.fillStyle = this.job.textures.pattern(context, "ground", 0.4, this.mpp);
    context.fillRect(view[0], view[1], view[2] - view[0], view[3] - view[1]);
    const relief = this.job.textures.pattern(context, "relief", 0.7, this.mpp);
    context.lineJoin = "round";
    context.lineCap = "round";
    const { hidden, theme } = this.job;
    if (!hidden.has("parcel")) this.eachTile((tile, frame) => this.parcels(tile.layers["parcel"] ?? [], frame));
    context.fillStyle = relief;
    context.fillRect(view[0], view[1], view[2] - view[0], view[3] - view[1]);
    if (theme?.subject === "division") this.themedDivisions(theme);
    if (!hidden.has("water")) this.eachTile((tile, frame) => this.water([...(tile.layers["waterway"] ?? []), ...(tile.layers["water"] ?? [])], frame));
    if (!hidden.has("courtyard")) this.eachTile((tile, frame) => this.courtyards(tile.layers["courtyard"] ?? [], frame));
    if (!hidden.has("road")) this.eachTile((tile, frame) => this.roads(tile.layers["road"] ?? [], frame));
    if (this.mpp < 1.2 && !this.isCast && !hidden.has("trees")) this.eachTile((tile, frame) => this.treeShadows(tile, frame));
    if (!hidden.has("building")) this.eachTile((tile, frame) => this.buildings(tile.layers["building"] ?? [], frame));
    if (!hidden.has("division")) this.outlines();
  }

  /** Each source tile drawn within its own square: features reach over its edge and must not be drawn twice. */
  private eachTile(draw: (tile: DecodedTile, frame: Frame) => void): void {
    const { context } = this;
    for (const tile of this.job.tiles) {
      const frame = frameOf(tile, this.job.origin);
      const overlap = this.mpp * 0.5;
      context.save();
      context.beginPath();
      context.rect(frame.ox - overlap, frame.oy - overlap, EXTENT * frame.sx + 2 * overlap, EXTENT * frame.sy + 2 * overlap);
      context.clip();
      draw(tile, frame);
      context.restore();
    }
  }

  private visible(features: VectorFeature[], frame: Frame, margin = 0): [VectorFeature, Path2D][] {
    const { view } = this;
    const shown: [VectorFeature, Path2D][] = [];
    for (const feature of features) {
      const { path, box } = prepare(feature, frame);
      const isOut = box[0] > view[2] + margin || box[2] < view[0] - margin || box[1] > view[3] + margin || box[3] < view[1] - margin;
      if (!isOut) shown.push([feature, path]);
    }
    return shown;
  }

  /** A line width in metres that is never thinner than `pixels`. */
  private width(metres: number, pixels: number): number {
    return Math.max(metres, pixels * this.mpp);
  }

  /** What a theme says of a feature; null where it says nothing about this kind. */
  private themed(subject: ThemePaint["subject"], cid: number): string | null {
    const { theme } = this.job;
    if (!theme) return null;
    if (theme.subject === subject) return theme.colours.get(cid) ?? theme.none;
    return subject === "building" && theme.buildings ? (theme.buildings.get(cid) ?? theme.none) : null;
  }

  /** Divisions from their outlines where these are at hand, else from the tiles: a county colours its villages. */
  private themedDivisions(theme: ThemePaint): void {
    const { context } = this;
    const outlined = new Set<string>();
    context.globalAlpha = 0.74;
    for (const outline of this.job.outlines) {
      const colour = theme.colours.get(outline.code);
      if (!colour) continue;
      outlined.add(outline.code);
      context.fillStyle = colour;
      context.fill(this.outlinePath(outline), "evenodd");
    }
    this.eachTile((tile, frame) => {
      for (const [feature, path] of this.visible(tile.layers["division"] ?? [], frame)) {
        const code = String(feature.properties["code"] ?? "");
        const colour = theme.colours.get(code);
        if (!colour || outlined.has(code) || feature.type !== 3) continue;
        context.fillStyle = colour;
        context.fill(path, "evenodd");
        context.strokeStyle = "rgba(255,255,255,0.7)";
        context.lineWidth = 1.2 * this.mpp;
        context.stroke(path);
      }
    });
    context.globalAlpha = 1;
  }

  private parcels(features: VectorFeature[], frame: Frame): void {
    const { context, mpp } = this;
    const shown = this.visible(features, frame);
    for (const [feature, path] of shown) {
      const use = String(feature.properties["use"] ?? "");
      const { texture } = landStyle(use, String(feature.properties["crop"] ?? ""));
      const angle = texture === "forest" || texture === "grass" || texture === "water" ? 0 : rowAngle(feature);
      context.fillStyle = this.job.textures.pattern(context, texture, angle, mpp);
      context.fill(path, "evenodd");
      const shade = fraction(feature.cid, 5) - 0.5;
      context.fillStyle = shade < 0 ? `rgba(24,40,20,${(-shade * 0.26).toFixed(3)})` : `rgba(255,246,196,${(shade * 0.24).toFixed(3)})`;
      context.fill(path, "evenodd");
      const themed = this.themed("parcel", feature.cid);
      if (!themed) continue;
      context.globalAlpha = 0.86;
      context.fillStyle = themed;
      context.fill(path, "evenodd");
      context.globalAlpha = 1;
    }
    if (mpp > 5) return;
    const strength = Math.min(1, 2.2 / mpp);
    for (const [feature, path] of shown) {
      const isForest = feature.properties["use"] === "forest";
      // Field ridges: an earth-dark foot and a grassy crest; forest has no ridge, only a seam.
      context.strokeStyle = isForest ? `rgba(28,52,30,${0.35 * strength})` : `rgba(64,72,36,${0.5 * strength})`;
      context.lineWidth = this.width(isForest ? 0.6 : 1.3, 0.9);
      context.stroke(path);
      if (mpp < 0.8 && !isForest) {
        context.strokeStyle = "rgba(172,178,112,0.85)";
        context.lineWidth = this.width(0.55, 0.8);
        context.stroke(path);
      }
    }
  }

  private water(features: VectorFeature[], frame: Frame): void {
    const { context, mpp } = this;
    const fill = this.job.textures.pattern(context, "water", 0.3, mpp);
    for (const [feature, path] of this.visible(features, frame, 12)) {
      if (feature.type === 2) {
        const metres = Number(feature.properties["width_m"] ?? 0) || (feature.properties["kind"] === "river" ? 12 : 4);
        context.strokeStyle = "rgba(52,80,48,0.55)";
        context.lineWidth = this.width(metres + 2.5, 2.4);
        context.stroke(path);
        context.strokeStyle = mpp < 2 ? fill : "#4f8fb0";
        context.lineWidth = this.width(metres, 1.6);
        context.stroke(path);
      } else if (feature.type === 3) {
        context.strokeStyle = "rgba(56,84,50,0.6)";
        context.lineWidth = this.width(3.2, 1.4);
        context.stroke(path);
        context.fillStyle = fill;
        context.fill(path, "evenodd");
        context.save();
        context.clip(path, "evenodd");
        // Shallow water along the bank, drawn as wide, faint inner strokes.
        for (const [metres, alpha] of [[9, 0.1], [5, 0.14], [2, 0.2]] as const) {
          context.strokeStyle = `rgba(190,222,214,${alpha})`;
          context.lineWidth = this.width(metres, 1);
          context.stroke(path);
        }
        context.restore();
      }
    }
  }

  private courtyards(features: VectorFeature[], frame: Frame): void {
    const { context, mpp } = this;
    if (mpp > 8 && this.job.theme?.subject !== "courtyard") return;
    const shown = this.visible(features, frame, 2);
    for (const [feature, path] of shown) {
      const themed = this.themed("courtyard", feature.cid);
      context.fillStyle = themed ?? this.job.textures.pattern(context, "yard", rowAngle(feature), mpp);
      context.fill(path, "evenodd");
      if (!themed || mpp < 0.8) continue;
      // From afar a courtyard is a few pixels: its colour needs an edge to be seen.
      context.strokeStyle = themed;
      context.lineWidth = 2.4 * mpp;
      context.stroke(path);
    }
    if (mpp > 2.5) return;
    for (const [, path] of shown) {
      const [sx, sy] = this.job.shadow;
      if (mpp < 1.2) {
        // The wall's own shadow, then the wall.
        context.save();
        context.translate(sx * 0.9, sy * 0.9);
        context.strokeStyle = "rgba(40,42,40,0.28)";
        context.lineWidth = this.width(0.7, 0.7);
        context.stroke(path);
        context.restore();
      }
      context.strokeStyle = mpp < 1.2 ? "#9a7355" : "rgba(150,108,76,0.7)";
      context.lineWidth = this.width(0.5, 0.9);
      context.stroke(path);
      if (mpp < 0.5) {
        context.strokeStyle = "#d9c6ae";
        context.lineWidth = this.width(0.22, 0.6);
        context.stroke(path);
      }
    }
  }

  private roads(features: VectorFeature[], frame: Frame): void {
    const { context, mpp } = this;
    const shown = this.visible(features, frame, 20)
      .map(([feature, path]) => ({ feature, path, style: roadStyle(String(feature.properties["class"] ?? "")) }))
      .sort((a, b) => a.style.order - b.style.order)
      .filter(({ style }) => style.order >= (mpp > 12 ? 4 : mpp > 5 ? 2 : 0));
    const widthOf = (road: (typeof shown)[number]): number =>
      Number(road.feature.properties["width_m"] ?? 0) || road.style.width;
    for (const road of shown) {
      if (!road.style.casing) continue;
      context.strokeStyle = `${road.style.casing}c8`;
      context.lineWidth = this.width(widthOf(road) + 0.9, 2.4);
      context.stroke(road.path);
    }
    for (const road of shown) {
      context.strokeStyle = road.style.fill;
      context.setLineDash(road.style.dash.map((metres) => Math.max(metres, 2 * mpp)));
      context.lineWidth = this.width(widthOf(road), road.style.order > 1 ? 1.3 : 0.9);
      context.stroke(road.path);
    }
    context.setLineDash([]);
    if (mpp > 0.5) return;
    context.strokeStyle = "rgba(255,255,255,0.9)";
    context.setLineDash([4, 4]);
    for (const road of shown.filter((road) => road.style.centreLine)) {
      context.lineWidth = 0.22;
      context.stroke(road.path);
    }
    context.setLineDash([]);
  }

  private treeShadows(tile: DecodedTile, frame: Frame): void {
    const { context, view } = this;
    if (tile.z < 15) return;
    const [sx, sy] = this.job.shadow;
    context.fillStyle = "rgba(22,38,24,0.34)";
    context.beginPath();
    const slant = Math.atan2(sy, sx);
    for (const parcel of tile.layers["parcel"] ?? []) {
      const spacing = treeSpacing(String(parcel.properties["use"] ?? ""), String(parcel.properties["crop"] ?? ""));
      if (spacing?.kind !== "orchard") continue;
      const { box } = prepare(parcel, frame);
      if (box[0] > view[2] || box[2] < view[0] || box[1] > view[3] || box[3] < view[1]) continue;
      for (const tree of treesOf(parcel, tile, frame.sx, frame.sy)) {
        const x = frame.ox + tree.u * frame.sx + sx * tree.height * 0.45;
        const y = frame.oy + tree.v * frame.sy + sy * tree.height * 0.45;
        context.moveTo(x + tree.height * 0.5, y);
        context.ellipse(x, y, tree.height * 0.5, tree.height * 0.34, slant, 0, 2 * Math.PI);
      }
    }
    context.fill();
  }

  private buildings(features: VectorFeature[], frame: Frame): void {
    const { context, mpp } = this;
    const shown = this.visible(features, frame, 30);
    if (mpp < 4 && !this.isCast) {
      const shadows = new Path2D();
      for (const [feature] of shown) {
        const height = Number(feature.properties["height_m"] ?? 0) || 3.2 * (Number(feature.properties["storeys"] ?? 0) || 2);
        for (const ring of feature.rings) castShadow(shadows, ring, frame, this.job.shadow[0] * height, this.job.shadow[1] * height);
      }
      context.fillStyle = "rgba(30,34,40,0.36)";
      context.fill(shadows, "nonzero");
    }
    for (const [feature, path] of shown) {
      if (mpp < 1.5) {
        context.strokeStyle = "rgba(40,38,34,0.3)";
        context.lineWidth = this.width(1.2, 1);
        context.stroke(path);
      }
      context.fillStyle = this.themed("building", feature.cid) ?? "#8d8f8e";
      context.fill(path, "evenodd");
    }
  }

  private outlinePath({ rings }: Outline): Path2D {
    const [kx, ky] = metresPerDegree(this.job.origin);
    const [lon0, lat0] = this.job.origin;
    const path = new Path2D();
    for (const ring of rings) {
      for (let i = 0; i < ring.length; i += 2) {
        const x = ((ring[i] as number) - lon0) * kx;
        const y = (lat0 - (ring[i + 1] as number)) * ky;
        if (i === 0) path.moveTo(x, y);
        else path.lineTo(x, y);
      }
      path.closePath();
    }
    return path;
  }

  /** Boundaries of the division shown and of its children; land outside is paler, so that the eye stays inside. */
  private outlines(): void {
    const { context, view, mpp } = this;
    const paths = this.job.outlines.map((outline) => ({ path: this.outlinePath(outline), isSelf: outline.isSelf }));
    const self = paths.filter(({ isSelf }) => isSelf);
    if (self.length > 0) {
      const outside = new Path2D();
      outside.rect(view[0] - 10, view[1] - 10, view[2] - view[0] + 20, view[3] - view[1] + 20);
      for (const { path } of self) outside.addPath(path);
      context.save();
      context.globalCompositeOperation = "saturation";
      context.fillStyle = "rgba(128,128,128,0.42)";
      context.fill(outside, "evenodd");
      context.globalCompositeOperation = "source-over";
      context.fillStyle = "rgba(226,232,228,0.22)";
      context.fill(outside, "evenodd");
      context.restore();
    }
    // From so far that no field shows, areas side by side differ a little, as on a wall map.
    if (mpp > 60 && this.job.theme?.subject !== "division") {
      paths.forEach(({ path, isSelf }, i) => {
        if (isSelf) return;
        context.fillStyle = AREA_TINTS[i % AREA_TINTS.length] ?? "";
        context.fill(path, "evenodd");
      });
    }
    for (const { path, isSelf } of paths) {
      const pixels = isSelf ? 2.2 : 1.5;
      context.setLineDash([]);
      context.strokeStyle = "rgba(31,42,48,0.4)";
      context.lineWidth = (pixels + 1.4) * mpp;
      context.stroke(path);
      context.setLineDash(isSelf ? [] : [9 * mpp, 5 * mpp]);
      context.strokeStyle = "rgba(255,255,255,0.92)";
      context.lineWidth = pixels * mpp;
      context.stroke(path);
    }
    context.setLineDash([]);
  }
}
