// The same as a table, and the way out for it: what may leave is decided by the release's rules, not here.

function tableView(act) {
  const columns = make("div", { class: "xp-chips", role: "group", "aria-label": "Columns of the table" });
  const caption = make("caption"), head = make("tr"), body = make("tbody"), note = make("p", { class: "xp-note" });
  const table = make("table", {}, caption, make("thead", {}, head), body);
  const take = make("button", { type: "button", class: "xp-take" }, "Export a table");
  const answer = make("div", { class: "xp-answer", role: "status", "aria-live": "polite" });
  const panel = make("div", { class: "xp-panel xp-table" },
    make("div", { class: "xp-choice" }, make("span", { class: "xp-label", "aria-hidden": "true" }, "Columns"), columns),
    make("div", { class: "xp-wide", tabindex: 0, role: "region", "aria-label": "Table" }, table), note,
    make("div", { class: "xp-row" }, take, answer));
  const host = make("details", { class: "xp-more" }, make("summary", {}, "Table"), panel);
  let by = [], given = [], unit = "", address = null;
  host.addEventListener("toggle", () => { if (host.open) ask(); });
  take.addEventListener("click", () => {
    take.disabled = true;
    answer.textContent = "Held to the rules of a release …";
    act.take(by);
  });
  const ask = () => { if (by.length) act.table(by); };

  function setup(message) {
    given = message.dimensions;
    unit = message.unit;
    by = message.by;
    columns.replaceChildren(...given.map(({ name, label }) => make("button", { type: "button", class: "xp-chip", "data-name": name,
      onclick: () => {
        by = given.map((each) => each.name).filter((each) => (each === name) !== by.includes(each));
        mark();
        ask();
      } }, label)));
    mark();
    body.replaceChildren();
    answer.replaceChildren();
  }
  const mark = () => {
    for (const chip of columns.children) chip.setAttribute("aria-pressed", by.includes(chip.dataset.name));
    take.disabled = !by.length;
  };

  function update(message) {
    caption.textContent = message.caption;
    head.replaceChildren(...message.columns.map((name, n) =>
      make("th", { scope: "col", class: n === message.columns.length - 1 ? "xp-number" : undefined }, name)));
    body.replaceChildren(...message.rows.map((row) => make("tr", {}, ...row.map((cell, n) => {
      const last = n === row.length - 1;
      return n ? make("td", { class: last ? "xp-number" : undefined }, cell) : make("th", { scope: "row" }, cell);
    }))));
    note.textContent = message.note;
  }
  // Whether it was let out, in a sentence; if so the file itself, which needs no server to be had.
  function taken(message, content) {
    take.disabled = !by.length;
    if (address) URL.revokeObjectURL(address);
    address = null;
    answer.replaceChildren(make("p", { class: message.file ? "xp-good" : "xp-refused" }, message.sentence));
    if (!message.file) return;
    address = URL.createObjectURL(new Blob([content], { type: "text/csv" }));
    answer.append(make("a", { href: address, download: message.file, class: "xp-download" }, `Download ${message.file}`));
  }
  return { host, setup, update, taken, again: () => { if (host.open) ask(); } };
}
