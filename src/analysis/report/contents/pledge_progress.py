"""The pledge as a table: each commitment with its activities, what they leave, what shows them, and their state."""

from __future__ import annotations

import html

import pandas as pd

from analysis.recommendations.texts import Commitment
from analysis.report.contents import prose
from analysis.report.contents.frame import Frame, frame
from analysis.report.contents.material import Material, marked
from analysis.report.document import Block, Rows, Section


def chapter(material: Material) -> Section:
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
