"""Exhibits on what changed since a baseline: how many findings in which way, which of them, and what became of gaps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd
from matplotlib.figure import Figure

from analysis.areas import Area
from analysis.exhibits.exhibit import PROTECTED, PUBLIC, Exhibit
from analysis.figures.changes_since import GAPS, OF_GAPS, STILL_UNKNOWN, changes_since, gap_changes
from analysis.figures.style import Footer, number
from analysis.findings.finding import EXACT, KNOWN
from analysis.findings.measures import MEASURES
from analysis.findings.sentences import area_name, period_words, title, value_words
from analysis.intervals import poisson_interval
from analysis.monitoring import compared
from analysis.monitoring.baseline import Baseline

# More rows make a picture that nobody reads; the list has them all.
MOST_DRAWN = 20
GAP = compared.GAP
MEANING = (
    "A change is one of what was read, counted or asked: more persons detected can mean more trafficking, more "
    "detection or better books. Beyond uncertainty: 95% limits of the difference without 0, or bounds that lie apart. "
    "Limits of a difference are those of independent estimates (MOVER: Newcombe, 1998; Zou and Donner, 2008); of exact "
    "counts they start from Poisson limits (Garwood, 1936), which are too narrow for persons who are found in groups: "
    "yearly counts of victims mostly vary tens of times more (see the page on trends). "
    "They are wider than need be where the two counts are positively correlated, as where the same persons stand in "
    "both, and too narrow where they are negatively correlated."
)
INVENTED = "findings that follow from invented persons; nothing changed in the world."


@dataclass(frozen=True)
class Rows:
    """Both rows of each finding by its id, for words; one that is not stated has none."""

    then: Mapping[str, dict]
    now: Mapping[str, dict]

    def title(self, finding_id: str) -> str:
        """What a finding is of."""
        return title(self.now.get(finding_id) or self.then[finding_id])


def exhibits(place: Area, table: pd.DataFrame, baseline: Baseline) -> list[Exhibit]:
    """What changed in an area, or in a study and all its areas, since a baseline; what is invented stands apart.

    Parameters
    ----------
    place : area or study. table : all findings of today. baseline : as `analysis.monitoring.baseline.read` gives it.

    Returns
    -------
    Exhibits: the counts with the picture of what changed beyond uncertainty, the list of all that changed, and where
    there are gaps what became of them; first of what is real, then of what is synthetic.
    """
    found = compared.since(baseline, table)
    found = found[found["study"].eq(place.study) if place.is_study else found["area_id"].eq(place.area_id)]
    kinds = found[["kind_then", "kind_now"]]
    synthetic = kinds.eq("synthetic").any(axis=1)
    # Confidential persons' findings leave as what they were made from did: by protected tables and estimates.
    gate = PROTECTED if kinds.eq("confidential").any(axis=None) else PUBLIC
    rows = Rows(_by_id(baseline.table), _by_id(table))
    made: list[Exhibit] = []
    for part, invented in ((found[~synthetic], False), (found[synthetic], True)):
        if len(part) or not invented:
            made += [make(place, part, rows, baseline, invented) for make in (pictured, listed)]
            if part["measure"].eq(GAP).any():
                made.append(gaps(place, part, baseline, invented))
    return [exhibit if exhibit.kind == "synthetic" else replace(exhibit, gate=gate) for exhibit in made]


def pictured(place: Area, found: pd.DataFrame, rows: Rows, baseline: Baseline, invented: bool) -> Exhibit:
    """How many findings changed in which way, as a table; and those beyond uncertainty as a picture."""
    beyond = found[found["change"] == compared.BEYOND]
    drawn = beyond.assign(off=_apart(beyond)).sort_values(["off", "finding_id"], ascending=[False, True])
    drawn = drawn.head(MOST_DRAWN).sort_values(["unit", "finding_id"])
    counted = found.groupby(["analysis", "change"]).size().unstack(fill_value=0)
    present = [kind for kind in compared.KINDS_OF_CHANGE if kind in counted]
    printed = counted[present].rename(index=lambda name: str(name).replace("_", " ").capitalize())
    anew = found[found["rule"].eq(compared.BY_LIMITS) & found["change"].ne(compared.UNCHANGED)]
    by_limits = int(anew["change"].eq(compared.BEYOND).sum())
    chance = (
        f"{len(anew):,} findings with 95% limits have other values, {by_limits:,} beyond those limits; by chance "
        f"alone one in twenty would, about {0.05 * len(anew):.0f}. "
    )
    less = (
        f"The {MOST_DRAWN} that lie furthest apart of {len(beyond):,} are drawn. " if len(beyond) > MOST_DRAWN else ""
    )
    figure = changes_since(
        pd.DataFrame([_drawn(row, rows) for row in drawn.to_dict("records")], columns=_DRAWN),
        counts={kind: int(found["change"].eq(kind).sum()) for kind in present},
        title=f"{place.name}: what changed since {baseline.name}",
        footer=_footer(found, baseline, invented, "a change of what was counted need not be one of the world"),
    )
    return _exhibit(
        "since_counts",
        f"{place.name}: kinds of change since {baseline.name}",
        printed.rename_axis("Analysis").reset_index().rename_axis(columns=None),
        f"{less}{chance if len(anew) else ''}{MEANING}",
        baseline,
        invented,
        figure,
        "Bars of how many findings changed in which way, and arrows from the earlier to the later value of those that "
        "changed beyond uncertainty.",
    )


def listed(place: Area, found: pd.DataFrame, rows: Rows, baseline: Baseline, invented: bool) -> Exhibit:
    """Each finding that is not as it was: both values, the difference with its limits, and what is to be said of it."""
    order = {kind: at for at, kind in enumerate(compared.KINDS_OF_CHANGE)}
    other = found[found["change"] != compared.UNCHANGED]
    other = other.assign(order=other["change"].map(order)).sort_values(["order", "finding_id"])
    printed = pd.DataFrame(
        {
            "Area": other["area_id"].map(area_name),
            "Finding": [rows.title(name) for name in other["finding_id"]],
            "Then": [_value(rows.then.get(name)) for name in other["finding_id"]],
            "Now": [_value(rows.now.get(name)) for name in other["finding_id"]],
            "Difference": [_difference(row) for row in other.to_dict("records")],
            "Change": other["change"],
            "Direction": other["direction"].replace("", "–"),
            "What is to be said": other["why"].replace("", "–"),
            "Id": other["finding_id"],
        }
    ).reset_index(drop=True)
    return _exhibit(
        "since_list",
        f"{place.name}: {len(other):,} of {len(found):,} findings are not as they were in {baseline.name}",
        printed,
        f"Unchanged findings are not listed. Difference: now less then, with limits or bounds. {MEANING}",
        baseline,
        invented,
    )


def gaps(place: Area, found: pd.DataFrame, baseline: Baseline, invented: bool) -> Exhibit:
    """What became of the gaps of each country: indicators of which anything changed."""
    rated = found[found["measure"] == GAP]
    became = rated["direction"].where(rated["direction"].isin(OF_GAPS), rated["change"])
    became = became.replace({compared.NEW: compared.NEWLY_KNOWN, compared.GONE: compared.NO_LONGER_KNOWN})
    became = became.mask(rated["change"].eq(compared.UNCHANGED) & rated["status_now"].ne(KNOWN), STILL_UNKNOWN)
    # Bounds of a gap that narrow or widen settle nothing.
    became = became.where(became.isin([category.name for category in GAPS]), compared.UNCHANGED)
    cells = rated.assign(became=became, country=rated["area_id"].map(area_name), indicator=rated["item"])
    moved = cells.loc[~cells["became"].isin([compared.UNCHANGED, STILL_UNKNOWN]), "indicator"].unique()
    shown = cells[cells["indicator"].isin(moved)].sort_values(["country", "indicator"])
    counts = cells["became"].value_counts()
    printed = pd.DataFrame({"Gap": counts.index, "Country and indicator": counts.to_numpy()}).sort_values("Gap")
    what = f"{place.name}: gaps opened and closed since {baseline.name}"
    limits = (
        f"{len(moved)} of {cells['indicator'].nunique()} indicators, in which anything changed. A gap opens or closes "
        "where a later reading says so: the reading may be new, and the law or practice old. Unknown is not rated, and "
        "what is newly known need not be new."
    )
    order = sorted(moved, key=lambda name: (name[:1], int("0" + "".join(filter(str.isdigit, name)))))
    figure = None
    if len(moved):
        figure = gap_changes(
            shown[["country", "indicator", "became"]],
            names=order,
            title=what,
            unit="Since the baseline:",
            footer=_footer(rated, baseline, invented, "a later reading can be of an older law"),
        )
    alt = f"{what}. A grid of countries and indicators; each cell says whether a gap opened, closed, or changed."
    return _exhibit("since_gaps", what, printed.reset_index(drop=True), limits, baseline, invented, figure, alt)


_DRAWN = ["label", "unit", "words", *(f"{n}_{when}" for when in ("then", "now") for n in ("value", "low", "high"))]


def _drawn(row: dict, rows: Rows) -> dict[str, object]:
    """A row of the picture; an exact count is drawn with its Poisson limits, from which the comparison starts."""
    name = row["finding_id"]
    drawn = {key: row[key] for key in _DRAWN[3:]}
    for when in ("then", "now"):
        if row["rule"] == compared.BY_LIMITS and row[f"interval_{when}"] == EXACT:
            drawn[f"low_{when}"], drawn[f"high_{when}"] = map(float, poisson_interval(row[f"value_{when}"]))
    then, now = _short(rows.then[name]), _short(rows.now[name])
    revised = " (revised)" if row["revision"] else ""
    words = f"{then} → {now}\n{row['direction']}{revised}"
    return drawn | {
        "label": f"{area_name(row['area_id'])}: {rows.title(name)}",
        "unit": str(row["unit"]).replace("_", " ").replace("percent", "per cent"),
        "words": words,
    }


def _by_id(table: pd.DataFrame) -> dict[str, dict]:
    return {str(row["finding_id"]): row for row in table.to_dict("records")}


def _value(row: dict | None) -> str:
    """A value in words, with its period."""
    if row is None:
        return "not stated"
    period = period_words(str(row["period"]))
    return value_words(row) + (f" in {period}" if period else "")


def _short(row: dict) -> str:
    """A value without its limits, which are drawn."""
    bare = row | ({"interval": EXACT} if row["interval"] == "confidence" else {})
    return value_words(bare)


def _apart(found: pd.DataFrame) -> pd.Series:
    """By how much of its size a value changed, for the choice of what is drawn; from nothing it is infinitely much."""
    size = found[["low_then", "low_now"]].abs().max(axis=1)
    least = found[["difference_low", "difference_high"]].abs().min(axis=1)
    return least / size.where(size > 0, 1.0)


def _difference(row: dict) -> str:
    low, high = row["difference_low"], row["difference_high"]
    if low != low or high != high:
        return "–"
    decimals = MEASURES[row["measure"]].decimals if row["measure"] in MEASURES else 1
    unit = " points" if row["unit"] in ("percent", "percent_a_year") else ""
    said = "" if row["difference"] != row["difference"] else _signed(row["difference"], decimals)
    if low == high:
        return f"{said}{unit}"
    bounds = f"{_signed(low, decimals)} to {_signed(high, decimals)}"
    ratio = ""
    if row["ratio_low"] == row["ratio_low"]:
        ratio = f"; by {number(row['ratio_low'])} to {number(row['ratio_high'])}"
    return f"{said} ({bounds}){unit}{ratio}".strip()


def _signed(value: float, decimals: int) -> str:
    if abs(value) == float("inf"):
        return "no limit"
    return f"{round(value, decimals) + 0.0:+,.{decimals}f}".replace("-", "−")


def _footer(found: pd.DataFrame, baseline: Baseline, invented: bool, limits: str) -> Footer:
    periods = sorted(part for name in ("period_then", "period_now") for text in found[name] for part in text.split("/"))
    dated = [period[:4] for period in periods if period]
    return Footer(
        f"this project's findings, and its baseline {baseline.name}, frozen on {baseline.day.isoformat()}",
        f"{dated[0]} to {dated[-1]}" if dated else "not stated",
        f"{len(found):,} findings",
        limits,
        synthetic=invented,
    )


def _exhibit(
    name: str,
    what: str,
    printed: pd.DataFrame,
    limits: str,
    baseline: Baseline,
    invented: bool,
    figure: Figure | None = None,
    alt: str = "",
) -> Exhibit:
    frozen = f"Findings of this project as frozen on {baseline.day.isoformat()} under the name {baseline.name}."
    return Exhibit(
        f"{name}_invented" if invented else name,
        what,
        printed,
        limits=limits,
        figure=figure,
        alt=alt,
        citations=(frozen,),
        kind="synthetic" if invented else "public",
        invented=INVENTED,
        gate=PROTECTED if invented else "",
    )
