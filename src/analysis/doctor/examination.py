"""All checks in the order in which a user fixes what they find, and their outcome as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from analysis.doctor import data, environment, installation
from analysis.doctor.check import FAIL, OK, WARN, Check

# Each with whether it takes longer than a blink: `--quick` leaves those out.
ALL: tuple[tuple[Callable[[], list[Check]], bool], ...] = (
    (installation.python, False),
    (installation.environment, False),
    (installation.packages, False),
    (installation.own_package, False),
    (partial(installation.files, digests=True), True),
    (environment.hidden_state, False),
    (environment.texts, False),
    (environment.clock, False),
    (environment.writing, False),
    (environment.disk, False),
    (environment.memory, False),
    (environment.fonts, True),
    (environment.font_cache, True),
    (installation.kernel, True),
    (installation.widgets, False),
    (installation.typesetting, True),
    (installation.git, False),
    (installation.browser, False),
    (data.catalogue, False),
    (data.boundaries, True),
    (data.protection, False),
    (data.secret_keys, False),
)
MARKS = {OK: "✓", WARN: "!", FAIL: "✗"}
# For a terminal that has no such signs.
PLAIN = {OK: "ok", WARN: "!!", FAIL: "XX"}
STAGES = {OK: "fine", WARN: "to be settled", FAIL: "to be fixed"}


def examine(quick: bool = False) -> list[Check]:
    """The outcomes of all checks, or of those that take no longer than a blink."""
    asked = [ask for ask, is_slow in ALL if not (quick and is_slow)]
    # Most wait for a kernel, a program or the disk: together they take half the time.
    with ThreadPoolExecutor(4) as pool:
        return [outcome for found in pool.map(lambda ask: ask(), asked) for outcome in found]


def has_fault(found: Sequence[Check]) -> bool:
    """Whether something is to be fixed before the assessment is run."""
    return any(each.state == FAIL for each in found)


def as_table(found: Sequence[Check], encoding: str = "utf-8") -> str:
    """The outcomes for a terminal: a line each, and beneath a fault the line that fixes it."""
    marks = MARKS if _has(encoding, "".join(MARKS.values()) + "→") else PLAIN
    arrow = "→" if marks is MARKS else "->"
    wide = max(len(each.name) for each in found)
    lines = []
    for each in found:
        lines.append(f"{marks[each.state]} {each.name.ljust(wide)}  {each.found}")
        if each.fix:
            lines.append(f"{' ' * (len(marks[OK]) + 1 + wide)}  {arrow} {each.fix}")
    counts = {state: sum(each.state == state for each in found) for state in (OK, WARN, FAIL)}
    lines += ["", ", ".join(f"{number} {STAGES[state]}" for state, number in counts.items() if number) + "."]
    return "\n".join(lines)


def as_json(found: Sequence[Check]) -> str:
    """The outcomes for a program: ``checks``, each with name, state, found and fix, and whether all is ``sound``."""
    return json.dumps({"sound": not has_fault(found), "checks": [vars(each) for each in found]}, indent=1)


def _has(encoding: str, text: str) -> bool:
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
