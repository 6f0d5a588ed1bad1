"""The context of the counts: who lives where, school and work, tourism; and what the evidence is, and what it lacks."""

from __future__ import annotations

import pandas as pd
from IPython.display import Markdown

from analysis import areas, bibliography, catalog, evidence, evidence_coverage, plots, texts
from analysis.areas import Area
from analysis.data_read import mark_read
from analysis.exhibits import detection, facts_by_topic
from analysis.exhibits.any_place import take_names
from analysis.exhibits.detection import HOW_TO_ADD, has_own
from analysis.exhibits.exhibit import Exhibit, absent, exhibit, only, said
from analysis.exhibits.plot import Plot
from analysis.exhibits.table import FIGURE, Table, Words, spans
from analysis.exhibits.wording import lower_first, marked, mid_year, periods, plain, sentences, spell
from analysis.indicators import Indicator
from analysis.methods.rates import rate_table
from analysis.plots import style
from analysis.plots.matrix import Category
from bounded import intervals

# The table of surveys of working children.
SURVEYS = "child_labour_benchmarks"
FEWEST_JOINED = 3
# A figure of so few panels and dots has the number of each.
FEW_PANELS, FEW_NUMBERS = 2, 12
NOT_JOINED = f"Fewer than {FEWEST_JOINED} figures are not joined by a line."
SCHOOL_AND_WORK = ("school", "pupils", "enrolment", "employ", "labour", "agricultural", "working_children")
# Counts of events are drawn for the number of inhabitants, since islands differ fiftyfold in it.
EVENTS = {
    "icca_child_sexual_abuse_reports": "Reports to ICCA",
    "police_sexual_crimes_against_minors": "Police records",
}
ISLAND_CONTEXT = {
    "poverty_rate_global": "Poverty rate, %",
    "poverty_rate_extreme": "Extreme poverty, %",
    "hotel_establishments": "Hotels",
    "hotel_guests_share": "Share of the country's hotel guests, %",
}
SIDE_BY_SIDE = EVENTS | ISLAND_CONTEXT


def figures_over_the_years(place: Area) -> pd.DataFrame:
    """Return the figures that are drawn over the years, in the columns of the facts, with `name`, `what` and `x`.

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


def over_the_years(place: Area, figures: pd.DataFrame) -> Exhibit:
    """Return the numbers behind the risk or the effort of detection over the years: a panel an indicator, or an area.

    Parameters
    ----------
    figures : what `figures_over_the_years` gives of the place.
    """
    if figures.empty:
        title = f"{place.name}: what is counted over the years"
        return Exhibit("over_the_years", title, limits=f"No figure covers several years. {HOW_TO_ADD}")
    shown, side_by_side = _shown(place, figures), _of_areas(place, figures)
    words = [each.together for each in shown if each.together][:1] or [lower_first(each.words) for each in shown]
    title = f"{place.name}: {', '.join(words)} over the years"
    panel, series = ("name", "what") if side_by_side else ("what", "name")
    points = figures.assign(panel=figures[panel], series=figures[series])
    panels = points.groupby("panel").size()
    joined = panels.max() >= FEWEST_JOINED
    return exhibit(
        "over_the_years",
        title,
        Table(
            figures.sort_values(["what", "name", "date_low"]),
            {
                "Where": "name",
                "What": "what",
                "Period": Words(periods, "date_low", "date_high"),
                "Figure": FIGURE,
                "Note": "note",
            },
            also=("area_id", "indicator", "source_id"),
        ),
        Plot(
            plots.small_multiples,
            points,
            panels=list(areas.names(place.study).values()) if side_by_side else [each.words for each in shown],
            # Reports on countries count the one or the other.
            ylabel="cases or persons" if areas.STUDIES[place.study].of_countries else "",
            log=place.spans_countries,
            own_scale=not side_by_side,
            # Two figures make no line: nothing is known of what lies between.
            connect=None if joined else False,
            numbered=len(panels) <= FEW_PANELS and panels.max() <= FEW_NUMBERS,
        ),
        n="figures",
        limits=sentences(detection.limits_of(shown), _worked_out(place, figures), "" if joined else NOT_JOINED),
        alt=f"{title}: {', '.join(each.words for each in shown)}.",
        read=figures,
    )


def counts_of_a_part(place: Area, figures: pd.DataFrame) -> Exhibit:
    """Return what a part of a country counts over the years; of a country it stands with `context_of_counts`."""
    if place.is_local:
        return over_the_years(place, figures)
    return absent(place, "what is counted over the years", "It is the context of the counts, see below.")


def _worked_out(place: Area, figures: pd.DataFrame) -> str:
    """A sentence on the figures of a part of a country that nobody printed; "" where there is none."""
    if not place.is_local or "provenance" not in figures:
        return ""
    derived = figures[figures["provenance"].eq("derived")]
    dates = ", ".join(sorted(set(periods(derived["date_low"], derived["date_high"]))))
    return f"Worked out from a stated change, and not printed: the figure of {dates}." if dates else ""


def _of_areas(place: Area, figures: pd.DataFrame) -> bool:
    """Return True where areas stand side by side, a panel each; else indicators do."""
    return place.is_study and set(figures["area_id"]) <= set(areas.ids(place.study))


def _shown(place: Area, figures: pd.DataFrame) -> list[Indicator]:
    """The indicators that a figure has room for; of a country as a whole those without a figure too."""
    wanted, found = detection.over_time(place.study), set(figures["indicator"])
    found_alone = place.is_local or (_of_areas(place, figures) and not place.spans_countries)
    return [each for each in wanted if each.indicator in found or not found_alone]


def figures_of_school_and_work(place: Area) -> pd.DataFrame:
    """Return the preferred facts on school and work of an area and its region, or of a study's country."""
    nation = place.iso3 or ""
    ids = [nation] if place.is_study else [place.area_id, *evidence.regions_of(place.area_id)]
    table = pd.concat([evidence.facts(area_id) for area_id in dict.fromkeys(ids) if area_id], ignore_index=True)
    about = table["indicator"].str.contains("|".join(SCHOOL_AND_WORK))
    about &= facts_by_topic.belongs(table["indicator"], place).eq("") & ~table["indicator"].str.startswith(
        "trafficking"
    )
    return table[about & table["preferred"]]


def school_and_work(place: Area) -> Exhibit:
    """Return school and work of an area and its region; of a study its country's, and child labour surveys."""
    table = figures_of_school_and_work(place).sort_values(["indicator", "area_id", "date_low"])
    surveys = child_labour_surveys(place)
    if place.is_study:
        table = pd.concat([table, surveys], ignore_index=True)
    return Exhibit(
        "school_and_work",
        f"{place.name}: school and work of children and their families",
        facts_by_topic.facts_table(facts_by_topic.named(table)),
        tuple(table["source_id"].unique()),
        "Codes such as TRC1 are NUTS-2 regions. School and work are risk factors, not trafficking.",
        cautions=evidence.cautions(*_facts_with(table), *([SURVEYS] if len(surveys) else [])),
    )


def _facts_with(table: pd.DataFrame) -> list[str]:
    """The catalogued tables of facts on the places of some facts."""
    named = {entry.name: catalog.load(entry.name, counts_as_read=False) for entry in catalog.of_schema("facts")}
    return [name for name, facts in named.items() if set(facts["area_id"]) & set(table["area_id"])]


def child_labour_surveys(place: Area) -> pd.DataFrame:
    """Return surveys of working children of a study's country in the columns of the facts.

    Whom they speak of stands in place of an area.
    """
    table = catalog.load(SURVEYS, counts_as_read=False).rename(
        columns={"population": "area_id", "measure": "indicator"}
    )
    table = table[table["iso3"].eq(place.iso3)].drop(columns="iso3")
    if place.is_study and len(table):
        mark_read(catalog.dataset(SURVEYS))
    ages = " aged " + table["age_low"].astype(str) + "-" + table["age_high"].astype(str)
    sex = table["sex"].map({"male": ", boys", "female": ", girls"}).fillna("")
    return table.assign(indicator=table["indicator"] + ages + sex)


def figures_of_islands(place: Area) -> pd.DataFrame:
    """Return the figures of islands that stand side by side: of each indicator those of the period of most islands.

    Side by side must mean at the same time, in a panel and for the two rates of poverty.
    """
    table = evidence.facts(areas.ids(place.study), study=place.study)
    table = table[table["indicator"].isin(list(SIDE_BY_SIDE)) & table["preferred"] & table["date_low"].notna()]
    together = table["indicator"].where(~table["indicator"].str.startswith("poverty"), "poverty")
    covered = table.groupby([together, "date_low", "date_high"])["area_id"].transform("size")
    table = table.assign(together=together, covered=covered).sort_values(["covered", "date_high", "date_low"])
    chosen = table.groupby("together")[["date_low", "date_high"]].transform("last")
    same = table["date_low"].eq(chosen["date_low"]) & table["date_high"].eq(chosen["date_high"])
    return table[same].drop(columns=["together", "covered"])


def with_rates_of_islands(known: pd.DataFrame, *, per: int = detection.PER, confidence: float = 0.95) -> pd.DataFrame:
    """Return the figures of islands with rates by inhabitants and their exact Poisson limits, where events are counted.

    Parameters
    ----------
    known : what `figures_of_islands` gives.
    per : inhabitants that a rate is for. confidence : level of the limits, between 0 and 1.

    Returns
    -------
    DataFrame: the rows, with population (persons), rate_low and rate_high (of the count itself), limit_low and
        limit_high, their level `confidence`, and `per`; NaN where the figure is no count of events.
    """
    counted = known[known["indicator"].isin(list(EVENTS))]
    years = counted.drop_duplicates("area_id").set_index("area_id")["date_low"].dt.year
    people = evidence.population_near(counted["area_id"].unique(), years)[["area_id", "population"]]
    cases = counted[["area_id", "indicator", "low", "high", "value_qualifier"]]
    rates = rate_table(cases, people, per=per, confidence=confidence)
    rates = rates.rename(columns={"low": "limit_low", "high": "limit_high"})
    columns = ["population", "rate_low", "rate_high", "limit_low", "limit_high", "confidence", "per"]
    return known.merge(rates[["area_id", "indicator", *columns]], on=["area_id", "indicator"], how="left")


def islands_side_by_side(
    place: Area, known: pd.DataFrame, *, per: int = detection.PER, confidence: float = 0.95
) -> Exhibit:
    """Return reports beside poverty and tourism, island by island: with ten points nothing is tested.

    Parameters
    ----------
    known : what `figures_of_islands` gives. per, confidence : as for `with_rates_of_islands`.
    """
    table = with_rates_of_islands(known, per=per, confidence=confidence)
    names, by = areas.names(place.study), f"{per:,.0f}"
    what = table["indicator"].map(SIDE_BY_SIDE)
    head = what.where(~table["indicator"].isin(list(EVENTS)), what + f" per {by}")
    table = table.assign(name=table["area_id"].map(names), what=what, head=head)
    return exhibit(
        "islands_side_by_side",
        f"{areas.get(place.study).name}: reports by inhabitants, poverty and tourism by island",
        Table(
            table.sort_values(["what", "name"]),
            {
                "Island": "name",
                "What": "what",
                "Period": Words(periods, "date_low", "date_high"),
                "Figure": FIGURE,
                "Unit": "unit",
                f"Per {by}": Words(_rate_words, "rate_low", "rate_high"),
                f"{intervals.confidence_level(table)} Poisson limits": Words(_rate_words, "limit_low", "limit_high"),
            },
            also=("area_id", "indicator", "population", "per", "confidence", "source_id"),
        ),
        Plot(
            plots.dots,
            _cells_of_islands(table, names),
            estimate=("estimate_low", "estimate_high"),
            interval=("limit_low", "limit_high"),
            panel="panel",
            text="text",
            reason="reason",
            estimate_label="figure of an island",
            columns=3,
            own_scale=True,
        ),
        n=f"figures of {known['area_id'].nunique()} islands",
        limits="Reports and records by all inhabitants of a preliminary count, with the count in brackets; not "
        "incidence. Association need not be cause and effect.",
        cautions=evidence.cautions(*_facts_with(known)),
        read=known,
    )


def _cells_of_islands(table: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    """A row an island and indicator, in the order of both; islands without a figure are named as such."""
    heads = table["head"] + ", " + pd.Series(periods(table["date_low"], table["date_high"]), table.index)
    counts = intervals.text(table["low"], table["high"], table["value_qualifier"])
    rates = spans(table["rate_low"], table["rate_high"], ".0f", unknown="")
    drawn = table.assign(
        text=[f"{rate} ({count})" if rate else count for rate, count in zip(rates, counts, strict=True)],
        estimate_low=table["rate_low"].fillna(table["low"]),
        estimate_high=table["rate_high"].fillna(table["high"]),
    )
    head_of = dict(zip(table["indicator"], heads, strict=True))
    every = pd.MultiIndex.from_product([list(names), [each for each in SIDE_BY_SIDE if each in head_of]])
    columns = ["estimate_low", "estimate_high", "limit_low", "limit_high", "confidence", "text"]
    cells = drawn.set_index(["area_id", "indicator"])[columns].reindex(every)
    cells = cells.rename_axis(["area_id", "indicator"]).reset_index()
    return cells.assign(
        label=cells["area_id"].map(names),
        panel=cells["indicator"].map(head_of),
        text=cells["text"].fillna(""),
        reason="not found",
    )


def _rate_words(low: pd.Series, high: pd.Series) -> list[str]:
    return spans(low, high, ".1f", unknown="")


def context_of_counts(
    place: Area, figures: pd.DataFrame, *, per: int = detection.PER, confidence: float = 0.95
) -> tuple[Exhibit, ...]:
    """Return what may lie behind the counts: of a country its figures over the years, `circumstances`, facts by topic.

    Parameters
    ----------
    figures : what `figures_over_the_years` gives. per, confidence : as for `with_rates_of_islands`.
    """
    years = () if place.is_local else (over_the_years(place, figures),)
    return *years, circumstances(place, per=per, confidence=confidence), *facts_by_topic.by_topic(place)


def circumstances(place: Area, *, per: int = detection.PER, confidence: float = 0.95) -> Exhibit:
    """Return what may lie behind the counts besides effort: islands side by side, school and work, or tiers.

    Of a study whose islands have such figures the first, of an area or a country with figures of it the second.

    Parameters
    ----------
    per, confidence : as for `with_rates_of_islands`.
    """
    if place.is_study and not place.spans_countries and not (islands := figures_of_islands(place)).empty:
        return islands_side_by_side(place, islands, per=per, confidence=confidence)
    if place.iso3 and not figures_of_school_and_work(place).empty:
        return school_and_work(place)
    return tiers(place)


@only("national", "{whose}: effort of detection, school and work, poverty")
def tiers(place: Area) -> Exhibit:
    """Return the tier the US reports give each country and year: it judges a government's response, not incidence."""
    table = evidence.tiers(detection.countries(place)).merge(detection.names_of(), on="area_id", how="left")
    return Exhibit(
        "tiers",
        f"{detection.whose(place)}: tier in the US reports by year",
        Table(table[["area_id", "name", "report_year", "tier", "source_id"]], _by_report_year),
        tuple(table["source_id"].unique()),
        "A tier judges a government's efforts against US law, not incidence. 2WL: watch list. –: not found.",
    )


def _by_report_year(table: pd.DataFrame) -> pd.DataFrame:
    """Tiers with a row a country and a column a report."""
    rows = table.pivot_table(index="name", columns="report_year", values="tier", aggfunc="first", fill_value="–")
    rows.columns = [str(column) for column in rows.columns]
    return rows.reset_index().rename(columns={"name": "Country"})


LIMITS = (
    "Not read does not mean none: a part of the report that was not read may hold the figure. Years are years of "
    "publication; a report describes the year before."
)
SHOWN = {
    "figures coded": Category("figures coded", style.BLUE, "●"),
    evidence_coverage.CODED: Category(evidence_coverage.CODED, style.BLUE, "●"),
    evidence_coverage.NONE_GIVEN: Category(evidence_coverage.NONE_GIVEN, style.SKY, "×"),
    "figures not read": Category("figures not read", style.MIST, "–"),
    evidence_coverage.NOT_READ: Category(evidence_coverage.NOT_READ, hatch=style.UNKNOWN),
}
OF_COUNTRIES = ("figures coded", evidence_coverage.NONE_GIVEN, "figures not read", evidence_coverage.NOT_READ)


@only("national", "{whose}: which figures of the US reports were read")
def reports_read(place: Area) -> Exhibit:
    """Return what was made of each year's US reports: a row a country, or of one country a row an indicator."""
    ids = detection.countries(place)
    title = f"{detection.whose(place)}: which figures of the US reports were read"
    read = evidence_coverage.states(ids)
    sources = tuple(dict.fromkeys(each for ids in read["source_ids"] for each in ids.split(";") if each))
    if not sources:
        none = f"Of {detection.whose(place)} no figure of a US report was read. {LIMITS}"
        return Exhibit("reports_read", title, limits=none)
    if place.spans_countries:
        table = evidence_coverage.matrix(ids)
        table = table.assign(row=table["area_id"].map(detection.names_of().set_index("area_id")["name"]))
    else:
        table = _of_indicators(read)
    cells = table.assign(year=table["report_year"].astype(str))
    coded = int(table["state"].isin(["figures coded", evidence_coverage.CODED]).sum())
    of_all = f"{coded} of {len(cells)}"
    period = f"{table['report_year'].min()} to {table['report_year'].max()}"
    states = OF_COUNTRIES if place.spans_countries else evidence_coverage.STATES
    return Exhibit(
        "reports_read",
        title,
        Table(cells[["area_id", "row", "report_year", "state"]], _years_by_state),
        sources,
        LIMITS,
        Plot(plots.matrix, cells, column="year", category="state", categories=[SHOWN[name] for name in states]),
        f"{title}: one cell a year and row; {of_all} hold a figure.",
        footer=plots.Footer(bibliography.short_source(sources), period, f"{of_all} cells coded", LIMITS),
    )


def _years_by_state(cells: pd.DataFrame) -> pd.DataFrame:
    """The years of each state, a row a country or indicator."""
    years = cells["report_year"].astype(str)
    wide = years.groupby([cells["row"], cells["state"]], sort=False).agg(", ".join).unstack(fill_value="–")
    order = [name for name in SHOWN if name in wide]
    wide = wide.reindex(list(dict.fromkeys(cells["row"])))[order]
    return wide.rename(columns=str.capitalize).rename_axis(index="", columns=None).reset_index()


def _of_indicators(states: pd.DataFrame) -> pd.DataFrame:
    """The state of each indicator and year in one country, by whichever of the reports says most."""
    table = states.assign(rank=states["state"].map(evidence_coverage.STATES.index))
    best = table.sort_values("rank", kind="stable").drop_duplicates(["indicator", "report_year"])
    best = best.assign(row=best["indicator"].map(spell))
    order = {indicator: place for place, indicator in enumerate(evidence_coverage.INDICATORS)}
    return best.sort_values(["indicator", "report_year"], key=lambda column: column.replace(order))


def publishers(place: Area) -> Exhibit:
    """Return on how few publishers each table of the evidence rests; of a study, since it is the same for its areas."""
    if not place.is_study:
        elsewhere = f'It is of all evidence: see the notebook of the study, area = "{place.study}".'
        return absent(place, "publishers of the evidence", elsewhere)
    table = evidence_coverage.concentration()
    return Exhibit(
        "publishers",
        "On how few publishers the evidence rests",
        Table(
            table.assign(largest_percent=table["share"].round(1), copied_percent=table["copies"].round(1)),
            {
                "Table": "what",
                "Rows": "rows",
                "Publishers": "publishers",
                "Largest": "largest",
                "Its share, %": "largest_percent",
                "Read in copies or quotations, %": "copied_percent",
                "Looked up again": "looked_up",
                "Of these right": "looked_up_right",
                "Coded blind by a second coder": "second_coded",
            },
            also=("table",),
        ),
        limits=TEXT["publishers_limits"],
    )


NOT_KNOWN = texts.table(__name__, "not_known")
TEXT = texts.of(__name__)


def not_known(place: Area) -> Markdown:
    """Return in plain words what the evidence on this page cannot say, and what would help."""
    text = NOT_KNOWN.get(place.study, TEXT["of_all"]).format(place=plain(place.name))
    synthetic = TEXT["synthetic"] if catalog.figures_kind(place.study) == "synthetic" else ""
    return said(f"{text}{synthetic}\n{TEXT['needed']}")


def evidence_at_hand(place: Area) -> Exhibit:
    """Return the series on detected victims: how long each is, and how much of it is censored or contested."""
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
        f"{place.name}: what there is to work with",
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
        "Figures that are not preferred restate, overlap or are part of one that is; they are kept and never added up.",
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
    """Ids of the areas whose figures a study itself has for a place: its own, or all and their country."""
    return [*areas.ids(place.study), *filter(None, [place.iso3])] if place.is_study else [place.area_id]


def conflicts(place: Area) -> Exhibit:
    """Return the figures for the same area, measure and period that differ: all of them, which is drawn, and why."""
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
    if rival.empty:
        return absent(place, "figures that conflict", "No two figures for the same area, measure and period differ.")
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
        f"{place.name}: figures that conflict",
        rows,
        tuple(rival["source_id"].unique()),
        "Every figure that was found is kept; one for each period is preferred.",
    )


take_names(__name__)
