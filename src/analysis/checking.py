"""One file, read before it is used: case records against their mapping, a survey, a coding sheet, or a release."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import io
import warnings
from collections import abc
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd
import yaml

from analysis.batch.person_tables import without_values
from analysis.batch.products import BatchError, digest
from analysis.cases import corrections, token_comparisons
from analysis.cases.htcds import NOT_A_VICTIM
from analysis.cases.intake import CLEAN, LEFT_OUT, intake
from analysis.cases.mapping import Mapping
from analysis.cases.mapping import beside as mapping_of
from analysis.cases.mapping import load as load_mapping
from analysis.cases.processed import quarantine_workbook, render, summary
from analysis.cases.quarantine_workbook import corrections_of
from analysis.cases.record_linkage import repeats
from analysis.cases.updates import compare, older
from analysis.catalog import CATALOGUE, CODING_SHEET, RAW, TABLES, CatalogError, datasets, plain, shown
from analysis.encryption import as_kept
from analysis.encryption import content as content_of
from analysis.intake.source import SourceError, require_inside
from analysis.official_releases import Release, ReleaseError, ctdc, glotip, usdol
from analysis.processed import as_csv
from analysis.referral.coding_intake import intake as coding_intake
from analysis.referral.coding_intake import recognises as is_coding
from analysis.referral.coding_report import CodingFile, of_file, refuse_second
from analysis.referral.coding_report import report as coding_report
from analysis.referral.coding_report import summary as coding_summary
from analysis.retention import TERMS, RetentionError, require_file_within, require_last_day
from analysis.survey.intake import Description
from analysis.survey.intake import beside as description_of
from analysis.survey.intake import described as described_survey
from analysis.survey.intake import intake as survey_intake
from analysis.survey.processed import render as survey_report
from analysis.survey.processed import summary as survey_summary
from analysis.survey.sample import FrameError, checked_frame
from analysis.templating.quarantine import percent

# Of rows that seem to be one person, no more pairs are named in the terminal.
PAIRS_SHOWN = 5
# What publishers' files are read by, by their endings.
_RELEASES = {".xml": (usdol.load,), ".xlsx": (glotip.load,), ".csv": (ctdc.load,)}
# What says of a file what it is: a file beside it, or the file itself.
Described = Mapping | Description | CodingFile
# What is said of confidential data beside what they are: a field of `retention.TERMS` -> its text.
Terms: TypeAlias = abc.Mapping[str, str | None]


# A file of whose rows fewer than this share could be read is used with a caution.
FEW = 0.5


@dataclass(frozen=True)
class Checked:
    """Result of a check: `text` for the terminal, and files for its folder, by name.

    Parameters
    ----------
    described : what the file beside it says of it, or a coding sheet of itself; None for a publisher's release.
    rows, clean : rows of a list or a survey, or answers of a coding sheet: all, and those not in quarantine. Both 0
        for a release, which its own reader accounts for.
    corrections : those that a list was read with; `taken_up` are the path and the content of their file, where further
        ones were taken up.
    """

    text: str
    files: dict[str, bytes]
    described: Described | None = None
    rows: int = 0
    clean: int = 0
    corrections: pd.DataFrame | None = None
    taken_up: tuple[Path, bytes] | None = None

    @property
    def fault(self) -> str:
        """Return why it cannot be used as it is, and what to look at; empty where it can."""
        if self.described is None or self.clean:
            return ""
        if not self.rows:
            return f"There is no {self._unit} in it: is it the file, and the sheet, that was meant?"
        return f"None of its {self.rows:,} {self._unit}s could be read. {self._what_helps}"

    @property
    def caution(self) -> str:
        """Return what whoever uses it must know; empty where at least half of its rows could be read."""
        if not self.clean or self.clean >= FEW * self.rows:
            return ""
        share = percent(self.clean, self.rows)
        return f"Only {self.clean:,} of {self.rows:,} {self._unit}s ({share}) could be read. {self._what_helps}"

    @property
    def _unit(self) -> str:
        return "answer" if isinstance(self.described, CodingFile) else "row"

    @property
    def _what_helps(self) -> str:
        begin = "Begin with the rule that is named first: the report says what helps."
        if not isinstance(self.described, Mapping):
            return begin
        return f"{begin} A rule that nearly every row breaks is most often a wrong line of the mapping."


def check(path: Path, renewed: bool = False, filled: Path | None = None) -> Checked:
    """Read a file by what stands beside it, a mapping or a survey's description; or as a coding sheet or a release.

    Parameters
    ----------
    renewed : a later last day is being entered for it, so that it is read although its day has gone by.
    filled : of a list, a workbook of its quarantine with corrections filled in, to be taken up beside those it has.

    Raises
    ------
    SourceError, MappingError : it cannot be read, or has no mapping. ReleaseError : it is a damaged release.
    CodingError : it is a coding sheet that lacks what it needs.
    DescriptionError, ExportError, FrameError, NotEstimable : of a survey, likewise.
    RetentionError : it, or the survey's sampling frame, is past its last day.
    CorrectionsError : corrections cannot be read, or none of those that were filled in is of this list.
    """
    require_file(path)
    if not renewed:
        require_file_within(path)
    if filled:
        require_list(path, "--corrections")
    if description_of(path).exists():
        said = described_survey(description_of(path))
        if said.frame and not renewed:
            require_file_within(path.with_name(said.frame))
        frame = sampling_frame(path.with_name(said.frame)) if said.frame else None
        answers = survey_intake(path, frame, sheet=said.sheet, sampling=said.sampling, last=said.date)
        counted = _counted(answers.account[answers.account["question"] == ""], "rows")
        page = survey_report(answers, said)
        return _checked(path, survey_summary(answers, said), page, answers.quarantine, said, counted)
    if not mapping_of(path).exists() and is_coding(path):
        coded = coding_intake(path)
        counted = _counted(coded.account, "cells")
        return _checked(path, coding_summary(coded), coding_report(coded), coded.quarantine, of_file(coded), counted)
    if not mapping_of(path).exists() and (release := _release(path)) is not None:
        return Checked(_account(release), {})
    mapping = load_mapping(mapping_of(path))
    lines, into = corrections_of(path, mapping, filled)
    found = intake(path, mapping, lines)
    if filled and not found.corrections["outcome"].str.startswith(corrections.NOT_APPLIED).eq(False).any():
        raise corrections.CorrectionsError(
            "other_list",
            f"None of the corrections in {shown(filled)} finds its row in {shown(path)}: they are of another list, or "
            f"every row has changed since, or the key of the pseudonyms has. Nothing of them was taken up.",
        )
    # Rows that the mapping leaves out are no records of the list.
    outcomes = found.rows["outcome"].value_counts()
    counted = len(found.rows) - int(outcomes[LEFT_OUT]), int(outcomes[CLEAN])
    result = _checked(path, summary(found), render([found]), found.quarantine, mapping, counted)
    stem = _stem(path, mapping)
    more = {f"{stem}_quarantine.xlsx": quarantine_workbook(found)} if len(found.quarantine) else {}
    again = repeats(found.records[found.records["status"].astype(str) != NOT_A_VICTIM])
    if len(again):
        more[f"{stem}_repeats.csv"] = as_csv(again, mapping.kind)
        result = dataclasses.replace(result, text=f"{result.text}\n{_repeated(again)}")
    if len(found.corrections):
        more[f"{stem}_corrections.csv"] = as_csv(found.corrections, mapping.kind)
    return dataclasses.replace(result, files=result.files | more, corrections=lines, taken_up=into)


def _repeated(pairs: pd.DataFrame) -> str:
    """The number of pairs of rows that seem to be one person, and the first of them."""
    first = ", ".join(f"{pair.row} and {pair.repeated_row}" for pair in pairs.head(PAIRS_SHOWN).itertuples())
    more = f" and {len(pairs) - PAIRS_SHOWN:,} more" if len(pairs) > PAIRS_SHOWN else ""
    one = len(pairs) == 1
    return (
        f"  {len(pairs):,} pair{'' if one else 's'} of rows {'seems' if one else 'seem'} to be one person: "
        f"{first}{more}. They are linked, and counted once; look at them if no person should stand in the list twice"
    )


def require_list(path: Path, option: str) -> None:
    """Raise SourceError unless a file has a mapping beside it: what is asked for is of lists of case records alone."""
    if not mapping_of(path).exists():
        raise SourceError(
            "not_a_list",
            f"{option} is for lists of case records, and {shown(path)} has no mapping beside it: "
            f"{mapping_of(path).name} is not there.",
        )


def compared(path: Path, before: str) -> Checked:
    """Return what changed between an older export of a list and the one at `path`: `text`, and a table for its folder.

    Parameters
    ----------
    before : the older export: a file, or the name of its entry in the catalogue; see `cases.updates.older`.
    """
    require_list(path, "--compare")
    mapping = load_mapping(mapping_of(path))
    found = compare(*older(before, mapping), path, mapping)
    name = f"{_stem(path, mapping)}_comparison.csv"
    return Checked(found.words, {name: as_csv(found.changes, mapping.kind)}, mapping)


@contextlib.contextmanager
def no_values() -> abc.Iterator[None]:
    """Whatever goes wrong with a file is said in one sentence, and never with what stands in a cell."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except Exception as error:
        raise BatchError("file_refused", without_values(error, confidential=True)) from None


def _counted(account: pd.DataFrame, column: str) -> tuple[int, int]:
    """The numbers of rows or answers that were read, and that are not in quarantine, from an intake's account."""
    numbers = dict(zip(account["outcome"], account[column].astype(int), strict=True))
    return numbers["read"], numbers["read"] - numbers["quarantine"]


def require_file(path: Path) -> None:
    """Raise SourceError unless a file is there, and not elsewhere; of a folder the sentence names the tables in it."""
    require_inside(path)
    if path.is_dir():
        tables = [each.name for each in sorted(path.iterdir()) if plain(each).suffix.lower() in TABLES]
        lying = f"In it lie: {', '.join(tables[:5])}" if tables else "No table lies in it"
        more = f" and {len(tables) - 5:,} more" if len(tables) > 5 else ""
        raise SourceError("is_folder", f"{shown(path)} is a folder: name a file. {lying}{more}.")
    if not path.is_file():
        raise SourceError("missing_file", f"{shown(path)} is not there.")


def _checked(
    path: Path, text: str, page: str, quarantine: pd.DataFrame, described: Described, counted: tuple[int, int]
) -> Checked:
    stem = _stem(path, described)
    files = {f"{stem}.html": page.encode()}
    if len(quarantine):
        files[f"{stem}_quarantine.csv"] = as_csv(quarantine, described.kind)
    return Checked(text, files, described, *counted)


def _stem(path: Path, described: Described) -> str:
    """Return what the names of the files begin with that a check of a file leads to."""
    stem = plain(path).stem
    return f"{stem}_SYNTHETIC" if described.kind == "synthetic" and not stem.endswith("_SYNTHETIC") else stem


def sampling_frame(path: Path) -> pd.DataFrame:
    """The sampling frame of a survey, from its file. Raises FrameError, which names the file, and a row and column."""
    path = path if path.is_dir() else as_kept(path)
    if not path.is_file():
        raise FrameError("missing_file", f"{shown(path)}, the sampling frame, is not there.")
    try:
        return checked_frame(
            pd.read_csv(io.BytesIO(content_of(path)), dtype=str, keep_default_na=False, encoding="utf-8")
        )
    except FrameError as error:
        raise FrameError("invalid_frame", f"{shown(path)}: {error}") from None


def _release(path: Path) -> Release | None:
    """The release that a file is; None if it is none that this project knows."""
    for load in _RELEASES.get(path.suffix.lower(), ()):
        try:
            return load(path)
        except ReleaseError:
            # Its columns are others: a list of case records, most likely.
            continue
    return None


def _account(release: Release) -> str:
    lines = [f"{release.title} ({release.publisher}{', ' + release.date if release.date else ''}), {release.kind}"]
    for row in release.account.itertuples():
        lines.append(
            f"  {row.file}: {row.rows_in:,} rows read = {row.rows_out:,} in the table + {row.duplicates:,} exact "
            f"duplicates + {row.refused:,} refused"
        )
    reasons = release.refused["reason"].value_counts()
    lines += [f"  refused {number:,}: {reason}" for reason, number in reasons.items()]
    return "\n".join([*lines, *(f"  caution: {caution}" for caution in release.cautions)])


def accepted(
    path: Path, described: Described, terms: Terms | None = None, replaces: str | None = None
) -> tuple[Path, bytes]:
    """The catalogue of a study's own folder, with a file entered as it is now; a survey with its sampling frame.

    Parameters
    ----------
    path : in ``data/raw/<study>/``, where users' files lie. described : as `check` gives it.
    terms : of confidential data, what they are for, until when they are kept and who reads them (`retention.TERMS`);
        what is not given is as the entry had it before.
    replaces : the name of the entry of an older export, under another file name, whose place the file takes.

    Returns
    -------
    Path of the catalogue and its new content. Raises CatalogError for a file that lies elsewhere, or has no terms, or
    takes the place of an entry that there is not.
    """
    frame = ""
    if isinstance(described, CodingFile):
        field, by, name = "schema", CODING_SHEET, described.name
    elif isinstance(described, Description):
        field, by, name, frame = "survey", description_of(path).name, described.survey, described.frame
    else:
        field, by, name = "mapping", mapping_of(path).name, described.list_id
    folder = RAW / described.study
    declared = [each for each in datasets().values() if each.schema == "studies" and each.study == described.study]
    if any(each.kind == "synthetic" for each in declared):
        raise CatalogError(
            "kinds_mixed",
            f"{described.study} is a demonstration on synthetic data, of places that do not exist: nothing is added to "
            f"it. Correct `study:` in {by}, or begin a study of its own: docs/tutorial/a_new_study.md.",
        )
    if path.resolve().parent != folder.resolve():
        beside = "" if isinstance(described, CodingFile) else f" with {by}"
        raise CatalogError(
            "outside_folder",
            f"{shown(path.resolve())} does not lie in {shown(folder)}, where files of this study are read from. "
            f"Copy it there{beside}, and check it again.",
        )
    if isinstance(described, CodingFile):
        refuse_second(described)
    if described.kind == "synthetic":
        raise CatalogError(
            "kinds_mixed",
            f"{shown(path)} is called synthetic, and {shown(folder)} is for real lists and surveys: the two never mix. "
            f"Correct `kind:` in {by}, or keep it out.",
        )
    name = name if isinstance(described, CodingFile) else f"{described.study}_{name}"
    files = {name: path} | ({f"{name}_frame": as_kept(path.with_name(frame))} if frame else {})
    catalogue = folder / CATALOGUE
    entries = _entries_of(catalogue)
    if replaces:
        entries = _renamed(entries, replaces, name, field, catalogue)
    for each, file in files.items():
        before = entries.get(each)
        # The same file may have been encrypted since.
        if before and not replaces and plain(Path(before["file"])).name != plain(file).name:
            raise CatalogError(
                "already_catalogued",
                f"'{described.title}' is already entered with another file, {before['file']}. If this is a newer "
                f"export of it, let it take its place: `python -m analysis check {shown(path)} --accept "
                f"--replaces {name}`; otherwise give it a name of its own beside the file.",
            )
        entries[each] = _entry(before, file, described, terms or {})
    entries[name][field] = by
    if isinstance(described, Mapping) and "tokens" in described.columns:
        entries[name]["cautions"] = [token_comparisons.CAUTION]
    if isinstance(described, Mapping) and (corrected := corrections.beside(path)):
        entries[name] |= {"corrections": corrected.name, "corrections_sha256": digest(corrected.read_bytes())}
    if frame:
        entries[f"{name}_frame"]["title"] += ": sampling frame"
    return catalogue, yaml.safe_dump(entries, allow_unicode=True, sort_keys=False, width=110).encode()


def _entries_of(catalogue: Path) -> dict[str, dict]:
    """The entries of a study's own catalogue as they are written, whether or not each can be used."""
    try:
        entries = yaml.safe_load(catalogue.read_text(encoding="utf-8")) if catalogue.exists() else {}
    except (yaml.YAMLError, UnicodeDecodeError):
        entries = None
    if not isinstance(entries, dict) or not all(isinstance(each, dict) for each in entries.values()):
        raise CatalogError(
            "unreadable_yaml", f"{shown(catalogue)} is no list of entries in YAML: correct it, and accept again."
        )
    return entries


def _renamed(entries: dict[str, dict], old: str, new: str, field: str, catalogue: Path) -> dict[str, dict]:
    """The entries with the one that is replaced, and its sampling frame, under the name of what takes its place."""
    if field not in entries.get(old, {}):
        listed = ", ".join(name for name, entry in entries.items() if field in entry) or "none"
        raise CatalogError(
            "not_catalogued",
            f"--replaces: {shown(catalogue)} has no entry '{old}' of this kind. Those that it has: {listed}.",
        )
    if new != old and new in entries:
        raise CatalogError(
            "duplicate_name",
            f"--replaces: '{new}' is entered beside '{old}', so that a newer export of it takes its own place: "
            f"--replaces {new}. To give up '{old}', take it out of {shown(catalogue)}.",
        )
    names = {old: new, f"{old}_frame": f"{new}_frame"}
    return {names.get(name, name): entry for name, entry in entries.items()}


def _entry(before: dict | None, file: Path, described: Described, given: Terms) -> dict[str, Any]:
    """The entry of one file; `before` is the one under its name, if there is one, or that it takes the place of."""
    content = digest(file.read_bytes())
    synthetic = {entry.sha256 for entry in datasets().values() if entry.kind == "synthetic"}
    if plain(file).stem.endswith("_SYNTHETIC") or {content, digest(content_of(file))} & synthetic:
        raise CatalogError(
            "synthetic_file", f"{shown(file)} is one of the synthetic files: they never mix with real ones."
        )
    return {
        "file": file.name,
        "study": described.study,
        "title": described.title,
        "kind": described.kind,
        "licence": described.licence or "not to be passed on",
        "publisher": described.publisher,
        "source": described.source,
        "date": described.date.isoformat(),
        "sha256": content,
        **_terms(before or {}, described, given),
        # Whatever file takes its place, what was not to be released is not.
        **({"withhold": before["withhold"]} if before and before.get("withhold") else {}),
    }


def _terms(before: abc.Mapping[str, Any], described: Described, given: Terms) -> dict[str, str]:
    """The purpose and the last day of confidential data, as an entry states them; nothing of any other."""
    if described.kind != "confidential":
        return {}
    said = {name: given.get(name) or before.get(name) for name in TERMS}
    if not said["purpose"] or not said["retain_until"]:
        raise CatalogError(
            "missing_data_protection",
            f"'{described.title}' is confidential: say what its persons' data are used for and the last day on which "
            f'they may be kept, by --purpose "..." and --retain-until YYYY-MM-DD; and who may read them, by '
            f'--access "...".',
        )
    _require_day(str(said["retain_until"]), before, given, f"'{described.title}'")
    return {name: str(text) for name, text in said.items() if text}


def _require_day(day: str, before: abc.Mapping[str, Any], given: Terms, said: str) -> None:
    """Raise an error unless `day` can be the last one: of a day that is put off a reason must be given as well."""
    if given.get("retain_until"):
        require_last_day(day, said)
    elif day < datetime.date.today().isoformat():
        raise RetentionError(
            "retention_expired",
            f"{said} was to be kept until {day}: delete it, or give a later day and the reason, by --retain-until "
            f'YYYY-MM-DD --retention-reason "...".',
        )
    if before.get("retain_until") and day > str(before["retain_until"]) and not given.get("retention_reason"):
        raise RetentionError(
            "missing_reason",
            f"{said} was to be kept until {before['retain_until']}, and is now to be kept longer: say why, by "
            f'--retention-reason "...".',
        )
