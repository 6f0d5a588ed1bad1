"""The command on what the notebooks state: findings, recommendations that rest on them, and baselines."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from analysis import areas, retention
from analysis.batch.account import few
from analysis.batch.products import BatchError
from analysis.batch.report import BASELINES, newest_baseline
from analysis.batch.status import OfAreas, of_areas
from analysis.catalog import KINDS, shown
from analysis.cli import Word, area_option, command, study_option
from analysis.file_writing import exclusive
from analysis.findings import collected
from analysis.findings.confidence import GRADES, counted, graded_words
from analysis.findings.finding import STATUSES
from analysis.findings.measures import MEASURES, capital, sentence
from analysis.jobs import ANALYSES, FROM_FINDINGS, PLEDGE, Job

if TYPE_CHECKING:
    import pandas as pd

# Rows that are printed; a file has all of them.
MOST = 60
# What --since says where no name follows: the baseline that was frozen last.
NEWEST = ""


ANALYSIS = Word("analysis", lambda: [name for name in ANALYSES if name not in FROM_FINDINGS])
MEASURE = Word("measure", lambda: list(MEASURES))
GRADE = Word("grade of confidence", lambda: GRADES)
STATUS, KIND = Word("status", lambda: STATUSES), Word("kind", lambda: KINDS)


@command(
    "findings",
    does="List findings as the last run collected them, each with its value, interval, n and status; what is chosen "
    "can be written as CSV or Parquet. Those of an area are read from its own notebooks, whether or not others of the "
    "study have been run; it is said which of them are not up to date. Or say of each recommendation whether its "
    "condition on the findings is met, not met, or not known. Or keep all findings under a name, as a baseline, which "
    "is never overwritten, and say of each whether it has changed since, and whether by more than chance, and of each "
    "recommendation and action whether its target is met, nearer or farther; the report compares with the baseline "
    "that was frozen last.",
    reads="data/processed/<study>/findings, with --area data/processed/runs/ too; pledge/recommendations and "
    "data/baselines/.",
    writes="nothing, or the file of --into, which says SYNTHETIC in its name where some are; with --since, "
    "what has become of targets beside it, in a file of that name with _targets; with --freeze, data/baselines/NAME/, "
    "which is to be kept in version control.",
    examples=[
        ("findings --area SEN", "what is stated of an area"),
        ("findings --study turkiye --measure prevalence", "one measure"),
        ("findings --status refused --words incidence", "what could not be said, and why"),
        ("findings --area SEN --confidence low", "what is known of an area and rests on little, with the reasons"),
        ("findings --into findings.csv", "all of them, as a table"),
        ("findings --recommendations --flagged", "advice whose evidence does not hold"),
        ("findings --freeze mid_term", "keep the findings as they are now"),
        ("findings --since mid_term --into changes.csv", "what has changed since; without a name, since the last"),
    ],
)
@study_option
@area_option
@click.option("--analysis", metavar="N", type=ANALYSIS, multiple=True, help="Only this analysis.")
@click.option("--measure", metavar="M", type=MEASURE, multiple=True, help="Only this measure, as detected_victims.")
@click.option("--status", metavar="T", type=STATUS, multiple=True, help="Only this status, as known or refused.")
@click.option("--kind", metavar="K", type=KIND, multiple=True, help="Only public, synthetic or confidential.")
@click.option(
    "--confidence", metavar="C", type=GRADE, multiple=True, help="Only this grade: high, moderate, low, 'very low'."
)
@click.option("--words", metavar="TEXT", help="Only those in whose id or sentence this stands.")
@click.option("--into", metavar="FILE", type=click.Path(path_type=Path), help="Write them to this .csv or .parquet.")
@click.option("--recommendations", is_flag=True, help="Say of each recommendation whether its evidence holds.")
@click.option("--flagged", is_flag=True, help="Of the recommendations only those whose evidence does not hold.")
@click.option("--freeze", metavar="NAME", help="Keep all findings as they are now, in data/baselines/NAME/.")
@click.option("--since", metavar="[NAME]", is_flag=False, flag_value=NEWEST, help="What has changed since a baseline.")
def findings(
    study: str | None,
    area: Sequence[str],
    analysis: Sequence[str],
    measure: Sequence[str],
    status: Sequence[str],
    kind: Sequence[str],
    confidence: Sequence[str],
    words: str | None,
    into: Path | None,
    recommendations: bool,
    flagged: bool,
    freeze: str | None,
    since: str | None,
) -> int:
    """Print, write, keep or compare what the notebooks state."""
    chosen = {"area_id": area, "analysis": analysis, "measure": measure, "status": status, "kind": kind}
    chosen["grade"] = confidence
    if sum(map(bool, (recommendations or flagged, freeze, since is not None, words or any(chosen.values())))) > 1:
        raise BatchError(
            "exclusive_options", "Of --recommendations, --freeze and --since one can be asked for, and nothing else."
        )
    if freeze:
        return _freeze(freeze)
    if recommendations or flagged:
        return _recommendations(study, flagged)
    if since is not None:
        return _compare(since, study, into)
    note = ""
    if area:
        read = of_areas(area, study)
        # Empty where all are asked for.
        concerned = {*analysis} or {MEASURES[name].analysis for name in measure}
        table, note = read.table, _not_up_to_date(read, concerned)
    else:
        table = collected.read(study)
    for column, wanted in chosen.items():
        if wanted:
            table = table[table[column].isin(wanted)]
    table = table.assign(sentence=[sentence(row) for row in table.to_dict("records")])
    if words:
        said = table["finding_id"] + " " + table["sentence"]
        table = table[said.str.casefold().str.contains(words.casefold(), regex=False)]
    if into:
        _write(table, into)
        print(note, end="")
        return 0
    for row in table.head(MOST).to_dict("records"):
        n = "" if row["n"] is None or row["n"] != row["n"] else f" n = {int(row['n']):,}."
        mark = "SYNTHETIC: " if row["kind"] == "synthetic" else ""
        print(f"{row['finding_id']}\n    {mark}{row['sentence']}{n}")
        if row["grade"]:
            print(f"    {capital(graded_words(row), 'en')}.")
    if len(table) > MOST:
        print(f"and {len(table) - MOST:,} more: choose fewer, or write all with --into findings.csv")
    print(f"\n{len(table):,} findings, {int((table['status'] == 'known').sum()):,} of them known.")
    if table["grade"].any():
        print(f"{capital(counted(table['grade']), 'en')}.")
    print(note, end="")
    return 0


COMMANDS = (findings,)


def _recommendations(study: str | None, flagged: bool) -> int:
    """Print of each recommendation whether its condition is met."""
    from analysis.recommendations.evaluation import recommendations
    from analysis.recommendations.texts import read

    texts = read(PLEDGE)
    found = recommendations(texts, collected.read(None))
    if study:
        found = found[found["study"] == study]
    words = {each.recommendation_id: each.text["en"] for each in texts.recommendations}
    shown_here = found[found["state"] != "met"] if flagged else found
    for row in shown_here.itertuples():
        mark = " (rests on SYNTHETIC data)" if row.synthetic else ""
        print(f"{row.recommendation_id}: {row.state}{mark}\n    {words[row.recommendation_id]}\n    {row.why}")
    print(f"\n{len(found)} recommendations: {_counted(found['state'])}.")
    return 0


def _freeze(name: str) -> int:
    """Keep all findings under a name."""
    from analysis import monitoring
    from analysis.jobs import tables_of
    from analysis.release.publish import GUARDED, is_as_released

    retention.require_within(areas.reported())
    with exclusive():
        for tables in [tables for study in areas.reported() for tables in tables_of(study)]:
            if tables.kind in GUARDED and tables.may_be_shown and not is_as_released(tables):
                raise BatchError(
                    "not_as_released",
                    f"The {tables.words} of {tables.study} are not those of the last release: a baseline, which is "
                    f"kept in version control, would show who came or went. Release them first; where fewer than 11 "
                    f"persons came or went, wait for the next release.",
                )
        folder = BASELINES / name
        monitoring.keep(monitoring.freeze(collected.read(None), name, datetime.date.today()), folder)
    print(f"Frozen in {shown(folder)}: keep it in version control. The report compares with it from now on.")
    return 0


def _compare(name: str, study: str | None, into: Path | None) -> int:
    """Print, or write, what has changed since a baseline, and what has become of each target."""
    from analysis import monitoring
    from analysis.recommendations import monitoring_frame
    from analysis.recommendations.texts import read

    then = newest_baseline() if name == NEWEST else monitoring.read(BASELINES / name)
    if then is None:
        raise BatchError("no_baseline", "No baseline was frozen yet: `python -m analysis findings --freeze NAME`.")
    now = collected.read(None)
    found = monitoring.changes(then.table, now, then.definitions)
    frame = monitoring_frame.since(read(PLEDGE), then.table, now, found)
    if study:
        found, frame = found[found["study"] == study], frame[frame["study"] == study]
    if into:
        _write(found, into)
        _write(frame, into.with_stem(f"{into.stem}_targets"))
        return 0
    moved = found[found["change"] != "unchanged"]
    for row in moved.head(MOST).itertuples():
        print(f"{row.finding_id}: {row.change}. {row.why}")
    if len(moved) > MOST:
        print(f"and {len(moved) - MOST:,} more: write all with --into changes.csv")
    print(f"\nSince '{then.name}' of {then.day}: {_counted(found['change'])}.\n")
    for row in frame.itertuples():
        print(f"{row.row_id}: {row.move}. {row.indicator}: {row.baseline} then, {row.now} now; target: {row.target}.")
    print(f"\nTargets since '{then.name}': {_counted(frame['move'])}.")
    return 0


def _counted(kinds: pd.Series) -> str:
    return ", ".join(f"{count:,} {kind}" for kind, count in kinds.value_counts().items())


def _not_up_to_date(read: OfAreas, concerned: set[str]) -> str:
    """Notebooks of some areas that have still to be run, and those that stated what is listed before something changed.

    Parameters
    ----------
    concerned : the analyses that are asked for; empty for all.
    """
    missing, earlier = (
        [job for job in jobs if job.analysis in concerned or not concerned] for jobs in (read.missing, read.earlier)
    )
    if not missing and not earlier:
        return ""
    places = " ".join(f"--area {area_id}" for area_id in dict.fromkeys(job.area_id for job in (*missing, *earlier)))
    named = "".join(f" --analysis {name}" for name in sorted(concerned))
    lines = []
    if missing:
        lines.append(f"Not yet run, so that what they state is missing: {_named(missing)}.")
    if earlier:
        lines.append(f"Not up to date, so that what they stated earlier is listed: {_named(earlier)}.")
    return "\n".join([*lines, f"`python -m analysis run {places}{named}` runs them.\n"])


def _named(jobs: Sequence[Job]) -> str:
    return few([f"{job.area_id}/{job.analysis}" for job in jobs], MOST)


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
