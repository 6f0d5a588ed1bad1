"""Figures: what a reader relies on when looking at one, and what a notebook relies on when making one."""

from __future__ import annotations

import ast
import io
import string
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text
from matplotlib.textpath import TextToPath
from PIL import Image as Picture
from refusals import refused

from analysis import areas, plots
from analysis.plots import style

FOOTER = plots.Footer("UNODC, 2023", "2014-2021", "120 detected victims", "Detected, not incidence.")
SYNTHETIC = plots.Footer("made for a test", "2014-2021", "120 records", "Not real.", synthetic=True)
SHARES = pd.DataFrame(
    {
        "group": ["UNODC", "TIP", "UNODC"],
        "label": ["girls", "girls", "boys"],
        "share": [0.4, 0.5, np.nan],
        "low": [0.3, np.nan, 0.1],
        "high": [0.5, np.nan, 0.4],
        "n_text": ["40 of 100", "3 of 6", ""],
    }
)
CHARTS: dict[str, tuple[Callable[..., Figure], pd.DataFrame]] = {
    "shares": (
        lambda t, **r: plots.dots(t, estimate="share", series="group", text="n_text", percent=True, **r),
        SHARES,
    ),
}
every_figure = pytest.mark.parametrize("name", CHARTS)


def _draw(name: str, table: pd.DataFrame | None = None, *, title: str = "A title", footer=FOOTER, **rules) -> Figure:
    draw, example = CHARTS[name]
    return draw(example if table is None else table, title=title, footer=footer, **rules)


def _texts(figure: Figure) -> list[Text]:
    return [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]


def _words(figure: Figure) -> str:
    return " ".join(" ".join(text.get_text() for text in _texts(figure)).split())


def _outside(figure: Figure) -> list[str]:
    """Texts that leave the figure, the watermark apart."""
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    figure.draw(renderer)
    width, height = figure.bbox.width, figure.bbox.height
    found = []
    for text in _texts(figure):
        extent = text.get_window_extent(renderer)
        if extent.x0 < -1 or extent.y0 < -1 or extent.x1 > width + 1 or extent.y1 > height + 1:
            found.append(text.get_text())
    return found


@every_figure
def test_every_figure_says_its_source_period_number_and_limits(name):
    words = _words(_draw(name))
    assert "Source: UNODC, 2023 · Period: 2014-2021 · n = 120 detected victims · Detected, not incidence." in words


@every_figure
def test_a_synthetic_figure_has_the_watermark_and_the_word_in_its_title(name):
    figure = _draw(name, footer=SYNTHETIC)
    (watermark,) = [text for text in figure.texts if text.get_text() == "SYNTHETIC"]
    assert 0 < watermark.get_rotation() < 90
    (title,) = [text for text in figure.texts if text.get_gid() == "title"]
    assert title.get_text() == "SYNTHETIC · A title"
    assert "SYNTHETIC" not in _words(_draw(name))


@every_figure
def test_an_empty_table_says_that_nothing_was_found(name):
    _, example = CHARTS[name]
    words = _words(_draw(name, example[:0]))
    assert "no figure found" in words
    assert "Detected, not incidence." in words


@every_figure
def test_a_table_of_one_row_can_be_drawn(name):
    _, example = CHARTS[name]
    assert plots.png(_draw(name, example[:1])).startswith(b"\x89PNG")


@pytest.mark.soak
@every_figure
def test_long_titles_and_footers_stay_inside_the_frame(name):
    long = "A title that says " + "very " * 60 + "much, and ends in a word of " + "x" * 200
    footer = plots.Footer("A publisher with a name " + "long " * 60, "2014-2021", "120", "Not incidence. " * 20)
    assert _outside(_draw(name, title=long, footer=footer)) == []


@pytest.mark.soak
@every_figure
def test_nothing_written_leaves_the_frame(name):
    assert _outside(_draw(name)) == []


@pytest.mark.varied
@every_figure
def test_the_same_table_gives_the_same_bytes(name):
    assert plots.png(_draw(name)) == plots.png(_draw(name))


@every_figure
def test_a_table_without_a_needed_column_is_refused_by_the_columns_name(name):
    _, example = CHARTS[name]
    with refused(ValueError, "missing_column", "low"):
        _draw(name, example.drop(columns="low"))


@every_figure
def test_the_callers_table_is_left_as_it_was(name):
    _, example = CHARTS[name]
    before = example.copy(deep=True)
    _draw(name)
    pd.testing.assert_frame_equal(example, before)


def test_a_dollar_sign_in_a_title_is_printed_as_it_is():
    figure = _draw("shares", title="Between $5 and $6_a day")
    assert plots.png(figure).startswith(b"\x89PNG")
    assert "Between $5 and $6_a day" in _words(figure)
    assert not any(text.get_parse_math() for text in figure.texts)


def test_a_figure_without_its_limits_cannot_be_made():
    with refused(ValueError, "missing_footer"):
        plots.Footer("UNODC", "2014", "120", " ")


@pytest.mark.parametrize("footer", ["my list", None])
def test_a_text_in_the_place_of_a_footer_is_refused_with_what_a_footer_is(footer):
    shapes = areas.boundaries("cabo_verde").assign(value=1.0)
    said = "plots.Footer(source=…, period=…, n=…, limits=…)"
    with refused(ValueError, "no_footer", said):
        style.nothing(title="t", footer=footer)
    with refused(ValueError, "no_footer", said):
        plots.choropleth(shapes, value="value", title="t", footer=footer)


def test_whatever_draws_boundaries_under_a_footer_credits_them():
    found = {
        f"{path.stem}.{function.name}": "crediting" in ast.unparse(function)
        for path in Path(plots.__file__).parent.glob("*.py")
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        # A function called `of_` reads a result, and hands both on.
        if isinstance(function, ast.FunctionDef)
        and not function.name.startswith("of_")
        and (arguments := {each.arg for each in (*function.args.args, *function.args.kwonlyargs)}) >= {"footer"}
        and arguments & {"areas", "boundaries"}
    }
    assert len(found) >= 3 and all(found.values()), found


# How a figure is shown


def test_a_shown_figure_carries_its_name_and_its_alternative_text():
    image = plots.show(_draw("shares"), "child_share", "Shares of children.")
    data, metadata = image._repr_mimebundle_()
    assert metadata["image/png"]["name"] == "child_share"
    assert metadata["image/png"]["alt"] == (
        "Shares of children. Dots in rows, each with its interval; a thick line where only bounds are known; "
        "hatched where nothing is known."
    )
    assert "kind" not in metadata["image/png"]
    assert set(data) == {"image/png"}


def test_a_shown_synthetic_figure_is_named_and_marked_as_such():
    image = plots.show(_draw("shares", footer=SYNTHETIC), "child_share", "A bar chart of shares.")
    _, metadata = image._repr_mimebundle_()
    assert metadata["image/png"]["name"] == "child_share_SYNTHETIC"
    assert metadata["image/png"]["kind"] == "synthetic"


@pytest.mark.parametrize("name", ["", "Share", "a-b", "a b", "../share", "ünal", "a.png", "share\n"])
def test_a_name_that_could_be_a_path_is_refused(name):
    with refused(ValueError, "invalid_id"):
        plots.show(_draw("shares"), name, "A bar chart.")


def test_a_figure_without_alternative_text_is_refused():
    with refused(ValueError, "missing_alternative_text"):
        plots.show(_draw("shares"), "shares", " ")


def test_the_png_is_about_nine_hundred_pixels_wide_and_names_no_software_and_no_date():
    data = plots.png(_draw("shares"))
    assert 880 <= int.from_bytes(data[16:20], "big") <= 1000  # width in the IHDR chunk, PNG specification 11.2.2
    assert b"Software" not in data
    assert b"tIME" not in data
    assert b"SYNTHETIC" in plots.png(_draw("shares", footer=SYNTHETIC))


def test_every_text_that_is_drawn_stands_in_the_file_and_what_is_not_drawn_does_not():
    figure = Figure(figsize=(4, 3))
    axes = figure.add_subplot(title="Title of axes", xlabel="Name of x", ylabel="Name of y")
    axes.barh(["Zübeyde Kanaryaoğlu", "İpek Sarıtüy"], [1, 2], label="In the legend")
    axes.legend(title="Legend")
    axes.annotate("An annotation", (1, 0.5), (1.5, 0.7), arrowprops={})
    axes.text(1, 0, "محمد الحسني")
    axes.table([["A cell"]], bbox=(0, 0, 0.2, 0.2))
    axes.text(1, 0, "Not drawn", visible=False)
    inner = figure.add_subplot(title="Inner")
    inner.set_visible(False)
    figure.text(0, 0, "At\nthe edge")
    said = Picture.open(io.BytesIO(plots.png(figure))).text["Drawn text"].split("\n")
    parts = ("Title of axes", "Name of x", "Name of y", "In the legend", "Legend", "An annotation", "محمد الحسني")
    assert {*parts, "Zübeyde Kanaryaoğlu", "İpek Sarıtüy", "A cell", "At", "the edge"} <= set(said)
    assert not {"Not drawn", "Inner"} & set(said) and len(said) == len(set(said))


# Classes


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (40, "40"),
        (40.2, "40.2"),
        (1234, "1,234"),
        (0, "0"),
        (0.056, "0.056"),
        (100, "100"),
        (2.50, "2.5"),
        (12.5, "12.5"),
    ],
)
def test_numbers_are_written_as_people_write_them(value, text):
    assert style.number(value) == text


@pytest.mark.parametrize("bold", [False, True])
def test_a_line_is_as_wide_as_matplotlib_says(bold):
    # Ligatures, letters of four languages, signs, a script of its own, and spaces at an end.
    lines = [
        "trafficking",
        "of ficelle flows",
        "Şanlıurfa, İzmir: çocuk ticareti",
        "São Tomé e Príncipe ≥ 3 → 5 ",
        "τραφ",
    ]
    lines += [*string.ascii_letters, "", " ", "“A–Z” (2014–2021) · 1,234.5 %", "AVAToyfjWiffle"]
    font = FontProperties(family="DejaVu Sans", size=72, weight="bold" if bold else "normal")
    # 72 points at 110 dots an inch are a whole number of pixels.
    for line in lines:
        drawn, _, _ = TextToPath().get_text_width_height_descent(line, font, False)
        assert style.text_width(line, 72, bold) == pytest.approx(drawn / 72 * 1.02, rel=1e-12), line
