"""Whoever reads the budgets can rely on the counts: lines were counted by hand in a small module."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools import code_lines

# Each line of code ends in a number, those of one text among them; no other line does.
MODULE = '''"""A docstring of the module,

over three lines.
"""

from __future__ import annotations  # 1

# A comment.
TEXT = """  # 2
a text that is no docstring counts # 3

with its end # 4
"""  # 5
HASH = "# this is no comment"  # 6


class Rate:  # 7
    """A class."""

    # What it is per.
    per: int = (  # 8
        # A comment among code.
        100_000  # 9
    )  # 10
    """A text below an attribute is no docstring of Python."""  # 11

    def of(self, count: int) -> float:  # 12
        """Return it.

        Parameters
        ----------
        count : of persons.
        """

        def inner() -> str:  # 13
            "A docstring within single quotes."
            return f"""{count}  # 14
            """  # 15

        return count / self.per  # 16


async def later() -> None:  # 17
    """Do nothing."""


def short() -> None: "A docstring beside its function."  # 18
'''


def test_code_is_counted_without_comments_docstrings_and_blank_lines():
    numbers = re.findall(r"# (\d+)$", MODULE, re.MULTILINE)
    assert numbers == [str(number) for number in range(1, 19)]
    assert code_lines.code_lines(MODULE) == 18


@pytest.mark.parametrize("source", ["", "\n\n", "# a comment\n", '"""A docstring."""\n'])
def test_a_module_without_code_has_none(source):
    assert code_lines.code_lines(source) == 0


@pytest.fixture
def project(tmp_path) -> Path:
    """A project whose modules have 1, 2, 4, 8, 16 and 32 lines."""
    for count, path in (
        (1, "src/analysis/__init__.py"),
        (2, "src/analysis/plots/rates.py"),
        (4, "src/analysis/exhibits/rates.py"),
        (8, "packages/trends/src/trends/joinpoint.py"),
        (16, "src/other/module.py"),
        (32, "tests/trends/test_joinpoint.py"),
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("# A comment.\n" + "x = 1\n" * count)
    return tmp_path


def test_lines_are_those_of_the_packages_that_have_a_budget(project):
    rows = code_lines.table(code_lines.counted(project))
    assert {name: int(count) for name, count, *_ in map(str.split, rows[1:])} == {
        **{"src": 31, "analysis": 7, "exhibits": 4, "methods": 8, "tests": 32, "modules": 5},
    }
    assert not any("over" in row for row in rows)


def test_what_exceeds_its_budget_is_said_and_nothing_fails(project, monkeypatch, capsys):
    monkeypatch.setattr(code_lines, "ROOT", project)
    monkeypatch.setitem(code_lines.BUDGETS, "methods", (("packages/trends/src",), 5))
    lines = code_lines.counted(project)
    assert [row for row in code_lines.table(lines) if "over" in row] == [
        "methods                              8         5   3 over"
    ]
    assert code_lines.main([]) is None
    assert "modules" in capsys.readouterr().out


def test_each_package_of_the_source_can_be_listed(project):
    rows = code_lines.table(code_lines.counted(project), packages=True)
    listed = [row.split() for row in rows[rows.index("") + 2 :]]
    assert listed == [
        ["analysis", "7", "3"],
        ["analysis/exhibits", "4", "1"],
        ["analysis/plots", "2", "1"],
        ["other", "16", "1"],
        ["trends", "8", "1"],
    ]
