"""A study's data explored: filtered, counted for linked views, and taken out through the rules of a release.

The explorer of a notebook is a widget where a browser is connected, and figures where a program runs the notebook. What
its page asks, and what it is answered, are messages, whatever carries them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import Any

import anywidget
import shapely
from shapely.geometry.base import BaseGeometry

from analysis import areas, texts
from analysis.areas import Area, Place
from analysis.explorer import datasets, figures
from analysis.explorer.counts import (
    Refused,
    TakenOut,
    Views,
    compared,
    counted,
    dimensions,
    passing,
    rows_by_year,
    tabled,
)
from analysis.explorer.datasets import available
from analysis.explorer.records import AREA, CONFIDENTIAL, FILTERS, TITLES, YEAR, NoSuchChoice, Records, Selection
from analysis.plots import basemap, marks, style
from analysis.plots.choropleth import class_breaks, class_labels, class_of
from analysis.processed import ProcessedError

__all__ = [
    "NoSuchChoice",
    "Records",
    "Refused",
    "Selection",
    "TakenOut",
    "Views",
    "available",
    "counted",
    "explore",
    "tabled",
]

TEXT = texts.of(__name__)

# What the page shows of a table; all of it can be taken out.
ROWS = 200
_CLASSES = 5
# The map: pixels an inch, its width and the heights that it can have, in inches.
_PIXELS, _WIDTH, _HEIGHTS = 110, 6.0, (2.9, 4.6)
# What goes back with an answer, so that the page knows what it answers.
_ECHOED = ("view", "number", "since")
_DEFAULT_COLUMNS = (AREA, YEAR)

Message = dict[str, Any]


class Exploration:
    """Answers about one area or study. It keeps the data sets that were opened, and nothing of what was asked.

    Parameters
    ----------
    place : the area or study that is explored.
    dataset : title of the data set to begin with; by default the first that can be opened.
    selection : what to begin with; by default all that is on record of `place`.

    Raises
    ------
    NoSuchChoice : there is no such data set; the message lists those that there are.
    """

    def __init__(self, place: Area, dataset: str | None = None, selection: Selection | None = None) -> None:
        self.place = place
        self.begin_with = selection
        self._offered: Mapping[str, Callable[[], Records]] = datasets.available(place)
        self._opened: dict[str, Records] = {}
        if dataset is not None:
            self._check(dataset)
        self.first = dataset or next(iter(self._offered), "")

    def records(self, title: str = "") -> Records:
        """The data set of a title, opened when it is first asked for; by default the one to begin with."""
        title = title or self.first
        self._check(title)
        if title not in self._opened:
            self._opened[title] = self._offered[title]()
        return self._opened[title]

    def begin(self, records: Records) -> Selection:
        """Return what is chosen before anything is: the place, and all that is on record of it."""
        every, column = Selection.all(records), records.columns[AREA]
        if self.place.area_id not in column.labels:
            return every
        # Of national figures none is told of a province: then all of them are shown, and not none.
        of_place = passing(column, (self.place.area_id,))
        return replace(every, area_ids=(self.place.area_id,)) if of_place[column.codes].any() else every

    def answer(self, message: Message) -> tuple[Message, list[bytes]]:
        """Return the answer to a message of the page, and files that go with the answer.

        Never raises: what went wrong is a sentence. Of confidential records no other library's message is passed on.
        """
        title = str(message.get("dataset") or self.first)
        echo = {name: message.get(name) for name in _ECHOED}
        files: list[bytes] = []
        try:
            said = self._answer(str(message.get("ask")), title, message, files)
        except (NoSuchChoice, Refused, ProcessedError) as error:
            said = _failed(str(error), message)
        except Exception as error:
            opened = self._opened.get(title)
            is_secret = opened is None or opened.kind == CONFIDENTIAL
            said = _failed(
                TEXT["this_could_not_be_answered"].format(
                    name=type(error).__name__, error="" if is_secret else f": {error}"
                ),
                message,
            )
        there = {"datasets": list(self._offered)} if said["say"] in ("setup", "failed") else {}
        return said | {"dataset": title} | there | echo, files

    def _answer(self, ask: str, title: str, message: Message, files: list[bytes]) -> Message:
        records = self.records(title)
        if ask == "setup":
            begin = self.begin(records)
            first = self.begin_with if self.begin_with is not None and title == self.first else begin
            selection = Selection.of_message(message["selection"]).within(records) if "selection" in message else first
            return setup(self.place, records, begin, selection)
        selection = Selection.of_message(message["selection"])
        if ask == "views":
            return views(self.place, records, selection)
        by = [str(name) for name in message.get("by", ())]
        if ask == "table":
            return table(records, selection, by)
        if ask == "take":
            # What attacks tables is loaded when one is asked for.
            from analysis.explorer.take_out import take_out

            taken = take_out(records, selection, by)
            files.append(taken.content)
            return {"say": "taken", "sentence": taken.sentence, "file": taken.path.name}
        raise NoSuchChoice(
            "unknown_choice", "The page asks for what this version does not know: run the notebook's cell again."
        )

    def _check(self, title: str) -> None:
        if title not in self._offered:
            there = "; ".join(self._offered) or "none"
            raise NoSuchChoice(
                "unknown_dataset", f"There is no data set '{title}' of {self.place.name}. There are: {there}."
            )


def setup(place: Area, records: Records, begin: Selection, selection: Selection) -> Message:
    """All that a page needs once for a data set: outlines, names, years, values; and the first views."""
    columns = dimensions(records)
    return {
        "say": "setup",
        "kind": records.kind,
        "unit": records.unit,
        "limits": figures.limits(records),
        "source": figures.source(records),
        "years": list(records.period),
        # The figures shade from the first day of one year to the first day of another.
        "covid": [int(marks.COVID[0]), int(marks.COVID[1]) - 1],
        "palette": [style.amounts(number) for number in range(1, _CLASSES + 1)],
        "map": outlines(records.study),
        "values": {name: _values(records, name) for name in FILTERS if name in records.columns and name != YEAR},
        "titles": TITLES,
        "dimensions": [{"name": name, "label": label} for name, label in columns.items()],
        "by": [name for name in _DEFAULT_COLUMNS if name in columns],
        "begin": begin.as_message(),
        "selection": selection.as_message(),
        "views": views(place, records, selection),
    }


def views(place: Area, records: Records, selection: Selection) -> Message:
    """Return the views of a selection: counts for all views, the classes of the map, and a line in words."""
    start = time.perf_counter()
    found = counted(records, selection)
    return found.as_message() | {
        "say": "views",
        "number": 0,
        "classes": classes(found),
        "compared": [
            {"name": name, "by_period": rows_by_year(years)} for name, years in compared(records, selection).items()
        ],
        "sentence": figures.sentence(place, records, selection, found),
        "pairs_note": figures.pairs_note(records, found),
        "python": figures.python(place, records, selection),
        "milliseconds": round(1000 * (time.perf_counter() - start), 1),
    }


def classes(found: Views) -> Message:
    """The classes of the map, as the maps of all figures have them: labels, and which area is in which.

    An area of which nothing is on record is in none. One of which a count may be 0 or more (``<5``) is in that of its
    least.
    """
    table = found.by_area[found.by_area["high"] > 0]
    breaks = class_breaks(table["count"], _CLASSES)
    whole = bool((table["count"] % 1 == 0).all())
    return {
        "labels": class_labels(breaks, whole) if breaks else [],
        "of": {
            area_id: class_of(count, breaks) for area_id, count in zip(table["area_id"], table["count"], strict=True)
        },
    }


def table(records: Records, selection: Selection, by: Sequence[str]) -> Message:
    """A selection as a table in words, its first rows."""
    whole = tabled(records, selection, by)
    first = whole.head(ROWS)
    names = [name for name in dimensions(records) if name in first]
    columns = [dimensions(records)[name] for name in names]
    shown = "" if len(whole) <= ROWS else TEXT["table_shown"].format(rows=ROWS)
    return {
        "say": "table",
        "caption": f"{records.unit.capitalize()}" + (f" by {figures.listed(columns).lower()}" if columns else ""),
        "columns": [*columns, records.unit.capitalize()],
        "rows": [
            [*map(str, row), count] for row, count in zip(first[names].to_numpy(), figures.in_words(first), strict=True)
        ],
        "note": f"{len(whole):,} {'row' if len(whole) == 1 else 'rows'}.{shown}",
    }


@cache
def outlines(study: str) -> Message:
    """The areas as a `choropleth` draws them: simplified to half a pixel, very small islands in a field of their own.

    Returns
    -------
    dict : ``size`` (pixels); ``land`` (path data of each layer beneath); ``areas``: ``id``, ``name``, ``d`` (path
    data), ``at`` (a point inside), ``room`` (width and height there). Path data are in tenths of a pixel, the rest in
    pixels.
    """
    projection = areas.STUDIES[study].projection
    shapes = areas.boundaries(study).to_crs(projection).set_index("area_id")
    limits, tall = basemap.view(shapes.total_bounds, width=_WIDTH, lowest=_HEIGHTS[0], highest=_HEIGHTS[1])
    metres = (limits[2] - limits[0]) / (_WIDTH * _PIXELS)  # a pixel
    regions = basemap.visible(shapes.geometry, metres * _PIXELS)
    own = shapely.union_all(list(regions.values()))
    land = basemap.seen_land(areas.surroundings(study), projection, limits, study=own)
    return {
        "size": [round(_WIDTH * _PIXELS), round(tall * _PIXELS)],
        "land": ["".join(basemap.path_data(shape, limits, metres) for shape in layer) for layer in land],
        "areas": [
            {"id": area_id, "name": name, "d": basemap.path_data(regions[area_id], limits, metres)}
            | _inside(regions[area_id], limits, metres)
            for area_id, name in shapes["name"].items()
        ],
    }


def _inside(shape: BaseGeometry, limits: basemap.Bounds, metres: float) -> dict[str, list[float]]:
    """The middle of the largest part of an area, and how much room there is from edge to edge through it."""
    largest = max(shapely.get_parts(shape), key=lambda part: part.area)
    # Islands in their field are no obstacle.
    largest = shapely.Polygon(largest.exterior)
    x, y = shapely.maximum_inscribed_circle(largest, tolerance=2 * metres).coords[0]
    left, bottom, right, top = largest.bounds
    across = shapely.LineString([(left, y), (right, y)]).intersection(largest)
    upright = shapely.LineString([(x, bottom), (x, top)]).intersection(largest)
    return {
        "at": [round((x - limits[0]) / metres, 1), round((limits[3] - y) / metres, 1)],
        "room": [round(_longest(line) / metres, 1) for line in (across, upright)],
    }


def _longest(line: BaseGeometry) -> float:
    return max((part.length for part in shapely.get_parts(line)), default=0.0)


def _values(records: Records, name: str) -> list[Message]:
    column = records.columns[name]
    groups = [{"value": label, "label": label, "members": list(of)} for label, of in column.groups.items()]
    return groups + [
        {"value": label, "label": shown} | ({"unknown": True} if unknown else {})
        for label, shown, unknown in zip(column.labels, column.shown, column.unknown.tolist(), strict=True)
    ]


def _failed(sentence: str, message: Message) -> Message:
    return {"say": "taken" if message.get("ask") == "take" else "failed", "sentence": sentence}


# In the order in which they need one another: together they are one module.
SCRIPTS = ("page", "map", "trend", "flows", "choices", "table")
# A Jupyter server tells a kernel which notebook it was started for; who runs a notebook without a server does not.
SERVED = "JPY_SESSION_NAME"


def explore(
    place: Place, dataset: str | None = None, selection: Selection | None = None, *, live: bool | None = None
) -> Explorer | figures.Still:
    """Explore what is on record of an area: where, when, and from where to where.

    Parameters
    ----------
    place : an area or a study, or its id or a name of it.
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
    where = areas.get(place)
    exploration = Exploration(where, dataset, selection)
    if is_live() if live is None else live:
        return Explorer(exploration)
    records = exploration.records()
    return figures.still(where, records, selection or exploration.begin(records))


def is_live() -> bool:
    """Return True if a Jupyter server started this process for a notebook.

    papermill, nbconvert and nbval start kernels too, but to none of these is a browser connected.
    """
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
        """The text that is seen where there is no kernel: a notebook that was saved and is read elsewhere."""
        return TEXT["explorer_of_run_this_cell"].format(name=self.exploration.place.name)

    def _receive(self, _widget: Any, message: dict[str, Any], _buffers: list[bytes]) -> None:
        self.send(*self.exploration.answer(message))


@cache
def module() -> tuple[str, str]:
    """The script and the style of the page, which come with the package and ask nothing of a network."""
    folder = resources.files("analysis.explorer") / "templates"
    scripts = [folder / f"explorer_{part}.js" for part in SCRIPTS] + [folder / "explorer.js"]
    script = "\n".join(path.read_text(encoding="utf-8") for path in scripts)
    return script, (folder / "explorer.css").read_text(encoding="utf-8")
