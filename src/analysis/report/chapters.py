"""Recommendations: a table for each study, and below it the text of each, with its state, its evidence and why.

The pledge as a table: each commitment with its activities, what they leave, what shows them, and their state.

What changed since the baseline: how many findings, in which way, and those that did.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

import pandas as pd

from analysis import areas
from analysis.findings.measures import area_name, count_words, title, value_words
from analysis.recommendations import MET, NOT_KNOWN, NOT_MET
from analysis.recommendations.texts import Commitment, Recommendation
from analysis.report import prose
from analysis.report.document import Block, Rows, Section
from analysis.report.material import Frame, Material, frame, marked

# What the findings do not support comes first, then what they cannot decide.
ORDER = (NOT_MET, NOT_KNOWN, MET)
_JUDGED = {NOT_MET: "flagged", NOT_KNOWN: "unknown_state", MET: "supported"}


def recommendations_chapter(material: Material) -> Section:
    """The chapter on recommendations, study by study."""
    parts = tuple(_of_study(material, study) for study in areas.reported() if _of(material, study))
    note = prose.paragraph(material, material.frame("recommendation_note"))
    title = material.frame("chapters", "recommendations")
    return Section("recommendations", title, (note,), parts, synthetic=any(part.synthetic for part in parts))


def anchor(recommendation_id: str) -> str:
    """Where a link to a recommendation leads."""
    return f"recommendation-{recommendation_id}"


def of_area(material: Material, study: str, area_id: str) -> str:
    """Which recommendations concern a place, as HTML with links to them."""
    found = [each for each in material.texts.recommendations if each.study == study]
    own = [each for each in found if area_id in each.areas]
    whole = [each for each in found if not each.areas]
    parts = [f"<h2>{html.escape(material.frame('chapters', 'recommendations'))}</h2>"]
    parts += [f"<p>{html.escape(material.frame('own_recommendations' if own else 'no_recommendation'))}</p>"]
    parts += ["<ul>", *(_linked(material, each) for each in own), "</ul>"] if own else []
    if whole:
        links = ", ".join(f'<a href="#{anchor(each.recommendation_id)}">{each.recommendation_id}</a>' for each in whole)
        parts.append(f"<p>{html.escape(material.frame('whole_study'))} {links}.</p>")
    return "".join(parts)


def invented(material: Material, recommendation: Recommendation) -> bool:
    """Whether a recommendation rests on invented persons, or cites them."""
    state = _state(material, recommendation)
    return bool(state["synthetic"]) or material.cites_invented(recommendation.text["en"], recommendation.action["en"])


def _linked(material: Material, recommendation: Recommendation) -> str:
    text, language = material.said(recommendation.text)
    where = f"pledge/recommendations.yml, {recommendation.recommendation_id}"
    said, _ = material.cell(text, language, where)
    name = recommendation.recommendation_id
    shown = prose.marked_html(prose.in_language(material, said, language), invented(material, recommendation))
    return f'<li><a href="#{anchor(name)}">{html.escape(name)}</a>{material.frame("colon")} {shown}</li>'


def _of(material: Material, study: str) -> list[Recommendation]:
    """Recommendations of a study, those first that the findings do not support."""
    found = [each for each in material.texts.recommendations if each.study == study]
    return sorted(found, key=lambda each: ORDER.index(str(_state(material, each)["state"])))


def _state(material: Material, recommendation: Recommendation) -> Mapping[str, object]:
    states = material.states
    found = states[states["recommendation_id"] == recommendation.recommendation_id]
    return found.iloc[0].to_dict()


def _of_study(material: Material, study: str) -> Section:
    found = _of(material, study)
    table = _table(material, study, found)
    blocks: tuple[Block, ...] = (*prose.only_english(material, table.language), table)
    parts = tuple(_one(material, each) for each in found)
    named = material.frame("of_study", study)
    return Section(f"recommendations-{study}", named, blocks, parts, "part", table.synthetic)


def _table(material: Material, study: str, found: Sequence[Recommendation]) -> Rows:
    """All of a study in one language: in English, with its heads, where a text has no other."""
    language = material.language
    if any(language not in each.text or language not in each.addressee for each in found):
        language = "en"
    words = frame(language)
    lines = []
    for each in found:
        where = f"pledge/recommendations.yml, {each.recommendation_id}"
        state = _state(material, each)
        text, _ = material.cell(each.text[language], language, where)
        addressee, _ = material.cell(each.addressee[language], language, where)
        lines.append(
            {
                words("columns", "id"): each.recommendation_id,
                words("columns", "recommendation"): marked(text, invented(material, each)),
                words("columns", "addressee"): addressee,
                words("columns", "priority"): words("priorities", each.priority),
                words("columns", "time_frame"): words("time_frames", each.time_frame),
                words("columns", "state"): words("states", str(state["state"])),
            }
        )
    return Rows(
        name=f"recommendations-{study}",
        table=pd.DataFrame(lines, dtype=object),
        number=0,
        caption=words("recommendation_table", study=words("of_study", study)),
        language=language,
        synthetic=any(invented(material, each) for each in found),
    )


def _one(material: Material, recommendation: Recommendation) -> Section:
    """The text of a recommendation, and all that is said of it."""
    frame_, name = material.frame, recommendation.recommendation_id
    where = f"pledge/recommendations.yml, {name}"
    state = _state(material, recommendation)
    synthetic = invented(material, recommendation)
    text, language = material.said(recommendation.text)
    html_of = material.html(text, language, where)
    if synthetic and "SYNTHETIC" not in html_of:
        html_of = html_of.replace("<p>", '<p><span class="synthetic">SYNTHETIC</span> ', 1)
    evidence = list(filter(None, str(state["evidence"]).split(";")))
    listed = [
        ("addressee", _inline(material, recommendation.addressee, where)),
        ("action", _inline(material, recommendation.action, where)),
        ("areas", html.escape(", ".join(area_name(each, material.language) for each in recommendation.areas))),
        ("priority", html.escape(frame_("priorities", recommendation.priority))),
        ("time_frame", html.escape(frame_("time_frames", recommendation.time_frame))),
        ("sdg", html.escape(", ".join(recommendation.sdg))),
        ("state", _judged(material, state)),
        ("why", html.escape(str(state["why"]))),
        ("evidence", _links(material, evidence)),
    ]
    items = "".join(
        f"<li><strong>{html.escape(frame_('labels', label) + frame_('colon'))}</strong> {said}</li>"
        for label, said in listed
        if said
    )
    body = prose.written(material, f'<div lang="{language}">{html_of}</div><ul>{items}</ul>')
    return Section(anchor(name), name, (body,), kind="part", synthetic=synthetic)


def _judged(material: Material, state: Mapping[str, object]) -> str:
    words = material.frame
    said = f"<strong>{html.escape(words('states', str(state['state'])))}.</strong> "
    said += html.escape(words(_JUDGED[str(state["state"])]))
    if state["synthetic"]:
        said += " " + html.escape(words("rests_on_synthetic"))
    return prose.marked_html(said, bool(state["synthetic"]))


def _inline(material: Material, text: Mapping[str, str], where: str) -> str:
    """A text of one paragraph within a line."""
    said, language = material.said(text)
    resolved = material.html(said, language, where).removeprefix("<p>").removesuffix("</p>")
    return resolved if language == material.language else f'<span lang="{language}">{resolved}</span>'


def _links(material: Material, evidence: Sequence[str]) -> str:
    """Numbers of findings, each with a link to it."""
    numbers = sorted(material.context.numbers[finding_id] for finding_id in evidence)
    return ", ".join(f'<a href="#finding-{number}">F{number}</a>' for number in numbers)


def pledge_chapter(material: Material) -> Section:
    """The chapter on the pledge: its text, and a part for each commitment."""
    text, invented = prose.chapter(material, "pledge")
    parts = tuple(_commitment(material, each) for each in material.texts.commitments)
    return Section(
        "pledge",
        material.frame("chapters", "pledge"),
        (*text, prose.paragraph(material, material.frame("pledge_note"))),
        parts,
        synthetic=invented or any(part.synthetic for part in parts),
    )


def _commitment(material: Material, commitment: Commitment) -> Section:
    where = f"pledge/commitments.yml, {commitment.commitment_id}"
    text, language = material.said(commitment.text)
    title, title_language = material.said(commitment.title)
    named, _ = material.cell(title, title_language, where)
    table = _activities(material, commitment, where)
    in_english = "en" if "en" in (language, title_language, table.language) else material.language
    source = html.escape(material.frame("source_of", source=commitment.source))
    parts = [f'<div lang="{language}">{material.html(text, language, where)}</div><p>{source}</p>']
    headed = named
    if title_language != material.language:
        # A title is in the document's language; the promise's own stands below it.
        headed = f"{material.frame('of_study', commitment.study)} ({commitment.commitment_id})"
        parts.insert(0, f'<p lang="{title_language}"><strong>{html.escape(named)}</strong></p>')
    said = prose.written(material, "".join(parts))
    blocks: tuple[Block, ...] = (*prose.only_english(material, in_english), said, table)
    section_id = f"commitment-{commitment.commitment_id}"
    return Section(section_id, headed, blocks, kind="part", synthetic=table.synthetic or material.cites_invented(text))


def _activities(material: Material, commitment: Commitment, where: str) -> Rows:
    """The activities of a commitment, all in one language: in English, with its heads, where a text has no other."""
    language = material.language
    if any(language not in each.text for each in commitment.activities) or language not in commitment.title:
        language = "en"
    words = frame(language)
    found = material.progress[material.progress["commitment_id"] == commitment.commitment_id]
    by_activity = found.set_index("activity")
    lines, synthetic = [], False
    for number, activity in enumerate(commitment.activities, 1):
        state = by_activity.loc[number]
        text, cites = material.cell(activity.text[language], language, where)
        invented = cites or bool(state["synthetic"])
        synthetic |= invented
        lines.append(
            {
                words("columns", "activity"): marked(text, invented),
                words("columns", "outputs"): ", ".join(_output(words, name) for name in activity.outputs),
                words("columns", "evidence"): material.numbered(filter(None, str(state["evidence"]).split(";"))),
                words("columns", "status"): words("states", str(state["state"])),
            }
        )
    title, _ = material.cell(commitment.title[language], language, where)
    return Rows(
        name=f"commitment-{commitment.commitment_id}".lower(),
        table=pd.DataFrame(lines, dtype=object),
        number=0,
        caption=words("pledge_table", title=title),
        language=language,
        synthetic=synthetic,
    )


def _output(words: Frame, name: str) -> str:
    return words("outputs", name) if name in words.group("outputs") else words("analyses", name)


# More are counted, and stand in the table that can be downloaded.
MOST_LISTED = 60
UNCHANGED = "unchanged"
# Kinds of change, those first of which most follows.
BY_WEIGHT = (
    "changed beyond uncertainty",
    "changed (exact figure: no uncertainty is known)",
    "newly known",
    "no longer known",
    "changed within uncertainty",
    "not comparable",
    "new",
    "gone",
)


def changes_chapter(material: Material) -> Section:
    """The chapter on changes."""
    frame = material.frame
    named = frame("chapters", "changes")
    if material.changes is None:
        return Section("changes", named, (prose.paragraph(material, frame("changes", "none")),))
    table = material.changes
    intro = prose.paragraph(material, frame("changes", "intro"))
    changed = table[table["change"] != UNCHANGED]
    if changed.empty:
        return Section(
            "changes", named, (intro, _counts(material, table), prose.paragraph(material, frame("changes", "nothing")))
        )
    listed = _listed(material, changed)
    return Section("changes", named, (intro, _counts(material, table), listed), synthetic=listed.synthetic)


def _counts(material: Material, table: pd.DataFrame) -> Rows:
    frame = material.frame
    counts = table["change"].value_counts()
    kinds = [kind for kind in frame.group("kinds_of_change") if kind in counts.index]
    lines = {
        frame("columns", "change"): [frame("kinds_of_change", kind) for kind in kinds],
        frame("columns", "findings"): [count_words(counts[kind], material.language) for kind in kinds],
    }
    numeric = (frame("columns", "findings"),)
    return Rows("changes-counted", pd.DataFrame(lines), 0, frame("changes", "by_kind"), material.language, numeric)


def _listed(material: Material, changed: pd.DataFrame) -> Rows:
    """The changes, those beyond uncertainty first."""
    frame, language = material.frame, material.language
    order = {kind: at for at, kind in enumerate(BY_WEIGHT)}
    ranked = changed.assign(_at=changed["change"].map(order).fillna(len(order)))
    ranked = ranked.sort_values(["_at", "finding_id"]).head(MOST_LISTED)
    lines, synthetic = [], False
    for row in ranked.to_dict("records"):
        invented = "synthetic" in (row.get("kind_then"), row.get("kind_now"))
        synthetic |= invented
        what = f"{area_name(row['area_id'], language)}{frame('colon')} {title(row, language)}"
        lines.append(
            {
                frame("columns", "what"): marked(what, invented),
                frame("columns", "then"): _value(row, "then", material),
                frame("columns", "now"): _value(row, "now", material),
                frame("columns", "change"): frame("kinds_of_change", row["change"]),
                frame("columns", "number"): _number(row["finding_id"], material),
            }
        )
    note = frame("changes", "many", n=MOST_LISTED) if len(changed) > MOST_LISTED else ""
    return Rows(
        *("changes-listed", pd.DataFrame(lines, dtype=object), 0, frame("changes", "listed"), language),
        note=note,
        synthetic=synthetic,
    )


def _number(finding_id: str, material: Material) -> str:
    there = finding_id in material.context.numbers
    return material.numbered([finding_id]) if there else material.frame("no_value")


def _value(row: Mapping[str, object], when: str, material: Material) -> str:
    """The value then or now, as the measure writes it today."""
    said = {name: row[f"{name}_{when}"] for name in ("status", "value", "low", "high", "interval")}
    if not said["status"]:
        return material.frame("no_value")
    return value_words({**said, "measure": row["measure"]}, material.language)
