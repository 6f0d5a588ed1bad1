"""What a user relies on when areas with high or low values are said to lie side by side."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from counted_areas import chessboard
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.text import Text
from refusals import refused, warned
from shapely.geometry import box

from analysis import plots
from analysis.exhibits.route_model import moran_words, plot_of_clustering
from analysis.methods.clustering import SpatialClustering, spatial_clustering

PROJECTION = "+proj=laea +lat_0=0 +lon_0=0"
FOOTER = plots.Footer("UNODC, 2023", "2014-2021", "9 areas", "Detected, not incidence.")


def valued(*values: float, columns: int = 3) -> pd.DataFrame:
    ids = [f"{place // columns}{place % columns}" for place in range(len(values))]
    return pd.DataFrame({"area_id": ids, "value": values})


def with_isolate(values: pd.DataFrame, neighbours: pd.DataFrame, value: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The same with an island far out, which has a value and no neighbour."""
    isle = pd.DataFrame({"area_id": ["isle"], "value": [value]})
    alone = pd.DataFrame({"area_id": ["isle"], "neighbour_id": [None], "how": ["alone"]})
    return pd.concat([values, isle], ignore_index=True), pd.concat([neighbours, alone], ignore_index=True)


RISING = valued(1, 2, 3, 4, 5, 6, 7, 8, 9)


@pytest.fixture(scope="module")
def columbus():
    read = pd.read_csv(Path(__file__).parents[1] / "reference/columbus.csv", comment="#", dtype={"area_id": str})
    meet = read.assign(neighbour_id=read["meets"].str.split(), how="contiguous").explode("neighbour_id")
    return spatial_clustering(read[["area_id", "value"]], meet[["area_id", "neighbour_id", "how"]], permutations=49999)


# --- the numbers ---------------------------------------------------------------------------------------------------


def test_q_values_are_those_of_benjamini_and_hochberg(columbus):
    p = columbus.local["p_value"].to_numpy()
    order = np.argsort(p)
    # By its definition: the smallest p * m / rank among the ranks from one's own up.
    stepped = np.minimum.accumulate((p[order] * len(p) / np.arange(1, len(p) + 1))[::-1])[::-1]
    assert columbus.local["q_value"].to_numpy()[order] == pytest.approx(np.minimum(stepped, 1))
    named = columbus.local["status"].isin(["cluster", "outlier"])
    assert (named == (columbus.local["q_value"] <= 0.05)).all()
    assert 0 < named.sum() < 49


def test_permutations_that_give_the_same_as_observed_are_counted_in_spite_of_rounding():
    # The two least values beside the least: of the 28 pairs that could lie there, only this one is as extreme.
    values = valued(0.1, 0.2, 0.7, 0.3, 0.6, 0.9, 0.8, 1.1, 1.3)
    local = spatial_clustering(values, chessboard(3, 3), permutations=4999).local.set_index("area_id")
    assert local.loc["00", "smallest_p"] == pytest.approx(2 / 28)
    assert local.loc["00", "p_value"] == pytest.approx(2 / 28, abs=0.015)


@pytest.mark.slow
@settings(max_examples=examples(17), deadline=None)
@given(
    values=st.lists(st.integers(0, 50), min_size=12, max_size=12).filter(lambda found: len(set(found)) > 3),
    shift=st.integers(-20, 20),
    scale=st.sampled_from([0.001, 0.5, 3, 1000]),
)
def test_the_unit_of_the_values_changes_nothing(values, shift, scale):
    board = chessboard(3, 4)
    one = spatial_clustering(valued(*values, columns=4), board, permutations=99)
    other = spatial_clustering(valued(*(shift + scale * np.array(values)), columns=4), board, permutations=99)
    assert other.moran["i"].iloc[0] == pytest.approx(one.moran["i"].iloc[0], abs=1e-9)
    assert other.local["p_value"].to_numpy() == pytest.approx(one.local["p_value"].to_numpy())


def test_the_same_seed_gives_the_same_and_nothing_else_is_disturbed():
    np.random.seed(5)
    before = np.random.get_state()[1].copy()
    filters = list(warnings.filters)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one, two = (spatial_clustering(RISING, chessboard(3, 3), permutations=999) for _ in range(2))
    assert np.array_equal(np.random.get_state()[1], before)
    assert warnings.filters == filters
    pd.testing.assert_frame_equal(one.local, two.local)
    pd.testing.assert_frame_equal(one.moran, two.moran)
    other = spatial_clustering(RISING, chessboard(3, 3), permutations=999, seed=1)
    assert not np.allclose(other.local["p_value"], one.local["p_value"], atol=1e-12)


@pytest.mark.soak
@pytest.mark.slow
def test_values_without_a_pattern_are_seldom_called_one():
    rng = np.random.default_rng(4)
    found = [
        (
            spatial_clustering(valued(*rng.gamma(1, 1, 25), columns=5), chessboard(5, 5), permutations=499).local[
                "q_value"
            ]
            <= 0.1
        ).any()
        for _ in range(60)
    ]
    # At most 10 % by Benjamini and Hochberg: of 60, more than 13 would be beyond three standard deviations.
    assert sum(found) <= 13


# --- islands and what is not known ---------------------------------------------------------------------------------


def test_an_island_without_neighbours_is_masked_and_no_zero_takes_its_place():
    values, pairs = with_isolate(RISING, chessboard(3, 3), 900)
    result = spatial_clustering(values, pairs)
    isle = result.local.set_index("area_id").loc["isle"]
    assert isle["status"] == "masked: no neighbour"
    assert isle[["local_i", "p_value", "smallest_p", "q_value"]].isna().all()
    assert isle["quadrant"] == ""
    assert isle["value"] == 900
    # Nobody's mean or permutation has the island: the others are as if it were not there.
    without = spatial_clustering(RISING, chessboard(3, 3))
    pd.testing.assert_frame_equal(result.local.iloc[:9], without.local)
    assert result.moran["i"].iloc[0] == pytest.approx(without.moran["i"].iloc[0])
    assert result.moran[["n", "n_masked"]].iloc[0].tolist() == [9, 1]
    assert warned(result.warnings, "no_neighbours", "isle has")


@pytest.mark.slow
def test_an_area_whose_value_is_not_known_is_not_zero():
    values = valued(*range(1, 13), columns=4)
    values.loc[5, "value"] = np.nan
    result = spatial_clustering(values, chessboard(3, 4))
    local = result.local.set_index("area_id")
    assert local.loc["11", "status"] == "masked: value not known"
    assert local.loc["11", ["local_i", "p_value", "q_value"]].isna().all()
    assert "11" not in local.loc["01", "neighbours"]
    # As if the area were not there at all.
    pairs = chessboard(3, 4)
    without = spatial_clustering(values.drop(5), pairs[(pairs["area_id"] != "11") & (pairs["neighbour_id"] != "11")])
    assert result.moran["i"].iloc[0] == pytest.approx(without.moran["i"].iloc[0])
    assert local["p_value"].drop("11").tolist() == without.local["p_value"].tolist()
    zero = spatial_clustering(values.fillna(0), pairs)
    assert zero.moran["i"].iloc[0] != pytest.approx(result.moran["i"].iloc[0], abs=0.01)


def test_an_area_all_of_whose_neighbours_are_unknown_is_masked_too():
    values = valued(*range(1, 13), columns=4)
    values.loc[[1, 4], "value"] = np.nan  # "01" and "10", all that corner "00" has
    result = spatial_clustering(values, chessboard(3, 4))
    local = result.local.set_index("area_id")
    assert local.loc["00", "status"] == "masked: no neighbour's value known"
    assert np.isnan(local.loc["00", "p_value"])
    assert result.moran[["n", "n_masked"]].iloc[0].tolist() == [9, 3]
    assert warned(result.warnings, "no_known_neighbours", "00 has")


def test_the_page_can_say_which_areas_are_joined_by_distance():
    values, pairs = with_isolate(RISING, chessboard(3, 3), 10)
    joined = pd.DataFrame(
        [("isle", "22", "nearest"), ("22", "isle", "nearest"), ("isle", "21", "nearest"), ("21", "isle", "nearest")],
        columns=pairs.columns,
    )
    result = spatial_clustering(values, pd.concat([pairs[pairs["how"] != "alone"], joined]))
    assert warned(result.warnings, "neighbours_without_border", "nearest", ": 22 and isle; 21 and isle.")
    isle = result.local.set_index("area_id").loc["isle"]
    assert (isle["neighbours"], isle["how"]) == (("22", "21"), "nearest")
    assert isle["status"] in ("cluster", "outlier", "not distinguishable")


def test_a_reader_is_told_which_areas_could_not_reach_significance():
    result = spatial_clustering(RISING, chessboard(3, 3))
    # By hand: 2 in 28 for the corners, above 0.05; 2 in 56 and 2 in 70 for the others.
    assert warned(result.warnings, "cannot_be_significant", "00, 02, 20, 22 cannot be 0.05 or less")


# --- what is refused -----------------------------------------------------------------------------------------------


def test_too_few_areas_are_refused_with_the_smallest_p_value_there_could_be():
    # 2 x 4 areas, one unknown: seven. The best of them have three neighbours: 2 in 20.
    values = valued(1, 2, 3, 4, 5, 6, 7, np.nan, columns=4)
    with refused(ValueError, "too_few_areas", "7", "8", "0.1"):
        spatial_clustering(values, chessboard(2, 4))
    spatial_clustering(values.fillna(8), chessboard(2, 4), permutations=99)
    with refused(ValueError, "too_few_areas"):
        spatial_clustering(values.assign(value=np.nan), chessboard(2, 4))


@pytest.mark.parametrize(
    ("values", "pairs", "says"),
    [
        (RISING.assign(value=0.3), chessboard(3, 3), ("no_variation",)),
        (pd.concat([RISING, RISING.head(1)]), chessboard(3, 3), ("duplicate_key", "00")),
        (RISING.assign(value=np.inf), chessboard(3, 3), ("not_finite", "00")),
        (RISING.rename(columns={"value": "rate"}), chessboard(3, 3), ("missing_column",)),
        (RISING, chessboard(3, 3).drop(columns="how"), ("missing_column",)),
        (RISING.iloc[1:], chessboard(3, 3), ("unknown_area", "00")),
        (RISING, chessboard(2, 3), ("missing_neighbours", "20")),
        (RISING, chessboard(3, 3).iloc[1:], ("asymmetric_neighbours", "00", "10")),
        (
            RISING,
            pd.concat([chessboard(3, 3), pd.DataFrame([("00", "00", "link")], columns=chessboard(3, 3).columns)]),
            ("own_neighbour",),
        ),
    ],
)
def test_tables_that_contradict_themselves_are_refused(values, pairs, says):
    with refused(ValueError, *says):
        spatial_clustering(values, pairs)


def test_too_few_permutations_or_no_level_are_refused():
    with refused(ValueError, "too_few_permutations", "20"):
        spatial_clustering(RISING, chessboard(3, 3), permutations=20)
    with refused(ValueError, "out_of_range"):
        spatial_clustering(RISING, chessboard(3, 3), alpha=5)


# --- the map, and what is loaded ------------------------------------------------------------------------------------


def board(ids: list[str]) -> gpd.GeoDataFrame:
    """Squares of a degree, in the places their ids say; an island far out."""
    shapes = [
        box(9, 9, 9.05, 9.05) if i == "isle" else box(int(i[1]), -int(i[0]), int(i[1]) + 1, 1 - int(i[0])) for i in ids
    ]
    return gpd.GeoDataFrame({"area_id": ids, "name": [f"Area {i}" for i in ids]}, geometry=shapes, crs=4326)


def written(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text)]


def hatchings(figure: Figure) -> set[str]:
    return {patch.get_hatch() for patch in figure.findobj(Patch) if patch.get_hatch()}


def drawn(values: pd.DataFrame, result: SpatialClustering) -> Figure:
    """The map of clusters, drawn."""
    plot = plot_of_clustering(board(values["area_id"].tolist()), result, projection=PROJECTION)
    assert plot is not None
    return plot.draw(title="Clusters", footer=FOOTER)


def test_the_map_hatches_what_is_masked_and_names_each_cluster():
    values = valued(*[1, 2, 3, 4] * 2, *[20, 21, 23, 24] * 2, columns=4)
    values.loc[0, "value"] = np.nan
    values, pairs = with_isolate(values, chessboard(4, 4), 7)
    result = spatial_clustering(values, pairs, alpha=0.5)
    figure = drawn(values, result)
    assert hatchings(figure) == {"////", "||||"}  # unknown, and not tested
    words = written(figure)
    assert "not tested: no neighbour whose value is known (1)" in words
    assert "not known (1)" in words
    clusters = result.local[result.local["status"] == "cluster"]
    assert len(clusters) > 2
    for row in clusters.itertuples():
        assert any(text.startswith(f"Area {row.area_id}\n") and text.endswith(row.quadrant) for text in words)
    assert any(text.startswith("Area isle\n7") for text in words)


def test_neighbours_across_water_are_joined_by_a_line():
    values, pairs = with_isolate(valued(*[1, 2, 3, 4] * 2, *[20, 21, 23, 24] * 2, columns=4), chessboard(4, 4), 7)
    joined = pd.DataFrame([("isle", "03", "nearest"), ("03", "isle", "nearest")], columns=pairs.columns)
    result = spatial_clustering(values, pd.concat([pairs[pairs["how"] != "alone"], joined]), alpha=0.5)
    figure = drawn(values, result)
    assert "neighbours without a common border" in written(figure)
    assert not hatchings(figure)


def test_where_no_area_is_told_from_chance_a_sentence_says_so_instead_of_a_map():
    rng = np.random.default_rng(0)
    result = spatial_clustering(valued(*rng.permutation(9)), chessboard(3, 3))
    ids = result.local["area_id"].tolist()
    assert plot_of_clustering(board(ids), result, projection=PROJECTION) is None
    assert "No area is distinguishable from chance" in moran_words(result)
    with refused(ValueError, "areas_differ"):
        plot_of_clustering(board(["00", "01"]), result, projection=PROJECTION)


@pytest.mark.slow
def test_the_library_of_morans_statistics_is_loaded_only_when_it_is_used():
    loaded = "import sys, analysis.methods.clustering; print({'esda', 'libpysal', 'sklearn'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True).stdout.strip() == "set()"
