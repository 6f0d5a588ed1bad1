"""Risk factors and vulnerabilities from surveys: estimates under the design by which respondents were drawn."""

from analysis.risk.calibration import post_stratify, rake
from analysis.risk.contingency import contingency_table
from analysis.risk.firth import FirthLogistic, firth_logistic
from analysis.risk.logistic import LogisticRegression, logistic_regression
from analysis.risk.marginal_effects import predictive_margins
from analysis.risk.odds_ratios import crude_and_adjusted
from analysis.risk.outcomes import definitions, outcomes
from analysis.risk.proportion_limits import proportion_limits
from analysis.risk.refusal import NotEstimable
from analysis.risk.regression import Regression, regression
from analysis.risk.reliability import FEW, IMPRECISE, reliable
from analysis.risk.replicates import replicate_weights
from analysis.risk.separation import separation
from analysis.risk.survey_design import SurveyDesign

__all__ = [
    "FEW",
    "IMPRECISE",
    "FirthLogistic",
    "LogisticRegression",
    "NotEstimable",
    "Regression",
    "SurveyDesign",
    "contingency_table",
    "crude_and_adjusted",
    "definitions",
    "firth_logistic",
    "logistic_regression",
    "outcomes",
    "post_stratify",
    "predictive_margins",
    "proportion_limits",
    "rake",
    "regression",
    "reliable",
    "replicate_weights",
    "separation",
]
