"""The monitoring frame: each recommendation and action has a row, its numbers are of findings, and moves are real."""

from __future__ import annotations

import datetime
import io
import itertools
from pathlib import Path

import pandas as pd
import pytest
import yaml

from analysis import areas, monitoring
from analysis.bibliography import sources
from analysis.findings.finding import Finding, as_table
from analysis.findings.measures import LANGUAGES, MEASURES
from analysis.jobs import PLEDGE
from analysis.recommendations import MET, NOT_KNOWN, NOT_MET, Recommendation, Texts, monitoring_frame, targets
from analysis.recommendations.conditions import opened, read_conditions
from analysis.recommendations.gap_actions import GapAction
from analysis.recommendations.texts import read as read_texts
from analysis.spreadsheets import csv_bytes, unguarded

STATE, NEWS = "TIP2023_MLI", "SAPO2023_CPV"
DAY = datetime.date(2026, 1, 31)
EACH = "study: west_africa, in_areas: each, areas: [SEN, GMB]"


def finding(finding_id: str, value: float | None = None, **said: object) -> Finding:
    area_id, _, name = finding_id.partition("/")
    measure, _, item = name.partition(".")
    known = {"value": value, "n": 1, "period": "2022", "source_ids": (STATE,)}
    unknown = {"status": "not reported", "why": "Nobody says.", "source_ids": ()}
    texts = {"item": item, "method": "Coded by hand.", "limits": "A rule is not its use."}
    return Finding(areas.get(area_id), measure, **{**texts, **(known if value is not None else unknown), **said})


def table(*findings: Finding) -> pd.DataFrame:
    return as_table([each.row() for each in findings])


def condition(folder: Path, text: str):
    path = folder / "condition.yml"
    path.write_text(text, encoding="utf-8")
    return read_conditions(opened(path, "pledge/condition.yml"), "WA-01")


def advised(folder: Path, rests_on: str, met_by: str = "") -> Texts:
    words = {"en": "a law", "fr": "une loi"}
    said = {"text": words, "addressee": words, "action": words, "priority": "high", "time_frame": "within_1_year"}
    return Texts(
        (),
        (
            Recommendation(
                "WA-01",
                "west_africa",
                (),
                sdg=("8.7",),
                rests_on=condition(folder, rests_on),
                met_by=condition(folder, met_by) if met_by else None,
                **said,
            ),
        ),
        (),
        {},
        {},
    )


def only(folder: Path, found: pd.DataFrame, rests_on: str, met_by: str = "") -> monitoring_frame.FrameRow:
    (row,) = monitoring_frame.rows(advised(folder, rests_on, met_by), found)
    return row


# Targets that follow from what advice rests on


@pytest.mark.parametrize(
    ("rests_on", "target"),
    [
        # A gap is to be in place; where only what is missing is to be fixed, at least in part.
        ("{finding: SEN/gap.A6, at_least: 1}", "in place"),
        ("{finding: SEN/gap.A6, at_least: 2}", "in place, at least in part"),
        # A level that is asked for exactly names the place of it, and being a little less grave is no target.
        ("{finding: SEN/gap.A6, equals: 3}", "in place"),
        ("{finding: SEN/headline.convictions, below: 1}", "at least 1"),
        # What is not known is to be known; that it is compared as well goes without saying so.
        ("{not: {finding: SEN/gap.A6, kind: public}}", "known from public evidence"),
        ("{any: [{finding: SEN/gap.A6, at_least: 1}, {not: {finding: SEN/gap.A6, kind: public}}]}", "in place"),
        # Fewer mentions, more victims and better knowledge of either are no targets: the action itself is.
        ("{finding: SEN/forms_named.fishing, at_least: 1}", "done: a law"),
        ("{finding: SEN/headline.convictions, above: 0}", "done: a law"),
        ("{finding: SEN/gap.A6, kind: public}", "done: a law"),
        ("{finding: SEN/headline.convictions, below: {finding: SEN/headline.convictions}}", "done: a law"),
    ],
)
def test_the_target_follows_from_what_advice_rests_on(tmp_path, rests_on, target):
    found = table(
        finding("SEN/gap.A6", 3), finding("SEN/headline.convictions", 0), finding("SEN/forms_named.fishing", 2)
    )
    row = only(tmp_path, found, rests_on)
    assert row.target() == target
    assert (row.condition is None) == (row.target_state == targets.NO_FINDING) == target.startswith("done")


def test_the_end_of_all_is_any_of_their_ends(tmp_path):
    found = table(finding("SEN/gap.A6", 3), finding("SEN/gap.A1", 2))
    both = "[{finding: SEN/gap.A6, at_least: 1}, {finding: SEN/gap.A1, at_least: 2}]"
    title = {item: MEASURES["gap"].item_words(item, "en") for item in ("A6", "A1")}
    ends = [f"{title['A6']}: in place", f"{title['A1']}: in place, at least in part"]
    assert only(tmp_path, found, f"{{all: {both}}}").target() == " or ".join(ends)
    assert only(tmp_path, found, f"{{any: {both}}}").target() == " and ".join(ends)


def test_a_target_is_met_where_every_area_that_is_asked_meets_it(tmp_path):
    asked = f"{{measure: gap.A6, at_least: 1, {EACH}}}"
    for (senegal, here), (gambia, there) in itertools.product(((0, MET), (2, NOT_MET), (None, NOT_KNOWN)), repeat=2):
        row = only(tmp_path, table(finding("SEN/gap.A6", senegal), finding("GMB/gap.A6", gambia)), asked)
        assert row.states == {"SEN": here, "GMB": there}
        states = {here, there}
        expected = NOT_MET if NOT_MET in states else NOT_KNOWN if NOT_KNOWN in states else MET
        assert row.target_state == expected
        # It is the opposite of what the advice rests on.
        assert expected == targets.state(targets.target(row.advice, row.asked), row.asked)
    # What is not stated of an area does not apply there.
    assert only(tmp_path, table(finding("SEN/gap.A6", 0)), asked).target_state == MET


def test_a_written_target_takes_the_place_of_the_one_that_follows(tmp_path):
    found = table(finding("SEN/gap.H5"))
    row = only(tmp_path, found, "{not: {finding: SEN/gap.H5, kind: public}}", "{finding: SEN/gap.H5, at_most: 0}")
    assert (row.target(), row.target_state, row.baseline()) == ("in place", NOT_KNOWN, "unknown")
    assert row.target("fr") == "en place" and row.baseline("tr") == "bilinmiyor"


# Baselines and readings


def test_a_baseline_of_areas_says_in_how_many_the_target_is_met_and_over_which_years(tmp_path):
    gambia = finding("GMB/gap.A6", 2, period="2024")
    row = only(tmp_path, table(finding("SEN/gap.A6", 0), gambia), f"{{measure: gap.A6, at_least: 1, {EACH}}}")
    assert (row.baseline(), row.period, row.target()) == ("met in 1 of 2", "2022/2024", "in place, everywhere")
    open_ = only(tmp_path, table(finding("SEN/gap.A6"), gambia), f"{{measure: gap.A6, at_least: 1, {EACH}}}")
    assert (open_.baseline(), open_.period) == ("met in 0 of 2, unknown in 1", "2024")
    cells = monitoring_frame.as_table([open_]).iloc[0]
    assert (cells["areas_met"], cells["areas_not_met"], cells["areas_unknown"]) == (0, 1, 1)
    assert pd.isna(cells["value"]) and cells["finding_ids"] == "SEN/gap.A6;GMB/gap.A6"


@pytest.mark.parametrize(
    ("value", "source", "reading"),
    [
        (2, STATE, "yearly report of the US Department of State; on a period after 2022"),
        # A page of news need not come back: experts can say how things stand.
        (2, NEWS, "questionnaire of this assessment, filled in by experts of the country; on a period after 2022"),
        (None, "", "questionnaire of this assessment, filled in by experts of the country"),
    ],
)
def test_the_next_reading_is_that_of_who_publishes_again(tmp_path, value, source, reading):
    known = {"source_ids": (source,)} if source else {}
    row = only(tmp_path, table(finding("SEN/gap.E4", value, **known)), "{finding: SEN/gap.E4, at_least: 1}")
    assert row.next_reading() == reading
    assert all(row.next_reading(language) for language in LANGUAGES)


def test_where_no_finding_shows_the_target_the_body_that_acts_reports_it(tmp_path):
    row = only(
        tmp_path, table(finding("SEN/forms_named.fishing", 2)), "{finding: SEN/forms_named.fishing, at_least: 1}"
    )
    assert row.readings()[0] == ["report of the body that acts", "yearly report of the US Department of State"]


def test_every_phrase_of_the_frame_is_there_in_all_languages():
    def phrases(part: object):
        if isinstance(part, dict) and "en" in part:
            yield part
        elif isinstance(part, dict):
            yield from (found for each in part.values() for found in phrases(each))

    found = [*phrases(targets.phrases())]
    assert len(found) > 15 and all(set(each) == set(LANGUAGES) for each in found)
    makers = {row.original_publisher or row.publisher for row in sources(()).itertuples()}
    for begins in targets.phrases()["makers"]:
        assert any(maker.startswith(begins) for maker in makers), begins


# The pledge itself


def test_every_recommendation_and_action_of_the_pledge_has_a_row_with_the_values_of_its_findings():
    texts = read_texts(PLEDGE)
    ids = {finding_id for each in monitoring_frame._asked_of(texts).values() for finding_id in each}
    measure = {finding_id: finding_id.partition("/")[2].partition(".")[0] for finding_id in ids}
    # Trends have levels from -1 to 1; of no child in a survey of the pledge's provinces is anything known.
    values = {i: None if name == "prevalence" else 2 if name == "gap" else 1 for i, name in measure.items()}
    found = table(*(finding(finding_id, value) for finding_id, value in sorted(values.items())))
    frame = monitoring_frame.as_table(monitoring_frame.rows(texts, found))
    names = [each.recommendation_id for each in texts.recommendations] + [each.action_id for each in texts.gap_actions]
    assert list(frame["row_id"]) == names and frame["row_id"].is_unique
    assert frame[["what", "indicator", "finding_ids", "baseline", "target", "next_reading", "by"]].ne("").all(axis=None)
    by_id = found.set_index("finding_id")
    one = frame[~frame["finding_ids"].str.contains(";") & frame["status"].eq("known")]
    assert len(one) > 50
    for row in one.to_dict("records"):
        stands = by_id.loc[row["finding_ids"]]
        assert [row[name] for name in ("value", "low", "high", "unit", "period")] == [
            stands[name] for name in ("value", "low", "high", "unit", "period")
        ]
    # The file has what the table has.
    read = pd.read_csv(io.BytesIO(csv_bytes(frame)), dtype=str, keep_default_na=False)
    assert [unguarded(cell) for cell in read["target"]] == list(frame["target"])


def test_a_written_target_is_one_that_the_rule_does_not_give():
    for name, entry in yaml.safe_load((PLEDGE / "recommendations.yml").read_text(encoding="utf-8")).items():
        if "met_by" in entry:
            asked = entry["rests_on"].get("not", entry["rests_on"])
            assert asked.get("kind") or asked.get("at_least") == 2, name


# What has become of targets


def moved(folder: Path, then: pd.DataFrame, now: pd.DataFrame, rests_on: str, definitions=None) -> pd.Series:
    texts = advised(folder, rests_on)
    changed = monitoring.changes(then, now, definitions)
    return monitoring_frame.since(texts, then, now, changed).iloc[0]


A6 = "{finding: SEN/gap.A6, at_least: 1}"


@pytest.mark.parametrize(
    ("then", "now", "move"),
    [(3, 0, "met"), (3, 2, "nearer"), (2, 3, "farther"), (2, 2, "unchanged"), (0, 0, "met"), (0, 2, "farther"),
     (None, 2, "unknown"), (2, None, "unknown"), (None, None, "unknown"), (None, 0, "met")],
)  # fmt: skip
def test_a_target_is_met_nearer_or_farther_since_a_frozen_baseline(tmp_path, then, now, move):
    files = monitoring.freeze(table(finding("SEN/gap.A6", then)), "first", DAY)
    monitoring.keep(files, tmp_path / "first")
    baseline = monitoring.read(tmp_path / "first")
    row = moved(tmp_path, baseline.table, table(finding("SEN/gap.A6", now)), A6, baseline.definitions)
    assert row["move"] == move
    levels = MEASURES["gap"].levels
    assert row["baseline"] == ("unknown" if then is None else levels[then]["en"])
    assert row["now"] == ("unknown" if now is None else levels[now]["en"])


def test_findings_of_two_definitions_methods_or_kinds_are_not_compared(tmp_path):
    then, now = table(finding("SEN/gap.A6", 3)), table(finding("SEN/gap.A6", 2))
    other = monitoring.definitions(then)
    other["gap"] = {**other["gap"], "levels": {**other["gap"]["levels"], 2: "another level"}}
    assert moved(tmp_path, then, now, A6, other)["move"] == "not comparable"
    method = table(finding("SEN/gap.A6", 2, method="Asked of experts."))
    assert moved(tmp_path, then, method, A6)["move"] == "not comparable"


def test_of_areas_the_greater_number_of_moves_decides_and_all_are_counted(tmp_path):
    places = ("SEN", "GMB", "MLI", "GHA")
    asked = "{measure: gap.A6, study: west_africa, at_least: 1, in_areas: each}"

    def levels(*of: float | None) -> pd.DataFrame:
        return table(*(finding(f"{place}/gap.A6", level) for place, level in zip(places, of, strict=True)))

    row = moved(tmp_path, levels(3, 3, 1, None), levels(2, 0, 2, 1), asked)
    assert (row["move"], row["findings_nearer"], row["findings_farther"]) == ("nearer", 2, 1)
    row = moved(tmp_path, levels(3, 0, 1, None), levels(2, 1, 1, None), asked)
    assert (row["move"], row["findings_nearer"], row["findings_farther"]) == ("unchanged", 1, 1)
    assert (row["baseline"], row["now"]) == ("met in 1 of 4, unknown in 1", "met in 0 of 4, unknown in 1")


def test_a_count_is_nearer_only_beyond_chance_and_what_becomes_known_is_nearer_where_that_is_the_target(tmp_path):
    asked = "{finding: SEN/headline.convictions, below: 50}"

    def convictions(number: float) -> pd.DataFrame:
        return table(finding("SEN/headline.convictions", number))

    assert moved(tmp_path, convictions(9), convictions(12), asked)["move"] == "unchanged"
    assert moved(tmp_path, convictions(9), convictions(40), asked)["move"] == "nearer"
    assert moved(tmp_path, convictions(40), convictions(9), asked)["move"] == "farther"
    unknown = f"{{not: {{measure: gap.A6, kind: public, {EACH}}}}}"
    then = table(finding("SEN/gap.A6"), finding("GMB/gap.A6"))
    now = table(finding("SEN/gap.A6", 2), finding("GMB/gap.A6"))
    assert moved(tmp_path, then, now, unknown)["move"] == "nearer"
    assert moved(tmp_path, now, then, unknown)["move"] == "farther"


def test_a_finding_that_the_baseline_lacks_and_a_target_that_no_finding_shows_are_unknown(tmp_path):
    now = table(finding("SEN/gap.A6", 2), finding("SEN/forms_named.fishing", 2))
    row = moved(tmp_path, now[now["measure"] != "gap"], now, A6)
    assert (row["move"], row["baseline"], row["now"]) == ("unknown", "unknown", "a gap of medium severity")
    assert moved(tmp_path, now, now, "{finding: SEN/forms_named.fishing, at_least: 1}")["move"] == "unknown"


def test_synthetic_findings_reach_no_target(tmp_path):
    made = finding("SEN/gap.A6", 0, kind="synthetic", release_class="protected")
    assert only(tmp_path, table(made), A6).target_state == NOT_KNOWN


def test_an_action_has_its_own_words_where_it_is_written_and_those_of_the_rule_elsewhere():
    texts = read_texts(PLEDGE)
    action = next(each for each in texts.gap_actions if "fr" not in each.action)
    found = table(finding(action.gap, 2))
    rows = monitoring_frame.rows(Texts((), (), (), {}, {}, gap_actions=(action,)), found)
    assert isinstance(rows[0].advice, GapAction) and rows[0].target() == action.target["en"]
    assert rows[0].target("fr") == "en place" and rows[0].by == action.by
    assert rows[0].readings() == ([action.next_reading["en"]], [])
    assert rows[0].readings("fr")[0] == ["rapport annuel du département d’État des États-Unis"]
