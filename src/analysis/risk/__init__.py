"""Risk factors and vulnerabilities from surveys: estimates under the design by which respondents were drawn."""

from analysis.risk.firth import firth_logistic
from analysis.risk.imputations import pool
from analysis.risk.logistic import logistic_regression
from analysis.risk.odds_ratios import crude_and_adjusted
from analysis.risk.outcomes import definitions, nested, outcomes
from analysis.risk.proportion_limits import proportion_limits
from analysis.risk.refusal import NotEstimable
from analysis.risk.regression import regression
from analysis.risk.reliability import FEW, IMPRECISE, reliable
from analysis.risk.separation import separation
from analysis.risk.survey_design import SurveyDesign

__all__ = [
    "FEW",
    "IMPRECISE",
    "NotEstimable",
    "SurveyDesign",
    "crude_and_adjusted",
    "definitions",
    "firth_logistic",
    "logistic_regression",
    "nested",
    "outcomes",
    "pool",
    "proportion_limits",
    "regression",
    "reliable",
    "separation",
]
