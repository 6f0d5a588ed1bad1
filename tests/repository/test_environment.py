"""That everybody computes with the same software, by purpose, and that no file carries anything of one machine."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from analysis.project_files import sources

ROOT = Path(__file__).resolve().parents[2]
# The packages of this project.
OWN = {path.parent.name for folder in sources() for path in folder.glob("*/__init__.py")}
TEMPLATES = sorted((ROOT / "notebooks").glob("*.ipynb"))
IN_VENV = Path(sys.prefix).resolve() == (ROOT / ".venv").resolve()


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def project() -> dict:
    return PROJECT["project"]


def direct() -> dict[str, Requirement]:
    """What running needs directly, by name, with the ranges that pyproject.toml allows."""
    return named(project()["dependencies"])


def of_extras() -> dict[str, Requirement]:
    """What a part of the program needs that most do without; it is imported where it is used."""
    return named([line for lines in project()["optional-dependencies"].values() for line in lines])


def for_development() -> dict[str, Requirement]:
    """What all the rest needs besides; a group that takes in another has its packages, too."""
    groups = PROJECT["dependency-groups"]
    own = [entry for entry in groups["development"] if isinstance(entry, str)]
    taken_in = [entry["include-group"] for entry in groups["development"] if not isinstance(entry, str)]
    assert {"development", *taken_in} == set(groups)
    return named([*own, *(line for name in taken_in for line in groups[name])])


def for_tests() -> dict[str, Requirement]:
    """What tests need besides, the reference notebooks by nbval among them."""
    return named(PROJECT["dependency-groups"]["test"])


def named(lines: list[str]) -> dict[str, Requirement]:
    requirements = [Requirement(line) for line in lines]
    return {canonicalize_name(requirement.name): requirement for requirement in requirements}


def lock_entries() -> list[tuple[Requirement, list[str]]]:
    """Every requirement of the lock with its hashes."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    lines = [line.strip() for line in text.replace("\\\n", " ").splitlines()]
    entries = [line.split(" --hash=") for line in lines if line and not line.startswith("#")]
    return [(Requirement(entry[0]), [digest.strip() for digest in entry[1:]]) for entry in entries]


def locked(here: bool = False) -> dict[str, str]:
    """Versions of the lock by name; with `here`, of the packages that belong on this Python and system only."""
    entries = [requirement for requirement, _ in lock_entries()]
    return {
        canonicalize_name(entry.name): str(entry.specifier).removeprefix("==")
        for entry in entries
        if not here or entry.marker is None or entry.marker.evaluate()
    }


def conda() -> dict:
    return yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))


def conda_packages() -> dict[str, str]:
    """The pins of environment.yml, less Python and pip, under the names that all bear at PyPI."""
    *listed, by_pip = conda()["dependencies"][2:]
    pins = dict(entry.split("=", 1) for entry in listed) | dict(entry.split("==") for entry in by_pip["pip"][:-1])
    return {canonicalize_name(name): version for name, version in pins.items()}


def test_conda_users_get_the_versions_that_the_lock_pins():
    versions = locked()
    assert conda_packages() == {name: versions[name] for name in direct() | for_tests()}
    assert {"pytest", "nbval"} <= {*conda_packages()}


def test_conda_users_get_a_python_that_the_package_allows_and_the_package_itself():
    python, pip, *_, package = conda()["dependencies"]
    assert python == f"python {project()['requires-python']}"
    assert pip == "pip"
    assert package["pip"][-1] == "-e ."
    assert conda()["channels"] == ["conda-forge", "nodefaults"]


def test_the_lock_satisfies_what_the_package_asks_for():
    versions = locked()
    everything = direct() | for_development()
    unmet = {name: str(asked) for name, asked in everything.items() if versions.get(name) not in asked.specifier}
    assert not unmet


def test_no_package_is_locked_twice_or_without_a_hash():
    names = [canonicalize_name(requirement.name) for requirement, _ in lock_entries()]
    assert len(names) == len(set(names))
    for requirement, hashes in lock_entries():
        assert re.fullmatch(r"==[^,*]+", str(requirement.specifier)), f"{requirement} is not one version"
        assert hashes, f"{requirement} has no hash"
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in hashes), requirement.name


@pytest.mark.parametrize("file", ["requirements.lock", "environment.yml"])
def test_no_address_of_a_registry_decides_where_packages_come_from(file):
    text = (ROOT / file).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*-*(index|extra-index|find-links|trusted-host)", text, flags=re.MULTILINE)


@pytest.mark.parametrize("name", ["jupyterlab", "pandas", "geopandas", "matplotlib", "papermill"])
def test_what_the_readme_promises_is_among_the_dependencies(name):
    assert name in direct()
    assert name in locked()
    assert name in conda_packages()


def test_no_package_is_asked_for_twice():
    groups = [project()["dependencies"], *PROJECT["dependency-groups"].values()]
    names = [canonicalize_name(Requirement(line).name) for group in groups for line in group if isinstance(line, str)]
    assert len(names) == len(set(names))


def test_the_installer_is_pinned_but_not_needed_for_running():
    assert "uv" in for_development() and "uv" in locked() and "uv" not in direct()


def with_theirs(names: set[str], installed: dict[str, metadata.Distribution]) -> set[str]:
    """The packages of these names and all that they need in turn, as those that are installed tell."""
    found: set[tuple[str, str]] = set()
    new = {(name, "") for name in names}
    while new:
        found |= new
        asked = [
            (Requirement(line), extra)
            for name, extra in new
            if name in installed
            for line in installed[name].requires or ()
        ]
        new = {
            (canonicalize_name(each.name), wanted)
            for each, extra in asked
            if each.marker is None or each.marker.evaluate({"extra": extra})
            for wanted in ("", *each.extras)
        } - found
    return {name for name, _ in found}


def test_the_page_of_libraries_names_each_that_running_needs():
    page = (ROOT / "docs/reference/libraries.md").read_text(encoding="utf-8").partition("## What was tried")[0]
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| ")][1:]
    assert [canonicalize_name(row[0].removeprefix("| ")) for row in rows] == sorted(direct())
    assert all(re.fullmatch(r"20\d\d-\d\d", row[2]) and row[1] and row[3] for row in rows)


def test_what_a_part_needs_is_tested_and_not_asked_of_everybody():
    assert len(direct()) <= 36
    assert {*of_extras()} <= {*for_development()} and not {*of_extras()} & {*direct()}


@pytest.mark.skipif(not IN_VENV, reason="what a package asks for is read where the lock alone was installed")
def test_the_program_imports_nothing_that_is_for_development_alone():
    installed = {canonicalize_name(found.metadata["Name"]): found for found in metadata.distributions()}
    for_running = with_theirs({*direct(), *of_extras()}, installed)
    owners = metadata.packages_distributions()
    imported = {
        module.partition(".")[0]: path.relative_to(ROOT)
        for path in (each for folder in sources() for each in sorted(folder.rglob("*.py")))
        # It runs alone at the owner of a list, and reads Excel where openpyxl happens to be there.
        if path.name != "encode_names.py"
        for node in ast.walk(ast.parse(path.read_bytes()))
        for module in imported_by(node)
    }
    foreign = {
        module: (str(path), owners.get(module, ["nothing that is installed"]))
        for module, path in imported.items()
        if module not in OWN and module not in sys.stdlib_module_names
        if not for_running & {canonicalize_name(owner) for owner in owners.get(module, [])}
    }
    assert not foreign
    assert not for_running & {"hypothesis", "mypy", "pytest", "ruff", "selenium", "sphinx"}


def imported_by(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [name.name for name in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []


@pytest.mark.parametrize(
    ("target", "needs"),
    [("run", "setup"), ("lab", "setup"), ("release", "setup")]
    + [(target, "develop") for target in ("check", "test", "soak", "docs")],
)
def test_make_installs_for_development_only_what_checks_tests_and_documents(target, needs):
    assert re.search(rf"^{target}: {needs} ##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def test_the_installed_versions_are_those_of_the_lock():
    versions = locked()
    installed = {name: metadata.version(name) for name in direct() | for_development()}
    differing = {name: f"{found}, not {versions[name]}" for name, found in installed.items() if found != versions[name]}
    assert not differing


@pytest.mark.skipif(not IN_VENV, reason="only .venv is made from the lock alone; conda chooses indirect dependencies")
def test_nothing_is_installed_that_the_lock_does_not_list():
    installed = {canonicalize_name(found.metadata["Name"]): found.version for found in metadata.distributions()}
    assert installed.pop("analysis") == project()["version"]
    assert {name: Version(version) for name, version in installed.items()} == {
        name: Version(version) for name, version in locked(here=True).items()
    }


def test_the_running_python_is_one_that_the_package_allows():
    assert ".".join(map(str, sys.version_info[:3])) in Requirement(f"python{project()['requires-python']}").specifier


@pytest.fixture(params=TEMPLATES, ids=lambda path: path.name)
def template(request):
    return json.loads(request.param.read_text(encoding="utf-8"))


def code_cells(notebook: dict) -> list[dict]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def source(cell: dict) -> str:
    return "".join(cell["source"])


def test_a_template_shows_no_results_of_a_former_run(template):
    for cell in code_cells(template):
        assert cell["outputs"] == [], source(cell)
        assert cell["execution_count"] is None, source(cell)


def test_a_template_is_short_enough_to_be_read_as_a_paper(template):
    cells = code_cells(template)
    assert 0 < len(cells) < 30
    for cell in cells:
        assert len(source(cell).splitlines()) <= 10, source(cell)


def test_a_template_calls_functions_and_defines_none(template):
    for cell in code_cells(template):
        assert not re.search(r"^\s*(async )?(def|class) ", source(cell), flags=re.MULTILINE), source(cell)


def test_a_template_has_one_cell_of_parameters(template):
    tagged = [cell for cell in code_cells(template) if "parameters" in cell["metadata"].get("tags", [])]
    assert len(tagged) == 1
    # JupyterLab shows no tags: who looks at the notebook finds the cell by its first line.
    assert source(tagged[0]).startswith("# PARAMETERS: change the ")


def test_no_file_under_version_control_names_a_folder_of_somebodys_machine():
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listing.returncode != 0:
        pytest.skip("not a clone: there is no list of the files under version control")
    # A path, not the middle of an address of a page.
    machine = re.compile(rb"(?<![\w.:/%-])/(?:home|root|Users)/[\w.-]+")
    found = []
    for name in filter(None, listing.stdout.split("\0")):
        path = ROOT / name
        if path.is_file() and path.suffix not in (".gpkg", ".png", ".pdf"):
            found += [f"{name}: {match.group().decode()}" for match in machine.finditer(path.read_bytes())]
    assert not found
