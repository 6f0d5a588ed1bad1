"""The one error by which every method of this package refuses to guess."""

from __future__ import annotations

from bounded.refusal import Refusal


class NotIdentifiable(Refusal):
    """The data cannot carry the estimate that was asked for; the message says why, and what would help."""
