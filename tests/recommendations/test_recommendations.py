"""What a user relies on in recommendations: a condition says no more than the findings do, and a mistake is named."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refused

from analysis.findings import measures
from analysis.findings.finding import COLUMNS
from analysis.findings.measures import Measure
from analysis.recommendations import MET, NOT_KNOWN, NOT_MET, TextsError, UnknownFinding, evaluate
from analysis.recommendations.conditions import (
    STATES,
    ConditionError,
    areas_of,
    compare,
    every,
    negated,
    opened,
    read_conditions,
    some,
    state_in,
)

LEVELS = {0: "in place", 1: "low", 2: "medium", 3: "high"}


@pytest.fixture(autouse=True)
def declared(monkeypatch):
    """Two measures of the tests' own, so that no test hangs on what the analyses state."""
    words = {language: "victims of a test" for language in measures.LANGUAGES}
    levels = {level: dict.fromkeys(measures.LANGUAGES, text) for level, text in LEVELS.items()}
    for name, unit, of in (
        ("tried", "persons", {}),
        ("lacking", "level", levels),
        ("part", "percent", {}),
        ("named", "mentions", {}),
    ):
        made = Measure(name, "incidence", unit, 0, words, words, {"A3": words}, of)
        monkeypatch.setitem(measures.MEASURES, name, made)


def row(finding_id: str, low=None, high=None, *, kind="public", status="known", **said) -> dict[str, object]:
    area_id, _, rest = finding_id.partition("/")
    measure, _, item = rest.partition(".")
    high = low if high is None else high
    value = low if low == high else None
    known = {"finding_id": finding_id, "area_id": area_id, "measure": measure, "item": item, "low": low, "high": high}
    exact = "exact" if low == high else "bounds"
    return {
        **dict.fromkeys(COLUMNS, ""),
        "value": value,
        "kind": kind,
        "status": status,
        "interval": exact,
        **known,
        **said,
    }


def table(*rows: dict[str, object]) -> pd.DataFrame:
    found = pd.DataFrame(list(rows), columns=list(COLUMNS))
    found[["value", "low", "high"]] = found[["value", "low", "high"]].astype("float64")
    return found


def condition(tmp_path, text: str):
    path = tmp_path / "condition.yml"
    path.write_text(text, encoding="utf-8")
    return read_conditions(opened(path, "pledge/condition.yml"), "WA-01")


SENEGAL = table(
    row("SEN/tried", 2, 5), row("GHA/tried", 6, 9), row("GHA/lacking.A3", 3), row("MLI/tried", status="withheld")
)


@pytest.mark.parametrize(
    ("asked", "state"),
    [
        # 2 to 5 persons: what holds for every number from 2 to 5 is known, and so is what holds for none.
        ("above: 1", MET),
        ("above: 2", NOT_KNOWN),
        ("above: 5", NOT_MET),
        ("at_least: 2", MET),
        ("at_least: 5", NOT_KNOWN),
        ("at_least: 6", NOT_MET),
        ("below: 6", MET),
        ("below: 5", NOT_KNOWN),
        ("below: 2", NOT_MET),
        ("at_most: 5", MET),
        ("at_most: 2", NOT_KNOWN),
        ("at_most: 1", NOT_MET),
        ("equals: 3", NOT_KNOWN),
        ("equals: 6", NOT_MET),
        ("below: {finding: GHA/tried}", MET),
        ("at_least: {finding: GHA/tried}", NOT_MET),
        ("below: {finding: MLI/tried}", NOT_KNOWN),
        # Half of 6 to 9 is 3 to 4.5, a fifth 1.2 to 1.8, a third 2 to 3.
        ("at_least: {finding: GHA/tried, times: 0.5}", NOT_KNOWN),
        ("above: {finding: GHA/tried, times: 0.2}", MET),
        ("at_most: {finding: GHA/tried, times: 0.2}", NOT_MET),
    ],
)
def test_an_interval_decides_only_where_all_of_it_agrees(tmp_path, asked, state):
    assert evaluate(condition(tmp_path, f"finding: SEN/tried\n{asked}\n"), SENEGAL).state == state


@pytest.mark.parametrize("status", ["refused", "withheld", "not reported"])
def test_what_was_refused_withheld_or_not_reported_is_not_known_and_never_no(tmp_path, status):
    found = evaluate(condition(tmp_path, "finding: SEN/tried\nabove: 1\n"), table(row("SEN/tried", status=status)))
    assert found.state == NOT_KNOWN
    assert "Senegal" in found.settled_by


def bounds_and_values():
    whole = st.integers(-4, 4)
    return st.tuples(whole, whole).map(sorted)


@given(bounds_and_values(), bounds_and_values(), st.sampled_from(["above", "at_least", "below", "at_most", "equals"]))
def test_a_comparison_is_what_all_numbers_within_the_bounds_say(one, other, operator):
    said = {
        {"above": a > b, "at_least": a >= b, "below": a < b, "at_most": a <= b, "equals": a == b}[operator]
        for a, b in itertools.product(range(one[0], one[1] + 1), range(other[0], other[1] + 1))
    }
    expected = NOT_KNOWN if len(said) == 2 else MET if said == {True} else NOT_MET
    assert compare(operator, tuple(one), tuple(other)) == expected


def completions(states):
    """Every way in which what is not known may turn out."""
    return itertools.product(*[[True, False] if state == NOT_KNOWN else [state == MET] for state in states])


@given(st.lists(st.sampled_from(STATES), min_size=1, max_size=5))
def test_and_or_and_not_say_what_holds_however_the_unknown_turns_out(states):
    for joined, python in ((every, all), (some, any)):
        said = {python(completion) for completion in completions(states)}
        assert joined(states) == (NOT_KNOWN if len(said) == 2 else MET if said == {True} else NOT_MET)
    assert [negated(negated(state)) for state in states] == states
    assert negated(every(states)) == some([negated(state) for state in states])


AREAS = "measure: lacking.A3\nstudy: west_africa\nat_least: 3\nin_areas: {%s}\n"


@pytest.mark.parametrize(
    ("counted", "state"),
    # Two of four are high for certain, one is not known, so that it is in two or three.
    [
        ("at_least: 2", MET),
        ("at_least: 3", NOT_KNOWN),
        ("at_least: 4", NOT_MET),
        ("below: 4", MET),
        ("below: 2", NOT_MET),
    ],
)
def test_areas_are_counted_with_bounds(tmp_path, counted, state):
    found = table(
        row("SEN/lacking.A3", 3),
        row("GHA/lacking.A3", 3),
        row("MLI/lacking.A3", status="not reported"),
        row("NER/lacking.A3", 1),
    )
    said = evaluate(condition(tmp_path, AREAS % counted), found)
    assert said.state == state
    assert set(said.evidence) == set(found["finding_id"])
    assert "in 2 of 4 areas (Ghana, Senegal); not known in 1 (Mali)" in said.why
    assert ("Mali" in said.settled_by) == (state == NOT_KNOWN)


EACH = "measure: lacking.A3\nstudy: west_africa\nat_least: 2\nin_areas: each\n"


@pytest.mark.parametrize(
    ("levels", "state"),
    [
        ((3, 0, 0), MET),
        ((2, None, 0), MET),
        ((1, None, 0), NOT_KNOWN),
        ((None, None, None), NOT_KNOWN),
        ((1, 0, 0), NOT_MET),
    ],
)
def test_where_each_area_answers_for_itself_one_is_enough_and_what_is_unknown_is_open(tmp_path, levels, state):
    found = table(*(lacking(area_id, level) for area_id, level in zip(("SEN", "GHA", "MLI"), levels, strict=True)))
    asked = condition(tmp_path, EACH)
    said = evaluate(asked, found)
    assert said.state == state and set(said.evidence) == set(found["finding_id"])
    assert ("Mali" in said.settled_by) == (state == NOT_KNOWN and levels[2] is None)
    # Areas that the findings do not state it of are not concerned: no Togo.
    assert "Togo" not in said.why
    assert evaluate(condition(tmp_path, f"not:\n  {EACH.replace(chr(10), chr(10) + '  ')}"), found).state == some(
        [negated(of_area) for of_area in of_areas(asked, found)]
    )


def lacking(area_id: str, level: int | None) -> dict[str, object]:
    known = {"status": "not reported"} if level is None else {}
    return row(f"{area_id}/lacking.A3", level, **known)


def of_areas(asked, found) -> list[str]:
    rows = {each["finding_id"]: each for each in found.to_dict("records")}
    states = [state_in(asked, rows, area_id) for area_id in areas_of(asked)]
    return [state for state in states if state is not None]


LEVEL = st.sampled_from([None, 0, 1, 2, 3])


@settings(max_examples=50)
@given(st.dictionaries(st.sampled_from(["SEN", "GHA", "MLI", "NER"]), st.tuples(LEVEL, LEVEL), min_size=1))
def test_conditions_of_each_area_are_joined_area_by_area(tmp_path_factory, given_):
    """Two gaps in one area meet "all", and one gap in each of two areas does not."""
    found = table(
        *(lacking(area_id, level) for area_id, (level, _) in given_.items()),
        *(lacking(area_id, level) | {"finding_id": f"{area_id}/lacking.B1"} for area_id, (_, level) in given_.items()),
    )
    parts = [EACH, EACH.replace("A3", "B1")]
    for joined, python in (("all", every), ("any", some)):
        text = f"{joined}:\n" + "".join(f"- {part.strip().replace(chr(10), chr(10) + '  ')}\n" for part in parts)
        asked = condition(tmp_path_factory.mktemp("each"), text)
        of_each = [
            python([NOT_KNOWN if level is None else MET if level >= 2 else NOT_MET for level in levels])
            for levels in given_.values()
        ]
        assert evaluate(asked, found).state == some(of_each)
        assert of_areas(asked, found) == [
            of_each[list(given_).index(each)] for each in areas_of(asked) if each in given_
        ]


def test_what_is_not_stated_of_an_area_does_not_concern_it(tmp_path):
    """Three states left ECOWAS: its mechanism is nothing that they lack."""
    found = table(lacking("SEN", 1), lacking("MLI", 3), row("SEN/tried", 5))
    both = "- {measure: lacking.A3, study: west_africa, at_least: 1, in_areas: each}\n"
    both += "- {measure: tried, study: west_africa, above: 1, in_areas: each}\n"
    for joined, concerned in (("all", ["SEN"]), ("any", ["SEN", "MLI"])):
        asked = condition(tmp_path, f"{joined}:\n{both}")
        rows = {each["finding_id"]: each for each in found.to_dict("records")}
        assert {each for each in areas_of(asked) if state_in(asked, rows, each) == MET} == set(concerned)


def test_a_condition_on_areas_that_do_not_suffice_for_it_is_refused(tmp_path):
    found = table(row("SEN/lacking.A3", 3), row("GHA/lacking.A3", 3))
    with refused(ConditionError, "too_few_areas", "pledge/condition.yml", "line 1", "WA-01"):
        evaluate(condition(tmp_path, AREAS % "at_least: 3"), found)


@pytest.mark.parametrize(
    ("measure", "asked"),
    [("tried", "at_least: 0"), ("part", "at_most: 100"), ("part", "above: 100"), ("lacking.A3", "at_least: 4")],
)
def test_a_condition_that_cannot_fail_or_never_be_met_is_refused(tmp_path, measure, asked):
    found = table(row(f"SEN/{measure}", 1))
    with refused(ConditionError, "condition_always_decided"):
        evaluate(condition(tmp_path, f"finding: SEN/{measure}\n{asked}\n"), found)


def test_findings_of_different_units_are_not_compared(tmp_path):
    found = table(row("SEN/tried", 1), row("SEN/part", 1))
    with refused(ConditionError, "units_differ"):
        evaluate(condition(tmp_path, "finding: SEN/tried\nabove: {finding: SEN/part}\n"), found)


def test_a_finding_that_does_not_exist_is_an_error_that_names_the_nearest(tmp_path):
    with pytest.raises(UnknownFinding) as error:
        evaluate(
            condition(tmp_path, "all:\n- {finding: GHA/tried, above: 1}\n- {finding: GHA/lackng.A3, above: 1}\n"),
            SENEGAL,
        )
    assert "pledge/condition.yml, line 3, WA-01" in str(error.value)
    assert "GHA/lackng.A3" in str(error.value) and "The nearest are: GHA/lacking.A3" in str(error.value)
    with refused(UnknownFinding, "unknown_finding"):
        evaluate(condition(tmp_path, AREAS.replace("A3", "A7") % "at_least: 3"), SENEGAL)


@pytest.mark.parametrize(
    ("given_", "state"),
    [
        (row("SEN/tried", 3), MET),
        (row("SEN/tried", 3, kind="synthetic"), NOT_MET),
        (row("SEN/tried", status="not reported"), NOT_MET),
        # What was not read may be there.
        (row("SEN/tried", status="not read"), NOT_KNOWN),
    ],
)
def test_synthetic_data_are_no_public_evidence(tmp_path, given_, state):
    found = evaluate(condition(tmp_path, "{finding: SEN/tried, kind: public}\n"), table(given_))
    assert (found.state, found.synthetic) == (state, False)
    synthetic = given_["kind"] == "synthetic"
    assert ("SYNTHETIC" in found.why) == synthetic
    assert found.evidence == (() if synthetic else ("SEN/tried",))


@pytest.mark.parametrize(("kind", "state"), [("public", MET), ("confidential", MET), ("synthetic", NOT_MET)])
def test_real_data_are_public_or_on_record(tmp_path, kind, state):
    found = table(row("SEN/tried", 3, kind=kind), row("GHA/tried", 1, kind=kind))
    assert evaluate(condition(tmp_path, "{finding: SEN/tried, kind: real}\n"), found).state == state
    areas = "measure: tried\nstudy: west_africa\nkind: real\nin_areas: {at_least: 2}\n"
    assert evaluate(condition(tmp_path, areas), found).state == state


def test_what_rests_on_one_synthetic_finding_is_synthetic(tmp_path):
    asked = "any:\n- {finding: GHA/tried, above: 1}\n- not: {finding: SEN/tried, above: 1}\n"
    found = table(row("GHA/tried", 2), row("SEN/tried", 3, kind="synthetic"))
    said = evaluate(condition(tmp_path, asked), found)
    assert (said.state, said.synthetic, said.evidence) == (MET, True, ("GHA/tried", "SEN/tried"))


def test_only_what_leaves_a_condition_open_would_settle_it(tmp_path):
    both = "all: [{finding: NER/tried, above: 1}, {finding: GHA/tried, above: 99}]"
    asked = f"any:\n- {{finding: MLI/tried, above: 1}}\n- {both}\n"
    found = table(row("MLI/tried", status="withheld"), row("NER/tried", status="refused"), row("GHA/tried", 3))
    said = evaluate(condition(tmp_path, asked), found)
    assert said.state == NOT_KNOWN
    assert "Mali" in said.settled_by and "Niger" not in said.settled_by


def test_twice_another_finding_is_said_and_asks_for_twice_its_bounds(tmp_path):
    asked = condition(tmp_path, "finding: GHA/tried\nabove: {finding: NER/tried, times: 2}\n")
    for known, state in ((2, MET), (3, NOT_KNOWN), (5, NOT_MET)):
        said = evaluate(asked, table(row("GHA/tried", 6, 9), row("NER/tried", known)))
        assert (said.state, said.evidence) == (state, ("GHA/tried", "NER/tried"))
        assert f"more than 2 times (Niger, victims of a test: {known})" in said.why


@pytest.mark.parametrize("language", measures.LANGUAGES)
def test_why_has_the_values_in_each_language(tmp_path, language):
    parts = ("SEN/tried, above: 1", "GHA/lacking.A3, at_least: 2", "SEN/tried, below: {finding: GHA/tried}")
    asked = "".join(f"- {{finding: {part}}}\n" for part in parts)
    asked += "- {measure: tried, study: west_africa, above: 1, in_areas: each}\n"
    said = evaluate(condition(tmp_path, f"all:\n{asked}"), SENEGAL, language).why
    assert all(text in said for text in ("2", "5", "6", "9", "high", "medium"))
    assert "{" not in said


WRONG = [
    ("finding: SEN/tried\nabve: 1\n", 2, "above"),
    ("finding: SEN/tried\n", 1, "one of"),
    ("finding: SEN/tried\nabove: 1\nbelow: 3\n", 1, "one of"),
    ("finding: SEN/tried\nabove: many\n", 2, "no number"),
    ("finding: SEN/tried\nabove: .inf\n", 2, "no number"),
    ("finding: SEN/tried\nfinding: SEN/tried\nabove: 1\n", 2, "twice"),
    ("finding: SEN/tried\nkind: invented\n", 2, "public"),
    ("finding: SEN/tried\nabove: {finding: GHA/tried, times: 0}\n", 2, "more than 0"),
    ("finding: SEN/tried\nabove: {finding: GHA/tried, times: many}\n", 2, "no number"),
    ("finding: SEN/tried\nabove: {finding: GHA/tried, time: 2}\n", 2, "times"),
    ("all: []\n", 1, "empty"),
    ("all:\n- {finding: SEN/tried, above: 1}\nany:\n- {finding: SEN/tried, above: 1}\n", 1, "one of"),
    ("- a\n", 1, "name: value"),
    ("not:\n- {finding: SEN/tried, above: 1}\n", 2, "name: value"),
    ("measure: tried\nstudy: west_afrika\nabove: 1\nin_areas: {at_least: 2}\n", 2, "west_africa"),
    ("measure: tried\nstudy: west_africa\nabove: 1\nin_areas: {at_least: 0}\n", 4, "always or never"),
    ("measure: tried\nstudy: west_africa\nabove: 1\nin_areas: {at_least: 17}\n", 4, "always or never"),
    ("measure: tried\nstudy: west_africa\nabove: 1\nin_areas: {at_least: 2.5}\n", 4, "whole"),
    ("measure: tried\nstudy: west_africa\nabove: 1\nin_areas: every\n", 4, "Known are: each"),
    ("measure: tried\nstudy: west_africa\nin_areas: each\n", 1, "one of"),
    (
        "measure: tried\nstudy: west_africa\nabove: 1\nin_areas: {at_least: 2}\nareas: [SEN, TUR]\n",
        5,
        "area of west_africa",
    ),
]


@pytest.mark.parametrize(("text", "line", "word"), WRONG)
def test_a_condition_that_is_written_wrong_is_named_with_its_file_and_line(tmp_path, text, line, word):
    with pytest.raises(TextsError, match=word) as error:
        condition(tmp_path, text)
    assert str(error.value).startswith(f"pledge/condition.yml, line {line}:")
