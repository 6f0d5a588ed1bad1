"""Random profiles as noise: enough and different, in every table at once, from the register and the secret alone."""

import numpy as np
import pandas as pd
import pytest
from attacker import counted, people
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from disclosure import protect
from disclosure.profile_noise import CAME, CORRECTED_FROM, CORRECTED_TO, LEFT, Grid, faults, profile_noise
from disclosure.revision import on_grid

K = 11
SECRET = b"a secret of these tests"
TRAITS = {"area": 6, "sex": 2, "form": 4}
DESIGNS = [("area", "sex"), ("area", "form"), ("area",), ("sex",), ()]


def grid_of(persons: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return on_grid(counted(persons, *DESIGNS), [], K, SECRET)


@pytest.fixture(scope="module")
def first() -> dict[str, pd.DataFrame]:
    return protect(counted(people(1, 600, **TRAITS), *DESIGNS))


def test_there_are_eleven_profiles_of_each_kind_and_all_of_a_kind_differ(first):
    (profiles,) = profile_noise([first, grid_of(people(1, 600, **TRAITS))], {}, SECRET, K).profiles
    for kind in (CAME, LEFT, CORRECTED_FROM, CORRECTED_TO):
        found = profiles.of(kind)
        assert len(found) == K and len(found.drop_duplicates()) >= K - 1
        assert faults(found, profiles.shares, set(), K) == []
    before, after = profiles.of(CORRECTED_FROM), profiles.of(CORRECTED_TO)
    # A correction changes one trait.
    assert ((before != after).sum(axis=1) == 1).all()


def test_profiles_follow_from_what_was_printed_and_the_secret_and_from_no_person(first):
    one, other = (grid_of(people(seed, 600, **TRAITS)) for seed in (1, 2))
    assert {name: len(table) for name, table in one.items()} == {name: len(table) for name, table in other.items()}
    found, again = (profile_noise([first, tables], {}, SECRET, K) for tables in (one, other))
    for name, counts in found.counts.items():
        assert counts.tolist() == again.counts[name].tolist()
    changed = profile_noise([first, one], {}, b"another secret", K)
    assert any(found.counts[name].tolist() != changed.counts[name].tolist() for name in found.counts)


def test_a_profile_counts_in_every_table_so_that_noise_adds_up_to_totals(first):
    tables = grid_of(people(1, 600, **TRAITS))
    noise = profile_noise([first, tables], {}, SECRET, K).counts
    by_area = pd.Series(noise["area"], tables["area"]["area"])
    for name in ("area x sex", "area x form"):
        assert pd.Series(noise[name]).groupby(tables[name]["area"]).sum().eq(by_area).all()
    # As many came as left.
    assert noise["total"].tolist() == [0] and noise["sex"].sum() == 0


def test_profiles_stay_in_later_releases(first):
    second, third = grid_of(people(2, 620, **TRAITS)), grid_of(people(3, 640, **TRAITS))
    two = profile_noise([first, second], {}, SECRET, K)
    three = profile_noise([first, second, third], {}, SECRET, K)
    assert len(three.profiles) == 2
    pd.testing.assert_frame_equal(three.profiles[0].values, two.profiles[0].values)
    of_last = Grid(third, second, {}).noise([three.profiles[1]])
    for name, counts in three.counts.items():
        assert (counts - two.counts[name]).tolist() == of_last[name].tolist()


@settings(max_examples=examples(6), deadline=None)
@given(st.integers(0, 10_000), st.integers(200, 1_500))
def test_noise_of_profiles_is_within_what_is_said_of_it(seed, size):
    persons = people(seed, size, **TRAITS)
    series = [protect(counted(persons, *DESIGNS))]
    for _ in range(3):
        series.append(grid_of(persons))
        noise = profile_noise(series, {}, SECRET, K)
        assert all((np.abs(counts) <= noise.limits[name]).all() for name, counts in noise.counts.items())


def test_no_profile_is_of_a_value_that_was_not_in_print():
    """A new period would have profiles that came and none that left: its numbers would be too large."""

    def by_year(*years: str) -> dict[str, pd.DataFrame]:
        table = pd.DataFrame([(area, year) for area in "ABCD" for year in years], columns=["area", "year"])
        return {"area x year": table.assign(count=40), "area": pd.DataFrame({"area": list("ABCD"), "count": 80})}

    found = profile_noise([by_year("2021", "2022"), by_year("2021", "2022", "2023")], {}, SECRET, 3)
    assert set(found.profiles[0].values["year"]) <= {"2021", "2022"}


def test_profiles_that_are_alike_or_share_a_trait_hide_nobody():
    shares = {"sex": pd.Series({"f": 0.4, "m": 0.6}), "form": pd.Series({f"form{number}": 0.1 for number in range(10)})}
    alike = pd.DataFrame({"sex": ["m"] * 11, "form": ["form1"] * 6 + ["form2"] * 5})
    assert {kind for kind, _ in faults(alike, shares, set(), K)} == {"explained", "shared"}
    mixed = pd.DataFrame({"sex": ["f", "m"] * 6, "form": [f"form{number}" for number in range(10)] + ["form0"] * 2})
    assert faults(mixed, shares, set(), K) == []
    # All are of one sex, which less than half of all are.
    assert "shared" in {kind for kind, _ in faults(mixed.assign(sex="f"), shares, set(), K)}
    assert faults(mixed.assign(sex="m"), shares, set(), 8) == []
