"""The trial of a data manager: four messy lists with known truth, from files as received to a release; a year later.

    python benchmarks/lists_as_received.py                    586 persons, all pages of the study (about an hour)
    python benchmarks/lists_as_received.py --pages few        the pages of persons and totals of the study alone
    python benchmarks/lists_as_received.py --pages none       up to linkage (about three minutes)
    python benchmarks/lists_as_received.py --update police    a newer export of the police alone, as many years have it
    python benchmarks/lists_as_received.py --sets 6           linkage of so many sets of lists, pooled by script and
                                                              by kind of error: linkage_by_kind_SYNTHETIC.csv
    python benchmarks/lists_as_received.py --into FOLDER      where lists_as_received_SYNTHETIC.csv goes (benchmarks/)

The lists are those of tests/messy_lists.py, whose names are spelt by nothing that the linkage uses. In a copy of the
project each file goes through the documented commands: draft, check, accept, run, release. Stages are the lists by
their mappings alone; then with corrections, filled in from the truth in the workbook of the quarantine (two children in
one row stay there); then with newer exports in place of the old.

Counted are rows that are neither clean nor in quarantine (lost), totals and notes that became records, and cells read
as something that they do not mean. Persons are held against those of all rows that count; the estimated total against
the persons of the population.
"""

from __future__ import annotations

import argparse
import html
import pickle
import re
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl
import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests")]

import messy_lists  # noqa: E402
import messy_quality  # noqa: E402
from projects import copy_of_the_project, run_analysis, run_code  # noqa: E402

NAME, BY_KIND = "lists_as_received_SYNTHETIC.csv", "linkage_by_kind_SYNTHETIC.csv"
STUDY = "turkiye"
TERMS = ("--purpose", "a trial", "--retain-until", "2028-12-31")
FEW = ("case_records", "estimated_total")
# Pages are made on the tables of the study; what is read and what is linked is judged here.
READ = """
import pickle, sys
from pathlib import Path
from analysis.cases import corrections, intake
results = {}
for path in sys.argv[2:]:
    beside = corrections.beside(Path(path))
    results[path] = intake(Path(path), corrected=corrections.load(beside) if beside else None)
found = {path: (result.records, result.quarantine, result.rows) for path, result in results.items()}
Path(sys.argv[1]).write_bytes(pickle.dumps(found))
"""
LINK = """
import pickle, sys
from pathlib import Path
import pandas as pd
from analysis.cases.record_linkage import link
read = pickle.loads(Path(sys.argv[1]).read_bytes())
records = pd.concat([part for part, *_ in read.values()], ignore_index=True)
Path(sys.argv[2]).write_bytes(pickle.dumps(link(records).records[["record_id", "person_id"]]))
"""


@dataclass
class Trial:
    """A copy of the project, the commands that were given in it, and how long they took."""

    project: Path
    commands: int = 0
    seconds: float = 0.0
    failed: list[str] = field(default_factory=list)

    def command(self, *arguments: str, may_refuse: bool = False) -> str:
        """Return what a command said; one that fails is kept, and printed, unless it may refuse what is asked."""
        begun = time.monotonic()
        ended = run_analysis(*arguments, project=self.project)
        self.commands += 1
        self.seconds += time.monotonic() - begun
        if ended.returncode and not may_refuse:
            said = (ended.stdout + ended.stderr)[-3000:]
            self.failed.append(f"{' '.join(arguments)}: exit {ended.returncode}\n{said}")
            print(f"    {self.failed[-1]}", file=sys.stderr)
        return ended.stdout

    def path(self, file: Path) -> str:
        return str(file.relative_to(self.project))


# --- a stage ---------------------------------------------------------------------------------------------------------


def drafts(trial: Trial, truth: messy_lists.Truth) -> int:
    """How many lists get a draft of their mapping; the settled mapping takes its place."""
    found = 0
    for file in truth.files.values():
        settled = file.with_name(f"{file.stem}.mapping.yml")
        text = settled.read_text(encoding="utf-8")
        settled.unlink()
        trial.command("draft", trial.path(file))
        found += settled.exists()
        settled.write_text(text, encoding="utf-8")
    return found


def accept(trial: Trial, truth: messy_lists.Truth) -> None:
    """Enter each list in the catalogue."""
    for file in truth.files.values():
        trial.command("check", trial.path(file), "--accept", *TERMS)


def replace(trial: Trial, newer: messy_lists.Truth, older: messy_lists.Truth) -> int:
    """Enter newer exports in the place of older ones; returns how many of last year's corrections still apply."""
    applied = 0
    for name, file in newer.files.items():
        before = older.files[name]
        trial.command("check", trial.path(file), "--compare", trial.path(before))
        if (kept := before.with_name(f"{before.stem}.corrections.xlsx")).exists():
            # It is refused where none of them finds its row.
            said = trial.command("check", trial.path(file), "--corrections", trial.path(kept), may_refuse=True)
            applied += sum(int(number) for number in re.findall(r"(\d+) corrections? applied", said))
        trial.command("check", trial.path(file), "--accept", "--replaces", f"{STUDY}_{name}")
    return applied


def correct(trial: Trial, truth: messy_lists.Truth) -> int:
    """Fill in the workbooks of the quarantine from the truth, and take them up; returns the number of cells.

    A cell that is corrected to "not stated" means nothing any more, in the truth as well.
    """
    cells = truth.cells()
    right = cells[cells["correction"] != ""].set_index(["list", "row", "column"])["correction"].to_dict()
    number = 0
    for name, file in truth.files.items():
        path = trial.project / "data/processed/checks" / STUDY / f"{file.stem}_quarantine.xlsx"
        if not path.exists():
            continue
        book = openpyxl.load_workbook(path)
        sheet = book.worksheets[0]
        head = {cell.value: cell.column for cell in sheet[1]}
        filled = 0
        for line in range(2, sheet.max_row + 1):
            said = {key: sheet.cell(line, head[key]).value for key in ("row", "column", "rule")}
            value = right.get((name, said["row"], said["column"]))
            # An age that the date of birth does not allow: one of the two is wrong, and nobody knows which.
            if value is None and said["rule"] == "order":
                value = "-"
                _blank(truth, name, said["row"], said["column"])
            if value is not None:
                sheet.cell(line, head["correction"]).value = value
                filled += 1
        if filled:
            book.save(path)
            trial.command("check", trial.path(file), "--corrections", trial.path(path))
        number += filled
    return number


def _blank(truth: messy_lists.Truth, name: str, number: int, column: str) -> None:
    for row in truth.lists[name]:
        for cell in (cell for child in row.children for cell in child.cells.values()):
            if row.number == number and cell.column == column:
                cell.low = cell.high = None


def judged(trial: Trial, truth: messy_lists.Truth, folder: Path) -> dict[str, float]:
    """What became of rows and cells, and how well persons are linked."""
    read, linked = folder / "read.pickle", folder / "linked.pickle"
    files = [str(file) for file in truth.files.values()]
    for ended in (
        run_code(READ, str(read), *files, project=trial.project),
        run_code(LINK, str(read), str(linked), project=trial.project),
    ):
        if ended.returncode:
            raise RuntimeError(ended.stdout + ended.stderr)
    by_file = pickle.loads(read.read_bytes())
    records = pd.concat([part for part, *_ in by_file.values()], ignore_index=True)
    rows = truth.rows()
    known = set(rows["record_id"])
    outcomes = pd.concat([
        rows_of.assign(record_id=[f"{name}-{row:06d}" for row in rows_of["row"]])
        for name, file in truth.files.items()
        for rows_of in [by_file[str(file)][2]]
    ])  # fmt: skip
    held, set_aside = (
        set(outcomes.loc[outcomes["outcome"] == said, "record_id"]) for said in ("quarantine", "left out")
    )
    repeated = set(rows.loc[rows["repeats"].notna(), "record_id"])
    clean = set(records["record_id"].astype(str))
    misread = messy_quality.misread(records, truth)
    persons = rows[(rows["person"] >= 0) & rows["counts"]]["person"].nunique()
    links = pickle.loads(linked.read_bytes())
    links = links[links["person_id"].astype(str) != ""]
    counted = messy_quality.links_by_kind(links, truth)
    false = messy_quality.false_links(links, truth)["relation"].value_counts()
    found = {
        "rows": rows.drop_duplicates("record_id").shape[0],
        "clean": len(clean & known),
        "in quarantine": len(held & known - clean),
        "in quarantine, forms sent twice": len(held & repeated),
        "forms sent twice": len(repeated),
        "left out by the mapping": len(set_aside & known),
        "lost": len(known - clean - held - set_aside),
        "totals and notes that became records": len(clean - known),
        "cells misread": len(misread),
        "cells misread, dates in ambiguous order": int((misread["odd"] == "US order, ambiguous").sum()),
        "persons on the lists": persons,
        "persons linked": links["person_id"].nunique(),
    }
    for row in counted.to_dict("records"):
        if row["of"] in ("all", "lists", "script") or row["true"] >= 5:
            found |= {f"{row['of']}, {row['kind']}: {name}": row[name] for name in ("precision", "recall", "true")}
    found |= {f"false links, {relation}": int(false.get(relation, 0))
              for relation in ("twins", "siblings", "homonyms", "others")}  # fmt: skip
    for cell in misread.to_dict("records"):
        print(f"    misread: {cell['record_id']} {cell['column']} {cell['written']!r} as "
              f"{cell['read_low']} to {cell['read_high']}", file=sys.stderr)  # fmt: skip
    return found


def published(trial: Trial, pages: str) -> dict[str, float]:
    """Run the pages, release them, and return what a reader finds: persons, and the range of the estimated total."""
    chosen = (
        ["--study", STUDY]
        if pages == "all"
        else ["--area", STUDY, *(word for name in FEW for word in ("--analysis", name))]
    )
    trial.command("run", *chosen)
    trial.command("release")
    folder = trial.project / "reports" / STUDY / STUDY
    texts = {name: _text(folder / f"{name}.html") for name in FEW}
    found: dict[str, float] = {}
    if persons := re.search(r"Whom do the lists.*?([\d,]+) persons on \d+ lists", texts["case_records"]):
        found["persons published"] = _number(persons[1])
    if limits := re.search(
        r"Estimated total number of persons.*?between ([\d,]+) and ([\d,]+)", texts["estimated_total"]
    ):
        found |= {"estimated total, low": _number(limits[1]), "estimated total, high": _number(limits[2])}
    suppressed = texts["case_records"].count("suppressed")
    return found | {"cells printed as suppressed": suppressed}


def _text(path: Path) -> str:
    if not path.exists():
        return ""
    text = re.sub(r"<(script|style)\b.*?</\1>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text)))


def _number(text: str) -> float:
    return float(text.replace(",", ""))


# --- the trial -------------------------------------------------------------------------------------------------------


def run(folder: Path, persons: int, seed: int, pages: str, updated: list[str]) -> pd.DataFrame:
    """The whole trial; returns stage, measure, value."""
    trial = Trial(copy_of_the_project(folder))
    data = trial.project / "data/raw" / STUDY
    truth = messy_lists.write_lists(data, persons, seed)
    stages: dict[str, dict[str, float]] = {}

    def stage(name: str, of: messy_lists.Truth, pages: str, **more: float) -> None:
        stages[name] = more | judged(trial, of, folder) | (published(trial, pages) if pages != "none" else {})
        stages[name] |= {"commands": trial.commands, "commands that failed": len(trial.failed)}
        stages[name] |= {"minutes of commands": round(trial.seconds / 60, 1)}

    with_draft = drafts(trial, truth)
    accept(trial, truth)
    # Nothing is released before it is corrected: fewer than 11 persons that come or go change no page in print.
    stage("mapping only", truth, "none", **{"lists with a draft": with_draft, "persons of the population": persons})
    cells = correct(trial, truth)
    accept(trial, truth)
    stage("corrected", truth, pages, **{"cells corrected": cells, "persons of the population": persons})
    newer = messy_lists.write_update(data, truth, updated)
    more = {"corrections of last year that apply": replace(trial, newer, truth)}
    more |= {"cells corrected": correct(trial, newer), "persons of the population": len(newer.persons)}
    accept(trial, newer)
    both = messy_lists.Truth(newer.persons, truth.lists | newer.lists, truth.files | newer.files, newer.others,
                             truth.shares, seed)  # fmt: skip
    stage("a year later", both, pages, **more)
    rows = [(name, measure, value) for name, found in stages.items() for measure, value in found.items()]
    return pd.DataFrame(rows, columns=["stage", "measure", "value"])


def linkage_of_sets(folder: Path, persons: int, seeds: range) -> pd.DataFrame:
    """Precision and recall over several sets of lists as they are read by their mappings alone, pairs pooled."""
    project = copy_of_the_project(folder)
    found = []
    for seed in seeds:
        trial = Trial(project)
        truth = messy_lists.write_lists(project / "data/raw" / STUDY / str(seed), persons, seed)
        read, linked = folder / "read.pickle", folder / "linked.pickle"
        for code, arguments in ((READ, (read, *truth.files.values())), (LINK, (read, linked))):
            ended = run_code(code, *map(str, arguments), project=trial.project)
            if ended.returncode:
                raise RuntimeError(ended.stdout + ended.stderr)
        links = pickle.loads(linked.read_bytes())
        found.append(messy_quality.links_by_kind(links[links["person_id"].astype(str) != ""], truth))
    pooled = pd.concat(found).groupby(["of", "kind"], sort=False)[["right", "linked", "true"]].sum().reset_index()
    return pooled.assign(precision=pooled["right"] / pooled["linked"], recall=pooled["right"] / pooled["true"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--persons", type=int, default=586, metavar="N", help="of the population (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the lists (default: %(default)s)")
    parser.add_argument("--pages", choices=("all", "few", "none"), default="all", help="made and released")
    parser.add_argument("--update", nargs="*", default=list(messy_lists.LISTS), choices=messy_lists.LISTS,
                        help="lists of which a newer export comes (default: all)")  # fmt: skip
    parser.add_argument("--sets", type=int, default=0, metavar="N", help="linkage of so many sets of lists alone")
    parser.add_argument("--into", type=Path, default=ROOT / "benchmarks", metavar="FOLDER", help=f"where {NAME} goes")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.sets:
            seeds = range(options.seed, options.seed + options.sets)
            pooled = linkage_of_sets(Path(folder), options.persons, seeds).round(3)
            pooled.to_csv(options.into / BY_KIND, index=False, lineterminator="\n")
            print(pooled.to_string(index=False))
            return
        found = run(Path(folder), options.persons, options.seed, options.pages, options.update)
    found.to_csv(options.into / NAME, index=False, lineterminator="\n")
    wide = found.pivot(index="measure", columns="stage", values="value")
    shown = wide.loc[list(dict.fromkeys(found["measure"])), list(dict.fromkeys(found["stage"]))]
    print(shown.map(lambda value: "" if pd.isna(value) else f"{value:,.3f}".rstrip("0").rstrip(".")).to_string())


if __name__ == "__main__":
    main()
