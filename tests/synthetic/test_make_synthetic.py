"""`make synthetic`: which studies it writes where, and what it says of what it cannot write."""

from __future__ import annotations

import ast
import re
import subprocess
import sys

import pytest

from analysis import catalog
from analysis.project_files import sources
from tools.synthetic import __main__ as command

FOLDER = catalog.RAW / "synthetic"


@pytest.fixture
def written(monkeypatch):
    """What would be written; the generators themselves have tests of their own."""
    asked = []

    class Nobody:
        persons, captures = (), ()

    monkeypatch.setattr(command, "write", lambda *given: asked.append(given) or Nobody)
    return asked


def test_without_a_study_all_are_written_as_they_are_committed(written):
    assert command.main([]) == 0
    assert written == [(name, FOLDER / name, None, command.SEED) for name in ("demo_provinces", "demo_islands")]


def test_a_study_of_another_size_goes_where_it_is_wanted(written, tmp_path, capsys):
    assert command.main(f"demo_islands --persons 40 --seed 0 --into {tmp_path / 'small'}".split()) == 0
    assert written == [("demo_islands", tmp_path / "small", 40, 0)]
    assert f"in {tmp_path / 'small'}" in capsys.readouterr().out


@pytest.mark.slow
def test_a_study_of_any_size_is_written_by_the_command(tmp_path):
    typed = [sys.executable, "-m", "tools.synthetic", "demo_islands", "--persons", "200", "--into", str(tmp_path / "s")]
    ended = subprocess.run(typed, cwd=catalog.ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert "200 synthetic persons" in ended.stdout
    assert len(list((tmp_path / "s").glob("*_SYNTHETIC.mapping.yml"))) == 5


WRONG = [
    ("west_africa --into small", "west_africa"),
    ("mars", "mars"),
    ("demo_provinces --persons 0", "--persons"),
    ("demo_provinces --seed -1", "--seed"),
    ("--persons 500", "STUDY"),
    ("--into small", "STUDY"),
    *((f"demo_provinces --into {catalog.RAW / study}", "is for real lists") for study in ("turkiye", "cabo_verde")),
    ("demo_provinces --persons 1 --into /dev/null/small", "/dev/null/small"),
]


@pytest.mark.parametrize(("typed", "named"), WRONG)
def test_a_users_error_is_answered_in_a_sentence_and_nothing_is_written(capsys, tmp_path, monkeypatch, typed, named):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as left:
        command.main(typed.split())
    told = capsys.readouterr()
    assert left.value.code == 2 and named in told.err and "Traceback" not in told.err and told.out == ""
    assert list(tmp_path.iterdir()) == []


def test_help_has_examples_that_work(capsys):
    with pytest.raises(SystemExit) as left:
        command.main(["--help"])
    told = capsys.readouterr().out
    typed = re.findall(r'make synthetic ARGS="(.*?)"', told)
    assert left.value.code == 0 and typed and "make synthetic  " in told
    assert all(command.parser().parse_args(words.split()).study for words in typed)
    assert re.search(r"^synthetic: setup ## .*\n\t@\$\(IN_VENV\) -m tools\.synthetic \$\(ARGS\)$",
                     (catalog.ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)  # fmt: skip


def test_the_assessment_does_without_the_generators():
    for path in (each for folder in sources() for each in folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.split(".")[0] == "tools"], path
