// What is chosen leads to sums, and sums to map, lines and table: one way only, so that all three always agree.

const BLUE = "#0072b2", VERMILLION = "#d55e00", GREY = "#8c8c8c", MUTED = "#5a5a5a", SAND = "#f3ecd8";
const MIDDLE = { "text-anchor": "middle", "dominant-baseline": "central" };
let shown = null;

function render() {
  shown = tally();
  for (const control of controls) control.count?.(shown.facets);
  byId("count").textContent = `Shown: ${counted(shown.total)} in ${several(shown.pairs.length, "pair")} of places.`;
  byId("chosen").textContent = described();
  byId("lost").textContent = "";
  if (shown.lost.length) {
    const first = shown.lost.slice(0, 6).map((pair) => `${between(pair)} ${interval(pair)}`);
    if (shown.lost.length > 6) first.push(`and ${shown.lost.length - 6} more`);
    const all = `${several(shown.lost.length, "pair")}, ${counted(whole(shown.lost))}`;
    byId("lost").textContent = `Not on the map, for want of a known place: ${all}: ${first.join("; ")}.`;
  }
  picture();
  table();
}

function others(leftOut) {
  const said = [];
  if (shown.others.length) {
    said.push(`Drawn: ${several(shown.drawn.length, "pair")}, ${counted(whole(shown.drawn))}.`);
    const all = `${several(shown.others.length, "further pair")}, ${counted(whole(shown.others))}`;
    said.push(`Other: ${all}, not drawn.`);
  }
  if (leftOut) said.push(`${several(leftOut, "name")} left out for want of room: point at a place to read it.`);
  byId("other").textContent = said.join(" ");
}

function table() {
  const cell = (words) => make("td", { class: "number" }, words);
  const row = (pair, mark) => make("tr", {}, make("th", { scope: "row" }, ends[pair.from].name),
    make("td", {}, ends[pair.to].name + mark), cell(interval(pair)), cell(share(pair, shown.total)));
  const together = (words, list) => {
    const total = whole(list), part = list.length ? share(total, shown.total) : "–";
    return make("tr", {}, make("th", { scope: "row", colspan: 2 }, words), cell(interval(total)), cell(part));
  };
  const rest = shown.lost.slice(state.top);
  const rows = shown.drawn.map((pair) => row(pair, ""));
  rows.push(...shown.lost.slice(0, state.top).map((pair) => row(pair, " (not on the map)")));
  if (shown.others.length) rows.push(together(`Other: ${several(shown.others.length, "further pair")}`, shown.others));
  if (rest.length) rows.push(together(`Not on the map: ${several(rest.length, "further pair")}`, rest));
  byId("rows").replaceChildren(...rows);
  byId("sum").replaceChildren(together("All that is shown", shown.pairs));
}

function picture() {
  const kept = document.activeElement?.dataset?.key;
  hide();
  const across = Math.max(map.clientWidth || data.size[0], 200), scale = across / data.size[0];
  const high = Math.round(data.size[1] * scale), size = across < 500 ? 10.5 : 12, factor = across < 500 ? 0.7 : 1;
  map.setAttribute("viewBox", `0 0 ${across} ${high}`);
  byId("land").setAttribute("transform", `scale(${0.1 * scale})`);
  const busy = new Set(shown.drawn.flatMap((pair) => [pair.from, pair.to]));
  const standing = new Set(busy);
  ends.forEach((end, n) => { if (end.kind !== NOWHERE && (end.own || n === state.place)) standing.add(n); });
  const nodes = stand(standing, across, high, scale, size);
  const lines = [];
  flows.replaceChildren(...shown.drawn.map((pair, n) => drawFlow(pair, n, nodes, lines, factor)));
  const order = [...nodes.values()].sort((a, b) => a.y - b.y || a.x - b.x);
  places.replaceChildren(...order.map((node, n) => drawPlace(node, n, busy, size)));
  others(label(nodes, lines, across, high, size));
  const mark = byId("watermark"), angle = Math.atan2(high, across) * 180 / Math.PI;
  mark?.setAttribute("font-size", 0.105 * Math.hypot(across, high));
  mark?.setAttribute("transform", `translate(${across / 2} ${high / 2}) rotate(${-angle})`);
  legend([...nodes.values()], factor);
  if (kept) [...flows.children, ...places.children].find((g) => g.dataset.key === kept)?.focus();
}

function width(total, factor) {
  const amount = Math.max(total.low, total.high);
  return factor * data.widths[data.breaks.slice(1, -1).filter((low) => low <= amount).length];
}
function pale(colour) {
  const parts = [1, 3, 5].map((n) => Math.round(255 - 0.35 * (255 - parseInt(colour.slice(n, n + 2), 16))));
  return `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}
function colour(pair) {
  const marked = state.place ?? data.highlight;
  if (marked === null) return BLUE;
  return pair.from === marked || pair.to === marked ? VERMILLION : GREY;
}

function drawFlow(pair, n, nodes, lines, factor) {
  const from = nodes.get(pair.from), to = nodes.get(pair.to), thick = width(pair, factor), shade = colour(pair);
  const inside = from === to, points = inside ? [[from.x, from.y]] : way(from, to);
  const d = inside ? ring(from, thick) : trace(points);
  const shape = inside
    ? draw("path", { class: `bend${isOpen(pair) ? " open" : ""}`, d, "stroke-width": thick })
    : draw("path", { class: "shape", d: arrow(points, thick), fill: isOpen(pair) ? pale(shade) : shade });
  if (inside) from.ring = thick + 6;
  if (inside || isOpen(pair)) shape.style.setProperty("--edge", shade);
  if (isOpen(pair)) shape.style.setProperty("--edge-width", "1");
  const said = `${between(pair)}: ${counted(pair)}, ${share(pair, shown.total)} of all shown`;
  const place = { "aria-posinset": n + 1, "aria-setsize": shown.drawn.length, tabindex: n ? -1 : 0 };
  const role = { role: "option", "aria-selected": "false", "aria-label": said, "aria-describedby": "tip" };
  const g = draw("g", { class: "flow", "data-key": `flow ${pair.id}`, ...role, ...place }, shape);
  g.append(draw("path", { class: "hit", d }));
  lines.push(points);
  const listen = (event, act) => g.addEventListener(event, act);
  listen("focus", () => {
    rove(flows, g);
    g.setAttribute("aria-selected", "true");
    showFlow(pair, points, null);
  });
  listen("blur", () => {
    g.setAttribute("aria-selected", "false");
    hideSoon();
  });
  const near = (yes) => [g.classList.toggle("near", yes), flows.classList.toggle("pointed", yes)];
  listen("pointerenter", (event) => {
    near(true);
    showFlow(pair, points, event);
  });
  listen("pointerleave", () => {
    near(false);
    hideSoon();
  });
  return g;
}

function drawPlace(node, n, busy, size) {
  const own = node.n === data.highlight;
  const role = { role: "button", "aria-pressed": String(node.n === state.place), "aria-label": node.end.name };
  const key = { "data-key": `place ${node.n}`, tabindex: n ? -1 : 0, "aria-describedby": "tip" };
  const g = draw("g", { class: `place${own ? " own" : ""}`, ...role, ...key });
  const { x, y } = node;
  if (node.boxed) {
    const edge = { x: node.box[0], y: node.box[1], width: node.wide, height: node.tall, rx: 2 };
    g.append(draw("rect", { class: `box${node.region ? " region" : ""}`, ...edge }));
    g.append(draw("text", { x, y, "font-size": size, ...MIDDLE, class: own ? "strong" : "" }, node.end.text));
  } else {
    const [look, r] = busy.has(node.n) ? ["spot", 4.5] : ["spot idle", 3];
    g.append(draw("circle", { class: "hit", cx: x, cy: y, r: 10 }), draw("circle", { class: look, cx: x, cy: y, r }));
  }
  g.addEventListener("focus", () => {
    rove(places, g);
    showPlace(node);
  });
  g.addEventListener("blur", hideSoon);
  g.addEventListener("pointerenter", () => showPlace(node));
  g.addEventListener("pointerleave", hideSoon);
  g.addEventListener("click", () => {
    g.focus();
    choose(() => { state.place = state.place === node.n ? null : node.n; });
  });
  return g;
}

// Each name at the cheapest place around its dot. One that would cover another is left out, and is read at its dot.
function label(nodes, lines, across, high, size) {
  const weights = new Map();
  for (const pair of shown.drawn) {
    const weight = Math.max(pair.low, pair.high);
    for (const end of [pair.from, pair.to]) weights.set(end, (weights.get(end) ?? 0) + weight);
  }
  const bold = (node) => node.n === data.highlight || node.n === state.place;
  const weight = (node) => (bold(node) ? 1e15 : 0) + (weights.get(node.n) ?? 0);
  const points = lines.flat(), taken = [...nodes.values()].map((node) => node.box), written = [];
  const dots = [...nodes.values()].filter((node) => !node.boxed).sort((a, b) => weight(b) - weight(a) || a.n - b.n);
  let leftOut = 0;
  for (const node of dots) {
    const [wide, tall] = extent(node.end.name, size, bold(node)), near = 6 + node.ring;
    let best = null;
    for (const gap of [0, 8, 18, 32]) {
      for (let turn = 0; turn < 16; turn++) {
        const right = Math.cos(turn * Math.PI / 8), down = Math.sin(turn * Math.PI / 8);
        const x = node.x + right * (near + gap + wide / 2), y = node.y + down * (near + gap + tall / 2);
        const box = around(x, y, wide, tall), room = grown(box, 1);
        const fits = box[0] > 2 && box[1] > 2 && box[2] < across - 2 && box[3] < high - 2;
        if (!fits || taken.some((other) => meets(room, other))) continue;
        const covered = points.filter((point) => holds(box, point)).length;
        const cost = gap + 2 * Math.abs(down) + (right < 0 ? 1 : 0) + 2.5 * covered;
        if (!best || cost < best.cost) best = { cost, x, y, box, gap };
      }
    }
    if (!best) {
      leftOut++;
      continue;
    }
    taken.push(best.box);
    if (best.gap > 8) {
      const x2 = Math.min(Math.max(node.x, best.box[0]), best.box[2]);
      const y2 = Math.min(Math.max(node.y, best.box[1]), best.box[3]);
      written.push(draw("line", { x1: node.x, y1: node.y, x2, y2 }));
    }
    const look = { x: best.x, y: best.y, "font-size": size, ...MIDDLE, class: bold(node) ? "strong" : "" };
    written.push(draw("text", look, node.end.name));
  }
  names.replaceChildren(...written);
  return leftOut;
}

function legend(nodes, factor) {
  const marked = state.place ?? data.highlight, shade = marked === null ? BLUE : MUTED;
  const list = [make("span", {}, `Width by number of ${data.unit}, heads true by area:`)];
  const entry = (words, width, height, shape) => {
    list.push(make("span", {}, draw("svg", { width, height, "aria-hidden": "true" }, shape), words));
  };
  const sample = (words, thick, look) => {
    const high = Math.max(1.5 * thick + 9, 12), points = Array.from({ length: 30 }, (_, n) => [1 + n * 1.3, high / 2]);
    entry(words, 42, high, draw("path", { d: arrow(points, thick), ...look }));
  };
  const box = (words, look) => {
    entry(words, 20, 14, draw("rect", { x: 1, y: 1, width: 18, height: 12, stroke: MUTED, ...look }));
  };
  data.classes.forEach((words, n) => sample(words, factor * data.widths[n], { fill: shade }));
  if (marked !== null) box(`from or to ${ends[marked].name}`, { fill: VERMILLION });
  if (shown.drawn.some(isOpen)) {
    sample("pale: known only as an interval, drawn at its upper end", 5, { fill: pale(shade), stroke: shade });
  }
  if (shown.drawn.some((pair) => pair.from === pair.to)) {
    const look = { cx: 8, cy: 8, r: 6, fill: "none", stroke: shade, "stroke-width": 2.5 };
    entry("within one place", 16, 16, draw("circle", look));
  }
  if (nodes.some((node) => node.region)) box("a region, not a country", { fill: SAND, "stroke-dasharray": "4 3" });
  if (nodes.some((node) => node.crossing)) box("beyond the map, in the direction of the arrow", { fill: "#fff" });
  byId("legend").replaceChildren(...list);
}

build();
render();
let before = map.clientWidth;
new ResizeObserver(() => {
  if (map.clientWidth !== before) picture();
  before = map.clientWidth;
}).observe(map);
