"""A flow map to be explored: one HTML document with filters, keyboard and table, which works without a network.

A notebook shows it in a frame of its own, which can reach neither the notebook nor a network.

Flows with the values they can be filtered by are packed as text that a script unpacks. Numbers are written five bits a
sign, the lowest first, and 32 added to every sign but a number's last: most counts of persons take one letter, and no
letter has to be escaped in HTML.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import chain, pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from IPython.display import HTML

from analysis.plots import basemap, flows, style
from analysis.plots.choropleth import class_breaks, class_labels
from analysis.plots.flows import UNKNOWN
from analysis.plots.style import released_as
from bounded.refusal import Refusal

_SYNTHETIC = '<meta name="data-kind" content="SYNTHETIC">'


def show_page(page: str, name: str, alt: str, release_class: str = "internal", *, height: int = 1010) -> HTML:
    """A page for a notebook, with the name it will be released under and a text that says what it is.

    Parameters
    ----------
    page : a whole HTML document that asks nothing of any other place, from `interactive_flow_map`.
    name : small letters, digits and underscores; a synthetic page's name gets the suffix ``_SYNTHETIC``.
    alt : one or two sentences: what is drawn, and what it shows. It is the frame's title.
    release_class : its release class; without one it is internal.
    height : of the frame, pixels; what is longer is scrolled within it.

    Returns
    -------
    HTML whose output metadata holds ``name``, ``alt`` and ``release_class``, and ``kind`` = "synthetic" where it is.

    Raises
    ------
    ValueError : the name has other characters, or `alt` is empty.
    """
    metadata = {"alt": alt, "release_class": release_class} | released_as(name, alt, "page", _SYNTHETIC in page)
    # Within single quotes only these two have to be written otherwise, and the page stays small and can be read.
    document = page.replace("&", "&amp;").replace("'", "&#39;")
    return HTML(
        f'<figure style="margin:1rem 0"><iframe title="{html.escape(alt)}" sandbox="allow-scripts" loading="lazy" '
        f'style="box-sizing:border-box;width:100%;height:{int(height)}px;border:1px solid #bcbcbc" '
        f"srcdoc='{document}'></iframe></figure>",
        metadata=metadata,
    )


LARGEST = 1_500_000  # bytes of a document
_WIDTH, _PIXELS = 8.7, 110  # inches of the map; an inch of it
_HEIGHTS = 5.4, 6.2  # least and greatest, inches: on a telephone the boxes at the edge need some height
_CLASSES = 5
_THINNEST, _WIDEST = 1.4, 14.0  # pixels, of an arrow's neck
# In the order in which they need one another.
_SCRIPTS = (
    "flow_sums.js",
    "flow_filters.js",
    "flow_shapes.js",
    "flow_stand.js",
    "flow_tip.js",
    "flow_labels.js",
    "flow_legend.js",
    "flow_map.js",
)
# What an end of flows is to the script that draws it.
_INSIDE, _REGION, _BEYOND, _REGION_BEYOND, _NOWHERE, _BESIDE = range(6)


def interactive_flow_map(
    table: pd.DataFrame,
    places: pd.DataFrame,
    world: gpd.GeoDataFrame,
    *,
    title: str,
    footer: style.Footer,
    projection: str,
    unit: str,
    filters: Mapping[str, str],
    highlight: str | None = None,
    boundaries: gpd.GeoDataFrame | None = None,
    top: int = 40,
    note: str = "",
) -> str:
    """Flows between places as a page to be explored: filters, a map of the largest, and the same as a table.

    The page asks nothing of any other place, and forbids itself to (Content-Security-Policy). The same flows give the
    same bytes, whatever the order of their rows.

    Parameters
    ----------
    table : one row a pair and a set of filter values: origin, destination (ids of `places`), low, high (whole numbers
        of `unit`; `high` may be infinite), and the columns of `filters`, where a cell may hold several values joined by
        ";": the row is shown if any of them is chosen. An empty end is "unknown", and its flows are dashed; one that is
        not among the places is not drawn, but counted, listed, and in the table. A filter's empty cell is "unknown", a
        choice of its own.
    places : id, name, x, y (longitude, latitude; missing for ends without a place on the ground, which stand below the
        map). Optional: study (True for the study's areas: the frame holds them), region (True for a part of the world
        that is no country).
    world : land to draw beneath (EPSG:4326).
    projection : an equal-area projection centred on the study, as a PROJ string.
    unit : what is counted, in the plural: "persons", "mentions".
    filters : column of `table` -> its label. Years (four digits) are chosen by a first and a last one.
    highlight : id whose flows are in colour, all others grey.
    boundaries : areas to draw (area_id, geometry; EPSG:4326), those of the study darker; the frame then fits the
        study's areas.
    top : how many flows are drawn at first; the reader can choose others.
    note : a further sentence below the title.

    Returns
    -------
    A whole HTML document of 1.5 MB at most. Where the footer says synthetic, so do title, map, table and metadata.

    Raises
    ------
    ValueError : a column is lacking, a count is none (the row is named), two places with a flow between them stand on
        one point, or the document would be larger.
    """
    where = flows.located(places)
    packed = pack(table, filters)
    ends = sorted({*packed.pairs["origin"], *packed.pairs["destination"]})
    own = list(where.index[where["study"] & where["x"].notna()])
    shown = [*(end for end in ends if end in where.index), *(end for end in own if end not in ends)]
    shapes = flows.study_shapes(boundaries, world, own, projection)
    ground, stood = flows.stand(
        shown or list(where.index), where, projection, width=_WIDTH, heights=_HEIGHTS,
        least=flows.LEAST_REACH if shapes is None else 0.0, shapes=shapes, boxes=False,
    )  # fmt: skip
    _require_apart(packed.pairs, stood)
    known = [*ends, *(end for end in shown if end not in set(ends))]
    number = {end: n for n, end in enumerate(known)}
    breaks = _breaks(packed.pairs[packed.pairs[["origin", "destination"]].isin(shown).all(axis=1)])
    data = {
        "unit": unit,
        "top": top,
        "size": [round(_WIDTH * _PIXELS), round(ground.tall * _PIXELS)],
        "kilometre": round(1000 * _PIXELS / ground.metres, 5),
        "synthetic": footer.synthetic,
        "highlight": number.get(highlight) if highlight is not None else None,
        "unknown": number.get(UNKNOWN),
        "ends": [_end(end, where, stood, ground, end in own) for end in known],
        "filters": [vars(each) | {"values": [_words(value) for value in each.values]} for each in packed.filters],
        "breaks": breaks,
        "classes": class_labels(breaks, True) if breaks else [],
        "widths": _widths(breaks),
        "pairs": as_text(
            number[end] for row in packed.pairs[["origin", "destination"]].itertuples(index=False) for end in row
        ),
        "combinations": packed.combinations,
        "rows": packed.rows,
    }
    page = _render(
        title=f"SYNTHETIC · {title}" if footer.synthetic else title,
        footer=style.crediting(footer, boundaries).text,
        synthetic=footer.synthetic,
        unit=unit,
        note=note,
        highlight=where["name"].get(highlight, highlight) if highlight is not None else "",
        size=data["size"],
        land=_land(world, boundaries, own, highlight, projection, ground),
        # No text of the data can end the element that holds it.
        data=json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        .replace("&", "\\u0026")
        .replace("<", "\\u003c")
        .replace(">", "\\u003e"),
    )
    size = len(page.encode())
    if size > LARGEST:
        raise Refusal(
            "too_large",
            f"The map would be a page of {size / 1e6:.1f} MB, and {LARGEST / 1e6:.1f} MB is the most: leave out a "
            "filter, or join some of its values.",
        )
    return page


def _require_apart(pairs: pd.DataFrame, stood: Mapping[str, flows.End]) -> None:
    for row in pairs[pairs["origin"] != pairs["destination"]].itertuples():
        start, end = stood.get(row.origin), stood.get(row.destination)
        if start and end and not (start.beside or end.beside) and np.hypot(start.x - end.x, start.y - end.y) < 0.1:
            raise Refusal(
                "same_location",
                f"{row.origin} and {row.destination} lie on the same point of the map: no arrow can be drawn "
                "between them. Give each its own coordinates, or one id to both.",
            )


def _end(
    name: str, where: pd.DataFrame, stood: Mapping[str, flows.End], ground: flows.Ground, own: bool
) -> list[str | float]:
    """Name, text on the map, what it is, x, y (pixels from the upper left corner), whether it is the study's own."""
    if name not in stood:
        return [name, name, _NOWHERE, 0, 0, 0]
    end, called = stood[name], str(where.at[name, "name"])
    if end.beside:
        return [called, called, _BESIDE, 0, 0, 0]
    kind = (_REGION_BEYOND if end.far else _REGION) if end.region else _BEYOND if end.far else _INSIDE
    pixel = ground.metres / _PIXELS
    # It is where it truly is, be it beyond the frame: the script looks for a place at the edge itself.
    x, y = round((end.x - ground.limits[0]) / pixel, 1), round((ground.limits[3] - end.y) / pixel, 1)
    return [called, end.text, kind, x, y, int(own)]


def _breaks(pairs: pd.DataFrame) -> list[float]:
    """Classes of widths, the same whatever is filtered: the lowest begins at 1, for filters make flows smaller."""
    breaks = class_breaks(np.maximum(flows.size(pairs), 1), _CLASSES)
    return [1.0, *breaks[1:]] if breaks else []


def _widths(breaks: list[float]) -> list[float]:
    """Widths whose squares, and with them the areas of the arrows' heads, are as the middles of the classes."""
    middles = [(low + high) / 2 for low, high in pairwise(breaks)]
    return [round(max(_WIDEST * (middle / middles[-1]) ** 0.5, _THINNEST), 1) for middle in middles]


def _land(
    world: gpd.GeoDataFrame,
    boundaries: gpd.GeoDataFrame | None,
    own: list[str],
    highlight: str | None,
    projection: str,
    ground: flows.Ground,
) -> dict[str, str]:
    """Land as SVG path data in tenths of a pixel, by how it is drawn, the lowest first."""

    def seen(layer: gpd.GeoDataFrame, study: shapely.Geometry | None = None) -> str:
        parts = basemap.seen_land(layer, projection, ground.limits, study)[0] if len(layer) else []
        return "".join(basemap.path_data(shape, ground.limits, ground.metres / _PIXELS) for shape in parts)

    areas = world if boundaries is None else boundaries
    ids = areas["area_id"] if "area_id" in areas.columns else pd.Series(index=areas.index, dtype=object)
    none = areas.iloc[:0]
    covered = None if boundaries is None else shapely.union_all(boundaries.to_crs(projection).geometry.to_numpy())
    return {
        "land": seen(world, covered),
        "area": seen(none if boundaries is None else areas[~ids.isin(own)]),
        "study": seen(areas[ids.isin(own)]),
        "chosen": seen(none if boundaries is None else areas[ids == highlight]),
    }


def _words(value: str) -> str:
    return value.replace("_", " ")


def _render(**parts: object) -> str:
    template, look, script = _page()
    policy = (
        f"default-src 'none'; img-src data:; style-src '{_hash(look)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return template.render(policy=policy, look=look, script=script, **parts)


@cache
def _page():
    """The template of the page, its style and its script."""
    import jinja2

    folder = resources.files("analysis.plots") / "templates"
    page, look, *scripts = (
        (folder / name).read_text(encoding="utf-8") for name in ("flow_map.html.j2", "flow_map.css", *_SCRIPTS)
    )
    # One function around all of them: what they name is theirs alone.
    script = '"use strict";\n(() => {\n' + "\n".join(scripts) + "})();\n"
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(page), look, script


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


# Flows packed as text -------------------------------------------------------------------------------------------------

_SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_YEAR = re.compile(r"\d{4}")


@dataclass(frozen=True)
class Filter:
    """One thing to choose by.

    Parameters
    ----------
    label : what it is called.
    values : in the order in which they are offered; ``unknown`` is the last where it occurs.
    span : the known values are years, so that a first and a last one are chosen.
    several : a row can have more than one value.
    """

    label: str
    values: tuple[str, ...]
    span: bool
    several: bool


@dataclass(frozen=True, eq=False)
class FlowRows:
    """Flows ready to be written into a page.

    Parameters
    ----------
    pairs : one row a pair of places, the largest first: origin, destination, low, high (`high` may be infinite).
    filters : what can be chosen by, in the given order.
    combinations : packed; each set of values that occurs: for each filter, the value's number + 1, or where there are
        several 0, how many, and their numbers.
    rows : packed; for each pair how many rows it has, and for each row the step to its combination, its low, and 0 if
        it is exact, 1 if its high is infinite, else high - low + 1.
    """

    pairs: pd.DataFrame
    filters: tuple[Filter, ...]
    combinations: str
    rows: str


def pack(given: pd.DataFrame, filters: Mapping[str, str]) -> FlowRows:
    """Flows added up by pair and by what they can be filtered by.

    Parameters
    ----------
    given : origin, destination, low, high (whole numbers; `high` may be infinite), and the columns of `filters`. A cell
        of these may hold several values joined by ";". What is empty or missing is ``unknown``.
    filters : column -> label.

    Returns
    -------
    FlowRows; the order of the rows makes no difference.

    Raises
    ------
    ValueError : a column is lacking, or a count is missing, negative, not whole, or larger below than above.
    """
    style.require(given, ("origin", "destination", "low", "high", *filters))
    _check(given)
    table = given[["low", "high"]].astype(float).reset_index(drop=True)
    for end in ("origin", "destination"):
        table[end] = _plain(given[end].reset_index(drop=True))
    columns = {column: _plain(given[column].reset_index(drop=True)) for column in filters}
    offered = tuple(
        _filter(label, columns[column], getattr(given[column], "cat", None)) for column, label in filters.items()
    )
    # Each combination has a number, by the texts of its cells.
    keys = pd.DataFrame(columns) if columns else pd.DataFrame(index=table.index).assign(all="")
    grouped = keys.groupby(list(keys.columns), sort=True)
    table["combination"] = grouped.ngroup()
    distinct = (
        keys.loc[~table["combination"].duplicated()].assign(n=table["combination"]).sort_values("n", kind="stable")
    )
    rows = table.groupby(["origin", "destination", "combination"], as_index=False)[["low", "high"]].sum()
    # A zero is no flow: nobody is lost with it.
    rows = rows[rows["high"] > 0]
    pairs = rows.groupby(["origin", "destination"], as_index=False)[["low", "high"]].sum()
    pairs = pairs.sort_values(
        ["high", "low", "origin", "destination"], ascending=[False, False, True, True], ignore_index=True
    )
    order = pairs[["origin", "destination"]].assign(pair=np.arange(len(pairs)))
    rows = rows.merge(order, on=["origin", "destination"]).sort_values(["pair", "combination"])
    return FlowRows(
        pairs, offered, as_text(_combinations(distinct.drop(columns="n"), offered, filters)), as_text(_numbers(rows))
    )


def as_text(numbers: Iterable[int]) -> str:
    """Whole numbers from 0 up as text."""
    return "".join(map(_signs, numbers))


@cache
def _signs(number: int) -> str:
    signs = ""
    while number > 31:
        signs += _SIGNS[32 | number & 31]
        number >>= 5
    return signs + _SIGNS[number]


def _check(given: pd.DataFrame) -> None:
    """Raise ValueError, naming the first bad row, if a count is none."""
    low, high = (pd.to_numeric(given[column], errors="coerce").to_numpy(dtype=float) for column in ("low", "high"))
    with np.errstate(invalid="ignore"):
        faults = {
            "has no count: give its interval, or leave it out": np.isnan(low) | np.isnan(high),
            "has a count below 0": (low < 0) | (high < 0),
            "has an infinite `low`: only `high` can be open": np.isinf(low),
            "has `low` above `high`": low > high,
            "has a count that is not whole: round `low` down and `high` up": (low % 1 != 0)
            | (np.isfinite(high) & (high % 1 != 0)),
        }
    for reason, bad in faults.items():
        if bad.any():
            at = int(np.argmax(bad))
            row = given.iloc[at]
            raise Refusal(
                "invalid_interval",
                f"Row {given.index[at]}, {row['origin']} to {row['destination']}, {reason} "
                f"(low {row['low']}, high {row['high']}).",
            )


def _plain(cells: pd.Series) -> pd.Series:
    """Cells as text in one way of writing: values sorted, each once, joined by ";", and ``unknown`` for none."""
    codes, distinct = pd.factorize(cells.astype(object), use_na_sentinel=False)
    texts = []
    for cell in distinct:
        if isinstance(cell, float) and cell.is_integer():
            cell = int(cell)
        parts = {part.strip() for part in str(cell).split(";")} - {""} if pd.notna(cell) else set()
        texts.append(";".join(sorted(parts)) or UNKNOWN)
    return pd.Series(np.array(texts, dtype=object)[codes] if len(codes) else [], index=cells.index, dtype=object)


def _filter(label: str, cells: pd.Series, categories) -> Filter:
    distinct = [cell.split(";") for cell in pd.unique(cells)]
    found = set(chain.from_iterable(distinct))
    known = found - {UNKNOWN}
    ranks = {str(value): n for n, value in enumerate(categories.categories)} if categories is not None else {}
    values = sorted(known, key=lambda value: (ranks.get(value, len(ranks)), _natural(value)))
    return Filter(
        label,
        (*values, *sorted(found & {UNKNOWN})),
        span=bool(known) and all(_YEAR.fullmatch(value) for value in known),
        several=any(len(values) > 1 for values in distinct),
    )


def _natural(value: str) -> tuple[float, str]:
    """Groups of ages by their first age, and all else by the alphabet behind them."""
    number = re.match(r"\d+", value)
    return (float(number[0]) if number else float("inf"), value.casefold())


def _combinations(distinct: pd.DataFrame, offered: tuple[Filter, ...], filters: Mapping[str, str]) -> Iterable[int]:
    places = [{value: n for n, value in enumerate(each.values)} for each in offered]
    for cells in distinct[list(filters)].itertuples(index=False):
        for cell, place in zip(cells, places, strict=True):
            numbers = [place[value] for value in cell.split(";")]
            yield from [numbers[0] + 1] if len(numbers) == 1 else [0, len(numbers), *numbers]


def _numbers(rows: pd.DataFrame) -> Iterable[int]:
    low, high = rows["low"].to_numpy(), rows["high"].to_numpy()
    width = np.where(np.isinf(high), 1, np.where(high == low, 0, high - low + 1))
    pair, combination = rows["pair"].to_numpy(), rows["combination"].to_numpy()
    first = np.concatenate([[True], pair[1:] != pair[:-1]]) if len(rows) else np.array([], dtype=bool)
    step = np.where(first, combination, np.diff(combination, prepend=0))
    sizes = iter(rows.groupby("pair").size().tolist())
    columns = (first, step, low, width)
    for opens, *numbers in zip(*(column.astype(int).tolist() for column in columns), strict=True):
        if opens:
            yield next(sizes)
        yield from numbers
