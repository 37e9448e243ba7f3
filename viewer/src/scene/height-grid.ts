/** Heights under many points of a small area: a few samples of the drawn terrain, the rest between them. */

import type { Bounds } from "../contracts";

const CELLS = 20;

export class HeightGrid {
  private readonly nodes = new Map<number, number | undefined>();

  constructor(
    private readonly bounds: Bounds,
    private readonly sample: (lon: number, lat: number) => number | undefined,
  ) {}

  /** Height in metres, bilinear between nodes; undefined where a node has none. */
  at(lon: number, lat: number): number | undefined {
    const [w, s, e, n] = this.bounds;
    const x = ((lon - w) / (e - w)) * CELLS;
    const y = ((lat - s) / (n - s)) * CELLS;
    const i = Math.max(0, Math.min(CELLS - 1, Math.floor(x)));
    const j = Math.max(0, Math.min(CELLS - 1, Math.floor(y)));
    const a = this.node(i, j);
    const b = this.node(i + 1, j);
    const c = this.node(i, j + 1);
    const d = this.node(i + 1, j + 1);
    if (a === undefined || b === undefined || c === undefined || d === undefined) return undefined;
    const u = x - i;
    const v = y - j;
    return a * (1 - u) * (1 - v) + b * u * (1 - v) + c * (1 - u) * v + d * u * v;
  }

  private node(i: number, j: number): number | undefined {
    const key = j * (CELLS + 1) + i;
    if (!this.nodes.has(key)) {
      const [w, s, e, n] = this.bounds;
      this.nodes.set(key, this.sample(w + ((e - w) * i) / CELLS, s + ((n - s) * j) / CELLS));
    }
    return this.nodes.get(key);
  }
}
