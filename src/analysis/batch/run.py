"""The batch: jobs are handed to an executor, and what comes back is written as it comes.

An executor is anything with the interface of `concurrent.futures.Executor`: processes of this machine, or the workers
of a Dask cluster. They compute and write nothing; this process alone writes.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from multiprocessing import connection
from multiprocessing.context import BaseContext

from analysis.batch import answers
from analysis.batch.account import few
from analysis.batch.products import BatchError, Limits, Result, metadata, store
from analysis.batch.provenance import MadeFrom, enter_answers, made_from
from analysis.catalog import shown
from analysis.jobs import Job
from analysis.progress import progress

# The path of a socket has room for 107 letters, and folder and file take some of them.
LONGEST_TEMPORARY = 60
# The module that all processes of a run begin with.
PRELOADED = "analysis.batch.preload"
_BEGUN: set[str] = set()
# An executor, and how many jobs it is given at once.
Workers = AbstractContextManager[tuple[Executor, int]]


def run(jobs: Sequence[Job], open_workers: Callable[[], Workers], limits: Limits, retries: int = 1) -> list[Result]:
    """Run `jobs`, write their products as they come, and go on when one fails.

    Parameters
    ----------
    open_workers : from `workers`; called again when its processes were lost.
    limits : what one notebook may take.
    retries : how often a job is tried again whose kernel or worker ended though no cell had failed.

    Returns
    -------
    One result a job, in the order of `jobs`, without its products. How far it is is said on stderr.

    Raises
    ------
    BatchError : there is no scheduler at the address given.
    KeyboardInterrupt : the user stopped it; what had finished is kept.
    """
    results: dict[Job, Result] = {}
    attempts = dict.fromkeys(jobs, 0)
    with answers.noted(), progress("Run", len(jobs), "notebook") as advance:
        # A study as a whole takes longest: begun first, none is left to end alone.
        while left := sorted((job for job in jobs if job not in results), key=lambda job: job.area_id != job.study):
            # Whatever was under way when something was lost is tried again alone, so that only the guilty fails twice.
            again = [job for job in left if attempts[job]]
            with open_workers() as (executor, most):
                for job, result in _completed(executor, again or left, 1 if again else most, limits):
                    attempts[job] += 1
                    if result.lost and attempts[job] <= retries:
                        continue
                    if not result.products:
                        result = _with_log(result)
                    store(job, result.products)
                    enter_answers(metadata(job.executed).get("made_from", {}))
                    results[job] = replace(result, products={})
                    advance()
    return [results[job] for job in jobs]


def _completed(executor: Executor, jobs: Sequence[Job], most: int, limits: Limits) -> Iterator[tuple[Job, Result]]:
    """Jobs and their results as they complete, `most` under way at a time; ends early if the executor breaks."""
    queue, under_way = deque(jobs), dict[Future, Job]()
    while queue or under_way:
        try:
            while queue and len(under_way) < most:
                job = queue[0]
                under_way[executor.submit(_execute, job, made_from(job), limits)] = queue.popleft()
        except BrokenExecutor:
            queue.clear()
        for future in wait(under_way, return_when=FIRST_COMPLETED).done:
            job, error = under_way.pop(future), future.exception()
            reason = f"its worker was lost ({type(error).__name__})"
            yield job, Result(job, reason=reason, lost=True) if error else future.result()


def _execute(job: Job, expected: MadeFrom, limits: Limits) -> Result:
    # Only workers load what it takes to run a notebook.
    from analysis.batch.execute import execute

    return execute(job, expected, limits)


def _with_log(result: Result) -> Result:
    """The result of a job of which nobody else could write the log, for a reason that the batch itself knows."""
    from analysis.batch.execute import failed

    return failed(result, ours=True)


def fail(jobs: Sequence[Job], reason: str) -> list[Result]:
    """Write the logs of jobs that cannot be run, for a `reason` known before, and take away what they had staged."""
    results = []
    for job in jobs:
        result = _with_log(Result(job, reason=reason))
        store(job, result.products)
        results.append(replace(result, products={}))
    return results


def workers(scheduler: str | None, number: int, jobs: Sequence[Job]) -> Callable[[], Workers]:
    """The workers of the cluster at the address `scheduler`; without one, `number` processes of this machine, whose
    kernels find computed what the notebooks of `jobs` have in common."""
    return partial(cluster, scheduler) if scheduler else partial(local, number, jobs)


@contextlib.contextmanager
def local(number: int, jobs: Sequence[Job] = (), loaded: str = PRELOADED) -> Iterator[tuple[Executor, int]]:
    """`number` processes of this machine, to run `jobs`; they end with this one, however it ends.

    Parameters
    ----------
    loaded : the module that all of them begin with, which is loaded once.
    """
    if len(tempfile.gettempdir()) > LONGEST_TEMPORARY:
        raise BatchError(
            "path_too_long",
            f"The name of the temporary folder, {tempfile.gettempdir()}, is too long for the sockets that lie there: "
            f"set TMPDIR to a folder with a name of at most {LONGEST_TEMPORARY} letters.",
        )
    from analysis.batch.kernel_provisioner import can_fork

    if not can_fork():
        print("Every kernel is started afresh, which takes longer: only Linux can fork them.", file=sys.stderr)
    context = _context(jobs, loaded)
    pool = ProcessPoolExecutor(number, mp_context=context, initializer=_begin)
    try:
        # One more is waiting for each, so that none has to wait for this process to write.
        yield pool, 2 * number
    except BaseException:
        for process in multiprocessing.active_children():
            process.kill()
        # Interrupted anywhere, this thread may hold a lock that the pool's own needs: to wait for it could be for ever.
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


def begin(jobs: Sequence[Job]) -> None:
    """Begin to load what workers and kernels are forked from, beside whatever this process does until it needs them.

    Parameters
    ----------
    jobs : that may have to be run.
    """
    # Where there is no room for its socket, `local` says so.
    fits = len(tempfile.gettempdir()) <= LONGEST_TEMPORARY
    if fits and _context(jobs, PRELOADED).get_start_method() == "forkserver":
        from multiprocessing import forkserver  # not there on Windows

        forkserver.ensure_running()


def is_begun() -> bool:
    """Return True if this process has begun to load what workers are forked from, so that one more is there at once."""
    return bool(_BEGUN)


def _context(jobs: Sequence[Job], loaded: str) -> BaseContext:
    """The way in which processes are started: those of a run find computed what the notebooks of jobs share."""
    from analysis.batch.kernel_provisioner import SHARED, set_environment

    set_environment()
    os.environ[SHARED] = " ".join(dict.fromkeys(f"{job.study}/{job.analysis}" for job in jobs))
    forks = "forkserver" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if forks else "spawn")
    if forks:
        context.set_forkserver_preload([loaded])
        _BEGUN.add(loaded)
    return context


@contextlib.contextmanager
def cluster(address: str) -> Iterator[tuple[Executor, int]]:
    """The workers of a Dask cluster, which hands a lost worker's jobs to the others by itself."""
    try:
        from distributed import Client
    except ModuleNotFoundError:
        raise BatchError(
            "no_dask", "A cluster needs Dask, which is not installed: `make develop` installs it."
        ) from None
    try:
        client = Client(address, timeout=10)
    # A TypeError is what it says of tls:// without certificates.
    except (OSError, ValueError, TypeError) as error:
        said = " ".join(str(error).split())
        raise BatchError(
            "scheduler_unreachable",
            f"No Dask scheduler answers at {address} ({type(error).__name__}: {said}). Start one there with "
            f"`dask scheduler`, or leave --scheduler out to use this machine; docs/clusters.md says how.",
        ) from None
    with client:
        yield client.get_executor(pure=False), sys.maxsize


def _begin() -> None:
    """Begin a worker: being stopped is the batch's affair, and without the batch there is nothing to work for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Not passed over, which a kernel that is started afresh would inherit.
    signal.signal(signal.SIGTERM, lambda *_: None)
    threading.Thread(target=_end_with_the_batch, daemon=True).start()


def _end_with_the_batch() -> None:
    batch = multiprocessing.parent_process()
    assert batch is not None
    connection.wait([batch.sentinel])
    os._exit(1)


def summary(results: Sequence[Result], fresh: int) -> str:
    """A table of what ran and failed by study and analysis, then one line a reason with those it failed."""
    counted: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        counted.setdefault((result.job.study, result.job.analysis), []).append(result)
    lines = [f"{'study':<21}{'analysis':<21}{'ran':>6}{'failed':>8}{'seconds':>10}{'peak MiB':>10}"]
    for (study, analysis), group in counted.items():
        failed = sum(not result.ok for result in group)
        seconds = sum(result.seconds for result in group)
        peak = max(result.peak_mib for result in group)
        lines.append(f"{study:<21}{analysis:<21}{len(group):>6}{failed:>8}{seconds:>10.1f}{peak:>10.0f}")
    failures = [result for result in results if not result.ok]
    untouched = f" {fresh} were fresh and left as they are." if fresh else ""
    lines.append(f"\n{len(results)} notebooks ran, {len(failures) or 'none'} failed.{untouched}")
    slowest = max(results, key=lambda result: result.seconds)
    lines.append(f"Slowest: {slowest.job.name}, {slowest.seconds:.1f} s.")
    # What many fail for is said once.
    by_reason: dict[str, list[Result]] = {}
    for result in failures:
        by_reason.setdefault(result.reason, []).append(result)
    for reason, group in by_reason.items():
        several = f"{len(group)} notebooks, " if len(group) > 1 else ""
        names = few([result.job.name for result in group])
        lines.append(f"  failed: {several}{names}: {reason} (see {shown(group[0].job.failed)})")
    return "\n".join(lines)
