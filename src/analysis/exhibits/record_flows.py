"""Sections on the journeys of case records that may leave the house: all that they count stands in protected tables.

From where to where, how far, how far by year, and which places are passed and which borders are crossed. Whole
paths, their steps and what a missing stop may hide are those of single persons, and are internal.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
from IPython.display import HTML, Markdown
from matplotlib.figure import Figure

import disclosure
import journeys
from analysis import areas, catalog, plots, texts
from analysis.areas import Area
from analysis.cases.person_counts import (
    ABROAD,
    AND,
    DOMESTIC,
    ELSEWHERE,
    FLOW,
    MOVED,
    OTHER,
    REACHES,
    SCOPE,
    SCOPES,
    TO,
    WITHIN,
)
from analysis.cases.record_linkage import NOT_STATED
from analysis.exhibits import record_paths, route
from analysis.exhibits.any_place import take_names
from analysis.exhibits.exhibit import PROTECTED, Exhibit, said
from analysis.exhibits.record_counts import (
    added,
    cells,
    counted_footer,
    counts,
    in_words,
    is_linked,
    limits_of,
    of_counts,
    tables,
    total,
)
from analysis.exhibits.record_paths import in_percent, named, places, share_words, simulated_paths
from analysis.exhibits.route import HEIGHT
from analysis.exhibits.wording import sentences
from analysis.findings.finding import CONFIDENCE, NOT_REPORTED, WITHHELD, Finding
from bounded import intervals

TEXT = texts.of(__name__)

LIMITS = TEXT["limits"]
NO_WAY = TEXT["no_way"]
NOBODY = TEXT["nobody"]
TOO_FEW_PASSED = TEXT["too_few_passed"]


def about(place: Area) -> Markdown:
    """Whether something of the journeys may be released, of what kind they are, and how many persons they are of."""
    synthetic = TEXT["about_synthetic"] if catalog.case_kind(place.study) == "synthetic" else ""
    flows = flows_of(place)
    if flows.empty:
        return said(synthetic + NOBODY, PROTECTED)
    unlinked = "" if is_linked(place) else TEXT["about_unlinked"]
    return said(synthetic + unlinked + _counted(place, flows), PROTECTED)


def _counted(place: Area, flows: pd.DataFrame) -> str:
    """How many persons there are, and of how many both ends of the journey are known."""
    if place.is_study:
        known = added(flows.loc[is_known(flows[SCOPE]), "count"])
        return TEXT["on_the_lists_of_whom"].format(persons=in_words(total(place)).capitalize(), known=in_words(known))
    return TEXT["shown_are_the_pairs"].format(place=place.name, persons=in_words(int(flows["count"].sum())))


def flows_of(place: Area) -> pd.DataFrame:
    """The protected flows of a study; of an area, those that begin or end there.

    Returns
    -------
    DataFrame, largest first: origin, destination ("not stated" and "other" are no places), scope, count (missing where
    it is suppressed). Empty where no list states a place.
    """
    table = counts(areas.get(place.study), FLOW)
    parts = table[FLOW].str.extract(f"^(.*?){TO}(.*?){REACHES}(.*)$")
    table = table.assign(origin=parts[0], destination=parts[1], **{SCOPE: parts[2]})
    if not place.is_study:
        table = table[(table["origin"] == place.area_id) | (table["destination"] == place.area_id)]
    table = table.assign(order=table["count"].fillna(0)).sort_values(["order", FLOW], ascending=[False, True])
    return table[["origin", "destination", SCOPE, "count"]].reset_index(drop=True)


def are_counted(place: Area) -> bool:
    """Whether something is published of the journeys of a study's case records."""
    return not flows_of(areas.get(place.study)).empty


def flow_map(place: Area, table: pd.DataFrame, top: int = 15) -> Exhibit:
    """From where to where persons are taken, as a map and a table.

    Parameters
    ----------
    table : from `flows_of`.
    top : how many flows are drawn.
    """
    what = TEXT["flow_map_title"]
    drawn = drawable(table)
    limits = sentences(limits_of(place, LIMITS), NO_WAY, _withheld(int(table["count"].isna().sum())))
    if drawn.empty:
        return of_counts(place, "record_flows", what, pd.DataFrame(), f"{limits} {NOBODY}")
    figure = plots.flow_map(
        drawn.assign(low=drawn["count"], high=drawn["count"], text=drawn["count"].map("{:,}".format)),
        places(place.study),
        areas.world(place.study),
        projection=areas.get(place.study).projection,
        highlight=None if place.is_study else place.area_id,
        top=top,
        boundaries=areas.boundaries(place.study),
        unit="persons",
        title=f"{place.name}: {what}",
        footer=counted_footer(place, int(drawn["count"].sum()), limits),
    )
    rows = pd.DataFrame(
        {
            "From": _named(place, table["origin"]),
            "To": _named(place, table["destination"]),
            "How far": table[SCOPE],
            "Persons": cells(table["count"]),
        }
    )
    if place.is_study:
        rows = rows.assign(**_shares(table), **_simulated(place, table))
        limits = TEXT["flow_map_limits"].format(limits=limits)
    return of_counts(place, "record_flows", what, rows, limits, figure)


def drawable(table: pd.DataFrame) -> pd.DataFrame:
    """Flows that a map can draw: not suppressed, between two places or from one that is not known to one that is."""
    silent = (table["origin"] == NOT_STATED) & (table["destination"] == NOT_STATED)
    kept = table[table["count"].notna() & ~silent & (table[["origin", "destination"]] != OTHER).all(axis=1)]
    kept = kept.assign(count=kept["count"].astype(int))
    return kept.replace({"origin": {NOT_STATED: journeys.UNKNOWN}, "destination": {NOT_STATED: journeys.UNKNOWN}})


def _withheld(rows: int) -> str:
    if not rows:
        return ""
    return TEXT["withheld_and_not_drawn"].format(rows=rows, flows_are="flow is" if rows == 1 else "flows are")


def _named(place: Area, ids: pd.Series) -> pd.Series:
    return named(place, ids.replace(NOT_STATED, journeys.UNKNOWN))


def _shares(table: pd.DataFrame) -> dict[str, list[str]]:
    """The share of each flow of those of whom both ends are known, with its interval (Wilson, 1927)."""
    told = is_known(table[SCOPE])
    found = _with_shares(table, added(table.loc[told, "count"]))
    return {"Share (95 %)": [text if known else "–" for text, known in zip(share_words(found), told, strict=True)]}


def _with_shares(table: pd.DataFrame, whole: int | None, confidence: float = 0.95) -> pd.DataFrame:
    """The table with the share of its counts in a whole, and its limits; missing where one may not be told."""
    part = table["count"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    if whole:
        # An adjusted count can be more than its adjusted total.
        part = np.minimum(part, whole)
    of = np.full(len(table), np.nan if not whole else float(whole))
    low, high = intervals.wilson(part, part, of, confidence)
    return table.assign(share=part / of, share_low=low, share_high=high)


def _simulated(place: Area, table: pd.DataFrame) -> dict[str, list[str]]:
    """The share of each pair that was simulated, where any was."""
    true = simulated_paths(place).groupby(["origin", "destination"])["share"].sum()
    if true.empty:
        return {}
    pairs = pd.MultiIndex.from_frame(table[["origin", "destination"]])
    open_ended = table[["origin", "destination"]].isin([OTHER, NOT_STATED]).any(axis=1)
    shares = true.reindex(pairs).to_numpy()
    return {
        "Simulated": [
            "–" if none else "none" if share != share else in_percent(share)
            for share, none in zip(shares, open_ended, strict=True)
        ]
    }


def reach(place: Area, shares: pd.DataFrame, whole: int | None, confidence: float = 0.95) -> Exhibit:
    """How far journeys reach: within an area, within the country, or across a border.

    Parameters
    ----------
    shares, whole, confidence : from `known_reaches` at this confidence.
    """
    what = TEXT["reach_title"]
    limits = limits_of(place, LIMITS)
    if not place.is_study:
        limits += TEXT["reach_limits"].format(place=place.name)
    if not (shares["count"].fillna(0) > 0).any():
        too_few = TEXT["too_few_have_a_journey"].format(limits=limits)
        return of_counts(place, "record_reach", what, pd.DataFrame(), too_few)
    drawn = shares.assign(label=shares[SCOPE], series="")
    figure = _reach_figure(place, what, drawn, limits, confidence)
    table = _by_scope(place)
    rows = pd.DataFrame({"How far": table[SCOPE], "Persons": cells(table["count"])})
    rows[f"Share ({intervals.percent(confidence)})"] = [*share_words(shares), *["–"] * (len(table) - len(shares))]
    limits += TEXT["reach_limits_shares"].format(persons=in_words(whole))
    return of_counts(place, "record_reach", what, rows, limits, figure)


def known_reaches(place: Area, confidence: float = 0.95) -> tuple[pd.DataFrame, int | None]:
    """How far the journeys reach of which both ends are known: scope, count, share, share_low and share_high (0 to 1,
    missing where they are suppressed; Wilson, 1927); and of how many persons these are shares, None where that is
    suppressed."""
    table = _by_scope(place)
    whole = _whole(place, table)
    return _with_shares(table[is_known(table[SCOPE])], whole, confidence), whole


def _by_scope(place: Area) -> pd.DataFrame:
    """Persons by how far their journey reaches, "not stated" last."""
    table = counts(place, SCOPE) if place.is_study else counts(place, MOVED).rename(columns={MOVED: SCOPE})
    return table.sort_values(SCOPE, key=lambda scopes: scopes.map(_order), ignore_index=True)


def is_known(scopes: pd.Series) -> pd.Series:
    """Whether how far journeys reach is known of all who are counted there."""
    return ~scopes.str.split(AND, regex=False).map(lambda parts: NOT_STATED in parts).astype(bool)


def _order(scope: str) -> tuple[bool, int]:
    parts = scope.split(AND)
    return NOT_STATED in parts, [*SCOPES, ELSEWHERE].index(parts[0])


def _whole(place: Area, table: pd.DataFrame) -> int | None:
    """Of how many persons both ends are known; None where that cannot be told."""
    if (known := added(table.loc[is_known(table[SCOPE]), "count"])) is not None:
        return known
    every, silent = total(place), added(table.loc[~is_known(table[SCOPE]), "count"])
    return None if every is None or silent is None else max(0, every - silent)


def _reach_figure(place: Area, what: str, shares: pd.DataFrame, limits: str, confidence: float) -> Figure:
    return plots.dots(
        shares.assign(
            reason=np.where(shares["share"].isna(), disclosure.SUPPRESSED, ""),
            persons=["" if pd.isna(count) else f"{count:,}" for count in shares["count"]],
        ),
        estimate="share",
        interval=("share_low", "share_high"),
        series="series",
        order=sorted(shares["series"].unique(), key=_order) if shares["series"].ne("").any() else None,
        text="persons",
        text_label="persons",
        reason="reason",
        percent=True,
        xlabel=TEXT["reach_figure_xlabel"],
        interval_label=f"{100 * confidence:g}% interval",
        title=f"{place.name}: {what}",
        footer=counted_footer(place, total(place), limits),
    )


def passed(place: Area, table: pd.DataFrame) -> Exhibit:
    """Which places persons pass between origin and place of exploitation; `table` from `yes_counts`."""
    if not place.is_study:
        table = table[table["value"] == place.area_id]
    limits = TEXT["passed_limits"].format(limits=limits_of(place, LIMITS))
    rows = pd.DataFrame({"Place": named(place, table["value"]), "Persons who passed it": cells(table["count"])})
    return of_counts(place, "record_passed", TEXT["passed_title"], rows, limits)


def borders(place: Area, table: pd.DataFrame) -> Exhibit:
    """Which borders persons cross on legs that were observed; `table` from `yes_counts`."""
    limits = TEXT["borders_limits"].format(limits=limits_of(place, LIMITS))
    rows = pd.DataFrame(
        {"Border": [_border(value) for value in table["value"]], "Persons who crossed it": cells(table["count"])}
    )
    return of_counts(place, "record_borders", "borders crossed", rows, limits)


def yes_counts(place: Area, kind: str) -> pd.DataFrame:
    """The places "passed", or those of a "border" crossed, in protected tables: value, count of those who did.

    The most persons come first, "other" last.
    """
    start = f"{kind}: "
    rows = [
        (name.removeprefix(start), table.loc[table[name] == "yes", "count"].iloc[0])
        for name, table in tables(place.study).items()
        if name.startswith(start) and set(table.columns) == {name, "count"} and (table[name] == "yes").any()
    ]
    table = pd.DataFrame(rows, columns=["value", "count"]).astype({"count": "Int64"})
    table = table.assign(last=table["value"] == OTHER, order=-table["count"].fillna(0))
    return table.sort_values(["last", "order", "value"], ignore_index=True)[["value", "count"]]


def _border(crossing: str) -> str:
    """The two countries of a crossing in words."""
    return "other borders" if crossing == OTHER else " → ".join(route.named(pd.Series(crossing.split(TO))))


def reaches_by_year(place: Area, confidence: float = 0.95) -> pd.DataFrame:
    """How far journeys reach, by the year or period of first detection: year, scope, count, share and its limits."""
    table = counts(place, "year", SCOPE)
    table = table[is_known(table[SCOPE])].sort_values("year", kind="stable")
    parts = [_with_shares(here, added(here["count"]), confidence) for _, here in table.groupby("year")]
    return pd.concat(parts, ignore_index=True) if parts else table


def by_year(place: Area, shares: pd.DataFrame, confidence: float = 0.95) -> Exhibit:
    """The shares of `reaches_by_year` at this confidence as a figure and a table."""
    what = TEXT["by_year_title"]
    limits = limits_of(place, LIMITS)
    if shares.empty:
        too_few = TEXT["too_few_to_be_told"].format(limits=limits)
        return of_counts(place, "record_reach_by_year", what, pd.DataFrame(), too_few)
    drawn = shares.assign(label=shares["year"], series=shares[SCOPE])
    figure = _reach_figure(place, what, drawn, limits, confidence)
    wide = shares.assign(text=cells(shares["count"])).pivot(index="year", columns=SCOPE, values="text")
    rows = wide[sorted(wide, key=_order)].fillna("0").rename(columns=str.capitalize).rename_axis(columns=None)
    limits += TEXT["by_year_limits"]
    return of_counts(place, "record_reach_by_year", what, rows.reset_index(names="Years"), limits, figure)


def explorer(place: Area, counted: pd.DataFrame) -> HTML | Markdown:
    """The protected flows of case records, to be filtered by how far they reach; a sentence where there are none.

    What the protected tables count together or withhold is not split by any other filter.

    Parameters
    ----------
    counted : from `flows_of`.
    """
    shown = counted[counted["count"].notna()]
    if shown.empty:
        return said(TEXT["no_journeys_of_case_records"])
    ends = shown[["origin", "destination"]].replace(NOT_STATED, journeys.UNKNOWN)
    together = pd.DataFrame({"id": [OTHER], "name": record_paths.names(place.study)[OTHER], "study": False})
    count = int(shown["count"].sum())
    limits = limits_of(place, LIMITS)
    title = TEXT["flows_title"].format(place=place.name)
    page = plots.interactive_flow_map(
        ends.assign(scope=shown[SCOPE], low=shown["count"].astype(int), high=shown["count"].astype(int)),
        pd.concat([record_paths.places(place.study), together], ignore_index=True),
        areas.world(place.study),
        title=title,
        footer=counted_footer(place, count, limits),
        projection=areas.get(place.study).projection,
        unit="persons",
        filters={"scope": "How far"},
        highlight=None if place.is_study else place.area_id,
        boundaries=areas.boundaries(place.study),
        note=TEXT["flows_note"].format(no_path=NO_WAY),
    )
    return plots.show_page(page, "flows_map", TEXT["a_map_and_a_table"].format(title=title), PROTECTED, height=HEIGHT)


# How far a journey reaches -> the item; by area there are two reaches alone.
ITEMS = {WITHIN: "within_one_area", DOMESTIC: "within_one_country", ABROAD: "across_a_border"}
ITEMS_OF_AREAS = {WITHIN: "within_one_area", ELSEWHERE: "to_or_from_elsewhere"}


def findings(place: Area) -> list[Finding]:
    """How far the journeys of case records reach, as shares that may be released."""
    shares, whole = known_reaches(place)
    rows = shares.set_index(SCOPE)
    return [
        _reach(place, item, rows, scope, whole) for scope, item in (ITEMS if place.is_study else ITEMS_OF_AREAS).items()
    ]


def _reach(place: Area, item: str, rows: pd.DataFrame, scope: str, whole: int | None) -> Finding:
    """The share of one reach, or why there is none."""
    here = "" if place.is_study else TEXT["reach_here"].format(place=place.name)
    state = partial(
        Finding,
        place,
        "journey_reach",
        item,
        method=TEXT["of_known_ends"],
        limits=TEXT["journeys_reach_limits"].format(limits=limits_of(place, LIMITS), here=here),
        kind=catalog.case_kind(place.study),
        release_class=PROTECTED,
    )
    if scope not in rows.index:
        if any(scope in other.split(AND) for other in rows.index):
            return state(status=WITHHELD, why=TEXT["reach_why"])
        return state(status=NOT_REPORTED, why=TEXT["reach_why_no_person"])
    share, low, high = (100 * float(rows.loc[scope, name]) for name in ("share", "share_low", "share_high"))
    if share != share:
        return state(status=WITHHELD, why=TEXT["reach_why_it_would_tell"])
    return state(value=share, low=low, high=high, interval=CONFIDENCE, n=whole)


take_names(__name__)
