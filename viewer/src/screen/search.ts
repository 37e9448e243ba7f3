/** The search box: asks the server while one types, lists results, and opens them inside the screen where it can. */

import type { Api } from "../api";
import { ApiError } from "../api";
import type { SearchResult } from "../contracts";
import { element } from "../element";
import type { Strings } from "../strings";

export interface SearchOptions {
  api: Api;
  strings: Strings;
  within(): string;
  onResult(result: SearchResult): void;
}

const PAUSE_MILLISECONDS = 220;

export function searchElement(options: SearchOptions): { root: HTMLElement; focus(): void } {
  const { strings } = options;
  const list = element("ul", { id: "search-results", role: "listbox", hidden: true, "aria-label": strings.search });
  const input = element("input", {
    type: "search",
    class: "search-input",
    placeholder: strings.search,
    "aria-label": strings.search,
    title: strings.searchHint,
    role: "combobox",
    "aria-expanded": "false",
    "aria-controls": "search-results",
    autocomplete: "off",
  });
  let results: SearchResult[] = [];
  let chosen = -1;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: AbortController | undefined;

  const close = (): void => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    chosen = -1;
  };
  const open = (result: SearchResult): void => {
    close();
    input.value = "";
    input.blur();
    options.onResult(result);
  };
  const show = (items: HTMLElement[]): void => {
    list.replaceChildren(...items);
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
  };
  const message = (sentence: string): void => show([element("li", { class: "search-message" }, sentence)]);
  const choose = (at: number): void => {
    chosen = results.length === 0 ? -1 : (at + results.length) % results.length;
    [...list.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === chosen)));
    input.setAttribute("aria-activedescendant", `search-result-${chosen}`);
    list.children[chosen]?.scrollIntoView({ block: "nearest" });
  };
  const ask = async (): Promise<void> => {
    running?.abort();
    const query = input.value.trim();
    results = [];
    if (!query) return close();
    running = new AbortController();
    try {
      results = await options.api.search(query, options.within(), running.signal);
      if (results.length === 0) return message(strings.searchNothing);
      show(
        results.slice(0, 12).map((result, i) =>
          element(
            "li",
            { role: "option", id: `search-result-${i}`, "aria-selected": "false", onmousedown: (event) => (event.preventDefault(), open(result)) },
            element("span", { class: "search-title" }, result.title),
            element("span", { class: "search-subtitle" }, result.subtitle),
          ),
        ),
      );
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return;
      message(error instanceof ApiError && error.status < 500 ? error.message : strings.searchUnavailable);
    }
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => void ask(), PAUSE_MILLISECONDS);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(chosen + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter") {
      const result = results[Math.max(0, chosen)];
      if (result) open(result);
    } else if (event.key === "Escape") {
      event.stopPropagation();
      if (list.hidden) input.blur();
      close();
    }
  });
  input.addEventListener("blur", close);
  return { root: element("div", { class: "search", role: "search" }, input, list), focus: () => input.focus() };
}
