"""The analyses that there are: one line of ``notebooks/analyses.csv`` each, beside the notebook of that name.

Whoever adds an analysis adds a notebook and a line. The order of the lines is that of the pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from analysis import areas, catalog
from analysis.catalog import ROOT, CatalogError, shown

FOLDER = ROOT / "notebooks"
TABLE = FOLDER / "analyses.csv"
# Notebooks that a researcher works in by hand: they are run for no area.
BY_HAND = ("explore", "welcome")
# Without these there is no page. What reads the findings of a study is run after all that states them.
CASE_RECORDS, SURVEY, FINDINGS = "case_records", "survey", "findings"
NEEDS = ("none", CASE_RECORDS, SURVEY, FINDINGS)
# What a page shows besides public evidence, where the study has it.
OWN_FIGURES, CODING_SHEETS = "own_figures", "coding_sheets"
SHOWS = (OWN_FIGURES, CODING_SHEETS)


@dataclass(frozen=True)
class Analysis:
    """One line of the table.

    Parameters
    ----------
    analysis : the name of its notebook, which begins the names of its page and figures.
    name, name_fr, name_pt, name_tr : what it is called, in four languages; left empty, as in English.
    studies : those that it is run for; empty for all.
    needs : what a study must have for there to be a page, one of NEEDS.
    shows : what else the page shows where the study has it, some of SHOWS. Persons stand on no page of public evidence.
    of_whole_study_only : whether it is run for a study as a whole, and for none of its areas.
    """

    analysis: str
    name: str
    name_fr: str
    name_pt: str
    name_tr: str
    studies: tuple[str, ...]
    needs: str
    shows: tuple[str, ...]
    of_whole_study_only: bool

    @property
    def template(self) -> Path:
        return FOLDER / f"{self.analysis}.ipynb"

    @property
    def title(self) -> str:
        """Its name in English, as it begins a line."""
        return self.name[:1].upper() + self.name[1:]

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
        listed = {column: tuple(filter(None, row[column].split(";"))) for column in ("studies", "shows")}
        _check(row, listed["shows"], found, f"{shown(table)}, row {number}")
        cells: dict[str, Any] = {**row, **listed, "of_whole_study_only": row["of_whole_study_only"] == "True"}
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
        "of_whole_study_only": (
            row["of_whole_study_only"] in (("True",) if row["needs"] == FINDINGS else ("True", "False")),
            "True or False; True where findings are needed",
        ),
    }
    catalog.require_cells(said, rules)
    if mixed or name in BY_HAND:
        other = mixed[0] if mixed else name
        catalog.require_cells(said, {"analysis": ("", f"another name: the files of '{other}' begin in the same way")})


def require_usable(chosen: Sequence[str]) -> None:
    """Raise CatalogError if the line of an analysis has no notebook beside it.

    A study that it names and that there is not is among the faults of the catalogue then: the others can be worked on.
    """
    for number, (name, each) in enumerate(ALL.items(), 2):
        if name in chosen:
            said = f"{shown(TABLE)}, row {number}"
            there = (each.template.exists(), f"the name of a notebook: {shown(each.template)} is not there")
            catalog.require_cells(said, {"analysis": there})
            for study in [study for study in each.studies if study not in areas.STUDIES]:
                message = (
                    f"{said}, column 'studies': there is no study '{study}'. Bring back what declares it, a folder "
                    f"below data/raw; or take it out of the cell, where some of {', '.join(areas.STUDIES)} can stand."
                )
                catalog.set_apart(study, CatalogError("unknown_study", message))


def require_line(name: str) -> None:
    """Raise CatalogError if a notebook lies there without a line, which says for what it is run."""
    if name not in ALL and name not in BY_HAND and (FOLDER / f"{name}.ipynb").exists():
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
