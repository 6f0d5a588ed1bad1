"use strict";
(() => {
  const SHOWN = 40;
  const AROUND = 90;
  const SAYS_LITTLE = 30;
  // By kind: a page, a section, a figure or table, a finding, what stands in an annex.
  const IN_TITLE = [60, 40, 24, 6, 3];
  const IN_TEXT = [6, 6, 4, 5, 2];

  const { trails, entries } = JSON.parse(document.getElementById("entries").textContent);
  const form = document.querySelector("form.search");
  const field = document.getElementById("query");
  const found = document.getElementById("found");
  const list = document.getElementById("results");

  // Letters without their accents; the Turkish ı is an i, and so is İ once its dot is off.
  const plain = (text) =>
    text
      .normalize("NFD")
      .replace(/\p{M}/gu, "")
      .toLowerCase()
      .replace(/ı/g, "i")
      .replace(/æ/g, "ae")
      .replace(/œ/g, "oe")
      .replace(/ß/g, "ss");
  const spaced = (text) => " " + plain(text).replace(/[^\p{L}\p{N}]+/gu, " ").trim() + " ";
  const index = entries.map(([address, title, trail, kind, text]) => ({
    address,
    title,
    trail: trails[trail],
    kind,
    text,
    inTitle: spaced(title),
    inText: spaced(text),
  }));

  const times = (text, word) => {
    let n = 0;
    for (let at = text.indexOf(" " + word); at >= 0 && n < 8; at = text.indexOf(" " + word, at + 1)) n += 1;
    return n;
  };
  // How well an entry answers: 0 unless every word begins some word of it; whole words and titles count for more.
  const score = (entry, words) => {
    let sum = 0;
    for (const word of words) {
      const inTitle = times(entry.inTitle, word);
      const inText = times(entry.inText, word);
      if (!inTitle && !inText) return 0;
      if (inTitle) sum += IN_TITLE[entry.kind] * (entry.inTitle.includes(` ${word} `) ? 2 : 1);
      if (inText) sum += IN_TEXT[entry.kind] * (1 + Math.log2(inText)) * (entry.inText.includes(` ${word} `) ? 1.5 : 1);
    }
    const phrase = " " + words.join(" ");
    if (words.length > 1 && (entry.inTitle.includes(phrase) || entry.inText.includes(phrase))) sum *= 1.5;
    return sum;
  };

  // Where in a text its words begin that begin with one of those looked for: pairs of first letter and end.
  const marks = (text, words) => {
    const spots = [];
    for (const match of text.matchAll(/[\p{L}\p{N}\p{M}]+/gu)) {
      const word = plain(match[0]);
      const hit = words.filter((each) => word.startsWith(each)).sort((a, b) => b.length - a.length)[0];
      if (!hit) continue;
      let end = 0;
      for (const letter of match[0].match(/\P{M}\p{M}*/gu) ?? []) {
        end += letter.length;
        if (plain(match[0].slice(0, end)).length >= hit.length) break;
      }
      spots.push([match.index, match.index + end]);
    }
    return spots;
  };
  const marked = (text, words, [from, to] = [0, text.length]) => {
    const parts = [];
    let at = from;
    for (const [first, end] of marks(text, words)) {
      if (first < at || end > to) continue;
      const mark = document.createElement("mark");
      mark.textContent = text.slice(first, end);
      parts.push(text.slice(at, first), mark);
      at = end;
    }
    return [...parts, text.slice(at, to)];
  };
  // The piece of a text in which most different words stand near each other, cut between words.
  const context = (text, words) => {
    const spots = marks(text, words);
    const near = (spot) =>
      new Set(spots.filter(([at]) => at >= spot[0] && at < spot[0] + 2 * AROUND).map(([a, b]) => plain(text.slice(a, b)))).size;
    const best = spots.reduce((held, spot) => (held && near(held) >= near(spot) ? held : spot), null);
    const middle = best ? best[0] : 0;
    const from = middle <= AROUND ? 0 : text.indexOf(" ", middle - AROUND) + 1;
    const far = middle + 2 * AROUND;
    const to = far >= text.length ? text.length : Math.max(text.lastIndexOf(" ", far), best ? best[1] : 0);
    return [from ? "… " : "", ...marked(text, words, [from, to]), to < text.length ? " …" : ""];
  };

  const element = (name, content, type = "") => {
    const made = document.createElement(name);
    made.append(...content);
    if (type) made.className = type;
    return made;
  };
  const result = (entry, words) => {
    const link = element("a", marked(entry.title, words));
    link.href = entry.address;
    const parts = [element("p", [link])];
    if (entry.trail !== entry.title) parts.push(element("p", [entry.trail], "quiet"));
    if (entry.text.length > SAYS_LITTLE || marks(entry.text, words).length) parts.push(element("p", context(entry.text, words), "context"));
    return element("li", parts);
  };

  const search = () => {
    const query = field.value.trim();
    const words = spaced(query).trim().split(" ").filter(Boolean);
    const hits = index
      .map((entry, order) => ({ entry, order, points: words.length ? score(entry, words) : 0 }))
      .filter(({ points }) => points > 0)
      .sort((a, b) => b.points - a.points || a.order - b.order);
    const shown = hits.slice(0, SHOWN);
    list.replaceChildren(...shown.map(({ entry }) => result(entry, words)));
    list.hidden = !shown.length;
    const n = hits.length.toLocaleString(document.documentElement.lang);
    const say = !query ? "" : !hits.length ? "none" : hits.length === 1 ? "one" : hits.length > SHOWN ? "first" : "some";
    const said = say ? found.dataset[say] : "";
    found.textContent = said.replace("{n}", n).replace("{shown}", String(SHOWN)).replace("{query}", () => query);
  };

  // The words looked for stand in the address, so that the way back from a result leads to the same results.
  const remember = () => history.replaceState(null, "", field.value ? "#q=" + encodeURIComponent(field.value) : "#");
  const recall = () => {
    const said = location.hash.startsWith("#q=") ? location.hash.slice(3) : "";
    try {
      field.value = decodeURIComponent(said);
    } catch {
      field.value = said;
    }
    search();
  };

  let waiting = 0;
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => (search(), remember()), 120);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(waiting);
    search();
    remember();
  });
  const links = () => [...list.querySelectorAll("a")];
  document.querySelector("main").addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const stops = [field, ...links()];
    const at = stops.indexOf(document.activeElement);
    if (!step || at < 0 || !stops[at + step]) return;
    event.preventDefault();
    stops[at + step].focus();
  });
  addEventListener("hashchange", recall);
  form.hidden = false;
  recall();
  field.focus();
})();
