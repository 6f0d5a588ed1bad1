"""How far counts are adjusted by the cell-key method, so that neither a count nor its change can be worked out.

The noise of a cell has two parts. The fixed part belongs to the cell: it stays the same in all releases, so that no
number of releases averages it out, even for somebody who knows who came and who left. The fresh part belongs to the
persons in the cell: it changes when they do, so that a change of fewer than k persons cannot be told from none.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt

# Variance of each part as a share of the square of its bound: large enough that all values up to the bound come about.
_SPREAD = 0.2
# What the fixed part has over the fresh one, since cells are rounded, and agree with new ones only nearly.
_SLACK = 2


@dataclass(frozen=True)
class Adjustment:
    """Bounds and variances of the noise, in persons.

    Parameters
    ----------
    fixed, fresh : the largest noise of each part.
    """

    fixed: int
    fresh: int

    @property
    def bound(self) -> int:
        """The most by which a count is adjusted."""
        return self.fixed + self.fresh

    @property
    def fixed_variance(self) -> float:
        return _SPREAD * self.fixed**2

    @property
    def fresh_variance(self) -> float:
        return _SPREAD * self.fresh**2

    @property
    def variance(self) -> float:
        """The most that the variance of the noise is."""
        return self.fixed_variance + self.fresh_variance

    def __str__(self) -> str:
        return (
            f"Numbers of persons are adjusted by up to ± {self.bound} (standard deviation at most "
            f"{sqrt(self.variance):.1f}), so that no person can be told from a change; parts need not add up to totals."
        )


def adjustment(k: int) -> Adjustment:
    """The noise that hides k persons: the same for all tables of a series.

    A change of fewer than k persons lies within twice the fresh part; whoever knows everything but the fixed part still
    has an interval of k persons or more.
    """
    fresh = ceil((k - 1) / 2)
    return Adjustment(fresh + _SLACK, fresh)
