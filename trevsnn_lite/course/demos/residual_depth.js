// Twin of residual_depth.py: signal and gradient through 24 random blocks, in 21 draws.
const UNITS = 20, SAMPLES = 6, DEPTH = 24, DRAWS = 21, THRESHOLD = 0.5, LAST = 0.75, LEFT = 66, PITCH = 13, RIGHT = 378, TOP = 102, BOTTOM = 197, ALL = UNITS * SAMPLES;
const times = (n, make) => Array.from({ length: n }, (_, i) => make(i)), floats = make => Float64Array.from({ length: ALL }, (_, i) => make(i));
const dot = (a, b) => { let total = 0; for (let i = 0; i < a.length; i++) total += a[i] * b[i]; return total; };
function standardised(row) {
  let mean = 0;
  for (const w of row) mean += w;
  const centred = row.map(w => w - mean / UNITS), size = Math.sqrt(dot(centred, centred));
  return centred.map(w => w / size);
}
let begun;
function start(tools) {
  const draw = tools.random(61), other = tools.random(203), normal = from => { let total = 0; for (let i = 0; i < 12; i++) total += from(); return total - 6; };
  begun = begun || times(DRAWS, () => [floats(() => normal(draw)), times(DEPTH, () => Float64Array.from(times(UNITS, () => standardised(times(UNITS, draw))).flat())), floats(() => normal(other))]);
  return begun;
}
const fire = (v, threshold = THRESHOLD) => (v >= threshold ? 1 : 0), pass = (v, threshold = THRESHOLD) => (Math.abs(v - threshold) <= 0.5 ? 1 : 0);
// scale times the weights (a row apart, a column apart) times the units of each sample
function through(w, apart, across, x, scale) {
  const out = new Float64Array(ALL);
  for (let k = 0; k < ALL; k++) {
    let total = 0;
    for (let j = 0, at = k % UNITS * apart, i = k - k % UNITS; j < UNITS; j++, at += across, i++) total += w[at] * x[i];
    out[k] = scale * total;
  }
  return out;
}
function block(shortcut, weight, x, scale, keep) {
  const branch = through(weight, UNITS, 1, shortcut === "ms" ? x.map(v => fire(v)) : x, scale);
  if (shortcut === "ms") return [x.map((u, i) => keep * u + branch[i]), x];
  if (shortcut === "vanilla") {
    const total = branch.map((b, i) => b + keep * x[i]);
    return [total.map(v => fire(v, LAST)), total];
  }
  const join = { "sew-add": (f, s) => f + s, "sew-and": (f, s) => f * s, "sew-iand": (f, s) => (1 - f) * s }[shortcut];
  return [branch.map((b, i) => join(fire(b), keep * x[i])), branch];
}
function back(shortcut, weight, x, met, g, scale, keep) {
  if (shortcut === "vanilla") g = g.map((d, i) => pass(met[i], LAST) * d);
  const into = { "sew-add": (d, i) => pass(met[i]) * d, "sew-and": (d, i) => pass(met[i]) * (keep * x[i]) * d, "sew-iand": (d, i) => -(pass(met[i]) * (keep * x[i]) * d) }[shortcut];
  const gate = { "sew-and": i => fire(met[i]), "sew-iand": i => 1 - fire(met[i]) }[shortcut] || (() => 1), sent = through(weight, 1, UNITS, into ? g.map(into) : g, scale);
  return [g.map((d, i) => keep * gate(i) * d), shortcut === "ms" ? sent.map((d, i) => pass(x[i]) * d) : sent];
}
// of one draw's blocks, what shortcut and branch hand back
function means(parts) {
  const mean = squares => { let total = 0; for (const v of squares) total += Math.log(v); return Math.min(...squares) === 0 ? 0 : Math.exp(total / squares.length); };
  const kept = mean(parts.map(([s]) => s * s)), both = mean(parts.map(([s, b]) => s * s + b * b));
  return [Math.sqrt(kept), Math.sqrt(Math.max(both - kept, 0))];
}
function run(shortcut, scale, keep, tools) {
  const draws = start(tools).map(([potentials, weights, sent]) => {
    const layers = [shortcut === "ms" ? potentials : potentials.map(v => fire(v))], mets = [], norms = [], parts = [];
    for (const weight of weights) {
      const [y, met] = block(shortcut, weight, layers.at(-1), scale, keep);
      layers.push(y);
      mets.push(met);
    }
    const size = layers.map(v => Math.sqrt(dot(v, v) / ALL)), sums = layers.map(v => times(UNITS, i => { let total = 0; for (; i < ALL; i += UNITS) total += v[i]; return total; })),
      like = layers.map((v, i) => { const both = ALL * size[i] * size[0], own = dot(v, layers[0]), other = (dot(sums[i], sums[0]) - own) / (SAMPLES - 1); return both > 0 ? (own - other) / (both - other) : 0; });
    for (let depth = DEPTH, g = sent; depth >= 0; depth--) {
      norms.unshift(Math.sqrt(dot(g, g)));
      if (!depth) break;
      const [kept, added] = back(shortcut, weights[depth - 1], layers[depth - 1], mets[depth - 1], g, scale, keep);
      g = kept.map((v, i) => v + added[i]);
      parts.push([kept, added].map(v => norms[0] ? Math.sqrt(dot(v, v)) / norms[0] : 0));
    }
    return { size, like, largest: layers.map(v => Math.max(...v)), gradient: norms.map(n => n / norms[DEPTH]), parts };
  });
  return [draws, means([...draws].sort((a, b) => a.gradient[0] - b.gradient[0])[(DRAWS - 1) / 2].parts)];
}
const middle = list => list.sort((a, b) => a - b)[(DRAWS - 1) / 2], mid = lines => times(DEPTH + 1, i => middle(lines.map(line => line[i])));
const factor = (x, { fixed }) => fixed(x, x > 0.9 && x < 1.1 ? 3 : 2);
function whyOf(shortcut, keep, unchanged, grown, part) {
  if (keep === 0 || unchanged) return keep === 0 ? "none" : !part ? "same" : shortcut === "sew-add" ? "quiet" : "quiet-gate";
  if (keep < 1 && ["ms", "sew-add"].includes(shortcut)) return "scaled";
  return shortcut === "ms" && grown < 1.05 ? "little" : shortcut;
}
function saidOf(shortcut, scale, keep, { gradient, part }, { gone }, words) {
  const value = gradient[0], adds = part > 0, before = gradient.slice(0, -1);
  const way = value === 0 ? "none" : value === 1 ? "one" : before.every(v => v === value) ? "last" : "each";
  const [what, block] = words.back[way], each = way === "each", never = keep && shortcut === "sew-and" && !scale;
  let passes = words.passes[never ? "never" : keep ? shortcut : "none"];
  if (keep && !never) passes = each ? words.means[shortcut] || passes : way === "none" && gone ? passes + words.nowhere : passes;
  return { branch: words[adds ? (keep ? "part" : "branch-alone") : "adds-nothing"], shortcut: passes, what, block, right: adds && keep && each ? words.right[["ms", "sew-add"].includes(shortcut) ? "free" : "gated"] : "", line: each ? words.line : "", total: words.total[way] || words.total.each };
}
function blockOf(shortcut, alpha, onBranch, said, words) {
  const high = 14, low = 47, scaled = 116, join = 190, height = onBranch ? high : low, fires = shortcut.startsWith("sew"), branch = onBranch ? alpha : 1, gates = shortcut.endsWith("and");
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
    ...(gates ? box(join - 18, low, 36, words.joins[shortcut]) : [["circle", join, low, 9, "f-paper s-ink"], ["text", join, low + 4, "+", "mid bold"]]),
    ["text", 32, 35, said.branch, "f-orange"], ["text", 8, 68, said.shortcut, "f-orange"], ["text", 392, 18, said.what, "end f-orange"], ["text", 392, 37, said.block, "end f-orange bold"]);
  if (said.right) marks.push(["text", 392, 68, said.right, "end f-orange"]);
  return marks;
}
const level = value => 310 - 44 * value, place = i => LEFT + PITCH * i;
function band(draws, height, style) {
  const [low, high] = [Math.min, Math.max].map(most => times(DEPTH + 1, i => [place(i), Math.floor(height(most(...draws.map(v => v[i]))) + 0.5)]));
  return ["path", [...low, ...high.reverse()].flat(), style];
}
function likeness({ like, likes }, said, reason, words) {
  const points = like.slice(0, (said.gone || DEPTH) + 1).flatMap((v, i) => [place(i), level(v)]);
  return [["text", 8, 238, words.like, "bold f-blue"], ["text", 392, 238, said.gone ? words.lost : said.like, "end bold f-blue"], ["text", 8, 254, reason, "f-blue"], band(likes, level, "q1"), ["line", LEFT, level(1), RIGHT, level(1), "s-grid"], ["line", LEFT, level(0), RIGHT, level(0), "s-rule"],
    ["text", LEFT - 8, level(1) + 4, "1", "end quiet"], ["text", LEFT - 8, level(0) + 4, "0", "end quiet"], ["path", points, "s-blue thick"], ["circle", points.at(-2), points.at(-1), 4, "f-blue"]];
}
const heightOf = v => 178 - 19 * Math.log10(Math.max(v, 1e-99));
function pieces(points, style) {
  const found = [];
  for (let i = 1; i < points.length; i++) {
    const [x, y] = points[i - 1], [end, z] = points[i], [a, b] = y === z ? (TOP <= y && y <= BOTTOM ? [0, 1] : [1, 0]) : [(TOP - y) / (z - y), (BOTTOM - y) / (z - y)].sort((p, q) => p - q), from = Math.max(a, 0), to = Math.min(b, 1);
    if (from >= to) continue;
    if (from > 0 || !found.length || found.at(-1).at(-2) !== x) found.push([x + from * (end - x), y + from * (z - y)]);
    found.at(-1).push(x + to * (end - x), y + to * (z - y));
  }
  return found.map(piece => ["path", piece, style]);
}
function cutOf({ gradient, gradients }, { high, low }) {
  const marks = heightOf(Math.max(...gradients.flat())) < TOP ? [["text", 154, 94, "↑ " + high, "f-orange"]] : [];
  if (heightOf(Math.min(...gradients.flat())) > BOTTOM && BOTTOM >= heightOf(gradient[0])) marks.push(["text", 90, 214, "↓ " + low, "f-orange"]);
  return marks;
}
function gradients({ gradient, gradients }, said, cut, words, tools) {
  const y = heightOf(gradient[0]), ticks = [[TOP, "10⁴"], [140, "10²"], [178, "1"], [BOTTOM, "10⁻¹"]];
  const mark = y > BOTTOM ? ["text", LEFT - 4, BOTTOM - 2, words[gradient[0] ? "under" : "zero"], "f-orange halo"] : ["circle", LEFT, y, 4, "f-orange"];
  return [["text", 8, 94, words.gradient, "bold f-orange"], ["text", 392, 94, said.total, "end bold f-orange"], ...cut, band(gradients, v => Math.min(Math.max(heightOf(v), TOP), BOTTOM), "q4"),
    ...ticks.map(([y, label]) => ["line", LEFT, y, RIGHT, y, label === "1" ? "s-rule" : "s-grid"]), ...ticks.map(([y, label]) => ["text", LEFT - 8, y + 4, label, "end quiet"]),
    ...pieces(gradient.map((v, i) => [place(i), heightOf(v)]), "s-orange thick"), ...(said.line ? pieces([[LEFT, y], [RIGHT, heightOf(1)]], "s-ink dash") : []), mark, ["text", LEFT, 214, words.input, "mid quiet"], ...[8, 16].map(n => ["text", place(n), 214, String(n), "mid quiet"]), ["text", 392, 214, tools.fill(words.depth, { blocks: DEPTH }), "end quiet"]];
}
function about(x, tools) {
  if (x === 0) return "0";
  const unit = 10 ** (1 - Math.floor(Math.log10(x)));
  return tools.short(Math.floor(x * unit + 0.5) / unit);
}
function changed(shortcut, found, words) {
  const gradient = found.gradient[0], like = found.like.at(-1);
  if (found.size.at(-1) === 0) return words[gradient === 0 ? (found.gradients.every(v => v[0] === 0) ? "v-lost" : "v-gone") : gradient < 1e-3 ? "v-fades" : "v-passes"];
  const grown = words.grown[gradient >= 0.95 && gradient <= 1.05 ? "stays" : gradient < 1e-3 ? "gone" : gradient > 1.05 ? "grew" : "shrank"];
  if (shortcut === "sew-add" && found.largest.at(-1) > 1) return grown + words["v-sum"];
  if (found.size.at(-1) < 0.01 * found.size[0]) return grown + words["v-small"];
  return grown + words["v-" + (like < 1 / 8 ? "chance" : like < 1 / 3 ? "little" : like < 2 / 3 ? "some" : like > 0.999999 ? "all" : "most")];
}
function compute(params, tools, words) {
  const { shortcut, alpha, gain } = params, onBranch = params.scaled === "branch", keep = onBranch ? 1 : alpha, scale = gain * (onBranch ? alpha : 1), { fixed, fill, short } = tools;
  const [draws, [pass, part]] = run(shortcut, scale, keep, tools), likes = draws.map(d => d.like), all = draws.map(d => d.gradient), size = mid(draws.map(d => d.size)), gradient = mid(all), like = mid(likes), largest = mid(draws.map(d => d.largest));
  const found = { part, pass, size, like, largest, gradient, likes, gradients: all }, gone = Math.max(0, size.indexOf(0)), grown = size.at(-1) / size[0];
  const passed = ["ms", "sew-add"].includes(shortcut) ? keep : pass, through = passed === 0 || passed === keep ? short(passed) : factor(passed, tools), adds = part >= 5e-4 ? fixed(part, part >= 0.005 ? 2 : 4) : about(part, tools);
  const values = { shortcut: words.options[shortcut], alpha: fixed(alpha, 2), scaled: words.rules[params.scaled], blocks: DEPTH, draws: DRAWS, gain: fixed(gain, 1), size: grown >= 1.05 && grown < 2 ? fixed(grown, 2) : about(grown, tools), like: fixed(like.at(-1), 2).replace("-", "−"),
    gradient: about(gradient[0], tools), largest: short(largest.at(-1)), most: short(Math.max(...draws.flatMap(d => d.largest))), high: about(Math.max(...all.flat()), tools), low: about(Math.min(...all.flat()), tools), gone, lost: all.filter(v => v[0] === 0).length, each: factor(gradient[0] ** (1 / DEPTH), tools), part: keep ? adds : factor(part, tools), keep: short(keep), pass: through, right: factor(Math.sqrt(through ** 2 + (part >= 5e-4 ? adds : part) ** 2), tools), kept: about(keep ** DEPTH, tools) };
  const unchanged = size.at(-1) === size[0] && like.at(-1) > 0.999999, said = saidOf(shortcut, scale, keep, found, values, words), reason = fill(words.why[whyOf(shortcut, keep, unchanged, grown, part)], values);
  for (const name in said) said[name] = fill(said[name], values);
  const key = [["cells", LEFT, 336, 8, 10, 2, "14"], ["text", 88, 346, fill(words.band, values), "quiet"], ["line", 166, 341, 173, 341, "s-blue thick"], ["line", 175, 341, 182, 341, "s-orange thick"], ["text", 188, 346, words.middle, "quiet"], ...(said.line ? [["line", 276, 341, 292, 341, "s-ink dash"], ["text", 298, 346, said.line, "quiet"]] : [])];
  return { numbers: found, marks: [...blockOf(shortcut, alpha, onBranch, said, words), ...gradients(found, said, cutOf(found, values), words, tools), ...likeness(found, values, reason, words), ...key],
    verdict: fill(unchanged && gradient[0] === 1 ? words["v-same"] : changed(shortcut, found, words), values), sentence: fill(words[gone ? "s-gone" : "sentence"], values), grips: [] };
}
