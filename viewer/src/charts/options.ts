/** Turns a panel's chart into ECharts options: right axes and units, colours that the colour-blind tell apart. */

import type { Chart } from "../contracts";
import { formatAxis, formatValue } from "../format";

/** Okabe & Ito, Color Universal Design (2008); black is replaced by grey, which shows on both grounds. */
export const OKABE_ITO = ["#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7", "#999999"];

export interface ChartColours {
  text: string;
  line: string;
  ground: string;
}

export type ChartOptions = Record<string, unknown>;

function frame(chart: Chart, colours: ChartColours): ChartOptions {
  return {
    color: OKABE_ITO,
    animation: false,
    textStyle: { color: colours.text, fontFamily: "inherit" },
    // Part of the drawing: an HTML tooltip would be clipped by the scrolling column.
    tooltip: {
      renderMode: "richText",
      confine: true,
      backgroundColor: colours.ground,
      borderColor: colours.line,
      textStyle: { color: colours.text, fontSize: 12 },
    },
    legend: {
      show: chart.series.length > 1,
      bottom: 0,
      itemWidth: 12,
      itemHeight: 8,
      textStyle: { color: colours.text, fontSize: 12 },
    },
    grid: { left: 4, right: 16, top: 10, bottom: chart.series.length > 1 ? 24 : 4, containLabel: true },
    aria: { enabled: true, label: { description: describe(chart) } },
  };
}

/** A sentence with all values, for those who cannot see the picture. */
export function describe(chart: Chart): string {
  const series = chart.series.map(
    ({ name, values }) => `${name}: ${chart.categories.map((category, i) => `${category} ${formatValue(values[i] ?? null)}`).join(", ")}`,
  );
  return `${chart.title}${chart.unit ? ` (${chart.unit})` : ""}. ${series.join(". ")}`;
}

function valueAxis(chart: Chart, colours: ChartColours, language: string): ChartOptions {
  const isPyramid = chart.kind === "pyramid"; // its left half is drawn as negative numbers

  return {
    type: "value",
    axisLabel: { color: colours.text, fontSize: 11, hideOverlap: true, formatter: (value: number) => formatAxis(isPyramid ? Math.abs(value) : value, language) },
    splitLine: { lineStyle: { color: colours.line, opacity: 0.5 } },
    splitNumber: 3,
    // A share ends at a hundred.
    ...(chart.unit === "%" && peakOf(chart) <= 100 ? { max: 100 } : {}),
    minInterval: isWhole(chart) ? 1 : 0,
  };
}

/** Width of a text in halves of a Chinese character. */
function displayWidth(text: string): number {
  return [...text].reduce((sum, sign) => sum + (sign.charCodeAt(0) > 0x2e80 ? 2 : 1), 0);
}

function peakOf(chart: Chart): number {
  return Math.max(0, ...chart.series.flatMap(({ values }) => values.map((value) => Math.abs(value ?? 0))));
}

function isWhole(chart: Chart): boolean {
  return chart.series.every(({ values }) => values.every((value) => value === null || Number.isInteger(value)));
}

function categoryAxis(chart: Chart, colours: ChartColours): ChartOptions {
  return {
    type: "category",
    data: chart.categories,
    axisLabel: { color: colours.text, fontSize: 11, hideOverlap: true },
    axisLine: { lineStyle: { color: colours.line } },
    axisTick: { show: false },
  };
}

export function chartOptions(chart: Chart, colours: ChartColours, language: string): ChartOptions {
  const shared = frame(chart, colours);
  const valueFormatter = (value: unknown): string => `${formatValue(typeof value === "number" ? (chart.kind === "pyramid" ? Math.abs(value) : value) : null)} ${chart.unit}`;
  const tooltip = { ...(shared["tooltip"] as object), valueFormatter };
  if (chart.kind === "donut") return { ...shared, tooltip: { ...tooltip, trigger: "item" }, ...donut(chart, colours) };
  const axisTooltip = { ...tooltip, trigger: "axis", axisPointer: { type: chart.kind === "line" ? "line" : "shadow" } };
  if (chart.kind === "pyramid") return { ...shared, tooltip: axisTooltip, ...pyramid(chart, colours, language) };
  const isLine = chart.kind === "line";
  // Long names read better beside horizontal bars.
  const isLying = !isLine && chart.categories.some((name) => displayWidth(name) > 8) && chart.categories.length <= 8;
  const value = valueAxis(chart, colours, language);
  const category = categoryAxis(chart, colours);
  return {
    ...shared,
    tooltip: axisTooltip,
    ...(isLying
      ? { xAxis: value, yAxis: { ...category, inverse: true } }
      : { xAxis: { ...category, boundaryGap: !isLine }, yAxis: value }),
    series: chart.series.map(({ name, values }) => ({
      name,
      type: isLine ? "line" : "bar",
      data: values,
      barMaxWidth: 16,
      ...(isLine ? { showSymbol: values.length < 16, symbolSize: 5, connectNulls: false, lineStyle: { width: 2 } } : {}),
    })),
  };
}

/** First series to the left, second to the right, ages upward: the usual population pyramid. */
function pyramid(chart: Chart, colours: ChartColours, language: string): ChartOptions {
  const peak = Math.max(1, peakOf(chart));
  return {
    xAxis: { ...valueAxis(chart, colours, language), min: -peak, max: peak },
    yAxis: { ...categoryAxis(chart, colours), axisLabel: { color: colours.text, fontSize: 10, interval: "auto" } },
    series: chart.series.map(({ name, values }, i) => ({
      name,
      type: "bar",
      stack: "all",
      barCategoryGap: "18%",
      data: values.map((value) => (value === null ? null : i === 0 ? -Math.abs(value) : Math.abs(value))),
      // Blue and orange-red, the two of the order that differ most.
      itemStyle: { color: i === 0 ? OKABE_ITO[1] : OKABE_ITO[5] },
    })),
  };
}

function donut(chart: Chart, colours: ChartColours): ChartOptions {
  const values = chart.series[0]?.values ?? [];
  return {
    legend: {
      orient: "vertical",
      left: "56%",
      top: "middle",
      itemWidth: 10,
      itemHeight: 10,
      itemGap: 6,
      type: "scroll",
      textStyle: { color: colours.text, fontSize: 12 },
      // The number beside the name: nobody should have to hover to read a share.
      formatter: (name: string) => `${name}  ${formatValue(values[chart.categories.indexOf(name)] ?? null)}`,
    },
    series: [
      {
        type: "pie",
        radius: ["52%", "82%"],
        center: ["27%", "50%"],
        label: { show: false },
        itemStyle: { borderColor: colours.ground, borderWidth: 1.5 },
        data: chart.categories.map((name, i) => ({ name, value: values[i] ?? 0 })),
      },
    ],
  };
}
