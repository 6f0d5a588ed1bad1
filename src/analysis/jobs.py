"""Which notebook is run for which area, and where its products go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis import areas
from analysis.catalog import ROOT

ANALYSES = ("incidence", "trends", "routes")
# The page that leads to all others.
INDEX = ROOT / "reports" / "index.html"


@dataclass(frozen=True)
class Job:
    """One analysis for one area; `area_id` is the study's own id for the study as a whole."""

    analysis: str
    study: str
    area_id: str

    @property
    def template(self) -> Path:
        return ROOT / "notebooks" / f"{self.analysis}.ipynb"

    @property
    def executed(self) -> Path:
        return ROOT / "data" / "processed" / "runs" / self.study / self.area_id / f"{self.analysis}.ipynb"

    @property
    def failed(self) -> Path:
        """Where the notebook of a run that failed is kept, with its traceback: the log."""
        return self.executed.with_name(f"{self.analysis}.failed.ipynb")

    @property
    def figures(self) -> Path:
        return ROOT / "figures" / self.study / self.area_id

    @property
    def page(self) -> Path:
        return ROOT / "reports" / self.study / self.area_id / f"{self.analysis}.html"

    @property
    def name(self) -> str:
        return f"{self.study}/{self.area_id}/{self.analysis}"


def plan(
    study: str | None = None,
    area_ids: Sequence[str] | None = None,
    analyses: Sequence[str] | None = None,
) -> list[Job]:
    """The jobs of a batch: every analysis, for each area and for each study as a whole.

    Parameters
    ----------
    study : only the areas of this study, and the study itself.
    area_ids : only these areas; a study's id stands for the study as a whole.
    analyses : only these analyses.

    Raises
    ------
    UnknownArea : an area or study does not exist; nothing has been run.
    """
    everywhere = [*areas.ids(study), *([study] if study else areas.STUDIES)]
    wanted = list(dict.fromkeys(area_ids)) if area_ids else everywhere
    places = [areas.get(area_id) for area_id in wanted]
    for place in places:
        if study is not None and place.study != study:
            raise areas.UnknownArea(f"{place.area_id} belongs to the study {place.study}, not to {study}.")
    return [Job(analysis, place.study, place.area_id) for place in places for analysis in analyses or ANALYSES]
