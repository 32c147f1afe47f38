/* A formula that is wider than its box can be scrolled by keys too; the others are no stops. A table or a figure with more at
   its right says so (custom.css). */
(() => {
  "use strict";
  const wide = (box) => box.scrollWidth > box.clientWidth + 1;
  const mark = () => document.querySelectorAll("div.math, .ttable, .tfigure > [tabindex]").forEach((box) => {
    if (!box.matches("div.math")) box.classList.toggle("twide", wide(box));
    else if (wide(box)) {
      box.tabIndex = 0;
      box.setAttribute("role", "group");
      box.setAttribute("aria-label", "Formula");
    } else ["tabindex", "role", "aria-label"].forEach((name) => box.removeAttribute(name));
  });
  document.fonts.ready.then(mark);
  window.addEventListener("resize", mark);
})();
