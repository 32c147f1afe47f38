/* What a reader chooses is kept in her own browser: predictions, quiz answers, exercises (answer.js), chapters read to the end. Without script or storage
   the pages stay as they are. Nothing is sent anywhere; the sidebar's last lines export it, import it elsewhere, or erase it. */
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
    store(all);
    sidebar();
  }
  function store(all) { // false in a browser without storage, or without room
    try { localStorage.setItem(KEY, JSON.stringify(all)); return true; } catch { return false; }
  }

  /* What a file of "Export" holds; null for any other file. */
  function exported(text) {
    const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
    const each = (object, key, right) => isObject(object) && Object.entries(object).every(([name, value]) => key.test(name) && right(value));
    const CHAPTER = /^\d\d$/, truth = (value) => value === undefined || value === true;
    const given = (value) => value === undefined || typeof value === "string"
      || (Array.isArray(value) && value.every((one) => ["string", "boolean"].includes(typeof one)));
    let found;
    try { found = JSON.parse(text); } catch { return null; }
    const whole = isObject(found)
      && each(found.predictions, CHAPTER, (letters) => each(letters, /^[A-E]$/, (value) => /^[A-E]$/.test(value)))
      && each(found.quizzes, CHAPTER, (quiz) => each(quiz, /^(\d+|score)$/, (value) => Number.isInteger(value) || /^\d+\/\d+$/.test(value)))
      && each(found.exercises, CHAPTER, (all) => each(all, /^[a-z]$/, (one) => isObject(one) && given(one.given) && [one.tried, one.right, one.wished].every(truth)))
      && each(found.read, CHAPTER, (value) => value === true);
    return whole ? found : null;
  }

  /* What is here with what a file holds: {all, fresh, differ}. What only one of them has is kept. Where both have an answer and they
     differ, it is the file's if `theirs`; a quiz, with its score, is one answer. */
  function merged(mine, file, theirs) {
    const all = structuredClone(mine);
    let fresh = 0, differ = 0;
    const put = (into, name, value) => {
      const before = JSON.stringify(into[name]), same = before === JSON.stringify(value);
      if (value === undefined || same) return;
      if (before === undefined) fresh += 1; else differ += 1;
      if (before === undefined || theirs) into[name] = value;
    };
    Object.entries(file.predictions).forEach(([chapter, letters]) => {
      Object.entries(letters).forEach(([letter, value]) => put((all.predictions[chapter] ||= {}), letter, value));
    });
    Object.entries(file.quizzes).forEach(([chapter, quiz]) => put(all.quizzes, chapter, quiz));
    Object.entries(file.exercises).forEach(([chapter, exercises]) => Object.entries(exercises).forEach(([id, { given, ...marks }]) => {
      const here = ((all.exercises[chapter] ||= {})[id] ||= {});
      put(here, "given", given);
      Object.entries(marks).forEach(([mark, value]) => { if (value === true) here[mark] = true; }); // tried, solved, shown: once is for good
    }));
    Object.keys(file.read).forEach((chapter) => put(all.read, chapter, true));
    return { all, fresh, differ };
  }

  async function take(file) {
    const no = `“${file.name}” is no file of answers that this book has exported. Nothing was changed.`;
    const found = file.size < 5e6 ? exported(await file.text()) : null;
    if (!found) return no;
    const { differ } = merged(load(), found, false);
    const many = differ === 1 ? "1 answer here differs from the file's." : `${differ} answers here differ from the file's.`;
    const theirs = differ > 0 && confirm(`${many} OK takes the file's; Cancel keeps yours. All others are put together.`);
    const { all, fresh } = merged(load(), found, theirs);
    if (!store(all)) return "This browser has no room to keep them. Nothing was changed.";
    shown();
    sidebar();
    return `${fresh} new from the file${differ ? `; ${differ} ${theirs ? "replaced" : "kept as here"}` : ""}.`;
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
        input.addEventListener("change", () => { keep("predictions", chapter, { [name]: value }); said(chapter); });
        group.append(made("label", {}, input, ` (${value}) `, ...nodes));
      });
      node.replaceWith(group);
    });
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
        inputs.forEach((input, k) => input.addEventListener("change", () => {
          const [right, all] = count();
          keep("quizzes", chapter, { [n + 1]: k, score: `${right}/${all}` });
        }));
      });
      quiz.append(score);
      document.addEventListener("reader-changed", () => {
        const kept = load().quizzes[chapter] || {};
        questions.forEach((question, n) => question.querySelectorAll("input").forEach((input, k) => { input.checked = kept[n + 1] === k; }));
        count();
      });
    });
  }

  /* The page shows what is kept: when it opens, after an import, after all is erased. Exercises (answer.js) and quizzes listen. */
  function shown() {
    const chapter = current(), mine = load().predictions[chapter] || {};
    document.querySelectorAll(".tpredict input").forEach((input) => { input.checked = mine[input.name.at(-1)] === input.value; });
    if (chapter) said(chapter);
    document.dispatchEvent(new Event("reader-changed"));
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
    const something = Object.values(all).some((kind) => Object.keys(kind).length);
    const box = document.getElementById("tkept") || kept(nav);
    box.querySelector("span").textContent = something ? "Your answers are kept in this browser only. " : "You have answers in another browser? ";
    box.querySelectorAll("button:not(:last-of-type)").forEach((button) => { button.hidden = !something; });
  }

  /* The sidebar's last lines. */
  function kept(nav) {
    const [save, erase, more] = ["Export", "Erase", "Import"].map((name) => made("button", { type: "button" }, name));
    const file = made("input", { type: "file", accept: ".json,application/json", hidden: "", "aria-label": "A file of answers" });
    const told = made("span", { role: "status" });
    save.addEventListener("click", () => {
      const url = URL.createObjectURL(new Blob([JSON.stringify(load(), null, 1)], { type: "application/json" }));
      const link = made("a", { href: url, download: "trevsnn-answers.json" });
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 1000);
    });
    erase.addEventListener("click", () => {
      if (!confirm("Erase your predictions, answers, code and marks in this browser?")) return;
      localStorage.removeItem(KEY);
      told.textContent = "";
      shown();
      sidebar();
    });
    more.addEventListener("click", () => file.click());
    file.addEventListener("change", async () => {
      const [chosen] = file.files;
      if (chosen) told.textContent = ` ${await take(chosen)}`;
      file.value = "";
    });
    const box = made("p", { id: "tkept" }, made("span", {}), save, " ", erase, " ", more, file, told);
    nav.after(box);
    return box;
  }

  window.treader = { load, keep };
  const current = () => (/(\d\d)_\w+\.html/.exec(location.pathname) || [])[1];
  function start() {
    const chapter = current();
    if (chapter) { predictions(chapter); quizzes(chapter); read(chapter); }
    shown();
    sidebar();
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start); else start();
})();
