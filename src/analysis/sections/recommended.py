"""Sections on what follows: recommendations and commitments of a study, each with what the findings say of it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pandas as pd
from IPython.display import HTML, Markdown

from analysis import areas, bibliography, texts
from analysis.areas import Area
from analysis.findings import collected
from analysis.findings.finding import STATUSES
from analysis.findings.measures import area_name, capital
from analysis.jobs import ANALYSES, PLEDGE
from analysis.recommendations import MET, NOT_KNOWN, NOT_MET, Recommendation, Texts, advice, read
from analysis.recommendations.texts import country_of
from analysis.report import references
from analysis.report.key_findings import box
from analysis.sections.section import PROTECTED, PUBLIC, Section, plain, said

TEXT = texts.of(__name__)

STATES = {MET: TEXT["states_met"], NOT_MET: TEXT["states_not_met"], NOT_KNOWN: TEXT["states_not_known"]}
TITLES, NOTES = texts.table(__name__, "titles"), texts.table(__name__, "notes")


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


def in_order(place: Area, texts: Texts, table: pd.DataFrame) -> pd.DataFrame:
    """Recommendations in the order in which they are to be taken up: of a study all, of an area what concerns it.

    Returns
    -------
    DataFrame as `analysis.recommendations.advice.order` returns it.
    """
    return advice.order(texts, table, "" if place.is_study else place.area_id)


def key_findings(
    place: Area, texts: Texts, order: pd.DataFrame, states: pd.DataFrame, table: pd.DataFrame, most: int = 4
) -> HTML:
    """What the page says first: how many recommendations the findings support, what to do first, what is not known.

    Parameters
    ----------
    order : of `in_order`. states : of `evaluation.recommendations`. most : how many are said in a sentence.
    """
    by_id, in_words = _by_id(texts), _in_words(texts, table)
    public = _on_public_evidence(order, states)
    count = public["group"].value_counts()
    open_ = public[public["group"] == advice.UNSUPPORTED]
    points = [
        TEXT["key_counts"].format(
            place=place.name, rows=len(public), met=len(public) - len(open_), first=int(count.get(advice.DO_FIRST, 0))
        )
    ]
    for name in public.loc[public["group"] != advice.UNSUPPORTED, "recommendation_id"].head(most):
        each = by_id[name]
        said = _first(in_words(each.text["en"]))
        points.append(TEXT["key_supported"].format(to=capital(_who(place, each), "en"), text=said))
    if len(public) < len(order):
        points.append(TEXT["key_synthetic"].format(rows=len(order) - len(public)))
    last = TEXT["key_all_decided"]
    if len(open_):
        text = by_id[open_["recommendation_id"].iloc[0]].text["en"]
        last = TEXT["key_open"].format(rows=len(open_), text=_first(in_words(text)))
    rests_on = _evidence(list(order["recommendation_id"]), states, table)
    return HTML(box(points, last), metadata={"release_class": _gate(rests_on)})


def _first(text: str) -> str:
    """The first sentence of a text, without its full stop."""
    # "No. 138" ends no sentence.
    return re.split(r"\. (?=[A-Z])", text)[0].removesuffix(".")


def _by_id(texts: Texts) -> dict[str, Recommendation]:
    return {each.recommendation_id: each for each in texts.recommendations}


def _who(place: Area, each: Recommendation) -> str:
    return "; ".join(advice.addressees(each, place.area_id))


def _where(each: Recommendation, table: pd.DataFrame) -> str:
    """The areas in which the findings show what a recommendation answers, and those of which they do not know it."""
    places = advice.by_area(each, table)
    if places.empty:
        return TEXT["where_all"]
    names = {
        state: ", ".join(area_name(area_id) for area_id in part["area_id"]) for state, part in places.groupby("state")
    }
    said = [names.get(advice.SHOWN, "")]
    if advice.UNKNOWN in names:
        said.append(TEXT["where_unknown"].format(names=names[advice.UNKNOWN]))
    return "; ".join(filter(None, said))


def _on_public_evidence(order: pd.DataFrame, states: pd.DataFrame) -> pd.DataFrame:
    """Of recommendations in their order those that do not rest on synthetic data."""
    others = states.loc[states["synthetic"].astype(bool), "recommendation_id"]
    return order[~order["recommendation_id"].isin(set(others))]


def in_short(
    place: Area, texts: Texts, order: pd.DataFrame, states: pd.DataFrame, table: pd.DataFrame
) -> list[Section]:
    """What to do first, next and later, to whom and where, a table each; last what the findings do not support."""
    by_id, in_words = _by_id(texts), _in_words(texts, table)
    public = _on_public_evidence(order, states)
    shown = []
    for group in advice.GROUPS:
        rows = public[public["group"] == group]
        if rows.empty:
            continue
        last = "Missing" if group == advice.UNSUPPORTED else "Where"
        printed = pd.DataFrame(
            {
                "No.": row["recommendation_id"],
                "Recommendation": _first(in_words(by_id[row["recommendation_id"]].text["en"])),
                "To": _who(place, by_id[row["recommendation_id"]]),
                "When": by_id[row["recommendation_id"]].time_frame.replace("_", " "),
                last: row["missing"] if last == "Missing" else _where(by_id[row["recommendation_id"]], table),
            }
            for row in rows.to_dict("records")
        )
        shown.append(
            Section(
                f"recommendations_{group}",
                TITLES[group].format(place=place.name),
                printed if place.is_study or last == "Missing" else printed.drop(columns=last),
                limits=NOTES[group],
                release_class=_gate(_evidence(list(rows["recommendation_id"]), states, table)),
            )
        )
    return shown


def recommended(
    place: Area, texts: Texts, order: pd.DataFrame, states: pd.DataFrame, table: pd.DataFrame
) -> list[Section]:
    """All recommendations with what decides them, in their order: on public evidence, then on synthetic data."""
    at = states.set_index("recommendation_id")
    shown = []
    for title, synthetic in ((TEXT["title_recommendations"], False), (TEXT["title_invented"], True)):
        ids = [each for each in order["recommendation_id"] if bool(at.at[each, "synthetic"]) == synthetic]
        if ids:
            shown.append(_recommended(title.format(place=place.name), ids, synthetic, place, texts, states, table))
    return shown


def _recommended(
    title: str, ids: list[str], synthetic: bool, place: Area, texts: Texts, states: pd.DataFrame, table: pd.DataFrame
) -> Section:
    by_id, in_words, at = _by_id(texts), _in_words(texts, table), states.set_index("recommendation_id")
    printed = pd.DataFrame(
        {
            "Recommendation": each.recommendation_id,
            "State": STATES[str(at.at[each.recommendation_id, "state"])],
            "Text": in_words(each.text["en"]),
            "To": _who(place, each),
            "Action": in_words(each.action["en"]),
            "Priority": f"{each.priority}; {each.time_frame.replace('_', ' ')}; SDG {', '.join(each.sdg)}",
            "Why": at.at[each.recommendation_id, "why"],
        }
        for each in map(by_id.__getitem__, ids)
    )
    rests_on = _evidence(ids, states, table)
    return Section(
        f"recommendations{'_invented' * synthetic}",
        title,
        printed,
        _sources(rests_on),
        TEXT["limits"],
        kind="synthetic" if synthetic else "public",
        invented=TEXT["invented"],
        release_class=_gate(rests_on),
        folded=True,
    )


def _evidence(recommendation_ids: list[str], states: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """The findings that recommendations rest on."""
    cells = states.loc[states["recommendation_id"].isin(recommendation_ids), "evidence"]
    return table[table["finding_id"].isin({i for cell in cells for i in str(cell).split(";")})]


def bodies(place: Area, texts: Texts) -> Section:
    """The named bodies of a place, what they are charged with, and who says so; of a study those of all its areas."""
    of = {country_of(place.study, area_id) for area_id in areas.ids(place.study)} | {place.study}
    there = of if place.is_study else {country_of(place.study, place.area_id)}
    found = [body for body in texts.authorities if body.area in there]
    printed = pd.DataFrame(
        {
            "Body": body.called(),
            "Of": area_name(place.study) if body.area not in areas.ids(place.study) else area_name(body.area),
            "Roles": ", ".join(body.roles).replace("_", " "),
            "Charged with": body.mandate["en"],
            "Source": bibliography.short_source([body.source]),
        }
        for body in found
    )
    return Section(
        "bodies",
        TEXT["title_bodies"].format(place=place.name),
        printed,
        tuple(dict.fromkeys(body.source for body in found)),
        TEXT["limits_bodies"],
        release_class=PUBLIC,
        folded=True,
    )


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
        TEXT["no_claim"],
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
    context = references.context_of(texts, table)
    return lambda text: references.in_words(text, context, "en")[0]


def _sources(rows: pd.DataFrame) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for cell in rows["source_ids"] for name in str(cell).split(";") if name))


def _gate(rows: pd.DataFrame) -> str:
    """Findings may leave, all of them; those on persons by what their tables and models let."""
    return PUBLIC if (rows["release_class"] == PUBLIC).all() else PROTECTED
