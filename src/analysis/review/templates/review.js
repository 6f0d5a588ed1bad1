"use strict";
(() => {
  const form = document.querySelector("form.filter");
  const fields = ["of-area", "of-kind", "of-words"].map((id) => document.getElementById(id));
  const said = document.getElementById("filtered");
  // Letters without their accents; the Turkish ı is an i.
  const plain = (text) =>
    " " + text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(/ı/g, "i").replace(/[^\p{L}\p{N}]+/gu, " ") + " ";
  const units = [...document.querySelectorAll("[data-kind]")].map((node) => ({ node, text: plain(node.textContent) }));
  const parts = [...document.querySelectorAll("section.part")];
  const filter = () => {
    const [area, kind, typed] = fields.map((field) => field.value);
    const words = plain(typed).split(" ").filter(Boolean);
    const asked = Boolean(area || kind || words.length);
    let shown = 0;
    for (const { node, text } of units) {
      const fits = (!area || node.dataset.area.split("; ").includes(area)) && (!kind || node.dataset.kind === kind);
      node.hidden = !(fits && words.every((word) => text.includes(" " + word)));
      shown += !node.hidden;
    }
    for (const part of parts) {
      part.hidden = asked && !part.querySelector("[data-kind]:not([hidden])");
      for (const fold of part.querySelectorAll("details.fold")) {
        fold.hidden = asked && !fold.querySelector("[data-kind]:not([hidden])");
        if (asked && !fold.hidden) fold.open = true;
      }
      for (const table of part.querySelectorAll("div.faults")) table.hidden = asked && !table.querySelector("[data-kind]:not([hidden])");
    }
    said.textContent = asked ? `${shown} of ${units.length} changes on this page` : "";
  };
  if (form) {
    for (const field of fields) for (const event of ["input", "change"]) field.addEventListener(event, filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.hidden = false;
    filter();
  }
  for (const pair of document.querySelectorAll(".pair")) {
    const slider = pair.querySelector("input");
    if (!slider) continue;
    const stack = pair.querySelector(".stack");
    const move = () => {
      stack.style.setProperty("--at", `${slider.value}%`);
      slider.setAttribute("aria-valuetext", `before on the left ${slider.value} %, now on the rest`);
    };
    slider.addEventListener("input", move);
    pair.classList.add("slides");
    slider.closest("label").hidden = false;
    move();
  }
})();
