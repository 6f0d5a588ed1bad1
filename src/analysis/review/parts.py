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
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import pairwise

import yaml

ROW, FUNCTION, CELL, PARAMETER, LIBRARY = "row", "function", "cell", "parameter", "library"
TEXT, CATALOGUE, FILE, WORDING = "text", "catalogue", "file", "wording of code"
# Rows that agree in so large a share of their cells are one row that was changed.
_ALIKE = 0.5
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
    split, whole = _splitter(name), [Segment(kind_of_file(name), name, old, new, 1, 1)]
    try:
        return split(old, new) if split else whole
    # What cannot be read as what its name says is exchanged as a whole.
    except (SyntaxError, ValueError, KeyError, yaml.YAMLError):
        return whole


def composed(name: str, found: Sequence[Segment], chosen: Collection[int], along: bool) -> str:
    """Return the file with some segments as they are new and the others as they were.

    Parameters
    ----------
    found : as `segments` returns them. chosen : numbers of those that are new. along : whether what comes along does.
    """
    texts = [
        # What comes along stands in both texts, once where they are the same.
        "".join(dict.fromkeys(filter(None, (each.old, each.new))))
        if each.comes_along and along
        else (each.new if number in chosen else each.old) or ""
        for number, each in enumerate(found)
    ]
    if not name.endswith(".ipynb"):
        return "".join(texts)
    cells = [json.loads(text) for text in texts[1:] if text]
    return json.dumps(json.loads(texts[0]) | {"cells": cells}, ensure_ascii=False, indent=1) + "\n"


def _splitter(name: str) -> Callable[[str, str], list[Segment]] | None:
    if name.startswith("src/analysis/texts/") and not name.endswith(".py"):
        return _sentences
    by_ending = {".csv": _rows, ".py": _program, ".ipynb": _notebook, "/catalog.yml": _catalogue}
    return next((split for ending, split in by_ending.items() if name.endswith(ending)), None)


def kind_of_file(name: str) -> str:
    return FUNCTION if name.endswith(".py") else TEXT if name.startswith(("pledge/", "src/", "packages/")) else FILE


def _segment(kind: str, one: _Unit | None, two: _Unit | None, along: bool = False) -> Segment:
    """The segment of a unit as it was, and as it is; None: it is not there."""
    unit = two or one
    assert unit is not None
    sides = one.text if one else None, two.text if two else None
    return Segment(kind, unit.key, *sides, one.line if one else 0, two.line if two else 0, along)


# Rows of tables


def _rows(old: str, new: str) -> list[Segment]:
    before, after = _records(old), _records(new)
    if not before or not after or before[0].text != after[0].text:
        raise ValueError("other columns")
    header = replace(before[0], key="header")
    return [_segment(ROW, header, header), *(_segment(ROW, *pair) for pair in _matched(header, before[1:], after[1:]))]


def _records(content: str) -> list[_Unit]:
    """Rows as they are written, called by their first words: a cell in quotes can hold ends of lines."""
    found: list[_Unit] = []
    waiting, begin = "", 1
    for number, line in enumerate([*content.splitlines(keepends=True), ""], 1):
        waiting += line
        if waiting and (not line or waiting.count('"') % 2 == 0):
            found.append(_Unit(", ".join([cell for cell in cells_of(waiting) if cell][:5]), waiting, begin))
            waiting = ""
        begin = begin if waiting else number + 1
    return found


def cells_of(record: str) -> list[str]:
    """Return the cells of one row of a table as it is written."""
    return next(csv.reader(io.StringIO(record)), [])


def _matched(header: _Unit, old: list[_Unit], new: list[_Unit]) -> Iterator[tuple[_Unit | None, _Unit | None]]:
    """Pairs of rows in a common order, None where one side has none: word for word, by an identifying column, or alike.

    They stand in the order of the new file; what is gone stands behind what it followed.
    """
    waiting: dict[str, list[int]] = {}
    for number in reversed(range(len(new))):
        waiting.setdefault(new[number].text, []).append(number)
    pairs = {number: waiting[row.text].pop() for number, row in enumerate(old) if waiting.get(row.text)}
    came = {number: cells_of(new[number].text) for number in range(len(new)) if number not in {*pairs.values()}}
    identifies = cells_of(header.text)[0].endswith("_id") and all(
        len({cells_of(row.text)[0] for row in side if row.text.strip()}) == len(side) for side in (old, new) if side
    )
    for number in (each for each in range(len(old)) if each not in pairs):
        cells = cells_of(old[number].text)
        scored = [
            (float(cells[0] == others[0]) if identifies else _likeness(cells, others), -abs(other - number), other)
            for other, others in came.items()
        ]
        score, _, best = max(scored, default=(0.0, 0, 0))
        if score >= _ALIKE:
            pairs[number] = best
            del came[best]
    followed, last = dict[int, list[int]](), -1
    for number in range(len(old)):
        last = pairs.get(number, last)
        if number not in pairs:
            followed.setdefault(last, []).append(number)
    behind = {second: first for first, second in pairs.items()}
    for second in range(-1, len(new)):
        if second >= 0:
            yield (old[behind[second]] if second in behind else None), new[second]
        yield from ((old[first], None) for first in followed.get(second, ()))


def _likeness(one: Sequence[str], other: Sequence[str]) -> float:
    told = [(first, second) for first, second in zip(one, other, strict=False) if first or second]
    return sum(first == second for first, second in told) / max(len(told), 1)


# Functions, statements, methods


def _program(old: str, new: str) -> list[Segment]:
    before, after = (_statements(each) for each in (old, new))
    bound = [{name for unit in side for name in _binds(unit)} for side in (before, after)]
    found: list[Segment] = []
    for one, two in _aligned(before, after):
        if one and two and one.text != two.text and one.kind == two.kind == "class":
            inner = [_statements(each.text, f"{one.key}.", each.line) for each in (one, two)]
            found += [_segment(_of_program(*pair), *pair) for pair in _aligned(*inner)]
            continue
        unit = two or one
        assert unit is not None
        if one and two:
            along = unit.kind == "import" and one.text != two.text
        else:
            along = unit.kind != "statement" and not (_binds(unit) & bound[1 if two is None else 0])
        kind = WORDING if unit.kind == "import" and along else _of_program(one, two)
        found.append(_segment(kind, one, two, along))
    return found


def _of_program(one: _Unit | None, two: _Unit | None) -> str:
    """Wording where only comments, docstrings and lines differ."""
    return WORDING if one and two and one.text != two.text and one.meaning == two.meaning else FUNCTION


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
        last = end if number + 1 < len(body) else len(lines)
        key, kind = _named(node)
        keys[key] += 1
        key = prefix + key + (f" ({keys[key]})" if keys[key] > 1 else "")
        found.append(_Unit(key, "".join(lines[done:last]), _begin(node) + above, kind, _meaning(node)))
        done = last
    if not body and source:
        found.append(_Unit("comment", source, 1))
    return found


def _begin(node: ast.stmt) -> int:
    return min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])


def _named(node: ast.stmt) -> tuple[str, str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return node.name, "class" if isinstance(node, ast.ClassDef) else FUNCTION
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
    for tag, first, last, start, end in SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from zip(old[first:last], new[start:end], strict=True)
            continue
        yield from ((unit, None) for unit in old[first:last] if unit.key not in after)
        # What was moved stands where it is new.
        yield from ((there.get(unit.key), unit) for unit in new[start:end])


# Sentences, catalogues


def _sentences(old: str, new: str) -> list[Segment]:
    pairs = _aligned(_keys(old), _keys(new))
    return [_segment(TEXT, one, two, one is None or two is None) for one, two in pairs]


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
    # What stands before the first key is a part as well.
    bounds = pairwise([*sorted({0, *begins}), len(lines)])
    return [_Unit(begins.get(first, ""), "".join(lines[first:last]), first + 1) for first, last in bounds]


def by_pattern(pattern: re.Pattern[str], content: str) -> list[_Unit]:
    bounds = pairwise(sorted({0, len(content), *(found.start() for found in pattern.finditer(content))}))
    texts = [(content[first:last], content.count("\n", 0, first) + 1) for first, last in bounds]
    keys = (re.split(r"[=:\[]", text, maxsplit=1)[0] if pattern.match(text) else "" for text, _ in texts)
    return [_Unit(key, *each) for key, each in zip(keys, texts, strict=True)]


def _catalogue(old: str, new: str) -> list[Segment]:
    found = []
    for one, two in _aligned(by_pattern(ENTRY, old), by_pattern(ENTRY, new)):
        if one and two and (digests := _SHA256.findall(one.text)):
            # A digest follows from its file, and is set where files are exchanged.
            now = _SHA256.sub(lambda _: digests[0], two.text)
            two = replace(two, text=one.text if now.rstrip() == one.text.rstrip() else now)
        found.append(_segment(CATALOGUE, one, two))
    return found


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
    name, kind = f"cell {at[1] or at[0]}", CELL
    if not same and one and two and one["cell_type"] == two["cell_type"] == "code":
        exchanged = literals(*("".join(each["source"]) for each in (one, two)))
        kind = PARAMETER if exchanged else CELL
        name = f"{name}: {', '.join(exchanged)}" if exchanged else name
    return Segment(kind, name, now if same else then, now, *at)


def literals(old: str, new: str) -> list[str]:
    """Return which literal arguments two sources of a cell differ in, by name; none if they differ in anything else."""
    try:
        before, after = ast.parse(old), ast.parse(new)
    except SyntaxError:
        return []
    pairs = [
        (one, two)
        for one, two in zip(ast.walk(before), ast.walk(after), strict=False)
        if isinstance(one, ast.Constant) and isinstance(two, ast.Constant) and one.value != two.value
    ]
    for one, two in pairs:
        one.value = two.value
    return [_argument(after, two) for _, two in pairs] if ast.dump(before) == ast.dump(after) else []


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
