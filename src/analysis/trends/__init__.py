"""Whether what was detected rises or falls over time, and how far the figures can carry such a statement."""

from analysis.trends.count_trend import CountTrend, count_trend
from analysis.trends.joinpoint import joinpoint
from analysis.trends.joinpoint_trend import JoinpointTrend
from analysis.trends.mann_kendall import MannKendall, mann_kendall
from analysis.trends.placements import most_joinpoints
from analysis.trends.refusal import NotEstimable, TooFewPoints

__all__ = [
    "CountTrend",
    "JoinpointTrend",
    "MannKendall",
    "NotEstimable",
    "TooFewPoints",
    "count_trend",
    "joinpoint",
    "mann_kendall",
    "most_joinpoints",
]
