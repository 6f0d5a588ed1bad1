"""Commands that write and read what people fill in: form."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from analysis import areas, catalog
from analysis.batch.products import BatchError
from analysis.checking import no_values, sampling_frame
from analysis.cli import AREA, ENDS, STUDY, Command, exit_codes
from analysis.file_writing import write_whole

if TYPE_CHECKING:
    import pandas as pd

FILES, FOLDER = click.Path(path_type=Path), click.Path(file_okay=False, path_type=Path)


@click.group(
    "form",
    help="Write a form that people fill in: the questionnaire of the survey of children, or coding sheets.",
    epilog=exit_codes(ENDS),
)
def form() -> None:
    """Forms that people fill in."""


@form.command(
    "questionnaire",
    cls=Command,
    short_help="the survey of children, as an XLSForm",
    does="Write the questionnaire of the survey of children as an XLSForm in English, Turkish and Arabic, to be "
    "uploaded to KoboToolbox or another program of ODK; with the sampling frame, the list of its units besides, from "
    "which interviewers choose.",
    reads="nothing but the sampling frame that is named.",
    writes="the form, and with --frame psu.csv beside it.",
    examples=[
        ("form questionnaire", "questionnaire.xlsx, in this folder"),
        ("form questionnaire form.xlsx --frame children_frame.csv", "and psu.csv, to be uploaded with it"),
    ],
)
@click.argument("file", metavar="[FILE]", type=FILES, default=Path("questionnaire.xlsx"))
@click.option(
    "--frame", metavar="CSV", type=FILES, help="The sampling frame: of it, psu.csv is written beside the form."
)
def questionnaire(file: Path, frame: Path | None) -> int:
    """Write the questionnaire of the survey."""
    from analysis.survey.questionnaire import units, workbook

    _require_excel(file)
    with no_values():
        written = {file: workbook()}
        if frame:
            written[file.with_name("psu.csv")] = units(sampling_frame(frame))
    return _written(written)


@form.command(
    "coding-sheet",
    cls=Command,
    short_help="the referral indicators of a country, as an Excel sheet",
    does="Write one sheet a country whose referral mechanisms are assessed, AREA_coding.xlsx, in which people code "
    "its indicators: two coders fill in a copy each, and an adjudicator the sheet that --join makes of the two.",
    reads="the framework of indicators, and what public evidence says of each.",
    writes="Excel sheets, in this folder or that of --into.",
    examples=[
        ("form coding-sheet SEN", "SEN_coding.xlsx"),
        ("form coding-sheet --join first.xlsx second.xlsx", "SEN_coding_joined.xlsx"),
        ("form coding-sheet --form coding_form.xlsx", "the same as a form for KoboToolbox"),
    ],
)
@click.argument("area", metavar="[AREA]...", type=AREA, nargs=-1)
@click.option("--into", metavar="FOLDER", type=FOLDER, default=Path(), help="Where to write (default: here).")
@click.option(
    "--form", "as_form", metavar="FILE", type=FILES, help="The same as a form for KoboToolbox; alone, only that."
)
@click.option("--join", metavar="FILE FILE", type=FILES, nargs=2, help="Write one sheet with the answers of two.")
@click.option("--again", is_flag=True, help="Write over files that are there.")
def coding_sheet(
    area: Sequence[str], into: Path, as_form: Path | None, join: Sequence[Path] | None, again: bool
) -> int:
    """Write coding sheets, or the one that joins two."""
    from analysis.referral.coding_intake import intake
    from analysis.referral.coding_report import joined
    from analysis.referral.coding_sheet import assessed_study, form, workbook

    if join and area:
        raise BatchError(
            "exclusive_options",
            "--join writes the sheet of the country that its files are about: name no AREA beside it.",
        )
    if as_form:
        _require_excel(as_form)
    study = assessed_study()
    named = area or ([] if as_form or join else areas.ids(study))
    places = [areas.get(area_id, study) for area_id in (areas.ids(study) if study in named else named)]
    framework = catalog.load("nrm_framework")
    public, titles = _public_evidence() if places or join else (None, {})
    written = {
        into / f"{place.area_id}_coding.xlsx": workbook(framework, place.area_id, place.name, public, titles=titles)
        for place in places
    }
    if as_form:
        written[as_form] = form(framework)
    if join:
        with no_values():
            area_id, content = joined([intake(file) for file in join], public, titles)
        written[into / f"{area_id}_coding_joined.xlsx"] = content
    _require_new(list(written), again)
    return _written(written)


@form.command(
    "second-coding",
    cls=Command,
    short_help="a tenth of a study's coded rows, for a second coder",
    does="Draw a tenth of the rows of a study that a person coded from a source, and write the workbook in which a "
    "second coder codes them blind: it names each row and its source, and not what the first coder found. With --read, "
    "take up the answers. Without --initials, say what was coded twice, and how far the coders agree.",
    reads="the evidence and its bibliography; the workbook.",
    writes="STUDY_second_coding_AB.xlsx, in this folder or that of --into; with --read, lines that are added to "
    "data/raw/evidence/second_coding.csv.",
    examples=[
        ("form second-coding west_africa --initials AB", "west_africa_second_coding_AB.xlsx"),
        ("form second-coding west_africa --read FILE --initials AB", "take up what was filled in"),
        ("form second-coding west_africa", "how many rows were coded twice, and how far coders agree"),
    ],
    ends={0: "all is well", 1: "some cells of the workbook were not taken up; all others were"},
)
@click.argument("study", metavar="STUDY", type=STUDY)
@click.option("--initials", metavar="AB", help="Of the second coder: one to four letters.")
@click.option("--read", "file", metavar="FILE", type=FILES, help="Take up the answers of a workbook.")
@click.option("--into", metavar="FOLDER", type=FOLDER, default=Path(), help="Where to write (default: here).")
@click.option("--again", is_flag=True, help="Write over a workbook that is there.")
def second_coding(study: str, initials: str | None, file: Path | None, into: Path, again: bool) -> int:
    """Write the workbook of a second coder, read one, or say what was coded twice."""
    from analysis import second_coding as coding

    if not initials:
        if file:
            raise BatchError("missing_initials", "Say who the second coder is: --initials AB.")
        print("\n".join(coding.sentences(study)))
        return 0
    name = coding.require_initials(initials)
    if not file:
        path = into / f"{study}_second_coding_{name}.xlsx"
        _require_new([path], again)
        return _written({path: coding.workbook(study, name)})
    with no_values():
        answers, wrong = coding.answers_in(file, study, name)
    new = coding.add(answers, name)
    print(f"{len(answers)} answers were read, {new} of them new.")
    sys.stdout.flush()
    for sentence in wrong:
        print(sentence, file=sys.stderr)
    if wrong:
        print(f"{len(wrong)} cells were not taken up: correct them, and read the workbook again.", file=sys.stderr)
    return int(bool(wrong))


# In the order in which help lists them.
COMMANDS = (form,)


def _require_excel(path: Path) -> None:
    if path.suffix != ".xlsx":
        raise BatchError("wrong_extension", f"{path} does not end in .xlsx, by which programs know an Excel file.")


def _written(files: dict[Path, bytes]) -> int:
    for path, content in files.items():
        write_whole(path, content)
        print(f"written: {catalog.shown(path)}")
    return 0


def _public_evidence() -> tuple[pd.DataFrame | None, dict[str, str]]:
    """Public evidence on each country and indicator, without the answers of coders, and titles of its sources."""
    from analysis.exhibits import referral_evidence

    table = referral_evidence.answers()
    sources = catalog.load("sources")
    titles = dict(zip(sources["source_id"], sources["title"], strict=True))
    # Whoever codes a country again is not to see what was coded before.
    return table[~table["basis"].str.contains("coding sheet")], titles


def _require_new(paths: Sequence[Path], again: bool) -> None:
    for path in paths:
        if path.exists() and not again:
            # What coders have filled in would be gone.
            raise BatchError("already_exists", f"{catalog.shown(path)} is there already; --again writes over it.")
