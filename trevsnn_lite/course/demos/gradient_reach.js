// Twin of gradient_reach.py: the time term of Eq. (4), step by step.
const NEURONS = 40, THRESHOLD = 1, LEFT = 36, RIGHT = 392, BASE = 310, FULL = 108, MOST = 2.4;
function surrogate(kind, x) {
  x = Math.abs(x);
  if (kind === "rectangle") return x <= 0.5 ? 1 : 0;
  if (kind === "triangle") return Math.max(0, 1 - x);
  if (kind === "arctan") return 1 / (1 + (Math.PI * x) ** 2);
  const s = 1 / (1 + Math.exp(-4 * x));
  return 4 * s * (1 - s);
}
function run(decay, settle, steps, kind, reset, tools) {
  const draw = tools.random(2);
  return Array.from({ length: NEURONS }, () => {
    const v = [], gates = [], inputs = [];
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
const heightOf = value => 154 - 98 * value / MOST;
const halfOf = (kind, share) => ({ rectangle: 0.5, triangle: 1 - share, arctan: Math.sqrt(1 / share - 1) / Math.PI, sigmoid: Math.acosh(1 / Math.sqrt(share)) / 2 }[kind]);
function shownOf(gates) {
  const most = Math.max(0, ...gates.map(gate => 1 - gate));
  return most === 0 ? gates.length : gates.map(gate => 1 - gate).lastIndexOf(most);
}
function ruleOf(v, inputs, t, tau, walls, words, tools) {
  const before = t ? v[t - 1] : 0, kept = tools.fixed(before, 2);
  return tools.fill(words[t === v.length - 1 ? "rule-now" : "rule"], { back: v.length - 1 - t, decay: tools.fixed(1 - 1 / tau, 2), kept: walls && before >= THRESHOLD ? `(${kept} − ${THRESHOLD})` : kept, input: tools.fixed(inputs[t], 2), tau: tools.short(tau), v: tools.fixed(v[t], 2) });
}
function potential(v, inputs, gates, shown, rule, settle, kind, words) {
  const window = Boolean(kind), swatches = kind === "rectangle" ? [[8, "f-soft", "window"]] : [[8, "f-rule", "half"], [172, "f-soft", "tenth"]], ringed = gates.map((gate, t) => gate === 0 || t === shown), halves = window ? (kind === "rectangle" ? [0.5] : [0.1, 0.5]).map(share => halfOf(kind, share)) : [];
  const y = heightOf, steps = v.length, last = px(steps - 1, steps) - (RIGHT - LEFT) / steps / 2, marks = [["text", 8, 13, words.potential, "bold"], ["circle", 94, 9, 4, "f-blue"], ["text", 102, 13, words.spike, ""],
    ["line", 141, 9, 157, 9, "s-ink dash"], ["text", 161, 13, words.threshold, ""], ["line", 227, 9, 241, 9, "s-blue thick"], ["text", 246, 13, words.input, ""], ["line", 286, 9, 302, 9, "s-blue thick dots"], ["text", 306, 13, words.level, ""], ["text", 8, 30, rule, ""],
    ...(window ? swatches : []).flatMap(([x, ground, name]) => [["rect", x, 37, 12, 11, ground + " s-rule"], ["text", x + 17, 47, words[name], ""]]),
    ...halves.map((half, i) => ["rect", LEFT, y(1 + half), last - LEFT, y(1 - half) - y(1 + half), i ? "f-rule" : "f-soft"]),
    ["line", LEFT, y(0), RIGHT, y(0), "s-rule"], ["line", LEFT, y(1), RIGHT, y(1), "s-ink dash"], ["line", LEFT, y(settle), RIGHT, y(settle), "s-blue thick dots"]];
  for (let level = 0; level < 3; level++) marks.push(["text", 30, y(level) + 4, String(level), "end quiet"]);
  inputs.forEach((x, t) => marks.push(["line", px(t, steps) - 7, y(x), px(t, steps) + 7, y(x), "s-blue thick"]));
  gates.forEach((gate, t) => { if (ringed[t]) marks.push(["line", px(t, steps), y(v[t]), px(t, steps) + (RIGHT - LEFT) / steps / 2, BASE - FULL * Math.min(1, 1 - gate), "s-ink dots"]); });
  marks.push(["path", v.flatMap((value, t) => [px(t, steps), y(value)]), "s-volt thick"]);
  return [...marks, ...v.map((value, t) => ["circle", px(t, steps), y(value), 4.5, (value >= THRESHOLD ? "f-blue" : "f-paper") + (ringed[t] ? " s-ink thick" : value >= THRESHOLD ? "" : " s-volt thick")])];
}
function bars(reach, leak, gates, closed, walls, words) {
  const steps = reach.length, pitch = (RIGHT - LEFT) / steps, width = 0.6 * pitch, high = value => FULL * Math.min(Math.abs(value), 1.08);
  const marks = [["rect", 8, 162, RIGHT - 8, 16, "f-paper"], ["text", 8, 174, words.left, "bold f-orange halo"], ...(walls ? [["rect", 122, 164, 4, 11, "f-ink"], ["text", 131, 174, words.gate, "halo"]] : []), ["rect", 270, 164, 14, 11, "hollow s-ink dots"], ["text", 289, 174, words.alone, "halo"], ["line", LEFT, BASE, RIGHT, BASE, "s-rule"],
    ["text", 30, BASE + 4, "0", "end quiet"], ["text", 30, BASE - FULL + 4, "1", "end quiet"]];
  for (let t = 0; t < steps; t++) {
    const x = px(t, steps);
    marks.push(["rect", x - width / 2, BASE - high(reach[t]), width, high(reach[t]), "f-orange"], ["rect", x - width / 2, BASE - high(leak[t]), width, high(leak[t]), "hollow s-ink dots"],
      ["text", x, BASE + 15, String(steps - 1 - t), "mid quiet"]);
  }
  gates.forEach((gate, t) => {
    const shut = FULL * (1 - Math.min(Math.abs(gate), 1));
    if (shut > 0) marks.push(["rect", px(t, steps) + pitch / 2 - 2, BASE - shut, 4, shut, "f-ink"]);
  });
  if (closed >= 0) {
    const x = px(closed, steps) + pitch / 2, end = closed === steps - 2;
    marks.push(["text", end ? x - 6 : x + 6, BASE - FULL + 8, words.closed, (end ? "end " : "") + "bold halo"]);
  }
  return [...marks, ["text", RIGHT, BASE + 29, words.back, "end quiet"]];
}
function verdictOf(reset, v, reach, leak, closed) {
  if (reset === "none") return "none";
  if (closed >= 0) return Math.max(...v) >= THRESHOLD ? "shut" : "silent";
  return Math.abs(Math.abs(reach[0]) - leak[0]) < 1e-9 * leak[0] ? "open" : "ajar";
}
function compute({ tau, steps, settle, kind, reset, neuron }, tools, words) {
  const decay = 1 - 1 / tau, found = run(decay, settle, steps, kind, reset, tools), [v, reach, gates, inputs] = found[neuron - 1], each = Array.from({ length: steps }, (_, t) => t);
  const mean = each.map(t => sum(found.map(([, other]) => Math.abs(other[t]))) / NEURONS), leak = each.map(t => decay ** (steps - 1 - t));
  const [past, meanPast, leakPast] = [reach, mean, leak].map(values => sum(values.slice(0, -1).map(Math.abs))), closed = gates.lastIndexOf(0);
  const inside = v.slice(0, -1).filter(x => Math.abs(x - THRESHOLD) <= 0.5).length, short = tools.short, said = x => (x < 0.001 ? "<0.001" : short(x));
  const values = { tau: tools.fixed(tau, 1), decay: tools.fixed(decay, 3), back: steps - 1, at: steps - 1 - closed, leak: short(leak[0]), reach: short(Math.abs(reach[0])), mean: short(mean[0]), neuron,
    past: short(past), meanPast: short(meanPast), leakPast: short(leakPast), leakSaid: said(leak[0]), reachSaid: said(Math.abs(reach[0])), ever: short(tau - 1), inside, neurons: NEURONS, kind: words.options[kind], reset: words.resets[reset] };
  const walls = reset !== "none", shown = shownOf(gates), rule = ruleOf(v, inputs, shown, tau, walls, words, tools);
  return { numbers: { v, inputs, reach, gates, shown, mean, leak, past, inside }, marks: [...potential(v, inputs, gates, shown, rule, settle, walls ? kind : "", words), ...bars(reach, leak, gates, closed, walls, words)],
    grips: [["settle", "y", LEFT, heightOf(settle) - 8, RIGHT + 8 - LEFT, 16, heightOf(0), 0, heightOf(1), 1]],
    verdict: tools.fill(words["v-" + verdictOf(reset, v, reach, leak, closed)], values), sentence: ["leaks", "gates", "weight"].map(part => tools.fill(words[part], values)).join(" ") };
}
