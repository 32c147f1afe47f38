/* A link to a term, to a row of the ledger or to an equation shows what is there: under the pointer, when a key reaches it, and at
   the first tap (the second follows). The note can be pointed at, stays until one leaves, and goes at Escape (WCAG 1.4.13). */
(() => {
  "use strict";
  const LINKS = "a[href*='glossary.html#term-'], a[href*='ledger.html#ledger-'], a[href*='notation.html#eq-']";
  const ROOT = document.documentElement.dataset.content_root || "./";
  let notes = null, box = null, shown = null, waiting = 0, touched = false;

  function loaded() {
    notes ||= new Promise((resolve, reject) => {
      document.head.append(Object.assign(document.createElement("script"), { src: `${ROOT}_static/hover_notes.js`, onload: () => resolve(window.bookNotes), onerror: reject }));
    });
    return notes;
  }

  function note() {
    if (box) return box;
    box = Object.assign(document.createElement("div"), { id: "thover", hidden: true });
    box.setAttribute("role", "tooltip");
    box.addEventListener("pointerenter", () => clearTimeout(waiting));
    box.addEventListener("pointerleave", leave);
    document.body.append(box);
    return box;
  }

  async function show(link) {
    clearTimeout(waiting);
    if (shown === link) return;
    hide();
    shown = link;
    let all;
    try { all = await loaded(); } catch { shown = null; return; } // the link still leads there
    const text = all[link.href.split("/").at(-1)];
    if (shown !== link || !text) { if (!text) shown = null; return; }
    note().innerHTML = text;
    if (touched) box.append(Object.assign(document.createElement("small"), { textContent: "Tap again to go there." }));
    box.hidden = false;
    place(link);
    link.setAttribute("aria-describedby", "thover");
  }

  function place(link) { // below the link's line, above it where there is no room
    const lines = [...link.getClientRects()], at = lines.at(-1), first = lines[0];
    box.style.left = box.style.top = "0";
    const { width, height } = box.getBoundingClientRect(), wide = document.documentElement.clientWidth;
    const left = Math.max(8, Math.min(at.left, wide - width - 8));
    const above = at.bottom + height + 8 > innerHeight && first.top > height + 8;
    box.style.left = `${left + scrollX}px`;
    box.style.top = `${scrollY + (above ? first.top - height - 3 : at.bottom + 3)}px`;
  }

  function hide() {
    clearTimeout(waiting);
    if (shown) shown.removeAttribute("aria-describedby");
    shown = null;
    if (box) box.hidden = true;
  }
  function leave() { clearTimeout(waiting); waiting = setTimeout(hide, 250); }

  const linkOf = (target) => (target instanceof Element && target.closest("article") ? target.closest(LINKS) : null);
  document.addEventListener("pointerdown", (event) => {
    touched = event.pointerType === "touch";
    if (shown && !linkOf(event.target) && !(event.target instanceof Element && event.target.closest("#thover"))) hide();
  });
  document.addEventListener("pointerover", (event) => {
    const link = linkOf(event.target);
    if (event.pointerType === "touch" || !link) return;
    touched = false;
    clearTimeout(waiting);
    if (shown !== link) waiting = setTimeout(() => show(link), 200);
  });
  document.addEventListener("pointerout", (event) => {
    if (event.pointerType !== "touch" && linkOf(event.target)) leave();
  });
  document.addEventListener("focusin", (event) => {
    const link = linkOf(event.target);
    if (link && link.matches(":focus-visible")) show(link);
  });
  document.addEventListener("focusout", (event) => { if (linkOf(event.target) && !touched) hide(); });
  document.addEventListener("click", (event) => {
    const link = linkOf(event.target);
    if (!link || !touched || shown === link) return;
    event.preventDefault();
    show(link);
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && shown) { hide(); event.stopPropagation(); } }, true);
})();
