// Twin of spike_tape.py: Eqs. (1) and (9) on a grid, with the low bits kept.
const NAMED = 48, STEPS = 12, REACH = 6, LEFT = 36, RIGHT = 388, MIDDLE = 212, HALF = 162;
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
const lowOf = (found, bits, k) => (bits ? found.tape[k].toString(2).padStart(bits, "0") : "");
const hardest = (found, t) => range(t, STEPS).reduce((best, k) => (Math.abs(found.estimates[k] - found.true[k]) >= Math.abs(found.estimates[best] - found.true[best]) ? k : best), t);
const powerOf = n => (n < 10 ? String(2 ** n) : "2" + String(n).replace(/[0-9]/g, c => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c]));
function candidates(found, bits, k, error) {
  const estimate = found.estimates[k], apart = 2 ** bits, lowest = Math.ceil(estimate - error - 1e-6), all = [];
  for (let units = lowest + modulo(found.tape[k] - lowest, apart); units <= Math.floor(estimate + error + 1e-6); units += apart) all.push(units);
  return all;
}
function potentials(found, wrong, t, shown, grid, error, words, tools) {
  const x = step => LEFT + (RIGHT - LEFT) * step / STEPS, y = units => 152 - 56 * Math.min(Math.max(units / 2 ** grid, -0.15), 2.15);
  const marks = [["text", 8, 13, words.potential, "bold"], ["line", 104, 9, 120, 9, "s-volt thick"], ["text", 124, 13, words.forward, ""], ["circle", 192, 9, 4.5, "f-green"], ["text", 200, 13, words.recovered, ""],
    ["circle", 260, 9, 4.5, "f-orange"], ["text", 268, 13, words.wrongly, ""], ["path", [320, 13, 324, 8, 328, 13], "s-orange thick"], ["text", 333, 13, words.beyond, ""]];
  for (const k of [0, 1, 2]) marks.push(["line", LEFT, y(k * 2 ** grid), RIGHT, y(k * 2 ** grid), k ? "s-grid" : "s-rule"], ["text", 32, y(k * 2 ** grid) + 4, k ? powerOf(grid + k - 1) : "0", "end quiet"]);
  const centre = nearest(found.estimates[shown]), half = Math.max(REACH, error + 1.5), high = y(centre + half), low = y(centre - half), at = x(shown);
  marks.push(["rect", at - 8, high - 4, 16, low - high + 8, "f-soft s-rule"], ["path", [at - 8, low + 4, at + 8, low + 4, RIGHT, 239, MIDDLE - HALF - 14, 239], "filled"]);
  marks.push(["path", found.true.flatMap((v, step) => [x(step), y(v)]), "s-volt thick"]);
  for (const step of wrong) marks.push(["line", x(step), y(found.true[step]), x(step), y(found.recovered[step]), "s-orange"]);
  for (const step of range(t, STEPS + 1)) {
    const v = found.recovered[step], at = y(v), tip = v < 0 ? 5 : -5, inside = v / 2 ** grid >= -0.15 && v / 2 ** grid <= 2.15;
    marks.push(inside ? ["circle", x(step), at, 4.5, wrong.includes(step) ? "f-orange" : "f-green"] : ["path", [x(step) - 4, at - tip, x(step), at, x(step) + 4, at - tip], "s-orange thick"]);
  }
  for (const [step, place, style] of [[shown, x(shown), "mid bold halo" + (wrong.length ? " f-orange" : "")], [0, x(0), "mid quiet"], [STEPS, 398, "end quiet"]]) if (!style.endsWith("quiet") || Math.abs(step - shown) > 1)
    marks.push(["text", place, 178, tools.fill(words.step, { t: step }), style]);
  return marks;
}
function line(found, bits, k, decay, words, tools) {
  const error = 0.5 / decay, estimate = found.estimates[k], got = found.recovered[k], truth = found.true[k], centre = nearest(estimate), given = Math.abs(estimate) < 100 ? tools.short(estimate) : grouped(centre);
  const taken = got === truth ? "f-green" : "f-orange", values = { t: k, low: lowOf(found, bits, k), later: grouped(found.recovered[k + 1]), input: grouped(found.inputs[k]), decay: tools.short(decay), estimate: given, reach: tools.short(error) };
  const half = Math.max(REACH, error + 1.5), pitch = HALF / half, every = Math.ceil(27 / pitch - 1e-9), x = units => MIDDLE + pitch * (units - centre), inside = candidates(found, bits, k, error);
  const marks = [["rect", x(estimate - error), 239, 2 * error * pitch, 26, "f-soft s-rule"], ["text", 8, 200, tools.fill(words[bits ? "which" : "which-none"], values), "bold"], ["line", LEFT, 252, RIGHT, 252, "s-rule"],
    ["line", x(estimate), 234, x(estimate), 266, "s-ink thick"], ["text", x(estimate), 227, ["estimate", "estimate-bare"].map(name => tools.fill(words[name], values)).find((line, i) => i || line.length <= NAMED), "mid"]];
  for (const units of range(centre - Math.floor(half), centre + Math.floor(half) + 1)) {
    const alike = modulo(units - found.tape[k], 2 ** bits) === 0;
    if (!alike) marks.push(["circle", x(units), 252, 2.5, "f-rule"]);
    else marks.push(units === got ? ["circle", x(units), 252, 7, taken] : ["circle", x(units), 252, 6, inside.includes(units) ? "f-paper s-ink thick" : "f-paper s-ink"]);
    if (Math.abs(centre) < 93 && units !== got && modulo(units - got, every) === 0) marks.push(["text", x(units), 281, grouped(units), "mid quiet"]);
  }
  marks.push(["circle", x(truth), 252, 10.5, "hollow s-volt thick"], ["text", x(got), 281, grouped(got), "mid bold"]);
  for (const [left, radius, shape, word] of [[20, 6, "f-paper s-ink", bits ? "same" : "any"], [188, 6, taken, "taken"], [304, 7, "hollow s-volt thick", "truth"]])
    marks.push(["circle", left, 302, radius, shape], ["text", left + 12, 306, tools.fill(words[word], values), ""]);
  return marks;
}
function compute({ decay, bits, undone, grid, seed }, tools, words) {
  const found = run(decay, bits, grid, seed, tools), t = STEPS - undone, needed = bitsTaped(decay), wrong = range(t, STEPS).filter(k => found.recovered[k] !== found.true[k]);
  const shown = wrong.length ? wrong.at(-1) : hardest(found, t), got = found.recovered[shown], truth = found.true[shown], error = 0.5 / decay, inside = candidates(found, bits, shown, error).length;
  let least = 1;
  while (2 ** (least - 1) <= 0.5 / decay) least += 1;
  const values = { t: shown, next: shown + 1, later: grouped(found.recovered[shown + 1]), input: grouped(found.inputs[shown]), decay: tools.short(decay), estimate: tools.short(found.estimates[shown]),
    got: grouped(got), true: grouped(truth), bits, low: lowOf(found, bits, shown), apart: 2 ** bits, needed, least, reach: tools.short(0.5 / decay), undone, count: wrong.length, inside, less: grouped(Math.min(got, truth)), more: grouped(Math.max(got, truth)) };
  const parts = ["undo", bits === 0 ? "nothing" : "low", got === truth ? "right" : "wrong", wrong.length ? "some" : "all", bits >= least ? "enough" : "few"], said = wrong.length ? (bits ? (inside === 2 && truth < 1000 ? "two" : "few") : "none") : bits >= least ? "right" : "luck";
  return { numbers: { ...found, wrong, shown, needed, inside }, marks: [...potentials(found, wrong, t, shown, grid, error, words, tools), ...line(found, bits, shown, decay, words, tools)],
    grips: [["undone", "x", LEFT - 12, 20, RIGHT - LEFT + 24, 150, RIGHT, 0, LEFT, 12]],
    verdict: tools.fill(words["v-" + said], values), sentence: parts.map(part => tools.fill(words[part], values)).join(" ") };
}
