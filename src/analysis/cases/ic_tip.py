"""Case records and protected counts in the terms of the UN classification of data on trafficking in persons (IC-TIP).

The UN Statistical Commission endorsed the classification in 2025. No public copy of its code lists could be read: the
categories are those of the texts that it builds on, and the table ``ic_tip`` says of each where it was read, and how
far it follows from records kept by the Human Trafficking Case Data Standard. `docs/reference/ic_tip.md` has the table.

What a record does not say has one of four words, which are no categories: ``unknown``, ``not_asked`` (its list has no
such column), ``not_derivable`` (no list of this form can say it), and ``none`` (the source says that there was none).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from analysis import catalog
from analysis.cases import mapping
from analysis.cases.htcds import FIELDS, NONE
from analysis.cases.person_counts import ADULT, AGE_DETECTED, AGE_EXPLOITED, AND, BEGAN, OF_AGE, OF_DETECTED, OTHER
from analysis.cases.record_linkage import NONE as NONE_BY_SOURCE
from analysis.cases.record_linkage import NOT_STATED
from bounded.refusal import Refusal, require_columns

UNKNOWN, NOT_ASKED, NOT_DERIVABLE, NO = "unknown", "not_asked", "not_derivable", "none"
# In protected tables: what is unknown or was not asked, and values of few persons that were taken together.
NOT_TOLD, RARE = "not_stated", "rare"
# Fields of the table -> which columns of a list a value of theirs can come from, where these are called otherwise.
_FROM = {
    "area_id": ("area",),
    "year": ("detected",),
    "child_detected": ("birth", "age", "age_exploited"),
    "child": ("birth", "age", "age_exploited"),
}
# Dimensions of the protected tables -> those of the classification.
_RELEASED = {
    "area_id": "place",
    "year": "year",
    "sex": "sex",
    "age_detected": "age",
    "age": "age_at_start",
    "nationality": "citizenship",
    "sector": "industry",
    "recruiter": "relationship",
    "status": "status",
    "form": "purpose",
    "means": "means",
}
# Dimensions of age, and the fields of records that say who is a child.
AGES, CHILD = ("age", "age_at_start"), ("child_detected", "child")
_AGES = {
    **{f"{low}-{high}": f"child.{low}-{high}" for low, high in ((0, 4), (5, 11), (12, 14), (0, 14), (15, 17))},
    "child": "child",
    "child, age not known": "child.unknown",
    "18 or older": "adult",
}


def categories() -> pd.DataFrame:
    """The categories, where each was read, and how far records of this project carry it.

    Returns
    -------
    DataFrame with subject (event, victim, perpetrator, reporting entity), dimension, category ("" where the values are
    codes of another list, which the label names), within (the broader category, "" at the top), label, standing
    (standard: read in the standard itself; description: in a description of it; related text: in a text that it builds
    on; not read), source_id, derived (mapped, partly, not derivable), field and code (of case records), iccs, glotip
    (how UNODC's data set prints it) and reason.
    """
    return catalog.load("ic_tip")


def asked(study: str) -> dict[str, frozenset[str]]:
    """Return the fields for which each list of a study has a column, by their mappings: list_id -> fields."""
    described = [entry.description_path for entry in catalog.case_lists(study)]
    lists = [mapping.load(path) for path in described if path is not None]
    return {each.list_id: frozenset(each.columns) for each in lists}


def classify(records: pd.DataFrame, asked: Mapping[str, Collection[str]]) -> pd.DataFrame:
    """Case records in the categories.

    Parameters
    ----------
    records : ``case_records`` as `processed.load` gives them; or those of one list, not linked, as `intake` does.
    asked : of each list, the fields that it has a column for, as `asked` gives them: they tell what is unknown from
        what was not asked.

    Returns
    -------
    DataFrame of one row a record, in the same order: record_id, person_id ("" where lists are not linked), and one
    column a dimension, with several categories joined by ";". Internal, as the records are.

    Raises
    ------
    Refusal : a list is not among those that `asked` names, a column is missing, or a code is not in the table.
    """
    known = categories()
    dimensions = _dimensions(known)
    needed = {"record_id", "list_id", "date_low", "date_high", "date_precision", *dimensions.values()} - {"", "year"}
    require_columns(records, sorted(needed), "records", "Give the table of a run.")
    lists = records["list_id"].astype(str)
    if strange := sorted(set(lists) - set(asked)):
        raise Refusal("unknown_list", f"What the list {strange[0]} asks for is not given: add it to `asked`.")
    here = records.assign(year=_year(records))
    persons = records["person_id"].to_numpy() if "person_id" in records else ""
    classified = pd.DataFrame({"record_id": records["record_id"].to_numpy(), "person_id": persons}).astype(object)
    for dimension, field in dimensions.items():
        if not field:
            classified[dimension] = NOT_DERIVABLE
            continue
        asks = lists.map({each: _asks(field, fields) for each, fields in asked.items()}).to_numpy()
        translation = _translation(here[field].unique(), _to_category(dimension, field, _codes(known, dimension)))
        found = here[field].astype(object).map(translation)
        classified[dimension] = np.where(found != "", found, np.where(asks, UNKNOWN, NOT_ASKED))
    return classified


def back(classified: pd.DataFrame) -> pd.DataFrame:
    """The fields of case records that classified ones still tell: what the classification and the records share.

    Returns
    -------
    DataFrame with record_id, person_id, and the columns of case records; "" for what is not known, for whatever reason,
    and ``unknown`` in ``child_detected`` and ``child``; ``year`` in place of the interval of the date.
    """
    found = classified[["record_id", "person_id"]].copy()
    known = categories()
    for dimension, field in _dimensions(known).items():
        # The act is read from the method of recruitment, which has a dimension of its own.
        if field and dimension != "act":
            translation = _translation(classified[dimension].unique(), _to_code(field, _codes(known, dimension)))
            found[field] = classified[dimension].map(translation)
    return found


def table(classified: pd.DataFrame, *dimensions: str, broad: bool = False) -> pd.DataFrame:
    """Persons by the categories of some dimensions, as they are: internal, since small groups are told.

    Parameters
    ----------
    classified : as `classify` gives it. dimensions : one or more of its columns.
    broad : whether a category that lies within another is counted as that one.

    Returns
    -------
    DataFrame of the dimensions and count (persons, or records where they are not linked). Who has several categories
    counts in each of them, so that counts need not add up.
    """
    known = categories()
    there = _dimensions(known)
    if not dimensions or (strange := [name for name in dimensions if name not in there]):
        asked_for = ", ".join(strange) if dimensions else "nothing"
        raise Refusal("unknown_dimension", f"Count by one of {', '.join(there)}, and not by {asked_for}.")
    linked = classified["person_id"].ne("").all()
    here = classified[list(dimensions)].assign(unit=classified["person_id" if linked else "record_id"])
    for name in dimensions:
        here = here.assign(**{name: here[name].str.split(";")}).explode(name, ignore_index=True)
        if broad:
            here[name] = here[name].replace(_pairs(known, name, "category", "within"))
    counts = here.groupby(list(dimensions), sort=True)["unit"].nunique()
    return counts.rename("count").reset_index()


def relabelled(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Protected tables in the words of the classification: the same cells with the same counts, and none besides.

    Nothing new is told of anybody, so that the audit of the tables holds for these. No table of counts is made for the
    classification alone: every further table would take cells from the others.

    Parameters
    ----------
    tables : as `processed.protected` gives them.

    Returns
    -------
    Under the names that they have, the tables all of whose dimensions the classification has. Classes of age of
    children are called "child.5-11"; ``not_stated`` is unknown or not asked, which protected tables do not tell apart,
    and ``rare`` are values of few persons, taken together.
    """
    known = categories()
    found = {}
    for called, counts in tables.items():
        names = dimensions_of(counts)
        if called == BEGAN:
            found[called] = counts.assign(**{AGE_DETECTED: counts[AGE_DETECTED].map(_began)}).rename(
                columns={AGE_DETECTED: _RELEASED[AGE_EXPLOITED]}
            )
        elif names and all(name.split(": ")[0] in _RELEASED for name in names):
            values = {name: counts[name].map(_values(known, name)) for name in names if ": " not in name}
            found[called] = counts.assign(**values).rename(columns={name: _relabel(known, name) for name in names})
    return found


def dimensions_of(table: pd.DataFrame) -> list[str]:
    """The dimensions of a protected table."""
    return [str(name) for name in table if name not in ("count", "adjusted_by", "as_of")]


def children_and_adults(table: pd.DataFrame) -> pd.DataFrame:
    """A relabelled table with one age of children: the sum of its classes, missing where one of them is suppressed.

    Everybody can add what a table prints, so that nothing new is told.
    """

    def broad(age: str) -> str:
        return AND.join(dict.fromkeys(part.split(".")[0] for part in age.split(AND)))

    names = dimensions_of(table)
    ages = {name: table[name].map(broad) for name in AGES if name in names}
    counts = table.assign(**ages).groupby(names, sort=False)
    return counts.agg(lambda column: column.sum(skipna=False)).reset_index()


def _dimensions(known: pd.DataFrame) -> dict[str, str]:
    """Dimension -> the field of case records that it follows from, "" where it follows from none."""
    return dict(known.groupby("dimension", sort=False)["field"].max())


def _pairs(known: pd.DataFrame, dimension: str, one: str, other: str) -> dict[str, str]:
    """The pairs of values that stand in two columns of a dimension, where both say something."""
    rows = zip(known["dimension"], known[one], known[other], strict=True)
    return {first: second for of, first, second in rows if of == dimension and first and second}


def _codes(known: pd.DataFrame, dimension: str) -> dict[str, str]:
    """Code -> category; empty for a dimension whose values are codes of another list."""
    return _pairs(known, dimension, "code", "category")


def _asks(field: str, fields: Collection[str]) -> bool:
    return field == "list_id" or any(name in fields for name in _FROM.get(field, (field,)))


def _year(records: pd.DataFrame) -> pd.Series:
    """The year of detection as text; "" where the date may lie in two years, or is not known."""
    low, high = pd.to_datetime(records["date_low"]), pd.to_datetime(records["date_high"])
    certain = records["date_precision"].astype(str).ne("unknown") & (low.dt.year == high.dt.year)
    return low.dt.year.astype("Int64").astype("string").where(certain, "").fillna("").astype(object)


def _to_category(dimension: str, field: str, codes: Mapping[str, str]) -> Callable[[str], str]:
    def one(code: str) -> str:
        if code in ("", NONE) or (field in CHILD and code == "unknown"):
            # No method of recruitment is no sign that nobody recruited.
            return NO if code == NONE and dimension != "act" else ""
        if dimension == "act":
            return "recruitment"
        if codes and code not in codes:
            raise Refusal("unknown_code", f"{field} has a code that the table ic_tip does not have: add it there.")
        return codes.get(code, code)

    return one


def _to_code(field: str, codes: Mapping[str, str]) -> Callable[[str], str]:
    silent = "unknown" if field in CHILD else ""
    known = {category: code for code, category in codes.items()}
    words = {UNKNOWN: silent, NOT_ASKED: silent, NO: NONE}
    return lambda category: words[category] if category in words else known.get(category, category)


def _translation(values: Sequence[str] | np.ndarray, one: Callable[[str], str]) -> dict[str, str]:
    """Each value, which may be several joined by ";", and what becomes of it, without repetitions and in order."""
    return {value: ";".join(sorted({one(part) for part in str(value).split(";")})) for value in values}


def _began(value: str) -> str:
    """Ages at detection with the age when exploitation began, as categories of the second."""
    words = _AGES | {NOT_STATED: NOT_TOLD, ADULT: f"{NOT_TOLD}.adult"}
    words |= dict(zip(OF_DETECTED[ADULT], ("child.detected_adult", "adult", f"{NOT_TOLD}.detected_adult"), strict=True))
    words |= dict(zip(OF_DETECTED[NOT_STATED], ("child.not_stated", f"{NOT_TOLD}.neither"), strict=True))
    return AND.join(words.get(part, part) for part in value.split(AND))


def _relabel(known: pd.DataFrame, name: str) -> str:
    """The name of a dimension of protected tables in the classification: "form: Forced labour" is one value's own."""
    head, _, value = name.partition(": ")
    return f"{_RELEASED[head]}: {_values(known, head)(value)}" if value else _RELEASED[head]


def _values(known: pd.DataFrame, name: str) -> Callable[[str], str]:
    """Categories of the values of a dimension of protected tables: "Female + not stated" is two of them.

    Names of countries, areas and periods stay as they are.
    """
    field = {"form": "exploitation", "means": "means_of_control"}.get(name, name)
    labels = (FIELDS[field].codes or {}) if field in FIELDS else {}
    codes = _codes(known, _RELEASED[name])
    words = _AGES if name in OF_AGE else {label: codes.get(code, code) for code, label in labels.items()}
    pooled = {OTHER: RARE, f"{OTHER}, or {NOT_STATED}": f"{RARE}{AND}{NOT_TOLD}"}
    words = words | pooled | {NOT_STATED: NOT_TOLD, NONE_BY_SOURCE: NO}
    return lambda value: AND.join(words.get(part, part) for part in str(value).split(AND))
