"""Commands on what a change did to what is published, and on what has been released: review, verify."""

from __future__ import annotations

import contextlib
import datetime
import sys
from collections.abc import Iterator, Sequence
from dataclasses import astuple, fields
from pathlib import Path

import click

from analysis import areas
from analysis.catalog import ROOT, shown
from analysis.cli import analysis_option, area_option, command, study_option
from analysis.file_writing import exclusive, write_whole
from analysis.jobs import plan, tables_of
from analysis.progress import progress
from analysis.project_files import REVIEWS, git
from bounded.refusal import Refusal


@command(
    "review",
    does="Say what a change did to everything that is published: every number, state, sentence, recommendation, figure "
    "and file that is new, gone or changed, old and new, sorted by what matters: headlines, recommendations that "
    "turned, directions that flipped, what is suppressed otherwise, numbers beyond their uncertainty, and the rest. "
    "What is staged now is held against the last release, or against SINCE: a project folder that was run, a copy of "
    "its data/processed, or a commit, of which what it has otherwise is run in a copy. Of each change it names the "
    "cause: inputs are exchanged one by one, and the notebooks concerned run again.",
    reads="figures/ and reports/, or SINCE; data/processed/staged/ and the findings; pledge/; what a release or a "
    "commit was made from, as git has it.",
    writes="reports/review/index.html and changes.csv, which are internal; of synthetic data index_SYNTHETIC.html and "
    "changes_SYNTHETIC.csv.",
    examples=[
        ("review", "what has changed since the last release"),
        ("review ../before", "since another folder that was run"),
        ("review HEAD~1", "since a commit"),
        ("review --area SEN HEAD~1", "of one area alone: only its notebooks run"),
        ("review --part ../before", "only what was run here, after a run of a part"),
        ("review --no-causes", "only what changed, in a minute"),
        ("review --minutes 30 v1.0", "since a tag, with more time for causes"),
        ("review --replay UNODC", "what the newer edition of a publisher's tables turned"),
    ],
)
@click.argument("since", metavar="[SINCE]", required=False)
@area_option
@click.option("--part", is_flag=True, help="Only what was run here: after a run of a part.")
@click.option(
    "--replay",
    metavar="P",
    help="Compare with the earlier edition of this publisher's tables.",
)
@click.option(
    "--minutes",
    metavar="M",
    type=click.FloatRange(min=0),
    default=10.0,
    help="Time for causes (10).",
)
@click.option("--no-causes", is_flag=True, help="Do not look for causes.")
def review(
    since: str | None, area: Sequence[str], part: bool, replay: str | None, minutes: float, no_causes: bool
) -> int:
    """Compare what is staged with an earlier state, and write the page."""
    if replay:
        if since or area or part:
            raise click.UsageError("With --replay all that is staged is compared: leave SINCE, --area and --part out.")
        return _replay(replay)
    with _earlier(since, area, part) as (folder, is_release, name):
        return _compare(folder, is_release, name, area, part, 0.0 if no_causes else minutes)


def _replay(publisher: str) -> int:
    from analysis.review import replay

    with progress(f"Replaying the earlier edition of {publisher}"):
        found = replay.replay(publisher)
    with exclusive():
        written = replay.write(found)
    print(replay.answer(found))
    print(", ".join(map(shown, written)))
    return 0


@contextlib.contextmanager
def _earlier(since: str | None, area: Sequence[str], part: bool) -> Iterator[tuple[Path, bool, str]]:
    """The folder of the earlier state, whether it is what was released, and what it is called."""
    from analysis.review import trees

    if since is None:
        if not (ROOT / "reports" / "index.html").exists():
            raise Refusal(
                "no_release",
                "There is no release yet to compare with: name a folder that was run, or a commit, as `review "
                "../before`; or `python -m analysis release` first.",
            )
        yield ROOT, True, "the last release"
    elif Path(since).is_dir():
        yield Path(since).resolve(), False, str(Path(since))
    elif any(sign in since for sign in ("/", "\\")) and not git("rev-parse", "--verify", "--quiet", since):
        raise Refusal("unknown_state", f"There is no folder {since}, and no commit: name one that was run.")
    else:
        with trees.worktree(since) as tree:
            trees.seed(tree)
            with progress(f"Running what {since} has otherwise"):
                trees.run(tree, _run_here(area) if area or part else None)
            yield tree, False, f"commit {since}"


def _run_here(area: Sequence[str]) -> list[str]:
    """The jobs whose notebooks were run here, of some areas where they are named."""
    every = (job for study in areas.STUDIES for job in plan(study))
    chosen = (job for job in every if job.executed.exists() and (not area or job.area_id in area))
    return [f"{job.study}/{job.area_id}/{job.analysis}" for job in chosen]


@contextlib.contextmanager
def _inputs_of(folder: Path, is_release: bool) -> Iterator[Path | None]:
    """The project folder with what the earlier state was made from; None where nobody knows it."""
    from analysis.review import trees

    if is_release and git("rev-parse", "--verify", "--quiet", trees.RELEASED):
        with trees.worktree(trees.RELEASED) as tree:
            trees.seed(tree)
            yield tree
    else:
        yield None if is_release or not (folder / "data" / "raw").is_dir() else folder


def _compare(folder: Path, is_release: bool, name: str, area: Sequence[str], part: bool, minutes: float) -> int:
    # Loaded only now, so that help is quick.
    from analysis.review import causes, page
    from analysis.review.differences import BETWEEN, GONE, differences, differing
    from analysis.review.published import outputs, published

    with progress("Comparing what is published", 4) as step:
        names = differing(folder, ROOT, old_released=is_release)
        step()
        old = published(folder, released=is_release, only=names)
        step()
        new = published(ROOT, only=names)
        step()
        if is_release:
            # A release has the findings of the report alone; what is said of a finding stands in no file by itself.
            stated = set(old.loc[old["part"].eq("finding"), "study"])
            new = new[new["path"].ne("") | new["study"].isin(stated)]
        changes = differences(old, new)
        step()
    if part:
        changes = changes[changes["status"].ne(GONE)]
    if area:
        # An edit of a sentence is one change, which stands in many areas.
        folders = changes["places"].str.split(f"{BETWEEN}|/", regex=True)
        in_places = folders.map(lambda names: not {*area}.isdisjoint(names))
        changes = changes[changes["area_id"].isin(area) | in_places]
    notes = [f"Only of {', '.join(area)}."] if area else []
    told, found = None, list[dict[str, str]]()
    with _inputs_of(folder, is_release) as made_from:
        if minutes and made_from is None:
            notes.append("What it was made from is not kept, so that no causes are named.")
        elif minutes and made_from is not None:
            with progress("Looking for causes") as step:
                told, differ = causes.explained(made_from, ROOT, changes, minutes, step)
            shown_inputs = differ[differ["id"].isin(told["cause"]) | differ["kind"].ne("wording of code")]
            found = shown_inputs[["id", "words", "diff"]].to_dict("records")
    private = any(tables.kind == "confidential" for study in areas.STUDIES for tables in tables_of(study))
    said = page.Review(
        changes, name, "what is staged", outputs(folder, is_release), outputs(ROOT), private=private,
        causes=told, inputs=found, notes=notes,
    )  # fmt: skip
    with exclusive():
        written = page.write(said, REVIEWS)
    of_synthetic = changes["synthetic"].astype(bool)
    print(page.answer(changes[~of_synthetic], found))
    if of_synthetic.any():
        print(f"SYNTHETIC: {page.answer(changes[of_synthetic], found)}")
    print(", ".join(map(shown, written)))
    return 0


@command(
    "verify",
    does="Run a release again in a copy of the project, and say whether it comes out with the same bytes, with the "
    "same numbers within a tolerance, or not; and where it does not, in which row, sentence or figure. First it names "
    "what was altered since: a row of data, a library, a released file. It writes an attestation (in-toto, in a DSSE "
    "envelope), which can be signed with a key of OpenSSH; or checks one.",
    reads="figures/ and reports/ of FOLDER (default: this project), and the inputs there, or else here.",
    writes="data/processed/verification/, which is not released.",
    examples=[
        ("verify", "all that is released here"),
        ("verify --no-run", "only what was altered, in seconds"),
        ("verify --area SEN --analysis trends", "a part"),
        ("verify ../received --key ~/.ssh/id_ed25519", "a folder that was received, signed"),
        ("verify --keep ../again", "all of it, and leave what was made again"),
        ("verify --attestation a.intoto.json", "an attestation, against the files here"),
        ("verify --attestation a.intoto.json --allowed-signers signers", "and who signed it"),
    ],
    ends={0: "the same bytes or numbers, and nothing altered", 1: "not the same, or something was altered"},
)
@click.argument("folder", metavar="[FOLDER]", type=click.Path(path_type=Path), default=ROOT)
@study_option
@area_option
@analysis_option
@click.option("--no-run", is_flag=True, help="Name what was altered, and run nothing.")
@click.option(
    "--tolerance",
    metavar="T",
    type=click.FloatRange(min=0),
    default=1e-9,
    show_default=True,
    help="Relative difference up to which numbers are the same.",
)
@click.option("--key", metavar="FILE", type=click.Path(path_type=Path), help="Sign with this private key of OpenSSH.")
@click.option(
    "--keep", metavar="FOLDER", type=click.Path(path_type=Path), help="Run it in this new folder, and leave it."
)
@click.option("--attestation", metavar="FILE", type=click.Path(path_type=Path), help="Check this one, and run nothing.")
@click.option(
    "--allowed-signers",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Who may have signed it, as ssh-keygen has it.",
)
def verify(
    folder: Path,
    study: str | None,
    area: Sequence[str],
    analysis: Sequence[str],
    no_run: bool,
    tolerance: float,
    key: Path | None,
    keep: Path | None,
    attestation: Path | None,
    allowed_signers: Path | None,
) -> int:
    """Verify a release, or check an attestation."""
    from analysis.review import verification

    if attestation:
        return _check(attestation, folder, allowed_signers)
    # Loaded only now, so that help is quick.
    import pandas as pd

    from analysis.spreadsheets import csv_bytes

    part = verification.Part(study or "", tuple(area), tuple(analysis))
    with progress("Verification"):
        run = None if no_run else verification.run_command
        outcome = verification.verify(folder.resolve(), part, run, tolerance, keep=keep)
    if outcome.verdict in verification.RESULTS:
        now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        content = verification.attested(outcome, now, ["verify", *sys.argv[2:]], key)
        path = verification.FOLDER / "attestation.intoto.json"
        write_whole(path, content, private=True)
        names = [each.name for each in fields(verification.Difference)]
        table = pd.DataFrame([astuple(each) for each in outcome.differences], columns=names)
        write_whole(verification.FOLDER / "differences.csv", csv_bytes(table), private=True)
        print(f"written: {shown(path)}, and differences.csv beside it")
    print(verification.told(outcome))
    return int(bool(outcome.alterations) or outcome.verdict == verification.NOT_THE_SAME)


def _check(file: Path, folder: Path, allowed: Path | None) -> int:
    """Check envelope, signature and digests of an attestation."""
    from analysis.review import attestation

    said, payload, signatures = attestation.opened(file.read_bytes())
    print(attestation.signer(payload, signatures, allowed))
    lines = attestation.altered_subjects(said, folder)
    print("".join(f"{line}\n" for line in lines), end="")
    about = f"{len(said['subject'])} released files, verified {said['predicate'].get('analysis_verifiedAt', '')}"
    verdict = said["predicate"].get("analysis_verdict", said["predicate"]["result"])
    print(f"{about}: {verdict}. {f'{len(lines)} of them are not as attested.' if lines else 'All are as attested.'}")
    return int(bool(lines) or said["predicate"]["result"] == "FAILED")


COMMANDS = (review, verify)
