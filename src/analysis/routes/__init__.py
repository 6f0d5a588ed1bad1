"""Who is moved from where to where: journeys of persons, what reports name, and what UNODC counts."""

from analysis.routes.anchors import REGION_ANCHORS, places
from analysis.routes.change import RouteChange, change
from analysis.routes.clustering import SpatialClustering, spatial_clustering
from analysis.routes.coded_stops import mention_stops
from analysis.routes.concentration import concentration
from analysis.routes.crossings import crossings
from analysis.routes.flows import flows
from analysis.routes.gravity import Gravity, gravity
from analysis.routes.journey_scope import JOURNEY_SCOPES, journey_scopes
from analysis.routes.journeys import ROLES, UNKNOWN, Journeys, journeys
from analysis.routes.legs import MISSING_TRANSIT, OBSERVED, legs
from analysis.routes.levels import country_of, study_nodes
from analysis.routes.matrices import balance, citizenship_matrix, mention_matrix, top_corridors
from analysis.routes.mentions import change_between, mentions_by, mentions_naming, mentions_per_report
from analysis.routes.missing_transit import fullest, missing_transit_sensitivity
from analysis.routes.node_balance import node_balance
from analysis.routes.refusal import TooFewJourneys
from analysis.routes.scope import LAND_NEIGHBOURS, SCOPES, scope, scope_shares
from analysis.routes.steps import steps
from analysis.routes.transit import transit
from analysis.routes.ways import SUPPORT, corridors, ways

__all__ = [
    "JOURNEY_SCOPES",
    "LAND_NEIGHBOURS",
    "MISSING_TRANSIT",
    "OBSERVED",
    "REGION_ANCHORS",
    "ROLES",
    "SCOPES",
    "SUPPORT",
    "UNKNOWN",
    "Gravity",
    "Journeys",
    "RouteChange",
    "SpatialClustering",
    "TooFewJourneys",
    "balance",
    "change",
    "change_between",
    "citizenship_matrix",
    "concentration",
    "corridors",
    "country_of",
    "crossings",
    "flows",
    "fullest",
    "gravity",
    "journey_scopes",
    "journeys",
    "legs",
    "mention_matrix",
    "mention_stops",
    "mentions_by",
    "mentions_naming",
    "mentions_per_report",
    "missing_transit_sensitivity",
    "node_balance",
    "places",
    "scope",
    "scope_shares",
    "spatial_clustering",
    "steps",
    "study_nodes",
    "top_corridors",
    "transit",
    "ways",
]
