"""What the report is made from, read once for all its parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pandas as pd

from analysis import areas
from analysis.catalog import Dataset
from analysis.recommendations.texts import Texts
from analysis.report.contents.frame import Frame, frame
from analysis.report.references import Context, UnknownReference, cited, in_words, resolve

SYNTHETIC = "SYNTHETIC"


@dataclass(frozen=True)
class Shown:
    """A figure that a notebook shows: its content, its description in English, and whether it follows from invented
    persons."""

    png: bytes
    alt: str
    synthetic: bool


# Analysis, area and name of a figure, to what the notebook shows under it; None where it shows none.
Figures = Callable[[str, str, str], Shown | None]
# Analysis and area to the address of its page beside the report's site; empty where it has none.
Addresses = Callable[[str, str], str]


@dataclass(frozen=True)
class Material:
    """Findings, texts and figures for the report in one language.

    Parameters
    ----------
    context : what references lead to, with the number of each finding.
    states, progress : what the findings say of recommendations and activities, as `analysis.recommendations.evaluated`.
    changes : since the baseline; None where none was frozen.
    """

    language: str
    table: pd.DataFrame
    texts: Texts
    context: Context
    states: pd.DataFrame
    progress: pd.DataFrame
    shown: Figures
    address: Addresses
    changes: pd.DataFrame | None
    datasets: Sequence[Dataset]

    @property
    def frame(self) -> Frame:
        return frame(self.language)

    def row(self, finding_id: str) -> Mapping[str, object]:
        """A finding. Raises UnknownReference."""
        if finding_id not in self.context.rows:
            raise UnknownReference(
                "unknown_finding", f"The outline of the report asks for {finding_id}, which nothing states."
            )
        return self.context.rows[finding_id]

    def numbered(self, finding_ids: Iterable[str]) -> str:
        """Numbers of findings as text: ``F3, F7–F12``."""
        numbers = sorted({self.context.numbers[finding_id] for finding_id in finding_ids})
        runs: list[list[int]] = []
        for number in numbers:
            if runs and number == runs[-1][-1] + 1:
                runs[-1].append(number)
            else:
                runs.append([number])
        parts = [f"F{run[0]}–F{run[-1]}" if len(run) > 2 else ", ".join(f"F{number}" for number in run) for run in runs]
        return ", ".join(parts) or self.frame("no_value")

    def invented(self, finding_ids: Iterable[str]) -> bool:
        """Whether one of these findings follows from invented persons."""
        return any(self.row(finding_id)["kind"] == "synthetic" for finding_id in finding_ids)

    def of_area(self, study: str, area_id: str) -> list[str]:
        """Ids of all findings on a place, in the order of the table."""
        here = self.table[(self.table["study"] == study) & (self.table["area_id"] == area_id)]
        return list(here["finding_id"])

    def chosen_of_area(self, study: str, area_id: str) -> list[str]:
        """Ids of the findings that the page of an area shows: those of the measures that the outline names."""
        return chosen(self.texts, self.of_area(study, area_id))

    def said(self, text: Mapping[str, str]) -> tuple[str, str]:
        """A text in this language, or else in English, and the language it is in."""
        return (text[self.language], self.language) if self.language in text else (text["en"], "en")

    def html(self, text: str, language: str, where: str) -> str:
        """Markdown as clean HTML. Raises UnknownReference, which says where the text stands."""
        with _standing(where):
            return resolve(text, self.context, language)

    def cell(self, text: str, language: str, where: str) -> tuple[str, bool]:
        """A text as a cell, which says if it cites invented persons, and whether it does. Raises UnknownReference."""
        with _standing(where):
            said, synthetic = in_words(text, self.context, language)
        return marked(said, synthetic), synthetic

    def cites_invented(self, *texts: str) -> bool:
        """Whether one of these texts cites what follows from invented persons."""
        return self.invented(finding_id for text in texts for finding_id in cited(text))


@contextmanager
def _standing(where: str) -> Iterator[None]:
    """Says where a text stands in which a reference leads nowhere."""
    try:
        yield
    except UnknownReference as error:
        raise UnknownReference("unknown_reference", f"{where}: {error}") from None


def chosen(texts: Texts, finding_ids: Iterable[str]) -> list[str]:
    """Of findings of one place those of the outline's measures, in the outline's order."""
    found = list(finding_ids)
    wanted = [
        finding_id
        for measure in texts.outline.areas.measures
        for finding_id in found
        if finding_id.partition("/")[2] == measure or finding_id.partition("/")[2].startswith(f"{measure}.")
    ]
    return list(dict.fromkeys(wanted))


def marked(text: str, synthetic: bool) -> str:
    """A text that says SYNTHETIC if it must, once."""
    return f"{SYNTHETIC}: {text}" if synthetic and not text.startswith(SYNTHETIC) else text


def places(study: str) -> list[str]:
    """Ids of a study and of its areas, the study as a whole first."""
    return [study, *areas.ids(study)]
