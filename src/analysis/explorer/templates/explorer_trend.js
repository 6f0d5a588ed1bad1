// The years: one bar each, those of the period in colour; drawn over to choose it, or set by two sliders.

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
  let bounds = [0, 0], period = [0, 0], years = [], counts = new Map(), unit = "", wide = 0, high = 0, grey = [0, 0], elements = [];

  function setup(message) {
    bounds = message.years;
    unit = message.unit;
    grey = message.covid;
    years = Array.from({ length: bounds[1] - bounds[0] + 1 }, (_, n) => bounds[0] + n);
    elements = years.map((year) => {
      const bar = draw("rect", { class: "xp-bar", "data-year": year });
      return { bar, more: draw("rect", { class: "xp-bar xp-possible" }) };
    });
    bars.replaceChildren(...elements.flatMap(({ bar, more }) => [bar, more]));
    for (const input of sliders) fill(input, { min: bounds[0], max: bounds[1] }, []);
    counts = new Map();
  }
  function update(views, chosen) {
    counts = new Map(views.by_period.map((row) => [row.year, row]));
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

  const of = (year) => counts.get(year) ?? NOTHING;
  const left = () => extent(said(ceiling()), 11) + 8;
  const slot = () => (wide - left() - 2) / Math.max(years.length, 1);
  const yearAt = (x) => years[clamp(Math.floor((x - left()) / slot()), 0, years.length - 1)];
  function ceiling() {
    const top = Math.max(1, ...[...counts.values()].map(most)), power = 10 ** Math.floor(Math.log10(top));
    return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((step) => step * power).find((step) => step >= top && (power > 1 || step % 1 === 0));
  }

  function render() {
    [wide, high] = [svg.clientWidth || 300, svg.clientHeight || 168];
    const top = ceiling(), first = left(), room = slot(), scale = (high - TOP - BELOW) / top, floor = high - BELOW;
    const within = (year) => year >= period[0] && year <= period[1];
    svg.setAttribute("viewBox", `0 0 ${wide} ${high}`);
    const gap = Math.min(Math.max(room * 0.16, 0.5), 5), tall = (count) => count ? Math.max(count * scale, 1) : 0;
    elements.forEach(({ bar, more }, n) => {
      const row = of(years[n]), height = tall(row.count), side = { x: first + n * room + gap / 2, width: Math.max(room - gap, 1) };
      const above = Math.max(tall(most(row)) - height, 0);
      fill(bar, { ...side, y: floor - height, height }, []);
      fill(more, { ...side, y: floor - height - above, height: above }, []);
      for (const each of [bar, more]) each.classList.toggle("xp-out", !within(years[n]));
    });
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
    const each = Math.ceil(34 / room), peak = years.reduce((best, year) => most(of(year)) > most(of(best)) ? year : best, years[0]);
    axis.replaceChildren(...years.filter((_, n) => n % each === 0).map((year) =>
      draw("text", { x: Math.min(first + (year - bounds[0] + 0.5) * room, wide - 14), y: high - 4 }, room < 26 && each < 2 ? `’${String(year).slice(2)}` : year)));
    if (most(of(peak))) {
      const [x, y] = [first + (peak - bounds[0] + 0.5) * room, floor - most(of(peak)) * scale - 4];
      axis.append(draw("text", { x, y, class: "xp-peak" }, interval(of(peak))));
    }
    const told = years.map((year) => `${year} ${interval(of(year))}`).join(", ");
    svg.setAttribute("aria-label", `${unit} by year: ${told}`);
    const patch = (look, words) => make("span", {}, make("i", { class: `xp-patch ${look}`, "aria-hidden": "true" }), words);
    const isOpen = [...counts.values()].some((row) => row.high !== undefined);
    key.replaceChildren(...isShaded ? [patch("xp-covid-patch", "COVID-19 years")] : [], ...isOpen ? [patch("xp-possible-patch", "possible: year or count is an interval")] : [],
      make("span", { class: "xp-hint" }, "Draw across the bars to choose years."));
  }
  new ResizeObserver(() => { if (svg.clientWidth !== wide || svg.clientHeight !== high) render(); }).observe(svg);

  let begun = null;
  const at = (event) => yearAt(event.clientX - svg.getBoundingClientRect().left);
  svg.addEventListener("pointerdown", (event) => {
    begun = at(event);
    svg.setPointerCapture(event.pointerId);
    act.period([begun, begun]);
  });
  svg.addEventListener("pointermove", (event) => {
    const year = at(event);
    tip.tell(event.clientX, event.clientY, String(year), most(of(year)) ? counted(of(year), unit) : "none recorded");
    if (begun !== null) act.period([Math.min(begun, year), Math.max(begun, year)]);
  });
  svg.addEventListener("pointerup", () => { begun = null; });
  svg.addEventListener("pointercancel", () => { begun = null; });
  svg.addEventListener("pointerleave", tip.hide);
  svg.addEventListener("dblclick", () => act.period(bounds));
  return { setup, update, mark };
}
