"""Canaries in what waits for a release are found by the command itself: the benchmark at its smallest size."""

import importlib.util
import sys
from pathlib import Path

import pandas as pd
import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.mark.soak
def test_a_canary_of_each_kind_stops_the_release_and_its_file_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    spec = importlib.util.spec_from_file_location("canaries", BENCHMARKS / "canaries.py")
    canaries = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(canaries)
    wrappings = ["plain", "split by <a>", "figure drawn", "pixels alone"]
    arguments = ["canaries.py", "--canaries", "1", "--into", str(tmp_path), "--wrapping", *wrappings]
    monkeypatch.setattr(sys, "argv", arguments)
    canaries.main()
    said = capsys.readouterr().out
    table = pd.read_csv(tmp_path / "canaries_SYNTHETIC.csv").set_index(["wrapping", "kind"])
    assert set(table.index.get_level_values("wrapping")) == {*wrappings, *canaries.BY_NOTEBOOK}
    assert (table[["found", "missed", "not_searched_for"]].sum(axis=1) == table["planted"]).all()
    assert (table["planted"] == 1).all() and "not searched for:" in said
    # Letters in pixels alone are not read; all else that is searched for is found.
    assert table.loc["pixels alone", "found"].sum() == 0 and table.loc["pixels alone", "missed"].sum() >= 5
    assert table["missed"].sum() == table.loc["pixels alone", "missed"].sum()
    assert (table.loc["figure drawn", "found"] == table.loc["notebook, figure", "found"]).all()
