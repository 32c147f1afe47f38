// Twin of ratio_machine.py: Table 2's MB/img column.
const OURS = [32.331, 12.41, 29.22];
const PEERS = { sdt: [29.690, 0.30, 1008.1], sew: [21.798, 9.17, 262.9], ms: [21.802, 9.50, 269.0] };
const GROWN = { 4: 32.331, 8: 59.941, 16: 115.162 }, TAPE = 0.157, COPIES = 4, PAPER = 8.6;
const LEFT = 36, RIGHT = 364, BASE = 286, HEIGHT = 124, LARGEST = 512, START = 118, LONG = 220, PIECES = 64, MEASURED = 4;
function parts(peer, batch, steps, weights) {
  const copies = weights ? COPIES * 4 : 0, [theirs, constant, each] = PEERS[peer];
  return { ours_shared: (copies * GROWN[steps] + OURS[1]) / batch, ours_own: OURS[2] + TAPE * (steps - 4),
    peer_shared: (copies * theirs + constant) / batch, peer_own: each * steps / 4 };
}
function ratio(...setting) {
  const found = parts(...setting);
  return (found.peer_shared + found.peer_own) / (found.ours_shared + found.ours_own);
}
function crossing(peer, steps, weights) {
  const one = parts(peer, 1, steps, weights), batch = (PAPER * one.ours_shared - one.peer_shared) / (one.peer_own - PAPER * one.ours_own);
  return batch >= 1 && batch <= LARGEST ? batch : 0;
}
const saidOf = (value, words, tools) => (tools.short(value) === "1" ? words.same : tools.fill(words[value > 1 ? "less" : "more"], { ratio: tools.short(Math.max(value, 1 / value)) }));
function verdictOf(batch, cross, below, values, tools) {
  const paper = tools.fixed(PAPER, 1);
  if (values.ratio === paper) return "v-hits";
  const near = cross && Math.floor(cross) <= batch && batch <= Math.floor(cross) + 1;
  if (near && ![values.low, values.high].includes(paper)) return "v-reached";
  if (batch === 1 || batch === LARGEST) return batch === 1 ? "v-one" : "v-many";
  return below ? "v-more" : "verdict";
}
function mostOf(steps) {
  const alone = parts("sdt", 1, steps, true);
  return alone.peer_shared + alone.peer_own;
}
function bars(found, totals, batch, peer, steps, values, words, tools) {
  const scale = LONG / mostOf(steps), marks = [["text", 8, 14, words["title-bars"], "bold"]];
  if (steps > 4) marks.push(["text", 392, 14, tools.fill(words.weights, values), "end quiet"]);
  [["ours", words.ours], ["peer", words.short[peer]]].forEach(([which, name], row) => {
    const y = 22 + 33 * row, shared = found[which + "_shared"] * scale, own = found[which + "_own"] * scale;
    marks.push(["text", START - 6, y + 18, name, "end"], ["rect", START, y, shared * batch, 8, "f-soft s-orange"], ["rect", START, y, shared, 8, "f-orange"], ["rect", START, y + 10, shared, 14, "f-orange"],
      ["rect", START + shared, y + 10, own, 14, "f-blue"], ["text", START + 6 + shared + own, y + 22, tools.short(totals[which]), "bold halo"]);
    if (batch <= PIECES && shared > 1) for (let i = 1; i < batch; i++) marks.push(["line", START + shared * i, y, START + shared * i, y + 8, "s-orange"]);
  });
  return [...marks, ["rect", START, 86, 11, 11, "f-orange"], ["text", START + 16, 96, tools.fill(words.shared, { batch }), ""], ["rect", START, 103, 11, 11, "f-blue"], ["text", START + 16, 113, words.own, ""]];
}
function line(peer, batch, steps, weights, limit, cross, words, tools) {
  const highest = 1.06 * limit, points = [], known = steps === 4 ? 8 : 0, apart = [5, 10, 20, 40].find(step => 4 * step > highest);
  const x = b => LEFT + (RIGHT - LEFT) * Math.log2(b) / Math.log2(LARGEST), y = value => BASE - HEIGHT * value / highest;
  for (let step = 0; step < 37; step++) points.push([x(2 ** (step / 4)), y(ratio(peer, 2 ** (step / 4), steps, weights))]);
  const marks = [["text", 8, 138, words["title-line"], "bold"], ["line", LEFT, BASE, RIGHT, BASE, "s-rule"], ["line", LEFT, BASE, LEFT, BASE - HEIGHT, "s-rule"], ["line", LEFT, y(1), RIGHT, y(1), "s-grid"]];
  for (const b of [1, 8, 64, 512]) if (!cross || Math.abs(x(b) - x(cross)) >= 30) marks.push(["text", x(b), BASE + 16, String(b), "mid quiet"]);
  const whole = Math.floor(cross);
  if (cross) marks.push(["text", x(cross), BASE + 16, whole < 10 ? `${whole}–${whole + 1}` : tools.fixed(cross, 0), "mid bold"], ["line", x(cross), y(PAPER), x(cross), BASE, "s-ink dots"]);
  for (const value of [1, apart, 2 * apart, 3 * apart]) if (value < highest && Math.abs(y(value) - y(PAPER)) >= 12) marks.push(["text", LEFT - 6, y(value) + 4, String(value), "end quiet"]);
  marks.push(["text", LEFT - 6, y(PAPER) + 4, tools.fixed(PAPER, 1), "end bold"], ["line", LEFT, y(PAPER), RIGHT, y(PAPER), "s-ink dash"], ["line", LEFT, y(limit), RIGHT, y(limit), "s-grid"]);
  if (known) marks.push(["path", points.slice(0, known + 1).flat(), "s-blue thick"]);
  marks.push(["path", points.slice(known).flat(), "s-blue thick dots"]);
  const now = ratio(peer, batch, steps, weights), at = x(batch), level = y(now), left = at >= LEFT + 56, above = at > RIGHT - 14;
  const rising = y(ratio(peer, 2 ** ((at + 52 - LEFT) / (RIGHT - LEFT) * 9), steps, weights)), ringed = cross && Math.abs(x(cross) - at) > 9, to = at > 235 ? [LEFT + 6, "quiet halo"] : [RIGHT, "end quiet halo"];
  let foot = left ? level - 9 : Math.min(level - 9, rising - 4);
  for (const rule of [y(PAPER), y(limit)].sort((a, b) => b - a)) if (foot - 12 < rule && rule < foot + 5) foot = rule - 5;
  if (at > 180 && at < 290 && Math.abs(foot - y(limit) + 4) < 14) foot = y(limit) - 18;
  marks.push(...(ringed ? [["circle", x(cross), y(PAPER), 4, "f-paper s-ink thick"]] : []), ["circle", at, level, 5, known && batch <= MEASURED ? "f-blue" : "f-paper s-blue thick"],
    ["text", to[0], y(limit) - 4, tools.fill(words.to, { limit: tools.short(limit) }), to[1]],
    ["text", at + (above ? 0 : left ? -5 : 6), foot, `${tools.short(now)} ×`, (above ? "mid " : left ? "end " : "") + "bold halo f-blue"], ["text", 8, BASE + 32, words[known ? "known" : "unknown"], "quiet"]);
  return [...marks, ["text", RIGHT, BASE + 32, words.axis, "end quiet"]];
}
function compute(params, tools, words) {
  const { peer, batch, steps, weights } = params, found = parts(peer, batch, steps, weights), now = ratio(peer, batch, steps, weights);
  const limit = found.peer_own / found.ours_own, cross = crossing(peer, steps, weights), totals = { ours: found.ours_shared + found.ours_own, peer: found.peer_shared + found.peer_own };
  const values = { name: words.names[peer], batch, steps, ratio: tools.short(now), limit: tools.short(limit), crossing: tools.short(cross), one: tools.short(ratio(peer, 1, steps, weights)), many: tools.short(ratio(peer, LARGEST, steps, weights)),
    grown: tools.fixed(GROWN[steps], 1), before: Math.floor(cross), after: Math.floor(cross) + 1, low: tools.short(ratio(peer, Math.max(1, Math.floor(cross)), steps, weights)), high: tools.short(ratio(peer, Math.floor(cross) + 1, steps, weights)),
    now: saidOf(now, words, tools), first: saidOf(ratio(peer, 1, steps, weights), words, tools), last: saidOf(ratio(peer, LARGEST, steps, weights), words, tools) };
  for (const [name, value] of Object.entries({ ...found, ...totals })) values[name] = tools.short(value);
  const said = ["sentence", weights ? "with" : "without", "limit", ...(cross ? ["crossing"] : []), ...(steps > 4 ? ["scaled"] : [])];
  return { numbers: { ...found, ...totals, ratio: now, limit, crossing: cross }, verdict: tools.fill(words[verdictOf(batch, cross, ratio(peer, 1, steps, weights) < 1, values, tools)], values), grips: [["batch", "x", LEFT, 150, RIGHT - LEFT, BASE - 150, LEFT, 1, RIGHT, LARGEST]],
    sentence: said.map(part => tools.fill(words[part], values)).join(" "),
    marks: [...bars(found, totals, batch, peer, steps, values, words, tools), ...line(peer, batch, steps, weights, limit, cross, words, tools)] };
}
