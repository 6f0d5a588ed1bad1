"""The errors by which methods on routes refuse, and how few persons no comparison can do without."""

from __future__ import annotations

from bounded.refusal import Refusal

FEWEST_PERSONS = 10


class TooFewJourneys(Refusal):
    """There are too few persons with journeys for what was asked; the message says how many, and what would help."""
