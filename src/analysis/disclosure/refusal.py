"""The one error by which tables are refused that cannot be audited as they are."""

from __future__ import annotations


class DisclosureError(ValueError):
    """Tables cannot be read as counts of the same persons; the message says which table and row, and what helps."""
