"use strict";
(() => {
  const field = document.getElementById("wanted");
  const said = document.getElementById("shown");
  // Letters without their accents; the Turkish ı is an i.
  const plain = (text) =>
    " " + text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(/ı/g, "i").replace(/[^\p{L}\p{N}]+/gu, " ") + " ";
  const rows = [...document.querySelectorAll("[data-place]")].map((row) => ({
    row,
    name: plain(row.dataset.place),
    links: [...row.querySelectorAll("a")].map((link) => ({ link, name: plain(link.textContent) })),
  }));
  const parts = [...document.querySelectorAll(".part")];
  // A row is shown if each word begins one of its place or of the name of one of its pages; of its links those that have
  // the words that the place has not.
  const filter = () => {
    const words = plain(field.value).split(" ").filter(Boolean);
    const has = (name) => (word) => name.includes(" " + word);
    let places = 0;
    for (const { row, name, links } of rows) {
      const rest = words.filter((word) => !has(name)(word));
      const found = links.filter((each) => rest.every(has(each.name)));
      row.hidden = rest.length > 0 && !found.length;
      for (const each of links) each.link.hidden = !found.includes(each);
      places += !row.hidden;
    }
    for (const part of parts) {
      part.hidden = ![...part.querySelectorAll("[data-place]")].some((row) => !row.hidden);
      if (words.length && part.tagName === "DETAILS") part.open = true;
    }
    said.textContent = words.length ? said.dataset.found.replace("{n}", String(places)) : "";
  };
  field.addEventListener("input", filter);
  field.form.addEventListener("submit", (event) => event.preventDefault());
  field.form.hidden = false;
  filter();
})();
