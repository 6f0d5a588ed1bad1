"""Whether tables of persons may be taken out: protected and attacked with all that was told of these persons before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

import disclosure
from analysis.cases.counts import nested
from analysis.explore.partition import WHAT_HELPS, Partition
from analysis.explore.table import COUNT, Refused
from disclosure.histogram import histogram
from disclosure.tables import all_in_words, read

Tables = Mapping[str, pd.DataFrame]
# Told of the persons in any case, so that whoever attacks knows that no two tables are of different persons.
EVERYBODY = "everybody"
# A table of which a larger share of cells is withheld is gutted.
GUTTED = 0.5
# Cells of the joint histogram up to which a table is attacked while somebody waits; of 2,500 it took minutes.
MOST_CELLS = 1_500


def let_out(
    candidates: Sequence[Partition], same: Tables, earlier: Sequence[Tables] = (), k: int = disclosure.K
) -> tuple[Partition, dict[str, pd.DataFrame]]:
    """The tables of a selection with what must not be told of them missing.

    Parameters
    ----------
    candidates : the tables, as fine as they were asked for first, then coarser ones. Those go out that are told
        already, else those that are safe by themselves and with all others, else those that can be protected with
        regard to all; of several the one that tells of most persons of the selection.
    same : what else is told of the very same persons: the tables of their release, and what was taken out before.
    earlier : releases of these persons as they were, oldest first.
    k : no group of fewer persons is told.

    Returns
    -------
    The tables that go out, and these with counts missing where they are withheld.

    Raises
    ------
    Refused : at most half of the groups of the selection can be told, or none can be protected. Whatever is taken out
        leaves less to be told later, so that no table goes out that says next to nothing.
    """
    why = f"No group of it has {k} persons or more. {WHAT_HELPS}"
    for way in (_told_already, _by_itself, _with_all):
        found: list[tuple[float, int, Partition, dict[str, pd.DataFrame]]] = []
        for number, each in enumerate(candidates):
            try:
                safe = way(each, same, earlier, k)
            except disclosure.DisclosureError as error:
                why = f"{error} {WHAT_HELPS}"
                continue
            told = each.inside(safe)[COUNT].notna()
            if len(told) and told.mean() > GUTTED:
                found.append((-float(each.inside(safe)[COUNT].sum()), number, each, safe))
            else:
                why = f"Of its {len(told)} groups no more than {told.sum()} could be told. {WHAT_HELPS}"
        if found:
            _, _, best, safe = min(found, key=lambda each: each[:2])
            return best, safe
    raise Refused("not_releasable", f"This table is not let out. {why}")


def _told_already(each: Partition, same: Tables, earlier: Sequence[Tables], k: int) -> dict[str, pd.DataFrame]:
    """The tables as they are told of the same persons. Raises DisclosureError where one of them is not."""
    found = {name: _as_told(table, same) for name, table in each.tables.items()}
    if any(table is None for table in found.values()):
        raise disclosure.DisclosureError("not_released_elsewhere", "It is told in no other table.")
    return {name: table for name, table in found.items() if table is not None}


def _as_told(table: pd.DataFrame, same: Tables) -> pd.DataFrame | None:
    names = [name for name in table if name != COUNT]
    for other in same.values():
        if set(other.columns) == set(table.columns):
            both = (
                table.astype(dict.fromkeys(names, str)).merge(
                    other.astype(dict.fromkeys(names, str)), "outer", names, indicator=True, suffixes=("", "_told")
                )
                if names
                else table.assign(**{f"{COUNT}_told": other[COUNT], "_merge": "both"})
            )
            told = both[f"{COUNT}_told"].astype("Int64")
            alike = (told == both[COUNT]) | told.isna()
            # A zero that is withheld is listed there alone.
            if (both["_merge"] != "left_only").all() and alike.all():
                return both[names].assign(**{COUNT: told})
    return None


def _by_itself(each: Partition, same: Tables, earlier: Sequence[Tables], k: int) -> dict[str, pd.DataFrame]:
    """The tables protected without regard to others, if they withstand an attack with these. Raises DisclosureError."""
    _require_small(each, same)
    now = {**each.tables, EVERYBODY: _everybody(each)}
    return _attacked(each, disclosure.protect(now, k, nested(now)), same, earlier, k)


def _with_all(each: Partition, same: Tables, earlier: Sequence[Tables], k: int) -> dict[str, pd.DataFrame]:
    """The tables protected with regard to all others. Raises DisclosureError."""
    _require_small(each, same)
    now = {**each.tables, EVERYBODY: _everybody(each)}
    # What is out can be withheld no more: it is an earlier release, since which, as all know, nobody has come.
    before = [*earlier, {**same, EVERYBODY: _everybody(each)}]
    return _attacked(each, disclosure.protect(now, k, nested(now, *before), before), same, earlier, k)


def _attacked(
    each: Partition, safe: Tables, same: Tables, earlier: Sequence[Tables], k: int
) -> dict[str, pd.DataFrame]:
    """The tables, if an attack on them with all others finds nothing. Raises DisclosureError."""
    found = {name: safe[name] for name in each.tables}
    together = {**found, EVERYBODY: _everybody(each), **same}
    breaches = disclosure.audit(together, k, nested(together, *earlier), earlier)
    # A large group that others give away already can as well be told.
    known = breaches[(breaches["kind"] == "exact") & (breaches["low"] >= k) & breaches["table"].isin(list(found))]
    for row in known.itertuples():
        table = found[row.table]
        dimensions = table.drop(columns=COUNT).astype(str)
        is_it = np.array(all_in_words(dimensions)) == row.cell
        found[row.table] = table.assign(**{COUNT: table[COUNT].mask(is_it, int(row.low))})
    breaches = breaches.drop(known.index)
    if len(breaches):
        some = "one group" if len(breaches) == 1 else f"{len(breaches)} groups"
        raise disclosure.DisclosureError(
            "disclosure_risk", f"With what is told of these persons elsewhere, too much could be worked out of {some}."
        )
    return found


def _require_small(each: Partition, same: Tables) -> None:
    together = {**each.tables, **same}
    cells = histogram(read(together), nested(together)).variables
    if cells > MOST_CELLS:
        raise disclosure.DisclosureError(
            "too_large",
            f"It hangs together with other tables in {cells:,} groups; at most {MOST_CELLS:,} can be attacked while "
            "somebody waits.",
        )


def _everybody(each: Partition) -> pd.DataFrame:
    return pd.DataFrame({COUNT: pd.array([each.everybody], dtype="Int64")})
