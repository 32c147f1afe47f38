// Twin of held_fixed.py: what T sub-networks cost, by what is held fixed.
const CHANNELS = 48, GUTTER = 68, PITCH = 83, UNIT = 17, STEP = 19, SMALLEST = 3, ROWS = ["weights", "products", "neurons", "encoder"], WAYS = ["budget", "width", "channels", "repeat"];
function width(held, steps) {
  return CHANNELS / { budget: Math.sqrt(steps), channels: steps, width: 1, repeat: 1 }[held];
}
function factors(held, steps) {
  const grown = Math.sqrt(steps);
  const counts = { budget: [1, 1, grown, grown], width: [steps, steps, steps, steps], channels: [1 / steps, 1 / steps, 1, 1], repeat: [1, steps, steps, steps] }[held];
  return Object.fromEntries(ROWS.map((row, i) => [row, counts[i]]));
}
const edgeOf = (way, steps) => UNIT * width(way, steps) / CHANNELS, lineOf = row => 146 + 34 * row;
function column(i, way, chosen, steps, words, tools) {
  const left = GUTTER + PITCH * i, found = factors(way, steps), columns = Math.ceil(Math.sqrt(steps)), rows = Math.ceil(steps / columns), real = edgeOf(way, steps), edge = Math.max(SMALLEST, real);
  const start = left + 4 + STEP * (4 - columns) / 2, top = 38 + STEP * (4 - rows) / 2;
  const marks = chosen ? [["rect", left, 1, PITCH - 1, 256, "f-soft s-blue"]] : [];
  words.heads[way].forEach((text, row) => marks.push(["text", left + 4, 15 + 15 * row, text, ""]));
  for (let t = 0; t < steps; t++) {
    const x = start + STEP * (t % columns), bottom = top + STEP * (Math.floor(t / columns) + 1), again = way === "repeat" && t > 0;
    if (real < UNIT) marks.push(["rect", x, bottom - UNIT, UNIT, UNIT, "hollow s-rule"]);
    marks.push(["rect", x, bottom - edge, edge, edge, again ? "hollow s-blue dash" : real < SMALLEST ? "hollow s-blue" : "f-blue"]);
  }
  ROWS.forEach((name, row) => {
    const value = found[name];
    marks.push(["text", left + 6, lineOf(row), value < 1 ? "÷" + tools.short(1 / value) : "×" + tools.short(value), "big " + (value > 1 ? "f-orange" : "f-blue")]);
  });
  return marks;
}
function compute({ held, steps }, tools, words) {
  const found = factors(held, steps), side = width(held, steps), small = WAYS.some(way => edgeOf(way, steps) < SMALLEST), area = [...words.area, ...(small ? words.outlined : [])];
  const values = { held: words.options[held], steps, width: tools.fixed(side, 1), ...Object.fromEntries(ROWS.map(row => [row, tools.short(found[row])])) };
  const parts = [steps === 1 ? "one" : held === "repeat" ? "repeat" : "many", "counts", ...(small ? ["small"] : [])];
  return { numbers: { width: side, ...found }, marks: [...WAYS.flatMap((way, i) => column(i, way, way === held, steps, words, tools)), ...words["title-held"].map((text, i) => ["text", 4, 15 + 15 * i, text, "bold"]),
      ...area.map((text, i) => ["text", 4, 47 + 12.5 * i, text, "quiet"]), ...ROWS.map((row, i) => ["text", 4, lineOf(i) - 1, words.rows[row], ""])],
    verdict: tools.fill(words[steps === 1 ? "v-one" : "v-" + held], values), grips: [["held", "x", GUTTER, 0, 4 * PITCH, 258, GUTTER + PITCH / 2, 0, GUTTER + 1.5 * PITCH, 1]],
    sentence: parts.map(part => tools.fill(words[part], values)).join(" ") };
}
