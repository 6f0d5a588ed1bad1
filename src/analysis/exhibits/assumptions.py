"""Sensitivity of an estimated total to what no data can show: the interaction of all lists, and who is who.

What is published follows from numbers that are published rounded already, or is rounded as they are.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

import capture_recapture
from analysis.areas import Area
from analysis.cases.processed import load
from analysis.exhibits.any_place import take_names
from analysis.exhibits.attempt import NoResult
from analysis.exhibits.common_years import compared, seen
from analysis.exhibits.exhibit import Exhibit, absent
from analysis.exhibits.multiple_systems import refusal_in_words, withheld_because
from analysis.exhibits.rounded_estimates import (
    ROUNDED,
    estimated,
    estimates_plot,
    in_words,
    observed,
    rounded,
    rounded_columns,
)
from analysis.exhibits.wording import sentences
from analysis.plots.style import number
from capture_recapture import HighestOrder, Robustness, RobustnessOverLinkages

# The conclusion that is held against the assumption: whether more persons are undetected than detected.
MULTIPLE = 2.0
LINKAGES_ASSUMED = (
    "Estimated, not counted: it rests on a closed population, on match probabilities that are right, and on "
    "dependences between lists that no data can prove."
)


def highest_order(
    place: Area, methods: Robustness | NoResult, found: HighestOrder | NoResult, *, multiple: float = MULTIPLE
) -> Exhibit:
    """Return the total as the interaction of all lists moves away from none; computed from what is published of it.

    Parameters
    ----------
    methods : what `robustness` makes of the histories: where it may not be published, neither may this.
    found : what `highest_order` makes of them.
    multiple : how many times the observed persons the conclusion is about that is held against the assumption.
    """
    name, title = "highest_order", "the total, by what is assumed of all lists together"
    if isinstance(methods, NoResult):
        return absent(place, title, methods.reason)
    if (reason := _unpublished(place, methods, found)) or isinstance(found, NoResult):
        return estimated(place, name, title, pd.DataFrame(), reason)
    told = seen(place)
    persons = round(rounded(found.n)) if told is None else told
    ends = rounded_columns(pd.DataFrame([{"estimate": found.estimate, "low": found.low, "high": found.high}]))
    published = replace(found, n=persons, **{end: max(value, persons) for end, value in ends.iloc[0].items()})
    ratios = found.table["odds_ratio"]
    moved = pd.DataFrame([published.at(ratio) for ratio in ratios], columns=["estimate", "low", "high"])
    moved = rounded_columns(moved).clip(lower=persons)
    side = "above" if published.estimate > multiple * persons else "below"
    conclusion = published.holds_until(**{side: multiple}, per_observed=True).sentence
    limits = sentences(
        conclusion,
        "An odds ratio of 1 is the usual assumption: all lists together do not interact. No data can test it. The "
        "persons on no list are proportional to the ratio.",
        f"Resamples: {found.replicates:,}." if found.replicates else "",
        ROUNDED,
    )
    return estimated(
        place,
        name,
        title,
        pd.DataFrame(
            {"Odds ratio": ratios, "Meaning": found.table["meaning"], **in_words(moved, published.confidence)}
        ),
        limits,
        estimates_plot(
            moved.assign(label=[f"odds ratio {ratio:g}" for ratio in ratios]),
            published.confidence,
            at={} if told is None else observed(told),
            subtitle=conclusion,
        ),
    )


def _unpublished(place: Area, methods: Robustness, found: object) -> str:
    """Return why nothing of it is published; "" where it is."""
    refused = refusal_in_words(found) if isinstance(found, NoResult) else ""
    return withheld_because(place, methods) or refused


def drawn_histories(place: Area, draws: int = 20, seed: int = 20210) -> pd.DataFrame | NoResult:
    """Return capture histories of linkages that are drawn from the match probabilities, of a study as a whole.

    Parameters
    ----------
    draws, seed : of the linkages.

    Returns
    -------
    DataFrame: draw, one 0/1 column a list, count (persons); or why there are none.
    """
    records = load(place.study)
    if not place.is_study:
        return NoResult("Linkages are drawn for the study as a whole; its page shows what they change.", "of_the_study")
    if records.histories.empty or (records.case_records["person_id"] == "").all():
        return NoResult("The records were not linked, so that no linkage can be drawn.", "not_linked")
    period = compared(place)
    if isinstance(period, NoResult):
        return period
    linked = period.records
    pairs = records.pairs[records.pairs[["record_id_l", "record_id_r"]].isin(set(linked["record_id"])).all(axis=1)]
    drawn = capture_recapture.drawn_linkages(pairs, linked.rename(columns={"list_id": "list"}), draws, seed)
    return capture_recapture.linkage_histories(drawn)


def over_linkages(place: Area, methods: Robustness | NoResult, found: RobustnessOverLinkages | NoResult) -> Exhibit:
    """Return every method over drawn linkages, beside the one linkage, and the variance that is due to linkage.

    Parameters
    ----------
    methods : what `robustness` makes of the one linkage: where it may not be published, neither may this.
    found : what `robustness_over_linkages` makes of the drawn ones.
    """
    name, title = "over_linkages", "estimated total over drawn linkages"
    if isinstance(methods, NoResult):
        return absent(place, title, methods.reason)
    if (reason := _unpublished(place, methods, found)) or isinstance(found, NoResult):
        return estimated(place, name, title, pd.DataFrame(), reason)
    table = rounded_columns(found.table)
    one = found.table[["one_estimate", "one_low", "one_high"]].set_axis(["estimate", "low", "high"], axis=1)
    one = rounded_columns(one)
    share = 100 * found.table["share_due_to_linkage"]
    sentence = (
        f"With {found.draws} linkages drawn from the match probabilities, linkage accounts for {share.min():.0f} % to "
        f"{share.max():.0f} % of the variance, by method."
    )
    rows = pd.DataFrame(
        {
            "Method": table["method"],
            **in_words(table, found.confidence),
            **{f"{head}, one linkage": values for head, values in in_words(one, found.confidence).items()},
            "Due to linkage, % of the variance": share.round(0),
        }
    )
    limits = sentences(
        sentence,
        "The estimates of all linkages are combined by the rules of Rubin (1987), on the scale of the logarithm of the "
        "persons on no list.",
        f"Resamples of each method, for each linkage: {found.replicates:,}.",
        _compared(place),
        ROUNDED,
    )
    both = [
        table.assign(group=f"{found.draws} linkages combined"),
        one.assign(method=table["method"], group="One linkage"),
    ]
    plot = estimates_plot(
        pd.concat(both, ignore_index=True).rename(columns={"method": "label"}),
        found.confidence,
        at={} if (told := seen(place)) is None else observed(told),
        subtitle=sentence,
    )
    return estimated(place, name, title, rows, limits, plot, LINKAGES_ASSUMED)


def _compared(place: Area) -> str:
    """Return how many pairs of records were compared, in one digit, and what it leaves open that others were not."""
    counted = load(place.study).sensitivity.iloc[0]
    if counted["compared"] == counted["possible"]:
        return "All pairs of records were compared, so that no link is missed for want of a comparison."
    share = number(float(f"{100 * counted['compared'] / counted['possible']:.1g}"))
    return (
        f"Of all pairs of records {share} % agree on a key and were compared. The others count as two persons; where "
        "they are one, the total is too high by what is missed."
    )


take_names(__name__)
