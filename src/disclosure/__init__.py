"""Statistical disclosure control of linked tables of counts: audit, cell suppression, cell-key perturbation."""

from disclosure.audit import SUPPRESSED, K, audit, estimate_is_releasable
from disclosure.perturbation import Adjustment, adjustment
from disclosure.protection import Protection, protect, protection
from disclosure.tables import DisclosureError, stacked, unstacked

__all__ = [
    "SUPPRESSED",
    "Adjustment",
    "DisclosureError",
    "K",
    "Protection",
    "adjustment",
    "audit",
    "estimate_is_releasable",
    "protect",
    "protection",
    "stacked",
    "unstacked",
]
