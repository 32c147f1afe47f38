// Twin of residual_depth.py: signal and gradient through 24 random blocks.
const UNITS = 20, SAMPLES = 6, DEPTH = 24, THRESHOLD = 0.5, LAST_THRESHOLD = 0.75, SHOWN = 6, LEFT = 60, PITCH = 13.5, SHADES = { ms: [0.25, 1, 4], "sew-add": [0.25, 5, 10] };
const dot = (a, b) => { let total = 0; for (let i = 0; i < a.length; i++) total += a[i] * b[i]; return total; };
const times = (n, make) => Array.from({ length: n }, make);
const ones = times(UNITS, () => 1);
function standardised(row) {
  const mean = dot(row, ones) / UNITS, centred = row.map(w => w - mean), size = Math.sqrt(dot(centred, centred));
  return centred.map(w => w / size);
}
let begun;
function start(tools) {
  if (begun) return begun;
  const draw = tools.random(78), normal = () => { let total = 0; for (let i = 0; i < 12; i++) total += draw(); return total - 6; };
  const potentials = times(SAMPLES, () => times(UNITS, normal));
  begun = [potentials, times(DEPTH, () => times(UNITS, () => standardised(times(UNITS, () => draw()))))];
  return begun;
}
const fire = v => (v >= THRESHOLD ? 1 : 0), pass = v => (Math.abs(v - THRESHOLD) <= 0.5 ? 1 : 0);
function block(shortcut, weight, x, scale, keep) {
  const given = shortcut === "ms" ? x.map(fire) : x, branch = weight.map(row => scale * dot(row, given));
  if (shortcut === "ms") return [x.map((u, i) => keep * u + branch[i]), x];
  if (shortcut === "vanilla") {
    const total = branch.map((b, i) => b + keep * x[i]);
    return [total.map(v => (v >= LAST_THRESHOLD ? 1 : 0)), total];
  }
  const join = { "sew-add": (f, s) => f + keep * s, "sew-and": (f, s) => f * keep * s, "sew-iand": (f, s) => (1 - f) * keep * s }[shortcut];
  return [branch.map((b, i) => join(fire(b), x[i])), branch];
}
function back(shortcut, weight, x, met, g, scale, keep) {
  if (shortcut === "vanilla") g = g.map((d, i) => (Math.abs(met[i] - LAST_THRESHOLD) <= 0.5 ? d : 0));
  const into = { "sew-add": j => pass(met[j]) * g[j], "sew-and": j => pass(met[j]) * keep * x[j] * g[j],
    "sew-iand": j => -pass(met[j]) * keep * x[j] * g[j] }[shortcut] || (j => g[j]);
  const down = times(UNITS, (_, j) => into(j));
  const gate = { "sew-and": i => fire(met[i]), "sew-iand": i => 1 - fire(met[i]) }[shortcut] || (() => 1);
  return times(UNITS, (_, i) => {
    const through = scale * dot(weight.map(row => row[i]), down);
    return keep * gate(i) * g[i] + (shortcut === "ms" ? pass(x[i]) * through : through);
  });
}
function run(shortcut, scale, keep, blocks, tools) {
  const [potentials, weights] = start(tools), layers = [shortcut === "ms" ? potentials : potentials.map(row => row.map(fire))], mets = [];
  for (const weight of weights.slice(0, blocks)) {
    const found = layers.at(-1).map(x => block(shortcut, weight, x, scale, keep));
    layers.push(found.map(pair => pair[0]));
    mets.push(found.map(pair => pair[1]));
  }
  const flat = layers.map(layer => layer.flat()), size = flat.map(v => Math.sqrt(dot(v, v) / v.length));
  const like = flat.map((v, i) => (size[i] * size[0] > 0 ? dot(v, flat[0]) / (v.length * size[i] * size[0]) : 0));
  let gradient = potentials;
  const norms = [];
  for (let depth = blocks; depth >= 0; depth--) {
    const values = gradient.flat();
    norms.push(Math.sqrt(dot(values, values)));
    if (depth) gradient = gradient.map((g, k) => back(shortcut, weights[depth - 1], layers[depth - 1][k], mets[depth - 1][k], g, scale, keep));
  }
  const drawn = times(SHOWN, (_, k) => layers.map(x => x[0][k]));
  return { drawn, size, like, largest: flat.map(v => Math.max(...v)), gradient: norms.map(n => n / norms[0]).reverse() };
}
const track = alpha => 290 + 88 * alpha;
function blockOf(shortcut, alpha, onBranch, words, tools) {
  const high = 14, low = 36, scaled = 116, join = 190, height = onBranch ? high : low, fires = shortcut.startsWith("sew"), branch = onBranch ? alpha : 1;
  const box = (x, y, wide, text) => [["rect", x, y - 9, wide, 18, "f-soft s-rule"], ["text", x + wide / 2, y + 4, text, "mid"]];
  const wire = (x, end, y, share) => (share === 0 ? ["line", x, y, end, y, "s-ink dots"] : ["rect", x, y - 2 * share, end - x, 4 * share, "f-ink"]);
  const arrives = fires ? (branch ? 0.5 : 0) : branch * 0.5;
  const marks = [["text", 8, low + 4, "x", "bold"], wire(20, scaled, low, 0.5), wire(scaled, join, low, onBranch ? 0.5 : alpha * 0.5), ["line", 26, high, 26, low, "s-ink thick"],
    wire(26, scaled, high, 0.5), wire(scaled, fires ? 134 : join, high, branch * 0.5), ...(fires ? [wire(170, join, high, arrives)] : []),
    arrives === 0 ? ["line", join, high, join, low - 9, "s-ink dots"] : ["rect", join - 2 * arrives, high, 4 * arrives, low - 9 - high, "f-ink"],
    wire(join, 254, low, 0.5), ["path", [250, low - 5, 256, low, 250, low + 5], "s-ink thick"]];
  if (shortcut === "ms") marks.push(...box(34, high, 36, words.fire));
  marks.push(...box(shortcut === "ms" ? 76 : 34, high, 24, words.weights));
  if (fires) marks.push(...box(134, high, 36, words.fire));
  if (shortcut === "vanilla") marks.push(...box(207, low, 36, words.fire));
  marks.push(["circle", scaled, height, 9, "f-paper s-ink"], ["text", scaled, height + 4, "α", "mid bold"],
    ...(["sew-and", "sew-iand"].includes(shortcut) ? box(join - 18, low, 36, words.joins[shortcut]) : [["circle", join, low, 9, "f-paper s-ink"], ["text", join, low + 4, "+", "mid bold"]]));
  return [...marks, ["text", track(0.5), 16, `α = ${tools.fixed(alpha, 2)}`, "mid bold"], ["line", track(0), 32, track(1), 32, "s-rule"],
    ["text", track(0) - 12, 36, "0", "end quiet"], ["text", track(1) + 12, 36, "1", "quiet"]];
}
function shade(v, shortcut) {
  const strength = (SHADES[shortcut] || [0.25, 0.5, 0.75]).filter(least => Math.abs(v) >= least).length;
  return v < 0 && strength ? strength + 3 : strength;
}
function strip(drawn, shortcut, said, words) {
  const [above, below] = words.key[shortcut] || words.key.spikes, key = shortcut === "ms" ? "3210456" : "3210";
  return [["text", 8, 62, words.strip, "bold"], ["text", 392, 62, said, "end quiet"],
    ["cells", LEFT - PITCH / 2, 68, PITCH, 9, drawn[0].length, drawn.flat().map(v => shade(v, shortcut)).join("")],
    ["cells", 8, 68, 8, 54 / key.length, 1, key], ["text", 19, 78, above, "quiet"], ["text", 19, 121, below, "quiet"]];
}
const level = value => 188 - 40 * value;
function likeness(values, said, words) {
  const points = values.flatMap((v, i) => [LEFT + PITCH * i, level(Math.abs(v))]);
  return [["text", 8, 138, words.like, "bold f-blue"], ["text", 392, 138, said, "end bold f-blue"], ["line", LEFT, level(1), 384, level(1), "s-grid"], ["line", LEFT, level(0), 384, level(0), "s-rule"],
    ["text", LEFT - 8, level(1) + 4, "1", "end quiet"], ["text", LEFT - 8, level(0) + 4, "0", "end quiet"], 
    ["path", points, "s-blue thick"], ["circle", points.at(-2), points.at(-1), 4, "f-blue"]];
}
function gradients(values, said, words, tools) {
  const height = v => 260 - 8 * Math.log10(v), inside = v => v > 0 && Math.log10(v) >= -2 && Math.log10(v) <= 6, value = values[0], [y, tip] = value > 1 ? [218, -6] : [270, 6];
  const mark = inside(value) ? [["circle", LEFT, height(value), 4, "f-orange"]] : value > 0 ? [["path", [LEFT - 5, y, LEFT, y + tip, LEFT + 5, y], "s-orange thick"]] : [];
  return [["text", 8, 204, words.gradient, "bold f-orange"], ["text", 392, 204, value > 0 ? "× " + tools.short(value) : words.lost, "end bold f-orange"],
    ...[212, 236, 276].map(y => ["line", LEFT, y, 384, y, "s-grid"]), ["line", LEFT, 260, 384, 260, "s-rule"],
    ...[[212, "10⁶"], [236, "10³"], [260, "1"], [276, "10⁻²"]].map(([y, label]) => ["text", LEFT - 8, y + 4, label, "end quiet"]),
    ["path", values.flatMap((v, i) => (inside(v) ? [LEFT + PITCH * i, height(v)] : [])), "s-orange thick"], ...mark, ...(value > 0 ? [["text", 384, 229, tools.fill(words[value === 1 ? "each-same" : "each"], said), "end f-orange halo"]] : []),
    ["text", LEFT, 293, words.input, "mid quiet"], ...[8, 16].map(n => ["text", LEFT + PITCH * n, 293, String(n), "mid quiet"]), ["text", 392, 293, tools.fill(words.depth, { blocks: DEPTH }), "end quiet"]];
}
function changed(shortcut, found, words) {
  const gradient = found.gradient[0], like = Math.abs(found.like.at(-1));
  if (found.size.at(-1) === 0) return words[gradient < 1e-3 ? "v-gone" : "v-passes"];
  const grown = words.grown[gradient >= 0.95 && gradient <= 1.05 ? "stays" : gradient < 1e-3 ? "gone" : gradient > 1.05 ? "grew" : "shrank"];
  if (shortcut === "sew-add" && found.largest.at(-1) > 1) return words["v-sum"] + grown;
  if (found.size.at(-1) < 0.01 * found.size[0]) return words["v-small"] + grown;
  return words["v-" + (like < 1 / 3 ? "little" : like < 2 / 3 ? "some" : like > 0.999999 ? "all" : "most")] + grown;
}
function compute(params, tools, words) {
  const { shortcut, alpha, gain } = params, onBranch = params.scaled === "branch";
  const found = run(shortcut, gain * (onBranch ? alpha : 1), onBranch ? 1 : alpha, DEPTH, tools), gone = Math.max(0, found.size.indexOf(0));
  const values = { shortcut: words.options[shortcut], alpha: tools.fixed(alpha, 2), scaled: words.rules[params.scaled], gain: tools.fixed(gain, 1), blocks: DEPTH,
    size: tools.short(found.size.at(-1) / found.size[0]), like: tools.fixed(Math.abs(found.like.at(-1)), 2), gradient: tools.short(found.gradient[0]),
    largest: tools.short(found.largest.at(-1)), gone, each: tools.short(found.gradient[0] ** (1 / DEPTH)) };
  const same = found.size.at(-1) === found.size[0] && found.gradient[0] === 1 && found.like.at(-1) > 0.999999;
  return { numbers: found, marks: [...blockOf(shortcut, alpha, onBranch, words, tools), ...strip(found.drawn, shortcut, tools.fill(words[shortcut === "sew-add" ? "most" : "size"], values), words), ...likeness(found.like, gone ? words.lost : values.like, words), ...gradients(found.gradient, values, words, tools)],
    verdict: tools.fill(same ? words["v-same"] : changed(shortcut, found, words), values), sentence: tools.fill(words[gone ? "s-gone" : "sentence"], values), grips: [["alpha", "x", track(alpha) - 11, 14, 22, 24, track(0), 0, track(1), 1]] };
}
