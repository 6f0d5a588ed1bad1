"""Routes from origin to destination: journeys of persons, what reports name, and what UNODC counts."""

# ruff: noqa: I001, RUF022
# fmt: off
from analysis.methods.clustering import SpatialClustering, spatial_clustering
from analysis.methods.gravity import Gravity, gravity
from analysis.methods.mentions import change_between, mention_stops, mentions_by, mentions_naming, mentions_per_report
from analysis.methods.origin_destination import (
    JOURNEY_SCOPES, LAND_NEIGHBOURS, REGION_ANCHORS, SCOPES, balance, citizenship_matrix, journey_scopes,
    mention_matrix, places, scope, scope_shares, top_corridors,
)
from journeys import (
    Journeys, MISSING_TRANSIT, OBSERVED, ROLES, RouteChange, SUPPORT, TooFewJourneys, UNKNOWN, change, concentration,
    corridors, country_of, crossings, flows, fullest, journey_paths, journeys, legs, missing_transit_sensitivity,
    node_balance, steps, study_nodes, transit,
)

__all__ = [
    "Gravity", "JOURNEY_SCOPES", "Journeys", "LAND_NEIGHBOURS", "MISSING_TRANSIT", "OBSERVED", "REGION_ANCHORS",
    "ROLES", "RouteChange", "SCOPES", "SUPPORT", "SpatialClustering", "TooFewJourneys", "UNKNOWN", "balance",
    "change", "change_between", "citizenship_matrix", "concentration", "corridors", "country_of", "crossings",
    "flows", "fullest", "gravity", "journey_paths", "journey_scopes", "journeys", "legs", "mention_matrix",
    "mention_stops", "mentions_by", "mentions_naming", "mentions_per_report", "missing_transit_sensitivity",
    "node_balance", "places", "scope", "scope_shares", "spatial_clustering", "steps", "study_nodes", "top_corridors",
    "transit",
]
