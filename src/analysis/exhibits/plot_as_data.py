"""The plot of an exhibit as data that an executed notebook keeps, so that a report can draw it in another language.

A plot is kept where it is one of the forms of `analysis.plots`, and its table and arguments are plain: texts, numbers,
dates, lists of them, categories of a grid, layers of a map by their names. Others are only drawn.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd

from analysis import plots
from analysis.exhibits.plot import Layer, Plot
from analysis.plots.matrix import Category
from bounded.refusal import Refusal

# What else an argument can be, by the name that it has as data.
_RECORDS: dict[str, type[Category] | type[Layer]] = {"category": Category, "layer": Layer}
_DATE = "datetime64[ns]"


class _NotPlain(Exception):
    """A value that is no text, number, date, list or table of such."""


def as_data(plot: Plot | None, title: str, footer: plots.Footer | None) -> dict[str, Any] | None:
    """Return a plot with its title and footer as data; None where it is no form, or holds more than plain values."""
    name = getattr(plot.chart, "__name__", "") if plot is not None else ""
    if plot is None or footer is None or name not in plots.__all__ or getattr(plots, name) is not plot.chart:
        return None
    try:
        arguments = {key: _value(value) for key, value in plot.arguments.items()}
        return {
            "chart": name,
            "table": _value(plot.table),
            "arguments": arguments,
            "title": title,
            "footer": asdict(footer),
        }
    except _NotPlain:
        return None


def from_data(data: Mapping[str, Any]) -> tuple[Plot, str, plots.Footer]:
    """Return plot, title and footer from what `as_data` made.

    Raises
    ------
    Refusal : the chart is none of the forms of `analysis.plots`, or a value is of no kind that is kept.
    """
    if data["chart"] not in plots.__all__:
        raise Refusal("unknown_choice", f"'{data['chart']}' is no form of plot: run the notebook again.")
    arguments = {name: _read(value) for name, value in data["arguments"].items()}
    plot = Plot(getattr(plots, data["chart"]), _read(data["table"]), **arguments)
    return plot, data["title"], plots.Footer(**data["footer"])


def _value(value: Any) -> Any:
    if isinstance(value, pd.DataFrame):
        if type(value) is not pd.DataFrame:
            raise _NotPlain
        return {"table": {str(name): _column(value[name]) for name in value.columns}}
    if isinstance(value, Mapping):
        return {"pairs": [[_value(key), _value(each)] for key, each in value.items()]}
    if isinstance(value, list | tuple):
        return {type(value).__name__: [_value(each) for each in value]}
    if isinstance(value, Category | Layer):
        return {type(value).__name__.lower(): asdict(value)}
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, pd.Timestamp):
        return {"date": value.isoformat()}
    if hasattr(value, "item"):
        return _scalar(value.item())
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        # JSON has no such numbers.
        return value if math.isfinite(value) else {"float": str(value)}
    raise _NotPlain


def _column(column: pd.Series) -> dict[str, Any]:
    kind = str(column.dtype)
    if isinstance(column.dtype, pd.CategoricalDtype):
        texts = column.astype(object).where(column.notna(), None)
        names = [_scalar(each) for each in column.cat.categories]
        return {"kind": "category", "categories": names, "values": [_scalar(each) for each in texts]}
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return {"kind": _DATE, "values": [None if pd.isna(each) else each.isoformat() for each in column]}
    return {"kind": kind, "values": [None if each is pd.NA else _scalar(each) for each in column]}


def _read(data: Any) -> Any:
    if not isinstance(data, Mapping):
        return data
    ((kind, value),) = data.items()
    if kind in _RECORDS:
        return _RECORDS[kind](**value)
    readers = {
        "table": lambda: pd.DataFrame({name: _series(column) for name, column in value.items()}),
        "pairs": lambda: {_read(key): _read(each) for key, each in value},
        "list": lambda: [_read(each) for each in value],
        "tuple": lambda: tuple(_read(each) for each in value),
        "date": lambda: pd.Timestamp(value),
        "float": lambda: float(value),
    }
    if kind not in readers:
        raise Refusal("unknown_choice", f"A plot holds '{kind}', which nothing reads: run the notebook again.")
    return readers[kind]()


def _series(column: Mapping[str, Any]) -> pd.Series:
    values = [_read(each) for each in column["values"]]
    if column["kind"] == "category":
        return pd.Series(pd.Categorical(values, column["categories"], ordered=True))
    if column["kind"] == _DATE:
        return pd.Series(pd.to_datetime(values))
    return pd.Series(values, dtype=column["kind"])
