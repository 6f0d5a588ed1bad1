"use strict";
(() => {
  const form = document.querySelector("form.filter");
  const place = document.getElementById("of-place");
  const body = document.getElementById("of-body");
  const said = document.getElementById("filtered");
  // Letters without their accents; the Turkish ı is an i.
  const plain = (text) =>
    " " + text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(/ı/g, "i").replace(/[^\p{L}\p{N}]+/gu, " ") + " ";
  // A recommendation is a heading and what follows it; so is the group that it stands in.
  const following = (heading, levels) => {
    const found = [heading];
    for (let at = heading.nextElementSibling; at && !levels.includes(at.tagName); at = at.nextElementSibling) found.push(at);
    return found;
  };
  const units = [...document.querySelectorAll('main h3[id^="recommendation-"]')].map((heading) => {
    const nodes = following(heading, ["H2", "H3"]);
    return { nodes, id: heading.id, text: plain(nodes.map((node) => node.textContent).join(" ")) };
  });
  const groups = [...document.querySelectorAll("main h2")]
    .map((heading) => following(heading, ["H2"]))
    .map((nodes) => ({ nodes, units: units.filter((unit) => nodes.includes(unit.nodes[0])) }))
    .filter((group) => group.units.length);
  const filter = () => {
    const holding = place.value ? new Set(place.selectedOptions[0].dataset.ids.split(" ")) : null;
    const words = plain(body.value).split(" ").filter(Boolean);
    let shown = 0;
    for (const group of groups) {
      const found = group.units.filter(
        (unit) => (!holding || holding.has(unit.id)) && words.every((word) => unit.text.includes(" " + word)),
      );
      shown += found.length;
      // The heading of the group and its note stay while one of its recommendations does.
      for (const node of group.nodes) node.hidden = !found.length;
      for (const unit of group.units) for (const node of unit.nodes) node.hidden = !found.includes(unit);
    }
    const asked = holding || words.length;
    said.textContent = asked ? said.dataset.found.replace("{n}", String(shown)).replace("{all}", String(units.length)) : "";
  };
  for (const field of [place, body]) field.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  filter();
})();
