"""Journeys from ordered stops: flows, corridors, transit, what changed, and what missing stops may hide."""

from journeys.change import RouteChange, change
from journeys.diversity import concentration
from journeys.legs import MISSING_TRANSIT, OBSERVED, country_of, flows, legs, study_nodes
from journeys.missing_transit import fullest, missing_transit_sensitivity
from journeys.nodes import crossings, node_balance, transit
from journeys.paths import SUPPORT, corridors, journey_paths, steps
from journeys.stops import ROLES, UNKNOWN, Journeys, TooFewJourneys, journeys

__all__ = [
    "MISSING_TRANSIT",
    "OBSERVED",
    "ROLES",
    "SUPPORT",
    "UNKNOWN",
    "Journeys",
    "RouteChange",
    "TooFewJourneys",
    "change",
    "concentration",
    "corridors",
    "country_of",
    "crossings",
    "flows",
    "fullest",
    "journey_paths",
    "journeys",
    "legs",
    "missing_transit_sensitivity",
    "node_balance",
    "steps",
    "study_nodes",
    "transit",
]
