"""How one notebook is run by papermill, and how many are run side by side."""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass

import papermill
from tqdm import tqdm
from traitlets.config import Config

from analysis.catalog import ROOT
from analysis.jobs import Job
from analysis.report import publish, withdraw

# One thread a kernel, since the kernels share the processors; the rest makes two runs print the same.
KERNEL_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "TZ": "UTC",
    "LC_ALL": "C.UTF-8",
}


@dataclass(frozen=True)
class Outcome:
    """What became of one job: seconds of wall time, peak memory of its kernel in MiB, and why it failed if it did."""

    job: Job
    seconds: float
    peak_mib: float
    reason: str = ""

    @property
    def ok(self) -> bool:
        return not self.reason


def run_job(job: Job) -> Outcome:
    """Execute one notebook in a kernel of its own and write its products; never raises for what a notebook does.

    The executed notebook takes its name only when it is whole. A notebook that fails is kept beside it under the name
    ``<analysis>.failed.ipynb`` with its traceback, and the products of an earlier run are withdrawn.
    """
    start = time.perf_counter()
    reason = ""
    try:
        _execute(job)
        publish(job)
    except Exception as error:
        reason = _reason(error)
        withdraw(job)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return Outcome(job, time.perf_counter() - start, peak, reason)


def _execute(job: Job) -> None:
    job.executed.parent.mkdir(parents=True, exist_ok=True)
    unfinished = job.executed.with_name(f".{job.analysis}.unfinished.ipynb")
    job.failed.unlink(missing_ok=True)
    try:
        # Sockets in a folder of their own: two kernels never race for one port, and nothing listens on the network.
        with tempfile.TemporaryDirectory(prefix="kernel") as sockets:
            papermill.execute_notebook(
                job.template,
                unfinished,
                parameters={"area": job.area_id},
                kernel_name="python3",
                progress_bar=False,
                cwd=ROOT,
                config=Config({"KernelManager": {"transport": "ipc", "ip": f"{sockets}/socket"}}),
                extra_arguments=["--log-level=CRITICAL"],
            )
    except papermill.exceptions.PapermillExecutionError:
        os.replace(unfinished, job.failed)
        raise
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    os.replace(unfinished, job.executed)


def _reason(error: BaseException) -> str:
    """One line: what a notebook's cell raised, or what kept the notebook from running."""
    name, value = getattr(error, "ename", type(error).__name__), getattr(error, "evalue", str(error))
    return f"{name}: {' '.join(value.split())}"[:300]


def run(jobs: Sequence[Job], workers: int) -> list[Outcome]:
    """Run `jobs`, `workers` at a time, and go on when one fails.

    Returns
    -------
    One outcome a job, in the order of `jobs`. A progress bar is drawn where the output is a terminal.
    """
    os.environ.update(KERNEL_ENVIRONMENT)
    outcomes: dict[Job, Outcome] = {}
    # Fresh interpreters: a forked child would share the parent's threads and sockets.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(jobs)), mp_context=context) as pool:
        waiting = {pool.submit(run_job, job): job for job in jobs}
        try:
            for future in tqdm(as_completed(waiting), total=len(jobs), unit="notebook", disable=None, file=sys.stderr):
                job = waiting[future]
                error = future.exception()
                # A worker that was killed takes its job with it, not the batch's account of it.
                outcomes[job] = Outcome(job, 0.0, 0.0, _reason(error)) if error else future.result()
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [outcomes[job] for job in jobs]


def summary(outcomes: Sequence[Outcome]) -> str:
    """A table of what ran and failed by study and analysis, then one line a failure with its reason."""
    counted: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in outcomes:
        counted.setdefault((outcome.job.study, outcome.job.analysis), []).append(outcome)
    lines = [f"{'study':<14}{'analysis':<14}{'ran':>6}{'failed':>8}{'seconds':>10}{'peak MiB':>10}"]
    for (study, analysis), group in counted.items():
        failed = sum(not outcome.ok for outcome in group)
        seconds = sum(outcome.seconds for outcome in group)
        peak = max(outcome.peak_mib for outcome in group)
        lines.append(f"{study:<14}{analysis:<14}{len(group):>6}{failed:>8}{seconds:>10.1f}{peak:>10.0f}")
    slowest = max(outcomes, key=lambda outcome: outcome.seconds)
    failures = [outcome for outcome in outcomes if not outcome.ok]
    lines.append(f"\n{len(outcomes)} notebooks ran, {len(failures) or 'none'} failed.")
    lines.append(f"Slowest: {slowest.job.name}, {slowest.seconds:.1f} s.")
    lines += [
        f"  failed: {outcome.job.name}: {outcome.reason}"
        + (f" (see {outcome.job.failed.relative_to(ROOT).as_posix()})" if outcome.job.failed.exists() else "")
        for outcome in failures
    ]
    return "\n".join(lines)
