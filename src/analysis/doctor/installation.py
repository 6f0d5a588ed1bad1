"""Python and its packages: whether they are those of requirements.lock, whole, and this project's own.

Programs that the assessment calls, and what JupyterLab needs: kernel, widgets, typesetting, git, a browser.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata, util
from pathlib import Path
from urllib.parse import unquote, urlparse

from analysis.doctor.check import (
    FAIL,
    OK,
    ROOT,
    WARN,
    Check,
    check,
    is_for_development,
    is_made_by_make,
    one_line,
    rebuild,
    some,
)
from bounded.refusal import Refusal

OLDEST, BELOW = (3, 11), (3, 14)
# What is run or read as text, whose digests are compared; of all else the size is: 1.4 GB would take too long to read.
TEXTS = (".py", ".js", ".json", ".css", ".pyi", ".pth")
LARGEST = 1_000_000  # bytes of a file whose digest is compared


@check("Python")
def python(version: tuple[int, ...] = sys.version_info[:3]) -> Iterator[Check]:
    """Whether this Python can run the assessment, and is that of the environment that was made for it."""
    found = f"{'.'.join(map(str, version))}, {sys.executable}"
    if not OLDEST <= tuple(version[:2]) < BELOW:
        yield Check("Python", FAIL, found, "Install Python 3.11, 3.12 or 3.13, then `make setup`.")
    elif is_made_by_make() or "CONDA_PREFIX" in os.environ:
        yield Check("Python", OK, found)
    else:
        fix = "make setup && .venv/bin/python -m analysis doctor"
        yield Check("Python", WARN, f"{found}: not the environment that `make setup` makes", fix)


@check("environment")
def environment(root: Path = ROOT) -> Iterator[Check]:
    """Whether `.venv` was made from the files as they are now; another environment is not asked."""
    if not is_made_by_make():
        return
    spec = util.spec_from_file_location("build_environment", root / "build_environment.py")
    if spec is None or spec.loader is None or not (root / "build_environment.py").exists():
        yield Check("environment", FAIL, "build_environment.py is missing", "git checkout build_environment.py")
        return
    build = util.module_from_spec(spec)
    spec.loader.exec_module(build)
    made = build.read_stamp()
    if made is None:
        yield Check("environment", FAIL, ".venv was not made to its end, or was moved", "make setup")
    elif made["inputs"] != build.digest_of_inputs():
        found = "requirements.lock or pyproject.toml has changed since .venv was made"
        yield Check("environment", WARN, found, "make setup")
    else:
        yield Check("environment", OK, ".venv is as requirements.lock asks")


@check("packages")
def packages(lock: Path = ROOT / "requirements.lock", folders: list[str] | None = None) -> Iterator[Check]:
    """Whether every package is there that running needs, and all that are there are those that the lock pins.

    What is for development alone is missed only where `make` has installed it.

    Parameters
    ----------
    folders : where packages are looked for; left out, where Python looks.
    """
    from packaging.utils import canonicalize_name

    if not lock.exists():
        yield Check("packages", FAIL, f"{lock.name} is missing", f"git checkout {lock.name}")
        return
    by_make = is_made_by_make()
    locked = pinned(lock)
    installed: dict[str, metadata.Distribution] = {
        canonicalize_name(each.name): each for each in _distributions(folders) if each.name
    }
    if by_make and is_for_development(lock.parent):
        wanted = set(locked)
    else:
        # conda chooses the versions of what is not named in environment.yml.
        wanted = asked_for(lock) if not by_make else with_theirs(asked_for(lock), installed)
    missing = sorted(wanted - set(installed))
    differing = [
        f"{name} {installed[name].version} in place of {version}"
        for name, version in sorted(locked.items())
        if name in installed and installed[name].version != version and (by_make or name in wanted)
    ]
    surplus = sorted(set(installed) - set(locked) - {"analysis"}) if by_make else []
    if missing:
        yield Check("packages", FAIL, f"missing: {some(missing)}", rebuild())
    if differing:
        yield Check("packages", FAIL, f"other versions: {some(differing)}", rebuild())
    if surplus:
        yield Check("packages", WARN, f"not in {lock.name}: {some(surplus)}", rebuild())
    if not (missing or differing or surplus):
        yield Check("packages", OK, f"{len(wanted)} as {lock.name} pins them")


def pinned(lock: Path) -> dict[str, str]:
    """What a lock pins for this Python and system: name -> version."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    lines = re.findall(r"^([A-Za-z0-9][^\s\\]*==[^\\\n]*)", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)
    listed = [Requirement(line.strip()) for line in lines]
    return {
        canonicalize_name(each.name): str(each.specifier).removeprefix("==")
        for each in listed
        if each.marker is None or each.marker.evaluate()
    }


def asked_for(lock: Path) -> set[str]:
    """The packages that the pyproject.toml beside a lock names for running."""
    import tomllib

    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    project = tomllib.loads((lock.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {canonicalize_name(Requirement(line).name) for line in project["dependencies"]}


def with_theirs(names: set[str], installed: dict[str, metadata.Distribution]) -> set[str]:
    """The packages of these names and all that they need in turn, as those that are installed tell."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    found: set[tuple[str, str]] = set()
    new: set[tuple[str, str]] = {(name, "") for name in names}
    while new:
        found |= new
        asked = [
            (Requirement(line), extra)
            for name, extra in new
            if name in installed
            for line in installed[name].requires or ()
        ]
        new = {
            (str(canonicalize_name(each.name)), wanted)
            for each, extra in asked
            if each.marker is None or each.marker.evaluate({"extra": extra})
            for wanted in ("", *each.extras)
        } - found
    return {name for name, _ in found}


@check("files of packages")
def files(folders: list[str] | None = None, digests: bool = True) -> Iterator[Check]:
    """Whether the packages' files are there and as they were installed.

    Parameters
    ----------
    digests : whether programs are read and compared; else the sizes of all files alone.
    """
    wrong: dict[str, list[str]] = {}
    number = 0
    for each in _distributions(folders):
        place = Path(str(each.locate_file("")))
        for row in csv.reader((each.read_text("RECORD") or "").splitlines()):
            # Lines of this project's own package, and of what was compiled here, have no digest.
            if len(row) != 3 or not row[1] or not row[2]:
                continue
            number += 1
            if not _as_installed(place / row[0], row[1], int(row[2]), digests):
                wrong.setdefault(each.name, []).append(row[0])
    if wrong:
        files = sum(map(len, wrong.values()))
        said = some(f"{name} ({paths[0]})" for name, paths in sorted(wrong.items()))
        yield Check("files of packages", FAIL, f"{files:,} missing or changed: {said}", rebuild())
    else:
        compared = "digests of programs and sizes" if digests else "sizes"
        yield Check("files of packages", OK, f"{number:,} files whole, by {compared}")


def _as_installed(path: Path, digest: str, size: int, digests: bool) -> bool:
    try:
        if os.stat(path).st_size != size:
            return False
        if not digests or size > LARGEST or not path.name.endswith(TEXTS):
            return True
        method, _, expected = digest.partition("=")
        with open(path, "rb") as file:
            found = hashlib.new(method, file.read()).digest()
    except (OSError, ValueError):
        return False
    return base64.urlsafe_b64encode(found).rstrip(b"=").decode() == expected


@check("this project")
def own_package(root: Path = ROOT) -> Iterator[Check]:
    """Whether kernels and commands import this project, and find the kernels that it forks."""
    name = "this project"
    try:
        installed = metadata.distribution("analysis")
    except metadata.PackageNotFoundError:
        yield Check(name, FAIL, "the package `analysis` is not installed, so that no kernel finds it", rebuild())
        return
    address = json.loads(installed.read_text("direct_url.json") or "{}").get("url", "")
    folder = Path(unquote(urlparse(address).path)).resolve()
    if folder != root.resolve():
        found = f"the installed package is that of {folder}"
        yield Check(name, WARN, found, f"cd {root} && make setup, and use the Python in its .venv")
    elif not metadata.entry_points(group="jupyter_client.kernel_provisioners", name="warm"):
        yield Check(name, FAIL, "it was installed without its kernels (entry point `warm`)", rebuild())
    elif not metadata.entry_points(group="console_scripts", name="analysis"):
        yield Check(name, WARN, "it was installed without the command `analysis`, which shells complete", rebuild())
    else:
        yield Check(name, OK, f"installed from {folder}")


def _distributions(folders: list[str] | None) -> list[metadata.Distribution]:
    if folders is None:
        return list(metadata.distributions())
    return list(metadata.distributions(path=folders))


# What JupyterLab loads to show widgets: its extension -> the package that brings it.
FRONT_ENDS = {"@jupyter-widgets/jupyterlab-manager": "jupyterlab-widgets", "anywidget": "anywidget"}
PATIENCE = 30  # seconds for a kernel to start


@check("kernel")
def kernel(name: str = "python3") -> Iterator[Check]:
    """Whether a kernel starts, answers, and is this Python with this project. It takes two seconds."""
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import start_new_kernel

    folder = KernelSpecManager().get_kernel_spec(name).resource_dir
    fix = _remove(folder)
    asked = "import sys, analysis; print(sys.prefix); print(analysis.__file__)"
    try:
        manager, client = start_new_kernel(kernel_name=name, startup_timeout=PATIENCE, stderr=subprocess.DEVNULL)
    except (RuntimeError, OSError) as error:
        yield Check("kernel", FAIL, f"the kernel '{name}' of {folder} does not start: {one_line(error)}", fix)
        return
    try:
        said: list[str] = []
        answer = client.execute_interactive(asked, timeout=PATIENCE, output_hook=lambda told: said.append(_text(told)))
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    prefix, _, module = "".join(said).strip().partition("\n")
    if answer["content"]["status"] != "ok" or not module:
        yield Check("kernel", FAIL, f"the kernel '{name}' of {folder} cannot import `analysis`", fix)
    elif Path(prefix).resolve() != Path(sys.prefix).resolve():
        yield Check("kernel", FAIL, f"the kernel '{name}' of {folder} is another Python, {prefix}", fix)
    else:
        yield Check("kernel", OK, f"starts, answers, and imports {Path(module).parent}")


def _text(told: dict) -> str:
    return told["content"].get("text", "")


def _remove(folder: str) -> str:
    """What takes away a kernel's description that hides this Python's own; the own one is installed again."""
    is_own = not Path(folder).exists() or Path(folder).resolve().is_relative_to(Path(sys.prefix).resolve())
    return rebuild() if is_own else f"rm -r {folder}"


@check("widgets")
def widgets(places: Sequence[str] | None = None) -> Iterator[Check]:
    """Whether JupyterLab finds the front end of widgets, in the version of the package that speaks to it.

    Parameters
    ----------
    places : folders of extensions, the first of which counts; left out, Jupyter's own.
    """
    from jupyter_core.paths import jupyter_path

    for extension, package in FRONT_ENDS.items():
        found = [Path(place) / extension for place in places or jupyter_path("labextensions")]
        there = next((folder for folder in found if (folder / "package.json").is_file()), None)
        name, version = f"widgets ({package})", metadata.version(package)
        if there is None:
            yield Check(name, FAIL, f"JupyterLab does not find the front end {extension}", rebuild())
            continue
        own = _brought(package, extension)
        mine, used = (json.loads((each / "package.json").read_text(encoding="utf-8")) for each in (own, there))
        script = there / used["jupyterlab"]["_build"]["load"]
        if mine["version"] != used["version"]:
            said = f"JupyterLab loads front end {used['version']} of {there}, where {mine['version']} is needed"
            yield Check(name, FAIL, said, f"rm -r {there}")
        elif not script.is_file():
            yield Check(name, FAIL, f"the front end's script {script.name} is missing", rebuild())
        else:
            yield Check(name, OK, f"{version}, with front end {used['version']}")


def _brought(package: str, extension: str) -> Path:
    """Where a package has put the front end that it speaks to."""
    named = f"labextensions/{extension}/package.json"
    paths = [path for path in metadata.files(package) or () if path.as_posix().endswith(named)]
    return Path(str(paths[0].locate())).resolve().parent


@check("report")
def typesetting() -> Iterator[Check]:
    """Whether the programs that set the report, Typst and pandoc, can be called and write what they should."""
    for name, made in (("Typst (PDF)", _pdf), ("pandoc (Word)", _docx)):
        try:
            said = made()
        except Exception as error:
            yield Check(name, FAIL, f"it cannot set a page: {one_line(error)}", rebuild())
        else:
            yield Check(name, OK, said)


def _pdf() -> str:
    import typst

    page = typst.compile(b'#set text(lang: "tr")\nI\xc5\x9f\xc4\xb1k', format="pdf")
    if not page.startswith(b"%PDF-"):
        raise Refusal("not_pdf", "what it writes is no PDF")
    return metadata.version("typst")


def _docx() -> str:
    import pypandoc

    program = pypandoc.get_pandoc_path()
    made = subprocess.run((program, "--to=docx", "--output=-"), input=b"Text", capture_output=True, timeout=PATIENCE)
    if not made.stdout.startswith(b"PK"):
        raise Refusal("not_docx", made.stderr.decode(errors="replace") or "what it writes is no Word file")
    return str(pypandoc.get_pandoc_version())


@check("git")
def git(
    root: Path = ROOT, find: Callable[[str], str | None] = shutil.which, confidential: bool | None = None
) -> Iterator[Check]:
    """Whether git is there, and where there are confidential data, whether its hook keeps them out of commits.

    Parameters
    ----------
    confidential : whether there are such data; left out, what the catalogue says.
    """
    if find("git") is None:
        found = "not installed: what changed cannot be told, nor confidential files be kept out of commits"
        yield Check("git", WARN, found, "apt-get install git")
        return
    said = _answer(root, "--version")
    hook = root / (_answer(root, "rev-parse", "--git-path", "hooks") or ".git/hooks") / "pre-commit"
    if confidential is None:
        from analysis import catalog

        confidential = any(entry.kind == "confidential" for entry in catalog.datasets().values())
    if confidential and (root / ".git").exists() and not hook.exists():
        found = f"{said}; the hook is off that keeps confidential files out of commits"
        yield Check("git", WARN, found, ".venv/bin/pre-commit install")
    else:
        yield Check("git", OK, said)


def _answer(root: Path, *asked: str) -> str:
    answer = subprocess.run(("git", *asked), cwd=root, capture_output=True, text=True, timeout=10)
    return answer.stdout.strip()


@check("browser")
def browser(find: Callable[[str], str | None] = shutil.which) -> Iterator[Check]:
    """Whether Chromium and its driver are there; the assessment needs neither, some tests do."""
    missing = [name for name in ("chromium", "chromedriver") if find(name) is None]
    if missing:
        found = f"{' and '.join(missing)} not installed: tests that open pages are skipped; nothing else needs them"
        yield Check("browser", WARN, found, "apt-get install chromium chromium-driver")
    else:
        yield Check("browser", OK, "Chromium and its driver, for the tests of pages")
