"""What goes wrong in fieldwork and exports, injected in the synthetic survey, with what must become of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

# What must become of a row or an answer.
QUARANTINE, NOT_KNOWN, READ, NO_CONSENT = "quarantine", "not known", "read", "no_consent"
NO_ROW, NOWHERE = "no row", "nowhere"
LEDGER = ["row", "uuid", "planted", "column", "cell", "expect", "rule"]
# A column that no question is asked for, and what must never leave the file.
REMARK, CANARY = "remark", "SYNTHETIC NAME 0000000000"
# Rows above the first visit, as a spreadsheet counts.
_FIRST = 2

Fits = Callable[[pd.DataFrame], pd.Series]


@dataclass(frozen=True)
class Kind:
    """Something to inject in a cell.

    Parameters
    ----------
    name : of the kind. column : the question. cell : what is written, or a function of the row.
    fits : which visits it can be injected in. rules : (column, rule) of each rule that breaks; empty: none does.
    expect : what must become of it. rows : in how many rows.
    """

    name: str
    column: str
    cell: str | Callable[[pd.Series], str]
    fits: Fits
    rules: tuple[tuple[str, str], ...] = ()
    expect: str = QUARANTINE
    rows: int = 2


def _interviewed(visits: pd.DataFrame) -> pd.Series:
    return (visits["consent_guardian"] == "yes") & (visits["assent_child"] == "yes")


def _with(column: str, *values: str) -> Fits:
    return lambda visits: _interviewed(visits) & visits[column].isin(values)


def _answered(column: str, at_least: int = 0, at_most: float = np.inf) -> Fits:
    """Interviews that answered with a number within limits."""

    def fits(visits: pd.DataFrame) -> pd.Series:
        number = pd.to_numeric(visits[column], errors="coerce")
        return _interviewed(visits) & (number >= at_least) & (number <= at_most)

    return fits


KINDS = (
    Kind("age out of range", "age", "51", _interviewed, (("age", "range"), ("age", "drawn"))),
    Kind("age of another child", "age", lambda row: str(int(row["age"]) + 1), _answered("age", 5, 16),
         (("age", "drawn"),)),
    Kind("code in words", "sex", "Kız", _interviewed, (("sex", "code"),)),
    Kind("code unknown", "head_education", "lise", _interviewed, (("head_education", "code"),)),
    Kind("code unknown", "sector", "tekstil", _with("work_other", "yes"), (("sector", "code"),)),
    Kind("answer to a question not put", "registered", "yes", _with("nationality", "TR"),
         (("registered", "skipped"),)),
    Kind("answer to a question not put", "grade", "4", _with("attends_school", "no"), (("grade", "skipped"),)),
    Kind("none beside another code", "acts", "none recruited", _with("acts", "none"), (("acts", "alone"),)),
    Kind("number beyond the range", "work_hours", "170", _answered("work_hours", 1),
         (("work_hours", "range"), ("work_hours", "hours"))),
    Kind("more hours than a week has", "work_hours", "165",
         lambda visits: _answered("work_hours", 1)(visits) & _answered("household_chores_hours", 4)(visits),
         (("work_hours", "hours"),)),
    Kind("start later than the age", "start_age", lambda row: str(int(row["age"]) + 1),
         lambda visits: _answered("start_age")(visits) & _answered("age", 5, 16)(visits), (("start_age", "order"),)),
    Kind("number with letters", "household_income", "12.500 TL", _interviewed, (("household_income", "number"),)),
    Kind("number of children miscounted", "children_eligible", lambda row: str(int(row["children_eligible"]) + 1),
         lambda visits: _answered("children_eligible", 1, 1)(visits) & _answered("children_in_household", 2)(visits),
         (("children_eligible", "counted"),)),
    Kind("name in place of a number", "enumerator_id", "Ayşe", _interviewed, (("enumerator_id", "pattern"),)),
    Kind("date in words", "today", "31 Mart 2023", _interviewed, (("today", "date"),)),
    Kind("date to come", "today", "2032-04-01", _interviewed, (("today", "date_range"),)),
    Kind("unit that was not drawn", "psu_id", "XDP-FIG-TR-99999", _with("area_id", "XDP-FIG"), (("psu_id", "unit"),),
         rows=1),
    Kind("unit of another province", "area_id", "XDP-LINDEN", _with("area_id", "XDP-CEDAR"), (("psu_id", "area"),)),
    Kind("consent left blank", "consent_guardian", "", _interviewed, expect=NO_CONSENT),
    Kind("answer left blank", "debt", "", _with("debt", "no"), expect=NOT_KNOWN, rows=5),
    Kind("answer left blank", "food_insecure", "", _interviewed, expect=NOT_KNOWN, rows=5),
    Kind("spaces around", "sex", lambda row: f" {row['sex']} ", _interviewed, expect=READ),
    Kind("number with a decimal", "head_age", lambda row: f"{row['head_age']}.0", _answered("head_age"), expect=READ),
)  # fmt: skip


@dataclass(eq=False)
class Injected:
    """The visits with everything injected, and the account of it.

    Parameters
    ----------
    visits : texts, in the order of the file; blank rows are all empty. ledger : one row a consequence, of ``LEDGER``.
    """

    visits: pd.DataFrame
    ledger: list[dict] = field(default_factory=list)

    def note(self, place: int, uuid: str, kind: str, column: str, cell: str, expect: str, rule: str = "") -> None:
        """Write one line of the ledger; `place` is that in the file."""
        row = _FIRST + place
        self.ledger.append(dict(zip(LEDGER, (row, uuid, kind, column, cell, expect, rule), strict=True)))


def inject(visits: pd.DataFrame, seed: int) -> Injected:
    """Inject everything of ``KINDS``, rows that stand twice, blank rows, and a column that nobody declared.

    Parameters
    ----------
    visits : as `files.export` gives them. seed : of the choice of rows.
    """
    random = np.random.default_rng([seed, 5])
    visits = visits.copy()
    free = np.ones(len(visits), dtype=bool)
    changes: list[tuple[int, Kind, str]] = []
    for kind in KINDS:
        fits = np.flatnonzero(kind.fits(visits).to_numpy() & free)
        for row in random.permutation(fits)[: kind.rows].tolist():
            free[row] = False
            cell = kind.cell if isinstance(kind.cell, str) else kind.cell(visits.loc[row])
            changes.append((row, kind, cell))
    for row, kind, cell in changes:
        visits.loc[row, kind.column] = cell
    visits[REMARK] = ""
    again, differs, remarked = _rows(visits, free, random)
    visits.loc[remarked, REMARK] = CANARY
    order, blanks = _order(len(visits), again, differs, random)
    found = Injected(visits.loc[order].reset_index(drop=True))
    found.visits.loc[blanks] = ""
    first = {row: place for place, row in reversed(list(enumerate(order))) if place not in blanks}
    for row, kind, cell in changes:
        uuid = visits.at[row, "_uuid"]
        for column, rule in kind.rules or ((kind.column, ""),):
            found.note(first[row], uuid, kind.name, column, cell, kind.expect, rule)
    _note_rows(found, order, blanks, first, again, differs)
    for row in remarked:
        found.note(first[row], visits.at[row, "_uuid"], "column undeclared", REMARK, CANARY, NOWHERE)
    found.ledger.sort(key=lambda line: (line["row"], line["column"], line["rule"]))
    return found


def _rows(
    visits: pd.DataFrame, free: NDArray[np.bool_], random: np.random.Generator
) -> tuple[list[int], list[int], list[int]]:
    """Visits to be sent twice, to be sent again with another answer, and to be remarked on."""
    open_ = np.flatnonzero(_interviewed(visits).to_numpy() & free & visits["head_age"].ne("35").to_numpy())
    chosen = random.permutation(open_)[:9].tolist()
    return chosen[:4], chosen[4:6], chosen[6:]


def _order(n: int, again: list[int], differs: list[int], random: np.random.Generator) -> tuple[list[int], list[int]]:
    """The visits in the order of the file, repeats some rows below their first; and the places of blank rows."""
    order = list(range(n))
    for row in sorted([*again, *differs], reverse=True):
        order.insert(row + 1 + int(random.integers(0, 6)), row)
    blanks = []
    for place in (n // 3, 2 * n // 3):
        order.insert(place, order[place])
        blanks.append(place)
    return order, blanks


def _note_rows(
    found: Injected, order: list[int], blanks: list[int], first: dict[int, int], again: list[int], differs: list[int]
) -> None:
    for place, row in enumerate(order):
        uuid = found.visits.at[place, "_uuid"]
        if place in blanks:
            found.note(place, "", "blank row", "", "", NO_ROW)
        elif place != first[row] and row in again:
            found.note(place, uuid, "form sent twice", "", "", QUARANTINE, "duplicate")
        elif row in differs:
            if place != first[row]:
                found.visits.at[place, "head_age"] = "35"
            # Number, unit, interviewer and time are the same, the answers are not.
            for column, rule in (("_uuid", "uuid"), ("start", "same_time")):
                found.note(place, uuid, "form sent again with another answer", column, "", QUARANTINE, rule)


def table(injected: Injected) -> pd.DataFrame:
    """The ledger as a table: the columns of ``LEDGER``."""
    return pd.DataFrame(injected.ledger, columns=LEDGER)
