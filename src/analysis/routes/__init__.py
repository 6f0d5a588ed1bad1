"""Who is moved from where to where: what reports name and what UNODC counts, as origin-destination tables."""

from analysis.routes.anchors import REGION_ANCHORS, places
from analysis.routes.matrices import balance, citizenship_matrix, mention_matrix, top_corridors
from analysis.routes.mentions import change_between, mentions_by, mentions_naming, mentions_per_report
from analysis.routes.scope import SCOPES, scope, scope_shares

__all__ = [
    "REGION_ANCHORS",
    "SCOPES",
    "balance",
    "change_between",
    "citizenship_matrix",
    "mention_matrix",
    "mentions_by",
    "mentions_naming",
    "mentions_per_report",
    "places",
    "scope",
    "scope_shares",
    "top_corridors",
]
