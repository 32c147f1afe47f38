// Twin of gradient_reach.py: the time term of Eq. (4), step by step.
const NEURONS = 40, SEED = 57418, THRESHOLD = 1, LEFT = 36, RIGHT = 376, BASE = 284, FULL = 94, GATE = 144, TALL = 16, BOLD = 54;
function surrogate(kind, x) {
  x = Math.abs(x);
  if (kind === "rectangle") return x <= 0.5 ? 1 : 0;
  if (kind === "triangle") return Math.max(0, 1 - x);
  if (kind === "arctan") return 1 / (1 + (Math.PI * x) ** 2);
  const s = 1 / (1 + Math.exp(-4 * x));
  return 4 * s * (1 - s);
}
function run(decay, settle, steps, kind, reset, tools) {
  return Array.from({ length: NEURONS }, (_, n) => {
    const draw = tools.random(SEED + n + 1), v = [], gates = [], inputs = [];
    let kept = 0;
    for (let t = 0; t < steps; t++) {
      inputs.push(2 * settle * draw());
      v.push(decay * kept + (1 - decay) * inputs[t]);
      const h = surrogate(kind, v[t] - THRESHOLD), fired = v[t] >= THRESHOLD;
      let slope = 1;
      if (reset === "none") kept = v[t];
      else [kept, slope] = [v[t] - (fired ? THRESHOLD : 0), 1 - THRESHOLD * h];
      gates.push(slope);
    }
    gates.pop();
    const reach = new Array(steps).fill(1);
    for (let t = steps - 2; t >= 0; t--) reach[t] = reach[t + 1] * (decay * gates[t]);
    return [v, reach, gates, inputs];
  });
}
const sum = values => values.reduce((total, value) => total + value, 0), px = (t, steps) => LEFT + (RIGHT - LEFT) * (t + 0.5) / steps;
const mostOf = tau => (tau >= 4 ? 1.88 : 2.4), heightOf = (value, most) => 122 - 84 * value / most;
const halfOf = (kind, share) => ({ rectangle: 0.5, triangle: 1 - share, arctan: Math.sqrt(1 / share - 1) / Math.PI, sigmoid: Math.acosh(1 / Math.sqrt(share)) / 2 }[kind]);
const bare = text => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
function scaled(x) {
  while (x < 0.995) x *= 10;
  return x;
}
function leftOf(x, tools, digits = 3) {
  if (x === 0) return "0";
  if (x < 0.001) return `${tools.fixed(scaled(x), digits - 1)} × ${tools.short(x).split(" × ")[1]}`;
  let decimals = digits - 1;
  for (let y = x; y < 1; y *= 10) decimals++;
  return bare(tools.fixed(x, decimals));
}
function factor(x, tools) {
  const text = leftOf(x, tools);
  return x > 0 && x < 0.001 ? [`(${text})`, tools.fixed(scaled(x), 2) * (x / scaled(x))] : [text, Number(text)];
}
function openOf(gate, tools) {
  if (gate > 0 && gate < 0.001) return factor(gate, tools);
  const shut = bare(tools.fixed(1 - gate, gate === 0 || gate >= 0.1 ? 3 : gate >= 0.01 ? 4 : 5));
  return [`(1 − ${shut})`, 1 - shut];
}
function product(t, decay, reach, gates, walls, whole, tools) {
  const back = gates.length - t, kept = factor(decay, tools), all = whole && back < 5 && gates.slice(t).every(gate => gate === 1);
  const factors = all ? new Array(back).fill(kept) : [factor(reach[t + 1], tools), kept, ...(walls ? [openOf(gates[t], tools)] : [])], made = factors.reduce((total, [, value]) => total * value, 1);
  return [factors.map(([text]) => text).join(" × "), leftOf(reach[t], tools, [3, 2].find(d => leftOf(made, tools, d) === leftOf(reach[t], tools, d)) || 1)];
}
const lineOf = ([factors, left]) => (["", left].includes(factors) ? left : `${factors} ${left === "0" ? "=" : "≈"} ${left}`);
function ruleOf(v, inputs, t, tau, walls, { fixed, short }) {
  const before = t ? v[t - 1] : 0, kept = fixed(before, 2);
  return `${fixed(1 - 1 / tau, 2)} · ${walls && before >= THRESHOLD ? `(${kept} − ${THRESHOLD})` : kept} + ${fixed(inputs[t], 2)} / ${short(tau)} ≈ ${fixed(v[t], 2)}`;
}
function potential(v, shown, settle, most, kind, words, tools) {
  const window = Boolean(kind), hard = kind === "rectangle", swatches = hard ? [[8, "f-rule", "window"]] : [[8, "f-rule", "half"], [172, "f-soft", "tenth"]], halves = window ? (hard ? [0.5] : [0.1, 0.5]).map(share => halfOf(kind, share)) : [];
  const y = value => heightOf(value, most), steps = v.length, last = px(steps - 1, steps) - (RIGHT - LEFT) / steps / 2, bands = halves.map(half => [y(Math.min(1 + half, most)), y(1 - half)]), marks = [["text", 8, 13, words.potential, "bold"], ["circle", 102, 9, 4, "f-blue"], ["text", 110, 13, words.spike, ""],
    ["line", 158, 9, 174, 9, "s-ink dash"], ["text", 178, 13, words.threshold, ""], ["line", 254, 9, 270, 9, "s-blue thick"], ["text", 275, 13, words.level, ""],
    ...(window ? swatches : []).flatMap(([x, ground, name]) => [["rect", x, 20, 12, 11, ground + " s-rule"], ["text", x + 17, 30, words[name], ""]]),
    ["circle", 296, 26, 4, "f-paper s-ink thick"], ["text", 306, 30, words.picked, ""],
    ...bands.map(([top, low], i) => ["rect", LEFT, top, last - LEFT, low - top, i || hard ? "f-rule" : "f-soft s-rule"]),
    ...halves.filter(half => 1 + half > most).map(half => ["text", LEFT + 4, y(most) + 11, `↑ ${tools.fixed(1 + half, 2)}`, "quiet"]), ["line", LEFT, y(0), RIGHT, y(0), "s-rule"], ["line", LEFT, y(1), RIGHT, y(1), "s-ink dash"], ["line", RIGHT + 4, y(settle), 398, y(settle), "s-blue thick"]];
  for (let level = 0; level <= most; level++) marks.push(["text", 30, y(level) + 4, String(level), "end quiet"]);
  if (window) marks.push(["line", px(shown, steps), y(v[shown]), px(shown, steps), GATE, "s-ink dots"]);
  marks.push(["path", v.flatMap((value, t) => [px(t, steps), y(value)]), "s-volt thick"]);
  return [...marks, ...v.map((value, t) => ["circle", px(t, steps), y(value), 4.5, (value >= THRESHOLD ? "f-blue" : "f-paper") + (t === shown ? " s-ink thick" : value >= THRESHOLD ? "" : " s-volt thick")])];
}
function strip(gates, words) {
  const steps = gates.length + 1, width = 0.6 * (RIGHT - LEFT) / steps;
  const marks = [["rect", 8, 128, 274, 14, "f-paper"], ["rect", 8, 129, 11, 11, "f-paper s-ink"], ["rect", 8, 129, 11, 6, "f-rule s-ink"], ["text", 25, 139, words.gate, ""], ["text", px(steps - 1, steps), GATE + 13, words.last, "mid quiet"]];
  gates.forEach((gate, t) => {
    const left = px(t, steps) - width / 2, shut = TALL * (1 - Math.min(Math.abs(gate), 1));
    marks.push(["rect", left, GATE, width, TALL, "f-paper s-ink"]);
    if (shut > 0) marks.push(["rect", left, GATE, width, shut, "f-rule s-ink"]);
  });
  return marks;
}
function bars(reach, leak, mean, shown, words, tools) {
  const steps = reach.length, width = 0.6 * (RIGHT - LEFT) / steps, high = value => FULL * Math.min(Math.abs(value), 1.08);
  const marks = [["text", 8, 177, words.left, "bold f-orange"], ["rect", 122, 167, 14, 11, "hollow s-ink dots"], ["text", 141, 177, words.alone, ""], ["line", 248, 173, 262, 173, "s-ink thick"], ["text", 267, 177, tools.fill(words.mean, { neurons: NEURONS }), ""], ["line", LEFT, BASE, RIGHT, BASE, "s-rule"],
    ["text", 30, BASE + 4, "0", "end quiet"], ["text", 30, BASE - FULL + 4, "1", "end quiet"]];
  for (let t = 0; t < steps; t++) {
    const x = px(t, steps), bar = high(reach[t]), alone = high(leak[t]);
    marks.push(["rect", x - width / 2, BASE - bar, width, bar, "f-orange"], ["rect", x - width / 2, BASE - alone, width, alone, "hollow s-ink dots"],
      ["text", x, BASE + 14, String(steps - 1 - t), t === shown ? "mid bold" : "mid quiet"]);
    if (t < steps - 1) marks.push(["line", x - width / 4, BASE - high(mean[t]), x + width / 4, BASE - high(mean[t]), "s-ink thick"]);
  }
  return marks;
}
function verdictOf(reset, reach, leak, closed) {
  if (reset === "none") return "none";
  if (closed >= 0) return closed < reach.length - 2 ? "shut" : "at-once";
  return Math.abs(Math.abs(reach[0]) - leak[0]) < 1e-9 * leak[0] ? "open" : "ajar";
}
function compute({ tau, steps, settle, kind, reset, neuron, bar }, tools, words) {
  const decay = 1 - 1 / tau, found = run(decay, settle, steps, kind, reset, tools), [v, reach, gates, inputs] = found[neuron - 1], each = Array.from({ length: steps }, (_, t) => t);
  const mean = each.map(t => sum(found.map(([, other]) => Math.abs(other[t]))) / NEURONS), leak = each.map(t => decay ** (steps - 1 - t));
  const [past, meanPast, leakPast] = [reach, mean, leak].map(values => sum(values.slice(0, -1).map(Math.abs))), closed = gates.lastIndexOf(0);
  const inside = v.slice(0, -1).filter(x => Math.abs(x - THRESHOLD) <= 0.5).length, { short, fixed, fill } = tools;
  const idle = found.filter(([, other]) => other.at(-2) === 0).length, way = verdictOf(reset, reach, leak, closed), all = ["none", "ajar"].includes(way) ? "" : " " + words["of-all"][Math.min(idle, 2)];
  const walls = reset !== "none", most = mostOf(tau), shown = bar > 0 && bar < steps ? steps - 1 - bar : Math.max(closed, 0), said = (t, whole) => product(t, decay, reach, gates, walls, whole, tools), chain = [said(shown + 1, true), said(shown, false)].map(lineOf);
  const values = { tau: fixed(tau, 1), decay: fixed(decay, 3), back: steps - 1, at: steps - 1 - closed, before: steps - 2 - closed, leak: short(leak[0]), reach: short(Math.abs(reach[0])), mean: short(mean[0]), neuron,
    past: short(past), meanPast: short(meanPast), leakPast: short(leakPast), leakSaid: product(0, decay, leak, gates, false, false, tools)[1], reachSaid: said(0, false)[1], leftSaid: said(closed + 1, true)[1], ever: short(tau - 1), inside, neurons: NEURONS, idle, kind: words.options[kind], reset: words.resets[reset],
    shown: steps - 1 - shown, product: chain[1], rule: ruleOf(v, inputs, shown, tau, walls, tools) };
  const number = { shut: "leftSaid", open: "leakSaid", ajar: "reachSaid" }[way], small = number && values[number].includes("×") ? "-small" : "";
  const [above, below] = chain.map((text, k) => fill(words.chain, { at: steps - 2 - shown + k, product: text }));
  const under = [["text", 8, 313, words[walls ? "each" : "each-free"], "quiet"], ["text", 392, 313, words.back, "end quiet"], ["text", 8, 330, above, "f-orange"], ["text", 8, 346, below, below.length > BOLD ? "f-orange" : "bold f-orange"]];
  return { numbers: { v, inputs, reach, gates, shown, mean, leak, past, inside, idle }, marks: [...potential(v, shown, settle, most, walls ? kind : "", words, tools), ...(walls ? strip(gates, words) : []), ...bars(reach, leak, mean, shown, words, tools), ...under],
    grips: [["settle", "y", LEFT, heightOf(settle, most) - 8, 400 - LEFT, 16, heightOf(0, most), 0, heightOf(1, most), 1], ["bar", "x", LEFT, GATE, RIGHT - LEFT, BASE + 18 - GATE, px(0, steps), steps - 1, px(steps - 1, steps), 0]],
    verdict: fill(words["v-" + way + small] + all, values), sentence: ["leaks", "gates", "sum", "weight"].map(part => fill(words[part], values)).join(" ") };
}
