/** The panel of live overlays: switches with counts, and the places as buttons for those who do not click on a map. */

import { element, svg } from "../element";
import type { SearchResult } from "../contracts";
import { SHAPES, type MarkShape } from "../scene/mark-shapes";
import type { Features } from "./features";
import type { LiveOverlays, OverlayLine } from "./live";

const LISTED = 40;
const PATHS: Record<MarkShape, string> = {
  circle: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2z", diamond: "M8 1l7 7-7 7-7-7z", square: "M3 3h10v10H3z", triangle: "M8 2l7 12H1z",
};

export async function overlaysPanel(features: Features): Promise<HTMLElement> {
  const { words } = features;
  const live = await features.liveOverlays();
  const lines = await live.list().catch((): OverlayLine[] => []);
  if (lines.length === 0) return element("p", { class: "note" }, words.overlaysNone);
  const list = element("div", { class: "overlay-places" });
  const rows = new Map<string, HTMLElement>();
  const items = lines.map((line, i) => {
    const count = element("span", { class: "count" }, String(line.count));
    rows.set(line.id, count);
    const sign = svg("svg", { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" }, svg("path", { d: PATHS[SHAPES[i % SHAPES.length] as MarkShape], fill: line.colour, stroke: "#fff" }));
    const input = element("input", {
      type: "checkbox", name: "overlay", value: line.id, checked: features.settings.overlays.includes(line.id),
      onchange: (event) => {
        const rest = features.settings.overlays.filter((one) => one !== line.id);
        void features.setOverlays((event.target as HTMLInputElement).checked ? [...rest, line.id] : rest).then(draw);
      },
    });
    return element("li", {}, element("label", { class: "switch" }, input, sign as unknown as HTMLElement, element("span", {}, line.title), count));
  });
  const draw = (): void => {
    for (const line of live.lines) {
      const count = rows.get(line.id);
      if (count) count.textContent = String(line.count);
    }
    list.replaceChildren(...live.lines.filter((line) => features.settings.overlays.includes(line.id)).map((line) => placesOf(features, live, line)));
  };
  live.onChange = draw;
  draw();
  return element("div", { class: "overlays" }, element("ul", {}, ...items), element("p", { class: "note" }, words.overlaysHint), list);
}

/** Places by house number where there is one; above townships the divisions with their counts. */
function placesOf(features: Features, live: LiveOverlays, line: OverlayLine): HTMLElement {
  const { host, words } = features;
  const answer = live.answers.get(line.id);
  const box = element("details", { class: "place-list" }, element("summary", {}, `${line.title} · ${words.showList}`));
  if (!answer) return box;
  const names = new Map((host.labels ?? []).filter(({ kind }) => kind === "courtyard").map((label) => [label.cid, label.text]));
  const kind = line.kind as SearchResult["kind"];
  const buttons = [
    ...answer.places.slice(0, LISTED).map(([, cid]) =>
      element("li", {}, element("button", { type: "button", class: "chip", onclick: () => host.openPlace({ kind: kind as "courtyard", cid }) }, names.get(cid) ?? `${host.strings.kinds[kind as "courtyard"]} ${cid}`)),
    ),
    ...Object.entries(answer.divisions).map(([code, count]) =>
      element("li", {}, element("button", { type: "button", class: "chip", onclick: () => host.openDivision(code) }, `${live.nameOf(code)} ${count}`)),
    ),
  ];
  const rest = answer.places.length - LISTED;
  box.append(element("ul", {}, ...buttons), rest > 0 ? element("p", { class: "note" }, words.more(rest)) : "");
  return box;
}
