"""Exhibits that compare all areas of a study at once: flows beside a gravity model, and clusters of areas."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd

import journeys
from analysis import areas, catalog, evidence, texts
from analysis.areas import Area
from analysis.methods import clustering, origin_destination
from analysis.methods.gravity import gravity as gravity_model
from analysis.methods.smoothing import neighbours
from analysis.plots.style import number
from analysis.sections import detection, record_journeys, route
from analysis.sections.record_journeys import journeys_footer, of_journeys
from analysis.sections.record_paths import are_shown, limits_of
from analysis.sections.route_figures import of_clustering, of_gravity
from analysis.sections.section import Section, footer

TEXT = texts.of(__name__)

PER = 100_000
DETECTION = TEXT["detection"]
# The middle of the years that UNODC's flows cover; populations are of then.
YEAR = 2015
Q = TEXT["q"]


def exhibits(place: Area) -> list[Section]:
    """What compares all areas of a study at once, on its page; on that of an area, or without a source, a sentence."""
    study = areas.get(place.study)
    of_public_evidence = areas.STUDIES[place.study].of_countries
    if not of_public_evidence and not are_shown(study):
        return [_none(place, TEXT["no_source_that_may_be"].format(study_name=study.name))]
    if not place.is_study:
        return [_none(place, TEXT["shown_on_the_page"].format(study_name=study.name))]
    return [gravity(place), clusters_by_citizenship(place)] if of_public_evidence else [clusters_of_records(place)]


def _none(place: Area, why: str) -> Section:
    return Section("clusters", TEXT["areas_side_by_side"].format(place=place.name), pd.DataFrame(), limits=why)


def gravity(place: Area) -> Section:
    """Flows between the study's countries that are larger or smaller than population and distance suggest."""
    own = detection.countries(place)
    matrix = route.citizenship(place)
    between = matrix[matrix["origin"].isin(own) & matrix["destination"].isin(own)]
    flows, _ = route.sources_of(place)
    reporting = sorted(set(flows["detected_in"]) & set(own))
    seen = pd.DataFrame(
        [(one, other) for one in own for other in reporting if one != other], columns=["origin", "destination"]
    )
    title = TEXT["gravity_title"].format(whose=detection.whose(place))
    limits = TEXT["gravity_limits"].format(detection=DETECTION)
    sources = route.cited(flows, evidence.population_near(own, YEAR))
    try:
        result = gravity_model(between[between["origin"] != between["destination"]], _sites(place), observed_pairs=seen)
    except ValueError as refusal:
        return Section("gravity", title, pd.DataFrame(), sources, f"Refused: {refusal}")
    found = result.residuals.head(15)
    names = detection.names_of().drop_duplicates("area_id").set_index("area_id")["name"]
    figure = of_gravity(
        result,
        title=title,
        footer=footer(flows, TEXT["gravity_footer"].format(n_pairs=result.n_pairs), limits),
        names=names,
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
    return Section(
        "gravity",
        title,
        rows,
        sources,
        _with_names(place, " ".join([limits, Q, *result.warnings])),
        figure,
        alt=title,
        cautions=evidence.cautions("unodc_citizenship_flows"),
    )


def clusters_by_citizenship(place: Area) -> Section:
    """Whether countries whose citizens are detected often, for their population, lie side by side."""
    own = detection.countries(place)
    matrix = route.citizenship(place)
    flows, _ = route.sources_of(place)
    people = evidence.population_near(own, YEAR).set_index("area_id")["population"]
    away = matrix[matrix["origin"].isin(own) & (matrix["origin"] != matrix["destination"])]
    counts = away.groupby("origin")[["low", "high"]].sum().reindex(own)
    title = TEXT["clusters_by_citizenship_title"].format(whose=detection.whose(place))
    limits = TEXT["clusters_by_citizenship_limits"].format(detection=DETECTION)
    sources = route.cited(flows, evidence.population_near(own, YEAR))
    beside = neighbours(areas.boundaries(place.study), projection=place.projection)
    try:
        low, high = (
            clustering.spatial_clustering(
                pd.DataFrame({"area_id": own, "value": (PER * counts[bound] / people.reindex(own)).to_numpy()}), beside
            )
            for bound in ("low", "high")
        )
    except ValueError as refusal:
        return Section("clusters", title, pd.DataFrame(), sources, f"Refused: {refusal}")
    unit = TEXT["clusters_by_citizenship_unit"].format(per=PER)
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


def clusters_of_records(place: Area) -> Section:
    """Whether areas where many persons on lists were exploited, for their population, lie side by side."""
    what = TEXT["clusters_of_records_title"]
    invented = any(entry.kind == "synthetic" for entry in catalog.own_tables("population", place.study))
    if invented and catalog.case_kind(place.study) != "synthetic":
        return _none(place, TEXT["the_number_of_inhabitants"])
    read = record_journeys.journeys(place.area_id)
    ids = areas.ids(place.study)
    # Wherever they were taken from, and each person once for a place.
    ends = pd.DataFrame({"at": read.destination, "person": read.person}).drop_duplicates()
    there = pd.Series(read.places[ends.loc[ends["at"] >= 0, "at"]]).value_counts().reindex(ids, fill_value=0)
    inhabitants = evidence.population_near(ids, _middle_year(read)).set_index("area_id")
    people = inhabitants["population"].reindex(ids)
    years = inhabitants.loc[inhabitants["population"] > 0, "date"].dt.year
    # Where nobody lives there is no rate.
    values = pd.DataFrame({"area_id": ids, "value": (PER * there / people.where(people > 0)).to_numpy()})
    limits = TEXT["clusters_of_records_limits"].format(limits=limits_of(place), detection=DETECTION, years=_span(years))
    beside = neighbours(areas.boundaries(place.study), projection=areas.get(place.study).projection)
    try:
        result = clustering.spatial_clustering(values, beside)
    except ValueError as refusal:
        return of_journeys(place, "record_clusters", what, pd.DataFrame(), f"{limits} Refused: {refusal}")
    unit = TEXT["clusters_of_records_unit"].format(per=PER)
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


def _middle_year(read: journeys.Journeys) -> int:
    """The middle of the years in which persons were detected."""
    first, last = read.traits["date_low"].min(), read.traits["date_high"].max()
    return YEAR if pd.isna(first) or pd.isna(last) else (first.year + last.year) // 2


def _span(years: pd.Series) -> str:
    return " to ".join(dict.fromkeys(map(str, (years.min(), years.max()))))


def _sites(place: Area) -> pd.DataFrame:
    """Countries with their population and the point at which they are drawn."""
    own = detection.countries(place)
    points = origin_destination.places(areas.background("world"), own).set_index("id")
    people = evidence.population_near(own, YEAR).set_index("area_id")["population"]
    return pd.DataFrame({"id": own}).assign(
        population=lambda t: t["id"].map(people),
        lon=lambda t: t["id"].map(points["lon"]),
        lat=lambda t: t["id"].map(points["lat"]),
    )


def _cluster_rows(place: Area, result: clustering.SpatialClustering, unit: str) -> pd.DataFrame:
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


def _moran_words(result: clustering.SpatialClustering) -> str:
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
