// Twin of gradient_reach.py: the time term of Eq. (4), step by step.
const NEURONS = 40, THRESHOLD = 1, LEFT = 44, RIGHT = 392;
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
    const v = [], factors = [];
    let kept = 0;
    for (let t = 0; t < steps; t++) {
      v.push(decay * kept + 2 * settle * (1 - decay) * draw());
      const h = surrogate(kind, v[t] - THRESHOLD), fired = v[t] >= THRESHOLD;
      let slope = 1;
      if (reset === "none") kept = v[t];
      else if (reset === "soft") [kept, slope] = [v[t] - (fired ? THRESHOLD : 0), 1 - THRESHOLD * h];
      else [kept, slope] = [fired ? 0 : v[t], (fired ? 0 : 1) - v[t] * h];
      factors.push(decay * slope);
    }
    const reach = new Array(steps).fill(1);
    for (let t = steps - 2; t >= 0; t--) reach[t] = reach[t + 1] * factors[t];
    return [v, reach];
  });
}
const sum = values => values.reduce((total, value) => total + value, 0), px = (t, steps) => LEFT + (RIGHT - LEFT) * (t + 0.5) / steps;
const heightOf = (value, top) => 138 - 96.8 * value / top;
function potential(v, settle, top, window, closed, words) {
  const y = value => heightOf(value, top), marks = [["text", 8, 13, words.potential, "bold"], ["circle", 136, 9, 4, "f-orange"], ["text", 145, 13, words.spike, ""],
    ["line", 202, 9, 218, 9, "s-blue dots"], ["text", 223, 13, words.input, ""],
    ...(closed >= 0 ? [["line", 284, 9, 300, 9, "s-orange dash"], ["text", 305, 13, words.closed, ""]] : []),
    ...(window ? [["rect", 129, 21, 14, 11, "f-soft s-rule"], ["text", 149, 30, words.window, ""], ["rect", LEFT, y(1.5), RIGHT - LEFT, y(0.5) - y(1.5), "f-soft"]] : []),
    ["line", LEFT, y(0), RIGHT, y(0), "s-rule"], ["line", LEFT, y(1), RIGHT, y(1), "s-ink dash"], ["line", LEFT, y(settle), RIGHT, y(settle), "s-blue dots"]];
  for (let level = 0; level <= top; level++) marks.push(["text", 38, y(level) + 4, String(level), "end quiet"]);
  if (closed >= 0) marks.push(["line", px(closed, v.length), y(v[closed]), px(closed, v.length), 146, "s-orange dash"], ["line", px(closed, v.length), 186, px(closed, v.length), 300, "s-orange dash"]);
  marks.push(["path", v.flatMap((value, t) => [px(t, v.length), y(value)]), "s-blue"]);
  return [...marks, ...v.map((value, t) => ["circle", px(t, v.length), y(value), 4, value >= THRESHOLD ? "f-orange" : "f-paper s-blue thick"])];
}
function bars(reach, mean, leak, words, tools) {
  const steps = reach.length, width = 0.6 * (RIGHT - LEFT) / steps, base = 300, high = value => 110 * Math.min(Math.abs(value), 1.15);
  const marks = [["text", 8, 160, words.left, "bold halo"], ["line", LEFT, base, RIGHT, base, "s-rule"], ["line", LEFT, base - 110, RIGHT, base - 110, "s-rule"],
    ["text", 38, base + 4, "0", "end quiet"], ["text", 38, base - 106, "1", "end quiet"]];
  for (let t = 0; t < steps; t++) {
    const x = px(t, steps);
    marks.push(["rect", x - width / 2, base - high(reach[t]), width, high(reach[t]), "f-blue"],
      ["rect", x - width / 2 - 2, base - high(leak[t]), width + 4, high(leak[t]), "hollow s-ink dots"],
      ["circle", x, base - high(mean[t]), 3.5, "f-orange"], ["text", x, 314, String(steps - 1 - t), "mid quiet"]);
  }
  marks.push(["rect", 8, 169, 11, 11, "f-blue"], ["text", 24, 179, words.this, "halo"], ["circle", 124, 175, 4, "f-orange"], ["text", 134, 179, tools.fill(words.all, { neurons: NEURONS }), "halo"]);
  return [...marks, ["rect", 240, 169, 11, 11, "hollow s-ink dots"], ["text", 256, 179, words.alone, "halo"], ["text", RIGHT, 328, words.back, "end quiet"]];
}
function compute({ tau, steps, settle, kind, reset, neuron }, tools, words) {
  const decay = 1 - 1 / tau, found = run(decay, settle, steps, kind, reset, tools), [v, reach] = found[neuron - 1], each = Array.from({ length: steps }, (_, t) => t);
  const mean = each.map(t => sum(found.map(([, other]) => Math.abs(other[t]))) / NEURONS), leak = each.map(t => decay ** (steps - 1 - t));
  const [past, meanPast, leakPast] = [reach, mean, leak].map(values => sum(values.slice(0, -1).map(Math.abs)));
  const inside = v.slice(0, -1).filter(x => Math.abs(x - THRESHOLD) <= 0.5).length, short = tools.short, said = x => (x === 0 ? words.nothing : x < 0.001 ? "<0.001" : short(x));
  const values = { tau: tools.fixed(tau, 1), decay: tools.fixed(decay, 3), back: steps - 1, leak: short(leak[0]), reach: short(Math.abs(reach[0])), mean: short(mean[0]), neuron,
    past: short(past), meanPast: short(meanPast), leakPast: short(leakPast), leakSaid: said(leak[0]), reachSaid: said(Math.abs(reach[0])), said: said(mean[0]), ever: short(tau - 1), inside, neurons: NEURONS, kind: words.options[kind], reset: words.resets[reset] };
  const verdict = reset === "none" ? (leakPast > 4 ? "long" : "none") : [reach[0], mean[0]].every(x => Math.abs(Math.abs(x) - leak[0]) < 1e-9 * leak[0]) ? "same" : "gates", closed = each.reduce((last, t) => (reach[t] === 0 ? t : last), -1);
  const top = Math.max(2.2, 1.05 * settle, 1.05 * Math.max(...v)), window = kind === "rectangle" && reset !== "none";
  return { numbers: { v, reach, mean, leak, past, inside }, marks: [...potential(v, settle, top, window, closed, words), ...bars(reach, mean, leak, words, tools)],
    grips: [["settle", "y", LEFT, heightOf(settle, top) - 8, RIGHT - LEFT, 16, heightOf(0, top), 0, heightOf(1, top), 1]],
    verdict: tools.fill(words["v-" + verdict], values), sentence: ["leaks", "gates", "weight"].map(part => tools.fill(words[part], values)).join(" ") };
}
