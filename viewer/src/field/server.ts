/** Requests of the pages in the field; every failure is one of: no network, sign in first, or a refusal with a sentence. */

import type { Answer, Difference, Submission, Today } from "./contracts";

export class NoNetwork extends Error {}
export class SignInFirst extends Error {}

export class Refused extends Error {
  constructor(
    readonly code: string,
    detail: string,
    readonly fields: Difference[] = [],
    readonly offset = 0,
  ) {
    super(detail);
  }
}

interface Said {
  error?: { code?: string; title?: string; detail?: string; fields?: Difference[]; offset?: number };
}

function token(): string {
  return /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? "";
}

export class Server {
  constructor(
    private readonly api: string,
    private readonly ask: typeof fetch = (input, init) => fetch(input, init),
    private readonly csrf: () => string = token,
  ) {}

  today(): Promise<Today> {
    return this.json("/today", {});
  }

  submit(key: string, submission: Submission, attachments: string[]): Promise<Answer> {
    return this.post("/submissions", JSON.stringify({ key, ...submission, attachments }), "application/json");
  }

  begin(key: string, size: number, sha256: string, division: string): Promise<{ offset: number; attachment: string }> {
    return this.post("/uploads", JSON.stringify({ key, size, sha256, division }), "application/json");
  }

  part(key: string, offset: number, data: ArrayBuffer): Promise<{ offset: number; attachment: string }> {
    return this.post(`/uploads/${encodeURIComponent(key)}/parts?offset=${offset}`, data, "application/octet-stream");
  }

  /** Ends the session; without a network it ends by itself within hours. */
  async signOut(address: string): Promise<void> {
    await this.send(address, { method: "POST", headers: { "x-csrftoken": this.csrf() }, redirect: "manual" });
  }

  private post<T>(path: string, body: BodyInit, type: string): Promise<T> {
    return this.json(path, { method: "POST", body, headers: { "content-type": type, "x-csrftoken": this.csrf() } });
  }

  private async json<T>(path: string, init: RequestInit): Promise<T> {
    const headers = { accept: "application/json", ...(init.headers as Record<string, string> | undefined) };
    const answer = await this.send(`${this.api}${path}`, { ...init, headers, cache: "no-store" });
    // A body that breaks off is a lost answer like none at all: the same key asks again.
    if (answer.ok) return answer.json().catch(() => Promise.reject(new NoNetwork())) as Promise<T>;
    if (answer.status === 401) throw new SignInFirst("请先登录。");
    if (answer.status >= 500 || answer.status === 429 || answer.status === 408) throw new NoNetwork();
    const said = (await answer.json().catch(() => ({}))) as Said;
    const error = said.error ?? {};
    throw new Refused(error.code ?? "refused", error.detail || error.title || `${answer.status}`, error.fields, error.offset);
  }

  private async send(address: string, init: RequestInit): Promise<Response> {
    try {
      return await this.ask(address, { credentials: "same-origin", ...init });
    } catch {
      throw new NoNetwork();
    }
  }
}
