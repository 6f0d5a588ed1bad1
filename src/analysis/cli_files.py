"""Commands on single files: questionnaire, coding-sheet, draft, check, new-key, encrypt, synthetic; and forget."""

from __future__ import annotations

import argparse
import contextlib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis import areas, catalog
from analysis.batch.indexes import write_index
from analysis.batch.products import exclusive, write_whole
from analysis.batch.result import BatchError
from analysis.batch.tables import withdraw, without_values

if TYPE_CHECKING:
    import pandas as pd

# Reports on single files, for whoever keeps the data.
CHECKS = catalog.ROOT / "data" / "processed" / "checks"

# What argparse makes of `add_subparsers`; it has no public name.
Commands = Any


def _add_questionnaire(commands: Commands) -> None:
    questionnaire = commands.add_parser(
        "questionnaire",
        help="write the form of the survey of children, to be uploaded to KoboToolbox or another program of ODK",
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
    coding = commands.add_parser(
        "coding-sheet",
        help="write the sheets in which people code the referral indicators of the countries of West Africa",
        description="Write one coding sheet a country, AREA_coding.xlsx: two coders fill in a copy each, and "
        "an adjudicator the sheet that --join makes of the two.",
    )
    coding.add_argument("area", metavar="AREA", nargs="*", help="ids of countries (default: all of West Africa)")
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
    draft = commands.add_parser("draft", help="write a first mapping for a list of case records, beside its file")
    draft.add_argument("file", metavar="FILE", type=Path, help="an Excel file (.xlsx) or CSV, as received")
    draft.add_argument("--again", action="store_true", help="write it over a mapping that is there")
    draft.set_defaults(command=_draft)


def _add_check(commands: Commands) -> None:
    check = commands.add_parser(
        "check",
        help="read a data file by its mapping, and report what became of each row",
        description="Read a list of case records by the mapping beside it, the export of a survey by its description, "
        "a coding sheet or the export of its form, or a release of UNODC, USDOL or CTDC, and say what became of each "
        "row. Nothing that stands in a cell is printed. The report and the quarantine are written to "
        "data/processed/checks/.",
    )
    check.add_argument("file", metavar="FILE", type=Path, nargs="+", help="an Excel file (.xlsx), CSV or XML")
    check.add_argument(
        "--accept",
        action="store_true",
        help="enter it, as it is now, in the catalogue of its study, so that run reads it",
    )
    terms = check.add_argument_group("what the catalogue must say of confidential data, with --accept")
    terms.add_argument("--purpose", metavar="TEXT", help="what these persons' data are used for")
    terms.add_argument("--retain-until", metavar="DATE", help="the last day on which they may be kept, YYYY-MM-DD")
    terms.add_argument("--access", metavar="TEXT", help="who may read them: roles or names")
    terms.add_argument("--retention-reason", metavar="TEXT", help="why that day was put off")
    check.set_defaults(command=_check)


def _add_new_key(commands: Commands) -> None:
    new_key = commands.add_parser("new-key", help="make a key by which confidential files are kept encrypted")
    new_key.add_argument("path", metavar="PATH", type=Path, help="where to write it, outside the project's folder")
    new_key.set_defaults(command=_new_key)


def _add_encrypt(commands: Commands) -> None:
    encrypt = commands.add_parser(
        "encrypt",
        help="keep a confidential file encrypted from now on",
        description="Write FILE.age, in the format of age, and put it in the place of FILE in the catalogue. It is "
        "read with the key whose file ANALYSIS_AGE_KEY names.",
    )
    encrypt.add_argument("file", metavar="FILE", type=Path, help="a list, a survey, a sampling frame")
    encrypt.add_argument(
        "--recipient",
        metavar="age1...",
        action="append",
        default=[],
        help="public key of somebody who is to read it; can be given several times (default: the key at hand)",
    )
    encrypt.add_argument("--remove", action="store_true", help="delete FILE, once FILE.age was seen to be read again")
    encrypt.add_argument("--again", action="store_true", help="write over an encrypted file that is there")
    encrypt.set_defaults(command=_encrypt)


def _add_forget(commands: Commands) -> None:
    forget = commands.add_parser(
        "forget",
        help="remove what was made of data sets that may be kept no longer",
        description="Remove from data/processed what was made of a study's data sets that are past their last day, or "
        "that no catalogue lists any more: tables, executed notebooks, staged pages, reports on files.",
    )
    forget.add_argument("study", metavar="STUDY", help=", ".join(areas.STUDIES))
    forget.set_defaults(command=_forget)


def _add_synthetic(commands: Commands) -> None:
    synthetic = commands.add_parser("synthetic", help="write a study of invented persons, whose truth is known")
    synthetic.add_argument("study", metavar="STUDY", help="turkiye or cabo_verde")
    synthetic.add_argument("--persons", metavar="N", type=positive, help="true persons (default: 2500)")
    synthetic.add_argument(
        "--seed", metavar="N", type=not_negative, help="of the random numbers (default: as committed)"
    )
    synthetic.add_argument(
        "--into", metavar="FOLDER", type=Path, help="where to write it (default: data/raw/synthetic/<study>)"
    )
    synthetic.set_defaults(command=_synthetic)


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
def _no_values() -> Iterator[None]:
    """Whatever goes wrong with a file is said in one sentence, and never with what stands in a cell."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except Exception as error:
        raise BatchError(without_values(error, confidential=True)) from None


def _questionnaire(options: argparse.Namespace) -> int:
    from analysis.checking import sampling_frame
    from analysis.survey.questionnaire import units, workbook

    if options.file.suffix != ".xlsx":
        raise BatchError(f"{options.file} does not end in .xlsx, by which programs know an Excel file.")
    with _no_values():
        written = {options.file: workbook()}
        if options.frame:
            written[options.file.with_name("psu.csv")] = units(sampling_frame(options.frame))
    for path, content in written.items():
        write_whole(path, content)
        print(f"written: {path}")
    return 0


def _coding_sheet(options: argparse.Namespace) -> int:
    from analysis.referral.coding.form import STUDY, form
    from analysis.referral.coding.intake import intake
    from analysis.referral.coding.join import joined
    from analysis.referral.coding.sheet import workbook

    if options.join and options.area:
        raise BatchError("--join writes the sheet of the country that its files are about: name no AREA beside it.")
    if options.form and options.form.suffix != ".xlsx":
        raise BatchError(f"{options.form} does not end in .xlsx, by which programs know an Excel file.")
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
        with _no_values():
            area_id, content = joined([intake(file) for file in options.join], public, titles)
        written[options.into / f"{area_id}_coding_joined.xlsx"] = content
    for path in written:
        if path.exists() and not options.again:
            # What coders have filled in would be gone.
            raise BatchError(f"{catalog.shown(path)} is there already; --again writes over it.")
    for path, content in written.items():
        write_whole(path, content)
        print(f"written: {catalog.shown(path)}")
    return 0


def _public_evidence() -> tuple[pd.DataFrame | None, dict[str, str]]:
    """What public evidence says of each country and indicator, without what coders said, and titles of its sources."""
    from analysis.exhibits import referral_evidence

    table = referral_evidence.answers()
    sources = catalog.load("sources")
    titles = dict(zip(sources["source_id"], sources["title"], strict=True))
    # Whoever codes a country again is not to see what was coded before.
    return table[~table["basis"].str.contains("coding sheet")], titles


def _draft(options: argparse.Namespace) -> int:
    from analysis.cases.draft import draft
    from analysis.cases.mapping import beside

    mapping = beside(options.file)
    if mapping.exists() and not options.again:
        raise BatchError(f"{catalog.shown(mapping)} is there already; --again writes over it.")
    with _no_values():
        text = draft(options.file)
    write_whole(mapping, text.encode())
    print(
        f"{catalog.shown(mapping)}: settle its {text.count('decide')} lines with `decide`, then check {options.file}."
    )
    return 0


def _check(options: argparse.Namespace) -> int:
    from analysis.checking import accepted, check
    from analysis.retention import TERMS

    for file in options.file:
        with _no_values():
            found = check(file)
        print(found.text)
        for name, content in found.files.items():
            write_whole(CHECKS / name, content, private=True)
            print(f"  written: {catalog.shown(CHECKS / name)}")
        if options.accept and found.described is not None:
            with _no_values():
                terms = {name: getattr(options, name) for name in TERMS}
                catalogue, content = accepted(file, found.described, terms)
            with exclusive():
                write_whole(catalogue, content)
                catalog.datasets.cache_clear()
                withdraw()
                write_index()
            print(f"  entered in {catalog.shown(catalogue)}: the next run reads it")
    return 0


def _new_key(options: argparse.Namespace) -> int:
    from analysis.at_rest import KEY_FILE, new_key

    public = new_key(options.path)
    print(f"written: {options.path}. Keep a copy of it apart from the data: without it nobody reads what it encrypts.")
    print(f"public key, for --recipient: {public}")
    print(f"to read with it: export {KEY_FILE}={options.path.resolve()}")
    return 0


def _encrypt(options: argparse.Namespace) -> int:
    from analysis import at_rest

    path, into = options.file, options.file.with_name(options.file.name + catalog.ENCRYPTED)
    if into.exists() and not options.again:
        raise BatchError(f"{catalog.shown(into)} is there already; --again writes over it.")
    with _no_values():
        encrypted, read_again = at_rest.encrypt(path, options.recipient)
        listed = at_rest.recatalogued(path, encrypted)
    if options.remove and not read_again:
        raise BatchError(
            f"{path} stays, and nothing was written: the key at hand cannot read what was encrypted for others alone. "
            f"Add your own public key by --recipient, or leave --remove out."
        )
    with exclusive():
        write_whole(into, encrypted, private=True)
        if listed:
            write_whole(*listed)
            catalog.datasets.cache_clear()
    print(f"written: {catalog.shown(into)}" + (", and seen to be read again" if read_again else ""))
    if not read_again:
        print("The key at hand does not open it: try one that does before the plain file goes.")
    if listed:
        print(f"entered in {catalog.shown(listed[0])} in place of {path.name}")
    if options.remove and into.read_bytes() == encrypted:
        path.unlink()
        print(f"deleted: {path}. Delete every other copy too: backups, mail, the bin, the device it came on.")
    else:
        print(f"{path} lies there unencrypted still: delete it, and every copy (backups, mail, the bin).")
    return 0


def _forget(options: argparse.Namespace) -> int:
    from analysis.forgetting import forget
    from analysis.retention import past

    areas.ids(options.study)  # refuses one that does not exist
    with exclusive():
        removed = forget(options.study)
        write_index()
    print("".join(f"removed: {catalog.shown(path)}\n" for path in removed), end="")
    print(f"{len(removed)} files were removed, made of data of {options.study} that may be kept no longer.")
    for entry in past():
        if entry.study == options.study and entry.path.exists():
            print(f"{catalog.shown(entry.path)} is past its last day and lies there still: delete it, and every copy.")
    return 0


def _synthetic(options: argparse.Namespace) -> int:
    from analysis.cases.synthetic import SEED, write

    folder = options.into or catalog.RAW / "synthetic" / options.study
    if folder.resolve() in [catalog.RAW / study for study in areas.STUDIES]:
        raise BatchError(f"{catalog.shown(folder.resolve())} is for real lists; give another folder by --into.")
    with _no_values():
        made = write(options.study, folder, options.persons, SEED if options.seed is None else options.seed)
    print(f"{len(made.persons):,} invented persons, {len(made.captures):,} records of them, in {catalog.shown(folder)}")
    return 0


# In the order in which help lists them.
COMMANDS = (
    *(_add_questionnaire, _add_coding_sheet, _add_draft, _add_check),
    *(_add_new_key, _add_encrypt, _add_forget, _add_synthetic),
)
