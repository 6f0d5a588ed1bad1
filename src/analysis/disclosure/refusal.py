"""The one error by which tables are refused that cannot be audited as they are."""

from __future__ import annotations

from analysis.refusal import Refusal


class DisclosureError(Refusal):
    """Tables cannot be read as counts of the same persons; the message says which table and row, and what helps."""
