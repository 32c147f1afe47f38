// Twin of multi_level.py: Eqs. (10) and (11), which potentials enter which, and how a rounding error grows on its way back.
const POTENTIALS = [0.4, 0.6, 0.8, 0.2], CURRENTS = [0.2, 0.1, 0.5, 0.3], STEPS = 24, LEFT = 84, RIGHT = 258;
const upTo = n => Array.from({ length: n }, (_, i) => i + 1);
function sources(level, levels, feedback) {
  const top = { "all-levels": levels, "next-level": Math.min(level + 1, levels), none: level }[feedback];
  return upTo(levels).filter(i => i >= level && i <= top);
}
function charged(levels, decay, feedback) {
  return upTo(levels).map(level => sources(level, levels, feedback).reduce((sum, i) => sum + decay * POTENTIALS[i - 1], 0) + CURRENTS[level - 1]);
}
function comb(n, k) {
  let c = 1;
  for (let i = 0; i < k; i++) c = c * (n - i) / (i + 1);
  return k > n ? 0 : Math.round(c);
}
function growth(levels, decay, feedback, n) {
  let total = 1;
  if (feedback === "next-level") total = comb(n + levels - 1, levels - 1);
  else if (feedback === "all-levels") total = upTo(levels).reduce((sum, k) => sum + comb(n, k - 1), 0);
  return total * (1 / decay) ** n;
}
const heightOf = (at, levels) => 198 - [52, 100, 78, 52][levels - 1] * (at - 1) - (levels === 1 ? 78 : 0);
const arc = (start, end, width) => upTo(8).flatMap(k => [LEFT + 16 + width * k * (8 - k) / 16, start + (end - start) * k / 8]);
function transfer(level, levels, above, fresh, back, words, tools) {
  const y = at => heightOf(at, levels);
  const marks = [["text", LEFT, 14, words.before, "mid bold"], ["text", RIGHT, 14, words.after, "mid bold"]];
  if (level > 1) marks.push(["line", RIGHT, y(level - 1) - 17, RIGHT, y(level) + 17, "s-blue thick"]);
  marks.push(["line", LEFT + 18, y(level), RIGHT - 18, y(level), "s-orange thick"]);
  for (const i of above) {
    const bend = back ? arc(y(i) + 8, y(level) - 10, 26 + 22 * (i - level)) : [RIGHT - 14, y(level) - 12];
    marks.push(["path", [LEFT + 16, y(i) + 8, ...bend], "s-orange dash"]);
  }
  for (const at of upTo(levels)) {
    marks.push(["text", 8, y(at) + 4, `${words.level} ${at}`, at === level ? "bold" : "quiet"]);
    for (const [x, value, known] of [[LEFT, POTENTIALS[at - 1], !back || at > level], [RIGHT, fresh[at - 1], back || at < level]]) {
      const asked = at === level && !known;
      marks.push(["circle", x, y(at), 17, asked ? "f-paper s-orange thick" : known ? "f-soft s-rule" : "f-paper s-rule dots"],
        ["text", x, y(at) + 4, known || asked ? tools.fixed(value, 2) : "?", asked ? "mid bold" : "mid"]);
    }
  }
  const current = level === 1 ? words.image : tools.fill(words.spikes, { below: level - 1 });
  return [...marks, ["text", 284, y(level) - 2, "+ " + tools.fixed(CURRENTS[level - 1], 2), ""], ["text", 284, y(level) + 12, current, "quiet"]];
}
function grown(level, levels, decay, feedback, steps, back, words, tools) {
  const entering = levels - level + 1, worst = growth(entering, decay, feedback, steps), top = Math.max(growth(4, decay, "all-levels", STEPS), growth(4, decay, "next-level", STEPS));
  const x = n => 44 + 340 * n / STEPS, y = value => 356 - 92 * Math.log10(value) / Math.log10(top);
  const ticks = [[5, "⁵"], [10, "¹⁰"], [15, "¹⁵"], [20, "²⁰"], [25, "²⁵"]].filter(([e]) => 10 ** e <= top && e % (top < 1e15 ? 5 : 10) === 0);
  const ink = back ? "" : " quiet", shape = back ? "s-orange thick" : "s-rule thick", alone = back ? "s-ink dash" : "s-rule dash";
  const marks = [["text", 8, 238, words.growth, "bold" + ink], ["line", x(0), y(1), x(STEPS), y(1), "s-rule"], ["text", 38, y(1) + 4, "1", "end quiet"],
    ...ticks.map(([e]) => ["line", x(0), y(10 ** e), x(STEPS), y(10 ** e), "s-grid"]), ...ticks.map(([e, sup]) => ["text", 38, y(10 ** e) + 4, "10" + sup, "end quiet"]),
    ["text", 392, 374, words.undone, "end quiet"]];
  for (const [count, style] of [[entering, shape], [1, alone]])
    marks.push(["path", [0, ...upTo(STEPS)].flatMap(n => [x(n), y(growth(count, decay, feedback, n))]), style]);
  marks.push(["rect", 66, 246, 150, 36, "f-paper"], ["line", 70, 256, 90, 256, shape], ["text", 96, 260, tools.fill(words.many, { level, levels }), ink.slice(1)],
    ["line", 70, 273, 90, 273, alone], ["text", 96, 277, words.one, ink.slice(1)]);
  if (!back) return marks;
  return [...marks, ["circle", x(steps), y(worst), 5, "f-orange"], ...(entering > 1 ? [["circle", x(steps), y(growth(1, decay, feedback, steps)), 4, "f-paper s-ink"]] : []),
    ["text", x(steps) - 8, y(worst) - 8, tools.short(worst), steps > 5 ? "end bold halo" : "bold halo"]];
}
function compute(params, tools, words) {
  const { levels, decay, feedback, steps: n } = params, back = params.direction === "back", level = Math.min(params.level, levels);
  const fresh = charged(levels, decay, feedback), above = sources(level, levels, feedback).slice(1);
  const worst = growth(levels - level + 1, decay, feedback, n), alone = growth(1, decay, feedback, n), d = tools.fixed(decay, 2);
  const taken = above.map(i => ` ${back ? "−" : "+"} ${d}·${tools.fixed(POTENTIALS[i - 1], 2)}`).join("");
  const values = { level, levels, decay: d, old: tools.fixed(POTENTIALS[level - 1], 2), new: tools.fixed(fresh[level - 1], 3), current: tools.fixed(CURRENTS[level - 1], 2),
    taken, whole: tools.fixed(fresh[level - 1], 3).replace(/0$/, ""), above: above.map(i => tools.fixed(POTENTIALS[i - 1], 2)).join("+"),
    known: above.length > 1 ? `${level + 1}–${above.at(-1)}` : level + 1, below: level === 1 ? words.image : tools.fill(words.spikes, { below: level - 1 }), n, worst: tools.short(worst), alone: tools.short(alone),
    times: tools.short(worst / alone) };
  values.more = tools.fill(words[worst === alone ? "same" : "more"], values);
  const order = above.length ? "back" : "backalone", said = above.length < 2 ? order : "backmany";
  const sentence = (back ? [order, "grown"] : ["forward"]).map(part => tools.fill(words[part], values)).join(" ");
  const marks = [...transfer(level, levels, above, fresh, back, words, tools), ...grown(level, levels, decay, feedback, n, back, words, tools)];
  return { numbers: { new: fresh, above, worst, alone }, marks, verdict: tools.fill(words["v-" + (back ? said : "forward")], values), sentence,
    grips: [["level", "y", 8, 22, 384, 204, heightOf(1, levels), 1, heightOf(2, levels), 2], ...(back ? [["steps", "x", 44, 246, 340, 110, 44, 0, 384, STEPS]] : [])] };
}
