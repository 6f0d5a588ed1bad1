"""The command line, ``python -m analysis``: run, status; questionnaire, draft, check, intake, synthetic; areas."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from analysis import areas, catalog
from analysis.batch.made_from import tables_read
from analysis.batch.products import exclusive, write_whole
from analysis.batch.result import BatchError, Limits, Result
from analysis.batch.status import index_made_from, index_stands, report, states
from analysis.batch.tables import make, notes, tables_state, withdraw, without_values
from analysis.jobs import ANALYSES, INDEX, Job, NotPlanned, Tables, plan, tables_of

DESCRIPTION = (
    "Assess the incidence, trends, routes and risk factors of trafficking in persons, area by area in the same way."
)
EXAMPLES = """\
examples:
  python -m analysis run                            all that is not up to date
  python -m analysis run --study cabo_verde         the ten islands, and Cabo Verde as a whole
  python -m analysis run --area TR-27 --area SEN    two areas
  python -m analysis run --analysis routes --jobs 1 one analysis, one notebook at a time
  python -m analysis run --again                    everything once more
  python -m analysis status                         what is up to date, what is not, and why
  python -m analysis questionnaire                  the form of the survey of children, for KoboToolbox
  python -m analysis draft FILE                     a first mapping for a list of case records
  python -m analysis check FILE                     what is read of it, and what waits in quarantine
  python -m analysis intake --study turkiye         read lists of case records and the survey, and nothing else
  python -m analysis areas                          the ids of all areas

Only what is not up to date is run: a notebook whose text, area, data, or functions it uses have changed, that failed,
or whose figures or page are missing. A run that was stopped, or killed, goes on where it was when it is started again.

Results: reports/index.html, figures/<study>/<area>/, and the executed notebooks in data/processed/runs/.
The run ends with exit code 0, with 1 if a notebook failed, and with 2 if nothing could be run.
"""


# Reports on single files, for whoever keeps the data.
CHECKS = catalog.ROOT / "data" / "processed" / "checks"

# The exit code of a command that was stopped by Ctrl-C.
STOPPED = 130

# What argparse makes of `add_subparsers`; it has no public name.
Commands = Any


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return options.command(options)
    except (areas.UnknownArea, NotPlanned, catalog.CatalogError, BatchError) as error:
        print(f"analysis: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("analysis: stopped. What had finished is kept; the next run goes on from there.", file=sys.stderr)
        return STOPPED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m analysis",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    for add in (
        _add_run,
        _add_status,
        _add_questionnaire,
        _add_draft,
        _add_check,
        _add_intake,
        _add_synthetic,
        _add_areas,
    ):
        add(commands)
    return parser


def _add_run(commands: Commands) -> None:
    batch = commands.add_parser(
        "run",
        help="run the notebooks that are not up to date, and write figures and reports",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_selection(batch)
    batch.add_argument("--again", action="store_true", help="run what is up to date as well")
    batch.add_argument(
        "--jobs",
        metavar="N",
        type=_positive,
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
        type=_positive,
        default=int(Limits.seconds),
        help="seconds after which a notebook is stopped (default: %(default)s)",
    )
    batch.add_argument(
        "--memory",
        metavar="MIB",
        type=_positive,
        default=Limits.mib,
        help="memory that a notebook may take, in MiB, on Linux (default: %(default)s)",
    )
    batch.add_argument(
        "--retries",
        metavar="N",
        type=_not_negative,
        default=1,
        help="times that a notebook is tried again whose kernel was lost (default: %(default)s)",
    )
    batch.set_defaults(command=_run)


def _add_status(commands: Commands) -> None:
    status = commands.add_parser("status", help="say what is up to date, stale, failed or missing, and why")
    _add_selection(status)
    status.add_argument("--each", action="store_true", help="one line a notebook, with all reasons, instead of a table")
    status.set_defaults(command=_status)


def _add_questionnaire(commands: Commands) -> None:
    questionnaire = commands.add_parser(
        "questionnaire",
        help="write the form of the survey of children, to be uploaded to KoboToolbox or another program of ODK",
    )
    questionnaire.add_argument(
        "file", metavar="FILE", type=Path, nargs="?", default=Path("questionnaire.xlsx"), help="(default: %(default)s)"
    )
    questionnaire.add_argument(
        "--frame",
        metavar="CSV",
        type=Path,
        help="the sampling frame: of it, psu.csv is written beside the form, to be uploaded with it",
    )
    questionnaire.set_defaults(command=_questionnaire)


def _add_draft(commands: Commands) -> None:
    draft = commands.add_parser("draft", help="write a first mapping for a list of case records, beside its file")
    draft.add_argument("file", metavar="FILE", type=Path, help="an Excel file (.xlsx) or CSV, as received")
    draft.add_argument("--again", action="store_true", help="write it over a mapping that is there")
    draft.set_defaults(command=_draft)


def _add_check(commands: Commands) -> None:
    check = commands.add_parser(
        "check",
        help="read a data file by its mapping, and report what became of each row",
        description="Read a list of case records by the mapping beside it, the export of a survey by its description, "
        "or a release of UNODC, USDOL or CTDC, and say what became of each row. Nothing that stands in a cell is "
        "printed. The report and the quarantine are written to data/processed/checks/.",
    )
    check.add_argument("file", metavar="FILE", type=Path, nargs="+", help="an Excel file (.xlsx), CSV or XML")
    check.add_argument(
        "--accept",
        action="store_true",
        help="enter it, as it is now, in the catalogue of its study, so that run reads it",
    )
    check.set_defaults(command=_check)


def _add_synthetic(commands: Commands) -> None:
    synthetic = commands.add_parser("synthetic", help="write a study of invented persons, whose truth is known")
    synthetic.add_argument("study", metavar="STUDY", help="turkiye or cabo_verde")
    synthetic.add_argument("--persons", metavar="N", type=_positive, help="true persons (default: 2500)")
    synthetic.add_argument(
        "--seed", metavar="N", type=_not_negative, help="of the random numbers (default: as committed)"
    )
    synthetic.add_argument(
        "--into", metavar="FOLDER", type=Path, help="where to write it (default: data/raw/synthetic/<study>)"
    )
    synthetic.set_defaults(command=_synthetic)


def _add_intake(commands: Commands) -> None:
    intake = commands.add_parser(
        "intake", help="read the case records and surveys that are not up to date, and write their tables"
    )
    intake.add_argument("--study", metavar="S", help=f"only this study: {', '.join(areas.STUDIES)}")
    intake.add_argument("--again", action="store_true", help="read what is up to date as well")
    intake.set_defaults(command=_intake)


def _add_areas(commands: Commands) -> None:
    listing = commands.add_parser("areas", help="list the areas of the three studies with their ids")
    listing.set_defaults(command=_areas)


def _add_selection(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--study", metavar="S", help=f"only this study: {', '.join(areas.STUDIES)}")
    parser.add_argument(
        "--area",
        metavar="A",
        action="append",
        help="only this area, or a study's id for the study as a whole; can be given several times",
    )
    parser.add_argument(
        "--analysis", metavar="N", action="append", choices=ANALYSES, help=f"only {', '.join(ANALYSES)}"
    )


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number of 1 or more")
    return int(text)


def _not_negative(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number of 0 or more")
    return int(text)


def _run(options: argparse.Namespace) -> int:
    jobs = plan(study=options.study, area_ids=options.area, analyses=options.analysis)
    studies = _studies(options)
    with exclusive():
        # Before anything can stop the run: what may not be released any more goes first.
        withdraw()
        catalog.verify_all()
        chosen = set(options.analysis or ANALYSES)
        shown = [tables for tables in _catalogued(studies) if chosen & set(tables.shown_by)]
        without = _make_tables(_to_make(shown, options.again))
        stale = [state.job for state in states(jobs) if options.again or state.name != "fresh"]
        results = _run_notebooks(stale, without, options) if stale else []
        if stale:
            from analysis.batch.run import summary

            print(summary(results, fresh=len(jobs) - len(stale)))
        else:
            print(f"All {len(jobs)} notebooks are up to date.")
        _write_index()
    print("".join(f"\n{note}" for note in notes(studies)), end="\n" if notes(studies) else "")
    print(f"\nThe report begins at {catalog.shown(INDEX)}")
    return int(bool(without) or any(not result.ok for result in results))


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


@contextlib.contextmanager
def _no_values() -> Iterator[None]:
    """Whatever goes wrong with a file is said in one sentence, and never with what stands in a cell."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except Exception as error:
        raise BatchError(without_values(error, confidential=True)) from None


def _questionnaire(options: argparse.Namespace) -> int:
    from analysis.checking import sampling_frame
    from analysis.survey.questionnaire import units, workbook

    if options.file.suffix != ".xlsx":
        raise BatchError(f"{options.file} does not end in .xlsx, by which programs know an Excel file.")
    with _no_values():
        written = {options.file: workbook()}
        if options.frame:
            written[options.file.with_name("psu.csv")] = units(sampling_frame(options.frame))
    for path, content in written.items():
        write_whole(path, content)
        print(f"written: {path}")
    return 0


def _draft(options: argparse.Namespace) -> int:
    from analysis.cases.draft import draft
    from analysis.cases.mapping import beside

    mapping = beside(options.file)
    if mapping.exists() and not options.again:
        raise BatchError(f"{catalog.shown(mapping)} is there already; --again writes over it.")
    with _no_values():
        text = draft(options.file)
    write_whole(mapping, text.encode())
    print(
        f"{catalog.shown(mapping)}: settle its {text.count('decide')} lines with `decide`, then check {options.file}."
    )
    return 0


def _check(options: argparse.Namespace) -> int:
    from analysis.checking import accepted, check

    for file in options.file:
        with _no_values():
            found = check(file)
        print(found.text)
        for name, content in found.files.items():
            write_whole(CHECKS / name, content, private=True)
            print(f"  written: {catalog.shown(CHECKS / name)}")
        if options.accept and found.described is not None:
            catalogue, content = accepted(file, found.described)
            with exclusive():
                write_whole(catalogue, content)
                catalog.datasets.cache_clear()
                withdraw()
                _write_index()
            print(f"  entered in {catalog.shown(catalogue)}: the next run reads it")
    return 0


def _synthetic(options: argparse.Namespace) -> int:
    from analysis.cases.synthetic import SEED, write

    folder = options.into or catalog.RAW / "synthetic" / options.study
    if folder.resolve() in [catalog.RAW / study for study in areas.STUDIES]:
        raise BatchError(f"{catalog.shown(folder.resolve())} is for real lists; give another folder by --into.")
    with _no_values():
        made = write(options.study, folder, options.persons, SEED if options.seed is None else options.seed)
    print(f"{len(made.persons):,} invented persons, {len(made.captures):,} records of them, in {catalog.shown(folder)}")
    return 0


def _intake(options: argparse.Namespace) -> int:
    if options.study is not None:
        areas.ids(options.study)  # refuses one that does not exist
    asked = [options.study] if options.study else list(areas.STUDIES)
    catalogued = _catalogued(asked)
    with exclusive():
        withdraw()
        catalog.verify_all()
        stale = _to_make(catalogued, options.again)
        without = _make_tables(stale)
        _write_index()
    for tables in catalogued:
        if tables not in without:
            done = f"were read and {tables.treated}" if tables in stale else "are up to date"
            print(f"{tables.words} of {tables.study} {done}: {catalog.shown(tables.file(tables.report))}")
    if not catalogued:
        of = f" of {options.study}" if options.study else ""
        print(f"No lists of case records and no survey{of} are catalogued.")
    print("".join(f"{note}\n" for note in notes(asked)), end="")
    return int(bool(without))


def _write_index() -> None:
    made_from = index_made_from()
    if not index_stands(made_from):
        from analysis.report.index import render_index

        write_whole(INDEX, render_index(made_from).encode())


def _status(options: argparse.Namespace) -> int:
    catalog.verify_all()
    found = states(plan(study=options.study, area_ids=options.area, analyses=options.analysis))
    studies = _studies(options)
    tables = [str(tables_state(each)) for each in _catalogued(studies)]
    print("\n".join(map(str, found)) if options.each else report(found))
    print("".join(f"{line}\n" for line in [*tables, *notes(studies)]), end="")
    return 0


def _areas(options: argparse.Namespace) -> int:
    table = areas.load()[["study", "area_id", "name", "level"]]
    print(table.to_string(index=False))
    print("\nA study's own id (" + ", ".join(areas.STUDIES) + ") stands for the study as a whole.")
    return 0
