"""Agreements between states, beside the corridors that evidence names.

Which pairs of states have an agreement on trafficking between them: of the two, of a few, of the region, or none.

An agreement of the whole region covers every pair of its parties and so tells none from another: it is a class of its
own. What is not on trafficking (extradition, a travel pass) and what is not between states (a convention of two
border towns) are cooperation, and never count as an agreement on trafficking.

Corridors that evidence names, beside the agreements between their two ends: which have none over them?

What the evidence is stays what it was: a mention is a sentence of a report, a detected person is a citizen whom another
country counted. The two are never added, and neither measures how many travel. An agreement that was not found may
exist, and one that was found may not be applied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.methods.origin_destination import PAIR, bounds
from bounded import intervals
from bounded.refusal import Refusal, require_once

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.figure import Figure

    from analysis.plots import Footer

FEW = "agreement of the two or of few states"
REGIONAL = "regional accord only"
OTHER = "other or local cooperation only"
NONE_FOUND = "none found"
SAME = "the same country"
DOUBTED = "A number with ?: may be under an accord that names not all its parties. "
# From the strongest to none: "none found" is never "none".
COVERS = (FEW, REGIONAL, OTHER, NONE_FOUND)

# An agreement with more named parties is one of the region: the largest group short of it that signed is nine states.
FEW_STATES = 9

ECOWAS = frozenset(
    ["BEN", "BFA", "CIV", "CPV", "GHA", "GIN", "GMB", "GNB", "LBR", "MLI", "NER", "NGA", "SEN", "SLE", "TGO"]
)
# With these eleven ECOWAS makes the 26 states that signed in Abuja in 2006; no list of them was read.
ECCAS_2006 = frozenset(["AGO", "BDI", "CAF", "CMR", "COD", "COG", "GAB", "GNQ", "RWA", "STP", "TCD"])
# Their withdrawal from ECOWAS took effect on 29 January 2025; whether it touches the accord of 2006 was not found.
LEFT_ECOWAS = ("BFA", "MLI", "NER")

# Readings of the coded notes, agreement by agreement.
LOCAL = frozenset({"A22", "A24"})  # signed by local authorities or border officials, not between governments
NOT_ON_TRAFFICKING = frozenset({"A25"})  # a travel pass of security ministers; the others are coded "cooperation"
SOME_NAMED = frozenset({"A01", "A29"})  # not all parties were visible in what was read
BY_MEMBERSHIP = frozenset({"A02"})  # signed by "all 26 states", which are not named one by one
DOUBTS = {
    "A01": "Guinea's accord is read as this one",
    "A04": "sources conflict: signed in 2011, or the agreement of 2000 reviewed",
    "A11": "a declaration rather than a treaty",
    "A12": "entry into force not seen; used in investigations by 2021",
}
# Among whom the parties are that were not named.
MAY_BE_PARTY: Mapping[str, frozenset[str]] = {"A01": ECOWAS, "A02": ECCAS_2006}

_BETWEEN = ["area_a", "area_b"]
_COLUMNS = [
    *_BETWEEN, "cover", "kinds", "agreement_ids", "first_low", "first_high", "first_precision", "last_low", "last_high",
    "last_precision", "undated", "in_force", "subject", "referral_clause", "care_or_return", "parties_read",
    "weaker_ids", "may_be_ids", "left_ecowas", "doubts", "source_ids",
]  # fmt: skip


def agreement_list(agreements: pd.DataFrame) -> pd.DataFrame:
    """The agreements, one a row, with the class of cover that each gives the pairs of its parties.

    Parameters
    ----------
    agreements : one row an agreement and party: agreement_id, name, kind ("bilateral", "multilateral", "regional"),
        party (ISO 3166 alpha-3), date_low, date_high (NaT where unknown), date_precision, in_force, subject,
        has_referral_clause, victim_care_or_return_reported, source_id.

    Returns
    -------
    DataFrame, in the order of the ids: agreement_id, name, kind ("bilateral", "multilateral" of few states, "regional"
    by its coding or with more than ``FEW_STATES`` parties, "local"), on_trafficking (False: other cooperation), cover
    (one of ``COVERS`` but the last), parties (";" between, those named only), n_parties, parties_read ("named", "some
    named", "by membership"), doubt ("" if none), source_ids.

    Raises
    ------
    ValueError : a party stands twice in an agreement, or rows of one agreement differ in name, kind or subject.
    """
    require_once(agreements, ["agreement_id", "party"], "agreements", "keep one row a party")
    rows = []
    for agreement_id, group in _by_agreement(agreements).items():
        for column in ("name", "kind", "subject"):
            if len({row[column] for row in group if pd.notna(row[column])}) > 1:
                raise Refusal(
                    "contradictory_rows",
                    f"The rows of {agreement_id} differ in {column}, so it is not known what it is. Give it once.",
                )
        first, parties = group[0], sorted(row["party"] for row in group)
        kind = _kind(agreement_id, str(first["kind"]), len(parties))
        on_trafficking = first["subject"] != "cooperation" and agreement_id not in NOT_ON_TRAFFICKING
        rows.append(
            {
                "agreement_id": agreement_id,
                "name": first["name"],
                "kind": kind,
                "on_trafficking": on_trafficking,
                "cover": OTHER if not on_trafficking or kind == "local" else REGIONAL if kind == "regional" else FEW,
                "parties": ";".join(parties),
                "n_parties": len(parties),
                "parties_read": _parties_read(agreement_id),
                "doubt": DOUBTS.get(agreement_id, ""),
                "source_ids": _joined(row["source_id"] for row in group),
            }
        )
    columns = ["agreement_id", "name", "kind", "on_trafficking", "cover", "parties", "n_parties", "parties_read"]
    return pd.DataFrame(rows, columns=[*columns, "doubt", "source_ids"])


def agreement_pairs(agreements: pd.DataFrame, members: Mapping[str, Iterable[str]] | None = None) -> pd.DataFrame:
    """The pairs of states between which an agreement was found, or may be, with the strongest cover of each.

    A pair has the agreements to which both were found to be parties. It is under the strongest class of these alone:
    one of the two or of few states on trafficking, then a regional one on trafficking, then other or local
    cooperation; ids, dates and answers are those of that class. A pair that no row lists was not found in any.

    Parameters
    ----------
    agreements : as for ``agreement_list``.
    members : agreement_id -> states among which its unnamed parties are, for agreements whose parties were not all
        named; by default ``MAY_BE_PARTY``. Such pairs are never counted as covered: ``may_be_ids`` lists what they may
        be under that is stronger than what was found.

    Returns
    -------
    DataFrame, one row an unordered pair, ordered by it: area_a, area_b (in the order of the alphabet); cover (one of
    ``COVERS``; "none found" where only ``may_be_ids`` is filled); kinds (of all agreements found: "bilateral",
    "multilateral", "regional", "local"); agreement_ids (of the class); first_low, first_high, first_precision,
    last_low, last_high, last_precision (when the first and the last of them was signed: between two days; signed when
    the later of the two signed; NaT and "unknown" without a date); undated (how many have no date); in_force,
    referral_clause, care_or_return ("yes" if any is, "no" if none is, "partly", else "unknown"); subject; parties_read
    (the best of "named", "some named", "by membership"); weaker_ids (agreements of weaker classes); may_be_ids;
    left_ecowas (which of the two withdrew in 2025); doubts; source_ids. Ids and words have ";" between them.

    Raises
    ------
    ValueError : as ``agreement_list`` does.
    """
    listed = {row["agreement_id"]: row for row in agreement_list(agreements).to_dict("records")}
    found: dict[tuple[str, str], list[dict]] = {}
    for agreement_id, group in _by_agreement(agreements).items():
        by_party = {row["party"]: row for row in group}
        for pair in combinations(sorted(by_party), 2):
            found.setdefault(pair, []).append(_signed(listed[agreement_id], *(by_party[area] for area in pair)))
    possible = _possible(listed, MAY_BE_PARTY if members is None else members)
    rows = [_pair(pair, found.get(pair, []), possible.get(pair, [])) for pair in sorted({*found, *possible})]
    table = pd.DataFrame(rows, columns=_COLUMNS)
    dates = ["first_low", "first_high", "last_low", "last_high"]
    return table.astype(dict.fromkeys(dates, "datetime64[ns]") | {"undated": "int64"})


def _by_agreement(agreements: pd.DataFrame) -> dict[str, list[dict]]:
    """The rows of each agreement, in the order of the ids."""
    found: dict[str, list[dict]] = {}
    for row in agreements.to_dict("records"):
        found.setdefault(row["agreement_id"], []).append(row)
    return dict(sorted(found.items()))


def _kind(agreement_id: str, kind: str, parties: int) -> str:
    if agreement_id in LOCAL:
        return "local"
    return "regional" if parties > FEW_STATES else kind


def _parties_read(agreement_id: str) -> str:
    if agreement_id in BY_MEMBERSHIP:
        return "by membership"
    return "some named" if agreement_id in SOME_NAMED else "named"


def _signed(listed: dict, one: dict, other: dict) -> dict:
    """One agreement between two of its parties: both have signed when the later one has."""
    dated = all(pd.notna(party[end]) for party in (one, other) for end in ("date_low", "date_high"))
    low = max(one["date_low"], other["date_low"]) if dated else pd.NaT
    high = max(one["date_high"], other["date_high"]) if dated else pd.NaT
    same = one["date_precision"] == other["date_precision"]
    return {
        **{name: listed[name] for name in ("agreement_id", "kind", "cover", "parties_read", "doubt")},
        "low": low,
        "high": high,
        "precision": "unknown" if not dated else one["date_precision"] if same else "span",
        "subject": one["subject"],
        "in_force": [one["in_force"], other["in_force"]],
        "referral_clause": [one["has_referral_clause"], other["has_referral_clause"]],
        "care_or_return": [one["victim_care_or_return_reported"], other["victim_care_or_return_reported"]],
        "sources": [one["source_id"], other["source_id"]],
    }


def _possible(listed: Mapping[str, dict], members: Mapping[str, Iterable[str]]) -> dict[tuple[str, str], list[tuple]]:
    """Pairs that may be under an agreement, since it has parties that were not named: its id and class."""
    found: dict[tuple[str, str], list[tuple]] = {}
    for agreement_id in sorted(set(members) & set(listed)):
        row = listed[agreement_id]
        named = set(row["parties"].split(";"))
        for pair in combinations(sorted(named | set(members[agreement_id])), 2):
            if not set(pair) <= named:
                found.setdefault(pair, []).append((agreement_id, row["cover"]))
    return found


def _pair(pair: tuple[str, str], agreements: list[dict], possible: list[tuple]) -> dict:
    cover = min((row["cover"] for row in agreements), key=COVERS.index, default=NONE_FOUND)
    chosen = [row for row in agreements if row["cover"] == cover]
    dated = [row for row in chosen if row["precision"] != "unknown"]
    undated = {"low": pd.NaT, "high": pd.NaT, "precision": "unknown"}
    first = min(dated, key=lambda row: (row["low"], row["high"]), default=undated)
    last = max(dated, key=lambda row: (row["high"], row["low"]), default=undated)
    readings = ("named", "some named", "by membership")
    return {
        **dict(zip(_BETWEEN, pair, strict=True)),
        "cover": cover,
        "kinds": _joined(row["kind"] for row in agreements),
        "agreement_ids": _joined(row["agreement_id"] for row in chosen),
        **{f"first_{name}": first[name] for name in undated},
        **{f"last_{name}": last[name] for name in undated},
        "undated": len(chosen) - len(dated),
        **{name: _answer(chosen, name) for name in ("in_force", "referral_clause", "care_or_return")},
        "subject": _joined(row["subject"] for row in chosen),
        "parties_read": min((row["parties_read"] for row in chosen), key=readings.index, default=""),
        "weaker_ids": _joined(row["agreement_id"] for row in agreements if row["cover"] != cover),
        "may_be_ids": _joined(key for key, other in possible if COVERS.index(other) < COVERS.index(cover)),
        "left_ecowas": _joined(area for area in pair if area in LEFT_ECOWAS),
        "doubts": _joined(row["doubt"] for row in chosen),
        "source_ids": _joined(source for row in chosen for source in row["sources"]),
    }


def _answer(agreements: list[dict], name: str) -> str:
    """The answer of several agreements: one "yes" is enough, "no" must be said of all, and unknown is never no."""
    answers = {answer for row in agreements for answer in row[name]}
    if "yes" in answers:
        return "yes"
    if "partly" in answers:
        return "partly"
    return "no" if answers == {"no"} else "unknown"


def _joined(words: Iterable[str]) -> str:
    return ";".join(dict.fromkeys(word for word in words if word))


# Years of evidence for the two matrices of `routes`: a gap is one of today's routes, and before 2013 hardly any but
# reports that name a route are known.
YEARS = (2013, 2024)

WITHIN, BEYOND = "within the region", "to or from elsewhere"
REACHES = ("all", WITHIN, BEYOND)
NOT_ONE_COUNTRY, ONE_COUNTRY = "an end is not one country", "both ends in one country"
BEFORE, SAME_YEAR, AFTER, NOT_KNOWN = "before", "in the same year", "after", "not known"

_OF_PAIR = [name for name in _COLUMNS if name not in (*_BETWEEN, "subject")]
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
        """The pairs with most evidence on a map, both directions of a pair as one line; see ``plots.flow_map``."""
        from analysis.plots.flow_map import flow_map

        pairs, left_out = both_directions(self.corridors), self.left_out
        if highlight is not None:
            left_out = left_out[(left_out[PAIR] == highlight).any(axis=1)]
        note = DOUBTED.strip() if pairs["text"].str.endswith("?").any() else ""
        if len(left_out):
            reasons = [f"{why}, {len(rows)} ({_evidence(rows)})" for why, rows in left_out.groupby("reason", sort=True)]
            note += (
                f" Corridors that no agreement of two countries covers, and their {self.unit}: {'; '.join(reasons)}."
            )
        return flow_map(
            pairs,
            places,
            world,
            look="cover",
            arrows=False,
            title=title,
            footer=footer,
            projection=projection,
            highlight=highlight,
            top=top,
            unit=f"{self.unit}, both directions added",
            note=note.strip(),
        )

    def plot_matrix(
        self, names: Mapping[str, str], *, title: str, footer: Footer, highlight: str | None = None
    ) -> Figure:
        """Draw all pairs of the countries in `names`, as `grid` has them."""
        from analysis.plots import matrix

        table, arguments = self.grid(names, highlight)
        return matrix(table, **arguments, title=title, footer=footer)

    def grid(self, names: Mapping[str, str], highlight: str | None = None) -> tuple[pd.DataFrame, dict[str, Any]]:
        """All pairs of the countries in `names` (id -> name): the shade is the cover, the number the evidence.

        A cell without a number is a corridor that the evidence does not name. The cover of a pair is the same in both
        directions, since one agreement covers both.

        Returns
        -------
        Table and arguments of ``plots.matrix``.

        Raises
        ------
        ValueError : fewer than two countries are named.
        """
        from analysis.plots.matrix import Category
        from analysis.plots.style import CENSORED, MIDDLE, SHADE, UNKNOWN

        table = _pairs_in_words(self.corridors, self.pairs, names)
        doubted = table["text"].str.endswith("?").any()
        note = f"{DOUBTED if doubted else ''}{_elsewhere(self.corridors, names, self.unit)}"
        return table, {
            "row": "from",
            "column": "to",
            "category": "cover",
            "text": "text",
            "categories": [
                Category(FEW, MIDDLE),
                Category(REGIONAL, SHADE),
                Category(OTHER, hatch=CENSORED),
                Category(NONE_FOUND, hatch=UNKNOWN),
                Category(SAME, sign="–"),
            ],
            "highlight": None if highlight is None else names[highlight],
            "key_title": f"Agreement between the two. Number: {self.unit} from the row to the column, if there are any",
            "note": note,
        }


def _pairs_in_words(corridors: pd.DataFrame, pairs: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """A row an ordered pair of the countries: from, to (names), cover, and text (the count, with "?" for a doubt)."""
    if len(names) < 2:
        raise Refusal(
            "too_few_areas", "A table of pairs needs two countries or more. Name all that are to be compared."
        )
    may_be = pairs["may_be_ids"].fillna("").ne("") if "may_be_ids" in pairs else [False] * len(pairs)
    found = {
        frozenset(ends): (cover, doubt)
        for *ends, cover, doubt in zip(pairs["area_a"], pairs["area_b"], pairs["cover"], may_be, strict=True)
    }
    counts = {
        (row.origin, row.destination): intervals.text(row.low, row.high, "")
        for row in corridors.itertuples()
        if row.high
    }
    rows = []
    for origin in names:
        for destination in names:
            cover, doubt = found.get(frozenset((origin, destination)), (NONE_FOUND, False))
            text = counts.get((origin, destination), "")
            text += "?" if text and doubt and cover == NONE_FOUND else ""
            cover = SAME if origin == destination else cover
            rows.append((names[origin], names[destination], cover, "" if cover == SAME else text))
    return pd.DataFrame(rows, columns=["from", "to", "cover", "text"])


def _elsewhere(corridors: pd.DataFrame, names: Mapping[str, str], unit: str) -> str:
    """The number of corridors from or to other countries than those named, by cover."""
    own = corridors["origin"].isin(list(names)) & corridors["destination"].isin(list(names))
    others = corridors[~own & (corridors["high"] > 0)]
    parts = [
        f"{cover}, {len(rows)} ({_evidence(rows)})" for cover in COVERS if len(rows := others[others["cover"] == cover])
    ]
    return f"To or from other countries, corridors and their {unit}: {'; '.join(parts)}." if parts else ""


def both_directions(corridors: pd.DataFrame) -> pd.DataFrame:
    """Both directions of each pair added, for a map.

    Returns
    -------
    DataFrame, most evidence first: origin, destination (in the order of the alphabet), low, high, cover (categorical,
    the strongest first), text (the count; with "?" where no agreement was found and one may be).

    Raises
    ------
    ValueError : the two directions of a pair have different covers.
    """
    ends = np.sort(corridors[PAIR].to_numpy(dtype=str), axis=1).reshape(-1, 2)
    table = corridors.assign(
        origin=ends[:, 0], destination=ends[:, 1], may_be=corridors["may_be_ids"].fillna("").ne("")
    )
    pair = table.groupby(PAIR, as_index=False)
    split = pair["cover"].nunique().query("cover > 1")
    if len(split):
        raise Refusal(
            "contradictory_rows",
            f"{split.iloc[0]['origin']} and {split.iloc[0]['destination']} are under different covers by direction, "
            "but an agreement covers both. Join the corridors to the pairs again.",
        )
    summed = pair.agg(low=("low", "sum"), high=("high", "sum"), cover=("cover", "first"), may_be=("may_be", "any"))
    asked = summed["may_be"] & (summed["cover"] == NONE_FOUND)
    counts = pd.Series(intervals.text(summed["low"], summed["high"], "exact"), summed.index, dtype=object)
    summed = summed.assign(text=counts + np.where(asked, " ?", ""), cover=pd.Categorical(summed["cover"], COVERS))
    return summed.sort_values(["high", "low", *PAIR], ascending=[False, False, True, True], ignore_index=True)


def _evidence(rows: pd.DataFrame) -> str:
    return str(intervals.text(rows["low"].sum(), rows["high"].sum(), "exact"))


def corridor_cover(corridors: pd.DataFrame, pairs: pd.DataFrame, region: Iterable[str] | None = None) -> CorridorCover:
    """Return the strongest cover found for each corridor, and how the evidence divides among the classes.

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
    from_country, to_country = (rows[end].str.fullmatch("[A-Z]{3}").astype(bool) for end in PAIR)
    countries = from_country & to_country
    inside = countries & (rows["origin"] == rows["destination"])
    reason = pd.Series(np.where(inside, ONE_COUNTRY, NOT_ONE_COUNTRY), rows.index)
    out = inside | ~countries
    table = _covered(rows[~out].reset_index(drop=True), pairs, region)
    left_out = rows[out].assign(reason=reason[out])[[*PAIR, "reason", *_COUNTS]].reset_index(drop=True)
    unit = "mentions" if "mentions" in corridors else "detected persons"
    return CorridorCover(table, left_out, _summary(table, left_out), unit, pairs)


def _check(corridors: pd.DataFrame, counts: pd.DataFrame, pairs: pd.DataFrame) -> None:
    require_once(corridors, PAIR, "corridors", "add its rows up first")
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
    timed = ["cover", "first_low", "first_high", "last_year", "undated"]
    table["timing"] = [_timing(*row) for row in zip(*(table[name] for name in timed), strict=True)]
    reports = ["reports"] if "reports" in table else []
    return table[[*PAIR, "area_a", "area_b", "reach", "low", "high", *reports, *_COUNTS[2:], *_OF_PAIR, "timing"]]


def _timing(cover: str, first_low: pd.Timestamp, first_high: pd.Timestamp, last_year: int, undated: int) -> str:
    """The time of the first signature beside the last year of evidence; a year is as fine as the evidence is."""
    if cover == NONE_FOUND:
        return ""
    if pd.isna(first_low) or pd.isna(last_year):
        return NOT_KNOWN
    if first_high.year < last_year:
        return BEFORE
    # One without a date may be older than the first that has one.
    if undated:
        return NOT_KNOWN
    return AFTER if first_low.year > last_year else SAME_YEAR


def _summary(table: pd.DataFrame, left_out: pd.DataFrame) -> pd.DataFrame:
    needed = ["reach", "cover", "area_a", "area_b", "low", "high", "may_be_ids", "left_ecowas"]
    columns = {name: table[name].to_numpy() for name in needed}
    without = {name: left_out[name].to_numpy() for name in ("reason", "low", "high")}
    rows = []
    for reach in REACHES:
        of_reach = (columns["reach"] == reach) | (reach == "all")
        for cover in COVERS:
            of_cover = columns["cover"] == cover
            counts = _counts(_kept(columns, of_reach & of_cover), _kept(columns, of_reach & ~of_cover))
            rows.append({"reach": reach, "cover": cover, **counts})
    for reason in (NOT_ONE_COUNTRY, ONE_COUNTRY):
        chosen = _kept(without, without["reason"] == reason)
        rows.append({"reach": "left out", "cover": reason, **_counts(chosen, None)})
    return pd.DataFrame(rows)


def _kept(columns: dict[str, np.ndarray], rows: np.ndarray) -> dict[str, np.ndarray]:
    return {name: values[rows] for name, values in columns.items()}


def _counts(chosen: dict[str, np.ndarray], others: dict[str, np.ndarray] | None) -> dict[str, float]:
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
        "corridors": len(chosen["low"]),
        "pairs": len(set(zip(chosen["area_a"], chosen["area_b"], strict=True))) if of_pairs else 0,
        "low": low,
        "high": high,
        "share": share,
        "share_low": share_low,
        "share_high": share_high,
        "may_be": int((chosen["may_be_ids"] != "").sum()) if of_pairs else 0,
        "left_ecowas": int((chosen["left_ecowas"] != "").sum()) if of_pairs else 0,
    }
