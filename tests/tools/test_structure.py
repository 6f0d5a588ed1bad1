"""tools/structure.py: what it counts, on a package small enough to count by hand."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "structure.py"

BELOW = '''"""A docstring is no code."""

# Nor is a comment.
LIMIT = 5


def total(values):
    """Nor is this."""
    added = 0
    for value in values:
        added += value
    return added
'''
ABOVE = """from analysis import below
from analysis.below import LIMIT


def sum_of(numbers):
    result = 0
    for number in numbers:
        result += number
    return result
"""


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("structure")
    package = folder / "src" / "analysis"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "below.py").write_text(BELOW)
    (package / "above.py").write_text(ABOVE)
    (package / "first.py").write_text("def f():\n    from analysis import second\n    return second\n")
    (package / "second.py").write_text("import analysis.first\n")
    (folder / "notebook.ipynb").write_text(
        '{"cells": [{"cell_type": "code", "source": ["from analysis import above\\n"]},'
        ' {"cell_type": "markdown", "source": ["from analysis import first"]}]}'
    )
    command = [sys.executable, SCRIPT, folder / "src", "--notebooks", folder, "--names"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def test_modules_and_lines_of_code_without_docstrings_and_comments(printed):
    # below 6 (LIMIT, def, added, for, added +=, return), above 7, first 3, second 1.
    assert [line.split() for line in printed if line.startswith("all ")] == [
        ["all", "5", "modules", "17", "lines,", "median", "3"]
    ]


def test_a_circle_that_an_import_inside_a_function_closes(printed):
    assert "circles of modules: 1" in printed
    assert "  analysis.first ↔ analysis.second" in printed


def test_a_module_that_one_other_imports(printed):
    names = printed[printed.index("modules that one other imports: 3") + 1 :][:3]
    assert [name.strip() for name in names] == ["analysis.below", "analysis.first", "analysis.second"]


def test_functions_that_differ_in_names_alone_stand_twice(printed):
    assert "  analysis.below.total = analysis.above.sum_of" in printed or (
        "  analysis.above.sum_of = analysis.below.total" in printed
    )


def test_a_notebook_reaches_what_its_code_imports_and_no_more(printed):
    # above, below and the package around them.
    assert [line.split()[1:] for line in printed if line.startswith("notebook.ipynb")] == [
        ["3", "modules", "13", "lines", "reached"]
    ]
