// Twin of spike_tape.py: Eqs. (1) and (9) on a grid, with the low bits kept.
const STEPS = 12, REACH = 6, LEFT = 36, RIGHT = 392, MIDDLE = 226, PITCH = 26;
const modulo = (a, n) => a - n * Math.floor(a / n), range = (from, to) => Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
const grouped = n => (n < 0 ? "−" : "") + String(Math.abs(n)).replace(/\B(?=(\d{3})+$)/g, ",");
function nearest(x) {
  const below = Math.floor(x);
  return below + (x - below > 0.5 || (x - below === 0.5 && modulo(below, 2) === 1) ? 1 : 0);
}
function bitsTaped(decay) {
  let bits = 1;
  while (2 ** (bits - 1) < 0.5 / decay + 0.25) bits *= 2;
  return bits;
}
function run(decay, bits, grid, seed, tools) {
  const draw = tools.random(seed), inputs = range(0, STEPS).map(() => Math.floor(2 * (1 - decay) * draw() * 2 ** grid)), truth = [Math.floor(0.4 * 2 ** grid)];
  for (const current of inputs) truth.push(nearest(decay * truth.at(-1) + current));
  const apart = 2 ** bits, tape = truth.slice(0, -1).map(v => modulo(v, apart)), estimates = new Array(STEPS), recovered = new Array(STEPS + 1);
  recovered[STEPS] = truth[STEPS];
  for (let t = STEPS - 1; t >= 0; t--) {
    estimates[t] = (recovered[t + 1] - inputs[t]) / decay;
    recovered[t] = tape[t] + apart * nearest((estimates[t] - tape[t]) / apart);
  }
  return { true: truth, inputs, tape, estimates, recovered };
}
function potentials(found, wrong, t, grid, words, tools) {
  const x = step => LEFT + (RIGHT - LEFT) * step / STEPS, y = units => 116 - 42 * Math.min(Math.max(units / 2 ** grid, -0.15), 2.15);
  const marks = [["text", 8, 13, words.potential, "bold"], ["line", 130, 9, 150, 9, "s-blue thick"], ["text", 155, 13, words.forward, ""],
    ["circle", 222, 9, 3, "hollow s-orange thick"], ["text", 230, 13, words.recovered, ""],
    ["circle", 304, 9, 3, "f-orange s-orange"], ["text", 312, 13, words.wrongly, ""]];
  for (const k of grid <= 4 ? range(0, 2 * 2 ** grid + 1) : [0, 2 ** grid, 2 * 2 ** grid]) marks.push(["line", LEFT, y(k), RIGHT, y(k), k % 2 ** grid === 0 ? "s-rule" : "s-grid"]);
  for (const k of [0, 1, 2]) marks.push(["text", 30, y(k * 2 ** grid) + 4, String(k), "end quiet"]);
  marks.push(["line", x(t), 20, x(t), 122, "s-ink dots"], ...(wrong.length ? [["line", x(wrong.at(-1)), 20, x(wrong.at(-1)), 122, "s-orange thick"]] : []), ["path", found.true.flatMap((v, step) => [x(step), y(v)]), "s-blue thick"]);
  for (const step of range(t, STEPS + 1)) {
    const v = found.recovered[step], at = y(v), tip = v < 0 ? 4 : -4, inside = v / 2 ** grid >= -0.15 && v / 2 ** grid <= 2.15;
    marks.push(inside ? ["circle", x(step), at, 3, wrong.includes(step) ? "f-orange s-orange" : "hollow s-orange thick"]
      : ["path", [x(step) - 3, at - tip / 2, x(step), at + tip / 2, x(step) + 3, at - tip / 2], "s-orange thick"]);
  }
  if (wrong.length && wrong.at(-1) > t + 1) marks.push(["text", Math.min(x(wrong.at(-1)), 360), 136, tools.fill(words.step, { t: wrong.at(-1) }), "mid bold f-orange"]);
  return [...marks, ["text", Math.min(Math.max(x(t), 50), 360), 136, tools.fill(words.step, { t }), "mid bold"]];
}
function tapeMarks(found, bits, t, words, tools) {
  const width = (RIGHT - LEFT) / STEPS, marks = [["text", 8, 158, tools.fill(words.tape, { bits, apart: 2 ** bits }), "bold"]];
  found.tape.forEach((low, step) => marks.push(["rect", LEFT + width * (step - 0.5) + 2, 166, width - 4, 20, step === t ? "f-soft s-orange thick" : "f-soft s-rule"],
    ["text", LEFT + width * step, 180, bits ? String(low) : "–", step === t ? "mid bold" : step > t ? "mid" : "mid quiet"]));
  return marks;
}
function line(found, bits, t, words, tools) {
  const estimate = found.estimates[t], got = found.recovered[t], truth = found.true[t], centre = nearest(estimate), given = Math.abs(estimate) < 100 ? tools.short(estimate) : grouped(centre), x = units => MIDDLE + PITCH * (units - centre);
  const marks = [["text", 8, 212, tools.fill(words.which, { t }), "bold"], ["line", LEFT, 268, RIGHT, 268, "s-rule"],
    ["line", x(estimate), 234, x(estimate), 242, "s-ink thick"], ["line", x(estimate), 258, x(estimate), 280, "s-ink thick"],
    ["text", x(estimate), 230, tools.fill(words.estimate, { estimate: given }), "mid"], ["text", 8, 254, tools.fill(words.rest, { apart: 2 ** bits }), "quiet"]];
  for (const units of range(centre - REACH, centre + REACH + 1)) {
    const other = modulo(units - found.tape[t], 2 ** bits) !== 0;
    if (units > centre - REACH + 1 || bits < 7) marks.push(["text", x(units), 254, String(modulo(units, 2 ** bits)), other ? "mid quiet" : "mid bold"]);
    if (other) marks.push(["circle", x(units), 268, 3, "f-rule"]);
    else marks.push(["circle", x(units), 268, 7, units === got ? "f-orange" : "f-paper s-orange thick"]);
  }
  if (Math.abs(truth - centre) <= REACH) marks.push(["circle", x(truth), 268, 11, "hollow s-blue thick"]);
  else {
    const left = truth < centre, text = tools.fill(words[left ? "left-of" : "right-of"], { true: grouped(truth) });
    marks.push(["text", left ? 8 : RIGHT, 288, text, left ? "bold" : "end bold"]);
  }
  const [place, style] = Math.abs(got - centre) <= REACH ? [x(got), "mid bold"] : got < centre ? [8, "bold"] : [RIGHT, "end bold"];
  marks.push(["text", place, 303, grouped(got), style]);
  for (const [left, shape, word] of [[20, "f-paper s-orange thick", "same"], [150, "f-orange", "taken"], [276, "hollow s-blue thick", "truth"]])
    marks.push(["circle", left, 319, 6, shape], ["text", left + 11, 323, words[word], ""]);
  return marks;
}
function compute({ decay, bits, undone, grid, seed }, tools, words) {
  const found = run(decay, bits, grid, seed, tools), t = STEPS - undone, needed = bitsTaped(decay), got = found.recovered[t], truth = found.true[t];
  const wrong = range(t, STEPS).filter(k => found.recovered[k] !== found.true[k]);
  const values = { t, next: t + 1, later: grouped(found.recovered[t + 1]), input: grouped(found.inputs[t]), decay: tools.fixed(decay, 2), estimate: tools.short(found.estimates[t]),
    got: grouped(got), true: grouped(truth), bits, low: bits ? found.tape[t].toString(2).padStart(bits, "0") : "", apart: 2 ** bits, needed,
    reach: tools.fixed(0.5 / decay, 1), grid, undone, count: wrong.length, first: wrong.length ? wrong.at(-1) : t, kept: bits * STEPS, whole: (grid + 2) * STEPS };
  const parts = ["undo", bits === 0 ? "nothing" : "low", got === truth ? "right" : "wrong", wrong.length ? "some" : "all", bits >= needed ? "enough" : "few"];
  const marks = [...potentials(found, wrong, t, grid, words, tools), ...tapeMarks(found, bits, t, words, tools), ...line(found, bits, t, words, tools)];
  return { numbers: { ...found, wrong, needed }, marks, grips: [["undone", "x", LEFT - 12, 20, RIGHT - LEFT, 168, RIGHT, 0, LEFT, STEPS]],
    verdict: tools.fill(words[got === truth ? (wrong.length ? "v-again" : "v-right") : wrong.length === 1 ? "v-first" : "v-wrong"], values), sentence: parts.map(part => tools.fill(words[part], values)).join(" ") };
}
