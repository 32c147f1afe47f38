// Twin of multi_level.py: Eqs. (10) and (11), which old potential can be undone first.
const POTENTIALS = [0.4, 0.6, 0.8, 0.2], CURRENTS = [0.2, 0.1, 0.5, 0.3], DECAYS = [0.5, 0.5, 0.25, 0.5], NAMES = ["V₁", "V₂", "V₃", "V₄"], LEFT = 92, RIGHT = 282;
const upTo = n => Array.from({ length: n }, (_, i) => i + 1);
function sources(level, levels, feedback) {
  const top = { "all-levels": levels, "next-level": Math.min(level + 1, levels), none: level }[feedback];
  return upTo(levels).filter(i => i >= level && i <= top);
}
function charged(levels, feedback) {
  return upTo(levels).map(level => sources(level, levels, feedback).reduce((sum, i) => sum + DECAYS[i - 1] * POTENTIALS[i - 1], 0) + CURRENTS[level - 1]);
}
const unknowns = (levels, feedback, known) => upTo(levels).map(level => sources(level, levels, feedback).filter(i => !known.includes(i)).length);
const heightOf = (at, levels) => 164 - 124 / Math.max(1, levels - 1) * (at - 1) - (levels === 1 ? 62 : 0);
const knownOf = ({ levels, feedback, undone, apart }) => upTo(levels).filter(n => n > levels - Math.min(undone, levels) || (feedback === "none" && apart >> n - 1 & 1));
const small = v => (Math.floor(v * 1000 + 0.5) / 1000).toFixed(3).replace(/0+$/, "").replace(/\.$/, ""), sent = i => small(DECAYS[i - 1] * POTENTIALS[i - 1]);
const undoOf = (level, levels, feedback, fresh) => `(${small(fresh[level - 1])} − ${small(CURRENTS[level - 1])}${sources(level, levels, feedback).slice(1).map(i => ` − ${sent(i)}`).join("")}) / ${small(DECAYS[level - 1])} = ${small(POTENTIALS[level - 1])}`;
function transfer(levels, feedback, fresh, left, known, refused, words, tools) {
  const y = at => heightOf(at, levels);
  const marks = [["text", LEFT, 14, words.before, "mid bold"], ["text", (LEFT + RIGHT) / 2, 14, words.through, "mid quiet"], ["text", RIGHT, 14, words.after, "mid bold"]];
  for (const grey of [true, false]) for (const level of upTo(levels)) for (const i of sources(level, levels, feedback))
    if (known.includes(i) === grey) marks.push(["line", LEFT + 17, y(i), RIGHT - 17, y(level), grey ? "s-rule" : [0, level].includes(refused) ? "s-orange thick" : "s-orange"]);
  for (const at of upTo(levels)) {
    const has = known.includes(at), count = left[at - 1];
    marks.push(["text", 8, y(at) - 3, `${words.level} ${at}`, "quiet"], ["text", 8, y(at) + 13, `× ${small(DECAYS[at - 1])}`, "quiet"],
      ["circle", LEFT, y(at), 17, has ? "f-soft s-blue thick" : "f-paper s-orange thick"], ["text", LEFT, y(at) + 4, has ? small(POTENTIALS[at - 1]) : NAMES[at - 1], "mid bold"],
      ["circle", RIGHT, y(at), 17, at === refused ? "f-soft s-orange thick" : "f-soft s-rule"], ["text", RIGHT, y(at) + 4, small(fresh[at - 1]), "mid"],
      ["text", RIGHT + 22, y(at) + 14, `${words.current} + ${small(CURRENTS[at - 1])}`, "quiet"]);
    if (count) marks.push(["text", RIGHT + 22, y(at) - 2, tools.fill(words.unknown, { n: count }), "f-orange" + ((known.length && count === 1) || at === refused ? " bold" : "")]);
  }
  return marks;
}
function equations(levels, feedback, fresh, left, known, refused, words) {
  return upTo(levels).reverse().flatMap((level, row) => {
    const top = 206 + 20 * row, terms = sources(level, levels, feedback).map(i => (known.includes(i) ? sent(i) : `${small(DECAYS[i - 1])}·${NAMES[i - 1]}`)), bold = level === refused || (known.length > 0 && !refused && left[level - 1] === 1);
    const said = known.includes(level) ? [undoOf(level, levels, feedback, fresh), "f-blue"] : [`${small(fresh[level - 1])} = ${[...terms, small(CURRENTS[level - 1])].join(" + ")}`, bold ? "bold" : ""];
    return [["text", 8, top, `${words.level} ${level}`, "quiet"], ["text", 64, top, ...said]];
  });
}
function compute(params, tools, words) {
  const { levels, feedback } = params, tried = Math.min(params.tried, levels), known = knownOf(params);
  const fresh = charged(levels, feedback), left = unknowns(levels, feedback, known), alone = levels === 1 || feedback === "none";
  const refused = tried && left[tried - 1] > 1 ? tried : 0, last = known.includes(tried) ? tried : known.length ? known[0] : levels;
  const values = { levels, counts: [...left].reverse().join(", "), most: left[0], next: Math.max(0, ...upTo(levels).filter(n => !known.includes(n))), last, was: known.length ? small(POTENTIALS[last - 1]) : "",
    tried, waits: tried ? left[tried - 1] : 0 };
  const said = refused ? "wait" : !known.length ? "first-" + (levels === 1 ? "one" : feedback === "none" ? "none" : "all") : levels === 1 ? "done-one" : (known.length < levels ? "next" : "done") + (alone ? "-alone" : "");
  const steps = [...known].reverse().map(level => tools.fill(words.undo, { level, sum: undoOf(level, levels, feedback, fresh) }));
  return { numbers: { new: fresh, unknowns: left }, marks: [...transfer(levels, feedback, fresh, left, known, refused, words, tools), ...equations(levels, feedback, fresh, left, known, refused, words)],
    verdict: tools.fill(words["v-" + said], values), sentence: [tools.fill(words.sentence, values), ...steps].join(" "),
    grips: [["tried", "y", 8, 22, 384, 160, heightOf(levels, levels), levels, ...(levels === 1 ? [200, 0] : [heightOf(1, levels), 1])]] };
}
// A click undoes its level if that has a single unknown; else it is only tried.
compute.picked = (params, clicked) => {
  const { levels, feedback, undone, apart } = params, level = Math.max(1, Math.min(clicked, levels)), known = knownOf(params), top = levels - Math.min(undone, levels);
  if (known.includes(level) || unknowns(levels, feedback, known)[level - 1] > 1) return { tried: level };
  return level === top ? { tried: level, undone: undone + 1 } : { tried: level, apart: apart | 1 << level - 1 };
};
