"""Exhibits made from the findings of other notebooks: recommendations, and the report of a demonstration.

Recommendations and commitments of a study stand with the findings that decide each. The demonstration shows what could
be stated from lists and a survey, by area, and how near the truth it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pandas as pd
from IPython.display import HTML, Markdown

from analysis import areas, bibliography, catalog, plots
from analysis.areas import Area
from analysis.exhibits.any_place import take_names
from analysis.exhibits.exhibit import PROTECTED, PUBLIC, Exhibit, said
from analysis.exhibits.plot import Plot
from analysis.exhibits.table import spans
from analysis.exhibits.wording import plain
from analysis.findings import collected
from analysis.findings.confidence import VERY_LOW, grade_words
from analysis.findings.finding import KNOWN, STATUSES, WITHHELD
from analysis.findings.measures import (
    MEASURES,
    area_name,
    capital,
    marked_sentence,
    period_words,
    sentence,
    title,
    value_words,
)
from analysis.jobs import ANALYSES, PLEDGE
from analysis.recommendations import MET, NOT_KNOWN, NOT_MET, Recommendation, Texts, evaluation, read
from analysis.recommendations.authorities import country_of
from analysis.report import references
from analysis.report.key_findings import box

STATES = {MET: "supported", NOT_MET: "FLAGGED: the findings do not support it", NOT_KNOWN: "not known"}
LIMITS = (
    "A condition holds by three-valued logic (Kleene, 1938): an interval decides where all of it gives one answer; "
    "what is refused, suppressed, not reported or not read decides nothing. That a condition holds does not show that "
    "the action would work."
)
_NO_PROOF = "The findings support it; that does not show that the action would work."
# Group of recommendations -> how its title ends, and its limits.
GROUPS = {
    evaluation.DO_FIRST: (
        "do first",
        f"It answers a gap rated high, or has high priority and can be done within a year. {_NO_PROOF}",
    ),
    evaluation.NEXT: ("next", f"It has high priority and takes longer than a year. {_NO_PROOF}"),
    evaluation.LATER: ("later", f"It has medium or low priority. {_NO_PROOF}"),
    evaluation.UNSUPPORTED: (
        "not yet supported, with the evidence that is missing",
        "The findings do not decide it, or decide against it. Last in each row is what is missing.",
    ),
}


def texts_of(place: Area) -> Texts:
    """Return the texts of the pledge that bear on the study of a place."""
    return read(PLEDGE).of_study(place.study)


def findings_of(place: Area) -> pd.DataFrame:
    """Return the findings of the study of a place, as its notebooks state them."""
    return collected.read(place.study)


def at_hand(place: Area, table: pd.DataFrame) -> Exhibit:
    """Return the number of findings by analysis, and how many of them are known."""
    own = own_findings(place, table)
    found = own.groupby(["analysis", "status"]).size().unstack(fill_value=0).reindex(columns=STATUSES, fill_value=0)
    found = found.reindex([name for name in ANALYSES if name in found.index])
    synthetic = own[own["kind"] == "synthetic"].groupby("analysis").size().reindex(found.index, fill_value=0)
    printed = pd.DataFrame(
        {
            "Analysis": [name.replace("_", " ") for name in found.index],
            "Known": found["known"].to_numpy(),
            "Refused by the method": found["refused"].to_numpy(),
            "Suppressed": found["withheld"].to_numpy(),
            "Not reported": found["not reported"].to_numpy(),
            "Not read": found["not read"].to_numpy(),
            "Of all these SYNTHETIC": synthetic.to_numpy(),
        }
    )
    return Exhibit(
        "findings_at_hand",
        f"{place.name}: findings that recommendations can rest on",
        printed,
        limits="A finding that is not known keeps its place, with the reason: what is not known is part of the result.",
        release_class=release_class_of(own),
    )


def own_findings(place: Area, table: pd.DataFrame) -> pd.DataFrame:
    """Return the findings of an area; of a study all of them."""
    return table if place.is_study else table[table["area_id"] == place.area_id]


def in_order(place: Area, texts: Texts, table: pd.DataFrame) -> pd.DataFrame:
    """Return recommendations in the order in which they are to be taken up; of an area those that concern it.

    Returns
    -------
    DataFrame as `analysis.recommendations.evaluation.order` returns it.
    """
    return evaluation.order(texts, table, "" if place.is_study else place.area_id)


def key_findings(
    place: Area, texts: Texts, order: pd.DataFrame, states: pd.DataFrame, table: pd.DataFrame, most: int = 4
) -> HTML:
    """Return the opening of the page: how many recommendations are supported, what to do first, what is not known.

    Parameters
    ----------
    order : of `in_order`. states : of `evaluation.recommendations`. most : number of recommendations with a sentence.
    """
    by_id, in_words = _by_id(texts), _in_words(texts, table)
    public = _on_public_evidence(order, states)
    count = public["group"].value_counts()
    open_ = public[public["group"] == evaluation.UNSUPPORTED]
    met, first = len(public) - len(open_), int(count.get(evaluation.DO_FIRST, 0))
    points = [f"{place.name}: the findings support {met} of {len(public)} recommendations; {first} of them come first."]
    for name in public.loc[public["group"] != evaluation.UNSUPPORTED, "recommendation_id"].head(most):
        text = _first(in_words(by_id[name].text["en"]))
        points.append(f"{capital(_addressees(place, by_id[name]), 'en')}: {text}.")
    if others := len(order) - len(public):
        points.append(
            f"{others} further recommendations rest on synthetic data: they show the method, and are no advice."
        )
    last = "The findings support every recommendation that rests on public evidence."
    if len(open_):
        text = _first(in_words(by_id[open_["recommendation_id"].iloc[0]].text["en"]))
        last = f"Not yet supported by the findings: {len(open_)}. The first: {text}."
    evidence = _evidence(list(order["recommendation_id"]), states, table)
    return HTML(box(points, last), metadata={"release_class": release_class_of(evidence)})


def _first(text: str) -> str:
    """Return the first sentence of a text, without its full stop."""
    # "No. 138" ends no sentence.
    return re.split(r"\. (?=[A-Z])", text)[0].removesuffix(".")


def _by_id(texts: Texts) -> dict[str, Recommendation]:
    return {each.recommendation_id: each for each in texts.recommendations}


def _addressees(place: Area, recommendation: Recommendation) -> str:
    return "; ".join(evaluation.addressees(recommendation, place.area_id))


def _where(recommendation: Recommendation, table: pd.DataFrame) -> str:
    """Return the areas in which the findings show what a recommendation answers, and those where it is not known."""
    places = evaluation.by_area(recommendation, table)
    if places.empty:
        return "everywhere"
    names = {
        state: ", ".join(area_name(area_id) for area_id in part["area_id"]) for state, part in places.groupby("state")
    }
    unknown = f"not known: {names[evaluation.UNKNOWN]}" if evaluation.UNKNOWN in names else ""
    return "; ".join(filter(None, [names.get(evaluation.SHOWN, ""), unknown]))


def _on_public_evidence(order: pd.DataFrame, states: pd.DataFrame) -> pd.DataFrame:
    """Return recommendations that do not rest on synthetic data, in their order."""
    others = states.loc[states["synthetic"].astype(bool), "recommendation_id"]
    return order[~order["recommendation_id"].isin(set(others))]


def in_short(
    place: Area, texts: Texts, order: pd.DataFrame, states: pd.DataFrame, table: pd.DataFrame
) -> list[Exhibit]:
    """Return what to do first, next and later, to whom and where, a table each; last what is not supported."""
    by_id, in_words = _by_id(texts), _in_words(texts, table)
    public = _on_public_evidence(order, states)
    grades = states.set_index("recommendation_id")["grade"]
    shown = []
    for group in evaluation.GROUPS:
        rows, (ending, limits) = public[public["group"] == group], GROUPS[group]
        if rows.empty:
            continue
        last = "Missing" if group == evaluation.UNSUPPORTED else "Where"
        printed = pd.DataFrame(
            {
                "No.": recommendation.recommendation_id,
                "Recommendation": _first(in_words(recommendation.text["en"])),
                "To": _addressees(place, recommendation),
                "When": recommendation.time_frame.replace("_", " "),
                "Evidence": grade_words(grades[recommendation.recommendation_id]) or "none known",
                last: missing if last == "Missing" else _where(recommendation, table),
            }
            for recommendation, missing in zip(rows["recommendation_id"].map(by_id), rows["missing"], strict=True)
        )
        shown.append(
            Exhibit(
                f"recommendations_{group}",
                f"{place.name}: {ending}",
                printed if place.is_study or last == "Missing" else printed.drop(columns=last),
                limits=limits,
                release_class=release_class_of(_evidence(list(rows["recommendation_id"]), states, table)),
            )
        )
    return shown


def recommended(
    place: Area, texts: Texts, order: pd.DataFrame, states: pd.DataFrame, table: pd.DataFrame
) -> list[Exhibit]:
    """Return all recommendations with what decides them: those on public evidence, then those on synthetic data."""
    at = states.set_index("recommendation_id")
    shown = []
    for ending, synthetic in (
        ("each recommendation with what decides it", False),
        ("recommendations that rest on synthetic data", True),
    ):
        ids = [name for name in order["recommendation_id"] if bool(at.at[name, "synthetic"]) == synthetic]
        if ids:
            shown.append(_recommended(f"{place.name}: {ending}", ids, synthetic, place, texts, states, table))
    return shown


def _recommended(
    title: str, ids: list[str], synthetic: bool, place: Area, texts: Texts, states: pd.DataFrame, table: pd.DataFrame
) -> Exhibit:
    by_id, in_words, at = _by_id(texts), _in_words(texts, table), states.set_index("recommendation_id")
    printed = pd.DataFrame(
        {
            "Recommendation": recommendation.recommendation_id,
            "State": STATES[str(at.at[recommendation.recommendation_id, "state"])],
            "Text": in_words(recommendation.text["en"]),
            "To": _addressees(place, recommendation),
            "Action": in_words(recommendation.action["en"]),
            "Priority": f"{recommendation.priority}; {recommendation.time_frame.replace('_', ' ')}; "
            f"SDG {', '.join(recommendation.sdg)}",
            "Evidence": _strength(str(at.at[recommendation.recommendation_id, "grade"])),
            "Why": at.at[recommendation.recommendation_id, "why"],
        }
        for recommendation in map(by_id.__getitem__, ids)
    )
    evidence = _evidence(ids, states, table)
    return Exhibit(
        f"recommendations{'_invented' * synthetic}",
        title,
        printed,
        _sources(evidence),
        LIMITS,
        kind="synthetic" if synthetic else "public",
        synthetic_part="it rests on synthetic data. It shows what a real survey or real lists would decide; "
        "it is no advice.",
        release_class=release_class_of(evidence),
        folded=True,
    )


def _strength(grade: str) -> str:
    """Return how sure the evidence of a recommendation is, in a sentence."""
    if grade == VERY_LOW:
        return "It rests on evidence of very low confidence."
    return f"{capital(grade_words(grade), 'en')}." if grade else "Nothing is known."


def _evidence(recommendation_ids: list[str], states: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Return the findings that recommendations rest on."""
    return _named(table, states.loc[states["recommendation_id"].isin(recommendation_ids), "evidence"])


def _named(table: pd.DataFrame, cells: pd.Series) -> pd.DataFrame:
    """Return the findings whose ids stand in cells, with semicolons between them."""
    return table[table["finding_id"].isin({name for cell in cells for name in str(cell).split(";")})]


def bodies(place: Area, texts: Texts) -> Exhibit:
    """Return the named bodies of a place, their mandates, and who states these; of a study those of all its areas."""
    whole = {country_of(place.study, area_id) for area_id in areas.ids(place.study)} | {place.study}
    here = whole if place.is_study else {country_of(place.study, place.area_id)}
    found = [body for body in texts.authorities if body.area in here]
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
    return Exhibit(
        "bodies",
        f"{place.name}: named bodies and what they are charged with",
        printed,
        tuple(dict.fromkeys(body.source for body in found)),
        "What the source says, for its year; a ministry may have been renamed since. Where no source that was read "
        "names a body, none stands here.",
        release_class=PUBLIC,
        folded=True,
    )


def commitments(place: Area, texts: Texts, progress: pd.DataFrame, table: pd.DataFrame) -> Exhibit:
    """Return the commitments of the pledge to a study: each activity, its outputs, and its state by the findings."""
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
    evidence = _named(table, states["evidence"])
    return Exhibit(
        "commitments",
        f"{place.name}: the pledge, activity by activity",
        printed,
        _sources(evidence),
        "The state follows from findings. Synthetic data fulfil no commitment, and neither does a plan or a text.",
        citations=tuple(dict.fromkeys(commitment.source for commitment in texts.commitments)),
        release_class=release_class_of(evidence),
        folded=True,
    )


def not_known(place: Area, states: pd.DataFrame, table: pd.DataFrame) -> Markdown:
    """Return in plain words why recommendations are open or flagged, and how many findings are not known."""
    lines = []
    for state, verdict in ((NOT_KNOWN, "not known"), (NOT_MET, "flagged")):
        rows = states[states["state"] == state]
        pairs = zip(rows["recommendation_id"], rows["why"], strict=True)
        lines += [f"- **{name}** is {verdict}. {plain(why)}" for name, why in pairs]
    own = own_findings(place, table)
    unknown = (own["status"] != KNOWN).sum()
    lines += [
        f"- **{unknown:,} of {len(own):,} findings on {plain(place.name)} are not known.** Each keeps its place with "
        "the reason; none of them counts as a no, or as zero.",
        "- **That a condition holds does not show that what is recommended would work.** No finding here does.",
    ]
    return said("\n".join(lines), release_class_of(own))


def _in_words(texts: Texts, table: pd.DataFrame) -> Callable[[str], str]:
    """Return the function that turns a text with references into one with their values."""
    context = references.context_of(texts, table)
    return lambda text: references.in_words(text, context, "en")[0]


def _sources(rows: pd.DataFrame) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for cell in rows["source_ids"] for name in str(cell).split(";") if name))


def release_class_of(rows: pd.DataFrame) -> str:
    """Return the class of what is made of findings: public where all are, and else protected."""
    return PUBLIC if (rows["release_class"] == PUBLIC).all() else PROTECTED


DEMONSTRATED = "Synthetic persons of places that do not exist. It shows what could be stated, and states nothing."
# What a policy reader asks, and the measures, or items of measures, that answer it.
QUESTIONS = {
    "How many persons are there?": (
        "recorded_persons",
        "recorded_children",
        "recorded_children_at_start",
        "estimated_total",
    ),
    "Does their number change?": ("recorded_change", "recorded_common_change", "recorded_turns"),
    "How far were they moved?": ("journey_reach",),
    "How long do they wait for a referral?": ("days_to_referral",),
    "Which children are at risk?": ("prevalence", "odds_ratio.child_labour"),
    "Which protection is missing?": ("unmet_need",),
}
# The columns of the table by area.
BY_AREA = ("recorded_persons", "estimated_total", "recorded_change", "prevalence.child_labour.syrian")
_TRUTH = "synthetic_{study}_truth_totals"


def statements(place: Area, table: pd.DataFrame) -> pd.DataFrame:
    """Return what is known of the study as a whole, as sentences: question, statement, n, finding_id."""
    whole = table[table["area_id"].eq(place.study) & table["status"].eq(KNOWN)]
    rows = [
        (question, sentence(row), row["n"], row["finding_id"])
        for question, names in QUESTIONS.items()
        for name in names
        for row in whole[_is_named(whole, name)].to_dict("records")
    ]
    return pd.DataFrame(rows, columns=["question", "statement", "n", "finding_id"])


def demonstration_key_findings(place: Area, stated: pd.DataFrame, table: pd.DataFrame) -> HTML:
    """Return the opening of the page: one statement a question, and how much is suppressed."""
    first = stated.drop_duplicates("question")["finding_id"]
    rows = table.set_index("finding_id", drop=False).loc[list(first)].to_dict("records")
    suppressed = int(table["status"].eq(WITHHELD).sum())
    last = (
        f"Of {len(table):,} statements on {place.name} and its areas {suppressed:,} are suppressed, so that nobody "
        "could be recognised."
    )
    return HTML(box([marked_sentence(row) for row in rows], last), metadata={"release_class": PROTECTED})


def statements_by_question(place: Area, stated: pd.DataFrame) -> Exhibit:
    """Return the statements on the study as a whole, by the question that they answer.

    Parameters
    ----------
    stated : what `statements` gives.
    """
    n = [f"{int(number):,}" if pd.notna(number) else "–" for number in stated["n"]]
    rows = pd.DataFrame({"Question": stated["question"], "Statement": stated["statement"], "n": n})
    return _demonstrated("statements", f"What could be stated on {place.name}", rows, DEMONSTRATED)


def by_area(place: Area, table: pd.DataFrame) -> pd.DataFrame:
    """Return each area with its values in words, one column a measure: area_id, name, these, persons (a number)."""
    names = areas.names(place.study)
    found = {"area_id": list(names), "name": list(names.values())}
    for name in BY_AREA:
        own = table[_is_named(table, name)].set_index("area_id")
        if len(own):
            words = {area_id: value_words(row) for area_id, row in own.to_dict("index").items()}
            found[_head(own.iloc[0])] = [words.get(area_id, "–") for area_id in names]
    persons = table[table["measure"].eq("recorded_persons")].set_index("area_id")["value"]
    return pd.DataFrame(found).assign(persons=[persons.get(area_id) for area_id in names])


def persons_by_area(place: Area, table: pd.DataFrame, rows: pd.DataFrame) -> Exhibit:
    """Return what is stated of each area, with a map of the persons on lists; what is suppressed is hatched.

    Parameters
    ----------
    table : the findings. rows : what `by_area` makes of them.
    """
    title = f"{place.name}: persons on lists of case records, by area"
    whole = table[table["area_id"].eq(place.study) & table["measure"].eq("recorded_persons")].iloc[0]
    n, period = f"{value_words(whole)} persons on lists", period_words(whole["period"])
    hidden, persons = rows["persons"].isna(), rows["persons"].map("{:,.0f}".format)
    drawn = rows.assign(
        label=rows["name"].where(hidden, rows["name"] + "\n" + persons),
        status=hidden.map({True: "suppressed", False: ""}),
    )
    plot = Plot(
        plots.choropleth,
        plots.join_areas(areas.boundaries(place.study), drawn),
        value="persons",
        status="status",
        labels="label",
        projection=place.projection,
        legend_label="Persons on lists",
        world=areas.surroundings(place.study),
    )
    return _demonstrated(
        "areas",
        title,
        rows.drop(columns=["area_id", "persons"]).rename(columns={"name": "Area"}),
        DEMONSTRATED,
        plot=plot,
        footer=plots.Footer("lists of case records, synthetic", period, n, DEMONSTRATED, synthetic=True),
        alt=f"{title}. {DEMONSTRATED}",
    )


def truth(place: Area, table: pd.DataFrame) -> pd.DataFrame:
    """Return each range of the estimated total with the true number: area_id, name, low, high, persons, held."""
    total = catalog.load(_TRUTH.format(study=place.study)).groupby("area_id")["persons"].sum()
    own = table[table["measure"].eq("estimated_total") & table["status"].eq(KNOWN)].set_index("area_id")
    true = pd.concat([total, pd.Series({place.study: total.sum()})])
    found = own[["low", "high"]].assign(persons=true.reindex(own.index))
    named = {**areas.names(place.study), place.study: place.name}
    found = found.assign(
        name=[named[area_id] for area_id in found.index], held=found["persons"].between(found["low"], found["high"])
    )
    return found.reset_index().sort_values("persons", ascending=False, ignore_index=True, kind="stable")


def totals_and_truth(place: Area, found: pd.DataFrame) -> Exhibit:
    """Return each range of the estimated total with the true number, and whether the range holds it.

    Parameters
    ----------
    found : what `truth` gives.
    """
    rows = pd.DataFrame(
        {
            "Area": found["name"],
            "Estimated total": spans(found["low"], found["high"], ",.0f"),
            "True number": found["persons"].map("{:,.0f}".format),
            "Range holds it": found["held"].map({True: "yes", False: "no"}),
        }
    )
    limits = (
        f"Of {len(found)} ranges {found['held'].sum()} hold the true number. Areas without a range are suppressed, or "
        "the method refused."
    )
    return _demonstrated("truth", f"{place.name}: estimated totals and true numbers", rows, limits)


def _demonstrated(name: str, title: str, rows: pd.DataFrame, limits: str, **more: Any) -> Exhibit:
    return Exhibit(name, title, rows, limits=limits, kind="synthetic", release_class=PROTECTED, **more)


def _is_named(table: pd.DataFrame, name: str) -> pd.Series:
    """Return True for rows of a measure, or of those of its items that begin so: ``odds_ratio.child_labour``."""
    measure, _, item = name.partition(".")
    items = table["item"].eq(item) | table["item"].str.startswith(f"{item}.")
    return table["measure"].eq(measure) & (items if item else True)


def _head(row: pd.Series) -> str:
    unit = {"percent": ", %", "percent_a_year": ""}.get(MEASURES[row["measure"]].unit, "")
    return capital(title(row), "en") + unit


take_names(__name__)
