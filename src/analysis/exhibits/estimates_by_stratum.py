"""Estimated totals of each area of a study, or of each year of an area: by itself, by one model for all, and added up.

Published are, rounded, the strata with persons enough whose number may be told; all of them, with the reasons of
refusals, are internal.
"""

from __future__ import annotations

import pandas as pd

from analysis import areas
from analysis.areas import Area
from analysis.cases.record_linkage import NOT_STATED
from analysis.exhibits.any_place import take_names
from analysis.exhibits.attempt import NoResult
from analysis.exhibits.common_years import seen, seen_by_stratum
from analysis.exhibits.exhibit import Exhibit, absent
from analysis.exhibits.multiple_systems import internal, refusal_in_words, too_few, truths
from analysis.exhibits.plot import Plot
from analysis.exhibits.rounded_estimates import ROUNDED, estimated, estimates_plot, in_words, rounded_columns
from analysis.exhibits.wording import sentences
from bounded import intervals
from capture_recapture import Robustness
from capture_recapture.strata import Joint, Stratified

# What the estimates of all strata at once are called.
TOGETHER = "All together"


def dimension(place: Area) -> str:
    """Return the column of the strata: ``area_id`` of a study, ``year`` of an area."""
    return "area_id" if place.is_study else "year"


def _what(place: Area) -> str:
    return "area" if place.is_study else "year"


def carried(counted: pd.DataFrame | NoResult, by: str, alone: Stratified | NoResult) -> pd.DataFrame:
    """Return the histories of the strata that have an estimate of their own.

    A stratum in which nobody is on two lists has no place in one model with lists that differ.

    Parameters
    ----------
    counted : histories with the column `by`. alone : what `stratified` makes of them.
    """
    if isinstance(counted, NoResult) or isinstance(alone, NoResult):
        return pd.DataFrame()
    return counted[counted[by].isin(alone.strata.loc[alone.strata["estimate"].notna(), by])]


def by_stratum(
    place: Area, methods: Robustness | NoResult, alone: Stratified | NoResult, together: Joint | NoResult
) -> tuple[Exhibit, ...]:
    """Return each area of a study, or each year of an area: what may be published, and all of it, which is internal.

    Parameters
    ----------
    methods : what `robustness` makes of all histories.
    alone, together : what `stratified` and `joint` make of the histories by area or by year.
    """
    if isinstance(methods, NoResult):
        return (absent(place, "detected and undetected persons, by area or year", methods.reason),)
    return published(place, methods, alone, together), in_full(place, alone, together)


def published(place: Area, methods: Robustness, alone: Stratified | NoResult, together: Joint | NoResult) -> Exhibit:
    """Return each stratum by itself and by one model for all; those that may be told, rounded."""
    title = f"detected and undetected persons, by {_what(place)}"
    if isinstance(alone, NoResult):
        return estimated(place, "strata", title, pd.DataFrame(), refusal_in_words(alone))
    by, table = dimension(place), _strata(place, alone, together)
    listed = seen_by_stratum(place)
    table["seen"] = _seen(place, table, listed)
    # That a stratum was refused tells of overlaps, which are internal.
    few = table["n"].map(lambda persons: too_few(persons, len(methods.lists)))
    kept = rounded_columns(table[~(few | table["seen"].isna() | table["estimate"].isna())])
    kept = kept.assign(known=kept[by].map(truths(place, by)).astype(float), label=_names(place, kept[by]))
    kept["n"] = kept["seen"].astype(int)
    rows = pd.DataFrame(
        {"How": kept["group"], "What": kept["label"], "Seen": kept["n"], **in_words(kept, alone.confidence)}
    )
    # Of the strata of the tables: those of the histories would tell which suppressed counts are zeros.
    shown = int(kept["group"].str.startswith("Each").sum())
    limits = sentences(
        f"{len(listed) - shown} of {len(listed)} are not shown separately: too few persons were detected there, or on "
        "two lists, or their number is suppressed. Where the probability of detection differs between strata, the "
        f"estimate of all together is too low. {ROUNDED}",
        _settings(alone, together, kept),
    )
    plot = strata_plot(kept, confidence=alone.confidence) if len(kept) else None
    return estimated(place, "strata", title, rows, limits, plot)


def strata_plot(table: pd.DataFrame, *, confidence: float) -> Plot:
    """Return one line a stratum, or a sum of them, with the persons seen in it, as a plot.

    Parameters
    ----------
    table : label, n (persons seen), estimate, low, high; estimate_to, where an estimate is known between bounds only;
        known, the true number, where there is one; group.
    """
    labels = [f"{row.label} ({row.n:,} seen)" for row in table.itertuples()]
    return estimates_plot(table.assign(label=labels), confidence)


def in_full(place: Area, alone: Stratified | NoResult, together: Joint | NoResult) -> Exhibit:
    """Return the same of every stratum, as it was counted, with the reasons of refusals."""
    title = f"detected and undetected persons, by {_what(place)}, unrounded"
    if isinstance(alone, NoResult):
        return internal(place, "all_strata", title, pd.DataFrame(), alone.reason)
    table = _strata(place, alone, together)
    rows = pd.DataFrame(
        {
            "How": table["group"],
            "What": _names(place, table[dimension(place)]),
            "Seen": table["n"],
            **in_words(table, alone.confidence),
            "Note": table["note"],
        }
    )
    limits = f"{alone.n_refused:,} of {alone.n:,} persons detected are in strata that were refused."
    return internal(place, "all_strata", title, rows, limits)


def _strata(place: Area, alone: Stratified, together: Joint | NoResult) -> pd.DataFrame:
    """Return estimates of each stratum by itself, by one model for all, and of all together."""
    by, what = dimension(place), _what(place)
    parts = [
        alone.strata.assign(group=f"Each {what} separately"),
        alone.totals.rename(columns={"total": by}).assign(group=TOGETHER),
    ]
    if not isinstance(together, NoResult):
        parts.insert(1, together.strata.assign(group=f"One model for every {what}"))
    return pd.concat(parts, ignore_index=True)


def _seen(place: Area, table: pd.DataFrame, listed: pd.Series) -> pd.Series:
    """Return the persons seen in each stratum as the protected tables tell them; missing where they do not."""
    of_stratum = table[dimension(place)].map(listed.rename({NOT_STATED: "unknown"}))
    # Totals are of all strata; one that leaves out those that were refused would tell how many these are.
    return of_stratum.mask((table["group"] == TOGETHER) & (table["n"] == table["n"].max()), seen(place))


def _names(place: Area, strata: pd.Series) -> pd.Series:
    return strata.replace(areas.names(place.study))


def _settings(alone: Stratified, together: Joint | NoResult, kept: pd.DataFrame) -> str:
    """Return how the models behind published rows were chosen, and of how many resamples their limits are.

    A model of which no row is published is not named: that there is one would tell of overlaps.
    """
    chosen = f"{alone.selection}, p < {alone.threshold:g}" if alone.selection == "stepwise" else alone.selection
    words = f"Each by itself: {chosen}, {len(alone.replicates):,} resamples." if len(kept) else ""
    if isinstance(together, NoResult) or not kept["group"].str.startswith("One model").any():
        return words
    level = f"{intervals.percent(together.confidence)} limits of " if together.confidence != alone.confidence else ""
    number = together.replicates.shape[1]
    return sentences(words, f"One model for all: p < {together.threshold:g}, {level}{number:,} resamples.")


take_names(__name__)
