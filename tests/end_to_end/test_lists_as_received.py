"""Four lists as sources send them, from the draft of a mapping to what is released: nothing lost, misread or leaked.

    python tests/end_to_end/test_lists_as_received.py FOLDER [--seed 41]     the whole way, and what it took

The test of every day ends with the linked tables; the whole way, with all notebooks, the report and a release, is for
`make soak` and the command above.
"""

import argparse
import io
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pytest
from pypdf import PdfReader

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import received_lists
from linkage_quality import pair_counts
from projects import copy_of_the_project, run_analysis

STUDY = received_lists.STUDY
# What a clean record says, and the column of the truth that says it.
FIELDS = ("sex", "nationality", "area_id", "exploitation")
TERMS = ("--purpose", "How many children are trafficked", "--retain-until", "2099-12-31", "--access", "data manager")
# Where what is released stands, and what is internal but for persons who keep no lists.
RELEASED = ("figures", "reports", "data/register")
INTERNAL = ("data/processed/staged", "data/processed/runs", "data/processed/checks")


@dataclass
class Way:
    """A project on its way from files to pages, and each command with its seconds."""

    project: Path
    study: received_lists.Study
    commands: list[tuple[str, int, float]] = field(default_factory=list)

    def run(self, *arguments: str) -> str:
        """Run a command, which must succeed; returns what it said."""
        start = time.perf_counter()
        done = run_analysis(*arguments, project=self.project)
        self.commands.append((" ".join(arguments[:2]), done.returncode, time.perf_counter() - start))
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr


def committed(project: Path) -> None:
    """Commit the project before a list comes: texts of the report are public as they were committed."""
    sender = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    for command in (
        ["init", "-q"],
        ["add", "notebooks", "packages", "pledge", "src"],
        [*sender, "commit", "-q", "-m", "Project"],
    ):
        subprocess.run(["git", *command], cwd=project, check=True)


def received(project: Path, seed: int) -> Way:
    """Draft, settle, check and accept four lists that were put into the study's folder, and link them."""
    folder = project / "data" / "raw" / STUDY
    study = received_lists.write(folder, seed)
    way = Way(project, study)
    files = [str(each.file) for each in study.lists.values()]
    way.run("draft", *files)
    for name, each in study.lists.items():
        mapping = each.file.with_name(f"{each.file.stem}.mapping.yml")
        settled = received_lists.settled(mapping.read_text(encoding="utf-8"), name, "confidential")
        mapping.write_text(settled, encoding="utf-8")
    way.run("check", *files)
    way.run("check", *files, "--accept", *TERMS)
    way.run("intake", "--study", STUDY)
    return way


def rows_of(way: Way) -> pd.DataFrame:
    """One row a list: rows of the file, records, in quarantine; lost, wrongly set aside, and misread."""
    tables = way.project / "data" / "processed" / STUDY
    records = pd.read_parquet(tables / "case_records.parquet").astype({"list_id": str})
    quarantine = pd.read_csv(tables / "quarantine.csv")
    rows = []
    for name, each in way.study.lists.items():
        read = records[records["list_id"] == name].merge(each.truth, on="row", suffixes=("", "_true"))
        aside = set(quarantine.loc[quarantine["file"].str.endswith(each.file.name), "row"].astype(int))
        misread = 0
        for what in FIELDS:
            said = read[what].astype(str)
            # A dash or a question mark states nothing, and nothing is read of it.
            misread += int(((said != read[f"{what}_true"]) & (said != "")).sum())
            assert (said == "").mean() < 0.1, (name, what)
        ages = ("age_low", "age_high") if name != "partner" else ("exploited_age_low", "exploited_age_high")
        low, high = (read[column].astype(float) for column in ages)
        misread += int(((low > read["age"] + 1) | (high < read["age"] - 1)).sum())
        rows.append(
            {
                "list": name,
                "rows": len(each.truth) + len(each.faults),
                "records": len(read),
                "quarantine": len(aside),
                "lost": len(each.truth) - len(read),
                "set aside wrongly": len(aside ^ set(each.faults)),
                "misread": misread,
            }
        )
    return pd.DataFrame(rows)


def pairs_of(way: Way) -> tuple[int, int, int]:
    """Pairs of records of one person that are linked; linked; true."""
    records = pd.read_parquet(way.project / "data" / "processed" / STUDY / "case_records.parquet")
    truth = [each.truth.assign(list_id=name) for name, each in way.study.lists.items()]
    both = records.astype({"list_id": str}).merge(pd.concat(truth), on=["list_id", "row"], suffixes=("", "_true"))
    return pair_counts(both)


def identifying_in(way: Way, folders: tuple[str, ...]) -> dict[str, int]:
    """Files that hold a text that could identify a person, in clear or in capitals, and how many such texts."""
    wanted = [text.casefold().encode() for text in way.study.identifying]
    paths = [path for folder in folders for path in (way.project / folder).rglob("*") if path.is_file()]
    found = {}
    for path in paths:
        said = text_of(path).casefold().encode()
        if count := sum(text in said for text in wanted):
            found[path.relative_to(way.project).as_posix()] = count
    return found


def text_of(path: Path) -> str:
    """All that can be read of a file: pages of a PDF, parts of a Word file or workbook, columns of a table."""
    content = path.read_bytes()
    if path.suffix == ".pdf":
        return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    if path.suffix == ".parquet":
        return pd.read_parquet(path).to_csv()
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            return "\n".join(parts.read(name).decode("utf-8", "replace") for name in parts.namelist())
    return content.decode("utf-8", "replace")


@pytest.fixture(scope="module")
def linked(tmp_path_factory):
    """Four lists, drafted, settled, checked, accepted and linked."""
    return received(copy_of_the_project(tmp_path_factory.mktemp("received")), seed=41)


@pytest.mark.slow
def test_no_row_is_lost_or_misread_and_what_has_a_fault_waits(linked):
    found = rows_of(linked)
    assert (found["rows"] > 100).all() and (found["quarantine"] > 0).all()
    assert found[["lost", "set aside wrongly", "misread"]].to_numpy().sum() == 0, found.to_string()
    assert (found["records"] + found["quarantine"] == found["rows"]).all()


@pytest.mark.slow
def test_persons_of_the_lists_are_linked(linked):
    right, linked_pairs, true = pairs_of(linked)
    assert true > 200
    assert right / linked_pairs >= 0.985 and right / true >= 0.985


@pytest.mark.slow
def test_what_commands_leave_identifies_nobody(linked):
    """The reports of `check` and the tables; that the search finds what there is, the file itself shows."""
    assert identifying_in(linked, ("data/processed",)) == {}
    kobo = linked.study.lists["kobo"].file.relative_to(linked.project).as_posix()
    assert identifying_in(linked, (f"data/raw/{STUDY}",))[kobo] > 200


@pytest.mark.soak
def test_what_is_released_and_the_report_identify_nobody(tmp_path):
    print(whole_way(tmp_path, seed=43))


def whole_way(folder: Path, seed: int) -> str:
    """From files to a release with the report: what was measured. Fails where something was lost or leaked."""
    project = copy_of_the_project(folder)
    committed(project)
    way = received(project, seed)
    way.run("run")
    way.run("release")
    rows, (right, linked_pairs, true) = rows_of(way), pairs_of(way)
    leaks = identifying_in(way, (*RELEASED, *INTERNAL))
    released = [path for folder in RELEASED for path in (way.project / folder).rglob("*") if path.is_file()]
    pages = [path for path in released if f"reports/{STUDY}/" in path.as_posix() and "case_records" in path.name]
    report = way.project / "reports" / "pledge_report"
    measured = [rows.to_string(index=False), ""]
    measured += [f"{seconds:7.1f} s  {command} (exit code {code})" for command, code, seconds in way.commands]
    measured += [
        f"{len(way.commands)} commands, {sum(seconds for *_, seconds in way.commands) / 60:.1f} minutes",
        f"precision {right / linked_pairs:.4f} ({right} of {linked_pairs} pairs)",
        f"recall {right / true:.4f} ({right} of {true} pairs)",
        f"{len(released)} files released, {len(pages)} pages of case records; the report: {report.is_dir()}",
        f"{len(way.study.identifying)} identifying texts; files that hold one: {leaks or 'none'}",
    ]
    text = "\n".join(measured)
    assert rows[["lost", "set aside wrongly", "misread"]].to_numpy().sum() == 0 and not leaks, text
    assert pages and report.is_dir(), text
    assert right / linked_pairs >= 0.985 and right / true >= 0.985, text
    return text


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the copy of the project is made")
    parser.add_argument("--seed", type=int, default=41)
    options = parser.parse_args()
    print(whole_way(options.folder, options.seed))
