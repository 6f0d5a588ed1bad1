"""Exhibits on case records: the lists, the linked persons, who they are, and how sure their linkage is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from IPython.display import Markdown
from matplotlib.figure import Figure

from analysis import areas, catalog, evidence, figures, intervals
from analysis.areas import Area
from analysis.cases import traits
from analysis.cases.htcds import NOT_A_VICTIM
from analysis.cases.processed import CaseRecords, load
from analysis.exhibits import detection
from analysis.exhibits.exhibit import Exhibit, periods, spell
from analysis.figures.linkage import capture_pattern, match_weights, overlap_sensitivity

LIMITS = "Persons whom these lists detected, not incidence. Lists overlap; linkage can miss a person, or join two."
PERSONS = "Persons (linked)"
WHO = {"age": "Age", "sex": "Sex", "nationality": "Nationality"}
HOW = {
    "exploitation": "Form",
    "sector": "Sector",
    "means_of_control": "Means",
    "recruiter": "Recruiter",
    "status": "Status",
}
# What the linkage compares, in words.
COMPARED = {"given": "given name", "family": "family name", "birth": "date of birth", "birth_year": "year of birth"}
# A figure draws the commonest values of a trait; the table holds all.
DRAWN_VALUES = 7
# A year is complete if this share of the known delays is over by the day of the export.
COMPLETE = 0.95
# Public evidence that stands beside the records of an area: what its sources count is something else.
BESIDE = {
    "turkiye": ("syrians_temporary_protection",),
    "cabo_verde": ("icca_child_sexual_abuse_reports", "police_sexual_crimes_against_minors"),
}


def none_shown(place: Area) -> str:
    """Why no case records are shown where none may be: there are none, or they are confidential."""
    study = areas.get(place.study).name
    if not catalog.case_kind(place.study):
        return f"No list of case records of {study} is at hand."
    return f"The case records of {study} are confidential: nothing made from them is shown before an audit."


def about(place: Area) -> Markdown:
    """Of what kind the records on the page are, before any number of theirs."""
    found, here = load(place.study), records_of(place)
    said = (
        "**SYNTHETIC: these records are invented, and about no real person.** They show what the "
        "analysis does with case records, and their truth is known, so that it can be tested.\n\n"
        if found.is_synthetic
        else ""
    )
    count = f"{len(here):,} records" if len(here) else "No record"
    of = "" if place.is_study else f" of {place.name}"
    return Markdown(f"{said}{count}{of} on {len(found.lists)} lists.")


def _titles(found: CaseRecords) -> pd.Series:
    """Titles of the lists by id; that they are synthetic stands above them."""
    return found.lists.set_index("list_id")["title"].str.removesuffix(" (SYNTHETIC)")


def records_of(place: Area) -> pd.DataFrame:
    """The case records of an area, or of the study as a whole, but for those of persons found to be no victims."""
    table = load(place.study).case_records
    table = table[table["status"] != NOT_A_VICTIM].reset_index(drop=True)
    return table if place.is_study else table[table["area_id"] == place.area_id].reset_index(drop=True)


def lists(place: Area) -> Exhibit:
    """What was read: for each list its rows, its records and persons, and its dates."""
    found, here = load(place.study), records_of(place)
    table = found.lists
    by_list = here.assign(person_id=here["person_id"].replace("", None)).groupby(here["list_id"].astype(str))
    exported, ids = pd.to_datetime(table["date"]), table["list_id"]
    first, last = by_list["date_low"].min().reindex(ids), by_list["date_high"].max().reindex(ids)
    rows = pd.DataFrame(
        {
            "List": ids,
            "What it is": ids.map(_titles(found)),
            "Rows read": table["rows_read"],
            "Clean": table["rows_clean"],
            "In quarantine": table["rows_quarantined"],
            "Records": ids.map(by_list.size()).fillna(0).astype(int),
            "Persons": ids.map(by_list["person_id"].nunique()).fillna(0).astype(int),
            "Detected": [text.replace("undated", "no record") for text in periods(first, last)],
            "Exported": periods(exported, exported),
        }
    )
    where = "" if place.is_study else f" Records and persons are those of {place.name}, rows those of the whole list."
    limits = f"{LIMITS}{where} {table['not_linked'].max()}".strip()
    return of_records(place, "lists", "what each list holds", rows, limits)


def by_year(place: Area) -> Exhibit:
    """Records by list, and linked persons, by the year of detection; a year that is still filling up is a minimum."""
    found, here = load(place.study), records_of(place)
    titles = _titles(found)
    counts = (
        here.assign(year=_year(here))
        .groupby(["list_id", "year"], observed=True, dropna=False)
        .size()
        .reset_index(name="count")
    )
    counts["panel"] = counts["list_id"].astype(str).map(titles)
    counts = counts[["panel", "year", "count"]]
    # Here a year that is not known is an empty text.
    persons = histories_of(place).groupby("year")["count"].sum().reset_index().assign(panel=PERSONS)
    persons["year"] = pd.to_numeric(persons["year"]).astype("Int64")
    table = pd.concat([counts, persons], ignore_index=True)
    filling = _filling_up(found)
    known = table[table["year"].notna()]
    incomplete = known["year"].ge(filling) if filling is not None else pd.Series(False, known.index)
    points = known.assign(
        x=known["year"].astype(float) + 0.5,
        series="",
        low=known["count"].astype(float),
        high=known["count"].astype(float).mask(incomplete.astype(bool), np.inf),
        value_qualifier=incomplete.map({True: "at_least", False: "exact"}),
    )
    delay = (
        f"From {filling} on a year is still filling up: records reach the lists with a delay, so that its counts are "
        f"minima."
        if filling is not None
        else "How late records reach the lists is not known, so that the last year may not be complete."
    )
    limits = f"{LIMITS} A year without a point has no record; that need not be zero. {delay}"
    figure = figures.small_multiples(
        points,
        panels=[*titles, PERSONS],
        ylabel="records, or persons",
        columns=3,
        title=f"{place.name}: records of each list, and linked persons, by year of detection",
        footer=records_footer(place, limits),
    )
    named = table.assign(year=table["year"].astype("string").fillna("not known"))
    rows = named.pivot_table(index="year", columns="panel", values="count", aggfunc="sum", fill_value=0)
    rows = rows[[name for name in [*titles, PERSONS] if name in rows]].rename_axis(columns=None)
    rows = rows.reset_index(names="Year of detection")
    return of_records(place, "by_year", "records and persons by year", rows, limits, figure)


def pattern(place: Area) -> Exhibit:
    """On which lists the same persons stand."""
    found, here = load(place.study), histories_of(place)
    names = [name for name in found.lists["list_id"] if name in here]
    table = here.groupby(names, as_index=False)["count"].sum() if names else here
    table = table.sort_values("count", ascending=False)
    title = "on which lists the same persons stand"
    limits = f"{LIMITS} Persons on no list are not counted here, and no total is estimated."
    drawn = (
        capture_pattern(table, footer=records_footer(place, limits), title=f"{place.name}: {title}")
        if len(table)
        else None
    )
    rows = pd.DataFrame(
        {
            "Lists": [" + ".join(name for name in names if row[name]) for row in table.to_dict("records")],
            "Number of lists": table[names].sum(axis=1).astype(int),
            "Persons": table["count"].astype(int),
        }
    )
    return of_records(place, "pattern", title, rows, limits, drawn)


def who(place: Area) -> Exhibit:
    """Age at exploitation, sex and nationality of the persons, with what is not stated as a value of its own."""
    return _traits(place, "who", "who the persons are", WHO)


def how(place: Area) -> Exhibit:
    """Form, sector, means of control, recruiter and status, with what is not stated as a value of its own."""
    return _traits(place, "how", "forms of exploitation, sectors and means", HOW)


def weights(place: Area) -> Exhibit:
    """What each level of agreement says on whether two records are one person (study as a whole)."""
    found, whole = load(place.study), areas.get(place.study)
    limits = f"Of all lists of {whole.name}. One bit doubles the odds that two are one person."
    title = "what each agreement of two records weighs"
    drawn = found.weights
    if len(drawn):
        drawn = drawn.assign(comparison=drawn["comparison"].map(COMPARED).fillna(drawn["comparison"]))
    figure = (
        match_weights(drawn, footer=records_footer(whole, limits), title=f"{whole.name}: {title}")
        if len(drawn)
        else None
    )
    rows = drawn.rename(columns={"comparison": "Comparison", "level": "Level", "weight": "Weight (bits)"})
    rows = rows.round({"m": 4, "u": 6, "Weight (bits)": 1})
    return of_records(whole, "weights", title, rows, limits, figure)


def overlap(place: Area) -> Exhibit:
    """How many persons, and persons on two lists or more, there are at stricter and looser thresholds (whole study)."""
    found, whole = load(place.study), areas.get(place.study)
    limits = (
        "A missed link makes one person two and the overlap too small; a false link does the opposite. "
        "What depends much on the threshold is not known well."
    )
    drawn, title = found.sensitivity, "how the overlap of the lists depends on the threshold"
    figure = (
        overlap_sensitivity(drawn, footer=records_footer(whole, limits), title=f"{whole.name}: {title}")
        if len(drawn)
        else None
    )
    return of_records(whole, "overlap", title, _by_threshold(found), limits, figure)


def _by_threshold(found: CaseRecords) -> pd.DataFrame:
    """Persons, and persons on both of two lists, one column a threshold of the match probability."""
    table = found.sensitivity
    if table.empty:
        return table
    general = {
        "persons": "Persons",
        "linked_pairs": "Linked pairs of records",
        "on_two_or_more": "Persons on two lists or more",
    }
    once = table.drop_duplicates("threshold").set_index("threshold")[list(general)].rename(columns=general).T
    pairs = "Persons on both: " + table["list_a"] + " and " + table["list_b"]
    both = table.assign(pair=pairs).pivot(index="pair", columns="threshold", values="on_both")
    rows = pd.concat([once, both]).rename(columns=lambda threshold: f"{threshold:g}")
    return rows.rename_axis(columns=None).reset_index(names="At a match probability of at least")


def beside_the_public_evidence(place: Area) -> Exhibit:
    """What public sources count for the same area or its country: other things, never added to the records."""
    here, found = records_of(place), load(place.study)
    first, last = here["date_low"].min(), here["date_high"].max()
    own = pd.DataFrame(
        {
            "Source": f"{len(found.lists)} lists of case records",
            "Where": place.name,
            "What it counts": ["records on these lists", "linked persons on these lists"],
            "Period": periods(pd.Series([first] * 2), pd.Series([last] * 2)),
            "Figure": [f"{len(here):,}", f"{_persons(here):,}"],
            "Kind": found.kind.upper() if found.is_synthetic else found.kind,
        }
    )
    public = pd.concat([_national(place), _local(place)], ignore_index=True)
    invented = " The case records are SYNTHETIC: invented, and no evidence of anything." if found.is_synthetic else ""
    limits = f"These sources count different things, and must not be added or divided by one another.{invented}"
    rows = pd.concat([own, public.drop(columns="source_id")], ignore_index=True)
    sources = tuple(dict.fromkeys(public["source_id"]))
    exhibit = of_records(place, "beside", "beside the public evidence", rows, limits, source_ids=sources)
    return replace(exhibit, invented="only the rows marked so are invented; the others are public figures.")


def limits_of(place: Area) -> Markdown:
    """What the case records of an area do not show."""
    found = load(place.study)
    quarantined, read = int(found.lists["rows_quarantined"].sum()), int(found.lists["rows_read"].sum())
    synthetic = (
        "- **SYNTHETIC.** The persons, their journeys and every error in the lists are invented. Nothing can be learnt "
        "from them about trafficking.\n"
        if found.is_synthetic
        else ""
    )
    nobody = "" if len(records_of(place)) else f"- **No list has a record of {place.name}**: not a finding of none.\n"
    return Markdown(
        f"{synthetic}{nobody}"
        "- **Detection is not incidence.** Who stands on no list is not counted here. Three lists or more, linked, are "
        "what an estimate of their number needs; this page makes none.\n"
        "- **Lists overlap, and linkage errs.** Persons are counted once as far as names, dates and numbers let them "
        "be recognised; the exhibits above say how far that depends on the threshold.\n"
        "- **A person of two areas** counts in each; by year and by pattern, in that of the first certain date.\n"
        f"- **Rows in quarantine are not counted**: {quarantined:,} of {read:,} rows of the lists wait for a "
        "correction.\n"
        "- **What is not stated is unknown.** It is a share of its own, and never a no. A person whose records "
        "disagree is counted as that."
    )


def of_records(
    place: Area,
    name: str,
    what: str,
    table: pd.DataFrame,
    limits: str,
    figure: Figure | None = None,
    source_ids: tuple[str, ...] = (),
) -> Exhibit:
    """An exhibit made from a study's case records: it cites their lists, and says of what kind they are."""
    found = load(place.study)
    title = f"{place.name}: {what}"
    citations = tuple(f"{row.title}. {row.publisher}. {row.date}. {row.source}" for row in found.lists.itertuples())
    alt = f"{title}. {_counted(place)}."
    cautions = evidence.cautions(*(entry.name for entry in catalog.case_lists(place.study)))
    return Exhibit(name, title, table, source_ids, limits, figure, alt, cautions, citations, found.kind)


def records_footer(place: Area, limits: str) -> figures.Footer:
    """The footer of a figure of an area's case records."""
    found = load(place.study)
    here = records_of(place)
    first, last = here["date_low"].min(), here["date_high"].max()
    period = periods(pd.Series([first]), pd.Series([last]))[0]
    source = f"{len(found.lists)} lists of case records" + (", invented" if found.is_synthetic else "")
    return figures.Footer(source, period, _counted(place), limits, synthetic=found.is_synthetic)


def _counted(place: Area) -> str:
    here = records_of(place)
    return f"{len(here):,} records of {_persons(here):,} persons"


def _persons(here: pd.DataFrame) -> int:
    return int(here.loc[here["person_id"].ne(""), "person_id"].nunique())


def _year(here: pd.DataFrame) -> pd.Series:
    """The year of detection where the interval lies in one; missing elsewhere."""
    first, last = here["date_low"].dt.year, here["date_high"].dt.year
    return first.where(first == last).astype("Int64")


def histories_of(place: Area) -> pd.DataFrame:
    """Persons by pattern and year; each stands in one area, the one of the earliest certain date."""
    table = load(place.study).histories
    if table.empty:
        return pd.DataFrame({"area_id": [""], "year": [""], "count": [0]}).head(0)
    return table if place.is_study else table[table["area_id"] == place.area_id]


def _filling_up(found: CaseRecords) -> int | None:
    """The first year of which records were still on their way at the export; None where the delay is not known."""
    table = found.case_records
    known = table[table["date_precision"].eq("day") & table["reported_precision"].eq("day")]
    if known.empty:
        return None
    delay = (known["reported_low"] - known["date_low"]).quantile(COMPLETE)
    return int((pd.to_datetime(found.lists["date"]).min() - delay).year)


def _traits(place: Area, name: str, what: str, named: Mapping[str, str]) -> Exhibit:
    """Shares of the persons with each value of some traits; a person can have several forms and means."""
    here = records_of(place)
    unit = "person_id" if _persons(here) else "record_id"
    parts = [traits.values(here, trait, unit).assign(trait=title) for trait, title in named.items()]
    table = pd.concat(parts, ignore_index=True)
    total = here[unit].nunique()
    table["share"] = table["count"] / max(total, 1)
    limits = f"{LIMITS} Age at exploitation. A person can have several forms and means. Shares are of all persons."
    common = table.groupby("trait", sort=False).cumcount() < DRAWN_VALUES
    drawn = table[table["trait"].isin(list(named.values())[:3]) & (common | table["value"].isin(traits.LAST))]
    points = pd.DataFrame(
        {
            # A section of ISIC has a long name, of which the beginning is enough.
            "label": drawn["trait"] + ": " + drawn["value"].str.split(";").str[0],
            "share": drawn["share"],
            "low": np.nan,
            "high": np.nan,
            "n_text": [f"{count:,} of {total:,}" for count in drawn["count"]],
        }
    )
    counted = "persons" if unit == "person_id" else "records"
    figure = figures.shares(
        points,
        title=f"{place.name}: {what}",
        footer=records_footer(place, limits),
        xlabel=f"share of {total:,} {counted}",
    )
    rows = pd.DataFrame(
        {
            "What": table["trait"],
            "Value": table["value"],
            counted.capitalize(): table["count"],
            "Share, %": (100 * table["share"]).round(1),
        }
    )
    return of_records(place, name, f"{what} (n = {total:,})", rows, limits, figure if total else None)


def _national(place: Area) -> pd.DataFrame:
    """The latest detected victims by source and measure of the area's country or countries."""
    table = detection.drawn(place).sort_values("period_start").groupby(["area_id", "source", "measure"]).tail(1)
    return pd.DataFrame(
        {
            "Source": table["source"].map(detection.SOURCES),
            "Where": table["name"],
            "What it counts": "detected victims: " + table["measure"].map(detection.MEASURES).str.lower(),
            "Period": periods(table["period_start"], table["period_end"]),
            "Figure": intervals.text(table["low"], table["high"], table["value_qualifier"]),
            "Kind": "public",
            "source_id": table["source_id"],
        }
    )


def _local(place: Area) -> pd.DataFrame:
    """The latest public figure of each indicator that is counted for the area itself."""
    table = evidence.facts(place.iso3 if place.is_study else place.area_id, BESIDE.get(place.study, ()))
    table = table[table["drawn"] & table["date_low"].notna()].sort_values("date_low").groupby("indicator").tail(1)
    return pd.DataFrame(
        {
            "Source": [evidence.short_source([source]) for source in table["source_id"]],
            "Where": place.name,
            "What it counts": table["indicator"].map(spell),
            "Period": periods(table["date_low"], table["date_high"]),
            "Figure": intervals.text(table["low"], table["high"], table["value_qualifier"]),
            "Kind": "public",
            "source_id": table["source_id"],
        }
    )
