"""A synthetic study in memory: its sheets, and what is true of it as tables.

Estimates, linkage and intake can be held against the tables.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.cases import mapping
from bounded.refusal import Refusal
from tools.synthetic.case_records import injected_errors, lists, population
from tools.synthetic.case_records.design import Design
from tools.synthetic.case_records.layouts import LAYOUTS, File, exploitation, means, of_form, place_name
from tools.synthetic.case_records.population import Name, journey
from tools.synthetic.case_records.sheets import (
    LEDGER,
    Body,
    persons_with_errors,
    stops_with_errors,
    undeclared,
    visits,
    with_errors,
)
from tools.synthetic.case_records.studies import demo_islands, demo_provinces

STUDIES: dict[str, Callable[[], Design]] = {"demo_provinces": demo_provinces, "demo_islands": demo_islands}
MAPPINGS = Path(__file__).parent / "mappings"
SEED = 20240131


@dataclass(frozen=True)
class Study:
    """Everything that is true of a synthetic study, and the sheets in which its lists show it.

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
    """There is no synthetic study of this name; the message lists those there are."""


def study(name: str, persons: int | None = None, seed: int = SEED) -> Study:
    """A synthetic study.

    Parameters
    ----------
    name : ``demo_provinces`` or ``demo_islands``. persons : true persons; None for the number of the committed study.
    seed : of the random generator (numpy's PCG64); another one gives another study of the same truth.

    Raises
    ------
    UnknownStudy : no such study. ValueError : the number of persons is negative.
    """
    if name not in STUDIES:
        raise UnknownStudy("unknown_study", f"There is no synthetic study '{name}'. There are {' and '.join(STUDIES)}.")
    design = STUDIES[name]()
    wanted = design.persons if persons is None else persons
    if wanted < 0:
        raise Refusal("negative", "A study cannot have fewer than 0 persons.")
    # A generator for each step: a change in one leaves the others as they are.
    who, seen, written, injected = np.random.default_rng([seed, list(STUDIES).index(name)]).spawn(4)
    totals = population.totals(design, wanted)
    people = population.people(design, totals, who)
    captures = lists.captures(design, people, seen)
    records = injected_errors.records(design, captures, people, written)
    names = population.spellings(design)
    bodies = {}
    for place, layout in enumerate(LAYOUTS[name]):
        file = File(design, layout, mapping.load(MAPPINGS / name / f"{layout.list_id}{mapping.SUFFIX}"), names)
        bodies[layout.list_id] = _sheets(file, records[records["list"] == place], people, injected)
    return Study(design, seed, totals, people, captures, names, bodies)


def joined(records: pd.DataFrame, persons: pd.DataFrame) -> pd.DataFrame:
    """Records with what is true of their persons; `index` numbers the forms of a Kobo export."""
    own = persons.iloc[records["person"].to_numpy()].drop(columns=["visible", "year"]).reset_index(drop=True)
    frame = pd.concat([records.reset_index(drop=True), own], axis=1)
    return frame.assign(index=frame["number"], child_index=frame["number"])


def _sheets(file: File, records: pd.DataFrame, persons: pd.DataFrame, rng: np.random.Generator) -> list[Body]:
    """The sheets of one list with everything injected, in the order of its file."""
    layout = file.layout
    frame = joined(records, persons)
    first = max(file.mapping.header) + 1
    if layout.forms:
        frame = visits(frame, rng)
        forms = frame.drop_duplicates("index", ignore_index=True)
        main = with_errors(file, file.mapping.sheet, layout.forms, forms, first, rng)
        bodies = [main, persons_with_errors(file, frame, main, rng)]
    else:
        main = with_errors(file, file.mapping.sheet, layout.columns, frame, first, rng)
        bodies = [main]
        if layout.stops:
            names = {place: place_name(file, place) for place in file.design.places}
            bodies.append(stops_with_errors(file, main, names, rng))
    for body in bodies:
        undeclared(body)
    return bodies


# --- The truth as tables ---------------------------------------------------------------------------------------------

# table -> what it is, for the catalogue and the README
TITLES = {
    "persons": "Every invented person: age, names, form of exploitation, journey",
    "captures": "Which row of which list is which person",
    "totals": "True number of persons by area and year",
    "trends": "Planted curves of the yearly numbers: joinpoints and annual percent changes",
    "corridors": "Planted journeys and their weights",
    "capture_parameters": "How the lists capture, which depends on each other, and true totals",
    "delay": "Delay from detection to entry, and captures not entered by the day of the export",
    "planted": "Everything that was planted in cells and rows, and what must become of it",
}


def person_ids(places: np.ndarray) -> list[str]:
    return [f"P{place + 1:07d}" for place in places.tolist()]


def persons_table(design: Design, persons: pd.DataFrame, names: list[Name]) -> pd.DataFrame:
    """One row a person; birth, began (of exploitation) and visible_from are days."""
    usual = np.array([name[0] for name in names], dtype=object)
    journeys = np.array([journey(way) for way in design.corridors], dtype=object)
    return pd.DataFrame(
        {
            "true_person": person_ids(np.arange(len(persons))),
            "household": person_ids(persons["household"].to_numpy()),
            "area_id": persons["area"],
            "year": persons["year"],
            "sex": persons["sex"],
            "nationality": persons["nationality"],
            "given_name": usual[persons["given"]],
            "family_name": usual[persons["family"]],
            "birth": persons["birth"].dt.strftime("%Y-%m-%d"),
            "age_exploited": persons["age"],
            "child": np.where(persons["child"], "yes", "no"),
            "began": persons["started"].dt.strftime("%Y-%m-%d"),
            "visible_from": persons["visible"].dt.strftime("%Y-%m-%d"),
            "form": np.array([entry.name for entry in design.forms], dtype=object)[persons["form"]],
            "form_group": persons["group"],
            "exploitation": exploitation(design, persons),
            "sex_exploitation": of_form(design, persons, "sex_exploitation"),
            "sector": of_form(design, persons, "sector"),
            "means_of_control": means(design, persons),
            "recruitment": persons["recruitment"],
            "recruiter": persons["recruiter"],
            "corridor": persons["corridor"].to_numpy(int) + 1,
            "journey": journeys[persons["corridor"]],
        }
    )


def captures_table(bodies: Sequence[Body]) -> pd.DataFrame:
    """One row a record: record_id as intake makes it, and the rule that sends its row to quarantine ("" for none).

    Parameters
    ----------
    bodies : of every list, the sheet in which a row is a person.
    """
    found = []
    for body in bodies:
        list_id = body.file.layout.list_id
        rows = body.row_of + body.first
        # Intake numbers the rows of a sheet of persons with the sheet's own number, the second of its file.
        number = "2-" if body.file.mapping.persons else ""
        rules = body.rules_broken
        found.append(
            pd.DataFrame(
                {
                    "record_id": [f"{list_id}-{number}{row:06d}" for row in rows.tolist()],
                    "list_id": list_id,
                    "sheet": body.sheet,
                    "row": rows,
                    "true_person": person_ids(body.frame["person"].to_numpy()),
                    "entry": body.frame["entry"],
                    "detected": body.frame["detected"].dt.strftime("%Y-%m-%d"),
                    "reported": body.frame["reported"].dt.strftime("%Y-%m-%d"),
                    "quarantine": [rules.get(row, "") for row in rows.tolist()],
                }
            )
        )
    return pd.concat(found, ignore_index=True)


def errors_table(lists: Sequence[Sequence[Body]]) -> pd.DataFrame:
    """The ledger of all sheets: plant (number), list_id, file, sheet, row, column, kind, and what must become of it.

    `expect` is ``parsed`` (record_id, field and value say where and as what), ``quarantine`` (rule), ``no_row`` (no row
    of the file for intake) or ``left_out`` (the text in value must be nowhere; else, the column must not get in).

    Parameters
    ----------
    lists : the sheets of each list.
    """
    found, last = [], 0
    for bodies in lists:
        people = bodies[-1] if bodies[0].file.mapping.persons else bodies[0]
        records = captures_table([people])["record_id"].to_numpy()
        for body in bodies:
            if not body.ledger:
                continue
            table = pd.DataFrame(body.ledger)
            table["plant"] += last
            last = int(table["plant"].max())
            place = table.pop("place").to_numpy()
            if body is not people:
                # What a form says is seen in the record of the first person it lists.
                place = np.searchsorted(people.frame["index"].to_numpy(), place + 1)
            parsed = (table["expect"] == "parsed").to_numpy()
            table["record_id"] = ""
            table.loc[parsed, "record_id"] = records[place[parsed]]
            found.append(table)
    return pd.concat(found, ignore_index=True)[LEDGER] if found else pd.DataFrame(columns=LEDGER)
