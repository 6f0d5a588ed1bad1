"""Room for what is withheld: further cells are withheld until nothing of it can be worked out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from analysis.disclosure.audit import groups, known_too_well, small_groups
from analysis.disclosure.published import in_words
from analysis.disclosure.refusal import DisclosureError
from analysis.disclosure.withholding import Withholding

# Why a cell is withheld that is neither small nor a class.
COMPLEMENT = "complement"
# Moves a sum to some number of persons, upwards or down: the cells that move with it, and the histogram then.
Move = Callable[[float, bool], tuple[np.ndarray, np.ndarray] | None]
NO_ROOM = (
    "{named} cannot be protected: what was released earlier, or what the tables show to be zero, leaves it no room. "
    "Leave its table out, or coarsen it."
)


def give_room(work: Withholding) -> bool:
    """Give room to whatever lacks it; False once the attack finds nothing."""
    for cell in sorted(work.reasons, key=lambda cell: (work.counts[cell], cell)):
        _give_room_to_cell(work, cell)
    seen = work.as_seen()
    again = False
    for number, row, low, high in known_too_well(seen, work.k, range(seen.now)):
        again = True
        cell = int(work.start[number]) + row
        work.low[cell], work.high[cell] = low, high
        _give_room_to_cell(work, cell)
    for number, cell, _, _ in small_groups(seen, work.k):
        again = True
        _give_room_to_group(work, number, cell)
    for number, row, low, high in known_too_well(seen, work.k, range(seen.now, len(seen.tables))):
        again = True
        named = f"{seen.tables[number].described(row)} of '{seen.tables[number].name}'"
        group = work.behind.sums[number][row]
        _make_room(work, partial(work.complements.moving_group, group), low, high, named)
    return again


def _give_room_to_cell(work: Withholding, cell: int) -> None:
    """Withhold what must move for a cell to be able to be k or more, and k more than the least it can be."""
    move = partial(work.complements.moving, cell)
    _make_room(work, move, work.low[cell], work.high[cell], work.named(cell))


def _give_room_to_group(work: Withholding, number: int, cell: pd.Series) -> None:
    """Withhold what must move for a group that no table lists to be able to be k or more."""
    sums, cells = groups(work.behind, number)
    wanted = cell.reindex(cells.columns)
    row = int(np.flatnonzero(((cells == wanted) | (cells.isna() & wanted.isna())).all(axis=1))[0])
    named = f"{in_words(cell)} of '{work.behind.tables[number].name}'"
    _make_room(work, partial(work.complements.moving_group, sums[row]), 0, work.k - 1, named)


def _make_room(work: Withholding, move: Move, low: float, high: float, named: str) -> None:
    """Withhold what must move for a sum that is known to reach from `low` to `high` to reach far enough.

    Down where that is possible, else up, else as far as it can go up and the rest down.
    """
    k = work.k
    if high < k:
        if not _move(work, move, k, True, named):
            raise DisclosureError(NO_ROOM.format(named=named))
        high = k
    if high - low >= k or (high >= k and _move(work, move, high - k, False, named)):
        return
    if _move(work, move, low + k, True, named):
        return
    reach = high
    while reach < low + k - 1 and move(reach + 1, True) is not None:
        reach += 1
    if not (_move(work, move, reach, True, named) and _move(work, move, reach - k, False, named)):
        raise DisclosureError(NO_ROOM.format(named=named))


def _move(work: Withholding, move: Move, to: float, up: bool, named: str) -> bool:
    """Withhold the cells of the cheapest change, and remember how far all cells went; False where there is none."""
    found = move(to, up)
    if found is None:
        return False
    cells, point = found
    for other in cells:
        work.withhold(int(other), COMPLEMENT, f"Without it one could work out {named}.")
    reached = work.sums @ point
    work.low, work.high = np.minimum(work.low, reached), np.maximum(work.high, reached)
    return True
