"""Whether what was detected rises or falls over time, and how far the figures can carry such a statement."""

from analysis.trends.count_trend import CountTrend, count_trend
from analysis.trends.mann_kendall import MannKendall, mann_kendall
from analysis.trends.refusal import NotEstimable, TooFewPoints

__all__ = ["CountTrend", "MannKendall", "NotEstimable", "TooFewPoints", "count_trend", "mann_kendall"]
