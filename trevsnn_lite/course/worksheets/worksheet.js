// One worksheet: fills its fields from the browser's store, keeps every change there, and writes the answers into a file on request. No request leaves the page.
function mount(host, spec) {
  if (host.dataset.mounted) return;
  host.dataset.mounted = "";
  const { form, words } = spec, key = "trevsnn-book:worksheet:" + form.name, readOnly = spec.answers !== null;
  const fields = Object.values(form.parts).flatMap((part) => part.fields);
  const store = open(key);
  const read = () => (readOnly ? spec.answers : store.read());
  const element = (tag, text = "", attributes = {}) => {
    const made = document.createElement(tag);
    made.textContent = text;
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  };

  // The browser's store where it may be used; else one object that all worksheets of this page share.
  function open(key) {
    const shared = (window.trevsnnSheets = window.trevsnnSheets || {});
    let kept = true;
    try {
      localStorage.setItem(key + ":test", "1");
      localStorage.removeItem(key + ":test");
    } catch { kept = false; }
    const parse = (text) => { try { return JSON.parse(text) || {}; } catch { return {}; } };
    return {
      kept: () => kept,
      read: () => (kept ? parse(localStorage.getItem(key)) : shared[key] || {}),
      write(answers) {
        if (!kept) { shared[key] = answers; return; }
        try { localStorage.setItem(key, JSON.stringify(answers)); }
        catch { kept = false; shared[key] = answers; }
      },
      clear() { if (kept) localStorage.removeItem(key); delete shared[key]; },
    };
  }

  function show() {
    const answers = read();
    for (const input of host.querySelectorAll("[data-field]")) {
      const value = answers[input.dataset.field];
      if (input.type === "checkbox") input.checked = (value || []).includes(Number(input.value));
      else if (input !== document.activeElement || value === undefined) input.value = value === undefined ? "" : value;
    }
    host.querySelectorAll("[data-score]").forEach((place) => place.replaceChildren(score(answers)));
    const text = host.querySelector("[data-text]");
    if (text) text.value = markdown(answers);
  }

  function keep(input) {
    const answers = store.read(), id = input.dataset.field;
    if (input.type === "checkbox") answers[id] = [...host.querySelectorAll(`input[data-field="${id}"]:checked`)].map((box) => Number(box.value));
    else answers[id] = input.value;
    if (!answers[id].length) delete answers[id];
    store.write(answers);
    document.dispatchEvent(new CustomEvent("trevsnn-worksheet", { detail: key }));
    say(store.kept() ? words.saved : words["not kept"]);
  }

  // A table: part, expected, found; the fields "guess-PART" and "PART-facts" belong together.
  function score(answers) {
    const table = element("table"), rows = [words["score head"]];
    let found = 0, all = 0;
    for (const field of fields.filter((one) => one.kind === "checks")) {
      const part = field.id.replace(/-facts$/, ""), ticked = (answers[field.id] || []).length, guess = answers["guess-" + part];
      rows.push([form.parts[part].title, guess === undefined ? "–" : guess, `${ticked} / ${field.items.length}`]);
      found += ticked;
      all += field.items.length;
    }
    rows.push([words.together, "", `${found} / ${all}`]);
    rows.forEach((cells, n) => {
      const row = table.appendChild(element("tr"));
      cells.forEach((cell, k) => row.append(element(n === 0 || k === 0 ? "th" : "td", String(cell), n === 0 ? { scope: "col" } : k === 0 ? { scope: "row" } : {})));
    });
    return table;
  }

  function markdown(answers) {
    const lines = ["# " + form.title];
    for (const part of Object.values(form.parts)) {
      lines.push("## " + part.title);
      for (const field of part.fields) {
        const answer = answers[field.id];
        if (field.kind === "checks") lines.push(field.items.map((item, n) => `- [${(answer || []).includes(n) ? "x" : " "}] ${item.replace(/\[([^\]]+)\]\([^)\s]+\)/g, "$1")}`).join("\n"));
        else if (field.kind !== "score") lines.push(`**${field.label}**` + (answer === undefined || answer === "" ? "" : "\n\n" + answer));
      }
    }
    return lines.join("\n\n") + "\n";
  }

  function download(text, name) {
    const link = element("a", "", { download: name, href: URL.createObjectURL(new Blob([text], { type: "text/markdown" })) });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  function say(text) {
    const place = host.querySelector("[role=status]");
    if (place) place.textContent = text;
  }

  function button(text, action) {
    const made = element("button", text, { type: "button" });
    made.addEventListener("click", action);
    return made;
  }

  function buttons() {
    const row = element("div", "", { class: "tbuttons" });
    row.append(button(words.export, () => { download(markdown(read()), readOnly ? form.file.replace(".md", "-example.md") : form.file); say(words.exported); }));
    if (readOnly) return row;
    if (form.blank) row.append(button(words.blank, () => download(markdown({}), form.blank)));
    const ask = element("span", "", { class: "tbuttons", role: "group", "aria-label": words.sure });
    const remove = button(words.delete, () => { ask.hidden = false; ask.querySelector("button").focus(); });
    const done = (text) => { ask.hidden = true; remove.focus(); if (text) say(text); };
    ask.append(element("span", words.sure), button(words.yes, () => {
      store.clear();
      document.dispatchEvent(new CustomEvent("trevsnn-worksheet", { detail: key }));
      done(words.deleted);
    }), button(words.no, () => done("")));
    ask.hidden = true;
    row.append(remove, ask);
    return row;
  }

  if (!readOnly) {
    const copy = element("details", "", { class: "tfield" });
    copy.append(element("summary", words["as text"]), element("textarea", "", { "data-text": "", rows: "8", readonly: "", "aria-label": words["as text"] }));
    host.querySelector("[role=status]").before(buttons(), copy);
    host.addEventListener("input", (event) => { if (event.target.dataset.field) keep(event.target); });
    document.addEventListener("trevsnn-worksheet", (event) => { if (event.detail === key) show(); });
    window.addEventListener("storage", (event) => { if (event.key === key || event.key === null) show(); });
    for (const looked of ["focus", "pageshow"]) window.addEventListener(looked, show); // a browser may not tell a tab what another one wrote: it is read again when the tab is looked at
    if (!location.pathname.endsWith(".html")) for (const link of host.querySelectorAll("label a")) link.setAttribute("href", link.getAttribute("href").replace(".html", ".ipynb")); // in JupyterLab the chapters are notebooks
    say(store.kept() ? (Object.keys(read()).length ? words.found : words.ready) : words["not kept"]);
    show();
  } else host.append(buttons());
}
