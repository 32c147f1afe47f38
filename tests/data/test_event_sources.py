"""What the library and the book's page on data say of the recorded event data sets is what tonic
knows: classes, folders, checksums, addresses."""

from pathlib import Path

import pytest

from trevsnn_lite.data.event_files import CIFAR_CLASSES, DIGITS, FOLDERS, GESTURES

tonic = pytest.importorskip("tonic")


def test_class_names_and_folders_are_tonic_s():
    assert (
        tuple(tonic.datasets.CIFAR10DVS.classes) == CIFAR_CLASSES
        and tuple(tonic.datasets.DVSGesture.classes) == GESTURES
    )
    assert tuple(tonic.datasets.NMNIST.classes) == DIGITS
    for kind, name in zip(FOLDERS.values(), ("CIFAR10DVS", "DVSGesture", "NMNIST")):
        assert kind.root == name and getattr(tonic.datasets, name).sensor_size == (
            kind.sensor,
            kind.sensor,
            2,
        )


def test_the_page_on_data_has_tonic_s_checksums_and_addresses():
    page = (Path(__file__).parents[2] / "book" / "data.md").read_text("utf8")
    gesture, cifar, digits = (
        tonic.datasets.DVSGesture,
        tonic.datasets.CIFAR10DVS,
        tonic.datasets.NMNIST,
    )
    for archive, md5, url in (
        (gesture.train_filename, gesture.train_md5, gesture.train_url),
        (gesture.test_filename, gesture.test_md5, gesture.test_url),
        (cifar.filename, cifar.file_md5, cifar.url),
    ):
        assert any(
            archive in line and md5 in line and url.rsplit("/", 1)[1] in line
            for line in page.splitlines()
        )
    assert all(
        f"`{archive}` of N-MNIST | (Mendeley) | `{md5}`" in page
        for archive, md5 in (
            (digits.train_filename, digits.train_md5),
            (digits.test_filename, digits.test_md5),
        )
    )
    for kind in FOLDERS.values():
        assert f"{kind.root}/" in page
