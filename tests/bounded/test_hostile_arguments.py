"""What cannot be used is refused by a code and a sentence, at the door of every public function."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from usual_calls import CALLS

from bounded.refusal import Refusal

NAN, INFINITE = float("nan"), float("inf")
LEVEL = {"in per cent": 95, "one": 1.0, "none": 0.0, "nan": NAN, "text": "95 %", "missing": None, "list": [0.95]}
WHOLE = {"half": 2.5, "text": "ten", "nan": NAN, "infinite": INFINITE, "below 0": -1, "list": [10], "yes": True}
SEED = {"half": 1.5, "text": "seed", "nan": NAN, "below 0": -1, "missing": None}
ABOVE_0 = {"zero": 0, "below 0": -3.0, "nan": NAN, "infinite": INFINITE, "text": "many", "missing": None}
SHARE = {"above 1": 1.5, "below 0": -0.1, "nan": NAN, "text": "few", "missing": None}
CHOICE = {"unknown": "as you like", "number": 3.5, "list": ["bic"], "missing but needed": object()}
# What each argument may be spoiled with, by its name; it means the same in every function.
ARGUMENTS: dict[str, dict[str, Any]] = {
    "confidence": LEVEL,
    "seed": SEED,
    **dict.fromkeys(
        ("replicates", "permutations", "draws", "imputations", "resamples", "burn_in", "chains", "thin"), WHOLE
    ),
    **dict.fromkeys(
        ("max_joinpoints", "min_joinpoints", "lags", "max_delay", "window", "horizons", "order", "k"), WHOLE
    ),
    **dict.fromkeys(("support", "frequency", "years_back", "half_window", "seasonal_levels", "classes", "n"), WHOLE),
    **dict.fromkeys(("past_weeks_not_included", "parameters", "iterations", "most_missing"), WHOLE),
    **dict.fromkeys(("per", "total_population", "delta", "weights_threshold", "most_rhat"), ABOVE_0),
    **dict.fromkeys(("tolerance", "target"), ABOVE_0),
    **dict.fromkeys(
        ("threshold", "alpha", "level", "min_share", "trend_p", "missed", "false_links", "complete"), SHARE
    ),
    **dict.fromkeys(
        ("selection", "method", "family", "errors", "covid", "limits", "counts", "statistic", "of"), CHOICE
    ),
    **dict.fromkeys(("correction", "unit", "delay_unit", "sampling", "islands", "effort"), CHOICE),
    "thresholds": {"above 1": (0.02, 2.0), "nan": (NAN,), "texts": ("a",), "number": 0.02, "none": ()},
    "odds_ratios": {"zero": (0.0, 1.0), "nan": (NAN,), "texts": ("a",), "none": ()},
    "when": {"no date": "yesterday", "number": 3.5, "list": ["2020-01-01"], "missing day": pd.NaT},
    "at": {"no period": "yesterday", "nan": NAN, "infinite": INFINITE, "missing": None},
    "jump": {"no period": "yesterday", "nan": NAN, "infinite": INFINITE},
    "values": {"texts": list("abcdefghijkl"), "dates": list(pd.date_range("2020-01-01", periods=12)), "missing": None},
    "periods": {"texts": list("abcdefghijkl"), "number": 3, "infinite": [INFINITE] * 12},
    "probabilities": {"above 1": 1.5, "nan": NAN, "text": "half", "texts": ["a"]},
    "degrees_of_freedom": {"below 0": -1.0, "nan": NAN, "text": "few"},
    "known": {"texts": {"teachers": "many"}, "infinite": {"teachers": INFINITE}, "list": ["teachers"], "missing": None},
    "prior": {"text": "flat", "below 0": (-1.0, 2.0), "nan": (NAN, 1.0), "one": (1.0,)},
    "cells": {"texts": list("abcdefgh"), "nan": [NAN] * 8, "missing": None},
    "expected": {"texts": ["a"], "below 0": [-1.0], "dates": [pd.Timestamp("2020-01-01")]},
    "count": {"text": "many", "below 0": -5, "date": pd.Timestamp("2020-01-01"), "missing": None},
    "secret": {"text": "secret", "missing": None},
    "stops": {"missing": None, "text": "stops.csv", "list": [1]},
    "design": {"missing": None, "text": "design", "table": pd.DataFrame({"a": [1]})},
    "tables": {
        "missing": None,
        "text": "t",
        "one table": pd.DataFrame({"a": ["x"], "count": [12]}),
        "no table": {"t": 3},
    },
    "releases": {"missing": None, "numbers": [3]},
    "variables": {"number": 3, "missing": None, "no column": "height"},
    "variable": {"number": 3, "missing": None, "no column": "height"},
    "by": {"number": 3, "no column": "planet"},
}
# None is a default of these, and so no fault.
TEXTS, DAYS = "several", pd.Timestamp("2020-01-01")
COLUMNS_OF_NUMBERS = {
    "count",
    "low",
    "high",
    "population",
    "rate",
    "value",
    "standard_error",
    "estimate",
    "persons",
    "times",
    "n",
    "size",
    "poverty",
    "income",
    "match_probability",
    "lon",
    "lat",
    "debt",
    "age",
    "weight",
    "delay",
    "knows",
    "teachers",
}


def spoiled() -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Function, argument, what is wrong with it, and all arguments of the call."""
    for name, (function, usual) in CALLS.items():
        parameters = inspect.signature(function).parameters
        for argument, parameter in parameters.items():
            for fault, value in ARGUMENTS.get(argument, {}).items():
                if (value is not None or parameter.default is not None) and not is_meant(name, argument, fault):
                    yield name, argument, fault, {**usual, argument: value}
        for argument, table in usual.items():
            if isinstance(table, pd.DataFrame):
                optional = argument in parameters and parameters[argument].default is None
                for fault, value in spoiled_tables(table, name):
                    if optional and value is None:
                        continue
                    yield name, argument, fault, {**usual, argument: value}
            elif argument == "tables":
                for fault, value in spoiled_tables(table["by_sex"], name):
                    yield name, argument, fault, {**usual, argument: {"by_sex": value}}
            elif argument == "series" and isinstance(table, dict):
                for fault, value in spoiled_tables(table["police"], name):
                    yield name, argument, fault, {**usual, argument: {"police": value}}


def spoiled_tables(table: pd.DataFrame, name: str) -> Iterator[tuple[str, Any]]:
    yield "missing", None
    yield "text", "table.csv"
    column = next((each for each in table if each in COLUMNS_OF_NUMBERS), table.columns[-1])
    yield f"two columns {column}", pd.concat([table, table[[column]]], axis=1)
    for column in table:
        if column in COLUMNS_OF_NUMBERS and is_read(name, column):
            # A published table may have a text where a count is suppressed.
            if name not in ("audit", "protect", "protection"):
                yield f"{column} of texts", table.assign(**{column: TEXTS})
            yield f"{column} of dates", table.assign(**{column: DAYS})
            if column not in ("high", "estimate") and name not in ("top_corridors", "unstacked"):
                yield f"{column} infinite", table.assign(**{column: INFINITE})
            if (
                column in ("count", "population", "persons", "weight", "standard_error")
                and "stacked" not in name
                and name != "came_or_went"
            ):
                yield f"{column} below 0", table.assign(**{column: -table[column].abs() - 1})


def is_read(name: str, column: str) -> bool:
    """Whether a function looks at a column as numbers at all."""
    by_survey = {"age": "SurveyDesign.ratio", "debt": "SurveyDesign.mean SurveyDesign.total", "rate": "", "size": ""}
    if column in by_survey:
        return name in by_survey[column].split()
    unread = {("flag_last_period", "count"), ("firth_logistic", "weight")}
    # Texts are categories of a covariate.
    return (name, column) not in unread and column != "poverty"


def is_meant(name: str, argument: str, fault: str) -> bool:
    """Whether a fault elsewhere is a good value here."""
    return (
        (name in ("heterogeneity", "heterogeneity_rows") and argument == "order")
        or (name == "proportion_limits" and argument in ("n", "degrees_of_freedom") and fault != "text")
        or (name, argument) == ("robustness_over_linkages", "draws")
        or (name, argument, fault)
        in {
            ("estimate_is_releasable", "n", "half"),
            ("latent_classes", "most_rhat", "infinite"),
            ("funnel_limits", "target", "zero"),
        }
    )


HOSTILE = list(spoiled())


@pytest.mark.parametrize("name", CALLS)
def test_the_call_without_a_fault_is_answered(name):
    function, arguments = CALLS[name]
    assert function(**arguments) is not None


@pytest.mark.parametrize(
    ("name", "argument", "fault", "arguments"), HOSTILE, ids=[f"{n}-{a}-{f}" for n, a, f, _ in HOSTILE]
)
def test_what_cannot_be_used_is_refused_by_a_code_and_a_sentence(name, argument, fault, arguments):
    with pytest.raises(Refusal) as found:
        CALLS[name].function(**arguments)
    assert found.value.code.replace("_", "").isalpha()
    sentence = str(found.value)
    assert 20 < len(sentence) < 700
    assert sentence.rstrip().endswith(".")
    assert "Traceback" not in sentence
    assert "object at 0x" not in sentence
    assert " nan" not in sentence.lower()


def test_there_are_many_kinds_of_them():
    assert len({(argument, fault) for _, argument, fault, _ in HOSTILE}) >= 215
    assert {name for name, *_ in HOSTILE} == set(CALLS)


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        *((name, "k") for name in ("audit", "protect", "protection", "adjustment", "came_or_went", "audit_changes")),
        *(("corridors", "support"), ("mann_kendall", "lags"), ("draw_counts", "draws"), ("nowcast", "window")),
        *(("estimate_is_releasable", "k"), ("aberrations", "frequency")),
    ],
)
def test_nothing_is_counted_in_groups_of_nobody(name, argument):
    function, arguments = CALLS[name]
    with pytest.raises(Refusal) as found:
        function(**{**arguments, argument: 0})
    assert found.value.code == "not_whole_number"


def test_fewer_than_no_parameters_release_nothing():
    with pytest.raises(Refusal):
        CALLS["estimate_is_releasable"].function(8, -5)
