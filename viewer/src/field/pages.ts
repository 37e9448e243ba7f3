/** Views of the pages in the field: today's work, a report, a plate. */

import { element, type Content } from "../element";
import type { Assigned, Plate, Work } from "./contracts";
import { formList } from "./forms/pages";
import type { Field } from "./page";
import { compressed } from "./photos";
import { check } from "./plates";
import { verdict, when } from "./words";

const MOST_PHOTOS = 6;

export function todayView(field: Field): Content[] {
  const today = field.today;
  if (!today) return [];
  const nothing = !today.incidents.length && !today.tasks.length && !today.visits.length && !today.rounds.length;
  return [
    element("h2", {}, `今天 ${today.day}`),
    nothing ? element("p", { class: "card empty" }, "今天没有交办的事。看到什么，请点“上报”。") : null,
    ...today.incidents.map((one) => incident(field, one)),
    formList(field),
    ...works(field, "任务", "task.finish", "task", today.tasks),
    ...works(field, "该走访的", "visit.record", "visit", today.visits),
    ...works(field, "该巡查的", "inspection.record", "point", today.rounds),
    element("details", { class: "card" },
      element("summary", {}, `本网格小院 ${today.courtyards.length}${today.is_cut ? "（太多，只带一部分）" : ""}`),
      element("ul", {}, ...today.courtyards.map((one) => element("li", {}, `${one.address}　${one.group}　${one.households} 户`)))),
  ];
}

function incident(field: Field, one: Assigned): HTMLElement {
  const words = element("textarea", { rows: 2, maxlength: 400, "aria-label": "说明" });
  return element("article", { class: "card", "data-incident": one.id },
    element("h3", {}, `${one.category} · ${one.state}`),
    element("p", {}, [one.place, one.words].filter(Boolean).join(" ")),
    element("p", { class: "soft" }, `期限 ${when(Date.parse(one.finish_by))}`),
    words,
    element("div", { class: "row" }, ...one.steps.map((step) =>
      element("button", { class: "quiet", onclick: () => void take(field, one, step.step, step.needs_reason, words) }, step.label))));
}

async function take(field: Field, one: Assigned, step: string, needsReason: boolean, words: HTMLTextAreaElement): Promise<void> {
  const text = words.value.trim();
  if ((needsReason || step === "note") && !text) return field.say("请先写明原因。", "bad");
  const payload = { incident: one.id, step, reason: needsReason ? text : "", words: needsReason ? "" : text };
  await field.queue.add(field.today?.user ?? "", { kind: "incident.step", payload, row_version: one.version });
  words.value = "";
  field.say("已记下。");
  void field.send();
}

function works(field: Field, title: string, kind: string, name: string, rows: Work[]): Content[] {
  if (!rows.length) return [];
  return [element("h3", {}, title), ...rows.map((row) => {
    const words = element("textarea", { rows: 2, maxlength: 1000, "aria-label": "记录" });
    const checks = (row.checks ?? []).map((label) => ({ label, input: element("input", { type: "checkbox" }) }));
    const done = async (): Promise<void> => {
      const answers = Object.fromEntries(checks.map(({ label, input }) => [label, input.checked]));
      const payload = { [name]: row.id, words: words.value, answers };
      await field.queue.add(field.today?.user ?? "", { kind, payload, row_version: row.version });
      field.say("已记下。");
      void field.send();
    };
    return element("article", { class: "card" }, element("h4", {}, row.title), element("p", {}, [row.place, row.words].filter(Boolean).join(" ")),
      element("p", { class: "soft" }, row.due ? `到期 ${row.due}` : ""),
      ...checks.map(({ label, input }) => element("label", { class: "check" }, input, label)), words,
      element("button", { class: "big", onclick: () => void done() }, "完成"));
  })];
}

export function reportView(field: Field): Content[] {
  const basics = field.basics;
  if (!basics) return [element("div", { class: "card empty" }, element("h2", {}, "还不能上报"), element("p", {}, "这部手机还没有登录过。有信号时请先登录一次。"))];
  const category = select("category", basics.categories.map((one) => [one.code, one.name]));
  const division = select("division", basics.divisions.map((one) => [one.code, one.name]));
  const courtyard = select("courtyard", [["", "别处（请写明地点）"], ...(field.today?.courtyards ?? []).map((one): [string, string] => [one.id, one.address])]);
  const place = element("input", { id: "place", maxlength: 200 });
  const words = element("textarea", { id: "words", rows: 4, maxlength: 2000 });
  const photos = element("input", { id: "photos", type: "file", accept: "image/*", multiple: true });
  const proxy = element("input", { id: "proxy", type: "checkbox" });
  const phone = element("input", { id: "phone", inputmode: "tel", maxlength: 20 });
  const here: { lon?: number; lat?: number } = {};
  const locate = element("button", { type: "button", class: "quiet", onclick: () => locateOnce(field, here, locate) }, "用我现在的位置");
  const form = element("form", { class: "card" }, element("h2", {}, "上报"),
    element("label", { for: "category" }, "什么事"), category, element("label", { for: "division" }, "哪个村"), division,
    element("label", { for: "courtyard" }, "哪个小院"), courtyard, element("label", { for: "place" }, "地点"), place, locate,
    element("label", { for: "words" }, "看到了什么"), words, element("label", { for: "photos" }, "照片（可以不拍）"), photos,
    element("label", { class: "check" }, proxy, "替别人上报"), element("label", { for: "phone" }, "那个人的电话（可以不填）"), phone,
    element("button", { class: "big" }, "提交"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void (async () => {
      if (!courtyard.value && !place.value.trim() && here.lon === undefined) return field.say("请选小院、写地点，或用现在的位置。", "bad");
      const files = [...(photos.files ?? [])].slice(0, MOST_PHOTOS);
      const small = await Promise.all(files.map(compressed));
      const payload = { category: category.value, division: division.value, courtyard: courtyard.value, place: place.value, words: words.value, is_proxy: proxy.checked, phone: phone.value, ...here };
      await field.queue.add(basics.user, { kind: "incident.report", payload, row_version: null }, small);
      await field.show("queue");
      field.say("已记在手机里，有信号就发送。");
      void field.send();
    })().catch((error: Error) => field.say(error.message, "bad"));
  });
  return [form];
}

/** Asks the phone once, because somebody pressed the button; nothing follows where they go. */
function locateOnce(field: Field, here: { lon?: number; lat?: number }, button: HTMLElement): void {
  if (!("geolocation" in navigator)) return field.say("这部手机不给出位置。", "bad");
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      here.lon = coords.longitude;
      here.lat = coords.latitude;
      button.textContent = `已取位置，误差约 ${Math.round(coords.accuracy)} 米`;
    },
    () => field.say("没有取到位置，请写地点。", "bad"),
    { enableHighAccuracy: true, timeout: 20_000 },
  );
}

export function plateView(field: Field): Content[] {
  const input = element("input", { id: "plate", autocomplete: "off", autocapitalize: "characters" });
  const out = element("div", { role: "status", "aria-live": "polite" });
  const form = element("form", { class: "card" }, element("h2", {}, "核对门牌"), element("label", { for: "plate" }, "扫到的网址，或牌上的编码"), input, element("button", { class: "big" }, "核对"), out);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void check(input.value, field.today?.plates ?? []).then((found) => {
      const { title, text, tone } = verdict(found);
      out.replaceChildren(element("div", { class: "verdict", "data-tone": tone }, element("h3", {}, title), element("p", {}, text), "plate" in found && found.plate ? steps(field, found.plate) : null));
    });
  });
  return [form];
}

/** What can be done with a plate of one's own grid while standing before it. */
function steps(field: Field, plate: Plate): HTMLElement {
  const words = element("input", { "aria-label": "损坏情况", placeholder: "损坏情况（可以不填）", maxlength: 300 });
  const add = async (kind: string, more: Record<string, unknown> = {}): Promise<void> => {
    await field.queue.add(field.today?.user ?? "", { kind, payload: { plate: plate.id, ...more }, row_version: plate.version });
    field.say("已记下。");
    void field.send();
  };
  const install = (): void => {
    if (!("geolocation" in navigator)) return field.say("这部手机不给出位置，装牌请回办公室登记。", "bad");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => void add("plate.install", { lon: coords.longitude, lat: coords.latitude, accuracy_m: coords.accuracy }),
      () => field.say("没有取到位置，请到开阔处再试。", "bad"),
      { enableHighAccuracy: true, timeout: 20_000 },
    );
  };
  return element("div", {},
    element("button", { type: "button", class: "quiet", onclick: install }, "就装在这里"),
    element("button", { type: "button", class: "quiet", onclick: () => void add("plate.verify") }, "看过，没有问题"),
    words,
    element("button", { type: "button", class: "quiet", onclick: () => void add("plate.damage", { words: words.value }) }, "损坏或不见了"));
}

function select(id: string, options: [string, string][]): HTMLSelectElement {
  return element("select", { id }, ...options.map(([value, label]) => element("option", { value }, label)));
}
