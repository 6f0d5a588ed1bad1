"""Findings as tables: each with its number, sentence and n, and below how it was found and what it does not show."""

from __future__ import annotations

import html
from collections.abc import Sequence

import pandas as pd

from analysis.findings.sentences import count_words, sentence
from analysis.report import sanitising
from analysis.report.contents.material import Material, marked
from analysis.report.document import Block, Prose, Rows


def key_findings(
    material: Material, finding_ids: Sequence[str], name: str, caption: str, *, anchors: bool = True
) -> tuple[Block, ...]:
    """A table of findings, and below it their methods and limits, which are in English.

    Parameters
    ----------
    finding_ids : in the order in which they stand. name : of the table.
    anchors : whether links to these findings may lead here.
    """
    if not finding_ids:
        return (Prose(sanitising.prose(f"<p>{html.escape(material.frame('no_findings'))}</p>"), material.language),)
    return rows(material, finding_ids, name, caption, anchors=anchors), notes(material, finding_ids)


def rows(material: Material, finding_ids: Sequence[str], name: str, caption: str, *, anchors: bool = True) -> Rows:
    """Number, sentence and n of each finding."""
    frame = material.frame
    found = [material.row(finding_id) for finding_id in finding_ids]
    columns = {
        frame("columns", "number"): [material.numbered([finding_id]) for finding_id in finding_ids],
        frame("columns", "finding"): [
            marked(sentence(row, material.language), row["kind"] == "synthetic") for row in found
        ],
        frame("columns", "n"): [count_words(row["n"], material.language) for row in found],
    }
    return Rows(
        name=name,
        table=pd.DataFrame(columns),
        number=0,
        caption=caption,
        language=material.language,
        numeric=(frame("columns", "n"),),
        anchors=anchor_names(material, finding_ids) if anchors else (),
        note=frame("n_note"),
        synthetic=material.invented(finding_ids),
    )


def anchor_names(material: Material, finding_ids: Sequence[str]) -> tuple[str, ...]:
    """Where links to findings lead."""
    return tuple(f"finding-{material.context.numbers[finding_id]}" for finding_id in finding_ids)


def notes(material: Material, finding_ids: Sequence[str]) -> Prose:
    """Methods, limits, and why something is not known, each with the numbers of the findings that share it."""
    frame = material.frame
    parts = []
    for column, heading in (("method", "how_found"), ("limits", "not_shown"), ("why", "why_not_known")):
        shared: dict[str, list[str]] = {}
        for finding_id in finding_ids:
            text = str(material.row(finding_id)[column])
            # In English the sentence gives the reason.
            if text and (column, material.language) != ("why", "en"):
                shared.setdefault(text, []).append(finding_id)
        items = "".join(
            f"<li><strong>{material.numbered(ids)}.</strong> {html.escape(text)}</li>" for text, ids in shared.items()
        )
        if items:
            parts.append(f'<p><strong>{html.escape(frame(heading))}</strong></p><ul lang="en">{items}</ul>')
    said = html.escape(frame("notes_on"))
    return Prose(sanitising.prose(f"<details><summary>{said}</summary>{''.join(parts)}</details>"), material.language)
