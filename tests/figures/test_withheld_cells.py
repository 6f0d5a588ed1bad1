"""How much of protected tables is withheld, as a figure for those who keep the data."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.testing.compare import compare_images
from matplotlib.text import Text
from refusals import refused

from analysis import disclosure, figures
from analysis.figures import style

REFERENCE = Path(__file__).parents[1] / "reference" / "figures" / "withheld_cells.png"
FOOTER = figures.Footer("made for a test", "2025", "1,200 children", "For those who keep the data.")
BY_TABLE = pd.DataFrame(
    [
        ("area_id × sex × age", 120, 31, 12),
        ("area_id × form: sexual exploitation", 24, 9, 3),
        ("area_id × nationality, as far as it is stated in any list", 54, 0, 2),
        ("area_id", 9, 0, 0),
        ("total", 1, 0, 0),
    ],
    columns=["table", "cells", "small", "other"],
)


def _draw(by_table: pd.DataFrame = BY_TABLE, **rules) -> Figure:
    return figures.withheld_cells(by_table, title="What is withheld", footer=FOOTER, **rules)


def _bars(figure: Figure, part: str) -> list[Rectangle]:
    return [bar for bar in figure.findobj(Rectangle) if bar.get_gid() == f"cells:{part}"]


def _numbers(figure: Figure, part: str) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text) if text.get_gid() == f"number:{part}"]


def _words(figure: Figure) -> str:
    return " ".join(" ".join(text.get_text() for text in figure.findobj(Text)).split())


def test_the_numbers_beside_each_bar_add_up_to_the_cells_of_its_table():
    figure = _draw()
    assert _numbers(figure, "published") == ["77", "12", "52", "9", "1"]
    assert _numbers(figure, "small") == ["31", "9", "0", "0", "0"]
    assert _numbers(figure, "other") == ["12", "3", "2", "0", "0"]


def test_a_bar_is_parted_as_its_cells_are():
    figure = _draw(BY_TABLE[1:2])
    (published,), (small,), (other,) = (_bars(figure, part) for part in ("published", "small", "other"))
    # Of 24 cells 12 are published, 9 small, 3 withheld for others.
    assert small.get_width() / published.get_width() == pytest.approx(9 / 12)
    assert other.get_width() / published.get_width() == pytest.approx(3 / 12)
    assert small.get_x() == pytest.approx(published.get_x() + published.get_width())
    assert other.get_x() == pytest.approx(small.get_x() + small.get_width())


def test_published_and_withheld_are_told_apart_without_colour():
    figure = _draw()
    hatches = [{bar.get_hatch() for bar in _bars(figure, part)} for part in ("published", "small", "other")]
    assert hatches[1] == {style.SUPPRESSED} and len(set(map(frozenset, hatches))) == 3
    assert style.UNKNOWN not in set.union(*[{each or "" for each in found} for found in hatches])


def test_the_key_explains_no_hatching_that_is_not_drawn():
    words = _words(_draw(BY_TABLE[3:]))
    assert "published" in words and "too few persons" not in words and "would show others" not in words
    assert "too few persons" in _words(_draw()) and "would show others" in _words(_draw())


@pytest.mark.soak
@pytest.mark.slow
def test_no_text_covers_another_or_leaves_the_figure():
    many = pd.concat([BY_TABLE.assign(table=BY_TABLE["table"] + f", {year}") for year in range(2018, 2026)])
    for figure in (_draw(), _draw(many), _draw(BY_TABLE.assign(cells=BY_TABLE["cells"] * 100_000))):
        renderer = figure.canvas.get_renderer()
        figure.draw(renderer)
        boxes = [text.get_window_extent(renderer) for text in figure.findobj(Text) if text.get_text().strip()]
        assert all(box.x0 >= -1 and box.x1 <= figure.bbox.width + 1 for box in boxes)
        for one, two in itertools.combinations(boxes, 2):
            assert min(one.x1, two.x1) - max(one.x0, two.x0) <= 2 or min(one.y1, two.y1) - max(one.y0, two.y0) <= 2


def test_no_letters_are_too_small_to_be_read_on_a_narrow_page():
    body = [text for text in _draw().findobj(Text) if text.get_text().strip() and text.get_gid() != "footer"]
    assert min(text.get_size() for text in body) >= 9.5


def test_without_any_table_the_figure_says_so():
    assert "no table found" in _words(_draw(BY_TABLE[:0]))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (BY_TABLE.drop(columns="small"), ("missing_column",)),
        (BY_TABLE.assign(other=-1), ("invalid_count", "'other'", "'area_id × sex × age'")),
        (BY_TABLE.assign(small=pd.array([1, None, 0, 0, 0], "Int64")), ("invalid_count", "'small'")),
        (BY_TABLE.assign(small=120), ("part_exceeds_whole", "'area_id × sex × age'")),
        (pd.concat([BY_TABLE, BY_TABLE]), ("duplicate_row",)),
    ],
)
def test_counts_of_cells_that_cannot_be_are_refused(wrong, says):
    with refused(ValueError, *says):
        _draw(wrong)


def test_protected_tables_draw_what_became_of_their_cells():
    persons = [("A", "yes", 5), ("A", "no", 40), ("B", "yes", 30), ("B", "no", 50), ("C", "yes", 35), ("C", "no", 60)]
    both = pd.DataFrame(persons, columns=["area_id", "trait", "count"])
    margin = both.groupby("area_id")["count"].sum().reset_index()
    found = disclosure.protection({"area_id × trait": both, "area_id": margin})
    figure = found.plot(title="What is withheld", footer=FOOTER)
    # One cell is small; its neighbour in the table, or its margin, hides it: of 6 and 3 cells one more is withheld.
    assert _numbers(figure, "small") == ["1", "0"]
    published, other = (list(map(int, _numbers(figure, part))) for part in ("published", "other"))
    assert [sum(pair) for pair in zip(published, other, strict=True)] == [5, 3] and sum(other) == 1


def test_the_figure_looks_as_it_did_when_it_was_last_looked_at(tmp_path):
    drawn = tmp_path / "withheld_cells.png"
    drawn.write_bytes(figures.png(_draw()))
    if os.environ.get("REDRAW"):
        REFERENCE.write_bytes(drawn.read_bytes())
    # Root mean square over the pixels, of 255: letters may differ by a hair between machines.
    assert compare_images(str(REFERENCE), str(drawn), tol=3) is None
