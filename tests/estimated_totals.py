"""All methods for the persons of a place, as the notebook on the estimated total asks for them."""

from __future__ import annotations

import capture_recapture
from analysis.areas import Area
from analysis.exhibits import NoResult, attempt, common_years
from capture_recapture import Robustness


def methods_of(place: Area, replicates: int = 20) -> Robustness | NoResult:
    """The notebook's call with fewer resamples, and without latent classes."""
    return attempt(capture_recapture.robustness, common_years.histories(place), replicates=replicates, seed=20210)
