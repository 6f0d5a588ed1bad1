"""Data gaps: which reports were read, how few publishers the evidence rests on, where sources conflict, what is not
known."""

from __future__ import annotations

import pandas as pd
from IPython.display import Markdown

from analysis import areas, bibliography, catalog, evidence, evidence_coverage, plots, texts
from analysis.areas import Area
from analysis.plots import colours
from analysis.plots.matrix import Category
from analysis.sections import detection
from analysis.sections.detection import has_own
from analysis.sections.section import Section, marked, periods, plain, said, spell
from analysis.sections.table import FIGURE, Table, Words, spans

TEXT = texts.of(__name__)

LIMITS = TEXT["limits"]
SHOWN = {
    "figures coded": Category("figures coded", colours.BLUE, "●"),
    evidence_coverage.CODED: Category(evidence_coverage.CODED, colours.BLUE, "●"),
    evidence_coverage.NONE_GIVEN: Category(evidence_coverage.NONE_GIVEN, colours.SKY, "×"),
    "figures not read": Category("figures not read", colours.MIST, "–"),
    evidence_coverage.NOT_READ: Category(evidence_coverage.NOT_READ, hatch=colours.UNKNOWN),
}
OF_COUNTRIES = ("figures coded", evidence_coverage.NONE_GIVEN, "figures not read", evidence_coverage.NOT_READ)


def reports_read(place: Area) -> Section:
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
        return Section("reports_read", title, pd.DataFrame(), limits=why)
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
    return Section("reports_read", title, printed, sources, LIMITS, figure, alt)


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


def publishers() -> Section:
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
    return Section("publishers", TEXT["on_how_few_publishers"], printed, limits=limits)


NOT_KNOWN = texts.table(__name__, "not_known")
# Of any other study.
OF_ALL = TEXT["of_all"]


def not_known(place: Area) -> Markdown:
    """In plain words: what the evidence on this page cannot say, and what would help."""
    text = NOT_KNOWN.get(place.study, OF_ALL).format(place=plain(place.name))
    invented = TEXT["invented"] if catalog.figures_kind(place.study) == "synthetic" else ""
    return said(f"{text}{invented}\n{TEXT['needed']}")


def evidence_at_hand(place: Area) -> Section:
    """Which series there are on detected victims, how long, and how much of them is censored or contested."""
    national = [] if place.is_local else detection.countries(place)
    table = evidence.detected_victims(national).merge(detection.names_of(), on="area_id", how="left")
    rows = [
        _described(str(name), f"{detection.MEASURES[measure]} ({detection.SOURCES[source]})", group)
        for (name, source, measure), group in table.groupby(["name", "source", "measure"], sort=True)
    ]
    local = _local(place)
    own = evidence.facts(_own_ids(place), study=place.study)["source_id"].unique() if has_own(place.study) else ()
    return Section(
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


def conflicts(place: Area) -> Section:
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
    return Section(
        "conflicts",
        TEXT["figures_that_conflict"].format(place=place.name),
        rows,
        tuple(rival["source_id"].unique()),
        TEXT["every_figure_that_was_found"],
    )
