"""Exhibits of case records: the lists, the persons on them, and how sure their linkage is.

Numbers of persons are those of the protected tables of the study, and are published. Which lists hold the same persons,
records by list and year, and overlaps by threshold follow from the records, and are internal.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pandas as pd
from IPython.display import Markdown
from matplotlib.figure import Figure

import disclosure
from analysis import areas, bibliography, catalog, evidence, indicators, plots, texts
from analysis.areas import Area
from analysis.cases import record_linkage
from analysis.cases.htcds import NOT_A_VICTIM
from analysis.cases.match_weights import FEW_PAIRS
from analysis.cases.person_counts import WITH_FORM
from analysis.cases.processed import CaseRecords, load
from analysis.cases.record_linkage import NOT_STATED
from analysis.exhibits import detection, headline_numbers, record_counts
from analysis.exhibits.any_place import take_names
from analysis.exhibits.exhibit import ESTIMATE, INTERNAL, PROTECTED, Exhibit, absent, elsewhere, instead, only, said
from analysis.exhibits.plot import Plot
from analysis.exhibits.table import Table, Words
from analysis.exhibits.wording import periods, spell
from bounded import intervals

LIMITS = "Persons detected by these lists, not incidence. Lists overlap; linkage can miss a person, or join two."
# Traits of the protected tables: who the persons are, and how they were exploited.
WHO = ("age_detected", "sex", "nationality", "age_began", "age")
HOW = ("form", "sector", "means", "recruiter", "status")
# What the linkage compares, in words.
COMPARED = texts.table(__name__, "compared")
# Digits of what the linkage estimated: with more, the number of pairs behind it could be read back.
DIGITS = 2
# So many sets of lists are drawn, those with most persons.
MOST_PATTERNS = 24
# The row of the persons of all years.
ALL_YEARS = "all years"
SEVERAL_LISTS, ONE_LIST = "on two lists or more", "on one list"
ON_SEVERAL = "Persons on two lists or more"
# A year is complete if this share of the known delays is over by the day of the export.
COMPLETE = 0.95
SYNTHETIC_RECORDS = (
    "**SYNTHETIC: these records describe no real person.** They show what the analysis does with case records. Their "
    "truth is known, so that the analysis can be tested.\n\n"
)
# What case records do not show, after what is said of synthetic records and of a place without a record.
NOT_SHOWN = """\
- **Detection is not incidence.** Persons on no list are not counted here. Their number can only be estimated from \
three linked lists or more.
- **Small groups are not shown.** A number of fewer than 11 persons is suppressed, and with it other numbers from \
which it could be worked out. Suppressed is never zero. Rare values are combined.
- **Lists overlap, and linkage makes errors.** Persons are counted once as far as names, dates and numbers identify \
them.
- **A person recorded in two areas** counts in the area and year of the first certain date.
- **Rows in quarantine are not counted**: they wait for a correction.
- **What is not stated is unknown.** It is a share of its own, and never a no. Persons whose records disagree are \
counted as unknown."""


def about(place: Area) -> Markdown:
    """Return the number of persons or records and of lists, as a sentence; of synthetic records it says so first."""
    synthetic = SYNTHETIC_RECORDS if _is_synthetic(place) else ""
    number, what = record_counts.total(place), record_counts.counted(place).removesuffix("s")
    persons = f"No {what}" if number == 0 else record_counts.in_words(number, what).capitalize()
    of_area = "" if place.is_study else f" of {place.name}"
    return said(f"{synthetic}{persons}{of_area} on {len(catalog.case_lists(place.study))} lists.", PROTECTED)


def records_of(place: Area) -> pd.DataFrame:
    """Return the case records of an area, or of a study as a whole, without persons found to be no victims."""
    table = load(place.study).case_records
    table = table[table["status"] != NOT_A_VICTIM].reset_index(drop=True)
    return table if place.is_study else table[table["area_id"] == place.area_id].reset_index(drop=True)


def who(place: Area, shares: pd.DataFrame, asked: Iterable[str] = WHO, *, traits: int = 3, values: int = 7) -> Exhibit:
    """Return persons by age, sex and nationality, with those of whom it is not stated.

    Parameters
    ----------
    shares, asked, traits, values : as for `record_counts.of_traits`.
    """
    return record_counts.of_traits(place, "who", "who the persons are", shares, asked, traits, values)


def how(place: Area, shares: pd.DataFrame, asked: Iterable[str] = HOW, *, traits: int = 3, values: int = 7) -> Exhibit:
    """Return persons by form, sector, means of control, recruiter and status; arguments as for `who`."""
    what = "forms of exploitation, sectors and means"
    return record_counts.of_traits(place, "how", what, shares, asked, traits, values)


def lists(place: Area) -> Exhibit:
    """Return the lists that were read, and when each was exported; how many persons are on each would tell overlaps."""
    entries = catalog.case_lists(place.study)
    table = pd.DataFrame(
        {
            "list": [entry.title.removesuffix(" (SYNTHETIC)") for entry in entries],
            "publisher": [entry.publisher for entry in entries],
            "exported": pd.Series([pd.Timestamp(entry.date) for entry in entries], dtype="datetime64[ns]"),
        }
    )
    exported = Words(lambda days: periods(days, days), "exported")
    shown = Table(table, {"List": "list", "Publisher": "publisher", "Exported": exported})
    limits = record_counts.limits_of(place, f"{LIMITS} The number of persons on each list is not released.")
    return record_counts.of_counts(place, "lists", "the lists", shown, limits)


def by_year(place: Area, years: pd.DataFrame) -> Exhibit:
    """Return persons by the year in which they were first detected; a suppressed year is hatched.

    Parameters
    ----------
    years : what `by_period` gives of the place.
    """
    what = record_counts.counted(place)
    known = years[years["year"] != NOT_STATED]
    drawn = known.assign(
        label=known["year"].str.replace("-", "–"),
        value=known["count"].astype("Float64").astype(float),
        reason=record_counts.status(known["count"]),
    ).sort_values("label", ignore_index=True, kind="stable")
    numbers, also = year_numbers(place, years)
    page: dict[str, str | Words] = {
        "Year of first detection": "period",
        what.capitalize(): Words(record_counts.cells, "count"),
    }
    limits = record_counts.limits_of(
        place,
        f"{LIMITS} Each counts in the year of the first certain date. Records reach the lists with a delay, so that "
        "the last years before the export may not be complete.",
    )
    plot = None if known.empty else Plot(plots.bars, drawn, reason="reason", xlabel=what)
    table = Table(numbers, page, also)
    return record_counts.of_counts(place, "by_year", f"{what} by year of first detection", table, limits, plot)


def year_numbers(place: Area, years: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the persons of each year, and of all; see `record_counts.with_bounds`.

    Parameters
    ----------
    years : what `by_period` gives of the place.
    """
    # A period of several years is a text, as is a year that is not stated.
    rows = years.assign(year=years["year"].astype(str), period=years["year"].astype(str))
    of_all = pd.DataFrame({"year": "", "period": [ALL_YEARS], "count": pd.array([record_counts.total(place)], "Int64")})
    found = pd.concat([rows, of_all], ignore_index=True) if len(rows) else rows
    return record_counts.with_bounds(place, found.astype({"count": "Int64"}))


def list_years(place: Area, records: pd.DataFrame) -> pd.DataFrame:
    """Return records by year of detection, a column a list."""
    titles = load(place.study).lists.set_index("list_id")["title"].str.removesuffix(" (SYNTHETIC)")
    first, last = records["date_low"].dt.year, records["date_high"].dt.year
    years = first.where(first == last).astype("Int64").astype("string").fillna("not known").rename("year")
    rows = pd.crosstab(years, records["list_id"].astype(str).map(titles)).rename_axis(columns=None)
    return rows.reset_index(names="Year of detection")


def records_by_year(place: Area, rows: pd.DataFrame, *, complete: float = COMPLETE) -> Exhibit:
    """Return the records of each list by year, which are internal.

    Parameters
    ----------
    rows : what `list_years` gives. complete : share of the known delays that are over when a year is complete.
    """
    filling = _filling_up(load(place.study), complete)
    delay = (
        "How late records reach the lists is not known, so that the last year may not be complete."
        if filling is None
        else f"From {filling} on a year is still filling up: records reach the lists with a delay, so that its counts "
        f"are minima. A year is complete once {complete:.0%} of the known delays are over."
    )
    limits = f"{LIMITS} {delay}"
    return of_records(place, "records_by_year", "records of each list by year", rows, limits, release_class=INTERNAL)


def patterns(place: Area) -> pd.DataFrame:
    """Return persons by the lists that they are on: a column of 0 and 1 a list, and count."""
    here = histories_of(place)
    names = [name for name in load(place.study).lists["list_id"] if name in here]
    table = here.groupby(names, as_index=False)["count"].sum() if names else here[["count"]]
    return table.sort_values("count", ascending=False, kind="stable")


def pattern(place: Area, patterns: pd.DataFrame) -> Exhibit:
    """Return the sets of lists that hold the same persons, most persons first, which are internal.

    Parameters
    ----------
    patterns : what the function of that name gives.
    """
    names = [name for name in patterns if name != "count"]
    rows = pd.DataFrame(
        {
            "Lists": [" + ".join(name for name in names if row[name]) for row in patterns.to_dict("records")],
            "Number of lists": patterns[names].sum(axis=1).astype(int),
            "Persons": patterns["count"].astype(int),
        }
    )
    several, rarer = rows["Number of lists"] > 1, rows.iloc[MOST_PATTERNS:]
    persons, total = int(rows.loc[several, "Persons"].sum()), int(rows["Persons"].sum())
    shown = f"{persons:,} of {total:,} persons ({persons / max(total, 1):.0%}) are on two lists or more."
    not_drawn = f"Not drawn: {len(rarer)} rarer patterns with {int(rarer['Persons'].sum()):,} persons."
    plot = Plot(
        plots.bars,
        rows.assign(part=np.where(several, SEVERAL_LISTS, ONE_LIST)).head(MOST_PATTERNS),
        label="Lists",
        value="Persons",
        part="part",
        parts=[SEVERAL_LISTS, ONE_LIST],
        xlabel="persons",
        subtitle=shown,
        note=not_drawn if len(rarer) else "",
    )
    what = "which lists have the same persons"
    limits = f"{LIMITS} Persons on no list are not counted here, and no total is estimated."
    return of_records(place, "pattern", what, rows, limits, None if rows.empty else plot, INTERNAL)


@only("whole", "{whose}: forms of exploitation by sex")
def forms(place: Area) -> Exhibit:
    """Return each form of exploitation by sex, as protected tables have it of the study as a whole."""
    tables = record_counts.tables(place.study)
    parts = [
        _of_form(tables[f"{trait} by {form}"], form, trait).assign(trait=record_counts.NAMES[trait])
        for form in sorted(name for name in tables if name.startswith("form: "))
        for trait in WITH_FORM
        if f"{trait} by {form}" in tables
    ]
    names = ["form", "trait", "value", "count", "total", "share"]
    rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=names)
    share = rows["share"].astype("Float64").round(1).astype(float)
    table = Table(
        rows.assign(share_percent=share, status=record_counts.status(rows["count"])),
        {
            "Form": "form",
            "What": "trait",
            "Value": "value",
            "With this form": Words(record_counts.cells, "count"),
            "Of all": Words(record_counts.cells, "total"),
            "Share, %": Words(record_counts.percents, "share_percent"),
        },
        also=("status",),
    )
    limits = record_counts.limits_of(place, f"{LIMITS} A person can have several forms.")
    return record_counts.of_counts(place, "forms", "forms of exploitation by sex", table, limits)


def _of_form(table: pd.DataFrame, form: str, trait: str) -> pd.DataFrame:
    """Return persons with a form among those with each value of a trait; the share where both numbers are published."""
    yes, no = (table[table[form] == answer].set_index(trait)["count"] for answer in ("yes", "no"))
    # A combination that is not listed has nobody.
    values = pd.Index(table[trait].unique())
    both = pd.DataFrame({"count": yes.reindex(values, fill_value=0), "no": no.reindex(values, fill_value=0)})
    ordered = record_counts.in_order(both.rename_axis("value").reset_index(), trait)
    total = ordered["count"] + ordered["no"]
    share = 100 * ordered["count"].astype("Float64") / total.astype("Float64")
    return pd.DataFrame(
        {
            "form": form.removeprefix("form: "),
            "value": ordered["value"].map(record_counts.spoken),
            "count": ordered["count"],
            "total": total,
            "share": share,
        }
    )


def match_weights(found: pd.DataFrame, digits: int = DIGITS) -> pd.DataFrame:
    """Return the weight of each level of agreement, with so few digits that no number of pairs can be read back.

    Notes on few pairs are left out: they say something of a number of pairs.

    Parameters
    ----------
    found : weights as the linkage estimated them (Fellegi and Sunter, 1969): comparison, level, m, u, weight (bits).
    digits : of m and u; never more than 2.
    """
    if found.empty:
        return found
    few = f".{min(digits, DIGITS)}g"
    return found.assign(
        comparison=found["comparison"].map(COMPARED).fillna(found["comparison"]),
        weight=found["weight"].round(1),
        note=found["note"].where(found["note"] != FEW_PAIRS, ""),
        m=[float(f"{value:{few}}") for value in found["m"]],
        u=[float(f"{value:{few}}") for value in found["u"]],
    )


@only("whole", "{whose}: what each agreement of two records weighs")
def weights(place: Area, table: pd.DataFrame, records: int) -> Exhibit:
    """Return the weights of the linkage: estimates of a model of all records of the study.

    Parameters
    ----------
    table : what `match_weights` gives.
    records : number of records from which the parameters of `table` were estimated; from too few, or of too few
        persons, the exhibit is internal.
    """
    # One person can stand on many rows.
    persons = load(place.study).case_records["person_id"].nunique()
    may_leave = len(table) > 0 and disclosure.estimate_is_releasable(min(records, persons), 2 * len(table))
    headings = {"comparison": "Comparison", "level": "Level", "weight": "Weight (bits)", "note": "Note"}
    shown = Table(table, {headings.get(name, name): name for name in table}) if len(table) else table
    what = "what each agreement of two records weighs"
    limits = f"Of all lists of {place.name}. One bit doubles the odds that two are one person."
    plot = Plot(record_linkage.weights_figure, table) if len(table) else None
    release_class = ESTIMATE if may_leave else INTERNAL
    return record_counts.of_counts(place, "weights", what, shown, limits, plot, release_class=release_class)


@only("whole", "{whose}: how the overlap of the lists depends on the threshold")
def overlap(place: Area, overlaps: pd.DataFrame) -> Exhibit:
    """Return persons, and persons on two lists or more, at stricter and looser thresholds, which are internal.

    Parameters
    ----------
    overlaps : a row a threshold of the match probability and pair of lists, as `CaseRecords.sensitivity` has them.
    """
    what = "how the overlap of the lists depends on the threshold"
    limits = (
        "A missed link makes one person two and the overlap too small; a false link does the opposite. What depends "
        "much on the threshold is not known well."
    )
    if overlaps.empty:
        return of_records(place, "overlap", what, overlaps, limits, release_class=INTERNAL)
    rows, plot = _a_column_a_threshold(overlaps), _a_panel_a_pair(overlaps)
    return of_records(place, "overlap", what, rows, limits, plot, INTERNAL)


def _a_panel_a_pair(overlaps: pd.DataFrame) -> Plot:
    """Return the overlaps by threshold, a panel a pair of lists, after one of all lists."""
    whole = overlaps.drop_duplicates("threshold").assign(panel=ON_SEVERAL, persons=lambda rows: rows["on_two_or_more"])
    pairs = overlaps.assign(panel=overlaps["list_a"].astype(str) + " and " + overlaps["list_b"].astype(str))
    pairs = pairs.assign(persons=pairs["on_both"]).sort_values(["on_both", "panel"], ascending=[False, True])
    return Plot(
        plots.small_multiples,
        pd.concat([whole, pairs], ignore_index=True),
        x="threshold",
        y="persons",
        ylabel="persons, by the match probability from which two records are one person",
        subtitle="A link that is missed raises a multiple systems estimate; a false link lowers it. Each panel has its "
        "own scale.",
        own_scale=True,
    )


def _a_column_a_threshold(overlaps: pd.DataFrame) -> pd.DataFrame:
    """Return persons, and persons on both of two lists, one column a threshold of the match probability."""
    general = {"persons": "Persons", "linked_pairs": "Linked pairs of records", "on_two_or_more": ON_SEVERAL}
    once = overlaps.drop_duplicates("threshold").set_index("threshold")[list(general)].rename(columns=general).T
    pairs = "Persons on both: " + overlaps["list_a"] + " and " + overlaps["list_b"]
    both = overlaps.assign(pair=pairs).pivot(index="pair", columns="threshold", values="on_both")
    rows = pd.concat([once, both]).rename(columns=lambda threshold: f"{threshold:g}")
    return rows.rename_axis(columns=None).reset_index(names="At a match probability of at least")


def public_figures(place: Area) -> pd.DataFrame:
    """Return the latest public figures on the area itself; of a study, on its country or countries too.

    A demonstration has none.
    """
    if areas.STUDIES[place.study].is_synthetic:
        return pd.DataFrame()
    return pd.concat([_national(place), _local(place)] if place.is_study else [_local(place)], ignore_index=True)


def records_and_public_figures(place: Area, public: pd.DataFrame) -> tuple[Exhibit, ...]:
    """Return the persons of the lists, and below them public figures, which count other things and are never added.

    An area has a sentence on the figures of the whole country after it.

    Parameters
    ----------
    public : what `public_figures` gives.
    """
    what = "case records and public evidence"
    if public.empty:
        return (absent(place, what, "No public source has a figure of it."),)
    synthetic = " The case records are SYNTHETIC and are no evidence." if _is_synthetic(place) else ""
    limits = f"These sources count different things, and must not be added or divided by one another.{synthetic}"
    shown = replace(
        record_counts.of_counts(place, "beside", what, _persons_above_figures(place, public), limits),
        source_ids=tuple(dict.fromkeys(public["source_id"])),
        synthetic_part="only the rows marked so are synthetic; the others are public figures.",
    )
    country, figures = areas.get(place.study).name, f"{len(_national(place))} figures on the page of the study."
    national = f"Victims detected in {country} as a whole, by public sources: {figures}"
    return (shown,) if place.is_study else (shown, instead(elsewhere(national, "case_records")))


def _persons_above_figures(place: Area, public: pd.DataFrame) -> Table:
    """Return the persons of the lists, and below them each public figure."""
    total = record_counts.total(place)
    number = float("nan") if total is None else float(total)
    own = pd.DataFrame(
        {
            "source": f"{len(catalog.case_lists(place.study))} lists of case records",
            "name": place.name,
            "what": [f"{record_counts.counted(place)} on these lists"],
            "period": record_counts.period(place),
            "low": number,
            "high": number,
            "value_qualifier": "" if total is None else "exact",
            "status": disclosure.SUPPRESSED if total is None else "",
            "kind": "SYNTHETIC" if _is_synthetic(place) else catalog.case_kind(place.study),
            "source_id": "",
        }
    )
    table = pd.concat([own, public.assign(status="")], ignore_index=True)
    figures = [*record_counts.cells([total]), *intervals.text(*(public[name] for name in intervals.COLUMNS))]
    return Table(
        table,
        {
            "Source": "source",
            "Where": "name",
            "What it counts": "what",
            "Period": "period",
            "Figure": Words(lambda *_: figures, *intervals.COLUMNS, "status"),
            "Kind": "kind",
        },
        also=("source_id",),
    )


def limits_of(place: Area) -> Markdown:
    """Return what the case records of an area do not show, as a list."""
    synthetic = (
        "- **SYNTHETIC.** The persons, their journeys and every error in the lists are synthetic. They show nothing "
        "about trafficking.\n"
        if _is_synthetic(place)
        else ""
    )
    nobody = f"- **No list has a record of {place.name}**: not a finding of none.\n"
    return said(f"{synthetic}{nobody if record_counts.total(place) == 0 else ''}{NOT_SHOWN}", PROTECTED)


def of_records(
    place: Area,
    name: str,
    what: str,
    table: pd.DataFrame | Table,
    limits: str,
    plot: Plot | Figure | None = None,
    release_class: str = "",
) -> Exhibit:
    """Return an exhibit made from a study's case records: it cites their lists, and says of what kind they are.

    It is internal, but for records that are public; see `record_counts.of_counts` for what is published.

    Parameters
    ----------
    what, plot : as for `record_counts.of_counts`.
    """
    footer = records_footer(place, limits)
    made = record_counts.of_counts(place, name, what, table, limits, plot, footer, release_class)
    rows = load(place.study).lists.itertuples()
    return replace(
        made,
        alt=f"{made.title}. {_records(place)}.",
        citations=tuple(f"{row.title}. {row.publisher}. {row.date}. {row.source}" for row in rows),
    )


def records_footer(place: Area, limits: str) -> plots.Footer:
    """Return the footer of a figure of an area's case records."""
    found, here = load(place.study), records_of(place)
    period = periods(pd.Series([here["date_low"].min()]), pd.Series([here["date_high"].max()]))[0]
    source = f"{len(found.lists)} lists of case records{', synthetic' if found.is_synthetic else ''}"
    return plots.Footer(source, period, _records(place), limits, synthetic=found.is_synthetic)


def _records(place: Area) -> str:
    """Return the number of records and of persons in words."""
    here = records_of(place)
    persons = here.loc[here["person_id"].ne(""), "person_id"].nunique()
    return f"{len(here):,} records of {persons:,} persons"


def histories_of(place: Area) -> pd.DataFrame:
    """Return persons by pattern and year; each stands in one area, the one of the earliest certain date."""
    table = load(place.study).histories
    if table.empty:
        return pd.DataFrame({"area_id": [""], "year": [""], "count": [0]}).head(0)
    return table if place.is_study else table[table["area_id"] == place.area_id]


def _filling_up(found: CaseRecords, complete: float = COMPLETE) -> int | None:
    """Return the first year of which records were still on their way at the export; None where it is not known."""
    table = found.case_records
    known = table[table["date_precision"].eq("day") & table["reported_precision"].eq("day")]
    if known.empty:
        return None
    delay = (known["reported_low"] - known["date_low"]).quantile(complete)
    return int((pd.to_datetime(found.lists["date"]).min() - delay).year)


def _is_synthetic(place: Area) -> bool:
    """Return True where the lists of the study are synthetic."""
    return catalog.case_kind(place.study) == "synthetic"


def by_period(place: Area) -> pd.DataFrame:
    """Return years, or periods, and the persons first detected in each; those in which nobody was are zero."""
    tables = record_counts.tables(place.study)
    if place.is_study:
        return tables.get("year", pd.DataFrame({"year": [], "count": []}))[["year", "count"]]
    found = []
    for name in ("year by area", "period by area"):
        whole = tables.get(name, pd.DataFrame({"area_id": [], "year": [], "count": []}))
        here = whole[whole["area_id"] == place.area_id].set_index("year")["count"].astype("Int64")
        every = sorted(set(whole.loc[whole["year"] != NOT_STATED, "year"]) | set(here.index))
        found.append(here.reindex(every, fill_value=0).rename_axis("year").reset_index())
    years, longer = found
    most_withheld = years.empty or 2 * years["count"].isna().sum() > len(years)
    return longer if most_withheld and longer["count"].notna().any() else years


def _national(place: Area) -> pd.DataFrame:
    """Return headline numbers of detected victims, and of children among them, of the area's country or countries."""
    table = headline_numbers.headlines_of(place)
    table = table[table["measure"].isin(list(detection.MEASURES)) & table["low"].notna()]
    return pd.DataFrame(
        {
            "source": table["publisher"],
            "name": table["name"],
            "what": "detected victims: " + table["measure"].map(detection.MEASURES).str.lower(),
            "period": periods(table["period_start"], table["period_end"]),
            **{name: table[name] for name in intervals.COLUMNS},
            "kind": "public",
            "source_id": table["source_id"],
        }
    )


def _local(place: Area) -> pd.DataFrame:
    """Return the latest public figure of each indicator by which the study compares its areas."""
    compared = [each.indicator for each in indicators.of(place.study) if each.compared]
    area_ids: str | list[str] = (place.iso3 or []) if place.is_study else place.area_id
    table = evidence.facts(area_ids, compared)
    table = table[table["preferred"] & table["date_low"].notna() & table["kind"].eq("public")]
    table = table.sort_values("date_low", kind="stable").groupby("indicator").tail(1)
    return pd.DataFrame(
        {
            "source": [bibliography.short_source([source]) for source in table["source_id"]],
            "name": place.name,
            "what": table["indicator"].map(spell),
            "period": periods(table["date_low"], table["date_high"]),
            **{name: table[name] for name in intervals.COLUMNS},
            "kind": "public",
            "source_id": table["source_id"],
        }
    )


take_names(__name__)
