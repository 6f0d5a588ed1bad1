"""Measures: what is said of a file that declares one wrongly, with the file in which it stands."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from analysis.findings import measures
from analysis.findings.measures import LANGUAGES, UNITS, declared
from bounded.refusal import Refusal

GOOD = {
    "unit": "persons",
    "title": dict.fromkeys(LANGUAGES, "persons"),
    "sentence": dict.fromkeys(LANGUAGES, "{area}: {value}"),
}


def text(**changed: object) -> str:
    return yaml.safe_dump({"a_measure": {**GOOD, **changed}})


def refused(given: str) -> str:
    with pytest.raises(Refusal) as refusal:
        declared("change", given, "measures/change.yml")
    assert refusal.value.code == "invalid_measure"
    return str(refusal.value)


def test_a_measure_is_what_its_file_says_and_the_rest_is_empty():
    measure = declared("change", text(decimals=2), "change.yml")["a_measure"]
    assert (measure.analysis, measure.unit, measure.decimals) == ("change", "persons", 2)
    assert (measure.items, measure.levels, measure.better) == ({}, {}, "")
    assert declared("change", "# Nothing yet.\n", "change.yml") == {}


def test_a_unit_that_is_none_is_named_with_its_file_and_with_the_units_there_are():
    said = refused(text(unit="victims"))
    assert said.startswith("measures/change.yml: the unit of a_measure is 'victims', and must be one of persons, ")
    assert all(unit in said for unit in UNITS) and "twice" not in said


@pytest.mark.parametrize("part", ["unit", "title", "sentence"])
def test_what_each_measure_needs_is_named_where_it_is_not_there(part):
    without = yaml.safe_dump({"a_measure": {name: each for name, each in GOOD.items() if name != part}})
    assert refused(without) == f"measures/change.yml: a_measure has no {part}, which each measure needs."


def test_a_language_that_is_missing_and_a_word_that_no_measure_has_are_named():
    said = refused(text(sentence={"en": "{value}", "fr": "{value}"}))
    assert said == "measures/change.yml: the sentence of a_measure is missing in pt, tr."
    said = refused(text(units="persons"))
    assert said.startswith("measures/change.yml: a_measure has 'units'; a measure has some of unit, ")


def test_a_file_that_is_no_yaml_is_named():
    assert refused("a_measure: {unit: persons").startswith("measures/change.yml cannot be read as YAML: ")


def test_a_measure_that_stands_twice_in_one_file_is_not_overwritten():
    assert refused(text() + text()) == "measures/change.yml declares a_measure twice: take one of the two away."


def test_a_measure_of_two_files_is_refused_with_both(monkeypatch, tmp_path):
    for name in ("incidence", "trends"):
        (tmp_path / f"{name}.yml").write_text(text(), encoding="utf-8")
    monkeypatch.setattr(measures, "_file", lambda analysis: Path(tmp_path, f"{analysis}.yml"))
    monkeypatch.setattr(measures, "shown", lambda path: f"measures/{path.name}")
    with pytest.raises(Refusal) as refusal:
        measures._read.__wrapped__()
    # As they follow in the table of analyses: the first has the name.
    assert str(refusal.value) == (
        "measures/trends.yml: a_measure is declared in measures/incidence.yml, too. Give one of the two another name."
    )
