"""Commands on the whole assessment: run, release, status, intake."""

from __future__ import annotations

import datetime
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

import click

from analysis import areas, catalog, release_register, retention
from analysis.batch import account, unchanged
from analysis.batch.account import withdraw
from analysis.batch.person_tables import make, not_linked, notes, tables_state
from analysis.batch.products import BatchError, Limits, Result
from analysis.batch.provenance import tables_read
from analysis.batch.report import folder as report_folder
from analysis.batch.report import make_report, report_state, waits_for, write_index
from analysis.batch.status import State, asking, collect, report, require_some, states, stopped
from analysis.cli import again_option, analysis_option, area_option, command, study_option
from analysis.file_writing import WriteError, exclusive
from analysis.jobs import ANALYSES, FROM_FINDINGS, INDEX, SYNTHETIC, Job, NotPlanned, Tables, plan, tables_of
from analysis.progress import progress

BEGINS = f"\nThe staged pages begin at {catalog.shown(INDEX)}; `python -m analysis release` releases them."
POSITIVE, NATURAL = click.IntRange(min=1), click.IntRange(min=0)
number_option = partial(click.option, type=POSITIVE, show_default=True)


@dataclass(frozen=True)
class How:
    """Options of a run of notebooks.

    Parameters
    ----------
    jobs : how many at the same time on this machine. scheduler : the address of a Dask cluster, which takes its place.
    limits, retries : as `batch.run.run` takes them. again : whether what is up to date is run as well.
    """

    jobs: int
    scheduler: str | None = None
    limits: Limits = field(default_factory=Limits)
    retries: int = 1
    again: bool = False


@command(
    "run",
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
        ("run --report", "the report alone, from the findings that were collected"),
    ],
    ends={
        0: "all is up to date",
        1: "a notebook failed, the report could not be made, or a study stands still",
    },
)
@study_option
@area_option
@analysis_option
@again_option
@click.option(
    "--jobs",
    metavar="N",
    type=POSITIVE,
    # Each waits now and then for its kernel, or for its files to be written.
    default=(os.cpu_count() or 1) + 1,
    help="Notebooks run at the same time on this machine (default: one more than processors).",
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Run the notebooks on the Dask cluster at this address (tcp://host:8786) instead of this machine.",
)
@number_option("--timeout", metavar="S", default=int(Limits.seconds), help="Seconds after which a notebook is stopped.")
@number_option("--memory", metavar="MIB", default=Limits.mib, help="MiB of memory that a notebook may take, on Linux.")
@number_option("--retries", metavar="N", type=NATURAL, default=1, help="Times to try again where a kernel was lost.")
@click.option("--report", "only_report", is_flag=True, help="Make the report on the pledge again, and run no notebook.")
def run(
    study: str | None,
    area: Sequence[str],
    analysis: Sequence[str],
    again: bool,
    jobs: int,
    scheduler: str | None,
    timeout: int,
    memory: int,
    retries: int,
    only_report: bool,
) -> int:
    """Run what is not up to date, and say what became of it."""
    # Only the whole assessment has a report, and its notebooks are those whose states were asked for.
    is_whole = not (study or area or analysis)
    if only_report:
        if not is_whole:
            raise NotPlanned("exclusive_options", "--report makes the whole report: name nothing else with it.")
        return _report_alone(jobs)
    how = How(jobs, scheduler, Limits(timeout, memory), retries, again)
    planned = plan(study, area, analysis)
    before = account.staged()
    with exclusive():
        # Before anything can stop the run: what may not be released any more goes first.
        went = withdraw(_say)
        studies, left_out = _within(_studies(study, area), is_whole)
        wanted = [job for job in planned if job.study in studies]
        chosen = set(analysis or ANALYSES)
        shown = [each for each in _catalogued(studies) if chosen & set(each.shown_by)]
        without = _make_tables(shown, again, wanted)
        if scheduler is None and (changed := asking(wanted)):
            from analysis.batch.run import begin

            # What changed rows concern is found out by one processor, while another loads what is run then.
            begin(changed)
        found = states(wanted)
        results = run_stages(found, without, how)
        if results:
            from analysis.batch.run import summary

            print(summary(results, fresh=len(wanted) - len(results)))
        else:
            print(f"All {len(wanted)} notebooks are up to date.")
        made, unmade = _make_report(states(wanted) if results else found, left_out, how) if is_whole else (True, "")
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
    print(BEGINS)
    if is_whole and made and not (results or went or without or missing):
        unchanged.note({"run": _idle()})
    return int(bool(without or left_out or failures) or not made)


def _idle() -> str:
    """The message of a run of the whole assessment that has nothing to do."""
    said = [f"All {len(plan())} notebooks are up to date.", _report_is_made()]
    if noted := notes(list(areas.STUDIES)):
        said.append("".join(f"\n{note}" for note in noted))
    said += ["\n" + "\n".join([account.new([]), *account.gone({}), account.missing([])]), BEGINS]
    return "\n".join(said)


@command(
    "release",
    does="Release what is staged and up to date, once its protected tables have withstood an attack together with "
    "those of earlier releases, and nothing that identifies a person was found in any file.",
    reads="data/processed/staged/, the protected tables, and data/register/.",
    writes="figures/, reports/, and data/register/, by which the next release is attacked.",
    examples=[
        ("release --check", "whether what a run has made can be released; nothing is written"),
        ("release", "release it; open reports/index.html"),
    ],
    ends={
        0: "released, or could be",
        1: "something was found that must not be released, a study stands still, or notebooks failed",
    },
)
@click.option("--check", is_flag=True, help="Audit and search, and write nothing.")
def release(check: bool) -> int:
    """Release what is staged, and say what became of it."""
    # Loaded only now, as a solver and readers of every format come with it.
    from analysis.release.publish import release as publish
    from analysis.review.trees import keep_released

    with exclusive(), progress("Release"):
        outcome = publish(datetime.date.today(), check, _say)
        if not check:
            # What is new in the evidence is new since this release.
            write_index()
            if outcome.ok:
                keep_released()
    print(outcome)
    # A release of all that there is found all of it up to date, but for tables that no notebook reads.
    if (
        not check
        and outcome.complete
        and all(tables_state(each).name == "fresh" for each in _catalogued(areas.STUDIES))
    ):
        unchanged.note({"run": _idle(), "release": str(outcome.repeated())})
    if not check and any(SYNTHETIC not in path.name for path in outcome.entered):
        print(
            f"Commit {catalog.shown(release_register.REGISTER)}/: the next release is audited with what stands there."
        )
    return int(not outcome.ok)


@command(
    "status",
    does="Say of each study and analysis how many notebooks are up to date, and what the next run would do. "
    "Besides, how long confidential data may be kept.",
    reads="the digests of data/raw and of all products.",
    writes="nothing.",
    examples=[
        ("status", "a table of all"),
        ("status --study turkiye --each", "one line a notebook, with all reasons"),
        ("status --areas", "the ids by which studies and areas are called"),
    ],
    ends={0: "it is said", 1: "it is said, and a study stands still: nothing of it is run until that is settled"},
)
@study_option
@area_option
@analysis_option
@click.option("--each", is_flag=True, help="One line a notebook, with all reasons, instead of a table.")
@click.option("--areas", "is_list", is_flag=True, help="List studies and areas with their ids, and nothing else.")
def status(study: str | None, area: Sequence[str], analysis: Sequence[str], each: bool, is_list: bool) -> int:
    """Print what is up to date; nothing is run."""
    if is_list:
        print(areas.load(study)[["study", "area_id", "name", "level"]].to_string(index=False))
        print("\nA study's own id (" + ", ".join(areas.STUDIES) + ") stands for the study as a whole.")
        return 0
    planned = plan(study, area, analysis)
    is_whole = not (study or area or analysis)
    asked = _studies(study, area)
    still = stopped(asked, whole=is_whole)
    found = states([job for job in planned if job.study not in still])
    tables = _catalogued(name for name in asked if name not in still)
    lines = [*map(str, map(tables_state, tables)), *retention.terms(asked)]
    if is_whole and not still:
        lines.append(str(report_state({state.job: state.name for state in found})))
    if found:
        print("\n".join(map(str, found)) if each else report(found))
    expired = retention.barred(asked)
    for name, why in still.items():
        print(f"{name} stands still: {'data are past their last day, see below.' if name in expired else why}")
    print("".join(f"{line}\n" for line in [*lines, *notes(asked)]), end="")
    return int(bool(still))


@command(
    "intake",
    does="Read the catalogued lists of case records and surveys, link persons, protect the counts for release, "
    "and run no notebook. `run` does so, too.",
    reads="data/raw.",
    writes="data/processed/<study>/, with a report on every file for whoever keeps the data.",
    examples=[
        ("intake", "all studies"),
        ("intake --study turkiye --again", "one study, though nothing has changed"),
    ],
    ends={0: "all tables are up to date", 1: "those of a study could not be made, or it stands still"},
)
@study_option
@again_option
def intake(study: str | None, again: bool) -> int:
    """Read the tables of persons that are not up to date."""
    with exclusive():
        went = withdraw(_say)
        asked, left_out = _within([study] if study else list(areas.STUDIES), not study)
        catalogued = _catalogued(asked)
        fresh = [] if again else [tables for tables in catalogued if tables_state(tables).name == "fresh"]
        without = _make_tables([tables for tables in catalogued if tables not in fresh], again=True)
        write_index()
    for tables in catalogued:
        if tables not in without:
            why = not_linked(tables)
            treated = "not linked, so that no person is counted" if why else tables.treated
            done = "are up to date" if tables in fresh and not why else f"were read and {treated}"
            print(f"{tables.words} of {tables.study} {done}: {catalog.shown(tables.file(tables.report))}")
            print(f"  {why}\n" if why else "", end="")
    if not catalogued:
        of = f" of {study}" if study else ""
        print(f"No lists of case records and no survey{of} are catalogued.")
    print("".join(f"{note}\n" for note in notes(asked)), end="")
    account.keep(went)
    print("\n".join(account.gone(went)))
    return int(bool(without or left_out))


# In the order in which help lists them.
COMMANDS = (run, release, status, intake)


def run_stages(found: Sequence[State], without: dict[Tables, str], how: How) -> list[Result]:
    """Run what is not up to date: first what states findings, then, once these are collected, what reads them."""
    stale = [state.job for state in found if how.again or state.name != "fresh"]
    stating = [job for job in stale if job.analysis not in FROM_FINDINGS]
    results = run_notebooks(stating, without, how) if stating else []
    if not stale:
        return []
    # What no notebook reads is collected for whoever asks for it.
    touched = dict.fromkeys(job.study for job in stale)
    waiting = collect(touched)
    # What reads findings is as fresh as it was where they have not changed by what was run, and stale where they have.
    reading = [state.job for state in found if state.job.analysis in FROM_FINDINGS and state.job.study in touched]
    reading = [state.job for state in states(reading) if how.again or state.name != "fresh"]
    from analysis.batch.run import fail

    for study, reason in waiting.items():
        results += fail([job for job in reading if job.study == study], reason)
    ready = [job for job in reading if job.study not in waiting]
    return results + (run_notebooks(ready, without, how) if ready else [])


def run_notebooks(jobs: Sequence[Job], without: dict[Tables, str], how: How) -> list[Result]:
    """Run notebooks, those that read tables of persons on this machine alone: the tables stay on it."""
    # Loaded only now, so that a run with nothing to do takes no longer than asking for the status.
    from analysis.batch.run import fail, run, workers

    results: dict[Job, Result] = {}
    for tables, reason in without.items():
        barred = [job for job in jobs if tables in tables_read(job) and job not in results]
        results |= {result.job: result for result in fail(barred, f"its {tables.words} could not be made: {reason}")}
    left = [job for job in jobs if job not in results]
    kept = [job for job in left if how.scheduler and tables_read(job)]
    for group, scheduler in (([job for job in left if job not in kept], how.scheduler), (kept, None)):
        if group:
            ran = run(group, workers(scheduler, min(how.jobs, len(group)), group), how.limits, how.retries)
            results |= {result.job: result for result in ran}
    return [results[job] for job in jobs]


def _make_report(found: Sequence[State], left_out: Sequence[str], how: How) -> tuple[bool, str]:
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
    if how.again or report_state(states_of).name != "fresh":
        print("The report is being made, in four languages.", file=sys.stderr)
        try:
            with progress("Report"):
                make_report(how.jobs)
        except (BatchError, WriteError) as error:
            print(f"\n{error}", file=sys.stderr)
            return False, "its texts or findings are not as they must be"
    print(_report_is_made())
    return True, ""


def _report_is_made() -> str:
    return f"The report on the pledge is up to date: {catalog.shown(report_folder())}/"


def _report_alone(jobs: int) -> int:
    """Make the report again from the findings that were collected."""
    retention.require_within(areas.reported())
    with exclusive(), progress("Report"):
        waiting = waits_for({state.job: state.name for state in states(plan())})
        if waiting:
            raise BatchError("report_inputs_waiting", "The report cannot be made: " + "; ".join(waiting) + ".")
        make_report(jobs)
    begins = catalog.shown(report_folder() / "index.html")
    print(f"The report begins at {begins}; `python -m analysis release` releases it.")
    return 0


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


def _studies(study: str | None, area_ids: Sequence[str]) -> list[str]:
    """The studies that a selection touches, in their order."""
    if not area_ids:
        return [name for name in areas.STUDIES if study in (None, name)]
    touched = {areas.get(area_id).study for area_id in area_ids}
    return [name for name in areas.STUDIES if name in touched]


def _catalogued(studies: Iterable[str]) -> list[Tables]:
    """The tables of persons of these studies whose files are catalogued."""
    return [tables for study in studies for tables in tables_of(study) if tables.kind]


def _make_tables(catalogued: Sequence[Tables], again: bool, jobs: Sequence[Job] = ()) -> dict[Tables, str]:
    """Make those tables of persons that are not fresh, or all `again`; returns why some could not be, and says so.

    Parameters
    ----------
    jobs : the notebooks that are run next.
    """
    wanted = [tables for tables in catalogued if again or tables_state(tables).name != "fresh"]
    without = make(wanted, jobs) if wanted else {}
    for tables, reason in without.items():
        print(f"{tables.words} of {tables.study} could not be made: {reason}", file=sys.stderr)
    return without
