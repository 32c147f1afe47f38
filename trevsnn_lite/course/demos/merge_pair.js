// Twin of merge_pair.py: Fig. 4 after re-parameterisation.
const MAC = 4.6, ADD = 0.9, LEFT = 44, RIGHT = 322, BASE = 315, HEIGHT = 84, TOP = 24, DEEP = 90, TILE = 7.2, PAIR = 24, NEXT = 66, MERGED = 160, MOST = { 2: 12, 4: 8 }, LONGEST = 240, WIDTHS = [4, 12, 64];
function costs(order, width, expansion, kernel, rate) {
  const hidden = expansion * width, area = kernel * kernel, dense = area * width * hidden;
  const [added, multiplied] = order === "first" ? [width * area, width * hidden] : [hidden * width, width * area];
  return { multiplied, added: rate * added, merged: rate * dense, weights: width * area + width * hidden, dense, limit: MAC * multiplied / (ADD * (dense - added)) };
}
const countOf = (x, words, tools) => (x < 1e6 ? tools.short(x) : tools.fill(words.million, { count: tools.short(x / 1e6) }));
function rowsOf(x, y, [wide, high], rows, columns, lit) {
  const marks = [["cells", x, y, wide, high, columns, "7".repeat(rows * columns)]], full = Math.floor(lit * rows + 1e-9), part = lit * rows - full;
  for (let i = 0; i < rows; i++) {
    const share = i < full ? 1 : i === full ? part : 0;
    if (share > 1e-6) marks.push(["rect", x, y + high * i, wide * columns * share, high - 0.5, "f-blue"]);
  }
  return marks;
}
function layers({ order, width, expansion, kernel }, rate, values, words, tools) {
  const few = values.few, first = order === "first", many = few * expansion, [inputs, outputs] = first ? [few, many] : [many, few], tile = Math.min(TILE, DEEP / inputs), dot = tile / kernel, middle = TOP + DEEP / 2;
  const arrow = (x, shape) => [["line", x, middle, x + 10, middle, shape], ["path", [x + 6, middle - 4, x + 11, middle, x + 6, middle + 4], shape]], top = height => middle - height / 2, high = dot * inputs;
  const marks = [["text", 8, 14, words.pair, "bold"], ["text", MERGED, 14, words.one, "bold"],
    ...arrow(8, "s-blue thick"), ...arrow(MERGED - 15, "s-blue thick"), ...arrow(NEXT - 15, "s-orange thick")];
  if (first) marks.push(...rowsOf(PAIR, top(tile * inputs), [tile, tile], inputs, 1, rate), ["rect", NEXT, top(high), dot * outputs, high, "f-orange"],
    ["text", PAIR + 12, Math.max(34, top(tile * inputs) - 5), words.depthwise, "f-blue"], ["text", NEXT, top(high) - 5, words.pointwise, "f-orange"]);
  else marks.push(["text", NEXT, top(tile * outputs) - 5, words.depthwise, "f-orange"], ["text", PAIR, top(high) - 5, words.pointwise, "f-blue"], ["rect", PAIR, top(high), dot * outputs, high, "f-soft s-rule"], ["rect", PAIR, top(high), dot * outputs, high * rate, "f-blue"], ["cells", NEXT, top(tile * outputs), tile, tile, 1, "6".repeat(outputs)]);
  marks.push(...rowsOf(MERGED, top(tile * inputs), [tile, tile], inputs, outputs, rate));
  marks.push(["text", 8, 130, tools.fill(words["n-weights"], values), ""], ["text", MERGED, 130, tools.fill(words["n-dense"], values), ""], ["text", 398, 130, tools.fill(words["n-tile"], values), "end quiet"],
    ["line", NEXT - 10, middle + 7, NEXT - 10, 95, "s-orange dots"], ["text", PAIR + 12, 106, words.real, "f-orange"]);
  if (few < width) marks.push(["text", 398, 13, tools.fill(words.drawn, values), "end quiet"]);
  return marks;
}
function bars(found, pair, merged, values, words, tools) {
  const unit = LONGEST / (ADD * Math.max(found.dense, MAC / ADD * found.multiplied)), [first, one] = ["added", "merged"].map(name => unit * ADD * found[name]);
  const marks = [["text", 8, 148, tools.fill(words["n-added"], values), "f-blue"], ["text", 188, 148, tools.fill(words["n-multiplied"], values), "f-orange"], ["text", 8, 179, tools.fill(words["n-merged"], values), "f-blue"]];
  for (const [y, text, whole, parts] of [[153, "pair-costs", pair, [[0, first, "blue"], [first, unit * pair - first, "orange"]]], [184, "one-costs", merged, [[0, one, "blue"]]]])
    marks.push(...parts.filter(([, wide]) => wide).map(([x, wide, colour]) => ["rect", 8 + x, y, wide, 9, "f-" + colour]), ["text", 14 + unit * whole, y + 9, tools.fill(words[text], values), "bold"]);
  return marks;
}
function lines({ order, width, expansion, kernel, rate }, found, words, tools) {
  const pairs = expansion * width * width, highest = ADD * kernel * kernel, top = BASE - HEIGHT, limit = found.limit, x = r => LEFT + (RIGHT - LEFT) * r;
  const y = (r, merged) => {
    const at = costs(order, width, expansion, kernel, r), cost = merged ? ADD * at.merged : MAC * at.multiplied + ADD * at.added;
    return BASE - HEIGHT * cost / pairs / highest;
  };
  const marks = [["text", 8, 211, words["title-lines"], "bold"], ["rect", LEFT, top, (RIGHT - LEFT) * Math.min(1, limit), HEIGHT, "f-soft"], ["line", LEFT, BASE, RIGHT, BASE, "s-rule"], ["line", LEFT, BASE, LEFT, top, "s-rule"],
    ["text", LEFT - 6, top + 8, tools.short(highest), "end quiet"], ["text", LEFT - 6, BASE + 4, "0", "end quiet"]];
  for (const r of [0, 0.5, 1]) marks.push(["text", x(r), BASE + 16, String(r), "mid quiet"]);
  marks.push(["text", x(1) - 14, BASE + 16, words.axis, "end quiet"]);
  marks.push(["path", [LEFT, y(0, false), RIGHT, y(1, false)], "s-orange thick dash"], ["path", [LEFT, y(0, true), RIGHT, y(1, true)], "s-blue thick"]);
  const push = Math.max(0, 14 - (y(1, false) - y(1, true))) / 2;
  marks.push(["text", RIGHT + 7, y(1, false) + 4 + push, words.pair, ""], ["text", RIGHT + 7, y(1, true) + 4 - push, words.one, ""]);
  if (limit <= 1) {
    const start = x(limit) < RIGHT - 120;
    marks.push(["line", x(limit), BASE, x(limit), top - 14, "s-ink dots"], ["text", x(limit) + (start ? 5 : -5), top - 5, tools.fill(words.below, { limit: tools.short(limit) }), start ? "" : "end"]);
  }
  const named = [];
  for (const other of new Set([width, ...WIDTHS])) {
    const at = x(costs(order, other, expansion, kernel, 0).limit), own = other === width;
    if (at > RIGHT || named.some(place => Math.abs(at - place) < 24)) continue;
    named.push(at);
    marks.push(["path", [at - 4, BASE + 26, at, BASE + 20, at + 4, BASE + 26], own ? "s-ink thick" : "s-ink"], ["text", at, BASE + 39, String(other), own ? "mid bold" : "mid quiet"]);
  }
  marks.push(["text", 392, BASE + 39, words["at-width"], "end quiet"]);
  for (const [merged, colour] of [[false, "f-orange"], [true, "f-blue"]]) marks.push(["circle", x(rate), y(rate, merged), 4, colour]);
  return marks;
}
function compute(params, tools, words) {
  const { order, width, expansion, kernel, rate } = params, found = costs(order, width, expansion, kernel, rate);
  const pair = MAC * found.multiplied + ADD * found.added, merged = ADD * found.merged, change = 100 * (merged - pair) / pair, same = Math.abs(change) < 1 ? "same" : change < 0 ? "saves" : "costs";
  const values = { ...Object.fromEntries(Object.entries(found).map(([name, value]) => [name, countOf(value, words, tools)])), mac: tools.short(MAC), add: tools.short(ADD), pair: tools.short(pair / 1000), one: tools.short(merged / 1000),
    rate: tools.short(rate), times: tools.short(found.dense / found.weights), change: tools.fixed(Math.abs(change), 0), ratio: tools.short(merged / pair), few: Math.min(MOST[expansion], width), channels: width, kernel, which: words.which[order] };
  return { numbers: { ...found, pair, one: merged }, marks: [...layers(params, rate, values, words, tools), ...bars(found, pair, merged, values, words, tools), ...lines(params, found, words, tools)],
    verdict: tools.fill(words["v-" + (rate === 0 ? "none" : same)], values), grips: [["rate", "x", LEFT, 219, RIGHT - LEFT, BASE - 213, LEFT, 0, RIGHT, 1]],
    sentence: `${tools.fill(words.sentence, values)} ${tools.fill(words[same], values)}` };
}
