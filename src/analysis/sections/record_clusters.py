"""Whether areas where many persons on lists were exploited, for their population, are neighbours."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from analysis import areas, catalog, evidence, texts
from analysis.areas import Area
from analysis.methods.clustering import SpatialClustering
from analysis.sections.attempt import NoResult
from analysis.sections.record_journeys import journeys_footer, of_journeys
from analysis.sections.record_paths import limits_of
from analysis.sections.route_figures import of_clustering
from analysis.sections.route_model import DETECTION, Q, cluster_rows, moran_words, with_names
from analysis.sections.section import Section
from journeys import Journeys

TEXT = texts.of(__name__)

# Populations are of this year where no person has a date.
UNDATED = 2015


def is_rate_of_lists(place: Area) -> bool:
    """Whether persons on lists may be divided by inhabitants: not where these are synthetic and the persons are not."""
    synthetic = any(entry.kind == "synthetic" for entry in catalog.own_tables("population", place.study))
    return not synthetic or catalog.case_kind(place.study) == "synthetic"


def rates_on_lists(place: Area, read: Journeys, per: int) -> pd.DataFrame:
    """Persons on lists by where they were exploited, by inhabitants: area_id, value; missing where nobody lives."""
    ids = areas.ids(place.study)
    # Wherever they were taken from, and each person once for a place.
    ends = pd.DataFrame({"at": read.destination, "person": read.person}).drop_duplicates()
    there = pd.Series(read.places[ends.loc[ends["at"] >= 0, "at"]]).value_counts().reindex(ids, fill_value=0)
    people = _inhabitants(place, read)["population"].reindex(ids)
    return pd.DataFrame({"area_id": ids, "value": (per * there / people.where(people > 0)).to_numpy()})


def clusters_of_records(place: Area, read: Journeys, result: SpatialClustering | NoResult, per: int) -> Section:
    """Whether areas where many persons on lists were exploited, for their population, are neighbours.

    Parameters
    ----------
    read, per : as of `rates_on_lists`.
    result : what `clustering.spatial_clustering` makes of these rates.
    """
    what = TEXT["clusters_of_records_title"]
    inhabitants = _inhabitants(place, read)
    years = inhabitants.loc[inhabitants["population"] > 0, "date"].dt.year
    limits = TEXT["clusters_of_records_limits"].format(limits=limits_of(place), detection=DETECTION, years=_span(years))
    if isinstance(result, NoResult):
        none = f"{limits} Refused: {result.reason}"
        return of_journeys(place, "record_clusters", what, pd.DataFrame(), none)
    unit = TEXT["clusters_of_records_unit"].format(per=per)
    figure = of_clustering(
        areas.boundaries(place.study),
        result,
        projection=areas.get(place.study).projection,
        unit=unit,
        background=areas.world(place.study),
        title=f"{place.name}: {what}",
        footer=journeys_footer(place, limits),
    )
    rows = cluster_rows(place, result, unit)
    said = with_names(place, " ".join([limits, Q, moran_words(result), *result.warnings]))
    return replace(
        of_journeys(place, "record_clusters", what, rows, said, figure),
        source_ids=tuple(inhabitants["source_id"].unique()),
    )


def _inhabitants(place: Area, read: Journeys) -> pd.DataFrame:
    """Populations of the year nearest to the middle of those in which persons were detected."""
    return evidence.population_near(areas.ids(place.study), _middle_year(read)).set_index("area_id")


def _middle_year(read: Journeys) -> int:
    """The middle of the years in which persons were detected."""
    first, last = read.traits["date_low"].min(), read.traits["date_high"].max()
    return UNDATED if pd.isna(first) or pd.isna(last) else (first.year + last.year) // 2


def _span(years: pd.Series) -> str:
    return " to ".join(dict.fromkeys(map(str, (years.min(), years.max()))))
