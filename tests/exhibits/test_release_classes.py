"""What shows persons states its release class: a kind or a class that was forgotten must not make it public."""

import ast
from inspect import signature
from pathlib import Path

import pandas as pd
import pytest

import disclosure
from analysis.cases import person_counts
from analysis.exhibits import exhibit
from analysis.exhibits.exhibit import ESTIMATE, INTERNAL, PROTECTED, PUBLIC, Exhibit
from analysis.release import direct_identifiers
from analysis.report.pages import RELEASED
from analysis.survey import counts
from survey_stats.contingency import releasable

EXHIBITS = Path(exhibit.__file__).parent
# Modules that read tables of persons, protected or not.
OF_PERSONS = ("analysis.cases.processed", "analysis.survey.processed")
# The place of the kind among the arguments of Exhibit.
KIND = 9


def modules_of_persons() -> list[str]:
    sources = {path.stem: path.read_text(encoding="utf-8") for path in EXHIBITS.glob("*.py")}
    return sorted(name for name, source in sources.items() if any(module in source for module in OF_PERSONS))


def calls(name: str, called: str) -> list[ast.Call]:
    tree = ast.parse((EXHIBITS / f"{name}.py").read_text(encoding="utf-8"))
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [call for call in found if isinstance(call.func, ast.Name) and call.func.id == called]


def test_some_modules_show_persons():
    assert {"case_records", "risk_survey", "record_counts"} <= set(modules_of_persons())


@pytest.mark.parametrize("name", modules_of_persons())
def test_an_exhibit_of_persons_names_its_kind_or_its_gate(name):
    for call in calls(name, "Exhibit"):
        named = {keyword.arg for keyword in call.keywords}
        assert named & {"kind", "release_class"} or len(call.args) > KIND, f"{name}.py:{call.lineno}"


@pytest.mark.parametrize("kind", ["confidential", "synthetic"])
def test_an_exhibit_of_persons_stays_in_the_house_unless_it_says_otherwise(kind):
    table = pd.DataFrame({"Persons": [3]})
    assert Exhibit("x", "a title", table, kind=kind).effective_class == INTERNAL not in RELEASED
    assert Exhibit("x", "a title", table, kind=kind, release_class=PROTECTED).effective_class == PROTECTED
    assert Exhibit("x", "a title", table).effective_class == PUBLIC
    assert ESTIMATE in RELEASED


def test_no_module_has_a_threshold_of_its_own():
    assert disclosure.K == person_counts.FEWEST == counts.K == signature(releasable).parameters["k"].default


def test_words_in_an_address_of_a_public_source_are_public(tmp_path, monkeypatch):
    source = tmp_path / "sources.csv"
    source.write_text("source_id,url\na,https://example.org/%C4%B0hsan-raporu\n", encoding="utf-8")
    monkeypatch.setattr(direct_identifiers, "_files", lambda: iter([source]))
    assert any("İhsan" in text for text in direct_identifiers.public_texts())
