import { describe, expect, it } from "vitest";
import { describe as describeChart, chartOptions, OKABE_ITO } from "../src/charts/options";
import { sparklinePoints } from "../src/charts/sparkline";
import type { Chart } from "../src/contracts";
import { formatAge, formatAxis, formatDateTime, formatValue, shortName } from "../src/format";
import { zoomFor } from "../src/scene/drape-zoom";
import { landStyle, treeSpacing } from "../src/scene/palette";
import { isSoftwareRenderer } from "../src/scene/software";
import { meaningOf } from "../src/screen/keyboard";
import { isSamePlace, readLocation, writeLocation } from "../src/screen/location";
import { legendKeys } from "../src/screen/legend";
import { LANGUAGES, stringsFor } from "../src/strings";

const key = (name: string, shiftKey = false): Parameters<typeof meaningOf>[0] => ({ key: name, shiftKey, ctrlKey: false, metaKey: false, altKey: false });

describe("the address", () => {
  it("survives there and back", () => {
    for (const where of [
      { code: "520502103003", place: null },
      { code: "52", place: { kind: "courtyard" as const, cid: 12 } },
      { code: "520502103", place: { kind: "building" as const, cid: 4294967295, scene: "town & more" } },
    ]) {
      const address = new URL(writeLocation(where), "http://localhost");
      expect(readLocation(address.pathname, address.hash)).toEqual(where);
    }
  });

  it("refuses what is not a screen or not a place", () => {
    expect(readLocation("/console/", "")).toBeNull();
    expect(readLocation("/screen/5205021o3/", "")).toBeNull();
    expect(readLocation("/screen/52/", "#building=-1")?.place).toBeNull();
    expect(readLocation("/screen/52/", "#building=1e99")?.place).toBeNull();
    expect(readLocation("/screen/52/", "#shop=3")?.place).toBeNull();
  });

  it("compares places by kind and number", () => {
    expect(isSamePlace({ kind: "building", cid: 1 }, { kind: "building", cid: 1, scene: "a" })).toBe(true);
    expect(isSamePlace({ kind: "building", cid: 1 }, { kind: "courtyard", cid: 1 })).toBe(false);
    expect(isSamePlace(null, null)).toBe(true);
  });
});

describe("keys", () => {
  it("mean what the help says", () => {
    expect([key("ArrowLeft"), key("ArrowLeft", true), key("+", true), key("-"), key("?", true), key("Escape")].map(meaningOf)).toEqual([
      "left", "turn-left", "in", "out", "help", "escape",
    ]);
  });

  it("leave the browser's own alone", () => {
    expect(meaningOf({ ...key("+"), ctrlKey: true })).toBeNull();
    expect(meaningOf(key("Tab"))).toBeNull();
  });
});

describe("numbers and dates", () => {
  it("are grouped by three and rounded to one decimal", () => {
    expect([formatValue(1234567.25), formatValue(0), formatValue(null), formatValue("Ⅱ 类")]).toEqual(["1,234,567.3", "0", "", "Ⅱ 类"]);
  });

  it("are shortened on axes by the language's own unit", () => {
    expect([formatAxis(12000, "zh-Hans"), formatAxis(12000, "en"), formatAxis(-300, "en")]).toEqual(["1.2万", "12k", "-300"]);
  });

  it("have ages in words, and none in the future", () => {
    const now = new Date("2026-11-23T09:00:00+08:00");
    const { age } = LANGUAGES["zh-Hans"];
    expect(["2026-11-23", "2026-11-24", "2026-11-01", "2026-05-01", "2020-01-01", "2027-01-01", "soon"].map((iso) => formatAge(iso, now, age))).toEqual([
      "今天", "今天", "22 天前", "6 个月前", "6 年前", "", "",
    ]);
    expect(formatDateTime("2026-11-23T08:00:00+08:00")).toBe("2026-11-23 08:00");
  });

  it("villages go by their everyday name", () => {
    expect(["双堰社区居民委员会", "螺蛳村村民委员会", "朱昌镇", "居民委员会"].map(shortName)).toEqual(["双堰社区", "螺蛳村", "朱昌镇", "居民委员会"]);
  });
});

describe("charts", () => {
  const chart = (kind: Chart["kind"]): Chart => ({ kind, title: "年龄", unit: "人", categories: ["0-14", "15-64"], series: [{ name: "男", values: [3, 5] }, { name: "女", values: [4, null] }] });
  const colours = { text: "#fff", line: "#999", ground: "#000" };

  it("keep the colour-blind safe order", () => {
    expect(chartOptions(chart("bar"), colours, "zh-Hans")["color"]).toEqual(OKABE_ITO);
  });

  it("turn the first series of a pyramid to the left and keep gaps as gaps", () => {
    const series = chartOptions(chart("pyramid"), colours, "zh-Hans")["series"] as { data: (number | null)[] }[];
    expect(series.map(({ data }) => data)).toEqual([[-3, -5], [4, null]]);
  });

  it("end a share at a hundred", () => {
    const shares: Chart = { ...chart("bar"), unit: "%" };
    expect((chartOptions(shares, colours, "zh-Hans")["yAxis"] as { max?: number }).max).toBe(100);
    const growth: Chart = { ...shares, series: [{ name: "", values: [130, 90] }] };
    expect((chartOptions(growth, colours, "zh-Hans")["yAxis"] as { max?: number }).max).toBeUndefined();
  });

  it("say all values in words", () => {
    expect(describeChart(chart("line"))).toBe("年龄 (人). 男: 0-14 3, 15-64 5. 女: 0-14 4, 15-64 ");
  });

  it("draw a flat trend through the middle", () => {
    expect(sparklinePoints([5, 5], 10, 8)).toEqual([[0, 4], [10, 4]]);
    expect(sparklinePoints([0, 10], 10, 8)).toEqual([[0, 8], [10, 0]]);
  });
});

describe("the ground", () => {
  it("shows what grows, and use where no crop is known", () => {
    expect(landStyle("paddy", "油菜").texture).toBe("rape");
    expect(landStyle("paddy", "").texture).toBe("paddy");
    expect(landStyle("forest", "油茶").texture).toBe("forest");
    expect(landStyle("", "").texture).toBe("grass");
  });

  it("plants trees in forest and orchard", () => {
    expect(treeSpacing("forest", "马尾松")?.kind).toBe("forest");
    expect(treeSpacing("dry_field", "玉米")).toBeNull();
  });

  it("draws deep levels from the deepest tiles, and parcels from afar", () => {
    expect([8, 10, 13, 15, 19].map((level) => zoomFor(level, [8, 16]))).toEqual([9, 13, 14, 16, 16]);
    expect(zoomFor(5, [8, 14])).toBe(8);
  });

  it("explains only what is there", () => {
    expect(legendKeys(["road", "building"], null)).toEqual(["road", "boundary"]);
    expect(legendKeys(["parcel"], [["paddy", "水稻"], ["forest", ""]])).toEqual(["paddy", "forest", "boundary"]);
  });
});

describe("the machine", () => {
  it("is known to be without a GPU", () => {
    expect(isSoftwareRenderer("ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero)), SwiftShader driver)")).toBe(true);
    expect(isSoftwareRenderer("ANGLE (NVIDIA GeForce RTX 3060 Direct3D11)")).toBe(false);
  });
});

describe("languages", () => {
  it("have Chinese as the default", () => {
    expect([stringsFor(undefined), stringsFor("zh-hans"), stringsFor("en-gb"), stringsFor("fr")].map(({ language }) => language)).toEqual([
      "zh-Hans", "zh-Hans", "en", "zh-Hans",
    ]);
  });

  it("leave no text empty and no Chinese in English", () => {
    const english = JSON.stringify(LANGUAGES.en);
    expect(english).not.toMatch(/[一-鿿]/);
    expect(english).not.toContain('""');
    expect(JSON.stringify(LANGUAGES["zh-Hans"])).not.toContain('""');
  });
});
