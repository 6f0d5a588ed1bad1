"""Sections on routes of public evidence: corridors in tables and on maps, how far they reach, and what changed."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd
from IPython.display import Markdown

import journeys
from analysis import areas, evidence, plots
from analysis.areas import Area
from analysis.data_read import remembered
from analysis.exhibits import detection
from analysis.exhibits.any_place import take_names
from analysis.exhibits.exhibit import PUBLIC, Exhibit, absent, elsewhere, footer, instead, only, said
from analysis.exhibits.plot import Layer, Plot
from analysis.exhibits.table import FIGURE, Table, Words, spans, year
from analysis.exhibits.wording import sentences
from analysis.methods import origin_destination
from analysis.methods.mentions import mentions_naming
from bounded import intervals

UNODC = "UNODC: citizenship of detected victims × detecting country"
MENTIONS = "US reports: origin and destination named in a sentence"
MISSES = {
    UNODC: "Citizenship is not the place where a route began. Only victims who were detected and whose country "
    "reported are counted; transit is not seen; `<5` may stand for none; many detecting countries never reported.",
    MENTIONS: "A mention is a sentence, not a person, and carries no number; what was read of a report differs from "
    "year to year; reports repeat themselves; regions are named where no country is.",
}
WRITTEN_OF = "A route that is written of is not a measure of how many travel it."
NEVER_ADDED = "The two counts are of different things and are never added."
DETECTED_VICTIMS, PAIRS_NAMED, NAMED = "UNODC, detected victims", "US reports, pairs named", "US reports, mentions"


@remembered
def sources_of(place: Area) -> tuple[pd.DataFrame, pd.DataFrame]:
    """UNODC's flows, and the route mentions of US reports, that begin or end in `place`'s countries."""
    own = detection.countries(place)
    return evidence.citizenship_flows(own), evidence.route_mentions(own)


def what_each_misses() -> Markdown:
    """Return what each of the two sources misses, in plain words."""
    return said("\n".join(f"- **{name}.** {text}" for name, text in MISSES.items()))


@only("national", "routes that other sources name")
def named_elsewhere(place: Area) -> Exhibit:
    """Return routes that agencies and newspapers name: read here and there, and so no part of any share."""
    table = evidence.routes_named_elsewhere(detection.countries(place)).sort_values("report_year", kind="stable")
    printed = Table(
        table,
        {
            "Year": Words(year, "report_year"),
            "From": Words(named, "origin"),
            "To": Words(named, "destination"),
            "Who": Words(listed, "victims"),
            "Form": Words(forms, "form"),
            "Noted": "note",
        },
        also=("source_id",),
    )
    whose = detection.whose(place)
    limits = f"{WRITTEN_OF} These sources were read here and there: they are counted in no share and no trend."
    if table.empty:
        limits = f"Of {whose} no route was read outside the US reports and UNODC."
    return Exhibit("named_elsewhere", f"{whose}: routes that other sources name", printed, cited(table), limits)


def named(ids: pd.Series) -> pd.Series:
    """Country names for ISO3 codes; names of regions stay as they are."""
    return ids.map(country_names()).fillna(ids.map(areas.country_name))


def ends_of(routes: pd.DataFrame, own: Collection[str]) -> pd.DataFrame:
    """Return the points at which the ends of routes are drawn: in each country, and for each region of the world.

    Parameters
    ----------
    routes : origin, destination (ISO 3166 alpha-3, or the name of a region).
    own : codes of the study's countries.

    Returns
    -------
    DataFrame: id, name, x, y (longitude, latitude; missing where a name is not one place, as "neighbouring countries"),
    study, region.
    """
    ids = pd.unique(routes[["origin", "destination"]].to_numpy().ravel())
    points = origin_destination.ends_on_ground(areas.background("world"), ids)
    nowhere = pd.DataFrame({"id": [end for end in ids if end not in set(points["id"])], "region": False})
    table = pd.concat([points, nowhere], ignore_index=True)
    return table.assign(name=named(table["id"]), study=table["id"].isin(own), region=table["region"].astype(bool))


def listed(words: pd.Series) -> pd.Series:
    """Coded words with a comma between them."""
    return words.str.replace(";", ", ")


def forms(words: pd.Series) -> pd.Series:
    """Coded forms of exploitation as people read them."""
    spelt = words.fillna("").str.replace(";", ", ").str.replace("_", " ")
    return spelt.str.replace(r"\bsex\b(?! not)", "sexual exploitation", regex=True)


@remembered
def country_names() -> pd.Series:
    """Names by id: of the studies' areas as they are called there, and of the other countries of the world."""
    table = pd.concat([detection.names_of(), areas.background("world")])
    return table.drop_duplicates("area_id").set_index("area_id")["name"]


def cited(*tables: pd.DataFrame) -> tuple[str, ...]:
    """The sources of all rows, in their order."""
    return tuple(dict.fromkeys(source for table in tables for source in table["source_id"]))


def corridors(place: Area, victims: pd.DataFrame, written: pd.DataFrame, naming: pd.DataFrame) -> tuple[Exhibit, ...]:
    """Return the pairs of origin and destination with most detected victims, and with most mentions.

    A province or an island has the mentions that name it, and a sentence on the corridors of its country.

    Parameters
    ----------
    victims, written : what `origin_destination.top_corridors` makes of either matrix.
    naming : what `naming_places` gives of the place.
    """
    if place.is_local:
        national = absent(place, "corridors named or detected most", "national")
        return national, local_mentions(place, naming), national_corridors(place, victims, written)
    years = written["first_year"].astype(str) + " to " + written["last_year"].astype(str)
    columns = ["source", "rank_low", "rank_high", "origin", "destination", "low", "high", "value_qualifier", "years"]
    both = [
        victims.assign(source=DETECTED_VICTIMS),
        written.assign(
            source=NAMED, low=written["mentions"], high=written["mentions"], value_qualifier="mentions", years=years,
        ),
    ]  # fmt: skip
    table = pd.concat([each[columns] for each in both], ignore_index=True)
    rows = Table(
        table.astype({"low": float, "high": float}),
        {
            "Source": "source",
            "Rank": Words(spans, "rank_low", "rank_high"),
            "From": Words(named, "origin"),
            "To": Words(named, "destination"),
            "Count": Words(_counts, "low", "high", "value_qualifier"),
            "Years": "years",
        },
    )
    title = f"{detection.whose(place)}: corridors named or detected most"
    return (Exhibit("corridors", title, rows, cited(*sources_of(place)), sentences(WRITTEN_OF, NEVER_ADDED)),)


def _counts(low: pd.Series, high: pd.Series, value_qualifier: pd.Series) -> list[str]:
    """Victims, or mentions, which are exact."""
    words = intervals.text(low, high, value_qualifier.replace("mentions", "exact"))
    return [
        f"{count:.0f}" if what == "mentions" else said
        for count, what, said in zip(low, value_qualifier, words, strict=True)
    ]


def national_corridors(place: Area, victims: pd.DataFrame, written: pd.DataFrame) -> Exhibit:
    """Return a sentence on the first corridors of a place's country, whose figures stand on the page of the study."""
    whose = detection.whose(place)
    known = [f"**{whose}.** Figures on routes are national; what sources name in {place.name} itself stands above."]
    if len(victims):
        count = spans(victims["low"][:1], victims["high"][:1], ",.0f", "–")[0]
        known.append(f"UNODC counts most detected victims on {_first(victims)} ({count}).")
    if len(written):
        known.append(f"US reports name {_first(written)} most ({written['mentions'].iloc[0]} mentions).")
    return instead(elsewhere(sentences(*known), "routes"))


def _first(table: pd.DataFrame) -> str:
    """Both ends of the first pair: "Syria → Türkiye"."""
    return " → ".join(named(table[["origin", "destination"]].iloc[0]))


@only("national", "every pair of origin and destination, by both sources")
def pairs(place: Area, detected: pd.DataFrame, mentioned: pd.DataFrame) -> Exhibit:
    """Return every pair of both matrices, the two counts side by side."""
    rows = detected.merge(mentioned, on=["origin", "destination"], how="outer")
    rows = rows.sort_values(["high", "mentions"], ascending=False, na_position="last")
    printed = Table(
        rows,
        {
            "From": Words(named, "origin"),
            "To": Words(named, "destination"),
            "Detected (UNODC)": FIGURE,
            "UNODC years": Words(lambda years: years.fillna("not reported"), "years"),
            "Mentions (US reports)": Words(lambda mentions: _or(mentions, "not named"), "mentions"),
            "Reports": Words(lambda reports: _or(reports, "–"), "reports"),
        },
    )
    return Exhibit(
        "pairs",
        f"{detection.whose(place)}: every pair of origin and destination, by both sources",
        printed,
        cited(*sources_of(place)),
        sentences(WRITTEN_OF, "Detected, not incidence.", NEVER_ADDED),
        cautions=evidence.cautions("unodc_citizenship_flows", "route_mentions"),
    )


def _or(counts: pd.Series, otherwise: str) -> list[str]:
    return [f"{count:.0f}" if count == count else otherwise for count in counts]


@only("national", "out, in and within")
def balance(place: Area, detected: pd.DataFrame, mentioned: pd.DataFrame) -> Exhibit:
    """Return what leaves a country, enters it and stays within it, by both sources."""
    rows = []
    for iso3 in detection.countries(place):
        for source, matrix in ((DETECTED_VICTIMS, detected), (PAIRS_NAMED, mentioned)):
            rows.append(origin_destination.balance(matrix, iso3).assign(area_id=iso3, source=source))
    table = pd.concat(rows, ignore_index=True)
    table = table.assign(name=named(table["area_id"]), value_qualifier="derived")
    columns = ["area_id", "name", "source", "direction", *intervals.COLUMNS]
    return Exhibit(
        "balance",
        f"{detection.whose(place)}: out, in and within",
        Table(table[columns], _by_direction),
        cited(*sources_of(place)),
        f"{WRITTEN_OF} Zero means that none was detected or named, not that there was none.",
    )


def _by_direction(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row a country and source, with a column a direction."""
    words = table.assign(words=intervals.text(table["low"], table["high"], table["value_qualifier"]))
    keys = {"name": "Country", "source": "Source"}
    wide = {
        heading: words[words["direction"] == direction].set_index([*keys])["words"]
        for direction, heading in (("out", "Out"), ("in", "In"), ("domestic", "Within"))
    }
    return (
        pd.DataFrame(wide)
        .reindex(pd.MultiIndex.from_frame(words[[*keys]].drop_duplicates()))
        .reset_index()
        .rename(columns=keys)
    )


@only("national", "how far the routes go")
def scope(place: Area, of_victims: pd.DataFrame, of_mentions: pd.DataFrame) -> Exhibit:
    """Return how far the routes go: domestic, sub-regional, regional, trans-regional, by both sources.

    Without intervals: victims who were detected, and sentences of reports, are no sample.

    Parameters
    ----------
    of_victims, of_mentions : what `scopes.scope_shares` makes of either matrix.
    """
    both = {DETECTED_VICTIMS: of_victims, NAMED: of_mentions}
    shares = pd.concat([_of_known(table).assign(source=source) for source, table in both.items()], ignore_index=True)
    lost, drawn = shares[shares["scope"] == "unknown"], shares[shares["scope"] != "unknown"]
    flows, mentions = sources_of(place)
    title = f"{detection.whose(place)}: how far the routes go"
    limits = (
        f"{WRITTEN_OF} Shares among routes of known scope (unknown: {' and '.join(_count_words(lost))}, of victims and "
        "of pairs named). They are no sample, so that there is no interval. UNODC's sub-region is all of sub-Saharan "
        "Africa."
    )
    return Exhibit(
        "scope",
        title,
        Table(
            shares,
            {
                "Source": "source",
                "Scope": "scope",
                "Count": Words(lambda low, high: spans(low, high, ",.0f"), "count_low", "count_high"),
                "Share of known": Words(lambda low, high: spans(low, high, ".0%"), "known_low", "known_high"),
            },
        ),
        cited(flows, mentions),
        limits,
        Plot(
            plots.dots,
            drawn.assign(text=_count_words(drawn)),
            label="scope",
            estimate=("known_low", "known_high"),
            interval=None,
            series="source",
            text="text",
            xlabel="share of routes of known scope",
            text_label="victims; pairs named",
            percent=True,
        ),
        alt=f"{title}, by each of the two sources.",
        # Its rows are shares: what they were counted of is named below them.
        footer=footer(
            pd.concat([flows, mentions.rename(columns={"report_year": "year"})]),
            f"{len(flows)} UNODC figures; {mentions['mention_id'].nunique()} mentions",
            limits,
        ),
    )


def _of_known(table: pd.DataFrame) -> pd.DataFrame:
    """Return the shares of scopes among those that are known; between bounds where the counts are."""
    known = table["scope"] != "unknown"
    low, high = (table[f"count_{end}"].where(known).astype(float) for end in ("low", "high"))
    others = {end: pd.Series([each.drop(row).sum() for row in each.index], each.index) for end, each in
              (("low", low), ("high", high))}  # fmt: skip
    # A share is smallest when its own count is low and all others are high, and the other way round.
    return table.assign(
        known_low=low / (low + others["high"]),
        # A count without an upper bound may be the whole.
        known_high=(high / (high + others["low"])).mask(high == float("inf"), 1.0),
    )


def _count_words(shares: pd.DataFrame) -> list[str]:
    return spans(shares["count_low"], shares["count_high"], ",.0f")


@only("national", "forms and victims in route mentions")
def forms_and_victims(place: Area, by_form: pd.DataFrame, by_victims: pd.DataFrame) -> Exhibit:
    """Return mentions by form of exploitation and by who is named, as shares of all.

    Without intervals: sentences of reports are no sample.

    Parameters
    ----------
    by_form, by_victims : what `mentions_by` counts of each.
    """
    groups = {"form": "Form of exploitation", "victims": "Who is named"}
    table = pd.concat(
        [
            counted.rename(columns={what: "category"}).assign(group=groups[what])
            for what, counted in (("form", by_form), ("victims", by_victims))
        ],
        ignore_index=True,
    )
    printed = Table(
        table,
        {
            "By": "group",
            "Named": Words(forms, "category"),
            "Mentions": "mentions",
            "Reports": "reports",
            "Share of mentions": Words(lambda shares: [f"{share:.0%}" for share in shares], "share"),
        },
    )
    title = f"{detection.whose(place)}: forms and victims in route mentions"
    limits = f"{WRITTEN_OF} A mention can name several forms and several groups, so shares add to more than one."
    return Exhibit("forms_and_victims", title, printed, cited(sources_of(place)[1]), limits)


@only("national", "corridors that are named more or less than before")
def changed_corridors(place: Area, changed: pd.DataFrame, periods: tuple, top: int) -> Exhibit:
    """Return corridors named more, or less, a readable report in the later period than in the earlier.

    Parameters
    ----------
    changed, periods : what `change_between` finds of these periods.
    top : how many are printed, the least likely by chance first.
    """
    table = changed.head(top)
    table = table.astype({"new": bool, "no_longer_named": bool})
    level = intervals.confidence_level(changed)
    rows = Table(
        table,
        {
            "From": Words(named, "origin"),
            "To": Words(named, "destination"),
            f"Mentions {periods[0][0]}-{periods[0][1]}": "mentions_before",
            f"Mentions {periods[1][0]}-{periods[1][1]}": "mentions_after",
            f"Ratio per report ({level})": Words(
                lambda *each: list(map(_ratio_words, *each)), "rate_ratio", "low", "high"
            ),
            "p, adjusted": Words(lambda p: [f"{each:.3f}" if each == each else "–" for each in p], "p_adjusted"),
            "Named": Words(_when_named, "new", "no_longer_named"),
        },
        also=("confidence",),
    )
    return Exhibit(
        "changed_corridors",
        f"{detection.whose(place)}: corridors that are named more or less than before",
        rows,
        cited(sources_of(place)[1]),
        f"{WRITTEN_OF} Not named is not ended. Most ratios are below one since before 2013 mainly reports that name a "
        "route are known. p-values are adjusted for the number of corridors (Benjamini-Hochberg).",
    )


def _when_named(new: pd.Series, gone: pd.Series) -> list[str]:
    return [
        "only later" if first else "only earlier" if last else "in both" for first, last in zip(new, gone, strict=True)
    ]


def _ratio_words(ratio: float, low: float, high: float) -> str:
    if ratio != ratio:
        return "no report read in one period"
    upper = "no upper limit" if high == float("inf") else f"{high:.2f}"
    return f"{'only later' if ratio == float('inf') else f'{ratio:.2f}'} ({low:.2f} to {upper})"


@only("national", "map of routes")
def flow_map(place: Area, matrix: pd.DataFrame, rows: pd.DataFrame, top: int = 15) -> Exhibit:
    """Return the largest corridors on a map: those mentioned in reports, or those of detected victims.

    Parameters
    ----------
    matrix : from `origin_destination.mention_matrix` or `origin_destination.citizenship_matrix`.
    rows : the mentions, or the figures of UNODC, that it was made of.
    top : how many are drawn.
    """
    whose = detection.whose(place)
    if "mentions" in matrix:
        name, unit = "flow_map_mentions", "mentions"
        matrix = matrix.assign(low=matrix["mentions"], high=matrix["mentions"], text=matrix["mentions"].astype(str))
        title = f"{whose}: routes named in US reports"
        # A mention can name several pairs: what the map counts adds up to more than the mentions.
        n = (
            f"{rows['mention_id'].nunique():,} mentions, which name {len(matrix):,} pairs "
            f"{matrix['mentions'].sum():,} times"
        )
        limits = f"{WRITTEN_OF} Lines join countries, not the places of a journey."
    else:
        name, unit = "flow_map_unodc", "detected victims"
        matrix = matrix.assign(text=intervals.text(matrix["low"], matrix["high"], matrix["value_qualifier"]))
        title = f"{whose}: citizenship and detecting country of victims (UNODC)"
        victims = intervals.text(matrix["low"].sum(), matrix["high"].sum(), "exact")
        n = f"{victims} detected victims in {len(rows):,} figures"
        limits = "Detected, not incidence. Lines join citizenship and detecting country; they are not journeys."
    plot = Plot(
        plots.flow_map,
        matrix,
        places=ends_of(matrix, detection.countries(place)),
        world=Layer("world"),
        projection=place.projection,
        highlight=None if place.is_study else place.iso3,
        top=top,
        unit=unit,
        note=_areas_named(place, rows) if "mentions" in matrix else "",
    )
    alt = f"{title}: the width of an arrow shows the {unit}."
    footed = footer(rows, n, limits)
    return Exhibit(name, title, source_ids=cited(rows), limits=limits, plot=plot, alt=alt, footer=footed)


def _areas_named(place: Area, rows: pd.DataFrame) -> str:
    """Say how many of the map's mentions name each area of a study within one country, most first, and which none."""
    if not place.is_study or place.spans_countries:
        return ""
    known = areas.names(place.study)
    names = {name: area for area_id in known for name, area in _names(areas.get(area_id)).items()}
    found = _naming(place.iso3, names)
    found = found[found["mention_id"].isin(rows["mention_id"])]
    each = found.assign(places=found["places"].str.split(";")).explode("places")
    numbers = each.groupby("places")["mention_id"].nunique().sort_values(ascending=False, kind="stable")
    none = [name for name in known.values() if name not in numbers.index]
    counted = ", ".join(f"{name} {number}" for name, number in numbers.items())
    one = f"one of the {len(known)} {areas.load(place.study)['level'].iloc[0]}s"
    if numbers.empty:
        return f"None of these mentions names {one}."
    return f"Of these mentions, so many name {one}: {counted}; none names {', '.join(none) or '–'}."


def _names(place: Area) -> dict[str, str]:
    """Return the names of a province or an island, and of the towns that stand for it, each with its name."""
    rows = areas.load(place.study).set_index("area_id")
    towns = str(rows.loc[place.area_id, "towns"]).split(";") if "towns" in rows else []
    return dict.fromkeys([place.name, place.name_local, *filter(None, towns)], place.name)


def _naming(iso3: str, names: dict[str, str]) -> pd.DataFrame:
    """The rows of route mentions in reports on a country that name one of its places: these as `places`, and `role`."""
    # "Santiago" or "Adana" in a report on another country is another place.
    own = evidence.route_mentions(reporting=iso3)
    # One sentence can name several islands in rows of their own: each row is asked for itself.
    found = mentions_naming(own.assign(mention_id=own.index), names).set_index("mention_id")
    return own.loc[sorted(found.index)].assign(places=found["places"], role=found["role"])


def naming(place: Area) -> pd.DataFrame:
    """The rows of route mentions in reports on its country that name a province or an island, or a town that stands for
    it, with the role in which they do: origin, transit, destination, or several with ";" between."""
    return _naming(place.iso3, _names(place))


def naming_places(place: Area) -> pd.DataFrame:
    """The mentions that name a place: the island or province itself, or any place on a country's routes."""
    if place.is_local:
        return naming(place)
    _, mentions = sources_of(place)
    return mentions[(mentions["origin_place"] != "") | (mentions["destination_place"] != "")]


def local_mentions(place: Area, table: pd.DataFrame) -> Exhibit:
    """Return the mentions of `naming_places` as a table."""
    limits = "Most mentions name countries only; a place that is not named may still be on a route."
    if place.level == "island":
        limits = "No pair of islands is named anywhere, only islands of exploitation; others may still be on a route."
    elif place.level == "province":
        limits = "Reports name few provinces; a province that is not named may still be on a route."
    elif place.is_local:
        limits = f"Reports name few places within a country; a {place.level} that is not named may still be on a route."
    rows = Table(
        table,
        {
            "Report": Words(year, "report_year"),
            "From": Words(_end, "origin", "origin_place"),
            "To": Words(_end, "destination", "destination_place"),
            "Who": Words(listed, "victims"),
            "Form": Words(forms, "form"),
        },
        also=("mention_id", "source_id"),
    )
    title = f"Mentions that name {place.name if place.is_local else 'a place within a country'}"
    return Exhibit("local_mentions", title, rows, cited(table), limits)


def places_within(place: Area, table: pd.DataFrame) -> Exhibit:
    """Return `local_mentions` of a country or a study; those of a province or an island stand first on its page."""
    if place.is_local:
        return absent(
            place, "mentions that name a place within a country", f"Those that name {place.name} stand above."
        )
    return local_mentions(place, table)


@only("national", "transit places named")
def named_on_the_way(place: Area, stops: pd.DataFrame, passed: pd.DataFrame) -> Exhibit:
    """Return the places that mentions name on the way between origin and destination.

    Parameters
    ----------
    stops : `mention_stops` of the mentions.
    passed : what `journeys.transit` makes of them.
    """
    read = journeys.journeys(stops)
    pair_of = dict(zip(read.ids, zip(read.origin, read.destination, strict=True), strict=True))
    via = stops[stops["role"] == "transit"].assign(pair=lambda rows: rows["journey_id"].map(pair_of))
    _, mentions = sources_of(place)
    count, every = mentions.loc[mentions["transit"] != "", "mention_id"].nunique(), mentions["mention_id"].nunique()
    rows = Table(
        passed.assign(mentions=passed["persons"], pairs=passed["place"].map(via.groupby("place_id")["pair"].nunique())),
        {"Place": Words(named, "place"), "Mentions": "mentions", "Pairs of places it is named between": "pairs"},
    )
    title = f"{detection.whose(place)}: transit places named"
    limits = (
        f"{count} of {every:,} {'mention names' if count == 1 else 'mentions name'} one; one in the country of an end "
        "is not shown. A report that names none does not say that the path is direct; where it names several it does "
        "not give their order."
    )
    return Exhibit("named_on_the_way", title, rows, cited(mentions), limits)


def _end(country: pd.Series, within: pd.Series) -> pd.Series:
    return named(country) + within.where(within == "", " (" + within.str.replace(";", ",") + ")")


HEIGHT = 760  # pixels of a frame: what is longer is scrolled within it
# The reports' words for those who are named -> their sex and age, where the word says so.
SEX_OF = {"girls": "female", "women": "female", "boys": "male", "men": "male"}
AGE_OF = {
    "children": "children",
    "girls": "children",
    "boys": "children",
    "women": "adults",
    "men": "adults",
    "adults": "adults",
}
FILTERS = {"year": "Year", "form": "Form of exploitation", "sex": "Sex", "age_group": "Age"}


def explorer(place: Area, rows: pd.DataFrame) -> Exhibit:
    """Return a page of route mentions of US reports, to be filtered by year, form, and who is named.

    A sentence stands in its place where none is named.
    """
    if place.is_local:
        return absent(place, "Routes named in reports", "national")
    if rows.empty:
        none = f"*No route from or to {detection.whose(place)} is named in the reports that were read.*"
        return instead(said(none))
    flows = pairs_of_mentions(rows)
    title = f"{detection.whose(place)}: routes named in US reports, to be explored"
    page = plots.interactive_flow_map(
        flows,
        ends_of(flows, detection.countries(place)),
        areas.background("world"),
        title=title,
        footer=footer(rows, f"{rows['mention_id'].nunique()} mentions", WRITTEN_OF),
        projection=place.projection,
        unit="mentions of a pair",
        filters={**FILTERS, "year": "Year of the report"},
        highlight=None if place.is_study else place.iso3,
        note="A mention is a passage of a report that says from where to where persons are taken; it counts once at "
        "each pair of places it names. It counts what is written, not persons, and arrows do not show the path.",
    )
    alt = f"{title}: a map with filters, and a table of the same flows."
    return instead(plots.show_page(page, "mentions_map", alt, PUBLIC, height=HEIGHT))


def pairs_of_mentions(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a mention and pair, with all that its rows say of form, sex and age."""
    words = rows["victims"].fillna("")
    table = rows[["mention_id", "origin", "destination"]].assign(
        year=rows["report_year"].astype(str),
        form=rows["form"].fillna("").str.replace("_", " ").str.replace(r"\bsex\b", "sexual exploitation", regex=True),
        sex=[translated(text, SEX_OF) for text in words],
        age_group=[translated(text, AGE_OF) for text in words],
    )
    pairs = table.groupby(["mention_id", "origin", "destination"], as_index=False, sort=False)
    return pairs.agg(dict.fromkeys(FILTERS, ";".join)).assign(low=1, high=1)


def translated(words: str, meaning: dict[str, str]) -> str:
    """Return the meaning of words or codes joined by ";", each once; empty where they have none."""
    return ";".join(dict.fromkeys(meaning[word] for word in words.split(";") if word in meaning))


take_names(__name__)
