"""Room for what is withheld: further cells are withheld until nothing of it can be worked out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from analysis.disclosure.audit import known_too_well
from analysis.disclosure.groups import known_groups
from analysis.disclosure.refusal import DisclosureError
from analysis.disclosure.withholding import Withholding, World

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
        _give_room_to_cell(work, work.worlds[0], cell)
    lacking = [_give_room_in(work, world) for world in work.worlds]
    return any(lacking)


def _give_room_in(work: Withholding, world: World) -> bool:
    """Give room to what an attack under one assumption finds; False if it finds nothing."""
    seen = work.as_seen(world)
    again = False
    for number, row, low, high in known_too_well(seen, work.k, range(seen.now)):
        again = True
        cell = int(work.start[number]) + row
        world.low[cell], world.high[cell] = low, high
        _give_room_to_cell(work, world, cell)
    for group in known_groups(seen, work.k):
        again = True
        # Zeros in print leave less open to the attacker than to whoever can withhold them.
        hidden = seen.behind.renumbered(group.hidden, world.behind)
        move = partial(world.complements.moving_group, hidden)
        high = work.k - 1 if np.isnan(group.high) else group.high
        _make_room(work, world, move, 0, high, f"{group.cell} of '{group.table}'")
    for number, row, low, high in known_too_well(seen, work.k, range(seen.now, len(seen.tables))):
        again = True
        named = f"{seen.tables[number].described(row)} of '{seen.tables[number].name}'"
        move = partial(world.complements.moving_group, world.behind.sums[number][row])
        _make_room(work, world, move, low, high, named)
    return again


def _give_room_to_cell(work: Withholding, world: World, cell: int) -> None:
    """Withhold what must move for a cell to be able to be k or more, and k more than the least it can be."""
    move = partial(world.complements.moving, cell)
    _make_room(work, world, move, world.low[cell], world.high[cell], work.named(cell))


def _make_room(work: Withholding, world: World, move: Move, low: float, high: float, named: str) -> None:
    """Withhold what must move for a sum that is known to reach from `low` to `high` to reach far enough.

    Down where that is possible, else up, else as far as it can go up and the rest down.
    """
    k = work.k
    if high < k:
        if not _move(work, world, move, k, True, named):
            raise DisclosureError(NO_ROOM.format(named=named))
        high = k
    if high - low >= k or (high >= k and _move(work, world, move, high - k, False, named)):
        return
    if _move(work, world, move, low + k, True, named):
        return
    reach = high
    while reach < low + k - 1 and move(reach + 1, True) is not None:
        reach += 1
    if not (_move(work, world, move, reach, True, named) and _move(work, world, move, reach - k, False, named)):
        raise DisclosureError(NO_ROOM.format(named=named))


def _move(work: Withholding, world: World, move: Move, to: float, up: bool, named: str) -> bool:
    """Withhold the cells of the cheapest change, and remember how far all cells went; False where there is none."""
    found = move(to, up)
    if found is None:
        return False
    cells, point = found
    for other in cells:
        work.withhold(int(other), COMPLEMENT, f"Without it one could work out {named}.")
    reached = world.sums @ point
    world.low, world.high = np.minimum(world.low, reached), np.maximum(world.high, reached)
    return True
