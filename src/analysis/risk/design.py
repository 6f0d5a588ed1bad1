"""The design of a sample: who was drawn how, and the variance of weighted sums that follows from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.refusal import Refusal
from analysis.risk.linearisation import Floats, covariance
from analysis.risk.refusal import NotEstimable
from analysis.risk.structure import Columns, Structure, structure

SAMPLING = {
    "probability": "",
    "purposive": (
        "The sample is purposive: nobody's chance to be in it is known, so that no weight makes it stand for the "
        "population and no interval holds. Report the counts of those asked (`counts`); a probability sample, or "
        "respondents' recruitment links and degrees, would allow an estimate."
    ),
    "respondent_driven": (
        "The sample is respondent-driven: who recruited whom decides on who is in it, and these weights do not hold "
        "that, so that no population prevalence follows from them. Report the counts of those asked (`counts`); "
        "`incidence.respondent_driven` uses recruitment links and degrees, and says what it assumes."
    ),
}


class Calibrated(Protocol):
    """Weights that were fitted to known totals: see `calibration.CalibratedWeights`."""

    @property
    def weights(self) -> Floats:
        """(n,) persons that each respondent stands for."""

    def residuals(self, scores: Floats) -> Floats:
        """(n, k) scores less what the known totals explain of them."""

    def recalibrate(self, weights: Floats) -> Calibrated:
        """The same calibration of other weights (n,)."""


@dataclass(frozen=True, eq=False)
class Design:
    """Respondents, and how they were drawn. `SurveyDesign` has the parameters, and adds what can be estimated."""

    data: pd.DataFrame
    weight: str | None = None
    stratum: Columns = None
    psu: Columns = None
    fpc: Columns = None
    sampling: str = "probability"
    domain_of: NDArray[np.bool_] | None = None
    calibration: Calibrated | None = None

    def __post_init__(self) -> None:
        if not self.data.columns.is_unique:
            twice = self.data.columns[self.data.columns.duplicated()][0]
            raise Refusal("duplicate_column", f"The respondents have two columns '{twice}': rename one.")
        if self.sampling not in SAMPLING:
            raise Refusal(
                "unknown_choice", f"`sampling` must be one of {', '.join(SAMPLING)}; it is '{self.sampling}'."
            )
        # A purposive sample has no design to read; its respondents can be counted.
        if self.sampling == "probability":
            _ = self.structure

    @cached_property
    def structure(self) -> Structure:
        """Weights and stages as arrays."""
        return structure(self.data, self.weight, self.stratum, self.psu, self.fpc)

    @property
    def weights(self) -> Floats:
        """(n,) persons that each respondent stands for, calibrated if the design is."""
        self.require_probability("a weight")
        return self.structure.weights if self.calibration is None else self.calibration.weights

    @property
    def inside(self) -> NDArray[np.bool_]:
        """(n,) respondents in the domain; all of them where none was set."""
        return np.ones(len(self.data), dtype=bool) if self.domain_of is None else self.domain_of

    @property
    def degrees_of_freedom(self) -> int:
        """PSUs less strata, of the domain."""
        return self.structure.degrees_of_freedom(self.inside)

    def require_probability(self, what: str) -> None:
        """Raise NotEstimable unless the sample is a probability sample, with the reason why `what` does not follow."""
        if self.sampling != "probability":
            raise NotEstimable(
                "not_probability_sample",
                f"There is no {what.removeprefix('a ')} for a population here. {SAMPLING[self.sampling]}",
            )

    def covariance(self, scores: ArrayLike) -> Floats:
        """(k, k) covariance of sums of `scores` (n, k): weight times linearised value, 0 outside the domain."""
        self.require_probability("a standard error")
        scores = np.asarray(scores, dtype=float).reshape(len(self.data), -1)
        if self.calibration is not None:
            scores = self.calibration.residuals(scores)
        return covariance(scores, self.structure.stages)

    def domain(self, respondents: ArrayLike) -> Self:
        """The same design with estimates for some respondents only; the others keep their part in the variance.

        Parameters
        ----------
        respondents : (n,) true or false, in the order of the data; missing is outside.
        """
        try:
            chosen = pd.array(np.asarray(respondents, dtype=object), dtype="boolean").fillna(False).to_numpy(dtype=bool)
        except (TypeError, ValueError):
            raise Refusal(
                "not_boolean",
                "A domain says of each respondent whether it is in: true, false, or missing. Compare a column of codes "
                "with the code that is meant.",
            ) from None
        if len(chosen) != len(self.data):
            raise Refusal(
                "unequal_lengths",
                f"A domain says of each of {len(self.data)} respondents whether it is in; got {len(chosen)}.",
            )
        return replace(self, domain_of=self.inside & chosen)

    def with_columns(self, **columns: pd.Series) -> Self:
        """The same design with further columns of its respondents, in their order."""
        return replace(self, data=self.data.assign(**columns))
