"""Two tables of the evidence, made from the US Department of Labor's releases: child labour law and suggested actions.

Fields change their names between reports; here each has one name over the years, in the words of the coded evidence.

An action is what the report's authors recommend. It does not show that nothing was done, and an action that a later
report leaves out was not always done.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd

from analysis.official_releases import ACCOUNT, REFUSED, Release, ReleaseError, iso3, usdol

COLUMNS = ["area_id", "report_year", "indicator", "answer", "value", "low", "high", "unit", "source_id", "note"]


_MET = "_meets_international_standard"
_NAMED = "whether the law names one; whether it meets the international standard is another question"
_REPEATED = "read from the field Standard, which repeats the answer on conformity in the reports from 2016"
_ONLY = "the only question on training in the report of 2022: perhaps training of any kind"
_END = 9999
# Field of `usdol.load`, first and last report in which it is meant, the name here, and what a reader must know of it.
# Up to 2015 the field without an ending says whether the law names an age; from 2016 it repeats the answer on
# conformity (in all countries, 4,196 of 4,198 answers), and is read only where that is empty.
MEANINGS = [
    ("minimum_age_for_work", 2013, 2014, "minimum_age_work", ""),
    ("minimum_work_age", 2015, _END, "minimum_age_work", ""),
    ("minimum_age_for_work_established", 2013, 2014, "minimum_age_work_established", _NAMED),
    ("minimum_work", 2015, 2015, "minimum_age_work_established", _NAMED),
    ("minimum_work" + _MET, 2015, _END, "minimum_age_work_meets_standard", ""),
    ("minimum_age_for_hazardous_work", 2013, 2014, "minimum_age_hazardous_work", ""),
    ("minimum_hazardous_work_age", 2015, _END, "minimum_age_hazardous_work", ""),
    ("minimum_age_for_hazardous_work_established", 2013, 2014, "minimum_age_hazardous_work_established", _NAMED),
    ("minimum_hazardous_work", 2015, 2015, "minimum_age_hazardous_work_established", _NAMED),
    ("minimum_hazardous_work" + _MET, 2015, _END, "minimum_age_hazardous_work_meets_standard", ""),
    ("types_hazardous_work", 2015, 2015, "types_hazardous_work_established", _NAMED),
    ("types_hazardous_work" + _MET, 2015, _END, "types_hazardous_work_meets_standard", ""),
    ("minimum_age_for_compulsory_education", 2013, 2014, "compulsory_education_age", ""),
    ("compulsory_education_age", 2015, _END, "compulsory_education_age", ""),
    ("compulsory_education_age_established", 2013, 2014, "compulsory_education_age_established", _NAMED),
    ("compulsory_education", 2015, 2015, "compulsory_education_age_established", _NAMED),
    ("compulsory_education" + _MET, 2015, _END, "compulsory_education_age_meets_standard", ""),
    ("free_public_education_established", 2013, 2014, "free_public_education_established", _NAMED),
    ("free_public_education", 2015, 2015, "free_public_education_established", _NAMED),
    ("free_public_education", 2016, 2017, "free_public_education_meets_standard", _REPEATED),
    ("free_public_education" + _MET, 2015, 2015, "free_public_education_meets_standard", ""),
    ("free_public_education" + _MET, 2018, _END, "free_public_education_meets_standard", ""),
    ("labor_new_employee_training", 2015, 2021, "training_labour_inspectors_initial", ""),
    ("labor_new_employee_training", 2022, _END, "training_labour_inspectors_initial", _ONLY),
    ("labor_new_law_training", 2015, _END, "training_labour_inspectors_new_laws", ""),
    ("labor_refresher_courses", 2015, _END, "training_labour_inspectors_refresher", ""),
    ("criminal_new_employee_training", 2015, 2021, "training_criminal_investigators_initial", ""),
    ("criminal_new_employee_training", 2022, _END, "training_criminal_investigators_initial", _ONLY),
    ("criminal_new_law_training", 2015, _END, "training_criminal_investigators_new_laws", ""),
    ("criminal_refresher_courses", 2015, _END, "training_criminal_investigators_refresher", ""),
    ("criminal_investigations", 2015, _END, "criminal_investigations", ""),
    ("criminal_prosecutions", 2015, _END, "criminal_prosecutions", ""),
    ("criminal_convictions", 2015, _END, "criminal_convictions", ""),
    ("coordination", 2013, _END, "coordinating_body_child_labour", ""),
    ("policy", 2013, _END, "policy_child_labour", ""),
]
# Words of a release that say neither yes nor no -> the answer, and what a reader must know of it.
_WORDS = {
    "N/A": ("unknown", "N/A is printed, for what does not apply and for what is not available"),
    "not available": ("unknown", ""),
    "not stated": ("unknown", "nothing is printed"),
    "none": ("no", "the report prints that there is none"),
}


def reports(folder: Path) -> dict[int, Path]:
    """Report year -> file ``countries_report<year>.xml``, in their order. Raises ReleaseError if there is none."""
    files = {usdol.report_year(path): path for path in sorted(folder.glob("countries_report*.xml"))}
    if not files:
        raise ReleaseError("missing_file", f"The folder {folder.name} holds no file countries_report<year>.xml.")
    return files


def answers(folder: Path, wanted: Iterable[str] | None = None) -> pd.DataFrame:
    """Ages, standards, training, enforcement, coordination and policy, under one name over the years.

    Parameters
    ----------
    folder : with the files ``countries_report<year>.xml``.
    wanted : ISO 3166-1 alpha-3 codes of countries; None for all that have one.

    Returns
    -------
    DataFrame, one row a country, report year and indicator: area_id, report_year, indicator, answer (yes|no|unknown|
    figure|not applicable), value (as printed), low, high (in `unit`, for a figure), unit, source_id (of the
    bibliography: DOLX and the year), note. The indicators are the names in `MEANINGS`; ages and criminal cases are
    figures.
    """
    table = pd.concat([usdol.load(path).table for path in reports(folder).values()], ignore_index=True)
    named = table["iso3"].ne("") if wanted is None else table["iso3"].isin(list(wanted))
    # A territory's answer is not the country's.
    table = table[named & table["territory"].eq("")]
    rows = table.merge(pd.DataFrame(MEANINGS, columns=["indicator", "first", "last", "name", "why"]), on="indicator")
    rows = rows[rows["report_year"].between(rows["first"], rows["last"])].reset_index(drop=True)
    words = rows["answer"].map({word: said for word, (said, _) in _WORDS.items()})
    notes = rows["answer"].map({word: note for word, (_, note) in _WORDS.items()}).fillna("")
    marks = ("marked " + rows["mark"] + ": a footnote that the file does not carry").where(rows["mark"].ne(""), "")
    calculated = rows["calculated"].eq("Yes") & rows["unit"].eq("years")
    ages = pd.Series("the age is calculated, not written in the law", rows.index).where(calculated, "")
    parts = zip(notes, ages, rows["why"], marks, strict=True)
    found = rows.assign(
        area_id=rows["iso3"],
        indicator=rows["name"],
        answer=words.fillna(rows["answer"]),
        unit=rows["unit"].where(rows["answer"].eq("figure"), ""),
        source_id="DOLX" + rows["report_year"].astype(str),
        note=["; ".join(filter(None, texts)) for texts in parts],
    )
    return found[COLUMNS].sort_values(COLUMNS[:3], ignore_index=True)


SECTIONS = ("legal_framework", "enforcement", "coordination", "government_policies", "social_programs")
# Tags of a section -> its name; most reports print the name itself.
_TAGS = {
    **{name: name for name in SECTIONS},
    "laws": "legal_framework",
    "laws_and_regulations": "legal_framework",
    "policies": "government_policies",
}
# What stands in a section that asks for nothing, in small letters and without a full stop.
_NOTHING = {"no action", "no legal action", "no value", "n/a", "not applicable"}
# Signs that a reader does not see: a soft hyphen, spaces without width, a byte order mark.
_UNSEEN = re.compile("[\u00ad\u200b-\u200d\ufeff]")
_YEARS = re.compile(r"20\d{2}(?:[-\u2010-\u2015,;]*20\d{2})*")
_RAW = ["report_year", "country", "tag", "n", "action", "years"]
_SAME = ["report_year", "country", "section", "action", "years"]
_ORDER = [
    *("report_year", "iso3", "country", "section", "n", "action", "years", "first_year", "last_year"),
    "tag",
]
_CAUTIONS = (
    "An action is what the report's authors recommend, not a finding that nothing was done.",
    "An action that a later report does not repeat was not always done: lists are also shortened and worded anew.",
    "Texts are the reports' own; only white space and signs that cannot be seen are tidied.",
    "Only the reports of 2013 and 2014 print since when an action has been suggested.",
    "A country without a list was not assessed; that does not say that it has no gaps.",
)


def suggested_actions(folder: Path) -> Release:
    """All suggested actions as one long table.

    Parameters
    ----------
    folder : with the files ``countries_report<year>.xml``.

    Returns
    -------
    Release whose table has one row an action: report_year, iso3 (ISO 3166-1 alpha-3; "" where there is none), country
    (as printed), section (one of `SECTIONS`), n (its place in the country's list as
    printed, from 1, over all sections; what was left out has its place too), action (its text), years (as printed, in
    reports up to 2014), first_year, last_year (the first and the last of them; missing elsewhere), tag (of the section,
    as printed). A text that stands in two sections of one list is two rows; one that stands twice in one section is
    a duplicate, with the place it repeats (repeats_n).

    Raises
    ------
    ReleaseError : a file is missing, damaged or no country file.

    References
    ----------
    US Department of Labor, Bureau of International Labor Affairs (2014-2023). Findings on the Worst Forms of Child
    Labor.
    """
    files = reports(folder)
    raw = pd.DataFrame([row for year, path in files.items() for row in _printed(year, path)], columns=_RAW)
    rows = _read(raw.astype({"report_year": int, "n": int}))
    bad = rows["reason"] != ""
    first = rows[~bad].groupby(_SAME, sort=False)["n"].transform("first")
    rows["repeats_n"] = first.reindex(rows.index)
    again = ~bad & (rows["n"] != rows["repeats_n"])
    table = rows.loc[~bad & ~again, _ORDER].reset_index(drop=True)
    duplicates = rows.loc[again, [*_ORDER, "repeats_n"]].astype({"repeats_n": int}).reset_index(drop=True)
    return Release(
        title=f"Suggested actions of the Findings on the Worst Forms of Child Labor, {min(files)} to {max(files)}",
        publisher=usdol.PUBLISHER,
        date="",
        kind="public",
        table=table,
        refused=_left_out(rows[bad], files),
        duplicates=duplicates,
        account=_account(files, rows_in=rows, rows_out=table, duplicates=duplicates, refused=rows[bad]),
        cautions=_CAUTIONS,
    )


def _printed(year: int, path: Path) -> list[dict[str, object]]:
    """The actions of one file in the order of its lists."""
    rows: list[dict[str, object]] = []
    for name, country in usdol.countries_in(year, path):
        sections = [section for part in country.findall("Suggested_Actions") for section in part]
        actions = [(section.tag, action) for section in sections for action in section]
        for n, (tag, action) in enumerate(actions, start=1):
            text, years = _tidy(action.find("Name")), _tidy(action.find("Years"))
            rows.append(dict(zip(_RAW, (year, name, tag, n, text, years), strict=True)))
    return rows


def _tidy(element: ElementTree.Element | None) -> str:
    """The text of an element without line breaks and signs that cannot be seen."""
    text = "" if element is None else "".join(element.itertext())
    return " ".join(_UNSEEN.sub("", text).split())


def _read(raw: pd.DataFrame) -> pd.DataFrame:
    """Sections by their names, years as numbers, and why a row is no action; "" for most."""
    rows = raw.assign(section=raw["tag"].str.casefold().map(_TAGS).fillna("").astype("str"))
    rows["iso3"] = rows["country"].map(iso3)
    spans = [_span(text, year) for text, year in zip(rows["years"], rows["report_year"], strict=True)]
    for at, name in enumerate(("first_year", "last_year")):
        rows[name] = pd.array([pd.NA if span is None else span[at] for span in spans], dtype="Int64")
    unread = [bool(text) and span is None for text, span in zip(rows["years"], spans, strict=True)]
    rows["reason"] = [
        _why_not(section, text, strange)
        for section, text, strange in zip(rows["section"], rows["action"], unread, strict=True)
    ]
    return rows


def _span(text: str, report_year: int) -> tuple[int, int] | None:
    """First and last year of a text such as "2009, 2011 – 2013"; None if it is none, or runs past the report."""
    closed = "".join(text.split()).replace("--", "-")  # "2009 –2 013" is printed once
    if not _YEARS.fullmatch(closed):
        return None
    years = [int(year) for year in re.findall(r"20\d{2}", closed)]
    return (min(years), max(years)) if max(years) <= report_year else None


def _why_not(section: str, text: str, strange_years: bool) -> str:
    """Why a row is left out, as a sentence; "" for an action."""
    if not text:
        return "Nothing is printed."
    if text.casefold().rstrip(".") in _NOTHING:
        return "A word stands there that says that nothing is suggested."
    if not section:
        return "This section is not known: see whether it is a new one, a misspelling, or a text in the wrong place."
    if _YEARS.fullmatch("".join(text.split())):
        return "Years stand where the action is expected."
    if text[0].islower():
        return "The text is only the end of an action: its beginning is not in the file."
    return "The years cannot be read." if strange_years else ""


def _left_out(rows: pd.DataFrame, files: dict[int, Path]) -> pd.DataFrame:
    """What was left out, as a Release shows it."""
    table = rows.assign(
        file=rows["report_year"].map({year: path.name for year, path in files.items()}),
        row=pd.array([pd.NA] * len(rows), dtype="Int64"),
        place=rows["country"] + ", report " + rows["report_year"].astype(str),
        column=rows["tag"],
    )
    return table[REFUSED].reset_index(drop=True)


def _account(files: dict[int, Path], **parts: pd.DataFrame) -> pd.DataFrame:
    """How many rows of each file are in each part (rows_in, rows_out, duplicates, refused), by their report_year."""
    counts = {name: rows.groupby("report_year").size() for name, rows in parts.items()}
    table = pd.DataFrame(counts).reindex(list(files)).fillna(0).astype(int)
    table.insert(0, "file", [path.name for path in files.values()])
    return table.reset_index(drop=True)[ACCOUNT]
