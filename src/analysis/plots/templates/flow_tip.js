// What is said of a flow or a place that is pointed at or focused, and how the keyboard leads from one to the next.

const tip = byId("tip");
let hiding = 0;
function hide() {
  clearTimeout(hiding);
  tip.hidden = true;
}
function hideSoon() {
  clearTimeout(hiding);
  hiding = setTimeout(hide, 250);
}
// Whoever moves onto it to read it keeps it.
tip.addEventListener("pointerenter", () => clearTimeout(hiding));
tip.addEventListener("pointerleave", hideSoon);
document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });

function tell(at, line, ...children) {
  clearTimeout(hiding);
  tip.replaceChildren(...children);
  tip.hidden = false;
  const across = map.clientWidth, high = map.clientHeight, wide = tip.offsetWidth, tall = tip.offsetHeight;
  const [right, bottom] = [Math.max(across - wide, 0), high - tall];
  // Below a small map; beside the pointer; and else in the corner where it covers least of what it speaks of.
  let spots = [[right, 0], [0, 0], [right, bottom], [0, bottom]];
  if (across < 500) spots = [[0, high + 4]];
  else if (at) spots = [[Math.min(at[0] + 14, right), at[1] + (at[1] + 14 > bottom && at[1] > tall ? -tall - 14 : 14)]];
  const covered = ([x, y]) => {
    const box = grown([x, y, x + wide, y + tall], 15);
    return line.filter((point) => holds(box, point)).length;
  };
  const [left, top] = spots.reduce((best, spot) => covered(spot) < covered(best) ? spot : best);
  tip.style.left = `${left}px`;
  tip.style.top = `${top}px`;
}

function showFlow(flow, line, event) {
  const lists = data.filters.flatMap((filter, f) => {
    const each = parts(flow, f, shown.hidden), room = filter.span ? 30 : 8;
    if (!filter.span) each.sort((a, b) => upper(b[1]) - upper(a[1]) || 0);
    const words = each.slice(0, room).map(([value, total]) => `${value}: ${interval(total)}`);
    if (each.length > room) words.push(`${each.length - room} more`);
    return [make("dt", {}, filter.label), make("dd", {}, words.join(" · "))];
  });
  const frame = map.getBoundingClientRect();
  tell(
    event && [event.clientX - frame.left, event.clientY - frame.top],
    line,
    make("strong", {}, flow.from === flow.to ? between(flow) : `${ends[flow.from].name} → ${ends[flow.to].name}`),
    make("div", {}, `${counted(flow)}, ${share(flow, shown.total)} of all shown`),
    make("dl", {}, ...lists),
  );
}

function showPlace(node) {
  const of = (test) => interval(whole(shown.pairs.filter(test)));
  const out = of((p) => p.from === node.n && p.to !== node.n), into = of((p) => p.to === node.n && p.from !== node.n);
  const within = of((p) => p.from === node.n && p.to === node.n);
  tell(
    [node.x, node.y + node.tall / 2],
    [],
    make("strong", {}, node.end.name),
    make("div", {}, `Out: ${out} · in: ${into} · within: ${within} (${data.unit})`),
    make("div", {}, `Click or Enter: ${state.place === node.n ? "all places again" : "only what touches it"}.`),
  );
}

// One stop of the tabulator for all flows, and one for all places; the arrow keys lead on from there.
function rove(group, chosen) {
  for (const each of group.children) each.setAttribute("tabindex", each === chosen ? 0 : -1);
}
for (const group of [flows, places]) {
  group.addEventListener("keydown", (event) => {
    const all = [...group.children], at = all.indexOf(document.activeElement), last = all.length - 1;
    const [before, after] = [Math.max(at - 1, 0), Math.min(at + 1, last)];
    const moves = { ArrowRight: after, ArrowDown: after, ArrowLeft: before, ArrowUp: before, Home: 0, End: last };
    if (at >= 0 && event.key in moves) {
      event.preventDefault();
      all[moves[event.key]].focus();
    } else if (at >= 0 && group === places && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      all[at].dispatchEvent(new MouseEvent("click"));
    }
  });
}
