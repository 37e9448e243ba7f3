/** Small seamless pictures of crops, forest and ground, drawn once and laid out in metres by the drape. */

import { stream } from "./random";

export type TextureName =
  | "ground" | "relief" | "paddy" | "rape" | "rows" | "beds" | "tea" | "orchard" | "vineyard" | "forest" | "grass" | "water" | "yard";

type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

const PIXELS = 256;

interface Recipe {
  /** Edge of the square in metres. */
  metres: number;
  base: string;
  /** Draws in metres, 0..metres; `wrapped` repeats a drawing over the seams. */
  draw(context: Context, metres: number, random: () => number): void;
}

/** Calls `draw` at every place where a blob at (x, y) of radius r shows in the square. */
function wrapped(metres: number, x: number, y: number, r: number, draw: (x: number, y: number) => void): void {
  for (const dx of [-metres, 0, metres]) {
    for (const dy of [-metres, 0, metres]) {
      const px = x + dx;
      const py = y + dy;
      if (px > -r && px < metres + r && py > -r && py < metres + r) draw(px, py);
    }
  }
}

function disc(context: Context, x: number, y: number, r: number, colour: string): void {
  context.fillStyle = colour;
  context.beginPath();
  context.arc(x, y, r, 0, 2 * Math.PI);
  context.fill();
}

function speckle(context: Context, metres: number, random: () => number, count: number, radius: number, colours: string[]): void {
  for (let i = 0; i < count; i++) {
    const colour = colours[Math.floor(random() * colours.length)] ?? "#000";
    const r = radius * (0.5 + random());
    wrapped(metres, random() * metres, random() * metres, r, (x, y) => disc(context, x, y, r, colour));
  }
}

function rows(context: Context, metres: number, count: number, width: number, colour: string): void {
  context.fillStyle = colour;
  for (let i = 0; i < count; i++) context.fillRect(0, ((i + 0.5) * metres) / count - width / 2, metres, width);
}

/** A crown lit from the south-west with its shadow to the north-east, like everything in the scene, seen from above. */
function crown(context: Context, metres: number, x: number, y: number, r: number, dark: string, mid: string, light: string): void {
  wrapped(metres, x, y, r * 1.6, (px, py) => {
    disc(context, px + r * 0.28, py - r * 0.3, r, dark);
    disc(context, px, py, r * 0.95, mid);
    disc(context, px - r * 0.25, py + r * 0.28, r * 0.5, light);
  });
}

const RECIPES: Record<TextureName, Recipe> = {
  ground: {
    metres: 48,
    base: "#8f9e63",
    draw(context, metres, random) {
      speckle(context, metres, random, 90, 3.2, ["#96a56a40", "#84955a48", "#a3a97240", "#7b8f5538"]);
      speckle(context, metres, random, 500, 0.5, ["#7a8d5260", "#a9b07850", "#6f844b50"]);
    },
  },
  relief: {
    // Laid over everything very faintly: large patches of lighter and darker growth, so that no slope looks painted in one go.
    metres: 2600,
    base: "#80808000",
    draw(context, metres, random) {
      context.clearRect(0, 0, metres, metres);
      for (let i = 0; i < 70; i++) {
        const isDark = random() < 0.55;
        const r = 90 + 300 * random();
        wrapped(metres, random() * metres, random() * metres, r, (x, y) => {
          const glow = context.createRadialGradient(x, y, 0, x, y, r);
          glow.addColorStop(0, isDark ? "rgba(38,60,30,0.2)" : "rgba(240,226,160,0.16)");
          glow.addColorStop(1, isDark ? "rgba(38,60,30,0)" : "rgba(240,226,160,0)");
          context.fillStyle = glow;
          context.fillRect(x - r, y - r, 2 * r, 2 * r);
        });
      }
    },
  },
  paddy: {
    metres: 8,
    base: "#86ad5c",
    draw(context, metres, random) {
      rows(context, metres, 16, 0.2, "#6d994c");
      speckle(context, metres, random, 60, 0.16, ["#9cc06c", "#5f8d45"]);
    },
  },
  rape: {
    metres: 10,
    base: "#dfbb3e",
    draw(context, metres, random) {
      rows(context, metres, 6, 0.34, "#b7a03a");
      speckle(context, metres, random, 260, 0.2, ["#f2d65a", "#e9c845", "#cfae38", "#f7e27a"]);
    },
  },
  rows: {
    metres: 9,
    base: "#a8a266",
    draw(context, metres, random) {
      rows(context, metres, 9, 0.52, "#7f9a4f");
      speckle(context, metres, random, 120, 0.18, ["#8fae58", "#6f8c45"]);
    },
  },
  beds: {
    metres: 12,
    base: "#9a8a63",
    draw(context, metres, random) {
      for (let i = 0; i < 6; i++) {
        context.fillStyle = ["#6f9a4a", "#7fae58", "#5d8a48", "#8aa552", "#6b9a5f", "#7da35a"][i] ?? "#6f9a4a";
        context.fillRect(0, i * 2 + 0.25, metres, 1.5);
      }
      speckle(context, metres, random, 120, 0.2, ["#94bd68", "#568040"]);
    },
  },
  tea: {
    metres: 9,
    base: "#6e7f4c",
    draw(context, metres, random) {
      rows(context, metres, 6, 1.05, "#3f6f3c");
      rows(context, metres, 6, 0.5, "#548548");
      speckle(context, metres, random, 70, 0.16, ["#6a9a55", "#386537"]);
    },
  },
  orchard: {
    metres: 20,
    base: "#93a460",
    draw(context, metres, random) {
      speckle(context, metres, random, 120, 0.5, ["#86994f60", "#a1af6c60"]);
      for (let i = 0; i < 4; i++) {
        for (let j = 0; j < 4; j++) {
          const r = 1.35 + 0.35 * random();
          crown(context, metres, i * 5 + 2.5 + (random() - 0.5) * 0.6, j * 5 + 2.5 + (random() - 0.5) * 0.6, r, "#5a6f3d", "#5f8f45", "#7fae5c");
        }
      }
    },
  },
  vineyard: {
    metres: 8,
    base: "#a79f70",
    draw(context, metres, random) {
      rows(context, metres, 4, 0.75, "#5f8447");
      speckle(context, metres, random, 60, 0.22, ["#79a357", "#4c7039"]);
    },
  },
  forest: {
    metres: 64,
    base: "#365c38",
    draw(context, metres, random) {
      const tones = [
        ["#27492c", "#3f6b3d", "#56844b"],
        ["#264a30", "#37633f", "#4d7c52"],
        ["#2b4a29", "#4a7340", "#648c4c"],
        ["#223f2a", "#315839", "#457049"],
      ];
      for (let i = 0; i < 330; i++) {
        const tone = tones[Math.floor(random() * tones.length)] ?? ["#000", "#000", "#000"];
        crown(context, metres, random() * metres, random() * metres, 1.7 + 1.5 * random(), tone[0] ?? "", tone[1] ?? "", tone[2] ?? "");
      }
    },
  },
  grass: {
    metres: 32,
    base: "#9bab68",
    draw(context, metres, random) {
      speckle(context, metres, random, 70, 2, ["#90a25e60", "#a7b37550", "#88995650"]);
      speckle(context, metres, random, 350, 0.3, ["#7f935070", "#b3bb8060"]);
    },
  },
  water: {
    metres: 24,
    base: "#4f8fb0",
    draw(context, metres, random) {
      speckle(context, metres, random, 30, 3, ["#4888aa60", "#5a9aba50"]);
      context.lineWidth = 0.12;
      for (let i = 0; i < 60; i++) {
        context.strokeStyle = random() > 0.5 ? "#a9cfe070" : "#3f7fa280";
        const x = random() * metres;
        const length = 0.8 + 1.6 * random();
        wrapped(metres, x, random() * metres, 3, (px, py) => {
          context.beginPath();
          context.moveTo(px - length, py);
          context.quadraticCurveTo(px, py - 0.22, px + length, py);
          context.stroke();
        });
      }
    },
  },
  yard: {
    metres: 12,
    base: "#d8d0bf",
    draw(context, metres, random) {
      speckle(context, metres, random, 140, 0.4, ["#cfc6b240", "#e2dbcc50", "#c3b9a438"]);
      context.strokeStyle = "#b9ae9a66";
      context.lineWidth = 0.06;
      for (let i = 0; i < 4; i++) {
        context.strokeRect(i * 3, -1, 3, metres + 2);
        context.strokeRect(-1, i * 3, metres + 2, 3);
      }
    },
  },
};

type Canvas = HTMLCanvasElement | OffscreenCanvas;

function canvasOf(size: number): { canvas: Canvas; context: Context } {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const context = canvas.getContext("2d");
  if (!context) throw new Error("This browser cannot draw on a canvas.");
  return { canvas, context };
}

/** The textures at several sizes: a canvas pattern has no mip maps, and a shrunken one would glitter. */
export class TextureSet {
  private readonly sizes = new Map<TextureName, Canvas[]>();

  /** Mean colour of a texture, for views so far away that its detail is smaller than a pixel. */
  flat(name: TextureName): string {
    return RECIPES[name].base;
  }

  /** A pattern in a metre frame: rotated by `angle` around the frame's origin, sharp at `metresPerPixel`. */
  pattern(context: Context, name: TextureName, angle: number, metresPerPixel: number): CanvasPattern | string {
    const recipe = RECIPES[name];
    const wantedPixels = recipe.metres / metresPerPixel;
    if (wantedPixels < 6) return recipe.base;
    const sizes = this.sizesOf(name);
    const source = sizes.find((canvas) => canvas.width <= wantedPixels * 1.42) ?? sizes[sizes.length - 1];
    if (!source) return recipe.base;
    const pattern = context.createPattern(source, "repeat");
    if (!pattern) return recipe.base;
    const scale = recipe.metres / source.width;
    pattern.setTransform(new DOMMatrix().rotate((angle * 180) / Math.PI).scale(scale, scale));
    return pattern;
  }

  private sizesOf(name: TextureName): Canvas[] {
    let sizes = this.sizes.get(name);
    if (!sizes) {
      sizes = [this.paint(name)];
      for (let size = PIXELS * 2; size >= 8; size /= 2) {
        const { canvas, context } = canvasOf(size);
        context.imageSmoothingQuality = "high";
        context.drawImage(sizes[sizes.length - 1] as CanvasImageSource, 0, 0, size, size);
        sizes.push(canvas);
      }
      this.sizes.set(name, sizes);
    }
    return sizes;
  }

  private paint(name: TextureName): Canvas {
    const recipe = RECIPES[name];
    const { canvas, context } = canvasOf(PIXELS * 4);
    context.scale((PIXELS * 4) / recipe.metres, (PIXELS * 4) / recipe.metres);
    context.fillStyle = recipe.base;
    context.fillRect(0, 0, recipe.metres, recipe.metres);
    recipe.draw(context, recipe.metres, stream(name.length * 131 + name.charCodeAt(0)));
    return canvas;
  }
}
