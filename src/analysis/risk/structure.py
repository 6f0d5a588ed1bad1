"""From columns to the design of a sample: weights, and for each stage its units, strata and population."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.refusal import Refusal
from analysis.risk.linearisation import Codes, Floats, Stage

Columns = str | Sequence[str | None] | None


@dataclass(frozen=True, eq=False)
class Structure:
    """How respondents were drawn: `weights` (n,) persons that each stands for, and `stages`, the outermost first."""

    weights: Floats
    stages: tuple[Stage, ...]

    def degrees_of_freedom(self, inside: NDArray[np.bool_] | None = None) -> int:
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
    strata, units, populations = (_listed(columns) for columns in (stratum, psu, fpc))
    for column in (weight, *strata, *units, *populations):
        if column is not None and column not in data:
            raise Refusal(
                "missing_column", f"The respondents have no column '{column}'. There are: {', '.join(map(str, data))}."
            )
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
        weights = _above_zero(data, weight, "A weight is the number of persons a respondent stands for")
    else:
        weights = np.ones(len(data))
        for stage in stages:
            if stage.population is not None:
                weights = weights / stage.fraction[stage.stratum[stage.unit]]
    return Structure(weights, tuple(stages))


def _listed(columns: Columns) -> list[str | None]:
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
    values = _above_zero(data, column, "It is the number of units in the stratum's population, or the share drawn")
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


def _above_zero(data: pd.DataFrame, column: str, what: str) -> Floats:
    values = pd.to_numeric(data[column], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    bad = ~(np.isfinite(values) & (values > 0))
    if bad.any():
        row = int(bad.argmax())
        raise Refusal(
            "not_positive",
            f"Row {data.index[row]}: '{column}' is '{data[column].iloc[row]}'. {what}: a number above 0.",
        )
    return values
