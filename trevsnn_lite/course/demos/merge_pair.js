// Twin of merge_pair.py: Fig. 4 after re-parameterisation.
const MAC = 4.6, ADD = 0.9, LEFT = 60, RIGHT = 322, BASE = 304, HEIGHT = 104, FEW = 4, MANY = 8;
function costs(order, width, expansion, kernel, rate) {
  const hidden = expansion * width, area = kernel * kernel, dense = area * width * hidden;
  const [added, multiplied] = order === "first" ? [width * area, width * hidden] : [hidden * width, width * area];
  return { multiplied, added: rate * added, merged: rate * dense, weights: width * area + width * hidden, dense, limit: MAC * multiplied / (ADD * (dense - added)) };
}
const countOf = (x, words, tools) => (x < 1e6 ? tools.short(x) : tools.fill(words.million, { count: tools.short(x / 1e6) }));
function layers(order, rate, values, words, tools) {
  const [below, middle, above] = order === "first" ? [FEW, FEW, MANY] : [MANY, FEW, FEW], lit = Math.ceil(rate * below - 1e-9), each = n => Array.from({ length: n }, (_, i) => i);
  const spiking = each(below).map(i => Math.floor((i + 1) * lit / below) > Math.floor(i * lit / below)), x = (left, i, count) => left + 112 * (i + 0.5) / count;
  const links = (left, count, other, y, top, colour) => each(count).flatMap(i => each(other).filter(j => count !== other || i === j).map(j =>
    ["line", x(left, i, count), y, x(left, j, other), top, colour(i)]));
  const nodes = (left, count, y, shape) => each(count).map(i => ["circle", x(left, i, count), y, 4, shape(i)]);
  const adds = i => (spiking[i] ? "s-blue" : "s-grid"), spike = i => (spiking[i] ? "f-blue" : "f-paper s-rule"), open = () => "f-paper s-ink";
  const marks = [["text", 8, 14, tools.fill(words["pair-costs"], values), "bold f-orange"], ["text", 212, 14, tools.fill(words["one-costs"], values), "bold f-blue"], ...links(8, below, middle, 124, 80, adds),
    ...links(8, middle, above, 76, 32, () => "s-orange"), ...links(212, below, above, 124, 32, adds),
    ...nodes(8, below, 126, spike), ...nodes(8, middle, 78, () => "f-orange"), ...nodes(8, above, 30, open), ...nodes(212, below, 126, spike), ...nodes(212, above, 30, open)];
  for (const [left, y, count, word] of [[124, 52, "multiplied", "multiplied"], [124, 98, "added", "added"], [328, 74, "merged", "added"]])
    [...values[count].split(" "), words[word]].forEach((text, row) => marks.push(["text", left, y + 14 * row, text, row ? "quiet" : "bold"]));
  for (const [left, count] of [[8, "weights"], [212, "dense"]]) marks.push(["text", left, 161, tools.fill(words.weights, { count: values[count] }), "bold"]);
  return [...marks, ["text", 8, 145, words["from-spikes"], "quiet"], ["text", 212, 145, tools.fill(words.drawn, values), "quiet"]];
}
function lines(params, found, pair, merged, words, tools) {
  const ends = [0, 1].map(r => costs(params.order, params.width, params.expansion, params.kernel, r));
  const pairs = ends.map(e => MAC * e.multiplied + ADD * e.added), ones = ends.map(e => ADD * e.merged), highest = Math.min(Math.max(...pairs, ...ones), 3 * Math.max(...pairs)), last = Math.min(1, highest / ones[1]);
  const y = value => BASE - HEIGHT * value / highest, [x, end] = [params.rate, last].map(rate => LEFT + (RIGHT - LEFT) * rate), top = BASE - HEIGHT;
  const marks = [["text", 8, 183, words["title-lines"], "bold"], ["rect", LEFT, BASE - HEIGHT, (RIGHT - LEFT) * Math.min(1, found.limit), HEIGHT, "f-soft"], ["line", LEFT, BASE, RIGHT, BASE, "s-rule"], ["line", LEFT, BASE, LEFT, BASE - HEIGHT, "s-rule"],
    ["text", LEFT - 6, BASE - HEIGHT + 8, tools.short(highest / 1000), "end quiet"], ["text", LEFT - 6, BASE + 4, "0", "end quiet"]];
  for (const r of [0, 0.5, 1]) marks.push(["text", LEFT + (RIGHT - LEFT) * r, BASE + 16, String(r), "mid quiet"]);
  marks.push(["path", [LEFT, y(pairs[0]), RIGHT, y(pairs[1])], "s-orange thick dash"], ["path", [LEFT, y(ones[0]), end, y(last * ones[1])], "s-blue thick"]);
  const gap = y(pairs[1]) - y(ones[1]), push = Math.max(0, 14 - Math.abs(gap)) / 2 * (gap > 0 ? 1 : -1);
  marks.push(["text", RIGHT + 7, y(pairs[1]) + 4 + push, words.pair, ""], last === 1 ? ["text", RIGHT + 7, y(ones[1]) + 4 - push, words.one, ""] : ["text", end + 7, top + 24, words.one, "halo"]);
  if (found.limit <= 1) {
    const at = LEFT + (RIGHT - LEFT) * found.limit;
    marks.push(["line", at, BASE, at, BASE - HEIGHT, "s-ink dots"], ["text", at < RIGHT - 120 ? at + 5 : at - 5, BASE - HEIGHT + 8, tools.fill(words.below, { limit: tools.short(found.limit) }), at < RIGHT - 120 ? "halo" : "end halo"]);
  }
  marks.push(["circle", x, y(pair), 4, "f-orange"], merged > highest ? ["path", [x - 4, top - 3, x, top - 8, x + 4, top - 3], "s-blue thick"] : ["circle", x, y(merged), 4, "f-blue"]);
  return [...marks, ["text", RIGHT, BASE + 32, words.rate, "end quiet"]];
}
function compute(params, tools, words) {
  const { order, width, expansion, kernel, rate } = params, found = costs(order, width, expansion, kernel, rate);
  const pair = MAC * found.multiplied + ADD * found.added, merged = ADD * found.merged, change = 100 * (merged - pair) / pair;
  const values = { ...Object.fromEntries(Object.entries(found).map(([name, value]) => [name, countOf(value, words, tools)])), pair: tools.short(pair / 1000), one: tools.short(merged / 1000),
    rate: tools.short(rate), times: tools.short(found.dense / found.weights), change: tools.fixed(Math.abs(change), 0), ratio: tools.short(merged / pair), few: FEW, channels: width, which: words.which[order] };
  return { numbers: { ...found, pair, one: merged }, marks: [...layers(order, rate, values, words, tools), ...lines(params, found, pair, merged, words, tools)],
    verdict: tools.fill(words[rate === 0 ? "v-none" : change < 0 ? "v-saves" : "v-costs"], values), grips: [["rate", "x", LEFT, 186, RIGHT - LEFT, BASE - 180, LEFT, 0, RIGHT, 1]],
    sentence: `${tools.fill(words.sentence, values)} ${tools.fill(change < 0 ? words.saves : words.costs, values)}` };
}
