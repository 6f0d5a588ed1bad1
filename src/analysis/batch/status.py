"""What is fresh, stale, failed or missing, and why: read off the products themselves."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from analysis.batch.findings import not_collected, stating
from analysis.batch.made_from import changes, index_digest, made_from, tables_read, with_inputs
from analysis.batch.products import damaged, digest, said
from analysis.batch.tables import tables_state
from analysis.catalog import shown
from analysis.jobs import FROM_FINDINGS, Job, Tables, plan

STATES = ("fresh", "stale", "failed", "missing")


@dataclass(frozen=True)
class State:
    """Whether the products of a job follow from what there is now: `name` is one of STATES, `reasons` say why not."""

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
    with ThreadPoolExecutor() as pool:
        found = dict(zip(every, pool.map(lambda job: _state(job, read), every), strict=True))
    for study in studies:
        reasons = not_collected(study, [job for job in stating(study) if found[job].name != "fresh"])
        for job in [job for job in jobs if job.study == study and job.analysis in FROM_FINDINGS and reasons]:
            found[job] = _with_reasons(found[job], reasons)
    return [found[job] for job in jobs]


def _with_reasons(state: State, reasons: tuple[str, ...]) -> State:
    """A state with further reasons for which it is not fresh."""
    return State(state.job, "stale" if state.name == "fresh" else state.name, (*state.reasons, *reasons))


def _state(job: Job, read: dict[Tables, tuple[str, ...]]) -> State:
    """Whether a job must be run, and why; `read` holds the reasons for which tables must be made again."""
    failure = said(job.failed).get("failure")
    if failure:
        return State(job, "failed", (failure,))
    found = said(job.executed)
    if "made_from" not in found or "products" not in found:
        return State(job, "missing", ("it has not been run",))
    then = found["made_from"]
    differing = changes(then, with_inputs(made_from(job), list(then["inputs"])))
    differing += [f"product {path} is missing or was changed" for path in damaged(found["products"])]
    for tables in tables_read(job):
        differing += [f"of the {tables.words}, {reason}" for reason in read[tables]]
    return State(job, "stale" if differing else "fresh", tuple(differing))


def index_stands(index: Path, made_from: str) -> bool:
    """Whether an index of pages stands, made from what `made_from` is the digest of."""
    try:
        with open(index, encoding="utf-8") as file:
            return f'content="{made_from}"' in file.read(1000)
    except FileNotFoundError:
        return False


def index_made_from(pages: AbstractSet[Path]) -> str:
    """The digest of all that an index of `pages` follows from: program, data, and which pages those are."""
    jobs = plan()
    there = [(job.name, job.page in pages, job.failed.exists()) for job in jobs]
    others = sorted(shown(page) for page in pages - {job.page for job in jobs})
    return digest(f"{index_digest()} {there} {others}".encode())


def report(found: Sequence[State]) -> str:
    """A table of states by study and analysis, then one line a reason with the jobs it holds for."""
    counted: dict[tuple[str, str], list[State]] = {}
    for entry in found:
        counted.setdefault((entry.job.study, entry.job.analysis), []).append(entry)
    lines = [f"{'study':<14}{'analysis':<14}" + "".join(f"{name:>9}" for name in STATES)]
    for (study, analysis), group in counted.items():
        numbers = [sum(entry.name == name for entry in group) for name in STATES]
        lines.append(f"{study:<14}{analysis:<14}" + "".join(f"{number or '·':>9}" for number in numbers))
    reasons: dict[tuple[str, str], list[str]] = {}
    for entry in found:
        for reason in entry.reasons:
            reasons.setdefault((entry.name, reason), []).append(entry.job.name)
    lines += [""] if reasons else ["", "All is fresh: a run would change nothing."]
    for (name, reason), jobs in sorted(reasons.items(), key=lambda item: STATES.index(item[0][0])):
        few = ", ".join(jobs[:3]) + (f" and {len(jobs) - 3} more" if len(jobs) > 3 else "")
        lines.append(f"{name}: {reason} ({few})")
    return "\n".join(lines)
