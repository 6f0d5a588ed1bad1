"use strict";
(() => {
  const form = document.querySelector("form.filter");
  const place = document.getElementById("of-place");
  const body = document.getElementById("of-body");
  const said = document.getElementById("filtered");
  // Letters without their accents; the Turkish ı is an i.
  const plain = (text) =>
    " " + text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(/ı/g, "i").replace(/[^\p{L}\p{N}]+/gu, " ") + " ";
  const apart = JSON.parse(form.dataset.apart);
  // What a recommendation says of places in which it does not hold is no reason to show it for them.
  const relevant = (node) => {
    let kept = true;
    const words = [];
    for (const each of node.childNodes) {
      if (each.nodeName === "STRONG") kept = !apart.some((label) => each.textContent.startsWith(label));
      if (kept) words.push(each.textContent);
    }
    return words.join(" ");
  };
  const studies = [...place.querySelectorAll("optgroup")].map((group) => ({
    ids: new Set(group.dataset.ids.split(" ")),
    places: [...group.querySelectorAll("option")].map((option) => plain(option.value)),
  }));
  // A recommendation is a heading and what follows it; so is the group that it stands in.
  const following = (heading, levels) => {
    const found = [heading];
    for (let at = heading.nextElementSibling; at && !levels.includes(at.tagName); at = at.nextElementSibling) found.push(at);
    return found;
  };
  const units = [...document.querySelectorAll('main h3[id^="recommendation-"]')].map((heading) => {
    const nodes = following(heading, ["H2", "H3"]);
    const text = plain(nodes.map(relevant).join(" "));
    const study = studies.find(({ ids }) => ids.has(heading.id));
    return { nodes, text, study, named: study ? study.places.filter((each) => text.includes(each)) : [] };
  });
  const groups = [...document.querySelectorAll("main h2")]
    .map((heading) => following(heading, ["H2"]))
    .map((nodes) => ({ nodes, units: units.filter((unit) => nodes.includes(unit.nodes[0])) }))
    .filter((group) => group.units.length);
  // One that names no place of its study holds in all of them.
  const holds = (unit, chosen) =>
    !chosen || unit.named.includes(chosen) || (!unit.named.length && unit.study && unit.study.places.includes(chosen));
  const filter = () => {
    const chosen = place.value && plain(place.value);
    const words = plain(body.value).split(" ").filter(Boolean);
    let shown = 0;
    for (const group of groups) {
      let any = false;
      for (const unit of group.units) {
        const found = holds(unit, chosen) && words.every((word) => unit.text.includes(" " + word));
        for (const node of unit.nodes) node.hidden = !found;
        any ||= found;
        shown += found;
      }
      const own = new Set(group.units.flatMap((unit) => unit.nodes));
      for (const node of group.nodes) if (!own.has(node)) node.hidden = !any;
    }
    said.textContent = chosen || words.length ? said.dataset.found.replace("{n}", String(shown)).replace("{all}", String(units.length)) : "";
  };
  for (const field of [place, body]) field.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  filter();
})();
