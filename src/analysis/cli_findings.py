"""Commands on what the notebooks state: findings, recommendations, baseline, and the report that is made of them."""

from __future__ import annotations

import argparse
import contextlib
import datetime
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from analysis import areas, retention
from analysis.batch import report
from analysis.batch.products import BatchError, exclusive
from analysis.batch.status import states
from analysis.catalog import KINDS, shown
from analysis.cli_files import positive
from analysis.cli_help import ONLY_STUDY, Commands, teach, unknown
from analysis.findings import collected
from analysis.jobs import ANALYSES, FROM_FINDINGS, PLEDGE, plan

if TYPE_CHECKING:
    import pandas as pd

# Options by which findings are chosen -> their columns.
CHOSEN_BY = {"area": "area_id", "analysis": "analysis", "measure": "measure", "status": "status", "kind": "kind"}
# Rows that are printed; a file has all of them.
MOST = 60


def _add_findings(commands: Commands) -> None:
    listing = teach(
        commands,
        "findings",
        help="list what the notebooks state, each with its value, interval, n and status",
        does="List findings as the last run collected them; what is chosen can be written as CSV or Parquet.",
        reads="data/processed/<study>/findings.",
        writes="nothing, or the file of --into, which says SYNTHETIC in its name where some are.",
        examples=[
            ("findings --area SEN", "what is stated of an area"),
            ("findings --study turkiye --measure prevalence", "one measure"),
            ("findings --status refused --words incidence", "what could not be said, and why"),
            ("findings --into findings.csv", "all of them, as a table"),
        ],
    )
    listing.add_argument("--study", metavar="S", help=ONLY_STUDY)
    listing.add_argument(
        "--area", metavar="A", action="append", help="only this area, by its id or name; can be given several times"
    )
    stating = [name for name in ANALYSES if name not in FROM_FINDINGS]
    listing.add_argument("--analysis", metavar="N", action="append", choices=stating, help=f"only {', '.join(stating)}")
    listing.add_argument(
        "--measure", metavar="MEASURE", action="append", help="only this measure, as detected_victims or gap"
    )
    listing.add_argument(
        "--status", metavar="T", action="append", help="only known, refused, withheld, 'not reported' or 'not read'"
    )
    listing.add_argument("--kind", metavar="K", action="append", help="only public, synthetic or confidential")
    listing.add_argument("--words", metavar="TEXT", help="only those in whose id or sentence this stands")
    listing.add_argument("--into", metavar="FILE", type=Path, help="write them to this .csv or .parquet")
    listing.set_defaults(command=_findings)


def _add_recommendations(commands: Commands) -> None:
    listing = teach(
        commands,
        "recommendations",
        help="say of each recommendation whether the findings that it rests on hold, and why",
        does="Say of each recommendation whether its condition on the findings is met, not met, or not known.",
        reads="pledge/recommendations, and the findings of all studies.",
        writes="nothing.",
        examples=[("recommendations --flagged", "advice whose evidence does not hold, or is not known")],
    )
    listing.add_argument("--study", metavar="S", help=ONLY_STUDY)
    listing.add_argument(
        "--flagged", action="store_true", help="only those whose evidence does not hold, or is not known"
    )
    listing.set_defaults(command=_recommendations)


def _add_baseline(commands: Commands) -> None:
    baseline = teach(
        commands,
        "baseline",
        help="freeze the findings under a name, or say what has changed since",
        does="Keep all findings as they stand, or compare them with a baseline that was kept. A baseline is never "
        "overwritten. The report compares with the one that was frozen last.",
        reads="the findings of all studies.",
        writes="data/baselines/NAME/.",
        examples=[
            ("baseline freeze mid_term", "keep the findings as they are now"),
            ("baseline compare mid_term", "what has changed since, and whether by more than chance"),
        ],
    )
    steps = baseline.add_subparsers(dest="step", required=True, metavar="STEP")
    freeze = teach(
        steps,
        "freeze",
        help="keep the findings as they are now, in data/baselines/NAME/",
        does="Keep the findings of all studies as they are now. Keep the folder in version control.",
        reads="the findings of all studies.",
        writes="data/baselines/NAME/.",
        examples=[("baseline freeze mid_term", "the findings at mid-term")],
    )
    freeze.add_argument("name", metavar="NAME", help="small letters, digits, hyphens and underscores")
    freeze.set_defaults(command=_freeze)
    compare = teach(
        steps,
        "compare",
        help="what has changed since, and whether by more than chance or the unknown",
        does="Say of each finding whether it has changed since a baseline, and whether by more than chance.",
        reads="data/baselines/NAME/, and the findings of all studies.",
        writes="nothing, or the file of --into.",
        examples=[
            ("baseline compare", "since the one that was frozen last"),
            ("baseline compare mid_term --into changes.csv", "every row, as a table"),
        ],
    )
    compare.add_argument("name", metavar="NAME", nargs="?", help="(default: the one that was frozen last)")
    compare.add_argument("--study", metavar="S", help=ONLY_STUDY)
    compare.add_argument("--into", metavar="FILE", type=Path, help="write every row to this .csv or .parquet")
    compare.set_defaults(command=_compare)


def _add_report(commands: Commands) -> None:
    making = teach(
        commands,
        "report",
        help="make the report on the pledge again, or check its texts",
        does="Make the report in all languages from the findings that were collected, and stage it; `run` does so, "
        "too, where something has changed.",
        reads="pledge/, data/baselines/, and the findings and figures of all studies.",
        writes="data/processed/staged/reports/pledge_report*/: a site, a PDF and a Word file a language.",
        examples=[
            ("report --check", "typed numbers, and references that lead nowhere; nothing is written"),
            ("report", "make it"),
        ],
        ends={1: "a text has a fault"},
    )
    making.add_argument(
        "--check", action="store_true", help="look for typed numbers and references that lead nowhere; write nothing"
    )
    making.add_argument(
        "--jobs", metavar="N", type=positive, default=os.cpu_count() or 1, help="languages set at one time"
    )
    making.set_defaults(command=_report)


COMMANDS = (_add_findings, _add_recommendations, _add_baseline, _add_report)


def _findings(options: argparse.Namespace) -> int:
    for area_id in options.area or ():
        areas.get(area_id)  # refuses one that does not exist
    from analysis.findings.finding import STATUSES
    from analysis.findings.measures import MEASURES

    for what, known in (("measure", list(MEASURES)), ("status", STATUSES), ("kind", KINDS)):
        for word in getattr(options, what) or ():
            if word not in known:
                raise BatchError("unknown_choice", unknown(what, word, known))
    table = _of_areas(options.area) if options.area and not options.study else _collected(options.study)
    for option, column in CHOSEN_BY.items():
        chosen = getattr(options, option)
        if chosen:
            table = table[table[column].isin(chosen)]
    from analysis.findings.measures import sentence

    table = table.assign(sentence=[sentence(row) for row in table.to_dict("records")])
    if options.words:
        said = table["finding_id"] + " " + table["sentence"]
        table = table[said.str.casefold().str.contains(options.words.casefold(), regex=False)]
    if options.into:
        _write(table, options.into)
        return 0
    for row in table.head(MOST).to_dict("records"):
        n = "" if row["n"] is None or row["n"] != row["n"] else f" n = {int(row['n']):,}."
        invented = "SYNTHETIC: " if row["kind"] == "synthetic" else ""
        print(f"{row['finding_id']}\n    {invented}{row['sentence']}{n}")
    if len(table) > MOST:
        print(f"and {len(table) - MOST:,} more: choose fewer, or write all with --into findings.csv")
    print(f"\n{len(table):,} findings, {int((table['status'] == 'known').sum()):,} of them known.")
    return 0


def _recommendations(options: argparse.Namespace) -> int:
    from analysis.recommendations.evaluation import recommendations
    from analysis.recommendations.texts import read

    with _as_batch_errors():
        texts = read(PLEDGE)
        found = recommendations(texts, _collected(None))
    if options.study:
        areas.ids(options.study)  # refuses one that does not exist
        found = found[found["study"] == options.study]
    words = {each.recommendation_id: each.text["en"] for each in texts.recommendations}
    shown_here = found[found["state"] != "met"] if options.flagged else found
    for row in shown_here.itertuples():
        invented = " (rests on SYNTHETIC data)" if row.synthetic else ""
        print(f"{row.recommendation_id}: {row.state}{invented}\n    {words[row.recommendation_id]}\n    {row.why}")
    counts = ", ".join(f"{count} {state}" for state, count in found["state"].value_counts().items())
    print(f"\n{len(found)} recommendations: {counts}.")
    return 0


def _freeze(options: argparse.Namespace) -> int:
    from analysis.monitoring import baseline

    retention.require_within(areas.reported())
    with exclusive(), _as_batch_errors():
        folder = report.BASELINES / options.name
        baseline.keep(baseline.freeze(_collected(None), options.name, datetime.date.today()), folder)
    print(f"Frozen in {shown(folder)}: keep it in version control. The report compares with it from now on.")
    return 0


def _compare(options: argparse.Namespace) -> int:
    from analysis.monitoring import baseline
    from analysis.monitoring.comparison import since

    with _as_batch_errors():
        then = baseline.read(report.BASELINES / options.name) if options.name else report.newest_baseline()
        if then is None:
            raise BatchError("no_baseline", "No baseline was frozen yet: `python -m analysis baseline freeze NAME`.")
        found = since(then, _collected(None))
    if options.study:
        areas.ids(options.study)  # refuses one that does not exist
        found = found[found["study"] == options.study]
    if options.into:
        _write(found, options.into)
        return 0
    moved = found[found["change"] != "unchanged"]
    for row in moved.head(MOST).itertuples():
        print(f"{row.finding_id}: {row.change}. {row.why}")
    if len(moved) > MOST:
        print(f"and {len(moved) - MOST:,} more: write all with --into changes.csv")
    counts = ", ".join(f"{count:,} {change}" for change, count in found["change"].value_counts().items())
    print(f"\nSince '{then.name}' of {then.day}: {counts}.")
    return 0


def _report(options: argparse.Namespace) -> int:
    if options.check:
        return _check(_collected(None))
    retention.require_within(areas.reported())
    with exclusive():
        waiting = report.waits_for({state.job: state.name for state in states(plan())})
        if waiting:
            raise BatchError("report_inputs_waiting", "The report cannot be made: " + "; ".join(waiting) + ".")
        report.make_report(options.jobs)
    print(f"The report begins at {shown(report.folder() / 'index.html')}; `python -m analysis release` lets it leave.")
    return 0


def _check(table: pd.DataFrame) -> int:
    """Print what is wrong with the texts of the report; returns the exit code."""
    from analysis.report.references import faults

    found = faults(PLEDGE, table)
    for fault in found:
        print(f"{fault.file}:{fault.line}:{fault.column}: {fault.what}")
    print(f"{len(found)} faults." if found else "No number is typed, and every reference leads to a finding.")
    return int(bool(found))


def _collected(study: str | None) -> pd.DataFrame:
    with _as_batch_errors():
        return collected.read(study)


def _of_areas(area_ids: Sequence[str]) -> pd.DataFrame:
    """The findings of the studies that some areas are of: what is asked of one area waits for no other study."""
    named = set(area_ids)
    with _as_batch_errors():
        return collected.of_studies(study for study in areas.STUDIES if named & {study, *areas.ids(study)})


def _write(table: pd.DataFrame, path: Path) -> None:
    from analysis.spreadsheets import csv_bytes

    if path.suffix not in (".csv", ".parquet"):
        raise BatchError("wrong_extension", f"{path.name}: name a file that ends in .csv or .parquet.")
    if "synthetic" in set(table.get("kind", [])) and "SYNTHETIC" not in path.name:
        path = path.with_stem(f"{path.stem}_SYNTHETIC")
    if path.suffix == ".csv":
        path.write_bytes(csv_bytes(table))
    else:
        table.to_parquet(path)
    print(f"{len(table):,} rows: {path}")


@contextlib.contextmanager
def _as_batch_errors() -> Iterator[None]:
    """What is wrong with texts, findings or baselines, as the command line says it: one sentence, and exit code 2."""
    # Errors of texts, conditions, findings and baselines are ValueErrors.
    try:
        yield
    except (collected.NotCollected, ValueError) as error:
        raise BatchError("invalid_findings", str(error)) from None
