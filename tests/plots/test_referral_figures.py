"""Figures of referral mechanisms: answers and scores in a matrix, bounds, and gaps."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from analysis.plots.scores import bound_profiles, score_matrix
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.artist import Artist
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from matplotlib.testing.compare import compare_images
from matplotlib.text import Text
from refusals import refused

from analysis import catalog, plots
from analysis.plots import matrix, style
from analysis.plots.matrix import NOT_APPLICABLE, UNKNOWN, Category, answer_matrix, ladder

NAN = np.nan
PICTURES = Path(__file__).parents[1] / "reference" / "figures"
FOOTER = plots.Footer("made for a test", "2025", "16 countries", "Unknown is not no.")
SYNTHETIC = plots.Footer("made for a test", "2025", "16 countries", "Not real.", synthetic=True)
LEVELS = [*ladder("0123"), Category("2–3", of=("2", "3")), UNKNOWN, NOT_APPLICABLE]
DIMENSIONS = {f"{letter}{n}": f"{letter} {name}" for letter, name, size in (
    ("A", "Legal & policy framework", 9), ("B", "Institutions & coordination", 7),
    ("C", "Identification & referral", 9), ("D", "Individual support & protection", 7),
    ("E", "Child-specific protection", 8),
    ("F", "Social inclusion & return", 4), ("G", "Criminal justice & redress", 6),
    ("H", "Transnational/regional referral", 5), ("I", "Data, monitoring & accountability", 5),
) for n in range(1, size + 1)}  # fmt: skip
ANSWERS = pd.DataFrame(
    [
        ("Benin", "A1", "2–3", None),
        ("Benin", "A2", "3", "2019"),
        ("Benin", "B1", "0", None),
        ("Niger", "A1", "unknown", None),
        ("Niger", "A2", "not applicable", None),
        ("Niger", "B1", None, None),
        ("Togo", "A1", "1", None),
    ],
    columns=["area", "indicator", "level", "text"],
)
SCORES = pd.DataFrame(
    [
        ("Benin", "A1", 2 / 3, 1.0, "67–100"),
        ("Benin", "A2", 0.5, 0.5, None),
        ("Niger", "A1", 0.0, 1.0, None),
        ("Niger", "A2", NAN, NAN, None),
        ("Togo", "A1", 0.1, 0.8, "10–80"),
    ],
    columns=["area", "indicator", "low", "high", "text"],
)
BOUNDS = pd.DataFrame(
    [
        ("A Legal framework", "law", 0.69, 0.91, 0.8, 6, 7),
        ("A Legal framework", "practice", 0.1, 0.7, NAN, 2, 6),
        ("B Institutions", "law", 0.5, 0.5, NAN, 3, 3),
        ("B Institutions", "practice", 0.0, 1.0, NAN, 0, 4),
        ("H Transnational/regional referral", "law", NAN, NAN, NAN, 0, 0),
    ],
    columns=["label", "group", "low", "high", "estimate", "known", "indicators"],
)
CHARTS: dict[str, tuple[Callable[..., Figure], pd.DataFrame, str]] = {
    "answer_matrix": (
        lambda t, **r: answer_matrix(t, **{"rows": "area", "columns": "indicator", "category": "level",
                                           "categories": LEVELS} | r),
        ANSWERS, "level",
    ),
    "score_matrix": (
        lambda t, **r: score_matrix(t, **{"rows": "area", "columns": "indicator", "low": "low", "high": "high"} | r),
        SCORES, "high",
    ),
    "bound_profiles": (lambda t, **r: bound_profiles(t, **{"group": "group"} | r), BOUNDS, "known"),
}  # fmt: skip
every_figure = pytest.mark.parametrize("name", CHARTS)
both_matrices = pytest.mark.parametrize("name", ["answer_matrix", "score_matrix"])


def _draw(name: str, table: pd.DataFrame | None = None, *, title: str = "A title", footer=FOOTER, **rules) -> Figure:
    draw, example, _ = CHARTS[name]
    return draw(example if table is None else table, title=title, footer=footer, **rules)


def _texts(figure: Figure, gid: str | None = None) -> list[Text]:
    found = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    return [text for text in found if gid is None or text.get_gid() == gid]


def _said(figure: Figure, gid: str) -> list[str]:
    return [text.get_text() for text in _texts(figure, gid)]


def _words(figure: Figure) -> str:
    return " ".join(" ".join(text.get_text() for text in _texts(figure)).split())


def _faults(figure: Figure) -> list:
    """Texts that leave the figure, and pairs of texts that cover one another."""
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    figure.draw(renderer)
    boxes = [(t.get_text(), Text.get_window_extent(t, renderer)) for t in _texts(figure) if t.get_gid() != "watermark"]
    width, height = figure.bbox.width, figure.bbox.height
    outside = [text for text, a in boxes if a.x0 < -1 or a.y0 < -1 or a.x1 > width + 1 or a.y1 > height + 1]
    return outside + [
        (one, two)
        for (one, a), (two, b) in itertools.combinations(boxes, 2)
        # Two pixels: boxes are measured with the empty room above small letters.
        if min(a.x1, b.x1) - max(a.x0, b.x0) > 2 and min(a.y1, b.y1) - max(a.y0, b.y0) > 2
    ]


def _shapes(figure: Figure, gid: str) -> list[Patch]:
    """Shapes of the figure whose gid begins so, without those of the key, which are smaller."""

    def named(artist: Artist) -> bool:
        return isinstance(artist, Patch) and (artist.get_gid() or "").startswith(gid)

    return [shape for shape in figure.findobj(named) if not _is_swatch(shape)]


def _is_swatch(shape: Patch) -> bool:
    return round(shape.get_path().transformed(shape.get_patch_transform()).get_extents().height, 3) == 0.17


def _grey(colour) -> float:
    """Luma of ITU-R BT.601, as a grey printer sees a colour."""
    red, green, blue = to_rgb(colour)
    return 0.299 * red + 0.587 * green + 0.114 * blue


# What every figure carries


@every_figure
def test_every_figure_says_its_source_period_number_and_limits(name):
    assert "Source: made for a test · Period: 2025 · n = 16 countries · Unknown is not no." in _words(_draw(name))


@every_figure
def test_a_synthetic_figure_has_the_watermark_and_the_word_in_its_title(name):
    figure = _draw(name, footer=SYNTHETIC)
    assert style.is_synthetic(figure)
    assert "SYNTHETIC · A title" in _words(figure)


@every_figure
def test_an_empty_table_says_that_nothing_was_found(name):
    assert "no figure found" in _words(_draw(name, CHARTS[name][1][:0]))


@every_figure
def test_a_table_without_a_column_is_refused_by_the_name_of_the_column(name):
    _, example, column = CHARTS[name]
    with refused(ValueError, "missing_column", column):
        _draw(name, example.drop(columns=column))


@every_figure
def test_the_table_that_is_drawn_stays_as_it_was(name):
    before = CHARTS[name][1].copy()
    _draw(name)
    pd.testing.assert_frame_equal(CHARTS[name][1], before)


@pytest.mark.soak
@every_figure
def test_texts_neither_cover_one_another_nor_leave_the_figure(name):
    title = "A title that is long enough to be broken into two lines of the figure at least, and then some"
    figure = _draw(name, title=title, subtitle="And what stands below it")
    assert round(figure.bbox.width) == 902
    assert _faults(figure) == []


@every_figure
def test_one_row_is_a_figure(name):
    for row in range(len(CHARTS[name][1])):
        assert _faults(_draw(name, CHARTS[name][1].iloc[[row]])) == []


@pytest.mark.soak
@every_figure
def test_many_rows_with_long_names_do_not_cover_one_another(name):
    _, example, _ = CHARTS[name]
    long = "a name that is long enough to be broken into several lines"
    parts = []
    for number in range(60 // len(example)):
        part = example.copy()
        for column in {"area", "label", "event"} & set(part.columns):
            part[column] = [f"{cell} {number}: {long}" for cell in part[column]]
        if number == 0 and "indicator" in part.columns:
            part["indicator"] = [f"{cell} {long}" for cell in part["indicator"]]
        parts.append(part)
    assert _faults(_draw(name, pd.concat(parts, ignore_index=True))) == []


@every_figure
def test_columns_that_know_missing_values_are_drawn_as_those_that_do_not(name):
    assert plots.png(_draw(name, CHARTS[name][1].convert_dtypes())) == plots.png(_draw(name))


@every_figure
def test_the_row_to_stress_is_bold(name):
    column = "area" if "matrix" in name else "label"
    chosen = CHARTS[name][1][column][0]
    figure = _draw(name, highlight=chosen)
    weights = {text.get_text(): text.get_weight() for text in _texts(figure, "label:row")}
    assert {weight for row, weight in weights.items() if row != chosen} <= {"normal"}
    assert weights[chosen] == "bold"


@pytest.mark.parametrize("name", ["answer_matrix", "bound_profiles"])
def test_a_figure_looks_as_it_did_when_it_was_last_looked_at(name, tmp_path):
    drawn, reference = tmp_path / f"{name}.png", PICTURES / f"referral_{name}.png"
    drawn.write_bytes(plots.png(_draw(name)))
    if os.environ.get("REDRAW"):
        reference.write_bytes(drawn.read_bytes())
    # Root mean square over the pixels, of 255: letters may differ by a hair between machines.
    assert compare_images(str(reference), str(drawn), tol=3) is None


# Both matrices


@both_matrices
def test_a_pair_that_stands_twice_is_refused(name):
    with refused(ValueError, "duplicate_row"):
        _draw(name, pd.concat([CHARTS[name][1][:1]] * 2))


@both_matrices
def test_an_indicator_without_a_group_is_refused(name):
    with refused(ValueError, "missing_group", "'A2'"):
        _draw(name, column_groups={"A1": "A", "B1": "B"})


@both_matrices
def test_a_pair_that_the_table_does_not_hold_is_unknown_and_hatched(name):
    table = CHARTS[name][1]
    full = table[["area", "indicator"]].drop_duplicates()
    pairs = len(set(full["area"])) * len(set(full["indicator"]))
    hatched = [shape for shape in _shapes(_draw(name), "cell:") if shape.get_hatch() == style.UNKNOWN]
    # Answers: Niger A1 and B1, Togo A2 and B1. Scores: Niger A1, Togo A2, and Togo A1 with its bounds far apart.
    assert len(hatched) == {"answer_matrix": 4, "score_matrix": 3}[name] and pairs > len(table)


@pytest.mark.slow
def test_sixty_indicators_stand_in_two_blocks_with_the_dimensions_above_them():
    countries = [f"Country {letter}" for letter in "ABCDEF"]
    table = pd.DataFrame([(c, i, "1") for c in countries for i in DIMENSIONS], columns=["area", "indicator", "level"])
    figure = _draw("answer_matrix", table, column_groups=DIMENSIONS)
    assert _faults(figure) == []
    assert [" ".join(head.split()).replace("/ ", "/") for head in _said(figure, "label:group")] == list(
        dict.fromkeys(DIMENSIONS.values())
    )
    assert _said(figure, "label:column") == list(DIMENSIONS)
    # The rows are named once in each of the blocks A to D and E to I; no text is smaller than 7 points.
    assert _said(figure, "label:row") == countries * 2
    assert min(text.get_size() for text in _texts(figure)) >= 7


@pytest.mark.slow
def test_sixty_rows_of_one_column_stand_in_two_blocks_beside_one_another():
    table = pd.DataFrame([(i, "Niger", "2–3", "2 or 3") for i in DIMENSIONS], columns=["i", "a", "level", "text"])
    figure = _draw("answer_matrix", table, rows="i", columns="a", row_groups=DIMENSIONS)
    assert _faults(figure) == []
    lefts = {round(text.get_window_extent().x1) for text in _texts(figure, "label:row")}
    assert len(lefts) == 2
    assert _said(figure, "cell").count("2 or 3") == 60


@settings(max_examples=examples(12), deadline=None)
@given(st.lists(st.integers(1, 12), min_size=1, max_size=10), st.integers(1, 40), st.floats(0.1, 1.5), st.booleans())
def test_every_cell_has_a_place_and_no_cell_is_narrower_than_can_be_read(sizes, rows, need, grouped):
    groups = [(f"group {place}", [f"c{place}-{n}" for n in range(size)]) for place, size in enumerate(sizes)]
    columns = groups if grouped else [("", matrix.names_of(groups))]
    width = style.WIDTH - 2 * style.MARGIN
    grid = matrix.plan([("", [f"row {n}" for n in range(rows)])], columns, width, need)
    page = style.sheet(grid.height, title="A title", footer=FOOTER)
    places = list(matrix.places(page, grid))
    assert sorted((p.row, p.column) for p in places) == sorted(
        (f"row {n}", name) for n in range(rows) for name in matrix.names_of(columns)
    )
    assert grid.cell >= matrix.LEAST - 1e-9
    boxes = [p.paper.inches.transform([(p.x, p.y), (p.x + p.width, p.y + p.height)]) for p in places]
    right, bottom = max(box[1, 0] for box in boxes), min(box[0, 1] for box in boxes)
    assert right <= (style.WIDTH - style.MARGIN) * style.DPI + 1 and bottom >= page.bottom * style.DPI - 1


# Answers


def test_levels_get_darker_in_a_grey_print_and_carry_their_signs():
    shades = [_grey(category.colour) for category in ladder("01234")]
    assert all(light - dark > 0.08 for light, dark in itertools.pairwise(shades))
    table = pd.DataFrame([("Benin", f"A{n}", level) for n, level in enumerate("0123")], columns=ANSWERS.columns[:3])
    assert _said(_draw("answer_matrix", table), "cell")[:4] == ["0", "1", "2", "3"]


def test_two_possible_levels_are_two_bands_with_the_signs_of_both():
    figure = _draw("answer_matrix", ANSWERS[:1])
    bands = _shapes(figure, "cell:2–3")
    shades = {category.name: category.colour for category in LEVELS}
    assert [band.get_facecolor()[:3] for band in bands] == [to_rgb(shades["2"]), to_rgb(shades["3"])]
    assert _said(figure, "cell")[:2] == ["2", "3"]


def test_the_text_of_a_cell_comes_before_its_sign_and_is_left_out_where_it_has_no_room():
    assert "2019" in _said(_draw("answer_matrix", ANSWERS[1:2]), "cell")
    # Of 33 cells each is a fifth of an inch wide: room for a figure of one digit, not for a sentence.
    table = pd.DataFrame([("Benin", str(n), "3", "a sentence") for n in range(33)], columns=ANSWERS.columns)
    figure = _draw("answer_matrix", table)
    assert "a sentence" not in _words(figure) and _said(figure, "cell").count("3") >= 33


def test_what_does_not_apply_is_blank_with_a_dash_and_not_hatched():
    figure = _draw("answer_matrix", ANSWERS[4:5])
    (cell,) = _shapes(figure, "cell:not applicable")
    assert cell.get_hatch() is None and to_rgb(cell.get_facecolor()) == (1, 1, 1)
    assert _said(figure, "cell")[0] == "–" and "not applicable" in _words(figure)


def test_the_key_has_the_whole_scale_and_of_the_other_marks_those_that_are_drawn():
    words = _words(_draw("answer_matrix", ANSWERS[1:2], unit="level"))
    assert "level" in words and all(f" {level}" in words for level in "0123")
    assert "2–3" not in words and "unknown" not in words and "not applicable" not in words


@pytest.mark.parametrize(
    ("categories", "words"),
    [
        (ladder("012"), ("unknown_category", "'2–3'", "0", "1")),
        ([*ladder("012"), Category("2–3", of=("2", "3"))], ("unknown_parent_category", "'2–3'", "'3'")),
        ([*LEVELS, UNKNOWN], ("duplicate_name",)),
    ],
)
def test_a_category_that_nobody_has_described_is_refused(categories, words):
    with refused(ValueError, *words):
        _draw("answer_matrix", categories=categories)


@pytest.mark.slow
def test_treaties_and_tiers_of_the_countries_fit_into_the_matrix():
    treaties = catalog.load("treaties")
    treaties["year"] = treaties["date_low"].dt.year.astype("Int64").astype("string")
    kinds = [Category("bound", style.amounts(3)[1], "✓"), Category("signed", style.amounts(3)[0], "s"),
             Category("none", "#f3f3f3", "no"), UNKNOWN]  # fmt: skip
    rules = {"rows": "treaty", "columns": "area_id", "category": "status", "categories": kinds}
    assert _faults(_draw("answer_matrix", treaties, text="year", **rules)) == []
    tiers = catalog.load("tiers")
    kinds = [*ladder(["1", "2", "2WL", "3"]), Category("not found", hatch=style.UNKNOWN)]
    rules = {"rows": "area_id", "columns": "report_year", "category": "tier", "categories": kinds}
    figure = _draw("answer_matrix", tiers, column_order=list(map(str, range(2001, 2026))), **rules)
    assert _faults(figure) == []
    areas = tiers["area_id"].nunique()
    assert len(_shapes(figure, "cell:not found")) == 25 * areas - len(tiers)


# Scores


def test_a_score_is_shaded_by_its_middle_and_its_bar_lies_between_its_bounds():
    figure = _draw("score_matrix", SCORES[:2])
    shades = [to_rgb(shape.get_facecolor()) for shape in _shapes(figure, "cell:shaded")]
    # The middle of 2/3 and 1 is 0.83, in the last of five classes; 0.5 is in the third.
    assert shades == [to_rgb(style.amounts(5)[4]), to_rgb(style.amounts(5)[2])]
    wide, point = (bar for bar in _shapes(figure, "bounds:") if isinstance(bar, Rectangle))
    cell = _shapes(figure, "cell:shaded")[0]
    left, room = cell.get_x() + 0.02, cell.get_width() - 0.04
    assert wide.get_x() == pytest.approx(left + 2 / 3 * room)
    assert wide.get_x() + wide.get_width() == pytest.approx(left + room)
    assert point.get_width() == pytest.approx(0.03)


def test_bounds_far_apart_are_hatched_with_their_bar_and_what_may_be_anything_without():
    figure = _draw("score_matrix", SCORES[[False, False, True, False, True]])
    assert [shape.get_hatch() for shape in _shapes(figure, "cell:hatched")] == [style.UNKNOWN] * 2
    assert [bar.get_gid() for bar in _shapes(figure, "bounds:")] == ["bounds:0.100-0.800"]
    assert "bounds more than 50% apart" in _words(figure)
    closer = _draw("score_matrix", SCORES[4:], widest=0.8)
    assert _shapes(closer, "cell:hatched") == [] and len(_shapes(closer, "cell:shaded")) == 1


def test_a_score_that_is_not_given_is_a_dash():
    figure = _draw("score_matrix", SCORES[3:4], blank="no scale")
    assert _said(figure, "cell") == ["–"] and "no scale" in _words(figure)
    assert _shapes(figure, "cell:hatched") == _shapes(figure, "bounds:") == []


@pytest.mark.parametrize("bounds", [(0.5, 0.4), (-0.1, 0.4), (0.5, 1.1), (NAN, 0.4), (0.4, NAN)])
def test_bounds_that_cannot_be_such_are_refused(bounds):
    with refused(ValueError, "invalid_interval"):
        _draw("score_matrix", SCORES[:1].assign(low=bounds[0], high=bounds[1]))


# Bounds


def test_a_bar_goes_from_the_lower_to_the_upper_bound_with_the_estimate_on_it():
    (axes,) = _draw("bound_profiles", BOUNDS[:1]).axes
    (bar,) = axes.patches
    assert (bar.get_x(), bar.get_x() + bar.get_width()) == (0.69, pytest.approx(0.91)) and bar.get_hatch() is None
    assert [line.get_xdata()[0] for line in axes.get_lines() if line.get_marker() == "o"] == [0.8]
    assert axes.get_xlim() == (0, 1)


def test_bounds_and_coverage_are_written_beside_the_bar():
    words = _words(_draw("bound_profiles"))
    for said in ("69–91% (80%)", "6 of 7", "10–70%", "50%", "0 of 4", "0–100%", "indicators known", "not scored"):
        assert said in words
    for table in (BOUNDS.drop(columns="estimate"), BOUNDS[1:]):
        assert "estimate" not in _words(_draw("bound_profiles", table))


def test_a_bar_of_which_too_little_is_known_is_hatched_between_its_bounds():
    figure = _draw("bound_profiles", BOUNDS[:4])
    hatched = {
        (bar.get_x(), round(bar.get_width(), 9)) for bar in figure.axes[0].patches if bar.get_hatch() == style.UNKNOWN
    }
    # Two of six and none of four are fewer than half.
    assert hatched == {(0.1, 0.6), (0.0, 1.0)}
    assert "fewer than 50% of the indicators known" in _words(figure) and "nothing known" in _words(figure)
    lenient = _draw("bound_profiles", BOUNDS[:2], least=0.2)
    assert not any(bar.get_hatch() for bar in lenient.axes[0].patches)


def test_law_and_practice_are_told_apart_by_colour_mark_and_name():
    table = BOUNDS[:2].assign(estimate=[0.8, 0.4], known=6)
    (axes,) = _draw("bound_profiles", table).axes
    marks = {line.get_marker(): line.get_markerfacecolor() for line in axes.get_lines() if line.get_marker() in "os"}
    assert marks == {"o": style.BLUE, "s": style.ORANGE}
    assert _words(_draw("bound_profiles", table)).count("practice") >= 2
    alone = _draw("bound_profiles", table[1:], groups=("law", "practice"))
    assert [bar.get_edgecolor()[:3] for bar in alone.axes[0].patches] == [to_rgb(style.ORANGE)]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"low": 0.95}, ("invalid_row", "'A Legal framework'", "0", "1")),
        ({"high": 91.0}, ("invalid_row", "0", "1")),
        ({"estimate": 0.5}, ("invalid_row",)),
        ({"known": 8}, ("invalid_row", "'known'", "0", "'indicators'")),
    ],
)
def test_bounds_that_contradict_themselves_are_refused(change, words):
    with refused(ValueError, *words):
        _draw("bound_profiles", BOUNDS[:1].assign(**change))


def test_a_row_that_stands_twice_and_a_fourth_group_are_refused():
    with refused(ValueError, "invalid_row"):
        _draw("bound_profiles", pd.concat([BOUNDS[:1]] * 2))
    with refused(ValueError, "too_many_groups"):
        _draw("bound_profiles", pd.concat([BOUNDS[:1].assign(group=str(n)) for n in range(4)]))
