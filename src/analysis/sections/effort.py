"""Sections on detection effort: what was found, what was done to find it, and the one for each unit of the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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
from analysis.sections.table import FIGURE, Table, Words, spans, year
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
    limits, panels = f"{NOT_INCIDENCE} {READ_AS} {TEXT['method']}", _panels(place, table)["panel"].nunique()
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


def rows(table: pd.DataFrame) -> Table:
    """What was found per unit of effort, a row a period."""

    def effort(units: pd.Series, qualifier: pd.Series) -> Iterable[object]:
        return intervals.text(units, units, qualifier)

    def limits(low: pd.Series, high: pd.Series) -> list[str]:
        return [f"{least:,.1f} to {most:,.1f}" for least, most in zip(low, high, strict=True)]

    many = {"Where": "name"} if table["name"].nunique() > 1 else {}
    return Table(
        table,
        {
            **many,
            "Found": "found",
            "Effort": "done",
            "Year": Words(year, "year"),
            "Number found": FIGURE,
            "Units of effort": Words(effort, "effort", "value_qualifier_done"),
            "Found per 1,000": Words(lambda low, high: spans(low, high, ",.1f"), "ratio_low", "ratio_high"),
            "95 % Poisson limits": Words(limits, "limit_low", "limit_high"),
        },
        also=("area_id", "name", "source_id", "source_id_done"),
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
) -> Table:
    """The changes of each pair, in percent a year: of what was found, and per unit of effort."""
    rows = []
    for (name, outcome), group in each(table):
        found, per_unit = changes[name, outcome]
        rows.append(
            {
                "name": name,
                "found": outcome,
                "done": str(group["done"].iloc[0]),
                "n": len(group),
                "taken": "per inhabitant" if group["population"].notna().all() else "as a count",
                **_numbers(found, "found"),
                **_numbers(per_unit, "per_unit"),
                "together": trend_agreement.verdict(agreements[name, outcome]),
                "warnings": _weak(group),
            }
        )
    printed = pd.DataFrame(rows)

    def words(which: str) -> Words:
        return Words(lambda *_: _change(*(printed[name] for name in _columns(which))), *_columns(which))

    known = trend.precise_only(trend.precise_only(printed, _columns("found")[1:]), _columns("per_unit")[1:])
    return Table(
        known,
        {
            "Where": "name",
            "Found": "found",
            "Effort": "done",
            "Years": "n",
            "Found is taken": "taken",
            "Found, % a year": words("found"),
            "Per unit of effort, % a year": words("per_unit"),
            "Per unit of effort, together": "together",
            "Warned": "warnings",
        },
    )


def _weak(group: pd.DataFrame) -> str:
    """What weakens a comparison of what was found with what was done."""
    about = group.loc[group["value_qualifier_done"].eq("approx"), "year"]
    rounded = caution.of_periods("approximate_effort", TEXT["effort_is_approximate"], about)
    return " ".join(caution.kept(caution.few_points(len(group)), caution.covid(group["year"]), rounded)) or "–"


def _columns(which: str) -> tuple[str, ...]:
    return f"{which}_refused", *(f"{which}_{end}" for end in trend.CHANGE)


def _numbers(change: trend.Change, which: str) -> dict[str, object]:
    """A change in percent a year, with the range that counts leave and its limits; or why there is none."""
    if isinstance(change, NoResult):
        ends: tuple[float, ...] = (float("nan"),) * 4
        return dict(zip(_columns(which), (change.reason, *ends), strict=True))
    ends = (change.annual_change_low, change.annual_change_high, change.low, change.high)
    return dict(zip(_columns(which), ("", *ends), strict=True))


def _change(refused: pd.Series, *ends: pd.Series) -> list[str]:
    return [f"refused: {why}" if why else trend.change_words(*each) for why, *each in zip(refused, *ends, strict=True)]
