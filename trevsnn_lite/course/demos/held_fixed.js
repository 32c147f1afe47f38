// Twin of held_fixed.py: what T sub-networks cost, by what is held fixed.
const CHANNELS = 48, ROWS = ["weights", "products", "neurons", "encoder"];
function width(held, steps) {
  return CHANNELS / { budget: Math.sqrt(steps), channels: steps, width: 1, repeat: 1 }[held];
}
function factors(held, steps) {
  const grown = Math.sqrt(steps);
  const counts = { budget: [1, 1, grown, grown], width: [steps, steps, steps, steps], channels: [1 / steps, 1 / steps, 1, 1], repeat: [1, steps, steps, steps] }[held];
  return Object.fromEntries(ROWS.map((row, i) => [row, counts[i]]));
}
function squares(held, steps, side, words) {
  const marks = [["text", 8, 14, words.squares, "bold"]], edge = 42 * side / CHANNELS;
  for (let t = 0; t < steps; t++) {
    const x = 10 + 48 * (t % 8), bottom = 66 + 48 * Math.floor(t / 8), again = held === "repeat" && t > 0;
    marks.push(["rect", x, bottom - edge, edge, edge, again ? "hollow s-blue dash" : "f-blue"]);
  }
  return marks;
}
function bars(found, words, tools) {
  const marks = [["text", 8, 142, words.bars, "bold"]];
  ROWS.forEach((name, row) => {
    const y = 152 + 24 * row, length = 12 * found[name];
    marks.push(["text", 142, y + 12, words.rows[name], "end"], ["rect", 148, y, length, 15, found[name] > 1 ? "f-orange" : "f-blue"],
      ["text", 153 + length, y + 12, "× " + tools.short(found[name]), ""]);
  });
  return marks;
}
function compute(params, tools, words) {
  const { held, steps } = params, found = factors(held, steps), side = width(held, steps);
  const values = { held: words.options[held], steps, width: tools.fixed(side, 1), ...Object.fromEntries(ROWS.map(row => [row, tools.short(found[row])])) };
  const parts = [steps === 1 ? "one" : held === "repeat" ? "repeat" : "many", "counts"];
  return { numbers: { width: side, ...found }, marks: [...squares(held, steps, side, words), ...bars(found, words, tools)],
    sentence: parts.map(part => tools.fill(words[part], values)).join(" ") };
}
