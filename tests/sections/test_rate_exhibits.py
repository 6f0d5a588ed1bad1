"""What the pages show of chance in rates: the ranks, limits and smoothed rates that a reader takes from them."""

from __future__ import annotations

import numpy as np
import pytest
from IPython.display import HTML, Image, Markdown

from analysis import areas
from analysis.sections import comparison, ranking
from bounded import intervals

EVERY = [ranking.league, ranking.funnel, ranking.smoothed]


@pytest.mark.soak
@pytest.mark.parametrize("area_id", ["west_africa", "SEN", "cabo_verde", "CPV-SAL", "CPV-SANTALUZIA"])
@pytest.mark.parametrize("number", [1, 2])
def test_every_area_of_the_study_is_listed_and_the_figure_says_what_it_is_not(area_id, number):
    place = areas.get(area_id)
    for exhibit in (show(place, number) for show in EVERY):
        assert sorted(exhibit.table["Area"]) == sorted(areas.load(place.study)["name"])
        assert exhibit.limits.startswith("Detected and reported, not incidence.")
        assert exhibit.source_ids
        assert [type(part) for part in exhibit.parts()] == [Image, HTML]


def test_registered_persons_are_no_events_and_the_page_says_so_once_instead_of_drawing():
    place = areas.get("TR-27")
    assert list(comparison.numbers(place)) == [1]
    for exhibit in (show(place, 1) for show in EVERY):
        (part,) = exhibit.parts()
        assert isinstance(part, Markdown)
        assert "registered persons, a stock and not a count of events" in part.data
    assert comparison.map_pair(place, 1).figure is not None


def test_a_study_with_one_comparison_says_that_there_is_no_second():
    for exhibit in (show(areas.get("turkiye"), 2) for show in [*EVERY, comparison.map_pair]):
        assert "No second figure is given for every area" in exhibit.parts()[0].data


def test_ranks_are_those_that_simultaneous_intervals_allow():
    table = ranking.league(areas.get("SEN")).table.set_index("Area")
    # UNODC: Benin 535 of 12,039,780 and Burkina Faso 872 of 19,894,407 overlap; Ghana 611 of 31,258,945 lies below both
    # and above all others. 13 countries have a figure, so each interval is Garwood's at 0.95^(1/13).
    low, high = (bound / 31.258945 * 0.1 for bound in intervals.poisson_interval(611, 0.95 ** (1 / 13)))
    assert table.loc["Ghana", "Simultaneous 95 % limits"] == f"{low:.2f} to {high:.2f}"
    assert table.loc[["Benin", "Burkina Faso", "Ghana"], "Ranks allowed"].tolist() == ["1 to 2", "1 to 2", "3"]
    assert table.loc["Cabo Verde", ["Rank", "Ranks allowed"]].tolist() == ["not known", "not known"]


def test_a_minimum_leaves_ranks_open():
    # US reports, 2017 to 2022: at least 4 in Liberia; of one of 16 countries there is no figure.
    table = ranking.league(areas.get("SEN"), 2).table.set_index("Area")
    assert table.loc["Liberia", ["Rank", "Ranks allowed"]].tolist() == ["open", "1 to 15"]
    assert table.loc["Sierra Leone", "Rank"] == "open"


def test_the_overall_rate_of_the_funnel_is_that_of_the_areas_with_a_figure():
    exhibit = ranking.funnel(areas.get("CPV-SAL"))
    # ICCA, January to July 2020: 107 reports; INE, preliminary census of 2021: 483,628 inhabitants of the nine islands.
    words = {text.get_text() for text in exhibit.figure.texts}
    assert f"all areas together: {107 / 48.3628:.2f}" in words
    table = exhibit.table.set_index("Area")
    assert table.loc[["Sal", "Fogo", "Brava", "Santa Luzia"], "Position"].tolist() == [
        "inside both", "above both", "above 95 %, inside 99.8 %", "not known",
    ]  # fmt: skip
    assert "No rate is known for Santa Luzia (uninhabited)." in words


def test_minima_do_not_enter_the_overall_rate_and_the_limits_say_so():
    assert "Minima do not enter the overall rate." in ranking.funnel(areas.get("SEN"), 2).limits
    assert "Minima" not in ranking.funnel(areas.get("SEN"), 1).limits


def test_an_uninhabited_island_is_nobodys_neighbour_and_the_limits_say_how_islands_were_joined():
    exhibit = ranking.smoothed(areas.get("CPV-SAL"))
    table = exhibit.table.set_index("Area")
    assert not table["Neighbours"].str.contains("Santa Luzia").any()
    assert table.loc["Sal", "Neighbours"] == "São Nicolau, Boa Vista"
    assert table.loc["Santa Luzia", "Towards neighbours"] == "not known"
    assert "No two areas share a border: each is joined with the two nearest to it" in exhibit.limits
    assert exhibit.limits.endswith("they with it.")
    assert "Neighbours share a border." in ranking.smoothed(areas.get("SEN")).limits


def test_smoothed_rates_lie_between_the_raw_rate_and_the_overall_one():
    table = ranking.smoothed(areas.get("CPV-BRAVA")).table.set_index("Area").drop(index="Santa Luzia")
    raw, smoothed = (table[column].astype(float) for column in ("Raw, per 10,000 inhabitants", "Towards all areas"))
    overall = 107 / 48.3628
    assert (np.sign(overall - raw) == np.sign(smoothed - raw)).all()
    # Brava has 5 reports of 5,594 inhabitants, Santiago 40 of 269,370: the smaller one is drawn further.
    drawn = (smoothed - raw) / (overall - raw)
    assert drawn["Brava"] > 0.5 and drawn["Santiago"] < 0.1


def test_the_pair_of_maps_shows_counts_in_full_or_in_thousands():
    def written(area_id: str, number: int = 1) -> set[str]:
        figure = comparison.map_pair(areas.get(area_id), number).figure
        return {text.get_text() for text in figure.texts if (text.get_gid() or "").startswith("label:")}

    # PMM, 25 May 2023: 531,227 in Istanbul. US reports: at least 459 in Senegal. UNODC 2021: 1,470 in Nigeria.
    assert {"531 k", "Istanbul"} <= written("TR-34")
    assert "≥459" in written("SEN", 2)
    assert {"1,470", "Nigeria", "TGO"} <= written("SEN")
    assert not {"80", "TGO"} - written("SEN")
