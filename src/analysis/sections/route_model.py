"""Sections that compare all areas of a study at once: flows beside a gravity model, and clusters of areas."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

import journeys
from analysis import areas, catalog, evidence, texts
from analysis.areas import Area
from analysis.methods import origin_destination
from analysis.methods.clustering import SpatialClustering
from analysis.methods.gravity import Gravity
from analysis.plots.style import number
from analysis.sections import detection, route
from analysis.sections.attempt import NoResult
from analysis.sections.record_journeys import journeys_footer, of_journeys
from analysis.sections.record_paths import limits_of
from analysis.sections.route_figures import of_clustering, of_gravity
from analysis.sections.section import Section, footer

TEXT = texts.of(__name__)

DETECTION = TEXT["detection"]
Q = TEXT["q"]
# Populations are of this year where no person has a date.
UNDATED = 2015


def detected_pairs(place: Area, flows: pd.DataFrame, detected: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Flows between two countries of the study, and all pairs of which one could have been seen.

    Parameters
    ----------
    flows, detected : UNODC's figures, and the matrix that `origin_destination.citizenship_matrix` makes of them.

    Returns
    -------
    The rows of `detected` between two countries of the study; and origin, destination of every pair whose destination
    reported at least once.
    """
    own = detection.countries(place)
    between = detected[detected["origin"].isin(own) & detected["destination"].isin(own)]
    reporting = sorted(set(flows["detected_in"]) & set(own))
    seen = pd.DataFrame(
        [(one, other) for one in own for other in reporting if one != other], columns=["origin", "destination"]
    )
    return between[between["origin"] != between["destination"]], seen


def sites(place: Area, year: int) -> pd.DataFrame:
    """Countries with their population near a year and the point at which they are drawn: id, population, lon, lat."""
    own = detection.countries(place)
    points = origin_destination.places(areas.background("world"), own).set_index("id")
    people = evidence.population_near(own, year).set_index("area_id")["population"]
    return pd.DataFrame({"id": own}).assign(
        population=lambda t: t["id"].map(people),
        lon=lambda t: t["id"].map(points["lon"]),
        lat=lambda t: t["id"].map(points["lat"]),
    )


def gravity(place: Area, fit: Gravity | NoResult, year: int, top: int = 15) -> Section:
    """Flows between the study's countries that are larger or smaller than population and distance suggest.

    Parameters
    ----------
    fit : from `gravity.gravity`.
    year : that of the population.
    top : how many flows are drawn, the least likely first.
    """
    flows, _ = route.sources_of(place)
    title = TEXT["gravity_title"].format(whose=detection.whose(place))
    limits = TEXT["gravity_limits"].format(detection=DETECTION)
    sources = route.cited(flows, evidence.population_near(detection.countries(place), year))
    if isinstance(fit, NoResult):
        return Section("gravity", title, source_ids=sources, limits=f"Refused: {fit.reason}")
    found = fit.residuals.head(top)
    names = detection.names_of().drop_duplicates("area_id").set_index("area_id")["name"]
    figure = of_gravity(
        fit,
        title=title,
        footer=footer(flows, TEXT["gravity_footer"].format(n_pairs=fit.n_pairs), limits),
        names=names,
        top=top,
    )
    rows = pd.DataFrame(
        {
            "From": route.named(found["origin"]),
            "To": route.named(found["destination"]),
            "Detected": _range(found["low"], found["high"]),
            "Expected": _range(found["expected_low"].map(_two_digits), found["expected_high"].map(_two_digits)),
            "q": found["q_value"].round(3),
            "Found": found["status"],
        }
    )
    limits = _with_names(place, " ".join([limits, Q, *fit.warnings]))
    cautions = evidence.cautions("unodc_citizenship_flows")
    return Section("gravity", title, rows, sources, limits, figure, alt=title, cautions=cautions)


def rates_abroad(place: Area, detected: pd.DataFrame, year: int, per: int) -> dict[str, pd.DataFrame]:
    """Citizens of each country detected abroad, for its population near a year, by the bounds of the counts.

    Returns
    -------
    "low" and "high" -> area_id, value.
    """
    own = detection.countries(place)
    people = evidence.population_near(own, year).set_index("area_id")["population"]
    away = detected[detected["origin"].isin(own) & (detected["origin"] != detected["destination"])]
    counts = away.groupby("origin")[["low", "high"]].sum().reindex(own)
    rates = per * counts.div(people.reindex(own), axis="index")
    return {bound: pd.DataFrame({"area_id": own, "value": rates[bound].to_numpy()}) for bound in ("low", "high")}


def clusters_by_citizenship(
    place: Area, found: Mapping[str, SpatialClustering | NoResult], year: int, per: int
) -> Section:
    """Whether countries whose citizens are detected often, for their population, are neighbours.

    Parameters
    ----------
    found : "low" and "high" -> what `clustering.spatial_clustering` makes of these of `rates_abroad`.
    year, per : of the rates.
    """
    flows, _ = route.sources_of(place)
    own = detection.countries(place)
    title = TEXT["clusters_by_citizenship_title"].format(whose=detection.whose(place))
    limits = TEXT["clusters_by_citizenship_limits"].format(detection=DETECTION)
    sources = route.cited(flows, evidence.population_near(own, year))
    low, high = found["low"], found["high"]
    if isinstance(low, NoResult):
        return Section("clusters", title, source_ids=sources, limits=f"Refused: {low.reason}")
    if isinstance(high, NoResult):
        return Section("clusters", title, source_ids=sources, limits=f"Refused: {high.reason}")
    unit = TEXT["clusters_by_citizenship_unit"].format(per=per)
    figure = of_clustering(
        areas.boundaries(place.study),
        low,
        projection=place.projection,
        unit=unit,
        background=areas.background("world"),
        title=title,
        footer=footer(flows, f"{len(own)} countries", limits),
    )
    return Section(
        "clusters",
        title,
        _cluster_rows(place, low, unit).assign(**{"By the upper bounds": high.local["status"].to_numpy()}),
        sources,
        _with_names(place, " ".join([limits, Q, _moran_words(low), *low.warnings])),
        figure,
        alt=TEXT["clusters_by_citizenship_alt"].format(title=title),
        cautions=evidence.cautions("unodc_citizenship_flows"),
    )


def is_rate_of_lists(place: Area) -> bool:
    """Whether persons on lists may be divided by inhabitants: not where these are synthetic and the persons are not."""
    invented = any(entry.kind == "synthetic" for entry in catalog.own_tables("population", place.study))
    return not invented or catalog.case_kind(place.study) == "synthetic"


def rates_on_lists(place: Area, read: journeys.Journeys, per: int) -> pd.DataFrame:
    """Persons on lists by where they were exploited, by inhabitants: area_id, value; missing where nobody lives."""
    ids = areas.ids(place.study)
    # Wherever they were taken from, and each person once for a place.
    ends = pd.DataFrame({"at": read.destination, "person": read.person}).drop_duplicates()
    there = pd.Series(read.places[ends.loc[ends["at"] >= 0, "at"]]).value_counts().reindex(ids, fill_value=0)
    people = _inhabitants(place, read)["population"].reindex(ids)
    return pd.DataFrame({"area_id": ids, "value": (per * there / people.where(people > 0)).to_numpy()})


def clusters_of_records(
    place: Area, read: journeys.Journeys, result: SpatialClustering | NoResult, per: int
) -> Section:
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
        background=areas.background("world"),
        title=f"{place.name}: {what}",
        footer=journeys_footer(place, limits),
    )
    rows = _cluster_rows(place, result, unit)
    said = _with_names(place, " ".join([limits, Q, _moran_words(result), *result.warnings]))
    return replace(
        of_journeys(place, "record_clusters", what, rows, said, figure),
        source_ids=tuple(inhabitants["source_id"].unique()),
    )


def _inhabitants(place: Area, read: journeys.Journeys) -> pd.DataFrame:
    """Populations of the year nearest to the middle of those in which persons were detected."""
    return evidence.population_near(areas.ids(place.study), _middle_year(read)).set_index("area_id")


def _middle_year(read: journeys.Journeys) -> int:
    """The middle of the years in which persons were detected."""
    first, last = read.traits["date_low"].min(), read.traits["date_high"].max()
    return UNDATED if pd.isna(first) or pd.isna(last) else (first.year + last.year) // 2


def _span(years: pd.Series) -> str:
    return " to ".join(dict.fromkeys(map(str, (years.min(), years.max()))))


def _cluster_rows(place: Area, result: SpatialClustering, unit: str) -> pd.DataFrame:
    names = areas.load(place.study).set_index("area_id")["name"]
    table = result.local
    return pd.DataFrame(
        {
            "Area": table["area_id"].map(names),
            unit.capitalize(): table["value"].round(2),
            "Beside": [", ".join(names[one] for one in ids) if len(ids) else "none" for ids in table["neighbours"]],
            "Joined": table["how"].fillna("–").replace("", "–"),
            "Value and neighbours": table["quadrant"].fillna("–").replace("", "–"),
            "q": table["q_value"].round(3),
            "Found": table["status"],
        }
    )


def _moran_words(result: SpatialClustering) -> str:
    row = result.moran.iloc[0]
    return TEXT["moran_s_i_is_where"].format(
        morans_i=row["i"], expected=row["expected"], p_value=row["p_value"], n=int(row["n"])
    )


def _with_names(place: Area, said: str) -> str:
    """A text with the names of areas in place of their ids."""
    names = areas.load(place.study).set_index("area_id")["name"].to_dict()
    # The longest first: one id may begin with another.
    ids = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    return re.sub(rf"(?<![\w-])({ids})(?![\w-])", lambda found: names[found[1]], said)


def _two_digits(value: float) -> float:
    """An expectation is not known to more."""
    return float(f"{value:.2g}") if value < 10 else value


def _range(low: pd.Series, high: pd.Series) -> list[str]:
    return [
        number(one) if one == other else f"{number(one)} to {number(other)}"
        for one, other in zip(low, high, strict=True)
    ]
