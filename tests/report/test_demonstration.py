"""The demonstration of methods: a document of its own on persons who do not exist, whose every page says so."""

import io
import re

import pandas as pd
import pypdf
import pytest
import report_material as m

from analysis import areas
from analysis.batch import report as batch
from analysis.findings.finding import as_table
from analysis.jobs import SYNTHETIC
from analysis.report import edition, typeset
from analysis.report.writer import Shown

STUDIES = [name for name, study in areas.STUDIES.items() if study.is_synthetic]


def table(study: str) -> pd.DataFrame:
    """Findings on a study as a whole, of what the demonstration asks for and of what it does not."""
    said = {"kind": "synthetic", "release_class": "protected"}
    rows = [
        m.found(study, "recorded_persons", 4321, **said),
        m.found(study, "estimated_total", low=5000, high=9000, interval="confidence", **said),
        m.found(study, "prevalence.trafficked", status="withheld", why="Too few.", **said),
        m.found(study, "odds_ratio.child_labour.boys", 2, **said),
        m.found(study, "odds_ratio.working.boys", 7, **said),
        # Of an area, not of the whole.
        m.found(areas.ids(study)[0], "recorded_persons", 1111, **said),
    ]
    return as_table([each.row() for each in rows])


def shown(analysis: str, area_id: str, stem: str) -> Shown | None:
    return Shown(m.picture(), f"SYNTHETIC: {stem}. Described *as* it is.", True) if analysis == "case_records" else None


@pytest.fixture(scope="module")
def paper() -> typeset.Paper:
    return edition.demonstration({study: table(study) for study in STUDIES}, shown)


@pytest.fixture(scope="module")
def page(paper) -> m.Read:
    return m.Read(m.fragment(paper.markdown))


def test_every_page_says_synthetic(paper):
    reader = pypdf.PdfReader(io.BytesIO(typeset.pdf(paper)))
    assert len(reader.pages) > len(STUDIES) and "SYNTHETIC" in paper.title and paper.synthetic
    # The watermark, and the foot.
    assert all(page.extract_text().count("SYNTHETIC") >= 2 for page in reader.pages)
    assert reader.metadata.keywords == "SYNTHETIC"


def test_every_statement_says_synthetic_before_it(paper):
    items = [m.Read(each).text for each in re.findall(r"<li>(.*?)</li>", m.fragment(paper.markdown), re.DOTALL)]
    assert len(items) == 3 * len(STUDIES) and all(each.startswith("SYNTHETIC. ") for each in items)


def test_what_is_known_of_a_study_as_a_whole_is_said_and_how_much_is_suppressed(page):
    for number, times in (("4,321", 1), ("5,000", 1), ("1,111", 0)):
        assert page.text.count(number) == times * len(STUDIES)
    # Six findings, of which five are known and one is suppressed.
    assert len(re.findall(r"\b6\b\D*\b5\b\D*\b1\b", page.text)) == len(STUDIES)
    assert page.levels.count(1) == len(STUDIES) and set(page.levels) == {1, 2} and set(STUDIES) <= set(page.ids)


def test_a_question_without_an_answer_is_left_out(page):
    # How many persons, and who is at risk: of the others nothing is stated and no figure is shown.
    assert page.levels.count(2) == 2 * len(STUDIES)


def test_figures_are_counted_through_and_described(page, paper):
    described = [said["alt"] for tag, said in page.tags if tag == "img"]
    assert described == ["SYNTHETIC: by_year. Described *as* it is."] * len(STUDIES) and len(paper.pictures) == len(
        STUDIES
    )
    assert re.findall(r"Figure (\d+)\.", page.text) == [str(n) for n in range(1, len(STUDIES) + 1)]


@pytest.mark.parametrize("alt", ['It is said "so"', "A \\ b. C & <d>", 'SYNTHETIC: "a". b'])
def test_a_description_is_said_letter_by_letter(alt: str):
    found = edition.demonstration({STUDIES[0]: table(STUDIES[0])}, lambda *_: Shown(m.picture(), alt, True))
    assert {said["alt"] for tag, said in m.Read(m.fragment(found.markdown)).tags if tag == "img"} == {alt}


def test_the_name_of_its_files_begins_with_that_of_its_folder_and_says_synthetic(monkeypatch):
    monkeypatch.setattr(batch, "demonstrated", lambda: STUDIES)
    monkeypatch.setattr(batch.collected, "read", table)
    monkeypatch.setattr(batch, "shown_by_notebook", shown)
    made = batch.printed(batch.ToPrint())
    (folder,) = {each.parent.name for each in batch.report_pages() if each.suffix == ".pdf"}
    assert [name.partition(".")[2] for name in made] == ["pdf", "docx"]
    assert all(name.startswith(folder) for name in made) and folder.endswith(SYNTHETIC)
    # It is no file of the report's own folder.
    assert not any(name.startswith(batch.NAME) for name in made) and batch.folder().name != folder
