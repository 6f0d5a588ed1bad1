"""Rates of detected persons by population, with intervals, and by an estimate of how many victims there are.

The interval of the count and the chance of the count are kept apart. Rates are made comparable between populations of
different ages by direct standardisation. A detected share needs a count beside an estimate, where both are of the same
thing, and only there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from bounded import intervals
from bounded.arguments import checked, figures
from bounded.notebook_result import NotebookResult
from bounded.refusal import Refusal, require_columns, require_known, require_once

# Columns that say something of a row but never tell two populations apart.
NOT_KEYS = {*intervals.COLUMNS, "count", "population", "source_id", "note"}


@checked()
def rate_table(
    cases: pd.DataFrame, population: pd.DataFrame, per: float = 100_000, confidence: float = 0.95
) -> pd.DataFrame:
    """Rates of detected cases by area. They measure detection, not incidence.

    Two uncertainties are kept apart. `rate_low` and `rate_high` are what the count itself allows, as when a file says
    "fewer than 5"; `low` and `high` add the chance of a Poisson count to both ends, and so contain the interval of
    every count the file allows.

    Parameters
    ----------
    cases : area_id, `count` or low, high and value_qualifier (persons), and any further keys, as year or sex.
    population : area_id, population (persons), and those of the further keys that it knows. `source_id` and `note`
        are not taken as keys.
    per : persons the rate is given for.
    confidence : level of `low` and `high`, between 0 and 1.

    Returns
    -------
    DataFrame, one row a row of `cases`: area_id, the further columns of `cases`, cases, cases_low, cases_high,
        population, rate, rate_low, rate_high, low, high, value_qualifier, note, per and
        confidence (as given, so that a label can say them). `cases` and `rate` are NaN unless
        the count is exact. Where the population is missing or 0, all rates are NaN and `note` says so.

    Raises
    ------
    ValueError : a column is missing, a population has its key twice or is negative, a count is no whole number.

    References
    ----------
    Garwood, F. (1936). Fiducial limits for the Poisson distribution. Biometrika 28, 437-442.
    """
    require_columns(cases, ["area_id"], "cases")
    require_columns(population, ["area_id", "population"], "rows of the population")
    shared = [column for column in cases if column in population and column not in NOT_KEYS]
    people = _people(population, shared)
    counts = intervals.of(cases).drop(columns=["population", "note"], errors="ignore")
    carried = ["area_id", *(column for column in counts if column not in {"area_id", *intervals.COLUMNS})]
    table = counts.merge(people, on=shared, how="left", validate="m:1")

    low, high = table["low"].to_numpy(), table["high"].to_numpy()
    size = table["population"].to_numpy(dtype=float, na_value=np.nan)
    _refuse_impossible(table, low, size, shared)
    with np.errstate(divide="ignore"):
        scale = np.where(size > 0, per / size, np.nan)
    exact = (table["value_qualifier"] == "exact").to_numpy()
    return table[carried].assign(
        cases=np.where(exact, low, np.nan),
        cases_low=low,
        cases_high=high,
        population=size,
        rate=np.where(exact, low * scale, np.nan),
        rate_low=low * scale,
        rate_high=high * scale,
        low=intervals.poisson_interval(low, confidence)[0] * scale,
        high=intervals.poisson_interval(high, confidence)[1] * scale,
        value_qualifier=table["value_qualifier"],
        note=[_note(row, shared) for row in table.to_dict("records")],
        per=per,
        confidence=confidence,
    )


def _people(population: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """The population by key: one row each, none negative."""
    twice = population.duplicated(keys, keep=False)
    if twice.any():
        rest = [column for column in population if column not in keys and column not in NOT_KEYS]
        hint = f" The cases have no {', '.join(rest)} to choose by: choose or add up first." if rest else ""
        raise Refusal(
            "duplicate_key",
            f"The population of {named(population[twice].iloc[0], keys)} is given more than once.{hint}",
        )
    negative = population["population"] < 0
    if negative.any():
        raise Refusal("negative", f"The population of {named(population[negative].iloc[0], keys)} is below 0.")
    return population[[*keys, "population"]]


def _refuse_impossible(table: pd.DataFrame, low: NDArray, people: NDArray, keys: list[str]) -> None:
    """Refuse a count of no area, of an endless population, or of more persons than live there."""
    require_known(table, ["area_id"], ": say which area it is of")
    endless, crowded = np.isinf(people), (low > people) & (people > 0)
    if endless.any():
        where = named(table.iloc[int(endless.argmax())], keys)
        raise Refusal("not_finite", f"The population of {where} is infinite: give its inhabitants, or leave it empty.")
    if crowded.any():
        row = int(crowded.argmax())
        raise Refusal(
            "more_cases_than_inhabitants",
            f"Of {named(table.iloc[row], keys)} {low[row]:,g} persons are counted, and {people[row]:,g} live there: "
            "correct the one or the other.",
        )


def _note(row: dict, keys: list[str]) -> str:
    """The reason why a row has no rate, or an interval that is not all of the uncertainty."""
    notes = []
    if pd.isna(row["low"]):
        notes.append("The count is not known.")
    if pd.isna(row["population"]):
        notes.append(f"No population is given for {named(row, keys)}.")
    elif row["population"] == 0:
        notes.append(f"The population of {named(row, keys)} is 0, so there is no rate.")
    if row["value_qualifier"] == "approx":
        notes.append("The count is approximate; how far it may be off is not stated and not in the interval.")
    return " ".join(notes)


def named(row: pd.Series | dict, keys: list[str]) -> str:
    """A row by its keys, as messages name it: "area_id SEN, year 2019"."""
    return ", ".join(f"{key} {row[key]}" for key in keys)


@checked(table=figures())
def by_area(table: pd.DataFrame, per: float = 100_000, confidence: float = 0.95) -> pd.DataFrame:
    """The rates of a table with one row an area: see `rate_table`, whose columns these are.

    Parameters
    ----------
    table : area_id, population (persons), and `count` or low, high and value_qualifier (persons).
    per : persons the rate is given for.
    confidence : level of the Poisson interval, between 0 and 1.

    Raises
    ------
    ValueError : a column is missing, an area stands twice, or a count or population is none.
    """
    require_columns(table, ["area_id", "population"], "rows of the areas")
    require_once(table, ["area_id"], "rows of the areas", "choose one period and one group, or add up first")
    kept = [column for column in ("count", "low", "high", "value_qualifier") if column in table]
    return rate_table(table[["area_id", *kept]], table[["area_id", "population"]], per, confidence)


# An added case can lower the lower limit only while fewer cases than this lie in its stratum, at any usual confidence.
_FIRST_CASES = 20


@checked(table=figures(), standard=figures())
def standardised_rate(
    table: pd.DataFrame, standard: pd.DataFrame, per: float = 100_000, confidence: float = 0.95
) -> pd.DataFrame:
    """Directly standardised rates: those an area would have if its strata were as large as the standard's.

    The interval is the gamma interval of Fay and Feuer in its first form: the upper limit is that of a rate with one
    case more in the stratum where a case weighs most. It kept at least its level in all of their simulations, is wide
    where a stratum has few inhabitants, and is Garwood's interval where there is one stratum. The rates measure
    detection, not incidence.

    Parameters
    ----------
    table : one row an area and stratum: area_id, the stratum columns, population (persons), `count` or low, high and
        value_qualifier (persons), and any further keys, as year. `source_id` and `note` are not taken as keys.
    standard : one row a stratum: stratum columns as in `table`, population (persons; only its shares matter).
    per : persons the rate is given for.
    confidence : level of `low` and `high`, between 0 and 1.

    Returns
    -------
    DataFrame, one row an area (and further keys): area_id, those keys, cases, cases_low, cases_high, population,
        crude_rate, crude_low, crude_high, rate, rate_low, rate_high, low, high, value_qualifier, note. The standardised
        rate and its bounds are what the counts allow; `low` and `high` contain the interval of every set of counts
        they allow. `cases`, `crude_rate` and `rate` are NaN unless all counts are exact. Where a stratum, its count or
        its population is missing, or nobody lives in it, all rates are NaN and `note` says which.

    Raises
    ------
    ValueError : a column is missing, a stratum stands twice or is none of the standard's, a population is negative.

    References
    ----------
    Fay, M. P. and Feuer, E. J. (1997). Confidence intervals for directly standardized rates: a method based on the
    gamma distribution. Statistics in Medicine 16, 791-801.
    """
    strata = [column for column in table if column in standard and column not in NOT_KEYS]
    shares = _shares(standard, strata)
    require_columns(table, ["area_id", "population"], "cases")
    keys = ["area_id", *(c for c in table if c not in {"area_id", *strata, *NOT_KEYS})]
    twice = table.duplicated([*keys, *strata])
    if twice.any():
        raise Refusal(
            "duplicate_key", f"The stratum {named(table[twice].iloc[0], [*keys, *strata])} stands more than once."
        )
    counts = intervals.of(table.drop(columns="note", errors="ignore"))
    negative = counts["population"] < 0
    if negative.any():
        raise Refusal("negative", f"The population of {named(counts[negative].iloc[0], [*keys, *strata])} is below 0.")
    people = counts["population"].to_numpy(dtype=float, na_value=np.nan)
    _refuse_impossible(counts, counts["low"].to_numpy(), people, [*keys, *strata])
    outside = ~counts.set_index(strata).index.isin(shares.index)
    if outside.any():
        raise Refusal(
            "unknown_stratum",
            f"The standard population has no stratum {named(counts[outside].iloc[0], strata)}: its cases would be "
            "lost. Give a standard with the same strata.",
        )
    rows = [
        {**dict(zip(keys, key, strict=True)), **_standardised(group, shares, strata, per, confidence)}
        for key, group in counts.groupby(keys, sort=False, dropna=False)
    ]
    return pd.DataFrame(rows)


def _shares(standard: pd.DataFrame, strata: list[str]) -> pd.Series:
    """The standard's share of each stratum, by stratum."""
    if not strata or "population" not in standard:
        raise Refusal(
            "missing_standard_column",
            "The standard needs the column `population`, and at least one stratum column that the table has too, as "
            "age.",
        )
    people = standard.set_index(strata)["population"].astype(float)
    if people.index.has_duplicates:
        raise Refusal(
            "duplicate_standard_stratum",
            f"The standard has the stratum {people.index[people.index.duplicated()][0]} more than once.",
        )
    if people.isna().any() or (people < 0).any() or not 0 < people.sum() < np.inf:
        raise Refusal(
            "invalid_standard_population",
            "Every stratum of the standard needs a population from 0 up, and one of them more than 0.",
        )
    return people / people.sum()


def _standardised(
    group: pd.DataFrame, shares: pd.Series, strata: list[str], per: float, confidence: float
) -> dict[str, object]:
    """The rates of one area, per `per`."""
    group = group.set_index(strata).reindex(shares.index)
    used = shares > 0
    note = _standardised_note(group[used], used.sum(), strata)
    low, high = group["low"].to_numpy(), group["high"].to_numpy()
    people = group["population"].to_numpy(dtype=float)
    crude = rate_table(
        pd.DataFrame({"area_id": "", "low": low.sum(), "high": high.sum(), "value_qualifier": [_qualifier(group)]}),
        pd.DataFrame({"area_id": "", "population": [people.sum()]}),
        per,
        confidence,
    ).iloc[0]
    bounds = dict.fromkeys(("rate_low", "rate_high", "low", "high"), np.nan)
    if not note:
        weights = shares[used].to_numpy() / people[used] * per
        bounds = _gamma_limits(weights, low[used], high[used], confidence)
    if not note and (group["value_qualifier"] == "approx").any():
        note = "A count is approximate; how far it may be off is not stated and not in the interval."
    return {
        "cases": crude["cases"],
        "cases_low": crude["cases_low"],
        "cases_high": crude["cases_high"],
        "population": crude["population"],
        "crude_rate": crude["rate"],
        "crude_low": crude["rate_low"],
        "crude_high": crude["rate_high"],
        "rate": bounds["rate_low"] if crude["value_qualifier"] == "exact" else np.nan,
        **bounds,
        "value_qualifier": crude["value_qualifier"],
        "note": note,
    }


def _qualifier(group: pd.DataFrame) -> object:
    if group["low"].isna().any():
        return None
    qualifiers = set(group["value_qualifier"])
    if qualifiers == {"exact"}:
        return "exact"
    return "at_least" if np.isinf(group["high"]).any() else "derived"


def _gamma_limits(
    weights: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64], confidence: float
) -> dict[str, float]:
    """Bounds of the rate, and limits that contain those of every set of counts between `low` and `high`.

    The upper limit rises with every count. The lower one may fall when a case is added where it weighs much, since the
    variance grows with the square of the weight: its least value lies on the way on which the heaviest strata are
    raised first, and is looked for along that way.
    """
    tail = (1 - confidence) / 2
    rate_low, rate_high = float(weights @ low), float(weights @ high)
    tried = [low]
    counts = low.copy()
    for stratum in np.argsort(-weights, kind="stable"):
        for step in np.arange(0.25, min(high[stratum] - low[stratum], _FIRST_CASES) + 0.01, 0.25):
            raised = counts.copy()
            raised[stratum] += step
            tried.append(raised)
        counts[stratum] = high[stratum]
        if np.isinf(counts[stratum]):
            break
    lower = min(_gamma_quantile(tail, float(weights @ counts), float(weights**2 @ counts)) for counts in tried)
    heaviest = weights.max()
    upper = np.inf
    if np.isfinite(rate_high):
        upper = _gamma_quantile(1 - tail, rate_high + heaviest, float(weights**2 @ high) + heaviest**2)
    return {"rate_low": rate_low, "rate_high": rate_high, "low": lower, "high": upper}


def _gamma_quantile(share: float, mean: float, variance: float) -> float:
    """Quantile of the gamma distribution with a mean and a variance; 0 where the mean is."""
    return 0.0 if mean == 0 else float(special.gammaincinv(mean**2 / variance, share) * variance / mean)


def _standardised_note(group: pd.DataFrame, expected: int, strata: list[str]) -> str:
    """The reason why an area has no standardised rate."""
    for column, words in (("low", "The count"), ("population", "The population")):
        missing = group[column].isna()
        if missing.any():
            which = "; ".join(_stratum(stratum, strata) for stratum in group.index[missing][:3])
            return f"{words} of {which} is not known ({missing.sum()} of {expected} strata), so there is no rate."
    empty = group["population"] == 0
    if empty.any():
        return f"Nobody lives in {_stratum(group.index[empty][0], strata)}, so there is no rate: join strata."
    return ""


def _stratum(place: object, strata: list[str]) -> str:
    values = place if isinstance(place, tuple) else (place,)
    return ", ".join(f"{name} {value}" for name, value in zip(strata, values, strict=True))


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
class DetectedShare(NotebookResult):
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
    """Return why an estimate and a count cannot be set side by side: (code, reason), empty where they can.

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
