"use strict";
// What is chosen leads to sums, and sums to map, lines and table: one way only, so that all three always agree.
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);
  const [NAME, TEXT, KIND, X, Y, OWN] = [0, 1, 2, 3, 4, 5];
  const [INSIDE, REGION, BEYOND, REGION_BEYOND, NOWHERE] = [0, 1, 2, 3, 4];
  const BLUE = "#0072b2", VERMILLION = "#d55e00", GREY = "#8c8c8c";

  // --- the data, unpacked -------------------------------------------------------------------------------------------

  const signs = new Map([..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"].map((s, n) => [s, n]));
  function unpack(text) {
    const numbers = [];
    let value = 0, place = 1;
    for (const sign of text) {
      const five = signs.get(sign);
      value += (five % 32) * place;
      if (five > 31) { place *= 32; continue; }
      numbers.push(value);
      value = 0; place = 1;
    }
    return numbers;
  }
  const flat = unpack(data.pairs);
  const pairs = flat.flatMap((end, n) => n % 2 ? [] : [{ id: n / 2, from: end, to: flat[n + 1], rows: [] }]);
  const combinations = [];
  for (let at = 0, numbers = unpack(data.combinations); at < numbers.length;) {
    combinations.push(data.filters.map(() => {
      const first = numbers[at++];
      if (first) return [first - 1];
      const count = numbers[at++];
      at += count;
      return numbers.slice(at - count, at);
    }));
  }
  if (!data.filters.length) combinations.push([]);
  for (let at = 0, pair = 0, numbers = unpack(data.rows); at < numbers.length; pair++) {
    let combination = 0;
    for (let left = numbers[at++]; left > 0; left--) {
      combination += numbers[at];
      const low = numbers[at + 1], width = numbers[at + 2];
      pairs[pair].rows.push([combination, low, width === 1 ? Infinity : width ? low + width - 1 : low]);
      at += 3;
    }
  }

  // --- what is chosen, and what it adds up to -----------------------------------------------------------------------

  const narrow = document.documentElement.clientWidth < 600;
  const most = narrow ? Math.min(data.top, 20) : data.top;
  const state = { chosen: data.filters.map((f) => f.values.map(() => true)), place: null, top: most };

  const sum = () => ({ low: 0, high: 0, open: 0 });
  function add(total, low, high) {
    total.low += low;
    if (high === Infinity) total.open++; else total.high += high;
  }
  const upper = (total) => total.open ? Infinity : total.high;

  function tally() {
    // Of each set of values: -1 if it is shown, f if filter f alone hides it, -2 if several do.
    const hidden = combinations.map((values) => values.reduce((by, each, f) =>
      each.some((v) => state.chosen[f][v]) ? by : by === -1 ? f : -2, -1));
    const found = { pairs: [], total: sum(), facets: data.filters.map((f) => f.values.map(sum)) };
    for (const pair of pairs) {
      if (state.place !== null && pair.from !== state.place && pair.to !== state.place) continue;
      const own = sum();
      for (const [combination, low, high] of pair.rows) {
        const by = hidden[combination];
        if (by === -2) continue;
        if (by === -1) add(own, low, high);
        combinations[combination].forEach((values, f) => {
          // What a value would add: the other filters hold, its own does not.
          if (by === -1 || by === f) values.forEach((v) => add(found.facets[f][v], low, high));
        });
      }
      if (own.high || own.open) {
        add(found.total, own.low, 0);
        found.total.high += own.high;
        found.total.open += own.open;
        found.pairs.push({ ...pair, ...own });
      }
    }
    found.pairs.sort((a, b) => upper(b) - upper(a) || b.low - a.low || a.id - b.id);
    const onMap = (p) => data.ends[p.from][KIND] !== NOWHERE && data.ends[p.to][KIND] !== NOWHERE;
    const placed = found.pairs.filter(onMap);
    found.drawn = placed.slice(0, state.top);
    found.others = placed.slice(state.top);
    found.lost = found.pairs.filter((p) => !onMap(p));
    found.hidden = hidden;
    return found;
  }

  function parts(pair, f, hidden) {
    const sums = data.filters[f].values.map(sum);
    for (const [combination, low, high] of pair.rows) {
      if (hidden[combination] === -1) combinations[combination][f].forEach((v) => add(sums[v], low, high));
    }
    return sums.map((total, v) => [data.filters[f].values[v], total]).filter(([, t]) => t.high || t.open);
  }

  // --- words ---------------------------------------------------------------------------------------------------------

  const number = (value) => value.toLocaleString("en-US");
  function interval(total) {
    if (total.open) return "≥" + number(total.low);
    return total.low === total.high ? number(total.low) : number(total.low) + "–" + number(total.high);
  }
  function counted(total) {
    const words = interval(total);
    return words + " " + (words === "1" && data.unit.endsWith("s") ? data.unit.slice(0, -1) : data.unit);
  }
  const pairsOf = (count, word = "pair") => number(count) + " " + word + (count === 1 ? "" : "s");
  const whole = (list) => list.reduce((total, p) => {
    total.low += p.low; total.high += p.high; total.open += p.open;
    return total;
  }, sum());
  function percent(value) {
    if (value > 0 && value < 0.001) return "<0.1%";
    return (100 * value).toFixed(value > 0 && value < 0.0995 ? 1 : 0) + "%";
  }
  function share(part, total) {
    // The part at its least among the others at their most, and the other way round.
    const others = { low: total.low - part.low, high: total.open > part.open ? Infinity : total.high - part.high };
    const low = part.low ? part.low / (part.low + others.high) : 0;
    const high = part.open ? 1 : part.high / (part.high + others.low);
    const [a, b] = [percent(low), percent(high)];
    return a === b ? a : a.slice(0, -1) + "–" + b;
  }
  const name = (end) => data.ends[end][NAME];
  const between = (p) => p.from === p.to ? "within " + name(p.from) : name(p.from) + " to " + name(p.to);

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  }
  function draw(tag, attributes = {}, ...children) {
    const element = document.createElementNS(SVG, tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  }

  // --- the filters ---------------------------------------------------------------------------------------------------

  const controls = [];
  function choose(f, change) {
    change();
    controls.forEach((control) => control.show());
    render();
  }
  function checkbox(f, v, words) {
    const box = make("input", { type: "checkbox" });
    const count = make("span", { class: "sum" });
    box.addEventListener("change", () => choose(f, () => { state.chosen[f][v] = box.checked; }));
    controls.push({ show: () => { box.checked = state.chosen[f][v]; }, count: (facets) => { count.textContent = interval(facets[f][v]); } });
    return make("label", {}, box, make("span", { class: "value" }, words), count);
  }
  function years(f, filter) {
    const known = filter.values.map((value, v) => [Number(value), v]).filter(([year]) => year);
    const [first, last] = [known[0][0], known[known.length - 1][0]];
    const all = Array.from({ length: last - first + 1 }, (_, n) => first + n);
    const select = (label, value) => {
      const box = make("select", { "aria-label": filter.label + ": " + label });
      all.forEach((year) => box.append(make("option", { value: year }, String(year))));
      box.value = value;
      return box;
    };
    const from = select("from", first), to = select("to", last);
    const bars = draw("svg", { class: "years", viewBox: "0 0 " + all.length + " 50", preserveAspectRatio: "none", role: "img" });
    all.forEach((_, n) => bars.append(draw("rect", { x: n + 0.1, width: 0.8 })));
    const apply = (moved, still) => choose(f, () => {
      if (Number(from.value) > Number(to.value)) still.value = moved.value;
      known.forEach(([year, v]) => { state.chosen[f][v] = year >= from.value && year <= to.value; });
    });
    from.addEventListener("change", () => apply(from, to));
    to.addEventListener("change", () => apply(to, from));
    controls.push({
      reset: () => { from.value = first; to.value = last; },
      show: () => {},
      span: () => Number(from.value) === first && Number(to.value) === last ? "" : from.value === to.value ? from.value : from.value + "–" + to.value,
      f,
      count: (facets) => {
        const of = new Map(known.map(([year, v]) => [year, facets[f][v]]));
        const height = (year) => { const t = of.get(year); return t ? t.open ? Math.max(t.low, t.high) : t.high : 0; };
        const highest = Math.max(...all.map(height), 1);
        all.forEach((year, n) => {
          const tall = 48 * height(year) / highest, bar = bars.children[n];
          bar.setAttribute("y", 50 - tall);
          bar.setAttribute("height", tall);
          bar.setAttribute("class", year >= from.value && year <= to.value ? "in" : "out");
          bar.replaceChildren(draw("title", {}, year + ": " + (of.has(year) ? counted(of.get(year)) : "0 " + data.unit)));
        });
        bars.setAttribute("aria-label", all.map((year) => year + ": " + (of.has(year) ? interval(of.get(year)) : "0")).join(", "));
      },
    });
    const parts = [bars, make("div", { class: "span" }, "from", from, "to", to)];
    const unknown = filter.values.length - 1;
    if (!Number(filter.values[unknown])) parts.push(make("div", { class: "values" }, checkbox(f, unknown, "unknown")));
    return parts;
  }
  function choices(f, filter) {
    const set = (value) => choose(f, () => state.chosen[f].fill(value));
    const button = (words, value) => {
      const pressed = make("button", { type: "button", "aria-label": filter.label + ": " + words }, words);
      pressed.addEventListener("click", () => set(value));
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
      const set = make("fieldset", {}, make("legend", {}, filter.label), ...(filter.span ? years : choices)(f, filter));
      if (filter.several) set.append(make("p", { class: "hint" }, "Some " + data.unit + " have several of these, and count at each."));
      form.append(set);
    });
    const sizes = [...new Set([10, 20, 40, 80, data.top, most])].sort((a, b) => a - b);
    const size = make("select", {}, ...sizes.map((n) => make("option", { value: n }, String(n))));
    const reset = make("button", { type: "button", id: "reset" }, "Reset");
    size.value = most;
    size.addEventListener("change", () => { state.top = Number(size.value); render(); });
    reset.addEventListener("click", () => choose(0, () => {
      state.chosen.forEach((values) => values.fill(true));
      state.place = null;
      state.top = most;
      size.value = most;
      controls.forEach((control) => control.reset && control.reset());
    }));
    form.append(make("p", { class: "span" }, make("label", {}, "Largest drawn: ", size), reset));
    if (narrow) byId("filters").open = false;
    controls.forEach((control) => control.show());
  }
  function described() {
    const said = data.filters.flatMap((filter, f) => {
      const span = controls.find((control) => control.f === f && control.span);
      const on = filter.values.filter((_, v) => state.chosen[f][v]);
      if (on.length === filter.values.length) return [];
      const words = span ? [span.span() || "all years", ...on.filter((v) => !Number(v))].join(" and ") : on.join(", ");
      return [filter.label + ": " + (on.length ? words : "none")];
    });
    if (state.place !== null) said.push("only from, to or within " + name(state.place));
    return said.length ? "Chosen: " + said.join("; ") + "." : "Nothing is filtered out.";
  }

  // --- where things stand on the map ---------------------------------------------------------------------------------

  const map = byId("map"), flows = byId("flows"), places = byId("places"), names = byId("names");
  const pen = document.createElement("canvas").getContext("2d");
  const face = getComputedStyle(document.body).fontFamily;
  function extent(words, size, bold) {
    pen.font = (bold ? "700 " : "") + size + "px " + face;
    return [pen.measureText(words).width + 4, size * 1.25];
  }
  const meets = (a, b, gap = 0) => a[0] < b[2] + gap && b[0] < a[2] + gap && a[1] < b[3] + gap && b[1] < a[3] + gap;
  const holds = (box, [x, y]) => x > box[0] && x < box[2] && y > box[1] && y < box[3];

  function stand(ends, width, height, scale, size) {
    // Places in the frame where they are; those beyond it at its edge, in their direction, spread so that none covers another.
    const nodes = new Map();
    const sides = { left: [], right: [], top: [], bottom: [] };
    for (const end of ends) {
      const [, text, kind, x, y] = data.ends[end];
      const node = { end, x: x * scale, y: y * scale, boxed: kind !== INSIDE, region: kind === REGION || kind === REGION_BEYOND };
      [node.wide, node.tall] = node.boxed ? extent(text, size).map((length, n) => length + (n ? 4 : 8)) : [9, 9];
      nodes.set(end, node);
      if (kind !== BEYOND && kind !== REGION_BEYOND) continue;
      const across = node.x - width / 2, down = node.y - height / 2;
      const level = Math.abs(across) / width >= Math.abs(down) / height;
      sides[level ? across > 0 ? "right" : "left" : down > 0 ? "bottom" : "top"].push(node);
      node.crossing = [width / 2 + across * (height / 2 / Math.max(Math.abs(down), 1)), height / 2 + down * (width / 2 / Math.max(Math.abs(across), 1))];
    }
    for (const side of ["top", "bottom"]) {
      const group = sides[side].sort((a, b) => a.crossing[0] - b.crossing[0]);
      while (group.length && group.reduce((length, node) => length + node.wide + 8, 0) > width - 16) {
        const outer = [group[0], group[group.length - 1]].map((node) => Math.abs(node.crossing[0] - width / 2));
        if (outer[0] > outer[1]) sides.left.push(group.shift()); else sides.right.push(group.pop());
      }
    }
    for (const [side, group] of Object.entries(sides)) {
      const upright = side === "left" || side === "right";
      const at = upright ? 1 : 0, start = upright ? 2.2 * size : 8, room = (upright ? height : width) - 2 * start;
      group.sort((a, b) => a.crossing[at] - b.crossing[at]);
      const middles = spread(group.map((node) => node.crossing[at] - start), group.map((node) => (upright ? node.tall + 4 : node.wide + 8)), room);
      group.forEach((node, n) => {
        const along = start + middles[n];
        node.x = side === "left" ? 6 + node.wide / 2 : side === "right" ? width - 6 - node.wide / 2 : along;
        node.y = side === "top" ? 6 + node.tall / 2 : side === "bottom" ? height - 6 - node.tall / 2 : along;
      });
    }
    for (const node of nodes.values()) {
      node.box = [node.x - node.wide / 2, node.y - node.tall / 2, node.x + node.wide / 2, node.y + node.tall / 2];
    }
    return nodes;
  }
  function spread(wanted, lengths, room) {
    const middles = [];
    let edge = 0;
    wanted.forEach((middle, n) => {
      middles.push(Math.max(middle, edge + lengths[n] / 2));
      edge = middles[n] + lengths[n] / 2;
    });
    let end = Math.max(room, lengths.reduce((a, b) => a + b, 0));
    for (let n = middles.length - 1; n >= 0; n--) {
      middles[n] = Math.min(middles[n], end - lengths[n] / 2);
      end = middles[n] - lengths[n] / 2;
    }
    return middles;
  }

  function way(a, b) {
    // Bent to the right of the way, which keeps the two directions apart; without what the places themselves cover.
    const across = b.x - a.x, down = b.y - a.y, distance = Math.hypot(across, down) || 1;
    const bend = Math.max(0.16 * distance, Math.min(13, 0.4 * distance)) / distance;
    const turn = [(a.x + b.x) / 2 - bend * down, (a.y + b.y) / 2 + bend * across];
    const at = (t) => [0, 1].map((i) => (1 - t) ** 2 * [a.x, a.y][i] + 2 * t * (1 - t) * turn[i] + t * t * [b.x, b.y][i]);
    const steps = Array.from({ length: 401 }, (_, n) => n / 400);
    const grown = (node) => node.boxed ? [node.box[0] - 3, node.box[1] - 3, node.box[2] + 3, node.box[3] + 3] : [node.x - 7, node.y - 7, node.x + 7, node.y + 7];
    const [start, end] = [grown(a), grown(b)];
    const free = steps.filter((t) => !holds(start, at(t)) && !holds(end, at(t)));
    // Two marks that nearly touch still have a short arrow between their middles.
    const [first, last] = free.length && (free[free.length - 1] - free[0]) * distance > 12 ? [free[0], free[free.length - 1]] : [0.25, 0.75];
    return Array.from({ length: 48 }, (_, n) => at(first + (last - first) * n / 47));
  }
  function outline(points, width) {
    // A third of its width at the tail, all of it at the neck, then the head.
    const steps = points.map((p, n) => n ? Math.hypot(p[0] - points[n - 1][0], p[1] - points[n - 1][1]) : 0);
    const length = steps.reduce((a, b) => a + b, 0);
    const head = Math.min(1.3 * width + 7, 0.45 * length), barb = 0.75 * width + 3.5, body = length - head;
    const left = [], right = [];
    let gone = 0, side = [0, 0], neck = points[0];
    for (let n = 0; n < points.length; n++) {
      gone += steps[n];
      if (n && gone > body) break;
      const next = points[Math.min(n + 1, points.length - 1)], before = points[Math.max(n - 1, 0)];
      const long = Math.hypot(next[0] - before[0], next[1] - before[1]) || 1;
      side = [-(next[1] - before[1]) / long, (next[0] - before[0]) / long];
      neck = points[n];
      const half = width / 2 * (0.35 + 0.65 * Math.min(gone / Math.max(body, 1), 1));
      left.push([neck[0] + half * side[0], neck[1] + half * side[1]]);
      right.unshift([neck[0] - half * side[0], neck[1] - half * side[1]]);
    }
    const tip = points[points.length - 1];
    const barbs = [1, -1].map((sign) => [neck[0] + sign * barb * side[0], neck[1] + sign * barb * side[1]]);
    return trace([...left, barbs[0], tip, barbs[1], ...right]) + "Z";
  }
  const trace = (points) => "M" + points.map(([x, y]) => x.toFixed(1) + " " + y.toFixed(1)).join("L");
  function ring(node, width) {
    const grow = 4 + width / 2, w = node.wide / 2 + grow, h = node.tall / 2 + grow, r = node.boxed ? Math.min(h, 10) : h;
    const [x, y] = [node.x, node.y];
    return `M${x - w + r} ${y - h}H${x + w - r}A${r} ${r} 0 0 1 ${x + w} ${y - h + r}V${y + h - r}A${r} ${r} 0 0 1 ${x + w - r} ${y + h}` +
      `H${x - w + r}A${r} ${r} 0 0 1 ${x - w} ${y + h - r}V${y - h + r}A${r} ${r} 0 0 1 ${x - w + r} ${y - h}Z`;
  }
  function width(total, factor) {
    const amount = total.open ? Math.max(total.low, total.high) : total.high;
    return factor * data.widths[data.breaks.slice(1, -1).filter((low) => low <= amount).length];
  }
  const pale = (colour) => "#" + [1, 3, 5].map((n) => Math.round(255 - 0.35 * (255 - parseInt(colour.slice(n, n + 2), 16))).toString(16).padStart(2, "0")).join("");
  function colour(p) {
    const marked = state.place ?? data.highlight;
    return marked === null ? BLUE : p.from === marked || p.to === marked ? VERMILLION : GREY;
  }

  // --- drawing -------------------------------------------------------------------------------------------------------

  let shown = null;
  function render() {
    shown = tally();
    controls.forEach((control) => control.count && control.count(shown.facets));
    byId("count").textContent = "Shown: " + counted(shown.total) + " in " + pairsOf(shown.pairs.length) + " of places.";
    byId("chosen").textContent = described();
    const drawn = whole(shown.drawn);
    byId("other").textContent = shown.others.length
      ? "Drawn: " + pairsOf(shown.drawn.length) + ", " + counted(drawn) + ". Other: " + pairsOf(shown.others.length, "further pair") + ", " + counted(whole(shown.others)) + ", not drawn."
      : "";
    byId("lost").textContent = shown.lost.length
      ? "Not on the map, for want of a known place: " + pairsOf(shown.lost.length) + ", " + counted(whole(shown.lost)) + ": " +
        shown.lost.slice(0, 6).map((p) => between(p) + " " + interval(p)).join("; ") + (shown.lost.length > 6 ? "; and " + (shown.lost.length - 6) + " more" : "") + "."
      : "";
    picture();
    table();
  }

  function table() {
    const row = (p, mark) => make("tr", {},
      make("th", { scope: "row" }, name(p.from)), make("td", {}, name(p.to) + mark),
      make("td", { class: "number" }, interval(p)), make("td", { class: "number" }, share(p, shown.total)));
    const last = (words, list) => make("tr", {}, make("th", { scope: "row", colspan: 2 }, words),
      make("td", { class: "number" }, interval(whole(list))), make("td", { class: "number" }, list.length ? share(whole(list), shown.total) : "–"));
    const lost = shown.lost.slice(0, state.top), rest = shown.lost.slice(state.top);
    const rows = [...shown.drawn.map((p) => row(p, "")), ...lost.map((p) => row(p, " (not on the map)"))];
    if (shown.others.length) rows.push(last("Other: " + pairsOf(shown.others.length, "further pair"), shown.others));
    if (rest.length) rows.push(last("Not on the map: " + pairsOf(rest.length, "further pair"), rest));
    byId("rows").replaceChildren(...rows);
    byId("sum").replaceChildren(last("All that is shown", shown.pairs));
  }

  function picture() {
    const kept = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.key : undefined;
    hide();
    const across = Math.max(map.clientWidth || data.size[0], 200), scale = across / data.size[0], high = Math.round(data.size[1] * scale);
    const small = across < 500, size = small ? 10.5 : 12, factor = small ? 0.7 : 1;
    map.setAttribute("viewBox", "0 0 " + across + " " + high);
    byId("land").setAttribute("transform", "scale(" + 0.1 * scale + ")");
    const ends = new Set(shown.drawn.flatMap((p) => [p.from, p.to]));
    const busy = new Set(ends);
    data.ends.forEach((end, n) => { if (end[KIND] !== NOWHERE && (end[OWN] || n === state.place)) ends.add(n); });
    const nodes = stand(ends, across, high, scale, size);

    const lines = [];
    flows.replaceChildren(...shown.drawn.map((p, n) => {
      const a = nodes.get(p.from), b = nodes.get(p.to), thick = width(p, factor), shade = colour(p);
      const open = p.open || p.low !== p.high;
      const g = draw("g", {
        class: "flow", role: "option", tabindex: n ? -1 : 0, "aria-selected": "false", "aria-posinset": n + 1, "aria-setsize": shown.drawn.length,
        "aria-describedby": "tip", "aria-label": between(p) + ": " + counted(p) + ", " + share(p, shown.total) + " of all shown", "data-key": "flow " + p.id,
      });
      if (p.from === p.to) {
        const path = ring(a, thick);
        a.ring = thick + 6;
        const bend = draw("path", { class: "bend" + (open ? " open" : ""), d: path, "stroke-width": thick });
        bend.style.setProperty("--c", shade);
        g.append(bend, draw("path", { class: "hit", d: path }));
        lines.push([[a.x, a.y - a.tall / 2]]);
      } else {
        const points = way(a, b);
        const shape = draw("path", { class: "shape", d: outline(points, thick), fill: open ? pale(shade) : shade });
        if (open) { shape.style.setProperty("--edge", shade); shape.style.setProperty("--edge-width", "1"); }
        g.append(shape, draw("path", { class: "hit", d: trace(points) }));
        lines.push(points);
      }
      g.addEventListener("focus", () => { rove(flows, g); g.setAttribute("aria-selected", "true"); showFlow(p, null, lines[n]); });
      g.addEventListener("blur", () => { g.setAttribute("aria-selected", "false"); hideSoon(); });
      g.addEventListener("pointerenter", (event) => { g.classList.add("near"); flows.classList.add("pointed"); showFlow(p, pointer(event), lines[n]); });
      g.addEventListener("pointerleave", () => { g.classList.remove("near"); flows.classList.remove("pointed"); hideSoon(); });
      return g;
    }));

    const order = [...nodes.values()].sort((a, b) => a.y - b.y || a.x - b.x);
    places.replaceChildren(...order.map((node, n) => {
      const g = draw("g", {
        class: "place" + (node.end === data.highlight ? " own" : ""), role: "button", tabindex: n ? -1 : 0, "aria-pressed": String(node.end === state.place),
        "aria-describedby": "tip", "aria-label": name(node.end), "data-key": "place " + node.end,
      });
      if (node.boxed) {
        g.append(draw("rect", { class: "box" + (node.region ? " region" : ""), x: node.box[0], y: node.box[1], width: node.wide, height: node.tall, rx: 2 }));
        g.append(draw("text", { x: node.x, y: node.y, "font-size": size, "text-anchor": "middle", "dominant-baseline": "central", class: node.end === data.highlight ? "strong" : "" }, data.ends[node.end][TEXT]));
      } else {
        g.append(draw("circle", { class: "hit", cx: node.x, cy: node.y, r: 10 }), draw("circle", { class: "spot" + (busy.has(node.end) ? "" : " idle"), cx: node.x, cy: node.y, r: busy.has(node.end) ? 4.5 : 3 }));
      }
      g.addEventListener("focus", () => { rove(places, g); showPlace(node); });
      g.addEventListener("blur", hideSoon);
      g.addEventListener("pointerenter", () => showPlace(node));
      g.addEventListener("pointerleave", hideSoon);
      g.addEventListener("click", () => { state.place = state.place === node.end ? null : node.end; g.focus(); render(); });
      return g;
    }));
    label(nodes, lines, across, high, size);

    const mark = byId("watermark");
    if (mark) {
      const angle = Math.atan2(high, across) * 180 / Math.PI;
      mark.setAttribute("font-size", 0.105 * Math.hypot(across, high));
      mark.setAttribute("transform", "translate(" + across / 2 + " " + high / 2 + ") rotate(" + -angle + ")");
    }
    legend(nodes, factor);
    if (kept) {
      const again = [...flows.children, ...places.children].find((g) => g.dataset.key === kept);
      if (again) again.focus();
    }
  }

  function label(nodes, lines, across, high, size) {
    // Each name at the cheapest place around its dot; one that would cover another is left out, and is read at its dot.
    const carried = new Map();
    shown.drawn.forEach((p) => [p.from, p.to].forEach((end) => carried.set(end, (carried.get(end) || 0) + (p.open ? p.low : p.high))));
    const first = (node) => (node.end === state.place || node.end === data.highlight ? 1e15 : 0) + (carried.get(node.end) || 0);
    const points = lines.flat();
    const taken = [...nodes.values()].map((node) => node.boxed ? node.box : [node.x - 5, node.y - 5, node.x + 5, node.y + 5]);
    const written = [];
    let left = 0;
    for (const node of [...nodes.values()].filter((n) => !n.boxed).sort((a, b) => first(b) - first(a) || a.end - b.end)) {
      const bold = node.end === data.highlight || node.end === state.place;
      const words = name(node.end), [wide, tall] = extent(words, size, bold), near = 6 + (node.ring || 0);
      let best = null;
      for (const gap of [near, near + 8, near + 18, near + 32]) {
        for (let turn = 0; turn < 16; turn++) {
          const dx = Math.cos(turn * Math.PI / 8), dy = Math.sin(turn * Math.PI / 8);
          const x = node.x + dx * (gap + wide / 2), y = node.y + dy * (gap + tall / 2);
          const box = [x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2];
          if (box[0] < 2 || box[1] < 2 || box[2] > across - 2 || box[3] > high - 2 || taken.some((other) => meets(box, other, 1))) continue;
          const cost = (gap - near) + 2 * Math.abs(dy) + (dx < 0 ? 1 : 0) + 2.5 * points.filter((point) => holds(box, point)).length;
          if (!best || cost < best.cost) best = { cost, x, y, box, far: gap > near + 8 };
        }
      }
      if (!best) { left++; continue; }
      taken.push(best.box);
      if (best.far) {
        const to = [Math.min(Math.max(node.x, best.box[0]), best.box[2]), Math.min(Math.max(node.y, best.box[1]), best.box[3])];
        written.push(draw("line", { x1: node.x, y1: node.y, x2: to[0], y2: to[1] }));
      }
      written.push(draw("text", { x: best.x, y: best.y, "font-size": size, "text-anchor": "middle", "dominant-baseline": "central", class: bold ? "strong" : "" }, words));
    }
    names.replaceChildren(...written);
    if (left) byId("other").textContent += (byId("other").textContent ? " " : "") + pairsOf(left, "name") + " left out for want of room: point at a place to read it.";
  }

  function legend(nodes, factor) {
    const marked = state.place ?? data.highlight, shade = marked === null ? BLUE : "#5a5a5a";
    const swatch = (wide, high, ...shapes) => draw("svg", { width: wide, height: high, "aria-hidden": "true" }, ...shapes);
    const entry = (words, drawing) => make("span", {}, drawing, words);
    const arrow = (thick, fill, rules = {}) => {
      const high = Math.max(1.5 * thick + 9, 12), points = Array.from({ length: 30 }, (_, n) => [1 + n * 1.3, high / 2]);
      return swatch(42, high, draw("path", { d: outline(points, thick), fill, ...rules }));
    };
    const list = [make("span", {}, "Width by number of " + data.unit + ", heads true by area:")];
    data.classes.forEach((words, n) => list.push(entry(words, arrow(factor * data.widths[n], shade))));
    if (marked !== null) list.push(entry("from or to " + name(marked), swatch(18, 12, draw("rect", { width: 18, height: 12, fill: VERMILLION }))));
    if (shown.drawn.some((p) => p.open || p.low !== p.high)) list.push(entry("pale: known only as an interval, drawn at its upper end", arrow(5, pale(shade), { stroke: shade })));
    if (shown.drawn.some((p) => p.from === p.to)) list.push(entry("within one place", swatch(16, 16, draw("circle", { cx: 8, cy: 8, r: 6, fill: "none", stroke: shade, "stroke-width": 2.5 }))));
    const all = [...nodes.values()];
    if (all.some((node) => node.region)) list.push(entry("a region, not a country", swatch(20, 14, draw("rect", { x: 1, y: 1, width: 18, height: 12, fill: "#f3ecd8", stroke: "#5a5a5a", "stroke-dasharray": "4 3" }))));
    if (all.some((node) => [BEYOND, REGION_BEYOND].includes(data.ends[node.end][KIND]))) list.push(entry("beyond the map, in the direction of the arrow", swatch(20, 14, draw("rect", { x: 1, y: 1, width: 18, height: 12, fill: "#fff", stroke: "#5a5a5a" }))));
    byId("legend").replaceChildren(...list);
  }

  // --- what is pointed at --------------------------------------------------------------------------------------------

  const tip = byId("tip");
  let hiding = 0;
  const pointer = (event) => {
    const box = map.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  function tell(at, line, ...children) {
    clearTimeout(hiding);
    tip.replaceChildren(...children);
    tip.hidden = false;
    const across = map.clientWidth, high = map.clientHeight, wide = tip.offsetWidth, tall = tip.offsetHeight;
    const [right, bottom] = [Math.max(across - wide, 0), high - tall];
    // Below a small map; beside the pointer; and else in the corner where it covers least of what it speaks of.
    const spots = across < 500 ? [[0, high + 4]] : at ? [[Math.min(at[0] + 14, right), at[1] + 14 > bottom && at[1] > tall ? at[1] - tall - 14 : at[1] + 14]]
      : [[right, 0], [0, 0], [right, bottom], [0, bottom]];
    const covered = ([x, y]) => line.filter((point) => holds([x - 15, y - 15, x + wide + 15, y + tall + 15], point)).length;
    const [left, top] = spots.reduce((best, spot) => covered(spot) < covered(best) ? spot : best);
    tip.style.left = left + "px";
    tip.style.top = top + "px";
  }
  function hide() { clearTimeout(hiding); tip.hidden = true; }
  function hideSoon() { clearTimeout(hiding); hiding = setTimeout(hide, 250); }
  tip.addEventListener("pointerenter", () => clearTimeout(hiding));
  tip.addEventListener("pointerleave", hideSoon);
  function showFlow(p, at, line) {
    const lists = data.filters.map((filter, f) => {
      const each = parts(p, f, shown.hidden);
      const largest = filter.span ? each : [...each].sort((a, b) => upper(b[1]) - upper(a[1]));
      const most = filter.span ? 30 : 8;
      const few = largest.slice(0, most).map(([value, total]) => value + ": " + interval(total)).join(" · ");
      return [make("dt", {}, filter.label), make("dd", {}, few + (largest.length > most ? " · " + (largest.length - most) + " more" : ""))];
    });
    tell(at, line, make("strong", {}, p.from === p.to ? "Within " + name(p.from) : name(p.from) + " → " + name(p.to)),
      make("div", {}, counted(p) + ", " + share(p, shown.total) + " of all shown"), make("dl", {}, ...lists.flat()));
  }
  function showPlace(node) {
    const of = (test) => { const list = shown.pairs.filter(test); return list.length ? interval(whole(list)) : "0"; };
    const out = of((p) => p.from === node.end && p.to !== node.end), into = of((p) => p.to === node.end && p.from !== node.end);
    const within = of((p) => p.from === node.end && p.to === node.end);
    tell([node.x, node.y + node.tall / 2], [], make("strong", {}, name(node.end)),
      make("div", {}, "Out: " + out + " · in: " + into + " · within: " + within + " (" + data.unit + ")"),
      make("div", {}, state.place === node.end ? "Click or Enter: all places again." : "Click or Enter: only what touches it."));
  }
  function rove(group, g) {
    for (const other of group.children) other.setAttribute("tabindex", other === g ? 0 : -1);
  }
  for (const group of [flows, places]) {
    group.addEventListener("keydown", (event) => {
      const all = [...group.children], at = all.indexOf(document.activeElement);
      const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
      if (to !== undefined) {
        event.preventDefault();
        all[Math.min(Math.max(to, 0), all.length - 1)].focus();
      } else if (group === places && (event.key === "Enter" || event.key === " ")) {
        event.preventDefault();
        if (at >= 0) all[at].dispatchEvent(new MouseEvent("click"));
      }
    });
  }
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });

  build();
  render();
  let before = map.clientWidth;
  addEventListener("resize", () => {
    if (map.clientWidth !== before) { before = map.clientWidth; picture(); }
  });
})();
