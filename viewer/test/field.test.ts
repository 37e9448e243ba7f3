/** The field pages' keeping and sending: exactly once, wiped by wrong passphrases, never what is unsent. */

import "fake-indexeddb/auto";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Submission, Today } from "../src/field/contracts";
import { openLock, newLock, ROUNDS } from "../src/field/crypt";
import { Kept, TRIES } from "../src/field/keeping";
import { fitted } from "../src/field/photos";
import { check, isCode, tokenOf } from "../src/field/plates";
import { PART, Queue } from "../src/field/queue";
import { Server } from "../src/field/server";
import { openStore, removeStore, type Store } from "../src/field/store";

const FEW_ROUNDS = 1000;
const USER = "7";
const today: Today = {
  user: USER, name: "李强", day: "2026-11-24", divisions: [], categories: [], incidents: [], tasks: [], visits: [], rounds: [],
  courtyards: [{ id: "1", address: "双堰一组1号", number: "1号", group: "一组", division: "520502103003", households: 2, lon: null, lat: null }],
  is_cut: false, forms: [], plates: [],
};
const report = (words: string): Submission => ({ kind: "incident.report", payload: { words, division: "520502103003" }, row_version: null });

let store: Store;
beforeEach(async () => {
  store = await openStore();
});
afterEach(() => removeStore(store));

/** A server in memory that keeps one answer a key; `lose` says whether the reply of a request gets lost. */
function serverWith(lose: () => boolean): { server: Server; bodies: Map<string, string>; asked: () => number } {
  const bodies = new Map<string, string>();
  let asked = 0;
  const fake = (async (_input: RequestInfo | URL, init?: RequestInit) => {
    asked += 1;
    const sent = JSON.parse(String(init?.body)) as { key: string };
    const known = bodies.get(sent.key);
    if (known !== undefined && known !== init?.body) return new Response('{"error":{"code":"key_used","detail":"other"}}', { status: 409 });
    bodies.set(sent.key, String(init?.body));
    if (lose()) throw new TypeError("the reply was lost");
    return new Response(JSON.stringify({ receipt_no: sent.key.slice(0, 10), path: "/r/x/" }));
  }) as typeof fetch;
  return { server: new Server("/api/v1/field", fake, () => "token"), bodies, asked: () => asked };
}

test("reports arrive exactly once through a line that loses replies, and survive a restart", async () => {
  let seed = 11;
  const lose = (): boolean => (seed = (seed * 48271) % 2147483647) / 2147483647 < 0.3;
  const { server, bodies, asked } = serverWith(lose);
  const first = new Queue(store, server);
  for (let number = 0; number < 40; number += 1) await first.add(USER, report(`第${number}件`), [], number);
  let rounds = 0;
  while ((await first.unsent()) > 0 && rounds < 400) {
    // Each time as a page that was just opened.
    await new Queue(store, server).flush(USER);
    rounds += 1;
  }
  expect(await first.unsent()).toBe(0);
  expect(bodies.size).toBe(40);
  expect(asked()).toBeGreaterThan(40);
  expect((await first.items()).every((item) => item.sealed === null && item.answer?.receipt_no)).toBe(true);
});

test("what waits is sealed, and is sent by whoever made it only", async () => {
  const { server, bodies } = serverWith(() => false);
  const queue = new Queue(store, server);
  await queue.add(USER, report("张家门口的灯不亮"));
  const [raw] = await store.getAll("items");
  expect(new TextDecoder().decode(raw?.sealed?.data)).not.toContain("灯");
  expect(await queue.flush("8")).toBe("done");
  expect(bodies.size).toBe(0);
  await queue.flush(USER);
  expect([...bodies.values()][0]).toContain("张家门口的灯不亮");
});

test("a conflict keeps what was filled in and is repeated under a new key", async () => {
  const keys: string[] = [];
  const fake = (async (_input: RequestInfo | URL, init?: RequestInit) => {
    const sent = JSON.parse(String(init?.body)) as { key: string; row_version: number };
    keys.push(sent.key);
    if (sent.row_version === 5) return new Response('{"state":"办结"}');
    const error = { code: "changed", detail: "faster", fields: [{ field: "state", now: "在办" }] };
    return new Response(JSON.stringify({ error }), { status: 409 });
  }) as typeof fetch;
  const queue = new Queue(store, new Server("", fake, () => ""));
  await queue.add(USER, { kind: "incident.step", payload: { step: "finish" }, row_version: 4 });
  await queue.flush(USER);
  const [item] = await queue.items();
  expect(item?.state).toBe("conflict");
  expect(item?.fields).toEqual([{ field: "state", now: "在办" }]);
  if (item) await queue.repeat(item, 5);
  await queue.flush(USER);
  expect((await queue.items()).map((one) => one.state)).toEqual(["sent"]);
  expect(new Set(keys).size).toBe(2);
});

test("a photo goes on where the line broke", async () => {
  let received = 0;
  const size = PART * 2 + 100;
  const offsets: number[] = [];
  let breaks = 2;
  const fake = (async (input: RequestInfo | URL, init?: RequestInit) => {
    const address = String(input);
    if (address.endsWith("/uploads")) return new Response(JSON.stringify({ offset: received, attachment: "" }));
    if (!address.includes("/parts")) return new Response('{"receipt_no":"R"}');
    const offset = Number(new URL(address, "https://x").searchParams.get("offset"));
    offsets.push(offset);
    expect(offset).toBe(received);
    received += (init?.body as ArrayBuffer).byteLength;
    if (breaks-- > 0) throw new TypeError("lost after it was kept");
    return new Response(JSON.stringify({ offset: received, attachment: received === size ? "id" : "" }));
  }) as typeof fetch;
  const queue = new Queue(store, new Server("", fake, () => ""));
  await queue.add(USER, report("有照片"), [new Uint8Array(size)]);
  while ((await queue.flush(USER)) !== "done");
  expect(offsets).toEqual([0, PART, PART * 2]);
  expect(await queue.unsent()).toBe(0);
});

test("five wrong passphrases wipe what was taken along, never what is unsent", async () => {
  const kept = new Kept(store, FEW_ROUNDS);
  await kept.take(today, "翻过山路十八弯");
  const raw = await store.get("kept", "today");
  expect(new TextDecoder().decode(raw?.today.data)).not.toContain("双堰");
  const { server, bodies } = serverWith(() => false);
  const queue = new Queue(store, server);
  await queue.add(USER, report("没有发出"));

  const other = new Kept(store, FEW_ROUNDS);
  for (let left = TRIES - 1; left >= 0; left -= 1) {
    // A page opened anew does not begin to count anew.
    await expect(new Kept(store, FEW_ROUNDS).open("猜一个")).rejects.toMatchObject({ left });
  }
  expect(await other.look()).toBe(false);
  await expect(other.open("翻过山路十八弯")).rejects.toMatchObject({ left: 0 });
  expect(await queue.unsent()).toBe(1);
  await queue.flush(USER);
  expect(bodies.size).toBe(1);
});

test("the right passphrase opens it and forgives the tries before", async () => {
  await new Kept(store, FEW_ROUNDS).take(today, "翻过山路十八弯");
  const kept = new Kept(store, FEW_ROUNDS);
  for (let time = 0; time < 3; time += 1) {
    await expect(kept.open("猜一个")).rejects.toMatchObject({ left: TRIES - 1 });
    expect((await kept.open("翻过山路十八弯")).today.courtyards[0]?.address).toBe("双堰一组1号");
  }
  await expect(kept.take(today, "短短")).rejects.toThrow("至少");
});

test("the wrapping costs what is asked for, and the key in use cannot be read out", async () => {
  expect(ROUNDS).toBeGreaterThanOrEqual(600_000);
  const { key, lock } = await newLock("翻过山路十八弯", FEW_ROUNDS);
  expect(key.extractable).toBe(false);
  await expect(openLock("翻过山路十八湾", lock)).rejects.toThrow();
});

test("a code is checked without a network, a token against the own grid", async () => {
  // What the server prints on the plate 128 of this village (xiaoyuan.lib.plate_code).
  const code = "52050210300300128D";
  expect(isCode(code)).toBe(true);
  const right = [..."0123456789ABCDEFGHJKLMNPQRTUWXY"].map((last) => code.slice(0, 17) + last).filter(isCode);
  expect(right).toHaveLength(1);
  const made = right[0] ?? "";
  for (let place = 0; place < 17; place += 1) {
    const wrong = `${made.slice(0, place)}${(Number(made[place]) + 1) % 10}${made.slice(place + 1)}`;
    expect(isCode(wrong)).toBe(false);
  }
  const token = "AbCdEfGhIjKlMn-_";
  expect(tokenOf(`https://village.example/d/${token}`)).toBe(token);
  const hash = [...new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token)))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const plate = { id: "1", hash, code: `${made.slice(0, 12)}-${made.slice(12, 17)}-${made.slice(17)}`, courtyard: "1", state: "已安装", version: 1 };
  expect(await check(token, [plate])).toEqual({ kind: "known", plate });
  expect(await check(`https://village.example/d/${token.toLowerCase()}`, [plate])).toEqual({ kind: "unknown here" });
  expect(await check(plate.code, [plate])).toEqual({ kind: "well formed", plate });
  expect(await check(`${made.slice(0, 16)}${made[16] === "9" ? "0" : "9"}${made.slice(17)}`, [plate])).toEqual({ kind: "mistyped" });
});

test("photos shrink to 1600 pixels and never grow", () => {
  expect(fitted(4000, 3000)).toEqual([1600, 1200]);
  expect(fitted(800, 600)).toEqual([800, 600]);
});
