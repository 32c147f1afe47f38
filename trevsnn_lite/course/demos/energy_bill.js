// Twin of energy_bill.py: Table 2's mJ column.
const LOAD = 5, PRICES = { float: [4.6, 0.9], integer: [3.2, 0.1], memory: [4.6 + 2 * LOAD, 0.9 + 3 * LOAD] };
const LEFT = 150, RIGHT = 384, BASE = 298, HEIGHT = 230, MOST = 2, TOP = 64, ONE = 38, PILE = 90, WIDE = 36;
function energies(prices, steps, rate, share, once) {
  const [mac, add] = PRICES[prices], first = share * mac * (once ? 1 : steps), later = (1 - share) * rate * steps * add;
  return { ann: mac, first, later, snn: first + later };
}
function breakEven(prices, rate, share, once) {
  const [mac, add] = PRICES[prices], slope = (1 - share) * rate * add + (once ? 0 : share * mac);
  return slope > 0 ? (mac - (once ? share * mac : 0)) / slope : Infinity;
}
const endsOf = even => [Math.ceil(even - 1e-9) - 1, Math.floor(even + 1e-9) + 1];
function apart(value, tools) {
  const whole = Math.floor(value + 0.5), told = text => Number(text.replace(/,/g, "")) !== whole;
  return Math.abs(value - whole) < 1e-9 || told(tools.short(value)) ? tools.short(value) : [1, 2, 3, 4, 5, 6, 7, 8].map(n => tools.fixed(value, n)).find(told);
}
function saidOf(even, steps, rate) {
  if (even > 1e9) return "never";
  const [last, dear] = endsOf(even);
  if (steps >= dear) return even >= 1 - 1e-9 ? "more" : "always";
  return steps > last ? "same" : rate ? "less" : "silent";
}
const heightOf = value => BASE - HEIGHT * Math.min(value, MOST) / MOST;
function piles(prices, costs, steps, once, values, words, tools) {
  const [mac, add] = PRICES[prices], fetched = prices === "memory", loads = fetched ? [2 * LOAD, 3 * LOAD] : [0, 0];
  const slab = (x, low, high, price, load, colour) => {
    const gap = Math.min(0.6, 0.12 * (low - high)), solid = WIDE * (price - load) / price, parts = [["rect", x, high + gap, solid, low - high - gap, "f-" + colour]];
    if (load) parts.push(["rect", x + solid, high + gap, WIDE - solid, low - high - gap, "f-soft s-" + colour]);
    return parts;
  };
  const [one, first, later] = ["ann", "first", "later"].map(name => costs[name] / mac), marks = slab(ONE, BASE, heightOf(one), mac, loads[0], "orange");
  for (const [low, part, slices, price, load, colour] of [[0, first, once ? 1 : steps, mac, loads[0], "orange"], [first, later, steps, add, loads[1], "blue"]])
    for (let t = 0; t < (part ? slices : 0); t++) {
      const foot = low + part * t / slices, top = low + part * (t + 1) / slices;
      if (foot < MOST) marks.push(...slab(PILE, heightOf(foot), heightOf(top), price, load, colour));
    }
  [["one-mac", "orange"], ["one-add", "blue"]].forEach(([text, colour], i) => marks.push(["text", 8, 34 + 17 * i, tools.fill(words[text + (fetched ? "-memory" : "")], values), "bold f-" + colour]));
  if (fetched) marks.push(["text", 392, 51, words.pale, "end quiet"]);
  const top = heightOf(first + later);
  if (first + later > MOST) for (const y of [top + 3, top + 8]) marks.push(["line", PILE - 4, y + 2, PILE + WIDE + 4, y - 4, "s-ink"]);
  return [...marks, ["text", ONE + WIDE / 2, BASE + 16, words.artificial, "mid"], ["text", PILE + WIDE / 2 + 4, BASE + 16, words.spiking, "mid"], ["text", PILE + WIDE / 2 + 4, BASE + 31, `T = ${steps}`, "mid quiet"]];
}
function line(ratio, steps, sides, even, said, whole, words, tools) {
  const x = t => LEFT + (RIGHT - LEFT) * t / TOP, y = heightOf;
  const last = sides[1] <= MOST ? TOP : TOP * (MOST - sides[0]) / (sides[1] - sides[0]), far = Math.min(even, last);
  const marks = [["text", 8, 14, words["title-line"], "bold"], ...(whole >= 1 ? [["path", [x(0), y(1), x(0), y(sides[0]), x(far), y(Math.min(1, sides[0] + (sides[1] - sides[0]) * far / TOP)), x(far), y(1)], "f-soft"]] : []),
    ["line", ONE - 6, BASE, RIGHT, BASE, "s-rule"], ["line", LEFT, BASE, LEFT, BASE - HEIGHT, "s-rule"]];
  for (const t of [0, 16, 32, 48, TOP]) marks.push(["text", x(t), BASE + 16, String(t), "mid quiet"]);
  for (let v = 0; v <= MOST; v++) marks.push(["text", 30, y(v) + 4, v ? `${v} ×` : "0", "end quiet"]);
  marks.push(["line", ONE, y(1), RIGHT, y(1), "s-orange thick dash"], ["path", [x(0), y(sides[0]), x(last), y(sides[0] + (sides[1] - sides[0]) * last / TOP)], "s-blue thick"], ["line", PILE + WIDE, y(ratio), x(steps), y(ratio), "s-blue dots"]);
  if (even >= 1 && even <= TOP) marks.push(["line", x(even), y(1), x(even), BASE, "s-ink dots"], x(even) < 268 ? ["text", x(even) + 7, y(1) + 15, said, "bold halo"] : ["text", x(even) - 4, y(1) - 6, said, "end bold halo"]);
  if (whole >= 1) marks.push(x(far) - LEFT > 80 ? ["text", LEFT + 4, y(1) + 14, words.cheaper, "bold f-blue"] : ["text", x(even) + 7, y(1) + 32, words["cheaper-left"], "bold f-blue"]);
  if (sides[1] > 1.8) marks.push(["text", RIGHT, y(1) - 7, words.dearer, "end bold f-orange"]);
  const right = x(steps) < 320;
  if (ratio > MOST) marks.push(["text", x(steps) + (right ? 9 : -9), y(MOST) + 4, `↑ ${tools.short(ratio)} ×`, right ? "bold halo" : "end bold halo"]);
  const at = x(steps), top = y(MOST);
  return [...marks, ratio > MOST ? ["path", [at - 5, top + 4, at, top - 2, at + 5, top + 4], "s-blue thick"] : ["circle", at, y(ratio), 5, "f-blue"], ["text", RIGHT, BASE + 31, words.time, "end quiet"]];
}
function compute(params, tools, words) {
  const { prices, steps, rate, once } = params, share = params.share / 100, [mac, add] = PRICES[prices];
  const costs = energies(prices, steps, rate, share, once), even = breakEven(prices, rate, share, once);
  const ratio = costs.snn / costs.ann, sides = [0, TOP].map(t => energies(prices, t, rate, share, once).snn / mac), never = even > 1e9, [last, dear] = never ? [1e9, 1e9] : endsOf(even);
  const values = { mac: tools.short(mac), add: tools.short(add), plain_mac: tools.short(PRICES.float[0]), plain_add: tools.short(PRICES.float[1]), load_mac: tools.short(2 * LOAD), load_add: tools.short(3 * LOAD), limit: tools.short(mac / add), steps, rate: tools.short(rate), spikes: tools.short(steps * rate),
    ...Object.fromEntries(Object.entries(costs).map(([name, value]) => [name, tools.short(value)])), ratio: tools.short(ratio) === "1" ? apart(ratio, tools) : tools.short(ratio), even: never ? "" : apart(even, tools), equal: never ? "" : tools.fill(words.equal, { even: apart(even, tools) }),
    whole: never ? "" : tools.short(last), next: never ? "" : tools.short(dear) };
  return { numbers: { ...costs, even: never ? -1 : even, limit: mac / add }, marks: [...line(costs.snn / mac, steps, sides, even, values.equal, last, words, tools), ...piles(prices, costs, steps, once, values, words, tools)],
    verdict: tools.fill(words["v-" + saidOf(even, steps, rate)], values),
    grips: [["steps", "x", LEFT, BASE - HEIGHT, RIGHT - LEFT, HEIGHT + 6, LEFT, 0, RIGHT, TOP]],
    sentence: `${tools.fill(words.sentence, values)} ${never ? words.never : tools.fill(words.even, values)}` };
}
