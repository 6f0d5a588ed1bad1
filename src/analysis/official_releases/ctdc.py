"""Counter Trafficking Data Collaborative (CTDC): its k-anonymised and its synthetic file, checked cell by cell.

In the k-anonymised file 1 is yes, 0 is no and -99 is not stated. In the synthetic file 1 is yes and a blank may be
either: nothing there is ever no.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.official_releases import ACCOUNT, REFUSED, Release, ReleaseError, alpha3, differing, existing

__all__ = ["load"]


def _named(prefix: str, endings: str) -> list[str]:
    return [prefix + ending for ending in endings.split()]


_PERSON = ["yearOfRegistration", "gender", "ageBroad", "citizenship", "CountryOfExploitation"]
# Flags that both files have.
_SHARED = [
    *_named("is", "ForcedLabour SexualExploit OtherExploit"),
    *_named("typeOfLabour", "Agriculture Construction DomesticWork Hospitality"),
    *_named("typeOfSex", "Prostitution Pornography"),
    *_named("recruiterRelation", "IntimatePartner Friend Family Other"),
]
KANON_FLAGS = [
    *_SHARED,
    *_named("meansOfControl", "DebtBondage TakesEarnings RestrictsFinancialAccess Threats PsychologicalAbuse"),
    *_named("meansOfControl", "PhysicalAbuse SexualAbuse FalsePromises PsychoactiveSubstances RestrictsMovement"),
    *_named("meansOfControl", "RestrictsMedicalCare ExcessiveWorkingHours UsesChildren ThreatOfLawEnforcement"),
    *_named("meansOfControl", "WithholdsNecessities WithholdsDocuments Other NotSpecified"),
    *_named("is", "SexAndLabour ForcedMarriage ForcedMilitary OrganRemoval SlaveryAndPractices Abduction"),
    *_named("typeOfLabour", "Aquafarming Begging IllicitActivities Manufacturing MiningOrDrilling Peddling"),
    *_named("typeOfLabour", "Transportation Other NotSpecified"),
    *_named("typeOfSex", "RemoteInteractiveServices PrivateSexualServices"),
    "recruiterRelationUnknown",
]
SYNTHETIC_FLAGS = [
    *_SHARED,
    *_named("means", "DebtBondageEarnings Threats AbusePsyPhySex FalsePromises DrugsAlcohol DenyBasicNeeds"),
    *_named("means", "ExcessiveWorkHours WithholdDocs"),
]
_MAJORITY = _named("majority", "Status StatusAtExploit Entry")
# The source, and texts that repeat the flags: any text may stand there.
_FREE = [
    *("Datasource", "meansOfControlConcatenated", "typeOfExploitConcatenated", "typeOfLabourConcatenated"),
    *("typeOfSexConcatenated", "RecruiterRelationship"),
]
KANON_COLUMNS = [*_PERSON, *_MAJORITY, *KANON_FLAGS, *_FREE]
SYNTHETIC_COLUMNS = [*_PERSON, "traffickMonths", *SYNTHETIC_FLAGS]

# "NA" is Namibia.
_MISSING = ("", "NULL", "-99", "-99.0")
_COUNTRY = "|".join(alpha3())
# What may stand in a column, besides nothing.
_ALLOWED = {
    "yearOfRegistration": r"(19|20)\d{2}",
    "gender": r"Female|Woman|Male|Man|(?i:trans).*",
    "ageBroad": r"0--8|9--17|18--20|21--23|24--26|27--29|30--38|39--47|48\+",
    "citizenship": _COUNTRY,
    "CountryOfExploitation": _COUNTRY,
    "traffickMonths": r"\d+(--\d+|\+)(?!\d).*",
    **dict.fromkeys(_MAJORITY, "Minor|Adult"),
}
_COMMON = (
    "Records are of persons whom CTDC's partners assisted or heard of: they show where partners work.",
    "ageBroad is the age when registered. An adult then may have been a child when exploited.",
    "Equal rows are different persons: nothing in the file tells persons apart, and none was taken for a repetition.",
)
_KANON_CAUTIONS = ("Values of small groups were removed: rare combinations are missing (k-anonymity).",)
_SYNTHETIC_CAUTIONS = (
    "SYNTHETIC: no row is a person. Counts and pairs of attributes resemble the real data; longer ones may not.",
    "A blank is not no: shares of those with a flag are lower bounds.",
)


def load(path: str | Path) -> Release:
    """A public file of CTDC, each cell of which is a code of its codebook; which of the two it is, its columns say.

    Parameters
    ----------
    path : the file (CSV in UTF-8, delimited by comma, semicolon or tab), k-anonymised (63 columns) or synthetic 2024
        (27 columns).

    Returns
    -------
    Release of the kind ``public`` (k-anonymised) or ``synthetic``. Its table has row (as a spreadsheet shows it) and
    the columns of the file, as printed. A row with a code that is not known is refused as a whole.

    Raises
    ------
    ReleaseError : the file is missing, damaged, or has other columns than either file.

    References
    ----------
    CTDC (2024), Codebook of the Global Synthetic Dataset. IOM, Human Trafficking Case Data Standard 2.0.
    """
    path = existing(path)
    raw, synthetic = _file(path)
    refused = _refused(raw, synthetic).assign(file=path.name, place="")[REFUSED]
    table = raw.astype(object).rename_axis("row").reset_index()
    good = table[~table["row"].isin(refused["row"])].reset_index(drop=True)
    counts = [path.name, len(raw), len(good), 0, len(refused)]
    return Release(
        title="SYNTHETIC: CTDC Global Synthetic Dataset" if synthetic else "CTDC Global K-anonymised Dataset",
        publisher="Counter Trafficking Data Collaborative (CTDC), International Organization for Migration",
        date="",
        kind="synthetic" if synthetic else "public",
        table=good,
        refused=refused,
        duplicates=good.iloc[:0],
        account=pd.DataFrame([counts], columns=ACCOUNT),
        cautions=(*(_SYNTHETIC_CAUTIONS if synthetic else _KANON_CAUTIONS), *_COMMON),
    )


def _refused(raw: pd.DataFrame, synthetic: bool) -> pd.DataFrame:
    """Rows that end early or hold a cell that is no code, with the columns of these cells: row, column, reason."""
    flags = dict.fromkeys(SYNTHETIC_FLAGS, r"1(\.0)?") if synthetic else dict.fromkeys(KANON_FLAGS, r"[01](\.0)?")
    short = raw.isna().all(axis=1)
    columns = pd.Series("", raw.index, dtype=object)
    for column, pattern in (_ALLOWED | flags).items():
        if column not in raw:
            continue
        # Each distinct text is judged once.
        allowed = re.compile(pattern, re.DOTALL)
        texts = raw[column].cat.categories
        unknown = [text for text in texts if text not in _MISSING and not allowed.fullmatch(text)]
        bad = raw[column].isin(unknown)
        columns[bad] = [f"{before}, {column}" if before else column for before in columns[bad]]
    columns = columns[short | (columns != "")]
    ends = short[columns.index]
    reasons = {True: "The row ends before the last column.", False: "The code is not one of the codebook's."}
    return pd.DataFrame(
        {"row": columns.index.astype("Int64"), "column": columns.to_numpy(), "reason": ends.map(reasons).to_numpy()}
    )


def _file(path: Path) -> tuple[pd.DataFrame, bool]:
    """The rows as text, numbered as a spreadsheet shows them, and whether the file is the synthetic one."""
    try:
        delimiter, names, synthetic = _layout(path)
        with path.open(encoding="utf-8-sig", newline="") as file:
            lengths = np.array([len(row) for row in csv.reader(file, delimiter=delimiter, strict=True)][1:], dtype=int)
        if (lengths > len(names)).any():
            row = int(np.argmax(lengths > len(names))) + 2
            raise ReleaseError(
                "row_too_long", f"{path.name} is damaged: row {row} has more cells than the header. Download it again."
            )
        raw = pd.read_csv(
            path,
            sep=delimiter,
            header=None,
            names=names,
            skiprows=1,
            dtype="str",
            keep_default_na=False,
            skip_blank_lines=False,
            index_col=False,
            encoding="utf-8-sig",
        )
    except UnicodeDecodeError:
        raise ReleaseError(
            "not_utf8", f"{path.name} is no text in UTF-8: download it again, or save it as CSV in UTF-8."
        ) from None
    except (csv.Error, pd.errors.ParserError):
        raise ReleaseError(
            "unclosed_quotes", f"{path.name} is damaged: its quotation marks do not close. Download it again."
        ) from None
    # pandas reads a row that was cut off as one that ends in blanks.
    raw[(lengths > 0) & (lengths < len(names))] = pd.NA
    raw = raw.astype("category")
    raw.index = pd.RangeIndex(2, len(raw) + 2)
    return raw[(raw != "").any(axis=1)], synthetic


def _layout(path: Path) -> tuple[str, list[str], bool]:
    """Delimiter and columns of a file, and whether they are those of the synthetic one."""
    with path.open(encoding="utf-8-sig") as file:
        head = file.readline().rstrip("\r\n")
    delimiter = max(",;\t", key=head.count)
    names = [name.strip().strip('"') for name in head.split(delimiter)]
    layouts = {False: KANON_COLUMNS, True: SYNTHETIC_COLUMNS}
    synthetic = max(layouts, key=lambda which: len(set(names) & set(layouts[which])) / len(layouts[which]))
    wrong = differing(layouts[synthetic], names)
    if wrong:
        nearest = "synthetic file of 2024" if synthetic else "k-anonymised file"
        raise ReleaseError(
            "unknown_layout", f"{path.name} is neither of CTDC's public files; from the {nearest} it differs ({wrong})."
        )
    return delimiter, names, synthetic
