// Chips for what few values can be chosen from, and a list with a search where there are many.

const FEW = 9, AT_FIRST = 6;
let lists = 0;

// One filter: its values with their counts under all other filters. None chosen means all.
function choiceOf(name, words, act, searched = false) {
  const chips = make("div", { class: "xp-chips", role: "group", "aria-label": words });
  const host = make("div", { class: "xp-choice" }, make("span", { class: "xp-label", "aria-hidden": "true" }, words), chips);
  const search = searchOf(words, (value) => act.toggle(name, value));
  let made = new Map(), order = [], counts = new Map(), chosen = [];

  const of = (value) => counts.get(value) ?? NOTHING;
  const isOn = ({ value, members = [value] }) => members.every((each) => chosen.includes(each));
  function setup(values) {
    order = values;
    made = new Map(values.map((value) => [value.value, chip(value)]));
    counts = new Map();
    const isLong = searched || values.length > FEW;
    chips.replaceChildren(...values.map(({ value }) => made.get(value).button), ...isLong ? [search.host] : []);
    search.setup(values.filter(({ members }) => !members));
    host.hidden = values.length === 0;
    choose([]);
  }
  function chip({ value, label, unknown, members = [value] }) {
    const count = make("span", { class: "xp-count" });
    const button = make("button", { type: "button", class: unknown ? "xp-chip xp-open" : "xp-chip", "aria-pressed": "false",
      onclick: () => act.toggle(name, ...members) }, make("span", {}, label), " ", count);
    return { button, count };
  }
  function update(options) {
    counts = new Map(options.map((row) => [row.value, row]));
    for (const [value, { button, count }] of made) {
      const found = of(value);
      count.textContent = interval(found);
      button.classList.toggle("xp-none", !most(found));
    }
    search.update(counts);
    choose(chosen);
  }
  // Long lists show the chosen and, of the others, the largest; where they are searched, the chosen alone.
  function choose(values) {
    chosen = values;
    const isLong = order.length > FEW, first = searched ? 0 : isLong ? AT_FIRST : order.length;
    const largest = order.map(({ value }) => value).sort((a, b) => most(of(b)) - most(of(a))).slice(0, first);
    for (const each of order) {
      const { button } = made.get(each.value);
      button.setAttribute("aria-pressed", isOn(each));
      button.hidden = !isOn(each) && !largest.includes(each.value);
    }
    search.choose(values);
  }
  return { host, setup, update, choose };
}

function searchOf(words, toggle) {
  const id = `xp-list-${lists += 1}`;
  const input = make("input", { type: "text", role: "combobox", class: "xp-search", "aria-expanded": "false", "aria-controls": id,
    "aria-autocomplete": "list", "aria-label": `Search: ${words}`, autocomplete: "off", spellcheck: "false" });
  const list = make("ul", { id, role: "listbox", "aria-label": words, "aria-multiselectable": "true", hidden: true });
  const host = make("span", { class: "xp-combo" }, input, list);
  let items = [], at = -1, values = [];
  const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").replaceAll("ı", "i").toLowerCase();
  const seen = () => items.filter((item) => !item.element.hidden);

  function setup(given) {
    items = given.map(({ value, label }, n) => {
      const count = make("span", { class: "xp-count" });
      const element = make("li", { role: "option", id: `${id}-${n}`, "aria-selected": "false" }, make("span", {}, label), count);
      element.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        pick({ value });
      });
      return { value, label, element, count };
    });
    list.replaceChildren(...items.map((item) => item.element));
    input.placeholder = `search ${given.length} …`;
  }
  function open() {
    const sought = folded(input.value.trim());
    for (const item of items) item.element.hidden = !folded(item.label).includes(sought);
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    // Only what has been typed or stepped to is taken by Enter.
    active(sought ? 0 : -1);
  }
  function close() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    at = -1;
  }
  function active(n) {
    const all = seen();
    at = all.length ? clamp(n, -1, all.length - 1) : -1;
    items.forEach((item) => item.element.classList.toggle("xp-at", item === all[at]));
    if (at < 0) input.removeAttribute("aria-activedescendant");
    else {
      input.setAttribute("aria-activedescendant", all[at].element.id);
      list.scrollTop = clamp(list.scrollTop, all[at].element.offsetTop - list.clientHeight + all[at].element.offsetHeight, all[at].element.offsetTop);
    }
  }
  function pick(item) {
    input.value = "";
    toggle(item.value);
    open();
  }
  input.addEventListener("focus", open);
  input.addEventListener("click", open);
  input.addEventListener("input", open);
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      if (list.hidden) open();
      active(at + step);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (at >= 0) pick(seen()[at]);
    } else if (event.key === "Escape") {
      input.value = "";
      close();
    } else if (event.key === "Backspace" && !input.value && values.length) toggle(values[values.length - 1]);
  });
  return {
    host,
    setup,
    update(counts) { for (const item of items) item.count.textContent = interval(counts.get(item.value) ?? NOTHING); },
    choose(chosen) {
      values = chosen;
      for (const item of items) item.element.setAttribute("aria-selected", chosen.includes(item.value));
    },
  };
}
