"""The policy of revision: what is repeated, what changes together, and what an audit of change finds."""

import numpy as np
import pandas as pd
import pytest
from attacker import counted
from refusals import refused

from disclosure import DisclosureError, audit, audit_changes, came_or_went, protect, protection, stacked, unstacked
from disclosure.revision import moved_since, on_grid, open_rows, repeated

K = 11
SECRET = b"a secret of these tests"
DESIGNS = [("area", "sex"), ("area", "form"), ("area", "year"), ("area",), ("sex",), ("year",), ()]


def people(seed: int, size: int, years: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    values = {"area": 5, "sex": 2, "form": 3}
    drawn = {name: rng.choice(number, size, p=rng.dirichlet(np.full(number, 4.0))) for name, number in values.items()}
    found = pd.DataFrame({name: [f"{name}{number}" for number in each] for name, each in drawn.items()})
    return found.assign(year=[str(2019 + number) for number in rng.integers(0, years, size)])


def released(persons: pd.DataFrame, earlier=(), **options) -> dict[str, pd.DataFrame]:
    tables = counted(persons, *DESIGNS)
    if not earlier:
        return protect(tables)
    return protect(tables, earlier=earlier, method="cell_key", secret=SECRET, **options)


@pytest.fixture(scope="module")
def persons() -> pd.DataFrame:
    return people(1, 900)


@pytest.fixture(scope="module")
def first(persons) -> dict[str, pd.DataFrame]:
    return released(persons.head(800))


@pytest.fixture(scope="module")
def second(persons, first) -> dict[str, pd.DataFrame]:
    return released(persons.iloc[20:850], [first])


def same(one: dict[str, pd.DataFrame], other: dict[str, pd.DataFrame]) -> bool:
    return stacked(one).equals(stacked(other))


@pytest.mark.parametrize("gone,came", [(1, 0), (0, 1), (1, 1), (10, 0), (5, 10), (0, 0)])
def test_a_release_that_fewer_than_eleven_changed_is_the_one_before_to_the_byte(persons, first, second, gone, came):
    assert same(released(persons.iloc[gone : 800 + came], [first]), first)
    assert same(released(persons.iloc[20 + gone : 850 + came], [first, second]), second)


def test_a_person_who_is_corrected_changes_nothing(persons, first, second):
    corrected = persons.copy()
    corrected.loc[30, ["area", "form"]] = ["area4", "form0"]
    assert same(released(corrected.head(800), [first]), first)
    assert same(released(corrected.iloc[20:850], [first, second]), second)


def test_eleven_change_all_open_numbers_together(persons, first):
    now = released(persons.head(850), [first])
    assert all("as_of" not in table and (table["adjusted_by"].dropna() >= 12).all() for table in now.values())
    assert not any(len(table) == len(first[name]) and table.equals(first[name]) for name, table in now.items())


def test_who_came_or_went_is_counted_from_numbers_in_print_and_the_secret_alone(persons, first, second):
    """By hand: 30 came after the first 20 were gone; 7 more change the areas by 7 at most."""
    assert came_or_went(counted(persons.head(800), *DESIGNS), [first]) == 0
    assert came_or_went(counted(persons.iloc[20:850], *DESIGNS), [first, second], secret=SECRET) == 0
    seven = persons.iloc[20:857]
    assert 0 < came_or_went(counted(seven, *DESIGNS), [first, second], secret=SECRET) <= 7
    # Without the secret, noise looks like persons.
    assert came_or_went(counted(persons.iloc[20:850], *DESIGNS), [first, second], secret=b"another") > 7


def test_came_and_went_are_the_larger_of_two_sums_of_one_table():
    before = {"t": pd.DataFrame({"area": list("ABCD"), "count": [40, 50, 60, pd.NA]})}
    now = {"t": pd.DataFrame({"area": list("ABCD"), "count": [43, 44, 62, 90]})}
    # Five came, in A and C; six went, from B. What was suppressed says nothing.
    assert moved_since(now, before) == 6
    assert moved_since(now, before, {"t": np.array([-3, 0, 0, 0])}) == 6
    assert moved_since(now, before, {"t": np.array([9, 0, 0, 0])}) == 14
    assert moved_since({"t": now["t"].head(3)}, before) == 6 and moved_since({"u": now["t"]}, before) == 0


def test_numbers_of_closed_periods_stay_as_they_were_first_printed(persons, first):
    closed = {"year": {"2019", "2020"}}
    now = released(persons.iloc[30:900], [first], closed=closed)
    later = released(people(9, 1000, years=4), [first, now], closed={"year": {"2019", "2020"}})
    for release in (now, later):
        for name in ("area x year", "year"):
            table = release[name]
            frozen = table["year"].isin(closed["year"])
            keys = [each for each in ("area", "year") if each in table]
            both = table[frozen].merge(first[name], "left", keys, suffixes=("", "_first"))
            assert both["count"].astype("Int64").equals(both["count_first"].astype("Int64"))
            assert (table.loc[frozen, "as_of"] == 1).all() and table.loc[~frozen, "as_of"].isna().all()
        assert all("as_of" not in release[name] for name in ("area x sex", "sex", "total"))
    assert audit(now, earlier=[first]).empty and audit(later, earlier=[first, now]).empty
    assert audit_changes([first, now, later], SECRET, K).empty
    # As they are kept in one file.
    for name, table in unstacked(stacked(later)).items():
        assert (
            table.get("as_of", pd.Series(dtype="Int64")).notna().sum()
            == open_rows(later[name]).size - open_rows(later[name]).sum()
        )


def test_a_closed_combination_that_was_not_listed_counted_nobody():
    before = pd.DataFrame({"area": ["A", "B"], "year": ["2019", "2019"], "count": [20, 30]})
    table = pd.DataFrame({"area": ["A", "B", "C"], "year": "2019", "count": [21, 31, 15], "adjusted_by": 12})
    found = repeated(table, before, 1, {"year": {"2019"}})
    assert found[["count", "adjusted_by", "as_of"]].to_numpy().tolist() == [[20, 0, 1], [30, 0, 1], [0, 0, 1]]


def test_a_repeated_number_that_was_changed_is_found(persons, first):
    now = released(persons.iloc[30:900], [first], closed={"year": {"2019"}})
    changed = {name: table.copy() for name, table in now.items()}
    row = int(np.flatnonzero(changed["year"]["year"] == "2019")[0])
    changed["year"].loc[row, "count"] += 1
    found = audit_changes([first, changed], SECRET, K)
    assert found[["table", "kind"]].to_numpy().tolist() == [["year", "revised"]]
    assert "a repeated number is not the one of release 1" in found["why"].item()


def test_combinations_are_listed_by_values_and_stand_in_their_order(persons):
    shuffled = {name: table.sample(frac=1, random_state=3) for name, table in counted(persons, *DESIGNS).items()}
    one, other = on_grid(counted(persons, *DESIGNS), [], K, SECRET), on_grid(shuffled, [], K, SECRET)
    assert all(one[name].equals(other[name]) for name in one)
    alone = on_grid({"t": pd.DataFrame({"area": ["B", "A"], "sex": ["f", "m"], "count": [1, 2]})}, [], K, SECRET)["t"]
    assert alone.to_numpy().tolist() == [["A", "f", 0], ["A", "m", 2], ["B", "f", 1], ["B", "m", 0]]


def test_rows_of_a_file_stand_in_the_order_of_their_values_whatever_is_suppressed(persons):
    """An attacker read suppressed zeros from rows that stood at the end."""
    tables = counted(persons.head(120), *DESIGNS)
    file = stacked(protect(tables))
    for _, rows in file.groupby("table"):
        keys = [name for name in ("area", "form", "sex", "year") if rows[name].notna().all()]
        own = [name for name in file if name in keys]
        assert rows[own].apply(tuple, axis=1).is_monotonic_increasing if own else len(rows) == 1


def test_fixed_noise_stays_though_a_table_was_wholly_suppressed_in_between(persons, first):
    """Were the noise drawn anew because of that, the numbers in print would look changed by persons."""
    second = released(persons.iloc[20:850], [first])
    second["area x form"] = second["area x form"].assign(count=pd.NA, adjusted_by=pd.NA)
    read_back = unstacked(stacked(second))
    assert "adjusted_by" not in read_back["area x form"]
    assert came_or_went(counted(persons.iloc[20:850], *DESIGNS), [first, read_back], secret=SECRET) == 0


def test_persons_whose_value_is_not_listed_yet_stop_no_release(persons, first, monkeypatch):
    """Persons of a new sex are in no cell of a table of two, so that its parts contradict the total."""
    from disclosure import revision

    monkeypatch.setattr("disclosure.cell_key.enough", lambda *_: K)
    monkeypatch.setattr(revision, "enough", lambda *_: 200)
    new = persons.iloc[20:850].copy()
    new.iloc[:150, new.columns.get_loc("sex")] = "not stated"
    tables = counted(new, *DESIGNS)
    now = protect(tables, earlier=[first], method="cell_key", secret=SECRET)
    assert "not stated" not in set(now["sex"]["sex"]) and same(now, first)


def test_tables_of_other_persons_are_refused_and_nothing_is_repeated_in_silence(persons, first):
    tables = counted(persons.iloc[20:850], *DESIGNS)
    tables["area"] = tables["area"].assign(count=2 * tables["area"]["count"])
    with refused(DisclosureError, "infeasible", "cannot count the same persons"):
        protect(tables, earlier=[first], method="cell_key", secret=SECRET)


@pytest.mark.slow
def test_what_no_choice_of_cells_protects_is_repeated_and_the_others_go(monkeypatch, persons, first):
    from disclosure import cell_key

    relieve, asked = cell_key.relieve, []

    def refusing(seen, k, suppress):
        asked.append(1)
        if len(asked) == 1:
            raise DisclosureError("no_room", "area area0 of 'area x sex' cannot be protected.")
        return relieve(seen, k, suppress)

    monkeypatch.setattr(cell_key, "relieve", refusing)
    now = released(persons.iloc[20:850], [first])
    assert (now["area x sex"]["as_of"] == 1).all()
    assert now["area x sex"]["count"].dropna().tolist() == first["area x sex"]["count"].dropna().tolist()
    assert now["sex"].get("as_of") is None and now["sex"]["adjusted_by"].notna().any()

    def always(seen, k, suppress):
        raise DisclosureError("no_room", "Nothing that has a name cannot be protected.")

    monkeypatch.setattr(cell_key, "relieve", always)
    assert same(released(persons.iloc[20:850], [first]), first)


@pytest.mark.varied
@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_sparse_tables_go_on_from_release_to_release(seed):
    """Where nearly all cells are small, six releases go through: none is refused, and none loops."""
    designs = [("area", "sex"), ("area", "age"), ("area", "nationality"), ("area",), ("sex",), ("age",), ()]
    rng = np.random.default_rng(seed)
    sizes = {"area": 9, "sex": 2, "age": 5, "nationality": 5}
    pool = pd.DataFrame(
        {name: rng.choice([f"{name}{n}" for n in range(size)], 900, p=rng.dirichlet(np.ones(size)))
         for name, size in sizes.items()}
    )  # fmt: skip
    here, after, releases, new = pool.head(600), 600, [], 0
    for number in range(6):
        if number:
            here = pd.concat([here.drop(rng.choice(here.index, 20, replace=False)), pool.iloc[after : after + 45]])
            after += 45
        tables = counted(here, *designs)
        found = (
            protection(tables, earlier=releases, method="cell_key", secret=SECRET) if releases else protection(tables)
        )
        assert audit(found.tables, earlier=releases).empty
        if not releases or not same(found.tables, releases[-1]):
            new += 1
            releases.append(found.tables)
    assert new >= 4 and all("as_of" not in table for release in releases for table in release.values())
    assert audit_changes(releases, SECRET, K).empty
