"""Exhibits on the days from the first contact to the referral, of persons whose case records give both dates.

Medians and quartiles of groups that are large enough may leave; the curve, of which every step is a person or two, and
who is left out for what reason are internal.
"""

from __future__ import annotations

from functools import cache

import pandas as pd

import disclosure
from analysis import areas, catalog, texts
from analysis.areas import Area
from analysis.cases.processed import load
from analysis.jobs import shows_case_records
from analysis.plots.days_to_referral import MOST_GROUPS, days_to_referral
from analysis.referral.time_to_referral import TimeToReferral, time_to_referral
from analysis.sections import record_counts
from analysis.sections.case_records import of_records, records_footer, records_of
from analysis.sections.section import INTERNAL, Section

TEXT = texts.of(__name__)

# Between the invented lists a referral takes so many days at most, each number of days as often as another.
PLANTED_LAST = 9
# Days that the export must have followed a person: of those met later only the quick referrals can be seen.
FOLLOWED = 90
# A median leaves from so many persons on; quartiles and limits, which lie nearer to single persons, from so many more.
FOR_MEDIAN, FOR_QUARTILES = 2 * disclosure.K, 4 * disclosure.K
CONTACTS = texts.table(__name__, "contacts")
LIMITS = TEXT["limits"]
ROUNDED = TEXT["rounded"].format(for_median=FOR_MEDIAN, for_quartiles=FOR_QUARTILES)
TOO_FEW = TEXT["too_few"]


def exhibits(place: Area) -> list[Section]:
    """The days to referral of an area or study, and by list of the first contact; nothing without records."""
    if not shows_case_records(place.study):
        return []
    return [days(place), curves(place), *([by_list(place), curves_by_list(place)] if place.is_study else [])]


def days(place: Area) -> Section:
    """Median and quartiles of the days to referral, from the first contact and from the list that refers."""
    what = TEXT["days_title"]
    found = _of_contacts(place)
    if isinstance(found, str):
        return record_counts.of_counts(place, "days_to_referral", what, pd.DataFrame(), TOO_FEW)
    limits = f"{LIMITS} {_planted(place)}".strip()
    return record_counts.of_counts(place, "days_to_referral", what, _released(found[0]), f"{limits} {ROUNDED}")


def curves(place: Area) -> Section:
    """The share referred within so many days, and who is left out."""
    what = TEXT["curves_title"]
    found = _of_contacts(place)
    if isinstance(found, str):
        return of_records(place, "days_curves", what, pd.DataFrame(), f"Refused: {found}", release_class=INTERNAL)
    table, drawn, result = found
    limits = f"{LIMITS} {_planted(place)}".strip()
    figure = days_to_referral(
        table,
        drawn,
        title=f"{place.name}: {what}",
        footer=records_footer(place, limits),
        confidence=result.confidence,
    )
    limits = f"{limits} {_said(result)}".strip()
    return of_records(place, "days_curves", what, _rows(table), limits, figure, release_class=INTERNAL)


def by_list(place: Area) -> Section:
    """The same by the list of the first contact: where a person is met may decide how soon help is called in."""
    what = TEXT["by_list_title"]
    found = _of_lists(place)
    if isinstance(found, str):
        return record_counts.of_counts(place, "days_by_list", what, pd.DataFrame(), TOO_FEW)
    return record_counts.of_counts(place, "days_by_list", what, _released(found[0]), f"{LIMITS} {ROUNDED}")


def curves_by_list(place: Area) -> Section:
    """The share referred within so many days by the list of the first contact, and who is left out."""
    what = TEXT["curves_by_list_title"]
    found = _of_lists(place)
    if isinstance(found, str):
        return of_records(
            place, "days_curves_by_list", what, pd.DataFrame(), f"Refused: {found}", release_class=INTERNAL
        )
    table, drawn, result = found
    figure = None
    if table["group"].nunique() <= MOST_GROUPS:
        figure = days_to_referral(
            table,
            drawn,
            title=f"{place.name}: {what}",
            footer=records_footer(place, LIMITS),
            confidence=result.confidence,
        )
    limits = f"{LIMITS} {_said(result)}".strip()
    return of_records(place, "days_curves_by_list", what, _rows(table), limits, figure, release_class=INTERNAL)


def _of_contacts(place: Area) -> tuple[pd.DataFrame, pd.DataFrame, TimeToReferral] | str:
    """Table, curves and one of the results, by what counts as the contact; or why there is none."""
    parts = [_counted(place.area_id, contact) for contact in CONTACTS]
    for part in parts:
        if isinstance(part, str):
            return part
    found = [part for part in parts if not isinstance(part, str)]
    table, drawn = (
        pd.concat(
            [getattr(each, name).assign(group=called) for each, called in zip(found, CONTACTS.values(), strict=True)],
            ignore_index=True,
        )
        for name in ("table", "curves")
    )
    return table, drawn, found[0]


def _of_lists(place: Area) -> tuple[pd.DataFrame, pd.DataFrame, TimeToReferral] | str:
    """Table, curves and result by the list of the first contact; or why there is none."""
    found = _counted(place.area_id, "first", by="list_id")
    if isinstance(found, str):
        return found
    titles = load(place.study).lists.set_index("list_id")["title"].str.removesuffix(" (SYNTHETIC)")
    table, drawn = (
        each.assign(group=each["group"].map(titles).fillna(each["group"])) for each in (found.table, found.curves)
    )
    return table, drawn, found


@cache
def _counted(area_id: str, contact: str, by: str | None = None) -> TimeToReferral | str:
    """The result for the persons with a record of an area, from all their records; or why there is none."""
    place = areas.get(area_id)
    records = records_of(areas.get(place.study))
    if not place.is_study:
        own = records["area_id"].eq(place.area_id)
        # A person's other records may lie elsewhere, and the first contact with them.
        known = records["person_id"].isin(records.loc[own & records["person_id"].ne(""), "person_id"])
        records = records[own | known]
    exported = pd.to_datetime(load(place.study).lists["date"]).min()
    try:
        return time_to_referral(records, by=by, contact=contact, exported=exported, recent=FOLLOWED)
    except ValueError as refusal:
        return str(refusal)


def medians(place: Area) -> pd.DataFrame:
    """The median days to the referral by contact, as numbers, where they may leave; empty where there are none.

    Returns
    -------
    DataFrame: group (one of CONTACTS, in words), low, high (bounds of the median, days; missing where suppressed),
    limit_low, limit_high (95 % limits; missing where these are suppressed).
    """
    found = _of_contacts(place)
    if isinstance(found, str):
        return pd.DataFrame(columns=["group", "low", "high", "limit_low", "limit_high"])
    half = found[0][found[0]["share"] == 0.5].reset_index(drop=True)
    ends, limits = half[["low", "high"]], half[["limit_low", "limit_high"]]
    ends = ends.where(half["dated"] >= FOR_MEDIAN)
    return pd.concat([half["group"], ends, limits.where(half["dated"] >= FOR_QUARTILES)], axis=1)


def _released(table: pd.DataFrame) -> pd.DataFrame:
    """One row a group with what is releasable: numbers of persons as classes, and what is too close suppressed."""
    by_share = {share: table[table["share"] == share].reset_index(drop=True) for share in (0.25, 0.5, 0.75)}
    half = by_share[0.5]

    def told(fewest: int, texts: list[str]) -> list[str]:
        return [text if n >= fewest else disclosure.SUPPRESSED for n, text in zip(half["dated"], texts, strict=True)]

    def between(rows: pd.DataFrame, low: str = "low", high: str = "high") -> list[str]:
        return [_between(*pair) for pair in zip(rows[low], rows[high], strict=True)]

    classes = (FOR_QUARTILES, FOR_MEDIAN)
    return pd.DataFrame(
        {
            "Whom": half["group"],
            "Persons with both dates": [
                next((f"{least} or more" for least in classes if n >= least), f"fewer than {FOR_MEDIAN}")
                for n in half["dated"]
            ],
            "Median, days": told(FOR_MEDIAN, between(half)),
            "95 %": told(FOR_QUARTILES, between(half, "limit_low", "limit_high")),
            "A quarter within": told(FOR_QUARTILES, between(by_share[0.25])),
            "Three quarters within": told(FOR_QUARTILES, between(by_share[0.75])),
        }
    )


def _rows(table: pd.DataFrame) -> pd.DataFrame:
    """One row a group: quartiles and median with their bounds, limits of the median, and who is in them."""
    by_share = {share: table[table["share"] == share].reset_index(drop=True) for share in (0.25, 0.5, 0.75)}
    half = by_share[0.5]
    texts = {share: [_between(*pair) for pair in zip(rows["low"], rows["high"], strict=True)]
             for share, rows in by_share.items()}  # fmt: skip
    return pd.DataFrame(
        {
            "Whom": half["group"],
            "Persons with both dates": half["dated"],
            "Median, days": texts[0.5],
            "95 %": [_between(*pair) for pair in zip(half["limit_low"], half["limit_high"], strict=True)],
            "A quarter within": texts[0.25],
            "Three quarters within": texts[0.75],
            "No date of referral": half["no_referral"],
            "First contact not known": half["no_contact"],
            "Referred before contact": half["reversed"],
            "Met too recently": half["recent"],
            "Note": half["reason"].replace("", "–"),
        }
    )


def _between(low: float, high: float) -> str:
    if low != low:
        return "too few"
    if high == float("inf"):
        return f"{low:,.0f} or more"
    return f"{low:,.0f}" if low == high else f"{low:,.0f}–{high:,.0f}"


def _said(result: TimeToReferral) -> str:
    return " ".join(result.warnings)


def _planted(place: Area) -> str:
    """What was planted between the lists that refer; nothing of real records."""
    if catalog.case_kind(place.study) != "synthetic":
        return ""
    middle = (1 + PLANTED_LAST) // 2
    return TEXT["planted_from_the_list"].format(last_day=PLANTED_LAST, middle=middle)
