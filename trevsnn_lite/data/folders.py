"""Folders laid out as ImageNet's, train/CLASS/*.jpg and val/CLASS/*.jpg, through torchvision's ImageFolder."""
from pathlib import Path

SPLIT_FOLDERS = {"train": ("train",), "test": ("val", "test")}
CROP = 0.875   # the centre square's share of the resized shorter side: 224 of 256, the usual ImageNet evaluation


def open_image_folder(folder: Path | None, split: str, image_size: int):
    """torchvision's ImageFolder over one split: each item is (uint8 [3, image_size, image_size], label), decoded when read.

    Labels number the class folders in alphabetical order. The shorter side is resized to image_size / 0.875, then the centre
    is cut out. Raises FileNotFoundError for a missing folder or class without images, ImportError without torchvision.
    """
    if folder is None:
        raise ValueError("folder is None, expected the folder that has train/ and val/ for 'imagefolder'")
    if not isinstance(image_size, int) or image_size < 1:
        raise ValueError(f"image_size is {image_size!r}, expected a whole number of pixels >= 1")
    root = next((folder / name for name in SPLIT_FOLDERS[split] if (folder / name).is_dir()), None)
    if root is None:
        wanted = " or ".join(str(folder / name) for name in SPLIT_FOLDERS[split])
        raise FileNotFoundError(f"no folder {wanted}; expected one folder a class in it, each with .jpg or .png files")
    try:
        from torchvision import datasets, transforms
    except ImportError as error:
        raise ImportError("'imagefolder' needs torchvision: pip install torchvision") from error
    to_square = transforms.Compose([transforms.Resize(round(image_size / CROP)), transforms.CenterCrop(image_size), transforms.PILToTensor()])
    try:
        return datasets.ImageFolder(root, transform=to_square, loader=_open_rgb)
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{root} is not laid out as one folder a class with .jpg or .png files in each: {str(error).strip()}") from error


def _open_rgb(path: str):
    """One image as RGB; torchvision's own loader does not say which file is damaged."""
    from PIL import Image
    try:
        with Image.open(path) as image:
            return image.convert("RGB")
    except OSError as error:   # PIL's UnidentifiedImageError is one
        raise ValueError(f"{path} is truncated, altered or no image ({error})") from error
