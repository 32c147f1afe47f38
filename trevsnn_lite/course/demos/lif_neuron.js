// Twin of lif_neuron.py: Eqs. (1) and (2).
const CURRENTS = Array.from({ length: 31 }, (_, k) => 0.05 * k), LEFT = 44, RIGHT = 376;
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
const heightOf = (value, v, threshold) => 114 - 90 * value / Math.max(1.25 * threshold, 1.05 * Math.max(...v));
function potential(v, kept, spikes, threshold, words, tools) {
  const steps = v.length, x = t => LEFT + (RIGHT - LEFT) * t / steps, y = value => heightOf(value, v, threshold);
  const marks = [["text", 8, 13, words.potential, "bold"], ["line", 216, 9, 236, 9, "s-ink dash"], ["text", 241, 13, words.threshold, ""],
    ["line", LEFT, y(0), RIGHT, y(0), "s-rule"], ["line", LEFT, y(threshold), RIGHT, y(threshold), "s-ink dash"],
    ...(y(0) - y(threshold) > 13 ? [["text", 38, y(0) + 4, "0", "end quiet"]] : []),
    ...(y(threshold) - y(Math.max(...v)) > 13 ? [["text", 38, y(Math.max(...v)) + 4, tools.fixed(Math.max(...v), 1), "end quiet"]] : []), ["text", 38, y(threshold) + 4, tools.fixed(threshold, 1), "end quiet"]];
  const points = [x(0), y(0)];
  v.forEach((value, t) => {
    points.push(x(t + 1), y(value));
    if (kept[t] !== value) points.push(x(t + 1), y(kept[t]));
  });
  marks.push(["path", points, "s-volt thick"]);
  v.forEach((value, t) => marks.push(["circle", x(t + 1), y(value), 2.5, spikes.includes(t + 1) ? "f-blue" : "f-volt"]));
  return marks;
}
function train(spikes, steps, words) {
  const marks = [["text", 8, 137, words.spikes, "bold"], ["line", LEFT, 158, RIGHT, 158, "s-rule"]];
  for (const t of spikes) marks.push(["rect", LEFT + (RIGHT - LEFT) * t / steps - 1.5, 143, 3, 15, "f-blue"]);
  return [...marks, ["text", RIGHT, 173, words.time, "end quiet"]];
}
function rates(curve, current, rate, words) {
  const x = value => LEFT + (RIGHT - LEFT) * value / 1.5, y = value => 276 - 74 * value;
  const marks = [["text", 8, 190, words.curve, "bold"], ["text", 38, y(0) + 4, "0", "end quiet"], ["text", 38, y(1) + 4, "1", "end quiet"],
    ["line", LEFT, y(0), RIGHT, y(0), "s-rule"], ["line", LEFT, y(1), RIGHT, y(1), "s-rule"]];
  for (const value of [0, 0.5, 1]) marks.push(["text", x(value), 292, String(value), "mid quiet"]);
  curve.forEach((value, k) => marks.push(["circle", x(CURRENTS[k]), y(value), 2.5, "f-blue"]));
  return [...marks, ["circle", x(current), y(rate), 6, "hollow s-ink thick"], ["text", RIGHT, 292, words.current, "end quiet"]];
}
const silentTo = curve => (curve.some(rate => rate > 0) ? curve.findIndex(rate => rate > 0) : curve.length) - 1;
function verdictOf(ending, near, curve, current, count, steps) {
  if (ending !== "fires") return near ? "nears" : current ? ending : "rest";
  if (steps <= 8) return "few";
  if (Math.abs(current - CURRENTS[silentTo(curve)] - 0.05) < 0.01) return "just";
  return count === steps ? "all" : curve.includes(1) ? "fires" : "some";
}
function compute({ tau, threshold, current, reset, steps, divided }, tools, words) {
  const decay = 1 - 1 / tau, scale = divided ? 1 / tau : 1, added = scale * current, [v, kept, spikes] = run(added, decay, threshold, reset, steps);
  const curve = CURRENTS.map(at => run(scale * at, decay, threshold, reset, steps)[2].length / steps);
  const full = curve.indexOf(1), values = { tau: tools.fixed(tau, 1), decay: tools.fixed(decay, 3), exact: tools.fixed(Math.exp(-1 / tau), 3), added: tools.fixed(added, 3),
    threshold: tools.fixed(threshold, 1), reset: words.resets[reset], count: spikes.length, steps, rate: tools.fixed(spikes.length / steps, 3),
    first: spikes.length ? spikes[0] : 0, settle: tools.fixed(added * tau, 2), levels: steps + 1,
    silent: tools.short(CURRENTS[silentTo(curve)]), every: full < 0 ? "" : tools.short(CURRENTS[full]) };
  const near = nears(added, decay, threshold), ending = spikes.length ? "fires" : added * tau > threshold && !near ? "later" : "never";
  return { numbers: { v, kept, spikes, curve, decay, exact: Math.exp(-1 / tau), settle: added * tau },
    marks: [...potential(v, kept, spikes, threshold, words, tools), ...train(spikes, steps, words), ...rates(curve, current, spikes.length / steps, words)],
    grips: [["threshold", "y", LEFT, heightOf(threshold, v, threshold) - 8, 400 - LEFT, 16, 114, 0, heightOf(1, v, threshold), 1],
      ["current", "x", LEFT, 192, RIGHT - LEFT, 92, LEFT, 0, RIGHT, 1.5]],
    verdict: tools.fill(words["v-" + verdictOf(ending, near, curve, current, spikes.length, steps)], values), sentence: ["setting", ending, "values"].map(part => tools.fill(words[part], values)).join(" ") };
}
