"""One picture file as RGB pixels, as an image viewer shows it; what would have to be guessed is
refused by name."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

import numpy as np

NARROWEST = 500  # times as long as wide: its shorter side is resized, and the longer with it
ORIENTATION, BITS, PHOTOMETRIC = 0x0112, 258, 262  # tags of EXIF and TIFF


def refusal(kind: str, sentence: str) -> ValueError:
    """A ValueError that also says of which kind the fault is, for the list of `check-data`."""
    error = ValueError(sentence)
    error.kind = kind  # an attribute, which outlives the way from a worker process
    return error


def open_picture(path: str | os.PathLike):
    """The picture as a PIL image of mode RGB.

    Turned as EXIF says; 16-bit grey scaled to 8 bits; palettes looked up; what is transparent lies
    on white; CMYK through its colour profile where it has one. Profiles of RGB pictures are left
    alone, as torchvision leaves them. Raises ValueError, naming the file, for what cannot be read
    and for several frames or pages, floating-point and 32-bit pixels.
    """
    from PIL import Image

    with naming(path), Image.open(path) as image:
        refuse_unshowable(path, image)
        return _rgb(_turned(image))


def look_at(path: str | os.PathLike) -> None:
    """Reads the header alone, and raises what `open_picture` would as far as a header tells."""
    from PIL import Image

    with naming(path), Image.open(path) as image:
        refuse_unshowable(path, image)


@contextmanager
def naming(path: str | os.PathLike) -> Iterator[None]:
    """Within, whatever PIL raises becomes one ValueError that names the file. What it only warns
    of, a viewer shows: tags that make no sense, many pixels."""
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (ImportError, KeyboardInterrupt):
        raise
    except Exception as error:  # a damaged file raises nearly any exception
        if hasattr(error, "kind"):
            raise
        said = " ".join(str(error).split()) or type(error).__name__
        if isinstance(error, Image.DecompressionBombError):
            raise refusal(
                "too many pixels",
                f"{path} has more pixels than Pillow unpacks ({said}): shrink it, or leave it out",
            ) from error
        if isinstance(error, OSError) and error.errno is not None:
            raise refusal(
                "cannot be opened", f"{path} cannot be opened ({error.strerror})"
            ) from error
        kind = "no picture" if isinstance(error, UnidentifiedImageError) else "damaged picture"
        if kind == "no picture":
            said = "Pillow knows no such format"
        if os.path.getsize(path) == 0:
            kind, said = "empty file", "0 bytes"
        raise refusal(kind, f"{path} is truncated, altered or no image ({said})") from error


def refuse_unshowable(path: str | os.PathLike, image) -> None:
    """Raises ValueError for what has no single right look. The further frames of an MPO are a
    camera's other views of the same picture."""
    if getattr(image, "is_animated", False) and image.format != "MPO":
        raise refusal(
            "several frames",
            f"{path} holds {image.n_frames} frames or pages, expected one still picture",
        )
    if max(image.size) > NARROWEST * min(image.size):
        raise refusal(
            "too narrow",
            f"{path} has {image.width} x {image.height} pixels, expected sides of at most "
            f"{NARROWEST} to 1",
        )
    if image.mode == "F" or (image.mode == "I" and image.format not in ("PNG", "PPM")):
        pixels = "floating-point" if image.mode == "F" else "32-bit"
        raise refusal(
            f"{pixels} pixels",
            f"{path} has {pixels} pixels, whose black and white are not said: save it with 8 or "
            "16 bits",
        )


def _turned(image):
    from PIL import ImageOps

    try:
        orientation = image.getexif().get(ORIENTATION, 1)
    except Exception:  # a damaged tag is no damaged picture
        return image
    return image if orientation == 1 else ImageOps.exif_transpose(image)


def _rgb(image):
    from PIL import Image

    if image.mode[:1] == "I":
        return Image.fromarray(_eight_bits(image)).convert("RGB")
    if image.has_transparency_data:
        seen = Image.new("RGBA", image.size, "white")
        seen.alpha_composite(image.convert("RGBA"))
        return seen.convert("RGB")
    if image.mode == "CMYK" and image.info.get("icc_profile"):
        return _through_profile(image)
    return image.convert("RGB")


def _eight_bits(image) -> np.ndarray:
    """Grey values of up to 16 bits as uint8: convert("RGB") would cut them off at 255."""
    tags = getattr(image, "tag_v2", {})  # a TIFF's
    white = 2 ** tags.get(BITS, (16,))[0] - 1
    values = np.asarray(image).astype(np.uint32)
    if tags.get(PHOTOMETRIC) == 0:  # TIFF's "white is zero"
        values = white - values
    return ((values * 255 + white // 2) // white).astype(np.uint8)


def _through_profile(image):
    from PIL import ImageCms

    try:
        profile = ImageCms.ImageCmsProfile(BytesIO(image.info["icc_profile"]))
        return ImageCms.profileToProfile(
            image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError):  # a viewer, too, falls back on the plain formula
        return image.convert("RGB")
