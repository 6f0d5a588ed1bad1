"""What is left of a published file once it is read: its table, what was refused or set aside, and the account."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from bounded.refusal import Coded

REFUSED = ["file", "row", "place", "column", "reason"]
ACCOUNT = ["file", "rows_in", "rows_out", "duplicates", "refused"]


class ReleaseError(Coded):
    """A file is missing, damaged, or not the release it was taken for; the message says which and what would help."""


@dataclass(frozen=True, eq=False)
class Release:
    """A published release as a tidy table.

    Parameters
    ----------
    title, publisher, date, kind : for people; `date` is the day printed in the file, or "" where it prints none;
        kind is ``public`` or ``synthetic``.
    table : the rows that could be read.
    refused : rows that could not: file, row (as a spreadsheet shows it, missing where the file has no rows),
        place (country and year, where the file has no rows), column, reason (a sentence).
    duplicates : rows that repeat an earlier one in every column, with the row they repeat.
    account : one line a file: file, rows_in, rows_out, duplicates, refused. Nothing is lost: the last three add up
        to the first, or the release is refused.
    cautions : what the data are not; to be shown wherever the data are shown.

    Raises
    ------
    ReleaseError : a row is neither in the table nor accounted for.
    """

    title: str
    publisher: str
    date: str
    kind: str
    table: pd.DataFrame
    refused: pd.DataFrame
    duplicates: pd.DataFrame
    account: pd.DataFrame
    cautions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        parts = self.account[["rows_out", "duplicates", "refused"]].sum(axis=1)
        lengths = {"rows_out": self.table, "duplicates": self.duplicates, "refused": self.refused}
        short = {name for name, rows in lengths.items() if self.account[name].sum() != len(rows)}
        lost = self.account.loc[parts != self.account["rows_in"], "file"]
        if short or len(lost):
            where = ", ".join([*lost, *sorted(short)])
            raise ReleaseError(
                "row_count_differs", f"{self.title}: the rows read do not add up to the rows of the file ({where})."
            )


def existing(path: str | Path) -> Path:
    """`path` as a Path to a file that is there. Raises ReleaseError otherwise."""
    path = Path(path)
    if not path.is_file():
        raise ReleaseError(
            "missing_file", f"The file {path.name} is not there: put it into the folder {path.parent.name or '.'}."
        )
    return path


def differing(expected: list[str], found: list[str]) -> str:
    """Which columns a file lacks and which it has too many, as part of a sentence; "" if it has exactly those."""
    lacking = [name for name in expected if name not in found]
    strange = [name or "(no name)" for name in found if name not in expected]
    # The columns of another file altogether would fill a page.
    parts = [
        f"{word}: {', '.join(names[:8])}{' and others' if len(names) > 8 else ''}"
        for word, names in (("missing", lacking), ("not expected", strange))
        if names
    ]
    repeated = sorted({name for name in found if name in expected and found.count(name) > 1})
    return "; ".join(parts + ([f"there twice: {', '.join(repeated)}"] if repeated else []))
