"""A new study as a folder of files that somebody has received: what is missing, and what is not understood.

In it lie ``study.yml``, ``areas.csv``, ``sources.csv``, and the files of boundaries, counts and inhabitants that
``study.yml`` names; docs/tutorial/a_new_study.md says what stands in each. A blank cell or ``n/a`` is not known, and
``0`` is none: the two are never taken for each other.
"""

from __future__ import annotations

import datetime
import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pycountry
import pyogrio.errors
import shapely
import yaml

from analysis import areas, catalog
from analysis.cases import file_profile
from analysis.catalog import RAW, shown
from analysis.intake import source
from analysis.intake.pseudonyms import fold
from analysis.intake.source import SourceError
from bounded.refusal import Refusal, require_columns

# What study.yml says, and what holds where it says nothing; None: it must say it.
FIELDS: Mapping[str, str | None] = {
    **dict.fromkeys(("study", "title", "iso3", "level", "date"), None),
    **dict.fromkeys(("boundaries", "boundaries-source", "counts", "counts-source", "kind"), None),
    **dict.fromkeys(("population", "population-source"), None),
    "key": "area_id",
    "indicator": "victims_detected",
    "words": "Victims detected",
    "unit": "persons",
    "limits": "Detected and reported, not incidence: an area that looks harder finds more. No figure is not zero.",
    "population-date": "",
    "in-report": "no",
}
KINDS = ("public", "synthetic")
# Codes that ISO 3166-1 leaves to its users (ISO Online Browsing Platform, glossary of ISO 3166): no country has one.
USERS_CODES = re.compile("AA[A-Z]|Q[M-Z][A-Z]|X[A-Z]{2}|ZZ[A-Z]")
REHEARSAL = "a rehearsal, of no real country"
# Folders of data/raw that belong to no study.
TAKEN = ("boundaries", "evidence", "referral", "synthetic", "register", "processed")
# Maps are drawn as lines of text in pages: outlines of more points than this are drawn with fewer, by the rule of
# Visvalingam and Whyatt, with the first of these tolerances (metres) that leaves few enough.
POINTS = 12_000
TOLERANCES = (100, 200, 400, 800, 1_600, 3_200, 6_400)
# More faults than these are counted, not listed: whoever fixes so many looks at the file, not at the list.
LISTED = 20

_DAY = re.compile(r"(?:19|20)\d\d(?:-\d\d-\d\d)?")
_TOTALS = frozenset(["total", "totals", "sum", "all", "national", "country", "grand total"])
# Ways to write a whole number: with thousands apart by commas, or by blanks of any width.
_WHOLE = re.compile(r"\d+(?:\.0)?|\d{1,3}(?:,\d{3})+|\d{1,3}(?:[ \u00a0\u2009\u202f]\d{3})+")
_AT_LEAST = re.compile(r"(?:≥|>=|at least )\s*(.+)|(.+?)\s*(?:\+|or more)", re.IGNORECASE)
_ABOUT = re.compile(r"(?:~|≈|about |c\. ?|approx(?:imately|\.)? )\s*(.+)", re.IGNORECASE)
_NOT_KNOWN = frozenset(["na", "n a", "nd", "no data", "missing", "not reported"])
_FIGURES = ("area_id", "date", "value", "low", "high", "value_qualifier")


class StudyError(Refusal):
    """A study cannot be made from what was given; one sentence a fault says where it is and what would help."""


def refuse(faults: Sequence[str]) -> None:
    """Raise StudyError with these faults; do nothing where there is none."""
    if faults:
        more = [f"and {len(faults) - LISTED} more"] if len(faults) > LISTED else []
        raise StudyError("faulty_input", "\n".join([*faults[:LISTED], *more]))


@dataclass(frozen=True)
class Figures:
    """The figures of one table.

    Parameters
    ----------
    table : area_id, date (a year or a day, as text), value (as it stands), low, high (none of "at least"), and
        value_qualifier; one row a figure that is known.
    unknown : area_id and date of each cell that says that nothing is known.
    remarks : sentences on what was left out, and why.
    faults : sentences on what was not understood, each with file, row and column: with one, the table is not whole.
    """

    table: pd.DataFrame
    unknown: tuple[tuple[str, str], ...]
    remarks: tuple[str, ...]
    faults: tuple[str, ...]


@dataclass(frozen=True)
class Study:
    """A study that can be written.

    Parameters
    ----------
    said : FIELDS as study.yml has them, or as holds where it says nothing.
    areas : area_id, name, name_local, key; one row an area, in the order of their ids.
    shapes : area_id, name, geometry (EPSG:4326). projection : for its maps, as a PROJ string.
    counts, population : the figures. sources : the bibliography, all cells as text.
    remarks : sentences on what was done to the shapes and left out of the tables.
    """

    said: Mapping[str, str]
    areas: pd.DataFrame
    shapes: gpd.GeoDataFrame
    projection: str
    counts: Figures
    population: Figures
    sources: pd.DataFrame
    remarks: tuple[str, ...]

    @property
    def study(self) -> str:
        """Its id."""
        return self.said["study"]

    @property
    def is_synthetic(self) -> bool:
        """Return True if its counts are synthetic."""
        return self.said["kind"] == "synthetic"

    @property
    def is_rehearsal(self) -> bool:
        """Return whether its country does not exist, by its code."""
        return bool(USERS_CODES.fullmatch(self.said["iso3"]))


def read(folder: Path) -> Study:
    """A study from the folder of what was received.

    Raises
    ------
    StudyError : with every fault of what was read, each with file, row and column.
    """
    said = declared(folder / "study.yml")
    listed = _areas(folder / "areas.csv", said["iso3"])
    sources = _table(folder / "sources.csv", catalog.load("sources", counts_as_read=False).columns)
    wanted = [said[f"{file}-source"] for file in ("boundaries", "counts", "population")]
    absent = [each for each in dict.fromkeys(wanted) if each not in {*sources["source_id"]}]
    refuse([f"sources.csv has no source '{each}', which study.yml names." for each in absent])
    drawn, remarks = shapes(folder / said["boundaries"], said["key"], listed)
    counts = figures(folder / said["counts"], listed)
    people = figures(folder / said["population"], listed, date=said["population-date"], bounds=False)
    refuse([*counts.faults, *people.faults, *_held_together(counts, people, listed)])
    remarks += [*counts.remarks, *people.remarks]
    return Study(said, listed, drawn, projection(drawn), counts, people, sources, tuple(remarks))


def declared(path: Path) -> dict[str, str]:
    """Return what study.yml declares, with defaults. Raises StudyError for what is missing or wrong."""
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        said = None
    if not isinstance(said, dict):
        raise StudyError("not_a_mapping", f"{shown(path)}: write one name and its text a line, as `iso3: GHA`.")
    # YAML reads yes and no as true and false.
    words = {name: {True: "yes", False: "no", None: ""}.get(text, text) for name, text in said.items()}
    found = {name: str(words.get(name, otherwise) or "").strip() for name, otherwise in FIELDS.items()}
    faults = [
        f"{shown(path)}: '{name}' is no field; there are {', '.join(FIELDS)}." for name in said if name not in FIELDS
    ]
    faults += [f"{shown(path)}: '{name}' is missing." for name in FIELDS if not found[name] and FIELDS[name] is None]
    refuse(faults)
    study, kind = found["study"], found["kind"]
    is_free = study not in TAKEN and (study not in areas.STUDIES or areas.STUDIES[study].listed_in == f"{study}_study")
    rules = {
        "study": (areas.STUDY_PATTERN.fullmatch(study), "2 to 20 small letters, digits and _, as cabo_verde"),
        "study ": (is_free, f"another name: {study} is taken in {shown(RAW)}"),
        "iso3": (
            pycountry.countries.get(alpha_3=found["iso3"]) or USERS_CODES.fullmatch(found["iso3"]),
            "a country of ISO 3166-1, in three letters, as GHA; or for a rehearsal, of no real country, a code that "
            "ISO leaves to its users: XAA to XZZ",
        ),
        "in-report": (found["in-report"] in ("yes", "no"), "yes or no"),
        "kind": (kind in KINDS, f"one of {', '.join(KINDS)}"),
        "kind  ": (
            kind == "synthetic" or not USERS_CODES.fullmatch(found["iso3"]),
            f"synthetic, as {found['iso3']} is no real country",
        ),
        "kind ": (kind == "synthetic" or "SYNTHETIC" not in found["counts"], "synthetic, as the file's name says so"),
    }
    refuse(
        [f"{shown(path)}: '{name.strip()}' must be {wanted}." for name, (holds, wanted) in rules.items() if not holds]
    )
    catalog.require_day(found["date"], f"{shown(path)}, 'date'")
    if USERS_CODES.fullmatch(found["iso3"]):
        # What stands before the colon is the name of the study on every page.
        name, colon, rest = found["title"].partition(":")
        found["title"] = f"{name.strip()} ({REHEARSAL}){colon}{rest}"
    return found


def _table(path: Path, columns: Sequence[str], optional: Sequence[str] = ()) -> pd.DataFrame:
    """A CSV of the folder, all cells as text, with an empty column for each optional one that it has not."""
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError):
        raise StudyError("unreadable_file", f"{shown(path)} is not there, or is no CSV file in UTF-8.") from None
    require_columns(table, columns, f"rows of {shown(path)}", error=StudyError)
    return table.reindex(columns=[*columns, *optional], fill_value="").map(str.strip)


def _areas(path: Path, iso3: str) -> pd.DataFrame:
    """The areas in the order of their ids. A name that ISO 3166-2 has for another id is a fault."""
    table = _table(path, ("area_id", "name"), ("name_local", "key")).sort_values(
        "area_id", ignore_index=True, kind="stable"
    )
    table["name_local"] = table["name_local"].where(table["name_local"] != "", table["name"])
    table["key"] = table["key"].where(table["key"] != "", table["area_id"])
    country = pycountry.countries.get(alpha_3=iso3)
    alpha_2 = country.alpha_2 if country else iso3
    codes: dict[str, set[str]] = {}
    for each in pycountry.subdivisions.get(country_code=alpha_2) or []:
        # Where areas of two kinds share a name, either may be meant.
        codes.setdefault(fold(each.name), set()).add(each.code)
    every = set().union(*codes.values())
    called: dict[str, int] = {}
    faults = []
    for row in table.itertuples():
        for text in (row.area_id, row.name, row.name_local, row.key):
            if called.setdefault(fold(text), row.Index) != row.Index:
                faults.append(f"{shown(path)}: '{text}' stands for two areas.")
        meant = codes.get(fold(row.name), {row.area_id})
        if row.area_id in every and row.area_id not in meant:
            faults.append(f"{shown(path)}: {row.area_id} is called '{row.name}', which in ISO 3166-2 is {min(meant)}.")
        if not row.area_id.startswith((f"{alpha_2}-", f"{iso3}-")):
            begins = " or ".join(dict.fromkeys((f"{alpha_2}-", f"{iso3}-")))
            faults.append(f"{shown(path)}: '{row.area_id}' must begin with {begins}.")
    refuse(list(dict.fromkeys(faults)))
    return table


def figures(path: Path, listed: pd.DataFrame, *, date: str = "", bounds: bool = True) -> Figures:
    """The figures of a table by area and year, or by area and day.

    The first row names the columns, and the first column the areas. In a wide table the other columns are years; in a
    long one the second is called Year or Date, and the third has the figure; where `date` is given, the second has it.

    Parameters
    ----------
    path : CSV in any usual encoding and delimiter, or Excel, of which the first sheet is read.
    listed : the areas of the study, each by its id, name, local name or key.
    date : year or day of all figures, as ``2021`` or ``2021-06-27``.
    bounds : whether ``<5``, "at least 5" and "about 5" are figures; a census has none of these.

    Raises
    ------
    StudyError : the file cannot be read, or its columns are others.
    """
    try:
        encoding, delimiter = source.encoding_and_delimiter(path)
        sheet = next(iter(source.sheets(path, encoding or None, delimiter or None).values()))
        rows = [
            (number, [cell.strip() for cell in cells]) for number, cells in sheet.rows if any(map(str.strip, cells))
        ]
    except SourceError as error:
        raise StudyError("unreadable_file", str(error)) from None
    heads = rows[0][1] if rows else []
    is_long = len(heads) > 2 and heads[1].lower() in ("year", "date")
    years = {at: head.removesuffix(".0") for at, head in enumerate(heads) if _is_day(head.removesuffix(".0"))}
    if len({*years.values()}) < len(years) or not (years or is_long or (date and len(heads) > 1)):
        raise StudyError(
            "no_table_head",
            f"{shown(path)}: the first row must name the columns, each year once. A wide table has years as columns "
            "(Region, 2015, 2016); a long one is Region, Year, Count.",
        )
    used = {0, *years} if years else {0, 1, 2} if is_long else {0, 1}
    left_out = [head for at, head in enumerate(heads) if head and at not in used]
    remarks = [f"{shown(path)}: the column '{head}' is not read." for head in left_out]
    named = {fold(each): row[0] for row in listed.itertuples(index=False) for each in row if fold(each)}
    known, unknown, faults = [], [], []
    seen: dict[tuple[str, str], int] = {}
    for number, cells in rows[1:]:
        cells += [""] * (len(heads) - len(cells))
        where, area_id = f"{shown(path)}, row {number}", named.get(fold(cells[0]))
        if area_id is None and (fold(cells[0]) in _TOTALS or not any(cells[at] for at in used - {0})):
            remarks.append(f"{where}: '{cells[0][:60]}' is not read: it is no area, but a total or a note.")
        elif area_id is None:
            near = difflib.get_close_matches(cells[0], listed["name"])
            nearest = f" The nearest are {', '.join(near)}." if near else ""
            faults.append(f"{where}, column '{heads[0]}': '{cells[0]}' is no area of the study.{nearest}")
        else:
            # Excel writes a day with its hour, and a year as a number.
            when = re.sub(r"[ T]00:00:00$|\.0$", "", cells[1]) if is_long else date
            for at, day in (years or {max(used): when}).items():
                figure, place = _figure(cells[at], bounds), f"{where}, column '{heads[at]}'"
                if not _is_day(day):
                    faults.append(f"{where}: '{day}' is no year and no day. Write 2021, or 2021-06-27.")
                elif (area_id, day) in seen:
                    faults.append(f"{place}: {cells[0]} in {day} stands in row {seen[area_id, day]} already.")
                elif isinstance(figure, str):
                    faults.append(f"{place}: {figure}")
                elif figure is None:
                    unknown.append((area_id, day))
                else:
                    known.append({"area_id": area_id, "date": day, **figure})
                seen.setdefault((area_id, day), number)
    table = pd.DataFrame(known, columns=list(_FIGURES)).astype({"low": "Int64", "high": "Int64"})
    return Figures(table, tuple(unknown), tuple(remarks), tuple(faults))


def _is_day(text: str) -> bool:
    """True if a text is a year or a day."""
    try:
        return bool(_DAY.fullmatch(text)) and bool(datetime.date.fromisoformat(f"{text}-01-01"[:10]))
    except ValueError:
        return False


def _figure(text: str, bounds: bool) -> dict[str, object] | str | None:
    """A figure with its bounds; None where nothing is known; a sentence where the cell is not understood."""
    if text and set(text) <= set("-–—―"):
        return f"'{text}' can mean none, or not known. Write 0 for none, and leave the cell empty for not known."
    if not text or file_profile.says_unknown(text) or fold(text) in _NOT_KNOWN or set(text) <= {"."}:
        return None
    whole = _whole(text)
    if whole is not None:
        return {"value": str(whole), "low": whole, "high": whole, "value_qualifier": "exact"}
    if bounds and re.fullmatch(r"<\s*5", text):
        return {"value": "<5", "low": 0, "high": 4, "value_qualifier": "below_5"}
    for pattern, qualifier in ((_AT_LEAST, "at_least"), (_ABOUT, "approx")):
        match = pattern.fullmatch(text) if bounds else None
        whole = _whole(next(filter(None, match.groups()), "")) if match else None
        if whole is not None:
            high = None if qualifier == "at_least" else whole
            return {"value": str(whole), "low": whole, "high": high, "value_qualifier": qualifier}
    also = ", <5" if bounds else ""
    said = f"'{text[:40]}' is no count. A count is a whole number{also}, or empty where it is not known."
    is_mixed = re.fullmatch(r"(?=.*\d)[\dA-Za-z]+", text)
    return f"{said} A letter stands among the digits." if is_mixed else said


def _whole(text: str) -> int | None:
    return int(re.sub(r"\.0$|\D", "", text.strip())) if _WHOLE.fullmatch(text.strip()) else None


def _held_together(counts: Figures, population: Figures, listed: pd.DataFrame) -> list[str]:
    """Faults that one table shows in the other: nobody lives where persons were counted, or fewer than were counted."""
    called = dict(zip(listed["area_id"], listed["name"], strict=True))
    people = population.table.groupby("area_id")["low"].max()
    faults = [
        f"population: {name} has no figure. Without inhabitants there is no rate; add its row."
        for area_id, name in called.items()
        if area_id not in people
    ]
    if counts.table.empty:
        faults.append("counts: no figure is known, so that there is nothing to show.")
    for row in counts.table.itertuples():
        if row.area_id in people and row.low > people[row.area_id]:
            faults.append(
                f"counts: {called[row.area_id]} has {row.value} in {row.date}, and {people[row.area_id]:,} "
                "inhabitants. One of the two figures is wrong."
            )
    return faults


def shapes(path: Path, key: str, listed: pd.DataFrame) -> tuple[gpd.GeoDataFrame, list[str]]:
    """The shapes of areas, fixed where an outline crosses itself, and simplified together where they have many points.

    Parameters
    ----------
    path : a file of boundaries in one layer. key : its column that holds each area's own `key`.
    listed : the areas of the study.

    Returns
    -------
    area_id, name, geometry (EPSG:4326; polygons), in the order of the areas, and sentences on what was done to them.

    Raises
    ------
    StudyError : it is no such file, or an area has not one shape of its own.
    """
    try:
        table = gpd.read_file(path)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError):
        raise StudyError("unreadable_file", f"{shown(path)} is not there, or is no file of boundaries.") from None
    if table.crs is None:
        raise StudyError(
            "missing_crs",
            f"{shown(path)} does not say in which coordinates it is written. Ask for the .prj file that belongs to it, "
            "or for a GeoPackage.",
        )
    if key not in table:
        columns = ", ".join(str(name) for name in table if name != "geometry")
        raise StudyError("unknown_column", f"{shown(path)} has no column '{key}'. Its columns are {columns}.")
    table = table.to_crs(4326).set_index(table[key].astype(str).str.strip())
    wanted, found = {*listed["key"]}, {*table.index}
    kinds, on_earth = table.geom_type, table.bounds[["miny", "maxy"]].abs().max(axis=1) <= 90
    faults = [f"no shape has the key '{each}' of areas.csv" for each in sorted(wanted - found)]
    faults += [f"the shape '{each}' is of no area of areas.csv" for each in sorted(found - wanted)]
    faults += [f"two shapes have the key '{each}'" for each in table.index[table.index.duplicated()]]
    is_area = kinds.isin(["Polygon", "MultiPolygon"]) & on_earth
    faults += [f"the shape '{each}' is no polygon, or does not lie on the earth" for each in table.index[~is_area]]
    refuse([f"{shown(path)}: {fault}." for fault in faults])
    drawn = table.geometry.loc[listed["key"]].reset_index(drop=True)
    crossing = ~drawn.is_valid
    remarks = [f"The outline of {name} crosses itself and was fixed." for name in listed["name"][crossing]]
    # What a fixed outline would leave of lines and points is no area.
    drawn[crossing] = drawn[crossing].make_valid(method="structure", keep_collapsed=False)
    drawn = drawn.force_2d()
    points, centred = shapely.get_num_coordinates(drawn).sum(), drawn.to_crs(projection(drawn))
    if not shapely.coverage_is_valid(drawn.to_numpy()):
        remarks.append("Neighbours do not share their lines exactly: thin gaps or overlaps may be seen.")
    elif points > POINTS:
        for metres in TOLERANCES:
            fewer = centred.simplify_coverage(metres)
            left = shapely.get_num_coordinates(fewer).sum()
            if left <= POINTS:
                break
        drawn = fewer.to_crs(4326)
        remarks.append(
            f"The outlines have {left:,} points instead of {points:,} (details below {metres} m are left out)."
        )
    return gpd.GeoDataFrame(listed[["area_id", "name"]], geometry=drawn, crs=4326), remarks


def projection(drawn: gpd.GeoDataFrame | gpd.GeoSeries) -> str:
    """Lambert's azimuthal equal-area projection centred on shapes (EPSG:4326), in half degrees, as a PROJ string.

    Raises
    ------
    StudyError : the areas reach so far around the world that no such map of them is readable.
    """
    west, south, east, north = drawn.total_bounds
    if east - west > 120:
        raise StudyError(
            "extent_too_wide",
            f"The areas reach from {west:.0f} to {east:.0f} degrees of longitude, further than one equal-area map can "
            "show. If they cross the date line, shift those in the west by 360 degrees; else make two studies.",
        )
    middle = [round(low + high) / 2 for low, high in ((south, north), (west, east))]
    return f"+proj=laea +lat_0={middle[0]:g} +lon_0={middle[1]:g}"
