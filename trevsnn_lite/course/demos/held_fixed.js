// Twin of held_fixed.py: what T sub-networks cost, by what is held fixed.
const CHANNELS = 48, LEFT = 8, RIGHT = 392, UNIT = 1.5, TAB = 82, TABS = 79, TOP = 34, FOOT = 190, PLACES = [8, 96, 190, 304], ROWS = ["weights", "products", "neurons", "encoder"], WAYS = ["budget", "width", "channels", "repeat"];
function width(held, steps) {
  return CHANNELS / { budget: Math.sqrt(steps), channels: steps, width: 1, repeat: 1 }[held];
}
function factors(held, steps) {
  const grown = Math.sqrt(steps);
  const counts = { budget: [1, 1, grown, grown], width: [steps, steps, steps, steps], channels: [1 / steps, 1 / steps, 1, 1], repeat: [1, steps, steps, steps] }[held];
  return Object.fromEntries(ROWS.map((row, i) => [row, counts[i]]));
}
function tabs(held, words) {
  const marks = [["text", 4, 18, words["title-held"], "bold"]];
  WAYS.forEach((way, i) => {
    const at = TAB + TABS * i;
    marks.push(["rect", at, 2, TABS - 3, 24, way === held ? "f-soft s-blue" : "hollow s-rule"], ["text", at + (TABS - 3) / 2, 18, words.heads[way], "mid"]);
  });
  return marks;
}
function square(held, steps, values, words, tools) {
  const whole = UNIT * CHANNELS, marks = [];
  if (held === "channels") {
    const edge = whole / steps;
    marks.push(["rect", LEFT, TOP, whole, whole, "hollow s-rule dash"]);
    for (let t = 0; t < steps; t++) marks.push(["rect", LEFT + edge * t, TOP + edge * t, edge, edge, "f-blue"]);
  } else marks.push(["rect", LEFT, TOP, whole, whole, "f-blue"]);
  if (held === "budget") {
    const parts = Math.floor(Math.sqrt(steps) + 1e-9), edge = whole / parts;
    for (let i = 1; i < parts; i++) marks.push(["line", LEFT + edge * i, TOP, LEFT + edge * i, TOP + whole, "s-rule"], ["line", LEFT, TOP + edge * i, LEFT + whole, TOP + edge * i, "s-rule"]);
    for (let i = 0; i < (parts * parts < steps ? parts * parts : 0); i++) {
      const x = LEFT + edge * (i % parts), y = TOP + edge * Math.floor(i / parts);
      marks.push(["line", x, y, x + edge, y + edge, "s-rule"], ["line", x, y + edge, x + edge, y, "s-rule"]);
    }
  }
  marks.push(["text", LEFT + whole + 14, TOP + 15, tools.fill(words.start, values), "bold"]);
  if (steps > 1) ["does", "areas"].forEach((part, row) => marks.push(["text", LEFT + whole + 14, TOP + 38 + 19 * row, tools.fill(words[part][held], values), row ? "bold" : ""]));
  return marks;
}
function rowOf(held, steps, drawn, values, words, tools) {
  const one = UNIT * CHANNELS, edge = UNIT * width(held, steps), cut = held === "budget" && (steps === 2 || steps === 8), marks = [["line", LEFT + one, TOP + one, LEFT + one, FOOT + 18, "s-ink dots"]];
  for (let t = 0; t < drawn; t++) {
    const x = LEFT + edge * t;
    marks.push(["rect", x, FOOT - edge, edge, edge, held === "repeat" && t > 0 ? "f-paper s-blue dash" : "f-blue s-rule"]);
    if (cut) marks.push(["line", x, FOOT, x + edge, FOOT - edge, "s-rule"]);
  }
  const end = Math.min(RIGHT, LEFT + edge * steps), at = LEFT + edge * drawn;
  marks.push(["rect", LEFT, FOOT + 6, one, 6, "f-blue"]);
  if (end > LEFT + one + 0.5) marks.push(["rect", LEFT + one, FOOT + 6, end - LEFT - one, 6, "f-orange"]);
  if (drawn < steps) {
    marks.push(["text", 398, FOOT - 30, tools.fill(words.more, values), "end halo"]);
    for (const x of [at + 4, at + 9]) marks.push(["line", x - 3, FOOT + 15, x + 3, FOOT + 3, "s-ink thick"]);
  }
  return [...marks, ["text", LEFT, FOOT + 31, tools.fill(words[steps === 1 ? "row-one" : "row"], values), "bold"]];
}
const counted = (found, words, tools) => ROWS.flatMap((name, i) => {
  const at = PLACES[i], value = found[name];
  return [["text", at, 245, words.rows[name], ""], ["text", at, 268, value < 1 ? "÷" + tools.short(1 / value) : "×" + tools.short(value), "big " + (value > 1 ? "f-orange" : "f-blue")], ["text", at, 287, words.seen[name], "quiet"]];
});
function compute({ held, steps }, tools, words) {
  const found = factors(held, steps), side = width(held, steps), drawn = Math.min(steps, Math.floor((RIGHT - LEFT) / (UNIT * side) + 1e-9));
  const values = { held: words.options[held], steps, width: tools.fixed(side, 1), side: Number.isInteger(side) ? tools.short(side) : tools.fixed(side, 2), area: tools.short(side * side * (held === "repeat" ? 1 : steps)), one: tools.short(CHANNELS * CHANNELS), row: tools.fixed(steps * side, Number.isInteger(side) ? 0 : 1),
    more: steps - drawn, ...Object.fromEntries(ROWS.map(row => [row, tools.short(found[row])])) };
  const parts = [steps === 1 ? "one" : held === "repeat" ? "repeat" : "many", "counts"];
  return { numbers: { width: side, ...found }, marks: [...tabs(held, words), ...square(held, steps, values, words, tools), ...rowOf(held, steps, drawn, values, words, tools), ...counted(found, words, tools)],
    verdict: tools.fill(words[steps === 1 ? "v-one" : "v-" + held], values), grips: [["held", "x", TAB, 1, 4 * TABS, 26, TAB + TABS / 2, 0, TAB + 1.5 * TABS, 1]],
    sentence: parts.map(part => tools.fill(words[part], values)).join(" ") };
}
