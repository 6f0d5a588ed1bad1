"""Progress for whoever waits: a bar on a terminal, and elsewhere a line every half minute."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator

import click

# Seconds between two lines: a run that says nothing for minutes looks as if it had died.
EVERY = 30.0


@contextlib.contextmanager
def progress(what: str, total: int | None = None, unit: str = "step") -> Iterator[Callable[[], object]]:
    """Say on stderr how far something is while the block runs.

    Parameters
    ----------
    what : what goes on, as the first words of a line. total : how many steps it has; None: nobody knows, and there is
        no bar. unit : what one step is.

    Yields
    ------
    To be called after each step.
    """
    if sys.stderr.isatty():
        with click.progressbar(length=total or 0, label=what, file=sys.stderr, hidden=total is None) as bar:
            yield lambda: bar.update(1)
        return
    began, done, ended = time.monotonic(), 0, threading.Event()

    def speak() -> None:
        while not ended.wait(EVERY):
            of = "" if total is None else f" {done} of {total} {unit}s are done."
            print(f"{what}: going on for {time.monotonic() - began:.0f} seconds.{of}", file=sys.stderr, flush=True)

    def step() -> None:
        nonlocal done
        done += 1

    speaker = threading.Thread(target=speak, daemon=True)
    speaker.start()
    try:
        yield step
    finally:
        ended.set()
        speaker.join()
