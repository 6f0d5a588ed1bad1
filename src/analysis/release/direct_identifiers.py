"""Direct identifiers of a study's persons, which a release searches for: ids, names, numbers, births, coordinates.

They are read from the lists and the survey themselves, with texts that nobody was to read. Synthetic persons are
treated like real ones. Left out is what is public anyway: words of public evidence, of the project's own texts and
functions, and names of places.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from analysis import areas, catalog
from analysis.batch.kept_results import kept
from analysis.cases import corrections, dates
from analysis.cases import mapping as mappings
from analysis.cases.htcds import FIELDS
from analysis.cases.intake import Part, open_parts
from analysis.cases.mapping import Mapping
from analysis.catalog import ROOT, shown
from analysis.intake.pseudonyms import SYNTHETIC_KEY, fold
from analysis.intake.sheet import Sheet, read
from analysis.intake.source import SourceError, sheets
from analysis.jobs import CaseTables, SurveyTables, Tables
from analysis.processed import ProcessedError
from analysis.project_files import git
from analysis.release.decoders import without_percents
from analysis.release.file_texts import strings
from analysis.release.identifier_matches import LEAST_LETTERS, Index, as_coordinates

if TYPE_CHECKING:
    from analysis.survey.intake import Description

# The project's own texts; synthetic persons are no public ones.
_OWN = ("*.md", "docs/*.md", "notebooks/*.ipynb", "pledge/**/*", "src/**/*", "packages/**/*", "data/raw/*/README.md")
_ENDINGS = (".md", ".ipynb", ".py", ".css", ".js", ".j2", ".csv", ".yml")
# What people write for the report is public as it was committed, when it was searched for names: words such as the
# Turkish for "born" are names as well.
_WRITTEN = ROOT / "pledge"
_SYNTHETIC = "synthetic"
# What tells whether a public text has an identifier.
SEARCH = (__name__,)


def public_texts(unsure: Collection[Path] = ()) -> Iterator[str]:
    """Public texts one after the other.

    The project's own texts count as they were committed last, since whoever works may have written anything into them:
    an output of a notebook, or a note beside a list. Where nothing is committed, as in a copy without git, they count
    as they are.

    Parameters
    ----------
    unsure : files that may just have been given what is not public: they count as they were committed last.
    """
    changed = {path.resolve() for path in unsure} | {path.resolve() for path in _not_committed()}
    for path in sorted(_files()):
        content = _committed(path) if path.resolve() in changed else path.read_bytes()
        # The names of places in a file of boundaries stand between numbers, in UTF-8.
        text = next(strings(content)) if path.suffix == ".gpkg" else content.decode("utf-8", "replace")
        yield text
        if (address := without_percents(text)) != text:
            yield address
    for entry in catalog.datasets().values():
        # What whoever keeps a list of persons calls it is searched as all else: it may name one of them.
        if entry.kind == "public":
            yield "\n".join((entry.name, entry.title, entry.publisher, entry.source, entry.licence, *entry.cautions))
    yield "\n".join(_places())


def _files() -> Iterator[Path]:
    yield from _own_files()
    for entry in catalog.datasets().values():
        if entry.kind == "public" and not (entry.mapping or entry.survey) and entry.path.is_file():
            yield entry.path


def _own_files() -> Iterator[Path]:
    for pattern in _OWN:
        for path in ROOT.glob(pattern):
            if path.is_file() and path.suffix in _ENDINGS and _SYNTHETIC not in path.relative_to(ROOT).parts:
                yield path


def _not_committed() -> set[Path]:
    """The project's own texts that git does not know as they are; where it knows nothing, what people write."""
    known, changed = git("ls-files", "-z"), git("diff", "--name-only", "--relative", "-z", "HEAD")
    if not known or changed is None:
        return {path for path in _own_files() if path.is_relative_to(_WRITTEN)}
    as_they_are = set(known.split(b"\0")) - set(changed.split(b"\0"))
    return {path for path in _own_files() if shown(path).encode() not in as_they_are}


def _places() -> Iterator[str]:
    from analysis.cases import places

    for study in [study for study in areas.STUDIES if study not in catalog.faults()]:
        yield from places.gazetteer(study)["name"]


def _committed(path: Path) -> bytes:
    """A file as the last commit has it; nothing where it has none."""
    return git("show", f"HEAD:./{shown(path)}") or b""


# A word that free texts of so many rows share leads to nobody: the least number of persons of which anything is said.
SHARED_BY = 11
# A passage of so many words is somebody's own.
PASSAGE = 5
# Telephone numbers and numbers of documents in a free text have as many digits; dates and amounts have fewer.
_LONG_NUMBER = 9
_IDS = {CaseTables: (("case_records", ("record_id", "person_id")), ("stops", ("journey_id",))),
        SurveyTables: (("survey_respondents", ("respondent_id",)),)}  # fmt: skip
_NUMBER = re.compile(r"\+?\d[\d \-./()]{5,}\d")
_TIME = re.compile(r"\d{4}-\d\d-\d\d(T[\d:.+\-Z]*)?|\d{1,2}[./]\d{1,2}[./]\d{2,4}( [\d:]+)?")
_WORD = re.compile(r"\w+")
# A column of latitudes, and the ending of that of its longitudes.
_AXES = tuple(
    (re.compile(rf"(?<![a-z]){latitude}\Z"), longitude)
    for latitude, longitude in (
        *(("latitude", "longitude"), ("lat", "lon"), ("lat", "lng"), ("lat", "long"), ("enlem", "boylam")),
    )
)
# Latitude, longitude, and where they are known altitude and accuracy.
_POINT = re.compile(r"(-?\d{1,2}\.\d+) (-?\d{1,3}\.\d+)(?: -?\d+(?:\.\d+)?){0,2}")
_NAMES = ("given_name", "family_name", "full_name")


@dataclass
class _Collected:
    """Secrets as they are read, by what they are."""

    ids: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    full_names: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)
    births: set[str] = field(default_factory=set)
    coordinates: set[str] = field(default_factory=set)
    free_texts: set[str] = field(default_factory=set)
    words: Counter[str] = field(default_factory=Counter)

    @property
    def checked(self) -> set[str]:
        """Identifiers that are searched for unless public texts have them as well; dates of birth are apart."""
        rare = {word for word, rows in self.words.items() if rows < SHARED_BY}
        return self.ids | self.names | self.numbers | self.coordinates | self.free_texts | rare


def of_study(
    study: str,
    kinds: Collection[str] = ("confidential", "synthetic"),
    unsure: Collection[Path] = (),
    with_public_words: bool = False,
) -> frozenset[str]:
    """Return what identifies the persons of a study's lists and survey, as far as it leads to them.

    Ids of the processed tables; of each list the names, telephones, numbers of documents and of its own records, by its
    mapping, and full dates of birth; texts and coordinates in columns that the mapping drops or does not declare, and
    in those that no question is asked for: short texts as they are, long ones in passages of five words, and their
    words. A word, number or date that public texts have as well would stop every release and shows nobody: it is left
    out; given and family name together stay. So is a word that the free texts of eleven rows share.

    Ages are not searched for, nor years and months of birth: they stand in every table. Dates of birth are searched
    for only where public texts are known as they are: a file that is new may bring public dates, of which so many
    children are born on one or the other that they would be taken for theirs.

    Parameters
    ----------
    study : one of ``areas.STUDIES``. kinds : of the lists and surveys that are read.
    unsure : files that may just have been given a secret, and do not make it public: see `public_texts`.
    with_public_words : whether words of public texts stay. Where not even these are found, nothing need be left out.

    Returns
    -------
    The texts to search for; none where the study has no such persons.

    Raises
    ------
    analysis.catalog.CatalogError : a file is not as it was catalogued.
    analysis.cases.mapping.MappingError, analysis.intake.source.SourceError : a list cannot be read by its mapping.
    analysis.processed.ProcessedError : a table that was made of them is not whole.
    """
    return of_studies([study], kinds, unsure, with_public_words)[study]


def of_studies(
    studies: Iterable[str],
    kinds: Collection[str] = ("confidential", "synthetic"),
    unsure: Collection[Path] = (),
    with_public_words: bool = False,
) -> dict[str, frozenset[str]]:
    """The same of several studies, study by study: public texts are read once for all of them."""
    collected = {study: _collect(study, kinds) for study in studies}
    with_births = not (with_public_words or unsure)
    checked = {study: found.checked | (found.births if with_births else set()) for study, found in collected.items()}
    is_public = not any(each.kind == "confidential" for study in collected for each in _entries(study, kinds))
    known = set() if with_public_words else _known_to_all(set().union(*checked.values()), unsure, may_be_kept=is_public)
    return {study: frozenset((checked[study] - known) | found.full_names) for study, found in collected.items()}


def _entries(study: str, kinds: Collection[str]) -> list[catalog.Dataset]:
    every = [entry for tables in (CaseTables(study), SurveyTables(study)) for entry in tables.entries]
    return [entry for entry in every if entry.kind in kinds]


def _collect(study: str, kinds: Collection[str]) -> _Collected:
    found = _Collected()
    for tables in (CaseTables(study), SurveyTables(study)):
        entries = [entry for entry in tables.entries if entry.kind in kinds]
        if entries:
            _add_ids(found, tables)
        for entry in entries:
            assert entry.description_path is not None
            if entry.mapping:
                said = mappings.load(entry.description_path)
                _add_list(found, catalog.verify(entry.name), said)
                if entry.corrections_path:
                    _add_corrected(found, entry.path, said, entry.corrections_path)
            else:
                from analysis.survey.intake import described

                _add_survey(found, catalog.verify(entry.name), described(entry.description_path))
    return found


def told_by(path: Path, said: Mapping | Description) -> str:
    """The first field of what is said of a list or a survey that tells something that identifies a person in it.

    It stands on the pages that rest on these data, so that the search would stop their release.

    Parameters
    ----------
    path : the file. said : its mapping, or the survey's description.

    Returns
    -------
    The name of the field, empty where none tells anything. Nothing is told of public data that may not be.

    Raises
    ------
    analysis.intake.source.SourceError : the file cannot be read.
    """
    if said.kind == "public":
        return ""
    found = _Collected()
    if isinstance(said, Mapping):
        _add_list(found, path, said)
    else:
        _add_survey(found, path, said)
    texts = {name: text for name in catalog.SAID_ON_PAGES if (text := getattr(said, name, ""))}
    words = set(fold(" ".join(texts.values())).split())
    near = {
        each for each in found.checked | found.births | found.full_names if not words.isdisjoint(fold(each).split())
    }
    told = {name: Index(near).words_in(text) for name, text in texts.items()}
    known = _known_to_all(set().union(*told.values()), ())
    return next((name for name in texts if told[name] - known), "")


def _add_ids(found: _Collected, tables: Tables) -> None:
    """Ids of the tables that were made of them, as far as they have been made."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for name, columns in _IDS[type(tables)]:
        path = tables.file(f"{name}.parquet")
        if not path.exists():
            continue
        try:
            read = pq.read_table(path, columns=list(columns))
        except pa.ArrowException as error:
            raise ProcessedError(
                "unreadable_file",
                f"{shown(path)} cannot be read ({type(error).__name__}): make it again with `python -m analysis intake "
                f"--study {tables.study} --again`.",
            ) from None
        for column in read.columns:
            found.ids |= set(column.unique().to_pylist()) - {None, ""}


def _add_corrected(found: _Collected, path: Path, said: Mapping, corrected: Path) -> None:
    """Add what identifies persons in a list as it is corrected, and in the notes of whoever corrected it."""
    lines = corrections.load(corrected, said.decimal)
    for part in open_parts(path, said, lines)[0].values():
        _add_identity(found, part, said)
    for text in filter(None, lines["note"]):
        _add_free_text(found, text)


def _add_identity(found: _Collected, part: Part, said: Mapping) -> None:
    """Names, numbers and dates of birth in the declared columns of a sheet."""
    _add_names(found, part, said)
    for name in ("record", "document", "phone"):
        for header in _headers(said, name, part):
            found.numbers |= set(_stated(part, header))
    for header in _headers(said, "birth", part):
        days = dates.read(_stated(part, header), said.columns["birth"].formats, said.date, dates.EARLIEST)
        found.births |= set(days.loc[days["precision"] == "day", "low"].dt.strftime("%Y-%m-%d"))


def _add_list(found: _Collected, path: Path, said: Mapping) -> None:
    parts, _, _ = open_parts(path, said)
    for part in parts.values():
        _add_identity(found, part, said)
        identity = {part.columns[header] for name in FIELDS for header in _headers(said, name, part)}
        declared = identity | set(part.columns.values())
        _add_free_texts(found, part.sheet, [letter for letter in part.sheet.table if letter not in declared])


def _headers(said: Mapping, name: str, part: Part) -> list[str]:
    """The columns of a field that stand in a sheet."""
    return [header for header in said.columns[name].names if header in part.columns] if name in said.columns else []


def _stated(part: Part, header: str) -> list[str]:
    texts, _ = part.cells(header)
    return [text.strip() for text in texts if text.strip()]


def _add_names(found: _Collected, part: Part, said: Mapping) -> None:
    columns = {name: _headers(said, name, part) for name in _NAMES}
    for headers in columns.values():
        for header in headers:
            for text in _stated(part, header):
                found.names |= {text, *fold(text).split()}
    for header in columns["full_name"]:
        for text in _stated(part, header):
            given, _, family = text.rpartition(" ")
            found.full_names |= {text, f"{family} {given}"} if given else set()
    for given_header in columns["given_name"]:
        for family_header in columns["family_name"]:
            (given_names, first), (family_names, last) = part.cells(given_header), part.cells(family_header)
            pairs = np.unique(np.stack([first, last], axis=1), axis=0).tolist() if len(first) else []
            both = [(given_names[one].strip(), family_names[other].strip()) for one, other in pairs]
            found.full_names |= {" ".join(names) for pair in both if all(pair) for names in (pair, pair[::-1])}
    # A full name in one cell is no single name.
    found.names -= found.full_names


def _add_survey(found: _Collected, path: Path, said: Description) -> None:
    from analysis.intake.source import encoding_and_delimiter
    from analysis.survey import export, questionnaire

    encoding, delimiter = encoding_and_delimiter(path)
    content = sheets(path, encoding or None, delimiter or None)
    chosen = said.sheet or next((name for name, rows in content.items() if not rows.hidden), next(iter(content), ""))
    if chosen not in content:
        raise SourceError(
            "unknown_sheet",
            f"{shown(path)} has no sheet of the name that its description gives: correct `sheet:` there.",
        )
    sheet = read(content[chosen], (1,), SYNTHETIC_KEY)
    asked = set(questionnaire.questions()["name"])
    others = [letter for letter, header in sheet.header.items() if not asked & set(header.split("/"))]
    named = [letter for letter in others if sheet.header[letter].rpartition("/")[2] in _last(export.IDENTIFIERS)]
    for letter in named:
        found.ids |= {text.strip().removeprefix("uuid:") for text in sheet.table[letter].cat.categories} - {""}
    _add_free_texts(found, sheet, [letter for letter in others if letter not in named and letter in sheet.table])


def _last(names: Iterable[str]) -> set[str]:
    return {name.rpartition("/")[2] for name in names}


def _add_free_texts(found: _Collected, sheet: Sheet, letters: Iterable[str]) -> None:
    """Add the texts of columns that nobody was to read."""
    letters = list(letters)
    _add_coordinates(found, sheet, letters)
    for letter in letters:
        cells = sheet.table[letter].cat
        rows = np.bincount(cells.codes.to_numpy(), minlength=len(cells.categories)).tolist()
        for cell, times in zip(cells.categories, rows, strict=True):
            if text := cell.strip():
                _add_free_text(found, text, times)


def _add_free_text(found: _Collected, text: str, times: int = 1) -> None:
    """Add what stands in so many cells that nobody was to read."""
    numbers = [number for number in _NUMBER.findall(text) if _digits(number) >= _LONG_NUMBER]
    if _TIME.fullmatch(text) or not any(map(str.isalpha, text)):
        # Dates and amounts lead to nobody.
        found.numbers |= {text} if numbers and not _TIME.fullmatch(text) else set()
        return
    found.numbers |= set(numbers)
    found.free_texts |= set(_passages(text))
    for word in {word for word in _WORD.findall(text) if len(word) >= LEAST_LETTERS and not word.isdecimal()}:
        found.words[word] += times


def _add_coordinates(found: _Collected, sheet: Sheet, letters: Sequence[str]) -> None:
    """Coordinates in two columns, as _gps_latitude and _gps_longitude, or in one, as KoboToolbox writes a point."""
    named = {letter: fold(sheet.header.get(letter, "").rpartition("/")[2]).replace(" ", "_") for letter in letters}
    columns = {name: sheet.table[letter].astype(str).str.strip() for letter, name in named.items()}
    for name, latitudes in columns.items():
        for is_latitude, of_longitude in _AXES:
            longitudes = columns.get(is_latitude.sub(of_longitude, name)) if is_latitude.search(name) else None
            if longitudes is not None:
                found.coordinates |= set(latitudes + " " + longitudes)
    points = {text for texts in columns.values() for text in texts.unique()}
    found.coordinates |= {f"{point[1]} {point[2]}" for text in points if (point := _POINT.fullmatch(text))}
    found.coordinates = set(filter(as_coordinates, found.coordinates))


def _digits(text: str) -> int:
    return sum(map(str.isdecimal, text))


def _passages(text: str) -> Iterator[str]:
    """A short text as it is; a long one in passages, so that whatever is quoted of it has one of them."""
    words = text.split()
    if len(words) <= PASSAGE:
        yield text
        return
    for start in range(0, len(words), PASSAGE):
        start = min(start, len(words) - PASSAGE)
        yield " ".join(words[start : start + PASSAGE])


def _known_to_all(texts: set[str], unsure: Collection[Path], may_be_kept: bool = False) -> set[str]:
    """Those of the texts that stand in public ones too.

    Parameters
    ----------
    may_be_kept : keep which of them a public text has, as long as this text, all of them and the program stay the same.
    """
    if not texts:
        return set()
    # Made for the first public text that has to be searched.
    index = cache(lambda: Index(texts))
    searched_for = hashlib.sha256(json.dumps(sorted(texts)).encode()).digest()
    known: set[str] = set()
    for text in public_texts(unsure):
        search = partial(_words_in, text, index)
        made_from = (searched_for, text.encode("utf-8", "surrogatepass"))
        known |= set(json.loads(kept(made_from, search, SEARCH) if may_be_kept else search()))
    folded = {text: fold(text) for text in texts}
    return {text for text, words in folded.items() if words in known or words.replace(" ", "") in known}


def _words_in(text: str, index: Callable[[], Index]) -> bytes:
    return json.dumps(sorted(index().words_in(text))).encode()
