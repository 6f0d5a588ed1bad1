// The years: one bar each, or one for each of two areas, those of the period in colour; drawn over to choose it, or set
// by two sliders.

const TOP = 18, BELOW = 20;
function trendView(host, tip, act) {
  const covid = draw("rect", { class: "xp-covid" }), grid = draw("g", { class: "xp-grid" }), bars = draw("g");
  const axis = draw("g", { class: "xp-axis" }), brush = draw("rect", { class: "xp-brush", y: 0 });
  const svg = draw("svg", { class: "xp-trend", role: "img" }, covid, grid, brush, bars, axis);
  const key = make("div", { class: "xp-key" });
  const slider = (words, end) => {
    const input = make("input", { type: "range", step: 1, "aria-label": words });
    input.addEventListener("input", () => {
      const other = period[1 - end], year = Number(input.value);
      act.period(end ? [Math.min(other, year), year] : [year, Math.max(other, year)]);
    });
    return input;
  };
  const sliders = [slider("First year", 0), slider("Last year", 1)];
  const outputs = sliders.map(() => make("output", {}));
  const all = make("button", { type: "button", class: "xp-small", onclick: () => act.period(bounds) }, "All years");
  const row = (words, n) => make("label", {}, make("span", {}, words), sliders[n], outputs[n]);
  host.append(svg, key, make("div", { class: "xp-period" }, row("From", 0), row("to", 1), all));
  let bounds = [0, 0], period = [0, 0], years = [], unit = "", wide = 0, high = 0, grey = [0, 0], elements = [];
  // What has bars of its own: all that is chosen, without a name; or each of two areas.
  let series = [];

  function setup(message) {
    bounds = message.years;
    unit = message.unit;
    grey = message.covid;
    years = Array.from({ length: bounds[1] - bounds[0] + 1 }, (_, n) => bounds[0] + n);
    for (const input of sliders) fill(input, { min: bounds[0], max: bounds[1] }, []);
    series = [];
    give([{ name: "", by_period: [] }]);
  }
  function give(rows) {
    const isOther = rows.length !== series.length;
    series = rows.map(({ name, by_period }) => ({ name, counts: new Map(by_period.map((row) => [row.year, row])) }));
    if (!isOther) return;
    elements = series.map((_, n) => years.map((year) => {
      const look = n ? "xp-bar xp-second" : "xp-bar";
      return { bar: draw("rect", { class: look, "data-year": year }), more: draw("rect", { class: `${look} xp-possible` }) };
    }));
    bars.replaceChildren(...elements.flat().flatMap(({ bar, more }) => [bar, more]));
  }
  function update(views, chosen) {
    give(views.compared.length ? views.compared : [{ name: "", by_period: views.by_period }]);
    mark(chosen);
  }
  // At once, before the counts are here: the hand that moves a slider must see it move.
  function mark(chosen) {
    period = chosen;
    period.forEach((year, n) => {
      sliders[n].value = year;
      outputs[n].textContent = year;
      sliders[n].setAttribute("aria-valuetext", String(year));
    });
    all.disabled = period[0] === bounds[0] && period[1] === bounds[1];
    render();
  }

  const of = ({ counts }, year) => counts.get(year) ?? NOTHING;
  const every = () => series.flatMap(({ counts }) => [...counts.values()]);
  const left = () => extent(said(ceiling()), 11) + 8;
  const slot = () => (wide - left() - 2) / Math.max(years.length, 1);
  const yearAt = (x) => years[clamp(Math.floor((x - left()) / slot()), 0, years.length - 1)];
  function ceiling() {
    const top = Math.max(1, ...every().map(most)), power = 10 ** Math.floor(Math.log10(top));
    return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((step) => step * power).find((step) => step >= top && (power > 1 || step % 1 === 0));
  }

  function render() {
    [wide, high] = [svg.clientWidth || 300, svg.clientHeight || 168];
    const top = ceiling(), first = left(), room = slot(), scale = (high - TOP - BELOW) / top, floor = high - BELOW;
    const within = (year) => year >= period[0] && year <= period[1];
    svg.setAttribute("viewBox", `0 0 ${wide} ${high}`);
    const gap = Math.min(Math.max(room * 0.16, 0.5), 5), tall = (count) => count ? Math.max(count * scale, 1) : 0;
    const width = Math.max((room - gap) / series.length, 1), begin = (n, k) => first + n * room + gap / 2 + k * width;
    series.forEach((one, k) => elements[k].forEach(({ bar, more }, n) => {
      const row = of(one, years[n]), height = tall(row.count), side = { x: begin(n, k), width };
      const above = Math.max(tall(most(row)) - height, 0);
      fill(bar, { ...side, y: floor - height, height }, []);
      fill(more, { ...side, y: floor - height - above, height: above }, []);
      for (const each of [bar, more]) each.classList.toggle("xp-out", !within(years[n]));
    }));
    const from = Math.max(grey[0], bounds[0]), to = Math.min(grey[1], bounds[1]), isShaded = to >= from;
    fill(covid, { x: first + (from - bounds[0]) * room, y: TOP - 6, height: floor - TOP + 6 }, []);
    covid.setAttribute("width", isShaded ? (to - from + 1) * room : 0);
    const chosen = { x: first + (period[0] - bounds[0]) * room, width: (period[1] - period[0] + 1) * room };
    fill(brush, { ...chosen, y: floor, height: 3 }, []);
    const half = top > 1 && top / 2 % 1 === 0 ? [0, top / 2, top] : [0, top];
    grid.replaceChildren(...half.flatMap((value) => {
      const y = floor - value * scale;
      return [draw("path", { d: `M${first} ${y}H${wide}` }), draw("text", { x: first - 5, y: y + 4 }, said(value))];
    }));
    const each = Math.ceil(34 / room);
    axis.replaceChildren(...years.filter((_, n) => n % each === 0).map((year) =>
      draw("text", { x: Math.min(first + (year - bounds[0] + 0.5) * room, wide - 14), y: high - 4 }, room < 26 && each < 2 ? `’${String(year).slice(2)}` : year)));
    series.forEach((one, k) => {
      const peak = years.reduce((best, year) => most(of(one, year)) > most(of(one, best)) ? year : best, years[0]), row = of(one, peak);
      if (!most(row)) return;
      axis.append(draw("text", { x: begin(peak - bounds[0], k) + width / 2, y: floor - most(row) * scale - 4, class: "xp-peak" }, interval(row)));
    });
    const told = series.map((one) => `${one.name && `${one.name}: `}${years.map((year) => `${year} ${interval(of(one, year))}`).join(", ")}`);
    svg.setAttribute("aria-label", `${unit} by year: ${told.join("; ")}`);
    const patch = (look, words) => make("span", {}, make("i", { class: `xp-patch ${look}`, "aria-hidden": "true" }), words);
    const isOpen = every().some((row) => row.high !== undefined);
    const names = series.length > 1 ? series.map(({ name }, k) => patch(k ? "xp-bar-patch xp-second" : "xp-bar-patch", name)) : [];
    key.replaceChildren(...names, ...isShaded ? [patch("xp-covid-patch", "COVID-19 years")] : [], ...isOpen ? [patch("xp-possible-patch", "possible: year or count is an interval")] : [],
      make("span", { class: "xp-hint" }, "Draw across the bars to choose years; Shift and click adds one."));
  }
  new ResizeObserver(() => { if (svg.clientWidth !== wide || svg.clientHeight !== high) render(); }).observe(svg);

  // The years from which the hand widens: the one that it is on, or with Shift those that are chosen.
  let begun = null;
  const widen = (year) => act.period([Math.min(begun[0], year), Math.max(begun[1], year)]);
  const at = (event) => yearAt(event.clientX - svg.getBoundingClientRect().left);
  svg.addEventListener("pointerdown", (event) => {
    const year = at(event);
    begun = event.shiftKey ? period : [year, year];
    svg.setPointerCapture(event.pointerId);
    widen(year);
  });
  svg.addEventListener("pointermove", (event) => {
    const year = at(event);
    const lines = series.map((one) => `${one.name && `${one.name}: `}${most(of(one, year)) ? counted(of(one, year), unit) : "none recorded"}`);
    tip.tell(event.clientX, event.clientY, String(year), ...lines);
    if (begun) widen(year);
  });
  svg.addEventListener("pointerup", () => { begun = null; });
  svg.addEventListener("pointercancel", () => { begun = null; });
  svg.addEventListener("pointerleave", tip.hide);
  svg.addEventListener("dblclick", () => act.period(bounds));
  return { setup, update, mark };
}
