// Mounts a demo on its element: the picture from the marks that compute() gives, a verdict that is read out, and controls: sliders with number boxes,
// steps and play, what can be dragged on the picture, presets, and an address that follows the settings.
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
    return text.includes(".") ? text.replace(/\.?0+$/, "") : text.replace(/\B(?=(\d{3})+$)/g, ",");
  },
  // {name} is a value, {name#step} is "1 step" or "5 steps"
  fill: (text, values) => text.replace(/\{(\w+)(?:#([\w ]+))?\}/g, (_, key, noun) => values[key] + (noun ? ` ${noun}${String(values[key]) === "1" ? "" : "s"}` : "")),
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
const cells = ([, x, y, w, h, columns, shades], shade) => [...shades].map((s, i) => (s === shade ? `M${x + w * (i % columns)} ${y + h * Math.floor(i / columns)}h${w}v${h}h${-w}z` : "")).join("");
const SHAPES = {
  rect: m => ({ x: m[1], y: m[2], width: m[3], height: m[4], class: m[5] }), line: m => ({ x1: m[1], y1: m[2], x2: m[3], y2: m[4], class: m[5] }),
  circle: m => ({ cx: m[1], cy: m[2], r: m[3], class: m[4] }), text: m => ({ x: m[1], y: m[2], class: m[4] }),
  path: m => ({ d: m[1].map((v, i) => (i % 2 ? " " : i ? "L" : "M") + Math.round(v * 100) / 100).join(""), class: m[2] }),
};
function make(name, attributes, parent, text) {
  const node = name in SHAPES || name === "svg" || name === "title" ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const key in attributes) node.setAttribute(key, attributes[key]);
  if (text !== undefined) node.textContent = text;
  if (parent) parent.append(node);
  return node;
}
function draw(svg, result, hint) {
  svg.replaceChildren();
  svg.setAttribute("aria-label", result.sentence);
  for (const mark of result.marks) {
    if (mark[0] === "cells") for (const shade of new Set(mark[6])) make("path", { d: cells(mark, shade), class: "q" + shade }, svg);
    else make(mark[0], SHAPES[mark[0]](mark), svg, mark[0] === "text" ? mark[3] : undefined);
  }
  // what can be dragged, or chosen from; a narrow one shows a knob
  for (const [name, axis, x, y, width, height] of result.grips) {
    const [text, pick] = hint(name, axis, height);
    make("title", {}, make("rect", { x, y, width, height, class: `tgrip ${pick ? "pick" : axis}` }, svg), text);
    if (axis === "y" && height < 24) {
      make("circle", { cx: x + width - 12, cy: y + height / 2, r: 5, class: "tknob" }, svg);
      // what it is drawn on lets a finger scroll the page, and of an SVG's parts Chromium asks the whole: so the knob itself says no
      make("circle", { cx: x + width - 12, cy: y + height / 2, r: 12, class: "tgrip y thold" }, svg).addEventListener("touchstart", event => event.preventDefault(), { passive: false });
    }
    if (axis === "x" && width < 24) make("circle", { cx: x + width / 2, cy: y + height - 6, r: 5, class: "tknob" }, svg);
  }
}
const snap = v => (Number.isFinite(v) ? Math.round(v * 1e6) / 1e6 : v);
const near = (list, v) => list.reduce((best, each, i) => (Math.abs(each - v) < Math.abs(list[best] - v) ? i : best), 0);
// The values that the steps of a control go through: all of them; on a logarithmic slider each about a twentieth larger than the one before.
function stops(c, params) {
  if (c.kind !== "slider") return c.kind === "choice" ? c.options.map(option => option[0]) : c.kind === "touch" ? Array.from({ length: c.count }, (_, i) => i) : [false, true];
  const top = c.limit ? Math.min(c.max, c.limit.split("*").reduce((most, name) => most * (name in params ? params[name] : c.found(params)[name]), 1)) : c.max, list = [c.min];
  while (list.at(-1) < top) list.push(Math.min(top, snap(c.min + c.step * Math.max(Math.round((list.at(-1) - c.min) / c.step) + 1, c.log ? Math.round((list.at(-1) * 1.05 - c.min) / c.step) : 0))));
  return list;
}
// "1,5", "−2", "1,000" and "50 %" as numbers; NaN for what is none. Where steps are fractions, a percentage is one.
function number(text, c) {
  const found = text.replace("−", "-").replace(/\s/g, "").match(/^([-+]?(?:\d[\d,]*\.?\d*|[.,]\d+))(%?)$/);
  if (!found) return NaN;
  const groups = found[1].includes(".") || (found[1].match(/,/g) || []).length > 1 || (c.step >= 1 && /^\d+,\d{3}$/.test(found[1]));
  const v = Number(groups ? found[1].replace(/,/g, "") : found[1].replace(",", "."));
  return found[2] && c.step < 1 ? v / 100 : v;
}
// One row of the panel; gives the function that shows a value.
function control(c, id, panel, set, steps, words, note) {
  const row = make("div", { class: "tcontrol" }, panel), under = make("div", { class: "tunder" });
  make("label", { for: id }, row, c.label);
  if (c.kind === "switch") {
    const tick = make("input", { id, type: "checkbox", class: "tswitch" }, row);
    tick.addEventListener("change", () => set(c.name, tick.checked));
    return v => { tick.checked = v; };
  }
  if (steps) under.append(...steps);
  if (c.kind === "choice") {
    const select = make("select", { id }, under);
    c.options.forEach(([value, text]) => make("option", { value: JSON.stringify(value) }, select, text));
    select.addEventListener("change", () => set(c.name, JSON.parse(select.value)));
    row.append(under);
    return v => { select.value = JSON.stringify(v); };
  }
  const box = make("input", { type: "text", inputmode: "decimal", role: "spinbutton", autocomplete: "off", "aria-label": c.label, "aria-valuemin": c.min }, row);
  const range = make("input", { id, type: "range", min: c.log ? 0 : c.min, step: c.log ? 1 : c.step }, under);  // logarithmic: thousandths of the way
  let list = [], value;
  row.append(under);
  const grid = v => snap(c.min + Math.round((v - c.min) / c.step) * c.step), factor = c.max / c.min;
  const keyed = event => {
    const way = { ArrowUp: 1, ArrowDown: -1, ArrowRight: 1, ArrowLeft: -1 }[event.key], next = list[near(list, value) + (way || 0)];
    if (!way) return;
    event.preventDefault();
    if (next !== undefined) set(c.name, next);
  };
  range.addEventListener("input", () => set(c.name, c.log ? grid(c.min * factor ** (range.value / 1000)) : Number(range.value)));
  if (c.log) range.addEventListener("keydown", keyed);
  const typed = last => {
    const v = number(box.value, c), top = list.at(-1), kept = Math.min(top, Math.max(c.min, grid(v)));
    if (Number.isNaN(v)) {
      const text = box.value.trim();
      if (last) { set(c.name, text ? value : c.default); note(text && tools.fill(words.none, { typed: text })); }
    } else if (last || (v >= c.min && v <= top)) {
      const said = v > top ? "most" : v < c.min ? "least" : Math.abs(kept - v) > 1e-6 ? "grid" : "";
      set(c.name, kept, !last);
      if (last) note(said && tools.fill(words[said], { label: c.label, kept, step: c.step }));
    }
  };
  box.addEventListener("input", () => typed(false));
  box.addEventListener("change", () => typed(true));
  box.addEventListener("keydown", event => { if (["ArrowUp", "ArrowDown"].includes(event.key)) keyed(event); });
  return (v, typing, params) => {
    list = stops(c, params);
    value = Math.min(v, list.at(-1));
    range.max = c.log ? 1000 : list.at(-1);
    range.value = c.log ? 1000 * Math.log(value / c.min) / Math.log(factor) : value;
    if (c.log) range.setAttribute("aria-valuetext", value);
    box.setAttribute("aria-valuemax", list.at(-1));
    box.setAttribute("aria-valuenow", value);
    if (!typing) box.value = value;
  };
}
// The settings that the page's address asks this demo for, ?lif-neuron=tau:6,reset:hard: those that exist and are allowed, as text -> value.
function asked(key, controls) {
  const found = {};
  for (const pair of (new URLSearchParams(location.search).get(key) || "").split(",")) {
    const [name, text] = pair.split(":"), c = controls.find(each => each.name === name), v = Number(text);
    if (!c || !text) continue;
    if (c.kind === "slider" && v >= c.min && v <= c.max) found[name] = snap(c.min + Math.round((v - c.min) / c.step) * c.step);
    const choices = c.kind === "slider" ? [] : stops(c, {});
    for (const choice of choices) if (String(choice) === text) found[name] = choice;
  }
  return found;
}
// The page's address with this demo's settings; what it says of other demos and of the page stays.
function address(key, params, spec, hash = location.hash) {
  const url = new URL(location.href), changed = Object.keys(params).filter(name => params[name] !== spec.params[name]);
  const parts = url.search.slice(1).split("&").filter(Boolean), at = parts.findIndex(part => part.startsWith(key + "="));
  parts.splice(at < 0 ? parts.length : at, at < 0 ? 0 : 1, ...(changed.length ? [`${key}=${changed.map(name => `${name}:${params[name]}`)}`] : []));
  url.search = parts.join("&");
  url.hash = hash;
  return url.href;
}
function linkButton(host, key, params, spec, row) {
  const words = spec.words.toolkit, button = make("button", { type: "button" }, row, words.link), said = make("output", { class: "tlink" }, row);
  button.addEventListener("click", async () => {
    const link = address(key, params, spec, host.id);
    try {
      await navigator.clipboard.writeText(link);
      said.textContent = words.copied;
    } catch {  // no clipboard here: the link itself, to be copied by hand
      said.replaceChildren();
      make("input", { readonly: "", "aria-label": words.here, value: link }, said).select();
    }
  });
  return () => said.replaceChildren();
}
// Dragging on the picture: a grip says which setting lies where, [name, "x" or "y", x, y, width, height, place, value, other place, its value].
function dragging(svg, grips, pick) {
  const at = event => {
    const frame = svg.getBoundingClientRect(), scale = svg.viewBox.baseVal.width / frame.width;
    return { x: (event.clientX - frame.left) * scale, y: (event.clientY - frame.top) * scale };
  };
  let held = null, wait = null;
  const move = event => pick(held[0], (at(event)[held[1]] - held[6]) / (held[8] - held[6]), held[7], held[9], event.type === "pointermove");
  svg.addEventListener("pointerdown", event => {
    const p = at(event);
    held = event.button === 0 && grips().find(([, , x, y, w, h]) => p.x >= x && p.x <= x + w && p.y >= y && p.y <= y + h) || null;
    if (!held) return;
    svg.setPointerCapture(event.pointerId);
    // a finger may be scrolling: it drags from a knob, or once it has gone sideways; where it is lifted again it has tapped
    wait = event.pointerType === "touch" && !event.target.classList.contains("thold") ? [event.clientX, event.clientY] : null;
    if (wait) return;
    event.preventDefault();
    move(event);
  });
  svg.addEventListener("pointermove", event => {
    if (held && wait && held[1] === "x" && Math.abs(event.clientX - wait[0]) > 6 && Math.abs(event.clientX - wait[0]) > Math.abs(event.clientY - wait[1])) wait = null;
    if (held && !wait) move(event);
  });
  svg.addEventListener("pointerup", event => {
    if (held && wait && Math.hypot(event.clientX - wait[0], event.clientY - wait[1]) < 6) move(event);
    held = wait = null;
  });
  svg.addEventListener("pointercancel", () => { held = wait = null; });
}
function mount(host, compute, spec) {
  const { controls } = spec, words = spec.words.toolkit, twins = document.querySelectorAll(`[data-mounted="${spec.name}"]`).length, key = spec.name + (twins ? `.${twins + 1}` : "");
  spec.mounted = document.querySelectorAll("[data-mounted]").length;
  host.dataset.mounted = spec.name;
  const params = { ...spec.params, ...asked(key, controls) }, setters = {}, [show, picture, box, say, told, foot] = [".tshow", ".tpicture", ".tsay", ".tsay span", ".twords p", ".tfoot"].map(part => host.querySelector(part));
  const svg = make("svg", { viewBox: `0 0 ${spec.width} ${spec.height}`, role: "img", class: "tmarks" });
  // a link makes sense on a page of the book, not in JupyterLab or in Colab's frames
  const page = self === top && !document.body.dataset.jpThemeLight, run = p => compute(p, tools, spec.words);
  // rows and columns are chosen, what has a scale is dragged: the text of a grip, and whether it is for choosing
  const hint = (name, axis, height) => {
    const c = controls.find(each => each.name === name), pick = c.kind === "choice" || c.kind === "touch" || (axis === "y" && height >= 24);
    return [tools.fill(words[pick ? "pick" : "drag"], { label: c.label }), pick];
  };
  let result, forget = () => {}, later, film = 0;
  function refresh(typing) {
    for (const name in setters) setters[name](params[name], typing === name, params);
    result = run(params);
    draw(svg, result, hint);
    told.textContent = result.sentence;
    if (say.textContent !== result.verdict) say.textContent = result.verdict;
    panel.querySelectorAll(".tpreset").forEach((button, i) => button.setAttribute("aria-pressed", Object.entries(presets[i][1]).every(([name, value]) => params[name] === value)));
  }
  function follow() {
    clearTimeout(later);
    if (page) later = setTimeout(() => { try { history.replaceState(history.state, "", address(key, params, spec)); } catch { /* this browser forbids it for files */ } }, 300);
  }
  function change(values, typing) {
    for (const name in values) params[name] = snap(values[name]);
    forget();
    note("");
    refresh(typing);
    follow();
  }
  const back = Object.fromEntries(controls.filter(c => c.kind === "touch" && !c.stays).map(c => [c.name, c.default]));  // every control takes clicks back
  const set = (name, value, typing) => { stop(); change({ ...back, [name]: value }, typing ? name : null); };
  controls.forEach(c => { c.found = p => run(p).numbers; });
  const panel = make("div", { class: "tpanel", role: "group", "aria-label": spec.words.title }), noted = make("output", { class: "tnote" });
  const note = text => { noted.textContent = text; };
  // steps and play, for the setting that is a time or a step
  const played = controls.find(c => c.name === spec.plays), nodes = played && ["back", "play", "on"].map(name => make("button", { type: "button", class: "tstep", "aria-label": `${words[name]}: ${played.label}`, title: words[name] }, null, { back: "◂", play: "▶", on: "▸" }[name]));
  const falls = () => Object.entries(spec.falls || { "": 0 }).every(([name, value]) => params[name] === value);  // from the last value to the first
  const place = () => { const list = falls() ? stops(played, params).reverse() : stops(played, params); return [list, typeof list[0] === "number" ? near(list, params[played.name]) : list.indexOf(params[played.name])]; };
  function step(way) {
    const [list, i] = place(), next = list[i + way];
    if (next !== undefined) set(played.name, next);
  }
  function stop() {
    if (!film) return;
    clearInterval(film);
    film = 0;
    Object.assign(nodes[1], { textContent: "▶", title: words.play }).setAttribute("aria-label", `${words.play}: ${played.label}`);
    box.setAttribute("aria-live", "polite");
    say.textContent = "";  // said once, at the end
    refresh();
  }
  function play() {
    const [list, i] = place(), stride = Math.ceil(list.length / 40);
    Object.assign(nodes[1], { textContent: "❚❚", title: words.pause }).setAttribute("aria-label", `${words.pause}: ${played.label}`);
    box.setAttribute("aria-live", "off");
    if (i >= list.length - 1 || params[played.name] === spec.params[played.name]) change({ ...back, [played.name]: list[0] });  // the whole film, unless the reader stands elsewhere
    film = setInterval(() => {
      const [list, i] = place(), next = Math.min(list.length - 1, i + stride);
      change({ ...back, [played.name]: list[next] });
      if (next === list.length - 1) stop();
    }, Math.min(1100, Math.max(120, 5000 * stride / list.length)));
  }
  if (played) {
    nodes[0].addEventListener("click", () => step(-1));
    nodes[1].addEventListener("click", () => (film ? stop() : play()));
    nodes[2].addEventListener("click", () => step(1));
    for (const node of nodes) node.addEventListener("keydown", event => {
      const way = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
      if (way) { event.preventDefault(); step(way); }
    });
    document.addEventListener("visibilitychange", () => document.hidden && stop());
  }
  // a preset sets what it names and leaves the rest, so that one can follow another; it is marked while all that it names holds
  const presets = Object.entries(spec.words.presets), row = make("div", { class: "tbuttons" });
  make("span", {}, row, words.try);
  presets.forEach(([name, values]) => make("button", { type: "button", class: "tpreset" }, row, name).addEventListener("click", () => { stop(); change(values); }));
  panel.append(row);
  // the settings that few need are folded, unless a link asks for one
  const folded = spec.folded || [], more = make("details", { class: "tmore" });
  make("summary", {}, more, words.more);
  controls.filter(c => c.kind !== "touch").forEach((c, i) => { setters[c.name] = control(c, `${host.id}-${spec.mounted}-${i}`, folded.includes(c.name) ? more : panel, set, c === played && nodes, words, note); });
  more.open = folded.some(name => params[name] !== spec.params[name]);
  if (folded.length) panel.append(more);
  panel.append(noted);
  make("span", { class: "thint" }, foot, spec.words.hint);
  const last = make("div", { class: "tbuttons" }, foot);
  make("button", { type: "button" }, last, words.reset).addEventListener("click", () => { stop(); change(spec.params); });
  if (page) forget = linkButton(host, key, params, spec, last);
  dragging(svg, () => result.grips, (name, share, from, to, moved) => {
    const c = controls.find(each => each.name === name), list = stops(c, params), value = c.log && from > 0 ? from * (to / from) ** share : from + (to - from) * share;
    if (c.kind === "touch") {
      if (!moved) { stop(); change(compute.picked ? compute.picked(params, list[near(list, value)]) : { [name]: list[near(list, value)] }); }
    } else if (c.kind === "choice") set(name, list[Math.min(list.length - 1, Math.max(0, Math.round(value)))]);
    else set(name, list[near(list, value)]);
  });
  show.after(panel);
  picture.replaceChildren(svg);
  host.demo = { compute: run, set, change };
  refresh();
  // room for the longest verdict, so that the box keeps its height: of start, presets and a short film, and with each control at its ends, the others at the start or last
  const idle = task => (window.requestIdleCallback || setTimeout)(task);
  idle(() => {
    const far = Object.fromEntries(controls.map(c => [c.name, stops(c, spec.params).at(-1)])), bases = [spec.params, far, ...presets.map(([, values]) => ({ ...spec.params, ...values }))];
    const turned = controls.flatMap(c => { const list = stops(c, spec.params); return (c.kind === "choice" || (c === played && list.length < 13) ? list : [list[0], list.at(-1)]).map(value => ({ [c.name]: value })); });
    const tried = [...bases, ...bases.slice(0, 2).flatMap(base => turned.map(end => ({ ...base, ...end })))];
    let room = "";
    idle(function next() {  // one at a time: a demo may need 15 ms for one
      const { verdict } = run(tried.pop());
      if (verdict.length > room.length) room = verdict;
      if (tried.length) idle(next); else box.dataset.room = room;
    });
  });
  // a link from another edition of the book: its anchor is gone, its settings are not
  if (location.hash.startsWith(`#tdemo-${spec.name}-`) && !document.getElementById(location.hash.slice(1))) host.scrollIntoView();
}
