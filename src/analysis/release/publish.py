"""What became of a release, and how it is said.

The release: what is staged leaves the house once it has withstood an attack on its tables and a search of its files.

Only this module writes to ``figures/`` and ``reports/``. A release that was killed is completed by the next one: the
register is written first, so that nothing stands outside that it does not know of, and the index last.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from tqdm import tqdm

import disclosure
from analysis import areas, catalog, release_register
from analysis.batch import released_manifest
from analysis.batch.person_tables import withdraw
from analysis.batch.products import BatchError, as_manifest, damaged, digest, said, write_whole
from analysis.batch.provenance import tables_read
from analysis.batch.report import NAME as REPORT
from analysis.batch.report import folders as folders_of_report
from analysis.batch.report import report_pages, report_state, write_index_of
from analysis.batch.report import said as said_of_report
from analysis.batch.status import states
from analysis.catalog import ROOT, shown
from analysis.jobs import INDEX, STAGED, Job, SurveyTables, Tables, plan, released, tables_of
from analysis.processed import ProcessedError, as_csv
from analysis.release import ro_crate

if TYPE_CHECKING:
    import pandas as pd

# Rows of a table of breaches or findings that are printed; all breaches stand in a file.
MOST = 20
WHAT_HELPS = (
    "What would help: make the tables again, which protects them with what earlier releases said "
    "(`python -m analysis intake --again`); or tell less of these persons, in fewer tables or in wider classes."
)


@dataclass(frozen=True)
class Audit:
    """What an attack on the protected tables of a study's persons, with those of earlier releases, could learn.

    Parameters
    ----------
    breaches : one row a breach, empty where there is none; see `disclosure.audit`.
    cells, suppressed : cells of all tables, and those whose count is missing.
    releases : how many earlier releases they were held against.
    """

    breaches: pd.DataFrame
    cells: int
    suppressed: int
    releases: int

    @property
    def passed(self) -> bool:
        return self.breaches.empty


@dataclass(frozen=True)
class Outcome:
    """What became of a release.

    Parameters
    ----------
    check : nothing was written: the numbers are what a release would do.
    written, unchanged, removed : files released anew, as they were, and taken away.
    left_out : why notebooks were left out -> which. report_left_out : why the report was; empty where it was not.
    audits : of each study's persons, what an attack could learn.
    found : places in staged files where something stands that identifies a person: path, place, kind.
    entered : releases of persons that are new in the register.
    seconds : wall time.
    """

    check: bool = False
    written: Sequence[Path] = ()
    unchanged: int = 0
    removed: Sequence[Path] = ()
    left_out: Mapping[str, Sequence[Job]] = field(default_factory=dict)
    report_left_out: str = ""
    audits: Mapping[Tables, Audit] = field(default_factory=dict)
    found: pd.DataFrame | None = None
    entered: Sequence[Path] = ()
    seconds: float = 0.0

    @property
    def stopped(self) -> bool:
        """Whether something was found that identifies a person, so that nothing was released."""
        return self.found is not None and not self.found.empty

    @property
    def ok(self) -> bool:
        return not self.stopped and all(audit.passed for audit in self.audits.values())

    def __str__(self) -> str:
        lines = [line for tables, audit in self.audits.items() for line in _audited(tables, audit)]
        if self.stopped:
            assert self.found is not None
            lines += [f"Nothing is released: {len(self.found):,} places of staged files identify a person.", ""]
            lines += [_rows(self.found), ""]
            lines += ["What would help: see what shows it in its notebook, and keep it internal."]
            return "\n".join(lines)
        lines += [f"{why}: {_few([job.name for job in jobs])}" for why, jobs in self.left_out.items()]
        would = "would be " if self.check else ""
        lines += [f"{self.report_left_out}: the report on the pledge"] if self.report_left_out else []
        lines += [f"{would}entered in the register: {shown(path)}" for path in self.entered]
        lines.append(
            f"{len(self.written):,} files {would}released, {self.unchanged:,} unchanged, {len(self.removed):,} {would}"
            f"taken away; {self.seconds:.1f} s."
        )
        return "\n".join([*lines, "", f"The report begins at {shown(released(INDEX))}"])


def _audited(tables: Tables, audit: Audit) -> list[str]:
    name = f"{tables.words} of {tables.study}"
    against = f", with {audit.releases} earlier releases" if audit.releases else ""
    cells = f"{audit.suppressed:,} of {audit.cells:,} cells suppressed"
    if audit.passed:
        return [f"audited: {name}: {cells}{against}; no breach."]
    return [
        f"Nothing of the {name} is released: {len(audit.breaches):,} breaches ({cells}{against}).",
        "",
        _rows(audit.breaches),
        "",
        WHAT_HELPS,
        "",
    ]


def _rows(table: pd.DataFrame) -> str:
    rows = table.head(MOST).to_string(index=False, max_colwidth=90)
    return rows + (f"\nand {len(table) - MOST:,} more" if len(table) > MOST else "")


def _few(names: Sequence[str]) -> str:
    first = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"{len(names)} notebooks ({first})" if len(names) > 1 else first


# Kinds of persons that a release publishes; public ones are public already.
GUARDED = ("confidential", "synthetic")
# Why a notebook is left out, by its state.
LEFT_OUT = {
    "stale": "left out, not up to date (`python -m analysis run`)",
    "failed": "left out, failed",
    "missing": "left out, not run yet",
}
HELD_BACK = "held back, as it shows persons whose tables did not pass"
# Bytes above which it takes longer to search all files in one process than to start more.
WORTH_SHARING = 100_000_000
# What the batch makes, and a release may take away.
SUFFIXES = (".html", ".png")


def release(today: date, check: bool = False) -> Outcome:
    """Audit the protected tables, search the staged files, and release them; what is not up to date is left out.

    Parameters
    ----------
    today : the day of the release, which the register keeps.
    check : audit and search, and write nothing.

    Returns
    -------
    What became of it. A breach keeps back all notebooks that show these persons, and a staged file in which something
    identifies a person everything; of what is kept back or left out the earlier release stands.

    Raises
    ------
    BatchError : nothing has been run yet, or a file cannot be written, or was changed meanwhile.
    CatalogError : data are not as the catalogue says. What may not be released any more has gone all the same.
    """
    began = time.perf_counter()
    if not check:
        withdraw()
    catalog.verify_all()
    found = states(plan())
    of_report = report_state({state.job: state.name for state in found})
    ready = [state.job for state in found if state.name == "fresh"]
    if not ready and not released(INDEX).exists():
        raise BatchError(
            "nothing_staged",
            "Nothing that is up to date is staged: `python -m analysis run` makes what can be released.",
        )
    left_out = {why: [state.job for state in found if state.name == name] for name, why in LEFT_OUT.items()}
    audits = {tables: audited(tables) for tables in _guarded(ready)}
    if not check:
        for tables in [tables for study in areas.STUDIES for tables in tables_of(study)]:
            _keep_breaches(tables, audits.get(tables))
    breached = {tables for tables, audit in audits.items() if not audit.passed}
    left_out[HELD_BACK] = [job for job in ready if breached & set(tables_read(job))]
    going = [job for job in ready if job not in left_out[HELD_BACK]]
    # The report tells of all of them: it goes with every notebook, or not at all.
    report_out = HELD_BACK if breached else LEFT_OUT["stale"] if of_report.name != "fresh" else ""
    report = {} if report_out else said_of_report()
    before = {job.name: set(_released_of(job)) for jobs in left_out.values() for job in jobs}
    before |= {REPORT: set(_released_report())} if report_out else {}
    standing = set().union(*before.values())
    staged = _products(going) | {ROOT / path: expected for path, expected in report.get("products", {}).items()}
    runs = {job.name: said(job.executed) for job in going} | ({REPORT: report} if report else {})
    origins = ro_crate.of_release(staged, standing, runs)
    staged[ro_crate.STAGED_CRATE] = digest(origins)
    if not check:
        write_whole(ro_crate.STAGED_CRATE, origins)
    outcome = {
        "check": check,
        "report_left_out": report_out,
        "left_out": {why: jobs for why, jobs in left_out.items() if jobs},
        "audits": audits,
        "found": searched(),
    }
    if not outcome["found"].empty:
        return Outcome(**outcome, seconds=time.perf_counter() - began)
    entered = _register(_guarded(going), today, check)
    going_out = released_manifest.of_jobs(going) | (
        {REPORT: released_manifest.of(report["products"], report["persons"])} if report else {}
    )
    note = going_out | {name: each for name, each in released_manifest.noted().items() if name in before}
    if not check:
        kept = released_manifest.both(released_manifest.noted(), note)
        write_whole(released_manifest.NOTE, as_manifest(kept), private=True)
    written, unchanged, products = _publish(staged, check)
    removed = [path for path in _released() if path not in products and path not in standing]
    if not check:
        _index(going, standing)
        _take_away(removed)
        write_whole(released_manifest.NOTE, as_manifest(note), private=True)
    return Outcome(
        **outcome,
        written=written,
        unchanged=unchanged,
        removed=removed,
        entered=entered,
        seconds=time.perf_counter() - began,
    )


def audited(tables: Tables) -> Audit:
    """What an attack on the protected tables of a study's persons could learn, with all that was released before.

    Tables that cannot be attacked have not passed: their one breach says why.
    """
    try:
        protected = _protected(tables)
        stacked = disclosure.stacked(protected)
        earlier = release_register.earlier(tables.study, tables.records, without=release_register.digest(stacked))
        nested = _nested(tables, [protected, *earlier])
        breaches = disclosure.audit(protected, k=disclosure.K, nested=nested, earlier=earlier)
    except (ProcessedError, release_register.RegisterError, disclosure.DisclosureError) as error:
        nothing = {"table": "all", "cell": "all", "kind": "not audited", "low": np.nan, "high": np.nan}
        return Audit(pd.DataFrame([{**nothing, "why": str(error)}]), 0, 0, 0)
    return Audit(breaches, len(stacked), int(stacked["count"].isna().sum()), len(earlier))


def searched() -> pd.DataFrame:
    """Places in staged files where something stands that identifies a person of any study: path, place, kind."""
    from analysis.release.direct_identifiers import of_studies

    studies = [study for study in areas.STUDIES if any(tables.kind in GUARDED for tables in tables_of(study))]
    strings = set().union(*(secrets.strings for secrets in of_studies(studies).values()))
    return _searched([path for path in sorted(STAGED.rglob("*")) if path.is_file()], strings)


def _searched(paths: Sequence[Path], strings: set[str]) -> pd.DataFrame:
    """The same of some files; where there are many, each processor searches a part of them."""
    from analysis.release.scanner import scan

    number = os.cpu_count() or 1
    if number == 1 or sum(path.stat().st_size for path in paths) < WORTH_SHARING:
        return scan(paths, strings)
    from analysis.batch.run import local

    # The largest first, in turn, so that all have as much to read.
    by_size = sorted(paths, key=lambda path: (-path.stat().st_size, path))
    with local(number) as (executor, _):
        shares = [executor.submit(scan, by_size[part::number], strings) for part in range(number)]
        found = pd.concat([share.result() for share in shares], ignore_index=True)
    return found.sort_values(["path", "place"], ignore_index=True)


def _guarded(jobs: Iterable[Job]) -> list[Tables]:
    """The tables of persons that these jobs read and that only a release publishes."""
    return list(dict.fromkeys(tables for job in jobs for tables in tables_read(job) if tables.kind in GUARDED))


def _protected(tables: Tables) -> dict[str, pd.DataFrame]:
    """Their protected tables."""
    if isinstance(tables, SurveyTables):
        from analysis.survey.processed import protected as protected_survey

        return protected_survey(tables.study)
    from analysis.cases.processed import protected

    return protected(tables.study)


def _nested(tables: Tables, releases: Sequence[dict[str, pd.DataFrame]]) -> dict[str, pd.DataFrame]:
    """What lies in what in tables of this release and of earlier ones."""
    if isinstance(tables, SurveyTables):
        from analysis.survey import counts as survey_counts

        return survey_counts.nested()
    from analysis.cases import journey_counts

    return journey_counts.nested(*releases)


def _keep_breaches(tables: Tables, audit: Audit | None) -> None:
    """Write all breaches, for whoever keeps the data, and take away those of tables that have none."""
    path = tables.file(f"{tables.records}_breaches.csv")
    if audit is None or audit.passed:
        path.unlink(missing_ok=True)
        return
    write_whole(path, as_csv(audit.breaches, tables.kind), private=True)


def _register(persons: Sequence[Tables], today: date, check: bool) -> list[Path]:
    """Enter what is going to be released of persons, and return the entries that are new."""
    if not check:
        for tables in persons:
            release_register.settle(tables, write_whole)
    new = [
        entry
        for tables in persons
        if (entry := release_register.entry(tables, _protected(tables), today, disclosure.K))
    ]
    for entry in new:
        if not check:
            release_register.enter(entry, write_whole)
    return [entry.path for entry in new]


def _products(jobs: Sequence[Job]) -> dict[Path, str]:
    """What is staged of some jobs: path -> digest."""
    return {ROOT / path: expected for job in jobs for path, expected in said(job.executed)["products"].items()}


def _publish(products: Mapping[Path, str], check: bool) -> tuple[list[Path], int, set[Path]]:
    """Write those staged products (path -> digest) that are not released as they are now.

    Returns
    -------
    Files written, how many stood already, and where all of them stand.

    Raises
    ------
    BatchError : a staged file is not what it was when it was searched.
    """
    written, places = [], set()
    for path, expected in tqdm(products.items(), unit="file", desc="release", disable=None, file=sys.stderr):
        place = released(path)
        places.add(place)
        if not damaged({shown(place): expected}):
            continue
        if not check:
            content = path.read_bytes()
            if digest(content) != expected:
                raise BatchError(
                    "changed_during_release", f"{shown(path)} was changed while it was released: start again."
                )
            write_whole(place, content)
        written.append(place)
    return written, len(products) - len(written), places


def _released() -> list[Path]:
    """All that stands released of the studies: pages and figures, and nothing else that lies beside them."""
    folders = [ROOT / tree / study for tree in ("figures", "reports") for study in areas.STUDIES]
    of_studies = [path for folder in folders for path in folder.rglob("*") if path.suffix in SUFFIXES]
    return sorted([*of_studies, *_released_report()])


def _released_report() -> list[Path]:
    """All that stands released of the report and of the demonstration that is made with it."""
    return [path for place in folders_of_report(ROOT / "reports") for path in place.rglob("*") if path.is_file()]


def _released_of(job: Job) -> list[Path]:
    """What stands released of one job, whatever is staged of it now."""
    page, folder = released(job.page), released(job.figures)
    return [page, *page.parent.glob(f"{job.analysis}_*.html"), *folder.glob(f"{job.analysis}_*.png")]


def _index(going: Sequence[Job], standing: set[Path]) -> None:
    """Write the index of what is released, an earlier release of some pages among it."""
    pages = {job.page for job in going}
    pages |= {job.page for job in plan() if released(job.page) in standing and released(job.page).exists()}
    pages |= {first for first in report_pages() if released(first).exists()}
    write_index_of({page: released(page) for page in pages}, released(INDEX))
    write_whole(released_manifest.EVIDENCE_NOTE, released_manifest.evidence_note())


def _take_away(paths: Sequence[Path]) -> None:
    """Remove released files, and folders of the studies and of the report in which nothing is left."""
    for path in paths:
        path.unlink(missing_ok=True)
    of_studies = [ROOT / tree / study for tree in ("figures", "reports") for study in areas.STUDIES]
    for folder in [*of_studies, *folders_of_report(ROOT / "reports")]:
        for each in sorted([*folder.rglob("*"), folder], reverse=True):
            if each.is_dir() and not any(each.iterdir()):
                each.rmdir()
