"""Causes of changes: how many of inserted changes a review names, and how often it blames what did nothing.

    python benchmarks/causes.py                  50 changes in five reviews, of two areas
    python benchmarks/causes.py --changes 4      fewer, in one review
    python benchmarks/causes.py --into FOLDER    where causes.csv is written (default: beside this file)

Each review finds about ten changes made at once in a copy of this project: rows of evidence, functions, parameters of
a notebook, sentences; among them pairs of which neither does anything alone. Some are inserted to do nothing. In the
last review a library differs too: no two versions can be installed offline, so that an altered copy of mistune stands
before the installed one, in a folder that the old environment alone has on its path.

Recall: of inserted changes that had an effect, how many were named. What was named by none is taken out of the new
state together, and run: if anything that is published comes out otherwise, all of these count as missed. False blame:
of causes named for a change, how many were inserted to do nothing, or are rows of another area.
"""

import argparse
import csv
import io
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

from analysis.project_files import ROOT, sources
from analysis.review import causes, trees
from analysis.review.differences import differences, differing
from analysis.review.inputs import differing as differing_inputs
from analysis.review.inputs import with_digests
from analysis.review.published import published

AREAS = ("SEN", "GMB")
JOBS = [f"west_africa/{area}/incidence" for area in AREAS]
EXHIBITS, NOTEBOOK = "src/analysis/exhibits", "notebooks/incidence.ipynb"
COUNTS = ("official_counts", "unodc_detected_victims", "unodc_forms_of_exploitation", "prevalence_estimates")
LOCK = "requirements.lock"

# What the copy has before anything is inserted: what the pairs below act on, without any effect of its own.
HOOKS = [
    ("share_of_children.py", 'title = f"{detection', 'title = (_MARK if _MARKED else "") + f"{detection'),
    ("published_prevalence.py", "drawn.head(MOST_ROWS)", "drawn.head(_FEW if _SHORT else MOST_ROWS)"),
    ("context.py", 'table["share"].round(1)', 'table["share"].round(_PLACES if _ROUNDED else 1)'),
]
NAMES = {
    "share_of_children.py": '_MARK = ""\n_MARKED = False\n',
    "published_prevalence.py": "_FEW = 20\n_SHORT = False\n",
    "context.py": "_PLACES = 1\n_ROUNDED = False\n",
}
PAIRS = [
    ("share_of_children.py", ('_MARK = ""', '_MARK = "In "'), ("_MARKED = False", "_MARKED = True")),
    ("published_prevalence.py", ("_FEW = 20", "_FEW = 3"), ("_SHORT = False", "_SHORT = True")),
    ("context.py", ("_PLACES = 1", "_PLACES = 0"), ("_ROUNDED = False", "_ROUNDED = True")),
    # Each of these does something by itself.
    ("forms_of_exploitation.py", ("Numbers are never added up", "Numbers are not added up"),
     ("coded by hand; sources", "hand-coded; sources")),
    ("detection.py", ('title = f"{whose(place)}: detected victims {per}"', 'title = f"{whose(place)}: found {per}"'),
     ('detected victims of trafficking by year"', 'found victims of trafficking by year"')),
]  # fmt: skip
# File, what stands there, what stands there instead, and whether it has an effect.
FUNCTIONS = [
    ("context.py", "FEWEST_JOINED = 3", "FEWEST_JOINED = 5"),
    ("published_prevalence.py", "MOST_ROWS = 20", "MOST_ROWS = 8"),
    ("context.py", "figures that conflict", "figures that disagree"),
    ("context.py", "what there is to work with", "what is at hand"),
    ("context.py", "which figures of the US reports were read", "what was read in US reports"),
    ("headline_numbers.py", "Victims are known of", "Victims are counted of"),
    ("share_of_children.py", "share of children among detected victims", "children among detected victims"),
    ("sdg.py", "Detected victims are not incidence.", "They are not incidence."),
    ("forms_of_exploitation.py", "The year for which a source last named it", "Named last"),
    ("detection.py", ", by year and source, with intervals.", ", with intervals."),
]
WITHOUT_EFFECT = [
    ("share_of_children.py", "    if most == 0:", "    if 0 == most:"),
    ("share_of_children.py", 'if most == float("inf"):', 'if float("inf") == most:'),
]
PARAMETERS = [
    ("table(cases, evidence.annual_population", "per = 100_000", "per = 10_000"),
    ("", "rates(place, per=per, confidence=0.95)", "rates(place, per=per, confidence=0.9)"),
    ("", "estimated=None, per=per, confidence=0.95", "estimated=None, per=per, confidence=0.9"),
    ("", "context_of_counts(place, figures, per=per, confidence=0.95)",
     "context_of_counts(place, figures, per=per, confidence=0.8)"),
]  # fmt: skip
CAUTIONS = [
    ("do not measure incidence", "do not measure how much there is"),
    ("has no upper bound", "is open above"),
    ("Several copies of one report", "Some copies of a report"),
]


def inserted(rng: random.Random) -> list[list[tuple]]:
    """Five lists of changes: (label, file, old text, new text, whether it has an effect, area of a row)."""
    drawn = [_row(rng, name, area) for _ in range(6) for name in COUNTS for area in AREAS]
    rows = list({each[2]: each for each in drawn if each}.values())[:20]
    functions = [(f"function {old}", f"{EXHIBITS}/{file}", old, new, True, "") for file, old, new in FUNCTIONS]
    functions += [(f"same {old}", f"{EXHIBITS}/{file}", old, new, False, "") for file, old, new in WITHOUT_EFFECT]
    parameters = [(f"parameter {old}", NOTEBOOK, old, new, True, "") for _, old, new in PARAMETERS]
    texts = [(f"text {old}", "data/raw/catalog.yml", old, new, True, "") for old, new in CAUTIONS]
    library = [("library mistune", LOCK, "mistune==", "mistune==99.", True, "")]
    singles = [*rows, *functions, *parameters, *texts]
    rng.shuffle(singles)
    reviews: list[list[tuple]] = [singles[place::5] for place in range(5)]
    for number, (file, *pair) in enumerate(PAIRS):
        reviews[number] += [(f"pair {old}", f"{EXHIBITS}/{file}", old, new, True, "") for old, new in pair]
    reviews[4] += library
    return reviews


def _row(rng: random.Random, name: str, area: str) -> tuple | None:
    """A row whose number becomes another; None where a table has no row that fits."""
    file = f"data/raw/evidence/{name}.csv"
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines(keepends=True)
    header = next(csv.reader([lines[0]]))
    rows = [(line, dict(zip(header, next(csv.reader([line])), strict=False))) for line in lines[1:]]
    fits = [
        (line, row)
        for line, row in rows
        if row.get("area_id") == area and row["value"] == row["low"] == row["high"] and lines.count(line) == 1
    ]
    fits = [(line, row) for line, row in fits if row["value"].isdigit() and 5 < int(row["value"]) < 10**6]
    if not fits:
        return None
    line, row = rng.choice(fits)
    number = row["value"]
    row |= dict.fromkeys(("value", "low", "high"), str(int(number) + 3))
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerow([row[each] for each in header])
    return (f"row {name} {area}", file, line, written.getvalue(), True, area)


def plant(tree: Path, changes: list[tuple]) -> list[tuple]:
    """Write changes into a copy of the project; returns those whose text stood there."""
    done, files = [], {}
    for change in changes:
        _, file, old, new, *_ = change
        text = files.get(file) or (tree / file).read_text(encoding="utf-8")
        if old in text:
            files[file] = text.replace(old, new, 1)
            done.append(change)
    contents = {file: text.encode() for file, text in files.items()}
    for file, content in (contents | with_digests(tree, contents)).items():
        path = tree / file
        path.unlink(missing_ok=True)
        path.write_bytes(content)
    for path in (each for folder in sources(tree) for each in folder.rglob("*.pyc")):
        path.unlink()
    return done


def hooked(at: Path) -> Path:
    """A copy of the project that the pairs can act on, run."""
    tree = trees.copy(ROOT, at)
    hooks = [("hook", f"{EXHIBITS}/{file}", old, new, False, "") for file, old, new in HOOKS]
    firsts = []
    for file, names in NAMES.items():
        text = (tree / EXHIBITS / file).read_text(encoding="utf-8")
        line = next(each for each in text.splitlines() if each[:1].isupper() and " = " in each)
        firsts.append(("names", f"{EXHIBITS}/{file}", f"\n{line}", f"\n{names}{line}", False, ""))
    assert len(plant(tree, [*hooks, *firsts])) == len(hooks) + len(firsts), "A hook does not fit any more."
    trees.run(tree, JOBS)
    return tree


def older_library(at: Path) -> Path:
    """The Python of an environment in which mistune is another: the same with a folder before it."""
    import mistune

    shutil.copytree(Path(mistune.__file__).parent, at / "site" / "mistune")
    renderer = at / "site" / "mistune" / "renderers" / "html.py"
    text = renderer.read_text(encoding="utf-8")
    changed = text.replace('return "<strong>" + text', 'return "<strong>so: " + text')
    assert changed != text, "The copy of mistune is as the installed one."
    renderer.write_text(changed, encoding="utf-8")
    python = at / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{at}/site:$PYTHONPATH" exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return python


def review(old: Path, changes: list[tuple], at: Path, minutes: float, python: Path | None) -> dict[str, object]:
    """Review changes that were inserted together, and count what was named."""
    new = trees.copy(old, at / "new")
    made = plant(new, changes)
    if python:
        trees.run(old, JOBS, python)
    trees.run(new, JOBS)
    begin = time.monotonic()
    names = differing(old, new)
    both = [published(each, jobs=JOBS, only=names) for each in (old, new)]
    found = differences(*both)
    runs: list[int] = []
    told, _ = causes.explained(old, new, found, minutes, lambda: runs.append(1), python, at / "exchanged")
    seconds = time.monotonic() - begin
    inputs = differing_inputs(old, new)
    whose = {entry.id: _inserted_by(entry, made) for entry in inputs}
    jobs = {str(row["id"]): causes.job_of(row) for row in found.to_dict("records")}
    blamed = [(str(row.change), whose.get(str(row.cause))) for row in told[told["cause"].ne("")].itertuples()]
    wrong = [
        each
        for each in blamed
        if each[1] is None or not each[1][4] or (each[1][5] and f"/{each[1][5]}/" not in f"{jobs[each[0]]}/")
    ]
    named = {each[1][0] for each in blamed if each[1]}
    unnamed = [entry for entry in inputs if entry.alone and (one := whose[entry.id]) and one[0] not in named]
    missed = [] if not unnamed or not _effect(old, new, inputs, unnamed, at) else unnamed
    if len(missed) > 1:
        single = [entry for entry in unnamed if _effect(old, new, inputs, [entry], at)]
        missed = single or missed
    unattributed = int(told.loc[told["cause"].eq(""), "change"].nunique())
    return {
        "inserted": len(made), "named": len(named), "missed": len(missed), "without_effect": len(unnamed) - len(missed),
        "changes": len(found), "not_attributed": unattributed, "blamed": len(blamed), "wrongly": len(wrong),
        "runs": len(runs), "seconds": round(seconds),
        "hows": "; ".join(f"{how}: {n}" for how, n in told["how"].value_counts().items()),
        "which_missed": "; ".join(entry.id for entry in missed),
    }  # fmt: skip


def _effect(old: Path, new: Path, inputs: tuple, without: list, at: Path) -> bool:
    """Whether anything published differs where some inputs are taken out of the new state."""
    rest = [entry for entry in inputs if entry.alone and entry not in without]
    tree = trees.hybrid(old, new, rest, at / "without", new)
    trees.run(tree, JOBS)
    return bool(len(differences(published(tree, jobs=JOBS), published(new, jobs=JOBS))))


def _inserted_by(entry: object, made: list[tuple]) -> tuple | None:
    """The inserted change that an input is."""
    texts = (entry.old.replace('\\"', '"'), entry.new.replace('\\"', '"'))
    fits = [each for each in made if each[1] == entry.file and (entry.file == LOCK or each[3].strip() in texts[1])]
    return next((each for each in fits if entry.file == LOCK or each[2].strip() in texts[0]), None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--changes", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=10.0, help="of each review")
    parser.add_argument("--into", type=Path, default=Path(__file__).parent)
    parser.add_argument("--reviews", type=int, nargs="*", help="which of the five, from 0")
    given = parser.parse_args()
    reviews = inserted(random.Random(2026))
    if given.changes < 10:
        reviews = [[each for each in reviews[0] if each[0].startswith(("row", "pair"))][-given.changes :]]
    rows = []
    with tempfile.TemporaryDirectory(dir=given.into) as folder:
        at = Path(folder)
        old = hooked(at / "old")
        for number, changes in enumerate(reviews):
            if given.reviews and number not in given.reviews:
                continue
            has_library = any(each[1] == LOCK for each in changes)
            python = older_library(at) if has_library else None
            rows.append({"review": number} | review(old, changes, at, given.minutes, python))
            print(rows[-1], flush=True)
    table = pd.DataFrame(rows)
    table.to_csv(given.into / "causes.csv", index=False)
    total = table.sum(numeric_only=True)
    recall = total["named"] / max(total["named"] + total["missed"], 1)
    print(f"Recall {recall:.1%} of {total['named'] + total['missed']:.0f} inserted changes that had an effect.")
    print(f"False blame {total['wrongly'] / max(total['blamed'], 1):.1%} of {total['blamed']:.0f} causes named.")
    print(f"{total['seconds'] / len(table):.0f} seconds and {total['runs'] / len(table):.1f} runs a review.")


if __name__ == "__main__":
    main()
