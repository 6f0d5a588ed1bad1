"""From the export of a survey to its tables and the data manager's report, and what keeps them from being made."""

import io
import re

import pandas as pd
import pytest
import yaml
from refusals import refused
from survey_forms import FRAME, form, frame, refusal, table, write_csv

from analysis import areas, catalog
from analysis.catalog import Dataset
from analysis.processed import ProcessedError
from analysis.survey import processed
from analysis.survey.intake import DescriptionError, beside, columns, described, intake
from survey_stats import NotEstimable

SAID = {
    "survey": "children",
    "title": "Survey of children",
    "study": "turkiye",
    "kind": "confidential",
    "publisher": "A university",
    "source": "KoboToolbox",
    "date": "2026-04-30",
    "sampling": "probability",
    "frame": "frame.csv",
}
FORMS = [
    form(1, household_income="4711"),
    form(2, sex="CANARY"),
    form(91, psu_id="A2"),
    form(92, psu_id="B1", food_insecure="dont_know"),
    refusal(3, "no_consent"),
]


def entry(folder, **fields) -> Dataset:
    """An entry of the catalogue for a file outside data/raw, whose path is taken as it is."""
    said = {
        "name": "survey",
        "file": str(folder / "children.csv"),
        "title": "Survey of children",
        "kind": "confidential",
        "licence": "not to be passed on",
        "publisher": "A university",
        "source": "KoboToolbox",
        "date": "2026-04-30",
        "sha256": "0" * 64,
        "study": "turkiye",
        "survey": str(folder / "children.survey.yml"),
    }
    return Dataset(**(said | fields))


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A folder with an export, its description and its frame, which the catalogue lists."""
    write_csv(tmp_path / "children.csv", table(FORMS))
    FRAME.to_csv(tmp_path / "frame.csv", index=False)
    (tmp_path / "children.survey.yml").write_text(yaml.safe_dump(SAID), encoding="utf-8")
    listed = {
        "survey": entry(tmp_path),
        "frame": entry(tmp_path, name="frame", file=str(tmp_path / "frame.csv"), study=None, survey=None),
    }
    # Areas are the project's own, and are read once: before the catalogue is another.
    areas.ids()
    monkeypatch.setattr(catalog, "datasets", lambda: listed)
    monkeypatch.setattr(catalog, "verify", lambda name: listed[name].path)
    monkeypatch.setattr(catalog, "opened", lambda name: listed[name].path)
    return tmp_path, listed


def describe(folder, **fields):
    content = {name: value for name, value in (SAID | fields).items() if value is not None}
    (folder / "children.survey.yml").write_text(yaml.safe_dump(content), encoding="utf-8")


@pytest.mark.slow
def test_a_survey_becomes_the_tables_that_notebooks_read_the_same_each_time(study):
    made = processed.build("turkiye")
    assert made == processed.build("turkiye")
    assert set(made) == {
        "turkiye/survey.parquet",
        "turkiye/survey_respondents.parquet",
        "turkiye/survey_quarantine.csv",
        "turkiye/survey_account.parquet",
        "turkiye/survey_protected.parquet",
        "turkiye/survey_intake.html",
    }
    respondents = pd.read_parquet(io.BytesIO(made["turkiye/survey_respondents.parquet"]))
    assert tuple(respondents.columns) == columns()
    assert len(respondents) == 3
    # By hand. A1: 3 x 40 households, 3 visited, so 40 a household; A2: 3 x 60, one visited; 3 children in each. They
    # stand for 300 in all, of which 40 are not known (x 300 / 260) and 40 are in quarantine (x 260 / 220).
    by_unit = respondents.set_index("psu_id")["weight"]
    assert by_unit["A1"] == pytest.approx(120 * 300 / 220) and by_unit["A2"] == pytest.approx(540 * 300 / 220)
    assert respondents["food_insecure"].isna().sum() == 1


@pytest.mark.slow
def test_what_was_written_is_what_is_loaded(study, monkeypatch):
    made = processed.build("turkiye")
    tables = {
        name.split("/")[1].rpartition(".")[0]: pd.read_parquet(io.BytesIO(content))
        if name.endswith("parquet")
        else pd.read_csv(io.BytesIO(content))
        for name, content in made.items()
        if not name.endswith("html")
    }
    monkeypatch.setattr(
        processed, "read", lambda _, names: {name.rpartition(".")[0]: tables[name.rpartition(".")[0]] for name in names}
    )
    found = processed.load("turkiye")
    assert (found.study, found.kind, found.is_synthetic) == ("turkiye", "confidential", False)
    assert (found.sampling, found.title, found.publisher, found.date) == (
        "probability",
        "Survey of children",
        "A university",
        "2026-04-30",
    )
    kinds = {name: str(kind) for name, kind in found.respondents.dtypes.items()}
    assert (kinds["working"], kinds["work_hours"], kinds["weight"]) == ("boolean", "Int64", "Float64")


@pytest.mark.slow
def test_the_report_names_rows_and_rules_and_no_answer(study):
    page = processed.build("turkiye")["turkiye/survey_intake.html"].decode()
    assert "5 rows = 3 interviews + 1 visit without an interview + 1 in quarantine" in page
    assert "CONFIDENTIAL" in page and "GA07" in page and "TR-27 SY" in page
    assert "CANARY" not in page and "4711" not in page and form(1)["_uuid"] not in page
    assert "Sampling units with fewer than 5 interviews" in page
    assert not re.search(r"https?:", page.replace("http://www.w3.org/2000/svg", ""))


def test_every_rule_has_a_reason_and_something_to_do():
    from analysis.survey.export import REASONS

    assert set(REASONS) == set(processed.WHAT_TO_DO)


def test_the_design_effect_of_weights_is_that_of_kish():
    # n sum(w^2) / sum(w)^2: 4 x (1 + 1 + 1 + 9) / 36.
    assert processed.kish(pd.Series([1, 1, 1, 3], dtype="Float64")) == pytest.approx(4 / 3)
    assert processed.kish(pd.Series([7.0, 7.0])) == pytest.approx(1)


def test_interviews_at_odd_times_are_counted_by_interviewer(tmp_path):
    times = [
        ("GA07", "2026-03-01T10:00:00.000+03:00", "2026-03-01T10:40:00.000+03:00"),
        # Begun before the one above had ended, and over after five minutes.
        ("GA07", "2026-03-01T10:30:00.000+03:00", "2026-03-01T10:35:00.000+03:00"),
        ("GA08", "2026-03-01T22:10:00.000+03:00", "2026-03-01T22:50:00.000+03:00"),
        ("Ali", "2026-03-02T10:00:00.000+03:00", ""),
    ]
    forms = [
        form(number, enumerator_id=who, start=start, end=end, psu_id=psu)
        for number, ((who, start, end), psu) in enumerate(zip(times, ["A1", "A2", "B1", "A1"], strict=True))
    ]
    found = intake(write_csv(tmp_path / "children.csv", table(forms)), frame()).fieldwork.set_index("enumerator_id")
    odd = ["visits", "interviews", "median_minutes", "short", "at_night", "overlapping"]
    assert found.loc["GA07", odd].tolist() == [2, 2, 22.5, 1, 0, 1]
    assert found.loc["GA08", odd].tolist() == [1, 1, 40, 0, 1, 0]
    assert list(found.index) == ["", "GA07", "GA08"] and found.at["", "interviews"] == 0


def test_a_survey_whose_frame_nobody_catalogued_is_not_made(study):
    folder, listed = study
    del listed["frame"]
    with refused(ProcessedError, "frame_not_catalogued", "frame.csv"):
        processed.build("turkiye")
    assert not catalog.survey_exports("cabo_verde")
    with refused(ProcessedError, "not_catalogued"):
        processed.build("cabo_verde")
    listed["second"] = entry(folder, name="second")
    with refused(ProcessedError, "several_exports"):
        processed.build("turkiye")


def test_a_frame_that_cannot_be_is_named_with_its_file(study):
    folder, _ = study
    FRAME.assign(urban="perhaps").to_csv(folder / "frame.csv", index=False)
    with refused(ProcessedError, "invalid_frame", "frame.csv", "row 2", "column 'urban'"):
        processed.build("turkiye")


@pytest.mark.slow
def test_while_fieldwork_goes_on_there_is_a_report_and_no_weight(study):
    folder, _ = study
    path = write_csv(folder / "children.csv", table([form(1), form(2, sex="f")]))
    with pytest.raises(NotEstimable, match="'A2' and 1 more no household was visited"):
        processed.build("turkiye")
    found = intake(path, frame())
    assert found.respondents["weight"].isna().all() and found.respondents["stratum"].tolist() == ["TR-27 SY"]
    said = described(folder / "children.survey.yml")
    page = processed.render(found, said)
    assert "There are no weights yet" in page and "Kish" not in page
    assert "no weights: In the sampling unit 'A2'" in processed.summary(found, said)
    assert "code in 'sex': 1 (row 3)" in processed.summary(found, said)


def test_catalogue_and_description_must_say_the_same(study):
    describe(study[0], kind="public")
    with refused(ProcessedError, "catalogue_contradicted"):
        processed.build("turkiye")


@pytest.mark.slow
def test_a_purposive_sample_needs_no_frame(study):
    describe(study[0], sampling="purposive", frame=None)
    made = processed.build("turkiye")
    respondents = pd.read_parquet(io.BytesIO(made["turkiye/survey_respondents.parquet"]))
    assert respondents["weight"].eq(1).all()
    page = made["turkiye/survey_intake.html"].decode()
    assert "purposive sample" in page and "Kish" not in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"title": None}, "`title:` is missing"),
        ({"survey": "Çocuk"}, "`survey:` must be a short name"),
        ({"study": "syria"}, "`study:` must be one of"),
        ({"sampling": "random"}, "`sampling:` must be one of probability, purposive, respondent_driven"),
        ({"frame": None}, "a probability sample is weighted by its sampling frame"),
        ({"frame": "../frame.csv"}, "without a folder"),
        ({"date": "30.4.2026"}, "`date:` must be the last day of fieldwork"),
        ({"weights": "mine"}, "it has no `weights:`"),
        ({"title": ["a"]}, "`title:` must be one text"),
    ],
)
def test_a_description_that_cannot_be_says_what_to_write(tmp_path, fields, said):
    describe(tmp_path, **fields)
    with refused(DescriptionError, "invalid_description", "survey.yml") as error:
        described(tmp_path / "children.survey.yml")
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title: a\ntitle: b\n", ("unreadable_yaml", "`title:`")),
        ("title: [", ("unreadable_yaml", "line 1")),
        ("- a\n", ("invalid_description",)),
    ],
)
def test_a_description_that_is_no_yaml_says_where(tmp_path, text, said):
    (tmp_path / "children.survey.yml").write_text(text, encoding="utf-8")
    with refused(DescriptionError, *said):
        described(tmp_path / "children.survey.yml")
    with refused(DescriptionError, "missing_file"):
        described(beside(tmp_path / "other.xlsx"))
