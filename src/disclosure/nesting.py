"""Of which atoms each value of a dimension is made: areas within areas, 0-17 of 0-14 and 15-17, all of everything."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from itertools import pairwise

import pandas as pd

from disclosure.tables import DisclosureError

# Values that stand for all others of their dimension.
EVERYTHING = frozenset({"all", "total"})
_BAND = re.compile(r"(-?\d+(?:\.\d+)?)\s*(?:-|–|to)\s*(-?\d+(?:\.\d+)?)")
_ABOVE = re.compile(r"(\d+)\s*(?:\+|or (?:older|more|over))")
_BELOW = re.compile(r"(?:<|under |below )\s*(\d+)")
_YEARS = re.compile(r"\s*(?:years?(?: old| of age)?|yrs?)\.?$")
_FOREVER = float("inf")
# A half-year, a quarter, a month, an ISO week or a day of a year, as ISO 8601 writes them or nearly so.
_HALF_OR_QUARTER = re.compile(r"(\d{4})[- ]?(H[12]|Q[1-4])|(H[12]|Q[1-4])[- ](\d{4})", re.IGNORECASE)
_WEEK = re.compile(r"(\d{4})-?W(\d{2})", re.IGNORECASE)
_MONTH_OR_DAY = re.compile(r"(\d{4})-(0[1-9]|1[0-2])(?:-(\d{2}))?")


def atoms_of(dimension: str, values: Iterable[str], nested: pd.DataFrame | None = None) -> dict[str, tuple[str, ...]]:
    """The atoms of each value of a dimension: groups of which no published value holds only a part.

    Parameters
    ----------
    dimension : its name, for errors.
    values : all values that any table has.
    nested : value, atom: of what a value is made, one row an atom; a value that it does not list is its own atom. Left
        out, bands of ages and years (``0-17``, ``2014–2018``, ``18+``, ``<5``) and periods of a year (``2023-H1``,
        ``2023-Q2``, ``2023-04``, ``2023-W14``, ``2023-04-15``) that overlap are cut where any begins.

    Returns
    -------
    value -> its atoms. "all" and "total" are made of every atom.

    Raises
    ------
    DisclosureError : `nested` lacks a column.
    """
    plain = sorted({value for value in values if value.lower() not in EVERYTHING})
    if nested is not None:
        if not {"value", "atom"} <= set(nested.columns):
            raise DisclosureError("missing_column", f"The nesting of '{dimension}' needs the columns value and atom.")
        made_of = nested.astype(str).groupby("value")["atom"].agg(lambda atoms: tuple(sorted(set(atoms)))).to_dict()
        found = {value: made_of.get(value, (value,)) for value in plain}
        # A value that others are made into by its own atoms is never an atom beside them.
        found = _together({value: _leaves(atoms, made_of) for value, atoms in found.items()})
    else:
        found = _bands(plain) or {value: (value,) for value in plain}
    everything = tuple(sorted({atom for atoms in found.values() for atom in atoms}))
    return found | {value: everything for value in values if value.lower() in EVERYTHING}


def _together(found: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The same with those atoms as one that no value tells apart: what is left over of a value may be several."""
    held_by: dict[str, list[str]] = {}
    for value, atoms in found.items():
        for atom in atoms:
            held_by.setdefault(atom, []).append(value)
    alike: dict[tuple[str, ...], list[str]] = {}
    for atom, values in held_by.items():
        alike.setdefault(tuple(values), []).append(atom)
    named = {atom: " or ".join(sorted(group)) for group in alike.values() for atom in group}
    return {value: tuple(sorted({named[atom] for atom in atoms})) for value, atoms in found.items()}


def _leaves(atoms: tuple[str, ...], made_of: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Atoms of atoms, down to those that are made of nothing else."""
    found: set[str] = set()
    waiting, seen = list(atoms), set()
    while waiting:
        atom = waiting.pop()
        parts = made_of.get(atom, (atom,))
        if parts == (atom,) or atom in seen:
            found.add(atom)
        else:
            seen.add(atom)
            waiting += parts
    return tuple(sorted(found))


def _bands(values: list[str]) -> dict[str, tuple[str, ...]]:
    """Bands that overlap, cut where any begins or ends; empty where none overlaps another, or too few are bands."""
    periods = {value: span for value in values if (span := period(value)) is not None}
    bands = {value: span for value in values if (span := band(value)) is not None} | periods
    dates = {edge for span in periods.values() for edge in span}
    spans = sorted(bands.values())
    reach, overlap = -_FOREVER, False
    for first, end in spans:
        overlap |= first < reach
        reach = max(reach, end)
    if not overlap:
        return {}
    cuts = sorted({edge for span in bands.values() for edge in span})
    pieces = list(pairwise(cuts))
    cut = {
        value: tuple(
            f"{_edge(low, dates)} until {_edge(high, dates)}" for low, high in pieces if first <= low and high <= end
        )
        for value, (first, end) in bands.items()
    }
    return {value: cut.get(value, (value,)) for value in values}


def band(value: str) -> tuple[float, float] | None:
    """From where up to where a band reaches, the end not included: 0-17 years is from 0 to 18."""
    text = _YEARS.sub("", value.strip())
    if found := _BAND.fullmatch(text):
        low, high = float(found[1]), float(found[2])
        return (low, high + 1) if low <= high else None
    if found := _ABOVE.fullmatch(text):
        return float(found[1]), _FOREVER
    if found := _BELOW.fullmatch(text):
        return 0.0, float(found[1])
    if re.fullmatch(r"\d+", text):
        return float(text), float(text) + 1
    return None


def period(value: str) -> tuple[float, float] | None:
    """From where up to where a half-year, quarter, month, ISO week or day reaches: 2023-Q1 from 2023 to 2023.2466.

    A date is its year and the share of the year's days before it, so that the same date is the same number.
    """
    text = value.strip()
    try:
        if found := _HALF_OR_QUARTER.fullmatch(text):
            year, part = int(found[1] or found[4]), (found[2] or found[3]).upper()
            months = 6 if part[0] == "H" else 3
            first = 1 + months * (int(part[1]) - 1)
            return _of_months(year, first, months)
        if found := _MONTH_OR_DAY.fullmatch(text):
            if found[3] is None:
                return _of_months(int(found[1]), int(found[2]), 1)
            day = dt.date(int(found[1]), int(found[2]), int(found[3]))
            return _in_years(day), _in_years(day + dt.timedelta(days=1))
        if found := _WEEK.fullmatch(text):
            monday = dt.date.fromisocalendar(int(found[1]), int(found[2]), 1)
            return _in_years(monday), _in_years(monday + dt.timedelta(days=7))
    except ValueError:
        # The 31st of a month of 30 days, or a 53rd week that the year does not have, is a value like any other.
        return None
    return None


def _of_months(year: int, first: int, months: int) -> tuple[float, float]:
    after = first + months
    end = dt.date(year + 1, 1, 1) if after > 12 else dt.date(year, after, 1)
    return _in_years(dt.date(year, first, 1)), _in_years(end)


def _in_years(day: dt.date) -> float:
    begins = dt.date(day.year, 1, 1)
    return day.year + (day - begins).days / (dt.date(day.year + 1, 1, 1) - begins).days


def _edge(edge: float, dates: set[float]) -> str:
    """Where a band begins or ends, in words: an age or a year, or the date within one."""
    if edge not in dates or edge == round(edge):
        return f"{edge:.12g}"
    begins = dt.date(int(edge), 1, 1)
    days = round((edge - int(edge)) * (dt.date(int(edge) + 1, 1, 1) - begins).days)
    return (begins + dt.timedelta(days=days)).isoformat()
