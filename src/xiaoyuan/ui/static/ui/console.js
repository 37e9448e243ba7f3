// Small comforts of the console. Every page works without it.

// A chosen division opens at once; without this script the button beside the list does it.
for (const list of document.querySelectorAll("select[data-opens]")) {
  list.addEventListener("change", () => list.form.requestSubmit());
}

// A revealed value is covered again after half a minute, or at a click.
for (const value of document.querySelectorAll("[data-revealed]")) {
  const cover = () => {
    value.textContent = "****";
    value.className = "masked";
  };
  value.addEventListener("click", cover);
  setTimeout(cover, 30_000);
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

// "/" leads to the search box; arrow keys walk down its results, Enter opens one.
const box = document.querySelector("[data-search]");
if (box) {
  addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.closest("input, select, textarea") && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      box.focus();
      box.select();
    }
  });
}
for (const list of document.querySelectorAll("[data-walk]")) {
  const links = [...list.querySelectorAll("tbody th a")];
  const walk = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
    const here = links.indexOf(document.activeElement);
    const next = here < 0 ? (step > 0 ? links[0] : null) : (links[here + step] ?? (step < 0 ? box : null));
    if (!next) return;
    event.preventDefault();
    next.focus();
  };
  list.addEventListener("keydown", walk);
  box?.addEventListener("keydown", walk);
}

// What went wrong is read first.
document.querySelector("[data-first]")?.focus();

// One menu open at a time; Esc or a click elsewhere closes it.
const menus = [...document.querySelectorAll("details.menu-box")];
const closeMenus = (except) => {
  for (const menu of menus) if (menu !== except) menu.open = false;
};
for (const menu of menus) menu.addEventListener("toggle", () => menu.open && closeMenus(menu));
if (menus.length) {
  addEventListener("click", (event) => closeMenus(event.target.closest("details.menu-box")));
  addEventListener("keydown", (event) => {
    const open = event.key === "Escape" && menus.find((menu) => menu.open);
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });
}

// An import at work: its page asks each second and opens the next step by itself.
for (const work of document.querySelectorAll("[data-progress]")) {
  const bar = work.querySelector("progress");
  const percent = work.querySelector("[data-percent]");
  const ask = async () => {
    try {
      const answer = await fetch(work.dataset.progress, { headers: { Accept: "application/json" } });
      if (!answer.ok) return location.reload();
      const now = await answer.json();
      if (now.status !== work.dataset.status) return location.reload();
      bar.value = now.percent;
      percent.textContent = `${now.percent}%`;
    } catch {
      // No network for a moment: the work goes on without us.
    }
    setTimeout(ask, 1000);
  };
  setTimeout(ask, 700);
}

// Rows of an import: tick all of a page.
for (const form of document.querySelectorAll("form[data-rows]")) {
  const all = form.querySelector("[data-tick-all]");
  const ticks = [...form.querySelectorAll('input[name="row"]')];
  if (all) {
    all.hidden = false;
    all.addEventListener("change", () => ticks.forEach((tick) => (tick.checked = all.checked)));
  }
}

// What writes a lot is pressed once.
for (const button of document.querySelectorAll("[data-once]")) {
  button.form.addEventListener("submit", () => setTimeout(() => (button.disabled = true)));
}
