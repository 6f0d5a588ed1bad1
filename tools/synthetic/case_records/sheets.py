"""A sheet as it will stand in its file: which record is in which row, which error is where, and the ledger of it.

The repeat groups of KoboToolbox are sheets whose rows point at the form that they belong to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from tools.synthetic.case_records.cells import table
from tools.synthetic.case_records.injected_errors import AS_IT_IS, Expected, kinds
from tools.synthetic.case_records.layouts import CANARIES, Columns, File, spelt

BLANK, TOTAL = -1, -2
LEDGER = ["plant", "list_id", "file", "sheet", "row", "column", "kind", "expect", "rule", "record_id", "field", "value"]
# Rows that are written, and held in memory, at a time.
CHUNK = 50_000
# A cell beyond the last column of the header.
BEYOND = "\0beyond"
# Bytes that the encodings do not have, as Python holds them in a text.
STRAY = {"utf-8": "\udcfe", "cp1252": "\udc81", "cp1254": "\udc81"}


@dataclass(frozen=True)
class Formula:
    """A formula of Excel, and the result that the file holds of it."""

    text: str
    result: str | int


@dataclass
class Body:
    """The rows of a sheet below its header.

    Parameters
    ----------
    source : for each row, which row of `frame` it shows; BLANK or TOTAL for none.
    edits : row (from 0) -> header -> cell that stands there in place of the usual one.
    merged : (row, header) of cells that are merged with the one below. first : row number of the first row.
    """

    sheet: str
    file: File
    columns: Columns
    frame: pd.DataFrame
    first: int
    source: np.ndarray
    edits: dict[int, dict[str, Any]] = field(default_factory=dict)
    merged: list[tuple[int, str]] = field(default_factory=list)
    ledger: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.headers = self.file.headers(self.columns)
        # The first row that shows a record: an exact repeat comes later.
        shown, first = np.unique(self.source, return_index=True)
        self.row_of = np.full(len(self.frame), -1)
        self.row_of[shown[shown >= 0]] = first[shown >= 0]

    def rows(self) -> Iterator[list[Any]]:
        """The cells of each row, in pieces that memory can hold."""
        for start in range(0, len(self.source), CHUNK):
            source = self.source[start : start + CHUNK]
            shown = source >= 0
            cells = table(self.file, self.columns, self.frame.iloc[source[shown]].reset_index(drop=True))
            texts = iter(cells.to_numpy(dtype=object).tolist())
            for place, is_record in enumerate(shown.tolist(), start=start):
                row = next(texts) if is_record else [""] * len(self.headers)
                if place in self.edits:
                    changed = self.edits[place]
                    row = [changed.get(header, cell) for header, cell in zip(self.headers, row, strict=True)]
                    row += [changed[BEYOND]] if BEYOND in changed else []
                yield row

    def add(self, kind: str, row: int, column: str, expect: str | Expected, plant: int | None = None) -> None:
        """Enter one thing that was injected in body row `row` in the ledger: a line for each field, or for the rule."""
        number = plant if plant is not None else self.ledger[-1]["plant"] + 1 if self.ledger else 1
        line = {
            "plant": number,
            "place": int(self.source[row]) if row >= 0 else -1,
            "list_id": self.file.layout.list_id,
            "file": self.file.layout.file,
            "sheet": self.sheet,
            "row": row + self.first,
            "column": column,
            "kind": kind,
        }
        if isinstance(expect, str):
            self.ledger.append({**line, "expect": "quarantine", "rule": expect, "field": "", "value": ""})
            return
        for name, value in expect.items():
            special = name in ("left_out", "no_row")
            self.ledger.append(
                {
                    **line,
                    "expect": name if special else "parsed",
                    "rule": "",
                    "field": "" if special else name,
                    "value": value,
                }
            )

    @property
    def rules_broken(self) -> dict[int, str]:
        """Row number -> rule, of rows that must go to quarantine."""
        return {line["row"]: line["rule"] for line in self.ledger if line["rule"]}


def with_errors(
    file: File,
    sheet: str,
    columns: Columns,
    frame: pd.DataFrame,
    first: int,
    rng: np.random.Generator,
    leave: np.ndarray | None = None,
) -> Body:
    """A sheet of records with everything injected that its columns can hold; small sheets hold less.

    Parameters
    ----------
    frame : records joined with their persons, in the order of the list. first : row number of the first record.
    leave : rows of `frame` in which nothing is injected.
    """
    n = len(frame)
    # The index of a Kobo sheet is never repeated, and nobody adds it up.
    structured = not (file.layout.stops or file.layout.forms)
    free = rng.permutation(n)
    free = free if leave is None else free[~leave[free]]
    repeated = free[: 2 if structured and n >= 12 else 0]
    source = _with_extra_rows(
        np.arange(n), repeated, blank=structured and n >= 12, total=bool(file.layout.totals), rng=rng
    )
    body = Body(sheet, file, columns, frame, first, source)
    _enter_extra_rows(body, repeated)
    # At most every third record holds something, so that a small list stays a list.
    unused = [int(one) for one in free[len(repeated) :][: max(n // 3, 0)]]
    if n and file.layout.cut_off:
        _cut_off(body)
        unused = [one for one in unused if one != n - 1]
    if file.layout.merged:
        unused = _merge(body, unused)
    fields = [column if isinstance(column, str) else column[0] for column in columns]
    stray = "" if file.layout.excel else STRAY.get(file.mapping.encoding, "")
    for kind in kinds(file, fields, stray):
        header = file.headers((columns[fields.index(kind.field)],))[0]
        unused = _inject(body, unused, kind.name, header, kind.cell, kind.expect, kind.fits(frame))
    area = file.mapping.columns["area"].column
    if file.layout.excel and structured:
        unused = _inject(body, unused, "formula", area, lambda row: Formula('="A"&"dana"', "Adana"), "formula")
    if not file.layout.excel:
        _inject(body, unused, "cell_too_many", BEYOND, lambda row: "x", "ragged")
    return body


def _with_extra_rows(
    source: np.ndarray, repeated: np.ndarray, blank: bool, total: bool, rng: np.random.Generator
) -> np.ndarray:
    """Exact repeats some rows below their first, blank rows in between, and a row of totals at the end."""
    n = len(source)
    places = [min(int(one) + 1 + int(rng.integers(1, 6)), n) for one in repeated]
    values = [int(one) for one in repeated]
    if blank:
        places += [n // 3, 2 * n // 3]
        values += [BLANK, BLANK]
    source = np.insert(source, places, values) if places else source
    return np.append(source, TOTAL) if total and n else source


def _enter_extra_rows(body: Body, repeated: np.ndarray) -> None:
    for place in np.flatnonzero(body.source < 0).tolist():
        if body.source[place] == BLANK:
            body.add("blank_row", place, "", {"no_row": ""})
        if body.source[place] == TOTAL:
            first, count = body.headers[0], len(body.frame)
            column = body.headers[1] if body.file.layout.excel else body.headers[-1]
            sum_of = (
                Formula(f"=COUNTA(A{body.first}:A{body.first + place - 1})", count) if body.file.layout.excel else count
            )
            body.edits[place] = {first: body.file.layout.totals, column: sum_of}
            body.add("total_by_formula" if body.file.layout.excel else "total", place, "", "total")
    for one in repeated.tolist():
        again = np.flatnonzero(body.source == one)[-1]
        body.add("repeated_row", int(again), "", "duplicate")


def _cut_off(body: Body) -> None:
    """The transmission ended within the last row: its cells from the fifth on are not there."""
    place = len(body.source) - 1
    body.edits[place] = dict.fromkeys(body.headers[4:], None)
    # A row that was to be a repeat of another is none without its end.
    again = ("repeated_row", place + body.first)
    body.ledger[:] = [line for line in body.ledger if (line["kind"], line["row"]) != again]
    body.add("cut_off", place, "", "truncated")


def _merge(body: Body, unused: list[int]) -> list[int]:
    """Two rows in a row with the same area, whose cells are merged: the second of them is empty in the file."""
    header = body.file.mapping.columns["area"].column
    area = body.frame["area"].astype(str).to_numpy()
    for one in unused:
        other = one + 1
        if other < len(area) and area[one] == area[other] and body.row_of[other] == body.row_of[one] + 1:
            if (body.source == one).sum() + (body.source == other).sum() > 2 or body.row_of[other] in body.edits:
                continue
            name = body.file.design.places[area[one]]
            body.edits[int(body.row_of[one])] = {header: name}
            body.edits[int(body.row_of[other])] = {header: ""}
            body.merged.append((int(body.row_of[one]), header))
            body.add("merged_cell", int(body.row_of[other]), header, {"area_id": area[one]})
            return [left for left in unused if left not in (one, other)]
    return unused


def _inject(
    body: Body,
    unused: list[int],
    name: str,
    header: str,
    cell: Callable[[pd.Series], Any],
    expect: str | Callable[[pd.Series], Expected],
    fits: np.ndarray | None = None,
) -> list[int]:
    """Inject one thing in the first row that it fits; what no row fits is not injected. Returns the rows left."""
    for one in unused:
        if fits is None or fits[one]:
            record, row = body.frame.iloc[one], int(body.row_of[one])
            written = cell(record)
            if written is not AS_IT_IS:
                body.edits.setdefault(row, {})[header] = written
            body.add(
                name, row, "" if header == BEYOND else header, expect if isinstance(expect, str) else expect(record)
            )
            return [other for other in unused if other != one]
    return unused


def undeclared(body: Body) -> None:
    """Enter the columns that nobody declares, or that are left out on purpose, with the name that stands in them."""
    declared = {name for column in body.file.mapping.columns.values() for name in column.names}
    declared |= {name for stop in body.file.mapping.stops for column in stop.columns for name in column.names}
    keys = {"_index", "_parent_index", "_parent_table_name"}
    canary = CANARIES[body.file.design.study]
    filled = _filled(body)
    for column in body.columns:
        if not isinstance(column, str) and column[1] in filled - declared - keys:
            kind = "column_left_out" if column[1] in body.file.mapping.drop else "column_undeclared"
            body.add(kind, -1, column[1], {"left_out": canary if column[0] == "user" else ""})


def _filled(body: Body) -> set[str]:
    """Headers of the columns that hold something in the first rows; one that holds nothing is noticed by nobody."""
    beginning = replace(body, source=body.source[:200])
    return {header for row in beginning.rows() for header, cell in zip(body.headers, row, strict=False) if cell}


# --- Repeat groups ---------------------------------------------------------------------------------------------------

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


def persons_with_errors(file: File, frame: pd.DataFrame, forms: Body, rng: np.random.Generator) -> Body:
    """The sheet of persons: with errors of its own, and those of a form in quarantine go with it."""
    form_row = frame["index"].to_numpy() - 1 + forms.first
    # One thing a form: where something is injected in it, its persons are left alone.
    touched_form = np.isin(form_row, [line["row"] for line in forms.ledger])
    body = with_errors(file, file.mapping.persons, file.layout.columns, frame, 2, rng, leave=touched_form)
    _orphan(body, len(frame))
    bad = forms.rules_broken
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


def stops_with_errors(file: File, forms: Body, names: dict[str, str], rng: np.random.Generator) -> Body:
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
    _inject_in_stops(body, forms, role, rng)
    _orphan(body, len(stops))
    _expect_journeys(body, forms)
    return body


def _inject_in_stops(body: Body, forms: Body, role: np.ndarray, rng: np.random.Generator) -> None:
    """A role, a place and a date that cannot be read: the stop goes to quarantine, the person's record does not."""
    group = body.file.mapping.stops[0]
    assert not isinstance(group.role, str) and group.date is not None
    touched = {line["row"] for line in forms.ledger}
    free = ~np.isin(body.frame["index"].to_numpy() - 1 + forms.first, list(touched))
    chosen = rng.permutation(np.flatnonzero(free & (role == "transit"))).tolist()
    errors = (
        ("role_unknown", group.role.column, "ugrama", "code"),
        ("stop_unknown", group.place.column, "gazianteb", "place"),
        ("stop_date_impossible", group.date.column, "2021-02-31", "date"),
    )
    for place, (kind, header, cell, rule) in zip(chosen, errors, strict=False):
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
