"""Named bodies, with what a source says they are charged with, and to whom of them advice goes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from analysis import areas, bibliography
from analysis.recommendations.conditions import Written

Text = Mapping[str, str]
# What a body can be charged with, as far as a recommendation can ask it.
ROLES = (
    "coordination",
    "identification",
    "protection",
    "prosecution",
    "justice",
    "labour_inspection",
    "border",
    "data",
    "statistics",
    "education",
    "tourism",
    "monitoring",
    "regional",
)


@dataclass(frozen=True)
class Authority:
    """A named body.

    Parameters
    ----------
    area : a country, by its three letters; or a study of countries, for a body of all of them.
    name, mandate : by language; English is always there. The mandate is what the source says, and no more.
    source : id of the source that was read.
    """

    authority_id: str
    area: str
    name: Text
    roles: tuple[str, ...]
    mandate: Text
    source: str

    def called(self, language: str = "en") -> str:
        """Its name in a language, or in English."""
        return self.name.get(language, self.name["en"])


def countries() -> tuple[str, ...]:
    """Return what an authority can be of: the countries of all studies, and the studies that compare countries."""
    found: list[str] = []
    for study in areas.reported():
        iso3 = areas.STUDIES[study].iso3
        found += [iso3] if iso3 else [study, *areas.ids(study)]
    return tuple(dict.fromkeys(found))


def country_of(study: str, area_id: str = "") -> str:
    """The country of an area of a study; a study of countries stands for itself."""
    return areas.STUDIES[study].iso3 or area_id or study


def read_authorities(entries: Iterator[tuple[str, Written]]) -> tuple[Authority, ...]:
    """The bodies of `authorities.yml`, in their order: of those with a role in a country the first leads.

    Raises
    ------
    TextsError : a field is missing, or names an area, a role or a source that there is not; file and line are named.
    """
    return tuple(_authority(name, at) for name, at in entries)


def _authority(name: str, at: Written) -> Authority:
    said = at.fields(("area", "name", "roles", "mandate", "source"))
    roles = tuple(item.choice(ROLES, "role") for item in said["roles"].items())
    if not roles:
        raise said["roles"].error("missing_role", f"`roles:` names none; known are {', '.join(ROLES)}.")
    return Authority(
        name,
        said["area"].choice(countries(), "country or study"),
        said["name"].by_language(),
        roles,
        said["mandate"].by_language(),
        said["source"].choice(sorted(bibliography.source_ids()), "source"),
    )


def responsible(
    bodies: Iterable[Authority], study: str, area_id: str, role: str, named: Iterable[str] = ()
) -> tuple[Authority, ...]:
    """Return the bodies that are to act in an area: named for its country, else with the role; then regional.

    Parameters
    ----------
    bodies : to choose from. role : one of ROLES, or empty. named : ids of bodies that a recommendation names itself.
    """
    country, by_id = country_of(study, area_id), {body.authority_id: body for body in bodies}
    chosen = [by_id[name] for name in named if by_id[name].area in (country, study)]
    if not any(body.area == country for body in chosen):
        chosen += [body for body in by_id.values() if body.area == country and role in body.roles]
    return tuple(sorted(chosen, key=lambda body: body.area != country))


def require_same_languages(said: Mapping[str, Written], texts: Mapping[str, Text]) -> None:
    """Refuse advice that is half in one language, which is no advice in it.

    Parameters
    ----------
    said : fields as they are written, for the place of a mistake. texts : the same fields, read.

    Raises
    ------
    TextsError : a field is missing in a language that others have.
    """
    there = {language for text in texts.values() for language in text}
    for field, text in texts.items():
        if missing := sorted(there - set(text)):
            raise said[field].error(
                "missing_language", f"`{field}:` is not there in '{missing[0]}', in which other fields are."
            )
