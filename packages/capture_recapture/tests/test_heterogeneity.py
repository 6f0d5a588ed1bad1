"""What a reader relies on when persons differ in how easily they are found, or change after a first record."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from captures import REFERENCE, histories, published
from plain_plots import dots, labels, limits, pairs
from refusals import refused
from scipy import special

from capture_recapture import Heterogeneity, NotIdentifiable, chao_lower_bound, heterogeneity, heterogeneity_rows

RCAPTURE = pd.read_csv(REFERENCE / "heterogeneity.csv", comment="#")
every_table = pytest.mark.parametrize("name", ["Kosovo", "Korea", "UKdat_5"])


def lists_of(table: pd.DataFrame) -> list[str]:
    return [column for column in table if column != "count"]


@cache
def found(name: str) -> Heterogeneity:
    table = published(name)
    return heterogeneity(table, order=lists_of(table))


def row(result: Heterogeneity, method: str) -> pd.Series:
    return result.table.set_index("method").loc[method]


# R users on three lists (supporters of the R Foundation, maintainers of packages, senders of R-help), 45,212 persons:
# Daroczi, G. (2015). Mastering Data Analysis with R. Packt, chapter 14.
R_USERS = histories({"100": 157, "010": 3180, "001": 40975, "110": 14, "101": 68, "011": 778, "111": 40})


@every_table
def test_estimates_and_fits_are_rcaptures(name):
    printed = RCAPTURE[(RCAPTURE["table"] == name) & (RCAPTURE["abundance"] > 0)].set_index("model")
    ours = found(name).table.set_index("method").loc[printed.index]
    assert len(printed) >= 10
    np.testing.assert_allclose(ours["estimate"], printed["abundance"], rtol=1e-5)
    np.testing.assert_allclose(ours["standard_error"], printed["stderr"], rtol=1e-4)
    np.testing.assert_allclose(ours["deviance"], printed["deviance"], rtol=1e-8)
    np.testing.assert_allclose(ours["aic"], printed["aic"], rtol=1e-8)
    assert ours["df"].tolist() == printed["df"].tolist()


@every_table
def test_profile_limits_are_rcaptures(name):
    printed = RCAPTURE[(RCAPTURE["table"] == name) & RCAPTURE["low"].notna()].iloc[0]
    ours = row(found(name), "Mt")
    # R stops where twice the fall is 3.853 and 3.837 for Korea, in place of 3.841; a test below asks for the exact one.
    assert (ours["low"], ours["high"]) == pytest.approx((printed["low"], printed["high"]), rel=1e-4)


def test_three_lists_fit_every_form_equally_well_and_say_so():
    table = heterogeneity(R_USERS).table.set_index("method")
    forms = table.loc[["Mth Chao", "Mth Poisson", "Mth Darroch", "Mth gamma"]]
    assert np.ptp(forms["deviance"]) < 1e-6 and forms["estimate"].max() > 100 * forms["estimate"].min()
    assert forms["note"].str.contains("assumed").all()
    assert not found("Kosovo").table["note"].str.contains("three lists").any()


@every_table
def test_chaos_bound_is_that_of_the_function_for_it(name):
    bound = chao_lower_bound(published(name))
    ours = row(found(name), "Mth Chao")
    assert (ours["estimate"], ours["standard_error"]) == pytest.approx((bound.estimate, bound.standard_error), rel=1e-6)


def test_the_profile_falls_by_half_a_quantile_of_chi_squared():
    # Two independent lists of 75 and 60 persons, 45 on both. The profile log-likelihood of N persons is
    # log N! / (N - n)! + sum over lists of x log(x / N) + (N - x) log(1 - x / N) (Cormack 1992).
    table = histories({"10": 30, "01": 15, "11": 45})

    def profile(total):
        lists = sum(special.xlogy(x, x / total) + special.xlog1py(total - x, -x / total) for x in (75, 60))
        return special.gammaln(total + 1) - special.gammaln(total - 90 + 1) + lists

    top = profile(np.linspace(95, 110, 150_001)).max()
    for confidence, quantile in ((0.95, 3.841458820694124), (0.8, 1.642374415149818)):
        ours = row(heterogeneity(table, ["Mt"], confidence=confidence), "Mt")
        assert ours["low"] > 90
        for end in (ours["low"], ours["high"]):
            assert 2 * (top - profile(end)) == pytest.approx(quantile, abs=1e-5)


def test_limits_hold_the_estimate_and_never_fall_below_the_persons_seen():
    for name in ("Kosovo", "Korea", "UKdat_5"):
        table = found(name).table.dropna(subset=["estimate"])
        assert (table["low"] <= table["estimate"]).all() and (table["estimate"] <= table["high"]).all()
        assert (table["low"] >= found(name).n - 1e-9).all()


def test_an_upper_limit_that_is_not_there_is_infinite():
    # First catches of 10 and 9 persons: with chances near 0 they are as likely as not, however many persons there are.
    table = histories({"10": 9, "01": 9, "11": 1})
    assert row(heterogeneity(table, ["Mb"], order=["A", "B"]), "Mb")["high"] == np.inf
    # Catches of 100 and 20 leave no doubt that few are left.
    sure = histories({"10": 90, "01": 20, "11": 10})
    assert row(heterogeneity(sure, ["Mb"], order=["A", "B"]), "Mb")["high"] < 200


def test_the_order_of_lists_and_rows_changes_nothing_but_for_lists_in_time():
    table = published("Kosovo")
    turned = table[[*reversed(lists_of(table)), "count"]].iloc[::-1]
    ours, other = heterogeneity(table).table, heterogeneity(turned).table
    np.testing.assert_allclose(other["estimate"], ours["estimate"], rtol=1e-9)
    np.testing.assert_allclose(other[["low", "high"]], ours[["low", "high"]], rtol=1e-6)
    in_time = heterogeneity(turned, ["Mb"], order=lists_of(table))
    assert row(in_time, "Mb")["estimate"] == pytest.approx(row(found("Kosovo"), "Mb")["estimate"])
    other = heterogeneity(table, ["Mb"], order=["EXH", "OSCE", "ABA", "HRW"])
    assert abs(row(other, "Mb")["estimate"] - row(in_time, "Mb")["estimate"]) > 50


def test_a_list_with_nobody_is_left_out():
    table = published("Korea")
    result = heterogeneity(table.assign(nobody=0)[[*lists_of(table), "nobody", "count"]])
    assert result.lists == tuple(lists_of(table))
    assert result.table["estimate"].tolist() == heterogeneity(table).table["estimate"].tolist()


def test_ten_times_the_persons_are_ten_times_the_total():
    table = published("Kosovo")
    ten = heterogeneity(table.assign(count=10 * table["count"]), ["Mth Darroch", "Mth gamma"]).table
    one = found("Kosovo").table.set_index("method").loc[ten["method"]]
    np.testing.assert_allclose(ten["estimate"], 10 * one["estimate"], rtol=1e-8)
    np.testing.assert_allclose(ten["standard_error"], np.sqrt(10) * one["standard_error"], rtol=1e-8)


def test_a_negative_coefficient_is_said_to_be_no_difference_between_persons():
    korea = row(found("Korea"), "Mth Darroch")
    assert korea["coefficient"] < 0 and "avoid each other" in korea["note"]
    kosovo = row(found("Kosovo"), "Mth Darroch")
    assert kosovo["coefficient"] > 0 and kosovo["note"] == ""


def test_a_model_that_is_refused_stands_in_the_table_with_its_code():
    # First records of UKdat_5 become more frequent from list to list: R's estimate of Mb is -3,763 persons.
    assert row(found("UKdat_5"), "Mb")["refused"] == "no_decline"
    assert RCAPTURE.set_index(["table", "model"]).loc[("UKdat_5", "Mb"), "abundance"] < 0
    two = heterogeneity(histories({"10": 50, "01": 24, "11": 10})).table.set_index("method")
    assert two.loc["Mth Darroch", "refused"] == "too_few_lists" and two.loc["Mt", "refused"] == ""
    # Nobody is on exactly two lists.
    apart = heterogeneity(histories({"100": 10, "010": 12, "001": 9, "111": 5})).table.set_index("method")
    assert apart.loc["Mth Chao", "refused"] == "no_pairwise_overlap"
    assert apart.loc["Mh Darroch", "refused"] == "no_estimate"
    assert apart.loc["Mh Darroch", "note"].startswith("refused: ") and np.isnan(apart.loc["Mh Darroch", "estimate"])


def test_a_total_beyond_all_measure_is_no_estimate():
    # 3,000, 3 and 60 persons on one, two and three lists: the gamma form through them gives 1.6e13 persons.
    table = histories({"100": 1000, "010": 1000, "001": 1000, "110": 1, "101": 1, "011": 1, "111": 60})
    result = heterogeneity(table, ["Mh Chao", "Mh gamma"])
    assert row(result, "Mh gamma")["refused"] == "no_estimate" and row(result, "Mh Chao")["refused"] == ""


def test_what_carries_no_estimate_is_refused():
    with refused(NotIdentifiable, "no_overlap", "31"):
        heterogeneity(histories({"100": 10, "010": 12, "001": 9}))
    with refused(NotIdentifiable, "too_few_lists"):
        heterogeneity(histories({"10": 10}))
    with refused(NotIdentifiable, "no_persons"):
        heterogeneity(histories({"10": 0, "11": 0}))
    with refused(NotIdentifiable, "no_method_estimable"):
        heterogeneity(histories({"10": 50, "01": 24, "11": 10}), ["Mth Darroch"])
    with refused(NotIdentifiable, "no_method_estimable"):
        heterogeneity(R_USERS, [])


def test_arguments_that_mean_nothing_are_refused():
    with refused(ValueError, "unknown_choice", "'Mtb'"):
        heterogeneity(R_USERS, ["Mtb"])
    with refused(ValueError, "no_order"):
        heterogeneity(R_USERS, ["Mb"])
    with refused(ValueError, "unknown_list", "A, B, C"):
        heterogeneity(R_USERS, ["Mb"], order=["A", "B"])


def test_rows_stand_beside_those_of_other_methods():
    rows = heterogeneity_rows(published("Kosovo"))
    assert " ".join(rows) == "method estimate low high interval model deviance df fit note refused"
    assert rows["method"].tolist() == ["Mth Chao", "Mth Poisson", "Mth Darroch", "Mth gamma"]
    same = found("Kosovo").table.set_index("method").loc[rows["method"]]
    assert rows["estimate"].tolist() == same["estimate"].tolist()
    assert set(rows["interval"]) == {"profile likelihood"} and "bound" in rows["note"].iloc[0]
    without = heterogeneity_rows(histories({"10": 50, "01": 24, "11": 10}), ["Mt", "Mth Chao"])
    assert without["interval"].tolist() == ["profile likelihood", ""] and without["model"].iloc[1] == ""


def test_the_picture_has_a_row_for_every_model():
    result = found("UKdat_5")
    figure = result.plot(truth=12_000)
    assert labels(figure) == result.table["method"].tolist()
    np.testing.assert_allclose(dots(figure)[0], result.table["estimate"])
    assert limits(figure) == pairs(result.table["low"], result.table["high"])
