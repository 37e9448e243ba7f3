import { describe, expect, it } from "vitest";
import { declutter, type LabelBox } from "../src/scene/declutter";
import { stream } from "../src/scene/random";

const window = { left: 0, top: 0, right: 800, bottom: 600 };
const box = (x: number, y: number, more: Partial<LabelBox> = {}): LabelBox => ({ x, y, width: 60, height: 20, rank: 1, distance: 100, ...more });

describe("decluttering", () => {
  it("prefers the more important of two that meet", () => {
    expect(declutter([box(100, 100, { rank: 9 }), box(110, 104, { rank: 0 })], window)).toEqual([1]);
  });

  it("prefers the nearer of two equals", () => {
    expect(declutter([box(100, 100, { distance: 900 }), box(110, 104, { distance: 90 })], window)).toEqual([1]);
  });

  it("keeps clear of panels and of the window's edge", () => {
    const panel = { left: 0, top: 0, right: 200, bottom: 600 };
    expect(declutter([box(180, 100), box(790, 100), box(400, 100)], window, 4, [panel])).toEqual([2]);
  });

  it("writes a name once where its pieces lie close together", () => {
    const near = [box(100, 100, { text: "朱双公路" }), box(300, 100, { text: "朱双公路" }), box(700, 500, { text: "朱双公路" })];
    expect(declutter(near, window)).toEqual([0, 2]);
  });

  it("never lets two chosen labels overlap", () => {
    const random = stream(7);
    const boxes = Array.from({ length: 400 }, () => box(random() * 800, random() * 600, { rank: Math.floor(random() * 4), width: 20 + 80 * random() }));
    const chosen = declutter(boxes, window, 0).map((i) => boxes[i] as LabelBox);
    expect(chosen.length).toBeGreaterThan(20);
    for (const a of chosen) {
      for (const b of chosen) {
        if (a === b) continue;
        const apart = Math.abs(a.x - b.x) >= (a.width + b.width) / 2 - 1e-9 || Math.abs(a.y - b.y) >= (a.height + b.height) / 2 - 1e-9;
        expect(apart).toBe(true);
      }
    }
  });
});
