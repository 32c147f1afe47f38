"""Classes are matched by name: train, test, checkpoint and evaluation number them alike, or one
sentence says how they differ."""

import json
import unicodedata
import warnings

import numpy as np
import pytest
import torch

from trevsnn_lite import TRevSNN, preset
from trevsnn_lite.__main__ import main
from trevsnn_lite.data import EventSet, ImageSet, load_events, load_images
from trevsnn_lite.data.classes import difference, in_order_of
from trevsnn_lite.training import TrainConfig, evaluate, load_checkpoint, load_network, train
from trevsnn_lite.training.checkpoints import save_checkpoint

NAMES = ("top", "middle", "bottom")
CONFIG = TrainConfig(epochs=10, batch_size=6, lr=0.02, warmup_epochs=0.0, shift=0, memory="store")


def rows(count=24, names=NAMES, split="train") -> ImageSet:
    """Images with a bright row, whose place is the class; `names` says how the classes are
    numbered."""
    place = np.arange(count) % 3
    images = np.zeros((count, 1, 8, 8), np.uint8)
    for image, row in zip(images, place, strict=True):
        image[:, 3 * row : 3 * row + 2] = 250
    labels = np.array([names.index(NAMES[row]) for row in place], np.int64)
    return ImageSet(names, "rows", split, (0.3,), (0.3,), images, labels)


def network():
    small = dict(widths=(4, 6), time_steps=2, image_size=8, kernel_size=3, num_classes=3)
    return TRevSNN(preset("fashion-mini", **small), memory="store", seed=0)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A network that has learnt the rows, and its checkpoint."""
    net, out = network(), tmp_path_factory.mktemp("rows")
    result = train(net, (rows(), rows(split="test")), CONFIG, out, progress=False)
    assert result.test_accuracy == 1.0
    return net, result.checkpoint


# Sentences


@pytest.mark.parametrize(
    ("found", "wanted", "said"),
    [
        (("ant", "bee"), ("ant", "bee"), ""),
        ((1, 2), ("1", "2"), ""),
        (("bee", "ant"), ("ant", "bee"), "the same names in another order"),
        (("ant",), ("ant", "bee"), "missing 'bee'"),
        (("ant", "bee", "cat"), ("ant", "bee"), "extra 'cat'"),
        (("bee", "cat"), ("ant", "bee"), "missing 'ant', extra 'cat'"),
        (("Ant", "bee"), ("ant", "bee"), "other capitals, spaces or accents in 'Ant' for 'ant'"),
        (("a b",), ("ab",), "other capitals, spaces or accents in 'a b' for 'ab'"),
        (
            ("Ant", "bee"),
            ("ant", "cat"),
            "other capitals, spaces or accents in 'Ant' for 'ant', missing 'cat', extra 'bee'",
        ),
        (
            tuple("0123456"),
            ("x", "y"),
            "missing 'x' and 'y', extra '0', '1', '2', '3', '4' and 2 more",
        ),
    ],
)
def test_a_difference_is_said(found, wanted, said):
    assert difference(found, wanted) == said


def test_letters_composed_in_two_ways_are_told():
    """macOS writes an accent as a letter of its own; to the eye the names are the same."""
    composed, apart = (unicodedata.normalize(form, "géant") for form in ("NFC", "NFD"))
    assert composed != apart and "accents in" in difference((apart,), (composed,))


def test_sets_without_names_are_left_alone():
    nameless = object()
    assert in_order_of(nameless, NAMES, "", "") is nameless
    assert in_order_of(given := rows(), None, "", "") is given
    assert in_order_of(given, NAMES, "", "") is given


# Another order is put right, for each kind of set


def test_images_in_memory_are_renumbered():
    other = rows(names=("bottom", "top", "middle"))
    found = in_order_of(other, NAMES, "", "")
    assert found.class_names == NAMES and (found.labels == rows().labels).all()
    assert not (other.labels == rows().labels).all()


def test_image_folders_are_renumbered(tmp_path):
    Image = pytest.importorskip("PIL.Image")
    for level, name in enumerate(("ant", "bee", "cat")):
        (tmp_path / "val" / name).mkdir(parents=True)
        Image.new("RGB", (8, 8), (level,) * 3).save(tmp_path / "val" / name / "0.png")
    made = load_images("imagefolder", "test", tmp_path, image_size=8)
    found = in_order_of(made, ("cat", "ant", "bee"), "", "")
    ((images, labels),) = found.read_batches([torch.arange(3)])
    assert images[:, 0, 0, 0].tolist() == [0, 1, 2] and labels.tolist() == [1, 2, 0]
    assert found.class_names == ("cat", "ant", "bee") == tuple(found.dataset.classes)
    assert next(made.read_batches([torch.arange(3)]))[1].tolist() == [0, 1, 2]  # as it was


def test_recordings_are_renumbered_however_they_are_read():
    pytest.importorskip("tonic")
    made = load_events("simulated-dvs", "test").take(slice(0, 6))
    names = made.class_names
    turned = names[3:] + names[:3]
    found = in_order_of(made, turned, "", "")
    assert isinstance(found, EventSet) and found.class_names == turned
    back = in_order_of(found, names, "", "")
    for i in range(6):
        name = names[made.raw(i)[1]]
        assert turned[found.raw(i)[1]] == turned[found[i][1]] == name == names[back[i][1]]
    ((_, labels),) = found.read_batches([torch.arange(6)])
    assert [turned[label] for label in labels.tolist()] == [names[made[i][1]] for i in range(6)]


# Training, checkpoint, evaluation


def test_test_images_in_another_order_are_learnt_and_judged_by_name(tmp_path):
    test = rows(names=("bottom", "top", "middle"), split="test")
    assert train(network(), (rows(), test), CONFIG, tmp_path, progress=False).test_accuracy == 1.0


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("top", "middle", "Bottom"), "capitals, spaces or accents in 'Bottom' for 'bottom'"),
        (("top", "middle", "left"), "missing 'bottom', extra 'left'"),
        ((*NAMES, "left"), "extra 'left'"),
    ],
)
def test_test_images_of_other_classes_are_refused_before_anything_is_written(names, said, tmp_path):
    from dataclasses import replace

    test = replace(rows(split="test"), class_names=names)
    with pytest.raises(
        ValueError, match=f"the test images need the 3 classes of the training images; .*{said}"
    ):
        train(network(), (rows(), test), CONFIG, tmp_path / "out", progress=False)
    assert not (tmp_path / "out").exists()


def test_a_checkpoint_holds_the_names_and_evaluation_matches_by_them(run):
    net, checkpoint = run
    assert load_checkpoint(checkpoint)["about"]["data"]["class_names"] == list(NAMES)
    loaded = load_network(checkpoint)
    assert loaded.class_names == net.class_names == NAMES
    turned = rows(names=("bottom", "top", "middle"), split="test")
    for judged in (net, loaded):
        assert evaluate(judged, turned) == 1.0
        del judged.class_names
        assert evaluate(judged, turned) == 0.0  # what matching by number would report
        judged.class_names = NAMES
    from dataclasses import replace

    with pytest.raises(
        ValueError,
        match="the test images need the 3 classes of the network; missing 'middle', extra 'left'",
    ):
        evaluate(loaded, replace(turned, class_names=("bottom", "top", "left")))


def test_a_run_is_not_resumed_on_other_classes(tmp_path):
    from dataclasses import replace

    train(network(), (rows(), rows(split="test")), CONFIG, tmp_path, progress=False)
    other = [
        replace(rows(split=split), class_names=("top", "middle", "left"))
        for split in ("train", "test")
    ]
    with pytest.raises(
        ValueError, match=r"another run \(its classes: missing 'bottom', extra 'left'\)"
    ):
        train(network(), tuple(other), CONFIG, tmp_path, resume=True, progress=False)


def test_an_old_checkpoint_without_names_loads_with_a_word(run, tmp_path):
    state = load_checkpoint(run[1])
    del state["about"]["data"]["class_names"]
    save_checkpoint(tmp_path / "old.safetensors", state)
    old = load_network(tmp_path / "old.safetensors")
    assert old.class_names is None
    with pytest.warns(UserWarning, match="class names were not kept: labels are matched by their"):
        assert evaluate(old, rows(split="test")) == 1.0


def test_an_old_run_is_resumed_with_a_word(tmp_path):
    data = rows(), rows(split="test")
    train(network(), data, CONFIG, tmp_path, progress=False)
    state = load_checkpoint(tmp_path / "last.safetensors")
    del state["about"]["data"]["class_names"]
    save_checkpoint(tmp_path / "last.safetensors", state)
    with pytest.warns(UserWarning, match="class names were not kept: that the classes"):
        train(network(), data, CONFIG, tmp_path, resume=True, progress=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        evaluate(network(), data[1])  # a network that was not trained here says nothing


# The command line


@pytest.fixture
def insects(tmp_path):
    """Shades of grey a class; train {ant, bee}; the test folder is the tests' own."""
    Image = pytest.importorskip("PIL.Image")
    shades = {"ant": 30, "bee": 220, "cat": 120}

    def make(split, *names):
        for name in names:
            (tmp_path / split / name).mkdir(parents=True)
            for k in range(4):
                shade = (shades.get(name.lower(), 0) + k,) * 3
                Image.new("RGB", (40, 40), shade).save(tmp_path / split / name / f"{k}.png")

    make("train", "ant", "bee")
    return tmp_path, make


SMALL = [
    *("--preset", "paper-384", "--epochs", "1", "--batch-size", "4", "--set", "widths=8,8"),
    *("image_size=32", "blocks_per_level=1", "accumulate=1", "workers=0", "policy="),
    *("erasing=0.0", "num_classes=2"),
]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("bee", "cat"), "missing 'ant', extra 'cat': give both the same class folders"),
        (("bee",), "missing 'ant': give both the same class folders"),
        (("Ant", "bee"), "accents in 'Ant' for 'ant': give both the same class folders"),
    ],
)
def test_the_advice_fits_the_cause(names, said, insects, tmp_path, capsys):
    folder, make = insects
    make("val", *names)
    arguments = ["train", "--data", str(folder), "--out", str(tmp_path / "out"), *SMALL]
    assert main(arguments) == 2
    found = capsys.readouterr().err
    assert said in found and "num_classes" not in found and found.count("\n") == 1
    arguments[-1] = "num_classes=3"
    assert main(arguments) == 2
    assert (
        "imagefolder has 2 classes, the network 3: --set num_classes=2" in capsys.readouterr().err
    )


def test_evaluate_on_other_folders_is_refused(insects, tmp_path, capsys):
    folder, make = insects
    make("val", "ant", "bee")
    out = tmp_path / "out"
    assert main(["train", "--data", str(folder), "--out", str(out), *SMALL]) == 0
    final = str(out / "final.safetensors")
    assert main(["evaluate", final, "--data", str(folder)]) == 0
    (folder / "val" / "ant").rename(folder / "val" / "cat")
    capsys.readouterr()
    assert main(["evaluate", final, "--data", str(folder)]) == 2
    said = capsys.readouterr().err
    assert "need the 2 classes of the network; missing 'ant', extra 'cat'" in said
    make("val2", "ant")  # an old checkpoint, and another number of classes
    state = load_checkpoint(final)
    del state["about"]["data"]["class_names"]
    save_checkpoint(out / "old.safetensors", state)
    make("val", "wasp")
    assert main(["evaluate", str(out / "old.safetensors"), "--data", str(folder)]) == 2
    said = capsys.readouterr().err
    assert "imagefolder has 3 classes, the network of" in said and "2: evaluate it on the" in said
    assert json.dumps(said).count("\\n") == 1
