"""A study's data explored: filtered, counted for linked views, and taken out through the rules of a release."""

from analysis.explorer.counts import Refused, TakenOut, Views, counted, tabled
from analysis.explorer.datasets import available
from analysis.explorer.records import NoSuchChoice, Records, Selection
from analysis.explorer.widget import explore

__all__ = [
    "NoSuchChoice",
    "Records",
    "Refused",
    "Selection",
    "TakenOut",
    "Views",
    "available",
    "counted",
    "explore",
    "tabled",
]
