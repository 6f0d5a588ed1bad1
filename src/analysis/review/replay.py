"""What a publisher's newer edition turned: an earlier one stands in its place, what differs is run, both are compared.

An earlier edition is catalogued with `edition` (its release, a source) and `edition_of` (the data set after it). The
copy of the project in which it stands is made below ``.cache/review/`` and holds public and synthetic data alone.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import pandas as pd
import yaml
from markupsafe import Markup, escape

from analysis import areas, bibliography, catalog, preferred_values
from analysis.batch.products import metadata
from analysis.batch.status import states
from analysis.file_writing import write_whole
from analysis.findings import finding
from analysis.jobs import PLEDGE, plan
from analysis.project_files import RAW, ROOT, git
from analysis.recommendations import texts
from analysis.report.edition import read_briefs
from analysis.report.references import short_sources
from analysis.review import turned
from analysis.spreadsheets import csv_bytes
from analysis.templating import environment, policy, style, text_of
from bounded.refusal import Refusal

REVIEWS = ROOT / "reports" / "review"
_SET_ASIDE = "set_aside"
_LANGUAGE = "en"
_NAMES = {"en": "English", "fr": "French", "pt": "Portuguese", "tr": "Turkish"}


@dataclass(frozen=True)
class Replay:
    """A newer edition compared with an earlier one.

    Parameters
    ----------
    publisher : as it was asked for. then, now : titles of both editions. datasets : those that were exchanged.
    left_out : lines of `set_aside` on figures that the earlier edition does not have. analyses : those that ran.
    table : what turned, as `turned.turned` returns it. findings : how many were compared.
    """

    publisher: str
    then: str
    now: str
    datasets: tuple[str, ...]
    left_out: int
    analyses: tuple[str, ...]
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
    named = {entry.edition_of for entry in entries}
    jobs = [job for study in areas.reported() for job in plan(study)]
    concerned = [job for job in jobs if named & set(metadata(job.executed).get("made_from", {}).get("inputs", {}))]
    stale = [state for state in states(jobs) if state.name != "fresh"]
    if stale or not concerned:
        raise Refusal(
            "not_up_to_date",
            f"{len(stale)} notebooks are not up to date, so that it cannot be told what the edition turned: "
            "`python -m analysis run` first.",
        )
    analyses = tuple(dict.fromkeys(job.analysis for job in concerned))
    tree = copy_of_project(ROOT / ".cache" / "review" / f"replay_{entries[0].edition}")
    try:
        left_out = put_in_place(tree, entries)
        run(tree, [word for name in analyses for word in ("--analysis", name)])
        return compared(publisher, entries, tree, ROOT, analyses, left_out)
    finally:
        shutil.rmtree(tree, ignore_errors=True)


def compared(
    publisher: str,
    entries: Sequence[catalog.Dataset],
    then: Path,
    now: Path,
    analyses: Sequence[str] = (),
    left_out: int = 0,
) -> Replay:
    """Return what two project folders that were run, with the one edition and with the other, say otherwise."""
    before, after = (_public_findings(folder) for folder in (then, now))
    # A row or two of an earlier edition can be kept in the newer.
    newer = pd.read_csv(catalog.dataset(entries[0].edition_of).path)["source_id"].mode()[0]
    return Replay(
        publisher,
        bibliography.source(entries[0].edition).title,
        bibliography.source(str(newer)).title,
        tuple(entry.edition_of for entry in entries),
        left_out,
        tuple(analyses),
        turned.turned(before, after, texts.read(PLEDGE), read_briefs(PLEDGE)),
        len({*before["finding_id"], *after["finding_id"]}),
    )


def _public_findings(folder: Path) -> pd.DataFrame:
    """Findings of a project's reported studies that follow from public data: the copy has no others."""
    files = [folder / finding.file(study, ".parquet").relative_to(ROOT) for study in areas.reported()]
    table = pd.concat([pd.read_parquet(file) for file in files if file.exists()], ignore_index=True)
    return table[table["kind"].eq("public")]


def copy_of_project(tree: Path) -> Path:
    """Return a copy of the project as it stands: what version control has of it, and what a run made, by hard links."""
    shutil.rmtree(tree, ignore_errors=True)
    listed = git("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if listed is None:
        raise Refusal("no_repository", "The project is no git repository: nobody knows which files are its own.")
    for name in filter(None, listed.decode().split("\0")):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
    made = ROOT / "data" / "processed"
    if made.exists():
        # Whoever writes there replaces whole files, so that the other name of one keeps its content.
        shutil.copytree(made, tree / "data" / "processed", copy_function=os.link)
    return tree


def put_in_place(tree: Path, entries: Sequence[catalog.Dataset]) -> int:
    """Let earlier editions stand in the place of the data sets after them.

    Figures that were set aside by hand in the newer edition, and that the earlier one does not have, leave `set_aside`.

    Parameters
    ----------
    tree : a copy of the project. entries : of editions, as `editions_of` returns them.

    Returns
    -------
    How many lines left `set_aside`.
    """
    path = tree / "data" / "raw" / catalog.CATALOGUE
    listed = yaml.safe_load(path.read_text(encoding="utf-8"))
    older: dict[str, pd.DataFrame] = {}
    for entry in entries:
        newer, content = catalog.dataset(entry.edition_of), entry.path.read_bytes()
        (tree / "data" / "raw" / newer.file).write_bytes(content)
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
    (tree / RAW.relative_to(ROOT) / aside.file).write_bytes(content)
    listed[_SET_ASIDE]["sha256"] = hashlib.sha256(content).hexdigest()
    path.write_text(yaml.safe_dump(listed, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return len(lines) - len(kept)


def run(tree: Path, options: Sequence[str]) -> None:
    """Run what is stale in a copy of the project. Raises Refusal if a notebook fails there."""
    command = [sys.executable, "-m", "analysis", "run", *options]
    environment_of_tree = os.environ | {"PYTHONPATH": str(tree / "src")}
    done = subprocess.run(command, cwd=tree, env=environment_of_tree, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise Refusal("run_failed", f"With the earlier edition a notebook failed: {done.stdout[-2000:]}")


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


def word_diff(then: str, now: str) -> Markup:
    """Return a text with the words that it lost and gained marked."""
    old, new = then.split(), now.split()
    parts: list[Markup] = []
    for tag, first, last, start, end in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        gone, came = escape(" ".join(old[first:last])), escape(" ".join(new[start:end]))
        if tag == "equal":
            parts.append(came)
            continue
        parts += [Markup(f"<del>{gone}</del>")] if gone else []
        parts += [Markup(f"<ins>{came}</ins>")] if came else []
    return Markup(" ").join(parts)
