"""Figures of journeys that are no maps: the Sankey by step, corridors as chains, changes of shares, one matrix."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.text import Text
from refusals import refused
from shapely.geometry import Polygon, box

from analysis import plots
from analysis.plots import sankey_layout, style
from analysis.plots.chains import chain, corridor_chains, wrapped
from analysis.plots.sankey import NOT_KNOWN, sankey
from analysis.plots.sankey_layout import Band
from analysis.plots.share_changes import STATUS, share_changes

FOOTER = plots.Footer("made for a test", "2014-2021", "120 persons", "Detected, not incidence.")
SYNTHETIC = plots.Footer("made for a test", "2014-2021", "120 persons", "Not real.", synthetic=True)
LAYERS = ("Origin", "1st transit", "2nd transit", "Exploitation")
LINK = ["from_layer", "from_place", "to_layer", "to_place", "persons", "gap"]
LINKS = pd.DataFrame(
    [
        (0, "SYR", 1, "TR-79", 30.0, "observed"),
        (1, "TR-79", 3, "TR-27", 25.0, "observed"),
        (1, "TR-79", 2, "TR-27", 5.0, "observed"),
        (2, "TR-27", 3, "TR-34", 5.0, "observed"),
        (0, "SYR", 3, "TR-27", 40.0, "observed"),
        (0, "SYR", 3, "TR-34", 20.0, "missing_transit"),
        (0, "", 3, "TR-34", 10.0, "missing_transit"),
        (0, "TR-27", 3, "TR-27", 15.0, "observed"),
        (0, "SYR", 3, "", 1.0, "missing_transit"),
    ],
    columns=LINK,
)
NAMES = {"SYR": "Syria", "TR-79": "Kilis", "TR-27": "Gaziantep", "TR-34": "İstanbul"}
CORRIDORS = pd.DataFrame(
    {
        "places": ["SYR>TR-79>TR-27", "SYR>TR-34", "TR-27>unknown>TR-34"],
        "share": [0.3, 0.55, np.nan],
        "low": [0.2, 0.4, np.nan],
        "high": [0.42, 0.7, np.nan],
        "n_text": ["57 persons", "104 persons", "not observed"],
        "truth": [0.25, 0.6, np.nan],
        "group": ["with transit", "direct", "direct"],
    }
)
CHANGES = pd.DataFrame(
    [
        ("SYR>TR-79>TR-27", 0.1, 0.3, 0.12, 0.28, 0.0004, "rises"),
        ("SYR>TR-34", 0.4, 0.2, -0.3, -0.1, 0.012, "falls"),
        ("TR-27>TR-34", 0.0, 0.1, 0.05, 0.16, 0.03, "emerging"),
        ("TR-34>TR-34", 0.15, 0.0, -0.2, -0.1, 0.04, "vanishing"),
        ("SYR>TR-27", 0.2, 0.21, -0.05, 0.07, 0.8, "not distinguishable"),
        ("international", 0.15, 0.19, np.nan, np.nan, np.nan, "not distinguishable"),
    ],
    columns=["category", "share_before", "share_after", "low", "high", "q_value", "status"],
)

CHARTS: dict[str, tuple[Callable[..., Figure], pd.DataFrame, str]] = {
    "sankey": (lambda t, **r: sankey(t, **{"layers": LAYERS, "names": NAMES} | r), LINKS, "persons"),
    "corridor_chains": (lambda t, **r: corridor_chains(t, **{"names": NAMES} | r), CORRIDORS, "share"),
    "share_changes": (lambda t, **r: share_changes(t, **{"names": NAMES} | r), CHANGES, "q_value"),
}
every_figure = pytest.mark.parametrize("name", CHARTS)


def _draw(name: str, table: pd.DataFrame | None = None, *, title: str = "A title", footer=FOOTER, **rules) -> Figure:
    draw, example, _ = CHARTS[name]
    return draw(example if table is None else table, title=title, footer=footer, **rules)


def _texts(figure: Figure) -> list[Text]:
    return [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]


def _words(figure: Figure) -> str:
    return " ".join(" ".join(text.get_text() for text in _texts(figure)).split())


def _labels(figure: Figure) -> dict[str, str]:
    """Labels of bars by layer and place."""
    return {
        text.get_gid().removeprefix("label:"): " ".join(text.get_text().split())
        for text in _texts(figure)
        if (text.get_gid() or "").startswith("label:")
    }


def _outside(figure: Figure) -> list[str]:
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    figure.draw(renderer)
    width, height = figure.bbox.width, figure.bbox.height
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in _texts(figure)]
    return [text for text, a in boxes if a.x0 < -1 or a.y0 < -1 or a.x1 > width + 1 or a.y1 > height + 1]


def _colliding(figure: Figure) -> list[tuple[str, str]]:
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    figure.draw(renderer)
    boxes = [(t.get_text(), t.get_window_extent(renderer)) for t in _texts(figure) if t.get_gid() != "watermark"]
    return [
        (one, two)
        for (one, a), (two, b) in itertools.combinations(boxes, 2)
        # Two pixels: boxes are measured with the empty room above small letters.
        if min(a.x1, b.x1) - max(a.x0, b.x0) > 2 and min(a.y1, b.y1) - max(a.y0, b.y0) > 2
    ]


def _bars(figure: Figure) -> dict[str, Rectangle]:
    """Bars of a Sankey by layer and place."""
    return {
        patch.get_gid().removeprefix("bar:"): patch
        for patch in figure.findobj(Rectangle)
        if (patch.get_gid() or "").startswith("bar:")
    }


def _bands(figure: Figure) -> list[PathPatch]:
    return [patch for patch in figure.findobj(PathPatch) if (patch.get_gid() or "").startswith("band:")]


def _random_links(rows: int, layers: int, places: int, seed: int = 5, name: str = "Place") -> pd.DataFrame:
    drawn = np.random.default_rng(seed)
    ends = [sorted(drawn.choice(layers, 2, replace=False).tolist()) for _ in range(rows)]
    listed = [
        (
            start,
            f"{name} {drawn.integers(places)}",
            end,
            f"{name} {drawn.integers(places)}" if drawn.random() > 0.1 else "",
            float(drawn.integers(1, 60)),
            "missing_transit" if drawn.random() < 0.3 else "observed",
        )
        for start, end in ends
    ]
    return pd.DataFrame(listed, columns=LINK)


# What every figure carries


@every_figure
def test_every_figure_says_its_source_period_number_and_limits(name):
    words = _words(_draw(name))
    assert "Source: made for a test · Period: 2014-2021 · n = 120 persons · Detected, not incidence." in words


@every_figure
def test_a_synthetic_figure_has_the_watermark_and_the_word_in_its_title(name):
    figure = _draw(name, footer=SYNTHETIC)
    assert style.is_synthetic(figure)
    assert "SYNTHETIC · A title" in _words(figure)


@every_figure
def test_an_empty_table_says_that_nothing_was_found(name):
    assert "no figure found" in _words(_draw(name, CHARTS[name][1][:0]))


@pytest.mark.slow
@every_figure
def test_each_row_can_be_drawn_by_itself(name):
    example = CHARTS[name][1]
    for row in range(len(example)):
        figure = _draw(name, example.iloc[[row]])
        assert _outside(figure) == []
        assert _colliding(figure) == []


@pytest.mark.soak
@every_figure
def test_nothing_written_leaves_the_frame_or_covers_another_text(name):
    figure = _draw(name, subtitle="A subtitle that says more", footer=SYNTHETIC)
    assert [text for text in _outside(figure) if text != "SYNTHETIC"] == []
    assert _colliding(figure) == []


@every_figure
def test_the_same_table_gives_the_same_bytes_and_is_left_as_it_was(name):
    before = CHARTS[name][1].copy(deep=True)
    assert plots.png(_draw(name)) == plots.png(_draw(name))
    pd.testing.assert_frame_equal(CHARTS[name][1], before)


@every_figure
def test_a_table_without_a_needed_column_is_refused_by_the_columns_name(name):
    _, example, column = CHARTS[name]
    with refused(ValueError, "missing_column", column):
        _draw(name, example.drop(columns=column))


# The Sankey


def test_the_height_of_a_bar_is_its_persons():
    bars = _bars(_draw("sankey"))
    # By hand from LINKS. From Syria 30 + 40 + 20 + 1; to Gaziantep 25 + 40 + 15; to İstanbul 5 + 20 + 10.
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
    # 91 + 15 + 10 leave the first layer, 80 + 35 + 1 reach the last.
    for layer in ("0:", "3:"):
        assert sum(bar.get_height() for name, bar in bars.items() if name.startswith(layer)) / scale == pytest.approx(
            116
        )


def test_each_bar_carries_its_name_and_its_persons():
    labels = _labels(_draw("sankey"))
    assert labels["0:SYR"] == "Syria: 91"
    assert labels["1:TR-79"] == "Kilis: 30"
    assert labels["3:TR-27"] == "Gaziantep: 80"
    assert labels["0:unknown"] == "not known: 10"
    assert labels["head 1"] == "1st transit"
    assert labels["count 1"] == "30 persons"
    assert "Height of bars and bands: persons" in _words(_draw("sankey"))


def test_a_bar_is_as_high_as_those_who_come_or_those_who_go_whichever_are_more():
    # 30 reach Kilis and 20 go on: the bar is 30 high, and the line below says why it is higher than what leaves it.
    table = pd.DataFrame(
        [(0, "SYR", 1, "TR-79", 30, "observed"), (1, "TR-79", 2, "TR-27", 20, "observed")], columns=LINK
    )
    figure = _draw("sankey", table, layers=LAYERS[:3])
    bars = _bars(figure)
    assert bars["1:TR-79"].get_height() == pytest.approx(bars["2:TR-27"].get_height() * 1.5)
    assert "Some paths begin or end between: 1st transit 30 come and 20 go on." in _words(figure)
    assert "begin or end" not in _words(_draw("sankey"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"from_layer": 3, "to_layer": 1}, ("layer_not_later", "TR-79", "row 0", "3", "1")),
        ({"from_layer": 1, "to_layer": 1}, ("layer_not_later",)),
        ({"to_layer": 4}, ("unknown_layer", "0", "4", "3")),
        ({"from_layer": -1}, ("unknown_layer", "0", "3")),
        ({"persons": np.nan}, ("invalid_count", "`persons`")),
        ({"persons": -1.0}, ("invalid_count", "1.0", "`persons`")),
        ({"persons": np.inf}, ("invalid_count", "`persons`")),
        ({"gap": "unknown"}, ("unknown_choice", "'unknown'", "`gap`")),
    ],
)
def test_a_link_that_cannot_be_drawn_is_refused_by_row(change, words):
    with refused(ValueError, *words):
        _draw("sankey", LINKS[:1].assign(**change))


@pytest.mark.parametrize("layers", [("Origin",), tuple("ABCDEFGH")])
def test_fewer_than_two_or_more_than_seven_layers_are_refused(layers):
    with refused(ValueError, "wrong_number_of_layers"):
        _draw("sankey", layers=layers)


def test_links_without_persons_are_said_and_not_drawn():
    assert "no persons on any link" in _words(_draw("sankey", LINKS.assign(persons=0.0)))


def test_a_transit_that_is_not_known_is_hatched_and_named_in_the_key():
    figure = _draw("sankey")
    hatched = [band for band in _bands(figure) if band.get_hatch() == NOT_KNOWN]
    assert len(hatched) == 2  # 20 and 10 persons; the band of one person is too narrow for a hatching, and dashed
    assert sum(band.get_linestyle() != "solid" and band.get_linestyle() != "-" for band in _bands(figure)) == 1
    assert "transit not known" in _words(figure)
    assert "transit not known" not in _words(_draw("sankey", LINKS[LINKS["gap"] == "observed"]))


@pytest.mark.parametrize("unknown", ["", "unknown", None, np.nan])
def test_an_end_that_is_not_known_is_a_hatched_bar_of_its_own(unknown):
    table = LINKS.astype({"from_place": object}).copy()
    table.loc[6, "from_place"] = unknown
    figure = _draw("sankey", table)
    assert NOT_KNOWN != style.UNKNOWN
    assert _bars(figure)["0:unknown"].get_hatch() == style.UNKNOWN
    assert "place not known" in _words(figure)


def test_the_smallest_places_of_a_full_layer_are_one_bar_and_a_line_says_how_many():
    # Fourteen origins with 1 to 14 persons: the nine largest stay, 1 + 2 + 3 + 4 + 5 = 15 persons of five are one bar.
    rows = [(0, f"P{n:02}", 1, "X", float(n), "observed") for n in range(1, 15)]
    rows.append((0, "", 1, "X", 0.5, "missing_transit"))
    figure = _draw("sankey", pd.DataFrame(rows, columns=LINK), layers=("Origin", "Exploitation"))
    labels = _labels(figure)
    assert labels["0:other"] == "other (5 places): 15"
    assert sum(name.startswith("0:") for name in labels) == 9 + 1 + 1  # and the one of what is not known
    assert "Drawn as one bar, “other”: Origin: 5 places, 15 persons." in _words(figure)
    ten = pd.DataFrame(rows[:10], columns=LINK)
    assert "other" not in _words(_draw("sankey", ten, layers=("Origin", "Exploitation")))


def test_the_narrowest_bands_are_pale_and_a_line_says_how_many():
    figure = _draw("sankey", top=7)
    # LINKS has nine bands; the two narrowest hold 5 and 1 persons.
    assert "Pale: the 2 narrowest bands, of 5 persons at most each." in _words(figure)
    assert "Pale" not in _words(_draw("sankey"))
    alphas = [band.get_alpha() for band in _bands(figure) if band.get_hatch() is None]
    assert len(_bands(figure)) == 9
    assert len(set(alphas)) == 2


def _polygon(band: PathPatch) -> Polygon:
    (corners,) = band.get_path().to_polygons(closed_only=True)
    return Polygon(corners).buffer(0)


def test_a_band_that_skips_a_layer_runs_beside_the_bars_there():
    figure = _draw("sankey", _random_links(40, 4, 8), top=40)
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
def test_bars_keep_the_persons_of_the_table_and_never_stand_upon_one_another(seed, layers, rows):
    table = _random_links(rows, layers, 7, seed)
    bars = _bars(_draw("sankey", table, layers=tuple("ABCDE")[:layers]))
    come = table.groupby(["to_layer", table["to_place"].replace("", "unknown")])["persons"].sum()
    go = table.groupby(["from_layer", "from_place"])["persons"].sum()
    persons = {f"{layer}:{place}": 0.0 for layer, place in [*come.index, *go.index]}
    for (layer, place), count in [*come.items(), *go.items()]:
        persons[f"{layer}:{place}"] = max(persons[f"{layer}:{place}"], count)
    assert set(bars) == set(persons)
    scale = sum(bar.get_height() for bar in bars.values()) / sum(persons.values())
    assert {name: bar.get_height() / scale for name, bar in bars.items()} == pytest.approx(persons)
    for one, two in itertools.combinations(bars, 2):
        if one[0] == two[0]:
            low, high = sorted((bars[one], bars[two]), key=lambda bar: bar.get_y())
            assert low.get_y() + low.get_height() < high.get_y()


@pytest.mark.slow
@settings(max_examples=examples(20), deadline=None)
@given(st.integers(0, 10_000))
def test_the_bands_of_a_bar_lie_side_by_side_within_it(seed):
    table = _random_links(25, 4, 6, seed).groupby(LINK[:4] + LINK[5:], as_index=False)["persons"].sum()
    bands = [Band(*row) for row in table.itertuples(index=False)]
    layout = sankey_layout.arrange(bands, 4, last=lambda place: 0, extents=lambda node: (0.15, 0 < node[0] < 3))
    for node, middle in layout.middle.items():
        half = layout.scale * layout.persons[node] / 2
        for side, end in (("from", 0), ("to", -1)):
            places = sorted(
                (path[end][1] - layout.scale * band.persons / 2, path[end][1] + layout.scale * band.persons / 2)
                for band, path in zip(bands, layout.ways, strict=True)
                if (getattr(band, f"{side}_layer"), getattr(band, f"{side}_place"), -1) == node
            )
            edges = [middle - half, *itertools.chain.from_iterable(places), middle + half]
            assert min(np.diff(edges)) > -1e-9


@pytest.mark.slow
@settings(max_examples=examples(4), deadline=None)
@given(st.permutations(range(len(LINKS))))
def test_the_picture_does_not_depend_on_the_order_of_the_rows(order):
    assert plots.png(_draw("sankey", LINKS.iloc[order])) == plots.png(_draw("sankey"))


def test_a_link_in_two_rows_is_drawn_once_with_the_persons_of_both():
    halves = pd.concat([LINKS.assign(persons=LINKS["persons"] / 2)] * 2)
    assert plots.png(_draw("sankey", halves)) == plots.png(_draw("sankey"))


def _crossings(bands: list[Band], layers: int) -> float:
    layout = sankey_layout.arrange(bands, layers, last=lambda place: 0, extents=lambda node: (0.15, False))
    nodes = [
        [(band.from_layer, band.from_place, -1), (band.to_layer, band.to_place, -1), band.persons] for band in bands
    ]
    return sankey_layout.crossings(layout.order, [tuple(step) for step in nodes])


def test_ways_that_need_not_cross_are_drawn_without_crossings():
    # Sorted by size the five would all cross: the largest origin leads to the smallest destination.
    rows = [Band(0, f"A{n}", 1, f"B{n}", "observed", 10.0) for n in range(5)]
    rows += [Band(1, f"B{n}", 2, f"C{n}", "observed", float(n + 1)) for n in range(5)]
    rows += [Band(0, f"D{n}", 1, f"B{n}", "observed", 9.0 - 2 * n) for n in range(5)]
    assert _crossings(rows, 3) == 0


def test_what_is_found_crosses_hardly_more_than_the_best_of_all_orders():
    found, least = 0.0, 0.0
    for seed in range(12):
        drawn = np.random.default_rng(seed)
        pairs = [pair for pair in itertools.product(range(4), range(4)) if drawn.random() < 0.6]
        bands = [Band(0, f"A{a}", 1, f"B{b}", "observed", float(drawn.integers(1, 20))) for a, b in pairs]
        found += _crossings(bands, 2)
        # All 24 x 24 orders, counted here.
        least += min(
            sum(
                one.persons * two.persons
                for (one, (a, b)), (two, (c, d)) in itertools.combinations(zip(bands, pairs, strict=True), 2)
                if (left[a] - left[c]) * (right[b] - right[d]) < 0
            )
            for left in itertools.permutations(range(4))
            for right in itertools.permutations(range(4))
        )
    assert least <= found < 1.1 * least


def test_what_crosses_is_the_product_of_the_persons():
    # Two origins that both lead to both destinations cross once, whatever the order: 2 x 5 or 3 x 4; the least is 10.
    rows = [Band(0, start, 1, end, "observed", persons) for start, end, persons in
            (("A", "X", 3.0), ("A", "Y", 2.0), ("B", "X", 5.0), ("B", "Y", 4.0))]  # fmt: skip
    assert _crossings(rows, 2) == 10


@pytest.mark.soak
@pytest.mark.slow
@pytest.mark.parametrize(
    ("table", "layers"),
    [
        (_random_links(60, 4, 12), LAYERS),
        (_random_links(150, 4, 14, name="The very long name of the province number"), LAYERS),
        (_random_links(60, 7, 12), ("Origin", "Recruitment", "1st transit", "2nd", "3rd", "4th", "Exploitation")),
        (_random_links(30, 2, 30), ("Origin", "Exploitation")),
        (LINKS.assign(persons=LINKS["persons"] * [1e6, 1, 1, 1e-3, 1, 1, 1, 1, 1]), LAYERS),
    ],
    ids=["sixty", "long names", "seven layers", "two layers", "one giant"],
)
def test_labels_of_a_crowded_sankey_do_not_cover_one_another(table, layers):
    figure = _draw("sankey", table, layers=layers)
    assert _colliding(figure) == []
    assert _outside(figure) == []


# Corridors


def test_a_corridor_is_written_with_names_and_arrows_and_its_unknown_place_as_not_known():
    assert " → ".join(chain("SYR>TR-79>TR-27", NAMES)) == "Syria → Kilis → Gaziantep"
    assert chain("SYR>>XX", NAMES) == ["Syria", "not known", "XX"]
    words = _words(_draw("corridor_chains"))
    assert "Syria → Kilis → Gaziantep" in words
    assert "Gaziantep → not known → İstanbul" in words
    assert "57 persons" in words


def test_a_long_way_is_broken_before_an_arrow_and_fits_its_column():
    steps = [
        "Syria",
        "Kilis",
        "Central African Republic",
        "Gaziantep",
        "A name that is wider than the column itself is",
    ]
    text = wrapped(steps, 2.2, 10)
    assert style.text_width(text, 10) <= 2.2
    assert " ".join(text.split()) == " → ".join(steps)
    # Only the last name is too long for a line of its own.
    assert all(line.startswith("→") for line in text.split("\n")[1:4])


def test_corridors_stand_in_the_order_given_and_only_fifteen_are_drawn():
    table = pd.concat([CORRIDORS[:1]] * 20, ignore_index=True).drop(columns="group")
    table["places"] = [f"P{n:02}>Q" for n in range(20)]
    table["share"] = np.linspace(0.4, 0.21, 20)
    figure = _draw("corridor_chains", table)
    drawn = [text for text in _texts(figure) if text.get_gid() == "label:chain"]
    assert [text.get_text() for text in drawn] == [f"P{n:02} → Q" for n in range(15)]
    heights = [text.get_window_extent(figure.canvas.get_renderer()).y0 for text in drawn]  # type: ignore[attr-defined]
    assert heights == sorted(heights, reverse=True)
    # The sixteenth of twenty steps of 0.01 from 0.40 is 0.25.
    assert "Not drawn: 5 more corridors, each with 25% at most." in _words(figure)
    assert "Not drawn" not in _words(_draw("corridor_chains", table[:15]))


def test_a_planted_share_is_a_hollow_diamond_that_the_key_explains():
    (axes,) = _draw("corridor_chains").axes
    diamonds = [line for line in axes.get_lines() if line.get_marker() == "D"]
    assert [float(line.get_xdata()[0]) for line in diamonds] == [0.25, 0.6]
    assert {line.get_markerfacecolor() for line in diamonds} == {"none"}
    assert "simulated share" in _words(_draw("corridor_chains"))
    assert "planted" not in _words(_draw("corridor_chains", CORRIDORS.drop(columns="truth")))


def test_groups_of_corridors_have_headings():
    figure = _draw("corridor_chains")
    bold = [t.get_text() for t in _texts(figure) if t.get_gid() == "label:chain" and t.get_weight() == "bold"]
    assert bold == ["with transit", "direct"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"share": 30.0}, ("out_of_range", "TR-79", "TR-27", "row 0", "1")),
        ({"truth": -0.1}, ("out_of_range", "0", "1")),
        ({"low": 0.31}, ("outside_interval",)),
    ],
)
def test_a_corridors_share_that_cannot_be_one_is_refused(change, words):
    with refused(ValueError, *words):
        _draw("corridor_chains", CORRIDORS[:1].assign(**change))


# Changes


def test_a_changed_share_is_two_dots_beside_their_difference_with_its_interval():
    shares, changes = _draw("share_changes", CHANGES[:1]).axes
    dots = {
        line.get_markerfacecolor(): float(line.get_xdata()[0])
        for line in shares.get_lines()
        if line.get_marker() == "o"
    }
    assert dots == {"white": 0.1, style.VERMILLION: 0.3}
    (mark,) = [line for line in changes.get_lines() if line.get_marker() == "^"]
    assert float(mark.get_xdata()[0]) == pytest.approx(20)  # 0.3 - 0.1, percentage points
    intervals = [
        tuple(line.get_xdata()) for line in changes.get_lines() if line.get_lw() == 1.4 and len(line.get_xdata()) == 2
    ]
    assert intervals == [pytest.approx((12, 28))]


def test_what_is_said_of_a_change_is_told_by_shape_and_words_and_not_by_colour_alone():
    assert len({marker for _, marker in STATUS.values()}) == len(STATUS)
    words = _words(_draw("share_changes"))
    for said in ("rises q < 0.001", "falls q = 0.012", "emerging q = 0.03", "not distinguishable not tested"):
        assert said in words
    _, changes = _draw("share_changes").axes
    drawn = [line.get_marker() for line in changes.get_lines() if line.get_marker() in {m for _, m in STATUS.values()}]
    assert drawn == ["^", "v", "P", "X", "s", "s"]


@pytest.mark.parametrize("rows", [slice(0, 1), slice(1, 2), slice(None)])
def test_zero_is_always_on_the_scale_of_differences(rows):
    _, changes = _draw("share_changes", CHANGES[rows]).axes
    low, high = changes.get_xlim()
    assert low < 0 < high


def test_the_periods_are_named_in_the_key():
    words = _words(_draw("share_changes", labels=("2014-2018", "2019-2023")))
    assert "2014-2018 2019-2023" in words


def test_a_share_in_per_cent_or_a_status_of_another_name_is_refused():
    with refused(ValueError, "out_of_range", "TR-79", "TR-27", "row 0"):
        _draw("share_changes", CHANGES.assign(share_after=30.0))
    with refused(ValueError, "unknown_choice", "'up'", "TR-79", "TR-27"):
        _draw("share_changes", CHANGES.assign(status="up"))


@pytest.mark.soak
@pytest.mark.slow
@pytest.mark.parametrize("name", ["corridor_chains", "share_changes"])
def test_many_rows_with_long_names_do_not_cover_one_another(name):
    column = "places" if name == "corridor_chains" else "category"
    long = ">".join(f"The province with the very long name {n}" for n in range(4))
    table = pd.concat([CHARTS[name][1]] * 6, ignore_index=True)
    figure = _draw(name, table.assign(**{column: [f"{n}>{long}" if n % 2 else f"{n}>A" for n in range(len(table))]}))
    assert _colliding(figure) == []
    assert _outside(figure) == []
