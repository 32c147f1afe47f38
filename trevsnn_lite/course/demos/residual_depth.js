// Twin of residual_depth.py: signal and gradient after n random blocks.
const UNITS = 20, SAMPLES = 6, DEPTH = 24, THRESHOLD = 0.5;
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
  const draw = tools.random(5), normal = () => { let total = 0; for (let i = 0; i < 12; i++) total += draw(); return total - 6; };
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
    return [total.map(fire), total];
  }
  const join = { "sew-add": (f, s) => f + keep * s, "sew-and": (f, s) => f * keep * s, "sew-iand": (f, s) => (1 - f) * keep * s }[shortcut];
  return [branch.map((b, i) => join(fire(b), x[i])), branch];
}
function back(shortcut, weight, x, met, g, scale, keep) {
  if (shortcut === "vanilla") g = g.map((d, i) => pass(met[i]) * d);
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
  return { size, like, largest: flat.map(v => Math.max(...v)), gradient: norms.map(n => n / norms[0]).reverse() };
}
function curve(values, panel, logarithmic, title) {
  const top = 20 + 92 * panel;
  const where = values.map(v => (logarithmic ? (v > 0 ? Math.max(-4, Math.min(4, Math.log10(v))) : -4) : 4 * v));
  const points = where.flatMap((w, i) => [60 + 13.5 * i, top + 32 - 7 * w]);
  const axes = (logarithmic ? ["10⁴", "1", "10⁻⁴"] : ["1", "0", "−1"]).map((label, i) => ["text", 54, top + 8 + 28 * i, label, "end quiet"]);
  return [["text", 60, top - 6, title, "bold"], ["line", 60, top + 32, 392, top + 32, "s-rule"], ...axes, ["path", points, "s-blue thick"],
    ["circle", points.at(-2), points.at(-1), 3.5, "f-orange"]];
}
function compute(params, tools, words) {
  const { shortcut, alpha, gain, blocks } = params, onBranch = params.scaled === "branch";
  const found = run(shortcut, gain * (onBranch ? alpha : 1), onBranch ? 1 : alpha, blocks, tools);
  const values = { shortcut: words.options[shortcut], alpha: tools.fixed(alpha, 2), scaled: words.rules[params.scaled], blocks,
    size: tools.short(found.size.at(-1) / found.size[0]), like: tools.fixed(Math.abs(found.like.at(-1)), 2), gradient: tools.short(found.gradient[0]),
    largest: tools.fixed(found.largest.at(-1), 1) };
  return { numbers: found, marks: [...curve(found.size, 0, true, words.size), ...curve(found.like, 1, false, words.like),
    ...curve(found.gradient, 2, true, words.gradient), ["text", 392, 294, words.depth, "end quiet"]], sentence: tools.fill(words.sentence, values) };
}
