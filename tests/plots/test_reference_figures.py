"""Figures of the three studies against pictures that a person has looked at; ``REDRAW=1 pytest`` writes them again."""

import os
from pathlib import Path

import pytest
import sections_of_incidence as sections
from matplotlib.figure import Figure
from matplotlib.testing.compare import compare_images

from analysis import areas, plots
from analysis.sections import (
    risk_factors,
    risk_needs,
    route,
    route_map,
    trend,
)

FOLDER = Path(__file__).parents[1] / "reference" / "figures"
DRAWN = {
    "west_africa_ranking": lambda: sections.ranking("SEN"),
    "west_africa_routes": lambda: route_map.flow_map(areas.get("west_africa"), "mentions"),
    "west_africa_change": lambda: trend.national_trend(areas.get("west_africa")),
    "turkiye_maps": lambda: sections.maps("TR-27"),
    "turkiye_child_trend": lambda: trend.national_trend(areas.get("TR-27"), "child_victims"),
    "turkiye_scope": lambda: route.scope(areas.get("TR-27")),
    "turkiye_odds_ratios": lambda: risk_factors.child_labour(areas.get("turkiye")),
    "turkiye_needs_gap": lambda: risk_needs.gap(areas.get("turkiye")),
    "cabo_verde_ranking": lambda: sections.ranking("CPV-SAL"),
    "cabo_verde_routes": lambda: route_map.flow_map(areas.get("cabo_verde"), "mentions"),
    "senegal_published": lambda: sections.measured("SEN"),
    "senegal_detected": lambda: sections.detected_by_year("SEN"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", list(DRAWN))
def test_a_figure_looks_as_it_did_when_it_was_last_looked_at(name, tmp_path):
    drawn, reference = tmp_path / f"{name}.png", FOLDER / f"{name}.png"
    made = DRAWN[name]()
    drawn.write_bytes(plots.png(made if isinstance(made, Figure) else made.figure))
    if os.environ.get("REDRAW"):
        reference.write_bytes(drawn.read_bytes())
    # Root mean square over the pixels, of 255: letters may differ by a hair between machines.
    assert compare_images(str(reference), str(drawn), tol=3) is None
