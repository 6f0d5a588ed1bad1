"""Exhibits that compare all areas of a study at once: flows beside a gravity model, and clusters of areas."""

from __future__ import annotations

import pandas as pd

from analysis import areas, evidence, routes
from analysis.areas import Area
from analysis.exhibits import detection, record_journeys, route
from analysis.exhibits.exhibit import Exhibit, footer
from analysis.exhibits.record_journeys import journeys_footer, of_journeys
from analysis.exhibits.record_routes import LIMITS, are_shown
from analysis.figures.style import number
from analysis.incidence.neighbours import neighbours

PER = 100_000
DETECTION = "Detected, not incidence: who looks harder finds more."
# The middle of the years that UNODC's flows cover; populations are of then.
YEAR = 2015


def exhibits(place: Area) -> list[Exhibit]:
    """What compares all areas of a study at once; shown on the page of the study."""
    if not place.is_study:
        return []
    if place.study == "west_africa":
        return [gravity(place), clusters_by_citizenship(place)]
    return [clusters_of_records(place)] if are_shown(place) else []


def gravity(place: Area) -> Exhibit:
    """Flows between the study's countries that are larger or smaller than population and distance suggest."""
    own = detection.countries(place)
    matrix = route.citizenship(place)
    between = matrix[matrix["origin"].isin(own) & matrix["destination"].isin(own)]
    flows, _ = route.sources_of(place)
    reporting = sorted(set(flows["detected_in"]) & set(own))
    seen = pd.DataFrame(
        [(one, other) for one in own for other in reporting if one != other], columns=["origin", "destination"]
    )
    title = f"{detection.whose(place)}: detected flows beside what population and distance suggest"
    limits = f"{DETECTION} Only pairs whose destination reported to UNODC at least once; years without a report count."
    sources = route.cited(flows, evidence.population_near(own, YEAR))
    try:
        result = routes.gravity(
            between[between["origin"] != between["destination"]], _sites(place), observed_pairs=seen
        )
    except ValueError as refusal:
        return Exhibit("gravity", title, pd.DataFrame(), sources, f"Refused: {refusal}")
    found = result.residuals.head(15)
    names = detection.names_of().drop_duplicates("area_id").set_index("area_id")["name"]
    figure = result.plot(title=title, footer=footer(flows, f"{result.n_pairs} pairs of countries", limits), names=names)
    rows = pd.DataFrame(
        {
            "From": route.named(found["origin"]),
            "To": route.named(found["destination"]),
            "Detected": _range(found["low"], found["high"]),
            "Expected": _range(found["expected_low"], found["expected_high"]),
            "q": found["q_value"].round(3),
            "": found["status"],
        }
    )
    return Exhibit(
        "gravity",
        title,
        rows,
        sources,
        " ".join([limits, *result.warnings]),
        figure,
        alt=f"{title}: a dot for each pair that is least likely, with the range that chance allows.",
        cautions=evidence.cautions("unodc_citizenship_flows"),
    )


def clusters_by_citizenship(place: Area) -> Exhibit:
    """Whether countries whose citizens are detected often, for their population, lie side by side."""
    own = detection.countries(place)
    matrix = route.citizenship(place)
    flows, _ = route.sources_of(place)
    people = evidence.population_near(own, YEAR).set_index("area_id")["population"]
    away = matrix[matrix["origin"].isin(own) & (matrix["origin"] != matrix["destination"])]
    counts = away.groupby("origin")[["low", "high"]].sum().reindex(own)
    title = f"{detection.whose(place)}: citizens detected abroad, and whether such countries lie side by side"
    limits = f"{DETECTION} Drawn by the lower bounds, tested at both."
    sources = route.cited(flows, evidence.population_near(own, YEAR))
    beside = neighbours(areas.boundaries(place.study), projection=place.projection)
    try:
        low, high = (
            routes.spatial_clustering(
                pd.DataFrame({"area_id": own, "value": (PER * counts[bound] / people.reindex(own)).to_numpy()}), beside
            )
            for bound in ("low", "high")
        )
    except ValueError as refusal:
        return Exhibit("clusters", title, pd.DataFrame(), sources, f"Refused: {refusal}")
    unit = f"citizens detected abroad per {PER:,}"
    figure = low.plot(
        areas.boundaries(place.study),
        projection=place.projection,
        unit=unit,
        background=areas.background("world"),
        title=title,
        footer=footer(flows, f"{len(own)} countries", limits),
    )
    return Exhibit(
        "clusters",
        title,
        _cluster_rows(place, low, unit).assign(**{"By the upper bounds": high.local["status"].to_numpy()}),
        sources,
        " ".join([limits, _moran_words(low), *low.warnings]),
        figure,
        alt=f"{title}, as a map; countries without a neighbour by land are joined or masked, as the text says.",
        cautions=evidence.cautions("unodc_citizenship_flows"),
    )


def clusters_of_records(place: Area) -> Exhibit:
    """Whether areas where many persons on lists were exploited, for their population, lie side by side."""
    what = "persons exploited there, and whether such areas lie side by side"
    read = record_journeys.journeys(place.area_id)
    ids = areas.ids(place.study)
    table = routes.node_balance(read).set_index("place").reindex(ids)
    there = table[["persons_in", "persons_within", "unknown_in"]].sum(axis=1, min_count=1)
    people = evidence.population_near(ids, YEAR).set_index("area_id")["population"].reindex(ids)
    # Where nobody lives there is no rate.
    values = pd.DataFrame({"area_id": ids, "value": (PER * there.fillna(0) / people.where(people > 0)).to_numpy()})
    limits = f"{LIMITS} {DETECTION}"
    beside = neighbours(areas.boundaries(place.study), projection=areas.get(place.study).projection)
    try:
        result = routes.spatial_clustering(values, beside)
    except ValueError as refusal:
        return of_journeys(place, "record_clusters", what, pd.DataFrame(), f"{limits} Refused: {refusal}")
    unit = f"persons on lists per {PER:,}"
    figure = result.plot(
        areas.boundaries(place.study),
        projection=areas.get(place.study).projection,
        unit=unit,
        background=areas.background("world"),
        title=f"{place.name}: {what}",
        footer=journeys_footer(place, limits),
    )
    rows = _cluster_rows(place, result, unit)
    said = " ".join([limits, _moran_words(result), *result.warnings])
    return of_journeys(place, "record_clusters", what, rows, said, figure)


def _sites(place: Area) -> pd.DataFrame:
    """Countries with their population and the point at which they are drawn."""
    own = detection.countries(place)
    points = routes.places(areas.background("world"), own).set_index("id")
    people = evidence.population_near(own, YEAR).set_index("area_id")["population"]
    return pd.DataFrame({"id": own}).assign(
        population=lambda t: t["id"].map(people),
        lon=lambda t: t["id"].map(points["lon"]),
        lat=lambda t: t["id"].map(points["lat"]),
    )


def _cluster_rows(place: Area, result: routes.SpatialClustering, unit: str) -> pd.DataFrame:
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


def _moran_words(result: routes.SpatialClustering) -> str:
    row = result.moran.iloc[0]
    return (
        f"Moran's I is {row['i']:.2f}, {row['expected']:.2f} if values lay at random (p = {row['p_value']:.2g}, "
        f"{int(row['n'])} areas)."
    )


def _range(low: pd.Series, high: pd.Series) -> list[str]:
    return [
        number(one) if one == other else f"{number(one)} to {number(other)}"
        for one, other in zip(low, high, strict=True)
    ]
