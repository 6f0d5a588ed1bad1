"""What estimates are held against: true prevalences and odds ratios, and the models that have these odds ratios."""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np
import pandas as pd

from analysis.methods.outcomes import outcomes
from tools.synthetic.survey import simulated_truth
from tools.synthetic.survey.population import Floats, looked_up

BENCHMARK, FOLLOWS = "benchmark", "follows from shares that are invented"
# Traits whose groups are domains of every outcome; together with all children.
DOMAINS = (("area_id",), ("nationality",), ("sex",), ("age_group",), ("nationality", "sex", "age_group"))
ALL = "all"
_TUIK = "benchmark: TUIK_CLFS_2019"
_IZA = "benchmark: IZA_DP14466"


def table() -> pd.DataFrame:
    """Every quantity that is true of the survey's population; a copy.

    Returns
    -------
    DataFrame with columns quantity (``prevalence``, ``odds_ratio``, ``intercept`` or ``children``), outcome, among (the
    column that must be true, "" for all children), domain (traits and values, ``all`` for the population), term and
    reference (of an odds ratio: trait=value, two of them for an interaction; the value it is compared with), value
    (share, ratio, log odds, or number of children), how (``benchmark: source``, ``planted``, ``solved from benchmarks``
    or what it follows from).
    """
    return _table().copy()


@cache
def _table() -> pd.DataFrame:
    plan = simulated_truth.solved()
    rows = [*_prevalences(plan), *_odds_ratios(plan)]
    columns = ["quantity", "outcome", "among", "domain", "term", "reference", "value", "how"]
    return pd.DataFrame(rows, columns=columns)


def _odds_ratios(plan: simulated_truth.Plan) -> list[tuple]:
    rows: list[tuple] = []
    for model in plan.logistics:
        rows.append(("intercept", model.outcome, model.among, ALL, "", "", model.intercept, model.intercept_how))
        for effect in model.effects:
            term = ":".join(f"{trait}={value}" for trait, value in effect.of)
            reference = ":".join(str(model.reference[trait]) for trait, _ in effect.of)
            rows.append(("odds_ratio", model.outcome, model.among, ALL, term, reference, effect.odds_ratio, effect.how))
    return rows


def _prevalences(plan: simulated_truth.Plan) -> list[tuple]:
    cells, weight = plan.children([plan.sector_step()])
    chance = outcome_chances(plan, cells)
    at_work = weight * chance["working"]
    shares = {(name, ""): (weight * chance[name], weight) for name in _OUTCOMES}
    shares |= {
        (name, "working"): (at_work * chance[f"{name} if working"], at_work)
        for name in ("forced_labour", "paid_work", "hazardous_work")
    }
    shares["out_of_school", "working"] = (at_work * cells["out_of_school"], at_work)
    for sector in simulated_truth.SECTOR_GROUPS:
        shares[f"sector_group={sector}", "working"] = (at_work * (cells["sector_group"] == sector), at_work)
    rows: list[tuple] = []
    for names in ((), *DOMAINS):
        group, groups = _groups(cells, names)
        totals = np.bincount(group, weights=weight)
        rows += [
            ("children", "", "", domain, "", "", totals[place], "population figures of 2021 and assumed shares")
            for place, domain in enumerate(groups)
        ]
        for (outcome, among), (cases, of) in shares.items():
            values = np.bincount(group, weights=cases) / np.bincount(group, weights=of)
            rows += [
                ("prevalence", outcome, among, domain, "", "", values[place], _how(outcome, among, domain))
                for place, domain in enumerate(groups)
            ]
    turkish = cells["nationality"] == "TR"
    for trait, value in (("age_group", "5-11"), ("age_group", "12-14"), ("age_group", "15-17"), ("sex", "male")):
        share = at_work[turkish & (cells[trait] == value)].sum() / at_work[turkish].sum()
        rows.append(("prevalence", f"{trait}={value}", "working", "nationality=TR", "", "", share, _TUIK))
    return rows


_OUTCOMES = (
    "working",
    "economic_activity_beyond_hours",
    "chores_beyond_hours",
    "hazardous_work",
    "forced_labour",
    "child_labour",
    "sdg_8_7_1_with_chores",
    "trafficked",
    "paid_work",
    "out_of_school",
)


def outcome_chances(plan: simulated_truth.Plan, cells: dict[str, np.ndarray]) -> dict[str, Floats]:
    """The chance of each outcome of children with these traits, and of some if the child works."""
    working, forced = plan.working.chance(cells), plan.forced_labour.chance(cells)
    hours = looked_up(cells, ("nationality", "age_group"), simulated_truth.BEYOND_HOURS)
    hazard = looked_up(cells, ("sector_group",), simulated_truth.ANY_HAZARD)
    chores = looked_up(cells, ("sex", "age_group", "nationality"), simulated_truth.CHORES_BEYOND_HOURS)
    paid = looked_up(cells, ("nationality",), simulated_truth.PAID)
    # Hours, hazards and chores are drawn apart from each other.
    none_of_work = 1 - working * (1 - (1 - hours) * (1 - hazard) * (1 - forced))
    return {
        "working": working,
        "economic_activity_beyond_hours": working * hours,
        "chores_beyond_hours": chores,
        "hazardous_work": working * hazard,
        "forced_labour": working * forced,
        "child_labour": 1 - (1 - chores) * none_of_work,
        "sdg_8_7_1_with_chores": 1 - (1 - chores) * (1 - working * hours),
        "trafficked": plan.trafficked.chance(cells),
        "paid_work": working * paid,
        "out_of_school": cells["out_of_school"].astype(float),
        "forced_labour if working": forced,
        "hazardous_work if working": hazard,
        "paid_work if working": paid,
    }


def _groups(cells: dict[str, np.ndarray], names: tuple[str, ...]) -> tuple[np.ndarray, list[str]]:
    """The group of each cell, and what the groups are called."""
    if not names:
        return np.zeros(len(cells["sex"]), dtype=np.intp), [ALL]
    values = [np.unique(cells[name], return_inverse=True) for name in names]
    group = np.zeros(len(cells["sex"]), dtype=np.intp)
    for distinct, place in values:
        group = group * len(distinct) + place
    every = product(*(distinct.tolist() for distinct, _ in values))
    return group, [", ".join(f"{name}={value}" for name, value in zip(names, each, strict=True)) for each in every]


def _how(outcome: str, among: str, domain: str) -> str:
    of_benchmark = (outcome, among) in (("working", ""), ("out_of_school", "working"))
    if domain == "nationality=TR" and (of_benchmark or outcome.startswith("sector_group=")):
        return _TUIK
    if outcome == "paid_work" and not among and domain in (
        "nationality=SY, sex=male, age_group=12-14", "nationality=SY, sex=male, age_group=15-17",
    ):  # fmt: skip
        return _IZA
    if outcome == "paid_work" and among:
        return "invented"
    return FOLLOWS


# --- Models ----------------------------------------------------------------------------------------------------------

# Answers that are not put to everybody, and what they amount to for those to whom they were not: of Turkish children,
# of children that are not Syrian, of households without debt.
NOT_PUT = {
    "turkish": ("nationality", "TR", "fluent"),
    "registered_elsewhere": ("nationality", ("TR", "other"), False),
    "debt_to_employer": ("debt", False, False),
}
# Children of other nationalities are too few for rare outcomes; without them the same odds ratios hold.
WITHOUT_OTHERS = ("forced_labour", "trafficked")


def modelled(respondents: pd.DataFrame) -> pd.DataFrame:
    """The respondents with their outcomes and with covariates as the models have them.

    Codes become categories whose first is the reference; answers that were not put are those of ``NOT_PUT``.

    Parameters
    ----------
    respondents : as `survey` gives them.
    """
    table = pd.concat(
        [respondents.drop(columns="working"), outcomes(respondents).drop(columns="respondent_id")], axis=1
    )
    for column, (asked, values, filled) in NOT_PUT.items():
        not_put = table[asked].isin(values if isinstance(values, tuple) else [values]).fillna(False)
        table[column] = table[column].mask(not_put.astype(bool), filled)
    for model in simulated_truth.solved().logistics:
        for trait, reference in model.reference.items():
            if isinstance(reference, str):
                others = sorted(set(table[trait].dropna()) - {reference}, reverse=trait == "nationality")
                table[trait] = pd.Categorical(table[trait], [reference, *others])
    return table


def formulas() -> dict[str, str]:
    """Outcome -> the formula of its model."""
    found = {}
    for model in simulated_truth.solved().logistics:
        joint = {":".join(trait for trait, _ in effect.of) for effect in model.effects if len(effect.of) > 1}
        found[model.outcome] = f"{model.outcome} ~ {' + '.join([*model.reference, *sorted(joint)])}"
    return found


def among(table: pd.DataFrame, outcome: str) -> pd.Series:
    """Which respondents of `modelled` a model is about: bool, missing where that is not known."""
    model = next(one for one in simulated_truth.solved().logistics if one.outcome == outcome)
    inside = table[model.among].astype("boolean") if model.among else pd.Series(True, table.index, dtype="boolean")
    return inside & table["nationality"].ne("other") if outcome in WITHOUT_OTHERS else inside
