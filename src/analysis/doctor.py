"""Checks of the installation: each says what it found and, of a fault, the one thing that fixes it.

Nothing but the standard library is imported at the head: whoever asks may lack any library.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from bounded.refusal import Coded

OK, WARN, FAIL = "ok", "warn", "fail"
# Each state with its sign, the one for a terminal without such signs, and what is said of how many there are.
STATES = {OK: ("✓", "ok", "fine"), WARN: ("!", "!!", "to be settled"), FAIL: ("✗", "XX", "to be fixed")}
# As in `analysis.project_files`, which needs a package that may be missing.
ROOT = Path(__file__).resolve().parents[2]
OLDEST, BELOW = (3, 11), (3, 14)
GIB = 1024**3
# The whole assessment takes half of one GiB, its release as much again, and it is written before the old one goes.
LEAST_DISK, GOOD_DISK = 2 * GIB, 5 * GIB
KERNEL = "python3"
PATIENCE = 30  # seconds for a kernel to start
HOOK = "git config core.hooksPath .githooks"
# State, what was found, and the command or sentence that fixes it; empty where all is well.
Outcome = tuple[str, str, str]


@dataclass(frozen=True)
class Check:
    """The outcome of one check.

    Parameters
    ----------
    name : what was looked at, in a few words.
    state : ``ok``; ``warn``, where work can go on and something should be settled; ``fail``, where it cannot.
    found : what was found, in words.
    fix : one command or one sentence that fixes it; empty where all is well.
    """

    name: str
    state: str
    found: str
    fix: str = ""


def examine(quick: bool = False) -> list[Check]:
    """The outcomes of all checks, in the order in which a user fixes what they find; `quick` starts no kernel."""
    return [found for name, ask in CHECKS.items() if not (quick and ask is kernel) for found in checked(name, ask)]


def checked(name: str, ask: Callable[[], Iterator[Outcome]]) -> list[Check]:
    """Return what a check found; where it stops, that is an outcome, too."""
    found: list[Outcome] = []
    try:
        found += ask()
    except ImportError as error:
        found.append((FAIL, f"a library could not be loaded: {_one_line(error)}", rebuild()))
    except Coded as error:
        found.append(_as_sentence(error))
    except Exception as error:
        said = f"the check itself stopped, {type(error).__name__}: {_one_line(error)}"
        found.append((FAIL, said, "Fix the other faults first, and ask again."))
    return [Check(name, *outcome) for outcome in found]


def has_fault(found: Sequence[Check]) -> bool:
    """Return True if something is to be fixed before the assessment is run."""
    return any(each.state == FAIL for each in found)


def as_table(found: Sequence[Check], encoding: str = "utf-8") -> str:
    """The outcomes for a terminal: a line each, and beneath a fault the line that fixes it."""
    try:
        sign, arrow = 0, "✓✗→".encode(encoding).decode(encoding)[-1]
    except (UnicodeEncodeError, LookupError):
        sign, arrow = 1, "->"
    wide = max(len(each.name) for each in found)
    lines = []
    for each in found:
        begin = f"{STATES[each.state][sign]} {each.name.ljust(wide)}  "
        lines += [f"{begin}{each.found}", *([f"{' ' * len(begin)}{arrow} {each.fix}"] if each.fix else [])]
    counts = {words: sum(each.state == state for each in found) for state, (_, _, words) in STATES.items()}
    return "\n".join([*lines, "", ", ".join(f"{number} {words}" for words, number in counts.items() if number) + "."])


def as_json(found: Sequence[Check]) -> str:
    """The outcomes for a program: ``checks``, each with name, state, found and fix, and whether all is ``sound``."""
    return json.dumps({"sound": not has_fault(found), "checks": [vars(each) for each in found]}, indent=1)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__


def _as_sentence(error: Exception) -> Outcome:
    """A fault whose message ends with the sentence that says what would help."""
    what, _, fix = " ".join(str(error).split()).partition(". ")
    return FAIL, what.rstrip("."), fix or "Put back the file as it was catalogued."


def is_made_by_make() -> bool:
    """Return True if this Python runs in the project's own environment, which `make setup` makes."""
    return Path(sys.prefix).resolve() == (ROOT / ".venv").resolve()


def rebuild() -> str:
    """The command that makes the environment of this Python anew, with what it was made for."""
    if not is_made_by_make():
        return "conda env update --file environment.yml --prune"
    return f"rm -f .venv/made-from.json && make {'develop' if is_for_development() else 'setup'}"


def is_for_development() -> bool:
    """Return True if what tests, documentation and checks need is installed, too: all of it is, or none."""
    return any(metadata.distributions(name="pytest"))


def python(version: tuple[int, ...] = sys.version_info[:3]) -> Iterator[Outcome]:
    """Check that this Python can run the assessment, and is that of the environment that was made for it."""
    found = f"{'.'.join(map(str, version))}, {sys.executable}"
    if not OLDEST <= tuple(version[:2]) < BELOW:
        yield FAIL, found, "Install Python 3.11, 3.12 or 3.13, then `make setup`."
    elif is_made_by_make() or "CONDA_PREFIX" in os.environ:
        yield OK, found, ""
    else:
        fix = "make setup && .venv/bin/python -m analysis doctor"
        yield WARN, f"{found}: not the environment that `make setup` makes", fix


def packages(lock: Path = ROOT / "requirements.lock") -> Iterator[Outcome]:
    """Check that packages have the versions of the lock; where conda chose them, those that running names."""
    from packaging.requirements import Requirement

    named = {Requirement(line).name for line in metadata.requires("analysis") or ()}
    by_make = is_made_by_make()
    all_needed = by_make and is_for_development()
    pins = re.findall(r"^([A-Za-z0-9][^\s\\]*==[^\\\n]*)", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)
    wrong, right = [], 0
    for pin in map(Requirement, pins):
        held = next((each.version for each in metadata.distributions(name=pin.name)), "")
        needed = pin.name in named or all_needed or (held and by_make)
        if not needed or (pin.marker and not pin.marker.evaluate()):
            continue
        if held and held in pin.specifier:
            right += 1
        else:
            wrong.append(f"{pin.name} {held} in place of {pin.specifier}" if held else f"{pin.name} is missing")
    if wrong:
        more = f" and {len(wrong) - 3:,} more" if len(wrong) > 3 else ""
        yield FAIL, f"{', '.join(wrong[:3])}{more}", rebuild()
    else:
        yield OK, f"{right} as {lock.name} pins them", ""


def kernel() -> Iterator[Outcome]:
    """Check that a kernel starts, answers, and is this Python with this project. It takes two seconds."""
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import run_kernel

    folder = Path(KernelSpecManager().get_kernel_spec(KERNEL).resource_dir)
    # A description that hides this Python's own is taken away; the own one is installed again.
    is_own = not folder.exists() or folder.resolve().is_relative_to(Path(sys.prefix).resolve())
    what, fix = f"the kernel '{KERNEL}' of {folder}", rebuild() if is_own else f"rm -r {folder}"
    asked = "import sys, analysis; print(sys.prefix); print(analysis.__file__)"
    said: list[dict] = []
    try:
        with run_kernel(kernel_name=KERNEL, startup_timeout=PATIENCE, stderr=subprocess.DEVNULL) as client:
            client.execute_interactive(asked, timeout=PATIENCE, output_hook=said.append)  # type: ignore[attr-defined]
    except (RuntimeError, OSError) as error:
        yield FAIL, f"{what} does not start: {_one_line(error)}", fix
        return
    printed = "".join(message["content"].get("text", "") for message in said)
    prefix, _, module = printed.strip().partition("\n")
    if not module:
        yield FAIL, f"{what} cannot import `analysis`", fix
    elif Path(prefix).resolve() != Path(sys.prefix).resolve():
        yield FAIL, f"{what} is another Python, {prefix}", fix
    elif Path(module).resolve().parent != Path(__file__).resolve().parent:
        yield WARN, f"{what} imports another copy of this project, {Path(module).parent}", rebuild()
    else:
        yield OK, f"starts, answers, and imports {Path(module).parent}", ""


def disk(free: int | None = None) -> Iterator[Outcome]:
    """Check that there is room for the whole assessment and its release. `free` is in bytes; else it is measured."""
    left = shutil.disk_usage(ROOT).free if free is None else free
    found = f"{left / GIB:,.1f} GiB free"
    fix = "Make room on this disk; what `run` writes stays in data/processed/, figures/ and reports/."
    if left < LEAST_DISK:
        yield FAIL, f"{found}, where {LEAST_DISK // GIB} are needed", fix
    elif left < GOOD_DISK:
        yield WARN, f"{found}: enough for one run", fix
    else:
        yield OK, found, ""


def browser(find: Callable[[str], str | None] = shutil.which) -> Iterator[Outcome]:
    """Check that Chromium and its driver are there; the assessment needs neither, some tests do."""
    if missing := " and ".join(name for name in ("chromium", "chromedriver") if find(name) is None):
        found = f"{missing} not installed: tests that open pages are skipped; nothing else needs them"
        yield WARN, found, "apt-get install chromium chromium-driver"
    else:
        yield OK, "Chromium and its driver, for the tests of pages", ""


def catalogue() -> Iterator[Outcome]:
    """Check that every catalogued file is there, byte for byte, and that no table lies about uncatalogued."""
    from analysis import areas, catalog

    faults: list[Exception] = [*catalog.faults().values()]
    for name in catalog.datasets():
        try:
            catalog.verify(name)
        except (catalog.CatalogError, OSError) as error:
            faults.append(error)
    if not faults:
        # Descriptions that are missing, evidence that nobody listed.
        catalog.verify_listing()
        faults += catalog.faults().values()
    yield from map(_as_sentence, faults)
    if not faults:
        yield OK, f"{len(catalog.datasets())} data sets, byte for byte as they were catalogued", ""
    for path in catalog.uncatalogued(areas.STUDIES):
        fix = f"python -m analysis check {catalog.shown(catalog.checked_with(path))} --accept"
        yield WARN, f"{catalog.shown(path)} is in no catalogue, so that nothing reads it", fix


def _has_hook() -> bool:
    asked = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--git-path", "hooks"], capture_output=True, text=True)
    return (ROOT / asked.stdout.strip() / "pre-commit").exists()


def protection() -> Iterator[Outcome]:
    """Check that confidential files are encrypted, and nowhere as they were besides; `run` minds their last day."""
    from analysis import areas, catalog, encryption

    confidential = [entry for entry in catalog.datasets().values() if entry.kind == "confidential"]
    held = [path for entry in confidential for path in (entry.path, entry.corrections_path) if path]
    for path in (plain := [path for path in held if not encryption.is_encrypted(path)]):
        fix = f"python -m analysis encrypt {catalog.shown(path)} --remove"
        yield WARN, f"{catalog.shown(path)} is confidential and not encrypted", fix
    for path in (beside := encryption.left_plain(areas.STUDIES)):
        yield WARN, f"{catalog.shown(path)} lies unencrypted beside what is encrypted", f"rm {path}"
    if held and (ROOT / ".git").is_dir() and not _has_hook():
        yield WARN, "the hook is off that keeps confidential files out of commits", HOOK
    if not (plain or beside):
        yield OK, f"{len(confidential)} confidential data sets, all encrypted" if held else "none is confidential", ""


def keys() -> Iterator[Outcome]:
    """Check that the secret keys can be read by their owner alone, and lie where they should."""
    from analysis import catalog, encryption
    from analysis.intake import pseudonyms

    own, others = catalog.ROOT / ".key", [os.environ.get(each) for each in (pseudonyms.KEY_FILE, encryption.KEY_FILE)]
    if not others[1] and any(encryption.is_encrypted(entry.path) for entry in catalog.datasets().values()):
        fix = f"export {encryption.KEY_FILE}=PATH, with the path of the key's file"
        yield FAIL, "files are kept encrypted, and no key is at hand", fix
    paths = [Path(path).expanduser() for path in others if path] + ([own] if own.exists() else [])
    for path in paths:
        mode = stat.S_IMODE(path.stat().st_mode) if path.is_file() else 0
        if not path.is_file():
            yield FAIL, f"the key file {path} is missing", "Put it back from the copy that was kept apart."
        elif path != own and path.resolve().is_relative_to(catalog.ROOT):
            yield FAIL, f"{path} lies in the project's folder, beside what it opens", f"mv {path} ~/.config/"
        elif os.name == "posix" and mode & 0o077:
            yield FAIL, f"{path} can be read by others than its owner ({mode:o})", f"chmod 600 {path}"
        else:
            yield OK, f"{path.name} is for its owner alone", ""
    if not paths:
        yield OK, "none is at hand; one is made when it is first needed", ""


CHECKS: dict[str, Callable[[], Iterator[Outcome]]] = {
    "Python": python,
    "packages": packages,
    "kernel": kernel,
    "disk": disk,
    "browser": browser,
    "catalogue": catalogue,
    "persons' data": protection,
    "keys": keys,
}
