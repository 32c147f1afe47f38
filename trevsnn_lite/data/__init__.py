"""Images: load_images reads them, batches shuffles and augments them, fetch downloads what is not shipped."""
from .images import Augment, FolderImageSet, ImageSet, batches, load_images

__all__ = ["Augment", "FolderImageSet", "ImageSet", "batches", "load_images"]
