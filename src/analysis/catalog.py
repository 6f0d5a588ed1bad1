"""Every data set the assessment may read: where it lies, what it is, and whether it is still what was catalogued.

No other module opens a file below ``data/raw``. A file that no catalogue lists, or that has changed since, is refused
with a sentence that says what to do. Besides ``data/raw/catalog.yml`` a folder one or two levels below may have a
catalogue of its own, for example a user's ``data/raw/turkiye/catalog.yml``, which git ignores.
"""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import datetime
import hashlib
import io
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from analysis.data_read import mark_read, remembered
from analysis.encryption import content
from analysis.project_files import RAW, ROOT, CatalogError, plain, shown

# pandas is loaded when a table is read: whoever asks for digests alone need not wait for it.
if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

KINDS = ("public", "confidential", "synthetic")
# Fields of an entry that name the file by which a file of persons is read: of case records, and of a survey.
DESCRIBED_BY = ("mapping", "survey")
# Between the name of a list and the ending of the file of its corrections: police.corrections.xlsx.
CORRECTIONS = ".corrections"
# Begins the name of the file of what was decided on pairs of records: it is of a study, and changes with each answer.
DECISIONS = "pair_decisions"
# What stands for a schema of the coding sheet of a country: no table, but answers that its own intake reads.
CODING_SHEET = "coding_sheet"
# Environment variable: where the files of data/raw lie for a worker that has none, as fsspec writes it (s3://bucket/raw).
ELSEWHERE = "ANALYSIS_RAW"
# Type of the notebook output that lists, for programs, which data sets were read.
READ = "application/vnd.analysis.inputs+json"
# What a catalogue is called, and where one may lie below data/raw.
CATALOGUE = "catalog.yml"
CATALOGUES = (CATALOGUE, f"*/{CATALOGUE}", f"*/*/{CATALOGUE}")
# Files that hold tables, for telling which of a user's files nobody has catalogued.
TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
# What an entry of confidential data must say besides: what they are for, and how long they are kept.
REQUIRED_OF_CONFIDENTIAL = {
    "purpose": "purpose: (a short text: what these persons' data are used for)",
    "retain_until": "retain_until: YYYY-MM-DD (the last day on which they may be kept)",
}
# What an entry, a mapping or a survey's description says to readers: it stands on every page that rests on the data.
SAID_ON_PAGES = ("title", "publisher", "source", "licence", "cautions")
_EMAIL = re.compile(r"[^\s@<>()]+@[^\s@<>()]+\.\w{2,}")
# Digits in groups, as telephone numbers are written; and of passports, six digits beside capital letters.
_SIGNS = r"[ \-./()\u00a0\u2010-\u2013]"
_DIGITS = re.compile(rf"\d(?:{_SIGNS}{{0,3}}\d)*")
_PASSPORT = re.compile(r"(?<![A-Za-z])[A-Z]{1,3}[ \-]?\d{6}(?!\d)|(?<!\d)\d{6}[A-Z](?![A-Za-z])")
_LEAST_DIGITS = 7
_YEAR = r"(?:19|20)\d\d"
# 01.02.2023, 2023-02-01, 20230201, 02/2023, 2023.
_DATE = (
    rf"(?:\d\d?[./\- ]\d\d?[./\- ]{_YEAR}|{_YEAR}[./\-]\d\d?[./\-]\d\d?|{_YEAR}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])"
    rf"|(?:\d\d?[./])?{_YEAR})"
)
_DATE_AT_AN_END = re.compile(rf"\A{_DATE}(?!\d){_SIGNS}*|{_SIGNS}*(?<!\d){_DATE}\Z")
# The safe loader in C where PyYAML has it: ten times as fast, and the catalogue is read by every notebook.
_YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Dataset:
    """One entry of a catalogue.

    Parameters
    ----------
    name : what the code calls it.
    file : path below ``data/raw``; in the catalogue itself, relative to the catalogue's folder.
    title, publisher, source, licence, date : for people; every figure and table can be traced to them.
    kind : ``public``, ``confidential`` or ``synthetic``.
    sha256 : digest of the file as catalogued.
    schema : name of a schema in ``analysis.schemas``; ``coding_sheet`` for a sheet filled in by coders; None for a file
        of map layers or of persons.
    cautions : what the data are not; shown wherever the data are shown.
    mapping : for a list of case records, the file that says how it is read; a path as `file` is.
    survey : for the export of a survey, the file that says how it was drawn and is read; a path as `file` is.
    corrections, corrections_sha256 : for a list of case records, the file of its corrections, a path as `file` is, and
        its digest as it was accepted; see `cases.corrections`.
    withhold : of a file of persons, the tables of counts of its study that are in no new release.
    study : the study whose case records, survey, or coding sheet these are.
    purpose, access : of confidential data, what they are used for, and who may read them.
    retain_until : of confidential data, the last day on which they may be kept, YYYY-MM-DD: see `retention`.
    retention_reason : why that day was put off.
    edition, edition_of : of an earlier edition of a publisher's table, the id of its release in the table of sources,
        and the data set that took its place: it is read by `review.replay` alone, see `editions`.
    catalogue : the catalogue that lists it; path below ``data/raw``.
    """

    name: str
    file: str
    title: str
    kind: str
    licence: str
    publisher: str
    source: str
    date: str
    sha256: str
    schema: str | None = None
    cautions: tuple[str, ...] = ()
    mapping: str | None = None
    survey: str | None = None
    corrections: str | None = None
    corrections_sha256: str = ""
    withhold: tuple[str, ...] = ()
    study: str | None = None
    purpose: str | None = None
    access: str | None = None
    retain_until: str | None = None
    retention_reason: str | None = None
    edition: str = ""
    edition_of: str = ""
    catalogue: str = CATALOGUE

    @property
    def path(self) -> Path:
        return RAW / self.file

    @property
    def description_path(self) -> Path | None:
        """The file that says how this one is read: of case records or of a survey, and of no other."""
        described = self.mapping or self.survey
        return RAW / described if described else None

    @property
    def corrections_path(self) -> Path | None:
        """The file of its corrections, which is as confidential as the list; None where it has none."""
        return RAW / self.corrections if self.corrections else None

    @property
    def listed_in(self) -> str:
        """The catalogue's path as it is written in a message."""
        return shown(RAW / self.catalogue)


# Studies that cannot be worked on -> why, by what was looked at so far; and those whose own catalogue cannot be read.
_FAULTS: dict[str, CatalogError] = {}
_UNREADABLE: dict[str, CatalogError] = {}
# Earlier editions by name, which are no data sets that anything is made of.
_EDITIONS: dict[str, Dataset] = {}


@cache
def datasets() -> dict[str, Dataset]:
    """All catalogued data sets by name, in the order of the catalogues: ``data/raw/catalog.yml`` first.

    Earlier editions are none of them: see `editions`. Of a study whose own catalogue cannot be read there are none: see
    `faults` and `require_readable`.

    Raises
    ------
    CatalogError : there is no ``data/raw/catalog.yml``, an entry of it is not complete, or a name stands twice in it.
    """
    main = RAW / CATALOGUE
    _FAULTS.clear()
    _UNREADABLE.clear()
    if not main.exists():
        raise CatalogError("missing_file", f"{shown(main)} is missing: the assessment reads only data that it lists.")
    listed: dict[str, Dataset] = {}
    for path in [path for pattern in CATALOGUES for path in sorted(RAW.glob(pattern))]:
        try:
            found = _entries(path)
            _require_new(found, listed)
        except CatalogError as error:
            study = _whose(path)
            set_apart(study, error)
            _UNREADABLE.setdefault(study, error)
            continue
        listed |= {entry.name: entry for entry in found}
    _EDITIONS.clear()
    _EDITIONS.update({name: entry for name, entry in listed.items() if entry.edition_of})
    current = {name: entry for name, entry in listed.items() if not entry.edition_of}
    for entry in _EDITIONS.values():
        _require_edition(entry, current.get(entry.edition_of))
    return current


def editions() -> dict[str, Dataset]:
    """Return earlier editions of data sets by name, each with the `edition` it is of and the data set after it.

    They are verified as data sets are, and no table is made of them; `of_schema` and `dataset` do not know them.
    """
    datasets()
    return dict(_EDITIONS)


def _require_edition(entry: Dataset, newer: Dataset | None) -> None:
    """Raise CatalogError unless an earlier edition could stand in the place of the data set that it names."""
    said = f"{entry.listed_in}: the entry '{entry.name}'"
    if not entry.edition:
        raise CatalogError("missing_field", f"{said} has no edition: name its release, as in the table of sources.")
    if newer is None or (newer.schema, newer.kind, newer.study) != (entry.schema, entry.kind, entry.study):
        raise CatalogError(
            "unknown_edition",
            f"{said} is an edition of '{entry.edition_of}', which is no data set of its schema, kind and study.",
        )


def _whose(catalogue: Path) -> str:
    """The study that a catalogue belongs to, by its folder; empty for that of all."""
    folders = catalogue.relative_to(RAW).parts[:-1]
    return folders[1] if folders[:1] == ("synthetic",) and len(folders) > 1 else "".join(folders[:1])


def _require_new(found: Iterable[Dataset], listed: Mapping[str, Dataset]) -> None:
    for entry in found:
        if entry.name in listed:
            where = " and in ".join((listed[entry.name].listed_in, entry.listed_in))
            raise CatalogError(
                "duplicate_name", f"The name '{entry.name}' stands twice, in {where}: rename one of the two entries."
            )


def set_apart(study: str | None, error: CatalogError) -> None:
    """Note why a study cannot be worked on; raise the error where it belongs to no study, and so to all."""
    if not study:
        raise error
    _FAULTS.setdefault(study, error)


@contextlib.contextmanager
def fault_of(study: str | None) -> Iterator[None]:
    """Whatever is wrong with the data of a study sets it apart, and stops no other; see `set_apart`."""
    try:
        yield
    except CatalogError as error:
        set_apart(study, error)


def faults() -> dict[str, CatalogError]:
    """The studies that cannot be worked on, by what was looked at so far (`verify_all` looks at all), and why."""
    datasets()
    return dict(_FAULTS)


def unreadable(study: str) -> bool:
    """Return True if a study's own catalogue cannot be read: nobody knows what it has, and nothing of it may go."""
    datasets()
    return study in _UNREADABLE


def require_readable() -> None:
    """Raise CatalogError if a catalogue of any study cannot be read: for what must know of all that is confidential."""
    datasets()
    for error in _UNREADABLE.values():
        raise error


def _entries(path: Path) -> list[Dataset]:
    """The entries of one catalogue, with their files' paths below ``data/raw``."""
    try:
        listed = yaml.load(path.read_text(encoding="utf-8"), Loader=_YAML) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise CatalogError(
            "unreadable_yaml", f"{shown(path)}{where}: this is not YAML in UTF-8, so that no entry could be read."
        ) from None
    if not isinstance(listed, dict):
        raise CatalogError(
            "not_a_mapping", f"{shown(path)}: a catalogue is a list of names, each with its entry below it."
        )
    return [_entry(path, str(name), fields) for name, fields in listed.items()]


def _entry(path: Path, name: str, fields: object) -> Dataset:
    said = f"{shown(path)}: the entry '{name}'"
    if not isinstance(fields, dict):
        raise CatalogError("entry_without_fields", f"{said} has no fields such as file, title and kind.")
    folder = path.parent.relative_to(RAW)
    placed = {
        key: (folder / fields[key]).as_posix() for key in ("file", *DESCRIBED_BY, "corrections") if fields.get(key)
    }
    placed |= {key: str(fields[key]) for key in ("date", "retain_until") if key in fields}
    if "access" in fields:
        placed["access"] = ", ".join(fields["access"]) if isinstance(fields["access"], list) else fields["access"]
    withhold = fields.get("withhold") or []
    if not (isinstance(withhold, list) and all(isinstance(each, str) for each in withhold)):
        raise CatalogError(
            "not_a_list",
            f'{said} has withhold, which is a list of names of tables: write `withhold: ["year by area"]`.',
        )
    try:
        known = {**fields, **placed, "cautions": tuple(fields.get("cautions") or ()), "withhold": tuple(withhold)}
        dataset = Dataset(name=name, catalogue=path.relative_to(RAW).as_posix(), **known)
    except TypeError as error:
        raise CatalogError("missing_field", f"{said} is not complete ({error}).") from None
    if dataset.kind not in KINDS:
        raise CatalogError(
            "unknown_choice", f"{said} has the kind '{dataset.kind}'; it must be one of {', '.join(KINDS)}."
        )
    described = [field for field in DESCRIBED_BY if getattr(dataset, field)]
    if len(described) > 1:
        raise CatalogError(
            "exclusive_fields", f"{said} has a mapping and a survey: it is a list of case records, or else a survey."
        )
    if described and (dataset.kind == "synthetic") != dataset.file.startswith("synthetic/"):
        raise CatalogError(
            "wrong_kind",
            f"{said} has the kind '{dataset.kind}': lists and surveys in data/raw/synthetic are synthetic, and no "
            f"others are.",
        )
    if described and not dataset.study:
        raise CatalogError(
            "missing_study", f"{said} has a {described[0]} but no study: say which study its persons belong to."
        )
    if dataset.kind == "confidential":
        missing = [how for field, how in REQUIRED_OF_CONFIDENTIAL.items() if not getattr(dataset, field)]
        if missing:
            raise CatalogError(
                "missing_data_protection",
                f"{said} is of confidential data, and lacks {' and '.join(missing)}: add it there.",
            )
        if wrong := identifying({field: fields.get(field) for field in SAID_ON_PAGES}):
            raise CatalogError("identifying_text", f"{said}: {wrong}")
    if dataset.retain_until:
        require_day(dataset.retain_until, f"{said} has retain_until")
    return dataset


def identifying(said: Mapping[str, object]) -> str:
    """Return why a text on confidential data cannot stand on a page: what looks like somebody's number, or e-mail.

    Parameters
    ----------
    said : field -> its text, or its texts. Names are found by the search of a release, which has read the data.

    Returns
    -------
    A sentence that names the field, and not what stands there; empty where nothing looks so.
    """
    for field, value in said.items():
        for text in map(str, value if isinstance(value, list | tuple) else [value]):
            if what := _contact(text):
                return (
                    f"`{field}:` holds what looks like {what}. It stands on every page that rests on these data: take "
                    f"it out, and say who sent the file without it."
                )
    return ""


def _contact(text: str) -> str:
    text = "".join(str(int(sign)) if sign.isdecimal() else sign for sign in text)
    if _EMAIL.search(text):
        return "an e-mail address"
    for digits in _DIGITS.findall(text):
        shorter = _DATE_AT_AN_END.sub("", digits)
        while shorter != digits:
            digits, shorter = shorter, _DATE_AT_AN_END.sub("", shorter)
        if sum(map(str.isdecimal, digits)) >= _LEAST_DIGITS:
            return "a telephone number or the number of a document"
    return "the number of a document" if _PASSPORT.search(text) else ""


def require_day(text: str, said: str) -> None:
    """Raise CatalogError, which begins with the name that is `said`, unless a text is a day, YYYY-MM-DD."""
    try:
        is_day = datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        is_day = False
    if not is_day:
        raise CatalogError("invalid_date", f"{said}: {text}, which is no day. Write it as YYYY-MM-DD.")


def dataset(name: str) -> Dataset:
    """The entry called `name`. Raises CatalogError if there is none."""
    try:
        return datasets()[name]
    except KeyError:
        raise CatalogError(
            "not_catalogued",
            f"'{name}' is not in data/raw/catalog.yml. Add an entry with its title, kind, licence, publisher, source, "
            f"date, sha256 and schema before reading it. Listed are: {', '.join(datasets())}.",
        ) from None


def of_schema(schema: str) -> list[Dataset]:
    """The data sets whose tables have one schema, of all catalogues in their order: the areas of all studies, say."""
    return [entry for entry in datasets().values() if entry.schema == schema]


def of_each_study(schema: str) -> list[Dataset]:
    """The same for who looks through all studies: without those that cannot be worked on, see `faults`."""
    found = []
    for entry in of_schema(schema):
        with fault_of(entry.study):
            verify(entry.name)
        if entry.study not in _FAULTS:
            found.append(entry)
    return found


def require_cells(said: str, rules: Mapping[str, tuple[object, str]]) -> None:
    """Raise CatalogError, which begins with what is `said`, for the first cell that would go wrong far from here.

    Parameters
    ----------
    rules : column -> whether its cell holds, and what it must be, in words.
    """
    for column, (holds, wanted) in rules.items():
        if not holds:
            raise CatalogError("invalid_cell", f"{said}, column '{column}': this must be {wanted}.")


def verify(name: str) -> Path:
    """The path of a data set whose file, and its corrections, are byte for byte what was catalogued.

    Raises
    ------
    CatalogError : one of them is missing, or has changed.
    """
    entry = dataset(name)
    path = _verified(entry)
    if entry.corrections:
        _verified(dataclasses.replace(entry, file=entry.corrections, sha256=entry.corrections_sha256))
    return path


def _verified(entry: Dataset) -> Path:
    # Confidential files are read where they lie, and copied nowhere.
    elsewhere = os.environ.get(ELSEWHERE, "") if entry.kind != "confidential" else ""
    try:
        path = _copied(entry, elsewhere) if elsewhere else entry.path
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        raise CatalogError(
            "missing_file",
            f"{_place(entry, elsewhere)} is missing, though {entry.listed_in} lists it as '{entry.name}'. "
            f"Put it back, or remove the entry.",
        ) from None
    if found != entry.sha256:
        if elsewhere:
            path.unlink()
        raise CatalogError(
            "digest_changed",
            f"{_place(entry, elsewhere)} is not the file that was catalogued as '{entry.name}': its content has "
            f"changed. Put the catalogued file back; or, if the change is meant and its source is known, "
            f"{_entered_again(entry, found)}.",
        )
    return path


def _entered_again(entry: Dataset, found: str) -> str:
    """The end of a sentence on how a file is catalogued as it is now: by the command that reads it."""
    listed = datasets().get(entry.name, entry)
    # A sampling frame is entered with its survey.
    survey = datasets().get(entry.name.removesuffix("_frame"), listed)
    file = next((each for each in (listed, survey) if each.description_path or each.schema == CODING_SHEET), None)
    if file is None or file.kind == "synthetic":
        return f"set sha256: {found} in {entry.listed_in}"
    return f"check it and enter it anew in {entry.listed_in}: `python -m analysis check {shown(file.path)} --accept`"


def _copied(entry: Dataset, elsewhere: str) -> Path:
    """A copy on this machine of a data set that lies elsewhere, fetched once for each content that is catalogued."""
    copy = ROOT / ".cache" / "inputs" / entry.sha256 / entry.path.name
    if not copy.exists():
        try:
            import fsspec  # only where inputs lie elsewhere
        except ModuleNotFoundError:
            raise CatalogError("no_fsspec", "Such inputs are read by fsspec: `make develop` installs it.") from None
        with fsspec.open(_place(entry, elsewhere), "rb") as file:
            content = file.read()
        copy.parent.mkdir(parents=True, exist_ok=True)
        # Two workers of one machine may fetch the same at once.
        descriptor, unfinished = tempfile.mkstemp(dir=copy.parent)
        with open(descriptor, "wb") as file:
            file.write(content)
        os.replace(unfinished, copy)
    return copy


def _place(entry: Dataset, elsewhere: str) -> str:
    return f"{elsewhere.rstrip('/')}/{entry.file}" if elsewhere else shown(entry.path)


def verify_all() -> None:
    """Look at every data set and description; what is wrong with those of one study is among its `faults` then.

    Raises
    ------
    CatalogError : a data set that belongs to no study is missing or has changed, or nobody catalogued evidence.
    """
    for name, entry in datasets().items():
        with fault_of(entry.study):
            verify(name)
    for entry in _EDITIONS.values():
        _verified(entry)
    verify_listing()


def verify_listing() -> None:
    """Look at every description, and for evidence that nobody catalogued; as `verify_all` does."""
    for name, entry in datasets().items():
        described = entry.description_path
        if described is not None and not described.exists():
            draft = f", or write one with `python -m analysis draft {shown(entry.path)}`" if entry.mapping else ""
            error = CatalogError(
                "missing_description",
                f"{shown(described)} is missing, though {entry.listed_in} names it for '{name}'. Put it back{draft}.",
            )
            set_apart(entry.study, error)
    listed = {entry.path for entry in datasets().values()}
    for path in sorted(RAW.glob("evidence/*.csv")):
        if path not in listed:
            raise CatalogError(
                "not_catalogued",
                f"{shown(path)} is not in data/raw/catalog.yml. Add an entry for it there, or take the file away.",
            )


def uncatalogued(studies: Iterable[str]) -> list[Path]:
    """Tables in the studies' own folders, ``data/raw/<study>/``, that no catalogue lists."""
    # A file that is listed encrypted is known, and `encryption.left_plain` speaks of what still lies beside it.
    known = [path for entry in datasets().values() for path in (entry.path, entry.corrections_path) if path]
    listed = {each for path in known for each in (path, plain(path))}
    files = [path for study in studies for path in sorted((RAW / study).rglob("*"))]
    found = [path for path in files if plain(path).suffix.lower() in TABLES]
    # Office programs leave such files beside a table that is open.
    return [path for path in found if path not in listed and not path.name.startswith(("~$", ".", DECISIONS))]


def checked_with(path: Path) -> Path:
    """The file that is to be checked so that an uncatalogued one is entered: of corrections, the list they are of."""
    stems = {each.path: f"{plain(each.path).stem}{CORRECTIONS}" for each in datasets().values() if each.mapping}
    return next((file for file, stem in stems.items() if (file.parent, stem) == (path.parent, plain(path).stem)), path)


def case_lists(study: str) -> list[Dataset]:
    """The lists of case records of a study; confidential or public ones take the place of synthetic ones altogether."""
    return _used(_described(study, "mapping"))


def survey_exports(study: str) -> list[Dataset]:
    """The exports of a study's survey; confidential or public ones take the place of synthetic ones altogether."""
    return _used(_described(study, "survey"))


def coding_sheets(study: str) -> list[Dataset]:
    """The coding sheets of a study, and exports of their form, that were accepted: see referral.coding_intake."""
    return [entry for entry in datasets().values() if entry.schema == CODING_SHEET and entry.study == study]


def set_aside(study: str, field: str = "mapping") -> list[Dataset]:
    """The synthetic lists of a study, or with the field ``survey`` exports, that real ones take the place of."""
    entries = _described(study, field)
    return [entry for entry in entries if entry not in _used(entries)]


def case_kind(study: str) -> str:
    """The kind of a study's case records: confidential if any list is; empty where the study has no list."""
    return _kind(case_lists(study))


def survey_kind(study: str) -> str:
    """The kind of a study's survey: confidential if any export is; empty where the study has none."""
    return _kind(survey_exports(study))


def own_tables(schema: str, study: str) -> list[Dataset]:
    """A study's own tables of a schema; confidential or public ones take the place of synthetic ones altogether."""
    return _used([entry for entry in of_schema(schema) if entry.study == study])


def strictest(kinds: Iterable[str]) -> str:
    """Return the kind of a table that follows from data of several kinds."""
    found = set(kinds)
    return next((name for name in ("confidential", "synthetic") if name in found), "public")


def figures_kind(study: str) -> str:
    """The kind of what follows from a study's own facts and inhabitants; empty where it has no tables of its own."""
    # A rate of which one part is synthetic is synthetic.
    kinds = {entry.kind for schema in ("facts", "population") for entry in own_tables(schema, study)}
    return "synthetic" if "synthetic" in kinds else "public" if kinds else ""


def _described(study: str, field: str) -> list[Dataset]:
    return [entry for entry in datasets().values() if getattr(entry, field) and entry.study == study]


def _used(entries: list[Dataset]) -> list[Dataset]:
    return [entry for entry in entries if entry.kind != "synthetic"] or entries


def _kind(entries: list[Dataset]) -> str:
    kinds = {entry.kind for entry in entries}
    return next((kind for kind in ("confidential", "public", "synthetic") if kind in kinds), "")


def opened(name: str) -> Path:
    """The path of a data set as `verify` gives it, which is from now on among those that were read."""
    mark_read(dataset(name))
    return verify(name)


@cache
def _table(name: str) -> pd.DataFrame:
    import pandas as pd
    import pandera.errors

    from analysis.schemas import SCHEMAS, first_failure
    from bounded import intervals

    entry = dataset(name)
    if entry.mapping is not None:
        raise CatalogError(
            "is_case_list",
            f"'{name}' is a list of case records: it is read through its mapping, by analysis.cases.intake.",
        )
    if entry.survey is not None:
        raise CatalogError(
            "is_survey",
            f"'{name}' is the export of a survey: it is read through its description, by analysis.survey.intake.",
        )
    if entry.schema == CODING_SHEET:
        raise CatalogError(
            "is_coding_sheet", f"'{name}' is a coding sheet: it is read by analysis.referral.coding_intake."
        )
    if entry.schema is None:
        raise CatalogError("not_a_table", f"'{name}' is not a table: read one of its layers with catalog.layer.")
    if entry.schema not in SCHEMAS:
        raise CatalogError(
            "unknown_schema",
            f"{entry.listed_in}: the entry '{name}' names the schema '{entry.schema}', which is unknown.",
        )
    schema = SCHEMAS[entry.schema]
    path = verify(name)
    # Only numbers and dates may be empty; in text, "NA" is Namibia and an empty cell is an empty text.
    text = {column for column, rule in schema.columns.items() if str(rule.dtype).startswith(("str", "string"))}
    table = pd.read_csv(
        io.BytesIO(content(path)),
        dtype=dict.fromkeys(text, str),
        keep_default_na=False,
        na_values={column: [""] for column in schema.columns if column not in text},
        encoding="utf-8",
    )
    try:
        table = schema.validate(table, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        raise CatalogError(
            "schema_violation", first_failure(shown(path), errors.failure_cases, entry.kind != "confidential")
        ) from None
    if {"value_qualifier", "low"} <= set(table):
        table = intervals.widest(table)
    table.attrs = {"dataset": name, "cautions": list(entry.cautions)}
    return table


def load(name: str, *, counts_as_read: bool = True) -> pd.DataFrame:
    """A catalogued table, checked against its digest and its schema.

    Files say 1 to 4 where publishers print ``<5``, which can stand for none: `low` is 0 there from here on, and
    value_qualifier (``below_5``) says how the figure is printed (`bounded.intervals.text`).

    Parameters
    ----------
    name : name of the entry in its catalogue.
    counts_as_read : whether what is made with it follows from it: not where a table is only looked through for others.

    Returns
    -------
    DataFrame with the columns of its schema; ``.attrs`` holds the data set's name and cautions.

    Raises
    ------
    CatalogError : not catalogued, missing, changed, or not as its schema says (file, row and column are named).
    """
    table = _table(name)
    if counts_as_read:
        mark_read(dataset(name))
    return table.copy()


@cache
def rows(name: str, columns: tuple[str, ...], optional: tuple[str, ...] = ()) -> list[dict[str, str]]:
    """Return the cells of a catalogued table as text, without the wait for pandas; it does not count as read.

    Parameters
    ----------
    columns : those that the table must have, in any order, and no others. optional : those that it can have besides;
        where one is not there its cells are empty.

    Raises
    ------
    CatalogError : not catalogued, missing, changed, or with other columns.
    """
    return cells(verify(name), columns, optional)


def cells(path: Path, columns: Sequence[str], optional: Sequence[str] = ()) -> list[dict[str, str]]:
    """Return the cells of a table of text; raises CatalogError where it is not there, or has not just these columns."""
    if not path.exists():
        raise CatalogError("missing_file", f"{shown(path)} is not there: bring it back.")
    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        found = list(reader)
        named = list(reader.fieldnames or [])
    wrong = [f"'{each}' is missing" for each in columns if each not in named]
    wrong += [f"'{each}' is not known" for each in named if each not in (*columns, *optional)]
    if wrong or len(named) != len(set(named)):
        raise CatalogError(
            "wrong_columns",
            f"{shown(path)}: {'; '.join(wrong) or 'a column stands twice'}. Its columns must be {', '.join(columns)}.",
        )
    uneven = next((number for number, row in enumerate(found, 2) if None in row or None in row.values()), 0)
    if uneven:
        raise CatalogError(
            "uneven_rows", f"{shown(path)}, row {uneven}: it has not as many cells as the table has columns."
        )
    return [dict.fromkeys(optional, "") | row for row in found]


@remembered
def _layer(name: str, layer: str) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import pyogrio  # noqa: F401 - geopandas reads by it; named here, a warm process has loaded it

    return gpd.read_file(opened(name), layer=layer)


def layer(name: str, layer: str) -> gpd.GeoDataFrame:
    """One layer of a catalogued file of boundaries (EPSG:4326). Raises CatalogError as `load` does."""
    return _layer(name, layer).copy()
