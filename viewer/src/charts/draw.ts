/** Loads ECharts on first use, only with the parts the panels need; as SVG, which is sharp on a wall and leaves the GPU to the scene. */

import { BarChart, LineChart, PieChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use, type EChartsType } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import type { Chart } from "../contracts";
import { chartOptions, type ChartColours } from "./options";

use([BarChart, LineChart, PieChart, AriaComponent, GridComponent, LegendComponent, TooltipComponent, SVGRenderer]);

/** Draws `chart` into `host`; returns what frees it. */
export function drawChart(host: HTMLElement, chart: Chart, language: string): () => void {
  const drawn: EChartsType = init(host, undefined, { renderer: "svg" });
  const redraw = (): void => drawn.setOption(chartOptions(chart, coloursOf(host), language), true);
  redraw();
  const sized = new ResizeObserver(() => drawn.resize());
  sized.observe(host);
  document.addEventListener("xiaoyuan:theme", redraw);
  return () => {
    document.removeEventListener("xiaoyuan:theme", redraw);
    sized.disconnect();
    drawn.dispose();
  };
}

function coloursOf(host: HTMLElement): ChartColours {
  const style = getComputedStyle(host);
  return {
    text: style.getPropertyValue("--text-soft").trim() || "#46525b",
    line: style.getPropertyValue("--line").trim() || "#c9cdc8",
    ground: style.getPropertyValue("--panel-solid").trim() || "#ffffff",
  };
}
