/* The book's search, as you type: sections, exercises, terms and rows of the ledger, best first, with what they say. The index
   (search_index.js, made at build) and MiniSearch are loaded as scripts, on first use, so that it also works from a folder. */
(() => {
  "use strict";
  const GREEK = Object.fromEntries("alpha α beta β gamma γ delta δ epsilon ε theta θ lambda λ mu μ pi π rho ρ sigma σ tau τ phi φ omega ω"
    .split(" ").reduce((pairs, word, n, all) => (n % 2 ? pairs : [...pairs, [word, all[n + 1]]]), []));
  const SMALL = new Set("a an and are as at by can do does for from how in is it its of on or the this to what when where which why with".split(" "));
  const UNITS = new Set("mb mj pj time point million epoch minute".split(" "));
  // What counts as one word, the longest first: Eq. (10), Fig. 2, Table 2, chapter 7, 07.b, V[t+1], O(LT), 73.2, Chinese, Greek, words.
  const KINDS = {
    plain: "([a-z]+)(?=[\\s,;:)][^\\d(\\s])", // most words: found first, since the rest is slow
    eq: "\\beq(?:uation)?s?\\b\\.?\\s*\\(?(\\d{1,2})\\b\\)?",
    fig: "\\bfig(?:ure)?s?\\b\\.?\\s*(\\d+(?:\\.\\d+)?)",
    table: "\\btab(?:le)?s?\\b\\.?\\s*(\\d+(?:\\.\\d+)?)",
    chapter: "\\bch(?:apter)?\\b\\.?\\s*(\\d{1,2})\\b(?!\\.\\d)",
    section: "(?:\\bsect(?:ion)?s?\\b\\.?|§)\\s*(\\d+\\.\\d+)",
    exercise: "(?<![\\w.])(\\d{1,2}\\.[a-z])(?![\\w-])",
    symbol: "([a-zα-ω](?:[_^](?:[\\w*]+|\\([^()]*\\)))*\\[[^\\[\\]]{1,9}\\]|\\bo\\([^()]{1,9}\\))",
    number: "(\\d+(?:[.,]\\d+)*)(?![a-z])",
    han: "(\\p{Script=Han}+)",
    greek: "([α-ω])",
    word: "([\\p{L}\\d]+(?:[-_'’][\\p{L}\\d]+)*)",
  };
  const NAMES = Object.keys(KINDS), WORD = new RegExp(Object.values(KINDS).join("|"), "gu");
  const SUPERSCRIPTS = { "²": "^2", "³": "^3", "¹": "^1", "⁰": "^0" };

  function stem(word) {
    const plain = word.replace(/['’]s$/, "").replace(/iz(?=e|ing|ation)/, "is").replace(/(?<=^.{6,})ing$/, "");
    if (plain.length < 4 || !/[^siu]s$/.test(plain)) return plain.replace(/sses$/, "ss");
    return plain.replace(/ies$/, "y").replace(/s$/, "");
  }

  /* The words of a text: [{ at, length, kind, main, more }, ...]; `more` are words that only the index has beside the main one. */
  function words(text) {
    const found = [];
    for (const match of text.toLowerCase().matchAll(WORD)) {
      let n = NAMES.length;
      while (match[n] === undefined) n -= 1;
      const kind = n === 1 ? "word" : NAMES[n - 1];
      let main = match[n], more = [];
      if (kind === "eq") { main = `eq ${Number(main)}`; more = ["equation"]; }
      else if (kind === "fig") { main = `fig ${main}`; more = ["figure"]; }
      else if (kind === "table" || kind === "chapter") { more = [kind]; main = `${kind} ${main}`; }
      else if (kind === "section") more = ["section"];
      else if (kind === "exercise") main = main.padStart(4, "0");
      else if (kind === "symbol") main = main.replace(/[_^](?:\([^()]*\)|[\w*]+)(?=[_^[])/g, "").replace(/[\s·×*]/g, "").replace(/[²³¹⁰]/g, (one) => SUPERSCRIPTS[one]);
      else if (kind === "number") main = main.replace(/(?<=\d),(?=\d{3}(?!\d))/g, "").replace(/\.0+$/, "");
      else if (kind === "han") for (let at = 0; at < main.length; at += 1) more.push(`~${main[at]}`, `~${main.slice(at, at + 2)}`); // parts of a name
      else if (kind === "word" && GREEK[main]) main = GREEK[main];
      else if (kind === "word") {
        const parts = main.split(/[-_]/).filter((part) => part.length > 1);
        if (/[-_]/.test(main)) more = [...parts.map(stem), stem(main.replace(/[-_]/g, ""))];
        main = stem(main);
      }
      found.push({ at: match.index, length: match[0].length, kind, main, more });
    }
    return found;
  }

  /* What a reader may paste: TeX, as the text of the pages has it. */
  function readable(query) {
    return query.normalize("NFKC").replace(/([_^])\{([^{}]*)\}/g, "$1($2)").replace(/\\(?:mathrm|text|mathcal|boldsymbol)\b/g, "").replace(/\\(?:cdot|times)\b/g, "·")
      .replace(/\\([A-Za-z]+)/g, (_, name) => GREEK[name.toLowerCase()] || name).replace(/[$\\]/g, " ").trim();
  }

  function changed(a, b, most) { // letters to change, insert, leave out or swap between two words; above `most` any larger number
    let last = [], row = Array.from({ length: b.length + 1 }, (_, n) => n);
    for (let i = 1; i <= a.length; i += 1) {
      const next = [i];
      for (let j = 1; j <= b.length; j += 1) {
        next[j] = Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (a[i - 1] !== b[j - 1]));
        if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) next[j] = Math.min(next[j], last[j - 2] + 1);
      }
      if (Math.min(...next) > most) return most + 1;
      [last, row] = [row, next];
    }
    return row[b.length];
  }

  class Engine {
    constructor(index) {
      this.known = new Map(); // word -> how often it stands anywhere
      this.chinese = new Map(); // Chinese name of a term -> its English names
      this.mini = new MiniSearch({
        fields: ["title", "also", "page", "text"],
        tokenize: (text) => words(text).flatMap((word) => [word.main, ...word.more]),
        processTerm: (term) => { this.known.set(term, (this.known.get(term) || 0) + 1); return term; },
      });
      this.sections = index.sections.map(([page, id, title, text, also, weight, term]) => {
        const [path, pageTitle] = index.pages[page];
        if (term) this.translate([title, ...also.split(" | ")]);
        return { path, id, title, text, also, term, weight, pageTitle };
      });
      // in pieces, so that a slow telephone can draw meanwhile
      this.ready = this.mini.addAllAsync(this.sections.map(({ title, text, also, id, pageTitle }, n) => {
        const chapter = id ? null : /^(\d+) ·/.exec(pageTitle);
        return { id: n, title, text, page: id ? pageTitle : "", also: chapter ? `${also} chapter ${chapter[1]}` : also };
      }), { chunkSize: 40 });
    }

    translate(names) {
      const english = names.filter((name) => name && !/\p{Script=Han}/u.test(name));
      names.flatMap((name) => name.match(/\p{Script=Han}{2,}/gu) || []).forEach((run) => {
        this.chinese.set(run, [...(this.chinese.get(run) || []), ...english]);
      });
    }

    /* { results: [{ section, hits }], instead: "the query with known words" or "" } */
    find(query, most = 20) {
      const given = words(readable(query)).filter((word, n, all) => all.length === 1 || !SMALL.has(word.main) || word.kind !== "word");
      const typed = (word) => readable(query).slice(word.at, word.at + word.length);
      const instead = given.map((word) => (/[A-Z]{2}/.test(typed(word)) ? "" : this.corrected(word))); // STDP is no misspelt step
      const used = given.map((word, n) => (instead[n] ? { ...word, main: stem(instead[n]), more: [] } : word));
      if (!used.length) return { results: [], instead: "" };
      const parts = used.map((word, n) => this.part(word, n === used.length - 1)).filter(Boolean);
      let found = parts.length ? this.asked("AND", parts) : [];
      if (!found.length && parts.length > 1) found = this.asked("OR", parts);
      const said = given.map((word, n) => instead[n] || typed(word)).join(" ");
      return { results: this.ranked(found, instead.some(Boolean) ? said : readable(query)).slice(0, most), instead: instead.some(Boolean) ? said : "" };
    }

    asked(combineWith, queries) {
      return this.mini.search({ combineWith, queries }, {
        tokenize: (text) => [text], processTerm: (term) => term, combineWith: "OR",
        boost: { title: 5, also: 6, page: 1, text: 1 }, weights: { prefix: 0.3, fuzzy: 0 }, bm25: { k: 1.2, b: 0.6, d: 0.5 },
      });
    }

    /* One word of the query as MiniSearch takes it; null for Chinese that stands nowhere beside Chinese that does. */
    part(word, last) {
      if (word.kind === "han") return this.han(word.main);
      const grows = last && word.kind === "word" && !(word.main.length < 4 && this.known.has(word.main));
      const whole = { queries: [word.main], prefix: grows };
      return word.kind === "word" && word.more.length > 2 // "multi-level", also as two words
        ? { combineWith: "OR", queries: [whole, { combineWith: "AND", queries: word.more.slice(0, -1) }] }
        : whole;
    }

    /* A run of Chinese: the longest known names from left to right, each also by its English names, else parts of names. */
    han(run) {
      const parts = [];
      for (let at = 0; at < run.length;) {
        let end = run.length;
        const has = (name) => this.known.has(name) || (name.length < 3 && this.known.has(`~${name}`));
        while (end > at + 1 && !has(run.slice(at, end))) end -= 1;
        const name = run.slice(at, end);
        const english = (this.chinese.get(name) || []).map((one) => ({ combineWith: "AND", queries: words(one).map((word) => word.main), boostDocument: () => 0.5 }));
        if (this.known.has(name)) parts.push({ combineWith: "OR", queries: [name, ...english] });
        else if (has(name)) parts.push({ queries: [`~${name}`] });
        at = end;
      }
      return parts.length ? { combineWith: "AND", queries: parts } : { queries: [run] };
    }

    /* The nearest known word where nothing begins with this one; "" where it is known, or nothing is near. */
    corrected(word) {
      const { main } = word;
      if (word.kind !== "word" || main.length < 4 || word.more.length || this.known.has(main)) return "";
      const most = main.length < 6 ? 1 : 2;
      let best = "", least = most + 0.5, often = 0;
      for (const [other, count] of this.known) {
        if (other.startsWith(main)) return "";
        if (Math.abs(other.length - main.length) > most || !/^\p{L}+$/u.test(other) || (other[0] !== main[0] && other[0] !== main[1])) continue;
        const far = changed(main, other, most);
        if (far < least || (far === least && count > often)) [best, least, often] = [other, far, count];
      }
      return best;
    }

    /* In order: a phrase that stands as it was typed counts more, and so does what readers look for more often. */
    ranked(found, query) {
      const phrase = query.toLowerCase().replace(/\s+/g, " ");
      const names = (section) => [section.title, ...section.also.split(" | ")].map((name) => name.toLowerCase());
      const term = found.map(({ id }) => this.sections[id]).find((section) => section.term && names(section).includes(phrase));
      const [, chapter] = (term && /Chapter (\d+)\.$/.exec(term.text)) || []; // the one that introduces the term
      const isNumber = words(query).every((word) => word.kind === "number" || UNITS.has(word.main));
      return found.map(({ id, score, terms }) => {
        const section = this.sections[id], title = section.title.toLowerCase(), row = section.id.startsWith("ledger-");
        let worth = score * section.weight;
        if (chapter && section.path.startsWith(`chapters/${chapter.padStart(2, "0")}_`)) worth *= 2;
        if (row && section.id === `ledger-${phrase}`) worth *= 1000; // its name stands beside its number
        else if (names(section).includes(phrase)) worth *= section.term ? 6 : title === phrase ? 2 : row && isNumber ? 16 : 4;
        else if (phrase.length > 2 && title.includes(phrase)) worth *= 1.5;
        if (/\s/.test(phrase) && section.text.toLowerCase().includes(phrase)) worth *= 1.3;
        return { section, worth, hits: new Set(terms) };
      }).sort((a, b) => b.worth - a.worth);
    }
  }

  /* The words of `text` that were found, as [at, length]. */
  function marks(text, hits) {
    return words(text).filter((word) => hits.has(word.main) || word.more.some((one) => hits.has(one))).map(({ at, length }) => [at, length]);
  }

  /* About 160 letters around the place with most words found, as nodes with <mark>. */
  function excerpt(text, hits) {
    const all = marks(text, hits), wide = 160;
    let start = 0, most = 0;
    all.forEach(([at], n) => {
      const inside = new Set(all.slice(n).filter(([other]) => other < at + wide - 20).map(([other, length]) => text.slice(other, other + length).toLowerCase())).size;
      if (inside > most) [start, most] = [at, inside];
    });
    start = start < 60 ? 0 : text.indexOf(" ", start - 50) + 1;
    let end = start + wide;
    if (end < text.length) end = Math.max(text.lastIndexOf(" ", end), start + 60);
    const nodes = [start ? "… " : ""];
    let from = start;
    all.filter(([at, length]) => at >= start && at + length <= end).forEach(([at, length]) => {
      nodes.push(text.slice(from, at), made("mark", {}, text.slice(at, at + length)));
      from = at + length;
    });
    return [...nodes, text.slice(from, end), end < text.length ? " …" : ""];
  }

  function made(tag, attributes, ...children) {
    const node = document.createElement(tag);
    Object.entries(attributes).forEach(([name, value]) => node.setAttribute(name, value));
    node.append(...children);
    return node;
  }

  const ROOT = document.documentElement.dataset.content_root || "./";
  let engine = null;
  function loaded() {
    const script = (name) => new Promise((resolve, reject) => {
      document.head.append(Object.assign(document.createElement("script"), { src: `${ROOT}_static/${name}`, onload: resolve, onerror: () => reject(new Error(name)) }));
    });
    engine ||= Promise.all([script("minisearch/minisearch.js"), script("search_index.js")]).then(async () => {
      const made = new Engine(window.bookIndex);
      await made.ready;
      return made;
    });
    return engine;
  }

  /* A field with its list of results below. */
  function attach(form) {
    const input = form.querySelector("input"), own = form.closest("dialog");
    const status = made("p", { role: "status", class: "tfound" });
    const list = made("ul", { "aria-label": "Results" });
    const box = made("section", { id: own ? "tsearch" : "search-results", class: "tsearch", "aria-label": "Search results" }, status, list);
    form.after(box);
    let latest = 0;

    async function show() {
      const query = input.value.trim(), mine = (latest += 1);
      if (!query) { status.textContent = ""; list.replaceChildren(); return; }
      let ready;
      try { ready = await loaded(); } catch { status.textContent = "The index of the search could not be loaded."; return; }
      if (mine !== latest) return; // another letter came meanwhile
      const { results, instead } = ready.find(query);
      list.replaceChildren(...results.map(({ section, hits }) => {
        const title = made("strong", {});
        let from = 0;
        marks(section.title, hits).forEach(([at, length]) => {
          title.append(section.title.slice(from, at), made("mark", {}, section.title.slice(at, at + length)));
          from = at + length;
        });
        title.append(section.title.slice(from));
        const names = section.term && section.also ? [made("span", { lang: "zh" }, ` ${section.also.split(" | ").at(-1)}`)] : [];
        return made("li", {}, made("a", { href: `${ROOT}${section.path}.html${section.id ? `#${section.id}` : ""}` },
          title, ...names, made("small", {}, section.id ? section.pageTitle : ""), made("span", {}, ...excerpt(section.text, hits))));
      }));
      const many = results.length === 1 ? "1 result" : `${results.length === 20 ? "The best 20" : results.length} results`;
      status.replaceChildren(...(instead
        ? ["Did you mean ", Object.assign(made("button", { type: "button" }, instead), { onclick: () => { input.value = instead; input.focus(); show(); } }), results.length ? `? ${many}.` : "?"]
        : [results.length ? `${many}.` : `Nothing found for “${query}”.`]));
    }

    const links = () => [...list.querySelectorAll("a")];
    input.addEventListener("focus", () => loaded().catch(() => {}), { once: true });
    input.addEventListener("input", show);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      show().then(() => { const [first] = links(); if (own && first) first.click(); });
    });
    [input, list].forEach((node) => node.addEventListener("keydown", (event) => {
      const all = links(), at = all.indexOf(document.activeElement);
      const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: node === list ? 0 : NaN, End: node === list ? all.length - 1 : NaN }[event.key];
      if (to === undefined || Number.isNaN(to) || event.isComposing) return;
      if (to === -1 && at === 0) input.focus();
      else if (all[to]) all[to].focus();
      else return;
      event.preventDefault();
    }));
    if (own) list.addEventListener("click", (event) => { if (event.target.closest("a") && !event.ctrlKey && !event.metaKey) own.close(); });
    else {
      const asked = new URLSearchParams(location.search).get("q");
      if (asked) { input.value = asked; show(); }
      input.addEventListener("input", () => history.replaceState(null, "", `?q=${encodeURIComponent(input.value)}`));
    }
  }

  window.bookSearch = async (query) => {
    const { results, instead } = (await loaded()).find(query);
    return { instead, results: results.map(({ section: { path, id, title }, worth }) => ({ address: `${path}${id ? `#${id}` : ""}`, title, worth })) };
  };
  const start = () => document.querySelectorAll("form.bd-search").forEach(attach);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start); else start();
})();
