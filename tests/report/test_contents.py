"""The document of the report: its parts, its numbers, its languages, and what says SYNTHETIC, from small texts."""

import re
from pathlib import Path

import pandas as pd
import pytest
import yaml
from refusals import refused

from analysis import areas
from analysis.analyses import ALL
from analysis.catalog import Dataset
from analysis.findings.finding import COLUMNS, INTERVALS, KINDS, STATUSES, Finding, as_table
from analysis.findings.measures import LANGUAGES, UNITS
from analysis.jobs import ANALYSES
from analysis.monitoring.comparison import KINDS_OF_CHANGE, changes
from analysis.plots import Footer, png
from analysis.plots.style import nothing
from analysis.recommendations import MET, NOT_KNOWN, NOT_MET
from analysis.recommendations import texts as written
from analysis.report.chapters import BY_WEIGHT, UNCHANGED
from analysis.report.contents import Shown, document
from analysis.report.document import Document, Picture, Prose, Rows, Section
from analysis.report.material import frame
from analysis.report.references import FaultyTexts, UnknownReference, check, faults

METHOD = "Read from the reports of UNODC (2025)."
LIMITS = "Detected, not incidence."
WHY = "No figure was sent for any year."
PNG = png(nothing(title="A figure", footer=Footer("a test", "2020", "3", "none")))


def detected(area_id: str, value: float | None = None, **said: object) -> Finding:
    place = areas.get(area_id)
    known = {"value": value, "period": "2020", "n": value} if value is not None else {"period": ""}
    if value is None and "low" not in said:
        known |= {"status": "not reported", "why": WHY}
    return Finding(place, "detected_victims", **{"item": "unodc", "method": METHOD, "limits": LIMITS, **known, **said})


FINDINGS = [
    detected("west_africa", 900),
    detected("SEN", 1234),
    detected("GMB", low=1, high=4, interval="figure", period="2019"),
    detected("TGO"),
    detected("MLI", 300),
    detected("NGA", low=600, high=float("inf"), interval="figure"),
    detected("turkiye", 240, item="us_reports"),
    detected("TR-27", 56, item="us_reports", kind="synthetic", release_class="protected"),
    detected("cabo_verde", 5),
]
TEXT = {
    "summary": "# Summary\n\nSenegal: [[SEN/detected_victims.unodc]], all: [[west_africa/detected_victims.unodc]].\n",
    "turkiye": "# Türkiye\n\nPublic.\n\n## Invented\n\nIn Gaziantep [[TR-27/detected_victims.us_reports]] & more.\n",
    "limits": "# Limits\n\nIn Togo: [[TGO/detected_victims.unodc|sentence]]\n",
}
OUTLINE = {
    "summary": ["SEN/detected_victims.unodc", "west_africa/detected_victims.unodc"],
    "chapters": {
        "turkiye": {"findings": ["turkiye/detected_victims.us_reports"], "figures": []},
        "west_africa": {
            "findings": ["MLI/detected_victims.unodc", "SEN/detected_victims.unodc"],
            "figures": [{"analysis": "incidence", "area": "SEN", "name": "detected"}],
        },
        "cabo_verde": {"findings": ["cabo_verde/detected_victims.unodc"], "figures": []},
    },
    "areas": {
        "measures": ["detected_victims"],
        "figures": {
            "turkiye": [{"analysis": "incidence", "name": "detected"}],
            "west_africa": [{"analysis": "trends", "name": "nowhere"}, {"analysis": "incidence", "name": "detected"}],
            "cabo_verde": [],
        },
    },
}


def advice(study: str, condition: object, **said: object) -> dict:
    text = {"en": f"Ask in {study}.", "fr": f"Demander : {study}."}
    return {
        **{"study": study, "text": text, "addressee": text, "action": text, "priority": "high"},
        **{"time_frame": "within_1_year", "sdg": ["8.7"], "rests_on": condition, **said},
    }


RECOMMENDATIONS = {
    "WA-met": advice("west_africa", {"finding": "SEN/detected_victims.unodc", "above": 1000}),
    "WA-open": advice("west_africa", {"finding": "TGO/detected_victims.unodc", "above": 0}, areas=["TGO"]),
    "WA-not": advice("west_africa", {"finding": "MLI/detected_victims.unodc", "above": 1000}),
    "TR-invented": advice("turkiye", {"finding": "TR-27/detected_victims.us_reports", "above": 10}, areas=["TR-27"]),
}
COMMITMENTS = {
    "islands": {
        "title": {"en": "Islands", "fr": "Îles"},
        "text": {"en": "Assess all islands."},
        "source": "https://www.icmpd.org/news/2021",
        "activities": [
            {
                "text": {"en": "Count."},
                "outputs": ["incidence", "report"],
                "rests_on": {"finding": "cabo_verde/detected_victims.unodc", "kind": "public"},
            },
            {"text": {"en": "Meet."}, "outputs": ["report"]},
        ],
    }
}
LESSONS = {
    "L1": {
        "text": {
            "en": "Few are known: [[GMB/detected_victims.unodc]].",
            "pt": "Poucos: [[GMB/detected_victims.unodc]].",
        }
    }
}
DATASETS = [
    Dataset("public_one", "a.csv", "Public counts", "public", "CC0", "UNODC", "read", "2026-03-04", "a" * 64),
    Dataset("invented", "synthetic/b.csv", "Invented list", "synthetic", "CC0", "us", "made", "2025-01-01", "b" * 64),
    Dataset("secret", "turkiye/c.csv", "List of Kanaryaoglu", "confidential", "none", "police", "x", "2024", "c" * 64),
]


def folder_of_texts(folder: Path) -> Path:
    (folder / "chapters" / "en").mkdir(parents=True)
    (folder / "chapters" / "fr").mkdir()
    for name in written.CHAPTERS:
        (folder / "chapters" / "en" / f"{name}.md").write_text(TEXT.get(name, f"# {name}\n\nWords on {name}.\n"))
    (folder / "chapters" / "fr" / "summary.md").write_text(
        "# Résumé\n\nAu total [[west_africa/detected_victims.unodc]].\n"
    )
    for name, said in (
        *(("recommendations", RECOMMENDATIONS), ("commitments", COMMITMENTS), ("lessons", LESSONS)),
        *(("terms", {"sdg": {"en": "SDG target 8.7"}}), ("report", OUTLINE)),
    ):
        (folder / f"{name}.yml").write_text(yaml.safe_dump(said, allow_unicode=True, sort_keys=False))
    return folder


INPUTS = "public_one:0123;secret:4567"


@pytest.fixture(scope="module")
def pledge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_of_texts(tmp_path_factory.mktemp("texts") / "pledge")


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rows = [
        {**finding.row(), "notebook": "notebooks/incidence.ipynb", "notebook_sha256": "d" * 64, "inputs": INPUTS}
        for finding in FINDINGS
    ]
    return as_table(rows)


def shown(analysis: str, area_id: str, name: str) -> Shown | None:
    if (analysis, name) != ("incidence", "detected"):
        return None
    return Shown(PNG, f"Detected in {area_id}. Few are known.", area_id == "TR-27")


def document_of(language: str, pledge: Path, table: pd.DataFrame, changes: pd.DataFrame | None = None) -> Document:
    return document(language, table, written.read(pledge), shown, changes, DATASETS)


@pytest.fixture(scope="module")
def made(pledge: Path, table: pd.DataFrame) -> dict[str, Document]:
    return {language: document_of(language, pledge, table) for language in LANGUAGES}


def sections(found: Document) -> dict[str, Section]:
    every = [section for chapter in found.chapters for section in chapter.every()]
    assert len({section.section_id for section in every}) == len(every)
    return {section.section_id: section for section in every}


def html_of(section: Section) -> str:
    return "".join(block.html for block in section.blocks if isinstance(block, Prose))


def tables(section: Section) -> list[Rows]:
    return [block for block in section.blocks if isinstance(block, Rows)]


def test_the_report_has_its_parts_in_their_order(made: dict[str, Document], pledge: Path):
    found = made["en"]
    assert [chapter.section_id for chapter in found.chapters] == [
        *("summary", "pledge", "method", "ethics", "limits", "turkiye", "west_africa", "cabo_verde"),
        *("recommendations", "changes", "lessons", "dictionary", "sources"),
        *("findings-turkiye", "findings-west_africa", "findings-cabo_verde", "provenance"),
    ]
    pages = [section for section in sections(found).values() if section.kind == "area"]
    assert len(pages) == 9 + 16 + 10
    assert {section.section_id for section in pages} >= {"area-TR-27", "area-SEN", "area-CPV-SAL"}
    assert found.state == "State of the data: 4 Mar 2026"


def test_numbers_are_given_once_in_the_order_of_first_use_and_are_those_of_all_languages(made: dict[str, Document]):
    numbers = []
    for language in LANGUAGES:
        annex = [
            rows
            for chapter in made[language].chapters
            if chapter.section_id.startswith("findings-")
            for rows in tables(chapter)
        ]
        words = frame(language)
        numbers.append(
            {
                f"{place}/{row[words('columns', 'id')]}": row[words("columns", "number")]
                for rows in annex
                for place in re.findall(r"\(([\w-]+)\)$", rows.caption)
                for row in rows.table.to_dict("records")
            }
        )
    # The summary's list, then limits, the chapters and their areas in the order of the studies.
    assert numbers[0] == {
        "SEN/detected_victims.unodc": "F1",
        "west_africa/detected_victims.unodc": "F2",
        "TGO/detected_victims.unodc": "F3",
        "turkiye/detected_victims.us_reports": "F4",
        "TR-27/detected_victims.us_reports": "F5",
        "MLI/detected_victims.unodc": "F6",
        "GMB/detected_victims.unodc": "F7",
        "NGA/detected_victims.unodc": "F8",
        "cabo_verde/detected_victims.unodc": "F9",
    }
    assert numbers[1:] == numbers[:1] * 3


def test_every_link_leads_to_an_anchor_and_no_table_of_a_page_has_one_twice(made: dict[str, Document]):
    for language in LANGUAGES:
        found = made[language]
        anchors = set(sections(found))
        for section in sections(found).values():
            own = [anchor for rows in tables(section) for anchor in rows.anchors]
            assert len(own) == len(set(own))
            anchors.update(own)
        links = re.findall(r'href="#([^"]+)"', "".join(html_of(section) for section in sections(found).values()))
        assert len(links) > 10
        assert set(links) <= anchors


def test_figures_and_tables_are_counted_through_and_no_name_stands_twice(made: dict[str, Document]):
    found = made["tr"]
    blocks = [block for section in sections(found).values() for block in section.blocks]
    for kind in (Picture, Rows):
        assert [block.number for block in blocks if isinstance(block, kind)] == list(
            range(1, sum(isinstance(block, kind) for block in blocks) + 1)
        )
    names = [block.name for block in blocks if not isinstance(block, Prose)]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z0-9_-]+", name) for name in names)


def test_a_chapter_without_a_translation_stands_in_english_and_says_so(made: dict[str, Document]):
    parts = sections(made["fr"])
    summary = [block for block in parts["summary"].blocks if isinstance(block, Prose)]
    assert summary[0].language == "fr"
    assert "Au total" in summary[0].html
    limits = parts["limits"].blocks
    assert [block.language for block in limits] == ["fr", "en"]
    assert "anglais" in limits[0].html
    # What is quoted in an English text is in English, too.
    assert WHY.rstrip(".") in limits[1].html
    assert "anglais" not in html_of(sections(made["en"])["limits"])


def test_what_rests_on_invented_persons_says_so_wherever_it_stands(made: dict[str, Document]):
    for language in LANGUAGES:
        found = made[language]
        parts = sections(found)
        assert found.synthetic
        assert {name for name, section in parts.items() if section.kind == "area" and section.synthetic} == {
            "area-TR-27"
        }
        assert parts["turkiye"].synthetic and parts["findings-turkiye"].synthetic
        assert not parts["west_africa"].synthetic and not parts["cabo_verde"].synthetic
        assert html_of(parts["turkiye"]).count('<span class="synthetic">SYNTHETIC</span> In Gaziantep') == 1
        for section in parts.values():
            for rows in tables(section):
                said = [" ".join(map(str, row)) for row in rows.table.itertuples(index=False)]
                invented = [row for row in said if re.search(r"\bF5\b|TR-invented", row)]
                assert all("SYNTHETIC" in row for row in invented)
                assert rows.synthetic or not invented
        assert "SYNTHETIC" in html_of(parts["recommendation-TR-invented"])
        assert "SYNTHETIC" in html_of(parts["area-TR-27"])


def test_recommendations_that_the_findings_do_not_support_come_first(made: dict[str, Document], table: pd.DataFrame):
    parts = sections(made["fr"])
    study = parts["recommendations-west_africa"]
    assert [part.section_id for part in study.parts] == [
        *("recommendation-WA-not", "recommendation-WA-open", "recommendation-WA-met"),
    ]
    (rows,) = tables(study)
    assert list(rows.table["État"]) == ["non remplie", "inconnu", "remplie"]
    assert rows.language == "fr"
    # Without a Turkish text the whole table is in English.
    (english,) = tables(sections(made["tr"])["recommendations-west_africa"])
    assert english.language == "en"
    assert list(english.table["State"]) == ["not met", "not known", "met"]
    said = html_of(parts["recommendation-WA-open"])
    assert '<a href="#finding-3">F3</a>' in said
    assert "Demander : west_africa." in said


def test_the_page_of_an_area_has_its_findings_its_figure_its_advice_and_its_analyses(made: dict[str, Document]):
    page = sections(made["pt"])["area-TGO"]
    (rows,) = tables(page)
    assert rows.anchors == ("finding-3",)
    (said,) = rows.table["Resultado"]
    assert said.startswith("Togo: nada se afirma") and said.endswith("(não comunicado).")
    assert 'lang="en"' in html_of(page) and WHY in html_of(page)
    (picture,) = [block for block in page.blocks if isinstance(block, Picture)]
    assert picture.png == PNG
    assert "Detected in TGO. Few are known." in html_of(page)
    said = html_of(page)
    assert 'href="#recommendation-WA-open"' in said and 'href="#recommendation-WA-met"' in said
    assert 'href="../../west_africa/TGO/incidence.html"' in said
    # Not one word of another language without its mark: the reasons are English.
    assert WHY not in re.sub(r'<(\w+) lang="en">.*?</\1>', "", said, flags=re.DOTALL)


def test_figures_are_drawn_from_findings_in_the_language_of_the_reader(made: dict[str, Document]):
    picture = next(block for block in sections(made["fr"])["west_africa"].blocks if isinstance(block, Picture))
    # Gambia and Nigeria are known by bounds, Togo is not known, eleven are not stated at all.
    assert "4 connus sur 5" in picture.caption
    assert "Gambie\u00a0: entre 1 et 4" in picture.alt
    assert "Togo\u00a0: non déclaré" in picture.alt
    assert "1\u202f234" in picture.alt
    assert not picture.synthetic


def test_commitments_show_their_state_and_what_shows_it(made: dict[str, Document]):
    (rows,) = tables(sections(made["en"])["commitment-islands"])
    assert rows.table.to_dict("records") == [
        {"Activity": "Count.", "Output": "incidence, report", "Evidence": "F9", "State": "met"},
        {"Activity": "Meet.", "Output": "report", "Evidence": "–", "State": "not known"},
    ]


def test_titles_are_in_the_language_of_the_document_whatever_is_translated(made: dict[str, Document]):
    assert sections(made["fr"])["commitment-islands"].title == "Îles"
    turkish = sections(made["tr"])["commitment-islands"]
    assert turkish.title == "Tüm çalışmalar (islands)"
    assert '<p lang="en"><strong>Islands</strong></p>' in html_of(turkish)
    assert "yalnızca İngilizcedir" in turkish.blocks[0].html


def test_changes_are_counted_and_listed_the_weightiest_first(
    made: dict[str, Document], pledge: Path, table: pd.DataFrame
):
    then = table.copy()
    then.loc[then["finding_id"] == "SEN/detected_victims.unodc", ["value", "low", "high"]] = 200.0
    then.loc[then["finding_id"] == "MLI/detected_victims.unodc", ["value", "low", "high"]] = 301.0
    parts = sections(document_of("tr", pledge, table, changes(then, table)))
    counted, listed = tables(parts["changes"])
    assert dict(zip(counted.table["Değişim"], counted.table["Bulgular"], strict=True)) == {
        "değişmedi": "7",
        "belirsizlik içinde değişti": "1",
        "belirsizliğin ötesinde değişti": "1",
    }
    assert listed.table[["Önce", "Şimdi"]].values.tolist() == [["200", "1.234"], ["301", "300"]]
    assert "Henüz" in html_of(sections(made["tr"])["changes"])


def test_confidential_data_are_not_named(made: dict[str, Document]):
    section = sections(made["en"])["sources"]
    whole = html_of(section) + "".join(rows.table.to_csv() for rows in tables(section))
    assert "Kanaryaoglu" not in whole and "c" * 64 not in whole
    assert "confidential" in whole
    (notebooks,) = tables(sections(made["en"])["provenance"])
    assert notebooks.table["Data set"].tolist() == ["public_one"]
    assert notebooks.table["Findings"].tolist() == ["9"]
    assert "SYNTHETIC: Invented list" in whole and "a" * 64 in whole


def test_the_annex_explains_every_column_and_every_method(made: dict[str, Document]):
    parts = sections(made["en"])
    columns, measures, methods, limits, reasons = tables(parts["dictionary"])
    assert tuple(columns.table["Column"]) == COLUMNS
    assert measures.table["Measure"].tolist() == ["detected_victims"]
    assert methods.table.values.tolist() == [["M1", METHOD]]
    assert limits.table.values.tolist() == [["L1", LIMITS]]
    assert reasons.table.values.tolist() == [["W1", WHY]]
    lines = [row for rows in tables(parts["findings-west_africa"]) for row in rows.table.to_dict("records")]
    assert {line["No."]: line["Codes"] for line in lines if line["No."] in ("F1", "F3")} == {
        "F1": "M1 L1",
        "F3": "M1 L1 W1",
    }
    assert {rows.language for rows in (methods, limits, reasons)} == {"en"}


def test_a_reference_that_leads_nowhere_stops_the_report_and_says_where(tmp_path: Path, table: pd.DataFrame):
    pledge = folder_of_texts(tmp_path / "pledge")
    path = pledge / "chapters" / "en" / "limits.md"
    path.write_text("# Limits\n\nMore than nine: [[SEN/detected_victims.undoc]].\n")
    with refused(UnknownReference, "unknown_reference", "pledge/chapters/en/limits.md"):
        document_of("en", pledge, table)
    with refused(FaultyTexts, "faulty_texts", "limits.md", "line 3", "11", "'nine'"):
        check(pledge, table)
    found = faults(pledge, table)
    assert [(fault.file, fault.line, fault.column) for fault in found] == [
        ("pledge/chapters/en/limits.md", 3, 11),
        ("pledge/chapters/en/limits.md", 3, 17),
    ]


def test_the_same_findings_give_the_same_report(made: dict[str, Document], pledge: Path, table: pd.DataFrame):
    shuffled = table.sample(frac=1, random_state=3).sort_values("finding_id", ignore_index=True)
    one, other = made["fr"], document_of("fr", pledge, shuffled)
    assert repr(one.chapters) == repr(other.chapters)


def test_all_frames_have_the_same_words_and_fields():
    def phrases(said: dict, path: str = "") -> dict[str, str]:
        found: dict[str, str] = {}
        for name, value in said.items():
            found |= phrases(value, f"{path}{name}/") if isinstance(value, dict) else {f"{path}{name}": str(value)}
        return found

    english = phrases(dict(frame("en").said))
    for language in LANGUAGES[1:]:
        other = phrases(dict(frame(language).said))
        assert set(other) == set(english)
        for name, phrase in english.items():
            assert set(re.findall(r"\{\w+\}", other[name])) == set(re.findall(r"\{\w+\}", phrase)), (language, name)


def test_the_frame_has_words_for_all_that_there_can_be():
    said = frame("en").said
    assert set(said["columns_of_findings"]) == set(COLUMNS)
    assert set(said["units"]) == set(UNITS)
    assert set(said["statuses"]) == set(STATUSES)
    assert set(said["intervals"]) == set(INTERVALS)
    assert set(said["kinds"]) == set(KINDS)
    assert said["analyses"] == {name: each.name for name, each in ALL.items()}
    assert set(said["outputs"]) | set(ANALYSES) == set(written.OUTPUTS)
    assert set(said["states"]) == {MET, NOT_MET, NOT_KNOWN}
    assert set(said["priorities"]) == set(written.PRIORITIES)
    assert set(said["time_frames"]) == set(written.TIME_FRAMES)
    assert set(said["kinds_of_change"]) == set(KINDS_OF_CHANGE) == {UNCHANGED, *BY_WEIGHT}
    assert set(said["of_study"]) == {*areas.reported(), ""}
