// The map: areas in classed colours, those that are chosen outlined; it keeps all areas, whichever are chosen.

let maps = 0;
function mapView(host, tip, act) {
  const hatch = `xp-hatch-${maps += 1}`, dotted = `xp-dots-${maps}`, units = { patternUnits: "userSpaceOnUse" };
  // In tenths of a pixel, as the outlines are.
  const lines = draw("path", { d: "M-10 10l20-20M0 60l60-60M50 70l20-20", class: "xp-hatching" });
  const pattern = draw("pattern", { id: hatch, width: 60, height: 60, ...units }, lines);
  const dots = draw("pattern", { id: dotted, width: 60, height: 60, ...units }, draw("circle", { cx: 30, cy: 30, r: 9, class: "xp-dot" }));
  const ground = draw("g", { transform: "scale(.1)", "aria-hidden": "true" });
  const shapes = draw("g", { transform: "scale(.1)", role: "listbox", "aria-multiselectable": "true" });
  const outlines = [draw("path", { class: "xp-rim" }), draw("path", { class: "xp-chosen" })];
  const inexact = draw("g", { transform: "scale(.1)", class: "xp-still" });
  const over = draw("g", { transform: "scale(.1)", class: "xp-still" }, ...outlines);
  const arrows = draw("g", { class: "xp-still" }), names = draw("g", { class: "xp-still xp-names", "aria-hidden": "true" });
  const svg = draw("svg", { class: "xp-map" }, draw("defs", {}, pattern, dots), ground, shapes, inexact, over, arrows, names);
  const legend = make("div", { class: "xp-key" });
  host.append(svg, legend);
  let areas = new Map(), size = [1, 1], unit = "", shown = new Map();

  function setup(message) {
    size = message.map.size;
    unit = message.unit;
    svg.setAttribute("viewBox", `0 0 ${size[0]} ${size[1]}`);
    shapes.setAttribute("aria-label", "Areas; arrow keys lead to the next, Enter chooses one, Shift and Enter one more");
    ground.replaceChildren(...message.map.land.map((d, n) => draw("path", { d, class: n ? "xp-land xp-near" : "xp-land" })));
    areas = new Map(message.map.areas.map((area) => [area.id, { ...area, path: area.d, element: shapeOf(area), dots: draw("path", { d: area.d }) }]));
    shapes.replaceChildren(...[...areas.values()].map((area) => area.element));
    inexact.replaceChildren(...[...areas.values()].map((area) => area.dots));
    shapes.firstElementChild?.setAttribute("tabindex", 0);
  }

  function shapeOf(area) {
    const element = draw("path", { d: area.d, role: "option", tabindex: -1, class: "xp-area", "data-area": area.id });
    const tell = (x, y) => tip.tell(x, y, area.name, ...(shown.get(area.id)?.lines ?? []));
    element.addEventListener("pointermove", (event) => tell(event.clientX, event.clientY));
    element.addEventListener("pointerleave", tip.hide);
    element.addEventListener("blur", tip.hide);
    element.addEventListener("focus", () => {
      if (!element.matches(":focus-visible")) return;
      const box = element.getBoundingClientRect();
      tell(box.x + box.width / 2, box.y + box.height / 2);
    });
    element.addEventListener("click", (event) => act.area(area.id, event.shiftKey || event.ctrlKey || event.metaKey));
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      act.area(area.id, event.shiftKey || event.ctrlKey || event.key === " ");
    });
    return element;
  }

  // The nearest area in the direction of an arrow key: what lies askew counts as further off.
  rove(shapes, () => [...shapes.children], (from, key) => {
    const [x, y] = areas.get(from.dataset.area).at;
    const ahead = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[key];
    const far = ({ at }) => {
      const right = at[0] - x, down = at[1] - y;
      const along = right * ahead[0] + down * ahead[1], aside = Math.abs(right * ahead[1]) + Math.abs(down * ahead[0]);
      return along > 1 ? along + 2 * aside : Infinity;
    };
    const others = [...areas.values()].filter((area) => far(area) < Infinity);
    return others.sort((a, b) => far(a) - far(b))[0]?.element;
  });

  function update(views, chosen) {
    const { labels, of } = views.classes, none = "none recorded";
    shown = new Map(views.by_area.map((row) => [row.id, { ...row, lines: [most(row) ? counted(row, unit) : none] }]));
    for (const [id, area] of areas) {
      const found = shown.get(id), n = of[id];
      area.element.style.fill = n === undefined ? `url(#${hatch})` : `var(--xp-${labels.length}-${n})`;
      area.dots.style.fill = found?.high === undefined ? "none" : `url(#${dotted})`;
      area.element.classList.toggle("xp-none", n === undefined);
      area.element.setAttribute("aria-label", `${area.name}: ${found?.lines[0] ?? none}`);
      area.element.setAttribute("aria-selected", chosen.includes(id));
    }
    const d = chosen.map((id) => areas.get(id)?.path ?? "").join("");
    for (const outline of outlines) outline.setAttribute("d", d);
    const isOpen = views.by_area.some((row) => row.high !== undefined);
    const patches = labels.map((label, n) => entry(`background:var(--xp-${labels.length}-${n})`, label));
    if ([...areas.keys()].some((id) => of[id] === undefined)) patches.push(entry("", "none recorded: not zero", "xp-blank"));
    if (isOpen) patches.push(entry("", "an interval: at least this", "xp-dotted"));
    legend.replaceChildren(...patches);
    write();
  }
  const entry = (style, words, look = "") =>
    make("span", {}, make("i", { class: `xp-patch ${look}`, style, "aria-hidden": "true" }), words);

  // Names where there is room for them, the larger counts first; all others are told by the tip.
  function write() {
    const scale = size[0] / Math.max(svg.clientWidth, 1), font = 11 * scale, taken = [];
    const amount = (area) => most(shown.get(area.id) ?? NOTHING);
    const order = [...areas.values()].sort((a, b) => amount(b) - amount(a));
    const texts = [];
    for (const area of order) {
      const wide = extent(area.name, font) + 2 * scale, [x, y] = area.at;
      const inside = wide < area.room[0] * 1.15 && font < area.room[1];
      const beside = [[0, 0], [0, area.room[1] / 2 + font * 0.7], [0, -area.room[1] / 2 - font * 0.7],
        [area.room[0] / 2 + wide / 2 + 3 * scale, 0], [-area.room[0] / 2 - wide / 2 - 3 * scale, 0]];
      for (const [right, down] of inside ? [[0, 0]] : beside.slice(wide > area.room[0] * 1.7 ? 1 : 0)) {
        const box = [x + right - wide / 2, y + down - font * 0.6, x + right + wide / 2, y + down + font * 0.6];
        const out = box[0] < 0 || box[1] < 0 || box[2] > size[0] || box[3] > size[1];
        if (out || taken.some((other) => meets(box, other))) continue;
        taken.push(box);
        texts.push(draw("text", { x: x + right, y: y + down, "font-size": font }, area.name));
        break;
      }
    }
    names.replaceChildren(...texts);
  }
  new ResizeObserver(write).observe(svg);

  // One flow that is pointed at in the list: its areas outlined, and an arrow where both lie on the map.
  function point(flow) {
    for (const [id, area] of areas) {
      area.element.classList.toggle("xp-near", Boolean(flow) && (flow.origin === id || flow.destination === id));
    }
    const from = areas.get(flow?.origin)?.at, to = areas.get(flow?.destination)?.at;
    arrows.replaceChildren();
    if (!from || !to || flow.origin === flow.destination) return;
    const right = to[0] - from[0], down = to[1] - from[1], bend = [-0.18 * down, 0.18 * right];
    const turn = [(from[0] + to[0]) / 2 + bend[0], (from[1] + to[1]) / 2 + bend[1]];
    const long = Math.hypot(to[0] - turn[0], to[1] - turn[1]) || 1, scale = size[0] / Math.max(svg.clientWidth, 1);
    const [u, v] = [(to[0] - turn[0]) / long, (to[1] - turn[1]) / long], head = 11 * scale;
    const foot = [to[0] - u * head, to[1] - v * head];
    const barbs = [to, [foot[0] - v * head / 2, foot[1] + u * head / 2], [foot[0] + v * head / 2, foot[1] - u * head / 2]];
    const way = { d: `M${trace([from])}Q${trace([turn])} ${trace([foot])}` };
    const tip = { d: `M${trace([barbs[0]])}L${trace(barbs.slice(1))}Z` };
    arrows.append(draw("path", { ...way, class: "xp-way xp-halo" }), draw("path", { ...way, class: "xp-way" }),
      draw("path", { ...tip, class: "xp-head" }));
  }

  return { setup, update, point };
}
