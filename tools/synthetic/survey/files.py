"""The files of the invented survey: its export, how it was drawn, and what is true of it; the same bytes each time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import yaml

from analysis.spreadsheets import csv_bytes
from tools.synthetic.survey import dirt
from tools.synthetic.survey.form import export, headers
from tools.synthetic.survey.invented import DAYS, FIRST_DAY, SEED, InventedSurvey, survey

EXPORT, DESCRIPTION, FRAME = "survey_SYNTHETIC.csv", "survey_SYNTHETIC.survey.yml", "survey_frame_SYNTHETIC.csv"
TITLE = "Survey of children in nine provinces (SYNTHETIC)"
LAST_DAY = str(FIRST_DAY + DAYS - 1)
# Tables below truth/, and what they say.
TRUTH = {
    "survey_truth": "True prevalences and odds ratios of the invented survey, and how each was set",
    "survey_planted": "Everything that was planted in the export of the survey, and what must become of it",
}


@dataclass(frozen=True, eq=False)
class WrittenSurvey:
    """The invented survey and everything planted in its export."""

    invented: InventedSurvey
    planted: dirt.Planted


def write(folder: Path, source: str, seed: int = SEED) -> WrittenSurvey:
    """Write the survey into a folder that has a folder ``truth``: the same bytes for the same arguments.

    Parameters
    ----------
    folder : files of the same names are replaced. source : the command that writes them. seed : of the survey.
    """
    invented = survey(seed)
    planted = dirt.dirty(export(invented), seed)
    text = planted.visits.rename(columns=headers())
    # KoboToolbox separates the cells of its CSV files by semicolons.
    _write(folder / EXPORT, text, sep=";")
    _write(folder / FRAME, invented.frame.assign(urban=invented.frame["urban"].map({True: "yes", False: "no"})))
    (folder / DESCRIPTION).write_text(_description(source), encoding="utf-8", newline="\n")
    _write(
        folder / "truth" / "survey_truth.csv", invented.truth.assign(value=invented.truth["value"].map("{:.9g}".format))
    )
    _write(folder / "truth" / "survey_planted.csv", dirt.table(planted))
    return WrittenSurvey(invented, planted)


def _write(path: Path, table: pd.DataFrame, sep: str = ",") -> None:
    path.write_bytes(csv_bytes(table, sep=sep))


def _description(source: str) -> str:
    fields = {
        "survey": "children_nine_provinces",
        "title": TITLE,
        "study": "turkiye",
        "kind": "synthetic",
        "publisher": "This project, invented",
        "source": source,
        "date": LAST_DAY,
        "sampling": "probability",
        "frame": FRAME,
        "licence": "CC BY 4.0",
    }
    text = yaml.safe_dump(fields, allow_unicode=True, sort_keys=False, width=120)
    return f"# SYNTHETIC: invented children and answers. An example to copy beside a survey's own export.\n{text}"


def readme(written: WrittenSurvey) -> str:
    """What the survey is, in the words of the README of its folder."""
    visits, respondents = written.invented.visits, written.invented.respondents
    tables = "\n".join(f"| `truth/{table}.csv` | {title} |" for table, title in TRUTH.items())
    return f"""
## The survey of children

`{EXPORT}` is what KoboToolbox would export of an invented survey: {len(visits.outcome):,} households visited in
18 strata (nine provinces, Turkish and Syrian households), {len(respondents):,} children interviewed, until {LAST_DAY}.
`{FRAME}` is its sampling frame and `{DESCRIPTION}` says how it was drawn.

| truth | what it says |
|---|---|
{tables}

- Every outcome follows from odds ratios that are planted, exactly, though children of one sampling unit are alike:
  a uniform number, correlated by 0.05 within units on the normal scale, is held against the chance of each child.
- With public figures agree, exactly: work of Turkish children by age and sex, their sectors and school attendance
  (TÜİK 2019), and paid work of Syrian boys of 12-14 and 15-17 years (TDHS 2018), see `child_labour_benchmarks`. The
  national figures stand for the nine provinces. The odds ratios of sex and age, the intercept of work, the levels of
  sectors, and the shares out of school of three groups are solved for that; all others are invented, as `how` says.
- Children of a stratum are inhabitants or Syrians under temporary protection in 2021 (`population`) times the share of
  children: of Türkiye (2019) for the one, 33 % for the other, which is assumed.
- True prevalences are those of the infinite population that the odds ratios and shares describe; they are computed from
  all combinations of traits, and not from the sample. Unknown answers fall on anybody alike.
- `survey_planted` has one line a consequence: `quarantine` (by this rule), `not known`, `read` (as if it were written
  properly), `no_consent` (nothing of it is kept), `no row` (blank), `nowhere` (it must not leave the file).
"""
