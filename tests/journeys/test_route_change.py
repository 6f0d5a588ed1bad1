"""Change of routes between periods. Expected values are by hand, published, or of a reference function of SciPy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from figure_texts import words as drawn_words
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_plots import dots, labels, limits, pairs, words
from refusals import codes, refused, warned
from row_marks import estimates, intervals, points
from scipy.spatial.distance import jensenshannon
from scipy.stats import fisher_exact
from stops import the_row

import journeys
from analysis import plots
from analysis.exhibits.record_network import plot_of_change
from journeys import TooFewJourneys, change
from journeys.change import STATUSES
from journeys.shares import exact_p, exchanged, jensen_shannon, two_periods

BEFORE, AFTER = 2014, 2019


def persons_of(found):
    """The persons of the first period, and those of the last."""
    return found.summary["n_before"].iloc[0], found.summary["n_after"].iloc[-1]


def stops(*journeys: tuple, dates: bool = False) -> pd.DataFrame:
    """Journeys as (person, year, place, place, ...): origin, transit and exploitation; "" is a place not known."""
    rows = []
    for number, (person, year, *places) in enumerate(journeys):
        roles = ["origin", *["transit"] * (len(places) - 2), "exploitation"]
        rows += [
            (f"J{number}", seq, place, role, f"{person}", year)
            for seq, (place, role) in enumerate(zip(places, roles, strict=True), 1)
        ]
    return pd.DataFrame(rows, columns=["journey_id", "seq", "place_id", "role", "person_id", "year"])


def counts(before: dict[str, int], after: dict[str, int], offset: int = 0) -> pd.DataFrame:
    """Persons with one journey each, from a place to X, as many as are said of each place and period."""
    listed = [
        (year, place)
        for year, part in ((BEFORE, before), (AFTER, after))
        for place, times in part.items()
        for _ in range(times)
    ]
    return stops(*[(offset + person, year, place, "X") for person, (year, place) in enumerate(listed)])


# --- shares and their difference -----------------------------------------------------------------------------------


def test_a_rise_and_a_fall_are_told_from_what_is_new():
    found = change(counts({"A": 40, "B": 4}, {"A": 15, "B": 30}))
    assert the_row(found.table, origin="A")["status"] == "falls"
    assert the_row(found.table, origin="B")["status"] == "rises"


@settings(max_examples=examples(60), deadline=None)
@given(st.tuples(*[st.integers(0, 12)] * 4).filter(lambda n: n[0] + n[1] > 0 and n[2] + n[3] > 0 and n[0] + n[2] > 0))
def test_the_p_value_is_twice_fishers_tail_on_the_side_of_the_change(numbers):
    a, b, c, d = numbers  # before: a of a + b; after: c of c + d
    cell = np.repeat([0, 1, 0, 1], [a, b, c, d])
    after = np.repeat([False, False, True, True], [a, b, c, d])
    two = two_periods(cell, np.arange(len(cell)), np.ones(len(cell)), after, 2)
    side = "greater" if c * (a + b) >= a * (c + d) else "less"
    expected = min(1, 2 * fisher_exact([[c, d], [a, b]], alternative=side).pvalue)
    assert exact_p(two)[0] == pytest.approx(expected, rel=1e-7)


def legs_by_year(table: pd.DataFrame) -> pd.DataFrame:
    """Observed legs counted with pandas alone: persons, share of those of the year, and how many of a pair are."""
    about = table.drop_duplicates("journey_id")[["journey_id", "person_id", "year"]]
    legs = journeys.legs(table).astype({"from_place": str, "to_place": str, "journey_id": object}).merge(about)
    legs["seen"] = legs["gap"] == journeys.OBSERVED
    pairs = legs.groupby(["year", "from_place", "to_place"])
    found = pd.DataFrame({"observed_share": pairs["seen"].mean(), "legs": pairs["seen"].sum()})
    found["persons"] = legs[legs["seen"]].groupby(pairs.keys)["person_id"].nunique()
    found = found[found["legs"] > 0].reset_index()
    return found.assign(share=found["legs"] / found.groupby("year")["legs"].transform("sum"))


@pytest.mark.parametrize(
    ("of", "listed"), [("flows", lambda table: journeys.flows(table, "year")), ("legs", legs_by_year)]
)
def test_shares_are_those_of_the_tables_of_flows_and_legs(of, listed):
    rng = np.random.default_rng(3)
    table = stops(
        *[
            (rng.integers(50), (BEFORE, AFTER)[k % 2], rng.choice(["A", "B", ""]), rng.choice(["C", ""]), "X")
            for k in range(120)
        ]
    )  # fmt: skip
    found = change(table, of=of).table
    expected = listed(table)
    keys = ["origin", "destination"] if of == "flows" else ["from_place", "to_place"]
    for label, year in (("before", BEFORE), ("after", AFTER)):
        wanted = expected[expected["year"] == year].set_index(keys)
        got = found[found[f"persons_{label}"] > 0].set_index(keys).loc[wanted.index]
        for name in ("persons", "share", "observed_share"):
            column = f"{name}_{label}"
            np.testing.assert_allclose(got[column].to_numpy(float), wanted[name].to_numpy(float), rtol=1e-12)


def test_ways_are_compared_as_they_are_listed():
    before = [(k, BEFORE, "A", "B" if k % 3 else "C", "X") for k in range(15)]
    after = [(100 + k, AFTER, "A", "B", "X") for k in range(12)] + [(200, AFTER, "A", "", "X")]
    found = change(stops(*before, *after), of="paths")
    assert set(found.table["path"]) == {"A>B>X", "A>C>X"}
    assert the_row(found.table, path="A>C>X")[["share_before", "share_after"]].tolist() == pytest.approx([1 / 3, 0])
    # The journey with a missing transit has no path: 12 of 13 are known.
    assert found.summary["known_after"].iloc[0] == pytest.approx(12 / 13)


def test_a_trait_is_compared_and_a_person_with_two_values_is_shared_out():
    table = counts({"A": 20}, {"A": 20})
    first = table["year"] == BEFORE
    table["form"] = np.where(first, "labour", "labour;sex")
    found = change(table, of="form").table
    assert the_row(found, form="sex")[["share_before", "share_after"]].tolist() == pytest.approx([0, 0.5])
    assert the_row(found, form="labour")[["share_before", "share_after"]].tolist() == pytest.approx([1, 0.5])
    with refused(ValueError, "unknown_choice"):
        change(table, of="scope")


# --- persons are the units -----------------------------------------------------------------------------------------


@pytest.mark.slow
@settings(max_examples=examples(8), deadline=None)
@given(st.integers(2, 4), st.integers(0, 12), st.integers(0, 12))
def test_records_of_the_same_journey_make_no_change_surer(times, here, there):
    once = counts({"A": here, "B": 14}, {"A": there, "B": 12})
    again = pd.concat([once.assign(journey_id=once["journey_id"] + f"-{copy}") for copy in range(times)])
    for of in ("flows", "legs"):
        first, second = change(once, of=of, replicates=99), change(again, of=of, replicates=99)
        one, other = (found.table.sort_values("origin" if of == "flows" else "from_place") for found in (first, second))
        pd.testing.assert_frame_equal(one.reset_index(drop=True), other.reset_index(drop=True), rtol=1e-6)
        assert "effective numbers of persons" in second.test


def test_persons_who_stay_on_their_route_make_the_difference_surer_than_others_would():
    places = {"A": 20, "B": 20}
    others = change(counts(places, places))
    same = counts(places, places)
    same["person_id"] = np.tile(np.repeat(np.arange(40), 2), 2).astype(str)
    stayed = change(same)
    assert persons_of(stayed) == (40, 40)
    width = [the_row(found.table, origin="A")[["low", "high"]].diff().iloc[-1] for found in (stayed, others)]
    # Nobody changed: with a correlation of 1, the limits of equal halves fall on 0.
    assert width[0] == pytest.approx(0, abs=1e-6) and width[1] > 0.3
    # Two of each twenty change places: shares are the same, and those who stayed still count for less chance.
    same.loc[same["journey_id"].isin(["J40", "J41"]), "person_id"] = ["38", "38", "39", "39"]
    same.loc[same["journey_id"].isin(["J78", "J79"]), "person_id"] = ["0", "0", "1", "1"]
    most = change(same)
    assert width[0] < np.diff(the_row(most.table, origin="A")[["low", "high"]].tolist())[0] < 0.6 * width[1]
    assert most.summary["high"].iloc[0] < others.summary["high"].iloc[0]


# --- how far all shares changed ------------------------------------------------------------------------------------


def test_the_divergence_is_that_of_jensen_and_shannon():
    one, other = np.array([[4.0, 1, 0, 7]]), np.array([[2.0, 2, 5, 1]])
    assert jensen_shannon(one, other)[0] == pytest.approx(jensenshannon(one[0], other[0], base=2) ** 2)


def test_what_chance_makes_of_the_divergence_is_taken_off():
    rng = np.random.default_rng(2)
    places = [f"P{k}" for k in rng.integers(0, 10, 400)]
    table = stops(*[(k, (BEFORE, AFTER)[k % 2], place, "X") for k, place in enumerate(places)])
    row = change(table).summary.iloc[0]
    # To second order the divergence of two samples of 200 from ten equal shares is 9 / (8 log 2) * (1/200 + 1/200).
    assert row["by_chance"] == pytest.approx(9 / (8 * np.log(2)) / 100, rel=0.1)
    assert row["beyond_chance"] == pytest.approx(max(row["jensen_shannon"] - row["by_chance"], 0))
    assert row["low"] == 0 and row["p_value"] > 0.05
    found = change(counts({"A": 30, "B": 10}, {"A": 10, "B": 30})).summary.iloc[0]
    assert 0 < found["low"] < found["beyond_chance"] < found["high"]


def test_shares_of_persons_with_several_journeys_are_exchanged_without_loss():
    rng = np.random.default_rng(6)
    table = stops(*[(k % 70, (BEFORE, AFTER)[k % 70 % 2], f"P{rng.integers(12)}", "X") for k in range(210)])
    row = change(table).summary.iloc[0]
    # Each of 70 persons has three journeys to any of twelve places: chance makes about a third of what it makes of one
    # each, 11 / (8 log 2) * (1/35 + 1/35), to second order.
    assert row["by_chance"] == pytest.approx(11 / (8 * np.log(2)) * 2 / 35 / 3, rel=0.15)
    assert 0 <= row["low"] <= row["beyond_chance"] <= row["high"] <= 1


def test_samples_that_do_not_vary_give_no_limits():
    apart = change(counts({"A": 12}, {"B": 12})).summary.iloc[0]
    assert apart["jensen_shannon"] == 1 and apart[["low", "high"]].isna().all()
    same = change(counts({"A": 12}, {"A": 12})).summary.iloc[0]
    assert same["jensen_shannon"] == 0 and np.isnan(same["high"]) and same["n_tested"] == 0


def test_many_persons_are_exchanged_in_groups_with_the_same_result():
    rng = np.random.default_rng(5)
    cell, after = rng.integers(0, 10, 9000), np.arange(9000) % 3 == 0
    two = two_periods(cell, np.arange(9000), np.ones(9000), after, 10)
    drawn = [np.concatenate(part) for part in zip(*exchanged(two, 400, 1), strict=True)]
    np.testing.assert_allclose(drawn[0] + drawn[1], np.tile(np.bincount(cell), (400, 1)))
    # By hand: 9 / (8 log 2) * (1/6000 + 1/3000).
    assert jensen_shannon(*drawn).mean() == pytest.approx(9 / (8 * np.log(2)) * 3 / 6000, rel=0.1)


def test_persons_in_both_periods_keep_their_journeys_together_when_periods_are_exchanged():
    # All are in both periods, and all went from A to B: what may be exchanged is which came first.
    cell, person, after = np.repeat([0, 1], 30), np.tile(np.arange(30), 2), np.repeat([False, True], 30)
    two = two_periods(cell, person, np.ones(60), after, 2)
    for before, later in exchanged(two, 50, 1):
        assert ((before + later) == 30).all() and (before.sum(axis=1) == 30).all()
        assert before[:, 0].std() > 0


# --- false discoveries ---------------------------------------------------------------------------------------------


@pytest.mark.soak
@pytest.mark.slow
def test_where_nothing_changed_few_data_sets_show_a_change():
    rng = np.random.default_rng(11)
    share = 1 / np.arange(1, 13)
    wrong, small = 0, 0
    for _ in range(60):
        places = rng.choice(12, size=60, p=share / share.sum())
        table = stops(*[(k // 2 if k < 20 else k, (BEFORE, AFTER)[k % 2], f"P{p}", "X") for k, p in enumerate(places)])
        found = change(table, replicates=99)
        wrong += (found.table["status"] != "not distinguishable").any()
        small += found.summary["p_value"].iloc[0] <= 0.05
    # 5 % of 60 are 3; of a binomial with that share, more than 8 are one in 200.
    assert wrong <= 3 and small <= 8


def test_a_new_corridor_of_a_fifth_is_found_among_sixty_persons_a_period():
    rng = np.random.default_rng(12)
    share = 1 / np.arange(1, 13)
    share /= share.sum()
    found = 0
    for _ in range(25):
        before, after = rng.choice(12, size=60, p=share), rng.choice(12, size=48, p=share)
        listed = [f"P{p}" for p in before] + [f"P{p}" for p in after] + ["NEW"] * 12
        table = stops(*[(k, BEFORE if k < 60 else AFTER, place, "X") for k, place in enumerate(listed)])
        result = change(table, replicates=99).table
        found += the_row(result, origin="NEW")["status"] == "emerging"
        assert (result.loc[result["status"] == "emerging", "persons_before"] == 0).all()
    assert found >= 22


def test_categories_of_few_persons_are_not_tested_and_do_not_weaken_the_others():
    small = {f"S{k}": 2 for k in range(30)}
    found = change(counts({"A": 30, "B": 10} | small, {"A": 10, "B": 30} | small))
    plain = change(counts({"A": 30, "B": 10, "C": 60}, {"A": 10, "B": 30, "C": 60}))
    tested = found.table["p_value"].notna()
    assert tested.sum() == found.summary["n_tested"].iloc[0] == 2 and found.summary["n_not_tested"].iloc[0] == 30
    assert (found.table.loc[~tested, "status"] == "not distinguishable").all()
    assert the_row(found.table, origin="A")["p_value"] == pytest.approx(the_row(plain.table, origin="A")["p_value"])
    assert warned(found.warnings, "not_tested", "30 of 32 categories")


# --- periods -------------------------------------------------------------------------------------------------------


def test_without_periods_the_years_there_are_fall_into_two_halves():
    table = stops(*[(k, 2013 + k % 5, "A", "X") for k in range(60)])
    found = change(table)
    assert found.periods["period"].tolist() == ["2013-2015", "2016-2017"]
    assert found.periods["persons"].tolist() == [36, 24]


def test_a_journey_whose_dates_leave_a_doubt_is_counted_apart():
    table = counts({"A": 12}, {"A": 12}).drop(columns="year")
    number = table["journey_id"].str[1:].astype(int)
    table["date_low"] = np.where(number < 12, "2014-03-01", "2019-03-01")
    table["date_high"] = np.where(number < 12, "2014-05-31", "2019-03-01")
    table.loc[number == 0, "date_low"] = None  # begins at any time
    table.loc[number == 1, "date_high"] = "2019-01-01"  # in one or the other
    table.loc[number == 23, ["date_low", "date_high"]] = ["2025-01-01", "2025-12-31"]
    found = change(table, periods=[(2014, 2018), (2019, 2024)])
    assert found.periods["journeys"].tolist() == [10, 11]
    assert (found.n_undated, found.n_outside) == (2, 1)
    assert codes(found.warnings)[:2] == ["undated_left_out", "outside_periods"]
    assert found.warnings[0].startswith("2 of 24 ") and found.warnings[1].startswith("1 of 24 ")


def test_periods_may_have_names_and_dates_and_be_more_than_two():
    table = counts({"A": 20, "B": 5}, {"A": 5, "B": 20})
    extra = counts({"A": 25}, {}, offset=900).assign(year=2021)
    extra["journey_id"] = "K" + extra["journey_id"]
    named = {"old": (2014, "2018-12-31"), "law": ("2019-01-01", "2019-12"), "new": (2020, 2022)}
    found = change(pd.concat([table, extra]), periods=named)
    assert found.summary[["before", "after"]].to_numpy().tolist() == [["old", "law"], ["law", "new"]]
    assert the_row(found.table, before="old", origin="B")["status"] == "rises"
    assert the_row(found.table, before="law", origin="B")["status"] == "vanishing"
    assert persons_of(found) == (25, 25)


def test_a_trait_can_name_the_periods_or_hold_the_years():
    table = counts({"A": 20, "B": 5}, {"A": 5, "B": 20})
    wave = table["year"].map({BEFORE: "second", AFTER: "first"})
    found = change(table.assign(wave=wave), by="wave", periods=["second", "first"])
    assert found.summary[["before", "after"]].iloc[0].tolist() == ["second", "first"]
    assert the_row(found.table, origin="B")["status"] == "rises"
    years = change(table.rename(columns={"year": "detected"}), by="detected")
    pd.testing.assert_frame_equal(years.table, change(table).table)
    with refused(ValueError, "unknown_trait", "'quarter'"):
        change(table, by="quarter")


@pytest.mark.parametrize(
    ("periods", "said"),
    [
        ([(2014, 2019), (2019, 2024)], "periods_overlap"),
        ([(2019, 2024), (2014, 2018)], "periods_overlap"),
        ([(2014, 2024)], "periods_overlap"),
        ([2014, 2019], "invalid_period"),
        ([("soon", 2018), (2019, 2024)], "invalid_date"),
    ],
)
def test_periods_that_cannot_be_compared_are_refused(periods, said):
    with refused(ValueError, said):
        change(counts({"A": 12}, {"A": 12}), periods=periods)


def test_a_period_of_few_persons_is_refused_and_not_compared():
    table = counts({"A": 12}, {"A": 9})
    with refused(TooFewJourneys, "too_few_journeys", "2019"):
        change(table)
    again = pd.concat([table, table.assign(journey_id="again" + table["journey_id"])])
    with refused(TooFewJourneys, "too_few_journeys"):  # twice as many records are no more persons
        change(again)
    with refused(TooFewJourneys, "no_dates"):
        change(table.drop(columns="year"))
    with refused(TooFewJourneys, "too_few_years"):
        change(counts({"A": 30}, {}))
    with refused(ValueError, "out_of_range"):
        change(counts({"A": 12}, {"A": 12}), level=5)


# --- what is not known ---------------------------------------------------------------------------------------------


def test_a_route_with_an_unknown_end_is_neither_emerging_nor_vanishing():
    before = [(k, BEFORE, "A", "X") for k in range(30)]
    after = [(100 + k, AFTER, "" if k % 2 else "A", "X") for k in range(30)]
    found = change(stops(*before, *after))
    row = the_row(found.table, origin="unknown")
    assert row["persons_before"] == 0 and row["q_value"] < 0.05 and row["status"] == "rises"
    assert found.summary[["known_before", "known_after"]].iloc[0].tolist() == [1, 0.5]
    assert warned(found.warnings, "recording_changed", "journeys whose flow is known", "from 100% to 50%")


def test_a_change_of_what_is_observed_is_said():
    before = [(k, BEFORE, "A", "" if k % 2 else "T", "X") for k in range(40)]
    after = [(100 + k, AFTER, "A", "T", "X") for k in range(40)]
    found = change(stops(*before, *after), of="legs")
    # By hand: 20 journeys of two observed legs and 20 of one with a missing transit; then 80 of 80.
    assert found.summary[["observed_before", "observed_after"]].iloc[0].tolist() == pytest.approx([40 / 60, 1])
    assert codes(found.warnings).count("recording_changed") == 1
    assert warned(found.warnings, "recording_changed", "legs that are observed", "67% to 100%")
    even = change(stops(*before, *[(100 + k, AFTER, *path) for k, (_, _, *path) in enumerate(before)]), of="legs")
    assert "recording_changed" not in codes(even.warnings)


# --- the picture ---------------------------------------------------------------------------------------------------


def test_the_picture_shows_the_periods_and_every_category_up_to_its_rows():
    found = change(counts({"A": 20, "B": 5, "C": 3}, {"A": 5, "B": 20, "C": 3}))
    footer = plots.Footer("a test", "2014-2019", "28 and 28 persons", "Synthetic.")
    figure = plot_of_change(found, rows=2).draw("Change", footer)
    texts = " ".join(text.get_text() for text in figure.findobj(lambda part: hasattr(part, "get_text")))
    assert "2014" in texts and "2019" in texts and "1 further categories" in texts
    assert "A → X" in texts and "B → X" in texts and "C → X" not in texts
    assert set(found.table["status"]) <= set(STATUSES)


def test_the_picture_shows_each_difference_with_its_interval_both_shares_and_the_q_value():
    found = change(counts({"A": 20, "B": 5, "C": 3}, {"A": 5, "B": 20, "C": 3}))
    figure = plot_of_change(found).draw("Change", plots.Footer("a test", "2014-2019", "56", "Synthetic."))
    told = found.most_changed(3)
    told = told.assign(at=[" → ".join(steps) for steps in told["category"]]).set_index("at")
    for label, row in told.iterrows():
        assert estimates(figure, label) == [pytest.approx(100 * (row["share_after"] - row["share_before"]))]
        assert intervals(figure, label) == [pytest.approx((100 * row["low"], 100 * row["high"]))]
        assert f"{row['share_before']:.0%} → {row['share_after']:.0%}, {row['status']} (" in drawn_words(figure)
    # What is not told from no change is an open mark.
    (mark,) = points(figure, "C → X", "estimate")
    assert mark.get_markerfacecolor() == "white" and "not distinguishable" in drawn_words(figure)
    assert figure.axes[0].get_xlim()[0] < 0 < figure.axes[0].get_xlim()[1]


def test_the_plain_picture_shows_the_differences_of_the_shares_with_their_limits():
    found = change(counts({"A": 20, "B": 5, "C": 3}, {"A": 5, "B": 20, "C": 3}))
    figure = found.plot(rows=2)
    told = found.most_changed(2)
    assert sorted(labels(figure)) == ["A → X (falls)", "B → X (rises)"]
    assert dots(figure)[0] == pytest.approx((100 * told["difference"]).tolist())
    assert limits(figure) == pairs(100 * told["low"], 100 * told["high"])
    assert "2014" in words(figure) and "2019" in words(figure)


def test_limits_and_the_words_of_the_picture_are_of_the_level_that_was_asked_for():
    table = counts({"A": 20, "B": 5}, {"A": 5, "B": 20})
    usual, half = (change(table, confidence=confidence, replicates=99) for confidence in (0.95, 0.5))
    assert (half.confidence, half.replicates) == (0.5, 99)
    for found, wide in ((half.table, usual.table), (half.summary, usual.summary)):
        assert ((found["low"] > wide["low"]) & (found["high"] < wide["high"])).all()
    said = words(half.plot())
    assert "difference and 50 % interval" in said and "95" not in said
