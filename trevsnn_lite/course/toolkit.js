// Mounts a demo on its element: sliders with number boxes, the picture from the marks that compute() gives, one sentence that is read out.
// The helpers of `tools` have twins in demo.py; a test compares both in a browser.
const superscript = n => String(n).replace(/[-0-9]/g, c => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]);
const tools = {
  // x with d decimals, halves upwards
  fixed: (x, d) => (Math.floor(x * 10 ** d + 0.5) / 10 ** d).toFixed(d),
  // 1,234 / 4.3 × 10⁹ / 0.12
  short(x) {
    if (x === 0) return "0";
    if (x < 0) return "−" + tools.short(-x);
    if (x >= 1e6 || x < 1e-3) {
      let e = 0;
      while (x >= 9.95) { x /= 10; e += 1; }
      while (x < 0.995) { x *= 10; e -= 1; }
      return `${tools.fixed(x, 1)} × 10${superscript(e)}`;
    }
    const digits = x >= 100 ? 0 : x >= 10 ? 1 : x >= 1 ? 2 : 3;
    const text = tools.fixed(x, Number.isInteger(x) ? 0 : digits);
    return text.replace(/\B(?=(\d{3})+$)/g, m => text.includes(".") ? m : ",");
  },
  fill: (text, values) => text.replace(/\{(\w+)\}/g, (_, key) => values[key]),
  // mulberry32: the same numbers in [0, 1) from the same seed in both languages
  random(seed) {
    let a = seed >>> 0;
    return () => {
      a = (a + 0x6D2B79F5) | 0;
      let t = Math.imul(a ^ (a >>> 15), 1 | a);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
  },
};
const SVG = "http://www.w3.org/2000/svg";
const SHAPES = {
  rect: m => ({ x: m[1], y: m[2], width: m[3], height: m[4], class: m[5] }), line: m => ({ x1: m[1], y1: m[2], x2: m[3], y2: m[4], class: m[5] }),
  circle: m => ({ cx: m[1], cy: m[2], r: m[3], class: m[4] }), text: m => ({ x: m[1], y: m[2], class: m[4] }),
  path: m => ({ d: m[1].map((v, i) => (i % 2 ? " " : i ? "L" : "M") + Math.round(v * 100) / 100).join(""), class: m[2] }),
};
function make(name, attributes, parent, text) {
  const node = name in SHAPES || name === "svg" ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const key in attributes) node.setAttribute(key, attributes[key]);
  if (text !== undefined) node.textContent = text;
  if (parent) parent.append(node);
  return node;
}
function draw(svg, result) {
  svg.replaceChildren();
  svg.setAttribute("aria-label", result.sentence);
  for (const mark of result.marks) make(mark[0], SHAPES[mark[0]](mark), svg, mark[0] === "text" ? mark[3] : undefined);
}
function control(c, id, box, set) {
  const row = make("div", { class: "tcontrol" }, box), words = c.label;
  make("label", { for: id }, row, words);
  if (c.kind === "choice") {
    const select = make("select", { id }, row);
    c.options.forEach(([value, text]) => make("option", { value: JSON.stringify(value) }, select, text));
    select.addEventListener("change", () => set(c.name, JSON.parse(select.value)));
    return v => { select.value = JSON.stringify(v); };
  }
  if (c.kind === "switch") {
    const tick = make("input", { id, type: "checkbox", class: "tswitch" }, row);
    tick.addEventListener("change", () => set(c.name, tick.checked));
    return v => { tick.checked = v; };
  }
  const limits = { min: c.min, max: c.max, step: c.step };
  const range = make("input", { id, type: "range", ...limits }, row), number = make("input", { type: "number", "aria-label": words, ...limits }, row);
  range.addEventListener("input", () => set(c.name, Number(range.value)));
  const typed = last => {
    const v = Number(number.value), top = Number(range.max), ok = number.value !== "" && v >= c.min && v <= top;
    if (ok) set(c.name, c.min + Math.round((v - c.min) / c.step) * c.step, !last);
    else if (last) set(c.name, Math.min(top, Math.max(c.min, number.value === "" ? c.default : v)));
  };
  number.addEventListener("input", () => typed(false));
  number.addEventListener("change", () => typed(true));
  return (v, typing, params) => {
    const top = c.limit ? Math.min(c.max, params[c.limit]) : c.max;
    range.max = number.max = top;
    range.value = Math.min(v, top);
    if (!typing) number.value = Math.min(v, top);
  };
}
// The settings that the page's address asks this demo for, ?lif-neuron=tau:6,reset:hard: those that exist and are allowed, as text -> value.
function asked(key, controls) {
  const found = {};
  for (const pair of (new URLSearchParams(location.search).get(key) || "").split(",")) {
    const [name, text] = pair.split(":"), c = controls.find(each => each.name === name), v = Number(text);
    if (!c || !text) continue;
    if (c.kind === "slider" && v >= c.min && v <= c.max) found[name] = snap(c.min + Math.round((v - c.min) / c.step) * c.step);
    const choices = c.kind === "choice" ? c.options.map(option => option[0]) : c.kind === "switch" ? [true, false] : [];
    for (const choice of choices) if (String(choice) === text) found[name] = choice;
  }
  return found;
}
function linkRow(host, key, params, spec, row) {
  const button = make("button", { type: "button" }, row, spec.words.link), said = make("output", { class: "tlink" }, row);
  button.addEventListener("click", async () => {
    const url = new URL(location.href), changed = Object.keys(params).filter(name => params[name] !== spec.params[name]);
    url.searchParams.delete(key);
    if (changed.length) url.search += `${url.search ? "&" : "?"}${key}=${changed.map(name => `${name}:${params[name]}`)}`;
    url.hash = host.id;
    try {
      await navigator.clipboard.writeText(url.href);
      said.textContent = spec.words.copied;
    } catch {  // no clipboard here: the link itself, to be copied by hand
      said.replaceChildren();
      make("input", { readonly: "", "aria-label": spec.words.here, value: url.href }, said).select();
    }
  });
  return () => said.replaceChildren();
}
const snap = v => (Number.isFinite(v) ? Math.round(v * 1e6) / 1e6 : v);
function mount(host, compute, spec) {
  const twins = document.querySelectorAll(`[data-mounted="${spec.name}"]`).length, key = spec.name + (twins ? `.${twins + 1}` : "");
  host.dataset.mounted = spec.name;
  const params = { ...spec.params, ...asked(key, spec.controls) }, setters = {}, picture = host.querySelector(".tpicture"), say = host.querySelector(".tsay");
  const svg = make("svg", { viewBox: `0 0 ${spec.width} ${spec.height}`, role: "img", class: "tmarks" });
  const run = p => compute(p, tools, spec.words);
  function refresh(typing) {
    for (const name in setters) setters[name](params[name], typing === name, params);
    const result = run(params);
    draw(svg, result);
    if (say.textContent !== result.sentence) say.textContent = result.sentence;
  }
  function set(name, value, typing) {
    params[name] = snap(value);
    forget();
    refresh(typing ? name : null);
  }
  const box = make("div", { role: "group", "aria-label": spec.words.title });
  spec.controls.forEach((c, i) => { setters[c.name] = control(c, `${host.id}-${spec.mounted}-${i}`, box, set); });
  const row = make("div", { class: "tbuttons" }, box), again = make("button", { type: "button" }, row, spec.words.reset);
  // a link makes sense on a page of the book, not in JupyterLab or in Colab's frames
  const forget = self === top && !document.body.dataset.jpThemeLight ? linkRow(host, key, params, spec, row) : () => {};
  again.addEventListener("click", () => { Object.assign(params, spec.params); forget(); refresh(); });
  picture.before(box);
  picture.replaceChildren(svg);
  host.demo = { compute: run, set };
  refresh();
  // a link from another edition of the book: its anchor is gone, its settings are not
  if (location.hash.startsWith(`#tdemo-${spec.name}-`) && !document.getElementById(location.hash.slice(1))) host.scrollIntoView();
}
