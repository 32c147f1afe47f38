"""The generators that a network may draw from, so that it draws the same numbers twice: torch's, on
the CPU and on a GPU, Python's and numpy's."""

import pickle
import random

import numpy as np
import torch

CPU = torch.device("cpu")


def random_state(device: torch.device = CPU) -> tuple:
    """The state of each; of the GPU's where `device` is one."""
    on_device = (torch.cuda.get_rng_state(device),) if device.type == "cuda" else ()
    numpys = pickle.dumps(np.random.get_state())  # as bytes, which can be compared
    return random.getstate(), numpys, torch.get_rng_state(), *on_device


def set_random_state(state: tuple, device: torch.device = CPU) -> None:
    """Set each to what `random_state` gave."""
    random.setstate(state[0])
    np.random.set_state(pickle.loads(state[1]))
    torch.set_rng_state(state[2])
    for one in state[3:]:
        torch.cuda.set_rng_state(one, device)


def same_state(one: tuple, other: tuple) -> bool:
    """Whether no number was drawn between two states."""
    return one[:2] == other[:2] and all(map(torch.equal, one[2:], other[2:]))
