"""Provenance of a product: the digests of its notebook, parameters, library, environment and inputs.

A module counts only for the notebooks that reach it: imports are read from the source, from a notebook's cells to the
last module of this project, so that a change in `trends` makes nothing stale that does not import it.
"""

from __future__ import annotations

import json
import platform
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType

import yaml

from analysis import areas, catalog, indicators, release_register, texts
from analysis.batch import answers
from analysis.batch.products import digest
from analysis.catalog import ROOT, shown
from analysis.findings import collected
from analysis.jobs import (
    ALL,
    CODING_SHEETS,
    FROM_FINDINGS,
    PLEDGE,
    CaseTables,
    Job,
    Tables,
    showing,
    tables_of,
)
from analysis.project_files import sources
from analysis.retention import TERMS

# The packages of this project, the library and its methods, by the folder that each lies in.
PACKAGES = {path.parent.name: folder for folder in sources() for path in folder.glob("*/__init__.py")}
SRC = PACKAGES["analysis"]

# One thread a kernel, since the kernels share the processors; the rest makes two runs print the same.
KERNEL_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "TZ": "UTC",
    "LC_ALL": "C.UTF-8",
    # pyarrow, which pandas imports, would open a thread that no fork survives.
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
SEED = 0

# Which findings open a page, analysis by analysis; and the folder of the measures that findings can be of.
ORDER = SRC / "analysis" / "report" / "templates" / "key_findings.yml"
MEASURES = SRC / "analysis" / "findings" / "measures"
# What turns an executed notebook into figures and a page.
RELEASE = "analysis.report.pages"

COMMENT = re.compile(r"#[^\n]*")
IMPORT = re.compile(
    r"(?:^|[;:])[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+(\((?:[^)#]|#[^\n]*)*\)|[^\n;]+)|import[ \t]+([^\n;]+))",
    re.MULTILINE,
)

# kind (notebook, parameters, study, library, environment, inputs, ...) -> name -> sha256, or value
MadeFrom = dict[str, dict[str, str]]
_NONE: Mapping[str, str] = MappingProxyType({})


def made_from(job: Job) -> MadeFrom:
    """All that the products of `job` may follow from: every data set that it can read stands for what it will read.

    Returns
    -------
    By kind and name: the sha256 of ``notebook``, ``library`` (files and sentences), ``inputs`` (data sets) and of what
    declares the ``study``, the values of ``parameters`` and ``environment``, and of what kind the tables of ``persons``
    are that it can read.
    """
    sheets = {entry.name: _digest(_shown(entry)) for entry in catalog.coding_sheets(job.study)}
    return {
        # Of what is written in its cells, whatever outputs, ids and times stand beside it.
        "notebook": {shown(job.template): notebook_digest(job.template)},
        "parameters": job.parameters,
        "study": _declared(job.study),
        # Its line in the table of analyses. Where it is run, and other lines, change no page but for its links, which
        # are put in where pages stand: see `report.page_links`.
        "analysis": _line(job.analysis),
        "library": _library_digests(job.template),
        "environment": _environment(),
        "inputs": {**_inputs(job.study), **_derived(job)},
        "persons": {tables.name: tables.kind for tables in tables_read(job)},
        # A sheet that was not there when the notebook ran cannot be among what it read.
        **({"coding": sheets} if sheets and job.analysis in showing(CODING_SHEETS) else {}),
        **({"pledge": pledge()} if job.analysis in FROM_FINDINGS else {}),
    }


def notebook_digest(template: Path) -> str:
    """Return the digest of what is written in the cells of a notebook."""
    return _digest(_cells(template))


def pledge() -> dict[str, str]:
    """The texts of the report, and the baselines that it is held against: path -> sha256."""
    folders = (PLEDGE, ROOT / "data" / "baselines")
    paths = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    return {shown(path): digest(path.read_bytes()) for path in paths}


def program(modules: Iterable[str]) -> MadeFrom:
    """Return what the report, made by some modules, follows from besides notebooks: library, environment, catalogue."""
    return {"library": _digests(_reached(modules)), "environment": _environment(), "inputs": _inputs(*areas.reported())}


def tables_read(job: Job) -> list[Tables]:
    """The tables of persons of its study that the notebook of a job reaches, where there are some.

    What reads the findings reads all: some findings follow from each.
    """
    there = [tables for tables in tables_of(job.study) if tables.may_be_shown]
    if job.analysis in FROM_FINDINGS:
        return there
    reached = _library_digests(job.template)
    return [tables for tables in there if (path := _file(tables.module)) and shown(path) in reached]


def tables_made_from(tables: Tables, key: str, protected: str) -> MadeFrom:
    """All that tables of persons follow from.

    Parameters
    ----------
    key : what stands for the key of the pseudonyms: a digest from which it cannot be learnt; empty without any.
    protected : the digest of their protected tables. What earlier releases said counts; those that said just this say
        nothing new, and a release makes nothing stale by being entered.
    """
    entries = tables.entries
    environment = {name: value for name, value in _environment().items() if name in ("python", "requirements.lock")}
    return {
        "entry": {entry.name: _digest(_shown(entry)) for entry in entries},
        tables.described_by: {shown(path): _file_digest(path) for entry in entries if (path := entry.description_path)},
        # What they were matched against: names of places stand in the catalogue, too.
        "inputs": _inputs(tables.study),
        "library": _digests(_reached([tables.module])),
        "environment": environment,
        "key": {"of the pseudonyms": key} if key else {},
        "decisions": _decisions(tables),
        "register": release_register.held_against(tables, protected),
    }


def _decisions(tables: Tables) -> dict[str, str]:
    """The file of what reviewers decided on pairs of records, where there is one."""
    path = tables.decisions if isinstance(tables, CaseTables) and tables.entries else None
    return {shown(path): _file_digest(path)} if path and path.exists() else {}


def with_inputs(all_of_it: MadeFrom, read: list[str] | None, by_rows: Mapping[str, str] = _NONE) -> MadeFrom:
    """The same with only those data sets that were read; None: it is not known which, so that all count.

    Parameters
    ----------
    by_rows : those of which rows alone were asked for -> the digest of the rows: of these the entry counts besides, but
        for the digest of its file.
    """
    if read is None:
        return all_of_it
    found = {name: all_of_it["inputs"].get(name, "") for name in sorted({*read, *by_rows})}
    found |= {name: _described(name) for name in by_rows}
    return {**all_of_it, "inputs": found} | ({"by_rows": dict(by_rows)} if by_rows else {})


def with_answers(all_of_it: MadeFrom, given: Mapping[str, tuple[str, Sequence[str]]]) -> MadeFrom:
    """The same with what the questions of a notebook were answered: question -> digest, and data sets behind it."""
    behind = {asked: ";".join(names) for asked, (_, names) in given.items()}
    return {**all_of_it, "answers": {asked: of_answer for asked, (of_answer, _) in given.items()}, "behind": behind}


def as_known(now: MadeFrom, then: MadeFrom) -> MadeFrom:
    """Return what something is made from now, of what it could follow from then: data sets read, and measures.

    Those of an analysis that was added since are stated by no notebook that was run before.
    """
    measures = f"{shown(MEASURES)}/"
    # Of what was made by a program that noted less, all counts.
    before = then.get("library", {})
    kept = {name: each for name, each in now["library"].items() if name in before or not name.startswith(measures)}
    by_rows = then.get("by_rows", {})
    known = with_inputs(now, [name for name in then["inputs"] if name not in by_rows], by_rows)
    asked = {"behind": then["behind"], "answers": answers.digests(keys_of(then["behind"]))} if "behind" in then else {}
    return {**known, **asked, "library": kept}


def keys_of(behind: Mapping[str, str]) -> dict[str, str]:
    """Return by question a digest of all that its answer follows from: data sets behind it, and the program."""
    catalogued = _digest([[each.name, each.schema, each.study, each.kind] for each in catalog.datasets().values()])
    now = _every_input()
    found = {}
    for asked, names in behind.items():
        read = {name: now.get(name, "") for name in names.split(";")}
        found[asked] = _digest([asked, read, _program_of(asked.partition(":")[0]), catalogued])
    return found


def enter_answers(made_from_read: MadeFrom) -> None:
    """Note what the questions of a notebook that has just run were answered, where the data are still the same."""
    asked = made_from_read.get("behind", {})
    answers.enter({key: made_from_read["answers"][question] for question, key in keys_of(asked).items()})


def changes(then: MadeFrom, now: MadeFrom) -> list[str]:
    """Return the differences between two results of `made_from`, in words, one entry a thing."""
    found = []
    for kind in now:
        before, after = then.get(kind, {}), now[kind]
        for name in sorted({*before, *after}):
            if before.get(name) != after.get(name):
                if kind == "answers":
                    found.append(f"rows that it asked for have changed: {answers.in_words(name)}")
                    continue
                verb = "is new" if name not in before else "is gone" if name not in after else "has changed"
                found.append(f"{kind} {name} {verb}")
    return found


def libraries(analyses: Iterable[str] = tuple(ALL)) -> list[str]:
    """Modules of other packages that the notebooks of analyses import, directly or through this project's own."""
    direct = [name for each in analyses for template in ALL[each].templates for name in imported_by(template)]
    names = {*direct, *(name for path in _reached(direct).values() for name in _imports_of(path))}
    return sorted(name for name in names if name.split(".")[0] not in {*PACKAGES, *sys.stdlib_module_names})


def index_digest() -> str:
    """Return the digest of all that the index of the pages follows from, but for the pages themselves."""
    index = _digests(_reached(["analysis.report.index"]))
    studies = {study: _declared(study) for study in areas.STUDIES}
    parts = [index, [vars(each) for each in ALL.values()], studies, _inputs(*areas.STUDIES), _environment()]
    return _digest(parts)


@cache
def _library_digests(template: Path) -> dict[str, str]:
    found = _digests(_reached([*imported_by(template), RELEASE]))
    # What opens the pages of other analyses opens none of this one.
    order = yaml.safe_load(ORDER.read_text(encoding="utf-8")).get(template.stem)
    return found | ({shown(ORDER): _digest(order)} if shown(ORDER) in found else {})


def _reached(names: Iterable[str]) -> dict[str, Path]:
    """Modules of this project that are loaded with some others, with their files."""
    reached: dict[str, Path] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in reached or (path := _file(name)) is None:
            continue
        reached[name] = path
        waiting += [name.rpartition(".")[0], *_imports_of(path)]
    return reached


def _digests(modules: dict[str, Path]) -> dict[str, str]:
    """Digests of modules, of the templates and forms that one of them names, and of their own sentences."""
    named = {template for path in modules.values() for template in _named_in(path)}
    return {
        **{shown(path): _file_digest(path) for path in sorted({*modules.values(), *named})},
        # Module by module: a sentence that is edited makes only those notebooks stale that show it.
        **{f"{shown(texts.FILE)}: {name}": _digest(part) for name in sorted(modules) if (part := texts.part(name))},
    }


@cache
def _templates() -> tuple[Path, ...]:
    folders = (path for folder in ("templates", "form", "measures") for path in SRC.glob(f"analysis/*/{folder}/*"))
    return (*folders, *(path for folder in sources() for path in folder.glob("**/*.csv")))


@cache
def _named_in(path: Path) -> tuple[Path, ...]:
    """The templates that a module names, and all measures for the module that reads them under whatever name."""
    source = _source(path)
    return tuple(each for each in _templates() if each.name in source or each.parent == path.with_suffix(""))


@cache
def _file(name: str) -> Path | None:
    """The file of a module of this project; None for a function in one, or for any other package."""
    parts = name.split(".")
    if parts[0] not in PACKAGES:
        return None
    place = PACKAGES[parts[0]].joinpath(*parts)
    return next((path for path in (place / "__init__.py", place.with_suffix(".py")) if path.is_file()), None)


@cache
def _source(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def _imports_of(path: Path) -> tuple[str, ...]:
    return tuple(_imports(_source(path)))


def _imports(source: str) -> list[str]:
    """The names that a source imports, wherever they stand in it; of ``from a import b``, both ``a`` and ``a.b``.

    Words are read and not statements, which takes a twentieth of the time: a sentence that reads like an import counts
    as one.
    """
    found: list[str] = []
    for package, names, modules in IMPORT.findall(source.replace("\\\n", " ")):
        listed = COMMENT.sub("", names or modules).strip("() \t\n").split(",")
        imported = [name.split()[0] for name in listed if name.strip()]
        found += [package, *(f"{package}.{name}" for name in imported)] if package else imported
    return found


@cache
def imported_by(template: Path) -> tuple[str, ...]:
    """Return the modules that the code of a notebook imports."""
    return tuple(name for kind, source, _ in _cells(template) if kind == "code" for name in _imports(source))


@cache
def _cells(template: Path) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Kind, source and tags of a notebook's cells; none where the file is no notebook."""
    try:
        cells = json.loads(template.read_text(encoding="utf-8"))["cells"]
    except (FileNotFoundError, ValueError, KeyError):
        return ()
    return tuple(
        (cell["cell_type"], "".join(cell["source"]), tuple(cell["metadata"].get("tags", ()))) for cell in cells
    )


@cache
def _file_digest(path: Path) -> str:
    return digest(path.read_bytes())


@cache
def _environment() -> dict[str, str]:
    """Software and settings: every version stands in the lock."""
    lock = ROOT / "requirements.lock"
    versions = {"requirements.lock": _file_digest(lock)} if lock.exists() else {}
    return {"python": platform.python_version(), "seed": str(SEED), **versions, **KERNEL_ENVIRONMENT}


def _line(analysis: str) -> dict[str, str]:
    """The fields of an analysis's line that its page shows."""
    each = ALL[analysis]
    return {"name": each.name, "subject": each.subject, "needs": each.needs, "shows": ";".join(each.shows)}


@cache
def _declared(study: str) -> dict[str, str]:
    """Digests of what declares a study: its row of the table of studies, its indicators, and what it chooses."""
    rows = [*(vars(each) for each in indicators.of_each_study().get(study, ())), *indicators.declared_of(study)]
    return {"declared": _digest(vars(areas.STUDIES[study])), "indicators": _digest(rows)}


@cache
def _inputs(*studies: str) -> dict[str, str]:
    """Data sets that some studies can read, with the digest of all that is catalogued of each, its sha256 included.

    What another study lists is none of theirs. Lists of case records and surveys are none: no notebook reads them, but
    tables that were made of them.
    """
    can_be_read = {
        name: entry
        for name, entry in catalog.datasets().items()
        if entry.study in (None, *studies) and not entry.description_path
    }
    # What declares studies counts row by row: see `_declared`.
    declare = indicators.DECLARATIONS
    read = {name: entry for name, entry in can_be_read.items() if entry.schema not in declare}
    return {name: _digest(_shown(entry)) for name, entry in read.items()}


@cache
def _every_input() -> dict[str, str]:
    return {name: _digest(_shown(entry)) for name, entry in catalog.datasets().items()}


@cache
def _program_of(module: str) -> str:
    """A digest of what computes an answer."""
    return _digest([_digests(_reached([module])), _environment()])


@cache
def _described(name: str) -> str:
    """The digest of what is catalogued of a data set, but for that of its file: of whose rows only some were read."""
    entry = catalog.datasets().get(name)
    return "" if entry is None else _digest({**_shown(entry), "sha256": ""})


def _shown(entry: catalog.Dataset) -> dict[str, object]:
    """The fields of a catalogued data set that can show; those on keeping, purpose and by whom show nowhere."""
    return {name: value for name, value in vars(entry).items() if name not in TERMS}


def _derived(job: Job) -> dict[str, str]:
    """The tables of persons, and the findings, that a notebook reads as inputs; none that have not been made."""
    read = [tables.as_dataset() for tables in tables_read(job) if tables.manifest_content()]
    if job.analysis in FROM_FINDINGS and collected.said(job.study):
        read.append(collected.as_dataset(job.study))
    return {entry.name: _digest(vars(entry)) for entry in read}


def _digest(content: object) -> str:
    return digest(json.dumps(content, sort_keys=True).encode())
