"""A study that stands in no line of code: six made-up districts with counts, from their tables to their pages.

The country is one of which the evidence of all studies has nothing, so that what is missing must be said, too.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from projects import PLAIN, analyses_for, copy_of_the_project, few_areas, run_analysis, run_code, small_project
from synthetic_study import STUDY, add_study, catalogue_anew

# The areas of a study in the order of their rates, as the notebook on incidence publishes them.
RANKING = """
indicator = area_indicators.compared_indicators(place.study)[0]
rates = area_indicators.compared(place.study, indicator)
publish(comparison.ranking(place, indicator, rates))
"""
# Runs the code of the notebooks as they are, without a kernel, and prints what they show and state.
SHOWN = """
import ast, json, sys
from analysis import areas
from analysis.jobs import Job
from IPython.display import HTML, Image, Markdown
from analysis.exhibits import exhibit as exhibits
shown = []
def told(analysis, place, what):
    if what is None:
        return
    metadata = what.metadata or {} if isinstance(what, (HTML, Image, Markdown)) else {}
    text = "" if isinstance(what, Image) else what.data if isinstance(what, (HTML, Markdown)) else ""
    rows = list(getattr(what, "rows", ()))
    kind = "HTML" if isinstance(what, HTML) else type(what).__name__
    shown.append({"analysis": analysis, "place": place, "type": kind, "text": text,
                  **{key: metadata.get(key, "") for key in ("name", "release_class", "kind", "alt")},
                  "rows": [{key: str(value) for key, value in row.items()} for row in rows],
                  "data_sets": [entry.name for entry in getattr(what, "datasets", ())]})
for analysis, places in json.loads(sys.argv[1]).items():
    for place in places:
        job = Job(analysis, areas.get(place).study, place)
        cells = json.loads(job.template.read_text(encoding="utf-8"))["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"][1:]
        names = {**job.parameters, "display": lambda *all, a=analysis, p=place: [told(a, p, each) for each in all]}
        exhibits.display = names["display"]
        for source in code:
            *before, last = ast.parse(source).body
            is_shown = isinstance(last, ast.Expr) and not ast.unparse(last).startswith("display")
            exec(compile(ast.Module(before if is_shown else [*before, last], []), "cell", "exec"), names)
            if is_shown:
                told(analysis, place, eval(compile(ast.Expression(last.value), "cell", "eval"), names))
print(json.dumps(shown))
"""


def shown_by(project: Path, places: dict[str, list[str]]) -> list[dict]:
    ran = run_code(SHOWN, json.dumps(places), project=project)
    assert ran.returncode == 0, ran.stderr[-3000:]
    return json.loads(ran.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A small assessment with the study, and a second one of which there are boundaries alone."""
    # Notebooks of one cell, for the batch: of Türkiye, West Africa and Cabo Verde one area each.
    code = "from analysis import areas, evidence\n"
    code += "from analysis.exhibits import area_indicators, comparison, inputs, publish\n"
    code += "place = areas.get(area)\nevidence.population(place.area_id)\n"
    project = small_project(
        tmp_path_factory.mktemp("new_study"),
        incidence=f"{code}{RANKING}\ninputs.read()",
        trends=f"{code}inputs.read()",
        # Its line does not say that it shows a study's own figures, of which inhabitants are some.
        routes="from analysis.exhibits import inputs\nprint(area)\ninputs.read()",
    )
    # Without persons there is nothing to search a release for.
    few_areas(project)
    return project


@pytest.fixture(scope="module")
def declared(tmp_path_factory) -> Path:
    """A project in which the study is declared, and nothing was run."""
    project = small_project(tmp_path_factory.mktemp("declared"))
    add_study(project)
    return project


@pytest.fixture(scope="module")
def shown(tmp_path_factory) -> list[dict]:
    """What the notebooks show of a district and of the study as a whole, and of the study without any counts."""
    whole = copy_of_the_project(tmp_path_factory.mktemp("shown"))
    few_areas(whole)
    add_study(whole)
    add_study(whole, study="plains", with_counts=False)
    places = ["UGA-ALPHA", STUDY]
    return shown_by(whole, {"incidence": [*places, "plains"], "trends": [*places, "plains"], "routes": [STUDY]})


def of(shown: list[dict], place: str, analysis: str = "", **said: str) -> list[dict]:
    return [
        each
        for each in shown
        if each["place"] == place
        and analysis in ("", each["analysis"])
        and all(each[name] == value for name, value in said.items())
    ]


def findings(shown: list[dict], place: str) -> dict[str, dict]:
    rows = [row for each in of(shown, place, type="Recorded") for row in each["rows"]]
    return {row["finding_id"].partition("/")[2]: row for row in rows}


def cells(html: str) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", html)
    return [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in rows if "<td" in row]


def test_its_counts_are_ranked_by_inhabitants_with_their_limits_and_an_unknown_one_is_an_interval(shown):
    (html,) = [
        each["text"]
        for each in of(shown, STUDY, "incidence", type="HTML")
        if "victims detected, per 100,000" in each["text"]
    ]
    rows = {row[0]: row[1:] for row in cells(html)}
    # 80 of 100,000 in the last year; exact limits after Garwood (1936): chi2(0.025, 160) / 2 and chi2(0.975, 162) / 2.
    assert rows["Alpha"][:5] == ["80", "100,000", "2023", "80.00", "63.44 to 99.57"]
    # Counted as <5, which is 0 to 4: the upper limit of 4 is chi2(0.975, 10) / 2.
    assert rows["Golf"][:5] == ["&lt;5", "100,000", "2023", "0.00 to 4.00", "0.00 to 10.24"]
    # The interval of one other district reaches as high, once all are to hold together.
    assert rows["Alpha"][6] == "1 to 2" and "Ranks allowed" in html
    assert "SYNTHETIC: synthetic counts" in html and "Not those whom nobody found." in html


def test_what_is_drawn_of_synthetic_counts_says_so_in_its_name_and_what_is_real_does_not(shown):
    images = [*of(shown, "UGA-ALPHA", type="Image"), *of(shown, STUDY, type="Image")]
    named = {each["name"]: each["kind"] for each in images}
    own = {"ranking", "maps", "funnel", "smoothed"}
    assert {f"{name}_victims_detected_SYNTHETIC" for name in own} < set(named)
    # What compares the districts is on the page of the study alone.
    assert not [each for each in of(shown, "UGA-ALPHA", type="Image") if each["name"].startswith(tuple(own))]
    assert {"over_the_years_SYNTHETIC", "own_indicators_SYNTHETIC", "turns_1_SYNTHETIC"} < set(named)
    # What UNODC reports of Uganda is real; of what nobody counted there is a sentence instead of a figure.
    assert {"flow_map_unodc", "scope"} < set(named)
    assert not {"detected_by_year", "unodc_victims"} & set(named)
    assert all((kind == "synthetic") == name.endswith("_SYNTHETIC") for name, kind in named.items())
    # Counts of a table are of no person: they may leave as they are.
    assert {each["release_class"] for each in images} == {"public"}


def test_the_trend_of_a_district_is_that_of_its_counts_and_the_study_adds_up_the_years_that_all_districts_know(shown):
    district, whole = findings(shown, "UGA-ALPHA"), findings(shown, STUDY)
    # The first district doubles in nine years: 100 * (2 ** (1 / 9) - 1) = 8.0 percent a year.
    assert float(district["annual_change.victims_detected"]["value"]) == pytest.approx(8.0, abs=0.1)
    assert district["annual_change.victims_detected"]["kind"] == "synthetic"
    # 2023: 80 + 21 + 31 + 41 + 12, and <5, which is 0 to 4; 2014 has no figure of one district, and no sum.
    total = whole["official_persons.victims_detected"]
    assert (float(total["low"]), float(total["high"]), total["period"]) == (185, 189, "2023")
    assert whole["annual_change.victims_detected"]["period"] == "2015/2023"
    assert whole["common_change.victims_detected"]["status"] == "known"


def test_what_nobody_has_found_is_said_and_is_no_zero(shown):
    whole = findings(shown, STUDY)
    assert whole["detected_victims.unodc"]["status"] == "not reported"
    assert whole["route_mentions.origin"]["why"] == "no report on Uganda was read"
    texts = " ".join(each["text"] for each in of(shown, "plains", type="Markdown"))
    assert "No figure is given by which the areas of The Lakes could be compared." in texts
    assert "No figure covers several years." in texts and "a\\_new\\_study.md shows" in texts
    assert not [each["name"] for each in of(shown, "plains") if "SYNTHETIC" in each["name"] + each["text"]]


def test_a_page_lists_the_tables_of_its_own_study_and_none_of_another(shown):
    # One process showed all places, the study without counts last.
    (read,) = (set(each["data_sets"]) for each in of(shown, STUDY, "incidence", type="DataRead"))
    assert {"lakes_counts", "lakes_population", "lakes_areas", "lakes_boundaries", "lakes_sources"} <= read
    assert not [name for name in read if name.startswith("plains")]


def states(project: Path, *selection: str) -> str:
    return run_analysis("status", "--each", *selection, project=project).stdout


@pytest.mark.soak
def test_it_runs_and_is_released_beside_studies_whose_pages_it_leaves_as_they_are(project):
    assert run_analysis("run", "--area", "TR-27", "--analysis", "incidence", project=project, **PLAIN).returncode == 0
    turkish = ("--area", "TR-27", "--analysis", "incidence")
    assert "fresh turkiye/TR-27/incidence" in states(project, *turkish)
    folder = add_study(project)
    assert "fresh turkiye/TR-27/incidence" in states(project, *turkish)
    lakes = [word for place in ("UGA-ALPHA", STUDY) for word in ("--area", place)]
    ran = run_analysis("run", *lakes, project=project, **PLAIN)
    there = analyses_for(STUDY, "none")
    assert ran.returncode == 0 and f"{2 * len(there)} notebooks ran, none failed" in ran.stdout, ran.stdout + ran.stderr
    released = run_analysis("release", project=project)
    assert released.returncode == 0, released.stdout + released.stderr
    for place in ("UGA-ALPHA", STUDY):
        pages = {path.name for path in (project / "reports" / STUDY / place).iterdir()}
        # What shows no synthetic count has no mark.
        marked = {"incidence", "trends"}
        assert pages == {f"{name}_SYNTHETIC.html" if name in marked else f"{name}.html" for name in there}
        page = (project / "reports" / STUDY / place / "incidence_SYNTHETIC.html").read_text(encoding="utf-8")
        assert "<strong>Partly SYNTHETIC:</strong> what is marked so rests on synthetic counts" in page
        # What persons would add is a line on each page, and a way to the demonstration.
        assert "No list of cases and no survey of children in The Lakes has been accepted." in page
        (figure,) = (project / "figures" / STUDY / place).iterdir()
        assert figure.name == "incidence_ranking_victims_detected_SYNTHETIC.png"
        assert b"SYNTHETIC" in figure.read_bytes()
    index = (project / "reports/index.html").read_text(encoding="utf-8")
    assert "Four studies, measured the same way." in index and "The Lakes: six districts" in index
    # What declares a study is a part of what its pages are made of, and of those of no other study.
    table = folder / "indicators.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("Victims detected", "Victims found"), encoding="utf-8")
    catalogue_anew(folder, "indicators")
    assert "stale lakes/UGA-ALPHA/incidence_SYNTHETIC: study indicators has changed" in states(project, *lakes)
    assert "fresh turkiye/TR-27/incidence" in states(project, *turkish)


def test_real_counts_take_the_place_of_synthetic_ones_and_the_mark_goes(declared):
    folder = declared / "data/raw" / STUDY
    listed = yaml.safe_load((folder / "catalog.yml").read_text(encoding="utf-8"))
    (folder / "real.csv").write_bytes((folder / "counts.csv").read_bytes())
    listed["lakes_real_counts"] = {**listed["lakes_counts"], "file": "real.csv", "kind": "public"}
    (folder / "catalog.yml").write_text(yaml.safe_dump(listed, sort_keys=False), encoding="utf-8")
    code = "from analysis import evidence, jobs\nprint(jobs.Job('incidence', 'lakes', 'UGA-ALPHA').page.name)\n"
    code += "print(set(evidence.facts('UGA-ALPHA')['kind']))"
    ran = run_code(code, project=declared)
    del listed["lakes_real_counts"]
    (folder / "catalog.yml").write_text(yaml.safe_dump(listed, sort_keys=False), encoding="utf-8")
    assert ran.stdout.split("\n")[:2] == ["incidence.html", "{'public'}"]


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("study", ",UGA,+proj", ",UGANDA,+proj", "study.csv, row 2, column 'iso3'"),
        ("study", "area_id,world", "area_id,sea", "column 'background': this must be one of"),
        ("areas", "UGA-FOX,lakes", "UGA-FOX,sea", "areas.csv, row 6, column 'study': no table of studies declares"),
        ("counts", "UGA-FOX,2015", "KEN-FOX,2015", "column 'area_id': 'KEN-FOX' is neither an area of the study lakes"),
        ("indicators", "persons,True", "percent,True", "indicators.csv, row 2, column 'compared': this must be False"),
        ("sources", "LAKES_PEOPLE", "WBPOP", "another bibliography has a source 'WBPOP' as well"),
    ],
)
def test_a_fault_in_a_table_is_named_with_file_row_and_column(declared, name, old, new, said):
    table = declared / "data/raw" / STUDY / f"{name}.csv"
    before, catalogue = table.read_bytes(), (table.parent / "catalog.yml").read_bytes()
    assert old.encode() in before
    table.write_bytes(before.replace(old.encode(), new.encode(), 1))
    catalogue_anew(table.parent, name)
    code = "from analysis import areas, indicators\nareas.get('UGA-ALPHA')\nindicators.of('lakes')"
    if name in ("counts", "sources"):
        code = "from analysis import evidence\nevidence.facts('UGA-ALPHA')"
    ran = run_code(code, project=declared)
    table.write_bytes(before)
    (table.parent / "catalog.yml").write_bytes(catalogue)
    assert said in ran.stderr.splitlines()[-1]


def test_sentences_call_the_study_by_its_name_in_each_language(declared):
    code = "from analysis.findings.measures import area_name\n"
    code += "print([area_name('lakes', language) for language in ('en', 'fr', 'pt', 'tr')])"
    ran = run_code(code, project=declared)
    assert ran.stdout.strip() == "['The Lakes', 'Les Lacs', 'The Lakes', 'Göller']"
