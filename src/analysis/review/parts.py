"""Files as parts that can be exchanged one at a time: rows, functions, sentences, cells, libraries, data sets.

Two states of a file become one list of segments, in which what both have stands once. With a choice of segments it is a
file again: of each the old text or the new. What is only new, and does nothing before something calls it, comes along
with any choice; what is gone stays, until the file is wholly as the new one.
"""

from __future__ import annotations

import ast
import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

import yaml

ROW, FUNCTION, CELL, PARAMETER, LIBRARY = "row", "function", "cell", "parameter", "library"
TEXT, CATALOGUE, FILE, WORDING = "text", "catalogue", "file", "wording of code"
# Rows that agree in so large a share of their cells are one row that was changed.
_ALIKE = 0.5
_LIBRARY = re.compile(r"^[\w.-]+(?:\[[\w,-]+\])?==", re.MULTILINE)
ENTRY = re.compile(r"^[\w-]+:", re.MULTILINE)
_SHA256 = re.compile(r"(?m)^  sha256:.*\n")


@dataclass(frozen=True)
class Segment:
    """A part of a file in both states.

    Parameters
    ----------
    kind, name : what it is. old, new : its text; None: it is not there. old_line, new_line : where it begins, from 1.
    comes_along : it does nothing by itself, so that both texts stand wherever anything of the program is exchanged.
    """

    kind: str
    name: str
    old: str | None
    new: str | None
    old_line: int = 0
    new_line: int = 0
    comes_along: bool = False

    @property
    def differs(self) -> bool:
        return self.old != self.new


@dataclass(frozen=True)
class _Unit:
    key: str
    text: str
    line: int
    kind: str = FUNCTION
    # Without what has no effect.
    meaning: str = ""


def segments(name: str, old: str, new: str) -> list[Segment]:
    """Return both states of a file as segments; one of the whole file where it has no parts.

    Parameters
    ----------
    name : of the file, below the project's folder. old, new : its content.
    """
    split = _splitter(name)
    try:
        return split(old, new) if split else [Segment(kind_of_file(name), name, old, new, 1, 1)]
    # What cannot be read as what its name says is exchanged as a whole.
    except (SyntaxError, ValueError, KeyError, yaml.YAMLError):
        return [Segment(kind_of_file(name), name, old, new, 1, 1)]


def composed(name: str, found: Sequence[Segment], chosen: Collection[int], along: bool) -> str:
    """Return the file with some segments as they are new and the others as they were.

    Parameters
    ----------
    found : as `segments` returns them. chosen : numbers of those that are new. along : whether what comes along does.
    """
    texts = [
        _both(each) if each.comes_along and along else (each.new or "") if number in chosen else (each.old or "")
        for number, each in enumerate(found)
    ]
    if not name.endswith(".ipynb"):
        return "".join(texts)
    cells = [json.loads(text) for text in texts[1:] if text]
    return json.dumps(json.loads(texts[0]) | {"cells": cells}, ensure_ascii=False, indent=1) + "\n"


def _both(each: Segment) -> str:
    return (each.old or "") if each.new in (None, each.old) else (each.old or "") + each.new


def _splitter(name: str) -> Callable[[str, str], list[Segment]] | None:
    if name.endswith(".csv"):
        return _rows
    if name.endswith(".py"):
        return _program
    if name.endswith(".ipynb"):
        return _notebook
    if name.endswith("/catalog.yml"):
        return _catalogue
    if name.startswith("src/analysis/texts/"):
        return _sentences
    return _libraries if name == "requirements.lock" else None


def kind_of_file(name: str) -> str:
    if name.endswith(".py"):
        return FUNCTION
    return TEXT if name.startswith(("pledge/", "src/")) else FILE


# Rows of tables


def _rows(old: str, new: str) -> list[Segment]:
    before, after = _records(old), _records(new)
    header = before[0][1] if before else ""
    if not before or not after or header != after[0][1]:
        raise ValueError("other columns")
    found = [Segment(ROW, "header", header, header, 1, 1)]
    pairs = _matched([text for _, text in before[1:]], [text for _, text in after[1:]], header)
    for first, second in pairs:
        then = before[1 + first] if first is not None else None
        now = after[1 + second] if second is not None else None
        words = _cells_of((now or then or (0, ""))[1])
        title = ", ".join([cell for cell in words if cell][:5])
        found.append(
            Segment(
                *(ROW, title, then[1] if then else None, now[1] if now else None),
                *(then[0] if then else 0, now[0] if now else 0),
            )
        )
    return found


def _records(content: str) -> list[tuple[int, str]]:
    """Rows as they are written, with the lines where they begin: a cell in quotes can hold ends of lines."""
    found: list[tuple[int, str]] = []
    waiting, begin = "", 1
    for number, line in enumerate(content.splitlines(keepends=True), 1):
        begin = begin if waiting else number
        waiting += line
        if waiting.count('"') % 2 == 0:
            found.append((begin, waiting))
            waiting = ""
    return [*found, (begin, waiting)] if waiting else found


def _cells_of(record: str) -> list[str]:
    return next(csv.reader(io.StringIO(record)), [])


def _matched(old: list[str], new: list[str], header: str) -> list[tuple[int | None, int | None]]:
    """Pairs of numbers of rows in a common order, None where one side has none: by an identifying column, or alike."""
    same = _same(old, new)
    gone = [number for number in range(len(old)) if number not in same]
    taken = {*same.values()}
    came = [number for number in range(len(new)) if number not in taken]
    pairs = dict(same)
    identifies = _cells_of(header)[0].endswith("_id") and all(
        len({_cells_of(each)[0] for each in side if each.strip()}) == len(side) for side in (old, new) if side
    )
    by_id = {_cells_of(new[number])[0]: number for number in came} if identifies else {}
    for number in gone:
        cells = _cells_of(old[number])
        if identifies:
            best = by_id.get(cells[0])
        else:
            scored = [(_likeness(cells, _cells_of(new[other])), -abs(other - number), other) for other in came]
            score, _, best = max(scored, default=(0.0, 0, None))
            best = best if score >= _ALIKE else None
        if best is not None:
            pairs[number] = best
            came.remove(best)
    # In the order of the new file; what is gone stands behind what it followed.
    behind = {second: first for first, second in pairs.items()}
    found: list[tuple[int | None, int | None]] = [(behind.get(second), second) for second in range(len(new))]
    place = {first: at for at, (first, _) in enumerate(found) if first is not None}
    for number in sorted(set(range(len(old))) - set(pairs)):
        at = max((place[each] for each in (number - 1,) if each in place), default=-1)
        at = at if at >= 0 else max((where for first, where in place.items() if first < number), default=-1)
        found.insert(at + 1, (number, None))
        place = {first: where for where, (first, _) in enumerate(found) if first is not None}
    return found


def _same(old: list[str], new: list[str]) -> dict[int, int]:
    """Rows that both sides have word for word, the first with the first."""
    waiting: dict[str, list[int]] = {}
    for number, text in reversed([*enumerate(new)]):
        waiting.setdefault(text, []).append(number)
    return {number: waiting[text].pop() for number, text in enumerate(old) if waiting.get(text)}


def _likeness(one: Sequence[str], other: Sequence[str]) -> float:
    told = [(first, second) for first, second in zip(one, other, strict=False) if first or second]
    return sum(first == second for first, second in told) / max(len(told), 1)


# Functions, statements, methods


def _program(old: str, new: str) -> list[Segment]:
    before, after = (_statements(each) for each in (old, new))
    bound = [{name for unit in side for name in _binds(unit)} for side in (before, after)]
    found: list[Segment] = []
    for first, second in _aligned(before, after):
        if first and second and first.text != second.text and first.kind == second.kind == "class":
            found += _of_class(first, second)
            continue
        unit = first or second
        assert unit is not None
        free = not (_binds(unit) & bound[1 if second is None else 0])
        is_import = unit.kind == "import"
        along = (first is None or second is None) and free and unit.kind != "statement"
        if is_import and first and second and first.text != second.text:
            along = True
        found.append(_segment(first, second, along))
    return found


def _of_class(first: _Unit, second: _Unit) -> list[Segment]:
    name = first.key
    inner = [_statements(each.text, f"{name}.", each.line) for each in (first, second)]
    return [_segment(one, other, False) for one, other in _aligned(*inner)]


def _segment(first: _Unit | None, second: _Unit | None, along: bool) -> Segment:
    unit = second or first
    assert unit is not None
    wording = first and second and first.text != second.text and first.meaning == second.meaning
    return Segment(
        WORDING if wording or (unit.kind == "import" and along) else FUNCTION,
        unit.key,
        first.text if first else None,
        second.text if second else None,
        first.line if first else 0,
        second.line if second else 0,
        along,
    )


def _statements(source: str, prefix: str = "", above: int = 0) -> list[_Unit]:
    """The statements of a module, or of a class with its head first, each with the comments before it."""
    lines = source.splitlines(keepends=True)
    body = ast.parse(source).body
    found: list[_Unit] = []
    done = 0
    if prefix:
        (whole,) = body
        assert isinstance(whole, ast.ClassDef)
        above, body = above - _begin(whole), whole.body
        done = _begin(body[0]) - 1
        head = ast.unparse(ast.ClassDef(whole.name, whole.bases, whole.keywords, [ast.Pass()], whole.decorator_list))
        found.append(_Unit(prefix[:-1], "".join(lines[:done]), _begin(whole) + above, FUNCTION, head))
    keys: Counter[str] = Counter()
    for number, node in enumerate(body):
        end = node.end_lineno or node.lineno
        if end <= done:
            continue
        following = body[number + 1 :]
        last = len(lines) if not following else end
        key, kind = _named(node)
        keys[key] += 1
        key = prefix + key + (f" ({keys[key]})" if keys[key] > 1 else "")
        begin = _begin(node)
        found.append(_Unit(key, "".join(lines[done:last]), begin + above, kind, _meaning(node)))
        done = last
    if not body and source:
        found.append(_Unit("comment", source, 1))
    return found


def _begin(node: ast.stmt) -> int:
    return min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])


def _named(node: ast.stmt) -> tuple[str, str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return node.name, FUNCTION
        case ast.ClassDef():
            return node.name, "class"
        case ast.Import() | ast.ImportFrom():
            return f"import {getattr(node, 'module', '') or ', '.join(each.name for each in node.names)}", "import"
        case ast.Assign(targets=targets):
            return ", ".join(ast.unparse(each) for each in targets), FUNCTION
        case ast.AnnAssign(target=target):
            return ast.unparse(target), FUNCTION
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return "imports of types", "import"
        case ast.Expr(value=ast.Constant(value=str())):
            return "docstring", FUNCTION
        case _:
            return ast.unparse(node).split("\n")[0][:60], "statement"


def _binds(unit: _Unit) -> set[str]:
    """Names that a statement gives; of an import those that it imports."""
    if unit.kind == "import":
        return {
            (each.asname or each.name).partition(".")[0]
            for node in ast.walk(ast.parse(unit.text))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for each in node.names
        }
    return {name.strip("()") for name in unit.key.split(", ")}


def _meaning(node: ast.AST) -> str:
    """A statement without its docstrings, comments and lines."""
    copy = ast.parse(ast.unparse(node))
    if isinstance(copy.body[0], ast.Expr) and isinstance(copy.body[0].value, ast.Constant):
        return "docstring"
    for each in ast.walk(copy):
        body = getattr(each, "body", None)
        if isinstance(each, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef) and ast.get_docstring(each):
            each.body = body[1:] or [ast.Pass()]  # type: ignore[index]
    return ast.dump(copy)


def _aligned(old: Sequence[_Unit], new: Sequence[_Unit]) -> Iterator[tuple[_Unit | None, _Unit | None]]:
    """Units of both sides in a common order, those of one key together."""
    before, after = ([each.key for each in side] for side in (old, new))
    there = {each.key: each for each in old}
    shared = {*before} & {*after}
    for tag, first, last, start, end in SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from zip(old[first:last], new[start:end], strict=True)
            continue
        for unit in old[first:last]:
            if unit.key not in shared:
                yield unit, None
        # What was moved stands where it is new.
        for other in new[start:end]:
            yield (there[other.key] if other.key in shared else None), other


# Sentences, catalogues, libraries


def _sentences(old: str, new: str) -> list[Segment]:
    pairs = _aligned(_keys(old), _keys(new))
    return [
        Segment(
            *(TEXT, (two or one).key, one.text if one else None, two.text if two else None),  # type: ignore[union-attr]
            *(one.line if one else 0, two.line if two else 0, one is None or two is None),
        )
        for one, two in pairs
    ]


def _keys(content: str) -> list[_Unit]:
    """Lines of a YAML file by the keys, within keys, that they begin with."""
    lines = content.splitlines(keepends=True)
    begins: dict[int, str] = {}

    def walk(node: yaml.Node | None, prefix: str) -> None:
        for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
            begins.setdefault(key.start_mark.line, f"{prefix}{key.value}")
            if isinstance(value, yaml.MappingNode) and not value.flow_style:
                walk(value, f"{prefix}{key.value}.")

    walk(yaml.compose(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)), "")
    starts = sorted(begins)
    head = [_Unit("", "".join(lines[: starts[0]]), 1)] if starts and starts[0] else []
    ends = [*starts[1:], len(lines)]
    return head + [
        _Unit(begins[start], "".join(lines[start:end]), start + 1) for start, end in zip(starts, ends, strict=True)
    ]


def by_pattern(pattern: re.Pattern[str], content: str) -> list[_Unit]:
    starts = [found.start() for found in pattern.finditer(content)]
    bounds = [0, *starts, len(content)] if not starts or starts[0] else [*starts, len(content)]
    texts = [content[first:last] for first, last in pairwise(bounds)]
    found, line = [], 1
    for text in texts:
        key = re.split(r"[=:\[]", text, maxsplit=1)[0] if pattern.match(text) else ""
        found.append(_Unit(key, text, line))
        line += text.count("\n")
    return found


def _catalogue(old: str, new: str) -> list[Segment]:
    found = []
    for one, two in _aligned(by_pattern(ENTRY, old), by_pattern(ENTRY, new)):
        then, now = one.text if one else None, two.text if two else None
        if then is not None and now is not None and (digests := _SHA256.findall(then)):
            # A digest follows from its file, and is set where files are exchanged.
            now = _SHA256.sub(lambda _: digests[0], now)
            now = then if now.rstrip() == then.rstrip() else now
        unit = two or one
        assert unit is not None
        found.append(Segment(CATALOGUE, unit.key, then, now, one.line if one else 0, two.line if two else 0))
    return found


def _libraries(old: str, new: str) -> list[Segment]:
    return [
        Segment(
            *(LIBRARY, (two or one).key, one.text if one else None, two.text if two else None),  # type: ignore[union-attr]
            *(one.line if one else 0, two.line if two else 0),
        )
        for one, two in _aligned(by_pattern(_LIBRARY, old), by_pattern(_LIBRARY, new))
    ]


# Cells of notebooks


def _notebook(old: str, new: str) -> list[Segment]:
    before, after = json.loads(old), json.loads(new)
    # What stands around the cells shows nowhere.
    frame = json.dumps({key: value for key, value in after.items() if key != "cells"})
    found = [Segment(CELL, "frame", frame, frame)]
    sources = [[(each["cell_type"], "".join(each["source"])) for each in side["cells"]] for side in (before, after)]
    for tag, first, last, start, end in SequenceMatcher(None, *sources, autojunk=False).get_opcodes():  # type: ignore[call-overload]
        for step in range(max(last - first, end - start)):
            one = before["cells"][first + step] if first + step < last else None
            two = after["cells"][start + step] if start + step < end else None
            found.append(_cell(one, two, first + step, start + step, tag == "equal"))
    return found


def _cell(one: Mapping | None, two: Mapping | None, first: int, second: int, same: bool) -> Segment:
    then, now = (json.dumps(each, ensure_ascii=False) if each else None for each in (one, two))
    at = (first + 1 if one else 0, second + 1 if two else 0)
    if same:
        return Segment(CELL, f"cell {second + 1}", now, now, *at)
    name, kind = f"cell {second + 1 if two else first + 1}", CELL
    if one and two and one["cell_type"] == two["cell_type"] == "code":
        exchanged = literals(*("".join(each["source"]) for each in (one, two)))
        kind = PARAMETER if exchanged else CELL
        name = f"{name}: {', '.join(exchanged)}" if exchanged else name
    return Segment(kind, name, then, now, *at)


def literals(old: str, new: str) -> list[str]:
    """Return which literal arguments two sources of a cell differ in, by name; none if they differ in anything else."""
    try:
        before, after = ast.parse(old), ast.parse(new)
    except SyntaxError:
        return []
    pairs = [*zip(ast.walk(before), ast.walk(after), strict=False)]
    names = []
    for one, two in pairs:
        if isinstance(one, ast.Constant) and isinstance(two, ast.Constant) and one.value != two.value:
            names.append((one, two))
            one.value = two.value
    if ast.dump(before) != ast.dump(after):
        return []
    return [f"{_argument(after, two)}" for _, two in names]


def _argument(tree: ast.AST, constant: ast.Constant) -> str:
    """The name of the argument, or of what is assigned, that a constant stands in."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg and constant in ast.walk(node.value):
            return node.arg
        if isinstance(node, ast.Assign) and node.value is constant:
            return ast.unparse(node.targets[0])
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and constant in node.args:
            return f"{ast.unparse(node.func)}, argument {node.args.index(constant) + 1}"
    return "value"
