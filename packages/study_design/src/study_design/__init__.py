"""Studies of a hidden population planned by simulation: what a list, a survey or a network sample would tell."""

from __future__ import annotations

from typing import Any

from study_design.combined import Combined
from study_design.design import (
    Estimates,
    Expected,
    agreement,
    clustered_variance,
    least_change,
    least_prevalence,
)
from study_design.lists import AdministrativeLists, darroch_variance, many_lists
from study_design.networks import NetworkScaleUp, RespondentDriven, recruited_shares, scaled_up
from study_design.plan import Plan, Rule, compare, misspecifications
from study_design.population import Population, list_probabilities
from study_design.survey import HouseholdSurvey, area_totals, direct_shares, place_shares
from study_design.venues import TimeLocation, visitors

# ETHICS and EXAMPLE_COSTS are read when they are asked for, and are therefore not listed.
__all__ = [
    "AdministrativeLists",
    "Combined",
    "Estimates",
    "Expected",
    "HouseholdSurvey",
    "NetworkScaleUp",
    "Plan",
    "Population",
    "RespondentDriven",
    "Rule",
    "TimeLocation",
    "agreement",
    "area_totals",
    "clustered_variance",
    "compare",
    "darroch_variance",
    "direct_shares",
    "least_change",
    "least_prevalence",
    "list_probabilities",
    "many_lists",
    "misspecifications",
    "place_shares",
    "recruited_shares",
    "scaled_up",
    "visitors",
]
_TABLES = {"ETHICS": "ethics", "EXAMPLE_COSTS": "example_costs"}


def __getattr__(name: str) -> Any:
    """Return a table of the package by its name: a copy, read when it is asked for."""
    from study_design.costs import packaged

    if name in _TABLES:
        return packaged(_TABLES[name]).copy()
    raise AttributeError(f"module 'study_design' has no attribute {name!r}")
