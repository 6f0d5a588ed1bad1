"""What the exhibits on referral mechanisms share: the answers of all countries, made once, and how they are cited."""

from __future__ import annotations

from functools import cache

import pandas as pd

from analysis import areas, catalog, evidence, intervals
from analysis.areas import Area
from analysis.exhibits.detection import countries
from analysis.referral import answers as answering
from analysis.referral import gaps as gap_register
from analysis.referral import profiles, public_figures, readings

STUDY = "west_africa"
# The last year of which every country has coded answers, and how many years back an answer still counts.
AS_OF, WITHIN = 2023, 5
# The last year of UNODC's release.
LAST_RELEASED = 2021
VALIDATION = "ICMPD_WDAT_2023"
NOT_NO = "Unknown is not no: it is left open, and counts neither for nor against a country."
JUDGED = "Answers are what reports and laws say, not what an inspection on the spot would find."


def of(place: Area, table: pd.DataFrame, column: str = "area_id") -> pd.DataFrame:
    """The rows of `table` on the countries of `place`."""
    return table[table[column].isin(countries(place))].reset_index(drop=True)


@cache
def framework() -> pd.DataFrame:
    """The sixty indicators."""
    return catalog.load("nrm_framework")


@cache
def area_ids() -> list[str]:
    """The sixteen countries, in the order of their names."""
    table = areas.load(STUDY)
    return list(table.sort_values("name")["area_id"])


@cache
def names() -> dict[str, str]:
    """Names of the countries by area_id."""
    return dict(areas.load(STUDY)[["area_id", "name"]].itertuples(index=False, name=None))


@cache
def coded_answers() -> pd.DataFrame:
    """Answers of reports on the sixteen countries, with those that follow from the ages of the law."""
    law = evidence.child_labour_law()
    named = {"labour_inspectors_trained_initial": "training_labour_inspectors_initial"}
    said = law[law["answer"].isin(["yes", "no"])].replace({"indicator": named})
    columns = ["area_id", "report_year", "indicator", "answer", "source_id", "note"]
    parts = [catalog.load("referral_indicators"), readings.age_answers(law), said]
    table = pd.concat([part[columns] for part in parts], ignore_index=True)
    return table[table["area_id"].isin(area_ids())].reset_index(drop=True)


@cache
def all_readings(as_of: int = AS_OF) -> pd.DataFrame:
    """Every reading of every indicator, of all years, as it stood at the end of a year."""
    crosswalk = catalog.load("nrm_crosswalk")
    regional, _ = public_figures.regional_readings(members(), as_of, VALIDATION)
    detected = evidence.detected_victims(area_ids())
    detected = intervals.widest(detected[detected["drawn"] & detected["source"].eq("UNODC")])
    parts = [
        readings.from_answers(coded_answers(), crosswalk),
        readings.from_hand(catalog.load("nrm_readings")),
        public_figures.treaty_readings(of_study("treaties"), as_of),
        public_figures.unodc_readings(
            of_study("unodc_detected_victims"),
            of_study("unodc_forms_of_exploitation"),
            of_study("unodc_citizenship_flows", "detected_in"),
            area_ids(),
            LAST_RELEASED,
        ),
        public_figures.rate_readings(detected, evidence.annual_population(area_ids()), as_of),
        public_figures.agreement_readings(of_study("agreements", "party"), as_of),
        regional,
    ]
    return pd.concat(parts, ignore_index=True)


def of_study(name: str, column: str = "area_id") -> pd.DataFrame:
    """The rows of a catalogued table on the sixteen countries."""
    table = catalog.load(name)
    return table[table[column].isin(area_ids())]


@cache
def members() -> pd.DataFrame:
    """Who is a member of ECOWAS, and until when."""
    return catalog.load("ecowas_members")


@cache
def latest(as_of: int = AS_OF, within: int = WITHIN) -> pd.DataFrame:
    """Of each question its latest reading."""
    return readings.latest(all_readings(as_of), as_of, within)


@cache
def answers(as_of: int = AS_OF, within: int = WITHIN) -> pd.DataFrame:
    """What is known of each indicator in each country, with the indicator's own columns beside it."""
    _, exempt = public_figures.regional_readings(members(), as_of, VALIDATION)
    table = answering.answers(latest(as_of, within), framework(), area_ids(), exempt)
    columns = ["indicator_id", "dimension_id", "dimension", "short", "scale", "aspect"]
    return table.merge(framework()[columns], on="indicator_id", validate="many_to_one")


@cache
def scored(as_of: int = AS_OF, within: int = WITHIN) -> pd.DataFrame:
    """The answers that have a scale and apply, as scores of 0 to 1."""
    return answering.scored(answers(as_of, within))


@cache
def dimensions(as_of: int = AS_OF) -> pd.DataFrame:
    """Profiles of all countries: one row a country and dimension."""
    heads = framework()[["dimension_id", "dimension"]].drop_duplicates()
    return profiles.profile(scored(as_of), ["area_id", "dimension_id"]).merge(heads, on="dimension_id")


@cache
def register(as_of: int = AS_OF) -> pd.DataFrame:
    """The gap register of all countries."""
    table = of_study("treaties")
    return gap_register.gaps(latest(as_of), all_readings(as_of), answers(as_of), framework(), table)


def sources(table: pd.DataFrame, column: str = "source_ids") -> tuple[str, ...]:
    """Ids of the bibliography that the rows of a table name, each once."""
    split = [source for ids in table[column] for source in str(ids).split(";") if source]
    return tuple(dict.fromkeys(source for source in split if source not in ("NOT_FOUND", "NOT_APPLICABLE")))
