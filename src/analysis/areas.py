"""The studies, the areas they compare, and their boundaries: each is declared by tables of the catalogue.

The tables of schema ``studies`` and ``areas`` of all catalogues stand together, so that a study with a catalogue of its
own, ``data/raw/<study>/catalog.yml``, needs no line of code. What a page has read is what its own study lists.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, overload

from analysis import catalog
from analysis.data_read import mark_read, remembered
from bounded.refusal import Refusal, columns_there

# Loaded where tables and boundaries are asked for: ids and names need neither.
if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

# No path, command or query is ever built from an id that does not match this.
ID_PATTERN = re.compile(r"[A-Za-z][A-Za-z0-9_-]{1,19}")
# How like a word must be to one that was typed to be offered for it: the ratio of difflib's SequenceMatcher.
LIKE = 0.6
# What a study can be called: it names folders, and stands in the place of an area's id.
STUDY_PATTERN = re.compile(r"[a-z][a-z0-9_]{1,19}")

# What is drawn around a study's areas where that is everything in its own file of boundaries: no other country.
OWN = "own"
_BACKGROUNDS = {
    "provinces": ("study_areas", "tr_adm1_clean", "iso_3166_2", "name_tr"),
    "municipalities": ("study_areas", "cv_mun", "ISO", "NAME_1"),
    "world": ("world", "w_s", "ADM0_A3", "NAME"),
}
# Which column of the areas a layer's key holds: names can be misspelt there, so that joins go by code where it has one.
JOINED_ON = ("area_id", "name_local", "pcode")


class UnknownArea(Refusal):
    """There is no such area or study; the message lists the nearest that exist, with their names."""


@dataclass(frozen=True)
class Study:
    """One study as its row of a table of studies declares it.

    Parameters
    ----------
    study : its id: the name of its folders, and of the study as a whole wherever an area is asked for.
    name, name_fr, name_pt, name_tr : what it is called, in four languages; left empty, as in English.
    title : its name, a colon, and what it compares.
    iso3 : the country whose national figures stand beside those of its areas; empty where its areas are countries.
    projection : the equal-area projection its maps are drawn in, as a PROJ string.
    boundaries, layer, key : the catalogued file of its boundaries, the layer in it, and the column that joins it.
    joined_on : the column of the areas that `key` holds, one of JOINED_ON.
    background : what is drawn around its areas: ``provinces``, ``municipalities``, ``world`` or ``own``.
    in_report : whether the report on the pledge tells of it.
    regions : regions whose published figures stand beside those of its areas, with semicolons between.
    nationalities : those of whom findings on case records say how many there are, as records name them, likewise.
    language : code of the language in which its authorities work; left empty, English.
    partners : countries asked about at the other end of its routes (ISO 3166 alpha-3), likewise.
    listed_in : the entry of the catalogue that declares it.
    """

    study: str
    name: str
    name_fr: str
    name_pt: str
    name_tr: str
    title: str
    iso3: str
    projection: str
    boundaries: str
    layer: str
    key: str
    joined_on: str
    background: str
    in_report: bool
    listed_in: str
    regions: str = ""
    nationalities: str = ""
    language: str = ""
    partners: str = ""

    @property
    def is_synthetic(self) -> bool:
        """Return True for a demonstration: its areas do not exist."""
        return catalog.dataset(self.listed_in).kind == "synthetic"

    @property
    def of_countries(self) -> bool:
        """Return True if its areas are countries, so that it has no country of its own."""
        return not self.iso3

    def called(self, language: str = "en") -> str:
        """Its name in a language."""
        return (self.name if language == "en" else getattr(self, f"name_{language}")) or self.name


class _Studies(Mapping[str, Study]):
    """The studies by id, in the order of the catalogues; they are read when first asked for."""

    def __getitem__(self, study: str) -> Study:
        return _declared()[study]

    def __iter__(self) -> Iterator[str]:
        return iter(_declared())

    def __len__(self) -> int:
        return len(_declared())


STUDIES: Mapping[str, Study] = _Studies()


def reported() -> tuple[str, ...]:
    """The studies that the report on the pledge tells of."""
    return tuple(name for name, study in STUDIES.items() if study.in_report)


def all_synthetic(studies: Iterable[str]) -> bool:
    """Return True if studies are named and all are demonstrations, which have only tables of their own."""
    asked = list(studies)
    return bool(asked) and all(STUDIES[study].is_synthetic for study in asked)


# Columns that a table of studies need not have.
_OPTIONAL = ("regions", "nationalities", "language", "partners")


@remembered
def _declared() -> dict[str, Study]:
    columns = tuple(each.name for each in fields(Study) if each.name not in ("listed_in", *_OPTIONAL))
    found: dict[str, Study] = {}
    for entry in catalog.of_each_study("studies"):
        with catalog.fault_of(entry.study):
            found |= _declared_by(entry, columns, found)
    return found


def _declared_by(entry: catalog.Dataset, columns: tuple[str, ...], before: Mapping[str, Study]) -> dict[str, Study]:
    """The studies that one table declares."""
    found: dict[str, Study] = {}
    for number, row in enumerate(catalog.rows(entry.name, columns, _OPTIONAL), 2):
        said = f"{catalog.shown(entry.path)}, row {number}"
        cells: dict[str, Any] = {**row, "in_report": row["in_report"] == "True"}
        study = Study(**cells, listed_in=entry.name)
        _check_study(study, row["in_report"], said)
        if study.study in {*before, *found}:
            raise catalog.CatalogError(
                "duplicate_key", f"{said}: the study '{study.study}' stands twice; give one another id."
            )
        found[study.study] = study
    return found


def _check_study(study: Study, in_report: str, said: str) -> None:
    """Raise CatalogError for a cell that would go wrong far from here."""
    rules = {
        "study": (STUDY_PATTERN.fullmatch(study.study), "2 to 20 small letters, digits and _"),
        "name": (study.name, "not empty"),
        "title": (study.title, "not empty"),
        "iso3": (re.fullmatch(r"([A-Z]{3})?", study.iso3), "a country's three capital letters, or empty"),
        "projection": (study.projection.startswith("+proj="), "a PROJ string, as +proj=laea +lat_0=8 +lon_0=-1"),
        "boundaries": (study.boundaries in catalog.datasets(), "the name of an entry of the catalogue"),
        "joined_on": (study.joined_on in JOINED_ON, f"one of {', '.join(JOINED_ON)}"),
        "background": (study.background in (*_BACKGROUNDS, OWN), f"one of {', '.join((*_BACKGROUNDS, OWN))}"),
        "in_report": (in_report in ("True", "False"), "True or False"),
    }
    catalog.require_cells(said, rules)


_COLUMNS = ("area_id", "study", "name", "name_local", "level", "parent_id", "iso3", "pcode", "valid_from", "valid_to")
_OF_AREA = ("area_id", "study", "name", "name_local", "level", "iso3", "pcode")
# A column that a table of areas need not have: of a country, the language in which its authorities work.
_LANGUAGE = "language"


@dataclass(frozen=True)
class Area:
    """One area of a study, or a whole study (`level` is then "study" and `area_id` the study's id).

    `language` is the code of that in which its authorities work, "" for English; a part of a country has its study's.
    """

    area_id: str
    study: str
    name: str
    name_local: str
    level: str
    iso3: str
    pcode: str = ""
    language: str = ""

    @property
    def is_study(self) -> bool:
        return self.level == "study"

    @property
    def is_local(self) -> bool:
        """Return True for a part of a country: a province, an island, a region."""
        return not self.is_study and self.level != "country"

    @property
    def own_name(self) -> str:
        """Its name where places stand by themselves: of a province its own, but of one that is a demonstration."""
        return self.name_local if self.level == "province" and not STUDIES[self.study].is_synthetic else self.name

    @property
    def spans_countries(self) -> bool:
        """Return True for a study as a whole whose areas are countries."""
        return self.is_study and not self.iso3

    @property
    def projection(self) -> str:
        """The equal-area projection of the study's maps, as a PROJ string."""
        return STUDIES[self.study].projection


# An area, or the id or a name of one. Of a study the whole is meant.
Place = str | Area


def load(study: Place | None = None) -> pd.DataFrame:
    """The table of areas.

    Parameters
    ----------
    study : a study (``west_africa``); None for all studies.

    Returns
    -------
    DataFrame, one row an area: area_id, study, name, name_local, level, parent_id, iso3, pcode, valid_from, valid_to;
    and towns that reports name for it, with semicolons between, where its table has that column.
    """
    import pandas as pd

    study = study_id(study)
    # Who looks through all studies for an area has read the table of the study it belongs to: see `get`.
    tables = [
        catalog.load(entry.name, counts_as_read=study is not None or entry.catalogue == catalog.CATALOGUE)
        for entry in (catalog.of_each_study("areas") if study is None else catalog.of_schema("areas"))
        if study is None or study in _studies_in(entry.name)
    ]
    if not tables:
        raise catalog.faults().get(study or "") or catalog.CatalogError(
            "missing_file", f"No table of areas lists any of {study or 'a study'}: add one of the schema 'areas'."
        )
    table = tables[0] if len(tables) == 1 else pd.concat(tables, ignore_index=True)
    return table if study is None else table[table["study"] == study].reset_index(drop=True)


def ids(study: Place | None = None) -> list[str]:
    """The ids of all areas, or of one study's, in the order of the table of areas."""
    study = study_id(study)
    if study is not None:
        _count_as_read(study)
    return [row["area_id"] for row in _rows_of_areas() if study in (None, row["study"])]


def names(study: Place) -> dict[str, str]:
    """The name of each area of a study, by its id."""
    return dict(load(study).set_index("area_id")["name"])


def looked_up(study: str) -> list[str]:
    """The ids of a study's areas for who only asks whether one is among them: its table does not count as read."""
    return [row["area_id"] for row in _rows_of_areas() if row["study"] == study]


@remembered
def _rows_of_areas() -> list[dict[str, str]]:
    """The rows of all tables of areas; of these that of the studies without a catalogue of their own counts as read."""
    found = []
    for entry in catalog.of_each_study("areas"):
        with catalog.fault_of(entry.study):
            found += _areas_in(entry)
        if entry.catalogue == catalog.CATALOGUE:
            mark_read(entry)
    return found


def _areas_in(entry: catalog.Dataset) -> list[dict[str, str]]:
    """The rows of one table of areas, each with the name of the table."""
    rows = catalog.rows(entry.name, _COLUMNS, (_LANGUAGE, "towns"))
    for number, row in enumerate(rows, 2):
        said = f"{catalog.shown(entry.path)}, row {number}"
        if row["study"] not in STUDIES:
            raise catalog.CatalogError(
                "unknown_study",
                f"{said}, column 'study': no table of studies declares '{row['study']}'. Those declared are: "
                f"{', '.join(STUDIES)}.",
            )
        if row["area_id"] in STUDIES or not ID_PATTERN.fullmatch(row["area_id"]):
            raise catalog.CatalogError(
                "invalid_id",
                f"{said}, column 'area_id': an id begins with a letter, has 2 to 20 letters, digits, - and _, and "
                "is not that of a study.",
            )
    return [{**row, "_entry": entry.name} for row in rows]


@remembered
def _studies_in(entry: str) -> frozenset[str]:
    return frozenset(row["study"] for row in _rows_of_areas() if row["_entry"] == entry)


@remembered
def _count_as_read(study: str) -> None:
    mark_read(*(entry for entry in catalog.of_schema("areas") if study in _studies_in(entry.name)))


def get(place: Place, study: Place | None = None) -> Area:
    """The area, or the whole study, that is meant.

    Parameters
    ----------
    place : an id of the table of areas (``TR-27``, ``SEN``, ``CPV-SAL``) or of a study (``west_africa``), a name as
        `named` understands it (``Senegal``, ``the Gambia``), or an `Area`, which is returned as it is.
    study : needed only where an id or a name belongs to two studies.

    Raises
    ------
    UnknownArea : nothing is called so, or two are; the message lists the nearest, or both.
    """
    if isinstance(place, Area):
        return place
    study = study_id(study)
    within = {*ids(study), *STUDIES}
    known = {each: of for each, of in _names(None, "area").items() if each in within}
    area_id = _only(place, _called(place, known, study, "area"), known, "area", f" in {study}" if study else "")
    if area_id in STUDIES:
        whole = STUDIES[area_id]
        return Area(area_id, area_id, whole.name, whole.name, "study", whole.iso3, language=whole.language)
    row = next(row for row in _rows_of_areas() if row["area_id"] == area_id and study in (None, row["study"]))
    _count_as_read(row["study"])
    language = row[_LANGUAGE] if row["level"] == "country" else STUDIES[row["study"]].language
    return Area(**{column: row[column] for column in _OF_AREA}, language=language)


def boundaries(study: Place) -> gpd.GeoDataFrame:
    """Boundaries of a study's areas: area_id, name, geometry (EPSG:4326), in the order of the table of areas.

    Their attribute `credit` says whom a drawing of them names; see `credit`.

    Raises
    ------
    catalog.CatalogError : an area has no shape, or two; the message names the area, and what was sought in which file.
    """
    return _boundaries(study_id(study)).copy()


@remembered
def _boundaries(study: str) -> gpd.GeoDataFrame:
    import geopandas as gpd

    table, declared = load(study), STUDIES[study]
    shapes = catalog.layer(declared.boundaries, declared.layer)
    if declared.key not in shapes:
        raise catalog.CatalogError(
            "missing_column",
            f"{catalog.dataset(declared.boundaries).file}: the layer '{declared.layer}' has no column "
            f"'{declared.key}', by which the study {study} is joined. {columns_there(shapes, [declared.key])}",
        )
    shapes = shapes.rename(columns={declared.key: "key"})[["key", "geometry"]]
    keys = table[declared.joined_on]
    counted = keys.map(shapes["key"].value_counts()).fillna(0)
    if counted.ne(1).any():
        found, sought = int(counted[counted.ne(1)].iloc[0]), keys[counted.ne(1)].iloc[0]
        raise catalog.CatalogError(
            "shape_not_unique",
            f"{catalog.dataset(declared.boundaries).file}: {found} shapes of the layer '{declared.layer}' have "
            f"'{sought}' in the column '{declared.key}', where the study {study} needs one.",
        )
    joined = gpd.GeoDataFrame(
        table[["area_id", "name"]].assign(key=keys).merge(shapes, on="key", how="left", validate="1:1"), crs=shapes.crs
    )
    joined.attrs["credit"] = credit(study)
    return joined.drop(columns="key")


def credit(study: Place) -> str:
    """Whom to credit for boundaries that a study has brought itself, on what they are drawn in; "" for those of all.

    The shapes that come with the assessment are in the public domain; licences of others can ask to be named.
    """
    entry = catalog.dataset(STUDIES[study_id(study)].boundaries)
    return entry.publisher if entry.study else ""


def surroundings(study: Place) -> gpd.GeoDataFrame:
    """Return what is drawn around the areas of a study by its table: area_id, name, geometry (EPSG:4326)."""
    declared = STUDIES[study_id(study)]
    if declared.background != OWN:
        return background(declared.background)
    shapes = catalog.layer(declared.boundaries, declared.layer).rename(columns={declared.key: "area_id"})
    return shapes[["area_id", "name", "geometry"]]


def world(study: Place) -> gpd.GeoDataFrame:
    """The countries around the areas of a study: those that exist, or those of a study that is a demonstration."""
    return surroundings(study) if STUDIES[study_id(study)].background == OWN else background("world")


def background(name: str) -> gpd.GeoDataFrame:
    """A layer to draw beneath: "provinces" (81), "municipalities" (22) or "world".

    Returns
    -------
    GeoDataFrame: area_id, name, geometry (EPSG:4326).
    """
    return _background(name).copy()


@remembered
def _background(name: str) -> gpd.GeoDataFrame:
    file, layer, key, label = _BACKGROUNDS[name]
    shapes = catalog.layer(file, layer).rename(columns={key: "area_id", label: "label"})
    shapes = shapes[["area_id", "label", "geometry"]].rename(columns={"label": "name"})
    if name == "world":
        # The file's own names are garbled in places.
        shapes["name"] = [country_name(*row) for row in zip(shapes["area_id"], shapes["name"], strict=True)]
    return shapes


def places_around(study: Place) -> pd.DataFrame:
    """Return the places that the maps of a study show around and within its areas; none where these are countries.

    Returns
    -------
    DataFrame: area_id, name, level (province or municipality), lies_in (the study's area; of a place outside all of
    them its own id).
    """
    import pandas as pd

    declared = STUDIES[study_id(study)]
    level = {"provinces": "province", "municipalities": "municipality"}.get(declared.background)
    if level is None:
        return pd.DataFrame(columns=["area_id", "name", "level", "lies_in"])
    file, layer, key, label = _BACKGROUNDS[declared.background]
    shapes, own = catalog.layer(file, layer), load(declared.study)
    area_of = dict(zip(own[declared.joined_on], own["area_id"], strict=True))
    columns = {"area_id": shapes[key], "name": shapes[label], "level": level}
    return pd.DataFrame(columns).assign(lies_in=shapes[declared.key].map(area_of).fillna(shapes[key]))


def country_name(iso3: str, otherwise: str = "") -> str:
    """The everyday English name of a country by its code; that of a code outside ISO 3166-1 as a study declares it."""
    import pycountry

    if country := pycountry.countries.get(alpha_3=iso3):
        return getattr(country, "common_name", country.name)
    return next((row["name"] for row in places() if row["place_id"] == iso3), otherwise or iso3)


@remembered
def places(study: Place | None = None) -> tuple[dict[str, str], ...]:
    """Further places that the records of a study can name, or of all studies: the rows of the tables of schema
    ``places``: study, place_id, name, name_local, level, area_id (what it lies in; "" abroad), code (a country's two
    letters)."""
    study = study_id(study)
    columns = ("study", "place_id", "name", "name_local", "level", "area_id", "code")
    entries = catalog.of_each_study("places") if study is None else catalog.of_schema("places")
    rows = [
        row
        for entry in entries
        if study in (entry.study, None) or not entry.study
        for row in catalog.rows(entry.name, columns)
    ]
    return tuple(row for row in rows if study in (None, row["study"]))


def named(text: str, study: str | None = None, what: str = "area") -> str:
    """The id that a person means who types an id in any case, or a name in English or the area's own language.

    Parameters
    ----------
    text : ``TR-27``, ``sen``, ``Gaziantep``, ``sanliurfa``, ``West Africa``; case and accents of names do not count.
    study : the study whose areas are meant; None for those of all.
    what : ``area``, or ``study`` where only a study can be meant.

    Returns
    -------
    The id of an area, or of a study; not whether the area is of `study`.

    Raises
    ------
    UnknownArea : nothing is called so, or two are; the message lists the nearest, or both.
    """
    known = _names(None, what)
    return _only(text, _called(text, known, study, what), known, what)


@overload
def study_id(study: Place) -> str: ...
@overload
def study_id(study: None) -> None: ...
@overload
def study_id(study: Place | None) -> str | None: ...
def study_id(study: Place | None) -> str | None:
    """The id of a study that is given by its id, by a name, or as an `Area` that is a whole study; None stays None.

    Raises
    ------
    UnknownArea : it is no study.
    """
    return study if study is None else named(study.area_id if isinstance(study, Area) else study, what="study")


def require_study(study: str) -> None:
    """Refuse what is not the id of a study: a name is not enough for what makes or deletes files under it.

    Raises
    ------
    UnknownArea : the message lists the nearest.
    """
    if study not in STUDIES:
        raise _unknown(str(study), _names(None, "study"), "study")


def _called(text: object, known: Mapping[str, Sequence[str]], study: str | None, what: str) -> set[str]:
    """The ids, of those known, of what can be meant by a text; the areas of one study come before those of others."""
    if not isinstance(text, str):
        return set()
    if text in known:
        return {text}
    # Names are compared as those of places in records are; pandas comes with that.
    from analysis.intake.pseudonyms import fold

    folded = fold(text).removeprefix("the ") if text.isprintable() else ""
    found = {each for each in known if each.casefold() == text.casefold()}
    for of in (_names(study, what) if study in STUDIES else {}, known):
        called = {each for each, names in of.items() if folded in [fold(name).removeprefix("the ") for name in names]}
        found = found or (called if folded else set())
    return found


def _only(text: object, found: set[str], known: Mapping[str, Sequence[str]], what: str, where: str = "") -> str:
    """The one id that was found; refuses several, and none."""
    if len(found) > 1:
        which = " or ".join(_described(each) for each in sorted(found))
        raise UnknownArea("ambiguous_area", f"'{_short(str(text))}' can be {which}: name it by its id.")
    if not found:
        raise _unknown(str(text), known, what, where)
    return found.pop()


def _names(study: str | None, what: str) -> dict[str, tuple[str, ...]]:
    """The names of studies by id, and those of areas where areas are meant, of one study or of all."""
    studies = {each: (of.name, of.name_fr, of.name_pt, of.name_tr) for each, of in STUDIES.items()}
    listed = {
        row["area_id"]: (row["name"], row["name_local"]) for row in _rows_of_areas() if study in (None, row["study"])
    }
    return (listed if what == "area" else {}) | {each: of for each, of in studies.items() if study in (None, each)}


def _described(place: str) -> str:
    """An id with the name of its area, or study, for a message."""
    if place in STUDIES:
        return f"{place} ({STUDIES[place].name} as a whole)"
    return f"{place} ({next(row['name'] for row in _rows_of_areas() if row['area_id'] == place)})"


def _unknown(text: str, known: Mapping[str, Sequence[str]], what: str, where: str = "") -> UnknownArea:
    """The sentence that nothing is called so, with the ids whose id or name is most like it, if any is."""
    typed = difflib.SequenceMatcher(b=_short(text).casefold())
    like: dict[str, float] = {}
    for each, called in known.items():
        for word in filter(None, (each, *called)):
            typed.set_seq1(word.casefold())
            like[each] = max(like.get(each, 0.0), typed.ratio())
    # What is much less like than the best was not meant.
    least = max(LIKE, max(like.values(), default=0.0) - 0.1)
    near = sorted((each for each in like if like[each] >= least), key=lambda each: -like[each])[:3]
    hint = f"The nearest {'is' if len(near) == 1 else 'are'}: {', '.join(map(_described, near))}." if near else ""
    hint = hint or "`python -m analysis status --areas` lists all ids and names."
    # It may be of a study whose tables cannot be read.
    hint += "".join(f" {study} stands still. {error}" for study, error in catalog.faults().items())
    return UnknownArea("unknown_area", f"There is no {what} '{_short(text)}'{where}. {hint}")


def _short(text: str) -> str:
    return re.sub(r"[^\w./ -]", "?", text)[:40]
