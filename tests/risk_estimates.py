"""The shares and odds ratios of children that the notebook on risk factors takes its findings from, for any place."""

from __future__ import annotations

from typing import Any

import pandas as pd

import survey_stats
from analysis.areas import Area
from analysis.exhibits import NoResult, attempt, risk_factors, risk_outcomes, risk_sample, risk_survey
from survey_stats import SurveyDesign

OUTCOMES = ["working", "child_labour", "forced_labour", "trafficked"]


def shares_of(place: Area) -> dict[str, Any]:
    """What the findings on shares are read from, by name, with the arguments of the notebook."""
    asked = risk_survey.asked_of(place)
    by, limits = {"by": "nationality"}, {"method": "kish"}

    def shares(design, *variables: list[str], **how: Any) -> pd.DataFrame | NoResult:
        estimates = [attempt(SurveyDesign.proportion, design, names, **limits, **(by | how)) for names in variables]
        return risk_survey.protected_shares(*estimates, place=place)

    groups = risk_outcomes.groups_of(place, OUTCOMES)
    estimates = [attempt(SurveyDesign.proportion, asked, OUTCOMES, **by, **limits)]
    estimates += [attempt(SurveyDesign.proportion, asked, name, by=groups[name], **limits) for name in groups]
    at_work = asked if isinstance(asked, NoResult) else attempt(SurveyDesign.domain, asked, asked.data["working"])
    needs = [f"{part}_{need}" for part in ("need", "met", "gap") for need in risk_outcomes.NEEDS]
    totals = attempt(SurveyDesign.total, asked, [name for name in needs if name.startswith("gap")], **by)
    in_sectors = [f"{outcome}:{sector}" for outcome in risk_survey.IN_SECTORS for sector in risk_survey.SECTORS]
    return {
        "prevalence": risk_survey.protected_shares(*estimates, place=place),
        "nested": shares(asked, list(risk_outcomes.NESTED)),
        "sectors": shares(asked, in_sectors),
        "forms": shares(at_work, list(risk_outcomes.FORMS), by=["sector_group", "nationality"]),
        "needs": attempt(risk_outcomes.needs, shares(asked, needs), totals),
        "vulnerabilities": shares(asked, list(risk_sample.VULNERABILITIES)),
    }


def odds_ratios_of(place: Area, outcome: str) -> pd.DataFrame | NoResult:
    """Odds ratios that may be released: findings state them of provinces, whose pages do not show them."""
    model = attempt(risk_factors.with_factors, risk_survey.asked_of(place))
    if outcome == "trafficked":
        enough = attempt(risk_factors.trafficked_enough, place, model)
        fit = attempt(survey_stats.firth_logistic, enough, outcome, list(risk_factors.RARE), confidence=0.95)
        return attempt(risk_factors.releasable_firth, model, fit)
    how = {"errors": "jackknife", "confidence": 0.95}
    fit = attempt(survey_stats.crude_and_adjusted, model, outcome, list(risk_factors.FACTORS), **how)
    return attempt(risk_factors.releasable, model, outcome, fit)


def results_of(place: Area) -> dict[str, Any]:
    """All that `findings_risk_factors.of_risk_factors` is called with."""
    ratios = {outcome: odds_ratios_of(place, outcome) for outcome in ("child_labour", "working", "trafficked")}
    return {**shares_of(place), "ratios": ratios}
