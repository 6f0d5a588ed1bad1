"""The rows of a sheet as texts, whatever file they come from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from bounded.refusal import Coded

# Where bytes that an encoding does not have stand in a text: letters that Unicode leaves for private use.
UNDECODED = (0xF700, 0xF7FF)
# What stands for an Excel cell that holds an error (#N/A), of which the file keeps no value.
ERROR = "#ERROR!"

# First and last row, first and last column, from 1.
Range = tuple[int, int, int, int]


class SourceError(Coded):
    """A file cannot be read; the message says which, why, and what would help, and never what stands in a cell."""


@dataclass
class Rows:
    """The rows of one sheet, to be gone through once.

    Parameters
    ----------
    sheet : name; "" for a CSV file.
    rows : row number as a spreadsheet shows it, and the texts of its cells ("" where empty). Merged cells are filled.
    formulas : ranges of cells whose value a formula makes; complete when the rows have been gone through.
    hidden : whether a spreadsheet program shows the sheet.
    cut_off : for a CSV file, whether its last row has no end.
    undecoded : for a CSV file, whether it holds bytes that its encoding does not have; they stand as `UNDECODED`.
    """

    sheet: str
    rows: Iterator[tuple[int, list[str]]]
    formulas: list[Range] = field(default_factory=list)
    hidden: bool = False
    cut_off: bool = False
    undecoded: bool = False


def letters(number: int) -> str:
    """The letters of a column, as a spreadsheet shows them: 1 -> A, 28 -> AB."""
    found = ""
    while number:
        number, rest = divmod(number - 1, 26)
        found = chr(65 + rest) + found
    return found


def number(letters: str) -> int:
    """The number of a column from its letters: A -> 1, AB -> 28."""
    found = 0
    for letter in letters:
        found = 26 * found + ord(letter) - 64
    return found
