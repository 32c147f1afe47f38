/* Exercises answered on the page. Python is MicroPython (_static/micropython), the judge is the notebook's own, rewritten for it when the
   book is built (_ext/answer_page.py, _static/answers). Both are loaded with the first answer. Each answer runs in a worker of its own,
   which is stopped after LIMIT seconds, and nothing but what the reader typed is ever run. Without script the stub stays. */
(() => {
  "use strict";
  const LIMIT = 10, MOST_LINES = 200;
  const NO_NUMBER = "is not a number. Write one without a unit, such as 0.25, 0,25, -3 or 5/9.";
  const here = new URL(".", document.currentScript.src);
  const WORKER = `
    onmessage = async ({ data }) => {
      let left = ${MOST_LINES}, last = false;
      const put = (line) => { if (!(last && !line) && left-- > 0) postMessage({ line: line.slice(0, 500) }); };
      try {
        const python = await loadMicroPython({ url: "data:application/wasm;base64," + data.wasm, stdout: put, stderr: put,
          heapsize: 16 * 1024 * 1024, pystack: 16384 });
        python.runPython(data.judge);
        python.runPython(data.chapter);
        postMessage({ started: true });
        const answer = JSON.parse(python.globals.get("_asked")(data.id, data.code, data.checks));
        last = true;
        python.runPython("print()");  // sends a line that was begun
        postMessage({ answer });
      } catch (error) { postMessage({ failed: String(error) }); }
    };`;

  function made(tag, attributes, ...children) {
    const node = document.createElement(tag);
    Object.entries(attributes).forEach(([name, value]) => node.setAttribute(name, value));
    node.append(...children);
    return node;
  }

  const loading = {};
  function load(name) {
    loading[name] ??= new Promise((resolve, reject) => {
      const script = made("script", { src: new URL(name, here) });
      script.onload = resolve;
      script.onerror = () => { delete loading[name]; reject(new Error(name)); };
      document.head.append(script);
    });
    return loading[name];
  }

  /* Runs the code; {verdict, name, line, trace} or, where it was stopped, {verdict: "stopped"}. */
  async function ask(id, code, checks, onLine, onStop) {
    const chapter = `ch${id.slice(0, 2)}`;
    await Promise.all(["micropython/micropython.js", "answers/judge.js", `answers/${chapter}.js`].map(load));
    const url = URL.createObjectURL(new Blob(["(async () => {", window.MICROPYTHON.module, WORKER, "})();"], { type: "text/javascript" }));
    const worker = new Worker(url);
    let clock;
    try {
      return await new Promise((resolve, reject) => {
        onStop(() => resolve({ verdict: "stopped", line: "stopped." }));
        worker.onerror = (event) => { event.preventDefault(); reject(new Error(event.message || "worker")); };
        worker.onmessage = ({ data }) => {
          if (data.started) {
            const said = `stopped after ${LIMIT} seconds. Does a loop in it end?`;
            clock = setTimeout(() => resolve({ verdict: "stopped", line: said }), 1000 * LIMIT);
          } else if (data.answer) resolve(data.answer);
          else if (data.failed && clock) resolve({ verdict: "stopped", line: "stopped: Python itself broke down. Does a function call itself without end?" });
          else if (data.failed) reject(new Error(data.failed));
          else onLine(data.line);
        };
        worker.postMessage({ wasm: window.MICROPYTHON.wasm, judge: window.TANSWERS.judge, chapter: window.TANSWERS[chapter], id, code, checks });
      });
    } finally {
      clearTimeout(clock);
      worker.terminate();
      URL.revokeObjectURL(url);
    }
  }

  /* A number as people write it, in Python's signs; throws a sentence on what is none. */
  function number(text) {
    let found = text.normalize("NFKC").trim().replaceAll(/[−–]/g, "-").replaceAll(/[×·]/g, "*").replaceAll("^", "**");
    if (!found) throw "not answered yet.";
    if (/^[-+]?[1-9]\d{0,2}(,\d{3})+$/.test(found)) {
      throw `is ${found} a decimal comma, or thousands? Write ${found.replace(",", ".")} or ${found.replaceAll(",", "")}.`;
    }
    found = found.replaceAll(/(\d),(?=\d)/g, "$1.");
    if (!/\d/.test(found) || !/^(\d+\.?\d*(e[-+]?\d+)?|\.\d+(e[-+]?\d+)?|[-+*/()\s]|\*\*)*$/i.test(found) || /\d\s+[\d.]/.test(found)) {
      throw `“${text.trim().slice(0, 40)}” ${NO_NUMBER}`;
    }
    return found;
  }

  /* The boxes of an answer that is no code: {nodes, value() -> Python, read() -> what to keep, write(kept)}. */
  function boxes(id, form) {
    const fields = [], nodes = [];
    const named = (label, field) => {
      fields.push(field);
      nodes.push(made("label", {}, made("span", {}, label), field));
    };
    const blank = () => made("input", { type: "text", autocomplete: "off", autocapitalize: "off", spellcheck: "false", size: "10" });
    const choice = (words) => made("select", {}, made("option", { value: "" }, "choose"), ...words.map(([word, value]) => made("option", { value }, word)));
    const text = (field) => number(field.value);
    const chosen = (field) => { if (!field.value) throw "not answered yet."; return field.value; };
    let value;
    if (form.kind === "numbers") {
      form.names.forEach((name) => named(name || "Your answer", blank()));
      value = () => fields.length > 1 ? `(${fields.map(text).join(", ")})` : text(fields[0]);
    } else if (form.kind === "words") {
      for (let n = 1; n <= form.count; n++) named(`${n}`, choice(form.words.map((word) => [word, JSON.stringify(word)])));
      value = () => `[${fields.map(chosen).join(", ")}]`;
    } else if (form.kind === "yes or no") {
      form.keys.forEach((key) => named(`${key}`, choice([["True", "True"], ["False", "False"]])));
      value = () => `{${form.keys.map((key, n) => `${JSON.stringify(key)}: ${chosen(fields[n])}`).join(", ")}}`;
    } else if (form.kind === "rows") {
      form.keys.forEach((key) => form.names.forEach((name) => named(`${key}: ${name}`, blank())));
      value = () => `{${form.keys.map((key, n) => `${JSON.stringify(key)}: (${fields.slice(n * form.count, (n + 1) * form.count).map(text).join(", ")})`).join(", ")}}`;
    } else {
      form.pairs.forEach((pair) => named(`(${pair.join(", ")})`, made("input", { type: "checkbox" })));
      value = () => {
        const ticked = form.pairs.filter((_, n) => fields[n].checked);
        if (!ticked.length) throw "not answered yet.";
        return `[${ticked.map((pair) => `(${pair.join(", ")})`).join(", ")}]`;
      };
    }
    const box = (field) => field.type === "checkbox";
    return {
      nodes, value, fields,
      read: () => fields.map((field) => (box(field) ? field.checked : field.value)),
      write: (kept) => fields.forEach((field, n) => { if (box(field)) field.checked = Boolean(kept?.[n]); else field.value = kept?.[n] ?? ""; }),
    };
  }

  /* A text area for code. Tab indents only once the reader types, so that whoever passes by Tab is never caught; Escape gives Tab back. */
  function editor(id, stub) {
    const area = made("textarea", { spellcheck: "false", autocomplete: "off", autocapitalize: "off", autocorrect: "off", wrap: "off",
      "aria-label": `Your code for exercise ${id}`, "aria-describedby": `keys-${id}` });
    let typing = false;
    const fit = () => { area.rows = Math.min(30, Math.max(4, area.value.split("\n").length + 1)); };
    const insert = (text) => { if (!document.execCommand("insertText", false, text)) area.setRangeText(text, area.selectionStart, area.selectionEnd, "end"); };
    area.addEventListener("input", () => { typing = true; fit(); });
    ["focus", "blur"].forEach((event) => area.addEventListener(event, () => { typing = false; }));
    area.addEventListener("keydown", (event) => {
      const before = area.value.slice(0, area.selectionStart), line = before.slice(before.lastIndexOf("\n") + 1);
      if (event.key === "Escape") typing = false;
      else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); area.form.requestSubmit(); }
      else if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
      else if (event.key === "Tab" && typing) { event.preventDefault(); insert(" ".repeat(4 - line.length % 4)); }
      else if (event.key === "Enter") { event.preventDefault(); insert("\n" + /^ */.exec(line)[0] + (/:\s*$/.test(line) ? "    " : "")); }
    });
    const note = made("p", { class: "ta-keys", id: `keys-${id}` }, "While you type, Tab indents; Escape, then Tab, leaves the box. Ctrl+Enter checks.");
    return {
      nodes: [area, note], area,
      value: () => area.value,
      read: () => (area.value === stub ? undefined : area.value),
      write: (kept) => { area.value = kept ?? stub; fit(); },
    };
  }

  /* What the judge says, with the little Markdown that its sentences hold. */
  function words(text) {
    const found = document.createDocumentFragment();
    text.split(/(`[^`]+`|\*\*[^*\s][^*]*\*\*|(?<![\w*])\*[A-Za-z][^*]*\*|\[[^\]]+\]\(\.\.\/[\w/.#-]+\))/).forEach((part, n) => {
      const link = /^\[([^\]]+)\]\((\.\.\/[\w/.-]+)\.md(#[\w-]+)?\)$/.exec(part);
      if (n % 2 === 0) found.append(part);
      else if (link) found.append(made("a", { href: `${link[2]}.html${link[3] || ""}` }, link[1]));
      else if (part[0] === "`") found.append(made("code", {}, part.slice(1, -1)));
      else if (part.startsWith("**")) found.append(made("strong", {}, part.slice(2, -2)));
      else if (part[0] === "*") found.append(made("em", {}, part.slice(1, -1)));
      else found.append(part);
    });
    return found;
  }

  const kept = (id) => window.treader?.load().exercises[id.slice(0, 2)]?.[id.slice(3)] || {};
  const keep = (id, changes) => window.treader?.keep("exercises", id.slice(0, 2), { [id.slice(3)]: { ...kept(id), ...changes } });

  /* The solution stays away until there was an attempt or the wish to see it. */
  function solution(id) {
    const details = [...document.querySelectorAll("details")].find((one) => one.querySelector("summary")?.textContent.trim() === `Solution of ${id}`);
    if (!details) return { open() {}, close() {} };
    const wish = made("button", { type: "button" }, `Show the solution of ${id} anyway`);
    const line = made("p", { class: "ta-wish" }, wish);
    const open = () => { details.classList.remove("ta-locked"); line.remove(); };
    wish.addEventListener("click", () => {
      open();
      details.open = true;
      details.querySelector("summary").focus();
      keep(id, { wished: true });
    });
    return { open, close() { details.classList.add("ta-locked"); details.open = false; details.before(line); } };
  }

  function exercise(root) {
    const id = root.dataset.exercise, form = JSON.parse(root.dataset.form), solved = solution(id);
    const locked = () => { if (kept(id).tried || kept(id).wished) solved.open(); else solved.close(); };
    locked();
    if (form.kind === "needs") { document.addEventListener("reader-changed", locked); return; }

    const code = form.kind === "code", stub = root.querySelector("pre").textContent.trimEnd();
    const answer = code ? editor(id, stub) : boxes(id, form);
    const short = made("span", { role: "status" }), rest = made("span", {}), verdict = made("p", { class: "ta-verdict" }, short, rest);
    const output = made("pre", { class: "ta-output", tabindex: "0", role: "region", "aria-label": `What your code for ${id} printed` });
    const check = made("button", { type: code ? "button" : "submit", class: "ta-check" }, "Check");
    const run = made("button", { type: "button" }, "Run"), stop = made("button", { type: "button" }, "Stop"), again = made("button", { type: "button" }, "Start again");
    const row = made("div", { class: "ta-buttons" }, ...(code ? [run, check, again] : [check]));
    const group = code ? answer.nodes : [made("div", { class: `ta-fields ta-${form.kind.replaceAll(" ", "")}`, role: "group", "aria-label": `Your answer to exercise ${id}` }, ...answer.nodes)];
    const box = made("form", { class: "ta-form", novalidate: "" }, ...group, row, verdict, output);
    let busy = false;

    function show(line, state) {
      const [, head, tail] = /^(not right yet[.:]|correct\.|not answered yet\.?|)([^]*)$/.exec(line);
      verdict.dataset.state = state;
      const set = state === "error" ? (text) => text : words;  // an error's stars are the code's
      short.replaceChildren(set(head || line));  // all that is read out; the rest is there to be read
      rest.replaceChildren(set(head ? tail : ""));
    }
    function print(text) {
      output.textContent += `${text}\n`;
      output.hidden = !output.textContent.trim();
    }
    async function go(checks) {
      if (busy) return;
      let source = "", found;
      output.textContent = "";
      output.hidden = true;
      try {
        source = code ? answer.value() : `${root.dataset.answer} = ${answer.value()}`;
      } catch (said) {
        show(String(said), "not done");
        return;
      }
      busy = true;
      row.setAttribute("aria-busy", "true");
      row.append(stop);
      show("running", "running");
      try {
        found = await ask(id, source, checks, print, (end) => { stop.onclick = end; });
      } catch {
        found = { verdict: "failed", line: "this browser could not start the page's Python: answer in the notebook." };
      }
      if (document.activeElement === stop) (checks ? check : run).focus();
      stop.remove();
      busy = false;
      row.removeAttribute("aria-busy");
      if (found.trace) print(found.trace);
      output.textContent = output.textContent.trimEnd();
      const printed = output.hidden ? "ran, and printed nothing. `print(...)` shows a value." : "ran.";
      if (!code && found.trace !== undefined && found.verdict === "error") {  // what was typed is no number, as 1/0
        show(`“${source.split(" = ", 2)[1].slice(0, 40)}” ${NO_NUMBER}`, "not done");
        output.hidden = true;
        return;
      }
      show(found.verdict === "ran" ? printed : found.line, found.verdict);
      if (checks && ["correct", "wrong", "error"].includes(found.verdict)) {
        keep(id, { tried: true, right: found.verdict === "correct" || kept(id).right || undefined });
        solved.open();
      }
    }

    const remember = () => keep(id, { given: answer.read() });
    box.addEventListener("input", remember);
    box.addEventListener("submit", (event) => { event.preventDefault(); go(true); });
    if (code) check.addEventListener("click", () => go(true));
    run.addEventListener("click", () => go(false));
    again.addEventListener("click", () => {
      answer.area.focus();
      answer.area.select();
      if (!document.execCommand("insertText", false, stub)) answer.write();  // so that undo brings the old code back
      remember();
    });
    function restore() {
      answer.write(kept(id).given);
      output.hidden = true;
      verdict.removeAttribute("data-state");
      [short, rest, output].forEach((node) => node.replaceChildren());
      locked();
    }
    document.addEventListener("reader-changed", restore);
    restore();
    root.classList.add("ta-live");
    root.append(box);
  }

  // Not before reader.js, which keeps the answers and may stand later among the scripts that wait.
  function start() { document.querySelectorAll(".tanswer[data-form]").forEach(exercise); }
  if (document.readyState === "complete") start(); else document.addEventListener("DOMContentLoaded", start);
})();
