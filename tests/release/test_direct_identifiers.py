"""What a list is called is no public text: what tells of a person there is refused, or found by the search."""

import json
import shutil
import subprocess

import pytest
from projects import CANARIES, add_case_lists, add_survey, copy_of_the_project, run_analysis, run_code

from analysis.catalog import identifying

NUMBERS = [
    *("asked on 0532 971 17 59", "document 99100055433", "+238 991 23 45", "9912345", "(0532)971-17-59"),
    *("٠٥٣٢٩٧١١٧٥٩", "0532\u00a0971\u00a017\u00a059", "U123456", "PA 123456", "123456A", "letter 2023-0012345"),
    *("seen 01.02.2023, 0532.971.17.59", "2019 0532 971 17 59", "0532 971 17 59, 2023-02-01"),
]
OTHERS = [
    *("Police list, 2019-2023", "export of 01.02.2023", "file of 2023-02-01 to 2023-12-31", "export20230131.xlsx"),
    *("List 3 (01.02.2023)", "01.01.2019-31.12.2023", "letter 2023/1458", "Law no. 5395 of 2005", "2019/2020/2021"),
    *("rows 1 to 898", "1,234,567 rows", "Q1/2023", "CC BY 4.0", "12:30 on 3 May 2023", "03/2019 - 04/2020", ""),
]


@pytest.mark.parametrize("text", NUMBERS)
def test_a_number_of_somebodys_in_what_is_said_of_a_list_is_refused_with_its_field_and_not_shown(text):
    sentence = identifying({"title": "A list", "cautions": ["none", text]})
    assert sentence.startswith("`cautions:` holds what looks like ") and "number of a document" in sentence
    assert sentence.endswith(".") and text not in sentence


@pytest.mark.parametrize("text", ["ask a.b@example.org", "<x@example.com>"])
def test_an_address_is_refused(text):
    assert identifying({"source": text}).startswith("`source:` holds what looks like an e-mail address")


@pytest.mark.parametrize("text", OTHERS)
def test_days_years_and_small_numbers_are_none(text):
    assert identifying({"source": text, "title": None}) == ""


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    return copy_of_the_project(tmp_path_factory.mktemp("told"))


@pytest.fixture
def lists(shared):
    """The folder of two confidential lists, as they were written, and of nothing else."""
    shutil.rmtree(shared / "data/raw/turkiye", ignore_errors=True)
    return add_case_lists(shared)


def edit(path, before, after):
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


SAID = """
import json
from analysis.release import direct_identifiers
print(json.dumps(sorted(direct_identifiers.of_study("turkiye"))))
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", CANARIES[:2])
def test_a_word_that_only_the_list_and_what_it_is_called_have_is_searched_for(shared, lists, name):
    edit(lists / "catalog.yml", "title: Children known to the police", f"title: File of {name}")
    edit(lists / "police.mapping.yml", "source: written by a test", f"source: told by {name}")
    ended = run_code(SAID, project=shared)
    assert ended.returncode == 0, ended.stderr
    assert name in json.loads(ended.stdout)
    ended = run_analysis("check", "data/raw/turkiye/police.csv", "data/raw/turkiye/shelter.csv", project=shared)
    (line,) = [line for line in ended.stdout.splitlines() if "say it in other words" in line]
    assert line.startswith("  caution: `source:` of data/raw/turkiye/police.mapping.yml has what the file has as ")
    assert name not in ended.stdout + ended.stderr


@pytest.mark.slow
def test_a_number_in_a_catalogue_or_a_mapping_stops_the_study_with_file_and_field(shared, lists):
    edit(lists / "police.mapping.yml", "source: written by a test", "source: asked on 0532 971 17 59")
    ended = run_analysis("check", "data/raw/turkiye/police.csv", project=shared)
    assert ended.returncode == 2
    assert "data/raw/turkiye/police.mapping.yml: `source:` holds what looks like a telephone number" in ended.stderr
    add_case_lists(shared)
    edit(lists / "catalog.yml", "source: written by a test", "source: ask x@example.org")
    status = run_analysis("status", "--study", "turkiye", project=shared)
    said = " ".join((status.stdout + status.stderr).split())
    assert "data/raw/turkiye/catalog.yml: the entry 'turkiye_police': `source:` holds what looks like an e-mail" in said
    assert "0532 971" not in ended.stderr and "x@example.org" not in said


@pytest.mark.slow
def test_what_is_said_of_a_survey_is_as_strict(shared, lists):
    folder = add_survey(shared)
    described = folder / "survey.survey.yml"
    edit(described, "\nsource: ", "\nsource: asked on 0532 971 17 59, ")
    ended = run_analysis("check", "data/raw/turkiye/survey.csv", project=shared)
    assert "data/raw/turkiye/survey.survey.yml: `source:` holds what looks like a telephone number" in ended.stderr


@pytest.mark.slow
def test_what_somebody_works_on_is_no_public_text_before_it_is_committed(shared, lists, tmp_path):
    project = shutil.copytree(shared, tmp_path / "project")
    (project / "docs").mkdir(exist_ok=True)
    (project / "docs/first.md").write_text(f"On {CANARIES[1]}.\n", encoding="utf-8")

    def git(*arguments):
        who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *who, *arguments], cwd=project, capture_output=True, check=True)

    def searched_for():
        ended = run_code(SAID, project=project)
        assert ended.returncode == 0, ended.stderr
        return {*json.loads(ended.stdout)} & {*CANARIES}

    git("init", "-q")
    git("add", "docs", "packages", "src", "notebooks")
    git("commit", "-q", "-m", "First")
    assert CANARIES[1] not in searched_for()
    (project / "data/raw/turkiye/README.md").write_text(f"On {CANARIES[0]}.\n", encoding="utf-8")
    (project / "docs/notes.md").write_text(f"On {CANARIES[2]}.\n", encoding="utf-8")
    assert {CANARIES[0], CANARIES[2]} <= searched_for()
    git("add", "docs/notes.md")
    assert CANARIES[2] in searched_for()
    git("commit", "-q", "-m", "Second")
    assert CANARIES[2] not in searched_for() and CANARIES[0] in searched_for()
