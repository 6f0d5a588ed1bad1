"""The guide on a list of case records, followed word for word in a project that has no folder of the study yet."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml
from projects import ROOT, copy_of_the_project, run_analysis

GUIDE = ROOT / "docs/how_to/read_case_records.md"
DOCUMENTS = [*ROOT.glob("docs/**/*.md"), ROOT / "README.md"]
# The file that the guide describes: the columns that it names, and in cell B4 a day that there is not.
LIST = """\
No;Tarih;Dogum tarihi;Cinsiyet;Il;Uyruk;Notlar
1;01.02.2021;05.03.2009;K;Kilis;Suriye;
2;03.2021;2008;E;Gaziantep;TR;
3;31.02.2021;2007;E;Kilis;TR;
4;05.06.2022;01.01.2010;K;Hatay;SY;
"""


def blocks(language: str) -> list[str]:
    """What stands in the guide as code of a language; commands are of none."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.S | re.M)
    return [text.strip() for each, text in found if each == language]


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    made = copy_of_the_project(tmp_path_factory.mktemp("guide"))
    (made / "hotline.csv").write_text(LIST, encoding="utf-8")
    return made


def test_the_guide_works_word_for_word(project):
    typed = [line for block in blocks("") for line in block.splitlines()]
    said = {}
    for line in typed:
        if line.startswith(".venv/bin/python -m analysis check") and "--accept" not in line:
            (mapping,) = blocks("yaml")
            (project / "data/raw/turkiye/hotline.mapping.yml").write_text(mapping, encoding="utf-8")
        if line.startswith(".venv/bin/python -m analysis"):
            words = shlex.split(line)[3:]
            # A path is typed in the folder of the project.
            words = [str(project / word) if word.startswith("data/") else word for word in words]
            ended = run_analysis(*words, project=project)
            said[line] = ended.stdout
        elif line.startswith("make"):
            continue  # what a run makes of lists is tested elsewhere
        else:
            ended = subprocess.run(line, shell=True, cwd=project, capture_output=True, text=True)
        assert ended.returncode == 0, f"{line}: {ended.stderr}"
    (shown,) = blocks("text")
    (checked,) = [text for line, text in said.items() if " check " in line and "--accept" not in line]
    assert checked.startswith(f"{shown}\n")
    listed = yaml.safe_load((project / "data/raw/turkiye/catalog.yml").read_text(encoding="utf-8"))
    assert listed["turkiye_hotline"]["purpose"] == "incidence in nine provinces"


def test_no_document_copies_a_file_into_a_folder_of_a_study_that_may_not_be_there():
    copied = [
        (path, line, text)
        for path in DOCUMENTS
        for text in re.findall(r"^```.*?^```", path.read_text(encoding="utf-8"), re.S | re.M)
        for line in text.splitlines()
        if re.search(r"\bcp .* data/raw/[a-z_]+/", line)
    ]
    assert len(copied) >= 3
    for path, line, text in copied:
        folder = re.search(r"data/raw/[a-z_]+", line)
        assert folder and re.search(rf"mkdir -p {folder[0]}\b", text), f"{path.name}: {line}"
