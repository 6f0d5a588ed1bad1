"""Exhibits on the data themselves: what is at hand, where sources conflict, and what is not known."""

from __future__ import annotations

import pandas as pd
from IPython.display import Markdown

from analysis import areas, catalog, evidence
from analysis.areas import Area
from analysis.exhibits import detection
from analysis.exhibits.exhibit import Exhibit, marked, periods, plain, said, spell
from analysis.exhibits.own_figures import has_own
from bounded import intervals

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
