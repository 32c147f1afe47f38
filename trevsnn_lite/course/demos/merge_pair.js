// Twin of merge_pair.py: Fig. 4 after re-parameterisation.
const MAC = 4.6, ADD = 0.9, LEFT = 44, RIGHT = 316, BASE = 322, HEIGHT = 74, TOP = 36, WIDE = 220, HIGH = 68, PAIR = 24, NEXT = 98, MERGED = 172, SMALLEST = 2.5, LETTER = 6.8, LONGEST = 224, WIDTHS = [4, 12, 64];
function costs(order, width, expansion, kernel, rate) {
  const hidden = expansion * width, area = kernel * kernel, dense = area * width * hidden;
  const [added, multiplied] = order === "first" ? [width * area, width * hidden] : [hidden * width, width * area];
  return { multiplied, added: rate * added, merged: rate * dense, weights: width * area + width * hidden, dense, limit: MAC * multiplied / (ADD * (dense - added)) };
}
const countOf = (x, words, tools) => (x < 1e6 ? tools.short(x) : tools.fill(words.million, { count: tools.short(x / 1e6) }));
function tiles(x, y, [wide, high], rows, columns) {
  const toAndFro = (i, start, length, other) => (i % 2 ? [start + length, other, start, other] : [start, other, start + length, other]), marks = [], down = [], across = [];
  for (let i = 0; i <= rows; i++) down.push(...toAndFro(i, x, wide * columns, y + high * i));
  for (let i = 0; i <= columns; i++) across.push(...toAndFro(i, y, high * rows, x + wide * i));
  marks.push(["path", down, "q"]);
  if (columns > 1) marks.push(["path", across.map((_, i) => across[i ^ 1]), "q"]);
  return marks;
}
function layers({ order, width, expansion, kernel }, rate, found, values, words, tools) {
  const first = order === "first", [inputs, outputs] = first ? [width, expansion * width] : [expansion * width, width], tile = [WIDE / outputs, HIGH / inputs], high = tile[1] * width, middle = TOP + HIGH / 2, tiled = Math.min(...tile) >= SMALLEST;
  const arrow = (x, shape) => [["line", x, middle, x + 10, middle, shape], ["path", [x + 6, middle - 4, x + 11, middle, x + 6, middle + 4], shape]];
  const touched = (x, wide) => [["rect", x, TOP, wide, HIGH, "f-rule"], ...(rate > 0 ? [["rect", x, TOP, wide, HIGH * rate, "f-blue"]] : [])];
  const marks = [["text", 8, 14, words.pair, "bold"], ["text", MERGED, 14, words.one, "bold"], ["rect", 238, 4, 11, 11, "f-blue"], ["text", 254, 14, words.touched, ""], ["rect", 238, 20, 11, 11, "f-orange"], ["text", 254, 30, words.real, ""],
    ...arrow(8, "s-blue thick"), ...arrow(NEXT - 15, "s-orange thick"), ...arrow(MERGED - 15, "s-blue thick")];
  for (const [x, name, colour] of [[PAIR, first ? "depthwise" : "pointwise", "f-blue"], [NEXT, first ? "pointwise" : "depthwise", "f-orange"]]) {
    const [wide, down] = name === "depthwise" ? [tile[0], high] : [WIDE / kernel ** 2, HIGH];
    marks.push(["text", x, 30, words[name], colour], ...(x === PAIR ? touched(x, wide) : [["rect", x, middle - down / 2, wide, down, colour]]));
    marks.push(["text", x, 118, tools.fill(words[name === "depthwise" || first ? `n-${name}` : "n-pointwise-first"], values), "quiet"]);
    if (name === "depthwise" && tiled) marks.push(...tiles(x, middle - down / 2, tile, width, 1));
  }
  marks.push(...touched(MERGED, WIDE));
  if (tiled) marks.push(...tiles(MERGED, TOP, tile, inputs, outputs));
  const dear = MAC / ADD * found.multiplied / found.dense, even = TOP + HIGH * found.limit;
  marks.push(["rect", MERGED, TOP, WIDE, HIGH * dear, "hollow s-orange thick dash"], ["line", MERGED - 5, even, MERGED + WIDE, even, "s-ink dots"]);
  marks.push(["rect", MERGED + 3, even + 6, 21, 6, "f-paper"], ["line", MERGED + 5, even + 9, MERGED + 22, even + 9, "s-orange thick dash"], ["text", MERGED + 26, even + 13, tools.fill(words.price, values), "f-orange halo"], ["text", MERGED + WIDE - 3, even + 13, words["up-to"], "end halo"]);
  return [...marks, ["text", MERGED, 118, tools.fill(words["n-sides"], values), "quiet"], ...(rate < 1 ? [["rect", 312, 108, 11, 11, "f-rule"], ["text", 328, 118, words.untouched, ""]] : []), ["text", 8, 133, tools.fill(words["n-weights"], values), ""], ["text", MERGED, 133, tools.fill(words["n-dense"], values), ""]];
}
function bars(found, pair, merged, values, words, tools) {
  const unit = LONGEST / (ADD * found.dense), [first, one] = ["added", "merged"].map(name => unit * ADD * found[name]);
  const added = tools.fill(words["n-added"], values);
  const marks = [["text", 8, 152, added, "f-blue"], ["text", 16 + LETTER * added.length, 152, tools.fill(words["n-multiplied"], values), "f-orange"], ["text", 8, 180, tools.fill(words["n-merged"], values), "f-blue"]];
  for (const [y, text, parts] of [[156, "pair-costs", [[0, first, "blue"], [first, unit * pair - first, "orange"]]], [184, "one-costs", [[0, one, "blue"]]]])
    marks.push(["rect", 8, y, LONGEST, 9, "f-soft"], ...parts.filter(([, wide]) => wide).map(([x, wide, colour]) => ["rect", 8 + x, y, wide, 9, "f-" + colour]), ["text", 16 + LONGEST, y + 9, tools.fill(words[text], values), "bold"]);
  return [...marks, ...[0, LONGEST].map(x => ["line", 8 + x, 193, 8 + x, 197, "s-rule"]), ["text", 8, 208, "0", "quiet"], ["text", 8 + LONGEST, 208, tools.fill(words.scale, values), "end quiet"], ["text", 16 + LONGEST, 208, words.each, "quiet"]];
}
function lines({ order, width, expansion, kernel, rate }, found, words, tools) {
  const highest = ADD * found.dense, top = BASE - HEIGHT, limit = found.limit, x = r => LEFT + (RIGHT - LEFT) * r;
  const y = (r, merged) => {
    const at = costs(order, width, expansion, kernel, r), cost = merged ? ADD * at.merged : MAC * at.multiplied + ADD * at.added;
    return BASE - HEIGHT * cost / highest;
  };
  const marks = [["text", 8, 226, tools.fill(words["title-lines"], { most: tools.short(highest / 1000) }), "bold"], ["rect", LEFT, top, (RIGHT - LEFT) * Math.min(1, limit), HEIGHT, "f-soft"], ["line", LEFT, BASE, RIGHT, BASE, "s-rule"], ["line", LEFT, BASE, LEFT, top, "s-rule"],
    ["text", LEFT - 6, BASE + 4, "0", "end quiet"]];
  for (const r of [0, 0.5, 1]) marks.push(["text", x(r), BASE + 16, String(r), "mid quiet"]);
  marks.push(["text", x(1) - 14, BASE + 16, words.axis, "end quiet"]);
  marks.push(["path", [LEFT, y(0, false), RIGHT, y(1, false)], "s-ink thick dash"], ["path", [LEFT, y(0, true), RIGHT, y(1, true)], "s-ink thick"]);
  const push = Math.max(0, 14 - (y(1, false) - y(1, true))) / 2;
  marks.push(["text", RIGHT + 7, y(1, false) + 4 + push, words.pair, ""], ["text", RIGHT + 7, y(1, true) + 4 - push, words.one, ""]);
  const start = x(limit) < RIGHT - 120;
  marks.push(["line", x(limit), BASE + 5, x(limit), top - 14, "s-ink dots"]);
  marks.push(["text", x(limit) + (start ? 5 : -5), top - 5, tools.fill(words.below, { limit: tools.short(limit), width }), start ? "" : "end"]);
  const others = [...WIDTHS].reverse().filter(other => other !== width), places = others.map(other => x(costs(order, other, expansion, kernel, 0).limit));
  for (const at of places) marks.push(["line", at, BASE + 20, at, BASE + 27, "s-ink"]);
  if (order === "first") marks.push(["text", places.reduce((a, b) => a + b) / places.length, BASE + 39, tools.fill(words["at-widths"], { widths: others.join(", ") }), "mid quiet"]);
  else marks.push(["text", places[0] - 11, BASE + 39, words.widths, "end quiet"], ...others.map((other, i) => ["text", places[i], BASE + 39, String(other), "mid quiet"]));
  marks.push(["text", 392, BASE + 39, words.others, "end quiet"]);
  for (const merged of [false, true]) marks.push(["circle", x(rate), y(rate, merged), 4, "f-ink"]);
  return marks;
}
function compute(params, tools, words) {
  const { order, width, expansion, kernel, rate } = params, found = costs(order, width, expansion, kernel, rate);
  const pair = MAC * found.multiplied + ADD * found.added, merged = ADD * found.merged, change = 100 * (merged - pair) / pair, same = Math.abs(change) < 1 ? "same" : change < 0 ? "saves" : "costs";
  const values = { ...Object.fromEntries(Object.entries(found).map(([name, value]) => [name, countOf(value, words, tools)])), mac: tools.short(MAC), add: tools.short(ADD), dearer: tools.fixed(MAC / ADD, 1), pair: tools.short(pair / 1000), one: tools.short(merged / 1000),
    rate: tools.short(rate), times: tools.short(found.dense / found.weights), change: tools.fixed(Math.abs(change), 0), ratio: tools.short(merged / pair), area: kernel * kernel, hidden: `${expansion}C`, most: tools.short(ADD * found.dense / 1000), which: words.which[order] };
  return { numbers: { ...found, pair, one: merged }, marks: [...layers(params, rate, found, values, words, tools), ...bars(found, pair, merged, values, words, tools), ...lines(params, found, words, tools)],
    verdict: tools.fill(words["v-" + (rate === 0 ? "none" : same)], values), grips: [["rate", "x", LEFT, 231, RIGHT - LEFT, BASE - 225, LEFT, 0, RIGHT, 1]],
    sentence: `${tools.fill(words.sentence, values)} ${tools.fill(words[same], values)}` };
}
