"""The journeys of case records: between which nodes they run, what is known of each, and what was planted."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis import areas, catalog, plots, texts
from analysis.areas import Area
from analysis.cases.person_counts import OTHER
from analysis.cases.places import gazetteer
from analysis.cases.processed import load
from analysis.methods import origin_destination
from analysis.sections import route
from analysis.sections.case_records import of_records, records_footer, records_of
from analysis.sections.section import INTERNAL, Section, periods
from journeys import UNKNOWN, Journeys, fullest, study_nodes
from journeys import journeys as read_journeys

TEXT = texts.of(__name__)

# Completed years when exploitation began: the groups of the working-age thresholds of SDG indicator 8.7.1.
AGE_GROUPS = {"under 12": (0, 11), "12-14": (12, 14), "15-17": (15, 17), "18 and over": (18, 120)}


@cache
def journeys(area_id: str) -> Journeys:
    """The journeys of a study's case records between its nodes; of an area, those that touch it."""
    place = areas.get(area_id)
    if not place.is_study:
        whole = journeys(place.study)
        if area_id not in whole.places:
            return whole.chosen(np.zeros(len(whole), bool))
        here = whole.places.get_loc(area_id)
        return whole.touching(here)
    records = records_of(place)
    about = pd.DataFrame(
        {
            "journey_id": records["record_id"],
            "person_id": records["person_id"],
            "date_low": records["date_low"],
            "date_high": records["date_high"],
            "year": _year(records),
            "sex": records["sex"].astype(str),
            "age_group": _age_group(records),
            "form": records["exploitation"].astype(str),
            "nationality": records["nationality"].astype(str),
        }
    )
    stops = load(place.study).stops.drop(columns=["date_low", "date_high", "date_precision"])
    stops = stops.merge(about, on="journey_id", how="inner", validate="m:1")
    return fullest(read_journeys(stops, nodes(place.study)))


def _year(records: pd.DataFrame) -> pd.Series:
    """The year of detection where the interval lies in one; empty elsewhere."""
    first, last = records["date_low"].dt.year, records["date_high"].dt.year
    return first.where(first == last).astype("Int64").astype(str).replace("<NA>", "")


def _age_group(records: pd.DataFrame) -> pd.Series:
    """The group that holds all of the interval of age; empty where none does."""
    low, high = records["exploited_age_low"].fillna(-1), records["exploited_age_high"].fillna(999)
    found = pd.Series("", index=records.index)
    for name, (first, last) in AGE_GROUPS.items():
        found = found.mask((low >= first) & (high <= last), name)
    return found


@cache
def nodes(study: str) -> dict[str, str]:
    """The node of every place that a record of a study can name."""
    return study_nodes(gazetteer(study), areas.ids(study), areas.get(study).iso3)


def _part(study: str) -> str:
    """What an area of a study is called, where all of them are called the same."""
    levels = set(areas.load(study)["level"])
    return levels.pop() if len(levels) == 1 and areas.STUDIES[study].iso3 else "part"


@cache
def names(study: str) -> dict[str, str]:
    """What the nodes of a study are called."""
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


@cache
def places(study: str) -> gpd.GeoDataFrame:
    """Where the nodes of a study are drawn: id, name, x, y (degrees; missing for nodes that are nowhere), study."""
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


def journeys_footer(place: Area, limits: str) -> plots.Footer:
    """The footer of a figure of an area's journeys: those that touch it, wherever their records are from."""
    dates = journeys(place.area_id).traits
    period = periods(dates["date_low"].agg(["min"]), dates["date_high"].agg(["max"]))[0]
    return replace(records_footer(place, limits), n=_counted(place), period=period)


def of_journeys(
    place: Area, name: str, what: str, table: pd.DataFrame, limits: str, figure: Figure | None = None
) -> Section:
    """An exhibit made from journeys of case records, which is internal: it cites their lists."""
    return replace(
        of_records(place, name, what, table, limits, figure),
        alt=f"{place.name}: {what}. {_counted(place)}.",
        release_class=INTERNAL,
    )


def _counted(place: Area) -> str:
    read = journeys(place.area_id)
    one, other = len(read) == 1, read.persons == 1
    return TEXT["journey_of_person"].format(
        read=len(read), plural="" if one else "s", persons=read.persons, plural_persons="" if other else "s"
    )


def planted(place: Area) -> pd.DataFrame:
    """Simulated paths of all persons: path, origin, destination, persons, share; empty of real records.

    Of an area, those that touch it, as shares of these.
    """
    name = f"synthetic_{place.study}_truth_corridors"
    if catalog.case_kind(place.study) != "synthetic" or name not in catalog.datasets():
        return pd.DataFrame(columns=["path", "origin", "destination", "persons", "share"])
    table = catalog.load(name)
    of = nodes(place.study)
    stops = [
        [of.get(stop, stop) for stop in [row.origin, *filter(None, row.transit.split(">")), row.destination]]
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
