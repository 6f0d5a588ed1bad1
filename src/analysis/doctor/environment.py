"""What surrounds the program and could change what it prints: variables, start-up files, locale, time zone, clock.

The machine: whether what is computed can be written, and whether there is room, memory and processors for it.

The fonts of figures and of the report: the same for everybody, with the letters of all four languages.
"""

from __future__ import annotations

import datetime
import locale
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from analysis.doctor.check import FAIL, OK, ROOT, WARN, Check, check, rebuild, some

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
        fix = f"Move {scripts[0].parent} away: every kernel runs what lies in it."
        yield Check(name, WARN, f"start-up scripts of IPython: {some(script.name for script in scripts)}", fix)
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
        fix = "export LC_ALL=C.UTF-8"
        yield Check("texts", FAIL, f"under the locale {spoken}, {some(wrong)}", fix)
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


# Where commands write; `batch.products` names the same, and the folder of this project's caches besides.
WRITTEN = ("data/processed", "data/register", "figures", "reports", ".cache")
GIB = 1024**3
ROOM = "Make room on this disk; what `run` writes stays in data/processed/, figures/ and reports/."
# The whole assessment takes half of one GiB, its release as much again, and it is written before the old one goes.
LEAST_DISK, GOOD_DISK = 2 * GIB, 5 * GIB
# What the kernel of a notebook takes at its most: 415 to 485 MiB were measured of three notebooks, rounded up.
OF_A_KERNEL = GIB // 2


@check("writing")
def writing(root: Path = ROOT, folders: Sequence[str] = WRITTEN) -> Iterator[Check]:
    """Whether a file can be written into each folder of results, or into what holds it where it is still to be made."""
    refused = []
    for folder in folders:
        place = root / folder
        while not place.exists():
            place = place.parent
        try:
            with tempfile.NamedTemporaryFile(dir=place, prefix=".doctor-") as file:
                file.write(b"written")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            refused.append(folder)
            fix = f"sudo chown -R $(id -un) {place}"
            if not place.is_dir():
                fix = f"Move the file {place} away: a folder belongs there."
            yield Check("writing", FAIL, f"nothing can be written to {folder}/ ({error.strerror})", fix)
    if not refused:
        yield Check("writing", OK, ", ".join(f"{folder}/" for folder in folders))


@check("disk")
def disk(root: Path = ROOT, free: int | None = None) -> Iterator[Check]:
    """Whether there is room for the whole assessment and its release. `free` is in bytes; left out, it is measured."""
    left = shutil.disk_usage(root).free if free is None else free
    found = f"{left / GIB:,.1f} GiB free"
    if left < LEAST_DISK:
        yield Check("disk", FAIL, f"{found}, where {LEAST_DISK // GIB} are needed", ROOM)
    elif left < GOOD_DISK:
        yield Check("disk", WARN, f"{found}: enough for one run", ROOM)
    else:
        yield Check("disk", OK, found)


@check("memory")
def memory(available: int | None = None, processors: int | None = None) -> Iterator[Check]:
    """Whether memory suffices for as many kernels as `run` starts.

    Parameters
    ----------
    available : bytes of memory; left out, they are measured. processors : likewise.
    """
    import psutil

    left = psutil.virtual_memory().available if available is None else available
    usable = processors or (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    kernels = usable + 1
    found = f"{left / GIB:,.1f} GiB available, {usable} processor{'s' if usable > 1 else ''}"
    fitting = left // OF_A_KERNEL
    if fitting < 1:
        yield Check("memory", FAIL, f"{found}: too little for one notebook", "Close other programs, and ask again.")
    elif fitting < kernels:
        fix = f'make run ARGS="--jobs {fitting}"'
        yield Check("memory", WARN, f"{found}: too little for {kernels} notebooks at a time", fix)
    else:
        yield Check("memory", OK, found)


# Letters of Turkish, Portuguese and French, and the signs of figures.
LETTERS = "çğıöşüÇĞİÖŞÜ ãõâêôáéíóúàÃÕÂÊÔÁÉÍÓÚÀ èëîïûùœÈÉËÎÏÛÙŒ –…·×≤≥∞→✓"


@check("fonts")
def fonts(folder: Path | None = None) -> Iterator[Check]:
    """Whether the font of figures is the one that matplotlib brings along, in plain and bold, with all letters.

    Parameters
    ----------
    folder : where the font is to lie; left out, in matplotlib's own data.
    """
    import matplotlib
    from matplotlib.font_manager import FontProperties, findfont
    from matplotlib.ft2font import FT2Font

    from analysis.plots.style import FONT as family

    own = folder or Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    lacking, elsewhere = [], []
    for weight in ("normal", "bold"):
        try:
            path = Path(findfont(FontProperties(family=family, weight=weight), fallback_to_default=False))
        except ValueError:
            lacking.append(f"{family} {weight}")
            continue
        if path.parent.resolve() != own.resolve():
            elsewhere.append(str(path))
        held = FT2Font(str(path)).get_charmap()
        unknown = [letter for letter in LETTERS if letter != " " and ord(letter) not in held]
        lacking += [f"{letter} in {path.name}" for letter in unknown]
    if lacking:
        yield Check("fonts", FAIL, f"missing: {some(lacking)}", rebuild())
    if elsewhere:
        found = f"{some(elsewhere)} is used in place of matplotlib's own: figures may differ from those of others"
        yield Check("fonts", WARN, found, f"rm -rf {matplotlib.get_cachedir()}")
    if not (lacking or elsewhere):
        yield Check("fonts", OK, f"{family}, plain and bold, with the letters of Turkish, Portuguese and French")


@check("font cache")
def font_cache(folder: Path | None = None) -> Iterator[Check]:
    """Whether matplotlib can keep its list of fonts, which every kernel would otherwise make anew.

    Parameters
    ----------
    folder : where it is kept; left out, where matplotlib says.
    """
    import matplotlib

    place = folder or Path(matplotlib.get_cachedir())
    if "MPLCONFIGDIR" not in os.environ and place.name.startswith("matplotlib-"):
        # Where it cannot write to the user's own folder it takes a new temporary one for each process.
        found = f"there is no folder to keep it in, so that each kernel makes its own in {place.parent}"
    elif not os.access(place, os.W_OK):
        found = f"{place} cannot be written to"
    else:
        yield Check("font cache", OK, str(place))
        return
    yield Check("font cache", WARN, found, "export MPLCONFIGDIR=$HOME/.matplotlib && mkdir -p $MPLCONFIGDIR")
