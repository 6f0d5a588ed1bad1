"""Exhibits on how far the evidence reaches: which reports were read, and on how few publishers the tables rest."""

from __future__ import annotations

import pandas as pd

from analysis import evidence, evidence_coverage, figures
from analysis.areas import Area
from analysis.exhibits import detection
from analysis.exhibits.exhibit import Exhibit, spell
from analysis.figures import style
from analysis.figures.answer_matrix import Category, answer_matrix

LIMITS = (
    "Not read is not none: a report of which another part was read may hold the figure. Years are those of "
    "publication; a report tells of the year before."
)
SHOWN = {
    "figures coded": Category("figures coded", style.BLUE, "●"),
    evidence_coverage.CODED: Category(evidence_coverage.CODED, style.BLUE, "●"),
    evidence_coverage.NONE_GIVEN: Category(evidence_coverage.NONE_GIVEN, style.SKY, "×"),
    "figures not read": Category("figures not read", style.MIST, "–"),
    evidence_coverage.NOT_READ: Category(evidence_coverage.NOT_READ, hatch=style.UNKNOWN),
}
OF_COUNTRIES = ("figures coded", evidence_coverage.NONE_GIVEN, "figures not read", evidence_coverage.NOT_READ)


def exhibits(place: Area) -> list[Exhibit]:
    """Which figures of reports were read; on the page of a study, on how few publishers the evidence rests besides."""
    return [reports_read(place), publishers()] if place.is_study else [reports_read(place)]


def reports_read(place: Area) -> Exhibit:
    """Of each year's US reports what was made of them: a row a country, or of one country a row an indicator."""
    ids = detection.countries(place)
    names = detection.names_of().set_index("area_id")["name"]
    if len(ids) > 1:
        table = evidence_coverage.matrix(ids)
        table = table.assign(row=table["area_id"].map(names), text="")
        categories = [SHOWN[name] for name in OF_COUNTRIES]
    else:
        table = _of_indicators(ids)
        categories = [SHOWN[name] for name in evidence_coverage.STATES]
    title = f"{detection.whose(place)}: which figures of the US reports were read"
    coded = table["state"].isin(["figures coded", evidence_coverage.CODED])
    cells = table.assign(year=table["report_year"].astype(str).str[2:])
    read = evidence_coverage.states(ids)
    sources = tuple(dict.fromkeys(each for ids in read["source_ids"] for each in ids.split(";") if each))
    if not sources:
        why = f"Of {detection.whose(place)} no figure of a US report was read. {LIMITS}"
        return Exhibit("reports_read", title, pd.DataFrame(), limits=why)
    period = f"{table['report_year'].min()} to {table['report_year'].max()}"
    foot = figures.Footer(
        evidence.short_source(sources), period, f"{int(coded.sum())} of {len(table)} cells coded", LIMITS
    )
    figure = answer_matrix(
        cells, rows="row", columns="year", category="state", title=title, footer=foot, categories=categories
    )
    printed = _years_by_state(cells)
    alt = f"{title}: one cell a year and row; {int(coded.sum())} of {len(table)} hold a figure."
    return Exhibit("reports_read", title, printed, sources, LIMITS, figure, alt)


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
    best = best.assign(row=best["indicator"].map(spell), text="")
    order = {indicator: place for place, indicator in enumerate(evidence_coverage.INDICATORS)}
    return best.sort_values(["indicator", "report_year"], key=lambda column: column.replace(order))


def publishers() -> Exhibit:
    """On how few publishers each table of the evidence rests."""
    table = evidence_coverage.concentration()
    printed = pd.DataFrame(
        {
            "Table": table["what"],
            "Rows": table["rows"],
            "Publishers": table["publishers"],
            "Largest": table["largest"],
            "Its share, %": table["share"].round(1),
            "Read in copies or quotations, %": table["copies"].round(1),
        }
    )
    limits = "A table that rests on one publisher knows what that publisher asks, and in its words."
    return Exhibit("publishers", "On how few publishers the evidence rests", printed, limits=limits)
