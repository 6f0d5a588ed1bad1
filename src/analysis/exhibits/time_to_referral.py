"""Sections on the days from the first contact to the referral, of persons whose case records give both dates.

Medians and quartiles of groups that are large enough are released; the curve, of which every step is a person or two,
and who is left out for what reason are internal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd
from matplotlib.figure import Figure

import disclosure
from analysis import areas, catalog, texts
from analysis.areas import Area
from analysis.cases.processed import load
from analysis.exhibits import record_counts
from analysis.exhibits.any_place import take_names
from analysis.exhibits.attempt import NoResult, attempt
from analysis.exhibits.case_records import of_records, records_of
from analysis.exhibits.exhibit import ESTIMATE, INTERNAL, Exhibit, unless_refused
from analysis.exhibits.table import spans
from analysis.exhibits.wording import sentences
from analysis.referral.time_to_referral import EVERYBODY, TimeToReferral, time_to_referral
from bounded.intervals import percent

TEXT = texts.of(__name__)

# Between the invented lists a referral takes so many days at most, each number of days as often as another.
SIMULATED_LAST = 9
# Days that the export must have followed a person: of those met later only the quick referrals can be seen.
FOLLOWED = 90
# A median leaves from so many persons on; quartiles and limits, which lie nearer to single persons, from so many more.
FOR_MEDIAN, FOR_QUARTILES = 2 * disclosure.K, 4 * disclosure.K
CONTACTS = texts.table(__name__, "contacts")
LIMITS = TEXT["limits"]
ROUNDED = TEXT["rounded"].format(for_median=FOR_MEDIAN, for_quartiles=FOR_QUARTILES)
TOO_FEW = TEXT["too_few"]


def records_about(place: Area) -> pd.DataFrame:
    """All records of the persons with a record of an area: their first contact may lie elsewhere."""
    records = records_of(areas.get(place.study))
    if place.is_study:
        return records
    own = records["area_id"].eq(place.area_id)
    known = records["person_id"].isin(records.loc[own & records["person_id"].ne(""), "person_id"])
    return records[own | known]


def exported_on(place: Area) -> pd.Timestamp:
    """The day of the first export of a study's lists."""
    return pd.to_datetime(load(place.study).lists["date"]).min()


def by_contact(found: Mapping[str, TimeToReferral | NoResult]) -> TimeToReferral | NoResult:
    """Results by what counts as the contact, among `CONTACTS`, as one; the reason where one of them was refused."""
    parts = []
    for contact, result in found.items():
        if isinstance(result, NoResult):
            return result
        parts.append(_renamed(result, {EVERYBODY: CONTACTS[contact]}))
    return replace(parts[0], table=pd.concat([each.table for each in parts], ignore_index=True))


def by_title(place: Area, result: TimeToReferral) -> TimeToReferral:
    """A result by list, with the lists' titles."""
    titles = load(place.study).lists.set_index("list_id")["title"].str.removesuffix(" (SYNTHETIC)")
    return _renamed(result, titles.to_dict())


def _renamed(result: TimeToReferral, called: Mapping[str, str]) -> TimeToReferral:
    groups = [called.get(group, group) for group in result.table["group"]]
    return replace(result, table=result.table.assign(group=groups))


def of_contacts(place: Area) -> TimeToReferral | NoResult:
    """The days to referral by what counts as the contact, as the notebook computes them."""
    records, exported = records_about(place), exported_on(place)
    return by_contact(
        {
            contact: attempt(time_to_referral, records, contact=contact, exported=exported, recent=FOLLOWED)
            for contact in CONTACTS
        }
    )


def too_few(place: Area) -> str:
    """That no median of an area may be released, in a sentence."""
    return TEXT["too_few_of_one"].format(place=place.name)


def days(place: Area, name: str, result: TimeToReferral | NoResult) -> Exhibit:
    """What surrounds medians and quartiles that may be released: ``days_to_referral``, or ``days_by_list``."""
    simulated = _simulated(place) if name == "days_to_referral" else ""
    limits = sentences(LIMITS, simulated, ROUNDED)
    what = TEXT["days_title"] if name == "days_to_referral" else TEXT["by_list_title"]
    said = TOO_FEW if isinstance(result, NoResult) else limits
    # They follow from the records, by a rule, and from no protected table.
    return replace(record_counts.protected_section(place, name, what, said), release_class=ESTIMATE)


def curves(place: Area, name: str, result: TimeToReferral | NoResult) -> Exhibit:
    """What surrounds the share referred within so many days, and who is left out: ``days_curves[_by_list]``."""
    what = TEXT["curves_title"] if name == "days_curves" else TEXT["curves_by_list_title"]
    if isinstance(result, NoResult):
        limits = f"Refused: {result.reason}"
    else:
        simulated = _simulated(place) if name == "days_curves" else ""
        limits = sentences(LIMITS, simulated, *result.warnings)
    return of_records(place, name, what, pd.DataFrame(), limits, release_class=INTERNAL)


@unless_refused
def curves_figure(result: TimeToReferral, section: Exhibit) -> Figure:
    """The days by which a quarter, half and three quarters were referred."""
    return result.plot(**section.frame)


def medians(place: Area) -> pd.DataFrame:
    """The median days to the referral by contact, as numbers, where they may be released; empty where there are none.

    Returns
    -------
    DataFrame: group (one of CONTACTS, in words), low, high (bounds of the median, days; missing where suppressed),
    limit_low, limit_high (limits; missing where these are suppressed).
    """
    found = of_contacts(place)
    if isinstance(found, NoResult):
        return pd.DataFrame(columns=["group", "low", "high", "limit_low", "limit_high"])
    half = found.table[found.table["share"] == 0.5].reset_index(drop=True)
    ends, limits = half[["low", "high"]], half[["limit_low", "limit_high"]]
    ends = ends.where(half["dated"] >= FOR_MEDIAN)
    return pd.concat([half["group"], ends, limits.where(half["dated"] >= FOR_QUARTILES)], axis=1)


def released(
    result: TimeToReferral | NoResult, for_median: int = FOR_MEDIAN, for_quartiles: int = FOR_QUARTILES
) -> pd.DataFrame:
    """One row a group with what is releasable: numbers of persons as classes, and what is too close suppressed.

    Parameters
    ----------
    for_median, for_quartiles : persons from which on a median, and quartiles with limits, are told; never fewer than
        22 and 44.
    """
    if isinstance(result, NoResult):
        return pd.DataFrame()
    for_median, for_quartiles = max(for_median, FOR_MEDIAN), max(for_quartiles, FOR_QUARTILES)
    table = result.table
    by_share = {share: table[table["share"] == share].reset_index(drop=True) for share in (0.25, 0.5, 0.75)}
    half = by_share[0.5]

    def told(fewest: int, texts: list[str]) -> list[str]:
        return [text if n >= fewest else disclosure.SUPPRESSED for n, text in zip(half["dated"], texts, strict=True)]

    classes = (for_quartiles, for_median)
    return pd.DataFrame(
        {
            "Whom": half["group"],
            "Persons with both dates": [
                next((f"{least} or more" for least in classes if n >= least), f"fewer than {for_median}")
                for n in half["dated"]
            ],
            "Median, days": told(for_median, _between(half["low"], half["high"])),
            percent(result.confidence): told(for_quartiles, _between(half["limit_low"], half["limit_high"])),
            "A quarter within": told(for_quartiles, _between(by_share[0.25]["low"], by_share[0.25]["high"])),
            "Three quarters within": told(for_quartiles, _between(by_share[0.75]["low"], by_share[0.75]["high"])),
        }
    )


@unless_refused
def rows(result: TimeToReferral) -> pd.DataFrame:
    """One row a group: quartiles and median with their bounds, limits of the median, and who is in them."""
    table = result.table
    by_share = {share: table[table["share"] == share].reset_index(drop=True) for share in (0.25, 0.5, 0.75)}
    half = by_share[0.5]
    texts = {share: _between(rows["low"], rows["high"]) for share, rows in by_share.items()}
    return pd.DataFrame(
        {
            "Whom": half["group"],
            "Persons with both dates": half["dated"],
            "Median, days": texts[0.5],
            percent(result.confidence): _between(half["limit_low"], half["limit_high"]),
            "A quarter within": texts[0.25],
            "Three quarters within": texts[0.75],
            "No date of referral": half["no_referral"],
            "First contact not known": half["no_contact"],
            "Referred before contact": half["reversed"],
            "Met too recently": half["recent"],
            "Note": half["reason"].replace("", "–"),
        }
    )


def _between(low: pd.Series, high: pd.Series) -> list[str]:
    return spans(low, high, ",.0f", "–", unknown="too few", at_least="{} or more")


def _simulated(place: Area) -> str:
    """What was simulated between the lists that refer; nothing of real records."""
    if catalog.case_kind(place.study) != "synthetic":
        return ""
    middle = (1 + SIMULATED_LAST) // 2
    return TEXT["planted_from_the_list"].format(last_day=SIMULATED_LAST, middle=middle)


take_names(__name__)
