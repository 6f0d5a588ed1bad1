"""Commands on what has been released: verify."""

from __future__ import annotations

import csv
import datetime
import io
import sys
from collections.abc import Sequence
from dataclasses import astuple, fields
from pathlib import Path

import click

from analysis.catalog import ROOT, shown
from analysis.cli import analysis_option, area_option, command, study_option
from analysis.file_writing import write_whole
from analysis.progress import progress


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
        ("verify --attestation data/processed/verification/attestation.intoto.json", "an attestation, against files"),
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
    part = verification.Part(study or "", tuple(area), tuple(analysis))
    with progress("Verification"):
        run = None if no_run else verification.run_command
        outcome = verification.verify(folder.resolve(), part, run, tolerance, keep=keep)
    if outcome.verdict in verification.RESULTS:
        now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        content = verification.attested(outcome, now, ["verify", *sys.argv[2:]], key)
        path = verification.FOLDER / "attestation.intoto.json"
        write_whole(path, content, private=True)
        rows = io.StringIO()
        names = [each.name for each in fields(verification.Difference)]
        csv.writer(rows, lineterminator="\n").writerows([names, *map(astuple, outcome.differences)])
        write_whole(verification.FOLDER / "differences.csv", rows.getvalue().encode(), private=True)
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


COMMANDS = (verify,)
