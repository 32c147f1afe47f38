// Twin of surrogate_window.py: Eq. (5).
const NEURONS = 60, SPREAD = 0.8, NOTHING = 0.001, LITTLE = 0.1, ENDING = ["rectangle", "triangle"], LOW = -4, HIGH = 3, GRID = Array.from({ length: 351 }, (_, k) => LOW + 0.02 * k), LEFT = 38, RIGHT = 392, RADIUS = 3.4, UNIT = 60, TIMES = 10, FLOOR = 308;
function surrogate(kind, x, width) {
  x = Math.abs(x / width);
  if (kind === "rectangle") return (x <= 0.5 ? 1 : 0) / width;
  if (kind === "triangle") return Math.max(0, 1 - x) / width;
  if (kind === "arctan") return 1 / (1 + (Math.PI * x) ** 2) / width;
  const s = 1 / (1 + Math.exp(-4 * x));
  return 4 * s * (1 - s) / width;
}
function distances(mean, tools) {
  const draw = tools.random(1);
  return Array.from({ length: NEURONS }, () => {
    let sum = 0;
    for (let k = 0; k < 12; k++) sum += draw();
    return mean + SPREAD * (sum - 6);
  });
}
const px = at => LEFT + (RIGHT - LEFT) * (Math.min(Math.max(at, LOW), HIGH) - LOW) / (HIGH - LOW), ground = kind => (ENDING.includes(kind) ? 226 : 158), py = (h, base) => Math.max(base - UNIT * h, 26);
function windowOf(kind, width, peak, x, h, values, words, tools) {
  const base = ground(kind), half = width / 2, box = [[LOW, 0], [-half, 0], [-half, peak], [half, peak], [half, 0], [HIGH, 0]];
  const curve = (kind === "rectangle" ? box : GRID.map(at => [at, surrogate(kind, at, width)])).flatMap(([at, value]) => [px(at), py(value, base)]), marks = [["text", 8, 13, words.can, "bold"], ["text", 258, 13, words.cannot, "bold"]];
  for (const [left, shape, word] of [[94, "f-volt s-volt", "gets"], [164, "f-paper s-volt thick", "little"], [323, "f-rule s-rule", !ENDING.includes(kind) || h.some(value => value > 0 && value < NOTHING) ? "faint" : "nothing"]])
    marks.push(["circle", left, 9, 4.5, shape], ["text", left + 9, 13, words[word], ""]);
  marks.push(["path", [px(LOW), base, ...curve, px(HIGH), base], "filled"],
    ...x.map((at, i) => [at, h[i]]).sort((a, b) => a[0] - b[0] || a[1] - b[1]).filter(([, value]) => value >= NOTHING).map(([at, value]) => ["line", px(at), base, px(at), py(value, base), value >= LITTLE ? "s-volt thick" : "s-volt"]), ["line", LEFT, base, RIGHT, base, "s-rule"], ["line", px(0), 22, px(0), FLOOR + 4, "s-ink dash"], ...[-2, 2].map(at => ["line", px(at), base - 3, px(at), FLOOR + 4, "s-rule"]),
    ["path", curve, "s-blue thick"]);
  for (let v = 0; v <= (base - 26) / UNIT; v++) marks.push(["text", 32, py(v, base) + 4, String(v), "end quiet"]);
  if (base - UNIT * peak < 26) marks.push(["line", px(0) - 14, 31, px(0) + 14, 25, "s-ink"], ["text", px(0) - 18, 32, `↑ ${tools.short(peak)}`, "end bold halo"]);
  marks.push(["text", LEFT + 8, 54, words.area, ""], ["text", LEFT + 8, 71, tools.fill(words.areas[kind] || words.areas.other, values), "quiet"]);
  for (const [at, label] of [[-2, "−2"], [0, words.threshold], [2, "+2"]]) marks.push(["text", px(at), FLOOR + 15, label, at === 0 ? "mid" : "mid quiet"]);
  marks.push(["text", px(0) + 24, 54, words.fires, ""]);
  return [...marks, ["text", RIGHT, FLOOR + 31, words.axis, "end quiet"]];
}
const reach = (kind, share) => ({ arctan: Math.sqrt(1 / share - 1) / Math.PI, sigmoid: Math.acosh(1 / Math.sqrt(share)) / 2 }[kind]);
function strip(kind, width, x, h, values, words, tools) {
  const base = ground(kind), low = base - UNIT * LITTLE, y = share => FLOOR - TIMES * UNIT * Math.min(share, LITTLE), edge = width * reach(kind, LITTLE * width), top = y(LITTLE), wide = RIGHT - LEFT;
  const outside = GRID.filter(at => Math.abs(at) > edge + 1e-9).map(at => [at, surrogate(kind, at, width)]);
  const tails = [[...outside.filter(([at]) => at < 0), [-edge, LITTLE]], [[edge, LITTLE], ...outside.filter(([at]) => at > 0)]];
  const [left, right] = tails.map(tail => tail.flatMap(([at, share]) => [px(at), y(share)]));
  return [["rect", LEFT, low, wide, base - low, "hollow s-grid"], ...[LEFT, RIGHT].map(side => ["line", side, base, side, top, "s-grid"]), ["rect", LEFT, top, wide, FLOOR - top, "hollow s-rule"],
    ["path", [px(LOW), FLOOR, ...left, ...right, px(HIGH), FLOOR], "filled"],
    ...x.map((at, i) => [at, h[i]]).sort((a, b) => a[0] - b[0] || a[1] - b[1]).filter(([, value]) => value >= NOTHING).map(([at, value]) => ["line", px(at), FLOOR, px(at), y(value), "s-volt thick"]),
    ...[left, right].map(curve => ["path", curve, "s-blue thick"]), ["text", LEFT + 8, top - 5, tools.fill(words.strip, values), "halo"],
    ...[0, LITTLE].map(share => ["text", 32, y(share) + 4, String(share), "end quiet"])];
}
function neurons(x, h, base) {
  const rows = [];
  return x.map((at, i) => [at, h[i]]).sort((a, b) => a[0] - b[0] || a[1] - b[1]).map(([at, value]) => {
    const place = px(at), free = rows.findIndex(last => place - last >= 2 * RADIUS), row = free < 0 ? rows.length : free;
    rows[row] = place;
    return ["circle", place, base + 3 + RADIUS + 2 * RADIUS * row, RADIUS - 0.6, value < NOTHING ? "f-rule s-rule" : value < LITTLE ? "f-paper s-volt thick" : "f-volt s-volt"];
  });
}
function verdictOf(kind, passed, little, peak, most) {
  if (passed === NEURONS && little) return "tails";
  if (passed === 0) return ENDING.includes(kind) ? "none" : "faint";
  return most > 1 ? "loud" : peak < 1 ? "wide" : "some";
}
function compute({ kind, width, mean }, tools, words) {
  const x = distances(mean, tools), h = x.map(at => surrogate(kind, at, width)), peak = surrogate(kind, 0, width);
  const passed = h.filter(value => value >= NOTHING).length, little = h.filter(value => value >= NOTHING && value < LITTLE).length, base = ground(kind), edge = py(surrogate(kind, width / 2, width), base), knob = kind === "rectangle" ? (edge + base) / 2 : edge;
  const cut = ENDING.includes(kind) && h.every(value => value === 0 || value >= NOTHING);
  const values = { kind: words.options[kind], width: tools.fixed(width, 1), peak: tools.short(peak), most: tools.short(Math.max(...h)), passed, out: NEURONS - passed, rest: words[cut ? "rest-none" : "rest-little"], lost: passed < NEURONS ? tools.fill(words[cut ? "lost-none" : "lost-little"], { out: NEURONS - passed }) : "", little, neurons: NEURONS, average: tools.fixed(h.reduce((a, b) => a + b) / NEURONS, 3), times: TIMES, base: tools.fixed(2 * width, 1) };
  return { numbers: { x, h, passed, little }, marks: [...windowOf(kind, width, peak, x, h, values, words, tools), ...(ENDING.includes(kind) ? [] : strip(kind, width, x, h, values, words, tools)), ...neurons(x, h, base)], verdict: tools.fill(words["v-" + verdictOf(kind, passed, little, peak, Math.max(...h))], values),
    sentence: ["space", "who"].map(part => tools.fill(words[part], values)).join(" "),
    grips: [["width", "x", px(width / 2) - 9, 20, 18, knob - 14, px(0), 0, px(1), 2], ["mean", "x", LEFT, base + 1, RIGHT - LEFT, 62, px(0), 0, px(1), 1]] };
}
