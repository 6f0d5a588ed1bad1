"""What a user relies on when a flow is said to be larger or smaller than populations and distance suggest."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from figure_texts import faults, words
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import codes, refused, warned
from row_marks import bars, estimates, rows

from analysis import plots
from analysis.exhibits.route_model import plot_of_gravity
from analysis.methods.gravity import Gravity, gravity, great_circle_km

FOOTER = plots.Footer("made for a test", "2014-2021", "30 pairs", "Not real.", synthetic=True)


REFERENCE = Path(__file__).parents[1] / "reference"
PLACES, FLOWS, BORDERS = (
    pd.read_csv(REFERENCE / f"gravity_{name}.csv", comment="#") for name in ("places", "flows", "borders")
)
PAIRS = FLOWS[["origin", "destination"]]


def the_pair(result, origin: str, destination: str) -> pd.Series:
    rows = result.residuals
    return rows[(rows["origin"] == origin) & (rows["destination"] == destination)].iloc[0]


def world(n: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    """Places, their ordered pairs, and expected persons: exp(-10) o^0.6 d^0.7 km^-1.1."""
    rng = np.random.default_rng(seed)
    ids = [f"P{number:02d}" for number in range(n)]
    places = pd.DataFrame(
        {
            "id": ids,
            "population": rng.lognormal(15, 1, n).round(),
            "lon": rng.uniform(-17, 14, n),
            "lat": rng.uniform(4, 20, n),
        }
    )
    pairs = pd.DataFrame([(a, b) for a in ids for b in ids if a != b], columns=["origin", "destination"])
    o, d = (places.set_index("id").loc[pairs[end]].reset_index(drop=True) for end in ("origin", "destination"))
    km = great_circle_km(o["lon"], o["lat"], d["lon"], d["lat"])
    mean = np.exp(-10) * o["population"] ** 0.6 * d["population"] ** 0.7 * km**-1.1
    return places, pairs, mean.to_numpy()


# --- distances -----------------------------------------------------------------------------------------------------


# --- the fit -------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@settings(max_examples=examples(25), deadline=None)
@given(st.lists(st.integers(0, 60), min_size=30, max_size=30).filter(lambda found: sum(map(bool, found)) > 8))
def test_expected_persons_balance_those_seen_on_every_term(persons):
    # The equations that Poisson estimates solve: what is expected and what is seen have the same sum, and the same sum
    # weighted by the logarithm of a population.
    try:
        rows = gravity(PAIRS.assign(persons=persons), PLACES).residuals
    except ValueError as refused:
        assert "no estimate" in str(refused)
        return
    assert rows["expected"].sum() == pytest.approx(rows["persons"].sum())
    logs = np.log(PLACES.set_index("id")["population"])
    for end in ("origin", "destination"):
        weights = logs[rows[end]].to_numpy()
        assert (weights * (rows["expected"] - rows["persons"])).sum() == pytest.approx(0, abs=1e-4)


def test_units_of_population_do_not_change_what_is_unusual():
    one = gravity(FLOWS, PLACES)
    other = gravity(FLOWS, PLACES.assign(population=PLACES["population"] / 1000))
    assert other.coefficients["estimate"][1:].tolist() == pytest.approx(one.coefficients["estimate"][1:].tolist())
    assert other.residuals["p_value"].tolist() == pytest.approx(one.residuals["p_value"].tolist())


@pytest.mark.soak
def test_limits_hold_what_the_flows_were_drawn_from_and_chance_is_seldom_called_unusual():
    places, pairs, mean = world(14, 1)
    rng = np.random.default_rng(3)
    truth, held, flagged, estimates = np.array([-10, 0.6, 0.7, -1.1]), [], [], []
    for _ in range(80):
        persons = rng.negative_binomial(mean / 2, 1 / 3)  # variance three times the mean
        result = gravity(pairs.assign(persons=persons), places)
        table = result.coefficients
        held.append(((table["low"] <= truth) & (truth <= table["high"])).to_numpy())
        estimates.append(table["estimate"].to_numpy())
        flagged.append((result.residuals["status"] != "as expected").any())
    # 95 % of 80 is 76; fewer than 70 would be three standard deviations below.
    assert (np.sum(held, axis=0) >= 70).all()
    error = np.abs(np.mean(estimates, axis=0) - truth) / (np.std(estimates, axis=0) / math.sqrt(80))
    assert (error < 4).all()
    # At most 5 % of the samples have any; more than 10 of 80 would be three standard deviations above.
    assert sum(flagged) <= 10


def test_a_corridor_that_is_used_far_more_and_one_far_less_are_found():
    places, pairs, mean = world(14, 1)
    persons = np.random.default_rng(8).poisson(5 * mean)
    large = int(np.argsort(mean)[len(mean) // 2])
    small = int(np.argsort(mean)[-2])
    persons[large], persons[small] = 20 * persons[large], 0
    result = gravity(pairs.assign(persons=persons), places)
    found = result.residuals[result.residuals["status"] != "as expected"]
    named = dict(zip(found["origin"] + found["destination"], found["status"], strict=True))
    assert named[pairs.loc[large, "origin"] + pairs.loc[large, "destination"]] == "more than expected"
    assert named[pairs.loc[small, "origin"] + pairs.loc[small, "destination"]] == "fewer than expected"
    assert len(named) <= 3


def test_flows_that_the_model_meets_exactly_are_as_expected():
    rows = gravity(PAIRS.assign(persons=5), PLACES).residuals
    assert rows["expected"].tolist() == pytest.approx([5] * 30)
    assert rows["pearson"].tolist() == pytest.approx([0] * 30, abs=1e-5)
    assert set(rows["status"]) == {"as expected"}


# --- what is absent, and what is not known ---------------------------------------------------------------------------


def test_a_pair_without_a_row_is_unknown_unless_it_is_said_that_it_was_seen():
    seen = FLOWS[FLOWS["persons"] > 0]  # 24 of 30
    alone = gravity(seen, PLACES)
    assert alone.n_pairs == 24
    assert warned(alone.warnings, "absent_left_out", "6 of 30 pairs")
    whole = gravity(seen, PLACES, observed_pairs=PAIRS)
    pd.testing.assert_frame_equal(whole.residuals, gravity(FLOWS, PLACES).residuals)
    assert warned(whole.warnings, "absent_as_zero", "6 of 30 pairs")


def test_countries_that_never_reported_do_not_count_as_zero():
    # D and F detected nobody because they never reported; the flows to the others are all that could be seen.
    reporting = PAIRS[~PAIRS["destination"].isin(["D", "F"])]
    seen = FLOWS[(FLOWS["persons"] > 0) & FLOWS["destination"].isin(["A", "B", "C", "E"])]
    result = gravity(seen, PLACES, observed_pairs=reporting)
    assert result.n_pairs == 20
    assert set(result.residuals["destination"]) == {"A", "B", "C", "E"}
    with refused(ValueError, "pair_not_observed"):
        gravity(FLOWS, PLACES, observed_pairs=reporting)


def test_a_flow_whose_number_is_not_known_does_not_come_back_as_zero():
    flows = FLOWS.astype({"persons": float})
    flows.loc[0, "persons"] = np.nan
    result = gravity(flows, PLACES, observed_pairs=PAIRS)
    assert result.n_pairs == 29
    assert not ((result.residuals["origin"] == "A") & (result.residuals["destination"] == "B")).any()
    assert "unknown_left_out" in codes(result.warnings)


def test_unknown_ends_and_flows_within_a_place_are_left_out_and_counted():
    more = pd.DataFrame(
        [("A", "unknown", 7), (None, "B", 4), ("A", "A", 900)], columns=["origin", "destination", "persons"]
    )
    result = gravity(pd.concat([FLOWS, more], ignore_index=True), PLACES)
    assert warned(result.warnings, "unknown_place_left_out", "2 flows (11 persons)")
    assert warned(result.warnings, "same_place_left_out", "1 flow (900 persons)")
    pd.testing.assert_frame_equal(result.residuals, gravity(FLOWS, PLACES).residuals)


def test_counts_between_bounds_give_a_range_and_say_nothing_that_rests_on_where_they_lie():
    low = FLOWS.assign(persons=np.where(FLOWS["persons"] < 5, 0, FLOWS["persons"]))
    high = FLOWS.assign(persons=np.where(FLOWS["persons"] < 5, 4, FLOWS["persons"]))
    flows = PAIRS.assign(low=low["persons"], high=high["persons"])
    result, at_low, at_high = gravity(flows, PLACES), gravity(low, PLACES), gravity(high, PLACES)
    assert result.dispersion == (at_low.dispersion[0], at_high.dispersion[0])
    both = np.array([at_low.coefficients["estimate"], at_high.coefficients["estimate"]])
    assert result.coefficients["estimate"].isna().all()
    assert result.coefficients["estimate_low"].tolist() == pytest.approx(both.min(axis=0).tolist())
    assert result.coefficients["estimate_high"].tolist() == pytest.approx(both.max(axis=0).tolist())
    limits = np.array([at_low.coefficients["low"], at_high.coefficients["low"]])
    assert result.coefficients["low"].tolist() == pytest.approx(limits.min(axis=0).tolist())
    one, least, most = (the_pair(found, "B", "C") for found in (result, at_low, at_high))
    # 0 to 4 persons, each beside either number expected.
    assert one["ratio_low"] == 0
    assert one["ratio_high"] == pytest.approx(4 / min(least["expected"], most["expected"]))
    assert one["p_value"] >= max(least["p_value"], most["p_value"])
    assert one[["persons", "expected", "ratio", "pearson"]].isna().all()
    assert warned(result.warnings, "interval_counts", "18 of 30 counts")
    # A published "<5" may stand for none.
    published = flows.assign(low=flows["low"].where(flows["high"] != 4, 1))
    published["value_qualifier"] = np.where(flows["high"] == 4, "below_5", "exact")
    pd.testing.assert_frame_equal(gravity(published, PLACES).residuals, result.residuals)


def test_a_flow_is_unusual_only_if_all_readings_of_its_count_are():
    places, pairs, mean = world(14, 1)
    persons = np.random.default_rng(8).poisson(5 * mean)
    large = int(np.argsort(mean)[len(mean) // 2])
    certain = pairs.assign(low=persons, high=persons)
    certain.loc[large, ["low", "high"]] = 20 * persons[large]
    doubtful = certain.copy()
    doubtful.loc[large, "low"] = 0
    ends = pairs.loc[large].tolist()
    assert the_pair(gravity(certain, places), *ends)["status"] == "more than expected"
    assert the_pair(gravity(doubtful, places), *ends)["status"] == "as expected"


# --- what is refused -----------------------------------------------------------------------------------------------


def changed(row: int, **values) -> pd.DataFrame:
    flows = FLOWS.rename(columns={"persons": "low"}).assign(high=FLOWS["persons"]).astype({"low": float, "high": float})
    for column, value in values.items():
        flows.loc[row, column] = value
    return flows


@pytest.mark.parametrize(
    ("flows", "says"),
    [
        (FLOWS.head(19), ("too_few_pairs", "19")),
        (FLOWS.assign(persons=[1, 2, 3, 4, *[0] * 26]), ("too_few_positive_pairs", "4", "30")),
        (PAIRS.assign(low=[1, 2, 3, 4, *[0] * 26], high=4), ("too_few_positive_pairs", "4", "30")),
        (changed(3, high=np.inf), ("invalid_bounds", "3")),
        (changed(3, high=50), ("invalid_bounds", "3")),
        (changed(3, low=np.nan), ("invalid_bounds", "3")),
        (changed(3, low=51.5), ("invalid_bounds", "3")),
        (changed(3, low=-1), ("invalid_bounds", "3")),
        (FLOWS.replace({"origin": {"F": "Gulf States"}}), ("unknown_place", "25")),
        (pd.concat([FLOWS, FLOWS.head(1)]), ("duplicate_row",)),
        (FLOWS.drop(columns="persons"), ("missing_column",)),
        (FLOWS.drop(columns="origin"), ("missing_column",)),
    ],
)
def test_flows_that_cannot_carry_a_model_are_refused(flows, says):
    with refused(ValueError, *says):
        gravity(flows, PLACES)


@pytest.mark.parametrize(
    ("places", "says"),
    [
        (PLACES.assign(population=1e6), ("collinear", "'log population of origin'")),
        (PLACES.assign(population=[20e6, 0, 1e6, 1e6, 1e6, 2e6]), ("invalid_place", "0")),
        (PLACES.assign(population=[np.nan, 1, 1e6, 1e6, 1e6, 2e6]), ("invalid_place", "0")),
        (PLACES.assign(lat=[10, 95, 17, 12, 9, 14]), ("invalid_place",)),
        (PLACES.assign(lon=[0, 0, -5, -9, 8, 2], lat=[10, 10, 17, 12, 9, 14]), ("zero_distance", "0")),
        (pd.concat([PLACES, PLACES.head(1)]), ("duplicate_key",)),
        (PLACES.drop(columns="lon"), ("missing_column",)),
    ],
)
def test_places_that_cannot_carry_a_model_are_refused(places, says):
    with refused(ValueError, *says):
        gravity(FLOWS, places)


def test_a_border_without_which_nobody_was_seen_has_no_estimate():
    # All persons are between places with a border: the coefficient of "contiguous" would be infinite.
    met = {"AB", "BA", "AF", "FA", "EA", "AE"}
    persons = [7 + place if one + other in met else 0 for place, (one, other) in enumerate(PAIRS.to_numpy())]
    with refused(ValueError, "separation"):
        gravity(PAIRS.assign(persons=persons), PLACES, neighbours=BORDERS)


# --- the figure ----------------------------------------------------------------------------------------------------


def unusual(**arguments: float) -> Gravity:
    """One flow far above what population and distance suggest, and one of none."""
    places, pairs, mean = world(14, 1)
    persons = np.random.default_rng(8).poisson(5 * mean)
    persons[40] = 30 * persons[40] + 40
    return gravity(pairs.assign(persons=persons), places, **arguments)


def test_where_no_flow_is_told_from_chance_there_is_no_figure():
    assert plot_of_gravity(gravity(FLOWS, PLACES)) is None


def test_the_range_of_chance_and_its_label_follow_from_the_level():
    half, most = unusual(confidence=0.5), unusual()
    narrow, wide = (each.least_likely(15)[["chance_low", "chance_high"]] for each in (half, most))
    assert (narrow["chance_low"] >= wide["chance_low"]).all() and (narrow["chance_high"] < wide["chance_high"]).all()
    plot = plot_of_gravity(half)
    assert plot is not None and "50 % of flows" in plot.arguments["band_label"]


def test_the_figure_shows_only_what_is_told_from_chance_before_what_chance_allows():
    result = unusual()
    found = result.residuals[result.residuals["status"] != "as expected"]
    plot = plot_of_gravity(result)
    assert plot is not None
    figure = plot.draw(title="Flows", footer=FOOTER)
    shown = result.least_likely(15).iloc[: len(found)]
    assert 0 < len(found) < 15 and rows(figure) == shown["label"].tolist()
    first = shown.iloc[0]
    assert estimates(figure, first["label"]) == [pytest.approx(first["low"])]
    begin = max(first["chance_low"], figure.axes[0].get_xlim()[0])
    assert bars(figure, first["label"], "band") == [pytest.approx((begin, first["chance_high"]))]
    assert "95 % of flows, by model and chance" in words(figure)
    assert "more than expected (" in words(figure) and "distinguishable from chance" in words(figure)
    assert plots.style.is_synthetic(figure) and faults(figure) == []
