"""Places as case records write them, and the place each of them is: equal names match, near misses never do.

Names are compared folded (case, marks and the Turkish dotless i do not count) and without their spaces. A name that two
places bear matches neither, unless one of them belongs to the study: its areas come first, then its other places, then
the countries of the world.
"""

from __future__ import annotations

import csv
import gettext
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Literal

import pandas as pd
import pycountry

from analysis import areas, catalog
from analysis.intake.pseudonyms import fold
from bounded.refusal import Refusal

Kind = Literal["place", "country"]

LANGUAGES = ("tr", "fr", "pt", "pt_BR")

# What people write besides the official name: study ("" for all), text, place_id, and what it is. A name means one
# place only, as central cities that stand for a province of another name (İçel was Mersin until 2002). A shared name is
# that of two countries: whoever writes it must say which, in the mapping under `places` or `codes`. A code of two
# letters is an abbreviation in a study, of one place or of several (""), before it is the code of a country.
_WRITTEN = "place_names.csv"
# Words around a name that say what kind of place it is; the name is then sought among places of that kind only.
_AFFIXES = (
    (re.compile(r"(.+?) (?:ili|province)"), "province"),
    (re.compile(r"province (?:of|de) (.+)"), "province"),
    (re.compile(r"(?:ilha|ile|island)(?: d[aeou]s?| of)? (.+)"), "island"),
    (re.compile(r"(.+) (?:island|adasi)"), "island"),
    (
        re.compile(r"(?:concelho|municipio|municipality|camara municipal|cidade)(?: d[aeou]s?| of)? (.+)"),
        "municipality",
    ),
)
# The Turkish ending that makes an inhabitant of a country: Suriyeli, Iraklı.
_INHABITANT = re.compile(r"(.+)l[iu]")


# In which order places are asked for a name: the first tier in which any place bears it decides.
_TIERS = ("area", "island", "own", "country")


class UnknownPlace(Refusal):
    """A mapping gives a place that the gazetteer does not have; the message says which and what it may be."""


@cache
def _places(study: str) -> pd.DataFrame:
    tables = _parts(study)
    # What another study divides a country of this one into, as islands, lies in the country.
    countries_here = set(areas.load(study).query("level == 'country'")["area_id"])
    for other, declared in areas.STUDIES.items():
        if declared.iso3 in countries_here:
            tables += [table.assign(area_id=declared.iso3) for table in _parts(other)]
    if further := areas.places(study):
        tables.append(pd.DataFrame(further)[["place_id", "name", "level", "area_id"]])
    countries = pd.DataFrame(
        [(country.alpha_3, getattr(country, "common_name", country.name)) for country in pycountry.countries],
        columns=["place_id", "name"],
    )
    tables.append(countries.assign(level="country", area_id=""))
    # An area of the study stands first, and so it is the row that is kept.
    places = pd.concat(tables, ignore_index=True).drop_duplicates("place_id", ignore_index=True)
    return places[["place_id", "name", "level", "area_id"]]


def _parts(study: str) -> list[pd.DataFrame]:
    """The areas of a study, and the places around and within them that its maps show."""
    own = areas.load(study)
    around = areas.places_around(study).rename(columns={"area_id": "place_id", "lies_in": "area_id"})
    return [own[["area_id", "name", "level"]].assign(place_id=own["area_id"]), around]


@cache
def _written() -> list[dict[str, str]]:
    """The rows of the table of what people write."""
    text = resources.files("analysis.cases").joinpath(_WRITTEN).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def gazetteer(study: str) -> pd.DataFrame:
    """Every place that a case record of a study can name.

    Parameters
    ----------
    study : its areas, the places that its maps show around and within them (provinces, municipalities), those of
        another study that divides one of its countries, and the places of its own table; with all countries of
        ISO 3166-1.

    Returns
    -------
    DataFrame: place_id (unique), name, level (of the study's areas | municipality | country), area_id (the study's area
    that it is or lies in; of a place around them its own code; "" for other countries).

    Raises
    ------
    analysis.areas.UnknownArea : no such study.
    """
    return _places(areas.get(study).study).copy()


def match(
    texts: Iterable[object],
    study: str,
    spellings: Mapping[str, str] | None = None,
    kind: Kind = "place",
) -> list[str | None]:
    """The place that each text names.

    Parameters
    ----------
    texts : cells as they were written.
    study : one of ``areas.STUDIES``.
    spellings : what a mapping adds: text to place_id ("": not stated), compared folded; it goes before the gazetteer.
    kind : ``place``, or ``country`` where only countries are meant (nationality).

    Returns
    -------
    list of place_id, one a text: "" for a blank, None where no place, or more than one, is named so.

    Raises
    ------
    UnknownPlace : a spelling leads to a place_id that is not in the gazetteer (for ``country``: to no country).
    """
    known = _places(areas.get(study).study)
    added = {_joined(fold(text)): place_id for text, place_id in (spellings or {}).items()}
    for place_id in set(added.values()) - {""}:
        _check(place_id, known, kind)
    found: dict[object, str | None] = {}
    answers = []
    for text in texts:
        if text not in found:
            written = text.strip() if isinstance(text, str) else ""
            key = _joined(fold(written))
            # A cell of dashes or dots is not blank: whether it means "not stated" is for the mapping to say.
            found[text] = "" if not written else added[key] if key and key in added else _found(written, study, kind)
        answers.append(found[text])
    return answers


def _check(place_id: str, known: pd.DataFrame, kind: Kind) -> None:
    rows = known[known["place_id"] == place_id]
    if rows.empty or (kind == "country" and rows["level"].iloc[0] != "country"):
        wanted = "an ISO 3166-1 alpha-3 code (SYR)"
        if kind == "place":
            wanted += f", or a place of the study ({known['place_id'].iloc[0]})"
        # The id is not shown: where the two sides of an entry are exchanged, it is what stands in a cell.
        raise UnknownPlace(
            "unknown_place", f"an entry names no {kind} that is known: what follows its colon must be {wanted}."
        )


def _found(written: str, study: str, kind: Kind) -> str | None:
    """The one place that a text that is not blank names, or None."""
    by_code = _codes(study, kind).get(written) or _codes(study, kind).get(written.casefold())
    if by_code:
        return by_code
    index = _index(study)
    tiers = _TIERS[-1:] if kind == "country" else _TIERS
    folded = fold(written)
    for key, level in _readings(folded, kind):
        for tier in tiers:
            named = index.get((tier, key), {})
            fitting = [place_id for place_id, its_level in named.items() if level in ("", its_level)]
            if fitting:
                return fitting[0] if len(fitting) == 1 else None
    return None


def _readings(folded: str, kind: Kind) -> Iterator[tuple[str, str]]:
    """The keys under which a name may be found, the name as it stands first, each with the level it is bound to."""
    yield _joined(folded), ""
    for pattern, level in _AFFIXES:
        if bare := pattern.fullmatch(folded):
            yield _joined(bare[1]), level
    if kind == "country" and (bare := _INHABITANT.fullmatch(_joined(folded))):
        yield bare[1], "country"


@cache
def _codes(study: str, kind: Kind) -> dict[str, str]:
    """Codes as they may be written, hyphen and all (TR63 is a region of NUTS, and no province).

    The study's own are understood in small letters too, and with the sign that KoboToolbox has for a hyphen: tr_63.
    Other countries' are not where any place may stand: "mar" is the sea. Two letters that are also the end of a
    concelho's code are left out there.
    """
    places = _places(study)
    own = {} if kind == "country" else {row.place_id: row.place_id for row in places.itertuples() if row.area_id}
    endings = {code.rpartition("-")[2] for code in own}
    two = {country.alpha_2: country.alpha_3 for country in pycountry.countries if country.alpha_2 not in endings}
    two |= {row["code"]: row["place_id"] for row in areas.places(study) if row["code"]}
    three = {country: country for country in places.loc[places["level"] == "country", "place_id"]}
    small = own if kind == "place" else three
    abbreviations = {row["text"]: row["place_id"] for row in _written() if row["study"] == study}
    codes = {**two, **abbreviations, **three, **own}
    codes |= {code.casefold(): place_id for code, place_id in small.items()}
    codes |= {code.replace("-", "_").casefold(): place_id for code, place_id in own.items()}
    return {code: place_id for code, place_id in codes.items() if place_id}


@cache
def _index(study: str) -> dict[tuple[str, str], dict[str, str]]:
    """(tier, name without spaces) -> the places named so, with their levels."""
    places = _places(study)
    is_area = places["place_id"].isin(areas.ids(study))
    index: dict[tuple[str, str], dict[str, str]] = {}
    level_of = dict(zip(places["place_id"], places["level"], strict=True))
    # An island goes before the concelho of the same name, which is all of it.
    tier_of = {
        place_id: "area" if area else level if level in ("island", "country") else "own"
        for place_id, level, area in zip(places["place_id"], places["level"], is_area, strict=True)
    }
    for place_id, name in _names(study, places):
        if place_id not in level_of or not (key := _joined(fold(name))):
            continue
        # Nationality is sought among all countries, the study's own areas included.
        for tier in {tier_of[place_id], level_of[place_id]} & set(_TIERS):
            index.setdefault((tier, key), {})[place_id] = level_of[place_id]
    return index


def _names(study: str, places: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Every name that a place bears, as (place_id, name)."""
    yield from zip(places["place_id"], places["name"], strict=True)
    own = areas.load(study)
    for column in ("name", "name_local"):
        yield from zip(own["area_id"], own[column], strict=True)
    for row in areas.places(study):
        yield from ((row["place_id"], row[column]) for column in ("name", "name_local"))
    yield from ((row["place_id"], row["text"]) for row in _written() if not row["study"])
    yield from _cities()
    for country in pycountry.countries:
        yield from ((country.alpha_3, name) for name in _country_names(country))


def _cities() -> Iterator[tuple[str, str]]:
    """The cities of the table of population, as further names of the municipalities they lie in."""
    population = catalog.load("population")
    cities = population[population["level"] == "city"].drop_duplicates("name")
    for name, note in zip(cities["name"], cities["note"], strict=True):
        if place := re.search(r"in municipality ([A-Z]{2}-[A-Z]{2})", note):
            yield place[1], name


def _country_names(country: pycountry.db.Country) -> Iterator[str]:
    """Short, official and everyday names in English, Turkish, French and Portuguese (Debian's iso-codes)."""
    for field in ("name", "common_name", "official_name"):
        english = getattr(country, field, "")
        if not english:
            continue
        for name in (english, *(translation.gettext(english) for translation in _translations())):
            yield name
            short = re.sub(r"\s*[(\[].*?[)\]]", "", name)
            yield short
            # "Iran, Islamic Republic of" is also Islamic Republic of Iran, and Iran; a list of islands is neither.
            head, comma, rest = short.partition(", ")
            if comma and re.match(r"(?!.*\b(and|et|e|ve)\b)", rest):
                yield head
                yield f"{rest} {head}"


@cache
def _translations() -> list[gettext.NullTranslations]:
    folder = pycountry.LOCALES_DIR
    return [gettext.translation("iso3166-1", folder, languages=[language]) for language in LANGUAGES]


def _joined(folded: str) -> str:
    return folded.replace(" ", "")
