"""What is remembered is computed once, and counts as read each time that it is asked for."""

import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis import data_read
from analysis.data_read import (
    answers_so_far,
    forget_reads,
    mark_read,
    question,
    read_as_whole,
    read_so_far,
    remembered,
)


@pytest.fixture(autouse=True)
def reads(monkeypatch):
    monkeypatch.setattr(data_read, "_READ", [data_read._Record()])


def entry(name):
    return SimpleNamespace(name=name)


def names():
    return [each.name for each in read_so_far()]


def test_what_is_remembered_is_computed_once():
    asked = []

    @remembered
    def doubled(number):
        asked.append(number)
        return 2 * number

    assert [doubled(2), doubled(2), doubled(3)] == [4, 4, 6]
    assert asked == [2, 3]


def test_a_result_that_was_computed_before_counts_as_read_again():
    @remembered
    def sources():
        mark_read(entry("sources"))
        return 1

    @remembered
    def counts():
        mark_read(entry("counts"))
        return sources() + 1

    assert counts() == 2
    assert names() == ["counts", "sources"]
    forget_reads()
    assert names() == []
    assert sources() == 1
    assert names() == ["sources"]
    forget_reads()
    assert counts() == 2
    assert set(names()) == {"counts", "sources"}


def test_what_was_read_before_is_no_part_of_what_a_result_was_made_from():
    mark_read(entry("before"))

    @remembered
    def one():
        mark_read(entry("one"))

    one()
    forget_reads()
    one()
    assert names() == ["one"]


def test_what_was_read_for_a_result_that_failed_was_read():
    @remembered
    def failing():
        mark_read(entry("read"))
        raise ValueError

    with pytest.raises(ValueError):
        failing()
    assert names() == ["read"]
    mark_read(entry("later"))
    forget_reads()
    with pytest.raises(ValueError):
        failing()
    assert names() == ["read"]


def asked(function, monkeypatch):
    """A question that stands in a module, as those that notebooks ask do."""
    function.__module__, function.__qualname__ = __name__, function.__name__
    monkeypatch.setitem(globals(), function.__name__, found := question(function))
    return found


def test_the_answer_of_a_question_counts_and_not_the_data_sets_behind_it(monkeypatch):
    @remembered
    def counts():
        mark_read(entry("counts"))
        return {"SEN": 1, "MLI": 2}

    def of_area(area_id, years=None):
        return counts()[area_id]

    of_area = asked(of_area, monkeypatch)
    assert of_area("SEN") == of_area(area_id="SEN") == 1
    (answer,) = answers_so_far()
    assert (answer.question, [each.name for each in answer.datasets]) == (
        f'{__name__}:of_area["SEN", null]',
        ["counts"],
    )
    assert names() == ["counts"] and read_as_whole() == []
    # Who reads the data set besides has read all of it.
    counts()
    assert [each.name for each in read_as_whole()] == ["counts"]


def test_a_question_that_a_remembered_result_asked_is_asked_again_with_it(monkeypatch):
    def rows(area_id):
        mark_read(entry("rows"))
        return area_id

    rows = asked(rows, monkeypatch)

    @remembered
    def page():
        return rows("SEN") + rows("MLI")

    page()
    forget_reads()
    assert answers_so_far() == [] and page() == "SENMLI"
    assert [each.question.partition("[")[2] for each in answers_so_far()] == ['"SEN"]', '"MLI"]']


def test_what_was_read_for_a_question_that_failed_was_read_as_a_whole(monkeypatch):
    def refused(area_id):
        mark_read(entry("rows"))
        raise ValueError

    refused = asked(refused, monkeypatch)
    with pytest.raises(ValueError):
        refused("SEN")
    assert [each.name for each in read_as_whole()] == ["rows"] and answers_so_far() == []


def test_a_question_asked_again_has_the_same_answer_until_its_rows_change(monkeypatch):
    table = pd.DataFrame({"area_id": ["SEN", "MLI"], "low": [1.0, np.nan], "note": ["", "x"]})

    def rows(area_ids):
        mark_read(entry("counts"))
        return table[table["area_id"].isin(area_ids)].reset_index(drop=True)

    rows = asked(rows, monkeypatch)
    rows(("SEN",))
    (then,) = answers_so_far()
    forget_reads()

    def now():
        rows.cache_clear()
        return data_read.asked_again(then.question, sys.modules.get)

    assert now() == then and read_so_far() == []
    table.loc[1, "low"] = 7
    assert now() == then
    for column, value in (("low", 2.0), ("note", "y"), ("low", np.nan), ("note", None)):
        before = table.loc[0, column]
        table.loc[0, column] = value
        assert now() != then, (column, value)
        table.loc[0, column] = before
        assert now() == then


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [1.0]})),
        (pd.DataFrame({"a": [""]}), pd.DataFrame({"a": [None]})),
        (pd.DataFrame({"a": ["x"]}), pd.DataFrame({"b": ["x"]})),
        (pd.DataFrame({"a": [0.1 + 0.2]}), pd.DataFrame({"a": [0.3]})),
        (pd.DataFrame({"a": [1]}, index=[0]), pd.DataFrame({"a": [1]}, index=[1])),
        (pd.DataFrame({"a": ["x,y"], "b": ["z"]}), pd.DataFrame({"a": ["x"], "b": ["y,z"]})),
        (pd.Series([1, 2]), pd.Series([2, 1])),
        (("a", "b"), ("ab",)),
        ([("a",), ("b",)], [("a", "b")]),
        (None, ""),
    ],
)
def test_answers_that_differ_in_anything_have_other_digests(one, other):
    assert data_read._content(one) != data_read._content(other)
    assert data_read._content(one) == data_read._content(one)
