"""UNODC, Global Report on Trafficking in Persons: the data set that the UNODC data portal offers as a spreadsheet."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import python_calamine

from analysis.official_releases import ACCOUNT, REFUSED, Release, ReleaseError, alpha3, differing, existing

COLUMNS = {
    "Iso3_code": "reporter",
    "Country": "country",
    "Region": "region",
    "Subregion": "subregion",
    "Indicator": "indicator",
    "Dimension": "dimension",
    "Category": "category",
    "Sex": "sex",
    "Age": "age",
    "Year": "year",
    "Unit of measurement": "unit",
    "txtVALUE": "value",
    "Source": "source",
}
SEX = {"Female": "female", "Male": "male", "Total": "all", "Other": "other", "Unknown": "unknown"}
AGE = {"0 to 17 years": "0-17", "18 years or over": "18+", "Total": "all", "Unknown": "unknown"}
# What names one figure: two rows with the same key and different values contradict each other.
_KEY = ["reporter", "country", "indicator", "dimension", "category", "sex", "age", "year", "unit", "source"]
_NUMBER = re.compile(r"\d+|\d{1,3}(,\d{3})+")
_ORDER = [
    *("iso3", "reporter", "country", "region", "subregion", "indicator", "dimension", "category", "sex", "age", "year"),
    *("value", "low", "high", "value_qualifier", "may_be_zero", "contradicted", "unit", "source", "row"),
]
_CAUTIONS = (
    "Detected victims are those that authorities identified and reported; they are not incidence.",
    "'<5' is printed for 1 to 4, and may stand for 0 (may_be_zero).",
    "Totals that are missing were not reported: they are not the sum of the parts that are there.",
    "Where the release prints two values for one figure both are kept and marked (contradicted).",
    "Codes such as CAR or SAF are groups of countries; they have no iso3 and are not to be added to countries.",
)


def load(path: str | Path) -> Release:
    """The Global Report's data set as a tidy table.

    Parameters
    ----------
    path : the spreadsheet (xlsx) as UNODC publishes it.

    Returns
    -------
    Release whose table has iso3 (ISO 3166-1 alpha-3; "" for a group or a territory without a code), reporter (the
    code as printed), country, region, subregion, indicator, dimension, category (as printed), sex
    (female|male|other|all|unknown), age (0-17|18+|all|unknown), year, value (as printed), low, high (persons or
    offences), value_qualifier (exact|below_5), may_be_zero, contradicted (the same figure is printed with another
    value too), unit, source, row (in the sheet). Duplicates are rows that repeat an earlier one in all 13 columns.

    Raises
    ------
    ReleaseError : the file is missing or damaged, or its columns are not those of the release.

    References
    ----------
    UNODC (2022), Research - Data Portal - Trafficking in Persons, https://dataunodc.un.org/dp-trafficking-persons.
    """
    path = existing(path)
    date, raw = _sheet(path)
    printed = list(COLUMNS.values())
    repeated = raw.duplicated(printed)
    first = raw.groupby(printed, sort=False)["row"].transform("first")
    duplicates = raw[repeated].assign(repeats_row=first[repeated]).reset_index(drop=True)
    rows = _read(raw[~repeated])
    faults = _faults(rows)
    readable = faults["reason"] == ""
    table = rows[readable].reset_index(drop=True)
    table["contradicted"] = table.duplicated(_KEY, keep=False)
    bad = rows[~readable]
    refused = faults[~readable].assign(
        file=path.name,
        row=bad["row"].astype("Int64"),
        place=bad["country"].where(bad["country"] != "", bad["reporter"]),
    )
    refused = refused[REFUSED].reset_index(drop=True)
    counts = [path.name, len(raw), len(table), len(duplicates), len(refused)]
    return Release(
        title="Global Report on Trafficking in Persons",
        publisher="United Nations Office on Drugs and Crime (UNODC)",
        date=date,
        kind="public",
        table=table[_ORDER].astype({"year": int}),
        refused=refused,
        duplicates=duplicates,
        account=pd.DataFrame([counts], columns=ACCOUNT),
        cautions=_CAUTIONS,
    )


def _sheet(path: Path) -> tuple[str, pd.DataFrame]:
    """The day the release carries, and its rows as text with their numbers in the sheet."""
    try:
        cells = python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python(skip_empty_area=False)
    except Exception as error:  # whatever calamine meets in a damaged file, the user needs one sentence
        raise ReleaseError(
            "unreadable_file",
            f"{path.name} cannot be read as a spreadsheet ({type(error).__name__}): download it again.",
        ) from None
    head = next((at for at, row in enumerate(cells[:20]) if "txtVALUE" in row or "Iso3_code" in row), 0)
    names = [str(name).strip() for name in cells[head]] if cells else []
    wrong = differing(list(COLUMNS), names)
    if wrong:
        raise ReleaseError(
            "unknown_layout",
            f"{path.name} is not UNODC's data set on trafficking in persons: its columns differ ({wrong}).",
        )
    stamps = re.findall(r"\b\d{2}/\d{2}/\d{4}\b", " ".join(str(cell) for row in cells[:head] for cell in row))
    date = datetime.strptime(stamps[0], "%d/%m/%Y").date().isoformat() if stamps else ""
    # Whole numbers come as 2018.0 where a cell is a number.
    body = [[_text(cell) for cell in row] for row in cells[head + 1 :]]
    raw = pd.DataFrame(body, columns=names, dtype="str").rename(columns=COLUMNS)
    raw["row"] = np.arange(head + 2, head + 2 + len(raw))
    return date, raw[(raw[list(COLUMNS.values())] != "").any(axis=1)]


def _text(cell: Any) -> str:
    return f"{cell:.0f}" if isinstance(cell, float) and cell.is_integer() else str(cell).strip()


def _read(raw: pd.DataFrame) -> pd.DataFrame:
    """Rows with codes, years and intervals; a cell that cannot be read is missing."""
    rows = raw.copy()
    rows["iso3"] = rows["reporter"].where(rows["reporter"].isin(list(alpha3().values())), "")
    rows["sex"], rows["age"] = rows["sex"].map(SEX), rows["age"].map(AGE)
    year = pd.to_numeric(rows["year"], errors="coerce")
    rows["year"] = year.where((year % 1 == 0) & year.between(1900, 2100))
    bounds = {value: _bounds(value) for value in rows["value"].unique()}
    for at, name in enumerate(("low", "high")):
        rows[name] = rows["value"].map({value: pair[at] for value, pair in bounds.items()}).astype(float)
    rows["may_be_zero"] = rows["value"] == "<5"
    rows["value_qualifier"] = np.where(rows["may_be_zero"], "below_5", "exact")
    return rows


def _bounds(value: str) -> tuple[float, float]:
    if value == "<5":
        return 0, 4
    number = float(value.replace(",", "")) if _NUMBER.fullmatch(value) else np.nan
    return number, number


def _faults(rows: pd.DataFrame) -> pd.DataFrame:
    """The first column of each row that cannot be read, and the reason; both "" for a row that can."""
    reasons = {
        "txtVALUE": (rows["low"].isna(), "The value is neither a whole number nor '<5'."),
        "Year": (rows["year"].isna(), "The year is not a year."),
        "Sex": (rows["sex"].isna(), "The sex is none of those the release uses."),
        "Age": (rows["age"].isna(), "The age is none of those the release uses."),
        "Indicator": ((rows["indicator"] == "") | (rows["dimension"] == ""), "What was counted is not stated."),
        "Iso3_code": ((rows["reporter"] == "") & (rows["country"] == ""), "The country is not stated."),
    }
    faults = pd.DataFrame("", rows.index, ["column", "reason"], dtype="str")
    for column, (bad, reason) in reasons.items():
        faults.loc[bad & (faults["reason"] == ""), ["column", "reason"]] = column, reason
    return faults
