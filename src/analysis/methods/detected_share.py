"""Of how many was one detected: an estimate beside a count, where both are of the same thing, and only there."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bounded.refusal import Refusal

# Concepts that a count of detected victims and an estimate can share.
CONCEPTS = ("trafficking", "forced_labour")
MOST_YEARS_APART = 3
# What a number of persons counts: all who were exploited at some time within a year, or those who are on one day.
WITHIN_A_YEAR, ON_ONE_DAY = "within a year", "on one day"


class NotComparable(Refusal):
    """The count and the estimate are not of one thing; the message says in what they differ."""


@dataclass(frozen=True)
class Persons:
    """A number of persons, and of whom, where and when it is.

    Parameters
    ----------
    low, high : bounds of the number; equal where it is one number, high infinite where there is none.
    area, place : the country, and the part of it ("" for all of it).
    concept : what they are victims of, as ``trafficking`` or ``forced_labour``; any other is refused.
    group : who they are, in words ("all victims", "children").
    age_low, age_high : years; None where there is no limit.
    sex : ``both``, ``female`` or ``male``.
    first, last : years; NaN where they are not known.
    counts : WITHIN_A_YEAR or ON_ONE_DAY; "" where it is not said.
    modelled : whether a model made the number; then the share is one of a model.
    """

    low: float
    high: float
    area: str
    concept: str
    group: str
    first: float
    last: float
    counts: str
    place: str = ""
    age_low: int | None = None
    age_high: int | None = None
    sex: str = "both"
    modelled: bool = False


@dataclass(frozen=True)
class DetectedShare:
    """The share of the estimated who were detected (0 to 1), and of how many one was, each with its bounds.

    `share_low` and `one_of_high` go together: few detected of many. `one_of_high` may be infinite. `modelled` says that
    the estimate is a model's.
    """

    share_low: float
    share_high: float
    one_of_low: float
    one_of_high: float
    modelled: bool = False


def disagreements(estimated: Persons, detected: Persons) -> list[tuple[str, str]]:
    """Why an estimate and a count cannot be set one beside the other: (code, reason), empty where they can.

    Codes: ``other_concept``, ``other_area``, ``other_population``, ``stock_against_flow``, ``other_period``.
    """
    found = []
    if estimated.concept != detected.concept or detected.concept not in CONCEPTS:
        found.append(
            ("other_concept", f"{_words(estimated.concept)} is not what is detected, {_words(detected.concept)}")
        )
    if (estimated.area, estimated.place) != (detected.area, detected.place):
        here = estimated.place or estimated.area
        found.append(("other_area", f"the estimate is of {here} alone, the count of {detected.place or detected.area}"))
    if _population(estimated) != _population(detected):
        found.append(
            ("other_population", f"the estimate is of {_who(estimated)}, the count of {_who(detected)}"),
        )
    if estimated.counts != detected.counts or not detected.counts:
        of = {WITHIN_A_YEAR: "those within a year", ON_ONE_DAY: "those on one day"}
        found.append(
            (
                "stock_against_flow",
                f"the estimate counts {of.get(estimated.counts, 'persons without saying in which time')}, "
                f"the count {of.get(detected.counts, 'persons without saying in which time')}",
            )
        )
    apart = max(estimated.first - detected.last, detected.first - estimated.last)
    if not apart <= MOST_YEARS_APART:
        far = "an unknown number of" if math.isnan(apart) else f"{apart:.0f}"
        found.append(
            ("other_period", f"{far} years lie between them; {MOST_YEARS_APART} are the most that is compared")
        )
    return found


def detected_share(estimated: Persons, detected: Persons) -> DetectedShare:
    """The share of the estimated persons who were detected, and of how many one was, with all that both bounds leave.

    The bounds are those of a quotient of two intervals: fewest detected of most estimated, and most of fewest.

    Parameters
    ----------
    estimated : how many there are, by a survey, or by a model that is marked as one.
    detected : how many were detected within a year.

    Raises
    ------
    NotComparable : they disagree in concept, area, population, in what they count or in time (``not_of_one_thing``;
        `disagreements` has a code for each reason, the sentence has all), or more were detected than are estimated
        (``more_detected_than_estimated``).
    """
    reasons = disagreements(estimated, detected)
    if reasons:
        raise NotComparable(
            "not_of_one_thing",
            f"Estimate and count are not of the same thing: {'; '.join(text for _, text in reasons)}.",
        )
    if detected.low > estimated.high or estimated.high <= 0:
        raise NotComparable(
            "more_detected_than_estimated",
            f"At least {detected.low:,.0f} were detected and at most {estimated.high:,.0f} are estimated: the estimate "
            "is too low, or the two are not of the same thing.",
        )
    share_low = detected.low / estimated.high
    share_high = min(1.0, detected.high / estimated.low) if estimated.low > 0 else 1.0
    return DetectedShare(share_low, share_high, _inverse(share_high), _inverse(share_low), estimated.modelled)


def _inverse(share: float) -> float:
    return 1 / share if share > 0 else math.inf


def _population(persons: Persons) -> tuple:
    return persons.group, persons.age_low, persons.age_high, persons.sex


def _who(persons: Persons) -> str:
    ages = {
        (False, False): "",
        (True, True): f" of {persons.age_low} to {persons.age_high} years",
        (False, True): f" up to {persons.age_high} years",
        (True, False): f" from {persons.age_low} years",
    }[persons.age_low is not None, persons.age_high is not None]
    return f"{persons.group}{ages}" + ("" if persons.sex == "both" else f", {persons.sex}")


def _words(concept: str) -> str:
    return concept.replace("_", " ")
