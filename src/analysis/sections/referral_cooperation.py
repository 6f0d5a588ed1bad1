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
from analysis.sections.referral_evidence import LAST_RELEASED, area_ids, members, names, of, sources
from analysis.sections.section import Section, elsewhere, footer, plain

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


def rows_of(place: Area, found: CorridorCover) -> pd.DataFrame:
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


def _summary(table: pd.DataFrame, unit: str) -> pd.DataFrame:
    rows = table[table["reach"].isin([WITHIN, BEYOND, "left out"])]
    return pd.DataFrame(
        {
            "Corridors": rows["reach"],
            "Agreement": rows["cover"],
            "Number": rows["corridors"],
            unit: _between(rows),
            f"Share of {unit.lower()}, %": _percent(rows["share_low"], rows["share_high"]),
            "May be under one whose parties are not all named": rows["may_be"],
        }
    ).reset_index(drop=True)


def _percent(low: pd.Series, high: pd.Series) -> list[str]:
    texts = [(f"{100 * first:.0f}", f"{100 * last:.0f}") for first, last in zip(low, high, strict=True)]
    return ["–" if first == "nan" else first if first == last else f"{first}–{last}" for first, last in texts]


def _between(table: pd.DataFrame) -> list[str]:
    """Counts as they are known: a number, or two bounds."""
    pairs = table[["low", "high"]].astype(int).itertuples(index=False)
    return [f"{low:,}" if low == high else f"{low:,}–{high:,}" for low, high in pairs]


def _listed(table: pd.DataFrame, unit: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "From": route.named(table["origin"]),
            "To": route.named(table["destination"]),
            unit: _between(table),
            "Agreement": table["cover"],
            "Agreements": table["agreement_ids"].fillna("").str.replace(";", ", ").replace("", "–"),
            "First signed": table["first_low"].dt.year.astype("Int64").astype("string").fillna("–"),
            "Care or return of victims": table["care_or_return"].fillna("–"),
            "Referral clause": table["referral_clause"].fillna("–"),
        }
    ).reset_index(drop=True)


def agreements(place: Area) -> Section:
    """The agreements that were found."""
    table = catalog.load("agreements")
    listed = agreement_list(table)
    own = area_ids() if place.is_study else [place.area_id]
    listed = listed[[bool(set(parties.split(";")) & set(own)) for parties in listed["parties"]]]
    first = table.drop_duplicates("agreement_id").set_index("agreement_id")
    printed = pd.DataFrame(
        {
            "Agreement": listed["agreement_id"] + " " + listed["name"],
            "Kind": listed["kind"],
            "Signed": listed["agreement_id"].map(first["signed"]).replace("unknown", "not known"),
            "Parties named": [", ".join(route.named(pd.Series(parties.split(";")))) for parties in listed["parties"]],
            "On trafficking": listed["on_trafficking"].map({True: "yes", False: "other cooperation"}),
            "Care or return of victims reported": listed["agreement_id"].map(first["victim_care_or_return_reported"]),
            "Referral clause": listed["agreement_id"].map(first["has_referral_clause"]),
            "Doubt": listed["doubt"],
        }
    )
    return Section(
        "referral_agreements",
        f"{place.name}: {len(listed)} agreements found",
        printed.reset_index(drop=True),
        sources(listed),
        TEXT["parties_are_those_that_were"],
        cautions=evidence.cautions("agreements"),
        folded=True,
    )


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
    printed = pd.DataFrame(
        {"Date": table["date"], "Event": table["event"], "Body": table["body"], "Source": table["source_id"]}
    )
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
    table = of(place, members())
    printed = pd.DataFrame(
        {
            "Country": table["area_id"].map(names()),
            "Member of ECOWAS": table["member"],
            "Until": _until(table),
            "Note": table["note"],
            "Source": table["source_id"],
        }
    ).sort_values("Country", ignore_index=True)
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
    (row,) = of(place, members()).assign(until=_until).to_dict("records")
    said = TEXT["member"] if row["member"] == "yes" else TEXT["not_a_member"]
    said = TEXT["left"] if row["until"] != "–" else said
    member = said.format(place=plain(place.name), until=row["until"])
    return elsewhere(f"{referral_law.tier_in_words(place)} {member}", "referral_mechanisms")


def _until(table: pd.DataFrame) -> pd.Series:
    return table["until"].dt.strftime("%d %B %Y").fillna("–")
