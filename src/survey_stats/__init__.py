"""Estimates from samples drawn in stages: means, ratios, shares, regressions and odds ratios under the design."""

from survey_stats.contingency import FEW, IMPRECISE, contingency_table, reliable
from survey_stats.design import NotEstimable
from survey_stats.estimates import proportion_limits
from survey_stats.odds_ratios import LogisticRegression, crude_and_adjusted, logistic_regression
from survey_stats.regression import Regression, predictive_margins, regression
from survey_stats.separation import FirthLogistic, firth_logistic, separation
from survey_stats.survey_design import SurveyDesign, design_prevalence
from survey_stats.weights import post_stratify, rake, replicate_weights

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
    "design_prevalence",
    "firth_logistic",
    "logistic_regression",
    "post_stratify",
    "predictive_margins",
    "proportion_limits",
    "rake",
    "regression",
    "reliable",
    "replicate_weights",
    "separation",
]
