"""The indicators by which the areas of a study are compared, with the counts and inhabitants of each area."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis import areas, catalog, evidence, headlines, indicators
from analysis.areas import Place
from analysis.data_read import remembered
from analysis.exhibits import detection
from analysis.exhibits.any_place import take_names
from analysis.exhibits.exhibit import NOT_INCIDENCE
from analysis.exhibits.wording import lower_first
from analysis.methods.rates import rate_table
from bounded import intervals

# A ranking compares like with like: figures of these years only, the latest of each country.
RANKED_YEARS = (2017, 2022)


@dataclass(frozen=True)
class ComparedIndicator:
    """An indicator by which the areas of a study are ranked: a title, the unit of its rate, and what it does not show.

    `events` is False for a number of registered persons: it has no Poisson interval.
    """

    name: str
    title: str
    unit: str
    per: int
    limits: str
    events: bool = True

    @property
    def told(self) -> str:
        """Return the limits of the comparison, each once."""
        opening = NOT_INCIDENCE.rstrip(".")
        return self.limits if self.limits.startswith(opening) else f"{NOT_INCIDENCE} {self.limits}"


UNODC = ComparedIndicator(
    "unodc",
    "detected victims reported to UNODC",
    detection.UNIT,
    detection.PER,
    "A country that detects more ranks higher. The latest year of each country in this series, "
    f"{RANKED_YEARS[0]} to {RANKED_YEARS[1]}, which need not be its headline number.",
)
TIP = ComparedIndicator(
    "us_reports",
    "victims identified according to US reports",
    detection.UNIT,
    detection.PER,
    "A country that detects more ranks higher, and reports differ in what they count. The latest period of each "
    f"country in this series, {RANKED_YEARS[0]} to {RANKED_YEARS[1]}, which need not be its headline number.",
)


@remembered
def compared_indicators(study: Place) -> tuple[ComparedIndicator, ...]:
    """Return the indicators that rank the areas of a study: reported victims of countries, and declared indicators."""
    study = areas.study_id(study)
    declared = tuple(_declared(each) for each in indicators.of(study) if each.compared)
    return (UNODC, TIP, *declared) if areas.STUDIES[study].of_countries else declared


def _declared(indicator: indicators.Indicator) -> ComparedIndicator:
    return ComparedIndicator(
        indicator.indicator,
        indicator.compared_as or lower_first(indicator.words),
        f"per {indicator.per:,} inhabitants",
        indicator.per,
        indicator.compared_limits or f"{indicator.limits} Of the latest period in which most areas have a figure.",
        events=not indicator.stock,
    )


@remembered
def counted(study: Place, indicator: ComparedIndicator) -> pd.DataFrame:
    """One row an area of `study`: the count behind `indicator` and the inhabitants nearest to its date.

    Returns
    -------
    area_id, name, low, high, value_qualifier, population (missing where there is no count), date_low, date_high,
    source_id, kind (``synthetic`` if the count is synthetic, or the population).
    """
    study = areas.study_id(study)
    counts = _national(study, indicator) if indicator in (UNODC, TIP) else _local(study, indicator)
    people = evidence.population_near(counts["area_id"], counts.set_index("area_id")["date_low"].dt.year, study)
    # A rate of synthetic inhabitants is synthetic.
    is_synthetic = any(entry.kind == "synthetic" for entry in catalog.own_tables("population", study))
    counts = counts.assign(kind="synthetic") if is_synthetic else counts
    columns = ["area_id", *intervals.COLUMNS, "date_low", "date_high", "source_id", "kind"]
    table = counts[columns].merge(people[["area_id", "population"]], on="area_id", how="left")
    return areas.load(study)[["area_id", "name"]].merge(table, on="area_id", how="left")


def compared(study: Place, indicator: ComparedIndicator) -> pd.DataFrame:
    """The rates of the areas of a study, as the notebook on incidence computes them: see `rate_table`."""
    counts = counted(study, indicator)
    return rate_table(counts, counts[["area_id", "population"]], per=indicator.per)


def comparable(study: Place) -> list[ComparedIndicator]:
    """The indicators by which any area of a study has a rate."""
    return [
        indicator for indicator in compared_indicators(study) if compared(study, indicator)["rate_low"].notna().any()
    ]


def _national(study: str, indicator: ComparedIndicator) -> pd.DataFrame:
    """The headline of each country within one series, so that like is compared with like, where its year is ranked.

    The part of a total is compared with nothing.
    """
    source = "UNODC" if indicator is UNODC else "TIP"
    found = [headlines.of_series(iso3, headlines.VICTIMS, source) for iso3 in areas.ids(study)]
    rows = pd.DataFrame([vars(each) for each in found if each.completeness != headlines.NONE and not each.kind])
    years = rows["period_start"] + (rows["period_end"] - rows["period_start"]) / 2
    rows = rows[years.dt.year.between(*RANKED_YEARS)].assign(kind="public")
    return rows.rename(columns={"period_start": "date_low", "period_end": "date_high"})


def _local(study: str, indicator: ComparedIndicator) -> pd.DataFrame:
    """The drawn figures of the latest period that covers the most areas."""
    table = evidence.facts(areas.ids(study), indicator.name, study)
    own = table[table["preferred"]]
    if own["date_low"].isna().all():
        return own[:0]
    covered = (
        own.groupby(["date_low", "date_high"])["area_id"].nunique().reset_index().sort_values(["area_id", "date_low"])
    )
    best = covered.iloc[-1]
    return own[(own["date_low"] == best["date_low"]) & (own["date_high"] == best["date_high"])]


take_names(__name__)
