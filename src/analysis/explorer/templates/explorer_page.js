// Elements, numbers, and the tip that all views share.

const SVG = "http://www.w3.org/2000/svg";
function fill(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (typeof value === "boolean") element.toggleAttribute(key, value);
    else if (value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}
const make = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
const draw = (tag, attributes = {}, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const said = (count) => whole.format(count);
// A count in words; `high` is there only if it is an interval.
const interval = ({ count, high }) => high === undefined ? said(count) : `${said(count)}–${said(high)}`;
// With its unit, which is in the plural: "1 person", "412 persons".
const counted = (row, unit) =>
  `${interval(row)} ${row.count === 1 && row.high === undefined ? unit.replace(/^(\w+)s\b/, "$1") : unit}`;
const most = ({ count, high }) => high ?? count;
const NOTHING = { count: 0 };
const trace = (points) => points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join(" ");
const meets = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

const pen = document.createElement("canvas").getContext("2d");
function extent(words, size) {
  pen.font = `${size}px system-ui, sans-serif`;
  return pen.measureText(words).width;
}

// What is sent to the browser's clipboard, or left selected for the reader where there is none.
async function copied(words, field) {
  try {
    await navigator.clipboard.writeText(words);
    return true;
  } catch {
    field.value = words;
    field.hidden = false;
    field.focus();
    field.select();
    return false;
  }
}

function tipOf(host) {
  const tip = make("div", { class: "xp-tip", role: "tooltip", hidden: true });
  host.append(tip);
  return {
    // At a point of the window; to the other side of it where there is no room.
    tell(x, y, title, ...lines) {
      tip.replaceChildren(make("strong", {}, title), ...lines.filter(Boolean).map((line) => make("div", {}, line)));
      tip.hidden = false;
      const frame = host.getBoundingClientRect(), { offsetWidth: wide, offsetHeight: tall } = tip;
      const left = x - frame.left + 14 + wide > frame.width ? x - frame.left - wide - 14 : x - frame.left + 14;
      const top = y - frame.top + 14 + tall > frame.height ? y - frame.top - tall - 10 : y - frame.top + 14;
      tip.style.transform = `translate(${Math.max(left, 0).toFixed()}px, ${Math.max(top, 0).toFixed()}px)`;
    },
    hide() { tip.hidden = true; },
  };
}

// One stop of the tabulator for a whole group; the arrow keys lead on, by `next` or along the row.
function rove(group, members, next) {
  const all = () => members().filter((each) => !each.hidden);
  group.addEventListener("keydown", (event) => {
    const list = all(), at = list.indexOf(document.activeElement);
    if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const target = event.key === "Home" ? list[0]
      : event.key === "End" ? list[list.length - 1]
        : step && (next ? next(list[at], event.key) : list[clamp(at + step, 0, list.length - 1)]);
    if (!target) return;
    event.preventDefault();
    event.stopPropagation();
    for (const each of list) each.setAttribute("tabindex", each === target ? 0 : -1);
    target.focus();
  });
}
