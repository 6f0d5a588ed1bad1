"""Counts of a series: adjusted within a bound, the same for the same persons, and safe for those who come and go."""

import numpy as np
import pandas as pd
import pytest
from attacker import counted, people
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refused
from scipy.optimize import linprog

from disclosure import DisclosureError, adjustment, audit, protect, protection, stacked, unstacked
from disclosure.perturbation import fixed_noise, fresh_noise, perturbation_table
from disclosure.revision import on_grid

K = 11
NOISE = adjustment(K)
SECRET = b"a secret of these tests"
TRAITS = {"area": 5, "sex": 2, "form": 3}
DESIGNS = [("area", "sex"), ("area", "form"), ("sex", "form"), ("area",), ("sex",), ()]


def counted_by(persons: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return counted(persons, *DESIGNS)


def adjusted(persons: pd.DataFrame, earlier=()) -> dict[str, pd.DataFrame]:
    return protect(counted_by(persons), K, earlier=earlier, method="cell_key", secret=SECRET)


def beside(tables: dict[str, pd.DataFrame], persons: pd.DataFrame) -> pd.DataFrame:
    """Every cell with its true count and the adjusted one, missing where it is suppressed."""
    parts = []
    for name, table in counted_by(persons).items():
        dimensions = [each for each in table if each not in ("count",)]
        true = table.rename(columns={"count": "true"})
        both = true.merge(tables[name], "left", dimensions) if dimensions else true.assign(**tables[name].iloc[0])
        parts.append(both.assign(table=name))
    return pd.concat(parts, ignore_index=True)


@settings(max_examples=examples(25))
@given(st.integers(1, 8), st.floats(0.15, 0.3), st.integers(0, 3))
def test_every_row_of_a_perturbation_table_is_unbiased_and_within_its_bounds(maximum, spread, threshold):
    variance = spread * maximum**2
    try:
        table = perturbation_table(maximum, variance, threshold)
    except DisclosureError:
        # Small counts that must not become smaller ones can have no noise this small.
        assert threshold
        return
    for count, row in table.groupby("count"):
        noise, chance = row["noise"].to_numpy(), row["probability"].to_numpy()
        assert chance.sum() == pytest.approx(1) and abs(noise @ chance) < 1e-5
        assert noise**2 @ chance <= variance + 1e-5 and np.abs(noise).max() <= maximum
        to = count + noise
        assert (to >= 0).all() and not ((to > 0) & (to <= threshold)).any()


def test_a_variance_that_no_noise_has_is_refused():
    with refused(DisclosureError, "variance_unattainable", "2", "0.1"):
        perturbation_table(2, 0.1, 1)


def test_fixed_noise_stays_with_its_cell_and_adds_up_to_totals():
    tables = counted_by(people(1, 500, **TRAITS))
    first = fixed_noise([tables], {}, SECRET, NOISE.fixed, NOISE.fixed_variance)
    assert max(map(abs, first.values())) <= NOISE.fixed
    for area in {dict(cell)["area"] for cell in first if len(cell) == 1 and "area" in dict(cell)}:
        for other in ("sex", "form"):
            parts = [noise for cell, noise in first.items() if dict(cell).get("area") == area and other in dict(cell)]
            # Each is rounded to a whole person.
            assert abs(sum(parts) - first[(("area", area),)]) <= (len(parts) + 1) / 2
    more = {name: table.assign(count=table["count"] + 7) for name, table in tables.items()}
    assert fixed_noise([tables, more], {}, SECRET, NOISE.fixed, NOISE.fixed_variance) == first
    assert fixed_noise([tables], {}, b"another secret", NOISE.fixed, NOISE.fixed_variance) != first


@pytest.mark.slow
@settings(max_examples=examples(4))
@given(st.integers(0, 10_000), st.integers(80, 900))
def test_adjusted_counts_are_within_their_bound_large_and_safe(seed, size):
    persons = people(seed, size, **TRAITS)
    tables = adjusted(persons)
    both = beside(tables, persons)
    printed = both[both["count"].notna()]
    assert ((printed["count"] - printed["true"]).abs() <= NOISE.bound).all()
    assert (printed["count"] >= K).all() and (printed["adjusted_by"] == NOISE.bound).all()
    assert both.loc[both["count"].isna(), "adjusted_by"].isna().all()
    assert audit(tables).empty


@pytest.mark.slow
def test_the_same_persons_have_the_same_numbers_and_other_secrets_others():
    persons = people(2, 700, **TRAITS)
    first = adjusted(persons)
    again = adjusted(persons.sample(frac=1, random_state=0), earlier=[first])
    for name, table in first.items():
        pd.testing.assert_frame_equal(again[name], table)
    other = protect(counted_by(persons), K, method="cell_key", secret=b"another secret")
    assert any(not other[name]["count"].equals(first[name]["count"]) for name in first)
    # As they are kept in one file.
    for name, table in unstacked(stacked(first)).items():
        assert table["adjusted_by"].astype("Int64").equals(first[name]["adjusted_by"])


@pytest.mark.slow
@pytest.mark.parametrize("gone", [1, 3, 12])
def test_nobody_can_tell_who_was_taken_out_from_adjusted_counted_by(gone):
    persons = people(5, 600, **TRAITS)
    first = adjusted(persons)
    rest = persons.drop(np.random.default_rng(gone).choice(persons.index, gone, replace=False))
    second = adjusted(rest, earlier=[first])
    assert audit(second, earlier=[first]).empty
    for name, table in second.items():
        both = (
            table.merge(
                first[name],
                on=[each for each in table if each not in ("count", "adjusted_by")] or None,
                how="inner",
                suffixes=("", "_before"),
            )
            if name != "total"
            else table.assign(count_before=first[name]["count"])
        )
        by = (both["count"] - both["count_before"]).abs().dropna()
        # No larger than for a cell in which nobody changed.
        assert (by <= 2 * NOISE.fresh).all() or gone >= K


@pytest.mark.slow
def test_after_a_first_release_of_true_counts_adjusted_ones_hide_who_came_and_left():
    persons = people(8, 600, **TRAITS)
    plain = counted_by(persons.head(590))
    first = protect(plain, K)
    second = adjusted(persons.drop(persons.index[:2]), earlier=[first])
    assert audit(second, earlier=[first]).empty
    assert sum(table["count"].isna().sum() for table in second.values()) < 0.5 * sum(map(len, second.values()))


@pytest.mark.slow
def test_whoever_knows_all_but_the_fixed_noise_still_has_an_interval_of_k_persons():
    """SciPy on the whole joint histogram: told the fresh noise, who came and who left, over four releases."""
    persons = people(9, 700, **TRAITS)
    rng = np.random.default_rng(0)
    here, releases, kept = persons.head(550), [], []
    for number in range(4):
        if number:
            gone = rng.choice(here.index, 6, replace=False)
            here = pd.concat([here.drop(gone), persons.iloc[550 + 50 * (number - 1) : 550 + 50 * number]])
        releases.append(adjusted(here, earlier=releases))
        kept.append(here)
    listed = [counted_by(each) for each in kept]
    fixed = fixed_noise(listed, {}, SECRET, NOISE.fixed, NOISE.fixed_variance)
    everybody = pd.MultiIndex.from_product([sorted(persons[name].unique()) for name in ("area", "form", "sex")])
    joint = [each.groupby(["area", "form", "sex"]).size().reindex(everybody, fill_value=0).to_numpy() for each in kept]
    grid = everybody.to_frame(index=False, name=["area", "form", "sex"])
    rows, low, high, asked = [], [], [], []
    for number, release in enumerate(releases):
        shift = joint[number] - joint[0]
        for table in release.values():
            dimensions = [each for each in table if each not in ("count", "adjusted_by")]
            for cell in table.to_dict("records"):
                holds = np.logical_and.reduce(
                    [grid[each] == cell[each] for each in dimensions] or [np.ones(len(grid), bool)]
                )
                # The count with its fixed noise, less what is known to have come and gone since the first release.
                middle = holds @ joint[0] + fixed[tuple(sorted((each, cell[each]) for each in dimensions))]
                if pd.notna(cell["count"]):
                    rows.append(holds.astype(float))
                    low.append(middle - NOISE.fixed)
                    high.append(middle + NOISE.fixed)
                    asked.append(holds.astype(float))
        assert (joint[0] + shift >= 0).all()
    least = np.max([joint[0] - each for each in joint], axis=0)
    matrix = np.concatenate([np.array(rows), -np.array(rows)])
    limits = np.concatenate([high, -np.array(low)])
    for holds in np.unique(np.array(asked), axis=0):
        ends = [
            sign * linprog(sign * holds, A_ub=matrix, b_ub=limits, bounds=[(each, None) for each in least]).fun
            for sign in (1, -1)
        ]
        assert ends[1] - ends[0] >= K - 1e-6


def test_a_cell_of_which_all_have_one_trait_does_not_say_so():
    persons = people(3, 300, **TRAITS).assign(form="form0")
    persons.loc[persons["area"] != "area0", "form"] = ["form0", "form1"] * 200 and [
        f"form{number % 2}" for number in range((persons["area"] != "area0").sum())
    ]
    found = protection(counted_by(persons), K, method="cell_key", secret=SECRET)
    listed = found.tables["area x form"].query("area == 'area0'")
    assert listed["form"].tolist() == ["form0", "form1"] and pd.isna(listed["count"].iloc[1])


@pytest.mark.parametrize(
    "change,says",
    [
        ({"count": None, "percent": [40.0, 60.0], "base": [100, 100]}, ("missing_column", "'t'", "column 'count'")),
        ({"mean_age": [10.0, 11.0]}, ("not_only_counts", "'t'", "column 'mean_age'")),
    ],
)
def test_what_cannot_be_adjusted_is_refused_with_what_helps(change, says):
    table = pd.DataFrame({"area": ["A", "B"], "count": [40, 50]})
    for name, values in change.items():
        table = table.drop(columns=name) if values is None else table.assign(**{name: values})
    with refused(DisclosureError, *says):
        protect({"t": table}, K, method="cell_key", secret=SECRET)


def test_a_method_needs_its_secret_and_its_name():
    table = {"t": pd.DataFrame({"area": ["A", "B"], "count": [40, 50]})}
    with refused(DisclosureError, "missing_secret"):
        protect(table, method="cell_key")
    with refused(DisclosureError, "unknown_choice", "'noise'", "'suppression'", "'cell_key'"):
        protect(table, method="noise")


def test_the_adjustment_of_a_cell_hides_a_change_and_leaves_an_interval():
    assert (NOISE.fixed, NOISE.fresh, NOISE.bound) == (7, 5, 12) and NOISE.variance**0.5 < 3.85
    # Twice the fresh noise hides any change of fewer than k; the fixed noise leaves an interval of k.
    for k in range(3, 30):
        noise = adjustment(k)
        assert 2 * noise.fresh >= k - 1 and 2 * noise.fixed - 2 >= k


def test_every_combination_of_values_is_listed_whoever_is_in_it():
    first = people(4, 400, **TRAITS)
    gone = first["area"].eq("area0") & (first["sex"].eq("sex1") | first["form"].eq("form2")) | first["area"].eq("area1")
    later = on_grid(counted_by(first[~gone]), [counted_by(first)], K, SECRET)
    found = later["area x sex"].set_index(["area", "sex"])["count"]
    assert found["area0", "sex1"] == 0 and found["area0", "sex0"] > 0 and found["area1"].tolist() == [0, 0]
    assert len(found) == first["area"].nunique() * first["sex"].nunique() and found.index.is_monotonic_increasing


def test_fresh_noise_is_that_of_a_cell_in_a_release_whoever_is_in_it():
    cells = [(("area", f"A{number}"),) for number in range(2000)]
    first, again, later = (
        fresh_noise(cells, SECRET, release, NOISE.fresh, NOISE.fresh_variance) for release in (2, 2, 3)
    )
    assert first.tolist() == again.tolist() != later.tolist() and np.abs(first).max() <= NOISE.fresh
    # Unbiased, of the variance that is asked, and independent from release to release.
    assert abs(first.mean()) < 4 * (NOISE.fresh_variance / 2000) ** 0.5
    assert first.var() == pytest.approx(NOISE.fresh_variance, rel=0.15) and abs(np.corrcoef(first, later)[0, 1]) < 0.1
