"""What a reader relies on when one data set is put to every method, and to the checks of what the answer rests on."""

from __future__ import annotations

import itertools
import re
import sys
from functools import cache

import numpy as np
import pandas as pd
import pytest
from captures import REFERENCE, histories, published
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_plots import words
from refusals import codes, refused

import capture_recapture
from capture_recapture import (
    NotIdentifiable,
    Robustness,
    chao_lower_bound,
    heterogeneity,
    highest_order,
    latent_classes,
    model_average,
    multiple_systems,
    robustness_over_linkages,
)
from capture_recapture.method_table import DIFFERING, INDEPENDENT, LATENT, LOWER_BOUND, USUAL, method_table
from capture_recapture.robustness import CHECKED, HARDEST, MOST_APART, SIGNS

REPLICATES = 50
# The checks have a fifth of them.
FEWER = 10


# Victims of the Japanese military, three lists, n = 123; killings of 1999, four lists, n = 4,400; potential victims,
# UK National Crime Agency 2013, five lists, n = 2,744.
TABLES = {name: published(name) for name in ("Korea", "Kosovo", "UKdat_5")}
KOREA, KOSOVO = TABLES["Korea"], TABLES["Kosovo"]
# Nobody is on exactly two lists, which Chao's bound rests on; every pair of lists has an overlap.
ALL_OR_ONE = histories({"100": 10, "010": 12, "001": 9, "111": 5}, "abc")
SEVEN = histories(
    dict.fromkeys([f"{1 << place:07b}" for place in range(7)], 20)
    | {"1100000": 6, "0110000": 5, "0011000": 7, "0001100": 4, "0000110": 6, "0000011": 5, "1000001": 6},
    "abcdefg",
)
every_table = pytest.mark.parametrize("name", TABLES)


@cache
def found(name: str) -> Robustness:
    return capture_recapture.robustness(TABLES[name], replicates=REPLICATES)


def row(result: Robustness, method: str) -> pd.Series:
    return result.table.set_index("method").loc[method]


# Every method


METHODS = [
    "all lists independent",
    *(f"stepwise, p < {threshold:g}" for threshold in (0.001, 0.005, 0.01, 0.02, 0.05, 0.1)),
    "BIC, pairs of lists",
    "BIC, all hierarchical models",
    "averaged over decomposable models",
    *DIFFERING,
    "Chao's lower bound",
]


@pytest.mark.soak
@every_table
def test_every_method_has_one_row(name):
    # All hierarchical models of three lists have no more than pairs, but for the one that says nothing of the rest.
    expected = [method for method in METHODS if name != "Korea" or method != "BIC, all hierarchical models"]
    assert found(name).table["method"].tolist() == expected


@pytest.mark.parametrize(
    ("method", "choice"),
    [
        ("all lists independent", {"selection": "independence"}),
        ("stepwise, p < 0.001", {"threshold": 0.001}),
        ("stepwise, p < 0.02", {}),
        ("BIC, pairs of lists", {"selection": "bic", "order": 2}),
        ("BIC, all hierarchical models", {"selection": "bic", "order": 4}),
    ],
)
def test_a_row_says_what_the_method_itself_says(method, choice):
    own = multiple_systems(KOSOVO, replicates=REPLICATES, **choice)
    said = row(found("Kosovo"), method)
    assert said["estimate"] == pytest.approx(own.estimate, rel=1e-12)
    assert (said["low"], said["high"]) == pytest.approx(own.interval, rel=1e-12)
    assert said["interval"] == "BCa, 50 resamples"
    assert said["model"] == (", ".join("-".join(term) for term in own.terms) or "no dependence")


@every_table
def test_the_average_and_the_bound_are_those_of_their_own_functions(name):
    average, bound = model_average(TABLES[name]), chao_lower_bound(TABLES[name])
    said = row(found(name), "averaged over decomposable models")
    assert (said["estimate"], said["low"], said["high"]) == (average.estimate, average.low, average.high)
    assert said["note"] == average.note
    assert f"(probability {average.models['probability'].max():.2f})" in said["model"]
    said = row(found(name), LOWER_BOUND)
    assert (said["estimate"], said["low"], said["high"]) == pytest.approx((bound.estimate, bound.low, bound.high))
    assert said["note"] == "a bound, not an estimate"


@pytest.mark.slow
def test_more_than_five_lists_have_no_rows_by_bic():
    pairs = {f"{'0' * i}11{'0' * (4 - i)}": 3 + i % 2 for i in range(5)}
    six = histories({f"{'0' * i}1{'0' * (5 - i)}": 5 + i for i in range(6)} | pairs, "abcdef")
    methods = capture_recapture.robustness(six, replicates=5).table["method"]
    assert methods.tolist() == [method for method in METHODS if not method.startswith("BIC")]


# What a method refuses


@pytest.mark.slow
def test_a_method_that_refuses_keeps_its_row_and_says_why():
    result = capture_recapture.robustness(SEVEN, replicates=5)
    refused = row(result, "averaged over decomposable models")
    assert refused[["estimate", "low", "high"]].isna().all()
    with pytest.raises(NotIdentifiable) as own:
        model_average(SEVEN)
    assert refused["note"] == f"refused: {own.value}"
    others = result.table[~result.table["method"].isin(["averaged over decomposable models", *DIFFERING])]
    assert others["estimate"].notna().all() and not others["note"].str.startswith("refused").any()
    assert (result.low, result.high) == (result.table["low"].min(), result.table["high"].max())


def test_a_bound_that_is_refused_leaves_the_estimates_as_they_are():
    result = capture_recapture.robustness(ALL_OR_ONE, replicates=REPLICATES)
    assert row(result, LOWER_BOUND)["note"].startswith(
        "refused: Chao's lower bound rests on the persons on exactly two"
    )
    assert np.isfinite(row(result, USUAL)["estimate"])
    assert result.low == result.table["low"].min()


@pytest.mark.parametrize(
    "histories",
    [
        histories({"100": 40, "010": 30, "001": 20}, "abc"),
        histories({"10": 40, "01": 30}, "ab"),
        histories({"1": 40}, "a"),
    ],
)
def test_where_every_method_refuses_so_does_the_whole_and_says_what_would_help(histories):
    with refused(NotIdentifiable, "no_method_estimable") as refusal:
        capture_recapture.robustness(histories, replicates=5)
    assert not str(refusal.value).startswith("refused")


def test_histories_that_are_malformed_are_refused_by_the_name_of_the_column():
    with refused(ValueError, "not_binary", "'b'", "row 0"):
        capture_recapture.robustness(histories({"120": 4}, "abc"))


# The range, and the one number that may be said


@every_table
def test_the_range_goes_from_the_lowest_to_the_highest_limit_of_all_methods(name):
    result = found(name)
    assert result.low == result.table["low"].min()
    # Persons who are hard to reach may be more than any method says. Where lists do not know, there is no upper limit.
    reach = result.reach.table.set_index("chance")["total"]
    most = max(result.table["high"].max(), reach[HARDEST])
    assert result.high == (most if result.upper_bound_known else np.inf)
    assert result.upper_bound_known == (not result.diagnosis["found"].any())
    assert result.n == TABLES[name]["count"].sum()
    estimates = result.table.loc[result.table["method"] != LOWER_BOUND, "estimate"]
    assert result.apart == pytest.approx(estimates.max() / estimates.min())


def test_the_uk_table_has_no_single_number():
    result = found("UKdat_5")
    assert result.apart > MOST_APART
    assert result.estimate is None
    assert "methods differ by a factor of 2.2, so no single number is given" in result.sentence
    assert re.match(r"Between \d,\d00 and \d\d,000 persons: methods", result.sentence)
    assert "11,313" not in result.sentence


def test_persons_who_differ_leave_kosovo_without_a_single_number():
    # The largest by the smallest: Rcapture's Mth gamma, and 7,394.59, all lists independent (SparseMSE 2.0.1).
    rcapture = pd.read_csv(REFERENCE / "heterogeneity.csv", comment="#").set_index(["table", "model"])
    printed = rcapture.loc[("Kosovo", "Mth gamma"), "abundance"]
    assert found("Kosovo").apart == pytest.approx(printed / 7394.58666230023, rel=1e-5)
    assert found("Kosovo").estimate is None


def test_a_model_of_persons_who_differ_is_refused_where_lists_avoid_each_other():
    # Korea: the coefficient of every form is negative, in Rcapture as here.
    rows = found("Korea").table.set_index("method").loc[list(DIFFERING)]
    assert rows[["estimate", "low", "high"]].isna().all(axis=None)
    assert rows["note"].str.startswith("refused: ").all() and rows["note"].str.contains("avoid each other").all()


@pytest.mark.slow
def test_latent_classes_are_a_row_where_draws_are_asked_for():
    own = latent_classes(KOSOVO, 1500)
    said = row(capture_recapture.robustness(KOSOVO, (0.02,), replicates=5, latent_draws=1500), LATENT)
    assert said[["estimate", "low", "high"]].tolist() == [own.estimate, own.low, own.high]
    assert said["interval"] == "posterior quantiles, 6,000 draws"


def test_latent_classes_whose_chains_do_not_agree_keep_a_row_that_says_so():
    said = method_table(published("Ned_5"), [LATENT], latent_draws=8).iloc[0]
    assert np.isnan(said["estimate"]) and said["note"].startswith("refused: The chains do not agree")


def test_methods_can_be_asked_one_by_one():
    asked = [DIFFERING[0], "BIC, pairs of lists", "stepwise, p < 0.05"]
    alone = method_table(KOREA, asked, replicates=REPLICATES).set_index("method")
    assert alone.index.tolist() == [name for name in METHODS if name in asked]
    pd.testing.assert_frame_equal(alone, found("Korea").table.set_index("method").loc[alone.index])
    with refused(ValueError, "unknown_choice", "LCMCR"):
        method_table(KOREA, ["LCMCR"])


# Four lists find a fifth, a quarter, three tenths and a third of all persons, independently of each other.
CHANCES = (0.2, 0.25, 0.3, 1 / 3)


def independent(persons: float) -> pd.DataFrame:
    """Capture histories of persons who are alike, on lists that do not depend on each other: the expected counts."""
    rows = []
    for pattern in itertools.product((0, 1), repeat=4):
        share = np.prod([p if on else 1 - p for on, p in zip(pattern, CHANCES, strict=True)])
        rows.append([*pattern, round(persons * share)])
    return pd.DataFrame(rows[1:], columns=["a", "b", "c", "d", "count"])


def test_the_middle_of_the_methods_is_given_with_its_range_where_the_lists_know_the_total_from_above():
    result = capture_recapture.robustness(independent(100_000), replicates=REPLICATES)
    assert result.upper_bound_known and result.apart < MOST_APART
    # All methods that fit say what was simulated, but for the rounding of the counts.
    assert result.estimate == pytest.approx(100_000, rel=0.002)
    estimates = result.table.set_index("method")["estimate"]
    assert result.estimate == estimates[list(result.middle)].median()
    assert result.estimate >= estimates[LOWER_BOUND]
    low, high = (int(text.replace(",", "")) for text in re.findall(r"\d[\d,]*000", result.sentence)[:2])
    # To two digits, and outward.
    assert low <= result.low < low + 1_000 and high - 10_000 < result.high <= high
    assert result.sentence.endswith(f"; 100,000 is the middle of {len(result.middle)} methods.")


def test_a_hundred_times_fewer_persons_on_the_same_lists_do_not_know_the_total_from_above():
    result = capture_recapture.robustness(independent(1_000), replicates=REPLICATES)
    assert not result.upper_bound_known and result.high == np.inf and result.estimate is None
    found_signs = result.diagnosis.loc[result.diagnosis["found"], "sign"].tolist()
    assert found_signs == ["hard_to_reach"]
    said = re.fullmatch(
        f"At least (\\d+) persons; how many more, these lists cannot tell: {SIGNS['hard_to_reach']}.", result.sentence
    )
    assert said and int(said[1]) <= result.low < int(said[1]) + 10


def test_where_nothing_is_known_of_persons_hard_to_reach_no_upper_limit_is_stated(monkeypatch):
    def refuse(*_: object) -> None:
        raise NotIdentifiable("not_converged", "It did not converge.")

    # The package has a function of the module's name.
    monkeypatch.setattr(sys.modules["capture_recapture.robustness"], "hard_to_reach", refuse)
    result = capture_recapture.robustness(independent(100_000), (0.02,), replicates=5)
    assert result.reach is None and not result.upper_bound_known and result.high == np.inf


def test_no_method_below_the_lower_bound_of_the_same_lists_is_in_the_middle():
    for name in TABLES:
        estimates = found(name).table.set_index("method")["estimate"]
        bound = estimates[LOWER_BOUND]
        assert all(estimates[method] >= bound for method in found(name).middle)


def test_a_model_that_does_not_fit_is_not_in_the_middle():
    # Kosovo, stepwise at 0.02: the deviance from R's glm of the same terms is beyond a chance of one in a hundred.
    rows = found("Kosovo").table.set_index("method")
    assert rows.loc[USUAL, "fit"] < 0.01 and USUAL not in found("Kosovo").middle
    assert (rows.loc[list(found("Kosovo").middle), "fit"].dropna() >= 0.01).all()


def test_why_lists_do_not_know_the_total_is_said_without_a_number():
    assert list(found("Korea").diagnosis["sign"]) == list(SIGNS)
    assert not [what for what in SIGNS.values() if any(sign.isdigit() for sign in what)]


def test_resamples_without_an_estimate_are_counted_in_the_note():
    # One person on both of two lists is missing from a third of all resamples: there is no overlap then.
    few = histories({"100": 12, "010": 9, "001": 8, "110": 1, "101": 1}, "abc")
    own = multiple_systems(few, replicates=200)
    failed = int(np.isnan(own.replicates).sum())
    assert failed > 0
    result = capture_recapture.robustness(few, thresholds=(0.02,), replicates=200)
    assert row(result, USUAL)["note"] == f"{failed} resamples had no estimate and count as infinite"


@pytest.mark.parametrize(("on_two", "said"), [(6, True), (7, False)])
def test_too_few_persons_on_several_lists_are_said_to_be_so(on_two, said):
    # Robson and Regier (1964): with fewer than 7 recaptures the estimate is likely to be too low.
    persons = {"100": 40, "010": 30, "001": 20, "110": on_two - 4, "101": 2, "011": 2}
    result = capture_recapture.robustness(histories(persons, "abc"), replicates=5)
    cautions = [result.caution] if result.caution else []
    assert codes(cautions) == (["sparse_overlap"] if said else [])
    assert all(f"{on_two} persons" in each and each in result.sentence for each in cautions)


def test_two_lists_give_a_range_over_odds_ratios_and_no_single_number():
    result = capture_recapture.robustness(histories({"10": 40, "01": 30, "11": 12}, "ab"), replicates=5)
    assert result.estimate is None and "two lists cannot show whether they depend on each other" in result.sentence
    assert result.table["note"].eq("the odds ratio is assumed").all()
    assert result.left_out.empty and result.merged.empty and result.known.empty


def test_methods_that_agree_are_not_said_to_differ_where_the_usual_one_was_not_asked_for():
    result = capture_recapture.robustness(KOREA, thresholds=(0.05,), replicates=5)
    assert result.apart < MOST_APART
    assert "methods differ" not in result.sentence


# What the answer rests on


def without(histories: pd.DataFrame, name: str) -> pd.DataFrame:
    """The table that whoever never had a list would have: persons on it alone are not in it."""
    left = histories.drop(columns=name)
    return left[left.drop(columns="count").any(axis=1)]


@pytest.mark.parametrize("name", ["Korea", "Kosovo"])
def test_leaving_a_list_out_is_estimating_without_it(name):
    histories = TABLES[name]
    checks = found(name).left_out.set_index("left_out")
    assert checks.index.tolist() == histories.columns.drop("count").tolist()
    for left_out, said in checks.iterrows():
        own = multiple_systems(without(histories, left_out), replicates=FEWER)
        assert (
            said["n"] == own.n == histories.loc[histories.drop(columns=["count", left_out]).any(axis=1), "count"].sum()
        )
        assert said["estimate"] == pytest.approx(own.estimate, rel=1e-12)
        assert (said["low"], said["high"]) == pytest.approx(own.interval, rel=1e-12)


def test_persons_on_a_list_alone_are_not_seen_without_it():
    # Of Kosovo's 4,400 the 1,131 are on EXH alone, and 306 on HRW alone.
    checks = found("Kosovo").left_out.set_index("left_out")["n"]
    assert checks["EXH"] == 4400 - 1131 and checks["HRW"] == 4400 - 306


def test_taking_two_lists_as_one_is_estimating_from_the_merged_table():
    merged = found("Kosovo").merged.set_index("merged")
    assert len(merged) == 6 and merged.index[0] == "EXH and ABA"
    for name, said in merged.iterrows():
        one, other = name.split(" and ")
        histories = KOSOVO.assign(both=KOSOVO[[one, other]].max(axis=1)).drop(columns=[one, other])
        # The merged list stands last, which changes no estimate.
        own = multiple_systems(
            histories[[*histories.columns.drop(["both", "count"]), "both", "count"]], replicates=FEWER
        )
        assert said["n"] == own.n == 4400
        assert said["estimate"] == pytest.approx(own.estimate, rel=1e-12)
        assert (said["low"], said["high"]) == pytest.approx(own.interval, rel=1e-12)


def test_three_lists_are_not_merged_to_two():
    assert found("Korea").merged.empty
    assert found("Korea").merged.columns.tolist() == ["merged", *CHECKED]


@every_table
def test_a_list_whose_number_is_known_is_estimated_from_what_the_others_know_of_its_persons(name):
    histories = TABLES[name]
    known = found(name).known.set_index("list")
    assert known.index.tolist() == histories.columns.drop("count").tolist()
    for name_of_list, said in known.iterrows():
        on_it = histories[histories[name_of_list] == 1]
        assert said["known"] == on_it["count"].sum()
        others = without(on_it, name_of_list)
        assert said["seen"] == others["count"].sum()
        try:
            own = multiple_systems(others, replicates=FEWER)
        except NotIdentifiable as refusal:
            assert said["note"] == f"refused: {refusal}"
            assert np.isnan(said["estimate"]) and said["contained"] is None
        else:
            assert said["estimate"] == pytest.approx(own.estimate, rel=1e-12)
            assert said["contained"] is bool(own.interval[0] <= said["known"] <= own.interval[1])


def test_lists_with_fifth_of_the_resamples_carry_the_level_that_was_asked_for():
    narrow = capture_recapture.robustness(KOREA, thresholds=(0.02,), replicates=REPLICATES, confidence=0.5)
    own = multiple_systems(without(KOREA, "b"), replicates=FEWER, confidence=0.5)
    assert narrow.confidence == 0.5
    assert narrow.left_out[["low", "high"]].iloc[0].tolist() == pytest.approx(list(own.interval))
    wide = row(found("Korea"), USUAL)
    assert wide["low"] < row(narrow, USUAL)["low"] and row(narrow, USUAL)["high"] < wide["high"]


@every_table
def test_selected_pairs_are_those_of_the_usual_method_and_of_its_resamples(name):
    selected = found(name).selected
    own = multiple_systems(TABLES[name], replicates=REPLICATES)
    chosen = {tuple(sorted(term)) for term in own.terms}
    pairs = [tuple(sorted(pair)) for pair in zip(selected["list_a"], selected["list_b"], strict=True)]
    lists = TABLES[name].shape[1] - 1
    assert len(pairs) == len(set(pairs)) == lists * (lists - 1) / 2
    assert {pair for pair, inside in zip(pairs, selected["in_model"], strict=True) if inside} == chosen
    assert selected["selected_in"].between(0, 1).all() and selected["selected_in"].max() > 0.5
    pd.testing.assert_series_equal(selected["selected_in"], own.overlaps["selected_in"])


def test_overlaps_are_those_of_the_table():
    # Korea: on b and c 54 + 12, on b and d 6 + 12, on c and d 0 + 12.
    assert found("Korea").selected["on_both"].tolist() == [66, 18, 12]


# The same question, the same answer


def assert_same(one: Robustness, other: Robustness) -> None:
    assert (one.low, one.high, one.apart, one.estimate) == (other.low, other.high, other.apart, other.estimate)
    for part in ("table", "diagnosis", "nested", "left_out", "merged", "known", "selected"):
        pd.testing.assert_frame_equal(getattr(one, part), getattr(other, part))


@pytest.mark.slow
def test_the_same_seed_gives_the_same_tables_and_another_seed_other_intervals():
    assert_same(capture_recapture.robustness(KOREA, replicates=REPLICATES), found("Korea"))
    other = capture_recapture.robustness(KOREA, replicates=REPLICATES, seed=7)
    pd.testing.assert_series_equal(other.table["estimate"], found("Korea").table["estimate"])
    assert row(other, USUAL)["low"] != row(found("Korea"), USUAL)["low"]


patterns = st.lists(st.integers(0, 60), min_size=7, max_size=7)


@pytest.mark.slow
@given(singles=patterns, order=st.permutations(range(8)), split=st.integers(0, 3))
@settings(max_examples=examples(4))
def test_the_order_of_rows_and_how_persons_are_divided_among_them_change_nothing(singles, order, split):
    names = ("001", "010", "100", "011", "101", "110", "111")
    counts = [count + 3 for count in singles]
    whole = histories(dict(zip(names, counts, strict=True)), "abc")
    # Some persons of the first pattern stand in a row of their own.
    parted = pd.concat([whole, whole.head(1).assign(count=split)], ignore_index=True)
    parted.loc[0, "count"] -= split
    shuffled = parted.iloc[list(order)].reset_index(drop=True)
    kept = {"thresholds": (0.02,), "replicates": 5}
    one = capture_recapture.robustness(whole, **kept)
    assert_same(one, capture_recapture.robustness(shuffled, **kept))
    # And what is always so.
    for limits in (one.table, one.left_out, one.known):
        known = limits[limits["estimate"].notna()]
        assert (known["low"] <= known["high"]).all()
    estimates = one.table.loc[one.table["estimate"].notna(), "estimate"]
    assert (estimates >= one.n).all() and one.apart >= 1
    assert one.low <= one.table["low"].min() and one.high >= one.table["high"].max()
    assert one.selected["selected_in"].between(0, 1).all()
    assert one.upper_bound_known == np.isfinite(one.high)
    if one.apart > MOST_APART or not one.upper_bound_known:
        assert one.estimate is None
    if one.estimate is not None:
        assert one.low <= one.estimate <= one.high


# Chao's lower bound


@every_table
def test_fewer_persons_on_many_lists_than_equal_persons_would_give_count_as_equal_persons(name):
    # Korea has 12 on three lists, where independence expects more: the bound is what independence gives (R: 141.99).
    bound, alone = chao_lower_bound(TABLES[name]), multiple_systems(TABLES[name], "independence", replicates=0)
    if name == "Korea":
        assert bound.estimate == pytest.approx(alone.estimate, rel=1e-7)
    else:
        assert bound.estimate > 1.005 * alone.estimate


@every_table
def test_limits_of_the_bound_lie_about_it_above_the_persons_seen_and_widen_with_the_level(name):
    narrow, wide = (chao_lower_bound(TABLES[name], confidence) for confidence in (0.5, 0.95))
    assert wide.n < wide.low < narrow.low < wide.estimate < narrow.high < wide.high
    # Log-normal: as far above as below, on the scale of ratios of the unseen.
    assert (wide.high - wide.n) / wide.hidden == pytest.approx(wide.hidden / (wide.low - wide.n))
    assert wide.confidence == 0.95


@pytest.mark.parametrize("histories", [ALL_OR_ONE, histories({"10": 4, "01": 3}, "ab"), histories({"1": 5}, "a")])
def test_without_a_person_on_exactly_two_lists_there_is_no_bound(histories):
    with refused(NotIdentifiable, "no_pairwise_overlap"):
        chao_lower_bound(histories)


def test_a_list_without_persons_changes_nothing():
    assert chao_lower_bound(KOREA.assign(e=0)[["b", "c", "d", "e", "count"]]).estimate == pytest.approx(
        chao_lower_bound(KOREA).estimate
    )


@given(st.lists(st.integers(1, 200), min_size=7, max_size=7), st.permutations("abc"))
@settings(max_examples=examples(40))
def test_the_bound_does_not_depend_on_the_order_of_lists_and_is_never_below_the_persons_seen(counts, order):
    names = ("001", "010", "100", "011", "101", "110", "111")
    whole = histories(dict(zip(names, counts, strict=True)), "abc")
    one, other = chao_lower_bound(whole), chao_lower_bound(whole[[*order, "count"]])
    assert one.estimate == pytest.approx(other.estimate, rel=1e-6)
    assert one.n <= one.low <= one.estimate <= one.high
    # Ten times the persons, ten times the number: nothing in it depends on the size.
    tenfold = chao_lower_bound(whole.assign(count=10 * whole["count"]))
    assert tenfold.estimate == pytest.approx(10 * one.estimate, rel=1e-6)


def test_diabetes_lists_say_at_least_and_recommend_no_model_that_does_not_fit():
    # 2,069 persons with diabetes of Casale Monferrato on four lists (Bruno and others 1994; IWGDMF 1995). The stepwise
    # model has 2,279, below Chao's bound of 2,318, and does not fit (G² 56.1 on 8 df).
    persons = {
        "1111": 58, "1110": 157, "1101": 18, "1100": 104, "1011": 46, "1010": 650, "1001": 12, "1000": 709,
        "0111": 14, "0110": 20, "0101": 7, "0100": 74, "0011": 8, "0010": 182, "0001": 10,
    }  # fmt: skip
    result = capture_recapture.robustness(histories(persons), thresholds=(0.02,), replicates=20)
    stepwise = result.table.set_index("method").loc[USUAL]
    assert result.n == 2069 and stepwise["fit"] < 0.001
    assert USUAL not in result.middle and result.estimate is None
    assert result.sentence.startswith("At least 2,") and "no method fits" in result.sentence
    assert "stepwise" not in result.sentence and f"{stepwise['estimate']:,.0f}" not in result.sentence


def test_a_result_says_how_it_was_made_and_every_picture_prints_its_level():
    result = capture_recapture.robustness(published("Kosovo"), thresholds=(0.02,), replicates=20, confidence=0.5)
    assert (result.confidence, result.thresholds, result.replicates, result.latent_draws) == (0.5, (0.02,), 20, 0)
    fit = multiple_systems(published("Kosovo"), threshold=0.01, replicates=20, confidence=0.5)
    assert (fit.confidence, fit.selection, fit.threshold, fit.replicates.size) == (0.5, "stepwise", 0.01, 20)
    dial = highest_order(published("Kosovo"), threshold=0.01, replicates=20, confidence=0.5)
    assert (dial.confidence, dial.threshold, dial.replicates) == (0.5, 0.01, 20)
    averaged = model_average(published("Kosovo"), confidence=0.5)
    differing = heterogeneity(published("Kosovo"), ["Mth Darroch"], confidence=0.5)
    drawn = pd.concat([published("Kosovo").assign(draw=number) for number in (1, 2)])
    over = robustness_over_linkages(drawn, methods=[INDEPENDENT], thresholds=(0.02,), replicates=20, confidence=0.5)
    assert (over.confidence, over.thresholds, over.replicates, over.draws) == (0.5, (0.02,), 20, 2)
    pictures = [result.plot(), result.reach.plot()]
    pictures += [each.plot() for each in (fit, dial, averaged, differing, over)]
    for picture in pictures:
        texts = words(picture)
        assert "50 %" in texts and "95%" not in texts and "95 %" not in texts
