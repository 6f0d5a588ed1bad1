"""Detected victims by year, for the number of inhabitants, by form, sex and age; and what a study counts itself."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
from matplotlib.figure import Figure

from analysis import areas, catalog, evidence, headlines, indicators, plots, preferred_values, texts
from analysis.areas import Area
from analysis.data_read import remembered
from analysis.methods.rates import rate_table
from analysis.sections.any_place import take_names
from analysis.sections.section import (
    NOT_INCIDENCE,
    Section,
    absent,
    footer,
    mid_year,
    of_figures,
    only,
    periods,
    sentences,
    unless_refused,
)
from analysis.sections.table import FIGURE, Table, Words, coded, spans, year
from bounded import intervals

TEXT = texts.of(__name__)

MEASURES = {"victims": "All victims", "child_victims": "Children"}
SOURCES = {"UNODC": "UNODC", "TIP": "US reports", "OTHER": "other reports"}
# Of these there are series; other reports are of many publishers, each with a definition of its own.
SERIES = ("UNODC", "TIP")
# The inhabitants for whom findings and trends state a rate, as the notebook on incidence does.
PER = 100_000
TWO_SOURCES = TEXT["two_sources"]
A_YEAR = (330, 400)  # days


def countries(place: Area) -> list[str]:
    """ISO3 codes of the countries whose national figures speak for `place`."""
    return list(areas.load(place.study)["area_id"]) if place.spans_countries else [place.iso3]


def whose(place: Area) -> str:
    """Whose figures these are, for titles: the area's own, or its country's where no source goes deeper."""
    if place.spans_countries or place.level == "country":
        return place.name
    # A study can be of a part of its country, and be called so.
    country = names_of().set_index("area_id")["name"][place.iso3]
    return f"{country} as a whole"


def depth_note(place: Area) -> str:
    """A sentence where national figures stand in for an area that no source counts; empty elsewhere."""
    if not place.is_local:
        return ""
    if has_own(place.study):
        return TEXT["these_are_national_figures_what"].format(place=place.name)
    return TEXT["no_source_gives_detected_victims"].format(place=place.name)


def preferred(place: Area) -> pd.DataFrame:
    """Detected victims of `place`'s countries that are preferred: one figure a source, measure and period."""
    table = evidence.detected_victims(countries(place))
    table = table[table["preferred"]].merge(names_of(), on="area_id", how="left")
    return table.assign(x=mid_year(table["period_start"], table["period_end"])).reset_index(drop=True)


@remembered
def names_of() -> pd.DataFrame:
    """Names of every area of the studies and of the countries above them."""
    above = [study.iso3 for study in areas.STUDIES.values() if study.iso3]
    named = pd.DataFrame({"area_id": above, "name": [areas.country_name(iso3) for iso3 in above]})
    return pd.concat([areas.load(), named])[["area_id", "name"]].drop_duplicates("area_id")


def in_a_sentence(place: Area) -> str:
    """What is detected in the country that a province or an island is a part of, for the area's own page."""
    number = headlines.headline(place.iso3, headlines.VICTIMS)
    if number.completeness == headlines.NONE:
        return TEXT["national_none"].format(whose=whose(place))
    return TEXT["national"].format(whose=whose(place), figure=number.words, publisher=number.publisher)


def section_of_years(place: Area, victims: pd.DataFrame) -> Section:
    """What surrounds detected victims and detected child victims by year.

    Parameters
    ----------
    victims : what `preferred` gives of the place.
    """
    title = TEXT["detected_by_year_title"].format(whose=whose(place))
    limits = sentences(NOT_INCIDENCE, TWO_SOURCES, depth_note(place))
    points = drawn_by_year(place, victims)
    return Section(
        "detected_by_year",
        title,
        source_ids=tuple(victims["source_id"].unique()),
        limits=limits,
        alt=TEXT["detected_by_year_alt"].format(title=title, figures=len(victims), sources=victims["source"].nunique()),
        cautions=evidence.cautions("unodc_detected_victims", "official_counts"),
        footer=footer(points, counted(points), limits),
    )


def drawn_by_year(place: Area, victims: pd.DataFrame) -> pd.DataFrame:
    """What a figure shows of `victims`: of several countries a panel each, without children; else a panel a measure."""
    many = len(countries(place)) > 1
    shown = victims[victims["measure"] == "victims"] if many else victims
    panel = shown["name"] if many else shown["measure"].map(MEASURES)
    return shown.assign(panel=panel, series=shown["source"].map(SOURCES))


def figure_of_years(place: Area, victims: pd.DataFrame, section: Section) -> Figure:
    """UNODC, the US reports and others side by side, year by year."""
    points = drawn_by_year(place, victims)
    return plots.small_multiples(
        points,
        panels=list(areas.load(place.study)["name"]) if len(countries(place)) > 1 else list(MEASURES.values()),
        ylabel="persons",
        log=wide(points),
        **section.frame,
    )


def rows_of_years(victims: pd.DataFrame) -> Table:
    """Detected victims and child victims, a row a figure."""
    return Table(
        victims.sort_values(["name", "period_start", "source", "measure"]),
        {
            "Country": "name",
            "Period": Words(periods, "period_start", "period_end"),
            "Source": coded(SOURCES, "source"),
            "Who": coded(MEASURES, "measure"),
            "Detected": FIGURE,
            "Note": "note",
        },
        also=("area_id", "source_id"),
    )


def counted(table: pd.DataFrame) -> str:
    """How many figures of how many countries, for the foot of a figure."""
    number = table["area_id"].nunique()
    return f"{len(table)} figures" + (f" of {number} countries" if number > 1 else "")


def wide(table: pd.DataFrame) -> bool:
    """Whether a plain scale would hide the smaller figures: the largest is over fifty times a typical one."""
    values = table["low"].replace(0, 1)
    return bool(len(values)) and values.max() > 50 * values.median()


def years_without_figure(place: Area, indicator: str) -> list[int]:
    """The years of reports on `place`'s countries that say that they have no figure of an indicator."""
    none = evidence.figures_not_given(countries(place))
    return sorted(none.loc[none["indicator"] == indicator, "report_year"].unique())


def in_operations(table: pd.DataFrame) -> pd.Series:
    """Which figures are of single operations, and so of no period."""
    return table["breakdown"].str.contains(preferred_values.IN_OPERATIONS)


def of_whole_years(victims: pd.DataFrame) -> pd.DataFrame:
    """The counts that a rate can be made of: of a series, and of a year; one a country, source, measure and year.

    Parameters
    ----------
    victims : what `preferred` gives of a place.

    Returns
    -------
    DataFrame: area_id, name, year, x, source, measure, source_id, low, high, value_qualifier.
    """
    carried = ["area_id", "name", "year", "x", "source", "measure", "source_id", *intervals.COLUMNS]
    days = (victims["period_end"] - victims["period_start"]).dt.days
    # The largest part of a year whose total nobody prints is no count of it.
    part = victims["breakdown"].str.startswith("derived: ") & victims["high"].eq(float("inf"))
    table = victims[victims["source"].isin(SERIES) & days.between(*A_YEAR) & ~in_operations(victims) & ~part]
    # Two periods of one source can have their middle in one year: a total goes before a minimum, a calendar year first.
    table = table.assign(open=table["high"].eq(float("inf")))
    yearly = [
        group.sort_values(["open", "period_start"]).drop_duplicates(["area_id", "year"])
        for _, group in table.groupby(["source", "measure"], sort=False)
    ]
    return (pd.concat(yearly, ignore_index=True) if yearly else table)[carried]


@remembered
def rates(place: Area) -> pd.DataFrame:
    """Detected victims per 100,000 inhabitants, as the notebook computes them, for findings and trends.

    Children are divided by the whole population too, since no source here gives the children of every country and year.
    """
    cases = of_whole_years(preferred(place))
    return rate_table(cases, evidence.annual_population(cases["area_id"].unique()), per=PER)


def population_sources(table: pd.DataFrame) -> list[str]:
    """Where the inhabitants were read by which the counts of some areas and years are divided."""
    people = evidence.annual_population(table["area_id"].unique())
    return list(
        people.merge(table[["area_id", "year"]].drop_duplicates(), on=["area_id", "year"])["source_id"].unique()
    )


@only("national", TEXT["detected_rates_absent"])
def section_of_rates(place: Area, rates: pd.DataFrame, per: int) -> Section:
    """What surrounds rates of detected victims: the count's own interval, and exact Poisson limits on top.

    Parameters
    ----------
    rates : what `rate_table` makes of the counts of whole years.
    per : inhabitants that the rates are given for.
    """
    title = TEXT["detected_rates_title"].format(whose=whose(place), per=per)
    limits = sentences(NOT_INCIDENCE, TEXT["thick_interval_of_the_count"])
    shown = _drawn_rates(rates)
    return Section(
        "detected_rates",
        title,
        source_ids=(*rates["source_id"].unique(), *population_sources(rates)),
        limits=limits + TEXT["children_are_divided"],
        alt=TEXT["detected_rates_alt"].format(title=title),
        footer=footer(shown, f"{len(shown)} country-years", limits, population_sources(shown)),
    )


def _drawn_rates(rates: pd.DataFrame) -> pd.DataFrame:
    return rates[(rates["measure"] == "victims") & rates["rate_low"].notna()]


@unless_refused
def figure_of_rates(place: Area, rates: pd.DataFrame, per: int, section: Section) -> Figure:
    """Rates by year; of one country a panel a source, each on its own scale, since the two differ a hundredfold."""
    many, shown = len(countries(place)) > 1, _drawn_rates(rates)
    source = shown["source"].map(SOURCES)
    points = shown.assign(
        panel=shown["name"] if many else source,
        series=source if many else "",
        interval_low=shown["low"],
        interval_high=shown["high"],
        low=shown["rate_low"],
        high=shown["rate_high"],
    )
    return plots.small_multiples(
        points,
        panels=list(areas.load(place.study)["name"]) if many else [SOURCES[source] for source in SERIES],
        ylabel=f"per {per:,} inhabitants",
        own_scale=not many,
        **section.frame,
    )


def rows_of_rates(rates: pd.DataFrame, per: int) -> Table:
    """Rates with the counts and inhabitants that they are made of, and the number of inhabitants they are given for."""
    return Table(
        rates.sort_values(["name", "source", "measure", "year"]).assign(per=per),
        {
            "Country": "name",
            "Year": Words(year, "year"),
            "Source": coded(SOURCES, "source"),
            "Who": coded(MEASURES, "measure"),
            "Detected": Words(intervals.text, "cases_low", "cases_high", "value_qualifier"),
            "Inhabitants": "population",
            f"Per {per:,}": Words(in_words, "rate_low", "rate_high"),
            "95 % Poisson limits": Words(in_words, "low", "high"),
        },
        also=("per", "area_id", "source_id"),
    )


def in_words(low: pd.Series, high: pd.Series) -> list[str]:
    """Intervals of rates as text, to two decimals."""
    return spans(low, high, ".2f", unknown="not known", alike=True, at_least="at least {}")


def forms(place: Area) -> pd.DataFrame:
    """Detected victims of `place`'s countries by form of exploitation and year (UNODC), those that are preferred."""
    table = evidence.detected_by_form(countries(place))
    table = table[(table["sex"] == "all") & (table["age"] == "all") & table["preferred"]]
    return _of_category(table, table["form"].str.replace("_", " "))


def sex_and_age(place: Area) -> pd.DataFrame:
    """Detected girls, boys, women and men of `place`'s countries by year (UNODC); `who` says which."""
    table = evidence.detected_by_sex_age(countries(place))
    table = table[table["sex"].isin(["female", "male"]) & table["age"].isin(["0-17", "18+"])]
    names = {"female 0-17": "girls", "male 0-17": "boys", "female 18+": "women", "male 18+": "men"}
    table = table.assign(who=(table["sex"] + " " + table["age"]).map(names))
    return _of_category(table, table["who"])


def _of_category(table: pd.DataFrame, category: pd.Series) -> pd.DataFrame:
    return table.assign(category=category).merge(names_of(), on="area_id", how="left")


# Name of a section -> how its title ends, and the table whose cautions it has.
CATEGORIES = {
    "by_form": (TEXT["by_form_of_exploitation"], "unodc_forms_of_exploitation"),
    "by_sex_and_age": (TEXT["by_sex_and_age"], "unodc_detected_victims"),
}


def section_of_category(place: Area, name: str, table: pd.DataFrame) -> Section:
    """What surrounds detected victims by category: `name` is one of `CATEGORIES`, `table` what `forms` or so gives."""
    words, dataset = CATEGORIES[name]
    if place.is_local:
        return absent(place, TEXT["by_category_title"].format(whose="{whose}", category=words), "national")
    title = TEXT["by_category_title"].format(whose=whose(place), category=words)
    limits = sentences(NOT_INCIDENCE, TEXT["a_year_without_a_bar"])
    alt = TEXT["by_category_alt_no_figure_was"].format(title=title)
    if len(table):
        first, last = table["year"].min(), table["year"].max()
        alt = TEXT["by_category_alt"].format(title=title, first_year=first, last_year=last)
    more = TEXT["by_category_limits"] if place.spans_countries else None
    return of_figures(
        name, title, table, counted(table), limits, alt=alt, more=more, cautions=evidence.cautions(dataset)
    )


@unless_refused
def figure_of_category(place: Area, table: pd.DataFrame, section: Section) -> Figure | None:
    """A panel a category; None for several countries, which report different years, so that they are not added up."""
    if place.spans_countries:
        return None
    points = table.assign(x=table["year"] + 0.5, series="")
    return plots.small_multiples(points, panel="category", ylabel="persons", **section.frame)


def rows_of_category(table: pd.DataFrame) -> Table:
    """A row a country, year and category; a page has a column a category."""
    columns = ["area_id", "name", "year", "category", *intervals.COLUMNS, "source_id"]
    return Table(table.sort_values(["name", "year", "category"])[columns], _by_category)


def _by_category(table: pd.DataFrame) -> pd.DataFrame:
    wide = table.assign(text=intervals.text(table["low"], table["high"], table["value_qualifier"])).pivot_table(
        index=["name", "year"], columns="category", values="text", aggfunc="first", fill_value="not reported"
    )
    rows = wide.reset_index().rename(columns={"name": "Country", "year": "Year"})
    return rows.assign(Year=rows["Year"].astype(str))


# What of the evidence of all studies an indicator of a study can be: the parts of a year are no year's count.
WHOLE_YEARS = ("cases", "reports")
SHORTEST_YEAR = 361  # days
SUM = TEXT["sum"]
# How a study that has no figures comes by some.
HOW_TO_ADD = TEXT["how_to_add"]


def has_own(study: str) -> bool:
    """Whether a study has a catalogued table of figures of its own, beside the evidence of all studies."""
    return bool(catalog.own_tables("facts", study))


def over_time(study: str) -> tuple[indicators.Indicator, ...]:
    """The indicators of a study that are drawn over the years."""
    return tuple(each for each in indicators.of(study) if each.over_time)


def limits_of(chosen: Iterable[indicators.Indicator]) -> str:
    """What the figures of some indicators are not, each sentence once."""
    return " ".join(dict.fromkeys(each.limits for each in chosen))


def own_figures(study: str, area_ids: Iterable[str], chosen: Iterable[indicators.Indicator]) -> pd.DataFrame:
    """The drawn and dated figures of some indicators, in the columns of `evidence.facts`; parts of a year are left out.

    A stock on a day, or a share, stands for its date.
    """
    table = evidence.facts(area_ids, [each.indicator for each in chosen], study)
    table = table[table["preferred"] & table["date_low"].notna()]
    counts = table["indicator"].map({each.indicator: each.counts for each in chosen})
    days = (table["date_high"] - table["date_low"]).dt.days + 1
    part = counts.isin(WHOLE_YEARS) | (
        counts.eq("persons") & table["date_precision"].isin(["quarter", "half-year", "span"])
    )
    return table[~part | (days >= SHORTEST_YEAR)]


def of_place(place: Area, chosen: Iterable[indicators.Indicator]) -> pd.DataFrame:
    """The figures of a place itself: of a study those of its country, or else the sums of all its areas."""
    wanted = tuple(chosen)
    nation = areas.STUDIES[place.study].iso3
    table = own_figures(place.study, [nation] if place.is_study else [place.area_id], wanted)
    if not place.is_study or not nation or not has_own(place.study):
        return table
    missing = [each for each in wanted if each.indicator not in set(table["indicator"]) and each.counts in _ADDED]
    return pd.concat([table, _sums(place, missing)], ignore_index=True) if missing else table


# What can be added up over areas that do not overlap.
_ADDED = (indicators.PERSONS, indicators.CASES, indicators.REPORTS)


def _sums(place: Area, chosen: list[indicators.Indicator]) -> pd.DataFrame:
    """The sums of all areas in the periods in which each of them has a figure, as figures of the study's country."""
    ids = areas.ids(place.study)
    table = own_figures(place.study, ids, chosen)
    keys = ["indicator", "date_low", "date_high"]
    if table.empty:
        return table
    sums = intervals.total(table, keys)
    sums = sums[sums["n"] == len(ids)]
    first = table.drop_duplicates(keys).drop(columns=["low", "high", "value_qualifier"])
    return (
        sums.drop(columns="n")
        .merge(first, on=keys)
        .assign(
            area_id=areas.STUDIES[place.study].iso3,
            provenance="derived",
            note=SUM.format(n=len(ids)),
            reason=f"drawn: {SUM.format(n=len(ids))}",
        )[table.columns]
    )


take_names(__name__)
