"""The indicator of SDG 16.2.2 on a page: its counts, its table, and how many of its cells can be filled."""

from __future__ import annotations

import pandas as pd
from IPython.display import Markdown

from analysis import areas, evidence, texts
from analysis.areas import Area
from analysis.data_read import remembered
from analysis.exhibits import detection
from analysis.exhibits.any_place import take_names
from analysis.exhibits.exhibit import NOT_INCIDENCE, Exhibit, absent, elsewhere, said
from analysis.exhibits.table import Table, Words, year
from analysis.exhibits.wording import plain, sentences
from analysis.methods.sdg import ALL, CONTRADICTION, DIMENSIONS, ESTIMATED, KEYS, NOT_REPORTED, REPORTED, UNKNOWN
from bounded import intervals

FORMS = texts.table(__name__, "forms")
NO_COUNT = "{whose} has no row of SDG indicator 16.2.2: no count of detected victims was found, which is not zero."


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


def cells_by_year(place: Area, table: pd.DataFrame) -> Exhibit:
    """Return the indicator as a table; where there is no count, `absent`.

    A page prints the cells that have a row in the release, and the file beside it has every cell.

    Parameters
    ----------
    table : what `indicator_16_2_2` makes of the counts.
    """
    whose = detection.whose(place)
    if table.empty:
        why = "national" if place.is_local else NO_COUNT.format(whose=whose)
        return absent(place, "SDG indicator 16.2.2", why)
    per = int(table["per"].max())
    reported = table[table["status"] == REPORTED]
    divided = (
        "All rates are by all inhabitants, as those of one sex or age are not at hand."
        if reported["population_of"].isin([ALL]).all()
        else "Rates are by the inhabitants of that sex and age where they are at hand, and else by all."
    )
    latest = "The latest year of each country that has a count; its own page has all years."
    names = detection.names_of()
    called = table["area_id"].map(dict(zip(names["area_id"], names["name"], strict=True)))
    return Exhibit(
        "sdg_16_2_2",
        f"{whose}: SDG indicator 16.2.2, detected victims per {per:,} inhabitants",
        Table(table.assign(name=called)[["name", *table]], _printed),
        source_ids=tuple(dict.fromkeys(";".join(reported["source_ids"]).split(";"))) if len(reported) else (),
        limits=sentences(
            NOT_INCIDENCE,
            f"A cell without a count was not reported{detection.or_aside(place)}; it is not zero.",
            "Years without a row have no count in the release.",
            divided,
            latest if place.spans_countries else "",
            "Other forms hold servitude, slavery and the removal of organs, so that forced labour and other forms are "
            "not the UN's series of that name.",
        ),
        cautions=evidence.cautions("unodc_detected_victims", "unodc_forms_of_exploitation"),
        citations=(
            "United Nations, SDG indicator metadata, 16.2.2, update of 19 July 2016 (read in the copy of the World "
            "Bank's repository sdg-metadata); the definition also in the update of 31 March 2023",
        ),
        folded=True,
    )


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
        f"{intervals.confidence_level(table)} Poisson limits": Words(detection.in_words, "low", "high"),
        "Detected and undetected": Words(_estimate, "undetected", "estimated_rate_low", "estimated_rate_high"),
        "Note": "note",
    }
    return Table(shown, columns).printed


def _estimate(undetected: pd.Series, low: pd.Series, high: pd.Series) -> list[str]:
    ranges = detection.in_words(low, high)
    return [span if state == ESTIMATED else state for state, span in zip(undetected, ranges, strict=True)]


def in_a_sentence(place: Area, table: pd.DataFrame) -> Markdown:
    """Return a sentence on the cells of the indicator that have a count, and what they are not; or why there is none.

    Parameters
    ----------
    table : what `indicator_16_2_2` makes of the counts.
    """
    whose = plain(detection.whose(place))
    if place.is_local and len(counts(areas.get(place.study))):
        return elsewhere(
            f"{plain(place.name)} has no row of SDG indicator 16.2.2: no source gives its detected victims by sex, age "
            f"and form, and the national counts cannot be divided. {whose} has them.",
            "incidence",
        )
    if table.empty:
        return said(NO_COUNT.format(whose=whose))
    cells = table[~table[list(DIMENSIONS)].eq(UNKNOWN).any(axis=1)]
    reported = cells["status"] == REPORTED
    contradicted = int(table["note"].str.contains(CONTRADICTION, regex=False).sum())
    return said(
        sentences(
            f"{whose}: {int(reported.sum()):,} of {len(cells):,} cells of SDG indicator 16.2.2 have a count; the "
            "others were not reported. Detected victims are not incidence.",
            f"Counts that are more than the whole they are part of, as UNODC prints both: {contradicted}."
            if contradicted
            else "",
            ""
            if table["undetected"].eq(ESTIMATED).any()
            else "No estimate of undetected victims is at hand: the indicator is of detected victims alone.",
        )
    )


take_names(__name__)
