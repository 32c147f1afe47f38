// Twin of what_runs_when.py: Eq. (10) and the inference column of Table 1.
const LEVELS = 4, RING = 8, WHOLE = 34.5, STRIPS = 96, OURS = 315, THEIRS = 334, STEM = 3 * 9 * 64 * 16 * 16, POSITIONS = [16 * 16, 8 * 8, 4 * 4, 4 * 4], WEIGHTS = 2 * 64 * 256, ALL = [1, 2, 3, 4];
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
  if (step === steps) return "v-last-" + feedback;
  return { "next-level": "v-next", "all-levels": "v-all", none: "v-none" }[feedback];
}
const place = steps => [t => 66 + 324 / steps * (t - 0.5), WHOLE], shadeOf = (t, step) => (t === step ? "f-blue" : t < step ? "f-rule" : "hollow s-rule");
const ENCODER = WHOLE * STEM / (WEIGHTS * POSITIONS.reduce((a, b) => a + b)), ONE = ENCODER + WHOLE;
function soFar(steps, step, words, tools) {
  const marks = [["text", 8, 309, words.work, "bold"]];
  for (const [top, name] of [[OURS, "ours"], [THEIRS, "vanilla"]]) {
    marks.push(["text", 8, top + 12, words[name], ""]);
    let left = STRIPS;
    for (let t = 1; t <= steps; t++) {
      const shade = shadeOf(t, step), width = name === "ours" ? WHOLE / steps : WHOLE;
      if (name === "vanilla" || t === 1) { marks.push(["rect", left, top, ENCODER, 15, shade]); left = left + ENCODER; }
      marks.push(["rect", left, top, width, 15, shade], ["rect", left, top, 0.8, 15, "f-paper"]);
      left = left + width;
    }
  }
  marks.push(["text", STRIPS + ONE + 8, OURS + 12, step < steps ? tools.fill(words.shares, { step, steps }) : words.full, "bold f-blue"]);
  for (let t = 1; t <= step; t++) marks.push(["text", STRIPS + ONE * (t - 0.5), THEIRS + 12, String(t), "mid bold" + (t === step ? " f-paper" : "")]);
  return [...marks, ["line", STRIPS + ONE, OURS - 3, STRIPS + ONE, THEIRS + 18, "s-ink"]];
}
function encoder(steps, step) {
  const [x, whole] = place(steps), left = x(1) - whole / 2, part = whole / steps, all = Array.from({ length: steps }, (_, i) => i + 1), marks = [];
  for (const t of [...all.filter(t => t !== step), step]) {
    const at = left + part * (t - 0.5);
    marks.push(["path", [at, 170, at, 166, x(t), 166, x(t), 162], t === step ? "s-blue thick" : "s-rule"]);
  }
  marks.push(["rect", left, 170, whole, 10, step === 1 ? "f-blue" : "f-rule"]);
  for (let t = 1; t < steps; t++) marks.push(["rect", left + part * t - 0.4, 170, 0.8, 10, "f-paper"]);
  return step > 1 ? [...marks, ["rect", left + part * (step - 1), 170, part, 10, "hollow s-blue thick"]] : marks;
}
function cut(left, right, y) {
  const at = left + 0.75 * (right - left);
  return [["line", left, y, at - 3, y, "s-rule thick"], ["line", at + 3, y, right, y, "s-rule thick"], ...[-3, 3].map(d => ["line", at + d, y - 3, at + d, y + 3, "s-ink"])];
}
function network(steps, step, arrows, words) {
  const [x, whole] = place(steps), width = whole / steps, y = level => 150 - 34 * (level - 1);
  const marks = [["rect", 8, 4, 11, 11, "f-blue"], ["text", 24, 14, words.now, ""], ["rect", 86, 4, 11, 11, "f-rule"], ["text", 102, 14, words.done, ""],
    ...(step < steps ? [["rect", 158, 4, 11, 11, "hollow s-rule"], ["text", 174, 14, words.ahead, ""]] : []), ["text", 8, 32, words.ours, "bold"]];
  if (arrows.length) marks.push(["circle", 234, 10, 4.5, "f-volt s-volt"], ["line", 240, 10, 258, 10, "s-volt thick"], ["path", [254, 6, 258, 10, 254, 14], "s-volt thick"],
    ["circle", 265, 10, 4.5, "f-paper s-volt thick"], ["text", 276, 14, words.kept, ""], ...cut(92, 120, 28), ["text", 126, 32, words.off, ""]);
  else marks.push(["circle", 240, 10, 4.5, "f-paper s-volt thick"], ["text", 250, 14, words.new, ""]);
  if (arrows.length > LEVELS) marks.push(["line", 234, 28, 258, 28, "s-volt thick dash"], ["text", 276, 32, words.above, ""]);
  for (const level of ALL) marks.push(["text", 8, y(level) + 10, `${words.level} ${level}`, "quiet"]);
  marks.push(...encoder(steps, step));
  for (let t = 1; t <= steps; t++) {
    for (const level of ALL) marks.push(...(level > 1 ? [["line", x(t), y(level) + 12, x(t), y(level) + 34, t === step ? "s-blue thick" : "s-rule"]] : []),
      ["rect", x(t) - width / 2, y(level), width, 12, shadeOf(t, step)]);
    marks.push(["text", x(t), 195, t === 1 ? `${words.sub} ${t}` : String(t), t === step ? "mid bold" : "mid quiet"]);
  }
  for (const level of ALL) {
    for (const t of [step - 1, step]) if (t > 0) marks.push(["circle", x(t), y(level) - RING, 4.5, t === step ? "f-paper s-volt thick" : "f-volt s-volt"]);
    if (step > 1) marks.push(...cut(x(step - 1) + width / 2, x(step) - width / 2, y(level) + 6));
  }
  for (const [source, level] of arrows) {
    const ends = [x(step - 1) + 6, y(source) - RING, x(step) - 7, y(level) - RING];
    marks.push(["line", ...ends, source === level ? "s-volt thick" : "s-volt thick dash"], ["path", head(...ends), "s-volt thick"]);
  }
  marks.push(["text", 8, 179, words.encoder, "quiet"]);
  return marks;
}
function vanilla(steps, step, words) {
  const [x, whole] = place(steps), marks = [["text", 8, 215, words.vanilla, "bold"]];
  for (let t = 1; t <= steps; t++) for (let row = 0; row <= LEVELS; row++) marks.push(["rect", x(t) - whole / 2, 222 + 14 * row + 4 * (row === LEVELS), whole, 10, shadeOf(t, step)]);
  if (step > 1) for (let row = 0; row < LEVELS; row++) marks.push(["line", x(step - 1) + whole / 2, 227 + 14 * row, x(step) - whole / 2, 227 + 14 * row, "s-volt thick"]);
  marks.push(["text", 8, 249, words.network, "quiet"], ["text", 8, 291, words.encoder, "quiet"]);
  return marks;
}
function compute(params, tools, words) {
  const { steps, feedback } = params, step = Math.min(params.step, steps), cost = costs(steps), millions = n => tools.fixed(n / 1e6, 2);
  const arrows = step > 1 ? ALL.flatMap(level => sources(level, feedback).map(i => [i, level])) : [];
  const marks = [...network(steps, step, arrows, words), ...vanilla(steps, step, words), ...soFar(steps, step, words, tools)];
  const top = sources(1, feedback).pop();
  const values = { step, steps, arrows: arrows.length, part: words.parts[steps], whole: words.whole[steps] || tools.fill(words.whole.more, { steps }), top, sources: top === 1 ? words.level1 : tools.fill(words.levels, { top }),
    macs: millions(cost.macs), acs: millions(cost.acs), vanillaMacs: millions(cost.vanilla_macs), vanillaAcs: millions(cost.vanilla_acs) };
  return { numbers: { ...cost, arrows }, marks, verdict: tools.fill(words[said(steps, step, feedback)], values), grips: [["step", "x", 66, 20, 324, 276, 66 + 162 / steps, 1, 66 + 324 / steps * (steps + 0.5), steps + 1]],
    sentence: [step === 1 ? "first" : "later", "cost"].map(part => tools.fill(words[part], values)).join(" ") };
}
