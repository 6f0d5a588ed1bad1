"""Errors and cautions that carry a code: what programs and tests ask for, beside the sentence for people."""

from __future__ import annotations

import ast
import copy
import json
import pickle
import re
from collections.abc import Iterator
from functools import cache

import numpy as np
import pandas as pd
import pytest
from refusals import codes, refused, warned

from analysis.project_files import ROOT, sources
from bounded.arguments import whole
from bounded.refusal import (
    Caution,
    Coded,
    Refusal,
    require_choice,
    require_columns,
    require_known,
    require_once,
    require_values,
)
from trends import NotEstimable, caution, count_trend

# What these refuse is put behind the name of a file, a line or a program by whoever catches it, as "ours.yml: it has no
# `title:`.": it need not begin with a capital letter nor end with a full stop.
CONTINUE = {
    "analysis/cases/mapping.py", "analysis/cases/places.py",
    "analysis/release/documents.py", "analysis/release/file_texts.py", "analysis/report/references.py",
    "analysis/survey/intake.py",
}  # fmt: skip
# Names that begin with a small letter wherever they stand.
PROGRAMS = ("git ",)


# What each of them is.


def test_an_error_is_its_sentence_to_people_and_its_code_to_programs():
    error = Refusal("missing_column", "The table has no column 'count'.")
    assert (str(error), error.code) == ("The table has no column 'count'.", "missing_column")
    assert isinstance(error, ValueError) and isinstance(error, Coded)
    assert not isinstance(Coded("missing_column", "The table has no column 'count'."), ValueError)


@pytest.mark.parametrize("kind", [Coded, Refusal, NotEstimable])
def test_an_error_comes_back_whole_from_another_process(kind):
    error = kind("few_rows", "Three rows are too few.")
    for again in (pickle.loads(pickle.dumps(error)), copy.deepcopy(error)):
        assert type(again) is kind
        assert (again.code, str(again)) == ("few_rows", "Three rows are too few.")


def test_a_caution_is_a_text_wherever_a_text_is_wanted():
    said = Caution("few_periods", "Only 5 periods.")
    assert said.code == "few_periods"
    assert said == "Only 5 periods." and {said: 1}["Only 5 periods."] == 1
    assert f"{said} And more." == "Only 5 periods. And more."
    assert type(str(said)) is type(said + "") is type(" ".join([said])) is str
    assert json.dumps([said]) == '["Only 5 periods."]'
    table = pd.DataFrame({"warnings": [said, ""]})
    assert table["warnings"].dtype == "str" and table["warnings"].tolist() == ["Only 5 periods.", ""]


def test_a_caution_keeps_its_code_in_another_process():
    said = Caution("few_periods", "Only 5 periods.")
    for again in (pickle.loads(pickle.dumps(said)), copy.copy(said), copy.deepcopy(said)):
        assert (again, again.code, type(again)) == (said, "few_periods", Caution)


def test_what_keeps_cautions_keeps_their_codes():
    few = caution.few_points(5)
    assert caution.few_points(7) == ""
    kept = Caution.kept("", few, caution.few_points(7), caution.covid([2019, 2020]), few)
    assert codes(kept) == ["few_periods", "covid_years"]
    assert warned(kept, "covid_years", 2020) and not warned(kept, "covid_years", 2021)


def test_a_test_can_ask_for_a_code_and_for_what_the_sentence_names():
    series = pd.DataFrame({"period": [2001, 2002, 2002], "count": [3, 4, 5]})
    with refused(Refusal, "duplicate_period", 2002):
        count_trend(series)


# Every one in the sources.


@cache
def trees() -> dict[str, ast.Module]:
    """The sources, by their path within their folder of sources or `tools`."""
    return {
        path.relative_to(folder).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for folder in (*sources(), ROOT / "tools")
        for path in sorted(folder.rglob("*.py"))
    }


def called(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


@cache
def coded() -> dict[str, ast.ClassDef]:
    """The classes of errors that have a code."""
    classes = [node for tree in trees().values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    found = {node.name: node for node in classes if node.name == "Coded"}
    while more := {
        node.name: node
        for node in classes
        if node.name not in found and any(called(base) in found for base in node.bases)
    }:
        found |= more
    return found


@cache
def by_code() -> set[str]:
    """Whatever takes a code and a sentence: the classes, but for those that choose their code themselves."""
    own = {
        name
        for name, node in coded().items()
        if name != "Coded" and any(isinstance(each, ast.FunctionDef) and each.name == "__init__" for each in node.body)
    }
    return {"Caution", *coded()} - own


def passing(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef, ast.Call]]:
    """Functions with an argument `code` that they pass on, each with where it does."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef) and "code" in arguments(function):
            calls = (call for call in ast.walk(function) if isinstance(call, ast.Call) and call.args)
            for call in calls:
                _, (given, *_) = made_of(call)
                if isinstance(given, ast.Name) and given.id == "code":
                    yield function, call


def made_of(call: ast.Call) -> tuple[str, list[ast.expr]]:
    """What a call makes that has a code, and its code and sentence; of `Caution.when` without what must hold."""
    if called(call.func) == "when" and isinstance(call.func, ast.Attribute) and called(call.func.value) == "Caution":
        return "Caution", call.args[1:]
    return (called(call.func), call.args) if called(call.func) in by_code() else ("", [ast.Constant("")])


def arguments(function: ast.FunctionDef) -> list[str]:
    return [each.arg for each in function.args.args if each.arg != "self"]


@cache
def makings() -> tuple[list[tuple[str, str, ast.expr]], list[tuple[str, ast.expr]]]:
    """Codes, each with its place and what it is given to, and sentences with their places."""
    passed = {path: [(called_by, call) for called_by, call in passing(tree)] for path, tree in trees().items()}
    everywhere = [each for found in passed.values() for each in found]
    all_codes, sentences = [], []
    for path, tree in trees().items():
        on = {id(call) for _, call in passed[path]}
        for call in ast.walk(tree):
            if not isinstance(call, ast.Call) or not call.args:
                continue
            place, name = f"{path}:{call.lineno}", called(call.func)
            kind, given = made_of(call)
            if kind:
                assert len(given) == 2 and not call.keywords, f"{place}: give a code and a sentence"
                sentences.append((place, given[1]))
                if id(call) not in on:
                    all_codes.append((place, kind, given[0]))
            # Functions of a module by their name alone, and those of others behind a dot.
            for function, made in everywhere if isinstance(call.func, ast.Attribute) else passed[path]:
                names = arguments(function)
                if (name, len(call.args)) == (function.name, len(names)):
                    all_codes.append((place, made_of(made)[0], call.args[names.index("code")]))
    return all_codes, sentences


def test_every_code_is_written_out_in_words_joined_by_underscores():
    found = makings()[0]
    assert len(found) > 1000 and sum(kind == "Caution" for _, kind, _ in found) > 100
    for place, kind, code in found:
        assert isinstance(code, ast.Constant), f"{place}: the code {ast.unparse(code)} is not written out"
        words = code.value.split("_")
        assert all(re.fullmatch("[a-z0-9]+", word) for word in words) and words[0].isalpha(), f"{place}: {code.value!r}"
        assert len(words) <= (4 if kind == "Caution" else 5), f"{place}: {code.value} is a sentence"


def ends(sentence: ast.expr) -> tuple[ast.expr, ast.expr]:
    """The first and the last part of a sentence that is written out; what is passed on stands for itself."""
    if isinstance(sentence, ast.JoinedStr):
        return sentence.values[0], sentence.values[-1]
    if isinstance(sentence, ast.BinOp):
        return ends(sentence.left)[0], ends(sentence.right)[1]
    return sentence, sentence


def written(node: ast.expr) -> str:
    """What is written out; empty where a value, or a text made elsewhere, stands."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def test_every_sentence_is_one():
    for place, sentence in makings()[1]:
        if place.rpartition(":")[0] in CONTINUE:
            continue
        first, last = (written(end) for end in ends(sentence))
        assert not first or first.startswith((*PROGRAMS, "--")) or re.match(r"""[A-Z"'`“(]""", first), (
            f"{place}: a sentence begins with a capital letter, a quote or a value, not with {first[:40]!r}"
        )
        assert not last or re.search(r"""[.!?)\]}"'`”]$""", last), f"{place}: {last[-40:]!r} does not end a sentence"


def test_a_table_without_a_column_or_with_a_key_twice_is_refused():
    table = pd.DataFrame({"area": ["A", "B", "A"], "year": [1, 1, 1]})
    require_columns(table, ["area", "year"], "rows")
    require_once(table.iloc[:2], ["area", "year"], "rows", "keep one")
    with refused(Refusal, "missing_column", "The rows have no column 'sex': needed are area, sex"):
        require_columns(table, ["area", "sex"], "rows")
    with refused(Refusal, "missing_column", "no column 'yaer': it is needed. Did you mean 'year'? There are area,"):
        require_columns(table, ["yaer"], "rows")
    with refused(Refusal, "missing_column", "no columns 'ares', 'sex': ", "mean 'area' for 'ares'? There are area,"):
        require_columns(table, ["ares", "sex", "year"], "rows")
    with refused(Refusal, "duplicate_key", "A, 1 stands twice in the rows: keep one."):
        require_once(table, ["area", "year"], "rows", "keep one")


def test_of_a_wide_table_the_nearest_column_is_named_and_of_the_others_as_many_as_have_room():
    wide = pd.DataFrame({f"q{number}": ["a secret"] for number in range(300)} | {"weight of the\nchild" * 9: [1]})
    with pytest.raises(Refusal) as refusal:
        require_columns(wide, ["q300x", "q299 "], "answers")
    said = str(refusal.value)
    assert "'q299' for 'q299'" in said and "q11 and 289 more." in said and "q12," not in said
    assert len(said) < 400 and "\n" not in said and "secret" not in said
    with refused(Refusal, "missing_column", "There are no columns."):
        require_columns(pd.DataFrame(), ["count"], "rows")


def test_an_argument_outside_its_choices_or_no_whole_number_is_refused():
    require_choice("errors", None, (None, "robust"))
    with refused(Refusal, "unknown_choice", "errors", "'robust'", "'hac'"):
        require_choice("errors", "hac", (None, "robust"))
    assert whole(1)("draws", 3.0) == 3
    for wrong in (0, 1.5, -2):
        with refused(Refusal, "not_whole_number", "draws", wrong):
            whole(1)("draws", wrong)


def test_a_column_is_refused_at_its_first_value_that_is_not_good():
    ages = pd.Series([5, 200, -1], index=["r1", "r2", "r3"], name="age")
    require_values(ages, np.array([True, True, True]), "out_of_range", "; it must be an age")
    with refused(Refusal, "out_of_range", "Row r2: 'age' is '200'; it must be an age."):
        require_values(ages, np.array([True, False, False]), "out_of_range", "; it must be an age")


def test_a_row_that_does_not_say_what_it_is_of_is_refused():
    table = pd.DataFrame({"area_id": ["A", "B", None], "period": [2020, None, 2021]}, index=[7, 8, 9])
    require_known(table[:1], ["area_id", "period"])
    with refused(Refusal, "missing_value", "Row 9 has no area_id."):
        require_known(table, ["area_id", "period"])
    with refused(Refusal, "missing_value", "Row 8 has no period, so it belongs nowhere."):
        require_known(table, ["period"], ", so it belongs nowhere")


def test_a_caution_is_made_only_when_it_holds():
    few = Caution.when(3 < 5, "few_periods", "Only 3 periods.")
    assert (few, few.code) == ("Only 3 periods.", "few_periods")
    assert Caution.when(5 < 3, "few_periods", "Only 5 periods.") == ""
