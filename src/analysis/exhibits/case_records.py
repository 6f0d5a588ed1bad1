"""Sections on case records: the lists, the persons on them, and how sure their linkage is.

What is counted of persons comes from the protected tables of the study, and is released. On which lists the same
persons stand, records by list and year, and overlaps by threshold come from the records, and are internal.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from IPython.display import Markdown
from matplotlib.figure import Figure

import disclosure
from analysis import areas, bibliography, catalog, evidence, plots, texts
from analysis.areas import Area
from analysis.cases import record_linkage
from analysis.cases.htcds import NOT_A_VICTIM
from analysis.cases.match_weights import FEW_PAIRS
from analysis.cases.person_counts import WITH_FORM
from analysis.cases.processed import CaseRecords, load
from analysis.cases.record_linkage import NOT_STATED
from analysis.exhibits import detection, headline_numbers, record_counts
from analysis.exhibits.any_place import take_names
from analysis.exhibits.exhibit import ESTIMATE, INTERNAL, PROTECTED, Exhibit, said
from analysis.exhibits.table import Table, Words
from analysis.exhibits.wording import periods, spell
from bounded import intervals

TEXT = texts.of(__name__)

LIMITS = TEXT["limits"]
# Traits of the protected tables: who the persons are, and how they were exploited.
WHO = ("age_detected", "sex", "nationality", "age_began", "age")
HOW = ("form", "sector", "means", "recruiter", "status")
# What the linkage compares, in words.
COMPARED = texts.table(__name__, "compared")
# Digits of what the linkage estimated: with more, the number of pairs behind it could be read back.
DIGITS = 2
# So many sets of lists are drawn, those with most persons.
MOST_PATTERNS = 24
# A year is complete if this share of the known delays is over by the day of the export.
COMPLETE = 0.95
# Public evidence that stands beside the records of an area: what its sources count is something else.
BESIDE = {
    "turkiye": ("syrians_temporary_protection",),
    "cabo_verde": ("icca_child_sexual_abuse_reports", "police_sexual_crimes_against_minors"),
}


def about(place: Area) -> Markdown:
    """Of what kind the records behind the page are, before any number of theirs."""
    lists = catalog.case_lists(place.study)
    invented = TEXT["about_invented"] if _is_synthetic(place) else ""
    of = "" if place.is_study else f" of {place.name}"
    return said(f"{invented}{_counted(place)}{of} on {len(lists)} lists.", PROTECTED)


def records_of(place: Area) -> pd.DataFrame:
    """The case records of an area, or of the study as a whole, but for those of persons found to be no victims."""
    table = load(place.study).case_records
    table = table[table["status"] != NOT_A_VICTIM].reset_index(drop=True)
    return table if place.is_study else table[table["area_id"] == place.area_id].reset_index(drop=True)


def list_rows(place: Area) -> Table:
    """The lists that were read, and when each was exported."""
    entries = catalog.case_lists(place.study)
    exported = pd.Series([pd.Timestamp(entry.date) for entry in entries], dtype="datetime64[ns]")
    table = pd.DataFrame(
        {
            "list": [entry.title.removesuffix(" (SYNTHETIC)") for entry in entries],
            "publisher": [entry.publisher for entry in entries],
            "exported": exported,
        }
    )
    return Table(
        table,
        {"List": "list", "Publisher": "publisher", "Exported": Words(lambda days: periods(days, days), "exported")},
    )


def who(place: Area, table: pd.DataFrame) -> Exhibit:
    """Return what surrounds ages, sex and nationality, with what is not stated as a value of its own."""
    return record_counts.section_of_traits(place, "who", TEXT["who_the_persons"], table, WHO)


def how(place: Area, table: pd.DataFrame) -> Exhibit:
    """What surrounds form, sector, means of control, recruiter and status."""
    return record_counts.section_of_traits(place, "how", TEXT["forms_of_exploitation_sectors"], table, HOW)


def lists(place: Area) -> Exhibit:
    """What surrounds the lists; how many persons stand on each tells of overlaps."""
    limits = record_counts.limits_of(place, TEXT["how_many_persons_stand"].format(limits=LIMITS))
    return record_counts.protected_section(place, "lists", "the lists", limits)


def by_year(place: Area) -> Exhibit:
    """Persons by the year in which they were first detected."""
    limits = record_counts.limits_of(place, TEXT["each_counts_in_the_year"].format(limits=LIMITS))
    title = TEXT["by_year_title"].format(what=record_counts.counted(place))
    return record_counts.protected_section(place, "by_year", title, limits)


def by_year_figure(place: Area, table: pd.DataFrame, section: Exhibit) -> Figure | None:
    """A bar a year or period; what is suppressed is hatched. None where no year is known.

    Parameters
    ----------
    table : as `by_period` gives it.
    """
    known = table[table["year"] != NOT_STATED]
    if known.empty:
        return None
    drawn = pd.DataFrame(
        {
            "label": known["year"].str.replace("-", "–"),
            "value": known["count"].astype("Float64").astype(float),
            "reason": [disclosure.SUPPRESSED if pd.isna(count) else "" for count in known["count"]],
        }
    )
    drawn = drawn.sort_values("label", ignore_index=True, kind="stable")
    return plots.bars(drawn, reason="reason", xlabel=record_counts.counted(place), **section.frame)


def by_year_rows(place: Area, table: pd.DataFrame) -> Table:
    """The same; a period of several years is a text, as is that the year is not stated."""
    what = record_counts.counted(place).capitalize()
    return Table(
        table.assign(period=table["year"].astype(str), status=record_counts.status(table["count"])),
        {"Year of first detection": "period", what: Words(record_counts.cells, "count")},
        also=("status",),
    )


def records_by_year(place: Area) -> Exhibit:
    """What surrounds the records of each list by year: internal, since single records are counted."""
    filling = _filling_up(load(place.study))
    delay = (
        TEXT["records_by_year_delay_how_late_records"]
        if filling is None
        else TEXT["records_by_year_delay"].format(filling=filling)
    )
    what = TEXT["records_of_each_list"]
    return of_records(place, "records_by_year", what, pd.DataFrame(), f"{LIMITS} {delay}", release_class=INTERNAL)


def list_years(place: Area, records: pd.DataFrame) -> pd.DataFrame:
    """Records by year of detection, a column a list."""
    titles = load(place.study).lists.set_index("list_id")["title"].str.removesuffix(" (SYNTHETIC)")
    years = _year(records).astype("string").fillna("not known").rename("year")
    rows = pd.crosstab(years, records["list_id"].astype(str).map(titles)).rename_axis(columns=None)
    return rows.reset_index(names=TEXT["records_by_year_names"])


def patterns(place: Area) -> pd.DataFrame:
    """Persons by the lists that they are on: a column of 0 and 1 a list, and count."""
    here = histories_of(place)
    names = [name for name in load(place.study).lists["list_id"] if name in here]
    table = here.groupby(names, as_index=False)["count"].sum() if names else here[["count"]]
    return table.sort_values("count", ascending=False, kind="stable")


def pattern(place: Area) -> Exhibit:
    """What surrounds the lists that have the same persons, which are internal."""
    limits = TEXT["pattern_limits"].format(limits=LIMITS)
    return of_records(place, "pattern", TEXT["pattern_title"], pd.DataFrame(), limits, release_class=INTERNAL)


def pattern_figure(table: pd.DataFrame, section: Exhibit) -> Figure | None:
    """A bar for each set of lists that hold the same persons, most persons first; None where nobody is on one."""
    if table.empty:
        return None
    rows = pattern_rows(table)
    several = rows["Number of lists"] > 1
    persons = int(rows.loc[several, "Persons"].sum())
    shown, others = rows.head(MOST_PATTERNS), rows.iloc[MOST_PATTERNS:]
    rarer = TEXT["pattern_rarer"].format(patterns=len(others), persons=int(others["Persons"].sum()))
    total = int(rows["Persons"].sum())
    return plots.bars(
        shown.assign(part=np.where(several, TEXT["pattern_several"], TEXT["pattern_one"])[: len(shown)]),
        label="Lists",
        value="Persons",
        part="part",
        parts=[TEXT["pattern_several"], TEXT["pattern_one"]],
        xlabel=TEXT["pattern_persons"],
        subtitle=TEXT["pattern_shared"].format(persons=persons, total=total, share=persons / max(total, 1)),
        note=rarer if len(others) else "",
        **section.frame,
    )


def pattern_rows(table: pd.DataFrame) -> pd.DataFrame:
    """The same as people read it."""
    names = [name for name in table if name != "count"]
    return pd.DataFrame(
        {
            "Lists": [" + ".join(name for name in names if row[name]) for row in table.to_dict("records")],
            "Number of lists": table[names].sum(axis=1).astype(int),
            "Persons": table["count"].astype(int),
        }
    )


def forms(whole: Area) -> Exhibit:
    """What surrounds the forms of exploitation by sex and age, of a study as a whole."""
    limits = record_counts.limits_of(whole, TEXT["a_person_can_have_several"].format(limits=LIMITS))
    return record_counts.protected_section(whole, "forms", TEXT["forms_of_exploitation_by_whom"], limits)


def form_rows(whole: Area) -> Table:
    """Each form of exploitation by sex and age, as protected tables tell of the study as a whole."""
    tables = record_counts.tables(whole.study)
    parts = []
    for form in sorted(name for name in tables if name.startswith("form: ")):
        for trait in WITH_FORM:
            if f"{trait} by {form}" in tables:
                table = _of_form(tables[f"{trait} by {form}"], form, trait)
                parts.append(table.assign(trait=record_counts.NAMES[trait]))
    names = ["form", "trait", "value", "count", "total", "share"]
    rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=names)

    def percents(shares: pd.Series) -> list[str]:
        return [disclosure.SUPPRESSED if pd.isna(share) else f"{share:.1f}" for share in rows["share"]]

    return Table(
        rows.assign(
            share_percent=rows["share"].astype("Float64").round(1).astype(float),
            status=record_counts.status(rows["count"]),
        ),
        {
            "Form": "form",
            "What": "trait",
            "Value": "value",
            "With this form": Words(record_counts.cells, "count"),
            "Of all": Words(record_counts.cells, "total"),
            "Share, %": Words(percents, "share_percent"),
        },
        also=("status",),
    )


def _of_form(table: pd.DataFrame, form: str, trait: str) -> pd.DataFrame:
    """Persons with a form among those with each value of a trait; the share where both numbers may be told."""
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
    """What each level of agreement weighs, with so few digits that no number of pairs can be read back.

    Of the notes, those on few pairs are left out: they say something of a number of pairs.

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


def weights(whole: Area, table: pd.DataFrame, records: int) -> Exhibit:
    """What surrounds the weights of the linkage: estimates of a model of all records of the study.

    Parameters
    ----------
    records : from how many records the parameters of `table` were estimated; from too few, or of too few persons, they
        are internal.
    """
    limits = TEXT["weights_limits"].format(whole_name=whole.name)
    section = record_counts.protected_section(whole, "weights", TEXT["what_each_agreement_of_two"], limits)
    # One person can stand on many rows.
    persons = load(whole.study).case_records["person_id"].nunique()
    may_leave = len(table) > 0 and disclosure.estimate_is_releasable(min(records, persons), 2 * len(table))
    return replace(section, release_class=ESTIMATE if may_leave else INTERNAL)


def weights_figure(table: pd.DataFrame, section: Exhibit) -> Figure | None:
    """The weights as dots, a comparison after another; None where nothing was linked."""
    return record_linkage.weights_figure(table, **section.frame) if len(table) else None


def weights_rows(table: pd.DataFrame) -> Table | pd.DataFrame:
    """The same as people read it."""
    headings = {"comparison": "Comparison", "level": "Level", "weight": "Weight (bits)", "note": "Note"}
    return Table(table, {headings.get(name, name): name for name in table}) if len(table) else table


def overlap(whole: Area) -> Exhibit:
    """What surrounds how many persons there are, and on two lists or more, at stricter and looser thresholds."""
    what, limits = TEXT["how_the_overlap"], TEXT["overlap_limits"]
    return of_records(whole, "overlap", what, pd.DataFrame(), limits, release_class=INTERNAL)


def overlap_figure(table: pd.DataFrame, section: Exhibit) -> Figure | None:
    """The overlaps of the lists by threshold, a panel a pair of lists; None where nothing was linked."""
    if table.empty:
        return None
    whole = table.drop_duplicates("threshold").assign(
        panel=TEXT["by_threshold_on_two_or_more"], persons=lambda rows: rows["on_two_or_more"]
    )
    pairs = table.assign(panel=table["list_a"].astype(str) + " and " + table["list_b"].astype(str))
    pairs = pairs.assign(persons=pairs["on_both"]).sort_values(["on_both", "panel"], ascending=[False, True])
    return plots.small_multiples(
        pd.concat([whole, pairs], ignore_index=True),
        x="threshold",
        y="persons",
        ylabel=TEXT["overlap_ylabel"],
        subtitle=TEXT["overlap_subtitle"],
        own_scale=True,
        **section.frame,
    )


def overlap_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Persons, and persons on both of two lists, one column a threshold of the match probability."""
    if table.empty:
        return table
    general = {
        "persons": "Persons",
        "linked_pairs": TEXT["by_threshold_linked_pairs"],
        "on_two_or_more": TEXT["by_threshold_on_two_or_more"],
    }
    once = table.drop_duplicates("threshold").set_index("threshold")[list(general)].rename(columns=general).T
    pairs = TEXT["by_threshold_pairs"] + table["list_a"] + " and " + table["list_b"]
    both = table.assign(pair=pairs).pivot(index="pair", columns="threshold", values="on_both")
    rows = pd.concat([once, both]).rename(columns=lambda threshold: f"{threshold:g}")
    return rows.rename_axis(columns=None).reset_index(names=TEXT["by_threshold_names"])


def public_figures(place: Area) -> pd.DataFrame:
    """The latest public figures on the area itself; of a study as a whole, on its country or countries; of a
    demonstration none."""
    if areas.STUDIES[place.study].is_synthetic:
        return pd.DataFrame()
    return pd.concat([_national(place), _local(place)] if place.is_study else [_local(place)], ignore_index=True)


def national(place: Area) -> str:
    """How many public figures on the country as a whole the page of the study has, in a sentence."""
    return TEXT["national_figures"].format(figures=len(_national(place)), name=areas.get(place.study).name)


def beside(place: Area, public: pd.DataFrame) -> Exhibit:
    """What surrounds the persons of the lists and what public sources count: other things, never added to them."""
    invented = TEXT["beside_the_public_evidence_invented"] if _is_synthetic(place) else ""
    limits = TEXT["beside_the_public_evidence_limits"].format(invented=invented)
    return replace(
        record_counts.protected_section(place, "beside", TEXT["beside_the_public_evidence"], limits),
        source_ids=tuple(dict.fromkeys(public["source_id"])),
        invented=TEXT["beside_the_public_evidence_invented_only_the_rows"],
    )


def beside_rows(place: Area, public: pd.DataFrame) -> Table:
    """The persons of the lists, and below them each public figure."""
    total = record_counts.total(place)
    own = pd.DataFrame(
        {
            "source": TEXT["beside_the_public_evidence_source"].format(case_lists=len(catalog.case_lists(place.study))),
            "name": place.name,
            "what": [TEXT["on_these_lists"].format(what=record_counts.counted(place))],
            "period": record_counts.period(place),
            "low": float("nan") if total is None else float(total),
            "high": float("nan") if total is None else float(total),
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
    """What the case records of an area do not show."""
    synthetic = TEXT["limits_of_synthetic"] if _is_synthetic(place) else ""
    nobody = TEXT["limits_of_nobody"].format(place=place.name)
    return said(
        TEXT["detection_is_not_incidence_who"].format(
            synthetic=synthetic, nobody=nobody if record_counts.total(place) == 0 else ""
        ),
        PROTECTED,
    )


def of_records(
    place: Area,
    name: str,
    what: str,
    table: pd.DataFrame,
    limits: str,
    figure: Figure | None = None,
    release_class: str = "",
) -> Exhibit:
    """An exhibit made from a study's case records: it cites their lists, and says of what kind they are.

    It is internal, but for records that are public; see `record_counts.of_counts` for what may leave.
    """
    section = record_counts.of_counts(place, name, what, table, limits, figure, records_footer(place, limits))
    lists = load(place.study).lists.itertuples()
    return replace(
        section,
        alt=f"{section.title}. {_records(place)}.",
        citations=tuple(f"{row.title}. {row.publisher}. {row.date}. {row.source}" for row in lists),
        release_class=release_class,
    )


def records_footer(place: Area, limits: str) -> plots.Footer:
    """The footer of a figure of an area's case records."""
    found = load(place.study)
    here = records_of(place)
    first, last = here["date_low"].min(), here["date_high"].max()
    period = periods(pd.Series([first]), pd.Series([last]))[0]
    source = TEXT["records_footer_source"].format(lists=len(found.lists))
    source += ", synthetic" if found.is_synthetic else ""
    return plots.Footer(source, period, _records(place), limits, synthetic=found.is_synthetic)


def _records(place: Area) -> str:
    here = records_of(place)
    persons = here.loc[here["person_id"].ne(""), "person_id"].nunique()
    return TEXT["records_of_persons"].format(records=len(here), persons=persons)


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


def _is_synthetic(place: Area) -> bool:
    return catalog.case_kind(place.study) == "synthetic"


def _counted(place: Area) -> str:
    """How many persons or records there are, as a sentence begins."""
    total, what = record_counts.total(place), record_counts.counted(place).removesuffix("s")
    return f"No {what}" if total == 0 else record_counts.in_words(total, what).capitalize()


def by_period(place: Area) -> pd.DataFrame:
    """Years, or periods, and the persons first detected in each; those in which nobody was are zero."""
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
    """The headline numbers of detected victims, and of children among them, of the area's country or countries."""
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
    """The latest public figure of each indicator that is counted for the area itself."""
    table = evidence.facts((place.iso3 or []) if place.is_study else place.area_id, BESIDE.get(place.study, ()))
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
