"""Texts are checked before the report is written, whether beside what is made of them or before it."""

import contextlib
from concurrent.futures import BrokenExecutor, ThreadPoolExecutor

import pytest

from analysis.batch import report, run
from analysis.batch.products import BatchError


@pytest.fixture(params=[True, False], ids=["beside", "before"])
def begun(request, monkeypatch):
    @contextlib.contextmanager
    def threads(number):
        with ThreadPoolExecutor(number) as pool:
            yield pool, number

    monkeypatch.setattr(run, "is_begun", lambda: request.param)
    monkeypatch.setattr(run, "local", threads)


def fail():
    raise BatchError("report_inputs_invalid", "The report cannot be made: a text has a number in it.")


def test_faulty_texts_stop_what_would_be_written(begun, monkeypatch):
    monkeypatch.setattr(report, "check_texts", fail)
    written = []
    with pytest.raises(BatchError, match="number in it"):
        with report._checked_beside():
            pass
        written.append("a page")
    assert not written


def test_what_is_wrong_with_the_texts_is_said_and_not_what_follows_from_it(begun, monkeypatch):
    monkeypatch.setattr(report, "check_texts", fail)
    with pytest.raises(BatchError, match="number in it"), report._checked_beside():
        raise KeyError("finding")
    monkeypatch.setattr(report, "check_texts", lambda: None)
    with pytest.raises(KeyError), report._checked_beside():
        raise KeyError("finding")


def test_a_process_that_was_lost_has_checked_nothing(begun, monkeypatch):
    calls = []

    def lost():
        calls.append(1)
        if len(calls) == 1:
            raise BrokenExecutor

    monkeypatch.setattr(report, "check_texts", lost)
    with contextlib.suppress(BrokenExecutor), report._checked_beside():
        pass
    assert len(calls) == (2 if run.is_begun() else 1)
