"""Which pairs of states have an agreement on trafficking between them: of the two, of a few, of the region, or none.

An agreement of the whole region covers every pair of its parties and so tells none from another: it is a class of its
own. What is not on trafficking (extradition, a travel pass) and what is not between states (a convention of two
border towns) are cooperation, and never count as an agreement on trafficking.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations

import pandas as pd

from bounded.refusal import Refusal

FEW = "agreement of the two or of few states"
REGIONAL = "regional accord only"
OTHER = "other or local cooperation only"
NONE_FOUND = "none found"
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
    twice = agreements[agreements.duplicated(["agreement_id", "party"])]
    if len(twice):
        row = twice.iloc[0]
        raise Refusal(
            "duplicate_key", f"{row['party']} stands twice as a party to {row['agreement_id']}. Keep one row a party."
        )
    rows = []
    for key, group in agreements.groupby("agreement_id", sort=True):
        agreement_id = str(key)
        for column in ("name", "kind", "subject"):
            if group[column].nunique() > 1:
                raise Refusal(
                    "contradictory_rows",
                    f"The rows of {agreement_id} differ in {column}, so it is not known what it is. Give it once.",
                )
        first, parties = group.iloc[0], sorted(group["party"])
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
                "source_ids": _joined(group["source_id"]),
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
    listed = agreement_list(agreements).set_index("agreement_id")
    found: dict[tuple[str, str], list[dict]] = {}
    for key, group in agreements.groupby("agreement_id", sort=True):
        by_party = {row["party"]: row for row in group.to_dict("records")}
        for pair in combinations(sorted(by_party), 2):
            found.setdefault(pair, []).append(_signed(listed.loc[str(key)], *(by_party[area] for area in pair)))
    possible = _possible(listed, MAY_BE_PARTY if members is None else members)
    rows = [_pair(pair, found.get(pair, []), possible.get(pair, [])) for pair in sorted({*found, *possible})]
    table = pd.DataFrame(rows, columns=_COLUMNS)
    dates = ["first_low", "first_high", "last_low", "last_high"]
    return table.astype(dict.fromkeys(dates, "datetime64[ns]") | {"undated": "int64"})


def _kind(agreement_id: str, kind: str, parties: int) -> str:
    if agreement_id in LOCAL:
        return "local"
    return "regional" if parties > FEW_STATES else kind


def _parties_read(agreement_id: str) -> str:
    if agreement_id in BY_MEMBERSHIP:
        return "by membership"
    return "some named" if agreement_id in SOME_NAMED else "named"


def _signed(listed: pd.Series, one: dict, other: dict) -> dict:
    """One agreement between two of its parties: both have signed when the later one has."""
    dated = pd.notna([one["date_low"], other["date_low"], one["date_high"], other["date_high"]]).all()
    low = max(one["date_low"], other["date_low"]) if dated else pd.NaT
    high = max(one["date_high"], other["date_high"]) if dated else pd.NaT
    same = one["date_precision"] == other["date_precision"]
    return {
        "agreement_id": listed.name,
        **listed[["kind", "cover", "parties_read", "doubt"]],
        "low": low,
        "high": high,
        "precision": "unknown" if not dated else one["date_precision"] if same else "span",
        "subject": one["subject"],
        "in_force": [one["in_force"], other["in_force"]],
        "referral_clause": [one["has_referral_clause"], other["has_referral_clause"]],
        "care_or_return": [one["victim_care_or_return_reported"], other["victim_care_or_return_reported"]],
        "sources": [one["source_id"], other["source_id"]],
    }


def _possible(listed: pd.DataFrame, members: Mapping[str, Iterable[str]]) -> dict[tuple[str, str], list[tuple]]:
    """Pairs that may be under an agreement, since it has parties that were not named: its id and class."""
    found: dict[tuple[str, str], list[tuple]] = {}
    for agreement_id in sorted(set(members) & set(listed.index)):
        row = listed.loc[agreement_id]
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
    """What is known of several agreements: one "yes" is enough, "no" must be said of all, and unknown is never no."""
    answers = {answer for row in agreements for answer in row[name]}
    if "yes" in answers:
        return "yes"
    if "partly" in answers:
        return "partly"
    return "no" if answers == {"no"} else "unknown"


def _joined(words: Iterable[str]) -> str:
    return ";".join(dict.fromkeys(word for word in words if word))
