"""The annexes: what the data mean, sources and data sets, all findings, and how the report is made."""

from __future__ import annotations

import html
from collections.abc import Iterator

import pandas as pd

from analysis import areas, catalog, evidence
from analysis.findings.finding import COLUMNS
from analysis.findings.measures import MEASURES
from analysis.findings.sentences import area_name, capital, count_words
from analysis.report.contents import finding_tables, prose
from analysis.report.contents.frame import frame
from analysis.report.contents.material import Material, places
from analysis.report.document import Block, Rows, Section

# What rebuilds the report, and what the frame says of it.
_COMMANDS = (("make run", "run"), ("python -m analysis report --check", "check"))


def chapters(material: Material) -> Iterator[Section]:
    """All annexes, in their order."""
    codes = methods(material)
    yield dictionary(material, codes)
    yield sources(material)
    for study in areas.STUDIES:
        yield all_findings(material, study, codes)
    yield provenance(material)


def methods(material: Material) -> dict[tuple[str, str, str], str]:
    """A code for each method with its limits, and for each reason why something is not known: M1, M2, in the order of
    the findings' numbers."""
    order = sorted(material.context.rows, key=lambda finding_id: material.context.numbers[finding_id])
    found = dict.fromkeys(_method(material, finding_id) for finding_id in order)
    return {key: f"M{number}" for number, key in enumerate(found, 1)}


def dictionary(material: Material, codes: dict[tuple[str, str, str], str]) -> Section:
    """Columns of the table of findings, measures with their units, and methods by code."""
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
        prose.paragraph(material, words("dictionary", "methods_intro")),
        _table_of_methods(codes),
    )
    return Section("dictionary", words("chapters", "dictionary"), blocks, kind="annex")


def sources(material: Material) -> Section:
    """The bibliography of what the findings cite, and the data sets that were read; no confidential one is named."""
    words, language = material.frame, material.language
    listed = set(catalog.load("sources")["source_id"])
    ids = sorted({each for said in material.table["source_ids"] for each in str(said).split(";")} & listed)
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


def all_findings(material: Material, study: str, codes: dict[tuple[str, str, str], str]) -> Section:
    """Everything that is stated on a study, a table a place."""
    words = material.frame
    named = area_name(study, material.language)
    tables = [
        _of_place(material, area_id, ids, codes)
        for area_id in places(study)
        if (ids := material.of_area(study, area_id))
    ]
    blocks: tuple[Block, ...] = (prose.paragraph(material, words("findings", "intro", study=named)), *tables)
    title = words("chapters", "findings", study=named)
    return Section(f"findings-{study}", title, blocks, kind="annex", synthetic=any(table.synthetic for table in tables))


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
        words("columns", "sha256"): list(made["notebook_sha256"]),
    }
    numeric = (words("columns", "findings"),)
    rows = Rows(
        *("notebooks", pd.DataFrame(lines), 0, words("provenance", "notebooks"), material.language),
        numeric=numeric,
    )
    return Section("provenance", words("chapters", "provenance"), (text, rows), kind="annex")


def _of_place(material: Material, area_id: str, ids: list[str], codes: dict[tuple[str, str, str], str]) -> Rows:
    words = material.frame
    ordered = sorted(ids, key=lambda finding_id: material.context.numbers[finding_id])
    caption = words("all_findings", area=area_name(area_id, material.language))
    found = finding_tables.rows(material, ordered, f"all-{area_id}".lower(), caption)
    sources = [str(material.row(finding_id)["source_ids"]).replace(";", "; ") for finding_id in ordered]
    table = found.table.assign(
        **{
            words("columns", "method"): [codes[_method(material, finding_id)] for finding_id in ordered],
            words("columns", "source"): sources,
            words("columns", "id"): ordered,
        }
    )
    return Rows(
        *(found.name, table, 0, caption, material.language, found.numeric, found.anchors, found.note),
        folded=True,
        synthetic=found.synthetic,
    )


def _method(material: Material, finding_id: str) -> tuple[str, str, str]:
    row = material.row(finding_id)
    return str(row["method"]), str(row["limits"]), str(row["why"])


def _table_of_methods(codes: dict[tuple[str, str, str], str]) -> Rows:
    """Methods, limits and reasons are written in English, and so is all of their table."""
    english = frame("en")
    table = pd.DataFrame(
        [(code, *key) for key, code in codes.items()],
        columns=["Code", "Method", "Does not show", "Why it is not known"],
    )
    anchors = tuple(f"method-{code.removeprefix('M')}" for code in codes.values())
    return Rows("methods", table, 0, english("dictionary", "methods"), "en", anchors=anchors, folded=True)


def _meaning(material: Material, column: str) -> str:
    """What a column is; of one with few values, which these are."""
    words = material.frame
    said = words("columns_of_findings", column)
    groups = {"interval": "intervals", "status": "statuses", "kind": "kinds"}
    if column not in groups:
        return said
    return said + ": " + "; ".join(f"{name} = {meaning}" for name, meaning in words.group(groups[column]).items())
