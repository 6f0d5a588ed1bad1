"""The benchmark of releases over time at its smallest size, and what it counts as a certain change."""

import importlib.util
import sys
from pathlib import Path

import pandas as pd
import pytest

PATH = Path(__file__).resolve().parents[2] / "benchmarks" / "disclosure_over_time.py"


@pytest.fixture(scope="module")
def benchmark():
    spec = importlib.util.spec_from_file_location("disclosure_over_time", PATH)
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(PATH.parent))
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_a_change_is_certain_where_no_noise_explains_it(benchmark):
    """40 → 37 is a change of 3; 40 → 51 ± 12 can be none; 40 → 55 ± 12 is at least 3, and can be 27."""
    before = {"t": pd.DataFrame({"area": list("ABC"), "count": [40, 40, 40]})}
    assert benchmark.certain_changes({"t": before["t"].assign(count=[37, 40, 51])}, before) == 1
    assert benchmark.certain_changes({"t": before["t"].assign(count=[51, 55, 40], adjusted_by=12)}, before) == 0


def test_a_series_of_each_kind_is_run_at_its_smallest_size(benchmark):
    rows = benchmark.years("traits", 1, 3, audited="all")
    assert [row["release"] for row in rows] == [1, 2, 3] and not any(row["repeated"] for row in rows[:1])
    for row in rows:
        assert row["tables_repeated"] == row["beyond_bound"] == row["certain_changes"] == row.get("breaches", 0) == 0
        assert 0.7 < row["usable"] <= row["usable_persons"] <= 1
    found = benchmark.summed(pd.DataFrame(rows))
    assert found.loc["traits", ["series", "audits"]].tolist() == [1, sum("breaches" in row for row in rows)]


@pytest.mark.soak
def test_a_synthetic_study_and_its_first_release_are_run(benchmark, monkeypatch):
    monkeypatch.syspath_prepend(PATH.parent)
    here = benchmark.beside_gauss("demo_islands")[0]
    assert here["method"] == "here" and here["suppressed"] >= here["below_k"] > 0 and "exact" not in here
    rows = benchmark.years("demo_islands", 1, 3, audited="all")
    assert all(row["tables_repeated"] == row.get("breaches", 0) == 0 for row in rows)
