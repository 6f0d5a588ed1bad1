"""The table of analyses: what a line says, and what is said of a line that is wrong."""

from __future__ import annotations

import pytest

from analysis import analyses, jobs
from analysis.analyses import ALL, TABLE, read
from analysis.batch import execute
from analysis.catalog import CatalogError

HEAD = "analysis,name,name_fr,name_pt,name_tr,studies,needs,shows,of_whole_study_only\n"


def test_the_analyses_of_the_repository_are_these():
    assert jobs.ANALYSES[:3] == jobs.BESIDE_PUBLIC_EVIDENCE == ("incidence", "trends", "routes")
    assert jobs.FROM_FINDINGS == ("recommendations",) and jobs.WITH_OWN_FIGURES == ("incidence", "trends")
    assert jobs.CaseTables.needed_by == ("case_records",) and jobs.SurveyTables.needed_by == ("risk_factors",)
    assert (*jobs.BESIDE_PUBLIC_EVIDENCE, "case_records") == jobs.WITH_CASE_RECORDS
    assert all(each.template.exists() for each in ALL.values())
    assert ALL["risk_factors"].title == "Risk factors" and ALL["trends"].called("tr") == "eğilimler"


def test_a_name_is_that_of_english_where_there_is_no_other(tmp_path):
    table = tmp_path / "analyses.csv"
    table.write_text(HEAD + "hubs,hubs of DNA,,,,west_africa;turkiye,none,,False\n", encoding="utf-8")
    hubs = read(table)["hubs"]
    assert hubs.called("fr") == "hubs of DNA" and hubs.title == "Hubs of DNA"
    assert hubs.studies == ("west_africa", "turkiye") and hubs.shows == () and not hubs.of_whole_study_only


@pytest.mark.parametrize(
    ("line", "column", "must"),
    [
        ("Hubs,hubs,,,,,none,,False", "analysis", "small letters"),
        ("../hubs,hubs,,,,,none,,False", "analysis", "small letters"),
        ("hubs,,,,,,none,,False", "name", "not empty"),
        ("hubs,hubs,,,,,nothing,,False", "needs", "one of none, case_records, survey, findings"),
        ("hubs,hubs,,,,,none,persons,False", "shows", "some of case_records"),
        ("hubs,hubs,,,,,none,,no", "of_whole_study_only", "True or False"),
        ("hubs,hubs,,,,,findings,,False", "of_whole_study_only", "True where findings are needed"),
        ("trends,trends,,,,,none,,False", "analysis", "another name"),
        ("trends_by_sex,trends,,,,,none,,False", "analysis", "the files of 'trends' begin in the same way"),
        ("explore,by hand,,,,,none,,False", "analysis", "another name"),
    ],
)
def test_a_bad_cell_is_named_by_file_row_and_column(tmp_path, line, column, must):
    table = tmp_path / "analyses.csv"
    table.write_text(f"{HEAD}trends,trends,,,,,none,,False\n{line}\n", encoding="utf-8")
    with pytest.raises(CatalogError, match=rf"analyses\.csv, row 3, column '{column}': .*{must}"):
        read(table)


def test_a_table_that_is_not_there_or_has_other_columns_is_refused(tmp_path):
    with pytest.raises(CatalogError, match=r"analyses\.csv is not there"):
        read(tmp_path / "analyses.csv")
    (tmp_path / "analyses.csv").write_text("analysis,title\n", encoding="utf-8")
    with pytest.raises(CatalogError, match="'name' is missing"):
        read(tmp_path / "analyses.csv")


def test_a_line_without_a_notebook_and_a_notebook_without_a_line_are_told_apart(tmp_path, monkeypatch):
    lines = TABLE.read_text(encoding="utf-8") + "hubs,hubs,,,,senegal,none,,False\n"
    (tmp_path / "analyses.csv").write_text(lines, encoding="utf-8")
    monkeypatch.setattr(analyses, "FOLDER", tmp_path)
    monkeypatch.setattr(analyses, "ALL", read(tmp_path / "analyses.csv"))
    with pytest.raises(CatalogError, match=r"row 9, column 'analysis': .*hubs\.ipynb is not there"):
        analyses.require_usable(["hubs"])
    (tmp_path / "hubs.ipynb").touch()
    with pytest.raises(CatalogError, match=r"row 9, column 'studies': .*some of turkiye, west_africa, cabo_verde"):
        analyses.require_usable(["hubs"])
    analyses.require_line("hubs")
    (tmp_path / "places.ipynb").touch()
    with pytest.raises(CatalogError, match=r"add a line to .*analyses\.csv that begins with places"):
        analyses.require_line("places")


def test_a_notebook_that_reads_persons_and_does_not_say_so_in_its_line_fails(monkeypatch):
    trends = jobs.Job("trends", "turkiye", "TR-27")
    read_it = {"case_records_turkiye", "unodc_detected_victims"}
    execute._require_listed(trends, read_it)
    monkeypatch.setattr(jobs.CaseTables, "shown_by", ())
    with pytest.raises(CatalogError, match=r"trends\.ipynb reads .* add case_records to the column 'shows' of trends"):
        execute._require_listed(trends, read_it)
    execute._require_listed(trends, {"unodc_detected_victims"})
