"""Samples of Californian schools for tests of surveys, and R's designs of them: see tests/reference/risk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from scipy import special

from survey_stats import SurveyDesign

REFERENCE = Path(__file__).parent / "reference" / "risk"


def schools(name: str) -> pd.DataFrame:
    """The schools of a sample, with sch.wide as yes or no in `wide`."""
    data = pd.read_csv(REFERENCE / f"api_{name}.csv", comment="#")
    return data.assign(wide=data["sch.wide"] == "Yes")


# Schools drawn within three types, all schools of some districts, schools drawn from all, schools of some districts.
STRATA = SurveyDesign(schools("strat"), "pw", stratum="stype", fpc="fpc")
CLUSTERS = SurveyDesign(schools("clus1"), "pw", psu="dnum", fpc="fpc")
SIMPLE = SurveyDesign(schools("srs"), "pw", fpc="fpc")
# Weights follow from the numbers of districts and of schools in them.
TWO_STAGE = SurveyDesign(schools("clus2"), psu=["dnum", "snum"], fpc=["fpc1", "fpc2"])
WITH_REPLACEMENT = SurveyDesign(schools("clus2"), "pw", psu=["dnum", "snum"])

# How many schools there are in all.
TYPES = pd.DataFrame({"stype": ["E", "H", "M"], "population": [4421, 755, 1018]})
SCHOOL_WIDE = pd.DataFrame({"sch.wide": ["No", "Yes"], "population": [1072, 5122]})
IMPROVED = pd.DataFrame({"comp.imp": ["No", "Yes"], "population": [1712, 4482]})


def counted(counts: list[list[int]], weight: float = 3.0) -> pd.DataFrame:
    """One row a respondent from the counts of a table: categories r0, r1 ... and c0, c1 ..., and weights."""
    rows = [(f"r{i}", f"c{j}") for i, row in enumerate(counts) for j, n in enumerate(row) for _ in range(n)]
    return pd.DataFrame(rows, columns=["row", "column"]).assign(w=weight)


def children(seed: int, n: int = 240) -> pd.DataFrame:
    """Synthetic children in 24 villages of three strata, whose work goes with age, debt and nationality."""
    chance = np.random.default_rng(seed)
    data = pd.DataFrame(
        {
            "village": chance.integers(0, 24, n),
            "w": chance.uniform(1, 9, n),
            "sex": pd.Categorical(chance.choice(["male", "female"], n), ["male", "female"]),
            "nationality": chance.choice(["SY", "TR", "other"], n),
            "age": chance.integers(5, 18, n),
            "debt": pd.array(chance.random(n) < 0.4, dtype="boolean"),
        }
    )
    data["village"] = np.arange(n) % 24
    data["stratum"] = data["village"] % 3
    eta = -1 + 0.08 * (data["age"] - 10) + 0.7 * data["debt"].astype(float) + 0.5 * (data["nationality"] == "SY")
    return data.assign(y=pd.array(chance.random(n) < special.expit(eta), dtype="boolean"))
