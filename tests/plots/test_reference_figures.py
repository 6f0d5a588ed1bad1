"""Figures of the three studies against pictures that a person has looked at; ``REDRAW=1 pytest`` writes them again."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib.testing.compare import compare_images

from analysis import areas, plots
from analysis.sections import (
    comparison,
    detection,
    published_prevalence,
    risk_factors,
    risk_needs,
    route,
    route_map,
    trend,
)


def change_of_countries(place):
    table = trend.compared_changes(place, "victims", trend.tested_of(place))
    points = trend.of_label(trend.series(place), trend.MEASURES["victims"])
    section = trend.compared(place, "victims", points, table)
    return replace(section, figure=plots.forest(table, xlabel="percent a year", **section.frame))


def child_trend(place):
    points = trend.of_label(trend.series(place), trend.MEASURES["child_victims"])
    change = trend.changed(points)
    section = trend.detected(place, "child_victims", points, change)
    return replace(section, figure=trend.detected_figure(points, change, section))


FOLDER = Path(__file__).parents[1] / "reference" / "figures"
DRAWN = {
    "west_africa_ranking": lambda: comparison.ranking(areas.get("SEN")),
    "west_africa_routes": lambda: route_map.flow_map(areas.get("west_africa"), "mentions"),
    "west_africa_change": lambda: change_of_countries(areas.get("west_africa")),
    "turkiye_maps": lambda: comparison.map_pair(areas.get("TR-27")),
    "turkiye_child_trend": lambda: child_trend(areas.get("turkiye")),
    "turkiye_scope": lambda: route.scope(areas.get("TR-27")),
    "turkiye_odds_ratios": lambda: risk_factors.child_labour(areas.get("turkiye")),
    "turkiye_needs_gap": lambda: risk_needs.gap(areas.get("turkiye")),
    "cabo_verde_ranking": lambda: comparison.ranking(areas.get("CPV-SAL")),
    "cabo_verde_routes": lambda: route_map.flow_map(areas.get("cabo_verde"), "mentions"),
    "senegal_published": lambda: published_prevalence.measured(areas.get("SEN")),
    "senegal_detected": lambda: detection.detected_by_year(areas.get("SEN")),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", list(DRAWN))
def test_a_figure_looks_as_it_did_when_it_was_last_looked_at(name, tmp_path):
    drawn, reference = tmp_path / f"{name}.png", FOLDER / f"{name}.png"
    drawn.write_bytes(plots.png(DRAWN[name]().figure))
    if os.environ.get("REDRAW"):
        reference.write_bytes(drawn.read_bytes())
    # Root mean square over the pixels, of 255: letters may differ by a hair between machines.
    assert compare_images(str(reference), str(drawn), tol=3) is None
