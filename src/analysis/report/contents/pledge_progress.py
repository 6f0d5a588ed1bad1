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
    title, _ = material.said(commitment.title)
    named, _ = material.cell(title, language, where)
    source = html.escape(material.frame("source_of", source=commitment.source))
    said = prose.written(
        material, f'<div lang="{language}">{material.html(text, language, where)}</div><p>{source}</p>'
    )
    table = _activities(material, commitment, where)
    blocks: tuple[Block, ...] = (said, *prose.only_english(material, table.language), table)
    section_id = f"commitment-{commitment.commitment_id}"
    return Section(section_id, named, blocks, kind="part", synthetic=table.synthetic or material.cites_invented(text))


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
