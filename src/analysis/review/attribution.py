"""Which inputs did a change: by logic where one alone can reach it, else by exchanging inputs and looking.

A run answers for all outputs of its notebooks. Where more outputs than inputs wait, each input is exchanged by itself.
Otherwise sets are halved until the input that makes the difference stands alone, so that runs grow with the number of
causes and with the logarithm of that of candidates. What acts only together is found by leaving out (Junker, 2004,
QuickXPlain; Zeller and Hildebrandt, 2002, Simplifying and isolating failure-inducing input). Outputs that other inputs
reach share a run.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Generator, Hashable, Mapping, Sequence
from dataclasses import dataclass, field

# The value of an output whose notebook failed.
FAILED = "(failed)"
# So many inputs are exchanged one by one, where as many outputs wait for them.
MOST_SINGLES = 24

ONLY, ALONE, TOGETHER, INTERACTION, NOT_ATTRIBUTED = (
    *("only input that it follows from", "switched alone", "several inputs", "interaction", "not attributed"),
)

Value = Hashable
Inputs = frozenset[str]
# Which outputs are waited for -> their values when just these inputs are as new.
Evaluate = Callable[[Inputs, Sequence[str]], Mapping[str, Value]]


@dataclass(frozen=True)
class Changed:
    """An output that changed.

    Parameters
    ----------
    id : of the change. old, new : its values. reached_by : ids of the inputs that can reach it, likely ones first.
    """

    id: str
    old: Value
    new: Value
    reached_by: tuple[str, ...]


@dataclass(frozen=True)
class Cause:
    """What did a change.

    Parameters
    ----------
    change : its id. inputs : ids of those that did it. how : by what it is known. words : a sentence.
    """

    change: str
    inputs: tuple[str, ...]
    how: str
    words: str


@dataclass
class _Search:
    changed: Changed
    steps: Generator[Inputs, Value, Cause] = field(init=False)
    asked: Inputs = frozenset()
    known: dict[Inputs, Value] = field(default_factory=dict)
    cause: Cause | None = None
    # What is known of the cause so far, should time run out.
    noted: Cause | None = None

    def note(self, cause: Cause) -> None:
        self.noted = cause


def attribute(
    changed: Sequence[Changed],
    evaluate: Evaluate,
    deadline: float = float("inf"),
    progress: Callable[[], object] = lambda: None,
    always: Inputs = frozenset(),
    clock: Callable[[], float] = time.monotonic,
) -> list[Cause]:
    """Return the causes of changes, in their order.

    Parameters
    ----------
    changed : outputs with both values, and the inputs that can reach them.
    evaluate : the values of some outputs, and of any others that it learns by the way, with a set of inputs as new and
        all others as old.
    deadline : by `clock`, in seconds; what was not attributed by then is listed as such.
    progress : called after each evaluation.
    always : inputs that are as new in every evaluation, since they cannot be switched, as a library of which there is
        no environment with the old version.
    """
    waiting_for = Counter(each.reached_by for each in changed)
    searches = []
    for each in changed:
        one_by_one = len(each.reached_by) <= min(MOST_SINGLES, waiting_for[each.reached_by])
        search = _Search(each)
        search.steps = _cause(each, always & {*each.reached_by}, one_by_one, search.note)
        searches.append(search)
    for search in searches:
        _send(search, None, always)
    while waiting := [each for each in searches if each.cause is None]:
        if clock() >= deadline:
            break
        # What has no cause at all yet comes before what is only to be confirmed.
        asked, served = _shared([each for each in waiting if each.noted is None] or waiting, always)
        found = evaluate(asked, [each.changed.id for each in served])
        progress()
        for search in waiting:
            # A run answers for all that its notebooks publish.
            if search.changed.id in found:
                search.known[asked & frozenset(search.changed.reached_by)] = found[search.changed.id]
        for search in served:
            search.known.setdefault(search.asked, "")
        for search in waiting:
            if search.asked in search.known:
                _send(search, search.known[search.asked], always)
    return [each.cause or each.noted or _late(each.changed) for each in searches]


def _late(changed: Changed) -> Cause:
    words = f"Not attributed in the time given: {len(changed.reached_by)} inputs can reach it."
    return Cause(changed.id, (), NOT_ATTRIBUTED, words)


def _send(search: _Search, value: Value | None, always: Inputs) -> None:
    """Give a search the value that it asked for, and others that are known, until it asks for one that is not."""
    reached = frozenset(search.changed.reached_by)
    if not search.known:
        search.known = {frozenset(): search.changed.old, reached: search.changed.new}
    send = value
    try:
        while True:
            search.asked = search.steps.send(send) | (always & reached)
            if search.asked not in search.known:
                return
            send = search.known[search.asked]
    except StopIteration as end:
        search.cause = end.value


def _shared(waiting: Sequence[_Search], always: Inputs) -> tuple[Inputs, list[_Search]]:
    """One set of inputs that answers as many searches as can be: none is reached by what another asks for besides."""
    asked, served, best = frozenset[str](), list[_Search](), 0
    firsts: dict[Inputs, _Search] = {}
    for search in waiting:
        firsts.setdefault(search.asked, search)
    for first in list(firsts.values())[:50]:
        together, found = first.asked | always, [first]
        reached = frozenset(first.changed.reached_by)
        for other in waiting:
            if other is first:
                continue
            own = frozenset(other.changed.reached_by)
            if together & own <= other.asked and other.asked & reached <= together:
                together, reached = together | other.asked, reached | own
                found.append(other)
        if len(found) > best:
            asked, served, best = together, found, len(found)
    return asked, served


def _cause(
    changed: Changed, fixed: Inputs, one_by_one: bool, note: Callable[[Cause], None]
) -> Generator[Inputs, Value, Cause]:
    """Search for the cause of one change: yields sets of inputs, and is sent the value with these as new."""
    reached = changed.reached_by
    if not reached:
        return Cause(changed.id, (), NOT_ATTRIBUTED, "No input that differs is known to reach it.")
    if len(reached) == 1:
        return Cause(changed.id, reached, ONLY, "It follows from no other input that differs.")
    begin = changed.old
    if fixed:
        begin = yield fixed
        if begin == changed.new:
            words = "With what could not be switched back alone, it has its new value."
            return Cause(changed.id, tuple(sorted(fixed)), ALONE, words)
    free = [each for each in reached if each not in fixed]
    ask = _Asked(changed.new, begin, fixed, one_by_one)
    alone, parts = yield from ask.movers(free)
    if alone and not one_by_one:
        # Of what was passed over: where others do the same without these, they are causes as well.
        while (rest := [each for each in free if each not in alone]) and (yield frozenset(rest) | fixed) == changed.new:
            further = yield from ask.smallest(rest)
            if not further or len(further) > 1:
                break
            alone += further
    beside = tuple(sorted(fixed)) if begin != changed.old else ()
    if alone and not beside:
        words = "With this input alone as new, it has its new value."
        words = words if len(alone) == 1 else "Each of these alone gives its new value."
        return Cause(changed.id, tuple(alone), ALONE, words)
    if parts:
        words = f"{len(parts)} inputs change it; not tried together in time."
        note(Cause(changed.id, (*beside, *parts), TOGETHER, words))
    several = yield from ask.together(free, alone or parts)
    if several is None:
        return Cause(changed.id, (), NOT_ATTRIBUTED, "No set of inputs that was tried gives its new value.")
    moves = []
    for each in several:
        value = yield frozenset({each}) | fixed
        moves.append(value not in (begin, FAILED))
    inputs = (*beside, *several)
    if all(moves):
        return Cause(changed.id, inputs, TOGETHER, f"{len(inputs)} inputs change it, each a part.")
    words = f"It takes its new value by {len(inputs)} inputs together, and by none of them alone."
    return Cause(changed.id, inputs, INTERACTION, words)


@dataclass(frozen=True)
class _Asked:
    """Return what is asked of one output, whose value is `begin` with the inputs that are always as new."""

    new: Value
    begin: Value
    fixed: Inputs
    one_by_one: bool

    def movers(self, block: Sequence[str]) -> Generator[Inputs, Value, tuple[list[str], list[str]]]:
        """Inputs of a block that give the new value alone, and those that move the value alone or within the block.

        Where many outputs wait for the same inputs, all ask for the same sets: each input, or the same halves.
        """
        alone, parts = list[str](), list[str]()
        size = 1 if self.one_by_one else (len(block) + 1) // 2
        for at in range(0, len(block), size):
            some = block[at : at + size]
            value = yield frozenset(some) | self.fixed
            if value == self.begin or (len(some) == 1 and value == FAILED):
                continue
            if len(some) == 1:
                (alone if value == self.new else parts).append(some[0])
            else:
                exact, others = yield from self.movers(some)
                alone, parts = alone + exact, parts + others
                # Which of them act only together is found by leaving out.
                parts += () if exact or others else some
            if alone and value == self.new and not self.one_by_one:
                break
        return alone, parts

    def together(self, free: Sequence[str], parts: Sequence[str]) -> Generator[Inputs, Value, tuple[str, ...] | None]:
        """A set of inputs that gives the new value, of those that move it if they do; None: not even all do."""
        if len(parts) > 1 and (yield frozenset(parts) | self.fixed) == self.new:
            needed = []
            for each in parts if self.one_by_one else ():
                # All outputs ask for the same sets here: everything but one.
                if (yield frozenset(free) - {each} | self.fixed) != self.new:
                    needed.append(each)
            if len(needed) == len(parts) or (needed and (yield frozenset(needed) | self.fixed) == self.new):
                return tuple(needed)
            return (yield from self.smallest(parts))
        for near in _of_one_file(free):
            some = [*parts, *(each for each in near if each not in parts)]
            if (yield frozenset(some) | self.fixed) == self.new:
                return (yield from self.smallest(some))
        return (yield from self.smallest([*parts, *(each for each in free if each not in parts)]))

    def smallest(self, free: Sequence[str]) -> Generator[Inputs, Value, tuple[str, ...] | None]:
        """A set of inputs that gives the new value and of which none can be left out; None: not even all do."""
        needed: list[str] = []
        rest = list(free)
        if (yield frozenset(rest) | self.fixed) != self.new:
            return None
        while (yield frozenset(needed) | self.fixed) != self.new:
            # Of prefixes that with those needed give the new value, the shortest: its last input is needed.
            low, high = 0, len(rest)
            while high - low > 1:
                middle = (low + high) // 2
                if (yield frozenset([*rest[:middle], *needed]) | self.fixed) == self.new:
                    high = middle
                else:
                    low = middle
            needed.append(rest[high - 1])
            rest = rest[: high - 1]
        for each in list(needed) if len(needed) > 1 else ():
            if (yield frozenset(needed) - {each} | self.fixed) == self.new:
                needed.remove(each)
        return tuple(reversed(needed))


def _of_one_file(free: Sequence[str]) -> list[list[str]]:
    """Inputs that stand in one file, where several do but not all: what acts only together most often stands together.

    The name of a file comes first in an id, before ``::``.
    """
    files: dict[str, list[str]] = {}
    for each in free:
        files.setdefault(each.partition("::")[0], []).append(each)
    return [found for found in files.values() if 1 < len(found) < len(free)]
