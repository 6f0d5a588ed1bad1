"""Numbers that a figure labels as persons must be counts of persons: a column of shares is refused."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from bounded.refusal import Refusal

# Labels of figures, and names of columns, that say that persons, or what happened to them, are counted.
COUNTED = frozenset(
    {"persons", "people", "victims", "detected victims", "children", "child victims", "journeys", "cases"}
)
_NAMED = re.compile(r"(^|[_ ])shares?([_ ]|$)", re.IGNORECASE)


def require_counts(table: pd.DataFrame, columns: Sequence[str], label: str) -> None:
    """Raise an error if the figure labels persons, and a column that it draws holds shares.

    A column holds shares if its name says so, or if all its numbers lie within 0 and 1 and not all are whole, and its
    name does not say that persons are counted.

    Parameters
    ----------
    table : what is drawn. columns : of its numbers; those that it lacks are not looked at.
    label : what the figure says that they are; only the words of `COUNTED` are looked at, not "persons per 100,000".

    Raises
    ------
    Refusal : a column holds shares (``share_as_count``).
    """
    if label.lower() not in COUNTED:
        return
    for column in columns:
        if column not in COUNTED and column in table and _are_shares(column, table[column]):
            there = [name for name in table.columns if name in COUNTED]
            instead = f"'{there[0]}', which the table has" if there else "a column of counts"
            raise Refusal(
                "share_as_count",
                f"The column '{column}' holds shares, and the figure would call them {label}: draw {instead}, or say "
                "in the label that they are shares.",
            )


def _are_shares(name: str, column: pd.Series) -> bool:
    numbers = pd.to_numeric(column, errors="coerce").dropna()
    return bool(_NAMED.search(name)) or bool(len(numbers) and numbers.between(0, 1).all() and (numbers % 1 > 0).any())
