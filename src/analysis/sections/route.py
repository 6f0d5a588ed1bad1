"""Exhibits on routes: two origin-destination matrices side by side, their scope, corridors, forms and change."""

from __future__ import annotations

from functools import cache

import pandas as pd
from IPython.display import Markdown

from analysis import areas, catalog, evidence, plots, texts
from analysis.areas import Area
from analysis.methods import origin_destination, scopes
from analysis.methods.mentions import change_between, mentions_by, mentions_per_report
from analysis.sections import detection
from analysis.sections.section import Section, footer, said
from bounded import intervals

TEXT = texts.of(__name__)

UNODC = "UNODC: citizenship of detected victims × detecting country"
MENTIONS = "US reports: origin and destination named in a sentence"
MISSES = {
    UNODC: TEXT["misses_unodc"],
    MENTIONS: TEXT["misses_mentions"],
}
WRITTEN_OF = TEXT["written_of"]
# Origins and destinations drawn of each matrix: of a study, and of one country, which fills one row and one column.
MATRIX_SIZE = {True: 12, False: 8}
# What reports name as an end of a route and no map can show -> the side beside which it stands.
NOT_ONE_PLACE = {"neighbouring countries": "bottom"}
PERIODS = ((2001, 2012), (2013, 2024))


@cache
def citizenship(place: Area) -> pd.DataFrame:
    """UNODC's matrix for `place`'s countries: origin, destination, low, high, value_qualifier, years, n_rows."""
    return origin_destination.citizenship_matrix(catalog.load("unodc_citizenship_flows"), detection.countries(place))


@cache
def mentioned(place: Area) -> pd.DataFrame:
    """The matrix of route mentions for `place`'s countries: origin, destination, mentions, reports, years."""
    return origin_destination.mention_matrix(evidence.route_mentions(), detection.countries(place))


@cache
def sources_of(place: Area) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of both sources that concern `place`'s countries, for footers and citations."""
    own = detection.countries(place)
    flows, mentions = catalog.load("unodc_citizenship_flows"), evidence.route_mentions()
    return (
        flows[flows["citizenship"].isin(own) | flows["detected_in"].isin(own)],
        mentions[mentions["origin"].isin(own) | mentions["destination"].isin(own)],
    )


def what_each_misses() -> Markdown:
    """What the two matrices see, and what each misses, in plain words."""
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
            "Form": table["form"].str.replace(";", ", ").str.replace("_", " "),
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
    return ids.map(country_names()).fillna(ids)


@cache
def country_names() -> pd.Series:
    """Names by id: of the studies' areas as they are called there, and of the other countries of the world."""
    table = pd.concat([detection.names_of(), areas.background("world")])
    return table.drop_duplicates("area_id").set_index("area_id")["name"]


def matrices(place: Area) -> Section:
    """Both matrices as heat maps, side by side, with the places that carry most."""
    left, right = citizenship(place), mentioned(place)
    flows, mentions = sources_of(place)
    title = TEXT["matrices_title"].format(whose=detection.whose(place))
    size = MATRIX_SIZE[len(detection.countries(place)) > 1]
    limits = TEXT["matrices_limits"].format(written_of=WRITTEN_OF, size=size)
    figure = plots.heat_pair(
        _heat(left, size, "high", intervals.text(left["low"], left["high"], left["value_qualifier"])),
        _heat(right, size, "mentions", right["mentions"].astype(str)),
        value="value",
        titles=(TEXT["matrices_titles"], TEXT["matrices_titles_us_reports_mentions"]),
        title=title,
        footer=footer(
            pd.concat([flows, mentions.rename(columns={"report_year": "year"})]),
            TEXT["matrices_footer"].format(flows=len(flows), mention_id=mentions["mention_id"].nunique()),
            limits,
        ),
    )
    rows = left.merge(right, on=["origin", "destination"], how="outer")
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
        "matrices",
        title,
        printed,
        cited(flows, mentions),
        limits,
        figure,
        alt=TEXT["matrices_alt"].format(title=title),
        cautions=evidence.cautions("unodc_citizenship_flows", "route_mentions"),
    )


def cited(*tables: pd.DataFrame) -> tuple[str, ...]:
    """The sources of all rows, in their order."""
    return tuple(dict.fromkeys(source for table in tables for source in table["source_id"]))


def _heat(matrix: pd.DataFrame, size: int, value: str, text: pd.Series) -> pd.DataFrame:
    """The largest rows and columns of a matrix, named, with what is printed in each cell."""
    table = matrix.assign(value=matrix[value].astype(float), text=text)
    for side in ("origin", "destination"):
        largest = table.groupby(side)["value"].sum().sort_values(ascending=False, kind="stable").head(size).index
        table = table[table[side].isin(largest)].assign(
            order=lambda t, s=side, o=largest: t[s].map({k: i for i, k in enumerate(o)})
        )
        table = table.rename(columns={"order": f"{side}_order"})
    table = table.sort_values(["origin_order", "destination_order"])
    return table.assign(origin=named(table["origin"]), destination=named(table["destination"]))


def balance(place: Area) -> Section:
    """Whether a country is one of origin, of destination, or both: out, in and within, by both sources."""
    rows = []
    for iso3 in detection.countries(place):
        for source, matrix in (
            (TEXT["unodc_detected_victims"], citizenship(place)),
            (TEXT["us_reports_pairs_named"], mentioned(place)),
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


def scope(place: Area) -> Section:
    """How far the routes go: domestic, sub-regional, regional, trans-regional, by both sources."""
    regions = catalog.load("country_regions")
    shares = pd.concat(
        [
            scopes.scope_shares(citizenship(place), regions).assign(group=TEXT["unodc_detected_victims"]),
            scopes.scope_shares(mentioned(place), regions).assign(group=TEXT["scope_group_us_reports_mentions"]),
        ],
        ignore_index=True,
    )
    unknown = shares[shares["scope"] == "unknown"]
    shares = shares.assign(share=shares["known_share"], low=shares["known_low"], high=shares["known_high"])
    flows, mentions = sources_of(place)
    title = TEXT["scope_title"].format(whose=detection.whose(place))
    lost = " and ".join(_count_words(unknown))
    limits = TEXT["scope_limits"].format(written_of=WRITTEN_OF, lost=lost)
    drawn = shares[shares["scope"] != "unknown"]
    figure = plots.shares(
        drawn.assign(label=drawn["scope"], n_text=_count_words(drawn)),
        xlabel=TEXT["scope_xlabel"],
        title=title,
        footer=footer(
            pd.concat([flows, mentions.rename(columns={"report_year": "year"})]),
            TEXT["matrices_footer"].format(flows=len(flows), mention_id=mentions["mention_id"].nunique()),
            limits,
        ),
    )
    printed = pd.DataFrame(
        {
            "Source": shares["group"],
            "Scope": shares["scope"],
            "Count": _count_words(shares),
            "Share (95 %)": _share_words(shares),
        }
    )
    return Section(
        "scope",
        title,
        printed,
        cited(flows, mentions),
        limits,
        figure,
        alt=TEXT["scope_alt"].format(title=title),
    )


def _count_words(shares: pd.DataFrame) -> list[str]:
    return [
        f"{a:,.0f}" if a == b else f"{a:,.0f} to {b:,.0f}"
        for a, b in zip(shares["count_low"], shares["count_high"], strict=True)
    ]


def _share_words(shares: pd.DataFrame) -> list[str]:
    return [
        "–"
        if low != low
        else (f"{share:.0%} ({low:.0%} to {high:.0%})" if share == share else f"{low:.0%} to {high:.0%}")
        for share, low, high in zip(shares["share"], shares["low"], shares["high"], strict=True)
    ]


def corridors(place: Area) -> Section:
    """The pairs of origin and destination with most detected victims, and with most mentions."""
    victims = origin_destination.top_corridors(citizenship(place), n=10)
    written = origin_destination.top_corridors(mentioned(place), n=10)
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
    return Section(
        "corridors",
        TEXT["corridors_named_or_detected_most"].format(whose=detection.whose(place)),
        rows,
        cited(*sources_of(place)),
        TEXT["the_two_counts"].format(written_of=WRITTEN_OF),
    )


def _ranks(table: pd.DataFrame) -> list[str]:
    return [f"{a}" if a == b else f"{a} to {b}" for a, b in zip(table["rank_low"], table["rank_high"], strict=True)]


def forms_and_victims(place: Area) -> Section:
    """By form of exploitation and by who is named, as shares of the mentions."""
    _, mentions = sources_of(place)
    own = detection.countries(place)
    table = pd.concat(
        [
            mentions_by(evidence.route_mentions(), own, what).rename(columns={what: "category"}).assign(group=group)
            for what, group in (("form", TEXT["form_of_exploitation"]), ("victims", TEXT["who_is_named"]))
        ],
        ignore_index=True,
    )
    title = TEXT["forms_and_victims_title"].format(whose=detection.whose(place))
    limits = TEXT["forms_and_victims_limits"].format(written_of=WRITTEN_OF)
    figure = plots.shares(
        table.assign(label=table["category"].str.replace("_", " "), n_text=table["mentions"].astype(str)),
        xlabel=TEXT["forms_and_victims_xlabel"],
        title=title,
        footer=footer(mentions, f"{mentions['mention_id'].nunique()} mentions", limits),
    )
    printed = pd.DataFrame(
        {
            "": table["group"],
            "Named": table["category"].str.replace("_", " "),
            "Mentions": table["mentions"],
            "Reports": table["reports"],
            "Share (95 %)": _share_words(table),
        }
    )
    return Section("forms_and_victims", title, printed, cited(mentions), limits, figure, alt=title)


def change(place: Area) -> Section:
    """Mentions per readable report, year by year."""
    _, mentions = sources_of(place)
    table = mentions_per_report(evidence.route_mentions(), evidence.readable_reports(), detection.countries(place))
    points = table.assign(
        series="",
        x=table["report_year"] + 0.5,
        interval_low=table["low"],
        interval_high=table["high"],
        low=table["mentions_per_report"],
        high=table["mentions_per_report"],
        value_qualifier="exact",
    )
    title = TEXT["change_title"].format(whose=detection.whose(place))
    limits = TEXT["change_limits"].format(written_of=WRITTEN_OF)
    figure = plots.interval_series(
        points.dropna(subset=["mentions_per_report"]),
        ylabel=TEXT["change_ylabel"],
        title=title,
        footer=footer(
            mentions,
            TEXT["change_footer"].format(
                mentions=int(table["mentions"].sum()), readable_reports=int(table["readable_reports"].sum())
            ),
            limits,
        ),
    )
    rows = pd.DataFrame(
        {
            "Report year": table["report_year"].astype(str),
            "Mentions": table["mentions"],
            "Readable reports": table["readable_reports"],
            "Countries that name no route": table["silent_countries"],
            "Per report (95 %)": [f"{r:.1f} ({a:.1f} to {b:.1f})" if r == r else TEXT["no_report_read"] for r, a, b in
                                zip(table["mentions_per_report"], table["low"], table["high"], strict=True)],
        }
    )  # fmt: skip
    return Section(
        "mentions_per_report",
        title,
        rows,
        cited(mentions),
        limits,
        figure,
        alt=f"{title}, by year.",
    )


def changed_corridors(place: Area) -> Section:
    """Corridors named more, or less, a readable report in the later period than in the earlier."""
    _, mentions = sources_of(place)
    table = change_between(
        evidence.route_mentions(), evidence.readable_reports(), detection.countries(place), PERIODS
    ).head(15)
    rows = pd.DataFrame(
        {
            "From": named(table["origin"]),
            "To": named(table["destination"]),
            f"Mentions {PERIODS[0][0]}-{PERIODS[0][1]}": table["mentions_before"],
            f"Mentions {PERIODS[1][0]}-{PERIODS[1][1]}": table["mentions_after"],
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
        cited(mentions),
        TEXT["not_named_is_not_ended"].format(written_of=WRITTEN_OF),
    )


def _ratio_words(ratio: float, low: float, high: float) -> str:
    if ratio != ratio:
        return TEXT["no_report_read_in_one"]
    upper = TEXT["ratio_words_upper"] if high == float("inf") else f"{high:.2f}"
    return f"{'only later' if ratio == float('inf') else f'{ratio:.2f}'} ({low:.2f} to {upper})"
