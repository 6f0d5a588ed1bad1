"""What is kept for the next report is what would be made, whatever was changed, damaged or taken away."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from analysis.batch import kept_results, report
from analysis.batch.provenance import program
from analysis.report import typeset
from analysis.report.typeset import Paper


def picture(colour: str) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (40, 20), colour).save(content, "png")
    return content.getvalue()


TEXT = '# A title {#a}\n\nA text.\n\n![What it is](map.png){alt="A map" width="50%" pixels_wide=40 pixels_high=20}\n'
PAPER = Paper("A title", "en", TEXT, {"map": picture("red")}, form="brief")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(kept_results, "FOLDER", tmp_path / "kept")
    return tmp_path / "kept"


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def counted(content: bytes = b"made") -> tuple[list[int], Callable[[], bytes]]:
    calls: list[int] = []

    def make() -> bytes:
        calls.append(1)
        return content

    return calls, make


def test_a_result_is_made_once_for_what_it_follows_from(folder):
    calls, make = counted()
    assert [kept_results.kept(("form", {"a": 1}), make) for _ in range(3)] == [b"made"] * 3
    assert len(calls) == 1
    for other in (("form", {"a": 2}), ("other", {"a": 1}), ("form", b'{"a": 1}'), ("form", "", {"a": 1})):
        kept_results.kept(other, make)
    assert len(calls) == 5
    assert all(path.stat().st_mode & 0o077 == 0 for path in files(folder))


@pytest.mark.parametrize("damage", [lambda was: was[:-1], lambda was: b"", lambda was: was[:40] + b"X" + was[41:]])
def test_a_damaged_file_is_made_again(folder, damage):
    calls, make = counted(b"content" * 10)
    kept_results.kept(("x",), make)
    [path] = files(folder)
    path.write_bytes(damage(path.read_bytes()))
    assert kept_results.kept(("x",), make) == b"content" * 10
    assert kept_results.kept(("x",), make) == b"content" * 10
    assert len(calls) == 2


def test_what_fails_is_not_kept(folder):
    def fail() -> bytes:
        raise typeset.TypesettingFailed("not_set", "No.")

    with pytest.raises(typeset.TypesettingFailed):
        kept_results.kept(("x",), fail)
    assert files(folder) == []
    _, make = counted()
    assert kept_results.kept(("x",), make) == b"made"


def test_a_folder_that_cannot_be_written_or_is_gone_costs_time_alone(folder, monkeypatch):
    folder.write_text("no folder")
    calls, make = counted()
    assert [kept_results.kept(("x",), make) for _ in range(2)] == [b"made"] * 2
    assert len(calls) == 2 and not kept_results.is_begun()


def test_of_confidential_persons_nothing_is_kept(folder, monkeypatch):
    monkeypatch.setattr(kept_results, "may_be_kept", lambda: False)
    calls, make = counted()
    assert [kept_results.kept(("x",), make) for _ in range(2)] == [b"made"] * 2
    assert len(calls) == 2 and files(folder) == [] and not kept_results.is_begun()


def test_a_program_that_changed_finds_nothing(monkeypatch):
    library = {name for name in program(kept_results.MODULES)["library"]}
    drawn_and_set_by = (
        "report/typeset.py",
        "report/templates/report.typ",
        "report/templates/report.lua",
        "report/templates/reference.docx",
        "report/templates/figures.yml",
        "plots/style.py",
        "report/figure_words.py",
        "exhibits/plot_as_data.py",
    )
    assert {f"src/analysis/{each}" for each in drawn_and_set_by} <= library

    calls, make = counted()
    kept_results.kept(("x",), make)
    assert kept_results.is_begun()

    def changed(modules: object) -> dict[str, dict[str, str]]:
        made_by = program(kept_results.MODULES)
        return made_by | {"library": made_by["library"] | {"src/analysis/report/templates/report.typ": "another"}}

    monkeypatch.setattr(kept_results, "program", changed)
    kept_results._program.cache_clear()
    try:
        assert not kept_results.is_begun()
        kept_results.kept(("x",), make)
    finally:
        kept_results._program.cache_clear()
    assert len(calls) == 2


def test_what_was_used_least_recently_goes_first(folder):
    for number in range(4):
        kept_results.kept((number,), lambda: b"x" * 100)
    for age, path in enumerate(files(folder)):
        os.utime(path, (1_000_000 + age, 1_000_000 + age))
    first, *others = files(folder)
    calls, make = counted()
    number = next(each for each in range(4) if kept_results._key((each,)) == first.name)
    kept_results.kept((number,), make)  # the oldest is used again
    kept_results.trim(2 * (100 + 32))
    assert files(folder) == sorted([first, others[-1]]) and not calls


def test_a_paper_is_set_again_only_where_it_changed(folder, monkeypatch):
    """The bytes are those of a paper that is set anew, whether it was kept or not."""
    fresh = {"a.pdf": typeset.pdf(PAPER), "a.docx": typeset.docx(PAPER)}
    assert report.typeset_in_both_forms(PAPER, "a", 2) == fresh
    set_again: list[str] = []
    for name in ("pdf", "docx"):
        before = getattr(typeset, name)
        monkeypatch.setattr(typeset, name, lambda paper, name=name, by=before: (set_again.append(name), by(paper))[1])
    assert report.typeset_in_both_forms(PAPER, "a", 2) == fresh and not set_again
    for changed in (
        replace(PAPER, markdown=TEXT.replace("A text", "Another")),
        replace(PAPER, pictures={"map": picture("blue")}),
        replace(PAPER, language="fr"),
        replace(PAPER, state="In May"),
        replace(PAPER, synthetic=True),
    ):
        set_again.clear()
        made = report.typeset_in_both_forms(changed, "a", 2)
        assert set_again == ["pdf", "docx"]
        assert made == {"a.pdf": typeset.pdf(changed), "a.docx": typeset.docx(changed)}


def test_a_paper_that_is_too_long_is_refused_each_time():
    long = replace(PAPER, markdown="\n\n".join(["# A title {#a}", *["A text."] * 200]))
    for _ in range(2):
        with pytest.raises(typeset.TypesettingFailed, match="may have 2"):
            report.typeset_in_both_forms(long, "a", 2)


def test_pages_of_a_site_are_kept_with_their_template():
    text = replace(PAPER, pictures={})
    for template in ("<title>$pagetitle$</title>$body$", "<h1>$pagetitle$</h1>$body$"):
        made = typeset.pages(text, template)
        assert [report.split_in_pages(text, template) for _ in range(2)] == [made, made]
