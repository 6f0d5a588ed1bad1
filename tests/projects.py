"""Copies of the project for tests to run and to break, with lists and a survey of their own, and what they leave."""

import atexit
import compileall
import csv
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import yaml

from analysis import areas
from analysis.project_files import sources

ROOT = Path(__file__).resolve().parents[1]


def analyses_for(study: str, *has: str) -> tuple[str, ...]:
    """The analyses of an area of a study that has these of the things that can be needed, as the table has them."""
    with open(ROOT / "notebooks/analyses.csv", encoding="utf-8", newline="") as table:
        rows = [row for row in csv.DictReader(table) if row["areas"] == "all"]
    named = {row["analysis"]: row["studies"].split(";") if row["studies"] else [] for row in rows}
    return tuple(
        row["analysis"]
        for row in rows
        if (study in named[row["analysis"]] and row["needs"] in ("none", *has))
        or (not named[row["analysis"]] and row["needs"] in has)
    )


# The areas of which the tests make all pages: those of public evidence; of the demonstrations those of lists and of the
# survey, and of public evidence none.
MADE = {
    "TR-27": analyses_for("turkiye", "none"),
    "SEN": analyses_for("west_africa", "none"),
    "CPV-SAL": analyses_for("cabo_verde", "none"),
    "XDP-FIG": analyses_for("demo_provinces", "case_records", "survey"),
    "XIC-JADE": analyses_for("demo_islands", "case_records"),
}
RELEASED = tuple(MADE)
SELECTION = [word for area_id in RELEASED for word in ("--area", area_id)]
NOTEBOOKS = sum(map(len, MADE.values()))
# Where a run stages what has a release class, until a release publishes it.
STAGED = "data/processed/staged"

# For runs of a notebook or two, whose kernels are started sooner than a process is warmed to fork them; the bytes are
# the same, as a test shows.
PLAIN = {"JUPYTER_DEFAULT_PROVISIONER_NAME": "local-provisioner"}


def environment_of(project: Path) -> dict[str, str]:
    """The environment in which the project in a folder runs, which need not be the one that is installed."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, sources(project)))}


def run_analysis(*arguments: str, project: Path = ROOT, **variables: str) -> subprocess.CompletedProcess[str]:
    """`python -m analysis` of the project in a folder, in a process that has the libraries loaded already."""
    # Reading lists asks for no kernel.
    plain = PLAIN if arguments[0] == "intake" else {}
    return _run("analysis", arguments, project, {**environment_of(project), **plain, **variables})


def run_code(code: str, *arguments: str, project: Path) -> subprocess.CompletedProcess[str]:
    """`python -c CODE` beside the project in a folder, in a process that has the libraries loaded already."""
    return _run("-c", (code, *arguments), project, environment_of(project))


def _run(
    called: str, arguments: tuple[str, ...], project: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as folder:
        said = {name: Path(folder, name) for name in ("stdout", "stderr")}
        for path in said.values():
            path.touch()
        asked = {"called": called, "arguments": arguments, "folder": str(project), "environment": environment}
        asked |= {name: str(path) for name, path in said.items()}
        code = _ask(json.dumps(asked))
        texts = {name: path.read_text(encoding="utf-8", errors="replace") for name, path in said.items()}
    return subprocess.CompletedProcess([called, *arguments], code, **texts)


def _ask(line: str) -> int:
    """The exit code of a command, from the process that forks for it."""
    server = _server()
    server.stdin.write(line + "\n")
    server.stdin.flush()
    return int(server.stdout.readline())


@cache
def _server() -> subprocess.Popen[str]:
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, str(Path(__file__).with_name("warm_commands.py"))]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=clean)
    atexit.register(server.terminate)
    return server


def copy_of_the_project(folder: Path, with_tables: bool = False) -> Path:
    """What a run needs, copied, without a user's own lists: a test may break it.

    With the tables of synthetic persons, a run need not read and link their lists again, where `intake` has done so.
    """
    project = folder / "project"
    _compile()
    for part in ("src", "packages", "data/raw", "notebooks", "pledge"):
        shutil.copytree(ROOT / part, project / part, ignore=_left_out)
    for file in ("CHANGELOG.md", "CITATION.cff", "LICENSE", "requirements.lock"):
        shutil.copy(ROOT / file, project / file)
    for table in (ROOT / "data/processed").glob("*/*_SYNTHETIC.*") if with_tables else ():
        # Findings are collected from notebooks, which the copy has not run.
        if table.name.startswith("findings_"):
            continue
        copied = project / table.relative_to(ROOT)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(table, copied)
    return project


@cache
def _compile() -> None:
    """Compile the package once: the commands of each copy need not."""
    for folder in sources():
        compileall.compile_dir(folder, quiet=1)


def _left_out(folder: str, names: list[str]) -> set[str]:
    return set(areas.STUDIES) & set(names) if Path(folder) == ROOT / "data/raw" else set()


def small_project(folder: Path, **code: str) -> Path:
    """A copy of the project in which the notebooks named have one cell of the given code after their parameters."""
    project = copy_of_the_project(folder)
    for analysis, source in code.items():
        path = project / "notebooks" / f"{analysis}.ipynb"
        template = json.loads(path.read_text(encoding="utf-8"))
        parameters = next(c for c in template["cells"] if "parameters" in c["metadata"].get("tags", []))
        template["cells"] = [parameters, {**parameters, "id": "code", "metadata": {}, "source": source}]
        path.write_text(json.dumps(template), encoding="utf-8")
        path.with_stem(f"{analysis}_compared").unlink(missing_ok=True)
    return project


def few_areas(project: Path, kept: tuple[str, ...] = ("TR-27", "SEN", "CPV-SAL")) -> None:
    """Leave one area of each study, and no demonstration, so that the whole assessment is small."""
    shutil.rmtree(project / "data/raw/synthetic")
    # An analysis of demonstrations alone is of no study that there is.
    analyses = project / "notebooks/analyses.csv"
    lines = analyses.read_text(encoding="utf-8").splitlines(keepends=True)
    left = "".join(line for line in lines if "demo_" not in line)
    # What is made for one more area is made for whole studies alone.
    analyses.write_text(left.replace(",NGA\n", ",none\n"), encoding="utf-8")
    table, catalogue = project / "data/raw/areas.csv", project / "data/raw/catalog.yml"
    header, *rows = table.read_text(encoding="utf-8").splitlines(keepends=True)
    table.write_text("".join([header, *(row for row in rows if row.startswith(kept))]), encoding="utf-8")
    listed = yaml.safe_load(catalogue.read_text(encoding="utf-8"))
    listed["areas"]["sha256"] = hashlib.sha256(table.read_bytes()).hexdigest()
    catalogue.write_text(yaml.safe_dump(listed, allow_unicode=True, sort_keys=False), encoding="utf-8")


def leave_out(project: Path, what: str, study: str = "demo_provinces") -> None:
    """Take a demonstration's lists (`what` is "mapping") or its survey ("survey") out of the catalogue."""
    catalogue = project / f"data/raw/synthetic/{study}/catalog.yml"
    listed = yaml.safe_load(catalogue.read_text(encoding="utf-8"))
    left = {name: entry for name, entry in listed.items() if what not in entry}
    assert len(left) < len(listed)
    catalogue.write_text(yaml.safe_dump(left, allow_unicode=True, sort_keys=False), encoding="utf-8")


def products(project: Path) -> dict[str, bytes]:
    """Everything that the batch has left in a project, by path."""
    folders = ("data/processed", "data/register", "figures", "reports")
    paths = [path for folder in folders for path in (project / folder).rglob("*") if path.is_file()]
    return {path.relative_to(project).as_posix(): path.read_bytes() for path in paths}


# Words that stand in a list where no product may take them from: in a free text, in a column nobody declared, in names.
CANARIES = ("Kanaryaoglu", "kanaryaserbest", "kanaryabildirilmemis", "05559998877")
MAPPING = """\
list: {name}
title: Children known to the {name}
study: {study}
kind: {kind}
publisher: A test
source: written by a test
date: 2023-01-31
file: {{delimiter: ";"}}
columns:
  record: {{column: No}}
  detected: {{column: Tarih, format: [dd.mm.yyyy, yyyy]}}
  birth: {{column: Dogum, format: dd.mm.yyyy}}
  given_name: {{column: Ad}}
  family_name: {{column: Soyad}}
  phone: {{column: Telefon}}
  sex: {{column: Cinsiyet, codes: {{K: female, E: male}}}}
  area: {{column: Il}}
drop: [Not]
"""


# What stands in the synthetic survey, and what one of Türkiye has in its place.
PROVINCES = {
    "study: demo_provinces": "study: turkiye",
    **{"XDP-ALDER": "TR-01", "XDP-CEDAR": "TR-16", "XDP-FIG": "TR-27", "XDP-HAZEL": "TR-31", "XDP-LINDEN": "TR-34"},
    **{"XDP-MAPLE": "TR-35", "XDP-OAK": "TR-42", "XDP-PINE": "TR-63", "XDP-WILLOW": "TR-79"},
}
# What the entry of a confidential data set says of its purpose and its last day.
TERMS = {"purpose": "tests of this project", "retain_until": "2999-12-31", "access": "whoever runs them"}


def add_case_lists(project: Path, kind: str = "confidential", study: str = "turkiye") -> Path:
    """Two lists of 60 persons of Gaziantep and Kilis, of whom 20 stand on both; returns their folder."""
    folder = project / "data/raw" / study
    folder.mkdir(parents=True, exist_ok=True)
    catalogue = folder / "catalog.yml"
    listed = yaml.safe_load(catalogue.read_text(encoding="utf-8")) if catalogue.exists() else {}
    for name, first in (("police", 0), ("shelter", 40)):
        header = "No;Ad;Soyad;Telefon;Dogum;Cinsiyet;Il;Tarih;Not;Baska"
        rows = [_case(number) for number in range(first, first + 60)]
        # This row waits in quarantine: there is no 31 February.
        rows.append(f"999;Ayse;{CANARIES[0]};{CANARIES[3]};31.02.2010;K;Kilis;01.02.2020;;")
        file = folder / f"{name}.csv"
        file.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        mapping = file.with_suffix(".mapping.yml")
        mapping.write_text(MAPPING.format(name=name, study=study, kind=kind), encoding="utf-8")
        listed[f"{study}_{name}"] = {
            "file": file.name,
            "mapping": mapping.name,
            "study": study,
            "title": f"Children known to the {name}",
            "kind": kind,
            "licence": "none",
            "publisher": "A test",
            "source": "written by a test",
            "date": "2023-01-31",
            "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
            **TERMS,
        }
    catalogue.write_text(yaml.safe_dump(listed), encoding="utf-8")
    return folder


def add_survey(project: Path, kind: str = "confidential") -> Path:
    """The synthetic survey entered as one of Türkiye and of another kind, among its own files; returns the folder."""
    synthetic, folder = project / "data/raw/synthetic/demo_provinces", project / "data/raw/turkiye"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("survey_SYNTHETIC.csv", "survey_SYNTHETIC.survey.yml", "survey_frame_SYNTHETIC.csv"):
        text = (synthetic / name).read_text(encoding="utf-8").replace("kind: synthetic", f"kind: {kind}")
        for demonstrated, province in PROVINCES.items():
            text = text.replace(demonstrated, province)
        if name.endswith(".csv"):
            # What is byte for byte a synthetic file is not taken for a real one.
            head, first, second, *rest = text.split("\n")
            text = "\n".join([head, second, first, *rest])
        (folder / name.replace("_SYNTHETIC", "")).write_text(text.replace("_SYNTHETIC", ""), encoding="utf-8")
    catalogue = folder / "catalog.yml"
    listed = yaml.safe_load(catalogue.read_text(encoding="utf-8")) if catalogue.exists() else {}
    for name, file in (("survey", "survey.csv"), ("survey_frame", "survey_frame.csv")):
        listed[f"turkiye_{name}"] = {
            "file": file,
            "study": "turkiye",
            "title": "Children asked",
            "kind": kind,
            "licence": "none",
            "publisher": "A test",
            "source": "written by a test",
            "date": "2026-01-31",
            "sha256": hashlib.sha256((folder / file).read_bytes()).hexdigest(),
            **TERMS,
        }
    listed["turkiye_survey"]["survey"] = "survey.survey.yml"
    catalogue.write_text(yaml.safe_dump(listed), encoding="utf-8")
    return folder


def _case(number: int) -> str:
    """The row of one person, the same on every list: names that no other person shares, and the year alone at times."""
    letters = "abcdefghijklmnopqrst"
    given = f"Ad{letters[number % 20]}{letters[number // 20]}nur"
    family = f"{CANARIES[0] if number == 50 else 'Soy'}{letters[-1 - number % 20]}{letters[number // 7]}ler"
    birth = f"{1 + number % 28:02}.{1 + number % 12:02}.{2004 + number % 8}"
    date = (
        f"{2018 + number % 5}" if number % 10 == 3 else f"{1 + number % 28:02}.{1 + number % 12:02}.{2018 + number % 5}"
    )
    place = "Gaziantep" if number % 3 else "Kilis"
    cells = [number, given, family, f"0532{1000000 + 7919 * number}", birth, "KE"[number % 2], place, date]
    return ";".join(map(str, [*cells, CANARIES[1], CANARIES[2]]))
