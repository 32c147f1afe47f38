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
function verdictOf(batch, cross) {
  if (cross && Math.floor(cross) <= batch && batch <= Math.floor(cross) + 1) return "v-reached";
  return batch === 1 ? "v-one" : batch === LARGEST ? "v-many" : "verdict";
}
function mostOf(steps) {
  const alone = parts("sdt", 1, steps, true);
  return { bar: alone.peer_shared + alone.peer_own, ratio: alone.peer_own / alone.ours_own };
}
function bars(found, totals, batch, peer, steps, words, tools) {
  const scale = LONG / mostOf(steps).bar, marks = [["text", 8, 14, words["title-bars"], "bold"]];
  [["ours", words.ours], ["peer", words.short[peer]]].forEach(([which, name], row) => {
    const y = 22 + 33 * row, shared = found[which + "_shared"] * scale, own = found[which + "_own"] * scale;
    marks.push(["text", START - 6, y + 18, name, "end"], ["rect", START, y, shared * batch, 8, "f-soft s-orange"], ["rect", START, y, shared, 8, "f-orange"], ["rect", START, y + 10, shared, 14, "f-orange"],
      ["rect", START + shared, y + 10, own, 14, "f-blue"], ["text", START + 6 + shared + own, y + 22, tools.short(totals[which]), "bold halo"]);
    if (batch <= PIECES && shared > 1) for (let i = 1; i < batch; i++) marks.push(["line", START + shared * i, y, START + shared * i, y + 8, "s-orange"]);
  });
  return [...marks, ["rect", START, 86, 11, 11, "f-orange"], ["text", START + 16, 96, tools.fill(words.shared, { batch }), ""], ["rect", START, 103, 11, 11, "f-blue"], ["text", START + 16, 113, words.own, ""]];
}
function line(peer, batch, steps, weights, limit, cross, words, tools) {
  const highest = 1.06 * mostOf(steps).ratio, points = [], known = steps === 4 ? 8 : 0, apart = 10 * steps / 4;
  const x = b => LEFT + (RIGHT - LEFT) * Math.log2(b) / Math.log2(LARGEST), y = value => BASE - HEIGHT * value / highest;
  for (let step = 0; step < 37; step++) points.push([x(2 ** (step / 4)), y(ratio(peer, 2 ** (step / 4), steps, weights))]);
  const marks = [["text", 8, 138, words["title-line"], "bold"], ["line", LEFT, BASE, RIGHT, BASE, "s-rule"], ["line", LEFT, BASE, LEFT, BASE - HEIGHT, "s-rule"], ["line", LEFT, y(1), RIGHT, y(1), "s-grid"]];
  for (const b of [1, 8, 64, 512]) if (!cross || Math.abs(x(b) - x(cross)) >= 20) marks.push(["text", x(b), BASE + 16, String(b), "mid quiet"]);
  const whole = Math.floor(cross);
  if (cross) marks.push(["text", x(cross), BASE + 16, whole < 10 ? `${whole}–${whole + 1}` : tools.fixed(cross, 0), "mid bold"], ["line", x(cross), y(PAPER), x(cross), BASE, "s-ink dots"]);
  for (const value of [1, apart, 2 * apart, 3 * apart]) marks.push(["text", LEFT - 6, y(value) + 4, String(value), "end quiet"]);
  marks.push(["text", RIGHT + 5, y(PAPER) + 4, tools.fixed(PAPER, 1), "bold"], ["line", LEFT, y(PAPER), RIGHT, y(PAPER), "s-ink dash"], ["line", LEFT, y(limit), RIGHT, y(limit), "s-grid"]);
  if (known) marks.push(["path", points.slice(0, known + 1).flat(), "s-blue thick"]);
  marks.push(["path", points.slice(known).flat(), "s-blue thick dots"]);
  const now = ratio(peer, batch, steps, weights), at = x(batch), level = y(now), right = at < RIGHT - 70;
  marks.push(...(cross ? [["circle", x(cross), y(PAPER), 4, "f-paper s-ink thick"]] : []), ["circle", at, level, 5, known && batch <= MEASURED ? "f-blue" : "f-paper s-blue thick"],
    ["text", LEFT + 6, y(limit) - 4, tools.fill(words.to, { limit: tools.short(limit) }), "quiet halo"],
    ["text", at + (right ? 9 : -9), right ? Math.min(level + 16, BASE - 4) : level - 8, `${tools.short(now)} ×`, right ? "bold halo" : "end bold halo"], ["text", 8, BASE + 32, words[known ? "known" : "unknown"], "quiet"]);
  return [...marks, ["text", RIGHT, BASE + 32, words.axis, "end quiet"]];
}
function compute(params, tools, words) {
  const { peer, batch, steps, weights } = params, found = parts(peer, batch, steps, weights), now = ratio(peer, batch, steps, weights);
  const limit = found.peer_own / found.ours_own, cross = crossing(peer, steps, weights), totals = { ours: found.ours_shared + found.ours_own, peer: found.peer_shared + found.peer_own };
  const values = { name: words.names[peer], batch, steps, ratio: tools.short(now), limit: tools.short(limit), crossing: tools.short(cross), one: tools.short(ratio(peer, 1, steps, weights)), many: tools.short(ratio(peer, LARGEST, steps, weights)) };
  for (const [name, value] of Object.entries({ ...found, ...totals })) values[name] = tools.short(value);
  const said = ["sentence", weights ? "with" : "without", "limit", ...(cross ? ["crossing"] : []), ...(steps > 4 ? ["scaled"] : [])];
  return { numbers: { ...found, ...totals, ratio: now, limit, crossing: cross }, verdict: tools.fill(words[verdictOf(batch, cross)], values), grips: [["batch", "x", LEFT, 150, RIGHT - LEFT, BASE - 150, LEFT, 1, RIGHT, LARGEST]],
    sentence: said.map(part => tools.fill(words[part], values)).join(" "),
    marks: [...bars(found, totals, batch, peer, steps, words, tools), ...line(peer, batch, steps, weights, limit, cross, words, tools)] };
}
