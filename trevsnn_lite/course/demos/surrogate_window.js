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
function space(kind, width, x, h, words) {
  const top = Math.max(1.2, 1.1 * surrogate(kind, 0, width)), y = value => 122 - 92 * value / top;
  const marks = [["text", 8, 13, words.shape, "bold"], ["line", LEFT, y(0), RIGHT, y(0), "s-rule"], ["text", 38, y(0) + 4, "0", "end quiet"],
    ["line", LEFT, y(1), RIGHT, y(1), "s-rule"], ["text", 38, y(1) + 4, "1", "end quiet"], ["line", px(0), 24, px(0), 148, "s-ink dash"],
    ["path", GRID.flatMap(at => [px(at), y(surrogate(kind, at, width))]), "s-blue thick"]];
  x.forEach((at, i) => marks.push(["rect", px(at) - 1, h[i] >= SEEN ? 128 : 138, 2, 10, h[i] >= SEEN ? "f-orange" : "f-rule"]));
  for (const [at, label] of [[-1, "−1"], [0, words.threshold], [1, "+1"]]) marks.push(["text", px(at), 162, label, "mid quiet"]);
  return marks;
}
function time(kind, width, decay, x, factors, words) {
  const y = value => 252 - 62 * Math.min(Math.max(value, -1), 1), marks = [["text", 8, 181, words.factor, "bold"]];
  for (const [value, label] of [[-1, "−1"], [0, "0"], [1, "1"]])
    marks.push(["line", LEFT, y(value), RIGHT, y(value), "s-rule"], ["text", 38, y(value) + 4, label, "end quiet"]);
  marks.push(["line", px(0), 190, px(0), 314, "s-ink dash"],
    ["path", GRID.flatMap(at => [px(at), y(decay * (1 - THRESHOLD * surrogate(kind, at, width)))]), "s-blue thick"]);
  x.forEach((at, i) => marks.push(["circle", px(at), y(factors[i]), 2, "f-orange"]));
  return marks;
}
function compute({ kind, width, mean, spread, decay, back }, tools, words) {
  const x = distances(mean, spread, tools), h = x.map(at => surrogate(kind, at, width)), factors = h.map(value => decay * (1 - THRESHOLD * value));
  let through = 0;
  for (let start = 0; start < NEURONS; start++) {
    let product = 1;
    for (let k = 0; k < back; k++) product *= factors[(start + k) % NEURONS];
    through += Math.abs(product);
  }
  through /= NEURONS;
  const passed = h.filter(value => value >= SEEN).length, average = h.reduce((a, b) => a + b) / NEURONS, peak = surrogate(kind, 0, width), leak = decay ** back;
  const values = { kind: words.options[kind], width: tools.fixed(width, 1), peak: tools.short(peak), passed, neurons: NEURONS, average: tools.fixed(average, 3),
    decay: tools.fixed(decay, 2), lowest: tools.short(decay * (1 - THRESHOLD * peak)), back, through: tools.short(through), leak: tools.short(leak) };
  return { numbers: { x, h, factors, passed, mean: average, through, leak },
    marks: [...space(kind, width, x, h, words), ...time(kind, width, decay, x, factors, words)],
    sentence: ["space", "time"].map(part => tools.fill(words[part], values)).join(" ") };
}
