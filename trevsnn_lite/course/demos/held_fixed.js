// Twin of held_fixed.py: what T sub-networks cost, by what is held fixed.
const CHANNELS = 48, ONE = 24, SMALLEST = 3, ROWS = ["weights", "products", "neurons", "encoder"], WAYS = ["budget", "width", "channels", "repeat"];
function width(held, steps) {
  return CHANNELS / { budget: Math.sqrt(steps), channels: steps, width: 1, repeat: 1 }[held];
}
function factors(held, steps) {
  const grown = Math.sqrt(steps);
  const counts = { budget: [1, 1, grown, grown], width: [steps, steps, steps, steps], channels: [1 / steps, 1 / steps, 1, 1], repeat: [1, steps, steps, steps] }[held];
  return Object.fromEntries(ROWS.map((row, i) => [row, counts[i]]));
}
const pitchOf = steps => 90 / Math.max(Math.ceil(Math.sqrt(steps)), 2), edgeOf = (way, steps) => (pitchOf(steps) - 3) * width(way, steps) / CHANNELS;
function column(i, way, chosen, steps, words, tools) {
  const left = 8 + 98 * i, found = factors(way, steps), columns = Math.ceil(Math.sqrt(steps)), pitch = pitchOf(steps), edge = Math.max(SMALLEST, edgeOf(way, steps));
  const marks = chosen ? [["rect", left - 5, 2, 96, 317, "f-soft s-blue"]] : [];
  words.heads[way].forEach((text, row) => marks.push(["text", left, 16 + 15 * row, text, ""]));
  for (let t = 0; t < steps; t++) {
    const x = left + pitch * (t % columns), bottom = 51 + pitch * (Math.floor(t / columns) + 1), again = way === "repeat" && t > 0;
    marks.push(["rect", x, bottom - edge, edge, edge, again ? "hollow s-blue dash" : "f-blue"]);
  }
  ROWS.forEach((name, row) => {
    const y = 176 + 38 * row, length = ONE + 5 * Math.log2(found[name]);
    marks.push(["rect", left, y, length, 12, found[name] > 1 ? "f-orange" : "f-blue"], ["text", left + 4 + Math.max(ONE, length), y + 11, "× " + tools.short(found[name]), chosen ? "bold" : ""],
      ["line", left + ONE, y - 2, left + ONE, y + 14, "s-ink"]);
  });
  return marks;
}
function compute(params, tools, words) {
  const { held, steps } = params, found = factors(held, steps), side = width(held, steps);
  const values = { held: words.options[held], steps, width: tools.fixed(side, 1), ...Object.fromEntries(ROWS.map(row => [row, tools.short(found[row])])) };
  const most = Math.max(...Object.values(found));
  values.grow = tools.fill(words[most === 2 ? "twice" : "fold"], { times: tools.short(most) });
  const parts = [steps === 1 ? "one" : held === "repeat" ? "repeat" : "many", "counts", ...(edgeOf(held, steps) < SMALLEST ? ["small"] : [])];
  return { numbers: { width: side, ...found }, marks: [...WAYS.flatMap((way, i) => column(i, way, way === held, steps, words, tools)), ...ROWS.map((row, i) => ["text", 8, 171 + 38 * i, words.rows[row], "quiet"]),
      ["text", 8, 48, words.area, "quiet"], ["rect", 8, 328, 11, 11, "f-orange"], ["text", 24, 338, words.grown, ""], ["rect", 172, 328, 11, 11, "f-blue"], ["text", 188, 338, words.kept, ""],
      ["line", 13.5, 344, 13.5, 357, "s-ink"], ["text", 24, 355, words.scale, ""]],
    verdict: tools.fill(words[steps === 1 ? "v-one" : "v-" + held], values), grips: [["held", "x", 2, 0, 396, 321, 52, 0, 150, 1]],
    sentence: parts.map(part => tools.fill(words[part], values)).join(" ") };
}
