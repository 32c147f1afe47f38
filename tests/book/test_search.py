"""Tests of the search: the right section comes first, for words, symbols, numbers, Chinese and
misspelt words; from a folder; by keys. And its index gives no answer away."""

import json

import pytest

from tests.book.building import ROOT
from tools import search_index

# (query, address that must come first, or among the first three where several are right)
FIRST = [
    ("surrogate gradient", "glossary#term-surrogate-gradient"),
    ("membrane potential", "glossary#term-membrane-potential"),
    ("reset", "glossary#term-reset"),
    ("event camera", "glossary#term-event-camera"),
    ("event cam", "glossary#term-event-camera"),
    ("事件相机", "glossary#term-event-camera"),
    ("膜电位", "glossary#term-membrane-potential"),
    ("替代梯度", "glossary#term-surrogate-gradient"),
    ("可逆", "glossary#term-reversible"),
    ("脉冲", "glossary#term-spike"),
    ("残余位", "glossary#term-residual-bits"),
    ("相机", "glossary#term-event-camera"),
    ("OTTT", "glossary#term-OTTT"),
    ("SLTT-K", "glossary#term-SLTT-K"),
    ("S-RevSNN", "glossary#term-S-RevSNN"),
    ("BPTT", "glossary#term-backpropagation-through-time"),
    ("checkpointing", "glossary#term-checkpointing"),
    ("checkpoint", "glossary#term-checkpointing"),
    ("ReZero", "glossary#term-ReZero"),
    ("spike tape", "glossary#term-spike-tape"),
    ("residual bits", "glossary#term-residual-bits"),
    ("RevNet", "glossary#term-RevNet"),
    ("picojoule", "04_energy_and_chips#a-picojoule-at-a-time"),
    ("energy", "04_energy_and_chips"),
    ("能耗", "04_energy_and_chips"),
    ("GPU memory", "03_the_bill"),
    ("memory per image", "13_the_tables#megabytes-per-image-shared-each-and-how-kept"),
    ("turned off", "08_turned_off#the-question-what-is-turned-off-and-what-is-gained"),
    ("limits", "16_limits_and_after#limits-that-we-measured"),
    ("multi-level", "glossary#term-multi-level-reversible-transfer"),
    ("multilevel", "glossary#term-multi-level-reversible-transfer"),
    ("normalization", "glossary#term-batch-normalisation"),
    ("neuromorphic", "glossary#term-neuromorphic-chip"),
    ("STBP", "glossary#term-STBP"),
    ("Fig. 2", "06_which_gradients_matter#so-is-fig-2-enough"),
    ("figure 2", "06_which_gradients_matter#so-is-fig-2-enough"),
    ("Figure 7.4", "07_reversibility#where-it-breaks"),
    ("Table 2", "ledger#table-2-imagenet"),
    ("Table 6", "14_ablations#block-and-reversibility-table-6-changes-two-things"),
    ("Eq. (10)", "09_multi_level#eq-10-by-hand"),
    ("Eq (10)", "09_multi_level#eq-10-by-hand"),
    ("eq 10", "09_multi_level#eq-10-by-hand"),
    ("equation 10", "09_multi_level#eq-10-by-hand"),
    ("Eq. (9)", "07_reversibility#eq-9-by-hand"),
    ("chapter 7", "07_reversibility"),
    ("section 7.8", "07_reversibility#three-cures-and-their-price-in-bits"),
    ("§7.8", "07_reversibility#three-cures-and-their-price-in-bits"),
    ("07.b", "07_reversibility#exercise-07-b"),
    ("7.b", "07_reversibility#exercise-07-b"),
    ("exercise 13.a", "13_the_tables#exercise-13-a"),
    ("τ", "01_the_spiking_neuron#where-does-the-factor-1-go"),
    ("tau", "01_the_spiking_neuron#where-does-the-factor-1-go"),
    (r"$\tau$", "01_the_spiking_neuron#where-does-the-factor-1-go"),
    ("α", "10_the_basic_block#rezero-which-branch-does-scale"),
    ("alpha", "10_the_basic_block#rezero-which-branch-does-scale"),
    ("O(L)", "ledger#ledger-claim-training-memory"),
    ("O(LT)", "03_the_bill"),
    (r"$O(L \cdot T)$", "03_the_bill"),
    ("O(1)", "08_turned_off#o-1-at-what-held-fixed"),
    ("O(T^2)", "08_turned_off#and-the-neurons-that-stay-on-o-t2"),
    ("V[T]", "15_paper_and_code#only-v-t-is-stored"),
    ("8.6 times", "ledger#ledger-headline-memory"),
    ("73.2", "ledger#ledger-t2-top1-512"),
    ("85.7 MB", "ledger#ledger-t2-memory-512"),
    ("730", "ledger#ledger-t2-sdt-memory"),
    ("1.6 times", "ledger#ledger-headline-energy"),
    ("4.6 pJ", "ledger#ledger-energy-mac"),
    ("eq-5", "ledger#ledger-eq-5"),
    ("decay-tau-1-1", "ledger#ledger-decay-tau-1-1"),
    ("sew-50", "ledger#ledger-sew-50"),
    ("log-last-top1", "ledger#ledger-log-last-top1"),
    ("spikformer-8-384", "ledger#ledger-spikformer-8-384"),
    ("hard reset", "glossary#term-reset"),
    ("soft reset", "glossary#term-reset"),
    ("reset to zero", "glossary#term-reset"),
    ("膜电位重置", "glossary#term-reset"),
    ("reversibility", "glossary#term-reversible"),
    ("invertible", "glossary#term-reversible"),
    ("lambda", "glossary#term-decay"),
    ("λ", "glossary#term-decay"),
    ("decay", "glossary#term-decay"),
    ("leak", "glossary#term-decay"),
    ("time constant", "glossary#term-membrane-time-constant"),
    ("threshold", "glossary#term-threshold"),
    ("V_th", "glossary#term-threshold"),
    ("spike", "glossary#term-spike"),
    ("neuron", "glossary#term-LIF"),
    ("LIF", "glossary#term-LIF"),
    ("integrate and fire", "glossary#term-LIF"),
    ("SNN", "glossary#term-spiking-neural-network"),
    ("potential", "glossary#term-membrane-potential"),
    ("T", "glossary#term-time-step"),
    ("time steps", "glossary#term-time-step"),
    ("firing rate", "glossary#term-firing-rate"),
    ("rate", "glossary#term-firing-rate"),
    ("rate coding", "01_the_spiking_neuron#or-1-is-no-restriction-"),
    ("gradient", "02_surrogate_gradients#whose-gradient-is-it"),
    ("vanishing gradient", "02_surrogate_gradients#how-an-error-fades-on-its-way-back"),
    ("Heaviside", "02_surrogate_gradients#what-is-the-true-derivative"),
    ("backpropagation", "glossary#term-backpropagation-through-time"),
    ("gradient checkpointing", "03_the_bill#the-general-way-out-checkpoints"),
    ("memory", "03_the_bill"),
    ("activations", "glossary#term-activation"),
    ("float32", "07_reversibility#eq-9-in-four-float-formats"),
    ("rounding error", "glossary#term-rounding"),
    ("batch norm", "glossary#term-batch-normalisation"),
    ("batchnorm", "glossary#term-batch-normalisation"),
    ("skip connection", "glossary#term-residual-connection"),
    ("ResNet", "glossary#term-residual-connection"),
    ("turned on", "glossary#term-turned-on-neuron"),
    ("sub-network", "glossary#term-sub-network"),
    ("weight sharing", "glossary#term-sub-network"),
    ("encode once", "glossary#term-encode-once"),
    ("Loihi", "glossary#term-neuromorphic-chip"),
    ("MNIST", "data"),
    ("Fashion-MNIST", "data"),
    ("CIFAR", "glossary#term-neuromorphic-data-set"),
    ("CIFAR10-DVS", "glossary#term-neuromorphic-data-set"),
    ("ImageNet", "glossary#term-ImageNet-1k"),
    ("event frames", "12_event_cameras#from-events-to-frames-and-what-is-lost-on-the-way"),
    ("training time", "13_the_tables#four-quotients-with-what-is-known-about-them"),
    ("accuracy", "13_the_tables#accuracy-which-epoch-which-row"),
    ("ablation", "glossary#term-ablation"),
    ("ONNX", "17_uses#without-pytorch-onnx"),
    ("PyTorch", "setup"),
    ("citation", "references"),
    ("references", "references"),
    ("install", "setup"),
    ("windows", "setup#without-make"),
    ("colab", "setup#in-a-browser-colab-kaggle-binder-and-others"),
    ("notation", "notation"),
    ("glossary", "glossary"),
]
AMONG_THREE = [
    ("surrogate gradient", "02_surrogate_gradients"),
    ("event camera", "12_event_cameras"),
    ("可逆", "07_reversibility#the-idea-without-code-is-reversible-meant-literally"),
    ("checkpointing", "03_the_bill#the-general-way-out-checkpoints"),
    ("事件相机", "12_event_cameras"),
    ("替代梯度", "02_surrogate_gradients"),
    ("ReZero", "10_the_basic_block#rezero-which-branch-does-scale"),
    ("RevNet", "07_reversibility#revnet-undo-a-block-without-inverting-anything"),
    ("V[t+1]", "notation#eq-9-backwards-in-time"),
    (r"V^l[t+1]", "notation#eq-9-backwards-in-time"),
    (r"V^{l}[t+1]", "notation#eq-9-backwards-in-time"),
    ("spike tape", "07_reversibility#three-cures-and-their-price-in-bits"),
    ("hard reset", "01_the_spiking_neuron#fire-then-reset-three-neurons-one-input"),
    ("reversibility", "07_reversibility"),
    ("8.6 times", "13_the_tables#the-question-8-6-times-less-memory-"),
    ("73.2", "15_paper_and_code#the-log-which-number-is-73-2"),
    ("可逆 脉冲", "07_reversibility#the-idea-without-code-is-reversible-meant-literally"),
    ("膜电位重置", "07_reversibility#which-resets-can-be-undone"),
    ("nueron", "01_the_spiking_neuron#two-neurons-under-one-name"),
]
# (misspelt, what is meant)
MEANT = [("nueron", "neuron"), ("surogate", "surrogate"), ("spike tpae", "spike tape")]


@pytest.fixture(scope="module")
def asked(site, browser):
    """{query: what the search finds}, all by one page, opened from the folder: the harder place."""
    queries = sorted(
        {query for query, _ in [*FIRST, *AMONG_THREE, *MEANT]} | {"zyzzyva", "鲸", "STDP"}
    )
    tab = browser.new_page()
    try:
        tab.goto((site / "book/intro.html").as_uri())
        return tab.evaluate(
            "async (all) => { const found = {};"
            " for (const one of all) found[one] = await bookSearch(one); return found; }",
            queries,
        )
    finally:
        tab.close()


def named(wanted: str, address: str) -> bool:
    """Whether an address is the wanted one: without its folder, and its end where that is long."""
    here = address.removeprefix("chapters/").removeprefix("book/")
    return here.startswith(wanted) if wanted.endswith("-") else here == wanted


@pytest.mark.parametrize("query, wanted", FIRST)
def test_the_right_section_comes_first(asked, query, wanted):
    found = [result["address"] for result in asked[query]["results"]]
    assert found and named(wanted, found[0]), found[:3]


@pytest.mark.parametrize("query, wanted", AMONG_THREE)
def test_another_right_one_is_among_the_first_three(asked, query, wanted):
    found = [result["address"] for result in asked[query]["results"]]
    assert any(named(wanted, address) for address in found[:3]), found[:5]


@pytest.mark.parametrize("query, meant", MEANT)
def test_a_misspelt_word_is_understood(asked, query, meant):
    assert asked[query]["instead"] == meant and asked[query]["results"]


def test_what_stands_nowhere_is_not_found(asked):
    absent = ("zyzzyva", "鲸", "STDP")
    assert [asked[query] for query in absent] == [{"instead": "", "results": []}] * 3


@pytest.mark.parametrize("query", sorted({query for query, _ in FIRST if "." not in query}))
def test_no_exercise_comes_before_what_teaches(asked, query):
    assert "#exercise-" not in asked[query]["results"][0]["address"]


def test_by_keys_from_a_chapter_to_a_section_and_nothing_loads_before(site, browser):
    context = browser.new_context(viewport={"width": 390, "height": 800}, color_scheme="dark")
    tab, asked, failed = context.new_page(), [], []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("pageerror", lambda error: failed.append(error.message))
    tab.goto((site / "chapters/07_reversibility.html").as_uri())
    loaded = [url for url in asked if "searchtools" in url or "index.js" in url or "mini" in url]
    assert [url for url in loaded if "micropython" not in url] == []
    tab.keyboard.press("Control+k")
    tab.keyboard.type("07.b")
    tab.wait_for_selector("#tsearch li")
    assert tab.locator("#tsearch .tfound").inner_text().endswith("result.") or tab.locator(
        "#tsearch .tfound"
    ).inner_text().endswith("results.")
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("ArrowDown")
    assert tab.evaluate("document.activeElement.closest('li')?.previousElementSibling !== null")
    tab.keyboard.press("ArrowUp")
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tab.keyboard.press("Enter")
    assert tab.url.endswith("07_reversibility.html#exercise-07-b")
    assert not tab.evaluate("document.querySelector('#pst-search-dialog').open")
    assert tab.evaluate("document.getElementById('exercise-07-b').textContent").startswith(
        "Exercise 07.b"
    )
    tab.keyboard.press("Control+k")
    tab.keyboard.press("Escape")
    assert not tab.evaluate("document.querySelector('#pst-search-dialog').open")
    tab.goto((site / "search.html").as_uri() + "?q=nueron")
    tab.get_by_role("button", name="neuron").click()
    assert tab.locator("form.bd-search input").last.input_value() == "neuron"
    context.close()
    assert [fault for fault in failed if "classList" not in fault] == []


def test_every_address_of_the_index_exists(site):
    index = json.loads(
        (site / search_index.NAME).read_text("utf8").partition("=")[2].rstrip().rstrip(";")
    )
    assert len(index["pages"]) > 40 and len(index["sections"]) > 900
    pages = [(site / f"{page}.html").read_text("utf8") for page, _ in index["pages"]]
    missing = [
        (index["pages"][page][0], anchor)
        for page, anchor, *_ in index["sections"]
        if anchor and f'id="{anchor}"' not in pages[page]
    ]
    assert missing == []
    there = {
        f"{index['pages'][page][0]}#{anchor}".rstrip("#") for page, anchor, *_ in index["sections"]
    }
    assert set(search_index.ALSO) - there == set()
    assert not (site / "searchindex.js").exists()


def test_the_index_gives_no_solution_and_no_key_away(site):
    from classroom import canaries

    index = canaries.letters((site / search_index.NAME).read_text("utf8"))
    kinds = ("the heading of the solution", "the solution", "the key")
    known = {text: what for text, what in canaries.canaries().items() if what.startswith(kinds)}
    assert len(known) > 100
    assert [what for text, what in known.items() if text in index] == []


PAGE = """<article class="bd-article"><section id="top"><h1>Title<a class="headerlink">#</a></h1>
<p>Text with <span class="math">\\(\\tau_m V^l[t + 1]\\)</span>.</p>
<section id="part"><h2>Part</h2><p id="exercise-01-a"><strong>Exercise 01.a: try</strong> (5 minutes)</p>
<p>Question.</p><details><summary>Hint 1</summary>a hint</details>
<details><summary>Solution of 01.a</summary>the secret</details><div class="tquiz">a key</div>
<div class="highlight">code</div><p class="tcaption"><strong>Figure 1.2.</strong> A line.</p>
</section></section></article>"""


def test_a_page_is_cut_into_sections_and_exercises_without_their_answers():
    top, part, exercise = search_index.entries(PAGE, "chapters/01_a")
    assert (top["title"], top["id"], top["text"]) == ("Title", "", "Text with τ_m V^l[t+1].")
    assert (part["id"], part["text"]) == ("part", "")
    assert (exercise["id"], exercise["title"]) == ("exercise-01-a", "Exercise 01.a: try")
    assert exercise["text"] == "(5 minutes) Question. Figure 1.2. A line."
    assert exercise["also"] == ["Figure 1.2"]


@pytest.mark.parametrize(
    "formula, text",
    [
        (r"\tau_m V^l[t + 1]", "τ_m V^l[t+1]"),
        (r"O(L \cdot T)", "O(L·T)"),
        (r"\frac{1}{\tau}", "1/τ"),
        (r"\frac{\partial \mathcal{L}}{\partial V^{l+1}[t]}", "∂L/∂V^(l+1)[t]"),
        (r"\mathrm{th} \ge 0{,}5", "th≥0,5"),
    ],
)
def test_a_formula_becomes_a_line_of_text(formula, text):
    assert search_index.readable(formula) == text


def test_the_vendored_library_has_its_licence():
    folder = ROOT / "book/_static/minisearch"
    assert "Permission is hereby granted" in (folder / "LICENSE").read_text("utf8")
    assert "sourceMappingURL" not in (folder / "minisearch.js").read_text("utf8")
