"""Sections on what is in place and what is missing: scores, answers, what changed; gaps, and those that others name."""

from __future__ import annotations

import numpy as np
import pandas as pd
from IPython.display import Markdown
from matplotlib.figure import Figure

from analysis import catalog, evidence, plots, texts
from analysis.areas import Area
from analysis.exhibits.any_place import take_names
from analysis.exhibits.exhibit import Exhibit, said
from analysis.exhibits.referral_evidence import (
    JUDGED,
    NOT_NO,
    area_ids,
    dated,
    footer,
    framework,
    names,
    of,
    sources,
)
from analysis.exhibits.table import Table, Words, in_a_list, or_dash
from analysis.exhibits.wording import spell
from analysis.plots import style
from analysis.plots.matrix import Category, ladder
from analysis.referral import answers, gaps, profiles
from analysis.referral import states as five
from analysis.referral.gaps import HIGH, LOW, MEDIUM, NOT_RATED, RULES, SEVERITIES

TEXT = texts.of(__name__)

# A score of fewer of its indicators says little, and is drawn hollow.
LEAST_KNOWN = 0.5


def section(place: Area, known: pd.DataFrame, window: str) -> Exhibit:
    """What surrounds the scores of an area, by dimension, or of all countries of a study.

    Parameters
    ----------
    known : the answers of all countries, as `referral_evidence.described` gives them.
    window : of which years they are, in words; see `referral_evidence.window`.
    """
    limits = TEXT["profile_limits"].format(not_no=NOT_NO)
    title, by = TEXT["profile_title_how_much"], "dimension"
    if place.is_study:
        title, by = TEXT["profile_title"], "country"
        limits = TEXT["profile_limits_a_country"].format(limits=limits)
    title = title.format(place=place.name)
    return Exhibit(
        "referral_profile",
        title,
        source_ids=sources(of(place, known)),
        limits=TEXT["scored_indicators_alone_each_dimension"].format(window=window, limits=limits, judged=JUDGED),
        alt=TEXT["bars_from_the_lowest"].format(title=title, dimension=by),
        footer=footer(of(place, answers.scored(known)), limits),
    )


def figure(scores: pd.DataFrame, section: Exhibit) -> Figure:
    """A bar a dimension, or a country, from the lowest to the highest score that is possible."""
    table = _labelled(scores)
    said = [_range_in_words(row.low, row.high, row.estimate) for row in table.itertuples()]
    return plots.dots(
        table.assign(
            text=[
                f"{bounds}, {n} of {every}"
                for bounds, n, every in zip(said, table["known"], table["indicators"], strict=True)
            ],
            few=table["known"] < LEAST_KNOWN * table["indicators"],
        ),
        estimate=("low", "high"),
        interval=None,
        text="text",
        hollow="few",
        xlabel=TEXT["score"],
        text_label=TEXT["profile_text"] if table["estimate"].isna().all() else TEXT["profile_text_estimate"],
        hollow_label=TEXT["profile_few"].format(least=LEAST_KNOWN),
        percent=True,
        limits=(0.0, 1.0),
        **section.frame,
    )


def _range_in_words(low: float, high: float, estimate: float) -> str:
    """The bounds of a score, and its estimate where one is given: "51–70% (60%)"."""
    if np.isnan(low):
        return TEXT["nothing_known"]
    bounds = f"{low:.0%}" if low == high else f"{100 * low:.0f}–{high:.0%}"
    return bounds if np.isnan(estimate) or low == high else f"{bounds} ({estimate:.0%})"


def rows_of(scores: pd.DataFrame) -> Table:
    """Scores, with the reason where none is given."""
    table = _labelled(scores)
    score = {"Score": Words(_score, "estimate", "reason")} if "reason" in table else {}
    return Table(
        table.assign(low=table["low"].round(2), high=table["high"].round(2)),
        {
            "Dimension" if "dimension" in table else "Country": "label",
            "Lowest possible": "low",
            "Highest possible": "high",
            "Known": Words(lambda known, of: known.astype(str) + " of " + of.astype(str), "known", "indicators"),
            **score,
        },
    )


def _score(estimate: pd.Series, reason: pd.Series) -> list[str]:
    return [f"{value:.2f}" if value == value else f"none: {why}" for value, why in zip(estimate, reason, strict=True)]


def _labelled(scores: pd.DataFrame) -> pd.DataFrame:
    """Scores with the names of their rows: of dimensions, or of countries by the alphabet, which have no estimate."""
    if "dimension" in scores:
        return scores.assign(label=scores["dimension_id"] + " " + scores["dimension"])
    table = scores.assign(label=scores["area_id"].map(names()), estimate=float("nan"))
    return table.sort_values("label", ignore_index=True, kind="stable")


def order(place: Area, ranking: profiles.Ranking, beside: pd.DataFrame) -> Markdown:
    """In a sentence each: whether countries are in any order, and whether law is ahead of practice.

    Parameters
    ----------
    ranking : of `profiles.rank_sensitivity`. beside : of `profiles.law_and_practice`.
    """
    decided = int((beside["difference_low"].gt(0) | beside["difference_high"].lt(0)).sum())
    sentence = TEXT["law_beside_practice"].format(decided=decided, countries=len(beside))
    return said(f"{ranking.reason} {sentence}")


def answers_section(place: Area, known: pd.DataFrame, window: str) -> Exhibit:
    """What surrounds all answers: countries by indicators, or the indicators of one country with what was read."""
    table = of(place, known)
    title = TEXT["matrix_title"].format(place=place.name)
    limits = TEXT["matrix_limits"].format(not_no=NOT_NO)
    alt = TEXT["matrix_alt"] if place.is_study else TEXT["matrix_alt_a_cell"]
    return Exhibit(
        "referral_answers",
        title,
        source_ids=sources(table),
        limits=TEXT["twelve_indicators_are_measures_without"].format(window=window, limits=limits, judged=JUDGED),
        alt=f"{title}. {alt}",
        footer=footer(answers.scored(table), limits, _states_known(table)),
    )


def _states_known(known: pd.DataFrame) -> str:
    """How many states are known, of those of indicators that apply, for a footer."""
    state = five.states(known, framework())["state"]
    asked = state[state != five.DOES_NOT_APPLY]
    return TEXT["states_known"].format(known=int(asked.ne(five.UNKNOWN).sum()), asked=len(asked))


# State -> how it is drawn, from the worst; what is unknown is hatched.
_DRAWN = {five.NOT_IN_PLACE: "N", five.PARTLY: "P", five.IN_PLACE: "I"}


def answers_figure(place: Area, states: pd.DataFrame, section: Exhibit) -> Figure:
    """A row an indicator that has a scale, by its state in the country, or in each country of a study.

    Parameters
    ----------
    states : as `referral_evidence.dated_states` gives them. A cell has the year that its evidence speaks of.
    """
    table = of(place, states)
    table = table[table["state"].ne(five.DOES_NOT_APPLY) | place.is_study]
    known = table["state"].isin(_DRAWN)
    letter_and_year = table["state"].map(_DRAWN) + table["period"].str[-2:]
    return plots.matrix(
        table.assign(
            indicator=table["indicator_id"] + " " + table["short"],
            head=table["dimension_id"] + " " + table["dimension"],
            column=table["area_id"].map(names()) if place.is_study else "state",
            drawn=table["state"].where(table["state"].ne(five.UNKNOWN), None),
            text=letter_and_year.where(known, "")
            if place.is_study
            else table["state"] + table["period"].map(dated).radd(", ").where(known, ""),
        ),
        row="indicator",
        column="column",
        category="drawn",
        text="text",
        row_group="head",
        categories=[*ladder(list(_DRAWN), list(_DRAWN.values())), Category(five.DOES_NOT_APPLY, sign="–")],
        columns=[names()[area_id] for area_id in area_ids()] if place.is_study else None,
        key_title=TEXT["matrix_key"],
        **section.frame,
    )


def answers_rows(place: Area, known: pd.DataFrame, states: pd.DataFrame) -> Table:
    """All answers with state and bounds: a page has a column a country, or what was read of each indicator of one.

    A measure has bounds and no state.
    """
    keys = ["area_id", "indicator_id"]
    table = _in_words(of(place, known)).merge(
        states[[*keys, "state", "unknown_because", "period"]], on=keys, how="left"
    )
    table = table.fillna({"state": "", "unknown_because": "", "period": ""})
    table["period"] = table["period"].mask(table["state"].eq(""), table["year"].astype("string").fillna(""))
    table["said"] = [_state_in_words(row) for row in table.itertuples()]
    if place.is_study:
        columns = [
            *("area_id", "name", "indicator_id", "short", "low", "high", "top", "applies", "known", "state", "period"),
            *("basis", "note", "source_ids", "said"),
        ]
        return Table(table[columns].astype({"applies": bool, "known": bool}), _by_country)
    return Table(
        table.astype({"applies": bool, "known": bool}),
        {
            "Indicator": "indicator",
            "State": Words(lambda *_: list(table["said"]), "state", "unknown_because"),
            "Bounds": Words(lambda *_: list(table["text"]), "low", "high", "top", "applies", "known"),
            "Year it speaks of": Words(lambda periods: or_dash(periods.map(dated)), "period"),
            "Rests on": "basis",
            "What was read": Words(or_dash, "note"),
            "Sources": Words(in_a_list, "source_ids"),
        },
        also=("area_id", "indicator_id"),
    )


def _by_country(table: pd.DataFrame) -> pd.DataFrame:
    wide = table.pivot(index="indicator_id", columns="name", values="said").reindex(framework()["indicator_id"])
    wide.insert(0, "Indicator", wide.index + " " + framework().set_index("indicator_id")["short"])
    return wide.reset_index(drop=True).rename_axis(columns=None)


def _in_words(known: pd.DataFrame) -> pd.DataFrame:
    return known.assign(
        name=known["area_id"].map(names()),
        indicator=known["indicator_id"] + " " + known["short"],
        head=known["dimension_id"] + " " + known["dimension"],
        text=[bounds_in_words(row) for row in known.itertuples()],
    )


def _state_in_words(row) -> str:
    """A state with its year: "partly (2022)", "unknown: report silent"; of a measure its bounds."""
    if not row.state:
        return row.text
    if row.state == five.UNKNOWN:
        return TEXT["unknown_because"].format(why=row.unknown_because)
    return f"{row.state} ({dated(row.period)})" if row.period else row.state


def bounds_in_words(answer) -> str:
    """The bounds of an answer: "2 to 3 of 3", "yes", "at least 4", "unknown", "does not apply"."""
    if not answer.applies:
        return TEXT["does_not_apply"]
    if not answer.known:
        return "unknown"
    if answer.scale == "answer":
        return "yes" if answer.low == 1 else "no" if answer.high == 0 else TEXT["in_part"]
    low, high = f"{answer.low:.3g}", f"{answer.high:.3g}"
    between = low if low == high else f"at least {low}" if answer.high == float("inf") else f"{low} to {high}"
    return f"{between} of {answer.top:g}" if answer.top == answer.top else between


def coverage(place: Area, known: pd.DataFrame, window: str) -> Exhibit:
    """How many of the indicators are known, by dimension."""
    table = of(place, known)
    heads = framework().groupby(["dimension_id", "dimension"], as_index=False).size()
    asked = table[table["applies"]]
    counts = asked.groupby(["area_id", "dimension_id"])["known"].agg(["sum", "size"])
    title = TEXT["coverage_title"].format(place=place.name)
    limits = TEXT["coverage_limits"].format(not_no=NOT_NO)
    if not place.is_study:
        rows = heads.join(counts.loc[place.area_id].rename(columns={"size": "asked"}), on="dimension_id")
        printed = Table(
            rows.assign(
                label=rows["dimension_id"] + " " + rows["dimension"],
                indicators=rows["size"],
                known=rows["sum"],
                known_percent=(100 * rows["sum"] / rows["asked"]).round(0),
            ),
            {
                "Dimension": "label",
                "Indicators": "indicators",
                "Apply": "asked",
                "Known": "known",
                "Known, %": "known_percent",
            },
        )
        return Exhibit("referral_known", title, printed, sources(table), f"{window} {limits}")
    wide = (
        counts.apply(lambda row: f"{row['sum']} of {row['size']}", axis=1).unstack("dimension_id").reindex(area_ids())
    )
    whole = asked.groupby("area_id")["known"].agg(["sum", "size", "mean"]).reindex(area_ids())
    printed = wide.assign(
        **{
            "All": whole["sum"].astype(str) + " of " + whole["size"].astype(str),
            "Known, %": (100 * whole["mean"]).round(0),
        }
    )
    printed.insert(0, "Country", [names()[area_id] for area_id in area_ids()])
    dimensions_in_words = "; ".join(f"{row.dimension_id} {row.dimension}" for row in heads.itertuples())
    of_each = counts.reset_index().rename(columns={"sum": "known", "size": "asked"})
    of_each.insert(1, "name", of_each["area_id"].map(names()))
    return Exhibit(
        "referral_known",
        title,
        Table(of_each, lambda _: printed.reset_index(drop=True)),
        sources(table),
        f"{window} {limits} Dimensions: {dimensions_in_words}.",
    )


def changed(place: Area, changes: pd.DataFrame) -> Exhibit:
    """Answers that changed between the first year that was coded and the last; changes as `gaps.change` gives them."""
    found = of(place, changes)
    found = found.merge(framework()[["indicator_id", "short", "dimension_id", "dimension"]], on="indicator_id")
    title = TEXT["changed_title"].format(place=place.name)
    limits = TEXT["changed_limits"].format(judged=JUDGED)
    if found.empty:
        return Exhibit("referral_change", title, limits=TEXT["no_question_was_answered"].format(limits=limits))
    if place.is_study:
        counts = gaps.counted(found, ["dimension_id", "dimension"])
        by_country = gaps.counted(found, ["area_id"]).assign(what=lambda rows: rows["area_id"].map(names()))
        by_dimension = counts.assign(what=counts["dimension_id"] + " " + counts["dimension"])
        both = pd.concat([by_dimension, by_country.sort_values("what", kind="stable")])
        printed = Table(
            both.rename(columns={gaps.BETTER: "better", gaps.WORSE: "worse", gaps.SAME: "same", gaps.OPEN: "open"}),
            {
                "Dimension, or country": "what",
                "Better": "better",
                "Worse": "worse",
                "Same answer": "same",
                "Not decided": "open",
                "Questions with answers of two years": "questions",
            },
        )
    else:
        differ = found[found["change"] != gaps.SAME]
        same = len(found) - len(differ)
        limits = TEXT["changed_limits_of_questions_have"].format(same=same, questions=len(found), limits=limits)
        in_year = lambda years, answers: years.astype(str) + ": " + answers  # noqa: E731
        certain = {True: "yes", False: "not certain"}
        printed = Table(
            differ.assign(
                indicator=differ["indicator_id"] + " " + differ["short"], certain=differ["certain"].astype(bool)
            ),
            {
                "Indicator": "indicator",
                "Question": Words(lambda asked: asked.map(spell), "asked"),
                "First": Words(in_year, "first_year", "first_answer"),
                "Last": Words(in_year, "last_year", "last_answer"),
                "Change": "change",
                "Level changed for certain": Words(lambda each: each.map(certain), "certain"),
            },
            also=("indicator_id", "first_source", "last_source"),
        )
        if differ.empty:
            return Exhibit("referral_change", title, limits=limits)
    used = dict.fromkeys([*sources(found, "first_source"), *sources(found, "last_source")])
    return Exhibit("referral_change", title, printed, tuple(used), limits)


RULE = "Severity: " + "; ".join(f"{name}: {RULES[name]}" for name in (HIGH, MEDIUM, LOW)) + "."
# The report whose suggestions the register is compared with: the last whose actions were coded.
COMPARED = 2022


def gravest(register: pd.DataFrame) -> pd.DataFrame:
    """The gravest gap of each indicator and area, of equal ones the newest: rows of the register, one a pair."""
    order = register["severity"].map(SEVERITIES.index)
    table = register.assign(order=order, newest=-register["year"].fillna(0)).sort_values(
        ["order", "newest"], kind="stable"
    )
    return table.drop_duplicates(["area_id", "indicator_id"])


def grave(place: Area, register: pd.DataFrame) -> Exhibit:
    """The gaps that are rated high: where to begin."""
    table = of(place, register)
    high = table[table["severity"] == HIGH].sort_values(["area_id", "indicator_id"])
    printed = Table(
        high.assign(name=high["area_id"].map(names())),
        {
            **({"Country": "name"} if place.is_study else {}),
            "What is missing": "missing",
            "Asked for by": Words(or_dash, "obligation"),
            "Since": Words(_or_not_known, "since"),
            "Year it speaks of": Words(_last_known, "year"),
            "Who could close it": "closed_by",
            "Sources": Words(_sources_or_sheet, "source_ids"),
        },
        also=("gap_id", "area_id", "indicator_id"),
    )
    unknown = int((table["severity"] == NOT_RATED).sum())
    title = TEXT["grave_title"].format(place=place.name, gaps=len(high))
    limits = TEXT["grave_limits"].format(rule=RULES[HIGH], unknown=unknown, judged=JUDGED)
    return Exhibit("referral_grave_gaps", title, printed, sources(high), limits)


def _or_not_known(years: pd.Series) -> pd.Series:
    return years.astype("string").fillna("not known")


def _last_known(years: pd.Series) -> list[str]:
    return [dated(str(year)) for year in years]


def _sources_or_sheet(source_ids: pd.Series) -> pd.Series:
    """What coders found stands in the evidence, which they name."""
    return source_ids.str.replace(";", ", ").replace("", "coding sheet")


def gap_counts(place: Area, register: pd.DataFrame, states: pd.DataFrame) -> pd.DataFrame:
    """Indicators with a gap by the severity of the gravest, and indicators by state, by dimension or country.

    Parameters
    ----------
    register : of `gaps.gaps`. states : of `referral_evidence.dated_states`.

    Returns
    -------
    DataFrame: label; high, medium, low (gaps); in place, partly, not in place, unknown, does not apply (indicators with
    a scale); total (those that apply).
    """
    rows, asked = gravest(of(place, register)), of(place, states)
    if place.is_study:
        rows, asked = (part.assign(label=part["area_id"].map(names())) for part in (rows, asked))
    else:
        rows, asked = (part.assign(label=part["dimension_id"] + " " + part["dimension"]) for part in (rows, asked))
    found = rows.groupby(["label", "severity"]).size().unstack(fill_value=0)
    found = found.reindex(columns=[HIGH, MEDIUM, LOW], fill_value=0)
    counted = five.counted(asked, "label").set_index("label")
    found = found.reindex(counted.index, fill_value=0).join(counted)
    found["total"] = found["total"] - found[five.DOES_NOT_APPLY]
    return found.reset_index()


def counts_section(place: Area, register: pd.DataFrame, known: pd.DataFrame, window: str) -> Exhibit:
    """What surrounds the numbers of gaps, by dimension, or by country of a study."""
    title = TEXT["counts_title"].format(place=place.name)
    limits = TEXT["counts_limits"].format(not_no=NOT_NO)
    return Exhibit(
        "referral_gaps",
        title,
        source_ids=sources(of(place, register)),
        limits=f"{RULE} {window} {limits} {JUDGED}",
        alt=TEXT["a_bar_of_gaps"].format(title=title),
        footer=footer(of(place, known), limits, _states_known(of(place, known))),
    )


def counts_figure(counts: pd.DataFrame, section: Exhibit) -> Figure:
    """A bar of gaps by severity for each row, and beside it what is unknown."""
    parts = [HIGH, MEDIUM, LOW, "unknown"]
    long = counts.melt(["label", "total"], parts, "severity", "indicators")
    found, unknown = TEXT["figure_found"], TEXT["figure_unknown"]
    open_answers = long["severity"] == "unknown"
    long["panel"] = open_answers.map({False: found, True: unknown})
    # The number of indicators stands once, at the right of all.
    long["asked"] = long["total"].map("{:,}".format).where(open_answers, "")
    return plots.bars(
        long,
        value="indicators",
        part="severity",
        panel="panel",
        panels=[found, unknown],
        text="asked",
        text_label=TEXT["figure_asked"],
        parts=parts,
        hatched={"unknown": style.UNKNOWN},
        ordered=True,
        xlabel=TEXT["figure_xlabel"],
        **section.frame,
    )


def counts_rows(counts: pd.DataFrame, head: str) -> Table:
    """The same numbers, by severity and by state."""
    gaps_ = {severity: f"gaps_{severity}" for severity in (HIGH, MEDIUM, LOW)}
    of_states = {state: f"state_{state.replace(' ', '_')}" for state in five.STATES}
    return Table(
        counts.rename(columns={"total": "indicators"} | gaps_ | of_states),
        {
            head: "label",
            **{severity.capitalize(): name for severity, name in gaps_.items()},
            **{state.capitalize(): name for state, name in of_states.items()},
            "Indicators that apply": "indicators",
        },
    )


def who(states: pd.DataFrame) -> str:
    """The countries of one indicator by state, in words: "Partly: Mali. Unknown: Benin." """
    named = states.assign(name=states["area_id"].map(names())).sort_values("name", kind="stable")
    by_state = named.groupby("state")["name"].agg(", ".join)
    order = (five.NOT_IN_PLACE, five.PARTLY, five.IN_PLACE, five.UNKNOWN, five.DOES_NOT_APPLY)
    return " ".join(f"{state.capitalize()}: {by_state[state]}." for state in order if state in by_state)


def states_section(place: Area, states: pd.DataFrame, window: str) -> Exhibit:
    """Which countries of a study are in which state, indicator by indicator; the years stand with the answers."""
    table = of(place, states).assign(name=lambda rows: rows["area_id"].map(names()))
    wide = table.sort_values("name", kind="stable").groupby(["indicator_id", "state"])["name"].agg(", ".join)
    wide = wide.unstack().reindex(columns=five.STATES).fillna("–")
    order = [each for each in framework()["indicator_id"] if each in wide.index]
    wide = wide.loc[order]
    wide.insert(0, "Indicator", wide.index + " " + framework().set_index("indicator_id").loc[order, "short"])
    printed = wide.rename(columns=str.capitalize).reset_index(drop=True).rename_axis(columns=None)
    columns = ["area_id", "name", "indicator_id", "state", "unknown_because", "period", "source_ids"]
    return Exhibit(
        "referral_states",
        TEXT["states_title"].format(place=place.name),
        Table(table[columns], lambda _: printed),
        sources(table),
        f"{window} {TEXT['states_limits']} {NOT_NO}",
        folded=True,
    )


def listed(place: Area, register: pd.DataFrame) -> Exhibit:
    """The gap register: one row a gap that is rated; those of data are counted."""
    table = of(place, register)
    rated = table[table["severity"] != NOT_RATED]
    rated = rated.assign(order=rated["severity"].map(SEVERITIES.index)).sort_values(
        ["order", "indicator_id", "area_id"]
    )
    printed = Table(
        rated.assign(name=rated["area_id"].map(names()), gap_kind=rated["kind"]),
        {
            "Gap": "gap_id",
            **({"Country": "name"} if place.is_study else {}),
            "Dimension": "dimension",
            "Kind": "gap_kind",
            "What is missing": "missing",
            "Severity": "severity",
            "Asked for by": Words(or_dash, "obligation"),
            "Evidence": "evidence",
            "Since": Words(_or_not_known, "since"),
            "Year it speaks of": Words(_last_known, "year"),
            "Who could close it": "closed_by",
            "Sources": Words(_sources_or_sheet, "source_ids"),
        },
        also=("area_id", "indicator_id"),
    )
    unknown = len(table) - len(rated)
    title = TEXT["listed_title"].format(place=place.name, rated=len(rated))
    limits = TEXT["listed_limits"].format(unknown=unknown, rule=RULE, judged=JUDGED)
    return Exhibit("referral_register", title, printed, sources(rated), limits, folded=True)


def suggested(place: Area, report_year: int) -> pd.DataFrame:
    """Actions that the Labor Department's report suggested, with the indicators that two readers settled on."""
    coding = catalog.load("action_coding").rename(columns={"settled": "indicators"})
    table = of(place, evidence.suggested_actions())
    return table[table["report_year"] == report_year].merge(coding, on="action_id", validate="one_to_one")


def beside(place: Area, actions: pd.DataFrame, found: pd.DataFrame, register: pd.DataFrame) -> Exhibit:
    """The register beside the actions that the Labor Department's report suggests.

    Parameters
    ----------
    actions : of `suggested`. found : those that have an indicator, of `gaps.beside_actions`.
    """
    compared = actions["report_year"].max() if len(actions) else COMPARED
    title = TEXT["beside_title"].format(place=place.name, compared=compared)
    without = len(actions) - len(found)
    limits = TEXT["beside_limits"].format(without=without, actions=len(actions))
    if found.empty:
        return Exhibit("referral_actions", title, limits=TEXT["no_action_has_an_indicator"].format(limits=limits))
    if place.is_study:
        dimension = found["indicators"].str[0]
        share = gaps.recall(found.assign(dimension_id=dimension), ["dimension_id"])
        whole = gaps.recall(found.assign(dimension_id="All"), ["dimension_id"])
        share = pd.concat([share, whole], ignore_index=True)
        printed = Table(
            share.rename(columns={gaps.FOUND: "found", gaps.OPEN_STATES: "open", gaps.MISSED: "missed"}).assign(
                found_percent=(100 * share["recall"]).round(0),
                found_where_known_percent=(100 * share["recall_known"]).round(0),
            ),
            {
                "Dimension": "dimension_id",
                "Actions with an indicator": "actions",
                "Found": "found",
                "Found without the Labor Department's own reports": "independent",
                "Nothing known": "open",
                "Missed": "missed",
                "Found of all, %": "found_percent",
                "Found where known, %": "found_where_known_percent",
            },
        )
    else:
        printed = Table(
            found.assign(indicator_ids=found["indicators"]),
            {
                "Suggested action": "action",
                "Indicators": Words(in_a_list, "indicator_ids"),
                "In the register": "outcome",
                "Gaps": Words(in_a_list, "gap_ids"),
            },
        )
    return Exhibit(
        "referral_actions",
        title,
        printed,
        tuple(dict.fromkeys([*actions["source_id"], *sources(of(place, register))])),
        limits,
        cautions=evidence.cautions("suggested_actions"),
    )


take_names(__name__)
