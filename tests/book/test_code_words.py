"""Tests of code in tables: a name is not cut within a word, on a desk and on a telephone."""

import pytest

from tests.book.building import ROOT

PAGES = ("notation", "equations", "your_own_network", "benchmarks")
# The lines of each piece of code in a table that end inside a word.
CUT = """() => [...document.querySelectorAll("article table code")].flatMap((code) => {
  const walk = document.createTreeWalker(code, NodeFilter.SHOW_TEXT), lines = [""];
  let last = null;
  for (let node = walk.nextNode(); node; node = walk.nextNode())
    for (let at = 0; at < node.length; at += 1) {
      const range = document.createRange();
      range.setStart(node, at);
      range.setEnd(node, at + 1);
      const { top } = [...range.getClientRects()].at(-1) || { top: last };
      if (last !== null && top > last + 5) lines.push("");
      lines[lines.length - 1] += node.data[at];
      last = top;
    }
  return lines.slice(1).map((line, n) => `${lines[n]}|${line}`)
    .filter((pair) => /[a-zA-Z0-9]\\|[a-zA-Z0-9]/.test(pair));
})"""


@pytest.mark.parametrize("width", [1280, 390])
def test_no_name_of_code_is_cut_within_a_word(site, browser, width):
    tab = browser.new_page(viewport={"width": width, "height": 900})
    try:
        for page in PAGES:
            tab.goto((site / f"book/{page}.html").as_uri())
            tab.evaluate("document.fonts.ready.then(() => null)")
            assert tab.locator("article table code").count() > 3
            assert tab.evaluate(CUT) == [], page
            assert tab.evaluate("document.documentElement.scrollWidth") <= width, page
    finally:
        tab.close()


def test_where_a_line_may_end(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "book/_ext"))
    import code_words

    row = '<td><code class="a_b"><span>kernel_size</span> {}</code> e_f</td>'
    given = f"<code>c_d</code><table>{row.format('0123456789abcdef' * 2)}</table>"
    told = row.format("0123456789abcdef<wbr>0123456789abcdef").replace("kernel_", "kernel_<wbr>")
    assert code_words.breakable(given) == f"<code>c_d</code><table>{told}</table>"
