"""``python -m tools.synthetic``, which `make synthetic` calls: write synthetic studies with their truth."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from analysis import areas, catalog
from bounded.refusal import Refusal
from tools.synthetic.case_records import SEED, STUDIES, write

EXAMPLES = """\
examples:
  make synthetic                                  the committed studies once more, the same byte for byte
  make synthetic ARGS="demo_provinces --persons 500 --into small"
                                                  a small one, in a folder of its own

exit codes: 0 done; 2 nothing was done, and why is said.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write one study, or all; returns the exit code."""
    command = parser()
    options = command.parse_args(arguments)
    if not options.study and (options.into or options.persons or options.seed is not None):
        command.error("name a STUDY beside --persons, --seed and --into")
    try:
        for name in [options.study] if options.study else STUDIES:
            folder = options.into or catalog.RAW / "synthetic" / name
            if folder.resolve() in [catalog.RAW / study for study in areas.STUDIES]:
                command.error(f"{catalog.shown(folder.resolve())} is for real lists; give another folder by --into")
            made = write(name, folder, options.persons, SEED if options.seed is None else options.seed)
            found = f"{len(made.persons):,} synthetic persons, {len(made.captures):,} records of them"
            print(f"{found}, in {catalog.shown(folder)}")
    except Refusal as error:
        command.error(str(error))
    except OSError as error:
        # A folder of the user that may not be written to: not a fault of the program.
        if error.filename is None:
            raise
        command.error(f"{error.filename}: {error.strerror}")
    return 0


def positive(text: str) -> int:
    """A whole number of 1 or more, as an argument."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number of 1 or more")
    return int(text)


def not_negative(text: str) -> int:
    """A whole number of 0 or more, as an argument."""
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number of 0 or more")
    return int(text)


def parser() -> argparse.ArgumentParser:
    """The parser of the command."""
    whole = argparse.ArgumentParser(
        prog="make synthetic",
        description="Draw synthetic persons, put them on lists as authorities would, with errors, and write the truth "
        "beside them. Every name of a list says SYNTHETIC; the same arguments give the same bytes.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    whole.add_argument("study", metavar="STUDY", nargs="?", choices=list(STUDIES),
                       help=f"{' or '.join(STUDIES)} (default: both)")  # fmt: skip
    whole.add_argument("--persons", metavar="N", type=positive, help="true persons (default: 2500)")
    whole.add_argument("--seed", metavar="N", type=not_negative, help="of the random numbers (default: as committed)")
    whole.add_argument(
        "--into", metavar="FOLDER", type=Path, help="where to write it (default: data/raw/synthetic/<study>)"
    )
    return whole


if __name__ == "__main__":
    sys.exit(main())
