"""Exhibits on the hidden number: how many persons no list knows, by every method, and what that rests on."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from IPython.display import Markdown
from matplotlib.figure import Figure

from analysis import areas, catalog, incidence
from analysis.areas import Area
from analysis.cases.processed import load
from analysis.exhibits.case_records import histories_of, none_shown, of_records, records_footer
from analysis.exhibits.exhibit import Exhibit
from analysis.incidence.stratum_table import stratum_figure
from analysis.jobs import shows_case_records

LIMITS = (
    "Estimated, not counted: it rests on a closed population, on faultless linkage, and on dependences between lists "
    "that no data can prove."
)
REPLICATES = 500
NEEDED = (
    "An estimate of the number that no list knows needs the linked records of at least three lists of the same "
    "persons: of police, shelters, hotlines, labour inspectors or organisations. Until then this page says how many "
    "were detected, and nothing of how many there are."
)


def about(place: Area) -> Markdown:
    """Whether the hidden number can be estimated here, from what, and what it rests on."""
    if not shows_case_records(place.study):
        why = none_shown(place)
        return Markdown(f"**Not estimated.** {why} {NEEDED}")
    result = _robustness(place.area_id)
    is_synthetic = load(place.study).is_synthetic
    if isinstance(result, str):
        said = f"**Not estimated.** {result}"
        return Markdown(f"{said} The lists are SYNTHETIC: their persons are invented." if is_synthetic else said)
    synthetic = (
        "**SYNTHETIC: the persons below are invented, and their true number is known.** The section shows what can be "
        "said when a study has lists of its own, and how far that may be from the truth.\n\n"
        if is_synthetic
        else ""
    )
    said = f"**{result.sentence}** {result.n:,} were seen."
    assumed = "\n".join(f"- {sentence}" for sentence in incidence.ASSUMPTIONS)
    return Markdown(f"{synthetic}{said}\n\nEvery estimate assumes, and no data can show:\n\n{assumed}")


def exhibits(place: Area) -> list[Exhibit]:
    """What there is to show of the hidden number of an area or study; nothing where nothing can be estimated."""
    if not shows_case_records(place.study) or isinstance(_robustness(place.area_id), str):
        return []
    return [by_method(place), without_lists(place), known_lists(place), by_stratum(place), overlaps(place)]


def by_method(place: Area) -> Exhibit:
    """The number of persons by every method: the range is the result, and no single row of it is."""
    result = _require(place)
    title = "how many persons there are, seen and unseen, by every method"
    figure = result.plot(title=_title(place, title), footer=records_footer(place, LIMITS), truth=_truth(place))
    rows = pd.DataFrame(
        {
            "Method": result.table["method"],
            **_numbers(result.table),
            "Interval": result.table["interval"],
            "Dependences in the model": result.table["model"],
            "Note": result.table["note"],
        }
    )
    return _exhibit(place, "hidden_number", title, rows, result.sentence, figure)


def without_lists(place: Area) -> Exhibit:
    """What becomes of the estimate when a list is left out, or two lists are taken as one."""
    result = _require(place)
    title = "the estimate without a list, or with two lists as one"
    figure = result.plot_checks(title=_title(place, title), footer=records_footer(place, LIMITS))
    checks = pd.concat(
        [
            result.left_out.assign(what="without " + result.left_out["left_out"]),
            result.merged.assign(what=result.merged["merged"] + " as one"),
        ],
        ignore_index=True,
    )
    rows = pd.DataFrame({"Lists": checks["what"], "Seen": checks["n"], **_numbers(checks), "Note": checks["note"]})
    limits = "An estimate that moves much rests on one list, or on what two lists have to do with each other."
    return _exhibit(place, "hidden_number_lists", title, rows, limits, figure)


def known_lists(place: Area) -> Exhibit:
    """The persons of each list, who are known, as the other lists would have estimated them."""
    result = _require(place)
    title = "the persons of each list, as the other lists would have estimated them"
    known = result.known
    figure = result.plot_known(title=_title(place, title), footer=records_footer(place, LIMITS)) if len(known) else None
    rows = pd.DataFrame(
        {
            "List": known["list"],
            "Known": known["known"],
            "Of these seen by others": known["seen"],
            **_numbers(known),
            "Interval holds it": known["contained"].map({True: "yes", False: "no"}).fillna(""),
            "Note": known["note"],
        }
    )
    limits = "Where a number that is known comes out wrong, one that is not known may be as wrong."
    return _exhibit(place, "hidden_number_known", title, rows, limits, figure)


def by_stratum(place: Area) -> Exhibit:
    """Each area of a study, or each year of an area: by itself, and by one model for all of them."""
    by = "area_id" if place.is_study else "year"
    what = "area" if place.is_study else "year"
    title = f"seen and unseen, by {what}"
    counted = histories_of(place).drop(columns="year" if place.is_study else "area_id")
    counted[by] = counted[by].replace("", "unknown")
    counted = counted.groupby([name for name in counted if name != "count"], as_index=False)["count"].sum()
    try:
        alone = incidence.stratified(counted, by, replicates=REPLICATES)
    except incidence.NotIdentifiable as refusal:
        return _exhibit(place, "hidden_number_strata", title, pd.DataFrame(), str(refusal), None)
    parts = [
        alone.strata.assign(group=f"Each {what} by itself"),
        alone.totals.rename(columns={"total": by}).assign(group="All together"),
    ]
    # A stratum in which nobody is on two lists has no place in one model with lists that differ.
    carried = alone.strata.loc[alone.strata["estimate"].notna(), by]
    try:
        together = incidence.joint(counted[counted[by].isin(carried)], by)
        parts.insert(1, together.strata.assign(group=f"One model for every {what}"))
        refused = ""
    except incidence.NotIdentifiable as refusal:
        refused = f" One model for every {what} was refused: {refusal}"
    table = pd.concat(parts, ignore_index=True)
    table["known"] = table[by].map(_truths(place, by)).astype(float)
    table["what"] = table[by].replace(areas.load(place.study).set_index("area_id")["name"].to_dict())
    figure = stratum_figure(
        table.assign(label=table["what"]),
        title=_title(place, title),
        footer=records_footer(place, LIMITS),
        confidence=alone.confidence,
    )
    rows = pd.DataFrame(
        {"How": table["group"], "What": table["what"], "Seen": table["n"], **_numbers(table), "Note": table["note"]}
    )
    limits = (
        f"{alone.n_refused:,} of {alone.n:,} persons seen are in strata that were refused. Where chances of being seen "
        f"differ between strata, the estimate of all at once is too low.{refused}"
    )
    return _exhibit(place, "hidden_number_strata", title, rows, limits, figure)


def overlaps(place: Area) -> Exhibit:
    """Each pair of lists: how many persons are on both, how many would be by chance, and how often it was selected."""
    result = _require(place)
    pairs = result.selected
    rows = pd.DataFrame(
        {
            "Lists": pairs["list_a"] + " and " + pairs["list_b"],
            "On both": pairs["on_both"],
            "If independent": pairs["expected_if_independent"].astype(float).round(1),
            "In the model": pairs["in_model"].map({True: "yes", False: "no"}),
            "Selected in resamples, %": (100 * pairs["selected_in"].astype(float)).round(0),
        }
    )
    empty = int((pairs["on_both"] == 0).sum())
    limits = f"{empty} of {len(pairs)} pairs of lists share nobody. Overlaps are all that an estimate is made of."
    if result.estimate is not None:
        limits += f" The usual estimate is {result.estimate / result.n:.1f} times what was seen."
    return _exhibit(place, "hidden_number_overlaps", "what the estimate is made of", rows, limits, None)


@cache
def _robustness(area_id: str) -> incidence.Robustness | str:
    """Every method for the persons of an area, all years together; where none can say anything, why."""
    place = areas.get(area_id)
    if load(place.study).histories.empty:
        return f"The records were not linked: {load(place.study).lists['not_linked'].max()}"
    table = histories_of(place)
    lists = [
        name for name in table if name not in ("area_id", "year", "count") and (table[name] * table["count"]).any()
    ]
    if table.empty or not lists:
        return "No list has a record of a person here; that need not mean that there is none."
    try:
        return incidence.robustness(table.groupby(lists, as_index=False)["count"].sum(), replicates=REPLICATES)
    except incidence.NotIdentifiable as refusal:
        return str(refusal)


def _require(place: Area) -> incidence.Robustness:
    result = _robustness(place.area_id)
    if isinstance(result, str):
        raise incidence.NotIdentifiable(result)
    return result


def _truth(place: Area) -> float | None:
    """The true number of persons of synthetic records; None of real ones, whose truth nobody knows."""
    truths = _truths(place, "area_id")
    if not truths:
        return None
    return float(sum(truths.values()) if place.is_study else truths[place.area_id])


def _truths(place: Area, by: str) -> dict[str, int]:
    """The true numbers of synthetic records by area, or by year of one area; none of real ones."""
    name = f"synthetic_{place.study}_truth_totals"
    if not load(place.study).is_synthetic or name not in catalog.datasets():
        return {}
    totals = catalog.load(name)
    if not place.is_study:
        totals = totals[totals["area_id"] == place.area_id]
    return totals.groupby(totals[by].astype(str))["persons"].sum().to_dict()


def _numbers(table: pd.DataFrame) -> dict[str, list[str]]:
    """Estimates and their intervals as people read them, in whole persons."""
    upper = ["no upper limit" if np.isinf(high) else f"{high:,.0f}" for high in table["high"]]
    limits = ["" if np.isnan(low) else f"{low:,.0f} to {high}" for low, high in zip(table["low"], upper, strict=True)]
    estimates = ["refused" if np.isnan(value) else f"{value:,.0f}" for value in table["estimate"]]
    return {"Persons": estimates, "95 % interval": limits}


def _title(place: Area, what: str) -> str:
    return f"{place.name}: {what}"


def _exhibit(place: Area, name: str, what: str, rows: pd.DataFrame, limits: str, figure: Figure | None) -> Exhibit:
    return of_records(place, name, what, rows, f"{limits} {LIMITS}", figure)
