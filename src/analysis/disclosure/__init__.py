"""What may be released of persons: tables are attacked as an attacker would, and protected until that fails."""

from analysis.disclosure.adjustment import Adjustment, adjustment
from analysis.disclosure.audit import K, audit
from analysis.disclosure.protection import Protection, protect, protection
from analysis.disclosure.refusal import DisclosureError
from analysis.disclosure.rules import WITHHELD, estimate_may_leave
from analysis.disclosure.stacking import stacked, unstacked

__all__ = [
    "WITHHELD",
    "Adjustment",
    "DisclosureError",
    "K",
    "Protection",
    "adjustment",
    "audit",
    "estimate_may_leave",
    "protect",
    "protection",
    "stacked",
    "unstacked",
]
