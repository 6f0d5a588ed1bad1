"""How docstrings of this project become reStructuredText: sections of `name : text`, and prose without marks.

After the colon stands what a parameter is, with its unit or shape; its type is in the signature. What looks like a mark
of reStructuredText outside of backquotes is meant as the letter it is, and a backquoted name is a link where the module
that is described offers it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence

# Sections of entries, or of prose that stands for one.
FIELDS = ("Parameters", "Attributes", "Returns", "Yields", "Raises")
CITING = ("References", "Source")
ENTRY = re.compile(r"^([*\w][\w*., ]*?) : (.*)$")
BACKQUOTED = re.compile(r"``(.+?)``|`([^`]+)`")
# What would be a mark: stars, bars and backslashes, and an underscore at the end of a word.
MARKS = re.compile(r"([*|\\]|_(?!\w))")
# A reference that begins on a line of its own, after one that has ended.
BEGINS_A_REFERENCE = re.compile(r"^\S.*\((19|20)\d\d[a-z]?(, [^)]*)?\)")
ESCAPED = r"\\\1"
ENTRY_MADE = re.compile(r"( +\* )\*\*(.+?)\*\*(?= – )")
TABLE = re.compile(r"^=+( +=+)+$")


def house_docstring(lines: Sequence[str], offered: frozenset[str] = frozenset(), module: str = "") -> list[str]:
    """The lines of a docstring as reStructuredText.

    Parameters
    ----------
    lines : without the indentation that they have in the module.
    offered, module : names that become links where they are backquoted, and the module that they are links into.
    """
    made: list[str] = []
    for title, body in _sections(lines):
        if title in FIELDS:
            entries, after = _entries(body)
            made += [f":{title}:", *(f"    * **{name}** – {text}" for name, text in entries)]
            made += ["", *(f"    {line}" for line in after if line), ""]
        else:
            made += [f".. rubric:: {title}", ""] if title else []
            made += [*(_apart(body) if title in CITING else body), ""]
    return _without_marks(made, offered, module)


def _sections(lines: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Title and lines of each section; what stands before the first has no title."""
    title, body = "", []
    for line, following in zip(lines, [*lines, ""][1:], strict=True):
        if re.fullmatch(r"[A-Z][A-Za-z ]+", line) and re.fullmatch(r"-{3,}", following):
            yield title, body
            title, body = line, []
        elif not re.fullmatch(r"-{3,}", line):
            body.append(line)
    yield title, body


def _entries(body: list[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """Entries, each with its text on one line, and the lines that belong to none."""
    entries: list[tuple[str, str]] = []
    others: list[str] = []
    for line in body:
        entry = ENTRY.match(line)
        if entry and not any(others):
            entries.append((entry[1], entry[2]))
        elif entries and not any(others) and line.startswith(" "):
            entries[-1] = (entries[-1][0], f"{entries[-1][1]} {line.strip()}")
        else:
            others.append(line.strip())
    return entries, others


def _apart(body: list[str]) -> list[str]:
    """References with an empty line between them."""
    made: list[str] = []
    for line in body:
        if made and made[-1].endswith(".") and BEGINS_A_REFERENCE.match(line):
            made.append("")
        made.append(line.strip())
    return made


def _without_marks(lines: list[str], offered: frozenset[str], module: str) -> list[str]:
    """The lines, but for tables, with letters that are no marks, and backquoted names as links or as they stand."""
    made, inside = [], False
    for line in lines:
        inside = line.strip() != "" and (inside or TABLE.match(line) is not None)
        made.append(line if inside else _line(line, offered, module))
    return made


def _line(line: str, offered: frozenset[str], module: str) -> str:
    begun = ENTRY_MADE.match(line)
    made, at = ([f"{begun[1]}**{MARKS.sub(ESCAPED, begun[2])}**"], begun.end()) if begun else ([], 0)
    for quoted in BACKQUOTED.finditer(line, at):
        made.append(MARKS.sub(ESCAPED, line[at : quoted.start()]))
        name = quoted[1] or quoted[2]
        is_link = quoted[2] is not None and name in offered
        made.append(f":py:obj:`{name} <{module}.{name}>`" if is_link else f"``{name}``")
        at = quoted.end()
        # Without it no letter may follow at once.
        made += ["\\ "] if line[at : at + 1].isalnum() else []
    return "".join([*made, MARKS.sub(ESCAPED, line[at:])])


def _home(name: str) -> tuple[str, frozenset[str]]:
    """The module that a described object is described in, and the names that it offers."""
    parts = name.split(".")
    home = next((".".join(parts[:k]) for k in range(len(parts), 0, -1) if ".".join(parts[:k]) in sys.modules), "")
    return home, frozenset(getattr(sys.modules.get(home), "__all__", ()))


def setup(app):
    """Have autodoc read docstrings as this project writes them."""

    def process(app, what, name, described, options, lines):
        module, offered = _home(name)
        lines[:] = house_docstring(lines, offered, module)

    app.connect("autodoc-process-docstring", process)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
