"""Three counts of one network: the papers' rate x MACs (Eq. (13)), this book's exact additions, and
NeuroBench's, of the same trained T-RevSNN on the same images, folded and with its pairs merged."""

import shutil
from importlib.metadata import version

from trevsnn_lite import TRevSNN, TRevSNNConfig
from trevsnn_lite.deploy.fold import fold
from trevsnn_lite.experiments import plots
from trevsnn_lite.meters.energy import AC_PICOJOULES, MAC_PICOJOULES, EnergyReport, energy
from trevsnn_lite.meters.neurobench import neurobench_counts, require_neurobench
from trevsnn_lite.training import TrainConfig, load_network, train

from .pictures import pictures
from .record import Bench, Experiment, Quoted
from .seeds import cell
from .training_runs import CIFAR, FASHION, LARGE, LONG, QUICK, SMALL

PAPERS, EXACT, NEUROBENCH = "Eq. (13)", "exact", "NeuroBench"
FORMS = {"folded": False, "pairs merged": True}

SETTINGS = {
    "smoke": {
        **FASHION,
        "train_images": 20,
        "test_images": 20,
        "seeds": 1,
        "counted_images": 4,
        "network": {**SMALL, "widths": (4, 6), "time_steps": 2},
        "recipe": {**QUICK, "epochs": 1},
    },
    "cpu": {
        **FASHION,
        "train_images": 2000,
        "test_images": 2000,
        "seeds": 3,
        "counted_images": 500,
        "network": SMALL,
        "recipe": {**QUICK, "epochs": 6, "evaluate_every": 6},
    },
    "gpu": {
        **CIFAR,
        "seeds": 3,
        "counted_images": 500,
        "network": LARGE,
        "recipe": LONG,
    },
}


def arms(settings: dict, seed: int) -> list[dict]:
    return [{"seed": seed + count} for count in range(settings["seeds"])]


def measure(bench: Bench, arm: dict) -> dict:
    require_neurobench()  # before the training
    settings = bench.settings
    config = TrainConfig(**settings["recipe"], seed=arm["seed"])
    net = TRevSNN(TRevSNNConfig(**settings["network"]), memory=config.memory, seed=arm["seed"])
    data = pictures(bench, settings["change"])
    result = train(
        net.to(bench.device), data, config, bench.folder, resume=True, progress=bench.progress
    )
    trained = load_network(result.checkpoint).to(bench.device)
    shutil.rmtree(bench.folder)
    every = len(data[1]) // settings["counted_images"]  # the classes lie in blocks
    images = data[1].take(slice(None, None, max(1, every))).tensors()[0].to(bench.device)
    found = {}
    for form, merge_pairs in FORMS.items():
        folded = fold(trained, merge_pairs=merge_pairs)
        report, theirs = energy(folded, images), neurobench_counts(folded, images)
        found[form] = {
            "parameters": sum(parameter.numel() for parameter in folded.parameters()),
            "macs": report.macs,
            "dense": theirs.dense,
            "sparsity": theirs.sparsity,
            "counts": {
                PAPERS: by_equation_13(report),
                EXACT: [report.mac, report.ac],
                NEUROBENCH: [theirs.macs, theirs.acs],
            },
        }
    return {
        "test_accuracy": result.test_accuracy,
        "neurobench": version("neurobench"),
        "forms": found,
    }


def by_equation_13(report: EnergyReport) -> list[float]:
    """[multiply-accumulates, additions] of Eq. (13): the first layer once, and the rate of what is
    not zero times the MACs of all others."""
    added = sum(layer.rate * layer.macs for layer in report.layers if layer.name != report.first)
    return [report.first_macs, added]


def microjoules(counts: list[float]) -> float:
    """[MACs, additions] at Eq. (13)'s prices."""
    return 1e-6 * (MAC_PICOJOULES * counts[0] + AC_PICOJOULES * counts[1])


def energies(done: list[dict], form: str, count: str) -> list[float]:
    """Microjoules an image, by arm."""
    return [microjoules(arm["forms"][form]["counts"][count]) for arm in done]


def table(done: list[dict]) -> list[list[str]]:
    head = ["network", "parameters", "count", "MACs, thousand", "additions, thousand", "µJ"]
    rows = [head]
    for form in FORMS:
        parameters = f"{done[0]['forms'][form]['parameters']:,}"
        for count in (PAPERS, EXACT, NEUROBENCH):
            found = [arm["forms"][form]["counts"][count] for arm in done]
            macs, added = ([1e-3 * each[place] for each in found] for place in (0, 1))
            paid = cell(energies(done, form, count), 3)
            rows.append([form, parameters, count, cell(macs), cell(added), paid])
    return rows


def verdict(done: list[dict]) -> str:
    said = []
    for form in FORMS:
        bills = {
            count: sum(energies(done, form, count)) / len(done)
            for count in (PAPERS, EXACT, NEUROBENCH)
        }
        low, high = min(bills, key=bills.get), max(bills, key=bills.get)
        numbers = ", ".join(f"{value:.2f} µJ by {count}" for count, value in bills.items())
        times = bills[high] / bills[low]
        said.append(f"{form}: {numbers}; {high} is {times:.2f} times {low}")
    return f"One network, one set of spikes, one price list. {'. '.join(said)}."


def draw(done: list[dict]):
    """One column, to be read on a phone."""
    made, axes = plots.figure(rows=2, width=4.2, height=2.2)
    for axis, form in zip((row[0] for row in axes), FORMS):
        groups = {count: energies(done, form, count) for count in (PAPERS, EXACT, NEUROBENCH)}
        plots.points(axis, groups)
        axis.set(title=f"{form}: each point one seed", ylabel="µJ an image")
        axis.set_ylim(bottom=0)
    return made


EXPERIMENT = Experiment(
    title="Three counts of one network: Eq. (13), exact, NeuroBench",
    shows="multiply-accumulates, additions and their energy at one price list for the same trained "
    "T-RevSNN, folded and with its pairs merged, on the same images, by three conventions. Eq. "
    "(13): the first layer multiplies once, all else adds, by rate. Exact: what meets reals "
    "multiplies, borders and zeros included; a spike adds where it reaches. NeuroBench: what meets "
    "more than -1, 0 and 1 multiplies, zeros and borders left out, and spike counts with it",
    cannot="a joule, memory, or a chip. The network is small and its maps are 7 x 7 at most, where "
    "borders weigh more than in a large one.",
    paper=(
        Quoted(
            "energy by Eq. (13), 2.8 mJ for the network of 29.8M parameters",
            "arXiv v1, Table 2 and Eq. (13); no program for it was released",
        ),
    ),
    settings=SETTINGS,
    arms=arms,
    measure=measure,
    table=table,
    verdict=verdict,
    draw=draw,
)
