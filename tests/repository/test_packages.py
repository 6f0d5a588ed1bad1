"""Whoever installs one of the method packages by itself can rely on it: its README, its docstrings, what it loads."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType

import pytest
from sybil import Sybil
from sybil.parsers.myst import PythonCodeBlockParser

from analysis.project_files import sources

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = sorted(path.parent.name for path in ROOT.glob("packages/*/pyproject.toml"))


def readme(package: str) -> Path:
    return ROOT / "packages" / package / "README.md"


def offered(package: str) -> Iterator[tuple[str, object]]:
    """What a package offers, by its dotted name; of a module that it offers, what is defined there."""
    made = importlib.import_module(package)
    for name in made.__all__:
        found = getattr(made, name) if name in vars(made) else importlib.import_module(f"{package}.{name}")
        if isinstance(found, ModuleType):
            for inner, each in vars(found).items():
                if not inner.startswith("_") and getattr(each, "__module__", "") == found.__name__:
                    yield f"{package}.{name}.{inner}", each
        else:
            yield f"{package}.{name}", found


OFFERED = {name: found for package in PACKAGES for name, found in offered(package)}
FUNCTIONS = {name: found for name, found in OFFERED.items() if isinstance(found, FunctionType)}
CLASSES = {name: found for name, found in OFFERED.items() if inspect.isclass(found)}


# READMEs


@pytest.mark.parametrize("package", PACKAGES)
def test_the_example_of_a_readme_prints_what_stands_there(package):
    document = Sybil(parsers=[PythonCodeBlockParser()]).parse(readme(package))
    examples = list(document.examples())
    for example in examples:
        example.evaluate()
    printed = [example.parsed.want for example in examples if getattr(example.parsed, "want", "")]
    assert len(printed) >= 2 and "analysis" not in document.namespace


@pytest.mark.parametrize("package", PACKAGES)
def test_a_readme_is_short_and_names_every_function_and_error_of_its_package(package):
    text = readme(package).read_text(encoding="utf-8")
    assert 60 <= len(text.splitlines()) <= 120
    named = set(re.findall(r"`(?:\w+\.)*(\w+)[`(]", text))
    wanted = {name.rpartition(".")[2] for name in FUNCTIONS if name.split(".")[0] == package}
    wanted |= {found.__name__ for name, found in CLASSES.items() if name.startswith(package) and is_error(found)}
    assert sorted(wanted - named) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_a_readme_calls_nothing_that_is_not_there(package):
    made = importlib.import_module(package)
    called = re.findall(r"`(\w[\w.]*)\([^`]*\)`", readme(package).read_text(encoding="utf-8"))
    assert called
    for name in called:
        found: object = made
        for part in name.split("."):
            found = getattr(found, part, None) or importlib.import_module(f"{package}.{part}")


# Docstrings


def is_error(found: type) -> bool:
    return issubclass(found, Exception)


def section(docstring: str, *titles: str) -> str:
    """The text of the first of these sections; empty where there is none."""
    for title in titles:
        found = re.search(
            rf"^{title}\n-{{3,}}\n(.*?)(?=\n\n[A-Z]\w+\n-{{3,}}\n|\Z)", docstring, re.MULTILINE | re.DOTALL
        )
        if found:
            return found[1]
    return ""


def entries(text: str) -> set[str]:
    """Names that the entries of a section are of: `low, high : what they are`."""
    heads = re.findall(r"^([*\w][\w*., ]*?) : ", text, re.MULTILINE)
    return {name.strip().lstrip("*") for head in heads for name in head.split(",")}


def raises(function: FunctionType) -> bool:
    """Whether an error is raised in the function's own lines."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    return any(isinstance(node, ast.Raise) for node in ast.walk(tree))


def is_a_method(function: FunctionType) -> bool:
    """Whether a function infers something: it takes a level with its data, or gives limits."""
    taken = set(inspect.signature(function).parameters)
    of_a_level = bool(taken & {"confidence", "alpha", "level"}) and len(taken) > 1
    return of_a_level or "95 %" in section(inspect.getdoc(function) or "", "Returns")


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_function_says_what_it_takes_gives_and_refuses_and_where_its_method_is_from(name):
    function = FUNCTIONS[name]
    docstring = inspect.getdoc(function) or ""
    signature = inspect.signature(function)
    lacking = sorted(set(signature.parameters) - entries(section(docstring, "Parameters")))
    lacking += ["Returns"] * (signature.return_annotation != "None" and not section(docstring, "Returns"))
    lacking += ["Raises"] * (raises(function) and not section(docstring, "Raises"))
    lacking += ["References"] * (is_a_method(function) and not section(docstring, "References", "Source"))
    assert docstring and lacking == []


@pytest.mark.parametrize("name", sorted(name for name, found in CLASSES.items() if not is_error(found)))
def test_a_result_says_what_each_of_its_parts_is(name):
    fields = [each for each in vars(CLASSES[name]).get("__annotations__", {}) if not each.startswith("_")]
    said = entries(section(inspect.getdoc(CLASSES[name]) or "", "Parameters"))
    assert sorted(set(fields) - said) == []


# What a package loads

# Files that a package's own lines open, other than to import a module, and what is loaded; `analysis` is not there.
PROBE = """
import importlib, json, sys
from importlib.abc import MetaPathFinder

package, source = sys.argv[1:]
opened = []


class Blocked(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "analysis":
            raise ModuleNotFoundError(f"{name} is not there", name=name)


def watch(event, arguments):
    if event != "open":
        return
    frame = sys._getframe(1)
    while frame is not None and not frame.f_code.co_filename.startswith("<frozen importlib"):
        if frame.f_code.co_filename.startswith(source):
            opened.append(str(arguments[0]))
            return
        frame = frame.f_back


sys.meta_path.insert(0, Blocked())
sys.path.insert(0, source)
sys.addaudithook(watch)
made = importlib.import_module(package)
for name in made.__all__:
    if not hasattr(made, name):
        importlib.import_module(f"{package}.{name}")
loaded = sorted({name.partition(".")[0] for name in sys.modules})
print(json.dumps({"file": made.__file__, "opened": opened, "loaded": loaded}))
"""


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_stands_without_analysis_opens_no_file_and_loads_no_matplotlib(package):
    source = ROOT / "packages" / package / "src"
    command = [sys.executable, "-c", PROBE, package, f"{source}/"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    assert found["file"] == str(source / package / "__init__.py") and found["opened"] == []
    assert not {"analysis", "matplotlib"} & set(found["loaded"])


def _unstable(source):
    """Sorts by one key whose ties another processor may leave in another order."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            by_one = node.func.attr == "sort_values" and node.args and isinstance(node.args[0], ast.Constant)
            if (by_one or node.func.attr == "argsort") and "kind" not in {each.arg for each in node.keywords}:
                yield node.lineno


def test_ties_are_sorted_alike_on_every_machine():
    assert list(_unstable("table.sort_values('n')\nnp.argsort(x)\ntable.sort_values(['a', 'n'])")) == [1, 2]
    modules = (path for folder in sources() for path in folder.rglob("*.py"))
    found = {str(path): list(_unstable(path.read_text(encoding="utf-8"))) for path in modules}
    assert {path: lines for path, lines in found.items() if lines} == {}
