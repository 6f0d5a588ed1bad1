// Where places stand on the map: in the frame, at its edge if beyond it, on paper below it if without a place.

const SMALL = 500;  // a map no wider than this is that of a telephone
const upright = (side) => side === "left" || side === "right";
const bySide = () => ({ left: [], right: [], top: [], bottom: [] });
const total = (lengths) => lengths.reduce((a, b) => a + b, 0);

function width(sums, factor) {
  const amount = Math.max(sums.low, sums.high);
  return factor * data.widths[data.breaks.slice(1, -1).filter((low) => low <= amount).length];
}
// Room for the rings of those beside the map at their widest, so that nothing moves when flows are filtered.
const within = new Map();
for (const pair of pairs) {
  if (pair.from !== pair.to) continue;
  const all = sum();
  for (const [, low, high] of pair.rows) add(all, low, high);
  within.set(pair.from, all);
}

function stand(shown, across, size, factor) {
  const nodes = new Map(), far = bySide(), rows = [];
  for (const n of shown) {
    const end = ends[n], region = end.kind === REGION || end.kind === REGION_BEYOND;
    const node = { n, end, region, unknown: n === data.unknown, boxed: end.kind !== INSIDE, ring: 0 };
    const [wide, tall] = extent(end.text, size);
    [node.wide, node.tall] = node.boxed ? [wide + 8, tall + 8] : [9, 9];
    nodes.set(n, node);
    if (end.kind !== BESIDE) continue;
    node.spare = 6 + (within.has(n) ? 4 + width(within.get(n), factor) : 0);
    const row = rows[rows.length - 1], long = row ? total(row.map(length)) + length(node) : Infinity;
    if (long > across - 8) rows.push([node]); else row.push(node);
  }
  const deep = (row) => Math.max(...row.map((node) => node.tall + 2 * node.spare));
  const scale = across / data.size[0];
  const ground = { left: 0, right: across, top: 0, bottom: Math.round(data.size[1] * scale) };
  const frame = { ...ground, scale, high: ground.bottom + total(rows.map(deep)) };

  const centre = middle([ground.left, ground.top], [ground.right, ground.bottom]);
  const [wide, tall] = [ground.right - ground.left, ground.bottom - ground.top];
  for (const node of nodes.values()) {
    if (node.end.kind === BESIDE) continue;
    [node.x, node.y] = [ground.left + node.end.x * scale, ground.top + node.end.y * scale];
    if (node.end.kind !== BEYOND && node.end.kind !== REGION_BEYOND) continue;
    const right = node.x - centre[0], down = node.y - centre[1];
    const level = Math.abs(right) / wide >= Math.abs(down) / tall;
    // Where the line from the middle of the map to the place crosses its edge.
    node.crossing = [
      centre[0] + right * tall / 2 / Math.max(Math.abs(down), 1),
      centre[1] + down * wide / 2 / Math.max(Math.abs(right), 1),
    ];
    far[level ? (right > 0 ? "right" : "left") : down > 0 ? "bottom" : "top"].push(node);
  }
  toTheEdge(far, ground, centre[0], size);
  offTheDots(far, nodes, ground);
  let deepness = ground.bottom;
  for (const line of rows) {
    belowTheMap(line, nodes, across, deepness + deep(line) / 2);
    deepness += deep(line);
  }
  for (const node of nodes.values()) node.box = around(node.x, node.y, node.wide, node.tall);
  return { nodes, frame };
}

const length = (node) => node.wide + 2 * node.spare;

// Far places to the edge, in their direction, none upon another; what is too much for top or bottom goes to the sides.
function toTheEdge(far, ground, centre, size) {
  for (const side of ["top", "bottom"]) {
    const group = far[side].sort((a, b) => a.crossing[0] - b.crossing[0]);
    while (total(group.map((node) => node.wide + 8)) > ground.right - ground.left - 16) {
      const [first, last] = [group[0], group[group.length - 1]].map((node) => Math.abs(node.crossing[0] - centre));
      if (first > last) far.left.push(group.shift()); else far.right.push(group.pop());
    }
  }
  for (const [side, group] of Object.entries(far)) {
    const [axis, start, end] = upright(side)
      ? [1, ground.top + 2.6 * size, ground.bottom - 2.6 * size]
      : [0, ground.left + 8, ground.right - 8];
    group.sort((a, b) => a.crossing[axis] - b.crossing[axis]);
    const middles = spread(
      group.map((node) => node.crossing[axis] - start),
      group.map((node) => upright(side) ? node.tall + 4 : node.wide + 8),
      end - start,
    );
    group.forEach((node, n) => {
      const along = start + middles[n];
      node.x = { left: ground.left + 6 + node.wide / 2, right: ground.right - 6 - node.wide / 2 }[side] ?? along;
      node.y = { top: ground.top + 6 + node.tall / 2, bottom: ground.bottom - 6 - node.tall / 2 }[side] ?? along;
    });
  }
}

// Along the edge, as little as is needed, off the places that a box would hide.
function offTheDots(far, nodes, ground) {
  const boxes = Object.values(far).flat(), dots = [...nodes.values()].filter((node) => !node.boxed);
  const box = (node, x, y) => around(x, y, node.wide, node.tall);
  for (const [side, group] of Object.entries(far)) {
    for (const node of group) {
      const hides = (x, y) => dots.some((dot) => meets(box(node, x, y), around(dot.x, dot.y, 14, 14)));
      const taken = (x, y) => boxes.some((other) => other !== node && meets(box(node, x, y), box(other, other.x, other.y)));
      const goesOut = ([left, top, right, bottom]) =>
        left < ground.left || top < ground.top || right > ground.right || bottom > ground.bottom;
      if (!hides(node.x, node.y)) continue;
      const steps = Array.from({ length: 40 }, (_, n) => (n % 2 ? -1 : 1) * 3 * (Math.floor(n / 2) + 1));
      const spots = steps.map((step) => upright(side) ? [node.x, node.y + step] : [node.x + step, node.y]);
      const spot = spots.find(([x, y]) => !hides(x, y) && !taken(x, y) && !goesOut(box(node, x, y)));
      if (spot) [node.x, node.y] = spot;
    }
  }
}

// Those without a place on one line below the map, each near the middle of those it has flows with.
function belowTheMap(line, nodes, across, middle) {
  for (const node of line) {
    const partners = pairs.filter((pair) => (pair.from === node.n) !== (pair.to === node.n))
      .map((pair) => nodes.get(pair.from === node.n ? pair.to : pair.from))
      .filter((partner) => partner && partner.end.kind !== BESIDE);
    node.wanted = partners.length ? total(partners.map((partner) => partner.x)) / partners.length : across - 4;
  }
  line.sort((a, b) => a.wanted - b.wanted || a.n - b.n);
  const middles = spread(line.map((node) => node.wanted - 4), line.map(length), across - 8);
  line.forEach((node, n) => {
    [node.x, node.y] = [4 + middles[n], middle];
  });
}

// Middles along a line, ascending, as near to the wanted ones as their lengths allow.
function spread(wanted, lengths, room) {
  const middles = [];
  let edge = 0;
  wanted.forEach((middle, n) => {
    middles.push(Math.max(middle, edge + lengths[n] / 2));
    edge = middles[n] + lengths[n] / 2;
  });
  edge = Math.max(room, total(lengths));
  for (let n = middles.length - 1; n >= 0; n--) {
    middles[n] = Math.min(middles[n], edge - lengths[n] / 2);
    edge = middles[n] - lengths[n] / 2;
  }
  return middles;
}
