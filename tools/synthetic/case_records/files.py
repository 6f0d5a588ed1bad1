"""The folder of a synthetic study: lists with their mappings, survey, truth and catalogue; the same bytes each time."""

from __future__ import annotations

import csv
import datetime
import hashlib
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter
import yaml

from analysis.cases.mapping import SUFFIX
from analysis.intake.sheet import BETWEEN
from analysis.spreadsheets import EXCEL, csv_bytes
from bounded.refusal import Refusal
from tools.synthetic import declaration
from tools.synthetic.case_records import lists, population
from tools.synthetic.case_records.design import WARNING
from tools.synthetic.case_records.sheets import Body, Formula
from tools.synthetic.case_records.study import (
    MAPPINGS,
    SEED,
    TITLES,
    Study,
    captures_table,
    errors_table,
    persons_table,
    study,
)
from tools.synthetic.survey import files as survey_files

_CAUTION = "Synthetic persons, lists, places and numbers. They say nothing about any real person, place or year."

# Tables of the truth that pages set beside an estimate, and their schemas.
READ = {"totals": "true_totals", "trends": "true_trends", "corridors": "true_corridors"}
READ_OF_SURVEY = {"survey_truth": "true_survey"}
COMMAND = "make synthetic"
# Studies with a survey beside their lists. It is of its own size and seed, whatever those of the lists.
SURVEYED = ("demo_provinces",)


def write(name: str, folder: Path | str, persons: int | None = None, seed: int = SEED) -> Study:
    """Write a synthetic study as a folder: the same bytes for the same arguments.

    Parameters
    ----------
    name : ``demo_provinces`` or ``demo_islands``.
    folder : made if it is not there; files of the same names are replaced.
    persons, seed : as for `study`.

    Returns
    -------
    The study that was written.

    Raises
    ------
    UnknownStudy, TooManyRows, ValueError : as `study` and `write_list` do.
    """
    made = study(name, persons, seed)
    folder = Path(folder)
    (folder / "truth").mkdir(parents=True, exist_ok=True)
    for list_id, bodies in made.bodies.items():
        layout = bodies[0].file.layout
        write_list(folder / layout.file, bodies)
        mapping = MAPPINGS / name / f"{list_id}{SUFFIX}"
        (folder / f"{Path(layout.file).stem}{SUFFIX}").write_bytes(mapping.read_bytes())
    for table, content in truth_tables(made).items():
        (folder / "truth" / f"{table}.csv").write_bytes(csv_bytes(content))
    for file, (written, _, _) in declaration.files(name).items():
        (folder / file).write_bytes(written)
    readme = _readme(made)
    if name in SURVEYED:
        readme += survey_files.readme(survey_files.write(folder, f"{COMMAND} ARGS={name}"))
    (folder / "README.md").write_text(readme, encoding="utf-8", newline="\n")
    (folder / "catalog.yml").write_text(_catalog(made, folder), encoding="utf-8", newline="\n")
    return made


def truth_tables(made: Study) -> dict[str, pd.DataFrame]:
    """The tables of ``TITLES``."""
    return {
        "persons": persons_table(made.design, made.persons, made.names),
        "captures": captures_table([made.body_of_persons(list_id) for list_id in made.bodies]),
        "totals": made.totals,
        "trends": population.trends_table(made.design),
        "corridors": population.corridors_table(made.design, made.persons),
        "capture_parameters": lists.parameters_table(made.design, made.captures, len(made.persons)),
        "delay": lists.delay_table(made.design, made.captures),
        "planted": errors_table(list(made.bodies.values())),
    }


def _catalog(made: Study, folder: Path) -> str:
    """Every file of the folder in the form of ``data/raw/catalog.yml``; paths are relative to the folder."""
    name = made.design.study
    entries = {}
    for file, (_, schema, title) in declaration.files(name).items():
        stem = Path(file).stem.removesuffix("_SYNTHETIC")
        entries[f"{name}_{stem}"] = _entry(made, folder, file, f"{declaration.name(name)}: {title}") | (
            {"schema": schema} if schema else {}
        )
    for list_id, bodies in made.bodies.items():
        mapping, layout = bodies[0].file.mapping, bodies[0].file.layout
        entries[f"synthetic_{name}_{list_id}"] = {
            **_entry(made, folder, layout.file, mapping.title),
            "mapping": f"{Path(layout.file).stem}{SUFFIX}",
        }
    for table, title in TITLES.items():
        entries[f"synthetic_{name}_truth_{table}"] = {
            **_entry(made, folder, f"truth/{table}.csv", f"{title} (SYNTHETIC)"),
            # What pages set beside an estimate is read as any other table.
            **({"schema": READ[table]} if table in READ else {}),
        }
    if name in SURVEYED:
        entries |= _survey_entries(made, folder)
    text = yaml.safe_dump(entries, allow_unicode=True, sort_keys=False, width=120)
    return f"# Files of a SYNTHETIC study, made by: {_command(made)}\n{text}"


def _survey_entries(made: Study, folder: Path) -> dict[str, dict[str, object]]:
    name, of_survey = made.design.study, {"date": survey_files.LAST_DAY}
    source = {"source": f"{COMMAND} ARGS={name}"}
    frame = "Sampling frame of the survey of children (SYNTHETIC)"
    return {
        f"synthetic_{name}_survey": {
            **_entry(made, folder, survey_files.EXPORT, survey_files.TITLE),
            **of_survey,
            **source,
            "survey": survey_files.DESCRIPTION,
        },
        f"synthetic_{name}_survey_frame": _entry(made, folder, survey_files.FRAME, frame) | of_survey | source,
        **{
            f"synthetic_{name}_truth_{table}": {
                **_entry(made, folder, f"truth/{table}.csv", f"{title} (SYNTHETIC)"),
                **of_survey,
                **source,
                **({"schema": READ_OF_SURVEY[table]} if table in READ_OF_SURVEY else {}),
            }
            for table, title in survey_files.TRUTH.items()
        },
    }


def _entry(made: Study, folder: Path, file: str, title: str) -> dict[str, object]:
    return {
        "file": file,
        "title": title,
        "kind": "synthetic",
        "study": made.design.study,
        "licence": "CC BY 4.0",
        "publisher": "This project (synthetic)",
        "source": _command(made),
        "date": made.design.export.isoformat(),
        "sha256": hashlib.sha256((folder / file).read_bytes()).hexdigest(),
        "cautions": [_CAUTION],
    }


def _command(made: Study) -> str:
    size = "" if len(made.persons) == made.design.persons else f" --persons {len(made.persons)}"
    seed = "" if made.seed == SEED else f" --seed {made.seed}"
    arguments = f"{made.design.study}{size}{seed}"
    return f'{COMMAND} ARGS="{arguments}"' if " " in arguments else f"{COMMAND} ARGS={arguments}"


def _readme(made: Study) -> str:
    design = made.design
    rows = "\n".join(
        f"| `{bodies[0].file.layout.file}` | {bodies[0].file.mapping.title.removesuffix(' (SYNTHETIC)')} | "
        f"{len(made.body_of_persons(list_id).frame):,} |"
        for list_id, bodies in made.bodies.items()
    )
    tables = "\n".join(f"| `truth/{table}.csv` | {title} |" for table, title in TITLES.items())
    seen = made.captures["person"].nunique()
    name, home = declaration.name(design.study), declaration.home(design.study).name
    return f"""# {name} (SYNTHETIC)

**Nothing in this folder is about a real person.** Persons, names, numbers, dates and journeys were drawn by a random
generator: common names in invented combinations, telephone and document numbers that nobody can have, coordinates in
the sea. The folder shows what lists of cases look like when they arrive, and holds what is true of them, so that
anybody can see whether intake, linkage and estimates find it. The country, {home}, does not exist, and
neither do its neighbours: nothing here is a finding on any real place.

Made by `{_command(made)}`, which writes the same bytes each time: {len(made.persons):,} persons in
{design.first_year}-{design.last_year}, of whom {seen:,} were seen by a list. Exported on {design.export}.

| list | what it would be | records |
|---|---|---|
{rows}

Each list has its mapping beside it (`*{SUFFIX}`), commented as an example to copy. Rows hold what real sources
send: several encodings, decimal commas, merged cells, headers of two rows, dates known to the month or year or not at
all, misspelt places, unknown codes, repeated rows, totals, formulas, columns that nobody declared.

| truth | what it says |
|---|---|
{tables}

What is modelled, and where its numbers stand:

- {_calibration(design.study)}
- The yearly number in an area follows log-linear pieces (`trends`), rounded to whole persons (`totals`).
- The chance to be on a list depends on sex, nationality and form, on a visibility of each person's own, and on being
  on another list: referral from one list to the next, and a pair of lists that avoid each other
  (`capture_parameters`).
- A person's year is that of all captures; the day of entry comes later (`delay`), and what was not entered by the
  export is on no list.
- Between lists a person is spelt differently, with slips, exchanged names and births known in part; a record without
  a day of birth has its name in the usual spelling, and keeps a number where the list asks for one.
- `planted` has one line for each field of each thing that was planted, with the row as a spreadsheet shows it:
  `parsed` (in this record, as this value), `quarantine` (by this rule), `no_row` (blank), `left_out` (this column, or
  this name, must be nowhere).
"""


def _calibration(study: str) -> str:
    if study == "demo_provinces":
        return (
            "Sectors, ages and the share of boys among children are those of a national survey of working children\n"
            "  (`child_labour_benchmarks`), so that they are plausible. All other shares, and all numbers of\n"
            "  inhabitants and of displaced persons, are synthetic."
        )
    return "Islands weigh as their inhabitants (`population_SYNTHETIC.csv`), and these and all shares are synthetic."


# --- One file --------------------------------------------------------------------------------------------------------

# What Excel can hold in one sheet.
MOST_ROWS = 1_048_576
_CREATED = datetime.datetime(2024, 1, 1)


class TooManyRows(Refusal):
    """A list does not fit into a sheet of Excel; the message says which, and what would help."""


def write_list(path: Path, bodies: Sequence[Body]) -> None:
    """One file of one or more sheets, as its layout and mapping say. Raises TooManyRows."""
    if bodies[0].file.layout.excel:
        _write_excel(path, bodies)
    else:
        _write_csv(path, bodies[0])


def _write_csv(path: Path, body: Body) -> None:
    mapping = body.file.mapping
    encoding = "utf-8-sig" if mapping.encoding == "utf-8" else mapping.encoding
    with open(path, "w", encoding=encoding, errors="surrogateescape", newline="") as file:
        writer = csv.writer(file, delimiter=mapping.delimiter or ",")
        writer.writerow(body.headers)
        writer.writerows([cell for cell in row if cell is not None] for row in body.rows())
    if body.file.layout.cut_off and len(body.source):
        # The end of the last line never arrived, either.
        with open(path, "r+b") as cut:
            cut.truncate(path.stat().st_size - len("\r\n"))


def _write_excel(path: Path, bodies: Sequence[Body]) -> None:
    for body in bodies:
        if body.first + len(body.source) > MOST_ROWS:
            raise TooManyRows(
                "too_large",
                f"The list {body.file.layout.list_id} would have {len(body.source):,} rows and is written as an Excel "
                f"file, which holds {MOST_ROWS:,} at most. Ask for fewer persons.",
            )
    options = {"constant_memory": True, **EXCEL}
    with xlsxwriter.Workbook(path, options) as workbook:
        # A fixed day: the same study is the same bytes whenever it is written.
        workbook.set_properties({"title": WARNING, "comments": WARNING, "created": _CREATED})
        as_date = workbook.add_format({"num_format": "dd.mm.yyyy"})
        for body in bodies:
            sheet = workbook.add_worksheet(body.sheet)
            _write_header(sheet, body)
            merged = dict(body.merged)
            for place, row in enumerate(body.rows()):
                number = body.first - 1 + place
                for column, cell in enumerate(row):
                    _write_cell(sheet, number, column, cell, as_date)
                # Once a row is left it cannot be written to again: a merge down is made at the end of its first row.
                if header := merged.get(place):
                    column = body.headers.index(header)
                    sheet.merge_range(number, column, number + 1, column, body.edits[place][header])


def _write_cell(sheet: Any, row: int, column: int, cell: Any, as_date: Any) -> None:
    if isinstance(cell, str):
        if cell:
            sheet.write_string(row, column, cell)
    elif isinstance(cell, datetime.datetime):
        sheet.write_datetime(row, column, cell, as_date)
    elif isinstance(cell, Formula):
        sheet.write_formula(row, column, cell.text, None, cell.result)
    else:
        sheet.write_number(row, column, cell)


def _write_header(sheet: Any, body: Body) -> None:
    """Titles, and the header in the rows before the first record; upper names stand in merged cells."""
    if body.sheet == body.file.mapping.sheet:
        for row, text in enumerate(body.file.layout.above):
            sheet.write_string(row, 0, text)
    split = [header.partition(BETWEEN) for header in body.headers]
    last = body.first - 2
    if not any(lower for _, _, lower in split):
        for column, header in enumerate(body.headers):
            sheet.write_string(last, column, header)
        return
    groups = [
        (upper, [one[0] for one in group]) for upper, group in groupby(enumerate(split), key=lambda one: one[1][0])
    ]
    for upper, columns in groups:
        if len(columns) > 1:
            sheet.merge_range(last - 1, columns[0], last - 1, columns[-1], upper)
        else:
            sheet.write_string(last - 1, columns[0], upper)
    for upper, columns in groups:
        if not split[columns[0]][2]:
            sheet.merge_range(last - 1, columns[0], last, columns[0], upper)
    for column, (_, _, lower) in enumerate(split):
        if lower:
            sheet.write_string(last, column, lower)
