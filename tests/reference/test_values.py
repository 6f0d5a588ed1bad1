"""Each row of values.csv is a case: a method is called, and a quantity of its result is what the source says.

README.md says how arguments, quantities and tolerances are written.
"""

from __future__ import annotations

import csv
import importlib
import json
import re
from collections.abc import Callable
from functools import lru_cache, reduce
from pathlib import Path

import cases
import numpy as np
import pandas as pd
import pytest

from bounded.refusal import Coded

TABLE = Path(__file__).parent / "values.csv"
COLUMNS = ["method", "arguments", "quantity", "expected", "tolerance", "source", "mark"]
NUMBER = r"\d+(?:\.\d+)?(?:e-?\d+)?"
TOLERANCE = re.compile(rf"exact|(?:rel (?P<rel>{NUMBER}))? ?(?:abs (?P<abs>{NUMBER}))?")
PART = re.compile(r"\.?([A-Za-z_]\w*)|\[([^]]+)\]")

with TABLE.open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file, strict=True))


def case(line: int, row: dict[str, str]) -> object:
    """The row as a parameter of pytest, with its mark and the line of the table on which it is (rows have one line)."""
    marks = [getattr(pytest.mark, name) for name in row["mark"].split()]
    return pytest.param(row, marks=marks, id=f"{line}-{row['method']}-{row['quantity']}"[:90])


@pytest.mark.parametrize("row", [case(line, row) for line, row in enumerate(ROWS, start=2)])
def test_value(row):
    if row["expected"].startswith("refused:"):
        with pytest.raises(Coded, check=lambda error: error.code == row["expected"][8:]):
            call(row["method"], row["arguments"])
        return
    result = called(row["method"], row["arguments"])
    found = [plain(quantity(result, path)) for path in row["quantity"].split("; ")]
    assert_near(found if len(found) > 1 else found[0], json.loads(row["expected"]), tolerance(row["tolerance"]))


def test_every_row_has_all_columns_a_source_and_stands_once():
    assert all(list(row) == COLUMNS and all(isinstance(cell, str) for cell in row.values()) for row in ROWS)
    assert not [row for row in ROWS if not (row["source"].strip() and row["tolerance"])]
    keys = [(row["method"], row["arguments"], row["quantity"], row["source"]) for row in ROWS]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("method", "capture_recapture.no_method"),
        ("method", "no_module.chapman"),
        ("quantity", "estimate["),
        ("quantity", "estimates"),
        ("quantity", "sensitivity[odds_ratio=3].low"),
        ("expected", "28.4"),
        ("expected", "[28.333333333333332]"),
        ("expected", "refused:no_overlap"),
        ("tolerance", "about 1e-6"),
        ("tolerance", ""),
    ],
)
def test_a_row_that_is_wrong_fails(column, text):
    histories = {"histories": {"@histories": {"10": 5, "01": 10, "11": 5}}}
    cells = ["capture_recapture.chapman", json.dumps(histories), "estimate", "28.333333333333332", "rel 1e-6", "", ""]
    row = dict(zip(COLUMNS, cells, strict=True))
    test_value(row)
    with pytest.raises((AssertionError, AttributeError, ImportError, pytest.fail.Exception)):
        test_value(row | {column: text})


def call(method: str, arguments: str) -> object:
    """The result of a method that is named by its module, for arguments as they stand in the table."""
    function, given = resolved(method), argument(json.loads(arguments))
    return function(**given) if isinstance(given, dict) else function(*given)


def resolved(name: str) -> Callable[..., object]:
    """What a name leads to: of modules the longest part that is one, and within it functions and methods of classes."""
    module, _, rest = name.rpartition(".")
    while module:
        try:
            return reduce(getattr, rest.split("."), importlib.import_module(module))
        except ModuleNotFoundError:
            module, _, first = module.rpartition(".")
            rest = f"{first}.{rest}"
    raise ImportError(f"No module has {name!r}.")


# Rows with the same call share its result.
called = lru_cache(maxsize=None)(call)


def argument(value: object) -> object:
    """The argument as a method takes it: {"@NAME": first, ...} is made by the function NAME of cases.py."""
    if isinstance(value, list):
        return [argument(one) for one in value]
    if not isinstance(value, dict):
        return value
    first = next(iter(value), "")
    made = {name: argument(one) for name, one in value.items()}
    return getattr(cases, first[1:])(made.pop(first), **made) if first.startswith("@") else made


def quantity(result: object, path: str) -> object:
    """What a path leads to: attributes, columns, [position], [label] and [column=value & column=value]."""
    assert re.fullmatch(f"(?:{PART.pattern})*", path), f"The quantity {path!r} cannot be read."
    for name, inside in PART.findall(path):
        result = named(result, name) if name else within(result, inside)
    return result


def named(result: object, name: str) -> object:
    """A column, a key or an attribute; a method without arguments is called."""
    if isinstance(result, (pd.DataFrame, pd.Series, dict)) and name in result:
        return result[name]
    found = getattr(result, name)
    return found() if callable(found) else found


def within(result: object, inside: str) -> object:
    """One row of a table by its values, or what stands at a position or under a label."""
    if "=" in inside and isinstance(result, pd.DataFrame):
        for condition in inside.split(" & "):
            column, value = condition.split("=", 1)
            result = result[result[column].astype(str) == value]
        assert len(result) == 1, f"[{inside}] leads to {len(result)} rows, and not to one."
        return result.iloc[0]
    if not re.fullmatch(r"-?\d+", inside):
        return result[inside]
    return result.iloc[int(inside)] if isinstance(result, (pd.DataFrame, pd.Series)) else result[int(inside)]


def plain(value: object) -> object:
    """Arrays, columns, tables and tuples as lists."""
    if isinstance(value, pd.DataFrame):
        value = value.to_numpy()
    if isinstance(value, (np.ndarray, np.generic, pd.Series, pd.Index)):
        value = value.tolist()
    return [plain(one) for one in value] if isinstance(value, (list, tuple)) else value


def tolerance(text: str) -> dict[str, float]:
    """Tolerances as `pytest.approx` takes them; what is not given is none at all."""
    read = TOLERANCE.fullmatch(text)
    assert read and text.strip(), f"The tolerance {text!r} is not known."
    return {name: float(value or 0) for name, value in read.groupdict().items()}


def assert_near(found: object, expected: object, near: dict[str, float]) -> None:
    """Lists are compared item by item; texts, true, false and null are equal."""
    if isinstance(expected, list):
        assert isinstance(found, list) and len(found) == len(expected), f"{found} has not the form of {expected}."
        for one, other in zip(found, expected, strict=True):
            assert_near(one, other, near)
    elif isinstance(expected, (int, float)) and not isinstance(expected, bool):
        assert found == pytest.approx(expected, nan_ok=True, **near)
    else:
        assert found == expected and type(found) is type(expected)
