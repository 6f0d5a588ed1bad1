"""Exhibits on answers: every indicator of every country, and what changed since the first year that was coded."""

from __future__ import annotations

import pandas as pd

from analysis import figures
from analysis.areas import Area
from analysis.exhibits.exhibit import Exhibit, spell
from analysis.exhibits.referral_evidence import (
    AS_OF,
    JUDGED,
    NOT_NO,
    all_readings,
    answers,
    area_ids,
    footer,
    framework,
    names,
    of,
    sources,
)
from analysis.exhibits.referral_profile import WINDOW
from analysis.referral import change

TRAINING = ("training_criminal_investigators_initial", "training_labour_inspectors_initial")


def exhibits(place: Area) -> list[Exhibit]:
    """All answers, and how they changed."""
    return [matrix(place), changed(place)]


def matrix(place: Area) -> Exhibit:
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
    title = f"{place.name}: answers to the sixty indicators"
    limits = f"An answer of a report leaves a part of the scale open. {NOT_NO}"
    drawn = table[table["applies"] & table["top"].notna()]
    if place.is_study:
        figure = figures.score_matrix(
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
            blank="a measure without a scale, or does not apply",
        )
        printed = _wide(table)
        alt = "A grid of countries and indicators, darker where more is in place, hatched where nothing is known."
    else:
        figure = figures.score_matrix(
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
        alt = "A cell for each scored indicator, darker where more is in place, hatched where nothing is known."
    return Exhibit(
        "referral_answers",
        title,
        printed,
        sources(table),
        f"{WINDOW} {limits} Twelve indicators are measures without a scale; the figure does not draw them. {JUDGED}",
        figure,
        f"{title}. {alt}",
    )


def bounds_in_words(answer) -> str:
    """The bounds of an answer: "2 to 3 of 3", "yes", "at least 4", "unknown", "does not apply"."""
    if not answer.applies:
        return "does not apply"
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


def changed(place: Area) -> Exhibit:
    """Answers that changed between the first year that was coded and the last."""
    found = of(place, change.change(_same_questions(all_readings()), AS_OF))
    found = found.merge(framework()[["indicator_id", "short", "dimension_id", "dimension"]], on="indicator_id")
    title = f"{place.name}: what changed since the first year that was coded"
    limits = (
        "Answers are compared with earlier answers to the same question; the level has changed for certain where the "
        f"two cannot both be true of one level. {JUDGED}"
    )
    if found.empty:
        return Exhibit("referral_change", title, pd.DataFrame(), (), f"No question was answered in two years. {limits}")
    if place.is_study:
        counts = change.counted(found, ["dimension_id", "dimension"])
        by_country = change.counted(found, ["area_id"]).assign(what=lambda rows: rows["area_id"].map(names()))
        by_dimension = counts.assign(what=counts["dimension_id"] + " " + counts["dimension"])
        both = pd.concat([by_dimension, by_country.sort_values("what")])
        printed = pd.DataFrame(
            {
                "Dimension, or country": both["what"],
                "Better": both[change.BETTER],
                "Worse": both[change.WORSE],
                "Same answer": both[change.SAME],
                "Not decided": both[change.OPEN],
                "Questions with answers of two years": both["questions"],
            }
        )
    else:
        differ = found[found["change"] != change.SAME]
        same = len(found) - len(differ)
        limits = f"{same} of {len(found)} questions have the same answer in the first year and the last. {limits}"
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
            return Exhibit("referral_change", title, pd.DataFrame(), (), limits)
    used = dict.fromkeys([*sources(found, "first_source"), *sources(found, "last_source")])
    return Exhibit("referral_change", title, printed, tuple(used), limits)
