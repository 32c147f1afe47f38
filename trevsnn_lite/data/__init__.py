"""Images: load_images reads them, batches shuffles and augments them, fetch downloads what is not
shipped. Events: load_events, EventCamera."""

from .event_camera import EventCamera
from .events import EventSet, SimulatedDVS, load_events
from .images import Augment, FolderImageSet, ImageSet, batches, load_images

__all__ = [
    "Augment",
    "EventCamera",
    "EventSet",
    "FolderImageSet",
    "ImageSet",
    "SimulatedDVS",
    "batches",
    "load_events",
    "load_images",
]
