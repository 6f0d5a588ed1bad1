"""States of products, fresh, stale, failed or missing, with reasons; studies that stand still; findings as collected.

States are read off the products themselves. A study with a fault stands still while the batch and the release go on
with the others. The findings of a study are collected from its executed notebooks once all of them are up to date;
those of an area can be read from its own notebooks before.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from analysis import catalog, retention
from analysis.batch import answers
from analysis.batch.account import few
from analysis.batch.person_tables import tables_state
from analysis.batch.products import BatchError, as_manifest, damaged, digest, metadata
from analysis.batch.provenance import as_known, changes, keys_of, made_from, tables_read
from analysis.catalog import shown
from analysis.file_writing import write_whole
from analysis.findings import collected
from analysis.jobs import ANALYSES, FROM_FINDINGS, SYNTHETIC, Job, Tables, plan, require_usable, tables_of

if TYPE_CHECKING:
    import pandas as pd

STATES = ("fresh", "stale", "failed", "missing")
# Characters beyond which a line of the status names fewer notebooks.
WIDEST = 200


@dataclass(frozen=True)
class State:
    """State of the products of a job: `name` is one of STATES, `reasons` say why they are not fresh."""

    job: Job
    name: str
    reasons: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name} {self.job.name}" + (f": {'; '.join(self.reasons)}" if self.reasons else "")


def states(jobs: Sequence[Job]) -> list[State]:
    """The state of each job, in the order of `jobs`."""
    # What reads the findings of a study is as fresh as the notebooks that state them.
    studies = dict.fromkeys(job.study for job in jobs if job.analysis in FROM_FINDINGS)
    every = list(dict.fromkeys([*jobs, *(job for study in studies for job in stating(study))]))
    read = {tables: tables_state(tables).reasons for tables in {each for job in every for each in tables_read(job)}}
    # Digests are computed outside Python's lock, so threads share the reading.
    with answers.noted(), ThreadPoolExecutor() as pool:
        found = dict(zip(every, pool.map(lambda job: _state(job, read), every), strict=True))
    for study in studies:
        reasons = not_collected(study, [job for job in stating(study) if found[job].name != "fresh"])
        for job in [job for job in jobs if job.study == study and job.analysis in FROM_FINDINGS and reasons]:
            state = found[job]
            found[job] = State(job, "stale" if state.name == "fresh" else state.name, (*state.reasons, *reasons))
    return [found[job] for job in jobs]


def asking(jobs: Iterable[Job]) -> list[Job]:
    """Return those of the jobs whose questions have to be asked again before it is known if they must be run."""
    behind = {job: metadata(job.executed).get("made_from", {}).get("behind", {}) for job in jobs}
    return [job for job, asked in behind.items() if not answers.are_known(keys_of(asked).values())]


def _state(job: Job, read: dict[Tables, tuple[str, ...]]) -> State:
    """The state of a job: must it be run, and why; `read` holds the reasons for which tables must be made again."""
    failure = metadata(job.failed).get("failure")
    if failure:
        return State(job, "failed", (failure,))
    found = metadata(job.executed)
    if "made_from" not in found or "products" not in found:
        return State(job, "missing", ("it has not been run",))
    then = found["made_from"]
    differing = changes(then, as_known(made_from(job), then))
    differing += [f"product {path} is missing or was changed" for path in damaged(found["products"])]
    for tables in tables_read(job):
        differing += [f"of the {tables.words}, {reason}" for reason in read[tables]]
    return State(job, "stale" if differing else "fresh", tuple(differing))


def report(found: Sequence[State]) -> str:
    """A table of states by study and analysis, then one line a reason with the jobs it holds for."""
    counted: dict[tuple[str, str], list[State]] = {}
    for entry in found:
        counted.setdefault((entry.job.study, entry.job.analysis), []).append(entry)
    lines = [f"{'study':<21}{'analysis':<21}" + "".join(f"{name:>9}" for name in STATES)]
    for (study, analysis), group in counted.items():
        numbers = [sum(entry.name == name for entry in group) for name in STATES]
        lines.append(f"{study:<21}{analysis:<21}" + "".join(f"{number or '·':>9}" for number in numbers))
    reasons: dict[tuple[str, str], list[str]] = {}
    for entry in found:
        for reason in entry.reasons:
            reasons.setdefault((entry.name, reason), []).append(entry.job.name)
    lines += [""] if reasons else ["", "All is fresh: a run would change nothing."]
    for (name, reason), jobs in sorted(reasons.items(), key=lambda item: STATES.index(item[0][0])):
        lines.append(f"{name}: {reason} ({_few(jobs, WIDEST - len(name) - len(reason))})")
    return "\n".join(lines)


def _few(names: Sequence[str], room: int) -> str:
    """The first names, three at most and as many as there is room for, and how many more there are."""
    said = [few(names, number) for number in (3, 2, 1)]
    return next((words for words in said if len(words) <= room), said[-1])


def stating(study: str) -> list[Job]:
    """The jobs of a study whose notebooks state findings: all that do not themselves read them."""
    return [job for job in plan(study) if job.analysis not in FROM_FINDINGS]


def not_collected(study: str, not_fresh: Sequence[Job]) -> tuple[str, ...]:
    """Return why the findings of a study are not those of its notebooks as they are now; nothing if they are.

    Parameters
    ----------
    not_fresh : those of `stating` that are not up to date.
    """
    found = collected.said(study)
    if waiting := _awaited(study, not_fresh):
        names = _few([job.name for job in waiting], WIDEST // 2)
        return (f"findings of {study} wait for {len(waiting)} notebooks that are not up to date ({names})",)
    if not found:
        return (f"findings of {study} have not been collected",)
    fresh = runs(job for job in stating(study) if job not in not_fresh)
    gone = set(found.get("stating", found["made_from"])) - {job.name for job in stating(study)}
    if {**found["made_from"], **fresh} != found["made_from"] or gone:
        return (f"findings of {study} are of other runs of its notebooks",)
    from analysis.findings import confidence

    if found.get("graded_by") != confidence.version(study):
        return (f"findings of {study} were graded by other rules, sources or readings",)
    return tuple(f"findings {path} are missing or were changed" for path in damaged(found["products"]))


def _awaited(study: str, not_fresh: Sequence[Job]) -> list[Job]:
    """Those of the notebooks that are not up to date that findings wait for.

    Where findings were collected, not one that states none of them, or was just added: they stand until it states some.
    """
    found = collected.said(study)
    return [job for job in not_fresh if not found or job.name in found.get("stating", found["made_from"])]


def collect(studies: Iterable[str]) -> dict[str, str]:
    """Collect the findings of studies whose notebooks are all up to date; returns why the others have to wait."""
    waiting = {}
    for study in studies:
        not_fresh = [state.job for state in states(stating(study)) if state.name != "fresh"]
        reasons = not_collected(study, not_fresh)
        if _awaited(study, not_fresh):
            waiting[study] = "; ".join(reasons)
        elif reasons:
            _collect(study, [job for job in stating(study) if job not in not_fresh])
    return waiting


def _collect(study: str, jobs: Sequence[Job]) -> None:
    """Write what some executed notebooks of a study state as Parquet and CSV, the manifest last.

    Raises BatchError if two notebooks state one thing.
    """
    from analysis.findings import confidence
    from analysis.findings.finding import FindingError, as_table, awaited
    from analysis.processed import as_parquet
    from analysis.spreadsheets import csv_bytes

    try:
        of_no_notebook = {"notebook": "", "notebook_sha256": "", "inputs": ""}
        stated = {job.name: _stated(job) for job in jobs}
        rows = [row for found in stated.values() for row in found]
        table = confidence.graded(as_table([*rows, *(each.row() | of_no_notebook for each in awaited(study))]))
    except FindingError as error:
        raise BatchError("invalid_findings", f"The findings of {study} cannot be collected: {error}") from None
    kind = collected.kind(study)
    private = kind == "confidential"
    products = {
        collected.file(study, ".parquet"): as_parquet(table, kind),
        collected.file(study, ".csv"): csv_bytes(table),
    }
    manifest = collected.file(study, ".json")
    for path in manifest.parent.glob(f"{collected.RECORDS}*"):
        # Those that were collected under another name, too: of persons of another kind.
        if path.stem.removesuffix(SYNTHETIC) == collected.RECORDS:
            path.unlink()
    for path, content in products.items():
        write_whole(path, content, private)
    said_of_them = {
        "kind": kind.upper() if kind == "synthetic" else kind,
        "made_from": runs(jobs),
        "stating": [name for name, found in stated.items() if found],
        "graded_by": confidence.version(study),
        "products": {shown(path): digest(content) for path, content in products.items()},
    }
    write_whole(manifest, as_manifest(said_of_them), private)


@dataclass(frozen=True)
class OfAreas:
    """The findings of some areas, as a table of findings, and which notebooks of these areas are not up to date.

    Of those that are `earlier` the study's findings hold what they stated when these were collected, and it stands in
    `table`; those that are `missing` state nothing there.
    """

    table: pd.DataFrame
    earlier: tuple[Job, ...]
    missing: tuple[Job, ...]


def of_areas(area_ids: Sequence[str], study: str | None = None) -> OfAreas:
    """Read what the notebooks of some areas state, whether or not the others of their studies have been run.

    Parameters
    ----------
    area_ids : of areas; a study's id stands for the study as a whole. study : that all of them must be of, if given.

    Raises
    ------
    UnknownArea : an area does not exist, or is not of the study.
    NotCollected : findings that were collected were changed since.
    FindingError : two notebooks state one thing.
    """
    import pandas as pd

    from analysis.findings import confidence
    from analysis.findings.finding import as_table, awaited

    found = states([job for job in plan(study, area_ids) if job.analysis not in FROM_FINDINGS])
    waiting = [state.job for state in found if state.name != "fresh"]
    studies = dict.fromkeys(state.job.study for state in found)
    waited_for = [each.row() for name in studies for each in awaited(name) if each.place.area_id in area_ids]
    stated_now = [row for state in found if state.name == "fresh" for row in _stated(state.job)]
    table = confidence.graded(as_table([*stated_now, *waited_for]))
    earlier = [job for job in waiting if job.name in collected.said(job.study).get("made_from", ())]
    if earlier:
        asked = {(job.area_id, shown(job.template)) for job in earlier}
        then = collected.of_studies(dict.fromkeys(job.study for job in earlier))
        then = then[[key in asked for key in zip(then["area_id"], then["notebook"], strict=True)]]
        # What another notebook states by now is as this one says.
        then = then[~then["finding_id"].isin(table["finding_id"])]
        table = pd.concat([table, then]).sort_values("finding_id", ignore_index=True, kind="stable")
    return OfAreas(table, tuple(earlier), tuple(job for job in waiting if job not in earlier))


def runs(jobs: Iterable[Job]) -> dict[str, str]:
    """Return what each notebook's run was made of and gave: a run that gave the same states the same."""
    return {job.name: run_digest(job.executed) for job in jobs}


def run_digest(executed: Path) -> str:
    """Return what stands for a run in the manifest of findings: the digest of what it was made of and gave."""
    content = metadata(executed)
    return digest(json.dumps([content.get("made_from"), content.get("products")], sort_keys=True).encode())


def _stated(job: Job) -> list[dict[str, object]]:
    """The findings of an executed notebook, each with what it was made from."""
    import nbformat

    from analysis.findings.finding import stated

    notebook = nbformat.read(job.executed, as_version=4)
    made_from_read = notebook.metadata["made_from"]
    # Of rows that were asked for, their own digest.
    inputs = {**made_from_read["inputs"], **made_from_read.get("by_rows", {})}
    unnamed = _unnamed(job.study)
    origin = {
        "notebook": shown(job.template),
        "notebook_sha256": notebook.metadata["made_from"]["notebook"][shown(job.template)],
        # Which data sets it read, and how the digests of what the catalogue says of them begin.
        "inputs": ";".join(f"{name}:{sha256[:12]}" for name, sha256 in sorted(inputs.items()) if name not in unnamed),
    }
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", []))
    return [row | origin for row in stated(outputs)]


def _unnamed(study: str) -> set[str]:
    """Data sets of which the list of findings, which is released, has neither name nor digest.

    Confidential ones have names that say whose they are. By the digest of what was made of them, who knows all persons
    but one could find the last, and two that are equal tell that nobody has come or left.
    """
    unnamed = {name for name, entry in catalog.datasets().items() if entry.kind == "confidential"}
    unnamed |= {tables.name for tables in tables_of(study) if tables.kind == "confidential"}
    return unnamed | ({f"{collected.RECORDS}_{study}"} if collected.kind(study) == "confidential" else set())


class StudyStopped(catalog.CatalogError):
    """Only studies that stand still were asked for; the message says why."""


def stopped(studies: Sequence[str], *, whole: bool, today: datetime.date | None = None) -> dict[str, str]:
    """Return those of some studies of which nothing may be made, and why: a sentence or two each.

    One stands still whose data are not as they were catalogued, or are past their last day.

    Parameters
    ----------
    whole : whether all studies are meant, so that those count, too, whose declaration cannot be read.
    today : the day by which data are past their last; the computer's clock has it where it is not given.

    Raises
    ------
    CatalogError : what belongs to all studies is missing or has changed.
    """
    catalog.verify_all()
    require_usable(ANALYSES)
    faults = catalog.faults()
    asked = dict.fromkeys([*studies, *(faults if whole else ())])
    expired = retention.barred([study for study in asked if study not in faults], today)
    return {
        study: str(faults[study]) if study in faults else expired[study]
        for study in asked
        if study in {*faults, *expired}
    }


def require_some(studies: Sequence[str], standing_still: dict[str, str]) -> None:
    """Raise StudyStopped where studies are asked for and none of them can be worked on."""
    if studies and set(studies) <= set(standing_still):
        raise StudyStopped("study_stopped", " ".join(standing_still[study] for study in studies))
