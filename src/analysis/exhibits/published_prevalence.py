"""Published prevalence: measured, modelled, and child labour as its context; never added to detection."""

from __future__ import annotations

import pandas as pd
from IPython.display import Markdown

from analysis import areas, evidence, plots, texts
from analysis import evidence_tables as tables
from analysis.areas import Area
from analysis.exhibits import detection
from analysis.exhibits.any_place import take_names
from analysis.exhibits.exhibit import Exhibit, absent, elsewhere, instead, said
from analysis.exhibits.plot import Plot
from analysis.exhibits.table import Table
from analysis.exhibits.wording import periods, plain, sentences
from analysis.methods import rates
from analysis.plots.style import number
from analysis.preferred_values import CHILD_LABOUR, CONTEXT, EXPERT, EXPLOITATION, FURTHER, MEASURED, MODELLED, SCORE

DATASET = "prevalence_estimates"
MOST_ROWS = 20
LATEST_INDEX = "Global Slavery Index 2023"
# Shares of schools stand in the table, and not beside shares of people in a figure.
OF_SCHOOLS = ("daaras",)
NAMES = {
    "child_trafficking": "child trafficking",
    "sex_trafficking": "sex trafficking",
    "forced_labour": "forced labour",
    "forced_begging": "forced begging",
    "descent_based_slavery": "descent-based slavery",
    "modern_slavery": "modern slavery",
    "forced_marriage": "forced marriage",
}
OF_WORK = {
    "child_labour": "child labour",
    "hazardous_child_labour": "hazardous work",
    "children_in_employment": "children who work (lawful work included)",
    "labour_force_participation": "in the labour force (those who seek work included)",
}
# What of a definition a row has to say, by how it begins; of others nothing.
DEFINED = {
    "SDG 8.7.1, economic activity at": "SDG 8.7.1 without chores",
    "SDG 8.7.1, economic activity and": "SDG 8.7.1 with chores",
    "UNICEF child labour": "UNICEF, with chores",
    "child labour, UNICEF": "UNICEF",
    "labour to be abolished": "to be abolished",
    "work to be abolished": "to be abolished",
    "labour force participation": "work or seek work",
    "economically active in the last 12 months": "within 12 months",
    "economically active in the reference week": "within a week",
    "families with": "with a working child",
    "households with": "with a trafficked or exploited child",
    "begging children who": "handing the money to the master",
    "trafficked children with": "by force, fraud or coercion",
    "child domestic workers: trafficked": "by US guidelines",
    "forced labour in the current job": "in the current job",
}
# Of several definitions of child labour in one survey, which stands beside other countries.
WITH_CHORES = ("SDG 8.7.1, economic activity and", "UNICEF child labour", "child labour, UNICEF")
PER = {"percent": 1.0, "per_1000": 0.1}
UNITS = {"percent": " %", "per_1000": " per 1,000", "persons": ""}
NEVER = "Shares of the groups named, by different definitions: no two are added, and none is added to detected victims."
MEASURED_LIMITS = f"{NEVER} No confidence limits are printed."
WIDE = "The surveys of child trafficking use wide definitions that overlap with child labour."
CRITICS = ("GALLAGHER_ATR2017", "GALLAGHER_OD2016", "ROSALUX_DATA")
CONTESTED = (
    "Modelled and contested: in the edition of 2016, 25 of 167 countries had a survey (Gallagher, 2016, and 2017). "
    "Gaps are filled by extrapolation. Data and calculation change with each edition (Rosa-Luxemburg-Stiftung, 2021), "
    "so that a difference between editions is no change. No confidence limits are printed."
)
CONTEXT_LIMITS = (
    "Child labour is a risk and not trafficking. Ages, hours and chores of the definitions differ: a difference "
    "between two surveys is no trend. No confidence limits are printed."
)
# What surveys of a country miss besides, by its ISO3 code.
MISSED = texts.table(__name__, "missed")
NOTHING, PERSONS_ALONE = "No such figure was found.", "Only numbers of persons were found, no share."
# Words of a definition that counts those of one day.
ON_ONE_DAY = ("given day", "current job", "living in", "held in", "people in")
# Why an estimate does not stand beside a count.
REASONS = {
    "other_concept": "it is an estimate of {concepts}, not of trafficking or forced labour as they are detected",
    "other_area": "it is of a part of the country or of a region, and detected victims are counted by country",
    "other_population": "its ages or its group differ from those of the detected victims",
    "stock_against_flow": (
        "it counts persons on one day, or does not say in which time, while detection counts a year"
    ),
    "other_period": f"more than {rates.MOST_YEARS_APART} years lie between the two, or its year is not printed",
    "no_number": "it is a share of a group whose number is not printed",
}


def rows(place: Area) -> pd.DataFrame:
    """Return what may be shown for a place: of an area its own rows, of a study those of its country and its areas.

    A study of countries has rows of its region too. `whose` is the name of the area that a row is of.
    """
    ids = detection.countries(place) if place.spans_countries else [place.area_id]
    if place.is_study and not place.spans_countries:
        ids = [*areas.ids(place.study), place.iso3]
    table = evidence.prevalence(ids)
    # Who works or seeks work is not who works, though the evidence has both under one concept.
    seeks = table["definition"].str.startswith("labour force participation")
    table = table.assign(concept=table["concept"].mask(seeks, "labour_force_participation"))
    table = table.assign(whose=table["area_id"].map(detection.names_of().set_index("area_id")["name"]))
    regional = evidence.prevalence("")
    regions = areas.STUDIES[place.study].regions.split(";") if place.is_study else []
    regional = regional[regional["place"].isin(regions)]
    table = pd.concat([table, regional.assign(whose=regional["place"])], ignore_index=True)
    return table[table["shown"]].reset_index(drop=True)


def prevalence_of_exploitation(place: Area, table: pd.DataFrame) -> tuple[Exhibit, ...]:
    """Return what was measured of exploitation and what is modelled; of a part of a country what there is of it.

    Parameters
    ----------
    table : what `rows` gives of the place.
    """
    known = _known(place, measured(place, table), modelled(place, table))
    return known or (instead(elsewhere(in_a_sentence(place), "incidence")),)


def context_of_prevalence(place: Area, table: pd.DataFrame) -> tuple[Exhibit, ...]:
    """Return child labour, what else is published, and of how many one was detected.

    Of a part of a country, whose detected victims nobody counts, what there is of the first two.

    Parameters
    ----------
    table : what `rows` gives of the place.
    """
    known = _known(place, child_labour(place, table), further(place, table))
    if place.is_local:
        return known or (absent(place, "{whose}: child labour and other context", "national"),)
    return *known, instead(beside_detected(place))


def _known(place: Area, *exhibits: Exhibit) -> tuple[Exhibit, ...]:
    """The exhibits that have rows; of a country all, an empty one with the reason."""
    return tuple(exhibit for exhibit in exhibits if len(exhibit.table) or not place.is_local)


def measured(place: Area, table: pd.DataFrame) -> Exhibit:
    """Return surveys and mappings of exploitation itself: shares as a figure, all figures as a table.

    Parameters
    ----------
    table : what `rows` gives of the place.
    """
    table = table[(table["kind_of_evidence"] == MEASURED) & (table["subject"] == EXPLOITATION)]
    return _exhibit(
        place,
        "published_measured",
        f"{place.name}: measured prevalence of exploitation",
        table,
        _latest(place, table[~table["population_group"].isin(OF_SCHOOLS)]),
        NAMES,
        sentences(MEASURED_LIMITS, WIDE if table["concept"].eq("child_trafficking").any() else ""),
    )


def modelled(place: Area, table: pd.DataFrame) -> Exhibit:
    """Return estimates of a model, as of the Global Slavery Index and the Global Estimates, named as contested.

    Parameters
    ----------
    table : what `rows` gives of the place.
    """
    table = table[(table["kind_of_evidence"] == MODELLED) & (table["subject"] == EXPLOITATION)]
    shown = table[table["measure"] == "per_1000"].sort_values("period_end", ascending=False, kind="stable")
    if place.spans_countries:
        of_region = shown["area_id"].eq("") & shown["period_end"].eq(shown["period_end"].max())
        shown = shown[shown["study"].eq(LATEST_INDEX) | of_region]
        shown = _by_country(shown[shown["concept"].eq("modern_slavery")])
    title = f"{place.name}: modelled prevalence of modern slavery (contested)"
    critics = CRITICS if len(table) else ()
    return _exhibit(place, "published_modelled", title, table, shown, NAMES, CONTESTED, per="per_1000", critics=critics)


def child_labour(place: Area, table: pd.DataFrame) -> Exhibit:
    """Return child labour, hazardous work and children at work by surveys: the context, named as such.

    Parameters
    ----------
    table : what `rows` gives of the place.
    """
    table = table[table["subject"].eq(CHILD_LABOUR) & table["kind_of_evidence"].isin([CONTEXT, MODELLED])]
    shares = table[table["concept"].isin(list(OF_WORK)) & table["measure"].eq("percent") & table["sex"].eq("both")]
    return _exhibit(
        place,
        "published_child_labour",
        f"{place.name}: child labour, the context of trafficking in children",
        table,
        _latest_work(place, shares),
        OF_WORK,
        sentences(CONTEXT_LIMITS, MISSED.get(place.iso3 or "", "")),
    )


def further(place: Area, table: pd.DataFrame) -> Exhibit:
    """Return what else is published: statements without a survey, child marriage, violence, proxies, scores; a table.

    Parameters
    ----------
    table : what `rows` gives of the place.
    """
    table = table[table["subject"].eq(FURTHER) | table["kind_of_evidence"].isin([EXPERT, SCORE])]
    return Exhibit(
        "published_further",
        f"{place.name}: further context, statements and scores",
        _table(table),
        tuple(table["source_id"].unique()),
        "Context, statements and scores: none is a measured prevalence of trafficking, and scores are no shares.",
        cautions=evidence.cautions(DATASET) if len(table) else (),
        folded=True,
    )


def in_a_sentence(place: Area) -> str:
    """Return for a part of a country of which nothing is published that the study's page has what is on the country."""
    return (
        f"No published figure on {place.name} itself was found. What surveys measured and models estimate of "
        f"{detection.whose(place)} is on the page of the study."
    )


def beside_detected(place: Area) -> Markdown:
    """Return of how many one was detected, where estimate and count are of the same thing; else why they are not."""
    table = estimates(place)
    if table.empty:
        return said("No published estimate of exploitation was found that could be compared with the detected victims.")
    pairs, why_not = compared(place, table)
    lines = [
        f"- {plain(row.study)}, {NAMES[row.concept]}: one of {number(share.one_of_low)} to {number(share.one_of_high)} "
        + ("was detected, by a modelled estimate, which is contested." if share.modelled else "was detected.")
        for row, share in pairs
    ]
    if not lines:
        one = "The one published estimate of exploitation cannot"
        none = one if len(table) == 1 else f"None of the {len(table)} published estimates of exploitation can"
        lines = [f"{none} be compared with the detected victims.", ""]
    return said("\n".join([*lines, *(f"- {reason}." for reason in reasons(why_not, len(table)))]))


def reasons(why_not: dict[str, list[str]], compared: int) -> list[str]:
    """Return why estimates do not stand beside a count, a clause a reason: "3 of 9: it is of a part of the country".

    Parameters
    ----------
    why_not : as `compared` gives it. compared : the number of estimates that were compared.
    """
    return [
        f"{'All' if len(concepts) == compared else f'{len(concepts)} of {compared}'}: "
        + REASONS[code].format(concepts=" or ".join(dict.fromkeys(concepts)))
        for code, concepts in why_not.items()
    ]


def estimates(place: Area) -> pd.DataFrame:
    """Return the measured and the modelled estimates of exploitation that are shown for a place, each once.

    A share whose number of persons is printed beside it is left to that number.
    """
    table = rows(place)
    table = table[table["subject"].eq(EXPLOITATION) & table["kind_of_evidence"].isin([MEASURED, MODELLED])]
    same = ["study", "area_id", "place", "concept", "population_group", "period_end"]
    persons = table["measure"].eq("persons")
    numbered = persons.groupby([table[key] for key in same], dropna=False).transform("any")
    return table[persons | ~numbered]


def compared(place: Area, table: pd.DataFrame) -> tuple[list[tuple], dict[str, list[str]]]:
    """Return estimates with the share that was detected, and why others have none: code -> their concepts in words.

    Each is compared with the count of the same country that is nearest in kind and in time: child victims for children,
    victims of forced labour for forced labour, else all victims.
    """
    found: list[tuple] = []
    why_not: dict[str, list[str]] = {code: [] for code in REASONS}
    counts = _detected(place)
    for row in table.itertuples():
        estimated = _persons(row)
        against = _nearest(counts, row, estimated)
        if against is None:
            why_not["other_area"].append(NAMES[row.concept])
            continue
        why = [code for code, _ in rates.disagreements(estimated, against)]
        if row.measure != "persons":
            why.append("no_number")
        for code in why:
            why_not[code].append(_concept_words(row, estimated))
        if not why:
            found.append((row, rates.detected_share(estimated, against)))
    return found, {code: concepts for code, concepts in why_not.items() if concepts}


def _concept_words(row, estimated: rates.Persons) -> str:
    wide = estimated.concept.endswith("wide_definition")
    return "child trafficking by a wide definition" if wide else NAMES[row.concept]


def _persons(row) -> rates.Persons:
    """A published estimate as what it counts, of whom, where and when, read off its own words."""
    wide = row.concept == "child_trafficking" and "study definition" in row.definition
    concept = row.concept
    if row.concept in ("child_trafficking", "sex_trafficking"):
        concept = "child_trafficking_by_a_wide_definition" if wide else "trafficking"
    one_day = any(words in row.definition for words in ON_ONE_DAY)
    counts = rates.WITHIN_A_YEAR if "last year" in row.definition else rates.ON_ONE_DAY if one_day else ""
    persons = row.measure == "persons"
    return rates.Persons(
        low=row.low if persons else float("nan"),
        high=row.high if persons else float("nan"),
        area=row.area_id or row.place,
        place=row.place if row.area_id else "",
        concept=concept,
        group="everybody" if row.population_group == "whole population" else row.population_group,
        age_low=None if pd.isna(row.age_low) else int(row.age_low),
        age_high=None if pd.isna(row.age_high) else int(row.age_high),
        sex=row.sex,
        first=row.period_start.year,
        last=row.period_end.year,
        counts=counts,
        modelled=row.kind_of_evidence == MODELLED,
    )


def _detected(place: Area) -> list[rates.Persons]:
    """Detected victims of a place's countries: all, children, and those of forced labour (UNODC)."""
    found = []
    table = detection.preferred(place)
    for row in table.itertuples():
        children = row.measure == "child_victims"
        found.append(
            rates.Persons(
                low=row.low, high=row.high, area=row.area_id, concept="trafficking",
                group="children" if children else "everybody", age_high=17 if children else None,
                first=row.period_start.year, last=row.period_end.year, counts=rates.WITHIN_A_YEAR,
            )
        )  # fmt: skip
    by_form = detection.forms(place)
    for row in by_form[by_form["form"] == "forced_labour"].itertuples():
        found.append(
            rates.Persons(
                low=row.low, high=row.high, area=row.area_id, concept="forced_labour", group="everybody",
                first=row.year, last=row.year, counts=rates.WITHIN_A_YEAR,
            )
        )  # fmt: skip
    return found


def _nearest(counts: list[rates.Persons], row, estimated: rates.Persons) -> rates.Persons | None:
    here = [each for each in counts if each.area == estimated.area]
    concept = "forced_labour" if row.concept == "forced_labour" else "trafficking"
    group = "children" if "child" in row.population_group and concept == "trafficking" else "everybody"
    alike = [each for each in here if (each.concept, each.group) == (concept, group)] or here
    if not alike:
        return None
    return min(alike, key=lambda each: abs(each.last - estimated.last) if estimated.last == estimated.last else 0)


def _exhibit(
    place: Area,
    name: str,
    title: str,
    table: pd.DataFrame,
    drawn: pd.DataFrame,
    concepts: dict[str, str],
    limits: str,
    *,
    per: str = "percent",
    critics: tuple[str, ...] = (),
) -> Exhibit:
    """Table and figure of one kind of figures; no figure where nothing can be drawn."""
    older = len(drawn) - MOST_ROWS
    shown = drawn.head(MOST_ROWS)
    if drawn.empty:
        limits = f"{NOTHING if table.empty else PERSONS_ALONE} {limits}"
    elif older > 0:
        limits = f"{limits} {older} older rows are in the table alone."
    return Exhibit(
        name,
        title,
        _table(table),
        (*table["source_id"].unique(), *critics),
        limits,
        None if drawn.empty else _plot(place, shown, list(concepts.values()), per),
        f"{title}. {len(shown)} rows, each with its study, year and group.",
        evidence.cautions(DATASET) if len(table) else (),
        folded=True,
        n="published figures",
    )


def _plot(place: Area, drawn: pd.DataFrame, series: list[str], per: str) -> Plot:
    """A dot, or a line between bounds, for each figure, with what made it and when beside it."""
    scale = drawn["measure"].map(PER) / PER[per]
    unit = "%" if per == "percent" else ""
    bounds = list(zip(drawn["low"] * scale, drawn["high"] * scale, drawn["value_qualifier"], strict=True))
    several = drawn["whose"].nunique() > 1 and not place.spans_countries
    points = drawn.assign(
        label=[_label(row, place) for row in drawn.itertuples()],
        study=[_study(row, place) for row in drawn.itertuples()],
        series=drawn["concept"].map(NAMES | OF_WORK),
        group=drawn["whose"] if several else "",
        # Of a minimum or a maximum that number itself is drawn, as an open mark.
        low=[high if qualifier == "at_most" else low for low, high, qualifier in bounds],
        high=[low if qualifier == "at_least" else high for low, high, qualifier in bounds],
        open=drawn["value_qualifier"].isin(["at_least", "at_most"]),
        text=[_amount(*row, unit) for row in bounds],
        # The end of a period that is not printed whole is no year of the figures.
        period_end=drawn["period_end"].where(drawn["period_start"].notna()),
    ).reset_index(drop=True)
    # Where two studies are of the same group, the name of the row says which it is.
    twice = points.duplicated(["group", "label"], keep=False)
    points["text"] = points["text"].where(twice | points["study"].eq(""), points["text"] + ", " + points["study"])
    points["label"] = points["label"].mask(twice, points["label"] + " (" + points["study"] + ")")
    return Plot(
        plots.dots,
        points,
        estimate=("low", "high"),
        interval=None,
        series="series",
        group="group",
        text="text",
        hollow="open",
        order=series,
        xlabel=_axis(place, per),
        hollow_label="at least, or at most",
    )


def _axis(place: Area, per: str) -> str:
    if per == "percent":
        return "% of the group named"
    by = f"{LATEST_INDEX}, for 2021" if place.spans_countries else "the model"
    return f"persons per 1,000 inhabitants, by {by}"


def _label(row, place: Area) -> str:
    """The persons and the place that a row is of."""
    where = [row.whose] if place.spans_countries else []
    if row.place not in (row.whose, ""):
        where.append(row.place)
    if row.kind_of_evidence == MODELLED and row.subject == EXPLOITATION:
        return row.whose if place.spans_countries else row.study.split(" (")[0]
    words = next((short for start, short in DEFINED.items() if row.definition.startswith(start)), "")
    group = "" if row.population_group == "whole population" else row.population_group
    label = ", ".join(filter(None, [*where, f"{group}{ages(row)}", words])) or row.whose
    return label[:1].upper() + label[1:]


def _study(row, place: Area) -> str:
    """The study that made a figure, and its year."""
    study = "survey not named" if "not named" in row.study else row.study.split(" (")[0]
    year = _year(row.period_start, row.period_end)
    if row.kind_of_evidence == MODELLED and row.subject == EXPLOITATION:
        if place.spans_countries:
            return "" if row.study == LATEST_INDEX else f"{study}, for {year}"
        return f"for {year}"
    if not year:
        return f"{study}, year not printed"
    return study if year[:4] in study else f"{study}, {year}"


def ages(row) -> str:
    """Return ages in words, behind the name of a group; empty where none is printed."""
    if pd.isna(row.age_high):
        return ""
    return f" under {row.age_high + 1}" if pd.isna(row.age_low) else f" {row.age_low}–{row.age_high}"


def _year(first: pd.Timestamp, last: pd.Timestamp) -> str:
    if pd.isna(first):
        return ""
    return str(first.year) if first.year == last.year else f"{first.year}–{last.year}"


def _amount(low: float, high: float, qualifier: str, unit: str = "") -> str:
    """A figure in words: "33 %", "≥ 60,000", "10–20 %"."""
    end = f" {unit}".rstrip()
    if qualifier == "at_least":
        return f"≥ {number(low)}{end}"
    if qualifier == "at_most":
        return f"≤ {number(high)}{end}"
    about = "≈ " if qualifier == "approx" else ""
    return f"{about}{number(low)}{end}" if low == high else f"{number(low)}–{number(high)}{end}"


def _latest(place: Area, table: pd.DataFrame) -> pd.DataFrame:
    """Shares, the latest of each study, concept, group and place; of a study of countries one a country and concept."""
    shares = table[table["measure"].isin(list(PER))]
    shares = shares.sort_values("period_end", ascending=False, kind="stable")
    keys = ["area_id", "concept"]
    if not place.spans_countries:
        keys += ["study", "place", "population_group"]
    shares = shares.drop_duplicates(keys)
    return _by_country(shares) if place.spans_countries else shares


def _latest_work(place: Area, table: pd.DataFrame) -> pd.DataFrame:
    """Shares of children: the latest of each study, definition, group and place, of ages that no other row includes."""
    table = table.sort_values("period_end", ascending=False, kind="stable")
    if place.spans_countries:
        return _by_country(latest_national(table, "child_labour"))
    keys = ["area_id", "place", "concept", "study", "definition", "population_group"]
    table = table.drop_duplicates([*keys, "age_low", "age_high"])
    table = table[~_within_another(table, keys)]
    unnamed = table["concept"].eq("children_in_employment") & table["study"].str.contains("not named")
    order = table["concept"].map({concept: number for number, concept in enumerate(OF_WORK)})
    table = table.assign(order=order, national=table["area_id"].str.len().eq(3))[~unnamed]
    return table.sort_values(["national", "area_id", "order"], ascending=[False, True, True], kind="stable")


def left_out(place: Area, concept: str) -> str:
    """Return why the evidence sets aside a figure of this country and concept; "" where it sets aside none by name."""
    aside = tables.rows("set_aside", (place.iso3,))
    aside = aside[aside["dataset"].eq("prevalence_estimates")]
    here = evidence.prevalence(place.iso3, concept).merge(aside, on=["source_id", "value"], suffixes=("", "_aside"))
    return "; ".join(dict.fromkeys(here["reason_aside"]))


def latest_national(table: pd.DataFrame, concept: str) -> pd.DataFrame:
    """Return the latest share of all children of each country or region, one row each.

    Of one year: chores counted before not counted, a survey that is named before one that is not, the widest ages.
    """
    table = table[table["concept"].eq(concept) & table["measure"].eq("percent") & table["sex"].eq("both")]
    whole = table["place"].eq("") | table["area_id"].eq("")
    table = table[whole & table["population_group"].eq("children") & table["period_end"].notna()]
    table = table.assign(
        year=table["period_end"].dt.year,
        chores=table["definition"].str.startswith(WITH_CHORES),
        named=~table["study"].str.contains("not named"),
        span=(table["age_high"] - table["age_low"]).astype(float),
    )
    ordered = table.sort_values(["year", "chores", "named", "span"], ascending=False, kind="stable")
    return ordered.drop_duplicates("whose")


def _within_another(table: pd.DataFrame, keys: list[str]) -> pd.Series:
    """True where another row of the same keys has ages that include a row's own and more."""
    low, high = table["age_low"].astype(float), table["age_high"].astype(float)
    number = table.groupby(keys, sort=False).ngroup()
    within = [
        bool(((number == group) & (low <= first) & (high >= last) & ((low < first) | (high > last))).any())
        for group, first, last in zip(number, low, high, strict=True)
    ]
    return pd.Series(within, table.index, dtype=bool)


def _by_country(table: pd.DataFrame) -> pd.DataFrame:
    """Countries in the order of their names, regions after them."""
    regional = table["area_id"].eq("")
    return table.assign(regional=regional).sort_values(["regional", "whose"], kind="stable")


def _table(table: pd.DataFrame) -> Table:
    """The figures, by concept, latest first; `whose` is the country or region that a figure is of."""
    of_table = [
        *("whose", "area_id", "place", "concept", "population_group", "age_low", "age_high", "sex", "measure", "low"),
        *("high", "value_qualifier", "n", "study", "period_start", "period_end", "definition", "method", "read_from"),
        *("source_id", "note"),
    ]
    order = table.sort_values(["whose", "concept", "period_end"], ascending=[True, True, False], kind="stable")
    return Table(order[of_table], _printed)


def _printed(table: pd.DataFrame) -> pd.DataFrame:
    """The table for people."""
    where = zip(table["whose"], table["place"], strict=True)
    when = periods(table["period_start"], table["period_end"])
    n = table["n"].where(table["n"].eq(""), ", n " + table["n"])
    read = table["read_from"].map({"original": "", "copy": "; read in a copy"})
    return pd.DataFrame(
        {
            "Where": [", ".join(dict.fromkeys(filter(None, pair))) for pair in where],
            "Of whom": [_whom(row) for row in table.itertuples()],
            "Figure": [
                _amount(row.low, row.high, row.value_qualifier) + UNITS[row.measure] for row in table.itertuples()
            ],
            "Study": table["study"],
            "Period": ["not printed" if text == "undated" else text for text in when],
            "What, and how": table["concept"].str.replace("_", " ")
            + ": "
            + table["definition"]
            + "; "
            + table["method"]
            + n,
            "Note": table["note"].str.rstrip(".") + read,
        }
    )


def _whom(row) -> str:
    sex = "" if row.sex == "both" or row.population_group in ("girls", "boys", "women") else f", {row.sex}"
    return f"{row.population_group}{ages(row)}{sex}"


take_names(__name__)
