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
  const last = shown.lost.length ? "; then those that have no place on the map" : "";
  const drawn = `${several(shown.drawn.length, "pair")} as drawn, the largest first${last}`;
  const synthetic = data.synthetic ? "SYNTHETIC · " : "", filtered = isFiltered() ? ` ${described()}` : "";
  byId("caption").textContent = `${synthetic}Number of ${data.unit} from place to place: ${drawn}.${filtered}`;
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
  const across = Math.max(map.clientWidth || data.size[0], 200);
  const [size, factor] = across < SMALL ? [10.5, 0.7] : [12, 1];
  const busy = new Set(shown.drawn.flatMap((pair) => [pair.from, pair.to])), standing = new Set(busy);
  ends.forEach((end, n) => {
    if (end.kind !== NOWHERE && (end.own || end.kind === BESIDE || n === state.place)) standing.add(n);
  });
  const { nodes, frame } = stand(standing, across, size, factor), page = [0, 0, across, frame.high];
  for (const n of busy) nodes.get(n).busy = true;
  for (const pair of shown.drawn) if (pair.from === pair.to) nodes.get(pair.from).ring = width(pair, factor) + 6;
  map.setAttribute("viewBox", `0 0 ${across} ${frame.high}`);
  byId("land").setAttribute("transform", `translate(${frame.left} ${frame.top}) scale(${0.1 * frame.scale})`);
  paper(frame, across);
  const lines = [];
  flows.replaceChildren(...shown.drawn.map((pair, n) => drawFlow(pair, n, nodes, lines, page, factor)));
  const order = [...nodes.values()].sort((a, b) => a.y - b.y || a.x - b.x);
  places.replaceChildren(...order.map((node, n) => drawPlace(node, n, size)));
  others(label(nodes, lines, frame, across, size));
  const mark = byId("watermark"), angle = Math.atan2(frame.high, across) * 180 / Math.PI;
  mark?.setAttribute("font-size", 0.105 * Math.hypot(across, frame.high));
  mark?.setAttribute("transform", `translate(${across / 2} ${frame.high / 2}) rotate(${-angle})`);
  legend([...nodes.values()], factor);
  if (kept) [...flows.children, ...places.children].find((g) => g.dataset.key === kept)?.focus();
}

// White beside the ground, on all four sides, over what of the land goes beyond it.
function paper({ left, right, top, bottom, high }, across) {
  const sides = [[0, 0, left, high], [right, 0, across, high], [0, 0, across, top], [0, bottom, across, high]];
  byId("paper").replaceChildren(...sides.filter(([x, y, x2, y2]) => x2 > x && y2 > y).map(([x, y, x2, y2]) =>
    draw("rect", { x, y, width: x2 - x, height: y2 - y })));
  if (left || top || right < across || bottom < high) {
    byId("paper").append(draw("path", { d: `M${left} ${top}H${right}V${bottom}H${left}Z` }));
  }
}

function pale(colour) {
  const parts = [1, 3, 5].map((n) => Math.round(255 - 0.35 * (255 - parseInt(colour.slice(n, n + 2), 16))));
  return `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}
function colour(pair, n) {
  const marked = state.place ?? data.highlight;
  if (marked === null) return n < TOLD ? BLUE : GREY;
  return pair.from === marked || pair.to === marked ? VERMILLION : GREY;
}
const isTold = (n) => n < TOLD && colour(shown.drawn[n], n) !== GREY;

function drawFlow(pair, n, nodes, lines, frame, factor) {
  const from = nodes.get(pair.from), to = nodes.get(pair.to), thick = width(pair, factor), shade = colour(pair, n);
  const inside = from === to, dashed = isUnknown(pair), points = inside ? [[from.x, from.y]] : way(from, to, nodes, frame);
  const d = inside ? ring(from, thick) : trace(points);
  const shape = inside
    ? draw("path", { class: `bend${isOpen(pair) ? " open" : ""}`, d, "stroke-width": thick })
    : draw("path", { class: "shape", d: arrow(points, thick, dashed), fill: isOpen(pair) ? pale(shade) : shade });
  if (inside && dashed) shape.setAttribute("stroke-dasharray", "7 4");
  if (inside || isOpen(pair)) shape.style.setProperty("--edge", shade);
  if (isOpen(pair)) shape.style.setProperty("--edge-width", "1");
  const said = `${between(pair)}: ${counted(pair)}, ${share(pair, shown.total)} of all shown`;
  const place = { "aria-posinset": n + 1, "aria-setsize": shown.drawn.length, tabindex: n ? -1 : 0 };
  const role = { role: "option", "aria-selected": "false", "aria-label": said, "aria-describedby": "tip" };
  const g = draw("g", { class: shade === GREY ? "flow minor" : "flow", "data-key": `flow ${pair.id}`, ...role, ...place }, shape);
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

function drawPlace(node, n, size) {
  const own = node.n === data.highlight;
  const role = { role: "button", "aria-pressed": String(node.n === state.place), "aria-label": node.end.name };
  const key = { "data-key": `place ${node.n}`, tabindex: n ? -1 : 0, "aria-describedby": "tip" };
  const g = draw("g", { class: `place${own ? " own" : ""}${node.busy ? "" : " idle"}`, ...role, ...key });
  const { x, y } = node;
  if (node.boxed) {
    const edge = { x: node.box[0], y: node.box[1], width: node.wide, height: node.tall, rx: 2 };
    g.append(draw("rect", { class: `box${node.region ? " region" : node.unknown ? " unknown" : ""}`, ...edge }));
    g.append(draw("text", { x, y, "font-size": size, ...MIDDLE, class: own ? "strong" : "" }, node.end.text));
  } else {
    const [look, r] = node.busy ? ["spot", 4.5] : ["spot idle", 3];
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

build();
render();
// In a frame the table would be below its end; paper shows all.
if (window.self !== window.top) byId("numbers").open = false;
addEventListener("beforeprint", () => { byId("numbers").open = true; });
settle();
let before = map.clientWidth;
new ResizeObserver(() => {
  settle();
  if (map.clientWidth !== before) picture();
  before = map.clientWidth;
}).observe(map);
