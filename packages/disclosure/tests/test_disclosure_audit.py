"""What an attacker learns from tables: cases worked out by hand, and bounds beside those of another solver."""

import numpy as np
import pandas as pd
import pytest
from attacker import attacked, counted
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refused
from scipy import sparse

import disclosure
from disclosure import DisclosureError, audit
from disclosure.attack import Attack, Equations, Impossible
from disclosure.audit import view
from disclosure.histogram import atoms_of


def table(**columns) -> pd.DataFrame:
    found = pd.DataFrame(columns)
    return found.astype({"count": "Int64"}) if "count" in found else found


def kinds(breaches: pd.DataFrame) -> list[str]:
    return sorted(breaches["kind"])


BY_SEX = table(area=["A", "A", "B", "B"], sex=["f", "m", "f", "m"], count=[30, 5, 40, 20])


def test_tables_without_small_counts_are_safe():
    assert audit({"by area": table(area=["A", "B"], count=[30, 11])}).empty
    assert audit({}).empty


def test_a_small_count_in_print_is_a_breach_and_zero_is_none():
    found = audit({"t": table(area=["A", "B", "C"], sex=["f", "m", "f"], count=[10, 11, 20])})
    assert kinds(found[found["kind"] == "published"]) == ["published"]
    assert found.loc[found["kind"] == "published", "cell"].item() == "area A, sex f"
    listed = table(area=["A", "B"], count=[0, 30])
    assert "published" not in kinds(audit({"t": listed}))


def test_the_threshold_is_the_callers():
    assert audit({"t": table(area=["A", "B"], count=[5, 30])}, k=5).empty
    assert kinds(audit({"t": table(area=["A", "B"], count=[4, 30])}, k=5)) == ["published"]


def test_what_a_total_gives_away_is_found():
    """35 of A less 30 girls are 5 boys."""
    suppressed = BY_SEX.assign(count=[30, pd.NA, 40, 20]).astype({"count": "Int64"})
    found = audit({"by sex": suppressed, "by area": table(area=["A", "B"], count=[35, 60])})
    assert kinds(found) == ["exact"] and (found["low"].item(), found["high"].item()) == (5, 5)
    assert "can only be 5" in found["why"].item()


def test_without_the_total_nothing_bounds_a_withheld_cell():
    suppressed = BY_SEX.assign(count=[30, pd.NA, 40, 20]).astype({"count": "Int64"})
    assert audit({"by sex": suppressed}).empty


def test_an_interval_that_is_too_narrow_is_a_breach():
    """Of 12 persons two cells hold 0 to 12 each, which is wide enough; of 10 they are at most 10, fewer than k."""
    two = table(area=["A", "A"], sex=["f", "m"], count=[None, None])
    assert audit({"t": two, "total": table(area=["A"], count=[12])}).empty
    assert kinds(audit({"t": two, "total": table(area=["A"], count=[11])})) == []
    assert kinds(audit({"t": two, "total": table(area=["A"], count=[10])})) == ["published", "small", "small"]
    # With a third table 20 to 30 of one cell are known.
    three = table(area=["A", "A"], form=["x", "y"], count=[20, 10])
    found = audit({"t": two, "by form": three}, k=11)
    assert "published" in kinds(found)


def test_three_tables_together_show_what_two_hide():
    """By hand: rows 12, 20; columns 12, 20; the corner of the second table fixes all others of the first."""
    inner = table(a=["1", "1", "2", "2"], b=["x", "y", "x", "y"], count=[None] * 4)
    rows = table(a=["1", "2"], count=[12, 20])
    columns = table(b=["x", "y"], count=[12, 20])
    assert audit({"inner": inner, "rows": rows, "columns": columns}).empty
    corner = inner.assign(count=[12, pd.NA, pd.NA, pd.NA]).astype({"count": "Int64"})
    found = audit({"inner": corner, "rows": rows, "columns": columns})
    assert kinds(found)[:3] == ["class"] or kinds(found).count("exact") == 3
    assert found.loc[found["kind"] == "exact", "low"].tolist() == [0, 0, 20]


def test_whole_numbers_can_be_tighter_than_fractions():
    """a + b = b + c = a + c = 21 has the only solution 10.5 each, and no number of persons is that."""
    pairs = sparse.csr_matrix([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0], [1.0, 0.0, 1.0]])
    counts = np.full(3, 21.0)
    with pytest.raises(Impossible):
        Attack(Equations(pairs, counts, counts)).point()
    # Up to 21 each pair: 10.5 each in fractions, so that all three together are 31, not 31.5.
    found = Attack(Equations(pairs, np.zeros(3), counts)).bounds(sparse.csr_matrix(np.ones((1, 3))), np.inf, np.inf)
    assert (found.low[0], found.high[0]) == (0, 31)


def test_bands_of_age_and_periods_are_differenced():
    """50 of 0-17 less 47 of 0-14 are 3 of 15-17, though no table lists them."""
    wide = table(age=["0-17", "18+"], count=[50, 60])
    narrow = table(age=["0-14"], count=[47])
    found = audit({"wide": wide, "narrow": narrow})
    assert set(found["kind"]) == {"implied"} and found["low"].tolist()[0] == 3
    named = {"a": table(age=["0-17 years"], count=[50]), "b": table(age=["0-14 years"], count=[47])}
    assert "implied" in kinds(audit(named))
    years = {"period": table(year=["2014-2018"], count=[40]), "years": table(year=["2014–2017"], count=[38])}
    assert "implied" in kinds(audit(years))


@pytest.mark.parametrize(
    ("whole", "parts", "left"),
    [
        (("2023", 50), {"2023-01": 25, "2023-02": 20}, 5),
        (("2023", 60), {"2023-H1": 56}, 4),
        (("2023-H1", 60), {"2023-Q1": 30, "2023-04": 20, "2023-05": 12}, -2),
        (("2023-H1", 64), {"2023-Q1": 30, "2023-04": 20, "2023-05": 12}, 2),
        (("2023-Q2", 40), {"Q2 2023": 37}, None),
        # The last week of 2022 lies in 2022 with six days, and with one in 2023.
        (("2022-12", 30), {"2022-12-31": 25}, 5),
    ],
)
def test_periods_within_periods_are_differenced(whole, parts, left):
    """What a year, half-year, quarter or month holds beyond the periods that are listed of it."""
    tables = {
        "whole": table(period=[whole[0], "2024"], count=[whole[1], 90]),
        "parts": table(period=list(parts), count=list(parts.values())),
    }
    if left is None or left < 0:
        with refused(DisclosureError, "infeasible"):
            audit(tables)
    else:
        found = audit(tables)
        assert set(found["kind"]) == {"implied"} and (found["low"].iloc[0], found["high"].iloc[0]) == (left, left)


def test_a_week_lies_in_the_two_years_that_its_days_are_of():
    """2022-W52 begins on Monday, 26 December 2022, and ends on Sunday, 1 January 2023 (ISO 8601)."""
    made = atoms_of("period", ["2022", "2023", "2022-W52", "2023-W01", "2023-13", "2023-W60"])
    assert made["2022-W52"] == ("2022-12-26 until 2023", "2023 until 2023-01-02")
    assert made["2022-W52"][0] in made["2022"] and made["2022-W52"][1] in made["2023"]
    assert set(made["2023-W01"]) < set(made["2023"]) and not set(made["2023-W01"]) & set(made["2022-W52"])
    # No month, no week: a value like any other.
    assert made["2023-13"] == ("2023-13",) and made["2023-W60"] == ("2023-W60",)


AREAS = table(region=list("NNNSS"), area_id=list("ABCDE"), count=pd.array([30, 26, None, 40, 50], "Int64"))


def test_a_dimension_that_follows_from_another_is_refused_with_what_to_declare():
    """Region as a column beside area_id; as values of area_id, 60 of the north less 30 and 26 are 4 of C."""
    with refused(DisclosureError, "nested_dimension", "'areas'", "'area_id'"):
        audit({"areas": AREAS})
    nested = {"area_id": pd.DataFrame({"value": list("NNNSS"), "atom": list("ABCDE")})}
    tables = {"areas": AREAS.drop(columns="region"), "regions": table(area_id=["N", "S"], count=[60, 90])}
    found = audit(tables, nested=nested)
    assert kinds(found) == ["exact"] and (found["cell"].item(), found["low"].item()) == ("area_id C", 4)


@pytest.mark.parametrize(
    "by_chance",
    [
        # Of a region alone there are several areas in print.
        AREAS.assign(count=pd.array([30, 26, 4, 40, None], "Int64")),
        # An area in two regions.
        table(region=list("NNSSS"), area_id=list("ABACD"), count=[30, 26, 14, 40, 50]),
        # Few persons are alike by chance.
        table(region=list("NNNSS"), area_id=list("ABCDE"), count=[3, 10, 4, 2, 10]),
        # Every value once.
        table(region=list("NSOP"), area_id=list("ABCD"), count=[30, 26, 40, 50]),
        # Yes and no of what is not stated.
        table(sex=list("ffmm"), form=["no", "unknown", "other", "not stated"], count=[30, 26, 40, 50]),
    ],
)
def test_what_is_alike_by_chance_is_no_dependence(by_chance):
    audit({"t": by_chance})


def test_nested_areas_are_differenced_by_their_nesting():
    """A country of 100 whose listed islands hold 96 has another with 4."""
    nested = {"area_id": pd.DataFrame({"value": ["CPV"] * 3, "atom": ["SAL", "MAIO", "BRAVA"]})}
    tables = {"islands": table(area_id=["SAL", "MAIO"], count=[60, 36]), "country": table(area_id=["CPV"], count=[100])}
    found = audit(tables, nested=nested)
    assert set(found["kind"]) == {"implied"} and "BRAVA" in found["cell"].iloc[0]
    assert audit({"islands": tables["islands"], "country": table(area_id=["CPV"], count=[120])}, nested=nested).empty


def test_what_is_left_over_is_one_group_however_many_values_it_would_have():
    """Of 50 children 44 are of 0-14: six are of 15-17 or of unknown age, which no table tells apart."""
    parts = {
        "child": ["0-14", "15-17", "child of unknown age"],
        "other": ["15-17", "child of unknown age", "adult"],
        **{value: [value] for value in ("0-14", "adult")},
    }
    rows = [(value, atom) for value, atoms in parts.items() for atom in atoms]
    nested = {"age": pd.DataFrame(rows, columns=["value", "atom"])}
    tables = {"a": table(age=["child", "adult"], count=[50, 30]), "b": table(age=["0-14", "other"], count=[44, 36])}
    found = audit(tables, nested=nested)
    assert "implied" in kinds(found) and set(found["low"]) == {6}


def test_all_is_made_of_everything():
    found = audit({"t": table(sex=["all", "f", "m"], count=[35, 30, None])})
    assert kinds(found) == ["exact"] and found["low"].item() == 5


def test_newcomers_since_an_earlier_release_are_a_group():
    now, before = table(area=["A", "B"], count=[50, 60]), table(area=["A", "B"], count=[48, 30])
    found = audit({"t": now}, earlier=[{"t": before}])
    assert kinds(found) == ["difference"] and (found["low"].item(), found["high"].item()) == (2, 2)
    assert audit({"t": now}, earlier=[{"t": table(area=["A", "B"], count=[50, 30])}]).empty
    # Of three releases each pair counts.
    older = table(area=["A", "B"], count=[20, 20])
    assert kinds(audit({"t": now}, earlier=[{"t": older}, {"t": before}])) == ["difference"]


def test_newcomers_of_a_value_that_is_made_of_several_are_a_group():
    """The north has three girls more, on either of its islands; of no single island it is known."""
    nested = {"area": pd.DataFrame({"value": ["north", "north"], "atom": ["A", "B"]})}
    areas, sexes = ["north", "north", "C", "C"], ["f", "m", "f", "m"]
    before = {
        "sex": table(area=areas, sex=sexes, count=[40, 40, 30, 30]),
        "area": table(area=["A", "B", "C"], count=[40, 40, 60]),
    }
    now = {
        "sex": table(area=areas, sex=sexes, count=[43, 77, 45, 60]),
        "area": table(area=["A", "B", "C"], count=[60, 60, 105]),
    }
    found = audit(now, nested=nested, earlier=[before])
    assert kinds(found) == ["difference"] and found["high"].item() == 3 and "north, sex f" in found["cell"].item()


@pytest.mark.slow
@pytest.mark.parametrize("releases", [8, 9, 10, 12])
def test_newcomers_are_found_however_many_releases_there_were(releases):
    earlier = [{"t": table(area=["A", "B"], count=[20 + 12 * n, 30 + 12 * n])} for n in range(releases)]
    now = {"t": table(area=["A", "B"], count=[20 + 12 * (releases - 1) + 3, 30 + 12 * releases])}
    found = audit(now, earlier=earlier)
    assert kinds(found) == ["difference"] and found["low"].item() == 3


def test_a_count_that_fell_is_no_contradiction():
    """Two came in A and ten left in B: both are few, and neither hides the other."""
    now, before = table(area=["A", "B"], count=[50, 60]), table(area=["A", "B"], count=[48, 70])
    found = audit({"t": now}, earlier=[{"t": before}])
    assert kinds(found) == ["difference", "difference"]
    assert found[["cell", "low", "high"]].to_numpy().tolist() == [
        ["area A, new since release 1", 2, 2],
        ["area B, gone by release 2", 10, 10],
    ]


def test_what_an_earlier_release_withheld_must_stay_unknown():
    before = {"t": table(area=["A", "A"], sex=["f", "m"], count=[None, None])}
    now = {"total": table(area=["A"], count=[10])}
    found = audit(now, earlier=[before])
    assert "small" in kinds(found) and any("release 1" in name for name in found["table"])


def test_all_of_a_row_in_one_category_is_a_breach_but_for_what_reveals_nothing():
    found = audit({"t": table(area=["A", "A", "B", "B"], form=["x", "y", "x", "y"], count=[50, 0, 20, 30])})
    assert set(found["kind"]) == {"class"}
    assert "All 50 persons of area A have the same form: x." in set(found["why"])
    # To withhold how many they are does not hide of what form they are.
    few = audit(
        {"t": table(area=["A", "B", "B", "C", "C"], form=["x", "x", "y", "x", "y"], count=[None, 20, 30, 15, 40])}
    )
    assert kinds(few) == ["class"] and few["why"].tolist() == ["All persons of area A have the same form: x."]
    no = table(area=["A", "A", "B", "B"], form=["yes", "no", "yes", "no"], count=[0, 50, 20, 30])
    revealed = audit({"t": no})
    assert "area A, form no" not in set(revealed.loc[revealed["why"].str.contains("form: no"), "cell"])


@pytest.mark.parametrize(
    ("columns", "small"),
    [
        ({"base": [100, 60], "percent": [4.0, 50.0]}, 4),
        ({"base": [100, 60], "share": [0.04, 0.5]}, 4),
        ({"population": [200_000, 100_000], "rate": [2.5, 60.0]}, 5),
        ({"population": [2_000, 1_000], "per": [1_000, 1_000], "rate": [2.5, 60.0]}, 5),
    ],
)
def test_percentages_and_rates_are_counts_to_whoever_knows_their_base(columns, small):
    found = audit({"t": table(area=["A", "B"], **columns)})
    assert kinds(found) == ["published"] and found["high"].item() == small


def test_a_rounded_percentage_narrows_a_withheld_count():
    """4 % of 100, rounded to whole per cents, are 4 persons: a total of 104 then gives away the rest."""
    shares = table(area=["A", "B"], base=[1000, 1000], percent=[4.1, 5.0])
    counts = table(area=["A", "B"], count=[None, None])
    found = audit({"shares": shares, "counts": counts})
    assert kinds(found) == ["exact", "exact"] and found["low"].tolist() == [41, 50]


def test_a_percentage_without_its_base_is_refused():
    with refused(DisclosureError, "missing_column", "'base'"):
        audit({"t": table(area=["A"], percent=[4.0])})
    with refused(DisclosureError, "missing_column", "'population'"):
        audit({"t": table(area=["A"], rate=[4.0])})


FORMS = table(form=["x", "y", "z"], count=[45, 51, 4], percent=[45.0, 51.0, 4.0], base=[100] * 3)


def test_a_base_in_print_is_an_equation():
    """100 - 45 - 51 = 4, with a column of counts and without one."""
    for columns in (["form", "count", "percent", "base"], ["form", "percent", "base"]):
        printed = FORMS.assign(count=pd.array([45, 51, None], "Int64"), percent=[45.0, 51.0, None])[columns]
        found = audit({"t": printed})
        assert kinds(found) == ["exact"] and (found["cell"].item(), found["low"].item()) == ("form z", 4)


def test_a_small_base_in_print_is_a_breach():
    nothing = table(area=["A", "A", "B", "B"], form=["x", "y"] * 2, base=[4, 4, 90, 90], percent=[None, None, 50, 50])
    found = audit({"t": nothing})
    assert found.iloc[0][["table", "cell", "kind", "high"]].tolist() == ["t (base)", "area A", "published", 4]


def test_a_suppressed_base_is_attacked():
    """An area of 100 in another table is the base that this one does not print."""
    areas = table(area=["A", "B"], count=[100, 90])
    forms = table(
        area=["A", "A", "B", "B"], form=["x", "y"] * 2, base=[None, None, 90, 90], percent=[None, None, 50, 50]
    )
    found = audit({"t": forms, "areas": areas})
    assert found[["table", "cell", "kind", "low"]].to_numpy().tolist() == [["t (base)", "area A", "exact", 100]]


def test_whom_a_base_counts_is_seen_from_its_values_or_said_by_a_table():
    """100 of A and 100 of B: without a word for it, the 200 persons of the rows are not the base."""
    both = table(area=["A", "A", "B", "B"], form=["x", "y"] * 2, base=[100] * 4, percent=[40, 60, 30, 70])
    with refused(DisclosureError, "base_not_sum", "100", "200"):
        audit({"t": both})
    areas = table(area=["A", "B"], count=[100, 100])
    assert audit({"t": both, "areas": areas}).empty
    hidden = both.assign(percent=[None, 60, 30, 70])
    assert kinds(audit({"t": hidden, "areas": areas})) == ["exact"]
    # A total among the rows is not counted twice.
    assert audit({"t": table(sex=["all", "f", "m"], base=[100] * 3, percent=[100, 40, 60])}).empty


def test_a_base_that_counts_others_too_must_not_leave_few_over():
    """Of 100 asked in A, 96 work: the other 4 are as good as counted. Of B all work, which is a class."""
    found = audit({"t": table(area=["A", "B", "C"], base=[100, 60, 80], percent=[96.0, 100.0, 50.0])})
    assert found[["cell", "kind", "high"]].to_numpy().tolist() == [
        ["area A: base", "implied", 4],
        ["area B: base", "class", 0],
    ]
    # The same where one base stands in all rows, which it is not the sum of.
    left = audit({"t": table(form=["x", "y"], base=[100, 100], percent=[45, 51])})
    assert left[["kind", "low", "high"]].to_numpy().tolist() == [["implied", 4, 4]]


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"percent": [70, 80], "base": [100, 100]}, "base of all is 100, and its rows add up to 150.*several answers"),
        ({"percent": [33.3, 50], "base": [100, 90]}, "row 0, column 'percent': no number of persons is 33.3"),
        ({"percent": [50, 50], "base": [100, None]}, "row 1, column 'percent': its 'base' is missing"),
        ({"percent": [50, 50], "base": [100.5, 90]}, "row 0, column 'base': 100.5 is no number of persons"),
        ({"base": [100, 90]}, "nothing that is a share of it"),
    ],
)
def test_a_base_that_cannot_be_read_is_refused(columns, says):
    with pytest.raises(DisclosureError, match=f"'t'.*{says}"):
        audit({"t": table(form=["x", "y"], **columns)})


@pytest.mark.parametrize(
    "before",
    [
        table(area=["A", "B"], base=[96, 96], percent=[50.0, 50.0]),
        table(area=["A", "B"], population=[100_000, 100_000], rate=[48.0, 48.0]),
    ],
)
def test_percentages_and_rates_of_earlier_releases_count_as_counts(before):
    """48 of A then and 50 now: two are new."""
    found = audit({"t": table(area=["A", "B"], count=[50, 60])}, earlier=[{"t": before}])
    assert set(found["kind"]) == {"difference"} and (2, 2) in set(zip(found["low"], found["high"], strict=True))


def test_a_base_of_an_earlier_release_counts_too():
    """All were 96 then, though no row but x was in print; now they are 100."""
    before = table(form=["x", "y"], base=[96, 96], percent=[50.0, None])
    now = table(count=[100])
    found = audit({"t": now}, earlier=[{"t": before}])
    assert ("difference", 4, 4) in set(found[["kind", "low", "high"]].itertuples(index=False, name=None))


def test_statistics_of_what_persons_have_follow_the_rules_of_output_checking():
    rows = table(
        area=["A", "B"],
        count=[30, 60],
        mean_age=[12.1, 13.0],
        median_days=[10, 11],
        maximum_age=[17, None],
        sum_debt=[900, 5000],
    )
    assert kinds(audit({"t": rows})) == ["extreme"]
    small = audit({"t": rows.assign(count=[9, 60])})
    assert kinds(small) == ["extreme", "mean", "median", "published", "sum"]
    # A median needs k on either side.
    assert "median" in kinds(audit({"t": rows.assign(count=[21, 60])}))
    assert "median" not in kinds(audit({"t": rows.assign(count=[22, 60])}))
    suppressed = rows.assign(count=pd.array([None, 60], "Int64"))
    assert {"mean", "median", "sum"} <= set(audit({"t": suppressed})["kind"])


def test_a_sum_that_one_person_dominates_is_a_breach():
    """The largest is 800 of 900, the second 95: the other 5 are less than a tenth of the largest."""
    rows = table(area=["A"], count=[30], sum_debt=[900.0])
    assert audit({"t": rows}).empty
    found = audit({"t": rows.assign(largest_debt=[800.0], second_debt=[95.0])})
    assert kinds(found) == ["dominance", "extreme", "extreme"]


def test_a_mean_is_a_sum_in_disguise():
    """30 times 30 is 900, of which the largest is 800 and the second 95."""
    rows = table(area=["A"], count=[30], mean_debt=[30.0], largest_debt=[800.0], second_debt=[95.0])
    assert kinds(audit({"t": rows})) == ["dominance", "extreme", "extreme"]
    assert kinds(audit({"t": rows.assign(largest_debt=[500.0])})) == ["extreme", "extreme"]


SUMS = table(area=["A", "B", "C"], count=[40, 40, 40], sum_debt=[None, 9_000, 8_000])


def test_a_suppressed_sum_that_others_give_away_is_a_breach():
    """117,000 - 9,000 - 8,000 = 100,000."""
    total = table(count=[120], sum_debt=[117_000])
    found = audit({"areas": SUMS, "total": total})
    assert kinds(found) == ["sum"]
    assert (found["cell"].item(), found["low"].item(), found["high"].item()) == ("area A: sum_debt", 100_000, 100_000)
    assert audit({"areas": SUMS}).empty
    # B and C of 17,000 can be anything up to that, and A is what is left: 100,000.
    two = audit({"areas": SUMS.assign(sum_debt=[100_000, None, None]), "total": total})
    assert two.empty
    # A and B of 116,000, of which B had 100,000 before: A can be 0 to 16,000, B is 100,000 to 116,000, within a tenth.
    before = {"areas": table(area=["B"], count=[40], sum_debt=[100_000])}
    areas = SUMS.assign(sum_debt=[None, None, 1_000])
    now = audit({"areas": areas, "total": total}, earlier=[before])
    found = now[now["kind"] == "sum"]
    assert found["cell"].tolist() == ["area B: sum_debt"]
    assert (found["low"].item(), found["high"].item()) == pytest.approx((100_000, 116_000))


def test_a_suppressed_mean_is_attacked_by_sums_and_means():
    """40 times 2,500 is what is left of 120 times 975 less 17,000; by means rounded to tens only within a tenth."""
    means = table(area=["A", "B", "C"], count=[40, 40, 40], mean_debt=[None, 225, 200])
    found = audit({"areas": means, "total": table(count=[120], mean_debt=[975])})
    assert kinds(found) == ["mean"]
    # 120 x 974.5 to 975.5, less 40 x 224.5 to 225.5, less 40 x 199.5 to 200.5.
    assert (found["low"].item(), found["high"].item()) == pytest.approx((99_900, 100_100))


def test_a_sum_of_nobody_is_no_secret_and_contradictions_are_refused():
    rows = table(area=["A", "A", "B", "B"], sex=["f", "m"] * 2, count=[40, 40, 50, 0], sum_debt=[None, 500, 900, None])
    assert "sum" not in kinds(audit({"t": rows}))
    with refused(DisclosureError, "sums_contradict", "'debt'"):
        audit({"areas": SUMS, "total": table(count=[120], sum_debt=[10_000])})
    with refused(DisclosureError, "negative"):
        audit({"areas": SUMS.assign(sum_debt=[None, -5, 8_000])})


def test_tables_that_cannot_count_the_same_persons_are_refused():
    with refused(DisclosureError, "infeasible"):
        audit({"a": table(area=["A", "B"], count=[30, 40]), "b": table(sex=["f", "m"], count=[30, 41])})


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (table(area=["A", "A"], count=[30, 40]), "stands twice"),
        (table(area=["A", None], count=[30, 40]), "row 1, column 'area'.*not stated"),
        (table(area=["A"], count=[-1]), "-1 is no number of persons"),
        (pd.DataFrame({"area": ["A"], "count": [1.5]}), "1.5 is no number of persons"),
        (pd.DataFrame({"area": ["A"], "weight": [0.7], "count": [40]}), "'weight': numbers with decimals"),
        (pd.DataFrame({"area": ["A"]}), "no column 'count'"),
        (pd.DataFrame({"count": [40, 50]}), "no dimension"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_by_name_row_and_column(wrong, says):
    with pytest.raises(DisclosureError, match=f"'t'.*{says}"):
        audit({"t": wrong})


def test_years_as_numbers_and_as_text_are_the_same_years():
    tables = {"a": table(year=[2020, 2021], count=[40, 50]), "b": table(year=["2020", "2021"], count=[40, 50])}
    assert audit(tables).empty
    with pytest.raises(DisclosureError):
        audit(tables | {"c": table(year=[2020.0, 2021.0], count=[41, 50])})


def test_the_order_of_tables_and_rows_changes_nothing():
    rng = np.random.default_rng(3)
    people = pd.DataFrame({name: rng.choice(list("abc"), 90) for name in ("area", "sex", "form")})
    tables = counted(people, ("area", "sex"), ("area", "form"), ("sex", "form"))
    for each in tables.values():
        each["count"] = each["count"].astype("Int64").mask(each["count"] < 11)
    shuffled = {name: tables[name].sample(frac=1, random_state=1) for name in reversed(tables)}
    order = ["table", "cell", "kind"]
    one, other = (audit(each).sort_values(order).reset_index(drop=True) for each in (tables, shuffled))
    pd.testing.assert_frame_equal(one, other)


@pytest.mark.slow
@settings(max_examples=examples(9))
@given(st.data())
def test_bounds_are_those_of_another_solver_on_the_whole_histogram(data):
    """Random people, random tables, random cells suppressed: every bound is that of SciPy on all combinations."""
    rng = np.random.default_rng(data.draw(st.integers(0, 10_000)))
    size = data.draw(st.integers(20, 60))
    people = pd.DataFrame({name: rng.choice(list("abc"), size) for name in ("one", "two", "three")})
    designs = [("one", "two"), ("two", "three"), ("one", "three"), ("one",), ("one", "two", "three"), ()]
    chosen = data.draw(st.lists(st.sampled_from(designs), min_size=2, max_size=4, unique=True))
    tables = counted(people, *chosen)
    for each in tables.values():
        each["count"] = each["count"].astype("Int64").mask(rng.random(len(each)) < 0.45)
    expected = attacked(tables)
    seen = view(tables, {}, ())
    for found in expected.itertuples():
        sums = seen.behind.sums[list(tables).index(found.table)][found.row]
        bounds = seen.attack.bounds(sums, wide=np.inf, high=np.inf)
        assert (bounds.low[0], bounds.high[0]) == (
            round(found.low),
            found.high if np.isinf(found.high) else round(found.high),
        )
    judged = expected[(expected["high"] - expected["low"] < 11) | (expected["high"] < 11)]
    suppressed = audit(tables).query("kind in ('exact', 'narrow', 'small')")
    assert len(suppressed) == len(judged)


def test_the_default_threshold_is_eleven():
    assert disclosure.K == 11
