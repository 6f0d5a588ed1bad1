"""Estimates from samples drawn in stages: means, ratios, shares, regressions and odds ratios under the design."""

from survey_stats.area_models import SmallAreas
from survey_stats.contingency import FEW, IMPRECISE, contingency_table, reliable
from survey_stats.design import NotEstimable
from survey_stats.estimates import proportion_limits
from survey_stats.firth import FirthLogistic, firth_logistic
from survey_stats.item_nonresponse import item_nonresponse
from survey_stats.jackknife import replicate_weights
from survey_stats.odds_ratios import LogisticRegression, crude_and_adjusted, logistic_regression
from survey_stats.regression import Regression, regression
from survey_stats.separation import separation
from survey_stats.small_areas import fay_herriot, pooled_errors
from survey_stats.survey_design import SurveyDesign
from survey_stats.weights import post_stratify, rake

__all__ = [
    "FEW",
    "IMPRECISE",
    "FirthLogistic",
    "LogisticRegression",
    "NotEstimable",
    "Regression",
    "SmallAreas",
    "SurveyDesign",
    "contingency_table",
    "crude_and_adjusted",
    "fay_herriot",
    "firth_logistic",
    "item_nonresponse",
    "logistic_regression",
    "pooled_errors",
    "post_stratify",
    "proportion_limits",
    "rake",
    "regression",
    "reliable",
    "replicate_weights",
    "separation",
]
