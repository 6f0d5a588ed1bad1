"""Agreements over the corridors that reports name, the agreements themselves, and ECOWAS's own mechanism."""

from __future__ import annotations

import pandas as pd

from analysis import areas, catalog, evidence, plots
from analysis.areas import Area
from analysis.exhibits import detection, route
from analysis.exhibits.any_place import take_names
from analysis.exhibits.exhibit import Exhibit, absent, footer, only
from analysis.exhibits.plot import Plot
from analysis.exhibits.referral_evidence import area_ids, names, sources
from analysis.exhibits.table import Table, Words, in_a_list, or_dash, spans
from analysis.referral.agreements import (
    BEYOND,
    COVERS,
    NONE_FOUND,
    WITHIN,
    CorridorCover,
    agreement_list,
)

NOT_CODED = "None found does not mean none: agreements with states outside the region are hardly coded."
# Events after which the region is another one.
HIGHLIGHTS = (
    "Regional Referral Mechanism",
    "Withdrawal of",
    "sign a multilateral agreement",
    "review meeting in Lagos",
)
LANES = {
    "ECOWAS": "ECOWAS",
    "AES": "Alliance of Sahel States",
    "AU": "African Union",
    "": "others",
}


def touching(place: Area, corridors: pd.DataFrame) -> pd.DataFrame:
    """Return all corridors for the region, those from or to it for a country."""
    ends = (corridors["origin"] == place.area_id) | (corridors["destination"] == place.area_id)
    return corridors if place.is_study else corridors[ends]


@only("comparison", "{place}: agreements over the corridors between all countries that reports name")
def corridors_of_countries(place: Area, found: CorridorCover, years: tuple[int, int]) -> Exhibit:
    """Return the corridors of a study that reports name, countries by countries, and the agreements over them.

    Parameters
    ----------
    found : what `corridor_cover` makes of the mentions of these years.
    """
    table, arguments = found.grid(names())
    return _corridors(place, found, years, Plot(plots.matrix, table, **arguments))


def corridors_of_country(place: Area, found: CorridorCover, years: tuple[int, int], top: int) -> Exhibit:
    """Return the corridors of a country that reports name, and the agreements over them.

    Parameters
    ----------
    found : what `corridor_cover` makes of the mentions of these years.
    top : how many pairs of countries, those with most mentions, the map has.
    """
    if place.is_study:
        return absent(place, "agreements over the corridors of one country", "A country's page has them.")
    ends, world = route.ends_of(found.corridors, area_ids()), areas.background("world")
    where = {"places": ends, "world": world, "projection": place.projection, "highlight": place.area_id}
    return _corridors(place, found, years, Plot(CorridorCover.plot, found, **where, top=top))


def _corridors(place: Area, found: CorridorCover, years: tuple[int, int], plot: Plot) -> Exhibit:
    table = touching(place, found.corridors)
    mentions = evidence.route_mentions(detection.countries(place))
    mentions = mentions[mentions["report_year"].between(*years)]
    pairs = pd.MultiIndex.from_frame(table[["origin", "destination"]])
    named = mentions[pd.MultiIndex.from_frame(mentions[["origin", "destination"]]).isin(pairs)]
    title = f"{place.name}: agreements over the corridors that reports name"
    limits = f"{route.WRITTEN_OF} {NOT_CODED}"
    none = int((table["cover"] == NONE_FOUND).sum())
    return Exhibit(
        "referral_corridors",
        title,
        _cover_table(place, found),
        tuple(dict.fromkeys([*_signed(table), *route.cited(named)])),
        f"Mentions of {years[0]} to {years[1]}. A mention is a sentence, not a person. {limits}",
        plot,
        f"{title}: {len(table)} corridors; for {none} of them no agreement was found.",
        cautions=evidence.cautions("agreements", "route_mentions"),
        footer=footer(named, f"{named['mention_id'].nunique()} mentions", limits),
    )


def corridors_by_agreement(place: Area, found: CorridorCover, years: tuple[int, int]) -> Exhibit:
    """Return the numbers of corridors that reports name by the strongest agreement found over them.

    Parameters
    ----------
    found, years : as `corridors_of_country` takes them.
    """
    table = touching(place, found.corridors)
    number = table["cover"].value_counts().reindex(COVERS, fill_value=0).rename_axis("cover").rename("corridors")
    cited = table.dropna(subset=["source_ids"]).groupby("cover")["source_ids"].agg(";".join)
    rows = number.reset_index().assign(
        corridors_percent=100 * number.to_numpy() / max(len(table), 1),
        named=len(table),
        source_ids=cited.reindex(COVERS, fill_value="").to_numpy(),
    )
    return Exhibit(
        "referral_corridors_by_agreement",
        f"{place.name}: corridors that reports name, by the strongest agreement found",
        Table(
            rows if len(table) else rows.iloc[:0],
            {
                "Agreement": "cover",
                "Corridors": "corridors",
                "Corridors, %": Words(lambda percent: percent.round(0), "corridors_percent"),
            },
        ),
        _signed(table),
        f"Corridors between two countries named in {years[0]} to {years[1]}. {route.WRITTEN_OF} {NOT_CODED}",
        cautions=evidence.cautions("agreements", "route_mentions"),
    )


def _cover_table(place: Area, found: CorridorCover) -> Table:
    """Return corridors by class of agreement for a study, each corridor of one country; counts as they are known."""
    unit = found.unit.replace("persons", "victims").capitalize()
    return _summary(found.summary, unit) if place.is_study else _listed(touching(place, found.corridors), unit)


def detected(place: Area, found: CorridorCover, years: tuple[int, int]) -> Exhibit:
    """Return the agreements over the corridors on which citizens of one country were detected in another."""
    flows = evidence.citizenship_flows(area_ids())
    last = min(years[1], int(flows["year"].max()))
    return Exhibit(
        "referral_corridors_detected",
        f"{place.name}: agreements over the corridors of detected victims (UNODC)",
        _cover_table(place, found),
        tuple(dict.fromkeys([*_signed(touching(place, found.corridors)), *flows["source_id"].unique()])),
        f"Citizens of one country detected in another, {years[0]} to {last}; a '<5' is 0 to 4. "
        f"Detected, not incidence. {NOT_CODED}",
        cautions=evidence.cautions("unodc_citizenship_flows"),
        folded=True,
    )


def _signed(corridors: pd.DataFrame) -> tuple[str, ...]:
    """Return sources of the agreements over corridors."""
    return sources(corridors.dropna(subset=["source_ids"]))


def _summary(table: pd.DataFrame, unit: str) -> Table:
    rows = table[table["reach"].isin([WITHIN, BEYOND, "left out"])]
    return Table(
        rows,
        {
            "Corridors": "reach",
            "Agreement": "cover",
            "Number": "corridors",
            unit: Words(_between, "low", "high"),
            f"Share of {unit.lower()}, %": Words(_percent, "share_low", "share_high"),
            "May be under one whose parties are not all named": "may_be",
        },
    )


def _percent(low: pd.Series, high: pd.Series) -> list[str]:
    return spans(100 * low, 100 * high, ".0f", "–", alike=True)


def _between(low: pd.Series, high: pd.Series) -> list[str]:
    """Return counts as they are known: a number, or two bounds."""
    return spans(low.astype(int), high.astype(int), ",", "–")


def _listed(table: pd.DataFrame, unit: str) -> Table:
    return Table(
        table.assign(first_signed=table["first_low"].dt.year.astype("Int64")),
        {
            "From": Words(route.named, "origin"),
            "To": Words(route.named, "destination"),
            unit: Words(_between, "low", "high"),
            "Agreement": "cover",
            "Agreements": Words(in_a_list, "agreement_ids"),
            "First signed": Words(or_dash, "first_signed"),
            "Care or return of victims": Words(or_dash, "care_or_return"),
            "Referral clause": Words(or_dash, "referral_clause"),
        },
    )


def agreements(place: Area) -> Exhibit:
    """Return the agreements that were found."""
    table = catalog.load("agreements")
    found = agreement_list(table)
    own = area_ids() if place.is_study else [place.area_id]
    found = found[[bool(set(parties.split(";")) & set(own)) for parties in found["parties"]]]
    first = table.drop_duplicates("agreement_id").set_index("agreement_id")
    ids = found["agreement_id"]
    trafficking = {True: "yes", False: "other cooperation"}
    printed = Table(
        found.assign(
            agreement=ids + " " + found["name"],
            agreement_kind=found["kind"],
            signed=ids.map(first["signed"]),
            care_or_return=ids.map(first["victim_care_or_return_reported"]),
            referral_clause=ids.map(first["has_referral_clause"]),
            on_trafficking=found["on_trafficking"].astype(bool),
        ),
        {
            "Agreement": "agreement",
            "Kind": "agreement_kind",
            "Signed": Words(lambda signed: signed.replace("unknown", "not known"), "signed"),
            "Parties named": Words(_parties, "parties"),
            "On trafficking": Words(lambda each: each.map(trafficking), "on_trafficking"),
            "Care or return of victims reported": "care_or_return",
            "Referral clause": "referral_clause",
            "Doubt": "doubt",
        },
        also=("agreement_id", "source_ids"),
    )
    return Exhibit(
        "referral_agreements",
        f"{place.name}: {len(found)} agreements found",
        printed,
        sources(found),
        "Parties are those that were named in what was read. Whether there is a referral clause is unknown throughout.",
        cautions=evidence.cautions("agreements"),
        folded=True,
    )


def _parties(parties: pd.Series) -> list[str]:
    return [", ".join(route.named(pd.Series(each.split(";")))) for each in parties]


@only("comparison", "the dated history of the regional mechanism")
def history(place: Area) -> Exhibit:
    """Return the dated history of the regional mechanism."""
    table = catalog.load("regional_mechanism")
    body = table["body"].str.split(";").str[0].str.strip()
    lane = body.map(LANES).fillna(LANES[""])
    highlight = table["event"].apply(lambda event: any(words in event for words in HIGHLIGHTS))
    title = "ECOWAS's response to trafficking, and the regional referral mechanism"
    plot = Plot(
        plots.timeline,
        table.assign(lane=lane, highlight=highlight),
        start="date",
        label="event",
        lanes=list(LANES.values()),
    )
    shown = {"Date": "date", "Event": "event", "Body": "body", "Source": "source_id"}
    printed = Table(table, shown, also=("date_low", "date_high"))
    return Exhibit(
        "referral_history",
        title,
        printed,
        tuple(table["source_id"].unique()),
        "Events as reported; years without one are not years without action.",
        plot,
        f"{title}: {len(table)} events from {table['date'].iloc[0]} to {table['date'].iloc[-1]}.",
        evidence.cautions("regional_mechanism"),
        n="events",
    )


take_names(__name__)
