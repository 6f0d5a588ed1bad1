"""Rates, ratios and shares that the tests of two R packages of the health services expect.

Sources: PHEindicatormethods 2.1.0 (ukhsa-collaboration/PHEindicatormethods 093fd28), tests/testthat:
testdata_DSR_ISR.xlsx (testresults_DSR), testdata_Proportion.xlsx, testdata_Rate.xlsx; FunnelPlotR 0.6.0
(nhs-r-community/FunnelPlotR 9020d49), tests/testthat/test-poisson_limits.R.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from bounded import intervals

REFERENCE = Path(__file__).parents[1] / "reference"
WILSON = pd.read_csv(REFERENCE / "wilson_limits.csv", comment="#")


@pytest.mark.parametrize(("confidence", "low", "high"), [(0.95, "low_95", "high_95"), (0.998, "low_998", "high_998")])
def test_wilsons_limits_are_as_expected(confidence, low, high):
    found = intervals.wilson(WILSON["part"], WILSON["part"], WILSON["whole"], confidence)
    assert found[0] == pytest.approx(WILSON[low].to_numpy(), rel=1e-12)
    assert found[1] == pytest.approx(WILSON[high].to_numpy(), rel=1e-12)
