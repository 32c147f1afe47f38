"""Exercises of chapter 0, the paper in one picture: another picture through the toy network, what a
memory budget affords, and a picture to which the network is blind."""

from trevsnn_lite.course.answers import named
from trevsnn_lite.course.exercise import Exercise


def scores(picture, steps: int = 3) -> tuple[list[list[int]], list[float]]:
    """(spikes of A and B per step, scores of the classes left and right) of section 0.2."""
    left, right = (float(pixel) for pixel in picture)
    currents, potentials = (left + 0.5 * right, 0.5 * left + right), [0.0, 0.0]
    trains, total = [], [0.0, 0.0]
    for _ in range(steps):
        potentials = [0.5 * v + i for v, i in zip(potentials, currents)]
        a, b = (int(v >= 1) for v in potentials)
        trains.append([a, b])
        total = [total[0] + a - 0.5 * b, total[1] + b - 0.5 * a]
    return trains, total


def _other_picture(answer) -> str | None:
    known = {
        (0, 1.5): None,
        (1.5, 0): "swapped",
        (0.5, 0.5): "last step only",
        (1, 2): "counted",
        (0, 0): "no memory",
    }
    return named(answer, known)


def _affords(answer) -> str | None:
    known = {
        (3, 14): None,
        (14, 3): "swapped",
        (4, 15): "rounded up",
        (3, 15): "rounded up",
        (4, 14): "rounded up",
        (16, 14): "steps are free",
    }
    return named(answer, known)


def _blind(answer) -> str | None:
    left, right = (float(pixel) for pixel in answer)
    if not (0 <= left <= 1 and 0 <= right <= 1):
        return "no pixel"
    if left <= right:
        return "not brighter"
    total = scores((left, right))[1]
    return None if total[0] == total[1] else "told apart"


EXERCISES = (
    Exercise(
        id="00.a",
        title="another picture, by hand",
        minutes=8,
        difficulty=1,
        kind="paper",
        question="The picture of two pixels is now (0.3, 0.6), the network is that of section 0.2. Fill in the table for three steps, and write the two scores as `(left, right)`.",
        answer="two_scores",
        check=_other_picture,
        correct="A adds 0.6 per step and reaches 1.05 at step 3; B adds 0.75 and reaches 1.125 at step 2. At step 2 B spikes alone, (-0.5, 1), at step 3 both, (0.5, 0.5). The answer is right.",
        diagnoses={
            "swapped": "These are the scores (right, left).",
            "last step only": "This is what step 3 adds. The scores of this network are added over all three steps.",
            "counted": "This counts the spikes of A and B. Each spike counts -0.5 for the other class too.",
            "no memory": "Without what is kept from step to step neither neuron reaches 1. How much of its potential does a neuron keep?",
            "other": "How much do A and B add in a step, and at which step does each reach 1 for the first time? The table of section 0.2 is filled in the same way.",
        },
        hints=(
            "A adds 0.6 at each step: its potentials are 0.6, then 0.3 + 0.6, then ...",
            "Nobody spikes at step 1, only B at step 2, both at step 3.",
        ),
        solution="two_scores = (0 - 0.5 + 0.5, 0 + 1 + 0.5)\n",
        wrong={
            "swapped": "two_scores = (1.5, 0)",
            "last step only": "two_scores = (0.5, 0.5)",
            "counted": "two_scores = (1, 2)",
            "no memory": "two_scores = (0, 0)",
            "other": "two_scores = (2, 0.5)",
        },
    ),
    Exercise(
        id="00.b",
        title="what can plain autograd afford?",
        minutes=6,
        difficulty=2,
        kind="paper",
        question="Say that plain autograd needs 1.12 MB per image at 16 steps, and that what it needs is in proportion to the steps and to the images. The budget is 16 MB. How many steps can it train with 64 images at once? How many images at once with 16 steps? Write `(steps, images)`.",
        answer="affords",
        check=_affords,
        correct="64 images leave 0.25 MB for each, and a step takes 0.07: 3 steps. With 16 steps, 16 / 1.12 = 14.3: 14 images.",
        diagnoses={
            "swapped": "This is (images, steps).",
            "rounded up": "A budget is not rounded: 4 steps take 0.28 MB per image, and 15 images take 16.8 MB.",
            "steps are free": "Plain autograd keeps every step until the backward pass: 16 steps of 64 images take 72 MB.",
            "other": "How many MB does one image take in one step? And how many MB are there for an image if 64 of them share 16?",
        },
        hints=(
            "One step takes 1.12 / 16 = 0.07 MB per image.",
            "With 64 images there are 16 / 64 = 0.25 MB per image. And 16 / 1.12 is 14.3.",
        ),
        solution="affords = (int(16 / 64 / (1.12 / 16)), int(16 / 1.12))\n",
        wrong={
            "swapped": "affords = (14, 3)",
            "rounded up": "affords = (4, 15)",
            "steps are free": "affords = (16, 14)",
            "other": "affords = (1, 1)",
        },
    ),
    Exercise(
        id="00.c",
        title="make it blind",
        minutes=6,
        difficulty=2,
        kind="break",
        question="Find a picture `(left, right)`, pixels from 0 to 1, whose left pixel is the brighter one, and to which the network of section 0.2 gives both classes the same score. Would more steps help?",
        answer="blind_to",
        check=_blind,
        correct="If the picture is too dark, neither neuron ever reaches 1, whatever the number of steps: a potential that keeps half and adds I stays below 2I. If it is too bright, both spike at every step. Only where the two neurons first spike at different steps can their spikes tell the pixels apart.",
        diagnoses={
            "no pixel": "Pixels are from 0 to 1.",
            "not brighter": "The left pixel is to be the brighter one: the first number the larger.",
            "told apart": "Here the two neurons do not spike at the same steps. What if both spiked at every step, or never?",
        },
        hints=(
            "The scores are equal if A and B send the same spikes.",
            "What does a neuron do at step 1 if it adds more than 1?",
        ),
        solution="blind_to = (1.0, 0.9)\n",
        wrong={
            "no pixel": "blind_to = (3.0, 2.0)",
            "not brighter": "blind_to = (0.4, 0.9)",
            "told apart": "blind_to = (0.9, 0.4)",
        },
    ),
)
