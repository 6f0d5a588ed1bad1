// Names and numbers on the map, and its scale: each at the cheapest place around what it belongs to.

const TOLD = 15;  // more arrows than this cannot be told apart; further ones are grey

// One that would cover another is left out, and is read at its dot or arrow. Returns how many names are.
function label(nodes, lines, frame, across, size) {
  const points = lines.flat(), taken = [...nodes.values()].map((node) => node.box), written = [];
  const fits = (box) => box[0] > 2 && box[1] > 2 && box[2] < across - 2 && box[3] < frame.high - 2;
  const isFree = (box) => fits(box) && !taken.some((other) => meets(grown(box, 1), other));
  written.push(...scaleBar(frame, points, taken, size));
  const leftOut = nameThem(nodes, points, taken, written, isFree, across < SMALL, size);
  if (across >= SMALL) numberThem(lines, taken, written, isFree, size - 1);
  names.replaceChildren(...written);
  return leftOut;
}

function nameThem(nodes, points, taken, written, isFree, small, size) {
  const weights = new Map(), stays = new Map();
  shown.drawn.forEach((pair, n) => {
    const weight = Math.max(pair.low, pair.high);
    for (const end of [pair.from, pair.to]) weights.set(end, (weights.get(end) ?? 0) + weight);
    if (pair.from === pair.to && isTold(n) && !small) stays.set(pair.from, ` ○ ${interval(pair)}`);
  });
  const bold = (node) => node.n === data.highlight || node.n === state.place;
  const weight = (node) => (bold(node) ? 1e15 : 0) + (weights.get(node.n) ?? 0);
  const dots = [...nodes.values()].filter((node) => !node.boxed).sort((a, b) => weight(b) - weight(a) || a.n - b.n);
  const isClear = (box, node) => dots.every((dot) => dot === node || !dot.ring || !meets(box, grown(dot.box, dot.ring)));
  let leftOut = 0;
  for (const node of dots) {
    const words = node.end.name + (stays.get(node.n) ?? "");
    const [wide, tall] = extent(words, size, bold(node)), near = 6 + node.ring;
    let best = null;
    for (const gap of [0, 8, 18, 32, 48]) {
      for (let turn = 0; turn < 16; turn++) {
        const right = Math.cos(turn * Math.PI / 8), down = Math.sin(turn * Math.PI / 8);
        const x = node.x + right * (near + gap + wide / 2), y = node.y + down * (near + gap + tall / 2);
        const box = around(x, y, wide, tall);
        if (!isFree(box)) continue;
        const covered = points.filter((point) => holds(box, point)).length + (isClear(box, node) ? 0 : 8);
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
    written.push(draw("text", look, words));
  }
  return leftOut;
}

// The numbers of the arrows that are in colour, on the arrow, where they cover no other.
function numberThem(lines, taken, written, isFree, size) {
  shown.drawn.slice(0, TOLD).forEach((pair, n) => {
    if (!isTold(n) || lines[n].length < 2) return;
    const words = interval(pair), [wide, tall] = extent(words, size);
    let best = null;
    for (const part of [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18]) {
      const [x, y] = lines[n][Math.round(part * (lines[n].length - 1))], box = around(x, y, wide, tall);
      if (!isFree(box)) continue;
      const others = lines.filter((line, m) => m !== n && line.some((point) => holds(box, point))).length;
      const cost = 4 * others + 10 * Math.abs(part - 0.5);
      if (others < 3 && (!best || cost < best.cost)) best = { cost, x, y, box };
    }
    if (!best) return;
    taken.push(best.box);
    const [left, top, right, bottom] = best.box;
    written.push(draw("rect", { x: left, y: top, width: right - left, height: bottom - top, rx: 2, class: "plate" }));
    written.push(draw("text", { x: best.x, y: best.y, "font-size": size, ...MIDDLE, class: "number" }, words));
  });
}

// In the corner where it covers least, and nowhere if that is a box; true at the middle of the map.
function scaleBar(frame, points, taken, size) {
  const kilometre = data.kilometre * frame.scale, longest = 0.2 * (frame.right - frame.left) / kilometre;
  const power = 10 ** Math.floor(Math.log10(longest));
  const far = Math.max(...[1, 2, 5].map((step) => step * power).filter((each) => each <= longest));
  const bar = far * kilometre, words = `${number(far)} km`, wide = Math.max(bar, extent(words, size)[0]) + 12, tall = 24;
  const corners = [frame.bottom - tall / 2 - 4, frame.top + tall / 2 + 4].flatMap((y) =>
    [frame.left + wide / 2 + 4, frame.right - wide / 2 - 4].map((x) => ({ x, y, box: around(x, y, wide, tall) })));
  const covered = ({ box }) => points.filter((point) => holds(grown(box, 4), point)).length
    + 50 * taken.filter((other) => meets(box, other)).length;
  const { x, y, box } = corners.reduce((best, corner) => covered(corner) < covered(best) ? corner : best);
  if (taken.some((other) => meets(box, other))) return [];
  taken.push(box);
  const base = y + 9, ends = [x - bar / 2, x + bar / 2];
  const line = `M${ends[0]} ${base - 5}V${base}H${ends[1]}V${base - 5}`;
  return [
    draw("path", { class: "scale", d: line }),
    draw("text", { class: "scale", x, y: y - 3, "font-size": size - 1, ...MIDDLE }, words),
  ];
}
