"""Reports and records of areas within a country by their inhabitants, as findings: see `local_rates`."""

from __future__ import annotations

from functools import partial

import pandas as pd

from analysis import texts
from analysis.areas import Area
from analysis.exhibits import local_rates
from analysis.exhibits.any_place import take_names
from analysis.exhibits.findings_indicators import span
from analysis.exhibits.wording import sentences
from analysis.findings.exhibit_rows import from_row
from analysis.findings.finding import CONFIDENCE, NOT_READ, Finding

TEXT = texts.of(__name__)


def rates(place: Area, table: pd.DataFrame) -> list[Finding]:
    """Return the rates of an area within a country as findings, and those for which a number is missing.

    Parameters
    ----------
    table : what `local_rates.rates` gives of the place.
    """
    return [_rate(place, row) for _, row in table.iterrows()]


def _rate(place: Area, row: pd.Series) -> Finding:
    method = f"{TEXT['method']}. {TEXT['same']}." if row["is_same_period"] else f"{TEXT['method']}."
    state = partial(Finding, place, "official_rate", row["item"], method=method)
    if row["why"]:
        return state(limits=local_rates.limits_of(place), status=NOT_READ, why=row["why"])
    read = from_row("rates_of_the_area", row, ("item",), "rate_low", CONFIDENCE)
    return state(
        **read | {"source_ids": (row["source_id"], row["people_source_id"])},
        period=span(row["date_low"], row["date_high"]),
        n=int(row["cases_low"]) if row["cases_low"] == row["cases_high"] else None,
        limits=sentences(local_rates.limits_of(place), row["note"]),
        kind=row["kind"],
    )


take_names(__name__)
