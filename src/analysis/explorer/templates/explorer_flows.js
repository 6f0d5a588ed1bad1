// From where to where: the largest pairs as bars, since arrows between a few dozen places cannot be read at any width.

const FIRST = 10;
function flowsView(host, tip, act) {
  const list = make("ol", { class: "xp-flows" }), note = make("p", { class: "xp-note" });
  const more = make("button", { type: "button", class: "xp-small" });
  let open = false, shown = null, unit = "";
  more.addEventListener("click", () => {
    open = !open;
    update(shown);
  });
  host.append(list, make("div", { class: "xp-row" }, more, note));
  rove(list, () => [...list.children]);

  const rows = [];
  function row(n) {
    const arrow = make("span", { class: "xp-to", "aria-hidden": "true" }, "→"), from = make("span"), to = make("span");
    const bar = make("i"), more = make("i", { class: "xp-possible-patch" }), count = make("span", { class: "xp-count" });
    const item = make("li", { tabindex: n ? -1 : 0 }, make("span", { class: "xp-pair" }, from, " ", arrow, " ", to), count,
      make("span", { class: "xp-track", "aria-hidden": "true" }, bar, more));
    const made = { item, from, to, bar, more, count, flow: null };
    for (const event of ["pointerenter", "focus"]) item.addEventListener(event, () => act.point(made.flow));
    for (const event of ["pointerleave", "blur"]) item.addEventListener(event, () => act.point(null));
    return made;
  }

  function setup(message) { unit = message.unit; }
  function update(views) {
    shown = views;
    const drawn = open ? views.by_pair : views.by_pair.slice(0, FIRST), top = Math.max(1, ...drawn.map(most));
    while (rows.length < drawn.length) rows.push(row(rows.length));
    drawn.forEach((flow, n) => {
      const { item, from, to, bar, more, count } = rows[n], inside = flow.origin === flow.destination && !flow.unknown;
      rows[n].flow = flow;
      from.textContent = flow.origin_name;
      to.textContent = inside ? "(within)" : flow.destination_name;
      count.textContent = interval(flow);
      bar.style.width = `${100 * flow.count / top}%`;
      more.hidden = flow.high === undefined;
      more.style.width = `${100 * (most(flow) - flow.count) / top}%`;
      bar.classList.toggle("xp-open", flow.unknown === true);
      const words = inside ? `within ${flow.origin_name}` : `${flow.origin_name} to ${flow.destination_name}`;
      item.setAttribute("aria-label", `${words}: ${counted(flow, unit)}`);
    });
    if (list.children.length !== drawn.length) list.replaceChildren(...drawn.map((_, n) => rows[n].item));
    const rest = views.by_pair.length - FIRST;
    more.hidden = rest <= 0;
    more.textContent = open ? "Fewer" : `${rest} more`;
    more.setAttribute("aria-expanded", open);
    note.textContent = views.pairs_note;
  }
  return { setup, update };
}
