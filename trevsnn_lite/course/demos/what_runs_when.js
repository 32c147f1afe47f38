// Twin of what_runs_when.py: Eq. (10) and the inference column of Table 1.
const LEVELS = 4, STEM = 3 * 9 * 64 * 16 * 16, POSITIONS = [16 * 16, 8 * 8, 4 * 4, 4 * 4], WEIGHTS = 2 * 64 * 256, ALL = [1, 2, 3, 4];
function costs(steps) {
  const body = WEIGHTS * POSITIONS.reduce((a, b) => a + b);
  return { macs: STEM, acs: steps * Math.floor(body / steps), vanilla_macs: steps * STEM, vanilla_acs: steps * body };
}
function sources(level, feedback) {
  const top = { "all-levels": LEVELS, "next-level": Math.min(level + 1, LEVELS), none: level }[feedback];
  return ALL.filter(i => i >= level && i <= top);
}
function head(x, y, right, down) {
  const length = Math.hypot(right - x, down - y), u = 4 * (right - x) / length, v = 4 * (down - y) / length;
  return [right - u - v, down - v + u, right, down, right - u + v, down - v - u];
}
function said(steps, step, feedback) {
  if (step === 1) return steps === 1 ? "v-one" : "v-first";
  if (step === steps) return "v-last";
  return { "next-level": "v-next", "all-levels": "v-all", none: "v-none" }[feedback];
}
function network(steps, step, arrows, words) {
  const pitch = 324 / steps, width = Math.min(pitch - 14, 54), x = t => 66 + pitch * (t - 0.5), y = level => 172 - 46 * (level - 1);
  const marks = [["rect", 8, 4, 11, 11, "f-blue"], ["text", 24, 14, words.now, ""], ["rect", 88, 4, 11, 11, "f-rule"], ["text", 104, 14, words.done, ""]];
  if (arrows.length) marks.push(["circle", 164, 10, 5, "f-volt s-volt"], ["line", 170, 10, 189, 10, "s-volt thick"], ["path", [185, 6, 189, 10, 185, 14], "s-volt thick"], ["text", 195, 14, words.kept, ""]);
  if (arrows.some(([source, level]) => source !== level))
    marks.push(["line", 272, 10, 294, 10, "s-volt thick dash"], ["path", [290, 6, 294, 10, 290, 14], "s-volt thick"], ["text", 300, 14, words.above, ""]);
  for (const level of ALL) marks.push(["text", 8, y(level) + 9, `${words.level} ${level}`, "quiet"]);
  for (let t = 1; t <= steps; t++) {
    const colour = t === step ? "f-blue" : t < step ? "f-rule" : "f-soft";
    for (const level of ALL) marks.push(["line", x(t), y(level) + 18, x(t), y(level) + (level > 1 ? 46 : 26), t === step ? "s-blue thick" : "s-rule"],
      ["rect", x(t) - width / 2, y(level), width, 18, colour]);
    marks.push(["rect", x(t) - pitch / 2 + 1, 198, pitch - 2, 12, t === step ? "f-rule s-blue thick" : "f-rule"],
      ["text", x(t), 226, t === 1 ? `${words.sub} ${t}` : String(t), t === step ? "mid bold" : "mid quiet"]);
  }
  for (const level of ALL) for (const t of [step - 1, step]) if (t > 0)
    marks.push(["circle", x(t), y(level) - 5, 5, t === step ? "f-paper s-volt thick" : "f-volt s-volt"]);
  for (const [source, level] of arrows)
    marks.push(["line", x(step - 1) + 6, y(source) - 5, x(step) - 7, y(level) - 5, source === level ? "s-volt thick" : "s-volt thick dash"],
      ["path", head(x(step - 1) + 6, y(source) - 5, x(step) - 7, y(level) - 5), "s-volt thick"]);
  marks.push(["text", 8, 208, words.encoder, "quiet"]);
  return marks;
}
function bars(top, kind, cost, spent, words, tools) {
  const marks = [["text", 8, top, words[kind], "bold"]];
  [["ours", cost[kind]], ["vanilla", cost["vanilla_" + kind]]].forEach(([name, value], row) => {
    const y = top + 5 + 14 * row, length = 240 * value / (8 * cost[kind]), [shade, edge] = row ? ["f-rule", "s-rule"] : ["f-blue", "s-blue"];
    marks.push(["text", 86, y + 10, words[name], "end"], ["rect", 92, y, length, 11, "hollow " + edge], ["rect", 92, y, length * spent[row], 11, shade],
      ["text", 97 + length, y + 10, tools.short(value / cost[kind] * spent[row]), ""]);
  });
  return marks;
}
function compute(params, tools, words) {
  const { steps, feedback } = params, step = Math.min(params.step, steps), cost = costs(steps), millions = n => tools.fixed(n / 1e6, 2);
  const arrows = step > 1 ? ALL.flatMap(level => sources(level, feedback).map(i => [i, level])) : [];
  const marks = [...network(steps, step, arrows, words), ...bars(250, "macs", cost, [1, step / steps], words, tools),
    ...bars(296, "acs", cost, [step / steps, step / steps], words, tools)];
  const top = sources(1, feedback).pop();
  const values = { step, steps, arrows: arrows.length, part: words.parts[steps], top, sources: top === 1 ? words.level1 : tools.fill(words.levels, { top }),
    macs: millions(cost.macs), acs: millions(cost.acs), vanillaMacs: millions(cost.vanilla_macs), vanillaAcs: millions(cost.vanilla_acs) };
  return { numbers: { ...cost, arrows }, marks, verdict: tools.fill(words[said(steps, step, feedback)], values), grips: [["step", "x", 66, 20, 324, 212, 66 + 162 / steps, 1, 66 + 324 / steps * (steps + 0.5), steps + 1]],
    sentence: [step === 1 ? "first" : "later", "cost"].map(part => tools.fill(words[part], values)).join(" ") };
}
