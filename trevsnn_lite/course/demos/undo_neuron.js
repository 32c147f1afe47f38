// Twin of undo_neuron.py: Eqs. (1) and (9) with p bits, or with a tape.
const NAMED = 53, THRESHOLD = 1, START = 0.4, LEFT = 44, RIGHT = 392;
function rounded(x, bits) {
  const scaled = x * (2 ** (53 - bits) + 1);
  return bits < 53 ? scaled - (scaled - x) : x;
}
// to the nearest whole number, halves to even, as Python's round
function nearest(x) {
  const below = Math.floor(x), rest = x - below;
  return below + (rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? 1 : 0);
}
function bitsTaped(decay) {
  let bits = 1;
  while (2 ** (bits - 1) < 0.5 / decay + 0.25) bits *= 2;
  return bits;
}
function inputsOf(decay, steps, bits, seed, tools) {
  const next = tools.random(seed);
  return Array.from({ length: steps }, () => rounded(2 * (1 - decay) * next(), bits));
}
function forwardAndBack(decay, steps, bits, seed, tape, tools) {
  const inputs = inputsOf(decay, steps, bits, seed, tools);
  const grid = 2 ** -Math.min(bits - 2, 44), modulus = 2 ** bitsTaped(decay);
  const v = [tape ? nearest(START / grid) * grid : rounded(START, bits)];
  for (const [t, current] of inputs.entries())
    v.push(tape ? nearest((decay * v[t] + current) / grid) * grid : rounded(rounded(decay * v[t], bits) + current, bits));
  const recovered = new Array(steps + 1);
  recovered[steps] = v[steps];
  for (let t = steps - 1; t >= 0; t--) {
    if (tape) {
      const count = v[t] / grid, low = count - modulus * Math.floor(count / modulus), near = (recovered[t + 1] - inputs[t]) / decay / grid;
      recovered[t] = (nearest((near - low) / modulus) * modulus + low) * grid;
    } else recovered[t] = rounded(rounded(recovered[t + 1] - inputs[t], bits) / decay, bits);
  }
  return [v, recovered];
}
const px = (t, steps) => LEFT + (RIGHT - LEFT) * t / steps, py = v => 118 - 37 * Math.min(Math.max(v, -0.15), 2.15);
const range = (from, to) => Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
function point(x, v) {
  if (v >= -0.15 && v <= 2.15) return ["circle", x, py(v), 3, "hollow s-orange thick"];
  const tip = v < 0 ? 4 : -4;
  return ["path", [x - 3, py(v) - tip / 2, x, py(v) + tip / 2, x + 3, py(v) - tip / 2], "s-orange thick"];
}
const cross = (x, y) => [["line", x - 4, y - 4, x + 4, y + 4, "s-ink thick"], ["line", x - 4, y + 4, x + 4, y - 4, "s-ink thick"]];
function potentials(v, recovered, flips, undone, errors, words) {
  const steps = v.length - 1, first = steps - undone;
  const marks = [["text", 8, 13, words.potential, "bold"], ["line", 130, 9, 150, 9, "s-blue thick"], ["text", 155, 13, words.forward, ""],
    ["circle", 222, 9, 3, "hollow s-orange thick"], ["text", 230, 13, words.recovered, ""], ["line", 306, 9, 326, 9, "s-ink dash"],
    ["text", 331, 13, words.threshold, ""], ["line", LEFT, py(1), RIGHT, py(1), "s-ink dash"], ["line", LEFT, py(0), RIGHT, py(0), "s-rule"]];
  for (const level of [0, 1, 2]) marks.push(["text", 24, py(level) + 4, String(level), "end quiet"]);
  marks.push(["path", range(0, steps + 1).flatMap(t => [px(t, steps), py(v[t])]), "s-blue thick"]);
  for (const t of range(first, steps + 1)) marks.push(point(px(t, steps), recovered[t]));
  marks.push(["text", 8, 145, words.spikes, "bold"]);
  for (const [row, values, start, colour] of [[0, v, 1, "f-blue"], [1, recovered, Math.max(first, 1), "f-orange"]]) {
    const y = 151 + 15 * row;
    for (const t of range(start, steps + 1)) if (values[t] >= THRESHOLD) marks.push(["rect", px(t, steps) - 1.5, y, 3, 11, colour]);
    marks.push(["line", LEFT, y + 12, RIGHT, y + 12, "s-rule"]);
  }
  for (const t of flips) marks.push(...cross(px(t, steps), 185));
  if (recovered.slice(first).some(at => at < -0.15 || at > 2.15) || Math.max(...errors) > 1e3) marks.push(["path", [185, 143, 188, 139, 191, 143], "s-orange thick"], ["text", 197, 145, words.beyond, ""]);
  return [...marks, ...(flips.length ? [...cross(74, 141), ["text", 84, 145, words.cross, ""]] : [])];
}
function tapeMarks(v, decay, bits, undone, words, tools) {
  const taped = bitsTaped(decay), steps = v.length - 1, grid = 2 ** -Math.min(bits - 2, 44), side = Math.min(9, (RIGHT - LEFT) / steps - 1), values = { tapebits: taped, total: taped * steps, steps, stored: bits * steps };
  const marks = [["text", 8, 206, tools.fill(words["tape-title"], values), "bold"]];
  for (let t = 0; t < steps; t++) {
    const count = Math.floor(v[t] / grid + 0.5), read = t >= steps - undone ? "orange" : "rule";
    for (let row = 0; row < taped; row++) marks.push(["rect", px(t, steps) - side / 2, 300 - 11 * row, side, side, Math.floor(count / 2 ** row) % 2 === 1 ? "f-" + read : "hollow s-" + read]);
  }
  return [...marks, ["text", 8, 332, tools.fill(words["tape-cost"], values), ""]];
}
function errorMarks(errors, decay, bits, steps, words, tools) {
  const height = e => 320 - 5 * (Math.min(Math.max(e, -17), 3) + 17), marks = [["text", 8, 206, words.error, "bold"]];
  for (const [e, label] of [[-16, "10⁻¹⁶"], [-8, "10⁻⁸"], [0, "1"]])
    marks.push(["line", 44, height(e), RIGHT, height(e), "s-rule"], ["text", 40, height(e) + 4, label, "end quiet"]);
  if (errors.every(error => error === 0)) marks.push(["text", 205, 253, errors.length > 1 ? words.exact : words.yet, "mid"]);
  else {
    const slope = -Math.log10(decay), origin = -bits * Math.log10(2), shown = range(0, steps + 1).filter(k => origin + slope * k <= 3), k = shown[Math.floor(shown.length / 2)], level = height(origin + slope * k), below = level + 22 <= 314;
    marks.push(["path", shown.flatMap(k => [px(steps - k, steps), height(origin + slope * k)]), "s-blue dash"],
      ["text", below ? Math.max(px(steps - k, steps) - 10, 212) : 220, level + (below ? 22 : -8), tools.fill(words.growth, { factor: tools.short(1 / decay) }), below ? "end halo f-blue" : "mid halo f-blue"]);
    if (bits >= 24 && origin + slope * steps <= 3) marks.push(["text", RIGHT, height(0) - 4, words["as-large"], "end quiet"]);
    const last = errors.slice(-2).map(tools.short);
    marks.push(["text", 392, 206, tools.fill(words["from-to"], { was: last[0], size: last.at(-1) }), "end f-orange"], ["text", 125, 336, words.predicted, "quiet"], ["line", 100, 332, 120, 332, "s-blue dash"]);
  }
  errors.forEach((error, k) => {
    const x = px(steps - k, steps);
    if (error > 1e3) marks.push(["path", [x - 3, 222, x, 218, x + 3, 222], "s-orange thick"]);
    else if (error > 0) marks.push(["circle", x, height(Math.log10(error)), 2.5, "f-orange"]);
    else if (k) marks.push(["circle", x, 320, 2.5, "f-paper s-orange"]);
  });
  if (errors.slice(1).includes(0)) marks.push(["circle", 282, 332, 2.5, "f-paper s-orange"], ["text", 290, 336, words["no-error"], "quiet"]);
  return marks;
}
function saidOf({ decay, steps, bits, tape }, undone, v, recovered, flips, words, tools) {
  const taped = bitsTaped(decay), at = steps - undone, kind = words.formats[bits], first = flips[flips.length - 1];
  const values = { decay: tools.fixed(decay, 2), tau: tools.fixed(1 / (1 - decay), 2), bits, format: kind ? tools.fill(words.precision, { kind }) : "", factor: tools.fixed(1 / decay, 2),
    grid: tools.short(2 ** -Math.min(bits - 2, 44)), tapebits: taped, total: taped * steps, stored: bits * steps, steps, undone, at,
    now: tools.short(recovered[at]), then: tools.short(v[at]),
    forgets: tools.fill(words[kind ? "forgets" : "forget"], { kind: kind ? kind[0].toUpperCase() + kind.slice(1) : bits }), size: tools.short(Math.abs(recovered[at] - v[at])).replaceAll(" ", "\u00a0"), count: flips.length, first, back: steps - first };
  const exactly = recovered[at] === v[at], middle = undone === 0 ? "none" : exactly ? "exactly" : values.now === values.then ? "close" : "wrong";
  const parts = [tape ? "taped" : "float", middle, ...(undone === 0 ? [] : [flips.length ? "flips" : "noflip"])];
  const verdict = undone === 0 ? "none" : flips.length ? "flips" : !exactly ? "wrong" : !tape ? "exactly" : taped < bits ? "taped" : "vain";
  return { verdict: tools.fill(words["v-" + verdict], values), sentence: parts.map(part => tools.fill(words[part], values)).join(" ") };
}
function compute(params, tools, words) {
  const { decay, steps, bits, seed, tape } = params, undone = Math.min(params.undone, steps);
  const [v, recovered] = forwardAndBack(decay, steps, bits, seed, tape, tools);
  const errors = range(0, undone + 1).map(k => Math.abs(recovered[steps - k] - v[steps - k]));
  const flips = range(Math.max(1, steps - undone), steps).filter(t => (v[t] >= THRESHOLD) !== (recovered[t] >= THRESHOLD));
  const numbers = { forward: v, recovered: recovered.slice(steps - undone), errors, flips, tape_bits: tape ? bitsTaped(decay) : 0 };
  const at = steps - undone, rule = undone ? [["text", 8, 30, ["undo", "undo-bare"].map(name => tools.fill(words[name], { at, later: tools.short(recovered[at + 1]), input: tools.short(inputsOf(decay, steps, bits, seed, tools)[at]), decay: tools.short(decay), now: tools.short(recovered[at]) })).find((line, i) => i || line.length <= NAMED), "bold"]] : [];
  const marks = [...potentials(v, recovered, flips, undone, errors, words), ...rule, ...(tape ? tapeMarks(v, decay, bits, undone, words, tools) : errorMarks(errors, decay, bits, steps, words, tools))];
  return { numbers, marks, ...saidOf(params, undone, v, recovered, flips, words, tools), grips: [["undone", "x", LEFT, 20, RIGHT - LEFT, 168, RIGHT, 0, LEFT, steps]] };
}
