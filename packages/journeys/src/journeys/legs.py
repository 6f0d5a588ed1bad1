"""Legs and flows: what lies between two stops of a journey, and who is taken from where to where.

Legs say whether anything may be missing between two stops. Nodes are what a study's routes run between: a place counts
for the node it lies in, and never for one below it: "somewhere in Türkiye" is no province. Flows count persons by year,
sex, age or form, and by how far journeys reach: within an area, a country, UNODC's sub-region or region, or beyond.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bounded import intervals, result_plots
from bounded.arguments import checked
from bounded.refusal import Refusal
from journeys.shares import clustered_shares, one_each
from journeys.stops import UNKNOWN, Journeys, journeys

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OBSERVED, MISSING_TRANSIT = "observed", "missing_transit"
GAPS = (OBSERVED, MISSING_TRANSIT)


@checked()
def legs(stops: pd.DataFrame | Journeys) -> pd.DataFrame:
    """The legs of journeys, derived from their stops.

    Between two stops with known places that follow each other lies one leg. Detection and return are no stops of a
    route. Where a stop between the two has no known place, or is left out in `seq`, or the source does not ask for
    transit, the leg is `missing_transit`: the person went from one to the other, nobody knows by which path. It counts
    from where to where people are taken, and never as one place next to another, a corridor or a border crossed.

    Parameters
    ----------
    stops : as ``journeys`` reads them.

    Returns
    -------
    DataFrame, one row a leg, in the order of journeys and of their stops: journey_id, leg (from 1), from_place,
    to_place, mode (as stated at the stop it leads to; "" where it is not), crossing (the border between two countries,
    "SYR>TUR"; "" within one country; missing where a transit is, or the country of an end is not known from its
    code), gap (``observed`` or ``missing_transit``). A stop in the same place as the one before makes a leg too.

    Raises
    ------
    ValueError : as ``journeys`` does.
    """
    read = journeys(stops)
    to = read.arrivals
    start, end = read.place[to - 1], read.place[to]
    journey = read.journey
    gap = read.after_gap[to].astype(np.int8)
    return pd.DataFrame(
        {
            "journey_id": read.ids.take(journey[to]),
            "leg": to - read.begin[journey[to]],
            "from_place": pd.Categorical.from_codes(start, read.places),
            "to_place": pd.Categorical.from_codes(end, read.places),
            "mode": pd.Categorical.from_codes(np.zeros(len(to), np.int8), [""]) if read.mode is None else read.mode[to],
            "crossing": _crossing(read, start, end, gap == 1),
            "gap": pd.Categorical.from_codes(gap, list(GAPS)),
        }
    )


def observed_legs(read: Journeys) -> NDArray[np.float64]:
    """Observed legs of each journey and all its legs, counted, as two rows."""
    to = read.arrivals
    journey = read.journey[to]
    legs_of = np.bincount(journey, minlength=len(read))
    observed = np.bincount(journey, ~read.after_gap[to], minlength=len(read))
    return np.vstack([observed, legs_of])


def _crossing(read: Journeys, start: NDArray, end: NDArray, missing: NDArray) -> pd.Categorical:
    """The border that each leg crosses, as categories: all pairs of countries that there are."""
    country, names = pd.factorize(pd.Series(countries(read.places)).reindex(read.places).to_numpy(dtype=object))
    unknown = np.array([name == "" for name in names], bool)
    here, there = country[start], country[end]
    pairs = [""] + [f"{one}>{other}" for one in names for other in names]
    code = np.where(here == there, 0, 1 + here * len(names) + there)
    code = np.where(missing | unknown[here] | unknown[there], -1, code)
    return pd.Categorical.from_codes(code, pairs).remove_unused_categories()


ABROAD = "abroad"


# Three letters that ISO 3166-1 leaves to its users: AAA to AAZ, QMA to QZZ, XAA to XZZ, ZZA to ZZZ.
_OF_USERS = re.compile(r"AA[A-Z]|Q[M-Z][A-Z]|X[A-Z]{2}|ZZ[A-Z]")


@checked()
def country_of(place_id: str) -> str:
    """The country of a place by its code, ISO 3166-1 alpha-3; "" where the code does not tell.

    Understood are countries (SYR; XKX and all codes that ISO 3166-1 leaves to its users), their subdivisions (TR-27,
    CV-PR: ISO 3166-2), and codes of a project's own that begin with those of the country (CPV-SAL).

    Parameters
    ----------
    place_id : id of a place.

    Returns
    -------
    Three letters, or "".
    """
    head = place_id.partition("-")[0]
    if len(head) == 2:
        return _alpha_3().get(head, "")
    return head if head in _countries() or _OF_USERS.fullmatch(head) else ""


@cache
def _alpha_3() -> dict[str, str]:
    import pycountry

    return {country.alpha_2: country.alpha_3 for country in pycountry.countries}


@cache
def _countries() -> frozenset[str]:
    return frozenset(_alpha_3().values())


@checked()
def study_nodes(
    places: pd.DataFrame, areas: Collection[str], home: str = "", abroad: Collection[str] | None = None
) -> dict[str, str]:
    """The nodes between which the routes of a study run: its areas, the rest of its country, and countries abroad.

    Parameters
    ----------
    places : place_id, area_id (the area or other subdivision it is or lies in; "" for countries abroad).
    areas : ids of the study's areas.
    home : the country of the study (ISO 3166-1 alpha-3); "" where its areas are countries themselves.
    abroad : countries that stay nodes of their own; all others are then "abroad". None: every country stays.

    Returns
    -------
    place_id -> node: an area; "rest of TUR" for other parts of the country; `home` itself where it is not known which
    part; a country, or "abroad". Places that lie in none of these stay as they are.
    """
    found = {}
    for place, area in zip(places["place_id"], places["area_id"], strict=True):
        country = country_of(place)
        if area in areas:
            found[place] = area
        elif place == home:
            found[place] = home
        elif home and country == home:
            found[place] = f"rest of {home}"
        elif country and abroad is not None and country not in abroad:
            found[place] = ABROAD
        else:
            found[place] = country or place
    return found


def countries(nodes: Iterable[str]) -> dict[str, str]:
    """The country of each node; "rest of TUR" lies in TUR, and "" stands for what lies in none or in many."""
    return {node: country_of(node.removeprefix("rest of ")) for node in nodes}


class Flows(pd.DataFrame):
    """A table of flows that can draw itself; what is made of it (its rows, its columns) is a plain DataFrame."""

    @property
    def _constructor(self) -> type[pd.DataFrame]:
        return pd.DataFrame

    def plot(self, *, title: str = "", names: Mapping[str, str] | None = None, rows: int = 20) -> Figure:
        """A bar a flow, as long as its number of persons, the largest first.

        Beside the name of a flow stands its share, with the limits of the share: the number itself is a count and has
        none.

        Parameters
        ----------
        title : above the figure; by default what is drawn.
        names : what places are called; None: their ids.
        rows : how many flows are drawn.
        """
        called, keys = names or {}, list(self.columns[: self.columns.get_loc("origin")])
        shown = self.sort_values("persons", ascending=False, kind="stable").head(rows)
        labels = []
        for row in shown.to_dict("records"):
            group = "".join(f"{row[key]}, " for key in keys)
            start, end = (called.get(row[place], row[place]) for place in ("origin", "destination"))
            limits = f"{row['share_low']:.0%}–{row['share_high']:.0%}"
            labels.append(f"{group}{start} → {end}: {row['share']:.0%} ({limits})")
        if not title:
            drawn = f", the {len(shown)} largest of {len(self):,} flows" if len(shown) < len(self) else ""
            whole = f" of each {' and '.join(keys)}" if keys else f" of all {self['n'].max():,}" if len(self) else ""
            level = f", with {intervals.confidence_level(self)} limits" if len(self) else ""
            title = f"Persons by origin and destination{drawn}; beside each flow its share{whole}{level}"
        figure = result_plots.parts(labels, {"persons": shown["persons"]}, title=title, xlabel="persons")
        if shown.empty:
            figure.axes[0].set_xticks([])
            figure.axes[0].text(0.5, 0.5, "no flow", transform=figure.axes[0].transAxes, ha="center", va="center")
        return figure


@checked()
def flows(stops: pd.DataFrame | Journeys, by: str | Sequence[str] = (), confidence: float = 0.95) -> Flows:
    """Flows of persons from where to where they are taken: one row a pair of origin and destination.

    Journeys count whose path is not known: a missing transit does not change where they begin and end. An end that is
    not known is a row of its own, "unknown".

    Parameters
    ----------
    stops : as ``journeys`` reads them.
    by : trait(s) of the journeys, such as "year" or ["sex", "form"]: the flows of each group. A trait may hold several
        values joined by ";" (forms): the journey then counts under each, and groups overlap. A missing value is a group
        of its own, "unknown".
    confidence : level of the limits of the share.

    Returns
    -------
    Flows, a DataFrame with a method `plot`, largest first within each group: the columns of `by`; origin, destination;
    persons (distinct), journeys; n (distinct persons of the group); share, share_low, share_high (0 to 1; each person
    counts for one, shared out over the journeys of a person; see ``shares.clustered_shares``); confidence (level of
    these limits); observed_share (of all legs of these journeys, those that are observed; missing where they have
    none).

    Raises
    ------
    ValueError : as ``journeys`` does; `by` names no trait; a confidence that is not between 0 and 1.

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
    table = clustered_shares(cell[row], person, one_each(person, group), group, len(found), confidence)
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
            origin=ids[ends // places],
            destination=ids[ends % places],
            observed_share=observed[at] / legs[at],
            confidence=confidence,
        ).rename(columns={"units": "journeys"})
    columns = [
        "origin",
        "destination",
        "persons",
        "journeys",
        "n",
        "share",
        "share_low",
        "share_high",
        "confidence",
        "observed_share",
    ]
    return Flows(ordered(shown, keys, values, ["origin", "destination"])[[*keys, *columns]])


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
