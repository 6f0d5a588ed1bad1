"""The errors by which every method of trends refuses, and the number of points that no trend can do without."""

from __future__ import annotations

from analysis.refusal import Refusal

FEWEST_POINTS = 5


class TooFewPoints(Refusal):
    """The series is too short, or its counts too small, for any trend to show; the message says what is needed."""


class NotEstimable(Refusal):
    """The data cannot decide what was asked, however long they are; the message says why and what would help."""


def refuse_few_points(n: int) -> None:
    """Raise TooFewPoints if `n` observed points are too few for any trend to show."""
    if n < FEWEST_POINTS:
        raise TooFewPoints(
            "too_few_periods",
            f"Observed points: {n}. A trend needs at least {FEWEST_POINTS}: with 4, even a perfectly "
            "rising series has an exact two-sided p of 2/24 = 0.083. More years would help; until then show the "
            "figures alone.",
        )
