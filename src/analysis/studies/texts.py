"""What the folder of a new study says to people: a README, a mapping for lists that may come, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.studies.declared import INVENTED, Declared
from analysis.studies.tables import Entry

# Lists of persons may come to lie in the folder, as in those of the other studies.
IGNORED = """\
# Lists of persons may come to lie here: nothing in this folder enters version control by itself.
# To share the study's own tables, name them: git add -f data/raw/{study}/areas.csv ...
*
"""
MAPPING = "cases.mapping.yml.draft"


def readme(study: Declared, found: Sequence[Entry]) -> str:
    """A page on what lies in the folder, where it is from, and what is not known."""
    mark = ["", f"**The counts are SYNTHETIC.** {INVENTED}"] if study.is_synthetic else []
    known, unknown = study.counts.table, study.counts.unknown
    lines = [
        f"# {study.title}",
        *mark,
        "",
        "| file | what | source | licence |",
        "|---|---|---|---|",
        *(f"| `{entry.file}` | {entry.title} | {_source(entry)} | {_licence(entry)} |" for entry in found),
        f"| `{MAPPING}` | a mapping to begin with, for a list of case records | | |",
        "",
        f"- Areas: {len(study.areas)}, each a {study.level}. Maps are drawn in `{study.projection}`.",
        f"- Counts: {len(known)} figures, {study.limits[:1].lower()}{study.limits[1:]}",
        *([f"- Not known, and so without a row: {_dated(study, unknown)}."] if unknown else []),
        *(
            f"- No row of the table names {name}: nothing is known of it."
            for name in _names(study, study.counts.absent)
        ),
        *(f"- {remark}" for remark in study.remarks),
        "",
        "Written by `python -m analysis new-study`; written again with `--again`. A file that is changed by hand is",
        "refused until its digest in `catalog.yml` is changed as well.",
    ]
    return "\n".join(lines) + "\n"


def mapping(study: Declared) -> str:
    """A mapping to be completed when a list of case records arrives; `draft FILE` writes one that fits the file."""
    other = [area for area in study.areas if area.name_local != area.name]
    places = ", ".join(f'"{area.name_local}": {area.area_id}' for area in other)
    return "\n".join(
        [
            f"# A mapping for a list of case records of {study.study}, until one arrives. With a file at hand,",
            f"# `python -m analysis draft data/raw/{study.study}/FILE.xlsx` writes one that fits it.",
            'list: "?"                # decide: a short name, as police',
            "title:                   # decide: what the list is, for people",
            f"study: {study.study}",
            "kind: confidential",
            "publisher:               # decide: who keeps the list",
            "source:                  # decide: how the file came here",
            "date:                    # decide: day of the export, as 2024-01-31",
            "columns:",
            '  detected: {column: "?", format: dd.mm.yyyy}   # decide',
            '  sex: {column: "?", codes: {F: female, M: male}}   # decide',
            '  age: {column: "?"}   # decide',
            f'  area: {{column: "?"{f", places: {{{places}}}" if places else ""}}}   # decide: names of ISO are known',
            "",
        ]
    )


def said(study: Declared) -> list[str]:
    """What was understood, in lines for the terminal."""
    table, people = study.counts.table, study.population.table
    years, last = f"{table['date'].min()} to {table['date'].max()}", people["date"].max()
    covered = int((table["value_qualifier"] == "below_5").sum())
    lines = [
        f"{study.title}",
        f"  {len(study.areas)} areas, each a {study.level}: {study.areas[0].area_id} {study.areas[0].name} to "
        f"{study.areas[-1].area_id} {study.areas[-1].name}",
        f"  {len(table)} counts, {years}" + (", SYNTHETIC" if study.is_synthetic else "") + f": {study.words}",
        *([f"  {covered} of them below 5, and not said how many"] if covered else []),
        *([f"  not known: {_dated(study, study.counts.unknown)}"] if study.counts.unknown else []),
        *(f"  no row: {name}" for name in _names(study, study.counts.absent)),
        f"  {int(people.loc[people['date'] == last, 'low'].sum()):,} inhabitants, {last}",
        f"  maps in {study.projection}",
        *(f"  {remark}" for remark in study.remarks),
    ]
    return lines


def next_steps(study: Declared) -> list[str]:
    """Commands that lead on, and what to write into the notebooks."""
    first, name = study.areas[0].area_id, study.study
    command = "  .venv/bin/python -m analysis"
    steps = [
        "Look at the map: does each name lie on its shape? Then:",
        f"{command} run --area {first} --analysis incidence",
        f"{command} run --study {name}",
        f"{command} release",
        f'In a notebook, set area = "{first}" for one area, or area = "{name}" for all of them together.',
    ]
    if study.in_report:
        steps.append(
            f"The report on the pledge waits for its chapter: write pledge/chapters/en/{name}.md, and enter {name} "
            "in pledge/report.yml below `chapters` and `areas: figures`."
        )
    return steps


def _source(entry: Entry) -> str:
    return entry.source.words if entry.source else "decided with `new-study`"


def _licence(entry: Entry) -> str:
    return entry.source.licence if entry.source else "CC BY 4.0"


def _names(study: Declared, area_ids: Sequence[str]) -> list[str]:
    return [area.name for area in study.areas if area.area_id in area_ids]


def _dated(study: Declared, cells: Sequence[tuple[str, str]]) -> str:
    """Areas with the years that are not known of each: "Oti (2015), Western North (2015, 2016)"."""
    named = {area.area_id: area.name for area in study.areas}
    years = {area_id: [when for other, when in cells if other == area_id] for area_id, _ in cells}
    return ", ".join(f"{named[area_id]} ({', '.join(sorted(dates))})" for area_id, dates in sorted(years.items()))
