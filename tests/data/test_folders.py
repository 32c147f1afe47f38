"""Image folders in the field: what systems leave in them, pictures as a viewer shows them, errors
out of workers, bad files before the run, and torch's default device."""

import multiprocessing
import struct
import warnings
import zlib

import numpy as np
import pytest
import torch

from trevsnn_lite.data import Augment, folders, load_events, load_images
from trevsnn_lite.data.images import batches
from trevsnn_lite.data.pictures import look_at, open_picture

Image = pytest.importorskip("PIL.Image")
pytest.importorskip("torchvision")
APPLE_DOUBLE = b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        " + bytes(90)


def noise(seed=0, shape=(30, 40, 3)) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@pytest.fixture
def folder(tmp_path):
    for split in ("train", "val"):
        for name in ("ant", "bee"):
            (tmp_path / split / name).mkdir(parents=True)
            for k in range(3):
                Image.fromarray(noise(k)).save(tmp_path / split / name / f"{k}.png")
    return tmp_path


def opened(folder, split="train"):
    return load_images("imagefolder", split, folder=folder, image_size=16)


# What systems leave in folders


def test_what_systems_leave_is_no_class_and_no_image(folder):
    ant = folder / "train" / "ant"
    for path in (
        ant / "._0.jpg",
        ant / ".hidden.png",
        ant / "Thumbs.db",
        ant / "desktop.ini",
        ant / ".ipynb_checkpoints" / "0-checkpoint.png",
        ant / "__MACOSX" / "0.png",
        ant / "more" / "._1.jpg",
        folder / "train" / ".ipynb_checkpoints" / "x.jpg",
        folder / "train" / "__MACOSX" / "ant" / "._0.jpg",
        folder / "train" / "@eaDir" / "x.jpg",
        folder / "train" / ".DS_Store" / "x.jpg",
    ):
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(APPLE_DOUBLE)
    Image.fromarray(noise(9)).save(ant / "more" / "deeper.png")
    found = opened(folder)
    assert found.class_names == ("ant", "bee") and len(found) == 7
    assert sum(len(labels) for _, labels in batches(found, 4, 0, 0)) == 7


def test_a_split_without_a_class_folder_is_named(tmp_path):
    (tmp_path / "train" / ".ipynb_checkpoints").mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match="train is not laid out .*: it has no folder"):
        opened(tmp_path)


def test_files_of_another_ending_are_told_of(folder):
    (folder / "train" / "bee" / "photo.HEIC").touch()
    (folder / "train" / "bee" / "again.gif").touch()
    with pytest.warns(
        UserWarning, match="2 files in .*train have not the ending .* photo.HEIC|gif"
    ):
        assert len(opened(folder)) == 6
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        opened(folder, "test")


# Pictures as a viewer shows them


def test_sixteen_bits_are_scaled_and_not_cut_off(tmp_path):
    ramp = np.linspace(0, 65535, 40 * 30).round().astype(np.uint16).reshape(30, 40)
    for name in ("ramp.png", "ramp.tif"):
        Image.fromarray(ramp).save(tmp_path / name)
        shown = np.asarray(open_picture(tmp_path / name))
        assert shown.shape == (30, 40, 3)
        assert (shown == np.rint(ramp / 257).astype(np.uint8)[..., None]).all()


def test_a_tiff_whose_zero_is_white_is_turned_over(tmp_path):
    ramp = np.arange(1200, dtype=np.uint16).reshape(30, 40) * 50
    Image.fromarray(ramp).save(tmp_path / "white_is_zero.tif", tiffinfo={262: 0})
    shown = np.asarray(open_picture(tmp_path / "white_is_zero.tif"))[..., 0]
    assert (shown == np.rint((65535 - ramp) / 257)).all()


def test_palette_and_transparency_are_resolved(tmp_path):
    palette = Image.new("P", (4, 2), 0)
    palette.putpalette([10, 20, 30, 200, 100, 50])
    palette.putpixel((1, 0), 1)
    palette.save(tmp_path / "palette.png")
    shown = np.asarray(open_picture(tmp_path / "palette.png"))
    assert shown[0, 0].tolist() == [10, 20, 30] and shown[0, 1].tolist() == [200, 100, 50]
    palette.save(tmp_path / "hole.png", transparency=1)
    shown = np.asarray(open_picture(tmp_path / "hole.png"))
    assert shown[0, 0].tolist() == [10, 20, 30] and shown[0, 1].tolist() == [255, 255, 255]
    clear = np.zeros((2, 4, 4), np.uint8)  # black, which nobody sees
    clear[0] = [200, 0, 0, 255]
    Image.fromarray(clear).save(tmp_path / "clear.png")
    shown = np.asarray(open_picture(tmp_path / "clear.png"))
    assert shown[0, 0].tolist() == [200, 0, 0] and shown[1, 0].tolist() == [255, 255, 255]


def test_cmyk_comes_out_in_its_colours(tmp_path):
    from PIL import ImageCms

    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(tmp_path / "red.jpg", quality=95)
    red = np.asarray(open_picture(tmp_path / "red.jpg")).mean((0, 1))
    assert red[0] > 245 and red[1] < 10 and red[2] < 10
    broken = {"icc_profile": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()}
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(tmp_path / "odd.jpg", quality=95, **broken)
    assert np.abs(np.asarray(open_picture(tmp_path / "odd.jpg")).mean((0, 1)) - red).max() < 2


def test_a_cmyk_picture_is_converted_through_its_profile(tmp_path, monkeypatch):
    """No CMYK profile comes with Pillow, so its conversion is stood in for: that it is asked."""
    from PIL import ImageCms

    asked = []
    monkeypatch.setattr(ImageCms, "ImageCmsProfile", lambda file: file.read())
    monkeypatch.setattr(
        ImageCms,
        "profileToProfile",
        lambda image, profile, to, outputMode: (
            asked.append(profile) or Image.new(outputMode, (8, 8), (1, 2, 3))
        ),
    )
    Image.new("CMYK", (8, 8)).save(tmp_path / "press.jpg", icc_profile=b"a press's profile")
    assert open_picture(tmp_path / "press.jpg").getpixel((0, 0)) == (1, 2, 3)
    assert asked == [b"a press's profile"]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_is_turned_as_its_exif_says(orientation, tmp_path):
    upright = np.zeros((30, 40, 3), np.uint8)
    upright[:10, :10] = [255, 0, 0]
    upright[-10:, :10] = [0, 255, 0]
    undo = {
        1: lambda shown: shown,
        2: np.fliplr,
        3: lambda shown: np.rot90(shown, 2),
        4: np.flipud,
        5: lambda shown: shown.transpose(1, 0, 2),
        6: np.rot90,
        7: lambda shown: np.rot90(shown, 2).transpose(1, 0, 2),
        8: lambda shown: np.rot90(shown, -1),
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(np.ascontiguousarray(undo[orientation](upright)))
    stored.save(tmp_path / "photo.jpg", quality=95, subsampling=0, exif=exif)
    shown = np.asarray(open_picture(tmp_path / "photo.jpg")).astype(int)
    assert shown.shape == upright.shape and np.abs(shown - upright).mean() < 5


def test_a_damaged_exif_is_no_damaged_picture(tmp_path):
    exif = b"Exif\0\0II*\0\xff\xff\xff\x7f"
    Image.fromarray(noise()).save(tmp_path / "photo.jpg", exif=exif)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # Pillow's, which names no file
        assert open_picture(tmp_path / "photo.jpg").size == (40, 30)


def test_the_second_view_of_a_stereo_camera_is_not_an_animation(tmp_path):
    first, second = (Image.new("RGB", (8, 8), (level,) * 3) for level in (50, 200))
    first.save(tmp_path / "stereo.jpg", "MPO", save_all=True, append_images=[second])
    with Image.open(tmp_path / "stereo.jpg") as stereo:
        assert stereo.n_frames == 2
    assert open_picture(tmp_path / "stereo.jpg").getpixel((0, 0)) == (50, 50, 50)


# Pictures that are refused by name


def saved(path, kind):
    """A bad picture of one kind; its name tells."""
    two = dict(save_all=True, append_images=[Image.fromarray(noise(1))])
    if kind == "several frames":
        Image.fromarray(noise()).save(path, path.suffix[1:].replace("tif", "tiff"), **two)
    elif kind == "floating-point pixels":
        Image.fromarray(np.ones((30, 40), np.float32)).save(path)
    elif kind == "32-bit pixels":
        Image.fromarray(np.ones((30, 40), np.int32)).save(path)
    elif kind == "too narrow":
        Image.new("L", (1, 600)).save(path)
    elif kind == "no picture":
        path.write_bytes(APPLE_DOUBLE)
    elif kind == "empty file":
        path.touch()
    elif kind == "too many pixels":
        header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 0, 0, 0, 0)
        path.write_bytes(
            b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", b"")
        )
    elif kind == "cannot be opened":
        path.symlink_to(path.with_name("gone"))
    else:
        Image.fromarray(noise()).save(path)
        whole = path.read_bytes()
        text = png_chunk(b"zTXt", b"c\0\0" + zlib.compress(bytes(70_000_000)))
        cut = {"cut.png": whole[: len(whole) // 2], "text.png": whole[:33] + text + whole[33:]}
        path.write_bytes(cut[path.name])


def png_chunk(kind: bytes, content: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + check


BAD = [
    ("anim.png", "several frames", "anim.png holds 2 frames or pages, expected one still picture"),
    ("anim.webp", "several frames", "anim.webp holds 2 frames or pages"),
    ("pages.tif", "several frames", "pages.tif holds 2 frames or pages"),
    ("float.tif", "floating-point pixels", "float.tif has floating-point pixels, whose black"),
    ("deep.tif", "32-bit pixels", "deep.tif has 32-bit pixels, whose black and white"),
    ("strip.png", "too narrow", "strip.png has 1 x 600 pixels, expected sides of at most 500 to 1"),
    ("apple.jpg", "no picture", "apple.jpg is truncated, altered or no image .*no such format"),
    ("empty.jpg", "empty file", r"empty.jpg is truncated, altered or no image \(0 bytes\)"),
    ("bomb.png", "too many pixels", "bomb.png has more pixels than Pillow unpacks .*400000000"),
    ("gone.jpg", "cannot be opened", r"gone.jpg cannot be opened \(No such file or directory\)"),
    ("cut.png", "damaged picture", "cut.png is truncated, altered or no image .*truncated"),
    ("text.png", "damaged picture", "text.png is truncated, altered or no image .*too large"),
]


@pytest.mark.parametrize(("name", "kind", "message"), BAD, ids=[name for name, _, _ in BAD])
def test_a_bad_picture_names_itself_and_its_kind(name, kind, message, tmp_path):
    saved(tmp_path / name, kind)
    with pytest.raises(ValueError, match=message) as caught:
        open_picture(tmp_path / name)
    assert caught.value.kind == kind and "\n" not in str(caught.value)
    if name != "cut.png":  # all others are told by their headers
        with pytest.raises(ValueError, match=message):
            look_at(tmp_path / name)


def test_headers_are_read_when_a_set_is_opened_and_not_of_a_large_one(folder, monkeypatch):
    saved(folder / "val" / "bee" / "apple.jpg", "no picture")
    with pytest.raises(ValueError, match=r"apple.jpg is truncated, altered or no image"):
        opened(folder, "test")
    monkeypatch.setattr(folders, "HEADERS", 6)
    assert len(opened(folder, "test")) == 7


# Errors out of workers


@pytest.mark.parametrize("augment", [None, Augment(policy="rand-m9-mstd0.5-inc1")])
@pytest.mark.parametrize("workers", [0, 2])
def test_a_worker_s_error_is_one_sentence(augment, workers, folder):
    if augment is not None:
        pytest.importorskip("timm")
    saved(folder / "train" / "bee" / "cut.png", "damaged picture")
    with pytest.raises(ValueError, match=r"cut.png is truncated") as caught:
        list(batches(opened(folder), 2, 0, 0, augment, workers=workers))
    assert "\n" not in str(caught.value) and caught.value.kind == "damaged picture"
    # Workers that live on with the error's traceback are waited for when it goes: ten seconds.
    assert not multiprocessing.active_children()


# torch's default device


@pytest.fixture
def elsewhere():
    """A default device on which no number can be read, as a GPU's cannot from the CPU."""
    torch.set_default_device("meta")
    yield
    torch.set_default_device(None)


@pytest.mark.parametrize(
    ("workers", "augment"),
    [
        (0, Augment(flip=True, shift=2)),
        (2, Augment(flip=True, shift=2)),
        (0, Augment(policy="rand-m9-mstd0.5-inc1", erasing=1.0)),
        (2, Augment(policy="rand-m9-mstd0.5-inc1", erasing=1.0)),
    ],
)
def test_batches_are_the_same_under_another_default_device(workers, augment, folder, request):
    if augment.photos:
        pytest.importorskip("timm")
    plain = list(batches(opened(folder), 4, 0, 0, augment))
    request.getfixturevalue("elsewhere")
    found = list(batches(opened(folder), 4, 0, 0, augment, workers=workers))
    assert torch.empty(1).device.type == "meta"  # the caller's default is as it was
    for (images, labels), (expected, answers) in zip(found, plain, strict=True):
        assert images.device.type == labels.device.type == "cpu"
        assert (images.numpy() == expected.numpy()).all() and (labels == answers).all()


@pytest.mark.parametrize("kind", ["images", "events"])
def test_sets_in_memory_and_events_too(kind, request):
    if kind == "events":
        pytest.importorskip("tonic")

    def first():
        name = {"images": "fashion-mnist-10k", "events": "simulated-dvs"}[kind]
        made = (load_images if kind == "images" else load_events)(name, "test").take(slice(0, 6))
        return next(batches(made, 3, 0, 0, Augment(flip=True, shift=1)))

    images, labels = first()
    request.getfixturevalue("elsewhere")
    found, answers = first()
    assert (found.numpy() == images.numpy()).all() and (answers.numpy() == labels.numpy()).all()
