"""What surrounds the program and could change what it prints: variables, start-up files, locale, time zone, clock."""

from __future__ import annotations

import datetime
import locale
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from analysis.doctor.check import FAIL, OK, ROOT, WARN, Check, check, some

# Variables that make Python, matplotlib or Jupyter another program than was installed.
CHANGING = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONUSERBASE", "MPLBACKEND", "MATPLOTLIBRC", "IPYTHONDIR")
JUPYTER = "JUPYTER_"
# Set by this project, or by a JupyterLab for the terminals in it: it changes no result.
OWN = ("JUPYTER_DEFAULT_PROVISIONER_NAME", "JUPYTER_SERVER_ROOT", "JUPYTER_SERVER_URL", "JUPYTER_PLATFORM_DIRS")
SKEW = 5.0  # seconds between two clocks from which on files look older or newer than they are


@check("hidden state")
def hidden_state(variables: Mapping[str, str] = os.environ, home: Path | None = None) -> Iterator[Check]:
    """Variables and files of the user that change what a notebook does, and that no other machine has."""
    name = "hidden state"
    found = [each for each in CHANGING if variables.get(each)]
    found += sorted(each for each in variables if each.startswith(JUPYTER) and each not in OWN)
    for each in found:
        yield Check(name, WARN, f"{each} is set: {variables[each]}", f"unset {each}")
    if _user_site():
        yield Check(name, WARN, "packages of the user's own folder are imported", "export PYTHONNOUSERSITE=1")
    own = home or Path.home()
    scripts = sorted((own / ".ipython").glob("profile_*/startup/*.py"))
    if scripts:
        mend = f"Move {scripts[0].parent} away: every kernel runs what lies in it."
        yield Check(name, WARN, f"start-up scripts of IPython: {some(script.name for script in scripts)}", mend)
    if not (found or _user_site() or scripts):
        yield Check(name, OK, "no variable and no start-up script changes what is run")


def _user_site() -> bool:
    """Whether Python imports from the folder that `pip install --user` writes to, and there is one."""
    import site

    return bool(site.ENABLE_USER_SITE) and Path(site.getusersitepackages()).is_dir()


@check("texts")
def texts(encodings: Mapping[str, str] | None = None) -> Iterator[Check]:
    """Whether texts are read and printed in UTF-8, and mean the same under the language that is set here.

    Parameters
    ----------
    encodings : what is encoded -> its encoding; left out, what this process has.
    """
    spoken = next((os.environ[each] for each in ("LC_ALL", "LC_CTYPE", "LANG") if os.environ.get(each)), "none set")
    used = encodings or {
        "files": locale.getpreferredencoding(False),
        "names of files": sys.getfilesystemencoding(),
        "the terminal": getattr(sys.stdout, "encoding", None) or "utf-8",
    }
    others = [f"{what} in {code}" for what, code in used.items() if code.lower().replace("-", "") != "utf8"]
    if others:
        yield Check("texts", WARN, f"{some(others)}, not in UTF-8 (locale: {spoken})", "export PYTHONUTF8=1")
    wrong = misread()
    if wrong:
        mend = "export LC_ALL=C.UTF-8"
        yield Check("texts", FAIL, f"under the locale {spoken}, {some(wrong)}", mend)
    if not (others or wrong):
        found = f"UTF-8 (locale: {spoken}); letters, months and numbers read the same in every language"
        yield Check("texts", OK, found)


def misread() -> list[str]:
    """What this process reads otherwise than every other: the Turkish i, names of months, the decimal point."""
    new_year = datetime.date(2020, 1, 1)
    faults = {
        "TITLE is not title in small letters": "TITLE".lower() != "title" or "title".upper() != "TITLE",
        "İ and ı are no letters of their own": len("İıIi".encode()) != 6,
        f"January is {new_year:%B}": f"{new_year:%B %b}" != "January Jan",
        "a number has no decimal point": locale.localeconv()["decimal_point"] != ".",
    }
    return [said for said, is_wrong in faults.items() if is_wrong]


@check("clock")
def clock(root: Path = ROOT, now: float | None = None) -> Iterator[Check]:
    """Whether the clock can be right: it is not before the newest commit, and that of the disk agrees with it.

    Last days of confidential data are counted by it, and `make` goes by the disk's.
    """
    seconds = time.time() if now is None else now
    here = datetime.datetime.fromtimestamp(seconds).astimezone()
    said = f"{here:%Y-%m-%d %H:%M} {here.tzname()} (kernels: UTC)"
    known = _newest_commit(root)
    if seconds < known - 86_400:
        day = datetime.date.fromtimestamp(known)
        found = f"{said} is before the newest commit, of {day}"
        yield Check("clock", FAIL, found, "Set the computer's clock (`timedatectl set-ntp true`).")
        return
    with tempfile.NamedTemporaryFile(dir=root, prefix=".doctor-") as file:
        apart = abs(os.stat(file.name).st_mtime - time.time())
    if apart > SKEW:
        found = f"{said}; the disk's clock is {apart:,.0f} s away from it"
        yield Check("clock", WARN, found, "Set the clocks of this machine and of the file server by the same source.")
    else:
        yield Check("clock", OK, said)


def _newest_commit(root: Path) -> float:
    """When the newest commit was made, in seconds; when requirements.lock was written, where git cannot tell."""
    try:
        command = ("git", "log", "-1", "--format=%ct")
        answer = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=10)
        return float(answer.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return (root / "requirements.lock").stat().st_mtime
