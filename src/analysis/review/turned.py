"""Statements that turn when an input is exchanged: headlines, advice, directions, sentences, and other numbers.

Findings are compared by `monitoring.changes`; conditions of recommendations and actions are evaluated with either table
of findings; and every sentence of the pledge is written out with either, so that it needs no report.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from analysis import areas, monitoring, recommendations
from analysis.findings.finding import KNOWN
from analysis.findings.measures import MEASURES, area_name, period_words, title, value_words
from analysis.recommendations import NOT_KNOWN, Texts, UnknownFinding
from analysis.recommendations.conditions import Condition, ConditionError
from analysis.recommendations.evaluation import by_area, evaluate
from analysis.recommendations.gap_actions import is_gap
from analysis.report.coherence import written_texts
from analysis.report.references import UnknownReference, context_of, in_words
from analysis.report.statements import statements
from analysis.review.differences import direction

HEADLINE, ADVICE, DIRECTION, SENTENCE, NUMBER = "headline", "advice", "direction", "sentence", "number"
KINDS = (HEADLINE, ADVICE, DIRECTION, SENTENCE, NUMBER)
COLUMNS = (
    *("kind", "study", "area_id", "id", "what", "then", "now", "period_then", "period_now"),
    *("sources_then", "sources_now", "change", "direction", "beyond", "language"),
)
# Changes that no uncertainty accounts for; others are within it.
TURNS = (
    *(monitoring.BEYOND, monitoring.NO_UNCERTAINTY, monitoring.NEWLY_KNOWN, monitoring.NO_LONGER_KNOWN),
    *(monitoring.NEW, monitoring.GONE),
)
NOT_STATED, NOT_ASKED = "not stated", "cannot be asked: no such finding"
_A_YEAR = "percent_a_year"
RISING, FALLING, NEITHER = "rising", "falling", "neither rise nor fall shown"
_SIGN = {1: RISING, -1: FALLING, 0: NEITHER}


def turned(then: pd.DataFrame, now: pd.DataFrame, texts: Texts, briefs: Mapping[tuple[str, str], str]) -> pd.DataFrame:
    """Return everything that two tables of findings say otherwise.

    Parameters
    ----------
    then, now : findings with the one input and with the other. texts : of the pledge. briefs : its briefs, Markdown by
        name and language.

    Returns
    -------
    DataFrame with COLUMNS, one row a thing, by area and kind: kind (one of KINDS), id (of the finding, of the
    recommendation or action, or file and line), then and now (in words), change (in the words of `monitoring`),
    sources (ids with ``;`` between), beyond (whether no uncertainty accounts for it; of advice and sentences always),
    language (of sentences).
    """
    rows = [*_findings(then, now), *_advice(then, now, texts), *_sentences(then, now, texts, briefs)]
    table = pd.DataFrame([dict.fromkeys(COLUMNS, "") | row for row in rows], columns=list(COLUMNS))
    table = table.astype({"beyond": bool})
    order = table["kind"].map(KINDS.index)
    places = {each: place for place, each in enumerate([*areas.reported(), *areas.ids()])}
    keys = table.assign(order=order, study_order=table["study"].map(places), place=table["area_id"].map(places))
    keys["line"] = keys["id"].str.replace(r"\d+$", lambda found: found[0].zfill(6), regex=True)
    keys = keys.sort_values(["study_order", "place", "order", "line"], kind="stable")
    return keys[list(COLUMNS)].reset_index(drop=True)


def _findings(then: pd.DataFrame, now: pd.DataFrame) -> Iterator[dict[str, object]]:
    before, after = _by_id(then), _by_id(now)
    compared = monitoring.changes(then, now)
    for row in compared[compared["change"].ne(monitoring.UNCHANGED)].to_dict("records"):
        old, new = before.get(row["finding_id"]), after.get(row["finding_id"])
        one: Any = new or old
        beyond = row["change"] in TURNS
        kind = HEADLINE if one["measure"] == "headline" else NUMBER
        # A gap is the other name of a state.
        is_state = MEASURES[one["measure"]].levels and one["measure"] != monitoring.GAP
        if (_sign(old) or NEITHER) != (_sign(new) or NEITHER) or (is_state and beyond):
            kind = DIRECTION
        told = {"study": one["study"], "area_id": one["area_id"], "id": row["finding_id"], "what": title(one)}
        told |= {"kind": kind, "beyond": beyond or kind == DIRECTION}
        told |= {"change": row["change"], "direction": row["direction"]}
        yield told | _of_side("then", old) | _of_side("now", new)


def _of_side(when: str, row: Mapping[str, Any] | None) -> dict[str, str]:
    """Return a value in words, and of one that is known its period and sources."""
    if not row:
        return {when: NOT_STATED}
    sign = _sign(row)
    said = {when: value_words(row) + (f" ({sign})" if sign else "")}
    if row["status"] == KNOWN:
        said |= {f"period_{when}": period_words(str(row["period"])), f"sources_{when}": str(row["source_ids"])}
    return said


def _by_id(table: pd.DataFrame) -> dict[str, dict[str, Any]]:
    return {str(row["finding_id"]): row for row in table.to_dict("records")}


def _sign(row: Mapping[str, Any] | None) -> str:
    """Return the direction that a yearly change shows, by its limits; empty for any other finding."""
    if not row or row["unit"] != _A_YEAR or row["status"] != KNOWN:
        return ""
    return _SIGN[direction(row["low"], row["high"])]


def _advice(then: pd.DataFrame, now: pd.DataFrame, texts: Texts) -> Iterator[dict[str, object]]:
    """Rows of recommendations, actions and activities whose condition turned, area by area where it is asked so."""
    context = context_of(texts, now)
    for each in texts.recommendations:
        said = in_words(each.text["en"], context, "en")[0]
        sides = [_states(each, table) for table in (then, now)]
        for area_id in dict.fromkeys([*sides[0], *sides[1]]):
            yield from _turn(
                each.study, area_id, each.recommendation_id, said, *(side.get(area_id, NOT_ASKED) for side in sides)
            )
    asked = {"answers a gap": _is_gap, "target": lambda action, table: _state(action.met_by, table)}
    for action in texts.gap_actions:
        study = areas.get(action.area_id).study
        for what, read in asked.items():
            said = f"{action.action['en']} ({what})"
            pair = [read(action, table) for table in (then, now)]
            yield from _turn(study, action.area_id, action.action_id, said, *pair)
    for commitment in texts.commitments:
        for place, activity in enumerate(commitment.activities, 1):
            pair = [_state(activity.rests_on, table) for table in (then, now)]
            name = f"{commitment.commitment_id}, activity {place}"
            yield from _turn(commitment.study, commitment.study, name, activity.text["en"], *pair)


def _turn(study: str, area_id: str, name: str, what: str, then: str, now: str) -> Iterator[dict[str, object]]:
    if then != now:
        said = {"study": study, "area_id": area_id, "id": name, "what": what, "then": then, "now": now}
        yield {"kind": ADVICE, **said, "change": "state turned", "direction": "", "beyond": True}


def _states(each: recommendations.Recommendation, table: pd.DataFrame) -> dict[str, str]:
    """Return the state of a recommendation in each area that it tells apart, and as a whole."""
    found = {each.study: _state(each.rests_on, table)}
    if found[each.study] != NOT_ASKED:
        found |= dict(by_area(each, table)[["area_id", "state"]].itertuples(index=False))
    return found


def _state(condition: Condition | None, table: pd.DataFrame) -> str:
    if condition is None:
        return NOT_KNOWN
    try:
        return evaluate(condition, table).state
    except (UnknownFinding, ConditionError):
        return NOT_ASKED


def _is_gap(action: Any, table: pd.DataFrame) -> str:
    row = _by_id(table[table["finding_id"].eq(action.gap)]).get(action.gap)
    return NOT_ASKED if row is None else "a gap" if is_gap(row) else "no gap is shown"


def _sentences(
    then: pd.DataFrame, now: pd.DataFrame, texts: Texts, briefs: Mapping[tuple[str, str], str]
) -> Iterator[dict[str, object]]:
    """Rows of sentences that a reader would see otherwise, written out with either table of findings."""
    contexts = [context_of(texts, table) for table in (then, now)]
    files = written_texts(briefs, texts.chapters)
    for (file, language), text in files.items():
        for said in statements(file, text, language, contexts[1].rows, texts.terms):
            try:
                new = in_words(said.text, contexts[1], language)[0]
            except UnknownReference:
                continue
            try:
                old = in_words(said.text, contexts[0], language)[0]
            except UnknownReference as missing:
                old = f"{NOT_STATED}: {missing}"
            if old != new:
                area_id = _area_of(file)
                told = {"kind": SENTENCE, "area_id": area_id, "study": area_id and areas.get(area_id).study}
                told |= {"id": f"{file}, line {said.line}", "what": said.heading, "language": language}
                told |= {"then": _one_line(old), "now": _one_line(new), "change": "the sentence says otherwise"}
                yield {**told, "beyond": True}


def _area_of(file: str) -> str:
    """Return the area or the study that a text is named after; "" of all studies."""
    stem = file.rpartition("/")[2].removesuffix(".md").removesuffix("_areas")
    return stem if stem in {*areas.reported(), *areas.ids()} else ""


def _one_line(text: str) -> str:
    return " ".join(text.split()).removeprefix("- ")


def place_name(area_id: str) -> str:
    """Return the name of an area or a study; of neither, that a text is on all."""
    return area_name(area_id) if area_id else "All studies"
