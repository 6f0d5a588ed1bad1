"""The design of a sample: stages, strata, weights, and the variance of weighted sums that follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from bounded.arguments import as_numbers, one_of, table
from bounded.notebook_result import NotebookResult
from bounded.refusal import Refusal, require_choice, require_columns, require_values

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]
# One column, several or none.
Names = str | Sequence[str]
Columns = str | Sequence[str | None] | None


class NotEstimable(Refusal):
    """The data cannot carry the estimate that was asked for; the message says why, and what would help."""


# What the rows of a sample are, in messages.
RESPONDENTS = "respondents"


def listed(names: Names | None) -> list[str]:
    """One name, several or none, as a list."""
    return [] if names is None else [names] if isinstance(names, str) else list(names)


def numbers(data: pd.DataFrame, column: str) -> Floats:
    """(n,) a column as numbers, missing where not known; true is 1. Raises ValueError, naming the row, for a text."""
    require_columns(data, [column], RESPONDENTS)
    values = as_numbers(data[column]).to_numpy(dtype=float, na_value=np.nan)
    require_values(
        data[column],
        np.isfinite(values) | data[column].isna().to_numpy(),
        "not_a_number",
        ", which is no number. Proportions are for categories; a value that is not known must be missing",
    )
    return values


@dataclass(frozen=True, eq=False)
class Stage:
    """The draw of the units of one stage.

    Parameters
    ----------
    unit : (n,) of each respondent, numbered from 0 through all strata.
    stratum : (units,) in which each unit was drawn, numbered from 0; from the second stage on, within a unit of the
        stage before.
    population : (strata,) units there are in each; None: drawn with replacement, or as good as that.
    names : (strata,) for messages.
    """

    unit: Codes
    stratum: Codes
    population: Floats | None
    names: Sequence[object]

    @property
    def sampled(self) -> Codes:
        """(strata,) units drawn in each."""
        return np.bincount(self.stratum)

    @property
    def fraction(self) -> Floats:
        """(strata,) share of the units that were drawn; 0 where drawn with replacement."""
        return np.zeros(len(self.sampled)) if self.population is None else self.sampled / self.population


def covariance(scores: ArrayLike, stages: Sequence[Stage]) -> Floats:
    """The covariance of sums of scores under the design by which the respondents were drawn.

    Each stage adds what its units differ within strata, times the shares drawn at the stages before it; a stage drawn
    with replacement is the last one that counts.

    Parameters
    ----------
    scores : (n,) or (n, k) one row a respondent: weight times the linearised value, 0 outside a domain.
    stages : the outermost first.

    Returns
    -------
    (k, k) covariance of the k sums.

    Raises
    ------
    NotEstimable : a stratum has one unit, drawn from more.

    References
    ----------
    Binder, D. A. (1983). On the variances of asymptotically normal estimators from complex surveys. International
        Statistical Review 51, 279-292.
    Särndal, C.-E., Swensson, B. and Wretman, J. (1992). Model Assisted Survey Sampling. Springer, ch. 4.
    """
    scores = np.asarray(scores, dtype=float)
    scores = scores.reshape(len(scores), -1)
    found = np.zeros((scores.shape[1], scores.shape[1]))
    # The chance of what lies above to have been drawn: of each respondent, then of each stratum of the stage.
    drawn = np.ones(len(scores))
    for number, stage in enumerate(stages, start=1):
        require_two_units(stage, number)
        units = len(stage.stratum)
        sums = np.stack([np.bincount(stage.unit, weights=column, minlength=units) for column in scores.T], axis=1)
        sampled, fraction = stage.sampled, stage.fraction
        means = np.stack([np.bincount(stage.stratum, weights=column) for column in sums.T], axis=1) / sampled[:, None]
        above = np.zeros(units)
        above[stage.unit] = drawn
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = np.where(fraction < 1, (1 - fraction) * sampled / (sampled - 1), 0.0)
        apart = sums - means[stage.stratum]
        found += (apart * (above * factor[stage.stratum])[:, None]).T @ apart
        if stage.population is None:
            break
        drawn = drawn * fraction[stage.stratum[stage.unit]]
    return found


def require_two_units(stage: Stage, number: int = 1) -> None:
    """Raise NotEstimable, naming the first stratum with one unit that was drawn from more."""
    lonely = (stage.sampled == 1) & (stage.fraction < 1)
    if lonely.any():
        name = stage.names[int(lonely.argmax())]
        where = "The sample" if name == "" else f"Stratum '{name}'" if number == 1 else f"Unit '{name}'"
        what = "PSU" if number == 1 else f"unit of stage {number}"
        raise NotEstimable(
            "lonely_psu",
            f"{where} has one {what} only, so that its variance is not known. Join it with the stratum most like it, "
            "as the sample was designed, or give the units of each respondent.",
        )


@dataclass(frozen=True, eq=False)
class Structure:
    """The draw of respondents: `weights` (n,) persons that each stands for, and `stages`, the outermost first."""

    weights: Floats
    stages: tuple[Stage, ...]

    def degrees_of_freedom(self, inside: Mask | None = None) -> int:
        """PSUs less strata, of those with a respondent `inside` the domain."""
        first = self.stages[0]
        seen = np.ones(len(first.stratum), dtype=bool)
        if inside is not None:
            seen = np.bincount(first.unit[inside], minlength=len(first.stratum)) > 0
        return int(seen.sum() - (np.bincount(first.stratum[seen]) > 0).sum())


def structure(data: pd.DataFrame, weight: str | None, stratum: Columns, psu: Columns, fpc: Columns) -> Structure:
    """Read the design of a sample from columns of its respondents.

    Parameters
    ----------
    data : one row a respondent.
    weight : column of the persons a respondent stands for, above 0; left out: the inverse of the shares that `fpc`
        says were drawn at all stages, and 1 where there is no `fpc` either.
    stratum, psu, fpc : a column, or one a stage with the outermost first. Units are numbered within strata or
        throughout; `fpc` is the number of units in the population of the stratum, or the share of them drawn.

    Raises
    ------
    ValueError : a column is not there, or holds what it may not; the row or the stratum is named.
    """
    strata, units, populations = (_stages(columns) for columns in (stratum, psu, fpc))
    require_columns(data, [each for each in (weight, *strata, *units, *populations) if each is not None], RESPONDENTS)
    if data.empty:
        raise Refusal("empty_table", "There are no respondents.")
    units = units or [None]
    for name, columns in (("stratum", strata), ("fpc", populations)):
        if len(columns) > len(units):
            raise Refusal(
                "unequal_stages",
                f"`{name}` names {len(columns)} columns and `psu` {len(units)}: give one column of units a stage, the "
                "outermost first; where each respondent is a unit, a column that numbers them.",
            )
    stages: list[Stage] = []
    above: Codes = np.zeros(len(data), dtype=np.int64)
    for number, unit in enumerate(units):
        column = strata[number] if number < len(strata) else None
        # A stage is drawn anew within each unit of the stage before.
        codes, names = _codes(data, column, above)
        if column is None and number:
            names = list(data[units[number - 1]].iloc[_first(codes)])
        unit_codes, _ = _codes(data, unit, codes) if unit else (np.arange(len(data)), None)
        of_unit = np.zeros(unit_codes.max() + 1, dtype=np.int64)
        of_unit[unit_codes] = codes
        size = populations[number] if number < len(populations) else None
        population = None if size is None else _population(data, size, codes, names, np.bincount(of_unit))
        stages.append(Stage(unit_codes, of_unit, population, names))
        above = unit_codes
    if weight is not None:
        weights = above_zero(data, weight, "A weight is the number of persons a respondent stands for")
    else:
        weights = np.ones(len(data))
        for stage in stages:
            if stage.population is not None:
                weights = weights / stage.fraction[stage.stratum[stage.unit]]
    return Structure(weights, tuple(stages))


def _stages(columns: Columns) -> list[str | None]:
    return [] if columns is None else [columns] if isinstance(columns, str) else list(columns)


def _first(codes: Codes) -> Codes:
    """The place of the first respondent of each group."""
    first = np.zeros(codes.max() + 1, dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    return first


def _codes(data: pd.DataFrame, column: str | None, within: Codes) -> tuple[Codes, list[object]]:
    """Groups numbered from 0, apart where they have one name but lie in different groups of `within`; their names."""
    if column is None:
        codes, _ = pd.factorize(within)
        return codes, [""] * (int(codes.max()) + 1)
    missing = data[column].isna().to_numpy()
    if missing.any():
        row = data.index[missing.argmax()]
        raise Refusal(
            "missing_value", f"Row {row} has no '{column}', so that its place in the sample's design is not known."
        )
    named, names = pd.factorize(data[column])
    codes, _ = pd.factorize(named + len(names) * within)
    return codes, list(names[named[_first(codes)]])


def _population(data: pd.DataFrame, column: str, strata: Codes, names: Sequence[object], sampled: Codes) -> Floats:
    """Units in the population of each stratum: one number for all its rows, and no less than were drawn."""
    values = above_zero(data, column, "It is the number of units in the stratum's population, or the share drawn")
    first = values[_first(strata)]
    if (values <= 1).all():
        # Shares: of one unit drawn from one, number and share are the same.
        first, values = sampled / first, sampled[strata] / values
    for bad, reason in (
        (np.bincount(strata, weights=values != first[strata]) > 0, "is given with different numbers"),
        (first < sampled * (1 - 1e-12), "is smaller than the number sampled"),
    ):
        if bad.any():
            name = names[int(bad.argmax())]
            where = "" if name == "" else f" of stratum '{name}'"
            raise Refusal(
                "invalid_population_size", f"The number of units in the population{where} ('{column}') {reason}."
            )
    return np.maximum(first, sampled)


def above_zero(data: pd.DataFrame, column: str, what: str) -> Floats:
    """(n,) a column of numbers above 0. Raises ValueError, naming the row, for others; `what` says what it is."""
    values = as_numbers(data[column]).to_numpy(dtype=float, na_value=np.nan)
    good = np.isfinite(values) & (values > 0)
    require_values(data[column], good, "not_positive", f". {what}: a number above 0")
    return values


SAMPLING = {
    "probability": "",
    "purposive": (
        "The sample is purposive: nobody's chance to be in it is known, so that no weight makes it stand for the "
        "population and no interval holds. Report the counts of those asked; a probability sample, or "
        "respondents' recruitment links and degrees, would allow an estimate."
    ),
    "respondent_driven": (
        "The sample is respondent-driven: who recruited whom decides on who is in it, and these weights do not hold "
        "that, so that no population prevalence follows from them. Report the counts of those asked; "
        "`capture_recapture.rds_ii` uses recruitment links and degrees, and says what it assumes."
    ),
}


class Calibrated(Protocol):
    """Weights that were fitted to known totals: see `weights.CalibratedWeights`."""

    @property
    def weights(self) -> Floats:
        """(n,) persons that each respondent stands for."""

    def residuals(self, scores: Floats) -> Floats:
        """(n, k) scores less what the known totals explain of them."""

    def recalibrate(self, weights: Floats) -> Calibrated:
        """The same calibration of other weights (n,)."""


@dataclass(frozen=True, eq=False)
class Design(NotebookResult):
    """Respondents, and how they were drawn. `SurveyDesign` has the parameters, and adds what can be estimated."""

    data: pd.DataFrame
    weight: str | None = None
    stratum: Columns = None
    psu: Columns = None
    fpc: Columns = None
    sampling: str = "probability"
    domain_of: Mask | None = None
    calibration: Calibrated | None = None

    def __post_init__(self) -> None:
        table("data", self.data)
        require_choice("sampling", self.sampling, SAMPLING)
        # A purposive sample has no design to read; its respondents can be counted.
        if self.sampling == "probability":
            _ = self.structure

    def __repr__(self) -> str:
        """The number of respondents, and how they were drawn: answers of persons are not printed."""
        return self._in_short()

    def _shown(self) -> dict[str, object]:
        drawn: dict[str, object] = {"respondents": len(self.data), "columns": self.data.shape[1]}
        if self.domain_of is not None:
            drawn["in_the_domain"] = int(self.domain_of.sum())
        drawn["sampling"] = self.sampling
        if self.sampling == "probability":
            first = self.structure.stages[0]
            drawn["strata"] = len(np.unique(first.stratum))
            drawn["primary_sampling_units"] = len(first.stratum)
            drawn["stages"] = len(self.structure.stages)
            drawn["sum_of_weights"] = round(float(self.weights.sum()), 6)
        return drawn | {"calibrated": self.calibration is not None}

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
    def inside(self) -> Mask:
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


# What takes a design takes nothing else in its place.
A_DESIGN = one_of(Design, "a SurveyDesign")
