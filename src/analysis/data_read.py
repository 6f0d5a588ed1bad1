"""Record of the data sets that this process has read, and results remembered with the data sets behind them.

A notebook names at its end all that it has read. A result that another function, or the process from which this one was
forked, has computed before is read all the same: `remembered` says so each time.

Of a `question`, such as one for the rows of some areas, the answer counts and not the data sets behind it: what was
made with it follows from nothing else in them, and stays as it is for as long as the question has the same answer
(early cutoff: Mokhov, Mitchell and Peyton Jones, 2018, Build systems à la carte).
"""

from __future__ import annotations

import dataclasses
import hashlib
import inspect
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, wraps
from typing import Any, ParamSpec, Protocol, TypeVar

Given = ParamSpec("Given")
Made = TypeVar("Made")


class Dataset(Protocol):
    """An entry of the catalogue, whatever else it says."""

    @property
    def name(self) -> str: ...


@dataclass(frozen=True)
class Answer:
    """The answer of a question.

    Parameters
    ----------
    question : the function and its arguments, as `asked_again` understands them.
    digest : the sha256 of what was answered. datasets : those that it follows from.
    """

    question: str
    digest: str
    datasets: tuple[Dataset, ...]


@dataclass
class _Record:
    """Data sets that were read as a whole, and answers: by name, in the order of first reading."""

    datasets: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)

    def all_datasets(self) -> tuple[Any, ...]:
        """Return the data sets that were read, as a whole or for an answer."""
        behind = {entry.name: entry for answer in self.answers.values() for entry in answer.datasets}
        return tuple({**self.datasets, **behind}.values())

    def clear(self) -> None:
        self.datasets.clear()
        self.answers.clear()


# Of the process, then of each result that is being computed now.
_READ: list[_Record] = [_Record()]


def read_so_far() -> list[Any]:
    """The data sets that this process has read, in the order in which it first did."""
    return list(_READ[0].all_datasets())


def read_as_whole() -> list[Any]:
    """Return those of the data sets of which more was read than answers."""
    return list(_READ[0].datasets.values())


def answers_so_far() -> list[Answer]:
    """Return the answers that this process was given, in the order of first asking."""
    return list(_READ[0].answers.values())


def digest_of_rows(name: str) -> str:
    """Return a digest of the answers that follow from a data set: of what was read of it, where rows were asked for."""
    said = sorted(
        (each.question, each.digest) for each in answers_so_far() if name in {one.name for one in each.datasets}
    )
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def mark_read(*entries: Dataset) -> None:
    """Count data sets among those that were read, say because a table that was read is derived from them."""
    for read in _READ:
        read.datasets.update({entry.name: entry for entry in entries})


def _mark_answered(*answers: Answer) -> None:
    for read in _READ:
        read.answers.update({answer.question: answer for answer in answers})


def forget_reads() -> None:
    """Begin anew to count what is read; what was computed stays remembered."""
    _READ[0].clear()


def remembered(function: Callable[Given, Made]) -> Callable[Given, Made]:
    """`functools.cache` for what is made from data sets: whoever asks for it again has read them, too.

    The arguments must be hashable; what is returned is shared, and must not be changed.
    """

    @cache
    def computed(*args: Any, **kwargs: Any) -> tuple[Made, _Record]:
        read = _Record()
        _READ.append(read)
        try:
            return function(*args, **kwargs), read
        finally:
            _READ[:] = [each for each in _READ if each is not read]

    @wraps(function)
    def asked(*args: Given.args, **kwargs: Given.kwargs) -> Made:
        made, read = computed(*args, **kwargs)  # type: ignore[arg-type]
        mark_read(*read.datasets.values())
        _mark_answered(*read.answers.values())
        return made

    asked.cache_clear = computed.cache_clear  # type: ignore[attr-defined]
    return asked


def question(function: Callable[Given, Made]) -> Callable[Given, Made]:
    """Count what a function returns as read, instead of the data sets behind it; it is computed once.

    Parameters
    ----------
    function : of a module, with arguments that JSON can hold: texts, numbers, None, and tuples of them. What it
        returns is a table, a series, a dataclass, or of what JSON holds; whoever asks is given a copy.
    """
    signature = inspect.signature(function)

    @cache
    def answered(arguments: str) -> tuple[Made, Answer]:
        with _apart() as read:
            made = function(*_as_given(json.loads(arguments)))  # type: ignore[call-arg]
        name = f"{function.__module__}:{function.__qualname__}{arguments}"
        return made, Answer(name, hashlib.sha256(_content(made)).hexdigest(), read.all_datasets())

    @wraps(function)
    def asked(*args: Given.args, **kwargs: Given.kwargs) -> Made:
        given = signature.bind(*args, **kwargs)
        given.apply_defaults()
        made, answer = answered(json.dumps([*given.arguments.values()], ensure_ascii=False))
        _mark_answered(answer)
        return made.copy() if hasattr(made, "copy") else made

    asked.cache_clear = answered.cache_clear  # type: ignore[attr-defined]
    return asked


def asked_again(asked: str, modules: Callable[[str], Any]) -> Answer:
    """Return the answer of a question as it is now.

    Parameters
    ----------
    asked : the text of an `Answer`. modules : gives the module of a name.
    """
    name, bracket, arguments = asked.partition("[")
    module, _, function = name.partition(":")
    with _apart() as read:
        getattr(modules(module), function)(*_as_given(json.loads(bracket + arguments)))
    return read.answers[asked]


@contextmanager
def _apart() -> Iterator[_Record]:
    """Record what is read in between apart from what is read around it; what an error broke off counts as a whole."""
    around, read = _READ[:], _Record()
    _READ[:] = [read]
    try:
        yield read
    except BaseException:
        _READ[:] = around
        mark_read(*read.all_datasets())
        raise
    _READ[:] = around


def _as_given(arguments: list[Any]) -> tuple[Any, ...]:
    return tuple(_as_given(each) if isinstance(each, list) else each for each in arguments)


def _content(made: object) -> bytes:
    """The content of an answer, to the last digit: where two differ in anything a notebook can show, so do these."""
    if hasattr(made, "to_frame"):
        made = made.to_frame()
    if hasattr(made, "to_csv"):
        table: Any = made
        head = [[str(name), str(dtype)] for name, dtype in table.dtypes.items()]
        said = json.dumps([head, table.attrs, str(table.index.dtype)], sort_keys=True, default=repr)
        return f"{said}\n{table.to_csv(na_rep=_NOTHING, lineterminator=_LINE_END)}".encode("utf-8", "surrogatepass")
    if dataclasses.is_dataclass(made) or (isinstance(made, tuple | list) and not _is_plain(made)):
        parts = list(made) if isinstance(made, tuple | list) else [vars(made)[each] for each in sorted(vars(made))]
        return b"\n".join(hashlib.sha256(_content(each)).hexdigest().encode() for each in parts)
    return json.dumps(made, sort_keys=True, default=repr, ensure_ascii=False).encode("utf-8", "surrogatepass")


# Stand for what is missing, which an empty text is not, and for the end of a line, which a cell may hold as well.
_NOTHING, _LINE_END = "\0", "\x1e\n"


def _is_plain(values: Any) -> bool:
    return all(isinstance(each, str | int | float | bool | None) for each in values)
