"""Statistical disclosure control of linked tables of counts: audit, cell suppression, cell-key perturbation."""

from disclosure.audit import SUPPRESSED, K, audit, estimate_is_releasable
from disclosure.cell_key import UNPROTECTED, came_or_went
from disclosure.perturbation import Adjustment, adjustment
from disclosure.protection import Protection, protect, protection
from disclosure.revision import audit_changes
from disclosure.tables import ADVICE, DisclosureError, stacked, unstacked

__all__ = [
    "ADVICE",
    "SUPPRESSED",
    "UNPROTECTED",
    "Adjustment",
    "DisclosureError",
    "K",
    "Protection",
    "adjustment",
    "audit",
    "audit_changes",
    "came_or_went",
    "estimate_is_releasable",
    "protect",
    "protection",
    "stacked",
    "unstacked",
]
