"""A study's data explored: filtered, counted for linked views, and taken out through the rules of a release."""

from analysis.explore.counted import Views, counted
from analysis.explore.datasets import available
from analysis.explore.records import Records
from analysis.explore.selection import NoSuchChoice, Selection
from analysis.explore.table import Refused, TakenOut, tabled

__all__ = [
    "NoSuchChoice",
    "Records",
    "Refused",
    "Selection",
    "TakenOut",
    "Views",
    "available",
    "counted",
    "tabled",
]
