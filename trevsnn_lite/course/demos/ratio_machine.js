// Twin of ratio_machine.py: Table 2's MB/img column.
const OURS = [32.331, 12.41, 29.22];
const PEERS = { sdt: [29.690, 0.30, 1008.1], sew: [21.798, 9.17, 262.9], ms: [21.802, 9.50, 269.0] };
const GROWN = { 4: 32.331, 8: 59.941, 16: 115.162 }, TAPE = 0.157, COPIES = 4, PAPER = 8.6;
const LEFT = 44, RIGHT = 384, BASE = 284, HEIGHT = 118, LARGEST = 512;
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
function bars(found, totals, one, peer, words, tools) {
  const scale = 190 / Math.max(one.ours_shared + one.ours_own, one.peer_shared + one.peer_own), marks = [["text", 8, 14, words["title-bars"], "bold"]];
  [["ours", words.ours], ["peer", words.short[peer]]].forEach(([which, name], row) => {
    const y = 24 + 24 * row, shared = found[which + "_shared"] * scale, own = found[which + "_own"] * scale;
    marks.push(["text", 112, y + 12, name, "end"], ["rect", 118, y, shared, 16, "f-orange"], ["rect", 118 + shared, y, own, 16, "f-blue"],
      ["text", 124 + shared + own, y + 12, tools.short(totals[which]), ""]);
  });
  return [...marks, ["rect", 118, 76, 11, 11, "f-orange"], ["text", 134, 86, words.shared, ""], ["rect", 118, 94, 11, 11, "f-blue"], ["text", 134, 104, words.own, ""]];
}
function line(peer, batch, steps, weights, limit, cross, words, tools) {
  const most = Math.max(limit, PAPER, ratio(peer, 1, steps, weights)), highest = 1.1 * most, points = [];
  const x = b => LEFT + (RIGHT - LEFT) * Math.log2(b) / Math.log2(LARGEST), y = value => BASE - HEIGHT * value / highest;
  for (let step = 0; step < 37; step++) points.push(x(2 ** (step / 4)), y(ratio(peer, 2 ** (step / 4), steps, weights)));
  const marks = [["text", 8, 138, words["title-line"], "bold"], ["line", LEFT, BASE, RIGHT, BASE, "s-rule"], ["line", LEFT, BASE, LEFT, BASE - HEIGHT, "s-rule"]];
  for (const b of [1, 8, 64, 512]) if (!cross || Math.abs(x(b) - x(cross)) >= 20) marks.push(["text", x(b), BASE + 16, String(b), "mid quiet"]);
  const whole = Math.floor(cross);
  if (cross) marks.push(["text", x(cross), BASE + 16, whole < 10 ? `${whole}–${whole + 1}` : tools.fixed(cross, 0), "mid bold"], ["line", x(cross), y(PAPER), x(cross), BASE, "s-ink dots"]);
  if (BASE - y(PAPER) > 13) marks.push(["text", 38, BASE + 4, "0", "end quiet"]);
  marks.push(["text", 38, y(PAPER) + 4, tools.fixed(PAPER, 1), "end quiet"],
    ["line", LEFT, y(PAPER), RIGHT, y(PAPER), "s-ink dash"], ["line", LEFT, y(limit), RIGHT, y(limit), "s-grid"],
    ["path", points, "s-blue thick"], ...(cross ? [["circle", x(cross), y(PAPER), 4, "f-paper s-ink thick"]] : []), ["circle", x(batch), y(ratio(peer, batch, steps, weights)), 5, "f-blue"],
    ["text", LEFT + 6, y(limit) - 4, tools.fill(words.to, { limit: tools.short(limit) }), "quiet halo"]);
  return [...marks, ["text", RIGHT, BASE + 32, words.axis, "end quiet"]];
}
function compute(params, tools, words) {
  const { peer, batch, steps, weights } = params, found = parts(peer, batch, steps, weights), now = ratio(peer, batch, steps, weights);
  const limit = found.peer_own / found.ours_own, cross = crossing(peer, steps, weights), totals = { ours: found.ours_shared + found.ours_own, peer: found.peer_shared + found.peer_own };
  const values = { name: words.names[peer], batch, steps, ratio: tools.short(now), limit: tools.short(limit), crossing: tools.short(cross), one: tools.short(ratio(peer, 1, steps, weights)), many: tools.short(ratio(peer, LARGEST, steps, weights)) };
  for (const [name, value] of Object.entries({ ...found, ...totals })) values[name] = tools.short(value);
  const said = ["sentence", weights ? "with" : "without", "limit", ...(cross ? ["crossing"] : []), ...(steps > 4 ? ["scaled"] : [])];
  return { numbers: { ...found, ...totals, ratio: now, limit, crossing: cross }, verdict: tools.fill(words[batch === 1 ? "v-one" : batch === LARGEST ? "v-many" : "verdict"], values), grips: [["batch", "x", LEFT, 150, RIGHT - LEFT, BASE - 150, LEFT, 1, RIGHT, LARGEST]],
    sentence: said.map(part => tools.fill(words[part], values)).join(" "),
    marks: [...bars(found, totals, parts(peer, 1, steps, weights), peer, words, tools), ...line(peer, batch, steps, weights, limit, cross, words, tools)] };
}
