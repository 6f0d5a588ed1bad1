// What is chosen goes to the kernel, what it counts comes back: one question at a time, and no answer that is out of date.

const PATIENCE = 4000;  // milliseconds after which a kernel that says nothing is called busy
const FILTERS = { sex: "Sex", age_group: "Age", form: "Form", nationality: "Nationality" };
const copyOf = (selection) => JSON.parse(JSON.stringify(selection));
const isSame = (a, b) => JSON.stringify(a) === JSON.stringify(b);

function render({ model, el }) {
  const me = Math.random().toString(36).slice(2), root = make("section", { class: "xp", "aria-label": "Explorer" });
  // JupyterLab has commands on arrows and single letters, and takes them from whatever is no field for text.
  root.addEventListener("keydown", (event) => { if (!event.ctrlKey && !event.metaKey && !event.altKey) event.stopPropagation(); });
  let state = null, start = null, past = [], title = "", python = "";
  let asked = 0, drawn = 0, open = false, waiting = null, patience = 0, since = 0;
  const measures = root.measures = [];

  const act = {
    toggle(name, ...values) {
      change((next) => {
        const key = name === "area" ? "area_ids" : name, rest = next[key].filter((each) => !values.includes(each));
        next[key] = values.every((each) => next[key].includes(each)) ? rest : [...rest, ...values];
      });
    },
    area(id, more) {
      change((next) => {
        const has = next.area_ids.includes(id);
        if (more) next.area_ids = has ? next.area_ids.filter((each) => each !== id) : [...next.area_ids, id];
        else next.area_ids = has && next.area_ids.length === 1 ? [] : [id];
      });
    },
    period(years) { change((next) => { next.period = years; }, "period"); },
    point: (flow) => map.point(flow),
    table: (by) => tell({ ask: "table", by, selection: state }),
    take: (by) => tell({ ask: "take", by, selection: state }),
  };

  // The frame of the page, made once.
  const strip = make("div", { class: "xp-strip", hidden: true });
  const data = make("select", { "aria-label": "Data set", onchange: load });
  const kind = make("strong", { class: "xp-kind" });
  const undo = make("button", { type: "button", onclick: back }, "Undo");
  const reset = make("button", { type: "button", onclick: () => change((next) => Object.assign(next, copyOf(start))) }, "Reset");
  const field = make("textarea", { class: "xp-python", rows: 2, readonly: true, hidden: true, "aria-label": "The selection as Python" });
  const copy = make("button", { type: "button", onclick: copyPython }, "Copy as Python");
  const line = make("p", { class: "xp-line", role: "status", "aria-live": "polite" }), limits = make("p", { class: "xp-note" });
  const source = make("summary", {}), sources = make("details", { class: "xp-note xp-source" }, source);
  const trouble = make("p", { class: "xp-trouble", role: "alert", hidden: true });
  const area = choiceOf("area", "Areas", act, true);
  const choices = Object.fromEntries(Object.entries(FILTERS).map(([name, words]) => [name, choiceOf(name, words, act)]));
  const panel = (look, title, words) => make("div", { class: `xp-panel ${look}`, role: "group", "aria-label": title },
    make("h3", {}, title, " ", make("span", { class: "xp-hint" }, words)));
  const left = panel("xp-of-map", "Where", "click areas, Shift for several: of two, years are compared"), above = panel("xp-of-trend", "When", "");
  const below = panel("xp-of-flows", "From where to where", "");
  const views = make("div", { class: "xp-views" }, left, above, below);
  const table = tableView(act);
  root.append(strip, make("div", { class: "xp-top" }, make("label", { class: "xp-data" }, make("span", {}, "Data"), data), kind,
    make("span", { class: "xp-buttons" }, undo, reset, copy)), field,
  make("div", { class: "xp-choices" }, area.host, ...Object.values(choices).map((each) => each.host)), trouble, line, limits, sources, views, table.host);
  const tip = tipOf(root), map = mapView(left, tip, act), trend = trendView(above, tip, act), flows = flowsView(below, tip, act);
  el.append(root);

  function change(edit, same) {
    if (!state) return;
    const next = copyOf(state);
    edit(next);
    if (isSame(next, state)) return;
    // A slider that is drawn over many years is one step back.
    const last = past[past.length - 1];
    if (!(same && last?.same === same && performance.now() - last.at < 1500)) past.push({ state, same, at: 0 });
    past[past.length - 1].at = performance.now();
    state = next;
    show();
    count();
  }
  function load() {
    title = data.value;
    state = null;
    tell({ ask: "setup" });
  }
  function back() {
    if (!past.length) return;
    state = past.pop().state;
    show();
    count();
  }
  // What was chosen is seen at once; what it amounts to when the kernel has counted.
  function show() {
    area.choose(state.area_ids);
    for (const [name, choice] of Object.entries(choices)) choice.choose(state[name]);
    trend.mark(state.period);
    undo.disabled = !past.length;
    reset.disabled = isSame(state, start);
  }

  function count() {
    since = performance.now();
    waiting = { ask: "views", selection: state };
    if (!open) send();
  }
  function send() {
    open = true;
    asked += 1;
    tell({ ...waiting, number: asked, since });
    waiting = null;
  }
  function tell(message) {
    clearTimeout(patience);
    patience = setTimeout(() => say("The kernel has not answered yet: it may be busy with another cell."), PATIENCE);
    root.classList.add("xp-busy");
    model.send({ ...message, dataset: title, view: me });
  }
  function say(words) {
    trouble.textContent = words;
    trouble.hidden = !words;
  }

  function receive(message, buffers) {
    // Other views of the same widget have questions of their own.
    if (message.view !== me || (title && message.dataset !== title)) return;
    clearTimeout(patience);
    root.classList.remove("xp-busy");
    say(message.say === "failed" ? message.sentence : "");
    if (message.datasets) offer(message);
    if (message.say === "setup") setup(message);
    else if (message.say === "views") answer(message);
    else if (message.say === "table") table.update(message);
    else if (message.say === "taken") table.taken(message, buffers[0]);
    else if (message.number) next();
  }
  const offer = ({ datasets, dataset }) =>
    data.replaceChildren(...datasets.map((each) => make("option", { value: each, selected: each === dataset }, each)));
  // While one question is open the latest of all others waits.
  function next() {
    open = false;
    if (waiting) send();
  }
  // Sent once for each set of data: outlines, names, years. Nothing of it comes again.
  function setup(message) {
    state = copyOf(message.selection);
    start = copyOf(message.begin);
    title = message.dataset;
    past = [];
    waiting = null;
    drawn = 0;
    root.dataset.kind = message.kind;
    kind.textContent = message.kind === "synthetic" ? "SYNTHETIC" : message.kind;
    strip.hidden = message.kind !== "confidential";
    strip.textContent = "CONFIDENTIAL – internal";
    // On a dark ground the ramp is turned round, so that more always stands out more.
    for (const shades of message.palette) {
      shades.forEach((shade, n) => {
        root.style.setProperty(`--xp-${shades.length}-${n}`, `light-dark(${shade}, ${shades[shades.length - 1 - n]})`);
      });
    }
    area.setup(message.values.area);
    for (const [name, choice] of Object.entries(choices)) choice.setup(message.values[name] ?? []);
    for (const view of [map, trend, flows, table]) view.setup(message);
    limits.textContent = message.limits;
    source.textContent = message.source;
    show();
    answer(message.views);
  }
  function answer(message) {
    if (state && message.number >= drawn) {
      drawn = message.number;
      python = message.python;
      line.textContent = message.sentence;
      map.update(message, state.area_ids);
      trend.update(message, state.period);
      flows.update(message);
      area.update(message.options.area);
      for (const [name, choice] of Object.entries(choices)) choice.update(message.options[name] ?? []);
      // How long it took from the hand to the frame that shows it; for whoever wants to know, the last hundred.
      requestAnimationFrame(() => {
        measures.push({ number: message.number, counted: message.milliseconds, seen: performance.now() - message.since });
        if (measures.length > 100) measures.shift();
      });
      root.dataset.drawn = message.number;
      if (!waiting) table.again();
    }
    next();
  }
  async function copyPython() {
    const done = await copied(python, field);
    copy.textContent = done ? "Copied" : "Copy the marked text";
    setTimeout(() => { copy.textContent = "Copy as Python"; }, 2000);
  }

  model.on("msg:custom", receive);
  tell({ ask: "setup" }, true);
  return () => model.off("msg:custom", receive);
}

export default { render };
