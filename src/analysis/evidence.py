"""Public evidence, coded by hand: what was found, where it was read, and which of several figures is drawn.

Every figure found stays in the tables. Where several stand for one area, measure and period, exactly one has ``drawn``,
each says in ``reason`` why or why not, and ``conflict`` marks those that differ. An unknown upper bound is infinity.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from analysis import catalog, intervals

Ids = str | Iterable[str] | None

# How figures for one area, measure and period are told apart, first rule first: (rank, what the better figure is).
FIGURE_RULES = (
    ("status_rank", "more final (restated, definitive, preliminary, estimate)"),
    ("read_rank", "read, and not derived or remembered"),
    ("dated_rank", "from a dated page"),
    ("printed_rank", "printed by more sources"),
    ("year_rank", "published later"),
    ("decimals_rank", "printed to more decimals"),
)
REPORT_RULES = (
    ("year_rank", "of the later report, which restates the earlier"),
    ("exact_rank", "exact"),
    ("printed_rank", "printed by more sources"),
)
WORLD_BANK_RULE = ("world_bank_rank", "of the World Bank's mid-year series, which measures all countries alike")
_STATUS_RANK = {"estimate": 0, "preliminary": 1, "": 2, "definitive": 3, "restated": 4}
_READ_RANK = {"remembered": 0, "derived": 1, "read": 2}
_EXACT_RANK = {"at_least": 0, "approx": 1, "exact": 2}

_FACT_COLUMNS = [
    "area_id", "indicator", "date_low", "date_high", "date_precision", "date_inferred", "value", "low", "high", "unit",
    "value_qualifier", "provenance", "figure_status", "source_id", "note", "drawn", "reason", "conflict",
]  # fmt: skip
_DETECTED_COLUMNS = [
    "area_id", "source", "measure", "breakdown", "period_start", "period_end", "year", "low", "high", "value_qualifier",
    "source_id", "note", "drawn", "reason", "conflict",
]  # fmt: skip
_POPULATION_COLUMNS = [
    "area_id", "level", "date", "date_low", "date_high", "date_precision", "population", "provenance", "figure_status",
    "source_id", "note", "drawn", "reason", "conflict",
]  # fmt: skip


def detected_victims(iso3: Ids = None) -> pd.DataFrame:
    """Detected victims and detected child victims, UNODC and the US reports side by side. They are never added.

    UNODC counts calendar years; a missing total is the sum of its complete parts (0-17 and 18+, or female and male).
    The US reports' figure without a breakdown is drawn; their parts are kept and not drawn.

    Parameters
    ----------
    iso3 : ISO 3166 alpha-3 code or codes; None for all.

    Returns
    -------
    DataFrame: area_id, source ("UNODC"; "TIP" for reports of the US Departments of State and of Labor), measure
    ("victims", "child_victims"), breakdown, period_start, period_end, year (the one the period's middle falls in),
    low, high (persons), value_qualifier (also "derived"), source_id, note, drawn, reason, conflict.
    """
    table = pd.concat([_detected_by_unodc(iso3), _detected_by_reports(iso3)], ignore_index=True)
    middle = table["period_start"] + (table["period_end"] - table["period_start"]) / 2
    return table.assign(year=middle.dt.year)[_DETECTED_COLUMNS]


def detected_by_form(iso3: Ids = None) -> pd.DataFrame:
    """UNODC's detected victims by form of exploitation: area_id, year, form, sex, age, value, low, high (persons),
    value_qualifier, source_id, drawn, reason, conflict. Where two figures stand for one key, the exact one is drawn."""
    table = _of("unodc_forms_of_exploitation", iso3)
    table["exact_rank"] = table["value_qualifier"] == "exact"
    return _with_drawn(table, ["area_id", "year", "form", "sex", "age"], [("exact_rank", "exact")])


def detected_by_sex_age(iso3: Ids = None) -> pd.DataFrame:
    """UNODC's detected victims: area_id, year, sex, age, value, low, high (persons), value_qualifier, source_id."""
    return _of("unodc_detected_victims", iso3)


def official_indicators(iso3: Ids = None) -> pd.DataFrame:
    """Every indicator of the US reports as series: one for each indicator and breakdown, with drawn, reason, conflict.

    Series of one indicator overlap: breakdowns are parts of a total or additions to it, and are never added up.
    """
    table = _ranked(_of("official_counts", iso3))
    return _with_drawn(table, ["area_id", "indicator", "breakdown", "period_start", "period_end"], REPORT_RULES)


def facts(area_id: Ids = None, indicator: Ids = None) -> pd.DataFrame:
    """Facts on Türkiye and Cabo Verde and their areas, with Syrians under temporary protection and total populations.

    Parameters
    ----------
    area_id : id or ids of countries, provinces, NUTS-2 regions, islands, municipalities; None for all.
    indicator : name or names; None for all.

    Returns
    -------
    DataFrame: area_id, indicator, date_low, date_high (NaT where unknown), date_precision, date_inferred, value (as
    printed), low, high (in `unit`), unit, value_qualifier, provenance, figure_status, source_id, note, drawn, reason,
    conflict. Rows that two tables share stand once.
    """
    table = _figures(area_id)
    own = table.loc[table["of_facts"], "indicator"].unique()
    table = table[table["indicator"].isin(own) & table["level"].ne("city")]
    table = _matching(table, "indicator", indicator)
    return _with_drawn(_ranked(table), ["area_id", "indicator", "date_low", "date_high"], FIGURE_RULES)[_FACT_COLUMNS]


def population(area_id: Ids = None) -> pd.DataFrame:
    """Total population by area and date.

    For countries the World Bank's mid-year series is drawn, one figure a year; for provinces the register at the year's
    end; for islands and municipalities counts of a census, and not the estimates between them.

    Returns
    -------
    DataFrame: area_id, level, date (the middle of date_low and date_high), date_low, date_high, date_precision,
    population (persons), provenance ("read", "derived", "remembered"), figure_status, source_id, note, drawn, reason,
    conflict.
    """
    table = _figures(area_id)
    table = table[table["indicator"].isin(["population_total", "population_total_midyear"])]
    table = table[~table["level"].isin(["city", "island group"])]
    middle = table["date_low"] + (table["date_high"] - table["date_low"]) / 2
    table = _ranked(table).assign(population=table["low"], date=middle.dt.normalize())
    table["world_bank_rank"] = table["source_id"] == "WBPOP"
    is_country = table["level"] == "country"
    table["period"] = table["date_low"].dt.year.astype(str).where(is_country, table["date"].dt.strftime("%Y-%m-%d"))
    table = _with_drawn(table, ["area_id", "period"], (WORLD_BANK_RULE, *FIGURE_RULES))
    between = ~table["level"].isin(["country", "province"]) & (table["figure_status"] == "estimate")
    table.loc[between, "drawn"] = False
    table.loc[between, "reason"] = "not drawn: an estimate between two censuses; counts are drawn"
    return table[_POPULATION_COLUMNS]


def annual_population(area_ids: Ids) -> pd.DataFrame:
    """The drawn population of each year that has one: area_id, year, population (persons), source_id."""
    table = population(area_ids)
    table = table[table["drawn"]].assign(year=lambda rows: rows["date"].dt.year).sort_values(["area_id", "date"])
    return table.groupby(["area_id", "year"], as_index=False).tail(1)[["area_id", "year", "population", "source_id"]]


def population_near(area_ids: Ids, year: int) -> pd.DataFrame:
    """The drawn population nearest to the middle of `year`: area_id, population (persons), date, source_id, provenance.

    One row an area; an area without any figure has no row. Of two dates equally near the later one is taken.
    """
    table = population(area_ids)
    table = table[table["drawn"]]
    table = table.assign(distance=(table["date"] - pd.Timestamp(year, 7, 1)).abs()).sort_values("date", ascending=False)
    nearest = table.sort_values("distance", kind="stable").drop_duplicates("area_id").sort_values("area_id")
    return nearest[["area_id", "population", "date", "source_id", "provenance"]].reset_index(drop=True)


def population_sources(area_ids: Ids) -> list[str]:
    """Sources of the drawn populations of these areas."""
    table = population(area_ids)
    return list(table.loc[table["drawn"], "source_id"].unique())


def regions_of(area_id: str) -> list[str]:
    """NUTS-2 region(s) of a province of Türkiye, for which some facts are given; empty elsewhere."""
    return list(_matching(catalog.load("turkiye_regions"), "area_id", area_id)["nuts2_id"])


def tiers(iso3: Ids = None) -> pd.DataFrame:
    """Tier in the US reports: area_id, report_year, tier ("1", "2", "2WL", "3"), source_id, confirmed_by, note."""
    return _of("tiers", iso3)


def route_mentions() -> pd.DataFrame:
    """Origin and destination pairs that reports name. Rows of one sentence share mention_id: count mentions, not rows.

    `victims` and `form` hold several words with ``;`` between them; an end is an ISO 3166 code or a region's name.
    """
    return catalog.load("route_mentions")


def readable_reports() -> pd.DataFrame:
    """Which reports could be read, by country reported on and year of report: what mentions are divided by.

    A report counts if a count, a route or a referral answer was read from its text; a coded table or a tier alone does
    not show that the text was readable. Copies and sections of one report are one report.

    Returns
    -------
    DataFrame: area_id, report_year, documents (1 or 2: the State Department's report and the Labor Department's),
    summary_only (whether the State Department's report was read in a summary alone, as the CIA World Factbook's).
    """
    used = {
        source_id
        for name in ("official_counts", "route_mentions", "referral_indicators")
        for source_id in catalog.load(name)["source_id"]
    }
    sources = catalog.load("sources")
    sources = sources[sources["source_id"].isin(used) & sources["report"].ne("")].astype({"report_year": int})
    sources["of_state"] = sources["report"].ne("DOL")
    sources["summary"] = sources["report"].eq("summary")
    reports = sources.groupby(["area_id", "report_year", "of_state"], as_index=False)["summary"].all()
    return reports.groupby(["area_id", "report_year"], as_index=False).agg(
        documents=("of_state", "size"), summary_only=("summary", "any")
    )


def citations(source_ids: Iterable[str]) -> pd.DataFrame:
    """One row a source, in the order given: source_id, citation (title, publisher, original publisher, year, address).

    Raises
    ------
    catalog.CatalogError : a source is not in the bibliography.
    """
    rows = _bibliography(source_ids)
    return pd.DataFrame({"source_id": rows.index, "citation": [_citation(row) for row in rows.itertuples()]})


def short_source(source_ids: Iterable[str], length: int = 120) -> str:
    """The sources in at most `length` characters or so, for the foot of a figure."""
    rows = _bibliography(source_ids)
    maker = rows["original_publisher"].where(rows["original_publisher"].ne(""), rows["publisher"])
    by_maker = sorted(rows.groupby(maker, sort=False), key=lambda item: -len(item[1]))
    texts = [_short(str(name), group) for name, group in by_maker]
    shown = len(texts)
    while shown > 1 and len("; ".join(texts[:shown])) > length:
        shown -= 1
    left = sum(len(group) for _, group in by_maker[shown:])
    return "; ".join(texts[:shown] + ([f"and {left} more"] if left else []))


def cautions(*datasets: str) -> tuple[str, ...]:
    """What the catalogue says that these data sets are not; each sentence once."""
    return tuple(dict.fromkeys(sentence for name in datasets for sentence in catalog.dataset(name).cautions))


def _detected_by_unodc(iso3: Ids) -> pd.DataFrame:
    table = _of("unodc_detected_victims", iso3)
    by_age = table[(table["sex"] == "all") & table["age"].isin(["0-17", "18+"])]
    measures = {
        "victims": (table, "all", by_age),
        "child_victims": (table[table["age"] == "0-17"], "0-17", by_age.head(0)),
    }
    parts = []
    for measure, (rows, age, ages) in measures.items():
        rows_of_age = rows[rows["age"] == age]
        total = rows_of_age[rows_of_age["sex"] == "all"].assign(note="", reason="drawn: the total that UNODC prints")
        sexes = rows_of_age[rows_of_age["sex"].isin(["female", "male"])]
        sums = [_sum_of_parts(ages, rows, "0-17 and 18+"), _sum_of_parts(sexes, rows, "female and male")]
        parts.append(pd.concat([total, *sums]).drop_duplicates(["area_id", "year"]).assign(measure=measure))
    found = pd.concat(parts, ignore_index=True).assign(source="UNODC", breakdown="", drawn=True, conflict=False)
    years = found["year"].astype(str)
    return found.assign(period_start=pd.to_datetime(years + "-01-01"), period_end=pd.to_datetime(years + "-12-31"))


def _sum_of_parts(parts: pd.DataFrame, whole: pd.DataFrame, which: str) -> pd.DataFrame:
    """Sums of the country-years that have both parts (`<5` adds 0 to 4), never below another row of the `whole`."""
    keys = ["area_id", "year"]
    both = parts.groupby(keys)["low"].transform("size") == 2
    sums = intervals.total(parts[both], keys)
    least = intervals.widest(whole).groupby(keys, as_index=False).agg(least=("low", "max"))
    sums["low"] = np.maximum(sums["low"], sums[keys].merge(least, on=keys, how="left")["least"])
    return sums.assign(
        value_qualifier="derived",
        source_id="UNODC_GLOTIP_2023",
        note=f"sum of {which}, as UNODC prints no total; persons of unknown sex or age are not in it",
        reason="drawn: the sum of its parts, as UNODC prints no total",
    )


def _detected_by_reports(iso3: Ids) -> pd.DataFrame:
    measures = {"victims_identified": "victims", "child_victims_identified": "child_victims"}
    table = official_indicators(iso3)
    table = table[table["indicator"].isin(list(measures))]
    part = table["breakdown"] != "unspecified"
    partial = "not drawn: a part of a total or an addition to it (" + table["breakdown"] + ")"
    return table.assign(
        source="TIP",
        measure=table["indicator"].map(measures),
        drawn=table["drawn"] & ~part,
        reason=table["reason"].mask(part, partial),
    )


def _figures(area_id: Ids) -> pd.DataFrame:
    """The tables of facts and of population under one another; a row that both hold stands once."""
    parts = [catalog.load(name).assign(of_facts=True, level="") for name in ("turkiye_facts", "cabo_verde_facts")]
    people = catalog.load("population")
    # A city bears the id of its municipality: its name tells its rows apart.
    people["place"] = people["name"].where(people["level"] == "city", "")
    table = pd.concat([*parts, people.assign(of_facts=False)], ignore_index=True).fillna({"place": ""})
    table = _matching(table, "area_id", area_id)
    levels = {r"[A-Z]{3}": "country", r"TR-\d{2}": "province", r"CPV-.*": "island", r"CV-..": "municipality"}
    for pattern, level in levels.items():
        table["level"] = table["level"].mask(table["level"].eq("") & table["area_id"].str.fullmatch(pattern), level)
    once = ["area_id", "place", "date", "indicator", "value", "source_id"]
    return _bounded(table.drop_duplicates(once).reset_index(drop=True))


def _of(name: str, iso3: Ids) -> pd.DataFrame:
    return _bounded(_matching(catalog.load(name), "area_id", iso3))


def _matching(table: pd.DataFrame, column: str, wanted: Ids) -> pd.DataFrame:
    if wanted is None:
        return table
    return table[table[column].isin([wanted] if isinstance(wanted, str) else list(wanted))].reset_index(drop=True)


def _bounded(table: pd.DataFrame) -> pd.DataFrame:
    """`table` with infinity for the upper bound that an "at least" does not have."""
    return table.assign(high=table["high"].fillna(np.inf)) if "high" in table else table


def _ranked(table: pd.DataFrame) -> pd.DataFrame:
    """`table` with the ranks that the rules compare: the higher, the better."""
    years = catalog.load("sources").set_index("source_id")["year"].str.extract(r"(\d{4})")[0].astype(float).fillna(0)
    ranks = {
        "year_rank": table["source_id"].map(years),
        "exact_rank": table["value_qualifier"].map(_EXACT_RANK),
        "decimals_rank": table["value"].str.extract(r"\.(\d+)$")[0].fillna("").str.len(),
    }
    if "provenance" in table:
        ranks["status_rank"] = table["figure_status"].map(_STATUS_RANK)
        ranks["read_rank"] = table["provenance"].map(_READ_RANK)
        ranks["dated_rank"] = ~table["date_inferred"].astype(bool)
    return table.assign(**ranks)


def _with_drawn(table: pd.DataFrame, keys: list[str], rules: Iterable[tuple[str, str]]) -> pd.DataFrame:
    """`table` with drawn, reason and conflict: of the rows that share `keys`, the rules leave exactly one drawn."""
    table = table.reset_index(drop=True).assign(drawn=True, reason="drawn: the only figure found", conflict=False)
    table["printed_rank"] = table.groupby([*keys, "low", "high"], dropna=False)["low"].transform("size")
    rivals = table[table.duplicated(keys, keep=False)]
    for _, group in rivals.groupby(keys, dropna=False, sort=False):
        differ = len(group[["low", "high"]].drop_duplicates()) > 1
        alike = [f"drawn: {len(group)} sources print it"] + ["not drawn: the drawn figure is the same"] * (
            len(group) - 1
        )
        table.loc[group.index, "reason"] = _reasons(group, tuple(rules)) if differ else alike
        table.loc[group.index, "conflict"] = differ
    table["drawn"] = table["reason"].str.startswith("drawn")
    return table.drop(columns=[column for column in table if str(column).endswith("_rank")])


def _reasons(group: pd.DataFrame, rules: tuple[tuple[str, str], ...]) -> list[str]:
    """Why each row is drawn or not: rule by rule, the rows that rank below the best of those left are dropped."""
    reasons: dict[int, str] = {}
    left, decisive = group, []
    for rank, better in rules:
        below = left[rank] < left[rank].max()
        if below.any():
            decisive.append(better)
            reasons |= dict.fromkeys(left.index[below], f"not drawn: the drawn figure is {better}")
        left = left[~below]
    chosen, *equals = left.index
    reasons |= dict.fromkeys(equals, "not drawn: it has an equal claim and stands later in the table")
    reasons[chosen] = f"drawn: {'; '.join(decisive) or 'of equal claims it stands first in the table'}"
    return [reasons[index] for index in group.index]


def _bibliography(source_ids: Iterable[str]) -> pd.DataFrame:
    wanted = list(dict.fromkeys(source_ids))
    sources = catalog.load("sources").set_index("source_id")
    absent = [source_id for source_id in wanted if source_id not in sources.index]
    if absent:
        where = "the bibliography, data/raw/evidence/sources.csv"
        raise catalog.CatalogError(f"The source '{absent[0]}' is not in {where}: add it there.")
    return sources.loc[wanted]


def _citation(row) -> str:
    who = row.publisher
    if row.original_publisher and row.original_publisher != row.publisher:
        words = {"copy": ", copy; original by ", "quotation": ", quoting "}.get(row.read_as, "; figures of ")
        who = f"{row.publisher}{words}{row.original_publisher}"
    when = {"various": "various years", "unknown": "no date"}.get(row.year, row.year)
    return ". ".join(filter(None, [row.title, who, when, row.url]))


def _short(maker: str, group: pd.DataFrame) -> str:
    years = sorted({int(year) for year in group["year"].str.extract(r"(\d{4})")[0].dropna()})
    when = "" if not years else f" {years[0]}" if len(years) == 1 else f" {years[0]}-{years[-1]}"
    named = {
        "US Department of State": "US Department of State TIP reports",
        "US Department of Labor, ILAB": "US Department of Labor child labour findings",
        "United Nations Office on Drugs and Crime": "UNODC GLOTIP",
    }
    if maker in named:
        return named[maker] + when
    maker, publishers = maker.split(" (")[0], group["publisher"].unique()
    if set(group["read_as"]) == {"original"}:
        return maker + when
    if len(publishers) == 1 and publishers[0].split(" (")[0] != maker:
        return f"{publishers[0].split(' (')[0]} (figures {maker}){when}"
    return maker + (f" (in {len(publishers)} publications)" if len(publishers) > 1 else "") + when
