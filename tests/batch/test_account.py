"""What is said of files that come and go: counts by reason and kind, the first names, and the whole list in a file."""

from __future__ import annotations

import pytest

from analysis.batch import account
from analysis.catalog import ROOT

WHY, OTHER = "since lists are real now", "since nobody asks"


def paths(*names: str) -> list:
    return [ROOT / name for name in names]


GONE = {
    **dict.fromkeys(paths("reports/turkiye/TR-27/a.html", "reports/turkiye/TR-79/b.html"), WHY),
    **dict.fromkeys(paths("figures/turkiye/TR-27/c.png", "data/processed/staged/figures/turkiye/TR-27/c.png"), WHY),
    **dict.fromkeys(paths("data/processed/runs/turkiye/TR-27/a.ipynb"), OTHER),
}


def test_what_will_go_is_counted_by_kind_for_each_reason_and_three_are_named():
    first, second = account.announced(GONE)
    assert second == f"Will be taken away, {WHY}: 2 released pages, 1 released figure, 1 staged figure (" + (
        "data/processed/staged/figures/turkiye/TR-27/c.png, figures/turkiye/TR-27/c.png, reports/turkiye/TR-27/a.html "
        "and 1 more)."
    )
    assert first == f"Will be taken away, {OTHER}: 1 notebook (data/processed/runs/turkiye/TR-27/a.ipynb)."


def test_what_has_gone_is_counted_by_folder_and_the_whole_list_is_in_a_file(tmp_path, monkeypatch):
    assert account.gone({}) == ["Gone: nothing."]
    lines = account.gone(GONE)
    assert lines[1] == (
        f"Gone, {WHY}: 1 of data/processed/staged/figures/turkiye, 1 of figures/turkiye, 2 of reports/turkiye."
    )
    assert "5 files" in lines[2] and "taken_away.txt" in lines[2]
    monkeypatch.setattr(account, "LIST", tmp_path / "list.txt")
    few = dict(list(GONE.items())[:3])
    account.keep(few)
    assert len(account.gone(few)) == 1 and not account.LIST.exists()
    account.keep(GONE)
    assert len(account.LIST.read_text(encoding="utf-8").splitlines()) == 5


@pytest.mark.parametrize(("what", "said"), [((), "nothing"), (("a report", "one page"), "a report; one page")])
def test_what_is_missing_is_said_and_so_is_that_nothing_is(what, said):
    assert account.missing(what) == f"Missing: {said}."
