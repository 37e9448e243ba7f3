/** Follows edits: asks the pointer of each scene about once a second while the page is seen, and shows what was published. */

import type { ScenePointer } from "../contracts";
import type { Features } from "./features";

const SOON = 1000;
/** When nothing was published or touched for so long, the pauses grow. */
const QUIET_AFTER = 5 * 60_000;
const LATER = 5000;

/** Milliseconds until the next question. */
export function pauseAfter(quietMilliseconds: number, hasFailed: boolean): number {
  if (hasFailed) return 10_000;
  return quietMilliseconds < QUIET_AFTER ? SOON : LATER;
}

export class Follower {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private lastEvent = performance.now();
  private isStopped = false;
  private readonly onVisible = (): void => {
    if (!document.hidden) this.hurry();
  };

  constructor(private readonly features: Features) {
    document.addEventListener("visibilitychange", this.onVisible);
    this.plan(SOON);
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
    document.removeEventListener("visibilitychange", this.onVisible);
  }

  /** Somebody is here again: ask soon. */
  hurry(): void {
    const wasQuiet = performance.now() - this.lastEvent > QUIET_AFTER;
    this.lastEvent = performance.now();
    if (wasQuiet || this.timer === undefined) this.plan(0);
  }

  private plan(milliseconds: number): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (!this.isStopped) this.timer = setTimeout(() => void this.ask(), milliseconds);
  }

  private async ask(): Promise<void> {
    const { host } = this.features;
    if (document.hidden) {
      this.timer = undefined;
      return;
    }
    let hasFailed = false;
    // Until the first picture is complete, the scene has better things to load.
    if (host.view?.ready) {
      for (const ref of host.data?.scenes ?? []) {
        try {
          const shown = host.view.scenes.find(({ id }) => id === ref.id);
          const pointer = await host.api.pointer(ref.pointer);
          if (shown && pointer.revision !== shown.pointer.revision) await this.show(ref.id, pointer);
        } catch {
          hasFailed = true;
        }
      }
    }
    this.plan(pauseAfter(performance.now() - this.lastEvent, hasFailed));
  }

  private async show(scene: string, pointer: ScenePointer): Promise<void> {
    this.lastEvent = performance.now();
    const { host } = this.features;
    await Promise.all([host.view?.follow(scene, pointer), host.refresh()]);
  }
}
