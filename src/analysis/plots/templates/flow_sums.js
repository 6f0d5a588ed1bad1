// Flows unpacked, what of them is chosen, what that adds up to, and how it is said in words.

const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("data").textContent);
const [INSIDE, REGION, BEYOND, REGION_BEYOND, NOWHERE, BESIDE] = [0, 1, 2, 3, 4, 5];
const ends = data.ends.map(([name, text, kind, x, y, own]) => ({ name, text, kind, x, y, own }));

const signs = new Map([..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"].map((s, n) => [s, n]));
function unpack(text) {
  const numbers = [];
  let value = 0, place = 1;
  for (const sign of text) {
    const five = signs.get(sign);
    value += (five % 32) * place;
    place *= 32;
    if (five < 32) {
      numbers.push(value);
      value = 0;
      place = 1;
    }
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

const state = { chosen: data.filters.map((filter) => filter.values.map(() => true)), place: null, top: data.top };

// A sum: low, high of those that have one, and how many are open above.
const sum = () => ({ low: 0, high: 0, open: 0 });
function add(total, low, high) {
  total.low += low;
  if (high === Infinity) total.open++; else total.high += high;
}
function whole(list) {
  const total = sum();
  for (const part of list) for (const key of ["low", "high", "open"]) total[key] += part[key];
  return total;
}
const upper = (total) => total.open ? Infinity : total.high;
const isOpen = (total) => total.open > 0 || total.low !== total.high;
const isNone = (total) => !total.high && !total.open;
const isUnknown = (pair) => pair.from === data.unknown || pair.to === data.unknown;

function tally() {
  // Of each set of values: -1 if it is shown, f if filter f alone hides it, -2 if several do.
  const hidden = combinations.map((values) => values.reduce(
    (by, each, f) => each.some((v) => state.chosen[f][v]) ? by : by === -1 ? f : -2, -1,
  ));
  const found = { hidden, pairs: [], facets: data.filters.map((filter) => filter.values.map(sum)) };
  for (const pair of pairs) {
    if (state.place !== null && pair.from !== state.place && pair.to !== state.place) continue;
    const own = sum();
    for (const [combination, low, high] of pair.rows) {
      const by = hidden[combination];
      if (by === -1) add(own, low, high);
      // What a value would add: the other filters hold, its own does not.
      if (by !== -2) combinations[combination].forEach((values, f) => {
        if (by === -1 || by === f) for (const v of values) add(found.facets[f][v], low, high);
      });
    }
    if (!isNone(own)) found.pairs.push({ ...pair, ...own });
  }
  found.total = whole(found.pairs);
  found.pairs.sort((a, b) => (upper(a) === upper(b) ? 0 : upper(b) - upper(a)) || b.low - a.low || a.id - b.id);
  const onMap = (pair) => ends[pair.from].kind !== NOWHERE && ends[pair.to].kind !== NOWHERE;
  const placed = found.pairs.filter(onMap);
  return {
    ...found,
    drawn: placed.slice(0, state.top),
    others: placed.slice(state.top),
    lost: found.pairs.filter((pair) => !onMap(pair)),
  };
}

// What of a pair is shown, by the values of a filter.
function parts(pair, f, hidden) {
  const sums = data.filters[f].values.map(sum);
  for (const [combination, low, high] of pair.rows) {
    if (hidden[combination] === -1) for (const v of combinations[combination][f]) add(sums[v], low, high);
  }
  return sums.map((total, v) => [data.filters[f].values[v], total]).filter(([, total]) => !isNone(total));
}

const number = (value) => value.toLocaleString("en-US");
function interval(total) {
  if (total.open) return `≥${number(total.low)}`;
  return total.low === total.high ? number(total.low) : `${number(total.low)}–${number(total.high)}`;
}
function counted(total) {
  const words = interval(total);
  return `${words} ${words === "1" ? data.unit.replace(/s\b/, "") : data.unit}`;
}
const several = (count, word) => `${number(count)} ${word}${count === 1 ? "" : "s"}`;
function percent(value) {
  if (value > 0 && value < 0.001) return "<0.1%";
  return `${(100 * value).toFixed(value > 0 && value < 0.0995 ? 1 : 0)}%`;
}
function share(part, total) {
  // The part at its least among the others at their most, and the other way round.
  const others = { low: total.low - part.low, high: total.open > part.open ? Infinity : total.high - part.high };
  const low = percent(part.low ? part.low / (part.low + others.high) : 0);
  const high = percent(part.open ? 1 : part.high / (part.high + others.low));
  return low === high ? low : `${low.slice(0, -1)}–${high}`;
}
// Whose two ends are unknown need not stay within one place.
const isWithin = ({ from, to }) => from === to && from !== data.unknown;
const between = (pair) =>
  isWithin(pair) ? `within ${ends[pair.from].name}` : `${ends[pair.from].name} to ${ends[pair.to].name}`;
