"""Attackers of series on a few draws: what they find, and that they do succeed where noise is drawn carelessly."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import series_attacker as attacker

from disclosure import protect
from disclosure.revision import enough

PATH = Path(__file__).resolve().parents[2] / "benchmarks" / "series_attack.py"
DESIGN = "linked"
SECRET = {"method": "cell_key", "secret": b"SYNTHETIC secret of these tests"}


@pytest.fixture(scope="module")
def benchmark():
    spec = importlib.util.spec_from_file_location("series_attack", PATH)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def series(benchmark):
    """Three releases; others come and leave between them."""
    return benchmark.series(DESIGN, 3, 0)


@pytest.fixture(scope="module")
def quiet(benchmark):
    """Persons, and a release of true and one of adjusted numbers of theirs."""
    persons = benchmark.people(DESIGN, 760, 3)
    first = protect(benchmark.counted(DESIGN, persons.head(720)))
    return persons, [first, protect(benchmark.counted(DESIGN, persons.head(750)), earlier=[first], **SECRET)]


def naive(tables, before, printed, rng):
    """Noise of each cell, drawn anew only where persons changed: what the claim must not be."""
    made = {}
    for name, table in tables.items():
        fresh = table["count"] + rng.integers(-5, 6, len(table))
        stays = (table["count"] == before[name]["count"]) if before else pd.Series(False, table.index)
        made[name] = table.assign(count=printed[name]["count"].where(stays, fresh) if before else fresh)
    return made


def test_a_release_is_the_one_before_where_only_one_person_changes(benchmark, quiet):
    persons, releases = quiet
    for earlier, here in ((releases[:1], persons.head(720)), (releases, persons.head(750))):
        corrected = here.assign(form=[*here["form"].iloc[:-1], "form0"], sex=[*here["sex"].iloc[:-1], "sex1"])
        for now in (here, here.iloc[1:], here.drop(here.index[7]), pd.concat([here, persons.tail(1)]), corrected):
            assert attacker.same(protect(benchmark.counted(DESIGN, now), earlier=earlier, **SECRET), earlier[-1])


@pytest.mark.parametrize("length", [2, 3, 10])
def test_a_quiet_series_of_true_numbers_stays_the_same(benchmark, quiet, length):
    persons, (first, _) = quiet
    releases = [first]
    for number in range(1, length):
        now = persons.head(720).drop(persons.index[:1] if number % 2 else [])
        releases.append(protect(benchmark.counted(DESIGN, now), earlier=releases, **SECRET))
        assert attacker.same(releases[-1], first)


def test_a_quiet_series_of_adjusted_numbers_stays_the_same(benchmark, quiet):
    persons, releases = quiet
    longer = [*releases, releases[-1]]
    assert attacker.same(protect(benchmark.counted(DESIGN, persons.head(750)), earlier=longer, **SECRET), longer[-1])


def test_whether_a_release_is_made_makes_no_trait_more_than_twice_as_likely():
    """Whoever knows everybody but one person knows whether that person makes the number n or n + 1.

    The threshold is secret: over many secrets, that a release is made, or is not, is at most twice as likely for the
    one as for the other, but where the threshold is k itself.
    """
    found = np.array([enough(str(number).encode(), "release 2", attacker.K) for number in range(100_000)])
    assert found.min() >= attacker.K
    made = {n: (found <= n).mean() for n in range(attacker.K - 1, 30)}
    assert made[attacker.K - 1] == 0 and made[attacker.K] < 0.012 and made[29] > 0.97
    for n in range(attacker.K, attacker.K + 13):
        assert made[n + 1] / made[n] < 2.3 and (1 - made[n]) / (1 - made[n + 1]) < 2.3


def test_which_values_are_listed_does_not_follow_from_the_traits_of_a_person(benchmark, quiet):
    """Twelve others come, and one person whose form no earlier release lists."""
    persons, releases = quiet
    now = pd.concat([persons.head(750), persons.head(12), persons.tail(1)])
    listed = [
        set(protect(benchmark.counted(DESIGN, each), earlier=releases, **SECRET)["form"]["form"])
        for each in (now, now.assign(form=[*now["form"].iloc[:-1], "other"]))
    ]
    assert listed[0] == listed[1]


def test_no_release_is_made_for_fewer_than_eleven_as_the_attacker_counts_them(benchmark, quiet):
    persons, releases = quiet
    here = persons.head(750)
    true = benchmark.counted(DESIGN, here)
    for seed, number in enumerate((9, 10, 11, 40)):
        came = persons.sample(number, random_state=seed, replace=True)
        tables = benchmark.counted(DESIGN, pd.concat([here, came]))
        made = protect(tables, earlier=releases, **SECRET)
        is_same, moved = attacker.same(made, releases[-1]), attacker.moved(tables, true, releases[-1])
        assert is_same if moved < attacker.K else not is_same or moved < attacker.K + 15


@pytest.mark.parametrize("kind", ["join", "erasure", "correction", "join, then erasure"])
def test_an_insider_tells_nothing_of_one_person(benchmark, series, kind):
    said, explained = benchmark.attacked(series, 3, kind, 60, 0)
    assert not said["told"].any() and min(explained) >= attacker.K
    # No more is known than from the shares in print, but for a tenth of a nat.
    assert abs(said["gain"].mean()) < 0.1 and abs(said["right"].mean() - said["guess"].mean()) < 0.15


def test_an_insider_tells_traits_where_cells_have_little_noise_and_no_profiles(benchmark, series):
    """The same attacker on the same persons: noise of variance 0.2 in each cell, and nothing beside it."""
    rng = np.random.default_rng(0)
    noise = attacker.Noise(fixed=0.0, fresh=0.2, profiles=0)
    printed = [
        {name: table.assign(count=table["count"] + rng.normal(0, 0.2**0.5, len(table))) for name, table in each.items()}
        for each in series.others
    ]
    fit = attacker.fitted(printed, series.others, series.pool, [0, 0, 1], noise, level_is_known=True)
    among = attacker.candidates(series.pool, fit, "join", set())
    told = right = 0
    for truth in rng.choice(len(among.weights), 40, p=among.weights):
        said = attacker.told(among.traits, *attacker.posterior(fit, among, int(truth)), int(truth))
        told, right = told + said["told"].sum(), right + (said["told"] & said["right"]).sum()
    assert told > 50 and right > 0.8 * told


def test_an_insider_tells_more_the_less_covers_a_person(benchmark):
    """Without profiles and over ten releases, fresh noise alone tells: the information is what it is by hand.

    Noise of variance 5 in each of nine releases, of which four are before: 1 / (5 / 4 + 5 / 5) of each cell.
    """
    table = {"t": pd.DataFrame({"area": ["A", "B"], "count": [50.0, 60.0]})}
    values = pd.DataFrame({"area": ["A", "B"]})
    pool = attacker.Pool(values, {"t": values}, np.array([0.5, 0.5]))
    noise = attacker.Noise(fixed=1e6, fresh=5.0, profiles=0)
    fit = attacker.fitted([table] * 10, [table] * 10, pool, [0.0] * 5 + [1.0] * 5, noise)
    np.testing.assert_allclose(fit.information, np.eye(2) / (5 / 4 + 5 / 5), rtol=1e-3, atol=1e-6)


def test_changed_numbers_tell_nothing_but_where_only_those_of_persons_change(benchmark, series):
    before, now = series.releases[1:]
    assert attacker.fingerprint(before, now).empty
    rng = np.random.default_rng(1)
    persons = benchmark.people(DESIGN, 700, 5)
    asked = right = 0
    for gone in range(20):
        tables = [benchmark.counted(DESIGN, each) for each in (persons, persons.drop(gone))]
        printed = naive(tables[0], None, None, rng)
        told = attacker.fingerprint(printed, naive(tables[1], tables[0], printed, rng))
        asked += len(persons.columns)
        right += sum(persons.at[gone, name] == value for name, value in told.itertuples(index=False))
    assert right > 0.9 * asked


def test_no_cell_and_no_group_is_certain_to_have_changed_by_a_few(series):
    for before, now in zip(series.releases, series.releases[1:], strict=False):
        for by_rules in (False, True):
            assert attacker.certain(before, now, by_rules).empty
    # True numbers are: those who came and left are in print.
    found = attacker.certain(series.others[0], series.others[1], by_rules=False)
    assert len(found) > 10 and (found["low"] == found["high"]).all()


@pytest.mark.slow
def test_no_cell_is_certain_to_have_changed_by_a_few_by_all_tables_together(series):
    for before, now in zip(series.releases, series.releases[1:], strict=False):
        assert attacker.certain_jointly(before, now, series.pool, by_rules=True).empty
    assert len(attacker.certain_jointly(series.others[0], series.others[1], series.pool, by_rules=False)) > 10


@pytest.mark.slow
def test_the_normal_law_says_what_monte_carlo_with_the_noise_as_drawn_says(benchmark):
    (row,) = benchmark.check(DESIGN, 4, 40_000)
    assert row["difference"] < 0.05 and row["correlation"] > 0.95
