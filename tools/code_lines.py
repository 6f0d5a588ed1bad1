"""Print how many lines of code there are, without comments, docstrings and blank lines, beside the budgets.

    python -m tools.code_lines [--packages]

A budget is a guide to what is one idea and what is five: nothing fails where one is exceeded.
"""

from __future__ import annotations

import argparse
import ast
import io
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("bounded", "capture_recapture", "disclosure", "journeys", "study_design", "survey_stats", "trends")
METHODS = tuple(f"packages/{name}/src" for name in PACKAGES)
# What has a budget: folders whose modules are counted, and the most lines.
BUDGETS: dict[str, tuple[tuple[str, ...], int]] = {
    "src": (("src", *METHODS), 47_000),
    "analysis": (("src/analysis",), 31_000),
    "exhibits": (("src/analysis/exhibits",), 6_500),
    "methods": (METHODS, 15_500),
    "tests": (("tests", *(f"packages/{name}/tests" for name in PACKAGES)), 44_000),
}
MOST_MODULES = 225
NO_CODE = {
    *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT),
    *(tokenize.ENCODING, tokenize.ENDMARKER),
}


def code_lines(source: str) -> int:
    """Return the number of lines of a module on which code stands, those of a text that is no docstring among them.

    Raises
    ------
    SyntaxError : it is no Python.
    """
    within = [line for begin, end in _docstrings(ast.parse(source)) for line in range(begin, end + 1)]
    docstrings, written = set(within), source.splitlines()
    tokens = [
        token
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type not in NO_CODE and not (token.type == tokenize.STRING and token.start[0] in docstrings)
    ]
    lines = {line for token in tokens for line in range(token.start[0], token.end[0] + 1)}
    return sum(bool(written[line - 1].strip()) for line in lines)


def _docstrings(tree: ast.AST) -> Iterator[tuple[int, int]]:
    """First and last lines of docstrings."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                yield first.lineno, first.end_lineno or first.lineno


def counted(root: Path) -> dict[Path, int]:
    """Return the lines of code of each module of the library, the packages and the tests, by its path."""
    paths = [path for folder in ("src", "packages", "tests") for path in sorted((root / folder).rglob("*.py"))]
    return {path.relative_to(root): code_lines(path.read_text(encoding="utf-8")) for path in paths}


def table(lines: Mapping[Path, int], packages: bool = False) -> list[str]:
    """Return the printed lines: each budget, what there is, and by how much that is more.

    Parameters
    ----------
    lines : of each module, by its path. packages : whether each package follows.
    """
    found = {
        name: (sum(count for path, count in lines.items() if any(path.is_relative_to(each) for each in folders)), most)
        for name, (folders, most) in BUDGETS.items()
    }
    found["modules"] = sum("tests" not in path.parts for path in lines), MOST_MODULES
    rows = [f"{'lines of code':28}{'there are':>10}{'budget':>10}"]
    for name, (count, most) in found.items():
        more = f"   {count - most:,} over" if count > most else ""
        rows.append(f"{name:28}{count:10,}{most:10,}{more}")
    if packages:
        of: dict[str, list[int]] = {}
        for path, count in lines.items():
            if "tests" not in path.parts:
                parts = path.parts[path.parts.index("src") + 1 :]
                for depth in range(1, min(len(parts), 3)):
                    of.setdefault("/".join(parts[:depth]), []).append(count)
        rows += ["", f"{'package':28}{'lines':>10}{'modules':>10}"]
        rows += [f"{name:28}{sum(counts):10,}{len(counts):10,}" for name, counts in sorted(of.items())]
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    command = argparse.ArgumentParser(prog="python -m tools.code_lines", description=(__doc__ or "").partition("\n")[0])
    command.add_argument("--packages", action="store_true", help="list the packages, too")
    print("\n".join(table(counted(ROOT), command.parse_args(arguments).packages)))


if __name__ == "__main__":
    main()
