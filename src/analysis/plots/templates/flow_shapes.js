// The shapes of texts, arrows and rings; all lengths are pixels.

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
const middle = (a, b) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];

// What a place, its box or its rings take up.
const covers = (node, [x, y]) => node.boxed
  ? holds(grown(node.box, 3 + node.ring), [x, y])
  : Math.hypot(x - node.x, y - node.y) < 7.5 + node.ring;

// From one place to another, bent to the right of the way, which keeps the two directions apart: as much as leads past
// other places and stays in the frame.
function way(a, b, nodes, frame) {
  const right = b.x - a.x, down = b.y - a.y, distance = Math.hypot(right, down) || 1;
  const bend = Math.max(0.16 * distance, Math.min(13, 0.4 * distance)) / distance;
  const half = middle([a.x, a.y], [b.x, b.y]);
  const bent = (part) => {
    const turn = [half[0] - part * bend * down, half[1] + part * bend * right];
    return (t) => {
      const [first, second, third] = [(1 - t) ** 2, 2 * t * (1 - t), t * t];
      return [first * a.x + second * turn[0] + third * b.x, first * a.y + second * turn[1] + third * b.y];
    };
  };
  const others = [...nodes.values()].filter((node) => node !== a && node !== b && (node.boxed || node.busy));
  const cost = (part) => {
    const points = Array.from({ length: 25 }, (_, n) => bent(part)(n / 24));
    const met = others.filter((node) => points.some((point) => covers(node, point))).length;
    return Math.abs(part - 1) + met + 10 * points.filter((point) => !holds(frame, point)).length;
  };
  const at = bent([1, 1.5, 0.6, 2, 0.3].reduce((best, part) => cost(part) < cost(best) ? part : best));
  // Without what the two places themselves cover; between two that nearly touch, a short arrow still.
  const steps = Array.from({ length: 401 }, (_, n) => n / 400);
  const free = steps.filter((t) => !covers(a, at(t)) && !covers(b, at(t)));
  let [first, last] = [free[0], free[free.length - 1]];
  if (!free.length || (last - first) * distance < 12) [first, last] = [0.25, 0.75];
  return Array.from({ length: 48 }, (_, n) => at(first + (last - first) * n / 47));
}

// An arrow along a way: a third of its width at the tail, all of it at the neck, then the head. Dashed, it has gaps.
function arrow(points, thick, dashed = false) {
  const steps = points.map((p, n) => n ? Math.hypot(p[0] - points[n - 1][0], p[1] - points[n - 1][1]) : 0);
  let length = 0;
  const gone = steps.map((step) => length += step);
  const head = Math.min(1.3 * thick + 7, 0.45 * length), barb = 0.75 * thick + 3.5, body = length - head;
  // Both edges at a distance along the way, `out` from its middle.
  const edges = (along, out) => {
    const n = Math.min(Math.max(gone.findIndex((far) => far > along), 1), points.length - 1);
    const [before, next] = [points[n - 1], points[n]], long = steps[n] || 1, part = (along - gone[n - 1]) / long;
    const [right, down] = [next[0] - before[0], next[1] - before[1]];
    const [x, y] = [before[0] + part * right, before[1] + part * down];
    return [1, -1].map((side) => [x - side * out * down / long, y + side * out * right / long]);
  };
  const half = (along) => thick / 2 * (0.35 + 0.65 * along / Math.max(body, 1));
  const piece = (from, to, tip) => {
    const at = [from, ...gone.filter((far) => far > from && far < to), to].map((along) => edges(along, half(along)));
    return `${trace([...at.map(([left]) => left), ...tip, ...at.map(([, right]) => right).reverse()])}Z`;
  };
  const [left, right] = edges(body, barb), tip = [left, points[points.length - 1], right];
  if (!dashed) return piece(0, body, tip);
  const count = Math.max(Math.round(body / Math.max(11, 1.4 * thick)), 2), period = body / count;
  const dash = (n) => piece((n + 0.4) * period, (n + 1) * period, n < count - 1 ? [] : tip);
  return Array.from({ length: count }, (_, n) => dash(n)).join("");
}

// The middle line of a ring around a dot or a box.
function ring(node, thick) {
  const [left, top, right, bottom] = grown(node.box, 4 + thick / 2);
  const r = Math.min((bottom - top) / 2, node.boxed ? 10 : Infinity);
  const corner = (x, y) => `A${r} ${r} 0 0 1 ${x} ${y}`;
  return `M${left + r} ${top}H${right - r}${corner(right, top + r)}V${bottom - r}${corner(right - r, bottom)}` +
    `H${left + r}${corner(left, bottom - r)}V${top + r}${corner(left + r, top)}Z`;
}
