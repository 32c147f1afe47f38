// Starts reveal.js, shrinks what is taller than its slide, and keeps the demos' keys apart from the slides' keys.
window.MathJax = { tex: { inlineMath: [["\\(", "\\)"]], displayMath: [["\\[", "\\]"]] }, chtml: { matchFontHeight: false }, options: { enableMenu: false, ignoreHtmlClass: "tbox" },
  startup: { pageReady: () => MathJax.startup.defaultPageReady().then(() => { document.body.dataset.formulas = "ready"; document.querySelectorAll(Reveal.isPrintView() ? "section" : "section.present").forEach(fit); }) } };

// The largest scale at which the slide's content fits its frame: words from 1.3, pictures and demos from 1, down to 0.55.
function fit(section) {
  const frame = section.querySelector(".frame"), content = section.querySelector(".fit");
  if (!content) return;
  for (let scale = section.matches(".title") || content.querySelector(".tfigure, .tdemo, :scope > svg") ? 1 : 1.3; scale > 0.54; scale -= 0.03) {
    content.style.zoom = scale;
    content.dataset.scale = scale.toFixed(2);
    if (frame.scrollHeight <= frame.clientHeight && content.scrollWidth <= content.clientWidth + 1) return;
  }
}

Reveal.initialize({ plugins: [RevealNotes], width: 1280, height: 720, margin: 0, center: false, hash: true, transition: "none", backgroundTransition: "none", slideNumber: "c/t", controlsTutorial: false, controlsLayout: "edges", controlsBackArrows: "visible",
  keyboardCondition: (event) => !event.target.closest?.(".tbox") });
Reveal.on("ready", (event) => fit(event.currentSlide));
Reveal.on("pdf-ready", () => document.querySelectorAll("section").forEach(fit));
Reveal.on("slidechanged", (event) => { if (document.activeElement !== document.body) document.activeElement.blur(); fit(event.currentSlide); });
window.addEventListener("beforeprint", () => document.querySelectorAll("section").forEach(fit));
document.addEventListener("keydown", (event) => {
  if (!event.target.closest?.(".tbox")) return;
  if (event.key === "Escape") event.target.blur();
  else if (event.key === "PageDown") { event.preventDefault(); Reveal.next(); }
  else if (event.key === "PageUp") { event.preventDefault(); Reveal.prev(); }
});
