// Twin of memory_bill.py: Table 1.
const METHODS = ["stbp", "checkpoint", "trev"], PASSES = { stbp: 2, checkpoint: 3, trev: 3 }, LONGEST = 32, DEEPEST = 16, WIDE = 6.5, HIGH = 5, LEFT = 108, TOP = 40, APART = 116, AWAY = 8, SHADES = { keep: "3", hand: "8", absent: "7" };
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
  const top = TOP + APART * row, said = { cells: tools.short(layers * steps), steps, work: tools.short(work) }, count = tools.short(held);
  let shades = "";
  for (let layer = layers; layer > 0; layer--) for (let step = 1; step <= steps; step++) shades += SHADES[cell(name, layer, step, layers, steps)];
  return [["text", 8, top + 14, words.rows[name], "bold"], ["text", 8, top + 38, count, "big"], ["text", 14 + 15 * count.length, top + 38, words[held === 1 ? "cell" : "cells"], "bold"], ["text", 8, top + 56, words.most, "quiet"],
    ["text", 8, top + 95, tools.fill(words[name === "trev" && steps > 1 ? "work-shared" : `work-${PASSES[name]}`], said), ""], ["rect", LEFT, top, WIDE * LONGEST, HIGH * DEEPEST, "hollow s-grid"],
    ["cells", LEFT, top + HIGH * (DEEPEST - layers), WIDE, HIGH, steps, shades]];
}
function back(row, name, layers, steps, words) {
  const floor = TOP + APART * row + HIGH * DEEPEST, top = floor - HIGH * layers, right = LEFT + WIDE * steps;
  if (name === "checkpoint") {
    const rest = steps - segmentLength(steps), y = top - 6, start = rest ? [LEFT + WIDE * (rest - 0.5), top - 1] : [LEFT, y];
    return [...(rest ? [] : [["line", LEFT, y - 4, LEFT, y + 4, "s-ink"]]), ["path", [...start, start[0], y, right + 5, y], "s-ink"], ["path", [right + 1, y - 4, right + 5, y, right + 1, y + 4], "s-ink"], ["text", right + 11, y + 4, words.again, ""]];
  }
  const x = right + 5, low = Math.max(floor, top + 9), now = right - WIDE / 2, before = right - 1.5 * WIDE, y = top - 8;
  const marks = [["line", x, low, x, top + 1, "s-ink"], ["path", [x - 4, top + 5, x, top + 1, x + 4, top + 5], "s-ink"], ["text", right + 13, floor - 4, words.again, ""]];
  if (steps > 1) marks.push(["path", [now, top - 1, now, y, before, y, before, top - 1], "s-ink"], ["path", [before - 3, top - 5, before, top - 1, before + 3, top - 5], "s-ink"], ["text", right + 3, Math.min(top - 7, floor - 17), words.undo, ""]);
  return marks;
}
function compute({ layers, steps }, tools, words) {
  const [held, work] = [0, 1].map(i => Object.fromEntries(METHODS.map(m => [m, units(m, layers, steps)[i]])));
  const values = { layers, steps, segment: segmentLength(steps), ...Object.fromEntries(METHODS.flatMap(m => [[m, tools.short(held[m])], [m + "Work", tools.short(work[m])]])) };
  const marks = [["text", 8, 14, words.depth, "quiet"], ["text", 78, 14, words.time, "quiet"]];
  for (const [left, shape, word] of [[190, "f-blue", "keep"], [248, "f-green", "hand"], [322, "f-soft s-rule", "absent"]]) marks.push(["rect", left, 4, 11, 11, shape], ["text", left + 15, 14, words[word], ""]);
  METHODS.forEach((name, row) => marks.push(...rowOf(row, name, layers, steps, held[name], work[name], words, tools), ...(name === "stbp" ? [] : back(row, name, layers, steps, words))));
  const floor = TOP + HIGH * DEEPEST, top = TOP + HIGH * (DEEPEST - layers), right = LEFT + WIDE * steps, long = WIDE * steps / 2;
  return { numbers: { held, work }, marks, verdict: tools.fill(words[steps === 1 ? "v-one" : "v-more"], values), sentence: tools.fill(words.sentence, values),
    grips: [["layers", "y", LEFT - 4, top - 16, 16 + long, 16, floor - AWAY, 0, TOP - AWAY, 16], ["steps", "x", right, TOP, 16, floor - TOP + 4, LEFT + AWAY, 0, LEFT + WIDE * LONGEST + AWAY, LONGEST]] };
}
