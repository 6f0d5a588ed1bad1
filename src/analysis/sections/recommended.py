"""Sections on what follows: recommendations and commitments of a study, each with what the findings say of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import groupby

import pandas as pd
from IPython.display import HTML, Markdown

from analysis import texts
from analysis.areas import Area
from analysis.findings import collected
from analysis.findings.finding import STATUSES
from analysis.jobs import ANALYSES, PLEDGE
from analysis.recommendations import MET, NOT_KNOWN, NOT_MET, Texts, read
from analysis.recommendations.texts import PRIORITIES, TIME_FRAMES, Recommendation
from analysis.report import answers, references
from analysis.report.key_findings import box
from analysis.sections.section import PROTECTED, PUBLIC, Section, plain, said

TEXT = texts.of(__name__)

STATES = {MET: "holds", NOT_MET: TEXT["states_not_met"], NOT_KNOWN: "not known"}
INVENTED = TEXT["invented"]
# Name of the exhibit, words of its title, whether it rests on invented data, and whether on single areas alone.
GROUPS = (
    ("recommendations", TEXT["groups_that_rest"], False, False),
    ("recommendations_of_areas", TEXT["groups_on_single_areas"], False, True),
    ("recommendations_invented", TEXT["groups_that_rest_that_rest"], True, None),
)
LIMITS = TEXT["limits"]
NO_CLAIM = TEXT["no_claim"]
# What is supported comes first; what is not, with what is missing, comes last.
ORDER = (MET, NOT_KNOWN, NOT_MET)
SHORT = {MET: TEXT["short_met"], NOT_KNOWN: TEXT["short_not_known"], NOT_MET: TEXT["short_not_met"]}


def texts_of(place: Area) -> Texts:
    """The texts of the pledge that bear on the study of a place."""
    return read(PLEDGE).of_study(place.study)


def findings_of(place: Area) -> pd.DataFrame:
    """The findings of the study of a place, as its notebooks state them."""
    return collected.read(place.study)


def at_hand(place: Area, table: pd.DataFrame) -> Section:
    """How many findings there are by analysis, and how many of them are known."""
    own = table if place.is_study else table[table["area_id"] == place.area_id]
    found = own.groupby(["analysis", "status"]).size().unstack(fill_value=0).reindex(columns=STATUSES, fill_value=0)
    found = found.reindex([name for name in ANALYSES if name in found.index])
    invented = own[own["kind"] == "synthetic"].groupby("analysis").size().reindex(found.index, fill_value=0)
    printed = pd.DataFrame(
        {
            "Analysis": [name.replace("_", " ") for name in found.index],
            "Known": found["known"].to_numpy(),
            "Refused by the method": found["refused"].to_numpy(),
            "Suppressed": found["withheld"].to_numpy(),
            "Not reported": found["not reported"].to_numpy(),
            "Not read": found["not read"].to_numpy(),
            "Of all these SYNTHETIC": invented.to_numpy(),
        }
    )
    return Section(
        "findings_at_hand",
        TEXT["findings_that_recommendations_can_rest"].format(place=place.name),
        printed,
        limits=TEXT["at_hand_limits"],
        release_class=_gate(own),
    )


def key_findings(place: Area, texts: Texts, states: pd.DataFrame, table: pd.DataFrame, most: int = 4) -> HTML:
    """What the page says first: how many recommendations the findings support, the first of these, what is not known.

    Parameters
    ----------
    states : of `evaluation.recommendations`. most : how many of the supported ones are said in a sentence.
    """
    at, in_words = states.set_index("recommendation_id"), _in_words(texts, table)
    own = _own(place, texts)
    public = [each for each in own if not at.at[each.recommendation_id, "synthetic"]]
    count = at.loc[[each.recommendation_id for each in public], "state"].value_counts()
    met, flagged, unknown = (int(count.get(state, 0)) for state in (MET, NOT_MET, NOT_KNOWN))
    points = [
        TEXT["key_counts"].format(place=place.name, rows=len(public), met=met, flagged=flagged, unknown=unknown),
        *(
            TEXT["key_supported"].format(
                to=_first(in_words(each.addressee["en"])), text=_first(in_words(each.text["en"]))
            )
            for each in sorted(public, key=_importance)
            if at.at[each.recommendation_id, "state"] == MET
        ),
    ][: most + 1]
    if len(public) < len(own):
        points.append(TEXT["key_synthetic"].format(rows=len(own) - len(public)))
    last = TEXT["key_all_decided"]
    if unknown:
        first = next(each for each in public if at.at[each.recommendation_id, "state"] == NOT_KNOWN)
        last = TEXT["key_open"].format(rows=unknown, text=_first(in_words(first.text["en"])))
    return HTML(box(points, last), metadata={"release_class": _gate(_evidence(own, at, table))})


def _first(text: str) -> str:
    """The first sentence of a text, without its full stop."""
    # "No. 138" ends no sentence.
    return re.split(r"\. (?=[A-Z])", text)[0].removesuffix(".")


def _importance(each: Recommendation) -> tuple[int, bool, int, str]:
    """What comes first: what presses most, then what all areas need, then what is done soonest."""
    soon = TIME_FRAMES.index(each.time_frame)
    return PRIORITIES.index(each.priority), bool(each.areas), soon, each.recommendation_id


def _own(place: Area, texts: Texts) -> list[Recommendation]:
    return [each for each in texts.recommendations if place.is_study or not each.areas or place.area_id in each.areas]


def in_short(place: Area, texts: Texts, states: pd.DataFrame, table: pd.DataFrame) -> list[Section]:
    """What rests on public evidence, a table a state and priority: the supported first, the unsupported last."""
    at, in_words = states.set_index("recommendation_id"), _in_words(texts, table)
    public = [each for each in _own(place, texts) if not at.at[each.recommendation_id, "synthetic"]]
    shown = []
    for state in (MET, NOT_KNOWN, NOT_MET):
        of_state = [each for each in sorted(public, key=_importance) if at.at[each.recommendation_id, "state"] == state]
        for (priority, single), rows in groupby(of_state, key=lambda each: (each.priority, bool(each.areas))):
            chosen, of = list(rows), TEXT["of_single_areas"] if single else TEXT["of_the_study"]
            printed = pd.DataFrame(
                {
                    "No.": each.recommendation_id,
                    "Recommendation": _first(in_words(each.text["en"])),
                    "To": in_words(each.addressee["en"]),
                    "When": each.time_frame.replace("_", " "),
                }
                for each in chosen
            )
            shown.append(
                Section(
                    f"recommendations_{state}_{priority}{'_single' * single}".replace(" ", "_"),
                    TEXT["short_title"].format(place=place.name, state=STATES[state], priority=priority, of=of),
                    printed,
                    limits=SHORT[state],
                    release_class=_gate(_evidence(chosen, at, table)),
                )
            )
    return shown


def recommended(place: Area, texts: Texts, states: pd.DataFrame, table: pd.DataFrame) -> list[Section]:
    """All recommendations with what decides them: on public evidence, on single areas, then on invented data."""
    at, in_words = states.set_index("recommendation_id"), _in_words(texts, table)
    shown = []
    for name, words, invented, single in GROUPS:
        rows = [
            each
            for each in _own(place, texts)
            if bool(at.at[each.recommendation_id, "synthetic"]) == invented and single in (None, bool(each.areas))
        ]
        rows.sort(key=lambda each: (ORDER.index(at.at[each.recommendation_id, "state"]), each.recommendation_id))
        if rows:
            title = f"{place.name}: recommendations {words}"
            shown.append(_recommended(name, title, rows, at, table, in_words, invented))
    return shown


def _recommended(
    name: str,
    title: str,
    rows: list[Recommendation],
    at: pd.DataFrame,
    table: pd.DataFrame,
    in_words: Callable[[str], str],
    invented: bool,
) -> Section:
    printed = pd.DataFrame(
        {
            "Recommendation": each.recommendation_id,
            "State": STATES[str(at.at[each.recommendation_id, "state"])],
            "Text": in_words(each.text["en"]),
            "To": in_words(each.addressee["en"]),
            "Action": in_words(each.action["en"]),
            "Priority": f"{each.priority}; {each.time_frame.replace('_', ' ')}; SDG {', '.join(each.sdg)}",
            "Why": at.at[each.recommendation_id, "why"],
        }
        for each in rows
    )
    rests_on = _evidence(rows, at, table)
    return Section(
        name,
        title,
        printed,
        _sources(rests_on),
        LIMITS,
        kind="synthetic" if invented else "public",
        invented=INVENTED,
        release_class=_gate(rests_on),
        folded=True,
    )


def _evidence(rows: list[Recommendation], at: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """The findings that recommendations rest on."""
    ids = {name for each in rows for name in str(at.at[each.recommendation_id, "evidence"]).split(";")}
    return table[table["finding_id"].isin(ids)]


def commitments(place: Area, texts: Texts, progress: pd.DataFrame, table: pd.DataFrame) -> Section:
    """The commitments of the pledge to a study: each activity, what it leaves, and what the findings show of it."""
    states = progress.set_index(["commitment_id", "activity"])
    in_words = _in_words(texts, table)
    printed = pd.DataFrame(
        {
            "Commitment": in_words(commitment.title["en"]),
            "Activity": in_words(activity.text["en"]),
            "Output": ", ".join(activity.outputs).replace("_", " "),
            "State": str(states.at[(commitment.commitment_id, number), "state"]),
            "Why": str(states.at[(commitment.commitment_id, number), "why"]),
        }
        for commitment in texts.commitments
        for number, activity in enumerate(commitment.activities, 1)
    )
    evidence = {i for cell in states["evidence"] for i in str(cell).split(";")}
    rests_on = table[table["finding_id"].isin(evidence)]
    return Section(
        "commitments",
        TEXT["the_pledge_activity_by_activity"].format(place=place.name),
        printed,
        _sources(rests_on),
        NO_CLAIM,
        citations=tuple(dict.fromkeys(commitment.source for commitment in texts.commitments)),
        release_class=_gate(rests_on),
        folded=True,
    )


def not_known(place: Area, states: pd.DataFrame, table: pd.DataFrame) -> Markdown:
    """In plain words: what leaves recommendations open, and the reasons why findings are not known."""
    open_ = states[states["state"] == NOT_KNOWN]
    flagged = states[states["state"] == NOT_MET]
    lines = [
        TEXT["is_not_known"].format(recommendation_id=row["recommendation_id"], why=plain(row["why"]))
        for _, row in open_.iterrows()
    ]
    lines += [f"- **{row['recommendation_id']}** is flagged. {plain(row['why'])}" for _, row in flagged.iterrows()]
    own = table if place.is_study else table[table["area_id"] == place.area_id]
    unknown = own[own["status"] != "known"]
    lines.append(TEXT["of_findings_on_are_not"].format(unknown=len(unknown), own=len(own), place=plain(place.name)))
    lines.append(TEXT["that_a_condition_holds_does"])
    return said("\n".join(lines), _gate(own))


def _in_words(texts: Texts, table: pd.DataFrame) -> Callable[[str], str]:
    """What turns a text with references into one with their values."""
    context = answers.context_of(texts, table)
    return lambda text: references.in_words(text, context, "en")[0]


def _sources(rows: pd.DataFrame) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for cell in rows["source_ids"] for name in str(cell).split(";") if name))


def _gate(rows: pd.DataFrame) -> str:
    """Findings may leave, all of them; those on persons by what their tables and models let."""
    return PUBLIC if (rows["release_class"] == PUBLIC).all() else PROTECTED
