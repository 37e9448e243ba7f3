/** Two states of a scene beside each other: the older left, today's right of a divider that hand and keys move. */

import type { ScenePointer } from "../contracts";
import { element } from "../element";
import { formatDateTime } from "../format";
import type { Features } from "./features";

interface RevisionLine {
  name: string;
  published_at: string;
  pointer: string;
}

let divider: HTMLElement | undefined;

/** The scene that is compared: the first, which is the public one. */
function sceneOf(features: Features): { id: string; pointer: string } | undefined {
  return features.host.data?.scenes[0];
}

async function revisionsOf(features: Features): Promise<RevisionLine[]> {
  const scene = sceneOf(features);
  if (!scene) return [];
  const address = new URL("revisions.json", new URL(scene.pointer, location.href)).href;
  const answer = await fetch(address, { headers: { accept: "application/json" } });
  if (!answer.ok) return [];
  const body = (await answer.json()) as { revisions?: RevisionLine[] } | RevisionLine[];
  const lines = Array.isArray(body) ? body : (body.revisions ?? []);
  const shown = features.host.view?.scenes.find(({ id }) => id === scene.id)?.pointer.revision;
  return lines.filter(({ name }) => name !== shown).sort((a, b) => b.published_at.localeCompare(a.published_at));
}

export async function startComparing(features: Features): Promise<void> {
  const scene = sceneOf(features);
  const { view, parts } = features.host;
  const { compare, split } = features.settings;
  if (!scene || !view) return;
  divider?.remove();
  divider = undefined;
  if (!compare) {
    await view.compare(scene.id, null, 0);
    return;
  }
  const line = (await revisionsOf(features)).find(({ name }) => name === compare);
  if (!line) {
    features.change({ compare: "" });
    features.host.notice(features.words.compareNone);
    return;
  }
  const pointer: ScenePointer = await features.host.api.pointer(new URL(line.pointer, new URL(scene.pointer, location.href)).href);
  divider = dividerElement(features, line);
  parts.host.after(divider);
  await view.compare(scene.id, pointer, split);
}

function dividerElement(features: Features, line: RevisionLine): HTMLElement {
  const { words } = features;
  const handle = element("div", {
    class: "divider", role: "slider", tabindex: "0", "aria-label": words.divider, "aria-orientation": "horizontal",
    "aria-valuemin": 0, "aria-valuemax": 100,
  });
  handle.append(
    element("span", { class: "divider-name divider-older" }, formatDateTime(line.published_at)),
    element("span", { class: "divider-grip", "aria-hidden": "true" }, "⟷"),
    element("span", { class: "divider-name divider-now" }, words.now),
  );
  const move = (share: number): void => {
    const kept = Math.min(0.97, Math.max(0.03, share));
    handle.style.left = `${kept * 100}%`;
    handle.setAttribute("aria-valuenow", String(Math.round(kept * 100)));
    features.change({ split: kept });
    features.host.view?.setSplit(kept);
  };
  handle.addEventListener("pointerdown", (event) => {
    handle.setPointerCapture(event.pointerId);
    const frame = handle.parentElement?.getBoundingClientRect();
    const follow = (moving: PointerEvent): void => {
      if (frame) move((moving.clientX - frame.left) / frame.width);
    };
    handle.addEventListener("pointermove", follow);
    handle.addEventListener("lostpointercapture", () => handle.removeEventListener("pointermove", follow), { once: true });
  });
  handle.addEventListener("keydown", (event) => {
    const steps: Record<string, number> = { ArrowLeft: -0.02, ArrowRight: 0.02, PageDown: -0.1, PageUp: 0.1, Home: -1, End: 1 };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    move(features.settings.split + step);
  });
  move(features.settings.split);
  return handle;
}

export async function comparePanel(features: Features): Promise<HTMLElement> {
  const { words } = features;
  const lines = await revisionsOf(features).catch((): RevisionLine[] => []);
  if (lines.length === 0) return element("p", { class: "note" }, words.compareNone);
  const end = element("button", { type: "button", class: "button", disabled: features.settings.compare === "" }, words.compareEnd);
  const choose = element("select", { id: "compare-older", size: Math.min(8, Math.max(2, lines.length)) });
  for (const { name, published_at } of lines) choose.append(element("option", { value: name, selected: name === features.settings.compare }, formatDateTime(published_at)));
  const start = (compare: string): void => {
    features.change({ compare });
    end.toggleAttribute("disabled", compare === "");
    if (!compare) choose.selectedIndex = -1;
    void startComparing(features);
  };
  choose.addEventListener("change", () => start(choose.value));
  end.addEventListener("click", () => start(""));
  if (!features.settings.compare) choose.selectedIndex = -1;
  return element(
    "div",
    { class: "compare" },
    element("p", { class: "note" }, words.compareHint),
    element("p", { class: "field" }, element("label", { for: "compare-older" }, words.compareOlder), choose),
    element("p", {}, end),
  );
}
