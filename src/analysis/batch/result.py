"""What one notebook may take, what became of it, and what kept the batch from running any."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.jobs import Job
from bounded.refusal import Coded


class BatchError(Coded):
    """Nothing could be run; the message says why, and what would help."""


@dataclass(frozen=True)
class Limits:
    """What one notebook may take: seconds of wall time, and MiB of data in memory (where the system can limit it)."""

    seconds: float = 1800.0
    mib: int = 4096


@dataclass(frozen=True)
class Result:
    """What became of one job.

    Parameters
    ----------
    job : the job.
    products : path below the project's folder -> content: figures, page and, last, the executed notebook; the failed
        notebook alone if it failed.
    seconds : wall time.
    peak_mib : peak memory of the kernel, with the libraries it shares with others; 0 where it is not known.
    reason : one line on why it failed; empty if it did not.
    lost : no cell failed, but the kernel or the worker ended: another attempt may succeed.
    """

    job: Job
    products: dict[str, bytes] = field(default_factory=dict, repr=False)
    seconds: float = 0.0
    peak_mib: float = 0.0
    reason: str = ""
    lost: bool = False

    @property
    def ok(self) -> bool:
        return not self.reason
