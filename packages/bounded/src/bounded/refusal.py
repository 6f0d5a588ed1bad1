"""Errors with a code: one word for programs and tests beside the sentence for people."""

from __future__ import annotations

import difflib
import numbers
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

# How many names of columns a sentence has room for, and how long one of them.
MOST_NAMES, MOST_LETTERS = 12, 40


class Coded(Exception):
    """An error that says in a code what is wrong, and in a sentence what would help.

    Parameters
    ----------
    code : in snake_case. The same reason has the same code everywhere: ``missing_column``, ``duplicate_row``,
        ``too_few_periods``.
    sentence : what is wrong, where, and what would help.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(code, sentence)
        self.code = code

    def __str__(self) -> str:
        return str(self.args[1])


class Refusal(Coded, ValueError):
    """Error of data or arguments that cannot be used as they are, or cannot carry what was asked of them."""


def is_number(value: object) -> bool:
    """Return whether a value is one number, known or not; true and false are none.

    Parameters
    ----------
    value : of any kind.

    Returns
    -------
    True for whole numbers and others, those of numpy among them, and for NaN.
    """
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def shown(value: object) -> str:
    """Return what was given, short enough for a sentence, and "missing" where nothing was.

    Parameters
    ----------
    value : of any kind.

    Returns
    -------
    A number or a text of at most 40 letters as it is; of anything else the name of its type.
    """
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return "missing"
    if isinstance(value, numbers.Real):
        return "not a number" if value != value else str(value)
    return repr(" ".join(value.split())[:40]) if isinstance(value, str) else f"of the type {type(value).__name__}"


def require_choice(name: str, value: object, choices: Iterable[object]) -> None:
    """Refuse an argument that is none of its choices.

    Parameters
    ----------
    name, value : of the argument.
    choices : what it can be.

    Raises
    ------
    Refusal : ``unknown_choice``; all choices are named.
    """
    # What is neither a text nor a number is no choice, and may not even be comparable.
    if not isinstance(value, str | int | float | None) or value not in choices:
        raise Refusal("unknown_choice", f"`{name}` is one of {', '.join(map(repr, choices))}; it is {shown(value)}.")


def require_columns(
    table: pd.DataFrame, columns: Sequence[str], what: str, advice: str = "", error: type[Coded] = Refusal
) -> None:
    """Refuse a table without a column that is needed.

    Parameters
    ----------
    table : whose columns are asked for.
    columns : their names.
    what : what the rows of the table are, in a sentence: "flows", "case records".
    advice : what else would help, as a sentence.
    error : what is raised.

    Raises
    ------
    Refusal, or `error` : ``missing_column``. Those that are absent are named, those that are needed, and those that are
        there, with the nearest first; no value of the table is.
    """
    absent = list(dict.fromkeys(column for column in columns if column not in table))
    if absent:
        needed = f"needed are {_listed(columns)}" if len(columns) > 1 else "it is needed"
        named = f"column{'s' if len(absent) > 1 else ''} '" + "', '".join(map(_short, absent)) + "'"
        sentences = (f"The {what} have no {named}: {needed}.", columns_there(table, absent), advice)
        raise error("missing_column", " ".join(filter(None, sentences)))


def columns_there(columns: Iterable[object], absent: Iterable[object]) -> str:
    """The columns that there are, and the nearest of them to each that is absent, as sentences for an error.

    Parameters
    ----------
    columns : of a table.
    absent : names that are none of them.

    Returns
    -------
    "Did you mean 'count'? There are area, count." At most twelve columns are named, the others counted.
    """
    there = list(dict.fromkeys(map(_short, columns)))
    near = {_short(each): difflib.get_close_matches(_short(each), there, n=1) for each in absent}
    meant = [f"'{found[0]}'" + (f" for '{each}'" if len(near) > 1 else "") for each, found in near.items() if found]
    asked = f"Did you mean {', '.join(meant)}? " if meant else ""
    return f"{asked}{f'There are {_listed(there)}.' if there else 'There are no columns.'}"


def _listed(columns: Sequence[object]) -> str:
    """Names of columns; those for which a sentence has no room by their number."""
    more = f" and {len(columns) - MOST_NAMES} more" if len(columns) > MOST_NAMES else ""
    return ", ".join(map(_short, columns[:MOST_NAMES])) + more


def _short(column: object) -> str:
    return " ".join(str(column).split())[:MOST_LETTERS]


def require_values(column: pd.Series, good: NDArray[np.bool_], code: str, why: str) -> None:
    """Refuse a column at the first of its values that is not good.

    Parameters
    ----------
    column : of a table; its name and the labels of its rows stand in the sentence.
    good : (rows,) which values may be there.
    code : of the refusal.
    why : the rest of the sentence, after the value: ", which is no number".

    Raises
    ------
    Refusal : with the code; row, column and value are named.
    """
    if not good.all():
        row = int(good.argmin())
        raise Refusal(code, f"Row {column.index[row]}: '{column.name}' is '{column.iloc[row]}'{why}.")


def require_known(table: pd.DataFrame, columns: Sequence[str], advice: str = "") -> None:
    """Refuse a table in which a value that says what a row is of is missing.

    Parameters
    ----------
    table : whose rows are asked for.
    columns : that have to be known in every row.
    advice : the end of the sentence, after the column.

    Raises
    ------
    Refusal : ``missing_value``; the first row without a value, and its column, are named.
    """
    for column in columns:
        missing = table[column].isna().to_numpy()
        if missing.any():
            raise Refusal("missing_value", f"Row {table.index[missing.argmax()]} has no {column}{advice}.")


def require_once(table: pd.DataFrame, keys: Sequence[str], what: str, advice: str) -> None:
    """Refuse a table two rows of which have the same keys.

    Parameters
    ----------
    table : whose rows are asked for.
    keys : columns that tell rows apart.
    what : what the rows of the table are, in a sentence.
    advice : what would help, as the end of a sentence.

    Raises
    ------
    Refusal : ``duplicate_key``; the keys of the first row that repeats another are named.
    """
    again = table[table.duplicated(list(keys))]
    if len(again):
        named = ", ".join(str(again[key].iloc[0]) for key in keys)
        raise Refusal("duplicate_key", f"{named} stands twice in the {what}: {advice}.")


class Caution(str):
    """A sentence that says how far a result can be relied on, with a code; everywhere else it is a plain text.

    Parameters
    ----------
    code : in snake_case, as of errors: ``few_periods``, ``overdispersion``. sentence : for people.
    """

    __slots__ = ("code",)
    code: str

    def __new__(cls, code: str, sentence: str) -> Caution:
        made = super().__new__(cls, sentence)
        made.code = code
        return made

    @classmethod
    def when(cls, holds: object, code: str, sentence: str) -> Said:
        """A caution where something holds; where it does not, an empty text."""
        return cls(code, sentence) if holds else ""

    @staticmethod
    def kept(*sentences: Said) -> tuple[Caution, ...]:
        """The cautions there are, without the empty texts, each once."""
        return tuple(dict.fromkeys(sentence for sentence in sentences if sentence))

    def __reduce__(self) -> tuple[type[Caution], tuple[str, str]]:
        return Caution, (self.code, str(self))


# A caution, or nothing where what it warns of does not hold.
Said = Caution | Literal[""]
