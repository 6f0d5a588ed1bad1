"""Programs that the assessment calls, and what JupyterLab needs: kernel, widgets, typesetting, git, a browser."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata
from pathlib import Path

from analysis.doctor.check import FAIL, OK, ROOT, WARN, Check, check, one_line, rebuild
from bounded.refusal import Refusal

# What JupyterLab loads to show widgets: its extension -> the package that brings it.
FRONT_ENDS = {"@jupyter-widgets/jupyterlab-manager": "jupyterlab-widgets", "anywidget": "anywidget"}
PATIENCE = 30  # seconds for a kernel to start


@check("kernel")
def kernel(name: str = "python3") -> Iterator[Check]:
    """Whether a kernel starts, answers, and is this Python with this project. It takes two seconds."""
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import start_new_kernel

    folder = KernelSpecManager().get_kernel_spec(name).resource_dir
    mend = _remove(folder)
    asked = "import sys, analysis; print(sys.prefix); print(analysis.__file__)"
    try:
        manager, client = start_new_kernel(kernel_name=name, startup_timeout=PATIENCE, stderr=subprocess.DEVNULL)
    except (RuntimeError, OSError) as error:
        yield Check("kernel", FAIL, f"the kernel '{name}' of {folder} does not start: {one_line(error)}", mend)
        return
    try:
        said: list[str] = []
        answer = client.execute_interactive(asked, timeout=PATIENCE, output_hook=lambda told: said.append(_text(told)))
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    prefix, _, module = "".join(said).strip().partition("\n")
    if answer["content"]["status"] != "ok" or not module:
        yield Check("kernel", FAIL, f"the kernel '{name}' of {folder} cannot import `analysis`", mend)
    elif Path(prefix).resolve() != Path(sys.prefix).resolve():
        yield Check("kernel", FAIL, f"the kernel '{name}' of {folder} is another Python, {prefix}", mend)
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
        found = f"{' and '.join(missing)} not installed; only `make test` needs them: apt-get install chromium-driver"
        yield Check("browser", OK, found)
    else:
        yield Check("browser", OK, "Chromium and its driver, for the tests of pages")
