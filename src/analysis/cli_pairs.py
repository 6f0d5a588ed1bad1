"""Command on pairs of records of which it is uncertain that they are one person: pairs."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from analysis.cli import STUDY, command


@command(
    "pairs",
    does="Have uncertain pairs of records judged by a person: without an option, say what was reviewed, what that "
    "changed, and how precise and how complete the linkage is by it. With --workbook, write the pairs that a reviewer "
    "judges, side by side, and with --read take up the answers. In JupyterLab the same is done by single keys: see "
    "docs/how_to/review_pairs.md.",
    reads="the lists of the study and the tables that `intake` makes of them; the workbook.",
    writes="the workbook, which names persons, to data/processed/STUDY/, for its owner alone; the answers, to "
    "pair_decisions.csv beside the lists of the study, to which lines are only added.",
    examples=[
        ("pairs demo_provinces", "what was reviewed, and what follows"),
        ("pairs demo_provinces --workbook --initials AB", "200 pairs to judge"),
        ("pairs demo_provinces --workbook --initials CD --second", "a tenth, for a second reviewer"),
        ("pairs demo_provinces --read FILE --initials AB", "take up the answers; then run `intake`"),
    ],
    ends={0: "all is well", 1: "some cells of the workbook were not taken up; all others were"},
)
@click.argument("study", metavar="STUDY", type=STUDY)
@click.option("--workbook", is_flag=True, help="Write the workbook of a reviewer.")
@click.option("--read", "file", metavar="FILE", type=click.Path(path_type=Path), help="Take up the answers of one.")
@click.option("--initials", metavar="AB", help="Of the reviewer: one to four letters.")
@click.option("--second", is_flag=True, help="The tenth that a second reviewer judges, who sees no other answers.")
def pairs(study: str, workbook: bool, file: Path | None, initials: str | None, second: bool) -> int:
    """Write a workbook of pairs, read one, or say what was reviewed."""
    from analysis.cases.pair_decisions import DecisionsError, require_initials
    from analysis.checking import no_values

    if workbook and file:
        raise DecisionsError("exclusive_options", "Give --workbook or --read, one at a time.")
    if (workbook or file) and not initials:
        raise DecisionsError("missing_initials", "Say who the reviewer is: --initials AB.")
    if second and not workbook:
        raise DecisionsError("missing_option", "--second goes with --workbook: a workbook that is read says it itself.")
    with no_values():
        if workbook:
            return _written(study, require_initials(initials or ""), second)
        if file:
            return _taken_up(study, file, require_initials(initials or ""))
        return _told(study)


# In the order in which help lists them.
COMMANDS = (pairs,)


def _written(study: str, initials: str, second: bool) -> int:
    from analysis.cases.pair_decisions import DecisionsError
    from analysis.cases.pair_workbook import name, workbook
    from analysis.cases.pairs_to_review import Review
    from analysis.catalog import shown
    from analysis.encryption import is_encrypted
    from analysis.file_writing import write_whole
    from analysis.jobs import CaseTables

    tables = CaseTables(study)
    into = tables.folder / name(tables.kind, initials, second)
    if into.exists():
        raise DecisionsError(
            "already_exists",
            f"{shown(into)} is there already, and may hold answers: take them up by `pairs {study} --read "
            f"{shown(into)} --initials {initials}`, then delete it.",
        )
    if any(is_encrypted(entry.path) for entry in tables.entries):
        raise DecisionsError(
            "kept_encrypted",
            f"Lists of {study} are kept encrypted, and a workbook would hold their names plainly: review the pairs in "
            f"JupyterLab, where nothing is written but answers.",
        )
    print(f"Reading the lists of {study} ...", file=sys.stderr)
    review = Review(study, initials, second)
    write_whole(into, workbook(review), private=True)
    print(f"written: {shown(into)}: {len(review)} pairs, {len(review.open)} of them to be judged.")
    print("It names persons: keep it there, for its owner alone, and delete it once it was read.")
    return 0


def _taken_up(study: str, file: Path, initials: str) -> int:
    from analysis.cases import pair_decisions
    from analysis.cases.pair_workbook import answers_in
    from analysis.catalog import shown
    from analysis.jobs import CaseTables

    answers, role, wrong = answers_in(file, study, initials)
    new = pair_decisions.add(study, answers, initials, role)
    where = shown(CaseTables(study).decisions)
    print(f"{len(answers)} answers were read, {new} of them new; they are kept in {where}.")
    if new:
        print(f"To link by them: python -m analysis intake --study {study}")
    sys.stdout.flush()
    for sentence in wrong:
        print(sentence, file=sys.stderr)
    if wrong:
        print(f"{len(wrong)} cells were not taken up: correct them, and read the workbook again.", file=sys.stderr)
    return int(bool(wrong))


def _told(study: str) -> int:
    from analysis.cases import pair_report, processed
    from analysis.cases.linkage_accuracy import AccuracyError, accuracy
    from analysis.cases.pair_decisions import load
    from analysis.referral.weighted_kappa import coder_agreement

    kept, review = len(load(study)), processed.pair_review(study)
    print("\n".join(pair_report.sentences(review, coder_agreement)))
    if kept != len(review):
        print(f"{kept - len(review)} further answers are kept: python -m analysis intake --study {study}")
    if review.empty:
        return 0
    try:
        print(pair_report.accuracy_in_words(accuracy(processed.load(study).pairs, pair_report.answered(review))))
    except AccuracyError as error:
        print(error)
    return 0
