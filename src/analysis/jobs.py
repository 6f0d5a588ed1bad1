"""The analyses that there are, and which notebook is run for which area; where its products go, and what it reads.

Each analysis is one line of ``notebooks/analyses.csv``, beside the notebook of that name. Whoever adds an analysis adds
a notebook and a line; and, where the areas of a study are compared, a second notebook with ``_compared`` at the end of
its name, which is run for each study. The order of the lines is that of the pages.

Some analyses read tables of persons, which are made before.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from analysis import areas, catalog
from analysis.catalog import ROOT, CatalogError, Dataset, shown
from analysis.encryption import as_kept
from bounded.refusal import Refusal

FOLDER = ROOT / "notebooks"
TABLE = FOLDER / "analyses.csv"
# Ends the name of the notebook that is run for a study as a whole and compares its areas, where an analysis has one.
COMPARED = "_compared"
# Notebooks that a researcher works in by hand: they are run for no area.
BY_HAND = ("explore", "welcome")
# Without these there is no page. What reads the findings of a study is run after all that states them.
CASE_RECORDS, SURVEY, FINDINGS = "case_records", "survey", "findings"
NEEDS = ("none", CASE_RECORDS, SURVEY, FINDINGS)
# What a page shows besides public evidence, where the study has it.
OWN_FIGURES, CODING_SHEETS = "own_figures", "coding_sheets"
SHOWS = (OWN_FIGURES, CODING_SHEETS)
ALL_AREAS, NO_AREAS = ("all",), ("none",)


@dataclass(frozen=True)
class Analysis:
    """One line of the table.

    Parameters
    ----------
    analysis : the name of its notebook, which begins the names of its page and figures.
    name, name_fr, name_pt, name_tr : what it is called, in four languages; left empty, as in English.
    subject : what its pages are about, as their titles say it after the place; left empty, its name.
    studies : those that it is run for; empty for all.
    needs : what a study must have for there to be a page, one of NEEDS.
    shows : what else the page shows where the study has it, some of SHOWS. Persons stand on no page of public evidence.
    areas : the areas that it is run for besides the study as a whole: ``all``, ``none``, or their ids.
    """

    analysis: str
    name: str
    subject: str
    name_fr: str
    name_pt: str
    name_tr: str
    studies: tuple[str, ...]
    needs: str
    shows: tuple[str, ...]
    areas: tuple[str, ...]

    @property
    def template(self) -> Path:
        """Return the notebook of an area; of a study too, where none compares its areas."""
        return FOLDER / f"{self.analysis}.ipynb"

    @property
    def templates(self) -> tuple[Path, ...]:
        """Return the notebook of an area, and the one that compares the areas of a study where there is one."""
        compared = FOLDER / f"{self.analysis}{COMPARED}.ipynb"
        return (self.template, compared) if compared.exists() else (self.template,)

    def is_for(self, area_id: str | None) -> bool:
        """Return True if it is run for an area; for a study as a whole (its id, or None) it always is."""
        return area_id in (None, *areas.STUDIES, *self.areas) or self.areas == ALL_AREAS

    @property
    def title(self) -> str:
        """Its name in English, as it begins a line."""
        return self.name[:1].upper() + self.name[1:]

    @property
    def about(self) -> str:
        """The subject of its pages, in English, as it follows the name of a place."""
        return self.subject or self.name

    def called(self, language: str = "en") -> str:
        """Its name in a language."""
        return (self.name if language == "en" else getattr(self, f"name_{language}")) or self.name


def read(table: Path = TABLE) -> dict[str, Analysis]:
    """The analyses by name, in the order of the table.

    Raises
    ------
    CatalogError : there is no such file, or a cell is not as it must be; the message says in which row and column.
    """
    found: dict[str, Analysis] = {}
    for number, row in enumerate(catalog.cells(table, tuple(each.name for each in fields(Analysis))), 2):
        listed = {column: tuple(filter(None, row[column].split(";"))) for column in ("studies", "shows", "areas")}
        _check(row, listed["shows"], found, f"{shown(table)}, row {number}")
        cells: dict[str, Any] = {**row, **listed}
        found[row["analysis"]] = Analysis(**cells)
    return found


def _check(row: dict[str, str], shows: Sequence[str], before: dict[str, Analysis], said: str) -> None:
    """Raise CatalogError for a cell that would go wrong far from here."""
    name = row["analysis"]
    # The files of an analysis are told from those of others by how their names begin.
    mixed = [each for each in before if each == name or each.startswith(f"{name}_") or name.startswith(f"{each}_")]
    rules = {
        "analysis": (areas.STUDY_PATTERN.fullmatch(name), "2 to 20 small letters, digits and _, as its notebook"),
        "name": (row["name"], "not empty"),
        "needs": (row["needs"] in NEEDS, f"one of {', '.join(NEEDS)}"),
        "shows": (set(shows) <= set(SHOWS), f"some of {', '.join(SHOWS)} with ; between them, or empty"),
        "areas": (
            row["areas"] == "none" or (row["areas"] and row["needs"] != FINDINGS),
            "all, none, or ids of areas with ; between them; none where findings are needed",
        ),
    }
    catalog.require_cells(said, rules)
    if mixed or name in BY_HAND:
        other = mixed[0] if mixed else name
        catalog.require_cells(said, {"analysis": ("", f"another name: the files of '{other}' begin in the same way")})


def require_usable(chosen: Sequence[str]) -> None:
    """Raise CatalogError if the line of an analysis has no notebook beside it.

    A study that it names and that there is not is among the faults of the catalogue then: the others can be worked on.
    An area that there is not is refused.
    """
    for number, (name, each) in enumerate(ALL.items(), 2):
        if name in chosen:
            said = f"{shown(TABLE)}, row {number}"
            there = (each.template.exists(), f"the name of a notebook: {shown(each.template)} is not there")
            catalog.require_cells(said, {"analysis": there})
            there_are = {*areas.ids(), *ALL_AREAS, *NO_AREAS}
            if unknown := [area_id for area_id in each.areas if area_id not in there_are]:
                catalog.require_cells(said, {"areas": ("", f"ids of areas: there is no '{unknown[0]}'")})
            for study in [study for study in each.studies if study not in areas.STUDIES]:
                message = (
                    f"{said}, column 'studies': there is no study '{study}'. Bring back what declares it, a folder "
                    f"below data/raw; or take it out of the cell, where some of {', '.join(areas.STUDIES)} can stand."
                )
                catalog.set_apart(study, CatalogError("unknown_study", message))


def require_line(name: str) -> None:
    """Raise CatalogError if a notebook lies there without a line, which says for what it is run."""
    if name.removesuffix(COMPARED) not in ALL and name not in BY_HAND and (FOLDER / f"{name}.ipynb").exists():
        raise CatalogError(
            "not_listed",
            f"{shown(FOLDER)}/{name}.ipynb is not listed: add a line to {shown(TABLE)} that begins with {name}.",
        )


ALL = read()


@cache
def needing(what: str) -> tuple[str, ...]:
    """The analyses of which there is no page without something of NEEDS."""
    return tuple(name for name, each in ALL.items() if each.needs == what)


@cache
def showing(what: str) -> tuple[str, ...]:
    """The analyses that show something of SHOWS where a study has it."""
    return tuple(name for name, each in ALL.items() if what in each.shows)


ANALYSES = tuple(ALL)
# What reads the findings of a whole study: it is run after all other notebooks of the study, and for the study alone.
FROM_FINDINGS = needing(FINDINGS)
# Those of persons on lists, and of children asked in a survey; none of them shows public evidence.
WITH_CASE_RECORDS = needing(CASE_RECORDS)
WITH_SURVEY = needing(SURVEY)
# Those that show the figures that a study itself counts by area, where it has tables of its own.
WITH_OWN_FIGURES = showing(OWN_FIGURES)
# Ends the name of every file that follows from synthetic case records, a synthetic survey, or synthetic counts.
SYNTHETIC = "_SYNTHETIC"
# What can be released, page by page and figure by figure, as the notebooks made it: it waits here for `release`.
STAGED = ROOT / "data" / "processed" / "staged"
# The page that leads to all others.
INDEX = STAGED / "reports" / "index.html"
# What people write for the report: commitments, recommendations, lessons, chapters.
PLEDGE = ROOT / "pledge"


class NotPlanned(Refusal):
    """An analysis was asked for that cannot be made; the message says why."""


@dataclass(frozen=True)
class Job:
    """One analysis for one area; `area_id` is the study's own id for the study as a whole."""

    analysis: str
    study: str
    area_id: str

    def __post_init__(self) -> None:
        """Refuse what cannot be a part of a path, wherever it came from."""
        for part in filter(None, (self.analysis, self.study, self.area_id)):
            if not (isinstance(part, str) and areas.ID_PATTERN.fullmatch(part)):
                raise NotPlanned(
                    "invalid_id", "No analysis, study or area is called so: letters, digits, - and _ make their names."
                )

    @property
    def template(self) -> Path:
        """Return the notebook that is run: of a study as a whole the one that compares its areas, if there is one."""
        compared = ROOT / "notebooks" / f"{self.analysis}{COMPARED}.ipynb"
        of_study = self.area_id == self.study and compared.exists()
        return compared if of_study else ROOT / "notebooks" / f"{self.analysis}.ipynb"

    @property
    def parameters(self) -> dict[str, str]:
        """Return the parameters of its notebook: the id of its area, or of its study where areas are compared."""
        return {"study" if self.template.stem.endswith(COMPARED) else "area": self.area_id}

    @property
    def stem(self) -> str:
        """Return the beginning of the names of its products; what follows from synthetic data says so in its name."""
        shown = [tables.kind for tables in self.tables]
        if self.analysis in (*WITH_OWN_FIGURES, *FROM_FINDINGS):
            shown.append(catalog.figures_kind(self.study))
        return self.analysis + (SYNTHETIC if "synthetic" in shown else "")

    @property
    def tables(self) -> list[Tables]:
        """The tables of persons that its notebook shows where there are some."""
        return [tables for tables in tables_of(self.study) if self.analysis in tables.shown_by]

    @property
    def synthetic(self) -> str:
        """Return how much of its products follows from synthetic data, in words: none (""), a part, or all of them."""
        if not self.stem.endswith(SYNTHETIC):
            return ""
        of_persons = self.analysis in (*WITH_CASE_RECORDS, *WITH_SURVEY)
        return "SYNTHETIC" if of_persons or areas.STUDIES[self.study].is_synthetic else "partly SYNTHETIC"

    @property
    def executed(self) -> Path:
        return ROOT / "data" / "processed" / "runs" / self.study / self.area_id / f"{self.stem}.ipynb"

    @property
    def failed(self) -> Path:
        """Return where the notebook of a run that failed is kept, with its traceback: the log."""
        return self.executed.with_name(f"{self.stem}.failed.ipynb")

    @property
    def figures(self) -> Path:
        return STAGED / "figures" / self.study / self.area_id

    @property
    def page(self) -> Path:
        return STAGED / "reports" / self.study / self.area_id / f"{self.stem}.html"

    def framed(self, name: str) -> Path:
        """Return where a page goes that its notebook shows in a frame; the name itself says SYNTHETIC where that is."""
        return self.page.with_name(f"{self.analysis}_{name}.html")

    def numbers(self, name: str) -> Path:
        """Return where the numbers of a table of its page go; the name itself says SYNTHETIC where they are."""
        return self.page.with_name(f"{self.analysis}_{name}.csv")

    @property
    def name(self) -> str:
        return f"{self.study}/{self.area_id}/{self.stem}"

    @property
    def private(self) -> bool:
        """Return True if its executed notebook, its log and what is staged of it are for their owner alone."""
        return any(tables.kind == "confidential" for tables in self.tables)


def released(path: Path) -> Path:
    """Return where a staged file stands once it has been released."""
    return ROOT / path.relative_to(STAGED)


def said_by(manifest: Path, *more: str) -> dict:
    """Return a manifest: ``made_from``, ``products`` and `more`; empty if there is none, or it is not whole."""
    try:
        found = json.loads(manifest.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found if {"made_from", "products", *more} <= set(found) else {}


@dataclass(frozen=True)
class Tables:
    """Processed records of persons of a study: where they lie, and what their manifest says, as of a job's products."""

    study: str

    # What they are in a name, and in words; what was done to them; the field of an entry that says how it is read.
    records: ClassVar[str]
    words: ClassVar[str]
    treated: ClassVar[str]
    described_by: ClassVar[str]
    # The module that makes and reads them; a notebook that reaches it reads them.
    module: ClassVar[str]
    # The analyses that show them, and those that there are only where there are some.
    shown_by: ClassVar[tuple[str, ...]]
    needed_by: ClassVar[tuple[str, ...]]
    # What their files are called, without the ending that says SYNTHETIC.
    files: ClassVar[tuple[str, ...]]
    # The data manager's report.
    report: ClassVar[str]
    # The count tables that can be released: what is suppressed in them is missing.
    protected: ClassVar[str]
    # The file that says which tables of counts are withheld or repeated, and why.
    account: ClassVar[str]
    # Whether they hold pseudonyms, which follow from a key.
    pseudonyms: ClassVar[bool]

    @property
    def entries(self) -> list[Dataset]:
        """The catalogued files that they are made from; none where the study has none."""
        raise NotImplementedError

    @property
    def kind(self) -> str:
        """``public``, ``confidential`` or ``synthetic``; empty where the study has no such file."""
        raise NotImplementedError

    @property
    def may_be_shown(self) -> bool:
        """Return True if there are some for notebooks to show: these are internal until released."""
        return bool(self.kind)

    @property
    def folder(self) -> Path:
        return ROOT / "data" / "processed" / self.study

    @property
    def name(self) -> str:
        """Return the name of the tables as one data set."""
        return f"{self.records}_{self.study}"

    def file(self, name: str) -> Path:
        """The path of a table, or of another product: ``file("stops.parquet")``."""
        stem, _, extension = name.rpartition(".")
        return self.folder / f"{stem}{SYNTHETIC if self.kind == 'synthetic' else ''}.{extension}"

    @property
    def manifest(self) -> Path:
        """Written last: it names what the tables were made from, and the digest of each."""
        return self.file(f"{self.records}.json")

    def manifest_content(self) -> dict:
        """Return the manifest; empty if there is none, or it is not whole."""
        return said_by(self.manifest)

    def as_dataset(self) -> Dataset:
        """The tables as one data set, derived from the files; its digest is that of all of them."""
        products = json.dumps(self.manifest_content()["products"], sort_keys=True)
        return Dataset(
            name=self.name,
            file=f"../processed/{self.study}/{self.manifest.name}",
            title=f"{self.words.capitalize()} of {areas.STUDIES[self.study].name}: {self.treated} tables",
            kind=self.kind,
            licence="as of the files that they were made from",
            publisher="This project",
            source="made from " + ", ".join(entry.name for entry in self.entries),
            date=max(entry.date for entry in self.entries),
            sha256=hashlib.sha256(products.encode()).hexdigest(),
            study=self.study,
        )


class CaseTables(Tables):
    """The case records of a study: persons on lists, linked."""

    records = CASE_RECORDS
    words = "case records"
    treated = "linked"
    described_by = "mapping"
    module = "analysis.cases.processed"
    shown_by = (*WITH_CASE_RECORDS, *FROM_FINDINGS)
    needed_by = WITH_CASE_RECORDS
    files = (
        *("case_records", "stops", "pairs", "weights", "histories", "sensitivity", "lists", "protected"),
        *("quarantine", "clerical_sample", "pair_review", "intake", "protection"),
    )
    report = "intake.html"
    protected = "protected.parquet"
    account = "protection.csv"
    pseudonyms = True

    @property
    def entries(self) -> list[Dataset]:
        return catalog.case_lists(self.study)

    @property
    def kind(self) -> str:
        return catalog.case_kind(self.study)

    @property
    def decisions(self) -> Path:
        """The file of what reviewers decided on pairs of records, beside the lists: see `cases.pair_decisions`."""
        synthetic = SYNTHETIC if self.kind == "synthetic" else ""
        return as_kept(self.entries[0].path.with_name(f"{catalog.DECISIONS}{synthetic}.csv"))


class SurveyTables(Tables):
    """The survey of a study: the children who were interviewed, weighted."""

    records = SURVEY
    words = "survey answers"
    treated = "weighted"
    described_by = "survey"
    module = "analysis.survey.processed"
    shown_by = (*WITH_SURVEY, *FROM_FINDINGS)
    needed_by = WITH_SURVEY
    files = (
        *("survey", "survey_respondents", "survey_quarantine", "survey_account", "survey_protected", "survey_intake"),
        "survey_protection",
    )
    report = "survey_intake.html"
    protected = "survey_protected.parquet"
    account = "survey_protection.csv"
    pseudonyms = False

    @property
    def entries(self) -> list[Dataset]:
        return catalog.survey_exports(self.study)

    @property
    def kind(self) -> str:
        return catalog.survey_kind(self.study)


# Every kind of tables of persons that a study can have.
EACH: tuple[type[Tables], ...] = (CaseTables, SurveyTables)


def tables_of(study: str) -> list[Tables]:
    """The tables of persons that a study has, or could have."""
    return [each(study) for each in EACH]


def rests_on_synthetic(study: str) -> bool:
    """Return True if a statement on a study follows from synthetic persons, or from synthetic counts."""
    return "synthetic" in (catalog.figures_kind(study), *(tables.kind for tables in tables_of(study)))


def analyses_of(study: str, area_id: str | None = None) -> tuple[str, ...]:
    """The analyses of a study, or of one of its areas: those whose line in the table is for it, and whose needs it has.

    What reads the findings is for studies that the report tells of, and those its line names. A demonstration has no
    public evidence: it has the analyses of lists and of surveys, and those whose line names it.
    """
    declared = areas.STUDIES[study]
    without = {name for tables in tables_of(study) if not tables.may_be_shown for name in tables.needed_by}
    without |= set() if declared.in_report else {name for name in FROM_FINDINGS if study not in ALL[name].studies}
    if declared.is_synthetic:
        without |= {name for name, each in ALL.items() if each.needs == "none" and study not in each.studies}
    return tuple(
        name
        for name, each in ALL.items()
        if name not in without and study in (each.studies or (study,)) and each.is_for(area_id)
    )


def plan(
    study: str | None = None,
    area_ids: Sequence[str] | None = None,
    analyses: Sequence[str] | None = None,
) -> list[Job]:
    """The jobs of a batch: every analysis, for each area and for each study as a whole.

    Parameters
    ----------
    study : only the areas of this study, and the study itself.
    area_ids : only these areas; a study's id stands for the study as a whole.
    analyses : only these analyses.

    Raises
    ------
    UnknownArea : an area or study does not exist; nothing has been run.
    NotPlanned : an analysis was asked for by name, and a study that was asked for has not what its line says it needs.
    CatalogError : an analysis has a line and no notebook, or is for a study that there is not.
    """
    require_usable(analyses or ANALYSES)
    study = areas.study_id(study)
    everywhere = [*areas.ids(study), *([study] if study else areas.STUDIES)]
    places = list(dict.fromkeys(areas.get(area_id) for area_id in area_ids or everywhere))
    for place in places:
        if study is not None and place.study != study:
            raise areas.UnknownArea(
                "area_of_other_study", f"{place.area_id} belongs to the study {place.study}, not to {study}."
            )
    touched = {place.study for place in places} if study or area_ids else set()
    for name in analyses or ():
        if not any(ALL[name].is_for(place.area_id) for place in places):
            besides = "" if ALL[name].areas == NO_AREAS else f" and of {', '.join(ALL[name].areas)}"
            raise NotPlanned(
                "only_whole_study",
                f"There is {name} of a study as a whole{besides} alone: `--area {places[0].study}`; the column 'areas' "
                f"of {shown(TABLE)} says of which.",
            )
    for name in set(analyses or ()) & set(FROM_FINDINGS):
        if untold := sorted(touched - {*areas.reported(), *ALL[name].studies}):
            raise NotPlanned(
                "not_in_report",
                f"There are no {name} of {untold[0]}: the report on the pledge does not tell of it (in_report).",
            )
    for name in [name for name in areas.STUDIES if name in touched]:
        _require_tables(name, analyses or ())
    wanted_analyses = [name for name in ANALYSES if not analyses or name in analyses]
    return [
        Job(analysis, place.study, place.area_id)
        for place in places
        for analysis in wanted_analyses
        if analysis in analyses_of(place.study, place.area_id)
    ]


def _require_tables(study: str, analyses: Sequence[str]) -> None:
    for name in analyses:
        if study not in (ALL[name].studies or (study,)):
            raise NotPlanned(
                "analysis_not_of_study",
                f"There is no {name} of {study}: its evidence is coded for {', '.join(ALL[name].studies)} alone.",
            )
        if areas.STUDIES[study].is_synthetic and ALL[name].needs == "none" and study not in ALL[name].studies:
            raise NotPlanned(
                "no_public_evidence",
                f"There is no {name} of {study}: it is a demonstration on synthetic data, without public evidence.",
            )
    for tables in tables_of(study):
        if set(tables.needed_by) & set(analyses) and not tables.kind:
            raise NotPlanned(
                "not_catalogued",
                f"There are no {tables.words} of {study}: list them in data/raw/{study}/{catalog.CATALOGUE}, each file "
                f"with its `{tables.described_by}:`; `python -m analysis check FILE` begins with a file.",
            )
