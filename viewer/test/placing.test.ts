/** What a placing sends: one key however often it is tried, refusals as their sentence, steps of the arrow keys. */

import { afterEach, expect, test, vi } from "vitest";
import { arrowStep, degrees, Refused, requestKey, send } from "../src/map/sending";

afterEach(() => vi.unstubAllGlobals());

function answers(...replies: (Response | Error)[]): string[] {
  const bodies: string[] = [];
  vi.stubGlobal("fetch", async (_address: string, request: RequestInit) => {
    bodies.push(`${request.body}`);
    const reply = replies.shift();
    if (reply instanceof Error || !reply) throw reply ?? new Error("no reply");
    return reply;
  });
  return bodies;
}

test("a lost connection is tried again with the same bytes", async () => {
  vi.useFakeTimers();
  const bodies = answers(new TypeError("gone"), new Response('{"version":2}'));
  const sent = send<{ version: number }>("/there", { key: "k", lon: "105.1" }, "token");
  await vi.runAllTimersAsync();
  vi.useRealTimers();
  expect((await sent).version).toBe(2);
  expect(bodies).toEqual(["key=k&lon=105.1", "key=k&lon=105.1"]);
});

test("a refusal is not repeated and keeps its sentence", async () => {
  const bodies = answers(new Response('{"error":{"title":"no","detail":"已被他人修改"}}', { status: 409 }));
  await expect(send("/there", {}, "token")).rejects.toThrow(new Refused("已被他人修改"));
  expect(bodies).toHaveLength(1);
});

test("keys differ, degrees are plain decimals", () => {
  expect(new Set(Array.from({ length: 50 }, requestKey)).size).toBe(50);
  expect(requestKey()).toMatch(/^[0-9a-f]{32}$/);
  expect(degrees(1e-7)).toBe("0.000000100");
});

test("arrow keys move a little, further with Shift, other keys not at all", () => {
  expect(arrowStep("ArrowUp", false)).toEqual([0, -8]);
  expect(arrowStep("ArrowRight", true)).toEqual([120, 0]);
  expect(arrowStep("a", false)).toBeNull();
});
