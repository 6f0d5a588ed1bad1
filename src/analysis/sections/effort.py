"""Sections on detection effort: what was found, what was done to find it, and the one for each unit of the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import trends
from analysis import plots, texts
from analysis.areas import Area
from analysis.sections import detection, joinpoints, trend, trend_agreement
from analysis.sections.attempt import NoResult, attempt
from analysis.sections.section import NOT_INCIDENCE, Section, footer, lower_first
from bounded import intervals
from trends import caution
from trends.series import FEWEST_POINTS

TEXT = texts.of(__name__)

PER = 1000


@dataclass(frozen=True)
class Pair:
    """What was found, and what was done to find it, by the labels of their series; and the one per 1,000 of the other.

    Convictions by prosecutions are no such pair: a prosecution follows from what was found, and one year's convictions
    from the prosecutions of years before. Nor are violations by criminal investigations, which begin where something
    was found. Both stand with the steps from investigation to conviction.
    """

    found: str
    done: str
    ratio: str


INTERVIEWED, INSPECTED = "Potential victims interviewed", "Labour worksite inspections"
PAIRS = (
    Pair("Detected child victims (US reports)", INTERVIEWED, TEXT["pairs_child_victims_per"]),
    Pair("Detected victims (US reports)", INTERVIEWED, TEXT["pairs_victims_per_1"]),
    Pair("Child labour violations found", INSPECTED, TEXT["pairs_child_labour_violations_child_labour_violations"]),
)
READ_AS = TEXT["read_as"]
METHOD = TEXT["method"]


def ratios(found: pd.DataFrame, *, per: int = PER) -> pd.DataFrame:
    """What was found per 1,000 units of effort, of each area and period for which a source counts both.

    Parameters
    ----------
    found : series, as `trend.series` gives them. per : units of effort; labels say 1,000.

    Returns
    -------
    DataFrame, ordered by pair, area and time: name, found, done, ratio (labels), year, x, low, high (what was found),
    value_qualifier, population, effort, value_qualifier_done, ratio_low, ratio_high (per 1,000; equal if what was found
    is exact), limit_low, limit_high (95 % limits), source_id, source_id_done. Of minima no ratio is made.
    """
    rows = []
    for pair in PAIRS:
        outcome, done = (_counted(joinpoints.group_of(found, label)) for label in (pair.found, pair.done))
        known = done[done["low"].gt(0) & done["low"].eq(done["high"])].rename(columns={"low": "effort"})
        # The same period, and not merely the same year.
        columns = ["name", "x", "effort", "value_qualifier", "source_id"]
        both = outcome.merge(known[columns], on=["name", "x"], suffixes=("", "_done"))
        rows.append(both.assign(found=pair.found, done=pair.done, ratio=pair.ratio).sort_values(["name", "x"]))
    table = intervals.widest(pd.concat(rows, ignore_index=True))
    table["ratio_low"], table["ratio_high"] = (table[end] / table["effort"] * per for end in ("low", "high"))
    if table.empty:
        return table.assign(limit_low=np.nan, limit_high=np.nan)
    low, high = intervals.poisson_interval(table["low"])[0], intervals.poisson_interval(table["high"])[1]
    return table.assign(limit_low=low / table["effort"] * per, limit_high=high / table["effort"] * per)


def _counted(group: pd.DataFrame) -> pd.DataFrame:
    """Of a series what is not invented, and has an upper bound: sources of all studies count both of a pair."""
    return group[group["kind"].eq("public") & group["high"].lt(float("inf"))]


def by_year(place: Area, table: pd.DataFrame) -> Section:
    """What surrounds what was found, what was done to find it, and the ratio; `table` as `ratios` gives it."""
    title = TEXT["by_year_title"].format(whose=detection.whose(place))
    if table.empty:
        return Section("effort", title, limits=TEXT["by_year_limits"])
    limits, panels = f"{NOT_INCIDENCE} {READ_AS} {METHOD}", _panels(place, table)["panel"].nunique()
    return Section(
        "effort",
        title,
        source_ids=_sources(table),
        limits=limits,
        alt=f"{title}: {len(table)} periods, {panels} panels.",
        footer=footer(_panels(place, table), f"{2 * len(table)} figures", limits),
    )


def figure(place: Area, table: pd.DataFrame, section: Section) -> Figure | None:
    """Year by year: three panels a pair, or one a country; None where there is no pair."""
    if table.empty:
        return None
    alone = place.spans_countries and table["ratio"].nunique() == 1
    return plots.small_multiples(
        _panels(place, table),
        ylabel=TEXT["by_year_ylabel"].format(ratio=table["ratio"].iloc[0]) if alone else "",
        own_scale=True,
        columns=3,
        interval_label=TEXT["by_year_interval_label"],
        **section.frame,
    )


def _panels(place: Area, table: pd.DataFrame) -> pd.DataFrame:
    return _ratio_of_countries(table) if place.spans_countries else _three_panels(table)


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """What was found per unit of effort as it is printed."""
    if table.empty:
        return pd.DataFrame()
    many = {"Where": table["name"]} if table["name"].nunique() > 1 else {}
    qualifiers = (table["value_qualifier"], table["value_qualifier_done"])
    return pd.DataFrame(
        {
            **many,
            "Found": table["found"],
            "Effort": table["done"],
            "Year": table["year"].astype(str),
            "Number found": intervals.text(table["low"], table["high"], qualifiers[0]),
            "Units of effort": intervals.text(table["effort"], table["effort"], qualifiers[1]),
            "Found per 1,000": [_number(*ends) for ends in zip(table["ratio_low"], table["ratio_high"], strict=True)],
            "95 % Poisson limits": [
                f"{low:,.1f} to {high:,.1f}" for low, high in zip(table["limit_low"], table["limit_high"], strict=True)
            ],
        }
    )


def _three_panels(table: pd.DataFrame) -> pd.DataFrame:
    """Points of the outcome, the effort and the ratio of each pair, in this order."""
    parts, shown = [], set()
    for _, group in table.groupby("found", sort=False):
        done = str(group["done"].iloc[0])
        effort = {
            "low": group["effort"], "high": group["effort"], "value_qualifier": group["value_qualifier_done"],
            "source_id": group["source_id_done"],
        }  # fmt: skip
        for label, columns in (
            (group["found"].iloc[0], {}),
            (f"{done} (as above)" if done in shown else done, effort),
            (group["ratio"].iloc[0], _ratio(group)),
        ):
            parts.append(group.assign(panel=label, series="", **columns))
        shown.add(done)
    return pd.concat(parts, ignore_index=True)


def _ratio_of_countries(table: pd.DataFrame) -> pd.DataFrame:
    """Points of the ratio alone, a panel a country and pair."""
    of_what = ": " + table["ratio"].map(lower_first) if table["ratio"].nunique() > 1 else ""
    return table.assign(panel=table["name"] + of_what, series="", **_ratio(table))


def _ratio(table: pd.DataFrame) -> dict[str, pd.Series]:
    about = table["value_qualifier_done"].eq("approx") & table["value_qualifier"].eq("exact")
    return {
        "low": table["ratio_low"],
        "high": table["ratio_high"],
        "value_qualifier": table["value_qualifier"].mask(about, "approx"),
        "interval_low": table["limit_low"],
        "interval_high": table["limit_high"],
    }


def _number(low: float, high: float) -> str:
    return f"{low:,.1f}" if low == high else f"{low:,.1f} to {high:,.1f}"


def _sources(table: pd.DataFrame) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*table["source_id"], *table["source_id_done"]]))


# The change a year


def series_of(group: pd.DataFrame) -> pd.DataFrame:
    """A pair of one area, as `ratios` gives it, as a series of counts with their effort."""
    return trend.counts_of(group.assign(population=np.nan)).assign(effort=group["effort"].to_numpy())


def each(table: pd.DataFrame, *, fewest_years: int = FEWEST_POINTS) -> Iterator[tuple[tuple[str, str], pd.DataFrame]]:
    """Each pair with enough periods, as (name of its area, what was found) and its rows."""
    for (outcome, name), group in table.groupby(["found", "name"], sort=False):
        if len(group) >= fewest_years:
            yield (str(name), str(outcome)), group


def agreed(table: pd.DataFrame, whose: str, found: str) -> trends.Agreement | None:
    """What the estimates of the change per unit of effort say together, as the notebook has it; None of no period."""
    group = table[(table["name"] == whose) & (table["found"] == found)]
    together = None if group.empty else attempt(trends.agreement, {"": series_of(group)}, confidence=0.95)
    return None if isinstance(together, NoResult) else together


def changes(place: Area, table: pd.DataFrame) -> Section:
    """What surrounds the change a year of what was found, and of what was found per unit of effort."""
    title = TEXT["changes_title"].format(place=place.name)
    limits = TEXT["changes_limits"].format(not_incidence=NOT_INCIDENCE, read_as=READ_AS)
    return Section(
        "effort_change", title, source_ids=_sources(pd.concat([group for _, group in each(table)])), limits=limits
    )


def changes_rows(
    table: pd.DataFrame,
    changes: Mapping[tuple[str, str], tuple[trend.Change, trend.Change]],
    agreements: Mapping[tuple[str, str], trends.Agreement],
) -> pd.DataFrame:
    """The changes of each pair as they are printed: of what was found, and per unit of effort."""
    return pd.DataFrame(
        [
            {
                "Where": name,
                "Found": outcome,
                "Effort": group["done"].iloc[0],
                "Years": len(group),
                "Found is taken": "per inhabitant" if group["population"].notna().all() else "as a count",
                "Found, % a year": _change(changes[name, outcome][0]),
                "Per unit of effort, % a year": _change(changes[name, outcome][1]),
                "Per unit of effort, together": trend_agreement.verdict(agreements[name, outcome]),
                "Warned": _weak(group),
            }
            for (name, outcome), group in each(table)
        ]
    )


def _weak(group: pd.DataFrame) -> str:
    """What weakens a comparison of what was found with what was done."""
    about = group.loc[group["value_qualifier_done"].eq("approx"), "year"]
    rounded = caution.of_periods("approximate_effort", TEXT["effort_is_approximate"], about)
    return " ".join(caution.kept(caution.few_points(len(group)), caution.covid(group["year"]), rounded)) or "–"


def _change(change: trend.Change) -> str:
    return (
        f"refused: {change.reason}" if isinstance(change, NoResult) else trend.in_words(change).replace(" % a year", "")
    )
