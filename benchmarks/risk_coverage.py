"""How often 95 % intervals of the survey of children contain what is true, over synthetic surveys.

    python benchmarks/risk_coverage.py                    500 surveys, and 100 four times as large: some twenty minutes
    python benchmarks/risk_coverage.py --surveys 50       fewer
    python benchmarks/risk_coverage.py --larger 10        fewer of those that are four times as large
    python benchmarks/risk_coverage.py --into FOLDER      where risk_coverage_SYNTHETIC.csv and .png go

Each survey is drawn anew with the design of the committed one: sampling units in each of 18 strata as the square root
of their children, as many households a unit, refusals, answers that are not known. True odds ratios are simulated, true
prevalences are computed from all combinations of traits: both are those of the population the surveys are drawn from,
so that sampling units are taken as drawn with replacement. Each survey is read in four ways: as the pages read it
(prevalences with limits that Kish's effective sample bounds, odds ratios with jackknifed errors, those of trafficking
by Firth's method, unweighted); with the usual limits (logit, linearised); with weights alone, as if each child had
been drawn by itself; and with neither. Surveys of four times as many units show what is due to the number of
children. Where a model refuses, no interval is there to contain anything: refusals are counted apart, and the share
is that of the surveys with an interval.
"""

from __future__ import annotations

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[threads] = "1"
# Where tools/ is.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from tqdm import tqdm  # noqa: E402

from analysis import plots  # noqa: E402
from bounded import intervals  # noqa: E402
from survey_stats import NotEstimable, SurveyDesign, firth_logistic, reliable  # noqa: E402
from tools.synthetic.survey import HOUSEHOLDS, PSUS, survey  # noqa: E402
from tools.synthetic.survey.true_values import among, formulas, modelled  # noqa: E402
from tools.synthetic.survey.true_values import table as true_table  # noqa: E402

PAGES, USUAL, WEIGHTED, NEITHER = "as the pages", "usual limits", "weights alone", "neither"
WAYS = {
    PAGES: {"weight": "weight", "stratum": "stratum", "psu": "psu_id"},
    USUAL: {"weight": "weight", "stratum": "stratum", "psu": "psu_id"},
    WEIGHTED: {"weight": "weight"},
    NEITHER: {"weight": "one"},
}
LARGE = 4 * PSUS
AS_LARGE = f"as the pages, {LARGE} units a stratum"
OUTCOMES = ("working", "out_of_school", "forced_labour", "trafficked")
DOMAINS = ("", "nationality", "sex", "age_group", "area_id")
NAMES = {
    "working": "work", "out_of_school": "out of school", "forced_labour": "forced labour", "trafficked": "trafficked",
    "": "all", "nationality": "by nationality", "sex": "by sex", "age_group": "by age", "area_id": "by province",
}  # fmt: skip
NOMINAL = 0.95
# Too rare for the design's method.
FIRTH = "trafficked"
# From here on the axis of the figure runs; what lies below is drawn at its edge, as a number.
LOWEST = 0.70
LIMITS = (
    "Synthetic surveys: what holds there need not hold where answers are not true or refusals depend on them. "
    "A refusal to fit is counted apart."
)


def judged(task: tuple[int, int]) -> pd.DataFrame:
    """What one survey says of each true value: one row a way of reading and a value.

    Parameters
    ----------
    task : seed, and sampling units a stratum.
    """
    seed, psus = task
    table = modelled(survey(seed, psus).respondents).assign(one=1.0)
    rows = []
    for way, columns in WAYS.items() if psus == PSUS else [(AS_LARGE, WAYS[PAGES])]:
        design = SurveyDesign(table, **columns)
        for outcome, formula in formulas().items():
            rows += _odds_ratios(design, table, outcome, formula, way)
        for domain in DOMAINS:
            found = reliable(
                design.proportion(
                    list(OUTCOMES), by=domain or None, method="kish" if way in (PAGES, AS_LARGE) else "logit"
                )
            )
            where = domain + "=" + found[domain].astype(str) if domain else "all"
            rows += found.assign(way=way, quantity="prevalence", outcome=found["variable"], domain=where, term="")[
                ["way", "quantity", "outcome", "domain", "term", "estimate", "low", "high", "flag"]
            ].to_dict("records")
    return pd.DataFrame(rows).assign(seed=seed)


def _odds_ratios(design: SurveyDesign, table: pd.DataFrame, outcome: str, formula: str, way: str) -> list[dict]:
    common = {"way": way, "quantity": "odds_ratio", "outcome": outcome, "domain": "all"}
    pages = way in (PAGES, AS_LARGE)
    inside = among(table, outcome)
    try:
        if pages and outcome == FIRTH:
            model = firth_logistic(table[inside.fillna(False).astype(bool)], formula)
        else:
            model = design.domain(inside).logistic(formula, errors="jackknife" if pages else "linearised")
    except NotEstimable:
        return [common | {"term": "", "estimate": np.nan, "low": np.nan, "high": np.nan}]
    found = model.coefficients[1:][["term", "odds_ratio", "odds_ratio_low", "odds_ratio_high"]]
    return [common | row for row in found.set_axis(["term", "estimate", "low", "high"], axis=1).to_dict("records")]


def truth() -> pd.DataFrame:
    """What is true of all that is judged: quantity, outcome, domain, term (as models write it), value."""
    every = true_table()
    every = every[every["quantity"].isin(["odds_ratio", "prevalence"])]
    every = every[(every["quantity"] == "odds_ratio") | (every["among"] == "")]
    term = every["term"].str.replace("=True", "").str.replace(r"=([^:]+)", r"[\1]", regex=True)
    return every.assign(term=term)[["quantity", "outcome", "domain", "term", "value"]]


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a way of reading and a true value: in how many surveys it has an interval, and is contained.

    Returns
    -------
    DataFrame: way, quantity, outcome, domain, term, value (the true one), judged (surveys with an interval), contains,
    interval_below (it lies below the true value), precise and contains_precise (the same of prevalences that
    ``risk.reliable`` does not flag), error (median of the estimate's log ratio to the true odds ratio, or relative
    error of a prevalence), refused, share (contains of judged), low, high (95 %, Wilson).
    """
    keys = ["quantity", "outcome", "domain", "term"]
    joined = rows[rows["low"].notna()].merge(truth(), on=keys)
    log = joined["quantity"] == "odds_ratio"
    ratio = joined["estimate"] / joined["value"]
    error = np.where(log, np.log(ratio.where(log, 1.0)), ratio - 1)
    joined = joined.assign(
        contains=(joined["low"] <= joined["value"]) & (joined["value"] <= joined["high"]),
        below=joined["high"] < joined["value"],
        precise=joined["flag"] == "",
        error=error,
    )
    joined["contains_precise"] = joined["contains"] & joined["precise"]
    groups = joined.groupby(["way", *keys], sort=False)
    table = groups.agg(
        value=("value", "first"),
        judged=("contains", "size"),
        contains=("contains", "sum"),
        interval_below=("below", "sum"),
        precise=("precise", "sum"),
        contains_precise=("contains_precise", "sum"),
        error=("error", "median"),
    ).reset_index()
    low, high = intervals.wilson(table["contains"], table["contains"], table["judged"])
    return table.assign(
        refused=table["way"].map(rows.groupby("way")["seed"].nunique()) - table["judged"],
        share=table["contains"] / table["judged"],
        low=low,
        high=high,
    )


def by_group(rows: pd.DataFrame) -> pd.DataFrame:
    """Coverage of prevalences by outcome and kind of domain: each survey gives a share, and these their interval."""
    keys = ["quantity", "outcome", "domain", "term"]
    joined = rows[rows["quantity"] == "prevalence"].merge(truth(), on=keys)
    joined["contains"] = (joined["low"] <= joined["value"]) & (joined["value"] <= joined["high"])
    joined["kind"] = joined["domain"].str.partition("=")[0].replace("all", "")
    shares = joined.groupby(["way", "outcome", "kind", "seed"])["contains"].mean()
    table = shares.groupby(["way", "outcome", "kind"]).agg(["mean", "std", "size"]).reset_index()
    reach = 1.96 * table["std"] / np.sqrt(table["size"])
    return table.rename(columns={"mean": "share"}).assign(
        low=(table["mean"] - reach).clip(lower=0), high=(table["mean"] + reach).clip(upper=1)
    )


def drawn(table: pd.DataFrame, groups: pd.DataFrame, surveys: int):
    """Coverage with its Monte Carlo interval around the nominal line: of each odds ratio, and of prevalences."""
    ratios = table[table["quantity"] == "odds_ratio"]
    refused = ratios[ratios["way"] == PAGES].groupby("outcome", sort=False)["refused"].max()
    said = ", ".join(f"{NAMES[outcome]} {number}" for outcome, number in refused.items())
    shown = pd.concat(
        [
            ratios.assign(label=ratios["term"].map(_term), group="Odds ratios, " + ratios["outcome"].map(NAMES)),
            groups.assign(label=groups["kind"].map(NAMES), group="Prevalences, " + groups["outcome"].map(NAMES)),
        ],
        ignore_index=True,
    )
    drawn_ways = (PAGES, USUAL, NEITHER)
    shown = shown[shown["way"].isin(drawn_ways)].assign(way=lambda rows: rows["way"].map(_entry))
    return plots.dots(
        shown.assign(low=shown["low"].clip(lower=LOWEST), share=shown["share"].where(shown["share"] >= LOWEST)),
        estimate="share",
        series="way",
        group="group",
        order=[_entry(way) for way in drawn_ways],
        at={"nominal": NOMINAL},
        limits=(LOWEST, 1.0),
        percent=True,
        interval_label="its Monte Carlo interval",
        title="How often 95 % intervals contain what is true",
        subtitle=f"{surveys:,} synthetic surveys. No estimate, as the model was refused: {said}.",
        footer=plots.Footer(
            "benchmarks/risk_coverage.py",
            "synthetic",
            f"{surveys:,} surveys of some {18 * PSUS * HOUSEHOLDS:,} households",
            LIMITS,
            synthetic=True,
        ),
    )


def _entry(way: str) -> str:
    words = {
        PAGES: "as the pages read it",
        USUAL: "usual limits (logit, linearised)",
        NEITHER: "weights, strata and units ignored",
    }
    return words.get(way, way)


def _term(term: str) -> str:
    """A term of a model in words."""
    words = {
        "nationality[SY]": "Syrian", "nationality[other]": "other nationality", "sex[male]": "boy",
        "age_group[12-14]": "age 12-14", "age_group[15-17]": "age 15-17", "turkish[none]": "no Turkish",
        "turkish[some]": "some Turkish", "sector_group[agriculture]": "agriculture",
        "sector_group[industry]": "industry", "labour_intermediary": "intermediary",
    }  # fmt: skip
    return " x ".join(words.get(part, part.replace("_", " ")) for part in term.split(":"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--surveys", type=int, default=500, help="how many (default: 500)")
    parser.add_argument("--larger", type=int, default=100, help="how many four times as large (default: 100)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes (default: one a processor)")
    parser.add_argument("--into", type=Path, default=Path(__file__).parent, help="folder of the results")
    options = parser.parse_args()
    tasks = [(seed, PSUS) for seed in range(options.surveys)] + [(seed, LARGE) for seed in range(options.larger)]
    with ProcessPoolExecutor(options.jobs) as pool:
        found = list(tqdm(pool.map(judged, tasks), total=len(tasks), unit="survey"))
    rows = pd.concat(found, ignore_index=True)
    table, groups = summary(rows), by_group(rows)
    table.round(4).to_csv(options.into / "risk_coverage_SYNTHETIC.csv", index=False, lineterminator="\n")
    (options.into / "risk_coverage_SYNTHETIC.png").write_bytes(plots.png(drawn(table, groups, options.surveys)))
    print(groups.pivot(index=["outcome", "kind"], columns="way", values="share").round(3).to_string())
    ratios = table[table["quantity"] == "odds_ratio"]
    print(ratios.pivot(index=["outcome", "term"], columns="way", values="share").round(3).to_string())


if __name__ == "__main__":
    main()
