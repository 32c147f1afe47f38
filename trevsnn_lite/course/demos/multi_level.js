// Twin of multi_level.py: Eqs. (10) and (11), which old potential can be undone first.
const POTENTIALS = [0.4, 0.6, 0.8, 0.2], CURRENTS = [0.2, 0.1, 0.5, 0.3], LEFT = 92, RIGHT = 330;
const upTo = n => Array.from({ length: n }, (_, i) => i + 1);
function sources(level, levels, feedback) {
  const top = { "all-levels": levels, "next-level": Math.min(level + 1, levels), none: level }[feedback];
  return upTo(levels).filter(i => i >= level && i <= top);
}
function charged(levels, decay, feedback) {
  return upTo(levels).map(level => sources(level, levels, feedback).reduce((sum, i) => sum + decay * POTENTIALS[i - 1], 0) + CURRENTS[level - 1]);
}
const unknowns = (levels, feedback, undone) => upTo(levels).map(level => sources(level, levels, feedback).filter(i => i <= levels - undone).length);
const heightOf = (at, levels) => 164 - 124 / Math.max(1, levels - 1) * (at - 1) - (levels === 1 ? 62 : 0);
function transfer(levels, feedback, fresh, left, undone, words, small) {
  const y = at => heightOf(at, levels), known = levels - undone;
  const marks = [["text", LEFT, 14, words.before, "mid bold"], ["text", RIGHT, 14, words.after, "mid bold"]];
  for (const grey of [true, false]) for (const level of upTo(levels)) for (const i of sources(level, levels, feedback))
    if (i > known === grey) marks.push(["line", LEFT + 17, y(i), RIGHT - 17, y(level), grey ? "s-rule" : "s-orange thick"]);
  for (const at of upTo(levels)) marks.push(["text", 8, y(at) + 4, `${words.level} ${at}`, "quiet"],
    ["circle", LEFT, y(at), 17, at > known ? "f-soft s-blue thick" : "f-paper s-orange thick"], ["text", LEFT, y(at) + 4, at > known ? small(POTENTIALS[at - 1]) : "?", "mid bold"],
    ["circle", RIGHT, y(at), 17, left[at - 1] === 1 ? "f-soft s-blue thick" : "f-soft s-rule"], ["text", RIGHT, y(at) + 4, small(fresh[at - 1]), "mid"]);
  return marks;
}
function equations(levels, decay, feedback, fresh, left, undone, words, small, tools) {
  return upTo(levels).reverse().flatMap((level, row) => {
    const top = 206 + 20 * row, olds = sources(level, levels, feedback).map(i => (i > levels - undone ? small(POTENTIALS[i - 1]) : "?")), inner = olds.length > 1 ? `(${olds.join("+")})` : olds[0];
    const count = left[level - 1], can = count === 1;
    return [["text", 8, top, `${words.level} ${level}`, "quiet"], ["text", 64, top, `${small(fresh[level - 1])} = ${small(decay)}·${inner} + ${small(CURRENTS[level - 1])}`, can ? "bold" : ""],
      ["text", 392, top, count ? tools.fill(words.unknown, { n: count }) : tools.fill(words.was, { old: small(POTENTIALS[level - 1]) }), can ? "end bold f-orange" : count ? "end" : "end f-blue"]];
  });
}
function compute(params, tools, words) {
  const { levels, decay, feedback } = params, undone = Math.min(params.undone, levels), next = levels - undone, small = v => tools.fixed(v, 3).replace(/0+$/, "").replace(/\.$/, "");
  const fresh = charged(levels, decay, feedback), left = unknowns(levels, feedback, undone), alone = levels === 1 || feedback === "none";
  const values = { levels, counts: [...left].reverse().join(", "), next, last: next + 1, was: undone ? small(POTENTIALS[next]) : "" };
  const said = undone === 0 ? "first-" + (levels === 1 ? "one" : feedback === "none" ? "none" : "all") : levels === 1 ? "done-one" : (next === 0 ? "done" : "next") + (alone ? "-alone" : "");
  const steps = upTo(levels).filter(level => level > next).reverse().map(level => tools.fill(words.undo, { level, new: small(fresh[level - 1]), current: small(CURRENTS[level - 1]),
    decay: small(decay), above: sources(level, levels, feedback).slice(1).map(i => ` − ${small(POTENTIALS[i - 1])}`).join(""), old: small(POTENTIALS[level - 1]) }));
  return { numbers: { new: fresh, unknowns: left }, marks: [...transfer(levels, feedback, fresh, left, undone, words, small), ...equations(levels, decay, feedback, fresh, left, undone, words, small, tools)],
    verdict: tools.fill(words["v-" + said], values), sentence: [tools.fill(words.sentence, values), ...steps].join(" "),
    grips: [["undone", "y", 8, 22, 384, 160, heightOf(levels, levels), 1, levels === 1 ? 200 : heightOf(1, levels), levels === 1 ? 2 : levels]] };
}
