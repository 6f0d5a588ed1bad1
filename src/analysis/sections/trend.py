"""Exhibits on trends: which series can carry one, Mann-Kendall and a Poisson trend of each, and how areas compare."""

from __future__ import annotations

from functools import cache

import pandas as pd

import trends
from analysis import areas, evidence, indicators, plots, texts
from analysis.areas import Area
from analysis.sections import detection, own_figures
from analysis.sections.section import NOT_INCIDENCE, Section, footer, lower_first, marked, marks, mid_year, spell
from bounded import intervals
from bounded.refusal import Refusal
from trends.caution import EFFORT_UNKNOWN

TEXT = texts.of(__name__)

MEASURES = {"victims": "Detected victims (UNODC)", "child_victims": "Detected child victims (UNODC)"}
WHO = {"victims": "Detected victims", "child_victims": "Detected child victims"}
EFFORT = TEXT["effort"]
COVID = TEXT["covid"]
PER = 100_000
# Indicators that count events or persons found, so that a Poisson model is meant for them.
COUNTED = (
    "victims", "investigations", "prosecutions", "convictions", "reports", "arrests", "assisted", "referred",
    "repatriated", "removed", "violations", "calls", "sexual_crimes", "rescued", "identified",
)  # fmt: skip
COLUMNS = [
    "area_id",
    "name",
    "label",
    "counted",
    "year",
    "x",
    "low",
    "high",
    "value_qualifier",
    "population",
    "source_id",
    "kind",
]
# Levels that bear on the risk of children; other facts, such as hotels, are context and not series of this analysis.
LEVELS = (
    "syrians_temporary_protection",
    "population_share_0_17",
    "syrian_children_enrolment_rate",
    "child_labour_rate_5_17",
)


@cache
def series(place: Area) -> pd.DataFrame:
    """Every yearly series that speaks for `place`, one row a year.

    Returns
    -------
    area_id, name, label, counted (whether a Poisson model is meant for it), year, x, low, high, value_qualifier,
    population (NaN where rates make no sense), source_id, kind ("public", or "synthetic" where figures are invented).
    """
    parts = [_detected(place), _official(place), _facts(place)]
    if own_figures.has_own(place.study):
        parts.append(_own(place))
    return pd.concat(parts, ignore_index=True)


def _detected(place: Area) -> pd.DataFrame:
    table = detection.rates(place)
    if table.empty:
        return table
    words = table["measure"].map(WHO)
    return table.assign(
        label=words + " (" + table["source"].map(detection.SOURCES) + ")",
        counted=True,
        low=table["cases_low"],
        high=table["cases_high"],
        kind="public",
    )[COLUMNS]


def _official(place: Area) -> pd.DataFrame:
    """Other official indicators; the sources' own totals, not their parts."""
    table = evidence.official_indicators(detection.countries(place))
    totals = ("unspecified", "all labour inspectors", "all inspections at worksites", "labour inspectorate",
              "worst forms of child labour, criminal")  # fmt: skip
    table = table[table["preferred"] & table["breakdown"].isin(totals)]
    table = table[~table["indicator"].isin(["victims_identified", "child_victims_identified"])]
    label = table["indicator"].map(spell)
    label = label.mask(table["breakdown"] == "worst forms of child labour, criminal", label + " (child labour)")
    table = table.rename(columns={"period_start": "date_low", "period_end": "date_high"})
    return _yearly(table.assign(label=label, kind="public"), table["indicator"].map(_is_counted))


def _facts(place: Area) -> pd.DataFrame:
    nation = areas.STUDIES[place.study].iso3
    ids = list(dict.fromkeys([place.area_id, nation])) if nation else []
    tables = [evidence.facts(area_id) for area_id in ids if area_id not in areas.STUDIES]
    if not tables:
        return pd.DataFrame()
    table = pd.concat(tables, ignore_index=True)
    # What the study itself counts follows its own declarations: see `_own`.
    table = table[~table["indicator"].isin(own_labels(place))] if own_figures.has_own(place.study) else table
    table = table[table["preferred"] & table["date_low"].notna() & table["unit"].ne("code")]
    counted = table["indicator"].map(_is_counted).astype(bool)
    table = table[counted | table["indicator"].isin(LEVELS)]
    days = (table["date_high"] - table["date_low"]).dt.days
    # A part of a year cannot stand in a yearly count; a level (a share, a stock) holds at its date.
    table = table[~counted[table.index] | days.between(350, 380)]
    years = table.groupby(["area_id", "indicator"])["date_low"].transform(lambda dates: dates.dt.year.nunique())
    table = table[years > 1]
    return _yearly(table.assign(label=table["indicator"].map(spell)), table["indicator"].map(_is_counted))


def _own(place: Area) -> pd.DataFrame:
    """What the study itself counts over the years: of an area, or of all its areas together."""
    wanted = own_figures.over_time(place.study)
    if areas.STUDIES[place.study].of_countries:
        table = own_figures.own_figures(place.study, detection.countries(place), wanted)
    else:
        table = own_figures.of_place(place, wanted)
    years = table.groupby(["area_id", "indicator"])["date_low"].transform(lambda dates: dates.dt.year.nunique())
    table = table[years > 1]
    if table.empty:
        return table.reindex(columns=COLUMNS)
    events = {each.indicator: each.counts not in indicators.NOT_EVENTS for each in wanted}
    return _yearly(table.assign(label=table["indicator"].map(own_labels(place))), table["indicator"].map(events))


@cache
def own_labels(place: Area) -> dict[str, str]:
    """Indicator -> the label of its series, of what the study counts itself; none where it has no table of its own."""
    if not own_figures.has_own(place.study):
        return {}
    others = {*_official(place)["label"], *detection_labels()}
    named = {each.indicator: each.words for each in own_figures.over_time(place.study)}
    return {name: f"{words} (own count)" if words in others else words for name, words in named.items()}


def detection_labels() -> list[str]:
    """The labels of the series of detected victims, whosever they are."""
    return [f"{who} ({source})" for who in WHO.values() for source in detection.SOURCES.values()]


def _yearly(table: pd.DataFrame, counted: pd.Series) -> pd.DataFrame:
    """One row a series and year: the calendar year's figure, or the last one of the year."""
    x = mid_year(table["date_low"], table["date_high"])
    table = table.assign(x=x, year=x.astype(int), counted=counted, population=float("nan"))
    table = table.merge(detection.names_of(), on="area_id", how="left")
    table = table.sort_values("date_low").groupby(["area_id", "label", "year"], as_index=False).tail(1)
    return table[COLUMNS]


def _is_counted(indicator: str) -> bool:
    return any(word in indicator for word in COUNTED) and not indicator.endswith(("share", "change", "rate"))


@cache
def tested(place: Area) -> pd.DataFrame:
    """One row a series: points, years, Mann-Kendall, Poisson trend with interval, warnings, or why it was refused."""
    rows = [
        _test(str(keys[0]), str(keys[1]), group) for keys, group in series(place).groupby(["name", "label"], sort=False)
    ]
    of_each = ["name", "label", "kind", "n", "first", "last", "gaps"]
    return pd.DataFrame(rows, columns=[*of_each, "kendall", "change", "refused", "code", "warnings"])


def _test(name: str, label: str, group: pd.DataFrame) -> dict[str, object]:
    group = group.sort_values("year")
    # A minimum is no point of a trend.
    known = group[ranked(group).notna()] if ranked(group).notna().any() else group
    first, last = int(known["year"].min()), int(known["year"].max())
    row: dict[str, object] = {
        "name": name, "label": label, "kind": group["kind"].iloc[0], "n": len(known), "first": first, "last": last,
        "gaps": last - first + 1 - len(known), "kendall": None, "change": None,
        "refused": "", "code": "", "warnings": "",
    }  # fmt: skip
    try:
        # `<5` is one value: two such years are tied, and both lie below every printed figure.
        row["kendall"] = trends.mann_kendall(ranked(group), periods=group["year"])
        if group["counted"].iloc[0]:
            change = precise(trends.count_trend(counts_of(group)))
            row |= {"change": change, "warnings": warned(change.warnings)}
    except Refusal as refusal:
        row |= {"refused": str(refusal), "code": refusal.code}
    return row


def precise(change: trends.CountTrend) -> trends.CountTrend:
    """A trend whose change a year may be stated.

    Raises
    ------
    NotEstimable : its limits are too far apart (see `trends.imprecise`).
    """
    if refusal := trends.imprecise(change.low, change.high):
        raise refusal
    return change


def warned(warnings: tuple[str, ...]) -> str:
    """Warnings as one text, without the one that stands below every exhibit on trends."""
    return " ".join(said for said in warnings if said != EFFORT_UNKNOWN)


def ranked(group: pd.DataFrame) -> pd.Series:
    """Values for a rank test: the figure itself; the middle of `<5`; missing where only "at least" is known."""
    middle = (group["low"] + group["high"]) / 2
    return middle.where(middle < float("inf"))


def counts_of(group: pd.DataFrame) -> pd.DataFrame:
    """A series as the methods of trends read it; with population (persons) where rates make sense."""
    columns = {"year": "period", "low": "low", "high": "high", "value_qualifier": "value_qualifier"}
    if group["population"].notna().all():
        columns["population"] = "population"
    return group[list(columns)].rename(columns=columns)


def in_words(change: trends.CountTrend | None) -> str:
    """A Poisson trend in words: percent a year with its 95 % interval, or that it is refused."""
    if change is None:
        return TEXT["no_poisson_trend"]
    said = change_words(change.annual_change_low, change.annual_change_high, change.low, change.high)
    return said.replace(" (", " % a year (")


def change_words(least: float, most: float, low: float, high: float) -> str:
    """A change in percent with its limits; where counts are intervals, the range that they leave.

    One that is too badly known to be printed is refused, in these words.
    """
    if trends.imprecise(low, high):
        return trends.SHORT_REFUSAL
    ends = dict.fromkeys(f"{end:+,.1f}" for end in (least, most))
    return f"{' to '.join(ends)} ({low:+,.1f} to {high:+,.1f})"


def series_at_hand(place: Area) -> Section:
    """Every series, what a trend test says of it, or why the test was refused."""
    table = tested(place)
    rows = pd.DataFrame(
        {
            "Where": table["name"],
            "Series": [marked(label, kind) for label, kind in zip(table["label"], table["kind"], strict=True)],
            "Points": table["n"],
            "Years": [f"{a} to {b}" if a != b else str(a) for a, b in zip(table["first"], table["last"], strict=True)],
            "Years missing": table["gaps"],
            "Mann-Kendall": [rank_words(k).removeprefix("Mann-Kendall ") if k else "–" for k in table["kendall"]],
            "Poisson trend, % a year (95 %)": [
                in_words(c).replace(" % a year", "") if c else "–" for c in table["change"]
            ],
            "Refused or warned": [r or w or "–" for r, w in zip(table["refused"], table["warnings"], strict=True)],
        }
    )
    return Section(
        "series_at_hand",
        TEXT["series_and_their_trends"].format(place=place.name),
        rows,
        tuple(series(place)["source_id"].unique()),
        TEXT["detected_victims_are_taken_per"].format(not_incidence=NOT_INCIDENCE, effort=EFFORT),
    )


def national_trend(place: Area, measure: str = "victims") -> Section:
    """The UNODC series of detected victims (or child victims) with its Poisson trend, or the reason there is none."""
    label = MEASURES[measure]
    if place.spans_countries:
        return _compared(place, label, measure)
    group = series(place)
    group = group[group["label"] == label].sort_values("year")
    title = f"{detection.whose(place)}: {lower_first(label)}"
    limits = " ".join(filter(None, [NOT_INCIDENCE, EFFORT, COVID, detection.depth_note(place)]))
    outcome = tested(place)
    outcome = outcome[outcome["label"] == label]
    change = outcome["change"].iloc[0] if len(outcome) else None
    refusal = outcome["refused"].iloc[0] if len(outcome) else TEXT["national_trend_refusal"]
    bounded = change if change and change.annual_change_low != change.annual_change_high else None
    fitted = change.fitted.rename(columns={"period": "x"}).assign(x=lambda t: t["x"] + 0.5) if change else None
    figure = plots.trend(
        group.assign(series="UNODC", **rates_of(group)) if change else group.assign(series="UNODC"),
        fitted,
        ylabel="per 100,000 inhabitants" if change else "persons",
        annotation=in_words(change) if change else "",
        refusal=refusal or None,
        fit_label=TEXT["national_trend_fit_label"] if bounded is None else TEXT["national_trend_fit_label_n_95_band"],
        title=title,
        footer=footer(group, f"{len(group)} years", limits),
    )
    rows = pd.DataFrame(
        {
            "Year": group["year"].astype(str),
            "Detected": intervals.text(group["low"], group["high"], group["value_qualifier"]),
            "Inhabitants": group["population"],
        }
    )
    verdict = in_words(change) if change else f"refused: {refusal}"
    return Section(
        f"unodc_{measure}",
        f"{title} – {verdict}",
        rows,
        tuple(group["source_id"].unique()),
        limits,
        figure,
        alt=f"{title}. Trend: {verdict}.",
        cautions=evidence.cautions("unodc_detected_victims"),
    )


def rates_of(group: pd.DataFrame) -> dict[str, pd.Series]:
    """The bounds of a series' counts per 100,000 inhabitants."""
    widened = intervals.widest(group)
    return {end: widened[end] / group["population"] * PER for end in ("low", "high")}


def _compared(place: Area, label: str, measure: str) -> Section:
    """The same series of every country: yearly change with its interval, or the reason there is none."""
    table = tested(place)
    table = table[table["label"] == label]
    rows = areas.load(place.study)[["area_id", "name"]].merge(table, on="name", how="left")
    change = [c if isinstance(c, trends.CountTrend) else None for c in rows["change"]]
    rows = rows.assign(
        label=rows["name"],
        low=[c.low if c else float("nan") for c in change],
        high=[c.high if c else float("nan") for c in change],
        estimate_low=[c.annual_change_low if c else float("nan") for c in change],
        estimate_high=[c.annual_change_high if c else float("nan") for c in change],
        text=[
            in_words(c) if c else trends.SHORT_REFUSAL if code == "too_imprecise" else TEXT["compared_text"]
            for c, code in zip(change, rows["code"], strict=True)
        ],
        refused=[str(r) if isinstance(r, str) and r else TEXT["compared_refused"] for r in rows["refused"]],
    )
    title = TEXT["compared_title"].format(place=place.name, label=lower_first(label))
    limits = f"{NOT_INCIDENCE} {EFFORT}"
    points = series(place)
    points = points[points["label"] == label]
    figure = plots.forest(
        rows, xlabel="percent a year", title=title, footer=footer(points, f"{len(points)} country-years", limits)
    )
    printed = pd.DataFrame(
        {
            "Country": rows["name"],
            "Points": rows["n"].fillna(0).astype(int),
            "Yearly change (95 %)": [in_words(c) if c else "refused" for c in change],
            "Why refused": ["" if c else reason for c, reason in zip(change, rows["refused"], strict=True)],
        }
    )
    return Section(
        f"unodc_{measure}",
        title,
        printed,
        tuple(points["source_id"].unique()),
        limits,
        figure,
        alt=TEXT["compared_alt"].format(title=title, refused=change.count(None), countries=len(rows)),
        cautions=evidence.cautions("unodc_detected_victims"),
    )


def indicators_over_time(place: Area) -> list[Section]:
    """Official indicators, and what a study counts itself: together where both are real, and apart where one is not."""
    table = tested(place)
    invented = table["kind"] == "synthetic"
    if not invented.any():
        return [official_indicators(place)]
    title = TEXT["indicators_over_time_title"].format(place=place.name)
    own = _panels(place, table[invented & (table["n"] >= 3)], "own_indicators", title)
    return [own, official_indicators(place)]


def official_indicators(place: Area) -> Section:
    """The other series of the area and its country, each on its own scale, with its trend in words; no invented one."""
    table = tested(place)
    table = table[(table["n"] >= 3) & ~table["label"].str.contains("UNODC") & (table["kind"] == "public")]
    if place.spans_countries:
        table = table[table["label"].str.startswith("Convictions") & ~table["label"].str.contains("child labour")]
    return _panels(
        place, table, "official_indicators", TEXT["official_indicators_and_their_trends"].format(place=place.name)
    )


def _panels(place: Area, table: pd.DataFrame, name: str, title: str) -> Section:
    """Series on panels of their own, those of the most years first, each with its trend in words."""
    if table.empty:
        why = TEXT["panels_why"].format(how_to_add=own_figures.HOW_TO_ADD)
        return Section(name, title, pd.DataFrame(), limits=why)
    shown = table.sort_values("n", ascending=False, kind="stable").head(12)
    prefix = (shown["name"] + ": ").mask(shown["name"] == place.name, "")
    shown = shown.assign(panel=prefix + shown["label"])
    notes = {
        panel: in_words(change) if change else rank_words(kendall)
        for panel, change, kendall in zip(shown["panel"], shown["change"], shown["kendall"], strict=True)
    }
    points = series(place).merge(shown[["name", "label", "kind", "panel"]], on=["name", "label", "kind"])
    points = points.assign(series="")
    limits = f"{NOT_INCIDENCE} {EFFORT} {COVID}"
    figure = plots.small_multiples(
        points,
        panels=list(shown["panel"]),
        ylabel="",
        own_scale=True,
        notes=notes,
        columns=3,
        title=title,
        footer=footer(points, f"{len(points)} figures", limits),
    )
    rows = pd.DataFrame(
        {
            "Where": points["name"],
            "Series": points["label"],
            "Year": points["year"].astype(str),
            "Figure": intervals.text(points["low"], points["high"], points["value_qualifier"]),
        }
    ).sort_values(["Where", "Series", "Year"])
    return Section(
        name,
        title,
        rows,
        tuple(points["source_id"].unique()),
        limits,
        figure,
        alt=TEXT["panels_alt"].format(title=title, series=len(shown)),
        cautions=() if name == "own_indicators" else evidence.cautions("official_counts"),
        **marks(points),
    )


def p_words(p_value: float) -> str:
    """A p-value as people read it."""
    return "p < 0.001" if p_value < 0.001 else f"p {p_value:.3f}"


def p_of_ranks(kendall: trends.MannKendall) -> str:
    """The p-value of a Mann-Kendall test as people read it; in short series the exact one, which is said."""
    if not kendall.is_exact:
        return p_words(kendall.p_stated)
    # Few orders there are of few values, and their p is known to the last digit.
    p = kendall.p_stated
    return f"exact {p_words(p)}" if p >= 0.001 else "exact p < 0.0001" if p < 0.0001 else f"exact p {p:.4f}"


def rank_words(kendall: trends.MannKendall | None) -> str:
    """A Mann-Kendall test in words."""
    if kendall is None:
        return TEXT["too_few_points"]
    if kendall.tau_b != kendall.tau_b:
        return TEXT["all_figures_are_tied"]
    return TEXT["mann_kendall_b"].format(tau_b=kendall.tau_b, kendall=p_of_ranks(kendall))
