"""Which notebooks are ours, so that what they show may run: as version control has them, or as they were made here.

The files of the project as JupyterLab opens and saves them: a notebook that is ours is trusted, and no other is.

JupyterLab as this project starts it: for whoever sits at this machine, with a new token each time, and no internet.

Nothing of a person's or the machine's own settings of Jupyter is read, so that none can switch off what protects the
records here. What JupyterLab keeps lies in ``.cache/lab``, for its owner alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import threading
import warnings
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager

from analysis.batch.kernel_provisioner import CHOICE, WARM_PROVISIONER, can_fork, warm_process
from analysis.batch.products import KEY, LAB, BatchError, is_sealed, key
from analysis.batch.provenance import KERNEL_ENVIRONMENT
from analysis.catalog import ROOT

# Digests by which git names a content, by their length in hexadecimal digits.
GIT_DIGESTS = {40: "sha1", 64: "sha256"}


def is_ours(path: Path) -> bool:
    """Whether a notebook is byte for byte what the last commit has under its name, or what this machine made of it.

    Parameters
    ----------
    path : a file below the project's folder.

    Returns
    -------
    False for what was sent by somebody, changed by hand, or made on another machine: its outputs may hold programs.
    """
    try:
        content = path.read_bytes()
    except OSError:
        return False
    return is_sealed(path, content) or is_committed(path, content)


def is_committed(path: Path, content: bytes) -> bool:
    """Whether the last commit has this content under this name; without git, or outside a clone, nothing is."""
    name = path.relative_to(ROOT).as_posix()
    # A name is taken as it is, with no sign in it that stands for others.
    command = ["git", "--literal-pathspecs", "ls-tree", "-z", "HEAD", "--", name]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=10).stdout
    except (OSError, subprocess.SubprocessError):
        return False
    # "100644 blob DIGEST<tab>NAME"
    kind, _, found = listed.rstrip("\0").partition("\t")
    *_, digest = kind.split() or [""]
    if found != name or len(digest) not in GIT_DIGESTS:
        return False
    return hashlib.new(GIT_DIGESTS[len(digest)], b"blob %d\0" % len(content) + content).hexdigest() == digest


class ProjectFiles(AsyncLargeFileManager):
    """Jupyter's own, but that it is looked at each opening whether a notebook is ours."""

    def mark_trusted_cells(self, nb: Any, path: str = "") -> None:
        """Sign a notebook that is ours; one that is not keeps what a person's own run of it has earned."""
        if is_ours(ROOT / path.strip("/")):
            self.notary.sign(nb)
        super().mark_trusted_cells(nb, path)


HERE = Path(__file__).parent
HOST = "localhost"
# Names of this machine's own address, for which nothing leaves it.
LOCAL = (HOST, "127.0.0.1", "::1")
# What a page of JupyterLab may ask for: this server and what the page itself holds. So no output of a notebook, ours or
# not, can send what it shows to anybody.
POLICY = "; ".join(
    (
        "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:",
        "frame-ancestors 'self'",
        "form-action 'self'",
        "base-uri 'self'",
        "object-src 'none'",
    )
)


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
    prepare()
    os.environ.update(environment())
    for name in shut_out(os.environ):
        del os.environ[name]
    # Only now: what these modules know of folders they read from the environment when they are loaded.
    from jupyter_core.paths import jupyter_config_dir
    from jupyter_server.utils import JupyterServerAuthWarning
    from jupyterlab.labapp import LabApp  # type: ignore[import-untyped]
    from traitlets.config import Config

    token = secrets.token_hex(24)
    with warnings.catch_warnings():
        # Its terminals rely on what is set here: that nothing is answered without the token.
        warnings.simplefilter("ignore", JupyterServerAuthWarning)
        server = LabApp.initialize_server(argv=[], config=Config(settings(port, browser, allow_root, token)))
    from analysis.lab import launcher

    server.web_app.settings["page_config_hook"] = partial(launcher.add_to_page, start=secrets.token_hex(8))
    server.web_app.add_handlers(".*$", launcher.handlers(server.base_url))
    warm_up()
    # A second or two when they are drawn for the first time.
    launcher.draw_missing()
    print(f"JupyterLab: {server.connection_url}lab?token={token}")
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


def prepare() -> None:
    """Make the folder that JupyterLab keeps to itself, its key, and the kernel that belongs to this project."""
    LAB.mkdir(mode=0o700, parents=True, exist_ok=True)
    LAB.chmod(0o700)
    key()
    from ipykernel.kernelspec import RESOURCES

    folder = LAB / "data" / "kernels" / "python3"
    folder.mkdir(parents=True, exist_ok=True)
    for logo in Path(RESOURCES).glob("logo*"):
        shutil.copy(logo, folder)
    described = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        # As the templates name it, so that to save one changes nothing.
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "metadata": {"debugger": True, "supported_encryption": ["curve"]},
        "env": kernel_environment(),
    }
    (folder / "kernel.json").write_text(json.dumps(described, indent=1), encoding="utf-8")


def kernel_environment() -> dict[str, str]:
    """What a notebook finds here besides what a terminal does: the batch's settings, so that both print the same."""
    return {**KERNEL_ENVIRONMENT, "JUPYTER_NO_CONFIG": ""}


def environment() -> dict[str, str]:
    """Where JupyterLab finds its kernel and keeps what it notes; and that it reads nobody's settings."""
    python = str(Path(sys.executable).parent)
    return {
        # Commands in a terminal are those of this project's own environment.
        "PATH": os.pathsep.join([python, os.environ.get("PATH", os.defpath)]),
        "JUPYTER_NO_CONFIG": "1",
        "JUPYTER_DATA_DIR": str(LAB / "data"),
        "JUPYTER_RUNTIME_DIR": str(LAB / "runtime"),
        "JUPYTER_PATH": str(LAB / "data"),
        CHOICE: os.environ.get(CHOICE, WARM_PROVISIONER),
    }


def shut_out(variables: Mapping[str, str]) -> list[str]:
    """Names of environment variables by which Jupyter could be told otherwise, a token of one's own among them."""
    ours = environment()
    return [name for name in variables if name.startswith(("JUPYTER", "JPY_")) and name not in ours]


def settings(port: int, browser: bool, allow_root: bool, token: str) -> dict[str, dict[str, Any]]:
    """What JupyterLab is told, by the class that is told it."""
    return {
        "ServerApp": {
            "ip": HOST,
            "port": port,
            "port_retries": 50,
            "open_browser": browser,
            "allow_root": allow_root,
            "root_dir": str(ROOT),
            "allow_remote_access": False,
            "local_hostnames": [HOST],
            "allow_origin": "",
            "allow_origin_pat": "",
            "allow_credentials": False,
            "allow_unauthenticated_access": False,
            "disable_check_xsrf": False,
            "contents_manager_class": "analysis.lab.server.ProjectFiles",
            "jpserver_extensions": {"jupyterlab": True, "jupyter_server_terminals": True},
            "tornado_settings": {
                "headers": {"Content-Security-Policy": POLICY},
                # Whoever has left this machine's own browser is known without being asked every half minute.
                "ws_ping_interval": 0,
            },
            "log_level": "WARN",
        },
        "IdentityProvider": {"token": token},
        "PasswordIdentityProvider": {"hashed_password": "", "password_required": False, "allow_password_change": False},
        "ContentsManager": {"allow_hidden": False},
        "NotebookNotary": {
            "data_dir": str(LAB),
            "db_file": str(LAB / "nbsignatures.db"),
            "secret_file": str(KEY),
        },
        # Between server and kernels, too, nobody else on this machine can listen.
        "KernelManager": {"transport_encryption": "auto"},
        "KernelSpecManager": {"allowed_kernelspecs": {"python3"}},
        "LabApp": {
            "log_level": "WARN",
            "extra_labextensions_path": [str(HERE / "extensions")],
            "labextensions_path": [str(Path(sys.prefix) / "share" / "jupyter" / "labextensions")],
            "app_settings_dir": str(HERE / "settings"),
            "user_settings_dir": str(LAB / "settings"),
            "workspaces_dir": str(LAB / "workspaces"),
            "extension_manager": "readonly",
            "lock_all_plugins": True,
            "news_url": None,
            "check_for_updates_class": "jupyterlab.handlers.announcements.NeverCheckForUpdate",
        },
    }


def warm_up() -> None:
    """Begin to load the libraries from which kernels are forked, so that the first notebook starts as the next do."""
    if can_fork() and os.environ[CHOICE] == WARM_PROVISIONER:
        found = {**os.environ, **kernel_environment()}
        threading.Thread(target=warm_process, args=(sys.executable, found), daemon=True).start()
