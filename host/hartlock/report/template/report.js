"use strict";
(() => {
  const all = (what, from = document) => [...from.querySelectorAll(what)];
  const table = document.getElementById("figures");
  const body = table.tBodies[0];
  const filter = document.getElementById("filter");
  const extras = document.getElementById("extras");
  const shown = document.getElementById("shown");

  /* Sorting: numbers by data-v, what is not known always last; words as words. */
  const known = (text) => text !== "" && !Number.isNaN(Number(text));
  function compare(a, b, up) {
    const x = a.dataset.v, y = b.dataset.v;
    if (x === y) return 0;
    if (x === "" || y === "") return x === "" ? 1 : -1;
    const order = known(x) && known(y) ? Number(x) - Number(y) : x.localeCompare(y);
    return up ? order : -order;
  }
  function sort(head) {
    const up = head.getAttribute("aria-sort") !== "ascending";
    all("th", table).forEach((th) => th.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const at = head.cellIndex;
    body.append(...[...body.rows].sort((r, s) => compare(r.cells[at], s.cells[at], up)));
  }
  all("th button", table).forEach((button) => button.addEventListener("click", () => sort(button.parentElement)));

  /* Filtering: every word has to be a cell's beginning. */
  function match() {
    const words = filter.value.toLowerCase().split(/[\s,]+/).filter(Boolean);
    let n = 0;
    for (const row of body.rows) {
      const cells = [...row.cells].map((cell) => (cell.firstChild?.textContent ?? "").trim().toLowerCase());
      const wanted = extras.checked || row.dataset.role === "candidate";
      row.hidden = !wanted || !words.every((word) => cells.some((text) => text.startsWith(word)));
      n += row.hidden ? 0 : 1;
    }
    shown.textContent = `${n} of ${body.rows.length} rows`;
  }
  filter.addEventListener("input", match);
  extras.addEventListener("change", match);
  match();

  /* One strategy lit up in every plot, by the mouse for the moment or by a chip until it is clicked again. */
  let pinned = "";
  function light(name) {
    document.body.classList.toggle("lit", name !== "");
    all(".s, tbody tr").forEach((one) => one.classList.toggle("on", name !== "" && one.dataset.s === name));
  }
  all("#chips button").forEach((chip) => chip.addEventListener("click", () => {
    pinned = pinned === chip.dataset.s ? "" : chip.dataset.s;
    all("#chips button").forEach((one) => one.setAttribute("aria-pressed", String(one.dataset.s === pinned)));
    light(pinned);
  }));
  all("figure .s").forEach((mark) => {
    mark.addEventListener("mouseenter", () => light(mark.dataset.s));
    mark.addEventListener("mouseleave", () => light(pinned));
  });
})();
