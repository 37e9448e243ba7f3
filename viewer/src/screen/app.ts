/** The big screen: joins data, panels, scene and address, so that each of them stays simple. */

import { Api, ApiError } from "../api";
import type { MapLabel, Outlines, PlaceCard, PlaceKind, ScreenData } from "../contracts";
import { element } from "../element";
import type { SceneView } from "../scene/view";
import { stringsFor, type Language, type Strings } from "../strings";
import { cardElement, cardMessage } from "./card";
import { Features, type FeatureHost } from "./features";
import { titleElement, toolsElement } from "./header";
import { listenToKeys } from "./keyboard";
import { layout, type Layout } from "./layout";
import { isSamePlace, readLocation, writeLocation, type Place } from "./location";
import { legendKeys } from "./legend";
import { compassElement, helpElement, legendElement } from "./overlays";
import { childrenPanel, panelElement, type PanelContext } from "./panels";
import { searchElement } from "./search";
import { tickerElement } from "./ticker";
import { applyTheme, otherTheme } from "./theme";

interface Loaded {
  data: ScreenData;
  labels: MapLabel[];
  outlines: Outlines | null;
}

export class ScreenApp implements FeatureHost {
  readonly api: Api;
  readonly strings: Strings;
  readonly language: Language;
  readonly parts: Layout;
  /** Layers, themes, overlays, sun, comparison, views: what lies over the plain scene. */
  readonly features: Features;
  private readonly search: ReturnType<typeof searchElement>;
  private readonly compass: ReturnType<typeof compassElement>;
  private readonly help: HTMLDialogElement;
  private readonly cache = new Map<string, Promise<Loaded>>();
  private free: (() => void)[] = [];
  view: SceneView | undefined;
  private viewKey = "";
  private loaded: Loaded | undefined;
  place: Place | null = null;
  private turn = 0;
  /** Divisions and places being opened; the screen is not ready while there are any. */
  private opening = 0;

  constructor(
    readonly root: HTMLElement,
    first: ScreenData | null,
  ) {
    this.api = new Api(root.dataset["api"]);
    const { language, strings } = stringsFor(root.dataset["language"]);
    this.language = language;
    this.strings = strings;
    this.parts = layout(root, strings);
    this.search = searchElement({
      api: this.api,
      strings,
      within: () => this.loaded?.data.division.code ?? "",
      onResult: (result) => {
        const cid = result.cid;
        const kind = result.kind as PlaceKind;
        if (cid !== undefined && kind in strings.kinds) void this.openPlace({ kind, cid, ...(result.scene ? { scene: result.scene } : {}) }, true);
        else if (result.code && result.code !== this.loaded?.data.division.code) void this.openDivision(result.code, null, true);
        else if (result.href) location.assign(result.href);
      },
    });
    this.compass = compassElement(strings, {
      onNorth: () => this.view?.faceNorth(),
      onIn: () => this.view?.nudge("in"),
      onOut: () => this.view?.nudge("out"),
      onHome: () => void this.view?.home(),
      onTilt: () => void this.view?.toggleTop(),
    });
    this.parts.corner.append(this.compass.root);
    this.features = new Features(this);
    this.help = helpElement(strings);
    root.append(this.help);
    if (first) this.cache.set(first.division.code, this.complete(first));
    listenToKeys({
      nudge: (how) => this.view?.nudge(how),
      home: () => void this.view?.home(),
      search: () => this.search.focus(),
      help: () => this.openHelp(),
      escape: () => this.back(),
    });
    addEventListener("popstate", () => {
      const where = readLocation(location.pathname, location.hash);
      if (where) void this.openDivision(where.code, where.place, false);
    });
    addEventListener("hashchange", () => this.followAddress());
    addEventListener("offline", () => this.notice(strings.offline));
  }

  async start(): Promise<void> {
    // The engine is the largest download: it starts before names and outlines are asked for.
    loadView().catch(() => undefined);
    const where = readLocation(location.pathname, location.hash);
    this.features.readAddress(location.hash);
    await this.openDivision(this.root.dataset["code"] ?? where?.code ?? "", where?.place ?? null, false);
  }

  get isReady(): boolean {
    return this.opening === 0 && !this.features.isBusy && (this.view?.ready ?? false);
  }

  get sceneView(): SceneView | undefined {
    return this.view;
  }

  get division(): string {
    return this.loaded?.data.division.code ?? "";
  }

  get data(): ScreenData | undefined {
    return this.loaded?.data;
  }

  get labels(): readonly MapLabel[] | undefined {
    return this.loaded?.labels;
  }

  private address(code: string, place: Place | null): string {
    return writeLocation({ code, place }, this.features.addressParts(false));
  }

  rewrite(): void {
    if (this.loaded) history.replaceState(history.state, "", this.address(this.division, this.bare(this.place)));
  }

  shareAddress(): string {
    return writeLocation({ code: this.division, place: this.bare(this.place) }, this.features.addressParts(true));
  }

  /** Somebody pasted a link to this division into the address: it is followed without loading the page again. */
  private followAddress(): void {
    const where = readLocation(location.pathname, location.hash);
    if (where?.code !== this.division || !location.hash.includes("at=")) return;
    void this.counted(() => this.features.apply(location.hash));
  }

  /** Labels again, after the scene followed an edit. */
  async refresh(): Promise<void> {
    const loaded = this.loaded;
    if (!loaded) return;
    this.cache.delete(loaded.data.division.code);
    loaded.labels = await this.api.labels(loaded.data.division.code).catch(() => loaded.labels);
    if (this.loaded === loaded) this.view?.setLabels(loaded.labels);
    // The selected place may have moved or changed: its card and outline are asked for again.
    if (this.place && this.loaded === loaded) await this.enterPlace(this.place, false, true);
  }

  private openHelp(): void {
    if (!this.help.open) this.help.showModal();
  }

  private async complete(data: ScreenData): Promise<Loaded> {
    const { code } = data.division;
    // Names and outlines are an addition: without them the screen still works.
    const [labels, outlines] = await Promise.all([
      this.api.labels(code).catch(() => []),
      this.api.outlines(code).catch(() => null),
    ]);
    return { data, labels, outlines };
  }

  private load(code: string): Promise<Loaded> {
    let found = this.cache.get(code);
    if (!found) {
      found = this.api.screen(code).then((data) => this.complete(data));
      found.catch(() => this.cache.delete(code));
      this.cache.set(code, found);
    }
    return found;
  }

  /** Shows a division; `push` adds an entry to the history, so that the browser's back button returns. */
  async openDivision(code: string, place: Place | null = null, push = true): Promise<void> {
    await this.counted(() => this.enterDivision(code, place, push));
  }

  private async counted(work: () => Promise<void>): Promise<void> {
    this.opening += 1;
    try {
      await work();
    } finally {
      this.opening -= 1;
    }
  }

  private async enterDivision(code: string, place: Place | null, push: boolean): Promise<void> {
    const turn = ++this.turn;
    let hasCamera = false;
    if (push) history.pushState(null, "", this.address(code, place));
    if (code !== this.loaded?.data.division.code) {
      this.root.setAttribute("aria-busy", "true");
      try {
        const loaded = await this.load(code);
        if (turn !== this.turn) return;
        const isFirst = this.loaded === undefined;
        this.loaded = loaded;
        this.closeCard();
        this.drawPanels();
        hasCamera = await this.showScene(isFirst);
        this.features.divisionShown();
      } catch (error) {
        if (turn === this.turn) this.failed(error, () => void this.openDivision(code, place, false));
        return;
      } finally {
        if (turn === this.turn) this.root.removeAttribute("aria-busy");
      }
    }
    if (turn !== this.turn) return;
    if (place) await this.counted(() => this.enterPlace(place, false, hasCamera));
    else this.closeCard();
  }

  private failed(error: unknown, again: () => void): void {
    const sentence = error instanceof ApiError ? error.message : this.strings.loadFailed;
    const box = element(
      "div",
      { class: "panel panel-error", role: "alert" },
      element("p", {}, sentence),
      element("button", { type: "button", class: "button", onclick: again }, this.strings.retry),
    );
    this.parts.left.replaceChildren(box);
    this.parts.right.replaceChildren();
  }

  private drawPanels(): void {
    if (!this.loaded) return;
    const { data } = this.loaded;
    const context: PanelContext = { strings: this.strings, language: this.language, now: new Date() };
    const actions = {
      onDivision: (code: string) => void this.openDivision(code, null, true),
      onTheme: () => applyTheme(this.root, otherTheme(this.root)),
      onHelp: () => this.openHelp(),
    };
    document.title = `${data.division.name} · ${this.strings.brand}`;
    for (const release of this.free.splice(0)) release();
    const keep = (release: () => void): number => this.free.push(release);
    this.parts.header.replaceChildren(titleElement(data, context, actions), toolsElement(data, context, this.search.root, actions));
    const panels = data.panels.map((panel) => panelElement(panel, context, keep));
    const children = childrenPanel(data.children, context, (code) => void this.openDivision(code, null, true));
    const half = Math.ceil(panels.length / 2);
    this.parts.left.replaceChildren(...panels.slice(0, half));
    this.parts.right.replaceChildren(...panels.slice(half), ...(children ? [children] : []));
    this.parts.footer.replaceChildren(tickerElement(data.ticker, this.strings));
    this.root.dataset["level"] = data.division.level;
    this.parts.attribution.replaceChildren(element("span", {}, [...new Set(data.attribution), "CesiumJS"].join(" · ")));
  }

  /** Returns whether the address said where to look from. */
  private async showScene(instant: boolean): Promise<boolean> {
    if (!this.loaded) return false;
    const { data, labels, outlines } = this.loaded;
    const pose = this.features.takeCamera();
    const shown = { code: data.division.code, bounds: data.bounds, children: data.children, outlines, labels, pose };
    const key = data.scenes.map(({ pointer }) => pointer).join(" ");
    if (this.view && (key === this.viewKey || key === "")) {
      await this.view.show(shown, instant);
      return pose !== null;
    }
    try {
      await this.openScene(data);
      this.viewKey = key;
      await this.view?.prepare();
      await this.view?.show(shown, true);
      if (this.view) this.features.sceneOpened(this.view);
      await this.view?.attach();
    } catch (error) {
      console.error("scene", error);
      this.notice(hasWebGl() ? this.strings.sceneFailed : this.strings.noWebGl);
      this.parts.status.hidden = true;
    }
    return pose !== null;
  }

  private async openScene(data: ScreenData): Promise<void> {
    this.view?.destroy();
    this.view = undefined;
    const { parts, strings } = this;
    parts.status.hidden = false;
    parts.status.textContent = strings.loadingScene;
    const [{ SceneView }, pointers] = await Promise.all([
      loadView(),
      Promise.all(data.scenes.map(async (ref) => ({ ref, pointer: await this.api.pointer(ref.pointer), base: new URL(ref.pointer, location.href).href }))),
    ]);
    const isFlat = pointers.length > 0 && !pointers.some(({ pointer }) => pointer.terrain);
    this.notice(pointers.length === 0 ? strings.sceneNone : isFlat ? strings.flat : "");
    const legend = legendKeys([...new Set(pointers.flatMap(({ pointer }) => pointer.layers))], null);
    parts.legend.replaceChildren(legendElement(legend, strings, innerWidth > 1400));
    const credits = pointers.flatMap(({ pointer }) => pointer.attribution);
    parts.attribution.replaceChildren(element("span", {}, [...new Set([...data.attribution, ...credits, "CesiumJS"])].join(" · ")));
    this.view = new SceneView({
      host: parts.host,
      labelCanvas: parts.labels,
      labelButtons: parts.names,
      scenes: pointers,
      models: data.models ?? [],
      fallbackBounds: data.bounds ?? [103.6, 24.6, 109.6, 29.3],
      isPhone: innerWidth < 700,
      free: () => parts.freeShare(),
      covered: () => parts.covered(),
      events: {
        onPlace: (hit) => void this.openPlace({ kind: hit.kind, cid: hit.cid, scene: hit.scene }, true),
        onChild: (code) => void this.openDivision(code, null, true),
        onNothing: () => this.leavePlace(),
        onHeading: (degrees) => this.compass.turn(degrees),
        onBuildings: () => (parts.status.textContent = ""),
        onReady: () => (parts.status.hidden = true),
        onMark: (mark) => void (mark.code ? this.openDivision(mark.code, null, true) : this.openPlace({ kind: "courtyard", cid: mark.cid }, true)),
        onTouch: () => this.features.touched(),
      },
    });
  }

  notice(sentence: string): void {
    this.parts.notice.textContent = sentence;
    this.parts.notice.hidden = sentence === "";
  }

  /** The scene that a place belongs to, tried in turn when the address does not say. */
  private async findCard(place: Place): Promise<{ card: PlaceCard; scene: string }> {
    const ids = place.scene ? [place.scene] : (this.loaded?.data.scenes ?? []).map(({ id }) => id);
    let last: unknown = new ApiError(404, "", this.strings.placeFailed);
    for (const scene of ids) {
      try {
        return { card: await this.api.place(scene, place.cid), scene };
      } catch (error) {
        last = error;
      }
    }
    throw last;
  }

  async openPlace(place: Place, push = true): Promise<void> {
    await this.counted(() => this.enterPlace(place, push, false));
  }

  /** A place as the address keeps it: its scene is named only where there are several. */
  private bare(place: Place | null): Place | null {
    if (!place || (this.loaded?.data.scenes.length ?? 0) > 1) return place;
    const { scene: _scene, ...bare } = place;
    return bare;
  }

  /** `stays`: the camera is where it was wanted already. */
  private async enterPlace(place: Place, push: boolean, stays: boolean): Promise<void> {
    const kept = this.bare(place);
    const wasSame = isSamePlace(this.place, place);
    this.place = place;
    if (push && !wasSame) history.pushState(null, "", this.address(this.division, kept));
    try {
      const { card, scene } = await this.findCard(place);
      if (!isSamePlace(this.place, place)) return;
      this.showCard(
        cardElement(card, this.strings, {
          onClose: () => this.leavePlace(),
          onPlace: (kind, cid) => void this.openPlace({ kind, cid, scene }, true),
        }),
      );
      const buildings = card.children.filter(({ kind }) => kind === "building").map(({ cid }) => cid);
      await this.view?.select(card.kind, card.cid, scene, card.bounds, buildings, stays);
    } catch (error) {
      if (!isSamePlace(this.place, place)) return;
      const sentence = error instanceof ApiError ? error.message : this.strings.placeFailed;
      this.showCard(cardMessage(sentence, this.strings, () => this.leavePlace()));
    }
  }

  private showCard(card: HTMLElement): void {
    this.parts.card.replaceChildren(card);
    this.parts.card.hidden = false;
    card.focus({ preventScroll: true });
  }

  private closeCard(): void {
    this.place = null;
    this.parts.card.hidden = true;
    this.parts.card.replaceChildren();
    this.view?.clearSelection();
  }

  /** Closes the card and says so in the address. */
  private leavePlace(): void {
    if (!this.place) return;
    history.pushState(null, "", this.address(this.division, null));
    this.closeCard();
  }

  /** One step up: from the card to the division, from the division to the one above. */
  private back(): void {
    if (this.features.dock.openId) {
      this.features.dock.close(true);
      return;
    }
    if (this.place) {
      this.leavePlace();
      return;
    }
    const path = this.loaded?.data.division.path.filter(({ code }) => code !== this.division) ?? [];
    const above = path[path.length - 1];
    if (above) void this.openDivision(above.code, null, true);
  }
}

function loadView(): Promise<typeof import("../scene/view")> {
  return import("../scene/view");
}

function hasWebGl(): boolean {
  return document.createElement("canvas").getContext("webgl2") !== null;
}
