"""Findings as tables: each with its number, sentence and n, and below how it was found and what it does not show.

The annexes: what the data mean, sources and data sets, all findings, and how the report is made.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from analysis import areas, evidence
from analysis.findings.finding import COLUMNS
from analysis.findings.measures import (
    MEASURES,
    area_name,
    capital,
    count_words,
    period_words,
    sentence,
    title,
    value_words,
)
from analysis.report import pages, prose
from analysis.report.document import Block, Prose, Rows, Section
from analysis.report.material import Material, frame, marked, places


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
        return (Prose(pages.prose(f"<p>{html.escape(material.frame('no_findings'))}</p>"), material.language),)
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
    return Prose(pages.prose(f"<details><summary>{said}</summary>{''.join(parts)}</details>"), material.language)


# What rebuilds the report, and what the frame says of it.
# Of the sources of one finding so many are named in a line.
_MOST_SOURCES = 4
# Column of the findings and text -> its code.
Codes = Mapping[tuple[str, str], str]
_COMMANDS = (("make run", "run"), ("python -m analysis report --check", "check"))


def chapters(material: Material) -> Iterator[Section]:
    """All annexes, in their order."""
    coded = codes(material)
    yield dictionary(material, coded)
    yield sources(material)
    for study in areas.reported():
        yield all_findings(material, study, coded)
    yield provenance(material)


# How findings were made, what they do not show, and why they are not known: a letter and a column of the findings each.
_CODED = (("M", "method", "methods"), ("L", "limits", "limits"), ("W", "why", "reasons"))


def codes(material: Material) -> Codes:
    """A code for each method, limit and reason, so that a text that many findings share stands once: M1, L1, W1.

    Returns
    -------
    (column, text) -> code, in the order of the findings' numbers.
    """
    order = sorted(material.context.rows, key=lambda finding_id: material.context.numbers[finding_id])
    found: dict[tuple[str, str], str] = {}
    for letter, column, _ in _CODED:
        texts = dict.fromkeys(str(material.row(finding_id)[column]) for finding_id in order)
        found |= {(column, text): f"{letter}{number}" for number, text in enumerate(filter(None, texts), 1)}
    return found


def dictionary(material: Material, coded: Codes) -> Section:
    """Columns of the table of findings, measures with their units, and methods, limits and reasons by code."""
    words, language = material.frame, material.language
    columns = {
        words("columns", "column"): list(COLUMNS),
        words("columns", "meaning"): [_meaning(material, name) for name in COLUMNS],
    }
    stated = sorted(set(material.table["measure"]))
    measures = {
        words("columns", "measure"): stated,
        words("columns", "meaning"): [capital(MEASURES[name].title[language], language) for name in stated],
        words("columns", "unit"): [words("units", MEASURES[name].unit) for name in stated],
        words("columns", "analysis"): [words("analyses", MEASURES[name].analysis) for name in stated],
    }
    blocks: tuple[Block, ...] = (
        prose.paragraph(material, words("dictionary", "intro")),
        Rows("columns", pd.DataFrame(columns), 0, words("dictionary", "columns_caption"), language),
        Rows("measures", pd.DataFrame(measures), 0, words("dictionary", "measures_caption"), language),
        prose.paragraph(material, words("dictionary", "codes_intro")),
        *(_table_of_codes(coded, column, name) for _, column, name in _CODED),
    )
    return Section("dictionary", words("chapters", "dictionary"), blocks, kind="annex")


def sources(material: Material) -> Section:
    """The bibliography of what the findings cite, and the data sets that were read; no confidential one is named."""
    words, language = material.frame, material.language
    named = {each for said in material.table["source_ids"] for each in str(said).split(";")}
    ids = sorted(named & evidence.source_ids())
    cited = evidence.citations(ids)
    bibliography = {
        words("columns", "source"): list(cited["source_id"]),
        words("columns", "citation"): list(cited["citation"]),
    }
    told = [entry for entry in material.datasets if entry.kind != "confidential"]
    datasets = {
        words("columns", "dataset"): [
            f"SYNTHETIC: {entry.title}" if entry.kind == "synthetic" else entry.title for entry in told
        ],
        words("columns", "licence"): [entry.licence for entry in told],
        words("columns", "date"): [entry.date for entry in told],
        words("columns", "sha256"): [entry.sha256 for entry in told],
    }
    synthetic = any(entry.kind == "synthetic" for entry in told)
    blocks: list[Block] = [
        prose.paragraph(material, words("sources", "intro")),
        Rows("bibliography", pd.DataFrame(bibliography), 0, words("sources", "bibliography"), language),
        Rows(
            *("datasets", pd.DataFrame(datasets), 0, words("sources", "datasets"), language),
            synthetic=synthetic,
        ),
    ]
    if len(told) < len(material.datasets):
        blocks.append(prose.paragraph(material, words("sources", "confidential")))
    return Section("sources", words("chapters", "sources"), tuple(blocks), kind="annex", synthetic=synthetic)


def all_findings(material: Material, study: str, coded: Codes) -> Section:
    """Everything that is stated on a study, a table a place."""
    words = material.frame
    named = area_name(study, material.language)
    tables = [
        _of_place(material, area_id, ids, coded)
        for area_id in places(study)
        if (ids := material.of_area(study, area_id))
    ]
    blocks: tuple[Block, ...] = (prose.paragraph(material, words("findings", "intro", study=named)), *tables)
    headed = words("chapters", "findings", study=named)
    return Section(
        f"findings-{study}", headed, blocks, kind="annex", synthetic=any(table.synthetic for table in tables)
    )


def provenance(material: Material) -> Section:
    """How the report is rebuilt, and which notebook stated what, from which data."""
    words = material.frame
    items = "".join(
        f"<li><code>{html.escape(command)}</code>: {html.escape(words('provenance', said))}</li>"
        for command, said in _COMMANDS
    )
    intro, closing = (html.escape(words("provenance", name)) for name in ("intro", "bytes"))
    text = prose.written(material, f"<p>{intro}</p><ul>{items}</ul><p>{closing}</p>")
    table = material.table
    made = table.groupby(["notebook", "notebook_sha256"], as_index=False).size()
    lines = {
        words("columns", "notebook"): list(made["notebook"]),
        words("columns", "findings"): [count_words(size, material.language) for size in made["size"]],
        words("columns", "dataset"): [_read_by(material, name) for name in made["notebook"]],
        words("columns", "sha256"): list(made["notebook_sha256"]),
    }
    numeric = (words("columns", "findings"),)
    rows = Rows(
        *("notebooks", pd.DataFrame(lines), 0, words("provenance", "notebooks"), material.language),
        numeric=numeric,
    )
    return Section("provenance", words("chapters", "provenance"), (text, rows), kind="annex")


def _read_by(material: Material, notebook: str) -> str:
    """Names of the data sets that a notebook read; confidential ones are left out."""
    told = {entry.name for entry in material.datasets if entry.kind != "confidential"}
    inputs = material.table.loc[material.table["notebook"] == notebook, "inputs"].unique()
    names = {each.partition(":")[0] for said in inputs for each in str(said).split(";")}
    return ", ".join(sorted(names & told)) or material.frame("no_value")


def _of_place(material: Material, area_id: str, ids: list[str], coded: Codes) -> Rows:
    """One line a finding, so that a place fits on a page or two; what it is of comes before its value."""
    words, language = material.frame, material.language
    ordered = sorted(ids, key=lambda finding_id: material.context.numbers[finding_id])
    found = [material.row(finding_id) for finding_id in ordered]
    table = pd.DataFrame(
        {
            words("columns", "number"): [material.numbered([finding_id]) for finding_id in ordered],
            words("columns", "finding"): [
                marked(capital(title(row, language), language), row["kind"] == "synthetic") for row in found
            ],
            words("columns", "value"): [value_words(row, language) for row in found],
            words("columns", "period"): [
                period_words(str(row["period"]), language) or words("no_value") for row in found
            ],
            words("columns", "n"): [count_words(row["n"], language) for row in found],
            words("columns", "codes"): [
                " ".join(coded[column, str(row[column])] for _, column, _ in _CODED if row[column]) for row in found
            ],
            words("columns", "source"): [_short(str(row["source_ids"])) for row in found],
            words("columns", "id"): [finding_id.partition("/")[2] for finding_id in ordered],
        }
    )
    return Rows(
        name=f"all-{area_id}".lower(),
        table=table,
        number=0,
        caption=words("all_findings", area=area_name(area_id, language)) + f" ({area_id})",
        language=language,
        numeric=(words("columns", "n"),),
        anchors=anchor_names(material, ordered),
        note=words("n_note"),
        folded=True,
        synthetic=material.invented(ordered),
    )


def _short(source_ids: str) -> str:
    """The first sources, and how many more there are; the table that can be downloaded has them all."""
    ids = [each for each in source_ids.split(";") if each]
    more = len(ids) - _MOST_SOURCES
    return ", ".join(ids[:_MOST_SOURCES]) + (f" + {more}" if more > 0 else "")


def _table_of_codes(coded: Codes, column: str, name: str) -> Rows:
    """Methods, limits and reasons are written in English, and so is all of their table."""
    english = frame("en")
    texts = [(code, text) for (of, text), code in coded.items() if of == column]
    table = pd.DataFrame(texts, columns=["Code", "Text"], dtype=object)
    return Rows(name, table, 0, english("dictionary", name), "en", folded=True)


def _meaning(material: Material, column: str) -> str:
    """What a column is; of one with few values, which these are."""
    words = material.frame
    said = words("columns_of_findings", column)
    groups = {"interval": "intervals", "status": "statuses", "kind": "kinds"}
    if column not in groups:
        return said
    return said + ": " + "; ".join(f"{name} = {meaning}" for name, meaning in words.group(groups[column]).items())
