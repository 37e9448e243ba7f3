/** Chooses which labels to show: higher rank first, none over another, so that a name is always readable. */

export interface LabelBox {
  /** Window pixels of the box's centre. */
  x: number;
  y: number;
  width: number;
  height: number;
  /** Smaller is more important. */
  rank: number;
  /** Metres from the camera; the nearer of two equals wins. */
  distance: number;
  /** A name that need not be repeated close by: a road has many pieces. */
  text?: string;
}

export interface Rectangle {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

const CELL = 64;
/** Pixels within which the same name is written once. */
const REPEAT = 420;

/** Indices of the boxes to show, in drawing order. `taken` are areas that labels must avoid. */
export function declutter(boxes: readonly LabelBox[], window: Rectangle, gap = 4, taken: readonly Rectangle[] = []): number[] {
  const order = boxes.map((_, i) => i).sort((a, b) => {
    const first = boxes[a] as LabelBox;
    const second = boxes[b] as LabelBox;
    return first.rank - second.rank || first.distance - second.distance || a - b;
  });
  const grid = new Map<string, Rectangle[]>();
  const cellsOf = (r: Rectangle): string[] => {
    const keys: string[] = [];
    for (let x = Math.floor(r.left / CELL); x <= Math.floor(r.right / CELL); x++) {
      for (let y = Math.floor(r.top / CELL); y <= Math.floor(r.bottom / CELL); y++) keys.push(`${x},${y}`);
    }
    return keys;
  };
  const claim = (r: Rectangle): void => {
    for (const key of cellsOf(r)) grid.set(key, [...(grid.get(key) ?? []), r]);
  };
  taken.forEach(claim);
  const shown: number[] = [];
  const written = new Map<string, LabelBox[]>();
  for (const i of order) {
    const box = boxes[i] as LabelBox;
    const r: Rectangle = {
      left: box.x - box.width / 2 - gap,
      right: box.x + box.width / 2 + gap,
      top: box.y - box.height / 2 - gap,
      bottom: box.y + box.height / 2 + gap,
    };
    if (r.left < window.left || r.right > window.right || r.top < window.top || r.bottom > window.bottom) continue;
    const hits = cellsOf(r).some((key) =>
      (grid.get(key) ?? []).some((o) => r.left < o.right && o.left < r.right && r.top < o.bottom && o.top < r.bottom),
    );
    if (hits) continue;
    if (box.text !== undefined) {
      const same = written.get(box.text) ?? [];
      if (same.some((other) => Math.hypot(other.x - box.x, other.y - box.y) < REPEAT)) continue;
      written.set(box.text, [...same, box]);
    }
    claim(r);
    shown.push(i);
  }
  return shown;
}
