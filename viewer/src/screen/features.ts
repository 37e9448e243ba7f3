/** The scene's tools: keeps what the address says of them, applies it to the scene, and fetches a tool's code when it is used. */

import type { Api } from "../api";
import type { MapLabel, ScreenData } from "../contracts";
import type { SceneView } from "../scene/view";
import type { Language, Strings } from "../strings";
import { Dock } from "./dock";
import type { Follower } from "./follow";
import type { Layout } from "./layout";
import type { LiveOverlays } from "./live";
import type { Place } from "./location";
import { PLAIN, readSettings, writeSettings, type Settings } from "./settings";
import type { ThemeAnswer } from "./theming";
import { toolStringsFor, type ToolStrings } from "./tool-strings";
import type { Tour } from "./tour";

/** What the tools need of the screen. */
export interface FeatureHost {
  readonly api: Api;
  readonly root: HTMLElement;
  readonly parts: Layout;
  readonly strings: Strings;
  readonly language: Language;
  readonly data: ScreenData | undefined;
  readonly view: SceneView | undefined;
  readonly place: Place | null;
  readonly labels: readonly MapLabel[] | undefined;
  openPlace(place: Place): void;
  openDivision(code: string): void;
  /** Writes the settings into the address without a step in the history. */
  rewrite(): void;
  /** The address of what is shown now, with the camera. */
  shareAddress(): string;
  notice(sentence: string): void;
  /** Labels and figures again: an edit may have changed them. */
  refresh(): Promise<void>;
}

const SIGNS = {
  layers: "M12 3l9 5-9 5-9-5zM3 12l9 5 9-5M3 16l9 5 9-5",
  themes: "M4 20V10h4v10zM10 20V4h4v16zM16 20v-7h4v7z",
  overlays: "M12 21s-6-5.6-6-11a6 6 0 0 1 12 0c0 5.400-6 11-6 11zM12 12.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5z",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M19 5l-2 2M7 17l-2 2",
  compare: "M12 3v18M4 6h5v12H4zM15 6h5v12h-5z",
  views: "M4 5h16v14H4zM10 9l5 3-5 3z",
  plan: "M3 16L16 3l5 5L8 21zM12 7l2 2M9 10l3 3M6 13l2 2",
  share: "M7 12a2.500 2.500 0 1 0-.01 0zM17 8.500a2.500 2.500 0 1 0-.01 0zM17 20.500a2.500 2.500 0 1 0-.01 0zM9 11l6-4M9 13.500l6 4",
};

export class Features {
  settings: Settings = { ...PLAIN };
  readonly dock: Dock;
  readonly words: ToolStrings;
  /** The theme that is drawn, and for which division. */
  theme: ThemeAnswer | null = null;
  tour: Tour | undefined;
  private themeKey = "";
  private live: LiveOverlays | undefined;
  private follower: Follower | undefined;
  private work = 0;
  /** The camera of the address counts once: for the first view of its division. */
  private isFresh = true;

  constructor(readonly host: FeatureHost) {
    this.words = toolStringsFor(host.language);
    this.dock = new Dock(host.strings, this.words.dock);
    const { words, dock } = this;
    dock.add({ id: "layers", label: words.layers, sign: SIGNS.layers, open: async () => (await import("./panel-layers")).layersPanel(this) });
    dock.add({ id: "themes", label: words.themes, sign: SIGNS.themes, open: async () => (await import("./panel-themes")).themesPanel(this) });
    dock.add({ id: "overlays", label: words.overlays, sign: SIGNS.overlays, open: async () => (await import("./panel-overlays")).overlaysPanel(this) });
    dock.add({ id: "sun", label: words.sun, sign: SIGNS.sun, open: async () => (await import("./panel-sun")).sunPanel(this) });
    dock.add({ id: "compare", label: words.compare, sign: SIGNS.compare, open: async () => (await import("./panel-compare")).comparePanel(this) });
    dock.add({ id: "views", label: words.views, sign: SIGNS.views, open: async () => (await import("./panel-views")).viewsPanel(this) });
    dock.add({
      id: "plan", label: words.plan, sign: SIGNS.plan,
      open: async () => (await import("../plan/panel")).planPanel(this.host),
      closed: () => void import("../plan/panel").then(({ closePlan }) => closePlan()),
    });
    dock.add({ id: "share", label: words.share, sign: SIGNS.share, open: async () => (await import("./panel-share")).sharePanel(this) });
    host.parts.corner.append(dock.root);
    host.parts.corner.after(dock.panel);
  }

  /** True while something of the address is still being applied. */
  get isBusy(): boolean {
    return this.work > 0;
  }

  get marksShown(): number {
    return this.host.view?.markCount ?? 0;
  }

  readAddress(fragment: string): void {
    this.settings = readSettings(fragment);
    this.isFresh = true;
  }

  /** Settings for an address of the screen; the camera only where it is asked for. */
  addressParts(withCamera: boolean): string[] {
    const camera = withCamera ? (this.host.view?.pose ?? null) : null;
    return writeSettings({ ...this.settings, camera });
  }

  /** The camera that the address asks for, once. */
  takeCamera(): Settings["camera"] {
    const { camera } = this.settings;
    this.settings = { ...this.settings, camera: null };
    const wasFresh = this.isFresh;
    this.isFresh = false;
    return wasFresh ? camera : null;
  }

  change(change: Partial<Settings>): void {
    this.settings = { ...this.settings, ...change };
    this.host.rewrite();
    this.mark();
  }

  private mark(): void {
    const { settings } = this;
    this.dock.mark("layers", settings.hidden.length > 0);
    this.dock.mark("themes", settings.theme !== "");
    this.dock.mark("overlays", settings.overlays.length > 0);
    this.dock.mark("sun", settings.sun !== "");
    this.dock.mark("compare", settings.compare !== "");
  }

  /** A new scene stands: everything that the address says is applied to it. */
  sceneOpened(view: SceneView): void {
    const { settings } = this;
    this.mark();
    if (settings.hidden.length > 0) view.setHidden(new Set(settings.hidden));
    if (settings.sun) void this.counted(async () => (await import("./panel-sun")).applySun(this, true));
    if (settings.compare) void this.counted(async () => (await import("./panel-compare")).startComparing(this));
    // The address of a road plan opens the planning tools with it.
    if (this.dock.openId === "plan" || new URLSearchParams(location.search).has("plan")) void this.dock.open("plan");
    this.themeKey = "";
    void this.counted(async () => {
      const { Follower } = await import("./follow");
      this.follower?.stop();
      this.follower = new Follower(this);
    });
  }

  /** Another division is shown: its own values and overlays are fetched. */
  divisionShown(): void {
    void this.applyTheme();
    void this.applyOverlays();
    if (this.dock.openId === "views" || this.dock.openId === "themes" || this.dock.openId === "overlays") void this.dock.open(this.dock.openId);
  }

  setHidden(hidden: string[]): void {
    this.change({ hidden });
    this.host.view?.setHidden(new Set(hidden));
  }

  async setTheme(theme: string, breaks: Settings["breaks"]): Promise<void> {
    this.change({ theme, breaks });
    await this.applyTheme();
  }

  private async applyTheme(): Promise<void> {
    await this.counted(async () => {
      const { host, settings } = this;
      const code = host.data?.division.code ?? "";
      const { view } = host;
      if (!view) return;
      const key = settings.theme ? `${code}/${settings.theme}` : "";
      if (!settings.theme) {
        if (this.theme) view.setTheme(null);
        this.theme = null;
        this.themeKey = "";
        this.drawLegend(null);
        return;
      }
      const { themeValues, paintOf, themeLegend } = await import("./theming");
      if (key !== this.themeKey || !this.theme) {
        this.themeKey = key;
        try {
          const answer = await themeValues(host.api, code, settings.theme);
          if (this.themeKey !== key || host.view !== view) return;
          this.theme = answer;
        } catch {
          // Another division or role is not offered it: the map stays plain, the address keeps the wish.
          this.theme = null;
          view.setTheme(null);
          this.drawLegend(null);
          host.notice(this.words.themeFailed);
          return;
        }
      }
      view.setTheme(paintOf(this.theme, this.settings.breaks));
      this.drawLegend(themeLegend(this.theme, this.settings.breaks, this.words));
    });
  }

  private drawLegend(legend: HTMLElement | null): void {
    const place = this.host.parts.legend;
    place.querySelector(".theme-legend")?.remove();
    const land = place.querySelector<HTMLElement>("details.legend");
    if (land) land.hidden = legend !== null;
    if (legend) place.prepend(legend);
  }

  async setOverlays(overlays: string[]): Promise<void> {
    this.change({ overlays });
    await this.applyOverlays();
  }

  private async applyOverlays(): Promise<void> {
    await this.counted(async () => {
      if (this.settings.overlays.length === 0 && !this.live) return;
      const { LiveOverlays } = await import("./live");
      this.live ??= new LiveOverlays(this);
      await this.live.show(this.settings.overlays);
    });
  }

  /** Overlays of the division with their counts, for the panel. */
  async liveOverlays(): Promise<LiveOverlays> {
    const { LiveOverlays } = await import("./live");
    this.live ??= new LiveOverlays(this);
    return this.live;
  }

  /** Everything that a saved view or a link says, with its camera. */
  async apply(fragment: string): Promise<void> {
    const next = readSettings(fragment);
    const before = this.settings;
    const { view } = this.host;
    this.settings = { ...next, camera: null };
    this.host.rewrite();
    this.mark();
    if (before.hidden.join() !== next.hidden.join()) view?.setHidden(new Set(next.hidden));
    if (before.sun !== next.sun) (await import("./panel-sun")).applySun(this, true);
    if (before.compare !== next.compare) void import("./panel-compare").then((panel) => panel.startComparing(this));
    const isThemed = before.theme !== next.theme || before.breaks !== next.breaks;
    await Promise.all([
      next.camera ? view?.goTo(next.camera) : undefined,
      isThemed ? this.applyTheme() : undefined,
      before.overlays.join() === next.overlays.join() ? undefined : this.applyOverlays(),
    ]);
  }

  /** Somebody took the scene in hand. */
  touched(): void {
    this.tour?.pause();
    this.follower?.hurry();
  }

  private async counted(work: () => Promise<unknown>): Promise<void> {
    this.work += 1;
    try {
      await work();
    } finally {
      this.work -= 1;
    }
  }
}
