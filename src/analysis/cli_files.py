"""Commands on single files: questionnaire, coding-sheet, draft, check."""

from __future__ import annotations

import argparse
import contextlib
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from analysis import areas, catalog
from analysis.batch import account
from analysis.batch.index import write_index
from analysis.batch.person_tables import without_values
from analysis.batch.products import BatchError, exclusive, write_whole
from analysis.batch.withdrawal import withdraw
from analysis.cli_help import Commands, teach

if TYPE_CHECKING:
    import pandas as pd

    from analysis.checking import Described, Terms

# Reports on single files, for whoever keeps the data.
CHECKS = catalog.ROOT / "data" / "processed" / "checks"
# How a command on several files ends: by the worst that became of one of them.
ENDS_OF_FILES = {0: "all is well with every file", 2: "a file was refused, and why is said; the others were looked at"}


def _add_questionnaire(commands: Commands) -> None:
    questionnaire = teach(
        commands,
        "questionnaire",
        help="write the form of the survey of children, to be uploaded to KoboToolbox or another program of ODK",
        does="Write the questionnaire of the survey of children as an XLSForm in English, Turkish and Arabic; with the "
        "sampling frame, the list of its units besides, from which interviewers choose.",
        reads="nothing but the sampling frame that is named.",
        writes="the form, and with --frame psu.csv beside it.",
        examples=[
            ("questionnaire", "questionnaire.xlsx, in this folder"),
            ("questionnaire form.xlsx --frame children_frame.csv", "and psu.csv, to be uploaded with it"),
        ],
    )
    questionnaire.add_argument(
        "file", metavar="FILE", type=Path, nargs="?", default=Path("questionnaire.xlsx"), help="(default: %(default)s)"
    )
    questionnaire.add_argument(
        "--frame",
        metavar="CSV",
        type=Path,
        help="the sampling frame: of it, psu.csv is written beside the form, to be uploaded with it",
    )
    questionnaire.set_defaults(command=_questionnaire)


def _add_coding_sheet(commands: Commands) -> None:
    coding = teach(
        commands,
        "coding-sheet",
        help="write the sheets in which people code the referral indicators of the countries of West Africa",
        does="Write one coding sheet a country, AREA_coding.xlsx: two coders fill in a copy each, and an adjudicator "
        "the sheet that --join makes of the two.",
        reads="the framework of indicators, and what public evidence says of each.",
        writes="Excel sheets, in this folder or that of --into.",
        examples=[
            ("coding-sheet SEN", "SEN_coding.xlsx"),
            ("coding-sheet --join SEN_first.xlsx SEN_second.xlsx", "SEN_coding_joined.xlsx"),
            ("coding-sheet --form coding_form.xlsx", "the same as a form for KoboToolbox"),
        ],
    )
    coding.add_argument("area", metavar="AREA", nargs="*", help="ids or names of countries (default: all)")
    coding.add_argument("--into", metavar="FOLDER", type=Path, default=Path(), help="where to write (default: here)")
    coding.add_argument(
        "--form", metavar="FILE", type=Path, help="write the same as a form for KoboToolbox; with no AREA, only that"
    )
    coding.add_argument(
        "--join", metavar="FILE", type=Path, nargs="+", help="write one sheet with the answers of these"
    )
    coding.add_argument("--again", action="store_true", help="write over files that are there")
    coding.set_defaults(command=_coding_sheet)


def _add_draft(commands: Commands) -> None:
    draft = teach(
        commands,
        "draft",
        help="write a first mapping for a list of case records, beside its file",
        does="Look at the headings and the form of each column of a list, and write which field it seems to hold. What "
        "cannot be known is marked `decide`; no text of a cell is printed.",
        reads="the file.",
        writes="its mapping beside it, FILE.mapping.yml, which is to be settled by whoever knows the list.",
        examples=[
            ("draft data/raw/turkiye/police.xlsx", "police.mapping.yml"),
            ("draft data/raw/turkiye/*.xlsx", "one for each of several lists"),
        ],
        ends=ENDS_OF_FILES | {0: "every mapping was written"},
    )
    draft.add_argument("file", metavar="FILE", type=Path, nargs="+", help="an Excel file (.xlsx) or CSV, as received")
    draft.add_argument("--again", action="store_true", help="write it over a mapping that is there")
    draft.set_defaults(command=_draft)


def _add_check(commands: Commands) -> None:
    check = teach(
        commands,
        "check",
        help="read a data file by its mapping, and report what became of each row",
        does="Read a list of case records by the mapping beside it, the export of a survey by its description, a "
        "coding sheet or the export of its form, or a release of UNODC, USDOL or CTDC, and say what became of each "
        "row. Nothing that stands in a cell is printed. Of several files each is looked at, whatever becomes of the "
        "others. A file of which no row could be read cannot be accepted; one of which fewer than half could be is "
        "accepted with a caution.",
        reads="each file, and what lies beside it to describe it.",
        writes="the report and the quarantine, to data/processed/checks/STUDY/; with --accept, the study's catalogue.",
        examples=[
            ("check data/raw/turkiye/police.xlsx", "what was read, what waits in quarantine, and why"),
            (
                'check data/raw/turkiye/police.xlsx --accept --purpose "Incidence by province" '
                "--retain-until 2028-12-31",
                "enter it in the catalogue: the next run reads it",
            ),
            (
                "check data/raw/turkiye/police.xlsx --accept --retain-until 2029-06-30 "
                '--retention-reason "A second round was agreed"',
                "put its last day off, or correct it, also when it has gone by",
            ),
        ],
        ends=ENDS_OF_FILES | {1: "of a file no row could be read: it is not accepted"},
    )
    check.add_argument("file", metavar="FILE", type=Path, nargs="+", help="an Excel file (.xlsx), CSV or XML")
    check.add_argument(
        "--accept",
        action="store_true",
        help="enter it, as it is now, in the catalogue of its study, so that run reads it",
    )
    terms = check.add_argument_group("what the catalogue must say of confidential data, with --accept")
    terms.add_argument("--purpose", metavar="TEXT", help="what these persons' data are used for")
    terms.add_argument(
        "--retain-until", metavar="DATE", help="the last day on which they may be kept, YYYY-MM-DD; today or later"
    )
    terms.add_argument("--access", metavar="TEXT", help="who may read them: roles or names")
    terms.add_argument("--retention-reason", metavar="TEXT", help="why that day was put off")
    check.set_defaults(command=_check)


def positive(text: str) -> int:
    """A whole number of 1 or more, as an argument."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number of 1 or more")
    return int(text)


def not_negative(text: str) -> int:
    """A whole number of 0 or more, as an argument."""
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number of 0 or more")
    return int(text)


@contextlib.contextmanager
def no_values() -> Iterator[None]:
    """Whatever goes wrong with a file is said in one sentence, and never with what stands in a cell."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except Exception as error:
        raise BatchError("file_refused", without_values(error, confidential=True)) from None


def _questionnaire(options: argparse.Namespace) -> int:
    from analysis.checking import sampling_frame
    from analysis.survey.questionnaire import units, workbook

    if options.file.suffix != ".xlsx":
        raise BatchError(
            "wrong_extension", f"{options.file} does not end in .xlsx, by which programs know an Excel file."
        )
    with no_values():
        written = {options.file: workbook()}
        if options.frame:
            written[options.file.with_name("psu.csv")] = units(sampling_frame(options.frame))
    for path, content in written.items():
        write_whole(path, content)
        print(f"written: {path}")
    return 0


def _coding_sheet(options: argparse.Namespace) -> int:
    from analysis.referral.coding.intake import intake
    from analysis.referral.coding.report import joined
    from analysis.referral.coding.sheet import STUDY, form, workbook

    if options.join and options.area:
        raise BatchError(
            "exclusive_options",
            "--join writes the sheet of the country that its files are about: name no AREA beside it.",
        )
    if options.form and options.form.suffix != ".xlsx":
        raise BatchError(
            "wrong_extension", f"{options.form} does not end in .xlsx, by which programs know an Excel file."
        )
    named = options.area or ([] if options.form or options.join else areas.ids(STUDY))
    places = [areas.get(area_id, STUDY) for area_id in (areas.ids(STUDY) if STUDY in named else named)]
    framework = catalog.load("nrm_framework")
    public, titles = _public_evidence() if places or options.join else (None, {})
    written = {
        options.into / f"{place.area_id}_coding.xlsx": workbook(
            framework, place.area_id, place.name, public, titles=titles
        )
        for place in places
    }
    if options.form:
        written[options.form] = form(framework)
    if options.join:
        with no_values():
            area_id, content = joined([intake(file) for file in options.join], public, titles)
        written[options.into / f"{area_id}_coding_joined.xlsx"] = content
    for path in written:
        if path.exists() and not options.again:
            # What coders have filled in would be gone.
            raise BatchError("already_exists", f"{catalog.shown(path)} is there already; --again writes over it.")
    for path, content in written.items():
        write_whole(path, content)
        print(f"written: {catalog.shown(path)}")
    return 0


def _public_evidence() -> tuple[pd.DataFrame | None, dict[str, str]]:
    """What public evidence says of each country and indicator, without what coders said, and titles of its sources."""
    from analysis.sections import referral_evidence

    table = referral_evidence.answers()
    sources = catalog.load("sources")
    titles = dict(zip(sources["source_id"], sources["title"], strict=True))
    # Whoever codes a country again is not to see what was coded before.
    return table[~table["basis"].str.contains("coding sheet")], titles


def _draft(options: argparse.Namespace) -> int:
    return _each(options.file, lambda file: _drafted(file, options.again))


def _drafted(file: Path, again: bool) -> tuple[int, str]:
    """Write the mapping of one list; the exit code, and what became of it in a word or two."""
    from analysis.cases.mapping import beside
    from analysis.cases.mapping_draft import draft
    from analysis.checking import require_file
    from analysis.retention import require_file_within

    with no_values():
        require_file(file)
        require_file_within(file)
    mapping = beside(file)
    if mapping.exists() and not again:
        raise BatchError("already_exists", f"{catalog.shown(mapping)} is there already; --again writes over it.")
    with no_values():
        text = draft(file)
    write_whole(mapping, text.encode())
    print(f"{catalog.shown(mapping)}: settle its {text.count('decide')} lines with `decide`, then check {file}.")
    return 0, "drafted"


def _check(options: argparse.Namespace) -> int:
    from analysis.retention import TERMS, require_last_day

    terms = {name: getattr(options, name) for name in TERMS}
    given = [f"--{name.replace('_', '-')}" for name, text in terms.items() if text is not None]
    if given and not options.accept:
        raise BatchError("missing_option", f"{given[0]} is entered in the catalogue: say --accept with it.")
    # Before any file is looked at: nothing is entered with a day that cannot be.
    if options.retain_until is not None:
        require_last_day(options.retain_until, "--retain-until")
    return _each(options.file, lambda file: _checked(file, terms if options.accept else None))


def _checked(file: Path, terms: dict[str, str | None] | None) -> tuple[int, str]:
    """Check one file, and with `terms` enter it; the exit code, and what became of it in a word or two."""
    from analysis.checking import check

    with no_values():
        found = check(file, renewed=bool(terms and terms["retain_until"]))
    print(found.text)
    for name, content in found.files.items():
        path = CHECKS / found.described.study / name if found.described else CHECKS / name
        write_whole(path, content, private=True)
        print(f"  written: {catalog.shown(path)}")
    if found.fault:
        sys.stdout.flush()
        print(f"analysis: {catalog.shown(file)} cannot be used. {found.fault}", file=sys.stderr)
        return 1, "of no use"
    if found.caution:
        print(f"  caution: {found.caution}")
    if terms is None or found.described is None:
        return 0, "read"
    _enter(file, found.described, terms)
    return 0, "entered"


def _enter(file: Path, described: Described, terms: Terms) -> None:
    """Enter a file in the catalogue of its study, and say what stands there of the time that it may be kept."""
    from analysis.checking import accepted
    from analysis.retention import term

    with no_values():
        catalogue, content = accepted(file, described, terms)
    with exclusive():
        write_whole(catalogue, content)
        catalog.datasets.cache_clear()
        went = withdraw(lambda line: print(f"  {line}", file=sys.stderr))
        write_index()
        account.keep(went)
    print(f"  entered in {catalog.shown(catalogue)}: the next run reads it")
    print("\n".join(f"  {line}" for line in account.gone(went)))
    for entry in catalog.datasets().values():
        if entry.path == file.resolve() and entry.kind == "confidential":
            print(f"  {term(entry)}")


def _each(files: Sequence[Path], one: Callable[[Path], tuple[int, str]]) -> int:
    """Do one thing with every file, whatever becomes of the others; the exit code is that of the worst.

    Parameters
    ----------
    one : gives an exit code and what became of the file, or raises an error that the command line knows.
    """
    if len(files) == 1:
        return one(files[0])[0]
    codes, became = [], []
    for file in files:
        try:
            code, words = one(file)
        except (areas.UnknownArea, catalog.CatalogError, BatchError) as error:
            sys.stdout.flush()
            print(f"analysis: {file}: {error}", file=sys.stderr)
            code, words = 2, "refused"
        codes.append(code)
        became.append(words)
    counts = ", ".join(f"{number} {words}" for words, number in Counter(became).items())
    print(f"\n{len(files)} files: {counts}.")
    return max(codes)


# In the order in which help lists them.
COMMANDS = (_add_questionnaire, _add_coding_sheet, _add_draft, _add_check)
