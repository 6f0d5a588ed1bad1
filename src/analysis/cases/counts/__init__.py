"""Persons of a study counted in tables of few cells: what `disclosure.protect` makes fit to leave the building."""

from __future__ import annotations

import pandas as pd

from analysis.cases.counts.journeys import journey_tables
from analysis.cases.counts.persons import nested, person_tables, unit

__all__ = ["count_tables", "nested", "person_tables", "unit"]


def count_tables(case_records: pd.DataFrame, stops: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """All count tables of the persons on the lists of a study, before their protection.

    Parameters
    ----------
    case_records, stops : the tables of ``cases.processed``, of all areas at once.

    Returns
    -------
    Name -> tidy table: dimensions, and ``count`` (persons, Int64). Each person stands in one cell of each table.
    """
    return {**person_tables(case_records), **journey_tables(case_records, stops)}
