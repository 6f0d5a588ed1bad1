"""Dimensions that lie in one another though nobody said so: in every table, each area has one region only."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import pandas as pd

from analysis.disclosure.groups import is_unrevealing
from analysis.disclosure.nesting import EVERYTHING
from analysis.disclosure.published import Published
from analysis.disclosure.refusal import DisclosureError

# So many values with so many persons each must lie in each of so many others: that is no chance.
_PARENTS, _CHILDREN = 2, 2


def require_one_column(tables: Sequence[Published], k: int) -> None:
    """Refuse tables with two columns of which one says where the other lies, as region does of area.

    Of such tables every cell would be a class: all persons of an area have the same region. A dependence counts where
    each value of the one column occurs with one value of the other only, in all tables that have both, and where at
    least two values of the other have at least two with k persons or more in print. Fewer can be alike by chance.
    Where no table has both columns, nothing shows that one lies in the other.

    Parameters
    ----------
    tables : as read by `published.read`, those of earlier releases too.
    k : the smallest group of persons that may be known.

    Raises
    ------
    DisclosureError : with the two columns, and what to write in `nested`.
    """
    pairs: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for table in tables:
        for one, other in combinations(table.dimensions, 2):
            both = set(zip(table.cells[one], table.cells[other], strict=True))
            pairs.setdefault((one, other), set()).update(both)
            pairs.setdefault((other, one), set()).update((right, left) for left, right in both)
    for (child, parent), found in pairs.items():
        within = {(one, other) for one, other in found if _is_stated(one) and other.lower() not in EVERYTHING}
        if len({one for one, _ in within}) == len(within):
            _require_several(tables, child, parent, within, k)


def _is_stated(value: str) -> bool:
    return value.lower() not in EVERYTHING and not is_unrevealing(value)


def _require_several(
    tables: Sequence[Published], child: str, parent: str, within: set[tuple[str, str]], k: int
) -> None:
    """Raise DisclosureError where at least two values of `parent` have at least two with k persons or more."""
    both = [table for table in tables if {child, parent} <= set(table.dimensions)]
    persons = pd.concat([pd.Series(table.low).groupby(table.cells[child].to_numpy()).sum() for table in both])
    many = set(persons.index[persons >= k])
    children: dict[str, list[str]] = {}
    for one, other in sorted(within):
        if one in many:
            children.setdefault(other, []).append(one)
    several = {other: values for other, values in children.items() if len(values) >= _CHILDREN}
    if len(several) >= _PARENTS:
        example, (first, second, *_) = next(iter(several.items()))
        raise DisclosureError(
            "nested_dimension",
            f"Table '{both[0].name}': each {child} has one {parent} only, so that '{parent}' is no dimension of its "
            f"own. Leave the column '{parent}' out of tables that have both, give its values in the column '{child}', "
            f"and say what they are made of: nested={{'{child}': DataFrame(value, atom)}} with rows like {example}, "
            f"{first} and {example}, {second}.",
        )
