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
PROJECT = ROOT / "pyproject.toml"
STAMP = VENV / "made-from.json"

# The newest first.
SUITABLE = ("3.13", "3.12", "3.11")
# What a Python built by hand often lacks.
NEEDED = "import ctypes, sqlite3, ssl, zlib"
IN_RANGE = "import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))"
PIPS = ("python3.13 -m pip", "python3.12 -m pip", "python3.11 -m pip", "pip3", "pip")


class SetUpFailed(Exception):
    """The environment was not made; the message is a sentence for the user."""


def main() -> None:
    """Make or renew `.venv`, unless it is whole and made from today's files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default="", help="the Python to use, instead of the newest suitable one on PATH")
    parser.add_argument("--development", action="store_true", help="with what tests, documentation and checks need")
    asked = parser.parse_args()
    try:
        SETUP.mkdir(exist_ok=True)
        # Two calls at once, say `make test` beside `make lab`, must not build on top of each other.
        with open(SETUP / "in-use", "w") as in_use:
            fcntl.flock(in_use, fcntl.LOCK_EX)
            make(asked.python, asked.development)
    except SetUpFailed as problem:
        sys.exit(f"Set-up stopped: {problem}")
    except KeyboardInterrupt:
        sys.exit("Set-up stopped by the user; the next call begins again.")


def make(wish: str, development: bool) -> None:
    """Make or renew `.venv` with the Python called `wish`, or with the newest suitable one if it is empty.

    What was installed for development stays, whoever asks next, until `.venv` is made anew.
    """
    inputs, made = digest_of_inputs(), read_stamp()
    if made and wish not in ("", made["python"]):
        made = None
    if made and made["inputs"] == inputs and made["development"] >= development:
        return
    # An environment that is whole but made from older files is brought up to date; anything else is made anew.
    uv, inside = installed_uv(), str(VENV / "bin" / "python")
    found = (each for each in SUITABLE if starts(uv, "python", "find", "--no-managed-python", each))
    python = made["python"] if made else wish or next(found, SUITABLE[0])
    print(f"{'Renewing' if made else 'Making'} .venv with Python {python}.", flush=True)
    STAMP.unlink(missing_ok=True)
    if not made:
        making = (uv, "venv", "--quiet", "--clear", "--no-managed-python", "--python", python, str(VENV))
        run("no virtual environment could be made, which takes Python 3.11, 3.12 or 3.13", *making)
        run(f"this Python cannot `{NEEDED}`, or is not 3.11, 3.12 or 3.13", inside, "-I", "-c", f"{NEEDED}; {IN_RANGE}")
    development = development or bool(made and made["development"])
    install = (uv, "pip", "install", "--quiet", "--python", inside)
    # What pyproject.toml asks for, in the versions of the lock, whose digests every file must have; and nothing else.
    wanted = ("--requirements", str(PROJECT), *(("--group", f"{PROJECT}:development") if development else ()))
    print("Installing the packages of requirements.lock; the first time this can take minutes.", flush=True)
    pinned = ("--exact", "--require-hashes", "--constraints", str(LOCK))
    run("the packages could not be installed", *install, *pinned, *wanted)
    editable = ("--no-deps", "--build-constraints", str(LOCK), "--editable", str(ROOT))
    run("the package `analysis` could not be installed", *install, *editable)
    # A mistake in the source is for the tests to report, so the outcome is not looked at.
    subprocess.run((inside, "-m", "compileall", "-qq", str(ROOT / "src"), str(ROOT / "packages")), env=environment())

    # Written last and put in place at once: an environment with a stamp is whole.
    draft = STAMP.with_suffix(".draft")
    stamp = {"inputs": inputs, "place": str(ROOT), "python": python, "development": development}
    draft.write_text(json.dumps(stamp, indent=1) + "\n", encoding="utf-8")
    draft.replace(STAMP)
    print("The environment is ready.", flush=True)


def digest_of_inputs() -> str:
    """One sha256 over all that decides what an environment holds."""
    digest = hashlib.sha256()
    for path in (LOCK, PROJECT, Path(__file__).resolve()):
        if not path.exists():
            raise SetUpFailed(f"{path.name} is missing; get it back from version control.")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def read_stamp() -> dict | None:
    """What `.venv` was made from; None unless it is whole, still in its place, and its Python still there."""
    try:
        made = json.loads(STAMP.read_text(encoding="utf-8"))
        whole = made["place"] == str(ROOT) and made["inputs"] and {"python", "development"} <= set(made)
        return made if whole and (VENV / "bin" / "python").exists() else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def installed_uv() -> str:
    """The path of uv as the lock pins it, installed by pip into `.setup` if it is not there yet."""
    entry = re.search(r"^uv==.*\n(?:[ \t].*\n?)*", LOCK.read_text(encoding="utf-8"), flags=re.MULTILINE)
    if entry is None:
        raise SetUpFailed("requirements.lock does not pin uv, the installer; get the file back from version control.")
    folder = SETUP / "uv"
    uv, pinned = str(folder / "bin" / "uv"), folder / "pinned.txt"
    if pinned.exists() and pinned.read_text(encoding="utf-8") == entry.group() and starts(uv, "--version"):
        return uv
    wanted = SETUP / "wanted.txt"
    wanted.write_text(entry.group(), encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    options = ("--quiet", "--no-deps", "--only-binary", ":all:", "--require-hashes", "--target", str(folder))
    run("pip could not install uv, the installer", *a_pip(), "install", *options, "--requirement", str(wanted))
    wanted.replace(pinned)
    return uv


def a_pip() -> tuple[str, ...]:
    """The command of the first pip that starts, whichever Python it belongs to: uv runs without Python."""
    for pip in ((sys.executable, "-m", "pip"), *(tuple(command.split()) for command in PIPS)):
        if starts(*pip, "--version"):
            return pip
    raise SetUpFailed("no pip was found. Install it (on Debian and Ubuntu: apt-get install python3-pip).")


def starts(*command: str) -> bool:
    """Whether a command runs to its end without a fault."""
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, env=environment()).returncode == 0
    except OSError:
        return False


def run(failure: str, *command: str) -> None:
    """Run a command to its end. Raises SetUpFailed with the sentence `failure` if it does not succeed."""
    if subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, env=environment()).returncode != 0:
        raise SetUpFailed(f"{failure}; the reason stands above. Once it is fixed, the same call begins again.")


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
