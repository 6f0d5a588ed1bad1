"""Record of the data sets that this process has read, and results remembered with the data sets behind them.

A notebook names at its end all that it has read. A result that another function, or the process from which this one was
forked, has computed before is read all the same: `remembered` says so each time.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import Any, ParamSpec, Protocol, TypeVar

Given = ParamSpec("Given")
Made = TypeVar("Made")


class Dataset(Protocol):
    """An entry of the catalogue, whatever else it says."""

    @property
    def name(self) -> str: ...


# By name, in the order of first reading: of the process, then of each result that is being computed now.
_READ: list[dict[str, Any]] = [{}]


def read_so_far() -> list[Any]:
    """The data sets that this process has read, in the order in which it first did."""
    return list(_READ[0].values())


def mark_read(*entries: Dataset) -> None:
    """Count data sets among those that were read, say because a table that was read is derived from them."""
    for read in _READ:
        read.update({entry.name: entry for entry in entries})


def forget_reads() -> None:
    """Begin anew to count what is read; what was computed stays remembered."""
    _READ[0].clear()


def remembered(function: Callable[Given, Made]) -> Callable[Given, Made]:
    """`functools.cache` for what is made from data sets: whoever asks for it again has read them, too.

    The arguments must be hashable; what is returned is shared, and must not be changed.
    """

    @cache
    def computed(*args: Any, **kwargs: Any) -> tuple[Made, tuple[Any, ...]]:
        read: dict[str, Any] = {}
        _READ.append(read)
        try:
            return function(*args, **kwargs), tuple(read.values())
        finally:
            _READ[:] = [each for each in _READ if each is not read]

    @wraps(function)
    def asked(*args: Given.args, **kwargs: Given.kwargs) -> Made:
        made, read = computed(*args, **kwargs)  # type: ignore[arg-type]
        mark_read(*read)
        return made

    asked.cache_clear = computed.cache_clear  # type: ignore[attr-defined]
    return asked
