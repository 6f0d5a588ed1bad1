"""Counts that are known only between two bounds: how they are widened, added, divided and printed.

A table of intervals has the columns ``low``, ``high`` and ``value_qualifier``:

========  ======================================================================
exact     the count is known: low = high
below_5   printed as ``<5``: 0 to 4 (files say 1 to 4, but publishers write the same for 0)
at_least  a minimum: high is infinite
approx    a rounded figure whose width is not stated: low = high
derived   the sum of parts that are not all exact
========  ======================================================================
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from bounded.arguments import checked, figures, level
from bounded.refusal import Refusal, require_columns

QUALIFIERS = ("exact", "below_5", "at_least", "approx", "derived")
COLUMNS = ["low", "high", "value_qualifier"]
_COUNTS = figures("count", "low", "high")
Floats = NDArray[np.float64]


@checked(table=_COUNTS)
def check(table: pd.DataFrame) -> None:
    """Raise an error that names the first bad row if the intervals of `table` contradict themselves.

    Refused are a bound below 0, low above high, one bound missing, an unknown qualifier, an exact or approximate
    count with two bounds, and a minimum with an upper bound. A row with neither bound is not known, and passes.

    Parameters
    ----------
    table : low, high (persons, floats) and value_qualifier; a row an interval, and whatever other columns name the row.

    Raises
    ------
    ValueError : a column is missing (``missing_column``), or an interval contradicts itself (``invalid_interval``).
    """
    require_columns(table, COLUMNS, "intervals")
    _refuse_faults(table, numbers(table["low"]), numbers(table["high"]), _qualifiers(table))


def _qualifiers(table: pd.DataFrame) -> NDArray[np.object_]:
    return table["value_qualifier"].to_numpy(dtype=object)


def _refuse_faults(table: pd.DataFrame, low: Floats, high: Floats, qualifier: NDArray[np.object_]) -> None:
    """Raise an error that names the first row whose interval contradicts itself; see `check`."""
    known = ~(np.isnan(low) & np.isnan(high))
    point = np.isin(qualifier, ["exact", "approx"])
    faults = {
        "one of its bounds is missing": np.isnan(low) ^ np.isnan(high),
        "a count is never below 0": (low < 0) | (high < 0),
        "low is above high": low > high,
        "low is infinite": np.isinf(low),
        f"the qualifier must be one of {', '.join(QUALIFIERS)}": known & ~np.isin(qualifier, QUALIFIERS),
        "an exact or approximate count has low equal to high": known & point & (low != high),
        "a minimum has an infinite high": known & (qualifier == "at_least") & ~np.isinf(high),
    }
    for reason, bad in faults.items():
        if bad.any():
            row = int(np.argmax(bad))
            others = table.drop(columns=COLUMNS, errors="ignore").iloc[row]
            where = "".join(f", {column} {value}" for column, value in others.items())
            raise Refusal(
                "invalid_interval",
                f"Row {table.index[row]}{where}: low {low[row]:g}, high {high[row]:g}, '{qualifier[row]}': {reason}.",
            )


@checked(table=_COUNTS)
def widest(table: pd.DataFrame) -> pd.DataFrame:
    """A copy of `table` whose low is 0 where the qualifier is below_5: the intervals that every computation uses.

    Parameters
    ----------
    table : low, high (persons) and value_qualifier; a row an interval.

    Returns
    -------
    DataFrame, the rows and columns of `table`.
    """
    return table.assign(low=table["low"].mask(table["value_qualifier"] == "below_5", 0))


@checked(table=_COUNTS)
def of(table: pd.DataFrame) -> pd.DataFrame:
    """A copy of a table of counts with its checked, widest intervals.

    Parameters
    ----------
    table : has low, high and value_qualifier, or else `count` (persons, exact; NaN where it is not known).

    Returns
    -------
    DataFrame, rows in the order of `table` and numbered from 0: its other columns, low, high (float), value_qualifier.

    Raises
    ------
    ValueError : neither is there, a count is negative or a minimum, or an interval contradicts itself.
    """
    low, high, qualifier = bounds(table)
    columns = {"low": low, "high": high}
    if "low" not in table and "high" not in table:
        columns["value_qualifier"] = pd.array(qualifier, dtype="str")
    others = table.drop(columns="count") if "count" in table else table
    return others.assign(**columns).reset_index(drop=True)


def bounds(table: pd.DataFrame) -> tuple[Floats, Floats, NDArray[np.object_]]:
    """The checked, widest intervals of a table of counts as arrays, as `of` has them: low, high and qualifiers.

    Parameters
    ----------
    table : has low, high and value_qualifier, or else `count`: columns of numbers.

    Returns
    -------
    low, high : (rows,) persons; NaN where not known. value_qualifier : (rows,) texts.

    Raises
    ------
    ValueError : as `of`.
    """
    if "low" in table or "high" in table:
        require_columns(table, COLUMNS, "intervals")
        low, high, qualifier = numbers(table["low"]), numbers(table["high"]), _qualifiers(table)
        _refuse_faults(table, low, high, qualifier)
        return np.where(qualifier == "below_5", 0.0, low), high, qualifier
    if "count" not in table:
        raise Refusal("missing_counts", "The table has no counts: it needs `count`, or low, high and value_qualifier.")
    if "value_qualifier" in table and not (table["value_qualifier"] == "exact").all():
        raise Refusal(
            "count_without_bounds",
            "A `count` that is not exact needs its bounds: give low, high and value_qualifier.",
        )
    count = numbers(table["count"])
    qualifier = np.where(np.isnan(count), np.array(np.nan, dtype=object), "exact")
    # The only faults that a count by itself can have.
    if (count < 0).any() or np.isinf(count).any():
        _refuse_faults(table, count, count, qualifier)
    return count, count, qualifier


def numbers(column: pd.Series) -> Floats:
    """A column of numbers as an array of its own.

    Parameters
    ----------
    column : numbers, of any type.

    Returns
    -------
    (rows,) floats; NaN where one is missing.
    """
    # Much faster than what also reads missing values of other types.
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iuf":
        return column.to_numpy().astype(float)
    return column.to_numpy(dtype=float, na_value=np.nan)


@checked(table=_COUNTS)
def total(table: pd.DataFrame, by: str | list[str]) -> pd.DataFrame:
    """The sums of intervals that share a key; they contain the sum of every set of counts the rows allow.

    An approximate count enters as the figure stated, since its width is not: a total is exact only where it says so.

    Parameters
    ----------
    table : low, high, value_qualifier (persons) and the key columns.
    by : key column or columns; a missing key is a category of its own.

    Returns
    -------
    DataFrame, one row a key: the keys, n (rows added), low, high, value_qualifier (exact if all are, else derived).

    Raises
    ------
    ValueError : an interval contradicts itself, or is missing and would count as zero; the row is named.
    """
    keys = [by] if isinstance(by, str) else list(by)
    unknown = table["low"].isna() & table["high"].isna()
    if unknown.any():
        raise Refusal(
            "missing_bounds",
            f"Row {table.index[unknown][0]} has no bounds, and a sum without it would count it as zero. "
            "Leave it out and say so, or give it low 0 and high infinity.",
        )
    rows = of(table.drop(columns="count", errors="ignore"))
    groups = rows.assign(exact=rows["value_qualifier"] == "exact").groupby(keys, dropna=False, observed=True)
    sums = groups[["low", "high"]].sum()
    sums.insert(0, "n", groups.size())
    sums["value_qualifier"] = np.where(groups["exact"].all(), "exact", "derived")
    return sums.reset_index()


def text(low: ArrayLike, high: ArrayLike, value_qualifier: ArrayLike) -> NDArray[np.object_]:
    """Intervals as people read them: "<5", "≥459", "≈500", "1,200", "12–20"; "unknown" where there are no bounds.

    Parameters
    ----------
    low, high, value_qualifier : arrays of one shape, or scalars.

    Returns
    -------
    Array of str of that shape; a str for scalars.
    """
    return np.vectorize(_text, otypes=[object])(low, high, value_qualifier)[()]


def _text(low: float, high: float, value_qualifier: str) -> str:
    if pd.isna(low) or pd.isna(high):
        return "unknown"
    if value_qualifier == "below_5":
        return "<5"
    if value_qualifier == "approx":
        return f"≈{low:,.15g}"
    if np.isinf(high):
        return f"≥{low:,.15g}"
    return f"{low:,.15g}" if low == high else f"{low:,.15g}–{high:,.15g}"


def wilson(
    part_low: ArrayLike,
    part_high: ArrayLike,
    whole: ArrayLike,
    confidence: float = 0.95,
    *,
    whole_high: ArrayLike | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Wilson's score interval of a proportion whose part, and perhaps whole, is known between bounds.

    The limits contain the interval of every part and whole the bounds allow with part <= whole: the lower limit falls
    with the whole and rises with the part, and so does the upper one, so each is taken at its own corner.

    Parameters
    ----------
    part_low, part_high : bounds of the part (persons); high may be infinite. Arrays broadcast.
    whole : the whole (persons), or its lower bound where `whole_high` is given.
    confidence : level of the interval, between 0 and 1.
    whole_high : upper bound of the whole; may be infinite.

    Returns
    -------
    low, high : arrays of proportions from 0 to 1; NaN where the whole is 0 or anything is missing. A whole that may
        be 0 is taken to be at least 1, as there is no proportion of nothing.

    Raises
    ------
    ValueError : a negative number, low above high, or a part that cannot be within its whole.

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. JASA 22, 209-212.
    """
    z = -float(special.ndtri((1 - check_confidence(confidence)) / 2))
    shape = np.broadcast_shapes(
        *map(np.shape, (part_low, part_high, whole, whole if whole_high is None else whole_high))
    )
    x_low, n_low = _as_floats(part_low), _as_floats(whole)
    x_high = x_low if part_high is part_low else _as_floats(part_high)
    n_high = n_low if whole_high is None else _as_floats(whole_high)
    faults = (
        ("A part or a whole is below 0", (x_low < 0) | (n_low < 0)),
        ("A lower bound is above its upper bound", (x_low > x_high) | (n_low > n_high)),
        ("A part is larger than its whole", x_low > n_high),
    )
    for reason, bad in faults:
        if bad.any():
            every = np.broadcast_arrays(x_low, x_high, n_low, n_high)
            place = int(np.argmax(np.broadcast_to(bad, every[0].shape)))
            said = ", ".join(f"{array.flat[place]:g}" for array in every)
            raise Refusal(
                "invalid_part_or_whole", f"{reason} at position {place} (part low, high; whole low, high: {said})."
            )
    with np.errstate(invalid="ignore", divide="ignore"):
        if n_high is n_low and (x_high is x_low or np.array_equal(x_low, x_high)):
            x_most, n_least = x_low, n_low
            low, high = _score_limits(x_low, n_low, z)
        else:
            n_least = np.maximum(n_low, np.minimum(n_high, 1))
            x_most = np.minimum(x_high, n_least)
            low, high = _score_limits(x_low, n_high, z)[0], _score_limits(x_most, n_least, z)[1]
    # Rounding must not move the limits that are exactly 0 and 1; and nothing is certain of an unbounded whole.
    np.copyto(low, 0.0, where=(x_low == 0) | np.isinf(n_high))
    np.copyto(high, 1.0, where=x_most >= n_least)
    undefined = np.isnan(x_low) | np.isnan(x_high) | np.isnan(n_low) | np.isnan(n_high) | (n_high == 0)
    low, high = (
        limit if limit.shape == undefined.shape else np.broadcast_to(limit, undefined.shape).copy()
        for limit in (low, high)
    )
    for limit in (low, high):
        np.copyto(limit, np.nan, where=undefined)
    return low.reshape(shape)[()], high.reshape(shape)[()]


def _as_floats(values: ArrayLike) -> Floats:
    return np.atleast_1d(np.asarray(values, dtype=float))


def _score_limits(x: Floats, n: Floats, z: float) -> tuple[Floats, Floats]:
    """Wilson's limits of x among n. In place, as long arrays take most of their time to be made."""
    reach = x / n
    reach -= 1
    reach *= x
    np.subtract(z**2 / 4, reach, out=reach)
    np.sqrt(reach, out=reach)
    reach *= z
    middle, total = x + z**2 / 2, n + z**2
    low = middle - reach
    low /= total
    reach += middle
    reach /= total
    return low, reach


def poisson_interval(count: ArrayLike, confidence: float = 0.95) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Exact limits of the mean of a Poisson count (Garwood).

    Parameters
    ----------
    count : persons; whole numbers, an array of any shape or a scalar. NaN is not known; infinity has no limit.
    confidence : level of the interval, between 0 and 1; each tail has half of what is left.

    Returns
    -------
    low, high : arrays of the shape of `count`, in persons; NaN where the count is; an infinite count has
        infinite limits.

    Raises
    ------
    ValueError : a count is negative or not a whole number.

    References
    ----------
    Garwood, F. (1936). Fiducial limits for the Poisson distribution. Biometrika 28, 437-442.
    """
    tail = (1 - check_confidence(confidence)) / 2
    x = np.asarray(count, dtype=float)
    bad = (x < 0) | (np.isfinite(x) & (x != np.floor(x)))
    if bad.any():
        raise Refusal(
            "not_whole_number",
            f"A count of persons is a whole number from 0 up; position {int(np.argmax(bad))} holds {x[bad].flat[0]:g}. "
            "Give the count itself, not a rate or an estimate.",
        )
    finite = np.where(np.isfinite(x), x, 1)
    low = np.where(finite == 0, 0.0, special.gammaincinv(np.maximum(finite, 1), tail))
    high = special.gammainccinv(finite + 1, tail)
    return np.where(np.isfinite(x), low, x)[()], np.where(np.isfinite(x), high, x)[()]


def percent(confidence: float) -> str:
    """Return a level of confidence as it is printed: "95 %" for 0.95.

    Parameters
    ----------
    confidence : level of an interval, between 0 and 1.

    Returns
    -------
    The level in percent, with its sign.
    """
    return f"{100 * confidence:.6g} %"


def confidence_level(table: pd.DataFrame) -> str:
    """Return the level of the limits of a table as it is printed.

    Parameters
    ----------
    table : whose column `confidence`, if there is one, has a level between 0 and 1, the same in each row that has one.

    Returns
    -------
    The level as `percent` prints it; "" where no row has one.

    Raises
    ------
    Refusal : rows have different levels (code ``several_levels``), so that no one label is true of all.
    """
    levels = sorted(set(table["confidence"].dropna())) if "confidence" in table else []
    if len(levels) > 1:
        raise Refusal(
            "several_levels",
            f"The rows have limits of several levels ({', '.join(map(percent, levels))}), and one label is for all. "
            "Show one level at a time.",
        )
    return percent(levels[0]) if levels else ""


def check_confidence(confidence: float) -> float:
    """`confidence` itself, where it lies between 0 and 1.

    Parameters
    ----------
    confidence : level of an interval, between 0 and 1.

    Returns
    -------
    The level, as a float.

    Raises
    ------
    ValueError : it does not lie between 0 and 1.
    """
    return level("confidence", confidence)
