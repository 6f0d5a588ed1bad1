"""Corridors that evidence names, beside the agreements between their two ends: which have none over them?

What the evidence is stays what it was: a mention is a sentence of a report, a detected person is a citizen whom another
country counted. The two are never added, and neither measures how many travel. An agreement that was not found may
exist, and one that was found may not be applied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.methods.origin_destination import PAIR, bounds
from analysis.referral.agreements import COVERS, NONE_FOUND
from bounded.refusal import Refusal

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.figure import Figure

    from analysis.figures import Footer

# Years of evidence for the two matrices of `routes`: a gap is one of today's routes, and before 2013 hardly any but
# reports that name a route are known.
YEARS = (2013, 2024)

WITHIN, BEYOND = "within the region", "to or from elsewhere"
REACHES = ("all", WITHIN, BEYOND)
NOT_ONE_COUNTRY, ONE_COUNTRY = "an end is not one country", "both ends in one country"
BEFORE, SAME_YEAR, AFTER, NOT_KNOWN = "before", "in the same year", "after", "not known"

_OF_PAIR = [
    "cover", "kinds", "agreement_ids", "first_low", "first_high", "first_precision", "last_low", "last_high",
    "last_precision", "undated", "in_force", "referral_clause", "care_or_return", "parties_read", "weaker_ids",
    "may_be_ids", "left_ecowas", "doubts", "source_ids",
]  # fmt: skip
_COUNTS = ["low", "high", "first_year", "last_year"]


@dataclass(frozen=True, eq=False)
class CorridorCover:
    """Corridors with the cover that was found for each.

    Parameters
    ----------
    corridors : one row a corridor between two countries, most evidence first: origin, destination; area_a, area_b (the
        pair, in the order of the alphabet); reach; low, high (mentions or persons); first_year, last_year (of the
        evidence; missing where not given); the columns of ``agreement_pairs``; timing (whether the first agreement of
        that class was signed "before" the last evidence, "in the same year" or "after"; "not known" without a date, ""
        where none was found).
    left_out : corridors that no agreement of two countries can cover: origin, destination, reason (``NOT_ONE_COUNTRY``
        or ``ONE_COUNTRY``), low, high, first_year, last_year; most evidence first.
    summary : one row a reach and cover: reach (with "all"), cover, corridors, pairs (unordered), low, high (evidence),
        share (of the reach's evidence; missing where only bounds are known), share_low, share_high (what the intervals
        allow; no sampling error), may_be (corridors that may be under a stronger agreement, not all of whose parties
        were named), left_ecowas (corridors of a state that withdrew); a row for each reason, with reach "left out".
    unit : "mentions" or "detected persons".
    pairs : the pairs of countries that went in.
    """

    corridors: pd.DataFrame
    left_out: pd.DataFrame = field(repr=False)
    summary: pd.DataFrame
    unit: str
    pairs: pd.DataFrame = field(repr=False)

    def plot(
        self,
        places: pd.DataFrame,
        world: gpd.GeoDataFrame,
        *,
        title: str,
        footer: Footer,
        projection: str,
        highlight: str | None = None,
        top: int = 25,
    ) -> Figure:
        """The pairs with most evidence on a map; see ``figures.agreement_map.agreement_map``."""
        from analysis.figures.agreement_map import agreement_map

        return agreement_map(
            self.corridors,
            places,
            world,
            title=title,
            footer=footer,
            projection=projection,
            highlight=highlight,
            top=top,
            unit=self.unit,
            left_out=self.left_out,
        )

    def plot_matrix(
        self, names: Mapping[str, str], *, title: str, footer: Footer, highlight: str | None = None
    ) -> Figure:
        """All pairs of the countries in `names`; see ``figures.agreement_matrix.agreement_matrix``."""
        from analysis.figures.agreement_matrix import agreement_matrix

        return agreement_matrix(
            self.corridors, self.pairs, names, title=title, footer=footer, highlight=highlight, unit=self.unit
        )


def corridor_cover(corridors: pd.DataFrame, pairs: pd.DataFrame, region: Iterable[str] | None = None) -> CorridorCover:
    """For each corridor the strongest cover that was found, and how the evidence divides among the classes.

    Both directions of a pair are under one agreement. A corridor within a country needs none, and a region ("West
    Africa"), "neighbouring countries" or "unknown" cannot sign one: both are counted apart. A corridor whose pair is
    not in `pairs` has "none found", which is not none: the coded agreements hold few with countries outside the region,
    so read the two reaches apart.

    Parameters
    ----------
    corridors : origin, destination (ISO 3166 alpha-3 or the name of a region; each pair and direction once), and
        either mentions (with reports, first_year, last_year), from ``routes.mention_matrix``, or low, high (persons;
        "<5" as 0 to 4) with years, from ``routes.citizenship_matrix``. ``YEARS`` is the span they are made for.
    pairs : from ``agreement_pairs``.
    region : ISO 3166 alpha-3 codes: corridors between two of them are "within the region". None: all are.

    Raises
    ------
    ValueError : a corridor stands twice, counts are missing, or a pair stands twice or in the wrong order.
    """
    counts = bounds(corridors)
    _check(corridors, counts, pairs)
    rows = corridors[PAIR].assign(low=counts["low"], high=counts["high"], **_years(corridors))
    if "reports" in corridors:
        rows["reports"] = corridors["reports"]
    rows = rows.sort_values(["high", "low", *PAIR], ascending=[False, False, True, True], ignore_index=True)
    countries = rows[PAIR].apply(lambda ends: ends.str.fullmatch("[A-Z]{3}")).all(axis=1).astype(bool)
    inside = countries & (rows["origin"] == rows["destination"])
    reason = pd.Series(np.where(inside, ONE_COUNTRY, NOT_ONE_COUNTRY), rows.index)
    out = inside | ~countries
    table = _covered(rows[~out].reset_index(drop=True), pairs, region)
    left_out = rows[out].assign(reason=reason[out])[[*PAIR, "reason", *_COUNTS]].reset_index(drop=True)
    unit = "mentions" if "mentions" in corridors else "detected persons"
    return CorridorCover(table, left_out, _summary(table, left_out), unit, pairs)


def _check(corridors: pd.DataFrame, counts: pd.DataFrame, pairs: pd.DataFrame) -> None:
    twice = corridors[corridors.duplicated(PAIR)]
    if len(twice):
        row = twice.iloc[0]
        raise Refusal(
            "duplicate_key",
            f"The corridor {row['origin']} to {row['destination']} stands twice. Add its rows up first.",
        )
    if counts.isna().any(axis=None):
        row = corridors[counts.isna().any(axis=1)].iloc[0]
        raise Refusal(
            "missing_value",
            f"The corridor {row['origin']} to {row['destination']} has no count. Give its bounds, or leave it out.",
        )
    bad = pairs[(pairs["area_a"] >= pairs["area_b"]) | pairs.duplicated(["area_a", "area_b"])]
    if len(bad):
        row = bad.iloc[0]
        raise Refusal(
            "unordered_or_duplicate_pair",
            f"The pair {row['area_a']} and {row['area_b']} stands twice, or not in the order of the alphabet, and "
            "corridors would be joined wrongly. Take the pairs from agreement_pairs.",
        )


def _years(corridors: pd.DataFrame) -> dict[str, pd.Series]:
    """First and last year of the evidence, whichever kind of matrix it is; missing where neither says."""
    if "last_year" in corridors:
        first, last = corridors["first_year"], corridors["last_year"]
    elif "years" in corridors:
        # "2014, 2018-2020": the first and the last number.
        found = corridors["years"].str.findall(r"\d{4}")
        first, last = found.str[0], found.str[-1]
    else:
        first = last = pd.Series(pd.NA, corridors.index)
    return {"first_year": pd.to_numeric(first).astype("Int64"), "last_year": pd.to_numeric(last).astype("Int64")}


def _covered(rows: pd.DataFrame, pairs: pd.DataFrame, region: Iterable[str] | None) -> pd.DataFrame:
    ends = np.sort(rows[PAIR].to_numpy(dtype=str), axis=1).reshape(-1, 2)
    rows = rows.assign(area_a=ends[:, 0], area_b=ends[:, 1])
    own = set(rows["origin"]) | set(rows["destination"]) if region is None else set(region)
    within = rows["origin"].isin(own) & rows["destination"].isin(own)
    rows["reach"] = np.where(within, WITHIN, BEYOND)
    table = rows.merge(pairs[["area_a", "area_b", *_OF_PAIR]], on=["area_a", "area_b"], how="left", validate="m:1")
    table["cover"] = table["cover"].fillna(NONE_FOUND)
    table["undated"] = table["undated"].fillna(0).astype(int)
    words = [name for name in _OF_PAIR if name not in ("cover", "undated") and not name.endswith(("_low", "_high"))]
    unknown = ["first_precision", "last_precision", "in_force", "referral_clause", "care_or_return"]
    table[words] = table[words].fillna(dict.fromkeys(words, "") | dict.fromkeys(unknown, "unknown"))
    table["timing"] = [_timing(row) for row in table.itertuples()]
    reports = ["reports"] if "reports" in table else []
    return table[[*PAIR, "area_a", "area_b", "reach", "low", "high", *reports, *_COUNTS[2:], *_OF_PAIR, "timing"]]


def _timing(row) -> str:
    """When the first agreement was signed beside the last year of evidence; a year is as fine as the evidence is."""
    if row.cover == NONE_FOUND:
        return ""
    if pd.isna(row.first_low) or pd.isna(row.last_year):
        return NOT_KNOWN
    if row.first_high.year < row.last_year:
        return BEFORE
    # One without a date may be older than the first that has one.
    if row.undated:
        return NOT_KNOWN
    return AFTER if row.first_low.year > row.last_year else SAME_YEAR


def _summary(table: pd.DataFrame, left_out: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for reach in REACHES:
        group = table if reach == "all" else table[table["reach"] == reach]
        for cover in COVERS:
            chosen = group["cover"] == cover
            rows.append({"reach": reach, "cover": cover, **_counts(group[chosen], group[~chosen])})
    for reason in (NOT_ONE_COUNTRY, ONE_COUNTRY):
        chosen = left_out[left_out["reason"] == reason]
        rows.append({"reach": "left out", "cover": reason, **_counts(chosen, None)})
    return pd.DataFrame(rows)


def _counts(chosen: pd.DataFrame, others: pd.DataFrame | None) -> dict[str, float]:
    low, high = float(chosen["low"].sum()), float(chosen["high"].sum())
    share = share_low = share_high = np.nan
    if others is not None:
        other_low, other_high = float(others["low"].sum()), float(others["high"].sum())
        # A share is smallest where this class has least and all others have most, and the other way round.
        share_low = 0.0 if np.isinf(other_high) or low == 0 else low / (low + other_high)
        share_high = 0.0 if high == 0 else 1.0 if np.isinf(high) or other_low == 0 else high / (high + other_low)
        exact = low == high and other_low == other_high
        if high + other_high == 0:
            share_low = share_high = np.nan
        share = share_low if exact else np.nan
    of_pairs = others is not None
    return {
        "corridors": len(chosen),
        "pairs": len(chosen[["area_a", "area_b"]].drop_duplicates()) if of_pairs else 0,
        "low": low,
        "high": high,
        "share": share,
        "share_low": share_low,
        "share_high": share_high,
        "may_be": int(chosen["may_be_ids"].ne("").sum()) if of_pairs else 0,
        "left_ecowas": int(chosen["left_ecowas"].ne("").sum()) if of_pairs else 0,
    }
