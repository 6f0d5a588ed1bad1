"""Journeys of case records, for those who keep them: their nodes, complete paths, steps, corridors and reach.

They show single persons too closely and are internal; what is published is in `record_flows`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import wraps
from typing import Any, Concatenate, ParamSpec

import geopandas as gpd
import numpy as np
import pandas as pd
from IPython.display import Markdown

from analysis import areas, catalog, plots
from analysis.areas import Area, Place
from analysis.cases.htcds import EXPLOITATION, SEX
from analysis.cases.person_counts import OTHER
from analysis.cases.places import gazetteer
from analysis.cases.processed import load
from analysis.data_read import remembered
from analysis.exhibits import route
from analysis.exhibits.any_place import take_names
from analysis.exhibits.case_records import of_records, records_footer, records_of
from analysis.exhibits.exhibit import INTERNAL, Exhibit, absent, instead, said
from analysis.exhibits.plot import Plot
from analysis.exhibits.record_counts import in_words
from analysis.exhibits.route import FILTERS, HEIGHT, translated
from analysis.exhibits.table import Table
from analysis.exhibits.wording import periods, sentences
from analysis.methods import origin_destination
from bounded.intervals import confidence_level
from journeys import MISSING_TRANSIT, OBSERVED, UNKNOWN, Journeys, fullest, study_nodes
from journeys import journeys as read_journeys

LIMITS = "Persons on lists whose journey is known at least in part, not all who were moved. Each person counts once."
NOT_LINKED = "Records on lists, not linked: a person on several lists counts several times. Not all who were moved."
NOBODY = "No list has a stop of a journey here; that does not mean that there is none."
GAPS = {OBSERVED: "observed", MISSING_TRANSIT: "not known"}


def about(place: Area) -> Markdown:
    """Return a sentence on the number of journeys and persons of the internal exhibits."""
    read = journeys(place.area_id)
    if not len(read):
        return said(NOBODY, INTERNAL)
    whole = int(read.whole.sum())
    text = (
        f"{in_words(len(read), 'journey')} of {in_words(read.persons)}; origin, place of exploitation and all "
        f"stops between are known of {whole:,} ({in_percent(whole / len(read))}). A list that does not ask for transit "
        f"cannot show a direct path. {_left_out(place)}"
    )
    if not _are_linked(place):
        why = load(place.study).lists["not_linked"].max()
        text = f"**The records were not linked, so that each counts as a person.** {why} {text}"
    return said(text, INTERNAL)


def _left_out(place: Area) -> str:
    """Return a sentence on records without a stop and, of an area, on persons who passed it unseen."""
    study = areas.get(place.study)
    records = records_of(study)
    without = int((~records["record_id"].isin(load(place.study).stops["journey_id"])).sum())
    text = (
        f"Of {in_words(len(records), 'record')} of {study.name}, {without:,} state no place of a journey and are in "
        "no number here."
    )
    if place.is_study:
        return text
    unstated = "persons with an unstated stop there are not among them."
    return f"{text} Journeys with a stop in {place.name} are shown; {unstated}"


def _are_linked(place: Area) -> bool:
    return bool(load(place.study).case_records["person_id"].ne("").any())


def limits_of(place: Area) -> str:
    """Return what no exhibit of the journeys of a study's case records shows."""
    return LIMITS if _are_linked(place) else NOT_LINKED


def are_shown(place: Area) -> bool:
    """Return True where a list has a journey of the place."""
    return len(journeys(place.area_id)) > 0


Given = ParamSpec("Given")


def where_known(
    make: Callable[Concatenate[Area, Given], Exhibit],
) -> Callable[Concatenate[Area, Given], Exhibit]:
    """Have a function make its exhibit where a list has a journey of the place, and `absent` elsewhere."""

    @wraps(make)
    def made(place: Area, *args: Given.args, **kwargs: Given.kwargs) -> Exhibit:
        return make(place, *args, **kwargs) if are_shown(place) else absent(place, make.__name__, NOBODY)

    return made


@where_known
def paths(place: Area, table: pd.DataFrame, top: int = 15) -> Exhibit:
    """Return the most frequent complete paths, with the simulated ones; `table` from `journeys.journey_paths`."""
    name, what = "record_ways", "the most frequent paths"
    whole = table[table["gap"] == OBSERVED]
    if whole.empty:
        return of_journeys(place, name, what, limits=f"{limits_of(place)} No complete path is known.")
    gone_unseen = table.loc[table["gap"] != OBSERVED, "persons"].sum()
    missing = f"; {in_words(gone_unseen)} went by one that is not known" if gone_unseen else ""
    limits = f"{limits_of(place)} Shares are of {in_words(most(whole))} with a completely observed path{missing}."
    shown = whole.head(top)
    labels, true = chains(place, shown["path"]), simulated_paths(place).set_index("path")["share"]
    drawn = shown.assign(path=labels, text=[in_words(n) for n in shown["persons"]])
    if len(true):
        simulated = shown[["path"]].assign(share=shown["path"].map(true), path=labels, what="simulated share")
        drawn = pd.concat([drawn.assign(what="share"), simulated.dropna(subset="share")])
    more = f"the {len(shown)} most frequent of {len(whole)} complete paths" if len(whole) > top else ""
    rows = pd.DataFrame(
        {
            "Path": labels,
            "Persons": shown["persons"],
            "At most": shown["persons_at_most"],
            f"Share ({confidence_level(table)})": share_words(shown),
            "Path known between these ends": [in_percent(share) for share in shown["observed_share"]],
            **_simulated(shown["path"].map(true) if len(true) else pd.Series(dtype=float)),
        }
    )
    plot = Plot(
        plots.dots,
        drawn,
        label="path",
        estimate="share",
        interval=("share_low", "share_high"),
        series="what" if len(true) else None,
        text="text",
        xlabel="share of persons with an observed path",
        percent=True,
        subtitle=more,
    )
    at_most = "At most: with those between the same ends by an unknown path."
    return of_journeys(place, name, what, rows, limits, plot, sentences(at_most, first_rows(whole, top)))


@where_known
def steps(place: Area, links: pd.DataFrame, layers: tuple[str, ...], top: int = 15) -> Exhibit:
    """Return journeys step by step, from the origin to the place of exploitation.

    Parameters
    ----------
    links, layers : from `journeys.steps`.
    top : how many rows the table has.
    """
    shown = links.head(top)
    open_ended = shown[["from_place", "to_place"]].eq(UNKNOWN).any(axis=1)
    rows = pd.DataFrame(
        {
            "Step": [
                f"{layers[first]} to {layers[last]}"
                for first, last in zip(shown["from_layer"], shown["to_layer"], strict=True)
            ],
            "From": named(place, shown["from_place"]),
            "To": named(place, shown["to_place"]),
            "Persons": shown["persons"].round(1),
            "Path between": shown["gap"].map(GAPS).mask(open_ended, "–"),
        }
    )
    plot = Plot(
        plots.sankey,
        links.assign(status=links["gap"].map({OBSERVED: "known", MISSING_TRANSIT: "way unknown"})),
        source="from_place",
        target="to_place",
        count="persons",
        source_stage="from_layer",
        target_stage="to_layer",
        stages=layers,
        names=names(place.study),
    )
    limits = f"{limits_of(place)} A person with several journeys is shared out among them."
    return of_journeys(place, "record_steps", "journeys step by step", rows, limits, plot, first_rows(links, top))


@where_known
def corridors(place: Area, table: pd.DataFrame, support: int, top: int = 15) -> Exhibit:
    """Return sequences of places that several persons passed, whatever came before and after.

    Parameters
    ----------
    table, support : from `journeys.corridors` with this support.
    top : how many rows the table has.
    """
    name, what = "record_corridors", f"corridors that {support} persons or more went through"
    if table.empty:
        none = f"No {support} persons are known to have gone from one place to the same next."
        return of_journeys(place, name, what, limits=f"{limits_of(place)} {none}")
    shown = table.head(top)
    rows = pd.DataFrame(
        {
            "Corridor": chains(place, shown["corridor"]),
            "Persons": shown["persons"],
            f"Share ({confidence_level(table)})": share_words(shown),
        }
    )
    others = (table["persons_at_most"] - table["persons"]).max()
    limits = (
        f"{limits_of(place)} Observed legs only; a sequence within a longer corridor is not listed, even if more "
        f"persons took it. Shares are of {in_words(most(table))} with an observed leg from one place to "
        f"another. Up to {in_words(others)} more may have used one of them, since their path is not "
        "completely known."
    )
    return of_journeys(place, name, what, rows, sentences(limits, first_rows(table, top)))


def regions(place: Area) -> pd.DataFrame:
    """Return UNODC's classification of countries; those that the study itself declares are one sub-region.

    Returns
    -------
    DataFrame: iso3, subregion, region; without a row for an area of which no list has a journey.
    """
    own = _declared(place)
    declared = pd.DataFrame({"iso3": own, "subregion": place.study, "region": place.study}, index=range(len(own)))
    if not place.is_study and not are_shown(place):
        return declared.head(0)
    return pd.concat([catalog.load("country_regions")[list(declared)], declared], ignore_index=True)


def _declared(place: Area) -> list[str]:
    """Return the countries that a study declares, as no list of countries has them."""
    return [row["place_id"] for row in areas.places(place.study) if row["level"] == "country"]


@where_known
def scope(place: Area, table: pd.DataFrame) -> Exhibit:
    """Return how far journeys reach; `table` from `origin_destination.journey_scopes`."""
    name, what = "record_scope", "how far journeys reach"
    known = table[table["scope"] != UNKNOWN]
    if known["known_share"].isna().all():
        return of_journeys(place, name, what, limits=f"{limits_of(place)} No journey has two known ends.")
    unknown = table.loc[table["scope"] == UNKNOWN, "persons"].sum()
    declared = "; those that the study declares are one sub-region" if _declared(place) else ""
    limits = (
        f"{limits_of(place)} By UNODC's grouping of countries{declared}. Shares are of persons with two known ends; "
        f"{in_words(unknown)} have an unknown end."
    )
    as_known = table.assign(share=table["known_share"], share_low=table["known_low"], share_high=table["known_high"])
    rows = pd.DataFrame(
        {
            "Scope": table["scope"].replace(UNKNOWN, "not known"),
            "Persons": table["persons"],
            f"Share of known ({confidence_level(table)})": share_words(as_known),
            "If none or all of the unknown": pd.Series(bounds(table), table.index).mask(table["scope"] == UNKNOWN, "–"),
        }
    )
    plot = Plot(
        plots.dots,
        known.assign(text=[in_words(n) for n in known["persons"]]),
        label="scope",
        estimate="known_share",
        interval=("known_low", "known_high"),
        text="text",
        xlabel="share of persons whose journey has a known scope",
        percent=True,
    )
    return of_journeys(place, name, what, rows, limits, plot)


def named(place: Area, ids: pd.Series) -> pd.Series:
    """Return the names of nodes."""
    return ids.map(names(place.study)).fillna(ids)


def chains(place: Area, written: Iterable[str]) -> list[str]:
    """Return paths in words: "Syria → Kilis → Gaziantep"."""
    called = names(place.study)
    return [" → ".join(called.get(stop, stop) for stop in path.split(">")) for path in written]


def share_words(table: pd.DataFrame) -> list[str]:
    """Return shares with their intervals in words: "12% (9% to 15%)"."""
    return [
        "–" if share != share else f"{in_percent(share)} ({in_percent(low)} to {in_percent(high)})"
        for share, low, high in zip(table["share"], table["share_low"], table["share_high"], strict=True)
    ]


def bounds(table: pd.DataFrame) -> list[str]:
    """Return bounds of shares in words."""
    return [
        f"{in_percent(low)} to {in_percent(high)}"
        for low, high in zip(table["bound_low"], table["bound_high"], strict=True)
    ]


def in_percent(share: float) -> str:
    """Return a share in words, rounded to none or all only where it is: 12%, 0.4%, <0.1%, 0%; – if it is missing."""
    if share != share:
        return "–"
    percents = round(100 * share, 9)
    if percents in (0, 100) or 0.5 < percents < 99.5:
        return f"{percents:.0f}%"
    if 0.05 <= percents <= 99.95:
        return f"{percents:.1f}%"
    return "<0.1%" if percents < 50 else ">99.9%"


def _simulated(shares: pd.Series) -> dict[str, list[str]]:
    """Return a column of simulated shares; none where nothing was simulated."""
    return {"Simulated": ["none" if share != share else in_percent(share) for share in shares]} if len(shares) else {}


def most(table: pd.DataFrame) -> int:
    """Return the number of persons that the shares of a table are of."""
    return int(table["n"].max()) if len(table) else 0


def first_rows(table: pd.DataFrame, top: int) -> str:
    """Return a sentence on the rows that a page leaves out; "" where all are there."""
    return f"The table has the first {top} of {len(table)} rows." if len(table) > top else ""


FORMS = {code: label.lower() for code, label in EXPLOITATION.items()}


@where_known
def explorer(place: Area, read: Journeys) -> Exhibit:
    """Return the journeys of case records as a page, to be filtered by year, form, sex and age; internal."""
    ids = pd.Series([*read.places, UNKNOWN], dtype=object)
    traits = read.traits
    table = pd.DataFrame(
        {
            "origin": ids.to_numpy()[read.origin],
            "destination": ids.to_numpy()[read.destination],
            "person": read.person,
            "year": traits["year"],
            "form": [translated(codes, FORMS) for codes in traits["form"]],
            "sex": traits["sex"].replace({code: label.lower() for code, label in SEX.items()}),
            # In the order of ages; the empty one is not known.
            "age_group": pd.Categorical(traits["age_group"], [*AGE_GROUPS, ""]),
        }
    )
    # Whoever was taken twice from the same place to the same place is one person on that flow.
    persons = table.drop_duplicates(["origin", "destination", "person"])
    flows = persons.groupby(["origin", "destination", *FILTERS], as_index=False, observed=True).size()
    is_passed = not place.is_study and not (flows[["origin", "destination"]] == place.area_id).any(axis=1).all()
    passing = f"In grey: journeys with a stop in {place.name}. " if is_passed else ""
    title = f"{place.name}: journeys of case records, to be explored"
    page = plots.interactive_flow_map(
        flows.assign(low=flows["size"], high=flows["size"]),
        **map_of(place),
        title=title,
        footer=journeys_footer(place, limits_of(place)),
        filters=FILTERS | {"year": "Year of detection", "age_group": "Age at detection"},
        note=f"{passing}Arrows join origin and place of exploitation; they do not show the path. A person with "
        "journeys between several pairs of places counts once at each.",
    )
    alt = f"{title}: a map with filters, and a table of the same flows."
    return instead(plots.show_page(page, "journeys_map", alt, INTERNAL, height=HEIGHT))


# Completed years when exploitation began: the groups of the working-age thresholds of SDG indicator 8.7.1.
AGE_GROUPS = {"under 12": (0, 11), "12-14": (12, 14), "15-17": (15, 17), "18 and over": (18, 120)}


@remembered
def journeys(place: Place) -> Journeys:
    """Return the journeys of a study's case records between its nodes; of an area, those that touch it."""
    place = areas.get(place)
    if not place.is_study:
        whole = journeys(place.study)
        if place.area_id not in whole.places:
            return whole.chosen(np.zeros(len(whole), bool))
        here = whole.places.get_loc(place.area_id)
        return whole.touching(here)
    records = records_of(place)
    about = pd.DataFrame(
        {
            "journey_id": records["record_id"],
            "person_id": records["person_id"],
            "date_low": records["date_low"],
            "date_high": records["date_high"],
            "year": _year_of(records),
            "sex": records["sex"].astype(str),
            "age_group": _age_group(records),
            "form": records["exploitation"].astype(str),
            "nationality": records["nationality"].astype(str),
        }
    )
    stops = load(place.study).stops.drop(columns=["date_low", "date_high", "date_precision"])
    stops = stops.merge(about, on="journey_id", how="inner", validate="m:1")
    return fullest(read_journeys(stops, nodes(place.study)))


def _year_of(records: pd.DataFrame) -> pd.Series:
    """Return the year of detection where the interval lies in one; empty elsewhere."""
    first, last = records["date_low"].dt.year, records["date_high"].dt.year
    return first.where(first == last).astype("Int64").astype(str).replace("<NA>", "")


def _age_group(records: pd.DataFrame) -> pd.Series:
    """Return the group that holds all of the interval of age at detection; empty where none does."""
    known = records["age_low"].notna() | records["age_high"].notna()
    low, high = records["age_low"].fillna(0), records["age_high"].fillna(120)
    found = pd.Series("", index=records.index)
    for name, (first, last) in AGE_GROUPS.items():
        found = found.mask(known & (low >= first) & (high <= last), name)
    return found


@remembered
def nodes(study: str) -> dict[str, str]:
    """Return the node of every place that a record of a study can name."""
    return study_nodes(gazetteer(study), areas.ids(study), areas.get(study).iso3)


def _part(study: str) -> str:
    """Return what an area of a study is called, where all of them are called the same."""
    levels = set(areas.load(study)["level"])
    return levels.pop() if len(levels) == 1 and areas.STUDIES[study].iso3 else "part"


@remembered
def names(study: str) -> dict[str, str]:
    """Return the names of the nodes of a study."""
    home = areas.get(study)
    country = areas.country_name(home.iso3, home.name)
    own = areas.load(study).set_index("area_id")["name"].to_dict()
    abroad = pd.Series(sorted(set(nodes(study).values()) - set(own)))
    return {
        **dict(zip(abroad, route.named(abroad), strict=True)),
        **own,
        f"rest of {home.iso3}": f"rest of {country}",
        home.iso3: f"{country}, {_part(study)} not known",
        UNKNOWN: "not known",
        OTHER: "other places",
    }


@remembered
def places(study: str) -> gpd.GeoDataFrame:
    """Return where nodes of a study are drawn: id, name, x, y (degrees; missing for nodes that are nowhere), study."""
    shapes = areas.boundaries(study)
    points = shapes.to_crs(areas.get(study).projection).representative_point().to_crs(4326)
    own = pd.DataFrame({"id": shapes["area_id"], "x": points.x, "y": points.y, "study": True})
    called = names(study)
    countries = [node for node in called if len(node) == 3 and node not in (areas.get(study).iso3, *own["id"])]
    world = areas.world(study)
    drawn = origin_destination.places(world, [code for code in countries if code in set(world["area_id"])])
    abroad = drawn.rename(columns={"lon": "x", "lat": "y"})[["id", "x", "y"]].assign(study=False)
    home = areas.get(study).iso3
    nowhere = pd.DataFrame({"id": [f"rest of {home}", home, UNKNOWN] if home else [], "study": False})
    table = pd.concat([own, abroad, nowhere], ignore_index=True)
    return table.assign(name=table["id"].map(called).fillna(table["id"]))


def map_of(place: Area) -> dict[str, Any]:
    """Return the arguments of `plots.flow_map` that all maps of journeys share; an area's flows are in colour."""
    return {
        "places": places(place.study),
        "world": areas.world(place.study),
        "projection": areas.get(place.study).projection,
        "highlight": None if place.is_study else place.area_id,
        "boundaries": areas.boundaries(place.study),
        "unit": "persons",
    }


def journeys_footer(place: Area, limits: str) -> plots.Footer:
    """Return the footer of a figure of an area's journeys: those that touch it, wherever their records are from."""
    dates = journeys(place.area_id).traits
    period = periods(dates["date_low"].agg(["min"]), dates["date_high"].agg(["max"]))[0]
    return replace(records_footer(place, limits), n=_number_of_journeys(place), period=period)


def of_journeys(
    place: Area,
    name: str,
    what: str,
    rows: pd.DataFrame | Table | None = None,
    limits: str = "",
    plot: Plot | None = None,
    more: str = "",
) -> Exhibit:
    """Return an exhibit of journeys of case records, which is internal.

    Parameters
    ----------
    what : the title, after the name of the place.
    rows : the table; left out, there is none.
    limits : what figure and table do not show. more : of which the figure itself has no room.
    """
    return replace(
        of_records(place, name, what, pd.DataFrame() if rows is None else rows, sentences(limits, more)),
        plot=plot,
        footer=journeys_footer(place, limits),
        alt=f"{place.name}: {what}. {_number_of_journeys(place)}.",
        release_class=INTERNAL,
    )


def _number_of_journeys(place: Area) -> str:
    read = journeys(place.area_id)
    return f"{in_words(len(read), 'journey')} of {in_words(read.persons)}"


def simulated_paths(place: Area) -> pd.DataFrame:
    """Return simulated paths of all persons: path, origin, destination, persons, share; empty of real records.

    Of an area, those that touch it, as shares of these.
    """
    name = f"synthetic_{place.study}_truth_corridors"
    if catalog.case_kind(place.study) != "synthetic" or name not in catalog.datasets():
        return pd.DataFrame(columns=["path", "origin", "destination", "persons", "share"])
    table = catalog.load(name)
    node = nodes(place.study)
    stops = [
        [node.get(stop, stop) for stop in [row.origin, *filter(None, row.transit.split(">")), row.destination]]
        for row in table.itertuples()
    ]
    table = table.assign(
        path=[">".join(stop) for stop in stops],
        origin=[stop[0] for stop in stops],
        destination=[stop[-1] for stop in stops],
    )
    if not place.is_study:
        table = table[[place.area_id in stop for stop in stops]]
    summed = table.groupby(["path", "origin", "destination"], as_index=False)["persons"].sum()
    return summed.assign(share=summed["persons"] / summed["persons"].sum())


take_names(__name__)
