// Twin of energy_bill.py: Table 2's mJ column.
const LOAD = 5, PRICES = { float: [4.6, 0.9], integer: [3.2, 0.1], memory: [4.6 + 2 * LOAD, 0.9 + 3 * LOAD] };
const LEFT = 44, RIGHT = 384, BASE = 268, HEIGHT = 138;
function energies(prices, steps, rate, share, once) {
  const [mac, add] = PRICES[prices], first = share * mac * (once ? 1 : steps), later = (1 - share) * rate * steps * add;
  return { ann: mac, first, later, snn: first + later };
}
function breakEven(prices, rate, share, once) {
  const [mac, add] = PRICES[prices], slope = (1 - share) * rate * add + (once ? 0 : share * mac);
  return slope > 0 ? (mac - (once ? share * mac : 0)) / slope : Infinity;
}
function bars(costs, words, tools) {
  const scale = 230 / Math.max(costs.ann, costs.snn), first = costs.first * scale;
  return [["text", 8, 14, words["title-bars"], "bold"], ["text", 92, 35, words.ann, "end"], ["rect", 98, 23, costs.ann * scale, 16, "f-orange"],
    ["text", 104 + costs.ann * scale, 35, tools.short(costs.ann), ""], ["text", 92, 57, words.snn, "end"],
    ["rect", 98, 45, first, 16, "f-orange"], ["rect", 98 + first, 45, costs.later * scale, 16, "f-blue"],
    ["text", 104 + costs.snn * scale, 57, tools.short(costs.snn), ""], ["rect", 98, 72, 11, 11, "f-orange"], ["text", 114, 82, words.multiplied, ""],
    ["rect", 232, 72, 11, 11, "f-blue"], ["text", 248, 82, words.added, ""]];
}
function line(costs, steps, top, ends, even, words, tools) {
  const highest = 1.08 * Math.max(costs.ann, ends[1]), x = t => LEFT + (RIGHT - LEFT) * t / top, y = value => BASE - HEIGHT * value / highest;
  const marks = [["text", 8, 112, words["title-line"], "bold"], ["line", LEFT, BASE, RIGHT, BASE, "s-rule"], ["line", LEFT, BASE, LEFT, BASE - HEIGHT, "s-rule"]];
  for (const t of [0, top / 2, top]) marks.push(["text", x(t), BASE + 16, tools.short(t), "mid quiet"]);
  marks.push(["text", 38, BASE + 4, "0", "end quiet"], ["text", 38, y(costs.ann) + 4, tools.short(costs.ann), "end quiet"],
    ["line", LEFT, y(costs.ann), RIGHT, y(costs.ann), "s-orange thick dash"], ["path", [x(0), y(ends[0]), x(top), y(ends[1])], "s-blue thick"]);
  if (even <= top) marks.push(["line", x(even), y(costs.ann), x(even), BASE, "s-ink dots"]);
  return [...marks, ["circle", x(steps), y(costs.snn), 5, "f-blue"], ["text", RIGHT, BASE + 32, words.time, "end quiet"]];
}
function compute(params, tools, words) {
  const { prices, steps, rate, once } = params, share = params.share / 100, [mac, add] = PRICES[prices];
  const costs = energies(prices, steps, rate, share, once), even = breakEven(prices, rate, share, once), top = Math.max(16, 2 * steps);
  const ends = [0, top].map(t => energies(prices, t, rate, share, once).snn), never = even > 1e9;
  const values = { mac: tools.short(mac), add: tools.short(add), limit: tools.short(mac / add), steps, rate: tools.short(rate), spikes: tools.short(steps * rate),
    ...Object.fromEntries(Object.entries(costs).map(([name, value]) => [name, tools.short(value)])), ratio: tools.short(costs.snn / costs.ann), even: never ? "" : tools.short(even) };
  return { numbers: { ...costs, even: never ? -1 : even, limit: mac / add }, marks: [...bars(costs, words, tools), ...line(costs, steps, top, ends, even, words, tools)],
    sentence: `${tools.fill(words.sentence, values)} ${never ? words.never : tools.fill(words.even, values)}` };
}
