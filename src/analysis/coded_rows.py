"""Rows of the evidence that a person coded from a source: which they are, a tenth of them drawn, what a recheck found.

``coded_rows.csv`` has a line a schema: columns that say which row it is, columns of places, what a second coder is
shown to find it again, and what he is asked, with its level of measurement. A row is known by what it is about, not by
its value or its place in the file: a row keeps its draw when others are added, or when its value is corrected.

References
----------
Cohen, E. and Kaplan, H. (2007). Summarizing data using bottom-k sketches. Proceedings of the 26th ACM Symposium on
    Principles of Distributed Computing, 225-234 (a sample of the lowest digests).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from importlib import resources

import numpy as np
import pandas as pd

from analysis import areas, catalog

# What a second coder is shown, each made of columns of the data set, or a text after "=".
SHOWN = ("place", "period", "indicator", "definition", "breakdown", "unit")
# What a coder is asked of a row that has no figure and no code: whether its source says so.
STATED = "stated"
NUMBERS = ("interval", "ratio")
# Begins what is digested: another text draws other rows.
_DRAW = "second coding, first draw"
_SHARE = 10
_BETWEEN = "|"
COLUMNS = ["row_id", "data_set", "source_id", "places", *SHOWN]
# Provenance of a fact: what was derived or remembered stands in no source.
_READ = "read"
BELOW_5 = "<5"
# Parts of an answer.
_ANSWER = ("value", "low", "high", "value_qualifier")


@cache
def specified() -> pd.DataFrame:
    """Return of each schema of coded rows: identity, places, what is shown, and asked, as ``value:ratio``."""
    with resources.files("analysis").joinpath("coded_rows.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=str, keep_default_na=False).set_index("schema")


def rows(study: str | None = None) -> pd.DataFrame:
    """Return the coded rows of a study, or all that everybody may use.

    Returns
    -------
    DataFrame: row_id, data_set, source_id, places (ids), place, period, indicator, definition, breakdown, unit (texts);
    asked (of each field its level and what the first coder has: value, low, high, value_qualifier), and read (True but
    for facts that were derived or remembered).
    """
    synthetic = study is not None and areas.STUDIES[study].is_synthetic
    entries = [
        entry
        for schema in specified().index
        for entry in catalog.of_schema(schema)
        if entry.study == study or (entry.study is None and not synthetic)
    ]
    tables = [_of_data_set(entry.name, str(entry.schema)) for entry in entries]
    table = pd.concat([pd.DataFrame(columns=[*COLUMNS, "asked", "read"]), *tables], ignore_index=True)
    if study is None:
        return table
    own = {*areas.looked_up(study), areas.STUDIES[study].iso3} - {""}
    return table[[not own.isdisjoint(ids) for ids in table["places"]]].reset_index(drop=True)


def drawn(study: str) -> pd.DataFrame:
    """Return a tenth of a study's rows that were read in a source, drawn in each data set: those of lowest digests."""
    table = rows(study).query("read")
    ordered = table.assign(digest=[digest(each) for each in table["row_id"]]).sort_values("digest", kind="stable")
    place = ordered.groupby("data_set").cumcount()
    size = -(-ordered.groupby("data_set")["row_id"].transform("size") // _SHARE)
    found = ordered[place < size].drop(columns="digest")
    return found.sort_values(["data_set", "source_id", "row_id"], kind="stable", ignore_index=True)


def digest(row_id: str) -> str:
    """The digest by which a row is drawn, and by which a workbook names it."""
    return hashlib.sha256(f"{_DRAW}{_BETWEEN}{row_id}".encode()).hexdigest()[:16]


def lines(table: pd.DataFrame) -> pd.DataFrame:
    """Return one line for each thing asked of some rows: the columns of `rows`, field, level and the first coder's.

    Returns
    -------
    DataFrame: as `rows` without `asked`, with field, level, value (text), low, high (numbers), value_qualifier.
    """
    kept = table.drop(columns="read")
    made = [base | answer for base in kept.to_dict("records") for answer in base.pop("asked")]
    return pd.DataFrame(made, columns=[*COLUMNS, "field", "level", *_ANSWER])


def words_of(data_set: str, field: str) -> tuple[str, ...]:
    """The words that a field of a data set is coded in, from its most to its least frequent; none for a day."""
    if field == STATED:
        return ("yes", "no")
    column = catalog.load(data_set)[field]
    words = column.astype(str).str.split(";").explode()
    return tuple(word for word in words.value_counts().index if word and not word[:1].isdigit())


def looked_up() -> pd.DataFrame:
    """Return the rows that the first coders looked up again, knowing the value, with the evidence they belong to.

    Returns
    -------
    DataFrame: as ``recheck.csv`` has it, with matched (True where row_id is a row of the evidence), data_set, places,
    period, indicator of that row.
    """
    table = catalog.load("recheck")
    found = rows()[["row_id", "data_set", "places", "period", "indicator"]]
    table = table.merge(found, on="row_id", how="left")
    return table.assign(matched=table["data_set"].notna())


def texts(column: pd.Series) -> list[str]:
    """The cells of a column as texts: "" for what is missing, whole numbers without a point, days as YYYY-MM-DD."""
    return [_text(value) for value in column]


def _text(value: object) -> str:
    if pd.isna(value):
        return ""
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)


@cache
def _of_data_set(name: str, schema: str) -> pd.DataFrame:
    spec, table = specified().loc[schema], catalog.load(name)
    parts = [texts(table[column]) for column in spec["identity"].split()]
    ids = pd.Series([_BETWEEN.join((name, *row)) for row in zip(*parts, strict=True)], dtype=object)
    again = ids.groupby(ids).cumcount()
    # Two rows about one thing of one source are told apart by their order.
    ids = ids.where(again.eq(0), ids + f"{_BETWEEN}#" + (again + 1).astype(str))
    places = list(zip(*(texts(table[column]) for column in spec["places"].split()), strict=True))
    shown = {each: _shown(table, spec[each], each) for each in SHOWN}
    made = {"row_id": ids, "data_set": name, "source_id": texts(table["source_id"]), "places": places, **shown}
    read = table["provenance"].eq(_READ).to_numpy() if "provenance" in table else True
    return pd.DataFrame(made).assign(asked=_asked(table, spec["asked"].split()), read=read)


def _shown(table: pd.DataFrame, columns: str, what: str) -> list[str]:
    if not columns or columns.startswith("="):
        return [columns[1:]] * len(table)
    cells = [texts(table[column]) for column in columns.split()]
    if what == "breakdown" and len(cells) > 1:
        heads = [column.replace("_", " ") for column in columns.split()]
        return ["; ".join(f"{head}: {cell}" for head, cell in zip(heads, row, strict=True) if cell)
                for row in zip(*cells, strict=True)]  # fmt: skip
    between = "/" if what == "period" else "; "
    return [between.join(dict.fromkeys(filter(None, row))) for row in zip(*cells, strict=True)]


def _asked(table: pd.DataFrame, fields: Iterable[str]) -> list[list[dict[str, object]]]:
    """What is asked of each row, with what its first coder has; where that is nothing, whether the source says so."""
    found: list[list[dict[str, object]]] = [[] for _ in range(len(table))]
    for field, level in (each.split(":") for each in fields):
        ends = ("value", "low", "high") if field == "value" else (f"{field}_low", f"{field}_low", f"{field}_high")
        numbers = level in NUMBERS
        columns = (*ends, "value_qualifier") if numbers else (field, "", "", "")
        cells = [texts(table[column]) if column else [""] * len(table) for column in columns]
        for row, answer in enumerate(zip(*cells, strict=True)):
            if answer[0]:
                found[row].append({"field": field, "level": level, **dict(zip(_ANSWER, answer, strict=True))})
    stated: dict[str, object] = {"field": STATED, "level": "nominal", **dict.fromkeys(_ANSWER, ""), "value": "yes"}
    return [each or [stated] for each in found]


def second_codings() -> pd.DataFrame:
    """Return what second coders have answered, beside what the first one has.

    Returns
    -------
    DataFrame: as ``second_coding.csv`` has it, with the columns of `lines` (those of the first coder begin with
    first_), gone (True where no row of the evidence has its row_id and field any more) and alike (both say the same).
    """
    table = catalog.load("second_coding")
    table = table.assign(**{end: texts(table[end]) for end in ("low", "high")})
    all_rows = rows()
    of_rows = lines(all_rows[all_rows["row_id"].isin(table["row_id"])])
    first = of_rows.rename(columns={each: f"first_{each}" for each in _ANSWER})
    table = table.merge(first, on=["row_id", "field"], how="left")
    # What the second one did not find there is not alike, and a row that is gone neither.
    alike = [
        row.found == "yes"
        and isinstance(row.level, str)
        and alike_answers(
            (row.first_value, row.first_low, row.first_high, row.first_value_qualifier),
            (row.value, row.low, row.high, row.qualifier),
            row.level,
        )
        for row in table.itertuples()
    ]
    return table.assign(gone=table["data_set"].isna(), alike=np.array(alike, dtype=bool))


def reviewed() -> pd.DataFrame:
    """Return the rows that were looked up again, or coded by a second coder, each once.

    Returns
    -------
    DataFrame: row_id, data_set, source_id, places, period, indicator, value (of the first coder), recheck (what the
    last round of looking up found: right, corrected, not found again; or "") and second (``same``, ``differs`` where
    one of several second coders does, or "").
    """
    again = looked_up().query("matched").sort_values("check_round", kind="stable")
    recheck = dict(zip(again["row_id"], again["result"], strict=True))
    codings = second_codings().query("not gone").groupby("row_id")["alike"].all()
    second = {row_id: "same" if same else "differs" for row_id, same in codings.items()}
    table = rows()
    table = table[table["row_id"].isin({*recheck, *second})]
    made = {
        name: [found.get(row_id, "") for row_id in table["row_id"]]
        for name, found in (("recheck", recheck), ("second", second))
    }
    values = [fields[0]["value"] for fields in table["asked"]]
    columns = ["row_id", "data_set", "source_id", "places", "period", "indicator"]
    return table[columns].assign(value=values, **made).reset_index(drop=True)


def alike_answers(one: tuple[str, str, str, str], other: tuple[str, str, str, str], level: str) -> bool:
    """Return True if two answers (value, low, high, qualifier) have the same bounds, or the same words in any order."""
    if level in NUMBERS:
        return bounds(*one) == bounds(*other)
    return code(one[0]) == code(other[0])


def bounds(value: str, low: str, high: str, qualifier: str) -> tuple[float, float]:
    """The least and the most that an answer can mean; without an upper bound, infinity."""
    if value == BELOW_5:
        return 0.0, 4.0
    lowest = float(low or (0 if qualifier == "at_most" else value or "nan"))
    return lowest, float(high or ("inf" if qualifier.startswith("at_least") else value or "nan"))


def code(words: str) -> str:
    """Words of a code in the order of the alphabet."""
    return ";".join(sorted({word.strip() for word in words.split(";")} - {""}))
