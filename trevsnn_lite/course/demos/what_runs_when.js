// Twin of what_runs_when.py: Eq. (10) and the inference column of Table 1.
const LEVELS = 3, RING = 8, WHOLE = 34.5, STRIPS = 8, RUN = 96, OURS = 294, THEIRS = 341, HIGH = 14, ROW = 4, STRIPES = [2.5, 6.1, 9.7], ONE = 12532069, CHANNELS = 43, ALL = [1, 2, 3];
const AT_ONE = [43, 210700, 12319629, 0, 0, 1740], PARTS = {
  "next-level": { 1: AT_ONE, 2: [66, 323400, 4322731, 2938579, 530376, 1310], 4: [96, 470400, 2382576, 1648752, 282240, 960], 8: [136, 666400, 1256164, 887978, 141610, 680] },
  "all-levels": { 1: AT_ONE, 2: [66, 323400, 4257708, 2897713, 729365, 1300], 4: [96, 470400, 2312457, 1598527, 382298, 940], 8: [136, 666400, 1221472, 865732, 191639, 670] },
  none: { 1: AT_ONE, 2: [68, 333200, 4540977, 3093174, 0, 1350], 4: [100, 490000, 2572500, 1776250, 0, 1000], 8: [144, 705600, 1378321, 967309, 0, 710] },
};
function costs(steps, feedback, step) {
  const [, encoder, own, shared, above, read] = PARTS[feedback][steps];
  return { encoder, own: step * own + (step === steps ? read : 0), shared: step * shared, above: (step - 1) * above, vanilla: step * ONE };
}
const sum = cost => cost.encoder + cost.own + cost.shared + cost.above;
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
const middleOf = steps => t => 66 + 324 / steps * (t - 0.5), shadeOf = (t, step) => (t === step ? "f-blue" : t < step ? "f-rule" : "hollow s-rule");
function widthOf(steps, feedback) {
  const [, , own, shared] = PARTS[feedback][steps];
  return WHOLE * (own + shared) / AT_ONE[2];
}
function runs(cost, tools) {
  const parts = ["encoder", "own", "above", "shared"], ran = Math.floor((200 * sum(cost) + ONE) / (2 * ONE)), found = { ran };
  for (const part of parts) found[part] = Math.floor(100 * cost[part] / ONE);
  const lost = [...parts].sort((a, b) => 100 * cost[b] % ONE - 100 * cost[a] % ONE), short = ran - parts.reduce((all, part) => all + found[part], 0);
  for (const part of lost.slice(0, short)) found[part] += 1;
  return Object.fromEntries(Object.entries(found).map(([name, count]) => [name, tools.fixed(count / 100, 2)]));
}
function soFar(steps, step, feedback, words, tools) {
  const [, encoder, own, shared, above, read] = PARTS[feedback][steps], unit = RUN / ONE, one = STRIPS + RUN, marks = [["text", 8, 284, words.work, "bold"]];
  let left = STRIPS + unit * encoder;
  marks.push(["rect", STRIPS, OURS, unit * encoder, HIGH, shadeOf(1, step)]);
  for (let t = 1; t <= steps; t++) {
    for (const [count, shade] of [[own + (t === steps ? read : 0), shadeOf(t, step)], [t > 1 ? above : 0, t <= step ? "f-volt" : "hollow s-rule"], [shared, shadeOf(t, step)]]) if (count) {
      marks.push(["rect", left, OURS, unit * count, HIGH, shade]);
      left = left + unit * count;
    }
    const start = left - unit * shared;
    if (shared) for (const y of STRIPES) marks.push(t <= step ? ["rect", start, OURS + y, unit * shared, 1.4, "f-paper"] : ["line", start, OURS + y + 0.7, left, OURS + y + 0.7, "s-rule"]);
    if (t < steps) marks.push(["rect", left - 0.6, OURS, 1.2, HIGH, "f-paper"]);
  }
  if (shared) {
    const text = step < steps ? words.again : steps === 2 ? words.twice : words.more;
    marks.push(["rect", 128, 274, 11, 11, "f-rule"], ...STRIPES.map(y => ["rect", 128, 274 + y * 11 / HIGH, 11, 1.4, "f-paper"]), ["text", 144, 284, tools.fill(text, { times: steps - 1 }), ""]);
    if (step === steps) marks.push(["path", [one, 292, one, 289, left, 289, left, 292], "s-ink"]);
  }
  const cost = costs(steps, feedback, step), values = { ...runs(cost, tools), step };
  marks.push(["text", STRIPS + 1.6 * RUN + 4, OURS + 11, tools.fill(words.ran, values), ""]);
  marks.push(["text", 8, OURS + 27, tools.fill(words[steps === 1 ? "sum1" : cost.above ? "sum2" : "sum2none"], values), ""]);
  marks.push(["text", 8, THEIRS - 4, tools.fill(words.theirs, values), ""]);
  for (let t = 1; t <= steps; t++) {
    const at = STRIPS + RUN * ((t - 1) % ROW), top = THEIRS + (HIGH + 1) * Math.floor((t - 1) / ROW);
    marks.push(["rect", at, top, RUN, HIGH, shadeOf(t, step)], ["rect", at, top, 0.8, HIGH, "f-paper"]);
    if (t <= step) marks.push(["text", at + RUN / 2, top + 11.5, String(t), "mid bold" + (t === step ? " f-paper" : "")]);
  }
  return [...marks, ["line", one, OURS - 2, one, OURS + HIGH + 2, "s-ink thick"], ["line", one, THEIRS - 2, one, THEIRS + HIGH + 1, "s-ink thick"]];
}
const highOf = steps => (steps === 8 ? 20 : 10);
function encoder(steps, step, feedback, words, tools) {
  const x = middleOf(steps), high = highOf(steps), whole = WHOLE * PARTS[feedback][steps][0] / CHANNELS * 10 / high, left = x(1) - WHOLE / 2 - 5 * (steps === 8), part = whole / steps, all = Array.from({ length: steps }, (_, i) => i + 1), marks = [];
  for (const t of [...all.filter(t => t !== step), step]) {
    const at = left + part * (t - 0.5);
    marks.push(["path", [at, 158, at, 154, x(t), 154, x(t), 150], t === step ? "s-blue thick" : "s-rule"]);
  }
  marks.push(["rect", left, 158, whole, high, step === 1 ? "f-blue" : "f-rule"]);
  for (let t = 1; t < steps; t++) marks.push(["rect", left + part * t - 0.4, 158, 0.8, high, "f-paper"]);
  return step > 1 ? [...marks, ["rect", left + part * (step - 1), 158, part, high, "hollow s-blue thick"], ["text", left + whole + 6, 163 + high / 2, tools.fill(words.reads, { step, steps }), ""]] : marks;
}
function cut(left, right, y) {
  const at = left + 0.75 * (right - left);
  return [["line", left, y, at - 3, y, "s-rule thick"], ["line", at + 3, y, right, y, "s-rule thick"], ...[-3, 3].map(d => ["line", at + d, y - 3, at + d, y + 3, "s-ink"])];
}
function network(steps, step, feedback, arrows, words, tools) {
  const x = middleOf(steps), width = widthOf(steps, feedback), y = level => 138 - 34 * (level - 1);
  const marks = [["rect", 8, 4, 11, 11, "f-blue"], ["text", 24, 14, words.now, ""], ["rect", 86, 4, 11, 11, "f-rule"], ["text", 102, 14, words.done, ""],
    ...(step < steps ? [["rect", 158, 4, 11, 11, "hollow s-rule"], ["text", 174, 14, words.ahead, ""]] : []), ["text", 8, 52, words.ours, "bold"],
    ["text", 82, 52, tools.fill(words[steps > 1 ? "budget" : "budget1"], { steps }), ""]];
  if (feedback === "none" && steps > 1) marks.push(["text", 130, 32, words.wider, ""]);
  if (arrows.length) marks.push(["circle", 234, 10, 4.5, "f-volt s-volt"], ["line", 240, 10, 258, 10, "s-volt thick"], ["path", [254, 6, 258, 10, 254, 14], "s-volt thick"],
    ["circle", 265, 10, 4.5, "f-paper s-volt thick"], ["text", 276, 14, words.kept, ""], ...cut(8, 36, 28), ["text", 42, 32, words.off, ""]);
  else marks.push(["circle", 240, 10, 4.5, "f-paper s-volt thick"], ["text", 250, 14, words.new, ""]);
  if (arrows.length > LEVELS) marks.push(["line", 234, 28, 258, 28, "s-volt thick dash"], ["text", 276, 32, words.above, ""]);
  for (const level of ALL) marks.push(["text", 8, y(level) + 10, `${words.level} ${level}`, "quiet"]);
  marks.push(...encoder(steps, step, feedback, words, tools));
  for (let t = 1; t <= steps; t++) {
    for (const level of ALL) marks.push(...(level > 1 ? [["line", x(t), y(level) + 12, x(t), y(level) + 34, t === step ? "s-blue thick" : "s-rule"]] : []),
      ["rect", x(t) - width / 2, y(level), width, 12, shadeOf(t, step)]);
    marks.push(["text", x(t), 188, t === 1 ? `${words.sub} ${t}` : String(t), t === step ? "mid bold" : "mid quiet"]);
  }
  for (const level of ALL) {
    for (const t of [step - 1, step]) if (t > 0) marks.push(["circle", x(t), y(level) - RING, 4.5, t === step ? "f-paper s-volt thick" : "f-volt s-volt"]);
    for (let t = 1; t < step - 1; t++) marks.push(["circle", x(t), y(level) - RING, 2, "f-volt"]);
    if (step > 1) marks.push(...cut(x(step - 1) + width / 2, x(step) - width / 2, y(level) + 6));
  }
  for (const [source, level] of arrows) for (let t = 2; t < step; t++) marks.push(["line", x(t - 1) + 3, y(source) - RING, x(t) - 3, y(level) - RING, source === level ? "s-volt" : "s-volt dash"]);
  for (const [source, level] of arrows) {
    const ends = [x(step - 1) + 6, y(source) - RING, x(step) - 7, y(level) - RING];
    marks.push(["line", ...ends, source === level ? "s-volt thick" : "s-volt thick dash"], ["path", head(...ends), "s-volt thick"]);
  }
  marks.push(["text", 8, 162 + highOf(steps) / 2, words.encoder, "quiet"]);
  return marks;
}
function vanilla(steps, step, words) {
  const x = middleOf(steps), whole = WHOLE, marks = [["text", 8, 202, words.vanilla, "bold"]];
  for (let t = 1; t <= steps; t++) for (let row = 0; row <= LEVELS; row++) marks.push(["rect", x(t) - whole / 2, 210 + 14 * row + 4 * (row === LEVELS), whole, 10, shadeOf(t, step)]);
  for (let t = 2; t <= step; t++) for (let row = 0; row < LEVELS; row++) marks.push(["line", x(t - 1) + whole / 2, 215 + 14 * row, x(t) - whole / 2, 215 + 14 * row, "s-volt" + (t === step ? " thick" : "")]);
  marks.push(["text", 8, 232, words.network, "quiet"], ["text", 8, 266, words.encoder, "quiet"]);
  return marks;
}
function compute(params, tools, words) {
  const { steps, feedback } = params, step = Math.min(params.step, steps), cost = costs(steps, feedback, step), last = costs(steps, feedback, steps), millions = n => tools.fixed(n / 1e6, 2);
  const arrows = step > 1 ? ALL.flatMap(level => sources(level, feedback).map(i => [i, level])) : [];
  const marks = [...network(steps, step, feedback, arrows, words, tools), ...vanilla(steps, step, words), ...soFar(steps, step, feedback, words, tools)];
  const top = sources(1, feedback).pop();
  const values = { step, steps, arrows: arrows.length, count: LEVELS, whole: words.whole[steps] || tools.fill(words.whole.more, { steps }), top, sources: top === 1 ? words.level1 : tools.fill(words.levels, { top }),
    ran: runs(cost, tools).ran, all: millions(sum(last)), times: tools.fixed(sum(last) / ONE, 2), vanilla: millions(last.vanilla) };
  for (const part of ["encoder", "own", "shared", "above"]) values[part] = millions(last[part]);
  return { numbers: { ...cost, arrows }, marks, verdict: tools.fill(words[said(steps, step, feedback)], values), grips: [["step", "x", 66, 36, 324, 236, 66 + 162 / steps, 1, 66 + 324 / steps * (steps + 0.5), steps + 1]],
    sentence: [step === 1 ? "first" : "later", "cost", ...(feedback === "none" && steps > 1 ? ["freed"] : [])].map(part => tools.fill(words[part], values)).join(" ") };
}
