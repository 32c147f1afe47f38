"""Makes data/fashion_mnist_10k: 10,000 training and 2,000 test images of Fashion-MNIST,
class-balanced, from Debian's package.

    apt install dataset-fashion-mnist
    python tools/make_fashion_subset.py [--source /usr/share/datasets/fashion-mnist] [--out data]
    [--seed 2024]

Training images come from the original training set, test images from the original test set, 1,000
and 200 of each class.
The same seed gives the same images on every machine, and the same files byte for byte with the same
zlib.
It needs Python and numpy alone. It rewrites its own entries in MANIFEST.json and leaves the others.
"""

import argparse
import gzip
import hashlib
import io
import json
import os
import struct
import tempfile
from pathlib import Path

import numpy as np

CLASS_NAMES = [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
]
PER_CLASS = {"train": 1000, "t10k": 200}  # the original's own names of its two parts
FOLDER = "fashion_mnist_10k"
SOURCE = (
    "Debian package dataset-fashion-mnist 0.0~git20200523.55506a9-1, from "
    "https://github.com/zalandoresearch/fashion-mnist"
)
LICENCE = "MIT (Copyright 2017 Zalando SE), see LICENSE-fashion-mnist"


def read_original(source: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Images [N, 28, 28] and labels [N], uint8, of one part ("train" or "t10k") of the original
    gzip'd idx files."""
    images = gzip.decompress((source / f"{part}-images-idx3-ubyte.gz").read_bytes())
    labels = gzip.decompress((source / f"{part}-labels-idx1-ubyte.gz").read_bytes())
    return (
        np.frombuffer(images, np.uint8, offset=16).reshape(-1, 28, 28),
        np.frombuffer(labels, np.uint8, offset=8),
    )


def draw_balanced(labels: np.ndarray, per_class: int, seed: int) -> np.ndarray:
    """Indices of `per_class` random examples of each class, in the original's order.

    RandomState and not default_rng: numpy promises that its stream never changes between versions.
    """
    order = np.random.RandomState(seed).permutation(len(labels))
    chosen = [order[labels[order] == k][:per_class] for k in range(len(CLASS_NAMES))]
    return np.sort(np.concatenate(chosen))


def idx_bytes(array: np.ndarray) -> bytes:
    """The idx format of MNIST: two zero bytes, 8 for uint8, the rank, each size as big-endian
    int32, then the values."""
    return (
        bytes([0, 0, 8, array.ndim])
        + struct.pack(f">{array.ndim}i", *array.shape)
        + array.tobytes()
    )


def gzip_bytes(content: bytes) -> bytes:
    """gzip without a file name and with time 0, so that the same content always gives the same
    bytes."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=buffer, mtime=0) as file:
        file.write(content)
    return buffer.getvalue()


def write_atomically(path: Path, content: bytes) -> None:
    """Writes beside `path`, then renames: a reader sees the old file or the new one, never half of
    it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name + ".")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(
            temporary, 0o644
        )  # mkstemp gives 0600, which other users of an installed copy could not read
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def make(source: Path, out: Path, seed: int) -> list[dict]:
    """Writes the four files under `out`/fashion_mnist_10k and returns their entries for the
    manifest."""
    entries = []
    for part, per_class in PER_CLASS.items():
        images, labels = read_original(source, part)
        chosen = draw_balanced(labels, per_class, seed)
        for kind, array in ("images-idx3", images[chosen]), ("labels-idx1", labels[chosen]):
            content = idx_bytes(array)
            packed = gzip_bytes(content)
            name = f"{FOLDER}/{part}-{kind}-ubyte.gz"
            write_atomically(out / name, packed)
            entries.append(
                {
                    "name": name,
                    "format": "gzip'd idx, uint8, shape " + "x".join(map(str, array.shape)),
                    "bytes": len(packed),
                    "sha256": hashlib.sha256(packed).hexdigest(),
                    "sha256_unpacked": hashlib.sha256(content).hexdigest(),
                    "source": f"{SOURCE}, file {part}-{kind}-ubyte.gz",
                    "licence": LICENCE,
                    "made_by": f"python tools/make_fashion_subset.py --seed {seed}",
                    "class_names": CLASS_NAMES,
                }
            )
    return entries


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Draw the class-balanced subset of Fashion-MNIST that this project ships."
    )
    parser.add_argument(
        "--source",
        type=Path,
        default=Path("/usr/share/datasets/fashion-mnist"),
        help="folder of the four original .gz files",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path(__file__).parents[1] / "data",
        help="folder that gets fashion_mnist_10k/ and MANIFEST.json",
    )
    parser.add_argument("--seed", type=int, default=2024)
    given = parser.parse_args()
    if not (given.source / "train-images-idx3-ubyte.gz").is_file():
        parser.error(
            f"no train-images-idx3-ubyte.gz in {given.source}: install Debian's package "
            "dataset-fashion-mnist, or name its folder with --source"
        )
    entries = make(given.source, given.out, given.seed)
    path = given.out / "MANIFEST.json"
    manifest = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"files": []}
    others = [entry for entry in manifest["files"] if not entry["name"].startswith(FOLDER + "/")]
    manifest["files"] = entries + others
    write_atomically(path, (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode())
    print(
        f"{len(entries)} files, {sum(e['bytes'] for e in entries) / 1e6:.2f} MB, in "
        f"{given.out / FOLDER}"
    )


if __name__ == "__main__":
    main()
