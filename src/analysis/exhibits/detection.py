"""Detected victims by year, for the number of inhabitants, by form, sex and age; and what a study counts itself."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from analysis import areas, catalog, evidence, headlines, indicators, plots, preferred_values, unodc_release
from analysis import evidence_tables as tables
from analysis.areas import Area
from analysis.data_read import remembered
from analysis.exhibits.any_place import take_names
from analysis.exhibits.exhibit import NOT_INCIDENCE, Exhibit, absent, elsewhere, exhibit, instead, only
from analysis.exhibits.plot import Plot
from analysis.exhibits.table import FIGURE, Table, Words, coded, spans, year
from analysis.exhibits.wording import mid_year, periods, sentences
from analysis.methods.rates import rate_table
from bounded import intervals

MEASURES = {"victims": "All victims", "child_victims": "Children"}
SOURCES = {"UNODC": "UNODC", "TIP": "US reports", "OTHER": "other reports"}
# Of these there are series; other reports are of many publishers, each with a definition of its own.
SERIES = ("UNODC", "TIP")
# The inhabitants for whom findings and trends state a rate, as the notebook on incidence does.
PER = 100_000
UNIT = f"per {PER:,} inhabitants"
A_YEAR = (330, 400)  # days
# Sex and age of UNODC -> what they are called.
_WHO = {"female 0-17": "girls", "male 0-17": "boys", "female 18+": "women", "male 18+": "men"}
CHILDREN_BY_ALL = (
    "Children are divided by the whole population, since their number is not known for every country and year."
)


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
    """Return a sentence on the victims of the country of a province or an island, for the area's own page."""
    number = headlines.headline(place.iso3, headlines.VICTIMS)
    if number.completeness == headlines.NONE:
        return f"{whose(place)}: no source gives detected victims."
    known = f"{whose(place)}: victims of trafficking identified, {number.words} ({number.publisher})."
    return f"{known} This is a national figure, which no source divides among its parts."


def detected_by_year(place: Area, victims: pd.DataFrame) -> Exhibit:
    """Return detected victims and detected child victims by year: UNODC, the US reports and others side by side.

    Of several countries a panel is a country, without children; of one country it is a measure. A province or an island
    has a sentence in its place, as no source divides a national figure.

    Parameters
    ----------
    victims : what `preferred` gives of the place.
    """
    if place.is_local:
        return instead(elsewhere(in_a_sentence(place), "incidence"))
    title, many = f"{whose(place)}: detected victims of trafficking by year", len(countries(place)) > 1
    shown = victims[victims["measure"] == "victims"] if many else victims
    panel = shown["name"] if many else shown["measure"].map(MEASURES)
    points = shown.assign(panel=panel, series=shown["source"].map(SOURCES))
    return exhibit(
        "detected_by_year",
        title,
        Table(
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
        ),
        Plot(
            plots.small_multiples,
            points,
            panels=list(areas.load(place.study)["name"]) if many else list(MEASURES.values()),
            ylabel="persons",
            log=wide(points),
        ),
        n=counted,
        limits=sentences(NOT_INCIDENCE, "Sources count differently and are never added."),
        alt=f"{title}. {len(victims)} figures from {victims['source'].nunique()} sources.",
        cautions=evidence.cautions("unodc_detected_victims", "official_counts"),
    )


def counted(table: pd.DataFrame) -> str:
    """Return the number of figures and of countries, for the footer of a figure."""
    number = table["area_id"].nunique()
    return f"{len(table)} figures" + (f" of {number} countries" if number > 1 else "")


def wide(table: pd.DataFrame) -> bool:
    """Return True if a plain scale would hide the smaller figures: the largest is over fifty times a typical one."""
    values = table["low"].replace(0, 1)
    return bool(len(values)) and values.max() > 50 * values.median()


def years_without_figure(place: Area, indicator: str) -> list[int]:
    """The years of reports on `place`'s countries that say that they have no figure of an indicator."""
    none = evidence.figures_not_given(countries(place))
    return sorted(none.loc[none["indicator"] == indicator, "report_year"].unique())


def in_operations(table: pd.DataFrame) -> pd.Series:
    """Return which figures are of single operations, and so of no period."""
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
    """Return the sources of the inhabitants that divide the counts of some areas and years."""
    people = evidence.annual_population(table["area_id"].unique())
    return list(
        people.merge(table[["area_id", "year"]].drop_duplicates(), on=["area_id", "year"])["source_id"].unique()
    )


@only("national", "{whose}: detected victims per inhabitant")
def detected_rates(place: Area, rates: pd.DataFrame) -> Exhibit:
    """Return rates of detected victims by year: the interval of the count itself, and exact Poisson limits on top.

    Of one country a panel is a source, each on its own scale, since the two differ a hundredfold.

    Parameters
    ----------
    rates : what `rate_table` makes of the counts of whole years.
    """
    many, per, level = len(countries(place)) > 1, per_of(rates), intervals.confidence_level(rates)
    title = f"{whose(place)}: detected victims {per}"
    shown = rates[(rates["measure"] == "victims") & rates["rate_low"].notna()]
    source = shown["source"].map(SOURCES)
    points = shown.assign(
        panel=shown["name"] if many else source,
        series=source if many else "",
        interval_low=shown["low"],
        interval_high=shown["high"],
        low=shown["rate_low"],
        high=shown["rate_high"],
    )
    return exhibit(
        "detected_rates",
        title,
        Table(
            rates.sort_values(["name", "source", "measure", "year"]),
            {
                "Country": "name",
                "Year": Words(year, "year"),
                "Source": coded(SOURCES, "source"),
                "Who": coded(MEASURES, "measure"),
                "Detected": Words(intervals.text, "cases_low", "cases_high", "value_qualifier"),
                "Inhabitants": "population",
                per.removesuffix(" inhabitants").capitalize(): Words(in_words, "rate_low", "rate_high"),
                f"{level} Poisson limits": Words(in_words, "low", "high"),
            },
            also=("per", "confidence", "area_id", "source_id"),
        ),
        Plot(
            plots.small_multiples,
            points,
            panels=list(areas.load(place.study)["name"]) if many else [SOURCES[source] for source in SERIES],
            ylabel=per,
            own_scale=not many,
            interval_label=f"{level} interval",
        ),
        n="country-years",
        limits=sentences(NOT_INCIDENCE, f"Thick: interval of the count; thin: {level} Poisson limits on top."),
        more=sentences(CHILDREN_BY_ALL, f"Counts of {A_YEAR[0]} to {A_YEAR[1]} days are divided, and no others."),
        further=population_sources,
        alt=f"{title}, by year and source, with intervals.",
    )


def per_of(rates: pd.DataFrame) -> str:
    """Return what rates are given for, in words: "per 100,000 inhabitants"."""
    return " or ".join(f"per {each:,.0f} inhabitants" for each in rates["per"].unique()) or "per inhabitant"


def in_words(low: pd.Series, high: pd.Series) -> list[str]:
    """Intervals of rates as text, to two decimals."""
    return spans(low, high, ".2f", unknown="not known", alike=True, at_least="at least {}")


def forms(place: Area) -> pd.DataFrame:
    """Detected victims of `place`'s countries by form of exploitation and year (UNODC), those that are preferred."""
    table = evidence.detected_by_form(countries(place))
    table = table[(table["sex"] == "all") & (table["age"] == "all") & table["preferred"]]
    return _of_category(table, table["form"].str.replace("_", " "))


def sex_and_age(place: Area) -> pd.DataFrame:
    """Detected girls, boys, women and men of `place`'s countries by year (UNODC), those that are preferred.

    `who` says which of the four.
    """
    table = _with_who(evidence.detected_by_sex_age(countries(place)))
    table = table[table["preferred"].astype(bool)]
    return _of_category(table, table["who"])


def _with_who(table: pd.DataFrame) -> pd.DataFrame:
    table = table.assign(who=(table["sex"] + " " + table["age"]).map(_WHO))
    return table[table["who"].notna()]


def left_out(place: Area, name: str) -> pd.DataFrame:
    """Return the figures by category that the evidence sets aside: area_id, year, item, why; see `CATEGORIES`.

    Parameters
    ----------
    name : one of `CATEGORIES`. An item is the name of a form, or one of girls, boys, women and men.
    """
    if name == "by_form":
        table = evidence.detected_by_form(countries(place))
        table = table[table["sex"].eq("all") & table["age"].eq("all")].rename(columns={"form": "item"})
    else:
        table = _with_who(evidence.detected_by_sex_age(countries(place))).rename(columns={"who": "item"})
    reasons = "not preferred: " + tables.rows("set_aside", (*countries(place), ""))["reason"]
    table = table[~table["preferred"].astype(bool) & table["reason"].isin(reasons)]
    return table.assign(why=table["reason"].str.removeprefix("not preferred: "))[["area_id", "year", "item", "why"]]


def has_few(place: Area, name: str) -> bool:
    """Return True if UNODC prints `<5` for every form of `place`'s countries that it prints, and so counts nobody."""
    return name == "by_form" and len(evidence.detected_by_form(countries(place))) > 0


def contradictions(place: Area, name: str) -> pd.DataFrame:
    """Return the years of `place`'s countries in which UNODC's parts exceed their whole: area_id, name, year, words.

    Parameters
    ----------
    name : one of `CATEGORIES`: in which table they contradict one another.
    """
    table = evidence.contradicted_by_unodc(countries(place))
    table = table[table["of"].eq(CATEGORIES[name][2])]
    once = table.groupby(["area_id", "year"], as_index=False)["words"].agg("; ".join)
    return once.merge(names_of(), on="area_id", how="left")


def _of_category(table: pd.DataFrame, category: pd.Series) -> pd.DataFrame:
    return table.assign(category=category).merge(names_of(), on="area_id", how="left")


# Name of an exhibit -> how its title ends, the table whose cautions it has, and where its parts can exceed a whole.
CATEGORIES = {
    "by_form": ("by form of exploitation", "unodc_forms_of_exploitation", unodc_release.FORM),
    "by_sex_and_age": ("by sex and age", "unodc_detected_victims", unodc_release.SEX_AND_AGE),
}


def detected_by_category(place: Area, name: str, table: pd.DataFrame) -> Exhibit:
    """Return detected victims by category and year; a page has a column a category.

    Countries report different years and are not added up: of several there is a table alone, of one a panel a category.

    Parameters
    ----------
    name : one of `CATEGORIES`. table : what `forms` or `sex_and_age` gives.
    """
    words, dataset, _ = CATEGORIES[name]
    aside = left_out(place, name)
    if place.is_local:
        return absent(place, f"{{whose}}: detected victims {words}", "national")
    title = f"{whose(place)}: detected victims {words}"
    years = f", one panel a category, years from {table['year'].min()} to {table['year'].max()}." if len(table) else ""
    points = table.assign(x=table["year"] + 0.5, series="")
    columns = ["area_id", "name", "year", "category", *intervals.COLUMNS, "source_id"]
    return exhibit(
        name,
        title,
        Table(table.sort_values(["name", "year", "category"])[columns], _by_category),
        None if place.spans_countries else Plot(plots.small_multiples, points, panel="category", ylabel="persons"),
        n=counted,
        limits=sentences(NOT_INCIDENCE, f"A year without a bar was not reported{_or_aside(aside)}; it is not zero."),
        more=sentences(
            "Countries report different years, so that they are not added up." if place.spans_countries else "",
            _against(contradictions(place, name)),
            _why_left_out(aside),
        ),
        alt=f"{title}{years or ': no figure was found.'}",
        cautions=evidence.cautions(dataset),
    )


def _against(contradicted: pd.DataFrame) -> str:
    """Years in which UNODC's figures contradict one another, in a sentence; "" where there are none."""
    if contradicted.empty:
        return ""
    several = contradicted["area_id"].nunique() > 1
    said = [f"{row.name + ' ' if several else ''}{row.year}: {row.words}" for row in contradicted.itertuples(False)]
    return f"UNODC's figures contradict one another. {'. '.join(said)}."


def _or_aside(aside: pd.DataFrame) -> str:
    return "" if aside.empty else ", or is set aside"


def or_aside(place: Area) -> str:
    """Return ", or is set aside" where the evidence sets aside figures of `place` by sex and age or by form."""
    return _or_aside(pd.concat([left_out(place, name) for name in CATEGORIES]))


def _why_left_out(aside: pd.DataFrame) -> str:
    """Figures that the evidence sets aside, with the reason, in sentences; "" where there are none."""
    named = aside.merge(names_of(), on="area_id", how="left")
    items = named.groupby(["name", "year", "why"], sort=False)["item"].agg(" and ".join)
    said = [f"{name} {year}, {item.replace('_', ' ')}: {why}" for (name, year, why), item in items.items()]
    return f"Set aside. {'. '.join(said)}." if said else ""


def _by_category(table: pd.DataFrame) -> pd.DataFrame:
    wide = table.assign(text=intervals.text(table["low"], table["high"], table["value_qualifier"])).pivot_table(
        index=["name", "year"], columns="category", values="text", aggfunc="first", fill_value="not reported"
    )
    rows = wide.reset_index().rename(columns={"name": "Country", "year": "Year"})
    return rows.assign(Year=rows["Year"].astype(str))


# What of the evidence of all studies an indicator of a study can be: the parts of a year are no year's count.
WHOLE_YEARS = ("cases", "reports")
SHORTEST_YEAR = 361  # days
SUM = "the sum of all {n} areas; shown as each of them has a figure"
# How a study that has no figures comes by some.
HOW_TO_ADD = "To add some, enter a table of them as docs/tutorial/a_new_study.md shows."


def has_own(study: str) -> bool:
    """Return True if a study has a catalogued table of figures of its own, beside the evidence of all studies."""
    return bool(catalog.own_tables("facts", study))


def over_time(study: str) -> tuple[indicators.Indicator, ...]:
    """The indicators of a study that are drawn over the years."""
    return tuple(each for each in indicators.of(study) if each.over_time)


def limits_of(chosen: Iterable[indicators.Indicator]) -> str:
    """Return the limits of some indicators, each sentence once."""
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
