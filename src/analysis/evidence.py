"""Public evidence, coded by hand: what was found, where it was read, and which of several figures is preferred.

Every figure found stays in the tables. Of several for one area, measure and period, exactly one is ``preferred``,
each says in ``reason`` why or why not, and ``conflict`` marks those that differ. An unknown upper bound is infinity,
and a figure printed ``<5`` has low 0, high 4 and the qualifier ``below_5``. Each table is made once, for all areas,
since its rules look at one area at a time; callers are given copies of rows.

Wherever an area is asked for, its id serves, an `areas.Area`, or a name that only one area has; a study stands for its
country and its areas. What does not exist is refused (`areas.UnknownArea`, `UnknownIndicator`); an area that exists and
has no figures has a table without rows.

`headline` gives the one number that is published of an area and a measure.
"""

from __future__ import annotations

import pandas as pd

from analysis import catalog
from analysis import evidence_tables as tables
from analysis.areas import Place
from analysis.evidence_tables import MEASURES as MEASURES
from analysis.evidence_tables import NOT_REPORTED as NOT_REPORTED
from analysis.evidence_tables import STAGES as STAGES
from analysis.evidence_tables import STEPS as STEPS
from analysis.headlines import Headline as Headline
from analysis.headlines import headline as headline
from analysis.indicators import Names, Places, ids_of, known_indicators, require_known

_FACT_COLUMNS = [
    "area_id", "indicator", "date_low", "date_high", "date_precision", "date_inferred", "value", "low", "high", "unit",
    "value_qualifier", "provenance", "figure_status", "source_id", "note", "kind", "preferred", "reason", "conflict",
]  # fmt: skip


def detected_victims(iso3: Places = None) -> pd.DataFrame:
    """Detected victims and detected child victims of UNODC, the US reports and others side by side; never added.

    UNODC counts calendar years; a missing total is the sum of its complete parts (0-17 and 18+, or female and male).
    A year of a country with `<5` for both ages and nothing else, while another of its years has a larger count, was not
    reported: its rows are kept and not preferred (see the cautions of ``unodc_detected_victims`` in the catalogue).
    Of reports the figure without a breakdown is preferred; where there is none, what its parts say (`detected_counts`).

    Parameters
    ----------
    iso3 : ISO 3166 alpha-3 code or codes, or names of countries; None for all.

    Returns
    -------
    DataFrame: area_id, source ("UNODC"; "TIP" for reports of the US Departments of State and of Labor; "OTHER" for
    national authorities, treaty bodies and others), measure ("victims", "child_victims"), breakdown, period_start,
    period_end, year (the one the period's middle falls in),
    low, high (persons), value_qualifier (also "derived"), source_id, note, preferred, reason, conflict.
    """
    return _rows("detected", iso3)


def detected_by_form(iso3: Places = None) -> pd.DataFrame:
    """UNODC's detected victims by form of exploitation: area_id, year, form, sex, age, value, low, high (persons),
    value_qualifier, source_id, preferred, reason, conflict. Several figures of one key are kinds of that form, and are
    added, where all forms then hold no more than the victims of that year; else the exact one is preferred."""
    return _rows("by_form", iso3)


def detected_by_sex_age(iso3: Places = None) -> pd.DataFrame:
    """UNODC's detected victims: area_id, year, sex, age, value, low, high (persons), value_qualifier, source_id,
    preferred, reason. What was not reported is not preferred: see `detected_victims`."""
    return _rows("by_sex_age", iso3)


def contradicted_by_unodc(iso3: Places = None) -> pd.DataFrame:
    """Countries and years of which UNODC's parts hold more persons than the whole that it prints: area_id, year, of
    ("sex and age", "form"), measure (whose whole: "victims", "child_victims", "adults"), words."""
    return _rows("contradicted", iso3)


def official_indicators(iso3: Places = None) -> pd.DataFrame:
    """Every indicator of the US reports as series, one for each breakdown, with preferred, reason, conflict.

    Series of one indicator overlap: breakdowns are parts of a total or additions to it, and are never added up.
    """
    return _rows("official", iso3)


def stage_counts(iso3: Places = None) -> pd.DataFrame:
    """Victims, investigations, prosecutions and convictions of the US reports: one figure an indicator and period.

    Where a report gives no total its parts are added, or the largest stands as a minimum (`detected_counts`). Steps of
    which the US reports give nothing for a period are those of other publishers.

    Returns
    -------
    DataFrame: area_id, indicator, breakdown, period_start, period_end, low, high (victims are persons; the others are
    persons or cases, as `note` says), value_qualifier, source_id, note.
    """
    table = _rows("reported", iso3)
    table = table[table["preferred"]].sort_values("source", ascending=False, kind="stable")
    once = table.drop_duplicates(["area_id", "indicator", "period_start", "period_end"])
    columns = [*tables.OFFICIAL_KEYS, "low", "high", "value_qualifier", "source_id", "note"]
    return once.sort_index()[columns].reset_index(drop=True)


def persons_and_offences(iso3: Places = None) -> pd.DataFrame:
    """UNODC's offences of trafficking, and persons in formal contact, prosecuted and convicted: area_id, year,
    indicator ("offences", "formal_contact", "prosecuted", "convicted"), sex, age, value, low, high (offences, persons),
    value_qualifier, source_id, preferred, reason. Stages of one year are not the same persons."""
    return _rows("persons_and_offences", iso3)


def forms_of_exploitation(iso3: Places = None) -> pd.DataFrame:
    """Forms of exploitation of children that sources name: area_id ("" for regions), year, form, place, group,
    statement, number_low, number_high, value_qualifier, source_id, note.

    Numbers are of single operations, places or studies, and are never added. A form without a row was not found, or not
    read; that is not none."""
    return _rows("forms_of_exploitation", iso3)


def figures_not_given(iso3: Places = None) -> pd.DataFrame:
    """Figures of which a report that was read says that it has none: area_id, report, report_year, indicator,
    source_id, note. What stands neither here nor among the counts was not read."""
    return _rows("figures_not_given", iso3)


def facts(area_id: Places = None, indicator: Names = None, study: Place | None = None) -> pd.DataFrame:
    """Facts on countries and areas within them, with Syrians under temporary protection and total populations.

    Parameters
    ----------
    area_id : ids or names of countries and areas of studies, ids of NUTS-2 regions and municipalities; None for all.
    indicator : name or names; None for all.
    study : whose own tables are read besides the evidence of all; left out, those of the studies that the areas are of.

    Returns
    -------
    DataFrame: area_id, indicator, date_low, date_high (NaT where unknown), date_precision, date_inferred, value (as
    printed), low, high (in `unit`), unit, value_qualifier, provenance, figure_status, source_id, note, kind ("public",
    "synthetic"), preferred, reason, conflict. Rows that two tables share stand once.
    """
    asked = _ids(area_id)
    studies = tables.studies_read(asked, study)
    if indicator is not None:
        require_known(indicator, known_indicators(studies), "indicator")
    wanted = (indicator,) if isinstance(indicator, str) else None if indicator is None else tuple(indicator)
    return tables.facts_on(asked, wanted, studies)[_FACT_COLUMNS]


def population(area_id: Places = None, study: Place | None = None) -> pd.DataFrame:
    """Total population by area and date.

    For countries the World Bank's mid-year series is preferred, one figure a year; for provinces the register at the
    year's end; for other areas counts of a census, and not the estimates between them.

    Parameters
    ----------
    area_id, study : as for `facts`.

    Returns
    -------
    DataFrame: area_id, level, date (the middle of date_low and date_high), date_low, date_high, date_precision,
    population (persons), provenance ("read", "derived", "remembered"), figure_status, source_id, note, kind, preferred,
    reason, conflict.
    """
    asked = _ids(area_id)
    return tables.rows("people", asked, studies=tables.studies_read(asked, study))


def annual_population(area_ids: Places, study: Place | None = None) -> pd.DataFrame:
    """The preferred population of each year that has one: area_id, year, population (persons), source_id."""
    table = population(area_ids, study)
    table = table[table["preferred"]].assign(year=lambda rows: rows["date"].dt.year).sort_values(["area_id", "date"])
    return table.groupby(["area_id", "year"], as_index=False).tail(1)[["area_id", "year", "population", "source_id"]]


def population_near(area_ids: Places, year: int | pd.Series, study: Place | None = None) -> pd.DataFrame:
    """The preferred population nearest to the middle of `year`: area_id, population, date, source_id, provenance.

    One row an area; an area without any figure has no row. Of two dates equally near the later one is taken. `year` is
    one for all, or a Series from each area's id to its own.
    """
    table = population(area_ids, study)
    table = table[table["preferred"]]
    years = table["area_id"].map(year) if isinstance(year, pd.Series) else pd.Series(year, table.index)
    middle = pd.to_datetime(years.astype(str) + "-07-01")
    table = table.assign(distance=(table["date"] - middle).abs()).sort_values("date", ascending=False, kind="stable")
    nearest = (
        table.sort_values("distance", kind="stable").drop_duplicates("area_id").sort_values("area_id", kind="stable")
    )
    return nearest[["area_id", "population", "date", "source_id", "provenance"]].reset_index(drop=True)


def regions_of(area_id: Place) -> list[str]:
    """NUTS-2 region(s) of a province of Türkiye, for which some facts are given; empty elsewhere."""
    return list(_rows("turkiye_regions", area_id)["nuts2_id"])


def tiers(iso3: Places = None) -> pd.DataFrame:
    """Tier in the US reports: area_id, report_year, tier ("1", "2", "2WL", "3"), source_id, confirmed_by, note."""
    return _rows("tiers", iso3)


def suggested_actions(iso3: Places = None) -> pd.DataFrame:
    """Return what the US Department of Labor suggests: area_id, report_year, action_id, section, action (its
    text), first_year, last_year (since when and until when it is suggested; missing after 2014), source_id."""
    return _rows("suggested_actions", iso3)


def child_labour_law(iso3: Places = None) -> pd.DataFrame:
    """Ages of work and school, training, coordination: area_id, report_year, indicator, answer (yes|no|unknown|figure|
    not applicable), value (as printed), low, high (years, for a figure), unit, source_id, note.

    `tools/usdol_evidence.py` says what each indicator is; the referral indicators' own answers are not repeated."""
    return _rows("child_labour_law", iso3)


def prevalence(area_id: Places = None, concept: Names = None) -> pd.DataFrame:
    """Published estimates of prevalence and of its context, one row a printed figure; never added, and no counts.

    Parameters
    ----------
    area_id : ids or names of countries, provinces and islands, "" for rows of regions; None for all.
    concept : name or names, as "child_trafficking"; None for all.

    Returns
    -------
    DataFrame: estimate_id, study (what made the figure), area_id, place ("" where of the whole area), population_group
    (the base of a share), age_low, age_high (years, missing where not printed), sex, concept, definition, measure
    ("percent", "per_1000", "persons"), value (as printed), low, high (its bounds in that measure; no row has 95 %
    limits), value_qualifier, n (as printed), method, period_start, period_end (NaT where not printed), modelled,
    peer_reviewed, source_id, read_from, locator, note, subject and kind_of_evidence (see `kind_of_evidence`), preferred
    (one of those that print the same figure), shown (preferred, plausible, and with a full address), reason.
    """
    if concept is not None:
        require_known(concept, tables.concepts(), "concept")
    return tables.matching(tables.rows("estimates", _ids(area_id, ("",))), "concept", concept).reset_index(drop=True)


def route_mentions(ends: Places = None, reporting: Places = None) -> pd.DataFrame:
    """Origin and destination pairs that US reports name. Rows of a sentence share mention_id: count mentions, not rows.

    `victims` and `form` hold several words with ``;`` between them; an end is an ISO 3166 code or a region's name.

    Parameters
    ----------
    ends : countries; a pair is given that begins or ends in one of them. reporting : instead, countries whose reports
        name it.
    """
    if reporting is not None:
        return tables.rows("mentions", _ids(reporting), "reporting_country")
    return tables.touching("mentions", _ids(ends))


def routes_named_elsewhere(ends: Places = None) -> pd.DataFrame:
    """Pairs that other sources name, such as agencies and newspapers: read here and there, and so no base of shares."""
    return tables.touching("mentions_elsewhere", _ids(ends))


def citizenship_flows(ends: Places = None) -> pd.DataFrame:
    """UNODC's detected victims by citizenship and country of detection; `ends` as for `route_mentions`."""
    return tables.touching("unodc_citizenship_flows", _ids(ends), ("citizenship", "detected_in"))


def readable_reports() -> pd.DataFrame:
    """Return the reports that could be read, by country and year of report: what mentions are divided by.

    A report counts if a count, a route or a referral answer was read from its text; a coded table or a tier alone does
    not show that the text was readable. Copies and sections of one report are one report.

    Returns
    -------
    DataFrame: area_id, report_year, documents (1 or 2: the State Department's report and the Labor Department's),
    summary_only (whether the State Department's report was read in a summary alone, as the CIA World Factbook's).
    """
    return tables.rows("readable", None)


def cautions(*datasets: str) -> tuple[str, ...]:
    """Return what the catalogue says that these data sets are not; each sentence once."""
    return tuple(dict.fromkeys(sentence for name in datasets for sentence in catalog.dataset(name).cautions))


def _rows(table: str, places: Places) -> pd.DataFrame:
    return tables.rows(table, _ids(places))


def _ids(places: Places, besides: tuple[str, ...] = ()) -> tuple[str, ...] | None:
    found = ids_of(places, besides)
    return None if found is None else tuple(found)
