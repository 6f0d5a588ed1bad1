"""How many persons were detected, and what that allows to say of how many there are."""

from analysis.incidence.detected_share import (
    MOST_YEARS_APART,
    ON_ONE_DAY,
    WITHIN_A_YEAR,
    DetectedShare,
    Persons,
    detected_share,
    disagreements,
)
from analysis.incidence.existence import model_status
from analysis.incidence.funnel import funnel_curve, funnel_limits, overall_rate
from analysis.incidence.joint import joint
from analysis.incidence.lower_bound import chao_lower_bound
from analysis.incidence.model_averaging import model_average
from analysis.incidence.multiple_systems import ASSUMPTIONS, MultipleSystems, multiple_systems
from analysis.incidence.neighbours import neighbours
from analysis.incidence.one_list import (
    chao,
    chao_bias_corrected,
    repeated_captures,
    zelterman,
    zero_truncated_poisson,
)
from analysis.incidence.prevalence import design_prevalence
from analysis.incidence.ranks import rank_intervals
from analysis.incidence.rates import rate_table
from analysis.incidence.refusal import NotIdentifiable
from analysis.incidence.reporting import ReportingRate, adjust_for_reporting
from analysis.incidence.respondent_driven import rds_ii
from analysis.incidence.robustness import Robustness, robustness
from analysis.incidence.scale_up import network_scale_up
from analysis.incidence.smoothing import smooth_rates
from analysis.incidence.standardisation import standardised_rate
from analysis.incidence.strata import stratified
from analysis.incidence.two_lists import chapman
from analysis.intervals import poisson_interval

__all__ = [
    "ASSUMPTIONS",
    "MOST_YEARS_APART",
    "ON_ONE_DAY",
    "WITHIN_A_YEAR",
    "DetectedShare",
    "MultipleSystems",
    "NotIdentifiable",
    "Persons",
    "ReportingRate",
    "Robustness",
    "adjust_for_reporting",
    "chao",
    "chao_bias_corrected",
    "chao_lower_bound",
    "chapman",
    "design_prevalence",
    "detected_share",
    "disagreements",
    "funnel_curve",
    "funnel_limits",
    "joint",
    "model_average",
    "model_status",
    "multiple_systems",
    "neighbours",
    "network_scale_up",
    "overall_rate",
    "poisson_interval",
    "rank_intervals",
    "rate_table",
    "rds_ii",
    "repeated_captures",
    "robustness",
    "smooth_rates",
    "standardised_rate",
    "stratified",
    "zelterman",
    "zero_truncated_poisson",
]
