"""The tutorial on a new study leads from its files to its pages, if its commands are typed as they are printed."""

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest
from projects import PLAIN, ROOT, copy_of_the_project, environment_of

TUTORIAL = ROOT / "docs/tutorial/a_new_study.md"
PAGES = ("reports/ghana/GH-AA/incidence_SYNTHETIC.html", "reports/ghana/ghana/incidence_SYNTHETIC.html")
# The 16 regions as ISO 3166-2:GH has had them since 22 November 2019.
REGIONS = (
    "Ahafo", "Ashanti", "Bono", "Bono East", "Central", "Eastern", "Greater Accra", "North East", "Northern", "Oti",
    "Savannah", "Upper East", "Upper West", "Volta", "Western", "Western North",
)  # fmt: skip

# One run of two areas, and a release: longer than a push should wait.
pytestmark = pytest.mark.soak


@dataclass
class Step:
    """A block of commands, the lines that the tutorial shows of their output, and whether it says they are refused."""

    commands: str
    shown: list[str]
    refused: bool
    output: str = ""
    code: int = 0


def steps() -> list[Step]:
    """The blocks of the numbered sections: what stands before them is done once, and after them takes longer."""
    text = TUTORIAL.read_text(encoding="utf-8")
    sections = re.findall(r"^## \d+\. .*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    found = []
    for block, between, output in re.findall(
        r"```sh\n(.*?)```\n(?:((?:(?!```).)*?)```text\n(.*?)```)?", "".join(sections), re.DOTALL
    ):
        found.append(Step(block, output.splitlines(), "refused" in between))
    return found


@pytest.fixture(scope="module")
def followed(tmp_path_factory) -> tuple[Path, list[Step]]:
    """The project after all commands were typed, and what each block printed."""
    project = copy_of_the_project(tmp_path_factory.mktemp("tutorial"))
    shutil.copytree(ROOT / "docs/tutorial", project / "docs/tutorial")
    (project / ".venv").symlink_to(sys.prefix)
    done = steps()
    for step in done:
        ran = subprocess.run(
            ["bash", "-e", "-c", step.commands],
            cwd=project,
            env={**environment_of(project), **PLAIN},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        step.output, step.code = ran.stdout + ran.stderr, ran.returncode
        assert (step.code != 0) == step.refused, f"{step.commands}\n{step.output}"
    return project, done


class _Tables(HTMLParser):
    """The rows of all tables of a page, as lists of the texts of their cells."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.in_cell = False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th") and self.rows:
            self.rows[-1].append("")
            self.in_cell = True

    def handle_endtag(self, tag):
        self.in_cell = self.in_cell and tag not in ("td", "th")

    def handle_data(self, data):
        if self.in_cell:
            self.rows[-1][-1] += data


def test_the_tutorial_has_commands_from_the_files_to_the_release():
    typed = "".join(step.commands for step in steps())
    assert [
        word for word in ("cp -r", "check", "sed", "--accept", "--areas", "run --area", "release") if word not in typed
    ] == []
    assert [step.refused for step in steps()].count(True) == 1


def test_what_is_shown_of_the_output_is_what_is_printed(followed):
    _, done = followed
    shown = [(line.strip(), step) for step in done for line in step.shown]
    assert len(shown) >= 6
    assert [line for line, step in shown if line not in step.output] == []


def test_the_first_check_names_the_cell_and_writes_nothing(followed):
    _, done = followed
    refused = next(step for step in done if step.refused)
    assert "counts_SYNTHETIC.csv, row 14, column '2019': '1O'" in refused.output
    # The check after it wrote nothing either, so that the study could be written without --again.
    assert "--again" not in "".join(step.commands for step in done)


def test_the_regions_join_the_list_of_all_areas(followed):
    _, done = followed
    listed = next(step.output for step in done if step.commands.endswith("--areas\n"))
    assert all(name in listed for name in (*REGIONS, "GH-AA", "TR-27", "SEN"))


@pytest.mark.parametrize("page", PAGES)
def test_the_pages_are_released_and_say_synthetic(followed, page):
    project, _ = followed
    text = (project / page).read_text(encoding="utf-8")
    assert "SYNTHETIC" in text
    index = (project / "reports/index.html").read_text(encoding="utf-8")
    assert page.removeprefix("reports/") in index


def test_all_sixteen_regions_are_in_the_table_behind_the_map(followed):
    project, _ = followed
    rows = _Tables((project / PAGES[1]).read_text(encoding="utf-8")).rows
    ranked = [row[0].strip() for row in rows if row and row[0].strip() in REGIONS and len(row) >= 5]
    assert set(ranked) == set(REGIONS)


def test_a_count_on_the_page_is_the_one_in_the_sheet_over_the_census(followed):
    project, _ = followed
    rows = _Tables((project / PAGES[1]).read_text(encoding="utf-8")).rows
    # Greater Accra in 2024: 28 counted, 5,455,692 inhabitants; 28 / 54.55692 = 0.513 for each 100,000.
    accra = next(row for row in rows if row and row[0].strip() == "Greater Accra" and "5,455,692" in row)
    assert "28" in accra and any(cell.startswith("0.51") for cell in accra)


def test_what_was_released_of_synthetic_counts_says_so_in_its_name(followed):
    project, _ = followed
    named = [path for path in (project / "reports/ghana").rglob("*.html")]
    assert named and all("SYNTHETIC" in path.name for path in named)


def test_the_release_found_nothing_that_must_not_leave(followed):
    _, done = followed
    release = done[-1]
    assert "analysis release" in release.commands and release.code == 0
    assert "released" in release.output.lower()


# A region's own page draws no map.
@pytest.mark.parametrize("page", ["reports/index.html", PAGES[1]])
def test_who_drew_the_boundaries_is_credited_wherever_they_are_drawn(followed, page):
    project, _ = followed
    assert "© OpenStreetMap contributors (ODbL)" in (project / page).read_text(encoding="utf-8")


def test_the_other_studies_have_no_page_that_the_new_one_made(followed):
    project, _ = followed
    assert [path.name for path in (project / "reports").iterdir() if path.is_dir()] == ["ghana"]
