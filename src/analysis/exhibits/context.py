"""The context of the counts: who lives where, school and work, tourism; and what the evidence is, and what it lacks."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
from IPython.display import Markdown
from matplotlib.figure import Figure

from analysis import areas, bibliography, catalog, evidence, evidence_coverage, plots, texts
from analysis.areas import Area
from analysis.exhibits import detection, facts_by_topic
from analysis.exhibits.any_place import take_names
from analysis.exhibits.detection import HOW_TO_ADD, has_own
from analysis.exhibits.exhibit import Exhibit, exhibit, only, said
from analysis.exhibits.plot import Plot
from analysis.exhibits.table import FIGURE, NO_ROWS, Table, Words, spans
from analysis.exhibits.wording import lower_first, marked, mid_year, periods, plain, sentences, spell
from analysis.indicators import Indicator
from analysis.methods.rates import rate_table
from analysis.plots import style
from analysis.plots.matrix import Category
from bounded import intervals

TEXT = texts.of(__name__)

# What stands behind the figures over the years, in a title: of other studies the words of their indicators.
BEHIND = texts.table(__name__, "behind")
FEWEST_JOINED = 3
SCHOOL_AND_WORK = ("school", "pupils", "enrolment", "employ", "labour", "agricultural", "working_children")
ISLAND_CONTEXT = texts.table(__name__, "island_context")
# Counts of events are drawn for the number of inhabitants, since islands differ fiftyfold in it.
EVENTS = {
    "icca_child_sexual_abuse_reports": "Reports to ICCA per 100,000",
    "police_sexual_crimes_against_minors": "Police records per 100,000",
}
SIDE_BY_SIDE = EVENTS | ISLAND_CONTEXT


def figures_over_the_years(place: Area) -> pd.DataFrame:
    """The figures that are drawn over the years, in the columns of the facts, with `name`, `what` and `x`.

    Of an area its own, of a study those of its country; where nobody counts that as a whole, of its areas side by side.
    """
    wanted = detection.over_time(place.study)
    nation = areas.STUDIES[place.study].iso3
    if nation:
        table = detection.own_figures(place.study, [nation if place.is_study else place.area_id], wanted)
        if place.is_study and table.empty:
            table = detection.own_figures(place.study, areas.ids(place.study), wanted)
            # Panels on one scale show figures of one unit.
            first = [each.counts for each in wanted if each.indicator in set(table["indicator"])][:1]
            table = table[table["indicator"].isin([each.indicator for each in wanted if each.counts in first])]
    else:
        table = evidence.official_indicators(detection.countries(place))
        table = table[table["breakdown"] == "unspecified"].rename(
            columns={"period_start": "date_low", "period_end": "date_high"}
        )
        table = table[table["indicator"].isin([each.indicator for each in wanted])]
        table = table[table["preferred"] & table["date_low"].notna()]
        if detection.has_own(place.study):
            own = detection.own_figures(place.study, detection.countries(place), wanted)
            table = pd.concat([table, own], ignore_index=True)
    words = {each.indicator: each.words for each in wanted}
    table = table.assign(x=mid_year(table["date_low"], table["date_high"]), what=table["indicator"].map(words))
    return table.merge(detection.names_of(), on="area_id", how="left")


def section_of_years(place: Area, figures: pd.DataFrame) -> Exhibit:
    """What surrounds the numbers behind the risk or the effort of detection over the years.

    Parameters
    ----------
    figures : what `figures_over_the_years` gives of the place.
    """
    if figures.empty:
        title = TEXT["over_the_years_title"].format(place=place.name)
        return Exhibit("over_the_years", title, limits=TEXT["over_the_years_limits"].format(how_to_add=HOW_TO_ADD))
    shown = _shown(place, figures)
    behind = BEHIND.get(place.study, ", ".join(lower_first(each.words) for each in shown))
    title = TEXT["over_the_years_title_over_the_years"].format(place=place.name, behind=behind)
    derived = (
        figures[figures["provenance"].eq("derived")] if place.is_local and "provenance" in figures else figures[:0]
    )
    dates = ", ".join(sorted(set(periods(derived["date_low"], derived["date_high"]))))
    not_printed = TEXT["over_the_years_derived"].format(dates=dates) if dates else ""
    limits = sentences(detection.limits_of(shown), not_printed)
    alt = f"{title}: {', '.join(each.words for each in shown)}."
    return exhibit("over_the_years", title, NO_ROWS, n="figures", limits=limits, alt=alt, read=figures)


def _of_areas(place: Area, figures: pd.DataFrame) -> bool:
    """Whether areas stand side by side, a panel each; else indicators do."""
    return place.is_study and set(figures["area_id"]) <= set(areas.ids(place.study))


def _shown(place: Area, figures: pd.DataFrame) -> list[Indicator]:
    """The indicators that a figure has room for; of a country as a whole those without a figure too."""
    wanted, found = detection.over_time(place.study), set(figures["indicator"])
    found_alone = place.is_local or (_of_areas(place, figures) and not place.spans_countries)
    return [each for each in wanted if each.indicator in found or not found_alone]


def figure_of_years(place: Area, figures: pd.DataFrame, section: Exhibit) -> Figure | None:
    """A panel an indicator; for many areas, a panel an area. None where there is no figure."""
    if figures.empty:
        return None
    of_areas = _of_areas(place, figures)
    points = figures.assign(
        panel=figures["name" if of_areas else "what"], series=figures["what" if of_areas else "name"]
    )
    return plots.small_multiples(
        points,
        panels=list(areas.names(place.study).values()) if of_areas else [e.words for e in _shown(place, figures)],
        ylabel=TEXT["over_the_years_ylabel"] if place.study == "west_africa" else "",
        log=place.spans_countries,
        own_scale=not of_areas,
        # Two figures make no line: nothing is known of what lies between.
        connect=None if points.groupby("panel").size().max() >= FEWEST_JOINED else False,
        **section.frame,
    )


def rows_of_years(figures: pd.DataFrame) -> Table:
    """The figures over the years, a row a figure."""
    return Table(
        figures.sort_values(["what", "name", "date_low"]),
        {
            "Where": "name",
            "What": "what",
            "Period": Words(periods, "date_low", "date_high"),
            "Figure": FIGURE,
            "Note": "note",
        },
        also=("area_id", "indicator", "source_id"),
    )


def figures_of_school_and_work(place: Area) -> pd.DataFrame:
    """The facts on school and work that are preferred, of an area and its region, or of a study's country."""
    nation = place.iso3 or ""
    ids = [nation] if place.is_study else [place.area_id, *evidence.regions_of(place.area_id)]
    table = pd.concat([evidence.facts(area_id) for area_id in dict.fromkeys(ids) if area_id], ignore_index=True)
    about = table["indicator"].str.contains("|".join(SCHOOL_AND_WORK))
    about &= facts_by_topic.belongs(table["indicator"]).eq("") & ~table["indicator"].str.startswith("trafficking")
    return table[about & table["preferred"]]


def school_and_work(place: Area) -> Exhibit:
    """School and sector of work of an area and its region; of a study its country's, and child labour surveys."""
    table = figures_of_school_and_work(place).sort_values(["indicator", "area_id", "date_low"])
    if place.is_study:
        table = pd.concat([table, _child_labour_surveys()], ignore_index=True)
    names = detection.names_of().set_index("area_id")["name"]
    rows = Table(
        table.assign(name=table["area_id"].map(names).fillna(table["area_id"])),
        {
            "Where": "name",
            "What": Words(lambda codes: codes.map(spell), "indicator"),
            "Period": Words(periods, "date_low", "date_high"),
            "Figure": FIGURE,
            "Unit": "unit",
            "Note": "note",
        },
        also=("area_id", "source_id"),
    )
    title, sources = TEXT["school_and_work_of_children"].format(place=place.name), tuple(table["source_id"].unique())
    cautions = evidence.cautions("turkiye_facts", "child_labour_benchmarks")
    return Exhibit("school_and_work", title, rows, sources, TEXT["codes_such_as_trc1"], cautions=cautions)


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


def with_rates_of_islands(known: pd.DataFrame) -> pd.DataFrame:
    """Return the figures of islands with rates per 100,000 inhabitants and their exact Poisson limits, where counted.

    Parameters
    ----------
    known : what `figures_of_islands` gives.

    Returns
    -------
    DataFrame: the rows, with population (persons), rate_low and rate_high (of the count itself), limit_low and
        limit_high, and their level `confidence`; NaN where the figure is no count of events.
    """
    counted = known[known["indicator"].isin(list(EVENTS))]
    years = counted.drop_duplicates("area_id").set_index("area_id")["date_low"].dt.year
    people = evidence.population_near(counted["area_id"].unique(), years)[["area_id", "population"]]
    cases = counted[["area_id", "indicator", "low", "high", "value_qualifier"]]
    rates = rate_table(cases, people, per=detection.PER, confidence=0.95)
    rates = rates.rename(columns={"low": "limit_low", "high": "limit_high"})
    columns = ["population", "rate_low", "rate_high", "limit_low", "limit_high", "confidence"]
    return known.merge(rates[["area_id", "indicator", *columns]], on=["area_id", "indicator"], how="left")


def section_of_islands(known: pd.DataFrame) -> Exhibit:
    """What surrounds reports beside poverty and tourism, island by island: with ten points nothing is tested.

    Parameters
    ----------
    known : what `figures_of_islands` gives.
    """
    title, limits = TEXT["islands_side_by_side_title"], TEXT["islands_side_by_side_limits"]
    n = TEXT["islands_side_by_side_footer"].format(known=len(known), area_id=known["area_id"].nunique())
    cautions = evidence.cautions("cabo_verde_facts")
    return exhibit("islands_side_by_side", title, NO_ROWS, n=lambda _: n, limits=limits, cautions=cautions, read=known)


def figure_of_islands(known: pd.DataFrame, section: Exhibit) -> Figure:
    """A panel an indicator, a dot an island; those without a figure are named as such."""
    what = known.assign(period=periods(known["date_low"], known["date_high"])).drop_duplicates("indicator")
    heads = {row["indicator"]: f"{SIDE_BY_SIDE[row['indicator']]}, {row['period']}" for row in what.to_dict("records")}
    every = pd.MultiIndex.from_product([areas.ids("cabo_verde"), [each for each in SIDE_BY_SIDE if each in heads]])
    drawn = with_rates_of_islands(known)
    counts = intervals.text(drawn["low"], drawn["high"], drawn["value_qualifier"])
    rates = spans(drawn["rate_low"], drawn["rate_high"], ".0f", unknown="")
    drawn = drawn.assign(
        text=[f"{rate} ({count})" if rate else count for rate, count in zip(rates, counts, strict=True)],
        estimate_low=drawn["rate_low"].fillna(drawn["low"]),
        estimate_high=drawn["rate_high"].fillna(drawn["high"]),
    )
    columns = ["estimate_low", "estimate_high", "limit_low", "limit_high", "text"]
    table = drawn.set_index(["area_id", "indicator"])[columns].reindex(every)
    table = table.rename_axis(["area_id", "indicator"]).reset_index()
    return plots.dots(
        table.assign(
            label=table["area_id"].map(areas.names("cabo_verde")),
            panel=table["indicator"].map(heads),
            text=table["text"].fillna(""),
            reason="not found",
        ),
        estimate=("estimate_low", "estimate_high"),
        interval=("limit_low", "limit_high"),
        panel="panel",
        text="text",
        reason="reason",
        estimate_label=TEXT["islands_figure"],
        columns=3,
        own_scale=True,
        **section.frame,
    )


def rows_of_islands(known: pd.DataFrame) -> Table:
    """The figures of islands, a row a figure."""
    known = with_rates_of_islands(known)
    known = known.assign(
        name=known["area_id"].map(areas.names("cabo_verde")),
        what=known["indicator"].map(SIDE_BY_SIDE).str.removesuffix(" per 100,000"),
    )
    return Table(
        known.sort_values(["what", "name"]),
        {
            "Island": "name",
            "What": "what",
            "Period": Words(periods, "date_low", "date_high"),
            "Figure": FIGURE,
            "Unit": "unit",
            "Per 100,000": Words(_rate_words, "rate_low", "rate_high"),
            f"{intervals.confidence_level(known)} Poisson limits": Words(_rate_words, "limit_low", "limit_high"),
        },
        also=("area_id", "indicator", "population", "confidence", "source_id"),
    )


def _rate_words(low: pd.Series, high: pd.Series) -> list[str]:
    return spans(low, high, ".1f", unknown="")


def circumstances(place: Area) -> Exhibit:
    """What may lie behind the counts besides effort: islands side by side, school and work, or the tiers of countries.

    Of a study whose islands have such figures the first, of an area or a country with figures of it the second.
    """
    # Of all places: asked for a study as a whole alone, so that no area's page follows from other studies' tables.
    if place.is_study and set((islands := figures_of_islands())["area_id"]) <= set(areas.ids(place.study)):
        section = section_of_islands(islands)
        return replace(section, table=rows_of_islands(islands), plot=Plot.ready(figure_of_islands(islands, section)))
    if place.iso3 and not figures_of_school_and_work(place).empty:
        return school_and_work(place)
    return tiers(place)


@only("national", TEXT["circumstances_absent"])
def tiers(place: Area) -> Exhibit:
    """The tier the US reports give each country and year: it judges the government's response, not incidence."""
    table = evidence.tiers(detection.countries(place)).merge(detection.names_of(), on="area_id", how="left")
    return Exhibit(
        "tiers",
        TEXT["tier_in_the_us_reports"].format(whose=detection.whose(place)),
        Table(table[["area_id", "name", "report_year", "tier", "source_id"]], _by_report_year),
        tuple(table["source_id"].unique()),
        TEXT["a_tier_judges_a_government"],
    )


def _by_report_year(table: pd.DataFrame) -> pd.DataFrame:
    """Tiers with a row a country and a column a report."""
    rows = table.pivot_table(index="name", columns="report_year", values="tier", aggfunc="first", fill_value="–")
    rows.columns = [str(column) for column in rows.columns]
    return rows.reset_index().rename(columns={"name": "Country"})


LIMITS = TEXT["limits"]
SHOWN = {
    "figures coded": Category("figures coded", style.BLUE, "●"),
    evidence_coverage.CODED: Category(evidence_coverage.CODED, style.BLUE, "●"),
    evidence_coverage.NONE_GIVEN: Category(evidence_coverage.NONE_GIVEN, style.SKY, "×"),
    "figures not read": Category("figures not read", style.MIST, "–"),
    evidence_coverage.NOT_READ: Category(evidence_coverage.NOT_READ, hatch=style.UNKNOWN),
}
OF_COUNTRIES = ("figures coded", evidence_coverage.NONE_GIVEN, "figures not read", evidence_coverage.NOT_READ)


def reports_read(place: Area) -> Exhibit:
    """Of each year's US reports what was made of them: a row a country, or of one country a row an indicator."""
    ids = detection.countries(place)
    names = detection.names_of().set_index("area_id")["name"]
    if len(ids) > 1:
        table = evidence_coverage.matrix(ids)
        table = table.assign(row=table["area_id"].map(names))
        categories = [SHOWN[name] for name in OF_COUNTRIES]
    else:
        table = _of_indicators(ids)
        categories = [SHOWN[name] for name in evidence_coverage.STATES]
    title = TEXT["reports_read_title"].format(whose=detection.whose(place))
    coded = table["state"].isin(["figures coded", evidence_coverage.CODED])
    cells = table.assign(year=table["report_year"].astype(str))
    read = evidence_coverage.states(ids)
    sources = tuple(dict.fromkeys(each for ids in read["source_ids"] for each in ids.split(";") if each))
    if not sources:
        why = TEXT["reports_read_why"].format(whose=detection.whose(place), limits=LIMITS)
        return Exhibit("reports_read", title, pd.DataFrame(), limits=why)
    period = f"{table['report_year'].min()} to {table['report_year'].max()}"
    foot = plots.Footer(
        bibliography.short_source(sources),
        period,
        TEXT["of_cells_coded"].format(coded=int(coded.sum()), cells=len(table)),
        LIMITS,
    )
    figure = plots.matrix(cells, column="year", category="state", title=title, footer=foot, categories=categories)
    printed = Table(cells[["area_id", "row", "report_year", "state"]], _years_by_state)
    alt = TEXT["reports_read_alt"].format(title=title, coded=int(coded.sum()), cells=len(table))
    return Exhibit("reports_read", title, printed, sources, LIMITS, Plot.ready(figure), alt)


def _years_by_state(cells: pd.DataFrame) -> pd.DataFrame:
    """The years of each state, a row a country or indicator."""
    years = cells["report_year"].astype(str)
    wide = years.groupby([cells["row"], cells["state"]], sort=False).agg(", ".join).unstack(fill_value="–")
    order = [name for name in SHOWN if name in wide]
    wide = wide.reindex(list(dict.fromkeys(cells["row"])))[order]
    return wide.rename(columns=str.capitalize).rename_axis(index="", columns=None).reset_index()


def _of_indicators(ids: list[str]) -> pd.DataFrame:
    """Of one country the state of each indicator and year, by whichever of the reports says most."""
    table = evidence_coverage.states(ids)
    table["rank"] = table["state"].map(evidence_coverage.STATES.index)
    best = table.sort_values("rank", kind="stable").drop_duplicates(["indicator", "report_year"])
    best = best.assign(row=best["indicator"].map(spell))
    order = {indicator: place for place, indicator in enumerate(evidence_coverage.INDICATORS)}
    return best.sort_values(["indicator", "report_year"], key=lambda column: column.replace(order))


def publishers() -> Exhibit:
    """On how few publishers each table of the evidence rests."""
    table = evidence_coverage.concentration()
    printed = Table(
        table.assign(largest_percent=table["share"].round(1), copied_percent=table["copies"].round(1)),
        {
            "Table": "what",
            "Rows": "rows",
            "Publishers": "publishers",
            "Largest": "largest",
            "Its share, %": "largest_percent",
            "Read in copies or quotations, %": "copied_percent",
        },
        also=("table",),
    )
    limits = TEXT["publishers_limits"]
    return Exhibit("publishers", TEXT["on_how_few_publishers"], printed, limits=limits)


NOT_KNOWN = texts.table(__name__, "not_known")
# Of any other study.
OF_ALL = TEXT["of_all"]


def not_known(place: Area) -> Markdown:
    """In plain words: what the evidence on this page cannot say, and what would help."""
    text = NOT_KNOWN.get(place.study, OF_ALL).format(place=plain(place.name))
    invented = TEXT["invented"] if catalog.figures_kind(place.study) == "synthetic" else ""
    return said(f"{text}{invented}\n{TEXT['needed']}")


def evidence_at_hand(place: Area) -> Exhibit:
    """Which series there are on detected victims, how long, and how much of them is censored or contested."""
    national = [] if place.is_local else detection.countries(place)
    table = evidence.detected_victims(national).merge(detection.names_of(), on="area_id", how="left")
    rows = [
        _described(str(name), f"{detection.MEASURES[measure]} ({detection.SOURCES[source]})", group)
        for (name, source, measure), group in table.groupby(["name", "source", "measure"], sort=True)
    ]
    local = _local(place)
    own = evidence.facts(_own_ids(place), study=place.study)["source_id"].unique() if has_own(place.study) else ()
    return Exhibit(
        "evidence_at_hand",
        TEXT["what_there_is_to_work"].format(place=place.name),
        Table(
            pd.DataFrame([*local, *rows], columns=[*DESCRIBED]),
            {
                "Where": "name",
                "What": "what",
                "Years": Words(lambda low, high: spans(low, high, ".0f", unknown="undated"), "first_year", "last_year"),
                "Preferred": "preferred_figures",
                "of which <5": "below_5",
                "at least / about": "at_least_or_about",
                "Not preferred": "not_preferred",
            },
        ),
        (*own, *table["source_id"].unique()),
        TEXT["figures_that_are_not_drawn"],
        cautions=evidence.cautions("unodc_detected_victims", "official_counts"),
    )


DESCRIBED = (
    *("name", "what", "first_year", "last_year"),
    *("preferred_figures", "below_5", "at_least_or_about", "not_preferred"),
)


def _described(where: str, what: str, group: pd.DataFrame) -> dict[str, object]:
    shown = group[group["preferred"]]
    qualifiers = shown["value_qualifier"]
    return {
        "name": where,
        "what": what,
        "first_year": float(shown["year"].min()),
        "last_year": float(shown["year"].max()),
        "preferred_figures": len(shown),
        "below_5": int((qualifiers == "below_5").sum()),
        "at_least_or_about": int(qualifiers.isin(["at_least", "approx"]).sum()),
        "not_preferred": len(group) - len(shown),
    }


def _local(place: Area) -> list[dict[str, object]]:
    """One row an indicator of which there are figures of a part of a country itself, or of all that a study counts."""
    if not place.is_local and not (place.is_study and has_own(place.study)):
        return []
    table = evidence.facts(_own_ids(place), study=place.study)
    table = table.assign(year=table["date_low"].dt.year)
    where = place.name if place.is_local else f"{table['area_id'].nunique()} areas of {place.name}"
    return [
        _described(where, marked(spell(str(name)), kind), group)
        for (name, kind), group in table.groupby(["indicator", "kind"])
    ]


def _own_ids(place: Area) -> list[str]:
    """Whose figures a study itself has for a place: the area's, or those of all areas and their country."""
    return [*areas.ids(place.study), *filter(None, [place.iso3])] if place.is_study else [place.area_id]


def conflicts(place: Area) -> Exhibit:
    """Figures for the same area, measure and period that differ: all of them, which is drawn, and why."""
    national = evidence.detected_victims([] if place.is_local else detection.countries(place)).rename(
        columns={"period_start": "date_low", "period_end": "date_high", "measure": "indicator"}
    )
    if place.is_local or has_own(place.study):
        local = evidence.facts(_own_ids(place), study=place.study)
    else:
        local = evidence.facts(place.iso3 or [])
    table = pd.concat([local, national], ignore_index=True)
    keys = ["area_id", "indicator", "source", "date_low", "date_high"]
    rival = table[table["conflict"]].sort_values([*keys, "preferred"], ascending=[True] * len(keys) + [False])
    rows = Table(
        rival.assign(preferred=rival["preferred"].astype(bool)),
        {
            "Where": "area_id",
            "What": Words(lambda what, kind: list(map(marked, what.map(spell), kind)), "indicator", "kind"),
            "Period": Words(periods, "date_low", "date_high"),
            "Figure": FIGURE,
            "Preferred": Words(lambda preferred: preferred.map({True: "yes", False: "no"}), "preferred"),
            "Why": "reason",
        },
        also=("source_id",),
    )
    return Exhibit(
        "conflicts",
        TEXT["figures_that_conflict"].format(place=place.name),
        rows,
        tuple(rival["source_id"].unique()),
        TEXT["every_figure_that_was_found"],
    )


take_names(__name__)
