// Twin of energy_bill.py: Table 2's mJ column.
const LOAD = 5, PRICES = { float: [4.6, 0.9], integer: [3.2, 0.1], memory: [4.6 + 2 * LOAD, 0.9 + 3 * LOAD] };
const LEFT = 150, RIGHT = 384, BASE = 268, HEIGHT = 200, MOST = 4, TOP = 64, ONE = 38, PILE = 90, WIDE = 36;
function energies(prices, steps, rate, share, once) {
  const [mac, add] = PRICES[prices], first = share * mac * (once ? 1 : steps), later = (1 - share) * rate * steps * add;
  return { ann: mac, first, later, snn: first + later };
}
function breakEven(prices, rate, share, once) {
  const [mac, add] = PRICES[prices], slope = (1 - share) * rate * add + (once ? 0 : share * mac);
  return slope > 0 ? (mac - (once ? share * mac : 0)) / slope : Infinity;
}
const heightOf = value => BASE - HEIGHT * Math.min(value, MOST) / MOST;
function piles(prices, costs, steps, values, words, tools) {
  const [mac, add] = PRICES[prices], fetched = prices === "memory", loads = fetched ? [2 * LOAD, 3 * LOAD] : [0, 0];
  const slab = (x, low, high, price, load, colour) => {
    const gap = Math.min(0.6, 0.2 * (low - high)), solid = WIDE * (price - load) / price, parts = [["rect", x, high + gap, solid, low - high - gap, "f-" + colour]];
    if (load) parts.push(["rect", x + solid, high + gap, WIDE - solid, low - high - gap, "f-soft s-" + colour]);
    return parts;
  };
  const [one, first, later] = ["ann", "first", "later"].map(name => costs[name] / mac), marks = slab(ONE, BASE, heightOf(one), mac, loads[0], "orange");
  if (first) marks.push(...slab(PILE, BASE, heightOf(first), mac, loads[0], "orange"));
  for (let t = 0; t < (later ? steps : 0); t++) {
    const low = first + later * t / steps, high = first + later * (t + 1) / steps;
    if (low < MOST) marks.push(...slab(PILE, heightOf(low), heightOf(high), add, loads[1], "blue"));
  }
  [["one-mac", "orange"], ["one-add", "blue"]].forEach(([text, colour], i) => marks.push(["text", 8, 34 + 17 * i, tools.fill(words[text + (fetched ? "-memory" : "")], values), "bold f-" + colour]));
  if (fetched) marks.push(["text", 392, 51, words.pale, "end quiet"]);
  const top = heightOf(first + later);
  if (first + later > MOST) for (const y of [top + 3, top + 8]) marks.push(["line", PILE - 4, y + 2, PILE + WIDE + 4, y - 4, "s-ink"]);
  return [...marks, ["text", ONE + WIDE / 2, BASE + 16, words.artificial, "mid"], ["text", PILE + WIDE / 2 + 4, BASE + 16, words.spiking, "mid"], ["text", PILE + WIDE / 2 + 4, BASE + 31, `T = ${steps}`, "mid quiet"]];
}
function line(ratio, steps, ends, even, whole, words, tools) {
  const x = t => LEFT + (RIGHT - LEFT) * t / TOP, y = heightOf;
  const last = ends[1] <= MOST ? TOP : TOP * (MOST - ends[0]) / (ends[1] - ends[0]), far = Math.min(whole, last);
  const marks = [["text", 8, 14, words["title-line"], "bold"], ...(whole >= 1 ? [["path", [x(0), y(1), x(0), y(ends[0]), x(far), y(Math.min(1, ends[0] + (ends[1] - ends[0]) * far / TOP)), x(far), y(1)], "f-soft"]] : []),
    ["line", ONE - 6, BASE, RIGHT, BASE, "s-rule"], ["line", LEFT, BASE, LEFT, BASE - HEIGHT, "s-rule"]];
  for (const t of [0, 16, 32, 48, TOP]) marks.push(["text", x(t), BASE + 16, String(t), "mid quiet"]);
  for (let v = 0; v <= MOST; v++) marks.push(["text", 30, y(v) + 4, v ? `${v} ×` : "0", "end quiet"]);
  marks.push(["line", ONE, y(1), RIGHT, y(1), "s-orange thick dash"], ["path", [x(0), y(ends[0]), x(last), y(ends[0] + (ends[1] - ends[0]) * last / TOP)], "s-blue thick"], ["line", PILE + WIDE, y(ratio), x(steps), y(ratio), "s-blue dots"]);
  if (even >= 1 && even <= TOP) marks.push(["line", x(even), y(1), x(even), BASE, "s-ink dots"], x(even) < LEFT + 46 ? ["text", x(even) + 7, y(1) + 15, tools.short(even), "bold halo"] : ["text", x(even) - 4, y(1) - 6, tools.short(even), "end bold halo"]);
  if (whole >= 1 && x(far) - LEFT > 88) marks.push(["text", LEFT + 4, y(1) + 14, words.cheaper, "bold f-blue"]);
  if (ends[1] > 1.8) marks.push(["text", RIGHT, y(1) - 7, words.dearer, "end bold f-orange"]);
  const right = x(steps) < 320;
  if (ratio > MOST) marks.push(["text", x(steps) + (right ? 9 : -9), y(MOST) + 4, `↑ ${tools.short(ratio)} ×`, right ? "bold halo" : "end bold halo"]);
  const at = x(steps), top = y(MOST);
  return [...marks, ratio > MOST ? ["path", [at - 5, top + 4, at, top - 2, at + 5, top + 4], "s-blue thick"] : ["circle", at, y(ratio), 5, "f-blue"], ["text", RIGHT, BASE + 31, words.time, "end quiet"]];
}
function compute(params, tools, words) {
  const { prices, steps, rate, once } = params, share = params.share / 100, [mac, add] = PRICES[prices];
  const costs = energies(prices, steps, rate, share, once), even = breakEven(prices, rate, share, once);
  const ends = [0, TOP].map(t => energies(prices, t, rate, share, once).snn / mac), never = even > 1e9, whole = never ? 1e9 : Math.floor(even + 1e-9);
  const values = { mac: tools.short(mac), add: tools.short(add), plain_mac: tools.short(PRICES.float[0]), plain_add: tools.short(PRICES.float[1]), load_mac: tools.short(2 * LOAD), load_add: tools.short(3 * LOAD), limit: tools.short(mac / add), steps, rate: tools.short(rate), spikes: tools.short(steps * rate),
    ...Object.fromEntries(Object.entries(costs).map(([name, value]) => [name, tools.short(value)])), ratio: tools.short(costs.snn / costs.ann), even: never ? "" : tools.short(even),
    whole: never ? "" : tools.short(whole), next: never ? "" : tools.short(whole + 1) };
  return { numbers: { ...costs, even: never ? -1 : even, limit: mac / add }, marks: [...line(costs.snn / mac, steps, ends, even, whole, words, tools), ...piles(prices, costs, steps, values, words, tools)],
    verdict: tools.fill(words[never ? "v-never" : costs.snn <= costs.ann ? (rate ? "v-less" : "v-silent") : even >= 1 ? "v-more" : "v-always"], values),
    grips: [["steps", "x", LEFT, BASE - HEIGHT, RIGHT - LEFT, HEIGHT + 6, LEFT, 0, RIGHT, TOP]],
    sentence: `${tools.fill(words.sentence, values)} ${never ? words.never : tools.fill(words.even, values)}` };
}
