"""The file of sentences and the code agree: every key is there and is used, and every brace is filled in."""

import ast
import string
from pathlib import Path

import pytest

from analysis import texts

SRC = Path(texts.__file__).parents[1]


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(SRC.parent).with_suffix("").parts).removesuffix(".__init__")


def asks_for_sentences(path: Path) -> bool:
    source = path.read_text(encoding="utf-8")
    return "texts.of(__name__)" in source or "texts.table(__name__" in source


def is_sentences(node: ast.AST) -> bool:
    return isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "TEXT"


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


MODULES = {
    module_of(path): path
    for path in sorted(SRC.rglob("*.py"))
    if path.parent.name != "texts" and asks_for_sentences(path)
}


def test_the_file_has_no_part_that_no_module_asks_for():
    assert len(MODULES) > 10
    assert {f"analysis.{name}" for name in texts._parts()} == set(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_sentences_are_used_and_filled_in(module):
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    used, tables, unfilled = set(), set(), []
    for node in ast.walk(tree):
        if is_sentences(node):
            used.add(node.slice.value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr == "format" and is_sentences(node.func.value):
                key = node.func.value.slice.value
                if {keyword.arg for keyword in node.keywords} != fields(texts.of(module)[key]):
                    unfilled.append(key)
            if node.func.attr == "table" and getattr(node.func.value, "id", "") == "texts":
                tables.add(node.args[1].value)
    assert unfilled == []
    part = texts.part(module)
    assert used == {key for key, text in part.items() if isinstance(text, str)}
    assert tables == {key for key, text in part.items() if not isinstance(text, str)}


def test_a_table_of_sentences_is_no_single_one():
    with pytest.raises(TypeError):
        texts.table("analysis.monitoring", "not_independent")
    assert texts.of("analysis.nothing") == {}
