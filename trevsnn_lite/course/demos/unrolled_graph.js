// Twin of unrolled_graph.py: Table 1 and Fig. 5, an error walks back, what waits for it, and the price.
const METHODS = ["stbp", "ottt", "sltt", "sltt-k", "srev", "trev"], BY_STEP = ["ottt", "sltt", "sltt-k"], K = 2, LONGEST = 8, LEFT = 62, TOP = 48;
const learns = (method, t, steps, k) => method !== "sltt-k" || Math.floor(t * k / steps) > Math.floor((t - 1) * k / steps);
function turn(method, layer, step, layers, steps, k) {
  if (method === "srev") return (layers - layer) * steps + steps - step + 1;
  if (BY_STEP.includes(method)) return (step - 1) * layers + (learns(method, step, steps, k) ? layers - layer + 1 : layer);
  return (steps - step) * layers + layers - layer + 1;
}
function held(method, layer, step, layers, steps, k, moment) {
  const waits = turn(method, layer, step, layers, steps, k) >= moment;
  if (method === "stbp") return waits;
  if (BY_STEP.includes(method)) return waits && step === Math.floor(Math.max(0, moment - 1) / layers) + 1 && learns(method, step, steps, k);
  if (moment === 0) return layer === layers && (method === "srev" || step === steps);
  if (method === "srev") {
    const now = layers - Math.floor((moment - 1) / steps);
    return layer === now - 1 || (layer === now && waits);
  }
  const now = steps - Math.floor((moment - 1) / layers);
  return (step === now && waits) || (layer === layers && step === now + 1);
}
function arrow(method, throughTime, layer, step, layers, steps, k) {
  if (throughTime) return { stbp: "both", srev: "both", trev: layer === layers ? "both" : "none" }[method] || "forward";
  return learns(method, step, steps, k) ? "both" : "forward";
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
function way(x, y, left, down, colour) {
  const head = y === down ? [left + 5, down - 4, left, down, left + 5, down + 4] : [left - 4, down - 5, left, down, left + 4, down - 5];
  return [["line", x, y, left, down, colour], ["path", head, colour]];
}
function graph(method, layers, steps, k, moment, values, words, tools) {
  const wide = Math.min(82, 330 / steps), high = Math.min(65, 130 / Math.max(1, layers - 1)), x = step => LEFT + (step - 0.5) * wide, y = layer => TOP + (layers - layer) * high;
  const marks = [["text", 8, 14, tools.fill(words[method === "ottt" ? "traced" : "now"], values), "bold"], ["text", 392, 14, words.loss, "end bold f-orange"],
    ["line", x(1) - 14, 21, x(steps) + 14, 21, "s-orange thick"]];
  for (let layer = layers; layer > 0; layer--) {
    marks.push(["text", 8, y(layer) + 4, `${words.layer} ${layer}`, "quiet"]);
    if (method === "ottt") marks.push(["circle", LEFT, y(layer), 3.5, "f-blue"]);
    for (let step = 1; step <= steps; step++) {
      const at = turn(method, layer, step, layers, steps, k), gone = at <= moment ? "s-orange thick" : "s-orange", above = layer < layers ? y(layer + 1) + 9 : 22, back = learns(method, step, steps, k);
      const on = step < steps ? arrow(method, true, layer, step, layers, steps, k) : "none";
      if (back) marks.push(...way(x(step), above, x(step), y(layer) - 9, gone));
      else if (layer < layers) marks.push(["line", x(step), above, x(step), y(layer) - 9, "s-rule thick dots"]);
      if (on === "both") marks.push(...way(x(step + 1) - 9, y(layer), x(step) + 9, y(layer), gone));
      else if (on === "forward") marks.push(["line", x(step + 1) - 9, y(layer), x(step) + 9, y(layer), "s-rule thick dots"]);
      const shape = at === moment ? (back ? "f-orange s-orange" : "f-rule s-rule") : held(method, layer, step, layers, steps, k, moment) ? "f-blue s-blue"
        : at < moment ? (back ? "f-paper s-orange thick" : "f-soft s-rule") : "f-paper s-rule thick";
      marks.push(["circle", x(step), y(layer), 7, shape]);
    }
  }
  for (let step = 1; step <= steps; step++) marks.push(["text", x(step), y(1) + 24, step === 1 ? `${words.step} 1` : String(step), "mid quiet"]);
  for (const [left, shape, word] of [[14, "f-blue s-blue", "held"], [66, "f-orange s-orange", "here"], [154, "f-paper s-orange thick", "freed"], [212, "f-paper s-rule thick", "absent"]])
    marks.push(["circle", left, 218, 6, shape], ["text", left + 12, 222, words[word], ""]);
  if (BY_STEP.includes(method)) marks.push(["line", 286, 218, 306, 218, "s-rule thick dots"], ["text", 312, 222, words.cut, ""]);
  return marks;
}
function table(found, method, layers, now, words, tools) {
  const most = LONGEST * layers, marks = [["text", 92, 240, words.most, "bold"], ["text", 300, 240, words.work, "end bold"], ["text", 392, 240, words.paths, "end bold"]];
  METHODS.forEach((name, row) => {
    const top = 246 + 16 * row, chosen = name === method, length = 120 * found[name].held / most, weight = chosen ? " bold" : "";
    marks.push(["text", 86, top + 11, words.rows[name], "end" + weight], ["rect", 92, top, length, 13, "f-rule"], ...(chosen ? [["rect", 92, top, 120 * now / most, 13, "f-blue"]] : []),
      ["text", 97 + length, top + 11, tools.short(found[name].held), weight.trim()],
      ["text", 300, top + 11, tools.short(found[name].work), "end" + weight], ["text", 392, top + 11, tools.short(found[name].paths), "end" + weight]);
  });
  return marks;
}
function compute(params, tools, words) {
  const { method, layers, steps } = params, k = Math.min(K, steps), moment = Math.min(params.moment, layers * steps);
  const found = Object.fromEntries(METHODS.map(name => [name, counts(name, layers, steps, k)])), own = found[method];
  let now = 0, here = [0, 0];
  for (let layer = 1; layer <= layers; layer++) for (let step = 1; step <= steps; step++) {
    now += held(method, layer, step, layers, steps, k, moment);
    if (turn(method, layer, step, layers, steps, k) === moment) here = [layer, step];
  }
  const values = { method: words.options[method], layers, steps, k, how: tools.fill(words.how[method], { k }), held: tools.short(own.held),
    work: tools.short(own.work), paths: tools.short(own.paths), all: tools.short(found.stbp.paths), cells: tools.short(found.stbp.held), now, layer: here[0], step: here[1] };
  const vain = ["srev", "trev"].includes(method) && own.held === found.stbp.held;
  const said = moment > 0 && moment < layers * steps ? (!learns(method, here[1], steps, k) ? "v-forward" : method === "ottt" ? "v-there-ottt" : "v-there")
    : vain ? (steps === 1 ? "v-one" : "v-vain") : (moment ? "v-" : "before-") + method;
  return { numbers: { ...found, now }, marks: [...graph(method, layers, steps, k, moment, values, words, tools), ...table(found, method, layers, now + (method === "ottt" ? layers : 0), words, tools)], verdict: tools.fill(words[said], values),
    sentence: tools.fill(words.sentence, values), grips: [["method", "y", 8, 244, 384, 100, 253, 0, 269, 1]] };
}
