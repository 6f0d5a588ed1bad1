"""Official releases that users bring themselves: published files in, tidy tables out, and an account of every row.

Nothing here knows where the files lie: `glotip.load`, `usdol.load` and `ctdc.load` take a path. What is left of a
published file once it is read is a `Release`: its table, what was refused or set aside, and the account.

Country names as official releases print them are compared without accents, case and punctuation. Names that could be
two countries ("Congolese") and groups of countries ("EU-28 others") have no code: that is better than to guess.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd
import pycountry

from bounded.refusal import Coded

__all__ = ["Release", "ReleaseError"]

REFUSED = ["file", "row", "place", "column", "reason"]
ACCOUNT = ["file", "rows_in", "rows_out", "duplicates", "refused"]
# Spellings that ISO 3166 does not have: the UN's and the US government's names, former names, citizens, other
# languages, and misspellings that can mean one country only.
SPELLINGS = Path(__file__).with_name("country_spellings.csv")
_LOST = "\ufffd"


class ReleaseError(Coded):
    """A file is missing, damaged, or not the release it was taken for; the message says which and what would help."""


@dataclass(frozen=True, eq=False)
class Release:
    """A published release as a table.

    Parameters
    ----------
    title, publisher, date, kind : for people; `date` is the day printed in the file, or "" where it prints none;
        kind is ``public`` or ``synthetic``.
    table : the rows that could be read.
    refused : rows that could not: file, row (as a spreadsheet shows it, missing where the file has no rows),
        place (country and year, where the file has no rows), column, reason (a sentence).
    duplicates : rows that repeat an earlier one in every column.
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
    """Return the columns that a file lacks and those it has too many, as part of a sentence; "" if there are none."""
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


def fold(name: str) -> str:
    """A name without accents, case, punctuation and a leading article; a letter that was lost stays "\ufffd"."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", name) if not unicodedata.combining(sign))
    return re.sub(rf"[^\w{_LOST}]+", " ", plain.casefold()).strip().removeprefix("the ")


@cache
def _codes() -> dict[str, str]:
    codes: dict[str, str] = {}
    for country in pycountry.countries:
        names = [country.name, getattr(country, "common_name", ""), getattr(country, "official_name", "")]
        for name in filter(None, names):
            codes[fold(name)] = country.alpha_3
            codes[fold(_turned(name))] = country.alpha_3
    with SPELLINGS.open(encoding="utf-8", newline="") as file:
        return codes | {fold(row["spelling"]): row["iso3"] for row in csv.DictReader(file)}


def _turned(name: str) -> str:
    """ "Korea, Republic of" as "Republic of Korea"."""
    before, comma, after = name.partition(", ")
    return f"{after} {before}" if comma else name


@cache
def iso3(name: str) -> str:
    """The ISO 3166-1 alpha-3 code of a country or its citizens; "" where the name is no country or could be two."""
    with suppress(UnicodeError):
        # "TÃ¼rkiye" is UTF-8 that was read as Windows-1252.
        name = name.encode("cp1252").decode("utf-8")
    codes = _codes()
    for folded in (fold(name), fold(_turned(name))):
        if folded in codes:
            return codes[folded]
        if _LOST in folded:
            pattern = re.compile(re.escape(folded).replace(_LOST, "."))
            possible = {code for known, code in codes.items() if pattern.fullmatch(known)}
            if len(possible) == 1:
                return possible.pop()
    return ""


@cache
def alpha3() -> dict[str, str]:
    """ISO 3166-1 codes of two and of three letters -> the code of three letters."""
    pairs = [(country.alpha_2, country.alpha_3) for country in pycountry.countries]
    return dict(pairs) | {code: code for _, code in pairs}
