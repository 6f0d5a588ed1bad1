"""Journeys of case records by protected tables: from where to where, how far, and over which places and borders.

All that is published of journeys is here. Complete paths, their steps and what a missing stop may hide are those of
single persons, and are internal: see `record_paths` and `record_network`.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

import disclosure
import journeys
from analysis import areas, catalog, plots
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
from analysis.exhibits import record_counts, record_paths, route
from analysis.exhibits.any_place import take_names
from analysis.exhibits.exhibit import PROTECTED, Exhibit, absent, instead, only, said
from analysis.exhibits.plot import Plot
from analysis.exhibits.record_counts import added, cells, counted_footer, counts, in_words, limits_of, of_counts, total
from analysis.exhibits.record_paths import in_percent, named, share_words, simulated_paths
from analysis.exhibits.route import HEIGHT
from analysis.exhibits.wording import sentences
from analysis.findings.finding import CONFIDENCE, NOT_REPORTED, WITHHELD, Finding
from bounded import intervals

LIMITS = "Persons on lists, each with the journey of which most is known; not all who were moved."
NO_PATH = "Lines join origin and place of exploitation; they do not show the path."
NOBODY = "No flow of persons here is large enough to be shown; that does not mean that there is none."
TOO_FEW_PASSED = "No place on the way has enough persons to be shown: nobody passed it, or too few did."
SYNTHETIC = "**SYNTHETIC: the persons below are not real, and the simulated paths are known.**\n\n"


def about(place: Area) -> Exhibit:
    """Return a sentence on how many persons have a journey, and whether anything of it is published."""
    synthetic = SYNTHETIC if catalog.case_kind(place.study) == "synthetic" else ""
    flows = flows_of(place)
    if flows.empty:
        if not place.is_study and not are_counted(place):
            return absent(place, "persons with a journey", NOBODY)
        return instead(said(f"{synthetic}{NOBODY}", PROTECTED))
    unlinked = (
        "" if record_counts.is_linked(place) else "**The records were not linked, so that each counts as a person.** "
    )
    return instead(said(f"{synthetic}{unlinked}{_counted_words(place, flows)}", PROTECTED))


def _counted_words(place: Area, flows: pd.DataFrame) -> str:
    """Return how many persons there are, and of how many both ends of the journey are known."""
    if place.is_study:
        known = added(flows.loc[is_known(flows[SCOPE]), "count"])
        return (
            f"{in_words(total(place)).capitalize()} on the lists; the origin and place of exploitation of "
            f"{in_words(known)} are known. Pairs of places with fewer than 11 persons are combined with others."
        )
    return (
        f"Shown are the pairs of places of 11 persons or more that begin or end in {place.name}: "
        f"{in_words(int(flows['count'].sum()))}. Those of fewer are counted together, on the page of the study."
    )


def flows_of(place: Area, confidence: float = 0.95) -> pd.DataFrame:
    """Return the protected flows of a study; of an area, those that begin or end there.

    Parameters
    ----------
    confidence : level of the limits of shares.

    Returns
    -------
    DataFrame, largest first: origin, destination ("not stated" and "other" are no places), scope, count (missing where
    it is suppressed), n, share, share_low, share_high and confidence, as `known_reaches` has them; without a share
    where an end is not known, and in areas, whose whole is not known. Empty where no list states a place.
    """
    table = counts(areas.get(place.study), FLOW)
    parts = table[FLOW].str.extract(f"^(.*?){TO}(.*?){REACHES}(.*)$")
    table = table.assign(origin=parts[0], destination=parts[1], **{SCOPE: parts[2]})
    if not place.is_study:
        table = table[(table["origin"] == place.area_id) | (table["destination"] == place.area_id)]
    table = table.assign(order=table["count"].fillna(0)).sort_values(["order", FLOW], ascending=[False, True])
    table = table[["origin", "destination", SCOPE, "count"]].reset_index(drop=True)
    whole = added(table.loc[is_known(table[SCOPE]), "count"]) if place.is_study else None
    return _with_shares(table, whole, confidence)


def are_counted(place: Area) -> bool:
    """Return True where something is published of the journeys of a study's case records."""
    return not flows_of(areas.get(place.study)).empty


def flow_map(place: Area, table: pd.DataFrame, top: int = 15) -> Exhibit:
    """Return from where to where persons are taken, as a map and a table.

    Parameters
    ----------
    table : from `flows_of`.
    top : how many flows are drawn.
    """
    if not are_counted(place):
        return absent(place, "from where to where", NOBODY)
    name, what = "record_flows", "from where to where persons are taken"
    drawn = drawable(table)
    limits = sentences(limits_of(place, LIMITS), NO_PATH, _suppressed_words(int(table["count"].isna().sum())))
    if drawn.empty:
        return of_counts(place, name, what, pd.DataFrame(), f"{limits} {NOBODY}")
    rows = pd.DataFrame(
        {
            "From": _named(place, table["origin"]),
            "To": _named(place, table["destination"]),
            "How far": table[SCOPE],
            "Persons": cells(table["count"]),
        }
    )
    if place.is_study:
        shares = {f"Share ({intervals.confidence_level(table)})": share_words(table)}
        rows = rows.assign(**shares, **_simulated(place, table))
    plot = Plot(
        plots.flow_map,
        drawn.assign(low=drawn["count"], high=drawn["count"], text=drawn["count"].map("{:,}".format)),
        **record_paths.map_of(place),
        top=top,
    )
    more = "Shares are of the persons with two known ends." if place.is_study else ""
    footer = counted_footer(place, int(drawn["count"].sum()), limits)
    return of_counts(place, name, what, rows, sentences(limits, more), plot, footer)


def drawable(table: pd.DataFrame) -> pd.DataFrame:
    """Return flows that a map can draw: not suppressed, between two places or from an unknown one to a known one."""
    silent = (table["origin"] == NOT_STATED) & (table["destination"] == NOT_STATED)
    kept = table[table["count"].notna() & ~silent & (table[["origin", "destination"]] != OTHER).all(axis=1)]
    kept = kept.assign(count=kept["count"].astype(int))
    return kept.replace({"origin": {NOT_STATED: journeys.UNKNOWN}, "destination": {NOT_STATED: journeys.UNKNOWN}})


def _suppressed_words(rows: int) -> str:
    return f"{rows} {'flow is' if rows == 1 else 'flows are'} suppressed, and not drawn." if rows else ""


def _named(place: Area, ids: pd.Series) -> pd.Series:
    return named(place, ids.replace(NOT_STATED, journeys.UNKNOWN))


def _with_shares(table: pd.DataFrame, whole: int | None, confidence: float) -> pd.DataFrame:
    """Return the table with the share of its counts in a whole, and its limits (Wilson, 1927).

    Shares are missing where the count or the whole is suppressed, and where the scope is not known.
    """
    part = table["count"].astype("Float64").where(is_known(table[SCOPE])).to_numpy(dtype=float, na_value=np.nan)
    if whole:
        # An adjusted count can be more than its adjusted total.
        part = np.minimum(part, whole)
    of_whole = np.full(len(table), float(whole) if whole else np.nan)
    low, high = intervals.wilson(part, part, of_whole, confidence)
    n = pd.array([whole] * len(table), dtype="Int64")
    return table.assign(n=n, share=part / of_whole, share_low=low, share_high=high, confidence=confidence)


def _simulated(place: Area, table: pd.DataFrame) -> dict[str, list[str]]:
    """Return the share of each pair that was simulated, where any was."""
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


def reach(place: Area, shares: pd.DataFrame) -> Exhibit:
    """Return how far journeys reach: within an area, within the country, or across a border.

    Parameters
    ----------
    shares : from `known_reaches`.
    """
    if not are_counted(place):
        return absent(place, "how far journeys reach", NOBODY)
    name, what = "record_reach", "how far journeys reach"
    first = "" if place.is_study else f"Of persons who were first recorded in {place.name}."
    limits = sentences(limits_of(place, LIMITS), first)
    if not (shares["count"].fillna(0) > 0).any():
        return of_counts(place, name, what, pd.DataFrame(), f"{limits} Too few have a journey with two known ends.")
    table = _by_scope(place)
    rows = pd.DataFrame(
        {
            "How far": table[SCOPE],
            "Persons": cells(table["count"]),
            f"Share ({intervals.confidence_level(shares)})": [
                *share_words(shares),
                *["–"] * (len(table) - len(shares)),
            ],
        }
    )
    return of_counts(
        place,
        name,
        what,
        rows,
        f"{limits} Shares are of {in_words(shares['n'].iloc[0])} with two known ends.",
        _dots(shares.assign(label=shares[SCOPE], series="")),
        counted_footer(place, total(place), limits),
    )


def known_reaches(place: Area, confidence: float = 0.95) -> pd.DataFrame:
    """Return how far the journeys reach of which both ends are known.

    Parameters
    ----------
    confidence : level of the limits of shares.

    Returns
    -------
    DataFrame: scope, count, n (persons that the shares are of), share, share_low, share_high (0 to 1; Wilson, 1927) and
    confidence. Counts, n and shares are missing where they are suppressed.
    """
    table = _by_scope(place)
    return _with_shares(table[is_known(table[SCOPE])], _whole(place, table), confidence)


def _by_scope(place: Area) -> pd.DataFrame:
    """Return persons by how far their journey reaches, "not stated" last."""
    table = counts(place, SCOPE) if place.is_study else counts(place, MOVED).rename(columns={MOVED: SCOPE})
    return table.sort_values(SCOPE, key=lambda scopes: scopes.map(_order), ignore_index=True)


def is_known(scopes: pd.Series) -> pd.Series:
    """Return True for each scope that is known of all who are counted there."""
    return ~scopes.str.split(AND, regex=False).map(lambda parts: NOT_STATED in parts).astype(bool)


def _order(scope: str) -> tuple[bool, int]:
    parts = scope.split(AND)
    return NOT_STATED in parts, [*SCOPES, ELSEWHERE].index(parts[0])


def _whole(place: Area, table: pd.DataFrame) -> int | None:
    """Return the number of persons of whom both ends are known; None where it is suppressed."""
    if (known := added(table.loc[is_known(table[SCOPE]), "count"])) is not None:
        return known
    every, silent = total(place), added(table.loc[~is_known(table[SCOPE]), "count"])
    return None if every is None or silent is None else max(0, every - silent)


def _dots(shares: pd.DataFrame) -> Plot:
    """Return shares as dots with their intervals, a row a label and a mark a series."""
    return Plot(
        plots.dots,
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
        xlabel="share of persons whose origin and place of exploitation are known",
        interval_label=f"{intervals.confidence_level(shares)} interval",
    )


def passed(place: Area, table: pd.DataFrame) -> Exhibit:
    """Return the places that persons pass between origin and place of exploitation; `table` from `yes_counts`."""
    if not place.is_study:
        table = table[table["value"] == place.area_id]
    if not are_counted(place) or (table.empty and not place.is_study):
        return absent(place, "transit places", TOO_FEW_PASSED)
    limits = (
        f"{limits_of(place, LIMITS)} Persons with a stated stop between origin and place of exploitation; unknown "
        "paths may have led through the same places. Places with fewer persons are not listed separately."
    )
    rows = pd.DataFrame({"Place": named(place, table["value"]), "Persons who passed it": cells(table["count"])})
    return of_counts(place, "record_passed", "transit places", rows, limits)


@only("whole", "borders crossed")
def borders(place: Area, table: pd.DataFrame) -> Exhibit:
    """Return the borders that persons cross on legs that were observed; `table` from `yes_counts`."""
    if not are_counted(place):
        return absent(place, "borders crossed", NOBODY)
    limits = (
        f"{limits_of(place, LIMITS)} Of legs between two stops that are known to follow each other; unknown paths may "
        "have crossed others. Borders with fewer persons are not listed separately."
    )
    rows = pd.DataFrame(
        {"Border": [_border(value) for value in table["value"]], "Persons who crossed it": cells(table["count"])}
    )
    return of_counts(place, "record_borders", "borders crossed", rows, limits)


def yes_counts(place: Area, kind: str) -> pd.DataFrame:
    """Return the places "passed", or those of a "border" crossed, with the persons who did, by protected tables.

    Returns
    -------
    DataFrame: value, count. The most persons come first, "other" last.
    """
    start = f"{kind}: "
    rows = [
        (name.removeprefix(start), table.loc[table[name] == "yes", "count"].iloc[0])
        for name, table in record_counts.tables(place.study).items()
        if name.startswith(start) and set(table.columns) == {name, "count"} and (table[name] == "yes").any()
    ]
    table = pd.DataFrame(rows, columns=["value", "count"]).astype({"count": "Int64"})
    table = table.assign(last=table["value"] == OTHER, order=-table["count"].fillna(0))
    return table.sort_values(["last", "order", "value"], ignore_index=True)[["value", "count"]]


def _border(crossing: str) -> str:
    """Return the two countries of a crossing in words."""
    return "other borders" if crossing == OTHER else " → ".join(route.named(pd.Series(crossing.split(TO))))


def reaches_by_year(place: Area, confidence: float = 0.95) -> pd.DataFrame:
    """Return how far journeys reach, by the year or period of first detection.

    Parameters
    ----------
    confidence : level of the limits of shares.

    Returns
    -------
    DataFrame: year, and the columns of `known_reaches`; shares are of the persons of the same year.
    """
    table = counts(place, "year", SCOPE)
    table = table[is_known(table[SCOPE])].sort_values("year", kind="stable")
    parts = [_with_shares(here, added(here["count"]), confidence) for _, here in table.groupby("year")]
    return pd.concat(parts, ignore_index=True) if parts else table


@only("whole", "how far journeys reach, by year of first detection")
def by_year(place: Area, shares: pd.DataFrame) -> Exhibit:
    """Return the shares of `reaches_by_year` as a figure, and the persons as a table."""
    name, what = "record_reach_by_year", "how far journeys reach, by year of first detection"
    if not are_counted(place):
        return absent(place, what, NOBODY)
    limits = limits_of(place, LIMITS)
    if shares.empty:
        return of_counts(place, name, what, pd.DataFrame(), f"{limits} Too few to be shown separately.")
    wide = shares.assign(text=cells(shares["count"])).pivot(index="year", columns=SCOPE, values="text")
    rows = wide[sorted(wide, key=_order)].fillna("0").rename(columns=str.capitalize).rename_axis(columns=None)
    more = "Shares are of the persons of the same years whose origin and place of exploitation are known."
    return of_counts(
        place,
        name,
        what,
        rows.reset_index(names="Years"),
        sentences(limits, more),
        _dots(shares.assign(label=shares["year"], series=shares[SCOPE])),
        counted_footer(place, total(place), limits),
    )


def explorer(place: Area, flows: pd.DataFrame) -> Exhibit:
    """Return the protected flows as a page, to be filtered by how far they reach; a sentence where there are none.

    What the protected tables count together or withhold is not split by any other filter.

    Parameters
    ----------
    flows : from `flows_of`.
    """
    if not are_counted(place):
        return absent(place, "flows to be explored", NOBODY)
    shown = flows[flows["count"].notna()]
    if shown.empty:
        return instead(said("*No journeys of case records can be shown here.*"))
    ends = shown[["origin", "destination"]].replace(NOT_STATED, journeys.UNKNOWN)
    nodes, called = record_paths.places(place.study), record_paths.names(place.study)
    together = pd.DataFrame({"id": [OTHER], "name": called[OTHER], "study": False})
    title = f"{place.name}: from where to where persons on lists are taken, to be explored"
    page = plots.interactive_flow_map(
        ends.assign(scope=shown[SCOPE], low=shown["count"].astype(int), high=shown["count"].astype(int)),
        **record_paths.map_of(place) | {"places": pd.concat([nodes, together], ignore_index=True)},
        title=title,
        footer=counted_footer(place, int(shown["count"].sum()), limits_of(place, LIMITS)),
        filters={"scope": "How far"},
        note=f"{NO_PATH} Each person counts once. Pairs of places of fewer than 11 persons are counted together, as "
        "other places.",
    )
    alt = f"{title}: a map, and a table of the same flows."
    return instead(plots.show_page(page, "flows_map", alt, PROTECTED, height=HEIGHT))


# How far a journey reaches -> the item; by area there are two reaches alone.
ITEMS = {WITHIN: "within_one_area", DOMESTIC: "within_one_country", ABROAD: "across_a_border"}
ITEMS_OF_AREAS = {WITHIN: "within_one_area", ELSEWHERE: "to_or_from_elsewhere"}


def findings(place: Area, shares: pd.DataFrame) -> list[Finding]:
    """Return how far the journeys of case records reach, as findings.

    Parameters
    ----------
    shares : from `known_reaches`, as the exhibit `reach` has them.
    """
    rows = shares.set_index(SCOPE)
    items = ITEMS if place.is_study else ITEMS_OF_AREAS
    return [_finding(place, item, rows, scope) for scope, item in items.items()]


def _finding(place: Area, item: str, rows: pd.DataFrame, scope: str) -> Finding:
    """Return the share of one reach, or why there is none."""
    here = "" if place.is_study else f"Of persons who were first recorded in {place.name}."
    state = partial(
        Finding,
        place,
        "journey_reach",
        item,
        method="Share of the persons on lists whose origin and place of exploitation are known; protected counts, "
        "interval after Wilson (1927).",
        limits=sentences(limits_of(place, LIMITS), "Detected, not incidence.", here),
        kind=catalog.case_kind(place.study),
        release_class=PROTECTED,
    )
    if scope not in rows.index:
        if any(scope in other.split(AND) for other in rows.index):
            return state(status=WITHHELD, why="persons of this reach are few, and counted together with others")
        return state(status=NOT_REPORTED, why="no person on the lists is published with such a journey here")
    row = rows.loc[scope]
    if pd.isna(row["share"]):
        return state(
            status=WITHHELD,
            why="it would identify few persons, by itself or by what remains when it is subtracted",
        )
    share, low, high = (100 * float(row[name]) for name in ("share", "share_low", "share_high"))
    return state(
        value=share, low=low, high=high, interval=CONFIDENCE, n=int(row["n"]), confidence=float(row["confidence"])
    )


take_names(__name__)
