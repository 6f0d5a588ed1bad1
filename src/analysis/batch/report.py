"""The report on the pledge, staged once all notebooks of its studies are fresh; the index, and the links between pages.

The report is made from collected findings. The index leads to all pages. It and the links cost no run of a notebook,
and are written again, among staged and among released pages, where they do not stand as they should.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor
from dataclasses import dataclass, fields, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis import areas, catalog
from analysis.batch import kept_results
from analysis.batch.account import REPORT, evidence_before
from analysis.batch.figures import shown_by_notebook
from analysis.batch.kept_results import kept
from analysis.batch.products import BatchError, as_manifest, damaged, digest, in_brief, metadata
from analysis.batch.provenance import MadeFrom, as_known, changes, index_digest, pledge, program
from analysis.batch.status import not_collected, runs, states, stating
from analysis.catalog import ROOT, shown
from analysis.file_writing import write_whole
from analysis.findings import collected
from analysis.jobs import (
    INDEX,
    PLEDGE,
    STAGED,
    SYNTHETIC,
    Job,
    Tables,
    plan,
    released,
    rests_on_synthetic,
    said_by,
    tables_of,
)
from analysis.report import page_links
from analysis.report.key_numbers import of_page

if TYPE_CHECKING:
    import pandas as pd

    from analysis.monitoring import Baseline
    from analysis.recommendations.texts import Texts
    from analysis.report import coherence
    from analysis.report.edition import Material
    from analysis.report.key_numbers import KeyNumbers
    from analysis.report.typeset import Paper

# The name of the report in those of its files.
NAME = REPORT
# That of the demonstration on synthetic data, which is made with it.
DEMONSTRATION = "method_demonstration_SYNTHETIC"
# That of a study's areas has a page for each of which there is evidence of its own.
MOST_PAGES = {"report": 60, "brief": 2, "areas": 6}
LINK = re.compile(r'href="([^":#]+\.html)"')
BASELINES = ROOT / "data" / "baselines"
MANIFEST = ROOT / "data" / "processed" / "pledge_report.json"
# What is loaded to make it.
MODULES = ("analysis.report.site", "analysis.report.edition", __name__)


@dataclass(frozen=True)
class ReportState:
    """State of the report: `name` is ``fresh``, ``stale`` or ``missing``, and why it is not fresh."""

    name: str
    reasons: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name} report on the pledge" + (f": {in_brief(self.reasons)}" if self.reasons else "")


def folder() -> Path:
    """Return where its site is staged, with its downloads; the name says SYNTHETIC where something is."""
    synthetic = any(map(rests_on_synthetic, areas.reported()))
    return STAGED / "reports" / f"{NAME}{SYNTHETIC if synthetic else ''}"


def report_pages() -> list[Path]:
    """Return where the first page of a report that is staged, or was once, would stand, and the demonstration."""
    reports = [STAGED / "reports" / f"{NAME}{mark}" / "index.html" for mark in ("", SYNTHETIC)]
    return [*reports, STAGED / "reports" / DEMONSTRATION / f"{DEMONSTRATION}.pdf"]


def folders(reports: Path) -> list[Path]:
    """The folders of the report, under whatever name, and of the demonstration; they hold nothing else."""
    return [*reports.glob(f"{NAME}*"), reports / DEMONSTRATION]


def persons() -> list[Tables]:
    """The tables of persons that it follows from."""
    return [tables for study in areas.reported() for tables in tables_of(study) if tables.may_be_shown]


def manifest_of_report() -> dict:
    """Return its manifest; empty if there is none, or it is not whole."""
    return said_by(MANIFEST, "persons")


def report_state(states_of: dict[Job, str]) -> ReportState:
    """Return the state of the report: if it must be made again, and why.

    Parameters
    ----------
    states_of : the names of the states of all jobs.
    """
    found = manifest_of_report()
    reasons = list(waits_for(states_of))
    if not found:
        return ReportState("missing", (*reasons, "it has not been made"))
    then = found["made_from"]
    now = _made_from(then["notebooks"])
    reasons += changes(then, as_known(now, then) | {"inputs": now["inputs"]})
    reasons += [f"product {path} is missing or was changed" for path in damaged(found["products"])]
    return ReportState("stale" if reasons else "fresh", tuple(reasons))


def waits_for(states_of: dict[Job, str]) -> tuple[str, ...]:
    """Return what the report waits for: notebooks that are not up to date, or findings that were not collected."""
    of_studies = [
        not_collected(study, [job for job in stating(study) if states_of[job] != "fresh"]) for study in areas.reported()
    ]
    return tuple(reason for reasons in of_studies for reason in reasons)


def make_report(processors: int) -> None:
    """Make the report and its briefs in all languages, and stage them, the manifest last; what they replace goes.

    Raises
    ------
    BatchError : a text cites a finding that does not exist, has a typed number in it, or cannot be read; a brief does
        not fit on its pages; or a baseline was changed.
    """
    from analysis.report.edition import offered, on_site
    from analysis.report.references import UnknownReference
    from analysis.report.site import site
    from analysis.report.typeset import TypesettingFailed

    try:
        with _checked_beside(), _workers(processors) as executor:
            material = _read_material()
            made = list(_printed(material, executor))
            files = {name: content for each in made for name, content in each.items()}
            # What follows from synthetic data has a folder of its own.
            apart = {name: files.pop(name) for name in list(files) if name.startswith(DEMONSTRATION)}
            editions = list(_beside(executor, partial(on_site, material), offered(material.texts)))
            # From a page in the folder of a language to the index of all pages.
            written = site(
                editions, material, files | _tables(material), "../../index.html", executor.map, split_in_pages
            )
    except (TypesettingFailed, UnknownReference) as error:
        raise BatchError("report_not_set", f"The report cannot be made: {error}") from None
    place = folder()
    content = {place / path: each for path, each in written.items()}
    content |= {STAGED / "reports" / DEMONSTRATION / name: each for name, each in apart.items()}
    MANIFEST.unlink(missing_ok=True)
    private = any(tables.kind == "confidential" for tables in persons())
    for path, each in content.items():
        # What stands as it would be written is left alone: most of the report is as it was.
        if private or not path.is_file() or path.read_bytes() != each:
            write_whole(path, each, private)
    for path in _staged() - set(content):
        path.unlink()
    manifest = {
        "kind": "SYNTHETIC" if place.name.endswith(SYNTHETIC) else "public",
        "made_from": _made_from(),
        "persons": {tables.name: tables.kind for tables in persons()},
        "products": {shown(path): digest(each) for path, each in sorted(content.items())},
    }
    write_whole(MANIFEST, as_manifest(manifest), private)
    kept_results.trim()


@contextlib.contextmanager
def _workers(processors: int) -> Iterator[Executor]:
    """Processes to make the report; threads where most of it is kept, as processes take longer to begin than it takes.

    Threads only typeset, which is done by other programs; what they are given is put together by this one alone.
    """
    from concurrent.futures import ThreadPoolExecutor

    from analysis.batch.run import local

    if kept_results.is_begun():
        with ThreadPoolExecutor(processors) as threads:
            yield threads
    else:
        with local(processors) as (executor, _):
            yield executor


@contextlib.contextmanager
def _checked_beside() -> Iterator[None]:
    """Check the texts beside what is made of them, where a process can be forked at once, and else before it.

    What is wrong with the texts is raised before what follows from it.
    """
    from analysis.batch.run import is_begun, local

    if not is_begun():
        check_texts()
        yield
        return
    with local(1) as (executor, _):
        checking = executor.submit(check_texts)
        try:
            yield
        finally:
            try:
                checking.result()
            except BrokenExecutor:
                # Its process was lost, and said nothing of the texts.
                check_texts()


def _beside(executor: Executor, function: Callable[[Any], Any], given: Sequence[Any]) -> Iterable[Any]:
    """As `executor.map` where it has processes; one after the other where it has threads, as drawing knows no two."""
    from concurrent.futures import ThreadPoolExecutor

    return map(function, given) if isinstance(executor, ThreadPoolExecutor) else executor.map(function, given)


def _printed(material: Material, executor: Executor) -> Iterable[dict[str, bytes]]:
    """All papers of the report, in their order."""
    from concurrent.futures import ThreadPoolExecutor

    if not isinstance(executor, ThreadPoolExecutor):
        return executor.map(printed, to_print(material))
    under_way = [executor.submit(typeset_in_both_forms, *assembled(each, material)) for each in to_print(material)]
    return [each.result() for each in under_way]


def check_texts() -> None:
    """Raise BatchError unless every text can be read, cites what there is, and has no number typed in it."""
    from analysis.findings.collected import NotCollected
    from analysis.monitoring import BaselineError
    from analysis.recommendations import evaluation, gap_actions, monitoring_frame
    from analysis.recommendations.conditions import ConditionError
    from analysis.recommendations.texts import TextsError
    from analysis.recommendations.texts import read as read_texts
    from analysis.report import coherence, references

    try:
        table = collected.read()
        texts = read_texts(PLEDGE)
        evaluation.check(texts, table)
        gap_actions.check(texts.gap_actions, table)
        monitoring_frame.rows(texts, table)
        references.check(PLEDGE, table)
        coherence.check(read_together(texts, table))
        newest_baseline()
    except (
        NotCollected,
        TextsError,
        ConditionError,
        references.FaultyTexts,
        coherence.IncoherentTexts,
        BaselineError,
    ) as error:
        raise BatchError("report_inputs_invalid", f"The report cannot be made: {error}") from None


def read_together(texts: Texts, table: pd.DataFrame) -> coherence.Pledge:
    """The texts of the pledge beside findings, figures and pages, as they are checked together."""
    from analysis.report import coherence
    from analysis.report.edition import read_briefs

    written = coherence.written_texts(read_briefs(PLEDGE), texts.chapters)
    rows = {str(row["finding_id"]): row for row in table.to_dict("records")}
    return coherence.Pledge(written, texts, rows, shown_by_notebook, said_by_pages())


@dataclass(frozen=True)
class ToPrint:
    """One text to print: the report in a language; with a brief's name that brief; without either the demonstration."""

    language: str = ""
    brief: str = ""


def to_print(material: Material) -> list[ToPrint]:
    """The report in each language, which take longest, then every brief, and the demonstration if it can be made."""
    from analysis.report.edition import brief_languages, offered
    from analysis.report.places import briefs_of

    names = [each for study in areas.reported() for each in briefs_of(study)]
    reports = [ToPrint(language) for language in offered(material.texts)]
    briefs = [ToPrint(language, each) for each in names for language in brief_languages(material, each)]
    return [*reports, *([ToPrint()] if demonstrated() else []), *briefs]


def demonstrated() -> list[str]:
    """The synthetic studies whose findings were collected."""
    return [name for name, study in areas.STUDIES.items() if study.is_synthetic and collected.said(name)]


def printed(asked: ToPrint) -> dict[str, bytes]:
    """A report or a brief as PDF and as Word file, by their names.

    Raises
    ------
    TypesettingFailed : it has more pages than its readers read.
    """
    return typeset_in_both_forms(*assembled(asked, material_of_report() if asked.language else None))


def assembled(asked: ToPrint, material: Material | None) -> tuple[Paper, str, int]:
    """A text to print, the name of its files, and how many pages it may have."""
    from analysis.report import edition
    from analysis.report.places import AREAS

    if not asked.language or material is None:
        paper = edition.demonstration({study: collected.read(study) for study in demonstrated()}, shown_by_notebook)
        return paper, DEMONSTRATION, 0
    if asked.brief:
        paper = edition.brief(material, asked.brief, asked.language)
        most = MOST_PAGES["areas" if asked.brief.endswith(AREAS) else "brief"]
        return paper, edition.brief_file(material, asked.brief, asked.language), most
    paper = edition.in_print(material, asked.language).paper
    return paper, f"{NAME}{SYNTHETIC if paper.synthetic else ''}_{asked.language}", MOST_PAGES["report"]


def typeset_in_both_forms(paper: Paper, stem: str, most: int) -> dict[str, bytes]:
    """A text as PDF and as Word file, by their names.

    Parameters
    ----------
    stem : of the names. most : pages that it may have; 0 for any number.

    Raises
    ------
    TypesettingFailed : it has more.
    """
    from analysis.report import typeset

    follows_from = _as_parts(paper)
    in_pdf = kept(("pdf", *follows_from), lambda: typeset.pdf(paper))
    if most and (pages := int(kept(("pages", in_pdf), lambda: str(typeset.pages_of(in_pdf)).encode()))) > most:
        said = f"{stem}.pdf has {pages} pages, and may have {most}: shorten its texts."
        raise typeset.TypesettingFailed("too_long", said)
    return {f"{stem}.pdf": in_pdf, f"{stem}.docx": kept(("docx", *follows_from), lambda: typeset.docx(paper))}


def split_in_pages(paper: Paper, template: str) -> dict[str, str]:
    """The pages of a site: those of `typeset.pages`, kept."""
    from analysis.report import typeset

    # Pictures stay where the text says that they are, and are not read.
    follows_from = _as_parts(replace(paper, pictures={}))
    return json.loads(
        kept(("site", template, *follows_from), lambda: json.dumps(typeset.pages(paper, template)).encode())
    )


def _as_parts(paper: Paper) -> tuple[object, ...]:
    """All that a text to be set holds: each field, and each picture by the digest of its bytes."""
    pictures = {stem: digest(content) for stem, content in paper.pictures.items()}
    return {each.name: getattr(paper, each.name) for each in fields(paper) if each.name != "pictures"}, pictures


@cache
def material_of_report() -> Material:
    """Return the material of the report, read once by a process that ends with the report."""
    return _read_material()


def _read_material() -> Material:
    """Findings as they were collected, texts, figures of notebooks."""
    from analysis.recommendations.texts import read as read_texts
    from analysis.report import layout
    from analysis.report.edition import Material, read_briefs, read_questions

    table = collected.read()
    return Material(
        table,
        read_texts(PLEDGE),
        layout.read(PLEDGE),
        read_briefs(PLEDGE),
        read_questions(PLEDGE),
        shown_by_notebook,
        changes_of(table),
        datasets(),
    )


def changes_of(table: pd.DataFrame) -> pd.DataFrame | None:
    """Return what changed since the newest baseline; None where none was frozen."""
    from analysis.monitoring import changes

    found = newest_baseline()
    return None if found is None else changes(found.table, table, found.definitions)


def newest_baseline() -> Baseline | None:
    """The baseline that was frozen last; None where there is none."""
    from analysis.monitoring import read

    found = [read(path.parent) for path in sorted(BASELINES.glob("*/baseline.yml"))]
    return max(found, key=lambda each: (each.day, each.name), default=None)


def datasets() -> list[catalog.Dataset]:
    """The data sets that the notebooks read, by name."""
    jobs = [job for study in areas.reported() for job in plan(study)]
    names = {name for job in jobs for name in metadata(job.executed).get("made_from", {}).get("inputs", {})}
    return [entry for name, entry in sorted(catalog.datasets().items()) if name in names]


def said_by_pages() -> dict[tuple[str, str], KeyNumbers]:
    """The key numbers that the pages of the reported studies say of themselves, by analysis and area."""
    from analysis.report import key_numbers

    jobs = [job for study in areas.reported() for job in plan(study)]
    said = {(job.analysis, job.area_id): key_numbers.of_page(job.page) for job in jobs}
    return {name: numbers for name, numbers in said.items() if numbers}


def _tables(material: Material) -> dict[str, bytes]:
    """All findings and the monitoring frame, as they can be downloaded."""
    from analysis.processed import as_parquet
    from analysis.recommendations import monitoring_frame
    from analysis.report.edition import frame_file
    from analysis.spreadsheets import csv_bytes

    table = material.table
    stem = f"{collected.RECORDS}{SYNTHETIC if 'synthetic' in set(table['kind']) else ''}"
    kind = catalog.strictest(table["kind"])
    frame = monitoring_frame.as_table(monitoring_frame.rows(material.texts, table))
    return {
        f"{stem}.csv": csv_bytes(table),
        f"{stem}.parquet": as_parquet(table, kind),
        frame_file(material): csv_bytes(frame),
    }


def _staged() -> set[Path]:
    """All files of reports that are staged, under whatever name."""
    return {path for place in folders(STAGED / "reports") for path in place.rglob("*") if path.is_file()}


def _made_from(notebooks: Container[str] | None = None) -> MadeFrom:
    """All that it follows from: programs, notebooks, data sets, findings and texts.

    Parameters
    ----------
    notebooks : names of those of which it may show figures; None for all. One that was added since is in none of its
        texts: these count by themselves, and so do the data sets that it reads, which the report lists.
    """
    ran = {name: each for study in areas.reported() for name, each in runs(stating(study)).items()}
    studies = (*areas.reported(), *demonstrated())
    return {
        **program(MODULES),
        "notebooks": {name: each for name, each in ran.items() if notebooks is None or name in notebooks},
        "datasets": dict.fromkeys((entry.name for entry in datasets()), ""),
        "findings": {study: json.dumps(collected.said(study).get("products", {})) for study in studies},
        "pledge": pledge(),
    }


def write_index() -> None:
    """Write the index of what is staged, and the links between staged pages, where they do not stand as they should.

    A staged page that is not up to date says so. Those of what was released are written again only where a page that
    they lead to has been withdrawn.
    """
    jobs = plan()
    pages = [*(job.page for job in jobs), *report_pages()]
    staged = {page: page for page in pages if page.exists()}
    of_faults = catalog.faults()
    found = states([job for job in jobs if job.page in staged and job.study not in of_faults])
    older = {state.job.page: page_links.OLDER["not_run"] for state in found if state.name != "fresh"}
    link_pages(staged, older, grades=cache(grades_of))
    write_index_of(staged, INDEX)
    if _leads_nowhere(released(INDEX)):
        outside = {page: released(page) for page in pages if released(page).exists()}
        link_pages(outside)
        write_index_of(outside, released(INDEX))


def grades_of(study: str) -> dict[str, str]:
    """Return how sure each finding of a study is, in words; none where its findings were not collected."""
    from analysis.findings.confidence import in_words

    try:
        return in_words(collected.read(study))
    except collected.NotCollected:
        return {}


def link_pages(
    pages: Mapping[Path, Path],
    older: Mapping[Path, str] | None = None,
    grades: Callable[[str], Mapping[str, str]] | None = None,
) -> None:
    """Write what pages say of each other, and how sure their findings are.

    Those of a study with a fault stay as they are: nobody may know which analyses it has.

    Parameters
    ----------
    pages : staged path -> where the page stands.
    older : staged path -> why the page is older than those beside it; left out, each says what it said.
    grades : study -> how sure its findings are, as `grades_of`; left out, each page says what it said.
    """
    for job in [job for job in plan() if job.study not in catalog.faults()]:
        if (place := pages.get(job.page)) is not None:
            content = place.read_bytes()
            said = None if older is None else older.get(job.page, "")
            linked = page_links.filled(content, job, pages, said, grades(job.study) if grades else None)
            if linked != content:
                write_whole(place, linked, job.private and place == job.page)


def write_index_of(pages: Mapping[Path, Path], index: Path, older_report: str | None = None) -> bool:
    """Write an index of pages, unless it stands; returns whether it was written.

    Parameters
    ----------
    pages : staged path -> where the page stands.
    older_report : why the report is older than the pages; left out, the index says what it said.
    """
    before = evidence_before()
    if older_report is None:
        said = page_links.OLDER["report"]
        older_report = said if index.exists() and said in index.read_text(encoding="utf-8") else ""
    made_from = _index_made_from(pages, digest(json.dumps([before, older_report], sort_keys=True).encode()))
    if _stands(index, made_from):
        return False
    # It draws maps, and takes as long to load as all else together.
    from analysis.report.index import evidence_news, evidence_state, render_index

    write_whole(index, render_index(made_from, pages, evidence_news(before, evidence_state()), older_report).encode())
    return True


def _leads_nowhere(index: Path) -> bool:
    try:
        links = LINK.findall(index.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return False
    return any(not (index.parent / link).exists() for link in links)


def _stands(index: Path, made_from: str) -> bool:
    """True if an index of pages stands, made from the content whose digest is `made_from`."""
    try:
        with open(index, encoding="utf-8") as file:
            return f'content="{made_from}"' in file.read(1000)
    except FileNotFoundError:
        return False


def _index_made_from(pages: Mapping[Path, Path], before: str) -> str:
    """The digest of all that an index follows from: program, data, which pages there are and what numbers they say.

    Parameters
    ----------
    pages : where each stands whose staged path this is.
    before : the digest of the evidence of the last release, and of what is said of the report.
    """
    jobs = plan()
    there = [
        (job.name, job.page in pages, job.failed.exists(), of_page(place), page_links.earlier_of(place))
        for job in jobs
        for place in (pages.get(job.page, job.page),)
    ]
    others = sorted(shown(page) for page in pages.keys() - {job.page for job in jobs})
    return digest(f"{index_digest()} {there} {others} {sorted(catalog.faults())} {before}".encode())
