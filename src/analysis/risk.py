"""Risk factors and vulnerabilities from surveys: estimates under the design by which respondents were drawn."""

# ruff: noqa: I001, RUF022
# fmt: off
from analysis.methods.outcomes import definitions, outcomes
from survey_stats import (
    FEW, FirthLogistic, IMPRECISE, LogisticRegression, NotEstimable, Regression, SurveyDesign, contingency_table,
    crude_and_adjusted, firth_logistic, item_nonresponse, logistic_regression, post_stratify, proportion_limits,
    rake, regression, reliable, replicate_weights, separation,
)

__all__ = [
    "FEW", "FirthLogistic", "IMPRECISE", "LogisticRegression", "NotEstimable", "Regression", "SurveyDesign",
    "contingency_table", "crude_and_adjusted", "definitions", "firth_logistic", "item_nonresponse",
    "logistic_regression", "outcomes", "post_stratify", "proportion_limits", "rake", "regression", "reliable",
    "replicate_weights", "separation",
]
