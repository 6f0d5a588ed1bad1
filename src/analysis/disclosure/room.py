"""Room for what is withheld: further cells are withheld until nothing of it can be worked out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from scipy import sparse

from analysis.disclosure.audit import known_too_well
from analysis.disclosure.complements import Complements
from analysis.disclosure.groups import known_groups
from analysis.disclosure.refusal import DisclosureError
from analysis.disclosure.view import View, says
from analysis.disclosure.withholding import Withholding, World

# Why a cell is withheld that is neither small nor a class.
COMPLEMENT = "complement"
WITHOUT_IT = "Without it one could work out {named}."
NO_ROOM = (
    "{named} cannot be protected: what was released earlier, or what the tables show to be zero, leaves it no room. "
    "Leave its table out, or coarsen it."
)


@dataclass(frozen=True)
class Mover:
    """How a sum can be moved.

    Parameters
    ----------
    cheapest : to how many persons, and whether upwards -> the cheapest change, or None where there is none.
    accept : makes a change possible: what moves in it is withheld.
    """

    cheapest: Callable[[float, bool], Any]
    accept: Callable[[Any], None]


@dataclass(frozen=True)
class Lacking:
    """A sum of which too much is known.

    Parameters
    ----------
    sums : (1 x variables) of the view.
    low, high : from how many to how many persons it is known to reach.
    named : in words.
    """

    sums: sparse.csr_matrix
    low: float
    high: float
    named: str


def lacking(seen: View, k: int) -> list[Lacking]:
    """What an attacker with a view knows too well: cells of now and of earlier releases, and groups."""
    cells = [
        Lacking(
            seen.behind.sums[number][row],
            low,
            high,
            f"{seen.tables[number].described(row)} of '{seen.tables[number].name}'",
        )
        for number, row, low, high in known_too_well(seen, k, range(len(seen.tables)))
    ]
    groups = [
        Lacking(group.hidden, 0.0, k - 1.0 if np.isnan(group.high) else group.high, f"{group.cell} of '{group.table}'")
        for group in known_groups(seen, k)
    ]
    return [*cells, *groups]


def around(seen: View) -> tuple[Complements, list[tuple[int, int]]]:
    """The cheapest changes of what is in print, around a histogram that it allows; and the cells: table, row."""
    assert seen.equations is not None
    point = seen.attack.point()
    cells = [(number, int(row)) for number, table in enumerate(seen.tables[: seen.now]) for row in says(table)]
    matrix, low, high = seen.equations.matrix, seen.equations.low, seen.equations.high
    now = len(cells)
    sums = matrix[:now]
    rest = matrix[now:], low[now:], high[now:]
    return Complements(sums, sums @ point, low[:now], high[:now], *rest, point), cells


def give_room(work: Withholding) -> bool:
    """Give room to whatever lacks it; False once the attack finds nothing."""
    _look_around(work, work.worlds[0])
    for cell in sorted(work.reasons, key=lambda cell: (work.counts[cell], cell)):
        _give_room_to_cell(work, work.worlds[0], cell)
    return any([_give_room_in(work, world) for world in work.worlds])


def _look_around(work: Withholding, world: World) -> None:
    """Remember how far what is suppressed can go as it is, as far as a few histograms show it: most needs no more."""
    seen = work.as_seen(world)
    cells = np.array(sorted(work.reasons), dtype=int)
    if not len(cells):
        return
    low, high = seen.attack.shown(sparse.csr_matrix(world.sums[cells]), wide=work.k, high=work.k)
    world.low[cells], world.high[cells] = np.minimum(world.low[cells], low), np.maximum(world.high[cells], high)
    world.points = seen.attack.points()


def _give_room_in(work: Withholding, world: World) -> bool:
    """Give room to what an attack under one assumption finds; False if it finds nothing."""
    seen = work.as_seen(world)
    if world.contradicted:
        # What is in print need not contradict it in the same places as the true counts do.
        def suppress(number: int, row: int, named: str) -> None:
            work.withhold(int(work.start[number]) + row, COMPLEMENT, WITHOUT_IT.format(named=named))

        return relieve(seen, work.k, suppress)
    again = False
    for number, row, low, high in known_too_well(seen, work.k, range(seen.now)):
        again = True
        cell = int(work.start[number]) + row
        world.low[cell], world.high[cell] = low, high
        _give_room_to_cell(work, world, cell)
    for group in known_groups(seen, work.k):
        again = True
        high = work.k - 1 if np.isnan(group.high) else group.high
        named = f"{group.cell} of '{group.table}'"
        make_room(
            work.k, _mover(work, world, partial(world.complements.moving_group, group.hidden), named), 0, high, named
        )
    for number, row, low, high in known_too_well(seen, work.k, range(seen.now, len(seen.tables))):
        again = True
        named = f"{seen.tables[number].described(row)} of '{seen.tables[number].name}'"
        move = partial(world.complements.moving_group, world.behind.sums[number][row])
        make_room(work.k, _mover(work, world, move, named), low, high, named)
    # What is possible now stays so, whatever else is suppressed.
    world.points = seen.attack.points()
    return again


def relieve(seen: View, k: int, suppress: Callable[[int, int, str], None]) -> bool:
    """Make room for what is known too well in a view, by changes of what is in print; False if nothing is.

    Parameters
    ----------
    suppress : gets each cell that has to be suppressed: the number of its table, its row, and for what.

    Raises
    ------
    DisclosureError : no change does it.
    """
    found = lacking(seen, k)
    if not found:
        return False
    complements, cells = around(seen)

    def accept(rows: np.ndarray, named: str) -> None:
        complements.withhold(rows)
        for number, row in (cells[each] for each in rows):
            suppress(number, row, named)

    for each in found:
        make_room(k, mover_of(complements, each, accept), each.low, each.high, each.named)
    return True


def mover_of(complements: Complements, each: Lacking, accept: Callable[[np.ndarray, str], None]) -> Mover:
    """How what lacks room is moved by complements; `accept` gets the cells that move, and for what."""
    columns = complements.variables
    sums = sparse.csr_matrix((each.sums.data, each.sums.indices, each.sums.indptr), shape=(1, columns))
    return Mover(partial(complements.moving_group, sums), lambda found: accept(found[0], each.named))


def _give_room_to_cell(work: Withholding, world: World, cell: int) -> None:
    """Withhold what must move for a cell to be able to be k or more, and k more than the least it can be."""
    named = work.named(cell)
    mover = _mover(work, world, partial(world.complements.moving, cell), named)
    make_room(work.k, mover, world.low[cell], world.high[cell], named)


def _mover(work: Withholding, world: World, cheapest: Callable[[float, bool], Any], named: str) -> Mover:
    """How a sum is moved in a world: what moves is withheld, and how far all cells went is remembered."""

    def accept(found: tuple[np.ndarray, np.ndarray]) -> None:
        cells, point = found
        for other in cells:
            work.withhold(int(other), COMPLEMENT, WITHOUT_IT.format(named=named))
        reached = world.sums @ point
        world.low, world.high = np.minimum(world.low, reached), np.maximum(world.high, reached)

    return Mover(cheapest, accept)


def make_room(k: int, mover: Mover, low: float, high: float, named: str) -> None:
    """Make it possible for a sum that is known to reach from `low` to `high` to reach k or more, and over k persons.

    Down where that is possible, else up, else as far as it can go up and the rest down.

    Raises
    ------
    DisclosureError : no change does it.
    """
    if high < k:
        if not _move(mover, k, True):
            raise DisclosureError("no_room", NO_ROOM.format(named=named))
        high = k
    if high - low >= k or (high >= k and _move(mover, high - k, False)):
        return
    if _move(mover, low + k, True):
        return
    reach = high
    while reach < low + k - 1 and mover.cheapest(reach + 1, True) is not None:
        reach += 1
    if not (_move(mover, reach, True) and _move(mover, reach - k, False)):
        raise DisclosureError("no_room", NO_ROOM.format(named=named))


def _move(mover: Mover, to: float, up: bool) -> bool:
    """Withhold the cells of the cheapest change; False where there is none."""
    found = mover.cheapest(to, up)
    if found is None:
        return False
    mover.accept(found)
    return True
