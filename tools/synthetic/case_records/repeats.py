"""The repeat groups of KoboToolbox: sheets whose rows point at the form that they belong to."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tools.synthetic.case_records.dirt import Body, dirty
from tools.synthetic.case_records.layouts import File
from tools.synthetic.case_records.words import spelt

# Share of persons who were met on the same visit as the one before, if they live in the same area.
MET_TOGETHER = 0.35
# A number that no form has.
NO_FORM = 99_999_999


def visits(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Persons put together who were met on one visit: the later one gets the date, entry and area of the earlier.

    Parameters
    ----------
    frame : records joined with their persons.

    Returns
    -------
    The same rows in the order of the visits; `index` numbers the visits, `child_index` and `number` the persons.
    """
    order = frame.sort_values(["area", "reported", "number"], kind="stable")
    met = rng.random(len(order)) < MET_TOGETHER
    before = order.shift(1)
    met &= (order["area"] == before["area"]).to_numpy()
    met &= (order["detected"].dt.year == before["detected"].dt.year).to_numpy()
    met &= (order["started"] <= before["detected"]).to_numpy() & (order["person"] != before["person"]).to_numpy()
    # Two persons a visit at most.
    for place in np.flatnonzero(met).tolist():
        met[place] &= not met[place - 1]
    leader = np.arange(len(order)) - met
    shared = ["detected", "reported", "detected_written", "number"]
    group = order["number"].to_numpy()[leader]
    with_visit = order.assign(**{name: order[name].to_numpy()[leader] for name in shared}, second=met, group=group)
    found = with_visit.sort_values(["reported", "group", "second"], kind="stable", ignore_index=True)
    visit = (found["group"] != found["group"].shift()).cumsum().to_numpy(int)
    number = np.arange(1, len(found) + 1)
    return found.drop(columns="group").assign(index=visit, child_index=number, number=number)


def dirty_persons(file: File, frame: pd.DataFrame, forms: Body, rng: np.random.Generator) -> Body:
    """The sheet of persons: with errors of its own, and those of a form in quarantine go with it."""
    form_row = frame["index"].to_numpy() - 1 + forms.first
    # One thing a form: where something is planted in it, its persons are left alone.
    touched_form = np.isin(form_row, [line["row"] for line in forms.ledger])
    body = dirty(file, file.mapping.persons, file.layout.columns, frame, 2, rng, leave=touched_form)
    _orphan(body, len(frame))
    bad = forms.planted_rules
    for place in np.flatnonzero(np.isin(form_row, list(bad))).tolist():
        body.add("person_of_a_form_in_quarantine", int(body.row_of[place]), "_parent_index", "parent")
    second = np.flatnonzero(frame["second"].to_numpy() & ~touched_form)
    touched = {line["row"] for line in body.ledger}
    for place in second.tolist():
        if body.row_of[place] + body.first not in touched:
            body.add(
                "second_person_of_a_form", int(body.row_of[place]), "", {"date_low": _first_day(frame.iloc[place])}
            )
            break
    return body


def _first_day(row: pd.Series) -> str:
    day = row["detected"]
    return [day, day.replace(day=1), day.replace(month=1, day=1)][row["detected_written"]].date().isoformat()


def dirty_stops(file: File, forms: Body, names: dict[str, str], rng: np.random.Generator) -> Body:
    """The sheet of stops: one row a stop of the journey of each form's person, with errors of its own."""
    group = file.mapping.stops[0]
    assert not isinstance(group.role, str) and group.date is not None  # a group of its own has a column for each
    roles = {code: spelt(group.role, code)[0] for code in ("origin", "transit", "exploitation")}
    ways = file.design.corridors
    frame = forms.frame
    way = frame["corridor"].to_numpy(int)
    count = np.array([len(one.places) for one in ways])[way]
    form = np.repeat(np.arange(len(frame)), count)
    at = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    passed = count[form] - 1 - at
    role = np.where(at == 0, "origin", np.where(passed == 0, "exploitation", "transit"))
    place = np.array(
        [ways[one].places[stop] for one, stop in zip(way[form].tolist(), at.tolist(), strict=True)], dtype=object
    )
    began = frame["started"].to_numpy()[form].astype("datetime64[D]")
    # The month in which exploitation began; the day of each crossing, ten days apart; when they left home, nobody asks.
    crossed = np.datetime_as_string(began - 10 * passed.astype("timedelta64[D]"), unit="D").astype(object)
    month = np.datetime_as_string(began, unit="M").astype(object)
    stops = frame.iloc[form][["index", "mix", "person"]].reset_index(drop=True)
    stops = stops.assign(
        child_index=np.arange(1, len(stops) + 1),
        role=[roles[one] for one in role.tolist()],
        place=[names[one] for one in place.tolist()],
        date=np.where(role == "exploitation", month, np.where(role == "transit", crossed, "")),
    )
    body = Body(group.sheet, file, file.layout.stops, stops, 2, np.arange(len(stops)))
    _plant_in_stops(body, forms, role, rng)
    _orphan(body, len(stops))
    _expect_journeys(body, forms)
    return body


def _plant_in_stops(body: Body, forms: Body, role: np.ndarray, rng: np.random.Generator) -> None:
    """A role, a place and a date that cannot be read: the stop goes to quarantine, the person's record does not."""
    group = body.file.mapping.stops[0]
    assert not isinstance(group.role, str) and group.date is not None
    touched = {line["row"] for line in forms.ledger}
    free = ~np.isin(body.frame["index"].to_numpy() - 1 + forms.first, list(touched))
    chosen = rng.permutation(np.flatnonzero(free & (role == "transit"))).tolist()
    planted = (
        ("role_unknown", group.role.column, "ugrama", "code"),
        ("stop_unknown", group.place.column, "gazianteb", "place"),
        ("stop_date_impossible", group.date.column, "2021-02-31", "date"),
    )
    for place, (kind, header, cell, rule) in zip(chosen, planted, strict=False):
        body.edits[place] = {header: cell}
        body.add(kind, place, header, rule)


def _orphan(body: Body, rows: int) -> None:
    """A row whose form is not in the export, as happens when forms were deleted."""
    if rows:
        body.source = np.append(body.source, rows - 1)
        body.edits[len(body.source) - 1] = {"_parent_index": NO_FORM, "_index": rows + 1}
        body.add("form_missing", len(body.source) - 1, "_parent_index", "parent")


def _expect_journeys(body: Body, forms: Body) -> None:
    """Some journeys of which nothing was touched: all stops must come out, in their order."""
    touched = {line["row"] for line in forms.ledger}
    stopped = {
        int(body.frame["index"].iloc[line["row"] - body.first])
        for line in body.ledger
        if line["row"] - body.first < len(body.frame)
    }
    ways = body.file.design.corridors
    found = 0
    for place, (index, way) in enumerate(
        zip(forms.frame["index"].tolist(), forms.frame["corridor"].tolist(), strict=True)
    ):
        if found < 3 and ways[way].transit and index not in stopped and place + forms.first not in touched:
            forms.add("repeat_group_of_stops", place, "", {"stops": ">".join(ways[way].places)})
            found += 1
