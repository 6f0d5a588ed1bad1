"""JupyterLab for whoever sits at this machine, with a new token each time and no internet; its first page is a welcome.

Nothing of a person's or the machine's own settings of Jupyter is read, so that none can switch off what protects the
records here: what JupyterLab is asked to do stands in ``jupyter/`` beside this module. What it notes lies in
``.cache/lab``, for its owner alone.

Its pages may load from this server and no other, and post to no other. What nobody trusts of a notebook's outputs
runs nothing and sends nothing. What is trusted can still send what it shows: a script, or a ``<meta>`` that refreshes
the page, can lead the window to another address that holds it, which no policy of a page forbids; and a script can
have a kernel send it, as kernels and terminals reach whatever this machine reaches.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import sys
import threading
import warnings
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat

from analysis import areas, catalog
from analysis.batch import report
from analysis.batch.products import LAB, BatchError, sign, write_whole
from analysis.batch.status import State, states
from analysis.catalog import ROOT, shown
from analysis.findings import finding
from analysis.jobs import INDEX, STAGED, plan, released, tables_of

if TYPE_CHECKING:
    from IPython.display import Markdown

SETTINGS = Path(__file__).with_name("jupyter")
# Names of this machine's own address, for which nothing leaves it.
LOCAL = ("localhost", "127.0.0.1", "::1")
# Templates without outputs stay as they are in version control; what is explored is saved in a person's own copy.
TEMPLATES, COPIES = ROOT / "notebooks", ROOT / "data" / "processed" / "lab"


def start(port: int, browser: bool, allow_root: bool) -> int:
    """Serve JupyterLab until it is stopped; prints its address.

    Parameters
    ----------
    port : where to listen; the next free one if it is taken, and any free one for 0.
    browser : whether to open it in a browser.
    allow_root : whether to start for the administrator of the machine.

    Returns
    -------
    The exit code.

    Raises
    ------
    BatchError : it was to be started for the administrator.
    """
    require_no_administrator(allow_root)
    LAB.mkdir(mode=0o700, parents=True, exist_ok=True)
    LAB.chmod(0o700)
    set_variables()
    # Only now: what these modules know of folders they read from the environment when they are loaded.
    from jupyter_core.paths import jupyter_config_dir
    from jupyter_server.utils import JupyterServerAuthWarning
    from jupyterlab.labapp import LabApp  # type: ignore[import-untyped]
    from traitlets.config import Config

    from analysis.batch.kernel_provisioner import warm_up

    config = Config(json.loads((SETTINGS / "server.json").read_text(encoding="utf-8")))
    config.ServerApp.update({"port": port, "open_browser": browser, "allow_root": allow_root, "root_dir": str(ROOT)})
    config.IdentityProvider.token = token = secrets.token_hex(24)
    config.NotebookNotary.data_dir = str(LAB)
    config.LabApp.labextensions_path = [str(Path(sys.prefix) / "share" / "jupyter" / "labextensions")]
    config.LabApp.app_settings_dir = str(SETTINGS)
    config.LabApp.update({f"{name}_dir": str(LAB / name) for name in ("user_settings", "workspaces")})
    # Where JupyterLab looks for styles besides its own.
    shutil.copytree(SETTINGS, Path(jupyter_config_dir()) / "custom")
    with warnings.catch_warnings():
        # Its terminals rely on what is set here: that nothing is answered without the token.
        warnings.simplefilter("ignore", JupyterServerAuthWarning)
        server = LabApp.initialize_server(argv=[], config=config)
    # The libraries from which kernels are forked load meanwhile, so that the first notebook starts as the next do.
    threading.Thread(target=warm_up, daemon=True).start()
    write_copies()
    first_page = server.default_url.lstrip("/")
    print(f"JupyterLab: {server.connection_url}{first_page}?token={token}")
    print("Whoever has this address can read everything in this folder: keep it to yourself. Ctrl-C, twice, ends it.")
    sys.stdout.flush()
    try:
        server.start()
    finally:
        shutil.rmtree(jupyter_config_dir(), ignore_errors=True)
    return 0


def require_no_administrator(allow_root: bool) -> None:
    """Raise BatchError where the administrator's rights would be given away without having been asked for."""
    if getattr(os, "geteuid", lambda: 1)() == 0 and not allow_root:
        raise BatchError(
            "running_as_root",
            "JupyterLab runs whatever a notebook says, and as root that may change the whole machine: start it as a "
            "user of your own. In a container, where there is only root, give --allow-root.",
        )


def set_variables() -> None:
    """Say where JupyterLab keeps what it notes, and that it reads nobody's settings; no variable says otherwise."""
    from analysis.batch.kernel_provisioner import CHOICE, set_environment

    for name in [name for name in os.environ if name.startswith(("JUPYTER", "JPY_")) and name != CHOICE]:
        del os.environ[name]
    # As in the batch, so that a notebook prints the same here.
    set_environment()
    os.environ["JUPYTER_NO_CONFIG"] = "1"
    os.environ["JUPYTER_DATA_DIR"] = str(LAB / "data")
    os.environ["JUPYTER_RUNTIME_DIR"] = str(LAB / "runtime")
    # Commands in a terminal are those of this project's own environment.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])


def write_copies() -> None:
    """Write the notebooks that a person opens first: of each study its explorer, and the welcome that leads to them."""
    COPIES.mkdir(mode=0o700, parents=True, exist_ok=True)
    for study in areas.STUDIES:
        explorer = nbformat.read(TEMPLATES / "explore.ipynb", as_version=4)
        for cell in explorer.cells:
            if "parameters" in cell.metadata.get("tags", []):
                cell.source = re.sub(r"^area = .*$", f'area = "{study}"', cell.source, flags=re.MULTILINE)
        _write_copy(COPIES / f"{study}.ipynb", explorer)
    welcome = nbformat.read(TEMPLATES / "welcome.ipynb", as_version=4)
    for cell in welcome.cells:
        for name, made in (("lab.studies()", studies), ("lab.results()", results)):
            if cell.source.endswith(name):
                cell.outputs = [nbformat.v4.new_output("display_data", {"text/markdown": made(COPIES).data})]
    _write_copy(COPIES / "Welcome.ipynb", welcome)


def _write_copy(path: Path, notebook: nbformat.NotebookNode) -> None:
    """Write a copy where there is none, or one that nobody has saved since it was made."""
    made, content = LAB / "copies" / path.name, nbformat.writes(notebook).encode()
    if path.exists() and not (made.exists() and made.read_bytes() == path.read_bytes()):
        return
    for place in (made, path):
        write_whole(place, content, private=True)
    sign(content)


def studies(folder: Path | None = None) -> Markdown:
    """A row for each study: its areas, of what kinds its data are, what is up to date, and what has been released.

    Parameters
    ----------
    folder : where the notebook lies from which links lead; left out, the one that its kernel works in.
    """
    from IPython.display import Markdown

    found = states(plan())
    header = ("Study", "Areas", "Data", "Notebooks up to date", "Pages released")
    rows = [_study(name, [state for state in found if state.job.study == name], folder) for name in areas.STUDIES]
    lines = [" | ".join(row) for row in (header, ["---"] * len(header), *rows)]
    return Markdown("".join(f"| {line} |\n" for line in lines))


def _study(name: str, found: list[State], folder: Path | None) -> list[str]:
    from analysis.sections.section import plain

    explorer, words = COPIES / f"{name}.ipynb", plain(areas.get(name).name)
    own = [("counts", catalog.figures_kind(name)), *((tables.words, tables.kind) for tables in tables_of(name))]
    # What is public besides needs no word of its own.
    kept = [f"{what} ({kind.upper()})" for what, kind in own if kind not in ("", "public")]
    return [
        f"[{words}]({Path(os.path.relpath(explorer, folder)).as_posix()})" if explorer.exists() else words,
        ", ".join(f"{count} ({level})" for level, count in Counter(areas.load(name)["level"]).items()),
        "; ".join(["public evidence", *kept]),
        f"{sum(state.name == 'fresh' for state in found)} of {len(found)}",
        str(_pages(ROOT / "reports" / name) or "none yet"),
    ]


def results(_: Path | None = None) -> Markdown:
    """Where results lie, how many there are, and what makes those that there are not."""
    from IPython.display import Markdown

    runs, processed = ROOT / "data" / "processed" / "runs", ROOT / "data" / "processed"
    executed = [path for path in runs.rglob("*.ipynb") if not path.name.startswith(".")]
    failed = sum(path.name.endswith(".failed.ipynb") for path in executed)
    lines = [
        _line("Executed notebooks, internal", runs, len(executed) - failed, "run"),
        *([f"- **{failed} notebooks failed**: `status` says why"] * bool(failed)),
        _line("Findings, internal", processed, sum(bool(finding.said(study)) for study in areas.STUDIES), "run"),
        _line("Pages that wait for a release", STAGED / "reports", _pages(STAGED / "reports"), "run"),
        _line("The report that waits for a release", report.folder(), _pages(report.folder()), "run"),
        _line("Released pages", released(INDEX), _pages(released(INDEX).parent), "release"),
        _line("Released figures", ROOT / "figures", _pages(ROOT / "figures", "*/**/*.png"), "release"),
    ]
    return Markdown("\n".join(lines))


def _line(what: str, place: Path, count: int, command: str) -> str:
    said = f"{count:,} in `{shown(place)}`" if count else f"none yet: `python -m analysis {command}` makes them"
    return f"- {what}: {said}"


def _pages(folder: Path, pattern: str = "**/*.html") -> int:
    return sum(1 for _ in folder.glob(pattern))
