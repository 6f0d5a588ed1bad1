// What widths, colours, dashes and boxes mean: only what the map has.

function legend(nodes, factor) {
  const marked = state.place ?? data.highlight, shade = marked === null ? BLUE : MUTED;
  const list = [make("span", {}, `Width by number of ${data.unit}:`)];
  const entry = (words, width, height, shape) => {
    list.push(make("span", {}, draw("svg", { width, height, "aria-hidden": "true" }, shape), words));
  };
  const sample = (words, thick, look, dashed = false) => {
    const high = Math.max(1.5 * thick + 9, 12), points = Array.from({ length: 30 }, (_, n) => [1 + n * 1.3, high / 2]);
    entry(words, 42, high, draw("path", { d: arrow(points, thick, dashed), ...look }));
  };
  const box = (words, look) => {
    entry(words, 20, 14, draw("rect", { x: 1, y: 1, width: 18, height: 12, stroke: MUTED, ...look }));
  };
  data.classes.forEach((words, n) => sample(words, factor * data.widths[n], { fill: shade }));
  if (marked !== null) box(`from or to ${ends[marked].name}`, { fill: VERMILLION });
  if (shown.drawn.some((pair, n) => colour(pair, n) === GREY)) {
    box(marked === null ? `not among the ${TOLD} largest` : "between other places", { fill: GREY, opacity: 0.6 });
  }
  if (shown.drawn.some(isUnknown)) sample("dashed: one end is not known", 4, { fill: shade }, true);
  if (shown.drawn.some(isOpen)) {
    sample("pale: known only as an interval, drawn at its upper end", 5, { fill: pale(shade), stroke: shade });
  }
  if (shown.drawn.some((pair) => pair.from === pair.to)) {
    const look = { cx: 8, cy: 8, r: 6, fill: "none", stroke: shade, "stroke-width": 2.5 };
    entry("ring: within one place", 16, 16, draw("circle", look));
  }
  if (nodes.some((node) => node.region)) box("a region, not a country", { fill: SAND, "stroke-dasharray": "4 3" });
  if (nodes.some((node) => node.crossing)) box("beyond the map, in the direction of the arrow", { fill: "#fff" });
  if (nodes.some((node) => node.spare && !node.unknown)) box("below the map: not one place", { fill: "#fff" });
  byId("legend").replaceChildren(...list);
}
