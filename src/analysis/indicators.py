"""What is counted for the areas of a study: each indicator with its words, its unit, and what it is not.

The tables of schema ``indicators`` of all catalogues declare them. Like the tables of studies they are no evidence: a
page follows from the rows of its own study, and from no others.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from analysis import areas, catalog

PERSONS, CASES, REPORTS, PERCENT, OTHER = COUNTS = ("persons", "cases", "reports", "percent", "other")
# What has no count of events behind it, so that it is neither ranked per inhabitants nor fitted by a Poisson trend.
NOT_EVENTS = (PERCENT, OTHER)


@dataclass(frozen=True)
class Indicator:
    """One indicator of a study.

    Parameters
    ----------
    study, indicator : the study, and what the figures of the indicator are called in its tables of facts.
    words : for axes and captions.
    counts : what its figures count, one of COUNTS.
    compared : whether the areas of the study are ranked and mapped by it.
    over_time : whether it is drawn over the years and tested for a trend.
    limits : one sentence: what it is not.
    """

    study: str
    indicator: str
    words: str
    counts: str
    compared: bool
    over_time: bool
    limits: str


def of(study: str) -> tuple[Indicator, ...]:
    """The indicators of a study, in the order of its table; none where it declares none.

    Raises
    ------
    catalog.CatalogError : the study's table of indicators breaks its rules, or another table of it does; the message
        names file, row and column.
    """
    declared = of_each_study()
    if (fault := catalog.faults().get(study)) is not None:
        raise fault
    return declared.get(study, ())


@cache
def of_each_study() -> dict[str, tuple[Indicator, ...]]:
    """The indicators of all studies that can be worked on, by study; see `catalog.faults` for the others."""
    columns = tuple(each.name for each in fields(Indicator))
    found: dict[str, dict[str, Indicator]] = defaultdict(dict)
    for entry in catalog.of_each_study("indicators"):
        with catalog.fault_of(entry.study):
            for number, row in enumerate(catalog.rows(entry.name, columns), 2):
                said = f"{catalog.shown(entry.path)}, row {number}"
                _check(row, said)
                if row["indicator"] in found[row["study"]]:
                    raise catalog.CatalogError(
                        "duplicate_key", f"{said}: '{row['indicator']}' of {row['study']} stands twice; leave one."
                    )
                cells: dict[str, Any] = {**row, **{each: row[each] == "True" for each in ("compared", "over_time")}}
                found[row["study"]][row["indicator"]] = Indicator(**cells)
    return {study: tuple(declared.values()) for study, declared in found.items()}


def _check(row: dict[str, str], said: str) -> None:
    """Raise CatalogError for a cell that would go wrong far from here."""
    rules = {
        "study": (row["study"] in areas.STUDIES, f"one of {', '.join(areas.STUDIES)}"),
        "indicator": (areas.STUDY_PATTERN.match(row["indicator"]), "small letters, digits and _"),
        "words": (row["words"], "not empty"),
        "counts": (row["counts"] in COUNTS, f"one of {', '.join(COUNTS)}"),
        "compared": (row["compared"] in ("True", "False"), "True or False"),
        "over_time": (row["over_time"] in ("True", "False"), "True or False"),
        "limits": (row["limits"], "a sentence that says what the figures are not"),
    }
    catalog.require_cells(said, rules)
    if row["compared"] == "True" and row["counts"] in NOT_EVENTS:
        raise catalog.CatalogError(
            "indicator_not_comparable",
            f"{said}, column 'compared': this must be False, since only persons, cases and reports are divided by "
            "inhabitants.",
        )
