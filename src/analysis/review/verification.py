"""Verification of a release: it is made again in a copy of the project, and compared with what stands released.

Inputs are copied, and no outputs. What was altered since the release is named before anything is run, so that the
cause of a difference is said.
"""

from __future__ import annotations

import csv
import importlib.metadata
import io
import os
import platform
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from analysis.batch import provenance
from analysis.batch.account import few
from analysis.batch.products import metadata
from analysis.jobs import SYNTHETIC
from analysis.project_files import ROOT, git
from analysis.review import altered, attestation, before_release, reproduced, trees
from analysis.review.altered import Alteration, Claim, Claimed, VerificationError
from analysis.review.reproduced import Difference

TOLERANCE = 1e-9
SAME_BYTES, SAME_NUMBERS, NOT_THE_SAME, NOT_RUN = "same bytes", "same numbers", "not the same", "not run"
# Of an attestation, by the verdict.
RESULTS = {SAME_BYTES: "PASSED", SAME_NUMBERS: "WARNED", NOT_THE_SAME: "FAILED"}
TREES = ("figures", "reports")
# Where attestations go, which are released with nothing.
FOLDER = ROOT / "data" / "processed" / "verification"
COPIES = ROOT / ".cache" / "verify"
NOT_COPIED = (".git", ".venv", ".cache", "__pycache__", "*.pyc", ".mypy_cache", ".ruff_cache", ".pytest_cache")
# Differences that are said of each file; the table beside the attestation has all.
MOST = 8

# Runs a command of the program in a project's folder; returns why it failed, empty where it did not.
Run = Callable[[Path, Sequence[str]], str]


@dataclass(frozen=True)
class Part:
    """The part of a release that is verified; all of it where nothing is named."""

    study: str = ""
    areas: tuple[str, ...] = ()
    analyses: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        return not (self.study or self.areas or self.analyses)

    @property
    def words(self) -> str:
        """Return the options that name it."""
        named = [("--study", self.study)] if self.study else []
        named += [("--area", each) for each in self.areas] + [("--analysis", each) for each in self.analyses]
        return " ".join(f"{option} {each}" for option, each in named) or "the whole release"

    def commands(self, names: Iterable[str]) -> list[list[str]]:
        """Return the commands that make some runs, by their names: areas with the same analyses share one."""
        if self.is_whole:
            return [["run"], ["release"]]
        return [["run", *options] for options in trees.chosen(name.removesuffix(SYNTHETIC) for name in names)]

    def has(self, name: str) -> bool:
        """Return True if a run, by its name, is in it."""
        if self.is_whole:
            return True
        if name.count("/") != 2:
            return False
        study, area, analysis = name.split("/")
        right = self.study in ("", study) and (not self.areas or area in self.areas)
        return right and (not self.analyses or analysis.removesuffix(SYNTHETIC) in self.analyses)


@dataclass(frozen=True)
class Outcome:
    """What became of a verification.

    Parameters
    ----------
    verdict : one of the four. part : what was verified. alterations : found before anything was run.
    differences : between what is released and what was made again. compared : released path -> sha256 as found.
    files, numbers : of the release, verified and all. unverified : run -> why it could not be verified.
    failed : why a command failed; empty. environment, inputs : for the attestation.
    """

    verdict: str
    part: Part
    alterations: Sequence[Alteration]
    differences: Sequence[Difference] = ()
    compared: Mapping[str, str] = field(default_factory=dict)
    files: tuple[int, int] = (0, 0)
    numbers: tuple[int, int] = (0, 0)
    unverified: Mapping[str, str] = field(default_factory=dict)
    failed: str = ""
    tolerance: float = TOLERANCE
    environment: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)


def verify(
    folder: Path,
    part: Part,
    run: Run | None,
    tolerance: float = TOLERANCE,
    project: Path | None = None,
    keep: Path | None = None,
) -> Outcome:
    """Make a release again, or a part of it, and compare.

    Parameters
    ----------
    folder : holds ``figures/`` and ``reports/``; inputs too where it is a project's. run : runs a command in a copy;
        None: only what was altered is looked for. tolerance : relative, for numbers. project : whose inputs count;
        None: the folder's own, or else this project's. keep : where the copy is made, and left.

    Raises
    ------
    VerificationError : nothing is released, or nothing of the part.
    """
    said = altered.claim(folder)
    project = project or (folder if (folder / "src" / "analysis").is_dir() else ROOT)
    runs = [each for name, each in sorted(said.runs.items()) if part.has(name)]
    if not runs:
        raise VerificationError(
            "nothing_of_the_part", f"The release in {folder} has nothing of this part: it has {_studies(said)}."
        )
    without = _without_inputs(project, runs)
    paths = _paths(said, runs, part)
    alterations = [
        *altered.released_files(folder, said, paths),
        *altered.data_sets(project, said, {name for each in runs for name in each.datasets}),
        *altered.lock(project, runs, platform.python_version()),
        *altered.program(project, runs, _noted(project, runs)),
        *altered.libraries(_text(project / "requirements.lock"), provenance.libraries()),
    ]
    barred = {path for each in runs if each.name in without for path in each.results}
    compared = {path: sha256 for path in paths - barred if (sha256 := altered.digest_of(folder / path))}
    there = {path for path in said.files if (folder / path).is_file()}
    numbers = {path: _numbers(folder / path) for path in there}
    begun = Outcome(
        NOT_RUN,
        part,
        alterations,
        unverified=without,
        tolerance=tolerance,
        compared=compared,
        files=(len(compared), len(said.files)),
        numbers=(sum(numbers[path] for path in compared), sum(numbers.values())),
        environment=environment(project),
        inputs=_inputs(project, said, runs),
    )
    if run is None or not compared:
        return begun
    with copied(project, keep) as copy:
        if part.is_whole:
            _committed(copy)
        of_part = {name: said.datasets[name] for each in runs for name in each.datasets if name in said.datasets}
        before_release.restore(copy, of_part, run)
        # The index, the crate and what describes tables are made by a release alone.
        ended = [run(copy, each) for each in part.commands(each.name for each in runs if each.name not in without)]
        failed = "; ".join(filter(None, ended))
        made = copy if part.is_whole else copy / "data" / "processed" / "staged"
        found = [each for path in sorted(compared) for each in _compared(path, folder, made, tolerance)]
        found += _new(said, runs, part, made, without)
    gone = [each for each in alterations if each.kind == "released file" and not each.now and each.name not in barred]
    found += [
        Difference(each.name, "file", "the whole file", "not there", "made", float("nan"), False) for each in gone
    ]
    verdict = SAME_BYTES if not found else SAME_NUMBERS if all(each.within for each in found) else NOT_THE_SAME
    return replace(begun, verdict=verdict, differences=found, failed=failed)


def _paths(said: Claim, runs: Iterable[Claimed], part: Part) -> set[str]:
    """Released files of a part; of the whole also those that no single run made."""
    return {*said.files} if part.is_whole else {path for each in runs for path in each.results if path in said.files}


def _studies(said: Claim) -> str:
    return ", ".join(sorted({name.split("/")[0] for name in said.runs if "/" in name})) or "no notebook's results"


def _noted(project: Path, runs: Iterable[Claimed]) -> dict[str, Mapping[str, Any]]:
    executed = project / "data" / "processed" / "runs"
    found = {each.name: metadata(executed / f"{each.name}.ipynb") for each in runs}
    return {name: each["made_from"] for name, each in found.items() if "made_from" in each}


def _without_inputs(project: Path, runs: Sequence[Claimed]) -> dict[str, str]:
    """Runs that read confidential data, where none are here, and why they cannot be verified."""
    listed = [each for each in altered.catalogued(project, "confidential").values() if (project / each).is_file()]
    why = "it read confidential data, which are not here; whoever keeps them can verify it"
    return {} if listed else {each.name: why for each in runs if each.confidential}


def _inputs(project: Path, said: Claim, runs: Iterable[Claimed]) -> dict[str, str]:
    """Digests of the inputs of some runs as found, by path; of confidential ones nothing is said."""
    listed = altered.catalogued(project)
    paths = {listed[name] for each in runs for name in each.datasets if name in listed and name in said.datasets}
    paths |= {path for each in runs for path in each.notebook} | {"requirements.lock"}
    return {path: sha256 for path in sorted(paths) if (sha256 := altered.digest_of(project / path))}


def _compared(path: str, folder: Path, made: Path, tolerance: float) -> list[Difference]:
    again = made / path
    now = again.read_bytes() if again.is_file() else None
    return reproduced.differences(path, (folder / path).read_bytes(), now, tolerance)


def _new(said: Claim, runs: Sequence[Claimed], part: Part, made: Path, without: Mapping[str, str]) -> list[Difference]:
    """Files that were made again and are not in the release."""
    prefixes = {f"{tree}/{each.name}" for each in runs if each.name not in without for tree in TREES}
    begins = tuple(f"{each}{end}" for each in prefixes for end in "_.")
    there = (path.relative_to(made).as_posix() for tree in TREES for path in (made / tree).rglob("*.*"))
    found = [path for path in there if path.startswith(begins) and path not in said.files]
    return [Difference(each, "file", "the whole file", "not released", "made", float("nan"), False) for each in found]


def _numbers(path: Path) -> int:
    """How many cells of a released table are numbers."""
    if path.suffix != ".csv":
        return 0
    rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8", errors="replace")))
    return sum(reproduced.NUMBER.fullmatch(cell.lstrip("-")) is not None for row in rows for cell in row)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


@contextmanager
def copied(project: Path, keep: Path | None = None) -> Iterator[Path]:
    """A copy of a project's inputs, without outputs and history; it goes in the end, but for one to `keep`."""

    def left_out(folder: str, names: list[str]) -> set[str]:
        place = Path(folder).relative_to(project).as_posix()
        outputs = {"data": {"processed"}, ".": {"reports"}, "figures": {*names} - {"readme"}, "docs": {"site"}}
        return {*shutil.ignore_patterns(*NOT_COPIED)(folder, names), *outputs.get(place, set())}

    if keep:
        if keep.exists():
            raise VerificationError("already_exists", f"{keep} is there already: name a folder that is not.")
        yield Path(shutil.copytree(project, keep, ignore=left_out, symlinks=True))
        return
    # Confidential inputs are copied below the project's folder and nowhere else.
    COPIES.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=COPIES) as temporary:
        yield Path(shutil.copytree(project, Path(temporary) / "project", ignore=left_out, symlinks=True))


def _committed(copy: Path) -> None:
    """Commit all texts of a copy to a history of its own: a release searches for no words that committed texts have."""
    who = ("-c", "user.name=verify", "-c", "user.email=verify@localhost", "-c", "commit.gpgsign=false")
    for arguments in (("init", "-q"), ("add", "-A"), (*who, "commit", "-q", "--no-verify", "-m", "As verified")):
        git(*arguments, folder=copy)


def run_command(copy: Path, arguments: Sequence[str]) -> str:
    """Run a command of a project's own program in its folder; returns the end of what it said where it failed."""
    ended = trees.command(copy, *arguments)
    # A command says on stderr how far it is, and there or on stdout why it failed.
    lines = [" ".join(line.split()) for line in f"{ended.stderr}\n{ended.stdout}".splitlines()]
    why = " ".join([line for line in lines if line and ": going on for " not in line][-MOST:])
    return f"analysis {' '.join(arguments)} ended with {ended.returncode}: {why}" if ended.returncode else ""


def environment(project: Path) -> dict[str, Any]:
    """Return Python, system, kernels of OpenBLAS, and the libraries of the lock as they are installed."""
    import scipy.linalg  # noqa: F401 - loaded so that its own linear algebra is among what is asked
    import threadpoolctl  # type: ignore[import-untyped]

    kernels = {each["architecture"] for each in threadpoolctl.threadpool_info() if "architecture" in each}
    versions = {}
    for name, _ in altered.LOCKED.findall(_text(project / "requirements.lock")):
        with suppress(importlib.metadata.PackageNotFoundError):
            versions[name] = importlib.metadata.version(name)
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "release": platform.release(),
        "openblasKernels": ", ".join(sorted(kernels)) or "not known",
        "openblasCoretype": os.environ.get("OPENBLAS_CORETYPE", ""),
        "libraries": versions,
    }


def predicate(outcome: Outcome, verified_at: str, command: Sequence[str]) -> dict[str, Any]:
    """Return what an attestation says of a verification: a test result, with inputs, environment and differences.

    Parameters
    ----------
    outcome : of a verification that was run. verified_at : the time, RFC 3339. command : as it was typed.
    """
    differing = {each.path for each in outcome.differences if not each.within}
    near = {each.path for each in outcome.differences} - differing
    same = [path for path in outcome.compared if path not in differing | near]
    return {
        "result": RESULTS[outcome.verdict],
        "configuration": [{"uri": path, "digest": {"sha256": each}} for path, each in sorted(outcome.inputs.items())],
        "passedTests": sorted(same),
        "warnedTests": sorted(near),
        "failedTests": sorted(differing),
        # Extension fields, which the specification allows.
        "analysis_verdict": outcome.verdict,
        "analysis_verifiedAt": verified_at,
        "analysis_command": list(command),
        "analysis_part": vars(outcome.part),
        "analysis_tolerance": outcome.tolerance,
        "analysis_environment": dict(outcome.environment),
        "analysis_share": {"files": list(outcome.files), "numbers": list(outcome.numbers)},
        "analysis_unverified": dict(outcome.unverified),
        "analysis_alterations": [vars(each) for each in outcome.alterations],
        "analysis_differences": [
            {**vars(each), "relative": None if each.relative != each.relative else each.relative}
            for each in outcome.differences
        ],
        "analysis_failed": outcome.failed,
    }


def attested(outcome: Outcome, verified_at: str, command: Sequence[str], key: Path | None = None) -> bytes:
    """Return the attestation of a verification that was run. Raises VerificationError if it cannot be signed."""
    said = attestation.statement(outcome.compared, predicate(outcome, verified_at, command))
    return attestation.envelope(said, key)


def told(outcome: Outcome) -> str:
    """Return the verdict, what it is of, and each alteration and difference, in words."""
    lines = [each.words for each in outcome.alterations]
    lines = [f"Altered since the release: {len(lines)}.", *lines] if lines else ["Altered since the release: nothing."]
    if outcome.failed:
        lines.append(f"Not all could be run: {outcome.failed}")
    absent = [each.path for each in outcome.differences if each.now == "not made"]
    if absent:
        lines.append(f"Not made: {len(absent)} files ({few(absent, MOST)}).")
    by_file: dict[str, list[Difference]] = {}
    for each in outcome.differences:
        if each.now != "not made":
            by_file.setdefault(each.path, []).append(each)
    for path, found in by_file.items():
        beyond = sorted(
            found, key=lambda each: (each.within, -each.relative if each.relative == each.relative else 0.0)
        )
        lines.append(f"{path}: {len(found)} differences, {sum(not each.within for each in found)} beyond the tolerance")
        lines += [f"  {each.kind}, {each.where}: {each.then[:160]} → {each.now[:160]}" for each in beyond[:MOST]]
    for why, number in sorted(Counter(outcome.unverified.values()).items()):
        named = sorted(name for name, each in outcome.unverified.items() if each == why)
        lines.append(f"Not verified, {number} runs: {why} ({few(named, MOST)}).")
    return "\n".join([*lines, "", _verdict(outcome)])


def _verdict(outcome: Outcome) -> str:
    part = outcome.part.words
    share = f"{outcome.files[0]:,} of {outcome.files[1]:,} released files"
    numbers = f"{outcome.numbers[0]:,} of {outcome.numbers[1]:,} published numbers"
    within = [each.relative for each in outcome.differences if each.kind != "figure" and each.relative == each.relative]
    words = outcome.verdict.capitalize()
    if outcome.verdict == NOT_RUN:
        return f"{words}. Of {part}, {share} with {numbers} can be verified here."
    if outcome.verdict == SAME_NUMBERS:
        files = len({each.path for each in outcome.differences})
        words += f" within {outcome.tolerance:g}: {files} digests differ, by at most {max(within, default=0.0):.2g}"
    elif outcome.verdict == NOT_THE_SAME:
        kernels = outcome.environment.get("openblasKernels", "")
        names = few(list(dict.fromkeys(each.name for each in outcome.alterations)), MOST)
        if names:
            words += f"; altered since the release: {names}"
        elif outcome.failed:
            words += ", as not all could be run"
        else:
            words += f"; nothing was found altered, so that this machine is the likely cause (OpenBLAS: {kernels})"
    return f"{words}. Verified: {part}, {share} with {numbers}."
