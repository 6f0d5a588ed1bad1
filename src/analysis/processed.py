"""Tables of persons as files: written with the kind of what they hold, and read back only as their manifest says."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Protocol

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis import retention
from analysis.catalog import Dataset, shown
from analysis.data_read import mark_read
from analysis.jobs import Tables
from analysis.spreadsheets import csv_bytes, unguarded_table
from bounded.refusal import Coded


class ProcessedError(Coded):
    """The tables of a study cannot be made or read; the message says why, without a value of a record."""


class Description(Protocol):
    """Description in the file beside a file of persons: a mapping, or the description of a survey."""

    @property
    def kind(self) -> str: ...
    @property
    def study(self) -> str: ...


def require_as_catalogued(entry: Dataset, described: Description) -> None:
    """Raise ProcessedError unless a file's description says the same of it as the catalogue: its kind and its study."""
    for what in ("kind", "study"):
        said, catalogued = getattr(described, what), getattr(entry, what)
        if said != catalogued:
            assert entry.description_path is not None
            raise ProcessedError(
                "catalogue_contradicted",
                f"{shown(entry.description_path)} says {what}: {said}, but {entry.listed_in} has {catalogued} for "
                f"'{entry.name}': correct whichever is wrong.",
            )


def as_parquet(table: pd.DataFrame, kind: str, more: Mapping[str, str] | None = None) -> bytes:
    """A table as Parquet; its metadata say of what kind it is, and what `more` says.

    Only what stands in its rows is written: no category that no row has, no notes of the table, and no index.
    """
    content = pa.Table.from_pandas(_bare(table), preserve_index=False)
    content = content.replace_schema_metadata(
        {**(content.schema.metadata or {}), "kind": _kind_word(kind), **(more or {})}
    )
    sink = io.BytesIO()
    pq.write_table(content, sink, compression="zstd", version="2.6")
    return sink.getvalue()


def as_csv(table: pd.DataFrame, kind: str) -> bytes:
    """A table that a person opens, as CSV; its last column says of what kind it is."""
    return csv_bytes(table.assign(kind=_kind_word(kind)))


def _bare(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of a table without what it remembers of those that were left out on the way."""
    bare = table.reset_index(drop=True).copy()
    bare.attrs, bare.columns.name = {}, None
    for name, column in bare.items():
        if isinstance(column.dtype, pd.CategoricalDtype):
            bare[name] = column.cat.remove_unused_categories()
    return bare


def read(tables: Tables, names: Iterable[str]) -> dict[str, pd.DataFrame]:
    """Tables of persons as the last run made them, by the names of their files without an ending.

    The files that they were made from, and the tables themselves, count as read from now on.

    Parameters
    ----------
    names : names of files as for ``tables.file``: ``"stops.parquet"``, ``"quarantine.csv"``.

    Raises
    ------
    ProcessedError : the tables have not been made, or are not as their manifest says.
    RetentionError : the study has data that were to be deleted.
    """
    retention.require_within([tables.study])
    said = tables.manifest_content()
    if not said or said.get("kind") != tables.kind:
        raise ProcessedError(
            "tables_not_made",
            f"The {tables.words} of {tables.study} as they are now were not made into tables yet: {_again(tables)}",
        )
    mark_read(*tables.entries, tables.as_dataset())
    return {
        name.rpartition(".")[0]: _table(tables, name, said["products"].get(shown(tables.file(name)))) for name in names
    }


@cache
def _table(tables: Tables, name: str, expected: str | None) -> pd.DataFrame:
    path = tables.file(name)
    content = path.read_bytes() if path.exists() else b""
    if hashlib.sha256(content).hexdigest() != expected:
        raise ProcessedError(
            "digest_changed", f"{shown(path)} is missing, or is not as its manifest says: {_again(tables)}"
        )
    source = io.BytesIO(content)
    if path.suffix == ".parquet":
        return pd.read_parquet(source)
    return unguarded_table(pd.read_csv(source, keep_default_na=False))


def _again(tables: Tables) -> str:
    return f"make them with `python -m analysis intake --study {tables.study}`."


def _kind_word(kind: str) -> str:
    return kind.upper() if kind == "synthetic" else kind
