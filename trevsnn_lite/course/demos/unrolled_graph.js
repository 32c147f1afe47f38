// Twin of unrolled_graph.py: Table 1 and Fig. 5, arrows, what is held, work.
const METHODS = ["stbp", "ottt", "sltt", "sltt-k", "srev", "trev"];
const SHAPE = { keep: "f-blue", hand: "f-orange", brief: "f-soft s-blue", rebuild: "f-paper s-orange dots", forward: "f-soft s-rule" };
const isDrawn = (t, steps, k) => Math.floor(t * k / steps) > Math.floor((t - 1) * k / steps);
function cellState(method, layer, step, layers, steps, k) {
  if (["ottt", "sltt", "sltt-k"].includes(method)) {  // the last step is always one with a backward pass
    return step === steps ? "keep" : method !== "sltt-k" || isDrawn(step, steps, k) ? "brief" : "forward";
  }
  const [kept, inHand] = { stbp: [true, false], srev: [layer === layers, layer === layers - 1], trev: [layer === layers && step === steps, step === Math.max(1, steps - 1)] }[method];
  return kept ? "keep" : inHand ? "hand" : "rebuild";
}
function arrow(method, throughTime, layer, step, layers, steps, k) {
  if (throughTime) return { stbp: "both", srev: "both", trev: layer === layers ? "both" : "none" }[method] || "forward";
  return method === "sltt-k" && !isDrawn(step, steps, k) ? "forward" : "both";
}
function comb(n, k) {
  let c = 1;
  for (let i = 0; i < k; i++) c = Math.round(c * (n - i) / (i + 1));
  return c;
}
function counts(method, layers, steps, k) {
  const cells = layers * steps, every = comb(steps + layers, layers + 1), pairs = steps * (steps + 1) / 2;
  const [held, work, paths] = { stbp: [cells, 2 * cells, every], ottt: [2 * layers, 2 * cells, pairs], sltt: [layers, 2 * cells, steps],
    "sltt-k": [layers, cells + layers * k, k], srev: [Math.min(2, layers) * steps, 3 * cells, every], trev: [layers + (steps > 1 ? 1 : 0), 3 * cells, pairs] }[method];
  return { held, work, paths };
}
function graph(method, layers, steps, k, words, tools) {
  const wide = Math.min(82, 330 / steps), high = Math.min(56, 154 / layers), number = Object.fromEntries(Object.keys(SHAPE).map(cell => [cell, 0]));
  const marks = [["text", 8, 14, words.depth, "quiet"], ["text", 52, 44 + layers * high, words.time, "quiet"], ["text", 392, 44 + layers * high, words.whole, "end quiet"]];
  const x = step => 52 + (step - 0.5) * wide, y = layer => 28 + (layers - layer + 0.5) * high;
  for (let layer = 1; layer <= layers; layer++) for (let step = 1; step <= steps; step++) {
    const [up, on] = [false, true].map(time => arrow(method, time, layer, step, layers, steps, k)), cell = cellState(method, layer, step, layers, steps, k);
    if (layer < layers) marks.push(["line", x(step), y(layer) - 8, x(step), y(layer + 1) + 8, up === "both" ? "s-blue thick" : "s-ink dots"]);
    if (step < steps && on !== "none") marks.push(["line", x(step) + 8, y(layer), x(step + 1) - 8, y(layer), on === "both" ? "s-orange thick" : "s-ink dots"]);
    number[cell] += 1;
    marks.push(["circle", x(step), y(layer), 7, SHAPE[cell]]);
    if (method === "ottt" && step === steps) marks.push(["circle", x(step), y(layer), 3, "f-orange"]);
  }
  let left = 76;
  for (const cell in SHAPE) if (number[cell]) {
    const word = tools.fill(words[cell], { n: number[cell] });
    marks.push(["circle", left, 10, 6, SHAPE[cell]], ["text", left + 11, 14, word, ""]);
    left += 36 + 6.6 * word.length;
  }
  if (method === "ottt") marks.push(["circle", left, 10, 3, "f-orange"], ["text", left + 8, 14, tools.fill(words.trace, { n: layers }), ""]);
  for (const [at, shape, word] of [[8, "s-blue thick", "up"], [178, "s-orange thick", "on"], [256, "s-ink dots", "one-way"]])
    marks.push(["line", at, 222, at + 18, 222, shape], ["text", at + 24, 226, words[word], ""]);
  return marks;
}
function table(found, method, words, tools) {
  const most = Math.max(...METHODS.map(name => found[name].held));
  const marks = [["text", 92, 246, words.held, "bold"], ["text", 284, 246, words.work, "end bold"], ["text", 392, 246, words.paths, "end bold"]];
  METHODS.forEach((name, row) => {
    const top = 254 + 17 * row, chosen = name === method, length = 120 * found[name].held / most, weight = chosen ? " bold" : "";
    marks.push(["text", 86, top + 11, words.rows[name], "end" + weight], ["rect", 92, top, length, 14, chosen ? "f-blue" : "f-rule"],
      ["text", 97 + length, top + 11, tools.short(found[name].held), weight.trim()],
      ["text", 284, top + 11, tools.short(found[name].work), "end" + weight], ["text", 392, top + 11, tools.short(found[name].paths), "end" + weight]);
  });
  return marks;
}
function compute(params, tools, words) {
  const { method, layers, steps } = params, k = Math.min(params.k, steps);
  const found = Object.fromEntries(METHODS.map(name => [name, counts(name, layers, steps, k)])), own = found[method];
  const values = { method: words.options[method], layers, steps, k, how: tools.fill(words.how[method], { k }), held: tools.short(own.held),
    work: tools.short(own.work), paths: tools.short(own.paths), all: tools.short(found.stbp.paths), cells: tools.short(found.stbp.held) };
  const vain = ["srev", "trev"].includes(method) && own.held === found.stbp.held;
  return { numbers: found, marks: [...graph(method, layers, steps, k, words, tools), ...table(found, method, words, tools)], verdict: tools.fill(words[vain ? "v-vain" : "v-" + method], values),
    sentence: tools.fill(words.sentence, values), grips: [["method", "y", 8, 250, 384, 106, 261, 0, 278, 1]] };
}
