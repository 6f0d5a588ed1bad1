"""Monitoring: findings frozen under a name, and what changed since, with what such a change can mean."""

from analysis.monitoring.baseline import Baseline, BaselineError
from analysis.monitoring.comparison import changes, since

__all__ = ["Baseline", "BaselineError", "changes", "since"]
