/** What waits to be sent. An item keeps its key until the server answered, so that sending it again writes nothing twice. */

import type { Submission } from "./contracts";
import { deviceKey, open, openJson, seal, sealJson, sha256 } from "./crypt";
import { NoNetwork, Refused, type Server, SignInFirst } from "./server";
import type { Item, Store } from "./store";

export const PART = 128 * 1024;
export type Outcome = "done" | "no network" | "sign in";

export function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Queue {
  private running: Promise<Outcome> | null = null;

  constructor(
    private readonly store: Store,
    private readonly server: Server,
    private readonly changed: () => void = () => undefined,
  ) {}

  async items(): Promise<Item[]> {
    return (await this.store.getAll("items")).sort((one, other) => one.at - other.at);
  }

  async unsent(): Promise<number> {
    return (await this.items()).filter((item) => item.state !== "sent").length;
  }

  /** Puts something into the queue; it is on the disk when this resolves. */
  async add(user: string, submission: Submission, photos: Uint8Array<ArrayBuffer>[] = [], at = Date.now()): Promise<string> {
    const device = await this.device();
    const sealed = await sealJson(device, submission);
    const kept = await Promise.all(photos.map((photo) => seal(device, photo)));
    const key = newKey();
    await this.store.put("items", { key, user, kind: submission.kind, at, state: "queued", sealed, photos: kept });
    this.changed();
    return key;
  }

  async content(item: Item): Promise<Submission | null> {
    return item.sealed ? openJson<Submission>(await this.device(), item.sealed) : null;
  }

  /** Sends an item that met a conflict once more, against the version of now: a new intent, hence a new key. */
  async repeat(item: Item, version: number): Promise<void> {
    const submission = await this.content(item);
    if (!submission) return;
    const sealed = await sealJson(await this.device(), { ...submission, row_version: version });
    const { fields: _fields, detail: _detail, ...rest } = item;
    const change = this.store.transaction("items", "readwrite");
    await change.store.delete(item.key);
    await change.store.put({ ...rest, key: newKey(), state: "queued", sealed });
    await change.done;
    this.changed();
  }

  async drop(key: string): Promise<void> {
    await this.store.delete("items", key);
    this.changed();
  }

  /** Sends what waits, the oldest first; only what the signed-in user made. Called twice it runs once. */
  flush(user: string): Promise<Outcome> {
    this.running ??= alone(() => this.run(user)).finally(() => (this.running = null));
    return this.running;
  }

  private async run(user: string): Promise<Outcome> {
    for (const item of await this.items()) {
      // "sending" after a reboot: whether it arrived is not known, the key makes asking again harmless.
      if ((item.state !== "queued" && item.state !== "sending") || item.user !== user) continue;
      await this.put({ ...item, state: "sending" });
      try {
        await this.send(item);
      } catch (error) {
        if (error instanceof Refused) {
          const state = error.code === "changed" ? "conflict" : "refused";
          await this.put({ ...item, state, detail: error.message, fields: error.fields });
          continue;
        }
        await this.put({ ...item, state: "queued" });
        if (error instanceof NoNetwork) return "no network";
        if (error instanceof SignInFirst) return "sign in";
        throw error;
      }
    }
    return "done";
  }

  private async send(item: Item): Promise<void> {
    const device = await this.device();
    const submission = await this.content(item);
    if (!submission) return;
    const attachments: string[] = [];
    for (const [place, photo] of item.photos.entries()) {
      attachments.push(await this.upload(`${item.key}-${place}`, await open(device, photo), String(submission.payload["division"] ?? "")));
    }
    const answer = await this.server.submit(item.key, submission, attachments);
    const { detail: _detail, fields: _fields, ...rest } = item;
    await this.put({ ...rest, state: "sent", sealed: null, photos: [], answer });
  }

  /** Goes on where the server stopped. */
  private async upload(key: string, content: ArrayBuffer, division: string): Promise<string> {
    let { offset, attachment } = await this.server.begin(key, content.byteLength, await sha256(content), division);
    while (!attachment) {
      try {
        ({ offset, attachment } = await this.server.part(key, offset, content.slice(offset, offset + PART)));
      } catch (error) {
        if (!(error instanceof Refused) || error.code !== "offset" || error.offset === offset) throw error;
        offset = error.offset;
      }
    }
    return attachment;
  }

  private async put(item: Item): Promise<void> {
    await this.store.put("items", item);
    this.changed();
  }

  private async device(): Promise<CryptoKey> {
    const known = await this.store.get("keys", "device");
    if (known) return known;
    const fresh = await deviceKey();
    const change = this.store.transaction("keys", "readwrite");
    // Another tab may have been faster: what it sealed must stay readable.
    const first = await change.store.get("device");
    if (!first) await change.store.put(fresh, "device");
    await change.done;
    return first ?? fresh;
  }
}

/** One tab at a time sends, where browsers can say so. */
function alone<T>(work: () => Promise<T>): Promise<T> {
  const locks = typeof navigator === "undefined" ? undefined : navigator.locks;
  return locks ? (locks.request("xiaoyuan-field", work) as Promise<T>) : work();
}
