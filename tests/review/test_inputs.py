"""Inputs in which two states differ: rows, functions, sentences, cells; and files with some of them exchanged."""

from __future__ import annotations

import hashlib
import json

import pytest

from analysis.review import trees
from analysis.review.inputs import differing, exchanged
from analysis.review.parts import composed, literals, segments

CATALOGUE = """# Data sets
counts:
  file: evidence/counts.csv
  kind: public
  sha256: {}
list:
  file: own/list.csv
  kind: confidential
  sha256: {}
"""
TABLE = "area_id,year,value\nSEN,2020,1\nSEN,2021,2\nGMB,2020,3\nGMB,2021,4\n"
MODULE = '''"""Counts."""

from a import b

LIMIT = 5


def total(x):
    """Add."""
    return sum(x)


class Table:
    """A table."""

    def shown(self):
        return 1

    def rest(self):
        return 2
'''
SENTENCES = "# Sentences\nexhibits.trend:\n  rising: It rises.\n  falling: |\n    It falls: by much.\n"


def project(folder, table=TABLE, module=MODULE, sentences=SENTENCES, persons="id\nx1\n"):
    digests = [hashlib.sha256(each.encode()).hexdigest() for each in (table, persons)]
    files = {
        "data/raw/catalog.yml": CATALOGUE.format(*digests),
        "data/raw/evidence/counts.csv": table,
        "data/raw/own/list.csv": persons,
        "src/analysis/counts.py": module,
        "src/analysis/texts/en.yml": sentences,
        "requirements.lock": "numpy==2.1.0 \\\n    --hash=a\nscipy==1.0\n",
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return folder


@pytest.fixture
def old(tmp_path):
    return project(tmp_path / "old")


def test_a_row_is_named_with_its_cells_and_the_digest_follows(old, tmp_path):
    table = TABLE.replace("GMB,2020,3", "GMB,2020,7").replace("SEN,2020,1", "SEN,2020,9")
    new = project(tmp_path / "new", table=table)
    found = differing(old, new)
    assert [(each.kind, each.old_line, each.diff) for each in found] == [
        ("row", 2, "value: 1 → 9"),
        ("row", 4, "value: 3 → 7"),
    ]
    tree = trees.hybrid(old, new, found[1:], tmp_path / "tree")
    assert (tree / "data/raw/evidence/counts.csv").read_text() == TABLE.replace("GMB,2020,3", "GMB,2020,7")
    digest = hashlib.sha256((tree / "data/raw/evidence/counts.csv").read_bytes()).hexdigest()
    assert digest in (tree / "data/raw/catalog.yml").read_text()
    assert (old / "data/raw/evidence/counts.csv").read_text() == TABLE


def test_an_entry_of_a_catalogue_and_rows_of_its_file_are_exchanged_apart(old, tmp_path):
    new = project(tmp_path / "new", table=TABLE.replace("GMB,2020,3", "GMB,2020,7"))
    listed = new / "data/raw/catalog.yml"
    listed.write_text(listed.read_text().replace("kind: public", "kind: public\n  caution: Few were asked."))
    for place, entry in enumerate(found := differing(old, new)):
        tree = trees.hybrid(old, new, [entry], tmp_path / f"tree{place}")
        digest = hashlib.sha256((tree / "data/raw/evidence/counts.csv").read_bytes()).hexdigest()
        assert digest in (tree / "data/raw/catalog.yml").read_text(), entry.id
    assert {each.kind for each in found} == {"catalogue", "row"}


def test_all_inputs_exchanged_give_the_new_state(old, tmp_path):
    table = "area_id,year,value\nNGA,2020,5\nSEN,2021,2\nGMB,2020,3\nGMB,2022,4\nGMB,2023,9\n"
    module = MODULE.replace("sum(x)", "sum(x) + LIMIT").replace("return 2", "return 3")
    new = project(tmp_path / "new", table=table, module=module, sentences=SENTENCES.replace("rises", "climbs"))
    every = exchanged(old, new, differing(old, new))
    for name, content in every.items():
        assert content == (new / name).read_bytes(), name


def test_functions_methods_and_wording_are_told_apart(old, tmp_path):
    module = MODULE.replace("sum(x)", "max(x)").replace("return 2", "return 3").replace("Add.", "Sum.")
    module = module.replace("A table.", "One table.").replace("LIMIT = 5", "LIMIT = 6  # more")
    found = differing(old, project(tmp_path / "new", module=module))
    named = {each.name: each.kind for each in found}
    assert named == {
        "LIMIT": "function",
        "total": "function",
        "Table.docstring": "wording of code",
        "Table.rest": "function",
    }
    one = next(each for each in found if each.name == "Table.rest")
    (content,) = exchanged(old, tmp_path / "new", [one]).values()
    assert content.decode() == MODULE.replace("return 2", "return 3")


def test_new_functions_come_along_with_what_calls_them(old, tmp_path):
    module = MODULE.replace("sum(x)", "added(x)") + "\n\ndef added(x):\n    return 0\n"
    module = module.replace("from a import b", "from a import b, c")
    found = {each.name: each for each in differing(old, project(tmp_path / "new", module=module))}
    assert not found["added"].alone and not found["import a"].alone
    (content,) = exchanged(old, tmp_path / "new", [found["total"]]).values()
    assert b"def added" in content and b"import b, c" in content


def test_sentences_go_by_their_keys():
    found = segments("src/analysis/texts/en.yml", SENTENCES, SENTENCES.replace("by much", "by little"))
    assert [each.name for each in found if each.differs] == ["exhibits.trend.falling"]


def test_of_files_of_persons_only_counts_are_told(old, tmp_path):
    (found,) = differing(old, project(tmp_path / "new", persons="id\nx2\nx3\n"))
    assert found.kind == "list version" and not found.old and not found.new
    assert "x2" not in found.diff and "x1" not in found.diff


def test_libraries_are_named_with_both_versions(old, tmp_path):
    new = project(tmp_path / "new")
    (new / "requirements.lock").write_text("numpy==2.2.0 \\\n    --hash=b\nscipy==1.0\n")
    (found,) = differing(old, new)
    assert (found.kind, found.name) == ("library", "numpy 2.1.0 → 2.2.0")


def test_a_literal_argument_of_a_cell_is_a_parameter():
    assert literals("x = f(a, top=5)", "x = f(a, top=7)") == ["top"]
    assert literals("x = f(a, top=5)", "x = g(a, top=7)") == []
    cells = [{"cell_type": "code", "source": [f"x = f(top={top})"], "metadata": {}} for top in (5, 7)]
    old, new = (json.dumps({"cells": [cell], "metadata": {}}) for cell in cells)
    (found,) = [each for each in segments("notebooks/a.ipynb", old, new) if each.differs]
    assert found.kind == "parameter" and "top" in found.name
    again = composed("notebooks/a.ipynb", segments("notebooks/a.ipynb", old, new), {1}, False)
    assert json.loads(again)["cells"] == [cells[1]]
