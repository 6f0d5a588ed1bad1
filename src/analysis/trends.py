"""Whether what was detected rises or falls over time: the package `trends` under its promised name."""

# ruff: noqa: I001, RUF022
# fmt: off
from trends import (
    Aberrations, Agreement, CRITERIA, CountTrend, Interrupted, JoinpointTrend, LevelBreaks, MannKendall,
    NotEstimable, Nowcast, NowcastScores, PooledAreas, SHORT_REFUSAL, TooFewPoints, aberrations, agreement,
    completeness, count_trend, draw_counts, flag_last_period, imprecise, interrupted, joinpoint, joinpoint_counts,
    level_breaks, mann_kendall, most_joinpoints, nowcast, period_bounds, pool_areas, score_nowcasts,
)

__all__ = [
    "Aberrations", "Agreement", "CRITERIA", "CountTrend", "Interrupted", "JoinpointTrend",
    "LevelBreaks", "MannKendall", "NotEstimable", "Nowcast", "NowcastScores", "PooledAreas",
    "SHORT_REFUSAL", "TooFewPoints", "aberrations", "agreement", "completeness", "count_trend", "draw_counts",
    "flag_last_period", "imprecise", "interrupted", "joinpoint", "joinpoint_counts", "level_breaks", "mann_kendall",
    "most_joinpoints", "nowcast", "period_bounds", "pool_areas", "score_nowcasts",
]
