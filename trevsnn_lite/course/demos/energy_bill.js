// Twin of energy_bill.py: Table 2's mJ column.
const LOAD = 5, PRICES = { float: [4.6, 0.9], integer: [3.2, 0.1], memory: [4.6 + 2 * LOAD, 0.9 + 3 * LOAD] };
const LEFT = 44, RIGHT = 384, BASE = 288, HEIGHT = 118, TOP = 64, COINS = [170, 32, 222, 84];
function energies(prices, steps, rate, share, once) {
  const [mac, add] = PRICES[prices], first = share * mac * (once ? 1 : steps), later = (1 - share) * rate * steps * add;
  return { ann: mac, first, later, snn: first + later };
}
function breakEven(prices, rate, share, once) {
  const [mac, add] = PRICES[prices], slope = (1 - share) * rate * add + (once ? 0 : share * mac);
  return slope > 0 ? (mac - (once ? share * mac : 0)) / slope : Infinity;
}
function coins(mac, add, steps, rate, values, words, tools) {
  const [x0, y0, wide, high] = COINS;
  let columns = 1;
  while ((wide / columns) * Math.floor((steps + columns - 1) / columns) > high) columns += 1;
  const pitch = Math.min(wide / columns, 48), spikes = rate * steps, lit = Math.ceil(spikes - 1e-9), scale = Math.min(80 / Math.sqrt(mac), (pitch - 1) / Math.sqrt(add));
  const big = scale * Math.sqrt(mac), small = scale * Math.sqrt(add);
  const marks = [["text", 8, 14, words["title-coins"], "bold"], ["rect", 276, 4, 11, 11, "f-soft s-rule"], ["text", 292, 14, words.free, ""], ["rect", 30, y0 + high - big, big, big, "f-orange"], ["text", 8, 133, tools.fill(words["one-mac"], values), ""],
    ["text", x0 - 14, 133, tools.fill(words.adds, values), ""]];
  for (let t = 0; t < steps; t++) {
    const x = x0 + pitch * (t % columns), y = y0 + high - small - pitch * Math.floor(t / columns);
    marks.push(["rect", x, y, small, small, "f-soft"]);
    if (Math.floor((t + 1) * lit / steps) > Math.floor(t * lit / steps)) marks.push(["rect", x, y, small * (t === steps - 1 ? spikes - lit + 1 : 1), small, "f-blue"]);
  }
  return marks;
}
function line(ratio, steps, ends, even, whole, words, tools) {
  const x = t => LEFT + (RIGHT - LEFT) * t / TOP, y = value => BASE - HEIGHT * Math.min(value, 2) / 2;
  const last = ends[1] <= 2 ? TOP : TOP * (2 - ends[0]) / (ends[1] - ends[0]), far = Math.min(whole, last);
  const marks = [["text", 8, 158, words["title-line"], "bold"], ...(whole >= 1 ? [["path", [x(0), y(1), x(0), y(ends[0]), x(far), y(Math.min(1, ends[0] + (ends[1] - ends[0]) * far / TOP)), x(far), y(1)], "f-soft"]] : []),
    ["line", LEFT, BASE, RIGHT, BASE, "s-rule"], ["line", LEFT, BASE, LEFT, BASE - HEIGHT, "s-rule"]];
  for (const t of [0, 16, 32, 48, TOP]) marks.push(["text", x(t), BASE + 16, String(t), "mid quiet"]);
  for (const v of [0, 1, 2]) marks.push(["text", 38, y(v) + 4, v ? `${v} ×` : "0", "end quiet"]);
  marks.push(["line", LEFT, y(1), RIGHT, y(1), "s-orange thick dash"], ["path", [x(0), y(ends[0]), x(last), y(ends[0] + (ends[1] - ends[0]) * last / TOP)], "s-blue thick"]);
  if (even >= 1 && even <= TOP) marks.push(["line", x(even), y(1), x(even), BASE, "s-ink dots"], x(even) < 90 ? ["text", x(even) + 7, y(1) + 15, tools.short(even), "bold halo"] : ["text", x(even) - 4, y(1) - 6, tools.short(even), "end bold halo"]);
  if (whole >= 1 && x(far) - LEFT > 88) marks.push(["text", LEFT + 4, y(1) + 14, words.cheaper, "bold f-blue"]);
  const right = x(steps) < 320;
  if (ratio > 2) marks.push(["text", x(steps) + (right ? 9 : -9), y(2) + 4, `↑ ${tools.short(ratio)} ×`, right ? "bold halo" : "end bold halo"]);
  return [...marks, ["circle", x(steps), y(ratio), 5, "f-blue"], ["text", RIGHT, BASE + 32, words.time, "end quiet"]];
}
function compute(params, tools, words) {
  const { prices, steps, rate, once } = params, share = params.share / 100, [mac, add] = PRICES[prices];
  const costs = energies(prices, steps, rate, share, once), even = breakEven(prices, rate, share, once);
  const ends = [0, TOP].map(t => energies(prices, t, rate, share, once).snn / mac), never = even > 1e9, whole = never ? 1e9 : Math.floor(even + 1e-9);
  const values = { mac: tools.short(mac), add: tools.short(add), limit: tools.short(mac / add), steps, rate: tools.short(rate), spikes: tools.short(steps * rate),
    ...Object.fromEntries(Object.entries(costs).map(([name, value]) => [name, tools.short(value)])), ratio: tools.short(costs.snn / costs.ann), even: never ? "" : tools.short(even),
    whole: never ? "" : tools.short(whole), next: never ? "" : tools.short(whole + 1) };
  return { numbers: { ...costs, even: never ? -1 : even, limit: mac / add }, marks: [...coins(mac, add, steps, rate, values, words, tools), ...line(costs.snn / mac, steps, ends, even, whole, words, tools)],
    verdict: tools.fill(words[never ? "v-never" : costs.snn <= costs.ann ? (rate ? "v-less" : "v-silent") : even >= 1 ? "v-more" : "v-always"], values),
    grips: [["steps", "x", LEFT, BASE - 124, RIGHT - LEFT, 130, LEFT, 0, RIGHT, TOP]],
    sentence: `${tools.fill(words.sentence, values)} ${never ? words.never : tools.fill(words.even, values)}` };
}
