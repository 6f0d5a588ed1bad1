"""Every benchmark runs at its smallest size, and what it prints and writes can be read; how long it takes is not asked.

A function below has the name of a benchmark; it is given what that printed, and the folder that it wrote into. Where
it is said how long a run takes, those of less than three seconds are not left to `make soak`.
"""

import importlib.util
import math
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from analysis import catalog
from analysis.batch.kernel_provisioner import CHOICE
from conftest import NO_CHROMIUM, can_open_pages

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
# Others import these; bare.py is one of the ways that batch.py runs.
OF_OTHERS = {"disclosure_attack", "disclosure_designs", "bare"}
# tests/release/test_canaries.py, tests/disclosure/test_disclosure_over_time.py, tests/disclosure/test_series_attack.py
ELSEWHERE = {"canaries", "disclosure_over_time", "series_attack"}
# These repeat the synthetic persons of the committed studies, or hold them against what was simulated.
OF_COMMITTED_PERSONS = {"explore", "explore_in_browser", "simulated_routes"}
NUMBER = r"([\d,]+(?:\.\d+)?)"
Check = Callable[[str, Path], None]


@dataclass(frozen=True)
class Smallest:
    """The options with which a benchmark is small, how its output is judged, and the marks of its test."""

    options: tuple[str, ...]
    check: Check
    marks: tuple[pytest.MarkDecorator, ...]


SMALLEST: dict[str, Smallest] = {}


def smallest(*options: str, marks: tuple[pytest.MarkDecorator, ...] = (pytest.mark.soak,)) -> Callable[[Check], Check]:
    """Enter a check for the benchmark of its name; `--into` is given to all that have it."""

    def enter(check: Check) -> Check:
        SMALLEST[check.__name__] = Smallest(options, check, marks)
        return check

    return enter


def numbers(pattern: str, said: str) -> list[float]:
    """The numbers in the groups of a pattern that stands in what was printed."""
    found = re.search(pattern, said, re.MULTILINE)
    assert found, f"{pattern} is not in:\n{said}"
    values = [float(text.replace(",", "")) for text in found.groups()]
    assert all(map(math.isfinite, values)), found[0]
    return values


def table(path: Path, *finite: str) -> pd.DataFrame:
    """A table that was written, whose columns of these names have finite numbers in every row."""
    found = pd.read_csv(path)
    assert len(found) > 0 and np.isfinite(found[list(finite)].to_numpy(float)).all(), found.to_string()
    return found


def assert_drawn(path: Path) -> None:
    """Assert that a picture can be read, and is not of one colour."""
    with Image.open(path) as image:
        darkest, lightest = image.convert("L").getextrema()
    assert darkest < lightest, path


# --- one function a benchmark ----------------------------------------------------------------------------------------


@smallest("--areas", "1")
def stages(said: str, folder: Path) -> None:
    assert numbers(rf"^trends .*? {NUMBER}$", said)[0] > 0
    for what in ("intake", "run", "run, nothing to do", "release", "release, nothing new"):
        assert numbers(rf"^{what} +{NUMBER} s$", said)[0] > 0


@smallest("--runs", "1")
def aberrations(said: str, folder: Path) -> None:
    pattern = (
        rf"^{NUMBER} tests, {NUMBER} alarms: whole process {NUMBER} s; the call {NUMBER} processor seconds; R 28.8 s"
    )
    tests, alarms, *_ = numbers(pattern, said)
    assert tests == 100 * 52 and 0 < alarms < tests


@smallest("--areas", "1", "--analysis", "trends", "--runs", "1")
def batch(said: str, folder: Path) -> None:
    assert said.startswith("1 notebooks, ")
    taken = numbers(
        rf"^papermill's command line, one by one +{NUMBER} s\n"
        rf"papermill's functions, 2 processes +{NUMBER} s\n"
        rf"this project's batch, 2 jobs +{NUMBER} s\n"
        rf"this project's batch, as it comes +{NUMBER} s\n"
        rf"{NUMBER}\nbare code, 1 process +{NUMBER} s\n",
        said,
    )
    assert min(taken) > 0
    assert "\ncells that differ from plain papermill: none\n" in said
    numbers(rf"^a run with nothing to do: {NUMBER} s$", said)


@smallest("--persons", "600", "--runs", "1", "--overlaps", "0.6", "1")
def encoded_names(said: str, folder: Path) -> None:
    """Attacks that fail on what is offered succeed on what is weak."""
    found = table(folder / "encoded_names_SYNTHETIC.csv", "reidentified", "claims")
    most = found.groupby(["encoding", "attack"])["reidentified"].max()
    for attack in ("frequency", "refinement", "assignment", "percolation"):
        assert most["as offered", attack] < 0.01
    assert most["each name by itself (weak)", "refinement"] > 0.8
    assert most["pairs of letters in Bloom filters (weak)"].max() > 0.5
    assert said.rstrip().endswith("offered") and "NOT" not in said


@smallest("--sets", "1", "--persons", "150")
def encoded_linkage(said: str, folder: Path) -> None:
    found = table(folder / "encoded_linkage_SYNTHETIC.csv", "precision", "recall", "estimate")
    assert list(found["how"]) == ["truth", "in clear", "encoded"] * 3
    assert (found["precision"] > 0.5).all() and (found["recall"] > 0.4).all()


@smallest("--studies", "1", "--study", "demo_islands", "--replicates", "2", "--jobs", "1")
def coverage(said: str, folder: Path) -> None:
    found = table(folder / "coverage_SYNTHETIC.csv", "share", "low", "high")
    assert list(found[found["method"] == "range of all methods"]["scope"]) == ["study", "one area"]
    assert (
        set(found["study"]) == {"demo_islands"} and (found["drawn"] == 1).all() and found["contains"].isin([0, 1]).all()
    )
    assert len(found) == len(found.drop_duplicates(["scope", "method"])) > 2 and "range of all methods" in said
    assert_drawn(folder / "coverage_SYNTHETIC.png")


@smallest("--studies", "1", "--population", "alike", "--population", "never_found", "--replicates", "2", "--jobs", "1")
def unmodelled_populations(said: str, folder: Path) -> None:
    found = table(folder / "unmodelled_populations_SYNTHETIC.csv", "seen", "holds", "low").set_index("population")
    assert list(found.index) == ["alike", "never_found"] and (found["studies"] == 1).all() and "never_found" in said
    # A fifth of the second population cannot be found.
    assert (found["seen"] <= [1500, 1200]).all() and (found["low"] <= 1500).all()


@smallest("--design", "four linked two-way tables", "--releases", "1", "--seeds", "1", "--most", "12")
def table_protection(said: str, folder: Path) -> None:
    found = table(folder / "disclosure_SYNTHETIC.csv", "value")
    assert list(found["section"].unique()) == ["primary", "attack", "lost", "growth"]
    assert all(f"\n{section}\ndesign" in said for section in found["section"].unique())
    value = found.set_index(["section", "design", "measure"])["value"]
    linked, growth = value.xs("four linked two-way tables", level="design"), value["growth"]
    assert linked["primary", "cells suppressed by protection"] > linked["primary", "cells blank"] > 0
    assert linked["primary", "breaches left by protection"] == linked["attack", "whole numbers: narrower than 11"] == 0
    assert linked["attack", "suppressed cells attacked"] == linked["lost", "suppressed"] > linked["lost", "small"] > 0
    assert set(growth.index.get_level_values("design")) == {"12 areas", "12 areas, national tables"}
    assert (growth.xs("breaches left", level="measure") == 0).all()


@smallest("--most", "500", "--study", "demo_islands")
def explore(said: str, folder: Path) -> None:
    found = table(folder / "explore_SYNTHETIC.csv")
    assert list(found["persons"]) == [500] and (found["records"] >= 500).all() and "views worst ms" in said
    assert np.isfinite(found.to_numpy(float)).all() and (found["views worst ms"] >= found["views median ms"]).all()


@smallest(
    *("--most", "1000", "--choices", "3"),
    marks=(
        pytest.mark.soak,
        pytest.mark.browser,
        pytest.mark.skipif(not can_open_pages() and "CI" not in os.environ, reason=NO_CHROMIUM),
    ),
)
def explore_in_browser(said: str, folder: Path) -> None:
    assert said.startswith("1,000 records, 3 choices; the last: ")
    found = table(folder / "explore_in_browser_SYNTHETIC.csv")
    assert list(found["records"]) == [1000] and np.isfinite(found.to_numpy(float)).all()
    assert (found["seen median ms"] > 0).all() and found["within 500 ms"].between(0, 1).all()


@smallest("--series", "1", "--jobs", "1", marks=(pytest.mark.slow,))
def false_turns(said: str, folder: Path) -> None:
    found = table(folder / "false_turns_SYNTHETIC.csv", "share", "low", "high")
    # Eight kinds of three lengths: four criteria, and two intervals.
    assert len(found) == 8 * 3 * 6 == len(found.drop_duplicates(["kind", "n", "measure"])) and "wbic" in said
    assert (found["series"] == 1).all() and found["share"].isin([0, 1]).all()


@smallest("--rows", "500", "--excel-rows", "200", "--runs", "1")
def intake(said: str, folder: Path) -> None:
    for name, expected in (("csv", 500), ("xlsx", 200)):
        measures = rf"^list\.{name}, \d+ MiB\n  rows +{NUMBER}\n  quarantine +{NUMBER}\n  reading +{NUMBER}\n"
        rows, quarantined, _ = numbers(measures, said)
        assert rows == expected and 0 < quarantined < 0.1 * rows


@smallest("--runs", "1", "--permutations", "99", "--series", "2", "--coverage", "2", marks=(pytest.mark.slow,))
def joinpoint(said: str, folder: Path) -> None:
    for name in ("3 series of 35 years, 99 permutations a test", "2 series of 15 years, weighted BIC"):
        middle, least = numbers(rf"^{name}: {NUMBER} processor seconds \(least {NUMBER}\)$", said)
        assert middle == least
    for limits, of in (("t", "average"), ("delta", "average"), ("empirical_quantile", "joinpoint")):
        held, least, most, width = numbers(
            rf"^{limits}, {of}: held {NUMBER} % \({NUMBER} to {NUMBER}\), width {NUMBER}$", said
        )
        assert 0 <= least <= held <= most <= 100 and width > 0


@smallest("--rounds", "1", "--least")
def count_speed(said: str, folder: Path) -> None:
    for name in ("count_trend, 10 periods", "negative binomial, 10 periods", "wilson, 1 parts"):
        (least,) = numbers(rf"^{name}: {NUMBER} ms$", said)
        assert least > 0


@smallest("--kills", "1", "--area", "SEN", "--analysis", "trends", "--kind", "a warm process")
def kill_and_resume(said: str, folder: Path) -> None:
    files, _ = numbers(rf"^{NUMBER} files in an undisturbed run of {NUMBER} s$", said)
    assert files > 0 and "\nkilled: {'a warm process': 1}\n" in said
    assert said.endswith("\nwrong, missing or left behind: nothing\n")


@smallest("--persons", "60")
def linkage(said: str, folder: Path) -> None:
    records, persons, *_ = numbers(rf"^{NUMBER} records of {NUMBER} persons, noise 1: {NUMBER} s", said)
    assert records > persons == 60
    header = "threshold  precision  recall  F1      contradictions\n"
    rows = [line.split() for line in said.partition(header)[2].partition("stated probability")[0].splitlines()]
    assert [row[0] for row in rows] == ["0.5", "0.7", "0.8", "0.9", "0.95", "0.99"]
    assert all(0 < float(value) <= 1 for row in rows for value in row[1:4])


@smallest("--studies", "1", "--draws", "2", "--replicates", "2", "--jobs", "1")
def linkage_coverage(said: str, folder: Path) -> None:
    found = table(folder / "linkage_coverage_SYNTHETIC.csv", "share", "low", "high")
    # Eight methods and the range of them, with and without drawn linkages.
    assert len(found) == 9 * 3 == len(found.drop_duplicates(["method", "way"])) and (found["drawn"] == 1).all()
    assert found["contains"].isin([0, 1]).all() and found["share_due_to_linkage"].dropna().between(0, 1).all()
    assert numbers(rf"^{NUMBER} s a study, in one process$", said)[0] > 0
    assert_drawn(folder / "linkage_coverage_SYNTHETIC.png")


@smallest("--sets", "1")
def linkage_trade_off(said: str, folder: Path) -> None:
    table = pd.read_csv(folder / "linkage_trade_off_SYNTHETIC.csv")
    assert table["lists"].nunique() == 5 and (table["right"] <= table[["linked", "true"]].min(axis=1)).all()
    assert (table.sort_values("threshold").groupby("lists")["linked"].diff().dropna() <= 0).all()
    assert_drawn(folder / "linkage_trade_off_SYNTHETIC.png")


@smallest("--persons", "120", "--pages", "none")
def lists_as_received(said: str, folder: Path) -> None:
    found = table(folder / "lists_as_received_SYNTHETIC.csv").pivot(index="measure", columns="stage", values="value")
    assert list(found) == ["a year later", "corrected", "mapping only"]
    assert (found.loc["rows"] == found.loc[["clean", "in quarantine", "left out by the mapping", "lost"]].sum()).all()
    assert (found.loc[["lost", "totals and notes that became records", "commands that failed"]] == 0).all(axis=None)
    assert (
        found.at["clean", "corrected"] > found.at["clean", "mapping only"]
        and found.at["cells corrected", "corrected"] > 0
    )
    assert found.loc[["all, all: precision", "all, all: recall"]].stack().between(0.5, 1).all()
    assert "commands" in said


@smallest("--most", "2", "--runs", "1")
def many_areas(said: str, folder: Path) -> None:
    header, *rows = (line.split() for line in said.splitlines()[1:4])
    assert header[:3] == ["areas", "notebooks", "seconds"] and [row[:2] for row in rows] == [["1", "2"], ["2", "3"]]
    assert all(math.isfinite(float(value)) and float(value) > 0 for row in rows for value in row)
    numbers(rf"^Peak memory of all processes: {NUMBER} of that of the fewest areas\.$", said)
    assert_drawn(folder / "many_areas.png")


@smallest("--runs", "1", "--resamples", "20")
def multiple_systems(said: str, folder: Path) -> None:
    numbers(rf"^import analysis\.incidence: {NUMBER} s$", said)
    for name in ("UKdat_5, 20 resamples", "UKdat, 20 resamples", "BIC over all 6,893 five-list models"):
        wall, call = numbers(rf"^{name}: whole process {NUMBER} s; the call {NUMBER} processor seconds$", said)
        assert wall > 0 and call > 0


@smallest("--studies", "1", "--jobs", "1")
def simulated_routes(said: str, folder: Path) -> None:
    found = table(folder / "simulated_routes_SYNTHETIC.csv", "share", "low", "high")
    assert set(found["study"]) == {"demo_provinces", "demo_islands"}
    assert set(found["studies"]) == {"committed", "1 drawn"}
    assert found["share"].between(found["low"] - 1e-9, found["high"] + 1e-9).all() and "holds_truth" in said
    true = found[found["measure"].str.endswith("true, of those found") & (found["studies"] == "committed")]
    assert len(true) == 4 and (true["share"] > 0.9).all()
    assert_drawn(folder / "simulated_routes_SYNTHETIC.png")


@smallest("--surveys", "1", "--larger", "1", "--jobs", "1")
def risk_coverage(said: str, folder: Path) -> None:
    found = table(folder / "risk_coverage_SYNTHETIC.csv", "value", "error", "share", "low", "high")
    assert found["way"].nunique() == 5 and set(found["quantity"]) == {"prevalence", "odds_ratio"}
    assert (found["judged"] == 1).all() and found["contains"].isin([0, 1]).all() and (found["refused"] == 0).all()
    assert "as the pages" in said
    assert_drawn(folder / "risk_coverage_SYNTHETIC.png")


@smallest("--size", "small", "--area", "XDP-FIG")
def risk_notebook(said: str, folder: Path) -> None:
    respondents, columns = numbers(rf"^{NUMBER} respondents, {NUMBER} columns, XDP-FIG$", said)
    assert respondents > 4000 and columns > 100
    assert min(numbers(rf"^ +{NUMBER} s  in all; {NUMBER} MiB$", said)) > 0
    assert len(re.findall(r"^ +\d+\.\d\d s  ", said, re.MULTILINE)) > 10


@smallest("--sets", "2", "--jobs", "1", marks=(pytest.mark.slow,))
def small_areas(said: str, folder: Path) -> None:
    found = table(folder / "small_areas_SYNTHETIC.csv", "coverage", "rmse", "stated_mse_to_true")
    assert found["set"].nunique() == 3 and set(found["areas"]) == {"sampled", "without a sample"}
    assert (
        found["coverage"].between(0, 1).all() and (found["sets"] + found["refused"] == 2).all() and "coverage" in said
    )


@smallest("--most", "1", "--replicates", "20", marks=(pytest.mark.slow,))
def study_design(said: str, folder: Path) -> None:
    found = table(folder / "study_design_SYNTHETIC.csv", "areas", "seconds", "each")
    assert list(found["areas"]) == [1] and (found["seconds"] > 0).all() and (found["recommended"] <= 1).all()
    assert said.startswith("7 designs, 3 budgets, 20 replicates\n")


@smallest("--size", "small")
def risk_speed(said: str, folder: Path) -> None:
    found = table(folder / "risk_speed_SYNTHETIC.csv").set_index("step").squeeze(axis=1)
    assert int(found.name) > 4000 and f"{int(found.name):,} respondents: " in said
    steps = found.drop(["columns", "all", "MiB"])
    assert len(steps) > 10 and (steps >= 0).all() and steps.sum() == pytest.approx(found["all"], abs=0.01)


@smallest("--most", "1000")
def routes(said: str, folder: Path) -> None:
    found = table(folder / "routes_SYNTHETIC.csv")
    assert list(found["journeys"]) == [1000] and found["number of legs"].between(9000, 11000).all()
    assert np.isfinite(found.to_numpy(float)).all() and "missing transit" in said
    assert_drawn(folder / "routes_SYNTHETIC.png")


@smallest("--rows", "1", "--area", "SEN")
def one_row(said: str, folder: Path) -> None:
    assert numbers(rf"^full run: {NUMBER} s$", said)[0] > 0
    assert numbers(rf"a full run takes {NUMBER} times as long$", said)[0] > 0


@smallest("--changes", "4", "--minutes", "2")
def causes(said: str, folder: Path) -> None:
    found = table(folder / "causes.csv", "inserted", "named", "missed", "blamed", "wrongly", "seconds")
    assert found["inserted"].sum() > 0 and numbers(rf"^False blame {NUMBER}%", said)[0] <= 100


# --- the tests -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [pytest.param(name, marks=entry.marks) for name, entry in SMALLEST.items()])
def test_it_runs_and_says_what_it_should(name, tmp_path):
    if name in OF_COMMITTED_PERSONS and {catalog.case_kind(study) for study in ("demo_provinces", "demo_islands")} != {
        "synthetic"
    }:
        pytest.skip("A study has lists of its own in place of the synthetic ones.")
    program, before = BENCHMARKS / f"{name}.py", committed()
    into = ["--into", str(tmp_path)] if '"--into"' in program.read_text(encoding="utf-8") else []
    # Kernels are started as whoever runs the benchmark starts them.
    environment = {variable: value for variable, value in os.environ.items() if variable != CHOICE}
    ended = subprocess.run(
        [sys.executable, str(program), *SMALLEST[name].options, *into],
        **{"cwd": tmp_path, "env": environment, "capture_output": True, "text": True},
    )
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-4000:]
    SMALLEST[name].check(ended.stdout, tmp_path)
    assert committed() == before


def committed() -> dict[str, int]:
    """The results that stand beside the benchmarks, and when each was written."""
    return {path.name: path.stat().st_mtime_ns for ending in ("csv", "png") for path in BENCHMARKS.glob(f"*.{ending}")}


def test_every_benchmark_has_a_smallest_size():
    assert {path.stem for path in BENCHMARKS.glob("*.py")} == {*SMALLEST, *OF_OTHERS, *ELSEWHERE}


def test_areas_of_every_study_are_compared_in_the_same_analyses():
    """A run refuses an analysis that one of its areas does not have."""
    spec = importlib.util.spec_from_file_location("batch_benchmark", BENCHMARKS / "batch.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for number in (4, None):
        jobs = module.spread(number)
        places = {job.area_id for job in jobs}
        assert {job.study for job in jobs} == {"turkiye", "west_africa", "cabo_verde"}
        assert len(places) == (number or len(places)) and len(jobs) == len(places) * len(module.COMPARED)
