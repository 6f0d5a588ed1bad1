"""What is remembered is computed once, and counts as read each time that it is asked for."""

from types import SimpleNamespace

import pytest

from analysis import data_read
from analysis.data_read import forget_reads, mark_read, read_so_far, remembered


@pytest.fixture(autouse=True)
def reads(monkeypatch):
    monkeypatch.setattr(data_read, "_READ", [{}])


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
