// Twin of spike_tape.py: Eqs. (1) and (9) on a grid, with the low bits kept.
const STEPS = 12, REACH = 6, LEFT = 36, RIGHT = 388, MIDDLE = 212, PITCH = 27;
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
function potentials(found, wrong, t, shown, grid, words, tools) {
  const x = step => LEFT + (RIGHT - LEFT) * step / STEPS, y = units => 152 - 56 * Math.min(Math.max(units / 2 ** grid, -0.15), 2.15);
  const marks = [["text", 8, 13, words.potential, "bold"], ["line", 110, 9, 130, 9, "s-volt thick"], ["text", 135, 13, words.forward, ""],
    ["circle", 207, 9, 4.5, "f-green"], ["text", 216, 13, words.recovered, ""], ["circle", 324, 9, 4.5, "f-orange"], ["text", 333, 13, words.wrongly, ""]];
  for (const k of [0, 1, 2]) marks.push(["line", LEFT, y(k * 2 ** grid), RIGHT, y(k * 2 ** grid), k ? "s-grid" : "s-rule"], ["text", 28, y(k * 2 ** grid) + 4, String(k), "end quiet"]);
  marks.push(["path", found.true.flatMap((v, step) => [x(step), y(v)]), "s-volt thick"]);
  for (const step of wrong) marks.push(["line", x(step), y(found.true[step]), x(step), y(found.recovered[step]), "s-orange"]);
  for (const step of range(t, STEPS + 1)) {
    const v = found.recovered[step], at = y(v), tip = v < 0 ? 5 : -5, inside = v / 2 ** grid >= -0.15 && v / 2 ** grid <= 2.15;
    marks.push(inside ? ["circle", x(step), at, 4.5, wrong.includes(step) ? "f-orange" : "f-green"] : ["path", [x(step) - 4, at - tip, x(step), at, x(step) + 4, at - tip], "s-orange thick"]);
  }
  for (const [step, place, style] of [[shown, x(shown), "mid bold" + (wrong.length ? " f-orange" : "")], [0, x(0), "mid quiet"], [STEPS, 398, "end quiet"]]) if (!style.endsWith("quiet") || Math.abs(step - shown) > 1)
    marks.push(["text", place, 178, tools.fill(words.step, { t: step }), style]);
  return marks;
}
function line(found, bits, k, words, tools) {
  const estimate = found.estimates[k], got = found.recovered[k], truth = found.true[k], centre = nearest(estimate), given = Math.abs(estimate) < 100 ? tools.short(estimate) : grouped(centre);
  let gap = 1;
  while (Math.abs(got - centre) > REACH * gap) gap *= 2;
  const taken = got === truth ? "f-green" : "f-orange", values = { t: k, low: lowOf(found, bits, k) }, x = units => MIDDLE + PITCH * (units - centre) / gap;
  const marks = [["text", 8, 206, tools.fill(words[bits ? "which" : "which-none"], values), "bold"], ["line", LEFT, 252, RIGHT, 252, "s-rule"],
    ["line", x(estimate), 230, x(estimate), 262, "s-ink thick"], ["text", x(estimate), 225, tools.fill(words.estimate, { estimate: given }), "mid"]];
  const lowest = centre - REACH * gap;
  for (let units = lowest + modulo(got - lowest, gap); units <= centre + REACH * gap; units += gap) {
    const alike = modulo(units - found.tape[k], 2 ** bits) === 0;
    if (!alike) marks.push(["circle", x(units), 252, 2.5, "f-rule"]);
    else marks.push(units === got ? ["circle", x(units), 252, 7, taken] : ["circle", x(units), 252, 6, "f-paper s-ink"]);
    if (Math.abs(centre) < 93 && units !== got && (gap === 1 || alike)) marks.push(["text", x(units), 279, grouped(units), "mid quiet"]);
  }
  if (Math.abs(truth - centre) <= REACH * gap) marks.push(["circle", x(truth), 252, 10.5, "hollow s-volt thick"]);
  else {
    const left = truth < centre, text = tools.fill(words[left ? "left-of" : "right-of"], { true: grouped(truth) });
    marks.push(["text", left ? 8 : RIGHT, 238, text, left ? "bold" : "end bold"]);
  }
  marks.push(["text", x(got), 279, grouped(got), "mid bold"]);
  for (const [left, radius, shape, word] of [[20, 6, "f-paper s-ink", bits ? "same" : "any"], [188, 6, taken, "taken"], [304, 7, "hollow s-volt thick", "truth"]])
    marks.push(["circle", left, 302, radius, shape], ["text", left + 12, 306, tools.fill(words[word], values), ""]);
  return marks;
}
function compute({ decay, bits, undone, grid, seed }, tools, words) {
  const found = run(decay, bits, grid, seed, tools), t = STEPS - undone, needed = bitsTaped(decay), wrong = range(t, STEPS).filter(k => found.recovered[k] !== found.true[k]);
  const shown = wrong.length ? wrong.at(-1) : hardest(found, t), got = found.recovered[shown], truth = found.true[shown];
  let least = 1;
  while (2 ** (least - 1) <= 0.5 / decay) least += 1;
  const values = { t: shown, next: shown + 1, later: grouped(found.recovered[shown + 1]), input: grouped(found.inputs[shown]), decay: tools.fixed(decay, 2), estimate: tools.short(found.estimates[shown]),
    got: grouped(got), true: grouped(truth), bits, low: lowOf(found, bits, shown), apart: 2 ** bits, needed, least, reach: tools.fixed(0.5 / decay, 1), undone, count: wrong.length };
  const parts = ["undo", bits === 0 ? "nothing" : "low", got === truth ? "right" : "wrong", wrong.length ? "some" : "all", bits >= least ? "enough" : "few"], said = wrong.length ? (bits ? "few" : "none") : bits >= least ? "right" : "luck";
  return { numbers: { ...found, wrong, shown, needed }, marks: [...potentials(found, wrong, t, shown, grid, words, tools), ...line(found, bits, shown, words, tools)],
    grips: [["undone", "x", LEFT - 12, 20, RIGHT - LEFT + 24, 150, RIGHT, 0, LEFT, 12]],
    verdict: tools.fill(words["v-" + said], values), sentence: parts.map(part => tools.fill(words[part], values)).join(" ") };
}
