"""What a check says: whether a thing is as it should be, what was found, and what fixes it.

Nothing but the standard library is imported here, and at the head of the checks' modules: who asks for a doctor may
have an installation from which anything is missing.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec

from bounded.refusal import Refusal

OK, WARN, FAIL = "ok", "warn", "fail"
# As in `analysis.catalog`, which needs a package that may be missing.
ROOT = Path(__file__).resolve().parents[3]

Parameters = ParamSpec("Parameters")


@dataclass(frozen=True)
class Check:
    """The outcome of one check.

    Parameters
    ----------
    name : what was looked at, in a few words.
    state : ``ok``; ``warn``, where work can go on and something should be settled; ``fail``, where it cannot.
    found : what was found, in words.
    fix : one command or one sentence that fixes it; empty where all is well.

    Raises
    ------
    ValueError : a fault without a word on how it is fixed.
    """

    name: str
    state: str
    found: str
    fix: str = ""

    def __post_init__(self) -> None:
        if self.state not in (OK, WARN, FAIL) or (self.state != OK and not self.fix):
            raise Refusal("missing_remedy", f"The check '{self.name}' must be ok, or say what fixes what it found.")


def check(name: str) -> Callable[[Callable[Parameters, Iterable[Check]]], Callable[Parameters, list[Check]]]:
    """Make a function of outcomes a check: where it stops, that is an outcome of the name `name`, too."""

    def checking(ask: Callable[Parameters, Iterable[Check]]) -> Callable[Parameters, list[Check]]:
        @functools.wraps(ask)
        def asked(*args: Parameters.args, **kwargs: Parameters.kwargs) -> list[Check]:
            return list(_until_it_stops(name, ask(*args, **kwargs)))

        return asked

    return checking


def _until_it_stops(name: str, found: Iterable[Check]) -> Iterator[Check]:
    try:
        yield from found
    except ImportError as error:
        yield Check(name, FAIL, f"a library could not be loaded: {one_line(error)}", rebuild())
    except Exception as error:
        said = f"{type(error).__name__}: {one_line(error)}"
        yield Check(name, FAIL, f"the check itself stopped, {said}", "Fix the other faults first, and ask again.")


def one_line(error: Exception) -> str:
    """The message of an error, short enough for a table."""
    return " ".join(str(error).split())[:300] or type(error).__name__


def some(things: Iterable[object], most: int = 3) -> str:
    """The first few of the things, and how many more there are."""
    words = [str(thing) for thing in things]
    more = len(words) - most
    return ", ".join(words[:most]) + (f" and {more:,} more" if more > 0 else "")


def is_made_by_make() -> bool:
    """Whether this Python runs in the project's own environment, which `make setup` makes."""
    import sys

    return Path(sys.prefix).resolve() == (ROOT / ".venv").resolve()


def is_for_development(root: Path = ROOT) -> bool:
    """Whether `make` has put into `.venv` what tests, documentation and development need besides."""
    try:
        made = json.loads((root / ".venv" / "made-from.json").read_text(encoding="utf-8"))
        return bool(made["development"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def rebuild() -> str:
    """The command that makes the environment of this Python anew, with what it was made for."""
    if is_made_by_make():
        return f"rm -f .venv/made-from.json && make {'develop' if is_for_development() else 'setup'}"
    return "conda env update --file environment.yml --prune"
