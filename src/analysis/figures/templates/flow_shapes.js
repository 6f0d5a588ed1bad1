// Where places stand on the map, and the shapes of arrows and rings; all lengths are pixels.

const pen = document.createElement("canvas").getContext("2d");
const face = getComputedStyle(document.body).fontFamily;
function extent(words, size, bold) {
  pen.font = `${bold ? "700 " : ""}${size}px ${face}`;
  return [pen.measureText(words).width + 4, size * 1.25];
}
// Boxes are left, top, right, bottom.
const around = (x, y, wide, tall) => [x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2];
const grown = ([left, top, right, bottom], by) => [left - by, top - by, right + by, bottom + by];
const meets = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
const holds = (box, [x, y]) => x > box[0] && x < box[2] && y > box[1] && y < box[3];
const trace = (points) => `M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`;

// Places in the frame where they are; those beyond it at its edge, in their direction, none upon another.
function stand(shown, across, high, scale, size) {
  const nodes = new Map();
  const sides = { left: [], right: [], top: [], bottom: [] };
  for (const n of shown) {
    const end = ends[n];
    const region = end.kind === REGION || end.kind === REGION_BEYOND;
    const node = { n, end, region, boxed: end.kind !== INSIDE, x: end.x * scale, y: end.y * scale, ring: 0 };
    const [wide, tall] = extent(end.text, size);
    [node.wide, node.tall] = node.boxed ? [wide + 4, tall + 8] : [9, 9];
    nodes.set(n, node);
    if (end.kind === BEYOND || end.kind === REGION_BEYOND) {
      const right = node.x - across / 2, down = node.y - high / 2;
      const level = Math.abs(right) / across >= Math.abs(down) / high;
      // Where the line from the middle of the map to the place crosses its edge.
      node.crossing = [
        across / 2 + right * high / 2 / Math.max(Math.abs(down), 1),
        high / 2 + down * across / 2 / Math.max(Math.abs(right), 1),
      ];
      sides[level ? (right > 0 ? "right" : "left") : down > 0 ? "bottom" : "top"].push(node);
    }
  }
  // What is too much for top or bottom goes to the sides.
  for (const side of ["top", "bottom"]) {
    const group = sides[side].sort((a, b) => a.crossing[0] - b.crossing[0]);
    while (group.reduce((length, node) => length + node.wide + 8, 0) > across - 16) {
      const [first, last] = [group[0], group[group.length - 1]].map((node) => Math.abs(node.crossing[0] - across / 2));
      if (first > last) sides.left.push(group.shift()); else sides.right.push(group.pop());
    }
  }
  for (const [side, group] of Object.entries(sides)) {
    const upright = side === "left" || side === "right";
    const [axis, start] = upright ? [1, 2.2 * size] : [0, 8];
    group.sort((a, b) => a.crossing[axis] - b.crossing[axis]);
    const middles = spread(
      group.map((node) => node.crossing[axis] - start),
      group.map((node) => upright ? node.tall + 4 : node.wide + 8),
      (upright ? high : across) - 2 * start,
    );
    group.forEach((node, n) => {
      const along = start + middles[n];
      node.x = { left: 6 + node.wide / 2, right: across - 6 - node.wide / 2 }[side] ?? along;
      node.y = { top: 6 + node.tall / 2, bottom: high - 6 - node.tall / 2 }[side] ?? along;
    });
  }
  for (const node of nodes.values()) node.box = around(node.x, node.y, node.wide, node.tall);
  return nodes;
}

// Middles along a line, ascending, as near to the wanted ones as their lengths allow.
function spread(wanted, lengths, room) {
  const middles = [];
  let edge = 0;
  wanted.forEach((middle, n) => {
    middles.push(Math.max(middle, edge + lengths[n] / 2));
    edge = middles[n] + lengths[n] / 2;
  });
  edge = Math.max(room, lengths.reduce((a, b) => a + b, 0));
  for (let n = middles.length - 1; n >= 0; n--) {
    middles[n] = Math.min(middles[n], edge - lengths[n] / 2);
    edge = middles[n] - lengths[n] / 2;
  }
  return middles;
}

// From one place to another, bent to the right of the way, which keeps the two directions apart.
function way(a, b) {
  const right = b.x - a.x, down = b.y - a.y, distance = Math.hypot(right, down) || 1;
  const bend = Math.max(0.16 * distance, Math.min(13, 0.4 * distance)) / distance;
  const turn = [(a.x + b.x) / 2 - bend * down, (a.y + b.y) / 2 + bend * right];
  const at = (t) => {
    const [first, second, third] = [(1 - t) ** 2, 2 * t * (1 - t), t * t];
    return [first * a.x + second * turn[0] + third * b.x, first * a.y + second * turn[1] + third * b.y];
  };
  // Without what the places themselves cover; between two that nearly touch, a short arrow still.
  const [start, end] = [a, b].map((node) => grown(node.box, 3));
  const steps = Array.from({ length: 401 }, (_, n) => n / 400);
  const free = steps.filter((t) => !holds(start, at(t)) && !holds(end, at(t)));
  let [first, last] = [free[0], free[free.length - 1]];
  if (!free.length || (last - first) * distance < 12) [first, last] = [0.25, 0.75];
  return Array.from({ length: 48 }, (_, n) => at(first + (last - first) * n / 47));
}

// An arrow along a way: a third of its width at the tail, all of it at the neck, then the head.
function arrow(points, thick) {
  const steps = points.map((p, n) => n ? Math.hypot(p[0] - points[n - 1][0], p[1] - points[n - 1][1]) : 0);
  const length = steps.reduce((a, b) => a + b, 0);
  const head = Math.min(1.3 * thick + 7, 0.45 * length), barb = 0.75 * thick + 3.5, body = length - head;
  const left = [], right = [];
  let gone = 0, across = [0, 0], neck = points[0];
  for (let n = 0; n < points.length; n++) {
    gone += steps[n];
    if (n && gone > body) break;
    const next = points[Math.min(n + 1, points.length - 1)], before = points[Math.max(n - 1, 0)];
    const long = Math.hypot(next[0] - before[0], next[1] - before[1]) || 1;
    across = [(before[1] - next[1]) / long, (next[0] - before[0]) / long];
    neck = points[n];
    const half = thick / 2 * (0.35 + 0.65 * Math.min(gone / Math.max(body, 1), 1));
    left.push([neck[0] + half * across[0], neck[1] + half * across[1]]);
    right.unshift([neck[0] - half * across[0], neck[1] - half * across[1]]);
  }
  const barbs = [1, -1].map((sign) => [neck[0] + sign * barb * across[0], neck[1] + sign * barb * across[1]]);
  return `${trace([...left, barbs[0], points[points.length - 1], barbs[1], ...right])}Z`;
}

// The middle line of a ring around a dot or a box.
function ring(node, thick) {
  const [left, top, right, bottom] = grown(node.box, 4 + thick / 2);
  const r = Math.min((bottom - top) / 2, node.boxed ? 10 : Infinity);
  const corner = (x, y) => `A${r} ${r} 0 0 1 ${x} ${y}`;
  return `M${left + r} ${top}H${right - r}${corner(right, top + r)}V${bottom - r}${corner(right - r, bottom)}` +
    `H${left + r}${corner(left, bottom - r)}V${top + r}${corner(left + r, top)}Z`;
}
