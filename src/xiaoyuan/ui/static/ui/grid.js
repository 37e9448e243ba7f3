// Keys, copying and pasting in a table of inputs. The table is an ordinary form and works without this.

const form = document.querySelector("[data-grid]");
if (form) {
  const status = form.querySelector("[data-grid-status]");
  const rows = [...form.querySelectorAll("tbody tr")]
    .map((row) => [...row.querySelectorAll("td.cell :is(input, select)")])
    .filter((cells) => cells.length);
  const place = new Map();
  rows.forEach((cells, y) => cells.forEach((cell, x) => place.set(cell, [y, x])));
  const start = new Map([...place.keys()].map((cell) => [cell, cell.matches("select") ? cell.value : cell.defaultValue]));
  let anchor = null;
  let isSaving = false;

  const shown = (cell) => (cell.matches("select") ? cell.selectedOptions[0]?.text.trim() ?? "" : cell.value);

  const tell = (note = "") => {
    let changed = 0;
    for (const cells of rows) {
      let isChanged = false;
      for (const cell of cells) {
        const differs = cell.value !== start.get(cell);
        cell.closest("td").classList.toggle("is-changed", differs);
        isChanged ||= differs;
      }
      changed += isChanged ? 1 : 0;
    }
    status.textContent = [changed ? `${changed} ${status.dataset.some}` : status.dataset.none, note].filter(Boolean).join(" · ");
    return changed;
  };

  const write = (cell, text) => {
    const wanted = text.trim();
    if (!cell.matches("select")) {
      cell.value = wanted;
      return true;
    }
    const option = [...cell.options].find(
      (one) => one.text.trim() === wanted || one.value === wanted || (!wanted && one.value === ""),
    );
    cell.closest("td").classList.toggle("is-unfit", !option);
    if (option) cell.value = option.value;
    return Boolean(option);
  };

  const range = (cell) => {
    const [y, x] = place.get(cell);
    const from = anchor && place.get(anchor)?.[1] === x ? place.get(anchor)[0] : y;
    return rows.slice(Math.min(from, y), Math.max(from, y) + 1).map((cells) => cells[x]);
  };

  const mark = (cell) => {
    for (const one of form.querySelectorAll("td.is-picked")) one.classList.remove("is-picked");
    const picked = range(cell);
    if (picked.length > 1) for (const one of picked) one.closest("td").classList.add("is-picked");
  };

  const go = (cell, down, right, keepsAnchor = false) => {
    const [y, x] = place.get(cell);
    const next = rows[y + down]?.[x + right];
    if (!next) return false;
    if (!keepsAnchor) anchor = null;
    next.focus();
    if (!next.matches("select")) next.select();
    mark(next);
    return true;
  };

  form.addEventListener("keydown", (event) => {
    const cell = event.target;
    if (!place.has(cell) || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const isText = !cell.matches("select");
    const atStart = !isText || (cell.selectionStart === 0 && cell.selectionEnd === 0) || cell.selectionEnd - cell.selectionStart === cell.value.length;
    const atEnd = !isText || cell.selectionStart === cell.value.length || cell.selectionEnd - cell.selectionStart === cell.value.length;
    let moved = null;
    if (event.key === "Enter") moved = [event.shiftKey ? -1 : 1, 0];
    else if (event.key === "ArrowDown") moved = [1, 0];
    else if (event.key === "ArrowUp") moved = [-1, 0];
    else if (event.key === "ArrowRight" && atEnd && !event.shiftKey) moved = [0, 1];
    else if (event.key === "ArrowLeft" && atStart && !event.shiftKey) moved = [0, -1];
    else if (event.key === "Escape") {
      cell.value = start.get(cell);
      cell.closest("td").classList.remove("is-unfit");
      tell();
      event.preventDefault();
      return;
    }
    if (!moved) return;
    const extends_ = event.shiftKey && event.key.startsWith("Arrow");
    if (extends_ && !anchor) anchor = cell;
    go(cell, moved[0], moved[1], extends_);
    event.preventDefault();
  });

  form.addEventListener("copy", (event) => {
    const cell = document.activeElement;
    if (!place.has(cell)) return;
    const picked = range(cell);
    const isPart = picked.length === 1 && !cell.matches("select") && cell.selectionEnd - cell.selectionStart !== cell.value.length;
    if (isPart) return;
    event.clipboardData.setData("text/plain", picked.map(shown).join("\n"));
    event.preventDefault();
  });

  form.addEventListener("paste", (event) => {
    const cell = document.activeElement;
    if (!place.has(cell)) return;
    const text = event.clipboardData.getData("text/plain").replace(/\r\n?/g, "\n").replace(/\n$/, "");
    const lines = text.split("\n").map((line) => line.split("\t"));
    const picked = range(cell);
    const isPlain = lines.length === 1 && lines[0].length === 1;
    if (isPlain && picked.length === 1 && !cell.matches("select")) return;
    event.preventDefault();
    let unfit = 0;
    if (isPlain && picked.length > 1) {
      for (const one of picked) unfit += write(one, lines[0][0]) ? 0 : 1;
    } else {
      const [y, x] = place.get(picked[0]);
      lines.forEach((values, down) => values.forEach((value, right) => {
        const target = rows[y + down]?.[x + right];
        if (target) unfit += write(target, value) ? 0 : 1;
      }));
    }
    tell(unfit ? `${status.dataset.unfit} ${unfit}` : "");
  });

  form.addEventListener("focusin", (event) => {
    if (place.has(event.target) && anchor && place.get(anchor)[1] !== place.get(event.target)[1]) anchor = null;
  });
  form.addEventListener("pointerdown", () => { anchor = null; });
  form.addEventListener("input", () => tell());
  form.addEventListener("submit", () => { isSaving = true; });
  addEventListener("beforeunload", (event) => {
    if (!isSaving && tell()) event.preventDefault();
  });
  tell();
}
