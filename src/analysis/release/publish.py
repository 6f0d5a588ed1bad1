"""The release: what is staged is published once it has withstood an attack on its tables and a search of its files.

Only this module writes to ``figures/`` and ``reports/``. A release that was killed is completed by the next one: the
register is written first, so that nothing stands outside that it does not know of, and the index last.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import disclosure
from analysis import areas, catalog, release_register
from analysis.batch import account
from analysis.batch.account import REPORT, withdraw
from analysis.batch.products import BatchError, as_manifest, digest, metadata
from analysis.batch.provenance import program, tables_read
from analysis.batch.report import folders as folders_of_report
from analysis.batch.report import link_pages, manifest_of_report, report_pages, report_state, write_index_of
from analysis.batch.status import states, stopped
from analysis.catalog import ROOT, shown
from analysis.file_writing import write_whole
from analysis.intake.pseudonyms import IdentityError, secret_key
from analysis.jobs import INDEX, STAGED, Job, SurveyTables, Tables, plan, released, tables_of
from analysis.processed import ProcessedError, as_csv
from analysis.release import descriptions, passed_audits, ro_crate
from analysis.release.outcome import Audit, Outcome
from analysis.report import page_links
from analysis.report.page_links import OLDER
from bounded.refusal import Coded
from disclosure.tables import dimensions_of

# Kinds of persons that a release publishes; public ones are public already.
GUARDED = ("confidential", "synthetic")
# Why a notebook is left out, by its state.
LEFT_OUT = {
    "stale": "left out, not up to date (`python -m analysis run`)",
    "failed": "left out, failed",
    "missing": "left out, not run yet",
}
STANDS_STILL = "left out, as their study stands still"
HELD_BACK = "held back, as it shows persons whose tables did not pass"
# What the page of an earlier release says of itself beside newer ones, by why its notebook is left out. Of persons who
# came or went it says nothing: pages that are repeated are as they were.
OLDER_IF = {
    LEFT_OUT["stale"]: OLDER["not_run"],
    LEFT_OUT["failed"]: OLDER["failed"],
    LEFT_OUT["missing"]: OLDER["not_run"],
    STANDS_STILL: OLDER["still"],
    HELD_BACK: OLDER["held_back"],
}
REPEATED = f"stands as it was released, since fewer than {disclosure.K} persons came or went"
_NO_BREACH = pd.DataFrame(columns=["table", "cell", "kind", "low", "high", "why"])
# Bytes above which it takes longer to search all files in one process than to start more.
WORTH_SHARING = 12_000_000
# What the last search looked for, and in which files it found nothing.
SEARCHED = ROOT / "data" / "processed" / "searched.json"
# Why a released file is taken away.
NO_MORE = "since no notebook or report that is up to date leads to it"
# What the batch makes, and a release may take away.
SUFFIXES = (".html", ".png", ".csv", ".json")


def release(today: date, check: bool = False, say: Callable[[str], object] | None = None) -> Outcome:
    """Audit the protected tables, search the staged files, and release them; what is not up to date is left out.

    Parameters
    ----------
    today : the day of the release, which the register keeps; studies with data past their last day stand still.
    check : audit and search, and write nothing.
    say : is told, before anything is taken away, what will be and why, line by line.

    Returns
    -------
    What became of it. A breach stops all notebooks that show these persons, a fault or an expired day all of a
    study, and a staged file in which something identifies a person everything; of what is stopped or left out the
    earlier release stands.

    Raises
    ------
    BatchError : nothing has been run yet, or a file was changed meanwhile. WriteError : a file cannot be written.
    CatalogError : data of all are not as the catalogue says. What may not be released any more has gone all the same.

    A study with a list that cannot be read stands still, as one with a fault does: nobody can search for its persons.
    """
    began = time.perf_counter()
    withdrawn = {} if check else withdraw(say)
    still = stopped(list(areas.STUDIES), whole=True, today=today)
    with ThreadPoolExecutor(1) as beside:
        # The lists are read while the audit waits for its solver.
        identifiers = beside.submit(_identifiers, still)
        planned = _planned(still, check)
        strings, unread = identifiers.result()
        if unread:
            # Whoever is on such a list cannot be searched for.
            planned = _planned({**still, **unread}, check)
        products, staged = _staged(planned, check)
    outcome = {
        "check": check,
        "report_left_out": planned.report_left_out,
        "left_out": {why: jobs for why, jobs in planned.left_out.items() if jobs},
        "standing_still": planned.still,
        "audits": planned.audits,
        "found": searched(strings, check),
        "failed": len(planned.left_out[LEFT_OUT["failed"]]),
    }
    if not outcome["found"].empty:
        return Outcome(**outcome, removed=withdrawn, seconds=time.perf_counter() - began)
    entered = _register(_guarded(planned.going), today, check)
    note = planned.note()
    if not check:
        kept = account.together(account.noted(), note)
        write_whole(account.NOTE, as_manifest(kept), private=True)
    there = set(_released(planned.still))
    removed = dict.fromkeys(sorted(there - set(map(released, staged)) - planned.standing), NO_MORE)
    if say is not None and not check:
        for line in account.announced(removed):
            say(line)
    written = _publish(products, staged, planned.pages, check)
    if not check:
        _index(planned)
        _take_away(list(removed))
        write_whole(account.NOTE, as_manifest(note), private=True)
        account.keep({**removed, **withdrawn})
    return Outcome(
        **outcome,
        written=written,
        new=[path for path in written if path not in there and path != released(ro_crate.STAGED_CRATE)],
        unchanged=len(staged) - len(written),
        removed={**removed, **withdrawn},
        entered=entered,
        seconds=time.perf_counter() - began,
    )


@dataclass(frozen=True)
class _Plan:
    """The plan of a release: files that go, files that do not, and those that stand from earlier releases.

    Parameters
    ----------
    still : studies of which nothing may be released, and why.
    audits : of each study's persons that would be shown, what an attack could learn.
    left_out : why notebooks are left out -> which. going : notebooks whose products go.
    report_left_out : why the report is left out; empty where it goes. report : its manifest; empty where it does not.
    before : what is left out, by name -> where it stands released.
    standing : all released files that stay. pages : staged pages that go or stay -> their jobs.
    older : those of the pages that stay beside newer ones -> why, as they then say. report_is_older : the same of the
        report.
    """

    still: Mapping[str, str]
    audits: Mapping[Tables, Audit]
    left_out: Mapping[str, list[Job]]
    going: list[Job]
    report_left_out: str
    report: Mapping[str, Any]
    before: Mapping[str, set[Path]]
    standing: set[Path]
    pages: Mapping[Path, Job]
    older: Mapping[Path, str]
    report_is_older: bool

    def note(self) -> dict[str, Any]:
        """The note of a release: what goes, and of earlier ones what stays."""
        going = account.of_jobs(self.going)
        if self.report:
            going |= {REPORT: account.released_as(self.report["products"], self.report["persons"])}
        return going | {name: each for name, each in account.noted().items() if name in self.before}


def _planned(still: Mapping[str, str], check: bool) -> _Plan:
    """Decide what goes: it is up to date, its study does not stand still, and its persons withstood the audit."""
    planned = plan()
    found = states([job for job in planned if job.study not in still])
    # The report tells of all studies.
    report_fresh = not still and report_state({state.job: state.name for state in found}).name == "fresh"
    ready = [state.job for state in found if state.name == "fresh"]
    if not ready and not released(INDEX).exists():
        raise BatchError(
            "nothing_staged",
            "Nothing that is up to date is staged: `python -m analysis run` makes what can be released."
            + "".join(f" {study} stands still. {why}" for study, why in still.items()),
        )
    left_out = {why: [state.job for state in found if state.name == name] for name, why in LEFT_OUT.items()}
    left_out[STANDS_STILL] = [job for job in planned if job.study in still]
    audits = {tables: audited(tables, check) for tables in _guarded(ready)}
    if not check:
        for tables in [tables for study in areas.STUDIES if study not in still for tables in tables_of(study)]:
            _keep_breaches(tables, audits.get(tables))
    breached = {tables for tables, audit in audits.items() if not audit.passed}
    left_out[HELD_BACK] = [job for job in ready if breached & set(tables_read(job))]
    changed = {tables for tables, audit in audits.items() if audit.passed and changed_since_release(tables)}
    left_out[REPEATED] = [job for job in ready if job not in left_out[HELD_BACK] and changed & set(tables_read(job))]
    going = [job for job in ready if job not in (*left_out[HELD_BACK], *left_out[REPEATED])]
    # The report goes with every notebook, or not at all.
    report_out = HELD_BACK if breached else REPEATED if left_out[REPEATED] else ""
    report_out = report_out or ("" if report_fresh else STANDS_STILL if still else LEFT_OUT["stale"])
    before = {job.name: set(_released_of(job)) for jobs in left_out.values() for job in jobs}
    before |= {REPORT: set(_released_report())} if report_out else {}
    of_persons = [*left_out[HELD_BACK], *left_out[REPEATED]]
    standing = set().union(*before.values(), descriptions.standing(going, of_persons))
    stays = {path for path in standing if path.exists()}
    pages = {job.page: job for job in planned if job in going or released(job.page) in stays}
    report = {} if report_out else manifest_of_report()
    older = _older(left_out, _guarded(going))
    # Whether it is repeated says that somebody came or went, and so decides nothing here.
    waits = not report_fresh if report_out == REPEATED else bool(report_out)
    report_is_older = waits and bool(stays & before.get(REPORT, set()))
    return _Plan(still, audits, left_out, going, report_out, report, before, standing, pages, older, report_is_older)


def _older(left_out: Mapping[str, list[Job]], going: Sequence[Tables]) -> dict[Path, str]:
    """Staged pages of notebooks that are left out -> why what stands of them is older than what is released beside.

    Records change with every person. So a page of theirs that is not up to date is only older once the counts that
    stand beside it are newer, as anybody can see from the register.

    Parameters
    ----------
    going : tables of persons that are released now.
    """
    now = {tables: tables.manifest_content()["protected"] for tables in going}
    noted = account.noted()
    found = {}
    for why, jobs in left_out.items():
        for job in jobs:
            of_persons = [tables for tables in tables_read(job) if tables.kind in GUARDED]
            shown_then = noted.get(job.name, {}).get("counts", {})
            if any(_are_older(tables, shown_then.get(tables.name, ""), now.get(tables, "")) for tables in of_persons):
                found[job.page] = OLDER["records"]
            elif why in OLDER_IF and not (of_persons and why in (LEFT_OUT["stale"], LEFT_OUT["missing"])):
                found[job.page] = OLDER_IF[why]
    return found


def _are_older(tables: Tables, then: str, now: str) -> bool:
    """True if counts are older than the newest that are, or were, released; then, now: digests, empty where unknown."""
    entries = release_register.entries(tables)
    newest = now or (entries[-1].digest if entries else "")
    return bool(then and newest) and then != newest


def _staged(planned: _Plan, check: bool) -> tuple[dict[Path, str], dict[Path, str]]:
    """The files that go, with their descriptions for machines: the digests as staged, and as released.

    Raises
    ------
    BatchError : a file is not what it was when it was looked at.
    """
    of_report = planned.report.get("products", {})
    products = _products(planned.going) | {ROOT / path: expected for path, expected in of_report.items()}
    staged = {path: _as_released(path, expected, planned.pages)[1] for path, expected in products.items()}
    beside = descriptions.of_release(planned.going, of_report, planned.standing)
    staged |= {path: digest(content) for path, content in beside.items()}
    runs = {}
    for job in planned.going:
        run = metadata(job.executed)
        # With the digests of its products as they are released.
        runs[job.name] = {**run, "products": {path: staged[ROOT / path] for path in run["products"]}}
    runs |= {REPORT: dict(planned.report)} if planned.report else {}
    stays = [path for path in planned.standing if path.exists()]
    beside[ro_crate.STAGED_CRATE] = ro_crate.of_release(staged, _standing(stays, planned), runs)
    for path, content in beside.items():
        staged[path] = products[path] = digest(content)
        if not check:
            write_whole(path, content)
    return products, staged


def audited(tables: Tables, check: bool = True) -> Audit:
    """Return what an attack on the protected tables of a study's persons could learn, with all released before.

    Tables that cannot be attacked have not passed: their one breach says why.

    Parameters
    ----------
    check : write nothing; else it is noted that nothing was learnt, and the same attack is not made again.
    """
    try:
        protected = _protected(tables)
        if not protected:
            raise ProcessedError(
                "no_table", f"No table of counts could be protected: {shown(tables.file(tables.account))} says why."
            )
        stacked = disclosure.stacked(protected)
        earlier = release_register.earlier(tables.study, tables.records, without=release_register.digest(stacked))
        nested = _nested(tables, [protected, *earlier])
        series = release_register.releases(tables.study, tables.records)
        mark = passed_audits.mark(tables, [[protected], earlier, series, [nested, _nested(tables, series)]])
        if passed_audits.is_noted(tables, mark):
            breaches = _NO_BREACH
        else:
            breaches = disclosure.audit(protected, k=disclosure.K, nested=nested, earlier=earlier)
            breaches = pd.concat([breaches, _of_changes(tables, protected)], ignore_index=True)
            if breaches.empty and not check:
                passed_audits.note(tables, mark)
    except (ProcessedError, release_register.RegisterError, disclosure.DisclosureError, IdentityError) as error:
        nothing = {"table": "all", "cell": "all", "kind": "not audited", "low": np.nan, "high": np.nan}
        return Audit(pd.DataFrame([{**nothing, "why": str(error)}]), 0, 0, 0)
    repeated = int(stacked["as_of"].notna().sum()) if "as_of" in stacked else 0
    missing = int(stacked["count"].isna().sum())
    return Audit(breaches, len(stacked), missing, len(earlier), repeated, _persons_in_print(protected))


def _persons_in_print(protected: Mapping[str, pd.DataFrame]) -> float:
    """The share of the persons of all tables whose cells have a number in print, as far as the total is there."""
    totals = [table["count"].iat[0] for table in protected.values() if not dimensions_of(table)]
    if not totals or pd.isna(totals[0]) or not totals[0]:
        return float("nan")
    shares = [min(float(table["count"].sum()) / float(totals[0]), 1.0) for table in protected.values()]
    return float(np.mean(shares))


def _of_changes(tables: Tables, protected: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Rows of an audit on what changes between releases of a series tell of one person; of a survey none."""
    releases = release_register.releases(tables.study, tables.records)
    digests = {entry.digest for entry in release_register.entries(tables)}
    if not isinstance(tables, SurveyTables) and release_register.digest(disclosure.stacked(protected)) not in digests:
        releases = [*releases, protected]
    adjusted = any("adjusted_by" in table for release in releases for table in release.values())
    secret = secret_key(tables.kind).encode() if adjusted else b""
    found = disclosure.audit_changes(releases, secret, disclosure.K, _nested(tables, releases)) if adjusted else None
    if found is None or found.empty:
        return _NO_BREACH
    cells = "release " + found["release"].astype(str)
    return found[["table", "kind", "why"]].assign(cell=cells, low=np.nan, high=np.nan)


def _identifiers(without: Iterable[str]) -> tuple[set[str], dict[str, str]]:
    """Identifiers of persons of any study, but of those whose lists cannot be read, or may not be; and why not.

    No notebook of another study has read these either.
    """
    from analysis.release.direct_identifiers import of_studies

    there = [study for study in areas.STUDIES if study not in set(without)]
    studies = [study for study in there if any(tables.kind in GUARDED for tables in tables_of(study))]
    try:
        return set().union(*of_studies(studies).values()), {}
    except Coded:
        # It is not said which study it is of.
        unread = {study: why for study in studies if (why := _unreadable(study))}
        if not unread:
            raise
    return set().union(*of_studies([study for study in studies if study not in unread]).values()), unread


def _unreadable(study: str) -> str:
    """The reason why it cannot be told what identifies the persons of a study; empty where it can."""
    from analysis.release.direct_identifiers import of_studies

    try:
        of_studies([study])
    except Coded as error:
        return str(error)
    return ""


def searched(strings: set[str], check: bool = True) -> pd.DataFrame:
    """Places in staged files where one of some texts stands that identify a person: path, place, kind.

    Parameters
    ----------
    check : write nothing; else, where nothing was found, the files are noted so that they are not searched again.
    """
    from analysis.release.scanner import fingerprint

    paths = [path for path in sorted(STAGED.rglob("*")) if path.is_file()]
    # Whoever could learn from this digest reads the lists themselves, in the same folder.
    made_from = program(["analysis.release.scanner"])
    searched_for = digest(json.dumps([sorted(strings), made_from["library"], made_from["environment"]]).encode())
    clean = _clean_before(searched_for)
    fingerprints = {path: fingerprint(path) for path in paths}
    found = _searched([path for path in paths if fingerprints[path] not in clean], strings)
    if not check and found.empty:
        noted = {"for": searched_for, "clean": sorted(set(fingerprints.values()))}
        write_whole(SEARCHED, as_manifest(noted), private=True)
    return found


def _clean_before(searched_for: str) -> frozenset[str]:
    """The files in which nothing was found by the last search, if that was the same one."""
    try:
        before = json.loads(SEARCHED.read_text(encoding="utf-8"))
        return frozenset(before["clean"] if before["for"] == searched_for else ())
    except (OSError, ValueError, KeyError, TypeError):
        return frozenset()


def _searched(paths: Sequence[Path], strings: set[str]) -> pd.DataFrame:
    """The same of some files; where there are many, each processor searches a part of them."""
    from analysis.release.scanner import scan

    number = os.cpu_count() or 1
    if number == 1 or sum(path.stat().st_size for path in paths) < WORTH_SHARING:
        return scan(paths, strings)
    from analysis.batch.run import local

    # Of each kind the largest first, in turn, so that all have as much to read.
    by_size = sorted(paths, key=lambda path: (path.suffix, -path.stat().st_size, path))
    with local(number, loaded="analysis.release.scanner") as (executor, _):
        shares = [executor.submit(scan, by_size[part::number], strings) for part in range(number)]
        found = pd.concat([share.result() for share in shares], ignore_index=True)
    return found.sort_values(["path", "place"], ignore_index=True)


def _guarded(jobs: Iterable[Job]) -> list[Tables]:
    """The tables of persons that these jobs read and that only a release publishes."""
    return list(dict.fromkeys(tables for job in jobs for tables in tables_read(job) if tables.kind in GUARDED))


def changed_since_release(tables: Tables) -> bool:
    """Return True if the tables are those of the last release, and the records of persons are not those any more.

    Raises
    ------
    IdentityError : the secret key cannot be read.
    """
    entries = release_register.entries(tables)
    if not entries or release_register.digest(disclosure.stacked(_protected(tables))) != entries[-1].digest:
        return False
    mark = release_register.mark_of(entries[-1])
    return bool(mark) and mark != _records_mark(tables, entries[-1].digest)


def is_as_released(tables: Tables) -> bool:
    """Return True if tables and records are those of the last release. Raises as `changed_since_release`."""
    entries = release_register.entries(tables)
    now = release_register.digest(disclosure.stacked(_protected(tables)))
    return bool(entries) and entries[-1].digest == now and not changed_since_release(tables)


def _records_mark(tables: Tables, released: str) -> str:
    """A mark that tells, with the secret key alone, if records are those of a release, whatever is computed of them.

    Parameters
    ----------
    released : the digest of its protected tables: marks of two releases do not tell whether their records are the same.
    """
    if isinstance(tables, SurveyTables):
        records = tables.file("survey_respondents.parquet").read_bytes()
    else:
        hashes = pd.read_parquet(tables.file("case_records.parquet"), columns=["row_hash"])["row_hash"]
        records = np.sort(hashes.to_numpy()).tobytes()
    key = secret_key(tables.kind).encode()
    return hashlib.blake2b(released.encode() + records, key=key, digest_size=16, person=b"records").hexdigest()


def _protected(tables: Tables) -> dict[str, pd.DataFrame]:
    """Their protected tables."""
    if isinstance(tables, SurveyTables):
        from analysis.survey.processed import protected as protected_survey

        return protected_survey(tables.study)
    from analysis.cases.processed import protected

    return protected(tables.study)


def _nested(tables: Tables, releases: Sequence[dict[str, pd.DataFrame]]) -> dict[str, pd.DataFrame]:
    """The nesting of tables of this release and of earlier ones: what lies in what."""
    if isinstance(tables, SurveyTables):
        from analysis.survey import counts as survey_counts

        return survey_counts.nested()
    from analysis.cases import person_counts

    return person_counts.nested(*releases)


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
    new = [entry for tables in persons if (entry := _entry(tables, today))]
    for entry in new:
        if not check:
            release_register.enter(entry, write_whole)
    return [entry.path for entry in new]


def _entry(tables: Tables, today: date) -> release_register.New | None:
    protected = _protected(tables)
    mark = _records_mark(tables, release_register.digest(disclosure.stacked(protected)))
    return release_register.entry(tables, protected, today, disclosure.K, mark)


def _products(jobs: Sequence[Job]) -> dict[Path, str]:
    """The staged files of some jobs: path -> digest."""
    return {ROOT / path: expected for job in jobs for path, expected in metadata(job.executed)["products"].items()}


def _as_released(path: Path, expected: str, pages: Mapping[Path, Job]) -> tuple[bytes, str]:
    """The released form of a staged file, and its digest: a page has links to the pages that stand beside it.

    Raises
    ------
    BatchError : the file is not what it was when it was looked at.
    """
    content = path.read_bytes()
    if digest(page_links.bare(content) if path in pages else content) != expected:
        raise BatchError("changed_during_release", f"{shown(path)} was changed while it was released: start again.")
    if path not in pages:
        return content, expected
    content = page_links.filled(content, pages[path], pages, older="")
    return content, digest(content)


def _standing(standing: Iterable[Path], planned: _Plan) -> dict[Path, bytes]:
    """The files of earlier releases that stay: path -> content, of pages with links and marks as they will be."""
    pages = planned.pages
    staged = {released(page): page for page, job in pages.items() if job.study not in catalog.faults()}
    found = {path: path.read_bytes() for path in standing}
    for path, page in staged.items():
        if path in found:
            found[path] = page_links.filled(found[path], pages[page], pages, planned.older.get(page, ""))
    return found


def _publish(
    products: Mapping[Path, str], staged: Mapping[Path, str], pages: Mapping[Path, Job], check: bool
) -> list[Path]:
    """Write those staged products that are not released as they are now; returns where they stand.

    Parameters
    ----------
    products : path -> digest as it was staged. staged : path -> digest as it is released.
    """
    written = []
    for path, expected in products.items():
        place = released(path)
        if place.exists() and digest(place.read_bytes()) == staged[path]:
            continue
        if not check:
            write_whole(place, _as_released(path, expected, pages)[0])
        written.append(place)
    return written


def _released(still: Iterable[str] = ()) -> list[Path]:
    """All pages and figures that stand released of the studies that do not stand `still`, and of the report."""
    studies = [study for study in areas.STUDIES if study not in set(still)]
    folders = [ROOT / tree / study for tree in ("figures", "reports") for study in studies]
    of_studies = [path for folder in folders for path in folder.rglob("*") if path.suffix in SUFFIXES]
    return sorted([*of_studies, *_released_report()])


def _released_report() -> list[Path]:
    """All that stands released of the report and of the demonstration that is made with it."""
    return [path for place in folders_of_report(ROOT / "reports") for path in place.rglob("*") if path.is_file()]


def _released_of(job: Job) -> list[Path]:
    """The released files of one job, whatever is staged of it now."""
    page, folder = released(job.page), released(job.figures)
    beside = [each for ending in ("html", "csv") for each in page.parent.glob(f"{job.analysis}_*.{ending}")]
    return [page, *beside, *folder.glob(f"{job.analysis}_*.png")]


def _index(planned: _Plan) -> None:
    """Write the index of what is released, an earlier release of some pages among it, and links and marks of these."""
    there = {page: released(page) for page in [*planned.pages, *report_pages()] if released(page).exists()}
    link_pages(there, planned.older)
    write_index_of(there, released(INDEX), OLDER["report"] if planned.report_is_older else "")
    write_whole(account.EVIDENCE_NOTE, account.evidence_note())


def _take_away(paths: Sequence[Path]) -> None:
    """Remove released files, and folders of the studies and of the report in which nothing is left."""
    for path in paths:
        path.unlink(missing_ok=True)
    of_studies = [ROOT / tree / study for tree in ("figures", "reports") for study in areas.STUDIES]
    for folder in [*of_studies, *folders_of_report(ROOT / "reports")]:
        for each in sorted([*folder.rglob("*"), folder], reverse=True):
            if each.is_dir() and not any(each.iterdir()):
                each.rmdir()
