"""A plan under assumptions: what each design of a study would find in a place, how surely, and at what cost.

Nothing here is a finding on prevalence. The population is drawn from published figures and from assumptions, each with
its source; detected victims say how long lists are, and never how many persons are in the condition.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, partial
from importlib import resources
from typing import Any

import numpy as np
import pandas as pd

import study_design
from analysis import areas, evidence, headlines, plots, texts
from analysis.areas import Area
from analysis.exhibits.any_place import take_names
from analysis.exhibits.exhibit import Exhibit, instead, said
from analysis.exhibits.plot import Plot
from analysis.exhibits.table import Table, Words, spans
from analysis.exhibits.wording import plain
from analysis.findings.exhibit_rows import from_row
from analysis.findings.finding import BOUNDS, EXACT, REFUSED, Finding
from analysis.plots import style
from analysis.plots.matrix import Category
from analysis.preferred_values import EXPLOITATION, MODELLED
from study_design import Plan, Population
from study_design.plan import AS_ASSUMED

TEXT = texts.of(__name__)
PUBLISHED, DETECTED, ASSUMED = "published", "detected", "assumed"
# The year whose inhabitants are planned for: of each place the nearest count is taken.
YEAR = 2024
# Shares of the population, where nothing is published of a country: scenarios, and no estimate.
SCENARIO = (0.001, 0.003, 0.01)
ALL_AGES, ONE_LIST_MORE, SMALL_AREAS = "all ages", "one list more", "household survey, small areas"
# Of a list that is as long as a year of detection; and where nobody counts that.
COVERAGES, NOBODY_COUNTS = ("coverage", "coverage_low", "coverage_high"), (0.001, 0.0001, 0.01)
HOLDS, FAILS, REFUSES, UNTOUCHED = "holds", "misleads", "refuses", "does not concern it"


@cache
def assumed() -> pd.DataFrame:
    """Return what nobody measured here: assumption, words, value, low, high, unit, source ("" where there is none)."""
    with resources.files("analysis.exhibits").joinpath("plan_assumptions.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, keep_default_na=False)


def published(iso3: str) -> pd.DataFrame:
    """Return the published shares of all inhabitants of a country in modern slavery, the latest first; all modelled.

    Returns
    -------
    DataFrame: share (of 1), study, period_end, source_id.
    """
    table = evidence.prevalence(iso3, "modern_slavery")
    whole = table["place"].eq("") & table["population_group"].eq("whole population")
    shares = table["measure"].map({"per_1000": 1000, "percent": 100})
    table = table[table["shown"] & whole & shares.notna() & table["subject"].eq(EXPLOITATION)]
    table = table[table["kind_of_evidence"].eq(MODELLED)].assign(share=table["low"] / shares)
    return table.sort_values("period_end", ascending=False, kind="stable").reset_index(drop=True)


def parts(place: Area) -> pd.DataFrame:
    """Return the places of a plan: of a study its areas, else the place itself; without those where nobody lives.

    Returns
    -------
    DataFrame: area_id, place (its name), iso3, population (persons), date, source_id, and low, value and high, the
        published shares of its country; `published` is False where they are scenarios.
    """
    ids = areas.ids(place.study) if place.is_study else [place.area_id]
    table = evidence.population_near(ids, YEAR)
    table = table[table["population"] > 0].reset_index(drop=True)
    near = [areas.get(area_id) for area_id in table["area_id"]]
    shares = [published(each.iso3 or "")["share"] for each in near]
    ends = [(each.min(), each.iloc[0], each.max()) if len(each) else SCENARIO for each in shares]
    return table.assign(
        place=[each.name for each in near],
        iso3=[each.iso3 for each in near],
        published=[len(each) > 0 for each in shares],
        **dict(zip(("low", "value", "high"), np.array(ends).T, strict=True)),
    )


def population_of(place: Area, *, prevalence: str = "value", **arguments: Any) -> Population:
    """Return the population that a study of a place is planned for; each of its assumptions says where it is from.

    Parameters
    ----------
    prevalence : ``value``, the latest published share of each country; or ``low`` or ``high``, the ends of their range.
    arguments : assumptions that somebody makes otherwise, by the name of `study_design.Population`; and `lists`, how
        many lists there are.
    """
    there, table = parts(place), assumed()
    given = dict(zip(table["assumption"], table["value"], strict=True)) | arguments
    many = int(given.pop("lists"))
    found = detected(there, prevalence)
    return Population(
        groups=there.assign(group=ALL_AGES, prevalence=there[prevalence])[
            ["place", "group", "population", "prevalence"]
        ],
        lists=pd.DataFrame(
            {"list": [f"list {number}" for number in range(1, many + 2)], "coverage": found["coverage"]}
        ),
        sources=_sources(there, detected(there), arguments),
        **given,
    )


def detected(there: pd.DataFrame, prevalence: str = "value") -> dict[str, Any]:
    """Return the share of those in the condition whom a list as long as a year of detection would have.

    Parameters
    ----------
    there : what `parts` gives. prevalence : as for `population_of`.

    Returns
    -------
    victims (persons), period and source_id (of the largest count), coverage, coverage_low and coverage_high (shares).
    """
    shares = there.drop_duplicates("iso3").set_index("iso3")
    counted = [headlines.headline(iso3, headlines.VICTIMS) for iso3 in shares.index]
    counted = [each for each in counted if each.completeness in (headlines.TOTAL, headlines.MINIMUM) and each.low > 0]
    if not counted:
        return {"victims": 0, "period": "", "source_id": ""} | dict(zip(COVERAGES, NOBODY_COUNTS, strict=True))
    of = [each.area_id for each in counted]
    people = evidence.population_near(of, YEAR).set_index("area_id")["population"].reindex(of)
    victims = sum(each.low for each in counted)
    ends = [victims / float((people * shares[end].reindex(of)).sum()) for end in (prevalence, "high", "low")]
    largest = max(counted, key=lambda each: each.low)
    period = headlines.in_words(largest.period_start, largest.period_end)
    found = {"victims": victims, "period": period, "source_id": largest.source_id}
    return found | dict(zip(COVERAGES, ends, strict=True))


def _sources(there: pd.DataFrame, found: dict[str, Any], arguments: dict[str, Any]) -> pd.DataFrame:
    """Where each assumption is from: assumption, words, value, low, high, unit, kind, source, source_id."""
    people, known, counted = there["population"], there["published"].all(), found["victims"] > 0
    mean = [float((people * there[end]).sum() / people.sum()) for end in ("value", "low", "high")]
    years = ", ".join(sorted(set(there["date"].dt.year.astype(str))))
    told = TEXT["detected"].format(victims=f"{found['victims']:,.0f}", period=found["period"])
    read = [
        ["population", TEXT["population"].format(places=len(there)), *[float(people.sum())] * 3, "persons", PUBLISHED],
        ["prevalence", TEXT["prevalence"], *mean, "share", PUBLISHED if known else ASSUMED],
        ["coverage", TEXT["coverage"], *(found[each] for each in COVERAGES), "share", DETECTED if counted else ASSUMED],
    ]
    read[0] += [years, ";".join(there["source_id"].unique())]
    read[1] += [TEXT["modelled"] if known else TEXT["scenario"], ";".join(_sources_of_prevalence(there))]
    read[2] += [told if counted else TEXT["nobody_counts"], found["source_id"]]
    columns = ["assumption", "words", "value", "low", "high", "unit", "kind", "source", "source_id"]
    rest = assumed().assign(kind=ASSUMED, source_id="")
    rest["source"] = rest["source"].mask(rest["source"].eq(""), TEXT["no_source"])
    for name, value in arguments.items():
        rest.loc[rest["assumption"].eq(name), ["value", "low", "high", "source"]] = [value] * 3 + [TEXT["argument"]]
    return pd.concat([pd.DataFrame(read, columns=columns), rest], ignore_index=True)


def _sources_of_prevalence(there: pd.DataFrame) -> list[str]:
    """The sources of the published shares of some countries, each once."""
    return list(dict.fromkeys(each for iso3 in there["iso3"].unique() for each in published(iso3)["source_id"]))


def designs_of(place: Area) -> dict[str, Any]:
    """Return the designs that are compared, by the items of their findings; limits allow for shares that are missed."""
    names = population_of(place).lists["list"]
    allowance = _allowance("in_households")
    survey = study_design.HouseholdSurvey(allowance=allowance)
    network = study_design.NetworkScaleUp(allowance=_allowance("transmission"))
    return {
        "lists": study_design.AdministrativeLists(name="lists at hand", lists=tuple(names[:-1])),
        "one_list_more": study_design.AdministrativeLists(name=ONE_LIST_MORE, lists=tuple(names)),
        "household_survey": survey,
        "network_scale_up": network,
        "respondent_driven": study_design.RespondentDriven(),
        "time_location": study_design.TimeLocation(allowance=_allowance("attends")),
        "survey_and_network": study_design.Combined(first=survey, second=network),
        "small_areas": study_design.HouseholdSurvey(name=SMALL_AREAS, estimator="fay_herriot", allowance=allowance),
    }


def _allowance(name: str) -> tuple[float, float]:
    """How many times what a design sees there may be, as a share that it misses is assumed."""
    row = assumed().set_index("assumption").loc[name]
    return 1 / float(row["high"]), 1 / float(row["low"])


def rows_of(plan: Plan, items: Iterable[str]) -> pd.DataFrame:
    """Return the table of a plan with the item of each design, widths and biases in percent of the number.

    Parameters
    ----------
    items : those of `designs_of`, in the order of the designs.

    Returns
    -------
    DataFrame: the columns of `Plan.table`; item; width_percent and bias_percent; reliable, whether the design holds as
        assumed, by the rule of the plan.
    """
    named = dict(zip(dict.fromkeys(plan.table["design"]), items, strict=True))
    table = plan.table.drop(columns=["width_persons", "median_bias", "disagree"])
    # The few intervals of a design that mostly refuses are nothing to rely on.
    table[["width", "bias"]] = table[["width", "bias"]].where(table["refused"] <= plan.rule.refused)
    holds = table["bias"].abs().le(plan.rule.bias) & table["coverage"].ge(plan.rule.coverage)
    return table.drop(columns=["bias", "width"]).assign(
        item=table["design"].map(named),
        width_percent=(100 * table["width"]).round(2),
        bias_percent=(100 * table["bias"]).round(2) + 0.0,
        reliable=holds & table["refused"].le(plan.rule.refused),
    )


def answer(place: Area, plan: Plan) -> Exhibit:
    """Return what the plan says, in sentences: which design, why, what halves the interval, and what this is not."""
    held = plan.wrong[plan.wrong["misspecification"].eq(AS_ASSUMED) & plan.wrong["holds"]]
    by = held.assign(best=held["design"].ne(plan.recommended)).sort_values(["best", "width"], kind="stable")
    told = plan.halves().set_index("design")["reason"]
    lines = [f"**{TEXT['planned'].format(place=plain(place.name))}** {plain(plan.reason)}"]
    for row in by.head(1).itertuples():
        width = f"{100 * row.width:,.0f}"
        lines.append(TEXT["narrowest"].format(design=row.design, width=width, why=plain(told[row.design])))
    more = plan.table[plan.table["design"].eq(ONE_LIST_MORE) & plan.table["budget"].eq(plan.budget)]
    lines += [TEXT["one_list_more"].format(refused=f"{100 * share:.0f}") for share in more["refused"] if share > 0]
    return instead(said("\n\n".join([*lines, TEXT["a_plan"]])))


def frontier(place: Area, rows: pd.DataFrame) -> Exhibit:
    """Return the frontier: how wide the interval of each design is at each budget, hollow where it does not hold.

    Parameters
    ----------
    rows : what `rows_of` gives of the plan.
    """
    drawn = rows.assign(
        label=rows["design"],
        series=[f"budget {budget:,.0f}" for budget in rows["budget"]],
        hollow=~rows["reliable"],
        reason=np.where(rows["width_percent"].isna(), TEXT["refused"], ""),
    )
    columns = {
        "estimate": "width_percent",
        "interval": None,
        "series": "series",
        "hollow": "hollow",
        "reason": "reason",
    }
    words = {"xlabel": TEXT["frontier_axis"], "hollow_label": TEXT["unreliable"]}
    plot = Plot(plots.dots, drawn, **columns, **words, connect=True, log=True)
    return _simulated("plan_frontier", TEXT["frontier_title"].format(place=place.name), rows, COLUMNS, plot)


def compared(place: Area, plan: Plan, rows: pd.DataFrame, low: pd.DataFrame, high: pd.DataFrame) -> Exhibit:
    """Return the designs side by side at the middle budget, with the widths at the ends of the published range.

    Parameters
    ----------
    rows, low, high : what `rows_of` gives of three plans, `plan` and two that have its middle budget alone.
    """
    table = rows[rows["budget"].eq(plan.budget)].merge(plan.halves().drop(columns="by_chance"), on="design")
    widths = pd.concat([each.set_index("item")["width_percent"] for each in (table, low, high)], axis=1)
    ends = {"width_percent_low": widths.min(axis=1), "width_percent_high": widths.max(axis=1)}
    table = table.merge(pd.DataFrame(ends), left_on="item", right_index=True, how="left").reset_index(drop=True)
    page = {name: words for name, words in COLUMNS.items() if name != "Budget"} | {
        "Width by published prevalence": Words(partial(spans, form=",.0f"), "width_percent_low", "width_percent_high"),
        "Budget that halves it": Words(partial(spans, form=".1f", unknown="none"), "factor", "factor"),
    }
    return _simulated("plan_designs", TEXT["designs_title"].format(place=place.name), table, page)


def wrong(place: Area, plan: Plan) -> Exhibit:
    """Return what becomes of each design where an assumption is wrong: whether it holds, and how far it is off."""
    table = plan.wrong.assign(bias_percent=(100 * plan.wrong["bias"]).round(2), n=int(plan.table["n"].max()))
    states = [~table["concerns"], table["refused"] > plan.rule.refused, table["holds"]]
    table = table.assign(state=np.select(states, [UNTOUCHED, REFUSES, HOLDS], FAILS)).drop(columns=["bias", "concerns"])
    shown = table["state"].isin([HOLDS, FAILS])
    texts_ = [f"{round(bias):+d} %" if at else "" for bias, at in zip(table["bias_percent"], shown, strict=True)]
    plot = Plot(
        plots.matrix,
        table.assign(text=texts_),
        row="design",
        column="misspecification",
        category="state",
        text="text",
        categories=[
            Category(HOLDS, style.GREEN),
            Category(FAILS, style.VERMILLION),
            Category(REFUSES, style.FAINT, "×"),
            Category(UNTOUCHED, "white", "–"),
        ],
    )
    page: dict[str, str | Words] = {
        "Design": "design",
        "What is wrong": "misspecification",
        "Then": "state",
        "Bias, % of the number": Words(_rounded, "bias_percent"),
        "Intervals that cover": Words(_percent, "coverage"),
        "Refused": Words(_percent, "refused"),
    }
    return _simulated("plan_wrong", TEXT["wrong_title"].format(place=place.name), table, page, plot)


def _simulated(
    name: str, title: str, rows: pd.DataFrame, page: dict[str, str | Words], plot: Plot | None = None
) -> Exhibit:
    """An exhibit of simulated studies: what it is not, and how many studies stand behind each row."""
    limits = TEXT["limits"]
    used = {column for words in page.values() for column in ([words] if isinstance(words, str) else words.of)}
    footer = plots.Footer(TEXT["simulated"], f"inhabitants of {YEAR}", f"{rows['n'].max():,} studies a row", limits)
    table = Table(rows, page, also=tuple(column for column in rows if column not in used))
    return Exhibit(name, title, table, (), limits, plot, f"{title}. {len(rows)} rows.", footer=footer)


def assumptions(place: Area, population: Population) -> Exhibit:
    """Return what the plan takes for given: each value with its range, its kind and its source."""
    table = population.sources
    page: dict[str, str | Words] = {
        "Assumption": "words",
        "Value": Words(_amounts, "value", "value", "unit"),
        "Range": Words(_amounts, "low", "high", "unit"),
        "Kind": "kind",
        "Source": "source",
    }
    return Exhibit(
        "plan_assumptions",
        TEXT["assumptions_title"].format(place=place.name),
        Table(table, page, also=("assumption", "unit", "source_id")),
        tuple(dict.fromkeys(each for ids in table["source_id"] for each in ids.split(";") if each)),
        TEXT["assumptions_limits"],
    )


def costs(place: Area, unit_costs: pd.DataFrame) -> Exhibit:
    """Return the unit costs that the plan was made with: examples, in units of one interview."""
    item = Words(lambda items: [each.replace("_", " ") for each in items], "item")
    ends: dict[str, str | Words] = {"Cost": "value", "From": "low", "To": "high", "Source": "source"}
    page = {"Item": item, "Unit": "unit", **ends}
    title = TEXT["costs_title"].format(place=place.name)
    return Exhibit("plan_costs", title, Table(unit_costs, page), limits=TEXT["costs_limits"])


def safety(place: Area) -> Exhibit:
    """Return what each design needs so that nobody is harmed: children, consent, referral, safety and data."""
    page = {"Design": "design", "Topic": "topic", "What it needs": "note", "Source": "source"}
    title = TEXT["safety_title"].format(place=place.name)
    return Exhibit("plan_safety", title, Table(study_design.ETHICS, page), limits=TEXT["safety_limits"])


def _amounts(low: pd.Series, high: pd.Series, unit: pd.Series) -> list[str]:
    """Values of several units in words; one that is small in as many digits as it needs."""
    ends = spans(low, high, lambda value: f"{value:,.0f}" if value >= 100 else f"{value:.2g}")
    return [f"{text} {name}" for text, name in zip(ends, unit, strict=True)]


def _rounded(percents: pd.Series) -> list[str]:
    return ["–" if each != each else f"{round(each) + 0:,} %" for each in percents]


def _percent(shares: pd.Series) -> list[str]:
    return ["–" if each != each else f"{float(f'{100 * each:.2g}'):,g} %" for each in shares]


# Heading of a page -> what it prints of the rows of a plan.
COLUMNS: dict[str, str | Words] = {
    "Design": "design",
    "Budget": "budget",
    "Sample": "sample",
    "Width of the interval, % of the number": Words(_rounded, "width_percent"),
    "Bias, % of the number": Words(_rounded, "bias_percent"),
    "Intervals that cover": Words(_percent, "coverage"),
    "Refused": Words(_percent, "refused"),
    "Least share told from zero": Words(_percent, "least_prevalence"),
    "Least fall told": Words(_percent, "least_change"),
}


def findings(place: Area, plan: Plan, table: Exhibit) -> list[Finding]:
    """Return what the plan states: the recommended design or none, and of each its width and what halves it.

    Parameters
    ----------
    table : what `compared` gives.
    """
    rows = table.table.numbers
    n = int(rows["n"].max())
    state = partial(Finding, place, method=TEXT["method"], limits=TEXT["limits"], n=n)
    number = [*rows["design"]].index(plan.recommended) + 1 if plan.recommended else 0
    found = [state("plan_recommended", value=float(number))]
    for _, row in rows.iterrows():
        asked = (("plan_width", "width_percent", TEXT["no_width"]), ("plan_halves", "factor", row["reason"]))
        for measure, column, why in asked:
            if np.isfinite(row[column]):
                interval = BOUNDS if measure == "plan_width" else EXACT
                found.append(state(measure, row["item"], **from_row("plan_designs", row, ("item",), column, interval)))
            else:
                found.append(state(measure, row["item"], status=REFUSED, why=why))
    return found


take_names(__name__)
