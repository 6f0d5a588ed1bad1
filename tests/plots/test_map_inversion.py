"""A map of a protected table read back from its pixels: no suppressed area's value, nor its class, can be told."""

from __future__ import annotations

import io

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.text import Text
from PIL import Image
from shapely.geometry import box

import disclosure
from analysis import plots
from analysis.plots import style
from analysis.plots.choropleth import class_breaks, class_of

FOOTER = plots.Footer("made for a test", "2025", "persons by area", "Counts that are suppressed are hatched.")
WHY = "suppressed: fewer than 11, or would show others"
# Four by four squares, apart from one another; names are left out, so that areas hold nothing but their colour.
AREAS = gpd.GeoDataFrame(
    {"area_id": [f"A{place:02d}" for place in range(16)], "name": ""},
    geometry=[box(x, y, x + 0.9, y + 0.9) for y in range(4) for x in range(4)],
    crs=4326,
)
COUNTS = [3, 9, 14, 20, 28, 35, 5, 47, 61, 80, 104, 130, 1, 170, 220, 300]
SEXES = ("girls", "boys")


def _tables(counts: list[int]) -> dict[str, pd.DataFrame]:
    """Persons by area, by area and sex, and in all: margins that show what a small area hides."""
    by_area = pd.DataFrame({"area_id": AREAS["area_id"], "count": counts})
    girls = by_area["count"] * 2 // 3
    by_sex = pd.concat(
        [by_area.assign(sex="girls", count=girls), by_area.assign(sex="boys", count=by_area["count"] - girls)]
    )
    return {"area": by_area, "area × sex": by_sex, "all": pd.DataFrame({"count": [sum(counts)]})}


def _figure(by_area: pd.DataFrame, hidden: pd.Series | None = None) -> Figure:
    hidden = by_area["count"].isna() if hidden is None else hidden
    return plots.choropleth(
        plots.join_areas(AREAS, by_area.assign(why=hidden.map({True: WHY, False: ""}))),
        value="count",
        status="why",
        title="Persons by area",
        footer=FOOTER,
        projection="+proj=laea +lat_0=2 +lon_0=2",
        legend_label="persons",
    )


def _shapes(figure: Figure) -> list[PathPatch]:
    """The coloured or hatched shape of each area, in their order."""
    return [patch for patch in figure.findobj(PathPatch) if str(patch.get_gid()).startswith("area:")]


def _pixels(figure: Figure) -> dict[str, np.ndarray]:
    """What the picture shows of each area: the pixels within its outline, the edge left out."""
    drawn = Image.open(io.BytesIO(plots.png(figure))).convert("RGB")
    picture = np.asarray(drawn)
    found = {}
    for area_id, patch in zip(AREAS["area_id"], _shapes(figure), strict=True):
        extent = patch.get_window_extent(figure.canvas.get_renderer())
        top, bottom = picture.shape[0] - extent.y1, picture.shape[0] - extent.y0
        rows, columns = slice(int(top) + 4, int(bottom) - 4), slice(int(extent.x0) + 4, int(extent.x1) - 4)
        found[area_id] = picture[rows, columns].reshape(-1, 3)
    return found


def _inverted(figure: Figure, shades: list[str]) -> dict[str, int | None]:
    """The class of each area, read from its commonest colour; none where that is the colour of no class."""
    classes = {tuple(round(255 * part) for part in to_rgb(shade)): number for number, shade in enumerate(shades)}
    found = {}
    for area_id, pixels in _pixels(figure).items():
        colours, times = np.unique(pixels, axis=0, return_counts=True)
        found[area_id] = classes.get(tuple(map(int, colours[times.argmax()])))
    return found


def test_the_colours_of_a_map_of_protected_counts_tell_published_classes_and_nothing_of_withheld_areas():
    by_area = disclosure.protect(_tables(COUNTS))["area"].set_index("area_id")["count"]
    breaks = class_breaks(by_area.dropna().astype(float), 5)
    read = _inverted(_figure(by_area.reset_index()), style.amounts(len(breaks) - 1))
    published = {area_id: class_of(count, breaks) for area_id, count in by_area.dropna().items()}
    assert len(published) >= 10 and set(published.values()) == set(range(len(breaks) - 1))
    assert {area_id: number for area_id, number in read.items() if number is not None} == published
    assert {area_id for area_id, number in read.items() if number is None} == set(by_area.index[by_area.isna()])
    assert {"A00", "A01", "A06", "A12"} <= set(by_area.index[by_area.isna()])


def test_all_withheld_areas_have_the_same_colours_whatever_they_count():
    by_area = disclosure.protect(_tables(COUNTS))["area"]
    pixels = _pixels(_figure(by_area))
    suppressed = [pixels[area_id] for area_id in by_area.loc[by_area["count"].isna(), "area_id"]]
    palettes = [set(map(tuple, np.unique(each, axis=0))) for each in suppressed]
    # Hatching meets the grid of pixels differently in each area: of one colour on white, nothing darker or lighter.
    darkest = {tuple(min(palette)) for palette in palettes}
    assert len(darkest) == 1 and all((255, 255, 255) in palette for palette in palettes)
    shades = {tuple(round(255 * part) for part in to_rgb(shade)) for shade in style.amounts(5)}
    assert not any(palette & shades for palette in palettes)


@pytest.mark.parametrize("swap", [(0, 12), (1, 6)])
def test_the_picture_is_the_same_bytes_whichever_of_the_withheld_areas_holds_which_count(swap):
    first, second = swap
    other = list(COUNTS)
    other[first], other[second] = other[second], other[first]
    one, two = (disclosure.protect({"area": _tables(counts)["area"]})["area"] for counts in (COUNTS, other))
    assert one.equals(two)  # the tables say the same
    assert plots.png(_figure(one)) == plots.png(_figure(two))


def test_a_count_that_is_left_in_the_table_of_a_withheld_area_does_not_reach_the_picture():
    by_area = _tables(COUNTS)["area"]
    hidden = by_area["count"] < 11
    as_published = _figure(by_area.assign(count=by_area["count"].astype("Int64").mask(hidden)), hidden)
    left_in = _figure(by_area.assign(count=by_area["count"].mask(hidden, 100_000)), hidden)
    # Neither its colour, nor the bounds of the classes, nor the key.
    assert plots.png(left_in) == plots.png(as_published)


def test_withheld_is_hatched_otherwise_than_unknown_and_the_key_says_why():
    by_area = _tables(COUNTS)["area"].assign(count=lambda rows: rows["count"].astype("Int64").mask(rows["count"] < 11))
    by_area.loc[3, "count"] = pd.NA
    figure = _figure(by_area, pd.Series([count < 11 for count in COUNTS]))
    hatches: dict[str, set[str]] = {}
    for area_id, patch in zip(AREAS["area_id"], _shapes(figure), strict=True):
        hatches.setdefault(patch.get_hatch() or "", set()).add(area_id)
    assert hatches[style.UNKNOWN] == {"A03"}
    assert hatches[style.SUPPRESSED] == {"A00", "A01", "A06", "A12"}
    words = {text.get_text() for text in figure.findobj(Text)}
    assert {f"{WHY} (4)", "not known (1)"} <= words
