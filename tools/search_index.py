"""The index of the book's search, from its built pages: one entry a section, an exercise, a term of
the glossary, a row of the ledger, a reference, a function of the interface.

What a reader sees is indexed, without code, quizzes, hints and solutions, so that a search gives no
answer away. The words are cut in the browser (book/_static/search.js), the same for entries and
queries."""

import json
import pathlib
import re

import bs4

from trevsnn_lite.files import write_atomically

NAME = "_static/search_index.js"
# what a reader may call a page, a section or a term beside its own title: such a query leads there
TERM = "book/glossary#term-"
ALSO = {
    "book/references": "citation citations cite citing bibliography literature 参考文献 引用",
    "book/setup": "install installation installing 安装 | PyTorch",
    "book/setup#without-make": "windows powershell",
    "book/data": "dataset datasets 数据集 | MNIST | Fashion-MNIST | N-MNIST",
    "chapters/01_the_spiking_neuron#or-1-is-no-restriction-"
    "since-rates-take-many-values-how-many-at-t-4": "rate coding",
    "chapters/02_surrogate_gradients#what-is-the-true-derivative": "Heaviside | step function",
    "chapters/02_surrogate_gradients#how-an-error-fades-on-its-way-back": "vanishing exploding",
    "chapters/03_the_bill": "显存 内存 gpu memory",
    "chapters/04_energy_and_chips": "能耗 功耗 power consumption",
    "chapters/04_energy_and_chips#a-picojoule-at-a-time": "pJ",
    "chapters/07_reversibility#eq-9-in-four-float-formats": "float16 | float32 | bfloat16",
    "chapters/13_the_tables#four-quotients-with-what-is-known-about-them": (
        "training time | minutes | Transformer | Spike-driven Transformer"
    ),
    "chapters/13_the_tables#accuracy-which-epoch-which-row": "accuracy | top-1",
    f"{TERM}backpropagation-through-time": "RNN | backprop",
    f"{TERM}decay": "lambda | λ | leak | leakage",
    f"{TERM}firing-rate": "rate",
    f"{TERM}ImageNet-1k": "ILSVRC",
    f"{TERM}layer": "L",
    f"{TERM}LIF": "neuron | spiking neuron | integrate and fire | IF",
    f"{TERM}membrane-potential": "V | potential",
    f"{TERM}neuromorphic-chip": "Loihi | TrueNorth | Speck",
    f"{TERM}neuromorphic-data-set": "CIFAR | CIFAR10-DVS | DVS128 Gesture | DVS gesture",
    f"{TERM}reset": "hard reset | soft reset | reset to zero | reset by subtraction",
    f"{TERM}residual-connection": "ResNet | skip connection",
    f"{TERM}reversible": "reversibility | invertible",
    f"{TERM}rounding": "rounding error | rounding errors | round-off",
    f"{TERM}sub-network": "weight sharing | shared weights",
    f"{TERM}surrogate-gradient": "h",
    f"{TERM}threshold": "V_th | Vth",
    f"{TERM}time-step": "T | timestep | time steps",
    f"{TERM}turned-on-neuron": "turned on",
}
# what a reader most likely looks for comes first: (page's path, weight of its sections, of what it
# lists: terms, rows, references, functions)
WEIGHTS = (
    ("chapters/", 1.0, 1.0),
    ("book/glossary", 1.0, 1.0),
    ("book/notation", 0.9, 0.9),
    ("book/setup", 1.0, 1.0),
    ("book/references", 0.8, 0.2),
    ("book/ledger", 0.6, 0.15),
    ("book/teaching/", 0.4, 0.4),
    ("book/grading", 0.4, 0.4),
    ("book/api", 0.4, 0.4),
    ("", 0.7, 0.7),
)
LEFT_OUT = (
    "script, style, svg, img, nav, noscript, .headerlink, .tquiz, .tanswer, .growing, "
    ".toctree-wrapper"
)
PASSED = ("_", "genindex", "py-modindex", "search", "404", "book/teaching/question_key")
BLOCKS = re.compile(
    "^(p|li|td|th|tr|div|dt|dd|h[1-6]|br|summary|caption|pre|label|option|figcaption)$"
)
TOLD = re.compile(r"\s*(Solution|Hint|Answer|Show|Hide)\b")
EXERCISE = re.compile(r"\s*Exercise (\d\d\.[a-z])\b")
# sections that every chapter has
SAME = re.compile(r"(Exercises|did not show|a quiz|in class|and terms|Predict first)$")
COMMANDS = """
alpha=α beta=β gamma=γ delta=δ epsilon=ε varepsilon=ε zeta=ζ eta=η theta=θ lambda=λ mu=μ pi=π rho=ρ
sigma=σ tau=τ phi=φ varphi=φ omega=ω Theta=Θ Delta=Δ Lambda=Λ Sigma=Σ Phi=Φ Omega=Ω cdot=· times=×
ge=≥ geq=≥ le=≤ leq=≤ neq=≠ ne=≠ approx=≈ pm=± to=→ in=∈ infty=∞ partial=∂ nabla=∇ sum=Σ prod=Π
sqrt=√ dots=… ldots=… ell=ℓ ln=ln log=log exp=exp max=max min=min cos=cos
"""
SIGNS = dict(pair.split("=") for pair in COMMANDS.split())


def readable(formula: str) -> str:
    r"""A formula in one line of text: r"\tau_m V^l[t + 1]" -> "τ_m V^l[t+1]"."""
    text = re.sub(r"\\tag\*?\{[^{}]*\}|\\(?:begin|end)\{\w+\*?\}", "", formula)
    text = re.sub(
        r"\\(?:mathrm|mathcal|mathbf|boldsymbol|text|hat|tilde|bar)\s*\{([^{}]*)\}", r"\1", text
    )
    text = re.sub(r"([_^])\{(-?\w+)\}", r"\1\2", text)
    text = re.sub(r"([_^])\{([^{}]*)\}", r"\1(\2)", text)
    for _ in range(3):  # a fraction in a fraction
        text = re.sub(r"\\[td]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", r"\1/\2", text)
    text = re.sub(r"\\[td]?frac\s*(\d)\s*(\d)", r"\1/\2", text)
    text = re.sub(r"\\([A-Za-z]+)\s*", lambda found: SIGNS.get(found[1], ""), text)
    text = re.sub(r"\\[,;!: ]|[{}&\\]", "", text)
    return re.sub(r"\s*([-+=<>≥≤·×≈→])\s*", r"\1", text).strip()


def formula(node: bs4.Tag) -> str:
    """A formula's TeX, however the page shows it."""
    noted = node.find_all("annotation") or [node]
    text = node.get("data-tex") or " ".join(part.get_text() for part in noted)
    return re.sub(r"^\s*\\[(\[]|\\[)\]]\s*$", "", text.strip())


def _clean(article: bs4.Tag, left_out: str) -> None:
    """Take out what is not indexed, and make each formula a line of text."""
    for node in article.select("details"):
        if node.summary and TOLD.match(node.summary.get_text()) and not node.find("section"):
            node.decompose()
    for node in article.select(".math, .katex"):
        if not node.decomposed:
            node.replace_with(readable(formula(node)))
    for node in article.select("p"):
        if node.get_text().startswith("What this chapter costs."):
            node.decompose()
    for node in article.select(left_out):
        if not node.decomposed:
            node.decompose()
    for node in article.find_all(BLOCKS):
        node.insert(0, " ")
        node.append(" ")


def _text(nodes) -> str:
    """The nodes' text in one line."""
    return re.sub(r"\s+", " ", "".join(node.get_text() for node in nodes)).strip()


def entries(text: str, page: str) -> list[dict]:
    """The entries of a page: {id, title, text, also}, its title first; [] of a page that has no
    article. `also` are other names: those of a term, the number of a figure that stands there."""
    text = re.sub(r'"data:[^"]*"', '""', text)
    text = re.sub(r"<(script|style|svg)\b.*?</\1>", "", text, flags=re.DOTALL)
    article = bs4.BeautifulSoup(text, "html.parser").select_one("article.bd-article")
    if not article or not article.find("h1"):
        return []
    code = ", .highlight" if page.startswith("chapters/") else ""  # elsewhere it is commands
    _clean(article, LEFT_OUT + code)
    weight, listed = next(both for start, *both in WEIGHTS if page.startswith(start))
    found = [entry for node in article.select("dt, div.citation") if (entry := _listed(node, page))]
    for entry in found:
        entry["weight"] = listed
    for node in article.select("dl.glossary, dl.simple:has(.ledger-id), dl.py, div.citation-list"):
        if not node.decomposed:
            node.decompose()
    sections = [entry for node in article.select("section") for entry in _section(node)]
    for entry in sections:  # a title of a chapter says more than one of a section
        same = page.startswith("chapters/") and SAME.search(entry["title"])
        asks = EXERCISE.match(entry["title"])
        less = 0.15 if asks else 0.5 if same else 1 if entry["id"] else 1.25
        entry["weight"] = weight * less
    return sections + found


def _listed(node: bs4.Tag, page: str) -> dict | None:
    """The entry of a term, a row of the ledger, a reference or a function."""
    if node.name == "div":
        body = re.sub(r"^\[[^\]]*\]\s*", "", _text(node.children)).removeprefix("[").lstrip()
        return {"id": node["id"], "title": body[:90].rsplit(" ", 1)[0] + " …", "text": body}
    told = node.find_next_sibling("dd")
    row = node.select_one(".ledger-id")
    if row:
        value = _text(node.find_all("strong"))
        line = told.find("br")
        what = _text(reversed(list(line.previous_siblings))) if line else _text(told.children)
        title = what if value == "whole" or what.startswith(value) else f"{value}: {what}"
        rest = line.next_siblings if line else ()
        return {
            "id": row["id"], "title": title.rstrip("."), "text": _text(rest),
            "also": [value.rstrip("%"), row["id"].removeprefix("ledger-")],
        }  # fmt: skip
    if not node.get("id"):
        return None
    if page.endswith("glossary"):
        before = node.find_previous_sibling()
        if before is not None and before.name == "dt":
            return None  # another name of the same entry
        names, here = [], node
        while here is not None and here.name == "dt":
            names.append(_text(here.children))
            here = here.find_next_sibling()
        return {
            "id": node["id"], "title": names[0], "text": _text(told.children),
            "also": names[1:], "term": True,
        }  # fmt: skip
    title = node["id"].removeprefix("trevsnn_lite.")
    return {"id": node["id"], "title": title, "text": _text([*node.children, *told.children])}


def _section(node: bs4.Tag) -> list[dict]:
    """A section's entry, without its subsections, and those of its exercises."""
    heading = node.find(re.compile("^h[1-4]$"), recursive=False)
    if heading is None or not node.get("id"):
        return []
    own = [{"id": node["id"], "title": _text(heading.children), "nodes": []}]
    if heading.name == "h1":
        own[0]["id"] = ""
    for child in node.children:
        if child is heading or (isinstance(child, bs4.Tag) and child.name == "section"):
            continue
        told = EXERCISE.match(child.get_text()) if isinstance(child, bs4.Tag) else None
        if told and child.find("strong"):
            title = _text(child.find("strong").extract().children)
            own.append({"id": exercise_id(told[1]), "title": title, "nodes": []})
        own[-1]["nodes"].append(child)
    for entry in own:
        nodes = entry.pop("nodes")
        captions = [
            mark.get_text()
            for one in nodes
            if isinstance(one, bs4.Tag)
            for mark in one.select(".tcaption strong, caption strong")
        ]
        entry["text"] = _text(nodes)
        entry["also"] = [caption.rstrip(". ") for caption in captions]
    return own


def exercise_id(name: str) -> str:
    """The anchor of an exercise: "07.b" -> "exercise-07-b"."""
    return "exercise-" + name.replace(".", "-")


def collect(site: pathlib.Path) -> dict:
    """{"pages": [[path, title], ...], "sections": [[page's number, id, title, text, other names,
    weight, 1 for a term of the glossary], ...]} of a built book."""
    index: dict[str, list] = {"pages": [], "sections": []}
    for file in sorted(site.rglob("*.html")):
        page = file.relative_to(site).with_suffix("").as_posix()
        if page.startswith(PASSED) or "/." in f"/{page}":
            continue
        found = entries(file.read_text("utf8"), page)
        if not found:
            continue
        number = len(index["pages"])
        index["pages"].append([page, found[0]["title"]])
        for entry in found:
            address = f"{page}#{entry['id']}".rstrip("#")
            names = [*filter(None, [ALSO.get(address)]), *entry.get("also", [])]
            index["sections"].append([
                number, entry["id"], entry["title"], entry["text"], " | ".join(names),
                entry["weight"], int(entry.get("term", False)),
            ])  # fmt: skip
    return index


def write(site: pathlib.Path) -> pathlib.Path:
    """Write the index of the built book `site` into it; its path. A script, since a page that is
    opened from a folder may load scripts and nothing else."""
    content = json.dumps(collect(site), ensure_ascii=False, separators=(",", ":"))
    file = site / NAME
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(file, f"window.bookIndex={content};\n".encode())
    return file
