"""What the catalogue says of a coding sheet that was accepted, and that no country is entered twice."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from analysis import areas, catalog
from analysis.catalog import CatalogError
from analysis.referral.coding.form import STUDY
from analysis.referral.coding.intake import CodingAnswers, intake


@dataclass(frozen=True)
class CodingFile:
    """A coding sheet, or an export of its form: name of its entry, countries, and what its readers must know of it."""

    name: str
    area_ids: tuple[str, ...]
    title: str
    date: datetime.date
    study: str = STUDY
    kind: str = "public"
    publisher: str = "Country coders of this study"
    source: str = "Documents that the coders name answer by answer"
    licence: str = "not stated"


def of_file(found: CodingAnswers) -> CodingFile:
    """The entry of a file, with the last day of its coding, or today where it names none."""
    last = found.codes["date"].max()
    return CodingFile(
        name="coding_" + (found.area_ids[0] if len(found.area_ids) == 1 else "form"),
        area_ids=found.area_ids,
        title="Coding of referral mechanisms: " + ", ".join(areas.get(area_id).name for area_id in found.area_ids),
        date=datetime.date.today() if last != last else last.date(),
    )


def refuse_second(described: CodingFile) -> None:
    """Raise CatalogError if another file that is entered codes one of the same countries."""
    if not described.area_ids:
        raise CatalogError(
            "empty", "No answer of this file is about a country of the study: there is nothing to enter."
        )
    for entry in catalog.coding_sheets(described.study):
        if entry.name == described.name:
            continue
        both = set(described.area_ids) & set(intake(catalog.verify(entry.name)).area_ids)
        if both:
            raise CatalogError(
                "coded_already",
                f"{', '.join(sorted(both))} is coded already in {catalog.shown(entry.path)}, which is entered as "
                f"'{entry.name}' in {entry.listed_in}. Take that entry out, or take the country out of one of the two.",
            )
