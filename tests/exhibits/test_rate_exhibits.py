"""What the pages show of chance in rates: the ranks, limits and smoothed rates that a reader takes from them."""

from __future__ import annotations

import exhibits_of_incidence as exhibits
import numpy as np
import pandas as pd
import pytest
from figure_texts import texts, words
from matplotlib.figure import Figure
from row_marks import bars, estimates, points, rows
from row_marks import intervals as intervals_of

from analysis import areas
from analysis.exhibits import Exhibit, area_indicators, comparison, comparison_uncertainty
from analysis.methods.comparison import funnel_limits, rank_intervals, smooth_rates
from bounded import intervals


def drawn(exhibit: Exhibit) -> tuple[Exhibit, pd.DataFrame, Figure]:
    return exhibit, exhibit.table.printed, exhibit.figure


def ranks(study: str, number: int = 0) -> tuple[Exhibit, pd.DataFrame, Figure]:
    place, indicator = areas.get(study), area_indicators.compared_indicators(study)[number]
    counts = area_indicators.counted(study, indicator)
    rates, found = area_indicators.compared(study, indicator), rank_intervals(counts, per=indicator.per)
    return drawn(comparison.ranking(place, indicator, rates, found))


def funnel(
    study: str, number: int = 0, overdispersion: str = "multiplicative", areas_used: int | None = None
) -> tuple[Exhibit, pd.DataFrame, Figure]:
    place, indicator = areas.get(study), area_indicators.compared_indicators(study)[number]
    counts = area_indicators.counted(study, indicator).head(areas_used)
    limits = funnel_limits(counts, per=indicator.per, overdispersion=overdispersion)
    return drawn(comparison_uncertainty.funnel(place, indicator, counts, limits))


def smoothed(study: str, number: int = 0) -> tuple[Exhibit, pd.DataFrame, Figure]:
    place, indicator = areas.get(study), area_indicators.compared_indicators(study)[number]
    counts = area_indicators.counted(study, indicator)
    beside = comparison_uncertainty.neighbours_of(place, counts, number=2)
    found = {
        "all areas": smooth_rates(counts, method="global", per=indicator.per),
        "neighbours": smooth_rates(counts, method="local", neighbours=beside, per=indicator.per),
    }
    return drawn(comparison_uncertainty.smoothed(place, indicator, counts, found, beside))


EVERY = [ranks, funnel, smoothed]


@pytest.mark.soak
@pytest.mark.parametrize("study", ["west_africa", "cabo_verde"])
@pytest.mark.parametrize("number", [0, 1])
def test_every_area_of_the_study_is_listed_and_the_figure_says_what_it_is_not(study, number):
    for section, table, figure in (show(study, number) for show in EVERY):
        assert sorted(table["Area"]) == sorted(areas.load(study)["name"])
        assert section.limits.startswith("Detected and reported, not incidence.")
        assert section.source_ids and figure is not None


def test_registered_persons_are_no_events_and_have_a_rank_without_an_interval():
    place = areas.get("TR-27")
    (indicator,) = area_indicators.comparable("turkiye")
    assert not indicator.events
    compared = {indicator: area_indicators.compared("turkiye", indicator)}
    assert comparison.in_a_sentence(place, compared, {}).endswith("per 100 inhabitants: rank 2 of 9.")


def test_an_area_has_the_ranks_that_the_page_of_its_study_shows_in_a_sentence():
    place, compared, found = areas.get("BEN"), {}, {}
    for indicator in area_indicators.comparable("west_africa"):
        compared[indicator] = area_indicators.compared("west_africa", indicator)
        found[indicator] = rank_intervals(area_indicators.counted("west_africa", indicator), per=indicator.per)
    said = comparison.in_a_sentence(place, compared, found)
    assert "detected victims reported to UNODC, per 100,000 inhabitants: rank 1 of 15" in said
    assert "no rate is known" in comparison.in_a_sentence(areas.get("CPV"), compared, found)


def test_ranks_are_those_that_simultaneous_intervals_allow():
    table = ranks("west_africa")[1].set_index("Area")
    # UNODC: Benin 1,451 of 13,759,501 (2022) lies above all; Burkina Faso 1,532 of 21,995,243 and Guinea-Bissau 123 of
    # 2,058,841 (2021) overlap; then Côte d'Ivoire, and Ghana 821 of 32,518,665 (2021) above all others. 15 countries
    # have a figure, so each interval is Garwood's at 0.95^(1/15).
    low, high = (bound / 32.518665 * 0.1 for bound in intervals.poisson_interval(821, 0.95 ** (1 / 15)))
    assert table.loc["Ghana", "Simultaneous 95 % limits"] == f"{low:.2f} to {high:.2f}"
    assert table.loc[["Benin", "Burkina Faso", "Ghana"], "Ranks allowed"].tolist() == ["1", "2 to 3", "5"]
    assert table.loc["Cabo Verde", "Ranks allowed"] == "not known"


def test_a_ranking_says_beside_each_figure_its_period_and_the_ranks_that_it_may_have():
    section, _, figure = ranks("west_africa")
    said = words(figure)
    assert "The periods differ." in said and "1,451, 2022: rank 1" in said and "821, 2021: rank 5" in said
    # UNODC: no figure of Cabo Verde's is in the release.
    assert "no figure found" in said and estimates(figure, "Cabo Verde") == []
    assert "if their counts are independent" in section.limits
    assert "The periods differ." not in words(ranks("cabo_verde")[2])
    assert estimates(figure, "Benin") == [pytest.approx(10.5454, abs=5e-5)]


def test_registered_persons_have_no_interval_and_their_date_stands_beside_them():
    figure = exhibits.ranking("TR-27").figure
    assert intervals_of(figure, "Kilis") == [] and "74,824, 25 May 2023" in words(figure)
    (label,) = [text for text in figure.axes[0].get_yticklabels() if text.get_text() == "Gaziantep"]
    assert label.get_weight() == "bold"


def test_a_minimum_leaves_ranks_open():
    # US reports, 2017 to 2022: at least 4 in Liberia; of four of 16 countries there is no figure of all.
    table = ranks("west_africa", 1)[1].set_index("Area")
    assert table.loc["Liberia", "Ranks allowed"] == "1 to 12"
    figure = ranks("west_africa", 1)[2]
    assert points(figure, "Liberia", "beyond") and estimates(figure, "Liberia") == []
    # The highest stands first; a minimum stands by its least.
    assert rows(figure)[:2] == ["Burkina Faso", "Côte d'Ivoire"] and rows(figure)[-1] == "Niger"


def test_the_overall_rate_of_the_funnel_is_that_of_the_areas_with_a_figure():
    _, table, figure = funnel("cabo_verde", overdispersion="none")
    # ICCA, January to July 2020: 107 reports; INE, preliminary census of 2021: 483,628 inhabitants of the nine islands.
    assert f"all areas together: {107 / 48.3628:.2f}" in words(figure)
    table = table.set_index("Area")
    assert table.loc[["Sal", "Fogo", "Brava", "Santa Luzia"], "Position"].tolist() == [
        "inside both", "above both", "above 95 %, inside 99.8 %", "not known",
    ]  # fmt: skip
    assert "uninhabited" in words(figure) and estimates(figure, "Santa Luzia") == []
    # The most populous stand first; what lies inside the limits of chance is open.
    assert rows(figure)[0] == "Santiago" and rows(figure)[-2:] == ["Brava", "Santa Luzia"]
    faces = {name: points(figure, name, "estimate")[0].get_markerfacecolor() for name in ("Sal", "Fogo")}
    assert faces["Sal"] == "white" != faces["Fogo"]
    low, high = bars(figure, "Fogo", "band")[0]
    assert high < estimates(figure, "Fogo")[0] and low < 107 / 48.3628 < high


def test_a_funnel_says_what_its_limits_allow_for():
    # Of the nine islands by hand: z-scores with 107 reports of 483,628 inhabitants, winsorised by numpy's quantiles.
    counts = area_indicators.counted("cabo_verde", area_indicators.compared_indicators("cabo_verde")[0])
    counts = counts[counts["population"].gt(0) & counts["low"].notna()]
    expected = counts["population"] * 107 / 483_628
    z = (counts["low"] - expected) / np.sqrt(expected)
    phi = (np.clip(z, *np.quantile(z, [0.1, 0.9])) ** 2).mean()
    section, table, figure = funnel("cabo_verde")
    assert f"variance {phi:.1f} times that of chance; 9 areas, 10% at each end winsorised" in section.limits
    assert "chance alone" not in section.limits and "No area is beyond the outer limits." in section.alt
    assert "95 % limits, widened as areas differ by more than chance" in words(figure)
    assert not table["Position"].str.contains("above|below").any()

    section, table, figure = funnel("cabo_verde", overdispersion="none")
    assert "The limits allow for chance alone (exact Poisson; Spiegelhalter, 2005): an area outside" in section.limits
    assert "Beyond the outer limits: Santo Antão, Fogo." in section.alt
    assert "95 % of rates that chance allows" in words(figure)

    few, _, figure = funnel("cabo_verde", areas_used=6)
    assert "chance alone" in few.limits and "5 areas are too few to say by how much areas usually differ" in few.limits
    assert "95 % of rates that chance allows" in words(figure)


def test_minima_do_not_enter_the_overall_rate_and_the_limits_say_so():
    assert "Minima do not enter the overall rate." in funnel("west_africa", 1)[0].limits
    assert "Minima" not in funnel("west_africa", 0)[0].limits


def test_an_uninhabited_island_is_nobodys_neighbour_and_the_limits_say_how_islands_were_joined():
    section, table, _ = smoothed("cabo_verde")
    table = table.set_index("Area")
    assert not table["Neighbours"].str.contains("Santa Luzia").any()
    assert table.loc["Sal", "Neighbours"] == "São Nicolau, Boa Vista"
    assert table.loc["Santa Luzia", "Towards neighbours"] == "not known"
    assert "No two areas share a border: each is joined with the two nearest to it" in section.limits
    assert section.limits.endswith("they with it.")
    assert "Neighbours share a border." in smoothed("west_africa")[0].limits


def test_smoothed_rates_lie_between_the_raw_rate_and_the_overall_one():
    table = smoothed("cabo_verde")[1].set_index("Area").drop(index="Santa Luzia")
    raw, drawn_in = (table[column].astype(float) for column in ("Raw, per 10,000 inhabitants", "Towards all areas"))
    overall = 107 / 48.3628
    assert (np.sign(overall - raw) == np.sign(drawn_in - raw)).all()
    # Brava has 5 reports of 5,594 inhabitants, Santiago 40 of 269,370: the smaller one is drawn further.
    drawn = (drawn_in - raw) / (overall - raw)
    assert drawn["Brava"] > 0.5 and drawn["Santiago"] < 0.1


def test_the_pair_of_maps_shows_counts_in_full_or_in_thousands():
    def written(area_id: str, number: int = 0) -> set[str]:
        return {text.get_text() for text in texts(exhibits.maps(area_id, number).figure)}

    # PMM, 25 May 2023: 531,227 in Istanbul. US reports: at least 459 in Senegal. UNODC 2022: 2,883 in Nigeria.
    assert {"531 k", "Istanbul"} <= written("TR-34")
    assert "≥459" in written("SEN", 1)
    assert {"2,883", "Nigeria", "TGO"} <= written("SEN")
    assert not {"113", "TGO"} - written("SEN")
