"""Sections on the answers to all indicators, and on profiles by dimension.

Exhibits on answers: every indicator of every country, and what changed since the first year that was coded.

Exhibits on profiles: how much of each dimension is in place and known, law beside practice, and ranks.
"""

from __future__ import annotations

import pandas as pd

from analysis import plots, texts
from analysis.areas import Area
from analysis.referral import gaps, profiles
from analysis.sections.referral_evidence import (
    AS_OF,
    JUDGED,
    NOT_NO,
    WITHIN,
    all_readings,
    answers,
    area_ids,
    dimensions,
    footer,
    framework,
    names,
    of,
    scored,
    sources,
)
from analysis.sections.referral_evidence import footer as evidence_footer
from analysis.sections.section import Section, spell

TEXT = texts.of(__name__)

TRAINING = ("training_criminal_investigators_initial", "training_labour_inspectors_initial")


def indicators(place: Area) -> list[Section]:
    """All answers, and how they changed."""
    return [matrix(place), changed(place)]


def matrix(place: Area) -> Section:
    """The heat map of answers: countries by indicators, or the indicators of one country with their sources."""
    table = of(place, answers())
    table = table.assign(
        # A measure has no scale, and so no score.
        score_low=(table["low"] / table["top"]).where(table["applies"]),
        score_high=(table["high"] / table["top"]).where(table["applies"]),
        name=table["area_id"].map(names()),
        indicator=table["indicator_id"] + " " + table["short"],
        head=table["dimension_id"] + " " + table["dimension"],
        text=[bounds_in_words(row) for row in table.itertuples()],
    )
    title = TEXT["matrix_title"].format(place=place.name)
    limits = TEXT["matrix_limits"].format(not_no=NOT_NO)
    drawn = table[table["applies"] & table["top"].notna()]
    if place.is_study:
        figure = plots.score_matrix(
            table.assign(text=""),
            rows="name",
            columns="indicator_id",
            low="score_low",
            high="score_high",
            row_order=[names()[area_id] for area_id in area_ids()],
            column_order=list(framework()["indicator_id"]),
            column_groups=dict(zip(table["indicator_id"], table["head"], strict=True)),
            title=title,
            footer=footer(drawn, limits),
            blank=TEXT["matrix_blank"],
        )
        printed = _wide(table)
        alt = TEXT["matrix_alt"]
    else:
        figure = plots.score_matrix(
            drawn.assign(answer="answer"),
            rows="indicator",
            columns="answer",
            low="score_low",
            high="score_high",
            row_groups=dict(zip(drawn["indicator"], drawn["head"], strict=True)),
            title=title,
            footer=footer(drawn, limits),
        )
        printed = _long(table)
        alt = TEXT["matrix_alt_a_cell"]
    return Section(
        "referral_answers",
        title,
        printed,
        sources(table),
        TEXT["twelve_indicators_are_measures_without"].format(window=WINDOW, limits=limits, judged=JUDGED),
        figure,
        f"{title}. {alt}",
    )


def bounds_in_words(answer) -> str:
    """The bounds of an answer: "2 to 3 of 3", "yes", "at least 4", "unknown", "does not apply"."""
    if not answer.applies:
        return TEXT["does_not_apply"]
    if not answer.known:
        return "unknown"
    if answer.scale == "answer":
        return "yes" if answer.low == 1 else "no"
    low, high = f"{answer.low:.3g}", f"{answer.high:.3g}"
    between = low if low == high else f"at least {low}" if answer.high == float("inf") else f"{low} to {high}"
    return f"{between} of {answer.top:g}" if answer.top == answer.top else between


def _long(table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Indicator": table["indicator"],
            "Answer": table["text"],
            "Year": table["year"].astype("string").fillna("–"),
            "Rests on": table["basis"],
            "What was read": table["note"].replace("", "–"),
            "Sources": table["source_ids"].str.replace(";", ", ").replace("", "–"),
        }
    ).reset_index(drop=True)


def _wide(table: pd.DataFrame) -> pd.DataFrame:
    wide = table.pivot(index="indicator_id", columns="name", values="text").reindex(framework()["indicator_id"])
    wide.insert(0, "Indicator", wide.index + " " + framework().set_index("indicator_id")["short"])
    return wide.reset_index(drop=True).rename_axis(columns=None)


def _same_questions(readings: pd.DataFrame) -> pd.DataFrame:
    """Without answers on training in the report of 2022, which has one question where earlier ones have three."""
    return readings[~(readings["asked"].isin(TRAINING) & readings["year"].eq(2022))]


def changed(place: Area) -> Section:
    """Answers that changed between the first year that was coded and the last."""
    found = of(place, gaps.change(_same_questions(all_readings()), AS_OF))
    found = found.merge(framework()[["indicator_id", "short", "dimension_id", "dimension"]], on="indicator_id")
    title = TEXT["changed_title"].format(place=place.name)
    limits = TEXT["changed_limits"].format(judged=JUDGED)
    if found.empty:
        return Section(
            "referral_change", title, pd.DataFrame(), (), TEXT["no_question_was_answered"].format(limits=limits)
        )
    if place.is_study:
        counts = gaps.counted(found, ["dimension_id", "dimension"])
        by_country = gaps.counted(found, ["area_id"]).assign(what=lambda rows: rows["area_id"].map(names()))
        by_dimension = counts.assign(what=counts["dimension_id"] + " " + counts["dimension"])
        both = pd.concat([by_dimension, by_country.sort_values("what")])
        printed = pd.DataFrame(
            {
                "Dimension, or country": both["what"],
                "Better": both[gaps.BETTER],
                "Worse": both[gaps.WORSE],
                "Same answer": both[gaps.SAME],
                "Not decided": both[gaps.OPEN],
                "Questions with answers of two years": both["questions"],
            }
        )
    else:
        differ = found[found["change"] != gaps.SAME]
        same = len(found) - len(differ)
        limits = TEXT["changed_limits_of_questions_have"].format(same=same, questions=len(found), limits=limits)
        printed = pd.DataFrame(
            {
                "Indicator": differ["indicator_id"] + " " + differ["short"],
                "Question": differ["asked"].map(spell),
                "First": differ["first_year"].astype(str) + ": " + differ["first_answer"],
                "Last": differ["last_year"].astype(str) + ": " + differ["last_answer"],
                "Change": differ["change"],
                "Level changed for certain": differ["certain"].map({True: "yes", False: "not certain"}),
            }
        )
        if differ.empty:
            return Section("referral_change", title, pd.DataFrame(), (), limits)
    used = dict.fromkeys([*sources(found, "first_source"), *sources(found, "last_source")])
    return Section("referral_change", title, printed, tuple(used), limits)


SEED = 20211125
ASPECTS = ("law", "practice")
SCORE = TEXT["score"]
WINDOW = TEXT["window"].format(within=AS_OF - WITHIN + 1, as_of=AS_OF)


def exhibits(place: Area) -> list[Section]:
    """The profile, and law beside practice; for the region also which rank each country may have."""
    made = [profile(place), law_and_practice(place)]
    return [*made, ranking(place)] if place.is_study else made


def coverage(place: Area) -> Section:
    """How many of the sixty indicators are known, by dimension."""
    table = of(place, answers())
    heads = framework().groupby(["dimension_id", "dimension"], as_index=False).size()
    asked = table[table["applies"]]
    counts = asked.groupby(["area_id", "dimension_id"])["known"].agg(["sum", "size"])
    title = TEXT["coverage_title"].format(place=place.name)
    limits = TEXT["coverage_limits"].format(not_no=NOT_NO)
    if not place.is_study:
        rows = heads.join(counts.loc[place.area_id].rename(columns={"size": "asked"}), on="dimension_id")
        printed = pd.DataFrame(
            {
                "Dimension": rows["dimension_id"] + " " + rows["dimension"],
                "Indicators": rows["size"],
                "Apply": rows["asked"],
                "Known": rows["sum"],
                "Known, %": (100 * rows["sum"] / rows["asked"]).round(0),
            }
        )
        return Section("referral_known", title, printed, sources(table), f"{WINDOW} {limits}")
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
    return Section(
        "referral_known",
        title,
        printed.reset_index(drop=True),
        sources(table),
        f"{WINDOW} {limits} Dimensions: {dimensions_in_words}.",
    )


def profile(place: Area) -> Section:
    """The score of each dimension, as bounds from what is known; for the region, of each country."""
    limits = TEXT["profile_limits"].format(not_no=NOT_NO)
    if place.is_study:
        limits = TEXT["profile_limits_a_country"].format(limits=limits)
        table = profiles.composite(dimensions()).assign(estimate=float("nan"))
        table["label"] = table["area_id"].map(names())
        table = table.sort_values("label")
        title = TEXT["profile_title"].format(place=place.name)
        head = "Country"
    else:
        table = of(place, dimensions())
        table["label"] = table["dimension_id"] + " " + table["dimension"]
        title = TEXT["profile_title_how_much"].format(place=place.name)
        head = "Dimension"
    figure = plots.bound_profiles(
        table,
        title=title,
        footer=evidence_footer(of(place, scored()), limits),
        xlabel=SCORE,
    )
    printed = pd.DataFrame(
        {
            head: table["label"],
            "Lowest possible": table["low"].round(2),
            "Highest possible": table["high"].round(2),
            "Known": table["known"].astype(str) + " of " + table["indicators"].astype(str),
        }
    )
    if not place.is_study:
        printed["Score"] = [
            f"{value:.2f}" if value == value else f"none: {reason}"
            for value, reason in zip(table["estimate"], table["reason"], strict=True)
        ]
    return Section(
        "referral_profile",
        title,
        printed,
        sources(of(place, answers())),
        TEXT["scored_indicators_alone_each_dimension"].format(window=WINDOW, limits=limits, judged=JUDGED),
        figure,
        TEXT["bars_from_the_lowest"].format(title=title, dimension=head.lower()),
    )


def law_and_practice(place: Area) -> Section:
    """Law beside practice, and whether what is known decides which is ahead."""
    table = profiles.law_and_practice(of(place, scored()))
    table["label"] = table["area_id"].map(names())
    table = table.sort_values("label").reset_index(drop=True)
    bars = of(place, profiles.profile(scored(), ["area_id", "aspect"]))
    bars = bars[bars["aspect"].isin(ASPECTS)].assign(label=lambda rows: rows["area_id"].map(names()))
    title = TEXT["law_and_practice_title"].format(place=place.name)
    limits = TEXT["law_and_practice_limits"].format(not_no=NOT_NO)
    figure = plots.bound_profiles(
        bars.sort_values("label", kind="stable"),
        title=title,
        footer=evidence_footer(of(place, scored()), limits),
        group="aspect",
        groups=ASPECTS,
        xlabel=SCORE,
    )
    printed = pd.DataFrame(
        {
            "Country": table["label"],
            "Law": _range(table["law_low"], table["law_high"]),
            "Law known": table["law_known"],
            "Practice": _range(table["practice_low"], table["practice_high"]),
            "Practice known": table["practice_known"],
            "Law less practice": _range(table["difference_low"], table["difference_high"]),
            "What is known says": table["verdict"],
        }
    )
    decided = int((table["verdict"] != "not decided by what is known").sum())
    return Section(
        "referral_law_practice",
        title,
        printed,
        sources(of(place, scored())),
        TEXT["indicators_of_law"].format(window=WINDOW, limits=limits, judged=JUDGED),
        figure,
        TEXT["two_bars_for_each_country"].format(title=title, decided=decided, countries=len(table)),
    )


def ranking(place: Area) -> Section:
    """The order of the countries, as far as weights and what is unknown leave one."""
    found = profiles.rank_sensitivity(dimensions(), seed=SEED)
    title = TEXT["ranking_title"].format(place=place.name)
    limits = TEXT["ranking_limits"].format(not_no=NOT_NO)
    table = found.ranges.assign(name=found.ranges["area_id"].map(names())).sort_values("name")
    printed = pd.DataFrame(
        {
            "Country": table["name"],
            "Ranks, whatever is unknown": _ranks(table["equal_best"], table["equal_worst"]),
            "Ranks, whatever the weights too": _ranks(table["best_rank"], table["worst_rank"]),
        }
    )
    figure = found.plot(title=title, footer=evidence_footer(scored(), limits), names=names())
    return Section(
        "referral_ranks",
        title,
        printed,
        sources(scored()),
        TEXT["weights_of_the_nine_dimensions"].format(reason=found.reason, window=WINDOW, limits=limits),
        figure,
        TEXT["a_bar_for_each_country"].format(title=title),
    )


def _ranks(best: pd.Series, worst: pd.Series) -> list[str]:
    return [f"{first:.0f} to {last:.0f}" for first, last in zip(best, worst, strict=True)]


def _range(low: pd.Series, high: pd.Series) -> list[str]:
    return [f"{first:.2f} to {last:.2f}" for first, last in zip(low, high, strict=True)]
