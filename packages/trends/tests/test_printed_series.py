"""Numbers that other packages print of series: breaks in the level, and the rank test with missing values.

Sources, by the commit of the repository that was read:
- strucchange 1.5-4 (cran/strucchange 3e40f84): tests/strucchange-tests.Rout.save (Grossarl, fraction) and
  tests/Examples/strucchange-Ex.Rout.save (Grossarl, marriages; RealInt, after Bai and Perron 2003, table 1).
- pymannkendall (mmhs013/pyMannKendall ec2e3ab): tests/test_pymannkendall.py, compared there with R's trend and rkt.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trends import level_breaks, mann_kendall
from trends.level_breaks import best_partitions

REFERENCE = Path(__file__).parents[3] / "tests" / "reference"
GROSSARL = pd.read_csv(REFERENCE / "grossarl.csv", comment="#")
REAL_INTEREST = pd.read_csv(REFERENCE / "real_interest.csv", comment="#")
SERIES = {
    "fraction": (GROSSARL["year"], GROSSARL["illegitimate"] / (GROSSARL["illegitimate"] + GROSSARL["legitimate"])),
    "marriages": (GROSSARL["year"], GROSSARL["marriages"]),
    "real interest": (REAL_INTEREST["quarter"], REAL_INTEREST["rate"]),
}
# Residual sums of squares, BIC and positions of the breaks, by the number of breaks.
PRINTED = {
    "fraction": (
        ([1.1088, 0.8756, 0.6854, 0.6587, 0.6279, 0.6019, 0.5917, 0.5934, 0.6084], 4),
        (
            [-460.8402, -497.4625, -535.8459, -533.1857, -532.1789, -530.0501, -522.8510, -511.7017, -496.0924],
            4,
        ),
        [
            [127],
            [55, 122],
            [55, 124, 180],
            [55, 122, 157, 179],
            [54, 86, 122, 157, 179],
            [35, 55, 86, 122, 157, 179],
            [35, 55, 80, 101, 122, 157, 179],
            [35, 55, 79, 99, 119, 139, 159, 179],
        ],
    ),
    "marriages": (
        ([3832, 3059, 2863, 2723, 2671, 2634, 2626, 2626, 2645], 0),
        ([1169, 1134, 1132, 1132, 1139, 1147, 1157, 1167, 1179], 0),
        [
            [114],
            [39, 114],
            [39, 114, 176],
            [39, 95, 115, 176],
            [39, 62, 95, 115, 176],
            [39, 62, 95, 115, 136, 176],
            [39, 62, 95, 115, 136, 156, 176],
            [21, 41, 62, 95, 115, 136, 156, 176],
        ],
    ),
    "real interest": (
        ([1214.9, 645.0, 456.0, 445.2, 444.9, 449.6], 1),
        ([555.7, 499.8, 473.3, 480.1, 489.3, 499.7], 1),
        [[79], [47, 79], [24, 47, 79], [24, 47, 64, 79], [16, 31, 47, 64, 79]],
    ),
}


@pytest.mark.parametrize(("name", "shortest"), [("fraction", 20), ("marriages", 20), ("real interest", 15)])
def test_every_number_of_breaks_is_as_strucchange_prints(name, shortest):
    periods, values = SERIES[name]
    found = level_breaks(
        pd.DataFrame({"period": periods, "value": values}), min_share=(shortest + 0.01) / len(values), permutations=0
    )
    assert found.shortest == shortest
    (rss, rss_digits), (bic, bic_digits), positions = PRINTED[name]
    candidates = found.candidates.head(len(rss))
    assert candidates["rss"].tolist() == pytest.approx(rss, abs=0.5 * 10**-rss_digits + 1e-9)
    assert candidates["bic"].tolist() == pytest.approx(bic, abs=0.5 * 10**-bic_digits + 1e-9)
    first = periods.iloc[0]
    assert [[int(end - first + 1) for end in ends] for ends in candidates["periods"].iloc[1:]] == positions


def test_limits_of_breaks_of_births_outside_marriage_are_as_strucchange_prints():
    periods, values = SERIES["fraction"]
    found = level_breaks(pd.DataFrame({"period": periods, "value": values}), min_share=0.1, permutations=0).breaks
    assert found[["position_low", "position", "position_high"]].to_numpy().tolist() == [[52, 55, 61], [116, 122, 124]]
    assert found[["low", "period", "high"]].to_numpy().tolist() == [[1751, 1754, 1760], [1815, 1821, 1823]]


@pytest.mark.parametrize(
    ("name", "shortest", "printed"),
    [
        # Bai and Perron (2003), table 1, prints 1.82, 0.87, -1.80 and 5.64.
        ("real interest", 15, [1.8236167, 0.8660848, -1.7961384, 5.6428896]),
        ("marriages", 20, [13.487179, 10.160714, 12.150000, 6.885246, 9.750000]),
    ],
)
def test_levels_between_breaks_are_as_strucchange_prints(name, shortest, printed):
    values = SERIES[name][1].to_numpy(dtype=float)
    ends = best_partitions(values, shortest, len(printed) - 1)[len(printed) - 1]
    digits = 7 if name == "real interest" else 6
    found = [level.mean() for level in np.split(values, ends)]
    assert found == pytest.approx(printed, abs=0.5 * 10**-digits + 1e-9)


def test_the_rank_test_of_a_year_of_counts_is_that_of_pymannkendall():
    # Its corrections for autocorrelation are left out: with missing values it takes the slope over all periods from
    # values numbered without the gaps.
    data = pd.read_csv(REFERENCE / "seasonal_counts.csv", comment="#")
    found = mann_kendall(data["value"])
    assert (found.s, found.var_s) == (-1959, pytest.approx(4889800.333333333, rel=1e-15))
    assert found.z == pytest.approx(-0.8854562842589916, rel=1e-14)
    assert found.p_value == pytest.approx(0.37591058740506833, rel=1e-13)
    assert found.tau_a == pytest.approx(-0.03153167653875869, rel=1e-14)
    assert found.slope == pytest.approx(-0.006369426751592357, rel=1e-14)
