"""Sections on data gaps: which reports were read, where sources conflict, and what is not known.

Exhibits on how far the evidence reaches: which reports were read, and on how few publishers the tables rest.

Exhibits on the data themselves: what is at hand, where sources conflict, and what is not known.
"""

from __future__ import annotations

import pandas as pd
from IPython.display import Markdown

from analysis import areas, catalog, evidence, evidence_coverage, plots
from analysis.areas import Area
from analysis.plots import style
from analysis.plots.matrix import Category, answer_matrix
from analysis.sections import detection
from analysis.sections.own_figures import has_own
from analysis.sections.section import Exhibit, marked, periods, plain, said, spell
from bounded import intervals

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
    foot = plots.Footer(
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


NOT_KNOWN = {
    "turkiye": """\
- **How many children are trafficked in {place}, detected or not.** No public source gives detected victims by province;
  the national figures cannot be divided among provinces.
- **How many of them are Syrian and how many Turkish.** Nationality is published for few years and all ages together.
- **Which sectors of industry and agriculture they are exploited in.** Child labour surveys are national, and were not
  made for Syrians under temporary protection.
- **Who is behind the school and work figures.** They are risk factors of many children, few of whom are trafficked.
""",
    "west_africa": """\
- **How many people, and how many children, are trafficked in {place}.** Detected victims follow detection: a rise can
  be more trafficking, more looking, or another way of counting.
- **Rates of children.** No source here gives the number of children for every country and year, so child victims are
  divided by the whole population.
- **What stands behind `<5`.** UNODC prints `<5` for one to four victims, and it may stand for none.
- **The years without a figure.** They were not reported or not readable; they are not zero.
""",
    "cabo_verde": """\
- **How many children are trafficked or sexually exploited on {place}.** Reports to ICCA and police records are of
  sexual abuse of every kind; how many are exploitation for gain, and how many children never report, no source says.
- **Which victims stand in both sources.** ICCA and the police may count the same child; the two are never added.
- **Children by island.** The counts are divided by all inhabitants of the preliminary census of 2021, not by children.
- **Santa Luzia** is uninhabited; it has no rate.
""",
}
# Of any other study.
OF_ALL = """\
- **How many people, and how many children, are trafficked in {place}.** What is detected follows from where people
  look: a rise can be more trafficking, more looking, or another way of counting.
- **Whether areas differ in trafficking, or in how it is looked for.** An area that looks harder finds more.
- **Rates of children.** No source here gives the number of children for every area and year, so counts are divided by
  all inhabitants.
- **What a missing figure hides.** It was not reported or not readable; it is not zero, and `<5` may stand for none.
"""
INVENTED = """\
- **Anything at all, from what is marked SYNTHETIC.** It is invented, and stands in until real figures are entered.
"""
NEEDED = (
    "These gaps close with case records of police, shelters, hotlines, labour inspectors and civil society on at least "
    "three lists: "
    "then persons can be linked, duplicates removed, and the number that no list holds be estimated with its range. "
    "Nothing on this page that is made from public evidence is an estimate of incidence."
)


def not_known(place: Area) -> Markdown:
    """In plain words: what the evidence on this page cannot say, and what would help."""
    text = NOT_KNOWN.get(place.study, OF_ALL).format(place=plain(place.name))
    invented = INVENTED if catalog.figures_kind(place.study) == "synthetic" else ""
    return said(f"{text}{invented}\n{NEEDED}")


def evidence_at_hand(place: Area) -> Exhibit:
    """Which series there are on detected victims, how long, and how much of them is censored or contested."""
    table = evidence.detected_victims(detection.countries(place)).merge(detection.names_of(), on="area_id", how="left")
    rows = [
        _described(str(name), f"{detection.MEASURES[measure]} ({detection.SOURCES[source]})", group)
        for (name, source, measure), group in table.groupby(["name", "source", "measure"], sort=True)
    ]
    local = _local(place)
    own = _own_sources(place) if has_own(place.study) else ()
    return Exhibit(
        "evidence_at_hand",
        f"{place.name}: what there is to work with",
        pd.DataFrame([*local, *rows]),
        (*own, *table["source_id"].unique()),
        "Figures that are not drawn restate, overlap or are part of one that is; they are kept and never added up.",
        cautions=evidence.cautions("unodc_detected_victims", "official_counts"),
    )


def _described(where: str, what: str, group: pd.DataFrame) -> dict[str, object]:
    shown = group[group["drawn"]]
    qualifiers = shown["value_qualifier"]
    return {
        "Where": where,
        "What": what,
        "Years": _years(shown["year"]),
        "Drawn": len(shown),
        "of which <5": int((qualifiers == "below_5").sum()),
        "at least / about": int(qualifiers.isin(["at_least", "approx"]).sum()),
        "Not drawn": len(group) - len(shown),
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
    return [*areas.ids(place.study), place.iso3] if place.is_study else [place.area_id]


def _own_sources(place: Area) -> tuple[str, ...]:
    return tuple(evidence.facts(_own_ids(place), study=place.study)["source_id"].unique())


def _years(years: pd.Series) -> str:
    known = sorted({int(year) for year in years.dropna()})
    if not known:
        return "undated"
    return str(known[0]) if len(known) == 1 else f"{known[0]} to {known[-1]}"


def conflicts(place: Area) -> Exhibit:
    """Figures for the same area, measure and period that differ: all of them, which is drawn, and why."""
    national = evidence.detected_victims(detection.countries(place)).rename(
        columns={"period_start": "date_low", "period_end": "date_high", "measure": "indicator"}
    )
    if place.is_local or has_own(place.study):
        local = evidence.facts(_own_ids(place), study=place.study)
    else:
        local = evidence.facts(place.iso3)
    table = pd.concat([local, national], ignore_index=True)
    keys = ["area_id", "indicator", "source", "date_low", "date_high"]
    rival = table[table["conflict"]].sort_values([*keys, "drawn"], ascending=[True] * len(keys) + [False])
    rows = pd.DataFrame(
        {
            "Where": rival["area_id"],
            "What": [marked(spell(what), kind) for what, kind in zip(rival["indicator"], rival["kind"], strict=True)],
            "Period": periods(rival["date_low"], rival["date_high"]),
            "Figure": intervals.text(rival["low"], rival["high"], rival["value_qualifier"]),
            "Drawn": rival["drawn"].map({True: "yes", False: "no"}),
            "Why": rival["reason"],
        }
    )
    return Exhibit(
        "conflicts",
        f"{place.name}: figures that conflict",
        rows,
        tuple(rival["source_id"].unique()),
        "Every figure that was found is kept; one for each period is drawn.",
    )
