"""Flows: who is taken from where to where, by year, sex, age or form.

How far journeys reach: within an area, within a country, in UNODC's sub-region or region, or beyond.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.methods.origin_destination import scope
from bounded.refusal import Refusal
from journeys.legs import countries, observed_legs
from journeys.shares import clustered_shares, one_each
from journeys.stops import UNKNOWN, Journeys, journeys


def flows(stops: pd.DataFrame | Journeys, by: str | Sequence[str] = ()) -> pd.DataFrame:
    """From where to where persons are taken: one row a pair of origin and destination.

    Journeys count whose way is not known: a missing transit does not change where they begin and end. An end that is
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


WITHIN = "within area"
JOURNEY_SCOPES = (WITHIN, "domestic", "sub-regional", "regional", "trans-regional", UNKNOWN)


def journey_scopes(
    stops: pd.DataFrame | Journeys, regions: pd.DataFrame, areas: Collection[str], by: str | Sequence[str] = ()
) -> pd.DataFrame:
    """How journeys divide among scopes, from their origin to their destination.

    Two ends in one of `areas` are "within area"; in one country otherwise "domestic", which includes journeys of which
    it is not known whether they left an area; across borders as ``scope`` has it. A journey with an end that is not
    known has an unknown scope, which is counted apart.

    Parameters
    ----------
    stops : as ``journeys`` reads them.
    regions : iso3, subregion, region: UNODC's classification of countries.
    areas : places that are areas; a journey from one to itself is within it.
    by : trait(s) of the journeys, as for ``flows``.

    Returns
    -------
    DataFrame, all of ``JOURNEY_SCOPES`` in each group: the columns of `by`; scope; persons (distinct), journeys,
    n (persons of the group); share, low, high (95 %, each person counts for one); known_share, known_low, known_high:
    the same among journeys of known scope; bound_low, bound_high : the share if none, or all, of the unknown were of
    this scope; observed_share (of the legs of these journeys).

    Raises
    ------
    ValueError : as ``journeys`` and ``scope`` do; `by` names no trait.
    """
    read = journeys(stops)
    keys, row, group, values = groups(read, by)
    cell = _scopes(read, regions, set(areas))[row]
    person, wide = read.person[row], len(JOURNEY_SCOPES)
    table = clustered_shares(cell, person, one_each(person, group), group, wide)
    table["scope"] = np.array(JOURNEY_SCOPES, dtype=object)[table["cell"]]
    known = cell < wide - 1
    of_known = clustered_shares(
        cell[known], person[known], one_each(person[known], group[known]), group[known], wide
    ).set_index(["group", "cell"])
    at = pd.MultiIndex.from_frame(table[["group", "cell"]])
    for name in ("share", "low", "high"):
        table[f"known_{name}"] = of_known[name].reindex(at).to_numpy()
    table.loc[table["scope"] == UNKNOWN, ["known_share", "known_low", "known_high"]] = np.nan
    unknown = table.groupby("group")["share"].transform("last").where(table["scope"] != UNKNOWN, 0.0)
    table = table.assign(bound_low=table["share"], bound_high=(table["share"] + unknown).clip(upper=1.0))
    observed, legs = (
        np.bincount(group * wide + cell, count[row], minlength=len(table)) for count in observed_legs(read)
    )
    with np.errstate(invalid="ignore"):
        table["observed_share"] = observed / legs
    if not len(values):
        table = table.iloc[:0]
    for key in keys:
        table[key] = values[key].to_numpy()[table["group"]]
    table = table.rename(columns={"units": "journeys"})
    columns = ["persons", "journeys", "n", "share", "low", "high", "known_share", "known_low", "known_high"]
    return table[[*keys, "scope", *columns, "bound_low", "bound_high", "observed_share"]]


def _scopes(read: Journeys, regions: pd.DataFrame, areas: set[str]) -> np.ndarray:
    """Of each journey, the place of its scope among ``JOURNEY_SCOPES``."""
    places = len(read.places)
    pair = (read.origin.astype(np.int64) + 1) * (places + 1) + read.destination + 1
    code, found = pd.factorize(pair)
    ids = np.append(UNKNOWN, read.places)
    start, end = ids[np.asarray(found) // (places + 1)], ids[np.asarray(found) % (places + 1)]
    country = countries(read.places) | {UNKNOWN: ""}
    reach = scope([country[place] or place for place in start], [country[place] or place for place in end], regions)
    within = np.array([one == other and one in areas for one, other in zip(start, end, strict=True)], bool)
    number = {name: place for place, name in enumerate(JOURNEY_SCOPES)}
    return np.where(within, number[WITHIN], reach.map(number).to_numpy(np.int64))[code]
