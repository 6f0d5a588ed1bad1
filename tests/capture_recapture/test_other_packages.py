"""Numbers that other packages and their tests print of small tables: two lists, linkages, networks.

Sources, by the commit of the repository that was read:
- FSA 0.10.0 (cran/FSA 71984b0), tests/testthat/testthat_mrClosed.R, "Validate Results": what textbooks print.
- M. Höhle (2016), "Right or Wrong? - Validate Numbers Like a Boss", the post of 21 May 2016 on hoehleatsu.github.io,
  prints CARE1::estN.pair of 12 errors found by one reader only, 9 by another, 6 by both.
- verdata (HRDAG/verdata 6d62ea3), tests/testthat/test-combine_estimates.R.
- networkscaleup 0.1-2 (cran/networkscaleup 14b3562), vignette FittingNetworkScaleup.
- MultipleSystemsEstimation (bernardsilverman/MultipleSystemsEstimation 4f09409): docs/articles/reproduce-2021.md, fits
  computed there, and reproduce-2024.md, tables 2, 3 and 6 as published by Silverman, Chan and Vincent (2024).
- networkreporting 0.1.1 (cran/networkreporting 663bc5b), tests/testthat/toynetworks.RData, attribute nsum.estimate.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from captures import REFERENCE, histories, published
from scipy import stats

from capture_recapture import (
    chapman,
    combine_estimates,
    multiple_systems,
    network_scale_up,
)
from capture_recapture.combining import rubin
from capture_recapture.resampling import lognormal_limits

# Two lists


def two_lists(first: int, second: int, both: int) -> pd.DataFrame:
    return histories({"10": first - both, "01": second - both, "11": both})


def test_normal_limits_of_chapmans_estimate_are_those_of_textbooks():
    # 1330 to 1826 in Pine and others, and up to 15316 in Seber, by FSA's confint(type = "normal") of whole numbers.
    for lists, limits in (((421, 332, 88), (1330, 1826)), ((500, 149, 7), (None, 15316))):
        found = chapman(two_lists(*lists))
        for sign, limit in zip((-1, 1), limits, strict=True):
            reach = sign * stats.norm.ppf(0.975) * found.standard_error
            assert limit is None or found.estimate + reach == pytest.approx(limit, abs=1)


def test_errors_found_by_two_readers_are_as_by_care1():
    # CARE1 has the log-normal limits of Chao (1987), `chapman` those of Sadinle (2009).
    found = chapman(two_lists(18, 15, 6))
    assert (found.estimate, found.standard_error) == pytest.approx((42.428571, 9.151781), abs=5e-7)
    limits = lognormal_limits(found.n, found.estimate, found.standard_error**2, 0.95)
    assert limits == pytest.approx((32.259669, 72.257758), abs=5e-6)


# Several lists


@pytest.mark.parametrize(
    ("name", "coefficients"),
    [
        (
            "NewOrl_186",
            [
                6.829240,
                -3.550255,
                -5.215378,
                -2.610929,
                -3.356509,
                -4.770202,
                -5.060321,
                -4.925883,
                -3.901502,
                2.257897,
            ],
        ),
        ("NewOrl_5_186", [6.678885, -3.422929, -3.390127, -2.477678, -3.158522, -3.775298]),
        ("Western", [7.667806, -3.720856, -3.192148, -2.929026, -3.844972, -4.603245, 2.334561]),
    ],
)
def test_coefficients_are_those_of_multiplesystemsestimation(name, coefficients):
    found = multiple_systems(published(name), threshold=0.02, replicates=0)
    assert found.coefficients["coefficient"].tolist() == pytest.approx(coefficients, abs=6e-7)


@pytest.mark.parametrize(
    ("name", "deviance", "df"),
    [("Korea", 8.566946, 2), ("NewOrl_186", 33.15516, 245), ("NewOrl_5_186", 18.05614, 25), ("Western", 26.58423, 24)],
)
def test_deviances_are_those_of_multiplesystemsestimation(name, deviance, df):
    found = multiple_systems(published(name), threshold=0.02, replicates=0)
    assert (found.deviance, found.df) == (pytest.approx(deviance, abs=5e-6), df)


@pytest.mark.parametrize(
    ("name", "order", "limits"),
    [
        ("Korea", 2, {0.8: (135, 288), 0.95: (128, 349)}),
        ("Kosovo", 3, {0.8: (7400, 12_200), 0.95: (6900, 18_000)}),
        pytest.param("UKdat_5", 2, {0.95: (11_456, 43_894)}, marks=pytest.mark.slow),
    ],
)
def test_limits_with_the_model_chosen_by_bic_again_are_near_the_published_ones(name, order, limits):
    # 1,000 resamples by other random numbers. With three seeds of ours the limits of Kosovo go from 6,402 to 7,141 and
    # from 17,789 to 18,433, those of the United Kingdom from 11,178 to 11,718 and from 40,867 to 43,682.
    found = multiple_systems(published(name), selection="bic", order=order, among=1024).intervals.set_index(
        "confidence"
    )
    for confidence, printed in limits.items():
        assert found.loc[confidence, ["low", "high"]].tolist() == pytest.approx(printed, rel=0.08)


# Estimates of several linkages


def test_replicates_are_combined_as_by_verdata():
    # verdata prints 1,593 persons, 1,266 to 2,148: the mean of the draws themselves, and limits on the log scale. Its
    # variance within and between replicates is ours. Its degrees of freedom have W / ((m + 1) B) where Rubin (1987) has
    # W m / ((m + 1) B), so that there are 24 in place of 211, and wider limits.
    table = pd.read_csv(REFERENCE / "verdata_replicates.csv", comment="#")
    m, n = len(table), round(table["n"].mean())
    assert n + round(table["mean_missing"].mean()) == 1593
    within, between, total, degrees = rubin(
        table["mean_log_missing"].to_numpy(), table["variance_log_missing"].to_numpy()
    )
    assert degrees == pytest.approx((m - 1) * (1 + m / (m + 1) * within / between) ** 2)
    reach = stats.t.ppf(0.975, (m - 1) * (1 + 1 / (m + 1) * within / between) ** 2) * np.sqrt(total)
    limits = n + np.exp(table["mean_log_missing"].mean() + np.array([-reach, reach]))
    assert limits.round().tolist() == [1266, 2148]
    # With all replicates taken to have the same persons recorded, the limits are those with Rubin's degrees of freedom.
    found = combine_estimates(
        pd.DataFrame(
            {
                "n": n,
                "estimate": n + np.exp(table["mean_log_missing"]),
                "standard_error": np.sqrt(table["variance_log_missing"]),
            }
        )
    )
    assert (found.total, found.degrees_of_freedom) == pytest.approx((total, degrees))
    assert found.low > 1266 and found.high < 2148


# Networks scaled up


@pytest.mark.parametrize(("group", "printed"), [("group_3", 1526), ("group_5", 12907)])
def test_sizes_from_networks_are_those_of_networkscaleup(group, printed):
    # Its model "MLE"; "PIMLE", the mean of ratios (1645 and 14632), is another estimator.
    contacts = pd.read_csv(REFERENCE / "network_contacts.csv", comment="#")
    known = {"group_1": 1555, "group_2": 4683, "group_4": 1465}
    found = network_scale_up(contacts, 100_000, known, hidden=group, replicates=2)
    assert found.estimate == pytest.approx(printed, abs=0.5)


@pytest.mark.parametrize(
    ("hidden", "degrees", "printed"),
    [
        ([2, 1, 2, 1], [3, 3, 3, 3], 0.5),
        ([1, 1, 1, 0], [3, 3, 3, 3], 0.25),
        ([0, 1, 1, 1, 1], [4, 2, 2, 1, 1], 0.4),
        ([1, 1, 2, 1, 1], [3, 3, 2, 2, 2], 0.5),
    ],
)
def test_shares_in_toy_networks_are_those_of_networkreporting(hidden, degrees, printed):
    # All contacts are counted: as if everybody were one known group.
    people = pd.DataFrame({"hidden": hidden, "everybody": degrees})
    found = network_scale_up(people, len(people), {"everybody": len(people)}, replicates=2)
    assert found.prevalence == pytest.approx(printed, abs=1e-12)
    assert found.degrees.tolist() == degrees
