"""Places as case records write them, and the place each of them is: equal names match, near misses never do.

Names are compared folded (case, marks and the Turkish dotless i do not count) and without their spaces. A name that two
places bear matches neither, unless one of them belongs to the study: its areas come first, then its other places, then
the countries of the world.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Literal

import pandas as pd
import pycountry

from analysis import areas, catalog
from analysis.intake.pseudonyms import fold
from bounded.refusal import Refusal

Kind = Literal["place", "country"]

LANGUAGES = ("tr", "fr", "pt", "pt_BR")

# What people write besides the official name, where it can mean one place only. Central cities whose province bears
# another name stand for the province; İçel was the name of Mersin until 2002.
_EVERYDAY = {
    "TR-63": ("Urfa", "Ş.Urfa"),
    "TR-27": ("Antep", "G.Antep"),
    "TR-46": ("Maraş", "K.Maraş"),
    "TR-33": ("İçel",),
    "TR-03": ("Afyon",),
    "TR-41": ("İzmit",),
    "TR-54": ("Adapazarı",),
    "TR-31": ("Antakya",),
    "CIV": ("Ivory Coast", "RCI"),
    "COD": ("DR Congo", "DRC", "RDC", "RD Congo", "Congo-Kinshasa", "Democratic Republic of Congo"),
    "COG": ("Congo-Brazzaville", "Republic of Congo"),
    "CPV": ("Cape Verde", "Cap Vert", "Yeşil Burun"),
    "CZE": ("Czech Republic", "Çek Cumhuriyeti", "République tchèque", "República Checa"),
    "GBR": ("UK", "Great Britain", "İngiltere", "Royaume-Uni", "Reino Unido"),
    "GIN": ("Guinea-Conakry", "Guinée-Conakry", "Guiné-Conacri", "Guiné-Conakry"),
    "GMB": ("The Gambia",),
    "MKD": ("Macedonia", "Makedonya", "Macédoine", "Macedónia"),
    "MMR": ("Burma", "Birmanya", "Birmanie", "Birmânia"),
    "NLD": ("Holland", "Hollanda", "Hollande", "Holanda"),
    "PSE": ("Filistin", "Palestina"),
    "RUS": ("Russia", "Rusya", "Russie", "Rússia"),
    "STP": ("São Tomé",),
    "SWZ": ("Swaziland",),
    "TUR": ("Turkey", "Türkiye", "T.C."),
    "USA": ("United States of America", "ABD", "EUA", "États-Unis d'Amérique", "Estados Unidos da América"),
}
# One name in daily use, two countries: whoever writes it must say which (in the mapping, under `places` or `codes`).
_SHARED = {
    "Congo": ("COD", "COG"),
    "Kongo": ("COD", "COG"),
    "Guiné": ("GIN", "GNB"),
    "Korea": ("KOR", "PRK"),
    "Kore": ("KOR", "PRK"),
    "Corée": ("KOR", "PRK"),
    "Coreia": ("KOR", "PRK"),
}
# Of two letters: code of a country that hardly sends anybody here, and abbreviation of one that many come from.
_TWO_LETTERS: dict[str, dict[str, str]] = {
    "turkiye": {"TC": "TUR"},  # Türkiye Cumhuriyeti, before Turks and Caicos Islands
    "cabo_verde": {"GB": ""},  # Great Britain or Guiné-Bissau
    "west_africa": {"GB": ""},
}
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


# What lies within countries in the studies that have a gazetteer of their own.
_OF_THE_THREE = ("province", "island", "municipality")
# In which order places are asked for a name: the first tier in which any place bears it decides.
_TIERS = ("area", "island", "own", "country")


class UnknownPlace(Refusal):
    """A mapping gives a place that the gazetteer does not have; the message says which and what it may be."""


@cache
def _places(study: str) -> pd.DataFrame:
    own = areas.load(study)
    tables = [own[["area_id", "name", "level"]].assign(place_id=own["area_id"])]
    if study == "turkiye":
        # Further provinces, from which and through which people come.
        provinces = areas.background("provinces")
        tables.append(provinces[["area_id", "name"]].assign(place_id=provinces["area_id"], level="province"))
    elif study in ("cabo_verde", "west_africa"):
        tables += _cabo_verde(study)
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


def _cabo_verde(study: str) -> list[pd.DataFrame]:
    """The islands (where they are not the study's areas themselves) and the 22 concelhos, each with its area."""
    islands = areas.load("cabo_verde")
    concelhos = catalog.layer("study_areas", "cv_mun").rename(columns={"ISO": "place_id", "NAME_1": "name"})
    island_of = dict(zip(islands["name_local"], islands["area_id"], strict=True))
    tables = [
        islands[["name", "level"]].assign(place_id=islands["area_id"], area_id=islands["area_id"]),
        concelhos[["place_id", "name"]].assign(level="municipality", area_id=concelhos["island"].map(island_of)),
    ]
    return tables if study == "cabo_verde" else [table.assign(area_id="CPV") for table in tables]


def gazetteer(study: str) -> pd.DataFrame:
    """Every place that a case record of a study can name.

    Parameters
    ----------
    study : ``turkiye`` (81 provinces), ``cabo_verde`` (islands and concelhos), ``west_africa`` (countries, and the
        islands and concelhos of Cabo Verde), or any other (its areas, and the places of its own table); each with all
        countries of ISO 3166-1.

    Returns
    -------
    DataFrame: place_id (unique), name, level (of the study's areas | municipality | country), area_id (the study's area
    that it is or lies in; of a further province of Türkiye its own code; "" for other countries).

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
        own = known.loc[known["area_id"].ne("") & ~known["level"].isin(["country", *_OF_THE_THREE]), "place_id"]
        if kind == "place":
            of_the_three = "a province (TR-63), island (CPV-SAL) or concelho (CV-PR) of the study"
            wanted += f", or {of_the_three if own.empty else f'an area of the study ({own.iloc[0]})'}"
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
    codes = {**two, **_TWO_LETTERS.get(study, {}), **three, **own}
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
    for place_id, names in _EVERYDAY.items():
        yield from ((place_id, name) for name in names)
    yield from _cities()
    # Where the study's own countries are compared, a shared name must be shared there too.
    yield from ((place_id, name) for name, place_ids in _SHARED.items() for place_id in place_ids)
    for country in pycountry.countries:
        yield from ((country.alpha_3, name) for name in _country_names(country))


def _cities() -> Iterator[tuple[str, str]]:
    """The cities of Cabo Verde of the table of population, as further names of the concelhos they lie in."""
    population = catalog.load("population")
    cities = population[population["level"] == "city"].drop_duplicates("name")
    for name, note in zip(cities["name"], cities["note"], strict=True):
        if place := re.search(r"in municipality (CV-[A-Z]{2})", note):
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
