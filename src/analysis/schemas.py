"""Schemas of the tables of ``data/raw`` (pandera): ``schemas.csv`` has them, a line a column.

A column that a schema does not name is refused. In ``schemas.csv``: `holds`, what a cell is; `pattern`, the regular
expression that a text must match; `values`, those allowed, with a bar between them; `at_least`, `at_most`, `above`, the
bounds of a number; `may_be_empty`, where ``or absent`` is said of a whole column; `unique`, where no two rows have the
same, or (``together``) no two have the same in all columns so marked. The low end of a range does not lie above its
high end.
"""

from __future__ import annotations

from importlib import resources

import pandas as pd

# pandera loads this with the first table it checks, and Hypothesis with it: a third of a second. Named here, it is
# among the libraries that a warm process has loaded before it forks a kernel.
import pandera.backends.pandas.builtin_checks  # noqa: F401
import pandera.pandas as pa

_KINDS = {"text": str, "number": float, "true or false": bool, "date": "datetime64[ns]"}
_ENDS = (("low", "high"), ("date_low", "date_high"), ("period_start", "period_end"), ("age_low", "age_high"))


def _column(rule: pd.Series) -> pa.Column:
    is_nullable = bool(rule["may_be_empty"])
    kind = ("Int64" if is_nullable else int) if rule["holds"] == "whole number" else _KINDS[rule["holds"]]
    checks = []
    if rule["pattern"]:
        checks.append(pa.Check.str_matches(rule["pattern"]))
    if rule["values"]:
        checks.append(pa.Check.isin(rule["values"].split("|")))
    if rule["at_most"]:
        checks.append(pa.Check.in_range(int(rule["at_least"]), int(rule["at_most"])))
    elif rule["at_least"]:
        checks.append(pa.Check.ge(int(rule["at_least"])))
    elif rule["above"]:
        checks.append(pa.Check.gt(int(rule["above"])))
    is_required = rule["may_be_empty"] != "or absent"
    return pa.Column(kind, checks=checks, nullable=is_nullable, unique=rule["unique"] == "yes", required=is_required)


def _ordered(low: str, high: str) -> pa.Check:
    rule = f"{low} is not after {high}" if "date" in low or "period" in low else f"{low} is not above {high}"
    return pa.Check(lambda table: (table[low] <= table[high]) | table[low].isna() | table[high].isna(), error=rule)


def _table(rules: pd.DataFrame) -> pa.DataFrameSchema:
    columns = {rule["column"]: _column(rule) for _, rule in rules.iterrows()}
    checks = [_ordered(*ends) for ends in _ENDS if set(ends) <= set(columns)]
    together = list(rules.loc[rules["unique"] == "together", "column"]) or None
    return pa.DataFrameSchema(columns, checks=checks, unique=together, strict=True, coerce=True)


def _schemas() -> dict[str, pa.DataFrameSchema]:
    with resources.files("analysis").joinpath("schemas.csv").open(encoding="utf-8") as file:
        rules = pd.read_csv(file, dtype=str, keep_default_na=False)
    return {str(name): _table(columns) for name, columns in rules.groupby("table", sort=False)}


SCHEMAS = _schemas()


def first_failure(file: str, failures: pd.DataFrame, with_value: bool = True) -> str:
    """One sentence on the first of the cells that break a schema, in the row numbers that a spreadsheet shows."""
    # A rule on a whole row is reported for all its columns, and as an error where a cell is no number: cells go first.
    failures = failures[failures["index"].notna()] if failures["index"].notna().any() else failures
    pairs = zip(failures["schema_context"], failures["column"], failures["check"], strict=True)
    own = [where == "Column" or str(column) in str(rule).split() for where, column, rule in pairs]
    broken = pd.Series(own, failures.index)
    failures = (failures[broken] if broken.any() else failures).drop_duplicates(["column", "index"])
    first = failures.iloc[0]
    column = first["column"] if pd.notna(first["column"]) else first["failure_case"]
    row = f"row {int(first['index']) + 2}, " if pd.notna(first["index"]) else ""
    more = f" ({len(failures) - 1} more cells fail.)" if len(failures) > 1 else ""
    value = f"the value {first['failure_case']!r}" if with_value else "a value"
    return f"{file}, {row}column '{column}': {value} breaks the rule {first['check']}.{more}"
