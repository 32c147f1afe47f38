// Twin of memory_bill.py: Table 1.
const METHODS = ["stbp", "checkpoint", "trev"], PASSES = { stbp: 2, checkpoint: 3, trev: 3 }, LONGEST = 32, DEEPEST = 16, WIDE = 8.5, HIGH = 5, LEFT = 120, TOP = 26, APART = 92, SHADES = { keep: "3", hand: "8", absent: "7" };
function segmentLength(steps) {
  let length = 1;
  while (length * length < steps) length += 1;
  return length;
}
function cell(method, layer, step, layers, steps) {
  const length = segmentLength(steps);
  if (method === "stbp") return "keep";
  if (method === "checkpoint") return step > steps - length ? "hand" : (steps - step) % length ? "absent" : "keep";
  if (layer === layers && step === steps) return "keep";
  return step === steps || (layer === layers && step === steps - 1) ? "hand" : "absent";
}
function units(method, layers, steps) {
  const cells = layers * steps, length = segmentLength(steps), saved = Math.floor((steps + length - 1) / length) - 1;
  return { stbp: [cells, 2 * cells], checkpoint: [layers * (saved + length), 3 * cells], trev: [layers + (steps > 1 ? 1 : 0), 3 * layers] }[method];
}
function rowOf(row, name, layers, steps, held, work, words, tools) {
  const top = TOP + APART * row, said = { passes: PASSES[name], cells: tools.short(layers * steps), steps }, count = tools.short(held);
  let shades = "";
  for (let layer = layers; layer > 0; layer--) for (let step = 1; step <= steps; step++) shades += SHADES[cell(name, layer, step, layers, steps)];
  return [["text", 8, top + 10, words.rows[name], "bold"], ["text", 8, top + 32, count, "big"], ["text", 14 + 15 * count.length, top + 32, words[held === 1 ? "cell" : "cells"], "bold"], ["text", 8, top + 50, `${words.work} ${tools.short(work)}`, "quiet"],
    ["text", 8, top + 65, tools.fill(words.product, said), "quiet"], ...(name === "trev" && steps > 1 ? [["text", 8, top + 80, tools.fill(words.shared, said), "quiet"]] : []), ["rect", LEFT, top, WIDE * LONGEST, HIGH * DEEPEST, "hollow s-grid"],
    ["cells", LEFT, top + HIGH * (DEEPEST - layers), WIDE, HIGH, steps, shades]];
}
function compute({ layers, steps }, tools, words) {
  const [held, work] = [0, 1].map(i => Object.fromEntries(METHODS.map(m => [m, units(m, layers, steps)[i]])));
  const values = { layers, steps, segment: segmentLength(steps), ...Object.fromEntries(METHODS.flatMap(m => [[m, tools.short(held[m])], [m + "Work", tools.short(work[m])]])) };
  const marks = [["text", 8, 14, words.depth, "quiet"], ["text", 74, 14, words.time, "quiet"]];
  for (const [left, shape, word] of [[166, "f-blue", "keep"], [220, "f-green", "hand"], [324, "f-soft s-rule", "absent"]]) marks.push(["rect", left, 4, 11, 11, shape], ["text", left + 15, 14, words[word], ""]);
  METHODS.forEach((name, row) => marks.push(...rowOf(row, name, layers, steps, held[name], work[name], words, tools)));
  const floor = TOP + HIGH * DEEPEST, top = TOP + HIGH * (DEEPEST - layers), right = LEFT + WIDE * steps;
  return { numbers: { held, work }, marks, verdict: tools.fill(words[steps === 1 ? "v-one" : "v-more"], values), sentence: tools.fill(words.sentence, values),
    grips: [["layers", "y", LEFT - 4, top - 8, 16 + WIDE * (steps - 1) / 2, 16, floor, 0, TOP, 16], ["steps", "x", right - 8, TOP, 16, floor - TOP + 10, LEFT, 0, LEFT + 32 * WIDE, 32]] };
}
