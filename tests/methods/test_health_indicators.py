"""Rates, ratios and shares that the tests of two R packages of the health services expect.

Sources: PHEindicatormethods 2.1.0 (ukhsa-collaboration/PHEindicatormethods 093fd28), tests/testthat:
testdata_DSR_ISR.xlsx (testresults_DSR), testdata_Proportion.xlsx, testdata_Rate.xlsx; FunnelPlotR 0.6.0
(nhs-r-community/FunnelPlotR 9020d49), tests/testthat/test-poisson_limits.R.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.methods.rates import standardised_rate
from bounded import intervals

REFERENCE = Path(__file__).parents[1] / "reference"
RATES = pd.read_csv(REFERENCE / "standardised_rates.csv", comment="#", dtype={"area_id": str})
WILSON = pd.read_csv(REFERENCE / "wilson_limits.csv", comment="#")


@pytest.mark.parametrize(
    ("area", "printed"), [("big", 10430.247991469423), ("small", 1103.212025300104), ("1976", 8592.097585022366)]
)
def test_rates_by_the_european_standard_populations_are_as_expected(area, printed):
    # Its limits are those of Dobson and others (1991), here they are of Fay and Feuer.
    rows = RATES[RATES["area_id"] == area]
    standard = rows[["age_group", "standard"]].rename(columns={"standard": "population"})
    found = standardised_rate(rows.drop(columns="standard"), standard)
    assert found["rate"].item() == pytest.approx(printed, rel=1e-14)


@pytest.mark.parametrize(("confidence", "low", "high"), [(0.95, "low_95", "high_95"), (0.998, "low_998", "high_998")])
def test_wilsons_limits_are_as_expected(confidence, low, high):
    found = intervals.wilson(WILSON["part"], WILSON["part"], WILSON["whole"], confidence)
    assert found[0] == pytest.approx(WILSON[low].to_numpy(), rel=1e-12)
    assert found[1] == pytest.approx(WILSON[high].to_numpy(), rel=1e-12)


@pytest.mark.parametrize(
    ("count", "persons", "confidence", "printed"),
    [
        (1, 100, 0.95, (25.317807984289896, 5571.643390938898)),
        (1, 100, 0.998, (1.0005003335835343, 9233.413476451586)),
        (5, 100, 0.95, (1623.4863901184199, 11668.332079322669)),
        (5, 100, 0.998, (739.3717319178389, 16454.745203680104)),
        (2, 200, 0.95, (121.10463927198258, 3612.3438338619794)),
    ],
)
def test_exact_limits_of_rates_of_fewer_than_ten_cases_are_as_expected(count, persons, confidence, printed):
    # From 10 cases on it takes Byar's approximation, here limits stay exact.
    low, high = intervals.poisson_interval(count, confidence)
    assert (100_000 * low / persons, 100_000 * high / persons) == pytest.approx(printed, rel=1e-12)


@pytest.mark.parametrize(
    ("confidence", "low", "high"),
    [
        (0.95, [0.5596924, 0.6108260, 0.6746958], [1.649348, 1.544419, 1.427562]),
        (0.998, [0.3862650, 0.4479107, 0.5289724], [2.082907, 1.902094, 1.702771]),
    ],
)
def test_exact_limits_of_15_20_and_30_cases_are_those_of_funnelplotr(confidence, low, high):
    # There they are drawn around 15, 20 and 30 expected; here the limits of a funnel are found the other way round.
    counts = np.array([15, 20, 30])
    found = intervals.poisson_interval(counts, confidence)
    assert found[0] / counts == pytest.approx(np.array(low), abs=5e-8 + 1e-12)
    assert found[1] / counts == pytest.approx(np.array(high), abs=5e-7)
