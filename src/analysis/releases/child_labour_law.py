"""What the US Department of Labor's reports say of ages of work and school, training, coordination and enforcement.

Fields change their names between reports; here each has one name over the years, in the words of the coded evidence.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from analysis.releases.release import Release

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


def answers(release: Release, iso3: Iterable[str] | None = None) -> pd.DataFrame:
    """Ages, standards, training, enforcement, coordination and policy, under one name over the years.

    Parameters
    ----------
    release : of `usdol.load`.
    iso3 : ISO 3166-1 alpha-3 codes of the countries wanted; None for all that have one.

    Returns
    -------
    DataFrame, one row a country, report year and indicator: area_id, report_year, indicator, answer (yes|no|unknown|
    figure|not applicable), value (as printed), low, high (in `unit`, for a figure), unit, source_id (of the
    bibliography: DOLX and the year), note. The indicators are the names in `MEANINGS`; ages and criminal cases are
    figures.
    """
    table = release.table
    wanted = table["iso3"].ne("") if iso3 is None else table["iso3"].isin(list(iso3))
    # A territory's answer is not the country's.
    table = table[wanted & table["territory"].eq("")]
    rows = table.merge(pd.DataFrame(MEANINGS, columns=["indicator", "first", "last", "name", "why"]), on="indicator")
    rows = rows[rows["report_year"].between(rows["first"], rows["last"])].reset_index(drop=True)
    words = rows["answer"].map({word: said for word, (said, _) in _WORDS.items()})
    notes = rows["answer"].map({word: note for word, (_, note) in _WORDS.items()}).fillna("")
    marks = ("marked " + rows["mark"] + ": a footnote that the file does not carry").where(rows["mark"].ne(""), "")
    parts = zip(notes, rows["note"], rows["why"], marks, strict=True)
    found = rows.assign(
        area_id=rows["iso3"],
        indicator=rows["name"],
        answer=words.fillna(rows["answer"]),
        unit=rows["unit"].where(rows["answer"].eq("figure"), ""),
        source_id="DOLX" + rows["report_year"].astype(str),
        note=["; ".join(filter(None, texts)) for texts in parts],
    )
    return found[COLUMNS].sort_values(COLUMNS[:3], ignore_index=True)
