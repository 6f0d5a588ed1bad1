"""Risk factors and vulnerabilities from surveys: estimates under the design by which respondents were drawn."""

from analysis.risk.refusal import NotEstimable
from analysis.risk.survey_design import SurveyDesign

__all__ = ["NotEstimable", "SurveyDesign"]
