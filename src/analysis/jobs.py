"""Which notebook is run for which area, and where its products go, and the tables of case records that some read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis import areas, catalog
from analysis.catalog import ROOT

CASE_RECORDS = "case_records"
INCIDENCE = "incidence"
TRENDS = "trends"
ROUTES = "routes"
ANALYSES = (INCIDENCE, TRENDS, ROUTES, CASE_RECORDS)
# Those that show a study's case records, where it has some: beside public evidence, and alone.
BESIDE_PUBLIC_EVIDENCE = (INCIDENCE, TRENDS, ROUTES)
WITH_CASE_RECORDS = (*BESIDE_PUBLIC_EVIDENCE, CASE_RECORDS)
# Ends the name of every file that follows from synthetic case records.
SYNTHETIC = "_SYNTHETIC"
# The page that leads to all others.
INDEX = ROOT / "reports" / "index.html"


class NotPlanned(ValueError):
    """An analysis was asked for that cannot be made; the message says why."""


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
    def stem(self) -> str:
        """What the names of its products begin with; what follows from synthetic records says so in its name."""
        return self.analysis + (synthetic_suffix(self.study) if self.analysis in WITH_CASE_RECORDS else "")

    @property
    def synthetic(self) -> str:
        """How much of its products follows from synthetic records, in words: none (""), a part, or all of them."""
        if not self.stem.endswith(SYNTHETIC):
            return ""
        return "SYNTHETIC" if self.analysis == CASE_RECORDS else "partly SYNTHETIC"

    @property
    def executed(self) -> Path:
        return ROOT / "data" / "processed" / "runs" / self.study / self.area_id / f"{self.stem}.ipynb"

    @property
    def failed(self) -> Path:
        """Where the notebook of a run that failed is kept, with its traceback: the log."""
        return self.executed.with_name(f"{self.stem}.failed.ipynb")

    @property
    def figures(self) -> Path:
        return ROOT / "figures" / self.study / self.area_id

    @property
    def page(self) -> Path:
        return ROOT / "reports" / self.study / self.area_id / f"{self.stem}.html"

    def framed(self, name: str) -> Path:
        """Where a page goes that its notebook shows in a frame; the name itself says SYNTHETIC where that is."""
        return self.page.with_name(f"{self.analysis}_{name}.html")

    @property
    def name(self) -> str:
        return f"{self.study}/{self.area_id}/{self.stem}"


@dataclass(frozen=True)
class CaseTables:
    """Where the processed case records of a study lie, and what their manifest says: products as those of a job are."""

    study: str

    @property
    def kind(self) -> str:
        """``public``, ``confidential`` or ``synthetic``; empty where the study has no list."""
        return catalog.case_kind(self.study)

    @property
    def folder(self) -> Path:
        return ROOT / "data" / "processed" / self.study

    @property
    def name(self) -> str:
        """What the tables are called as one data set."""
        return f"{CASE_RECORDS}_{self.study}"

    def file(self, name: str) -> Path:
        """The path of a table, or of another product: ``file("stops.parquet")``."""
        stem, _, extension = name.rpartition(".")
        return self.folder / f"{stem}{synthetic_suffix(self.study)}.{extension}"

    @property
    def manifest(self) -> Path:
        """Written last: it names what the tables were made from, and the digest of each."""
        return self.file("case_records.json")

    def said(self) -> dict:
        """What the manifest holds; empty if there is none, or it is not whole."""
        try:
            found = json.loads(self.manifest.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return found if {"made_from", "products"} <= set(found) else {}

    def as_dataset(self) -> catalog.Dataset:
        """The tables as one data set, derived from the lists; its digest is that of all of them."""
        products = json.dumps(self.said()["products"], sort_keys=True)
        lists = catalog.case_lists(self.study)
        return catalog.Dataset(
            name=self.name,
            file=f"../processed/{self.study}/{self.manifest.name}",
            title=f"Case records of {areas.STUDIES[self.study][0].split(':')[0]}: linked tables",
            kind=self.kind,
            licence="as of the lists that they were made from",
            publisher="This project",
            source="made from " + ", ".join(entry.name for entry in lists),
            date=max(entry.date for entry in lists),
            sha256=hashlib.sha256(products.encode()).hexdigest(),
            study=self.study,
        )


def synthetic_suffix(study: str) -> str:
    """``_SYNTHETIC`` where a study's case records are synthetic, else empty."""
    return SYNTHETIC if catalog.case_kind(study) == "synthetic" else ""


def shows_case_records(study: str) -> bool:
    """Whether a study has case records that notebooks may show; confidential ones wait for an audit."""
    return catalog.case_kind(study) in ("public", "synthetic")


def analyses_of(study: str) -> tuple[str, ...]:
    """The analyses of a study: that of case records only where there are some that may be shown."""
    return tuple(name for name in ANALYSES if name != CASE_RECORDS or shows_case_records(study))


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
    NotPlanned : case records were asked for by name, and a study that was asked for has none.
    """
    everywhere = [*areas.ids(study), *([study] if study else areas.STUDIES)]
    wanted = list(dict.fromkeys(area_ids)) if area_ids else everywhere
    places = [areas.get(area_id) for area_id in wanted]
    for place in places:
        if study is not None and place.study != study:
            raise areas.UnknownArea(f"{place.area_id} belongs to the study {place.study}, not to {study}.")
    if analyses and CASE_RECORDS in analyses:
        _require_case_records({place.study for place in places} if study or area_ids else set())
    wanted_analyses = [name for name in ANALYSES if not analyses or name in analyses]
    return [
        Job(analysis, place.study, place.area_id)
        for place in places
        for analysis in wanted_analyses
        if analysis in analyses_of(place.study)
    ]


def _require_case_records(studies: set[str]) -> None:
    """Confidential ones are there, and are kept back without an error."""
    without = [study for study in areas.STUDIES if study in studies and not catalog.case_kind(study)]
    if without:
        raise NotPlanned(
            f"There are no case records of {without[0]}: list them in data/raw/{without[0]}/{catalog.CATALOGUE}, each "
            f"with its mapping; `python -m analysis check FILE` begins with a file."
        )
