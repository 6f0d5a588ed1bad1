"""Sections on routes of public evidence: corridors, how far they reach, forms, and what changed between periods."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

import pandas as pd
from IPython.display import Markdown

from analysis import areas, catalog, evidence, plots, texts
from analysis.areas import Area
from analysis.methods import origin_destination
from analysis.sections import detection
from analysis.sections.section import Section, elsewhere, footer, said
from bounded import intervals

TEXT = texts.of(__name__)

UNODC = "UNODC: citizenship of detected victims × detecting country"
MENTIONS = "US reports: origin and destination named in a sentence"
MISSES = {
    UNODC: TEXT["misses_unodc"],
    MENTIONS: TEXT["misses_mentions"],
}
WRITTEN_OF = TEXT["written_of"]


@cache
def sources_of(place: Area) -> tuple[pd.DataFrame, pd.DataFrame]:
    """UNODC's flows, and the route mentions of US reports, that begin or end in `place`'s countries."""
    own = detection.countries(place)
    flows, mentions = catalog.load("unodc_citizenship_flows"), evidence.route_mentions()
    return (
        flows[flows["citizenship"].isin(own) | flows["detected_in"].isin(own)],
        mentions[mentions["origin"].isin(own) | mentions["destination"].isin(own)],
    )


def what_each_misses() -> Markdown:
    """What the two sources see, and what each misses, in plain words."""
    return said("\n".join(f"- **{name}.** {text}" for name, text in MISSES.items()))


def named_elsewhere(place: Area) -> Section:
    """Routes that agencies and newspapers name: read here and there, and so no part of any share."""
    own, table = detection.countries(place), evidence.routes_named_elsewhere()
    table = table[table["origin"].isin(own) | table["destination"].isin(own)].sort_values("report_year", kind="stable")
    printed = pd.DataFrame(
        {
            "Year": table["report_year"].astype(str),
            "From": named(table["origin"]),
            "To": named(table["destination"]),
            "Who": table["victims"].str.replace(";", ", "),
            "Form": forms(table["form"]),
            "Noted": table["note"],
        }
    )
    limits = TEXT["named_elsewhere_limits"].format(written_of=WRITTEN_OF)
    if table.empty:
        limits = TEXT["named_elsewhere_limits_of_no_route"].format(whose=detection.whose(place))
    title = TEXT["named_elsewhere_title"].format(whose=detection.whose(place))
    return Section("named_elsewhere", title, printed, cited(table), limits)


def named(ids: pd.Series) -> pd.Series:
    """Country names for ISO3 codes; names of regions stay as they are."""
    return ids.map(country_names()).fillna(ids.map(areas.country_name))


def ends_of(routes: pd.DataFrame, own: Collection[str]) -> pd.DataFrame:
    """Where the ends of routes are drawn: a point in each country, an agreed one for each region of the world.

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


def forms(words: pd.Series) -> pd.Series:
    """Coded forms of exploitation as people read them."""
    spelt = words.fillna("").str.replace(";", ", ").str.replace("_", " ")
    return spelt.str.replace(r"\bsex\b(?! not)", "sexual exploitation", regex=True)


@cache
def country_names() -> pd.Series:
    """Names by id: of the studies' areas as they are called there, and of the other countries of the world."""
    table = pd.concat([detection.names_of(), areas.background("world")])
    return table.drop_duplicates("area_id").set_index("area_id")["name"]


def cited(*tables: pd.DataFrame) -> tuple[str, ...]:
    """The sources of all rows, in their order."""
    return tuple(dict.fromkeys(source for table in tables for source in table["source_id"]))


def corridors(place: Area, victims: pd.DataFrame, written: pd.DataFrame) -> Section:
    """The pairs of origin and destination with most detected victims, and with most mentions.

    Parameters
    ----------
    victims, written : what `origin_destination.top_corridors` makes of either matrix.
    """
    rows = pd.concat(
        [
            pd.DataFrame(
                {
                    "Source": TEXT["unodc_detected_victims"],
                    "Rank": _ranks(victims),
                    "From": named(victims["origin"]),
                    "To": named(victims["destination"]),
                    "Count": intervals.text(victims["low"], victims["high"], victims["value_qualifier"]),
                    "Years": victims["years"],
                }
            ),
            pd.DataFrame(
                {
                    "Source": TEXT["scope_group_us_reports_mentions"],
                    "Rank": _ranks(written),
                    "From": named(written["origin"]),
                    "To": named(written["destination"]),
                    "Count": written["mentions"].astype(str),
                    "Years": written["first_year"].astype(str) + " to " + written["last_year"].astype(str),
                }
            ),
        ]
    )
    title = TEXT["corridors_named_or_detected_most"].format(whose=detection.whose(place))
    limits = TEXT["the_two_counts"].format(written_of=WRITTEN_OF)
    return Section("corridors", title, rows, cited(*sources_of(place)), limits)


def _ranks(table: pd.DataFrame) -> list[str]:
    return [f"{a}" if a == b else f"{a} to {b}" for a, b in zip(table["rank_low"], table["rank_high"], strict=True)]


def national(place: Area, victims: pd.DataFrame, written: pd.DataFrame) -> Markdown:
    """A sentence on the first corridors of a place's country, whose figures stand on the page of the study."""
    parts = [TEXT["national_whose"].format(whose=detection.whose(place), place=place.name)]
    for table, text in ((victims, TEXT["national_detected"]), (written, TEXT["national_named"])):
        if len(table):
            first = table.iloc[0]
            count = f"{first['mentions']}" if "mentions" in table else _bounds(first["low"], first["high"])
            start, end = named(first[["origin", "destination"]])
            parts.append(text.format(pair=f"{start} → {end}", count=count))
    return elsewhere(" ".join(parts), "routes")


def _bounds(low: float, high: float) -> str:
    return f"{low:,.0f}" if low == high else f"{low:,.0f}–{high:,.0f}"


def pairs(place: Area, detected: pd.DataFrame, mentioned: pd.DataFrame) -> Section:
    """Every pair of both matrices, the two counts side by side."""
    rows = detected.merge(mentioned, on=["origin", "destination"], how="outer")
    rows = rows.sort_values(["high", "mentions"], ascending=False, na_position="last")
    printed = pd.DataFrame(
        {
            "From": named(rows["origin"]),
            "To": named(rows["destination"]),
            "Detected (UNODC)": intervals.text(rows["low"], rows["high"], rows["value_qualifier"]),
            "UNODC years": rows["years"].fillna("not reported"),
            "Mentions (US reports)": [f"{m:.0f}" if m == m else "not named" for m in rows["mentions"]],
            "Reports": [f"{r:.0f}" if r == r else "–" for r in rows["reports"]],
        }
    )
    return Section(
        "pairs",
        TEXT["pairs_title"].format(whose=detection.whose(place)),
        printed,
        cited(*sources_of(place)),
        TEXT["pairs_limits"].format(written_of=WRITTEN_OF),
        cautions=evidence.cautions("unodc_citizenship_flows", "route_mentions"),
    )


def balance(place: Area, detected: pd.DataFrame, mentioned: pd.DataFrame) -> Section:
    """Whether a country is one of origin, of destination, or both: out, in and within, by both sources."""
    rows = []
    for iso3 in detection.countries(place):
        for source, matrix in (
            (TEXT["unodc_detected_victims"], detected),
            (TEXT["us_reports_pairs_named"], mentioned),
        ):
            counts = origin_destination.balance(matrix, iso3).set_index("direction")
            words = intervals.text(counts["low"], counts["high"], "derived")
            rows.append({"Country": iso3, "Source": source} | dict(zip(counts.index, words, strict=True)))
    table = pd.DataFrame(rows).assign(Country=lambda t: named(t["Country"]))
    return Section(
        "balance",
        TEXT["out_in_and_within"].format(whose=detection.whose(place)),
        table.rename(columns={"out": "Out", "in": "In", "domestic": "Within"}),
        cited(*sources_of(place)),
        TEXT["zero_means_that_none_was"].format(written_of=WRITTEN_OF),
    )


def scope(place: Area, of_victims: pd.DataFrame, of_mentions: pd.DataFrame) -> Section:
    """How far the routes go: domestic, sub-regional, regional, trans-regional, by both sources.

    Without intervals: victims who were detected, and sentences of reports, are no sample.

    Parameters
    ----------
    of_victims, of_mentions : what `scopes.scope_shares` makes of either matrix.
    """
    both = {
        TEXT["unodc_detected_victims"]: of_victims,
        TEXT["scope_group_us_reports_mentions"]: of_mentions,
    }
    shares = pd.concat([_of_known(table).assign(source=source) for source, table in both.items()], ignore_index=True)
    unknown = shares[shares["scope"] == "unknown"]
    flows, mentions = sources_of(place)
    title = TEXT["scope_title"].format(whose=detection.whose(place))
    lost = " and ".join(_count_words(unknown))
    limits = TEXT["scope_limits"].format(written_of=WRITTEN_OF, lost=lost)
    drawn = shares[shares["scope"] != "unknown"]
    figure = plots.dots(
        drawn.assign(text=_count_words(drawn)),
        label="scope",
        estimate=("known_low", "known_high"),
        interval=None,
        series="source",
        text="text",
        xlabel=TEXT["scope_xlabel"],
        text_label=TEXT["scope_text_label"],
        percent=True,
        title=title,
        footer=footer(
            pd.concat([flows, mentions.rename(columns={"report_year": "year"})]),
            TEXT["scope_footer"].format(flows=len(flows), mention_id=mentions["mention_id"].nunique()),
            limits,
        ),
    )
    printed = pd.DataFrame(
        {
            "Source": shares["source"],
            "Scope": shares["scope"],
            "Count": _count_words(shares),
            "Share of known": _share_words(shares),
        }
    )
    alt = TEXT["scope_alt"].format(title=title)
    return Section("scope", title, printed, cited(flows, mentions), limits, figure, alt)


def _of_known(table: pd.DataFrame) -> pd.DataFrame:
    """The shares of scopes among those that are known; between bounds where the counts are."""
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
    return [
        f"{a:,.0f}" if a == b else f"{a:,.0f} to {b:,.0f}"
        for a, b in zip(shares["count_low"], shares["count_high"], strict=True)
    ]


def _share_words(shares: pd.DataFrame) -> list[str]:
    return [
        "–" if low != low else f"{low:.0%}" if low == high else f"{low:.0%} to {high:.0%}"
        for low, high in zip(shares["known_low"], shares["known_high"], strict=True)
    ]


def forms_and_victims(place: Area, by_form: pd.DataFrame, by_victims: pd.DataFrame) -> Section:
    """By form of exploitation and by who is named, as shares of the mentions.

    Without intervals: sentences of reports are no sample.

    Parameters
    ----------
    by_form, by_victims : what `mentions_by` counts of each.
    """
    groups = {"form": TEXT["form_of_exploitation"], "victims": TEXT["who_is_named"]}
    table = pd.concat(
        [
            counted.rename(columns={what: "category"}).assign(group=groups[what])
            for what, counted in (("form", by_form), ("victims", by_victims))
        ],
        ignore_index=True,
    )
    printed = pd.DataFrame(
        {
            "By": table["group"],
            "Named": forms(table["category"]),
            "Mentions": table["mentions"],
            "Reports": table["reports"],
            "Share of mentions": [f"{share:.0%}" for share in table["share"]],
        }
    )
    title = TEXT["forms_and_victims_title"].format(whose=detection.whose(place))
    limits = TEXT["forms_and_victims_limits"].format(written_of=WRITTEN_OF)
    return Section("forms_and_victims", title, printed, cited(sources_of(place)[1]), limits)


def changed_corridors(place: Area, changed: pd.DataFrame, periods: tuple, top: int) -> Section:
    """Corridors named more, or less, a readable report in the later period than in the earlier.

    Parameters
    ----------
    changed, periods : what `change_between` finds of these periods.
    top : how many are printed, the least likely by chance first.
    """
    table = changed.head(top)
    rows = pd.DataFrame(
        {
            "From": named(table["origin"]),
            "To": named(table["destination"]),
            f"Mentions {periods[0][0]}-{periods[0][1]}": table["mentions_before"],
            f"Mentions {periods[1][0]}-{periods[1][1]}": table["mentions_after"],
            "Ratio per report (95 %)": [_ratio_words(r, a, b) for r, a, b in
                                      zip(table["rate_ratio"], table["low"], table["high"], strict=True)],
            "p, adjusted": [f"{p:.3f}" if p == p else "–" for p in table["p_adjusted"]],
            "Named": ["only later" if new else "only earlier" if gone else "in both" for new, gone in
                      zip(table["new"], table["no_longer_named"], strict=True)],
        }
    )  # fmt: skip
    return Section(
        "changed_corridors",
        TEXT["corridors_that_are_named_more"].format(whose=detection.whose(place)),
        rows,
        cited(sources_of(place)[1]),
        TEXT["not_named_is_not_ended"].format(written_of=WRITTEN_OF),
    )


def _ratio_words(ratio: float, low: float, high: float) -> str:
    if ratio != ratio:
        return TEXT["no_report_read_in_one"]
    upper = TEXT["ratio_words_upper"] if high == float("inf") else f"{high:.2f}"
    return f"{'only later' if ratio == float('inf') else f'{ratio:.2f}'} ({low:.2f} to {upper})"
