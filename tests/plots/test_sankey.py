"""The Sankey by stage: heights, what is hatched, what has no number, and that little crosses."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from figure_texts import faults, smallest, texts, words
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from refusals import refused
from shapely.geometry import Polygon, box

from analysis import plots
from analysis.plots import style
from analysis.plots.sankey import WAY_UNKNOWN, Band, arrange, crossings, sankey

FOOTER = plots.Footer("made for a test", "2014-2021", "120 persons", "Detected, not incidence.")
SYNTHETIC = plots.Footer("made for a test", "2014-2021", "120 persons", "Not real.", synthetic=True)
STAGES = ("Origin", "1st transit", "2nd transit", "Exploitation")
FLOW = ["source_stage", "source", "target_stage", "target", "count", "status"]
FLOWS = pd.DataFrame(
    [
        (0, "SYR", 1, "TR-79", 30.0, "known"),
        (1, "TR-79", 3, "TR-27", 25.0, "known"),
        (1, "TR-79", 2, "TR-27", 5.0, "known"),
        (2, "TR-27", 3, "TR-34", 5.0, "known"),
        (0, "SYR", 3, "TR-27", 40.0, "known"),
        (0, "SYR", 3, "TR-34", 20.0, "way unknown"),
        (0, "", 3, "TR-34", 10.0, "way unknown"),
        (0, "TR-27", 3, "TR-27", 15.0, "known"),
        (0, "SYR", 3, "", 1.0, "way unknown"),
    ],
    columns=FLOW,
)
NAMES = {"SYR": "Syria", "TR-79": "Kilis", "TR-27": "Gaziantep", "TR-34": "İstanbul"}
OWN = pd.DataFrame(
    [
        ("identified", "referred", 220, np.nan, np.nan, ""),
        ("identified", "not referred", np.nan, 40, 60, ""),
        ("referred", "in a shelter", 120, np.nan, np.nan, ""),
        ("referred", "with a family", 7, np.nan, np.nan, "suppressed"),
        ("not referred", "detained", np.nan, np.nan, np.nan, ""),
        ("with a family", "went home", np.nan, 20, np.nan, ""),
    ],
    columns=["source", "target", "count", "low", "high", "status"],
).replace({"status": {"": None}})


def _draw(flows: pd.DataFrame = FLOWS, *, title: str = "A title", footer=FOOTER, **rules) -> Figure:
    return sankey(flows, title=title, footer=footer, **{"stages": STAGES, "names": NAMES} | rules)


def _own(flows: pd.DataFrame = OWN) -> Figure:
    return sankey(flows, title="A title", footer=FOOTER, unit="children")


def _bars(figure: Figure) -> dict[str, Rectangle]:
    """Bars by stage and place."""
    return {
        patch.get_gid().removeprefix("bar:"): patch
        for patch in figure.findobj(Rectangle)
        if (patch.get_gid() or "").startswith("bar:")
    }


def _bands(figure: Figure) -> list[PathPatch]:
    return [patch for patch in figure.findobj(PathPatch) if (patch.get_gid() or "").startswith("band:")]


def _labels(figure: Figure) -> set[str]:
    return {" ".join(text.get_text().split()) for text in texts(figure) if ":" in text.get_text()}


def _random_flows(rows: int, stages: int, places: int, seed: int = 5, name: str = "Place") -> pd.DataFrame:
    drawn = np.random.default_rng(seed)
    ends = [sorted(drawn.choice(stages, 2, replace=False).tolist()) for _ in range(rows)]
    listed = [
        (
            start,
            f"{name} {drawn.integers(places)}",
            end,
            f"{name} {drawn.integers(places)}" if drawn.random() > 0.1 else "",
            float(drawn.integers(1, 60)),
            "way unknown" if drawn.random() < 0.3 else "known",
        )
        for start, end in ends
    ]
    return pd.DataFrame(listed, columns=FLOW)


# What it carries


def test_it_says_its_source_period_number_and_limits_in_legible_texts():
    figure = _draw(subtitle="A subtitle that says more", footer=SYNTHETIC)
    assert "Source: made for a test · Period: 2014-2021 · n = 120 persons · Not real." in words(figure)
    assert style.is_synthetic(figure) and "SYNTHETIC · A title" in words(figure)
    assert smallest(figure) >= 9 and faults(figure) == []
    assert "no figure found" in words(_draw(FLOWS[:0]))


def test_the_same_table_gives_the_same_bytes_and_is_left_as_it_was():
    before = FLOWS.copy(deep=True)
    assert plots.png(_draw()) == plots.png(_draw(FLOWS.convert_dtypes()))
    pd.testing.assert_frame_equal(FLOWS, before)


@pytest.mark.slow
@settings(max_examples=examples(4), deadline=None)
@given(st.permutations(range(len(FLOWS))))
def test_the_picture_does_not_depend_on_the_order_of_the_rows(order):
    assert plots.png(_draw(FLOWS.iloc[order])) == plots.png(_draw())


def test_a_flow_in_two_rows_is_drawn_once_with_the_persons_of_both():
    halves = pd.concat([FLOWS.assign(count=FLOWS["count"] / 2)] * 2)
    assert plots.png(_draw(halves)) == plots.png(_draw())


# Numbers


def test_the_height_of_a_bar_is_its_persons():
    bars = _bars(_draw())
    # By hand from FLOWS. From Syria 30 + 40 + 20 + 1; to Gaziantep 25 + 40 + 15; to İstanbul 5 + 20 + 10.
    persons = {
        "0:SYR": 91,
        "0:TR-27": 15,
        "0:unknown": 10,
        "1:TR-79": 30,
        "2:TR-27": 5,
        "3:TR-27": 80,
        "3:TR-34": 35,
        "3:unknown": 1,
    }
    scale = bars["0:SYR"].get_height() / 91
    assert {name: bar.get_height() / scale for name, bar in bars.items()} == pytest.approx(persons)
    # 91 + 15 + 10 leave the first stage, 80 + 35 + 1 reach the last.
    for stage in ("0:", "3:"):
        assert sum(bar.get_height() for name, bar in bars.items() if name.startswith(stage)) / scale == pytest.approx(
            116
        )


def test_each_bar_carries_its_name_and_its_persons_and_each_stage_its_sum():
    figure = _draw()
    assert {"Syria: 91", "Kilis: 30", "Gaziantep: 80", "Gaziantep: 5", "not known: 10", "not known: 1"} <= _labels(
        figure
    )
    assert all(said in words(figure) for said in ("1st transit", "116 persons", "30 persons"))
    assert "Height of bars and bands: persons" in words(figure)
    assert "1 person" in words(_draw(FLOWS[8:]))


def test_a_bar_is_as_high_as_those_who_come_or_those_who_go_whichever_are_more():
    # 30 reach Kilis and 20 go on: the bar is 30 high, and the line below says why it is higher than what leaves it.
    table = pd.DataFrame([(0, "SYR", 1, "TR-79", 30, "known"), (1, "TR-79", 2, "TR-27", 20, "known")], columns=FLOW)
    figure = _draw(table, stages=STAGES[:3])
    bars = _bars(figure)
    assert bars["1:TR-79"].get_height() == pytest.approx(bars["2:TR-27"].get_height() * 1.5)
    assert "Some ways begin or end between: 1st transit 30 come and 20 go on." in words(figure)
    assert "begin or end" not in words(_draw())


def test_a_table_of_ones_own_needs_two_names_and_a_number():
    # A place stands one stage after the last of those that lead to it: C after B, though A leads to it too.
    table = pd.DataFrame({"source": ["A", "A", "B", ""], "target": ["B", "C", "C", "B"], "count": [5, 3, 5, 2]})
    bars = _bars(sankey(table, title="A title", footer=FOOTER))
    assert set(bars) == {"0:A", "0:unknown", "1:B", "2:C"}
    with refused(ValueError, "layer_not_later", "circle"):
        sankey(pd.concat([table, table.rename(columns={"source": "target", "target": "source"})]), title="A title",
               footer=FOOTER)  # fmt: skip


def test_bounds_are_words_and_what_is_suppressed_or_not_known_has_no_number():
    figure = _own()
    said = _labels(figure)
    assert {"identified: 260–280", "in a shelter: 120", "detained: no number", "went home: at least 20"} <= said
    # 220 come; 120 and a suppressed number go on: neither it nor what is left of a sum stands anywhere.
    assert "referred: at least 220" in said
    assert not any("7" in text for text in said)
    assert plots.png(_own(OWN.replace({"count": {7: 100}}))) == plots.png(figure)
    hatches = [band.get_hatch() for band in _bands(figure)]
    assert sorted(filter(None, hatches)) == sorted([style.CENSORED] * 2 + [style.SUPPRESSED, style.UNKNOWN])
    for name in ("suppressed, height without meaning", "number not known", "number between bounds"):
        assert name in words(figure)
    assert faults(figure) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"source_stage": 3, "target_stage": 1}, ("layer_not_later", "TR-79", "row 0", "3", "1")),
        ({"source_stage": 1, "target_stage": 1}, ("layer_not_later",)),
        ({"target_stage": 4}, ("unknown_layer", "0", "4", "3")),
        ({"source_stage": -1}, ("unknown_layer", "0", "3")),
        ({"count": -1.0}, ("invalid_count", "-1.0")),
        ({"count": np.inf}, ("invalid_count",)),
        ({"count": np.nan, "low": 4, "high": 2}, ("invalid_bounds",)),
        ({"status": "no"}, ("unknown_choice", "'no'", "suppressed")),
    ],
)
def test_a_flow_that_cannot_be_drawn_is_refused_by_row(change, said):
    with refused(ValueError, *said):
        _draw(FLOWS[:1].assign(**change))


@pytest.mark.parametrize("stages", [("Origin",), tuple("ABCDEFGH")])
def test_fewer_than_two_or_more_than_seven_stages_are_refused(stages):
    with refused(ValueError, "wrong_number_of_layers"):
        _draw(stages=stages)


def test_a_table_without_a_needed_column_is_refused_by_its_name():
    for column in ("source", "target", "count"):
        with refused(ValueError, "missing_column", column):
            _draw(FLOWS.drop(columns=column))


def test_flows_without_persons_are_said_and_not_drawn():
    assert "no persons on any flow" in words(_draw(FLOWS.assign(count=0.0)))


# What is drawn


def test_a_way_that_is_not_known_is_hatched_and_named_in_the_key():
    figure = _draw()
    assert len({WAY_UNKNOWN, style.UNKNOWN, style.SUPPRESSED, style.CENSORED}) == 4
    hatched = [band for band in _bands(figure) if band.get_hatch() == WAY_UNKNOWN]
    assert len(hatched) == 2  # 20 and 10 persons; the band of one person is too narrow for a hatching, and dashed
    assert sum(band.get_linestyle() not in ("solid", "-") for band in _bands(figure)) == 1
    assert "way between not known" in words(figure)
    assert "way between not known" not in words(_draw(FLOWS[FLOWS["status"] == "known"]))


@pytest.mark.parametrize("unknown", ["", "unknown", None, np.nan])
def test_an_end_that_is_not_known_is_a_hatched_bar_of_its_own(unknown):
    table = FLOWS.astype({"source": object}).copy()
    table.loc[6, "source"] = unknown
    figure = _draw(table)
    assert _bars(figure)["0:unknown"].get_hatch() == style.UNKNOWN
    assert "place not known" in words(figure)


def test_the_smallest_places_of_a_full_stage_are_one_bar_and_a_line_says_how_many():
    # Fourteen origins with 1 to 14 persons: the nine largest stay, 1 + 2 + 3 + 4 + 5 = 15 persons of five are one bar.
    rows = [(0, f"P{n:02}", 1, "X", float(n), "known") for n in range(1, 15)]
    rows.append((0, "", 1, "X", 0.5, "way unknown"))
    figure = _draw(pd.DataFrame(rows, columns=FLOW), stages=("Origin", "Exploitation"))
    assert "other (5 places): 15" in _labels(figure)
    assert sum(name.startswith("0:") for name in _bars(figure)) == 9 + 1 + 1  # and the one of what is not known
    assert "Drawn as one bar, “other”: Origin: 5 places, 15 persons." in words(figure)
    ten = pd.DataFrame(rows[:10], columns=FLOW)
    assert "other" not in words(_draw(ten, stages=("Origin", "Exploitation")))


def _polygon(band: PathPatch) -> Polygon:
    (corners,) = band.get_path().to_polygons(closed_only=True)
    return Polygon(corners).buffer(0)


def test_a_band_that_skips_a_stage_runs_beside_the_bars_there():
    figure = _draw(_random_flows(40, 4, 8))
    inner = [
        box(bar.get_x(), bar.get_y(), bar.get_x() + bar.get_width(), bar.get_y() + bar.get_height())
        for name, bar in _bars(figure).items()
        if name[0] in "12"
    ]
    filled = [band for band in _bands(figure) if not np.array_equal(band.get_facecolor(), (0, 0, 0, 0))]
    assert len(filled) > 10
    crossed = [
        (band.get_gid(), bar) for band in filled for bar in inner if _polygon(band).intersection(bar).area > 1e-4
    ]
    assert crossed == []


@pytest.mark.slow
@settings(max_examples=examples(15), deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 5), st.integers(1, 25))
def test_bars_keep_the_persons_of_the_table_and_never_stand_upon_one_another(seed, stages, rows):
    table = _random_flows(rows, stages, 7, seed)
    bars = _bars(_draw(table, stages=tuple("ABCDE")[:stages]))
    come = table.groupby(["target_stage", table["target"].replace("", "unknown")])["count"].sum()
    go = table.groupby(["source_stage", "source"])["count"].sum()
    persons = {f"{stage}:{place}": 0.0 for stage, place in [*come.index, *go.index]}
    for (stage, place), count in [*come.items(), *go.items()]:
        persons[f"{stage}:{place}"] = max(persons[f"{stage}:{place}"], count)
    assert set(bars) == set(persons)
    scale = sum(bar.get_height() for bar in bars.values()) / sum(persons.values())
    assert {name: bar.get_height() / scale for name, bar in bars.items()} == pytest.approx(persons)
    for one, two in itertools.combinations(bars, 2):
        if one[0] == two[0]:
            low, high = sorted((bars[one], bars[two]), key=lambda bar: bar.get_y())
            assert low.get_y() + low.get_height() < high.get_y()


# Order


def _arranged(bands: list[Band], stages: int):
    return arrange(bands, stages, {node: 0.15 for band in bands for node in (band.start, band.end)})


def _band(start: int, source: str, end: int, target: str, weight: float, status: str = "known") -> Band:
    return Band(start, source, end, target, status, weight, weight, weight)


@pytest.mark.slow
@settings(max_examples=examples(20), deadline=None)
@given(st.integers(0, 10_000))
def test_the_bands_of_a_bar_lie_side_by_side_within_it(seed):
    table = _random_flows(25, 4, 6, seed).groupby([*FLOW[:4], "status"], as_index=False)["count"].sum()
    bands = [_band(*row) for row in table[[*FLOW[:4], "count", "status"]].itertuples(index=False)]
    layout = _arranged(bands, 4)
    for node, middle in layout.middle.items():
        half = layout.scale * layout.weight[node] / 2
        for side, end in (("start", 0), ("end", -1)):
            places = sorted(
                (path[end][1] - layout.scale * band.weight / 2, path[end][1] + layout.scale * band.weight / 2)
                for band, path in zip(bands, layout.ways, strict=True)
                if getattr(band, side) == node
            )
            edges = [middle - half, *itertools.chain.from_iterable(places), middle + half]
            assert min(np.diff(edges)) > -1e-9


def _crossings(bands: list[Band], stages: int) -> float:
    steps = [(number, band.start, band.end, band.weight) for number, band in enumerate(bands)]
    return crossings(_arranged(bands, stages).order, steps)


def test_ways_that_need_not_cross_are_drawn_without_crossings():
    # Sorted by size the five would all cross: the largest origin leads to the smallest destination.
    rows = [_band(0, f"A{n}", 1, f"B{n}", 10.0) for n in range(5)]
    rows += [_band(1, f"B{n}", 2, f"C{n}", float(n + 1)) for n in range(5)]
    rows += [_band(0, f"D{n}", 1, f"B{n}", 9.0 - 2 * n + 0.5) for n in range(5)]
    assert _crossings(rows, 3) == 0


def test_what_is_found_crosses_hardly_more_than_the_best_of_all_orders():
    found, least = 0.0, 0.0
    for seed in range(12):
        drawn = np.random.default_rng(seed)
        pairs = [pair for pair in itertools.product(range(4), range(4)) if drawn.random() < 0.6]
        bands = [_band(0, f"A{a}", 1, f"B{b}", float(drawn.integers(1, 20))) for a, b in pairs]
        found += _crossings(bands, 2)
        # All 24 x 24 orders, counted here.
        least += min(
            sum(
                one.weight * two.weight
                for (one, (a, b)), (two, (c, d)) in itertools.combinations(zip(bands, pairs, strict=True), 2)
                if (left[a] - left[c]) * (right[b] - right[d]) < 0
            )
            for left in itertools.permutations(range(4))
            for right in itertools.permutations(range(4))
        )
    assert least <= found < 1.1 * least


def test_what_crosses_is_the_product_of_the_persons():
    # Two origins that both lead to both destinations cross once, whatever the order: 2 x 5 or 3 x 4; the least is 10.
    rows = [_band(0, start, 1, end, persons) for start, end, persons in
            (("A", "X", 3.0), ("A", "Y", 2.0), ("B", "X", 5.0), ("B", "Y", 4.0))]  # fmt: skip
    assert _crossings(rows, 2) == 10


@pytest.mark.soak
@pytest.mark.slow
@pytest.mark.parametrize(
    ("table", "stages"),
    [
        (_random_flows(60, 4, 12), STAGES),
        (_random_flows(150, 4, 14, name="The very long name of the province number"), STAGES),
        (_random_flows(60, 7, 12), ("Origin", "Recruitment", "1st transit", "2nd", "3rd", "4th", "Exploitation")),
        (_random_flows(30, 2, 30), ("Origin", "Exploitation")),
        (FLOWS.assign(count=FLOWS["count"] * [1e6, 1, 1, 1e-3, 1, 1, 1, 1, 1]), STAGES),
        *((FLOWS.iloc[[row]], STAGES) for row in range(len(FLOWS))),
    ],
)
def test_labels_of_a_crowded_sankey_do_not_cover_one_another(table, stages):
    assert faults(_draw(table, stages=stages)) == []
