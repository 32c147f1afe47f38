/* A formula that is wider than its box can be scrolled by keys too; the others are no stops. */
(() => {
  "use strict";
  const mark = () => document.querySelectorAll("div.math").forEach((box) => {
    if (box.scrollWidth > box.clientWidth + 1) {
      box.tabIndex = 0;
      box.setAttribute("role", "group");
      box.setAttribute("aria-label", "Formula");
    } else ["tabindex", "role", "aria-label"].forEach((name) => box.removeAttribute(name));
  });
  document.fonts.ready.then(mark);
  window.addEventListener("resize", mark);
})();
