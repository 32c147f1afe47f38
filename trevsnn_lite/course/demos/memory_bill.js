// Twin of memory_bill.py: Table 1.
const METHODS = ["stbp", "checkpoint", "trev"], LONGEST = 32;
function segmentLength(steps) {
  let length = 1;
  while (length * length < steps) length += 1;
  return length;
}
function cell(method, layer, step, layers, steps) {
  if (method === "checkpoint") {
    const length = segmentLength(steps);
    return step > steps - length || (steps - step) % length === 0 ? "keep" : "rebuild";
  }
  return method === "stbp" || step === steps ? "keep" : "rebuild";
}
function units(method, layers, steps) {
  const cells = layers * steps, length = segmentLength(steps), saved = Math.floor((steps + length - 1) / length) - 1;
  return { stbp: [cells, 2 * cells], checkpoint: [layers * (saved + length), 3 * cells], trev: [layers, 3 * layers] }[method];
}
function endingOf(method, layers, steps, kept) {
  if (method !== "stbp") return method + (kept[method] === kept.stbp ? "-same" : "");
  return steps === 1 ? "one" : layers > 4 ? "deep" : "stbp";
}
function grids(method, layers, steps, words, tools) {
  const wide = Math.min(120 / steps, 20), high = Math.min(94 / layers, 20);
  const marks = [["text", 8, 14, words.depth, "quiet"], ["text", 84, 14, words.time, "quiet"], ["rect", 196, 4, 11, 11, "f-blue"], ["text", 211, 14, words.keep, ""],
    ["rect", 256, 4, 11, 11, "f-soft s-rule"], ["text", 271, 14, words.rebuild, ""]];
  METHODS.forEach((name, i) => {
    const left = 8 + 132 * i, chosen = name === method;
    const part = name === "trev" && steps > 1 ? `1/${steps}` : "1";
    let shades = "";
    for (let layer = layers; layer > 0; layer--) for (let step = 1; step <= steps; step++) shades += cell(name, layer, step, layers, steps) === "keep" ? "3" : "7";
    if (chosen) marks.push(["rect", left - 5, 22, 130, 140, "hollow s-blue thick"]);
    marks.push(["text", left, 38, words.rows[name], chosen ? "bold" : ""], ["cells", left, 142 - high * layers, wide, high, steps, shades],
      ["text", left, 156, tools.fill(words["work-of"], { part }), "quiet"]);
  });
  return marks;
}
function bars(top, title, values, largest, method, words, tools) {
  const marks = [["text", 8, top, words[title], "bold"]];
  METHODS.forEach((name, row) => {
    const y = top + 7 + 17 * row, length = 210 * values[name] / largest, chosen = name === method;
    marks.push(["text", 92, y + 11, words.rows[name], chosen ? "end bold" : "end"], ["rect", 98, y, length, 13, chosen ? "f-blue" : "f-rule"],
      ["text", 103 + length, y + 11, tools.short(values[name]), chosen ? "bold" : ""]);
  });
  return marks;
}
function compute({ method, layers, steps }, tools, words) {
  const [kept, work] = [0, 1].map(i => Object.fromEntries(METHODS.map(m => [m, units(m, layers, steps)[i]])));
  const percent = 100 * kept[method] / kept.stbp;
  const values = { method: words.options[method], short: words.rows[method], layers, steps, how: tools.fill(words.how[method], { segment: segmentLength(steps) }),
    kept: tools.short(kept[method]), work: tools.short(work[method]), stbpWork: tools.short(work.stbp),
    ...Object.fromEntries(METHODS.map(m => [m, tools.short(kept[m])])),
    share: percent === 100 ? words.same : tools.fill(words.percent, { ratio: tools.fixed(percent, 1) }) };
  const marks = [...grids(method, layers, steps, words, tools), ...bars(178, "kept-title", kept, layers * LONGEST, method, words, tools), ...bars(246, "work-title", work, 3 * layers * LONGEST, method, words, tools)];
  return { numbers: { kept, work }, marks, verdict: tools.fill(words["v-" + endingOf(method, layers, steps, kept)], values), sentence: tools.fill(words.sentence, values),
    grips: [["method", "x", 4, 20, 396, 138, 68, 0, 200, 1], ["method", "y", 4, 184, 396, 52, 191.5, 0, 208.5, 1], ["method", "y", 4, 252, 396, 52, 259.5, 0, 276.5, 1]] };
}
