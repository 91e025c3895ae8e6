// Sorting, filtering, and an address that remembers them. Everything is readable without it.
(() => {
  "use strict";
  const root = document.documentElement, byId = (id) => document.getElementById(id);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  root.classList.add("js");

  const theme = byId("theme");
  const dark = () => root.dataset.theme
    ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const kept = (value) => {
    try { return value ? localStorage.setItem("adbench-theme", value) : localStorage.getItem("adbench-theme"); }
    catch { return null; }
  };
  const paint = () => theme.setAttribute("aria-pressed", String(dark()));
  if (kept()) root.dataset.theme = kept();
  theme.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    kept(root.dataset.theme);
    paint();
  });
  paint();

  for (const button of all(".copy")) button.addEventListener("click", async () => {
    const code = button.parentElement.querySelector("code");
    try { await navigator.clipboard.writeText(code.textContent); button.textContent = "Copied"; }
    catch { getSelection().selectAllChildren(code); }
  });

  const table = byId("matrix-table");
  const state = { metric: "", sort: "", down: false, q: "", only: false, hide: new Set(), open: "" };
  const first = all("input[name=metric]").find((input) => input.checked)?.value || "";
  const rows = table ? all("tbody tr[data-case]", table) : [];
  const homes = rows.map((row) => row.parentElement);
  for (const row of rows) {
    const suite = row.parentElement.querySelector(".suite").textContent;
    row.dataset.name = suite + "/" + row.cells[0].textContent;
    const of = document.createElement("span");
    of.className = "of";
    of.textContent = suite;
    row.cells[0].append(of);
  }
  const heads = table ? all("thead th", table) : [];

  const address = () => {
    const words = new URLSearchParams();
    if (state.metric && state.metric !== first) words.set("metric", state.metric);
    if (state.sort) words.set(state.down ? "down" : "up", state.sort);
    if (state.q) words.set("q", state.q);
    if (state.only) words.set("only", "problems");
    for (const mode of state.hide) words.append("hide", mode);
    if (state.open) words.set("case", state.open);
    const hash = "#" + words;
    if (hash !== location.hash && (hash !== "#" || location.hash))
      history.replaceState(null, "", hash === "#" ? location.pathname + location.search : hash);
  };

  // A figure is read from what is shown: "=1.23×34 µs", "4,310", "never".
  const number = (cell, metric) => {
    const said = cell?.querySelector("." + metric[0])?.firstChild?.textContent ?? "";
    return said === "never" ? Infinity : parseFloat(said.replace(/[= ,]/g, ""));
  };
  const order = (cell, name) => name === "case" ? cell.firstChild.textContent : number(cell, state.metric);
  const sort = () => {
    const column = heads.findIndex((head) => head.dataset.name === state.sort);
    heads.forEach((head, i) => i === column
      ? head.setAttribute("aria-sort", state.down ? "descending" : "ascending")
      : head.removeAttribute("aria-sort"));
    table.classList.toggle("sorted", column >= 0);
    if (column < 0) return rows.forEach((row, i) => homes[i].append(row));
    const sign = state.down ? -1 : 1;
    const keyed = rows.map((row) => [order(row.cells[column], state.sort), row]);
    keyed.sort(([a], [b]) => typeof a === "string"
      ? sign * a.localeCompare(b, "en", { numeric: true })
      : (Number.isNaN(a) - Number.isNaN(b)) || sign * (a - b || 0));
    for (const [, row] of keyed) homes[0].append(row);
  };

  const matches = (element) =>
    element.dataset.name.toLowerCase().includes(state.q.toLowerCase())
    && !(state.only && !element.hasAttribute("data-trouble"));
  const filter = () => {
    let shown = 0;
    for (const row of rows) shown += !(row.hidden = !matches(row));
    for (const row of all("tr.suite", table || root)) {
      row.hidden = !rows.some((r, i) => homes[i] === row.parentElement && !r.hidden);
    }
    for (const section of all(".case")) section.hidden = !matches(section);
    for (const suite of all(".cases")) {
      suite.hidden = !all(".case", suite).some((section) => !section.hidden);
    }
    const said = byId("shown");
    if (said) said.textContent = shown === rows.length ? "" : `${shown} of ${rows.length} cases shown`;
  };

  const columns = () => {
    for (const [i, head] of heads.entries()) {
      const gone = state.hide.has(head.dataset.name);
      head.hidden = gone;
      for (const row of [...rows, ...all("tfoot tr", table)]) if (row.cells[i]) row.cells[i].hidden = gone;
    }
    for (const box of all("#modes input")) box.checked = !state.hide.has(box.value);
    if (state.hide.size) means();
    else for (const cell of all("tfoot [data-was]")) cell.textContent = cell.dataset.was;
  };
  // Geometric means again, over the cases that all modes still shown pass.
  const means = () => {
    for (const line of all("tfoot tr", table)) {
      const metric = line.dataset.metric;
      const value = (row, i) => {
        const cell = row.cells[i];
        return cell?.hasAttribute("data-sure") ? number(cell, metric) : NaN;
      };
      const measured = rows.filter((row) => heads.some((_, i) => value(row, i) > 0));
      const counted = [...heads.keys()].slice(1).filter((i) => !heads[i].hidden
        && measured.filter((row) => value(row, i) > 0).length * 2 >= measured.length);
      const common = measured.filter((row) => counted.every((i) => value(row, i) > 0));
      const set = (element, text) => {
        element.dataset.was ??= element.textContent;
        element.textContent = text;
      };
      set(line.querySelector(".over"), String(common.length));
      set(line.querySelector(".whose"), counted.map((i) => heads[i].dataset.name).join(", "));
      for (const i of [...heads.keys()].slice(1)) {
        const logs = common.map((row) => Math.log(value(row, i)));
        const mean = Math.exp(logs.reduce((a, b) => a + b, 0) / logs.length);
        set(line.cells[i].firstElementChild,
          counted.includes(i) && common.length ? mean.toPrecision(3) + "×" : "");
      }
    }
  };

  const reveal = (id, jump) => {
    const target = byId(id);
    if (!target) return;
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    if (jump) target.scrollIntoView({ block: "start" });
  };
  const apply = () => {
    const input = byId("m-" + state.metric);
    if (input) input.checked = true;
    if (byId("q")) byId("q").value = state.q;
    byId("only")?.setAttribute("aria-pressed", String(state.only));
    if (table) { columns(); sort(); }
    filter();
  };
  const read = () => {
    const hash = location.hash.slice(1);
    const target = hash && !hash.includes("=") && byId(decodeURIComponent(hash));
    if (target) return reveal(target.id, true);
    const words = new URLSearchParams(hash);
    const metric = words.get("metric");
    state.metric = metric && byId("m-" + metric) ? metric : first;
    state.sort = words.get("down") || words.get("up") || "";
    state.down = words.has("down");
    state.q = words.get("q") || "";
    state.only = words.get("only") === "problems";
    state.hide = new Set(words.getAll("hide"));
    state.open = words.get("case") || "";
    apply();
    if (state.open) reveal(state.open, true);
  };
  const changed = () => { apply(); address(); };

  for (const head of heads) if (head.dataset.name) {
    const button = document.createElement("button");
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const name = head.dataset.name;
      if (state.sort !== name) Object.assign(state, { sort: name, down: false });
      else if (!state.down) state.down = true;
      else Object.assign(state, { sort: "", down: false });
      changed();
    });
  }
  for (const input of all("input[name=metric]")) {
    input.addEventListener("change", () => { state.metric = input.value; changed(); });
  }
  for (const box of all("#modes input")) box.addEventListener("change", () => {
    state.hide[box.checked ? "delete" : "add"](box.value);
    changed();
  });
  byId("q")?.addEventListener("input", (event) => { state.q = event.target.value; changed(); });
  byId("only")?.addEventListener("click", () => { state.only = !state.only; changed(); });
  for (const body of all("details > .body[id]")) body.parentElement.addEventListener("toggle", () => {
    const id = body.id;
    if (body.parentElement.open) state.open = id;
    else if (state.open === id) state.open = "";
    else return;
    address();
  });
  addEventListener("hashchange", read);
  state.metric = first;
  if (location.hash) read(); else apply();
})();
