"""Sections made from the findings of other notebooks: what follows from them, and the report of a demonstration.

Recommendations and commitments of a study stand with what the findings say of each. The demonstration shows what lists
and a survey let one state, by area, and how near the truth it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pandas as pd
from IPython.display import HTML, Markdown
from matplotlib.figure import Figure

from analysis import areas, bibliography, catalog, plots, texts
from analysis.areas import Area
from analysis.exhibits.any_place import take_names
from analysis.exhibits.exhibit import PROTECTED, PUBLIC, Exhibit, said
from analysis.exhibits.wording import plain
from analysis.findings import finding
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
from analysis.recommendations.texts import country_of
from analysis.report import references
from analysis.report.key_findings import box

TEXT = texts.of(__name__)

STATES = {MET: TEXT["states_met"], NOT_MET: TEXT["states_not_met"], NOT_KNOWN: TEXT["states_not_known"]}
TITLES, NOTES = texts.table(__name__, "titles"), texts.table(__name__, "notes")


def texts_of(place: Area) -> Texts:
    """The texts of the pledge that bear on the study of a place."""
    return read(PLEDGE).of_study(place.study)


def findings_of(place: Area) -> pd.DataFrame:
    """The findings of the study of a place, as its notebooks state them."""
    return finding.read(place.study)


def at_hand(place: Area, table: pd.DataFrame) -> Exhibit:
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
    return Exhibit(
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
    DataFrame as `analysis.recommendations.evaluation.order` returns it.
    """
    return evaluation.order(texts, table, "" if place.is_study else place.area_id)


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
    open_ = public[public["group"] == evaluation.UNSUPPORTED]
    points = [
        TEXT["key_counts"].format(
            place=place.name,
            rows=len(public),
            met=len(public) - len(open_),
            first=int(count.get(evaluation.DO_FIRST, 0)),
        )
    ]
    for name in public.loc[public["group"] != evaluation.UNSUPPORTED, "recommendation_id"].head(most):
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
    return "; ".join(evaluation.addressees(each, place.area_id))


def _where(each: Recommendation, table: pd.DataFrame) -> str:
    """The areas in which the findings show what a recommendation answers, and those of which they do not know it."""
    places = evaluation.by_area(each, table)
    if places.empty:
        return TEXT["where_all"]
    names = {
        state: ", ".join(area_name(area_id) for area_id in part["area_id"]) for state, part in places.groupby("state")
    }
    said = [names.get(evaluation.SHOWN, "")]
    if evaluation.UNKNOWN in names:
        said.append(TEXT["where_unknown"].format(names=names[evaluation.UNKNOWN]))
    return "; ".join(filter(None, said))


def _on_public_evidence(order: pd.DataFrame, states: pd.DataFrame) -> pd.DataFrame:
    """Of recommendations in their order those that do not rest on synthetic data."""
    others = states.loc[states["synthetic"].astype(bool), "recommendation_id"]
    return order[~order["recommendation_id"].isin(set(others))]


def in_short(
    place: Area, texts: Texts, order: pd.DataFrame, states: pd.DataFrame, table: pd.DataFrame
) -> list[Exhibit]:
    """What to do first, next and later, to whom and where, a table each; last what the findings do not support."""
    by_id, in_words = _by_id(texts), _in_words(texts, table)
    public = _on_public_evidence(order, states)
    shown = []
    for group in evaluation.GROUPS:
        rows = public[public["group"] == group]
        if rows.empty:
            continue
        last = "Missing" if group == evaluation.UNSUPPORTED else "Where"
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
            Exhibit(
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
) -> list[Exhibit]:
    """All recommendations with what decides them, in their order: on public evidence, then on synthetic data."""
    at = states.set_index("recommendation_id")
    shown = []
    for heads, synthetic in ((TEXT["title_recommendations"], False), (TEXT["title_invented"], True)):
        ids = [each for each in order["recommendation_id"] if bool(at.at[each, "synthetic"]) == synthetic]
        if ids:
            shown.append(_recommended(heads.format(place=place.name), ids, synthetic, place, texts, states, table))
    return shown


def _recommended(
    title: str, ids: list[str], synthetic: bool, place: Area, texts: Texts, states: pd.DataFrame, table: pd.DataFrame
) -> Exhibit:
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
    return Exhibit(
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


def bodies(place: Area, texts: Texts) -> Exhibit:
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
    return Exhibit(
        "bodies",
        TEXT["title_bodies"].format(place=place.name),
        printed,
        tuple(dict.fromkeys(body.source for body in found)),
        TEXT["limits_bodies"],
        release_class=PUBLIC,
        folded=True,
    )


def commitments(place: Area, texts: Texts, progress: pd.DataFrame, table: pd.DataFrame) -> Exhibit:
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
    return Exhibit(
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


LIMITS = TEXT["demonstrated_limits"]
# What a policy reader asks, and the measures, or items of measures, that answer it.
QUESTIONS = {
    TEXT["how_many"]: ("recorded_persons", "recorded_children", "recorded_children_at_start", "estimated_total"),
    TEXT["how_it_changes"]: ("recorded_change", "recorded_common_change", "recorded_turns"),
    TEXT["from_where"]: ("journey_reach",),
    TEXT["how_long"]: ("days_to_referral",),
    TEXT["who_is_at_risk"]: ("prevalence", "odds_ratio.child_labour"),
    TEXT["what_is_missing"]: ("unmet_need",),
}
# The columns of the table by area.
BY_AREA = ("recorded_persons", "estimated_total", "recorded_change", "prevalence.child_labour.syrian")
_TRUTH = "synthetic_{study}_truth_totals"


def statements(place: Area, table: pd.DataFrame) -> pd.DataFrame:
    """What is known of the study as a whole, as sentences: question, statement, n, finding_id."""
    whole = table[table["area_id"].eq(place.study) & table["status"].eq(KNOWN)]
    rows = [
        (question, sentence(row), row["n"], row["finding_id"])
        for question, names in QUESTIONS.items()
        for name in names
        for row in whole[_is_named(whole, name)].to_dict("records")
    ]
    return pd.DataFrame(rows, columns=["question", "statement", "n", "finding_id"])


def demonstration_key_findings(place: Area, stated: pd.DataFrame, table: pd.DataFrame) -> HTML:
    """What the page says first: one statement a question, and how much is suppressed."""
    first = stated.drop_duplicates("question")["finding_id"]
    rows = table.set_index("finding_id", drop=False).loc[list(first)].to_dict("records")
    suppressed = int(table["status"].eq(WITHHELD).sum())
    last = TEXT["suppressed"].format(findings=f"{len(table):,}", suppressed=f"{suppressed:,}", name=place.name)
    return HTML(box([marked_sentence(row) for row in rows], last), metadata={"release_class": PROTECTED})


def answered(place: Area) -> Exhibit:
    """What surrounds the statements on the study as a whole."""
    return _section("statements", TEXT["statements_title"].format(name=place.name), LIMITS)


def statement_rows(stated: pd.DataFrame) -> pd.DataFrame:
    """The statements as they are printed."""
    n = [f"{int(each):,}" if pd.notna(each) else "–" for each in stated["n"]]
    return pd.DataFrame({"Question": stated["question"], "Statement": stated["statement"], "n": n})


def by_area(place: Area, table: pd.DataFrame) -> pd.DataFrame:
    """Each area with its values in words, one column a measure: area_id, name, these, persons (a number)."""
    names = areas.names(place.study)
    found = {"area_id": list(names), "name": list(names.values())}
    for name in BY_AREA:
        own = table[_is_named(table, name)].set_index("area_id")
        if len(own):
            words = {area_id: value_words(row) for area_id, row in own.to_dict("index").items()}
            found[_head(own.iloc[0])] = [words.get(area_id, "–") for area_id in names]
    persons = table[table["measure"].eq("recorded_persons")].set_index("area_id")["value"]
    return pd.DataFrame(found).assign(persons=[persons.get(area_id) for area_id in names])


def areas_section(place: Area, table: pd.DataFrame) -> Exhibit:
    """What surrounds the table and the map of the areas."""
    what = TEXT["by_area_title"].format(name=place.name)
    whole = table[table["area_id"].eq(place.study) & table["measure"].eq("recorded_persons")].iloc[0]
    n = TEXT["persons"].format(n=value_words(whole))
    footer = plots.Footer(TEXT["source"], period_words(whole["period"]), n, LIMITS, synthetic=True)
    return _section("areas", what, LIMITS, footer=footer, alt=f"{what}. {LIMITS}")


def areas_figure(place: Area, rows: pd.DataFrame, section: Exhibit) -> Figure:
    """The persons on lists by area, as a map; what is suppressed is hatched."""
    hidden = rows["persons"].isna()
    persons = rows["persons"].map("{:,.0f}".format)
    drawn = rows.assign(
        label=rows["name"].where(hidden, rows["name"] + "\n" + persons),
        status=hidden.map({True: "suppressed", False: ""}),
    )
    return plots.choropleth(
        plots.join_areas(areas.boundaries(place.study), drawn),
        value="persons",
        status="status",
        labels="label",
        projection=place.projection,
        legend_label=TEXT["persons_on_lists"],
        world=areas.surroundings(place.study),
        **section.frame,
    )


def area_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """The same as they are printed."""
    return rows.drop(columns=["area_id", "persons"]).rename(columns={"name": "Area"})


def truth(place: Area, table: pd.DataFrame) -> pd.DataFrame:
    """Each range of the estimated total beside the true number: area_id, name, low, high, persons, held."""
    total = catalog.load(_TRUTH.format(study=place.study)).groupby("area_id")["persons"].sum()
    own = table[table["measure"].eq("estimated_total") & table["status"].eq(KNOWN)].set_index("area_id")
    true = pd.concat([total, pd.Series({place.study: total.sum()})])
    found = own[["low", "high"]].assign(persons=true.reindex(own.index))
    named = {**areas.names(place.study), place.study: place.name}
    found = found.assign(
        name=[named[area_id] for area_id in found.index], held=found["persons"].between(found["low"], found["high"])
    )
    return found.reset_index().sort_values("persons", ascending=False, ignore_index=True, kind="stable")


def truth_section(place: Area, found: pd.DataFrame) -> Exhibit:
    """What surrounds the estimates beside the truth."""
    limits = TEXT["truth_limits"].format(held=int(found["held"].sum()), ranges=len(found))
    return _section("truth", TEXT["truth_title"].format(name=place.name), limits)


def truth_rows(found: pd.DataFrame) -> pd.DataFrame:
    """The same as they are printed."""
    return pd.DataFrame(
        {
            "Area": found["name"],
            "Estimated total": [
                f"{low:,.0f} to {high:,.0f}" for low, high in zip(found["low"], found["high"], strict=True)
            ],
            "True number": found["persons"].map("{:,.0f}".format),
            "Range holds it": found["held"].map({True: "yes", False: "no"}),
        }
    )


def _section(name: str, title: str, limits: str, **more: object) -> Exhibit:
    return Exhibit(name, title, limits=limits, kind="synthetic", release_class=PROTECTED, **more)  # type: ignore[arg-type]


def _is_named(table: pd.DataFrame, name: str) -> pd.Series:
    """Rows of a measure, or of those of its items that begin so: ``odds_ratio.child_labour``."""
    measure, _, item = name.partition(".")
    items = table["item"].eq(item) | table["item"].str.startswith(f"{item}.")
    return table["measure"].eq(measure) & (items if item else True)


def _head(row: pd.Series) -> str:
    unit = {"percent": ", %", "percent_a_year": ""}.get(MEASURES[row["measure"]].unit, "")
    return capital(title(row), "en") + unit


take_names(__name__)
