// Twin of event_camera.py: a simulated event camera before which a shirt moves.
const SHIRT = ("000002cc700000 00028eeddb5000 002edddddde800 006edddddddc00 006edddddddd00 007ddddddddd00 007deddddded00 "
  + "008deddddded20 008dedddddee30 009dddddddde50 009bddddde9e60 00a8edddde7e60 00a7eddddd7d60 00969bcccb3960").split(" ");
const SENSOR = 18, STEPS = 24, STEP_TIME = 4000, MICRO = 1000000;
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
const frameOf = (at, t, total, bins, cut) => Math.min(bins - 1, cut === "count" ? Math.floor(at * bins / total) : Math.floor(t * bins / (STEPS * STEP_TIME)));
function sensor(pixels, words) {
  const marks = [["text", 8, 14, words.frame, "bold"], ["rect", 8, 22, 198, 198, "f-soft"]];
  for (const [y, x, off, on] of pixels) {
    const size = Math.min(11, 5 + 2 * (off + on));
    marks.push(["rect", 8 + 11 * x + (11 - size) / 2, 22 + 11 * y + (11 - size) / 2, size, size, off && on ? "f-green" : on ? "f-orange" : "f-blue"]);
  }
  [["on", "f-orange"], ["off", "f-blue"], ["mixed", "f-green"]].forEach(([key, colour], i) => {
    marks.push(["rect", 8 + 74 * i, 232, 10, 10, colour], ["text", 22 + 74 * i, 241, words[key], ""]);
  });
  return marks;
}
function time(found, frames, shown, counts, words) {
  const slots = Array.from({ length: 48 }, () => [0, 0]);
  found.forEach((event, i) => { slots[Math.min(47, Math.floor(event[0] / 2000))][frames[i] === shown ? 1 : 0] += 1; });
  const top = Math.max(1, ...slots.map(([a, b]) => a + b)), high = Math.max(1, ...counts), width = 168 / counts.length;
  const marks = [["text", 222, 14, words.rate, "bold"], ["line", 222, 120, 390, 120, "s-rule"]];
  slots.forEach(([other, here], i) => {
    const whole = 90 * (other + here) / top, part = 90 * here / top;
    marks.push(["rect", 222 + 3.5 * i, 120 - whole, 3, whole, "f-rule"], ["rect", 222 + 3.5 * i, 120 - part, 3, part, "f-blue"]);
  });
  marks.push(["text", 390, 134, words.time, "end quiet"], ["text", 222, 154, words.each, "bold"], ["line", 222, 240, 390, 240, "s-rule"]);
  counts.forEach((count, k) => {
    marks.push(["rect", 222 + width * k + 2, 240 - 76 * count / high, width - 4, 76 * count / high, k === shown ? "f-blue" : "f-rule"]);
    marks.push(["text", 222 + width * (k + 0.5), 254, String(k + 1), "mid quiet"]);
  });
  return marks;
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
  const pixels = [...seen].sort((a, b) => a[0] - b[0]).map(([key, [off, on]]) => [Math.floor(key / SENSOR), key % SENSOR, off, on]);
  const grouped = n => String(n).replace(/\B(?=(\d{3})+$)/g, ",");
  const values = { events: grouped(found.length), bins, cut: words.cuts[cut], shown: shown + 1, count: grouped(counts[shown]), most: Math.max(0, ...pixels.map(p => p[2] + p[3])),
    both: pixels.filter(p => p[2] > 0 && p[3] > 0).length, pixels: pixels.length, fewest: grouped(Math.min(...counts)), largest: grouped(Math.max(...counts)),
    threshold: tools.fixed(params.threshold, 1) };
  return { numbers: { counts, pixels, events: found.length, first: found.slice(0, 5) },
    marks: [...sensor(pixels, words), ...time(found, frames, shown, counts, words)], verdict: tools.fill(words[values.both ? "v-mixed-up" : "v-clean"], values),
    sentence: ["sentence", values.both ? "mixed-up" : "clean"].map(part => tools.fill(words[part], values)).join(" "),
    grips: [["shown", "x", 222, 24, 168, 230, 222 + 84 / bins, 1, 222 + 168 / bins * (bins + 0.5), bins + 1]] };
}
