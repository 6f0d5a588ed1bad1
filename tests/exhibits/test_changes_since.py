"""Pictures and exhibits of what changed: both values with their limits, words for better and worse, invented apart."""

import datetime
import math

import pandas as pd
import pytest
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refused

from analysis import areas
from analysis.exhibits import since_baseline
from analysis.figures.changes_since import changes_since, gap_changes
from analysis.figures.style import Footer, is_synthetic, png
from analysis.findings.finding import COLUMNS, as_table
from analysis.findings.measures import MEASURES, Measure
from analysis.intervals import poisson_interval
from analysis.monitoring import baseline, compared

FOOTER = Footer("a test", "2020 to 2021", "3 findings", "Detected, not incidence")
DRAWN = ["label", "unit", "value_then", "low_then", "high_then", "value_now", "low_now", "high_now", "words"]
LEVELS = {level: {"en": f"level {level}"} for level in range(4)}


def drawn(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=DRAWN)


def picture(table: pd.DataFrame, **counts: int):
    return changes_since(table, counts=counts, title="What changed", footer=FOOTER)


def arrows(figure) -> list[tuple[float, float]]:
    """From where to where each arrow goes, from the top."""
    found = [text for axes in figure.axes for text in axes.texts if text.get_gid() == "change"]
    return [(text.xyann[0], text.xy[0]) for text in found]


def texts(figure, gid: str) -> list[str]:
    return [text.get_text() for text in figure.texts if text.get_gid() == gid]


def test_an_arrow_goes_from_the_value_then_to_the_value_now_and_both_have_their_limits():
    figure = picture(drawn(("Senegal: victims", "persons", 20, 12.2, 30.9, 60, 45.8, 77.2, "20 → 60\nmore")), beyond=1)
    assert arrows(figure) == [(20, 60)]
    lines = {line.get_gid(): line for line in figure.axes[0].lines}
    assert list(lines["then"].get_xdata()) == [12.2, 30.9] and list(lines["now"].get_xdata()) == [45.8, 77.2]
    # The earlier interval stands above the arrow, the later below; the later value is filled.
    assert lines["then"].get_ydata()[0] > lines["value:then"].get_ydata()[0] > lines["now"].get_ydata()[0]
    assert lines["value:then"].get_markerfacecolor() == "white" != lines["value:now"].get_markerfacecolor()
    assert texts(figure, "label:words") == ["20 → 60\nmore"] and texts(figure, "count") == ["1"]


@pytest.mark.parametrize(
    ("then", "now", "arrow"),
    [((0, 4), (40, math.inf), (4, 40)), ((40, math.inf), (0, 4), (40, 4)), ((1, 2), (3, 5), (2, 3))],
)
def test_where_only_bounds_are_known_the_arrow_is_the_least_change_that_they_allow(then, now, arrow):
    figure = picture(drawn(("Mali: victims", "persons", math.nan, *then, math.nan, *now, "more")), beyond=1)
    assert arrows(figure) == [arrow]
    assert not [line for line in figure.axes[0].lines if str(line.get_gid()).startswith("value")]
    open_ends = [line for line in figure.axes[0].lines if line.get_gid() == "open"]
    assert len(open_ends) == sum(math.isinf(end) for end in (then[1], now[1]))


def test_each_unit_has_a_scale_of_its_own_and_numbers_far_apart_a_logarithmic_one():
    rows = [
        ("A", "persons", 3, 1, 6, 20, 12, 31, "more"),
        ("B", "persons", 9000, 8800, 9200, 4000, 3900, 4100, "less"),
        ("C", "per cent", 30, 25, 35, 18, 14, 22, "less: better"),
        ("D", "per cent a year", 4, 1, 7, -6, -9, -3, "less"),
    ]
    figure = picture(drawn(*rows), beyond=4)
    assert [axes.get_xscale() for axes in figure.axes] == ["log", "linear", "linear"]
    # Shares begin at nothing; what can fall below it shows where nothing is.
    assert figure.axes[1].get_xlim()[0] == 0 and figure.axes[2].get_xlim()[0] < -9
    assert texts(figure, "label:unit") == ["persons", "per cent", "per cent a year"]
    zero = picture(drawn(("A", "persons", 0, 0, 3.7, 9000, 8800, 9200, "more")), beyond=1).axes[0]
    assert zero.get_xscale() == "symlog" and zero.get_xlim()[0] == 0


def test_a_picture_of_no_change_says_so_and_still_counts():
    figure = picture(drawn(), unchanged=1234)
    assert texts(figure, "none") == ["nothing changed beyond uncertainty"] and texts(figure, "count") == ["1,234"]
    assert not figure.axes


def test_a_row_without_a_bound_is_refused_with_its_name():
    with refused(ValueError, "missing_bound", "'A'"):
        picture(drawn(("A", "persons", 3, 1, math.nan, 20, 12, 31, "more")), beyond=1)


@settings(max_examples=examples(9))
@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=1, max_size=4))
def test_every_pair_of_numbers_can_be_drawn(pairs):
    rows = [("A", "score", then, then - 1, then + 1, now, now - 1, now + 1, "more") for then, now in pairs]
    figure = picture(drawn(*rows), beyond=len(rows))
    left, right = figure.axes[0].get_xlim()
    assert all(left <= end <= right for arrow in arrows(figure) for end in arrow)
    assert png(figure)[:4] == b"\x89PNG"


def test_gaps_stand_in_a_matrix_in_which_no_cell_is_told_by_its_shade_alone():
    table = pd.DataFrame(
        [("Mali", "A1", "gap opened"), ("Mali", "B1", "gap closed"), ("Togo", "A1", "still not known")],
        columns=["country", "indicator", "became"],
    )
    figure = gap_changes(table, title="Gaps", footer=FOOTER, names=["A1", "B1"])
    cells = texts(figure, "cell")
    # ● opened, ○ closed; Togo was not asked of B1; each sign stands in the key as well.
    assert cells[:3] == ["●", "○", "–"]
    assert {"●", "○", "▽", "▲"} <= set(cells)


# Exhibits.


def _measure(name: str, unit: str, better: str = "", levels: dict | None = None) -> Measure:
    items = {item: {"en": item.upper()} for item in ("a1", "b1", "c10")}
    return Measure(
        name, "incidence", unit, 0, {"en": f"title of {name}"}, {"en": "{value}"}, items, levels or {}, better
    )


@pytest.fixture(autouse=True, scope="module")
def _measures():
    own = (
        _measure("t_persons", "persons"),
        _measure("t_share", "percent", "low"),
        _measure("gap", "level", "low", LEVELS),
    )
    with pytest.MonkeyPatch.context() as patch:
        for measure in own:
            patch.setitem(MEASURES, measure.name, measure)
        yield


def row(measure: str, area: str, value: float | None, item: str = "a1", period: str = "2020", **said) -> dict:
    unit = {"t_persons": "persons", "t_share": "percent", "gap": "level"}[measure]
    texts = {"method": "Read.", "limits": "Not all.", "kind": "public", "gate": "public", "status": "known"}
    numbers = {"value": value, "low": value, "high": value, "n": None, "interval": "exact", "unit": unit}
    names = {"finding_id": f"{area}/{measure}.{item}", "study": areas.get(area).study, "area_id": area}
    words = {"analysis": "incidence", "measure": measure, "item": item, "period": period}
    return dict.fromkeys(COLUMNS, "") | names | words | numbers | texts | said


def _exhibits(place: str, then: list[dict], now: list[dict]) -> dict:
    frozen = as_table(then)
    day = datetime.date(2026, 1, 31)
    before = baseline.Baseline("first", day, frozen, baseline.definitions(frozen))
    return {made.name: made for made in since_baseline.exhibits(areas.get(place), as_table(now), before)}


THEN = [
    row("t_persons", "SEN", 20),
    row("t_persons", "MLI", 20),
    row("gap", "SEN", 0),
    row("gap", "MLI", None, status="not reported", why="Nobody says."),
    row("gap", "MLI", 3, item="c10"),
    row("gap", "SEN", 1, item="c10"),
    row("gap", "SEN", 1, item="b1"),
]
NOW = [
    row("t_persons", "SEN", 60, period="2021"),
    row("t_persons", "MLI", 22),
    row("gap", "SEN", 2, period="2021"),
    row("gap", "MLI", None, status="not reported", why="Nobody says."),
    row("gap", "MLI", 0, item="c10", period="2021"),
    row("gap", "SEN", 1, item="c10"),
    row("gap", "SEN", 1, item="b1"),
]


def test_a_study_shows_what_changed_in_its_areas_and_an_area_its_own():
    whole, senegal = _exhibits("west_africa", THEN, NOW), _exhibits("SEN", THEN, NOW)
    assert list(whole) == ["since_counts", "since_list", "since_gaps"]
    counts = whole["since_counts"].table.iloc[0].to_dict()
    assert counts == {
        "Analysis": "Incidence",
        compared.BEYOND: 1,
        compared.NO_UNCERTAINTY: 2,
        compared.WITHIN: 1,
        compared.UNCHANGED: 3,
    }
    assert whole["since_list"].table["Id"].tolist() == [
        "SEN/t_persons.a1",
        "MLI/gap.c10",
        "SEN/gap.a1",
        "MLI/t_persons.a1",
    ]
    assert senegal["since_list"].table["Id"].tolist() == ["SEN/t_persons.a1", "SEN/gap.a1"]


def test_an_exact_count_is_drawn_with_its_poisson_limits():
    figure = _exhibits("SEN", THEN, NOW)["since_counts"].figure
    assert arrows(figure) == [(20, 60)]
    lines = {line.get_gid(): list(line.get_xdata()) for line in figure.axes[0].lines}
    assert lines["then"] == list(poisson_interval(20)) and lines["now"] == list(poisson_interval(60))


def test_gaps_that_opened_and_closed_stand_by_country_in_the_order_of_indicators():
    made = _exhibits("west_africa", THEN, NOW)["since_gaps"]
    assert made.table.set_index("Gap")["Country and indicator"].to_dict() == {
        "gap closed": 1,
        "gap opened": 1,
        "still not known": 1,
        "unchanged": 2,
    }
    assert texts(made.figure, "label:column") == ["a1", "c10"] and texts(made.figure, "label:row") == [
        "Mali",
        "Senegal",
    ]
    # Mali: not known, closed; Senegal: opened, as it was.
    assert texts(made.figure, "cell")[:3] == ["○", "●", "="]


def test_what_is_invented_stands_apart_and_says_so():
    invented = {"kind": "synthetic", "gate": "protected"}
    then = [*THEN, row("t_persons", "SEN", 10, item="b1", **invented), row("t_share", "SEN", 5, **invented)]
    now = [*NOW, row("t_persons", "SEN", 90, item="b1", period="2021", **invented), row("t_share", "SEN", 5)]
    made = _exhibits("SEN", then, now)
    real = {name: exhibit for name, exhibit in made.items() if exhibit.kind != "synthetic"}
    assert all(exhibit.leaves_by == "public" for exhibit in real.values())
    apart = made["since_list_invented"]
    # A figure that was invented and is real now is not compared, and is shown as what it was.
    assert apart.table["Id"].tolist() == ["SEN/t_persons.b1", "SEN/t_share.a1"]
    assert apart.table["Change"].tolist() == [compared.BEYOND, compared.NOT_COMPARABLE]
    assert apart.leaves_by == "protected" and "SYNTHETIC" in apart.show().data
    assert is_synthetic(made["since_counts_invented"].figure) and not is_synthetic(made["since_counts"].figure)
    assert not [
        name for exhibit in real.values() if "Id" in exhibit.table for name in exhibit.table["Id"] if "b1" in name
    ]


def test_findings_of_confidential_persons_leave_as_protected_ones_do():
    confidential = {"kind": "confidential", "gate": "protected"}
    then, now = [row("t_persons", "SEN", 20, **confidential)], [row("t_persons", "SEN", 60, **confidential)]
    assert {exhibit.leaves_by for exhibit in _exhibits("SEN", then, now).values()} == {"protected"}


def test_every_exhibit_says_what_a_change_is_not():
    made = _exhibits("SEN", THEN, NOW)
    assert "positively correlated" in made["since_counts"].limits and "found in groups" in made["since_counts"].limits
    assert "more detection" in made["since_list"].limits
    for exhibit in made.values():
        assert "frozen on 2026-01-31 under the name first" in exhibit.show().data
