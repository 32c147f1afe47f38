// Twin of held_fixed.py: what T sub-networks cost, by what is held fixed.
const CHANNELS = 48, LEFT = 8, RIGHT = 392, UNIT = 1.5, TAB = 82, TABS = 79, TOP = 34, FOOT = 190, PLACES = [8, 70, 208, 318], NAMED = 18, ROWS = ["weights", "products", "neurons", "encoder"], WAYS = ["budget", "width", "channels", "repeat"];
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
    marks.push(["rect", at, 2, TABS - 3, 24, way === held ? "f-soft s-blue" : "hollow s-rule"], ["text", at + (TABS - 3) / 2, 18, words.options[way], "mid"]);
  });
  return marks;
}
const named = (t, steps, x, y, edge) => (steps === 1 || edge < NAMED || (t >= 4 && t < steps - 1) ? [] : [["text", x + edge / 2, y + edge / 2 + 4.5, String(t + 1), "mid f-paper"]]);
function square(held, steps, values, words, tools) {
  const whole = UNIT * CHANNELS, marks = [];
  if (held === "channels") {
    const edge = whole / steps;
    marks.push(["rect", LEFT, TOP, whole, whole, "hollow s-rule dash"]);
    for (let t = 0; t < steps; t++) marks.push(["rect", LEFT + edge * t, TOP + edge * t, edge, edge, "f-blue"], ...named(t, steps, LEFT + edge * t, TOP + edge * t, edge));
  } else marks.push(["rect", LEFT, TOP, whole, whole, "f-blue"]);
  const cuts = Math.round(Math.sqrt(steps)), edge = whole / cuts;
  for (let i = 1; held === "budget" && i < cuts; i++) marks.push(["line", LEFT + edge * i, TOP, LEFT + edge * i, TOP + whole, "s-rule"], ["line", LEFT, TOP + edge * i, LEFT + whole, TOP + edge * i, "s-rule"]);
  for (let t = 0; held === "budget" && t < steps; t++) marks.push(...named(t, steps, LEFT + edge * (t % cuts), TOP + edge * Math.floor(t / cuts), edge));
  marks.push(["text", LEFT + whole + 14, TOP + 15, tools.fill(words.start, values), "bold"]);
  if (steps > 1) ["does", "areas"].forEach((part, row) => marks.push(["text", LEFT + whole + 14, TOP + 38 + 19 * row, tools.fill(words[part][held], values), row ? "bold" : ""]));
  return marks;
}
function rowOf(held, steps, drawn, values, words, tools) {
  const one = UNIT * CHANNELS, edge = UNIT * width(held, steps), marks = [["line", LEFT + one, TOP + one, LEFT + one, FOOT + 18, "s-ink dots"]];
  for (let t = 0; t < drawn; t++) marks.push(["rect", LEFT + edge * t, FOOT - edge, edge, edge, held === "repeat" && t > 0 ? "f-paper s-blue dash" : "f-blue s-rule"], ...(["budget", "channels"].includes(held) ? named(t, steps, LEFT + edge * t, FOOT - edge, edge) : []));
  const end = Math.min(RIGHT, LEFT + edge * steps), at = LEFT + edge * drawn;
  marks.push(["rect", LEFT, FOOT + 6, one, 6, "f-blue"]);
  if (end > LEFT + one + 0.5) marks.push(["rect", LEFT + one, FOOT + 6, end - LEFT - one, 6, "f-orange"]);
  if (drawn < steps) {
    marks.push(["text", at + 8, FOOT - edge / 2 + 4, tools.fill(words.more, values), "bold"]);
    for (const x of [at + 4, at + 9]) marks.push(["line", x - 3, FOOT + 15, x + 3, FOOT + 3, "s-ink thick"]);
  }
  return [...marks, ["text", LEFT, FOOT + 31, tools.fill(words[steps === 1 ? "row-one" : held === "repeat" ? "runs" : "row"], values), "bold"]];
}
const counted = (held, found, words, tools) => ROWS.flatMap((name, i) => {
  const at = PLACES[i], value = found[name], dashed = name === "products" && held === "repeat" ? 14 : 0;
  const marks = [["text", at, 245, words.rows[name], ""], ["text", at, 268, value < 1 ? "÷" + tools.short(1 / value) : "×" + tools.short(value), "big " + (value > 1 ? "f-orange" : "f-blue")]];
  if (i > 1) return [...marks, ["rect", at, 280, 10, 5, "f-blue"], ["rect", at + 10, 280, 12, 5, "f-orange"], ["text", at + 27, 287, words.length, "quiet"]];
  return [...marks, ["rect", at, 277, 10, 10, "f-blue"], ...(dashed ? [["rect", at + dashed, 277, 10, 10, "f-paper s-blue dash"]] : []), ["text", at + 15 + dashed, 287, words[i ? "area-places" : "area"], "quiet"]];
});
function compute({ held, steps }, tools, words) {
  const found = factors(held, steps), side = width(held, steps), room = Math.floor((RIGHT - LEFT) / (UNIT * side) + 1e-9), drawn = steps <= room ? steps : room - 1;
  const values = { held: words.whole[held], steps, side: tools.short(side), area: tools.short(side * side * (held === "repeat" ? 1 : steps)), one: tools.short(CHANNELS * CHANNELS), row: tools.short(steps * side), lost: steps - 1,
    more: steps - drawn, ...Object.fromEntries(ROWS.map(row => [row, tools.short(found[row])])) };
  const parts = [steps === 1 ? "one" : held === "repeat" ? "repeat" : "many", "counts"];
  return { numbers: { width: side, ...found }, marks: [...tabs(held, words), ...square(held, steps, values, words, tools), ...rowOf(held, steps, drawn, values, words, tools), ...counted(held, found, words, tools)],
    verdict: tools.fill(words[steps === 1 ? "v-one" : "v-" + held], values), grips: [["held", "x", TAB, 1, 4 * TABS, 26, TAB + TABS / 2, 0, TAB + 1.5 * TABS, 1]],
    sentence: parts.map(part => tools.fill(words[part], values)).join(" ") };
}
