"""How large the code is and how its modules hang together: ``python tools/structure.py [FOLDER ...]`` (src by default).

Printed are modules and lines of code by package, modules that only one other module imports, circles of imports
between modules and between packages (imports inside functions count), what each notebook reaches, and functions that
stand twice. Lines of code are those with a token that is neither comment nor docstring.
"""

from __future__ import annotations

import argparse
import ast
import io
import json
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
# Shorter functions are alike by chance.
FEWEST_STATEMENTS = 4

Graph = dict[str, set[str]]


def modules(folder: Path) -> dict[str, Path]:
    """Every module below `folder`: its dotted name -> its file."""
    found = {}
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def code_lines(source: str) -> int:
    """Lines with code: neither empty, nor comment, nor docstring."""
    docstrings: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if first and is_text(first) and first.end_lineno:
                docstrings.update(range(first.lineno, first.end_lineno + 1))
    no_code = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in no_code:
            lines.update(range(token.start[0], token.end[0] + 1))
    return len(lines - docstrings)


def imported(tree: ast.AST, known: Iterable[str]) -> set[str]:
    """Which of the `known` modules a parsed source imports, at its top or inside a function."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            whole = {f"{node.module}.{alias.name}" for alias in node.names}
            # `from package import module` loads the module; the package around it is loaded, but not used.
            names |= whole & set(known) if whole <= set(known) else {node.module, *whole}
    return names & set(known)


def circles(graph: Graph) -> list[list[str]]:
    """Groups of modules that import one another, directly or by others (Tarjan, 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in sorted(graph.get(node, ())):
            if other not in index:
                visit(other)
            if other in stack:
                low[node] = min(low[node], low[other])
        if low[node] == index[node]:
            group = [stack.pop()]
            while group[-1] != node:
                group.append(stack.pop())
            if len(group) > 1:
                found.append(sorted(group))

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return found


def reached(starts: Iterable[str], graph: Graph) -> set[str]:
    """Modules that are loaded with `starts`, the packages around them among these."""
    waiting, found = list(starts), set()
    while waiting:
        name = waiting.pop()
        if name in graph and name not in found:
            found.add(name)
            waiting += [*graph[name], name.rpartition(".")[0]]
    return found


def of_package(name: str, depth: int) -> str:
    """The package that a module belongs to: ``trends``, or ``analysis.report`` within ``analysis``."""
    parts = name.split(".")
    return ".".join(parts[: depth if parts[0] == "analysis" else 1])


def notebook_imports(path: Path, known: Iterable[str]) -> set[str]:
    """Which of the `known` modules the cells of a notebook import."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    source = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    return imported(ast.parse(source), known)


def alike(trees: dict[str, ast.Module]) -> list[list[str]]:
    """Functions whose bodies are the same but for names and constants of text."""
    found = defaultdict(list)
    for name, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and len(list(statements(node))) >= FEWEST_STATEMENTS:
                found[shape(node)].append(f"{name}.{node.name}")
    return [places for places in found.values() if len(places) > 1]


def statements(node: ast.FunctionDef) -> Iterator[ast.stmt]:
    """The statements of a function, its docstring left out."""
    yield from (
        inner for inner in ast.walk(node) if isinstance(inner, ast.stmt) and inner is not node and not is_text(inner)
    )


def is_text(node: ast.stmt) -> bool:
    """Whether a statement is a text by itself, as a docstring is."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def shape(node: ast.FunctionDef) -> str:
    """A function as text in which local names are numbered in the order in which they come."""
    copy = ast.parse(ast.unparse(node)).body[0]
    assert isinstance(copy, ast.FunctionDef)
    copy.name = "function"
    copy.body = [statement for statement in copy.body if not is_text(statement)]
    numbers: dict[str, str] = {}
    local = {inner.id for inner in ast.walk(copy) if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store)}
    local |= {inner.arg for inner in ast.walk(copy) if isinstance(inner, ast.arg)}
    for inner in ast.walk(copy):
        if isinstance(inner, ast.arg):
            inner.arg, inner.annotation = numbers.setdefault(inner.arg, str(len(numbers))), None
        elif isinstance(inner, ast.Name) and inner.id in local:
            inner.id = numbers.setdefault(inner.id, str(len(numbers)))
    copy.returns = None
    return ast.dump(copy)


def main() -> None:
    """Print all figures of the folders that were named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path, default=[ROOT / "src"], help="folders of modules")
    parser.add_argument("--notebooks", type=Path, default=ROOT / "notebooks", help="folder of notebooks")
    parser.add_argument("--names", action="store_true", help="name modules, circles and functions, not only how many")
    arguments = parser.parse_args()
    files = {name: path for folder in arguments.folders for name, path in modules(folder).items()}
    sources = {name: path.read_text(encoding="utf-8") for name, path in files.items()}
    trees = {name: ast.parse(source) for name, source in sources.items()}
    lines = {name: code_lines(source) for name, source in sources.items()}
    graph = {name: imported(tree, files) - {name} for name, tree in trees.items()}

    by_package = Counter(of_package(name, 2) for name in files)
    for package, count in sorted(by_package.items()):
        print(f"{package:32} {count:4} modules {sum(lines[n] for n in files if of_package(n, 2) == package):7,} lines")
    print(f"{'all':32} {len(files):4} modules {sum(lines.values()):7,} lines, median {median(lines.values()):.0f}")

    importers: dict[str, set[str]] = defaultdict(set)
    for name, others in graph.items():
        for other in others:
            importers[other].add(name)
    single = sorted(name for name in files if len(importers[name]) == 1 and files[name].name != "__init__.py")
    between: dict[str, set[str]] = defaultdict(set)
    for name, others in graph.items():
        between[of_package(name, 2)] |= {of_package(other, 2) for other in others} - {of_package(name, 2)}
    repeated = alike(trees)
    shown = {
        "modules that one other imports": single,
        "circles of modules": [" ↔ ".join(group) for group in circles(graph)],
        "circles of packages": [" ↔ ".join(group) for group in circles(dict(between))],
        "functions that stand twice": [" = ".join(places) for places in repeated],
    }
    for title, found in shown.items():
        print(f"{title}: {len(found)}")
        if arguments.names:
            print(*(f"  {entry}" for entry in found), sep="\n")
    for path in sorted(arguments.notebooks.glob("*.ipynb")):
        used = reached(notebook_imports(path, files), graph)
        print(f"{path.name:32} {len(used):4} modules {sum(lines[name] for name in used):7,} lines reached")


if __name__ == "__main__":
    main()
