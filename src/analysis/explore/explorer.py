"""The explorer of a notebook: a widget where a browser is connected, figures where a program runs the notebook."""

from __future__ import annotations

import os
from functools import cache
from importlib import resources
from typing import Any

import anywidget

from analysis import areas
from analysis.areas import Area
from analysis.explore.answers import Exploration
from analysis.explore.selection import Selection
from analysis.explore.still import Still, still

# In the order in which they need one another: together they are one module.
SCRIPTS = ("page", "map", "trend", "flows", "choices", "table")
# A Jupyter server tells a kernel which notebook it was started for; who runs a notebook without a server does not.
SERVED = "JPY_SESSION_NAME"


def explore(
    place: Area | str, dataset: str | None = None, selection: Selection | None = None, *, live: bool | None = None
) -> Explorer | Still:
    """Explore what is on record of an area: where, when, and from where to where.

    Parameters
    ----------
    place : an area or a study, or its id.
    dataset : title of the data set to begin with, as the explorer lists it; by default the first.
    selection : what to begin with; by default all that is on record of `place`.
    live : whether a browser is connected; left out, whether a Jupyter server started this process for a notebook. False
        shows the figures that a notebook has which a program has run.

    Returns
    -------
    A widget; or figures and a table of the same selection.

    Raises
    ------
    UnknownArea : there is no such area.
    NoSuchChoice : there is no such data set, or nothing such to choose in it; the message says what there is.
    """
    where = areas.get(place) if isinstance(place, str) else place
    exploration = Exploration(where, dataset, selection)
    if is_live() if live is None else live:
        return Explorer(exploration)
    records = exploration.records()
    return still(where, records, selection or exploration.begin(records))


def is_live() -> bool:
    """Whether a Jupyter server started this process for a notebook. papermill, nbconvert and nbval start kernels too,
    but to none of these is a browser connected."""
    return bool(os.environ.get(SERVED))


class Explorer(anywidget.AnyWidget):
    """Linked views of records: a browser draws, this process counts.

    Nothing that is counted is part of the widget's state: it is sent as a message to whoever asks, so that no notebook
    that is saved holds a count, whatever JupyterLab has been told to save.

    Parameters
    ----------
    exploration : what answers the page.
    """

    def __init__(self, exploration: Exploration) -> None:
        self._esm, self._css = module()
        super().__init__()
        self.exploration = exploration
        self.on_msg(self._receive)

    def __repr__(self) -> str:
        """What is seen where there is no kernel: a notebook that was saved and is read elsewhere."""
        return f"Explorer of {self.exploration.place.name}: run this cell to see it. Counts are not saved."

    def _receive(self, _widget: Any, message: dict[str, Any], _buffers: list[bytes]) -> None:
        self.send(*self.exploration.answer(message))


@cache
def module() -> tuple[str, str]:
    """The script and the style of the page, which come with the package and ask nothing of a network."""
    folder = resources.files("analysis.explore") / "templates"
    scripts = [folder / f"explorer_{part}.js" for part in SCRIPTS] + [folder / "explorer.js"]
    script = "\n".join(path.read_text(encoding="utf-8") for path in scripts)
    return script, (folder / "explorer.css").read_text(encoding="utf-8")
