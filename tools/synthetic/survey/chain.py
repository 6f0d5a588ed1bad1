"""Traits that depend on earlier ones, step by step: drawn for respondents, or enumerated for a whole population."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
Cells = Mapping[str, NDArray]

# What a draw shares within a PSU: everything, or this correlation of the normal scores behind it.
WITHIN_PSU = 0.05


@dataclass(frozen=True)
class Step:
    """A trait whose chances depend on the traits before it.

    Parameters
    ----------
    name : of the trait. values : what it can be.
    chances : of the cells so far (arrays of n) -> (n, values) chances, each row adding up to 1.
    of_psu : the trait is one of the PSU; its chances then depend on nothing but the stratum.
    """

    name: str
    values: tuple[str, ...] | tuple[bool, ...]
    chances: Callable[[Cells], Floats]
    of_psu: bool = False


def yes_no(name: str, chance: Callable[[Cells], Floats], of_psu: bool = False) -> Step:
    """A trait that is true with a chance (n,)."""
    return Step(name, (True, False), lambda cells: np.stack([(p := chance(cells)), 1 - p], axis=1), of_psu)


def drawn(
    steps: Sequence[Step], cells: Cells, psu: NDArray[np.intp], random: np.random.Generator
) -> dict[str, NDArray]:
    """Traits of respondents, one step after the other.

    Parameters
    ----------
    cells : traits that are given, (n,) each. psu : (n,) PSU of each, from 0.

    Returns
    -------
    The given traits and those of the steps. At the margin each trait has exactly the chances of its step, though
    respondents of a PSU are alike.
    """
    found = dict(cells)
    for step in steps:
        uniform = random.random(psu.max() + 1)[psu] if step.of_psu else special.ndtr(scores(psu, random))
        upto = step.chances(found).cumsum(axis=1)[:, :-1]
        found[step.name] = np.array(step.values)[(uniform[:, None] >= upto).sum(axis=1)]
    return found


def scores(psu: NDArray[np.intp], random: np.random.Generator, own: Floats | None = None) -> Floats:
    """(n,) standard normal scores that are correlated by WITHIN_PSU within a PSU, and not between PSUs.

    Parameters
    ----------
    own : (n,) standard normal scores of the respondents themselves; left out: drawn.
    """
    own = random.standard_normal(len(psu)) if own is None else own
    shared = random.standard_normal(psu.max() + 1)[psu]
    return np.sqrt(WITHIN_PSU) * shared + np.sqrt(1 - WITHIN_PSU) * own


def enumerated(steps: Sequence[Step], cells: Cells, weight: Floats) -> tuple[dict[str, NDArray], Floats]:
    """Every combination of traits that can be, with its share of the weight.

    Parameters
    ----------
    cells : traits that are given, (n,) each. weight : (n,) of the given cells.

    Returns
    -------
    Cells with a row a combination, and their weights, which add up to those given.
    """
    found = dict(cells)
    for step in steps:
        chances = step.chances(found)
        row, value = np.nonzero(chances)
        found = {name: column[row] for name, column in found.items()}
        found[step.name] = np.array(step.values)[value]
        weight = weight[row] * chances[row, value]
    return found, weight


def looked_up(cells: Cells, names: Sequence[str], table: Mapping[tuple, float | Sequence[float]]) -> Floats:
    """Numbers by the traits `names`; a later line of the table holds before an earlier one, and None is any value."""
    first = next(iter(table.values()))
    n = len(next(iter(cells.values())))
    found = np.full((n, *np.shape(first)), np.nan)
    for key, value in table.items():
        here = np.ones(n, dtype=bool)
        for name, wanted in zip(names, key, strict=True):
            if wanted is not None:
                here &= cells[name] == wanted
        found[here] = value
    return found
