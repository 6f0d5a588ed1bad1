"""Functions are called by the names that are promised, and each name gives one thing."""

import importlib
import subprocess
import sys

import pytest

import disclosure
import trends

# What each part of the library promises, by the plan of its interface.
PROMISED = {
    "incidence": "poisson_interval rate_table standardised_rate smooth_rates multiple_systems model_status robustness",
    "trends": "joinpoint mann_kendall count_trend interrupted aberrations nowcast",
    "routes": "legs flows corridors transit change",
    "risk": "SurveyDesign",
    "disclosure": "audit protect",
}


@pytest.mark.parametrize("package", [trends, disclosure])
def test_a_package_is_one_thing_by_both_of_its_names(package):
    assert importlib.import_module(f"analysis.{package.__name__}") is package
    assert getattr(importlib.import_module("analysis"), package.__name__) is package


@pytest.mark.parametrize(
    "lines",
    [
        "from analysis import trends as a; import trends as b",
        "import trends as b; import analysis.trends as a",
        "import analysis.disclosure as a; import disclosure as b",
        "from analysis.disclosure import audit as a; from disclosure import audit as b",
    ],
)
def test_in_whatever_order_they_are_imported(lines):
    subprocess.run([sys.executable, "-c", f"{lines}; assert a is b"], check=True)


@pytest.mark.parametrize("part", PROMISED)
def test_each_part_has_what_it_promises(part):
    module = importlib.import_module(f"analysis.{part}")
    names = PROMISED[part].split()
    assert set(names) <= set(module.__all__) and all(callable(getattr(module, name)) for name in names)
