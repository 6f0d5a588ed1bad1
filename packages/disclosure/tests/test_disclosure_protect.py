"""Protected tables: nothing small is published or can be worked out, little else is suppressed, and always the same."""

import numpy as np
import pandas as pd
import pytest
from attacker import attacked, attacked_sums, counted
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_plots import axes_of, labels
from refusals import refused

from disclosure import DisclosureError, audit, estimate_is_releasable, protect, protection, stacked, unstacked

K = 11


def people(seed: int, size: int, **values: int) -> pd.DataFrame:
    """Synthetic persons, some values of each dimension far more frequent than others."""
    rng = np.random.default_rng(seed)
    drawn = {
        name: [f"{name}{number:02}" for number in rng.choice(count, size, p=rng.dirichlet(np.ones(count)))]
        for name, count in values.items()
    }
    return pd.DataFrame(drawn)


def suppressed(tables: dict[str, pd.DataFrame]) -> int:
    return sum(int(table["count"].isna().sum()) for table in tables.values())


DESIGNS = {
    "linked pairs": [("area", "sex"), ("area", "form"), ("sex", "form"), ("area",)],
    "one area at a time": [("area", "sex"), ("area", "form"), ("area",)],
    "three at once": [("area", "sex", "form"), ("area",), ("sex", "form"), ()],
    "margins alone": [("area",), ("sex",), ("form",), ()],
    "with a total": [("area", "form"), ()],
    "nested designs": [("area", "sex", "form"), ("area", "form"), ("area", "sex"), ("area",)],
    "two that share nothing": [("area",), ("sex", "form")],
}


@pytest.mark.slow
@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("seed", [1, 2])
def test_another_attacker_learns_nothing_from_protected_tables(name, seed):
    """SciPy on the whole histogram, in fractions and in whole numbers: 0 exact, 0 below k, 0 narrower than k."""
    tables = counted(people(seed, 260, area=5, sex=2, form=4), *DESIGNS[name])
    safe = protect(tables)
    for whole in (False, True):
        found = attacked(safe, whole)
        assert len(found) == suppressed(safe) > 0
        assert (found["high"] >= K).all()
        assert (found["high"] - found["low"] >= K - 1e-6).all()
    assert audit(safe).empty


@pytest.mark.slow
@settings(max_examples=examples(5))
@given(st.integers(0, 10_000), st.integers(60, 400), st.sampled_from(sorted(DESIGNS)))
def test_whatever_the_tables_the_audit_of_protected_ones_is_empty(seed, size, name):
    tables = counted(people(seed, size, area=4, sex=2, form=3), *DESIGNS[name])
    safe = protect(tables)
    assert audit(safe).empty
    for design, table in safe.items():
        before = tables[design]["count"].to_numpy()
        printed = table["count"].dropna().to_numpy()
        assert not ((printed > 0) & (printed < K)).any()
        if len(table) == len(before):
            same = table["count"].isna().to_numpy() | (table["count"].fillna(-1).to_numpy() == before)
            assert same.all()


def test_safe_tables_are_left_as_they_are():
    tables = {"by area": pd.DataFrame({"area": ["A", "B"], "count": [40, 50]})}
    safe = protect(tables)
    assert safe["by area"]["count"].tolist() == [40, 50] and safe["by area"]["area"].tolist() == ["A", "B"]
    assert protect({}) == {}


def test_the_same_tables_give_the_same_result_and_are_not_changed():
    tables = counted(people(4, 500, area=8, sex=2, form=5), ("area", "sex"), ("area", "form"), ("area",), ("form",))
    before = {name: table.copy() for name, table in tables.items()}
    one, other = protect(tables), protect(tables)
    for name, table in before.items():
        pd.testing.assert_frame_equal(one[name], other[name])
        pd.testing.assert_frame_equal(tables[name], table)
        assert list(one[name]) == list(table)
        assert one[name].drop(columns="count").equals(table.drop(columns="count")) or len(one[name]) > len(table)


def test_rows_keep_their_order():
    table = pd.DataFrame({"area": ["C", "A", "B"], "sex": ["m", "f", "m"], "count": [30, 3, 40]})
    total = pd.DataFrame({"area": ["B", "A", "C"], "count": [40, 3, 30]})
    safe = protect({"t": table, "total": total})
    assert safe["total"]["area"].tolist() == ["B", "A", "C"]


def test_a_small_cell_beside_its_total_takes_one_more_with_it():
    """By hand: 5 of 35 can be hidden by the other 30, or by the total; either is one cell more."""
    tables = {
        "by sex": pd.DataFrame({"area": ["A", "A"], "sex": ["f", "m"], "count": [30, 5]}),
        "by area": pd.DataFrame({"area": ["A"], "count": [35]}),
    }
    found = protection(tables)
    assert len(found.suppressed) == 2
    assert found.suppressed["reason"].tolist().count("small count") == 1
    small = found.suppressed[found.suppressed["reason"] == "small count"].iloc[0]
    assert (small["table"], small["cell"]) == ("by sex", "area A, sex m")
    other = found.suppressed[found.suppressed["reason"] == "complement"].iloc[0]
    assert "area A, sex m of 'by sex'" in other["why"]


def test_every_withheld_cell_has_one_reason_and_each_table_is_accounted_for():
    tables = counted(people(5, 400, area=6, sex=2, form=4), ("area", "sex"), ("area", "form"), ("form",))
    found = protection(tables)
    assert len(found.suppressed) == suppressed(found.tables)
    assert not found.suppressed.duplicated(["table", "row"]).any()
    for row in found.suppressed.itertuples():
        assert pd.isna(found.tables[row.table]["count"].iloc[row.row])
    account = found.by_table().set_index("table")
    assert account["cells"].to_dict() == {name: len(table) for name, table in found.tables.items()}
    assert (account["small"] + account["other"]).sum() == len(found.suppressed)


def test_a_class_is_withheld_with_a_zero_beside_it():
    """All 40 of A are of form x: the 40 is suppressed, and so is that nobody is of form y, though no row said it."""
    table = pd.DataFrame({"area": ["A", "B", "B"], "form": ["x", "x", "y"], "count": [40, 30, 50]})
    found = protection({"t": table})
    assert audit(found.tables).empty
    safe = found.tables["t"].set_index(["area", "form"])["count"]
    assert pd.isna(safe["A", "x"]) and pd.isna(safe["A", "y"])
    assert {"class", "zero beside a class"} <= set(found.suppressed["reason"])
    # The row that is new stands where the table's own order has it.
    assert found.tables["t"][["area", "form"]].apply(tuple, axis=1).tolist() == [
        ("A", "x"),
        ("A", "y"),
        ("B", "x"),
        ("B", "y"),
    ]


def test_of_few_it_is_not_told_either_that_they_are_all_alike():
    """All 5 of A are of form x: beside the blank it must be possible that some of A are of form y."""
    table = pd.DataFrame({"area": list("ABBCC"), "form": list("xxyxy"), "count": [5, 20, 30, 15, 40]})
    safe = protect({"t": table})["t"].set_index(["area", "form"])["count"]
    assert pd.isna(safe["A", "x"]) and pd.isna(safe["A", "y"])


def test_what_was_released_earlier_cannot_be_taken_back_and_newcomers_stay_unknown():
    before = {"t": pd.DataFrame({"area": ["A", "B", "C"], "count": [48, 30, 40]})}
    now = {"t": pd.DataFrame({"area": ["A", "B", "C"], "count": [50, 60, 80]})}
    found = protection(now, earlier=[before])
    assert audit(found.tables, earlier=[before]).empty
    assert pd.isna(found.tables["t"]["count"].iloc[0])


@pytest.mark.slow
def test_two_releases_of_growing_lists_are_safe_together():
    persons = people(7, 900, area=6, sex=2, form=4)
    designs = [("area", "sex"), ("area", "form"), ("area",), ("form",)]
    first = protect(counted(persons.head(820), *designs))
    second = protect(counted(persons, *designs), earlier=[first])
    assert audit(second, earlier=[first]).empty
    # The same release again needs no cell more.
    again = protect(counted(persons, *designs), earlier=[first, second])
    assert audit(again, earlier=[first, second]).empty


@pytest.mark.parametrize("seed", [3, 4, 6])
def test_newcomers_are_protected_where_some_cells_are_zeros_in_print(seed):
    """What the attacker knows to be zero, protection may still hide: their numbering of cells differs."""
    persons, designs = people(seed, 120, area=4, form=3), [("area", "form"), ("area",)]
    first = protect(counted(persons.head(80), *designs))
    second = protect(counted(persons, *designs), earlier=[first])
    assert audit(second, earlier=[first]).empty


def test_bands_that_differ_by_few_persons_are_protected():
    tables = {
        "children": pd.DataFrame({"age": ["0-17", "18+"], "count": [50, 60]}),
        "young": pd.DataFrame({"age": ["0-14"], "count": [47]}),
    }
    safe = protect(tables)
    assert audit(safe).empty and suppressed(safe) == 1


def with_shares(table: pd.DataFrame, by: list[str], counts: bool) -> pd.DataFrame:
    """A table with the percentages of its rows, to one decimal, over all rows with the same values of some columns."""
    base = table.groupby(by)["count"].transform("sum") if by else table["count"].sum()
    shares = table.assign(base=base, percent=(100 * table["count"] / base).round(1))
    return shares if counts else shares.drop(columns="count")


def as_counted(safe: dict[str, pd.DataFrame], by: dict[str, list[str]]) -> dict[str, pd.DataFrame]:
    """Tables of counts for the independent attacker: bases are tables of their own."""
    found = {}
    for name, table in safe.items():
        found[name] = table[[column for column in table if column not in ("percent", "base")]]
        if "base" in table and table["base"].notna().any():
            over = table.drop_duplicates(by[name])
            found[f"{name}, base"] = over[[*by[name], "base"]].rename(columns={"base": "count"})
    return found


def test_the_last_cell_below_a_base_does_not_stay_open():
    """100 - 45 - 51 = 4: a second cell goes too, or the base."""
    forms = pd.DataFrame({"form": ["x", "y", "z"], "count": [45, 51, 4]})
    for counts in (True, False):
        safe = protect({"t": with_shares(forms, [], counts)})
        printed = safe["t"].set_index("form")
        assert printed["percent"].isna().tolist() == [True, False, True] and printed["base"].tolist() == [100] * 3
        assert audit(safe).empty


def test_a_small_base_goes_with_its_percentages():
    """Four of A: their base, all that rests on it, and what would give it away."""
    rows = pd.DataFrame({"area": list("AABBCC"), "form": list("xyxyxy"), "count": [3, 1, 40, 50, 30, 15]})
    total = {"total": pd.DataFrame({"count": [139]})}
    for counts in (True, False):
        found = protection({"t": with_shares(rows, ["area"], counts)} | total)
        own = found.tables["t"].set_index(["area", "form"])
        assert own.loc["A"].isna().all(axis=None) and audit(found.tables).empty
        assert {"t (base)"} <= set(found.suppressed["table"])
        # What is left of a total of 139 less two bases would be the third.
        assert own["base"].groupby("area").first().isna().sum() >= 2 or found.tables["total"]["count"].isna().all()


@pytest.mark.slow
@settings(max_examples=examples(4))
@given(st.integers(0, 10_000), st.integers(60, 400), st.booleans(), st.booleans())
def test_tables_with_bases_withstand_another_attacker(seed, size, counts, margins):
    persons = people(seed, size, area=4, form=3)
    tables = counted(persons, ("area", "form"), *([("area",), ()] if margins else [()]))
    tables["area x form"] = with_shares(tables["area x form"], ["area"], counts)
    try:
        safe = protect(tables)
    except DisclosureError as error:
        # Areas of as many persons each, or none but one whose base could stay.
        assert "base" in str(error)
        return
    assert audit(safe).empty
    if counts:
        found = attacked(as_counted(safe, {"area x form": ["area"]}), whole=False)
        assert (found["high"] >= K).all() and (found["high"] - found["low"] >= K - 1e-6).all()


def test_of_a_base_that_counts_others_too_not_few_are_left_over():
    """96 of 100 leaves 4, and 8 of 100 are 8: both rows go whole; 50 of 60 leaves 10."""
    table = pd.DataFrame({"area": list("ABCD"), "percent": [96.0, 8.0, 50.0, 40.0], "base": [100, 100, 60, 90]})
    safe = protect({"t": table})
    assert safe["t"]["percent"].isna().tolist() == [True, True, False, False]
    assert safe["t"]["base"].isna().equals(safe["t"]["percent"].isna()) and audit(safe).empty


def test_a_base_of_rows_that_are_not_all_listed_is_refused_with_what_helps():
    with refused(DisclosureError, "base_not_sum", "96"):
        protect({"t": pd.DataFrame({"form": ["x", "y"], "percent": [45, 51], "base": [100, 100]})})


def test_periods_within_periods_are_protected():
    tables = {
        "year": pd.DataFrame({"period": ["2023", "2024"], "count": [50, 70]}),
        "months": pd.DataFrame({"period": ["2023-01", "2023-02"], "count": [25, 20]}),
    }
    safe = protect(tables)
    assert audit(safe).empty and suppressed(safe) == 1


def test_statistics_go_with_their_count():
    tables = {
        "t": pd.DataFrame(
            {"area": ["A", "B", "C"], "count": [5, 40, 60], "mean_age": [12.0, 13.0, 14.0], "maximum_age": [17, 17, 17]}
        ),
        "total": pd.DataFrame({"count": [105]}),
    }
    safe = protect(tables)
    assert safe["t"]["maximum_age"].isna().all()
    assert safe["t"]["mean_age"].isna().equals(safe["t"]["count"].isna())
    assert audit(safe).empty


@pytest.mark.parametrize("column", ["sum_debt", "mean_debt"])
def test_a_sum_that_one_person_dominates_cannot_be_worked_out_from_others(column):
    """117,000 - 9,000 - 8,000 = 100,000: a tenth of that must be able to move, so that two more go, or the total."""
    sums = pd.Series([100_000.0, 9_000.0, 8_000.0])
    areas = pd.DataFrame({"area": list("ABC"), "count": [40, 40, 40]})
    share = 40 if column == "mean_debt" else 1
    areas = areas.assign(**{column: sums / share, "largest_debt": [95_000.0, 900, 800], "second_debt": [4_900.0, 0, 0]})
    total = pd.DataFrame({"count": [120], column: [117_000.0 / (3 * share if share > 1 else 1)]})
    found = protection({"areas": areas, "total": total})
    assert audit(found.tables).empty
    missing = found.tables["areas"][column].isna().tolist()
    assert missing == [True, True, True] or (missing[0] and found.tables["total"][column].isna().all())
    # Counts stay, and who keeps the data reads why.
    assert found.tables["areas"]["count"].tolist() == [40, 40, 40]
    assert found.suppressed["why"].str.contains(f"{column} of area A in 'areas'").any()


def with_debts(persons: pd.DataFrame, column: str, designs: list[list[str]]) -> dict[str, pd.DataFrame]:
    """Tables of how many persons there are and what they owe, with the two largest debts of each cell."""
    tables = {}
    for by in designs:
        debts = persons.groupby(by or np.zeros(len(persons)))["debt"]
        owed = {column: debts.mean().round(2) if column == "mean_debt" else debts.sum()}
        second = debts.apply(lambda own: own.nlargest(2).iloc[-1] if len(own) > 1 else 0.0)
        table = pd.DataFrame({"count": debts.size(), **owed, "largest_debt": debts.max(), "second_debt": second})
        tables[" x ".join(by) or "total"] = table.reset_index(drop=not by)
    return tables


def in_debt(seed: int, size: int) -> pd.DataFrame:
    debt = np.random.default_rng(seed).lognormal(3, 2, size).round()
    return people(seed, size, area=3, form=3).assign(debt=debt)


WITH_DEBTS = [["area", "form"], ["area"], ["form"], []]


@pytest.mark.slow
@settings(max_examples=examples(4))
@given(st.integers(0, 10_000), st.integers(80, 300))
def test_suppressed_sums_can_be_a_tenth_more_and_a_tenth_less(seed, size):
    """Against another attacker: SciPy on the whole joint histogram."""
    persons = in_debt(seed, size)
    safe = protect(with_debts(persons, "sum_debt", WITH_DEBTS))
    assert audit(safe).empty
    bare = {name: table.drop(columns=["largest_debt", "second_debt"]) for name, table in safe.items()}
    for found in attacked_sums(bare, "sum_debt").itertuples():
        cell = bare[found.table].iloc[found.row].drop(["count", "sum_debt"])
        true = persons.loc[(persons[list(cell.index)] == cell).all(axis=1), "debt"].sum()
        assert found.low <= 0.9 * true + 0.01 and found.high >= 1.1 * true - 0.01 and found.high > 0


@pytest.mark.slow
@pytest.mark.parametrize("column", ["sum_debt", "mean_debt"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_sums_of_two_releases_are_safe_together(seed, column):
    persons = in_debt(seed, 240)
    first = protect(with_debts(persons.head(160), column, WITH_DEBTS))
    second = protect(with_debts(persons, column, WITH_DEBTS), earlier=[first])
    assert audit(second, earlier=[first]).empty
    assert any(table[column].notna().any() for table in second.values())


def test_a_sum_that_an_earlier_release_nearly_told_hides_no_other():
    """B owed 6,000 and owes 6,500: it is known to within a tenth, so that the total has to go to hide A's 9,000."""
    before = {"areas": pd.DataFrame({"area": ["A", "B"], "count": [100, 100], "sum_debt": [5000.0, 6000.0]})}
    areas = pd.DataFrame({"area": ["A", "B"], "count": [150, 140], "sum_debt": [9000.0, 6500.0]})
    areas = areas.assign(largest_debt=[8900.0, 90.0], second_debt=[50.0, 80.0])
    safe = protect({"areas": areas, "all": pd.DataFrame({"count": [290], "sum_debt": [15_500.0]})}, earlier=[before])
    assert safe["areas"]["sum_debt"].isna().tolist() == [True, False] and safe["all"]["sum_debt"].isna().all()
    assert audit(safe, earlier=[before]).empty


def test_tables_that_withhold_already_are_refused():
    with refused(DisclosureError, "already_protected"):
        protect({"t": pd.DataFrame({"area": ["A"], "count": pd.array([None], "Int64")})})


def test_cells_that_earlier_releases_give_away_are_refused_with_what_helps():
    """97 girls were shown of a number of children that was suppressed, and then that all were 100."""
    before = {"by sex": pd.DataFrame({"sex": ["f", "m"], "count": pd.array([97, None], "Int64")})}
    total = {"total": pd.DataFrame({"count": [100]})}
    with refused(DisclosureError, "no_room"):
        protect({"now": pd.DataFrame({"count": [150]})}, earlier=[before, total])


def test_tables_are_kept_in_one_file_and_come_back_as_they_were():
    tables = protect(counted(people(6, 300, area=4, sex=2, form=3), ("area", "sex"), ("form",), ()))
    back = unstacked(stacked(tables))
    assert list(back) == list(tables)
    for name, table in tables.items():
        assert back[name]["count"].equals(table["count"].astype("Int64"))
        assert [list(row) for row in back[name].to_numpy(na_value=-1)] == [
            list(row) for row in table.to_numpy(na_value=-1)
        ]
    assert unstacked(stacked({})) == {}


def test_an_estimate_leaves_when_its_data_cannot_be_worked_out_from_it():
    """Brandt et al. (2010): ten residual degrees of freedom; and k persons."""
    assert estimate_is_releasable(30, 5)
    assert estimate_is_releasable(15, 5)
    assert not estimate_is_releasable(14, 5)
    assert not estimate_is_releasable(10, 0)
    assert not estimate_is_releasable(11, 2)


def test_the_picture_of_protected_tables_parts_their_cells():
    persons = [("A", "yes", 5), ("A", "no", 40), ("B", "yes", 30), ("B", "no", 50), ("C", "yes", 35), ("C", "no", 60)]
    both = pd.DataFrame(persons, columns=["area_id", "trait", "count"])
    margin = both.groupby("area_id")["count"].sum().reset_index()
    figure = protection({"area_id × trait": both, "area_id": margin}).plot()
    assert labels(figure) == ["area_id × trait", "area_id"]
    # One cell is small; its neighbour in the table, or its margin, hides it: of 6 and 3 cells one more is suppressed.
    wide = [bar.get_width() for bar in axes_of(figure).patches]
    published, small, other = wide[:2], wide[2:4], wide[4:]
    assert small == [1, 0] and sum(other) == 1
    assert [sum(pair) for pair in zip(published, other, strict=True)] == [5, 3]
