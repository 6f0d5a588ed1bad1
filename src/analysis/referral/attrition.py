"""Attrition from detected victims to convictions: what each stage reports for one period, and what is lost between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis import texts
from analysis.headlines import IN_CASES, NOT_STATED, PERSONS, units
from bounded import intervals
from bounded.refusal import Caution, Refusal, require_columns

TEXT = texts.of(__name__)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.plots import Footer

# The indicators of the reports, in the order of the stages, and what the stages are called.
STAGES = {
    "victims_identified": "detected victims",
    "investigations": "investigations",
    "prosecutions": "prosecutions",
    "convictions": "convictions",
}
RATIOS = {
    "convictions per prosecution": ("convictions", "prosecutions"),
    "prosecutions per investigation": ("prosecutions", "investigations"),
}
APRIL_TO_MARCH, CALENDAR, OTHER = "April to March", "calendar year", "other period"
PERIODS = (CALENDAR, APRIL_TO_MARCH, OTHER)
_PLURAL = {CALENDAR: "calendar years", APRIL_TO_MARCH: "April to March", OTHER: "other periods"}
_YEARS = {CALENDAR: "YS-JAN", APRIL_TO_MARCH: "YS-APR"}
# What a coded total is called; everything else is a part of it or an addition to it.
TOTALS = ("unspecified", "total")
FEWEST_PERIODS = 3
FEWEST_BELOW = 10
CAUTIONS = (
    Caution("different_units", TEXT["cautions_the_stages"]),
    Caution("different_periods", TEXT["cautions_prosecutions_of_one"]),
    Caution("no_figure", TEXT["cautions_of_a_stage"]),
    Caution("no_interval", TEXT["cautions_a_ratio_has"]),
)
NOT_READ, NONE_GIVEN = "not read", "report gives none"
_NUMBERS = ["low", "high", "value_qualifier"]
_NEEDED = ["area_id", "period_start", "period_end", "indicator", "breakdown", *_NUMBERS, "source_id", "note"]
_PERIOD = ["area_id", "period", "period_start", "period_end"]


@dataclass(frozen=True, eq=False)
class Attrition:
    """The stages from detection to conviction.

    Parameters
    ----------
    table : one row an area, period and stage: area_id, period (``calendar year``, ``April to March``, ``other
        period``), period_start, period_end, stage, low, high (in the unit; high is infinite for a minimum; both missing
        where there is no figure), value_qualifier, unit (``persons``, ``cases``, ``not stated``), source_id, note. The
        note of a stage without a figure is ``not read`` or ``report gives none``.
    ratios : one row an area, kind of period and ratio: area_id, period, ratio, periods (those in which both stages are
        reported), first, last (begin of the first, end of the last), above_low, above_high, below_low, below_high (sums
        over these periods), low, high (the pooled ratio: sum over sum), lowest, highest (least and largest ratio of any
        one period), units, source_ids, reason (why no ratio is given; "" where one is), note.
    cautions : what a reader must know, one sentence each.
    """

    table: pd.DataFrame = field(repr=False)
    ratios: pd.DataFrame = field(repr=False)
    cautions: tuple[Caution, ...] = CAUTIONS

    def plot(self, area_id: str, *, title: str, footer: Footer) -> Figure:
        """A panel a stage and kind of period over the years, for one area.

        Parameters
        ----------
        area_id : the area to draw.
        """
        from analysis.plots.series import small_multiples

        lanes, units = _lanes(self.table[self.table["area_id"] == area_id])
        return small_multiples(
            lanes,
            notes=units,
            columns=max(1, lanes["period"].nunique()),
            own_scale=True,
            title=title,
            subtitle=TEXT["plot_own_scale"] if len(lanes) else "",
            footer=footer,
        )


def _lanes(own: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """The stages of one area over the years, a panel a stage and kind of period, and what each panel counts.

    Every year of each kind has a row: one that no report was read for is unknown, and not left out.
    """
    known = own[own["low"].notna()]
    first, last = known["period_start"].min(), known["period_end"].max()
    kinds = [kind for kind in PERIODS if known["period"].eq(kind).any()]
    if not kinds:
        return own.head(0).assign(panel="", x=pd.Series(dtype=float)), {}
    years = {}
    for kind in kinds:
        starts = pd.DatetimeIndex([]) if kind == OTHER else pd.date_range(first, last, freq=_YEARS[kind])
        ends = starts + pd.DateOffset(years=1) - pd.Timedelta(days=1)
        years[kind] = pd.DataFrame({"period_start": starts, "period_end": ends})[ends <= last]
    panels = {(stage, kind): f"{stage}, {_PLURAL[kind]}" for stage, kind in product(STAGES.values(), kinds)}
    every = pd.concat([years[kind].assign(panel=panel) for (_, kind), panel in panels.items()], ignore_index=True)
    rows = own[own["stage"].isin(list(STAGES.values())) & own["period"].isin(kinds)]
    rows = rows.assign(panel=[panels[each] for each in zip(rows["stage"], rows["period"], strict=True)])
    lanes = rows.merge(every, on=["panel", "period_start", "period_end"], how="outer")
    order = {panel: place for place, panel in enumerate(panels.values())}
    lanes = lanes.sort_values("panel", key=lambda panel: panel.map(order), kind="stable", ignore_index=True)
    lanes["period"] = lanes["panel"].map({panel: kind for (_, kind), panel in panels.items()})
    counted = {
        panel: sorted(set(each), reverse=True) for panel, each in lanes[lanes["low"].notna()].groupby("panel")["unit"]
    }
    units = {
        panel: " or ".join(counted.get(panel, [])).replace(NOT_STATED, f"unit {NOT_STATED}")
        for panel in panels.values()
    }
    middle = lanes["period_start"] + (lanes["period_end"] - lanes["period_start"]) / 2
    silent = lanes["low"].isna() & lanes["note"].eq(NONE_GIVEN)
    return lanes.assign(x=middle, value_qualifier=lanes["value_qualifier"].mask(silent, "none_given")), units


def attrition(
    counts: pd.DataFrame, *, breakdown: str | Sequence[str] = TOTALS, none_given: pd.DataFrame | None = None
) -> Attrition:
    """Put detected victims, investigations, prosecutions and convictions of the same period beside one another.

    A row of the reports is of one kind of period, April to March or a calendar year; the two overlap, and are never put
    together, neither in a period nor in a pooled ratio. A pooled ratio is the sum of one stage over the sum of the
    other, over the periods in which both are reported; it is not given where they are fewer than 3, or the sum below is
    less than 10. It has no confidence interval, see `CAUTIONS`.

    Parameters
    ----------
    counts : figures of the reports, as `evidence.official_indicators` gives them: area_id, period_start, period_end,
        indicator, breakdown, low, high, value_qualifier, source_id, note, and preferred where there are several.
    breakdown : the breakdown or breakdowns that hold the totals. Another one gives the stages of that part alone, as
        ``worst forms of child labour, criminal`` those of the Labor Department's reports.
    none_given : of which indicators a report that was read says that it has no figure: area_id, indicator, report_year.
        A report is on the year that ends in March of its own year, or on the calendar year before.

    Returns
    -------
    Attrition. The unit is the first that the note names: persons or cases; victims are persons.

    Raises
    ------
    ValueError : a column is missing, a period has no dates, two figures stand for one stage of a period, or an interval
        contradicts itself.

    References
    ----------
    Jehle, J.-M. (2012). Attrition and conviction rates of sexual offences in Europe: definitions and criminal justice
        responses. European Journal on Criminal Policy and Research 18, 145-161.
    """
    table = _stages(counts, [breakdown] if isinstance(breakdown, str) else list(breakdown))
    if none_given is not None:
        missing = table["low"].isna() & _is_given(table, none_given)
        table["note"] = table["note"].mask(missing, NONE_GIVEN)
    return Attrition(table, _ratios(table))


def _stages(counts: pd.DataFrame, breakdown: list[str]) -> pd.DataFrame:
    """The reported figures, and a row without a figure for each stage that a reported period lacks."""
    require_columns(counts, _NEEDED, "figures")
    used = counts["indicator"].isin(list(STAGES)) & counts["breakdown"].isin(breakdown)
    if "preferred" in counts:
        used &= counts["preferred"].astype(bool)
    found = intervals.of(counts.loc[used, _NEEDED])
    for end in ("period_start", "period_end"):
        found[end] = pd.to_datetime(found[end])
    undated = found["period_start"].isna() | found["period_end"].isna()
    if undated.any():
        row = found[undated].iloc[0]
        raise Refusal(
            "missing_period",
            f"{row['area_id']}, {row['indicator']}: a figure without a period cannot stand beside others. Give "
            "period_start and period_end, or leave it out and say so.",
        )
    keys = ["area_id", "period_start", "period_end", "indicator"]
    twice = found.duplicated(keys)
    if twice.any():
        where = ", ".join(str(value) for value in found.loc[twice, keys].iloc[0])
        raise Refusal(
            "duplicate_row", f"One stage of one period has two figures ({where}). Mark one as preferred, and say why."
        )
    found["period"] = _kinds(found["period_start"], found["period_end"])
    found["stage"] = found["indicator"].map(STAGES)
    found["unit"] = units(found["stage"], found["note"])
    periods = found[_PERIOD].drop_duplicates()
    every = periods.merge(pd.DataFrame({"stage": list(STAGES.values())}), how="cross")
    table = every.merge(found, on=[*_PERIOD, "stage"], how="left")
    missing = table["low"].isna()
    table["note"] = table["note"].mask(missing, NOT_READ)
    table["unit"] = table["unit"].mask(missing, NOT_STATED)
    for column in ("value_qualifier", "source_id"):
        table[column] = table[column].mask(missing, "")
    order = {word: place for place, word in enumerate([*PERIODS, *STAGES.values()])}
    table = table.sort_values(
        ["area_id", "period", "period_start", "period_end", "stage"],
        key=lambda column: column.map(order) if column.name in ("period", "stage") else column,
        ignore_index=True,
    )
    return table[[*_PERIOD, "stage", *_NUMBERS, "unit", "source_id", "note"]]


def _is_given(table: pd.DataFrame, none_given: pd.DataFrame) -> pd.Series:
    """True if the report on a period is one that says that it has no figure of a stage."""
    of_calendar = table["period"].eq(CALENDAR).astype(int)
    asked = zip(table["area_id"], table["stage"], table["period_end"].dt.year + of_calendar, strict=True)
    stages = none_given["indicator"].map(STAGES)
    said = set(zip(none_given["area_id"], stages, none_given["report_year"], strict=True))
    return pd.Series([each in said for each in asked], table.index)


def _kinds(start: pd.Series, end: pd.Series) -> np.ndarray:
    """The kind of each period, by its first and last day."""
    first, last = start.dt.strftime("%m-%d"), end.dt.strftime("%m-%d")
    calendar = first.eq("01-01") & last.eq("12-31") & start.dt.year.eq(end.dt.year)
    fiscal = first.eq("04-01") & last.eq("03-31") & (start.dt.year + 1).eq(end.dt.year)
    return np.select([calendar, fiscal], [CALENDAR, APRIL_TO_MARCH], OTHER)


def _ratios(table: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for (area_id, period), here in table.groupby(["area_id", "period"], sort=False):
        for name, (above, below) in RATIOS.items():
            pair = _pairs(here, above, below)
            rows.append({"area_id": area_id, "period": period, "ratio": name, **_pooled(pair, above, below)})
    columns = [
        "area_id", "period", "ratio", "periods", "first", "last", "above_low", "above_high", "below_low", "below_high",
        "low", "high", "lowest", "highest", "units", "source_ids", "reason", "note",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _pairs(here: pd.DataFrame, above: str, below: str) -> pd.DataFrame:
    """The periods in which both stages are reported, with the columns of the one and of the other."""
    known = here[here["low"].notna()].set_index(["period_start", "period_end"])
    columns = ["low", "high", "unit", "source_id"]
    upper, lower = (
        known.loc[known["stage"] == stage, columns].add_suffix(suffix)
        for stage, suffix in ((above, "_above"), (below, "_below"))
    )
    return upper.join(lower, how="inner").reset_index()


def _pooled(pair: pd.DataFrame, above: str, below: str) -> dict[str, object]:
    """The sum of one stage over the sum of the other, and the range of the periods' own ratios."""
    sums = {f"{part}_{end}": pair[f"{end}_{part}"].sum() for part in ("above", "below") for end in ("low", "high")}
    counted = {f"{row.unit_above} per {row.unit_below}" for row in pair.itertuples()}
    said: dict[str, object] = {
        "periods": len(pair),
        "first": pair["period_start"].min(),
        "last": pair["period_end"].max(),
        **sums,
        "units": "; ".join(sorted(counted)),
        "source_ids": ";".join(dict.fromkeys([*pair["source_id_above"], *pair["source_id_below"]])),
        "reason": _reason(len(pair), sums["below_low"], below),
        "note": "",
    }
    none = {"low": np.nan, "high": np.nan, "lowest": np.nan, "highest": np.nan}
    if said["reason"]:
        return {**said, **none}
    # A period in which both are 0 has no ratio, and adds nothing to either sum.
    own = pair[pair["high_above"].gt(0) | pair["high_below"].gt(0)]
    low, high = _divided(own["low_above"], own["high_above"], own["low_below"], own["high_below"])
    pooled = _divided(*(np.array([sums[name]]) for name in ("above_low", "above_high", "below_low", "below_high")))
    notes = [
        TEXT["periods_with_neither_without"].format(own=len(pair) - len(own)) if len(own) < len(pair) else "",
        TEXT["in_some_periods_there_were"].format(above=above, below=below)
        if np.isinf(high[own["high_below"] == 0]).any()
        else "",
        TEXT["cases_and_persons_are_mixed"]
        if {f"{PERSONS} per {IN_CASES}", f"{IN_CASES} per {PERSONS}"} & counted
        else "",
    ]
    said["note"] = " ".join(filter(None, notes))
    return {**said, "low": pooled[0][0], "high": pooled[1][0], "lowest": low.min(), "highest": high.max()}


def _divided(above_low, above_high, below_low, below_high) -> tuple[np.ndarray, np.ndarray]:
    """Least and largest ratio that the bounds allow; infinite where nothing, or an unknown many, may stand below."""
    above_low, above_high, below_low, below_high = (
        np.asarray(each, float) for each in (above_low, above_high, below_low, below_high)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        low = np.where(below_high == 0, np.inf, np.where(np.isinf(below_high), 0.0, above_low / below_high))
        high = np.where((below_low == 0) & (above_high > 0), np.inf, above_high / below_low)
    # Nothing above is nothing, whatever stands below.
    return low, np.where((above_high == 0) & (below_low == 0), 0.0, high)


def _reason(periods: int, below: float, stage: str) -> str:
    """The reason why a pooled ratio is not given; "" where it is."""
    if not periods:
        return TEXT["never_in_one_period"]
    if periods < FEWEST_PERIODS:
        few = f"only {periods} period{'s' * (periods > 1)}"
        return TEXT["a_ratio_needs_at_least"].format(few=few, fewest_periods=FEWEST_PERIODS)
    if below < FEWEST_BELOW:
        return TEXT["only_a_ratio_to_fewer"].format(below=below, stage=stage, fewest_below=FEWEST_BELOW)
    return ""
