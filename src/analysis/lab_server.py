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
import secrets
import shutil
import sys
import threading
import warnings
from pathlib import Path
from typing import Any

from analysis.batch.products import LAB, BatchError
from analysis.catalog import ROOT
from analysis.jobs import INDEX, released
from analysis.lab import TEMPLATES, write_copies

SETTINGS = Path(__file__).with_name("jupyter")
# Names of this machine's own address, for which nothing leaves it.
LOCAL = ("localhost", "127.0.0.1", "::1")
# The metadata of every template; JupyterLab adds the version of Python and more.
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


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
    config.ContentsManager.files_handler_class = files_handler()
    config.LabApp.labextensions_path = [str(Path(sys.prefix) / "share" / "jupyter" / "labextensions")]
    config.LabApp.app_settings_dir = str(SETTINGS)
    config.LabApp.update({f"{name}_dir": str(LAB / name) for name in ("user_settings", "workspaces")})
    # Where JupyterLab looks for styles besides its own.
    shutil.copytree(SETTINGS, Path(jupyter_config_dir()) / "custom")
    with warnings.catch_warnings():
        # Its terminals rely on what is set here: that nothing is answered without the token.
        warnings.simplefilter("ignore", JupyterServerAuthWarning)
        server = LabApp.initialize_server(argv=[], config=config)
    server.contents_manager.register_pre_save_hook(keep_as_template)
    # The libraries from which kernels are forked load meanwhile, so that the first notebook starts as the next do.
    threading.Thread(target=warm_up, daemon=True).start()
    write_copies()
    first_page = server.default_url.lstrip("/")
    address = f"{server.connection_url}{first_page}?token={token}"
    # The server begins to listen as the first thing that its loop does; whoever reads the address can use it at once.
    server.io_loop.add_callback(announce, address)
    try:
        server.start()
    finally:
        shutil.rmtree(jupyter_config_dir(), ignore_errors=True)
    return 0


def announce(address: str) -> None:
    """Print the address and who may have it."""
    print(f"JupyterLab: {address}")
    print("Whoever has this address can read everything in this folder: keep it to yourself. Ctrl-C, twice, ends it.")
    sys.stdout.flush()


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


def keep_as_template(model: dict[str, Any], path: str, **_: object) -> None:
    """Leave of a notebook below ``notebooks/`` what version control keeps of it: sources, tags and ids of cells.

    JupyterLab calls it before it saves a notebook. A template that was run, and whose sources did not change, is the
    same file afterwards, byte for byte; a source that was changed is saved.

    Parameters
    ----------
    model : what is to be saved, as Jupyter's contents API has it; its content is changed in place.
    path : where, from the project's folder.
    """
    if model.get("type") != "notebook" or not (ROOT / path.strip("/")).is_relative_to(TEMPLATES):
        return
    content = model["content"]
    content["metadata"] = json.loads(json.dumps(METADATA))
    for cell in content["cells"]:
        tags = cell["metadata"].get("tags")
        cell["metadata"] = {"tags": tags} if tags else {}
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None


def files_handler() -> type:
    """The class that serves files, which lets a reader follow the links from page to page.

    A page of ``reports/`` is confined to an origin of its own, so that a browser does not say where a link in it was
    followed, and Jupyter refuses whoever does not say. A page that is opened as a whole, in a tab, is let through: who
    opens it has the token, and no other site can read what stands in another tab.
    """
    from jupyter_server.base.handlers import AuthenticatedFileHandler

    folders = [f"/files/{folder.relative_to(ROOT).as_posix()}/" for folder in (released(INDEX).parent, INDEX.parent)]

    class Files(AuthenticatedFileHandler):
        def check_referer(self) -> bool:
            asked = [self.request.headers.get(f"Sec-Fetch-{name}") for name in ("Mode", "Dest")]
            page = self.request.path.startswith(tuple(folders)) and self.request.path.endswith(".html")
            return (page and asked == ["navigate", "document"]) or super().check_referer()

    return Files
