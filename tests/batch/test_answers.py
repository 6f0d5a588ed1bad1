"""Which pages a changed row concerns: answers are computed once for what they follow from, and noted."""

import json
from collections import namedtuple

import pytest

from analysis import catalog
from analysis.batch import answers, provenance, status
from analysis.data_read import answers_so_far, forget_reads
from analysis.evidence import detected_victims, official_indicators


@pytest.fixture(autouse=True)
def note(monkeypatch, tmp_path):
    monkeypatch.setattr(answers, "NOTE", tmp_path / "answers.json")
    monkeypatch.setattr(answers, "_KNOWN", {})
    monkeypatch.setattr(answers, "_READ_FROM_NOTE", [])
    forget_reads()
    yield
    forget_reads()


def test_an_answer_is_computed_once_for_each_key_and_noted(monkeypatch):
    computed = []
    monkeypatch.setattr(answers, "_digest_now", lambda question: computed.append(question) or f"of {question}")
    with answers.noted():
        assert answers.digests({"a": "1", "b": "2"}) == {"a": "of a", "b": "of b"}
        answers.digests({"a": "1"})
    assert computed == ["a", "b"]
    monkeypatch.setattr(answers, "_KNOWN", {})
    monkeypatch.setattr(answers, "_READ_FROM_NOTE", [])
    assert answers.digests({"a": "1"}) == {"a": "of a"} and computed == ["a", "b"]
    assert answers.digests({"a": "other data"}) == {"a": "of a"} and computed == ["a", "b", "a"]


def test_jobs_that_have_to_ask_again_are_those_with_a_question_whose_answer_is_not_known(monkeypatch):
    tiers = 'analysis.evidence_tables:rows["tiers", ["SEN"], "area_id", []]'
    said = {"a": {"behind": {tiers: "tiers"}}, "b": {"behind": {}}, "c": {}, "d": {"behind": {tiers: "treaties"}}}
    monkeypatch.setattr(status, "metadata", lambda executed: {"made_from": said[executed]} if executed != "c" else {})
    jobs = [namedtuple("Ran", "executed")(name) for name in said]
    assert [job.executed for job in status.asking(jobs)] == ["a", "d"]
    answers.digests(provenance.keys_of({tiers: "tiers"}))
    assert [job.executed for job in status.asking(jobs)] == ["d"]


def test_a_damaged_note_costs_time_and_nothing_else(monkeypatch):
    answers.NOTE.write_text("{", encoding="utf-8")
    monkeypatch.setattr(answers, "_digest_now", lambda question: "computed")
    with answers.noted():
        assert answers.digests({"a": "1"}) == {"a": "computed"}
    assert json.loads(answers.NOTE.read_text(encoding="utf-8")) == {"1": "computed"}


def test_a_question_about_what_is_gone_has_no_answer_and_stops_nothing():
    assert answers.digests({'analysis.evidence_tables:rows["no_such_table", null, "area_id", []]': "1"}) == {
        'analysis.evidence_tables:rows["no_such_table", null, "area_id", []]': "refused: CatalogError"
    }


def test_the_evidence_asked_for_an_area_follows_from_its_rows_alone():
    detected_victims("SEN")
    official_indicators("SEN")
    for answer in answers_so_far():
        behind = ";".join(sorted(each.name for each in answer.datasets))
        assert "official_counts" in behind
        keys = provenance.keys_of({answer.question: behind})
        assert answers.digests(keys) == {answer.question: answer.digest}


def test_a_key_changes_with_each_data_set_behind_an_answer_and_with_no_other(monkeypatch):
    asked = 'analysis.evidence_tables:rows["tiers", ["SEN"], "area_id", []]'
    now = provenance._every_input()
    before = provenance.keys_of({asked: "tiers"})
    monkeypatch.setattr(provenance, "_every_input", lambda: {**now, "treaties": "other"})
    assert provenance.keys_of({asked: "tiers"}) == before
    monkeypatch.setattr(provenance, "_every_input", lambda: {**now, "tiers": "other"})
    assert provenance.keys_of({asked: "tiers"}) != before
    monkeypatch.setattr(provenance, "_every_input", lambda: now)
    without = {name: entry for name, entry in catalog.datasets().items() if name != "treaties"}
    monkeypatch.setattr(catalog, "datasets", lambda: without)
    # A new table may belong to what is asked.
    assert provenance.keys_of({asked: "tiers"}) != before


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ('analysis.evidence_tables:rows["detected", ["SEN"], "area_id", []]', "detected of SEN; area_id"),
        ('analysis.headlines:_of_area["SEN", "victims", null]', "of area of SEN; victims"),
        ("analysis.exhibits.referral_evidence:all_readings[]", "all readings"),
    ],
)
def test_a_question_is_said_in_words(question, words):
    assert answers.in_words(question) == words
    assert len(answers.in_words(question.replace("SEN", "S" * 300))) <= answers.LONGEST
