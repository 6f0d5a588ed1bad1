"""Readers of official releases: small files with known truth, and the published files where the user has them."""

from __future__ import annotations

import os
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from refusals import refused

from analysis import catalog
from analysis.official_releases import SPELLINGS, Release, ReleaseError, alpha3, fold, glotip, iso3, usdol
from analysis.official_releases.usdol import read

OFFICIAL = Path(os.environ.get("ANALYSIS_OFFICIAL") or catalog.ROOT.parent / "shared" / "official")
GLOTIP = OFFICIAL / "unodc_glotip" / "data_glotip_2023-05-30.xlsx"
USDOL = OFFICIAL / "usdol_ilab"


def official(path: Path):
    reason = f"the official release {path.name} is not here: set ANALYSIS_OFFICIAL to the folder that holds it"
    return pytest.mark.skipif(not path.exists(), reason=reason)


# Country names


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Gambia, The", "GMB"),
        ("The Gambia", "GMB"),
        ("Guinea Bissau", "GNB"),
        ("Guinea", "GIN"),
        ("Congo, Democratic Republic of the", "COD"),
        ("Congo, Republic of the", "COG"),
        ("TÃ¼rkiye", "TUR"),
        ("T\ufffdrkiye", "TUR"),
        ("Côte d’Ivoire", "CIV"),
        ("C\ufffdte d\ufffdIvoire", "CIV"),
        ("REP\ufffdBLICA DOMINICANA", "DOM"),
        ("Dominica", "DMA"),
        ("Iran (Islamic Republic of)", "IRN"),
        ("Niger", "NER"),
        ("China, Taiwan Province of China", "TWN"),
        ("Congolese", ""),
        ("EU-28 others", ""),
        ("Former Yugoslavia", ""),
        ("Unknown", ""),
        ("Ira\ufffd", ""),  # Iran or Iraq
        ("", ""),
    ],
)
def test_country_names(name, code):
    assert iso3(name) == code


def test_a_spelling_is_of_one_country_only():
    table = pd.read_csv(SPELLINGS, dtype=str, keep_default_na=False)
    assert table["iso3"].groupby(table["spelling"].map(fold)).nunique().max() == 1
    assert set(table["iso3"]) <= set(alpha3().values())


# UNODC

HEAD = [
    *("Iso3_code", "Country", "Region", "Subregion", "Indicator", "Dimension", "Category", "Sex", "Age", "Year"),
    *("Unit of measurement", "txtVALUE", "Source"),
]


def figure(value, country=("SEN", "Senegal"), year=2018, dimension="Total", category="Total", sex="Total", age="Total"):
    where = [*country, "Africa", "Sub-Saharan Africa", "Detected trafficking victims", dimension, category]
    return [*where, sex, age, year, "Counts", value, "GLOTIP"]


def workbook(path, rows, head=HEAD):
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    for at, row in enumerate([["UNODC", "someone"], ["30/05/2023"], head, *rows]):
        sheet.write_row(at, 0, row)
    book.close()
    return path


def test_values_as_intervals_and_words_as_codes(tmp_path):
    rows = [figure("<5"), figure("1,282", age="0 to 17 years"), figure("17", sex="Female", age="18 years or over")]
    release = glotip.load(workbook(tmp_path / "g.xlsx", rows))
    columns = ["sex", "age", "value", "low", "high", "value_qualifier", "may_be_zero", "row"]
    assert release.table[columns].to_numpy().tolist() == [
        ["all", "all", "<5", 0, 4, "below_5", True, 4],
        ["all", "0-17", "1,282", 1282, 1282, "exact", False, 5],
        ["female", "18+", "17", 17, 17, "exact", False, 6],
    ]
    assert release.date == "2023-05-30"
    assert (release.table["year"] == 2018).all()


def test_a_number_cell_is_a_figure_and_zero_is_zero(tmp_path):
    table = glotip.load(workbook(tmp_path / "g.xlsx", [figure(12), figure("0", sex="Male")])).table
    assert table["low"].tolist() == table["high"].tolist() == [12, 0]
    assert not table["may_be_zero"].any()


def test_duplicates_are_set_aside_with_the_row_they_repeat(tmp_path):
    rows = [figure("7"), figure("9", year=2019), figure("7"), figure("8"), figure("7")]
    release = glotip.load(workbook(tmp_path / "g.xlsx", rows))
    assert release.duplicates[["row", "repeats_row"]].to_numpy().tolist() == [[6, 4], [8, 4]]
    assert release.account.iloc[0].tolist() == ["g.xlsx", 5, 3, 2, 0]
    # 7 and 8 are printed for one figure: both stay, and say so.
    assert release.table.loc[release.table["contradicted"], "value"].tolist() == ["7", "8"]


def test_what_is_no_figure_is_refused(tmp_path):
    rows = [
        figure("about 7"),
        figure("-3"),
        figure("1,28"),
        figure("5", year="2018/19"),
        figure("5", sex="F"),
        figure(""),
    ]
    release = glotip.load(workbook(tmp_path / "g.xlsx", [*rows, figure("6"), [""] * 13]))
    assert release.refused["row"].tolist() == [4, 5, 6, 7, 8, 9]
    assert release.refused["column"].tolist() == ["txtVALUE", "txtVALUE", "txtVALUE", "Year", "Sex", "txtVALUE"]
    assert release.table["value"].tolist() == ["6"]


def test_groups_of_countries_have_no_code_and_missing_totals_stay_missing(tmp_path):
    rows = [figure("3", country=("SAF", "")), figure("4", sex="Male"), figure("5", sex="Female")]
    table = glotip.load(workbook(tmp_path / "g.xlsx", rows)).table
    assert table[["iso3", "reporter", "country"]].iloc[0].tolist() == ["", "SAF", ""]
    assert not ((table["reporter"] == "SEN") & (table["sex"] == "all")).any()


def test_a_wrong_or_damaged_spreadsheet_is_one_sentence(tmp_path):
    with refused(ReleaseError, "unknown_layout"):
        glotip.load(workbook(tmp_path / "g.xlsx", [], head=["VALUE" if name == "txtVALUE" else name for name in HEAD]))
    whole = workbook(tmp_path / "whole.xlsx", [figure("6")] * 50).read_bytes()
    (tmp_path / "cut.xlsx").write_bytes(whole[: len(whole) // 2])
    with refused(ReleaseError, "unreadable_file"):
        glotip.load(tmp_path / "cut.xlsx")
    with refused(ReleaseError, "missing_file"):
        glotip.load(tmp_path / "none.xlsx")


def test_a_release_that_lost_a_row_is_refused():
    table = pd.DataFrame({"a": [1]})
    account = pd.DataFrame({"file": ["f"], "rows_in": [2], "rows_out": [1], "duplicates": [0], "refused": [0]})
    with refused(ReleaseError, "row_count_differs"):
        Release("t", "p", "", "public", table, table[:0], table[:0], account)


@pytest.fixture(scope="module")
def unodc() -> Release:
    return glotip.load(GLOTIP)


@official(GLOTIP)
def test_unodc_accounts_for_every_row(unodc):
    # 46,556 rows and 255 exact duplicates were counted when the release was received.
    assert unodc.account.iloc[0].tolist() == [GLOTIP.name, 46556, 46301, 255, 0]
    assert (unodc.table["value"] == "<5").sum() + (unodc.duplicates["value"] == "<5").sum() == 23076
    assert unodc.table["may_be_zero"].equals(unodc.table["value"] == "<5")


def found_again(coded: pd.DataFrame, table: pd.DataFrame, keys: list[str]) -> pd.Series:
    """For each coded row whether the release has it with the same value and bounds."""
    columns = [*keys, "value", "low", "high", "value_qualifier"]
    # The evidence leaves the thousands commas out.
    rows = table.assign(value=table["value"].str.replace(",", ""))[columns].drop_duplicates()
    return coded[columns].merge(rows, on=columns, how="left", indicator=True)["_merge"] == "both"


# The evidence is of the release of April 2025, and the file is that of May 2023: what was not revised is in both.
@official(GLOTIP)
def test_coded_victims_that_were_not_revised_are_found_again(unodc):
    coded = catalog.load("unodc_detected_victims").rename(columns={"area_id": "iso3"})
    table = unodc.table[
        (unodc.table["dimension"] == "Total") & (unodc.table["indicator"] == "Detected trafficking victims")
    ]
    # Counted by plain csv: 673 of 2023, 40 of them revised, and Ghana's adults of 2019 that are kept.
    assert found_again(coded, table, ["iso3", "year", "sex", "age"]).sum() == 673 - 40 + 1


@official(GLOTIP)
def test_coded_forms_of_exploitation_that_were_not_revised_are_found_again(unodc):
    names = {"forced_labour": "Forced labour", "sexual_exploitation": "Sexual exploitation"}
    names["other"] = "Other forms of exploitation"
    coded = catalog.load("unodc_forms_of_exploitation").rename(columns={"area_id": "iso3"})
    coded["category"] = coded["form"].map(names)
    table = unodc.table[unodc.table["indicator"] == "Detected trafficking victims"]
    assert found_again(coded, table, ["iso3", "year", "category", "sex", "age"]).sum() == 510


@official(GLOTIP)
def test_coded_flows_that_were_not_revised_are_found_again(unodc):
    coded = catalog.load("unodc_citizenship_flows")
    table = unodc.table[unodc.table["indicator"] == "Detected trafficking victims"]
    rows = table[table["dimension"] == "by citizenship"]
    # The detecting country's own citizens, in the languages in which the questionnaire was answered.
    own = rows["category"].map(fold).str.fullmatch("nationals|own country|ciudadanos de su pa.s")
    code = rows["category"].map(iso3).mask(own, rows["iso3"])
    detected = rows["iso3"].where(rows["iso3"] != "", rows["country"].where(rows["country"] != "", rows["reporter"]))
    flows = rows.assign(citizenship=code.where(code != "", rows["category"]), detected_in=detected)
    # Of 942 that were carried 15 are gone and 3 revised; pairs that were not carried before are in the file, too.
    assert found_again(coded, flows, ["citizenship", "detected_in", "year"]).sum() >= 942 - 15 - 3


# US Department of Labor


def statistics(share="", agriculture="", age="5-14"):
    return (
        f"<Country_Statistics><Children_Work_Statistics><Age_Range>{age}</Age_Range>"
        f"<Total_Percentage_of_Working_Children>{share}</Total_Percentage_of_Working_Children>"
        f"<Agriculture>{agriculture}</Agriculture></Children_Work_Statistics></Country_Statistics>"
    )


def enforcement(**fields):
    return "<Enforcements>" + "".join(f"<{tag}>{text}</{tag}>" for tag, text in fields.items()) + "</Enforcements>"


def report(folder, year, **parts):
    """A file with one country a keyword; its name is the keyword with spaces, or given as a pair with the parts."""
    body = "".join(f"<Country><Name>{name}</Name>{text}</Country>" for name, text in parts.values())
    (folder / f"countries_report{year}.xml").write_text(f"<Countries>{body}</Countries>", encoding="utf-8")
    return folder


def labor_tables(folder) -> pd.DataFrame:
    """The tables of all reports in a folder."""
    files = sorted(folder.glob("countries_report*.xml"))
    return pd.concat([usdol.load(path).table for path in files], ignore_index=True)


def one_report(folder) -> Release:
    """The only report in a folder."""
    (path,) = folder.glob("countries_report*.xml")
    return usdol.load(path)


def test_one_scale_and_one_spelling(tmp_path):
    report(tmp_path, 2015, a=("Gambia", statistics("36.4", "87.47082")))
    report(tmp_path, 2016, a=("Gambia, The", statistics("0.364", "0.875")))
    report(tmp_path, 2022, a=("The Gambia", statistics("0.226", "Unavailable")))
    table = labor_tables(tmp_path)
    assert table["country"].tolist() == ["Gambia"] * 2 + ["Gambia, The"] * 2 + ["The Gambia"] * 2
    assert set(table["iso3"]) == {"GMB"}
    share = table[table["indicator"] == "working_children_share"]
    assert share["low"].tolist() == share["high"].tolist() == [36.4, 36.4, 22.6]
    assert share["age_range"].tolist() == ["5-14"] * 3
    farms = table[table["indicator"] == "working_in_agriculture"]
    assert farms["answer"].tolist() == ["figure", "figure", "not available"]
    assert farms["low"].isna().tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("24‡", "count", ("figure", 24, 24, "exact", "‡")),
        ("2,582‡", "count", ("figure", 2582, 2582, "exact", "‡")),
        ("49, 363", "count", ("figure", 49363, 49363, "exact", "")),
        ("$4.1 million", "money", ("figure", 4.1e6, 4.1e6, "approx", "")),
        ("15/16", "age", ("figure", 15, 16, "range", "")),
        ("18/16", "age", ("figure", 16, 18, "range", "")),
        ("17.5", "age", ("figure", 17.5, 17.5, "exact", "")),
        ("Unknown*", "count", ("unknown", None, None, "", "*")),
        ("Unknown ", "answer", ("unknown", None, None, "", "")),
        ("N/A*†", "answer", ("N/A", None, None, "", "*†")),
        ("Not Applicable", "answer", ("not applicable", None, None, "", "")),
        ("Unavailable", "share", ("not available", None, None, "", "")),
        ("", "count", ("not stated", None, None, "", "")),
        ("yes", "answer", ("yes", None, None, "", "")),
        ("No", "either", ("no", None, None, "", "")),
        ("7", "either", ("figure", 7, 7, "exact", "")),
        ("None", "age", ("none", None, None, "", "")),
        ("China", "country", ("country", None, None, "", "")),
    ],
)
def test_printed_values(text, kind, expected):
    reading = read(text, kind)
    bounds = [None if bound != bound else bound for bound in (reading.low, reading.high)]
    assert (reading.answer, *bounds, reading.qualifier, reading.mark) == expected
    assert reading.reason == ""


@pytest.mark.parametrize(
    ("text", "kind"),
    [("MTC", "share"), ("101", "share"), ("Yes", "count"), ("3", "answer"), ("14/12/10", "age"), ("None", "answer")],
)
def test_what_cannot_be_read_has_a_reason(text, kind):
    assert read(text, kind).reason.endswith(".")


@given(st.text(max_size=12) | st.from_regex(r"\$?[0-9]{1,3}(, ?[0-9]{3}){0,2}(\.[0-9]{1,3})?[*†‡]?", fullmatch=True))
def test_a_value_is_an_answer_or_has_a_reason(text):
    for kind in ("answer", "count", "either", "age", "money", "share", "rate", "level", "country"):
        reading = read(text, kind, 100)
        assert bool(reading.answer) != bool(reading.reason)
        assert (reading.answer == "figure") == (reading.low <= reading.high)


@given(st.integers(0, 10**9))
def test_a_number_of_unodc_is_itself_with_and_without_commas(number):
    assert glotip._bounds(str(number)) == glotip._bounds(f"{number:,}") == (number, number)


def test_refused_with_country_and_report_and_nothing_lost(tmp_path):
    fields = enforcement(
        Labor_Inspectors="24‡", Labor_Inspections="many", Labor_Unannounced_Inspections_Premitted="Yes"
    )
    report(tmp_path, 2018, a=("Mali", fields + statistics("2.84")), b=("Ghana", "<Novelty><Thing>1</Thing></Novelty>"))
    release = one_report(tmp_path)
    assert release.account.iloc[0].tolist() == ["countries_report2018.xml", 6, 3, 0, 3]
    assert release.refused["place"].tolist() == ["Mali, report 2018", "Mali, report 2018", "Ghana, report 2018"]
    assert release.refused["column"].str.split("/").str[-1].tolist() == [
        "Labor_Inspections",
        "Total_Percentage_of_Working_Children",
        "Thing",
    ]
    fixed = release.table.set_index("indicator").loc["labor_unannounced_inspections_permitted"]
    assert fixed["tag"] == "Enforcements/Labor_Unannounced_Inspections_Premitted"


def test_territories_goods_and_ages_calculated(tmp_path):
    territory = "<Territory><Territory_Name>Zanzibar</Territory_Name><Enforcement>12</Enforcement></Territory>"
    law = "<Standard>Yes</Standard><Age>16</Age><Calculated_Age>Yes</Calculated_Age>"
    law = f"<Legal_Standards><Compulsory_Education>{law}</Compulsory_Education></Legal_Standards>"
    good = "<Goods><Good><Good_Name>Gold</Good_Name><Child_Labor>Yes</Child_Labor></Good></Goods>"
    text = enforcement(Labor_Inspectors=territory) + law + good
    table = one_report(report(tmp_path, 2020, a=("Tanzania", text))).table.set_index("indicator")
    assert table.loc["labor_inspectors", ["territory", "low", "iso3"]].tolist() == ["Zanzibar", 12, "TZA"]
    assert table.loc["compulsory_education_age", "low"] == 16
    assert table.loc["compulsory_education_age", "calculated"] == "Yes"
    assert table.loc["compulsory_education", "answer"] == "yes"
    assert table.loc["child_labor", ["good", "answer"]].tolist() == ["Gold", "yes"]


def test_several_statistics_in_a_row_keep_their_age_ranges_and_answers_repeated_are_set_aside(tmp_path):
    two = statistics("0.098", age="10-14") + statistics("0.124")
    two = two.replace(
        "</Children_Work_Statistics></Country_Statistics><Country_Statistics><Children_Work_Statistics>", ""
    )
    twice = "<Conventions>" + "<Palermo_Ratified>Yes</Palermo_Ratified>" * 2 + "</Conventions>"
    release = one_report(report(tmp_path, 2019, a=("Pakistan", two + twice)))
    share = release.table[release.table["indicator"] == "working_children_share"]
    assert share[["low", "part", "age_range"]].to_numpy().tolist() == [[9.8, 1, "10-14"], [12.4, 2, "5-14"]]
    assert release.duplicates["tag"].tolist() == ["Conventions/Palermo_Ratified"]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("countries_report2018.xml", "<Countries><Country><Name>Mali</Name>", ("unreadable_xml",)),
        ("countries_report2018.xml", "<Rows><Row/></Rows>", ("wrong_kind",)),
        ("countries.xml", "<Countries/>", ("missing_report_year",)),
        ("countries_report2031.xml", "<Countries/>", ("unknown_share_unit",)),
        (
            "countries_report2018.xml",
            "<Countries><Country><Name>Mali</Name><Description>In 2017, Mali</Description></Country></Countries>",
            ("wrong_report_year", "2017"),
        ),
    ],
)
def test_a_wrong_or_damaged_report_is_one_sentence(tmp_path, name, content, says):
    (tmp_path / name).write_text(content)
    with refused(ReleaseError, *says):
        usdol.load(tmp_path / name)


@pytest.fixture(scope="module")
def labor() -> list[Release]:
    return [usdol.load(path) for path in sorted(USDOL.glob("countries_report*.xml"))]


@official(USDOL)
def test_usdol_accounts_for_every_figure_and_answer(labor):
    texts = {"Description", "Suggested_Actions", "ILAB_Projects", "Webpage", "Name", "ISO2", "ISO3", "Region"}
    beside = {"Age_Range", "Year", "Good_Name", "Territory_Name", "Territory_Display_Name", "Calculated_Age"}
    for line in pd.concat([release.account for release in labor]).itertuples():
        root = ElementTree.parse(USDOL / line.file).getroot()
        sections = [part for country in root for part in country if part.tag not in {*texts, "Multiple_Territories"}]
        # A section without content is no figure; the two assessments are figures without a section.
        leaves = [leaf for part in sections if len(part) for leaf in part.iter() if not len(leaf)]
        single = [part for part in sections if part.tag in ("Advancement_Level", "Automatic_Downgrade")]
        assert line.rows_in == len([leaf for leaf in leaves if leaf.tag not in beside]) + len(single)


@official(USDOL)
def test_shares_are_on_one_scale_in_all_reports(labor):
    table = pd.concat([release.table for release in labor])
    shares = table[table["unit"].str.startswith("percent")]
    shares = shares[shares["indicator"] != "primary_completion_rate"]
    assert shares["high"].max() <= 100
    # The largest share of children who go to school was 98.6 in 2013 and 0.997 in 2022.
    top = shares[shares["indicator"] == "attending_school"].groupby("report_year")["high"].max()
    assert (top.loc[2013], top.loc[2022]) == (98.6, 99.7)
    assert top.between(98, 100).all()


@official(USDOL)
def test_usdol_spellings_are_joined(labor):
    table = pd.concat([release.table for release in labor])
    spellings = table.groupby("iso3")["country"].unique().map(set)
    assert spellings["GMB"] == {"Gambia", "Gambia, The", "The Gambia"}
    assert spellings["GNB"] == {"Guinea Bissau", "Guinea-Bissau"}
    assert spellings["TUR"] == {"Turkey", "Turkey (Türkiye)"}
    assert table.loc[table["iso3"] == "", "country"].unique().tolist() == ["Kosovo"]
    # Shares of working children of The Gambia: those of 2013 (36.4), 2017 (20.1) and 2019 (22.6), reprinted.
    gambia = table[(table["iso3"] == "GMB") & (table["indicator"] == "working_children_share")]
    first = gambia[gambia["age_range"] == "5-14"].set_index("report_year")["low"]
    assert first.loc[[2013, 2017, 2019]].tolist() == [36.4, 20.1, 22.6]


@official(USDOL)
def test_printed_traps_of_usdol(labor):
    # 2.84 as a part of one is 284 percent; MTC is printed for two countries in 2017.
    left_out, table = (pd.concat([getattr(each, name) for each in labor]) for name in ("refused", "table"))
    over = left_out[left_out["reason"].str.contains("above 100")]
    assert over["place"].tolist() == ["Malawi, report 2022"]
    assert set(left_out.loc[left_out["place"].str.endswith("2017"), "place"].str.split(",").str[0]) >= {
        "Pakistan",
        "Somalia",
    }
    assert set(table["mark"]) == {"", "*", "†", "‡", "*†"}
    unknown = table["answer"] == "unknown"
    assert table.loc[unknown, ["low", "high"]].isna().all(axis=None)
