// Twin of merge_pair.py: Fig. 4 after re-parameterisation.
const MAC = 4.6, ADD = 0.9, LEFT = 44, RIGHT = 384, BASE = 272, HEIGHT = 134;
function costs(order, width, expansion, kernel, rate) {
  const hidden = expansion * width, area = kernel * kernel, dense = area * width * hidden;
  const [added, multiplied] = order === "first" ? [width * area, width * hidden] : [hidden * width, width * area];
  return { multiplied, added: rate * added, merged: rate * dense, weights: width * area + width * hidden, dense, limit: MAC * multiplied / (ADD * (dense - added)) };
}
function bars(found, pair, merged, words, tools) {
  const scale = 220 / Math.max(pair, merged), inner = MAC * found.multiplied * scale;
  return [["text", 8, 14, words["title-bars"], "bold"], ["text", 92, 35, words.pair, "end"], ["rect", 98, 23, inner, 16, "f-orange"],
    ["rect", 98 + inner, 23, ADD * found.added * scale, 16, "f-blue"], ["text", 104 + pair * scale, 35, tools.short(pair / 1000), ""],
    ["text", 92, 57, words.one, "end"], ["rect", 98, 45, merged * scale, 16, "f-blue"], ["text", 104 + merged * scale, 57, tools.short(merged / 1000), ""],
    ["rect", 98, 72, 11, 11, "f-orange"], ["text", 114, 82, words.multiplied, ""], ["rect", 212, 72, 11, 11, "f-blue"], ["text", 228, 82, words.added, ""]];
}
function lines(params, found, pair, merged, words, tools) {
  const ends = [0, 1].map(r => costs(params.order, params.width, params.expansion, params.kernel, r));
  const pairs = ends.map(e => MAC * e.multiplied + ADD * e.added), ones = ends.map(e => ADD * e.merged), highest = Math.max(...pairs, ...ones);
  const y = value => BASE - HEIGHT * value / highest, x = LEFT + (RIGHT - LEFT) * params.rate;
  const marks = [["text", 8, 112, words["title-lines"], "bold"], ["line", LEFT, BASE, RIGHT, BASE, "s-rule"], ["line", LEFT, BASE, LEFT, BASE - HEIGHT, "s-rule"],
    ["text", LEFT, BASE - HEIGHT - 5, tools.short(highest / 1000), "quiet"], ["text", 38, BASE + 4, "0", "end quiet"]];
  for (const r of [0, 0.5, 1]) marks.push(["text", LEFT + (RIGHT - LEFT) * r, BASE + 16, String(r), "mid quiet"]);
  marks.push(["path", [LEFT, y(pairs[0]), RIGHT, y(pairs[1])], "s-orange thick dash"], ["path", [LEFT, y(ones[0]), RIGHT, y(ones[1])], "s-blue thick"]);
  if (found.limit <= 1) {
    const at = LEFT + (RIGHT - LEFT) * found.limit;
    marks.push(["line", at, BASE, at, BASE - HEIGHT, "s-ink dots"]);
  }
  marks.push(["circle", x, y(pair), 4, "f-orange"], ["circle", x, y(merged), 4, "f-blue"]);
  return [...marks, ["text", RIGHT, BASE + 32, words.rate, "end quiet"]];
}
function compute(params, tools, words) {
  const { order, width, expansion, kernel, rate } = params, found = costs(order, width, expansion, kernel, rate);
  const pair = MAC * found.multiplied + ADD * found.added, merged = ADD * found.merged, change = 100 * (merged - pair) / pair;
  const values = { ...Object.fromEntries(Object.entries(found).map(([name, value]) => [name, tools.short(value)])), pair: tools.short(pair / 1000), one: tools.short(merged / 1000),
    rate: tools.short(rate), times: tools.short(found.dense / found.weights), change: tools.fixed(Math.abs(change), 0), which: words.which[order] };
  return { numbers: { ...found, pair, one: merged }, marks: [...bars(found, pair, merged, words, tools), ...lines(params, found, pair, merged, words, tools)],
    sentence: `${tools.fill(words.sentence, values)} ${tools.fill(change < 0 ? words.saves : words.costs, values)}` };
}
