"""The table of analyses: what a line says, and what is said of a line that is wrong."""

from __future__ import annotations

import pytest

from analysis import catalog, jobs
from analysis.batch import execute
from analysis.catalog import CatalogError
from analysis.jobs import ALL, TABLE, read

HEAD = "analysis,name,subject,name_fr,name_pt,name_tr,studies,needs,shows,areas\n"


def test_the_analyses_of_the_repository_are_these():
    assert jobs.ANALYSES[:3] == ("incidence", "trends", "routes")
    assert jobs.FROM_FINDINGS == ("demonstration", "recommendations") and jobs.WITH_OWN_FIGURES == (
        "incidence",
        "trends",
    )
    of_persons = ("case_records", "estimated_total", "record_trends", "record_journeys")
    assert jobs.CaseTables.needed_by == jobs.WITH_CASE_RECORDS == of_persons
    assert jobs.SurveyTables.needed_by == jobs.WITH_SURVEY == ("risk_factors",)
    assert all(each.template.exists() for each in ALL.values())
    assert ALL["risk_factors"].title == "Risk factors" and ALL["trends"].called("tr") == "eğilimler"
    assert ALL["routes"].about == "routes" and ALL["incidence"].about == "detected victims"


def test_a_name_is_that_of_english_where_there_is_no_other(tmp_path):
    table = tmp_path / "analyses.csv"
    table.write_text(HEAD + "hubs,hubs of DNA,,,,,west_africa;turkiye,none,,all\n", encoding="utf-8")
    hubs = read(table)["hubs"]
    assert hubs.called("fr") == "hubs of DNA" and hubs.title == "Hubs of DNA"
    assert hubs.studies == ("west_africa", "turkiye") and hubs.shows == () and hubs.is_for("SEN")


def test_an_analysis_of_whole_studies_is_of_the_areas_that_its_line_names_too():
    of_whole = ALL["plan_a_study"]
    assert [of_whole.is_for(area_id) for area_id in (None, "west_africa", "NGA", "SEN")] == [True, True, True, False]
    assert "plan_a_study" in jobs.analyses_of("west_africa", "NGA")
    with pytest.raises(jobs.NotPlanned, match=r"of a study as a whole and of NGA alone: `--area west_africa`"):
        jobs.plan(area_ids=["SEN"], analyses=["plan_a_study"])


def test_an_area_of_a_line_that_there_is_not_is_named(tmp_path, monkeypatch):
    lines = TABLE.read_text(encoding="utf-8").replace(",NGA\n", ",NGA;XXX\n")
    (tmp_path / "analyses.csv").write_text(lines, encoding="utf-8")
    monkeypatch.setattr(jobs, "ALL", read(tmp_path / "analyses.csv"))
    with pytest.raises(CatalogError, match=r"column 'areas': .*there is no 'XXX'"):
        jobs.require_usable(["plan_a_study"])


@pytest.mark.parametrize(
    ("line", "column", "must"),
    [
        ("Hubs,hubs,,,,,,none,,all", "analysis", "small letters"),
        ("../hubs,hubs,,,,,,none,,all", "analysis", "small letters"),
        ("hubs,,,,,,,none,,all", "name", "not empty"),
        ("hubs,hubs,,,,,,nothing,,all", "needs", "one of none, case_records, survey, findings"),
        ("hubs,hubs,,,,,,none,persons,all", "shows", "some of own_figures"),
        ("hubs,hubs,,,,,,none,,", "areas", "all, none, or ids of areas"),
        ("hubs,hubs,,,,,,findings,,all", "areas", "none where findings are needed"),
        ("trends,trends,,,,,,none,,all", "analysis", "another name"),
        ("trends_by_sex,trends,,,,,,none,,all", "analysis", "the files of 'trends' begin in the same way"),
        ("explore,by hand,,,,,,none,,all", "analysis", "another name"),
    ],
)
def test_a_bad_cell_is_named_by_file_row_and_column(tmp_path, line, column, must):
    table = tmp_path / "analyses.csv"
    table.write_text(f"{HEAD}trends,trends,,,,,,none,,all\n{line}\n", encoding="utf-8")
    with pytest.raises(CatalogError, match=rf"analyses\.csv, row 3, column '{column}': .*{must}"):
        read(table)


def test_a_table_that_is_not_there_or_has_other_columns_is_refused(tmp_path):
    with pytest.raises(CatalogError, match=r"analyses\.csv is not there"):
        read(tmp_path / "analyses.csv")
    (tmp_path / "analyses.csv").write_text("analysis,title\n", encoding="utf-8")
    with pytest.raises(CatalogError, match="'name' is missing"):
        read(tmp_path / "analyses.csv")


def test_a_line_without_a_notebook_and_a_notebook_without_a_line_are_told_apart(tmp_path, monkeypatch):
    lines = TABLE.read_text(encoding="utf-8") + "hubs,hubs,,,,,senegal,none,,all\n"
    (tmp_path / "analyses.csv").write_text(lines, encoding="utf-8")
    row = len(lines.splitlines())
    monkeypatch.setattr(jobs, "FOLDER", tmp_path)
    monkeypatch.setattr(jobs, "ALL", read(tmp_path / "analyses.csv"))
    with pytest.raises(CatalogError, match=rf"row {row}, column 'analysis': .*hubs\.ipynb is not there"):
        jobs.require_usable(["hubs"])
    (tmp_path / "hubs.ipynb").touch()
    # A study that there is not stands still, and no other does.
    jobs.require_usable(["hubs"])
    error = catalog.faults()["senegal"]
    assert error.code == "unknown_study" and f"row {row}, column 'studies'" in str(error)
    assert "turkiye, west_africa, cabo_verde" in str(error) and set(catalog.faults()) == {"senegal"}
    catalog.datasets.cache_clear()
    jobs.require_line("hubs")
    (tmp_path / "places.ipynb").touch()
    with pytest.raises(CatalogError, match=r"add a line to .*analyses\.csv that begins with places"):
        jobs.require_line("places")


def test_a_notebook_that_reads_persons_and_does_not_say_so_in_its_line_fails(monkeypatch):
    trends = jobs.Job("record_trends", "demo_provinces", "XDP-FIG")
    read_it = {"case_records_demo_provinces", "areas"}
    execute._require_listed(trends, read_it)
    monkeypatch.setattr(jobs.CaseTables, "shown_by", ())
    with pytest.raises(CatalogError, match=r"record_trends\.ipynb reads .* write case_records in the column 'needs'"):
        execute._require_listed(trends, read_it)
    execute._require_listed(trends, {"areas"})


def test_a_page_of_public_evidence_reads_no_synthetic_data_and_a_demonstration_no_public_evidence():
    of_evidence = jobs.Job("trends", "turkiye", "TR-27")
    demonstration = jobs.Job("record_trends", "demo_provinces", "XDP-FIG")
    execute._require_apart(of_evidence, {"areas", "unodc_detected_victims", "not_catalogued"})
    execute._require_apart(demonstration, {"areas", "demo_provinces_areas", "world", "country_regions"})
    with pytest.raises(CatalogError, match=r"TR-27/trends shows no synthetic data.*'demo_provinces_population'"):
        execute._require_apart(of_evidence, {"areas", "demo_provinces_population"})
    with pytest.raises(CatalogError, match=r"record_trends_SYNTHETIC is a demonstration.*'unodc_detected"):
        execute._require_apart(demonstration, {"areas", "unodc_detected_victims"})
