"""Country files of the US Department of Labor: which are there, whether each is whole, and what became of its rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd

from analysis.releases.release import ACCOUNT, REFUSED, ReleaseError, existing

PUBLISHER = "US Department of Labor, Bureau of International Labor Affairs"


def by_year(source: str | Path | Iterable[str | Path]) -> dict[int, Path]:
    """Report year -> file, in the order of the years.

    Parameters
    ----------
    source : the folder with the files ``countries_report<year>.xml``, one such file, or several.

    Raises
    ------
    ReleaseError : there is none, a name does not say its year, or a year is given twice.
    """
    if isinstance(source, str | Path):
        folder = Path(source)
        paths = sorted(folder.glob("countries_report*.xml")) if folder.is_dir() else [existing(folder)]
        if not paths:
            raise ReleaseError("missing_file", f"The folder {folder.name} holds no file countries_report<year>.xml.")
    else:
        paths = [existing(path) for path in source]
    files: dict[int, Path] = {}
    for path in paths:
        years = re.findall(r"(?<!\d)20\d{2}(?!\d)", path.name)
        if len(years) != 1:
            raise ReleaseError(
                "missing_report_year",
                f"{path.name} does not say of which report year it is: name it countries_report<year>.xml.",
            )
        year = int(years[0])
        if year in files:
            raise ReleaseError(
                "duplicate_report_year",
                f"{path.name} and {files[year].name} are of the same report year: give one of them.",
            )
        files[year] = path
    return dict(sorted(files.items()))


def countries_in(year: int, path: Path) -> list[tuple[str, ElementTree.Element]]:
    """The countries of one file, each with its name as printed.

    Raises
    ------
    ReleaseError : the file is damaged, no country file, or speaks of another year.
    """
    try:
        root = ElementTree.parse(path).getroot()
    except ElementTree.ParseError as error:
        raise ReleaseError(
            "unreadable_xml", f"{path.name} is no whole XML file (line {error.position[0]}): download it again."
        ) from None
    if root.tag != "Countries" or not len(root) or any(country.find("Name") is None for country in root):
        raise ReleaseError(
            "wrong_kind", f"{path.name} is not a country file of the report: it must hold Countries, each with a Name."
        )
    said = Counter(re.findall(r"\bIn (20\d{2}), ", " ".join(country.findtext("Description") or "" for country in root)))
    if said and said.most_common(1)[0][0] != str(year):
        raise ReleaseError(
            "wrong_report_year",
            f"{path.name} speaks of {said.most_common(1)[0][0]}, not of {year}: name it by its report year.",
        )
    return [((country.findtext("Name") or "").strip(), country) for country in root]


def refused(rows: pd.DataFrame, files: dict[int, Path]) -> pd.DataFrame:
    """What was left out, as a Release shows it, of rows with report_year, country, tag, reason."""
    return pd.DataFrame(
        {
            "file": rows["report_year"].map({year: path.name for year, path in files.items()}),
            "row": pd.array([pd.NA] * len(rows), dtype="Int64"),
            "place": rows["country"] + ", report " + rows["report_year"].astype(str),
            "column": rows["tag"],
            "reason": rows["reason"],
        },
        columns=REFUSED,
    ).reset_index(drop=True)


def account(files: dict[int, Path], **parts: pd.DataFrame) -> pd.DataFrame:
    """How many rows of each file are in each part (rows_in, rows_out, duplicates, refused), by their report_year."""
    counts = {name: rows.groupby("report_year").size() for name, rows in parts.items()}
    table = pd.DataFrame(counts).reindex(list(files)).fillna(0).astype(int)
    table.insert(0, "file", [path.name for path in files.values()])
    return table.reset_index(drop=True)[ACCOUNT]
