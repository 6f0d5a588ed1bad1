"""Every data set the assessment may read: where it lies, what it is, and whether it is still what was catalogued.

No other module opens a file below ``data/raw``. A file that the catalogue does not list, or whose content has
changed since it was listed, is refused with a sentence that says what to do.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

# pandas is loaded when a table is read: whoever asks for digests alone need not wait for it.
if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
RAW = ROOT / "data" / "raw"
KINDS = ("public", "confidential", "synthetic")
# Environment variable: where the files of data/raw lie for a worker that has none, as fsspec writes it (s3://bucket/raw).
ELSEWHERE = "ANALYSIS_RAW"
# Type of the notebook output that lists, for programs, which data sets were read.
READ = "application/vnd.analysis.inputs+json"
# The safe loader in C where PyYAML has it: ten times as fast, and the catalogue is read by every notebook.
_YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class CatalogError(Exception):
    """A data set is not catalogued, has changed, or breaks its schema; the message says where and what to do."""


@dataclass(frozen=True)
class Dataset:
    """One entry of ``data/raw/catalog.yml``.

    Parameters
    ----------
    name : what the code calls it.
    file : path below ``data/raw``.
    title, publisher, source, licence, date : for people; every figure and table can be traced to them.
    kind : ``public``, ``confidential`` or ``synthetic``.
    sha256 : digest of the file as catalogued.
    schema : name of a schema in ``analysis.schemas``, or None for a file of map layers.
    cautions : what the data are not; shown wherever the data are shown.
    """

    name: str
    file: str
    title: str
    kind: str
    licence: str
    publisher: str
    source: str
    date: str
    sha256: str
    schema: str | None = None
    cautions: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        return RAW / self.file


@cache
def datasets() -> dict[str, Dataset]:
    """All catalogued data sets by name, in the order of the catalogue."""
    path = RAW / "catalog.yml"
    if not path.exists():
        raise CatalogError(f"{shown(path)} is missing: the assessment reads only data that it lists.")
    listed = {}
    for name, entry in yaml.load(path.read_text(encoding="utf-8"), Loader=_YAML).items():
        try:
            dataset = Dataset(name=name, **{**entry, "cautions": tuple(entry.get("cautions", ()))})
        except TypeError as error:
            raise CatalogError(f"{shown(path)}: the entry '{name}' is not complete ({error}).") from None
        if dataset.kind not in KINDS:
            raise CatalogError(
                f"{shown(path)}: the entry '{name}' has the kind '{dataset.kind}'; "
                f"it must be one of {', '.join(KINDS)}."
            )
        listed[name] = dataset
    return listed


def dataset(name: str) -> Dataset:
    """The entry called `name`. Raises CatalogError if there is none."""
    try:
        return datasets()[name]
    except KeyError:
        raise CatalogError(
            f"'{name}' is not in data/raw/catalog.yml. Add an entry with its title, kind, licence, publisher, source, "
            f"date, sha256 and schema before reading it. Listed are: {', '.join(datasets())}."
        ) from None


def verify(name: str) -> Path:
    """The path of a data set whose file is byte for byte what was catalogued; raises CatalogError otherwise."""
    entry = dataset(name)
    elsewhere = os.environ.get(ELSEWHERE, "")
    try:
        path = _copied(entry, elsewhere) if elsewhere else entry.path
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        raise CatalogError(
            f"{_place(entry, elsewhere)} is missing, though data/raw/catalog.yml lists it as '{name}'. "
            f"Put it back, or remove the entry."
        ) from None
    if found != entry.sha256:
        if elsewhere:
            path.unlink()
        raise CatalogError(
            f"{_place(entry, elsewhere)} is not the file that was catalogued as '{name}': its content has changed. "
            f"Put the catalogued file back; or, if the change is meant and its source is known, "
            f"set sha256: {found} in data/raw/catalog.yml."
        )
    return path


def _copied(entry: Dataset, elsewhere: str) -> Path:
    """A copy on this machine of a data set that lies elsewhere, fetched once for each content that is catalogued."""
    copy = ROOT / ".cache" / "inputs" / entry.sha256 / entry.path.name
    if not copy.exists():
        import fsspec  # only where inputs lie elsewhere

        with fsspec.open(_place(entry, elsewhere), "rb") as file:
            content = file.read()
        copy.parent.mkdir(parents=True, exist_ok=True)
        # Two workers of one machine may fetch the same at once.
        descriptor, unfinished = tempfile.mkstemp(dir=copy.parent)
        with open(descriptor, "wb") as file:
            file.write(content)
        os.replace(unfinished, copy)
    return copy


def _place(entry: Dataset, elsewhere: str) -> str:
    return f"{elsewhere.rstrip('/')}/{entry.file}" if elsewhere else shown(entry.path)


def verify_all() -> None:
    """Raise CatalogError for the first data set that is missing or has changed, or evidence that nobody catalogued."""
    for name in datasets():
        verify(name)
    listed = {entry.path for entry in datasets().values()}
    for path in sorted(RAW.glob("evidence/*.csv")):
        if path not in listed:
            raise CatalogError(
                f"{shown(path)} is not in data/raw/catalog.yml. Add an entry for it there, or take the file away."
            )


# Data sets that this process has read, in the order of their first reading: the end of every notebook names them.
_READ: dict[str, None] = {}


def read_so_far() -> list[Dataset]:
    """The data sets that this process has read, in the order in which it first did."""
    return [dataset(name) for name in _READ]


def opened(name: str) -> Path:
    """The path of a data set as `verify` gives it, which is from now on among those that were read."""
    _READ[name] = None
    return verify(name)


@cache
def _table(name: str) -> pd.DataFrame:
    import pandas as pd
    import pandera.errors

    from analysis.schemas import SCHEMAS

    entry = dataset(name)
    if entry.schema is None:
        raise CatalogError(f"'{name}' is not a table: read one of its layers with catalog.layer.")
    if entry.schema not in SCHEMAS:
        raise CatalogError(
            f"data/raw/catalog.yml: the entry '{name}' names the schema '{entry.schema}', which is unknown."
        )
    schema = SCHEMAS[entry.schema]
    path = opened(name)
    # Only numbers and dates may be empty; in text, "NA" is Namibia and an empty cell is an empty text.
    text = {column for column, rule in schema.columns.items() if str(rule.dtype).startswith(("str", "string"))}
    table = pd.read_csv(
        path,
        dtype=dict.fromkeys(text, str),
        keep_default_na=False,
        na_values={column: [""] for column in schema.columns if column not in text},
        encoding="utf-8",
    )
    try:
        table = schema.validate(table, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        raise CatalogError(_first_failure(path, errors.failure_cases)) from None
    table.attrs = {"dataset": name, "cautions": list(entry.cautions)}
    return table


def load(name: str) -> pd.DataFrame:
    """A catalogued table, checked against its digest and its schema.

    Parameters
    ----------
    name : name of the entry in ``data/raw/catalog.yml``.

    Returns
    -------
    DataFrame with the columns of its schema; ``.attrs`` holds the data set's name and cautions.

    Raises
    ------
    CatalogError : not catalogued, missing, changed, or not as its schema says (file, row and column are named).
    """
    return _table(name).copy()


@cache
def _layer(name: str, layer: str) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import pyogrio  # noqa: F401 - geopandas reads by it; named here, a warm process has loaded it

    return gpd.read_file(opened(name), layer=layer)


def layer(name: str, layer: str) -> gpd.GeoDataFrame:
    """One layer of a catalogued file of boundaries (EPSG:4326). Raises CatalogError as `load` does."""
    return _layer(name, layer).copy()


def _first_failure(path: Path, failures: pd.DataFrame) -> str:
    """One sentence on the first of the cells that break a schema, in the row numbers that a spreadsheet shows."""
    import pandas as pd

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
    value = first["failure_case"]
    return f"{shown(path)}, {row}column '{column}': the value {value!r} breaks the rule {first['check']}.{more}"


def shown(path: Path) -> str:
    """A path as it is written in a message, a product or a link: below the project's folder, on every system alike."""
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)
