"""Law: treaties in force and membership of ECOWAS, tiers of the US reports, and justice stage by stage."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
from IPython.display import Markdown

from analysis import evidence, headlines, plots
from analysis.areas import Area
from analysis.exhibits import detection, headline_numbers
from analysis.exhibits.any_place import take_names
from analysis.exhibits.exhibit import Exhibit, elsewhere, footer, instead, only
from analysis.exhibits.plot import Plot
from analysis.exhibits.referral_evidence import NO_SOURCE, area_ids, catalogued, names, sources
from analysis.exhibits.referral_gaps import ALL
from analysis.exhibits.table import Table, Words, spans
from analysis.exhibits.wording import periods, plain
from analysis.plots.matrix import Category, ladder
from analysis.plots.style import MIST, UNKNOWN
from analysis.referral.attrition import NONE_GIVEN, STAGES, Attrition
from bounded import intervals

STATUS = {"bound": "bound", "signed": "signed, not bound", "none": "not bound", "unknown": "unknown"}
TIERS = {"1": "Tier 1", "2": "Tier 2", "2WL": "Tier 2 Watch List", "3": "Tier 3"}
_SHORT = {"African Charter on the Rights and Welfare of the Child": "African Children's Charter"}
# What a treaty is about, for readers to whom its letters say nothing.
_SUBJECTS = {
    "African Children's Charter": "African Children's Charter",
    "CRC": "Rights of the child (CRC)",
    "ILO C029": "Forced labour (ILO C029)",
    "ILO C105": "Abolition of forced labour (ILO C105)",
    "ILO C138": "Minimum age for work (ILO C138)",
    "ILO C182": "Worst forms of child labour (ILO C182)",
    "ILO C189": "Domestic workers (ILO C189)",
    "ILO P029": "Forced labour protocol (ILO P029)",
    "Kampala Convention": "Displaced persons (Kampala)",
    "OPAC": "Children in armed conflict (OPAC)",
    "OPSC": "Sale of children (OPSC)",
    "Palermo TIP Protocol": "Trafficking (Palermo Protocol)",
    "Smuggling Protocol": "Smuggling of migrants",
    "UNTOC": "Organised crime (UNTOC)",
}
_LETTERS = {"2WL": "W"}  # a sign of one letter, which fits into a cell
CAUTION = "The stages are not the same persons, nor the same units; what the reports that were read lack is not zero."


def treaties(place: Area) -> pd.DataFrame:
    """Return the statuses of treaties in the countries of a place: name, treaty, status in words, year, source."""
    table = catalogued(place, "treaties")
    # A date that may lie in several years is no year.
    one_year = table["date_low"].dt.year.eq(table["date_high"].dt.year) & table["status"].eq("bound")
    return table.assign(
        name=table["area_id"].map(names()),
        treaty_name=table["treaty"],
        treaty=table["treaty"].replace(_SHORT),
        status=table["status"].map(STATUS),
        year=table["date_low"].dt.year.astype("Int64").astype("string").where(one_year).fillna(""),
    ).sort_values(["name", "treaty"])


def treaties_in_force(place: Area, statuses: pd.DataFrame) -> tuple[Exhibit, ...]:
    """Return the treaties that bind the countries of a place: of a study a grid with the year in which each was bound.

    One country has a row a status, and a sentence on its tier and its membership of ECOWAS.

    Parameters
    ----------
    statuses : what `treaties` gives.
    """
    title = f"{place.name}: treaties on trafficking, children and forced labour"
    limits = "Bound in law, which does not describe practice. A bound treaty without a year: the year was not found."
    bound = int((statuses["status"] == "bound").sum())
    surrounds = Exhibit(
        "referral_treaties",
        title,
        source_ids=sources(statuses, "source_id"),
        limits=limits,
        alt=f"{title}: a grid with the year where it is known; {bound} of {len(statuses)} bound.",
        cautions=evidence.cautions("treaties"),
        footer=footer(statuses[statuses["status"] != "unknown"], f"{len(statuses)} statuses", limits),
    )
    if not place.is_study:
        columns = ["area_id", "name", "treaty", "status", "date_low", "date_high", "year", "source_id"]
        return replace(surrounds, table=Table(statuses[columns], _by_status)), instead(seen_from_outside(place))
    plot = Plot(
        plots.matrix,
        statuses.assign(treaty=statuses["treaty"].replace(_SUBJECTS)),
        row="name",
        column="treaty",
        category="status",
        text="year",
        categories=ladder(["not bound", "signed, not bound", "bound"], ["no", "signed", "yes"]),
        rows=list(names().values()),
    )
    table = Table(
        statuses.assign(date=statuses["date"].where(statuses["status"] == "bound", "")),
        {
            "Country": "name",
            "Treaty": "treaty",
            "Status": "status",
            "Since": Words(
                lambda date: date.where(statuses["status"] == "bound", "–").replace("", "not known"), "date"
            ),
            "Note": "note",
            "Source": Words(lambda ids: ids.mask(ids.isin(NO_SOURCE), "–"), "source_id"),
        },
        # The days between which it lies, beside the day as it is printed.
        also=("area_id", "date_low", "date_high"),
    )
    return (replace(surrounds, table=table, plot=plot),)


@only("comparison", "{place}: how many countries each treaty binds")
def treaties_bound(place: Area, statuses: pd.DataFrame) -> Exhibit:
    """Return how many countries of a study each treaty binds: those known to be, and with those not found at most.

    Parameters
    ----------
    statuses : as `treaties_in_force` takes them.
    """
    bound, unknown = statuses["status"].eq("bound"), statuses["status"].eq("unknown")
    each = statuses.assign(low=bound.astype(int), high=(bound | unknown).astype(int), asked=1)
    counts = [
        each.assign(**whole).groupby(["treaty_name", "treaty"])[["low", "high", "asked"]].sum().reset_index()
        for whole in ({}, {"treaty_name": ALL, "treaty": ALL})
    ]
    return Exhibit(
        "referral_treaties_bound",
        f"{place.name}: how many countries each treaty binds",
        Table(
            pd.concat(counts, ignore_index=True),
            {"Treaty": "treaty", "Countries bound": Words(spans, "low", "high"), "Of": "asked"},
        ),
        sources(statuses, "source_id"),
        "Bound in law, which does not describe practice. A status that was not found is left open. All: added over the "
        "treaties.",
        cautions=evidence.cautions("treaties"),
        folded=True,
    )


def _by_status(statuses: pd.DataFrame) -> pd.DataFrame:
    named = statuses["treaty"] + statuses["year"].map(lambda year: f" ({year})" if year else "")
    groups = [(status, named[statuses["status"] == status]) for status in STATUS.values()]
    return pd.DataFrame(
        {"Status": status.capitalize(), "Number": len(group), "Treaties": "; ".join(group)}
        for status, group in groups
        if len(group)
    )


@only("comparison", "{place}: tiers in the Trafficking in Persons reports")
def tiers(place: Area) -> Exhibit:
    """Return the tiers of the US reports over the years, in all countries of a study."""
    table = _tiers(place)
    title = f"{place.name}: tiers in the Trafficking in Persons reports"
    signs = [_LETTERS.get(tier, tier) for tier in TIERS]
    years = [str(year) for year in range(table["report_year"].min(), table["report_year"].max() + 1)]
    plot = Plot(
        plots.matrix,
        table,
        row="name",
        column="year",
        category="category",
        categories=ladder(list(TIERS.values())[::-1], signs[::-1])[::-1],
        rows=[name for name in names().values() if name in set(table["name"])],
        columns=years,
    )
    wide = table.pivot(index="name", columns="year", values="tier").reindex(columns=years).fillna("not found")
    printed = wide.reset_index().rename(columns={"name": "Country"}).rename_axis(columns=None)
    return Exhibit(
        "referral_tiers",
        title,
        Table(table[["area_id", "name", "report_year", "tier", "source_id"]], lambda _: printed),
        tuple(table["source_id"].unique()),
        "A tier judges a government's efforts by US law; it does not measure trafficking. Hatched: not found.",
        plot,
        f"{title}: a grid of countries and years, each cell with its tier; hatched where no tier was found.",
        evidence.cautions("tiers"),
        n="tiers",
    )


def tier_in_words(place: Area) -> str:
    """Return the latest tier of a country in a sentence, and how many reports had which."""
    table = _tiers(place).sort_values("report_year", kind="stable")
    if table.empty:
        return f"No tier of {plain(place.name)} was found in the Trafficking in Persons reports."
    last, counts = table.iloc[-1], table["category"].value_counts()
    over = ", ".join(f"{name}: {counts[name]}" for name in TIERS.values() if name in counts)
    return (
        f"{plain(place.name)} is in **{last['category']}** in the US Trafficking in Persons report of "
        f"{last['report_year']}, which judges a government's efforts. In {len(table)} reports since "
        f"{table['report_year'].iloc[0]}: {over}."
    )


def _tiers(place: Area) -> pd.DataFrame:
    table = evidence.tiers(detection.countries(place))
    return table.assign(
        name=table["area_id"].map(names()), category=table["tier"].map(TIERS), year=table["report_year"].astype(str)
    )


def stages(place: Area, found: Attrition) -> Exhibit:
    """Return detected victims, investigations, prosecutions and convictions, period by period.

    The figure of a study has the headline number of each country and stage.
    """
    reported = found.table[found.table["low"].notna()]
    title = f"{place.name}: from detected victims to convictions"
    if place.is_study:
        drawn = _latest(place)
        plot = _latest_of_countries(drawn, found)
        alt = (
            "A row for each country: the headline number of each stage with its year; hatched where no figure was read."
        )
    else:
        drawn = reported
        plot = Plot(Attrition.plot, found, area_id=place.area_id)
        alt = "Four lanes over the years, one a stage; hatched where no figure was read."
        if reported.empty:
            alt = "No figure of any stage was found in the reports that were read."
    printed = Table(
        reported.assign(name=reported["area_id"].map(names())),
        {
            **({"Country": "name"} if place.is_study else {}),
            "Period": Words(periods, "period_start", "period_end"),
            "Stage": "stage",
            "Figure": Words(_figures, *intervals.COLUMNS),
            "Counts": "unit",
            "Source": "source_id",
        },
        also=("area_id",),
    )
    return Exhibit(
        "referral_attrition",
        title,
        printed,
        tuple(reported["source_id"].unique()),
        CAUTION,
        plot,
        f"{title}. {alt}",
        found.cautions,
        footer=footer(drawn, f"{len(drawn)} figures", CAUTION),
    )


def _latest(place: Area) -> pd.DataFrame:
    """Return the headline number of each country and stage: see `analysis.headlines`."""
    last = headline_numbers.headlines_of(place)
    last = last[last["completeness"].ne(headlines.NONE)]
    stage_of = {evidence.MEASURES.get(name, name): stage for name, stage in STAGES.items()}
    return last.assign(stage=last["measure"].map(stage_of)).dropna(subset=["stage"]).reset_index(drop=True)


def _latest_of_countries(last: pd.DataFrame, found: Attrition) -> Plot:
    """Return a grid of the headline number of each country and stage with its year, darker the later it is."""
    first, year = last["period_start"].dt.year, last["period_end"].dt.year
    recent = year.max() - 2
    ages = [f"before {recent - 3}", f"{recent - 3} to {recent - 1}", f"{recent} to {recent + 2}"]
    when = first.astype(str) + np.where(first < year, "/" + (year % 100).astype(str).str.zfill(2), "")
    cases = np.where(last["unit"] == "cases", " cases", "")
    part = np.where(last["completeness"].eq(headlines.PART), "part: ", "")
    number = intervals.text(last["low"], last["high"], last["value_qualifier"])
    last = last.assign(
        state=np.select([year < recent - 3, year < recent], ages[:2], ages[2]),
        cell=part + number + cases + " (" + when + ")",
    )
    # A stage without any figure of which a report says that it has none; of all others nothing was read.
    none = found.table[found.table["note"].eq(NONE_GIVEN)].assign(state="none given", cell="")
    table = pd.concat([last, none]).drop_duplicates(["area_id", "stage"])
    return Plot(
        plots.matrix,
        table.assign(country=table["area_id"].map(names()), stage=table["stage"].str.capitalize()),
        row="country",
        column="stage",
        category="state",
        text="cell",
        categories=[
            *ladder(ages, [""] * len(ages)),
            Category("none given", MIST, "×"),
            Category("not all checked", hatch=UNKNOWN),
        ],
        rows=list(names().values()),
        columns=[stage.capitalize() for stage in STAGES.values()],
        key_title="Year of the latest number; of persons or not said of what, unless it says cases",
    )


def latest_figures(place: Area) -> Exhibit:
    """Return the headline number of each stage: a row a stage of one country, a row a country of a study."""
    last = _latest(place)
    last = last.assign(
        figure=[headlines.headline(*key).words for key in zip(last["area_id"], last["measure"], strict=True)]
    )
    if place.is_study:
        wide = last.pivot(index="area_id", columns="stage", values="figure").reindex(area_ids())
        printed = wide.reindex(columns=list(STAGES.values())).fillna("none found")
        printed = printed.rename(columns=str.capitalize).rename_axis(columns=None)
        printed.insert(0, "Country", list(names().values()))
    else:
        printed = pd.DataFrame(
            {
                "Stage": last["stage"].str.capitalize(),
                "Number": last["figure"],
                "Counts": last["unit"],
                "Published by": last["publisher"],
                "Source": last["source_id"],
            }
        )
    of_each = [
        *("area_id", "name", "stage", "period_start", "period_end", *intervals.COLUMNS, "unit", "completeness"),
        *("publisher", "source_id"),
    ]
    return Exhibit(
        "referral_latest_figures",
        f"{place.name}: the headline number of each stage",
        Table(last[of_each], lambda _: printed.reset_index(drop=True)),
        tuple(last["source_id"].unique()),
        CAUTION,
    )


def ratios(place: Area, found: Attrition) -> Exhibit:
    """Return convictions per prosecution and prosecutions per investigation, where three periods have both."""
    table = found.ratios
    title = f"{place.name}: convictions per prosecution, and prosecutions per investigation"
    if table.empty:
        return Exhibit("referral_ratios", title, limits=f"No period has two stages. {CAUTION}")

    between = partial(spans, form=".2f", to="–", alike=True, at_least="at least {}")

    def over(reasons: pd.Series, low: pd.Series, high: pd.Series) -> list[str]:
        return [why or ratio for why, ratio in zip(reasons, between(low, high), strict=True)]

    printed = Table(
        table.assign(name=table["area_id"].map(names())),
        {
            **({"Country": "name"} if place.is_study else {}),
            "Ratio": "ratio",
            "Periods": "period",
            "With both stages": "periods",
            "Sum over sum": Words(over, "reason", "low", "high"),
            "Least to largest of a period": Words(between, "lowest", "highest"),
        },
        also=("area_id", "source_ids"),
    )
    limits = f"No confidence limits: the convicted are no sample of the prosecuted of the same period. {CAUTION}"
    return Exhibit("referral_ratios", title, printed, sources(table), limits)


def _figures(*columns: pd.Series) -> list[str]:
    return [_figure(*row) for row in zip(*columns, strict=True)]


def _figure(low: float, high: float, value_qualifier: str) -> str:
    words = {"at_least": "at least ", "approx": "about "}.get(value_qualifier, "")
    return f"{words}{low:,.0f}" if low == high or high == float("inf") else f"{low:,.0f}–{high:,.0f}"


@only("comparison", "membership of ECOWAS")
def membership(place: Area) -> Exhibit:
    """Return who is a member of ECOWAS, whose mechanism it is, and until when."""
    table = catalogued(place, "ecowas_members")
    printed = Table(
        table.assign(name=table["area_id"].map(names())).sort_values("name", ignore_index=True, kind="stable"),
        {
            "Country": "name",
            "Member of ECOWAS": "member",
            "Until": Words(_until, "until"),
            "Note": "note",
            "Source": "source_id",
        },
        also=("area_id",),
    )
    return Exhibit(
        "referral_members",
        f"{place.name}: membership of ECOWAS, whose mechanism it is",
        printed,
        tuple(table["source_id"].unique()),
        "Answers are as of 2023, when all fifteen were members. Whether the withdrawal affects the accord of 2006 was "
        "not found.",
        folded=True,
    )


def seen_from_outside(place: Area) -> Markdown:
    """Return the tier of a country and its membership of ECOWAS; the study's page has both for all countries."""
    (row,) = catalogued(place, "ecowas_members").assign(until=lambda table: _until(table["until"])).to_dict("records")
    name = plain(place.name)
    member = f"{name} is no member of ECOWAS, and is not asked about its regional referral mechanism."
    if row["until"] != "–":
        member = f"{name} left ECOWAS on {row['until']}, and with it the regional referral mechanism of July 2023."
    elif row["member"] == "yes":
        member = f"{name} is a member of ECOWAS, which validated a regional referral mechanism in July 2023."
    return elsewhere(f"{tier_in_words(place)} {member}", "referral_mechanisms")


def _until(days: pd.Series) -> pd.Series:
    return days.dt.strftime("%d %B %Y").fillna("–")


take_names(__name__)
