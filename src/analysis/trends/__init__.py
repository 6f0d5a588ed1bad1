"""Whether what was detected rises or falls over time, and how far the figures can carry such a statement."""

from analysis.trends.aberrations import Aberrations, aberrations
from analysis.trends.agreement import Agreement, agreement
from analysis.trends.completeness import completeness, flag_last_period
from analysis.trends.count_trend import CountTrend, count_trend
from analysis.trends.draws import draw_counts, period_bounds
from analysis.trends.gamma_poisson import GammaPoisson, gamma_poisson
from analysis.trends.interrupted import Interrupted, interrupted
from analysis.trends.joinpoint import joinpoint
from analysis.trends.joinpoint_counts import joinpoint_counts
from analysis.trends.joinpoint_trend import CRITERIA, JoinpointTrend
from analysis.trends.level_breaks import LevelBreaks, level_breaks
from analysis.trends.mann_kendall import MannKendall, mann_kendall
from analysis.trends.mixed_model import MixedModel, mixed_model
from analysis.trends.nowcast import Nowcast, nowcast
from analysis.trends.placements import most_joinpoints
from analysis.trends.pool_areas import PooledAreas, pool_areas
from analysis.trends.precision import SHORT_REFUSAL, imprecise
from analysis.trends.refusal import NotEstimable, TooFewPoints

__all__ = [
    "CRITERIA",
    "SHORT_REFUSAL",
    "Aberrations",
    "Agreement",
    "CountTrend",
    "GammaPoisson",
    "Interrupted",
    "JoinpointTrend",
    "LevelBreaks",
    "MannKendall",
    "MixedModel",
    "NotEstimable",
    "Nowcast",
    "PooledAreas",
    "TooFewPoints",
    "aberrations",
    "agreement",
    "completeness",
    "count_trend",
    "draw_counts",
    "flag_last_period",
    "gamma_poisson",
    "imprecise",
    "interrupted",
    "joinpoint",
    "joinpoint_counts",
    "level_breaks",
    "mann_kendall",
    "mixed_model",
    "most_joinpoints",
    "nowcast",
    "period_bounds",
    "pool_areas",
]
