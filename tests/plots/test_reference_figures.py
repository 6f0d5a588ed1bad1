"""Figures of the three studies against pictures that a person has looked at; ``REDRAW=1 pytest`` writes them again."""

import os
from pathlib import Path

import exhibits_of_incidence as exhibits
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.testing.compare import compare_images
from risk_estimates import odds_ratios_of, shares_of
from trend_results import tested_of

from analysis import areas, catalog, plots
from analysis.exhibits import detection, risk_factors, risk_outcomes, route, trend
from analysis.exhibits import referral_profile as profile
from analysis.exhibits.exhibit import Exhibit
from analysis.methods import origin_destination


def routes_named(place: areas.Area) -> Exhibit:
    """The map of route mentions, as the notebook on routes makes it."""
    _, mentions = route.sources_of(place)
    named = origin_destination.mention_matrix(mentions, detection.countries(place))
    return route.flow_map(place, named, mentions, top=20)


def scope_of_routes(place: areas.Area) -> Exhibit:
    """How far the routes go, as the notebook on routes makes it."""
    (flows, mentions), own = route.sources_of(place), detection.countries(place)
    regions = catalog.load("country_regions")
    of_victims = origin_destination.scope_shares(origin_destination.citizenship_matrix(flows, own), regions)
    of_mentions = origin_destination.scope_shares(origin_destination.mention_matrix(mentions, own), regions)
    return route.scope(place, of_victims, of_mentions)


def change_of_countries(place):
    return trend.of_countries(place, "victims", trend.series(place), tested_of(place))


def child_trend(place):
    found = trend.series(place)
    return trend.detected(place, "child_victims", found, trend.changes_of(found))


def odds_ratios_of_child_labour(place):
    return risk_factors.odds_ratios(place, "child_labour", odds_ratios_of(place, "child_labour")).figure


def needs_gap(place):
    """Protection needed and not received, as the notebook on risk factors makes it."""
    return risk_outcomes.gap(place, shares_of(place)["needs"]).figure


def referral_profile():
    """Scores between bounds, as the notebook on referral mechanisms draws them, of synthetic dimensions."""
    scores = pd.DataFrame(
        [
            ("A", "Legal framework", 0.69, 0.91, 0.8, 6, 7),
            ("B", "Institutions", 0.5, 0.5, float("nan"), 3, 3),
            ("C", "Identification", 0.1, 0.7, float("nan"), 2, 6),
            ("H", "Transnational/regional referral", 0.0, 1.0, float("nan"), 0, 4),
        ],
        columns=["dimension_id", "dimension", "low", "high", "estimate", "known", "indicators"],
    )
    footer = plots.Footer("made for a test", "2025", "11 of 20 answers known", "Unknown is not no.")
    return profile.score_bars(profile.labelled(scores)).draw("A title", footer)


FOLDER = Path(__file__).parents[1] / "reference" / "figures"
DRAWN = {
    "west_africa_ranking": lambda: exhibits.ranking("SEN"),
    "west_africa_routes": lambda: routes_named(areas.get("west_africa")),
    "west_africa_change": lambda: change_of_countries(areas.get("west_africa")),
    "turkiye_maps": lambda: exhibits.maps("TR-27"),
    "turkiye_child_trend": lambda: child_trend(areas.get("turkiye")),
    "turkiye_scope": lambda: scope_of_routes(areas.get("turkiye")),
    "provinces_odds_ratios": lambda: odds_ratios_of_child_labour(areas.get("demo_provinces")),
    "provinces_needs_gap": lambda: needs_gap(areas.get("demo_provinces")),
    "cabo_verde_ranking": lambda: exhibits.ranking("CPV-SAL"),
    "cabo_verde_routes": lambda: routes_named(areas.get("cabo_verde")),
    "senegal_published": lambda: exhibits.measured("SEN"),
    "referral_bound_profiles": referral_profile,
    "senegal_detected": lambda: exhibits.detected_by_year("SEN"),
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
