"""What a user relies on when a flow is said to be larger or smaller than populations and distance suggest."""

from __future__ import annotations

import math

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
from analysis.methods.gravity import Gravity, gravity, great_circle_km, quasi_poisson, tails

FOOTER = plots.Footer("made for a test", "2014-2021", "30 pairs", "Not real.", synthetic=True)
# A table made up for R: six places, and the persons from each to the five others, in order.
IDS = list("ABCDEF")
PLACES = pd.DataFrame(
    {
        "id": IDS,
        "population": [20e6, 1.3e6, 1.7e6, 0.5e6, 2.6e6, 0.8e6],
        "lon": [0, 4, -5, -9, 8, 2],
        "lat": [10, 6, 17, 12, 9, 14],
    }
)
PERSONS = [31, 14, 3, 52, 20, 40, 0, 1, 4, 2, 9, 1, 6, 0, 3, 2, 0, 8, 0, 1, 77, 5, 2, 0, 3, 24, 3, 1, 0, 12]
PAIRS = pd.DataFrame([(one, other) for one in IDS for other in IDS if one != other], columns=["origin", "destination"])
FLOWS = PAIRS.assign(persons=PERSONS)
BORDERS = pd.DataFrame(
    [("A", "B", "contiguous"), ("A", "F", "contiguous"), ("E", "A", "contiguous"), ("C", "D", "link")],
    columns=["area_id", "neighbour_id", "how"],
)


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


def test_a_distance_is_along_the_great_circle():
    # By hand, radius 6371.0088 km: a degree of the equator is 2 pi r / 360, from there to the pole pi r / 2, and half
    # around pi r; along the parallel of 60 degrees, 180 degrees apart, the way leads over the pole: 60 degrees.
    radius = 6371.0088
    assert great_circle_km(10, 0, 11, 0) == pytest.approx(math.pi * radius / 180)
    assert great_circle_km(-75, 0, 30, 90) == pytest.approx(math.pi * radius / 2)
    assert great_circle_km(0, 0, 180, 0) == pytest.approx(math.pi * radius)
    assert great_circle_km(-90, 60, 90, 60) == pytest.approx(math.pi * radius / 3)
    assert great_circle_km(179.5, 0, -179.5, 0) == pytest.approx(math.pi * radius / 180)


# --- the fit -------------------------------------------------------------------------------------------------------


def test_coefficients_limits_and_dispersion_are_those_of_r():
    # R 4.5.0: glm(persons ~ log(population of origin) + log(population of destination) + log(km), quasipoisson), km by
    # the spherical law of cosines; limits: coefficient -+ qt(0.975, 26) times HC1 errors by matrices in base R.
    result = gravity(FLOWS, PLACES)
    table = result.coefficients
    terms = ["intercept", "log population of origin", "log population of destination", "log distance"]
    assert table["term"].tolist() == terms
    assert table["estimate"].tolist() == pytest.approx(
        [-15.407680253, 0.811817224, 0.891417082, -1.144046095], rel=1e-7
    )
    assert table["low"].tolist() == pytest.approx([-28.14393184, 0.49544898, 0.52579343, -1.93924372], rel=1e-6)
    assert table["high"].tolist() == pytest.approx([-2.67142867, 1.12818547, 1.25704073, -0.34884847], rel=1e-6)
    assert result.dispersion == pytest.approx((5.26713139, 5.26713139), rel=1e-7)
    assert result.n_pairs == 30


def test_a_common_border_is_a_term_where_neighbours_are_given():
    # R 4.5.0, as above with 1 for A-B, A-F and E-A, both ways; a link is no border.
    result = gravity(FLOWS, PLACES, neighbours=BORDERS)
    assert result.coefficients["term"].iloc[-1] == "contiguous"
    printed = [-13.338633795, 0.525830524, 0.607963171, -0.263475599, 1.171937582]
    assert result.coefficients["estimate"].tolist() == pytest.approx(printed, rel=1e-6)
    assert result.dispersion[0] == pytest.approx(4.07463454, rel=1e-6)


def test_residuals_are_those_of_r():
    # R 4.5.0: fitted(), residuals(type = "pearson") / sqrt(dispersion), and twice the smaller tail of pnbinom with size
    # mu / (dispersion - 1) and prob 1 / dispersion; p.adjust(p, "BH") is 0.78676617 for each of these four.
    rows = gravity(FLOWS, PLACES).residuals.head(4)
    assert (rows["origin"] + rows["destination"]).tolist() == ["CA", "EA", "FE", "DC"]
    assert rows["expected"].tolist() == pytest.approx([29.4751152, 45.0303709, 2.9047950, 1.7054576], rel=1e-7)
    assert rows["pearson"].tolist() == pytest.approx([-1.6432798, 2.0758586, 2.3252394, 2.1001805], rel=1e-7)
    assert rows["p_value"].tolist() == pytest.approx([0.044202884, 0.068296776, 0.084456198, 0.104902156], rel=1e-7)
    assert rows["q_value"].tolist() == pytest.approx([0.78676617] * 4, rel=1e-7)
    assert rows["ratio"].iloc[1] == pytest.approx(77 / 45.0303709)
    assert set(rows["status"]) == {"as expected"}


def test_a_fit_of_the_mean_alone_is_that_by_hand():
    # Counts 2, 4, 6: mean 4. Dispersion (4/4 + 0 + 4/4) / (3 - 1) = 1. HC0 variance of the log of the mean (4 + 0 + 4)
    # / (3 * 4)^2 = 1/18, times 3 / 2: 1/12. Student's t with 2 degrees of freedom, 0.975: 4.30265.
    fit = quasi_poisson(np.array([2.0, 4.0, 6.0]), np.ones((3, 1)), 0.95)
    assert fit.means == pytest.approx([4, 4, 4])
    assert fit.dispersion == pytest.approx(1)
    half = 4.30265273 * math.sqrt(1 / 12)
    assert (fit.low[0], fit.high[0]) == pytest.approx((math.log(4) - half, math.log(4) + half))


def test_the_tails_of_a_count_are_those_by_hand():
    # Poisson, mean 4: none has exp(-4). Mean 2 and variance 4: size 2, probability 1/2, so that none has 1/4, and one
    # or less has 1/4 + 2 * (1/2)^3 = 1/2.
    assert tails(np.array([0.0]), np.array([4.0]), 0.7) == pytest.approx([2 * math.exp(-4)])
    assert tails(np.array([0.0, 1.0]), np.array([2.0, 2.0]), 2) == pytest.approx([0.5, 1.0])


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
