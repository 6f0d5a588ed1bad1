"""Country files of the US Department of Labor: which are there, whether each is whole, and what became of its rows.

US Department of Labor, Findings on the Worst Forms of Child Labor: the country files of the "Sweat & Toil" data.

Children at work are counted by surveys that a country has now and then; the reports reprint the last one every year.
`carried_forward` says so, lest a trend is drawn from it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd

from analysis.official_releases import countries
from analysis.official_releases.release import ACCOUNT, REFUSED, Release, ReleaseError, existing
from analysis.official_releases.usdol_fields import FIELDS, MISSPELT, TO_PERCENT, Field, Reading, read

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


# Parts that are texts, or describe the country itself; they are no rows.
_TEXTS = {"Description", "Suggested_Actions", "ILAB_Projects", "Webpage"}
_ABOUT = {"Name", "ISO2", "ISO3", "Region", "Multiple_Territories"}
# Tags that say something about the figure beside them.
_BESIDE = {"Age_Range", "Year", "Good_Name", "Territory_Name", "Territory_Display_Name", "Calculated_Age"}
_RAW = ["report_year", "country", "tag", "territory", "good", "part", "age_range", "survey", "calculated", "value"]
_ORDER = [
    *("report_year", "iso3", "country", "country_name", "territory", "good", "topic", "indicator", "value", "answer"),
    *("low", "high", "value_qualifier", "mark", "unit", "age_range", "age_low", "age_high", "survey", "reported_year"),
    *("carried_forward", "note", "tag"),
]
_CAUTIONS = (
    "Statistics of working children are reprinted until a new survey lands (carried_forward): no trend can be drawn "
    "from them, and reported_year is the first report read that prints a figure, not the year of its survey.",
    "Shares are percent in all years: the reports print percent up to 2015 and parts of one from 2016.",
    "'N/A' stands both for what does not apply and for what is not available; 'Unknown' is not no.",
    "Marks (*, †, ‡) refer to footnotes of the printed reports, which the files do not carry.",
    "A standard of the reports up to 2014 (established) is not the standard of later ones.",
    "Which countries are assessed changes between reports; goods are listed for others too.",
)


def load(source: str | Path | Iterable[str | Path]) -> Release:
    """All country files as one long table.

    Parameters
    ----------
    source : the folder with the files ``countries_report<year>.xml``, one such file, or several.

    Returns
    -------
    Release whose table has one row a figure or answer: report_year, iso3 (ISO 3166-1 alpha-3; "" where there is none),
    country (as printed), country_name (one spelling), territory, good, topic, indicator, value (as printed), answer
    (yes|no|unknown|not available|not applicable|N/A|none|not stated|figure|country, or a level of advancement), low,
    high (in `unit`; shares in percent, 0 to 100), value_qualifier (exact|approx|range), mark (of a footnote), unit; for
    statistics age_range (as printed), age_low, age_high (years), survey (its year as printed, in reports up to 2014),
    reported_year (first report that prints the figure), carried_forward; note, tag (as printed).

    Raises
    ------
    ReleaseError : a file is missing, damaged, no country file, or of a year whose scale of shares is not known.

    References
    ----------
    US Department of Labor, Bureau of International Labor Affairs (2014-2023). Findings on the Worst Forms of Child
    Labor.
    """
    files = by_year(source)
    for year, path in files.items():
        if year not in TO_PERCENT:
            raise ReleaseError(
                "unknown_share_unit",
                f"{path.name}: whether the report of {year} prints shares as percent or as parts of one is not known. "
                f"Look, and add the year to TO_PERCENT; known are {min(TO_PERCENT)} to {max(TO_PERCENT)}.",
            )
    raw = pd.concat([_raw(year, path) for year, path in files.items()], ignore_index=True)
    repeated = raw.duplicated(_RAW)
    duplicates = raw[repeated].reset_index(drop=True)
    rows = _read(raw[~repeated].reset_index(drop=True))
    good = rows["reason"] == ""
    table = _carried(rows[good].reset_index(drop=True))
    bad = rows[~good]
    return Release(
        title=f"Findings on the Worst Forms of Child Labor, reports {min(files)} to {max(files)}",
        publisher=PUBLISHER,
        date="",
        kind="public",
        table=table[_ORDER],
        refused=refused(bad, files),
        duplicates=duplicates,
        account=account(files, rows_in=raw, rows_out=table, duplicates=duplicates, refused=bad),
        cautions=_CAUTIONS,
    )


def _raw(year: int, path: Path) -> pd.DataFrame:
    """Every figure and answer of one file as it is printed."""
    rows = [
        {"report_year": year, "country": name, **row}
        for name, country in countries_in(year, path)
        for section in country
        if section.tag not in _TEXTS | _ABOUT
        for row in _leaves(section, section.tag, {})
    ]
    nothing = dict.fromkeys(_RAW, "") | {"part": "1"}
    return pd.DataFrame([nothing | row for row in rows], columns=_RAW).astype({"part": int})


def _leaves(element: ElementTree.Element, tag: str, about: dict[str, str]) -> Iterator[dict[str, str]]:
    """The figures below one element, each with what stands beside it; an empty section has none."""
    if not len(element):
        if "/" in tag or tag in FIELDS or (element.text or "").strip():
            yield {"tag": tag, "value": (element.text or "").strip(), **about}
        return
    about = dict(about)
    for name, label in (("territory", "Territory_Name"), ("good", "Good_Name"), ("calculated", "Calculated_Age")):
        if element.find(label) is not None:
            about[name] = (element.findtext(label) or "").strip()
    seen: Counter[str] = Counter()
    for child in element:
        text = (child.text or "").strip()
        if child.tag in ("Age_Range", "Year"):
            # They stand before the figures they belong to.
            about["age_range" if child.tag == "Age_Range" else "survey"] = text
        elif child.tag == "Territory":
            yield from _leaves(child, tag, about)
        elif child.tag not in _BESIDE:
            seen[child.tag] += 1
            # A territory's answer stands under its own tag where the country's stands under the field's.
            path = tag if child.tag == "Enforcement" else f"{tag}/{child.tag}"
            # Statistics of several parts of a country are printed one after the other, without saying of which part.
            beside = about | {"part": str(seen[child.tag])} if tag.startswith("Country_Statistics/") else about
            yield from _leaves(child, path, beside)


def _read(raw: pd.DataFrame) -> pd.DataFrame:
    """Fields by their names, and values by what they say; a value that cannot be read has a reason."""
    meant = {tag: "/".join(MISSPELT.get(name, name) for name in tag.split("/")) for tag in raw["tag"].unique()}
    fields = {tag: FIELDS.get(path, Field("", "", "")) for tag, path in meant.items()}
    rows = raw.copy()
    for name in ("topic", "indicator", "kind", "unit"):
        rows[name] = rows["tag"].map({tag: getattr(field, name) for tag, field in fields.items()}).astype("str")
    rows["factor"] = rows["report_year"].map(TO_PERCENT)
    unknown = Reading(reason="This tag is not known: see whether it is a new field or a misspelling of one.")
    readings = {
        key: read(key[0], key[1], key[2]) if key[1] else unknown
        for key in set(rows[["value", "kind", "factor"]].itertuples(index=False, name=None))
    }
    found = [readings[key] for key in rows[["value", "kind", "factor"]].itertuples(index=False, name=None)]
    for name in ("answer", "low", "high", "mark", "reason"):
        rows[name] = [getattr(reading, name) for reading in found]
    rows["value_qualifier"] = [reading.qualifier for reading in found]
    rows["iso3"] = countries.iso3_of(rows["country"])
    names = {code: countries.short_name(code) for code in rows["iso3"].unique() if code}
    rows["country_name"] = rows["iso3"].map(names).fillna(rows["country"])
    ages = rows["age_range"].str.extract(r"^(\d{1,2})-(\d{1,2})$")
    rows["age_low"], rows["age_high"] = (pd.to_numeric(ages[side]).astype("Int64") for side in (0, 1))
    rows["note"] = _notes(rows)
    return rows


def _notes(rows: pd.DataFrame) -> pd.Series:
    """What a reader must know of a figure; "" for most. Nothing is corrected."""
    report = [rows["report_year"], rows["country"]]
    several = rows.groupby([*report, rows["tag"]])["part"].transform("max") > 1
    sectors = rows["indicator"].str.startswith("working_in_") & rows["low"].notna()
    # Three rounded shares may miss 100 by a little.
    whole = rows[sectors].groupby([*report, rows["age_range"]])["low"].transform("sum")
    three = rows[sectors].groupby([*report, rows["age_range"]])["low"].transform("size") == 3
    uneven = three & ((whole - 100).abs() > 1)
    completed = rows["low"].where(rows["indicator"] == "primary_completion_rate").groupby(report).transform("max")
    same = (rows["indicator"] == "working_children_share") & (rows["low"] == completed)
    note = pd.Series("", rows.index, dtype="str")
    note[several] = "several figures are printed, without saying for which part of the country"
    note[(rows["calculated"] == "Yes") & (rows["kind"] == "age")] = "the age is calculated, not written in the law"
    note[uneven.reindex(rows.index, fill_value=False)] = "the shares of the three sectors do not add up to 100 percent"
    note[same] = "the same figure is printed as primary completion rate: perhaps it stands in the wrong place"
    return note


def _carried(rows: pd.DataFrame) -> pd.DataFrame:
    """Statistics with the first report that prints them.

    Figures are the same if they differ by no more than rounding: later reports print one decimal of a percent.
    """
    table = rows.assign(carried_forward=False, reported_year=pd.array([pd.NA] * len(rows), dtype="Int64"))
    figures = rows.loc[(rows["topic"] == "statistics") & rows["low"].notna()].copy()
    figures["line"] = figures.index
    key = ["country_name", "territory", "indicator", "age_range"]
    pairs = figures.merge(figures[[*key, "report_year", "low"]], on=key, suffixes=("", "_other"))
    width = np.where(pairs["indicator"] == "working_children", 0.5, 0.05) + 1e-9
    same = pairs[(pairs["low"] - pairs["low_other"]).abs() <= width]
    first = same.groupby("line")["report_year_other"].min()
    table.loc[first.index, "reported_year"] = first.astype("Int64")
    table.loc[first.index, "carried_forward"] = first < table.loc[first.index, "report_year"]
    return table
