// Twin of memory_bill.py: Table 1.
const METHODS = ["stbp", "checkpoint", "trev"];
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
function grid(method, layers, steps, words) {
  const width = Math.min(30, 330 / steps), height = Math.min(28, 112 / layers), marks = [["text", 8, 14, words.depth, "quiet"]];
  const shapes = { keep: "f-blue", rebuild: "hollow s-orange dots" };
  const used = new Set();
  for (let layer = 1; layer <= layers; layer++) for (let step = 1; step <= steps; step++) {
    const state = cell(method, layer, step, layers, steps);
    used.add(state);
    marks.push(["rect", 62 + (step - 1) * width, 18 + (layers - layer) * height, width - 2, height - 2, shapes[state]]);
  }
  marks.push(["text", 62, 30 + layers * height, words.time, "quiet"]);
  for (const [x, key] of [[150, "keep"], [200, "rebuild"]]) if (used.has(key))
    marks.push(["rect", x, 4, 11, 11, shapes[key]], ["text", x + 15, 14, words[key], ""]);
  return marks;
}
function bars(top, title, values, method, words, tools) {
  const largest = Math.max(...Object.values(values)), marks = [["text", 8, top, words[title], "bold"]];
  METHODS.forEach((name, row) => {
    const y = top + 7 + 17 * row, length = 210 * values[name] / largest, chosen = name === method;
    marks.push(["text", 92, y + 11, words.rows[name], chosen ? "end bold" : "end"], ["rect", 98, y, length, 13, chosen ? "f-blue" : "f-rule"],
      ["text", 103 + length, y + 11, tools.short(values[name]), chosen ? "bold" : ""]);
  });
  return marks;
}
function compute({ method, layers, steps, batch }, tools, words) {
  const [kept, work] = [0, 1].map(i => Object.fromEntries(METHODS.map(m => [m, batch * units(m, layers, steps)[i]])));
  const percent = 100 * kept[method] / kept.stbp;
  const sentence = tools.fill(words.sentence, { method: words.options[method], layers, steps, batch,
    how: tools.fill(words.how[method], { segment: segmentLength(steps) }),
    kept: tools.short(kept[method]), stbp: tools.short(kept.stbp), work: tools.short(work[method]), stbpWork: tools.short(work.stbp),
    share: percent === 100 ? words.same : tools.fill(words.percent, { ratio: tools.fixed(percent, 1) }) });
  const marks = [...grid(method, layers, steps, words), ...bars(176, "kept-title", kept, method, words, tools), ...bars(244, "work-title", work, method, words, tools)];
  return { numbers: { kept, work }, marks, sentence };
}
