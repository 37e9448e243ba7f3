/** The queue as a page: what is sent, what waits, what met a conflict, field by field. */

import { element, type Content } from "../element";
import type { Field } from "./page";
import type { Item } from "./store";
import { FIELDS, KINDS, STATES, when } from "./words";

export async function queueView(field: Field): Promise<Content[]> {
  const items = (await field.queue.items()).reverse();
  const cards = await Promise.all(items.map((item) => card(field, item)));
  return [
    element("h2", {}, "待发与已发"),
    items.length ? null : element("p", { class: "card empty" }, "还没有提交过什么。"),
    items.some((item) => item.state === "queued") ? element("button", { class: "big", onclick: () => void field.send() }, "现在发送") : null,
    ...cards,
  ];
}

async function card(field: Field, item: Item): Promise<HTMLElement> {
  const content = await field.queue.content(item);
  const words = [content?.payload["place"], content?.payload["words"]].filter(Boolean).join(" ");
  return element("article", { class: "card", "data-state": item.state, "data-key": item.key },
    element("p", { class: "row" }, element("strong", {}, KINDS[item.kind] ?? item.kind), element("span", { class: "state" }, STATES[item.state])),
    element("p", { class: "soft" }, when(item.at)),
    words ? element("p", {}, words) : null,
    item.answer?.receipt_no ? element("p", {}, "回执 ", element("a", { href: item.answer.path ?? "#" }, item.answer.receipt_no)) : null,
    item.detail ? element("p", {}, item.detail) : null,
    item.fields?.length ? differences(item, content?.payload ?? {}) : null,
    item.state === "conflict" ? element("button", { class: "big", onclick: () => void again(field, item) }, "按现在的情况再提交") : null,
    item.state === "conflict" || item.state === "refused" ? element("button", { class: "quiet", onclick: () => void field.queue.drop(item.key).then(() => field.show("queue")) }, "不要了") : null);
}

function differences(item: Item, mine: Record<string, unknown>): HTMLElement {
  const rows = (item.fields ?? []).map(({ field, now }) => element("tr", {}, element("th", { scope: "row" }, FIELDS[field] ?? field), element("td", {}, now || "—")));
  return element("table", {}, element("caption", {}, `您要做的：${String(mine["step"] ?? KINDS[item.kind] ?? "")}。现在的情况：`), element("tbody", {}, ...rows));
}

/** Against the version of now, which the last answer of the server brought. */
async function again(field: Field, item: Item): Promise<void> {
  const content = await field.queue.content(item);
  const { incident, plate } = content?.payload ?? {};
  const now = field.today?.incidents.find((one) => one.id === incident) ?? field.today?.plates.find((one) => one.id === plate);
  if (!now) return field.say("这件事已经不在您手上了。", "bad");
  await field.queue.repeat(item, now.version);
  await field.send();
  await field.show("queue");
}
