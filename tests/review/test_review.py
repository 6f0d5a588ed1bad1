"""Whoever signs a release is told of everything that is published otherwise, once, and of what matters first.

The projects are small ones made by hand: a page with a figure and its table, a finding, the report and a brief.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from projects import copy_of_the_project, run_analysis
from reviewed_projects import PLACE, project

from analysis import areas, cli, cli_review
from analysis.project_files import git
from analysis.review import page
from analysis.review.differences import differences, differing, values
from analysis.review.published import outputs, published
from bounded.refusal import Refusal


@pytest.fixture(autouse=True, scope="module")
def _no_recommendations():
    """These projects have too few findings for the recommendations of the pledge."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("analysis.review.published._of_recommendations", lambda folder, stated: [])
        yield


@pytest.fixture(scope="module")
def before(tmp_path_factory) -> Path:
    return project(tmp_path_factory.mktemp("review") / "before")


@pytest.fixture
def compared(before, tmp_path):
    """The changes of a project that is otherwise in some pieces."""

    def compared(**changed: object) -> pd.DataFrame:
        after = project(tmp_path / "after", **changed)
        names = differing(before, after)
        return differences(published(before, only=names), published(after, only=names))

    return compared


def test_nothing_is_listed_where_nothing_changed(compared):
    found = compared()
    assert found.empty
    assert page.answer(found) == "Nothing that is published differs."


def test_a_number_in_a_finding_a_table_and_on_a_page_is_one_change_that_names_its_places(compared):
    found = compared(table="year,low,high\n2020,1,4\n2021,90,90\n", rows=(("2020", "&lt;5"), ("2021", "90")), value=90)
    numbers = found[found["kind"] == "number"]
    assert list(numbers["id"]) == ["SEN/headline.victims"]
    row = numbers.iloc[0]
    assert (row["why_it_matters"], row["status"]) == ("headline", "changed")
    assert (row["old_low"], row["new_low"]) == (70, 90)
    assert row["relative_change"] == pytest.approx(2 / 7)
    assert f"reports/{PLACE}/trends_by_year.csv" in row["places"]
    # The printed row repeats the table beside it.
    assert "sentence" not in set(found["kind"])
    assert found.iloc[0]["id"] == row["id"]


ONE_CHANGE = {
    "a cell, beyond its bounds": (
        {"table": "year,low,high\n2020,6,8\n2021,70,70\n"},
        ("number", "beyond uncertainty", f"reports/{PLACE}/trends_by_year.csv#2020#figure"),
    ),
    "a cell, within its bounds": (
        {"table": "year,low,high\n2020,0,4\n2021,70,70\n"},
        ("number", "within uncertainty", f"reports/{PLACE}/trends_by_year.csv#2020#figure"),
    ),
    "a row": (
        {"table": "year,low,high\n2019,3,3\n2020,1,4\n2021,70,70\n"},
        ("number", "new, gone or not comparable", f"reports/{PLACE}/trends_by_year.csv#2019#figure"),
    ),
    "a direction": (
        {"change": (-5.0, -9.0, -1.0)},
        ("number", "direction flipped", "SEN/annual_change.convictions"),
    ),
    "a sentence": (
        {"opening": "It fell."},
        ("sentence", "wording", f"reports/{PLACE}/trends.html#(page), paragraph 1"),
    ),
    "a sentence of the report": (
        {"report": "Eighty persons."},
        ("sentence", "wording", "reports/pledge_report/en/summary.html#pledge_report/en/summary, paragraph 1"),
    ),
    "a number within a sentence": (
        {"limits": "Detected is not incidence, 2020."},
        ("sentence", "wording", f"reports/{PLACE}/trends.html#by_year, paragraph 2"),
    ),
    "a header": (
        {"header": ("Year", "Victims")},
        ("sentence", "wording", f"reports/{PLACE}/trends.html#by_year, table header 1"),
    ),
    "a brief": (
        {"brief": "Eighty persons, briefly."},
        (
            "sentence",
            "wording",
            "reports/pledge_report/downloads/brief_SEN_en.docx#pledge_report/downloads/brief_SEN_en, paragraph 1",
        ),
    ),
}


@pytest.mark.parametrize(("changed", "expected"), ONE_CHANGE.values(), ids=ONE_CHANGE)
def test_a_change_is_listed_once_beside_its_file(compared, changed, expected):
    found = compared(**changed)
    listed = found[found["kind"] != "file"]
    assert [tuple(row) for row in listed[["kind", "why_it_matters", "id"]].to_numpy()] == [expected]


def test_a_figure_names_the_texts_on_it_that_differ(compared):
    found = compared(drawn="persons\n90 % limits")
    figure = found[found["kind"] == "figure"].iloc[0]
    assert figure["note"] == "Gone on it: 95 % limits. New on it: 90 % limits."


def test_one_edit_in_two_places_is_one_change(compared):
    found = compared(report="Seventy children.", brief="Seventy children.", opening="It fell.")
    # The brief said it otherwise before, and so was edited otherwise.
    assert sorted(found.loc[found["kind"] == "sentence", "places"].str.count(";")) == [0, 0, 0]
    again = compared(report="Few: seventy persons.", brief="Few: seventy persons, briefly.")
    assert list(again.loc[again["kind"] == "sentence", "places"].str.count(";")) == [1]


def test_a_recommendation_that_turned_comes_before_a_number_and_says_what_its_condition_found(before):
    old = published(before)
    said = (
        old[old["kind"] == "number"]
        .head(1)
        .assign(
            id="WA-01",
            kind="recommendation",
            part="as a whole",
            area_id="west_africa",
            value="met",
            detail="5 of 16: met.",
        )
    )
    new = said.assign(value="not met", detail="4 of 16: not met.")
    number = old[old["part"] == "cell of a table"].head(1)
    found = differences(pd.concat([said, number]), pd.concat([new, number.assign(low=0, high=0, value="0")]))
    assert found.iloc[0]["why_it_matters"] == "recommendation turned"
    assert found.iloc[0]["note"] == "[-5-]{+4+} of 16: {+not +}met."
    assert "1 recommendation turned" in page.answer(found)


def test_what_changes_are_in_a_third_state_is_told(before, compared, tmp_path):
    found = compared(opening="It fell.", table="year,low,high\n2020,6,8\n2021,70,70\n")
    third = project(tmp_path / "third", opening="It fell.")
    said = values(found, published(third))
    assert said[f"reports/{PLACE}/trends.html#(page), paragraph 1"] == "new"
    assert said[f"reports/{PLACE}/trends_by_year.csv#2020#figure"] == "old"


def test_the_page_opens_with_its_answer_and_holds_both_figures(before, compared, tmp_path):
    found = compared(value=90, opening="It <fell>.".replace("<", "&lt;").replace(">", "&gt;"), pixel=255)
    after = tmp_path / "after"
    causes = pd.DataFrame(
        [("SEN/headline.victims", "row-1", "switched alone", "row 741 of official_counts.csv")],
        columns=["change", "cause", "how", "words"],
    )
    inputs = [{"id": "row-1", "words": "Row 741 of official_counts.csv", "diff": "- 70\n+ 90"}]
    review = page.Review(found, "a", "b", outputs(before), outputs(after), causes=causes, inputs=inputs)
    written = page.write(review, tmp_path / "reports" / "review")
    assert [path.name for path in written] == ["index.html", "changes.csv"]
    text = written[0].read_text(encoding="utf-8")
    assert '<p class="answer">Row 741 of official_counts.csv changed. 1 number changed, 0 beyond' in text
    assert text.count('src="data:image/png') == 2
    assert 'type="range"' in text
    assert "<ins>&lt;fell&gt;.</ins>" in text
    assert 'href="#cause-row-1"' in text
    assert not re.search(r"(?:src|href)=\"https?:", text)
    table = pd.read_csv(written[1])
    assert set(table["id"]) == set(found["id"])


def test_real_and_synthetic_data_stand_on_pages_of_their_own(tmp_path):
    of = {"study": "demo_provinces", "place": "XDP-OAK", "mark": "_SYNTHETIC"}
    old, new = project(tmp_path / "old", **of), project(tmp_path / "new", **of, opening="It fell.", report="Eighty.")
    names = differing(old, new)
    found = differences(published(old, only=names), published(new, only=names))
    folder = tmp_path / "review"
    page.write(page.Review(found, "a", "b", outputs(old), outputs(new)), folder)
    real, synthetic = (folder.joinpath(name).read_text("utf-8") for name in ("index.html", "index_SYNTHETIC.html"))
    assert "Eighty" in real
    assert "fell" not in real
    assert "fell" in synthetic
    assert "Eighty" not in synthetic
    assert 'class="synthetic"' in synthetic
    # Once nothing synthetic differs, its page goes.
    page.write(page.Review(found[~found["synthetic"].astype(bool)], "a", "b", outputs(old), outputs(new)), folder)
    assert sorted(path.name for path in folder.iterdir()) == ["changes.csv", "index.html"]


def test_hundreds_of_changes_are_folded_and_the_rest_counted(before, tmp_path):
    years = range(1000, 1400)
    tables = ["year,low,high\n" + "".join(f"{year},{year + more},{year + more}\n" for year in years) for more in (0, 1)]
    old, new = (project(tmp_path / str(n), table=table) for n, table in enumerate(tables))
    names = differing(old, new)
    found = differences(published(old, only=names), published(new, only=names))
    written = page.write(page.Review(found, "a", "b", outputs(old), outputs(new)), tmp_path / "review")
    text = written[0].read_text(encoding="utf-8")
    assert text.count('data-kind="number"') == page.OPEN + page.FOLDED
    assert f"{400 - page.OPEN - page.FOLDED} more are in" in text


def test_a_folder_without_a_run_and_a_project_without_a_release_are_refused(tmp_path):
    with pytest.raises(Refusal, match="run"):
        outputs(tmp_path)
    with pytest.raises(Refusal, match="Nothing is released"):
        outputs(tmp_path, released=True)


def test_the_command_says_what_would_help(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(cli_review, "ROOT", tmp_path)
    assert cli.main(["review"]) == 2
    assert "no release yet" in capsys.readouterr().err
    assert cli.main(["review", "no_such_commit"]) == 2
    assert "no_such_commit" in capsys.readouterr().err
    assert cli.main(["review", "--replay", "UNODC", "--area", "SEN"]) == 2
    assert "leave SINCE" in " ".join(capsys.readouterr().err.split())
    assert cli.main(["review", str(tmp_path)]) == 2
    assert "has no data/processed/staged" in capsys.readouterr().err


def test_a_release_neither_takes_a_review_nor_takes_it_away():
    from analysis.release import publish

    assert cli_review.REVIEWS.name not in areas.STUDIES
    assert not any(cli_review.REVIEWS in path.parents for path in publish._released())


def test_pages_that_only_name_other_bytes_of_an_input_are_counted_apart(compared):
    found = compared(limits="Read: official_counts.csv 0123456789ab.")
    assert "digest" not in page.answer(found)
    digests = found.assign(why_it_matters=found["why_it_matters"].replace("wording", "digest of an input"))
    assert page.answer(digests).endswith("Of 1 file only the digest of an input is another.")


def test_numbers_are_written_for_readers():
    assert [page.written(each) for each in (20, 0.03333333, 1234.5, np.inf)] == ["20", "0.03333", "1,234", "∞"]


ROW = "SEN,2021-04-01,2022-03-31,april_to_march,convictions,unspecified,{}"


@pytest.mark.slow
@pytest.mark.end_to_end
def test_a_commit_is_reviewed_by_running_what_it_has_otherwise_of_a_part(tmp_path):
    copied = copy_of_the_project(tmp_path)
    (copied / ".gitignore").write_text("data/processed\nreports\n.cache\n__pycache__\n", encoding="utf-8")
    who = ("-c", "user.name=a", "-c", "user.email=a@b")
    rows, catalogue = copied / "data/raw/evidence/official_counts.csv", copied / "data/raw/catalog.yml"
    git("init", "-q", folder=copied)
    for value in ("20,20,20", "26,26,26"):
        before = rows.read_text(encoding="utf-8")
        after = before.replace(*(ROW.format(each) for each in ("20,20,20", value)))
        digests = [hashlib.sha256(each.encode()).hexdigest() for each in (before, after)]
        rows.write_text(after, encoding="utf-8")
        catalogue.write_text(catalogue.read_text(encoding="utf-8").replace(*digests), encoding="utf-8")
        git("add", "-A", folder=copied)
        git(*who, "commit", "-q", "-m", value, folder=copied)
    # Twenty-six were run here, and nothing else.
    assert run_analysis("run", "--area", "SEN", "--analysis", "incidence", project=copied).returncode == 0
    ended = run_analysis("review", "HEAD~1", "--part", project=copied)
    assert ended.returncode == 0 and "row of official_counts.csv" in ended.stdout, ended.stdout + ended.stderr
    table = pd.read_csv(copied / "reports/review/changes.csv").set_index("id")
    headline = table.loc["SEN/headline.convictions"]
    assert (headline["old_low"], headline["new_low"], headline["status"]) == (20, 26, "changed")
    assert set(table["causes"].str.partition(",")[0]) == {"row of official_counts.csv"}
    assert set(table["status"]) == {"changed"}
    # What was laid out for it is gone.
    assert len((git("worktree", "list", folder=copied) or b"").splitlines()) == 1
