"""Replay of a publisher's newer edition: an earlier one stands in its place, what differs is run, both are compared.

An earlier edition is catalogued with `edition` (its release, a source) and `edition_of` (the data set after it). The
copy of the project in which it stands is made below ``.cache/review/`` and taken away afterwards.
"""

from __future__ import annotations

import csv
import io
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import yaml

from analysis import areas, bibliography, catalog, preferred_values
from analysis.batch.products import digest
from analysis.batch.status import states
from analysis.file_writing import write_whole
from analysis.findings import collected
from analysis.jobs import FROM_FINDINGS, PLEDGE, plan
from analysis.project_files import REVIEWS, ROOT
from analysis.recommendations import texts
from analysis.report.edition import read_briefs
from analysis.report.references import short_sources
from analysis.review import trees, turned
from analysis.review.wording import word_diff
from analysis.spreadsheets import csv_bytes
from analysis.templating import environment, policy, style, text_of
from bounded.refusal import Refusal

_SET_ASIDE = "set_aside"
_LANGUAGE = "en"
_NAMES = {"en": "English", "fr": "French", "pt": "Portuguese", "tr": "Turkish"}


@dataclass(frozen=True)
class Replay:
    """A newer edition compared with an earlier one.

    Parameters
    ----------
    publisher : as it was asked for. then, now : titles of both editions. datasets : those that were exchanged.
    left_out : lines of `set_aside` on figures that the earlier edition does not have. ran : names of the notebooks that
        ran again.
    table : what turned, as `turned.turned` returns it. findings : how many were compared.
    """

    publisher: str
    then: str
    now: str
    datasets: tuple[str, ...]
    left_out: int
    ran: tuple[str, ...]
    table: pd.DataFrame
    findings: int


def editions_of(publisher: str) -> list[catalog.Dataset]:
    """Return the data sets of the newest earlier edition of a publisher.

    Parameters
    ----------
    publisher : the first part of the id of its releases (``UNODC``), its whole name, or the id of one edition.

    Raises
    ------
    Refusal : it has one edition only; the message names those that have more.
    """
    asked = publisher.casefold()
    found = [
        entry
        for entry in catalog.editions().values()
        if asked in (each.casefold() for each in (_short(entry), entry.publisher, entry.edition))
    ]
    if not found:
        several = ", ".join(sorted({_short(entry) for entry in catalog.editions().values()})) or "none"
        raise Refusal(
            "one_edition",
            f"Of {publisher} the catalogue has no earlier edition, so that there is nothing to replay. Publishers with "
            f"more than one edition: {several}.",
        )
    newest = max((entry.edition for entry in found), key=lambda each: (bibliography.source(each).year, each))
    return [entry for entry in found if entry.edition == newest]


def _short(entry: catalog.Dataset) -> str:
    return entry.edition.partition("_")[0]


def replay(publisher: str) -> Replay:
    """Return what the newer edition of a publisher's tables turned.

    Raises
    ------
    Refusal : the publisher has one edition, notebooks that read it are not up to date, or one failed with the earlier.
    """
    entries = editions_of(publisher)
    jobs = [job for study in areas.reported() for job in plan(study)]
    stale = [state for state in states(jobs) if state.name != "fresh"]
    if stale:
        raise Refusal(
            "not_up_to_date",
            f"{len(stale)} notebooks are not up to date, so that it cannot be told what the edition turned: "
            "`python -m analysis run` first.",
        )
    stating = [job for job in jobs if job.analysis not in FROM_FINDINGS]
    options = [word for name in dict.fromkeys(job.analysis for job in stating) for word in ("--analysis", name)]
    tree = trees.copy(ROOT, trees.HERE / f"replay_{entries[0].edition}-{os.getpid()}")
    try:
        left_out = put_in_place(tree, entries)
        done = trees.command(tree, "run", *options)
        if done.returncode:
            raise trees.RunFailed("run_failed", f"With the earlier edition a notebook failed: {done.stdout[-2000:]}")
        # What stayed up to date is one file with that of the project.
        ran = [job for job in stating if not os.path.samefile(job.executed, tree / job.executed.relative_to(ROOT))]
        return compared(publisher, tree, ROOT, tuple(job.name for job in ran), left_out)
    finally:
        shutil.rmtree(tree, ignore_errors=True)


def compared(publisher: str, then: Path, now: Path, ran: tuple[str, ...] = (), left_out: int = 0) -> Replay:
    """Return what two project folders that were run, with the one edition and with the other, say otherwise.

    Parameters
    ----------
    then, now : the folders, with the earlier and with the newer edition. ran, left_out : as `Replay` has them.
    """
    entries = editions_of(publisher)
    before, after = (_public_findings(folder) for folder in (then, now))
    # A row or two of an earlier edition can be kept in the newer.
    newer = pd.read_csv(catalog.dataset(entries[0].edition_of).path)["source_id"].mode()[0]
    return Replay(
        publisher,
        bibliography.source(entries[0].edition).title,
        bibliography.source(str(newer)).title,
        tuple(entry.edition_of for entry in entries),
        left_out,
        ran,
        turned.turned(before, after, texts.read(PLEDGE), read_briefs(PLEDGE)),
        len({*before["finding_id"], *after["finding_id"]}),
    )


def _public_findings(folder: Path) -> pd.DataFrame:
    """Findings of the reported studies that follow from public data: of others no page says which turned."""
    files = [folder / collected.file(study, ".parquet").relative_to(ROOT) for study in areas.reported()]
    table = pd.concat([pd.read_parquet(file) for file in files if file.exists()], ignore_index=True)
    return table[table["kind"].eq("public")]


def put_in_place(tree: Path, entries: Sequence[catalog.Dataset]) -> int:
    """Let earlier editions stand in the place of the data sets after them.

    Figures that were set aside by hand in the newer edition, and that the earlier one does not have, leave `set_aside`.

    Parameters
    ----------
    tree : a copy of the project, which can share its files with it: they are replaced whole. entries : of editions, as
        `editions_of` returns them.

    Returns
    -------
    How many lines left `set_aside`.
    """
    path = tree / "data" / "raw" / catalog.CATALOGUE
    listed = yaml.safe_load(path.read_text(encoding="utf-8"))
    older: dict[str, pd.DataFrame] = {}
    for entry in entries:
        newer, content = catalog.dataset(entry.edition_of), entry.path.read_bytes()
        write_whole(tree / "data" / "raw" / newer.file, content)
        said = {name: listed[entry.name][name] for name in ("title", "source", "date", "sha256", "cautions")}
        listed[newer.name] |= said
        older[newer.name] = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False)
    aside = catalog.dataset(_SET_ASIDE)
    lines = list(csv.DictReader(io.StringIO(aside.path.read_text(encoding="utf-8"))))
    kept = [
        line
        for line in lines
        if line["dataset"] not in older or preferred_values.named_by(line, older[line["dataset"]]).any()
    ]
    content = csv_bytes(pd.DataFrame(kept, columns=list(lines[0]), dtype=str))
    write_whole(tree / "data" / "raw" / aside.file, content)
    listed[_SET_ASIDE]["sha256"] = digest(content)
    write_whole(path, yaml.safe_dump(listed, allow_unicode=True, sort_keys=False).encode())
    return len(lines) - len(kept)


def answer(found: Replay) -> str:
    """Return the outcome of a replay in a sentence."""
    beyond = found.table[found.table["beyond"]]["kind"].value_counts()
    headlines = int(found.table["kind"].eq(turned.HEADLINE).sum())
    advice, directions, sentences = (beyond.get(kind, 0) for kind in (turned.ADVICE, turned.DIRECTION, turned.SENTENCE))
    return (
        f"{headlines} headline numbers are others than with the earlier edition, {beyond.get(turned.HEADLINE, 0)} "
        f"beyond uncertainty; {advice} pieces of advice, {directions} directions and states and {sentences} sentences "
        "turned."
    )


def write(found: Replay, folder: Path = REVIEWS) -> tuple[Path, Path]:
    """Write the page of a replay and its table; return their paths."""
    stem = folder / f"replay_{found.publisher.upper()}"
    page, table = stem.with_suffix(".html"), stem.with_suffix(".csv")
    write_whole(table, csv_bytes(found.table))
    write_whole(page, render(found).encode())
    return page, table


def render(found: Replay) -> str:
    """Return the page of a replay: its answer, headline numbers, and area by area what turned."""
    table = found.table
    shown = table[table["beyond"] & table["language"].isin(["", _LANGUAGE])]
    places = [
        (turned.place_name(area_id), area_id, {kind: _rows(own, kind) for kind in turned.KINDS})
        for area_id, own in shown.groupby("area_id", sort=False)
    ]
    counts = table[table["beyond"]]["kind"].value_counts()
    sentences = table[table["kind"].eq(turned.SENTENCE)]["language"].value_counts()
    headlines = _rows(table, turned.HEADLINE)
    look = style() + text_of("analysis.review", "replay.css")
    return environment("analysis.review").get_template("replay.html.j2").render(
        found=found,
        look=look,
        policy=policy(look),
        headlines=headlines,
        counts={kind: int(counts.get(kind, 0)) for kind in turned.KINDS},
        sentences={_NAMES[language]: int(count) for language, count in sentences.items()},
        same_period=sum(row["period_then"] == row["period_now"] for row in headlines),
        within=int((~table["beyond"]).sum()),
        places=places,
        analyses=list(dict.fromkeys(name.rpartition("/")[2] for name in found.ran)),
        headline_areas=int(table[table["kind"].eq(turned.HEADLINE)]["area_id"].nunique()),
        word_diff=word_diff,
        place_name=turned.place_name,
        short_sources=lambda ids: short_sources(ids.split(";"), _LANGUAGE),
        other_source=sum(_releases(row["sources_then"]) != _releases(row["sources_now"]) for row in headlines),
    )  # fmt: skip


def _rows(table: pd.DataFrame, kind: str) -> list[dict]:
    return table[table["kind"].eq(kind)].to_dict("records")


def _releases(source_ids: str) -> set[str]:
    """Return who made the sources, by the first part of their ids."""
    return {each.partition("_")[0] for each in source_ids.split(";")}
