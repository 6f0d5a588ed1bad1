"""Sections on working together: agreements beside the corridors that evidence names, and ECOWAS's own mechanism."""

from __future__ import annotations

from functools import cache

import pandas as pd
from IPython.display import Markdown
from matplotlib.figure import Figure

from analysis import areas, catalog, evidence, plots, texts
from analysis.areas import Area
from analysis.methods import origin_destination
from analysis.referral.agreements import (
    BEYOND,
    NONE_FOUND,
    WITHIN,
    YEARS,
    CorridorCover,
    agreement_list,
    agreement_pairs,
    corridor_cover,
)
from analysis.sections import referral_law, route
from analysis.sections.referral_evidence import LAST_RELEASED, area_ids, names, of, sources
from analysis.sections.section import Section, elsewhere, footer, plain
from analysis.sections.table import Table, Words, in_a_list, or_dash, spans

TEXT = texts.of(__name__)

NOT_CODED = TEXT["not_coded"]
# Events after which the region is another one.
HIGHLIGHTS = (
    "Regional Referral Mechanism",
    "Withdrawal of",
    "sign a multilateral agreement",
    "review meeting in Lagos",
)
LANES = texts.table(__name__, "lanes")


@cache
def cover() -> CorridorCover:
    """All corridors of the region that reports name, by the arguments that the notebook has in its cell."""
    matrix = origin_destination.mention_matrix(evidence.route_mentions(), area_ids(), YEARS)
    return corridor_cover(matrix, agreement_pairs(catalog.load("agreements")), area_ids())


def covered(place: Area) -> pd.DataFrame:
    """The corridors of a place that reports name, each with the agreement that was found over it."""
    return touching(place, cover().corridors)


def touching(place: Area, corridors: pd.DataFrame) -> pd.DataFrame:
    """All corridors for the region, those from or to it for a country."""
    ends = (corridors["origin"] == place.area_id) | (corridors["destination"] == place.area_id)
    return corridors if place.is_study else corridors[ends]


def corridors(place: Area, found: CorridorCover, years: tuple[int, int]) -> Section:
    """What surrounds the corridors that reports of these years name, and the agreements that were found over them."""
    table = touching(place, found.corridors)
    mentions = evidence.route_mentions()
    mentions = mentions[mentions["report_year"].between(*years)]
    pairs = pd.MultiIndex.from_frame(table[["origin", "destination"]])
    named = mentions[pd.MultiIndex.from_frame(mentions[["origin", "destination"]]).isin(pairs)]
    title = TEXT["corridors_title"].format(place=place.name)
    limits = f"{route.WRITTEN_OF} {NOT_CODED}"
    none = table[table["cover"] == NONE_FOUND]
    return Section(
        "referral_corridors",
        title,
        source_ids=tuple(dict.fromkeys([*_signed(table), *route.cited(named)])),
        limits=TEXT["mentions_of_to_a_mention"].format(first=years[0], last=years[1], limits=limits),
        alt=TEXT["corridors_for_of_them_no"].format(title=title, rows=len(table), none=len(none)),
        cautions=evidence.cautions("agreements", "route_mentions"),
        footer=footer(named, f"{named['mention_id'].nunique()} mentions", limits),
    )


def figure(place: Area, found: CorridorCover, section: Section, top: int) -> Figure:
    """Countries by countries for a study; a map of the `top` pairs with most mentions for one country."""
    if place.is_study:
        return found.plot_matrix({area_id: names()[area_id] for area_id in area_ids()}, **section.frame)
    ends, world = route.ends_of(found.corridors, area_ids()), areas.background("world")
    return found.plot(ends, world, projection=place.projection, highlight=place.area_id, top=top, **section.frame)


def rows_of(place: Area, found: CorridorCover) -> Table:
    """Corridors by class of agreement for a study, each corridor of one country; counts as they are known."""
    unit = found.unit.replace("persons", "victims").capitalize()
    return _summary(found.summary, unit) if place.is_study else _listed(touching(place, found.corridors), unit)


def detected(place: Area, found: CorridorCover, years: tuple[int, int]) -> Section:
    """The agreements over the corridors on which citizens of one country were detected in another."""
    flows = catalog.load("unodc_citizenship_flows")
    return Section(
        "referral_corridors_detected",
        TEXT["detected_title"].format(place=place.name),
        rows_of(place, found),
        tuple(dict.fromkeys([*_signed(touching(place, found.corridors)), *flows["source_id"].unique()])),
        TEXT["detected_limits"].format(first_year=years[0], last_released=LAST_RELEASED, not_coded=NOT_CODED),
        cautions=evidence.cautions("unodc_citizenship_flows"),
        folded=True,
    )


def _signed(corridors: pd.DataFrame) -> tuple[str, ...]:
    """Sources of the agreements over corridors."""
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
    """Counts as they are known: a number, or two bounds."""
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


def agreements(place: Area) -> Section:
    """The agreements that were found."""
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
    return Section(
        "referral_agreements",
        f"{place.name}: {len(found)} agreements found",
        printed,
        sources(found),
        TEXT["parties_are_those_that_were"],
        cautions=evidence.cautions("agreements"),
        folded=True,
    )


def _parties(parties: pd.Series) -> list[str]:
    return [", ".join(route.named(pd.Series(each.split(";")))) for each in parties]


def history(place: Area) -> Section:
    """The dated history of the regional mechanism."""
    table = catalog.load("regional_mechanism")
    body = table["body"].str.split(";").str[0].str.strip()
    lane = body.map(LANES).fillna(LANES[""])
    highlight = table["event"].apply(lambda event: any(words in event for words in HIGHLIGHTS))
    title = TEXT["history_title"]
    limits = TEXT["history_limits"]
    figure = plots.timeline(
        table.assign(lane=lane, highlight=highlight),
        start="date",
        label="event",
        lanes=list(LANES.values()),
        title=title,
        footer=footer(table, f"{len(table)} events", limits),
    )
    shown = {"Date": "date", "Event": "event", "Body": "body", "Source": "source_id"}
    printed = Table(table, shown, also=("date_low", "date_high"))
    return Section(
        "referral_history",
        title,
        printed,
        tuple(table["source_id"].unique()),
        limits,
        figure,
        TEXT["events_from"].format(
            title=title, rows=len(table), first=table["date"].iloc[0], last=table["date"].iloc[-1]
        ),
        evidence.cautions("regional_mechanism"),
    )


def membership(place: Area) -> Section:
    """Who is a member of ECOWAS, whose mechanism it is, and until when."""
    table = of(place, catalog.load("ecowas_members"))
    printed = Table(
        table.assign(name=table["area_id"].map(names())).sort_values("name", ignore_index=True),
        {
            "Country": "name",
            "Member of ECOWAS": "member",
            "Until": Words(_until, "until"),
            "Note": "note",
            "Source": "source_id",
        },
        also=("area_id",),
    )
    return Section(
        "referral_members",
        TEXT["membership_of_ecowas_whose_mechanism"].format(place=place.name),
        printed,
        tuple(table["source_id"].unique()),
        TEXT["answers_are_as_of_2023"],
        folded=True,
    )


def seen_from_outside(place: Area) -> Markdown:
    """The tier of a country, and whether it is a member of ECOWAS; the study's page has both for all countries."""
    (row,) = (
        of(place, catalog.load("ecowas_members")).assign(until=lambda table: _until(table["until"])).to_dict("records")
    )
    said = TEXT["member"] if row["member"] == "yes" else TEXT["not_a_member"]
    said = TEXT["left"] if row["until"] != "–" else said
    member = said.format(place=plain(place.name), until=row["until"])
    return elsewhere(f"{referral_law.tier_in_words(place)} {member}", "referral_mechanisms")


def _until(days: pd.Series) -> pd.Series:
    return days.dt.strftime("%d %B %Y").fillna("–")
