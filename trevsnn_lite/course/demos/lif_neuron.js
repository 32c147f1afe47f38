// Twin of lif_neuron.py: Eqs. (1) and (2).
const CURRENTS = Array.from({ length: 31 }, (_, k) => 0.05 * k), LEFT = 44, RIGHT = 376, GROUND = 130, UNIT = 34, TOP = 2.5;
const nears = (added, decay, threshold) => Math.abs(added - threshold * (1 - decay)) < 1e-9;
function run(added, decay, threshold, reset, steps) {
  const v = [], kept = [], spikes = [], never = nears(added, decay, threshold);
  for (let t = 0; t < steps; t++) {
    v.push(decay * (t ? kept[t - 1] : 0) + added);
    const fired = v[t] >= threshold && !never;
    if (fired) spikes.push(t + 1);
    kept.push(fired && reset === "soft" ? v[t] - threshold : fired && reset === "hard" ? 0 : v[t]);
  }
  return [v, kept, spikes];
}
const heightOf = value => GROUND - UNIT * Math.min(value, TOP);
function potential(v, kept, spikes, threshold, words, tools) {
  const steps = v.length, y = heightOf, x = t => LEFT + (RIGHT - LEFT) * t / steps, points = [x(0), y(0)];
  const marks = [["text", 8, 13, words.potential, "bold"], ["line", 216, 9, 236, 9, "s-ink dash"], ["text", 241, 13, words.threshold, ""], ["line", LEFT, y(0), RIGHT, y(0), "s-rule"],
    ["line", LEFT, y(threshold), RIGHT, y(threshold), "s-ink dash"], ["text", 38, y(threshold) + 4, tools.fixed(threshold, 1), "end bold"]];
  for (const value of [0, 1, 2]) if (Math.abs(y(value) - y(threshold)) > 13) marks.push(["text", 38, y(value) + 4, String(value), "end quiet"]);
  v.forEach((value, t) => {
    points.push(x(t + 1), y(value));
    if (kept[t] !== value) points.push(x(t + 1), y(kept[t]));
  });
  marks.push(["path", points, "s-volt thick"]);
  v.forEach((value, t) => {
    const at = x(t + 1), colour = spikes.includes(t + 1) ? "blue" : "volt", top = y(TOP);
    marks.push(value > TOP ? ["path", [at - 3, top + 2, at, top - 3, at + 3, top + 2], "s-" + colour] : ["circle", at, y(value), 2.5, "f-" + colour]);
  });
  return marks;
}
function stepOf(v, before, decay, shown, rule) {
  const [left, right] = [shown - 1, shown].map(t => LEFT + (RIGHT - LEFT) * t / v.length), low = heightOf(decay * before), high = heightOf(v[shown - 1]);
  return [["text", 8, 31, rule, "bold"], ["line", left, heightOf(before), left, low, "s-ink thick"], ["line", left, low, right, low, "s-ink dots"], ["line", right, low, right, high, "s-ink thick"], ["circle", right, high, 5.5, "hollow s-ink"]];
}
function train(spikes, steps, shown, words) {
  const marks = [["text", 8, 150, words.spikes, "bold"], ["line", LEFT, 171, RIGHT, 171, "s-rule"]], every = [1, 2, 4, 5, 10].find(n => n * (RIGHT - LEFT) / steps >= 24);
  for (const t of spikes) marks.push(["rect", LEFT + (RIGHT - LEFT) * t / steps - 1.5, 156, 3, 15, "f-blue"]);
  for (let t = 1; t <= steps; t++) if (t === shown || (t % every === 0 && Math.abs(t - shown) * (RIGHT - LEFT) / steps >= 20))
    marks.push(["text", LEFT + (RIGHT - LEFT) * t / steps, 186, String(t), t === shown ? "mid bold" : "mid quiet"]);
  return [...marks, ["text", RIGHT, 150, words.time, "end quiet"]];
}
function rates(curve, current, rate, words) {
  const x = value => LEFT + (RIGHT - LEFT) * value / 1.5, y = value => 292 - 74 * value;
  const marks = [["text", 8, 206, words.curve, "bold"], ["text", 38, y(0) + 4, "0", "end quiet"], ["text", 38, y(1) + 4, "1", "end quiet"],
    ["line", LEFT, y(0), RIGHT, y(0), "s-rule"], ["line", LEFT, y(1), RIGHT, y(1), "s-rule"]];
  for (const value of [0, 0.5, 1]) marks.push(["text", x(value), 308, String(value), "mid quiet"]);
  curve.forEach((value, k) => marks.push(["circle", x(CURRENTS[k]), y(value), 2.5, "f-blue"]));
  return [...marks, ["circle", x(current), y(rate), 6, "hollow s-ink thick"], ["text", RIGHT, 308, words.current, "end quiet"]];
}
const silentTo = (gain, threshold) => Math.max(...CURRENTS.filter(current => gain * current <= threshold + 1e-9));
function settling(v, settle, threshold, values, words, tools) {
  if (!(settle > 0 && settle <= TOP)) return [];
  const at = heightOf(settle), arrived = Math.min(...v.slice(Math.floor(v.length * 3 / 5))) > settle - 0.05;
  const label = Math.max(...v) < settle - 0.5 && threshold < settle - 0.5 ? at + 14 : settle >= 0.5 && settle < threshold && arrived ? at + 15 : (threshold > settle && threshold - settle < 0.5 ? heightOf(threshold) : at) - 5;
  return [["line", LEFT, at, RIGHT, at, "s-volt dots"], ["text", RIGHT, label, tools.fill(words.settles, values), "end quiet halo"]];
}
function verdictOf(ending, near, curve, silent, current, count, steps) {
  if (ending !== "fires") return near ? "nears" : current ? ending : "rest";
  if (steps <= 8) return "few";
  if (Math.abs(current - silent - 0.05) < 0.01) return "just";
  return count === steps ? "all" : curve.includes(1) ? "fires" : "some";
}
function compute({ tau, threshold, current, reset, steps, divided, ...more }, tools, words) {
  const decay = 1 - 1 / tau, scale = divided ? 1 / tau : 1, added = scale * current, [v, kept, spikes] = run(added, decay, threshold, reset, steps);
  const curve = CURRENTS.map(at => run(scale * at, decay, threshold, reset, steps)[2].length / steps);
  const near = nears(added, decay, threshold), close = Math.abs(added * tau - threshold) < 0.006, full = curve.indexOf(1), silent = silentTo(scale * tau, threshold), values = { tau: tools.fixed(tau, 1), decay: tools.fixed(decay, 3), exact: tools.fixed(Math.exp(-1 / tau), 3), added: tools.fixed(added, 3),
    threshold: tools.fixed(threshold, 1), reset: words.resets[reset], count: spikes.length, steps, rate: tools.fixed(spikes.length / steps, 3),
    first: spikes.length ? spikes[0] : 0, settle: tools.fixed(added * tau, close && !near ? 3 : 2), levels: steps + 1,
    silent: tools.short(silent), every: full < 0 ? "" : tools.short(CURRENTS[full]) };
  const ending = spikes.length ? "fires" : added * tau > threshold && !near ? "later" : "never";
  const shown = Math.min(more.shown, steps), before = shown > 1 ? kept[shown - 2] : 0, fired = spikes.includes(shown), said = { t: shown, decay: tools.short(decay), before: tools.fixed(before, 2), added: tools.short(added), after: tools.fixed(v[shown - 1], 2), threshold: tools.fixed(threshold, 1) };
  const below = said.after === tools.fixed(threshold, 2) && !fired, rule = tools.fill(words[below ? "rule-below" : "rule"] + (fired ? words["spike-" + reset] : ""), said);
  return { numbers: { v, kept, spikes, curve, decay, exact: Math.exp(-1 / tau), settle: added * tau },
    marks: [...potential(v, kept, spikes, threshold, words, tools), ...stepOf(v, before, decay, shown, rule), ...train(spikes, steps, shown, words), ...rates(curve, current, spikes.length / steps, words), ...settling(v, added * tau, threshold, values, words, tools)],
    grips: [["threshold", "y", LEFT, heightOf(threshold) - 8, 400 - LEFT, 16, heightOf(0), 0, heightOf(1), 1], ["shown", "x", LEFT, heightOf(TOP), RIGHT - LEFT, 120, LEFT + (RIGHT - LEFT) / steps, 1, RIGHT, steps],
      ["current", "x", LEFT, 208, RIGHT - LEFT, 92, LEFT, 0, RIGHT, 1.5]],
    verdict: tools.fill(words["v-" + verdictOf(ending, near, curve, silent, current, spikes.length, steps)], values), sentence: [tools.fill(words.setting, values), rule + ".", ...[ending, "values"].map(part => tools.fill(words[part], values))].join(" ") };
}
