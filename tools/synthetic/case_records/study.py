"""An invented study in memory: its truth, and the sheets of its lists."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd

from analysis.cases import mapping
from analysis.refusal import Refusal
from tools.synthetic.case_records import cabo_verde, lists, noise, population, turkiye
from tools.synthetic.case_records.design import Design
from tools.synthetic.case_records.dirt import Body, dirty, undeclared
from tools.synthetic.case_records.layouts import LAYOUTS, File
from tools.synthetic.case_records.names import Name
from tools.synthetic.case_records.repeats import dirty_persons, dirty_stops, visits
from tools.synthetic.case_records.words import place_name

STUDIES: dict[str, ModuleType] = {"turkiye": turkiye, "cabo_verde": cabo_verde}
MAPPINGS = Path(__file__).parent / "mappings"
SEED = 20240131


@dataclass(frozen=True)
class Study:
    """Everything that is true of an invented study, and the sheets in which its lists show it.

    Parameters
    ----------
    totals : area_id, year, persons. persons : as `population.people` gives them. captures : as `lists.captures` does.
    bodies : list -> its sheets, in the order of the file. names : all names of the study.
    """

    design: Design
    seed: int
    totals: pd.DataFrame
    persons: pd.DataFrame
    captures: pd.DataFrame
    names: list[Name]
    bodies: dict[str, list[Body]]

    def body_of_persons(self, list_id: str) -> Body:
        """The sheet of a list in which each row is a person."""
        bodies = self.bodies[list_id]
        return bodies[1] if bodies[0].file.mapping.persons else bodies[0]


class UnknownStudy(Refusal):
    """There is no invented study of this name; the message lists those there are."""


def study(name: str, persons: int | None = None, seed: int = SEED) -> Study:
    """An invented study.

    Parameters
    ----------
    name : ``turkiye`` or ``cabo_verde``. persons : true persons; None for the number of the committed study.
    seed : of the random generator (numpy's PCG64); another one gives another study of the same truth.

    Raises
    ------
    UnknownStudy : no such study. ValueError : the number of persons is negative.
    """
    if name not in STUDIES:
        raise UnknownStudy("unknown_study", f"There is no synthetic study '{name}'. There are {' and '.join(STUDIES)}.")
    design = STUDIES[name].design()
    wanted = design.persons if persons is None else persons
    if wanted < 0:
        raise Refusal("negative", "A study cannot have fewer than 0 persons.")
    # A generator for each step: a change in one leaves the others as they are.
    who, seen, written, planted = np.random.default_rng([seed, list(STUDIES).index(name)]).spawn(4)
    totals = population.totals(design, wanted)
    people = population.people(design, totals, who)
    captures = lists.captures(design, people, seen)
    records = noise.records(design, captures, people, written)
    names = population.spellings(design)
    bodies = {}
    for place, layout in enumerate(LAYOUTS[name]):
        file = File(design, layout, mapping.load(MAPPINGS / name / f"{layout.list_id}{mapping.SUFFIX}"), names)
        bodies[layout.list_id] = _sheets(file, records[records["list"] == place], people, planted)
    return Study(design, seed, totals, people, captures, names, bodies)


def joined(records: pd.DataFrame, persons: pd.DataFrame) -> pd.DataFrame:
    """Records with what is true of their persons; `index` numbers the forms of a Kobo export."""
    own = persons.iloc[records["person"].to_numpy()].drop(columns=["visible", "year"]).reset_index(drop=True)
    frame = pd.concat([records.reset_index(drop=True), own], axis=1)
    return frame.assign(index=frame["number"], child_index=frame["number"])


def _sheets(file: File, records: pd.DataFrame, persons: pd.DataFrame, rng: np.random.Generator) -> list[Body]:
    """The sheets of one list with everything planted, in the order of its file."""
    layout = file.layout
    frame = joined(records, persons)
    first = max(file.mapping.header) + 1
    if layout.forms:
        frame = visits(frame, rng)
        forms = frame.drop_duplicates("index", ignore_index=True)
        main = dirty(file, file.mapping.sheet, layout.forms, forms, first, rng)
        bodies = [main, dirty_persons(file, frame, main, rng)]
    else:
        main = dirty(file, file.mapping.sheet, layout.columns, frame, first, rng)
        bodies = [main]
        if layout.stops:
            names = {place: place_name(file, place) for place in file.design.places}
            bodies.append(dirty_stops(file, main, names, rng))
    for body in bodies:
        undeclared(body)
    return bodies
