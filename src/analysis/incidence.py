"""Detected victims, and what they say of how many there are: rates of areas and capture-recapture."""

# ruff: noqa: I001, RUF022
# fmt: off
from analysis.methods.comparison import funnel_limits, neighbours, overall_rate, rank_intervals, smooth_rates
from analysis.methods.rates import (
    DetectedShare, MOST_YEARS_APART, ON_ONE_DAY, Persons, WITHIN_A_YEAR, detected_share, disagreements, rate_table,
    standardised_rate,
)
from analysis.methods.sdg import indicator_16_2_2
from bounded.intervals import poisson_interval
from capture_recapture import (
    ASSUMPTIONS, MultipleSystems, NotIdentifiable, Robustness, chao_lower_bound, chapman, joint, model_average,
    model_status, multiple_systems, network_scale_up, rds_ii, robustness, stratified,
)

__all__ = [
    "ASSUMPTIONS", "DetectedShare", "MOST_YEARS_APART", "MultipleSystems", "NotIdentifiable", "ON_ONE_DAY", "Persons",
    "Robustness", "WITHIN_A_YEAR", "chao_lower_bound", "chapman", "detected_share",
    "disagreements", "funnel_limits", "indicator_16_2_2", "joint", "model_average", "model_status", "multiple_systems",
    "neighbours", "network_scale_up", "overall_rate", "poisson_interval", "rank_intervals", "rate_table", "rds_ii",
    "robustness", "smooth_rates", "standardised_rate", "stratified",
]
