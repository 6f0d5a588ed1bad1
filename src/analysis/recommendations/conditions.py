"""Conditions on findings, by three-valued logic (Kleene, 1938): what is not known decides nothing.

They are written in YAML, in the forms that `pledge/README.md` lists. It is read so that every mistake can be named with
its file and its line.
"""

from __future__ import annotations

import contextlib
import difflib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from analysis import areas
from analysis.findings.finding import KINDS, KNOWN, NOT_READ
from analysis.findings.measures import LANGUAGES
from bounded.refusal import Refusal

MET, NOT_MET, NOT_KNOWN = "met", "not met", "not known"
STATES = (MET, NOT_MET, NOT_KNOWN)


class ConditionError(Refusal):
    """A condition compares what cannot be compared, or can never fail; the message says which, and where."""


class UnknownFinding(ConditionError):
    """A condition rests on a finding that does not exist; the message names the nearest that do."""


def compare(operator: str, one: tuple[float, float], other: tuple[float, float]) -> str:
    """Compare a value between two bounds with another: above, at least, below, at most or equal.

    An interval decides only where every value in it gives the same answer.

    Returns
    -------
    One of STATES.
    """
    if operator in ("below", "at_most"):
        return compare({"below": "above", "at_most": "at_least"}[operator], other, one)
    (low, high), (other_low, other_high) = one, other
    if operator == "equals":
        if low == high == other_low == other_high:
            return MET
        return NOT_MET if high < other_low or low > other_high else NOT_KNOWN
    if operator == "above":
        return MET if low > other_high else NOT_MET if high <= other_low else NOT_KNOWN
    return MET if low >= other_high else NOT_MET if high < other_low else NOT_KNOWN


def every(states: Sequence[str]) -> str:
    """Kleene's "and"."""
    return NOT_MET if NOT_MET in states else NOT_KNOWN if NOT_KNOWN in states else MET


def some(states: Sequence[str]) -> str:
    """Kleene's "or"."""
    return MET if MET in states else NOT_KNOWN if NOT_KNOWN in states else NOT_MET


def negated(state: str) -> str:
    """Kleene's "not"."""
    return {MET: NOT_MET, NOT_MET: MET, NOT_KNOWN: NOT_KNOWN}[state]


OPERATORS = ("above", "at_least", "below", "at_most", "equals")
# In the place of a number of areas: every area answers for itself.
EACH = "each"
# Of what kind data can be asked to be: `real` is public or confidential, and never synthetic.
REAL = "real"
ASKED_KINDS = (*KINDS, REAL)


@dataclass(frozen=True)
class Origin:
    """Place where a condition is written, and for what: an error says so."""

    file: str
    line: int
    owner: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}, {self.owner}"


@dataclass(frozen=True)
class Compared:
    """A finding beside a number in its unit, or beside another finding of that unit, or so many times that."""

    origin: Origin
    finding: str
    operator: str
    against: float | str
    times: float = 1.0


@dataclass(frozen=True)
class OfKind:
    """A finding that is known and follows from data of a kind; it is open where what would say so was not read."""

    origin: Origin
    finding: str
    kind: str


@dataclass(frozen=True)
class InAreas:
    """Areas in which a finding of a measure satisfies a comparison, or is known and of a kind.

    Parameters
    ----------
    measure : with its item, as ``gap.A3``. area_ids : of one study.
    operator, against : the comparison in each area; None where `kind` is asked for.
    count_operator, count : in how many; or EACH, where each area answers for itself.
    """

    origin: Origin
    measure: str
    study: str
    area_ids: tuple[str, ...]
    operator: str | None
    against: float
    kind: str | None
    count_operator: str
    count: int

    @property
    def each(self) -> bool:
        """Return True if each area answers for itself."""
        return self.count_operator == EACH

    def finding(self, area_id: str) -> str:
        """The id of the finding on an area."""
        return f"{area_id}/{self.measure}"


@dataclass(frozen=True)
class AllOf:
    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class AnyOf:
    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Not:
    part: Condition


Leaf = Compared | OfKind | InAreas
Condition = Leaf | AllOf | AnyOf | Not


def is_of_kind(kind: object, asked: str) -> bool:
    """Return True if data of a kind are what is asked for, one of ASKED_KINDS."""
    return kind == asked or (asked == REAL and kind in ("public", "confidential"))


def leaves(condition: Condition) -> Iterator[Leaf]:
    """Return the parts of a condition, in its order."""
    if isinstance(condition, Not):
        yield from leaves(condition.part)
    elif isinstance(condition, AllOf | AnyOf):
        for part in condition.parts:
            yield from leaves(part)
    else:
        yield condition


def findings_of(leaf: Leaf) -> tuple[str, ...]:
    """The ids that a leaf asks for; of areas those that there can be."""
    if isinstance(leaf, InAreas):
        return tuple(leaf.finding(area_id) for area_id in leaf.area_ids)
    if isinstance(leaf, Compared) and isinstance(leaf.against, str):
        return leaf.finding, leaf.against
    return (leaf.finding,)


def areas_of(condition: Condition) -> tuple[str, ...]:
    """The areas that answer each for itself; none where a condition has one answer for all."""
    each = [leaf for leaf in leaves(condition) if isinstance(leaf, InAreas) and leaf.each]
    return tuple(dict.fromkeys(area_id for leaf in each for area_id in leaf.area_ids))


Row = Mapping[str, object]


def state_of(condition: Condition, rows: Mapping[str, Row]) -> str:
    """Return the state of a condition by the findings, by id: met, not met or not known.

    Where each area answers for itself it is met if it is met in one, and open if it is met in none and open in some.
    """
    states = [state_in(condition, rows, area_id) for area_id in areas_of(condition) or ("",)]
    return some([NOT_MET if state is None else state for state in states])


def state_in(condition: Condition, rows: Mapping[str, Row], area_id: str) -> str | None:
    """Return the state of a condition in one area; None where what it asks for is not stated of such an area."""
    if isinstance(condition, Not):
        state = state_in(condition.part, rows, area_id)
        return None if state is None else negated(state)
    if isinstance(condition, AllOf | AnyOf):
        parts = [state_in(part, rows, area_id) for part in condition.parts]
        stated = [state for state in parts if state is not None]
        if isinstance(condition, AllOf):
            return every(stated) if len(stated) == len(parts) else None
        return some(stated) if stated else None
    if isinstance(condition, InAreas) and condition.each:
        row = rows.get(condition.finding(area_id)) if area_id in condition.area_ids else None
        return None if row is None else of_row(condition, row)
    return leaf_state(condition, rows)


def leaf_state(leaf: Leaf, rows: Mapping[str, Row]) -> str:
    """Return the state of one part of a condition, over all areas that it asks."""
    if isinstance(leaf, InAreas):
        states = [of_row(leaf, rows[i]) for i in findings_of(leaf) if i in rows]
        if leaf.each:
            return some(states)
        met, count = states.count(MET), float(leaf.count)
        return compare(leaf.count_operator, (met, met + states.count(NOT_KNOWN)), (count, count))
    if isinstance(leaf, Compared) and isinstance(leaf.against, str):
        one, other = _bounds(rows[leaf.finding]), _bounds(rows[leaf.against])
        if one is None or other is None:
            return NOT_KNOWN
        return compare(leaf.operator, one, (leaf.times * other[0], leaf.times * other[1]))
    return of_row(leaf, rows[leaf.finding])


def kind_of(leaf: Leaf) -> str | None:
    """The kind of data that a leaf asks for; None where it compares."""
    return None if isinstance(leaf, Compared) else leaf.kind


def of_row(leaf: Leaf, row: Row) -> str:
    """Return what one finding says of a comparison with a number, or of a kind.

    That no report names a place does not mean that there is nothing there: no mention decides nothing about more.
    """
    if kind_of(leaf) is not None:
        if row["status"] == NOT_READ:
            return NOT_KNOWN
        return MET if row["status"] == KNOWN and is_of_kind(row["kind"], str(kind_of(leaf))) else NOT_MET
    assert not isinstance(leaf, OfKind)
    bounds = _bounds(row)
    against = float(leaf.against)
    if row["unit"] == "mentions" and bounds == (0.0, 0.0) and leaf.operator in ("above", "at_least"):
        return NOT_KNOWN
    return NOT_KNOWN if bounds is None else compare(str(leaf.operator), bounds, (against, against))


def _bounds(row: Row) -> tuple[float, float] | None:
    return (float(str(row["low"])), float(str(row["high"]))) if row["status"] == KNOWN else None


def undecided(condition: Condition, rows: Mapping[str, Row]) -> list[str]:
    """The findings that leave a condition open: those of its undecided parts that are not known, or too wide."""
    if state_of(condition, rows) != NOT_KNOWN:
        return []
    return [i for area_id in areas_of(condition) or ("",) for i in undecided_in(condition, rows, area_id)]


def undecided_in(condition: Condition, rows: Mapping[str, Row], area_id: str) -> list[str]:
    """The findings that leave a condition open in one area."""
    if state_in(condition, rows, area_id) != NOT_KNOWN:
        return []
    if isinstance(condition, AllOf | AnyOf):
        return [finding for part in condition.parts for finding in undecided_in(part, rows, area_id)]
    if isinstance(condition, Not):
        return undecided_in(condition.part, rows, area_id)
    if isinstance(condition, InAreas):
        asked = (condition.finding(area_id),) if condition.each else findings_of(condition)
        return [i for i in asked if i in rows and of_row(condition, rows[i]) == NOT_KNOWN]
    return [i for i in findings_of(condition) if (bounds := _bounds(rows[i])) is None or bounds[0] != bounds[1]]


def read_conditions(at: Written, owner: str, only: Sequence[str] = ()) -> Condition:
    """A condition as it is written in YAML.

    Parameters
    ----------
    at : its place. owner : the id of what rests on it, for messages.
    only : the areas that it can ask where it names none itself; empty for all of a study.

    Raises
    ------
    TextsError : it is not of one of the forms that `pledge/README.md` lists; file and line are named.
    """
    names = set(at.fields())
    if "finding" in names:
        return _of_finding(at, owner)
    if "measure" in names:
        return _in_areas(at, owner, only)
    joined = at.fields((), ("all", "any", "not"))
    if len(joined) != 1:
        raise at.error("not_one_condition", "a condition has one of `finding:`, `measure:`, `all:`, `any:` and `not:`.")
    ((name, part),) = joined.items()
    if name == "not":
        return Not(read_conditions(part, owner, only))
    parts = tuple(read_conditions(item, owner, only) for item in part.items())
    if not parts:
        raise part.error("empty", f"`{name}:` is empty, and would always be answered the same.")
    return AllOf(parts) if name == "all" else AnyOf(parts)


def _of_finding(at: Written, owner: str) -> Condition:
    said = at.fields(("finding",), (*OPERATORS, "kind"))
    origin = Origin(at.file, at.line, owner)
    finding = said.pop("finding").text()
    if len(said) != 1:
        raise at.error("not_one_operator", f"beside `finding:` stands one of {', '.join(OPERATORS)} and kind.")
    ((name, value),) = said.items()
    if name == "kind":
        return OfKind(origin, finding, value.choice(ASKED_KINDS, "kind of data"))
    return Compared(origin, finding, name, *_against(value))


def _against(at: Written) -> tuple[float | str, float]:
    """The number with which a finding is compared, or another finding and how many times it."""
    if not at.is_mapping:
        return at.number(), 1.0
    said = at.fields(("finding",), ("times",))
    times = said["times"].number() if "times" in said else 1.0
    if times <= 0:
        raise said["times"].error(
            "not_positive", f"{times:g} times a finding would always be answered the same; write more than 0."
        )
    return said["finding"].text(), times


def _in_areas(at: Written, owner: str, only: Sequence[str]) -> Condition:
    said = at.fields(("measure", "study", "in_areas"), (*OPERATORS, "kind", "areas"))
    origin = Origin(at.file, at.line, owner)
    study = said["study"].choice(areas.reported(), "study")
    there = only or areas.ids(study)
    area_ids = (
        tuple(item.choice(there, f"area of {owner if only else study}") for item in said["areas"].items())
        if "areas" in said
        else tuple(there)
    )
    asked = [name for name in (*OPERATORS, "kind") if name in said]
    if len(asked) != 1:
        raise at.error(
            "not_one_operator", f"a condition on areas has one of {', '.join(OPERATORS)} and kind beside `in_areas:`."
        )
    kind = said["kind"].choice(ASKED_KINDS, "kind of data") if "kind" in said else None
    operator = None if kind else asked[0]
    against = said[operator].number() if operator else math.nan
    count_operator, count = _counted(said["in_areas"], len(area_ids))
    return InAreas(origin, said["measure"].text(), study, area_ids, operator, against, kind, count_operator, count)


def _counted(at: Written, areas_asked: int) -> tuple[str, int]:
    """An operator with a number of areas, or EACH, where every area answers for itself."""
    if not at.is_mapping:
        return at.choice((EACH,), "way to ask areas"), 1
    counted = at.fields((), OPERATORS)
    if len(counted) != 1:
        raise at.error("not_one_operator", f"`in_areas:` is {EACH}, or has one of {', '.join(OPERATORS)}.")
    ((operator, count_at),) = counted.items()
    count = count_at.whole()
    if compare(operator, (0, areas_asked), (count, count)) != NOT_KNOWN:
        raise count_at.error(
            "always_the_same",
            f"of {areas_asked} areas this is always or never so; a condition must be able to be met, and to fail.",
        )
    return operator, count


class TextsError(Refusal):
    """A text of the pledge is not complete, or says what cannot be; the message says where and what to write."""


class Written:
    """A piece of a YAML file that still knows where it stands.

    Parameters
    ----------
    node : as composed, not yet read. file : its name as messages print it.
    """

    def __init__(self, node: yaml.Node, file: str) -> None:
        self.node = node
        self.file = file

    @property
    def line(self) -> int:
        """The line it begins in, counted from 1."""
        return self.node.start_mark.line + 1

    @property
    def is_mapping(self) -> bool:
        """Return True if names with values stand here."""
        return isinstance(self.node, yaml.MappingNode)

    def error(self, code: str, what: str) -> TextsError:
        """A mistake at this place; to be raised."""
        return TextsError(code, f"{self.file}, line {self.line}: {what}")

    def text(self) -> str:
        """A text that is not empty; its line breaks are blanks.

        Raises TextsError.
        """
        if not isinstance(self.node, yaml.ScalarNode) or not str(self.node.value).strip():
            raise self.error("empty", "a text must stand here.")
        return " ".join(str(self.node.value).split())

    def choice(self, allowed: Sequence[str], what: str) -> str:
        """A text that is one of those allowed. Raises TextsError with the nearest of them."""
        said = self.text()
        if said not in allowed:
            raise self.error("unknown_choice", f"there is no {what} '{said}'. {nearest(said, allowed)}")
        return said

    def number(self) -> float:
        """A finite number. Raises TextsError."""
        said = self.text()
        try:
            value = float(said)
        except ValueError:
            value = float("nan")
        if value != value or value in (float("inf"), float("-inf")):
            raise self.error("not_a_number", f"'{said}' is no number.")
        return value

    def whole(self) -> int:
        """A whole number. Raises TextsError."""
        value = self.number()
        if value != int(value):
            raise self.error("not_whole_number", f"{value} is no whole number.")
        return int(value)

    def items(self) -> list[Written]:
        """The entries of a list. Raises TextsError where this is none."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.error("not_a_list", "a list must stand here, each entry on a line that begins with '- '.")
        return [Written(node, self.file) for node in self.node.value]

    def fields(self, required: Iterable[str] | None = None, optional: Iterable[str] = ()) -> dict[str, Written]:
        """The fields of a mapping by name.

        Parameters
        ----------
        required : names that must stand; None: any name may, and none must.
        optional : names that may stand beside them.

        Raises
        ------
        TextsError : it is no mapping, a name stands twice, is unknown, or is missing.
        """
        if not isinstance(self.node, yaml.MappingNode):
            raise self.error("not_a_mapping", "names with values must stand here, as `name: value`.")
        found: dict[str, Written] = {}
        for key, value in self.node.value:
            name = str(key.value)
            at = Written(key, self.file)
            if name in found:
                raise at.error("duplicate_name", f"`{name}:` stands twice; keep one of the two.")
            if required is not None and name not in (*required, *optional):
                raise at.error("unknown_field", f"there is no `{name}:` here. {nearest(name, [*required, *optional])}")
            found[name] = Written(value, self.file)
        for name in required or ():
            if name not in found:
                raise self.error("missing_field", f"`{name}:` is missing.")
        return found

    def by_language(self) -> Mapping[str, str]:
        """A text in English, and in other languages where there is one. Raises TextsError."""
        return {name: at.text() for name, at in self.fields(("en",), LANGUAGES[1:]).items()}


def opened(path: Path, shown: str) -> Written:
    """The content of a YAML file.

    Parameters
    ----------
    path : of the file. shown : its name as messages print it.

    Raises
    ------
    TextsError : it is not there, is no YAML, or is empty.
    """
    try:
        node = _composed(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise TextsError("missing_file", f"{shown} is not there; see pledge/README.md for what it holds.") from None
    except UnicodeDecodeError:
        raise TextsError("not_utf8", f"{shown} is not written in UTF-8.") from None
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise TextsError("unreadable_yaml", f"{shown}{line} is no YAML: {error.problem or error.context}.") from None
    except (yaml.YAMLError, RecursionError):
        raise TextsError("unreadable_yaml", f"{shown} is no YAML that can be read.") from None
    if node is None:
        raise TextsError("empty", f"{shown} is empty.")
    return Written(node, shown)


def _composed(text: str) -> yaml.Node | None:
    """The node of a text: by the parser in C, which is ten times as fast; what it refuses the other says better."""
    if hasattr(yaml, "CSafeLoader"):
        with contextlib.suppress(yaml.YAMLError, RecursionError):
            return yaml.compose(text, Loader=yaml.CSafeLoader)
    return yaml.compose(text, Loader=yaml.SafeLoader)


def nearest(said: str, known: Iterable[str]) -> str:
    """The names nearest to one that is not known, as a sentence; all of them where there are few."""
    names = sorted(known)
    near = difflib.get_close_matches(said, names, n=3, cutoff=0.5) or names
    if len(near) > 12:
        return "Nothing that exists is called much like it."
    return ("The nearest are: " if len(near) < len(names) else "Known are: ") + ", ".join(near) + "."
