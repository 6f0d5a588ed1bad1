"""What the areas of a new study are called, and their ids: by ISO 3166-2 where it knows all of them."""

from __future__ import annotations

import difflib
import gettext
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import pycountry

from analysis.intake.pseudonyms import fold
from analysis.studies.answers import StudyError

ISO_CODE = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}")
# Words that say what an area is, and words between them: "Western Region" and "Region of the West" name one each.
_GENERIC = frozenset([
    "region", "province", "district", "county", "state", "department", "departement", "governorate", "wilaya",
    "prefecture", "municipality", "municipio", "provincia", "departamento", "distrito", "estado", "regiao", "ilha",
    "island", "territory", "commune", "circle", "cercle", "il", "bolge", "of", "the", "de", "du", "des", "da", "do",
])  # fmt: skip


@dataclass(frozen=True)
class Named:
    """One area: its id, its name, its name as the boundaries write it, and what it is in one word.

    `key` is what the boundaries' own key column holds for it.
    """

    area_id: str
    name: str
    name_local: str
    level: str
    key: str = ""


def country(iso3: str) -> str:
    """The name of a country in English. Raises StudyError for a code that ISO 3166-1 does not have."""
    found = _country(iso3)
    return getattr(found, "common_name", found.name)


def country_in(iso3: str, language: str) -> str:
    """The name of a country in ``fr``, ``pt`` or ``tr``; in English where there is none in that language."""
    words = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language], fallback=True).gettext
    # The usual name ("Bolivia") before the official one; what is not translated comes back as it was.
    names = (country(iso3), _country(iso3).name)
    return next((words(name) for name in names if words(name) != name), names[0])


def by_iso(keys: Sequence[str], names: Sequence[str], iso3: str) -> list[Named] | None:
    """The areas as ISO 3166-2 has them, found by their codes or else by their names; None if it lacks one of them.

    Parameters
    ----------
    keys, names : what the key and the name of each shape are in the file of boundaries.

    Raises
    ------
    StudyError : a shape bears the code of one area and the name of another.
    """
    listed = _listed(iso3)
    codes = list(keys) if all(key in listed for key in keys) else _codes(names, iso3)
    if codes is None or len(set(codes)) < len(codes):
        return None
    if codes == list(keys):
        _require_agreement(codes, names, iso3)
    local = without_generic(names)
    return [
        Named(code, listed[code][0], name, listed[code][1], key)
        for code, name, key in zip(codes, local, keys, strict=True)
    ]


def own(keys: Sequence[str], names: Sequence[str], iso3: str, level: str) -> list[Named]:
    """The areas with ids of the project's own, the country's code and the letters of the name: ``CPV-SAL``.

    Raises
    ------
    StudyError : two names have the same letters, or one has none that an id can hold.
    """
    local = without_generic(names)
    letters = [re.sub(r"[^A-Z0-9]", "", fold(name).upper())[:16] for name in local]
    for name, found in zip(local, letters, strict=True):
        if not found or letters.count(found) > 1:
            raise StudyError(
                "no_distinct_id",
                f"No id could be made for '{name}': it has no Latin letters, or the first 16 of them are another "
                "area's too. Give the boundaries a column of names in which they differ, and name it by --names.",
            )
    return [
        Named(f"{iso3}-{found}", name, name, level, key) for found, name, key in zip(letters, local, keys, strict=True)
    ]


def not_in_iso(names: Iterable[str], iso3: str) -> list[str]:
    """Which of these names ISO 3166-2 does not have for a country, each with the nearest that it has."""
    generic = _generic(iso3)
    known = {_core(name, generic): name for name, _ in _listed(iso3).values()}
    said = []
    for name in names:
        if _core(name, generic) not in known:
            near = difflib.get_close_matches(_core(name, generic), list(known), n=2, cutoff=0.5)
            said.append(f"{name} (the nearest: {', '.join(known[each] for each in near)})" if near else name)
    return said


def iso_count(iso3: str) -> int:
    """How many areas ISO 3166-2 has for a country, of all levels."""
    return len(_listed(iso3))


def without_generic(names: Sequence[str]) -> list[str]:
    """Names without the word that all of them end with, or begin with, if it says what an area is: "Region"."""
    words = [name.split() for name in names]
    for place in (-1, 0):
        same = {fold(each[place]) for each in words if len(each) > 1}
        if len(same) == 1 and same <= _GENERIC and all(len(each) > 1 for each in words):
            words = [each[:-1] if place else each[1:] for each in words]
    return [" ".join(each) for each in words]


class Spellings:
    """By what a table can call each area: its id, its names, its key; compared folded, and without words like "Region".

    Parameters
    ----------
    areas : the areas of the study.
    """

    def __init__(self, areas: Sequence[Named]) -> None:
        self.areas = tuple(areas)
        self._generic = _GENERIC | {word for area in areas for word in area.level.split()}
        self._ids: dict[str, str] = {}
        for area in areas:
            for text in (area.area_id, area.name, area.name_local, area.key):
                for spelt in filter(None, (_joined(text), _core(text, self._generic))):
                    self._ids.setdefault(spelt, area.area_id)

    def find(self, text: str) -> str:
        """The id of the area that a cell names; "" if it names none."""
        return self._ids.get(_joined(text)) or self._ids.get(_core(text, self._generic)) or ""

    def near(self, text: str) -> list[str]:
        """Up to three areas with names like a text, the nearest first."""
        names = {_core(area.name, self._generic): area.name for area in self.areas}
        core = _core(text, self._generic)
        return [names[each] for each in difflib.get_close_matches(core, list(names), n=3, cutoff=0.6)]


def _country(iso3: str):
    found = pycountry.countries.get(alpha_3=iso3)
    if found is None:
        raise StudyError(
            "unknown_code",
            f"'{iso3}' is no country of ISO 3166-1. Give the three capital letters of the country, as GHA for Ghana.",
        )
    return found


@cache
def _listed(iso3: str) -> dict[str, tuple[str, str]]:
    """code -> (name, what it is, in small letters) of a country's subdivisions in ISO 3166-2."""
    alpha_2 = _country(iso3).alpha_2
    return {
        each.code: (each.name, _level(each.type)) for each in pycountry.subdivisions.get(country_code=alpha_2) or []
    }


def _level(kind: str) -> str:
    return re.sub(r"[^a-z ]", "", fold(kind))[:30].strip() or "area"


def _codes(names: Sequence[str], iso3: str) -> list[str] | None:
    """The code of each name, among areas of one kind if one has them all; None where two kinds do, or none.

    Bangladesh has a division and a district of Dhaka: where all names are those of both kinds, their number decides.
    """
    kinds = sorted({kind for _, kind in _listed(iso3).values()})
    found = {kind: _codes_among(names, iso3, [kind]) for kind in kinds}
    having = [kind for kind in kinds if found[kind]]
    as_many = [kind for kind in having if sum(each == kind for _, each in _listed(iso3).values()) == len(names)]
    if len(having) > 1:
        return found[as_many[0]] if len(as_many) == 1 else None
    return found[having[0]] if having else _codes_among(names, iso3, kinds)


def _codes_among(names: Sequence[str], iso3: str, kinds: Collection[str]) -> list[str] | None:
    generic = _generic(iso3)
    known: dict[str, set[str]] = {}
    for code, (name, kind) in _listed(iso3).items():
        if kind in kinds:
            known.setdefault(_core(name, generic), set()).add(code)
    found = [known.get(_core(name, generic), set()) for name in names]
    return [next(iter(codes)) for codes in found] if all(len(codes) == 1 for codes in found) else None


def _require_agreement(codes: Sequence[str], names: Sequence[str], iso3: str) -> None:
    """Raise StudyError where the shape that bears one area's code bears another area's name."""
    listed, generic = _listed(iso3), _generic(iso3)
    # Where areas of two kinds share a name, either may be meant.
    named: dict[str, set[str]] = {}
    for code, (name, _) in listed.items():
        named.setdefault(_core(name, generic), set()).add(code)
    for code, name in zip(codes, names, strict=True):
        meant = named.get(_core(name, generic), {code})
        if code not in meant:
            raise StudyError(
                "name_code_mismatch",
                f"The boundaries call {code} '{name}', which in ISO 3166-2 is {min(meant)}. One of the two is "
                "wrong: look at the map, and correct the file or name another column by --key or --names.",
            )


def _joined(text: str) -> str:
    return fold(text).replace(" ", "")


@cache
def _generic(iso3: str) -> frozenset[str]:
    """The words that say what an area is, and those of the country's own kinds of areas that are no part of a name."""
    kinds = {word for _, kind in _listed(iso3).values() for word in kind.split()}
    names = {word for name, _ in _listed(iso3).values() for word in fold(name).split()}
    return _GENERIC | (kinds - names)


def _core(text: str, generic: Collection[str]) -> str:
    """A name folded, without the words that say what an area is."""
    words = fold(text).split()
    return "".join(word for word in words if word not in generic) or "".join(words)
