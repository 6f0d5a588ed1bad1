"""Route mentions in reports: forms, victims, places and frequency; mentions as stops of journeys.

Route mentions as stops of journeys.

What the mentions of routes say: forms, victims, places, and how often a route is named per readable report.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from scipy import special

from analysis.methods.origin_destination import PAIR, touches, within
from bounded import intervals
from bounded.refusal import Refusal, require_choice
from journeys.stops import NOWHERE

_IN_BRACKETS = re.compile(r"\s*\(.*?\)")


def mention_stops(mentions: pd.DataFrame) -> pd.DataFrame:
    """Coded route mentions as stops: one journey a pair of origin and destination that a sentence names.

    A sentence that names a place on the way does not say that nothing lies before or after it, and of several it does
    not say in which order they are passed. All legs of these journeys are therefore `missing_transit`: they count from
    where to where, and each place that is named counts as passed.

    Parameters
    ----------
    mentions : mention_id, report_year, origin, transit (several separated by ";"; what stands in brackets is a place
        within), destination (codes of countries or names of regions; "unknown" or "": not named), and what else
        describes the mention (victims, form, source_id).

    Returns
    -------
    DataFrame, as ``journeys`` reads it: journey_id ("12-1": the first pair of mention 12), person_id (the mention: the
    unit of all counts is a sentence, and never a person), seq, place_id, role, transit_asked (False), year (of the
    report), and the other columns of `mentions`.
    """
    rows = mentions.reset_index(drop=True)
    number = rows.groupby("mention_id").cumcount() + 1
    kept = [name for name in rows.columns if name not in ("origin", "transit", "destination", "report_year")]
    about = rows[kept].assign(
        journey_id=rows["mention_id"].astype(str) + "-" + number.astype(str),
        person_id=rows["mention_id"].astype(str),
        year=rows["report_year"],
        transit_asked=False,
    )
    via = rows["transit"].fillna("").str.replace(_IN_BRACKETS, "", regex=True).str.split(";")
    parts = [
        about.assign(place_id=rows["origin"], role="origin"),
        about.assign(place_id=via, role="transit").explode("place_id"),
        about.assign(place_id=rows["destination"], role="exploitation"),
    ]
    stops = pd.concat([part.assign(row=part.index) for part in parts])
    place = stops["place_id"].fillna("").str.strip()
    stops["place_id"] = place.mask(place.isin(NOWHERE), "")
    named = (stops["place_id"] != "") | (stops["role"] != "transit")
    stops = stops[named].sort_values("row", kind="stable", ignore_index=True)
    stops["seq"] = stops.groupby("journey_id").cumcount() + 1
    first = ["journey_id", "person_id", "seq", "place_id", "role", "transit_asked", "year"]
    return stops[[*first, *kept]]


CHILDREN = ("children", "boys", "girls")
# The bare word is renamed so that the row "children" can mean every child: by that word, as boys, or as girls.
_WORD_CHILDREN = "children (sex not named)"


def mentions_by(
    mentions: pd.DataFrame, countries: str | Iterable[str], what: str, confidence: float = 0.95
) -> pd.DataFrame:
    """Return how many mentions name each form of exploitation, or each group of victims.

    Categories overlap: a sentence names several forms and groups, so the shares add up to more than 1. With victims,
    the row "children" is derived: mentions that name children, boys or girls; the reports' own word "children" is kept
    as "children (sex not named)". The other words are the reports' own.

    Parameters
    ----------
    mentions : mention_id, report_year, reporting_country, origin, destination and the column `what`, whose words are
        separated by ``;``.
    countries : ISO 3166 alpha-3 code(s); a mention counts if one of its pairs has either side there.
    what : "form" or "victims".
    confidence : level of the limits of shares, between 0 and 1.

    Returns
    -------
    DataFrame, most named first: the category (under the name `what`), derived (True for a row made from others),
    mentions (distinct), reports (distinct pairs of reporting country and report year), n (all mentions), share,
    share_low, share_high (Wilson 1927; as if mentions were independent, which they are not, so narrower than the
    truth) and confidence, their level.
    """
    require_choice("what", what, ("form", "victims"))
    chosen = mentions[touches(mentions["origin"], mentions["destination"], countries)]
    words = chosen[["mention_id", "reporting_country", "report_year"]].assign(
        derived=False, **{what: chosen[what].fillna("").str.split(";")}
    )
    words = words.explode(what)
    words[what] = words[what].str.strip().replace("", "not stated")
    if what == "victims":
        of_children = words[words[what].isin(CHILDREN)].assign(derived=True, **{what: "children"})
        words = pd.concat([words.replace({what: {"children": _WORD_CHILDREN}}), of_children])

    n = chosen["mention_id"].nunique()
    words["report"] = words["reporting_country"].astype(str) + " " + words["report_year"].astype(str)
    table = words.groupby([what, "derived"], as_index=False).agg(
        mentions=("mention_id", "nunique"), reports=("report", "nunique")
    )
    low, high = intervals.wilson(table["mentions"], table["mentions"], n, confidence)
    shares = {"share": table["mentions"] / n, "share_low": low, "share_high": high, "confidence": confidence}
    table = table.assign(n=n, **shares)
    return table.sort_values(["mentions", what], ascending=[False, True], ignore_index=True)


def mentions_per_report(
    mentions: pd.DataFrame, readable: pd.DataFrame, countries: str | Iterable[str], confidence: float = 0.95
) -> pd.DataFrame:
    """Mentions of routes per readable report, by year of report.

    Counted are mentions made by reports on the `countries` of routes that begin or end in one of them; the denominator
    is the readable reports on the same countries. A year without a readable report has no row: it is unknown, not zero.

    Parameters
    ----------
    mentions : mention_id, report_year, reporting_country, origin, destination.
    readable : area_id (the country reported on), report_year, documents (number of readable reports).
    countries : ISO 3166 alpha-3 code(s).
    confidence : level of the limits, between 0 and 1.

    Returns
    -------
    DataFrame, one row a year: report_year, mentions (distinct), readable_reports, silent_countries (with a readable
    report that names no such route), mentions_per_report, low, high (exact Poisson, Garwood 1936; as if mentions were
    independent, so narrower than the truth) and confidence, their level.

    Raises
    ------
    ValueError : a mention comes from a country and year without a readable report.

    Notes
    -----
    Where reports entered the evidence because they name a route, none is silent and the rate is too high. Years with
    and without silent countries cannot be compared: a fall from the one to the other is a change in what was read.
    """
    chosen, reports = _of_same_reports(mentions, readable, countries)
    table = reports.groupby("report_year", as_index=False).agg(readable_reports=("documents", "sum"))
    named = chosen.groupby("report_year")["mention_id"].nunique()
    table["mentions"] = table["report_year"].map(named).fillna(0).astype(int)
    speaks = set(zip(chosen["reporting_country"], chosen["report_year"], strict=True))
    reported = zip(reports["area_id"], reports["report_year"], strict=True)
    silent = np.array([key not in speaks for key in reported], dtype=bool)
    table["silent_countries"] = table["report_year"].map(reports[silent].groupby("report_year")["area_id"].nunique())
    table["silent_countries"] = table["silent_countries"].fillna(0).astype(int)
    low, high = intervals.poisson_interval(table["mentions"].to_numpy(), confidence=confidence)
    exposure = table["readable_reports"].to_numpy()
    table = table.assign(mentions_per_report=table["mentions"] / exposure, low=low / exposure, high=high / exposure)
    table["confidence"] = confidence
    counted = ["report_year", "mentions", "readable_reports", "silent_countries"]
    return table[[*counted, "mentions_per_report", "low", "high", "confidence"]]


def change_between(
    mentions: pd.DataFrame,
    readable: pd.DataFrame,
    countries: str | Iterable[str],
    periods: tuple[tuple[int, int], tuple[int, int]] = ((2001, 2012), (2013, 2024)),
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return the change of mentions per readable report from the first period to the second, pair by pair.

    Each pair is judged by the reports on its own ends among the `countries`: they make both the numerator and the
    denominator, so that a period in which one country's reports could be read better does not pass for a change.
    Mentions by a third country's report are left out. Pairs within one country are included. "Not named" is not
    "ended": a report may be silent on a route that goes on.

    Parameters
    ----------
    mentions : mention_id, report_year, reporting_country, origin, destination.
    readable : area_id (the country reported on), report_year, documents (number of readable reports).
    countries : ISO 3166 alpha-3 code(s).
    periods : first and last year of report of each period, both included.
    confidence : level of the limits of a ratio, between 0 and 1.

    Returns
    -------
    DataFrame, one row a pair named in either period, smallest p first:

    origin, destination, reporting_countries (joined by ``;``);
    mentions_before, mentions_after, reports_before, reports_after, rate_before, rate_after (mentions per report);
    rate_ratio (after / before; infinite if only named after), low, high (exact, conditional on the sum);
    p_value (two-sided, twice the smaller tail, so that it agrees with the interval), p_adjusted (false discovery
    rate over the pairs of this table);
    new, no_longer_named : named in one period alone, although both had readable reports;
    confidence : level of low and high.

    Where a period has no readable report, ratio, interval and p are missing.

    Raises
    ------
    ValueError : the periods overlap, or a mention comes from a country and year without a readable report.

    Notes
    -----
    If the reports of one period entered the evidence because they name routes, all its rates are too high and most
    ratios are off in one direction; `silent_countries` of ``mentions_per_report`` shows it. A `readable` whose
    `documents` is the number of all mentions of that country and year cancels this: the ratio is then of a pair's
    share among the mentions.

    Source: Przyborowski & Wilenski (1940), Biometrika 31, 313-323: given the sum of two Poisson counts, the second is
    binomial; Clopper & Pearson (1934), Biometrika 26, 404-413; Benjamini & Hochberg (1995), Journal of the Royal
    Statistical Society B 57, 289-300.
    """
    before, after = periods
    if not before[0] <= before[1] < after[0] <= after[1]:
        raise Refusal(
            "periods_overlap",
            f"The periods must follow each other without overlap, such as (2001, 2012), (2013, 2024); not {periods}.",
        )
    listed = {countries} if isinstance(countries, str) else set(countries)
    chosen, reports = _of_same_reports(mentions, readable, listed)
    reporter = chosen["reporting_country"]
    own = chosen[(reporter == chosen["origin"]) | (reporter == chosen["destination"])]
    table = pd.concat([within(own, "report_year", period) for period in periods])[PAIR].drop_duplicates()

    judges = [sorted(listed & {start, end}) for start, end in table[PAIR].itertuples(index=False)]
    table["reporting_countries"] = [";".join(names) for names in judges]
    for label, period in (("before", before), ("after", after)):
        named = within(own, "report_year", period).groupby(PAIR)["mention_id"].nunique()
        read = within(reports, "report_year", period).groupby("area_id")["documents"].sum()
        table[f"mentions_{label}"] = named.reindex(pd.MultiIndex.from_frame(table[PAIR]), fill_value=0).to_numpy()
        table[f"reports_{label}"] = [int(read.reindex(names, fill_value=0).sum()) for names in judges]
    for label in ("before", "after"):
        table[f"rate_{label}"] = table[f"mentions_{label}"] / table[f"reports_{label}"].replace(0, np.nan)

    x1, x2 = table["mentions_before"].to_numpy(), table["mentions_after"].to_numpy()
    t1, t2 = table["reports_before"].to_numpy(), table["reports_after"].to_numpy()
    comparable = (t1 > 0) & (t2 > 0)
    table = table.assign(**_rate_ratio(x1, x2, t1, t2, confidence))
    table["p_adjusted"] = np.nan
    if comparable.any():
        from statsmodels.stats.multitest import multipletests

        table.loc[comparable, "p_adjusted"] = multipletests(table.loc[comparable, "p_value"], method="fdr_bh")[1]
    table["new"] = comparable & (x1 == 0)
    table["no_longer_named"] = comparable & (x2 == 0)
    table["confidence"] = confidence
    return table.sort_values(["p_value", *PAIR], ignore_index=True)


def mentions_naming(mentions: pd.DataFrame, place_names: Mapping[str, str] | Iterable[str]) -> pd.DataFrame:
    """The mentions that name a place, such as an island or one of its towns.

    Names are compared without accents and capitals and as whole words: "Sal" is found in "Santa Maria, Sal" and not in
    "Salgado", "Centre" not in "Centre-Est". A place is searched by its name alone: namesakes in another country are
    found as well.

    Parameters
    ----------
    mentions : mention_id, report_year, origin, origin_place, transit, destination, destination_place, victims, form,
        cross_border, source_id.
    place_names : the names to find; or a table from each name to the place it belongs to, such as
        ``{"Praia": "Santiago", "Santiago": "Santiago"}``.

    Returns
    -------
    DataFrame, one row a mention, ordered by report year: mention_id, report_year, places, role ("origin", "transit",
    "destination"), origin, destination, victims, form, cross_border, source_id. Where several are named in one
    mention they are joined by ``;``.
    """
    belongs = dict(place_names) if isinstance(place_names, Mapping) else {name: name for name in place_names}
    patterns = {name: re.compile(rf"(?<![\w'-]){re.escape(_folded(name))}(?![\w'-])") for name in belongs}
    roles = {"origin_place": "origin", "transit": "transit", "destination_place": "destination"}
    hits = [
        {**row, "places": belongs[name], "role": role}
        for row in mentions.to_dict("records")
        for column, role in roles.items()
        for text in [_folded(row[column])]
        for name, pattern in patterns.items()
        if pattern.search(text)
    ]
    kept = ["mention_id", "report_year", "places", "role", *PAIR, "victims", "form", "cross_border", "source_id"]
    found = pd.DataFrame(hits, columns=list(dict.fromkeys([*mentions.columns, "places", "role"])))[kept]
    joined = {name: _joined if name in ("places", "role", *PAIR) else "first" for name in kept[1:]}
    table = found.groupby("mention_id", as_index=False).agg(joined)
    return table.sort_values(["report_year", "mention_id"], ignore_index=True)[kept]


def _of_same_reports(
    mentions: pd.DataFrame, readable: pd.DataFrame, countries: str | Iterable[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Mentions made by reports on the countries, of routes that touch them, and the readable reports on them."""
    listed = [countries] if isinstance(countries, str) else list(countries)
    by_them = mentions[mentions["reporting_country"].isin(listed)]
    chosen = by_them[touches(by_them["origin"], by_them["destination"], listed)]
    reports = readable[readable["area_id"].isin(listed) & (readable["documents"] > 0)]
    read = set(zip(reports["area_id"], reports["report_year"], strict=True))
    unread = sorted(set(zip(chosen["reporting_country"], chosen["report_year"], strict=True)) - read)
    if unread:
        area, year = unread[0]
        raise Refusal(
            "report_not_readable",
            f"The report on {area} of {year} has mentions but is not among the readable reports, so there is no rate "
            f"per report ({len(unread)} such). Add it to the table of readable reports.",
        )
    return chosen, reports


def _rate_ratio(
    x1: np.ndarray, x2: np.ndarray, t1: np.ndarray, t2: np.ndarray, confidence: float
) -> dict[str, np.ndarray]:
    """Return the ratio of two Poisson rates (second over first) with its exact conditional interval and two-sided p."""
    tail = (1 - intervals.check_confidence(confidence)) / 2
    comparable = (t1 > 0) & (t2 > 0) & (x1 + x2 > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        total = x1 + x2
        # Clopper-Pearson on the share of the second count, turned into a ratio of rates.
        share_low = np.where(x2 > 0, special.betaincinv(x2, x1 + 1, tail), 0.0)
        share_high = np.where(x1 > 0, special.betaincinv(x2 + 1, x1, 1 - tail), 1.0)
        expected = t2 / (t1 + t2)
        tails = np.minimum(special.bdtr(x2, total, expected), special.bdtrc(x2 - 1, total, expected))
        ratios = {
            "rate_ratio": (x2 / x1) * (t1 / t2),
            "low": share_low / (1 - share_low) * (t1 / t2),
            "high": share_high / (1 - share_high) * (t1 / t2),
            "p_value": np.minimum(1.0, 2 * tails),
        }
    return {name: np.where(comparable, values, np.nan) for name, values in ratios.items()}


def _joined(words: pd.Series) -> str:
    return ";".join(dict.fromkeys(words))


def _folded(text: object) -> str:
    """Lower case without accents; the dotless i of Turkish counts as i."""
    if not isinstance(text, str):
        return ""
    decomposed = unicodedata.normalize("NFKD", text.replace("ı", "i").casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
