"""The command that opens the workspace: lab."""

from __future__ import annotations

import argparse

from analysis.batch.result import BatchError
from analysis.cli_files import not_negative
from analysis.cli_help import Commands, teach

TUNNEL = "ssh -L 8888:localhost:8888 HOST"


def _add_lab(commands: Commands) -> None:
    opening = teach(
        commands,
        "lab",
        help="open JupyterLab on this machine alone, with the studies on its first page",
        does="Open JupyterLab in this folder. Its first page has a card for each study, a welcome, and the report and "
        "documentation where there are any. A new token stands in the address each time: keep it to yourself. "
        "Nothing needs the internet, and nobody's own settings of Jupyter are read. Ctrl-C, twice, ends it. "
        f"To use it from another machine, come by `{TUNNEL}`, start it there with --no-browser, and open the address "
        "that it prints here.",
        reads="whatever you open.",
        writes="data/processed/lab/: your copies of its notebooks; .cache/lab/: what JupyterLab notes.",
        examples=[
            ("lab", "open it in the browser"),
            ("lab --no-browser", "print the address, and open nothing"),
            ("lab --port 0", "on any free port"),
        ],
        ends={0: "it was ended"},
    )
    opening.add_argument(
        "--port", metavar="N", type=not_negative, default=8888, help="where to listen, or the next free (%(default)s)"
    )
    opening.add_argument("--no-browser", action="store_true", help="print the address alone")
    opening.add_argument("--ip", metavar="ADDRESS", default="localhost", help="this machine's own; others are refused")
    opening.add_argument("--allow-root", action="store_true", help="start as root, where there is no other user")
    opening.set_defaults(command=_lab)


COMMANDS = (_add_lab,)


def _lab(options: argparse.Namespace) -> int:
    # Loaded only now, as a server comes with it.
    from analysis.lab.server import LOCAL, start

    if options.ip not in LOCAL:
        raise BatchError(
            "not_local",
            "JupyterLab is opened for this machine alone: from another, anybody could try to read the records here. "
            f"From another machine, come by `{TUNNEL}`, and open the address that it prints.",
        )
    return start(options.port, not options.no_browser, options.allow_root)
