"""Multiple systems estimation: how many persons there are, detected and undetected, by every method.

The notebook calls the methods; here is what of their results is released, and in which words.
Estimates of all lists together may leave, rounded, where persons enough stand behind them and their number may be told.
What the estimates rest on, overlaps of lists and what becomes of an estimate without one, is internal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from IPython.display import Markdown
from matplotlib.figure import Figure

import capture_recapture
import disclosure
from analysis import areas, catalog, texts
from analysis.areas import Area
from analysis.cases import list_periods
from analysis.cases.list_periods import CommonPeriod, common_period
from analysis.cases.processed import load
from analysis.cases.record_linkage import NOT_STATED, capture_histories
from analysis.exhibits import record_counts
from analysis.exhibits.any_place import take_names
from analysis.exhibits.attempt import NoResult, attempt
from analysis.exhibits.case_records import histories_of, of_records, records_footer
from analysis.exhibits.exhibit import ESTIMATE, INTERNAL, PROTECTED, Exhibit, absent, said
from analysis.findings.finding import NOT_REPORTED, RANGE, REFUSED, WITHHELD, Finding
from analysis.plots import style
from analysis.plots.dots import dots
from bounded.refusal import Caution
from capture_recapture import Robustness
from capture_recapture.hard_to_reach import HardToReach
from capture_recapture.method_table import USUAL
from capture_recapture.robustness import HARDEST
from capture_recapture.strata import Joint, Stratified

TEXT = texts.of(__name__)

LIMITS = TEXT["limits"]
LATENT_DRAWS = 2_500
# Estimates that leave are rounded to two digits, and to no less than 20 persons: more than the 11 that a number which
# must not be told has to be open by.
DIGITS, LEAST_STEP = 2, 20
ROUNDED = TEXT["rounded"].format(digits=DIGITS, least_step=LEAST_STEP)
ROUNDED_REACH = TEXT["reach_rounded"].format(digits=DIGITS, least_step=LEAST_STEP)
# Codes of refusals that tell of no person: linkages are drawn for a study as a whole, of linked lists; which years a
# list covers.
OF_NO_PERSON = frozenset({"of_the_study", "not_linked", "no_common_year", "dates_missing"})
# What the estimates of all strata at once are called.
TOGETHER = "All together"


def compared(place: Area) -> CommonPeriod | NoResult:
    """The years that all lists of the study cover, and the records of them; or why there are none."""
    found = load(place.study)
    linked = found.case_records[found.case_records["person_id"].astype(str) != ""]
    if found.histories.empty or linked.empty:
        return NoResult(_no_histories(place), "not_linked")
    declared = found.lists.reindex(columns=["list_id", "covers_first", "covers_last"]).dropna()
    covers = {each: (int(first), int(last)) for each, first, last in declared.itertuples(index=False)}
    return attempt(common_period, linked, covers)


def about_period(place: Area, period: CommonPeriod | NoResult) -> Markdown:
    """Which years are compared, how that is known, and who is left out."""
    return said(period.reason if isinstance(period, NoResult) else _of_years(place, period), ESTIMATE)


def _of_years(place: Area, period: CommonPeriod) -> str:
    """Which years are compared, how that is known, and how many persons are left out, as protected tables tell it."""
    years = list_periods.spoken(period.first, period.last)
    how = sorted(set(period.lists["how"]))
    if period.is_whole:
        return TEXT["period_whole"].format(years=years, how=" or ".join(how))
    spans = ", ".join(
        f"{row.list_id} {list_periods.spoken(row.first, row.last)} ({row.how})" for row in period.lists.itertuples()
    )
    total, inside = record_counts.total(place), seen(place)
    left_out = TEXT["number_suppressed"] if total is None or inside is None else f"{total - inside:,}"
    undated = TEXT["period_undated"] if period.persons_undated else ""
    return TEXT["period_differs"].format(years=years, spans=spans, left_out=left_out, undated=undated)


def seen(place: Area) -> int | None:
    """The persons on lists in the years that are compared, as the protected tables tell it; None where they do not."""
    period = compared(place)
    if isinstance(period, NoResult) or period.is_whole:
        return record_counts.total(place)
    table = record_counts.of_place(place, "year")
    spans = table["year"].astype(str).str.extract(r"^(\d{4})(?:-(\d{4}))?$").astype("Int64")
    first, last = spans[0], spans[1].fillna(spans[0])
    inside = first.ge(period.first) & last.le(period.last)
    if not period.differing:
        inside |= table["year"].eq(NOT_STATED)
    inside, overlapping = inside.fillna(False), (first.le(period.last) & last.ge(period.first)).fillna(False)
    if (overlapping & ~inside).any():
        return None
    return record_counts.added(table.loc[inside.astype(bool), "count"])


def histories(place: Area, by: str = "") -> pd.DataFrame | NoResult:
    """Persons by the lists that know them, of the years that all lists cover and of all areas together.

    Parameters
    ----------
    by : ``area_id`` or ``year`` keeps these apart; left out, neither, and no list without a person.

    Returns
    -------
    DataFrame: one 0/1 column a list, count (persons), and the column `by`. Empty where there are no linked records; why
    the lists cannot be compared, where they have no year in common.
    """
    if load(place.study).histories.empty:
        return pd.DataFrame()
    period = compared(place)
    if isinstance(period, NoResult):
        return period
    if period.is_whole:
        table = histories_of(place)
    else:
        table = capture_histories(period.records, by=("area_id", "year"))
        table = table if place.is_study else table[table["area_id"] == place.area_id]
    lists = [name for name in table if name not in ("area_id", "year", "count")]
    known = [name for name in lists if (table[name] * table["count"]).any()]
    if not known:
        return pd.DataFrame()
    if not by:
        return table.groupby(known, as_index=False)["count"].sum()
    table = table.assign(**{by: table[by].replace("", "unknown")})
    return table.groupby([by, *lists], as_index=False)["count"].sum()


def latent_draws(place: Area) -> int:
    """Draws a chain of latent classes: of a study as a whole alone, for whose areas they would take minutes."""
    return LATENT_DRAWS if place.is_study else 0


def about(place: Area, methods: Robustness | NoResult) -> Markdown:
    """Whether an estimate can be made here, from what, and what it rests on."""
    result, reason, _ = told(place, methods)
    is_synthetic = catalog.case_kind(place.study) == "synthetic"
    if result is None:
        invented = TEXT["about_invented"] if is_synthetic else ""
        return said(f"**Not estimated.** {reason}{invented}", PROTECTED)
    synthetic = TEXT["about_synthetic"] if is_synthetic else ""
    persons = seen(place)
    told_of = TEXT["seen_suppressed"] if persons is None else TEXT["seen"].format(persons=persons)
    estimated = f"**{result.sentence}** {told_of} {ROUNDED}"
    assumed = "\n".join(f"- {sentence}" for sentence in capture_recapture.ASSUMPTIONS)
    return said(
        TEXT["every_estimate_assumes_and_no"].format(synthetic=synthetic, estimated=estimated, assumed=assumed),
        ESTIMATE,
    )


def told(place: Area, methods: Robustness | NoResult) -> tuple[Robustness | None, str, bool]:
    """What may be released of the estimates of an area or study that has case records.

    Returns
    -------
    The estimates of all methods, rounded; or None, why there are none, and whether that is because they are suppressed
    (the method itself refuses where it is not).
    """
    if isinstance(methods, NoResult):
        return None, _no_histories(place) or refusal_in_words(methods), False
    if reason := withheld_because(place, methods):
        return None, reason, True
    return _rounded(methods), "", False


def _no_histories(place: Area) -> str:
    """Why there are no capture histories of a place; empty where there are some, or where that must not be told."""
    if load(place.study).histories.empty:
        return TEXT["the_records_were_not_linked"].format(not_linked=load(place.study).lists["not_linked"].max())
    # The records say it too, but of a place whose number is suppressed they alone do.
    return TEXT["no_list_has_a_record"] if record_counts.total(place) == 0 else ""


def of_methods(place: Area, methods: Robustness | NoResult) -> list[Exhibit]:
    """Every method, which may be released rounded, and what their estimates rest on, which is internal."""
    if isinstance(methods, NoResult):
        titles = (TEXT["by_method_title"], TEXT["reach_title"], TEXT["rests_on_title"])
        return [absent(place, title, methods.reason) for title in titles]
    return [each(place, methods) for each in (by_method, reach, models, without_lists, known_lists, overlaps)]


def of_strata_of(
    place: Area, methods: Robustness | NoResult, alone: Stratified | NoResult, together: Joint | NoResult
) -> list[Exhibit]:
    """Each area of a study, or each year of an area: what may be released rounded, and all of it, which is internal.

    Parameters
    ----------
    alone, together : what `stratified` and `joint` make of the histories by area or by year.
    """
    if isinstance(methods, NoResult):
        return [absent(place, TEXT["strata_absent"], methods.reason)]
    found = alone if isinstance(alone, NoResult) else _strata(place, alone, together)
    return [by_stratum(place, methods, found), strata(place, found)]


def by_method(place: Area, result: Robustness) -> Exhibit:
    """The number of persons by every method: the range is the result, and no single row of it is."""
    title = TEXT["by_method_title"]
    if reason := withheld_because(place, result):
        return estimated(place, "by_method", title, pd.DataFrame(), reason, None)
    result = _rounded(result)
    figure = figure_of_methods(
        replace(result, n=seen(place) or 0),
        title=f"{place.name}: {title}",
        footer=record_counts.protected_footer(place, f"{LIMITS} {ROUNDED}"),
        truth=_truth(place),
    )
    rows = pd.DataFrame(
        {"Method": result.table["method"], **numbers(result.table), "Interval": result.table["interval"]}
    )
    period = compared(place)
    years = "" if isinstance(period, NoResult) else f" {_of_years(place, period)}"
    latent = "" if place.is_study else TEXT["latent_classes_of_the_study"]
    limits = f"{result.sentence} {ROUNDED}{years}{latent}"
    return estimated(place, "by_method", title, rows, limits, figure)


def reach(place: Area, result: Robustness) -> Exhibit:
    """The most persons that the lists do not exclude, by how hard some of them are to reach."""
    title = TEXT["reach_title"]
    if reason := withheld_because(place, result):
        return estimated(place, "reach", title, pd.DataFrame(), reason, None)
    if result.reach is None:
        return estimated(place, "reach", title, pd.DataFrame(), TEXT["reach_refused"], None)
    table = rounded_reach(result.reach).table
    labels = [TEXT["reach_row"].format(one_in=1 / chance) for chance in table["chance"]]
    said = [f"{most:,.0f}" if np.isfinite(most) else TEXT["no_upper_limit"] for most in table["total"]]
    rows = pd.DataFrame({TEXT["reach_chance"]: labels, TEXT["reach_most"]: said})
    return estimated(place, "reach", title, rows, f"{TEXT['reach_limits']} {ROUNDED_REACH}", None)


def models(place: Area, result: Robustness) -> Exhibit:
    """Which dependences between lists each method chose, whether it fits, and what it says of itself."""
    table = result.table
    rows = pd.DataFrame(
        {
            "Method": table["method"],
            "Estimate, unrounded": numbers(table)["Persons"],
            "Dependences in the model": table["model"],
            "Fit": [_fit(row) for row in table.to_dict("records")],
            "Note": table["note"],
        }
    )
    limits = TEXT["models_limits"]
    return _exhibit(place, "models", TEXT["what_each_method_takes"], rows, limits, None)


def _fit(row: Mapping[str, Any]) -> str:
    """The deviance of a method with its degrees of freedom and p-value; empty where it has none."""
    if np.isnan(row["deviance"]):
        return ""
    p = "< 0.001" if row["fit"] < 0.001 else f"= {row['fit']:.3f}"
    return f"G² {row['deviance']:.1f} on {row['df']:.0f}" + ("" if np.isnan(row["fit"]) else f", p {p}")


def without_lists(place: Area, result: Robustness) -> Exhibit:
    """What becomes of the estimate when a list is left out, or two lists are taken as one."""
    title = TEXT["without_lists_title"]
    figure = figure_of_checks(result, title=f"{place.name}: {title}", footer=records_footer(place, LIMITS))
    checks = pd.concat(
        [
            result.left_out.assign(what="without " + result.left_out["left_out"]),
            result.merged.assign(what=result.merged["merged"] + " as one"),
        ],
        ignore_index=True,
    )
    rows = pd.DataFrame({"Lists": checks["what"], "Seen": checks["n"], **numbers(checks), "Note": checks["note"]})
    limits = TEXT["without_lists_limits"]
    return _exhibit(place, "without_lists", title, rows, limits, figure)


def known_lists(place: Area, result: Robustness) -> Exhibit:
    """The persons of each list, who are known, as the other lists would have estimated them."""
    title = TEXT["known_lists_title"]
    known = result.known
    figure = (
        figure_of_known_lists(result, title=f"{place.name}: {title}", footer=records_footer(place, LIMITS))
        if len(known)
        else None
    )
    rows = pd.DataFrame(
        {
            "List": known["list"],
            "Known": known["known"],
            "Of these seen by others": known["seen"],
            **numbers(known),
            "Interval holds it": known["contained"].map({True: "yes", False: "no"}).fillna(""),
            "Note": known["note"],
        }
    )
    limits = TEXT["known_lists_limits"]
    return _exhibit(place, "known_lists", title, rows, limits, figure)


def by_stratum(place: Area, methods: Robustness, found: pd.DataFrame | NoResult) -> Exhibit:
    """Each area of a study, or each year of an area, by itself and by one model for all; those that may be told."""
    title = TEXT["by_stratum_title"].format(what=_what(place))
    if isinstance(found, NoResult):
        return estimated(place, "strata", title, pd.DataFrame(), refusal_in_words(found), None)
    by, table = _by(place), found.assign(seen=_seen(place, found))
    # That a stratum was refused tells of overlaps, which are for the house.
    few = _few(methods, table["n"]) | table["seen"].isna() | table["estimate"].isna()
    kept = rounded_columns(table[~few])
    names = areas.load(place.study).set_index("area_id")["name"].to_dict()
    kept = kept.assign(known=kept[by].map(_truths(place, by)).astype(float), what=kept[by].replace(names))
    kept["n"] = kept["seen"].astype(int)
    figure = None
    if len(kept):
        figure = figure_of_strata(
            kept.assign(label=kept["what"]),
            title=f"{place.name}: {title}",
            footer=record_counts.protected_footer(place, f"{LIMITS} {ROUNDED}"),
            confidence=0.95,
        )
    rows = pd.DataFrame({"How": kept["group"], "What": kept["what"], "Seen": kept["n"], **numbers(kept)})
    # Of the strata of the tables: those of the histories would tell which suppressed counts are zeros.
    listed, shown = len(_counts(place)), int(kept["group"].str.startswith("Each").sum())
    limits = TEXT["by_stratum_limits"].format(hidden_strata=listed - shown, alone=listed, rounded=ROUNDED)
    return estimated(place, "strata", title, rows, limits, figure)


def strata(place: Area, found: pd.DataFrame | NoResult) -> Exhibit:
    """The same of every stratum, as it was counted, with the reasons of refusals."""
    title = TEXT["strata_title"].format(what=_what(place))
    if isinstance(found, NoResult):
        return _exhibit(place, "all_strata", title, pd.DataFrame(), found.reason, None)
    names = areas.load(place.study).set_index("area_id")["name"].to_dict()
    rows = pd.DataFrame(
        {
            "How": found["group"],
            "What": found[_by(place)].replace(names),
            "Seen": found["n"],
            **numbers(found),
            "Note": found["note"],
        }
    )
    alone = found[found["group"] == TEXT["each_by_itself"].format(what=_what(place))]
    refused = int(alone.loc[alone["estimate"].isna(), "n"].sum())
    limits = TEXT["strata_limits"].format(refused=refused, persons=alone["n"].sum())
    return _exhibit(place, "all_strata", title, rows, limits, None)


def _by(place: Area) -> str:
    return "area_id" if place.is_study else "year"


def _what(place: Area) -> str:
    return "area" if place.is_study else "year"


def carried(counted: pd.DataFrame, by: str, alone: Stratified | NoResult) -> pd.DataFrame:
    """The histories of the strata that have an estimate of their own.

    A stratum in which nobody is on two lists has no place in one model with lists that differ.
    """
    if isinstance(alone, NoResult):
        return pd.DataFrame()
    return counted[counted[by].isin(alone.strata.loc[alone.strata["estimate"].notna(), by])]


def _strata(place: Area, alone: Stratified, together: Joint | NoResult) -> pd.DataFrame:
    """Estimates of each stratum by itself, by one model for all, and of all together."""
    by, what = _by(place), _what(place)
    parts = [
        alone.strata.assign(group=TEXT["each_by_itself"].format(what=what)),
        alone.totals.rename(columns={"total": by}).assign(group=TOGETHER),
    ]
    if not isinstance(together, NoResult):
        parts.insert(1, together.strata.assign(group=TEXT["by_stratum_group_one_model"].format(what=what)))
    return pd.concat(parts, ignore_index=True)


def _seen(place: Area, table: pd.DataFrame) -> pd.Series:
    """The persons seen in each stratum as the protected tables tell them; missing where they do not."""
    of_stratum = table[_by(place)].map(_counts(place).rename({NOT_STATED: "unknown"}))
    # Totals are of all strata; one that leaves out those that were refused would tell how many these are.
    return of_stratum.mask((table["group"] == TOGETHER) & (table["n"] == table["n"].max()), seen(place))


def _counts(place: Area) -> pd.Series:
    """The persons of each area of a study, or year of an area, that the protected tables list."""
    by = "area_id" if place.is_study else "year"
    counts = record_counts.counts(place, by).set_index(by)["count"]
    period = compared(place)
    if isinstance(period, NoResult) or period.is_whole:
        return counts
    if not place.is_study:
        return counts[[_in_years(str(year), period) for year in counts.index]]
    own = areas.ids(place.study)
    inside = [seen(areas.get(area_id)) if area_id in own else None for area_id in counts.index]
    return pd.Series(pd.array(inside, "Int64"), counts.index)


def _in_years(year: str, period: CommonPeriod) -> bool:
    return year.isdigit() and period.first <= int(year) <= period.last


def _few(methods: Robustness, n: pd.Series) -> pd.Series:
    """Whether estimates of so many persons must not be released."""
    parameters = _parameters(len(methods.lists))
    return n.map(lambda persons: not disclosure.estimate_is_releasable(persons, parameters))


def withheld_because(place: Area, result: Robustness) -> str:
    """Why estimates must not leave; empty where they may."""
    if not disclosure.estimate_is_releasable(result.n, _parameters(len(result.lists))):
        return TEXT["too_few_persons_stand"]
    if not record_counts.total(place):
        return TEXT["how_many_persons_these_lists"]
    return ""


def _parameters(lists: int) -> int:
    """As many as a model of these lists can have whose terms are pairs of lists."""
    return 1 + lists + lists * (lists - 1) // 2


def _rounded(result: Robustness) -> Robustness:
    """The result with every number of persons rounded."""
    high = rounded(result.high)
    if result.upper_bound_known and result.reach is not None:
        high = max(rounded(result.table["high"].max()), rounded_reach(result.reach).most(HARDEST))
    return replace(
        result,
        table=rounded_columns(result.table),
        low=rounded(result.low),
        high=high,
        estimate=None if result.estimate is None else rounded(result.estimate),
        # What it says of overlaps of lists is for the house; `sentence` says without a number what follows.
        caution=Caution.when(
            result.caution and result.caution.code == "sparse_overlap", "sparse_overlap", TEXT["too_few_persons"]
        ),
    )


def rounded_columns(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(**{name: table[name].astype(float).map(rounded) for name in ("estimate", "low", "high")})


def rounded(persons: float, least_step: float = LEAST_STEP) -> float:
    if not np.isfinite(persons) or persons <= 0:
        return persons
    step = max(10.0 ** (np.floor(np.log10(persons)) - DIGITS + 1), least_step)
    return float(step * np.round(persons / step))


def rounded_reach(result: HardToReach) -> HardToReach:
    """Totals with a group of whom few are seen: a person who is seen stands for as many as the chance says."""
    totals = [rounded(row.total, LEAST_STEP / row.chance) for row in result.table.itertuples()]
    return replace(result, table=result.table.assign(total=totals))


def refusal_in_words(refused: NoResult) -> str:
    """A refusal as a page says it: that persons are too few, unless it is of no person at all.

    A reason without a number can tell of overlaps as well: which lists share nobody, or which pattern is empty.
    """
    return refused.reason if refused.code in OF_NO_PERSON else TEXT["too_few_persons"]


def overlaps(place: Area, result: Robustness) -> Exhibit:
    """Each pair of lists: how many persons are on both, how many would be by chance, and how often it was selected."""
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
    limits = TEXT["overlaps_limits"].format(empty=empty, pairs=len(pairs))
    if result.estimate is not None:
        limits += TEXT["overlaps_limits_the_usual_estimate"].format(ratio=result.estimate / result.n)
    if result.caution:
        limits += f" {result.caution}"
    return _exhibit(place, "overlaps", TEXT["what_the_estimate_is_made"], rows, limits, None)


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
    period = compared(place)
    if not isinstance(period, NoResult):
        totals = totals[totals["year"].between(period.first, period.last)]
    if not place.is_study:
        totals = totals[totals["area_id"] == place.area_id]
    return totals.groupby(totals[by].astype(str))["persons"].sum().to_dict()


def numbers(table: pd.DataFrame) -> dict[str, list[str]]:
    """Estimates and their intervals as people read them, in whole persons."""
    upper = [TEXT["no_upper_limit"] if np.isinf(high) else f"{high:,.0f}" for high in table["high"]]
    limits = ["" if np.isnan(low) else f"{low:,.0f} to {high}" for low, high in zip(table["low"], upper, strict=True)]
    estimates = ["refused" if np.isnan(value) else f"{value:,.0f}" for value in table["estimate"]]
    return {"Persons": estimates, "95 % interval": limits}


def estimated(
    place: Area,
    name: str,
    what: str,
    rows: pd.DataFrame,
    limits: str,
    figure: Figure | None,
    assumed: str = LIMITS,
) -> Exhibit:
    """An exhibit of estimates that may be released; `assumed` says what they rest on."""
    return replace(
        record_counts.of_counts(place, name, what, rows, f"{limits} {assumed}", figure), release_class=ESTIMATE
    )


def _exhibit(place: Area, name: str, what: str, rows: pd.DataFrame, limits: str, figure: Figure | None) -> Exhibit:
    """An exhibit of overlaps of lists, or of what tells of them, that is internal."""
    return of_records(place, name, what, rows, f"{limits} {LIMITS}", figure, release_class=INTERNAL)


ALL_METHODS = TEXT["all_methods"]


def findings(place: Area, methods: Robustness | NoResult) -> list[Finding]:
    """The estimated total: what all methods state together, or why there is none."""
    period = compared(place)
    of_period = "" if isinstance(period, NoResult) or period.is_whole else f" {_of_years(place, period)}"
    name, limits = "estimated_total", f"{LIMITS} {ROUNDED}{of_period}"
    kind = catalog.case_kind(place.study)
    result, why, suppressed = told(place, methods)
    if result is None:
        status = WITHHELD if suppressed else NOT_REPORTED if record_counts.total(place) == 0 else REFUSED
        return [
            Finding(
                place, name, method=ALL_METHODS, limits=limits, kind=kind, release_class=PROTECTED, status=status,
                why=why,
            )
        ]  # fmt: skip
    if not result.upper_bound_known:
        limits = f"{TEXT['why_no_upper_limit'].format(why=result.why_no_upper_limit)} {limits}"
    # Rounding must not leave fewer persons than stand on the lists.
    persons = seen(place)
    least = persons or 0
    return [
        Finding(
            place,
            name,
            value=None if result.estimate is None else max(result.estimate, least),
            low=max(result.low, least),
            high=max(result.high, least),
            interval=RANGE,
            period=_years(place, period),
            n=persons,
            method=ALL_METHODS,
            limits=limits,
            kind=kind,
            release_class=ESTIMATE,
        )
    ]


def _years(place: Area, period: CommonPeriod | NoResult) -> str:
    if isinstance(period, NoResult) or period.is_whole:
        return "/".join(record_counts.period(place).split(" to ")).replace("undated", "")
    return "/".join(dict.fromkeys([str(period.first), str(period.last)]))


# Where the largest estimate is so many times the smallest, equal ratios are drawn equally long.
_WIDE = 12.0


def figure_of_methods(result: Robustness, *, truth: float | None = None, **frame: Any) -> Figure:
    """Every method with its interval, and the range of all.

    Parameters
    ----------
    result : with 0 persons on lists where their number may not be told.
    truth : the number of persons, where it is known.
    """
    at = observed(result.n) if result.n else {}
    if truth is not None:
        at[TEXT["true_number"].format(persons=truth)] = truth
    return figure_of_estimates(
        result.table.rename(columns={"method": "label"}),
        result.confidence,
        at=at,
        span={TEXT["range_of_all"] if result.upper_bound_known else TEXT["stated_from"]: (result.low, result.high)},
        subtitle=result.sentence,
        **frame,
    )


def figure_of_checks(result: Robustness, **frame: Any) -> Figure:
    """The usual method without each list, and with pairs of lists as one."""
    parts = [
        result.left_out.assign(label="without " + result.left_out["left_out"], group=TEXT["of_checks_group"]),
        result.merged.assign(label=result.merged["merged"], group=TEXT["of_checks_group_two_lists_taken"]),
    ]
    checks = pd.concat([part for part in parts if len(part)] or [result.left_out], ignore_index=True)
    return _by_usual(result, checks, observed(result.n), **frame)


def figure_of_known_lists(result: Robustness, **frame: Any) -> Figure:
    """Each list's persons, whose number is known, as the other lists would have estimated them."""
    return _by_usual(result, result.known.rename(columns={"list": "label"}), {}, **frame)


def figure_of_strata(table: pd.DataFrame, *, confidence: float, **frame: Any) -> Figure:
    """One line a stratum, or a sum of them, with the persons seen in it.

    Parameters
    ----------
    table : label, n (persons seen), estimate, low, high; estimate_to, where an estimate is known between bounds only;
        known, the true number, where there is one; group.
    """
    shown = table.assign(label=[f"{row.label} ({row.n:,} seen)" for row in table.itertuples()])
    return figure_of_estimates(
        shown,
        confidence,
        **frame,
    )


def _by_usual(result: Robustness, table: pd.DataFrame, at: Mapping[str, float], **frame: Any) -> Figure:
    return figure_of_estimates(table, result.confidence, at=at, subtitle=f"Each by {USUAL}.", **frame)


def observed(persons: float) -> dict[str, float]:
    return {TEXT["observed"].format(persons=persons): persons}


def figure_of_estimates(
    table: pd.DataFrame,
    confidence: float,
    *,
    title: str,
    footer: style.Footer,
    subtitle: str = "",
    at: Mapping[str, float] | None = None,
    span: Mapping[str, tuple[float, float]] | None = None,
) -> Figure:
    """Estimates of persons with their intervals, in words too; a known number stands below its estimate."""
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle, text=TEXT["no_estimate"])
    rows = table.assign(estimate_to=table["estimate"] if "estimate_to" not in table else table["estimate_to"])
    rows["estimate_to"] = rows["estimate_to"].fillna(rows["estimate"])
    rows = rows.assign(text=[_in_words(row) for row in rows.to_dict("records")], what=TEXT["estimate"], exact=False)
    known = rows[rows["known"].notna()] if "known" in rows else rows[:0]
    if len(known):
        known = known.assign(
            estimate=known["known"],
            estimate_to=known["known"],
            low=np.nan,
            high=np.nan,
            text="",
            what=TEXT["known_number"],
            exact=True,
        )
        rows = pd.concat([rows, known], ignore_index=True)
    ends = pd.concat([rows["estimate"], rows["estimate_to"], pd.Series((at or {}).values(), dtype=float)])
    ends = ends[np.isfinite(ends) & (ends > 0)]
    log = bool(len(ends)) and ends.max() > _WIDE * ends.min()
    return dots(
        rows.assign(reason=TEXT["refused"]),
        estimate=("estimate", "estimate_to"),
        series="what",
        hollow="exact",
        group="group" if "group" in rows else None,
        text="text",
        reason="reason",
        at=at,
        span=span,
        xlabel=TEXT["persons_of_equal_ratio"] if log else TEXT["persons"],
        interval_label=f"{100 * confidence:g}% interval",
        log=log,
        title=title,
        footer=footer,
        subtitle=subtitle,
    )


def _in_words(row: Mapping) -> str:
    """An estimate with its interval, of the true number where that is known: "180 of 243 (140–280)"."""
    if np.isnan(row["estimate"]):
        return ""
    known = row.get("known", np.nan)
    of = "" if np.isnan(known) else f" of {_plain(known)}"
    said = "–".join(dict.fromkeys([_plain(row["estimate"]), _plain(row["estimate_to"])])) + of
    if np.isnan(row["low"]):
        return f"{said} (no interval)"
    return f"{said} ({_plain(row['low'])}–{_plain(row['high'])})"


def _plain(value: float) -> str:
    return f"{value:,.0f}" if np.isfinite(value) else "∞"


take_names(__name__)
