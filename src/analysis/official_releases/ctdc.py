"""The columns of CTDC's two public files, and the words of the Human Trafficking Case Data Standard they stand for.

A flag gives a code only where everything it can mean is within that code. A flag that is wider than any code
("meansAbusePsyPhySex" is one of three) gives none; its name is kept in the column ``not_one_to_one``.

Counter Trafficking Data Collaborative (CTDC): its k-anonymised file and its synthetic file, as case records.

In the k-anonymised file 1 is yes, 0 is no and -99 is not stated. In the synthetic file 1 is yes and a blank may be
either: nothing there is ever no.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.official_releases import countries
from analysis.official_releases.release import ACCOUNT, REFUSED, Release, ReleaseError, differing, existing


@dataclass(frozen=True)
class Flag:
    """A column of yes and no: the field and the code it stands for ("" for none), and what the code does not say."""

    column: str
    field: str
    code: str
    note: str = ""


_NOT_STATED = "says that it is not known"
_WIDER = "wider than any one code"
_NO_CODE = "the standard has no code for it"

KANON = (
    Flag("meansOfControlDebtBondage", "means_of_control", "DebtBondage"),
    Flag("meansOfControlTakesEarnings", "means_of_control", "TakesEarnings"),
    Flag("meansOfControlRestrictsFinancialAccess", "means_of_control", "RestrictsFinancialAccess"),
    Flag("meansOfControlThreats", "means_of_control", "", f"{_WIDER}: threats of any kind"),
    Flag("meansOfControlPsychologicalAbuse", "means_of_control", "PsychologicalAbuse"),
    Flag("meansOfControlPhysicalAbuse", "means_of_control", "PhysicalAbuse"),
    Flag("meansOfControlSexualAbuse", "means_of_control", "SexualAbuse"),
    Flag("meansOfControlFalsePromises", "means_of_control", "FalsePromises"),
    Flag("meansOfControlPsychoactiveSubstances", "means_of_control", "PsychoactiveSubstance"),
    Flag("meansOfControlRestrictsMovement", "means_of_control", "Other", f"{_NO_CODE} but Other"),
    Flag("meansOfControlRestrictsMedicalCare", "means_of_control", "RestrictsMedicalCare"),
    Flag("meansOfControlExcessiveWorkingHours", "means_of_control", "ExcessiveWorkingHours"),
    Flag("meansOfControlUsesChildren", "means_of_control", "", f"{_WIDER}: children are used, perhaps not threatened"),
    Flag("meansOfControlThreatOfLawEnforcement", "means_of_control", "ThreatsLawEnforcement"),
    Flag("meansOfControlWithholdsNecessities", "means_of_control", "WithholdsNecessities"),
    Flag("meansOfControlWithholdsDocuments", "means_of_control", "WithholdsDocuments"),
    Flag("meansOfControlOther", "means_of_control", "Other"),
    Flag("meansOfControlNotSpecified", "means_of_control", "", _NOT_STATED),
    Flag("isForcedLabour", "exploitation", "ForcedLabour"),
    Flag("isSexualExploit", "exploitation", "SexualExploitation"),
    Flag("isOtherExploit", "exploitation", "Other"),
    Flag("isSexAndLabour", "exploitation", "ForcedLabour;SexualExploitation"),
    Flag("isForcedMarriage", "exploitation", "ForcedMarriage"),
    Flag("isForcedMilitary", "exploitation", "", f"{_WIDER}: the standard's code is for non-state actors only"),
    Flag("isOrganRemoval", "exploitation", "OrganRemoval"),
    Flag("isSlaveryAndPractices", "exploitation", "", f"{_WIDER}: slavery and similar practices, not servitude alone"),
    Flag("typeOfLabourAgriculture", "sector", "A"),
    Flag("typeOfLabourAquafarming", "sector", "A", "section A holds agriculture, forestry and fishing together"),
    Flag("typeOfLabourBegging", "exploitation", "ForcedBegging", "a kind of labour here, of exploitation there"),
    Flag("typeOfLabourConstruction", "sector", "F"),
    Flag("typeOfLabourDomesticWork", "sector", "T", "section T also holds households' work for their own use"),
    Flag("typeOfLabourHospitality", "sector", "I"),
    Flag("typeOfLabourIllicitActivities", "sector", "", "no section of ISIC"),
    Flag("typeOfLabourManufacturing", "sector", "C"),
    Flag("typeOfLabourMiningOrDrilling", "sector", "B"),
    Flag("typeOfLabourPeddling", "sector", "G", "section G holds all of trade"),
    Flag("typeOfLabourTransportation", "sector", "H", "section H also holds storage and post"),
    Flag("typeOfLabourOther", "sector", "", "no section of ISIC"),
    Flag("typeOfLabourNotSpecified", "sector", "", _NOT_STATED),
    Flag("typeOfSexProstitution", "sex_exploitation", "Prostitution"),
    Flag("typeOfSexPornography", "sex_exploitation", "Pornography"),
    Flag("typeOfSexRemoteInteractiveServices", "sex_exploitation", "RemoteInteractiveServices"),
    Flag("typeOfSexPrivateSexualServices", "sex_exploitation", "PrivateSexualServices"),
    Flag("isAbduction", "recruitment", "", _NO_CODE),
    Flag("recruiterRelationIntimatePartner", "recruiter", "", f"{_WIDER}: a partner may be family or an acquaintance"),
    Flag("recruiterRelationFriend", "recruiter", "Acquainted"),
    Flag("recruiterRelationFamily", "recruiter", "Familial"),
    Flag("recruiterRelationOther", "recruiter", "", f"{_WIDER}: known to the person or not"),
    Flag("recruiterRelationUnknown", "recruiter", "", _NOT_STATED),
)

SYNTHETIC = (
    Flag("meansDebtBondageEarnings", "means_of_control", "", f"{_WIDER}: debt bondage, or earnings taken"),
    Flag("meansThreats", "means_of_control", "", f"{_WIDER}: threats of any kind"),
    Flag("meansAbusePsyPhySex", "means_of_control", "", f"{_WIDER}: psychological, physical or sexual abuse"),
    Flag("meansFalsePromises", "means_of_control", "FalsePromises"),
    Flag("meansDrugsAlcohol", "means_of_control", "PsychoactiveSubstance"),
    Flag("meansDenyBasicNeeds", "means_of_control", "", f"{_WIDER}: necessities, medical care or movement"),
    Flag("meansExcessiveWorkHours", "means_of_control", "ExcessiveWorkingHours"),
    Flag("meansWithholdDocs", "means_of_control", "WithholdsDocuments"),
    *(flag for flag in KANON if flag.column in ("isForcedLabour", "isSexualExploit", "isOtherExploit")),
    *(flag for flag in KANON if flag.column in ("typeOfLabourAgriculture", "typeOfLabourConstruction")),
    *(flag for flag in KANON if flag.column in ("typeOfLabourDomesticWork", "typeOfLabourHospitality")),
    *(flag for flag in KANON if flag.column in ("typeOfSexProstitution", "typeOfSexPornography")),
    *(flag for flag in KANON if flag.field == "recruiter" and flag.column != "recruiterRelationUnknown"),
)

_PERSON = ("yearOfRegistration", "gender", "ageBroad", "citizenship", "CountryOfExploitation")
_ONLY_KANON = ("Datasource", "majorityStatus", "majorityStatusAtExploit", "majorityEntry")
# Texts that repeat the flags.
_REPEATED = (
    *("meansOfControlConcatenated", "typeOfExploitConcatenated", "typeOfLabourConcatenated", "typeOfSexConcatenated"),
    "RecruiterRelationship",
)
KANON_COLUMNS = [*_PERSON, *_ONLY_KANON, *(flag.column for flag in KANON), *_REPEATED]
SYNTHETIC_COLUMNS = [*_PERSON, "traffickMonths", *(flag.column for flag in SYNTHETIC)]

AGES: dict[str, tuple[int, int | None]] = {
    **{"0--8": (0, 8), "9--17": (9, 17), "18--20": (18, 20), "21--23": (21, 23), "24--26": (24, 26)},
    **{"27--29": (27, 29), "30--38": (30, 38), "39--47": (39, 47), "48+": (48, None)},
}


__all__ = ["load"]

# "NA" is Namibia.
_MISSING = ("", "NULL", "-99", "-99.0")
_SEX = {"Female": "female", "Woman": "female", "Male": "male", "Man": "male"}
_MAJORITY = {"Minor": "yes", "Adult": "no"}
# Fields of several values in which "None" says that the source knows of none.
_SEVERAL = ("exploitation", "sex_exploitation", "means_of_control")
_FIELDS = ("exploitation", "sex_exploitation", "sector", "means_of_control", "recruiter")
_COMMON = (
    "Records are of persons whom CTDC's partners assisted or heard of: they show where partners work.",
    "ageBroad is the age when registered. An adult then may have been a child when exploited: child is 'unknown' "
    "unless the file says it.",
    "Equal rows are different persons: nothing in the file tells persons apart, and none was taken for a repetition.",
    "Flags wider than any code of the standard give no code; not_one_to_one names them.",
)
_KANON_CAUTIONS = ("Values of small groups were removed: rare combinations are missing (k-anonymity).",)
_SYNTHETIC_CAUTIONS = (
    "SYNTHETIC: no row is a person. Counts and pairs of attributes resemble the real data; longer ones may not.",
    "A blank is not no: shares of those with a flag are lower bounds.",
)


def load(path: str | Path) -> Release:
    """A public file of CTDC as case records; which of the two it is, is read off its columns.

    Parameters
    ----------
    path : the file (CSV in UTF-8, delimited by comma, semicolon or tab), k-anonymised (63 columns) or synthetic 2024
        (27 columns).

    Returns
    -------
    Release of the kind ``public`` (k-anonymised) or ``synthetic``. Its table has record_id, list_id, kind, row,
    date_low, date_high, date_precision (year of registration), sex, age_low, age_high (years, at registration; high is
    missing for 48+), child (yes|no|unknown, when exploitation began), nationality, area_id (country of exploitation;
    both ISO 3166-1 alpha-3), exploitation, sex_exploitation, sector (ISIC rev. 4 section), means_of_control,
    recruiter (HTCDS codes in sorted order, joined by ";"; "" is not stated, "None" is stated as none),
    not_one_to_one (flags that the codes do not render exactly), data_source (as printed), months_low, months_high
    (how long the person was trafficked). A row with a code that is not known is refused as a whole.

    Raises
    ------
    ReleaseError : the file is missing, damaged, or has other columns than either file.

    References
    ----------
    CTDC (2024), Codebook of the Global Synthetic Dataset. IOM, Human Trafficking Case Data Standard 2.0.
    """
    path = existing(path)
    raw, synthetic = _file(path)
    flags = SYNTHETIC if synthetic else KANON
    read = _Cells(raw)
    kind, list_id = ("synthetic", "ctdc_synthetic") if synthetic else ("public", "ctdc")
    table = pd.DataFrame({"row": raw.index}, index=raw.index)
    table["record_id"] = [f"{list_id}-{row:06d}" for row in raw.index]
    for name, value in (("list_id", list_id), ("kind", kind)):
        table[name] = pd.Categorical([value] * len(raw), categories=[value])
    years = {text: text for text in read.texts("yearOfRegistration") if re.fullmatch(r"(19|20)\d{2}", text)}
    for side, day in (("low", "01-01"), ("high", "12-31")):
        days = {text: pd.Timestamp(f"{year}-{day}") for text, year in years.items()}
        table[f"date_{side}"] = read.column("yearOfRegistration", days, pd.NaT).astype("datetime64[ns]")
    table["date_precision"] = table["date_low"].notna().map({True: "year", False: "unknown"}).astype("category")
    other = {text: "other" for text in read.texts("gender") if text.casefold().startswith("trans")}
    table["sex"] = read.words("gender", _SEX | other)
    for at, side in enumerate(("low", "high")):
        table[f"age_{side}"] = read.column("ageBroad", {text: age[at] for text, age in AGES.items()}, None).astype(
            "Int64"
        )
    table["child"] = _child(table["age_high"], None if synthetic else read)
    for name, column in (("nationality", "citizenship"), ("area_id", "CountryOfExploitation")):
        table[name] = read.words(column, countries.alpha3())
    said = {flag.column: read.flag(flag.column, synthetic) for flag in flags}
    for field in _FIELDS:
        table[field] = _codes(
            [flag for flag in flags if flag.field == field], said, field in _SEVERAL and not synthetic
        )
    # What is not known needs no rendering.
    inexact = [Flag(flag.column, "", flag.column) for flag in flags if flag.note and "not known" not in flag.note]
    table["not_one_to_one"] = _codes(inexact, said, False)
    printed = {} if synthetic else {text: text for text in read.texts("Datasource")}
    table["data_source"] = read.words("Datasource", printed) if not synthetic else pd.Categorical([""] * len(raw))
    months = {text: _months(text) for text in read.texts("traffickMonths")} if synthetic else {}
    for at, side in enumerate(("low", "high")):
        known = {text: pair[at] for text, pair in months.items() if pair}
        found = read.column("traffickMonths", known, None) if synthetic else pd.Series(None, raw.index, dtype=object)
        table[f"months_{side}"] = found.astype("Int64")
    return _release(path, table, read, synthetic)


def _release(path: Path, table: pd.DataFrame, read: _Cells, synthetic: bool) -> Release:
    refused = read.refused(path.name)
    good = table[~table["row"].isin(refused["row"])].reset_index(drop=True)
    order = ["record_id", "list_id", "kind", "row"]
    counts = [path.name, len(table), len(good), 0, len(refused)]
    return Release(
        title="SYNTHETIC: CTDC Global Synthetic Dataset" if synthetic else "CTDC Global K-anonymised Dataset",
        publisher="Counter Trafficking Data Collaborative (CTDC), International Organization for Migration",
        date="",
        kind="synthetic" if synthetic else "public",
        table=good[[*order, *(column for column in good if column not in order)]],
        refused=refused,
        duplicates=good.iloc[:0],
        account=pd.DataFrame([counts], columns=ACCOUNT),
        cautions=(*(_SYNTHETIC_CAUTIONS if synthetic else _KANON_CAUTIONS), *_COMMON),
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


class _Cells:
    """The cells of a file read by their distinct texts; remembers which could not be read."""

    def __init__(self, raw: pd.DataFrame) -> None:
        self.raw = raw
        self.short = raw.isna().all(axis=1)
        self.bad: dict[str, pd.Series] = {"": self.short}

    def texts(self, column: str) -> list[str]:
        """The distinct texts of a column that state something."""
        return [text for text in self.raw[column].cat.categories if text not in _MISSING]

    def column(self, column: str, known: Mapping[str, Any], missing: Any) -> pd.Series:
        """The values that the texts of a column stand for; texts that are not `known` are remembered as bad."""
        cells = self.raw[column]
        texts = cells.cat.categories
        values = np.array([known.get(text, missing) for text in texts] + [missing], dtype=object)
        strange = np.array([text not in known and text not in _MISSING for text in texts] + [True])
        bad = pd.Series(strange[cells.cat.codes], self.raw.index)
        self.bad[column] = bad | self.bad.get(column, False)
        return pd.Series(values[cells.cat.codes], self.raw.index)

    def words(self, column: str, known: Mapping[str, str]) -> pd.Series:
        return self.column(column, known, "").astype("category")

    def flag(self, column: str, synthetic: bool) -> np.ndarray:
        """1 yes, 0 no, -1 not stated."""
        known = {"1": 1, "1.0": 1} | ({} if synthetic else {"0": 0, "0.0": 0})
        return self.column(column, known, -1).to_numpy(dtype=np.int8)

    def refused(self, file: str) -> pd.DataFrame:
        """One line a row that has a bad cell, with all its columns."""
        columns = pd.Series("", self.raw.index, dtype=object)
        for column, bad in self.bad.items():
            columns[bad] = [f"{before}, {column}" if before else column for before in columns[bad]]
        columns = columns[self.short | (columns != "")]
        short = self.short[columns.index]
        columns[short] = ""
        reason = short.map(
            {True: "The row ends before the last column.", False: "The code is not one of the codebook's."}
        )
        table = pd.DataFrame({"row": columns.index.astype("Int64"), "column": columns.to_numpy(), "reason": reason})
        return table.assign(file=file, place="")[REFUSED].reset_index(drop=True)


def _child(age_high: pd.Series, read: _Cells | None) -> pd.Series:
    """Whether the person was a child when exploitation began: as stated, or because it was one when registered."""
    registered_minor = age_high.le(17).fillna(False).to_numpy(dtype=bool)
    child = np.where(registered_minor, "yes", "unknown").astype(object)
    if read is not None:
        # Who entered as a minor need not have been exploited as one: majorityEntry decides nothing, but is checked.
        at_exploitation, registered, _ = (
            read.column(column, _MAJORITY, "").to_numpy()
            for column in ("majorityStatusAtExploit", "majorityStatus", "majorityEntry")
        )
        registered_minor |= registered == "yes"
        # An adult when exploited cannot be a minor later: then one of the two is wrong.
        child = np.where(at_exploitation == "yes", "yes", np.where(registered_minor, "yes", "unknown")).astype(object)
        child[at_exploitation == "no"] = "no"
        child[(at_exploitation == "no") & registered_minor] = "unknown"
    return pd.Series(pd.Categorical(child, categories=["yes", "no", "unknown"]), age_high.index)


def _codes(flags: list[Flag], said: dict[str, np.ndarray], none: bool) -> pd.Categorical:
    """The codes of the flags that are set, joined; "None" if `none` and all are no. Read by distinct patterns."""
    pattern = np.zeros(len(next(iter(said.values()))), dtype=np.int64)
    denied = np.ones(len(pattern), dtype=bool)
    for bit, flag in enumerate(flags):
        pattern |= (said[flag.column] == 1).astype(np.int64) << bit
        denied &= said[flag.column] == 0
    distinct, codes = np.unique(pattern, return_inverse=True)
    texts = [_joined([flag for bit, flag in enumerate(flags) if number >> bit & 1]) for number in distinct.tolist()]
    words = np.array([*texts, "None"], dtype=object)
    return pd.Categorical(words[np.where(denied & none, len(texts), codes)])


def _joined(flags: list[Flag]) -> str:
    return ";".join(sorted({code for flag in flags for code in flag.code.split(";") if code}))


def _months(text: str) -> tuple[int, int | None] | None:
    """ "13--24 (1-2 yrs)" as 13 to 24, "25+ (2+ yrs)" as 25 or more."""
    found = re.match(r"(\d+)(?:--(\d+)|\+)(?!\d)", text)
    return (int(found[1]), int(found[2]) if found[2] else None) if found else None
