"""What may be released of persons: the package `disclosure` under its promised name."""

# ruff: noqa: I001, RUF022
# fmt: off
from disclosure import (
    Adjustment, DisclosureError, K, Protection, SUPPRESSED, adjustment, audit, estimate_is_releasable, protect,
    protection, stacked, unstacked,
)

__all__ = [
    "Adjustment", "DisclosureError", "K", "Protection", "SUPPRESSED", "adjustment", "audit", "estimate_is_releasable",
    "protect", "protection", "stacked", "unstacked",
]
