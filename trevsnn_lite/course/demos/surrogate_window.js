// Twin of surrogate_window.py: Eqs. (4) and (5).
const NEURONS = 60, THRESHOLD = 1, SEEN = 0.05, GRID = Array.from({ length: 201 }, (_, k) => -2 + 0.02 * k), LEFT = 44, RIGHT = 392;
function surrogate(kind, x, width) {
  x = Math.abs(x / width);
  if (kind === "rectangle") return (x <= 0.5 ? 1 : 0) / width;
  if (kind === "triangle") return Math.max(0, 1 - x) / width;
  if (kind === "arctan") return 1 / (1 + (Math.PI * x) ** 2) / width;
  const s = 1 / (1 + Math.exp(-4 * x));
  return 4 * s * (1 - s) / width;
}
function distances(mean, spread, tools) {
  const draw = tools.random(1);
  return Array.from({ length: NEURONS }, () => {
    let sum = 0;
    for (let k = 0; k < 12; k++) sum += draw();
    return mean + spread * (sum - 6);
  });
}
const px = at => LEFT + (RIGHT - LEFT) * (Math.min(Math.max(at, -2), 2) + 2) / 4;
const seenTo = (kind, width) => GRID.reduce((far, at) => (surrogate(kind, at, width) >= SEEN ? Math.max(far, at) : far), 0);
function space(kind, width, x, h, words, tools) {
  const peak = surrogate(kind, 0, width), far = seenTo(kind, width), top = Math.max(1.2, 1.1 * peak), y = value => 108 - 82 * value / top;
  const marks = [["rect", px(-far), 20, px(far) - px(-far), 242, "f-soft"], ["text", 8, 13, words.shape, "bold"], ["line", LEFT, y(0), RIGHT, y(0), "s-rule"],
    ["text", 38, y(0) + 4, "0", "end quiet"], ...(y(0) - y(peak) > 13 ? [["text", 38, y(peak) + 4, tools.short(peak), "end quiet"]] : []),
    ["line", LEFT, y(peak), px(0), y(peak), "s-grid"], ["line", px(0), 20, px(0), 136, "s-ink dash"],
    ["path", GRID.flatMap(at => [px(at), y(surrogate(kind, at, width))]), "s-blue thick"]];
  x.forEach((at, i) => marks.push(["rect", px(at) - 1, h[i] >= SEEN ? 113 : 123, 2, 10, h[i] >= SEEN ? "f-orange" : "f-rule"]));
  for (const [at, label] of [[-1, "−1"], [0, words.threshold], [1, "+1"]]) marks.push(["text", px(at), 147, label, "mid quiet"]);
  return marks;
}
const level = (factor, lowest) => 178 + 82 * (1 - factor) / (1 - Math.min(lowest, -1));
function time(kind, width, decay, x, factors, words, tools) {
  const lowest = Math.min(decay * (1 - THRESHOLD * surrogate(kind, 0, width)), -1), y = value => level(value, lowest), marks = [["text", 8, 164, words.factor, "bold halo"]];
  for (const value of [lowest, 0, 1]) {
    marks.push(["line", LEFT, y(value), RIGHT, y(value), value ? "s-grid" : "s-rule"]);
    if (value < 1 || y(0) - y(1) > 13) marks.push(["text", 38, y(value) + 4, tools.short(value), "end quiet"]);
  }
  marks.push(["line", px(0), 178, px(0), 260, "s-ink dash"],
    ["path", GRID.flatMap(at => [px(at), y(decay * (1 - THRESHOLD * surrogate(kind, at, width)))]), "s-blue thick"]);
  x.forEach((at, i) => marks.push(["circle", px(at), y(factors[i]), 2, "f-orange"]));
  return marks;
}
function bars(reach, decay, back, words) {
  const tall = value => (value > 0 ? 46 * Math.max(0, Math.min(1, 1 + Math.log10(value) / 6)) : 0);
  const pitch = (RIGHT - LEFT) / 16, marks = [["text", 8, 280, words.left, "bold"]];
  reach.forEach((value, k) => {
    const n = k + 1, x = LEFT + pitch * k + 3, high = tall(value), alone = tall(decay ** n);
    marks.push(["rect", x, 336 - high, pitch - 6, high, n === back ? "f-orange" : "f-blue"], ["rect", x - 2, 336 - alone, pitch - 2, alone, "hollow s-ink dots"]);
  });
  for (const n of [...new Set([1, 8, 16, back])].sort((a, b) => a - b)) if (n === back || Math.abs(n - back) > 1)
    marks.push(["text", LEFT + pitch * (n - 0.5), 350, String(n), n === back ? "mid bold" : "mid quiet"]);
  for (const [y, label] of [[295, "1"], [340, "10⁻⁶"]]) marks.push(["text", 38, y, label, "end quiet"]);
  return [...marks, ["line", LEFT, 336, RIGHT, 336, "s-rule"]];
}
function left(factors) {
  let products = factors.map(() => 1);
  return Array.from({ length: 16 }, (_, n) => {
    products = products.map((p, start) => p * factors[(start + n) % NEURONS]);
    return products.reduce((total, p) => total + Math.abs(p), 0) / NEURONS;
  });
}
function endingOf(kind, through, leak) {
  if (through === 0) return "nothing";
  if (!(Math.min(through, leak) >= 0.001 && through < 1e6)) return through / leak > 0.99 && through / leak < 1.01 ? "same" : through > leak ? "more" : "less";
  if (through < leak / 2) return "blocked";
  return through > 1.01 * leak ? "grows" : kind === "arctan" ? "tails" : "open";
}
function compute({ kind, width, mean, spread, decay, back }, tools, words) {
  const x = distances(mean, spread, tools), h = x.map(at => surrogate(kind, at, width)), factors = h.map(value => decay * (1 - THRESHOLD * value));
  const reach = left(factors), through = reach[back - 1];
  const passed = h.filter(value => value >= SEEN).length, average = h.reduce((a, b) => a + b) / NEURONS, peak = surrogate(kind, 0, width), leak = decay ** back, lowest = decay * (1 - THRESHOLD * peak);
  const ending = endingOf(kind, through, leak), times = through > leak ? through / leak : leak / through;
  const values = { kind: words.options[kind], width: tools.fixed(width, 1), peak: tools.short(peak), passed, seen: SEEN, neurons: NEURONS, average: tools.fixed(average, 3),
    decay: tools.fixed(decay, 2), lowest: tools.short(lowest), back, through: tools.short(through), leak: tools.short(leak), times: Number.isFinite(times) ? tools.short(times) : "" };
  return { numbers: { x, h, factors, passed, mean: average, through, leak },
    marks: [...space(kind, width, x, h, words, tools), ...time(kind, width, decay, x, factors, words, tools), ...bars(reach, decay, back, words)],
    verdict: tools.fill(words["v-" + ending], values), grips: [["width", "x", px(width / 2) - 9, 20, 18, 92, px(0), 0, px(1), 2], ["mean", "x", LEFT, 112, RIGHT - LEFT, 24, px(0), 0, px(1), 1],
      ["decay", "y", LEFT, level(decay, lowest) - 8, RIGHT - LEFT, 16, level(0, lowest), 0, level(1, lowest), 1], ["back", "x", LEFT, 286, RIGHT - LEFT, 66, LEFT, 0.5, RIGHT, 16.5]],
    sentence: ["space", "time"].map(part => tools.fill(words[part], values)).join(" ") };
}
