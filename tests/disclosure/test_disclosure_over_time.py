"""The benchmark of releases over time at its smallest size, and what it counts as a certain change."""

import importlib.util
from pathlib import Path

import pandas as pd
import pytest

PATH = Path(__file__).resolve().parents[2] / "benchmarks" / "disclosure_over_time.py"


@pytest.fixture(scope="module")
def benchmark():
    spec = importlib.util.spec_from_file_location("disclosure_over_time", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_change_is_certain_where_no_noise_explains_it(benchmark):
    """40 → 37 is a change of 3; 40 → 51 ± 12 can be none; 40 → 55 ± 12 is at least 3, and can be 27."""
    before = {"t": pd.DataFrame({"area": list("ABC"), "count": [40, 40, 40]})}
    assert benchmark.certain_changes({"t": before["t"].assign(count=[37, 40, 51])}, before) == 1
    assert benchmark.certain_changes({"t": before["t"].assign(count=[51, 55, 40], adjusted_by=12)}, before) == 0


@pytest.mark.soak
def test_a_first_release_one_draw_and_two_years_are_run(benchmark, monkeypatch):
    people, stops = benchmark.records("cabo_verde")
    kept = people[people["person_id"].isin(people["person_id"].drop_duplicates().head(160))]
    few = kept, stops[stops["journey_id"].isin(kept["record_id"])]
    monkeypatch.setattr(benchmark, "records", lambda study: few)
    benchmark.first_release.cache_clear()
    monkeypatch.syspath_prepend(PATH.parent)
    here = benchmark.beside_gauss("cabo_verde")[0]
    assert here["method"] == "here" and here["suppressed"] >= here["below_k"] > 0 and "exact" not in here
    drawn = benchmark.leavers("cabo_verde", 1, seed=0)
    assert drawn["persons"] == 159 and drawn["certain_changes"] == drawn["breaches"] == 0
    for method in ("suppression", "cell_key"):
        rows = benchmark.years("cabo_verde", method, releases=2)
        assert [row["breaches"] for row in rows] == [0, 0] and rows[0]["persons"] < rows[1]["persons"]
