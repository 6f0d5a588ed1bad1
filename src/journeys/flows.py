"""Flows: who is taken from where to where, by year, sex, age or form.

How far journeys reach: within an area, within a country, in UNODC's sub-region or region, or beyond.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bounded.refusal import Refusal
from journeys.legs import observed_legs
from journeys.shares import clustered_shares, one_each
from journeys.stops import UNKNOWN, Journeys, journeys


def flows(stops: pd.DataFrame | Journeys, by: str | Sequence[str] = ()) -> pd.DataFrame:
    """From where to where persons are taken: one row a pair of origin and destination.

    Journeys count whose path is not known: a missing transit does not change where they begin and end. An end that is
    not known is a row of its own, "unknown".

    Parameters
    ----------
    stops : as ``journeys`` reads them.
    by : trait(s) of the journeys, such as "year" or ["sex", "form"]: the flows of each group. A trait may hold several
        values joined by ";" (forms): the journey then counts under each, and groups overlap. A missing value is a group
        of its own, "unknown".

    Returns
    -------
    DataFrame, largest first within each group: the columns of `by`; origin, destination; persons (distinct), journeys;
    n (distinct persons of the group); share, low, high (95 %; each person counts for one, shared out over the journeys
    of a person; see ``shares.clustered_shares``); observed_share (of all legs of these journeys, those that are
    observed; missing where they have none).

    Raises
    ------
    ValueError : as ``journeys`` does; `by` names no trait.

    References
    ----------
    Korn, E. L., & Graubard, B. I. (1998). Confidence intervals for proportions with small expected number of positive
    counts estimated from survey data. Survey Methodology 24, 193-201.
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. JASA 22, 209-212.
    """
    read = journeys(stops)
    keys, row, group, values = groups(read, by)
    places = len(read.places) + 1
    pair = (read.origin.astype(np.int64) + 1) * places + read.destination + 1
    cell, found = pd.factorize(pair)
    person = read.person[row]
    table = clustered_shares(cell[row], person, one_each(person, group), group, len(found))
    table = table[table["units"] > 0]
    observed, legs = (
        np.bincount(group * len(found) + cell[row], of[row], minlength=len(values) * len(found))
        for of in observed_legs(read)
    )
    at = table["group"].to_numpy() * len(found) + table["cell"].to_numpy()
    ids = np.append(UNKNOWN, read.places)
    ends = np.asarray(found)[table["cell"]]
    with np.errstate(invalid="ignore"):
        shown = table.assign(
            origin=ids[ends // places], destination=ids[ends % places], observed_share=observed[at] / legs[at]
        ).rename(columns={"units": "journeys"})
    columns = ["origin", "destination", "persons", "journeys", "n", "share", "low", "high", "observed_share"]
    return ordered(shown, keys, values, ["origin", "destination"])[[*keys, *columns]]


def groups(
    read: Journeys, by: str | Sequence[str]
) -> tuple[list[str], NDArray[np.int64], NDArray[np.int64], pd.DataFrame]:
    """The groups of journeys by their traits.

    Returns
    -------
    The names of the traits; the number of a journey, and that of a group, for each time that a journey counts; and the
    values of each group, one row a group, in order.
    """
    keys = [by] if isinstance(by, str) else list(by)
    absent = [key for key in keys if key not in read.traits]
    if absent:
        there = ", ".join(read.traits.columns) or "none"
        raise Refusal("unknown_trait", f"The journeys have no trait '{absent[0]}' to group by; they have: {there}.")
    if not keys:
        return keys, np.arange(len(read)), np.zeros(len(read), np.int64), pd.DataFrame(index=[0])
    table = read.traits[keys].astype(object)
    table = table.where(table.notna() & (table != ""), UNKNOWN).assign(row=np.arange(len(read)))
    for key in keys:
        several = table[key].map(lambda value: isinstance(value, str) and ";" in value)
        if several.any():
            table[key] = table[key].where(~several, table[key].map(_each_value))
            table = table.explode(key, ignore_index=True)
    values = table[keys].drop_duplicates()
    values = values.sort_values(keys, key=lambda column: column.map(_in_sequence), ignore_index=True)
    numbered = table.merge(values.assign(group=np.arange(len(values))), on=keys, how="left", validate="m:1")
    return keys, numbered["row"].to_numpy(np.int64), numbered["group"].to_numpy(np.int64), values


def ordered(table: pd.DataFrame, keys: list[str], values: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Rows of groups in the order of the groups, the most persons first, with the values of the groups as columns."""
    table = table.sort_values(
        ["group", "persons", *names], ascending=[True, False, *[True] * len(names)], kind="stable"
    )
    for key in keys:
        table[key] = values[key].to_numpy()[table["group"]]
    return table.reset_index(drop=True)


def _each_value(value: object) -> list[str]:
    """The values that stand joined in one, each once."""
    found = dict.fromkeys(part.strip() for part in str(value).split(";"))
    return [part for part in found if part] or [UNKNOWN]


def _in_sequence(value: object) -> tuple[int, float, str]:
    """Numbers before texts, and what is not known last."""
    if isinstance(value, int | float | np.number):
        return 0, float(value), ""
    return (2, 0.0, "") if value == UNKNOWN else (1, 0.0, str(value))
