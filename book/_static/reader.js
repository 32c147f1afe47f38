/* What a reader chooses is kept in her own browser: predictions, quiz answers, exercises (answer.js), chapters read to the end. Without script or storage
   the pages stay as they are. Nothing is sent anywhere; the sidebar's last lines export it or erase it. */
(() => {
  "use strict";
  const KEY = "trevsnn-reader";
  const EMPTY = { predictions: {}, quizzes: {}, exercises: {}, read: {} };

  function load() {
    try {
      const found = JSON.parse(localStorage.getItem(KEY)) || {};
      return Object.fromEntries(Object.entries(EMPTY).map(([kind, none]) => [kind, { ...none, ...found[kind] }]));
    } catch { return structuredClone(EMPTY); }
  }
  function keep(kind, chapter, value) {
    const all = load();
    if (kind === "read") all.read[chapter] = value;
    else all[kind][chapter] = { ...all[kind][chapter], ...value };
    try { localStorage.setItem(KEY, JSON.stringify(all)); } catch { /* a browser without storage forgets */ }
    sidebar();
  }
  function made(tag, attributes, ...children) {
    const node = document.createElement(tag);
    Object.entries(attributes).forEach(([name, value]) => node.setAttribute(name, value));
    node.append(...children);
    return node;
  }

  /* "(A) one; (B) two" in list items -> [["A", nodes], ["B", nodes]] */
  function options(list) {
    const found = [];
    list.querySelectorAll(":scope > li").forEach((item) => {
      const inner = item.children.length === 1 && item.firstElementChild.tagName === "P" ? item.firstElementChild : item;
      [...inner.childNodes].forEach((node) => {
        if (node.nodeType !== Node.TEXT_NODE) { if (found.length) found.at(-1)[1].push(node); return; }
        node.textContent.split(/\(([A-E])\)\s/).forEach((part, n) => {
          if (n % 2) found.push([part, []]);
          else if (found.length && part) found.at(-1)[1].push(document.createTextNode(part));
        });
      });
    });
    found.forEach(([, nodes]) => {
      const last = nodes.at(-1);
      if (last && last.nodeType === Node.TEXT_NODE) last.textContent = last.textContent.replace(/[;.]?\s*$/, "");
    });
    return found.filter(([, nodes]) => nodes.length);
  }

  function predictions(chapter) {
    const section = document.querySelector("section[id^='predict-first'], section[id*='-predict-first']");
    if (!section) return;
    let letter = "A";
    [...section.children].forEach((node) => {
      const named = node.tagName === "P" && /^([A-E])\.\s/.exec(node.textContent);
      if (named) letter = named[1];
      const choices = node.tagName === "UL" ? options(node) : [];
      if (choices.length < 2) return;
      const name = letter, group = made("div", { class: "tpredict", role: "radiogroup", "aria-label": `Your prediction ${name}` });
      choices.forEach(([value, nodes]) => {
        const input = made("input", { type: "radio", name: `predict-${name}`, value });
        input.checked = (load().predictions[chapter] || {})[name] === value;
        input.addEventListener("change", () => { keep("predictions", chapter, { [name]: value }); said(chapter); });
        group.append(made("label", {}, input, ` (${value}) `, ...nodes));
      });
      node.replaceWith(group);
    });
    said(chapter);
  }

  /* Where the text settles a prediction, "**A: (C).**" or "**A is (C). B is (A).**", the reader's own choice comes back. */
  function said(chapter) {
    const mine = load().predictions[chapter] || {};
    document.querySelectorAll(".tsaid").forEach((note) => note.remove());
    document.querySelectorAll("article p > strong").forEach((strong) => {
      [...strong.textContent.matchAll(/(?:^| )([A-E])(?:: | is )\(([A-E])\)/g)].reverse().forEach(([, letter, option]) => {
        if (!mine[letter]) return;
        const words = `You predicted ${letter}: (${mine[letter]}).${mine[letter] === option ? " It came so." : ""}`;
        strong.parentElement.after(made("p", { class: "tsaid" }, words));
      });
    });
  }

  function quizzes(chapter) {
    document.querySelectorAll(".tquiz").forEach((quiz) => {
      const questions = [...quiz.querySelectorAll("fieldset")], score = made("p", { class: "tscore", role: "status" });
      const count = () => {
        const chosen = questions.map((q) => q.querySelector("input:checked")).filter(Boolean);
        const right = chosen.filter((input) => input.closest(".topt").querySelector(".right")).length;
        score.textContent = chosen.length ? `Right: ${right} of ${questions.length}${chosen.length < questions.length ? " so far" : ""}.` : "";
        return [right, questions.length];
      };
      questions.forEach((question, n) => {
        const inputs = [...question.querySelectorAll("input")];
        const before = (load().quizzes[chapter] || {})[n + 1];
        if (inputs[before]) inputs[before].checked = true;
        inputs.forEach((input, k) => input.addEventListener("change", () => {
          const [right, all] = count();
          keep("quizzes", chapter, { [n + 1]: k, score: `${right}/${all}` });
        }));
      });
      quiz.append(score);
      count();
    });
  }

  function read(chapter) {
    const end = document.querySelector(".prev-next-footer, article > section > section:last-of-type");
    if (!end || !window.IntersectionObserver) return;
    new IntersectionObserver((seen, watch) => {
      if (!seen.some((entry) => entry.isIntersecting)) return;
      watch.disconnect();
      if (!load().read[chapter]) keep("read", chapter, true);
    }).observe(end);
  }

  function sidebar() {
    const all = load(), nav = document.querySelector("nav.bd-links");
    if (!nav) return;
    nav.querySelectorAll(".tmark").forEach((mark) => mark.remove());
    nav.querySelectorAll("a.reference.internal").forEach((link) => {
      const chapter = (/(\d\d)_\w+\.html/.exec(link.href) || [])[1];
      const here = chapter || (link.classList.contains("current") && link.getAttribute("href") === "#" && current());
      if (!here) return;
      const solved = Object.values(all.exercises[here] || {}).filter((one) => one.right).length;
      const told = [all.read[here] && "read", all.quizzes[here]?.score && `quiz ${all.quizzes[here].score}`,
        solved && `exercises ${solved}`].filter(Boolean).join(", ");
      if (told) link.append(made("span", { class: "tmark" }, ` ✓ ${told}`));
    });
    let box = document.getElementById("tkept");
    const something = Object.values(all).some((kind) => Object.keys(kind).length);
    if (!something) { box?.remove(); return; }
    if (box) return;
    box = made("p", { id: "tkept" }, "Your answers are kept in this browser only. ");
    const save = made("button", { type: "button" }, "Export"), erase = made("button", { type: "button" }, "Erase");
    save.addEventListener("click", () => {
      const url = URL.createObjectURL(new Blob([JSON.stringify(load(), null, 1)], { type: "application/json" }));
      const link = made("a", { href: url, download: "trevsnn-answers.json" });
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 1000);
    });
    erase.addEventListener("click", () => {
      if (!confirm("Erase your predictions, answers, code and marks in this browser?")) return;
      localStorage.removeItem(KEY);
      document.querySelectorAll(".tpredict input, .tquiz input").forEach((input) => { input.checked = false; });
      document.querySelectorAll(".tsaid").forEach((note) => note.remove());
      document.querySelectorAll(".tscore").forEach((note) => { note.textContent = ""; });
      document.dispatchEvent(new Event("reader-erased"));
      sidebar();
    });
    box.append(save, " ", erase);
    nav.after(box);
  }

  window.treader = { load, keep };
  const current = () => (/(\d\d)_\w+\.html/.exec(location.pathname) || [])[1];
  function start() {
    const chapter = current();
    if (chapter) { predictions(chapter); quizzes(chapter); read(chapter); }
    sidebar();
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start); else start();
})();
