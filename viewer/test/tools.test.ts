import { describe, expect, it } from "vitest";
import { gather, type Mark } from "../src/scene/marks";
import { skyAt } from "../src/scene/sunlight";
import { classOf, rampOf, WORDS } from "../src/screen/colours";
import { pauseAfter } from "../src/screen/follow";
import { readLocation, writeLocation } from "../src/screen/location";
import { minutesOf, textOf } from "../src/screen/panel-sun";
import { PLAIN, readSettings, writeSettings, type Settings } from "../src/screen/settings";
import { classesOf, paintOf, type ThemeAnswer } from "../src/screen/theming";
import { toolStringsFor } from "../src/screen/tool-strings";

const FULL: Settings = {
  hidden: ["plates", "scene:520502103-internal", "trees"],
  theme: "courtyard:group",
  breaks: "natural",
  overlays: ["vacant_houses", "plates_missing"],
  sun: "2026-05-20T15:05",
  compare: "20261123T224752135493",
  split: 0.375,
  camera: { lon: 105.290123, lat: 27.301234, height: 1523.4, heading: 344.25, pitch: -34.5 },
};

describe("a share link", () => {
  it("keeps everything, with the selected place", () => {
    const address = new URL(writeLocation({ code: "520502103", place: { kind: "building", cid: 7 } }, writeSettings(FULL)), "http://localhost");
    expect(readLocation(address.pathname, address.hash)).toEqual({ code: "520502103", place: { kind: "building", cid: 7 } });
    expect(readSettings(address.hash)).toEqual(FULL);
  });

  it("is short for a plain screen", () => {
    expect(writeSettings(PLAIN)).toEqual([]);
    expect(readSettings("")).toEqual(PLAIN);
  });

  it("leaves out what it does not understand", () => {
    const broken = "#at=1,2,3&theme=<script>&breaks=best&over=a%20b,ok&sun=2026-13-45T99:99&split=7&off=,,";
    expect(readSettings(broken)).toEqual({ ...PLAIN, overlays: ["ok"] });
    expect(readSettings("#at=500,95,0,0,0").camera).toBeNull();
  });
});

describe("classes", () => {
  it("put a limit into the class above it, the highest into the last", () => {
    const limits = [0, 10, 20, 30];
    expect([0, 9.9, 10, 20, 29, 30].map((value) => classOf(value, limits))).toEqual([0, 0, 1, 2, 2, 2]);
    expect([1, 3].map((value) => classOf(value, [1, 3, 3]))).toEqual([0, 1]);
    expect(classOf(7, [7, 7])).toBe(0);
  });

  it("have as many different colours as there are classes", () => {
    for (const count of [1, 2, 3, 4, 5]) expect(new Set(rampOf(count)).size).toBe(count);
    expect(new Set(WORDS).size).toBe(WORDS.length);
  });

  const theme: ThemeAnswer = {
    id: "courtyard:residents", subject: "courtyard", title: "", unit: "", scale: "number", withheld: 0, as_of: "",
    keys: [1, 2, 3], values: [4, 9, null], breaks: { quantile: [4, 9, 9], equal: [4, 6, 9], natural: [4, 9, 9] },
    buildings: [[11, 12, 13, 14], [1, 2, 3, 99]],
  };

  it("colour buildings like their courtyard, and neither without a value", () => {
    const paint = paintOf(theme, "quantile");
    expect(paint.buildings?.get(11)).toBe(paint.colours.get(1));
    expect(paint.colours.get(1)).not.toBe(paint.colours.get(2));
    expect(paint.colours.get(3)).toBe(paint.none);
    expect(paint.buildings?.get(14)).toBe(paint.none);
  });

  it("count every value once", () => {
    for (const method of ["quantile", "equal", "natural"] as const) {
      expect(classesOf(theme, method).reduce((sum, { count }) => sum + count, 0)).toBe(2);
    }
  });
});

describe("markers", () => {
  const mark = (overlay: string): Mark => ({ overlay, cid: 1, lon: 0, lat: 0, colour: "#fff", shape: "circle", count: 1 });

  it("become one where they crowd, each overlay for itself", () => {
    const found = gather([{ x: 1, y: 1, mark: mark("a") }, { x: 9, y: 9, mark: mark("a") }, { x: 2, y: 2, mark: mark("b") }, { x: 190, y: 9, mark: mark("a") }]);
    expect(found.map(({ mark: { overlay }, count }) => `${overlay}${count}`)).toEqual(["a2", "b1", "a1"]);
  });
});

describe("the hour", () => {
  it("is read and written by the minute", () => {
    for (const text of ["00:00", "09:05", "23:55"]) expect(textOf(minutesOf(text))).toBe(text);
  });

  it("is dim at night and bright by day", () => {
    const light = [-20, -4, 2, 12, 60].map((elevation) => skyAt(elevation).intensity);
    expect(light).toEqual([...light].sort((a, b) => a - b));
    expect(skyAt(60).sky.zenith).not.toBe(skyAt(-20).sky.zenith);
  });
});

it("asks every second, less often when nothing happens or the server fails", () => {
  expect(pauseAfter(0, false)).toBe(1000);
  expect(pauseAfter(3_600_000, false)).toBeGreaterThan(1000);
  expect(pauseAfter(0, true)).toBeGreaterThan(1000);
});

it("has texts of the same shape in both languages", () => {
  const shape = (value: unknown): unknown =>
    typeof value === "function" ? "f" : Array.isArray(value) ? value.length : value && typeof value === "object" ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, shape(one)])) : typeof value;
  expect(shape(toolStringsFor("en"))).toEqual(shape(toolStringsFor("zh-Hans")));
});
