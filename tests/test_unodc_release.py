"""What UNODC's release does not count, and where its parts exceed their whole: rules by hand, and named countries."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis import areas, evidence
from analysis import unodc_release as release
from analysis.exhibits import detection

_COLUMNS = ["area_id", "year", "sex", "age", "low", "high", "value_qualifier"]


def counts(**figures: str) -> pd.DataFrame:
    """Figures of one country and year: `all_children="<5"`; the names are sex and age."""
    ages = {"children": "0-17", "adults": "18+", "all": "all"}
    rows = []
    for name, value in figures.items():
        sex, age = name.split("_")
        low, high = (0, 4) if value == "<5" else (int(value), int(value))
        rows.append(("AAA", 2020, sex, ages[age], low, high, "below_5" if value == "<5" else "exact"))
    return pd.DataFrame(rows, columns=_COLUMNS)


def forms(*years: tuple[int, str]) -> pd.DataFrame:
    rows = [("AAA", year, "all", "all", *((0, 4) if value == "<5" else (int(value), int(value))),
             "below_5" if value == "<5" else "exact") for year, value in years]  # fmt: skip
    return pd.DataFrame(rows, columns=_COLUMNS).assign(form=[f"form {n}" for n in range(len(rows))])


def words(victims: pd.DataFrame, by_form: pd.DataFrame | None = None) -> list[str]:
    none = forms() if by_form is None else by_form
    return release.parts_above_whole(victims, none)["words"].tolist()


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        (
            {"all_children": "569", "female_children": "447", "male_children": "136"},
            ["girls and boys add up to 583, more than the 569 children"],
        ),
        ({"all_all": "9", "all_children": "6", "all_adults": "<5"}, []),
        (
            {"all_all": "3", "all_children": "5", "all_adults": "<5"},
            ["children and adults add up to 5, more than the 3 victims"],
        ),
        (
            {"all_all": "<5", "female_all": "5", "male_all": "<5"},
            ["the two sexes add up to 5, more than the 4 victims"],
        ),
        ({"all_adults": "8", "female_adults": "31"}, []),
        ({"all_adults": "50", "female_adults": "31", "male_adults": "<5"}, []),
    ],
)  # fmt: skip
def test_parts_exceed_their_whole_where_their_least_is_more_than_its_most(figures, said):
    assert words(counts(**figures)) == said


def test_forms_are_set_against_the_victims_of_their_own_year():
    victims = counts(all_all="10")
    assert words(victims, forms((2020, "8"), (2020, "<5"))) == []
    assert words(victims, forms((2020, "8"), (2020, "3"), (2019, "40"))) == [
        "the forms of exploitation add up to 11, more than the 10 victims"
    ]


@pytest.mark.parametrize(
    ("victims", "by_form", "unreported"),
    [
        # No victims of 2021: `<5` counts nobody.
        ({"all_all": "12"}, [(2020, "12"), (2021, "<5")], [2021]),
        # Three forms of `<5` can hold 12 victims, and not 13.
        ({"all_all": "12"}, [(2020, "<5"), (2020, "<5"), (2020, "<5")], []),
        ({"all_all": "13"}, [(2020, "<5"), (2020, "<5"), (2020, "<5")], [2020]),
        # Where all years are small `<5` may be what was found.
        ({"all_all": "<5"}, [(2021, "<5")], []),
    ],
)
def test_a_year_of_below_5_by_form_alone_is_not_reported(victims, by_form, unreported):
    table = forms(*by_form)
    assert sorted(set(table.loc[release.no_forms(table, counts(**victims)), "year"])) == unreported


@pytest.mark.parametrize(
    # Looked up in unodc_forms_of_exploitation.csv: the newest year of each that has more than `<5`, or victims to fit.
    ("area_id", "newest"),
    [
        *(("BFA", 2021), ("GHA", 2018), ("GIN", 2014), ("GNB", 2021), ("LBR", 2021), ("MLI", 2017)),
        *(("BEN", 2022), ("CPV", 2022)),
    ],
)
def test_the_newest_year_by_form_is_one_that_was_reported(area_id, newest):
    assert detection.forms(areas.get(area_id))["year"].max() == newest


def test_of_togo_no_form_is_counted_and_all_rows_are_kept():
    assert detection.forms(areas.get("TGO")).empty
    table = evidence.detected_by_form("TGO")
    assert len(table) == 11 and set(table["reason"]) == {release.FORMS_NOT_REPORTED}


def test_the_release_contradicts_itself_in_years_that_are_known():
    # By hand from unodc_detected_victims.csv: of Sierra Leone 45 + 9 of 50, 64 + 40 and 56 + 20 of 41, 60 + 22 and
    # 36 + 17 of 34 victims; of children 14 + 9 of 20; of Côte d'Ivoire 447 + 136 of 569, of Burkina Faso 676 + 806
    # of 1,402.
    table = evidence.contradicted_by_unodc(areas.ids("west_africa"))
    found = {(row.area_id, row.year, row.measure) for row in table.itertuples() if row.measure != "adults"}
    assert found == {
        ("SLE", 2020, "victims"), ("SLE", 2020, "child_victims"), ("SLE", 2021, "victims"), ("SLE", 2022, "victims"),
        ("CIV", 2022, "child_victims"), ("BFA", 2020, "child_victims"),
    }  # fmt: skip
    assert set(table["of"]) == {release.SEX_AND_AGE}


def test_a_total_that_its_parts_exceed_says_so_wherever_it_stands():
    table = evidence.detected_victims("CIV").query("source == 'UNODC' and year == 2022").set_index("measure")
    assert table.loc["child_victims", "note"] == "girls and boys add up to 583, more than the 569 children"
    assert table.loc["victims", "note"] == ""
