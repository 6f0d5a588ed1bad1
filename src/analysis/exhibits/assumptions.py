"""How far an estimated total moves with what no data can show: the interaction of all lists, and who is who.

What is released follows from numbers that are released rounded already, or is rounded as they are.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

import capture_recapture
from analysis import texts
from analysis.areas import Area
from analysis.cases.processed import load
from analysis.exhibits import record_counts
from analysis.exhibits.any_place import take_names
from analysis.exhibits.attempt import NoResult
from analysis.exhibits.exhibit import Exhibit, absent
from analysis.exhibits.multiple_systems import (
    LIMITS,
    ROUNDED,
    compared,
    estimated,
    figure_of_estimates,
    numbers,
    observed,
    refusal_in_words,
    rounded,
    rounded_columns,
    seen,
    withheld_because,
)
from analysis.plots.style import number
from capture_recapture import HighestOrder, Robustness, RobustnessOverLinkages

TEXT = texts.of(__name__)

# The conclusion that is held against the assumption: whether more persons are undetected than detected.
MULTIPLE = 2.0


def of_highest_order(place: Area, methods: Robustness | NoResult, found: HighestOrder | NoResult) -> list[Exhibit]:
    """The total as the interaction of all lists moves away from none; computed from what is released of it.

    Parameters
    ----------
    methods : what `robustness` makes of the histories: where it may not be released, neither may this.
    found : what `highest_order` makes of them.
    """
    if isinstance(methods, NoResult):
        return [absent(place, TEXT["highest_order_title"], methods.reason)]
    name, title = "highest_order", TEXT["highest_order_title"]
    if (reason := _unreleased(place, methods, found)) or isinstance(found, NoResult):
        return [estimated(place, name, title, pd.DataFrame(), reason, None)]
    told = seen(place)
    persons = round(rounded(found.n)) if told is None else told
    ends = rounded_columns(pd.DataFrame([{"estimate": found.estimate, "low": found.low, "high": found.high}]))
    published = replace(found, n=persons, **{end: max(value, persons) for end, value in ends.iloc[0].items()})
    ratios = found.table["odds_ratio"]
    moved = pd.DataFrame([published.at(ratio) for ratio in ratios], columns=["estimate", "low", "high"])
    moved = rounded_columns(moved).clip(lower=persons)
    side = "above" if published.estimate > MULTIPLE * persons else "below"
    conclusion = published.holds_until(**{side: MULTIPLE}, per_observed=True).sentence
    figure = figure_of_estimates(
        moved.assign(label=[TEXT["odds_ratio"].format(ratio=ratio) for ratio in ratios]),
        published.confidence,
        at={} if told is None else observed(told),
        title=f"{place.name}: {title}",
        footer=record_counts.protected_footer(place, f"{LIMITS} {ROUNDED}"),
        subtitle=conclusion,
    )
    rows = pd.DataFrame({"Odds ratio": ratios, "Meaning": found.table["meaning"], **numbers(moved)})
    limits = f"{conclusion} {TEXT['highest_order_limits']} {ROUNDED}"
    return [estimated(place, name, title, rows, limits, figure)]


def _unreleased(place: Area, methods: Robustness, found: object) -> str:
    """Why nothing of it is released; empty where it is."""
    refused = refusal_in_words(found) if isinstance(found, NoResult) else ""
    return withheld_because(place, methods) or refused


def drawn_histories(place: Area, draws: int = 20, seed: int = 20210) -> pd.DataFrame | NoResult:
    """Capture histories of linkages that are drawn from the match probabilities, of a study as a whole.

    Parameters
    ----------
    draws, seed : of the linkages.

    Returns
    -------
    DataFrame: draw, one 0/1 column a list, count (persons); or why there are none.
    """
    records = load(place.study)
    if not place.is_study:
        return NoResult(TEXT["of_the_study"], "of_the_study")
    if records.histories.empty or (records.case_records["person_id"] == "").all():
        return NoResult(TEXT["not_linked"], "not_linked")
    period = compared(place)
    if isinstance(period, NoResult):
        return period
    linked = period.records
    pairs = records.pairs[records.pairs[["record_id_l", "record_id_r"]].isin(set(linked["record_id"])).all(axis=1)]
    drawn = capture_recapture.drawn_linkages(pairs, linked.rename(columns={"list_id": "list"}), draws, seed)
    return capture_recapture.linkage_histories(drawn)


def of_linkages(place: Area, methods: Robustness | NoResult, found: RobustnessOverLinkages | NoResult) -> list[Exhibit]:
    """Every method over drawn linkages, beside the one linkage, and how much of the variance is due to linkage.

    Parameters
    ----------
    methods : what `robustness` makes of the one linkage: where it may not be released, neither may this.
    found : what `robustness_over_linkages` makes of the drawn ones.
    """
    if isinstance(methods, NoResult):
        return [absent(place, TEXT["over_linkages_title"], methods.reason)]
    name, title = "over_linkages", TEXT["over_linkages_title"]
    if (reason := _unreleased(place, methods, found)) or isinstance(found, NoResult):
        return [estimated(place, name, title, pd.DataFrame(), reason, None)]
    table = rounded_columns(found.table)
    one = found.table[["one_estimate", "one_low", "one_high"]].set_axis(["estimate", "low", "high"], axis=1)
    one = rounded_columns(one)
    share = 100 * found.table["share_due_to_linkage"]
    sentence = TEXT["share"].format(draws=found.draws, least=share.min(), most=share.max())
    drawn, alone = TEXT["drawn"].format(draws=found.draws), TEXT["one"]
    both = [table.assign(group=drawn), one.assign(method=table["method"], group=alone)]
    figure = figure_of_estimates(
        pd.concat(both, ignore_index=True).rename(columns={"method": "label"}),
        found.confidence,
        at={} if (told := seen(place)) is None else observed(told),
        title=f"{place.name}: {title}",
        footer=record_counts.protected_footer(place, f"{TEXT['assumed']} {ROUNDED}"),
        subtitle=sentence,
    )
    rows = pd.DataFrame(
        {
            "Method": table["method"],
            **numbers(table),
            **{f"{head}, one linkage": values for head, values in numbers(one).items()},
            "Due to linkage, % of the variance": share.round(0),
        }
    )
    limits = f"{sentence} {TEXT['over_linkages_limits']} {_compared(place)} {ROUNDED}"
    return [estimated(place, name, title, rows, limits, figure, TEXT["assumed"])]


def _compared(place: Area) -> str:
    """How many pairs of records were compared, in one digit, and what it leaves open that others were not."""
    counted = load(place.study).sensitivity.iloc[0]
    if counted["compared"] == counted["possible"]:
        return TEXT["all_compared"]
    return TEXT["some_compared"].format(share=number(float(f"{100 * counted['compared'] / counted['possible']:.1g}")))


take_names(__name__)
