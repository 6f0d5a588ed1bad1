"""What the notebooks show: the numbers a reader takes from a table or a page."""

import exhibits_of_incidence
import pandas as pd
import pytest
from trend_results import tested_of

from analysis import areas
from analysis.exhibits import area_indicators, comparison, context, detection, route, trend
from analysis.exhibits.exhibit import Exhibit
from analysis.exhibits.table import printed
from analysis.exhibits.wording import periods

ICCA, _ = area_indicators.compared_indicators("cabo_verde")
(SYRIANS,) = area_indicators.compared_indicators("turkiye")


def test_reports_to_icca_per_10000_are_those_that_the_received_table_gives():
    # As received (per_10k): reports January to July 2020 over the preliminary census of 2021.
    received = {
        "Boa Vista": 4.0,
        "Brava": 8.9,
        "Fogo": 6.6,
        "Maio": 6.4,
        "Sal": 0.9,
        "Santiago": 1.5,
        "Santo Antão": 5.7,
        "São Nicolau": 0.8,
        "São Vicente": 0.8,
    }
    table = area_indicators.compared("cabo_verde", ICCA).set_index("name")
    assert table["rate_low"].dropna().round(1).to_dict() == received
    assert (table["rate_low"] == table["rate_high"]).sum() == 9


def test_an_uninhabited_island_has_no_rate_and_says_so():
    rates = area_indicators.compared("cabo_verde", ICCA)
    row = comparison.ranking(areas.get("cabo_verde"), ICCA, rates).table.printed.set_index("Area").loc["Santa Luzia"]
    assert row["Inhabitants"] == "uninhabited"
    assert row["per 10,000 inhabitants"] == "not known"


def test_a_country_is_ranked_by_its_latest_figure_over_the_population_of_that_year():
    table = area_indicators.compared("west_africa", area_indicators.UNODC).set_index("area_id")
    # UNODC 2022: 1,451 victims in Benin; World Bank 2022: 13,759,501 inhabitants; 1,451 / 137.59501 = 10.5454.
    assert table.loc["BEN", "rate_low"] == pytest.approx(10.5454, abs=5e-5)
    assert table.loc["BEN", "date_low"].year == 2022
    # Sierra Leone 2022 has 60 children among 34 victims: 2020 is its last year without a contradiction.
    assert table.loc["SLE", "date_low"].year == 2020
    # No figure of Cabo Verde's is in the release: it is unknown, and not zero.
    assert pd.isna(table.loc["CPV", "rate_low"])


def test_syrians_under_temporary_protection_have_no_poisson_interval():
    rates = area_indicators.compared("turkiye", SYRIANS)
    table = comparison.ranking(areas.get("turkiye"), SYRIANS, rates).table.printed
    assert "95 % Poisson limits" not in table
    # PMM, 25 May 2023: 74,824 in Kilis; TÜİK 2022: 147,919 inhabitants; 50.58 per 100.
    assert table.set_index("Area").loc["Kilis", "per 100 inhabitants"] == "50.58"


@pytest.mark.parametrize("area_id, country", [("TR-27", "Türkiye"), ("CPV-SAL", "Cabo Verde")])
def test_national_figures_are_never_shown_as_those_of_a_province_or_an_island(area_id, country):
    place = areas.get(area_id)
    by_year = detection.detected_by_year(place, detection.preferred(place))
    assert by_year.figure is None and by_year.table.empty
    by_form = detection.detected_by_category(place, "by_form", detection.forms(place))
    assert by_form.absent and by_form.figure is None
    said = by_year.instead.data
    assert said.startswith(f"{country} as a whole: ") and "This is a national figure" in said
    assert context.figures_over_the_years(place)["area_id"].eq(area_id).all()
    assert printed(context.conflicts(place).table)["Where"].eq(area_id).all()


def test_figures_that_conflict_stand_side_by_side_with_the_reason():
    icca = printed(context.conflicts(areas.get("cabo_verde")).table)
    icca = icca[icca["What"].str.startswith("ICCA: child sexual abuse reports") & (icca["Period"] == "2019")]
    assert set(icca["Figure"]) == {"192", "193"}
    assert sorted(icca["Preferred"]) == ["no", "yes"]
    assert icca["Why"].str.len().gt(10).all()


def test_a_rank_test_knows_nothing_of_a_minimum_and_ties_censored_years():
    group = pd.DataFrame({"low": [1.0, 1.0, 7.0, 459.0], "high": [4.0, 4.0, 7.0, float("inf")]})
    values = trend.ranked(group)
    assert values[0] == values[1] < values[2]
    assert pd.isna(values[3])


def test_a_series_too_short_for_a_trend_is_refused_with_the_reason():
    table = tested_of(areas.get("GNB"))
    short = table[table["n"] < 5]
    assert len(short) and (short["refused"].str.len() > 20).all()
    assert short["change"].isna().all()


def test_periods_are_read_as_people_write_them():
    days = [
        ("2021-01-01", "2021-12-31"),
        ("2013-04-01", "2014-03-31"),
        ("2020-01-01", "2020-07-31"),
        ("2018-04-01", "2018-04-30"),
        ("2022-04-28", "2022-04-28"),
        ("2019-01-01", "2023-12-31"),
        (None, None),
    ]
    start, end = (pd.to_datetime(pd.Series(column)) for column in zip(*days, strict=True))
    assert periods(start, end) == [
        "2021",
        "Apr 2013 – Mar 2014",
        "Jan – Jul 2020",
        "Apr 2018",
        "28 Apr 2022",
        "2019–2023",
        "undated",
    ]


def test_a_table_prints_what_is_missing_as_not_known_and_no_markup_of_the_data():
    table = pd.DataFrame({"Area": ["<script>alert(1)</script>"], "Rate": [float("nan")], "Inhabitants": [12039780]})
    page = Exhibit("name", "A title & more", table).show().data
    assert "<script>" not in page and "&lt;script&gt;" in page
    assert "not known" in page and "12,039,780" in page and "A title &amp; more" in page


def test_a_long_table_is_folded_and_none_of_its_rows_is_lost():
    page = Exhibit("name", "Years", pd.DataFrame({"Year": range(1990, 2020)})).show().data
    assert "<summary>Years: table of 30 rows</summary>" in page
    assert page.count("<td") == 30


def test_an_island_lists_the_mentions_that_name_it_or_a_town_on_it_and_no_others():
    sal = areas.get("CPV-SAL")
    table = route.local_mentions(sal, route.naming_places(sal)).table.printed
    # Counted by hand in route_mentions.csv: destination_place "Sal" in four rows, "Santa Maria, Sal" in two.
    assert len(table) == 6
    assert table["To"].str.contains("Sal").all()


def test_islands_stand_side_by_side_at_one_date_an_indicator():
    table = exhibits_of_incidence.islands().table.printed
    assert (table.groupby("What")["Period"].nunique() == 1).all()
