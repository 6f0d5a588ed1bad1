"""Numbers that other packages print of small samples: finite populations, two stages, weights fitted to margins.

Sources, by the commit of the repository that was read:
- samplics (samplics-org/samplics bd3d6c2): tests/estimation/test_expansion_fpc.py and
  tests/categorical/test_crosstabulation.py, whose numbers are Stata's.
- survey 4.5 (cran/survey 4834b8b): in tests, testoutput/fpc.Rout.save, testoutput/multistage.Rout.save,
  domain.Rout.save, lonely.psu.Rout.save, deff.Rout.save and kalton.Rout.save.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from survey_stats import SurveyDesign, post_stratify, rake

REFERENCE = Path(__file__).parents[1] / "reference" / "risk"
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


FPC = pd.DataFrame(
    {
        "stratum": [1, 1, 1, 1, 1, 2, 2, 2],
        "psu": [1, 2, 3, 4, 5, 1, 2, 3],
        "weight": [3, 3, 3, 3, 3, 4, 4, 4],
        "psus": [15, 15, 15, 15, 15, 12, 12, 12],
        "x": [2.8, 4.1, 6.8, 6.8, 9.2, 3.7, 6.6, 4.2],
    }
).assign(above=lambda data: np.where(data["x"] > 4, "above 4", "up to 4"))


def test_eight_psus_with_and_without_their_population_are_as_r_prints():
    for options, error, digits in (({}, 0.7413, 4), ({"fpc": "psus"}, 0.616, 3)):
        row = SurveyDesign(FPC, "weight", stratum="stratum", psu="psu", **options).mean("x").iloc[0]
        assert row["estimate"] == pytest.approx(5.4481, abs=5e-5)
        assert row["standard_error"] == pytest.approx(error, abs=0.5 * 10**-digits)
    by = SurveyDesign(FPC, "weight", stratum="stratum", psu="psu").mean("x", "above").set_index("above")
    assert by.loc["up to 4", ["estimate", "standard_error"]].tolist() == pytest.approx([3.314286, 0.3117042], abs=5e-7)
    assert by.loc["above 4", ["estimate", "standard_error"]].tolist() == pytest.approx([6.195, 0.7555129], abs=5e-8)


def test_a_stratum_of_one_psu_that_is_all_there_is_adds_no_error_as_in_r():
    schools = read("api_clus1").assign(schools=lambda data: np.where(data["dnum"] == 413, 1, 1000))
    design = SurveyDesign(schools, "pw", stratum="dnum", fpc="schools")
    row = design.mean("api00").iloc[0]
    assert row["estimate"] == pytest.approx(644.17, abs=0.005)
    assert row["standard_error"] == pytest.approx(5.7344, abs=5e-5)


def test_two_stages_of_swedish_municipalities_are_as_r_prints():
    # Särndal, Swensson and Wretman (1992), p. 143.
    data = pd.DataFrame(
        {
            "cluster": [19, 45, 47, 50, 31] * 3,
            "clusters": 50,
            "municipality": np.repeat([1, 2, 3], 5),
            "municipalities": [5, 8, 5, 9, 7] * 3,
            "y": [41, 49, 31, 39, 49, 49, 49, 31, 41, 51, 49, 45, 35, 61, 33],
        }
    )
    design = SurveyDesign(data, psu=["cluster", "municipality"], fpc=["clusters", "municipalities"])
    row = design.total("y").iloc[0]
    assert row["estimate"] == pytest.approx(15_080, abs=0.5)
    assert row["standard_error"] == pytest.approx(2274.3, abs=0.05)
    assert row["standard_error"] ** 2 == pytest.approx(5_172_234, abs=0.5)


# Design effects

FIRMS = pd.DataFrame(
    {
        "sales": [15, 143, 21, 51, 337, 50, 274, 145, 15, 86],
        "equal": 100,
        "by_size": [20, 200, 11, 25, 550, 30, 250, 100, 10, 55],
    }
)


@pytest.mark.parametrize(
    ("weight", "mean", "total"),
    [
        ("equal", (113.700, 35.626, 1.0101), (113_700, 35_626, 1.0101)),
        ("by_size", (243.914, 48.752, 1.9741), (305_136, 184_965, 18.157)),
    ],
)
def test_design_effects_of_ten_firms_are_as_r_prints(weight, mean, total):
    design = SurveyDesign(FIRMS, weight)
    # With unequal weights R was asked for the effect beside a simple sample drawn with replacement (deff = "replace").
    population = FIRMS[weight].sum()
    beside = 1.0 if weight == "equal" else 1 - len(FIRMS) / population
    for found, printed, digits in ((design.mean("sales"), mean, 3), (design.total("sales"), total, 0)):
        row = found.iloc[0]
        assert row[["estimate", "standard_error"]].tolist() == pytest.approx(printed[:2], abs=0.5 * 10**-digits)
        assert row["design_effect"] * beside == pytest.approx(printed[2], rel=4e-5)


# Margins of Kalton and Flores-Cervantes (2003), Journal of Official Statistics 19, 81-97

SAMPLED = np.array([[20, 50, 100, 30], [40, 140, 50, 100], [40, 310, 50, 70]])
PEOPLE = np.array([[80, 60, 170, 55], [40, 150, 60, 165], [55, 340, 200, 125]])
CELLS = [(a, b) for b in (1, 2, 3) for a in (1, 2, 3, 4)]


def test_weights_of_kalton_and_flores_cervantes_are_as_r_prints():
    repeats = SAMPLED.ravel()
    sample = pd.DataFrame(np.repeat(CELLS, repeats, axis=0), columns=["a", "b"]).assign(weight=1.0)
    people = pd.DataFrame(CELLS, columns=["a", "b"]).assign(population=PEOPLE.ravel())
    design = SurveyDesign(sample, "weight")

    def cells(weighted: SurveyDesign) -> np.ndarray:
        return sample.assign(weight=weighted.weights).groupby(["a", "b"])["weight"].mean().unstack().to_numpy()

    # Tables A and B; rows a, columns b.
    printed = [[4.00, 1.00, 1.38], [1.20, 1.07, 1.10], [1.70, 1.20, 4.00], [1.83, 1.65, 1.79]]
    assert cells(post_stratify(design, people)) == pytest.approx(np.array(printed), abs=0.005 + 1e-9)
    margins = [people.groupby(name, as_index=False)["population"].sum() for name in ("a", "b")]
    printed = [[1.81, 1.45, 2.02], [1.08, 0.87, 1.21], [2.20, 1.76, 2.45], [1.83, 1.47, 2.04]]
    assert cells(rake(design, *margins)) == pytest.approx(np.array(printed), abs=0.005)


# Cross-tabulations


def test_births_by_age_of_the_mother_are_independent_of_nothing_as_stata_prints():
    # samplics, birthcat.csv: ages (rows) by kinds of birth, 923 women without weights.
    counts = np.array([[56, 239, 192], [79, 193, 37], [105, 18, 4]])
    places = [(a, b) for a in range(3) for b in range(3)]
    women = pd.DataFrame(np.repeat(places, counts.ravel(), axis=0), columns=["age", "birth"]).astype(str)
    design = SurveyDesign(women.assign(weight=1.0, cell=women["age"] + women["birth"]), "weight")
    table = design.table("age", "birth")
    assert table.pearson == pytest.approx(324.2777, abs=5e-5)
    assert table.value == pytest.approx(80.9816, abs=5e-5)
    assert (table.degrees_of_freedom, table.denominator) == pytest.approx((4, 3688))
    errors = [7.2567, 13.3156, 12.3380, 8.5039, 12.3616, 5.9628, 9.6517, 4.2033, 1.9967]
    shares = design.proportion("cell")
    # Of totals of women, 923 times those of shares.
    assert (923 * shares["standard_error"]).tolist() == pytest.approx(errors, abs=5e-5)
    low = [0.0470, 0.2316, 0.1830, 0.0692, 0.1840, 0.0292, 0.0948, 0.0123, 0.0016]
    high = [0.0781, 0.2882, 0.2355, 0.1055, 0.2366, 0.0549, 0.1359, 0.0308, 0.0115]
    assert shares["low"].tolist() == pytest.approx(low, abs=5e-5)
    assert shares["high"].tolist() == pytest.approx(high, abs=5e-5)


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


def test_cholesterol_and_race_are_tested_as_by_stata():
    # The F of Rao and Scott is the same however many rows weights stand in; Pearson's statistic is of 7,846 persons.
    table = SurveyDesign(NHANES, "weight", stratum="stratum", psu="psu").table("race", "high_cholesterol")
    found = (table.value, table.degrees_of_freedom, table.denominator, table.p_value)
    assert found == pytest.approx((3.1513, 1.9230, 30.7676, 0.0587), abs=5e-5)
    assert NHANES["respondents"].sum() == 7846
    assert table.pearson * 7846 / len(NHANES) == pytest.approx(16.9728, abs=6e-5)
