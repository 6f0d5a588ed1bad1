"""The one error by which a new study is refused, with every fault that was found in what was given.

Where the files of a new study come from: rows of a bibliography, given as a table or asked one by one.

What must be known of a study: said on the command line or in a file of answers, asked at a terminal, or refused.
"""

from __future__ import annotations

import csv
import io
import shlex
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import yaml

from analysis import catalog
from analysis.catalog import shown
from bounded.refusal import Refusal

# More than these are counted, not listed: whoever fixes so many looks at the file, not at the list.
LISTED = 20


class StudyError(Refusal):
    """A study cannot be made from what was given; one sentence a fault says where it is and what would help."""


def refuse(faults: Sequence[str]) -> None:
    """Raise StudyError with these faults; do nothing where there is none."""
    if faults:
        more = [f"and {len(faults) - LISTED} more"] if len(faults) > LISTED else []
        raise StudyError("faulty_input", "\n".join([*dict.fromkeys(faults[:LISTED]), *more]))


COLUMNS = (
    "source_id", "title", "publisher", "original_publisher", "read_as", "year", "url", "licence", "report", "area_id",
    "report_year",
)  # fmt: skip
READ_AS = ("original", "copy", "quotation")
_WORDS = {"population": "inhabitants"}


@dataclass(frozen=True)
class Source:
    """One source as the catalogue tells of it."""

    source_id: str
    title: str
    publisher: str
    licence: str
    url: str

    @property
    def words(self) -> str:
        return f"{self.title}. {self.url}" if self.url else self.title


def bibliography(asking: Asking) -> pd.DataFrame:
    """The bibliography that was given, all cells as text; without one, a table without rows.

    Raises
    ------
    StudyError : it is not there, lacks a column, has a row without id, title, publisher or licence, or an id that the
        assessment has already.
    """
    given = asking.given.get("sources")
    if not given:
        return pd.DataFrame(columns=list(COLUMNS), dtype=str)
    path = Path(given)
    if not path.is_file():
        raise StudyError("missing_file", f"{shown(path)} is not there.")
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error):
        raise StudyError("unreadable_file", f"{shown(path)} is no CSV file in UTF-8.") from None
    absent = [name for name in COLUMNS if not rows or name not in rows[0]]
    if absent:
        raise StudyError(
            "missing_column",
            f"{shown(path)}: it has no column '{absent[0]}'. Its columns must be {', '.join(COLUMNS)}.",
        )
    table = pd.DataFrame(rows, columns=list(COLUMNS)).fillna("").map(str.strip)
    faults = []
    for number, row in enumerate(table.itertuples(), 2):
        for column in ("source_id", "title", "publisher", "read_as", "year", "licence"):
            if not getattr(row, column):
                faults.append(f"{shown(path)}, row {number}, column '{column}': this is empty. Every source needs one.")
    refuse([*faults, *_clashes(table, path)])
    return table


def chosen(purpose: str, table: pd.DataFrame, iso3: str, asking: Asking) -> tuple[Source, pd.DataFrame]:
    """The source of the ``boundaries``, the ``counts`` or the ``population``, and the bibliography with it.

    Raises
    ------
    StudyError : the id that the command line gives is not in the bibliography.
    """
    flag, listed = f"{purpose}-source", list(table["source_id"])
    # What was said of another source just now is no bibliography to choose from.
    if listed and asking.given.get("sources"):
        offered = [*listed, "another"] if asking.ask else listed
        source_id = asking(flag, f"the source of the {_WORDS.get(purpose, purpose)}", "", offered)
        asking.refuse()
        if source_id != "another":
            row = table[table["source_id"] == source_id].iloc[0]
            return _source(row), table
    row = {name: "" for name in COLUMNS} | {
        "source_id": f"{iso3}_{purpose.upper()}",
        "title": asking(f"{purpose}-title", f"what the {_WORDS.get(purpose, purpose)} were read in: its title"),
        "publisher": asking(f"{purpose}-publisher", "who publishes it"),
        "read_as": asking(
            f"{purpose}-read-as", "was the original read, a copy of it, or a quotation", "original", READ_AS
        ),
        "year": asking(f"{purpose}-year", "of which year is it"),
        "url": _nothing(asking(f"{purpose}-url", "its address, https://...", "none")),
        "licence": asking(f"{purpose}-licence", "its licence, as CC BY 4.0"),
    }
    asking.refuse()
    added = pd.concat([table, pd.DataFrame([row])], ignore_index=True)
    return _source(row), added


def _source(row: Mapping[str, str]) -> Source:
    maker, publisher = row["original_publisher"], row["publisher"]
    said = f"{maker}; read at {publisher}" if maker and maker != publisher else publisher
    return Source(row["source_id"], row["title"], said, row["licence"], row["url"])


def _nothing(answer: str) -> str:
    return "" if answer == "none" else answer


def _clashes(table: pd.DataFrame, path: Path) -> list[str]:
    """Faults of ids that stand twice, here or in a bibliography of the assessment."""
    return [
        f"{shown(path)}, row {number}, column 'source_id': '{source_id}' stands twice. Give one another id."
        for number, (source_id, twice) in enumerate(
            zip(table["source_id"], table.duplicated("source_id"), strict=True), 2
        )
        if twice
    ]


def known_elsewhere(study: str) -> dict[str, str]:
    """source_id -> the file that has it, of all bibliographies but the study's own."""
    return {
        source_id: entry.listed_in
        for entry in catalog.of_schema("sources")
        if entry.study != study
        for source_id in catalog.load(entry.name, counts_as_read=False)["source_id"]
    }


# Flags that name files; in a file of answers, they lie where it lies.
FILES = ("boundaries", "counts", "population", "sources")


@dataclass
class Asking:
    """Answers to what must be known of a study.

    Parameters
    ----------
    given : what is said already, by the name of its flag without dashes; None or "" where nothing is.
    ask : shows a question and returns the line that was typed; None where there is no terminal.
    missing : flags that nobody could be asked for; filled as they are met.
    typed : answers that were typed, by flag; filled likewise.
    """

    given: dict[str, str | None]
    ask: Callable[[str], str] | None = None
    missing: dict[str, str] = field(default_factory=dict)
    typed: dict[str, str] = field(default_factory=dict)

    def __call__(self, flag: str, question: str, default: str = "", choices: Sequence[str] = ()) -> str:
        """The answer to a question, as given or from the terminal; "" if neither has one (see `refuse`).

        Parameters
        ----------
        flag : its flag on the command line. question : in a few words, without a question mark.
        default : what Enter answers; "": nothing does. choices : the answers that there are; none: any text.

        Raises
        ------
        StudyError : what is given is none of the choices.
        """
        given = (self.given.get(flag) or "").strip()
        if given:
            if choices and given not in choices:
                raise StudyError("unknown_choice", f"--{flag} {given}: this must be one of {', '.join(choices)}.")
            return given
        if self.ask is None:
            self.missing[flag] = question
            return ""
        if flag not in self.typed:
            self.typed[flag] = self._asked(question, default, choices)
        return self.typed[flag]

    def taken(self, flag: str, question: str, found: str, choices: Sequence[str] = ()) -> str:
        """The answer where the files themselves give one: it is asked at a terminal, and taken where there is none."""
        return self(flag, question, found, choices) if self.ask or self.given.get(flag) else found

    def refuse(self) -> None:
        """Raise StudyError for what nobody could be asked for."""
        if self.missing:
            flags = "".join(f"\n  --{flag} ...   {question}" for flag, question in self.missing.items())
            raise StudyError(
                "no_terminal",
                f"There is no terminal on which these could be asked; say them on the command line:{flags}",
            )

    def command(self, study: str) -> str:
        """The command that says what was given and typed, so that nobody types it twice; "" if nothing was typed."""
        said = {flag: text for flag, text in {**self.given, **self.typed}.items() if text}
        flags = " ".join(f"--{flag} {shlex.quote(text)}" for flag, text in said.items())
        return f"python -m analysis new-study {study} {flags}" if self.typed else ""

    def _asked(self, question: str, default: str, choices: Sequence[str]) -> str:
        assert self.ask is not None
        offered = f" ({', '.join(choices)})" if choices else ""
        ending = f" [{default}]: " if default else ": "
        while True:
            answer = self.ask(f"{question[:1].upper()}{question[1:]}{offered}{ending}").strip() or default
            if answer and (not choices or answer in choices):
                return answer


def from_file(path: Path, known: Collection[str]) -> dict[str, str | None]:
    """Answers from a file, one ``flag: answer`` a line (YAML); files that it names lie where it lies.

    Raises
    ------
    StudyError : it is not there, is no such file, or answers what nobody asks.
    """
    if not path.is_file():
        raise StudyError("missing_file", f"{shown(path)} is not there.")
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        said = None
    if not isinstance(said, dict):
        raise StudyError("not_a_mapping", f"{shown(path)}: write one flag and its answer a line, as `iso3: GHA`.")
    for flag, text in said.items():
        if flag not in known:
            raise StudyError("unknown_flag", f"{shown(path)}: '{flag}' is no flag. Those known are {', '.join(known)}.")
        if isinstance(text, (dict, list)) or text is None:
            raise StudyError("wrong_type", f"{shown(path)}: '{flag}' needs one text as its answer.")
    return {flag: str(path.parent / str(text)) if flag in FILES else str(text) for flag, text in said.items()}
