"""Agreement of two coders: published figures, a second program, hand calculation, and what must hold of any codes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refused
from statsmodels.stats.inter_rater import cohens_kappa

from analysis.referral.weighted_kappa import NotComparable, coder_agreement

# The table cont3x3abstractors of the R package irrCAC (Gwet), whose overview prints what is tested below.
ABSTRACTORS = [[13, 0, 0], [0, 20, 7], [0, 4, 56]]
# Cohen (1968), Table 1: two judges, 200 cases.
JUDGES = [[88, 10, 2], [14, 40, 6], [18, 10, 12]]
# Hout, Duncan and Sobel (1987): wives and husbands; as SexualFun in the R package vcd.
COUPLES = [[7, 7, 2, 3], [2, 8, 3, 7], [1, 5, 4, 9], [2, 8, 9, 14]]


def codes_of(table, labels=None) -> pd.DataFrame:
    labels = list(range(len(table))) if labels is None else labels
    rows = [
        (labels[i], labels[j]) for i, row in enumerate(table) for j, number in enumerate(row) for _ in range(number)
    ]
    return pd.DataFrame(rows, columns=["first", "second"]).assign(item=[f"item {n}" for n in range(len(rows))])


def by_name(table: pd.DataFrame) -> pd.DataFrame:
    return table.set_index("coefficient")


def test_figures_printed_in_the_overview_of_irrcac():
    found = by_name(coder_agreement(codes_of(ABSTRACTORS)))
    assert found["estimate"].to_dict() == pytest.approx(
        {"percent agreement": 0.89, "Cohen's kappa": 0.7964094, "Gwet's AC1": 0.8493305}, abs=5e-8
    )
    # irrCAC divides by n where it reads a table (gwet.ac1.table) and by n - 1 where it reads ratings (gwet.ac1.raw).
    errors = found["standard_error"] * np.where(found.index == "Gwet's AC1", np.sqrt(99 / 100), 1.0)
    assert errors.to_dict() == pytest.approx(
        {"percent agreement": 0.03128898, "Cohen's kappa": 0.05891072, "Gwet's AC1": 0.04321747}, abs=5e-8
    )
    assert (found["n"] == 100).all() and (found["note"] == "").all()


# Ratings of two raters of the data set cac.ben.gerry of the R package irrCAC, without the unit that one of them left.
BEN_AND_GERRY = pd.DataFrame({"first": list("aabbdccceda"), "second": list("babbbcccedd")}).assign(item=range(11))


@pytest.mark.parametrize(
    ("codes", "weights", "estimate", "error"),
    [
        # irrCAC 0.4.4 for Python, which reads ratings of items as gwet.ac1.raw in R does.
        (codes_of(ABSTRACTORS), "unweighted", 0.8493305, 0.0434352),
        (codes_of(ABSTRACTORS), "linear", 0.9000227, 0.0294231),
        (codes_of(ABSTRACTORS), "quadratic", 0.9402369, 0.0180105),
        (codes_of(COUPLES), "unweighted", 0.1581913, 0.0674992),
        (codes_of(COUPLES), "linear", 0.2730031, 0.0728891),
        (codes_of(COUPLES), "quadratic", 0.3780203, 0.0914195),
        (BEN_AND_GERRY, "unweighted", 0.6615385, 0.1752683),
    ],
)
def test_gwets_coefficients_of_ratings_as_by_irrcac(codes, weights, estimate, error):
    found = coder_agreement(codes, weights=weights)
    row = found[found["coefficient"].str.startswith("Gwet") & found["weights"].eq(weights)].iloc[0]
    assert (row["estimate"], row["standard_error"]) == pytest.approx((estimate, error), abs=6e-8)


def test_the_error_of_ac1_by_hand():
    # Three items of four alike, "a a", "a a", "b b" and "a b": shares 5/8 and 3/8, chance 2 x 5/8 x 3/8 = 15/32, agreed
    # 3/4, AC1 (3/4 - 15/32) / (17/32) = 9/17. An item adds (agreement - 2 (1 - AC1) (chance of it - chance)
    # - chance) / (1 - chance), with chance of it 3/8 for "a a", 5/8 for "b b" and 1/2 for "a b": 337/289, 337/289,
    # 209/289 and -271/289, with the mean 153/289 = 9/17. Gwet (2008): the squares of the differences by n (n - 1).
    found = by_name(coder_agreement(pd.DataFrame({"item": range(4), "first": list("aaba"), "second": list("aabb")})))
    adds = np.array([337, 337, 209, -271]) / 289
    assert adds.mean() == pytest.approx(9 / 17)
    assert found.loc["Gwet's AC1", "estimate"] == pytest.approx(9 / 17)
    assert found.loc["Gwet's AC1", "standard_error"] == pytest.approx(np.sqrt(((adds - 9 / 17) ** 2).sum() / (4 * 3)))


@pytest.mark.parametrize(
    ("table", "weights", "agreement", "kappa", "ac2"),
    [
        # irrCAC 0.4.4 for Python, read as tables; each an estimate and its standard error.
        (ABSTRACTORS, "linear", (0.945, 0.0156445), (0.842902, 0.0478721), (0.9000227, 0.0292756)),
        (ABSTRACTORS, "quadratic", (0.9725, 0.0078222), (0.8921569, 0.0353515), (0.9402369, 0.0179202)),
        (COUPLES, "linear", (0.6849817, 0.0308052), (0.2373806, 0.0783163), (0.2730031, 0.0724875)),
        (COUPLES, "quadratic", (0.8144078, 0.0265862), (0.3320456, 0.0972975), (0.3780203, 0.0909158)),
    ],
)
def test_weighted_coefficients_as_by_irrcac(table, weights, agreement, kappa, ac2):
    found = coder_agreement(codes_of(table), weights=weights)
    found = by_name(found[found["weights"] == weights])
    # Of a table it divides Gwet's variance by n, here as of ratings by n - 1.
    n = found.loc["Gwet's AC2", "n"]
    found.loc["Gwet's AC2", "standard_error"] *= np.sqrt((n - 1) / n)
    for name, expected in (("weighted agreement", agreement), ("weighted kappa", kappa), ("Gwet's AC2", ac2)):
        assert tuple(found.loc[name, ["estimate", "standard_error"]]) == pytest.approx(expected, abs=6e-8)


def test_kappa_of_cohens_table_by_hand():
    # Agreement (88 + 40 + 12) / 200 = 0.70; by chance 0.5 x 0.6 + 0.3 x 0.3 + 0.2 x 0.1 = 0.41.
    found = by_name(coder_agreement(codes_of(JUDGES)))
    assert found.loc["Cohen's kappa", "estimate"] == pytest.approx((0.70 - 0.41) / (1 - 0.41))
    # Mean shares 0.55, 0.30, 0.15: chance (0.55 x 0.45 + 0.3 x 0.7 + 0.15 x 0.85) / 2 = 0.2925.
    assert found.loc["Gwet's AC1", "estimate"] == pytest.approx((0.70 - 0.2925) / (1 - 0.2925))


def test_limits_by_hand():
    # Student's t with 99 degrees of freedom is 1.984217; 1 - 0.7964094 = 0.2035906, exp(1.984217 x 0.0589107 /
    # 0.2035906) = 1.775626. Wilson's limits of 89 of 100: 0.8137, 0.9375.
    found = by_name(coder_agreement(codes_of(ABSTRACTORS)))
    assert found.loc["Cohen's kappa", "low"] == pytest.approx(1 - 0.2035906 * 1.775626, abs=2e-6)
    assert found.loc["Cohen's kappa", "high"] == pytest.approx(1 - 0.2035906 / 1.775626, abs=2e-6)
    assert tuple(found.loc["percent agreement", ["low", "high"]]) == pytest.approx((0.8137, 0.9375), abs=5e-5)


@pytest.mark.slow
@given(
    st.lists(st.lists(st.integers(0, 6), min_size=3, max_size=3), min_size=3, max_size=3),
    st.sampled_from(["unweighted", "linear", "quadratic"]),
)
@settings(max_examples=examples(60), deadline=None)
def test_kappa_and_its_variance_as_by_statsmodels(table, weights):
    counts = np.array(table)
    rows, columns = counts.sum(axis=1), counts.sum(axis=0)
    if counts.sum() < 2 or (rows * columns).max() == counts.sum() ** 2:
        return
    found = coder_agreement(codes_of(table), categories=[0, 1, 2], weights=weights)
    row = found[found["coefficient"].str.contains("kappa")].iloc[-1]
    other = cohens_kappa(counts, wt=None if weights == "unweighted" else weights)
    assert row["estimate"] == pytest.approx(other.kappa, abs=1e-10)
    if np.isfinite(row["standard_error"]):
        assert row["standard_error"] == pytest.approx(np.sqrt(max(other.var_kappa, 0)), abs=1e-7)


PAIRS = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd")), min_size=2, max_size=40)


def frame(pairs) -> pd.DataFrame:
    return pd.DataFrame(pairs, columns=["first", "second"]).assign(item=range(len(pairs)))


@pytest.mark.slow
@given(PAIRS, st.sampled_from(["unweighted", "linear", "quadratic"]))
@settings(max_examples=examples(43), deadline=None)
def test_swapping_the_coders_changes_nothing(pairs, weights):
    one = coder_agreement(frame(pairs), categories=list("abcd"), weights=weights)
    other = coder_agreement(frame([(b, a) for a, b in pairs]), categories=list("abcd"), weights=weights)
    pd.testing.assert_frame_equal(one, other, atol=1e-7)


@pytest.mark.slow
@given(PAIRS, st.permutations("abcd"))
@settings(max_examples=examples(60), deadline=None)
def test_names_of_categories_do_not_matter_without_weights(pairs, names):
    new = dict(zip("abcd", names, strict=True))
    one = coder_agreement(frame(pairs))
    other = coder_agreement(frame([(new[a], new[b]) for a, b in pairs]))
    pd.testing.assert_frame_equal(one, other, atol=1e-7)


@given(st.lists(st.sampled_from("abcd"), min_size=2, max_size=40), st.sampled_from(["linear", "quadratic"]))
@settings(max_examples=examples(40), deadline=None)
def test_coders_who_agree_on_all_have_one_with_a_lower_limit_below_it(same, weights):
    found = coder_agreement(frame([(code, code) for code in same]), categories=list("abcd"), weights=weights)
    defined = found[~found["note"].str.startswith("undefined")]
    assert (defined["estimate"] == 1).all() and (defined["high"] == 1).all() and (defined["low"] < 1).all()
    kappas = found[found["coefficient"].str.contains("kappa")]
    assert kappas["estimate"].isna().all() == (len(set(same)) == 1)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("ab")), min_size=2, max_size=30))
@settings(max_examples=examples(40), deadline=None)
def test_two_categories_have_no_distances_between(pairs):
    found = coder_agreement(frame(pairs), categories=["a", "b"], weights="quadratic")
    plain, weighted = (found[found["weights"] == kind].iloc[1:] for kind in ("unweighted", "quadratic"))
    np.testing.assert_allclose(plain["estimate"], weighted["estimate"], atol=1e-12)
    np.testing.assert_allclose(plain[["standard_error", "low", "high"]], weighted[["standard_error", "low", "high"]])


@pytest.mark.slow
@given(PAIRS, st.sampled_from([0.8, 0.95, 0.99]))
@settings(max_examples=examples(60), deadline=None)
def test_limits_surround_the_estimate_and_stay_on_its_scale(pairs, confidence):
    found = coder_agreement(frame(pairs), categories=list("abcd"), weights="linear", confidence=confidence)
    limits = found.dropna(subset="low")
    assert (limits["low"] <= limits["estimate"] + 1e-12).all() and (limits["estimate"] <= limits["high"] + 1e-12).all()
    floor = np.where(limits["coefficient"].str.contains("agreement"), 0, -1)
    assert (limits["low"] >= floor).all() and (limits["high"] <= 1).all()


def test_one_category_only_leaves_gwet_and_the_share():
    found = by_name(coder_agreement(codes_of([[12]], ["yes"]), categories=["no", "yes"]))
    assert np.isnan(found.loc["Cohen's kappa", "estimate"])
    assert "one category only" in found.loc["Cohen's kappa", "note"]
    assert found.loc["Gwet's AC1", "estimate"] == 1 and found.loc["percent agreement", "estimate"] == 1
    # Clopper and Pearson's lower limit of 12 of 12: 0.025^(1/12) = 0.7354.
    assert found.loc["Gwet's AC1", "low"] == pytest.approx(0.7354, abs=5e-5)


def test_a_coder_with_one_category_gives_a_kappa_of_zero_without_limits():
    found = by_name(coder_agreement(codes_of([[6, 0], [4, 0]], ["no", "yes"])))
    assert found.loc["Cohen's kappa", "estimate"] == pytest.approx(0, abs=1e-12)
    assert found.loc["Cohen's kappa", ["standard_error", "low", "high"]].isna().all()
    assert "standard error of such a table is zero" in found.loc["Cohen's kappa", "note"]


def test_unknown_is_a_category_but_has_no_place_on_a_scale():
    codes = pd.DataFrame(
        {
            "item": range(8),
            "first": [0, 1, 2, 3, 2, 1, None, 3],
            "second": ["0", "1", "3", "3", "unknown", " Unknown", "2", ""],
        }
    )
    found = coder_agreement(codes, categories=range(4), weights="linear")
    plain, weighted = found[found["weights"] == "unweighted"], by_name(found[found["weights"] == "linear"])
    assert (found["not_both"] == 2).all()
    assert (plain["n"] == 6).all() and (plain["unknown_left_out"] == 0).all()
    assert (weighted["n"] == 4).all() and (weighted["unknown_left_out"] == 2).all()
    assert plain["estimate"].iloc[0] == 3 / 6
    assert weighted.loc["weighted agreement", "estimate"] == pytest.approx((3 + 2 / 3) / 4)
    # Both find nothing: that is agreement.
    both = coder_agreement(codes_of([[3, 0], [0, 3]], ["unknown", "2"]))
    assert (both["estimate"] == 1).all()


def test_a_category_not_in_use_counts_for_gwet_and_for_distances():
    codes = codes_of([[5, 1], [1, 5]], [0, 3])
    # Mean shares are 1/2: chance is 1/2 of two categories, 0.5 / 3 = 1/6 of four.
    two, four = coder_agreement(codes), coder_agreement(codes, categories=[0, 1, 2, 3])
    assert two["estimate"].iloc[2] == pytest.approx((10 / 12 - 1 / 2) / (1 - 1 / 2))
    assert four["estimate"].iloc[2] == pytest.approx((10 / 12 - 1 / 6) / (1 - 1 / 6))
    # On the scale 0 to 3 the numbers 0, 1 and 3 are not equally far apart: 0 beside 1 agree by 1 - 1/3.
    gaps = coder_agreement(codes_of([[3, 2, 0], [0, 3, 0], [0, 0, 3]], [0, 1, 3]), weights="linear")
    assert by_name(gaps).loc["weighted agreement", "estimate"] == pytest.approx((9 + 2 * 2 / 3) / 11)


def test_words_have_an_order_only_where_it_is_given():
    words = ["no", "partly", "yes"]
    codes = codes_of([[4, 1, 0], [1, 4, 1], [0, 1, 4]], words)
    with refused(NotComparable, "unordered_categories"):
        coder_agreement(codes, weights="linear")
    typed = codes.assign(**{c: pd.Categorical(codes[c], categories=words, ordered=True) for c in ("first", "second")})
    pd.testing.assert_frame_equal(
        coder_agreement(typed, weights="linear"), coder_agreement(codes, categories=words, weights="linear")
    )


def test_groups_with_few_items_are_withheld():
    codes = codes_of([[8, 1], [1, 8]]).assign(dimension=["A"] * 9 + ["B"] * 9)
    codes.loc[17, "dimension"] = "A"
    found = coder_agreement(codes, by="dimension")
    assert list(found.columns[:2]) == ["dimension", "coefficient"]
    small, large = found[found["dimension"] == "B"], found[found["dimension"] == "A"]
    assert small["estimate"].isna().all() and small["low"].isna().all() and (small["n"] == 8).all()
    assert small["note"].str.startswith("suppressed: fewer than 10 items").all()
    assert large["estimate"].notna().all() and (large["n"] == 10).all()


def test_what_carries_no_agreement_is_refused():
    codes = codes_of([[1, 0], [0, 1]])
    with refused(NotComparable, "too_few_rows"):
        coder_agreement(codes.assign(second=[1, None]))
    with refused(NotComparable, "unknown_code", "'4'"):
        coder_agreement(codes.assign(second=["2", "4"]), categories=["0", "1", "2"])
    with refused(ValueError, "duplicate_key"):
        coder_agreement(codes.assign(item="one"))
    with refused(ValueError, "duplicate_category"):
        coder_agreement(codes, categories=[0, 1, "1"])
    with refused(ValueError, "missing_column"):
        coder_agreement(codes.drop(columns="second"))
    with refused(ValueError, "unknown_choice"):
        coder_agreement(codes, weights="cubic")
    with refused(ValueError, "confidence_out_of_range"):
        coder_agreement(codes, confidence=95)
