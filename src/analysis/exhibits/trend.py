"""Sections on trends: which series can carry one, Mann-Kendall and a Poisson trend of each, and how areas compare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

import pandas as pd

import trends
from analysis import areas, evidence, indicators, plots
from analysis.areas import Area
from analysis.data_read import question, remembered
from analysis.exhibits import detection
from analysis.exhibits.any_place import take_names
from analysis.exhibits.attempt import NoResult, attempt
from analysis.exhibits.exhibit import NOT_INCIDENCE, Exhibit, absent, elsewhere, exhibit, instead, only
from analysis.exhibits.plot import Plot
from analysis.exhibits.table import FIGURE, Table, Words, spans, year
from analysis.exhibits.wording import lower_first, marked, mid_year, spell
from bounded import intervals
from trends.caution import EFFORT_UNKNOWN

# A count whose most is over so many times its least says little of a pace.
WIDE = 2

Rank = trends.MannKendall | NoResult
Change = trends.CountTrend | NoResult
Fit = TypeVar("Fit", trends.CountTrend, trends.PooledAreas)

MEASURES = {"victims": "Detected victims (UNODC)", "child_victims": "Detected child victims (UNODC)"}
WHO = {"victims": "Detected victims", "child_victims": "Detected child victims"}
EFFORT = "Detection effort and incidence cannot be told apart in these series."
COVID = "2020-21 (COVID-19) are marked."
NO_RELEASE = "UNODC's release has no figure, so there is no trend."
FAMILIES = {"poisson": "Poisson", "quasi-poisson": "Quasi-Poisson", "negative binomial": "Negative binomial"}
# The level of the limits that findings state.
CONFIDENCE = 0.95
# Indicators that count events or persons found, so that a Poisson model is meant for them.
COUNTED = (
    "victims", "investigations", "prosecutions", "convictions", "reports", "arrests", "assisted", "referred",
    "repatriated", "removed", "violations", "calls", "sexual_crimes", "rescued", "identified",
)  # fmt: skip
COLUMNS = [
    *("area_id", "name", "label", "counted", "year", "x", "low", "high", "value_qualifier"),
    *("population", "source_id", "kind"),
]


@remembered
def series(place: Area) -> pd.DataFrame:
    """Every yearly series of `place`, one row a year; of a part of a country its own alone.

    Returns
    -------
    area_id, name, label, counted (whether a Poisson model is meant for it), year, x, low, high, value_qualifier,
    population (NaN where rates make no sense), source_id, kind ("public", or "synthetic" where figures are synthetic).
    """
    parts = [_facts(place)] if place.is_local else [_detected(place), _official(place), _facts(place)]
    if detection.has_own(place.study):
        parts.append(_own(place))
    return pd.concat(parts, ignore_index=True).reindex(columns=COLUMNS)


def of_label(found: pd.DataFrame, label: str) -> pd.DataFrame:
    """The series of one label, in order of area and year."""
    return found[found["label"] == label].sort_values(["name", "year"])


def each(found: pd.DataFrame) -> Iterator[tuple[tuple[str, str], pd.DataFrame]]:
    """Each series as (name of its area, label) and its points in order of time."""
    for (name, label), points in found.groupby(["name", "label"], sort=False):
        yield (str(name), str(label)), points.sort_values("year", kind="stable")


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
    # National figures stand on the page of the study.
    ids = [place.area_id] if place.is_local else list(dict.fromkeys([place.area_id, nation])) if nation else []
    tables = [evidence.facts(area_id) for area_id in ids if area_id not in areas.STUDIES]
    if not tables:
        return pd.DataFrame()
    table = pd.concat(tables, ignore_index=True)
    # What the study itself counts follows its own declarations: see `_own`.
    table = table[~table["indicator"].isin(own_labels(place))] if detection.has_own(place.study) else table
    table = table[table["preferred"] & table["date_low"].notna() & table["unit"].ne("code")]
    counted = table["indicator"].map(_is_counted).astype(bool)
    table = table[counted | table["indicator"].isin(indicators.levels(place.study))]
    days = (table["date_high"] - table["date_low"]).dt.days
    # A part of a year cannot stand in a yearly count; a level (a share, a stock) holds at its date.
    table = table[~counted[table.index] | days.between(350, 380)]
    years = table.groupby(["area_id", "indicator"])["date_low"].transform(lambda dates: dates.dt.year.nunique())
    table = table[years > 1]
    return _yearly(table.assign(label=table["indicator"].map(spell)), table["indicator"].map(_is_counted))


def _own(place: Area) -> pd.DataFrame:
    """Return the series that the study itself counts: of an area, or of all its areas together."""
    wanted = detection.over_time(place.study)
    if areas.STUDIES[place.study].of_countries:
        table = detection.own_figures(place.study, detection.countries(place), wanted)
    else:
        table = detection.of_place(place, wanted)
    years = table.groupby(["area_id", "indicator"])["date_low"].transform(lambda dates: dates.dt.year.nunique())
    table = table[years > 1]
    if table.empty:
        return table.reindex(columns=COLUMNS)
    events = {each.indicator: each.counts not in indicators.NOT_EVENTS for each in wanted}
    return _yearly(table.assign(label=table["indicator"].map(own_labels(place))), table["indicator"].map(events))


@remembered
def own_labels(place: Area) -> dict[str, str]:
    """Indicator -> the label of its series, of what the study counts itself; none where it has no table of its own."""
    if not detection.has_own(place.study):
        return {}
    others = {*_official(place)["label"], *detection_labels()}
    named = {each.indicator: each.words for each in detection.over_time(place.study)}
    return {name: f"{words} (own count)" if words in others else words for name, words in named.items()}


def detection_labels() -> list[str]:
    """The labels of the series of detected victims, whosever they are."""
    return [f"{who} ({source})" for who in WHO.values() for source in detection.SOURCES.values()]


def _yearly(table: pd.DataFrame, counted: pd.Series) -> pd.DataFrame:
    """One row a series and year: the calendar year's figure, or the last one of the year."""
    x = mid_year(table["date_low"], table["date_high"])
    table = table.assign(x=x, year=x.astype(int), counted=counted, population=float("nan"))
    table = table.merge(detection.names_of(), on="area_id", how="left")
    table = table.sort_values("date_low", kind="stable").groupby(["area_id", "label", "year"], as_index=False).tail(1)
    return table[COLUMNS]


def _is_counted(indicator: str) -> bool:
    return any(word in indicator for word in COUNTED) and not indicator.endswith(("share", "change", "rate"))


def tested(found: pd.DataFrame, ranks: Mapping[tuple, Rank], changes: Mapping[tuple, Change]) -> pd.DataFrame:
    """One row a series: points, years, Mann-Kendall, Poisson trend with interval, warnings, or why it was refused.

    Parameters
    ----------
    found : series, as `series` gives them.
    ranks, changes : (name, label) -> result of `trends.mann_kendall`, and of `trends.count_trend` where one is meant.
    """
    rows = []
    for (name, label), points in each(found):
        rank, change = ranks[name, label], changes.get((name, label))
        failed = next((each for each in (rank, change) if isinstance(each, NoResult)), None)
        # A minimum is no point of a trend.
        known = points[ranked(points).notna()] if ranked(points).notna().any() else points
        first, last = int(known["year"].min()), int(known["year"].max())
        rows.append(
            {
                "name": name, "label": label, "kind": points["kind"].iloc[0], "n": len(known), "first": first,
                "last": last, "gaps": last - first + 1 - len(known),
                "kendall": None if isinstance(rank, NoResult) else rank, "change": None if failed else change,
                "refused": failed.reason if failed else "", "code": failed.code if failed else "",
                "warnings": warned(change.warnings) if isinstance(change, trends.CountTrend) and not failed else "",
            }
        )  # fmt: skip
    of_each = ["name", "label", "kind", "n", "first", "last", "gaps"]
    return pd.DataFrame(rows, columns=[*of_each, "kendall", "change", "refused", "code", "warnings"])


def changes_of(
    found: pd.DataFrame, *, family: str = "quasi-poisson", confidence: float = CONFIDENCE
) -> dict[tuple[str, str], Change]:
    """Return the change a year of each series that a count model is meant for, by (name, label).

    Parameters
    ----------
    family, confidence : as `trends.count_trend` takes them.
    """
    counted = {key: points for key, points in each(found) if points["counted"].iloc[0]}
    return {key: changed(points, family=family, confidence=confidence) for key, points in counted.items()}


def changed(points: pd.DataFrame, *, family: str = "quasi-poisson", confidence: float = CONFIDENCE) -> Change:
    """Return the change a year of one series, or why it may not be stated; arguments as for `changes_of`."""
    return precise(attempt(trends.count_trend, counts_of(points), family=family, confidence=confidence))


def precise(fit: Fit | NoResult) -> Fit | NoResult:
    """A trend, or trends of areas, whose change a year may be stated.

    Refused where its limits are too far apart (`trends.imprecise`; of areas the change that they have in common is
    asked), and where half the counts of a series or more are wide ranges, such as ``<5``: a pace would be a guess.
    """
    if isinstance(fit, NoResult):
        return fit
    if isinstance(fit, trends.CountTrend) and are_mostly_ranges(fit.observed):
        ranges = int(_wide(fit.observed).sum())
        return NoResult(
            f"{ranges} of {fit.n} counts of the series are ranges, such as <5: a change a year would be a guess at "
            "them. Counts that are known exactly would help.",
            "mostly_ranges",
        )
    change = fit.common if isinstance(fit, trends.PooledAreas) else fit
    refusal = trends.imprecise(change.low, change.high)
    return NoResult.of(refusal) if refusal else fit


def _wide(counts: pd.DataFrame) -> pd.Series:
    return counts["high"] > WIDE * counts["low"]


def are_mostly_ranges(counts: pd.DataFrame) -> bool:
    """Return whether half of the counts or more, with their `low` and `high`, are wide ranges, such as ``<5``."""
    return 2 * int(_wide(counts).sum()) >= len(counts)


def warned(warnings: tuple[str, ...]) -> str:
    """Warnings as one text, without the one that stands below every exhibit on trends."""
    return " ".join(said for said in warnings if said != EFFORT_UNKNOWN)


def ranked(group: pd.DataFrame) -> pd.Series:
    """Values for a rank test: the figure itself; the middle of `<5`; missing where only "at least" is known."""
    middle = (group["low"] + group["high"]) / 2
    return middle.where(middle < float("inf"))


def counts_of(group: pd.DataFrame) -> pd.DataFrame:
    """A series as the methods of trends read it; with population (persons) where rates make sense."""
    population = ["population"] if group["population"].notna().all() else []
    counts = group[["year", *intervals.COLUMNS, *population]]
    return counts.set_axis(["period", *intervals.COLUMNS, *population], axis=1)


def in_words(change: trends.CountTrend) -> str:
    """Return a trend in words: percent a year with its interval."""
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


def precise_only(table: pd.DataFrame, change: tuple[str, ...]) -> pd.DataFrame:
    """A table whose changes are missing where they are too badly known to be printed (`trends.imprecise`).

    Parameters
    ----------
    change : the columns of a change in percent a year; the last two are its limits.
    """
    low, high = change[-2:]
    refused = [trends.imprecise(*ends) is not None for ends in zip(table[low], table[high], strict=True)]
    return table.assign(**{name: table[name].astype(float).mask(pd.Series(refused, table.index)) for name in change})


def joinpoint_numbers(fit: trends.JoinpointTrend) -> dict[str, int]:
    """Return the number of joinpoints of a fit, and the least and the greatest number that a criterion chooses."""
    numbers = [fit.k, *fit.chosen.values()]
    return {"joinpoints": fit.k, "joinpoints_low": min(numbers), "joinpoints_high": max(numbers)}


def at_hand(
    place: Area,
    found: pd.DataFrame,
    table: pd.DataFrame,
    fits: Mapping[tuple[str, str], trends.JoinpointTrend | NoResult],
) -> Exhibit:
    """Return every series, what a trend test says of it, or why the test was refused, and its number of joinpoints.

    Parameters
    ----------
    found, table : series, and what `tested` makes of them.
    fits : (name, label) -> joinpoint trend, of the series that have one.
    """
    known = {key: joinpoint_numbers(fit) for key, fit in fits.items() if not isinstance(fit, NoResult)}
    joined = [known.get(key, {}) for key in zip(table["name"], table["label"], strict=True)]

    def of(results: pd.Series, name: str) -> list[float]:
        return [float(getattr(result, name)) if result else float("nan") for result in results]

    changes = {"change_least": "annual_change_low", "change_most": "annual_change_high", "low": "low", "high": "high"}
    numbers = table.assign(
        first_year=table["first"],
        last_year=table["last"],
        tau_b=of(table["kendall"], "tau_b"),
        rank_p=of(table["kendall"], "p_stated"),
        exact_p=[bool(result) and result.is_exact for result in table["kendall"]],
        **{name: of(table["change"], attribute) for name, attribute in changes.items()},
        confidence=of(table["change"], "confidence"),
        **{name: [float(of_one.get(name, "nan")) for of_one in joined] for name in JOINPOINTS},
    )

    def ranks(*columns: pd.Series) -> list[str]:
        return [rank_words(result).removeprefix("Mann-Kendall ") if result else "–" for result in table["kendall"]]

    def change(*columns: pd.Series) -> list[str]:
        return ["–" if ends[2] != ends[2] else change_words(*ends) for ends in zip(*columns, strict=True)]

    def joinpoints(*columns: pd.Series) -> list[str]:
        return ["–" if k != k else f"{k:.0f} ({low:.0f} to {high:.0f})" for k, low, high in zip(*columns, strict=True)]

    return Exhibit(
        "series_at_hand",
        f"{place.name}: series and their trends",
        Table(
            numbers,
            {
                "Where": "name",
                "Series": Words(lambda *each: list(map(marked, *each)), "label", "kind"),
                "Points": "n",
                "Years": Words(spans, "first_year", "last_year"),
                "Years missing": "gaps",
                "Mann-Kendall": Words(ranks, "tau_b", "rank_p", "exact_p"),
                with_level(f"{model(table['change'])}, % a year", table["change"]): Words(change, *CHANGE),
                "Joinpoints (by all criteria)": Words(joinpoints, *JOINPOINTS),
                "Refused or warned": Words(first_said, "refused", "warnings"),
            },
            also=("confidence",),
        ),
        source_ids=tuple(found["source_id"].unique()),
        limits=f"{NOT_INCIDENCE} {EFFORT} Detected victims are rates per inhabitant, other series are counts. Many "
        "series are tested at once: about one in twenty looks like a trend by chance.",
    )


def level(results: Iterable[object]) -> str:
    """Return the level of the limits of results as it is printed, as "95 %"; "" where none has limits."""
    stated = [each.confidence for each in results if hasattr(each, "confidence")]
    return intervals.confidence_level(pd.DataFrame({"confidence": stated}, dtype=float))


def levelled(results: Iterable[object], word: str) -> str:
    """Return a word after the level of some results: "95 % interval"; the word alone where none has limits."""
    return f"{level(results)} {word}".strip()


def with_level(heading: str, results: Iterable[object]) -> str:
    """Return a heading with the level of the limits below it, "% a year (95 %)"; without where none has limits."""
    stated = level(results)
    return f"{heading} ({stated})" if stated else heading


def model(changes: Iterable[object]) -> str:
    """Return what the model of some changes a year is called, by its family: "Quasi-Poisson trend"."""
    families = dict.fromkeys(FAMILIES[each.family] for each in changes if isinstance(each, trends.CountTrend))
    return f"{' or '.join(families) or 'Count'} trend"


def first_said(*columns: pd.Series) -> list[str]:
    """Return the first text that is not empty, of texts side by side."""
    return [next(filter(None, row), "–") for row in zip(*columns, strict=True)]


def detected(place: Area, measure: str, found: pd.DataFrame, changes: Mapping[tuple, Change]) -> Exhibit:
    """Return the UNODC series of a country with its trend: rates; or persons, with the reason why there is no trend.

    Parameters
    ----------
    measure : one of `MEASURES`. found : series. changes : (name, label) -> result of `trends.count_trend`.
    """
    if place.is_local or place.spans_countries:
        why = "national" if place.is_local else "Each country has a notebook of its own."
        return absent(place, f"{{whose}}: {lower_first(MEASURES[measure])}", why)
    points = of_label(found, MEASURES[measure])
    change = next((changes[key] for key, _ in each(points)), None)
    known = change if isinstance(change, trends.CountTrend) else None
    is_open = known is not None and known.annual_change_low != known.annual_change_high
    title, band = f"{detection.whose(place)}: {lower_first(MEASURES[measure])}", levelled([change], "band")
    return exhibit(
        f"unodc_{measure}",
        title,
        Table(
            points,
            {"Year": Words(year, "year"), "Detected": FIGURE, "Inhabitants": "population"},
            also=("area_id", "name", "source_id"),
        ),
        Plot(
            plots.series,
            points.assign(series="UNODC", **(rates_of(points) if known else {})),
            fit=known.fitted.rename(columns={"period": "x"}).assign(x=lambda t: t["x"] + 0.5) if known else None,
            ylabel=detection.UNIT if known else "persons",
            text=in_words(known) if known else verdict(change).removeprefix("refused: "),
            fit_label=f"{band} of the trends that fit the intervals" if is_open else f"fitted trend and its {band}",
        ),
        n="years",
        limits=f"{NOT_INCIDENCE} {EFFORT} {COVID}",
        alt=f"{title}. Trend: {verdict(change)}.",
        cautions=evidence.cautions("unodc_detected_victims"),
    )


def verdict(change: Change | None) -> str:
    """A change a year in words, or why there is none."""
    if isinstance(change, trends.CountTrend):
        return in_words(change)
    return f"refused: {change.reason if change else NO_RELEASE}"


def rates_of(group: pd.DataFrame) -> dict[str, pd.Series]:
    """The bounds of a series' counts per 100,000 inhabitants."""
    return {end: group[end] / group["population"] * detection.PER for end in ("low", "high")}


def compared(
    place: Area, found: pd.DataFrame, table: pd.DataFrame, *, confidence: float = CONFIDENCE
) -> tuple[Exhibit, ...]:
    """Return the yearly changes of the countries of a study side by side, an exhibit for each of `MEASURES`.

    An area or a country has in their place what the page of its study shows, in a sentence.

    Parameters
    ----------
    found, table : series, and what `tested` makes of them. confidence : level of the limits in the sentence.
    """
    if place.spans_countries:
        return tuple(of_countries(place, measure, found, table) for measure in MEASURES)
    if place.is_study:
        return (absent(place, "change of each country", "of_countries"),)
    words = national_words if place.is_local else words_among
    return (instead(elsewhere(words(place, confidence), "trends")),)


def of_countries(place: Area, measure: str, found: pd.DataFrame, table: pd.DataFrame) -> Exhibit:
    """Return the yearly change of each country of a study, or why there is none; `found`, `table` as for `compared`."""
    changes = compared_changes(place, measure, table)
    title = f"{place.name}: yearly change of {lower_first(MEASURES[measure])}"
    none = changes["change"].isna()
    return exhibit(
        f"unodc_{measure}",
        title,
        Table(
            changes.assign(
                n=changes["n"].fillna(0).astype(int),
                refused=changes["refused"].where(none, ""),
                change_least=changes["estimate_low"],
                change_most=changes["estimate_high"],
            ),
            {
                "Country": "name",
                "Points": "n",
                with_level("Yearly change", changes["change"]): Words(_yearly_words, *CHANGE),
                "Why refused": "refused",
            },
            also=("area_id",),
        ),
        Plot(
            plots.forest,
            changes,
            reason="reason",
            xlabel="percent a year",
            interval_label=levelled(changes["change"], "interval"),
        ),
        read=of_label(found, MEASURES[measure]),
        n="country-years",
        limits=f"{NOT_INCIDENCE} {EFFORT}",
        alt=f"{title}: one line a country, with {levelled(changes['change'], 'intervals')}; {int(none.sum())} of "
        f"{len(changes)} refused.",
        cautions=evidence.cautions("unodc_detected_victims"),
    )


def compared_changes(place: Area, measure: str, table: pd.DataFrame) -> pd.DataFrame:
    """Every country of a study with its yearly change or the reason why there is none, as a forest draws them.

    Parameters
    ----------
    table : as `tested` gives it.
    """
    table = table[table["label"] == MEASURES[measure]]
    rows = areas.load(place.study)[["area_id", "name"]].merge(table, on="name", how="left")
    change = [c if isinstance(c, trends.CountTrend) else None for c in rows["change"]]
    return rows.assign(
        change=pd.Series(change, dtype=object),
        label=rows["name"],
        low=[c.low if c else float("nan") for c in change],
        high=[c.high if c else float("nan") for c in change],
        estimate_low=[c.annual_change_low if c else float("nan") for c in change],
        estimate_high=[c.annual_change_high if c else float("nan") for c in change],
        reason=[
            "" if c else trends.SHORT_REFUSAL if code == "too_imprecise" else "refused: too little reported"
            for c, code in zip(change, rows["code"], strict=True)
        ],
        refused=[str(r) if isinstance(r, str) and r else "No figure was found." for r in rows["refused"]],
    )


JOINPOINTS = ("joinpoints", "joinpoints_low", "joinpoints_high")
# A change in percent a year: the range that counts known as intervals leave, and its limits.
CHANGE = ("change_least", "change_most", "low", "high")


def _yearly_words(*columns: pd.Series) -> list[str]:
    """Changes in percent a year, each with the unit; without a change, that it is refused."""
    return [
        "refused" if ends[2] != ends[2] else change_words(*ends).replace(" (", " % a year (")
        for ends in zip(*columns, strict=True)
    ]


def national_words(place: Area, confidence: float = CONFIDENCE) -> str:
    """Return a sentence on the detected victims of the country, for a part of it."""
    points = _national_victims(place.study)
    said = verdict(changed(points, confidence=confidence)) if len(points) else NO_RELEASE
    return (
        f"Detected victims are counted for {detection.whose(place)}, not for {place.name} alone. Their yearly change: "
        f"{said} (UNODC)."
    )


@question
def _national_victims(study: str) -> pd.DataFrame:
    """The series of detected victims of a study's countries: of their areas' pages only this follows from others."""
    return of_label(series(areas.get(study)), MEASURES["victims"])


def words_among(place: Area, confidence: float = CONFIDENCE) -> str:
    """Return a sentence on the countries of the study where detected victims rise or fall, and on this one."""
    study = areas.get(place.study)
    points = _national_victims(place.study)
    every = {name: changed(group, confidence=confidence) for (name, _), group in each(points)}
    known = [change for change in every.values() if isinstance(change, trends.CountTrend)]
    rising, falling = sum(change.low > 0 for change in known), sum(change.high < 0 for change in known)
    return (
        f"The yearly change of detected victims (UNODC) can be estimated in {len(known)} of "
        f"{len(areas.ids(place.study))} countries of {study.name}. By its {level(known)} limits it is a rise in "
        f"{rising} and a fall in {falling}. {place.name}: {verdict(every.get(place.name))}."
    )


def own_indicators(
    place: Area, found: pd.DataFrame, table: pd.DataFrame, *, fewest_points: int = 3, top: int = 12
) -> tuple[Exhibit, ...]:
    """Return what a study counts itself, where that is synthetic; of a part of a country official indicators as well.

    Parameters
    ----------
    found, table : series, and what `tested` makes of them. fewest_points, top : years of a series, and how many series.
    """
    shown = panels(place, found, table, kind="synthetic", fewest_points=fewest_points, top=top)
    own = () if shown.table.empty else (shown,)
    if place.is_local:
        return (*own, panels(place, found, table, fewest_points=fewest_points, top=top))
    return (*own, absent(place, "other official indicators", "They stand below, under their own heading."))


@only("national", "{whose}: other official indicators")
def official_indicators(
    place: Area, found: pd.DataFrame, table: pd.DataFrame, *, fewest_points: int = 3, top: int = 12
) -> Exhibit:
    """Return official indicators of a country or a study; `found`, `table` and so on as for `own_indicators`."""
    return panels(place, found, table, fewest_points=fewest_points, top=top)


def panels(
    place: Area, found: pd.DataFrame, table: pd.DataFrame, *, kind: str = "public", fewest_points: int, top: int
) -> Exhibit:
    """Return series of indicators on panels with scales of their own, each with its trend in words.

    Public and synthetic figures are drawn apart.

    Parameters
    ----------
    found, table : series, and what `tested` makes of them. kind : ``public`` or ``synthetic``.
    fewest_points, top : fewest years of a series, and how many series are shown, those of the most years first.
    """
    name, title = ("official_indicators", f"{place.name}: official indicators and their trends")
    if kind == "synthetic":
        name, title = ("own_indicators", f"{place.name}: what is counted, and its trend")
    shown = indicators_shown(place, table, kind=kind, fewest_points=fewest_points, top=top)
    points = found.merge(shown[["name", "label", "kind", "panel"]], on=["name", "label", "kind"]).assign(series="")
    if points.empty:
        limits = f"No series has figures of {fewest_points} years."
        return Exhibit(name, title, limits=f"{limits} {detection.HOW_TO_ADD}")
    return exhibit(
        name,
        title,
        Table(
            points.sort_values(["name", "label", "year"]),
            {"Where": "name", "Series": "label", "Year": Words(year, "year"), "Figure": FIGURE},
            also=("area_id", "source_id"),
        ),
        Plot(
            plots.small_multiples,
            points,
            panels=list(shown["panel"]),
            ylabel="",
            own_scale=True,
            notes=dict(zip(shown["panel"], shown["note"], strict=True)),
            columns=3,
        ),
        read=points,
        n="figures",
        limits=f"{NOT_INCIDENCE} {EFFORT} {COVID}",
        alt=f"{title}: {points['panel'].nunique()} small panels, one a series.",
        cautions=() if name == "own_indicators" else evidence.cautions("official_counts"),
    )


def indicators_shown(place: Area, table: pd.DataFrame, *, kind: str, fewest_points: int, top: int) -> pd.DataFrame:
    """Return the official indicators of tested series, those of the most years first, with `panel` and `note`.

    Of several countries convictions alone are shown.
    """
    table = table[(table["n"] >= fewest_points) & (table["kind"] == kind)]
    if kind == "public":
        table = table[~table["label"].str.contains("UNODC")]
        if place.spans_countries:
            table = table[table["label"].str.startswith("Convictions") & ~table["label"].str.contains("child labour")]
    shown = table.sort_values("n", ascending=False, kind="stable").head(top)
    prefix = (shown["name"] + ": ").mask(shown["name"] == place.name, "")
    notes = [
        in_words(change) if change else rank_words(kendall)
        for change, kendall in zip(shown["change"], shown["kendall"], strict=True)
    ]
    return shown.assign(panel=prefix + shown["label"], note=notes)


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
        return "too few points for a trend"
    if kendall.tau_b != kendall.tau_b:
        return "all figures are tied"
    return f"Mann-Kendall τb {kendall.tau_b:+.2f}, {p_of_ranks(kendall)}"


take_names(__name__)
