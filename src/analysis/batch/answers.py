"""Answers of the questions that notebooks put to the evidence, as they are now: which pages a changed row concerns.

An answer is computed once for each content of the data sets behind it and of the program that gives it, and its digest
is noted, so that a run without changes computes none.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import threading
from collections.abc import Iterable, Iterator, Mapping

from analysis.catalog import ROOT
from analysis.data_read import asked_again
from analysis.file_writing import WriteError, write_whole

# By key, as `provenance` makes it, the digest of an answer.
NOTE = ROOT / ".cache" / "answers.json"
# So many are kept, those entered last: ten times as many as all notebooks ask for.
MOST_NOTED = 50_000
# Stands for the answer of what cannot be asked any more, as of an area that is gone.
REFUSED = "refused"
# Letters of a question in a sentence.
LONGEST = 80

_KNOWN: dict[str, str] = {}
_READ_FROM_NOTE: list[bool] = []
_LOCK = threading.RLock()


def digests(keys: Mapping[str, str]) -> dict[str, str]:
    """Return the digest of each answer as it is now, by question.

    Parameters
    ----------
    keys : question -> a digest of all that its answer follows from: an answer that is known by it is not computed.
    """
    # What is read for an answer is recorded for this process as a whole: one question after another.
    with _LOCK:
        _read_note()
        for question, key in keys.items():
            if key not in _KNOWN:
                _KNOWN[key] = _digest_now(question)
        return {question: _KNOWN[key] for question, key in keys.items()}


def are_known(keys: Iterable[str]) -> bool:
    """Return True if the answers of all keys are known, so that none has to be computed."""
    with _LOCK:
        _read_note()
        return _KNOWN.keys() >= set(keys)


def enter(found: Mapping[str, str]) -> None:
    """Enter digests of answers that a notebook was just given, by key."""
    with _LOCK:
        _read_note()
        _KNOWN.update(found)


@contextlib.contextmanager
def noted() -> Iterator[None]:
    """Write at the end what was entered or computed in between; without it the next run takes some seconds longer."""
    with _LOCK:
        _read_note()
        before = len(_KNOWN)
    yield
    with _LOCK:
        if len(_KNOWN) != before:
            kept = dict(list(_KNOWN.items())[-MOST_NOTED:])
            with contextlib.suppress(WriteError):
                write_whole(NOTE, json.dumps(kept).encode())


def in_words(question: str) -> str:
    """Return a question as a status says it: ``detected of SEN``."""
    name, _, arguments = question.partition("[")
    given = json.loads(f"[{arguments}") if arguments else []
    words = [", ".join(map(str, each)) if isinstance(each, list) else str(each) for each in given if each]
    function = name.rpartition(":")[2].strip("_").replace("_", " ")
    function, words = (words[0], words[1:]) if function in ("rows", "touching") and words else (function, words)
    said = f"{function} of {'; '.join(words)}" if words else function
    return said if len(said) <= LONGEST else f"{said[: LONGEST - 1]}…"


def _digest_now(question: str) -> str:
    try:
        return asked_again(question, importlib.import_module).digest
    # Whatever it is, the notebook that asks says it.
    except Exception as error:
        return f"{REFUSED}: {type(error).__name__}"


def _read_note() -> None:
    if not _READ_FROM_NOTE:
        _READ_FROM_NOTE.append(True)
        with contextlib.suppress(OSError, ValueError):
            _KNOWN.update(json.loads(NOTE.read_text(encoding="utf-8")))
