"""The tables behind `evidence`, each made once for all areas: what was printed, made comparable, one figure preferred.

Callers ask for rows by `rows`, `touching` and `facts_on`, so that these count as read and not the data sets behind
them. An unknown upper bound is infinity.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd

from analysis import areas, bibliography, catalog, preferred_values, unodc_release
from analysis.areas import Place
from analysis.data_read import question, remembered
from analysis.unodc_release import FORMS_NOT_REPORTED
from analysis.unodc_release import NOT_REPORTED as NOT_REPORTED
from bounded import intervals

# Studies with tables of their own that are read besides the evidence of all.
Studies = tuple[str, ...]
# Ids that are asked for; None for all.
Ids = tuple[str, ...] | None

_DETECTED_COLUMNS = [
    "area_id", "source", "measure", "breakdown", "period_start", "period_end", "year", "low", "high", "value_qualifier",
    "source_id", "note", "preferred", "reason", "conflict",
]  # fmt: skip
_POPULATION_COLUMNS = [
    "area_id", "level", "date", "date_low", "date_high", "date_precision", "population", "provenance", "figure_status",
    "source_id", "note", "kind", "preferred", "reason", "conflict",
]  # fmt: skip

OFFICIAL_KEYS = ["area_id", "indicator", "breakdown", "period_start", "period_end"]
# Indicators of reports whose parts make a total, and what those on victims are called.
MEASURES = {preferred_values.VICTIMS: "victims", preferred_values.CHILDREN: "child_victims"}
# What UNODC calls the steps that reports count too.
UNODC_STEPS = {"prosecuted": "prosecutions", "convicted": "convictions"}
STEPS = ("investigations", "prosecutions", "convictions")
STAGES = (*MEASURES, *STEPS)


def matching(table: pd.DataFrame, column: str, wanted: str | Iterable[str] | None) -> pd.DataFrame:
    """A copy of the rows of `table` that are wanted; of all where `wanted` is None."""
    if wanted is None:
        return table.copy()
    return table[table[column].isin([wanted] if isinstance(wanted, str) else list(wanted))].reset_index(drop=True)


@question
def rows(table: str, area_ids: Ids, column: str = "area_id", studies: Studies = ()) -> pd.DataFrame:
    """Return the rows of a table on some places: they count as read, and no others of the table do.

    Parameters
    ----------
    table : name of a table of this module, or else of a catalogued one. area_ids : ids; None for all.
    column : that has the ids. studies : see `facts` and `people`.
    """
    made = {"facts": facts, "people": people}.get(table)
    if made is not None:
        return matching(made(studies), column, area_ids)
    return matching(_TABLES[table]() if table in _TABLES else catalog.load(table), column, area_ids)


@question
def touching(table: str, ids: Ids, columns: tuple[str, ...] = ("origin", "destination")) -> pd.DataFrame:
    """Return the rows of a table of routes of which an end is one of some ids; as `rows`."""
    made = _TABLES[table]() if table in _TABLES else catalog.load(table)
    if ids is None:
        return made.copy()
    return made[made[list(columns)].isin(ids).any(axis=1)].reset_index(drop=True)


@question
def facts_on(area_ids: Ids, indicators: Ids, studies: Studies) -> pd.DataFrame:
    """Return the facts on some areas by some indicators; as `rows`. Populations are among them where facts have any."""
    table = matching(facts(studies), "area_id", area_ids)
    own = table.loc[table["of_facts"], "indicator"].unique()
    table = table[table["indicator"].isin(own) & table["level"].ne("city")]
    return matching(table, "indicator", indicators).reset_index(drop=True)


@question
def concepts() -> tuple[str, ...]:
    """Return the concepts of the published estimates of prevalence."""
    return tuple(sorted(preferred_values.estimates()["concept"].unique()))


@remembered
def mentions() -> pd.DataFrame:
    """Return the pairs of origin and destination that US reports name."""
    return _mentions(of_reports=True)


@remembered
def mentions_elsewhere() -> pd.DataFrame:
    """Return those that other sources name."""
    return _mentions(of_reports=False)


def _mentions(of_reports: bool) -> pd.DataFrame:
    table = catalog.load("route_mentions")
    attrs = table.attrs
    table = table[reported_by(table["source_id"]).eq("TIP") == of_reports].reset_index(drop=True)
    table.attrs = attrs
    return table


@remembered
def detected() -> pd.DataFrame:
    """Detected victims of all countries, as `evidence.detected_victims` describes them."""
    table = pd.concat([detected_by_unodc(), _detected_by_reports()], ignore_index=True)
    middle = table["period_start"] + (table["period_end"] - table["period_start"]) / 2
    return table.assign(year=middle.dt.year)[_DETECTED_COLUMNS]


@remembered
def by_sex_age() -> pd.DataFrame:
    """UNODC's detected victims by sex and age; what was not reported is not preferred."""
    table, aside = bounded("unodc_detected_victims"), _aside("unodc_detected_victims")
    unreported = pd.MultiIndex.from_frame(table[["area_id", "year"]]).isin(unodc_release.not_reported(table))
    reason = pd.Series(np.where(unreported, NOT_REPORTED, "preferred: as UNODC prints it"), table.index)
    return table.assign(preferred=~unreported & aside.eq(""), reason=reason.mask(aside.ne(""), aside))


@remembered
def persons_and_offences() -> pd.DataFrame:
    """UNODC's offences and persons in formal contact, prosecuted and convicted."""
    table, aside = bounded("unodc_persons_and_offences"), _aside("unodc_persons_and_offences")
    return table.assign(preferred=aside.eq(""), reason=aside.mask(aside.eq(""), "preferred: as UNODC prints it"))


@remembered
def by_form() -> pd.DataFrame:
    """UNODC's detected victims by form of exploitation, one figure of each key preferred."""
    keys = ["area_id", "year", "form", "sex", "age"]
    table = bounded("unodc_forms_of_exploitation")
    victims = by_sex_age()
    victims = victims[victims["preferred"]]
    aside = _aside("unodc_forms_of_exploitation").mask(unodc_release.no_forms(table, victims), FORMS_NOT_REPORTED)
    unfit = table[aside.ne("")].assign(preferred=False, reason=aside[aside.ne("")], conflict=False)
    table = table[aside.eq("")].reset_index(drop=True)
    table["exact_rank"] = table["value_qualifier"] == "exact"
    table = preferred_values.with_preferred(table, keys, [("exact_rank", "exact")])
    several = table.duplicated(keys, keep=False)
    total = victims[victims["sex"].eq("all") & victims["age"].eq("all")]
    most = total.set_index(["area_id", "year"])["high"]
    # A kind that is printed as `<5` has a person at least.
    of_all = table.assign(least=table["low"].mask(table["value_qualifier"].eq("below_5"), 1))
    of_all = of_all[table["sex"].eq("all") & table["age"].eq("all")].groupby(["area_id", "year"])["least"].sum()
    fits = of_all <= most.reindex(of_all.index)
    kinds = several & pd.MultiIndex.from_frame(table[["area_id", "year"]]).isin(fits.index[fits])
    found = [table, unfit]
    if kinds.any():
        sums = intervals.total(table[kinds], keys).drop(columns="n")
        found[1:1] = [
            sums.assign(
                value="",
                value_qualifier="derived",
                source_id=table.loc[kinds, "source_id"].iloc[0],
                preferred=True,
                reason="preferred: the sum of the kinds of this form, which UNODC prints one by one",
                conflict=False,
            )
        ]
        part = "not preferred: a kind of this form; its kinds are added"
        table.loc[kinds, ["preferred", "reason", "conflict"]] = [False, part, False]
    return pd.concat(found, ignore_index=True).sort_values(keys, kind="stable", ignore_index=True)


@remembered
def contradicted() -> pd.DataFrame:
    """Countries and years of UNODC whose parts exceed their whole: see `unodc_release.parts_above_whole`."""
    victims, forms = by_sex_age(), by_form()
    return unodc_release.parts_above_whole(victims[victims["preferred"]], forms[forms["preferred"]])


@remembered
def official() -> pd.DataFrame:
    """Every indicator of reports as series, one figure of each key preferred."""
    table, aside = _dated_counts()
    ranked = _ranked(table[aside.eq("")], ())
    ranked["series_rank"] = reported_by(ranked["source_id"]).eq("TIP")
    chosen = preferred_values.with_preferred(
        ranked, OFFICIAL_KEYS, (preferred_values.SERIES_RULE, *preferred_values.REPORT_RULES)
    )
    return pd.concat([chosen, _not_preferred(table, aside)], ignore_index=True)


@remembered
def facts(studies: Studies) -> pd.DataFrame:
    """Facts and populations that some studies read, one figure of each area, indicator and date preferred."""
    table = _figures(studies)
    table = table[table["level"].ne("city")]
    aside = table["aside"].fillna("")
    chosen = preferred_values.with_preferred(
        _ranked(table[aside.eq("")], studies),
        ["area_id", "indicator", "date_low", "date_high"],
        preferred_values.FIGURE_RULES,
    )
    return pd.concat([chosen, _not_preferred(table, aside)], ignore_index=True)


@remembered
def people(studies: Studies) -> pd.DataFrame:
    """Populations that some studies read; see `evidence.population`."""
    table = _figures(studies)
    table = table[table["indicator"].isin(["population_total", "population_total_midyear"])]
    table = table[~table["level"].isin(["city", "island group"])]
    middle = table["date_low"] + (table["date_high"] - table["date_low"]) / 2
    table = _ranked(table, studies).assign(population=table["low"], date=middle.dt.normalize())
    table["world_bank_rank"] = table["source_id"] == "WBPOP"
    is_country = table["level"] == "country"
    table["period"] = table["date_low"].dt.year.astype(str).where(is_country, table["date"].dt.strftime("%Y-%m-%d"))
    table = preferred_values.with_preferred(
        table, ["area_id", "period"], (preferred_values.WORLD_BANK_RULE, *preferred_values.FIGURE_RULES)
    )
    estimated = table["figure_status"] == "estimate"
    counted = (~estimated).groupby(table["area_id"]).transform("any")
    between = ~table["level"].isin(["country", "province"]) & estimated & counted
    table.loc[between, "preferred"] = False
    table.loc[between, "reason"] = "not preferred: an estimate between two censuses; counts are preferred"
    return table[_POPULATION_COLUMNS]


def detected_by_unodc() -> pd.DataFrame:
    """Victims and child victims of UNODC: totals as printed, or else sums of their parts."""
    keys, table = ["area_id", "year"], by_sex_age()
    # Of a year that is drawn what is set aside is no part; a year of which nothing is drawn is kept, and says why.
    drawn = table.groupby(keys)["preferred"].transform("any")
    table = table[table["preferred"] | ~drawn]
    why = table["reason"].mask(table["preferred"], "").groupby([table[key] for key in keys]).first()
    children, all_ages = table["age"] == "0-17", table["age"] == "all"
    one_sex, all_sexes = table["sex"].isin(["female", "male"]), table["sex"] == "all"
    totals = [
        table[all_sexes & all_ages].assign(measure="victims"),
        table[all_sexes & children].assign(measure="child_victims"),
    ]
    parts = [
        table[all_sexes & table["age"].isin(["0-17", "18+"])].assign(measure="victims", which="0-17 and 18+"),
        table[one_sex & all_ages].assign(measure="victims", which="female and male"),
        table[one_sex & children].assign(measure="child_victims", which="female and male"),
    ]
    wholes = [table.assign(measure="victims"), table[children].assign(measure="child_victims")]
    printed = pd.concat(totals).assign(reason="preferred: the total that UNODC prints")
    against = contradicted().groupby(["measure", *keys])["words"].agg("; ".join).rename("note").reset_index()
    printed = printed.merge(against, on=["measure", *keys], how="left").fillna({"note": ""})
    found = pd.concat([printed, _sums_of_parts(pd.concat(parts), pd.concat(wholes))])
    found = found.drop_duplicates(["measure", "area_id", "year"])
    # All victims stand before the children among them.
    found = found.sort_values("measure", ascending=False, kind="stable", ignore_index=True)
    years = found["year"].astype(str)
    why = found[keys].join(why, on=keys)["reason"]
    return found.assign(
        source="UNODC",
        breakdown="",
        period_start=pd.to_datetime(years + "-01-01"),
        period_end=pd.to_datetime(years + "-12-31"),
        preferred=why.eq(""),
        reason=found["reason"].mask(why.ne(""), why),
        conflict=False,
    )


def _sums_of_parts(parts: pd.DataFrame, whole: pd.DataFrame) -> pd.DataFrame:
    """Sums where there are both parts (`<5` adds 0 to 4), never below another row of the `whole` of that measure."""
    keys = ["measure", "area_id", "year"]
    sums = intervals.total(parts, ["which", *keys])
    sums = sums[sums["n"] == 2].reset_index(drop=True)
    least = whole.groupby(keys)["low"].max().rename("least")
    sums["low"] = np.maximum(sums["low"], sums.join(least, on=keys)["least"])
    return sums.assign(
        value_qualifier="derived",
        source_id=next(iter(parts["source_id"]), ""),
        note="sum of " + sums["which"] + ", as UNODC prints no total; persons of unknown sex or age are not in it",
        reason="preferred: the sum of its parts, as UNODC prints no total",
    )


def _detected_by_reports() -> pd.DataFrame:
    """Detected victims of the US reports, and of other publishers: each chooses among its own figures."""
    table = reported()
    table = table[table["indicator"].isin(list(MEASURES))]
    return table.assign(measure=table["indicator"].map(MEASURES))


@remembered
def reported() -> pd.DataFrame:
    """Victims and steps of justice of each family of reports: a figure for each period that has any part of one."""
    table, aside = _dated_counts()
    # The Labor Department's counts of criminal cases of child labour are a series of their own.
    table = table[table["indicator"].isin(STAGES) & ~table["breakdown"].str.startswith("worst forms")]
    table = table.assign(source=reported_by(table["source_id"]))
    ranked = _ranked(table[aside.reindex(table.index).eq("")], ())
    chosen = preferred_values.with_preferred(ranked, ["source", *OFFICIAL_KEYS], preferred_values.REPORT_RULES)
    found = [preferred_values.with_totals(rows) for _, rows in chosen.groupby("source", sort=False)]
    return _of_one_year(pd.concat([*found, _steps_of_unodc(), _not_preferred(table, aside)], ignore_index=True))


def _of_one_year(rows: pd.DataFrame) -> pd.DataFrame:
    """`rows` of which none that counts several years together stands for the one that its report is of."""
    keys = [*OFFICIAL_KEYS, "source_id"]
    partial = catalog.load("partial_counts")
    reasons = partial[partial["kind"].eq("several years")].set_index(keys)["reason"]
    several = pd.MultiIndex.from_frame(rows[keys]).isin(reasons.index)
    why = "not preferred: of several years together"
    return rows.assign(preferred=rows["preferred"] & ~several, reason=rows["reason"].mask(several, why))


def _steps_of_unodc() -> pd.DataFrame:
    """Prosecutions and convictions of UNODC's release as counts of reports: persons, all of a year."""
    table = persons_and_offences()
    table = table[table["indicator"].isin(list(UNODC_STEPS)) & table["sex"].eq("all") & table["age"].eq("all")]
    years = table["year"].astype(str)
    return table.drop(columns=["sex", "age", "year"]).assign(
        source="UNODC",
        indicator=table["indicator"].map(UNODC_STEPS),
        breakdown=preferred_values.TOTAL,
        period_start=pd.to_datetime(years + "-01-01"),
        period_end=pd.to_datetime(years + "-12-31"),
        date_precision="year",
        note="persons, as UNODC prints them",
        conflict=False,
    )


def _dated_counts() -> tuple[pd.DataFrame, pd.Series]:
    """The official counts whose period is printed, and why some of them are set aside."""
    table = bounded("official_counts")
    table = table[table["period_start"].notna()]
    return table, _aside("official_counts").reindex(table.index)


def _aside(dataset: str) -> pd.Series:
    """The reason why figures of a table are not preferred, in words; "" for those that can be."""
    reasons = preferred_values.set_aside(dataset)
    return ("not preferred: " + reasons).where(reasons.ne(""), "")


def _not_preferred(table: pd.DataFrame, aside: pd.Series) -> pd.DataFrame:
    """The rows of `table` that are set aside."""
    rows = table[aside.reindex(table.index).ne("")]
    return rows.assign(preferred=False, reason=aside.reindex(rows.index), conflict=True)


def reported_by(source_ids: pd.Series) -> pd.Series:
    """Whose figure each is: ``TIP``, of the reports of two US Departments, or ``OTHER``, of whoever else prints it."""
    of_us = source_ids.map(bibliography.sources(())["report"]).ne("")
    return pd.Series(np.where(of_us, "TIP", "OTHER"), source_ids.index)


@remembered
def readable() -> pd.DataFrame:
    """Reports that could be read, by country and year; see `evidence.readable_reports`."""
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


@remembered
def _figures(studies: Studies) -> pd.DataFrame:
    """The tables of facts and of population under one another; a row that both hold stands once."""
    facts = _tables("facts", studies).assign(of_facts=True, level="")
    people = _tables("population", studies)
    # A city bears the id of its municipality: its name tells its rows apart.
    people["place"] = people["name"].where(people["level"] == "city", "")
    table = pd.concat([facts, people.assign(of_facts=False)], ignore_index=True).fillna({"place": ""})
    levels = {r"[A-Z]{3}": "country", r"TR-\d{2}": "province", r"CPV-.*": "island", r"CV-..": "municipality"}
    for pattern, level in levels.items():
        table["level"] = table["level"].mask(table["level"].eq("") & table["area_id"].str.fullmatch(pattern), level)
    for study in studies:
        own = table["area_id"].map(areas.load(study).set_index("area_id")["level"])
        table["level"] = table["level"].mask(table["level"].eq("") & own.notna(), own)
    once = ["area_id", "place", "date", "indicator", "value", "source_id"]
    return _without_gaps(table.drop_duplicates(once).reset_index(drop=True))


def studies_read(asked: Sequence[str] | None, study: Place | None) -> Studies:
    """The studies with tables of their own that a question on some areas reads: what others list stays unread."""
    having = [each for each in areas.STUDIES if catalog.figures_kind(each)]
    if study is not None:
        return tuple({areas.study_id(study)}.intersection(having))
    if asked is None:
        # A question on all places is none on those of a demonstration.
        return tuple(each for each in having if not areas.STUDIES[each].is_synthetic)
    return tuple(each for each in having if set(asked) & _ids(each))


@remembered
def _ids(study: str) -> frozenset[str]:
    declared = areas.STUDIES[study]
    # Of the country of a demonstration nobody else knows anything.
    return frozenset([*areas.looked_up(study), *([declared.iso3] if declared.is_synthetic else [])])


def _tables(schema: str, studies: Studies) -> pd.DataFrame:
    """The tables of one schema that are everybody's and those of some studies, under one another, each with its kind.

    Raises
    ------
    catalog.CatalogError : a study's own table is confidential, or speaks of places that are not the study's.
    """
    everybodys = [entry for entry in catalog.of_schema(schema) if not entry.study]
    everybodys = [] if areas.all_synthetic(studies) else everybodys
    own = [entry for study in studies for entry in catalog.own_tables(schema, study)]
    tables = []
    for entry in [*everybodys, *own]:
        table = catalog.load(entry.name).assign(kind=entry.kind)
        if schema == "facts":
            table["aside"] = _aside(entry.name)
        if entry.study:
            _require_own(entry, table)
        tables.append(table)
    return pd.concat(tables, ignore_index=True) if tables else _nothing(schema)


def _nothing(schema: str) -> pd.DataFrame:
    """A table of a schema without a row."""
    from analysis.schemas import SCHEMAS  # loaded where a table is read: pandera takes its time

    rules = SCHEMAS[schema]
    table = rules.validate(pd.DataFrame(columns=list(rules.columns))).assign(kind=pd.Series(dtype=str))
    return table.assign(aside=pd.Series(dtype=str)) if schema == "facts" else table


def _require_own(entry: catalog.Dataset, table: pd.DataFrame) -> None:
    said, study = catalog.shown(entry.path), str(entry.study)
    if entry.kind == "confidential":
        raise catalog.CatalogError(
            "wrong_kind",
            f"{said}: a table of counts is shown as it is, and so must be public or synthetic; persons who are not "
            "public enter as a list of case records: `python -m analysis draft FILE`.",
        )
    places = {*areas.ids(study), areas.STUDIES[study].iso3}
    others = table.index[~table["area_id"].isin(places)]
    if len(others):
        row = others[0]
        raise catalog.CatalogError(
            "unknown_area",
            f"{said}, row {row + 2}, column 'area_id': '{table.loc[row, 'area_id']}' is neither an area of the study "
            f"{study} nor its country; its areas stand in the table of schema areas.",
        )


def bounded(name: str) -> pd.DataFrame:
    """Return a catalogued table of counts, with infinity for the upper bound that an "at least" does not have."""
    return _without_gaps(catalog.load(name))


def _without_gaps(table: pd.DataFrame) -> pd.DataFrame:
    """`table` with infinity for the upper bound that an "at least" does not have."""
    return table.assign(high=table["high"].fillna(np.inf))


def _ranked(table: pd.DataFrame, studies: Studies) -> pd.DataFrame:
    years = bibliography.sources(studies)["year"].str.extract(r"(\d{4})")[0].astype(float).fillna(0)
    return preferred_values.ranked(table, years)


_TABLES: dict[str, Callable[[], pd.DataFrame]] = {
    "by_form": by_form,
    "by_sex_age": by_sex_age,
    "contradicted": contradicted,
    "detected": detected,
    "estimates": preferred_values.estimates,
    "mentions": mentions,
    "mentions_elsewhere": mentions_elsewhere,
    "official": official,
    "persons_and_offences": persons_and_offences,
    "readable": readable,
    "reported": reported,
}
