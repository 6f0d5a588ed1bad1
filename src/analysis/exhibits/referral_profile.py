"""Exhibits of referral mechanisms: scores, the state of each indicator, how much is known, and what changed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis import plots
from analysis.areas import Area
from analysis.exhibits.any_place import take_names
from analysis.exhibits.exhibit import Exhibit, instead, only, said
from analysis.exhibits.plot import Plot
from analysis.exhibits.referral_evidence import (
    JUDGED,
    NOT_NO,
    dated,
    footer,
    framework,
    names,
    rows_in,
    sources,
    states_known,
)
from analysis.exhibits.referral_gaps import ALL, LEVELS, with_levels
from analysis.exhibits.table import Table, Words, in_a_list, or_dash, spans
from analysis.exhibits.wording import sentences, spell
from analysis.plots.matrix import Category, ladder
from analysis.referral import answers, gaps, profiles
from analysis.referral import states as five

# State -> column of the countries that are in it.
_COUNTRIES = {state: f"countries_{state.replace(' ', '_')}" for state in five.STATES}
# State -> how it is drawn, from the worst; what is unknown is hatched.
_LETTERS = {five.NOT_IN_PLACE: "N", five.PARTLY: "P", five.IN_PLACE: "I"}


def scores(
    place: Area, known: pd.DataFrame, dimensions: pd.DataFrame, countries: pd.DataFrame, window: str, few: float = 0.5
) -> Exhibit:
    """Return scores as bounds: of each dimension of a country, or of each country of a study, without an order.

    Parameters
    ----------
    known : the answers of all countries, as `referral_evidence.described` gives them.
    dimensions : of `profiles.profile`, with the names of dimensions. countries : of `profiles.composite`.
    window : of which years the answers are, in words; see `referral_evidence.window`.
    few : share of its indicators below which a score is drawn hollow.
    """
    limits = f"A bar is all that the evidence allows. {NOT_NO}"
    if place.is_study:
        rows, by, ends = by_name(countries), "country", "country by country"
        listed = rows
        limits = f"A country is the mean of its nine dimensions, some with few indicators. {limits}"
    else:
        rows, by, ends = labelled(rows_in(place, dimensions)), "dimension", "by dimension"
        whole = rows_in(place, countries).assign(label=ALL, dimension_id=ALL)
        few_known = "too few known: " + _of_all(whole["known"], whole["indicators"])
        is_few = whole["coverage"] < profiles.ENOUGH_KNOWN
        whole = whole.assign(reason=few_known.where(is_few, "given by dimension alone"))
        listed = pd.concat([rows, whole], ignore_index=True)
    title = f"{place.name}: how much of a referral mechanism is in place, {ends}"
    answered = rows_in(place, known)
    return Exhibit(
        "referral_profile",
        title,
        Table(
            listed,
            {
                by.capitalize(): "label",
                "Lowest possible": Words(lambda low: low.round(2), "low"),
                "Highest possible": Words(lambda high: high.round(2), "high"),
                "Known": Words(_of_all, "known", "indicators"),
                **({} if place.is_study else {"Score": Words(_score, "estimate", "reason")}),
            },
        ),
        sources(answered),
        f"{window} Scored indicators alone; each dimension is the mean of its indicators. {limits} {JUDGED}",
        score_bars(rows, few),
        f"{title}. Bars from the lowest to the highest score of each {by}; hatched where little is known.",
        footer=footer(answers.scored(answered), limits),
    )


def labelled(table: pd.DataFrame) -> pd.DataFrame:
    """Return rows of dimensions, or with a dimension each, with `label`: "C Identification & referral"."""
    return table.assign(label=table["dimension_id"] + " " + table["dimension"])


def by_name(countries: pd.DataFrame) -> pd.DataFrame:
    """Return rows of countries by the alphabet with `label`, their names, and no estimate."""
    table = countries.assign(label=countries["area_id"].map(names()), estimate=float("nan"))
    return table.sort_values("label", ignore_index=True, kind="stable")


def score_bars(rows: pd.DataFrame, few: float = 0.5) -> Plot:
    """Return a bar a row from the lowest to the highest score that is possible; hollow where few indicators are known.

    Parameters
    ----------
    rows : label, low, high, estimate, known, indicators.
    """
    bounds = [_bounds(row.low, row.high, row.estimate) for row in rows.itertuples()]
    return Plot(
        plots.dots,
        rows.assign(
            text=[
                f"{text}, {known} of {indicators}"
                for text, known, indicators in zip(bounds, rows["known"], rows["indicators"], strict=True)
            ],
            few=rows["known"] < few * rows["indicators"],
        ),
        estimate=("low", "high"),
        interval=None,
        text="text",
        hollow="few",
        xlabel="score, from nothing in place to all in operation nationwide",
        text_label=f"bounds{'' if rows['estimate'].isna().all() else ' (estimate)'}, indicators known",
        hollow_label=f"fewer than {few:.0%} of the indicators known",
        percent=True,
        limits=(0.0, 1.0),
    )


def _bounds(low: float, high: float, estimate: float) -> str:
    """Return the bounds of a score, and its estimate where one is given: "51–70% (60%)"."""
    if np.isnan(low):
        return "nothing known"
    bounds = f"{low:.0%}" if low == high else f"{100 * low:.0f}–{high:.0%}"
    return bounds if np.isnan(estimate) or low == high else f"{bounds} ({estimate:.0%})"


def _of_all(known: pd.Series, indicators: pd.Series) -> pd.Series:
    return known.astype(str) + " of " + indicators.astype(str)


def _score(estimate: pd.Series, reason: pd.Series) -> list[str]:
    return [f"{value:.2f}" if value == value else f"none: {why}" for value, why in zip(estimate, reason, strict=True)]


@only("comparison", "{place}: whether countries are in any order, and whether law is ahead of practice")
def order(place: Area, ranking: profiles.Ranking, law_and_practice: pd.DataFrame) -> Exhibit:
    """Return in a sentence each: whether countries are in any order, and whether law is ahead of practice.

    Parameters
    ----------
    ranking : of `profiles.rank_sensitivity`. law_and_practice : of `profiles.law_and_practice`.
    """
    decided = law_and_practice["difference_low"].gt(0) | law_and_practice["difference_high"].lt(0)
    return instead(
        said(
            f"{ranking.reason} Whether law is ahead of practice is decided in {int(decided.sum())} of {len(decided)} "
            "countries; elsewhere what is unknown may turn it round."
        )
    )


def indicator_states(
    place: Area, known: pd.DataFrame, states: pd.DataFrame, register: pd.DataFrame, window: str
) -> Exhibit:
    """Return the state of each indicator that has a scale, and all answers with their bounds.

    A study has a column a country, a country what was read of each indicator. A measure has bounds and no state.

    Parameters
    ----------
    known, window : as `scores` takes them. states : of `referral_evidence.dated_states`. register : of `gaps.gaps`.
    """
    answered, rated = rows_in(place, known), rows_in(place, states)
    title = f"{place.name}: the state of each indicator"
    limits = f"An answer of a report leaves a part of the scale open. {NOT_NO}"
    cell = "A grid of countries and indicators" if place.is_study else "A cell for each indicator with a scale"
    return Exhibit(
        "referral_answers",
        title,
        _answers(place, answered, with_levels(rated, register)),
        sources(answered),
        f"{window} {limits} Measures without a scale have no state; the figure does not draw them. {JUDGED}",
        _state_matrix(place, rated),
        f"{title}. {cell}, darker where more is in place, hatched where the state is unknown.",
        footer=footer(answers.scored(answered), limits, states_known(rated)),
    )


def _state_matrix(place: Area, states: pd.DataFrame) -> Plot:
    """Return a row an indicator; a cell has the year that its evidence speaks of."""
    table = states[states["state"].ne(five.DOES_NOT_APPLY) | place.is_study]
    known, state = table["state"].isin(_LETTERS), table["state"]
    letter_and_year = state.map(_LETTERS) + table["period"].str[-2:]
    state_and_years = state + table["period"].map(dated).radd(", ").where(known, "")
    return Plot(
        plots.matrix,
        labelled(table).assign(
            indicator=table["indicator_id"] + " " + table["short"],
            column=table["area_id"].map(names()) if place.is_study else "state",
            drawn=state.where(state.ne(five.UNKNOWN), None),
            text=letter_and_year.where(known, "") if place.is_study else state_and_years,
        ),
        row="indicator",
        column="column",
        category="drawn",
        text="text",
        row_group="label",
        categories=[*ladder(list(_LETTERS), list(_LETTERS.values())), Category(five.DOES_NOT_APPLY, sign="–")],
        columns=list(names().values()) if place.is_study else None,
        key_title="state, with the year that the evidence speaks of (P22 is partly, of 2022)",
    )


def _answers(place: Area, known: pd.DataFrame, states: pd.DataFrame) -> Table:
    keys = ["area_id", "indicator_id"]
    table = known.assign(
        name=known["area_id"].map(names()),
        indicator=known["indicator_id"] + " " + known["short"],
        text=[bounds_in_words(row) for row in known.itertuples()],
    )
    table = table.merge(states[[*keys, "state", "unknown_because", "period", *LEVELS]], on=keys, how="left")
    table = table.fillna({"state": "", "unknown_because": "", "period": ""})
    table = table.astype({"applies": bool, "known": bool})
    table["period"] = table["period"].mask(table["state"].eq(""), table["year"].astype("string").fillna(""))
    table["said"] = [_state_in_words(row) for row in table.itertuples()]
    if place.is_study:
        columns = [
            *("area_id", "name", "indicator_id", "short", "low", "high", "top", "applies", "known", "state", "period"),
            *("basis", "note", "source_ids", "said", "unknown_because", *LEVELS),
        ]
        return Table(table[columns], _by_country)
    return Table(
        table,
        {
            "Indicator": "indicator",
            "State": Words(lambda *_: list(table["said"]), "state", "unknown_because"),
            "Bounds": Words(lambda *_: list(table["text"]), "low", "high", "top", "applies", "known"),
            "Year it speaks of": Words(lambda periods: or_dash(periods.map(dated)), "period"),
            "Rests on": "basis",
            "What was read": Words(or_dash, "note"),
            "Sources": Words(in_a_list, "source_ids"),
        },
        also=("area_id", "indicator_id", *LEVELS),
    )


def _by_country(table: pd.DataFrame) -> pd.DataFrame:
    return _with_indicators(table.pivot(index="indicator_id", columns="name", values="said"))


def _with_indicators(wide: pd.DataFrame) -> pd.DataFrame:
    """Return rows by indicator in the order of the framework, with the indicator's name as their first column."""
    short = _short()
    wide = wide.reindex([each for each in short.index if each in wide.index])
    wide.insert(0, "Indicator", wide.index + " " + short[wide.index])
    return wide.reset_index(drop=True).rename_axis(columns=None)


def _short() -> pd.Series:
    """Return the short names of indicators by their ids, in the order of the framework."""
    return framework().set_index("indicator_id")["short"]


def _state_in_words(row: Any) -> str:
    """Return a state with its year: "partly (2022)", "unknown: report silent"; of a measure its bounds."""
    if not row.state:
        return row.text
    if row.state == five.UNKNOWN:
        return f"unknown: {row.unknown_because}"
    return f"{row.state} ({dated(row.period)})" if row.period else row.state


def bounds_in_words(answer: Any) -> str:
    """Return the bounds of an answer: "2 to 3 of 3", "yes", "at least 4", "unknown", "does not apply"."""
    if not answer.applies:
        return "does not apply"
    if not answer.known:
        return "unknown"
    if answer.scale == "answer":
        return "yes" if answer.low == 1 else "no" if answer.high == 0 else "in part"
    low, high = f"{answer.low:.3g}", f"{answer.high:.3g}"
    between = low if low == high else f"at least {low}" if answer.high == float("inf") else f"{low} to {high}"
    return f"{between} of {answer.top:g}" if answer.top == answer.top else between


def countries_by_state(states: pd.DataFrame) -> str:
    """Return the countries of one indicator by state, in words: "Partly: Mali. Unknown: Benin." """
    named = states.assign(name=states["area_id"].map(names())).sort_values("name", kind="stable")
    by_state = named.groupby("state")["name"].agg(", ".join)
    ordered = (five.NOT_IN_PLACE, five.PARTLY, five.IN_PLACE, five.UNKNOWN, five.DOES_NOT_APPLY)
    return " ".join(f"{state.capitalize()}: {by_state[state]}." for state in ordered if state in by_state)


@only("comparison", "{place}: which countries are in which state, indicator by indicator")
def states_by_country(place: Area, states: pd.DataFrame, window: str) -> Exhibit:
    """Return which countries of a study are in which state, indicator by indicator; years stand with the answers.

    Parameters
    ----------
    states, window : as `indicator_states` takes them.
    """
    table = rows_in(place, states).assign(name=lambda rows: rows["area_id"].map(names()))
    wide = table.sort_values("name", kind="stable").groupby(["indicator_id", "state"])["name"].agg(", ".join).unstack()
    wide = wide.reindex(columns=five.STATES).fillna("").rename(columns=_COUNTRIES)
    number = five.counted(table, "indicator_id").set_index("indicator_id")
    with_gap = number[five.PARTLY] + number[five.NOT_IN_PLACE]
    wide = wide.assign(
        low=with_gap, high=with_gap + number[five.UNKNOWN], asked=number["total"] - number[five.DOES_NOT_APPLY]
    )
    rows = wide.reindex([each for each in framework()["indicator_id"] if each in wide.index]).reset_index()
    rows.insert(1, "indicator", rows["indicator_id"] + " " + rows["indicator_id"].map(_short()))
    return Exhibit(
        "referral_states",
        f"{place.name}: which countries are in which state, indicator by indicator",
        Table(
            rows,
            {
                "Indicator": "indicator",
                **{state.capitalize(): Words(or_dash, column) for state, column in _COUNTRIES.items()},
                "Countries with a gap": Words(spans, "low", "high"),
            },
            also=("indicator_id", "asked"),
        ),
        sources(table),
        f"{window} In place: the full mark, or a yes on that very thing. Partly: known to fall short. Not in place: "
        f"absent, or a draft at most. All else is unknown. {NOT_NO} With a gap: partly or not in place at least, and "
        "those whose state is unknown at most.",
        folded=True,
    )


def coverage(place: Area, known: pd.DataFrame, window: str) -> Exhibit:
    """Return how many of the indicators are known, by dimension; of a study country by country.

    Parameters
    ----------
    known, window : as `scores` takes them.
    """
    table = rows_in(place, known)
    asked, heads = table[table["applies"]], framework().groupby(["dimension_id", "dimension"], as_index=False).size()
    counts = asked.groupby(["area_id", "dimension_id"], as_index=False)["known"].agg(known="sum", asked="size")
    named = ""
    if place.is_study:
        counts.insert(1, "name", counts["area_id"].map(names()))
        printed = Table(counts, _known_by_country)
        named = "Dimensions: " + "; ".join(f"{row.dimension_id} {row.dimension}" for row in heads.itertuples()) + "."
    else:
        rows = labelled(heads.rename(columns={"size": "indicators"})).merge(counts, on="dimension_id", how="left")
        printed = Table(
            rows.assign(known_percent=(100 * rows["known"] / rows["asked"]).round(0)),
            {
                "Dimension": "label",
                "Indicators": "indicators",
                "Apply": "asked",
                "Known": "known",
                "Known, %": "known_percent",
            },
        )
    return Exhibit(
        "referral_known",
        f"{place.name}: how much of the framework is known from public evidence",
        printed,
        sources(table),
        sentences(window, f"Known: at least a part of the scale can be ruled out. {NOT_NO}", named),
    )


def _known_by_country(counts: pd.DataFrame) -> pd.DataFrame:
    cells = counts.assign(text=_of_all(counts["known"], counts["asked"]))
    wide = cells.pivot(index="name", columns="dimension_id", values="text").reindex(list(names().values()))
    whole = counts.groupby("name")[["known", "asked"]].sum().reindex(wide.index)
    wide["All"] = _of_all(whole["known"], whole["asked"])
    wide["Known, %"] = (100 * whole["known"] / whole["asked"]).round(0)
    return wide.rename_axis(index="Country", columns=None).reset_index()


def changes(place: Area, changed: pd.DataFrame) -> Exhibit:
    """Return answers that changed between the first year that was coded and the last: of a study their numbers.

    Parameters
    ----------
    changed : of `gaps.change`.
    """
    found = rows_in(place, changed)
    found = found.merge(framework()[["indicator_id", "short", "dimension_id", "dimension"]], on="indicator_id")
    title = f"{place.name}: what changed since the first year that was coded"
    limits = (
        "Answers are compared with earlier answers to the same question; the level has changed for certain where the "
        f"two cannot both be true of one level. {JUDGED}"
    )
    if found.empty:
        return Exhibit("referral_change", title, limits=f"No question was answered in two years. {limits}")
    differ = found[found["change"] != gaps.SAME]
    if not place.is_study:
        same = len(found) - len(differ)
        limits = f"{same} of {len(found)} questions have the same answer in the first year and the last. {limits}"
        if differ.empty:
            return Exhibit("referral_change", title, limits=limits)
    return Exhibit(
        "referral_change",
        title,
        _number_of_changes(found) if place.is_study else _each_change(differ),
        tuple(dict.fromkeys([*sources(found, "first_source"), *sources(found, "last_source")])),
        limits,
    )


def _number_of_changes(found: pd.DataFrame) -> Table:
    by_dimension = labelled(gaps.counted(found, ["dimension_id", "dimension"]))
    by_country = by_name(gaps.counted(found, ["area_id"])).drop(columns="estimate")
    both = pd.concat([by_dimension, by_country])
    return Table(
        both.rename(
            columns={gaps.BETTER: "better", gaps.WORSE: "worse", gaps.SAME: "same", gaps.OPEN: "open", "label": "what"}
        ),
        {
            "Dimension, or country": "what",
            "Better": "better",
            "Worse": "worse",
            "Same answer": "same",
            "Not decided": "open",
            "Questions with answers of two years": "questions",
        },
    )


def _each_change(differ: pd.DataFrame) -> Table:
    certain = {True: "yes", False: "not certain"}
    return Table(
        differ.assign(indicator=differ["indicator_id"] + " " + differ["short"], certain=differ["certain"].astype(bool)),
        {
            "Indicator": "indicator",
            "Question": Words(lambda asked: asked.map(spell), "asked"),
            "First": Words(_in_year, "first_year", "first_answer"),
            "Last": Words(_in_year, "last_year", "last_answer"),
            "Change": "change",
            "Level changed for certain": Words(lambda truths: truths.map(certain), "certain"),
        },
        also=("indicator_id", "first_source", "last_source"),
    )


def _in_year(years: pd.Series, given: pd.Series) -> pd.Series:
    return years.astype(str) + ": " + given


take_names(__name__)
