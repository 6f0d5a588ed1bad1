"""Exhibits: from tables to what a notebook publishes, one module a question."""

from analysis.exhibits.attempt import NoResult, attempt
from analysis.exhibits.exhibit import Exhibit, absent, elsewhere, heading, publish

__all__ = ["Exhibit", "NoResult", "absent", "attempt", "elsewhere", "heading", "publish"]
