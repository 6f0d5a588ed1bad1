"""Commands on studies: new-study, areas."""

from __future__ import annotations

import argparse
import contextlib
import datetime
import sys
from pathlib import Path

from analysis import areas, catalog
from analysis.batch.products import BatchError, exclusive, write_whole
from analysis.cli_help import Commands, teach

_FLAGS = (
    'new-study ghana --iso3 GHA --title "Ghana: victims detected in 16 regions" --boundaries regions.geojson '
    "--key shapeISO --names shapeName --boundaries-source GHA_BOUNDARIES --counts counts.xlsx --kind public "
    "--counts-source GHA_COUNTS --population census.csv --population-source GHA_CENSUS_2021 --sources sources.csv"
)
# What of the command line answers no question.
_NO_ANSWERS = ("asked", "command", "study", "answers", "list", "date", "again", "dry_run")


def _add_new_study(commands: Commands) -> None:
    new = teach(
        commands,
        "new-study",
        help="add a study: its areas, boundaries, counts, inhabitants and catalogue, from files as received",
        does="Add a study: all notebooks can then be run for it and each of its areas. What is not said is asked, "
        "with what the files suggest as the answer; where there is no terminal it is refused. "
        "docs/tutorial/a_new_study.md leads through it with the 16 regions of Ghana.",
        reads="boundaries; counts and inhabitants by area, as a wide table (areas as rows, years as columns) or a "
        "long one (Region, Year, Count). <5 is kept as 0 to 4, and an empty cell or n/a as not known. Every cell that "
        "is not understood is named with its file, row and column, and nothing is written then.",
        writes="data/raw/NAME/, and a map in data/processed/NAME/ on which to see that names lie on their shapes.",
        examples=[
            ("new-study ghana", "asks what must be known"),
            ("new-study ghana --answers answers.yml --dry-run", "reads it from a file, and writes nothing"),
            (_FLAGS, "the same without a file"),
        ],
    )
    new.add_argument(
        "--answers",
        metavar="FILE",
        type=Path,
        help="what else could be said here, one `flag: answer` a line; files that it names lie beside it",
    )
    new.add_argument("study", metavar="NAME", help="what the study is called: small letters, digits and _, as ghana")
    new.add_argument("--title", metavar="TEXT", help='a name, a colon and what is compared: "Ghana: 16 regions"')
    new.add_argument("--iso3", metavar="CODE", help="the country, in three capital letters, as GHA")
    new.add_argument("--level", metavar="WORD", help="what one area is called: region, district")
    new.add_argument(
        "--in-report",
        choices=("True", "False"),
        help="whether the report on the pledge tells of it, in a chapter that you write (default: False)",
    )
    new.add_argument("--ids", choices=("iso", "own"), help="ids of ISO 3166-2 (GH-AA), or own ones (GHA-ACCRA)")
    shapes = new.add_argument_group("boundaries")
    shapes.add_argument("--boundaries", metavar="FILE", help=".gpkg, .geojson, .shp, .fgb, in any coordinates")
    shapes.add_argument("--layer", metavar="NAME", help="the layer, where the file has several")
    shapes.add_argument("--key", metavar="COLUMN", help="the column of codes")
    shapes.add_argument("--names", metavar="COLUMN", help="the column of names")
    counts = new.add_argument_group("counts")
    counts.add_argument("--counts", metavar="FILE", help=".csv or .xlsx, wide or long")
    counts.add_argument("--kind", choices=("public", "synthetic"), help="published, or synthetic")
    counts.add_argument("--indicator", metavar="WORD", help="what the figures are called (default: victims_detected)")
    counts.add_argument("--words", metavar="TEXT", help='in words, for axes (default: "Victims detected")')
    counts.add_argument("--unit", choices=("persons", "cases", "reports"), help="what is counted (default: persons)")
    counts.add_argument("--limits", metavar="TEXT", help="one sentence: what the counts are not")
    people = new.add_argument_group("inhabitants")
    people.add_argument("--population", metavar="FILE", help=".csv or .xlsx, wide or long")
    people.add_argument("--population-date", metavar="DATE", help="year or day, where the table does not say it")
    sources = new.add_argument_group("where the files are from")
    sources.add_argument(
        "--sources", metavar="FILE", help="a bibliography in the columns of data/raw/evidence/sources.csv"
    )
    for purpose in ("boundaries", "counts", "population"):
        sources.add_argument(f"--{purpose}-source", metavar="ID", help=f"the source of the {purpose} in it")
        # Without a bibliography: what is asked of each source can be said as well.
        for part in ("title", "publisher", "read-as", "year", "url", "licence"):
            sources.add_argument(f"--{purpose}-{part}", help=argparse.SUPPRESS)
    new.add_argument(
        "--list",
        metavar="FILE",
        type=Path,
        action="append",
        default=[],
        help="a list of case records as received, to draft a mapping of; can be given several times",
    )
    new.add_argument("--date", metavar="DATE", help="the day that the catalogue says, YYYY-MM-DD (default: today)")
    new.add_argument("--again", action="store_true", help="write the study's tables over those that are there")
    new.add_argument("--dry-run", action="store_true", help="read and check everything, and write nothing")
    new.set_defaults(command=_new_study)


def _add_areas(commands: Commands) -> None:
    listing = teach(
        commands,
        "areas",
        help="list the areas of all studies with their ids",
        does="List studies and areas, with the ids by which other commands and notebooks call them.",
        reads="the tables of studies and areas.",
        writes="nothing.",
        examples=[("areas", "all of them")],
    )
    listing.set_defaults(command=_areas)


COMMANDS = (_add_new_study, _add_areas)


def _new_study(options: argparse.Namespace) -> int:
    from analysis.studies import folder
    from analysis.studies.answers import Asking, StudyError, from_file
    from analysis.studies.declared import declared
    from analysis.studies.folder import preview

    date = options.date or datetime.date.today().isoformat()
    catalog.require_day(date.strip(), "--date")
    flags = {name.replace("_", "-"): text for name, text in vars(options).items() if name not in _NO_ANSWERS}
    said = {name: text for name, text in flags.items() if text}
    asking = Asking({}, _asked if sys.stdin.isatty() else None)
    try:
        asking.given = {**(from_file(options.answers, list(flags)) if options.answers else {}), **said}
        study = declared(options.study, asking)
        files = folder.content(study, date, _drafts(options.list, options.study), options.again)
        picture = preview(study)
    except StudyError as error:
        repeat = f"\nWhat you have answered: {asking.command(options.study)}" if asking.typed else ""
        raise BatchError("invalid_study", f"{error}{repeat}") from None
    print("\n".join(folder.said(study)))
    if options.dry_run:
        print("".join(f"would be written: {catalog.shown(path)}\n" for path in files), end="")
        return 0
    shown = catalog.ROOT / "data" / "processed" / study.study / "areas_preview.png"
    with exclusive():
        folder.write(files)
        write_whole(shown, picture)
    print("".join(f"written: {catalog.shown(path)}\n" for path in (*files, shown)), end="")
    print("\n".join(folder.next_steps(study)))
    return 0


def _asked(question: str) -> str:
    with contextlib.suppress(EOFError):
        return input(question)
    raise BatchError("no_answer", "There is nobody to answer any more: say what was asked on the command line.")


def _drafts(lists: list[Path], study: str) -> dict[str, bytes]:
    """Mappings for lists as received, by the name of their file; no value of a cell is in what goes wrong."""
    from analysis.batch.person_tables import without_values
    from analysis.cases.mapping_draft import draft

    found = {}
    for path in lists:
        try:
            text = draft(path)
        except Exception as error:
            raise BatchError("file_refused", without_values(error, confidential=True)) from None
        settled = [f"study: {study}" if line.startswith("study:") else line for line in text.splitlines()]
        found[f"{catalog.plain(path).stem}.mapping.yml.draft"] = ("\n".join(settled) + "\n").encode()
    return found


def _areas(options: argparse.Namespace) -> int:
    table = areas.load()[["study", "area_id", "name", "level"]]
    print(table.to_string(index=False))
    print("\nA study's own id (" + ", ".join(areas.STUDIES) + ") stands for the study as a whole.")
    return 0
