"""Makes `.venv` from requirements.lock with the newest suitable Python on PATH; does nothing where that is done.

It uses the standard library alone and starts on Python 3.8, so that an unsuitable machine is told what is missing.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
SETUP = ROOT / ".setup"
LOCK = ROOT / "requirements.lock"
STAMP = VENV / "made-from.json"

OLDEST, BELOW = (3, 11), (3, 14)
RANGE = "from 3.11 up to 3.13"
NAMES = ("python3.13", "python3.12", "python3.11", "python3", "python")

# Asked of every Python that is found. In a virtual environment the base is meant, not a copy that may be deleted.
PROBE = """
import json, platform, sys, sysconfig
lacks = []
for module in ("ctypes", "sqlite3", "ssl", "zlib"):
    try:
        __import__(module)
    except ImportError:
        lacks.append(module)
if platform.python_implementation() != "CPython":
    lacks.append("CPython")
if sysconfig.get_config_var("Py_GIL_DISABLED"):
    lacks.append("GIL")
path = getattr(sys, "_base_executable", sys.executable)
print(json.dumps({"path": path, "version": list(sys.version_info[:3]), "lacks": lacks}))
"""


class SetUpFailed(Exception):
    """The environment was not made; the message is a sentence for the user."""


def main() -> None:
    """Make or renew `.venv`, unless it is whole and made from today's files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default="", help="the Python to use, instead of the newest suitable one on PATH")
    wish = parser.parse_args().python
    try:
        SETUP.mkdir(exist_ok=True)
        # Two calls at once, say `make test` beside `make lab`, must not build on top of each other.
        with open(SETUP / "in-use", "w") as in_use:
            try:
                fcntl.flock(in_use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print("Another call is setting up the environment; waiting for it to end.", flush=True)
                fcntl.flock(in_use, fcntl.LOCK_EX)
            make(wish)
    except SetUpFailed as problem:
        sys.exit(f"Set-up stopped: {problem}")
    except KeyboardInterrupt:
        sys.exit("Set-up stopped by the user; the next call begins again.")


def make(wish: str) -> None:
    """Make or renew `.venv` with the Python called `wish`, or with the newest suitable one if it is empty."""
    inputs = digest_of_inputs()
    wanted = wished_python(wish) if wish else None
    made = read_stamp()
    if made and wanted and made["python"] != wanted:
        made = None
    if made and made["inputs"] == inputs:
        return
    # An environment that is whole but made from older files is brought up to date; anything else is made anew.
    python = made["python"] if made else wanted or newest_suitable(pythons_on_path())
    print(f"{'Renewing' if made else 'Making'} .venv with Python {dotted(python)} ({python['path']}).", flush=True)

    STAMP.unlink(missing_ok=True)
    uv = installed_uv(python)
    inside = str(VENV / "bin" / "python")
    if not made:
        options = ("--quiet", "--clear", "--python", python["path"])
        run("no virtual environment could be made", uv, "venv", *options, str(VENV))
    install = ("--quiet", "--python", inside, "--compile-bytecode")
    print("Installing the packages of requirements.lock; the first time this can take minutes.", flush=True)
    run("the packages could not be installed", uv, "pip", "sync", *install, "--require-hashes", str(LOCK))
    editable = ("--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    run("the package `analysis` could not be installed", uv, "pip", "install", *install, *editable)
    # A mistake in the source is for the tests to report, so the outcome is not looked at.
    subprocess.run((inside, "-m", "compileall", "-qq", str(ROOT / "src")), env=environment())

    # Written last and put in place at once: an environment with a stamp is whole.
    draft = STAMP.with_suffix(".draft")
    stamp = {"inputs": inputs, "place": str(ROOT), "python": python}
    draft.write_text(json.dumps(stamp, indent=1) + "\n", encoding="utf-8")
    draft.replace(STAMP)
    print("The environment is ready.", flush=True)


def digest_of_inputs() -> str:
    """One sha256 over all that decides what an environment holds."""
    digest = hashlib.sha256()
    for path in (LOCK, ROOT / "pyproject.toml", Path(__file__).resolve()):
        if not path.exists():
            raise SetUpFailed(f"{path.name} is missing; get it back from version control.")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def read_stamp() -> dict | None:
    """What `.venv` was made from; None unless it is whole, still in its place, and its Python still there."""
    try:
        made = json.loads(STAMP.read_text(encoding="utf-8"))
        whole = made["place"] == str(ROOT) and made["inputs"] and made["python"]["version"]
        return made if whole and (VENV / "bin" / "python").exists() else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def probe(command: str) -> dict:
    """Path, version and what is lacking of one Python; the version is None if it does not start."""
    try:
        answer = subprocess.run([command, "-I", "-c", PROBE], stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
        return json.loads(answer.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return {"path": command, "version": None, "lacks": []}


def pythons_on_path() -> list[dict]:
    """Every Python on PATH, once each; those that do not start are among them."""
    found: dict[str, dict] = {}
    for name in NAMES:
        for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
            command = os.path.join(folder or ".", name)
            if os.path.isfile(command) and os.access(command, os.X_OK):
                python = probe(command)
                found.setdefault(os.path.realpath(python["path"]), python)
    return list(found.values())


def newest_suitable(pythons: list[dict]) -> dict:
    """The newest of the Pythons that the assessment can run on; of equals, the first on PATH."""
    suitable = [python for python in pythons if not unsuitable(python)]
    if suitable:
        return max(suitable, key=lambda python: python["version"])
    seen = "; ".join(f"{python['path']} {unsuitable(python)}" for python in pythons) or "none"
    raise SetUpFailed(f"no Python {RANGE} was found on PATH (found: {seen}). Install one, or name one with PYTHON=...")


def wished_python(wish: str) -> dict:
    """The Python that the user asks for. Raises SetUpFailed if it is unsuitable."""
    python = probe(shutil.which(wish) or wish)
    if unsuitable(python):
        raise SetUpFailed(f"{wish} {unsuitable(python)}; the assessment needs a Python {RANGE}.")
    return python


def unsuitable(python: dict) -> str:
    """Why the assessment cannot run on this Python; empty if it can."""
    if python["version"] is None:
        return "does not start as Python 3"
    if not OLDEST <= tuple(python["version"]) < BELOW:
        return f"is {dotted(python)}"
    return f"is {dotted(python)} but lacks {', '.join(python['lacks'])}" if python["lacks"] else ""


def dotted(python: dict) -> str:
    return ".".join(map(str, python["version"]))


def installed_uv(python: dict) -> str:
    """The path of uv as the lock pins it, installed by pip into `.setup` if it is not there yet."""
    entry = re.search(r"^uv==.*\n(?:[ \t].*\n?)*", LOCK.read_text(encoding="utf-8"), flags=re.MULTILINE)
    if entry is None:
        raise SetUpFailed("requirements.lock does not pin uv, the installer; get the file back from version control.")
    folder = SETUP / "uv"
    uv, pinned = str(folder / "bin" / "uv"), folder / "pinned.txt"
    if pinned.exists() and pinned.read_text(encoding="utf-8") == entry.group() and starts(uv):
        return uv
    wanted = SETUP / "wanted.txt"
    wanted.write_text(entry.group(), encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    options = ("--quiet", "--no-deps", "--only-binary", ":all:", "--require-hashes", "--target", str(folder))
    run("pip could not install uv, the installer", *a_pip(python), "install", *options, "--requirement", str(wanted))
    wanted.replace(pinned)
    return uv


def a_pip(python: dict) -> tuple[str, ...]:
    """The command of the first pip that starts, whichever Python it belongs to: uv runs without Python."""
    pips = [(other["path"], "-m", "pip") for other in [python, *pythons_on_path()] if other["version"]]
    for pip in [*pips, ("pip3",), ("pip",)]:
        if starts(*pip):
            return pip
    raise SetUpFailed("no pip was found. Install it (on Debian and Ubuntu: apt-get install python3-pip).")


def starts(*command: str) -> bool:
    """Whether a command can tell its version."""
    try:
        command = (*command, "--version")
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, env=environment()).returncode == 0
    except OSError:
        return False


def run(failure: str, *command: str) -> None:
    """Run a command to its end. Raises SetUpFailed with the sentence `failure` if it does not succeed."""
    if subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, env=environment()).returncode != 0:
        raise SetUpFailed(f"{failure}; the reason stands above. Once it is mended, the same call begins again.")


def environment() -> dict[str, str]:
    """The user's environment variables, less those that lead pip and uv elsewhere; proxies and mirrors stay."""
    elsewhere = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "CONDA_PREFIX", "UV_SYSTEM_PYTHON")
    kept = {name: value for name, value in os.environ.items() if name not in elsewhere}
    here = {"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0", "UV_PYTHON_DOWNLOADS": "never"}
    silent = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore"}
    # uv is to trust the certificates that the system trusts, and to ask the mirror that pip is told to ask.
    as_pip = {"UV_SYSTEM_CERTS": "1"}
    if "PIP_INDEX_URL" in kept:
        as_pip["UV_DEFAULT_INDEX"] = kept["PIP_INDEX_URL"]
    return {**as_pip, **kept, **here, **silent}


if __name__ == "__main__":
    main()
