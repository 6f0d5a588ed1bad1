"""Arguments of public functions, checked once at the door: by their names, which mean the same in every function.

`checked` is the door. It refuses what cannot be used by a code and a sentence before the function begins, so that no
function has to ask whether `replicates` is a whole number or `confidence` a level. What an argument has to be follows
from its name (`BY_NAME`), else from its annotation (`BY_TYPE`); a function whose argument means something else says so.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NoReturn, ParamSpec, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bounded.refusal import Refusal, is_number, shown

# Gives an argument as the function takes it, from its name and what was given; or refuses it.
Rule = Callable[[str, Any], Any]
P = ParamSpec("P")
R = TypeVar("R")


def checked(**rules: Rule) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorate a public function: what it is called with is checked first, and refused by a code and a sentence.

    Parameters
    ----------
    rules : for arguments that mean something else here than their names or annotations say elsewhere.

    Returns
    -------
    A decorator. Defaults are not checked, and None passes where it is the default.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(function)
        doors: dict[str, tuple[Rule, bool]] = {}
        for name, parameter in signature.parameters.items():
            kind = str(parameter.annotation).removesuffix(" | None")
            rule = rules.get(name) or BY_NAME.get(name) or BY_TYPE.get(kind)
            if rule:
                several = parameter.kind is inspect.Parameter.VAR_POSITIONAL
                doors[name] = (each(rule) if several else rule, parameter.default is None)

        @functools.wraps(function)
        def door(*args: P.args, **kwargs: P.kwargs) -> R:
            bound = signature.bind(*args, **kwargs)
            given = bound.arguments
            for name in given:
                if name in doors:
                    rule, optional = doors[name]
                    if given[name] is not None or not optional:
                        given[name] = rule(name, given[name])
            return function(*bound.args, **bound.kwargs)

        return door

    return decorate


def whole(least: int = 0, most: float = math.inf) -> Rule:
    """A whole number from `least` to `most`; 20.0 is 20."""
    until = f" to {most:g}" if math.isfinite(most) else " or more"

    def rule(name: str, value: Any) -> int:
        if not is_number(value) or not math.isfinite(value) or value != int(value) or not least <= value <= most:
            raise Refusal("not_whole_number", f"`{name}` is a whole number, {least}{until}; it is {shown(value)}.")
        return int(value)

    return rule


def number(
    *,
    above: float = -math.inf,
    least: float = -math.inf,
    below: float = math.inf,
    most: float = math.inf,
    infinite: bool = False,
    example: str = "",
) -> Rule:
    """A finite number within bounds.

    Parameters
    ----------
    above, least, below, most : its bounds; `least` and `most` are allowed themselves.
    infinite : infinity is allowed too.
    example : of a number that would do, as it would be typed.
    """
    bounds = {"above": above, "at least": least, "below": below, "at most": most}
    said = " and ".join(f"{word} {bound:g}" for word, bound in bounds.items() if math.isfinite(bound))
    needed = f"a number {said}".rstrip() + (" (or infinite)" if infinite else ", and finite" if not said else "")
    needed += f", as {example} is" if example else ""

    def rule(name: str, value: Any) -> object:
        # Where infinity is allowed there is no other bound above.
        good = is_number(value) and (math.isfinite(value) or (infinite and value == math.inf))
        if not good or not (above < value and least <= value <= most and (value < below or infinite)):
            raise Refusal("out_of_range", f"`{name}` is {needed}; it is {shown(value)}.")
        return value

    return rule


def positive(name: str, value: Any) -> object:
    """A finite number above 0."""
    if not is_number(value) or not 0 < value < math.inf:
        raise Refusal("not_positive", f"`{name}` is a number above 0, and finite; it is {shown(value)}.")
    return value


def level(name: str, value: Any) -> float:
    """A level of confidence."""
    if not is_number(value) or not 0 < value < 1:
        raise Refusal(
            "confidence_out_of_range",
            f"The level `{name}` must lie between 0 and 1, as 0.95 does; it is {shown(value)}.",
        )
    return float(value)


def each(rule: Rule, least: int = 1) -> Rule:
    """Several of the same, at least so many; a text or a number alone is none."""

    def several(name: str, value: Any) -> Sequence:
        if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
            raise Refusal("wrong_type", f"`{name}` is a list, such as a tuple; it is {shown(value)}.")
        found = tuple(value)
        if len(found) < least:
            raise Refusal("empty", f"`{name}` is empty: give at least {least}.")
        kept = [rule(f"{name}[{place}]", one) for place, one in enumerate(found)]
        return tuple(kept) if isinstance(value, tuple) else kept

    return several


def pair(first: Rule, second: Rule) -> Rule:
    """Two, each by its own rule."""
    two = each(lambda _, value: value, least=0)

    def rule(name: str, value: Any) -> tuple:
        found = two(name, value)
        if len(found) != 2:
            raise Refusal("wrong_number_of_values", f"`{name}` is a pair; there are {len(found)} values.")
        return first(f"{name}[0]", found[0]), second(f"{name}[1]", found[1])

    return rule


def by_name(rule: Rule) -> Rule:
    """Values by their names: a mapping, such as a dict."""

    def each_of(name: str, value: Any) -> dict:
        if not isinstance(value, Mapping):
            raise Refusal("wrong_type", f"`{name}` gives a value for each name, as a dict does; it is {shown(value)}.")
        return {key: rule(f"{name}[{key!r}]", one) for key, one in value.items()}

    return each_of


def one_or_each(rule: Rule) -> Rule:
    """One, or several of the same."""
    several = each(rule, least=0)

    def either(name: str, value: Any) -> object:
        is_one = isinstance(value, str | bytes) or not isinstance(value, Iterable)
        return rule(name, value) if is_one else several(name, value)

    return either


def text(name: str, value: Any) -> str:
    """A text."""
    if not isinstance(value, str):
        raise Refusal("wrong_type", f"`{name}` is a text; it is {shown(value)}.")
    return value


def yes_or_no(name: str, value: Any) -> bool:
    """True or False."""
    if not isinstance(value, bool | np.bool_):
        raise Refusal("not_boolean", f"`{name}` is True or False; it is {shown(value)}.")
    return bool(value)


def one_of(kind: type, words: str) -> Rule:
    """An object of a kind, called by `words`: "a SurveyDesign"."""

    def rule(name: str, value: Any) -> object:
        if not isinstance(value, kind):
            raise Refusal("wrong_type", f"`{name}` is {words}; it is {shown(value)}.")
        return value

    return rule


def table(name: str, value: Any) -> pd.DataFrame:
    """A table, no two columns of which have one name."""
    if not isinstance(value, pd.DataFrame):
        raise Refusal("wrong_type", f"`{name}` is a table (a pandas DataFrame); it is {shown(value)}.")
    if not value.columns.is_unique:
        twice = value.columns[value.columns.duplicated()][0]
        raise Refusal("duplicate_column", f"The table `{name}` has two columns '{twice}': rename one, or leave it out.")
    return value


# Columns that hold numbers in every table of figures.
NUMBERS = (
    *("count", "low", "high", "persons", "times", "population", "effort", "rate", "value", "delay"),
    *("n", "estimate", "standard_error"),
)


# And columns that say which row is meant.
KEYS = ("area_id", "period", "year")


def figures(*columns: str) -> Rule:
    """A table whose columns of these names hold numbers where they are there; those of `NUMBERS`, if none is named."""
    wanted = columns or NUMBERS

    def rule(name: str, value: Any) -> pd.DataFrame:
        found = table(name, value)
        for column in wanted:
            if column in found:
                bad = not_numbers(found[column])
                if bad.any():
                    row = _worst(found[column], bad)
                    keys = ", ".join(f"{key} {found[key].iloc[row]}" for key in KEYS if key in found and key != column)
                    _refuse_as_no_number(found[column], row, f" ({keys})" if keys else "")
        return found

    return rule


def numbers_in_a_row(name: str, value: Any) -> object:
    """A list or an array of numbers, and what is missing among them."""
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise Refusal("wrong_type", f"`{name}` is a list of numbers; it is {shown(value)}.")
    try:
        found = value if isinstance(value, pd.Series) else pd.Series(np.ravel(np.asarray(value)), name=name)
    except ValueError:
        raise Refusal("unequal_lengths", f"The rows of `{name}` are not of one length.") from None
    require_numbers(found)
    return value


def require_numbers(column: pd.Series) -> None:
    """Refuse a column that holds anything but numbers, and where they are not known, missing values.

    Raises
    ------
    Refusal : ``not_a_number``; the first row that holds none is named.
    """
    bad = not_numbers(column)
    if bad.any():
        _refuse_as_no_number(column, _worst(column, bad))


def numbers_or_one(name: str, value: Any) -> Any:
    """One number, or a list or an array of numbers."""
    return value if is_number(value) else numbers_in_a_row(name, value)


def as_numbers(column: pd.Series) -> pd.Series:
    """A column as numbers: texts of numbers too, and NaN for what is none, dates among them."""
    if column.dtype.kind in "mM" or isinstance(column.dtype, pd.PeriodDtype):
        # `to_numeric` would count nanoseconds or months since 1970.
        return pd.Series(np.nan, column.index, name=column.name)
    return pd.to_numeric(column, errors="coerce")


def not_numbers(column: pd.Series) -> NDArray[np.bool_]:
    """(rows,) where a column holds neither a number nor a missing value."""
    kind = column.dtype.kind
    if kind in "iuf":
        return np.zeros(len(column), dtype=bool)
    known = column.notna().to_numpy()
    return known & ~np.fromiter(map(is_number, column), dtype=bool, count=len(column)) if kind == "O" else known


def _worst(column: pd.Series, bad: NDArray[np.bool_]) -> int:
    """The first row that holds no number even as a text, such as <5; else the first that holds a text."""
    unreadable = bad & pd.to_numeric(column.astype(str), errors="coerce").isna().to_numpy()
    return int((unreadable if unreadable.any() else bad).argmax())


def _refuse_as_no_number(column: pd.Series, row: int, where: str = "") -> NoReturn:
    held = column.iloc[row]
    is_date = isinstance(held, date | np.datetime64 | timedelta | pd.Period)
    advice = "A count such as <5 is given as low, high and value_qualifier."
    if is_date:
        advice = "Of a date, give the year, or the days since a day that matters."
    held_in_words = "a date" if is_date else shown(held)
    raise Refusal(
        "not_a_number", f"Row {column.index[row]}{where}: '{column.name}' is {held_in_words}, not a number. {advice}"
    )


NAMES = one_or_each(text)
# What an argument has to be, by its name.
BY_NAME: dict[str, Rule] = {
    "confidence": level,
    "seed": whole(),
    **dict.fromkeys(("replicates", "permutations", "burn_in", "max_joinpoints", "min_joinpoints"), whole()),
    **dict.fromkeys(("draws", "chains", "thin", "window", "max_delay", "horizons", "k"), whole(1)),
    "resamples": whole(1),
    "per": positive,
    "threshold": number(least=0, most=1, example="0.02"),
    "thresholds": each(number(least=0, most=1, example="0.02")),
    "alpha": number(above=0, below=1, example="0.05"),
    "odds_ratios": each(positive),
    "by": NAMES,
    **dict.fromkeys(("series", "cases", "population", "estimates"), figures()),
}
# And by its annotation, where the name says nothing.
BY_TYPE: dict[str, Rule] = {
    "pd.DataFrame": table,
    "str": text,
    "bool": yes_or_no,
    "int": whole(),
    "float": number(),
    "Names": NAMES,
}
