/* What is wider or higher than its box can be scrolled by keys too; the others are no stops. A table or a figure with more at its
   right says so (custom.css). The theme asks all boxes for their width one by one while the page loads, which takes most of that
   time on a telephone (finished.py takes it out); here the browser tells when it has laid a box out. */
(() => {
  "use strict";
  const BOXES = "pre, .cell_output > .output, .pst-scrollable-table-container, div.math, .ttable, .tfigure > [tabindex]";
  const wide = (box) => box.scrollWidth > box.clientWidth + 1;
  const mark = (box, right, below) => {
    if (box.matches(".ttable, .tfigure > *")) return box.classList.toggle("twide", right);
    if (box.matches("div.math")) {
      if (right) Object.entries({ role: "group", "aria-label": "Formula" }).forEach((pair) => box.setAttribute(...pair));
      else ["role", "aria-label"].forEach((name) => box.removeAttribute(name));
    } else if (box.closest(".ta-form")) return;
    if (right || below) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  };
  // Reading first and writing afterwards: one layout for all. What a box holds may change later, when a font comes.
  const seen = new ResizeObserver((entries) => [...new Set(entries.map(({ target }) => target.closest(BOXES)))]
    .map((box) => [box, wide(box), !box.matches("div.math") && box.scrollHeight > box.clientHeight + 1])
    .forEach((found) => mark(...found)));
  document.fonts.ready.then(() => document.querySelectorAll(BOXES).forEach((box) => {
    seen.observe(box);
    if (box.firstElementChild) seen.observe(box.firstElementChild);
  }));
})();
