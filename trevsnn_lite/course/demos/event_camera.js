// Twin of event_camera.py: a simulated event camera before which a shirt moves.
const SHIRT = ("000002cc700000 00028eeddb5000 002edddddde800 006edddddddc00 006edddddddd00 007ddddddddd00 007deddddded00 "
  + "008deddddded20 008dedddddee30 009dddddddde50 009bddddde9e60 00a8edddde7e60 00a7eddddd7d60 00969bcccb3960").split(" ");
const SENSOR = 18, STEPS = 24, STEP_TIME = 4000, MICRO = 1000000, CELL = 13, RIGHT = 258, WIDE = 132, WHOLE = STEPS * STEP_TIME;
const pixel = (r, c) => (r >= 0 && r < 14 && c >= 0 && c < 14 ? parseInt(SHIRT[r][c], 16) / 15 : 0);
const rounded = x => Math.floor(x * MICRO + 0.5);
function level(x, y, path, radius, step) {
  const angle = 2 * Math.PI * step / STEPS, right = Math.cos(angle) - 1, down = path === "circle" ? Math.sin(angle) : 0;
  const column = x - 2 - rounded(radius * (right + 0.5)) / MICRO, row = y - 2 - rounded(radius * down) / MICRO;
  const c = Math.floor(column), r = Math.floor(row), u = column - c, v = row - r;
  const light = (1 - v) * ((1 - u) * pixel(r, c) + u * pixel(r, c + 1)) + v * ((1 - u) * pixel(r + 1, c) + u * pixel(r + 1, c + 1));
  return rounded(Math.log(0.25 + light));
}
function events(path, radius, threshold, tools) {
  const up = rounded(threshold), found = [], draw = tools.random(3);
  for (let y = 0; y < SENSOR; y++) for (let x = 0; x < SENSOR; x++) {
    const levels = Array.from({ length: STEPS + 1 }, (_, s) => level(x, y, path, radius, s % STEPS));
    let reference = levels[0] + Math.floor((2 * draw() - 1) * up);
    for (let s = 0; s < STEPS; s++) {
      const before = levels[s], after = levels[s + 1], sign = after > before ? 1 : -1;
      while (sign * (after - reference) >= up) {
        reference += sign * up;
        found.push([Math.floor(STEP_TIME * (s + (reference - before) / (after - before)) + 0.5), y, x, sign]);
      }
    }
  }
  return found.sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2] || a[3] - b[3]);
}
function remembered(pixel, path, radius, threshold, own, tools) {
  const draw = tools.random(3), share = Array.from({ length: pixel + 1 }, () => draw()).at(-1), up = rounded(threshold);
  const levels = Array.from({ length: STEPS + 1 }, (_, s) => level(pixel % SENSOR, Math.floor(pixel / SENSOR), path, radius, s % STEPS)), kept = [levels[0] + Math.floor((2 * share - 1) * up)];
  for (const [, sign] of own) kept.push(kept.at(-1) + sign * up);
  return [levels, kept];
}
const frameOf = (at, t, total, bins, cut) => Math.min(bins - 1, cut === "count" ? Math.floor(at * bins / total) : Math.floor(t * bins / (STEPS * STEP_TIME)));
function outline() {
  const lit = SHIRT.map(row => [...row].flatMap((v, i) => (parseInt(v, 16) > 3 ? [i] : [])));
  const edge = pick => lit.flatMap((row, r) => [0, 1].map(down => [pick(row), r + down]));
  return [...edge(row => row[0]), ...edge(row => row.at(-1) + 1).reverse()];
}
function place(path, radius, t) {
  const angle = 2 * Math.PI * t / WHOLE, down = path === "circle" ? Math.sin(angle) : 0;
  return [2 + radius * (Math.cos(angle) - 0.5), 2 + radius * down];
}
function bounds(found, frames, shown, bins, cut) {
  if (cut === "time") return [WHOLE * shown / bins, WHOLE * (shown + 1) / bins];
  const first = shown ? frames.findIndex(k => k >= shown) : -1, after = frames.findIndex(k => k > shown);
  return [first < 0 ? 0 : found[first][0], after < 0 ? WHOLE : found[after][0]];
}
function way(path, radius, start, end) {
  const [x, y] = place(path, radius, start), [toX, toY] = place(path, radius, end), right = toX - x, down = toY - y;
  const middle = place(path, radius, Math.min(Math.max(WHOLE / 2, start), end))[0];
  const length = path === "circle" ? radius * 2 * Math.PI * (end - start) / WHOLE : Math.abs(middle - x) + Math.abs(toX - middle);
  if (Math.hypot(right, down) < 0.8 * length || end === start) return ["both", "both"];
  return [Math.abs(right) > 0.5 * Math.abs(down) ? (right < 0 ? "left" : "right") : "", Math.abs(down) > 0.5 * Math.abs(right) ? (down < 0 ? "up" : "down") : ""];
}
function sidesOf(pixels, { path, radius }, span, went) {
  const [column, row] = place(path, radius, (span[0] + span[1]) / 2), right = { left: -1, right: 1 }[went[0]] || 0, down = { up: -1, down: 1 }[went[1]] || 0, sides = [[0, 0], [0, 0]];
  for (const [y, x, ...kinds] of pixels) kinds.forEach((count, k) => {
    sides[k][0] += count;
    sides[k][1] += count * (right * (x - column - 6.5) + down * (y - row - 6.5));
  });
  return sides;
}
function chosen(params, [[off, behind], [on, ahead]], both, went, words) {
  if (off + on === 0) return words["v-none"];
  if (params.bins === 1) return words[both ? "v-single" : "v-apart"];
  if (params.cut === "count") return words["v-count"];
  if (went[0] === "both") return words[both ? "v-turn" : "v-turned"];
  if ((off && behind > -1e-9) || (on && ahead < 1e-9)) return words["v-few"];
  return words["v-" + (went.includes("") ? "straight" : "slanted") + (off && on ? "" : on ? "-front" : "-back")];
}
function arrow(x, y, right, down) {
  const length = Math.hypot(right - x, down - y), u = 6 * (right - x) / length, v = 6 * (down - y) / length;
  return [["line", x, y, right, down, "s-ink thick"], ["path", [right - u - v, down - v + u, right, down, right - u + v, down - v - u], "s-ink thick"]];
}
function sensor(pixels, params, span, went, words) {
  const side = CELL * SENSOR, [column, row] = place(params.path, params.radius, (span[0] + span[1]) / 2), inside = v => Math.min(Math.max(v, 0), SENSOR);
  const marks = [["text", 8, 14, words.frame, "bold"], ["rect", 8, 22, side, side, "f-dim"],
    ["path", outline().flatMap(([x, y]) => [8 + CELL * inside(x + column), 22 + CELL * inside(y + row)]), "f-lit"]];
  for (const [y, x, off, on] of pixels) {
    const size = Math.min(CELL, 5 + 2 * (off + on));
    marks.push(["rect", 8 + CELL * x + (CELL - size) / 2, 22 + CELL * y + (CELL - size) / 2, size, size, off && on ? "f-green" : on ? "f-orange" : "f-blue"]);
  }
  const moving = went[0] !== "both";
  if (moving) marks.push(...arrow(...span.flatMap(t => { const [x, y] = place(params.path, params.radius, t); return [8 + CELL * (x + 7), 22 + CELL * (y + 7)]; })));
  marks.push(["rect", 7 + CELL * (params.pixel % SENSOR), 21 + CELL * Math.floor(params.pixel / SENSOR), CELL + 2, CELL + 2, "hollow s-ink thick"]);
  [["on", "f-orange"], ["off", "f-blue"], ["mixed", "f-green"]].forEach(([key, colour], i) => {
    marks.push(["rect", 8 + 74 * i, 266, 10, 10, colour], ["text", 22 + 74 * i, 275, words[key], ""]);
  });
  return [...marks, ["rect", 8, 285, 10, 10, "f-lit s-rule"], ["text", 22, 294, words.shirt, ""], ...(moving ? [...arrow(156, 290, 138, 290), ["text", 162, 294, words.goes, ""]] : []), ["text", 8, 313, words.larger, "quiet"]];
}
function time(found, frames, shown, counts, span, words, grouped) {
  const slots = Array.from({ length: STEPS }, () => [0, 0]), kinds = counts.map(() => [0, 0]);
  found.forEach(([t, , , sign], i) => {
    slots[Math.min(STEPS - 1, Math.floor(t / STEP_TIME))][sign > 0 ? 1 : 0] += 1;
    kinds[frames[i]][sign > 0 ? 1 : 0] += 1;
  });
  const totals = slots.map(([a, b]) => a + b), pitch = WIDE / STEPS, top = Math.max(1, ...totals), high = Math.max(1, ...counts), width = WIDE / counts.length;
  const within = x => Math.min(Math.max(x, RIGHT + 8), RIGHT + WIDE - 8);
  const stack = (x, ground, wide, unit, pair) => {
    const [off, on] = pair.map(n => unit * n);
    return [[ground - off, off, "f-blue"], [ground - off - on, on, "f-orange"]].filter(each => each[1]).map(([y, tall, colour]) => ["rect", x, y, wide, tall, colour]);
  };
  const [start, end] = span.map(t => RIGHT + WIDE * t / WHOLE);
  const marks = [["rect", start, 20, end - start, 144, "f-soft s-rule"], ["rect", RIGHT + width * shown, 218, width, 76, "f-soft s-rule"], ["text", RIGHT, 14, words.rate, "bold"], ["text", within(RIGHT + pitch * totals.indexOf(Math.max(...totals))), 34, String(top), "mid quiet"], ["line", RIGHT, 82, RIGHT + WIDE, 82, "s-rule"]];
  for (const [heights, colour] of [[totals, "f-orange"], [slots.map(pair => pair[0]), "f-blue"]])
    marks.push(["path", [RIGHT, 82, ...heights.flatMap((n, i) => [RIGHT + pitch * i, 82 - 44 * n / top, RIGHT + pitch * (i + 1), 82 - 44 * n / top]), RIGHT + WIDE, 82], colour]);
  marks.push(["rect", RIGHT, 184, 10, 10, "f-soft s-rule"], ["text", RIGHT + 14, 193, words.band, "quiet"], ["text", RIGHT + WIDE, 193, words.time, "end quiet"], ["text", RIGHT, 212, words.each, "bold"], ["line", RIGHT, 294, RIGHT + WIDE, 294, "s-rule"]);
  kinds.forEach((pair, k) => {
    const x = RIGHT + width * k;
    marks.push(...stack(x + 2, 294, width - 4, 58 / high, pair), ["text", x + width / 2, 308, String(k + 1), k === shown ? "mid bold" : "mid quiet"]);
  });
  return [...marks, ["text", within(RIGHT + width * (shown + 0.5)), 290 - 58 * counts[shown] / high, grouped(counts[shown]), "mid bold halo"]];
}
function pixelOf(mine, { pixel, path, radius, threshold }, words, tools) {
  const [levels, kept] = remembered(pixel, path, radius, threshold, mine, tools), low = Math.min(...levels, ...kept), high = Math.max(...levels, ...kept);
  const unit = 46 / Math.max(1.6 * MICRO, high - low), middle = (low + high) / 2, x = t => RIGHT + WIDE * t / WHOLE, y = value => 136 - unit * (value - middle);
  const stairs = [RIGHT, y(kept[0]), ...mine.flatMap(([t], i) => [x(t), y(kept[i]), x(t), y(kept[i + 1])]), RIGHT + WIDE, y(kept.at(-1))];
  return [["text", RIGHT, 102, words.pixel, "bold"], ["path", stairs, "s-ink dash"], ["path", levels.flatMap((value, s) => [x(s * STEP_TIME), y(value)]), "s-ink thick"],
    ...mine.map(([t, sign], i) => ["circle", x(t), y(kept[i + 1]), 3, sign > 0 ? "f-orange" : "f-blue"]), ["text", RIGHT, 177, words.memory, "quiet"]];
}
function compute(params, tools, words) {
  const { bins, cut } = params, shown = Math.min(params.shown, bins) - 1, found = events(params.path, params.radius, params.threshold, tools);
  const frames = found.map((event, at) => frameOf(at, event[0], found.length, bins, cut));
  const counts = Array.from({ length: bins }, (_, k) => frames.filter(frame => frame === k).length), seen = new Map();
  found.forEach(([, y, x, sign], i) => {
    if (frames[i] !== shown) return;
    const key = y * SENSOR + x, pair = seen.get(key) || [0, 0];
    pair[sign > 0 ? 1 : 0] += 1;
    seen.set(key, pair);
  });
  const mine = found.filter(([, y, x]) => y * SENSOR + x === params.pixel).map(([t, , , sign]) => [t, sign]);
  const pixels = [...seen].sort((a, b) => a[0] - b[0]).map(([key, [off, on]]) => [Math.floor(key / SENSOR), key % SENSOR, off, on]);
  const grouped = n => String(n).replace(/\B(?=(\d{3})+$)/g, ",");
  const span = bounds(found, frames, shown, bins, cut), went = way(params.path, params.radius, ...span), known = [...went].reverse().filter(Boolean);
  const values = { way: went[0] === "both" ? words.ways.both : known.join(words.and), front: words.fronts[known[0]], back: words.backs[known[0]], ms: tools.fixed((span[1] - span[0]) / 1000, 1), events: grouped(found.length), bins, cut: words.cuts[cut], shown: shown + 1, count: grouped(counts[shown]), most: Math.max(0, ...pixels.map(p => p[2] + p[3])),
    both: pixels.filter(p => p[2] > 0 && p[3] > 0).length, pixels: pixels.length, fewest: grouped(Math.min(...counts)), largest: grouped(Math.max(...counts)),
    threshold: tools.fixed(params.threshold, 1), column: params.pixel % SENSOR + 1, row: Math.floor(params.pixel / SENSOR) + 1,
    order: mine.map(([t, sign]) => tools.fill(words["own-event"], { kind: words[sign > 0 ? "on" : "off"], ms: tools.fixed(t / 1000, 1) })).join(", ") || words["no-own"] };
  return { numbers: { counts, pixels, events: found.length, pixel: mine, first: found.slice(0, 5) },
    marks: [...sensor(pixels, params, span, went, words), ...time(found, frames, shown, counts, span, words, grouped), ...pixelOf(mine, params, words, tools)],
    verdict: tools.fill(chosen(params, sidesOf(pixels, params, span, went), values.both, went, words), values),
    sentence: ["sentence", values.both ? "mixed-up" : "clean", "own"].map(part => tools.fill(words[part], values)).join(" "),
    grips: [["shown", "x", RIGHT, 24, WIDE, 280, RIGHT + WIDE / bins / 2, 1, RIGHT + WIDE / bins * (bins + 0.5), bins + 1],
      ...Array.from({ length: SENSOR }, (_, row) => ["pixel", "x", 8, 22 + CELL * row, CELL * SENSOR, CELL, 8 + CELL / 2, SENSOR * row, 8 + CELL * (SENSOR - 0.5), SENSOR * row + SENSOR - 1])] };
}
