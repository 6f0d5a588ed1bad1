"""Totals of routes, as findings state them: mentions of a place by role and by partner, victims by citizenship."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from analysis import areas, evidence, texts
from analysis.areas import Area
from analysis.exhibits import detection, route
from analysis.exhibits.any_place import take_names
from analysis.exhibits.exhibit import Exhibit, only
from analysis.exhibits.table import FIGURE, Table, Words, coded, or_dash
from analysis.exhibits.wording import sentences
from analysis.methods import origin_destination
from analysis.methods.mentions import mention_stops

TEXT = texts.of(__name__)
ROLES = texts.table(__name__, "roles")
DIRECTIONS, YEARS = texts.table(__name__, "directions"), texts.table(__name__, "years")
# All partners together that the study does not ask about.
ELSEWHERE_NAMED = "another_country"
COVER = TEXT["cover"]
LATEST, ALL_YEARS, OUTSIDE = "latest", "all_years", "outside"


def mentions_by_role(place: Area) -> pd.DataFrame:
    """Return the mentions that name a place as origin, as transit, as destination, and as both ends of a route.

    Reports of the study's countries are searched; for a part of a country, those on its country.

    Returns
    -------
    DataFrame, a row a role: role, mentions (distinct; missing where no report on the place was read), n (mentions that
    were searched), period (years of these reports), source_ids (of the mentions; where there is none, of the reports on
    the place).
    """
    of_study = areas.ids(place.study) if areas.STUDIES[place.study].of_countries else None
    searched = evidence.route_mentions(reporting=place.iso3 if place.is_local else of_study)
    found = _local_roles(place) if place.is_local else _roles(searched, detection.countries(place))
    rows = ((role, found[found["role"] == role]) for role in ROLES)
    n = searched["mention_id"].nunique()
    return pd.DataFrame([{"role": role, **_counted(place, named, searched), "n": n} for role, named in rows])


def _counted(place: Area, rows: pd.DataFrame, searched: pd.DataFrame) -> dict[str, object]:
    """Return the number of mentions; where no report on the country was read none is known, which is no zero.

    A zero rests on the reports on the place's country that were searched, and cites them.
    """
    own = detection.countries(place)
    is_read = bool(set(evidence.readable_reports()["area_id"]) & set(own))
    cited = searched[searched["reporting_country"].isin(own)] if rows.empty else rows
    return {
        "mentions": rows["mention_id"].nunique() if is_read or len(rows) else pd.NA,
        "period": period(searched["report_year"]),
        "source_ids": route.cited(cited),
    }


def _roles(mentions: pd.DataFrame, own: list[str]) -> pd.DataFrame:
    """Mentions that name one of the countries, a row for each role in which they do: mention_id, role, source_id."""
    origin, destination = mentions["origin"], mentions["destination"]
    stops = mention_stops(mentions)
    passed = stops.loc[(stops["role"] == "transit") & stops["place_id"].isin(own), "person_id"]
    named = {
        "origin": origin.isin(own) & (origin != destination),
        "transit": mentions["mention_id"].astype(str).isin(set(passed)),
        "destination": destination.isin(own) & (origin != destination),
        "within": origin.isin(own) & (origin == destination),
    }
    return pd.concat(
        [mentions.loc[here, ["mention_id", "source_id"]].assign(role=role) for role, here in named.items()]
    )


def _local_roles(place: Area) -> pd.DataFrame:
    """The same for a part of a country, which reports name within their own country alone."""
    table = route.naming(place)
    # One sentence can name it at both ends, in one row.
    both = table["role"].map(lambda roles: {"origin", "destination"} <= set(roles.split(";"))).astype(bool)
    table = table.assign(role=table["role"].str.split(";").mask(both, "within"))
    return table.explode("role")[["mention_id", "source_id", "role"]]


def by_role(place: Area, table: pd.DataFrame) -> Exhibit:
    """Return the mentions of a place by its role on the route; `table` from `mentions_by_role`."""
    printed = Table(
        _numbers(table),
        {"Named as": coded(ROLES, "role"), "Mentions": Words(_or_unread, "mentions"), "Of mentions searched": "n"},
        also=("period",),
    )
    title = TEXT["by_role"].format(place=place.name)
    return Exhibit("mentions_by_role", title, printed, _cited(table), limits_of_mentions(place))


def mentions_by_partner(place: Area, mentions: pd.DataFrame) -> pd.DataFrame:
    """Return how many mentions name each country at the other end of a route from or to a place.

    Parameters
    ----------
    mentions : those of the place's routes, from `route.sources_of`.

    Returns
    -------
    DataFrame: partner (ISO 3166 alpha-3), and mentions, n, period and source_ids as `mentions_by_role` has them, n of
    those that name both ends. Countries that the study asks about have a row though none be named; last comes
    `ELSEWHERE_NAMED`, all others together. Empty for a part of a country.
    """
    if place.is_local:
        return pd.DataFrame(columns=["partner", "mentions", "n", "period", "source_ids"])
    own = detection.countries(place)
    table, asked = _partners(mentions, own), asked_about(place)
    named = table.groupby("partner")["mention_id"].nunique().sort_values(ascending=False, kind="stable")
    groups = [(each, table[table["partner"] == each]) for each in dict.fromkeys([*named.index, *asked])]
    groups.append((ELSEWHERE_NAMED, table[~table["partner"].isin(asked)]))
    n = table["mention_id"].nunique()
    return pd.DataFrame([{"partner": each, **_counted(place, rows, mentions), "n": n} for each, rows in groups])


def asked_about(place: Area) -> list[str]:
    """Return the countries that a study asks about at the other end of routes, but the place's own (ISO 3166)."""
    own = detection.countries(place)
    return [each for each in areas.STUDIES[place.study].partners.split(";") if each and each not in own]


def _partners(mentions: pd.DataFrame, own: list[str]) -> pd.DataFrame:
    """The countries at the other end of routes from or to `own`: mention_id, partner, source_id."""
    ends = []
    for one, other in (("origin", "destination"), ("destination", "origin")):
        here = mentions[mentions[one].isin(own) & ~mentions[other].isin(own)]
        ends.append(here[["mention_id", "source_id"]].assign(partner=here[other]))
    table = pd.concat(ends)
    return table[table["partner"].str.fullmatch("[A-Z]{3}").astype(bool)]


@only("national", "countries at the other end of routes")
def by_partner(place: Area, table: pd.DataFrame) -> Exhibit:
    """Return the mentions by country at the other end of the route; `table` from `mentions_by_partner`."""
    printed = Table(
        _numbers(table),
        {
            "At the other end": Words(_partner_names, "partner"),
            "Mentions": Words(_or_unread, "mentions"),
            "Of mentions that name both ends": "n",
        },
        also=("period",),
    )
    asked = ", ".join(route.named(pd.Series(asked_about(place), dtype=str)))
    limits = sentences(
        limits_of_mentions(place),
        TEXT["several"],
        TEXT["others_beside"].format(asked=asked) if asked else TEXT["others"],
    )
    title = TEXT["by_partner"].format(whose=detection.whose(place))
    return Exhibit("mentions_by_partner", title, printed, _cited(table), limits)


def _partner_names(ids: pd.Series) -> pd.Series:
    return route.named(ids).mask(ids == ELSEWHERE_NAMED, TEXT["others_together"])


def _or_unread(mentions: pd.Series) -> list[object]:
    return or_dash(mentions.astype("Float64").astype(object).fillna("").map(lambda n: n if n == "" else float(n)))


def _numbers(table: pd.DataFrame) -> pd.DataFrame:
    return table.astype({"mentions": "Int64", "n": "Int64"})


def _cited(table: pd.DataFrame) -> tuple[str, ...]:
    return tuple(dict.fromkeys(source for sources in table["source_ids"] for source in sources))


def limits_of_mentions(place: Area) -> str:
    """Return what counts of mentions of a place do not show."""
    by_country = TEXT["by_country"] if len(detection.countries(place)) > 1 else ""
    return sentences(route.WRITTEN_OF, route.MISSES[route.MENTIONS], by_country)


def victims_by_citizenship(place: Area, flows: pd.DataFrame) -> pd.DataFrame:
    """Return citizens detected in other countries, and foreign citizens detected: the latest year, and all years.

    Parameters
    ----------
    flows : UNODC's figures by citizenship and detecting country, from `route.sources_of`.

    Returns
    -------
    DataFrame: direction ("out", of citizens detected abroad; "in"), years (LATEST, ALL_YEARS; of a study of countries
    OUTSIDE too, of all years outside it), low, high (victims), value_qualifier, n (detecting countries with a figure),
    period, source_ids. Without a row where UNODC's release has no figure, and for a part of a country.
    """
    rows = [] if place.is_local else [row for way in DIRECTIONS for row in _by_citizenship(place, way, flows)]
    columns = ["direction", "years", "low", "high", "value_qualifier", "n", "period", "source_ids"]
    return pd.DataFrame(rows, columns=columns)


def _by_citizenship(place: Area, direction: str, flows: pd.DataFrame) -> Iterable[dict[str, object]]:
    """Yield the rows of one direction."""
    own = detection.countries(place)
    leaves = flows["citizenship" if direction == "out" else "detected_in"].isin(own)
    rows = flows[leaves & (flows["citizenship"] != flows["detected_in"])]
    if rows.empty:
        return
    asked = {LATEST: rows[rows["year"] == last_covered(rows)], ALL_YEARS: rows}
    if place.spans_countries and direction == "out":
        asked[OUTSIDE] = rows[~rows["detected_in"].isin(own)]
    for years, counted in asked.items():
        yield {
            "direction": direction,
            "years": years,
            **_summed(own, direction, counted),
            "value_qualifier": "derived",
            "n": counted["detected_in"].nunique(),
            "period": period(counted["year"]),
            "source_ids": route.cited(counted),
        }


def _summed(own: list[str], direction: str, rows: pd.DataFrame) -> dict[str, float]:
    """Bounds of the victims that leave, or arrive, added over the countries of a place."""
    matrix = origin_destination.citizenship_matrix(rows, own, years=None)
    parts = pd.concat([origin_destination.balance(matrix, iso3) for iso3 in own])
    sums = parts[parts["direction"] == direction][["low", "high"]].sum()
    return {"low": float(sums["low"]), "high": float(sums["high"])}


def last_covered(rows: pd.DataFrame) -> int:
    """Return the last year with figures of at least half as many detecting countries as the year that has most."""
    cover = rows.groupby("year")["detected_in"].nunique()
    return int(cover.index[2 * cover >= cover.max()].max())


@only("national", "victims by citizenship")
def by_citizenship(place: Area, table: pd.DataFrame) -> Exhibit:
    """Return citizens detected abroad and foreign citizens detected; `table` from `victims_by_citizenship`."""
    whose = detection.whose(place)
    printed = Table(
        table.assign(n=table["n"].astype("Int64")),
        {
            "Counted": coded(DIRECTIONS, "direction"),
            "Years": coded(YEARS, "years"),
            "Period": "period",
            "Victims": FIGURE,
            "Detecting countries with a figure": "n",
        },
    )
    title = TEXT["by_citizenship"].format(whose=whose)
    limits = sentences(limits_of_victims(place), COVER)
    return Exhibit("victims_by_citizenship", title, printed, _cited(table), limits)


def limits_of_victims(place: Area) -> str:
    """Return what victims by citizenship do not show."""
    across = TEXT["across"] if len(detection.countries(place)) > 1 else ""
    return sentences(TEXT["detected_limits"].format(misses=route.MISSES[route.UNODC]), across)


def period(years: pd.Series) -> str:
    """Return years as a period: "2014", or "2014/2022"; empty where there is none."""
    known = years.dropna().astype(int)
    return "/".join(dict.fromkeys(map(str, (known.min(), known.max())))) if len(known) else ""


take_names(__name__)
