"""Exhibits that stand beside the counts: who lives where, school and work, poverty and tourism, detection effort."""

from __future__ import annotations

import pandas as pd

from analysis import areas, catalog, evidence, plots, texts
from analysis.areas import Area
from analysis.sections import detection, own_figures
from analysis.sections.section import Section, footer, lower_first, marks, mid_year, periods, spell
from bounded import intervals

TEXT = texts.of(__name__)

# What stands behind the figures over the years, in a title: of other studies the words of their indicators.
BEHIND = texts.table(__name__, "behind")
SCHOOL_AND_WORK = (
    "school",
    "pupils",
    "enrolment",
    "employ",
    "labour",
    "agricultural",
    "working_children",
)
ISLAND_CONTEXT = texts.table(__name__, "island_context")
SIDE_BY_SIDE = {
    "icca_child_sexual_abuse_reports": "Reports to ICCA",
    "police_sexual_crimes_against_minors": "Police records",
} | ISLAND_CONTEXT


def figures_over_the_years(place: Area) -> pd.DataFrame:
    """The figures that are drawn over the years, of the area and its country, in the columns of the facts."""
    wanted = own_figures.over_time(place.study)
    nation = areas.STUDIES[place.study].iso3
    if nation:
        ids = [nation] if place.is_study else [place.area_id, nation]
        return pd.concat([own_figures.own_figures(place.study, [each], wanted) for each in ids], ignore_index=True)
    table = evidence.official_indicators(detection.countries(place))
    table = table[table["breakdown"] == "unspecified"].rename(
        columns={"period_start": "date_low", "period_end": "date_high"}
    )
    table = table[table["indicator"].isin([each.indicator for each in wanted])]
    table = table[table["preferred"] & table["date_low"].notna()]
    if not own_figures.has_own(place.study):
        return table
    own = own_figures.own_figures(place.study, detection.countries(place), wanted)
    return pd.concat([table, own], ignore_index=True)


def over_the_years(place: Area) -> Section:
    """The numbers behind the risk or the effort of detection over the years, for the area and its country."""
    wanted, table = own_figures.over_time(place.study), figures_over_the_years(place)
    # Where nobody counts the country as a whole, its areas stand side by side.
    of_areas = place.is_study and (place.spans_countries or table.empty)
    if of_areas and table.empty:
        table = own_figures.own_figures(place.study, areas.ids(place.study), wanted)
    # Panels on one scale show figures of one unit.
    units = [each.counts for each in wanted if each.indicator in set(table["indicator"])]
    shown = (
        [each for each in wanted if not of_areas or place.spans_countries or each.counts == units[0]] if units else []
    )
    names = {each.indicator: each.words for each in shown}
    if not names:
        title = TEXT["over_the_years_title"].format(place=place.name)
        limits = TEXT["over_the_years_limits"].format(how_to_add=own_figures.HOW_TO_ADD)
        return Section("over_the_years", title, pd.DataFrame(), limits=limits)
    limits = own_figures.limits_of(shown)
    table = table[table["indicator"].isin(list(names))]
    table = table.assign(x=mid_year(table["date_low"], table["date_high"]), what=table["indicator"].map(names))
    table = table.merge(detection.names_of(), on="area_id", how="left")
    # A panel an indicator; for many areas, a panel an area.
    points = table.assign(panel=table["name" if of_areas else "what"], series=table["what" if of_areas else "name"])
    behind = BEHIND.get(place.study, ", ".join(map(lower_first, names.values())))
    title = TEXT["over_the_years_title_over_the_years"].format(place=place.name, behind=behind)
    figure = plots.small_multiples(
        points,
        panels=list(areas.load(place.study)["name"]) if of_areas else list(names.values()),
        ylabel=TEXT["over_the_years_ylabel"] if place.study == "west_africa" else "",
        log=place.spans_countries,
        own_scale=not of_areas,
        title=title,
        footer=footer(table, f"{len(table)} figures", limits),
    )
    printed = table.sort_values(["what", "name", "date_low"])
    rows = pd.DataFrame(
        {
            "Where": printed["name"],
            "What": printed["what"],
            "Period": periods(printed["date_low"], printed["date_high"]),
            "Figure": intervals.text(printed["low"], printed["high"], printed["value_qualifier"]),
            "Note": printed["note"],
        }
    )
    return Section(
        "over_the_years",
        title,
        rows,
        tuple(table["source_id"].unique()),
        limits,
        figure,
        alt=f"{title}: {', '.join(names.values())}.",
        **marks(table),
    )


def figures_of_school_and_work(place: Area) -> pd.DataFrame:
    """The facts on school and work that are drawn, of the area and what lies above it (region and country)."""
    nation = place.iso3 or ""
    ids = [place.area_id, *evidence.regions_of(place.area_id), nation] if not place.is_study else [nation]
    table = pd.concat([evidence.facts(area_id) for area_id in dict.fromkeys(ids) if area_id], ignore_index=True)
    about = table["indicator"].str.contains("|".join(SCHOOL_AND_WORK)) & ~table["indicator"].str.startswith(
        "trafficking"
    )
    return table[about & table["preferred"]]


def school_and_work(place: Area) -> Section:
    """School and sector of work, for the area and what lies above it (region and country), and child labour surveys."""
    table = figures_of_school_and_work(place)
    table = pd.concat(
        [table.sort_values(["indicator", "area_id", "date_low"]), _child_labour_surveys()], ignore_index=True
    )
    rows = pd.DataFrame(
        {
            "Where": table["area_id"].map(detection.names_of().set_index("area_id")["name"]).fillna(table["area_id"]),
            "What": table["indicator"].map(spell),
            "Period": periods(table["date_low"], table["date_high"]),
            "Figure": intervals.text(table["low"], table["high"], table["value_qualifier"]),
            "Unit": table["unit"],
            "Note": table["note"],
        }
    )
    return Section(
        "school_and_work",
        TEXT["school_and_work_of_children"].format(place=place.name),
        rows,
        tuple(table["source_id"].unique()),
        TEXT["codes_such_as_trc1"],
        cautions=evidence.cautions("turkiye_facts", "child_labour_benchmarks"),
    )


def _child_labour_surveys() -> pd.DataFrame:
    """Surveys of working children in the columns of the facts; whom they speak of stands in place of an area."""
    table = catalog.load("child_labour_benchmarks").rename(columns={"population": "area_id", "measure": "indicator"})
    ages = " aged " + table["age_low"].astype(str) + "-" + table["age_high"].astype(str)
    sex = table["sex"].map({"male": ", boys", "female": ", girls"}).fillna("")
    return table.assign(indicator=table["indicator"] + ages + sex)


def figures_of_islands() -> pd.DataFrame:
    """The figures of islands that stand side by side: of each indicator those of the period that covers most islands.

    Side by side must mean at the same time, in a panel and for the two rates of poverty.
    """
    table = evidence.facts()
    table = table[table["area_id"].isin(areas.load("cabo_verde")["area_id"]) & table["preferred"]]
    table = table[table["indicator"].isin(list(SIDE_BY_SIDE)) & table["date_low"].notna()]
    together = table["indicator"].where(~table["indicator"].str.startswith("poverty"), "poverty")
    covered = table.groupby([together, "date_low", "date_high"])["area_id"].transform("size")
    table = table.assign(together=together, covered=covered).sort_values(["covered", "date_high", "date_low"])
    chosen = table.groupby("together")[["date_low", "date_high"]].transform("last")
    same = table["date_low"].eq(chosen["date_low"]) & table["date_high"].eq(chosen["date_high"])
    return table[same].drop(columns=["together", "covered"])


def islands_side_by_side(place: Area) -> Section:
    """Reports beside poverty and tourism, island by island: to be looked at, with ten points nothing is tested."""
    wanted, table = SIDE_BY_SIDE, figures_of_islands()
    order = areas.load("cabo_verde")[["area_id", "name"]]
    table = order.merge(table.drop(columns="name", errors="ignore"), on="area_id", how="left")
    table = table.assign(label=table["name"], panel=table["indicator"].map(wanted))
    known = table.dropna(subset=["indicator"])
    title = TEXT["islands_side_by_side_title"]
    limits = TEXT["islands_side_by_side_limits"]
    figure = plots.dot_panels(
        table,
        panels=list(wanted.values()),
        highlight=None if place.is_study else place.area_id,
        title=title,
        footer=footer(
            known,
            TEXT["islands_side_by_side_footer"].format(known=len(known), area_id=known["area_id"].nunique()),
            limits,
        ),
    )
    rows = pd.DataFrame(
        {
            "Island": known["name"],
            "What": known["panel"],
            "Period": periods(known["date_low"], known["date_high"]),
            "Figure": intervals.text(known["low"], known["high"], known["value_qualifier"]),
            "Unit": known["unit"],
        }
    ).sort_values(["What", "Island"])
    return Section(
        "islands_side_by_side",
        title,
        rows,
        tuple(known["source_id"].unique()),
        limits,
        figure,
        alt=title,
        cautions=evidence.cautions("cabo_verde_facts"),
    )


def beside_the_counts(place: Area) -> Section:
    """What stands beside the counts in this study: school and work, poverty and tourism, or tiers."""
    return {"turkiye": school_and_work, "cabo_verde": islands_side_by_side}.get(place.study, tiers)(place)


def tiers(place: Area) -> Section:
    """The tier the US reports give each country and year: it judges the government's response, not incidence."""
    table = evidence.tiers(detection.countries(place)).merge(detection.names_of(), on="area_id", how="left")
    rows = table.pivot_table(index="name", columns="report_year", values="tier", aggfunc="first", fill_value="–")
    rows.columns = [str(column) for column in rows.columns]
    return Section(
        "tiers",
        TEXT["tier_in_the_us_reports"].format(whose=detection.whose(place)),
        rows.reset_index().rename(columns={"name": "Country"}),
        tuple(table["source_id"].unique()),
        TEXT["a_tier_judges_a_government"],
    )
