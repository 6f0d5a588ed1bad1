"""From the lists of a study to its tables of case records: linked persons, and no identifier; and how they are read.

`build` computes and writes nothing. The batch writes what it returns to ``data/processed/<study>/``, with a manifest of
digests; `load` reads the tables back and refuses those that are not as the manifest says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pandas as pd

from analysis import catalog, release_register
from analysis.cases import report
from analysis.cases.histories import capture_histories, sensitivity
from analysis.cases.htcds import NOT_A_VICTIM
from analysis.cases.intake import Intake, intake
from analysis.cases.journey_counts import count_tables, nested
from analysis.cases.record_linkage import LinkageError, clerical_sample, link
from analysis.catalog import Dataset
from analysis.intake.pseudonyms import secret_key
from analysis.jobs import CASE_RECORDS, CaseTables
from analysis.processed import ProcessedError, as_csv, as_parquet, read, require_as_catalogued

# Never in a product: what persons were linked by, and the sources' own numbers.
WITHHELD = ("link_", "source_record")
# The count tables that may leave the building: what must not be told in them is missing.
PROTECTED = "protected"
# Tables that a person opens: rows to look up in the lists.
FOR_PEOPLE = ("quarantine", "clerical_sample")


@dataclass(frozen=True)
class CaseRecords:
    """The case records of a study as tables.

    Parameters
    ----------
    study, kind : whose records these are; ``public``, ``confidential`` or ``synthetic``.
    case_records : one row a person as one list has them, with ``person_id``.
    stops : one row a stop of a journey; ``journey_id`` is a record's.
    pairs, weights : pairs of records with their match weights and levels; what each level of a comparison weighs.
    histories : by area and year, which pattern of lists how many persons stand on.
    sensitivity : persons and overlaps of the lists at each threshold.
    quarantine : rows that did not become records, with rule and reason, and without a value.
    lists : one row a list: rows, records and persons, where it comes from, and why it is not linked if it is not.
    """

    study: str
    kind: str
    case_records: pd.DataFrame
    stops: pd.DataFrame
    pairs: pd.DataFrame
    weights: pd.DataFrame
    histories: pd.DataFrame
    sensitivity: pd.DataFrame
    quarantine: pd.DataFrame
    lists: pd.DataFrame

    @property
    def is_synthetic(self) -> bool:
        return self.kind == "synthetic"


def build(study: str) -> dict[str, bytes]:
    """Read, check and link the lists of a study.

    Returns
    -------
    Path below ``data/processed`` -> content: the tables of `CaseRecords` and the data manager's report. Same lists,
    mappings and key, same bytes.

    Raises
    ------
    ProcessedError : there is no list, or a list and its entry in the catalogue contradict each other.
    analysis.cases.mapping.MappingError, analysis.intake.source.SourceError : a mapping or a file cannot be read.
    """
    entries = catalog.case_lists(study)
    if not entries:
        raise ProcessedError("not_catalogued", f"No list of case records of {study} is catalogued.")
    intakes = [_intake(entry) for entry in entries]
    _require_one_name_each(entries, intakes)
    records = pd.concat([each.records for each in intakes], ignore_index=True)
    linked, not_linked = _linked(records)
    people = linked["case_records"]
    counted = people[people["person_id"] != ""]
    stops = pd.concat([each.stops for each in intakes], ignore_index=True)
    case_tables = CaseTables(study)
    tables: dict[str, Any] = {
        **linked,
        "stops": stops,
        "histories": pd.DataFrame() if not_linked else capture_histories(counted, by=("area_id", "year")),
        "quarantine": pd.concat([each.quarantine for each in intakes], ignore_index=True),
        "lists": _lists(entries, intakes, people, not_linked),
        PROTECTED: _protected(study, people, stops),
    }
    kind = case_tables.kind
    names = {}
    for name, table in tables.items():
        if name in FOR_PEOPLE:
            names[case_tables.file(f"{name}.csv")] = as_csv(
                table if name == "clerical_sample" else _ordered(table), kind
            )
        else:
            ordered = table if name == PROTECTED else _ordered(table)
            names[case_tables.file(f"{name}.parquet")] = as_parquet(ordered, kind)
    names[case_tables.file(case_tables.report)] = report.render(intakes).encode()
    return {path.relative_to(case_tables.folder.parent).as_posix(): content for path, content in names.items()}


def load(study: str) -> CaseRecords:
    """The tables of a study's case records, as the last run made them.

    The lists that they were made from, and the tables themselves, count as read from now on.

    Raises
    ------
    ProcessedError : the tables have not been made, or are not as their manifest says.
    """
    tables = CaseTables(study)
    names = [each.name for each in fields(CaseRecords) if each.name not in ("study", "kind")]
    found = read(tables, [f"{name}.csv" if name in FOR_PEOPLE else f"{name}.parquet" for name in names])
    return CaseRecords(study, tables.kind, **found)


def protected(study: str) -> dict[str, pd.DataFrame]:
    """The protected count tables of a study's case records: all that is published of their persons by number.

    Returns
    -------
    Name -> table of dimensions and ``count`` (persons, Int64), missing where it is suppressed; see `counts`. In
    a series also ``adjusted_by`` (persons, Int64): the count is adjusted by at most so many.

    Raises
    ------
    ProcessedError : the tables have not been made, or are not as their manifest says.
    """
    from disclosure import unstacked

    found = unstacked(read(CaseTables(study), [f"{PROTECTED}.parquet"])[PROTECTED])
    return {name: table.astype({"count": "Int64"}) for name, table in found.items()}


def _protected(study: str, people: pd.DataFrame, stops: pd.DataFrame) -> pd.DataFrame:
    """The count tables of all areas, protected together and with those of earlier releases.

    A first release is protected by suppression. Once there is one, the tables are a series: their counts are adjusted,
    unless they are still those of the release before.
    """
    import disclosure

    counted = count_tables(people, stops)
    earlier = release_register.earlier(study, CASE_RECORDS)
    if not earlier or not any("adjusted_by" in table for table in earlier[-1].values()):
        suppressed = disclosure.stacked(disclosure.protect(counted, nested=nested(counted)))
        if not earlier or release_register.digest(suppressed) == release_register.digest(
            disclosure.stacked(earlier[-1])
        ):
            return suppressed
    return disclosure.stacked(
        disclosure.protect(
            counted,
            nested=nested(counted, *earlier),
            earlier=earlier,
            method="cell_key",
            secret=secret_key(CaseTables(study).kind).encode(),
        )
    )


def _intake(entry: Dataset) -> Intake:
    """One list, whose mapping must say the same of it as the catalogue."""
    assert entry.description_path is not None
    found = intake(catalog.verify(entry.name), entry.description_path)
    require_as_catalogued(entry, found.mapping)
    return found


def _require_one_name_each(entries: Sequence[Dataset], intakes: Sequence[Intake]) -> None:
    names: dict[str, Dataset] = {}
    for entry, found in zip(entries, intakes, strict=True):
        name = found.mapping.list_id
        if name in names:
            raise ProcessedError(
                "duplicate_name",
                f"'{names[name].name}' and '{entry.name}' are both the list '{name}' by their mappings: give "
                f"each list a name of its own.",
            )
        names[name] = entry


def _linked(records: pd.DataFrame) -> tuple[dict[str, pd.DataFrame], str]:
    """The tables that linkage leads to; without linkage, records whose persons are unknown, and the reason.

    Whom a source found to be no victim stays in the table, and is linked with nobody.
    """
    no_victims = (records["status"] == NOT_A_VICTIM).to_numpy()
    apart = _without_identity(records.assign(person_id=""))
    try:
        linkage = link(records[~no_victims])
    except LinkageError as error:
        empty = {name: pd.DataFrame() for name in ("pairs", "weights", "sensitivity", "clerical_sample")}
        return {"case_records": apart, **empty}, str(error)
    linked = _without_identity(linkage.records)
    return {
        "case_records": pd.concat([linked, apart[no_victims]], ignore_index=True) if no_victims.any() else linked,
        "pairs": linkage.pairs,
        "weights": linkage.weights,
        "sensitivity": sensitivity(linkage),
        "clerical_sample": clerical_sample(linkage),
    }, ""


def _without_identity(records: pd.DataFrame) -> pd.DataFrame:
    return records[[name for name in records if not str(name).startswith(WITHHELD)]]


def _lists(
    entries: Sequence[Dataset], intakes: Sequence[Intake], people: pd.DataFrame, not_linked: str
) -> pd.DataFrame:
    rows = []
    for entry, found in zip(entries, intakes, strict=True):
        here = people[people["list_id"] == found.mapping.list_id]
        clean = int((found.rows["outcome"] == "clean").sum())
        rows.append(
            {
                "list_id": found.mapping.list_id,
                "title": found.mapping.title,
                "publisher": entry.publisher,
                "source": entry.source,
                "date": entry.date,
                "kind": entry.kind,
                "file": catalog.plain(Path(entry.file)).as_posix(),
                "rows_read": len(found.rows),
                "rows_clean": clean,
                "rows_quarantined": len(found.rows) - clean,
                "records": len(here),
                "persons": here["person_id"].replace("", pd.NA).nunique(),
                "detected_first": here["date_low"].min(),
                "detected_last": here["date_high"].max(),
                "not_linked": not_linked,
            }
        )
    return pd.DataFrame(rows)


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    """Rows in the order of what identifies them, so that the same content is the same bytes."""
    keys = ("study", "record_id", "journey_id", "seq", "record_id_l", "record_id_r", "list_id", "file", "sheet", "row")
    present = [name for name in keys if name in table]
    table = table.sort_values(present, kind="stable") if present and len(table) else table
    return table.reset_index(drop=True)
