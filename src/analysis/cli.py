"""The command line: ``python -m analysis run`` and ``python -m analysis areas``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from analysis import areas, catalog
from analysis.batch import run, summary
from analysis.jobs import ANALYSES, plan
from analysis.report import write_index

DESCRIPTION = "Assess the incidence, trends and routes of trafficking in persons, the same way in every study area."
EXAMPLES = """\
examples:
  python -m analysis run                            every analysis for every area and study
  python -m analysis run --study cabo_verde         the ten islands, and Cabo Verde as a whole
  python -m analysis run --area TR-27 --area SEN    two areas
  python -m analysis run --analysis routes --jobs 1 one analysis, one notebook at a time
  python -m analysis areas                          the ids of all areas

Results: reports/index.html, figures/<study>/<area>/, and the executed notebooks in data/processed/runs/.
The run ends with exit code 0, with 1 if a notebook failed, and with 2 if nothing could be run.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return options.command(options)
    except (areas.UnknownArea, catalog.CatalogError) as error:
        print(f"analysis: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("analysis: stopped. What had finished is kept.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m analysis",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    batch = commands.add_parser(
        "run",
        help="run the notebooks and write figures and reports",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    batch.add_argument("--study", metavar="S", help=f"only this study: {', '.join(areas.STUDIES)}")
    batch.add_argument(
        "--area",
        metavar="A",
        action="append",
        help="only this area, or a study's id for the study as a whole; can be given several times",
    )
    batch.add_argument("--analysis", metavar="N", action="append", choices=ANALYSES, help=f"only {', '.join(ANALYSES)}")
    batch.add_argument(
        "--jobs",
        metavar="N",
        type=_positive,
        default=os.cpu_count() or 1,
        help="notebooks run at the same time (default: one a processor)",
    )
    batch.set_defaults(command=_run)

    listing = commands.add_parser("areas", help="list the areas of the three studies with their ids")
    listing.set_defaults(command=_areas)
    return parser


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number of 1 or more")
    return int(text)


def _run(options: argparse.Namespace) -> int:
    jobs = plan(study=options.study, area_ids=options.area, analyses=options.analysis)
    catalog.verify_all()
    outcomes = run(jobs, workers=options.jobs)
    print(summary(outcomes))
    index = write_index()
    print(f"\nThe report begins at {index.relative_to(catalog.ROOT).as_posix()}")
    return int(any(not outcome.ok for outcome in outcomes))


def _areas(options: argparse.Namespace) -> int:
    table = areas.load()[["study", "area_id", "name", "level"]]
    print(table.to_string(index=False))
    print("\nA study's own id (" + ", ".join(areas.STUDIES) + ") stands for the study as a whole.")
    return 0
