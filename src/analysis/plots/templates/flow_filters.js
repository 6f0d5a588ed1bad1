// Elements of the page, and the controls by which a reader chooses.

const map = byId("map"), flows = byId("flows"), places = byId("places"), names = byId("names");
function fill(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}
const make = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
const draw = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

// Each control can show what is chosen, count what is found, and be set back.
const controls = [];
function choose(change) {
  change();
  for (const control of controls) control.show?.();
  render();
}

function checkbox(f, v, words) {
  const box = make("input", { type: "checkbox" }), count = make("span", { class: "sum" });
  box.addEventListener("change", () => choose(() => { state.chosen[f][v] = box.checked; }));
  controls.push({
    show: () => { box.checked = state.chosen[f][v]; },
    count: (facets) => { count.textContent = interval(facets[f][v]); },
  });
  return make("label", {}, box, make("span", { class: "value" }, words), count);
}

function years(f, filter) {
  const known = filter.values.map((value, v) => [Number(value), v]).filter(([year]) => year);
  const [first, last] = [known[0][0], known[known.length - 1][0]];
  const all = Array.from({ length: last - first + 1 }, (_, n) => first + n);
  const select = (word, value) => {
    const options = all.map((year) => make("option", { value: year }, String(year)));
    const box = make("select", { "aria-label": `${filter.label}: ${word}` }, ...options);
    box.value = value;
    return box;
  };
  const from = select("from", first), to = select("to", last);
  const within = (year) => year >= Number(from.value) && year <= Number(to.value);
  const apply = (moved, still) => choose(() => {
    if (Number(from.value) > Number(to.value)) still.value = moved.value;
    for (const [year, v] of known) state.chosen[f][v] = within(year);
  });
  from.addEventListener("change", () => apply(from, to));
  to.addEventListener("change", () => apply(to, from));

  const size = { viewBox: `0 0 ${all.length} 50`, preserveAspectRatio: "none" };
  const bars = all.map((_, n) => draw("rect", { x: n + 0.1, width: 0.8 }));
  const histogram = draw("svg", { class: "years", role: "img", ...size }, ...bars);
  controls.push({
    f,
    reset: () => { from.value = first; to.value = last; },
    words: () => from.value === to.value ? from.value : `${from.value}–${to.value}`,
    count: (facets) => {
      const found = new Map(known.map(([year, v]) => [year, facets[f][v]]));
      const of = (year) => found.get(year) ?? sum();
      const height = (year) => Math.max(of(year).low, of(year).high);
      const highest = Math.max(...all.map(height), 1);
      all.forEach((year, n) => {
        const tall = 48 * height(year) / highest;
        const look = { y: 50 - tall, height: tall, class: within(year) ? "in" : "out" };
        bars[n].replaceChildren();
        fill(bars[n], look, [draw("title", {}, `${year}: ${counted(of(year))}`)]);
      });
      histogram.setAttribute("aria-label", all.map((year) => `${year}: ${interval(of(year))}`).join(", "));
    },
  });
  const shown = [histogram, make("div", { class: "span" }, "from", from, "to", to)];
  const unknown = filter.values.length - 1;
  if (!Number(filter.values[unknown])) shown.push(make("div", { class: "values" }, checkbox(f, unknown, "unknown")));
  return shown;
}

function choices(f, filter) {
  const button = (words, value) => {
    const pressed = make("button", { type: "button", "aria-label": `${filter.label}: ${words}` }, words);
    pressed.addEventListener("click", () => choose(() => state.chosen[f].fill(value)));
    return pressed;
  };
  const values = make("div", { class: "values" }, ...filter.values.map((value, v) => checkbox(f, v, value)));
  if (filter.values.length < 3) return [values];
  return [values, make("div", { class: "pair" }, button("all", true), button("none", false))];
}

function build() {
  const form = byId("choices");
  form.addEventListener("submit", (event) => event.preventDefault());
  data.filters.forEach((filter, f) => {
    const inside = (filter.span ? years : choices)(f, filter);
    form.append(make("fieldset", {}, make("legend", {}, filter.label), ...inside));
  });
  const several = data.filters.filter((filter) => filter.several).map((filter) => filter.label).join(", ");
  if (several) form.append(make("p", { class: "hint" }, `${several}: some ${data.unit} have several, and count at each.`));
  const sizes = [...new Set([10, 20, 40, 80, data.top])].sort((a, b) => a - b);
  const size = make("select", {}, ...sizes.map((n) => make("option", { value: n }, String(n))));
  size.addEventListener("change", () => choose(() => { state.top = Number(size.value); }));
  controls.push({ show: () => { size.value = state.top; } });
  const reset = make("button", { type: "button", id: "reset" }, "Reset");
  reset.addEventListener("click", () => choose(() => {
    for (const values of state.chosen) values.fill(true);
    state.place = null;
    state.top = most;
    for (const control of controls) control.reset?.();
  }));
  form.append(make("p", { class: "span" }, make("label", {}, "Largest drawn: ", size), reset));
  for (const control of controls) control.show?.();
}

// A telephone has no room for many arrows and an open list of filters at first. A frame may get its width only later.
let most = data.top, isSettled = false;
function settle() {
  const room = document.documentElement.clientWidth;
  if (isSettled || !room) return;
  isSettled = true;
  if (room >= 600) return;
  most = Math.min(data.top, 20);
  byId("filters").open = false;
  if (state.top === data.top) choose(() => { state.top = most; });
}

const isFiltered = () => state.place !== null || state.chosen.some((values) => !values.every(Boolean));

// What is chosen, in a sentence: it stays when the page is printed.
function described() {
  const said = data.filters.flatMap((filter, f) => {
    const on = filter.values.filter((_, v) => state.chosen[f][v]);
    if (on.length === filter.values.length) return [];
    const span = controls.find((control) => control.f === f);
    const words = span ? [span.words(), ...on.filter((value) => !Number(value))].join(" and ") : on.join(", ");
    return [`${filter.label}: ${on.length ? words : "none"}`];
  });
  if (state.place !== null) said.push(`only from, to or within ${ends[state.place].name}`);
  return said.length ? `Chosen: ${said.join("; ")}.` : "Nothing is filtered out.";
}
