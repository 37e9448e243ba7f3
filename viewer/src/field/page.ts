/** The pages in the field: one thumb, large targets; says at any moment what is sent and what is not. */

import { element, type Content } from "../element";
import type { Basics, Today } from "./contracts";
import { formPage, type Filling } from "./forms/pages";
import { Kept } from "./keeping";
import { plateView, reportView, todayView } from "./pages";
import { Queue } from "./queue";
import { queueView } from "./queue-page";
import { NoNetwork, Server, SignInFirst } from "./server";
import { openStore, removeStore, type Store } from "./store";
import { when } from "./words";

export type Tab = "today" | "report" | "plate" | "queue" | "more" | "form";
const TABS: [Tab, string][] = [
  ["today", "今天"],
  ["report", "上报"],
  ["plate", "门牌"],
  ["queue", "待发"],
  ["more", "更多"],
];

/** What the views may read and do. */
export interface Field {
  today: Today | null;
  basics: Basics | null;
  /** The form that somebody is filling right now. */
  filling: Filling | null;
  queue: Queue;
  say(text: string, tone?: "good" | "bad"): void;
  show(tab: Tab): Promise<void>;
  send(): Promise<void>;
}

export class FieldPage implements Field {
  today: Today | null = null;
  basics: Basics | null = null;
  filling: Filling | null = null;
  readonly queue: Queue;
  private readonly kept: Kept;
  private readonly server: Server;
  private readonly view = element("section", { id: "view", tabindex: -1 });
  private readonly line = element("p", { class: "line", role: "status", "aria-live": "polite" });
  private readonly said = element("p", { class: "said", role: "alert" });
  private readonly bar = element("nav", { class: "bar", "aria-label": "外勤" });
  private tab: Tab = "today";
  private asOf = 0;
  private needsSignIn = false;
  private hasAsked = false;
  private ended = false;

  static async start(root: HTMLElement): Promise<void> {
    if (!("indexedDB" in window) || !window.isSecureContext) {
      window.location.replace(root.dataset["plain"] ?? "/field/");
      return;
    }
    try {
      await new FieldPage(root, await openStore()).open();
    } catch (error) {
      root.append(element("p", { role: "alert" }, `打不开：${String((error as Error).message)}`));
    }
  }

  private constructor(
    private readonly root: HTMLElement,
    private readonly store: Store,
  ) {
    this.server = new Server(root.dataset["api"] ?? "/api/v1/field");
    this.queue = new Queue(store, this.server, () => void this.count());
    this.kept = new Kept(store);
  }

  private async open(): Promise<void> {
    this.root.replaceChildren(element("h1", { class: "visually-hidden" }, "外勤"), this.line, this.said, this.view, this.bar);
    window.addEventListener("online", () => void this.send());
    window.addEventListener("offline", () => void this.count());
    document.addEventListener("visibilitychange", () => document.hidden || void this.send());
    // A phone that says it is online may have no way to the server: ask again now and then.
    setInterval(() => void this.queue.unsent().then((waiting) => (waiting ? this.send() : undefined)), 30_000);
    await this.kept.look();
    this.basics = (await this.store.get("basics", "basics")) ?? null;
    if ("serviceWorker" in navigator) {
      void navigator.serviceWorker
        .register(this.root.dataset["worker"] ?? "", { scope: this.root.dataset["scope"] ?? "/field/" })
        .then(() => navigator.serviceWorker.ready)
        .then(() => (document.documentElement.dataset["offline"] = "ready"))
        .catch(() => this.say("这个浏览器不能离线工作，请用普通网页。", "bad"));
    }
    await this.show("today");
    await this.send();
  }

  say(text: string, tone: "good" | "bad" = "good"): void {
    this.said.textContent = text;
    this.said.dataset["tone"] = tone;
  }

  async show(tab: Tab): Promise<void> {
    this.tab = tab;
    if (this.ended) return;
    const content = await this.content(tab);
    this.view.replaceChildren(...content.filter((one): one is Node | string => Boolean(one)));
    await this.count();
    window.scrollTo(0, 0);
  }

  /** Learns what is new, then sends what waits. */
  async send(): Promise<void> {
    if (this.ended) return;
    const before = this.phase();
    try {
      const today = await this.server.today();
      if (this.basics && this.basics.user !== today.user) await this.changeHands(today.user);
      this.today = today;
      this.asOf = Date.now();
      this.needsSignIn = false;
      this.basics = { user: today.user, divisions: today.divisions, categories: today.categories };
      await this.store.put("basics", this.basics, "basics");
      await this.kept.renew(today);
      const outcome = await this.queue.flush(today.user);
      this.needsSignIn = outcome === "sign in";
    } catch (error) {
      if (error instanceof SignInFirst) this.needsSignIn = true;
      else if (!(error instanceof NoNetwork)) this.say((error as Error).message, "bad");
    }
    this.hasAsked = true;
    await this.count();
    // What somebody is typing stays: only another state of the page draws it anew.
    if (this.tab === "queue" || (this.tab !== "report" && this.tab !== "form" && before !== this.phase())) await this.show(this.tab);
  }

  private phase(): string {
    return this.today ? "open" : this.kept.isTaken ? "closed" : this.needsSignIn ? "sign in" : this.hasAsked ? "nothing" : "asking";
  }

  /** Somebody else signed in: they see nothing of what the one before took along. */
  private async changeHands(_user: string): Promise<void> {
    await this.kept.wipe();
    this.today = this.filling = null;
  }

  private async content(tab: Tab): Promise<Content[]> {
    if (tab === "report") return reportView(this);
    if (tab === "queue") return queueView(this);
    if (tab === "more") return this.more();
    if (!this.today) return this.closed();
    if (tab === "form") return formPage(this);
    return tab === "plate" ? plateView(this) : todayView(this);
  }

  private async closed(): Promise<Content[]> {
    if (this.kept.isTaken) return [this.passphrase("打开带走的资料", "打开", (words) => this.unlock(words))];
    if (this.needsSignIn) return [this.signIn()];
    if (!this.hasAsked) return [element("p", { class: "card" }, "正在取今天的工作……")];
    return [
      element("div", { class: "card" }, element("h2", {}, "没有信号，也没有带走的资料"), element("p", {}, "有信号时在“更多”里点“带走今天的工作”。现在仍可以上报，有信号后自动发送。")),
      element("button", { class: "big", onclick: () => void this.show("report") }, "上报"),
    ];
  }

  private signIn(): HTMLElement {
    return element("div", { class: "card" }, element("h2", {}, "请先登录"), element("p", {}, "没有发出的都还在手机里，登录后自动发送。"), element("a", { class: "big", href: this.root.dataset["signIn"] ?? "/" }, "登录"));
  }

  private passphrase(title: string, label: string, done: (words: string) => Promise<void>): HTMLElement {
    const input = element("input", { id: "passphrase", type: "password", autocomplete: "off", required: true, minlength: 6 });
    const form = element("form", { class: "card" }, element("h2", {}, title), element("label", { for: "passphrase" }, "手机密码（至少 6 位）"), input, element("button", { class: "big" }, label));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const words = input.value;
      input.value = "";
      this.say("请稍候……");
      void done(words).catch((error: Error) => this.say(error.message, "bad"));
    });
    return form;
  }

  private async unlock(words: string): Promise<void> {
    try {
      const { today, at } = await this.kept.open(words);
      this.today = today;
      this.asOf = at;
      this.say("");
    } finally {
      await this.show(this.tab);
    }
  }

  private async take(words: string): Promise<void> {
    if (!this.today) return;
    await this.kept.take(this.today, words);
    // Without it a phone that is short of room may throw the queue away.
    await navigator.storage?.persist?.().catch(() => false);
    this.say("已带走。没有信号时打开本页，输入手机密码。");
    await this.show("more");
  }

  private async more(): Promise<Content[]> {
    const unsent = await this.queue.unsent();
    const has = this.kept.isTaken;
    return [
      element("h2", {}, "更多"),
      this.today && !has ? this.passphrase("带走今天的工作", "带走", (words) => this.take(words)) : null,
      has ? element("div", { class: "card" }, element("p", {}, `已带走，截至 ${when(this.asOf)}。密码连错五次会清除带走的资料，不会清除没有发出的上报。`), element("button", { class: "quiet", onclick: () => void this.kept.wipe().then(() => this.show("more")) }, "不再带走")) : null,
      this.needsSignIn ? this.signIn() : null,
      element("div", { class: "card" },
        element("h3", {}, "退出登录"),
        element("p", {}, unsent ? `还有 ${unsent} 条没有送达。请先发送；清除后找不回来。` : "手机上的资料会全部清除。"),
        unsent ? element("button", { class: "big", onclick: () => void this.send().then(() => this.show("more")) }, "先发送") : null,
        element("button", { class: "quiet", id: "sign-out", onclick: () => void this.leave() }, unsent ? "不发送，清除并退出" : "清除并退出")),
      element("p", {}, element("a", { href: this.root.dataset["plain"] ?? "/field/" }, "普通网页（需要信号）")),
    ];
  }

  private async leave(): Promise<void> {
    this.ended = true;
    await removeStore(this.store);
    this.today = this.basics = this.filling = null;
    await this.server.signOut(this.root.dataset["signOut"] ?? "/accounts/logout/").catch(() => undefined);
    this.bar.replaceChildren();
    this.said.textContent = this.line.textContent = "";
    this.view.replaceChildren(element("div", { class: "card", id: "left" }, element("h2", {}, "已退出，手机上的资料已清除"), this.signInLink()));
  }

  private signInLink(): HTMLElement {
    return element("a", { class: "big", href: this.root.dataset["signIn"] ?? "/" }, "再次登录");
  }

  private async count(): Promise<void> {
    if (this.ended) return;
    const unsent = await this.queue.unsent();
    const signal = navigator.onLine ? "" : "没有信号。";
    const waits = unsent ? `${unsent} 条没有送达。` : "没有待发的。";
    this.line.textContent = `${signal}${waits}${this.needsSignIn ? "请登录后发送。" : ""}${this.asOf ? `资料截至 ${when(this.asOf)}` : ""}`;
    this.line.dataset["unsent"] = String(unsent);
    this.bar.replaceChildren(
      ...TABS.map(([tab, label]) => {
        const current = tab === this.tab ? "page" : null;
        const badge = tab === "queue" && unsent ? element("b", {}, String(unsent)) : null;
        return element("button", { "data-tab": tab, "aria-current": current, onclick: () => void this.turn(tab) }, label, badge);
      }),
    );
  }

  private async turn(tab: Tab): Promise<void> {
    this.say("");
    await this.show(tab);
  }
}
