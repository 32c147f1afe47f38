/* The menus in a page's head, where a chapter is opened elsewhere or downloaded: all that the pages used of Bootstrap's 81 kB. */
(() => {
  "use strict";
  const BUTTON = '[data-bs-toggle="dropdown"]';
  const opened = () => document.querySelector(`${BUTTON}[aria-expanded="true"]`);
  const show = (button, yes) => {
    const menu = button.nextElementSibling;
    button.setAttribute("aria-expanded", yes);
    menu.classList.toggle("show", yes);
    menu.dataset.bsPopper = "static"; // under its button, by the theme's own style
  };
  document.addEventListener("click", ({ target }) => {
    const before = opened(), button = target.closest(BUTTON);
    if (before) show(before, false);
    if (button && button !== before) show(button, true);
  });
  document.addEventListener("keydown", (event) => {
    const button = opened(), step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!button) return;
    if (event.key === "Escape") {
      show(button, false);
      button.focus();
    } else if (step) {
      const items = [...button.nextElementSibling.querySelectorAll(".dropdown-item")], at = items.indexOf(document.activeElement);
      items.at(at < 0 && step < 0 ? -1 : (at + step) % items.length).focus();
      event.preventDefault();
    }
  });
})();
