"use strict";
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // The menu is open without this script; on a telephone it would stand before every page.
  const opener = document.querySelector(".opener");
  const narrow = matchMedia("(max-width: 60rem)");
  const open = (is) => {
    opener.setAttribute("aria-expanded", String(is));
    opener.nextElementSibling.hidden = !is;
  };
  const fit = () => {
    opener.hidden = !narrow.matches;
    open(!narrow.matches);
  };
  opener.addEventListener("click", () => open(opener.getAttribute("aria-expanded") === "false"));
  narrow.addEventListener("change", fit);
  fit();
  const chosen = document.querySelector(".menu [aria-current]");
  const menu = document.querySelector(".menu");
  if (chosen && menu.scrollHeight > menu.clientHeight) {
    menu.scrollTop = chosen.offsetTop - menu.clientHeight / 2;
  }

  // Figures: enlarged in a dialog, which the browser closes by Escape, giving the focus back; and saved from the page.
  const large = document.getElementById("large");
  const view = large.querySelector(".view");
  const enlarge = (figure) => {
    const picture = figure.querySelector("img").cloneNode();
    const caption = document.getElementById("large-caption");
    const said = figure.querySelector(".said");
    const parts = [figure.querySelector("strong"), said, figure.querySelector(".mark")].filter(Boolean);
    caption.textContent = parts.map((part) => part.textContent).join(" ");
    caption.lang = said.lang || document.documentElement.lang;
    picture.addEventListener("click", () => view.classList.toggle("whole"));
    view.replaceChildren(picture);
    large.showModal();
  };
  large.querySelector(".close").addEventListener("click", () => large.close());
  large.addEventListener("click", (event) => {
    if (event.target === large) large.close();
  });
  for (const figure of all("figure.picture")) {
    const picture = figure.querySelector("img");
    picture.addEventListener("click", () => enlarge(figure));
    figure.querySelector(".enlarge").addEventListener("click", () => enlarge(figure));
    figure.querySelector(".save").href = picture.src;
    figure.querySelector(".tools").hidden = false;
  }

  // A table is reached by the keyboard where there is something to scroll, and no stop on the way where there is not.
  const scrolls = (box) => box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1;
  const shade = (box) => {
    box.classList.toggle("before", box.scrollLeft > 1);
    box.classList.toggle("after", box.scrollLeft + box.clientWidth < box.scrollWidth - 1);
  };
  const watch = new ResizeObserver((seen) => {
    for (const { target } of seen) {
      if (scrolls(target)) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
      shade(target);
    }
  });
  for (const box of all(".scroll")) {
    watch.observe(box);
    box.addEventListener("scroll", () => shade(box), { passive: true });
  }

  // What a link leads to may be folded away.
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    let folded = target?.closest("details:not([open])");
    if (!folded) return;
    for (; folded; folded = folded.parentElement.closest("details:not([open])")) folded.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();
})();
