"""Exhibits of the days from the first contact to the referral, of persons whose case records give both dates.

Medians and quartiles of groups that are large enough are published. The curve, of which every step is a person or two,
and who is left out for what reason are internal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

import disclosure
from analysis import areas, catalog, texts
from analysis.areas import Area
from analysis.cases.processed import load
from analysis.exhibits import record_counts
from analysis.exhibits.any_place import take_names
from analysis.exhibits.attempt import NoResult, attempt
from analysis.exhibits.case_records import of_records, records_of
from analysis.exhibits.exhibit import ESTIMATE, INTERNAL, Exhibit, elsewhere, instead, only
from analysis.exhibits.plot import Plot
from analysis.exhibits.table import Table, Words, spans
from analysis.exhibits.wording import sentences
from analysis.referral.time_to_referral import EVERYBODY, TimeToReferral, time_to_referral
from bounded.intervals import percent

# Between the synthetic lists a referral takes so many days at most, each number of days as often as another.
SIMULATED_LAST = 9
# Days that the export must have followed a person: of those met later only the quick referrals can be seen.
FOLLOWED = 90
# A median is published from so many persons on; quartiles and limits, which lie nearer to single persons, from so many.
FOR_MEDIAN, FOR_QUARTILES = 2 * disclosure.K, 4 * disclosure.K
CONTACTS = texts.table(__name__, "contacts")
LIMITS = (
    "Of persons whose referral is dated, on these lists. A record without a date of referral does not say that there "
    "was none."
)
ENDS = ("low", "high")
TOO_FEW = "Not shown: too few persons have both a date of the first contact and a date of the referral."
FROM_CONTACT = "days from the first contact to the referral"
MEDIAN = "Median, days"
BY_LIST = "days to the referral, by the list of the first contact"


def records_about(place: Area) -> pd.DataFrame:
    """Return all records of the persons with a record of an area: their first contact may lie elsewhere."""
    records = records_of(areas.get(place.study))
    if place.is_study:
        return records
    own = records["area_id"].eq(place.area_id)
    known = records["person_id"].isin(records.loc[own & records["person_id"].ne(""), "person_id"])
    return records[own | known]


def exported_on(place: Area) -> pd.Timestamp:
    """Return the day of the first export of a study's lists."""
    return pd.to_datetime(load(place.study).lists["date"]).min()


def of_contacts(place: Area, *, recent: int = FOLLOWED, confidence: float = 0.95) -> TimeToReferral | NoResult:
    """Return the days to referral from each of `CONTACTS`, or why there are none.

    Parameters
    ----------
    recent : days that the export must have followed a person. confidence : level of the limits.
    """
    found = []
    for contact, name in CONTACTS.items():
        result = _days(place, recent, confidence, contact=contact)
        if isinstance(result, NoResult):
            return result
        found.append(_renamed(result, {EVERYBODY: name}))
    return replace(found[0], table=pd.concat([result.table for result in found], ignore_index=True))


def of_lists(place: Area, *, recent: int = FOLLOWED, confidence: float = 0.95) -> TimeToReferral | NoResult:
    """Return the days to referral by the list of the first contact, or why there are none; see `of_contacts`."""
    result = _days(place, recent, confidence, by="list_id")
    titles = load(place.study).lists.set_index("list_id")["title"].str.removesuffix(" (SYNTHETIC)")
    return result if isinstance(result, NoResult) else _renamed(result, titles.to_dict())


def _days(place: Area, recent: int, confidence: float, **how: str) -> TimeToReferral | NoResult:
    records, exported = records_about(place), exported_on(place)
    return attempt(time_to_referral, records, exported=exported, recent=recent, confidence=confidence, **how)


def _renamed(result: TimeToReferral, names: Mapping[str, str]) -> TimeToReferral:
    groups = [names.get(group, group) for group in result.table["group"]]
    return replace(result, table=result.table.assign(group=groups))


def days_to_referral(
    place: Area, result: TimeToReferral | NoResult, for_median: int = FOR_MEDIAN, for_quartiles: int = FOR_QUARTILES
) -> Exhibit:
    """Return median and quartiles from each contact; an area without a median of its own has a sentence in their place.

    Parameters
    ----------
    result : what `of_contacts` gives. for_median, for_quartiles : as for `released`.
    """
    table = released_table(result, for_median, for_quartiles)
    if not place.is_study and table.numbers["median_low"].isna().all():
        dates = "both a date of the first contact and a date of the referral"
        too_few = f"Too few persons of {place.name} have {dates} for a median of their own."
        return instead(elsewhere(too_few, "case_records", ESTIMATE))
    limits = sentences(LIMITS, _simulated(place), rounding(for_median, for_quartiles))
    return _of_days(place, "days_to_referral", FROM_CONTACT, result, table, limits)


@only("whole", f"{{whose}}: {BY_LIST}")
def days_by_list(
    place: Area, result: TimeToReferral | NoResult, for_median: int = FOR_MEDIAN, for_quartiles: int = FOR_QUARTILES
) -> Exhibit:
    """Return median and quartiles by the list of the first contact; parameters as for `days_to_referral`."""
    table = released_table(result, for_median, for_quartiles)
    limits = sentences(LIMITS, rounding(for_median, for_quartiles))
    return _of_days(place, "days_by_list", BY_LIST, result, table, limits)


def _of_days(
    place: Area, name: str, what: str, result: TimeToReferral | NoResult, table: Table, limits: str
) -> Exhibit:
    """Return an estimate: days follow from the records, by a rule, and from no protected table."""
    shown = TOO_FEW if isinstance(result, NoResult) else limits
    return record_counts.of_counts(place, name, what, table, shown, release_class=ESTIMATE)


def curves(place: Area, result: TimeToReferral | NoResult) -> Exhibit:
    """Return quartiles and medians by contact with all who are left out, which are internal."""
    what = f"{FROM_CONTACT}, by days and with who is left out"
    return _curves(place, "days_curves", what, result, _simulated(place))


@only("whole", f"{{whose}}: {BY_LIST}, with who is left out")
def curves_by_list(place: Area, result: TimeToReferral | NoResult) -> Exhibit:
    """Return quartiles and medians by list with all who are left out, which are internal."""
    return _curves(place, "days_curves_by_list", f"{BY_LIST}, with who is left out", result)


def _curves(place: Area, name: str, what: str, result: TimeToReferral | NoResult, simulated: str = "") -> Exhibit:
    if isinstance(result, NoResult):
        refused = f"Refused: {result.reason}"
        return of_records(place, name, what, pd.DataFrame(), refused, release_class=INTERNAL)
    limits = sentences(LIMITS, simulated, *result.warnings)
    return of_records(place, name, what, rows(result), limits, Plot(TimeToReferral.plot, result), INTERNAL)


def released(
    result: TimeToReferral | NoResult, for_median: int = FOR_MEDIAN, for_quartiles: int = FOR_QUARTILES
) -> pd.DataFrame:
    """Return the days that may be published, a row a group; what is too close to single persons is missing.

    Parameters
    ----------
    for_median, for_quartiles : persons from which on a median, and quartiles with limits, are shown; never fewer than
        22 and 44.

    Returns
    -------
    DataFrame: group (one of CONTACTS, in words, or a list), persons (a class), median_low and median_high (bounds of
    the median, days), low and high (its limits), quarter_low, quarter_high, three_quarters_low, three_quarters_high,
    median_status and status (whether the median, and all others, are suppressed), confidence. Empty without a result.
    """
    ends = [f"{name}_{end}" if name else end for name in ("median", "", "quarter", "three_quarters") for end in ENDS]
    if isinstance(result, NoResult):
        return pd.DataFrame(columns=["group", "persons", *ends, "median_status", "status", "confidence"])
    for_median, for_quartiles = _fewest(for_median, for_quartiles)
    quarter, half, three = _quartiles(result)
    limits = half[["limit_low", "limit_high"]]
    days = [half[[*ENDS]], limits, quarter[[*ENDS]], three[[*ENDS]]]
    persons = half["dated"]
    classes = [
        next((f"{n} or more" for n in (for_quartiles, for_median) if dated >= n), f"fewer than {for_median}")
        for dated in persons
    ]
    fewest = [for_median, for_median, *[for_quartiles] * 6]
    found = pd.concat(days, axis=1).set_axis(ends, axis=1).astype(float).round()
    enough = pd.DataFrame({name: persons >= least for name, least in zip(ends, fewest, strict=True)})
    why = {
        name: np.where(persons >= least, "", disclosure.SUPPRESSED)
        for name, least in (("median_status", for_median), ("status", for_quartiles))
    }
    groups = pd.DataFrame({"group": half["group"], "persons": classes})
    return groups.join(found.where(enough)).assign(**why, confidence=result.confidence)


def released_table(
    result: TimeToReferral | NoResult, for_median: int = FOR_MEDIAN, for_quartiles: int = FOR_QUARTILES
) -> Table:
    """Return what may be published as a page prints it; arguments as for `released`."""
    numbers = released(result, for_median, for_quartiles)
    level = "" if isinstance(result, NoResult) else percent(result.confidence)
    page: dict[str, str | Words] = {"Whom": "group", "Persons with both dates": "persons"}
    for heading, name, why in (
        (MEDIAN, "median_", "median_status"),
        (level, "", "status"),
        ("A quarter within", "quarter_", "status"),
        ("Three quarters within", "three_quarters_", "status"),
    ):
        page[heading] = Words(_days_in_words, f"{name}low", f"{name}high", why)
    return Table(numbers, page, also=("confidence",))


def _days_in_words(low: pd.Series, high: pd.Series, why: pd.Series) -> list[str]:
    return [word or days for word, days in zip(why, _between(low, high), strict=True)]


def rounding(for_median: int = FOR_MEDIAN, for_quartiles: int = FOR_QUARTILES) -> str:
    """Return the sentence on what is published of how many persons; parameters as for `released`."""
    for_median, for_quartiles = _fewest(for_median, for_quartiles)
    return (
        f"A median is shown for {for_median} persons or more, quartiles and limits for {for_quartiles} or more; the "
        "number of persons is given by these classes alone."
    )


def _fewest(for_median: int, for_quartiles: int) -> tuple[int, int]:
    """Return the numbers of persons that are asked for, or those of the rule where they are looser."""
    return max(for_median, FOR_MEDIAN), max(for_quartiles, FOR_QUARTILES)


def rows(result: TimeToReferral) -> pd.DataFrame:
    """Return quartiles and median with their bounds, limits of the median, and who is in them, a row a group."""
    half, words = _in_words(result)
    left_out = {
        "no_referral": "No date of referral",
        "no_contact": "First contact not known",
        "reversed": "Referred before contact",
        "recent": "Met too recently",
    }
    groups = pd.DataFrame({"Whom": half["group"], "Persons with both dates": half["dated"]})
    others = half[list(left_out)].rename(columns=left_out)
    return groups.join(words).join(others).assign(Note=half["reason"].replace("", "–"))


def _in_words(result: TimeToReferral) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of the medians, and median, limits and quartiles in words, a row a group."""
    quarter, half, three = _quartiles(result)
    words = {
        MEDIAN: _between(half["low"], half["high"]),
        percent(result.confidence): _between(half["limit_low"], half["limit_high"]),
        "A quarter within": _between(quarter["low"], quarter["high"]),
        "Three quarters within": _between(three["low"], three["high"]),
    }
    return half, pd.DataFrame(words)


def _quartiles(result: TimeToReferral) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the rows of the first quartile, of the median and of the third, a row a group."""
    table = result.table
    quarter, half, three = (table[table["share"] == share].reset_index(drop=True) for share in (0.25, 0.5, 0.75))
    return quarter, half, three


def _between(low: pd.Series, high: pd.Series) -> list[str]:
    return spans(low, high, ",.0f", "–", unknown="too few", at_least="{} or more")


def _simulated(place: Area) -> str:
    """Return a sentence on the days that were simulated between the lists that refer; "" for real records."""
    if catalog.case_kind(place.study) != "synthetic":
        return ""
    return (
        f"Simulated from the list that refers: 1 to {SIMULATED_LAST} days, each equally often, so that the median is "
        f"{(1 + SIMULATED_LAST) // 2}."
    )


take_names(__name__)
