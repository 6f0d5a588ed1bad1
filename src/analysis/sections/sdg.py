"""The indicator of SDG 16.2.2 on a page: its counts, its table, and how many of its cells can be filled."""

from __future__ import annotations

import pandas as pd
from IPython.display import Markdown

from analysis import areas, evidence, texts
from analysis.areas import Area
from analysis.data_read import remembered
from analysis.methods.sdg import ALL, CONTRADICTION, DIMENSIONS, ESTIMATED, KEYS, NOT_REPORTED, REPORTED, UNKNOWN
from analysis.sections import detection
from analysis.sections.any_place import take_names
from analysis.sections.section import NOT_INCIDENCE, Section, elsewhere, plain, said, sentences
from analysis.sections.table import Table, Words, year
from bounded import intervals

TEXT = texts.of(__name__)
FORMS = texts.table(__name__, "forms")


@remembered
def counts(place: Area) -> pd.DataFrame:
    """Detected victims of `place`'s countries by year, form, sex and age (UNODC), those that are preferred.

    A total that UNODC does not print is the sum of its complete parts, as on the rest of the page. Of several countries
    the latest year of each stands for it. An area within a country has no counts of its own, and so no rows.

    Returns
    -------
    DataFrame: area_id, year, form, sex, age, low, high (persons), value_qualifier, source_id, note.
    """
    where = [] if place.is_local else detection.countries(place)
    printed = [evidence.detected_by_sex_age(where).assign(form=ALL), evidence.detected_by_form(where)]
    totals = evidence.detected_victims(where)
    totals = totals[totals["source"] == "UNODC"]
    ages = totals["measure"].map({"victims": ALL, "child_victims": "0-17"})
    found = pd.concat([*printed, totals.assign(form=ALL, sex=ALL, age=ages)], ignore_index=True)
    found = found[found["preferred"]].drop_duplicates(KEYS)
    if place.spans_countries:
        found = found[found["year"] == found.groupby("area_id")["year"].transform("max")]
    return found[[*KEYS, *intervals.COLUMNS, "source_id", "note"]].fillna({"note": ""}).reset_index(drop=True)


def section(place: Area, table: pd.DataFrame, per: int) -> Section:
    """What surrounds the indicator.

    Parameters
    ----------
    table : what `indicator_16_2_2` makes of the counts.
    per : inhabitants that the rates are given for.
    """
    reported = table[table["status"] == REPORTED]
    divided = TEXT["divided_by_all"] if reported["population_of"].isin([ALL]).all() else TEXT["divided_by_own"]
    latest = TEXT["latest_years"] if place.spans_countries else ""
    return Section(
        "sdg_16_2_2",
        TEXT["title"].format(whose=detection.whose(place), per=per),
        source_ids=tuple(dict.fromkeys(";".join(reported["source_ids"]).split(";"))) if len(reported) else (),
        limits=sentences(NOT_INCIDENCE, TEXT["not_reported"], divided, latest, TEXT["other_forms"]),
        cautions=evidence.cautions("unodc_detected_victims", "unodc_forms_of_exploitation"),
        citations=(TEXT["metadata"],),
        folded=True,
    )


def rows(table: pd.DataFrame, per: int) -> Table:
    """Every cell of the indicator, as it is released; a page prints those that have a row in the release."""
    names = detection.names_of()
    called = table["area_id"].map(dict(zip(names["area_id"], names["name"], strict=True)))
    return Table(table.assign(name=called, per=per)[["name", *table, "per"]], _printed)


def _printed(table: pd.DataFrame) -> pd.DataFrame:
    shown = table[table["status"] != NOT_REPORTED]
    columns: dict[str, str | Words] = {
        "Geo area": "name",
        "Time period": Words(year, "year"),
        "Form of exploitation": Words(lambda forms: [FORMS[form] for form in forms], "form"),
        "Sex": "sex",
        "Age": "age",
        "Victims": Words(intervals.text, "victims_low", "victims_high", "value_qualifier"),
        "Population of": "population_of",
        f"Per {table['per'].max():,}": Words(detection.in_words, "rate_low", "rate_high"),
        "95 % Poisson limits": Words(detection.in_words, "low", "high"),
        "Detected and undetected": Words(_estimate, "undetected", "estimated_rate_low", "estimated_rate_high"),
        "Note": "note",
    }
    return Table(shown, columns).printed


def _estimate(undetected: pd.Series, low: pd.Series, high: pd.Series) -> list[str]:
    ranges = detection.in_words(low, high)
    return [span if state == ESTIMATED else state for state, span in zip(undetected, ranges, strict=True)]


def in_a_sentence(place: Area, table: pd.DataFrame) -> Markdown:
    """How many cells of the indicator have a count, and what they are not; or why an area has none.

    Parameters
    ----------
    table : what `indicator_16_2_2` makes of the counts.
    """
    whose = plain(detection.whose(place))
    if place.is_local and len(counts(areas.get(place.study))):
        return elsewhere(TEXT["of_the_country"].format(place=plain(place.name), whose=whose), "incidence")
    if table.empty:
        return said(TEXT["no_count"].format(whose=whose))
    cells = table[~table[list(DIMENSIONS)].eq(UNKNOWN).any(axis=1)]
    reported = cells["status"] == REPORTED
    contradicted = int(table["note"].str.contains(CONTRADICTION, regex=False).sum())
    return said(
        sentences(
            TEXT["filled"].format(filled=int(reported.sum()), cells=len(cells), whose=whose),
            TEXT["contradicted"].format(cells=contradicted) if contradicted else "",
            "" if table["undetected"].eq(ESTIMATED).any() else TEXT["not_estimated"],
        )
    )


take_names(__name__)
