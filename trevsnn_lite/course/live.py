"""Sliders that need a kernel (template, point 8): shown where somebody can move them, one printed
line where nobody can, as in a rendered page."""

import os
import sys
from collections.abc import Callable, Sequence

STILL = "Sliders need a kernel: open this chapter in JupyterLab or Colab and run this cell."


def is_live(live: bool | None = None) -> bool:
    """Whether somebody can move a slider: `live` itself where it is given, else whether this is
    JupyterLab, Notebook or Colab."""
    return (
        live
        if live is not None
        else "google.colab" in sys.modules or "JPY_SESSION_NAME" in os.environ
    )


def sliders(function: Callable, *, live: bool | None = None, **choices: Sequence) -> None:
    """Call `function(**values)` again whenever a slider is let go; choices: for each argument the
    values to choose from, the first one chosen at the start.

    `live` None: live in JupyterLab, Notebook and Colab; not under a test or nbconvert, whose stored
    widgets would be blank in the page."""
    for name, values in choices.items():
        if isinstance(values, str) or len(values) < 2:
            raise ValueError(
                f"{name} is {values!r}, expected a list of at least two values to choose from."
            )
    if not is_live(live):
        print(STILL)
        return
    try:
        import ipywidgets
    except ImportError as error:
        raise ImportError(
            "The sliders are drawn by ipywidgets, which is not installed: pip install ipywidgets."
        ) from error
    ipywidgets.interact(
        function,
        **{
            name: ipywidgets.SelectionSlider(options=list(values), continuous_update=False)
            for name, values in choices.items()
        },
    )
