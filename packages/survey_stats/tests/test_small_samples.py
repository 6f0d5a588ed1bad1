"""Tables that samplics and Stata print of small samples (samplics bd3d6c2): see tests/reference/README.md."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from survey_stats import SurveyDesign

REFERENCE = Path(__file__).parents[3] / "tests" / "reference" / "risk"
COLUMNS = ["estimate", "standard_error", "low", "high"]


def read(name: str, **options: object) -> pd.DataFrame:
    return pd.read_csv(REFERENCE / f"{name}.csv", comment="#", **options)


def last_digit(printed: str) -> float:
    """Half of a unit of the last digit."""
    return 0.5 * 10.0 ** -len(printed.partition(".")[2])


# Finite populations

ONE_STAGE = read("one_stage_fpc").assign(answer=lambda data: data["z"].map({0: "no", 1: "yes"}))
PRINTED = read("one_stage_fpc_printed", dtype=str, keep_default_na=False)


def one_stage(strata: str, psus: str) -> SurveyDesign:
    if strata == "no":
        drawn_from = 44
    elif psus == "yes":
        drawn_from = ONE_STAGE["psus_in_stratum"]
    else:
        drawn_from = ONE_STAGE["stratum"].map({1: 15, 2: 9, 3: 20})
    return SurveyDesign(
        ONE_STAGE.assign(drawn_from=drawn_from),
        "weight",
        stratum="stratum" if strata == "yes" else None,
        psu="psu" if psus == "yes" else None,
        fpc="drawn_from",
    )


@pytest.mark.parametrize("statistic", ["total", "mean", "ratio", "prop"])
@pytest.mark.parametrize(("strata", "psus"), [("no", "yes"), ("no", "no"), ("yes", "yes"), ("yes", "no")])
def test_estimates_from_finite_populations_are_those_of_samplics(statistic, strata, psus):
    design = one_stage(strata, psus)
    rows = PRINTED[(PRINTED[["statistic", "strata", "psus"]] == [statistic, strata, psus]).all(axis=1)]
    assert len(rows) == (6 if statistic == "prop" else 3)
    for printed in rows.to_dict("records"):
        # Stata keeps the degrees of freedom of the whole sample in a domain; here they are those of PSUs in it.
        options = {"by": "domain" if printed["domain"] else None, "degrees_of_freedom": design.degrees_of_freedom}
        if statistic == "ratio":
            found = design.ratio("y", "x", **options)
        elif statistic == "prop":
            found = design.proportion("answer", **options)
            found = found[found["category"] == {"0": "no", "1": "yes"}[printed["category"]]]
        else:
            found = getattr(design, statistic)("y", **options)
        if printed["domain"]:
            found = found[found["domain"] == int(printed["domain"])]
        assert len(found) == 1
        for column in COLUMNS:
            if printed[column]:
                # Seven digits of the estimate were kept, so that a limit near 0 has fewer.
                close = max(1.05 * last_digit(printed[column]), 5e-8 * abs(found["estimate"].item()))
                assert found[column].item() == pytest.approx(float(printed[column]), abs=close), (printed, column)


# Margins of Kalton and Flores-Cervantes (2003), Journal of Official Statistics 19, 81-97


NHANES = read("nhanes_cholesterol", dtype={"race": str, "high_cholesterol": str})
NHANES_PRINTED = read("nhanes_cholesterol_printed", dtype=str)


@pytest.mark.parametrize("what", ["share", "total"])
def test_high_cholesterol_by_race_is_as_stata_prints(what):
    data = NHANES.assign(cell=NHANES["race"] + NHANES["high_cholesterol"])
    names = sorted(data["cell"].unique())
    data = data.join(pd.DataFrame({name: (data["cell"] == name).astype(float) for name in names}))
    design = SurveyDesign(data, "weight", stratum="stratum", psu="psu")
    found = design.proportion("cell") if what == "share" else design.total(names)
    printed = NHANES_PRINTED[NHANES_PRINTED["what"] == what]
    for column in COLUMNS:
        # Printed upper limits of totals are not as far from the estimate as the lower ones, by 0.05 and once by 0.52.
        close = {"abs": 5e-5} if what == "share" else {"rel": 2e-7 if column == "high" else 0, "abs": 0.0051}
        assert found[column].tolist() == pytest.approx(printed[column].astype(float).tolist(), **close)
    assert design.degrees_of_freedom == 16
