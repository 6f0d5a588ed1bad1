"""Trends of counts and rates: joinpoints, count models, rank tests, breaks, aberrations, nowcasts, pooling."""

from trends.aberrations import Aberrations, aberrations
from trends.caution import SHORT_REFUSAL, imprecise
from trends.count_trend import Agreement, CountTrend, agreement, count_trend
from trends.draws import draw_counts
from trends.interrupted import Interrupted, interrupted
from trends.joinpoint import joinpoint
from trends.joinpoint_counts import joinpoint_counts
from trends.joinpoint_result import CRITERIA, JoinpointTrend
from trends.joinpoint_search import most_joinpoints
from trends.level_breaks import LevelBreaks, level_breaks
from trends.mann_kendall import MannKendall, mann_kendall
from trends.nowcast import Nowcast, nowcast
from trends.pooling import PooledAreas, pool_areas
from trends.reporting_delay import completeness, flag_last_period, period_bounds
from trends.series import NotEstimable, TooFewPoints

__all__ = [
    "CRITERIA",
    "SHORT_REFUSAL",
    "Aberrations",
    "Agreement",
    "CountTrend",
    "Interrupted",
    "JoinpointTrend",
    "LevelBreaks",
    "MannKendall",
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
    "imprecise",
    "interrupted",
    "joinpoint",
    "joinpoint_counts",
    "level_breaks",
    "mann_kendall",
    "most_joinpoints",
    "nowcast",
    "period_bounds",
    "pool_areas",
]
