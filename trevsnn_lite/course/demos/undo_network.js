// Moves the film of the front page (undo_network.py): shows and hides what is drawn, by moments 0 to 2 T L. Computes nothing.
const film = document.currentScript.previousElementSibling, { levels, steps, words } = spec, all = levels * steps;
const groups = [...film.querySelectorAll("[data-k]")].map(g => [g, +g.dataset.k, g.closest(".store") ? "kept" : "bits"]);
const bars = [...film.querySelectorAll("[data-t]")], where = film.querySelector(".where");
const counts = ["stored", "taped"].map((name, i) => [spec[name], film.querySelectorAll(".count b")[i]]);
const frames = [...film.querySelectorAll(".error")], now = film.querySelector(".now"), sides = film.querySelector(".sides");
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, key) => values[key]);
const moves = film.querySelector(".moves"), button = moves.appendChild(document.createElement("button")), range = moves.appendChild(document.createElement("input"));
button.type = "button";
for (const [way, sign, name] of [[-1, "◂", "before"], [1, "▸", "after"]]) {
  const one = document.createElement("button");
  Object.assign(one, { type: "button", textContent: sign, className: "one-step", title: words[name] });
  one.setAttribute("aria-label", words[name]);
  one.addEventListener("click", () => { away = false; play(false); show(Math.min(2 * all, Math.max(0, +range.value + way))); });
  range.before(one);
}
Object.assign(range, { type: "range", min: 0, max: 2 * all, value: all });
range.setAttribute("aria-label", words.moment);
const first = all + 1;
let timer = 0, rounds = 0, playing = false, away = false;
function show(moment) {
  const done = Math.min(moment, 2 * all - moment), back = moment > all, end = moment === 2 * all, t = back ? Math.ceil(done / levels) : Math.ceil(moment / levels);
  // the newest step of a level is kept whole on both sides; on the right what lies before it is bits
  for (const [g, k, before] of groups) {
    g.dataset.s = k >= done ? "none" : k + levels >= done ? "kept" : before;
    // what has been undone stays framed on the right, also when it is freed
    g.toggleAttribute("data-equal", back && before === "bits" && k + levels >= done && k < all - levels);
  }
  for (const bar of bars) bar.style.opacity = end || levels * bar.dataset.t < done ? 1 : 0.12;  // at the end the peaks stand
  // the error is at the newest cell that is left: its frame takes the place of that cell's
  const there = moment >= all && !end && groups.find(([, k]) => k === done - 1)[0].querySelector(".place").getBBox();
  for (const frame of frames) {
    frame.style.display = there ? "" : "none";
    if (there) frame.setAttribute("transform", `translate(${there.x - 2} ${there.y - 2})`);
  }
  // where one stands still, and at the first one also in play: the sum by which one of the newly undone potentials came back, and its place
  const sum = back && !end && (!playing || moment === first) && spec.sums[done - levels];
  now.style.display = sum ? "" : "none";
  if (sum) now.setAttribute("transform", `translate(${sum[0]} ${sum[1]})`);
  film.toggleAttribute("data-end", end);
  // on the way back the peaks stay beside what is kept now; at the end they stand alone, for nothing is kept any more
  for (const [bytes, node] of counts) {
    node.textContent = bytes[end ? all : done];
    node.nextSibling.textContent = end ? words.most : back ? fill(words.peak, { peak: bytes[all] }) : words.bytes;
  }
  where.textContent = moment === all ? words.turn : end ? words.end : sum ? sum[2] : fill(back ? words.back : words.forward, { t, steps });
  range.value = moment;
  range.setAttribute("aria-valuetext", fill(words[end ? "says-end" : "says"], { where: where.textContent, stored: spec.stored[end ? all : done], taped: spec.taped[end ? all : done] }));
}
function step() {
  const moment = (+range.value + 1) % (2 * all + 1);
  rounds += moment === 0;
  show(moment);
  if (rounds === 3 && moment === all) play(false);  // it does not run for ever
  else timer = setTimeout(step, moment === all ? 1800 : moment === first ? 2600 : moment === 2 * all ? 3000 : moment === 0 ? 700 : 110);  // the peak, the first sum and the result can be read
}
function play(on) {
  clearTimeout(timer);
  playing = on;
  button.textContent = on ? words.pause : words.play;
  if (on) timer = setTimeout(step, 110);
  else show(+range.value);
}
button.addEventListener("click", () => { rounds = 0; away = false; play(!playing); });
range.addEventListener("input", () => { play(false); show(+range.value); });
show(all);
play(false);
if (matchMedia("(prefers-reduced-motion: no-preference)").matches) {
  // in sight for the first time: from the start; out of sight: no work
  const seen = new IntersectionObserver(entries => {
    const entry = entries.at(-1), { height } = entry.intersectionRect;
    // both networks, or as much of them as the window can hold
    if (!film.dataset.begun && height >= Math.min(0.95 * entry.boundingClientRect.height, 0.75 * innerHeight)) { film.dataset.begun = "yes"; show(0); play(true); }
    else if (away && entry.intersectionRatio >= 0.4) { away = false; play(true); }
    else if (playing && entry.intersectionRatio < 0.4) { away = true; play(false); }
  }, { threshold: Array.from({ length: 21 }, (_, i) => i / 20) });
  seen.observe(sides);
}
