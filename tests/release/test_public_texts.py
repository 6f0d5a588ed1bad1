"""Which identifiers public texts have is asked once for each text, list and program, and of nothing confidential."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from analysis import catalog
from analysis.batch import kept_results
from analysis.catalog import ROOT
from analysis.release import direct_identifiers, identifier_matches
from analysis.release.direct_identifiers import SEARCH, _known_to_all

TEXTS = ["Çınar and Kanaryaserbest stand here.", "Nobody stands here."]
NAMES = {"Kanaryaserbest", "Sarıtüy Gülşen", "05559998877"}


@pytest.fixture(autouse=True)
def texts(tmp_path, monkeypatch):
    """The public texts, one of which has a name."""
    found = list(TEXTS)
    monkeypatch.setattr(kept_results, "FOLDER", tmp_path / "kept")
    monkeypatch.setattr(direct_identifiers, "public_texts", lambda unsure: iter(found))
    return found


@pytest.fixture
def searched(monkeypatch):
    """The texts that were really searched, as they are."""
    seen = []

    class Watched(identifier_matches.Index):
        def words_in(self, text):
            seen.append(text)
            return super().words_in(text)

    monkeypatch.setattr(direct_identifiers, "Index", Watched)
    return seen


def known(names=NAMES):
    return _known_to_all(set(names), (), may_be_kept=True)


def in_texts(seen):
    return [text for text in seen if " " in text]


def files() -> list[Path]:
    return sorted(path for path in kept_results.FOLDER.rglob("*") if path.is_file())


def test_what_was_searched_is_not_searched_again_and_the_answer_is_the_same(searched):
    assert known() == {"Kanaryaserbest"} == _known_to_all(NAMES, ())
    searched.clear()
    assert known() == {"Kanaryaserbest"} and not searched


def test_a_text_that_changed_is_searched_and_what_it_has_no_more_is_looked_for_again(texts, searched):
    known()
    searched.clear()
    texts[1] = "Sarıtüy Gülşen stands here."
    assert known() == {"Kanaryaserbest", "Sarıtüy Gülşen"} and in_texts(searched) == [texts[1]]
    texts[0] = "Çınar stands here."
    assert known() == {"Sarıtüy Gülşen"}
    texts[:] = TEXTS
    assert known() == {"Kanaryaserbest"}


def test_another_list_of_identifiers_is_another_search(texts, searched):
    known()
    searched.clear()
    assert known({*NAMES, "Çınar"}) == {"Kanaryaserbest", "Çınar"} and in_texts(searched) == texts
    searched.clear()
    assert known({"Çınar"}) == {"Çınar"} and in_texts(searched) == texts


def test_another_program_searches_again(monkeypatch, texts, searched):
    library = kept_results.program(SEARCH)["library"]
    assert {f"src/analysis/{each}.py" for each in ("intake/pseudonyms", "release/identifier_matches")} <= set(library)
    known()
    searched.clear()
    for name in library:
        found = {"library": library | {name: "another"}, "environment": {}}
        monkeypatch.setattr(kept_results, "program", lambda modules, found=found: found)
        kept_results._program.cache_clear()
        known()
    kept_results._program.cache_clear()
    assert in_texts(searched) == texts * len(library)


@pytest.mark.parametrize("damage", ["shortened", "emptied", "edited", "exchanged", "no file", "unreadable"])
def test_what_was_kept_and_then_altered_is_ignored(searched, damage):
    known()
    first, second = files()
    before = [path.read_bytes() for path in (first, second)]
    for path, content, other in zip((first, second), before, before[::-1], strict=True):
        if damage in ("no file", "unreadable"):
            path.unlink()
            if damage == "unreadable":
                path.mkdir()
            continue
        altered = content[:32] + json.dumps(["05559998877"]).encode()
        path.write_bytes({"shortened": content[:-1], "emptied": b"", "edited": altered, "exchanged": other}[damage])
    searched.clear()
    assert known() == {"Kanaryaserbest"} and in_texts(searched) == TEXTS


def test_of_what_may_not_be_kept_nothing_is(monkeypatch, searched):
    assert _known_to_all(NAMES, ()) == {"Kanaryaserbest"} and not files()
    monkeypatch.setattr(kept_results, "may_be_kept", lambda: False)
    assert known() == {"Kanaryaserbest"} and not files()


def test_one_confidential_list_keeps_all_of_a_search_from_being_kept(monkeypatch):
    entry = next(each for each in catalog.datasets().values() if each.mapping)
    for kind, keeps in (("synthetic", True), ("confidential", False)):
        asked = []
        listed = [entry, replace(entry, kind=kind)]
        monkeypatch.setattr(direct_identifiers, "_entries", lambda study, kinds, listed=listed: listed)
        monkeypatch.setattr(direct_identifiers, "_collect", lambda *_: direct_identifiers._Collected(names=set(NAMES)))
        monkeypatch.setattr(
            direct_identifiers, "_known_to_all", lambda *_, may_be_kept, asked=asked: asked.append(may_be_kept) or set()
        )
        direct_identifiers.of_studies(["demo_islands"])
        assert asked == [keeps]


def test_what_people_write_is_read_as_it_is_only_where_git_knows_it_so(monkeypatch):
    written = sorted(path for path in direct_identifiers._own_files() if path.is_relative_to(ROOT / "pledge"))
    names = [path.relative_to(ROOT).as_posix().encode() for path in written]
    answers = {"ls-files": b"\0".join(names), "diff": names[0]}
    monkeypatch.setattr(direct_identifiers, "git", lambda command, *_: answers[command])
    assert {path for path in direct_identifiers._not_committed() if path in written} == {written[0]}
    # Where git knows nothing of the project, none of it is public.
    for answer in (None, b""):
        monkeypatch.setattr(direct_identifiers, "git", lambda *_, answer=answer: answer)
        assert direct_identifiers._not_committed() == set(written)
