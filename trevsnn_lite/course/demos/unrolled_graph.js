// Twin of unrolled_graph.py: Table 1 and Fig. 5, an error walks back, what waits for it, and the price.
const METHODS = ["stbp", "ottt", "sltt", "sltt-k", "srev", "trev"], BY_STEP = ["ottt", "sltt", "sltt-k"], K = 2, LONGEST = 8, LEFT = 62, TOP = 44, FLOOR = 210, ROW = 28, BAR = 84;
const upTo = n => Array.from({ length: n }, (_, i) => i + 1), among = (cells, layer, step) => cells.some(cell => cell[0] === layer && cell[1] === step);
const learns = (method, t, steps, k) => method !== "sltt-k" || Math.floor(t * k / steps) > Math.floor((t - 1) * k / steps);
function film(method, layers, steps, k) {
  const rows = upTo(layers), columns = upTo(steps), pairs = [];
  if (method === "srev") for (const layer of upTo(layers).reverse())
    pairs.push([[layer, steps], layer > 1 ? columns.map(t => [layer - 1, t]) : [], upTo(steps).reverse().map(t => [layer, t])]);
  else for (const t of BY_STEP.includes(method) ? columns : upTo(steps).reverse()) {
    const column = rows.map(layer => [layer, t]), run = method === "stbp" ? [] : method === "trev" ? [...column.slice(0, -1), ...(t > 1 ? [[layers, t - 1]] : [])] : column;
    pairs.push([[layers, t], run, learns(method, t, steps, k) ? [...column].reverse() : []]);
  }
  return pairs.flatMap(([at, run, back]) => [...(run.length ? [["run", at, run]] : []), ...back.map(cell => ["error", cell, [cell]])]);
}
function held(method, layers, steps, k, moment) {
  const kept = { stbp: () => true, srev: layer => layer === layers, trev: (layer, step) => layer === layers && step === steps }[method] || (() => false);
  let now = upTo(layers).flatMap(layer => upTo(steps).filter(step => kept(layer, step)).map(step => [layer, step]));
  film(method, layers, steps, k).slice(0, moment).forEach(([what, , where], i) => {
    if (what === "run") now.push(...where.filter(cell => learns(method, cell[1], steps, k)));
    else if (i < moment - 1) now = now.filter(cell => !among(where, ...cell));
  });
  return now;
}
function arrow(method, throughTime, layer, step, layers, steps, k) {
  if (throughTime) return { stbp: "both", srev: "both", trev: layer === layers ? "both" : "none" }[method] || "forward";
  return learns(method, step, steps, k) ? "both" : "forward";
}
function ways(method, layers, steps, k) {
  const found = Array.from({ length: layers + 2 }, () => Array(steps + 2).fill(0));
  for (let layer = layers; layer > 0; layer--) for (let step = steps; step > 0; step--) {
    if (learns(method, step, steps, k)) found[layer][step] += layer === layers ? 1 : found[layer + 1][step];
    if (arrow(method, true, layer, step, layers, steps, k) === "both") found[layer][step] += found[layer][step + 1];
  }
  return upTo(steps).map(t => found[1][t] * (method === "ottt" ? t : 1));
}
function comb(n, k) {
  let c = 1;
  for (let i = 0; i < k; i++) c = Math.round(c * (n - i) / (i + 1));
  return c;
}
function counts(method, layers, steps, k) {
  const cells = layers * steps, every = comb(steps + layers, layers + 1), pairs = steps * (steps + 1) / 2;
  const [held, runs, errors, paths, all] = { stbp: [cells, cells, cells, every, every], ottt: [2 * layers, cells, cells, pairs, every], sltt: [layers, cells, cells, steps, every], "sltt-k": [layers, cells, layers * k, k, every],
    srev: [Math.min(2, layers) * steps, 2 * cells, cells, every, every], trev: [layers + (steps > 1 ? 1 : 0), 2 * cells, cells, pairs, pairs] }[method];
  return { held, work: runs + errors, errors, paths, all };
}
function way(x, y, left, down, colour) {
  const back = y < down ? 5 : -5, head = y === down ? [left + 5, down - 4, left, down, left + 5, down + 4] : [left - 4, down - back, left, down, left + 4, down - back];
  return [["line", x, y, left, down, colour], ["path", head, colour]];
}
function trace(arrived, x, top, steps, words) {
  const marks = arrived.length ? [["text", 8, top + 27, words.trace, "f-blue"]] : [];
  for (const step of arrived) {
    const deep = top + 10 + 26 * step / steps;
    marks.push(["path", [x(step), top + 8, x(step), deep, x(1), deep], step === arrived.at(-1) ? "s-blue thick" : "s-blue"], ...upTo(step).map(t => ["circle", x(t), deep, 1.7, "f-blue"]));
  }
  return marks;
}
function graph(method, layers, steps, k, moment, values, words, tools) {
  const below = method === "ottt" ? 52 : 20, wide = Math.min(82, 330 / steps), high = (FLOOR - TOP - below) / Math.max(1, layers - 1), left = LEFT + (330 - wide * steps) / 2, top = layers > 1 ? TOP : (FLOOR - below + TOP) / 2;
  const x = step => left + (step - 0.5) * wide, y = layer => top + (layers - layer) * high, moments = film(method, layers, steps, k), now = held(method, layers, steps, k, moment);
  const been = moments.slice(0, moment).filter(([what]) => what === "error").map(([, cell]) => cell), [what, , where] = moment ? moments[moment - 1] : ["", [], []], fresh = what === "run" ? where : [];
  const marks = [["text", 8, 14, tools.fill(words[method === "ottt" ? "traced" : "now"], values), "bold"], ["text", 392, 14, words.loss, "end bold f-orange"],
    ["line", x(1) - 14, 21, x(steps) + 14, 21, "s-orange thick"]];
  for (let layer = layers; layer > 0; layer--) {
    marks.push(["text", 8, y(layer) + 4, `${words.layer} ${layer}`, "quiet"]);
    if (method === "ottt") marks.push(["circle", left, y(layer), 3.5, "f-blue"]);
    for (let step = 1; step <= steps; step++) {
      const isFresh = among(fresh, layer, step), colour = among(been, layer, step) ? "s-orange thick" : "s-orange", above = layer < layers ? y(layer + 1) + 9 : 22;
      const on = step < steps ? arrow(method, true, layer, step, layers, steps, k) : "none", ends = [x(step + 1) - 9, y(layer), x(step) + 9, y(layer)];
      if (layer < layers && isFresh) marks.push(...(method === "srev" ? way(x(step), above, x(step), y(layer) - 9, "s-green thick") : way(x(step), y(layer) - 9, x(step), above, "s-green thick")));
      else if (learns(method, step, steps, k)) marks.push(...way(x(step), above, x(step), y(layer) - 9, colour));
      else if (layer < layers) marks.push(["line", x(step), above, x(step), y(layer) - 9, "s-rule thick dots"]);
      if (on === "both") marks.push(...way(...ends, method === "trev" && isFresh ? "s-green thick" : colour));
      else if (on === "forward") marks.push(["line", ...ends, "s-rule thick dots"]);
      const shape = isFresh ? "f-green s-green" : what === "error" && among(where, layer, step) ? "f-orange s-orange" : among(now, layer, step) ? "f-blue s-blue" : "f-paper s-rule thick";
      marks.push(["circle", x(step), y(layer), 7, shape]);
    }
  }
  const floor = y(1) + below, arrived = been.filter(cell => cell[0] === 1).map(cell => cell[1]);
  if (method === "ottt") marks.push(...trace(arrived, x, y(1), steps, words));
  if (arrived.length) marks.push(["text", 8, floor + 16, words.paths, "quiet"]);
  ways(method, layers, steps, k).forEach((number, i) => {
    marks.push(["text", x(i + 1), floor, i ? String(i + 1) : `${words.step} 1`, "mid quiet"]);
    if (among(been, 1, i + 1)) marks.push(["text", x(i + 1), floor + 16, tools.short(number), "mid bold f-orange"]);
  });
  const run = method === "stbp" ? [] : [[231, "f-green s-green", BY_STEP.includes(method) ? "run" : "rebuilt"]];
  for (const [at, shape, word] of [[12, "f-blue s-blue", "held"], [62, "f-orange s-orange", "here"], [154, "f-paper s-rule thick", "absent"], ...run])
    marks.push(["circle", at, 242, 6, shape], ["text", at + 11, 246, words[word], ""]);
  if (BY_STEP.includes(method)) marks.push(["line", 299, 242, 313, 242, "s-rule thick dots"], ["text", 317, 246, words.cut, ""]);
  return marks;
}
function table(found, method, layers, now, values, words, tools) {
  const unit = BAR / (LONGEST * layers), marks = [["text", 8, 266, words.most, "bold"], ["text", 392, 266, tools.fill(words.follows, values), "end"]];
  METHODS.forEach((name, number) => {
    const left = 8 + 194 * Math.floor(number / 3), top = 272 + ROW * (number % 3), held = found[name].held, weight = name === method ? "bold" : "", bar = left + 72;
    marks.push(["text", left + 66, top + 18, words.rows[name], ("end " + weight).trim()], ["rect", bar, top + 6, unit * held, 16, "f-rule"], ...(weight ? [["rect", bar, top + 6, unit * now, 16, "f-blue"]] : []),
      ["text", bar + 5 + unit * held, top + 18, tools.short(held), weight]);
  });
  return marks;
}
function compute(params, tools, words) {
  const { method, layers, steps } = params, k = Math.min(K, steps), moments = film(method, layers, steps, k), moment = Math.min(params.moment, moments.length);
  const found = Object.fromEntries(METHODS.map(name => [name, counts(name, layers, steps, k)])), own = found[method];
  const [what, [layer, step]] = moment ? moments[moment - 1] : ["", [0, 0]], now = held(method, layers, steps, k, moment).length;
  const values = { method: words.options[method], layers, steps, k, how: tools.fill(words.how[method], { k }), held: tools.short(own.held), runs: tools.short(own.work - own.errors), errors: tools.short(own.errors), work: tools.short(own.work), paths: tools.short(own.paths), all: tools.short(own.all),
    every: tools.fill(words[steps > 1 ? "every" : "every-one"], { all: tools.short(own.all) }), name: words.rows[method], cells: tools.short(found.stbp.held), now, layer, step, before: step - 1, below: layer - 1 };
  const vain = !["stbp", "ottt"].includes(method) && own.held === found.stbp.held;
  const said = what === "run" ? (method === "trev" ? (step > 1 ? "v-again" : "v-again-first") : method === "srev" ? "v-undone" : learns(method, step, steps, k) ? "v-run" : "v-forward")
    : moment > 0 && moment < moments.length ? (method === "ottt" ? (layer === 1 ? "v-meets" : "v-there-ottt") : "v-there") : vain ? (steps === 1 ? "v-one" : "v-vain") : method === "ottt" && steps === 1 ? "v-one-ottt" : method === "sltt-k" && !moment && k === steps ? "before-sltt-k-all" : (moment ? "v-" : "before-") + method;
  return { numbers: { ...found, now, moments: moments.length }, marks: [...graph(method, layers, steps, k, moment, values, words, tools), ...table(found, method, layers, now + (method === "ottt" ? layers : 0), values, words, tools)],
    verdict: tools.fill(words[said], values), sentence: tools.fill(words.sentence, values), grips: [["method", "y", 8, 272, 190, 3 * ROW, 286, 0, 286 + ROW, 1], ["method", "y", 202, 272, 190, 3 * ROW, 286, 3, 286 + ROW, 4]] };
}
