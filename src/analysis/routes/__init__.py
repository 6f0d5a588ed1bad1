"""Who is moved from where to where: journeys of persons, what reports name, and what UNODC counts."""

from analysis.routes.anchors import REGION_ANCHORS, places
from analysis.routes.coded_stops import event_stops, mention_stops
from analysis.routes.flows import flows, leg_flows
from analysis.routes.journey_scope import JOURNEY_SCOPES, journey_scopes
from analysis.routes.journeys import ROLES, UNKNOWN, Journeys, journeys
from analysis.routes.legs import MISSING_TRANSIT, OBSERVED, legs
from analysis.routes.levels import LEVELS, at_level, country_of, study_nodes
from analysis.routes.matrices import balance, citizenship_matrix, mention_matrix, top_corridors
from analysis.routes.mentions import change_between, mentions_by, mentions_naming, mentions_per_report
from analysis.routes.scope import SCOPES, scope, scope_shares
from analysis.routes.ways import corridors, ways

__all__ = [
    "JOURNEY_SCOPES",
    "LEVELS",
    "MISSING_TRANSIT",
    "OBSERVED",
    "REGION_ANCHORS",
    "ROLES",
    "SCOPES",
    "UNKNOWN",
    "Journeys",
    "at_level",
    "balance",
    "change_between",
    "citizenship_matrix",
    "corridors",
    "country_of",
    "event_stops",
    "flows",
    "journey_scopes",
    "journeys",
    "leg_flows",
    "legs",
    "mention_matrix",
    "mention_stops",
    "mentions_by",
    "mentions_naming",
    "mentions_per_report",
    "places",
    "scope",
    "scope_shares",
    "study_nodes",
    "top_corridors",
    "ways",
]
