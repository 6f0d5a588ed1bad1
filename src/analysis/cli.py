"""The command line, ``python -m analysis``: run, release, status, intake.

Commands on single files stand in `cli_files`, on findings and the report in `cli_findings`, on persons' data in
`cli_protection`, on studies in `cli_studies`, on JupyterLab in `cli_lab`, on the installation in `cli_install`;
`cli_help` knows how each explains itself.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import NoReturn

from analysis import (
    areas,
    catalog,
    cli_files,
    cli_findings,
    cli_maintenance,
    cli_studies,
    release_register,
    retention,
)
from analysis.analyses import require_line
from analysis.batch import account
from analysis.batch.index import write_index
from analysis.batch.person_tables import make, notes, tables_state
from analysis.batch.products import BatchError, Limits, Result, exclusive
from analysis.batch.provenance import tables_read
from analysis.batch.report import folder as report_folder
from analysis.batch.report import make_report, report_state, waits_for
from analysis.batch.status import State, collect, report, states
from analysis.batch.stopped import require_some, stopped
from analysis.batch.withdrawal import withdraw
from analysis.cli_files import not_negative, positive
from analysis.cli_help import FIRST, ONLY_STUDY, PROGRAM, Commands, Parser, teach
from analysis.jobs import ANALYSES, FROM_FINDINGS, INDEX, SYNTHETIC, Job, NotPlanned, Tables, plan, tables_of

# The exit codes of a command that was stopped by Ctrl-C, and by whoever ends processes: 128 and the signal's number.
STOPPED, TERMINATED = 130, 143

DESCRIPTION = (
    "Assess the incidence, trends, routes and risk factors of trafficking in persons, area by area in the same way."
)
EPILOG = f"""\
{PROGRAM} COMMAND --help says what a command does, reads and writes, with examples that work.

Only what is not up to date is run: a notebook whose text, area, data, or functions it uses have changed, that failed,
or whose figures or page are missing. A run that was stopped, or killed, goes on where it was when it is started again.

Results: the executed notebooks in data/processed/runs/, internal, and in data/processed/staged/ the pages and
figures of what may leave. A release attacks all protected tables together with those of earlier releases, searches
every staged file for what identifies a person, and writes reports/index.html, reports/ and figures/.

exit codes: 0 all is well; 1 it was done, and something is wrong; 2 nothing was done, or a file was refused, and why
is said;
{STOPPED} stopped by Ctrl-C; {TERMINATED} by SIGTERM.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    try:
        options = parser().parse_args(arguments)
        if options.asked is None:
            print(FIRST, end="")
            return 0
        with _ended_in_order():
            _name_places(options)
            return options.command(options)
    except (areas.UnknownArea, NotPlanned, catalog.CatalogError, BatchError) as error:
        print(f"analysis: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        # A file of the user that is missing, a folder that may not be written to: not a fault of the program.
        if error.filename is None:
            raise
        print(f"analysis: {error.filename}: {error.strerror}.", file=sys.stderr)
        return 2
    except KeyboardInterrupt as stop:
        print("analysis: stopped. What had finished is kept; the next run goes on from there.", file=sys.stderr)
        return TERMINATED if isinstance(stop, _Terminated) else STOPPED


class _Terminated(KeyboardInterrupt):
    """SIGTERM has come: everything ends as with Ctrl-C."""


@contextlib.contextmanager
def _ended_in_order() -> Iterator[None]:
    """Let SIGTERM end what goes on as Ctrl-C does: workers end, nothing half written stands."""

    def end(number: int, frame: object) -> NoReturn:
        # A second one would interrupt the clearing up.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise _Terminated

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _name_places(options: argparse.Namespace) -> None:
    """Put ids in the place of the names of areas and studies that were typed."""
    # Of these commands STUDY is what is made, or what is deleted, and is typed as it is.
    if options.asked in ("new-study", "forget"):
        return
    study = getattr(options, "study", None)
    if study is not None:
        options.study = study = areas.named(study, what="study")
    if named := getattr(options, "area", None):
        options.area = [areas.named(each, study) for each in named]


def parser(program: str = PROGRAM) -> Parser:
    """The parser of all commands; nothing is read to make it. `program` is what help calls the program."""
    whole = Parser(prog=program, description=DESCRIPTION, epilog=EPILOG)
    commands = whole.add_subparsers(title="commands", dest="asked", metavar="COMMAND")
    for add in (
        _add_run,
        _add_release,
        _add_status,
        *cli_findings.COMMANDS,
        *cli_files.COMMANDS,
        *cli_maintenance.PROTECTION,
        *cli_maintenance.INSTALLATION,
        *cli_studies.COMMANDS,
        *cli_maintenance.LAB,
        _add_intake,
    ):
        add(commands)
    # The script by which a shell completes commands is made of them all.
    whole.set_defaults(parser=parser)
    return whole


def _add_run(commands: Commands) -> None:
    batch = teach(
        commands,
        "run",
        help="run the notebooks that are not up to date, and stage what of them may leave",
        does="Run every analysis for each area, and for each study as a whole, where something has changed; collect "
        "their findings, and make the report on the pledge once all is up to date. A notebook that fails leaves the "
        "others alone.",
        reads="data/raw, notebooks/ and pledge/.",
        writes="data/processed/: the executed notebooks, tables, findings, and in staged/ what waits for `release`.",
        examples=[
            ("run", "all that is not up to date"),
            ("run --study cabo_verde", "the ten islands, and Cabo Verde as a whole"),
            ("run --area TR-27 --area Senegal", "two areas, by id or by name"),
            ("run --analysis routes --jobs 1", "one analysis, one notebook at a time"),
            ("run --again", "everything once more"),
        ],
        ends={
            0: "all is up to date",
            1: "a notebook failed, the report could not be made, or a study stands still",
        },
    )
    _add_selection(batch)
    batch.add_argument("--again", action="store_true", help="run what is up to date as well")
    batch.add_argument(
        "--jobs",
        metavar="N",
        type=positive,
        # Each waits now and then for its kernel, or for its files to be written.
        default=(os.cpu_count() or 1) + 1,
        help="notebooks run at the same time on this machine (default: one more than processors)",
    )
    batch.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="run the notebooks on the Dask cluster at this address (tcp://host:8786) instead of this machine",
    )
    batch.add_argument(
        "--timeout",
        metavar="S",
        type=positive,
        default=int(Limits.seconds),
        help="seconds after which a notebook is stopped (default: %(default)s)",
    )
    batch.add_argument(
        "--memory",
        metavar="MIB",
        type=positive,
        default=Limits.mib,
        help="memory that a notebook may take, in MiB, on Linux (default: %(default)s)",
    )
    batch.add_argument(
        "--retries",
        metavar="N",
        type=not_negative,
        default=1,
        help="times that a notebook is tried again whose kernel was lost (default: %(default)s)",
    )
    batch.set_defaults(command=_run)


def _add_release(commands: Commands) -> None:
    leaving = teach(
        commands,
        "release",
        help="audit the tables, search the pages and figures that are staged, and write them to figures/ and reports/",
        does="Release what is staged and up to date, once its protected tables have withstood an attack together with "
        "those of earlier releases, and nothing that identifies a person was found in any file.",
        reads="data/processed/staged/, the protected tables, and data/register/.",
        writes="figures/, reports/, and data/register/, by which the next release is attacked.",
        examples=[
            ("release --check", "whether what a run has made may leave; nothing is written"),
            ("release", "let it leave; open reports/index.html"),
        ],
        ends={
            0: "released, or could be",
            1: "something was found that must not leave, or a study stands still",
        },
    )
    leaving.add_argument("--check", action="store_true", help="audit and search, and write nothing")
    leaving.set_defaults(command=_release)


def _add_status(commands: Commands) -> None:
    status = teach(
        commands,
        "status",
        help="say what is up to date, stale, failed or missing, and why",
        does="Say of each study and analysis how many notebooks are up to date, and what the next run would do. "
        "Besides, how long confidential data may be kept.",
        reads="the digests of data/raw and of all products.",
        writes="nothing.",
        examples=[
            ("status", "a table of all"),
            ("status --study turkiye --each", "one line a notebook, with all reasons"),
        ],
        ends={0: "it is said", 1: "it is said, and a study stands still: nothing of it is run until that is settled"},
    )
    _add_selection(status)
    status.add_argument("--each", action="store_true", help="one line a notebook, with all reasons, instead of a table")
    status.set_defaults(command=_status)


def _add_intake(commands: Commands) -> None:
    intake = teach(
        commands,
        "intake",
        help="read the case records and surveys that are not up to date, and write their tables",
        does="Read the catalogued lists of case records and surveys, link persons, protect the counts that may leave, "
        "and run no notebook. `run` does so, too.",
        reads="data/raw.",
        writes="data/processed/<study>/, with a report on every file for whoever keeps the data.",
        examples=[
            ("intake", "all studies"),
            ("intake --study turkiye --again", "one study, though nothing has changed"),
        ],
        ends={
            0: "all tables are up to date",
            1: "those of a study could not be made, or it stands still",
        },
    )
    intake.add_argument("--study", metavar="S", help=ONLY_STUDY)
    intake.add_argument("--again", action="store_true", help="read what is up to date as well")
    intake.set_defaults(command=_intake)


def _add_selection(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--study", metavar="S", help=ONLY_STUDY)
    parser.add_argument(
        "--area",
        metavar="A",
        action="append",
        help="only this area, by its id or name, or a study for the study as a whole; can be given several times",
    )
    parser.add_argument(
        "--analysis",
        metavar="N",
        action="append",
        type=_analysis,
        choices=ANALYSES,
        help=f"only {', '.join(ANALYSES)}",
    )


def _analysis(name: str) -> str:
    """The name of an analysis; of a notebook that is not listed among them it is said what is missing."""
    try:
        require_line(name)
    except catalog.CatalogError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return name


def _run(options: argparse.Namespace) -> int:
    planned = plan(options.study, options.area, options.analysis)
    # Only the whole assessment has a report, and its notebooks are those whose states were asked for.
    is_whole = not (options.study or options.area or options.analysis)
    before = account.staged()
    with exclusive():
        # Before anything can stop the run: what may not be released any more goes first.
        went = withdraw(_say)
        studies, left_out = _within(_studies(options), is_whole)
        jobs = [job for job in planned if job.study in studies]
        chosen = set(options.analysis or ANALYSES)
        shown = [tables for tables in _catalogued(studies) if chosen & set(tables.shown_by)]
        without = _make_tables(_to_make(shown, options.again))
        found = states(jobs)
        results = _run_stages(found, without, options)
        if results:
            from analysis.batch.run import summary

            print(summary(results, fresh=len(jobs) - len(results)))
        else:
            print(f"All {len(jobs)} notebooks are up to date.")
        made, unmade = _make_report(states(jobs) if results else found, left_out, options) if is_whole else (True, "")
        write_index()
    print("".join(f"\n{note}" for note in notes(studies)), end="\n" if notes(studies) else "")
    now = account.staged()
    replaced = dict.fromkeys(before - now - set(went), "since no notebook leads to them now")
    failures = [result.job.name for result in results if not result.ok]
    missing = [f"{study}, which stands still" for study in left_out]
    missing += [f"{len(failures)} notebooks that failed ({account.few(failures)})"] if failures else []
    missing += [f"the report on the pledge ({unmade})"] if unmade else []
    went = {**went, **replaced}
    account.keep(went)
    print("\n" + "\n".join([account.new(now - before), *account.gone(went), account.missing(missing)]))
    print(f"\nWhat may leave begins at {catalog.shown(INDEX)}; `python -m analysis release` lets it.")
    return int(bool(without or left_out) or not made or any(not result.ok for result in results))


def _run_stages(found: Sequence[State], without: dict[Tables, str], options: argparse.Namespace) -> list[Result]:
    """Run what is not up to date: first what states findings, then, once these are collected, what reads them."""
    stale = [state.job for state in found if options.again or state.name != "fresh"]
    stating = [job for job in stale if job.analysis not in FROM_FINDINGS]
    results = _run_notebooks(stating, without, options) if stating else []
    if not stale:
        return []
    # What no notebook reads is collected for whoever asks for it.
    touched = dict.fromkeys(job.study for job in stale)
    waiting = collect(touched)
    # What reads findings is as fresh as it was where they have not changed by what was run, and stale where they have.
    reading = [state.job for state in found if state.job.analysis in FROM_FINDINGS and state.job.study in touched]
    reading = [state.job for state in states(reading) if options.again or state.name != "fresh"]
    from analysis.batch.run import fail

    for study, reason in waiting.items():
        results += fail([job for job in reading if job.study == study], reason)
    ready = [job for job in reading if job.study not in waiting]
    return results + (_run_notebooks(ready, without, options) if ready else [])


def _make_report(found: Sequence[State], left_out: Sequence[str], options: argparse.Namespace) -> tuple[bool, str]:
    """Make the report on the pledge where the whole assessment, whose states these are, is up to date.

    Returns
    -------
    Whether nothing is wrong with it, and why it was not made: a text may keep it from that, or a study that stands
    still, and then something is wrong; it may also wait for notebooks. They have been run all the same.
    """
    if left_out:
        return False, f"it tells of all studies, and {', '.join(left_out)} stands still"
    states_of = {state.job: state.name for state in found}
    waiting = waits_for(states_of)
    if waiting:
        return True, "; ".join(waiting)
    if options.again or report_state(states_of).name != "fresh":
        print("The report is being made, in four languages.", file=sys.stderr)
        try:
            make_report(options.jobs)
        except BatchError as error:
            print(f"\n{error}", file=sys.stderr)
            return False, "its texts or findings are not as they must be"
    print(f"The report on the pledge is up to date: {catalog.shown(report_folder())}/")
    return True, ""


def _release(options: argparse.Namespace) -> int:
    # Loaded only now, as a solver and readers of every format come with it.
    from analysis.release.publish import release

    with exclusive():
        outcome = release(datetime.date.today(), options.check, _say)
    print(outcome)
    if not options.check and any(SYNTHETIC not in path.name for path in outcome.entered):
        print(
            f"Commit {catalog.shown(release_register.REGISTER)}/: the next release is audited with what stands there."
        )
    return int(not outcome.ok)


def _say(line: str) -> None:
    """Say what is about to happen, before it does."""
    print(line, file=sys.stderr)


def _within(studies: Sequence[str], whole: bool) -> tuple[list[str], list[str]]:
    """Those of the studies that may be worked on, and those that stand still: it says why. `whole`: all are meant.

    Raises StudyStopped where none remains.
    """
    why = stopped(studies, whole=whole)
    require_some(studies, why)
    for study, reason in why.items():
        print(f"{study} stands still. {reason}", file=sys.stderr)
    return [study for study in studies if study not in why], list(why)


def _studies(options: argparse.Namespace) -> list[str]:
    """The studies that a selection touches, in their order."""
    if not options.area:
        return [name for name in areas.STUDIES if options.study in (None, name)]
    touched = {areas.get(area_id).study for area_id in options.area}
    return [name for name in areas.STUDIES if name in touched]


def _catalogued(studies: Sequence[str]) -> list[Tables]:
    """The tables of persons of these studies whose files are catalogued."""
    return [tables for study in studies for tables in tables_of(study) if tables.kind]


def _to_make(catalogued: Sequence[Tables], again: bool) -> list[Tables]:
    """Those of the tables that are not fresh, or are made `again`."""
    return [tables for tables in catalogued if again or tables_state(tables).name != "fresh"]


def _make_tables(wanted: Sequence[Tables]) -> dict[Tables, str]:
    """Make tables of persons; returns why some could not be made, and says so."""
    without = make(wanted) if wanted else {}
    for tables, reason in without.items():
        print(f"{tables.words} of {tables.study} could not be made: {reason}", file=sys.stderr)
    return without


def _run_notebooks(jobs: Sequence[Job], without: dict[Tables, str], options: argparse.Namespace) -> list[Result]:
    """Run notebooks, those that read tables of persons on this machine alone: the tables stay on it."""
    # Loaded only now, so that a run with nothing to do takes no longer than asking for the status.
    from analysis.batch.run import fail, run, workers

    limits = Limits(options.timeout, options.memory)
    results: dict[Job, Result] = {}
    for tables, reason in without.items():
        barred = [job for job in jobs if tables in tables_read(job) and job not in results]
        results |= {result.job: result for result in fail(barred, f"its {tables.words} could not be made: {reason}")}
    left = [job for job in jobs if job not in results]
    if options.scheduler:
        kept = [job for job in left if tables_read(job)]
        groups = [([job for job in left if job not in kept], options.scheduler), (kept, None)]
    else:
        groups = [(left, None)]
    for group, scheduler in groups:
        if group:
            ran = run(group, workers(scheduler, min(options.jobs, len(group))), limits, options.retries)
            results |= {result.job: result for result in ran}
    return [results[job] for job in jobs]


def _intake(options: argparse.Namespace) -> int:
    if options.study is not None:
        areas.ids(options.study)  # refuses one that does not exist
    asked = [options.study] if options.study else list(areas.STUDIES)
    with exclusive():
        went = withdraw(_say)
        asked, left_out = _within(asked, not options.study)
        catalogued = _catalogued(asked)
        stale = _to_make(catalogued, options.again)
        without = _make_tables(stale)
        write_index()
    for tables in catalogued:
        if tables not in without:
            done = f"were read and {tables.treated}" if tables in stale else "are up to date"
            print(f"{tables.words} of {tables.study} {done}: {catalog.shown(tables.file(tables.report))}")
    if not catalogued:
        of = f" of {options.study}" if options.study else ""
        print(f"No lists of case records and no survey{of} are catalogued.")
    print("".join(f"{note}\n" for note in notes(asked)), end="")
    account.keep(went)
    print("\n".join(account.gone(went)))
    return int(bool(without or left_out))


def _status(options: argparse.Namespace) -> int:
    planned = plan(study=options.study, area_ids=options.area, analyses=options.analysis)
    is_whole = not (options.study or options.area or options.analysis)
    asked = _studies(options)
    still = stopped(asked, whole=is_whole)
    studies = [study for study in asked if study not in still]
    found = states([job for job in planned if job.study in studies])
    tables = [*map(str, map(tables_state, _catalogued(studies))), *retention.terms(asked)]
    if is_whole and not still:
        tables.append(str(report_state({state.job: state.name for state in found})))
    if found:
        print("\n".join(map(str, found)) if options.each else report(found))
    expired = retention.barred(asked)
    for study, why in still.items():
        print(f"{study} stands still: {'data are past their last day, see below.' if study in expired else why}")
    print("".join(f"{line}\n" for line in [*tables, *notes(asked)]), end="")
    return int(bool(still))
