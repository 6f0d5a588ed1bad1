"""The survey of children with many respondents: the time of each step, and the memory of all.

    python benchmarks/risk_speed.py                   4,400, 44,000 and 200,000 respondents with all columns there are
    python benchmarks/risk_speed.py --size small      one of them: small, middle or large
    python benchmarks/risk_speed.py --into FOLDER     where risk_speed_SYNTHETIC.csv goes (default: benchmarks/)

Respondents are synthetic. Each size runs in a process of its own, so that its memory is its own: the largest resident
set, with Python, the libraries and the respondents. A step is timed once, after the same on a small survey, so that no
library is loaded on the way. Seconds are those of one processor, whatever else runs. Means are of sixty variables.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[threads] = "1"
# Where tools/ is.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pandas as pd  # noqa: E402

from analysis.methods.outcomes import outcomes  # noqa: E402
from survey_stats import NotEstimable, SurveyDesign, firth_logistic, rake  # noqa: E402
from tools.synthetic.survey import survey  # noqa: E402
from tools.synthetic.survey.true_values import among, formulas, modelled  # noqa: E402

# Sampling units a stratum, households a unit, and how many surveys are joined: the smallest stratum has no more units.
SIZES = {"small": (24, 12, 1), "middle": (120, 24, 1), "large": (140, 48, 2)}
OUTCOMES = ["working", "out_of_school", "hazardous_work", "child_labour", "forced_labour", "trafficked"]
DOMAINS = {
    "all": None,
    "province": "area_id",
    "nationality, sex and age": ["nationality", "sex", "age_group"],
    "province, nationality, sex and age": ["area_id", "nationality", "sex", "age_group"],
}
VARIABLES = 60


def joined(psus: int, households: int, surveys: int) -> pd.DataFrame:
    """Respondents of several surveys as one, of a population that many times as large."""
    parts = [survey(seed, psus, households).respondents for seed in range(surveys)]
    for number, part in enumerate(parts):
        part["psu_id"] += f"-{number}"
        part["psus_in_stratum"] *= surveys
    return pd.concat(parts, ignore_index=True)


def steps(psus: int, households: int, surveys: int = 1) -> dict[str, float]:
    """Seconds of processor time of each step, on one survey."""
    seconds: dict[str, float] = {}

    def timed(name: str, step: Callable[[], object]) -> object:
        began = time.process_time()
        try:
            found = step()
        except NotEstimable as error:
            # On the small survey a rare outcome may have no estimate; what it costs to say so is timed too.
            found = error
        seconds[name] = time.process_time() - began
        return found

    respondents = joined(psus, households, surveys)
    timed("outcomes of each child", lambda: outcomes(respondents))
    table = timed("outcomes and covariates coded", lambda: modelled(respondents))
    assert isinstance(table, pd.DataFrame)
    design = timed(
        "design",
        lambda: SurveyDesign(table, weight="weight", stratum="stratum", psu="psu_id", fpc="psus_in_stratum"),
    )
    assert isinstance(design, SurveyDesign)
    for name, by in DOMAINS.items():
        timed(f"{len(OUTCOMES)} prevalences: {name}", lambda by=by: design.proportion(OUTCOMES, by=by))
    numbers = [name for name in table if pd.api.types.is_numeric_dtype(table[name]) and not name.startswith("weight")]
    timed(f"means of {VARIABLES} variables", lambda: design.mean(numbers[-VARIABLES:]))
    timed(f"means of {VARIABLES} variables by province", lambda: design.mean(numbers[-VARIABLES:], by="area_id"))
    timed("quartiles of income by province", lambda: design.quantile("household_income", by="area_id"))
    timed("contingency table, Rao and Scott", lambda: design.table("nationality", "working"))
    for outcome, formula in formulas().items():
        timed(
            f"logistic regression: {outcome}", lambda o=outcome, f=formula: design.domain(among(table, o)).logistic(f)
        )
    rare = table[among(table, "trafficked").fillna(False).astype(bool)]
    timed("Firth's logistic regression: trafficked", lambda: firth_logistic(rare, formulas()["trafficked"]))
    children = table.groupby("stratum")["weight"].sum().rename("population").astype(float).reset_index()
    sexes = table.groupby("sex", observed=True)["weight"].sum().rename("population").astype(float).reset_index()
    raked = timed("raked to strata and sex", lambda: rake(design, children, sexes))
    timed("a prevalence with raked weights", lambda: raked.proportion("working"))
    seconds["all"] = sum(seconds.values())
    return {"respondents": len(table), "columns": len(respondents.columns), **seconds}


def measured(psus: int, households: int, surveys: int) -> dict[str, float]:
    """`steps`, after a small survey; and MiB at the peak."""
    steps(12, 12)
    found = steps(psus, households, surveys)
    return found | {"MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--into", type=Path, default=Path(__file__).parent, help="folder of the table")
    parser.add_argument("--size", action="append", choices=SIZES, help="only this one (default: all)")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measured(*SIZES[given.one])))
        return
    rows = []
    for size in given.size or SIZES:
        said = subprocess.run([sys.executable, __file__, "--one", size], check=True, capture_output=True, text=True)
        rows.append(json.loads(said.stdout.splitlines()[-1]))
        print(f"{rows[-1]['respondents']:>9,} respondents: {rows[-1]['all']:6.2f} s", flush=True)
    table = pd.DataFrame(rows).set_index("respondents").T.rename_axis("step")
    table.round(4).to_csv(given.into / "risk_speed_SYNTHETIC.csv", lineterminator="\n")
    print(table.round(3).to_string())


if __name__ == "__main__":
    main()
