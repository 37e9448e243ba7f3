/** Requests to the server; an answer that is not what was asked for becomes one error with a readable sentence. */

import type { MapLabel, Outlines, PlaceCard, ScenePointer, ScreenData, SearchResult } from "./contracts";

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    detail: string,
  ) {
    super(detail || title);
  }
}

export class Api {
  private readonly prefix: string;

  /** `prefix` is the folder of the API, such as /api/v1; a longer address below it is cut. */
  constructor(prefix: string | undefined) {
    const given = prefix ?? "/api/v1";
    const cut = given.indexOf("/screen/");
    this.prefix = (cut >= 0 ? given.slice(0, cut) : given).replace(/\/+$/, "");
  }

  screen(code: string): Promise<ScreenData> {
    return this.json(`${this.prefix}/screen/${encodeURIComponent(code)}`);
  }

  async labels(code: string): Promise<MapLabel[]> {
    return (await this.json<{ labels: MapLabel[] }>(`${this.prefix}/screen/${encodeURIComponent(code)}/labels`)).labels;
  }

  outlines(code: string): Promise<Outlines> {
    return this.json(`${this.prefix}/screen/${encodeURIComponent(code)}/outlines`);
  }

  place(scene: string, cid: number): Promise<PlaceCard> {
    return this.json(`${this.prefix}/places/${encodeURIComponent(scene)}/${cid}`);
  }

  async search(query: string, within: string, signal: AbortSignal): Promise<SearchResult[]> {
    const asked = new URLSearchParams({ q: query, within });
    return (await this.json<{ results: SearchResult[] }>(`${this.prefix}/search?${asked}`, signal)).results;
  }

  pointer(address: string): Promise<ScenePointer> {
    return this.json(address);
  }

  /** Any answer below the API's folder; the browser's cache asks again with its ETag. */
  get<T>(path: string): Promise<T> {
    return this.json(`${this.prefix}${path}`);
  }

  private async json<T>(address: string, signal?: AbortSignal): Promise<T> {
    const answer = await fetch(address, { headers: { accept: "application/json" }, ...(signal ? { signal } : {}) });
    if (answer.ok) return (await answer.json()) as T;
    const body = (await answer.json().catch(() => ({}))) as { error?: { title?: string; detail?: string } };
    throw new ApiError(answer.status, body.error?.title ?? `${answer.status}`, body.error?.detail ?? "");
  }
}
