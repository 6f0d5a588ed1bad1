// Two records side by side, judged by single keys; the kernel keeps each answer and sends the next pair.

const KEYS = { s: "same", n: "not same", c: "cannot say" };
const WORDS = { same: "Same person", "not same": "Not the same", "cannot say": "Cannot say" };
const SIGNS = { agrees: "=", partly: "≈", differs: "≠", "not weighed": "" };
const PATIENCE = 4000; // milliseconds after which a kernel that says nothing is called busy
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (typeof value === "boolean") element.toggleAttribute(key, value);
    else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}
const bits = (value) => value === null ? "" : `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(1)}`;

function render({ model, el }) {
  const root = make("section", { class: "pr", tabindex: "0", "aria-label": "Review of pairs", "data-lm-suppress-shortcuts": "true" });
  const measures = root.measures = [];
  let pair = null, waiting = false, since = 0, patience = 0;
  const kind = make("strong", { class: "pr-kind" }), line = make("p", { class: "pr-line", role: "status", "aria-live": "polite" });
  const done = make("progress", { max: "1", value: "0", "aria-label": "Pairs answered" });
  const trouble = make("p", { class: "pr-trouble", role: "alert", hidden: true });
  const heads = [make("th", { scope: "col" }), make("th", { scope: "col" })], body = make("tbody");
  const weight = make("th", { scope: "col" });
  const table = make("table", {}, make("thead", {}, make("tr", {}, make("td"), ...heads, weight)), body);
  const buttons = Object.fromEntries(Object.entries(KEYS).map(([key, answer]) => [answer,
    make("button", { type: "button", "aria-pressed": "false", onclick: () => say(answer) }, make("kbd", {}, key.toUpperCase()), ` ${WORDS[answer]}`)]));
  const before = make("button", { type: "button", onclick: () => go(-1) }, make("kbd", {}, "←"), " Back");
  const after = make("button", { type: "button", onclick: () => go(1) }, make("kbd", {}, "→"), " Skip");
  const reason = make("input", { type: "text", maxlength: "200", placeholder: "no name, no number", "aria-label": "Reason" });
  root.append(make("div", { class: "pr-top" }, kind, line, done), trouble, table,
    make("div", { class: "pr-answers" }, ...Object.values(buttons), before, after),
    make("label", { class: "pr-reason" }, make("kbd", {}, "R"), " Reason ", reason),
    make("p", { class: "pr-note" }, "Bits: one more doubles the odds that two records are one person. The weight of the pair counts rare names and chance, too. Each answer is kept at once; a later one stands beside it."));
  el.append(root);

  function tell(message) {
    if (waiting) return;
    waiting = true;
    since = performance.now();
    patience = setTimeout(() => alert("The kernel is busy, or gone. What was answered before is kept."), PATIENCE);
    model.send(message);
  }
  function say(answer) {
    if (pair) tell({ ask: "answer", number: pair.number, answer, reason: reason.value, next: pair.number + 1 });
  }
  function go(step) {
    if (pair) tell({ ask: "pair", next: pair.number + step });
  }
  function alert(sentence) {
    trouble.textContent = sentence;
    trouble.hidden = !sentence;
  }
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    // JupyterLab has commands on arrows and single letters.
    event.stopPropagation();
    if (event.target === reason) {
      if (event.key === "Enter" || event.key === "Escape") root.focus();
      return;
    }
    const key = event.key.toLowerCase();
    if (event.repeat) return;
    if (KEYS[key]) say(KEYS[key]);
    else if (key === "arrowleft") go(-1);
    else if (key === "arrowright") go(1);
    else if (key === "r") reason.focus();
    else return;
    event.preventDefault();
  });

  function show(message) {
    pair = message;
    root.dataset.kind = message.kind;
    kind.textContent = message.kind === "synthetic" ? "SYNTHETIC" : message.kind === "confidential" ? "CONFIDENTIAL" : "public";
    const left = message.open ? `${message.open} to go` : "all answered";
    line.textContent = `Pair ${message.number + 1} of ${message.of}, ${left}. ${message.answer ? `Your answer: ${message.answer}.` : ""}`;
    line.title = message.reviewer;
    done.value = (message.of - message.open) / message.of;
    heads.forEach((head, side) => { head.textContent = message.places[side]; });
    weight.textContent = `pair ${bits(message.weight)} bits`;
    body.replaceChildren(...message.lines.map((each) => make("tr", { "data-agreement": each.agreement },
      make("th", { scope: "row" }, each.line), make("td", { class: "pr-said", dir: "auto" }, each.one || "–"), make("td", { class: "pr-said", dir: "auto" }, each.other || "–"),
      make("td", {}, make("span", { class: "pr-sign", "aria-hidden": "true" }, SIGNS[each.agreement]), ` ${each.words || each.agreement} `, make("span", { class: "pr-bits" }, bits(each.bits))))));
    for (const [answer, button] of Object.entries(buttons)) button.setAttribute("aria-pressed", String(answer === message.answer));
    reason.value = message.reason;
    before.disabled = message.number === 0;
    after.disabled = message.number === message.of - 1;
    // How long it took from the key to the frame that shows the next pair; for whoever wants to know, the last thousand.
    requestAnimationFrame(() => { measures.push(performance.now() - since); if (measures.length > 1000) measures.shift(); });
  }
  function receive(message) {
    clearTimeout(patience);
    waiting = false;
    alert(message.say === "failed" ? message.sentence : "");
    if (message.say === "pair") show(message);
  }
  model.on("msg:custom", receive);
  tell({ ask: "pair" });
  requestAnimationFrame(() => root.focus());
  return () => { clearTimeout(patience); model.off("msg:custom", receive); };
}

export default { render };
