/** The forms to fill, and one of them being filled. What was typed stays while another tab is looked at. */

import { element, type Content } from "../../element";
import type { Field } from "../page";
import { compressed } from "../photos";
import type { Form } from "./contracts";
import { FormView } from "./view";

/** A form that somebody is filling. */
export class Filling {
  readonly view: FormView;
  readonly courtyard: HTMLSelectElement;
  readonly division: HTMLSelectElement;

  constructor(
    readonly form: Form,
    field: Field,
  ) {
    this.view = new FormView(form);
    const here = (field.today?.courtyards ?? []).filter((one) => one.division.startsWith(form.division));
    const villages = (field.today?.divisions ?? []).filter((one) => one.code.startsWith(form.division));
    this.courtyard = element("select", { id: "form-courtyard" }, option("", "不针对某个小院"), ...here.map((one) => option(one.id, one.address)));
    this.division = element("select", { id: "form-division" }, ...villages.map((one) => option(one.code, one.name)));
  }
}

function option(value: string, label: string): HTMLOptionElement {
  return element("option", { value }, label);
}

/** Offers the forms in use; nothing where there are none. */
export function formList(field: Field): Content {
  const forms = field.today?.forms ?? [];
  if (!forms.length) return null;
  const open = (form: Form): void => {
    if (field.filling?.form.version !== form.version) field.filling = new Filling(form, field);
    void field.show("form");
  };
  return element("section", { class: "card", "aria-label": "填表" }, element("h3", {}, "填表"),
    ...forms.map((form) => element("button", { class: "quiet", "data-form": form.key, onclick: () => open(form) }, form.title)));
}

export function formPage(field: Field): Content[] {
  const filling = field.filling;
  if (!filling) return [element("p", { class: "card" }, "请在“今天”里选一张表。")];
  const page = element("form", { class: "card", novalidate: true }, element("h2", {}, filling.form.title),
    element("label", { for: "form-courtyard" }, "哪个小院"), filling.courtyard,
    filling.division.options.length > 1 ? element("label", { for: "form-division" }, "哪个村") : null,
    filling.division.options.length > 1 ? filling.division : null,
    filling.view.box, element("button", { class: "big" }, "提交"));
  page.addEventListener("submit", (event) => {
    event.preventDefault();
    void send(field, filling).catch((error: Error) => field.say(error.message, "bad"));
  });
  return [page, element("button", { class: "quiet", onclick: () => void leave(field) }, "不填了")];
}

async function leave(field: Field): Promise<void> {
  field.filling = null;
  await field.show("today");
}

async function send(field: Field, filling: Filling): Promise<void> {
  const done = filling.view.finished();
  if (!done) return field.say("还有问题没有答好，已在下面标出。没有提交。", "bad");
  const photos = await Promise.all(done.photos.map(compressed));
  const place = field.today?.courtyards.find((one) => one.id === filling.courtyard.value);
  const payload = { version: filling.form.version, answers: done.answers, courtyard: filling.courtyard.value, division: place?.division ?? filling.division.value };
  await field.queue.add(field.today?.user ?? "", { kind: "form.answer", payload, row_version: null }, photos);
  field.filling = null;
  await field.show("queue");
  field.say("已记在手机里，有信号就发送。");
  void field.send();
}
