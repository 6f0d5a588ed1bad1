"""What is true of an invented study, as tables: what estimates, linkage and intake can be held against."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tools.synthetic.case_records.design import Design
from tools.synthetic.case_records.dirt import LEDGER, Body
from tools.synthetic.case_records.names import Name
from tools.synthetic.case_records.population import journey
from tools.synthetic.case_records.words import exploitation, means, of_form

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
        rules = body.planted_rules
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


def planted_table(lists: Sequence[Sequence[Body]]) -> pd.DataFrame:
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
